"""The manifest: which stored objects hold the facts of which days.

Objects are immutable, named by what is in them. What counts is said by the root manifest alone, which names that of
each month by its hash; it is replaced in one step, so that a reader has all of a commit or nothing of it. Both are
JSON Lines, of flat rows, so that SQL on the bucket (infra/analytics.yaml) can follow them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from replyclock.domain.instants import DAY, day_of, format_instant

FORMAT = 1


class ManifestUnreadable(Exception):
    """What is stored in a manifest's place is none."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object of the store."""

    key: str
    sha256: str
    size: int
    """Bytes."""
    rows: int


@dataclass(frozen=True, slots=True)
class Partition:
    """The facts of the tickets created on some days (UTC), counted from 1970-01-01."""

    first_day: int
    last_day: int
    """That, too, is in it: the same as the first, or the end of a compacted month."""
    objects: Mapping[str, StoredObject]
    """By table."""
    tickets: int
    tenants: Sequence[str]
    """Ascending."""
    evaluated_at: int
    """The instant, in microseconds, at which the tickets that time alone can change were evaluated; of some it may have
    been later.
    """
    last_at: int
    """The last instant at which anything in it happened."""
    unsettled: bool
    """Whether time alone can change its figures: a ticket is open, or a clock runs."""
    without: Sequence[int] = ()
    """Days of a compacted month that have partitions of their own since: its rows of these do not count."""

    def matters(self, begin: int, end: int) -> bool:
        """Whether any of its tickets was there in [begin, end), or had something happen to it in that time."""
        return self.first_day * DAY < end and (self.unsettled or self.last_at >= begin)

    @property
    def name(self) -> str:
        """What it is of: a date, or a month."""
        return date_of(self.first_day) if self.first_day == self.last_day else month_of(self.first_day)


@dataclass(frozen=True, slots=True)
class Manifest:
    """All partitions, ascending by their first day, a compacted month before its days."""

    partitions: Sequence[Partition] = ()
    broken_months: Sequence[str] = ()
    """Months whose manifest cannot be read, such as `2026-10`."""
    version: str | None = None
    """Of the root, for replacing it: None where there is none yet."""
    months: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """The key and the hash of each month's manifest."""

    def day(self, day: int) -> Partition | None:
        """The partition that has the tickets created on a day."""
        own = [one for one in self.partitions if one.first_day <= day <= one.last_day and day not in one.without]
        return own[-1] if own else None

    @property
    def tenants(self) -> frozenset[str]:
        """All tenants that have tickets."""
        return frozenset(tenant for one in self.partitions for tenant in one.tenants)

    def compactable(self, before: int) -> Sequence[Partition]:
        """The partitions of the first month that ended before an instant, in which time alone changes nothing any more,
        and that has more than one; none where there is no such month.
        """
        months: dict[str, list[Partition]] = {}
        for one in self.partitions:
            months.setdefault(month_of(one.first_day), []).append(one)
        for own in months.values():
            over = all((one.last_day + 1) * DAY <= before and not one.unsettled for one in own)
            if over and len(own) > 1 and month_of(own[0].first_day) != month_of(day_of(before)):
                return own
        return ()

    def with_days(self, built: Mapping[int, Partition | None]) -> dict[str, list[Partition]]:
        """The partitions of the months that change when these days are built anew (None: they have no tickets left)."""
        changed: dict[str, list[Partition]] = {}
        for month in sorted({month_of(day) for day in built}):
            kept = []
            for one in self.partitions:
                if month_of(one.first_day) != month:
                    continue
                if one.first_day != one.last_day:
                    days = {day for day in built if one.first_day <= day <= one.last_day}
                    without = sorted(days.union(one.without))
                    if len(without) <= one.last_day - one.first_day:
                        kept.append(_without(one, without))
                elif one.first_day not in built:
                    kept.append(one)
            kept += [one for day, one in built.items() if one is not None and month_of(day) == month]
            changed[month] = sorted(kept, key=lambda one: (one.first_day, -one.last_day))
        return changed


def _without(partition: Partition, days: Sequence[int]) -> Partition:
    return Partition(
        first_day=partition.first_day,
        last_day=partition.last_day,
        objects=partition.objects,
        tickets=partition.tickets,
        tenants=partition.tenants,
        evaluated_at=partition.evaluated_at,
        last_at=partition.last_at,
        unsettled=partition.unsettled,
        without=days,
    )


def date_of(day: int) -> str:
    """The date of a day, counted from 1970-01-01."""
    return format_instant(day * DAY)[:10]


def month_of(day: int) -> str:
    """The month of a day, such as `2026-10`."""
    return format_instant(day * DAY)[:7]


def month_text(partitions: Sequence[Partition]) -> str:
    """A month's manifest: a line for each object. It is always the same of the same partitions."""
    return _lines(row for one in partitions for row in _rows(one))


def read_month(text: str | bytes) -> list[Partition]:
    """The partitions of a month's manifest. Raises ManifestUnreadable."""
    found: dict[tuple[int, int], list[Any]] = {}
    try:
        for row in _read_lines(text):
            found.setdefault((row["first"], -row["last"]), []).append(row)
        return [_read(rows) for _, rows in sorted(found.items())]
    except (ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise ManifestUnreadable(type(wrong).__name__) from wrong


def root_text(months: Mapping[str, tuple[str, str]]) -> str:
    """The root manifest: a line for each month."""
    return _lines({"month": name, "key": key, "sha256": sha256} for name, (key, sha256) in sorted(months.items()))


def read_root(text: str | bytes) -> dict[str, tuple[str, str]]:
    """The key and the hash of each month's manifest. Raises ManifestUnreadable."""
    try:
        return {str(row["month"]): (str(row["key"]), str(row["sha256"])) for row in _read_lines(text)}
    except (ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise ManifestUnreadable(type(wrong).__name__) from wrong


def _lines(rows: Iterable[Mapping[str, Any]]) -> str:
    return "".join(f"{json.dumps({'format': FORMAT, **row}, separators=(',', ':'))}\n" for row in rows)


def _read_lines(text: str | bytes) -> Iterator[Any]:
    # Of what is read as lines, none is cut off: the last one ends, too.
    lines = (text.decode() if isinstance(text, bytes) else text).split("\n")
    if lines.pop():
        raise ValueError("cut off")
    for line in lines:
        row = json.loads(line)
        if row["format"] != FORMAT:
            raise ValueError("another format")
        yield row


def _rows(partition: Partition) -> Iterator[dict[str, Any]]:
    for table, one in partition.objects.items():
        yield {
            "first_day": date_of(partition.first_day),
            "last_day": date_of(partition.last_day),
            "first": partition.first_day,
            "last": partition.last_day,
            "without": list(partition.without),
            "tickets": partition.tickets,
            "tenants": list(partition.tenants),
            "evaluated_at": partition.evaluated_at,
            "last_at": partition.last_at,
            "unsettled": partition.unsettled,
            "of_table": table,
            "key": one.key,
            "sha256": one.sha256,
            "size": one.size,
            "rows": one.rows,
        }


def _read(rows: Sequence[Mapping[str, Any]]) -> Partition:
    first = rows[0]
    return Partition(
        first_day=int(first["first"]),
        last_day=int(first["last"]),
        objects={
            str(one["of_table"]): StoredObject(str(one["key"]), str(one["sha256"]), int(one["size"]), int(one["rows"]))
            for one in rows
        },
        tickets=int(first["tickets"]),
        tenants=tuple(first["tenants"]),
        evaluated_at=int(first["evaluated_at"]),
        last_at=int(first["last_at"]),
        unsettled=bool(first["unsettled"]),
        without=tuple(first["without"]),
    )
