"""All that is kept, read by several readers, rewritten and removed, on both engines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from replyclock.adapters import archive as module
from replyclock.adapters.archive import DynamoArchive
from replyclock.adapters.event_log import DynamoEventLog
from replyclock.adapters.retention import DynamoRetention
from replyclock.adapters.tickets import DynamoTickets
from replyclock.domain.errors import Conflict
from replyclock.domain.events import AnyEvent, TicketKey, event_text
from replyclock.domain.forgetting import Person, without
from replyclock.domain.instants import DAY

from .backends import Store
from .samples import KEY, NINE, OVER, created, owed, reply, solved

ALSO = Person("c", ("chat",))
KEYS: list[TicketKey] = [("default", "desk", str(number)) for number in range(1, 12)]


def test_every_telling_is_found_once_and_rewritten_whole(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    log, tickets, archive = DynamoEventLog(store.table), DynamoTickets(store.table), DynamoArchive(store.table, 3)
    events = [event for key in KEYS for event in (created(key), created(key, NINE + 1), reply(key))]
    for event in events:
        log.append(event, NINE)
    tickets.write(KEY, OVER, 0, owed(), NINE)
    assert sorted(map(event_text, archive.events())) == sorted(map(event_text, events))
    assert sorted(archive.tickets()) == sorted(KEYS)
    assert {one.key for one in archive.mentions(ALSO)} == set(KEYS)

    def change(event: AnyEvent) -> AnyEvent:
        return without(event, ALSO, "forgotten-1")

    def alert(document: Mapping[str, Any]) -> dict[str, Any]:
        return {**document, "attributes": {"channel": "forgotten-1"}}

    monkeypatch.setattr(module, "TOGETHER", 3)  # several transactions, and what is noted between them
    assert archive.rewrite(KEY, ALSO, "forgotten-1", change, alert) == (1, 2)
    record = tickets.read(KEY)
    assert sorted(event_text(one.event) for one in record.events) == sorted(event_text(change(e)) for e in events[:3])
    assert [one.entry.attributes for one in record.ledger] == [{"channel": "forgotten-1"}] * 2
    assert [one.status for one in record.ledger] == ["pending"] * 2
    assert archive.pseudonym(KEY, ALSO) is None
    assert archive.rewrite(KEY, ALSO, "forgotten-2", change, alert) == (0, 0)

    def meanwhile(event: AnyEvent) -> AnyEvent:
        store.client.update_item(
            TableName=store.name,
            Key={"pk": {"S": "T#default#desk#2"}, "sk": {"S": f"E#{event.id}"}},
            UpdateExpression="SET event = :other",
            ExpressionAttributeValues={":other": {"S": event_text(solved(KEYS[1]))}},
        )
        return change(event)

    with pytest.raises(Conflict):
        archive.rewrite(KEYS[1], ALSO, "forgotten-1", meanwhile, alert)
    retention = DynamoRetention(store.table)
    retention.put_off(KEY, NINE)
    assert archive.drop(KEY, NINE) == 3
    log.append(reply(id_="late"), NINE)
    record = tickets.read(KEY)
    assert (record.events, record.dropped_at) == ((), NINE)
    assert KEY not in {event.key for event in archive.events()}, "half a ticket tells too little"
    assert sorted(archive.tickets()) == sorted(KEYS[1:])
    assert archive.drop(KEY, NINE + DAY) == 1
    assert tickets.read(KEY).dropped_at == NINE
    assert [item["sk"]["S"] for item in store.items() if item["pk"]["S"] == "T#default#desk#1"] == ["DROPPED"]
    assert list(retention.fallen_out(NINE + 1)) == [], "it went with the ticket"
