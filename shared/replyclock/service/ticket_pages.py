"""A ticket's answer in pages: however much happened on it, each of them is small enough to be sent.

A ticket is a list of rows. Row n holds event n and alert n, of each metric the clock that is the n-th latest (so that
the first page has what matters now), and the next intervals of each explanation that has not ended. A page is as many
rows as were asked for, fewer where they are large.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from replyclock.domain.errors import Fault, InvalidInput
from replyclock.domain.events import INSTANT_MIN, TicketKey
from replyclock.domain.explanation import Interval, explain
from replyclock.domain.judging import TicketResult
from replyclock.domain.policy import Policy

from .parameters import cursor_fields, write_cursor

PAGE_ROWS, PAGE_ROWS_MAX = 200, 500
"""Rows of a page where nobody says, and at most."""
PAGE_BYTES_MAX = 2_000_000
"""Bytes of a page's rows as JSON. An answer may have 6 MB, in which its text is quoted once more."""
INTERVALS_PER_ROW = 20
"""Intervals of a clock's explanation in one row."""

Lists = Mapping[str, Sequence[Mapping[str, Any]]]
"""`clocks`, `events` and `alerts`, as in the answer."""


@dataclass(frozen=True, slots=True)
class PageStart:
    """Where a page begins. All pages show the ticket as of the first one: instants are in microseconds."""

    at: int
    """The instant of the evaluation."""
    known_until: int
    """What was received or detected later is left out."""
    row: int


def page_of(
    result: TicketResult,
    policy: Policy,
    events: Sequence[Mapping[str, Any]],
    alerts: Sequence[Mapping[str, Any]],
    row: int,
    limit: int,
) -> tuple[dict[str, Any], int | None]:
    """The rows from `row` on as lists `clocks`, `events` and `alerts`, and with which row the next page begins; None
    where there is none.

    Each list continues that of the page before, `clocks` with earlier instances. A clock whose explanation continues
    has its `metric`, `instance` and the next part of the `explanation` alone. The policy must be the one that the
    result was judged by.
    """
    size = 0
    kept: list[Lists] = []
    following = None
    for lists in _rows(result, policy, events, alerts, row):
        size += len(json.dumps(lists, ensure_ascii=False).encode())
        if kept and (len(kept) == limit or size > PAGE_BYTES_MAX):
            following = row + len(kept)
            break
        kept.append(lists)
    return {"clocks": [], "events": [], "alerts": [], **joined(kept)}, following


def joined(pages: Sequence[Lists]) -> dict[str, list[dict[str, Any]]]:
    """The lists of pages, or of rows, that follow each other, as one: clocks are in the order of the contract again."""
    clocks: dict[tuple[str, int], dict[str, Any]] = {}
    for clock in (one for page in pages for one in page["clocks"]):
        name = clock["metric"], clock["instance"]
        before = clocks.get(name)
        explanation = [*before["explanation"], *clock["explanation"]] if before else clock["explanation"]
        clocks[name] = {**(before or clock), "explanation": explanation}
    # Clocks of all metrics are in the first row, in the order of the contract.
    metrics = list(dict.fromkeys(metric for metric, _ in clocks))
    ordered = sorted(clocks, key=lambda name: (metrics.index(name[0]), name[1]))
    return {
        "clocks": [clocks[name] for name in ordered],
        **{name: [dict(one) for page in pages for one in page[name]] for name in ("events", "alerts")},
    }


def page_cursor(key: TicketKey, start: PageStart) -> str:
    """Names a page of a ticket."""
    return write_cursor(1, start.at, start.known_until, start.row, *key)


def read_page_cursor(cursor: str, key: TicketKey, now: int) -> PageStart:
    """The page that a cursor names. Raises InvalidInput for one of another ticket."""
    match cursor_fields(cursor):
        case [1, int(at), int(known_until), int(row), *of] if of == [*key] and INSTANT_MIN <= at <= now and row >= 0:
            return PageStart(at, known_until, row)
    raise InvalidInput([Fault("cursor", "is not a cursor of this ticket: begin again without one")])


def _rows(
    result: TicketResult,
    policy: Policy,
    events: Sequence[Mapping[str, Any]],
    alerts: Sequence[Mapping[str, Any]],
    begin: int,
) -> Iterator[Lists]:
    ranked = _by_rank(result)
    documents = result.document()["clocks"]
    explanations: dict[int, Iterator[tuple[Interval, ...]]] = {}
    """Of the clocks of this and earlier rows, what is left to explain."""

    def clocks_of(row: int) -> Iterator[dict[str, Any]]:
        fresh = ranked[row] if row < len(ranked) else []
        for i in fresh:
            explanations[i] = _parts(explain(result.clocks[i], result, policy))
        for i in sorted(explanations):
            part = next(explanations[i], None)
            if part is None and i not in fresh:
                del explanations[i]
                continue
            clock = documents[i] if i in fresh else {name: documents[i][name] for name in ("metric", "instance")}
            yield {**clock, "explanation": [interval.document() for interval in part or ()]}

    for row, numbers in enumerate(ranked[:begin]):
        for i in numbers:
            intervals = explain(result.clocks[i], result, policy)
            explanations[i] = _parts(intervals[INTERVALS_PER_ROW * (begin - row) :])
    for row in count(begin):
        lists: Lists = {
            "clocks": list(clocks_of(row)),
            "events": events[row : row + 1],
            "alerts": alerts[row : row + 1],
        }
        if not any(lists.values()):
            return
        yield lists


def _by_rank(result: TicketResult) -> list[list[int]]:
    """The clocks, by number in the result: the latest instance of each metric, then those before them, and so on."""
    instances: dict[str, list[int]] = {}
    for i, clock in enumerate(result.clocks):
        instances.setdefault(clock.metric, []).append(i)
    most = max(map(len, instances.values()), default=0)
    return [[numbers[-1 - rank] for numbers in instances.values() if rank < len(numbers)] for rank in range(most)]


def _parts(intervals: Sequence[Interval]) -> Iterator[tuple[Interval, ...]]:
    return (tuple(intervals[i : i + INTERVALS_PER_ROW]) for i in range(0, len(intervals), INTERVALS_PER_ROW))
