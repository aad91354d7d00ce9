"""Columns of whole numbers and of few different values, written small: what packs of figures consist of.

A column of numbers is kept by bytes: first the lowest byte of each number, then the next one. The high ones are mostly
zero, so that they take no room, and compressing finds the rest alike.
"""

from __future__ import annotations

import json
import zlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from math import gcd
from operator import add, sub
from sys import byteorder
from typing import Any

NEVER = -(2**62)
"""Stands in a column of instants for one that there is not: before all that can be asked for."""

_BYTES = range(8) if byteorder == "little" else range(7, -1, -1)


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of few different values: for each row the place of its value in `values`."""

    values: Sequence[Any]
    codes: Sequence[int]

    def __iter__(self) -> Iterator[Any]:
        return map(self.values.__getitem__, self.codes)


@dataclass(slots=True)
class Writer:
    """Takes columns; they are read in the order in which they were written."""

    _head: list[Any] = field(default_factory=list)
    _bytes: list[bytes] = field(default_factory=list)

    def plain(self, value: object) -> None:
        """Anything that JSON knows."""
        self._head.append(value)

    def numbers(self, values: Sequence[int]) -> None:
        """Whole numbers of up to 63 bits."""
        least, most = min(values, default=0), max(values, default=0)
        width = ((most - least).bit_length() + 7) // 8
        if least > 0 and (most.bit_length() + 7) // 8 == width:
            least = 0  # it saves no byte, and reading would have to add it to each
        self._head.append({"numbers": [len(values), least, width]})
        raw = array("q", [value - least for value in values]).tobytes()
        self._bytes += [raw[place::8] for place in _BYTES[:width]]

    def ascending(self, values: Sequence[int]) -> None:
        """Numbers none of which is smaller than the one before."""
        self.numbers([*values[:1], *(later - earlier for earlier, later in pairwise(values))])

    def in_steps(self, values: Sequence[int]) -> None:
        """The same of numbers that may all be whole milliseconds, seconds or minutes: what tools tell mostly is."""
        step = gcd(*values) or 1
        self.plain(step)
        self.ascending([value // step for value in values])

    def since(self, values: Sequence[int], begins: Sequence[int]) -> None:
        """Numbers near others of the same row."""
        self.numbers(list(map(sub, values, begins)))

    def maybe_since(self, values: Sequence[int | None], begins: Sequence[int]) -> None:
        """The same of numbers that may be missing."""
        distances = [None if value is None else value - begin for value, begin in zip(values, begins, strict=True)]
        missing = min((one for one in distances if one is not None), default=0) - 1
        self.plain(missing)
        self.numbers([0 if one is None else one - missing for one in distances])

    def coded(self, values: Iterable[Any]) -> None:
        """Values that JSON knows, many of them alike; tuples may be among them."""
        places: dict[Any, int] = {}
        codes = [places.setdefault(value, len(places)) for value in values]
        self.plain(list(places))
        self.numbers(codes)

    def packed(self) -> bytes:
        """All of it, compressed."""
        head = json.dumps(self._head, ensure_ascii=False, separators=(",", ":")).encode()
        return zlib.compress(b"".join((len(head).to_bytes(4, "big"), head, *self._bytes)), 6)


class Reader:
    """Gives columns back in the order in which they were written."""

    def __init__(self, packed: bytes) -> None:
        self._raw = zlib.decompress(packed)
        begin = 4 + int.from_bytes(self._raw[:4], "big")
        self._head: list[Any] = json.loads(self._raw[4:begin])
        self._place = 0
        columns = (one.get("numbers") if isinstance(one, dict) else None for one in self._head)
        sizes = (found[0] * found[2] if found else 0 for found in columns)
        self._begins = list(accumulate(sizes, initial=begin))

    def apart(self, count: int) -> Reader:
        """Reads what comes next, so much of what was written, at leisure; this one goes on after it."""
        other = object.__new__(Reader)
        other._raw, other._head, other._begins, other._place = self._raw, self._head, self._begins, self._place
        self._place += count
        return other

    def plain(self) -> Any:
        """See Writer.plain."""
        self._place += 1
        return self._head[self._place - 1]

    def numbers(self) -> array[int]:
        """See Writer.numbers."""
        begin = self._begins[self._place]
        count, least, width = self.plain()["numbers"]
        raw = bytearray(8 * count)
        for place in range(width):
            raw[_BYTES[place] :: 8] = self._raw[begin + place * count : begin + (place + 1) * count]
        found = array("q")
        found.frombytes(raw)
        return array("q", map(least.__add__, found)) if least else found

    def ascending(self) -> array[int]:
        """See Writer.ascending."""
        return array("q", accumulate(self.numbers()))

    def in_steps(self) -> array[int]:
        """See Writer.in_steps."""
        step: int = self.plain()
        return array("q", list(accumulate([value * step for value in self.numbers()])))

    def since(self, begins: Sequence[int]) -> array[int]:
        """See Writer.since."""
        return array("q", map(add, self.numbers(), begins))

    def maybe_since(self, begins: Sequence[int]) -> array[int]:
        """See Writer.maybe_since; NEVER where it is missing."""
        missing: int = self.plain()
        return array(
            "q",
            [begin + one + missing if one else NEVER for one, begin in zip(self.numbers(), begins, strict=True)],
        )

    def coded(self) -> Coded:
        """See Writer.coded."""
        values = [tuple(value) if isinstance(value, list) else value for value in self.plain()]
        return Coded(values, self.numbers())
