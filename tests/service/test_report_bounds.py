"""Answers of reports over tickets that have more values of an attribute than one answer holds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from replyclock.domain.errors import InvalidInput
from replyclock.domain.instants import DAY, MINUTE, SECOND
from replyclock.service.report_bounds import LISTED_MAX, bounded
from tests.adapters.samples import created, event, reply

from .house import House

MOST = 3
ORDERS = ["o5", "o1", "o4", "o2", "o3", "o5", "o2", "o2", "o5", "o1"]
"""The order number that each ticket is about: by number of tickets o2 and o5, o1, then the rest."""
LAMBDA_BYTES_MAX = 6 * 2**20


@pytest.fixture
def crowded(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    for name in LISTED_MAX:
        monkeypatch.setitem(LISTED_MAX, name, MOST)
    at = house.now() - DAY
    for n, order in enumerate(ORDERS):
        key = ("default", "desk", str(n))
        given = event("given", "assignment.changed", at + SECOND, key, assignee=order)
        told = [created(key, at, channel=order, order=order), given, reply(key, at + MINUTE)]
        house.told(*told, received_at=at + MINUTE)
        house.refresh(key)
    house.compile(house.now() + DAY)
    return house


def asked(house: House, report: str, **options: str) -> Any:
    found = house.reports(report, options)
    assert found is not None
    return found


def test_the_largest_groups_are_listed_and_the_rest_is_counted(crowded: House) -> None:
    summary = asked(crowded, "summary", by="order")
    assert {one["group"]["order"]: one["tickets"]["created"] for one in summary["groups"]} == {
        "o2": 3,
        "o5": 3,
        "o1": 2,
    }
    assert (summary["groups_left_out"], summary["total"]["tickets"]["created"]) == (2, len(ORDERS))
    distribution = asked(crowded, "distribution", by="order")
    assert {one["group"]["order"] for one in distribution["groups"]} == {"o2", "o5", "o1"}
    assert distribution["groups_left_out"] == 2
    time = asked(crowded, "causes", by="order")["time"]
    assert {one["group"]["order"] for one in time["groups"]} == {"o2", "o5", "o1"}
    assert (time["groups_left_out"], time["total"]["tickets"]) == (2, len(ORDERS))


def test_the_agents_and_channels_with_most_tickets_are_listed(crowded: House) -> None:
    agents = asked(crowded, "agents", cohort="event")
    assert ([one["agent"] for one in agents["agents"]], agents["agents_left_out"]) == (["o1", "o2", "o5"], 2)
    staffing = asked(crowded, "staffing")
    assert ({one["channel"] for one in staffing["channels"]}, staffing["channels_left_out"]) == ({"o1", "o2", "o5"}, 2)


def test_where_all_is_listed_nothing_is_said_to_be_left_out(crowded: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in LISTED_MAX:
        monkeypatch.setitem(LISTED_MAX, name, 5)
    summary = asked(crowded, "summary", by="order")
    assert (len(summary["groups"]), "groups_left_out" in summary) == (5, False)


@pytest.mark.parametrize("options", [{"by": "order,tier,brand,weekday"}, {}])
def test_an_answer_of_twenty_thousand_groups_can_be_sent(house: House, options: dict[str, str]) -> None:
    house.told(created(at=house.now() - DAY, channel="chat", order="x" * 300, tier="y" * 300, brand="z" * 300))
    house.refresh(("default", "desk", "1"))
    house.compile(house.now() + DAY)
    for report, name in (("summary", "groups"), ("distribution", "groups"), ("staffing", "channels")):
        found = asked(house, report, **options)
        many = bounded({**found, name: list(found[name]) * 20_000})
        sent = len(json.dumps(json.dumps(many, ensure_ascii=False)))
        assert sent < LAMBDA_BYTES_MAX, report


def test_more_dimensions_than_make_sense_are_refused(house: House) -> None:
    with pytest.raises(InvalidInput) as wrong:
        house.reports("summary", {"by": "a,b,c,d,e"})
    assert [fault.field for fault in wrong.value.faults] == ["by"]
