"""Sends webhooks to the deployed API, and works out from what was sent which alerts have to come of it."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from replyclock.domain.alerts import LedgerEntry, corrections_due, entries_due, is_history, next_due, quiet_reason
from replyclock.domain.events import AnyEvent, TicketKey
from replyclock.domain.judging import evaluate_ticket
from replyclock.domain.policy import Policy
from replyclock.sources import source
from replyclock.sources.base import Connection, Headers, Webhook

from .api import Api, now, signed
from .connections import new_secret
from .day import Sent

SENDERS = min(8, max(2, os.cpu_count() or 2))
"""Webhooks that are under way at once: each one more is another process of the receiving function."""


@dataclass(frozen=True)
class Received:
    """An event that the API took, and when it had."""

    at: int
    event: AnyEvent


class Player:
    """Sends signed webhooks, and keeps account of what the API made of them. Safe to use from several threads."""

    def __init__(self, api: Api, policy: Policy, connections: Iterable[Connection], secrets: Mapping[str, str]) -> None:
        self._api = api
        self._policy = policy
        self._connections = {one.name: one for one in connections}
        self._secrets = secrets
        self._lock = threading.Lock()
        self._received: dict[TicketKey, list[Received]] = {}
        self._changed: dict[TicketKey, None] = {}
        self.sent = self.accepted = self.duplicates = self.refused = 0
        self.faults: list[str] = []
        """What went otherwise than it has to."""
        self.pool = ThreadPoolExecutor(SENDERS, thread_name_prefix="sender")

    def __enter__(self) -> Player:
        return self

    def __exit__(self, *_: object) -> None:
        self.pool.shutdown(cancel_futures=True)

    def hand_over(self, tickets: Iterable[list[Sent]]) -> list[Future[None]]:
        """Send the webhooks of each ticket one after the other, several tickets at once."""
        return [self.pool.submit(self._send_each, webhooks) for webhooks in tickets]

    def _send_each(self, webhooks: list[Sent]) -> None:
        for webhook in webhooks:
            self.send(webhook)

    def send(self, webhook: Sent) -> None:
        """Send a webhook as its tool does."""
        connection = self._connections[webhook.connection]
        signature = signed(connection.provider, webhook.body, self._secrets[webhook.connection])
        headers = {**webhook.headers, **signature}
        reply = self._api.post_webhook(webhook.connection, webhook.body, headers)
        arrived = Webhook(webhook.body, Headers(headers), now())
        events = source(connection.provider).translate(arrived, connection).events
        told = json.loads(reply.body) if reply.status == 202 else {}
        with self._lock:
            self.sent += 1
            self.accepted += told.get("accepted", 0)
            self.duplicates += told.get("duplicates", 0)
            if told.get("accepted", 0) + told.get("duplicates", 0) != len(events) or told.get("quarantined") != 0:
                answer = reply.body.decode(errors="replace")[:200]
                self.faults.append(
                    f"{webhook.act} of {webhook.connection} {webhook.ticket} was answered {reply.status} {answer}"
                )
                return
            for event in events:
                self._received.setdefault(event.key, []).append(Received(arrived.received_at, event))
                self._changed[event.key] = None

    def forge(self, webhook: Sent) -> None:
        """Send a webhook that somebody else signed; it has to be refused."""
        provider = self._connections[webhook.connection].provider
        headers = {**webhook.headers, **signed(provider, webhook.body, new_secret(provider))}
        reply = self._api.post_webhook(webhook.connection, webhook.body, headers)
        with self._lock:
            self.sent += 1
            self.refused += 1
            if reply.status != 401:
                self.faults.append(f"a forged webhook for {webhook.connection} was answered {reply.status}, not 401")

    def changed(self) -> list[TicketKey]:
        """The tickets that webhooks came for since the last call, in that order."""
        with self._lock:
            changed, self._changed = self._changed, {}
        return list(changed)

    def tickets(self) -> list[TicketKey]:
        """The tickets that were told of."""
        return sorted(self._so_far())

    def events(self) -> list[AnyEvent]:
        """The events that were told, ticket by ticket."""
        received = self._so_far()
        return [one.event for key in sorted(received) for one in received[key]]

    def expected(self, until: int) -> dict[str, LedgerEntry]:
        """The alerts that are owed by then, by their id: by the rules, from what was sent and when it was."""
        return {
            entry.alert_id: entry
            for received in self._so_far().values()
            for entry in owed(received, self._policy, until)
        }

    def breached(self, at: int) -> set[TicketKey]:
        """The tickets of which a clock runs and is in breach."""
        received = self._so_far()
        results = {key: evaluate_ticket((one.event for one in of), self._policy, at) for key, of in received.items()}
        return {
            key
            for key, result in results.items()
            if result and any(clock.state == "breached" and clock.stopped_at is None for clock in result.clocks)
        }

    def _so_far(self) -> dict[TicketKey, tuple[Received, ...]]:
        with self._lock:
            return {key: tuple(received) for key, received in self._received.items()}


def owed(received: Sequence[Received], policy: Policy, until: int) -> list[LedgerEntry]:
    """The alerts of a ticket that people have to get by then, where looking and telling take no time.

    Its events are in the order in which they were received. It is looked at after each of them, and between them
    whenever something falls due; people learn what is due then and not to be kept quiet.
    """
    told: dict[str, LedgerEntry] = {}
    for number, one in enumerate(received, 1):
        known = [earlier.event for earlier in received[:number]]
        end = received[number].at if number < len(received) else until
        at: int | None = one.at
        while at is not None and at <= end:
            result = evaluate_ticket(known, policy, at)
            entries = (*entries_due(result, at), *corrections_due(result, told.values(), at)) if result else ()
            for entry in entries:
                quiet = is_history(entry, received[0].at, None) or quiet_reason(entry, result, told.values())
                if entry.sort_key not in told and not quiet:
                    told[entry.sort_key] = entry
            at = next_due(known, result, policy, at)
    return list(told.values())
