"""Receive a webhook: verify the raw bytes, translate, append to the log. Nothing else happens while the tool waits."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from replyclock.domain.errors import (
    InvalidInput,
    RefusedByStore,
    ReplyclockError,
    StoreUnavailable,
    UnknownConnection,
)
from replyclock.domain.events import AnyEvent, TicketKey
from replyclock.sources import source
from replyclock.sources.base import (
    Answer,
    Connection,
    PartnerSource,
    Source,
    Translation,
    Unreadable,
    Webhook,
    connection_from_document,
    log_fault,
    translated,
)
from replyclock.sources.base.groups import unnamed_groups

from .ports import Clock, Connections, EventLog, Quarantine, Secrets

LARGEST_BODY = 1024 * 1024
"""Bytes of a body that are accepted."""
MOST_EVENTS = 2000
"""Events of one webhook that are stored: each by itself, while the tool waits."""
WRITERS = 8
"""Threads that store the events of one webhook."""
MOST_REASONS = 20
LONGEST_REASON = 300
"""Characters of a reason why a part could not be read: it names fields, and senders name fields as they like."""
LONGEST_HEADERS = 10_240
"""Characters of the headers that are kept with a quarantined body: as many as API Gateway lets through."""
LONGEST_STATUS = 40
"""Characters of a status' name, or of a group's id, that are logged where no table knows it."""
MOST_STATUSES = 10
"""Such names that are logged of one webhook."""

_NAME = re.compile("[a-z0-9-]{1,63}")
_LONGEST_NAME_SHOWN = 100
_KEPT_HEADERS = ("content-type", "ce-", "webhook-", "x-")
_DROPPED_HEADERS = (
    "auth",
    "signature",
    "token",
    "secret",
    "hmac",
    "key",
    "cookie",
    "forwarded",
    "address",
    "-ip",
    "amzn",
)

_log = logging.getLogger(__name__)


class TooLarge(ReplyclockError):
    """A body that is larger than LARGEST_BODY."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a webhook: how many of its events were new, were known, and how many parts could not be read."""

    accepted: int = 0
    duplicates: int = 0
    quarantined: int = 0
    unknown_statuses: int = 0
    """How many status names no table knew; they were taken for `open`."""
    unnamed_groups: int = 0
    """How many times a group came as an id for which the connection has no name."""


@dataclass(frozen=True, slots=True)
class ReceiveWebhook:
    """Takes webhooks in. `stage` is where the product runs; secrets that are public verify only in `local`."""

    connections: Connections
    secrets: Secrets
    log: EventLog
    quarantine: Quarantine
    clock: Clock
    stage: str

    def __call__(self, name: str, webhook: Webhook) -> Receipt | Answer:
        """Returns what was stored, all of it by then, or the answer to a tool's handshake.

        Raises TooLarge, UnknownConnection, Unauthenticated, and StoreUnavailable when it could not be stored.
        """
        _check_size(webhook)
        connection, tool = configured(self.connections, name)
        known = [secret for secret in map(self.secrets.get, connection.secrets) if secret]
        now = self.clock()
        answer = tool.handshake(webhook, known, now, connection, stage=self.stage)
        if answer is not None:
            return answer
        tool.verify(webhook, known, now, connection, stage=self.stage)
        return self._store(translate_safely(tool, webhook, connection), webhook, connection)

    def trusted(self, name: str, webhook: Webhook) -> Receipt:
        """Takes in what an EventBridge partner bus has handed over: AWS vouches for its sender, and no signature is
        looked at. Returns what was stored, all of it by then.

        Never to be called with what came over HTTP. Raises as a call does: also UnknownConnection where the
        connection's tool sends nothing over a bus, so that no other connection can be written to in this way.
        """
        _check_size(webhook)
        connection, tool = configured(self.connections, name)
        if not isinstance(tool, PartnerSource):
            raise UnknownConnection(f"{name}: {connection.provider} sends nothing over an event bus")
        return self._store(translate_safely(tool, webhook, connection), webhook, connection)

    def _store(self, translation: Translation, webhook: Webhook, connection: Connection) -> Receipt:
        unreadable = reasons(translation)
        events = translation.events
        if len(events) > MOST_EVENTS:
            unreadable.append(f"means {len(events)} events, more than the {MOST_EVENTS} that are stored of one webhook")
            events = ()
        outcomes = self._append(events, webhook, connection)
        unreadable += [outcome for outcome in outcomes if isinstance(outcome, str)]
        if unreadable:
            # Once for the whole body, however many parts of it: what can be read of it is the same when read again.
            why = [reason[:LONGEST_REASON] for reason in unreadable[:MOST_REASONS]]
            headers = _headers_to_keep(webhook.headers)
            self.quarantine.keep(connection.name, webhook.body, headers, why, webhook.received_at)
        if translation.unknown_statuses:
            # Names that the account gave to its statuses, which nobody can map who does not know them.
            extra = {"connection": connection.name, "statuses": _to_log(translation.unknown_statuses)}
            _log.warning("unknown statuses were taken for open", extra=extra)
        unnamed = unnamed_groups(translation.events, connection.groups)
        if unnamed:
            extra = {"connection": connection.name, "groups": _to_log(unnamed)}
            _log.warning("groups came as ids that have no name here", extra=extra)
        accepted, duplicates = (sum(outcome is known for outcome in outcomes) for known in (True, False))
        return Receipt(accepted, duplicates, len(unreadable), len(translation.unknown_statuses), len(unnamed))

    def _append(self, events: Sequence[AnyEvent], webhook: Webhook, connection: Connection) -> list[bool | str]:
        """Of each event whether it was new, or why it can never be stored. Raises StoreUnavailable."""
        of_one: dict[tuple[TicketKey, str], list[AnyEvent]] = {}
        for event in events:
            of_one.setdefault((event.key, event.id), []).append(event)

        def append(variants: Sequence[AnyEvent]) -> list[bool | str]:
            return [append_safely(self.log, event, webhook.received_at, connection) for event in variants]

        if len(of_one) <= 1:
            return [outcome for variants in of_one.values() for outcome in append(variants)]
        # Side by side, as most of the time that storing takes is spent waiting for the table; variants of one event one
        # after the other, so that no two calls contend for an item.
        pool = ThreadPoolExecutor(min(WRITERS, len(of_one)))
        try:
            return [outcome for outcomes in pool.map(append, of_one.values()) for outcome in outcomes]
        finally:
            # Where one could not be stored, the sender has to send all of them again: no other one is begun.
            pool.shutdown(cancel_futures=True)


def append_safely(
    log: EventLog, event: AnyEvent, received_at: int, connection: Connection, *, imported: bool = False
) -> bool | str:
    """Whether an event was new, or why it can never be stored. Raises StoreUnavailable."""
    try:
        return log.append(event, received_at, imported=imported)
    except RefusedByStore as refused:
        return f"an event cannot be stored: {refused}"
    except StoreUnavailable:
        raise
    except Exception as fault:  # noqa: BLE001 - see `log_fault`
        return f"an event cannot be stored: {log_fault(fault, connection)}"


def _to_log(names: Iterable[str]) -> list[str]:
    """Some of these, cut: a rule that was made wrongly may have put anything there."""
    return sorted({name[:LONGEST_STATUS] for name in names})[:MOST_STATUSES]


def configured(connections: Connections, name: str) -> tuple[Connection, Source]:
    """The connection of that name and its tool. Raises UnknownConnection, also where it is not well configured.

    The store is not asked for what can be no connection's name: anybody may call any address.
    """
    document = connections.get(name) if _NAME.fullmatch(name) else None
    if document is None:
        raise UnknownConnection(name[:_LONGEST_NAME_SHOWN])
    try:
        connection = connection_from_document(document)
        return connection, source(connection.provider)
    except InvalidInput as wrong:
        # Nothing can come in through a connection that is not well configured; the operator's log says why.
        raise UnknownConnection(f"{name}: {wrong}") from wrong


def _check_size(webhook: Webhook) -> None:
    if len(webhook.body) > LARGEST_BODY:
        raise TooLarge(f"{len(webhook.body)} bytes")


def translate_safely(tool: Source, webhook: Webhook, connection: Connection) -> Translation:
    """What a webhook means, or that it cannot be read because of a fault of the translator's."""
    try:
        return translated(tool.translate, webhook, connection)
    except Exception as fault:  # noqa: BLE001 - see `log_fault`
        return Translation(unreadable=(Unreadable("", log_fault(fault, connection), webhook.body),))


def reasons(translation: Translation) -> list[str]:
    """Why parts of a webhook could not be read, each with its place."""
    return [f"{part.place}: {part.reason}" if part.place else part.reason for part in translation.unreadable]


def _headers_to_keep(headers: Mapping[str, str]) -> dict[str, str]:
    """What translating again needs: neither signatures and tokens nor where the request came from."""
    kept: dict[str, str] = {}
    room = LONGEST_HEADERS
    for name, value in headers.items():
        wanted = name.startswith(_KEPT_HEADERS) and not any(part in name for part in _DROPPED_HEADERS)
        if wanted and len(name) + len(value) <= room:
            room -= len(name) + len(value)
            kept[name] = value
    return kept
