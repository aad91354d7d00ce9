"""How figures go over time: a point for each day, week or month of a time zone."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import accumulate
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

from .blocks import Block, count_tickets, satisfied, share
from .columns import Pack, Tickets
from .errors import Fault, InvalidInput
from .instants import format_instant, to_datetime
from .policy import METRICS
from .report import Asked, read_bound

Every = Literal["day", "week", "month"]
EVERY: tuple[Every, ...] = get_args(Every)
MOST_POINTS = 2000
"""More than five years of days: nobody can read more off a chart."""


def check_metric(metric: str) -> None:
    """Raises InvalidInput, naming `metric`, where there is no such clock."""
    if metric not in METRICS:
        raise InvalidInput([Fault("metric", f"must be one of {', '.join(METRICS)}")])


def trends(packs: Iterable[Pack], asked: Asked, every: str = "day", metric: str = METRICS[0]) -> dict[str, Any]:
    """The figures of each local day, week (from Monday on) or month of the span, as a JSON object.

    Each point has the part of its day, week or month that is in the span, and is of the tickets created in it, with all
    that is known of them: its figures are those that `report.summary` gives of that part, of one clock. A day without
    tickets has noughts, and null where there is nothing to tell. What begins no sooner than the evaluation has no
    point.
    Raises InvalidInput, naming `every` or `metric`.
    """
    check_metric(metric)
    if every not in EVERY:
        raise InvalidInput([Fault("every", f"must be one of {', '.join(EVERY)}")])
    asked = replace(asked, cohort="creation", group_by=())
    starts = list(_starts(asked, every))
    begins = [begin for begin in starts if begin < asked.at] or starts[:1]
    ends = [*starts[1:], asked.end][: len(begins)]
    told, backlog = replace(asked, end=ends[-1]), _Backlog(ends, asked.at)
    blocks = [Block() for _ in begins]
    for pack in packs:
        tickets = pack.tickets()
        clocks = pack.clocks(tickets.created_at)
        # Ratings come by band of first response time, whatever clock is asked for.
        read = {name: clocks[name] for name in {metric, METRICS[0]}}
        count_tickets(blocks, partial(_places, begins, tickets.created_at), tickets, read, told)
        backlog.add(tickets)
    for block in blocks:
        block.sort()
    return {
        "from": format_instant(asked.begin),
        "to": format_instant(asked.end),
        "at": format_instant(asked.at),
        "timezone": asked.zone,
        "every": every,
        "metric": metric,
        "cohort": asked.cohort,
        "points": [
            {
                "from": format_instant(begin),
                "to": format_instant(end),
                "created": block.created,
                "resolved": block.resolved,
                "first_resolved": block.first_resolved,
                "backlog_end": open_then,
                **_clock_figures(block, metric),
                "satisfied_share": share(satisfied(block.given), sum(block.given)),
                "ratings": sum(block.given),
            }
            for begin, end, block, open_then in zip(begins, ends, blocks, backlog.counts(), strict=True)
        ],
    }


def _clock_figures(block: Block, metric: str) -> dict[str, Any]:
    found = block.clocks[metric].document("creation")
    names = ("median_seconds", "percentile_90_seconds", "percentile_95_seconds")
    others = ("censored", "kept", "broken", "overdue", "compliance", "compliance_interval")
    return {
        "n": found["n"],
        **{name: found[name] for name in names},
        "business": {name: found["business"][name] for name in names},
        **{name: found[name] for name in others},
    }


def _places(begins: Sequence[int], created_at: Sequence[int], rows: Iterable[int]) -> Iterator[int]:
    return (bisect_right(begins, created_at[row]) - 1 for row in rows)


def _starts(asked: Asked, every: str) -> Iterator[int]:
    """Where the span begins, and where days, weeks or months of its zone begin within it."""
    yield asked.begin
    day = to_datetime(asked.begin).astimezone(ZoneInfo(asked.zone)).date()
    day -= timedelta(days={"day": 0, "week": day.weekday(), "month": day.day - 1}[every])
    for _ in range(MOST_POINTS):
        if every == "month":
            day = (day + timedelta(days=32)).replace(day=1)
        else:
            day += timedelta(days=7 if every == "week" else 1)
        begin = read_bound("to", day.isoformat(), asked.zone)
        if begin >= asked.end:
            return
        if begin > asked.begin:
            yield begin
    raise InvalidInput([Fault("every", f"the span has more than {MOST_POINTS} of these")])


class _Backlog:
    """How many tickets were in the backlog at each of some ascending instants."""

    def __init__(self, instants: Sequence[int], at: int) -> None:
        self._instants = instants
        self._at = at
        self._begun, self._ended, self._last = Counter[int](), Counter[int](), 0

    def add(self, tickets: Tickets) -> None:
        """Counts the tickets of a pack."""
        self._begun.update(bisect_left(self._instants, begin) for begin in tickets.span_begins)
        self._ended.update(bisect_left(self._instants, end) for end in tickets.span_ends)
        if self._instants[-1] >= self._at:
            self._last += len(tickets.in_backlog(self._instants[-1], self._at))

    def counts(self) -> list[int]:
        """By instant, after all that happened at it."""
        found = list(accumulate(self._begun[place] - self._ended[place] for place in range(len(self._instants))))
        # What lasts at the evaluation ends there in the figures.
        return [*found[:-1], self._last] if self._instants[-1] >= self._at else found
