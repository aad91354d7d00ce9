"""Receive a webhook: verify the raw bytes, translate, append to the log. Nothing else happens while the tool waits."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterable
from dataclasses import dataclass

from replyclock.domain.errors import InvalidInput, ReplyclockError, UnknownConnection
from replyclock.domain.events import event_text
from replyclock.sources import source
from replyclock.sources.base import (
    Answer,
    Connection,
    Headers,
    PartnerSource,
    Source,
    Translation,
    Unreadable,
    Webhook,
    connection_from_document,
)
from replyclock.sources.base.groups import unnamed_groups

from .ports import Clock, Connections, EventLog, Quarantine, Secrets

LARGEST_BODY = 1024 * 1024
"""Bytes of a body that are accepted."""
MOST_EVENTS = 2000
"""Events of one webhook that are stored: each by itself, while the tool waits."""
LARGEST_EVENT = 350_000
"""Bytes of an event's text; an item holds 400 kB."""
LONGEST_STATUS = 40
"""Characters of a status' name, or of a group's id, that are logged where no table knows it."""
MOST_STATUSES = 10
"""Such names that are logged of one webhook."""

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
        accepted = duplicates = 0
        events = translation.events
        if len(events) > MOST_EVENTS:
            unreadable.append(f"means {len(events)} events, more than the {MOST_EVENTS} that are stored of one webhook")
            events = ()
        for event in events:
            if len(event_text(event).encode()) > LARGEST_EVENT:
                unreadable.append("an event is too large to be stored")
            elif self.log.append(event, webhook.received_at):
                accepted += 1
            else:
                duplicates += 1
        if unreadable:
            # Once for the whole body, however many parts of it: what can be read of it is the same when read again.
            headers = _headers_to_keep(webhook.headers)
            self.quarantine.keep(connection.name, webhook.body, headers, unreadable[:20], webhook.received_at)
        if translation.unknown_statuses:
            # Names that the account gave to its statuses, which nobody can map who does not know them.
            extra = {"connection": connection.name, "statuses": _to_log(translation.unknown_statuses)}
            _log.warning("unknown statuses were taken for open", extra=extra)
        unnamed = unnamed_groups(translation.events, connection.groups)
        if unnamed:
            extra = {"connection": connection.name, "groups": _to_log(unnamed)}
            _log.warning("groups came as ids that have no name here", extra=extra)
        return Receipt(accepted, duplicates, len(unreadable), len(translation.unknown_statuses), len(unnamed))


def _to_log(names: Iterable[str]) -> list[str]:
    """Some of these, cut: a rule that was made wrongly may have put anything there."""
    return sorted({name[:LONGEST_STATUS] for name in names})[:MOST_STATUSES]


def configured(connections: Connections, name: str) -> tuple[Connection, Source]:
    """The connection of that name and its tool. Raises UnknownConnection, also where it is not well configured."""
    document = connections.get(name)
    if document is None:
        raise UnknownConnection(name)
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
    # The one place that catches everything. The sender has proved who it is, and several tools drop a webhook for good
    # on a 4xx or 5xx, or switch the subscription off: a fault of ours must not cost an event. The body is kept and
    # read again once the fault is mended. The log says which exception and where; never its text, which may quote the
    # body.
    try:
        return tool.translate(webhook, connection)
    except Exception as fault:  # noqa: BLE001
        place = traceback.extract_tb(fault.__traceback__)[-1]
        where = f"{place.filename.rsplit('/', 1)[-1]}:{place.lineno} in {place.name}"
        _log.error(
            "a translator failed; the body is in quarantine",
            extra={"connection": connection.name, "exception_type": type(fault).__name__, "place": where},
        )
        return Translation(unreadable=(Unreadable("", f"{type(fault).__name__} at {where}", webhook.body),))


def reasons(translation: Translation) -> list[str]:
    """Why parts of a webhook could not be read, each with its place."""
    return [f"{part.place}: {part.reason}" if part.place else part.reason for part in translation.unreadable]


def _headers_to_keep(headers: Headers) -> dict[str, str]:
    """What translating again needs: neither signatures and tokens nor where the request came from."""
    return {
        name: value
        for name, value in headers.items()
        if name.startswith(_KEPT_HEADERS) and not any(part in name for part in _DROPPED_HEADERS)
    }
