"""How fast a history comes in, and what it costs, as DynamoDB Local counts it.

    .venv/bin/python -m benchmarks.import_history [--endpoint http://127.0.0.1:8000] [--tickets 100000]

A made-up year of Zendesk audits is read from pages, translated, and appended as `replyclock import` does, but at no
bounded rate. Then a sample of the tickets is measured, as the deployed function does with what the stream tells it.
Without an endpoint it starts the DynamoDB Local that the tests use.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import closing
from itertools import islice
from pathlib import Path

import boto3

from benchmarks.sweep import endpoint
from replyclock.adapters.clients import PATIENT
from replyclock.adapters.days import DynamoDays, noting
from replyclock.adapters.event_log import DynamoEventLog, stored_size
from replyclock.adapters.tickets import DynamoTickets
from replyclock.cli.history_files import History, files_of, read_files
from replyclock.domain.events import TicketKey
from replyclock.domain.instants import parse_instant
from replyclock.domain.policy import DEFAULT_POLICY
from replyclock.service.history import THREADS, Imported, ImportHistory, Pace, Unknown
from replyclock.service.ports import AnyTimer
from replyclock.service.refresh import RefreshTicket
from replyclock.sources.base import Connection
from replyclock.sources.base.exports import SetAside
from replyclock.sources.exports import export_reader, zendesk
from tests.adapters.backends import REGION, Store, local_client
from tests.long.generated import Year

END = parse_instant("2026-11-01T00:00:00Z")
MEASURED = 1000
"""Tickets that are measured, for what that costs."""


class _NoTimers:
    """Nothing of a year that is over falls due."""

    def send(self, timers: Iterable[AnyTimer], now: int) -> int:  # noqa: ARG002 - the port's signature
        return sum(1 for _ in timers)


def _now() -> int:
    return time.time_ns() // 1000


def _refuse(one: SetAside) -> None:
    raise SystemExit(f"{one.piece.place}: {one.reason}")


def _ignore(key: TicketKey, written: Imported) -> None:
    pass


def _pass(size: int) -> None:
    pass


def _units(store: Store) -> str:
    parts = ", ".join(f"{count:,.0f} of {name}" for name, count in sorted(store.spent.items()))
    return f"{sum(store.spent.values()):,.0f} units ({parts})"


def main() -> int:
    """Prints what it took. Returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--endpoint", help="of a DynamoDB Local that runs; its other tables are left alone")
    parser.add_argument("--tickets", type=int, default=100_000, help="of the year; default: 100,000")
    parser.add_argument("--threads", type=int, default=THREADS, help=f"that write; default: {THREADS}")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, closing(History()) as history, endpoint(options.endpoint) as address:
        pages = Path(folder) / "pages"
        Year(options.tickets, END).write(pages)
        begun = time.perf_counter()
        export = export_reader("zendesk", Connection(name="support", provider="zendesk"))
        read_files(files_of([str(pages)]), export, history, _refuse, _pass)
        history.translate(export, None, stored_size, _refuse, _pass)
        read = time.perf_counter() - begun
        found = history.summary
        print(f"{found.tickets:,} tickets, {found.events:,} events")
        print(f"read and translated: {found.events / read:,.0f} events a second ({read:.0f} s)", flush=True)
        # As many connections as threads, as the command has.
        session = boto3.Session("test", "test", region_name=REGION)
        client = session.client("dynamodb", endpoint_url=address, config=PATIENT)
        store = Store(client)
        try:
            _measure(store, history, options.threads)
        finally:
            local_client(address).delete_table(TableName=store.name)
    return 0


def _measure(store: Store, history: History, threads: int) -> None:
    found, tickets = history.summary, DynamoTickets(store.table)
    store.count_capacity()
    begun = time.perf_counter()
    # What is known of each ticket is asked for first. Here it is nothing, which DynamoDB Local gives for nothing, and
    # AWS for one unit of reading.
    unknown = Unknown(tickets, zendesk.Reader.other_names)
    write = ImportHistory(DynamoEventLog(store.table), _now, Pace(1_000_000, _now, time.sleep), unknown, threads)
    written = write(history.tickets(), _ignore)
    took = time.perf_counter() - begun
    spent = sum(store.spent.values())
    print(f"appended: {written.new / took:,.0f} events a second ({took:.0f} s), {_units(store)}")
    print(
        f"for an event: {spent / written.new:.3f} write units of the log (foretold: {found.write_units:,})", flush=True
    )
    refresh = RefreshTicket(
        tickets, _NoTimers(), lambda: DEFAULT_POLICY, _now, touch=noting(DynamoDays(store.table), _now)
    )
    keys = [key for key, _ in islice(history.tickets(), MEASURED)]
    reading = sum(_read_units(store, tickets, key) for key in keys)
    store.spent.clear()
    for key in keys:
        refresh(key)
    for_all = sum(store.spent.values())
    events = sum(len(told) for _, told in islice(history.tickets(), MEASURED))
    print(f"measured {len(keys):,} of the tickets once: {_units(store)}, of these {reading:,.0f} to read them")
    print(f"for a ticket: {(for_all - reading) / len(keys):.2f} write units of measuring it once", flush=True)
    print(f"in all, for an event: {spent / written.new + (for_all - reading) / events:.2f} write units")


def _read_units(store: Store, tickets: DynamoTickets, key: TicketKey) -> float:
    store.spent.clear()
    tickets.read(key)
    return sum(store.spent.values())


if __name__ == "__main__":
    sys.exit(main())
