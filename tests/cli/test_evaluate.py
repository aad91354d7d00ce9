"""`replyclock evaluate` as people call it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from replyclock import evaluate
from replyclock.cli.main import main

CREATED = {
    "id": "1",
    "ticket": "7",
    "type": "ticket.created",
    "occurred_at": "2026-06-01T13:00:00Z",
    "actor": {"kind": "customer", "id": "c"},
    "attributes": {"channel": "chat"},
}
REPLY = {
    "id": "2",
    "ticket": "7",
    "type": "message.added",
    "occurred_at": "2026-06-01T13:00:12.5Z",
    "actor": {"kind": "agent", "id": "a"},
    "message": {"id": "m", "visibility": "public"},
}
AT = "2026-06-01T14:00:00Z"


def lines(*events: Any) -> str:
    return "".join(event if isinstance(event, str) else json.dumps(event) + "\n" for event in events)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_whole_result_of_a_late_reply(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "events.jsonl").write_text(lines(REPLY, CREATED, "\n", REPLY))
    assert main(["evaluate", "--at", AT, "--json", "events.jsonl"]) == 0
    nothing: dict[str, Any] = {
        "standard": None, "policy_version": None, "calendar": None, "target_seconds": None, "due_at": None,
        "applies_since": None, "breached_at": None, "ever_breached": False, "reason": None, "alerts": [],
    }  # fmt: skip
    running = {
        "stopped_at": None,
        "stopped_by": None,
        "seconds": None,
        "active_seconds": None,
        "business_seconds": None,
    }
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        {
            "tenant": "default", "source": "generic", "ticket": "7", "state": "new",
            "created_at": "2026-06-01T13:00:00Z",
            "handling_started_at": "2026-06-01T13:00:12.500000Z", "first_resolved_at": None, "resolved_at": None,
            "attributes": {"channel": "chat"}, "assignee": None, "group": None, "rating": None,
            "counts": {
                "replies": 1, "customer_messages": 0, "internal_notes": 0,
                "bot_messages": 0, "reopens": 0, "reassignments": 0,
            },
            "time_in_status": {"new": 3600},
            "waits": {"requester_wait": 3600, "agent_work": 3600, "agent_wait": 0, "on_hold": 0},
            "total_by_formula_seconds": None,
            "clocks": [
                {
                    "metric": "first_response", "instance": 1, "started_at": "2026-06-01T13:00:00Z",
                    "stopped_at": "2026-06-01T13:00:12.500000Z", "stopped_by": "reply",
                    "seconds": 12.5, "active_seconds": 12.5, "business_seconds": 12.5,
                    "standard": "chat", "policy_version": 1, "calendar": "always",
                    "target_seconds": 10, "elapsed_seconds": 12.5,
                    "due_at": "2026-06-01T13:00:10Z", "applies_since": "2026-06-01T13:00:00Z", "state": "breached",
                    "breached_at": "2026-06-01T13:00:10Z", "ever_breached": True, "reason": None,
                    "alerts": [
                        {"at_percent": 80, "at": "2026-06-01T13:00:08Z"},
                        {"at_percent": 100, "at": "2026-06-01T13:00:10Z"},
                    ],
                },
                {
                    "metric": "resolution", "instance": 1, "started_at": "2026-06-01T13:00:12.500000Z",
                    **running, **nothing,
                    "elapsed_seconds": 3587.5, "state": "no_target",
                },
                {
                    "metric": "total_response", "instance": 1, "started_at": "2026-06-01T13:00:00Z",
                    **running, **nothing,
                    "elapsed_seconds": 3600, "state": "no_target",
                },
            ],
        }
    ]  # fmt: skip


def test_the_function_and_the_command_say_the_same(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = {
        "policy": "p",
        "version": 2,
        "effective_from": "2026-01-01T00:00:00Z",
        "standards": [{"name": "s", "targets": {"first_response": "12s"}}],
    }
    (folder / "p.yaml").write_text(json.dumps(policy))
    (folder / "events.jsonl").write_text(lines(CREATED, REPLY))
    assert main(["evaluate", "--policy", "p.yaml", "--at", AT, "--json", "events.jsonl"]) == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == evaluate(
        [REPLY, CREATED], [policy], AT
    )


def test_standard_input_and_the_table(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines(CREATED, REPLY).encode())))
    assert main(["evaluate", "--at", AT, "-"]) == 0
    row = next(line for line in capsys.readouterr().out.splitlines() if "first response" in line)
    for text in ("generic 7", "chat", "10s", "12s", "breached", "2026-06-01 13:00:10 UTC"):
        assert text in row


def test_every_fault_is_named_and_nothing_is_printed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "events.jsonl").write_text(
        lines(CREATED, {**REPLY, "message": {"id": "m"}, "actor": {"kind": "robot"}}, "{\n")
    )
    assert main(["evaluate", "--at", AT, "--json", "events.jsonl"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    places = [line.split(": ")[:2] for line in err.splitlines()]
    assert places[:2] == [["events.jsonl:2", "actor.kind"], ["events.jsonl:2", "message.visibility"]]
    assert [place[0] for place in places[2:]] == ["events.jsonl:3"]


def test_the_first_twenty_faults_are_enough(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "events.jsonl").write_text(lines(*[{**CREATED, "occurred_at": "noon"}] * 25))
    assert main(["evaluate", "--at", AT, "events.jsonl"]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 20


@pytest.mark.parametrize(
    ("arguments", "mentioned"),
    [
        (["--at", "noon", "events.jsonl"], "--at"),
        (["--at", AT, "missing.jsonl"], "missing.jsonl"),
        (["--at", AT, "--policy", "missing.yaml", "events.jsonl"], "missing.yaml"),
        (["--at", AT, "--policy", "broken.yaml", "events.jsonl"], "broken.yaml:2: version"),
    ],
)
def test_what_cannot_be_read_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], mentioned: str
) -> None:
    (folder / "events.jsonl").write_text(lines(CREATED))
    (folder / "broken.yaml").write_text(
        "policy: p\nversion: one\neffective_from: 2026-01-01T00:00:00Z\nstandards: []\n"
    )
    assert main(["evaluate", *arguments]) == 2
    out, err = capsys.readouterr()
    assert (out, mentioned in err) == ("", True), err
