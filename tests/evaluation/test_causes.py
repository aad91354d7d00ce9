"""Causes: the sample quarter shows those that were planted in it and no others; the figures are scipy's and pandas'."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from scipy import stats

from replyclock.domain.events import parse_event
from replyclock.domain.figures import PHASES, TicketFigures, ticket_figures
from replyclock.domain.instants import SECOND, format_instant
from replyclock.domain.report import Asked
from replyclock.reporting_sql.causes import DIMENSIONS, MEASURES
from tests.evaluation.on_tickets import causes
from tests.evaluation.quarter import (
    BEGIN,
    END,
    POLICY,
    SLOW_CHANNEL,
    UNDERSTAFFED,
    WAITING_CATEGORY,
    ZONE,
    quarter,
    quarter_figures,
)

ASKED = Asked(BEGIN, END, ZONE, (), "creation", END)
PLANTED = {
    ("first_response", "channel", SLOW_CHANNEL, "longer"),
    ("first_response", "weekday", UNDERSTAFFED, "longer"),
    ("before_assignment", "weekday", UNDERSTAFFED, "longer"),
    ("before_first_reply", "channel", SLOW_CHANNEL, "longer"),
    ("on_third_parties", "category", WAITING_CATEGORY, "longer"),
    # Handling begins with the assignment, so a Monday's wait is no part of it.
    ("resolution", "category", WAITING_CATEGORY, "longer"),
    ("resolution", "channel", SLOW_CHANNEL, "longer"),
}
FIRST_BY_CHANNEL = ("first_response", "channel")
MINUTE, HOUR = 60 * SECOND, 3600 * SECOND


def shown(result: dict[str, Any]) -> set[tuple[str, str, str | None, str | None]]:
    """What the result blames; a cause of which no group stands out is blamed, too."""
    return {
        (cause["measure"], cause["dimension"], one and one["group"], one and one["direction"])
        for cause in result["causes"]
        for one in (cause["stand_out"] or [None])
    }


def effects(result: dict[str, Any], measure: str) -> dict[str, dict[str, Any]]:
    return {one["dimension"]: one for one in result["measures"][measure]["dimensions"]}


def local(ticket: TicketFigures) -> datetime:
    """When the ticket came, where the team is."""
    return datetime.fromtimestamp(ticket.created_at / SECOND, ZoneInfo(ZONE))


def planted(ticket: TicketFigures) -> set[str]:
    """The planted causes that the ticket is under."""
    given = {**ticket.attributes, "weekday": local(ticket).strftime("%a").lower()}
    under = {"channel": SLOW_CHANNEL, "weekday": UNDERSTAFFED, "category": WAITING_CATEGORY}
    return {name for name, group in under.items() if given[name] == group}


@pytest.mark.parametrize("seed", [1, 2])
def test_the_quarter_shows_the_planted_causes_and_no_others(seed: int) -> None:
    result = causes(quarter_figures(seed), ASKED)
    assert shown(result) == PLANTED
    assert 4000 < result["tickets"] < 6000
    assert {one["explained_by"] is None for measure in MEASURES for one in effects(result, measure).values()} == {True}


@pytest.mark.parametrize("seed", [1])
def test_what_is_left_without_the_planted_causes_has_none(seed: int) -> None:
    result = causes([ticket for ticket in quarter_figures(seed) if not planted(ticket)], ASKED)
    assert result["tickets"] > 2000
    assert result["causes"] == []


def test_each_cause_alone_is_found_alone() -> None:
    for left in ("channel", "weekday", "category"):
        others = {"channel", "weekday", "category"} - {left}
        kept = [ticket for ticket in quarter_figures(1) if others.isdisjoint(planted(ticket))]
        assert shown(causes(kept, ASKED)) == {one for one in PLANTED if one[1] == left}


def test_whoever_works_on_the_slow_channel_is_no_cause() -> None:
    """The most is blamed on the channel, and on nobody who has much of it."""
    mixed = [
        replace(ticket, assignee="agent-of-social", group="team-of-social")
        if ticket.attributes["channel"] == SLOW_CHANNEL and i % 10
        else ticket
        for i, ticket in enumerate(quarter_figures(1))
    ]
    result = causes(mixed, ASKED)
    assert shown(result) == PLANTED
    first = effects(result, "first_response")
    assert first["agent"]["effect"] > 0.2
    assert first["agent"]["explained_by"] == first["group"]["explained_by"] == ["channel"]


def slower(ticket: TicketFigures, by: float) -> TicketFigures:
    clocks = [
        replace(clock, duration=round(clock.duration * by)) if clock.metric == "first_response" else clock
        for clock in ticket.clocks
    ]
    return replace(ticket, clocks=tuple(clocks))


@pytest.mark.parametrize(("factor", "direction"), [(4.0, "longer"), (0.2, "shorter")])
def test_a_cause_beside_the_others_is_found_under_them(factor: float, direction: str) -> None:
    changed = [
        slower(ticket, factor) if ticket.assignee in ("agent-04", "agent-09") else ticket
        for ticket in quarter_figures(1)
    ]
    new = {("first_response", "agent", agent, direction) for agent in ("agent-04", "agent-09")}
    assert shown(causes(changed, ASKED)) == PLANTED | new


def test_a_slow_team_is_named_and_not_each_of_its_agents() -> None:
    changed = [slower(ticket, 4.0) if ticket.group == "team-b" else ticket for ticket in quarter_figures(1)]
    result = causes(changed, ASKED)
    assert shown(result) == PLANTED | {("first_response", "group", "team-b", "longer")}
    first = effects(result, "first_response")
    assert first["agent"]["effect"] > first["group"]["effect"]
    assert "group" in first["agent"]["explained_by"]


def answered(number: int, channel: str | None, after: int | None, created_at: int = BEGIN) -> TicketFigures:
    """A ticket that was answered after so many microseconds, or not at all."""
    told: list[dict[str, Any]] = [
        {
            "type": "ticket.created",
            "occurred_at": format_instant(created_at),
            "actor": {"kind": "customer", "id": "c"},
            "attributes": {"channel": channel} if channel else {},
        }
    ]
    if after is not None:
        told.append(
            {
                "type": "message.added",
                "occurred_at": format_instant(created_at + after),
                "actor": {"kind": "agent", "id": "a"},
                "message": {"id": "reply", "visibility": "public"},
            }
        )
    events = [parse_event({"id": str(i), "ticket": str(number), **one}) for i, one in enumerate(told)]
    found = ticket_figures(events, POLICY, END)
    assert found is not None
    return found


def test_tickets_that_nobody_has_answered_yet_are_known_to_take_longer() -> None:
    """Half an hour is neither long nor short here; half an hour and no answer is long."""
    answers = [answered(i, "chat" if i % 2 else "email", i // 2 % 60 * MINUTE, END - HOUR) for i in range(240)]
    waiting = [answered(1000 + i, "email", None, END - 30 * MINUTE) for i in range(240)]
    result = causes([*answers, *waiting], ASKED)
    (cause,) = (cause for cause in result["causes"] if (cause["measure"], cause["dimension"]) == FIRST_BY_CHANNEL)
    (email,) = cause["stand_out"]
    assert (email["group"], email["direction"]) == ("email", "longer")
    assert (email["inside"]["n"], email["inside"]["censored"], email["outside"]["censored"]) == (120, 240, 0)
    assert email["inside"]["kaplan_meier_median_seconds"] > email["inside"]["median_seconds"]
    assert not any(cause["measure"] == "first_response" for cause in causes(answers, ASKED)["causes"])


def test_small_groups_and_tickets_without_a_value_are_left_out() -> None:
    tickets = [
        *(answered(i, "email", (5 + i) * MINUTE) for i in range(40)),
        *(answered(100 + i, "chat", (9 + i) * MINUTE) for i in range(40)),
        *(answered(200 + i, "fax", 900 * MINUTE) for i in range(29)),
        *(answered(300 + i, None, 990 * MINUTE) for i in range(50)),
    ]
    result = causes(tickets, ASKED)
    channel = effects(result, "first_response")["channel"]
    assert (channel["groups"], channel["n"], result["measures"]["first_response"]["n"]) == (2, 80, 159)
    assert result["causes"] == []


def test_only_what_was_created_in_the_span_counts() -> None:
    middle = (BEGIN + END) // 2
    tickets = quarter_figures(1)
    first, second = (
        causes(tickets, replace(ASKED, begin=begin, end=end)) for begin, end in ((BEGIN, middle), (middle, END))
    )
    assert first["tickets"] + second["tickets"] == len(tickets)
    assert first == causes([ticket for ticket in tickets if ticket.created_at < middle], replace(ASKED, end=middle))


def test_nothing_has_no_causes() -> None:
    result = causes([], ASKED)
    assert (result["tickets"], result["causes"], result["time"]["total"]["shares"]) == (0, [], None)
    assert [one["dimensions"] for one in result["measures"].values()] == [[]] * len(MEASURES)


def test_the_result_is_json_and_does_not_depend_on_the_order() -> None:
    asked = replace(ASKED, group_by=("channel", "weekday"))
    result = causes(quarter_figures(1), asked)
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert causes(reversed(quarter_figures(1)), asked) == result


# Against scipy and pandas.


def frame(seed: int) -> pd.DataFrame:
    """The quarter's tickets from its events alone: no line of the product is in it but the names of the groups."""
    events = pd.DataFrame(
        {
            "ticket": event.ticket,
            "type": event.type,
            "at": event.occurred_at,
            "kind": event.actor.kind,
            "status": getattr(event, "status", None),
            "assignee": getattr(event, "assignee", None),
            "team": getattr(event, "group", None),
            **{name: getattr(event, "attributes", {}).get(name) for name in DIMENSIONS[:8]},
        }
        for event in quarter(seed).events
    )
    opening = events[events.type == "ticket.created"].set_index("ticket")
    tickets = opening[[*DIMENSIONS[:8], "at"]].rename(columns={"at": "created"})
    replies = events[(events.type == "message.added") & (events.kind == "agent")]
    tickets["replied"] = replies.groupby("ticket")["at"].min()
    assigned = events[events.type == "assignment.changed"]
    tickets["assigned"] = assigned.groupby("ticket")["at"].min()
    tickets[["agent", "group"]] = assigned.groupby("ticket")[["assignee", "team"]].last()
    changes = events[events.status.notna()].assign(until=lambda of: of.groupby("ticket")["at"].shift(-1).fillna(END))
    tickets["solved_at"] = changes[changes.status == "solved"].groupby("ticket")["at"].last()
    tickets["state"] = changes.groupby("ticket")["status"].last()
    for status in ("new", "open", "pending", "on_hold"):
        here = changes[changes.status == status]
        tickets[status] = (here["until"] - here["at"]).groupby(here["ticket"]).sum()
    tickets[["new", "open", "pending", "on_hold"]] = tickets[["new", "open", "pending", "on_hold"]].fillna(0)
    local = pd.to_datetime(tickets.created, unit="us", utc=True).dt.tz_convert(ZONE)
    tickets["weekday"] = local.dt.strftime("%a").str.lower()
    tickets["hour"] = local.dt.strftime("%H")
    assert len(tickets) == events.ticket.nunique()
    return tickets


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return frame(1)


def measures(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Each measure's `duration` of each ticket that has it, and whether that had `ended` by the end of the quarter."""
    done = table.state == "solved"
    end = table.solved_at.where(done, END)
    assigned, replied = table.assigned.fillna(end), table.replied.fillna(end)
    phases = {
        "before_assignment": assigned - table.created,
        "before_first_reply": replied - assigned,
        "on_us": table.new + table.open - (replied - table.created),
        "on_customer": table.pending,
        "on_third_parties": table.on_hold,
    }
    unresolved_too = {name: pd.DataFrame({"duration": time, "ended": done}) for name, time in phases.items()}
    handled = end - assigned
    return {
        "first_response": pd.DataFrame({"duration": replied - table.created, "ended": table.replied.notna()}),
        **unresolved_too,
        "resolution": pd.DataFrame({"duration": handled, "ended": done})[table.assigned.notna()],
    }


def gehan(times: pd.DataFrame) -> pd.Series:
    """Each against each other: how many surely took less, less how many surely took more."""
    time, ended = times.duration.to_numpy(), times.ended.to_numpy()
    less = (time[None, :] < time[:, None]) | ((time[None, :] == time[:, None]) & ~ended[:, None])
    surely_less = less & ended[None, :]
    return pd.Series(surely_less.sum(axis=1) - surely_less.sum(axis=0), times.index)


def kruskal(values: pd.Series, by: pd.Series) -> tuple[float, float, int, int]:
    """Epsilon squared, p, and how many values in how many groups, of those that are large enough."""
    large = [group for _, group in values.groupby(by) if len(group) >= 30]
    n = sum(len(group) for group in large)
    h, p = stats.kruskal(*large)
    return h / (n - 1), p, n, len(large)


def test_effects_are_those_of_scipy_where_all_times_have_ended(table: pd.DataFrame) -> None:
    replied = table[table.replied.notna()]
    answered = set(replied.index)
    result = causes([ticket for ticket in quarter_figures(1) if ticket.key[2] in answered], ASKED)
    for name in DIMENSIONS:
        effect, _, n, groups = kruskal(replied.replied - replied.created, replied[name])
        found = effects(result, "first_response")[name]
        assert (found["n"], found["groups"]) == (n, groups)
        assert found["effect"] == pytest.approx(effect)
        assert found["by_chance"] == pytest.approx((groups - 1) / (n - 1))


def test_effects_with_times_that_have_not_ended_and_p_corrected_for_all(table: pd.DataFrame) -> None:
    result = causes(quarter_figures(1), ASKED)
    rows = []
    for measure, times in measures(table).items():
        block = result["measures"][measure]
        assert (block["n"], block["n"] + block["censored"]) == (times.ended.sum(), len(times))
        scores = gehan(times)
        for name in DIMENSIONS:
            effect, p, n, _ = kruskal(scores, table[name])
            found = effects(result, measure)[name]
            assert found["n"] == n
            assert found["effect"] == pytest.approx(effect, rel=1e-6)
            rows.append({"p": p, "corrected": found["p_corrected"]})
    assert len(rows) == len(MEASURES) * len(DIMENSIONS) == 84
    holm = pd.DataFrame(rows).sort_values("p", ignore_index=True)
    holm["expected"] = (holm.p * (len(holm) - holm.index)).clip(upper=1).cummax()
    assert holm.corrected.tolist() == pytest.approx(holm.expected.tolist(), rel=1e-4, abs=1e-290)
    assert (holm.expected < 0.05).sum() >= 7


def test_a_group_that_stands_out_is_compared_as_scipy_compares(table: pd.DataFrame) -> None:
    result = causes(quarter_figures(1), ASKED)
    channel = next(one for one in result["causes"] if (one["measure"], one["dimension"]) == FIRST_BY_CHANNEL)
    (social,) = channel["stand_out"]
    scores = gehan(measures(table)["first_response"])
    inside, outside = scores[table.channel == SLOW_CHANNEL], scores[table.channel != SLOW_CHANNEL]
    u = stats.mannwhitneyu(inside, outside, method="asymptotic").statistic
    assert social["longer"] == pytest.approx(u / len(inside) / len(outside))
    times = ((table.replied - table.created) / SECOND).dropna()
    for side, here in (("inside", table.channel == SLOW_CHANNEL), ("outside", table.channel != SLOW_CHANNEL)):
        part = times[here.reindex(times.index)]
        assert social[side]["n"] == len(part)
        assert social[side]["median_seconds"] == pytest.approx(part.quantile(0.5, interpolation="inverted_cdf"))
        low, high = social[side]["median_interval_seconds"]
        assert low < social[side]["median_seconds"] < high


def test_where_the_time_goes_is_what_the_events_say(table: pd.DataFrame) -> None:
    result = causes(quarter_figures(1), replace(ASKED, group_by=("category",)))["time"]
    expected = pd.DataFrame({phase: measures(table)[phase].duration for phase in PHASES})

    def agrees(block: dict[str, Any], rows: pd.DataFrame) -> None:
        assert block["tickets"] == len(rows)
        for phase in PHASES:
            assert block["seconds"][phase] * SECOND == pytest.approx(rows[phase].sum())
            assert block["shares"][phase] == pytest.approx(rows[phase].sum() / rows.sum().sum())

    agrees(result["total"], expected)
    sizes = table.category.value_counts()
    assert [one["group"] for one in result["groups"]] == [{"category": name} for name in sizes.index]
    for one in result["groups"]:
        agrees(one, expected[table.category == one["group"]["category"]])
    shares = {one["group"]["category"]: one["shares"]["on_third_parties"] for one in result["groups"]}
    assert shares[WAITING_CATEGORY] > 0.7 > 0.1 > max(shares[one] for one in shares if one != WAITING_CATEGORY)


def test_the_quarter_is_a_plausible_one() -> None:
    """What other tests rely on: the clocks went back, some tickets are open, and slow answers are rated worse."""
    figures = quarter_figures(1)
    by_hour = pd.Series([f"{local(ticket).hour:02}" for ticket in figures]).value_counts()
    assert by_hour["10"] > 8 * by_hour["03"]
    assert 10 < sum(ticket.closed_at is None for ticket in figures) < 100
    assert sum(ticket.reopens for ticket in figures) > 100
    rated = [
        (clock.duration, ticket.rating)
        for ticket in figures
        if ticket.rating is not None and (clock := ticket.first("first_response")) is not None
    ]
    assert len(rated) > 1000
    assert stats.spearmanr([one[0] for one in rated], [one[1] for one in rated]).statistic < -0.3


def test_a_seed_makes_the_same_quarter_again() -> None:
    assert quarter.__wrapped__(2) == quarter(2)
    assert quarter(2) != quarter(3)
    instants = [event.occurred_at for event in quarter(2).events]
    assert instants == sorted(instants)
