"""What lengthens times: which dimensions of tickets go with long ones, which groups stand out, and where the time goes.

Ranks are compared, not the times themselves: a few tickets of weeks would drown all others. A cause is what remains
once the stronger ones are taken out: an agent who works on the slow channel is no cause. Ranks, and their sums by
group, are computed in the engine; what they show is computed here.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb

from replyclock.domain.figures import PHASES
from replyclock.domain.instants import format_instant, seconds
from replyclock.domain.report import FEWEST, Asked
from replyclock.domain.reporting.summary import Times, in_seconds
from replyclock.domain.statistics import RankSums, Shift, Spread, holm

from .dimensions import Dimensions, Group
from .ordered import Ordered

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
_SCALE = 10**9
"""Scores are whole numbers: fine enough that different ranks among a million tickets stay different."""
_names = itertools.count()


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
    scores: str
    """The table of the tickets' scores, once stronger causes are taken out."""
    apart: set[str] = field(default_factory=set)
    stand_out: list[dict[str, Any]] = field(default_factory=list)


def causes(connection: duckdb.DuckDBPyConnection, asked: Asked) -> dict[str, Any]:
    """What lengthened the times of the tickets that were created in the span, as a JSON object.

    `causes` has the strongest first, each with the groups that stand out; `measures` has every dimension's effect
    (epsilon squared; its p value is corrected for all of them, Holm); `time` has where the tickets' time went, in all
    and for each group of `asked.group_by`.
    """
    cohort = _Cohort(connection, asked)
    tests = [test for measure in MEASURES for test in _tests(cohort, measure)]
    corrected = dict(zip(((test.measure, test.dimension) for test in tests), holm([t.p for t in tests]), strict=True))
    found: list[_Cause] = []
    explained: dict[tuple[str, str], list[str]] = {}
    for measure in MEASURES:
        relevant = [
            test for test in tests if test.measure == measure and corrected[measure, test.dimension] < MOST_CHANCE
        ]
        left, stronger = cohort.scores(measure), list[str]()
        for test in sorted(relevant, key=lambda test: -test.weight):
            spread = cohort.rank_sums(left, test.dimension, test.groups).spread()
            sure = not stronger or (spread is not None and spread.p * len(tests) < MOST_CHANCE)
            if spread is not None and spread.effect >= LEAST_EFFECT and sure:
                found.append(_Cause(test, spread.effect, left))
                stronger.append(test.dimension)
                left = cohort.within(left, test.dimension)
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
                **cohort.summed_up(measure, "channel", [()])[0],
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
        "time": _spent(connection, asked),
    }


class _Cohort:
    """The tickets of the span in tables of the engine: a table of scores for each measure, each with a row for every
    ticket that has it: `duration`, `ended`, `score`, and the dimensions d0, d1 … as numbers of their values.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, asked: Asked) -> None:
        self._connection = connection
        self._dimensions = dimensions = Dimensions(DIMENSIONS, asked.zone, asked.begin, asked.end)
        span = {"begin": asked.begin, "end": asked.end}
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE cohort_values AS SELECT {dimensions.columns('tickets')} tid, "
            f"resolved_at IS NOT NULL AS ended, {', '.join(PHASES)} FROM tickets "
            "WHERE created_at >= $begin AND created_at < $end",
            span,
        )
        self._values: list[dict[str, int]] = []
        self._present: dict[tuple[str, int], set[int | None]] = {}
        self._ranks: dict[str, tuple[str, int]] = {}
        codes = []
        for place, name in enumerate(DIMENSIONS):
            values = [row[0] for row in connection.execute(f"SELECT DISTINCT d{place} FROM cohort_values").fetchall()]
            known = [value for value in values if value is not None]
            connection.execute(
                f"CREATE OR REPLACE TEMP TABLE values_{place} AS "
                "SELECT unnest($values) AS value, unnest(range(len($values)))::INTEGER AS code",
                {"values": known},
            )
            self._values.append(
                {
                    text: code
                    for code, value in enumerate(known)
                    for text in self._named(name, value)
                    if text is not None
                }
            )
            codes.append(f"values_{place}.code AS d{place}")
        joins = " ".join(
            f"LEFT JOIN values_{place} ON cohort_values.d{place} = values_{place}.value"
            for place in range(len(DIMENSIONS))
        )
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE cohort AS SELECT {', '.join(codes)}, tid, ended, {', '.join(PHASES)} "
            f"FROM cohort_values {joins}"
        )
        (self.count,) = connection.execute("SELECT count(*) FROM cohort").fetchone() or (0,)
        self._scores = {measure: self._score(measure, span) for measure in MEASURES}

    @staticmethod
    def _named(name: str, value: Any) -> Group:
        return Dimensions((name,), "UTC", 0, 0).group((value,))

    def scores(self, measure: str) -> str:
        """The table of a measure's scores."""
        return self._scores[measure]

    def _score(self, measure: str, span: Mapping[str, int]) -> str:
        """How many of the others surely took less, less how many surely took more (Gehan 1965): ranks as they are where
        all times have ended, and fair to those that have not.
        """
        listed = ", ".join(f"d{place}" for place in range(len(DIMENSIONS)))
        if measure in PHASES:
            # A phase may come again until the ticket is resolved.
            chosen = f"SELECT {listed}, {measure} AS duration, ended FROM cohort"
        else:
            # What was resolved unanswered would have waited longer for an answer.
            chosen = (
                f"SELECT {listed}, duration, observed AS ended FROM clocks JOIN cohort USING (tid) "
                f"WHERE metric = '{measure}' AND created_at >= $begin AND created_at < $end"
            )
        table = f"scores_{next(_names)}"
        self._connection.execute(
            f"CREATE TEMP TABLE {table} AS WITH chosen AS ({chosen}), counted AS ("
            "SELECT duration, count(*) FILTER (ended) AS ends, count(*) FILTER (NOT ended) AS runs "
            "FROM chosen GROUP BY duration), summed AS ("
            "SELECT duration, (sum(ends) OVER (ORDER BY duration))::BIGINT AS upto, ends, "
            "(sum(runs) OVER (ORDER BY duration DESC))::BIGINT AS outlasting, "
            "(sum(ends) OVER ())::BIGINT AS every FROM counted) "
            "SELECT chosen.*, CASE WHEN ended THEN upto - ends - (every - upto + outlasting) ELSE upto END AS score "
            "FROM chosen JOIN summed USING (duration)",
            {} if measure in PHASES else dict(span),
        )
        return table

    def within(self, scores: str, dimension: str) -> str:
        """The scores' ranks among tickets of one value, so that what differs between the values is gone."""
        code, table = f"d{DIMENSIONS.index(dimension)}", f"scores_{next(_names)}"
        # Divided downwards, also below nought.
        difference = f"({_SCALE} * (below - (every - upto)))"
        self._connection.execute(
            f"CREATE TEMP TABLE {table} AS WITH counted AS ("
            f"SELECT {code} AS code, score, count(*) AS n FROM {scores} GROUP BY ALL), summed AS ("
            "SELECT code, score, (sum(n) OVER (PARTITION BY code ORDER BY score))::BIGINT AS upto, "
            "(sum(n) OVER (PARTITION BY code))::BIGINT AS every, upto - n AS below FROM counted) "
            "SELECT s.* EXCLUDE (score), "
            f"({difference} - (({difference} % every) + every) % every) // every AS score "
            f"FROM {scores} AS s JOIN summed ON s.{code} IS NOT DISTINCT FROM summed.code AND s.score = summed.score"
        )
        return table

    def sizes(self, measure: str, dimension: str) -> dict[str | None, int]:
        """How many tickets that have the measure have each value of a dimension."""
        place = DIMENSIONS.index(dimension)
        names = {code: text for text, code in self._values[place].items()}
        rows = self._connection.execute(
            f"SELECT d{place}, count(*) FROM {self._scores[measure]} GROUP BY ALL"
        ).fetchall()
        return {None if code is None else names[code]: count for code, count in rows}

    def rank_sums(self, scores: str, dimension: str, groups: Iterable[str]) -> RankSums[str]:
        """The ranks of the scores of the groups' tickets, among these alone, added up by group."""
        place = DIMENSIONS.index(dimension)
        codes = [self._values[place][group] for group in groups]
        names = {code: text for text, code in self._values[place].items()}
        if self._are_all(scores, place, codes):
            # Their ranks are those of all, which is most of the work, and done once.
            table, ties = self._ranked(scores)
            rows = self._connection.execute(
                f"SELECT d{place}, sum(rank)::DOUBLE, count(*) FROM {table} GROUP BY d{place}"
            ).fetchall()
            return RankSums({names[row[0]]: (row[1], row[2]) for row in rows}, ties)
        listed = ", ".join(map(str, codes)) or "NULL"
        found = self._connection.execute(
            "WITH counted AS ("
            f"SELECT score, d{place} AS code, count(*) AS n FROM {scores} WHERE d{place} IN ({listed}) "
            "GROUP BY ALL), ranked AS ("
            "SELECT score, sum(n) AS n, sum(sum(n)) OVER (ORDER BY score) - sum(n) + (sum(n) + 1) / 2 AS rank "
            "FROM counted GROUP BY score) "
            "SELECT code, sum(counted.n * rank)::DOUBLE, sum(counted.n)::BIGINT, "
            "(SELECT sum(n::HUGEINT * n * n - n) FROM ranked) FROM counted JOIN ranked USING (score) GROUP BY code"
        ).fetchall()
        return RankSums({names[row[0]]: (row[1], row[2]) for row in found}, int(found[0][3]) if found else 0)

    def _are_all(self, scores: str, place: int, codes: Sequence[int]) -> bool:
        """Whether every ticket has one of these values of a dimension."""
        if (scores, place) not in self._present:
            rows = self._connection.execute(f"SELECT DISTINCT d{place} FROM {scores}").fetchall()
            self._present[scores, place] = {code for (code,) in rows}
        return self._present[scores, place] <= set(codes)

    def _ranked(self, scores: str) -> tuple[str, int]:
        """A table of the tickets with the rank of each score, those of ties in the middle, and the sum of n³ - n over
        the scores, each of which n tickets have.
        """
        if scores not in self._ranks:
            listed, table = ", ".join(f"d{place}" for place in range(len(DIMENSIONS))), f"{scores}_ranked"
            self._connection.execute(
                f"CREATE TEMP TABLE {table} AS WITH "
                f"counted AS (SELECT score, count(*) AS n FROM {scores} GROUP BY score), "
                "ranked AS (SELECT score, n, sum(n) OVER (ORDER BY score) - n + (n + 1) / 2 AS rank FROM counted) "
                f"SELECT {listed}, rank::DOUBLE AS rank, n FROM {scores} JOIN ranked USING (score)"
            )
            # Of n tickets that have one score, each adds n² - 1.
            (ties,) = self._connection.execute(f"SELECT sum(n::HUGEINT * n - 1) FROM {table}").fetchone() or (0,)
            self._ranks[scores] = table, int(ties or 0)
        return self._ranks[scores]

    def summed_up(self, measure: str, dimension: str, of: Sequence[Iterable[str]]) -> list[dict[str, Any]]:
        """The times of the tickets of some groups, for each of several choices; no groups are all tickets."""
        place = DIMENSIONS.index(dimension)
        table = self._scores[measure]
        (longest,) = self._connection.execute(f"SELECT coalesce(max(duration), 0) FROM {table}").fetchone() or (0,)
        chosen, bound = [], {}
        for i, groups in enumerate(of):
            codes = [self._values[place][group] for group in groups]
            where = f"list_contains($codes_{i}, d{place})" if codes else "true"
            bound.update({f"codes_{i}": codes} if codes else {})
            chosen.append(f"SELECT {i} AS slot, duration AS value, ended AS observed FROM {table} WHERE {where}")
        ordered = Ordered(self._connection, " UNION ALL ".join(chosen), bound, len(of), longest)
        times = ordered.times(range(len(of)), likely=True, with_interval=False)
        found = [
            _summed_up(times.get(i, Times()), len(ordered.slots[i].passed) if i in ordered.slots else 0)
            for i in range(len(of))
        ]
        ordered.drop()
        return found


def _tests(cohort: _Cohort, measure: str) -> Iterator[_Test]:
    """Each dimension that has two groups to compare, against a measure."""
    for name in DIMENSIONS:
        sizes = cohort.sizes(measure, name)
        groups = {
            value: sizes[value]
            for value in sorted(value for value in sizes if value is not None)
            if sizes[value] >= FEWEST
        }
        spread: Spread | None = cohort.rank_sums(cohort.scores(measure), name, groups).spread() if groups else None
        if spread is not None:
            yield _Test(measure, name, groups, spread.effect, spread.p)


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
    groups = [name for name in cause.test.groups if name not in cause.apart]
    shifts = cohort.rank_sums(cause.scores, cause.test.dimension, groups).shifts() if groups else {}
    yield from ((name, shifts[name]) for name in groups if name in shifts)


def _outstanding(cause: _Cause, name: str, p: float, shift: Shift, cohort: _Cohort) -> dict[str, Any]:
    others = cause.test.groups.keys() - cause.apart - {name}
    inside, outside = cohort.summed_up(cause.test.measure, cause.test.dimension, ([name], others))
    return {
        "group": name,
        "direction": "longer" if shift.longer > 0.5 else "shorter",
        "longer": shift.longer,
        "p_corrected": p,
        "inside": inside,
        "outside": outside,
    }


def _summed_up(times: Times, censored: int) -> dict[str, Any]:
    ends = times.median_interval
    return {
        "n": times.n,
        "censored": censored,
        "median_seconds": in_seconds(times.median),
        "median_interval_seconds": [seconds(int(end)) for end in ends] if ends else None,
        "kaplan_meier_median_seconds": in_seconds(times.likely_median),
    }


def _spent(connection: duckdb.DuckDBPyConnection, asked: Asked) -> dict[str, Any]:
    """How the tickets' time until they were resolved, or until now, divides into the phases; in all and by group."""
    names = asked.group_by
    dimensions = Dimensions(names, asked.zone, asked.begin, asked.end)
    sums = ", ".join(f"sum({phase})::BIGINT" for phase in PHASES)
    rows = connection.execute(
        f"SELECT {dimensions.columns('tickets')} count(*), count(*) FILTER (resolved_at IS NULL), {sums} FROM tickets "
        "WHERE created_at >= $begin AND created_at < $end GROUP BY ALL",
        {**dimensions.parameters, "begin": asked.begin, "end": asked.end},
    ).fetchall()
    found = [(dimensions.group(row[: len(names)]), [value or 0 for value in row[len(names) :]]) for row in rows]
    total = [sum(column) for column in zip(*(spent for _, spent in found), strict=True)] or [0] * (2 + len(PHASES))
    found.sort(key=lambda one: (-one[1][0], [value or "" for value in one[0]]))
    groups = [{"group": dict(zip(names, group, strict=True)), **_phases(spent)} for group, spent in found if names]
    return {"total": _phases(total), "groups": groups}


def _phases(spent: Sequence[int]) -> dict[str, Any]:
    by_phase = dict(zip(PHASES, spent[2:], strict=True))
    total = sum(by_phase.values())
    return {
        "tickets": spent[0],
        "unresolved": spent[1],
        "seconds": {phase: seconds(time) for phase, time in by_phase.items()},
        "shares": {phase: time / total for phase, time in by_phase.items()} if total else None,
    }
