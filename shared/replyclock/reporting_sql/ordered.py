"""Durations in order, in the engine: read by their places, a few of millions.

Statistics ask for values at places (a percentile, an interval's ends) and for how many of the seen ends lie before each
censored duration. Both are read from one sorted column, so that no million of numbers comes to Python.
"""

from __future__ import annotations

import itertools
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

import duckdb

from replyclock.domain.reporting.summary import Times
from replyclock.domain.statistics import Survival, median_interval_places, percentile_place

_BLOCK = 2048
_names = itertools.count()


class Ordered:
    """Durations by slot. Each row of the statement has `slot` (a whole number from 0), `value` (microseconds, not
    negative) and `observed` (whether the end was seen).
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        statement: str,
        parameters: Mapping[str, Any],
        slots: int,
        longest: int,
    ) -> None:
        """`longest` is a value that none exceeds."""
        self._connection = connection
        self._table = f"ordered_{next(_names)}"
        # One number is sorted several times as fast as a few columns: slot, value, and last whether it is censored.
        self._shift = longest.bit_length() + 1
        kind = "BIGINT" if self._shift + slots.bit_length() < 63 else "HUGEINT"
        connection.execute(
            f"CREATE TEMP TABLE {self._table} AS SELECT "
            f"(slot::{kind} << {self._shift}) | (value::{kind} << 1) | (NOT observed)::{kind} AS key "
            f"FROM ({statement}) ORDER BY key",
            dict(parameters),
        )
        self._cache: dict[int, int] = {}
        self.slots = self._read_slots()

    def _read_slots(self) -> dict[int, Slot]:
        counts = self._connection.execute(
            f"SELECT key >> {self._shift} AS slot, count(*), count(*) FILTER (key & 1 = 0) "
            f"FROM {self._table} GROUP BY slot ORDER BY slot"
        ).fetchall()
        censored = [
            row
            for (row,) in self._connection.execute(
                f"SELECT rowid FROM {self._table} WHERE key & 1 = 1 ORDER BY rowid"
            ).fetchall()
        ]
        found, start, used = {}, 0, 0
        for slot, rows, ended in counts:
            own = censored[used : used + rows - ended]
            passed = [row - start - place for place, row in enumerate(own)]
            found[int(slot)] = Slot(self, start, ended, passed)
            start, used = start + rows, used + rows - ended
        return found

    def value(self, row: int) -> int:
        """The value of a row of the table."""
        if row not in self._cache:
            first = row // _BLOCK * _BLOCK
            self._read(f"rowid >= {first} AND rowid < {first + _BLOCK}")
        return self._cache[row]

    def prefetch(self, rows: Iterable[int]) -> None:
        """Reads the values of several rows at once."""
        if wanted := sorted({row for row in rows if row not in self._cache}):
            self._read(f"rowid IN ({', '.join(map(str, wanted))})")

    def _read(self, where: str) -> None:
        mask = (1 << self._shift) - 1
        for row, key in self._connection.execute(f"SELECT rowid, key FROM {self._table} WHERE {where}").fetchall():
            self._cache[row] = (key & mask) >> 1

    def drop(self) -> None:
        """Frees the memory."""
        self._connection.execute(f"DROP TABLE {self._table}")

    def times(self, slots: Iterable[int], *, likely: bool, with_interval: bool) -> dict[int, Times]:
        """The figures of slots; `likely` asks for those of Kaplan and Meier, too."""
        chosen = {slot: self.slots[slot] for slot in slots if slot in self.slots}
        self.prefetch(row for one in chosen.values() for row in one.rows_wanted(likely=likely))
        return {slot: one.times(likely=likely, with_interval=with_interval) for slot, one in chosen.items()}


@dataclass(slots=True)
class Slot(Sequence[int]):
    """The durations of one slot whose end was seen, ascending, each read when it is asked for."""

    _column: Ordered
    _start: int
    _count: int
    passed: Sequence[int]
    """How many of them are at most as long as each censored one, ascending."""
    _survival: Survival | None = field(default=None, init=False)

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> int: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[int]: ...
    def __getitem__(self, place: int | slice) -> int | Sequence[int]:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(self._count))]
        if not -self._count <= place < self._count:
            raise IndexError(place)
        return self._column.value(self._row(place % self._count))

    def __iter__(self) -> Iterator[int]:
        return (self[place] for place in range(self._count))

    def _row(self, place: int) -> int:
        # Before it come the ended before, and the censored that fewer or as many ended before.
        return self._start + place + bisect_right(self.passed, place)

    @property
    def survival(self) -> Survival:
        """The estimate of Kaplan and Meier."""
        if self._survival is None:
            self._survival = Survival(self, passed=self.passed)
        return self._survival

    def rows_wanted(self, *, likely: bool) -> list[int]:
        """The rows that `times` reads, but for an interval of the likely median."""
        if not self._count:
            return []
        places = {percentile_place(self._count, percent) for percent in (50, 90, 95)}
        places.update(median_interval_places(self._count) or ())
        if likely and (reached := self.survival.reached(0.5)) < self._count:
            places.add(reached)
        return [self._row(place) for place in places]

    def times(self, *, likely: bool, with_interval: bool) -> Times:
        """The figures of the slot."""
        if not self._count:
            return Times()
        ends = median_interval_places(self._count)
        return Times(
            n=self._count,
            median=self[percentile_place(self._count, 50)],
            percentile_90=self[percentile_place(self._count, 90)],
            percentile_95=self[percentile_place(self._count, 95)],
            median_interval=(self[ends[0]], self[ends[1]]) if ends else None,
            likely_median=self.survival.quantile(0.5) if likely else None,
            likely_interval=self.survival.median_interval() if likely and with_interval and self.passed else None,
        )
