"""What was set aside because of a fault, in the table.

`sk = F#…` beside the item that is faulty, named by that item's sort key: so whoever reads a ticket reads its faults
with it, and clears them where it works again. While it is aside it is in the index `due` by when it failed last, under
keys that the sweep does not read (`FAULT#shard`). What was cleared leaves by itself after 90 days.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from replyclock.domain.errors import Conflict
from replyclock.domain.events import TicketKey
from replyclock.domain.instants import DAY, SECOND, parse_instant, sortable
from replyclock.service.ports import SHARDS, DayPart, FaultKind, FaultRecord, Faulty, retry_at

from . import outbox
from .dynamodb import ConditionFailed, Item, Table, number, shard_of, text, ticket_key, ticket_pk

PREFIX = "F#"
"""How sort keys of faults begin."""
KEPT_CLEARED = 90 * DAY
_PAGE = 100
_STAYS_DUE = (FaultKind.TICKET, FaultKind.STORM)
_STATE, _STORM, _FIGURES = "STATE", "STORM", "FIGURES"


class DynamoFaults:
    """Keeps faults, an item for each faulty thing."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def set_aside(self, thing: Faulty, reason: str, at: int) -> None:
        """See service.ports.Faults."""
        pk, sk = _place(thing)
        if thing.kind in _STAYS_DUE:
            # The mark comes first: whoever mends the thing meanwhile takes it away, and were the fault there before it,
            # could end that and leave the mark. A fault without its mark is ended at the next look.
            before = self.get(thing)
            since = at if before is None else before.first_seen
            self._mark(pk, sk, retry_at(FaultRecord(thing, reason, since, at, 1)), at)
        self._table.update(
            pk,
            PREFIX + sk,
            "SET reason = :reason, last_seen = :at, first_seen = if_not_exists(first_seen, :at), due_shard = :shard,"
            " due_at = :at REMOVE expires_at ADD failures :one",
            None,
            {},
            {
                ":reason": text(reason),
                ":at": text(sortable(at)),
                ":shard": text(_shard_key(shard_of(pk))),
                ":one": number(1),
            },
        )
        if thing.kind in (FaultKind.ALERT, FaultKind.NOTICE):
            # The fault comes first: after a crash in between the attempt is repeated, and comes here again.
            outbox.set_aside(self._table, pk, sk)

    def _mark(self, pk: str, sk: str, later: int, at: int) -> None:
        """Mark an item that stays due as faulty, and have it due later where it is due by now: whoever has dealt with
        it meanwhile has written when it is due next.
        """
        faulty = {":faulty": {"BOOL": True}}
        due = {":at": text(sortable(at)), ":later": text(sortable(later))}
        try:
            self._table.update(pk, sk, "SET faulty = :faulty, due_at = :later", "due_at <= :at", {}, {**faulty, **due})
        except ConditionFailed:
            with suppress(ConditionFailed):  # it was never measured: there is nothing to mark
                self._table.update(pk, sk, "SET faulty = :faulty", "attribute_exists(pk)", {}, faulty)

    def clear(self, record: FaultRecord) -> bool:
        """See service.ports.Faults."""
        pk, sk = _place(record.thing)
        expires_at = record.last_seen + KEPT_CLEARED
        try:
            self._table.update(
                pk,
                PREFIX + sk,
                "SET expires_at = :expires REMOVE due_shard, due_at, first_seen, failures",
                "last_seen = :seen AND attribute_exists(due_at)",
                {},
                {":expires": number(expires_at // SECOND), ":seen": text(sortable(record.last_seen))},
            )
        except ConditionFailed:
            return False
        return True

    def requeue(self, thing: Faulty) -> None:
        """See service.ports.Faults."""
        pk, sk = _place(thing)
        if thing.kind is FaultKind.DIGEST:
            self._table.delete(pk, sk)
            return
        with suppress(Conflict):  # it is no longer aside
            outbox.requeue(self._table, pk, sk)

    def get(self, thing: Faulty) -> FaultRecord | None:
        """See service.ports.Faults."""
        pk, sk = _place(thing)
        item = self._table.get(pk, PREFIX + sk)
        return None if item is None or "due_at" not in item else _record(thing, item)

    def newest(self, after: tuple[int, Faulty] | None = None) -> Iterator[tuple[int, Faulty]]:
        """See service.ports.Faults."""
        shards = [self._newest_of(shard, None if after is None else after[0]) for shard in range(SHARDS)]
        for _, at, thing in heapq.merge(*shards):
            if after is None or _order(at, thing) > _order(*after):
                yield at, thing

    def _newest_of(self, shard: int, until: int | None) -> Iterator[tuple[tuple[Any, ...], int, Faulty]]:
        condition, values = "due_shard = :shard", {":shard": text(_shard_key(shard))}
        if until is not None:
            condition += " AND due_at <= :until"
            values[":until"] = text(sortable(until))
        equal: list[tuple[tuple[Any, ...], int, Faulty]] = []
        for item in self._table.query_index("due", condition, values, page=_PAGE, newest_first=True):
            at, thing = parse_instant(item["due_at"]["S"]), _thing(item["pk"]["S"], item["sk"]["S"])
            if equal and equal[0][1] != at:
                yield from sorted(equal)  # those of one instant come in no order that can be asked for
                equal = []
            equal.append((_order(at, thing), at, thing))
        yield from sorted(equal)

    def read(self, things: Sequence[Faulty]) -> list[FaultRecord]:
        """See service.ports.Faults."""
        places = {(pk, PREFIX + sk): thing for thing in things for pk, sk in [_place(thing)]}
        found = {(item["pk"]["S"], item["sk"]["S"]): item for item in self._table.get_all(list(places))}
        return [
            _record(thing, found[place])
            for place, thing in places.items()
            if place in found and "due_at" in found[place]
        ]

    def faulty_tickets(self, shard: int) -> Iterator[TicketKey]:
        """See service.ports.Faults."""
        values = {":shard": text(_shard_key(shard))}
        for item in self._table.query_index("due", "due_shard = :shard", values):
            if item["sk"]["S"] == PREFIX + _STATE:
                yield ticket_key(item["pk"]["S"])

    def partitions(self) -> Mapping[DayPart, FaultRecord]:
        """See service.ports.Faults."""
        found = {}
        for item in self._table.query("DAYS", PREFIX):
            if "due_at" in item:
                thing = _thing("DAYS", item["sk"]["S"])
                found[int(thing.key[0]), int(thing.key[1])] = _record(thing, item)
        return found


def faults_of_ticket(key: TicketKey, item: Item) -> FaultRecord | None:
    """The fault that an item of a ticket's partition holds, of the ticket or its figures; None of any other."""
    thing = _thing(ticket_pk(key), item["sk"]["S"])
    aside = thing.kind in (FaultKind.TICKET, FaultKind.FIGURES) and "due_at" in item
    return _record(thing, item) if aside else None


def _record(thing: Faulty, item: Item) -> FaultRecord:
    return FaultRecord(
        thing,
        item["reason"]["S"],
        parse_instant(item["first_seen"]["S"]),
        parse_instant(item["last_seen"]["S"]),
        int(item["failures"]["N"]),
    )


def _order(at: int, thing: Faulty) -> tuple[Any, ...]:
    return -at, thing.kind.value, thing.key


def _shard_key(shard: int) -> str:
    return f"FAULT#{shard}"


def _place(thing: Faulty) -> tuple[str, str]:
    """The item that is faulty, or would be."""
    match thing:
        case Faulty(FaultKind.TICKET, (tenant, source, ticket)):
            return ticket_pk((tenant, source, ticket)), _STATE
        case Faulty(FaultKind.FIGURES, (tenant, source, ticket)):
            return ticket_pk((tenant, source, ticket)), _FIGURES
        case Faulty(FaultKind.ALERT, (tenant, source, ticket, sk)):
            return ticket_pk((tenant, source, ticket)), sk
        case Faulty(FaultKind.NOTICE, (pk, sk)):
            return pk, sk
        case Faulty(FaultKind.STORM, (tenant, minute, standard)):
            return f"S#{tenant}#{minute}#{standard}", _STORM
        case Faulty(FaultKind.DIGEST, (name, at)):
            return f"D#{name}", f"DONE#{at}"
        case Faulty(FaultKind.REPORT_PARTITION, (day, shard)):
            return "DAYS", f"BUILT#{day}#{shard}"
        case Faulty(FaultKind.CONNECTION, (name,)):
            return "LOOKS", name
    raise ValueError(f"{thing.kind} of {len(thing.key)} parts is nothing that the table keeps")


def _thing(pk: str, sk: str) -> Faulty:
    """What the fault at a place of the table is of."""
    sk = sk.removeprefix(PREFIX)
    match pk[:2], sk:
        case "T#", "STATE":
            return Faulty(FaultKind.TICKET, ticket_key(pk))
        case "T#", "FIGURES":
            return Faulty(FaultKind.FIGURES, ticket_key(pk))
        case "T#", _:
            return Faulty(FaultKind.ALERT, (*ticket_key(pk), sk))
        case "S#", "STORM":
            return Faulty(FaultKind.STORM, tuple(pk.split("#", 3)[1:]))
        case "D#", _ if sk.startswith("DONE#"):
            return Faulty(FaultKind.DIGEST, (pk[2:], sk.removeprefix("DONE#")))
        case "S#" | "D#", _:
            return Faulty(FaultKind.NOTICE, (pk, sk))
    if pk == "DAYS":
        return Faulty(FaultKind.REPORT_PARTITION, tuple(sk.split("#")[1:]))
    return Faulty(FaultKind.CONNECTION, (sk,))
