"""What retention has to come back to, in the table.

`sk = LATER` of a ticket: it was looked at and had to stay, or something came of it after it was dropped. It is in the
index `due` by the last that has happened to it, under keys that the sweep does not read (`DROP#shard`), and goes with
the ticket.
`pk = RETENTION`: how far the days have been gone over.
"""

from __future__ import annotations

from collections.abc import Iterator

from replyclock.domain.events import TicketKey
from replyclock.domain.instants import parse_instant, sortable
from replyclock.service.ports import SHARDS, Reached

from .dynamodb import Table, number, shard_of, text, ticket_key, ticket_pk

_AT_ONCE = 0


class DynamoRetention:
    """Keeps what was put off, and how far retention has gone."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def put_off(self, key: TicketKey, at: int) -> None:
        """See service.ports.Retention."""
        pk = ticket_pk(key)
        due = {"due_shard": text(f"DROP#{shard_of(pk)}"), "due_at": text(sortable(at))}
        self._table.put({"pk": text(pk), "sk": text("LATER"), **due})

    def came_late(self, key: TicketKey) -> None:
        """Has what came of a ticket after it was dropped removed the next time that anything is."""
        self.put_off(key, _AT_ONCE)

    def fallen_out(self, before: int) -> Iterator[TicketKey]:
        """See service.ports.Retention."""
        for shard in range(SHARDS):
            values = {":shard": text(f"DROP#{shard}"), ":before": text(sortable(before))}
            for item in self._table.query_index("due", "due_shard = :shard AND due_at < :before", values):
                yield ticket_key(item["pk"]["S"])

    def reached(self) -> Reached | None:
        """See service.ports.Retention."""
        item = self._table.get("RETENTION", "REACHED")
        return Reached(int(item["day"]["N"]), parse_instant(item["since"]["S"])) if item else None

    def reach(self, reached: Reached) -> None:
        """See service.ports.Retention."""
        item = {"day": number(reached.day), "since": text(sortable(reached.since))}
        self._table.put({"pk": text("RETENTION"), "sk": text("REACHED"), **item})
