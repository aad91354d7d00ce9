"""Event files of any length and order: what is read, what is refused, and that nothing is held that need not be."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

import pytest

from replyclock.cli import event_files
from replyclock.cli.event_files import read_tickets
from replyclock.cli.main import main
from replyclock.domain.errors import InvalidInput

AT = "2026-06-02T00:00:00Z"


def event(ticket: str, number: int, **fields: Any) -> str:
    told = {"id": f"{ticket}-{number}", "ticket": ticket, "occurred_at": f"2026-06-01T13:00:{number:02}Z"}
    return json.dumps({**told, "type": "ticket.created" if number == 0 else "message.added", **fields})


def lines() -> list[str]:
    said = {"id": "m", "visibility": "public"}
    return [event(f"{ticket:02}", number, message=said) for ticket in range(40) for number in range(3)]


def read(path: Path, text: str | bytes) -> list[tuple[str, list[str]]]:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return [(events[0].ticket, sorted(one.id for one in events)) for events in read_tickets(str(path))]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.jsonl"


@pytest.mark.parametrize("chunk", [1, 500, 2**20])
def test_any_order_and_repetition_gives_the_same_tickets(
    path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    """With chunks so small that parts are written to the disk, and so large that none is."""
    monkeypatch.setattr(event_files, "CHUNK", chunk)
    ordered = read(path, "\n".join(lines()))
    assert [ticket for ticket, _ in ordered] == [f"{n:02}" for n in range(40)]
    for seed in range(4):
        mixed = lines()
        random.Random(seed).shuffle(mixed)
        assert read(path, "\n".join(mixed) + "\n") == ordered
    half_sorted = lines()[60:] + lines()[:60]
    assert read(path, "\n".join(half_sorted)) == ordered


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(lines()).replace("\n", "\r\n"),
        "\ufeff" + "\n".join(lines()),
        "\n\n" + "\n \n".join(lines()) + "\n\n",
    ],
    ids=["carriage returns", "a byte order mark", "empty lines"],
)
def test_how_lines_end_does_not_matter(path: Path, text: str) -> None:
    assert read(path, text) == read(path, "\n".join(lines()))


def test_an_empty_file_has_no_tickets(path: Path) -> None:
    assert read(path, "") == []


@pytest.mark.parametrize("bad", [b"\xff\xfe", b'{"id":', b"[]"])
def test_a_fault_in_the_last_line_is_known_before_the_first_ticket_is_given(path: Path, bad: bytes) -> None:
    path.write_bytes("\n".join(lines()).encode() + b"\n" + bad + b"\n")
    with pytest.raises(InvalidInput) as caught:
        next(read_tickets(str(path)))
    assert [(fault.line, fault.file) for fault in caught.value.faults] == [(121, str(path))]


def test_a_reader_that_leaves_early_is_no_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text("\n".join(lines()))
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        monkeypatch.setattr("sys.stdout", pipe)
        assert main(["evaluate", "--json", "--at", AT, str(path)]) == 0


def test_a_table_of_very_many_tickets_says_what_it_leaves_out(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("replyclock.cli.evaluate.MOST_TICKETS", 3)
    path.write_text("\n".join(lines()))
    assert main(["evaluate", "--at", AT, str(path)]) == 0
    out = capsys.readouterr().out
    assert "generic 02" in out
    assert "generic 03" not in out
    assert "and 37 more" in out
    assert "40 tickets, 80 clocks" in out
