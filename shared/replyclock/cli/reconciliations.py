"""What `replyclock reconcile` does and prints."""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass

from replyclock.adapters.administration import get_connection
from replyclock.adapters.connections import DynamoGroupNames, DynamoLooks
from replyclock.adapters.event_log import DynamoEventLog
from replyclock.adapters.faults import DynamoFaults
from replyclock.adapters.secrets import SecretsManagerSecrets
from replyclock.adapters.tickets import DynamoTickets
from replyclock.adapters.tool_api import ToolApi
from replyclock.cli.deployments import deployment, now, open_table, set_aside
from replyclock.cli.options import read_when
from replyclock.cli.progress import Meter, duration
from replyclock.domain.errors import Fault, InvalidInput
from replyclock.domain.instants import DAY, format_instant
from replyclock.service.ports import Look, Looks
from replyclock.service.reconcile import ReconcileSource
from replyclock.sources.base import connection_from_document
from replyclock.sources.changes import changes_of

LONG_PAUSE = 5.0
"""Seconds of waiting for a tool that whoever looks on is told of."""


def run_reconcile(options: argparse.Namespace) -> int:
    """Looks once, to the end. Returns the exit status, 1 when the tool could not be asked."""
    since = read_when("--since", options.since)
    where = deployment(options)
    connection = connection_from_document(get_connection(where, options.connection))
    if connection.api is None:
        command = f"replyclock connection api {connection.name}"
        raise InvalidInput([Fault("--connection", f"{connection.name} has no access to an API: {command} gives it")])
    table = open_table(where)
    with Meter("asking", None, "tickets") as meter:
        reconcile = ReconcileSource(
            DynamoEventLog(table),
            DynamoTickets(table),
            _Watched(DynamoLooks(table), meter),
            DynamoGroupNames(table),
            SecretsManagerSecrets(where.client("secretsmanager")),
            lambda url, headers, deadline: ToolApi(url, headers, deadline, now, _sleep),
            now,
            DynamoFaults(table),
            set_aside(table),
        )
        look = reconcile(connection, now() + DAY, since)
    print(f"{connection.name}: {look_words(look)}")
    if look.missed:
        print(changes_of(connection.provider).why)
    return 0 if look.failed is None else 1


@dataclass(slots=True)
class _Watched:
    """Keeps looks, and shows how far one is."""

    looks: Looks
    meter: Meter
    shown: int = 0

    def last(self, connection: str) -> Look | None:
        """See service.ports.Looks."""
        return self.looks.last(connection)

    def keep(self, connection: str, look: Look) -> None:
        """See service.ports.Looks."""
        self.looks.keep(connection, look)
        self.meter.advance(look.tickets - self.shown)
        self.shown = look.tickets


def _sleep(seconds: float) -> None:
    if seconds >= LONG_PAUSE:
        print(f"the tool is asked again in {duration(seconds)}", file=sys.stderr, flush=True)
    time.sleep(seconds)


def look_words(look: Look) -> str:
    """A look in a sentence."""
    begun = format_instant(look.since)
    if look.failed is not None and not look.tickets:
        # That nothing was missed is what nobody knows.
        return f"from {begun}: it failed: {look.failed}"
    missed = ", ".join(f"{count:,} {kind}" for kind, count in sorted(look.missed.items()))
    words = [
        f"from {begun} to {format_instant(look.upto)}",
        f"{look.tickets:,} ticket{'' if look.tickets == 1 else 's'} changed",
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
