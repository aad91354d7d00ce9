"""Tickets in the table: their logs, states and ledgers, and the indexes over them."""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator, Sequence
from typing import Any

from replyclock.domain.alerts import LedgerEntry
from replyclock.domain.errors import Conflict
from replyclock.domain.events import TicketKey, parse_event
from replyclock.domain.instants import format_instant, parse_instant, sortable
from replyclock.service.ports import SHARDS, LedgerRecord, LivePlace, StoredEvent, TicketRecord, TicketState, Timer

from .dynamodb import ABSENT, ConditionFailed, Item, Table, number, shard_of, text, ticket_key, ticket_pk

_PAGE = 100
"""Places that are read of a shard at a time: a listing shows few, and a shard may hold many."""


class DynamoTickets:
    """Reads and writes tickets, lists them by what the indexes know."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self, key: TicketKey) -> TicketRecord:
        """See service.ports.Tickets."""
        events, ledger = [], []
        state, version = None, 0
        for item in self._table.query(ticket_pk(key)):
            match item["sk"]["S"][:2]:
                case "E#" | "V#":
                    event, received_at = parse_event(item["event"]["S"]), parse_instant(item["received_at"]["S"])
                    events.append(StoredEvent(event, received_at))
                case "A#":
                    ledger.append(_read_ledger(item))
                case "ST":
                    state, version = _read_state(item), int(item["version"]["N"])
        return TicketRecord(tuple(events), state, version, tuple(ledger))

    def write(self, key: TicketKey, state: TicketState, version: int, owed: Sequence[LedgerRecord], now: int) -> None:
        """See service.ports.Tickets."""
        pk = ticket_pk(key)
        item = _state_item(pk, key[0], state, version + 1, now)
        condition, values = ("version = :version", {":version": number(version)}) if version else (ABSENT, {})
        if not owed:
            self._table.put(item, condition, values)
            return
        ledger: list[tuple[Item, str, Item]] = [(_ledger_item(pk, record), ABSENT, {}) for record in owed]
        self._table.put_all([(item, condition, values), *ledger])

    def due(self, until: int) -> Iterator[Timer]:
        """See service.ports.DueTickets."""
        for shard in range(SHARDS):
            values = {":shard": text(f"DUE#{shard}"), ":until": text(sortable(until))}
            for item in self._table.query_index("due", "due_shard = :shard AND due_at <= :until", values):
                yield Timer(ticket_key(item["pk"]["S"]), parse_instant(item["due_at"]["S"]))

    def open_keys(self, shard: int) -> Iterator[TicketKey]:
        """See service.ports.OpenTickets."""
        for item in self._table.query_index("live", "live_shard = :shard", {":shard": text(f"LIVE#{shard}")}):
            yield ticket_key(item["pk"]["S"])

    def places(self, state: str, tenant: str | None, after: LivePlace | None) -> Iterator[LivePlace]:
        """See service.ports.OpenTickets."""
        shards = [self._places_of(shard, state, tenant, after) for shard in range(SHARDS)]
        return heapq.merge(*shards, key=lambda place: (place.urgency, place.key))

    def _places_of(self, shard: int, state: str, tenant: str | None, after: LivePlace | None) -> Iterator[LivePlace]:
        condition, filtered = "live_shard = :shard", "contains(#states, :state)"
        names = {"#states": "states"}
        values: dict[str, Any] = {":shard": text(f"LIVE#{shard}"), ":state": text(state)}
        if after:
            condition += " AND live_order >= :after"
            values[":after"] = text(after.urgency)
        if tenant:
            filtered += " AND #tenant = :tenant"
            names["#tenant"] = "tenant"
            values[":tenant"] = text(tenant)
        # Places of equal urgency come in no order that can be asked for, so that they are put in order here.
        equal: list[LivePlace] = []
        for item in self._table.query_index("live", condition, values, filtered, names, _PAGE):
            place = LivePlace(item["live_order"]["S"], ticket_key(item["pk"]["S"]))
            if equal and equal[0].urgency != place.urgency:
                yield from sorted(equal, key=lambda one: one.key)
                equal = []
            if after is None or (place.urgency, place.key) > (after.urgency, after.key):
                equal.append(place)
        yield from sorted(equal, key=lambda one: one.key)


class DynamoLedger:
    """Claims and settles alerts."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def claim(self, key: TicketKey, sort_key: str, claimant: str, now: int, lease: int) -> LedgerRecord | None:
        """See service.ports.Ledger."""
        try:
            item = self._table.update(
                ticket_pk(key),
                sort_key,
                "SET #status = :claimed, claimed_at = :now, claimant = :claimant",
                "#status = :pending OR (#status = :claimed AND (claimant = :claimant OR claimed_at <= :expired))",
                {"#status": "status"},
                {
                    ":claimed": text("claimed"),
                    ":pending": text("pending"),
                    ":claimant": text(claimant),
                    ":now": text(sortable(now)),
                    ":expired": text(sortable(now - lease)),
                },
            )
        except ConditionFailed as failed:
            if failed.item and failed.item["status"]["S"] == "claimed":
                raise Conflict("another attempt has claimed the alert") from failed
            return None
        return _read_ledger(item)

    def release(self, key: TicketKey, sort_key: str) -> None:
        """See service.ports.Ledger."""
        self._move(key, sort_key, "SET #status = :to REMOVE claimed_at, claimant", {":to": text("pending")})

    def settle(self, key: TicketKey, sort_key: str, status: str, now: int, reason: str | None = None) -> None:
        """See service.ports.Ledger."""
        update, values = "SET #status = :to, settled_at = :now", {":to": text(status), ":now": text(sortable(now))}
        if reason:
            update += ", reason = :reason"
            values[":reason"] = text(reason)
        self._move(key, sort_key, update, values)

    def _move(self, key: TicketKey, sort_key: str, update: str, values: dict[str, Any]) -> None:
        values[":claimed"] = text("claimed")
        self._table.update(ticket_pk(key), sort_key, update, "#status = :claimed", {"#status": "status"}, values)


def _state_item(pk: str, tenant: str, state: TicketState, version: int, now: int) -> Item:
    item: dict[str, Any] = {
        "pk": text(pk),
        "sk": text("STATE"),
        "version": number(version),
        "evaluated_at": text(format_instant(now)),
        "tenant": text(tenant),
    }
    if state.state:
        item["state"] = text(state.state)
    if state.states:
        item["states"] = {"SS": list(state.states)}
    if state.due_at is not None:
        item |= {"due_shard": text(f"DUE#{shard_of(pk)}"), "due_at": text(sortable(state.due_at))}
    if state.urgency:
        item |= {"live_shard": text(f"LIVE#{shard_of(pk)}"), "live_order": text(state.urgency)}
    return item


def _read_state(item: Item) -> TicketState:
    return TicketState(
        item["state"]["S"] if "state" in item else None,
        tuple(sorted(item["states"]["SS"])) if "states" in item else (),
        parse_instant(item["due_at"]["S"]) if "due_at" in item else None,
        item["live_order"]["S"] if "live_order" in item else None,
    )


def _ledger_item(pk: str, record: LedgerRecord) -> Item:
    document = json.dumps(record.entry.document(), ensure_ascii=False, separators=(",", ":"))
    item: dict[str, Any] = {
        "pk": text(pk),
        "sk": text(record.entry.sort_key),
        "entry": text(document),
        "alert_id": text(record.entry.alert_id),
        "status": text(record.status),
    }
    if record.settled_at is not None:
        item["settled_at"] = text(sortable(record.settled_at))
    if record.reason:
        item["reason"] = text(record.reason)
    return item


def _read_ledger(item: Item) -> LedgerRecord:
    return LedgerRecord(
        LedgerEntry.from_document(json.loads(item["entry"]["S"])),
        item["status"]["S"],
        parse_instant(item["settled_at"]["S"]) if "settled_at" in item else None,
        item["reason"]["S"] if "reason" in item else None,
    )
