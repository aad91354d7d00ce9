"""Figures over many values, and how sure they are. Standard library only: functions have no room for more.

Each is compared with scipy and lifelines in the tests. Intervals are of 95 % confidence.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import NormalDist

_Z = NormalDist().inv_cdf(0.975)

Interval = tuple[float, float]
"""The lower and the upper end of what is 95 % sure."""


def percentile(ordered: Sequence[int], percent: int) -> int | None:
    """The nearest-rank percentile of ascending values: the smallest of them that at least `percent` % do not exceed.

    None of none. `percent` is from 1 to 100; the 50th is the median, always a value that occurred.
    """
    if not ordered:
        return None
    return ordered[-(-len(ordered) * percent // 100) - 1]


def median_interval(ordered: Sequence[int]) -> Interval | None:
    """Between which of the ascending values the median of all that could have been lies; None of fewer than six.

    By order statistics (the sign test turned round), so that nothing is assumed of how the values are spread.
    """
    n = len(ordered)
    if n < 6:
        return None  # not even the whole range is 95 % sure
    rank, tail = -1, 0.0
    probability = 0.5**n if n < 1000 else 0.0
    if probability:
        while tail + probability <= 0.025:
            tail += probability
            rank += 1
            probability *= (n - rank) / (rank + 1)
    else:
        rank = max(math.floor(n / 2 - _Z * math.sqrt(n) / 2) - 1, 0)
    rank = max(rank, 0)
    return ordered[rank], ordered[n - 1 - rank]


def share_interval(count: int, total: int) -> Interval | None:
    """Between which shares that of `count` in `total` lies (Wilson's score interval); None of none."""
    if total == 0:
        return None
    share, z2 = count / total, _Z * _Z
    centre = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = _Z * math.sqrt(share * (1 - share) / total + z2 / (4 * total * total)) / (1 + z2 / total)
    return max(0.0, centre - half), min(1.0, centre + half)


def difference_interval(now: float, now_interval: Interval, before: float, before_interval: Interval) -> Interval:
    """The interval of the difference of two independent estimates from the interval of each (Newcombe; Zou and Donner's
    MOVER for what are not shares).
    """
    low = math.hypot(now - now_interval[0], before_interval[1] - before)
    high = math.hypot(now_interval[1] - now, before - before_interval[0])
    return now - before - low, now - before + high


def survival_quantile(durations: Iterable[tuple[int, bool]], share: float) -> int | None:
    """By when that share of all will have ended, by Kaplan and Meier's estimate; None where it is not reached.

    Each duration comes with whether its end was seen; otherwise it is known to take longer. What ends and what is last
    seen at the same duration: the end comes first.
    """
    ordered = sorted(durations)
    at_risk, alive = len(ordered), 1.0
    duration: int
    for duration, same in groupby(ordered, key=lambda one: one[0]):
        seen = [observed for _, observed in same]
        alive *= 1 - sum(seen) / at_risk
        at_risk -= len(seen)
        # A share that is reached exactly in whole numbers must not be missed by a rounding.
        if any(seen) and alive <= 1 - share + 1e-12:
            return duration
    return None


def survival_interval(durations: Iterable[tuple[int, bool]], share: float) -> tuple[int, int | None] | None:
    """Between which durations that share of all will have ended, by Kaplan and Meier's estimate. The upper end is None
    where it is beyond what was seen; all of it is None where the lower end is, too.

    The durations are those of `survival_quantile`. The ends are where the curve's own interval (Greenwood's, by the log
    of minus the log, as Brookmeyer and Crowley turn it round) comes down to what is left.
    """
    ordered = sorted(durations)
    at_risk, alive, variance = len(ordered), 1.0, 0.0
    lower: int | None = None
    for duration, same in groupby(ordered, key=lambda one: one[0]):
        seen = [observed for _, observed in same]
        ended = sum(seen)
        if ended == at_risk:
            break  # nobody is left, and how sure that is cannot be told
        if ended:
            alive *= 1 - ended / at_risk
            variance += ended / (at_risk * (at_risk - ended))
            stretch = _Z * math.sqrt(variance) / -math.log(alive)
            if lower is None and alive ** math.exp(stretch) <= 1 - share:
                lower = duration
            if lower is not None and alive ** math.exp(-stretch) <= 1 - share:
                return lower, duration
        at_risk -= len(seen)
    return None if lower is None else (lower, None)


def survival_median_interval(durations: Iterable[tuple[int, bool]]) -> Interval | None:
    """The `survival_interval` of the median; None where one of its ends is not known."""
    found = survival_interval(durations, 0.5)
    return None if found is None or found[1] is None else (found[0], found[1])


def count_interval(count: float) -> Interval:
    """Between which numbers the expected one lies where so many came by chance, each by itself (Poisson; score
    interval).
    """
    half = _Z * math.sqrt(count + _Z * _Z / 4)
    return count + _Z * _Z / 2 - half, count + _Z * _Z / 2 + half


def mean_interval(count: int, total: int, squares: int) -> Interval | None:
    """Between which values the mean of so many lies, from their sum and the sum of their squares; None of fewer than
    two. By the normal distribution, so for tens of them.
    """
    if count < 2:
        return None
    mean = total / count
    half = _Z * math.sqrt((squares * count - total * total) / (count - 1)) / count
    return mean - half, mean + half


@dataclass(frozen=True, slots=True)
class Spread:
    """How much of the spread of values goes with the groups that they are in (Kruskal and Wallis, by ranks)."""

    effect: float
    """Epsilon squared: 0 none of it, 1 all of it."""
    p: float
    """How likely so much or more would come by chance."""
    n: int


def spread_between(groups: Iterable[Sequence[int]]) -> Spread | None:
    """The spread between groups of values; None with fewer than two groups, or where all values are the same."""
    filled = [group for group in groups if group]
    ordered = sorted(value for group in filled for value in group)
    n = len(ordered)
    if len(filled) < 2 or n < 3 or ordered[0] == ordered[-1]:
        return None
    ranks = _mid_ranks(ordered)
    h = 12 / (n * (n + 1)) * sum(sum(ranks[value] for value in group) ** 2 / len(group) for group in filled) - 3 * (
        n + 1
    )
    h /= _tie_correction(ordered)
    return Spread(max(0.0, h / (n - 1)), chi_squared_tail(h, len(filled) - 1), n)


@dataclass(frozen=True, slots=True)
class Shift:
    """How a group stands to the rest (Mann and Whitney)."""

    longer: float
    """The chance that a value of the group is larger than one of the rest, ties counting half: 0.5 is no difference."""
    p: float
    n: int
    """Of the group."""


def shift_from(group: Sequence[int], rest: Sequence[int]) -> Shift | None:
    """How the group's values stand to the rest's; None where one of the two is empty or all values are the same."""
    if not group or not rest:
        return None
    others = sorted(rest)
    wins = sum(bisect_left(others, value) + bisect_right(others, value) for value in group) / 2
    ordered = sorted([*group, *others])
    pairs, n = len(group) * len(rest), len(ordered)
    correction = _tie_correction(ordered)
    if correction == 0:
        return None
    deviation = math.sqrt(pairs * (n + 1) / 12 * correction)
    distance = max(abs(wins - pairs / 2) - 0.5, 0.0)
    return Shift(wins / pairs, math.erfc(distance / deviation / math.sqrt(2)), len(group))


def _mid_ranks(ordered: Sequence[int]) -> dict[int, float]:
    ranks, below = {}, 0
    for value, same in groupby(ordered):
        count = sum(1 for _ in same)
        ranks[value] = below + (count + 1) / 2
        below += count
    return ranks


def _tie_correction(ordered: Sequence[int]) -> float:
    n = len(ordered)
    ties = sum(count**3 - count for _, same in groupby(ordered) for count in (sum(1 for _ in same),))
    return 1 - ties / (n**3 - n)


def chi_squared_tail(value: float, freedom: int) -> float:
    """The probability that chi squared of so many degrees of freedom exceeds the value."""
    x = value / 2
    if x <= 0:
        return 1.0
    # By the recurrence over the degrees of freedom, from the closed forms of one and two.
    tail = math.erfc(math.sqrt(x)) if freedom % 2 else math.exp(-x)
    a = 0.5 if freedom % 2 else 1.0
    while a < freedom / 2:
        tail += math.exp(a * math.log(x) - x - math.lgamma(a + 1))
        a += 1
    return min(tail, 1.0)


def holm(ps: Sequence[float]) -> list[float]:
    """The p values, corrected for how many there are (Holm)."""
    order = sorted(range(len(ps)), key=lambda i: ps[i])
    corrected, highest = [0.0] * len(ps), 0.0
    for place, i in enumerate(order):
        highest = max(highest, min(1.0, (len(ps) - place) * ps[i]))
        corrected[i] = highest
    return corrected


def waiting_chance(agents: int, load: float) -> float:
    """The chance that somebody who comes has to wait (Erlang C). `load`, in erlangs, is how many agents the work keeps
    busy: arrivals in a time times how long each takes. 1 where the agents are too few for the work.
    """
    if load <= 0:
        return 0.0
    if load >= agents:
        return 1.0
    # Erlang B by its recurrence, which neither overflows nor loses digits, then C from B.
    blocked = 1.0
    for busy in range(1, agents + 1):
        blocked = load * blocked / (busy + load * blocked)
    return blocked / (1 - load / agents * (1 - blocked))


def answered_within(agents: int, load: float, target: float, handling: float) -> float:
    """The share of those who come that is answered within `target`, where each takes `handling` on average (Erlang C;
    both in one unit).
    """
    if load >= agents:
        return 0.0
    return 1 - waiting_chance(agents, load) * math.exp(-(agents - load) * target / handling)


def agents_needed(load: float, target: float, handling: float, share: float) -> int:
    """How few agents answer at least `share` of those who come within `target`."""
    agents = math.floor(load) + 1 if load > 0 else 0
    while load > 0 and answered_within(agents, load, target, handling) < share:
        agents += 1
    return agents
