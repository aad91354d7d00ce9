"""The figures, against scipy and lifelines, which are nothing of ours."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from lifelines.utils import median_survival_times
from scipy import stats

from replyclock.domain.statistics import (
    Ranks,
    Shift,
    Spread,
    Survival,
    agents_needed,
    answered_within,
    chi_squared_tail,
    difference_interval,
    holm,
    mean_interval,
    median_interval,
    percentile,
    share_interval,
    waiting_chance,
)

VALUES = st.lists(st.integers(0, 40), min_size=1, max_size=60)


def test_a_percentile_is_a_value_that_occurred() -> None:
    assert percentile([], 50) is None
    assert [percentile([7], percent) for percent in (1, 50, 100)] == [7, 7, 7]
    assert [percentile([1, 2, 3, 4], percent) for percent in (25, 26, 50, 51, 90, 100)] == [1, 2, 2, 3, 4, 4]


@given(st.lists(st.integers(0, 10**12), min_size=1), st.integers(1, 100))
def test_a_percentile_is_the_smallest_that_so_many_do_not_exceed(values: list[int], percent: int) -> None:
    ordered = sorted(values)
    found = percentile(ordered, percent)
    assert found in ordered
    assert sum(value <= found for value in ordered) * 100 >= percent * len(ordered)
    assert sum(value < found for value in ordered) * 100 < percent * len(ordered)


@pytest.mark.parametrize("n", [6, 7, 10, 30, 31, 100, 999, 1000, 5000])
def test_the_interval_of_a_median_is_as_sure_as_it_says_and_no_wider_than_that(n: int) -> None:
    interval = median_interval(range(n))
    assert interval is not None
    low, high = (round(end) for end in interval)
    assert low + high == n - 1

    def sure(rank: int) -> float:
        return float(1 - 2 * stats.binom.cdf(rank, n, 0.5))

    assert sure(low) >= 0.95 - 1e-9 if n < 1000 else 0.949
    assert sure(low + 2) < 0.95


def test_the_median_of_few_is_not_sure_at_all() -> None:
    assert median_interval(range(5)) is None


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_of_a_share_is_wilsons(given_: tuple[int, int]) -> None:
    count, total = given_
    theirs = stats.binomtest(count, total).proportion_ci(method="wilson")
    assert share_interval(count, total) == pytest.approx((theirs.low, theirs.high), abs=1e-9)
    assert share_interval(0, 0) is None


def test_a_difference_of_shares_is_newcombes() -> None:
    # Newcombe's own example (1998): 56 of 70 against 48 of 80.
    first, second = share_interval(56, 70), share_interval(48, 80)
    assert first is not None
    assert second is not None
    low, high = difference_interval(56 / 70, first, 48 / 80, second)
    assert (round(low, 4), round(high, 4)) == (0.0524, 0.3339)


def survival(durations: list[tuple[int, bool]]) -> Survival:
    """Of durations with whether their end was seen."""
    return Survival(*(sorted(one for one, ended in durations if ended == seen) for seen in (True, False)))


@given(st.lists(st.tuples(st.integers(1, 50), st.booleans()), min_size=1, max_size=60), st.sampled_from([0.5, 0.9]))
def test_survival_is_kaplan_and_meiers(durations: list[tuple[int, bool]], share: float) -> None:
    fitted = KaplanMeierFitter().fit([one for one, _ in durations], [seen for _, seen in durations])
    curve = fitted.survival_function_["KM_estimate"]
    reached = [time for time, alive in curve.items() if alive <= 1 - share + 1e-9]
    assert survival(durations).quantile(share) == (reached[0] if reached else None)


@given(st.lists(st.tuples(st.integers(1, 50), st.booleans()), min_size=1, max_size=60))
def test_the_interval_of_a_surviving_median_is_where_the_curves_own_comes_down(
    durations: list[tuple[int, bool]],
) -> None:
    fitted = KaplanMeierFitter().fit([one for one, _ in durations], [seen for _, seen in durations])
    # Where the curve is at nought, how sure it is cannot be told.
    curves = fitted.confidence_interval_[fitted.survival_function_["KM_estimate"] > 0]
    low, high = (median_survival_times(curves[name]) if len(curves) else math.inf for name in curves)
    assert survival(durations).median_interval() == (None if math.inf in (low, high) else (low, high))


@given(st.lists(st.integers(-20, 20), min_size=2, max_size=60))
def test_the_interval_of_a_mean(values: list[int]) -> None:
    found = mean_interval(len(values), sum(values), sum(value**2 for value in values))
    mean, error = sum(values) / len(values), float(stats.sem(values))
    assert found == pytest.approx((mean - 1.9599639845 * error, mean + 1.9599639845 * error), abs=1e-9)
    assert mean_interval(1, 3, 9) is None


def test_where_all_ends_were_seen_survival_is_the_plain_median() -> None:
    values = [5, 1, 9, 3]
    assert Survival(sorted(values), []).quantile(0.5) == percentile(sorted(values), 50)


def spread_between(groups: list[list[int]]) -> Spread | None:
    ranks = Ranks([value for group in groups for value in group])
    return ranks.spread([number for number, group in enumerate(groups) for _ in group])


def shift_from(group: list[int], rest: list[int]) -> Shift | None:
    return Ranks([*group, *rest]).shifts([0] * len(group) + [1] * len(rest)).get(0)


@given(st.lists(VALUES, min_size=2, max_size=5))
def test_the_spread_between_groups_is_kruskal_and_wallis(groups: list[list[int]]) -> None:
    ours = spread_between(groups)
    everything = [value for group in groups for value in group]
    if len(set(everything)) < 2 or len(everything) < 3:
        assert ours is None
        return
    theirs = stats.kruskal(*groups)
    assert ours is not None
    assert ours.p == pytest.approx(theirs.pvalue, abs=1e-9)
    assert ours.effect == pytest.approx(theirs.statistic / (len(everything) - 1), abs=1e-9)


def test_one_group_has_no_spread() -> None:
    assert spread_between([[1, 2, 3], []]) is None


@given(VALUES, VALUES)
def test_a_shift_is_mann_and_whitneys(group: list[int], rest: list[int]) -> None:
    ours = shift_from(group, rest)
    if len({*group, *rest}) < 2:
        assert ours is None
        return
    theirs = stats.mannwhitneyu(group, rest, method="asymptotic")
    assert ours is not None
    assert ours.longer == pytest.approx(theirs.statistic / (len(group) * len(rest)))
    assert ours.p == pytest.approx(min(theirs.pvalue, 1.0), abs=1e-9)


@given(st.floats(0, 200), st.integers(1, 60))
def test_the_tail_of_chi_squared(value: float, freedom: int) -> None:
    assert chi_squared_tail(value, freedom) == pytest.approx(float(stats.chi2.sf(value, freedom)), rel=1e-9, abs=1e-12)


@given(st.lists(st.floats(0, 1), max_size=20))
def test_holms_correction_keeps_the_order_and_never_helps(ps: list[float]) -> None:
    corrected = holm(ps)
    assert all(after >= before for before, after in zip(ps, corrected, strict=True))
    assert sorted(range(len(ps)), key=lambda i: (ps[i], i)) == sorted(
        range(len(ps)), key=lambda i: (corrected[i], ps[i], i)
    )


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


def test_erlang_c_against_its_definition() -> None:
    for agents, load in ((1, 0.5), (5, 4.0), (12, 10.0), (40, 33.3)):
        terms = [load**k / math.factorial(k) for k in range(agents)]
        last = load**agents / math.factorial(agents) * agents / (agents - load)
        assert waiting_chance(agents, load) == pytest.approx(last / (sum(terms) + last))
    assert (waiting_chance(3, 3.0), waiting_chance(3, 0.0)) == (1.0, 0.0)


def test_erlang_c_against_a_simulated_queue() -> None:
    chance = random.Random(5)
    agents, load, handling, target = 4, 3.0, 180.0, 60.0
    free = [0.0] * agents
    now, waits = 0.0, []
    for _ in range(100_000):
        now += chance.expovariate(load / handling)
        first = min(range(agents), key=free.__getitem__)
        begin = max(now, free[first])
        free[first] = begin + chance.expovariate(1 / handling)
        waits.append(begin - now)
    within = sum(wait <= target for wait in waits) / len(waits)
    assert answered_within(agents, load, target, handling) == pytest.approx(within, abs=0.02)


@given(st.floats(0, 80), st.floats(1, 3600), st.floats(10, 3600), st.sampled_from([0.5, 0.8, 0.95]))
def test_as_few_agents_as_are_needed(load: float, target: float, handling: float, share: float) -> None:
    agents = agents_needed(load, target, handling, share)
    if load == 0:
        assert agents == 0
        return
    assert answered_within(agents, load, target, handling) >= share
    assert answered_within(agents - 1, load, target, handling) < share
