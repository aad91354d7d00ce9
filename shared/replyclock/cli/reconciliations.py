"""What `replyclock reconcile` does and prints."""

from __future__ import annotations

import argparse
import time

from replyclock.adapters.administration import get_connection
from replyclock.adapters.clients import PATIENT
from replyclock.adapters.connections import DynamoLooks
from replyclock.adapters.dynamodb import Table
from replyclock.adapters.event_log import DynamoEventLog
from replyclock.adapters.secrets import SecretsManagerSecrets
from replyclock.adapters.tickets import DynamoTickets
from replyclock.adapters.tool_api import ToolApi
from replyclock.cli.deployments import deployment, now, read_when
from replyclock.domain.instants import DAY, format_instant
from replyclock.service.ports import Look
from replyclock.service.reconcile import ReconcileSource
from replyclock.sources.base import connection_from_document
from replyclock.sources.changes import changes_of


def run_reconcile(options: argparse.Namespace) -> int:
    """Looks once, to the end. Returns the exit status, 1 when the tool could not be asked."""
    since = read_when("--since", options.since)
    where = deployment(options)
    connection = connection_from_document(get_connection(where, options.connection))
    table = Table(where.session.client("dynamodb", endpoint_url=where.endpoint, config=PATIENT), where.table)
    reconcile = ReconcileSource(
        DynamoEventLog(table),
        DynamoTickets(table),
        DynamoLooks(table),
        SecretsManagerSecrets(where.client("secretsmanager")),
        lambda url, headers, deadline: ToolApi(url, headers, deadline, now, time.sleep),
        now,
    )
    look = reconcile(connection, now() + DAY, since)
    print(f"{connection.name}: {look_words(look)}")
    if look.missed:
        print(changes_of(connection.provider).why)
    return 0 if look.failed is None else 1


def look_words(look: Look) -> str:
    """A look in a sentence."""
    missed = ", ".join(f"{count:,} {kind}" for kind, count in sorted(look.missed.items()))
    words = [
        f"from {format_instant(look.since)} to {format_instant(look.upto)}",
        f"{look.tickets:,} tickets changed",
        f"missed {missed}" if missed else "nothing was missed",
    ]
    if look.older:
        words.append(f"{look.older:,} older events came with them")
    if look.unreadable:
        words.append(f"{look.unreadable:,} records could not be read")
    if look.failed is not None:
        words.append(f"then it failed: {look.failed}")
    elif not look.finished:
        words.append("the rest is left to the next look")
    return "; ".join(words)
