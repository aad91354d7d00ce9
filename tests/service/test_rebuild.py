from __future__ import annotations

from replyclock.adapters.archive import DynamoArchive
from replyclock.adapters.days import noting
from replyclock.domain.events import TicketKey
from replyclock.domain.instants import DAY, SECOND
from replyclock.service.rebuild import NEVER_MEASURED, NOT_ON_RECORD, STILL_LIVE, Compared, Rebuild
from replyclock.service.refresh import RefreshTicket
from tests.adapters.samples import KEY, NINE, created, reply

from .house import House

MISSED: TicketKey = ("default", "desk", "2")
ANSWERED: TicketKey = ("default", "desk", "3")
LIVE: TicketKey = ("default", "desk", "4")


def rebuilding(house: House, steps: list[int]) -> Rebuild:
    refresh = RefreshTicket(
        house.tickets,
        house.timers,
        house.policy,
        house.now,
        house.now.sleep,
        noting(house.days, house.now),
        history_before=house.now() - STILL_LIVE,
    )
    return Rebuild(house.tickets, house.policy, house.now, refresh, lambda: steps.append(1))


def test_the_difference_is_shown_then_written_and_nobody_is_alerted_of_the_past(house: House) -> None:
    # One that nobody looked at in time, one that was never measured, and one that is as it should be.
    house.told(created(), created(MISSED), created(ANSWERED), reply(ANSWERED))
    for key in (KEY, ANSWERED):
        house.refresh(key)
    house.now.at = NINE + 3600 * SECOND
    house.refresh(ANSWERED)
    for place, notes in house.days.noted().items():
        house.days.clear(place, notes)
    steps: list[int] = []
    keys = sorted(DynamoArchive(house.store.table).tickets())
    before = house.store.items()
    assert list(rebuilding(house, steps).compare(keys)) == [
        Compared(KEY, ("states", "due_at", "clocks", NOT_ON_RECORD)),
        Compared(MISSED, (NEVER_MEASURED,)),
        Compared(ANSWERED, ()),
    ]
    assert house.store.items() == before and len(steps) == 3

    done = list(rebuilding(house, steps).write(keys))
    assert [one.written for one in done] == [True, True, False]
    assert [one.entries for one in done] == [(), (), ()]
    assert house.alerts() == house.alerts(MISSED) == {80: "quiet", 100: "quiet"}
    assert {note.key for notes in house.days.noted().values() for note in notes} == set(keys)
    assert [one.differs_in for one in rebuilding(house, steps).compare(keys)] == [(), (), ()]


def test_what_breaks_beside_it_is_still_told(house: House) -> None:
    house.now.at = NINE + DAY
    house.told(created(LIVE, NINE + DAY - 11 * SECOND))
    assert [entry.at_percent for one in rebuilding(house, []).write([LIVE]) for entry in one.entries] == [80, 100]
    assert house.alerts(LIVE) == {80: "pending", 100: "pending"}
