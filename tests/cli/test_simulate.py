"""`replyclock simulate` as people call it. The figures are worked by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from replyclock.cli.main import main

TODAY = """\
policy: acme
version: 3
effective_from: 2026-01-01T00:00:00Z
standards: [{name: everybody, targets: {first_response: 2h}}]
"""
PROPOSED = """\
policy: acme-next
version: 1
effective_from: 2027-01-01T00:00:00Z
standards:
  - {name: vip, when: {tier: vip}, targets: {first_response: 30m}}
  - {name: everybody, targets: {first_response: 4h}}
"""


def ticket(number: int, minutes: int | None, tier: str = "regular") -> str:
    """A ticket of 09:00 that is answered after so many minutes, if at all."""
    base: dict[str, Any] = {"ticket": f"{number:02}", "source": "desk"}
    told = [
        {
            "id": f"{number}-created", "type": "ticket.created", "occurred_at": "2026-06-01T09:00:00Z",
            "actor": {"kind": "customer", "id": "c"}, "attributes": {"tier": tier},
        }
    ]  # fmt: skip
    if minutes is not None:
        told.append(
            {
                "id": f"{number}-reply", "type": "message.added", "actor": {"kind": "agent", "id": "a"},
                "occurred_at": f"2026-06-01T{9 + minutes // 60:02}:{minutes % 60:02}:00Z",
                "message": {"id": f"{number}-m", "visibility": "public"},
            }
        )  # fmt: skip
    return "".join(json.dumps({**base, **event}) + "\n" for event in told)


# Met, met; met, breached; breached, met; breached (open at 17:00), breached.
HISTORY = ticket(1, 20, "vip") + ticket(2, 60, "vip") + ticket(3, 150) + ticket(4, None)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    (tmp_path / "today.yaml").write_text(TODAY)
    (tmp_path / "proposed.yaml").write_text(PROPOSED)
    return tmp_path


def simulated(folder: Path, events: str, *arguments: str) -> int:
    (folder / "events.jsonl").write_text(events)
    policies = ["--policy", "today.yaml", "--policy-instead", "proposed.yaml"]
    return main(["simulate", *policies, "--at", "2026-06-01T17:00:00Z", *arguments, "events.jsonl"])


def test_compliance_and_the_clocks_that_change_sides(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert simulated(folder, HISTORY) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    for line in (
        "As of Mon 2026-06-01 17:00:00 UTC, 4 tickets",
        "today acme: version 3 from Thu 2026-01-01 00:00:00 UTC",
        "instead acme-next: version 1 as if in force from the beginning",
        "first response 4 2 2 50.0% -> 50.0% +0.0",
        "everybody 4 -> 2 2 -> 1 2 -> 1 50.0% -> 50.0% +0.0",
        "vip 0 -> 2 0 -> 1 0 -> 1 - -> 50.0%",
        "1 met -> breached",
        "desk 02 first response 1h of 2h, everybody 1h of 30m, vip",
        "1 breached -> met",
        "desk 03 first response 2h 30m of 2h, everybody 2h 30m of 4h, everybody",
    ):
        assert line in lines, "\n".join(lines)
    assert any(line.startswith("2 clocks of 2 tickets come out otherwise") for line in lines)


def test_json_is_complete(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert simulated(folder, HISTORY + "".join(ticket(number, 60, "vip") for number in range(5, 15)), "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["at"] == "2026-06-01T17:00:00Z"
    assert found["today"] == [{"policy": "acme", "version": 3, "effective_from": "2026-01-01T00:00:00Z"}]
    assert found["instead"] == [{"policy": "acme-next", "version": 1, "effective_from": None}]
    assert found["tickets"] == 14
    assert found["totals"][0] == {
        "metric": "first_response",
        "standard": None,
        "before": {"judged": 14, "met": 12, "breached": 2, "open": 0, "no_target": 0, "compliance_percent": 85.71},
        "after": {"judged": 14, "met": 2, "breached": 12, "open": 0, "no_target": 0, "compliance_percent": 14.29},
        "change": -71.42,
    }
    assert [row["standard"] for row in found["standards"]] == ["everybody", "vip"]
    assert len(found["changed"]) == 12
    change = found["changed"][0]
    assert [change[name] for name in ("tenant", "source", "ticket", "from", "to")] == [
        "default", "desk", "02", "met", "breached",
    ]  # fmt: skip
    assert (change["before"]["target_seconds"], change["before"]["elapsed_seconds"]) == (7200, 3600)
    assert (change["after"]["target_seconds"], change["after"]["due_at"]) == (1800, "2026-06-01T09:30:00Z")


def test_long_lists_are_cut_and_say_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert simulated(folder, "".join(ticket(number, 60, "vip") for number in range(12))) == 0
    out = capsys.readouterr().out
    assert "12  met -> breached" in out
    assert out.count("1h of 30m, vip") == 5
    assert "and 7 more, which --json lists" in out


def test_nothing_changes_under_the_same_promises(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "proposed.yaml").write_text(TODAY)
    assert simulated(folder, HISTORY) == 0
    out = capsys.readouterr().out
    assert "No clock comes out otherwise." in out
    assert "50.0% -> 50.0%" in out


def test_nothing_is_printed_when_anything_is_wrong(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert simulated(folder, HISTORY + "{}\n") == 2
    out, err = capsys.readouterr()
    assert (out, err.startswith("events.jsonl:8: ")) == ("", True), err
    (folder / "proposed.yaml").write_text(PROPOSED.replace("4h", "4d"))
    assert simulated(folder, HISTORY) == 2
    out, err = capsys.readouterr()
    assert (out, err.startswith("proposed.yaml:6: standards[1].targets.first_response: ")) == ("", True), err


def test_the_help_says_from_when_the_proposal_counts(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["simulate", "--help"])
    assert "in force from the beginning" in " ".join(capsys.readouterr().out.split())
