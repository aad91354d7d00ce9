"""Agents: what the product says of each, against pandas on the quarter's events, and what fairness is about."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from replyclock.domain.events import AssignmentChanged, MessageAdded, StatusChanged, TicketCreated, parse_event
from replyclock.domain.figures import TicketFigures, ticket_figures
from replyclock.domain.instants import SECOND, format_instant, parse_instant
from replyclock.domain.report import Asked
from tests.evaluation.on_tickets import agents
from tests.evaluation.quarter import BEGIN, END, POLICY, ZONE, quarter, quarter_figures

NOVEMBER = Asked(
    parse_instant("2026-11-01T00:00:00+01:00"), parse_instant("2026-12-01T00:00:00+01:00"), ZONE, (), "event", END
)
WHOLE = Asked(BEGIN, END, ZONE, (), "event", END)
MINUTE = 60 * SECOND


def frame(seed: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Each answer, each hold and each resolution of the quarter, from its events alone."""
    answers, holds, resolutions = [], [], []
    for told in quarter(seed).tickets().values():
        owner: str | None = None
        since: int | None = None
        waiting: int | None = None
        solved_by: str | None = None
        for event in told:
            at = event.occurred_at
            if isinstance(event, TicketCreated):
                waiting = at
            elif isinstance(event, AssignmentChanged):
                if owner is not None and since is not None:
                    holds.append((event.ticket, owner, since, at))
                owner, since = event.assignee, at
            elif isinstance(event, MessageAdded) and event.actor.kind == "customer":
                waiting = at if waiting is None else waiting
            elif isinstance(event, MessageAdded):
                if waiting is not None and since is not None and event.actor.id == owner:
                    answers.append((owner, at, at - max(waiting, since)))
                waiting = None
            elif isinstance(event, StatusChanged) and event.status == "solved":
                waiting = None
                if owner is not None and since is not None:
                    holds.append((event.ticket, owner, since, at))
                    resolutions.append({"agent": owner, "at": at, "reopened": False})
                solved_by, since = owner, None
            elif isinstance(event, StatusChanged) and solved_by is not None:
                resolutions[-1]["reopened"] = True
                solved_by, since = None, at
        if owner is not None and since is not None:
            holds.append((told[0].ticket, owner, since, END))
    return (
        pd.DataFrame(answers, columns=["agent", "at", "waited"]),
        pd.DataFrame(holds, columns=["ticket", "agent", "since", "until"]),
        pd.DataFrame(resolutions),
    )


@pytest.mark.parametrize("asked", [WHOLE, NOVEMBER], ids=["quarter", "november"])
def test_each_agent_is_told_what_pandas_tells(asked: Asked) -> None:
    result = agents(quarter_figures(1), asked)
    answers, holds, resolutions = frame(1)
    answers = answers[answers["at"].between(asked.begin, asked.end, "left")]
    resolutions = resolutions[resolutions["at"].between(asked.begin, asked.end, "left")]
    held = holds.until.clip(upper=asked.end) - holds.since.clip(lower=asked.begin)
    holds = holds.assign(held=held)[held > 0]
    assert [one["agent"] for one in result["agents"]] == sorted(holds.agent.unique())
    assert len(result["agents"]) == 12
    for one in result["agents"]:
        waited = answers[answers.agent == one["agent"]].waited / SECOND
        responses = one["responses"]
        assert responses["n"] == len(waited) > 30 and not one["too_few"]
        for name, share in (("median_seconds", 0.5), ("percentile_90_seconds", 0.9)):
            assert responses[name] == pytest.approx(waited.quantile(share, interpolation="inverted_cdf"))
        low, high = responses["median_interval_seconds"]
        assert low < responses["median_seconds"] < high
        mine = holds[holds.agent == one["agent"]]
        assert one["held_seconds"] * SECOND == pytest.approx(mine.held.sum())
        assert one["tickets"] == mine.ticket.nunique()
        resolved = resolutions[resolutions.agent == one["agent"]]
        assert (one["resolved"], one["reopened"]) == (len(resolved), resolved.reopened.sum())
        assert one["reopen_rate"] == pytest.approx(resolved.reopened.mean())
        assert one["reopen_interval"][0] < one["reopen_rate"] < one["reopen_interval"][1]
    assert sum(one["held_seconds"] for one in result["agents"]) == pytest.approx(
        result["backlog_seconds"] - result["unassigned_seconds"]
    )
    assert 0.01 < result["unassigned_share"] < 0.05


def life(*told: tuple[int, str, dict[str, Any]], name: str = "1") -> TicketFigures:
    """A ticket of these (minute, type, fields), created at minute 0."""
    customer = {"kind": "customer", "id": "c"}
    events = [
        parse_event(
            {
                "id": f"{name}/{i}",
                "ticket": name,
                "type": type_,
                "occurred_at": format_instant(BEGIN + minute * MINUTE),
                "sequence": i,
                **fields,
            }
        )
        for i, (minute, type_, fields) in enumerate([(0, "ticket.created", {"actor": customer}), *told])
    ]
    found = ticket_figures(events, POLICY, END)
    assert found is not None
    return found


def given(minute: int, agent: str | None) -> tuple[int, str, dict[str, Any]]:
    return minute, "assignment.changed", {"assignee": agent}


def reply(minute: int, agent: str) -> tuple[int, str, dict[str, Any]]:
    message = {"id": f"m{minute}", "visibility": "public"}
    return minute, "message.added", {"actor": {"kind": "agent", "id": agent}, "message": message}


def status(minute: int, to: str) -> tuple[int, str, dict[str, Any]]:
    return minute, "status.changed", {"status": to}


def told(result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["agent"]: one for one in result["agents"]}


def test_the_queues_delay_is_nobodys() -> None:
    result = agents([life(given(600, "anna"), reply(605, "anna"), status(610, "solved"))], WHOLE)
    anna = told(result)["anna"]
    assert (anna["responses"]["median_seconds"], anna["held_seconds"]) == (300, 600)
    assert (result["backlog_seconds"], result["unassigned_seconds"]) == (610 * 60, 600 * 60)


def test_a_ticket_passed_on_late_is_not_the_next_ones_delay() -> None:
    result = told(agents([life(given(5, "anna"), given(500, "ben"), reply(510, "ben"), status(510, "solved"))], WHOLE))
    assert result["ben"]["responses"]["median_seconds"] == 600
    assert (result["anna"]["responses"]["n"], result["anna"]["held_seconds"]) == (0, 495 * 60)


def test_a_reopening_counts_for_who_had_it_when_it_was_resolved() -> None:
    ticket = life(
        given(5, "anna"),
        status(10, "solved"),
        status(60, "open"),
        given(70, "ben"),
        status(90, "solved"),
        given(99, "cy"),
    )
    result = told(agents([ticket], WHOLE))
    assert {name: (one["resolved"], one["reopened"]) for name, one in result.items()} == {"anna": (1, 1), "ben": (1, 0)}
    assert {name: one["held_seconds"] // 60 for name, one in result.items()} == {"anna": 15, "ben": 20}


def test_a_deletion_is_no_resolution() -> None:
    result = told(agents([life(given(5, "anna"), (20, "ticket.deleted", {}))], WHOLE))
    assert (result["anna"]["resolved"], result["anna"]["reopen_rate"], result["anna"]["tickets"]) == (0, None, 1)


def test_what_lies_outside_of_the_span_is_left_out() -> None:
    ticket = life(given(0, "anna"), reply(30, "anna"), status(60, "solved"))
    before, after = (
        told(agents([ticket], replace(WHOLE, begin=begin, end=end)))
        for begin, end in ((BEGIN, BEGIN + 30 * MINUTE), (BEGIN + 30 * MINUTE, END))
    )
    assert (before["anna"]["responses"]["n"], before["anna"]["held_seconds"], before["anna"]["resolved"]) == (
        0,
        1800,
        0,
    )
    assert (after["anna"]["responses"]["n"], after["anna"]["held_seconds"], after["anna"]["resolved"]) == (1, 1800, 1)
    assert agents([ticket], replace(WHOLE, begin=BEGIN + 61 * MINUTE))["agents"] == []


def test_few_responses_are_said_to_be_few() -> None:
    tickets = [life(given(1, "anna"), reply(2 + i, "anna"), name=str(i)) for i in range(30)]
    few, enough = (told(agents(some, WHOLE))["anna"] for some in (tickets[:29], tickets))
    assert (few["too_few"], enough["too_few"]) == (True, False)


def test_the_result_is_json() -> None:
    result = agents(quarter_figures(1), WHOLE)
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert agents([], WHOLE)["unassigned_share"] is None
