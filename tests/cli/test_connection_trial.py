"""`replyclock connection test`: through a real HTTP server to the use cases, on AWS services in this process."""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import boto3
import pytest

import replyclock.sources
from replyclock.cli import trial
from replyclock.cli.main import main
from replyclock.domain.errors import Unauthenticated, UnknownConnection
from replyclock.domain.events import TicketKey
from replyclock.service.receive import Receipt
from replyclock.service.ticket_pages import PAGE_ROWS_MAX
from replyclock.sources import providers
from replyclock.sources.base import Headers, Webhook
from tests.adapters.backends import moto_in_process
from tests.adapters.samples import note
from tests.service.house import House
from tests.sources.test_discovery import PIGEON

from .local_api import served

TOKEN = "a-token-of-the-tests"


class Desk(House):
    """The use cases behind HTTP, as the functions have them. What comes in is measured at once, unless `lame`."""

    lame = False
    page_rows = PAGE_ROWS_MAX
    """Rows of a page, whatever is asked for."""
    notes = 0
    """Written on each ticket as soon as it comes in."""

    def post(self, name: str, webhook: Webhook) -> tuple[int, Any]:
        self.now.at = webhook.received_at
        try:
            receipt = self.receive(name, webhook)
        except (Unauthenticated, UnknownConnection) as refusal:
            return {Unauthenticated: 401, UnknownConnection: 404}[type(refusal)], {"error": "refused"}
        assert isinstance(receipt, Receipt)
        if not self.lame:
            for key in self.tested():
                self.told(*(note(key, self.now(), f"note {i}") for i in range(self.notes)))
                self.refresh(key)
        return 202, {"accepted": receipt.accepted, "quarantined": receipt.quarantined}

    def get(self, key: TicketKey, cursor: str | None = None) -> tuple[int, Any]:
        self.now.at = time.time_ns() // 1000
        found = self.read.one(key, cursor, self.page_rows)
        return (404, {}) if found is None else (200, found)

    def tested(self) -> set[TicketKey]:
        """The tickets of which there are events."""
        keys = {item["pk"]["S"] for item in self.store.items() if item["pk"]["S"].startswith("T#")}
        return {(tenant, source, ticket) for _, tenant, source, ticket in (key.split("#", 3) for key in keys)}

    def states(self) -> set[str]:
        return {self.get(key)[1]["state"] for key in self.tested()}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    with moto_in_process():
        house = Desk()
        boto3.client("secretsmanager").create_secret(Name="replyclock/test/api-token", SecretString=TOKEN)

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                received_at = time.time_ns() // 1000
                url = f"{server}{self.path}"
                hook = Webhook(body, Headers(dict(self.headers.items())), received_at, url=url)
                self._answer(*house.post(self.path.rpartition("/")[2], hook))

            def do_GET(self) -> None:
                if self.headers["Authorization"] != f"Bearer {TOKEN}":
                    return self._answer(401, {"error": "not authenticated"})
                place = urlsplit(self.path)
                _, _, tenant, source, ticket = unquote(place.path).split("/", 4)
                cursor = parse_qs(place.query).get("cursor", [None])[0]
                return self._answer(*house.get((tenant, source, ticket), cursor))

            def _answer(self, status: int, document: object) -> None:
                body = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        monkeypatch.chdir(tmp_path)
        with served(Handler, tmp_path, house.store.name) as server:
            yield house


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str, secret: str = "a-signing-secret") -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{secret}\n"))
    return main(["connection", *arguments, "--local"])


@pytest.mark.parametrize("provider", providers())
def test_a_test_ticket_of_each_tool_is_measured_and_ended(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], provider: str
) -> None:
    assert run(monkeypatch, "add", provider, "--name", "support", "--tenant", "acme", "--account", "a-1") == 0
    capsys.readouterr()
    assert run(monkeypatch, "test", "support") == 0
    told = capsys.readouterr().out
    assert "replyclock-test-" in told
    assert "ticket.created" in told
    assert "first response  nothing promised" in told
    assert "test ticket" in told
    [(tenant, source, ticket)] = desk.tested()
    assert (tenant, source, "replyclock-test-" in ticket) == ("acme", "support", True)
    assert desk.states() <= {"deleted", "solved"}
    assert desk.alerts((tenant, source, ticket)) == {}


def test_a_ticket_of_several_pages_is_shown_whole(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, "add", "zendesk", "--name", "support", "--account", "a-1")
    desk.page_rows, desk.notes = 2, 4
    capsys.readouterr()
    assert run(monkeypatch, "test", "support") == 0
    told = capsys.readouterr().out
    assert [f"note {i}" in told for i in range(5)] == [True, True, True, True, False]
    assert told.count("event  ") == 5


def test_a_tool_that_was_added_is_tested_too(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "pigeon.py").write_text(PIGEON)
    monkeypatch.setattr(replyclock.sources, "__path__", [*replyclock.sources.__path__, str(tmp_path)])
    try:
        assert run(monkeypatch, "add", "pigeon", "--name", "loft") == 0
        assert "Put a ring on the pigeon." in capsys.readouterr().out
        assert run(monkeypatch, "test", "loft") == 0
        told = capsys.readouterr().out
        assert "customer" in told
        assert "pigeon does not tell of an end" in told
        assert desk.states() == {"awaiting_creation"}
    finally:
        sys.modules.pop("replyclock.sources.pigeon", None)


def test_each_test_has_a_ticket_of_its_own(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, "add", "generic", "--name", "desk")
    assert [run(monkeypatch, "test", "desk") for _ in range(2)] == [0, 0]
    assert len(desk.tested()) == 2


def test_the_newest_secret_signs(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, "add", "github", "--name", "code")
    run(monkeypatch, "rotate", "code", secret="the-next-secret")
    assert run(monkeypatch, "test", "code") == 0
    run(monkeypatch, "rotate", "code", "--finish")
    assert run(monkeypatch, "test", "code") == 0


def test_what_is_refused_is_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(trial, "TAKEN_WITHIN", 0)
    run(monkeypatch, "add", "github", "--name", "code")
    desk.secrets.get = lambda reference: "another"  # type: ignore[method-assign]
    assert run(monkeypatch, "test", "code") == 1
    assert "refused   401" in capsys.readouterr().err
    assert desk.tested() == set()


def test_what_was_just_configured_is_waited_for(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, "add", "github", "--name", "code")
    real = desk.secrets.get
    answers = iter([None])
    desk.secrets.get = lambda reference: next(answers, real(reference))  # type: ignore[method-assign]
    slept: list[float] = []
    monkeypatch.setattr("replyclock.cli.trial.time.sleep", slept.append)
    assert run(monkeypatch, "test", "code") == 0
    assert "it answers 401" in capsys.readouterr().out
    assert slept == [1]


def test_what_is_not_measured_is_told_and_ended(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(trial, "MEASURED_WITHIN", 0)
    desk.lame = True
    run(monkeypatch, "add", "github", "--name", "code")
    assert run(monkeypatch, "test", "code") == 1
    assert "not yet" in capsys.readouterr().out
    assert desk.states() == {"deleted"}


def test_it_is_ended_also_when_it_cannot_be_shown(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId="replyclock/test/api-token", SecretString="another")
    run(monkeypatch, "add", "github", "--name", "code")
    assert run(monkeypatch, "test", "code") == 2
    assert "answers 401" in capsys.readouterr().err
    assert desk.states() == {"deleted"}


def test_a_connection_without_a_secret_cannot_be_tested(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "add", "salesforce", "--name", "cases", "--event-bus") == 0
    assert run(monkeypatch, "test", "cases") == 2
    assert "event bus" in capsys.readouterr().err
    assert desk.tested() == set()
