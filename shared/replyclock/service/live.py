"""How the open tickets stand now: their clocks, the most urgent first, and how many stand how.

All of it comes from what the index keeps of each ticket, never from the logs. A ticket is measured at every instant at
which something of it changes, so that little is left to reckon here: whether a promise has broken since, by moments.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from replyclock.domain.events import AttributeValue
from replyclock.domain.instants import SECOND, format_instant
from replyclock.domain.standings import OpenClock, Standing, place

from .parameters import read_choice, read_limit
from .ports import Clock, Standings

FILTERS = ("tenant", "channel", "tier", "group")
MOST_LISTED = 200
"""Clocks of one answer."""
MOST_READ = 500
"""Tickets that are read for one answer. Where these do not have enough clocks that were asked for, the rest is taken
from the last counting.
"""
SHORTEST, LONGEST = 2 * SECOND, 60 * SECOND
REST = 10
"""A counting is kept this many times as long as it took, within the two bounds above: so the reading takes no more than
a tenth of the time, however many tickets are open.
"""


@dataclass(frozen=True, slots=True)
class _Counting:
    """All open tickets as they were read at an instant, the most urgent first."""

    at: int
    until: int
    standings: Sequence[Standing]
    facets: Mapping[str, Any]


@dataclass(slots=True)
class ReadLive:
    """Reads how the open tickets stand. It keeps the last counting in memory."""

    standings: Standings
    clock: Clock
    _kept: _Counting | None = field(default=None, init=False)

    def __call__(self, options: Mapping[str, str]) -> dict[str, Any]:
        """What the page shows. `options` are any of FILTERS, and `limit`: how many clocks are listed of the broken
        ones, and as many of the others, so that what falls due next is seen however much is late; 50 where nobody says.
        With `counts=kept` it does not count, and tells the counts and facets only where it has them.

        Raises InvalidInput, StoreUnavailable.
        """
        limit = read_limit(options, MOST_LISTED)
        may_be_old = read_choice(options, "counts", ["kept"]) is not None
        wanted = {name: options[name] for name in FILTERS if options.get(name)}
        now = self.clock()
        kept = self._kept if self._kept and now < self._kept.until else None
        counting = kept if kept or may_be_old else self._counted(now)
        tickets = counting.standings if counting and not kept else self._newest(kept, 10 + limit // 4)
        clocks, more = _first(most_urgent(one for one in tickets if _is(one, wanted)), limit, now)
        now = self.clock()
        return {
            "at": format_instant(now),
            "counts": _counts((one for one in counting.standings if _is(one, wanted)), now) if counting else None,
            "counted_at": format_instant(counting.at) if counting else None,
            "facets": counting.facets if counting else None,
            "clocks": [_document(standing, clock, now) for standing, clock in clocks],
            "more": more,
        }

    def _counted(self, now: int) -> _Counting:
        # One that moves while the index is read may be met twice.
        found = {one.key: one for one in self.standings.standing()}
        standings = sorted(found.values(), key=lambda one: (one.order, one.key))
        took = self.clock() - now
        until = now + took + min(max(REST * took, SHORTEST), LONGEST)
        self._kept = _Counting(now, until, standings, _facets(standings))
        return self._kept

    def _newest(self, counting: _Counting | None, page: int) -> Iterator[Standing]:
        """The open tickets as they are now, as far as they are read; from there on as they were counted."""
        seen = set()
        last: tuple[str, Any] = ("", ())
        for one in self.standings.most_urgent(page):
            if one.key not in seen:
                seen.add(one.key)
                last = one.order, one.key
                yield one
            if len(seen) == MOST_READ:
                break
        else:
            return
        rest = counting.standings if counting else ()
        yield from (one for one in rest if (one.order, one.key) > last and one.key not in seen)


def most_urgent(standings: Iterable[Standing]) -> Iterator[tuple[Standing, OpenClock]]:
    """The promised clocks of tickets in the order of `place`; the tickets come in that of `urgency`."""
    waiting: list[tuple[tuple[int, int], Any, str, Standing, OpenClock]] = []
    for standing in standings:
        promised = [clock for clock in standing.clocks if clock.state != "no_target"]
        if not promised:
            break  # none of the tickets after it has one
        first = min(place(clock) for clock in promised)
        while waiting and waiting[0][0] < first:
            yield heapq.heappop(waiting)[3:]
        for clock in promised:
            heapq.heappush(waiting, (place(clock), standing.key, clock.metric, standing, clock))
    while waiting:
        yield heapq.heappop(waiting)[3:]


def _first(
    clocks: Iterable[tuple[Standing, OpenClock]], limit: int, now: int
) -> tuple[list[tuple[Standing, OpenClock]], bool]:
    """The first broken ones and the first of the others, at most `limit` each, and whether there are more."""
    shown: list[tuple[Standing, OpenClock]] = []
    left = {True: limit, False: limit}
    more = False
    for standing, clock in clocks:
        broken = clock.state_at(now) == "breached"
        if left[broken]:
            left[broken] -= 1
            shown.append((standing, clock))
        else:
            more = True
            if not broken and (clock.due_at is None or clock.due_at > now):
                break  # what comes after it is due later, so that none of that is broken
    return shown, more


def _value(standing: Standing, name: str) -> AttributeValue | None:
    if name == "tenant":
        return standing.key[0]
    return standing.group if name == "group" else standing.attributes.get(name)


def _is(standing: Standing, wanted: Mapping[str, str]) -> bool:
    return all(value in _values(standing, name) for name, value in wanted.items())


def _values(standing: Standing, name: str) -> Sequence[str | None]:
    value = _value(standing, name)
    if isinstance(value, tuple):
        return value or (None,)
    return (value or None,)


def _facets(standings: Iterable[Standing]) -> dict[str, Any]:
    counted: dict[str, Counter[Any]] = {name: Counter() for name in FILTERS}
    for standing in standings:
        for name in FILTERS:
            counted[name].update(set(_values(standing, name)))
    return {
        name: [
            {"value": value, "tickets": tickets}
            for value, tickets in sorted(found.items(), key=lambda one: (-one[1], one[0] is None, one[0] or ""))
        ]
        for name, found in counted.items()
    }


def _counts(standings: Iterable[Standing], now: int) -> dict[str, int]:
    """Tickets with a clock in each state that is not over."""
    counts = {"open": 0, "running": 0, "at_risk": 0, "breached": 0, "paused": 0}
    for standing in standings:
        counts["open"] += 1
        counts["at_risk"] += any(clock.at_risk(now) for clock in standing.clocks)
        for state in {clock.state_at(now) for clock in standing.clocks} & counts.keys():
            counts[state] += 1
    return counts


def _document(standing: Standing, clock: OpenClock, now: int) -> dict[str, Any]:
    tenant, source, ticket = standing.key
    return {
        "tenant": tenant,
        "source": source,
        "ticket": ticket,
        "metric": clock.metric,
        "state": clock.state_at(now),
        "at_risk": clock.at_risk(now),
        "standard": clock.standard,
        "started_at": format_instant(clock.started_at),
        "due_at": _instant(clock.due_at),
        "breaks_at": _instant(clock.breaks_at),
        "at_risk_at": _instant(clock.at_risk_at),
        "attributes": {
            name: list(value) if isinstance(value, tuple) else value for name, value in standing.attributes.items()
        },
        "group": standing.group,
        "assignee": standing.assignee,
        # As it stood when it could be evaluated last.
        **({"faulty": True} if standing.faulty else {}),
    }


def _instant(at: int | None) -> str | None:
    return None if at is None else format_instant(at)
