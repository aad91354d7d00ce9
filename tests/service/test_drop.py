from __future__ import annotations

from typing import Any

from replyclock.adapters.archive import DynamoArchive
from replyclock.domain.events import TicketKey
from replyclock.domain.instants import DAY, SECOND
from replyclock.service.drop import DropTickets
from tests.adapters.samples import KEY, NINE, created, note, reply, solved

from .house import House

OPEN: TicketKey = ("default", "desk", "2")
LATE: TicketKey = ("default", "desk", "3")
UNBUILT: TicketKey = ("default", "desk", "4")
FROM, TO = "2026-06-01", "2026-06-02"


def dropping(house: House) -> DropTickets:
    return DropTickets(
        DynamoArchive(house.store.table), house.tickets, house.days, house.policy, house.now, lambda: None
    )


def summed_up(house: House) -> Any:
    report = house.reports("summary", {"from": FROM, "to": TO})
    assert report is not None
    return report["total"]


def test_the_log_goes_and_the_figures_stay(house: House) -> None:
    house.told(created(), reply(), solved(), created(OPEN), created(LATE), reply(LATE), solved(LATE))
    house.told(created(UNBUILT), reply(UNBUILT), solved(UNBUILT))
    house.now.at = NINE + 3600 * SECOND
    for key in (KEY, OPEN, LATE, UNBUILT):
        house.refresh(key)
        for alert in house.record(key).ledger:
            house.ledger.claim(key, alert.entry.sort_key, "me", house.now(), 1)
            house.ledger.settle(key, alert.entry.sort_key, "sent", house.now())
    house.now.at = NINE + 40 * DAY
    house.compile(house.now() + DAY)
    house.told(note(LATE, NINE + 39 * DAY), note(UNBUILT, NINE + 7 * SECOND), received_at=NINE + 8 * SECOND)
    house.told(reply(UNBUILT, NINE + 20 * SECOND, "again"), received_at=NINE + 21 * SECOND)
    before, report = NINE + 2 * DAY, summed_up(house)
    wanted = {"dropped": 1, "not over": 1, "too new": 1, "figures are not built": 1}
    kept = house.store.items()
    assert dropping(house)(before, dry_run=True) == (wanted, 3)
    assert house.store.items() == kept
    assert dropping(house)(before, "another") == ({}, 0)
    assert dropping(house)(before) == (wanted, 3)
    assert [item["sk"]["S"] for item in house.store.items() if item["pk"]["S"] == "T#default#desk#1"] == ["DROPPED"]
    assert summed_up(house) == report and report["tickets"]["created"] == 4

    # What is told of it after all neither alerts anybody nor takes its figures away.
    house.told(created(), note(at=house.now()))
    assert not house.refresh(KEY).written
    house.refresh(UNBUILT)
    house.now.at += DAY
    house.compile(house.now() + DAY)
    assert summed_up(house)["tickets"]["created"] == 4
    fates, events = dropping(house)(before)
    assert (fates["dropped before"], fates["dropped"], events) == (1, 1, 5)
