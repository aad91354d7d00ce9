"""The figures of days in the table.

`pk = DAYS`: when something last happened to the tickets of a day (`TOUCHED#day`), and what is known of a day that was
built (`BUILT#day`). `pk = DAY#day`: its figures in packs (`P#number`), each with the instant at which it was built. The
tickets of a day are found by the index `created`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from replyclock.domain.errors import StoreUnavailable
from replyclock.domain.events import TicketKey
from replyclock.domain.figures import TicketFigures
from replyclock.domain.instants import SECOND, parse_instant, sortable
from replyclock.domain.rollup import DayHeader, pack, unpack
from replyclock.service.ports import NOTED_ANEW, SHARDS, Clock, Days

from .caching import Cached
from .dynamodb import ConditionFailed, Item, Table, created_shard, number, text, ticket_key

_ATTEMPTS = 5


class DynamoDays:
    """Keeps track of days, and their figures."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def touch(self, day: int, now: int) -> None:
        """See service.ports.Days."""
        self._table.update("DAYS", f"TOUCHED#{day:06d}", "SET noted_at = :now", None, {}, {":now": text(sortable(now))})

    def touched(self) -> Mapping[int, int]:
        """See service.ports.Days."""
        found = self._table.query("DAYS", "TOUCHED#")
        return {
            int(item["sk"]["S"].removeprefix("TOUCHED#")): parse_instant(item["noted_at"]["S"])
            for item in found
            if item["noted_at"] != item.get("cleared_at")
        }

    def clear(self, day: int, noted_at: int) -> None:
        """See service.ports.Days."""
        try:
            self._table.update(
                "DAYS",
                f"TOUCHED#{day:06d}",
                "SET cleared_at = :noted",
                "noted_at = :noted",
                {},
                {":noted": text(sortable(noted_at))},
            )
        except ConditionFailed:
            return  # something has happened since: the day is built again

    def tickets(self, day: int) -> Iterator[TicketKey]:
        """See service.ports.Days."""
        for shard in range(SHARDS):
            values = {":shard": text(created_shard(day, shard))}
            for item in self._table.query_index("created", "created_shard = :shard", values):
                yield ticket_key(item["pk"]["S"])

    def write(self, header: DayHeader, tickets: Sequence[TicketFigures]) -> None:
        """See service.ports.Days."""
        at, packs = text(sortable(header.at)), 0
        for packs, packed in enumerate(pack(tickets), start=1):
            self._table.put(
                {"pk": text(f"DAY#{header.day}"), "sk": text(f"P#{packs:06d}"), "at": at, "pack": {"B": packed}}
            )
        self._table.put(
            {
                "pk": text("DAYS"),
                "sk": text(f"BUILT#{header.day:06d}"),
                "at": at,
                "packs": number(packs),
                "tickets": number(header.tickets),
                "unsettled": {"BOOL": header.unsettled},
                "last_at": text(sortable(header.last_at)),
            }
        )

    def headers(self) -> list[DayHeader]:
        """See service.ports.Days."""
        return [_header(item) for item in self._table.query("DAYS", "BUILT#")]

    def read(self, day: int) -> Iterator[TicketFigures]:
        """See service.ports.Days."""
        for _ in range(_ATTEMPTS):
            built = self._table.get("DAYS", f"BUILT#{day:06d}")
            if built is None:
                return
            packs = list(self._table.query(f"DAY#{day}", "P#"))[: int(built["packs"]["N"])]
            # While it is built anew some packs are newer than the header: it is asked again, until all agree.
            if all(one["at"] == built["at"] for one in packs):
                for one in packs:
                    yield from unpack(one["pack"]["B"])
                return
        raise StoreUnavailable(f"the figures of day {day} are being built")


def noting(days: Days, clock: Clock) -> Callable[[int], None]:
    """Notes days, each no more often than it has to be by one process."""
    noted: Cached[int, bool] = Cached(lambda day: _noted(days, day, clock()), clock, NOTED_ANEW // SECOND)

    def note(day: int) -> None:
        noted.get(day)

    return note


def _noted(days: Days, day: int, now: int) -> bool:
    days.touch(day, now)
    return True


def _header(item: Item) -> DayHeader:
    return DayHeader(
        int(item["sk"]["S"].removeprefix("BUILT#")),
        parse_instant(item["at"]["S"]),
        int(item["tickets"]["N"]),
        item["unsettled"]["BOOL"],
        parse_instant(item["last_at"]["S"]),
    )
