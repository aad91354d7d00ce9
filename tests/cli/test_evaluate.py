"""`replyclock evaluate` as people call it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest

from replyclock import evaluate
from replyclock.cli import event_files, progress
from replyclock.cli.evaluate import MOST_TICKETS
from replyclock.cli.main import main
from replyclock.domain.errors import InvalidInput

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


# Files of many tickets.


def many(tickets: int) -> list[dict[str, Any]]:
    """Two events of each ticket, sorted by ticket, some of other tenants and with letters of two bytes."""
    keys = sorted(("acme" if n % 3 else "zenith", f"{n}é" if n % 5 == 0 else str(n)) for n in range(tickets))
    return [
        {**event, "tenant": tenant, "ticket": ticket, "id": f"c{n}", "attributes": {"channel": "chat"}, "note": "x" * n}
        if event is CREATED
        else {**event, "tenant": tenant, "ticket": ticket}
        for n, (tenant, ticket) in enumerate(keys)
        for event in (CREATED, REPLY)
    ]


def results(capsys: pytest.CaptureFixture[str], name: str = "events.jsonl") -> str:
    assert main(["evaluate", "--at", AT, "--json", name]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


@pytest.fixture
def cramped(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if files were far larger: nearly everything is sorted on the disk, and read back in the smallest pieces."""
    monkeypatch.setattr(event_files, "CHUNK", 2000)
    monkeypatch.setattr(event_files, "BLOCK", 100)


@pytest.mark.usefixtures("cramped")
def test_neither_the_order_of_lines_nor_repetition_matters(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    events, file, random = many(40), folder / "events.jsonl", Random(7)
    file.write_text(lines(*events))
    expected = results(capsys)
    assert [json.loads(line) for line in expected.splitlines()] == evaluate(events, [], AT)
    for late in (1, 2, 40, 79):  # so many of the lines come in order, the others do not
        mixed = events[:late] + random.sample(events[late:], len(events) - late)
        file.write_text(lines(*mixed))
        assert results(capsys) == expected
        file.write_text(lines(*mixed, *mixed[::7]))
        assert results(capsys) == expected
    file.write_text(lines(*reversed(events)))
    assert results(capsys) == expected


@pytest.mark.usefixtures("cramped")
def test_a_file_may_be_split_between_tickets(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    events = many(30)
    (folder / "events.jsonl").write_text(lines(*events))
    whole = results(capsys)
    parts = ""
    for part in (events[:2], events[2:34], events[34:]):
        (folder / "events.jsonl").write_text(lines(*part))
        parts += results(capsys)
    assert parts == whole


@pytest.mark.usefixtures("cramped")
def test_empty_lines_and_line_ends_are_no_matter_in_any_order(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    events, file = many(20), folder / "events.jsonl"
    for order in (events, events[::-1]):
        file.write_text(lines(*order))
        expected = results(capsys)
        told = "\r\n\n \r\n".join(json.dumps(event, ensure_ascii=False) for event in order)
        file.write_bytes(f"\n\ufeff{told}"[1:].encode())  # a byte order mark, and no line end at the end
        assert results(capsys) == expected
        file.write_bytes(b"\n" + told.encode() + b"\r\n\r\n")
        assert results(capsys) == expected


def test_a_byte_order_mark_elsewhere_is_a_fault(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "events.jsonl").write_bytes(lines(CREATED).encode() + b"\xef\xbb\xbf" + lines(REPLY).encode())
    assert main(["evaluate", "--at", AT, "--json", "events.jsonl"]) == 2
    assert capsys.readouterr().err.startswith("events.jsonl:2: is not JSON")


@pytest.mark.parametrize("content", ["", "\n", "\ufeff", "\r\n \n"])
def test_a_file_without_events_has_no_tickets(folder: Path, capsys: pytest.CaptureFixture[str], content: str) -> None:
    (folder / "events.jsonl").write_bytes(content.encode())
    assert results(capsys) == ""
    assert main(["evaluate", "--at", AT, "events.jsonl"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "0 tickets, 0 clocks"


@pytest.mark.parametrize("order", [1, -1])
def test_a_fault_in_the_last_line_leaves_nothing_printed(
    folder: Path, capsys: pytest.CaptureFixture[str], order: int
) -> None:
    (folder / "events.jsonl").write_text(lines(*many(300)[::order], {**CREATED, "ticket": 7}))
    for form in ([], ["--json"]):
        assert main(["evaluate", "--at", AT, *form, "events.jsonl"]) == 2
        out, err = capsys.readouterr()
        assert (out, err) == ("", "events.jsonl:601: ticket: input should be a valid string\n")


def test_lines_that_are_no_text_or_too_long_are_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    long = json.dumps({**CREATED, "text": "x" * (17 * 2**20)})
    (folder / "events.jsonl").write_bytes(f"{long}\n{long}\n".encode() + b'{"id": "\xe4"}\n' + long.encode())
    assert main(["evaluate", "--at", AT, "--json", "events.jsonl"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "events.jsonl:1: is longer than 16 MiB",
        "events.jsonl:2: is longer than 16 MiB",
        "events.jsonl:3: is not UTF-8 text at byte 9",
        "events.jsonl:4: is longer than 16 MiB",
    ]


def test_a_table_of_many_tickets_shows_the_first_and_counts_all(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "events.jsonl").write_text(lines(*many(MOST_TICKETS + 2)))
    assert main(["evaluate", "--at", AT, "events.jsonl"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert sum("first response" in line for line in out) == MOST_TICKETS
    assert out[-2:] == ["and 2 more, which --json lists", "502 tickets, 1,506 clocks: 502 breached, 1,004 no target"]


# What only a process of its own shows.


def replyclock(*arguments: str, **options: Any) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "replyclock.cli.main", "evaluate", "--at", AT, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


@pytest.mark.parametrize("order", [1, -1])
def test_a_pipe_is_read_as_a_file_is(folder: Path, capsys: pytest.CaptureFixture[str], order: int) -> None:
    told = lines(*many(30)[::order])
    (folder / "events.jsonl").write_text(told)
    expected = results(capsys).encode()
    with replyclock("--json", "-", stdin=subprocess.PIPE) as process:
        assert process.communicate(told.encode()) == (expected, b"")
    with (folder / "events.jsonl").open("rb") as file, replyclock("--json", "-", stdin=file) as process:
        assert process.communicate() == (expected, b"")
    os.mkfifo(folder / "pipe")
    with replyclock("--json", "pipe") as process:
        (folder / "pipe").write_text(told)
        assert process.communicate() == (expected, b"")


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_reader_who_has_seen_enough_is_no_error(folder: Path, form: list[str]) -> None:
    (folder / "events.jsonl").write_text(lines(*many(400)))
    with replyclock(*form, "events.jsonl") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


def test_results_are_utf8_wherever_the_command_runs(folder: Path) -> None:
    (folder / "events.jsonl").write_text(lines({**CREATED, "ticket": "é"}))
    with replyclock("--json", "events.jsonl", env={**os.environ, "PYTHONIOENCODING": "ascii"}) as process:
        assert json.loads(process.communicate()[0])["ticket"] == "é"


# Progress.


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def evaluate_on_a_terminal(monkeypatch: pytest.MonkeyPatch, *form: str, patience: float = 0.0) -> str:
    """What standard error shows where it is a terminal."""
    monkeypatch.setattr(progress, "PATIENCE", patience)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    with monkeypatch.context() as patch:
        terminal = Terminal()
        patch.setattr(sys, "stderr", terminal)
        Path("events.jsonl").write_text(lines(*many(20)))
        assert main(["evaluate", "--at", AT, *form, "events.jsonl"]) == 0
    return terminal.getvalue()


@pytest.mark.parametrize("form", [[], ["--json"]])
@pytest.mark.usefixtures("folder")
def test_a_terminal_sees_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], form: list[str]
) -> None:
    shown = evaluate_on_a_terminal(monkeypatch, *form)
    assert "reading" in shown
    assert "judging" in shown
    out = capsys.readouterr().out
    assert "reading" not in out
    assert "judging" not in out


@pytest.mark.usefixtures("folder", "capsys")
def test_no_bar_stands_among_results_on_the_same_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    shown = evaluate_on_a_terminal(monkeypatch, "--json")
    assert "reading" in shown
    assert "judging" not in shown


@pytest.mark.usefixtures("folder", "capsys")
def test_what_is_quick_needs_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    assert evaluate_on_a_terminal(monkeypatch, "--json", patience=3600.0) == ""


def test_what_is_out_of_bounds_is_refused_naming_file_line_and_field(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad: list[dict[str, Any]] = [
        {"occurred_at": "0001-01-01T00:00:00Z"},
        {"created_at": "2200-01-01T00:00:00Z"},
        {"attributes": {"tier": "gold \ud83d", "brand": "x" * 301, "category": "", "a\nb": "c"}},
        {"attributes": {f"a{i}": ["\u65e5" * 250] * 4 for i in range(25)}},
        {"ticket": "7\r\n"},
    ]
    (folder / "events.jsonl").write_text(lines(CREATED, *[{**CREATED, **one} for one in bad]))
    span = ("--from", "2026-06-01", "--to", "2026-06-02")
    for command in (["evaluate"], ["explain"], ["report", *span]):
        assert main([*command, "--at", AT, "events.jsonl"]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert [line.split(": ")[:2] for line in err.splitlines()] == [
            ["events.jsonl:2", "occurred_at"],
            ["events.jsonl:3", "created_at"],
            *(["events.jsonl:4", f"attributes.{name}"] for name in ("tier", "brand", "category", "a\\u000ab")),
            ["events.jsonl:5", "is larger than 64 KiB as canonical JSON"],
            ["events.jsonl:6", "ticket"],
        ]
    with pytest.raises(InvalidInput) as refused:
        evaluate([CREATED, {**CREATED, **bad[0]}], [], AT)
    assert [fault.field for fault in refused.value.faults] == ["events[1].occurred_at"]


def test_a_surrogate_pair_is_one_character_and_what_is_ignored_may_hold_half_of_one(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "events.jsonl").write_text(lines({**CREATED, "attributes": {"tier": "\U0001f600"}, "subject": "\ud83d"}))
    assert "\\ud83d\\ude00" in (folder / "events.jsonl").read_text()
    assert main(["evaluate", "--at", AT, "--json", "events.jsonl"]) == 0
    assert json.loads(capsys.readouterr().out)["attributes"] == {"tier": "\U0001f600"}
