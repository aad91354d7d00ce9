"""The figures of days in the table, and the notes of what has to be built again.

`pk = NOTED#shard`: a note of each ticket to which something happened since its figures were built (`day#ticket`).
`pk = DAYS`: what is known of a part of a day that was built (`BUILT#day#shard`), and until when somebody builds
(`HELD`). `pk = DAY#day`: the packs of its parts (`shard#number`). `pk = DAY#SUMS#n`: what each pack comes to
(`day#shard#number`), of so many days together that a year takes a dozen queries. A header names the stamps of its
packs, which their sums have, too, so that a pack that is as it was need not be written again, and whoever reads sees
whether all are of one building.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import groupby
from zlib import crc32

from replyclock.domain.columns import PARTS, Pack
from replyclock.domain.errors import BeingBuilt
from replyclock.domain.events import TicketKey
from replyclock.domain.instants import parse_instant, sortable
from replyclock.domain.rollup import DayPart, Header
from replyclock.domain.sums import Sums, sums
from replyclock.service.ports import SHARDS, Clock, Days, Missing, Note

from .dynamodb import ConditionFailed, Item, Table, number, shard_of, text, ticket_key, ticket_pk

AHEAD = 8
"""Days that are read ahead of whoever adds them up: each takes two round trips."""
TOGETHER = 32
"""Days whose sums lie in one partition."""
_ATTEMPTS = 5
_LAST = "$"
"""Comes after `#`: ends a range of sort keys that go on with that."""


class DynamoDays:
    """Keeps notes, and the figures of days."""

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

    def packs(self, place: DayPart) -> Sequence[Pack]:
        """See service.ports.Days."""
        day, shard = place
        return [_pack(item, PARTS) for item in self._packs(day, str(shard), f"{shard}#", PARTS)]

    def part_of(self, key: TicketKey, day: int) -> DayPart:
        """See service.ports.Days."""
        return day, shard_of(ticket_pk(key))

    def built(self, begin: int, end: int) -> list[int]:
        """See service.ports.Days."""
        # Not by a range of keys: days before 1970 and after 4707 sort otherwise as texts than as numbers.
        days = {_place(item)[0] for item in self._table.query("DAYS", "BUILT#", ["sk"])}
        return sorted(day for day in days if begin <= day < end)

    def write(self, header: Header, packs: Sequence[Pack]) -> None:
        """See service.ports.Days."""
        day, shard = header.place
        sk = _built(day, shard)
        before = [stamp for item in self._table.query("DAYS", sk) for stamp in _stamps(item)]
        told = [(pack, sums(pack)) for pack in packs]
        stamps = [_stamp(*one) for one in told]
        for place, ((pack, own), stamp) in enumerate(zip(told, stamps, strict=True)):
            if stamp not in before[place : place + 1]:
                same = {"pack_stamp": text(stamp), "pack_tenant": text(pack.tenant)}
                parts: Item = {f"pack_{part}": {"B": packed} for part, packed in pack.parts.items()}
                name = f"{shard}#{place:06d}"
                self._table.put(
                    {**same, "pk": text(f"DAY#{day}"), "sk": text(name), "pack_count": number(pack.count), **parts}
                )
                of_day = {"pk": text(_sums_pk(day)), "sk": text(f"{day:06d}#{name}")}
                self._table.put({**same, **of_day, "pack_sums": {"B": own.packed}})
        self._table.put(
            {
                "pk": text("DAYS"),
                "sk": text(sk),
                "at": text(sortable(header.at)),
                "stamps": text(" ".join(stamps)),
                "tickets": number(header.tickets),
                "unsettled": {"BOOL": header.unsettled},
                "last_at": text(sortable(header.last_at)),
            }
        )

    def headers(self) -> list[Header]:
        """See service.ports.Days."""
        return [_header(item) for item in self._table.query("DAYS", "BUILT#")]

    def read(self, days: Iterable[int], parts: Collection[str], missing: Missing | None = None) -> Iterator[Pack]:
        """See service.ports.Days."""

        def oldest() -> list[Item]:
            day, future = running.popleft()
            return _or_missing(day, future.result, missing)

        with ThreadPoolExecutor(AHEAD) as pool:
            running: deque[tuple[int, Future[list[Item]]]] = deque()
            for day in days:
                running.append((day, pool.submit(self._packs, day, "", "", parts)))
                if len(running) > AHEAD:
                    yield from (_pack(item, parts) for item in oldest())
            while running:
                yield from (_pack(item, parts) for item in oldest())

    def sums(self, days: Iterable[int], missing: Missing | None = None) -> Iterator[Sums]:
        """See service.ports.Days."""
        for pk, together in groupby(sorted(days), _sums_pk):
            wanted = {f"{day:06d}": day for day in together}
            try:
                items = self._sums(pk, wanted)
            except BeingBuilt:
                if missing is None:
                    raise
                items = [
                    item
                    for name, day in wanted.items()
                    for item in _or_missing(day, partial(self._sums, pk, (name,)), missing)
                ]
            for item in items:
                yield Sums(item["pack_tenant"]["S"], item["pack_sums"]["B"])

    def _sums(self, pk: str, wanted: Collection[str]) -> list[Item]:
        """Those of days in a partition, each day as keys have it."""
        attributes = ["sk", "pack_stamp", "pack_tenant", "pack_sums"]
        first, last = min(wanted), max(wanted)

        def headers() -> Iterator[Item]:
            # Days before 1970 and after 4707 are longer or shorter as texts, so that others may lie between them.
            found = self._table.query_between("DAYS", f"BUILT#{first}", f"BUILT#{last}{_LAST}", ["sk", "stamps"])
            return (item for item in found if item["sk"]["S"].split("#")[1] in wanted)

        return self._agreeing(
            headers,
            lambda: self._table.query_between(pk, first, f"{last}{_LAST}", attributes),
            str,
        )

    def _packs(self, day: int, of_header: str, prefix: str, parts: Collection[str]) -> list[Item]:
        """The packs of a day, or of a part of it."""
        attributes = ["sk", "pack_stamp", "pack_tenant", "pack_count", *(f"pack_{name}" for name in parts)]
        return self._agreeing(
            lambda: self._table.query("DAYS", f"BUILT#{day:06d}#{of_header}", ["sk", "stamps"]),
            lambda: self._table.query(f"DAY#{day}", prefix, attributes),
            lambda name: name.partition("#")[2],
        )

    def _agreeing(
        self, headers: Callable[[], Iterable[Item]], items: Callable[[], Iterable[Item]], named: Callable[[str], str]
    ) -> list[Item]:
        """What the headers name, by `day#shard#number` as `named` shortens it; of each part all of one building."""
        for _ in range(_ATTEMPTS):
            meant = {
                named(f"{item['sk']['S'].removeprefix('BUILT#')}#{place:06d}"): stamp
                for item in headers()
                for place, stamp in enumerate(_stamps(item))
            }
            found = {item["sk"]["S"]: item for item in items()}
            # While a part is built anew some packs are newer than its header: it is asked again, until all agree.
            if all(sk in found and found[sk]["pack_stamp"]["S"] == stamp for sk, stamp in meant.items()):
                return [found[sk] for sk in meant]
        raise BeingBuilt("figures of days are being built")


def _or_missing(day: int, read: Callable[[], list[Item]], missing: Missing | None) -> list[Item]:
    """The items of a day; none where it is missing, which is said."""
    try:
        return read()
    except BeingBuilt:
        if missing is None:
            raise
        missing(day)
        return []


def noting(days: Days, clock: Clock) -> Callable[[TicketKey, int], None]:
    """Notes tickets at the present instant."""

    def note(key: TicketKey, day: int) -> None:
        days.touch(key, day, clock())

    return note


def _built(day: int, shard: int) -> str:
    return f"BUILT#{day:06d}#{shard}"


def _place(item: Item) -> DayPart:
    _, day, shard = item["sk"]["S"].split("#")
    return int(day), int(shard)


def _stamps(item: Item) -> Sequence[str]:
    stamps: str = item["stamps"]["S"]
    return stamps.split()


def _stamp(pack: Pack, own: Sums) -> str:
    stamp = crc32(own.packed, crc32(f"{pack.tenant} {pack.count}".encode()))
    for name in PARTS:
        stamp = crc32(pack.parts[name], stamp)
    return f"{stamp:08x}"


def _sums_pk(day: int) -> str:
    return f"DAY#SUMS#{day // TOGETHER}"


def _pack(item: Item, parts: Collection[str]) -> Pack:
    return Pack(
        item["pack_tenant"]["S"], int(item["pack_count"]["N"]), {name: item[f"pack_{name}"]["B"] for name in parts}
    )


def _header(item: Item) -> Header:
    return Header(
        _place(item),
        parse_instant(item["at"]["S"]),
        int(item["tickets"]["N"]),
        item["unsettled"]["BOOL"],
        parse_instant(item["last_at"]["S"]),
    )
