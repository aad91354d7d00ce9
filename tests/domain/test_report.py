"""The figures of reports, each against pandas and lifelines over what the sample's own author knows of it."""

from __future__ import annotations

import math
import random
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from lifelines import KaplanMeierFitter
from lifelines.utils import median_survival_times
from scipy import stats

from replyclock.domain.errors import InvalidInput
from replyclock.domain.events import AnyEvent, parse_event
from replyclock.domain.figures import TicketFigures, ticket_figures
from replyclock.domain.instants import SECOND, format_instant, parse_instant
from replyclock.domain.policy import DEFAULT_POLICY, read_policy
from replyclock.domain.report import COHORTS, Asked, Cohort, read_bound
from replyclock.domain.reporting.facts import ATTRIBUTES, DIMENSIONS
from replyclock.domain.reporting.summary import BANDS
from tests.domain.builders import AGENT, CUSTOMER, created, event, instant, message, status
from tests.evaluation.on_tickets import dimension_value, in_backlog, summary

HOUR, DAY, WEEK = 3600, 86400, 7 * 86400
MONDAY = 4 * DAY
POLICY = """\
policy: sample
version: 1
effective_from: 2026-01-01T00:00:00Z
select: first
calendars:
  office: {timezone: UTC, hours: {mon: ["09:00-17:00"], tue: ["09:00-17:00"], wed: ["09:00-17:00"],
                                  thu: ["09:00-17:00"], fri: ["09:00-17:00"]}}
standards:
  - {name: vip, when: {tier: vip}, calendar: office, targets: {first_response: 1h, resolution: 16h}}
  - {name: everybody, when: {tier: [regular, gold]},
     targets: {first_response: 4h, next_response: 6h, resolution: 48h, total_response: 72h}}
"""
TARGETS = {
    "vip": {"first_response": 1, "resolution": 16},
    "regular": {"first_response": 4, "next_response": 6, "resolution": 48, "total_response": 72},
}
TARGETS["gold"] = TARGETS["regular"]
METRICS = ("first_response", "next_response", "resolution", "total_response")

# From a Monday on; New York changes its clocks on 2026-03-08, in the first of the two spans.
START = parse_instant("2026-03-02T00:00:00Z") // SECOND
BEFORE, BEGIN, END = START + 3 * DAY, START + 31 * DAY, START + 59 * DAY
AT = END
LATER = END + 9 * DAY


# The sample: each ticket is a list of steps, (second, what, value), in order.

Step = tuple[int, str, Any]


@dataclass(frozen=True)
class Story:
    number: int
    attributes: dict[str, str]
    steps: list[Step] = field(default_factory=list)

    def until(self, at: int) -> list[Step]:
        steps = [step for step in self.steps if step[0] <= at]
        ends = [i for i, (_, what, _) in enumerate(steps) if what in ("merged", "deleted")]
        return steps[: ends[0] + 1] if ends else steps


@cache
def stories() -> tuple[Story, ...]:
    chance = random.Random(20260302)
    return tuple(_story(chance, number) for number in range(2400))


def _story(chance: random.Random, number: int) -> Story:
    now = chance.randrange(START, END + 5 * DAY)
    channel = chance.choice(["email", "email", "chat", "phone", None])
    tier = chance.choice(["vip", "regular", "regular", "gold", None])
    attributes = {name: value for name, value in (("channel", channel), ("tier", tier)) if value}
    slow = {"email": 4, "chat": 0.3, "phone": 0.1, None: 2}[channel] * HOUR
    steps: list[Step] = [(now, "created", None)]

    def then(mean: float, what: str, value: Any = None) -> None:
        nonlocal now
        now += 1 + int(chance.expovariate(1 / mean))
        steps.append((now, what, value))

    if chance.random() < 0.04:
        return Story(number, attributes, steps)  # nobody ever looks at it
    if chance.random() < 0.01:
        steps.append((now, "reply", None))
    elif chance.random() < 0.05:
        then(3 * slow, "solved")
    else:
        then(slow, "assigned", chance.choice(["anna", "ben", "cleo"]))
        then(slow, "reply")
    if steps[-1][1] != "solved":
        for _ in range(chance.choice([0, 0, 1, 2])):
            then(HOUR, "pending")
            then(9 * HOUR, "customer")
            then(60, "open")
            then(3 * slow, "reply")
        if chance.random() < 0.05:
            then(HOUR, chance.choice(["merged", "deleted"]))
        elif chance.random() < 0.9:
            then(20 * HOUR, "solved")
    if steps[-1][1] == "solved":
        for _ in range(chance.choice([0, 0, 0, 1, 2])):
            then(12 * HOUR, "rated", chance.choice([1, 3, 4, 5, 5]))
        if chance.random() < 0.12:
            then(40 * HOUR, "customer")
            then(60, "open")
            if chance.random() < 0.8:
                then(slow, "reply")
                then(HOUR, "solved")
    return Story(number, attributes, steps)


def _events(story: Story) -> Iterator[AnyEvent]:
    agent = "anna"
    for i, (at, what, value) in enumerate(story.steps):
        base: dict[str, Any] = {"id": f"{story.number}-{i}", "ticket": f"{story.number}"}
        base["occurred_at"] = format_instant(at * SECOND)
        who = {"kind": "agent", "id": agent}
        said = {"message": {"id": f"m{i}", "visibility": "public"}}
        match what:
            case "created":
                told = {"type": "ticket.created", "actor": CUSTOMER, "attributes": story.attributes, **said}
            case "assigned":
                agent = value
                told = {"type": "assignment.changed", "assignee": value}
            case "reply" | "customer":
                told = {"type": "message.added", "actor": who if what == "reply" else CUSTOMER, **said}
            case "rated":
                told = {"type": "rating.given", "actor": CUSTOMER, "rating": value}
            case "merged":
                told = {"type": "ticket.merged", "into": "0"}
            case "deleted":
                told = {"type": "ticket.deleted"}
            case _:
                told = {"type": "status.changed", "actor": CUSTOMER if what == "open" else who, "status": what}
        yield parse_event({**base, **told})


@cache
def sample(at: int) -> tuple[TicketFigures, ...]:
    policy = read_policy([POLICY])
    found = (ticket_figures(_events(story), policy, at * SECOND) for story in stories())
    return tuple(one for one in found if one is not None)


# What the author knows of it.


def office(at: int) -> int:
    """The open seconds of the office from a Monday long ago."""
    weeks, rest = divmod(at - MONDAY, WEEK)
    day, second = divmod(rest, DAY)
    return weeks * 40 * HOUR + min(day, 5) * 8 * HOUR + (min(max(second - 9 * HOUR, 0), 8 * HOUR) if day < 5 else 0)


@cache
def known(at: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A row a ticket, and a row a clock; in seconds."""
    told = [(story, steps) for story in stories() if (steps := story.until(at))]
    tickets = pd.DataFrame([ticket_row(story, steps) for story, steps in told]).set_index("ticket")
    moments = pd.to_datetime(tickets.created, unit="s", utc=True).dt.tz_convert("America/New_York")
    tickets["weekday"] = moments.dt.day_name().str[:3].str.lower()
    tickets["hour"] = moments.dt.strftime("%H")
    clocks = pd.DataFrame([row for story, steps in told for row in clock_rows(story, steps, at)])
    return tickets, clocks.join(tickets[["created", "channel", "tier", "weekday", "hour"]], on="ticket")


def ticket_row(story: Story, steps: list[Step]) -> dict[str, Any]:
    born, solved, replies = steps[0][0], times(steps, "solved"), times(steps, "reply")
    begins = [born, *reopenings(steps)]
    ends = [*solved, steps[-1][0] if is_over(steps) else math.inf][: len(begins)]
    return {
        "ticket": story.number,
        "channel": story.attributes.get("channel"),
        "tier": story.attributes.get("tier"),
        "created": born,
        "resolved": solved[-1] if is_solved(steps) else math.nan,
        "first_resolved": solved[0] if solved else math.nan,
        "still_open": not is_solved(steps) and not is_over(steps),
        "open": list(zip(begins, ends, strict=True)),
        "reopens": len(begins) - 1,
        "replies": len(replies),
        "rating": next((value for _, what, value in reversed(steps) if what == "rated"), math.nan),
        "rated": max(times(steps, "rated"), default=math.nan),
        "first_reply": replies[0] - born if replies and replies[0] <= min(solved, default=math.inf) else math.nan,
    }


def times(steps: list[Step], *kinds: str) -> list[int]:
    return [at for at, what, _ in steps if what in kinds]


def is_over(steps: list[Step]) -> bool:
    return steps[-1][1] in ("merged", "deleted")


def is_solved(steps: list[Step]) -> bool:
    return [what for _, what, _ in steps if what in ("open", "pending", "solved")][-1:] == ["solved"]


def reopenings(steps: list[Step]) -> list[int]:
    return [at for at in times(steps, "open") if is_solved([step for step in steps if step[0] < at])]


def clock_rows(story: Story, steps: list[Step], at: int) -> Iterator[dict[str, Any]]:
    """Each clock by its definition: where it starts, and what it is stopped by."""
    until, solve = steps[-1][0] if is_over(steps) else at, times(steps, "solved")
    answers = {"reply": "reply", "solved": "solve"}
    waiting: int | None = steps[0][0]
    metric = "first_response"
    standing = [(when, what) for when, what, _ in steps if what in ("pending", "open", "solved")]
    spans = [
        (begin, end, what) for (begin, what), (end, _) in zip(standing, [*standing[1:], (until, "")], strict=False)
    ]
    solved = {"first_response": [], "next_response": [(begin, end) for begin, end, what in spans if what == "solved"]}
    for when, what, _ in steps:
        if what == "customer" and waiting is None:
            waiting = when
        elif what in answers and waiting is not None:
            yield clock_row(story, metric, waiting, when, answers[what], solved[metric])
            metric, waiting = "next_response", None
    if waiting is not None and is_solved(steps) and not is_over(steps):
        # Thanks on a solved ticket: the wait is seen up to where it is paused.
        yield clock_row(story, metric, waiting, max(waiting, solve[-1]), None, solved[metric])
    elif waiting is not None:
        yield clock_row(story, metric, waiting, until, "cancelled" if is_over(steps) else None, solved[metric])
    handled = times(steps, "assigned", "reply", "pending", "solved")
    pauses = [(begin, end) for begin, end, what in spans if what != "open"]
    end, by = (solve[-1], "solve") if is_solved(steps) else (until, "cancelled" if is_over(steps) else None)
    for metric, starts in (("resolution", handled), ("total_response", [steps[0][0]])):
        if starts:
            yield clock_row(story, metric, starts[0], end, by, pauses)


def clock_row(story: Story, metric: str, start: int, end: int, by: str | None, pauses: Any) -> dict[str, Any]:
    tier = story.attributes.get("tier", "")
    target = None if by == "cancelled" else TARGETS.get(tier, {}).get(metric)
    opened = office if tier == "vip" and target else int

    def elapsed(to: int) -> int:
        cuts = [(max(begin, start), min(stop, to)) for begin, stop in pauses]
        return opened(to) - opened(start) - sum(opened(stop) - opened(begin) for begin, stop in cuts if begin < stop)

    business = 0 if by == "cancelled" else elapsed(end)  # of what was cancelled the business time is not told
    broken = target is not None and business > target * HOUR
    return {
        "ticket": story.number,
        "metric": metric,
        "start": start,
        "end": end,
        "by": None if by == "cancelled" else by,
        "duration": end - start,
        "business": business,
        "target": target,
        "broken": broken,
        # The first second at which so much has elapsed.
        "broke_at": start + bisect_left(range(end - start), target * HOUR, key=lambda past: elapsed(start + past))
        if broken and target
        else math.nan,
    }


def expected(tickets: pd.DataFrame, clocks: pd.DataFrame, begin: int, end: int, at: int, cohort: str) -> dict[str, Any]:
    """The whole block."""
    creation = cohort == "creation"
    backlog = [
        sum(any(since <= min(when, at) < until for since, until in spans) for spans in tickets.open)
        for when in (begin, end)
    ]
    here = tickets.created.between(begin, end, inclusive="left")

    def of(column: str) -> pd.DataFrame:
        return tickets[here & tickets[column].notna() if creation else tickets[column].between(begin, end, "left")]

    resolved, ever, rated = of("resolved"), of("first_resolved"), of("rated")

    def mean(values: pd.Series[Any]) -> float | None:
        return float(values.mean()) if len(values) else None

    bands = pd.cut(rated.first_reply, [-1, 60, 900, 3600, 14400, 86400, math.inf], labels=False)
    by_band = [rated[bands == i].rating for i in range(6)]
    return {
        "tickets": {
            "created": int(here.sum()),
            "resolved": len(resolved),
            "first_resolved": len(ever),
            "open": int(tickets[here].still_open.sum()) if creation else backlog[1],
            "backlog_begin": backlog[0],
            "backlog_end": backlog[1],
        },
        "clocks": {
            metric: expected_clocks(clocks[clocks.metric == metric], metric, begin, end, creation) for metric in METRICS
        },
        "reopen_rate": mean(ever.reopens > 0),
        "replies_per_ticket": mean(resolved.replies),
        "one_touch_share": mean((resolved.replies == 1) & (resolved.reopens == 0)),
        "satisfaction": {
            "ratings": len(rated),
            "response_rate": mean(ever.rating.notna()),
            "mean": mean(rated.rating),
            "satisfied_share": mean(rated.rating >= 4),
            "by_response_time": [
                {"up_to_seconds": edge, "n": len(band), "mean": mean(band), "satisfied_share": mean(band >= 4)}
                for edge, band in zip([60, 900, 3600, 14400, 86400, None], by_band, strict=True)
            ],
        },
    }


def expected_clocks(clocks: pd.DataFrame, metric: str, begin: int, end: int, creation: bool) -> dict[str, Any]:
    here = clocks.created.between(begin, end, inclusive="left")
    stopped_here = here if creation else clocks.end.between(begin, end, "left")
    broken_here = here if creation else clocks.broke_at.between(begin, end, "left")
    told = clocks.by == "reply" if metric == "first_response" else clocks.by.notna()
    done = clocks[told & stopped_here]
    rest = clocks[~told & here] if creation else clocks[:0]
    kept = int((stopped_here & clocks.by.notna() & clocks.target.notna() & ~clocks.broken).sum())
    broken = int((broken_here & clocks.by.notna() & clocks.broken).sum())
    overdue = int((broken_here & clocks.by.isna() & clocks.broken).sum())
    judged = kept + broken + overdue
    wilson = stats.binomtest(kept, judged).proportion_ci(method="wilson") if judged else None
    return {
        "n": len(done),
        **expected_durations(done.duration, rest.duration, creation),
        "business": expected_durations(done.business, rest.business, creation),
        "censored": len(rest),
        "kept": kept,
        "broken": broken,
        "overdue": overdue,
        "compliance": kept / judged if judged else None,
        "compliance_interval": pytest.approx([wilson.low, wilson.high]) if wilson else None,
    }


def survival_median(seen: Any, rest: Any) -> float | None:
    if not len(seen):
        return None
    curve = fitted(seen, rest).survival_function_["KM_estimate"]
    # A half that is reached exactly must not be missed by a rounding.
    reached = curve.index[curve <= 0.5 + 1e-9]
    return float(reached[0]) if len(reached) else None


def fitted(seen: Any, rest: Any) -> KaplanMeierFitter:
    return KaplanMeierFitter().fit([*seen, *rest], [True] * len(seen) + [False] * len(rest))


def expected_durations(seen: pd.Series[Any], rest: pd.Series[Any], creation: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        f"{name}_seconds": int(np.quantile(seen, share, method="inverted_cdf")) if len(seen) else None
        for name, share in (("median", 0.5), ("percentile_90", 0.9), ("percentile_95", 0.95))
    }
    found["median_interval_seconds"] = None
    if len(seen) >= 6:
        interval = stats.quantile_test(seen, q=0, p=0.5).confidence_interval(0.95)
        # From a thousand values on it is by the normal distribution, a rank or so beside.
        loose = 0.03 if len(seen) >= 1000 else 1e-9
        found["median_interval_seconds"] = pytest.approx([interval.low, interval.high], rel=loose)
    found["kaplan_meier_median_seconds"] = survival_median(seen, rest) if creation else None
    return found


def agree(ours: Any, theirs: Any, path: str = "") -> None:
    """Raises AssertionError, naming the place."""
    if isinstance(theirs, dict):
        assert list(ours) == list(theirs), path
        for name in theirs:
            agree(ours[name], theirs[name], f"{path}.{name}")
    elif isinstance(theirs, list):
        assert len(ours) == len(theirs), path
        for i, one in enumerate(theirs):
            agree(ours[i], one, f"{path}[{i}]")
    else:
        assert ours == (pytest.approx(theirs, rel=1e-12) if isinstance(theirs, int | float) else theirs), path


def asked(at: int = AT, cohort: Cohort = "creation", *by: str, begin: int = BEGIN, end: int = END) -> Asked:
    return Asked(begin * SECOND, end * SECOND, "America/New_York", by, cohort, at * SECOND)


@pytest.mark.parametrize("cohort", ["creation", "event"])
@pytest.mark.parametrize("at", [AT, LATER, END - 9 * DAY], ids=["at its end", "later", "within the span"])
def test_every_figure_is_that_of_pandas_and_lifelines(cohort: Cohort, at: int) -> None:
    found = summary(iter(sample(at)), asked(at, cohort))
    tickets, clocks = known(at)
    assert found["total"]["tickets"]["created"] > 600
    agree(found["total"], expected(tickets, clocks, BEGIN, END, at, cohort))
    agree(found["before"], expected(tickets, clocks, BEFORE, BEGIN, at, cohort))


@pytest.mark.parametrize(("cohort", "by"), [("creation", ("channel",)), ("event", ("channel", "tier"))])
def test_so_are_those_of_every_group(cohort: Cohort, by: tuple[str, ...]) -> None:
    found = summary(sample(AT), asked(AT, cohort, *by))
    tickets, clocks = known(AT)
    assert found["group_by"] == list(by)
    assert len(found["groups"]) == 4 ** len(by)
    for group in found["groups"]:
        mine = [
            np.logical_and.reduce(
                [
                    frame[name].isna() if value is None else frame[name] == value
                    for name, value in group["group"].items()
                ]
            )
            for frame in (tickets, clocks)
        ]
        theirs = expected(tickets[mine[0]], clocks[mine[1]], BEGIN, END, AT, cohort)
        agree({name: value for name, value in group.items() if name != "group"}, theirs, str(group["group"]))
    sizes = [group["tickets"]["created"] for group in found["groups"]]
    assert sizes == sorted(sizes, reverse=True)
    assert sum(sizes) == found["total"]["tickets"]["created"]


@pytest.mark.parametrize("name", ["weekday", "hour"])
def test_days_and_hours_are_those_of_the_zone(name: str) -> None:
    found = summary(sample(AT), asked(AT, "creation", name, begin=START, end=END))
    tickets, _ = known(AT)
    counted = tickets[tickets.created < END][name].value_counts()
    assert {group["group"][name]: group["tickets"]["created"] for group in found["groups"]} == counted.to_dict()


@pytest.mark.parametrize("cohort", ["creation", "event"])
def test_in_whichever_order_tickets_come_a_report_is_the_same(cohort: Cohort) -> None:
    about = asked(AT, cohort, "channel")
    shuffled = random.Random(5).sample(sample(AT), len(sample(AT)))
    assert summary(shuffled, about) == summary(sample(AT), about)


def mover(now: float, now_ends: Any, before: float, before_ends: Any) -> list[float]:
    (low, high), (low_before, high_before) = now_ends, before_ends
    difference = now - before
    return [
        difference - math.sqrt((now - low) ** 2 + (high_before - before) ** 2),
        difference + math.sqrt((high - now) ** 2 + (before - low_before) ** 2),
    ]


def test_medians_by_creation_are_compared_with_what_is_still_open() -> None:
    found = summary(sample(AT), asked())["change"]
    _, clocks = known(AT)
    for metric in METRICS:
        sides = []
        for begin, end in ((BEGIN, END), (BEFORE, BEGIN)):
            mine = clocks[(clocks.metric == metric) & clocks.created.between(begin, end, "left")]
            told = mine.by == "reply" if metric == "first_response" else mine.by.notna()
            seen, rest = mine[told].duration, mine[~told].duration
            ends = median_survival_times(fitted(seen, rest).confidence_interval_).to_numpy()[0]
            sides.append((survival_median(seen, rest), ends, len(seen)))
        (now, now_ends, n), (before, before_ends, n_before) = sides
        assert now is not None and before is not None
        change = found[f"{metric}.median_seconds"]
        assert (change["now"], change["before"], change["n"], change["n_before"]) == (now, before, n, n_before)
        assert change["difference"] == now - before
        assert change["interval"] == pytest.approx(mover(now, now_ends, before, before_ends))


def test_shares_and_means_are_compared_by_their_intervals() -> None:
    found = summary(sample(LATER), asked(LATER, "event"))["change"]
    tickets, _ = known(LATER)
    spans = ((BEGIN, END), (BEFORE, BEGIN))
    rated = [tickets[tickets.rated.between(*span, "left")].rating for span in spans]
    means = [(one.mean(), stats.norm.interval(0.95, one.mean(), stats.sem(one))) for one in rated]
    assert found["satisfaction.mean"]["interval"] == pytest.approx(mover(*means[0], *means[1]))
    ever = [tickets[tickets.first_resolved.between(*span, "left")].reopens > 0 for span in spans]
    shares = [
        (one.mean(), tuple(stats.binomtest(int(one.sum()), len(one)).proportion_ci(method="wilson"))) for one in ever
    ]
    assert found["reopen_rate"]["interval"] == pytest.approx(mover(*shares[0], *shares[1]))
    assert (found["reopen_rate"]["n"], found["reopen_rate"]["n_before"]) == (len(ever[0]), len(ever[1]))


@pytest.mark.parametrize("cohort", ["creation", "event"])
def test_a_team_that_works_as_before_is_neither_better_nor_worse(cohort: Cohort) -> None:
    """The sample's process never changes, though its later tickets have had less time. Of twenty figures one may seem
    to, by chance.
    """
    for at in (AT, LATER):
        verdicts = {name: one["verdict"] for name, one in summary(sample(at), asked(at, cohort))["change"].items()}
        assert sum(one in ("better", "worse") for one in verdicts.values()) <= 1, (at, verdicts)
    at_once = summary(sample(AT), asked(AT, cohort))["change"]
    assert at_once["reopen_rate"]["verdict"] == "too early"
    # Whoever has rated in the span has; of those who came in it, more will.
    rated = "no difference shown" if cohort == "event" else "too early"
    assert at_once["satisfaction.mean"]["verdict"] == rated


def test_recent_tickets_do_not_look_quick_for_being_recent() -> None:
    about = asked(END, begin=END - 3 * DAY, end=END)
    found = summary(sample(END), about)
    change = found["change"]["total_response.median_seconds"]
    now, before = found["total"]["clocks"]["total_response"], found["before"]["clocks"]["total_response"]
    assert now["median_seconds"] < 0.8 * before["median_seconds"]
    assert change["now"] == now["kaplan_meier_median_seconds"] > now["median_seconds"]
    assert change["verdict"] == "no difference shown"
    assert found["change"]["resolution.compliance"]["verdict"] == "too early"


# By hand: small stories of 2026-06-01, under the default policy.

DAY_OF_JUNE = (instant("00:00"), instant("02T00:00"))


def figures(*events: AnyEvent, at: str = "02T00:00") -> TicketFigures:
    found = ticket_figures(events, DEFAULT_POLICY, instant(at))
    assert found is not None
    return found


def june(*tickets: TicketFigures, cohort: Cohort = "creation", at: str = "02T00:00", by: str = "") -> dict[str, Any]:
    return summary(tickets, Asked(*DAY_OF_JUNE, "UTC", (by,) if by else (), cohort, instant(at)))


@pytest.mark.parametrize("cohort", ["creation", "event"])
def test_a_span_with_nothing_in_it(cohort: Cohort) -> None:
    found = june(cohort=cohort, by="tier")
    total = found["total"]
    assert set(total["tickets"].values()) == {0}
    assert {one["n"] for one in total["clocks"].values()} == {0}
    assert total["clocks"]["first_response"]["median_seconds"] is None
    assert total["clocks"]["first_response"]["compliance"] is None
    assert (total["reopen_rate"], total["satisfaction"]["mean"]) == (None, None)
    assert (found["groups"], found["before"]) == ([], total)
    assert {one["verdict"] for one in found["change"].values()} == {"too few"}
    assert [found[name] for name in ("from", "to", "at", "timezone", "cohort")] == [
        "2026-06-01T00:00:00Z", "2026-06-02T00:00:00Z", "2026-06-02T00:00:00Z", "UTC", cohort,
    ]  # fmt: skip


def test_one_ticket() -> None:
    told = figures(
        created(attributes={"tier": "vip"}),
        message("09:10", AGENT),
        status("11:00", "solved"),
        event("rating.given", "12:00", CUSTOMER, rating=4),
    )
    total = june(told)["total"]
    assert total["tickets"] == {
        "created": 1, "resolved": 1, "first_resolved": 1, "open": 0, "backlog_begin": 0, "backlog_end": 0,
    }  # fmt: skip
    first = total["clocks"]["first_response"]
    assert {first[name] for name in ("median_seconds", "percentile_90_seconds", "kaplan_meier_median_seconds")} == {600}
    assert (first["kept"], first["broken"], first["overdue"], first["compliance"]) == (1, 0, 0, 1.0)
    assert first["median_interval_seconds"] is None
    assert total["clocks"]["total_response"]["median_seconds"] == 7200
    assert (total["reopen_rate"], total["replies_per_ticket"], total["one_touch_share"]) == (0.0, 1.0, 1.0)
    assert total["satisfaction"]["response_rate"] == 1.0
    assert [band["n"] for band in total["satisfaction"]["by_response_time"]] == [0, 1, 0, 0, 0, 0]


def test_a_span_has_its_beginning_and_not_its_end() -> None:
    told = [figures(created(time), at="03T00:00") for time in ("00:00", "23:59:59", "02T00:00")]
    for cohort in COHORTS:
        assert june(*told, cohort=cohort, at="03T00:00")["total"]["tickets"]["created"] == 2
    answered = figures(created("23:00"), message("02T00:00", AGENT), at="03T00:00")
    assert june(answered, cohort="event", at="03T00:00")["total"]["clocks"]["first_response"]["n"] == 0


def test_no_time_at_all_is_a_time() -> None:
    total = june(figures(created(), message("09:00", AGENT)), figures(created(), message("09:20", AGENT)))["total"]
    first = total["clocks"]["first_response"]
    assert (first["n"], first["median_seconds"], first["kaplan_meier_median_seconds"]) == (2, 0, 0)
    assert june(figures(created(), message("09:00", AGENT)))["total"]["clocks"]["first_response"]["median_seconds"] == 0


def test_what_is_solved_without_a_reply_has_no_response_time_but_keeps_its_promise() -> None:
    told = figures(created(attributes={"tier": "vip"}), status("09:05", "solved"))
    first = june(told)["total"]["clocks"]["first_response"]
    assert (first["n"], first["median_seconds"], first["censored"], first["kept"]) == (0, None, 1, 1)


def test_open_and_overdue_is_broken_and_open_and_in_time_is_neither() -> None:
    late = figures(created("09:00", attributes={"tier": "vip"}))
    due = figures(created("23:50", attributes={"tier": "vip"}))
    kept = figures(created("09:00", attributes={"tier": "vip"}), message("09:15", AGENT))
    first = june(late, due, kept)["total"]["clocks"]["first_response"]
    assert (first["kept"], first["broken"], first["overdue"], first["compliance"]) == (1, 0, 1, 0.5)
    assert (first["n"], first["censored"]) == (1, 2)


def test_by_event_a_promise_is_broken_on_the_day_it_breaks() -> None:
    answered = figures(created("23:40", attributes={"tier": "vip"}), message("02T01:00", AGENT), at="03T00:00")
    night = figures(created("23:50", attributes={"tier": "vip"}), message("02T01:00", AGENT), at="03T00:00")
    never = figures(created("09:00", attributes={"tier": "vip"}), at="03T00:00")
    first, second = (
        summary(
            (answered, night, never),
            Asked(instant(f"{day:02}T00:00"), instant(f"{day + 1:02}T00:00"), "UTC", (), "event", instant("03T00:00")),
        )["total"]["clocks"]["first_response"]
        for day in (1, 2)
    )
    # Due at 23:55, at 00:05, and at 09:15; the answers came on the second day.
    assert (first["n"], first["broken"], first["overdue"]) == (0, 1, 1)
    assert (second["n"], second["broken"], second["overdue"]) == (2, 1, 0)
    assert (first["kaplan_meier_median_seconds"], second["censored"]) == (None, 0)


def test_a_reopened_ticket_is_open_again_and_counts_as_reopened() -> None:
    told = figures(
        created(), message("09:10", AGENT), status("10:00", "solved"), status("12:00", "open", CUSTOMER), at="02T00:00"
    )
    total = june(told)["total"]
    assert (total["tickets"]["resolved"], total["tickets"]["first_resolved"], total["tickets"]["open"]) == (0, 1, 1)
    assert (total["reopen_rate"], total["one_touch_share"]) == (1.0, None)
    assert [in_backlog(told, instant(time), instant("02T00:00")) for time in (
        "08:59", "09:00", "09:59", "10:00", "11:59", "12:00", "02T00:00", "03T00:00"
    )] == [False, True, True, False, False, True, True, True]  # fmt: skip
    again = figures(
        created(), message("09:10", AGENT), status("10:00", "solved"), status("12:00", "open", CUSTOMER),
        status("13:00", "solved"),
    )  # fmt: skip
    total = june(again)["total"]
    assert (total["tickets"]["resolved"], total["reopen_rate"], total["one_touch_share"]) == (1, 1.0, 0.0)


def test_what_is_solved_at_the_very_instant_is_not_open() -> None:
    told = figures(created(), status("10:00", "solved"), at="10:00")
    assert told.closed_at == instant("10:00")
    assert june(told, at="10:00")["total"]["tickets"]["backlog_end"] == 0


def test_a_merged_ticket_left_the_backlog_and_is_not_resolved() -> None:
    told = figures(created(attributes={"tier": "vip"}), event("ticket.merged", "09:20", AGENT, into="2"))
    total = june(told)["total"]
    assert total["tickets"] == {
        "created": 1, "resolved": 0, "first_resolved": 0, "open": 0, "backlog_begin": 0, "backlog_end": 0,
    }  # fmt: skip
    first = total["clocks"]["first_response"]
    assert (first["n"], first["censored"], first["compliance"]) == (0, 1, None)
    assert june(told, cohort="event")["total"]["clocks"]["first_response"]["censored"] == 0


def test_the_last_rating_of_a_ticket_counts_once() -> None:
    told = figures(
        created(),
        status("10:00", "solved"),
        event("rating.given", "11:00", CUSTOMER, rating=1),
        event("rating.given", "02T11:00", CUSTOMER, rating=5),
        at="03T00:00",
    )
    given = june(told, at="03T00:00")["total"]["satisfaction"]
    assert (given["ratings"], given["mean"], given["satisfied_share"], given["response_rate"]) == (1, 5.0, 1.0, 1.0)
    # Nobody replied, so that it is in no band; and by event the first day has no rating that counts.
    assert {band["n"] for band in given["by_response_time"]} == {0}
    assert june(told, cohort="event", at="03T00:00")["total"]["satisfaction"]["ratings"] == 0


def test_the_ends_of_bands_belong_to_them() -> None:
    edge = BANDS[1] // SECOND
    told = [
        figures(
            created("09:00"),
            message(f"09:{edge // 60 + late // 60:02}:{late % 60:02}", AGENT),
            event("rating.given", "11:00", CUSTOMER, rating=rating),
        )
        for late, rating in ((0, 5), (1, 2))
    ]
    bands = june(*told)["total"]["satisfaction"]["by_response_time"]
    assert [(band["up_to_seconds"], band["n"], band["mean"]) for band in bands[1:3]] == [(900, 1, 5.0), (3600, 1, 2.0)]


def test_a_team_that_gets_slow_is_told_so() -> None:
    told = [
        figures(created(f"{day}T{9 + i // 60:02}:{i % 60:02}"), message(f"{day}T{hour + i // 60}:{i % 60:02}", AGENT),
                at="03T00:00")
        for day, hour in (("01", 10), ("02", 12))
        for i in range(40)
    ]  # fmt: skip
    about = Asked(instant("02T00:00"), instant("03T00:00"), "UTC", (), "creation", instant("03T00:00"))
    change = summary(told, about)["change"]["first_response.median_seconds"]
    assert (change["now"], change["before"], change["difference"], change["verdict"]) == (10800, 3600, 7200, "worse")
    back = Asked(about.begin, about.end, "UTC", (), "event", about.at)
    assert summary(told, back)["change"]["first_response.median_seconds"]["verdict"] == "worse"
    fewer = [one for i, one in enumerate(told) if i >= 11]
    few = summary(fewer, about)["change"]["first_response.median_seconds"]
    assert (few["n"], few["n_before"], few["verdict"]) == (40, 29, "too few")


def test_what_open_tickets_would_still_change_gets_no_verdict() -> None:
    """All are rated 5 on their first day and 1 on the second, but of the second day's a part is still open."""
    for opened, verdict in ((0, "worse"), (2, "worse"), (3, "too early")):
        told = [
            figures(
                created(f"{day}T09:{i:02}"),
                *([] if day == "02" and i < opened else [
                    message(f"{day}T10:{i:02}", AGENT),
                    status(f"{day}T11:{i:02}", "solved"),
                    event("rating.given", f"{day}T12:{i:02}", CUSTOMER, rating=rating),
                ]),
                at="11T00:00",
            )
            for day, rating in (("01", 5), ("02", 1))
            for i in range(50)
        ]  # fmt: skip
        creation, event_ = (
            summary(told, Asked(instant("02T00:00"), instant("03T00:00"), "UTC", (), cohort, instant("11T00:00")))
            for cohort in COHORTS
        )
        assert creation["change"]["satisfaction.satisfied_share"]["verdict"] == verdict
        assert creation["change"]["one_touch_share"]["verdict"] == verdict.replace("worse", "no difference shown")
        # Later ratings are in later spans.
        assert event_["change"]["satisfaction.satisfied_share"]["verdict"] == "worse"
        assert event_["change"]["one_touch_share"]["verdict"] == "no difference shown"


# Hours, days and dimensions.


def at_utc(text: str) -> TicketFigures:
    opening = {"id": "1", "ticket": "1", "type": "ticket.created", "occurred_at": text, "actor": CUSTOMER}
    found = ticket_figures([parse_event(opening)], DEFAULT_POLICY, parse_instant(text) + SECOND)
    assert found is not None
    return found


def test_an_hour_that_happens_twice_counts_both_and_a_skipped_one_has_nothing() -> None:
    def hours(*times: str) -> list[str | None]:
        return [dimension_value(at_utc(time), "hour_of_week", "America/New_York") for time in times]

    assert hours("2026-11-01T04:59:59Z", "2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z", "2026-11-01T07:00:00Z") == [
        "sun 00", "sun 01", "sun 01", "sun 02",
    ]  # fmt: skip
    assert hours("2026-03-08T06:59:59Z", "2026-03-08T07:00:00Z") == ["sun 01", "sun 03"]
    assert hours("2026-06-01T03:30:00Z") == ["sun 23"]


@pytest.mark.parametrize(
    ("text", "zone", "meant"),
    [
        ("2026-06-01", "UTC", "2026-06-01T00:00:00Z"),
        ("2026-03-08", "America/New_York", "2026-03-08T05:00:00Z"),
        ("2026-03-09", "America/New_York", "2026-03-09T04:00:00Z"),
        ("2026-11-02", "America/New_York", "2026-11-02T05:00:00Z"),
        ("2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00Z"),  # midnight is skipped
        ("2026-11-01", "America/Havana", "2026-11-01T04:00:00Z"),  # midnight happens twice
        ("2026-06-01T02:00:00+02:00", "America/New_York", "2026-06-01T00:00:00Z"),
    ],
)
def test_a_day_begins_where_its_zone_says(text: str, zone: str, meant: str) -> None:
    assert format_instant(read_bound("from", text, zone)) == meant


@pytest.mark.parametrize("text", ["2026-02-30", "2026-6-1", "2026-W23-1", "yesterday", "2026-06-01T09:00:00"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"is no date|not an RFC 3339|has no offset"):
        read_bound("from", text, "UTC")


def test_days_beyond_what_can_be_written_are_refused() -> None:
    with pytest.raises(InvalidInput, match="outside of the years"):
        read_bound("from", "0001-01-01", "Asia/Tokyo")


def test_every_dimension() -> None:
    told = figures(
        created(
            "09:30", assignee="anna", group="first line",
            attributes={**{name: name[:2] for name in ATTRIBUTES}, "tier": "vip", "tags": ["outage", "billing"]},
        ),
    )  # fmt: skip
    assert {name: dimension_value(told, name, "Asia/Kolkata") for name in DIMENSIONS} == {
        "channel": "ch", "tier": "vip", "service_type": "se", "priority": "pr", "category": "ca", "complexity": "co",
        "brand": "br", "language": "la", "group": "first line", "agent": "anna", "standard": "vip",
        "weekday": "mon", "hour": "15", "hour_of_week": "mon 15",
    }  # fmt: skip
    assert dimension_value(told, "tags", "UTC") == "billing, outage"
    assert dimension_value(told, "color", "UTC") is None
    nobody = figures(created("09:30", actor=AGENT))
    assert [dimension_value(nobody, name, "UTC") for name in ("channel", "group", "agent", "standard")] == [None] * 4


def test_a_group_without_a_value_comes_last_among_equals() -> None:
    told = [figures(created(attributes=given)) for given in ({"tier": "vip"}, {}, {"tier": "gold"}, {"tier": "gold"})]
    groups = june(*told, by="tier")["groups"]
    assert [(group["group"], group["tickets"]["created"]) for group in groups] == [
        ({"tier": "gold"}, 2), ({"tier": "vip"}, 1), ({"tier": None}, 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"end": BEGIN * SECOND}, "to: "),
        ({"at": BEGIN * SECOND - 1}, "from: "),
        ({"zone": "Europe/Atlantis"}, "zone: there is no time zone Europe/Atlantis"),
        ({"group_by": ("tier", "tier")}, "by: "),
        ({"group_by": ("",)}, "by: "),
        ({"cohort": "neither"}, "cohort: must be one of creation, event"),
    ],
)
def test_what_makes_no_sense_is_refused(changed: dict[str, Any], named: str) -> None:
    sound = {"begin": BEGIN * SECOND, "end": END * SECOND, "zone": "UTC", "group_by": (), "cohort": "creation"}
    with pytest.raises(InvalidInput) as caught:
        Asked(**{**sound, "at": AT * SECOND, **changed})
    assert [str(fault).startswith(named) for fault in caught.value.faults] == [True]
