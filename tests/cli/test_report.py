"""`replyclock report` as people call it. The figures are worked by hand."""

from __future__ import annotations

import csv
import io
import json
import random
import sys
from pathlib import Path
from typing import Any

import pytest

from replyclock.cli import event_files
from replyclock.cli.main import main

POLICY = """\
policy: acme
version: 1
effective_from: 2026-01-01T00:00:00Z
standards: [{name: everybody, targets: {first_response: 1h, resolution: 8h}}]
"""


def ticket(name: str, created: str, reply: str | None = None, solved: str | None = None, **told: Any) -> list[str]:
    """The lines of a ticket of June 2026: `01T09:00` is a time of it."""
    lines = []
    for kind, when, fields in (
        (
            "ticket.created",
            created,
            {"actor": {"kind": "customer", "id": "c"}, "attributes": told.get("attributes", {})},
        ),
        (
            "message.added",
            reply,
            {"actor": {"kind": "agent", "id": "a"}, "message": {"id": "m", "visibility": "public"}},
        ),
        ("status.changed", solved, {"actor": {"kind": "agent", "id": "a"}, "status": "solved"}),
        ("rating.given", told.get("rated"), {"rating": told.get("rating")}),
    ):
        if when:
            base = {"id": f"{name} {kind}", "ticket": name, "type": kind, "occurred_at": f"2026-06-{when}:00Z"}
            lines.append(json.dumps({**base, **fields}) + "\n")
    return lines


# Of the 2nd: answered in 30 min, 90 min, not at all; of the day before: in 2 h, and solved on the 2nd.
HISTORY = [
    *ticket("1", "02T09:00", "02T09:30", "02T12:00", attributes={"channel": "chat"}, rated="02T13:00", rating=5),
    *ticket("2", "02T10:00", "02T11:30", attributes={"channel": "email"}),
    *ticket("3", "02T10:00", attributes={"channel": "email"}),
    *ticket("4", "01T20:00", "01T22:00", "02T08:00", attributes={"channel": "phone"}),
]
DAY = ["--from", "2026-06-02", "--to", "2026-06-03", "--at", "2026-06-03T00:00:00Z"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    (tmp_path / "policy.yaml").write_text(POLICY)
    return tmp_path


def reported(folder: Path, *arguments: str, events: list[str] | None = None) -> int:
    (folder / "events.jsonl").write_text("".join(HISTORY if events is None else events))
    return main(["report", "events.jsonl", "--policy", "policy.yaml", *(arguments or DAY)])


def squeezed(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def test_a_day_in_tables(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert reported(folder, *DAY, "--by", "channel") == 0
    lines = squeezed(capsys.readouterr().out)
    for line in (
        "Tue 2026-06-02 00:00:00 UTC to Wed 2026-06-03 00:00:00 UTC",
        "Of the tickets created in it, with all that is known of them by then.",
        "created 3",
        "resolved 1 and not reopened since",
        "backlog 1 -> 2 of all tickets, begin and end",
        "one touch 100.0% of the resolved: one reply, never reopened",
        "first response 2 30m - 1h 30m 1h 30m 30m 1 1h 30m",
        "first response 1 1 1 33.3% 6.1% to 79.2%",
        "all 1 5.00 100.0%",
        "median 2h 1h 30m -30m - 1 2 too few",
        "chat 1 1 0 30m 30m 100.0% 2h 30m 100.0%",
        "email 2 0 2 1h 30m 1h 30m 0.0% - -",
    ):
        assert line in lines, "\n".join(lines)


def test_what_happened_on_a_day(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert reported(folder, *DAY, "--cohort", "event") == 0
    out = capsys.readouterr().out
    lines = squeezed(out)
    assert "What happened in it, of whichever ticket." in lines
    assert "resolved 2 and not reopened since" in lines
    assert "Kaplan" not in out


def test_json_is_the_summary(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert reported(folder, *DAY, "--by", "channel,tier", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [found[name] for name in ("from", "to", "at", "timezone", "cohort", "group_by")] == [
        "2026-06-02T00:00:00Z", "2026-06-03T00:00:00Z", "2026-06-03T00:00:00Z", "UTC", "creation", ["channel", "tier"],
    ]  # fmt: skip
    assert found["total"]["tickets"] == {
        "created": 3, "resolved": 1, "first_resolved": 1, "open": 2, "backlog_begin": 1, "backlog_end": 2,
    }  # fmt: skip
    first = found["total"]["clocks"]["first_response"]
    assert (first["median_seconds"], first["kaplan_meier_median_seconds"], first["compliance"]) == (1800, 5400, 1 / 3)
    assert [(group["group"], group["tickets"]["created"]) for group in found["groups"]] == [
        ({"channel": "email", "tier": None}, 2),
        ({"channel": "chat", "tier": None}, 1),
        ({"channel": "phone", "tier": None}, 0),
    ]
    assert found["before"]["clocks"]["first_response"]["median_seconds"] == 7200


def test_days_are_those_of_the_zone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In Tokyo ticket 4 came on the 2nd, at five in the morning."""
    assert reported(folder, *DAY, "--zone", "Asia/Tokyo", "--by", "hour_of_week", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["from"], found["to"]) == ("2026-06-01T15:00:00Z", "2026-06-02T15:00:00Z")
    assert {group["group"]["hour_of_week"]: group["tickets"]["created"] for group in found["groups"]} == {
        "tue 05": 1, "tue 18": 1, "tue 19": 2,
    }  # fmt: skip


def test_neither_order_nor_length_matters(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    events = [line for i in range(200) for line in ticket(f"{i}", f"02T{i % 20:02}:00", f"02T{i % 20:02}:{i % 60:02}")]
    assert reported(folder, *DAY, "--json", events=events) == 0
    whole = capsys.readouterr().out
    random.Random(7).shuffle(events)
    monkeypatch.setattr(event_files, "CHUNK", 5000)
    assert reported(folder, *DAY, "--json", events=[*events, *events[:50]]) == 0
    assert capsys.readouterr().out == whole
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("".join(events).encode())))
    assert main(["report", "-", "--policy", "policy.yaml", *DAY, "--json"]) == 0
    assert capsys.readouterr().out == whole


def test_it_fits_a_hundred_columns_and_loses_nothing_on_fewer(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    events = []
    for i in range(1200):
        hour, day = i % 20, 1 + i // 600
        events += ticket(
            f"{i}",
            f"{day:02}T{hour:02}:{i % 60:02}",
            f"{day:02}T{hour + i % 3:02}:{(i * 7) % 60:02}" if i % 9 else None,
            f"{day + i % 13:02}T23:{i % 60:02}" if i % 5 else None,
            attributes={"channel": f"channel with a long name {i % 60}", "tier": "regular" if i % 2 else "vip"},
            rated=f"{day + i % 13:02}T23:59" if i % 4 else None, rating=1 + i % 5,
        )  # fmt: skip
    arguments, out = [""], ""
    for cohort in ("creation", "event"):
        arguments = ["--from", "2026-06-02", "--to", "2026-06-03", "--by", "channel,tier", "--cohort", cohort]
        assert reported(folder, *arguments, "--at", "2026-06-20T12:00:00Z", events=events) == 0
        out = capsys.readouterr().out
        assert max(len(line) for line in out.splitlines()) <= 100
        assert "…" not in out
        assert sum(line.startswith("  first response ") for line in out.splitlines()) == 3
        assert "and 10 more, which --json lists" in out
    monkeypatch.setenv("COLUMNS", "60")
    assert reported(folder, *arguments, "--at", "2026-06-20T12:00:00Z", events=events) == 0
    assert capsys.readouterr().out == out


def test_what_others_wrote_cannot_command_the_terminal(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    events = ticket("1", "02T09:00", attributes={"channel": "\u202ered [bold]"})
    assert reported(folder, *DAY, "--by", "channel", events=events) == 0
    out = capsys.readouterr().out
    assert "\u202e" not in out
    assert "\N{REPLACEMENT CHARACTER}red [bold]" in out


def test_a_file_with_nothing_of_the_span(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert reported(folder, *DAY, "--by", "channel", events=[]) == 0
    assert "created 0" in squeezed(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (["--from", "2026-06-02", "--to", "2026-06-02"], "--to: must be later than where the span begins"),
        (["--from", "june", "--to", "2026-06-02"], "--from: not an RFC 3339 date-time such as 2026-06-01T13:00:00Z"),
        (["--from", "2026-06-02", "--to", "2026-06-31"], "--to: is no date: day is out of range for month"),
        ([*DAY, "--zone", "Europe/Atlantis"], "--zone: there is no time zone Europe/Atlantis"),
        ([*DAY, "--zone", "../UTC"], "--zone: there is no time zone ../UTC"),
        ([*DAY, "--by", "tier,,brand,"], "--by: must name different dimensions"),
        ([*DAY, "--at", "2026-06-01T00:00:00Z"], "--from: is later than the instant of the evaluation"),
        ([*DAY, "--at", "now"], "--at: not an RFC 3339 date-time such as 2026-06-01T13:00:00Z"),
    ],
)
def test_what_makes_no_sense_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], wrong: str
) -> None:
    assert reported(folder, *arguments) == 2
    assert capsys.readouterr() == ("", f"{wrong}\n")


def test_nothing_is_printed_when_an_event_is_wrong(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for form in ([], ["--json"]):
        assert reported(folder, *DAY, *form, events=[*HISTORY, "{}\n"]) == 2
        out, err = capsys.readouterr()
        assert (out, err.startswith(f"events.jsonl:{len(HISTORY) + 1}: ")) == ("", True), err


def test_trends_and_a_distribution_in_tables_and_as_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "events.jsonl").write_text("".join(HISTORY))

    def asked(report: str, *options: str) -> str:
        # Two days: the second ends where it is known.
        days = ["--from", "2026-06-01", "--to", "2026-06-04", "--at", "2026-06-03T00:00:00Z"]
        assert main(["report", report, "events.jsonl", "--policy", "policy.yaml", *days, *options]) == 0
        return capsys.readouterr().out

    lines = squeezed(asked("trends"))
    assert "Mon 2026-06-01 1 1 1 1 2h 2h 2h 0 0.0% -" in lines
    assert "Tue 2026-06-02 3 1 2 2 30m 1h 30m 1h 30m 1 33.3% 100.0%" in lines
    points = json.loads(asked("trends", "--json", "--every", "week"))["points"]
    assert [(one["from"], one["created"], one["backlog_end"]) for one in points] == [("2026-06-01T00:00:00Z", 4, 2)]
    lines = squeezed(asked("distribution", "--by", "channel"))
    assert "2h 1 1 ########################################" in lines
    assert "Median 30m. The end of 0 more was not seen. 1 kept the 1h promised to them in open hours, 0 did" in lines
    found = json.loads(asked("distribution", "--json", "--metric", "resolution"))
    assert [one["n"] for one in found["groups"]] == [2]
    with pytest.raises(SystemExit):
        main(["report", "trends", "events.jsonl", "--every", "hour"])


def test_csv_is_one_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert reported(folder, *DAY, "--by", "channel", "--csv") == 0
    head, *rows = csv.reader(io.StringIO(capsys.readouterr().out, newline=""))
    found = [dict(zip(head, row, strict=True)) for row in rows]
    assert [(one["rows"], one["group.channel"]) for one in found] == [
        ("total", ""),
        ("before", ""),
        ("group", "email"),
        ("group", "chat"),
        ("group", "phone"),
    ]
    assert [one["tickets.created"] for one in found] == ["3", "1", "2", "1", "0"]


def test_an_attribute_that_no_ticket_has_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert reported(folder, *DAY, "--by", "nonsense") == 2
    assert "--by: no ticket has an attribute nonsense" in capsys.readouterr().err
