from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest

from replyclock.adapters.archive import DynamoArchive
from replyclock.domain.errors import TicketDropped
from replyclock.domain.events import TicketKey
from replyclock.domain.instants import DAY, SECOND, day_of
from replyclock.service.drop import ANEW, DropTickets, Looked
from tests.adapters.samples import KEY, NINE, created, event, note, reply, solved

from .house import House

OPEN: TicketKey = ("default", "desk", "2")
LATE: TicketKey = ("default", "desk", "3")
UNBUILT: TicketKey = ("default", "desk", "4")
NEXT: TicketKey = ("default", "desk", "5")
OWED: TicketKey = ("default", "desk", "6")
FROM, TO = "2026-06-01", "2026-06-04"
KEPT_FOR = 60 * DAY


def dropping(house: House) -> DropTickets:
    archive = DynamoArchive(house.store.table)
    kept = (house.tickets, house.tickets, house.days, house.facts, house.retention)
    return DropTickets(archive, *kept, house.policy, house.now, lambda: house.now.sleep(0.02), house.set_aside)


def came_to(looked: Iterable[Looked]) -> tuple[dict[str, int], int]:
    """How many tickets met which fate, and how many events went."""
    found = list(looked)
    return Counter(one.fate for one in found), sum(one.events for one in found)


def each_day(house: House) -> dict[TicketKey, str]:
    """What the function does at midnight."""
    before = house.now() // DAY * DAY - KEPT_FOR
    return {one.key: one.fate for one in dropping(house).go_on(before, house.now() + 10 * SECOND)}


def summed_up(house: House) -> Any:
    report = house.reports("summary", {"from": FROM, "to": TO})
    assert report is not None
    return report["total"]


def tell_all(house: House, *keys: TicketKey) -> None:
    """Nobody is owed an alert any more."""
    for key in keys:
        house.refresh(key)
        for alert in house.record(key).ledger:
            house.ledger.claim(key, alert.entry.sort_key, "me", house.now(), 1)
            house.ledger.settle(key, alert.entry.sort_key, "sent", house.now())


def items_of(house: House, key: TicketKey) -> list[str]:
    return [item["sk"]["S"] for item in house.store.items() if item["pk"]["S"] == "T#" + "#".join(key)]


def test_the_log_goes_and_the_figures_stay(house: House) -> None:
    house.told(created(), reply(), solved(), created(OPEN), created(LATE), reply(LATE), solved(LATE))
    house.told(created(UNBUILT), reply(UNBUILT), solved(UNBUILT))
    house.told(created(OWED), reply(OWED, NINE + 30 * SECOND), solved(OWED))
    house.now.at = NINE + 3600 * SECOND
    tell_all(house, KEY, OPEN, LATE, UNBUILT)
    house.refresh(OWED)
    house.now.at = NINE + 40 * DAY
    house.compile(house.now() + DAY)
    house.told(note(LATE, NINE + 39 * DAY), note(UNBUILT, NINE + 7 * SECOND), received_at=NINE + 8 * SECOND)
    house.told(reply(UNBUILT, NINE + 20 * SECOND, "again"), received_at=NINE + 21 * SECOND)
    before, report = NINE + 2 * DAY, summed_up(house)
    wanted = {
        "dropped": 1,
        "open or a clock runs": 1,
        "something came in since": 1,
        "figures are not built yet": 1,
        "an alert is owed": 1,
    }
    kept = house.store.items()
    assert came_to(dropping(house)(before, dry_run=True)) == (wanted, 3)
    assert house.store.items() == kept
    assert came_to(dropping(house)(before, "another")) == ({}, 0)
    assert came_to(dropping(house)(before)) == (wanted, 3)
    assert items_of(house, KEY) == ["DROPPED"]
    assert summed_up(house) == report and report["tickets"]["created"] == 5
    dropped_at = house.now()
    with pytest.raises(TicketDropped) as told:
        house.read.one(KEY)
    assert told.value.at <= dropped_at

    # What is told of it after all neither alerts anybody nor takes its figures away, nor does it lie there for ever.
    house.days.touch(KEY, day_of(NINE), house.now())
    house.told(created(), note(at=house.now()))
    assert not house.refresh(KEY).written
    assert {one.key for one in DynamoArchive(house.store.table).events()} == {OPEN, LATE, UNBUILT, OWED}
    assert KEY not in set(DynamoArchive(house.store.table).tickets())
    house.now.at += DAY
    house.compile(house.now() + DAY)
    assert summed_up(house)["tickets"]["created"] == 5
    assert came_to(dropping(house)(before, dry_run=True))[0]["dropped before"] == 1
    fates, events = came_to(dropping(house)(before))
    assert (fates["dropped before"], fates["dropped"], events) == (1, 1, 2 + 5)
    assert items_of(house, KEY) == ["DROPPED"]
    assert house.record().dropped_at == told.value.at


def test_each_day_what_has_fallen_out_goes_and_nothing_is_looked_at_twice(house: House) -> None:
    """One ticket is over on its day, one two days later, one never; and one more comes on the day after."""
    house.told(created(), reply(), solved(), created(LATE), reply(LATE), created(OPEN), reply(OPEN))
    house.now.at = NINE + 2 * DAY
    house.told(solved(LATE, house.now()), created(NEXT, NINE + DAY), reply(NEXT, NINE + DAY), solved(NEXT, house.now()))
    tell_all(house, KEY, LATE, OPEN, NEXT)
    house.now.at = (day_of(NINE) + 60) * DAY
    house.compile(house.now() + DAY)
    report = summed_up(house)

    def run(days: int) -> dict[TicketKey, str]:
        house.now.at = (day_of(NINE) + 60 + days) * DAY
        return each_day(house)

    # They were received when they were told: all of it counts.
    assert run(0) == {}
    assert run(1) == {KEY: "dropped", LATE: "something came in since", OPEN: "open or a clock runs"}
    assert run(1) == {}
    assert run(2) == {NEXT: "something came in since"}
    assert run(3) == {LATE: "dropped", NEXT: "dropped"}
    assert run(4) == {}
    assert summed_up(house) == report

    # What comes to a day that is done is found long before it falls out, as what was open is, which ends now.
    ended = event("end", "status.changed", NINE + DAY, OPEN, status="solved")
    house.told(created(UNBUILT), reply(UNBUILT), solved(UNBUILT), ended)
    tell_all(house, UNBUILT, OPEN)
    assert run(29) == {}
    assert run(30) == {UNBUILT: "something came in since", OPEN: "something came in since"}
    # The figures were not built since: that is seen to.
    assert run(65 + 60) == {UNBUILT: "figures are not built yet", OPEN: "figures are not built yet"}
    house.compile(house.now() + DAY)
    assert run(66 + 60) == {UNBUILT: "dropped", OPEN: "dropped"}
    assert summed_up(house)["tickets"]["created"] == 5


def test_it_goes_on_where_its_time_was_over_and_drops_nothing_more_once_all_is_to_be_kept_longer(house: House) -> None:
    keys: list[TicketKey] = [("default", "desk", str(number)) for number in range(10, 16)]
    for number, key in enumerate(keys):
        at = NINE + number // 3 * DAY
        house.told(created(key, at), reply(key, at), solved(key, at), received_at=at)
    house.now.at = NINE + 100 * DAY
    tell_all(house, *keys)
    house.compile(house.now() + DAY)
    before = NINE // DAY * DAY + 2 * DAY

    def looked(seconds: float, before: int = before) -> int:
        fates, _ = came_to(dropping(house).go_on(before, house.now() + round(seconds * SECOND)))
        assert not fates or fates.keys() == {"dropped"}
        return fates["dropped"]

    # A fiftieth of a second for each, and what is begun in time is done.
    assert looked(0.04) == 2
    assert looked(1, before=NINE // DAY * DAY - DAY) == 0, "kept for longer"
    assert looked(0.04) == 2
    assert looked(1) == 2
    assert looked(1) == 0
    house.now.at += ANEW
    house.compile(house.now() + DAY)
    assert looked(1) == 0
