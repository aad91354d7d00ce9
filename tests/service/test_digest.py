from __future__ import annotations

import json
from typing import Any

from replyclock.domain.events import TicketKey
from replyclock.domain.instants import DAY, SECOND
from tests.adapters.samples import NINE, created, reply, solved

from .house import House

HOUR = 3600 * SECOND
ANSWERED: TicketKey = ("default", "desk", "answered")
OPEN: TicketKey = ("default", "desk", "open")


def told(house: House) -> list[Any]:
    """Owe what is due, publish it, and return what came."""
    before = len(house.published())
    house.owe_digests()
    for item in house.store.items():
        if item["pk"]["S"].startswith("D#") and item["sk"]["S"].startswith("A#"):
            house.publish_notice((item["pk"]["S"], item["sk"]["S"]), "one")
    return [json.loads(message) for _, message, _, _, _ in house.published()[before:]]


def an_urgent_morning(house: House) -> None:
    """One urgent ticket answered after ten minutes, one still open, and a general one."""
    house.told(created(ANSWERED, NINE, service_type="urgent"), reply(ANSWERED, NINE + 600 * SECOND))
    house.told(created(OPEN, NINE + 1200 * SECOND, service_type="urgent"))
    house.told(created(("default", "desk", "general"), NINE, service_type="general"))
    house.now.at = NINE + 1300 * SECOND
    for ticket in ("answered", "open", "general"):
        house.refresh(("default", "desk", ticket))


def test_the_urgent_are_told_of_on_the_hour(house: House) -> None:
    an_urgent_morning(house)
    house.now.at = NINE + HOUR
    house.refresh(OPEN)
    (digest,) = [one for one in told(house) if one["when"] == {"service_type": {"any": ["urgent"]}}]
    assert (digest["kind"], digest["from"], digest["to"]) == ("digest", "2026-06-01T09:00:00Z", "2026-06-01T10:00:00Z")
    assert (digest["open"], digest["at_risk"], digest["breached"]) == (2, 0, 1)
    assert digest["longest"] == {"source": "desk", "ticket": "open", "since": "2026-06-01T09:20:00Z"}
    assert (digest["first_responses"], digest["median_seconds"], digest["percentile_90_seconds"]) == (1, 600, 600)


def test_a_digest_is_told_once_in_its_time(house: House) -> None:
    an_urgent_morning(house)
    house.now.at = NINE + HOUR
    assert len(told(house)) == 2
    before = house.store.items()
    assert told(house) == []
    assert house.store.items() == before
    house.now.at = NINE + 2 * HOUR
    assert [one["every_seconds"] for one in told(house)] == [3600]
    house.now.at = NINE // DAY * DAY + DAY
    assert sorted(one["every_seconds"] for one in told(house)) == [3600, 86400]


def test_a_digest_that_broke_off_is_finished_and_nothing_told_twice(house: House) -> None:
    an_urgent_morning(house)
    house.now.at = NINE + HOUR
    mark = house.notices.mark_digested
    house.notices.mark_digested = lambda name, at: None  # type: ignore[method-assign]
    first = told(house)
    house.notices.mark_digested = mark  # type: ignore[method-assign]
    assert len(first) == 2
    assert told(house) == []


def test_subscriptions_can_tell_a_digest_by_its_level_and_its_class(house: House) -> None:
    an_urgent_morning(house)
    house.now.at = NINE + HOUR
    told(house)
    attributes = [{name: value["Value"] for name, value in one.items()} for _, _, _, one, _ in house.published()]
    assert {one["level"] for one in attributes} == {"digest"}
    assert sorted(one["service_type"] for one in attributes) == ['["general"]', '["urgent"]']


def test_what_is_solved_is_open_no_more_but_was_answered(house: House) -> None:
    an_urgent_morning(house)
    house.told(solved(ANSWERED, NINE + 1400 * SECOND))
    house.now.at = NINE + HOUR
    house.refresh(ANSWERED)
    (digest,) = [one for one in told(house) if one["every_seconds"] == 3600]
    assert (digest["open"], digest["first_responses"]) == (1, 1)


def test_a_late_event_moves_an_answer(house: House) -> None:
    an_urgent_morning(house)
    house.told(reply(ANSWERED, NINE + 300 * SECOND, id_="earlier"))
    house.refresh(ANSWERED)
    house.now.at = NINE + HOUR
    (digest,) = [one for one in told(house) if one["every_seconds"] == 3600]
    assert (digest["first_responses"], digest["median_seconds"]) == (1, 300)
