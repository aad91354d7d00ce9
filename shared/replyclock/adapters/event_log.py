"""The log of events in the table, and the quarantine of what could not be read."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence

from replyclock.domain.errors import Conflict
from replyclock.domain.events import AnyEvent, event_text
from replyclock.domain.instants import DAY, SECOND, format_instant, sortable

from .dynamodb import ABSENT, ConditionFailed, Item, Table, number, text, ticket_pk

KEPT = 90 * DAY
"""How long a quarantined body is kept."""
_PART = 300_000


class DynamoEventLog:
    """Appends events: one conditional put each, which is also the check for duplicates, for ever."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def append(self, event: AnyEvent, received_at: int) -> bool:
        """See service.ports.EventLog."""
        told = event_text(event)
        try:
            self._table.put(_item(event, f"E#{event.id}", told, received_at), ABSENT)
        except ConditionFailed as there:
            if there.item["event"]["S"] != told:
                self._keep_version(event, told, received_at)
            return False
        return True

    def _keep_version(self, event: AnyEvent, told: str, received_at: int) -> None:
        # Of an id that is told in several ways the first in the order of the contract counts, not the first to come.
        digest = hashlib.sha256(told.encode()).hexdigest()[:16]
        try:
            self._table.put(_item(event, f"V#{event.id}#{digest}", told, received_at), ABSENT)
        except Conflict:
            return  # this telling is known, too


def _item(event: AnyEvent, sk: str, told: str, received_at: int) -> Item:
    return {
        "pk": text(ticket_pk(event.key)),
        "sk": text(sk),
        "event": text(told),
        "received_at": text(format_instant(received_at)),
    }


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
                    "headers": text(json.dumps(dict(headers), ensure_ascii=False)),
                    "reasons": text(json.dumps(list(reasons), ensure_ascii=False)),
                }
            self._table.put(item)
