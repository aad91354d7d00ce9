"""What lengthens times: which dimensions of tickets go with long ones, which groups stand out, and where the time goes.

Ranks are compared, not the times themselves: a few tickets of weeks would drown all others. A cause is what remains
once the stronger ones are taken out: an agent who works on the slow channel is no cause.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from .columns import Pack
from .dimensions import Groups, dimension
from .encoding import NEVER, Coded
from .figures import PHASES
from .instants import format_instant, seconds
from .report import FEWEST, Asked
from .statistics import Ranks, Shift, Spread, Survival, holm, median_interval, percentile

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


@dataclass(frozen=True, slots=True)
class _Times:
    """One measure of the tickets that have it."""

    rows: Sequence[int]
    """Which of the tickets these are."""
    durations: Sequence[int]
    ended: Sequence[int]
    """Whether each has: 1 or 0."""

    def chosen(self, places: Iterable[int]) -> tuple[list[int], list[int]]:
        """The durations of some, ascending: of those that have ended, and of the others."""
        found: tuple[list[int], list[int]] = ([], [])
        for place in places:
            found[not self.ended[place]].append(self.durations[place])
        return sorted(found[0]), sorted(found[1])


@dataclass(frozen=True, slots=True)
class _Test:
    """One dimension against one measure. `groups` are those compared, with the number of tickets of each."""

    measure: str
    dimension: str
    groups: Mapping[str, int]
    effect: float
    p: float

    @property
    def n(self) -> int:
        return sum(self.groups.values())

    @property
    def by_chance(self) -> float:
        """The effect to be expected where there is none: the more groups, the more."""
        return (len(self.groups) - 1) / (self.n - 1)

    @property
    def weight(self) -> float:
        """What it explains, less what it takes to say it (Schwarz's criterion): a team goes before its agents, who
        cannot explain less than their team.
        """
        return (self.n - 1) * self.effect - (len(self.groups) - 1) * math.log(self.n)


@dataclass(slots=True)
class _Cause:
    test: _Test
    effect: float
    scores: Sequence[int]
    """The ranks of the tickets, once stronger causes are taken out."""
    apart: set[str] = field(default_factory=set)
    stand_out: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True)
class _Cohort:
    """The tickets of the span by column, of all packs together: some 250 bytes a ticket."""

    values: dict[str, Coded]
    times: dict[str, _Times]
    count: int = 0

    def codes(self, name: str, measure: str) -> array[int]:
        """The value of a dimension of each ticket that has the measure."""
        return array("i", map(self.values[name].codes.__getitem__, self.times[measure].rows))


def causes(packs: Iterable[Pack], asked: Asked) -> dict[str, Any]:
    """What lengthened the times of the tickets that were created in the span, as a JSON object.

    `causes` has the strongest first, each with the groups that stand out; `measures` has every dimension's effect
    (epsilon squared; its p value is corrected for all of them, Holm); `time` has where the tickets' time went, in all
    and for each group of `asked.group_by`.
    """
    spent = _Spent(asked)
    cohort = _read(packs, asked, spent)
    times = cohort.times
    tests = [test for measure in MEASURES for test in _tests(cohort, measure, _scores(times[measure]))]
    corrected = dict(zip(((test.measure, test.dimension) for test in tests), holm([t.p for t in tests]), strict=True))
    found: list[_Cause] = []
    explained: dict[tuple[str, str], list[str]] = {}
    for measure in MEASURES:
        relevant = [
            test for test in tests if test.measure == measure and corrected[measure, test.dimension] < MOST_CHANCE
        ]
        left, stronger = _scores(times[measure]) if relevant else array("q"), list[str]()
        for test in sorted(relevant, key=lambda test: -test.weight):
            codes = cohort.codes(test.dimension, measure)
            compared = _compared(cohort.values[test.dimension], codes, test.groups)
            spread = _spread(left, codes, compared)
            sure = not stronger or (spread is not None and spread.p * len(tests) < MOST_CHANCE)
            if spread is not None and spread.effect >= LEAST_EFFECT and sure:
                found.append(_Cause(test, spread.effect, left))
                stronger.append(test.dimension)
                left = _within(left, codes)
            elif test.effect >= LEAST_EFFECT:
                explained[measure, test.dimension] = list(stronger)
    _find_outstanding(found, cohort)
    return {
        "from": format_instant(asked.begin),
        "to": format_instant(asked.end),
        "at": format_instant(asked.at),
        "timezone": asked.zone,
        "cohort": "creation",
        "tickets": cohort.count,
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
                **_summed_up(*times[measure].chosen(range(len(times[measure].rows)))),
                "dimensions": [
                    {
                        "dimension": test.dimension,
                        "groups": len(test.groups),
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
        "time": spent.document(),
    }


def _read(packs: Iterable[Pack], asked: Asked, spent: _Spent) -> _Cohort:
    """The tickets of the span; where their time went is counted on the way."""
    known: dict[str, dict[str | None, int]] = {name: {} for name in DIMENSIONS}
    codes = {name: array("i") for name in DIMENSIONS}
    rows, durations = ({measure: array(kind) for measure in MEASURES} for kind in "iq")
    ended = {measure: bytearray() for measure in MEASURES}
    count = 0
    for pack in packs:
        tickets = pack.tickets()
        created = tickets.created_at
        here = range(bisect_left(created, asked.begin), bisect_left(created, asked.end))
        if not here:
            continue
        for name in DIMENSIONS:
            column = dimension(pack, name, asked.zone)
            numbers = [known[name].setdefault(value, len(known[name])) for value in column.values]
            codes[name].extend(map(numbers.__getitem__, map(column.codes.__getitem__, here)))
        clocks, phases = pack.clocks(created), pack.work(created).phases
        for measure in MEASURES:
            if measure in PHASES:
                # A phase may come again until the ticket is resolved.
                rows[measure].extend(range(count, count + len(here)))
                durations[measure].extend(phases[measure][here.start : here.stop])
                ended[measure].extend(tickets.resolved_at[row] != NEVER for row in here)
            else:
                told = clocks[measure]
                for row, duration, code in zip(told.rows, told.duration, told.codes, strict=True):
                    if row in here:
                        # What was resolved unanswered would have waited longer for an answer.
                        rows[measure].append(count + row - here.start)
                        durations[measure].append(duration)
                        ended[measure].append(told.kinds[code].observed)
        spent.add(pack, here, phases, tickets.resolved_at)
        count += len(here)
    return _Cohort(
        {name: Coded(list(known[name]), codes[name]) for name in DIMENSIONS},
        {measure: _Times(rows[measure], durations[measure], ended[measure]) for measure in MEASURES},
        count,
    )


_SCALE = 10**9
"""Scores are whole numbers: fine enough that different ranks among a million tickets stay different."""


def _scores(times: _Times) -> array[int]:
    """How many of the others surely took less, less how many surely took more (Gehan 1965): ranks as they are where all
    times have ended, and fair to those that have not.
    """
    ended, running = times.chosen(range(len(times.rows)))

    def score(duration: int, has_ended: int) -> int:
        at_most = bisect_right(ended, duration)
        if not has_ended:
            return at_most
        more = len(ended) - at_most + len(running) - bisect_left(running, duration)
        return bisect_left(ended, duration) - more

    return array("q", map(score, times.durations, times.ended))


def _within(scores: Sequence[int], codes: Sequence[int]) -> array[int]:
    """The scores' ranks among tickets of one value, so that what differs between the values is gone."""
    alike: dict[int, list[int]] = {}
    for code, score in zip(codes, scores, strict=True):
        alike.setdefault(code, []).append(score)
    for same in alike.values():
        same.sort()

    def rank(score: int, same: Sequence[int]) -> int:
        below, above = bisect_left(same, score), len(same) - bisect_right(same, score)
        return _SCALE * (below - above) // len(same)

    return array("q", [rank(score, alike[code]) for code, score in zip(codes, scores, strict=True)])


def _tests(cohort: _Cohort, measure: str, scores: Sequence[int]) -> Iterator[_Test]:
    """Each dimension that has two groups to compare, against a measure."""
    everyone: Ranks | None = None
    for name in DIMENSIONS:
        values, codes = cohort.values[name].values, cohort.codes(name, measure)
        sizes = {values[code]: count for code, count in Counter(codes).items()}
        groups = {
            value: sizes[value]
            for value in sorted(value for value in sizes if value is not None)
            if sizes[value] >= FEWEST
        }
        if sum(groups.values()) == len(codes):
            # Nobody is left out, so that the ranks are those of all, which is most of the work.
            everyone = everyone or Ranks(scores)
            spread = everyone.spread(codes)
        else:
            spread = _spread(scores, codes, _compared(cohort.values[name], codes, groups))
        if spread is not None:
            yield _Test(measure, name, groups, spread.effect, spread.p)


def _compared(column: Coded, codes: Sequence[int], groups: Iterable[str]) -> list[int]:
    """The places of the tickets in one of the groups."""
    chosen = set(groups)
    compared = [value in chosen for value in column.values]
    return [place for place, code in enumerate(codes) if compared[code]]


def _spread(scores: Sequence[int], codes: Sequence[int], places: Sequence[int]) -> Spread | None:
    return Ranks([scores[place] for place in places]).spread([codes[place] for place in places])


def _find_outstanding(found: Iterable[_Cause], cohort: _Cohort) -> None:
    """Sets the most outstanding group of each cause aside, then looks at what is left of it, until nothing stands out.

    Otherwise one slow group would make all others look fast. The p values of a round are corrected together (Holm).
    """
    left = list(found)
    while left:
        compared = [(cause, name, shift) for cause in left for name, shift in _shifts(cause, cohort)]
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
                    cause.stand_out.append(_outstanding(cause, name, p, shift, cohort))
                    cause.apart.add(name)
                    left.append(cause)


def _shifts(cause: _Cause, cohort: _Cohort) -> Iterator[tuple[str, Shift]]:
    """How each group of a cause stands to the others, without those that are set aside."""
    column, codes = cohort.values[cause.test.dimension], cohort.codes(cause.test.dimension, cause.test.measure)
    places = _compared(column, codes, cause.test.groups.keys() - cause.apart)
    shifts = Ranks([cause.scores[place] for place in places]).shifts([codes[place] for place in places])
    named = {column.values[code]: shift for code, shift in shifts.items()}
    yield from ((name, named[name]) for name in cause.test.groups if name in named)


def _outstanding(cause: _Cause, name: str, p: float, shift: Shift, cohort: _Cohort) -> dict[str, Any]:
    column, codes = cohort.values[cause.test.dimension], cohort.codes(cause.test.dimension, cause.test.measure)
    times, others = cohort.times[cause.test.measure], cause.test.groups.keys() - cause.apart - {name}
    return {
        "group": name,
        "direction": "longer" if shift.longer > 0.5 else "shorter",
        "longer": shift.longer,
        "p_corrected": p,
        "inside": _summed_up(*times.chosen(_compared(column, codes, [name]))),
        "outside": _summed_up(*times.chosen(_compared(column, codes, others))),
    }


def _summed_up(ended: Sequence[int], running: Sequence[int]) -> dict[str, Any]:
    median, interval, likely = percentile(ended, 50), median_interval(ended), Survival(ended, running).quantile(0.5)
    return {
        "n": len(ended),
        "censored": len(running),
        "median_seconds": seconds(median) if median is not None else None,
        "median_interval_seconds": [seconds(int(end)) for end in interval] if interval else None,
        "kaplan_meier_median_seconds": seconds(likely) if likely is not None else None,
    }


class _Spent:
    """How the tickets' time until they were resolved, or until now, divides into the phases; in all and by group."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._groups = Groups(asked.group_by, asked.zone)
        self._spent: list[Counter[str]] = []

    def add(self, pack: Pack, here: range, phases: Mapping[str, Sequence[int]], resolved_at: Sequence[int]) -> None:
        """Counts tickets of a pack."""
        places = [*islice(self._groups.places(pack)(here), len(here))]
        self._spent += [Counter() for _ in range(max(places) + 1 - len(self._spent))]
        for place, row in zip(places, here, strict=True):
            self._spent[place]["tickets"] += 1
            self._spent[place]["unresolved"] += resolved_at[row] == NEVER
        for phase in PHASES:
            for place, time in zip(places, phases[phase][here.start : here.stop], strict=True):
                self._spent[place][phase] += time

    def document(self) -> dict[str, Any]:
        """As a JSON object."""
        names = self._asked.group_by
        found = [(group, spent) for group, spent in zip(self._groups.known, self._spent, strict=False) if spent]
        found.sort(key=lambda one: (-one[1]["tickets"], [value or "" for value in one[0]]))
        return {
            "total": _phases(sum(self._spent, Counter())),
            "groups": [{"group": dict(zip(names, group, strict=True)), **_phases(spent)} for group, spent in found],
        }


def _phases(spent: Counter[str]) -> dict[str, Any]:
    total = sum(spent[phase] for phase in PHASES)
    return {
        "tickets": spent["tickets"],
        "unresolved": spent["unresolved"],
        "seconds": {phase: seconds(spent[phase]) for phase in PHASES},
        "shares": {phase: spent[phase] / total for phase in PHASES} if total else None,
    }
