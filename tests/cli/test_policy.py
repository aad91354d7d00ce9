"""`replyclock policy check` as people call it."""

from __future__ import annotations

from pathlib import Path

import pytest

from replyclock.cli.main import main

THIRD = """\
policy: acme
version: 3
effective_from: 2026-06-01T00:00:00Z
calendars:
  support:
    timezone: America/New_York
    hours: {mon: ["09:00-12:00", "13:00-17:00"], fri: ["22:00-06:00"], sat: ["05:00-07:00"]}
    holidays: [{region: US-NY}, 2026-12-24]
    breaks: [{date: 2026-06-08, hours: ["10:30-12:00"]}]
standards:
  - name: VIP
    when: {tier: vip, channel: [phone, chat], brand: {not: internal}}
    calendar: support
    targets: {first_response: 15m, resolution: 2bd}
    alerts: [{at: 80%, notify: team}, {at: 150%, notify: [team, lead]}]
    remind_every: 1h
  - {name: everybody, targets: {first_response: 4h}}
monitoring:
  - {when: {service_type: urgent}, every: 1h}
"""
FOURTH = """\
policy: acme
version: 4
effective_from: 2026-07-01T00:00:00Z
select: first
when_attributes_change: pin
solve_answers: false
standards: [{name: all, targets: {first_response: 1h}}]
"""
AT = "2026-06-02T00:00:00Z"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "140")
    (tmp_path / "3.yaml").write_text(THIRD)
    (tmp_path / "4.yaml").write_text(FOURTH)
    return tmp_path


def checked(capsys: pytest.CaptureFixture[str], *files: str, at: str = AT) -> list[str]:
    assert main(["policy", "check", "--at", at, *files]) == 0
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def test_what_a_version_says(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = checked(capsys, "3.yaml")
    # Seven hours on Monday, eight over midnight of which the last overlaps with Saturday's two: 7 + 8 + 1.
    for line in (
        "in force now: from Mon 2026-06-01 00:00:00 UTC",
        "VIP support 15m 2bd",
        "tier is vip and channel is phone or chat and brand is not internal (16h)",
        "alerts at 80% to team, 150% to team and lead, then every 1h",
        "everybody always 4h -",
        "support America/New_York 16h Mon 2026-06-08 10:30:00 EDT, 1h 30m: break",
        "Fri 2026-06-19 00:00:00 EDT, 24h: holiday: Juneteenth National Independence Day",
        "Fri 2026-07-03 00:00:00 EDT, 24h: holiday: Independence Day (observed)",
        "of standards that match the strictest governs",
        "when attributes change the promise follows, measured from the clock's start",
        "first response pauses never",
        "resolution pauses pending and on hold",
        "reported every 1h: service_type is urgent",
        "1 version of acme: valid, no warnings",
    ):
        assert line in lines, "\n".join(lines)


def test_which_version_is_in_force_and_when_others_come(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = checked(capsys, "4.yaml", "3.yaml")
    assert "in force now: from Mon 2026-06-01 00:00:00 UTC until Wed 2026-07-01 00:00:00 UTC" in lines
    assert "comes into force in 29d: from Wed 2026-07-01 00:00:00 UTC" in lines
    assert "when attributes change the promise of the clock's start stays" in lines
    assert "solving a ticket does not answer a customer who waits" in lines
    lines = checked(capsys, "4.yaml", "3.yaml", at="2026-07-01T00:00:00Z")
    assert "past: from Mon 2026-06-01 00:00:00 UTC until Wed 2026-07-01 00:00:00 UTC" in lines
    assert "in force now: from Wed 2026-07-01 00:00:00 UTC" in lines


def test_what_is_hardly_meant_is_warned_of(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "3.yaml").write_text(
        THIRD.replace("tier: vip", "teir: vip").replace("phone, chat", "phone, Chat, fax").replace("2bd", "3000bd")
        + "  - {every: 24h, when: {priority: hihg}}\n"
    )
    (folder / "4.yaml").write_text(FOURTH.replace("2026-07", "2026-05"))
    lines = checked(capsys, "3.yaml", "4.yaml")
    assert [line for line in lines if line.startswith("warning")] == [
        "warning: effective_from: comes after that of version 4, which is higher",
        "warning: standards[0].when.teir: is not one of the known attributes: is tier meant?",
        "warning: standards[0].when.channel: Chat is not a channel that sources tell: is chat meant?",
        "warning: standards[0].when.channel: fax is not a channel that sources tell: "
        "these are phone, chat, email, web, social, sms, api, app",
        "warning: standards[0].targets.resolution: takes longer than ten years in the calendar support: "
        "such a clock is never due",
        "warning: monitoring[1].when.priority: hihg is not a priority that sources tell: is high meant?",
    ]
    assert lines[-1] == "2 versions of acme: valid, 6 warnings"


def test_every_fault_is_named_and_nothing_is_printed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "3.yaml").write_text(THIRD.replace("15m", "15d").replace("calendar: support", "calendar: night"))
    (folder / "5.yaml").write_text("policy: other\nversion: 5\neffective_from: soon\n")
    assert main(["policy", "check", "3.yaml", "4.yaml", "5.yaml"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    places = sorted(line.split(": ")[:2] for line in err.splitlines())
    assert places == [
        ["3.yaml:13", "standards[0].calendar"],
        ["3.yaml:14", "standards[0].targets.first_response"],
        ["5.yaml:1", "standards"],
        ["5.yaml:3", "effective_from"],
    ]


def test_what_cannot_be_read_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "check", "3.yaml", "missing.yaml"]) == 2
    assert capsys.readouterr() == ("", "missing.yaml: No such file or directory\n")
