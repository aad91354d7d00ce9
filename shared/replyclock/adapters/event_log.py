"""The log of events in the table, and the quarantine of what could not be read."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from replyclock.domain.errors import Conflict
from replyclock.domain.events import AnyEvent, TicketKey, event_text, read_stored_event
from replyclock.domain.forgetting import as_known
from replyclock.domain.instants import DAY, SECOND, format_instant, parse_instant, sortable
from replyclock.service.ports import KeptBody, Quarantined

from .dynamodb import ABSENT, ConditionFailed, Item, Table, number, text, ticket_pk

KEPT = 90 * DAY
"""How long a quarantined body is kept."""
_PART = 300_000


class DynamoEventLog:
    """Appends events: one conditional put each, which is also the check for duplicates, for ever."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def append(self, event: AnyEvent, received_at: int, *, imported: bool = False) -> bool:
        """See service.ports.EventLog."""
        told = event_text(event)
        try:
            self._table.put(event_item(event, f"E#{event.id}", told, received_at, imported=imported), ABSENT)
        except ConditionFailed as there:
            self._tell_again(event, there.item, received_at, imported=imported)
            return False
        return True

    def knows(self, key: TicketKey) -> frozenset[str]:
        """See service.ports.KnownEvents."""
        items = self._table.query(ticket_pk(key), "E#", ("sk",))
        return frozenset(item["sk"]["S"].removeprefix("E#") for item in items)

    def _tell_again(self, event: AnyEvent, known: Item, received_at: int, *, imported: bool) -> None:
        if "forgotten" in known:
            # Who was forgotten in it is not brought back by its being told again.
            event = as_known(event, [read_stored_event(telling["S"]) for telling in known["forgotten"]["L"]])
        told = event_text(event)
        if known["event"]["S"] == told:
            return
        # Of an id that is told in several ways the first in the order of the contract counts, not the first to come.
        try:
            self._table.put(event_item(event, telling_key(event), told, received_at, imported=imported), ABSENT)
        except Conflict:
            return  # this telling is known, too


def telling_key(event: AnyEvent) -> str:
    """The sort key of a further telling of an event."""
    return f"V#{event.id}#{hashlib.sha256(event_text(event).encode()).hexdigest()[:16]}"


def event_item(event: AnyEvent, sk: str, told: str, received_at: int, *, imported: bool) -> Item:
    """An event as it lies in the table. `imported` is there only where it is so."""
    item = {
        "pk": text(ticket_pk(event.key)),
        "sk": text(sk),
        "event": text(told),
        "received_at": text(format_instant(received_at)),
    }
    return {**item, "imported": {"BOOL": True}} if imported else item


def stored_size(event: AnyEvent, told: str) -> int:
    """The bytes of an imported event of that text in the table, as DynamoDB counts them."""
    item = event_item(event, f"E#{event.id}", told, 1, imported=True)
    values = (len(next(iter(value.values())).encode()) if "S" in value else 1 for value in item.values())
    return sum(map(len, item)) + sum(values)


class DynamoQuarantine:
    """Keeps bodies that could not be read. It is the one place where what a tool sent is stored as it came."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def keep(
        self, connection: str, body: bytes, headers: Mapping[str, str], reasons: Sequence[str], received_at: int
    ) -> None:
        """See service.ports.Quarantine."""
        name = f"{sortable(received_at)}#{hashlib.sha256(body).hexdigest()[:16]}"
        packed = zlib.compress(body)
        parts = [packed[i : i + _PART] for i in range(0, len(packed), _PART)]
        for i, part in enumerate(parts):
            item = {
                "pk": text(f"Q#{connection}"),
                "sk": text(f"{name}#{i}" if i else name),
                "body": {"B": part},
                "expires_at": number((received_at + KEPT) // SECOND),
            }
            if i == 0:
                item |= {
                    "parts": number(len(parts)),
                    # Escaped, so that half of a surrogate pair in a header can be stored, too.
                    "headers": text(json.dumps(dict(headers))),
                    "reasons": text(json.dumps(list(reasons))),
                }
            self._table.put(item)

    def kept(self, connection: str) -> Iterator[KeptBody]:
        """See service.ports.Quarantine."""
        first: Item | None = None
        parts: list[bytes] = []
        for item in self._table.query(f"Q#{connection}"):
            if "parts" in item:
                first, parts = item, []
            if first is None or _place(item) != (first["sk"]["S"], len(parts)):
                continue  # of a body that has expired in part
            parts.append(item["body"]["B"])
            if len(parts) == int(first["parts"]["N"]):
                yield KeptBody(
                    connection,
                    first["sk"]["S"],
                    zlib.decompress(b"".join(parts)),
                    json.loads(first["headers"]["S"]),
                    tuple(json.loads(first["reasons"]["S"])),
                    parse_instant(first["sk"]["S"].split("#")[0]),
                )

    def newest(self, connection: str, most: int) -> Quarantined | None:
        """See service.ports.Quarantine."""
        reasons: Counter[str] = Counter()
        bodies, newest_at, more = 0, 0, False
        # Of each its reasons alone: the bodies are never read by who only counts them.
        attributes = ("sk", "parts", "reasons")
        for item in self._table.query_newest(f"Q#{connection}", "", most, attributes):
            if "parts" not in item:
                continue  # a further part of a body
            if bodies == most:
                more = True
                break
            bodies += 1
            newest_at = newest_at or parse_instant(item["sk"]["S"].split("#")[0])
            reasons.update(set(json.loads(item["reasons"]["S"])))
        return Quarantined(connection, bodies, more, reasons, newest_at) if bodies else None

    def remove(self, body: KeptBody) -> None:
        """See service.ports.Quarantine."""
        for item in self._table.query(f"Q#{body.connection}", body.name, ["sk"]):
            self._table.delete(f"Q#{body.connection}", item["sk"]["S"])


def _place(item: Item) -> tuple[str, int]:
    """The body that an item is of, and which part of it."""
    at, digest, *part = item["sk"]["S"].split("#")
    return f"{at}#{digest}", int(part[0]) if part else 0
