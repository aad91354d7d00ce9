"""Items of the table that have to be told: pending, claimed by one attempt at a time, and then settled."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from replyclock.domain.errors import Conflict
from replyclock.domain.instants import sortable

from .dynamodb import ConditionFailed, Item, Table, number, text

PENDING, FAULTY = "pending", "faulty"


def claim(table: Table, pk: str, sk: str, claimant: str, now: int, lease: int) -> Item | None:
    """See service.ports.Ledger."""
    try:
        return table.update(
            pk,
            sk,
            # Attempts that break off and are taken over count as one, which has begun when the first did.
            "SET #status = :claimed, claimed_at = :now, claimant = :claimant,"
            " begun_at = if_not_exists(begun_at, :now) ADD attempts :one",
            "#status = :pending OR (#status = :claimed AND (claimant = :claimant OR claimed_at <= :expired))",
            {"#status": "status"},
            {
                ":claimed": text("claimed"),
                ":pending": text("pending"),
                ":claimant": text(claimant),
                ":now": text(sortable(now)),
                ":one": number(1),
                ":expired": text(sortable(now - lease)),
            },
        )
    except ConditionFailed as failed:
        if failed.item and failed.item["status"]["S"] == "claimed":
            raise Conflict("another attempt has claimed it") from failed
        return None


def release(table: Table, pk: str, sk: str, *, tried: bool, published: Collection[str] = ()) -> None:
    """See service.ports.Ledger."""
    update = "SET #status = :to REMOVE claimed_at, claimant, begun_at"
    values: dict[str, Any] = {":to": text("pending")}
    additions = []
    if not tried:
        additions.append("attempts :less")
        values[":less"] = number(-1)
    if published:
        additions.append("published :forms")
        values[":forms"] = {"SS": sorted(published)}
    if additions:
        update += f" ADD {', '.join(additions)}"
    _move(table, pk, sk, update, values)


def published(item: Item) -> frozenset[str]:
    """See service.ports.LedgerRecord."""
    return frozenset(item["published"]["SS"]) if "published" in item else frozenset()


def settle(table: Table, pk: str, sk: str, status: str, now: int, reason: str | None = None) -> None:
    """See service.ports.Ledger."""
    update, values = "SET #status = :to, settled_at = :now", {":to": text(status), ":now": text(sortable(now))}
    if reason:
        update += ", reason = :reason"
        values[":reason"] = text(reason)
    _move(table, pk, sk, update, values)


def set_aside(table: Table, pk: str, sk: str) -> None:
    """Mark what cannot be published as faulty, so that no attempt claims it; one that is settled stays so."""
    try:
        table.update(
            pk,
            sk,
            "SET #status = :faulty REMOVE claimed_at, claimant, begun_at",
            "#status IN (:pending, :claimed)",
            {"#status": "status"},
            {":faulty": text(FAULTY), ":pending": text(PENDING), ":claimed": text("claimed")},
        )
    except ConditionFailed:
        return


def requeue(table: Table, pk: str, sk: str) -> None:
    """Have what was marked as faulty published: the stream brings the change. Raises ConditionFailed where it is not
    marked so.
    """
    values = {":pending": text(PENDING), ":faulty": text(FAULTY)}
    table.update(pk, sk, "SET #status = :pending", "#status = :faulty", {"#status": "status"}, values)


def is_to_be_told(record: Mapping[str, Any]) -> bool:
    """Whether a record of the stream is of an item that was added, or one that was set aside and is to be published."""
    change = record["dynamodb"]
    if record["eventName"] == "INSERT":
        return True
    before, after = (change.get(image, {}).get("status", {}).get("S") for image in ("OldImage", "NewImage"))
    return record["eventName"] == "MODIFY" and (before, after) == (FAULTY, PENDING)


def _move(table: Table, pk: str, sk: str, update: str, values: dict[str, Any]) -> None:
    values[":claimed"] = text("claimed")
    table.update(pk, sk, update, "#status = :claimed", {"#status": "status"}, values)
