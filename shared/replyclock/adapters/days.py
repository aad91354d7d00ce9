"""The notes of the tickets whose facts have to be built again, in the table.

`pk = NOTED#shard`: a note of each ticket to which something happened since its facts were built (`day#ticket`).
`pk = DAYS`, `sk = HELD`: until when somebody builds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from replyclock.domain.events import TicketKey
from replyclock.domain.figures import TicketFigures
from replyclock.domain.instants import parse_instant, sortable
from replyclock.service.ports import SHARDS, Clock, DayPart, Days, Note

from .columns import read_pack
from .dynamodb import ConditionFailed, Table, shard_of, text, ticket_key, ticket_pk


class DynamoDays:
    """Keeps notes."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def touch(self, key: TicketKey, day: int, now: int) -> None:
        """See service.ports.Days."""
        pk = ticket_pk(key)
        self._table.put(
            {"pk": text(f"NOTED#{shard_of(pk)}"), "sk": text(f"{day:06d}#{pk}"), "noted_at": text(sortable(now))}
        )

    def noted(self) -> Mapping[DayPart, Sequence[Note]]:
        """See service.ports.Days."""
        found: dict[DayPart, list[Note]] = {}
        for shard in range(SHARDS):
            for item in self._table.query(f"NOTED#{shard}"):
                day, _, pk = item["sk"]["S"].partition("#")
                note = Note(ticket_key(pk), parse_instant(item["noted_at"]["S"]))
                found.setdefault((int(day), shard), []).append(note)
        return {place: sorted(notes, key=lambda note: (note.noted_at, note.key)) for place, notes in found.items()}

    def clear(self, place: DayPart, notes: Iterable[Note]) -> None:
        """See service.ports.Days."""
        day, shard = place
        for note in notes:
            sk, values = f"{day:06d}#{ticket_pk(note.key)}", {":noted": text(sortable(note.noted_at))}
            try:
                self._table.delete(f"NOTED#{shard}", sk, "noted_at = :noted", values)
            except ConditionFailed:
                continue  # something has happened since: the ticket is read again

    def hold(self, now: int, until: int) -> bool:
        """See service.ports.Days."""
        # Who lets go says so by holding it until the instant at which it began to.
        values = {":now": text(sortable(now)), ":until": text(sortable(until))}
        free = "attribute_not_exists(held_until) OR held_until <= :now OR held_since = :now"
        try:
            self._table.update("DAYS", "HELD", "SET held_until = :until, held_since = :now", free, {}, values)
        except ConditionFailed:
            return False
        return True

    def of_columns(self) -> list[int]:
        """See service.ports.Days."""
        return sorted({int(item["sk"]["S"].split("#")[1]) for item in self._table.query("DAYS", "BUILT#", ["sk"])})

    def columns(self, day: int) -> tuple[Sequence[TicketFigures], int]:
        """See service.ports.Days."""
        headers = [*self._table.query("DAYS", f"BUILT#{day:06d}#")]
        at = [(not item["unsettled"]["BOOL"], parse_instant(item["at"]["S"])) for item in headers]
        found: list[TicketFigures] = []
        for item in self._table.query(f"DAY#{day}"):
            parts = {name.removeprefix("pack_"): value["B"] for name, value in item.items() if "B" in value}
            found += read_pack(item["pack_tenant"]["S"], parts)
        return found, min(at)[1]

    def drop_columns(self, day: int) -> None:
        """See service.ports.Days."""
        sums = self._table.query(f"DAY#SUMS#{day // 32}", f"{day:06d}#", ["pk", "sk"])
        # Last those by which the day is found again.
        headers = self._table.query("DAYS", f"BUILT#{day:06d}#", ["pk", "sk"])
        for item in [*self._table.query(f"DAY#{day}", "", ["pk", "sk"]), *sums, *headers]:
            self._table.delete(item["pk"]["S"], item["sk"]["S"])


def noting(days: Days, clock: Clock) -> Callable[[TicketKey, int], None]:
    """Notes tickets at the present instant."""

    def note(key: TicketKey, day: int) -> None:
        days.touch(key, day, clock())

    return note
