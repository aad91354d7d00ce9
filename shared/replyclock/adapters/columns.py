"""What version 0.1 kept of days in the table: figures by column, in a format of its own. It is only read, once, to make
facts of it: the figures of tickets whose logs were dropped are nowhere else.
"""

from __future__ import annotations

import json
import zlib
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, chain, repeat
from sys import byteorder
from typing import Any

from replyclock.domain.figures import PHASES, AgentResponse, ClockFigures, Hold, Phases, TicketFigures
from replyclock.domain.policy import METRICS

_NEVER = -(2**62)
"""Stands in a column of instants for one that there is not."""
_BYTES = range(8) if byteorder == "little" else range(7, -1, -1)


class _Reader:
    """Gives columns back in the order in which they were written: numbers by their bytes, all of it compressed."""

    def __init__(self, packed: bytes) -> None:
        self._raw = zlib.decompress(packed)
        begin = 4 + int.from_bytes(self._raw[:4], "big")
        self._head: list[Any] = json.loads(self._raw[4:begin])
        self._place = 0
        columns = (one.get("numbers") if isinstance(one, dict) else None for one in self._head)
        self._begins = list(accumulate((found[0] * found[2] if found else 0 for found in columns), initial=begin))

    def plain(self) -> Any:
        self._place += 1
        return self._head[self._place - 1]

    def numbers(self) -> Sequence[int]:
        begin = self._begins[self._place]
        count, least, width = self.plain()["numbers"]
        raw = bytearray(8 * count)
        for place in range(width):
            raw[_BYTES[place] :: 8] = self._raw[begin + place * count : begin + (place + 1) * count]
        found = array("q")
        found.frombytes(raw)
        return [least + one for one in found]

    def ascending(self) -> Sequence[int]:
        return list(accumulate(self.numbers()))

    def since(self, begins: Iterable[int]) -> Sequence[int]:
        return [begin + one for begin, one in zip(begins, self.numbers(), strict=True)]

    def maybe_since(self, begins: Iterable[int]) -> Sequence[int | None]:
        missing: int = self.plain()
        return [begin + one + missing if one else None for one, begin in zip(self.numbers(), begins, strict=True)]

    def coded(self) -> Sequence[Any]:
        values = [tuple(value) if isinstance(value, list) else value for value in self.plain()]
        return [values[code] for code in self.numbers()]


def read_pack(tenant: str, parts: Mapping[str, bytes]) -> Iterator[TicketFigures]:
    """The tickets of a pack, whose parts are `tickets`, `clocks`, `about`, `work` and `names`."""
    names: Sequence[str] = _Reader(parts["names"]).plain()
    read = _Reader(parts["tickets"])
    sources, states, created = read.coded(), read.coded(), read.ascending()
    resolved, first, closed, rated = (read.maybe_since(created) for _ in range(4))
    ratings, replies, reopens, counts = (read.numbers() for _ in range(4))
    of = list(chain.from_iterable(repeat(row, count) for row, count in enumerate(counts)))
    begins = read.since([created[row] for row in of])
    spans = _by_row(of, zip(begins, read.since(begins), strict=True), len(names))
    about = _Reader(parts["about"])
    attributes = {name: about.coded() for name in about.plain()}
    assignees, groups = about.coded(), about.coded()
    work = _Reader(parts["work"])
    phases = {phase: work.numbers() for phase in PHASES}
    responses, holds = (_stretches(work, created, len(names)) for _ in range(2))
    clocks = _clocks(_Reader(parts["clocks"]), created, len(names))
    for row, name in enumerate(names):
        yield TicketFigures(
            key=(tenant, sources[row], name),
            created_at=created[row],
            state=states[row],
            attributes={name: column[row] for name, column in attributes.items() if column[row] is not None},
            assignee=assignees[row],
            group=groups[row],
            clocks=tuple(clocks[row]),
            resolved_at=resolved[row],
            first_resolved_at=first[row],
            closed_at=closed[row],
            open_spans=tuple(spans[row]),
            replies=replies[row],
            reopens=reopens[row],
            rating=ratings[row] or None,
            rated_at=rated[row],
            phases=Phases(**{phase: column[row] for phase, column in phases.items()}),
            responses=tuple(AgentResponse(*one) for one in responses[row]),
            holds=tuple(Hold(*one) for one in holds[row]),
        )


def _clocks(read: _Reader, created: Sequence[int], count: int) -> list[list[ClockFigures]]:
    found: list[list[ClockFigures]] = [[] for _ in range(count)]
    for metric in METRICS:
        rows = read.numbers()
        started = read.since([created[row] for row in rows])
        durations, pauses = read.ascending(), read.numbers()
        breached, kinds = read.maybe_since(started), read.coded()
        columns = zip(rows, started, durations, pauses, breached, kinds, strict=True)
        for row, start, duration, pause, broke, (stopped_by, standard, target, met) in sorted(
            columns, key=lambda one: one[:2]
        ):
            found[row].append(
                ClockFigures(
                    metric=metric,
                    started_at=start,
                    ended_at=start + duration,
                    stopped_by=stopped_by,
                    duration=duration,
                    business=duration - pause,
                    standard=standard,
                    target=target,
                    met=met,
                    breached_at=broke,
                )
            )
    return found


def _stretches(read: _Reader, created: Sequence[int], count: int) -> list[list[tuple[str, int, int]]]:
    rows, agents = read.numbers(), read.coded()
    since = read.since([created[row] for row in rows])
    return _by_row(rows, zip(agents, since, read.since(since), strict=True), count)


def _by_row(rows: Iterable[int], values: Iterable[Any], count: int) -> list[list[Any]]:
    found: list[list[Any]] = [[] for _ in range(count)]
    for row, value in zip(rows, values, strict=True):
        found[row].append(value)
    return found
