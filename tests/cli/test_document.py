"""`replyclock document` as people call it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from replyclock.cli.main import main

POLICY = """\
policy: acme
version: {version}
effective_from: {since}
standards: [{{name: everybody, targets: {{first_response: {target}}}}}]
"""
AT = "2026-06-10T00:00:00Z"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "1.yaml").write_text(POLICY.format(version=1, since="2026-01-01T00:00:00Z", target="1h"))
    (tmp_path / "2.yaml").write_text(POLICY.format(version=2, since="2026-07-01T00:00:00Z", target="30m"))
    events = [event for number in range(1, 6) for event in ticket(number)]
    (tmp_path / "events.jsonl").write_text("".join(f"{json.dumps(event)}\n" for event in events))
    return tmp_path


def ticket(number: int) -> list[dict[str, object]]:
    """Created at nine on a day of June, answered as many hours later as its number says."""
    day = f"2026-06-0{number}T"
    customer, agent = {"kind": "customer", "id": "c"}, {"kind": "agent", "id": "a"}
    same: dict[str, object] = {"ticket": str(number)}
    said = {"visibility": "public"}
    return [
        {**same, "id": f"{number}a", "type": "ticket.created", "occurred_at": f"{day}09:00:00Z", "actor": customer,
         "attributes": {"channel": "email"}, "message": {**said, "id": "1"}},
        {**same, "id": f"{number}b", "type": "message.added", "occurred_at": f"{day}{9 + number:02}:00:00Z",
         "actor": agent, "message": {**said, "id": "2"}},
    ]  # fmt: skip


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["document", "--at", AT, "--format", "md", *arguments]) == 0
    return capsys.readouterr().out


def test_the_default_policy_without_data(capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "--lang", "zh")
    assert "# 服务响应时间规范" in text
    assert "| 紧急服务 | urgent | 30 分钟 | 全天候（7×24 小时） |" in text
    assert "暂无数据" in text


def test_html_is_what_it_writes_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["document", "--at", AT]) == 0
    assert capsys.readouterr().out.startswith('<!DOCTYPE html>\n<html lang="en">')


def test_figures_of_a_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "events.jsonl", "--policy", "1.yaml", "--from", "2026-06-01", "--to", "2026-06-06")
    assert "**Period evaluated:** 1 June 2026 to 5 June 2026" in text
    assert "| Tickets created | 5 |" in text
    # One in one hour, the others later.
    assert "| First response time | 1 | 4 | 0 | 20.0% |" in text
    assert "| First response time | 5 | 3 h | 5 h | 5 h |" in text
    assert "1 of 5 first response promises were kept" in text


def test_the_period_ends_at_the_evaluation_by_default(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "events.jsonl", "--policy", "1.yaml", "--to", "2026-06-04")
    assert "6 March 2026 to 3 June 2026" in text
    assert "| Tickets created | 3 |" in text
    assert "12 March 2026 to 9 June 2026" in told(capsys, "events.jsonl", "--policy", "1.yaml")


def test_the_policy_in_force_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "--policy", "2.yaml", "--policy", "1.yaml")
    assert "**Version:** 1" in text and "| All tickets | everybody | 1 h |" in text
    later = told(capsys, "--policy", "2.yaml", "--policy", "1.yaml", "--at", "2026-08-01T00:00:00Z")
    assert "**Version:** 2" in later and "| All tickets | everybody | 30 min |" in later


def test_dates_and_days_are_those_of_the_zone(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "--policy", "1.yaml", "--zone", "Asia/Shanghai", "--lang", "zh")
    assert "**生效时间：** 2026 年 1 月 1 日 08:00（UTC+8）" in text


def test_handling_is_an_input_of_staffing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "events.jsonl", "--policy", "1.yaml", "--handling", "12m")
    assert "| Email | 1 h | 12 min |" in text


def test_it_is_written_to_a_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "--output", "document.md", "--lang", "zh") == ""
    assert (folder / "document.md").read_bytes() == told(capsys, "--lang", "zh").encode()


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["--zone", "Mars/Olympus"], "--zone: there is no time zone Mars/Olympus"),
        (["--from", "soon"], "--from: not an RFC 3339 date-time such as 2026-06-01T13:00:00Z"),
        (["--from", "2026-06-05", "--to", "2026-06-05"], "--to: must be later than where the span begins"),
        (["--handling", "1d"], "--handling: a bare d is ambiguous: write 24h for a day of 24 hours or 1bd for a"),
        (["--policy", "2.yaml"], "--at: no version of the policy is in force yet"),
        (["missing.jsonl"], "missing.jsonl: No such file or directory"),
    ],
)
def test_what_it_refuses(folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], fault: str) -> None:
    assert main(["document", "--at", AT, *arguments, "--output", "document.html"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(fault)
    assert not (folder / "document.html").exists()
