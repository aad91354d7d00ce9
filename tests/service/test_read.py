from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from replyclock.domain.errors import InvalidInput
from replyclock.domain.events import TicketKey, event_document
from replyclock.domain.instants import SECOND
from tests.adapters.samples import KEY, NINE, created, event, note, reply

from .house import House


def test_a_ticket_is_shown_as_of_now_though_nobody_measured_it(house: House) -> None:
    house.told(reply(), created(), note())
    house.now.at = NINE + 5 * SECOND
    shown = house.read.one(KEY)
    assert shown is not None
    assert [one["id"] for one in shown["events"]] == ["created", "reply", "note"]
    assert shown["events"][0] == event_document(created())
    first = shown["clocks"][0]
    assert (first["metric"], first["state"], first["seconds"]) == ("first_response", "met", 5)
    assert [(part["counts"], part["seconds"]) for part in first["explanation"]] == [(True, 5)]
    assert shown["alerts"] == []


def test_a_ticket_that_is_not_there_is_none(house: House) -> None:
    assert house.read.one(KEY) is None
    house.told(created(at=NINE + SECOND))
    assert house.read.one(KEY) is None, "its only event has not occurred yet"


def open_tickets(house: House) -> None:
    """Eleven chats, a second apart, of which two are broken, one was answered late, and two wait for the customer."""
    text = (
        "{policy: p, version: 1, effective_from: 1970-01-01T00:00:00Z, pause_in: {first_response: [pending]}, "
        "standards: [{name: chat, targets: {first_response: 10s}}]}"
    )
    house.publish_policy(text)
    for number in range(11):
        key: TicketKey = ("acme" if number % 2 else "default", "desk", f"{number:02}")
        house.told(created(key, NINE + number * SECOND))
        if number == 0:
            house.told(reply(key, NINE + 11 * SECOND))
        if number in (5, 6):
            house.told(event("paused", "status.changed", NINE + 7 * SECOND, key, status="pending"))
        house.now.at = NINE + 12 * SECOND + 500_000
        house.refresh(key)


def ids(page: dict[str, Any]) -> list[str]:
    return [ticket["ticket"] for ticket in page["tickets"]]


def test_the_most_urgent_come_first(house: House) -> None:
    open_tickets(house)
    assert ids(house.read.listing("breached", None, None, 50)) == ["01", "02", "00"]
    assert ids(house.read.listing("running", None, None, 50)) == ["03", "04", "07", "08", "09", "10"]
    assert ids(house.read.listing("paused", None, None, 50)) == ["05", "06"]
    assert ids(house.read.listing("running", "acme", None, 50)) == ["03", "07", "09"]


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6])
def test_pages_make_the_whole_list(house: House, limit: int) -> None:
    open_tickets(house)
    found: list[str] = []
    cursor, pages = None, 0
    while pages == 0 or cursor:
        page = house.read.listing("running", None, cursor, limit)
        assert len(page["tickets"]) <= limit
        found, cursor, pages = found + ids(page), page["cursor"], pages + 1
    assert found == ["03", "04", "07", "08", "09", "10"]
    assert pages == -(-6 // limit)


def test_the_log_goes_before_a_list_that_lags_behind(house: House) -> None:
    open_tickets(house)
    house.told(reply(("acme", "desk", "03"), NINE + 12 * SECOND))
    assert "03" not in ids(house.read.listing("running", None, None, 50))


def test_a_cursor_holds_after_its_ticket_is_gone(house: House) -> None:
    open_tickets(house)
    page = house.read.listing("running", None, None, 2)
    house.told(reply(("default", "desk", "04"), NINE + 12 * SECOND))
    house.refresh(("default", "desk", "04"))
    assert ids(house.read.listing("running", None, page["cursor"], 2)) == ["07", "08"]


def changed(cursor: str, **fields: Any) -> str:
    values = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    for place, value in fields.items():
        values[int(place[1:])] = value
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode()


def test_a_cursor_of_something_else_is_refused(house: House) -> None:
    open_tickets(house)
    cursor = house.read.listing("running", None, None, 2)["cursor"]
    others = ["", "!", "ü", cursor[:-3], changed(cursor, _0=0), changed(cursor, _4=7), base64.b64encode(b"{}").decode()]
    for other in others[1:]:
        with pytest.raises(InvalidInput, match="cursor"):
            house.read.listing("running", None, other, 2)
    for state, tenant in (("breached", None), ("running", "acme")):
        with pytest.raises(InvalidInput, match="begin again"):
            house.read.listing(state, tenant, cursor, 2)
