"""Figures over many values, and how sure they are. Standard library only: functions have no room for more.

Each is compared with scipy and lifelines in the tests. Intervals are of 95 % confidence.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import groupby
from statistics import NormalDist
from typing import Generic, TypeVar

_Z = NormalDist().inv_cdf(0.975)

Interval = tuple[float, float]
"""The lower and the upper end of what is 95 % sure."""


def percentile(ordered: Sequence[int], percent: int) -> int | None:
    """The nearest-rank percentile of ascending values: the smallest of them that at least `percent` % do not exceed.

    None of none. `percent` is from 1 to 100; the 50th is the median, always a value that occurred.
    """
    return ordered[percentile_place(len(ordered), percent)] if ordered else None


def percentile_place(n: int, percent: int) -> int:
    """The place of the nearest-rank percentile among so many ascending values, of which there is at least one."""
    return -(-n * percent // 100) - 1


def median_interval(ordered: Sequence[int]) -> Interval | None:
    """Between which of the ascending values the median of all that could have been lies; None of fewer than six.

    By order statistics (the sign test turned round), so that nothing is assumed of how the values are spread.
    """
    places = median_interval_places(len(ordered))
    return None if places is None else (ordered[places[0]], ordered[places[1]])


@lru_cache(maxsize=4096)
def median_interval_places(n: int) -> tuple[int, int] | None:
    """The places, among so many ascending values, of the ends of that interval; None of fewer than six."""
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
    return rank, n - 1 - rank


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


class Survival:
    """Kaplan and Meier's estimate of how long things last, of which some are only known to last longer than was seen.

    What ends and what is last seen at the same duration: the end comes first. Between two durations at which something
    was last seen the curve follows from counts alone, so that a million ends take no longer than those durations do.
    """

    def __init__(self, ended: Sequence[int], censored: Sequence[int] = (), passed: Sequence[int] | None = None) -> None:
        """All ascending: the durations of what ended, and those up to which the rest was seen. Instead of the latter
        `passed` may be given: how many of the ended are at most as long as each of them.
        """
        self._ended = ended
        if passed is None:
            passed = [
                upto for duration, same in groupby(censored) for upto in [bisect_right(ended, duration)] for _ in same
            ]
        at_risk, alive, variance, count = len(ended) + len(passed), 1.0, 0.0, 0
        self._outlasted = bool(passed) and passed[-1] == len(ended)
        self._counts, self._pieces = [0], [(at_risk, alive, variance)]
        for upto, same in groupby(passed):
            alive, variance = _after(upto - count, at_risk, alive, variance)
            at_risk -= upto - count + sum(1 for _ in same)
            count = upto
            if self._counts[-1] == count:
                self._pieces[-1] = (at_risk, alive, variance)
            else:
                self._counts.append(count)
                self._pieces.append((at_risk, alive, variance))

    @cached_property
    def _last(self) -> int:
        """Of how many ends it can be told how sure the curve is: not of the last of all, where nobody is left."""
        return bisect_left(self._ended, self._ended[-1]) if self._ended and not self._outlasted else len(self._ended)

    def _at(self, count: int) -> tuple[float, float]:
        """What is left after so many ends, and Greenwood's sum."""
        piece = bisect_left(self._counts, count) - 1
        return _after(count - self._counts[piece], *self._pieces[piece])

    def reached(self, share: float) -> int:
        """The place among the ended of the one by which that share of all will have ended; their number where it is not
        reached. It depends on counts alone, so that no duration is read for it.
        """
        # A share that is reached exactly in whole numbers must not be missed by a rounding.
        left, ends = 1 - share + 1e-12, range(1, len(self._ended) + 1)
        return bisect_left(ends, True, key=lambda count: self._at(count)[0] <= left)

    def quantile(self, share: float) -> int | None:
        """By when that share of all will have ended; None where it is not reached."""
        reached = self.reached(share)
        return self._ended[reached] if reached < len(self._ended) else None

    def interval(self, share: float) -> tuple[int, int | None] | None:
        """Between which durations that share of all will have ended. The upper end is None where it is beyond what was
        seen; all of it is None where the lower end is, too.

        The ends are where the curve's own interval (Greenwood's, by the log of minus the log, as Brookmeyer and Crowley
        turn it round) comes down to what is left.
        """
        lower = bisect_left(range(self._last), True, key=lambda place: self._end(place, 1) <= 1 - share)
        if lower == self._last:
            return None
        # The lower end of the curve falls all the time, the upper one may rise where few are left: it is followed.
        place = max(lower, min(self.reached(share), self._last))
        while place < self._last:
            if self._end(place, -1) <= 1 - share:
                return self._ended[lower], self._ended[place]
            place = bisect_right(self._ended, self._ended[place], place)
        return self._ended[lower], None

    def _end(self, place: int, sign: int) -> float:
        alive, variance = self._at(bisect_right(self._ended, self._ended[place], place))
        return math.pow(alive, math.exp(sign * _Z * math.sqrt(variance) / -math.log(alive)))

    def median_interval(self) -> Interval | None:
        """The interval of the median; None where one of its ends is not known."""
        found = self.interval(0.5)
        return None if found is None or found[1] is None else (found[0], found[1])


def _after(ends: int, at_risk: int, alive: float, variance: float) -> tuple[float, float]:
    """What is left, and Greenwood's sum, once so many of those at risk have ended, with nobody leaving between."""
    if not ends:
        return alive, variance
    left = at_risk - ends
    return alive * left / at_risk, variance + ends / (at_risk * left) if left else math.inf


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


@dataclass(frozen=True, slots=True)
class Shift:
    """How a group stands to the rest (Mann and Whitney)."""

    longer: float
    """The chance that a value of the group is larger than one of the rest, ties counting half: 0.5 is no difference."""
    p: float
    n: int
    """Of the group."""


class Ranks:
    """Values by their ranks among all, those of ties in the middle; and how groups of them stand to each other."""

    def __init__(self, values: Sequence[int]) -> None:
        ranks: dict[int, float] = {}
        below, ties = 0, 0
        for value, same in groupby(sorted(values)):
            count = sum(1 for _ in same)
            ranks[value] = below + (count + 1) / 2
            below += count
            ties += count**3 - count
        self._ranks = array("d", map(ranks.__getitem__, values))
        self._ties = ties

    def _sums(self, groups: Iterable[int]) -> RankSums[int]:
        """By group."""
        counts = Counter(groups)
        sums = dict.fromkeys(counts, 0.0)
        for group, rank in zip(groups, self._ranks, strict=True):
            sums[group] += rank
        return RankSums({group: (sums[group], count) for group, count in counts.items()}, self._ties)

    def spread(self, groups: Sequence[int]) -> Spread | None:
        """The spread between groups, of which that of each value is given; see RankSums."""
        return self._sums(groups).spread()

    def shifts(self, groups: Sequence[int]) -> dict[int, Shift]:
        """How each group stands to the rest; see RankSums."""
        return self._sums(groups).shifts()


_Group = TypeVar("_Group")


@dataclass(frozen=True, slots=True)
class RankSums(Generic[_Group]):
    """The ranks of values among all, those of ties in the middle, added up by group."""

    sums: Mapping[_Group, tuple[float, int]]
    """By group the sum of the ranks, and how many there are."""
    ties: int
    """The sum of n³ - n over the values, each of which occurs n times."""

    @property
    def _n(self) -> int:
        return sum(count for _, count in self.sums.values())

    @property
    def _correction(self) -> float:
        n = self._n
        return 1 - self.ties / (n**3 - n) if n > 1 else 0.0

    def spread(self) -> Spread | None:
        """The spread between groups; None with fewer than two groups or three values, or where all are the same."""
        n = self._n
        if len(self.sums) < 2 or n < 3 or self._correction == 0:
            return None
        # Added up such that the order of the groups does not matter.
        h = 12 / (n * (n + 1)) * math.fsum(total**2 / count for total, count in self.sums.values()) - 3 * (n + 1)
        h /= self._correction
        return Spread(max(0.0, h / (n - 1)), chi_squared_tail(h, len(self.sums) - 1), n)

    def shifts(self) -> dict[_Group, Shift]:
        """How each group stands to the rest; none where there is no rest or all values are the same."""
        n = self._n
        if len(self.sums) < 2 or self._correction == 0:
            return {}
        found = {}
        for group, (total, count) in self.sums.items():
            wins, pairs = total - count * (count + 1) / 2, count * (n - count)
            deviation = math.sqrt(pairs * (n + 1) / 12 * self._correction)
            distance = max(abs(wins - pairs / 2) - 0.5, 0.0)
            found[group] = Shift(wins / pairs, math.erfc(distance / deviation / math.sqrt(2)), count)
        return found


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
