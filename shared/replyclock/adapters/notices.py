"""What is told of many tickets at once, in the table: storms of alerts and their summaries, digests, and evaluations.

`pk = S#tenant#minute#standard`: the item `STORM`, a member for each alert that waits for a summary (`M#part#alert`),
and the summaries (`A#part`). `pk = D#class`: the digests (`A#until#tenant`), and which times are told (`DONE#until`);
likewise the evaluations, by their period.
All of it expires after 90 days; the ledgers of the tickets keep what was told of each.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from replyclock.domain.alerts import LedgerEntry
from replyclock.domain.errors import Conflict
from replyclock.domain.instants import DAY, SECOND, parse_instant, sortable
from replyclock.domain.notices import Evaluation, Notice, Summary, class_name, notice_text, read_notice
from replyclock.domain.storms import Storm
from replyclock.service.ports import ClaimedNotice, NoticeName

from . import outbox
from .dynamodb import ABSENT, ConditionFailed, Item, Table, number, shard_of, storm_pk, text

KEPT = 90 * DAY
"""How long storms and notices are kept."""


def notice_name(notice: Notice) -> NoticeName:
    """Where a notice is kept."""
    if isinstance(notice, Summary):
        return storm_pk(Storm(notice.tenant, notice.standard, notice.minute)), f"A#{notice.part:06d}"
    if isinstance(notice, Evaluation):
        return f"D#{notice.period}", f"A#{sortable(notice.end)}#{notice.tenant}"
    return f"D#{class_name(notice.when, notice.every)}", f"A#{sortable(notice.at)}#{notice.tenant}"


class DynamoStorms:
    """Counts the alerts of storms, and gathers those that are told together."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def place(self, storm: Storm, alert_id: str, most: int) -> bool:
        """See service.ports.Storms."""
        try:
            self._table.update(
                storm_pk(storm),
                "STORM",
                "ADD places :alert SET expires_at = :expires",
                "contains(places, :id) OR attribute_not_exists(places) OR size(places) < :most",
                {},
                {
                    ":alert": {"SS": [alert_id]},
                    ":id": text(alert_id),
                    ":most": number(most),
                    ":expires": _expires(storm.minute),
                },
            )
        except ConditionFailed:
            return False
        return True

    def join(self, storm: Storm, entry: LedgerEntry, due_at: int) -> None:
        """See service.ports.Storms."""
        pk = storm_pk(storm)
        while True:
            now = self._table.update(
                pk,
                "STORM",
                "SET due_shard = :shard, due_at = if_not_exists(due_at, :due), part = if_not_exists(part, :first),"
                " last_joined = if_not_exists(part, :first), expires_at = :expires",
                "attribute_exists(places)",
                {},
                {
                    ":shard": text(f"DUE#{shard_of(pk)}"),
                    ":due": text(sortable(due_at)),
                    ":first": number(0),
                    ":expires": _expires(storm.minute),
                },
            )
            part = int(now["part"]["N"])
            self._table.put(
                {
                    "pk": text(pk),
                    "sk": text(f"M#{part:06d}#{entry.alert_id}"),
                    "entry": text(json.dumps(entry.document(), ensure_ascii=False, separators=(",", ":"))),
                    "expires_at": _expires(storm.minute),
                }
            )
            # Had the part been closed between the two, its summary might be without this member.
            if part == _number(self._table.get(pk, "STORM"), "part"):
                return

    def members(self, storm: Storm, retry_at: int) -> tuple[int, tuple[LedgerEntry, ...]] | None:
        """See service.ports.Storms."""
        pk = storm_pk(storm)
        item = self._table.get(pk, "STORM")
        if item is None or "due_at" not in item:
            return None
        part, told = _number(item, "part"), _number(item, "told")
        if part == told:
            self._table.update(
                pk,
                "STORM",
                "SET part = :next, due_at = :retry",
                "part = :part AND attribute_exists(due_at)",
                {},
                {":part": number(part), ":next": number(part + 1), ":retry": text(sortable(retry_at))},
            )
        found = self._table.query(pk, f"M#{told:06d}#")
        return told, tuple(LedgerEntry.from_document(json.loads(item["entry"]["S"])) for item in found)

    def settle(self, storm: Storm, part: int, summary: Notice | None, again_at: int) -> None:
        """See service.ports.Storms."""
        pk = storm_pk(storm)
        told = ("SET told = :next", "attribute_not_exists(told) OR told = :part")
        values = {":part": number(part), ":next": number(part + 1)}
        self._table.update_and_put(pk, "STORM", *told, values, [_notice_item(summary)] if summary else [])
        try:
            self._table.update(
                pk, "STORM", "REMOVE due_at, due_shard", "last_joined <= :part", {}, {":part": number(part)}
            )
        except ConditionFailed:
            self._table.update(
                pk, "STORM", "SET due_at = :again", "attribute_exists(due_at)", {}, {":again": text(sortable(again_at))}
            )


class DynamoNotices:
    """Keeps summaries and digests until they are told."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def owe(self, notice: Notice) -> None:
        """See service.ports.Notices."""
        try:
            self._table.put(_notice_item(notice), ABSENT)
        except Conflict:
            return  # it is owed already

    def digested(self, name: str, at: int) -> bool:
        """See service.ports.Notices."""
        return self._table.get(f"D#{name}", f"DONE#{sortable(at)}") is not None

    def mark_digested(self, name: str, at: int) -> None:
        """See service.ports.Notices."""
        self._table.put({"pk": text(f"D#{name}"), "sk": text(f"DONE#{sortable(at)}"), "expires_at": _expires(at)})

    def claim(self, name: NoticeName, claimant: str, now: int, lease: int) -> ClaimedNotice | None:
        """See service.ports.Notices."""
        item = outbox.claim(self._table, *name, claimant, now, lease)
        if item is None:
            return None
        begun_at = parse_instant(item["begun_at"]["S"])
        return ClaimedNotice(read_notice(item["notice"]["S"]), begun_at, outbox.published(item))

    def release(self, name: NoticeName, published: Collection[str] = ()) -> None:
        """See service.ports.Notices."""
        outbox.release(self._table, *name, tried=True, published=published)

    def settle(self, name: NoticeName, now: int) -> None:
        """See service.ports.Notices."""
        outbox.settle(self._table, *name, "sent", now)


def new_notices(event: Mapping[str, Any]) -> Iterator[tuple[str, NoticeName]]:
    """The notices that a stream event adds, or that were set aside and are to be told now, each after its place in the
    stream, by which a failure is told.
    """
    for record in event["Records"]:
        change = record["dynamodb"]
        pk, sk = change["Keys"]["pk"]["S"], change["Keys"]["sk"]["S"]
        if outbox.is_to_be_told(record) and pk.startswith(("S#", "D#")) and sk.startswith("A#"):
            yield change["SequenceNumber"], (pk, sk)


def _notice_item(notice: Notice) -> Item:
    pk, sk = notice_name(notice)
    match notice:
        case Summary():
            told_at = notice.minute
        case Evaluation():
            told_at = notice.end
        case _:
            told_at = notice.at
    return {
        "pk": text(pk),
        "sk": text(sk),
        "notice": text(notice_text(notice)),
        "alert_id": text(notice.alert_id),
        "status": text("pending"),
        "expires_at": _expires(told_at),
    }


def _expires(since: int) -> dict[str, str]:
    return number((since + KEPT) // SECOND)


def _number(item: Item | None, name: str) -> int:
    return int(item[name]["N"]) if item and name in item else 0
