"""Target advice: what would have been kept, against lifelines on times measured off the quarter's events."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from lifelines import KaplanMeierFitter
from lifelines.utils import qth_survival_times

from replyclock.domain.events import parse_event
from replyclock.domain.figures import TicketFigures, ticket_figures
from replyclock.domain.instants import SECOND, format_instant
from replyclock.domain.policy import read_policy
from replyclock.domain.report import Asked
from tests.evaluation.on_tickets import advice
from tests.evaluation.quarter import BEGIN, END, POLICY, ZONE, quarter, quarter_figures

WHOLE = Asked(BEGIN, END, ZONE, (), "creation", END)
MINUTE = 60 * SECOND


def rows(result: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {(one["standard"], one["metric"]): one for one in result["standards"]}


def first_responses(seed: int) -> pd.DataFrame:
    """Creation, first answer and attributes of each ticket, from its events alone."""
    events = pd.DataFrame(
        {
            "ticket": event.ticket,
            "type": event.type,
            "at": event.occurred_at,
            "kind": event.actor.kind,
            "status": getattr(event, "status", None),
            "tier": getattr(event, "attributes", {}).get("tier"),
            "channel": getattr(event, "attributes", {}).get("channel"),
        }
        for event in quarter(seed).events
    )
    opening = events[events.type == "ticket.created"].set_index("ticket")
    replied = events[(events.type == "message.added") & (events.kind == "agent")].groupby("ticket")["at"].min()
    solved = events[events.status == "solved"].groupby("ticket")["at"].min()
    stopped = pd.concat([replied, solved], axis=1).min(axis=1)
    return pd.DataFrame(
        {"created": opening["at"], "stopped": stopped, "tier": opening.tier, "channel": opening.channel}
    )


def minutes_in_office() -> pd.Series:
    """For each minute of the quarter's days and the week after, how many minutes the office was open before it."""
    local = pd.date_range("2026-10-01", "2027-01-08", freq="min", tz=ZONE, inclusive="left")
    closes = pd.Series(local.weekday).map({0: 18, 1: 18, 2: 18, 3: 18, 4: 16, 5: 0, 6: 0}).to_numpy()
    holiday = (local.month == 12) & (local.day == 25)
    is_open = (local.hour >= 8) & (local.hour < closes) & ~holiday
    return pd.Series(is_open, local.as_unit("us").asi8).astype(int)


def in_office(table: pd.DataFrame, until: pd.Series) -> pd.Series:
    """The open time from creation on, in microseconds."""
    is_open = minutes_in_office()
    passed = is_open.cumsum().shift(fill_value=0)

    def at(instants: pd.Series) -> pd.Series:
        minute = instants // MINUTE * MINUTE
        whole = pd.Series(passed.reindex(minute).to_numpy(), instants.index) * MINUTE
        return whole + (instants - minute) * is_open.reindex(minute).to_numpy()

    return at(until) - at(table.created)


def agrees(found: dict[str, Any], times: pd.Series, ended: pd.Series) -> None:
    assert (found["n"], found["censored"]) == (ended.sum(), (~ended).sum())
    curve = KaplanMeierFitter().fit(times / SECOND, ended)
    for one in found["would_be_kept"]:
        left = 1 - one["percent"] / 100
        assert one["seconds"] == pytest.approx(qth_survival_times(left, curve.survival_function_), rel=1e-9)
        interval = qth_survival_times(left, curve.confidence_interval_).iloc[0].tolist()
        assert one["interval_seconds"] == pytest.approx(sorted(interval), rel=1e-9)


def test_a_standard_round_the_clock_is_advised_as_lifelines_says() -> None:
    found = rows(advice(quarter_figures(1), WHOLE, POLICY))["phone", "first_response"]
    table = first_responses(1)
    table = table[(table.channel == "phone")]
    times = table.stopped.fillna(END) - table.created
    agrees(found, times, table.stopped.notna())
    kept = (times <= 30 * MINUTE).sum()
    assert (found["kept"], found["broken"] + found["overdue"]) == (kept, len(table) - kept)
    assert found["compliance"] == pytest.approx(kept / len(table))
    assert found["compliance_interval"][0] < found["compliance"] < found["compliance_interval"][1]
    assert (found["target_seconds"], found["judged_by"], found["calendar"]) == (1800, [1800], "always")


def test_a_standard_in_office_hours_is_advised_in_office_hours() -> None:
    found = rows(advice(quarter_figures(1), WHOLE, POLICY))["regular", "first_response"]
    table = first_responses(1)
    table = table[(table.tier == "regular") & (table.channel != "phone")]
    times = in_office(table, table.stopped.fillna(END))
    agrees(found, times, table.stopped.notna())
    assert (found["target_seconds"], found["calendar"], found["undecided"]) == (14400, "office", found["censored"])
    # Nights are no part of it: the same answers took far longer by the clock on the wall.
    by_the_wall = (table.stopped - table.created).quantile(0.99) / SECOND
    assert found["would_be_kept"][2]["seconds"] < by_the_wall


def waiting(number: int, answered_after: int | None, created_at: int) -> TicketFigures:
    """A ticket of a VIP."""
    opening = {
        "type": "ticket.created",
        "occurred_at": format_instant(created_at),
        "actor": {"kind": "customer", "id": "c"},
        "attributes": {"tier": "vip"},
    }
    told = [parse_event({"id": f"{number}", "ticket": str(number), **opening})]
    if answered_after is not None:
        answer = {
            "type": "message.added",
            "occurred_at": format_instant(created_at + answered_after),
            "actor": {"kind": "agent", "id": "a"},
            "message": {"id": "m", "visibility": "public"},
        }
        told.append(parse_event({"id": f"{number} answered", "ticket": str(number), **answer}))
    found = ticket_figures(told, POLICY, END)
    assert found is not None
    return found


def test_what_still_runs_is_not_forgotten() -> None:
    """Of forty, half are answered within minutes and half have waited ten hours: nobody could promise minutes."""
    tickets = [waiting(i, None if i % 2 else (i + 1) * MINUTE, END - 600 * MINUTE) for i in range(40)]
    found = rows(advice(tickets, WHOLE, POLICY))["vip", "first_response"]
    assert (found["n"], found["censored"], found["overdue"], found["compliance"]) == (20, 20, 20, 0.5)
    assert [one["seconds"] for one in found["would_be_kept"]] == [None, None, None]
    answered = [ticket for ticket in tickets if (clock := ticket.first("first_response")) and clock.observed]
    alone = rows(advice(answered, WHOLE, POLICY))["vip", "first_response"]
    assert [one["seconds"] for one in alone["would_be_kept"]] == [35 * 60, 37 * 60, 39 * 60]
    assert alone["too_few"] and not found["too_few"]


def test_the_end_of_what_was_seen_bounds_no_promise() -> None:
    tickets = [waiting(i, (i + 1) * MINUTE, BEGIN) for i in range(40)]
    last = rows(advice(tickets, WHOLE, POLICY))["vip", "first_response"]["would_be_kept"][2]
    assert last["seconds"] == 40 * 60
    assert last["interval_seconds"] is None or last["interval_seconds"][1] is None


def test_every_standard_in_force_is_listed_and_one_no_longer_in_force_is_told_as_such() -> None:
    later = read_policy(
        [
            """\
policy: sample
version: 2
effective_from: 2026-01-01T00:00:00Z
standards:
  - {name: gold, when: {tier: vip}, targets: {first_response: 2h, resolution: 24h}}
"""
        ]
    )
    found = rows(advice([waiting(1, MINUTE, BEGIN)], WHOLE, later))
    assert list(found) == [(name, metric) for name in ("gold", "vip") for metric in ("first_response", "resolution")]
    gold, old = found["gold", "first_response"], found["vip", "first_response"]
    assert (gold["target_seconds"], gold["n"], gold["compliance"]) == (7200, 0, None)
    assert [one["seconds"] for one in gold["would_be_kept"]] == [None, None, None]
    assert (old["target_seconds"], old["calendar"], old["judged_by"], old["n"]) == (None, None, [3600], 1)


def test_only_clocks_that_started_in_the_span_count() -> None:
    middle = (BEGIN + END) // 2
    tickets = quarter_figures(1)
    whole, first, second = (
        rows(advice(tickets, replace(WHOLE, begin=begin, end=end), POLICY))
        for begin, end in ((BEGIN, END), (BEGIN, middle), (middle, END))
    )
    for name, one in whole.items():
        for count in ("n", "censored", "kept", "broken", "overdue", "undecided"):
            assert one[count] == first[name][count] + second[name][count]
        assert first[name]["n"] > 0


def test_the_result_is_json() -> None:
    result = advice(quarter_figures(1), WHOLE, POLICY)
    assert json.loads(json.dumps(result, allow_nan=False)) == result
