"""Sends webhooks to the deployed API, and works out from what was sent which alerts have to come of it."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from replyclock.domain.alerts import LedgerEntry, entries_due, quiet_reason
from replyclock.domain.events import AnyEvent, TicketKey
from replyclock.domain.judging import evaluate_ticket
from replyclock.domain.policy import DEFAULT_POLICY
from replyclock.sources import source
from replyclock.sources.base import Connection, Headers, Webhook

from .api import Api, now, signed
from .connections import new_secret
from .day import Sent

SENDERS = min(8, max(2, os.cpu_count() or 2))
"""Webhooks that are under way at once: each one more is another process of the receiving function."""


class Player:
    """Sends signed webhooks, and keeps account of what the API made of them. Safe to use from several threads."""

    def __init__(self, api: Api, connections: Iterable[Connection], secrets: Mapping[str, str]) -> None:
        self._api = api
        self._connections = {one.name: one for one in connections}
        self._secrets = secrets
        self._lock = threading.Lock()
        self._events: dict[TicketKey, list[AnyEvent]] = {}
        self._received_at: dict[TicketKey, int] = {}
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
                self._events.setdefault(event.key, []).append(event)
                self._received_at[event.key] = arrived.received_at
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
        with self._lock:
            return sorted(self._events)

    def events(self) -> list[AnyEvent]:
        """The events that were told, ticket by ticket."""
        with self._lock:
            return [event for key in sorted(self._events) for event in self._events[key]]

    def expected(self, until: int) -> dict[str, LedgerEntry]:
        """The alerts that somebody has to get by then, by their id: by the rules, from what was sent."""
        with self._lock:
            events = {key: tuple(one) for key, one in self._events.items()}
            received_at = dict(self._received_at)
        owed: dict[str, LedgerEntry] = {}
        for key, of_ticket in events.items():
            result = evaluate_ticket(of_ticket, DEFAULT_POLICY, until)
            for entry in entries_due(result, until) if result else ():
                told_at = max(entry.knowable_at, received_at[key])
                if (
                    told_at <= until
                    and quiet_reason(entry, evaluate_ticket(of_ticket, DEFAULT_POLICY, told_at)) is None
                ):
                    owed[entry.alert_id] = entry
        return owed

    def breached(self, at: int) -> set[TicketKey]:
        """The tickets of which a clock runs and is in breach."""
        with self._lock:
            events = {key: tuple(one) for key, one in self._events.items()}
        results = {key: evaluate_ticket(of_ticket, DEFAULT_POLICY, at) for key, of_ticket in events.items()}
        return {
            key
            for key, result in results.items()
            if result and any(clock.state == "breached" and clock.stopped_at is None for clock in result.clocks)
        }
