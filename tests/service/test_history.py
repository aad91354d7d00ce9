"""Importing history: twice, over live webhooks, broken off, at its pace; and that it never alerts."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from replyclock.domain.errors import StoreUnavailable
from replyclock.domain.events import AnyEvent, TicketKey, event_text
from replyclock.domain.instants import DAY, SECOND
from replyclock.service.history import Imported, ImportHistory, Pace, Unknown
from replyclock.service.ports import EventLog
from tests.adapters.samples import KEY, NINE, created, event, note, reply

from .house import House

OTHER: TicketKey = ("default", "desk", "2")
Ticket = tuple[TicketKey, Sequence[AnyEvent]]


def history(key: TicketKey = KEY, at: int = NINE - 30 * DAY) -> Ticket:
    """A chat that was answered after five seconds, and solved."""
    told = [created(key, at), reply(key, at + 5 * SECOND), note(key, at + 6 * SECOND)]
    return key, [*told, event("solved", "status.changed", at + 60 * SECOND, key, status="solved")]


def importer(house: House, log: EventLog | None = None, rate: float = 1000, reads: bool = False) -> ImportHistory:
    """`reads`: as for a tool that names some facts otherwise, though none of these."""
    unknown = Unknown(house.tickets, lambda known: None) if reads else None
    # moto is not safe under threads.
    return ImportHistory(log or house.log, house.now, Pace(rate, house.now, house.now.sleep), unknown, threads=1)


def quietly(key: TicketKey, written: Imported) -> None:
    pass


def texts(house: House, key: TicketKey = KEY) -> set[str]:
    return {event_text(stored.event) for stored in house.record(key).events}


class Breaking:
    """A log that is lost after a number of events."""

    def __init__(self, log: EventLog, lasts: int) -> None:
        self.log, self.left = log, lasts

    def append(self, event: AnyEvent, received_at: int, *, imported: bool = False) -> bool:
        if not self.left:
            raise StoreUnavailable("the network is gone")
        self.left -= 1
        return self.log.append(event, received_at, imported=imported)


@pytest.mark.parametrize("reads", [False, True])
def test_the_second_import_finds_nothing_new_and_keeps_its_pace(house: House, reads: bool) -> None:
    for new, known in ((8, 0), (0, 8)):
        begun = house.now()
        write = importer(house, rate=5, reads=reads)
        assert write([history(), history(OTHER)], quietly) == Imported(new, known)
        assert house.now() - begun == 7 * SECOND / 5  # the first event need not wait
    assert all(stored.imported for stored in house.record().events)


@pytest.mark.parametrize("live_first", [True, False])
def test_an_import_over_live_webhooks_doubles_nothing_in_whatever_order(house: House, live_first: bool) -> None:
    key, told = history()
    live = [told[0], told[3]]
    if live_first:
        house.told(*live)
    shuffled = Random(4).sample(told, len(told))
    known = importer(house)([(key, shuffled)], quietly).known
    if not live_first:
        house.told(*live)
    house.refresh(KEY)
    assert known == (2 if live_first else 0)
    assert texts(house) == {event_text(one) for one in told} and len(house.record().events) == 4
    state = house.record().state
    assert state is not None and state.answered == (NINE - 30 * DAY + 5 * SECOND, 5 * SECOND)
    # Live events stay live ones.
    assert sum(stored.imported for stored in house.record().events) == (2 if live_first else 4)


def test_what_was_broken_off_goes_on_after_the_last_ticket_that_was_told_of(house: House) -> None:
    keys = [("default", "desk", str(n)) for n in range(1, 6)]
    tickets = [history(key) for key in keys]
    done: list[TicketKey] = []

    def note_it(key: TicketKey, written: Imported) -> None:
        done.append(key)

    with pytest.raises(StoreUnavailable):
        importer(house, Breaking(house.log, 10))(tickets, note_it)
    assert done == keys[:2]
    # Of the third one, the newest events are there: it never looks as if somebody still waited.
    house.refresh(keys[2])
    assert [stored.event.id for stored in house.record(keys[2]).events] == ["note", "solved"]
    assert importer(house)(tickets[2:], note_it) == Imported(10, 2)
    assert done == keys and all(texts(house, key) == {event_text(one) for one in told} for key, told in tickets)


def test_an_import_never_alerts_and_what_breaks_later_does(house: House) -> None:
    """A chat that nobody has answered, imported an hour and a half after it began; a VIP's mail of today beside it."""
    waiting = created(at=NINE - 5400 * SECOND)
    mail = created(OTHER, NINE - 300 * SECOND, tier="vip")  # due in ten minutes
    importer(house)([(KEY, [waiting]), (OTHER, [mail])], quietly)
    for key in (KEY, OTHER):
        house.refresh(key)
    assert house.alerts() == {80: "quiet", 100: "quiet"} and house.alerts(OTHER) == {}
    assert {one.reason for one in house.record().ledger} == {"history"}
    house.now.at = NINE + 601 * SECOND
    house.refresh(OTHER)
    assert house.alerts(OTHER) == {80: "pending", 100: "pending"}


def test_an_import_takes_nothing_back_and_a_webhook_after_it_does(house: House) -> None:
    """Two breaches were told, of answers that did not come in. One comes by an import, one by a late webhook."""
    late = NINE + 100 * SECOND
    for key in (KEY, OTHER):
        house.told(created(key), received_at=NINE)
        house.now.at = late
        house.refresh(key)
        for known in house.record(key).ledger:
            house.ledger.claim(key, known.entry.sort_key, "test", late, 60 * SECOND)
            house.ledger.settle(key, known.entry.sort_key, "sent", late)
        house.now.at = NINE
    house.now.at = late + 10 * SECOND
    importer(house)([(KEY, [reply()]), (OTHER, [note(OTHER)])], quietly)
    house.now.at += 10 * SECOND
    house.told(reply(OTHER))
    for key in (KEY, OTHER):
        house.refresh(key)
    corrections = {
        key: [(one.status, one.reason) for one in house.record(key).ledger if one.entry.level == "correction"]
        for key in (KEY, OTHER)
    }
    assert corrections == {KEY: [("quiet", "history")], OTHER: [("pending", None)]}
