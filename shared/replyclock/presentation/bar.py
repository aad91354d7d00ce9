"""A clock's life drawn to scale: one cell of the terminal for each equal part of it.

Only geometry: which kind fills a cell, and in which cell an instant lies. Characters and colours are the terminal's.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from replyclock.domain.explanation import Interval
from replyclock.domain.instants import from_datetime, to_datetime

Kind = Literal["counted", "partly", "paused", "closed", "before", "ahead"]
"""What a cell shows: `partly` counted where less than half of it did, `ahead` for time that has not passed yet."""

_STEPS = tuple(
    timedelta(seconds=seconds)
    for seconds in (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200)
) + tuple(timedelta(days=days) for days in (1, 2, 7, 14, 28, 56, 91, 182, 364, 728, 1820))
"""How far apart labels may be."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Scale:
    """[begin, end) in microseconds on `width` cells, of which there are no more than microseconds."""

    begin: int
    end: int
    width: int

    def cell(self, at: int) -> int:
        """The cell in which an instant lies, from 0; the first or last one for what lies outside."""
        return min(max((at - self.begin) * self.width // (self.end - self.begin), 0), self.width - 1)

    def edge(self, cell: int) -> int:
        """Where a cell begins, in microseconds."""
        return self.begin - ((self.begin - self.end) * cell // self.width)  # rounded up, as `cell` rounds down


def kind_of(interval: Interval) -> Kind:
    """How an interval of an explanation is drawn."""
    if interval.reason == "counted":
        return "counted"
    if interval.reason == "before_standard":
        return "before"
    return "paused" if interval.reason.startswith("status: ") else "closed"


def cells(intervals: Sequence[Interval], scale: Scale) -> tuple[Kind, ...]:
    """The kind of each cell: that which fills most of it, but `partly` where any of it counted, so that short counted
    times do not vanish in a long life.
    """
    shares: list[dict[Kind, int]] = [{} for _ in range(scale.width)]
    for interval in intervals:
        kind = kind_of(interval)
        for cell in range(scale.cell(interval.begin), scale.cell(interval.end - 1) + 1):
            share = min(interval.end, scale.edge(cell + 1)) - max(interval.begin, scale.edge(cell))
            shares[cell][kind] = shares[cell].get(kind, 0) + share
    return tuple(_kind(share) for share in shares)


def _kind(share: dict[Kind, int]) -> Kind:
    # The cell in which the life ends belongs to it, though most of the cell may lie ahead.
    most: Kind = max(share, key=share.__getitem__, default="ahead")
    return "partly" if most != "counted" and share.get("counted") else most


def mark_rows(marks: Iterable[tuple[int, str]], scale: Scale) -> list[str]:
    """Rows with each mark's character below its cell, (instant, character) each; as many as collisions ask for.

    Of one instant the one that is given first stands above.
    """
    rows: list[dict[int, str]] = []
    for at, char in sorted(marks, key=lambda mark: mark[0]):
        cell = scale.cell(at)
        if any(row.get(cell) == char for row in rows):
            continue
        row = next((row for row in rows if cell not in row), None)
        if row is None:
            rows.append(row := {})
        row[cell] = char
    return ["".join(row.get(cell, " ") for cell in range(max(row) + 1)) for row in rows]


def label_row(scale: Scale, zone: str) -> str:
    """Local times below the bar, each `|` at its cell: as many as fit with room between them; empty where none does."""
    span = timedelta(microseconds=scale.end - scale.begin)
    for step in _STEPS:
        if span / step > scale.width / 6:
            continue  # no label is shorter than that: not worth laying out
        labels = _labels(scale, zone, step, with_year=span > 300 * _DAY)
        placed = [(scale.cell(at), f"|{label}") for at, label in labels]
        if all(cell + len(label) < after for (cell, label), (after, _) in itertools.pairwise(placed)):
            return _written([(cell, label) for cell, label in placed if cell + len(label) <= scale.width])
    return ""


def _labels(scale: Scale, zone: str, step: timedelta, *, with_year: bool) -> Iterator[tuple[int, str]]:
    local = to_datetime(scale.begin).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    midnight = datetime(local.year, local.month, local.day)  # noqa: DTZ001 (a local time: its zone follows)
    at = midnight + (local - midnight) // step * step
    while True:
        instant = from_datetime(at.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC))
        if instant >= scale.end:
            return
        if instant >= scale.begin:
            if (at.hour, at.minute, at.second) == (0, 0, 0):
                yield instant, f"{at:%Y-%m-%d}" if with_year else f"{at:%a %m-%d}"
            else:
                yield instant, f"{at:%H:%M:%S}" if step < timedelta(minutes=1) else f"{at:%H:%M}"
        at += step


def _written(placed: Sequence[tuple[int, str]]) -> str:
    row = ""
    for cell, label in placed:
        row = row.ljust(cell) + label
    return row
