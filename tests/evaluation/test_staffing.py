"""Staffing: arrivals and work by hour of the week against pandas, agents against Erlang's formula in scipy."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from scipy import stats

from replyclock.domain.errors import InvalidInput
from replyclock.domain.events import TicketCreated, parse_event
from replyclock.domain.figures import TicketFigures, ticket_figures
from replyclock.domain.instants import SECOND, format_instant, parse_instant
from replyclock.domain.policy import DEFAULT_POLICY, Policy, read_policy
from replyclock.domain.report import Asked
from replyclock.domain.staffing import HOURS, Effort
from tests.evaluation.on_tickets import staffing
from tests.evaluation.quarter import BEGIN, END, POLICY, ZONE, quarter, quarter_figures

WHOLE = Asked(BEGIN, END, ZONE, (), "creation", END)
MINUTE, HOUR = 60 * SECOND, 3600 * SECOND
EFFORT = Effort(12 * MINUTE, {"phone": 5 * MINUTE})


def channels(result: dict[str, Any]) -> dict[str | None, dict[str, Any]]:
    return {one["channel"]: one for one in result["channels"]}


def by_hour(channel: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["hour_of_week"]: one for one in channel["hours"]}


def hours_of_week(instants: pd.Series | pd.DatetimeIndex) -> pd.Series:
    local = pd.Series(pd.to_datetime(instants, unit="us", utc=True)).dt.tz_convert(ZONE)
    return local.dt.strftime("%a %H").str.lower()


@pytest.fixture(scope="module")
def arrivals() -> pd.DataFrame:
    """Each ticket with its promise, from the quarter's events and policy as people read them."""
    found = pd.DataFrame(
        {"created": event.occurred_at, "tier": event.attributes["tier"], "channel": event.attributes["channel"]}
        for event in quarter(1).events
        if isinstance(event, TicketCreated)
    )
    found["hour"] = hours_of_week(found.created)
    return found


def lasted() -> pd.Series:
    """How many hours each hour of the week had in the quarter."""
    minutes = pd.date_range("2026-10-01", "2027-01-01", freq="min", tz=ZONE, inclusive="left")
    return minutes.strftime("%a %H").str.lower().value_counts() / 60


def test_arrivals_are_counted_by_hour_of_week_and_channel(arrivals: pd.DataFrame) -> None:
    found = channels(staffing(quarter_figures(1), WHOLE, POLICY, EFFORT))
    assert list(found) == arrivals.channel.value_counts().index.tolist()
    times = lasted()
    # Of thirteen Sundays one had the hour from two to three twice.
    assert (times["sun 02"], times["sun 03"], times["thu 10"]) == (14, 13, 14)
    for name, channel in found.items():
        mine = arrivals[arrivals.channel == name]
        counts = mine.hour.value_counts()
        assert channel["arrivals"] == len(mine)
        assert [one["hour_of_week"] for one in channel["hours"]] == list(HOURS)
        for one in channel["hours"]:
            hours, count = times[one["hour_of_week"]], counts.get(one["hour_of_week"], 0)
            assert (one["hours"], one["arrivals"]) == (hours, count)
            assert one["arrivals_per_hour"] == pytest.approx(count / hours)


def erlang_c(agents: int, load: float) -> float:
    """The chance to wait, by way of the Poisson distribution."""
    none_free = stats.poisson.pmf(agents, load) / (1 - load / agents)
    return float(none_free / (stats.poisson.cdf(agents - 1, load) + none_free))


def agents_for(load: float, target: float, handling: float, share: float) -> int:
    if load == 0:
        return 0
    agents = int(load) + 1
    while stats.expon.sf(target, scale=handling / (agents - load)) * erlang_c(agents, load) > 1 - share:
        agents += 1
    return agents


@pytest.mark.parametrize("share", [0.8, 0.9, 0.99])
def test_agents_are_those_of_erlangs_formula(share: float) -> None:
    result = staffing(
        quarter_figures(1), WHOLE, POLICY, replace(EFFORT, share=share, target_by_channel={"chat": 10 * SECOND})
    )
    targets = {"email": 3600, "social": 3600, "phone": 1800, "chat": 10}
    needed = set()
    for name, channel in channels(result).items():
        handling = 300 if name == "phone" else 720
        assert (channel["target_seconds"], channel["handling_seconds"]) == (targets[str(name)], handling)
        for one in channel["hours"]:
            load = one["work_per_hour"] * handling / 3600
            assert one["load_erlangs"] == pytest.approx(load)
            assert one["agents"] == agents_for(load, targets[str(name)], handling, share)
            low, high = one["agents_interval"]
            assert low <= one["agents"] <= high
            if one["agents"]:
                assert one["answered_share"] >= share
                assert one["busy_share"] == pytest.approx(load / one["agents"])
                assert one["busy_share"] < 1
            needed.add(one["agents"])
    assert {0, 1, 2, 3} <= needed
    assert (channels(result)["chat"]["target_given"], channels(result)["chat"]["standard"]) == (True, None)
    assert (channels(result)["phone"]["target_given"], channels(result)["phone"]["standard"]) == (False, "phone")


def test_work_is_spread_over_the_time_promised(arrivals: pd.DataFrame) -> None:
    """Minute by minute, in pandas: from the creation until due, where the calendar of the promise is open."""
    local = pd.date_range("2026-10-01", "2027-01-08", freq="min", tz=ZONE, inclusive="left")
    closes = pd.Series(local.weekday).map({0: 18, 1: 18, 2: 18, 3: 18, 4: 16, 5: 0, 6: 0}).to_numpy()
    office = (local.hour >= 8) & (local.hour < closes) & ~((local.month == 12) & (local.day == 25))
    labels = local.strftime("%a %H").str.lower()
    opens = pd.Series(range(office.sum()), index=local.as_unit("us").asi8[office])
    office_labels = labels[office]
    found = channels(staffing(quarter_figures(1), WHOLE, POLICY, EFFORT))
    for name in ("email", "phone"):
        work: dict[str, float] = {}
        for row in arrivals[arrivals.channel == name].itertuples():
            if row.tier == "vip" or name == "phone":
                first = (row.created - BEGIN) // MINUTE
                spread = labels[first : first + (30 if name == "phone" else 60)]
            else:
                first = opens.iloc[opens.index.searchsorted(row.created // MINUTE * MINUTE)]
                spread = office_labels[first : first + 240]
            for label, minutes in spread.value_counts().items():
                work[str(label)] = work.get(str(label), 0.0) + minutes / len(spread)
        for hour, one in by_hour(found[name]).items():
            # Up to a minute at either end, as creations lie within minutes here.
            assert one["work_per_hour"] * one["hours"] == pytest.approx(work.get(hour, 0.0), abs=0.6)
        total = sum(one["work_per_hour"] * one["hours"] for one in found[name]["hours"])
        assert total == pytest.approx(found[name]["arrivals"])


def test_the_interval_of_arrivals_is_the_score_interval() -> None:
    channel = by_hour(channels(staffing(quarter_figures(1), WHOLE, POLICY, EFFORT))["email"])
    z = stats.norm.ppf(0.975)
    for one in channel.values():
        count = one["arrivals"]
        low, high = (end * one["hours"] for end in one["arrivals_interval"])
        assert low <= count < high
        for end in (low, high):  # so many are as far from that mean as chance takes them
            assert (count - end) ** 2 == pytest.approx(z**2 * end, abs=1e-9)
    assert {0, 1, 20} <= {one["arrivals"] for one in channel.values()}


def arrived(number: int, at: str, **attributes: str) -> TicketFigures:
    opening = {
        "id": str(number),
        "ticket": str(number),
        "type": "ticket.created",
        "occurred_at": format_instant(parse_instant(at)),
        "actor": {"kind": "customer", "id": "c"},
        "attributes": attributes,
    }
    found = ticket_figures([parse_event(opening)], POLICY, END)
    assert found is not None
    return found


def week(begin: str, end: str, zone: str = ZONE) -> Asked:
    return Asked(parse_instant(begin), parse_instant(end), zone, (), "creation", END)


def office(target: str, select: str = "strictest") -> Policy:
    return read_policy(
        [
            f"""\
policy: sample
version: 1
effective_from: 2026-01-01T00:00:00Z
select: {select}
calendars:
  office: {{timezone: Europe/Berlin, hours: {{mon: ["08:00-18:00"], tue: ["08:00-18:00"]}}}}
standards:
  - {{name: office, when: {{channel: email}}, calendar: office, targets: {{first_response: {target}}}}}
  - {{name: gold, when: {{tier: gold}}, targets: {{first_response: 30m}}}}
"""
        ]
    )


def test_mails_of_the_weekend_are_the_work_of_monday() -> None:
    asked = week("2026-10-05T00:00:00+02:00", "2026-10-12T00:00:00+02:00")
    tickets = [arrived(i, f"2026-10-10T0{i}:00:00Z", channel="email") for i in range(8)]
    result = channels(staffing(tickets, asked, office("2h"), Effort(HOUR)))["email"]
    hours = by_hour(result)
    assert sum(one["arrivals"] for one in hours.values()) == hours["sat 02"]["arrivals"] * 8 == 8
    assert {name: one["work_per_hour"] for name, one in hours.items() if one["work_per_hour"]} == {
        "mon 08": 4,
        "mon 09": 4,
    }
    assert (hours["mon 08"]["agents"], hours["mon 08"]["promised_hours"]) == (5, 1)
    assert (hours["sat 02"]["agents"], hours["sat 02"]["agents_interval"]) == (0, [0, 0])
    assert (hours["sat 02"]["promised_hours"], hours["tue 09"]["agents"]) == (0, 0)
    assert hours["tue 09"]["agents_interval"][1] > 0  # none came, and that may be chance


def test_the_promise_is_the_one_that_the_policy_selects() -> None:
    asked = week("2026-10-05T00:00:00+02:00", "2026-10-12T00:00:00+02:00")
    tickets = [arrived(1, "2026-10-06T08:00:00Z", channel="email", tier="gold")]
    for select, name in (("strictest", "gold"), ("first", "office")):
        (found,) = staffing(tickets, asked, office("2h", select), EFFORT)["channels"]
        assert found["standard"] == name


def test_a_channel_without_a_promise_gets_no_agents_but_its_arrivals() -> None:
    asked = week("2026-10-05T00:00:00+02:00", "2026-10-12T00:00:00+02:00")
    tickets = [arrived(1, "2026-10-06T08:00:00Z", channel="fax"), arrived(2, "2026-10-06T08:10:00Z")]
    found = channels(staffing(tickets, asked, DEFAULT_POLICY, EFFORT))
    assert list(found) == ["fax", None]
    fax = by_hour(found["fax"])["tue 10"]
    assert (fax["arrivals"], fax["agents"], fax["agents_interval"]) == (1, None, None)
    assert found["fax"]["target_seconds"] is None
    planned = staffing(tickets, asked, DEFAULT_POLICY, replace(EFFORT, target_by_channel={"fax": HOUR}))
    assert by_hour(channels(planned)["fax"])["tue 10"]["agents"] == 1


def test_the_repeated_hour_counts_both_and_the_skipped_one_has_nothing() -> None:
    autumn = week("2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00")
    tickets = [
        arrived(1, "2026-10-25T00:30:00Z", channel="phone"),  # 02:30, for the first time
        arrived(2, "2026-10-25T01:30:00Z", channel="phone"),  # and again
        arrived(3, "2026-10-25T02:30:00Z", channel="phone"),
    ]
    hours = by_hour(channels(staffing(tickets, autumn, POLICY, EFFORT))["phone"])
    twice = hours["sun 02"]
    assert (twice["hours"], twice["arrivals"], twice["arrivals_per_hour"]) == (2, 2, 1)
    assert (hours["sun 03"]["hours"], sum(one["hours"] for one in hours.values())) == (1, 25)
    spring = replace(week("2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"))
    found = by_hour(
        channels(staffing([arrived(1, "2026-03-29T01:30:00Z", channel="phone")], spring, POLICY, EFFORT))["phone"]
    )
    assert "sun 02" not in found
    assert (found["sun 03"]["arrivals"], len(found)) == (1, 23)


def test_what_lies_ahead_is_no_part_of_the_span() -> None:
    tickets = [arrived(1, "2026-10-06T08:00:00Z", channel="phone")]
    asked = replace(
        week("2026-10-05T00:00:00+02:00", "2027-10-05T00:00:00+02:00"), at=parse_instant("2026-10-12T00:00:00+02:00")
    )
    hours = by_hour(channels(staffing(tickets, asked, POLICY, EFFORT))["phone"])
    assert {one["hours"] for one in hours.values()} == {1.0}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"handling": 0}, "handling"),
        ({"handling_by_channel": {"chat": 0}}, "handling"),
        ({"target_by_channel": {"chat": 0}}, "target"),
        ({"share": 1.0}, "share"),
        ({"share": 0.0}, "share"),
        ({"share": float("nan")}, "share"),
    ],
)
def test_nonsense_is_refused(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        replace(EFFORT, **wrong)
    assert [fault.field for fault in refused.value.faults] == [field]


def test_the_result_is_json_and_names_what_it_assumes() -> None:
    result = staffing(quarter_figures(1), WHOLE, POLICY, EFFORT)
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert (result["model"], result["share"], result["policy_version"]) == ("erlang_c", 0.9, 1)
    assert "arrivals_by_chance" in result["assumptions"]
    assert staffing([], WHOLE, POLICY, EFFORT)["channels"] == []
