"""What Lambda hands to a function from a stream or a queue, and how it is told what has to come again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from replyclock.domain.errors import InvalidInput, is_transient, place_of
from replyclock.domain.events import TicketKey
from replyclock.domain.instants import parse_instant
from replyclock.service.ports import AnyTimer

from .dynamodb import ticket_key
from .outbox import is_to_be_told
from .sqs import read_timer

Work = TypeVar("Work")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NewItem:
    """An item of a ticket that was added. `sequence_number` is its place in the stream, by which a failure is told."""

    key: TicketKey
    sort_key: str
    sequence_number: str
    received_at: int | None = None
    """Of an event: when its webhook came."""


def new_items(event: Mapping[str, Any], *prefixes: str) -> Iterator[NewItem]:
    """The items of tickets that a stream event adds, with a sort key that begins with one of the prefixes; and those
    that were set aside and are to be told now.
    """
    for record in event["Records"]:
        change = record["dynamodb"]
        pk, sk = change["Keys"]["pk"]["S"], change["Keys"]["sk"]["S"]
        if is_to_be_told(record) and pk.startswith("T#") and sk.startswith(prefixes):
            received_at = change.get("NewImage", {}).get("received_at")
            yield NewItem(
                ticket_key(pk), sk, change["SequenceNumber"], parse_instant(received_at["S"]) if received_at else None
            )


def received_timers(event: Mapping[str, Any]) -> tuple[list[tuple[str, AnyTimer]], list[str]]:
    """The timers of a queue's messages with the messages' ids, the earliest first; and the ids of what is no timer."""
    timers: list[tuple[str, AnyTimer]] = []
    unreadable: list[str] = []
    for record in event["Records"]:
        try:
            timers.append((record["messageId"], read_timer(record["body"])))
        except InvalidInput:
            unreadable.append(record["messageId"])
    return sorted(timers, key=lambda one: one[1].due_at), unreadable


def in_turn(
    work: Iterable[tuple[str, Work]],
    do: Callable[[Work], object],
    set_aside: Callable[[Work, Exception], object],
    failed: Iterable[str] = (),
) -> dict[str, Any]:
    """Do each piece of work; the answer names those that have to come again, by their identifiers: those whose errors
    are transient, and those that could not be set aside. What fails in any other way is set aside, and is done with.
    """
    failures = list(failed)
    for identifier, piece in work:
        try:
            do(piece)
        except Exception as error:  # noqa: BLE001 (whatever it is, it is to stop nothing else)
            if is_transient(error):
                _log.warning("left for another attempt", extra={"why": f"{type(error).__name__}: {error}"})
                failures.append(identifier)
            elif not _done(set_aside, piece, error):
                failures.append(identifier)
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in failures]}


def _done(set_aside: Callable[[Work, Exception], object], piece: Work, error: Exception) -> bool:
    try:
        set_aside(piece, error)
    except Exception as wrong:  # noqa: BLE001 (then the piece comes again)
        why = f"{place_of(error)}; then {place_of(wrong)}"
        _log.error("could not be set aside: left for another attempt", extra={"why": why})
        return False
    return True
