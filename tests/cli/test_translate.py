"""`replyclock translate` as it is used."""

from __future__ import annotations

import argparse
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from replyclock.cli import translate
from replyclock.domain.instants import parse_instant
from replyclock.sources import source
from tests.sources.builders import canonical, github, sample, zendesk

AT = "2026-03-01T09:00:00Z"
SECRET = "long and random"


class Command:
    """The command in a folder of its own."""

    def __init__(self, folder: Path, capture: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.capture = capture

    def file(self, name: str, content: object) -> str:
        path = self.folder / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    def __call__(self, *arguments: str) -> tuple[int, list[dict[str, Any]], str]:
        """Exit status, events, and what is on standard error."""
        parser = argparse.ArgumentParser(prog="replyclock")
        translate.add_parser(parser.add_subparsers(required=True))
        try:
            args = parser.parse_args(["translate", *arguments])
            status = int(args.run(args))
        except SystemExit as ended:
            status = int(ended.code or 0)
        out, err = self.capture.readouterr()
        return status, [json.loads(line) for line in out.splitlines()], err


@pytest.fixture
def command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(tmp_path, capsys)


def test_prints_the_events_as_json_lines(command: Command) -> None:
    body = command.file("hook.json", [canonical(id="a"), canonical(id="b")])
    status, told, err = command("generic", body)
    assert (status, [one["id"] for one in told], err) == (0, ["a", "b"], "")
    assert told[0] == canonical(id="a") | {"tenant": "default", "source": "generic"}


def test_what_is_not_dated_occurred_at_the_given_instant(command: Command) -> None:
    body = canonical()
    del body["occurred_at"]
    status, told, _ = command("generic", command.file("hook.json", body), "--at", "2026-05-01T12:00:00+02:00")
    assert (status, told[0]["occurred_at"]) == (0, "2026-05-01T10:00:00Z")


def test_reads_standard_input(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(canonical()).encode())))
    assert command("generic", "-")[0] == 0


@pytest.mark.parametrize("provider", ["zendesk", "github"])
def test_works_without_headers(command: Command, provider: str) -> None:
    bodies = {"zendesk": zendesk("ticket.created"), "github": github("opened")}
    status, told, _ = command(provider, command.file("hook.json", bodies[provider]))
    assert (status, told[0]["type"], told[0]["source"]) == (0, "ticket.created", provider)


def test_nothing_to_tell_is_no_failure(command: Command) -> None:
    assert command("github", command.file("ping.json", {"zen": "Keep it simple."})) == (0, [], "")


def test_the_connection_decides(command: Command) -> None:
    body = command.file("hook.json", zendesk("ticket.status_changed", {"current": "Parked"}))
    options = command.file("c.yaml", "{name: desk, provider: zendesk, tenant: acme, status_map: {parked: pending}}")
    _, (told,), _ = command("zendesk", body, "--connection", options)
    assert (told["tenant"], told["source"], told["status"]) == ("acme", "desk", "pending")


class TestSignatures:
    BODY = json.dumps(canonical(), indent=1).encode() + b"\n"

    def verify(
        self, command: Command, *secrets: str, signed_with: str = SECRET, at: str = AT
    ) -> tuple[int, list[Any], str]:
        headers = source("generic").sign(self.BODY, signed_with, parse_instant(AT))
        arguments = [
            "generic",
            command.file("hook.json", self.BODY),
            "--headers",
            command.file("h.json", headers),
            "--at",
            at,
        ]
        for secret in secrets:
            arguments += ["--secret", secret]
        return command(*arguments)

    def test_a_good_one(self, command: Command) -> None:
        assert self.verify(command, SECRET)[0] == 0

    def test_one_of_several_secrets(self, command: Command) -> None:
        assert self.verify(command, "older", SECRET)[0] == 0

    def test_without_a_secret_nothing_is_verified(self, command: Command) -> None:
        assert self.verify(command, signed_with="whatever")[0] == 0

    @pytest.mark.parametrize(
        ("signed_with", "at"), [("another", AT), (SECRET, "2026-03-01T09:05:01Z"), (SECRET, "2026-03-01T08:54:59Z")]
    )
    def test_a_bad_one(self, command: Command, signed_with: str, at: str) -> None:
        status, told, err = self.verify(command, SECRET, signed_with=signed_with, at=at)
        assert (status, told) == (1, [])
        assert "refused" in err
        assert SECRET not in err

    def test_none_at_all(self, command: Command) -> None:
        status, told, err = command("generic", command.file("hook.json", self.BODY), "--secret", SECRET)
        assert (status, told) == (1, [])
        assert "webhook-signature" in err

    def test_is_checked_before_the_body_is_read(self, command: Command) -> None:
        assert command("generic", command.file("hook.json", b"{"), "--secret", SECRET)[0] == 1

    @pytest.mark.parametrize("empty", ["", " "])
    def test_an_empty_secret_is_refused(self, command: Command, empty: str) -> None:
        status, told, err = command("generic", command.file("hook.json", self.BODY), "--secret", empty)
        assert (status, told) == (2, [])
        assert "must not be empty" in err


class TestFaults:
    def test_an_unreadable_body(self, command: Command) -> None:
        status, told, err = command("zendesk", command.file("hook.json", {"ticket": 7}))
        assert (status, told) == (2, [])
        assert err.endswith("hook.json: type: is missing\n")

    def test_one_unreadable_record_of_a_batch(self, command: Command) -> None:
        status, told, err = command("generic", command.file("hook.json", [canonical(), {}]))
        assert (status, told) == (2, [])
        assert "[1]: type: is missing" in err

    def test_a_canonical_event_out_of_bounds(self, command: Command) -> None:
        body = command.file("hook.json", [canonical(), canonical(occurred_at="0001-01-01T00:00:00Z")])
        status, told, err = command("generic", body)
        assert (status, told) == (2, [])
        assert "hook.json: [1]: occurred_at: must be from 1990-01-01 on" in err

    def test_what_a_tool_sends_out_of_bounds_is_brought_within(self, command: Command) -> None:
        sent = zendesk("ticket.created", time="0001-01-01T00:00:00Z", detail={"created_at": "0001-01-01T00:00:00Z"})
        status, told, _ = command("zendesk", command.file("hook.json", sent), "--at", "2026-03-01T09:00:00Z")
        assert (status, {one["occurred_at"] for one in told}) == (0, {"2026-03-01T09:00:00Z"})

    def test_a_missing_file(self, command: Command) -> None:
        status, told, err = command("generic", str(command.folder / "nowhere.json"))
        assert (status, told) == (2, [])
        assert "nowhere.json: cannot be read" in err

    def test_an_unknown_provider(self, command: Command) -> None:
        status, told, err = command("pigeon", command.file("hook.json", {}))
        assert (status, told) == (2, [])
        assert "generic" in err

    @pytest.mark.parametrize("at", ["yesterday", "2026-03-01T09:00:00"])
    def test_a_time_that_is_none(self, command: Command, at: str) -> None:
        assert command("generic", command.file("hook.json", canonical()), "--at", at)[:2] == (2, [])

    @pytest.mark.parametrize("headers", ["[]", "{", '{"a": 1}'])
    def test_headers_that_are_none(self, command: Command, headers: str) -> None:
        arguments = ("generic", command.file("hook.json", canonical()), "--headers", command.file("h.json", headers))
        status, told, err = command(*arguments)
        assert (status, told) == (2, [])
        assert "h.json: " in err

    @pytest.mark.parametrize(
        ("text", "fault"),
        [
            ("{name: desk, provider: github}", "c.yaml: provider: is github"),
            ("{name: desk, provider: generic, typo: 1}", "c.yaml: typo: is not an option"),
            ("a: [", "c.yaml: line 1: is not YAML"),
        ],
    )
    def test_a_connection_that_is_none(self, command: Command, text: str, fault: str) -> None:
        arguments = ("generic", command.file("hook.json", canonical()), "--connection", command.file("c.yaml", text))
        status, told, err = command(*arguments)
        assert (status, told) == (2, [])
        assert fault in err


def test_a_recorded_webhook(command: Command) -> None:
    body = command.file("hook.json", sample("zendesk/event_comment_added_agent_public.json"))
    status, (told,), _ = command("zendesk", body)
    assert (status, told["type"], told["actor"]["kind"]) == (0, "message.added", "agent")
