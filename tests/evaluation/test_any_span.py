"""Every report of random tickets, zones and spans, against figures that are counted here, from `evaluate` and from the
events, of exactly the tickets that the span has.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import mean
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replyclock import evaluate
from replyclock.domain.events import AnyEvent, event_document, parse_event
from replyclock.domain.figures import ticket_figures
from replyclock.domain.instants import DAY, MINUTE, SECOND, day_of, format_instant, from_datetime, parse_instant
from replyclock.domain.policy import METRICS, read_policy
from replyclock.domain.report import COHORTS, Asked
from replyclock.domain.staffing import Effort
from replyclock.reporting_sql.distribution import EDGES
from tests.adapters.backends import moto_in_process
from tests.evaluation import on_tickets as reports
from tests.service.house import House

POLICY = """\
policy: any
version: 1
effective_from: 2026-01-01T00:00:00Z
pause_in: {next_response: [pending]}
calendars:
  office: {timezone: Europe/Berlin, hours: {mon: ["08:00-18:00"], tue: ["08:00-18:00"], sat: ["10:00-12:00"]}}
standards:
  - {name: vip, when: {tier: vip}, targets: {first_response: 30m, next_response: 1h, resolution: 6h}}
  - {name: office, when: {tier: regular}, calendar: office, targets: {first_response: 2h, total_response: 10h}}
"""
READ = read_policy([POLICY])
HOUR = 60 * MINUTE
START = parse_instant("2026-03-05T00:00:00Z")
"""New York changes its clocks three days later, Berlin three weeks later."""
AT = START + 9 * DAY
ZONES = ("UTC", "America/New_York", "Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe")
CUSTOMER, AGENTS = {"kind": "customer", "id": "c"}, ("a", "b")
EFFORT = Effort(600 * SECOND)
BANDS = (60, 900, 3600, 4 * 3600, 86400)

Ticket = list[AnyEvent]


def random_tickets(seed: int, count: int = 16) -> list[Ticket]:
    """Tickets of a week, with follow-ups, reopenings, ratings, mergers and deletions; some are not over."""
    chance = random.Random(seed)
    return [_random_ticket(chance, str(number)) for number in range(count)]


def _random_ticket(chance: random.Random, name: str) -> Ticket:
    at = START + chance.randrange(7 * 24 * 4) * 15 * MINUTE + chance.choice([0, 0, 1])
    tenant = chance.choice(["acme", "acme", "beta"])
    told: list[dict[str, Any]] = []

    def tell(type_: str, actor: dict[str, str], **fields: Any) -> None:
        common = {"id": f"{len(told)}", "ticket": name, "tenant": tenant, "source": "desk", "sequence": len(told)}
        told.append({**common, "type": type_, "occurred_at": format_instant(at), "actor": actor, **fields})

    def text() -> dict[str, str]:
        return {"id": f"m{len(told)}", "visibility": "public"}

    attributes = {"channel": chance.choice(["email", "chat"]), "tier": chance.choice(["vip", "regular", "gold"])}
    opening: dict[str, Any] = {"attributes": attributes, "message": text()}
    if chance.random() < 0.1:
        opening["status"] = "solved"
    agent = {"kind": "agent", "id": chance.choice(AGENTS)}
    tell("ticket.created", chance.choice([CUSTOMER] * 9 + [agent]), **{"requester": "c", **opening})
    for _ in range(chance.randrange(9)):
        at += round(chance.lognormvariate(0, 1.2) * HOUR)
        match chance.randrange(10):
            case 0 | 1 | 2:
                tell("message.added", agent, message=text())
            case 3 | 4:
                tell("message.added", CUSTOMER, message=text())
            case 5 | 6:
                tell("status.changed", agent, status=chance.choice(["open", "pending", "solved", "closed"]))
            case 7:
                tell("assignment.changed", agent, assignee=agent["id"], group=chance.choice(["one", "two"]))
            case 8:
                tell("rating.given", CUSTOMER, rating=chance.randrange(1, 6))
            case _ if chance.random() < 0.4:
                tell(chance.choice(["ticket.merged", "ticket.deleted"]), agent, into="1")
    return [parse_event(one) for one in told if parse_instant(one["occurred_at"]) <= AT]


# What is counted here, in the plainest way. A ticket is its result, as `evaluate` gives it, and what its events tell
# besides: when it was rated, and when it was in the backlog.


class Counted:
    def __init__(self, events: Ticket) -> None:
        (self.result,) = evaluate(map(event_document, events), [POLICY], format_instant(AT))
        self.created = parse_instant(self.result["created_at"])
        self.backlog: list[tuple[int, int | None]] = []
        self.rated_at: int | None = None
        since: int | None = None
        for event in events:  # they come in order
            resolved = getattr(event, "status", None) in ("solved", "closed")
            if event.type in ("ticket.created", "status.changed"):
                if since is None and not resolved:
                    since = event.occurred_at
                elif since is not None and resolved:
                    self.backlog.append((since, event.occurred_at))
                    since = None
            elif event.type == "rating.given":
                self.rated_at = event.occurred_at
            elif event.type in ("ticket.merged", "ticket.deleted"):
                if since is not None:
                    self.backlog.append((since, event.occurred_at))
                since = None
                break
        if since is not None:
            self.backlog.append((since, None))

    def open_at(self, instant: int) -> bool:
        return any(begin <= instant and (end is None or instant < end) for begin, end in self.backlog)

    def clocks(self, metric: str) -> list[dict[str, Any]]:
        never_ran = ("created_closed", "agent_initiated")
        return [one for one in self.result["clocks"] if one["metric"] == metric and one["reason"] not in never_ran]

    def value(self, name: str, zone: str) -> str | None:
        local = datetime.fromtimestamp(self.created / SECOND, ZoneInfo(zone))
        match name:
            case "group":
                found: str | None = self.result["group"]
            case "agent":
                found = self.result["assignee"]
            case "standard":
                found = next((one["standard"] for one in self.clocks("first_response")), None)
            case "hour_of_week":
                found = f"{local:%a} {local.hour:02}".lower()
            case "weekday":
                found = f"{local:%a}".lower()
            case _:
                found = self.result["attributes"].get(name)
        return found


def instant(text: str | None) -> int | None:
    return None if text is None else parse_instant(text)


def within(at: int | None, begin: int, end: int) -> bool:
    return at is not None and begin <= at < end


def nearest_rank(values: list[float], percent: int) -> float | None:
    return sorted(values)[-(-len(values) * percent // 100) - 1] if values else None


def is_seen(clock: dict[str, Any]) -> bool:
    """Whether its end was seen: what was solved unanswered had no response time."""
    wanted = ("reply",) if clock["metric"] == "first_response" else ("reply", "solve")
    return clock["stopped_by"] in wanted


def clock_figures(tickets: list[Counted], metric: str, cohort: str, begin: int, end: int) -> dict[str, Any]:
    """Of the tickets created in the span, or by event of what stopped and what was breached in it."""
    if cohort == "creation":
        ended = broken = [one for of in tickets if within(of.created, begin, end) for one in of.clocks(metric)]
    else:
        clocks = [one for of in tickets for one in of.clocks(metric)]
        ended = [one for one in clocks if within(instant(one["stopped_at"]), begin, end)]
        broken = [one for one in clocks if within(instant(one["breached_at"]), begin, end)]
    seen = [one for one in ended if is_seen(one)]
    late = [one for one in broken if one["state"] == "breached"]
    kept = sum(one["state"] == "met" for one in ended)
    return {
        "n": len(seen),
        "censored": len(ended) - len(seen) if cohort == "creation" else 0,
        "kept": kept,
        "broken": sum(one["stopped_at"] is not None for one in late),
        "overdue": sum(one["stopped_at"] is None for one in late),
        "compliance": kept / (kept + len(late)) if kept + len(late) else None,
        **{
            f"{name}_seconds": nearest_rank([one["seconds"] for one in seen], percent)
            for name, percent in (("median", 50), ("percentile_90", 90), ("percentile_95", 95))
        },
        "business_median": nearest_rank([one["business_seconds"] for one in seen], 50),
    }


def counted(tickets: list[Counted], cohort: str, begin: int, end: int) -> dict[str, Any]:
    """What `report.summary` says of the tickets."""
    here = [one for one in tickets if within(one.created, begin, end)]

    def chosen(at: Callable[[Counted], int | None]) -> list[Counted]:
        if cohort == "creation":
            return [one for one in here if at(one) is not None]
        return [one for one in tickets if within(at(one), begin, end)]

    resolved = chosen(lambda one: instant(one.result["resolved_at"]))
    first_resolved = chosen(lambda one: instant(one.result["first_resolved_at"]))
    rated = chosen(lambda one: one.rated_at)
    at_end = sum(one.open_at(min(end, AT)) for one in tickets)
    return {
        "tickets": {
            "created": len(here),
            "resolved": len(resolved),
            "first_resolved": len(first_resolved),
            "open": sum(one.open_at(AT) for one in here) if cohort == "creation" else at_end,
            "backlog_begin": sum(one.open_at(begin) for one in tickets),
            "backlog_end": at_end,
        },
        "clocks": {metric: clock_figures(tickets, metric, cohort, begin, end) for metric in METRICS},
        "reopen_rate": _share(sum(one.result["counts"]["reopens"] > 0 for one in first_resolved), len(first_resolved)),
        "replies_per_ticket": mean(one.result["counts"]["replies"] for one in resolved) if resolved else None,
        "one_touch_share": _share(
            sum(one.result["counts"]["replies"] == 1 and not one.result["counts"]["reopens"] for one in resolved),
            len(resolved),
        ),
        "ratings": len(rated),
        "mean": mean(one.result["rating"] for one in rated) if rated else None,
        "response_rate": _share(sum(one.result["rating"] is not None for one in first_resolved), len(first_resolved)),
        "by_response_time": _by_band(rated),
    }


def _share(count: int, total: int) -> float | None:
    return count / total if total else None


def _by_band(rated: list[Counted]) -> list[int]:
    times = [one["seconds"] for of in rated for one in of.clocks("first_response") if one["stopped_by"] == "reply"]
    bounds = [-1, *BANDS, float("inf")]
    return [sum(low < time <= high for time in times) for low, high in pairwise(bounds)]


def told(document: dict[str, Any]) -> dict[str, Any]:
    """The same of a report's document."""
    satisfaction = document["satisfaction"]
    return {
        "tickets": document["tickets"],
        "clocks": {metric: told_clocks(of) for metric, of in document["clocks"].items()},
        **{name: document[name] for name in ("reopen_rate", "replies_per_ticket", "one_touch_share")},
        **{name: satisfaction[name] for name in ("ratings", "mean", "response_rate")},
        "by_response_time": [row["n"] for row in satisfaction["by_response_time"]],
    }


def told_clocks(of: dict[str, Any]) -> dict[str, Any]:
    names = ("n", "censored", "kept", "broken", "overdue", "compliance")
    times = ("median_seconds", "percentile_90_seconds", "percentile_95_seconds")
    return {**{name: of[name] for name in (*names, *times)}, "business_median": of["business"]["median_seconds"]}


def days_of(begin: int, end: int, zone: str) -> Iterator[tuple[int, int]]:
    """The parts of the local days that lie in a span."""
    day = datetime.fromtimestamp(begin / SECOND, ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    while begin < end:
        day += timedelta(days=1)
        until = min(from_datetime(day.replace(fold=0)), end)
        yield begin, until
        begin = until


def check(tickets: list[Counted], read: Callable[[str, dict[str, Any]], dict[str, Any]], asked: Asked) -> None:
    """All reports of a span. `read` answers as the API does, by a report's name and its options."""
    begin, end, zone = asked.begin, asked.end, asked.zone
    here = [one for one in tickets if within(one.created, begin, end)]

    summary = read("summary", {"cohort": asked.cohort})
    assert told(summary["total"]) == counted(tickets, asked.cohort, begin, end)
    assert told(summary["before"]) == counted(tickets, asked.cohort, 2 * begin - end, begin)
    for by in (("channel",), ("standard", "group"), ("hour_of_week",), ("agent", "weekday")):
        groups = read("summary", {"by": ",".join(by), "cohort": asked.cohort})["groups"]
        of: dict[tuple[str | None, ...], list[Counted]] = {}
        for one in tickets:
            of.setdefault(tuple(one.value(name, zone) for name in by), []).append(one)
        nothing = counted([], asked.cohort, begin, end)
        expected = {group: counted(some, asked.cohort, begin, end) for group, some in of.items()}
        found = {tuple(one["group"][name] for name in by): told(one) for one in groups}
        assert {name: one for name, one in expected.items() if one != nothing} == {
            name: one for name, one in found.items() if one != nothing
        }

    for metric in METRICS:
        points = read("trends", {"metric": metric})["points"]
        parts = [part for part in days_of(begin, end, zone) if part[0] < AT]
        assert [(parse_instant(one["from"]), parse_instant(one["to"])) for one in points] == parts
        for point, (since, until) in zip(points, parts, strict=True):
            whole = counted(tickets, "creation", since, until)
            assert told_clocks(point) == whole["clocks"][metric]
            named = {name: point[name] for name in ("created", "resolved", "first_resolved", "backlog_end")}
            assert named == {name: whole["tickets"][name] for name in named}
            assert point["ratings"] == whole["ratings"]

        clocks = [(one.value("channel", zone), clock) for one in here for clock in one.clocks(metric)]
        groups = read("distribution", {"metric": metric, "by": "channel"})["groups"]
        assert {one["group"]["channel"]: (sum(one["counts"]), one["censored"]) for one in groups} == {
            name: (
                sum(of == name and is_seen(clock) for of, clock in clocks),
                sum(of == name and not is_seen(clock) for of, clock in clocks),
            )
            for name in {of for of, _ in clocks}
        }
        edges = [edge / SECOND for edge in EDGES] + [float("inf")]
        for one in groups:
            times = [clock["seconds"] for of, clock in clocks if of == one["group"]["channel"] if is_seen(clock)]
            assert one["counts"] == [
                sum(low < time <= high or time == low == 0 for time in times) for low, high in pairwise(edges)
            ]

    arrivals = {
        one["channel"]: {hour["hour_of_week"]: hour["arrivals"] for hour in one["hours"] if hour["arrivals"]}
        for one in read("staffing", {})["channels"]
    }
    assert arrivals == {
        channel: Counter(one.value("hour_of_week", zone) for one in here if one.value("channel", zone) == channel)
        for channel in {one.value("channel", zone) for one in here}
    }

    causes = read("causes", {})
    assert causes["tickets"] == len(here)
    for metric in ("first_response", "resolution"):
        times = [clock["seconds"] for one in here for clock in one.clocks(metric) if is_seen(clock)]
        measure = causes["measures"][metric]
        assert (measure["n"], measure["median_seconds"]) == (len(times), nearest_rank(times, 50))
    assert causes["time"]["total"]["tickets"] == len(here)

    started = [
        (one["standard"], one["metric"], one["state"])
        for of in tickets
        for one in of.result["clocks"]
        if within(parse_instant(one["started_at"]), begin, end) and one["standard"] is not None
    ]
    for one in read("advice", {})["standards"]:
        name = (one["standard"], one["metric"])
        assert one["n"] + one["censored"] == sum(of[:2] == name for of in started)
        assert one["kept"] == sum(of == (*name, "met") for of in started)
        assert one["broken"] + one["overdue"] == sum(of == (*name, "breached") for of in started)


def _asked(first: int, length: int, zone: str, cohort: Any) -> Asked:
    """A span of so many quarters of local days, so that days of the zone lie across days of UTC and parts of both."""
    local = datetime.fromtimestamp(START / SECOND, ZoneInfo(zone)).replace(hour=0)
    begin, end = (from_datetime(local + timedelta(hours=6 * quarters)) for quarters in (first, first + length))
    return Asked(begin, end, zone, (), cohort, AT)


spans = st.builds(
    _asked,
    st.integers(-2, 30),
    st.integers(1, 24),
    st.sampled_from(ZONES),
    st.sampled_from(COHORTS),
)


@given(st.integers(0, 2**32), spans)
@settings(max_examples=15, deadline=None)
def test_every_report_is_of_exactly_the_tickets_of_the_span(seed: int, asked: Asked) -> None:
    events = random_tickets(seed)
    figures = [one for one in (ticket_figures(of, READ, AT) for of in events) if one is not None]

    def read(report: str, options: dict[str, Any]) -> dict[str, Any]:
        by = tuple(options.get("by", "").split(",")) if options.get("by") else ()
        given = Asked(asked.begin, asked.end, asked.zone, by, options.get("cohort", "creation"), AT)
        extra: tuple[Any, ...] = {
            "trends": ("day", options.get("metric")),
            "distribution": (options.get("metric"),),
            "staffing": (READ, EFFORT),
            "advice": (READ,),
        }.get(report, ())
        found: dict[str, Any] = getattr(reports, report)(figures, given, *extra)
        return found

    check([Counted(of) for of in events], read, asked)


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[House, list[Counted]]]:
    """Tickets whose days were built, and what is counted of them here."""
    events = random_tickets(7, 40)
    with moto_in_process():
        house = House()
        house.now.at = START - DAY
        house.publish_policy(POLICY)
        house.now.at = AT
        for of in events:
            house.told(*of)
            house.days.touch(of[0].key, day_of(of[0].occurred_at), AT)
        house.compile(AT + DAY)
        yield house, [Counted(of) for of in events]


# Days of the zone in full, in parts of days of UTC; these read sums of whole days beside the tickets of the others.
@pytest.mark.parametrize(
    ("first", "length", "zone"), [(8, 4, "UTC"), (8, 4, "America/New_York"), (9, 13, "Asia/Kathmandu")]
)
def test_the_api_answers_so_from_the_days_that_are_kept(
    served: tuple[House, list[Counted]], first: int, length: int, zone: str
) -> None:
    house, tickets = served
    asked = _asked(first, length, zone, "creation")

    def read(report: str, options: dict[str, Any]) -> dict[str, Any]:
        span = {"from": format_instant(asked.begin), "to": format_instant(asked.end), "zone": zone}
        found = house.reports(report, {**span, **options})
        assert found is not None
        return found

    check(tickets, read, asked)
