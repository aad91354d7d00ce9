"""Reading exports from files: JSON pages, JSON Lines of pages or of records, CSV tables; plain, gzip, or in folders.

Pages list what happened in the order of time, across tickets. So each record first goes into a temporary database on
the disk, under its ticket; then ticket by ticket is read from there. No more than a page and a ticket is ever held.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, cast

from replyclock.domain.errors import InvalidInput
from replyclock.domain.events import AnyEvent, TicketKey, event_text, read_stored_event
from replyclock.sources.base import Record, read_json
from replyclock.sources.base.exports import Export, Piece, SetAside, read_ticket
from replyclock.sources.base.groups import unnamed_groups, with_group_names

_GZIP = b"\x1f\x8b"
_ENDINGS = (".json", ".jsonl", ".ndjson", ".csv")
_LONGEST_ROW = 16 * 2**20
_UNIT = 1024
_BEGINNING = 100


@dataclass(slots=True)
class Summary:
    """What an export has, in numbers."""

    tickets: int = 0
    events: int = 0
    types: Counter[str] = field(default_factory=Counter)
    first: int | None = None
    last: int | None = None
    write_units: int = 0
    """Of the log alone: a unit for each kilobyte begun of an event."""
    unknown_statuses: Counter[str] = field(default_factory=Counter)
    """Names of statuses that no table knows, and how often each came up."""
    unnamed_groups: Counter[str] = field(default_factory=Counter)
    """Ids of groups that have no name, and how often each came up."""


MOST_SHOWN = 20
"""Records that could not be read that are listed on the terminal; all are in the file of what was set aside."""


class History:
    """The tickets of an export, on the disk. To be closed, which removes them."""

    def __init__(self) -> None:
        # A database without a name lives in a temporary file that is gone when it is closed, however that happens.
        self._base = sqlite3.connect("")
        self._base.execute("PRAGMA journal_mode = OFF")
        self._base.execute("PRAGMA synchronous = OFF")
        self._base.execute("CREATE TABLE piece (ticket TEXT, kind TEXT, place TEXT, record TEXT)")
        self._base.execute("CREATE TABLE told (tenant TEXT, source TEXT, ticket TEXT, events TEXT)")
        self.summary = Summary()
        self.group_names: Mapping[str, str] = {}
        """The names of groups by their ids, those of the connection before those of the export."""

    def close(self) -> None:
        """Remove it from the disk."""
        self._base.close()

    def add(self, ticket: str, piece: Piece) -> None:
        """Keep a record under its ticket."""
        row = (ticket, piece.kind, piece.place, json.dumps(piece.record))
        self._base.execute("INSERT INTO piece VALUES (?, ?, ?, ?)", row)

    def records(self) -> int:
        """How many records are kept that were not translated yet."""
        return int(self._base.execute("SELECT count(*) FROM piece").fetchone()[0])

    def translate(
        self,
        export: Export,
        since: int | None,
        measure: Callable[[AnyEvent, str], int],
        aside: Callable[[SetAside], None],
        advance: Callable[[int], None],
        groups: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Translate each ticket. One to which nothing has happened since `since` is left out; `measure` tells how many
        bytes an event with its text takes in the store, and `advance` is told of how many records are done. `groups`
        are the names that the connection has for groups; those that the export lists come after them.
        """
        self.group_names = {**export.group_names, **groups}
        rows = self._base.execute("SELECT ticket, kind, place, record FROM piece ORDER BY ticket, rowid")
        for _, group in groupby(rows, lambda row: str(row[0])):
            pieces = [Piece(kind, place, json.loads(record)) for _, kind, place, record in group]
            reading = read_ticket(export, pieces)
            events = with_group_names(reading.events, export.group_names)
            self.summary.unknown_statuses.update(reading.unknown_statuses)
            self.summary.unnamed_groups.update(unnamed_groups(events, self.group_names))
            for one in reading.set_aside:
                aside(one)
            told = {event_text(event): event for event in events}
            if told and (since is None or max(event.occurred_at for event in told.values()) >= since):
                self._keep(told, measure)
            advance(len(pieces))
        self._base.execute("DELETE FROM piece")

    def _keep(self, told: Mapping[str, AnyEvent], measure: Callable[[AnyEvent, str], int]) -> None:
        events = list(told.values())
        self._base.execute("INSERT INTO told VALUES (?, ?, ?, ?)", (*events[0].key, json.dumps(list(told))))
        found = self.summary
        found.tickets += 1
        found.events += len(events)
        found.types.update(event.type for event in events)
        times = [event.occurred_at for event in events]
        found.first = min([*times, *([] if found.first is None else [found.first])])
        found.last = max([*times, *([] if found.last is None else [found.last])])
        found.write_units += sum(-(-measure(event, text) // _UNIT) for text, event in told.items())

    def tickets(self, after: TicketKey | None = None) -> Iterator[tuple[TicketKey, list[AnyEvent]]]:
        """The tickets by tenant, source and ticket, those after one; their events in no order."""
        rows = self._base.execute(
            "SELECT tenant, source, ticket, events FROM told WHERE ? OR (tenant, source, ticket) > (?, ?, ?)"
            " ORDER BY tenant, source, ticket",
            (after is None, *(after or ("", "", ""))),
        )
        for tenant, source, ticket, events in rows:
            yield (tenant, source, ticket), [read_stored_event(one) for one in json.loads(events)]

    def left(self, after: TicketKey | None) -> tuple[int, int]:
        """How many tickets there are after one, and how many events they have."""
        row = self._base.execute(
            "SELECT count(*), coalesce(sum(json_array_length(events)), 0) FROM told"
            " WHERE ? OR (tenant, source, ticket) > (?, ?, ?)",
            (after is None, *(after or ("", "", ""))),
        ).fetchone()
        return int(row[0]), int(row[1])


def files_of(names: Iterable[str]) -> list[Path]:
    """The files that are named, and those of the folders that are named, by name. Raises OSError."""
    found: list[Path] = []
    for path in map(Path, names):
        if path.is_dir():
            inside = (one for one in path.rglob("*") if one.is_file() and _ending(one) in _ENDINGS)
            found.extend(sorted(inside))
        else:
            path.stat()
            found.append(path)
    return found


def _ending(path: Path) -> str:
    return Path(path.stem).suffix.lower() if path.suffix.lower() == ".gz" else path.suffix.lower()


def place_order(place: str) -> list[str | int]:
    """Sorts places as people read them: `page.json:audits[9]` before `page.json:audits[10]`."""
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", place)]


def set_aside_of(file: Path) -> str | None:
    """Of which provider an import has set aside what a file holds; None where it holds nothing of that kind. Raises
    OSError.
    """
    with file.open("rb") as lines:
        if b'"set_aside"' not in lines.read(_BEGINNING):
            return None  # seen at once: a page may be long
        lines.seek(0)
        try:
            return str(json.loads(next(lines, b"null"))["set_aside"]["provider"])
        except (ValueError, TypeError, KeyError):
            return None


def read_files(
    files: Sequence[Path],
    export: Export,
    history: History,
    aside: Callable[[SetAside], None],
    advance: Callable[[int], None],
) -> None:
    """Read all files into the history. `advance` is told how many bytes of a file were read. Raises OSError."""
    for file in files:
        with file.open("rb") as raw:
            zipped = raw.read(2) == _GZIP
            raw.seek(0)
            with closing(gzip.GzipFile(fileobj=raw)) if zipped else raw as plain:
                try:
                    for kind, place, record in _records(file, cast("IO[bytes]", plain), export, aside):
                        _take(kind, place, record, export, history, aside)
                except (EOFError, gzip.BadGzipFile, UnicodeDecodeError, csv.Error) as wrong:
                    aside(SetAside(Piece("", str(file), {}), f"cannot be read to its end: {wrong}"))
        advance(file.stat().st_size)


def _take(
    kind: str, place: str, record: object, export: Export, history: History, aside: Callable[[SetAside], None]
) -> None:
    try:
        read = Record.of(record)
        ticket = export.ticket_of(kind, read)
    except InvalidInput as wrong:
        aside(SetAside(Piece(kind, place, record if isinstance(record, Mapping) else {"": record}), str(wrong)))
        return
    if ticket is not None:
        history.add(ticket, Piece(kind, place, read.fields))


def _records(
    file: Path, plain: IO[bytes], export: Export, aside: Callable[[SetAside], None]
) -> Iterator[tuple[str, str, object]]:
    if _ending(file) == ".csv":
        yield from _rows(file, plain, export)
        return
    for line, given in _documents(plain):
        place, text = f"{file}:{line}", given
        try:
            document = read_json(text)
            if isinstance(document, dict) and isinstance(document.get("set_aside"), dict):
                # Its first place: whoever looks for it looks there.
                told, again = document["set_aside"], document.get("record")
                place = str(told.get("place") or place)
                if told.get("kind"):
                    yield str(told["kind"]), place, again
                    continue
                if not (isinstance(again, dict) and isinstance(again.get(""), str)):
                    aside(SetAside(Piece("", place, {}), str(told.get("reason"))))
                    continue
                # What was no record then is read as if it stood in its place.
                text = again[""].encode()
                document = read_json(text)
            for path, kind, record in export.split(document):
                yield kind, f"{place}:{path}" if path else place, record
        except InvalidInput as wrong:
            aside(SetAside(Piece("", place, {"": text.decode("utf-8", "replace")}), str(wrong)))


def _documents(plain: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """The JSON documents of a file and the lines at which they begin: each line is one where the first one is; else
    the whole file is one.
    """
    first = plain.readline()
    try:
        json.loads(first)
    except ValueError:
        yield 1, first + plain.read()
        return
    yield 1, first
    for number, line in enumerate(plain, 2):
        if line.strip():
            yield number, line


def _rows(file: Path, plain: IO[bytes], export: Export) -> Iterator[tuple[str, str, object]]:
    name = file.name.lower().removesuffix(".gz").removesuffix(".csv").removesuffix("_data")
    kind = export.tables.get(name, export.tables.get("*"))
    if kind is None:
        return  # other tables of the same tool, such as its brands
    csv.field_size_limit(_LONGEST_ROW)
    with closing(io.TextIOWrapper(plain, "utf-8-sig", newline="")) as lines:
        rows = csv.reader(lines)
        header = next(rows, [])
        line = rows.line_num + 1
        for row in rows:
            if row:
                fields: dict[str, Any] = {column: value or None for column, value in zip(header, row, strict=False)}
                yield kind, f"{file}:{line}", fields
            line = rows.line_num + 1
