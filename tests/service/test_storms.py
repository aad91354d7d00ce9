from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from replyclock.domain.errors import StoreUnavailable
from replyclock.domain.events import TicketKey
from replyclock.domain.instants import MINUTE, SECOND
from replyclock.domain.storms import Storm
from replyclock.service.ports import StormTimer
from replyclock.service.storm import GATHERED
from replyclock.service.sweep import sweep_deadlines
from tests.adapters.samples import NINE, created, event, reply

from .house import STORM_LIMIT, House

STORM = Storm("default", "chat", NINE)
BREACH = "A#first_response#1#100#chat"


def keys(count: int) -> list[TicketKey]:
    return [("default", "desk", f"{number:02}") for number in range(count)]


def breaking(house: House, count: int) -> list[TicketKey]:
    """That many chats whose promise broke just now, with their alerts pending."""
    for key in keys(count):
        house.told(created(key, channel="chat", tier="vip"))
    house.now.at = NINE + 11 * SECOND
    for key in keys(count):
        house.refresh(key)
    return keys(count)


def publish(house: House, *tickets: TicketKey) -> list[str]:
    return [house.publish(key, BREACH, "one").status for key in tickets]


def sum_up(house: House) -> list[Any]:
    """Let the sweep and the check do what is due, publish what is owed, and return the notices that came."""
    before = len(house.published())
    sweep_deadlines(house.tickets, house.timers, house.now)
    while storms := [timer for timer in house.timers.armed if isinstance(timer, StormTimer)]:
        house.timers.armed.remove(storms[0])
        house.check(storms[0])
        house.now.at = max(house.now(), storms[0].due_at)
    for item in house.store.items():
        if item["pk"]["S"].startswith("S#") and item["sk"]["S"].startswith("A#"):
            house.publish_notice((item["pk"]["S"], item["sk"]["S"]), "one")
    return [json.loads(message) for _, message, _, _, _ in house.published()[before:]]


def test_beyond_the_limit_of_a_minute_alerts_are_summed_up(house: House) -> None:
    tickets = breaking(house, 8)
    assert publish(house, *tickets) == ["sent"] * STORM_LIMIT + ["summarized"] * 5
    assert len(house.published()) == STORM_LIMIT
    (summary,) = sum_up(house)
    assert (summary["kind"], summary["standard"], summary["levels"]) == ("summary", "chat", {"breach": 5})
    assert house.now() >= NINE + MINUTE + GATHERED, "the minute is over by then"
    assert [one["ticket"] for one in summary["longest"]] == [key[2] for key in tickets[STORM_LIMIT:]]
    assert sum_up(house) == []


def test_none_is_lost_from_the_ledger(house: House) -> None:
    tickets = breaking(house, 5)
    publish(house, *tickets)
    statuses = [house.alerts(key)[100] for key in tickets]
    assert statuses == ["sent", "sent", "sent", "summarized", "summarized"]
    shown = house.read.one(tickets[-1])
    assert shown is not None
    breach = shown["alerts"][1]
    assert (breach["status"], breach["sent_at"], breach["detection_lag_seconds"]) == ("summarized", None, 0.999999)


def test_a_summary_reaches_whoever_would_have_got_one_of_its_alerts(house: House) -> None:
    tickets = breaking(house, 4)
    warning = "A#first_response#1#80#chat"
    for key in tickets[:3]:
        publish(house, key)
    house.told(event("gone", "ticket.deleted", house.now(), tickets[3]))  # quiet alerts take no place
    assert house.publish(tickets[3], BREACH, "one").status == "quiet"
    more = ("default", "desk", "late")
    house.told(created(more, house.now() - 11 * SECOND, channel="chat", tier="gold"))
    house.told(event("taken", "assignment.changed", house.now() - 10 * SECOND, more, group="night", assignee="a-7"))
    house.refresh(more)
    assert house.publish(more, BREACH, "one").status == "summarized"
    assert house.publish(more, warning, "one").status == "quiet"
    sum_up(house)
    values = {name: value["Value"] for name, value in house.published("sms")[-1][3].items()}
    assert values["kind"] == "summary"
    assert (json.loads(values["level"]), json.loads(values["metric"])) == (["breach"], ["first_response"])
    assert (json.loads(values["tier"]), json.loads(values["channel"])) == (["gold"], ["chat"])
    assert (json.loads(values["group"]), json.loads(values["assignee"])) == (["night"], ["a-7"])
    assert values["standard"] == "chat"
    assert {*house.published()[-1][3]} == {*values} - {"kind", "metric", "alert_id"}


def test_another_standard_and_another_minute_have_places_of_their_own(house: House) -> None:
    tickets = breaking(house, STORM_LIMIT)
    publish(house, *tickets)
    other = ("default", "desk", "phone")
    house.told(created(other, NINE - 60 * SECOND, channel="phone"))
    house.refresh(other)
    assert house.publish(other, "A#first_response#1#100#phone", "one").status == "sent"
    house.now.at = NINE + MINUTE
    later = ("default", "desk", "later")
    house.told(created(later, NINE + 30 * SECOND, channel="chat"))
    house.refresh(later)
    assert publish(house, later) == ["sent"]


def test_what_comes_after_the_summary_is_told_in_another(house: House) -> None:
    tickets = breaking(house, 6)
    publish(house, *tickets[:5])
    (first,) = sum_up(house)
    publish(house, tickets[5])
    (second,) = sum_up(house)
    assert ((first["part"], first["alerts"]), (second["part"], second["alerts"])) == ((0, 2), (1, 1))
    assert first["alert_id"] != second["alert_id"]
    assert sum_up(house) == []


def test_an_alert_that_is_tried_again_stays_in_its_place(house: House) -> None:
    tickets = breaking(house, 4)
    publish(house, *tickets[:2])
    unavailable = replace(house.publish, publisher=Unavailable())
    with pytest.raises(StoreUnavailable):
        unavailable(tickets[2], BREACH, "one")
    assert publish(house, tickets[3], tickets[2]) == ["summarized", "sent"]


class Unavailable:
    def publish(self, message: object, without: object = ()) -> None:
        raise StoreUnavailable("down")


def test_a_breach_that_a_summary_told_is_corrected(house: House) -> None:
    tickets = breaking(house, 4)
    publish(house, *tickets)
    house.told(reply(tickets[3], NINE + 5 * SECOND))
    house.now.at += MINUTE
    house.refresh(tickets[3])
    assert house.publish(tickets[3], "A#first_response#1#correction#chat", "one").status == "sent"


def test_a_summing_up_that_broke_off_is_taken_up_again(house: House) -> None:
    tickets = breaking(house, 5)
    publish(house, *tickets)
    house.now.at = NINE + MINUTE + GATHERED
    assert house.storms.members(STORM, house.now() + MINUTE) is not None  # and then it died
    house.now.at += MINUTE
    (summary,) = sum_up(house)
    assert summary["alerts"] == 2


def test_a_storm_that_is_summed_up_is_due_no_more(house: House) -> None:
    publish(house, *breaking(house, 5))
    sum_up(house)
    house.now.at += 10 * MINUTE
    assert [timer for timer in house.tickets.due(house.now()) if isinstance(timer, StormTimer)] == []
    assert house.storms.members(STORM, house.now()) is None


def test_the_summary_is_in_the_language_of_most_of_its_tickets(house: House) -> None:
    house.languages["desk"] = "zh"
    publish(house, *breaking(house, 5))
    sum_up(house)
    assert "另有2条告警" in house.published("sms")[-1][1]
