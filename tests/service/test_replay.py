from __future__ import annotations

import json
from typing import Any

import pytest

from replyclock.domain.errors import UnknownConnection
from replyclock.domain.events import AnyEvent, event_document
from replyclock.domain.instants import DAY, SECOND
from replyclock.service.receive import Receipt
from replyclock.service.replay import ReplayQuarantine
from replyclock.sources import generic
from replyclock.sources.base import Headers, Webhook
from tests.adapters.samples import KEY, NINE, created, note, reply

from .house import SECRET, House


def test_a_mended_translator_reads_what_it_could_not(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(webhook: Webhook, connection: object) -> None:
        raise KeyError("a private text of the body")

    house.connect()
    # Larger than a part, so that it lies in several items; and random, so that packing does not help.
    noise = "".join(f"{hash((i, 'x')) & 0xFFFFFFFFFFFF:x}" for i in range(50_000))
    bodies: list[Any] = [event_document(created()) | {"text": noise}, {"type": "ticket.created", "subject": "private"}]
    with monkeypatch.context() as patch:
        patch.setattr(generic, "translate", broken)
        for body in bodies:
            raw = json.dumps(body).encode()
            headers = Headers(generic.sign(raw, SECRET, house.now()))
            assert house.receive("desk", Webhook(raw, headers, house.now())) == Receipt(quarantined=1)
            house.now.at += SECOND
    house.told(reply())
    house.now.at = NINE + 2 * DAY
    replay = ReplayQuarantine(house.connections, house.quarantine, house.log, house.now)
    assert [(one.new, bool(one.reasons)) for one in replay("desk", dry_run=True)] == [(1, False), (0, True)]
    assert [stored.event for stored in house.record().events] == [reply()]

    read, unread = replay("desk")
    assert (read.new, read.known, read.reasons, read.body.received_at) == (1, 0, (), NINE)
    assert "private" not in str(unread.reasons) and unread.reasons
    assert [one.body.received_at for one in replay("desk")] == [NINE + SECOND], "only what cannot be read stays"
    late = next(stored for stored in house.record().events if stored.event == created())
    assert (late.received_at, late.imported) == (house.now(), True)
    house.refresh(KEY)
    assert set(house.alerts().values()) <= {"quiet"}, "nobody is alerted of what was past"
    with pytest.raises(UnknownConnection):
        list(replay("nobody"))


def test_an_event_that_cannot_be_stored_stops_no_other_body(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.connect()
    append = house.log.append

    def refusing(event: AnyEvent, received_at: int, *, imported: bool = False) -> bool:
        if event.id == "poison":
            raise OverflowError("a private text of the event")
        return append(event, received_at, imported=imported)

    bad = [event_document(note(id_="poison")), event_document(created())]
    with monkeypatch.context() as patch:
        patch.setattr(house.log, "append", refusing)
        for number, body in enumerate((bad, {"type": "ticket.created"}, [event_document(reply()), {}])):
            raw = json.dumps(body).encode()
            headers = Headers(generic.sign(raw, SECRET, house.now()))
            receipt = house.receive("desk", Webhook(raw, headers, house.now()))
            assert isinstance(receipt, Receipt)
            assert receipt.quarantined == 1, number
            house.now.at += SECOND
        replay = ReplayQuarantine(house.connections, house.quarantine, house.log, house.now)
        outcomes = [(one.new, one.known, len(one.reasons)) for one in replay("desk")]
        assert outcomes == [(0, 1, 1), (0, 0, 1), (0, 1, 1)]
        assert all("private" not in reason for one in replay("desk") for reason in one.reasons)
    assert [one.new for one in replay("desk")] == [1, 0, 0]
    assert len(list(replay("desk"))) == 2, "what is stored at last is out of quarantine"
