"""`replyclock explain` as people call it. The figures are worked by hand."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from replyclock.cli.explanations import print_explanation
from replyclock.cli.main import main
from replyclock.domain.history import read_history
from replyclock.domain.policy import read_policy
from tests.domain.builders import AGENT, CUSTOMER, created, instant, judged, message

POLICY = """\
policy: acme
version: 3
effective_from: 2026-01-01T00:00:00Z
calendars:
  support:
    timezone: America/New_York
    hours:
      {mon: ["09:00-17:00"], tue: ["09:00-17:00"], wed: ["09:00-17:00"], thu: ["09:00-17:00"], fri: ["09:00-17:00"]}
    holidays: [{region: US-NY}]
    breaks: [{date: 2026-06-03, hours: ["12:00-13:00"]}]
standards:
  - {name: VIP, when: {tier: vip, brand: {not: internal}}, calendar: support, targets: {first_response: 30m}}
  - {name: everybody, targets: {first_response: 24h}}
"""


def told(number: int, type_: str, occurred_at: str, **fields: Any) -> str:
    event = {"id": str(number), "ticket": "7", "source": "desk", "type": type_, "occurred_at": occurred_at, **fields}
    return json.dumps(event) + "\n"


# 16:30 on Monday and 09:15 on Tuesday in New York: 30 minutes count on Monday, 15 on Tuesday, the night does not.
CREATED = told(
    1,
    "ticket.created",
    "2026-06-01T20:30:00Z",
    actor=CUSTOMER,
    attributes={"tier": "vip"},
    message={"id": "a", "visibility": "public"},
)
REPLY = told(2, "message.added", "2026-06-02T13:15:00Z", actor=AGENT, message={"id": "b", "visibility": "public"})
AT = "2026-06-02T14:00:00Z"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "140")
    (tmp_path / "p.yaml").write_text(POLICY)
    return tmp_path


def explained(folder: Path, events: str, *arguments: str, at: str = AT) -> int:
    (folder / "events.jsonl").write_text(events)
    return main(["explain", "--policy", "p.yaml", "--at", at, *arguments, "events.jsonl"])


def squeezed(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def test_a_night_does_not_count(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert explained(folder, REPLY + CREATED) == 0
    lines = squeezed(capsys.readouterr().out)
    for line in (
        "Mon 2026-06-01 16:30:00 EDT created as new, by customer c, with a message, tier vip",
        "Tue 2026-06-02 09:15:00 EDT reply by agent a; handling starts",
        "promise VIP: first response within 30m",
        "because tier is vip and brand is not internal; the strictest of 2 that match, the other: everybody 24h",
        "counted in calendar support, America/New_York",
        "applies since Mon 2026-06-01 16:30:00 EDT, by version 3 of acme",
        "stopped Tue 2026-06-02 09:15:00 EDT, by a reply",
        "counted 45m of 30m: 15m over",
        "due Mon 2026-06-01 17:00:00 EDT",
        "breached since Mon 2026-06-01 17:00:00 EDT",
        "█ Mon 2026-06-01 16:30:00 EDT 30m 30m counted",
        "· Mon 2026-06-01 17:00:00 EDT 16h outside hours",
        "█ Tue 2026-06-02 09:00:00 EDT 15m 15m counted",
        "Tue 2026-06-02 09:15:00 EDT 16h 45m 45m in all; 16h closed",
    ):
        assert line in lines, "\n".join(lines)


def test_the_bar_is_drawn_to_scale(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    explained(folder, CREATED + REPLY)
    lines = capsys.readouterr().out.splitlines()
    number = next(i for i, line in enumerate(lines) if line.startswith("  █") and "·" in line)
    bar, marks = lines[number][2:], lines[number + 1][2:]
    # 96 cells of 1005 minutes: 30 of them are 2.87 cells, and the night ends after 94.57.
    assert bar == "█" * 3 + "·" * 91 + "▄█"
    # The message opens it, the reply ends it; due and breach are at 17:00, in the cell after the second.
    assert marks == "C D" + " " * 92 + "R"
    assert lines[number + 2] == "    B"


def test_json_gives_the_intervals(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert explained(folder, CREATED + REPLY, "--json") == 0
    (result,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (result["ticket"], result["state"]) == ("7", "new")
    assert result["clocks"][0]["elapsed_seconds"] == 2700
    assert result["clocks"][0]["explanation"] == [
        {"from": begin, "to": end, "seconds": seconds, "counts": reason == "counted", "reason": reason}
        for begin, end, seconds, reason in (
            ("2026-06-01T20:30:00Z", "2026-06-01T21:00:00Z", 1800, "counted"),
            ("2026-06-01T21:00:00Z", "2026-06-02T13:00:00Z", 57600, "outside_hours"),
            ("2026-06-02T13:00:00Z", "2026-06-02T13:15:00Z", 900, "counted"),
        )
    ]


def test_holidays_breaks_and_pauses_are_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "p.yaml").write_text(POLICY.replace("first_response: 30m", "resolution: 4h"))
    events = (
        told(1, "ticket.created", "2026-06-03T15:30:00Z", actor=CUSTOMER, assignee="a", attributes={"tier": "vip"})
        + told(2, "status.changed", "2026-06-03T17:30:00.5Z", actor=AGENT, status="on_hold")
        + told(3, "status.changed", "2026-06-18T20:59:00Z", actor={"kind": "third_party"}, status="open")
    )
    # Friday the 19th of June is Juneteenth, then comes the weekend.
    assert explained(folder, events, at="2026-06-22T13:30:00Z") == 0
    lines = squeezed(capsys.readouterr().out)
    for line in (
        "Wed 2026-06-03 13:30:00.5 EDT new -> on hold, by agent a",
        "Thu 2026-06-18 16:59:00 EDT on hold -> open, by a third party",
        "counted 1h 31m 0.5s of 4h: 2h 28m 59.5s left",
        "█ Wed 2026-06-03 11:30:00 EDT 30m 30m counted",
        "· Wed 2026-06-03 12:00:00 EDT 1h break",
        "█ Wed 2026-06-03 13:00:00 EDT 30m 0.5s 30m 0.5s counted",
        "▒ Wed 2026-06-03 13:30:00.5 EDT 363h 28m 59.5s on hold (others)",
        "█ Thu 2026-06-18 16:59:00 EDT 1m 1m counted",
        "· Thu 2026-06-18 17:00:00 EDT 7h outside hours",
        "· Fri 2026-06-19 00:00:00 EDT 24h holiday: Juneteenth National Independence Day",
        "· Sat 2026-06-20 00:00:00 EDT 57h outside hours",
        "█ Mon 2026-06-22 09:00:00 EDT 30m 30m counted",
        "Mon 2026-06-22 09:30:00 EDT 454h 1h 31m 0.5s in all; 363h 28m 59.5s paused, 89h closed",
    ):
        assert line in lines, "\n".join(lines)


def test_what_came_before_the_promise_is_told_apart(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "p.yaml").write_text(POLICY + "when_attributes_change: from_change\n")
    events = CREATED.replace('"vip"', '"regular"') + told(
        3, "attributes.changed", "2026-06-02T13:05:00Z", actor=AGENT, attributes={"tier": "vip"}
    )
    assert explained(folder, events + REPLY) == 0
    lines = squeezed(capsys.readouterr().out)
    for line in (
        "Tue 2026-06-02 09:05:00 EDT tier becomes vip",
        "applies since Tue 2026-06-02 09:05:00 EDT, and time counts from there, by version 3 of acme",
        "counted 10m of 30m: 20m to spare",
        "░ Mon 2026-06-01 16:30:00 EDT 16h 35m before this promise applied",
        "Tue 2026-06-02 09:15:00 EDT 16h 45m 10m in all; 16h 35m before the promise applied",
    ):
        assert line in lines, "\n".join(lines)


def test_why_a_clock_has_no_promise_or_no_life(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    merged = told(4, "ticket.merged", "2026-06-01T20:40:00Z", actor=AGENT, into="5")
    explained(folder, CREATED + merged)
    out = " ".join(capsys.readouterr().out.split())
    assert "ticket desk 7: merged" in out
    assert "merged into 5, by agent a: the ticket stands still from here on" in out
    assert "cancelled the ticket was merged into another one" in out
    explained(folder, CREATED)
    assert "none: version 3 promises no total response to a ticket with tier vip" in capsys.readouterr().out
    (folder / "p.yaml").write_text(POLICY.replace("2026-01-01", "2027-01-01"))
    explained(folder, CREATED)
    assert "none: no version of the policy was in force" in capsys.readouterr().out


def test_versions_that_come_into_force_are_part_of_the_story(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "q.yaml").write_text(
        POLICY.replace("version: 3", "version: 4")
        .replace("2026-01-01T", "2026-06-01T20:")
        .replace("20:00:00:00Z", "20:40:00Z")
    )
    explained(folder, CREATED, "--policy", "q.yaml")
    lines = squeezed(capsys.readouterr().out)
    assert "Mon 2026-06-01 16:40:00 EDT version 4 of acme comes into force" in lines
    assert "applies since Mon 2026-06-01 16:30:00 EDT, by version 4 of acme" in lines


def test_one_ticket_of_many(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    others = CREATED.replace('"desk"', '"phone"') + CREATED.replace('"7"', '"8"')
    explained(folder, others + CREATED, "--ticket", "7", "--json")
    assert [json.loads(line)["source"] for line in capsys.readouterr().out.splitlines()] == ["desk", "phone"]
    explained(folder, others + CREATED, "--ticket", "7", "--source", "desk", "--tenant", "default", "--json")
    assert [json.loads(line)["source"] for line in capsys.readouterr().out.splitlines()] == ["desk"]
    assert explained(folder, others, "--ticket", "9") == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", "--ticket 9: no event of such a ticket by 2026-06-02T14:00:00Z in events.jsonl\n")


def test_long_lives_are_shortened_and_still_add_up(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # From Monday 16:30 to Tuesday 10:00 eleven weeks and a day later: 55 days with hours, of which two are holidays,
    # Juneteenth and the 3rd of July, and an hour is a break: 30 m + 54 × 8 h - 1 h... as the sum line says.
    explained(folder, CREATED, at="2026-08-18T14:00:00Z")
    lines = squeezed(capsys.readouterr().out)
    counted = 0.5 + (4 + 10 * 5 - 2) * 8 - 1 + 8 + 1
    assert f"Tue 2026-08-18 10:00:00 EDT 1865h 30m {int(counted)}h 30m in all; {1865 - int(counted)}h closed" in lines
    assert sum("parts more, which --json lists" in line for line in lines) == 1


def test_nothing_is_printed_when_anything_is_wrong(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert explained(folder, CREATED + "{\n") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("events.jsonl:2: ")


def test_what_others_wrote_cannot_command_the_terminal(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    explained(folder, CREATED.replace('"vip"', r'"\u202evip [red]"'))
    out = capsys.readouterr().out
    assert "\u202e" not in out
    assert "vip [red]" in out


@pytest.mark.parametrize("arguments", [[], ["--json"], ["--ticket", "7"]])
def test_readers_may_leave_early(folder: Path, arguments: list[str]) -> None:
    (folder / "events.jsonl").write_text(CREATED)
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "replyclock.cli.main", "explain", "--at", AT, *arguments, "events.jsonl"]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (0, "")


def test_terminals_that_know_ascii_only() -> None:
    policy = read_policy([POLICY])
    events = [created("20:30", attributes={"tier": "vip"}), message("02T13:15", AGENT)]
    result = judged(events, "02T14:00", policy)
    raw = io.BytesIO()
    out = Console(file=io.TextIOWrapper(raw, "ascii"), width=80)
    print_explanation(
        out, result, read_history(events, result.timeline, instant("02T14:00")), policy, instant("02T14:00")
    )
    out.file.flush()
    assert "  ##+......" in raw.getvalue().decode("ascii")
