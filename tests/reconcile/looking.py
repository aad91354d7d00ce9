"""What the tests of reconciliation share: looking with the house's clock, and telling by webhook."""

from __future__ import annotations

import json
from typing import Any

import boto3

from replyclock.adapters.connections import DynamoGroupNames, DynamoLooks
from replyclock.adapters.tool_api import ToolApi
from replyclock.domain.instants import format_instant
from replyclock.service.ports import Look
from replyclock.service.reconcile import ReconcileSource
from replyclock.sources import source
from replyclock.sources.base import Connection, Headers, Webhook, connection_from_document
from tests.adapters.samples import NINE
from tests.service.house import House

TOKEN = "the-token-of-an-api"


def at(minutes: float) -> str:
    """So many minutes after nine, in text."""
    return format_instant(NINE + round(minutes * 60_000_000))


def unix(minutes: float) -> int:
    return (NINE + round(minutes * 60_000_000)) // 1_000_000


class Looking:
    """One connection, asked with the house's clock."""

    def __init__(self, house: House, provider: str, url: str, **options: Any) -> None:
        reference = f"replyclock/test/connections/{provider}/api"
        boto3.client("secretsmanager").create_secret(Name=reference, SecretString=TOKEN)
        document: dict[str, Any] = {
            "name": provider,
            "provider": provider,
            "api": {"url": url, "secret": reference, **options},
        }
        house.connect(provider, provider=provider, api=document["api"])
        self.house = house
        self.connection: Connection = connection_from_document(document)
        self.looks = DynamoLooks(house.store.table)
        self.reconcile = ReconcileSource(
            house.log,
            house.tickets,
            self.looks,
            DynamoGroupNames(house.store.table),
            house.secrets,
            self._open,
            house.now,
            house.faults,
            house.set_aside,
        )

    def _open(self, url: str, headers: Any, deadline: int) -> ToolApi:
        return ToolApi(url, headers, deadline, self.house.now, self.house.now.sleep)

    def look(self, minutes: float, *, seconds: float = 86_400, since: int | None = None) -> Look:
        """Look at so many minutes after nine, for so many seconds."""
        self.house.now.at = NINE + round(minutes * 60_000_000)
        return self.reconcile(self.connection, self.house.now() + round(seconds * 1_000_000), since)

    def webhook(self, body: Any, minutes: float, headers: dict[str, str] | None = None) -> None:
        """Let a webhook come in at so many minutes after nine."""
        webhook = Webhook(json.dumps(body).encode(), Headers(headers), NINE + round(minutes * 60_000_000))
        told = source(self.connection.provider).translate(webhook, self.connection)
        assert told.events
        self.house.told(*told.events, received_at=webhook.received_at)

    def told(self, ticket: str) -> list[tuple[str, str, str]]:
        """Type, actor's kind and time of what the log has of a ticket, in its order of time."""
        record = self.house.record(("default", self.connection.name, ticket))
        events = sorted((stored.event for stored in record.events), key=lambda event: (event.occurred_at, event.type))
        return [(one.type, one.actor.kind, format_instant(one.occurred_at)) for one in events]
