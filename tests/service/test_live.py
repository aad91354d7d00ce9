from __future__ import annotations

from typing import Any

import pytest

from replyclock.domain.errors import InvalidInput
from replyclock.domain.events import TicketKey
from replyclock.domain.instants import SECOND, format_instant
from replyclock.service import live
from replyclock.service.ports import SHARDS
from tests.adapters.samples import NINE, created, event, reply

from .house import House

POLICY = """
policy: p
version: 1
effective_from: 1970-01-01T00:00:00Z
pause_in: {first_response: [pending]}
calendars: {day: {timezone: UTC, hours: {mon: ["09:00-09:01"], tue: ["09:00-17:00"]}}}
standards:
  - {name: hours, when: {channel: phone}, calendar: day, targets: {first_response: 1m}}
  - name: chat
    when: {channel: [chat, sms]}
    targets: {first_response: 10s, resolution: 100s}
    alerts: [{at: 50%}, {at: 80%}, {at: 100%}]
"""


def told(house: House, ticket: str, at: int = NINE, tenant: str = "default", **attributes: Any) -> TicketKey:
    key = (tenant, "desk", ticket)
    house.told(created(key, at, **attributes))
    house.refresh(key)
    return key


@pytest.fixture
def desk(house: House) -> House:
    """Chats a second apart at 9:00:08, of which the first one was answered, one waits for the customer, and one has an
    agent; and e-mails, to which nothing is promised.
    """
    house.publish_policy(POLICY)
    house.now.at = NINE + 8 * SECOND
    for number in range(5):
        told(house, f"c{number}", NINE + number * SECOND, channel="chat", tier="vip" if number % 2 else "regular")
    told(house, "m1", channel="email")
    told(house, "m2", tenant="acme", channel="email")
    house.told(reply(("default", "desk", "c0")))
    house.told(event("waits", "status.changed", NINE + 6 * SECOND, ("default", "desk", "c2"), status="pending"))
    house.told(
        event("team", "assignment.changed", NINE + 6 * SECOND, ("default", "desk", "c3"), group="g", assignee="a")
    )
    for ticket in ("c0", "c2", "c3"):
        house.refresh(("default", "desk", ticket))
    return house


def listed(house: House, **options: str) -> list[tuple[str, str, str, bool]]:
    return [
        (one["ticket"], one["metric"].split("_")[0], one["state"], one["at_risk"])
        for one in house.live(options)["clocks"]
    ]


def test_the_most_urgent_come_first_and_what_stands_still_last(desk: House) -> None:
    assert listed(desk) == [
        ("c1", "first", "running", True),
        ("c3", "first", "running", True),
        ("c4", "first", "running", False),
        ("c0", "resolution", "running", False),
        ("c3", "resolution", "running", False),
        ("c2", "first", "paused", False),
    ]


def test_a_promise_that_broke_a_moment_ago_is_broken_though_nobody_measured_it(desk: House) -> None:
    desk.now.at = NINE + 11 * SECOND
    assert listed(desk)[:2] == [("c1", "first", "running", True), ("c3", "first", "running", True)], "still kept"
    desk.now.at += 1
    assert listed(desk)[:2] == [("c1", "first", "breached", False), ("c3", "first", "running", True)]
    assert desk.live({})["counts"]["breached"] == 1


def test_a_promise_that_ends_at_closing_time_breaks_when_it_opens_again(house: House) -> None:
    house.publish_policy(POLICY)
    told(house, "p1", channel="phone")
    house.now.at = NINE + 3600 * SECOND
    (shown,) = house.live({})["clocks"]
    assert (shown["state"], shown["at_risk"]) == ("running", True)
    assert (shown["due_at"], shown["breaks_at"]) == ("2026-06-01T09:01:00Z", "2026-06-02T09:00:00.000001Z")


def test_a_clock_is_shown_with_who_has_its_ticket(desk: House) -> None:
    shown = next(one for one in desk.live({})["clocks"] if one["ticket"] == "c3")
    assert shown == {
        "tenant": "default",
        "source": "desk",
        "ticket": "c3",
        "metric": "first_response",
        "state": "running",
        "at_risk": True,
        "standard": "chat",
        "started_at": "2026-06-01T09:00:03Z",
        "due_at": "2026-06-01T09:00:13Z",
        "breaks_at": "2026-06-01T09:00:13.000001Z",
        "at_risk_at": "2026-06-01T09:00:08Z",
        "attributes": {"channel": "chat", "tier": "vip"},
        "group": "g",
        "assignee": "a",
    }


def test_counts_are_of_what_was_asked_for_and_facets_of_all(desk: House) -> None:
    shown = desk.live({})
    assert shown["counts"] == {"open": 7, "running": 4, "at_risk": 2, "breached": 0, "paused": 1}
    assert shown["facets"] == {
        "tenant": [{"value": "default", "tickets": 6}, {"value": "acme", "tickets": 1}],
        "channel": [{"value": "chat", "tickets": 5}, {"value": "email", "tickets": 2}],
        "tier": [
            {"value": "regular", "tickets": 3},
            {"value": "vip", "tickets": 2},
            {"value": None, "tickets": 2},
        ],
        "group": [{"value": None, "tickets": 6}, {"value": "g", "tickets": 1}],
    }
    for options, open_ in (({"tenant": "acme"}, 1), ({"tier": "vip"}, 2), ({"tier": "vip", "group": "g"}, 1)):
        filtered = desk.live(options)
        assert filtered["counts"]["open"] == open_
        assert filtered["facets"] == shown["facets"]
    assert listed(desk, tier="vip", limit="2") == listed(desk, tier="vip")[:2]
    assert [desk.live({"limit": limit})["more"] for limit in ("5", "6")] == [True, False]
    with pytest.raises(InvalidInput, match="limit"):
        desk.live({"limit": "201"})
    desk.now.at += 3600 * SECOND
    late = [one[2] for one in listed(desk)].count("breached")
    assert late > 1
    states = [one[2] for one in listed(desk, limit="1")]
    assert (states[0], states.count("breached"), len(states)) == ("breached", 1, 2), "and what is due next is seen"


@pytest.mark.parametrize(("most_read", "first"), [(1, ["c9", "c1"]), (3, ["c9", "c3"]), (500, ["c9", "c3"])])
def test_the_list_is_of_now_as_far_as_it_is_read_and_goes_on_as_counted(
    desk: House, monkeypatch: pytest.MonkeyPatch, most_read: int, first: list[str]
) -> None:
    before = [one[:3] for one in listed(desk)]
    counted_at = desk.live({})["counted_at"]
    desk.now.at += SECOND
    monkeypatch.setattr(live, "MOST_READ", most_read)
    assert [one[:3] for one in listed(desk)] == before
    told(desk, "c9", NINE - SECOND, channel="chat")
    desk.told(reply(("default", "desk", "c1"), NINE + 8 * SECOND))
    desk.refresh(("default", "desk", "c1"))
    assert [one[0] for one in listed(desk)[:2]] == first
    assert desk.live({})["counted_at"] == counted_at
    desk.now.at += 2 * SECOND
    assert desk.live({})["counted_at"] == format_instant(desk.now.at)
    assert len(listed(desk)) == len(before) + 1


def test_who_cannot_wait_for_the_counts_gets_the_list_without(desk: House) -> None:
    early = desk.live({"counts": "kept"})
    assert (early["counts"], early["counted_at"], early["facets"]) == (None, None, None)
    shown = desk.live({})
    assert early["clocks"] == shown["clocks"]
    assert desk.live({"counts": "kept"}) == shown
    desk.now.at += 60 * SECOND
    assert desk.live({"counts": "kept"})["counts"] is None, "they are told as long as they are kept"


def test_only_as_many_tickets_are_read_as_are_shown(desk: House) -> None:
    desk.live({})
    asked: list[Any] = []
    desk.store.client.meta.events.register(
        "provide-client-params.dynamodb.Query", lambda params, **_: asked.append(params)
    )
    assert len(desk.live({})["clocks"]) == 6
    assert {one["IndexName"] for one in asked} == {"live"}
    assert len(asked) <= 2 * SHARDS
