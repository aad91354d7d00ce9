"""What lengthens times: which dimensions of tickets go with long ones, which groups stand out, and where the time goes.

Ranks are compared, not the times themselves: a few tickets of weeks would drown all others. A cause is what remains
once the stronger ones are taken out: an agent who works on the slow channel is no cause.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .dimensions import Group, dimension_value, group_of
from .figures import PHASES, TicketFigures
from .instants import format_instant, seconds
from .report import FEWEST, Asked
from .statistics import Shift, holm, median_interval, percentile, shift_from, spread_between, survival_quantile

DIMENSIONS = (
    "channel",
    "tier",
    "service_type",
    "priority",
    "category",
    "complexity",
    "brand",
    "language",
    "group",
    "agent",
    "weekday",
    "hour",
)
"""What may explain a time. `standard` is not among them: it follows from the others."""
MEASURES = ("first_response", *PHASES, "resolution")
"""The times that are explained."""

MOST_CHANCE = 0.05
"""The corrected p value below which something is held not to be chance."""
LEAST_EFFECT = 0.01
"""The epsilon squared from which on a dimension counts; what explains less than a hundredth of the spread is called
negligible (Rea and Parker 1992), and with many tickets is significant all the same.
"""
LEAST_SHIFT = 0.06
"""How far from one half the chance to take longer must be for a group to stand out: a small effect is 0.56, a medium
one 0.64, a large one 0.71 (Vargha and Delaney 2000).
"""
ASSUMPTIONS = (
    "by_ranks",
    "unfinished_times_last_longer_than_seen",
    "solved_unanswered_is_unfinished",
    "phases_unfinished_until_resolved",
    "small_groups_left_out",
    "stronger_causes_taken_out",
    "outstanding_groups_set_aside_one_by_one",
    "association_is_not_proof",
)
"""What the figures rest on, as keys that documents word."""


class _Time(NamedTuple):
    duration: int
    ended: bool


@dataclass(frozen=True, slots=True)
class _Test:
    """One dimension against one measure. `members` are the places of the tickets in each group."""

    measure: str
    dimension: str
    members: Mapping[str, Sequence[int]]
    effect: float
    p: float

    @property
    def n(self) -> int:
        return sum(len(group) for group in self.members.values())

    @property
    def by_chance(self) -> float:
        """The effect to be expected where there is none: the more groups, the more."""
        return (len(self.members) - 1) / (self.n - 1)

    @property
    def weight(self) -> float:
        """What it explains, less what it takes to say it (Schwarz's criterion): a team goes before its agents, who
        cannot explain less than their team.
        """
        return (self.n - 1) * self.effect - (len(self.members) - 1) * math.log(self.n)


@dataclass(slots=True)
class _Cause:
    test: _Test
    effect: float
    scores: Mapping[int, int]
    """The ranks of the tickets, once stronger causes are taken out."""
    apart: set[str] = field(default_factory=set)
    stand_out: list[dict[str, Any]] = field(default_factory=list)


def causes(tickets: Iterable[TicketFigures], asked: Asked) -> dict[str, Any]:
    """What lengthened the times of the tickets that were created in the span, as a JSON object.

    `causes` has the strongest first, each with the groups that stand out; `measures` has every dimension's effect
    (epsilon squared; its p value is corrected for all of them, Holm); `time` has where the tickets' time went, in all
    and for each group of `asked.group_by`.
    """
    cohort = [ticket for ticket in tickets if asked.covers(ticket.created_at)]
    values = {name: [dimension_value(ticket, name, asked.zone) for ticket in cohort] for name in DIMENSIONS}
    times = {measure: _times(cohort, measure) for measure in MEASURES}
    scores = {measure: _scores(times[measure]) for measure in MEASURES}
    tests = [
        test
        for measure in MEASURES
        for name in DIMENSIONS
        if (test := _test(measure, name, values[name], scores[measure])) is not None
    ]
    corrected = dict(zip(((test.measure, test.dimension) for test in tests), holm([t.p for t in tests]), strict=True))
    found: list[_Cause] = []
    explained: dict[tuple[str, str], list[str]] = {}
    for measure in MEASURES:
        left, stronger = scores[measure], list[str]()
        relevant = [
            test for test in tests if test.measure == measure and corrected[measure, test.dimension] < MOST_CHANCE
        ]
        for test in sorted(relevant, key=lambda test: -test.weight):
            spread = spread_between([left[i] for i in group] for group in test.members.values())
            sure = not stronger or (spread is not None and spread.p * len(tests) < MOST_CHANCE)
            if spread is not None and spread.effect >= LEAST_EFFECT and sure:
                found.append(_Cause(test, spread.effect, left))
                stronger.append(test.dimension)
                left = _within(left, values[test.dimension])
            elif test.effect >= LEAST_EFFECT:
                explained[measure, test.dimension] = list(stronger)
    _find_outstanding(found, times)
    return {
        "from": format_instant(asked.begin),
        "to": format_instant(asked.end),
        "at": format_instant(asked.at),
        "timezone": asked.zone,
        "cohort": "creation",
        "tickets": len(cohort),
        "thresholds": {
            "p": MOST_CHANCE,
            "effect": LEAST_EFFECT,
            "longer": [0.5 - LEAST_SHIFT, 0.5 + LEAST_SHIFT],
            "group": FEWEST,
        },
        "assumptions": list(ASSUMPTIONS),
        "causes": [
            {
                "measure": cause.test.measure,
                "dimension": cause.test.dimension,
                "effect": cause.effect,
                "by_chance": cause.test.by_chance,
                "p_corrected": corrected[cause.test.measure, cause.test.dimension],
                "n": cause.test.n,
                "stand_out": cause.stand_out,
            }
            for cause in sorted(found, key=lambda cause: -cause.effect)
        ],
        "measures": {
            measure: {
                **_summed_up(times[measure].values()),
                "dimensions": [
                    {
                        "dimension": test.dimension,
                        "groups": len(test.members),
                        "n": test.n,
                        "effect": test.effect,
                        "by_chance": test.by_chance,
                        "p_corrected": corrected[measure, test.dimension],
                        "explained_by": explained.get((measure, test.dimension)),
                    }
                    for test in sorted(tests, key=lambda test: -test.effect)
                    if test.measure == measure
                ],
            }
            for measure in MEASURES
        },
        "time": _where_time_goes(cohort, asked),
    }


def _times(cohort: Sequence[TicketFigures], measure: str) -> dict[int, _Time]:
    """The measure of each ticket that has it, by the ticket's place."""
    found: dict[int, _Time] = {}
    for i, ticket in enumerate(cohort):
        if measure in PHASES:
            # A phase may come again until the ticket is resolved.
            found[i] = _Time(getattr(ticket.phases, measure), ticket.resolved_at is not None)
        else:
            clock = ticket.first(measure)
            if clock is not None:
                # What was resolved unanswered would have waited longer for an answer.
                answered = measure != "first_response" or clock.stopped_by == "reply"
                found[i] = _Time(clock.duration, clock.observed and answered)
    return found


_SCALE = 10**9
"""Scores are whole numbers: fine enough that different ranks among a million tickets stay different."""


def _scores(times: Mapping[int, _Time]) -> dict[int, int]:
    """How many of the others surely took less, less how many surely took more (Gehan 1965): ranks as they are where all
    times have ended, and fair to those that have not.
    """
    ended = sorted(time.duration for time in times.values() if time.ended)
    running = sorted(time.duration for time in times.values() if not time.ended)
    found: dict[int, int] = {}
    for i, (duration, has_ended) in times.items():
        at_most = bisect_right(ended, duration)
        if has_ended:
            more = len(ended) - at_most + len(running) - bisect_left(running, duration)
            found[i] = bisect_left(ended, duration) - more
        else:
            found[i] = at_most
    return found


def _within(scores: Mapping[int, int], values: Sequence[str | None]) -> dict[int, int]:
    """The scores' ranks among tickets of one value, so that what differs between the values is gone."""
    alike: dict[str | None, list[int]] = {}
    for i, score in scores.items():
        alike.setdefault(values[i], []).append(score)
    for same in alike.values():
        same.sort()

    def rank(score: int, same: Sequence[int]) -> int:
        below, above = bisect_left(same, score), len(same) - bisect_right(same, score)
        return _SCALE * (below - above) // len(same)

    return {i: rank(score, alike[values[i]]) for i, score in scores.items()}


def _test(measure: str, dimension: str, values: Sequence[str | None], scores: Mapping[int, int]) -> _Test | None:
    """None where there are no two groups to compare."""
    members: dict[str, list[int]] = {}
    for i in scores:
        value = values[i]
        if value is not None:
            members.setdefault(value, []).append(i)
    large = {name: members[name] for name in sorted(members) if len(members[name]) >= FEWEST}
    spread = spread_between([scores[i] for i in group] for group in large.values())
    return _Test(measure, dimension, large, spread.effect, spread.p) if spread is not None else None


def _find_outstanding(found: Iterable[_Cause], times: Mapping[str, Mapping[int, _Time]]) -> None:
    """Sets the most outstanding group of each cause aside, then looks at what is left of it, until nothing stands out.

    Otherwise one slow group would make all others look fast. The p values of a round are corrected together (Holm).
    """
    left = list(found)
    while left:
        compared = [
            (cause, name, shift)
            for cause in left
            for name in cause.test.members
            if name not in cause.apart and (shift := _shift(cause, name)) is not None
        ]
        corrected = holm([shift.p for _, _, shift in compared])
        strongest: dict[int, tuple[float, bool, str, float, Shift]] = {}
        for (cause, name, shift), p in zip(compared, corrected, strict=True):
            # Of two groups, each stands to the other as the other to it: the slow one is named.
            one = (round(abs(shift.longer - 0.5), 9), shift.longer > 0.5, name, p, shift)
            strongest[id(cause)] = max(one, strongest.get(id(cause), one), key=lambda one: one[:3])
        looked, left = left, []
        for cause in looked:
            if id(cause) in strongest:
                distance, _, name, p, shift = strongest[id(cause)]
                if distance >= LEAST_SHIFT and p < MOST_CHANCE:
                    cause.stand_out.append(_outstanding(cause, name, p, shift, times[cause.test.measure]))
                    cause.apart.add(name)
                    left.append(cause)


def _rest(cause: _Cause, name: str) -> list[int]:
    """The tickets that the group is compared with."""
    return [
        i for other, group in cause.test.members.items() if other != name and other not in cause.apart for i in group
    ]


def _shift(cause: _Cause, name: str) -> Shift | None:
    inside, outside = cause.test.members[name], _rest(cause, name)
    return shift_from([cause.scores[i] for i in inside], [cause.scores[i] for i in outside])


def _outstanding(cause: _Cause, name: str, p: float, shift: Shift, times: Mapping[int, _Time]) -> dict[str, Any]:
    return {
        "group": name,
        "direction": "longer" if shift.longer > 0.5 else "shorter",
        "longer": shift.longer,
        "p_corrected": p,
        "inside": _summed_up(times[i] for i in cause.test.members[name]),
        "outside": _summed_up(times[i] for i in _rest(cause, name)),
    }


def _summed_up(times: Iterable[_Time]) -> dict[str, Any]:
    known = list(times)
    ended = sorted(time.duration for time in known if time.ended)
    median, interval, likely = percentile(ended, 50), median_interval(ended), survival_quantile(known, 0.5)
    return {
        "n": len(ended),
        "censored": len(known) - len(ended),
        "median_seconds": seconds(median) if median is not None else None,
        "median_interval_seconds": [seconds(int(end)) for end in interval] if interval else None,
        "kaplan_meier_median_seconds": seconds(likely) if likely is not None else None,
    }


def _where_time_goes(cohort: Iterable[TicketFigures], asked: Asked) -> dict[str, Any]:
    everyone = list(cohort)
    groups: dict[Group, list[TicketFigures]] = {}
    for ticket in everyone:
        groups.setdefault(group_of(ticket, asked.group_by, asked.zone), []).append(ticket)
    ordered = sorted(groups, key=lambda name: (-len(groups[name]), [value or "" for value in name]))
    return {
        "total": _phases(everyone),
        "groups": [
            {"group": dict(zip(asked.group_by, name, strict=True)), **_phases(groups[name])}
            for name in ordered
            if asked.group_by
        ],
    }


def _phases(tickets: Sequence[TicketFigures]) -> dict[str, Any]:
    """How the tickets' time until they were resolved, or until now, divides into the phases."""
    spent = {phase: sum(getattr(ticket.phases, phase) for ticket in tickets) for phase in PHASES}
    total = sum(spent.values())
    return {
        "tickets": len(tickets),
        "unresolved": sum(ticket.resolved_at is None for ticket in tickets),
        "seconds": {phase: seconds(time) for phase, time in spent.items()},
        "shares": {phase: time / total for phase, time in spent.items()} if total else None,
    }
