"""Tickets in the table: their logs, states and ledgers, and the indexes over them."""

from __future__ import annotations

import heapq
import json
import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeVar

from replyclock.domain.alerts import LedgerEntry
from replyclock.domain.errors import is_transient, place_of
from replyclock.domain.events import AttributeValue, TicketKey, read_stored_event
from replyclock.domain.instants import DAY, day_of, format_instant, parse_instant, sortable
from replyclock.domain.smoke import is_smoke
from replyclock.domain.standings import Answer, OpenClock, Standing
from replyclock.service.ports import (
    SHARDS,
    FaultKind,
    FaultRecord,
    LedgerRecord,
    LivePlace,
    StoredEvent,
    StormTimer,
    TicketRecord,
    TicketState,
    Timer,
)

from . import outbox
from .dynamodb import ABSENT, Item, Table, created_shard, number, shard_of, storm_of_pk, text, ticket_key, ticket_pk
from .faults import faults_of_ticket

if TYPE_CHECKING:
    from replyclock.domain.policy import Policy

_PAGE = 100
"""Places that are read of a shard at a time: a listing shows few, and a shard may hold many."""

_OF_STANDINGS = ("pk", "live_order", "attributes", "clocks", "group", "assignee", "faulty")

Read = TypeVar("Read")

_log = logging.getLogger(__name__)


class DynamoTickets:
    """Reads and writes tickets, lists them by what the indexes know."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self, key: TicketKey) -> TicketRecord:
        """See service.ports.Tickets."""
        events, ledger = [], []
        overlay = None
        faults: dict[FaultKind, FaultRecord] = {}
        state, version = None, 0
        for item in self._table.query(ticket_pk(key)):
            match item["sk"]["S"][:2]:
                case "E#" | "V#":
                    event, received_at = read_stored_event(item["event"]["S"]), parse_instant(item["received_at"]["S"])
                    events.append(StoredEvent(event, received_at, "imported" in item))
                case "DR":
                    # What is left of it, or came later, tells too little.
                    return TicketRecord((), None, 0, (), parse_instant(item["dropped_at"]["S"]))
                case "A#":
                    ledger.append(_read_ledger(item))
                case "F#":
                    if fault := faults_of_ticket(key, item):
                        faults[fault.thing.kind] = fault
                case "OV" if is_smoke(key):
                    overlay = _read_overlay(item)
                case "ST":
                    state, version = _read_state(item), int(item["version"]["N"])
        return TicketRecord(tuple(events), state, version, tuple(ledger), faults=faults, overlay=overlay)

    def last_known(self, key: TicketKey) -> TicketState | None:
        """See service.ports.LastStates."""
        item = self._table.get(ticket_pk(key), "STATE")
        return None if item is None else _read_state(item)

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

    def due(self, until: int) -> Iterator[Timer | StormTimer]:
        """See service.ports.DueTickets."""
        for shard in range(SHARDS):
            values = {":shard": text(f"DUE#{shard}"), ":until": text(sortable(until))}
            for item in self._table.query_index("due", "due_shard = :shard AND due_at <= :until", values):
                yield from _readable(item, _read_due)

    def open_keys(self, shard: int) -> Iterator[TicketKey]:
        """See service.ports.OpenTickets."""
        for item in self._table.query_index("live", "live_shard = :shard", {":shard": text(f"LIVE#{shard}")}):
            yield from _readable(item, _read_key)

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
        for item in self._in_turn(self._table.query_index("live", condition, values, filtered, names, _PAGE)):
            place = LivePlace(item["live_order"]["S"], ticket_key(item["pk"]["S"]))
            if after is None or (place.urgency, place.key) > (after.urgency, after.key):
                yield place

    @staticmethod
    def _in_turn(items: Iterable[Item]) -> Iterator[Item]:
        """Items of equal urgency come in no order that can be asked for, so that they are put in order here."""
        for _, equal in groupby(items, key=lambda item: item["live_order"]["S"]):
            yield from sorted(equal, key=lambda item: ticket_key(item["pk"]["S"]))

    def created(self, begin: int, end: int) -> Iterator[TicketKey]:
        """See service.ports.CreatedTickets."""
        for day in range(day_of(begin), day_of(end - 1) + 1):
            for shard in range(SHARDS):
                values = {
                    ":shard": text(created_shard(day, shard)),
                    ":begin": text(sortable(begin)),
                    ":last": text(sortable(end - 1)),
                }
                condition = "created_shard = :shard AND created_at BETWEEN :begin AND :last"
                for item in self._table.query_index("created", condition, values):
                    yield ticket_key(item["pk"]["S"])

    def standing(self) -> Iterator[Standing]:
        """See service.ports.Standings."""
        for shard in range(SHARDS):
            yield from self._standing_of(shard)

    def most_urgent(self, page: int) -> Iterator[Standing]:
        """See service.ports.Standings."""
        shards = [self._standing_of(shard, page) for shard in range(SHARDS)]
        return heapq.merge(*shards, key=lambda one: (one.order, one.key))

    def _standing_of(self, shard: int, page: int | None = None) -> Iterator[Standing]:
        values = {":shard": text(f"LIVE#{shard}")}
        found = self._table.query_index("live", "live_shard = :shard", values, page=page, only=_OF_STANDINGS)
        for item in self._in_turn(found):
            yield from _readable(item, _read_standing)

    def answers(self, after: int, until: int) -> Iterator[Answer]:
        """See service.ports.Standings."""
        for day in range(after // DAY, until // DAY + 1):
            for shard in range(SHARDS):
                values = {
                    ":shard": text(f"ANSWERED#{_day(day * DAY)}#{shard}"),
                    ":after": text(sortable(after + 1)),
                    ":until": text(sortable(until)),
                }
                condition = "answered_shard = :shard AND answered_at BETWEEN :after AND :until"
                for item in self._table.query_index("answered", condition, values):
                    yield from _readable(item, _read_answer)


class DynamoLedger:
    """Claims and settles alerts."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def claim(self, key: TicketKey, sort_key: str, claimant: str, now: int, lease: int) -> LedgerRecord | None:
        """See service.ports.Ledger."""
        item = outbox.claim(self._table, ticket_pk(key), sort_key, claimant, now, lease)
        return None if item is None else _read_ledger(item)

    def release(self, key: TicketKey, sort_key: str, *, tried: bool, published: Collection[str] = ()) -> None:
        """See service.ports.Ledger."""
        outbox.release(self._table, ticket_pk(key), sort_key, tried=tried, published=published)

    def settle(self, key: TicketKey, sort_key: str, status: str, now: int, reason: str | None = None) -> None:
        """See service.ports.Ledger."""
        outbox.settle(self._table, ticket_pk(key), sort_key, status, now, reason)


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
    if state.clocks:
        item["clocks"] = text(_compact([_open_clock(one) for one in state.clocks]))
    if state.group is not None:
        item["group"] = text(state.group)
    if state.assignee is not None:
        item["assignee"] = text(state.assignee)
    if state.created_at is not None:
        item |= {
            "created_shard": text(created_shard(day_of(state.created_at), shard_of(pk))),
            "created_at": text(sortable(state.created_at)),
        }
    if state.attributes:
        item["attributes"] = text(_compact(state.attributes))
    if state.answered:
        at, took = state.answered
        item |= {
            "answered_shard": text(f"ANSWERED#{_day(at)}#{shard_of(pk)}"),
            "answered_at": text(sortable(at)),
            "took": number(took),
        }
    return item


def _read_state(item: Item) -> TicketState:
    return TicketState(
        item["state"]["S"] if "state" in item else None,
        tuple(sorted(item["states"]["SS"])) if "states" in item else (),
        parse_instant(item["due_at"]["S"]) if "due_at" in item else None,
        item["live_order"]["S"] if "live_order" in item else None,
        _clocks(item),
        (parse_instant(item["answered_at"]["S"]), int(item["took"]["N"])) if "answered_at" in item else None,
        _attributes(item),
        parse_instant(item["created_at"]["S"]) if "created_at" in item else None,
        *_assignment(item),
    )


def _read_overlay(item: Item) -> Policy:
    # Only where there is one: the sweep reads no policy, and need not load what reads it.
    from replyclock.domain.policy import Policy, read_document  # noqa: PLC0415

    return Policy((read_document(item["document"]["S"]),))


def _readable(item: Item, read: Callable[[Item], Read]) -> Iterator[Read]:
    """What an item of an index says; nothing where it cannot be read, so that it stops no other."""
    try:
        found = read(item)
    except Exception as error:
        if is_transient(error):
            raise
        _log.error("an item of an index cannot be read", extra={"why": place_of(error)})
        return
    yield found


def _read_key(item: Item) -> TicketKey:
    return ticket_key(item["pk"]["S"])


def _read_due(item: Item) -> Timer | StormTimer:
    pk, due_at = item["pk"]["S"], parse_instant(item["due_at"]["S"])
    return StormTimer(storm_of_pk(pk), due_at) if pk.startswith("S#") else Timer(ticket_key(pk), due_at)


def _read_standing(item: Item) -> Standing:
    return Standing(
        ticket_key(item["pk"]["S"]),
        _attributes(item),
        _clocks(item),
        item["live_order"]["S"],
        *_assignment(item),
        "faulty" in item,
    )


def _read_answer(item: Item) -> Answer:
    at, took = parse_instant(item["answered_at"]["S"]), int(item["took"]["N"])
    return Answer(ticket_key(item["pk"]["S"]), _attributes(item), at, took, *_assignment(item))


def _open_clock(clock: OpenClock) -> list[Any]:
    """In the order of the fields. What the last ones do not know is left out: most clocks have no promise."""
    due = (clock.due_at, clock.breaks_at, clock.at_risk_at)
    values = [clock.metric, clock.state, clock.started_at, *due, clock.standard]
    while values[-1] is None:
        values.pop()
    return values


def _clocks(item: Item) -> tuple[OpenClock, ...]:
    return tuple(OpenClock(*one) for one in json.loads(item["clocks"]["S"])) if "clocks" in item else ()


def _assignment(item: Item) -> tuple[str | None, str | None]:
    """Group and assignee."""
    return item["group"]["S"] if "group" in item else None, item["assignee"]["S"] if "assignee" in item else None


def _attributes(item: Item) -> dict[str, AttributeValue]:
    known = json.loads(item["attributes"]["S"]) if "attributes" in item else {}
    return {name: tuple(value) if isinstance(value, list) else value for name, value in known.items()}


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _day(at: int) -> str:
    return sortable(at)[:10]


def _ledger_item(pk: str, record: LedgerRecord) -> Item:
    document = _compact(record.entry.document())
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
        int(item["attempts"]["N"]) if "attempts" in item else 0,
        parse_instant(item["begun_at"]["S"]) if "begun_at" in item else None,
        outbox.published(item),
    )
