"""What `replyclock import` does: reads, sets aside what it cannot read, tells what there is, and writes it."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import IO, Any

from replyclock.adapters.administration import Deployment, get_connection
from replyclock.adapters.clients import PATIENT
from replyclock.adapters.dynamodb import Table
from replyclock.adapters.event_log import DynamoEventLog, stored_size
from replyclock.adapters.tickets import DynamoTickets
from replyclock.cli.deployments import deployment, now, read_when
from replyclock.cli.history_files import MOST_SHOWN, History, Summary, files_of, read_files
from replyclock.cli.progress import Bar, Meter, duration
from replyclock.domain.errors import Fault, InvalidInput, StoreUnavailable
from replyclock.domain.events import TicketKey
from replyclock.domain.instants import format_instant
from replyclock.service.history import Imported, ImportHistory, Pace, Unknown
from replyclock.sources.base import Connection, connection_from_document
from replyclock.sources.base.exports import Export, SetAside
from replyclock.sources.exports import csv, export_reader, generic

CHECKPOINTS = Path(".replyclock-import")
"""The folder, in the current one, that says how far imports are that were broken off."""
MEASURING_UNITS = 10
"""Write units that measuring a ticket takes, about: its state with the indexes and its ledger. Once, it takes 7, as
`benchmarks/import_history.py` counts them; a ticket whose events come in two batches of the stream is measured twice.
"""
PRICE = 0.625
"""Dollars for a million write units, on demand in us-east-1. Other regions cost up to twice as much."""
INTERRUPTED = 130
"""The exit status of what Ctrl-C has ended, by the shells' convention."""


def run_import(options: argparse.Namespace) -> int:
    """Reads exports, and writes what they tell. Returns the exit status: 1 when something was set aside, or the store
    was lost.
    """
    since = read_when("--since", options.since)
    where = _where(options)
    connection = _connection(options, where)
    export = _export(options, connection)
    files = files_of(options.files)
    with closing(History()) as history, _Aside(_name(options), options, keep=not options.dry_run) as aside:
        with Bar("reading", sum(file.stat().st_size for file in files)) as bar:
            read_files(files, export, history, aside, bar.advance)
        with Meter("translating", history.records(), "records") as meter:
            history.translate(export, since, stored_size, aside, meter.advance)
        history.summary.set_aside, history.summary.set_aside_count = aside.shown, aside.count
        _print_summary(history.summary, aside)
        if options.dry_run:
            _foretell(history, export, options, where)
            return 1 if aside.count else 0
        assert where is not None
        written = _write(history, export, options, where, files)
    return written or (1 if aside.count else 0)


def _where(options: argparse.Namespace) -> Deployment | None:
    """The deployment; None for a dry run that names none."""
    if options.dry_run and not options.local and options.stack is None:
        return None
    options.stack = options.stack or "replyclock"
    return deployment(options)


def _name(options: argparse.Namespace) -> str:
    return str(options.connection or options.provider)


def _connection(options: argparse.Namespace, where: Deployment | None) -> Connection | None:
    """The connection whose events these are; None where canonical events keep their own tenant and source."""
    if options.connection is None:
        if options.provider != "generic":
            raise InvalidInput([Fault("--connection", "is missing: through which connection the webhooks come")])
        return None
    if where is None:
        return connection_from_document({"name": options.connection, "provider": options.provider})
    connection = connection_from_document(get_connection(where, options.connection))
    if options.provider not in ("csv", connection.provider):
        raise InvalidInput([Fault("--connection", f"{connection.name} is one of {connection.provider}")])
    return connection


def _export(options: argparse.Namespace, connection: Connection | None) -> Export:
    if connection is None:
        return generic.Reader(None)
    if options.provider == "csv":
        mapping = Path(options.mapping).read_text(encoding="utf-8") if options.mapping else None
        return csv.Reader(connection, mapping)
    return export_reader(options.provider, connection)


# --- What cannot be read ---


class _Aside:
    """Takes what cannot be read, and keeps it in `NAME.set-aside.jsonl`, which `replyclock import` reads again."""

    def __init__(self, name: str, options: argparse.Namespace, *, keep: bool) -> None:
        self.path = Path(f"{name}.set-aside.jsonl")
        self.shown: list[tuple[str, str]] = []
        self.count = 0
        self._options = options
        self._keep = keep
        self._file: IO[str] | None = None

    def __enter__(self) -> _Aside:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def __call__(self, one: SetAside) -> None:
        self.count += 1
        if len(self.shown) < MOST_SHOWN:
            self.shown.append((one.piece.place, one.reason))
        if not self._keep:
            return
        if self._file is None:
            # Under another name until all is read, as it may itself be what is being read.
            self._file = self._path_while_reading.open("w", encoding="utf-8")
            self._path_while_reading.chmod(0o600)
        told = {"provider": self._options.provider, "kind": one.piece.kind, "place": one.piece.place}
        line = {"set_aside": {**told, "reason": one.reason}, "record": one.piece.record}
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")

    @property
    def _path_while_reading(self) -> Path:
        return self.path.with_suffix(".new")

    def finish(self) -> Path | None:
        """All is read: where what could not be read lies; None where there is nothing."""
        if self._file is None:
            return None
        self._file.close()
        self._file = None
        self._path_while_reading.replace(self.path)
        return self.path


# --- What there is ---


def _print_summary(found: Summary, aside: _Aside) -> None:
    span = "" if found.first is None or found.last is None else _span(found.first, found.last)
    print(f"{found.tickets:,} tickets, {found.events:,} events{span}")
    for kind, count in sorted(found.types.items()):
        print(f"  {count:>9,}  {kind}")
    if found.unknown_statuses:
        print(f"{found.unknown_statuses:,} statuses that no table knows were taken for open: see status_map")
    for place, reason in found.set_aside:
        print(f"{place}: {reason}", file=sys.stderr)
    if found.set_aside_count:
        kept = aside.finish()
        more = f"; {len(found.set_aside)} of them above" if found.set_aside_count > len(found.set_aside) else ""
        where = f", set aside in {kept}" if kept else ""
        print(f"{found.set_aside_count:,} records cannot be read{where}{more}", file=sys.stderr)


def _span(first: int, last: int) -> str:
    return f", from {format_instant(first)} to {format_instant(last)}"


def _foretell(history: History, export: Export, options: argparse.Namespace, where: Deployment | None) -> None:
    """Say what writing it would take."""
    found = history.summary
    if where is not None:
        known = _count_known(history, export, _table(where))
        print(f"{found.events - known:,} of the events would be new; {known:,} are there already")
    print(f"takes {duration(found.events / options.rate)} at {options.rate:g} events a second")
    units = found.write_units + MEASURING_UNITS * found.tickets
    dollars = units * PRICE / 1_000_000
    print(
        f"and about {units:,} write units, {found.write_units:,} of them for the log: about ${dollars:,.2f} on demand, "
        f"at ${PRICE} for a million as in us-east-1"
    )
    print("nothing was written")


def _count_known(history: History, export: Export, table: Table) -> int:
    log, unknown = DynamoEventLog(table), _unknown(export, table)
    known = 0
    with Meter("looking", history.summary.tickets, "tickets") as meter:
        for key, events in history.tickets():
            if unknown is None:
                known += len(log.knows(key) & {event.id for event in events})
            else:
                known += len(events) - len(unknown(key, events))
            meter.advance(1)
    return known


def _unknown(export: Export, table: Table) -> Unknown | None:
    """How what the log has is left out; None where appending shows it."""
    return None if export.other_names is None else Unknown(DynamoTickets(table), export.other_names)


# --- Writing ---


def _table(where: Deployment) -> Table:
    return Table(where.session.client("dynamodb", endpoint_url=where.endpoint, config=PATIENT), where.table)


def _write(
    history: History, export: Export, options: argparse.Namespace, where: Deployment, files: Sequence[Path]
) -> int:
    """Write it, from where the same import was broken off. Returns the exit status."""
    checkpoint = _Checkpoint(CHECKPOINTS / f"{_digest(options, where, files)}.json")
    after, total = checkpoint.read()
    tickets, events = history.left(after)
    if after is not None:
        print(f"going on after {after[2]} of {after[1]}: {tickets:,} tickets are left")
    table = _table(where)
    pace = Pace(options.rate, now, time.sleep)
    write = ImportHistory(DynamoEventLog(table), now, pace, _unknown(export, table))
    try:
        with Meter("importing", events, "events") as meter:

            def done(key: TicketKey, written: Imported) -> None:
                nonlocal total
                total += written
                checkpoint.note(key, total)
                meter.advance(written.new + written.known)

            write(history.tickets(after), done)
    except KeyboardInterrupt:
        print(f"\nbroken off: {total.new:,} new events. The same command goes on from here.", file=sys.stderr)
        return INTERRUPTED
    except StoreUnavailable as lost:
        print(f"the store does not answer ({lost}): {total.new:,} new events came through.", file=sys.stderr)
        print("The same command goes on from here.", file=sys.stderr)
        return 1
    finally:
        checkpoint.write()
    checkpoint.remove()
    print(f"{total.new:,} new events; {total.known:,} were there already. They are being measured, and alert nobody.")
    return 0


def _digest(options: argparse.Namespace, where: Deployment, files: Sequence[Path]) -> str:
    """Names an import: the same files, unchanged, to the same place."""
    sizes = [(str(file.resolve()), file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    named: list[Any] = [options.provider, options.connection, options.since, options.mapping, where.api, where.table]
    return hashlib.sha256(json.dumps([*named, sizes]).encode()).hexdigest()[:24]


class _Checkpoint:
    """How far an import is. It is written each `EVERY` tickets; those after it come again, and are known then."""

    EVERY = 100

    def __init__(self, path: Path) -> None:
        self._path = path
        self._state: dict[str, Any] | None = None
        self._since = 0

    def read(self) -> tuple[TicketKey | None, Imported]:
        """The last ticket that is written, with all before it, and what became of these."""
        try:
            known = json.loads(self._path.read_text())
        except FileNotFoundError:
            return None, Imported()
        tenant, source, ticket = known["after"]
        return (tenant, source, ticket), Imported(known["new"], known["known"])

    def note(self, key: TicketKey, total: Imported) -> None:
        """A further ticket is written."""
        self._state = {"after": key, "new": total.new, "known": total.known}
        self._since += 1
        if self._since >= self.EVERY:
            self.write()

    def write(self) -> None:
        """Put down what was noted, whole or not at all."""
        if self._state is None:
            return
        self._path.parent.mkdir(exist_ok=True)
        draft = self._path.with_suffix(".new")
        draft.write_text(json.dumps(self._state))
        draft.replace(self._path)
        self._since = 0

    def remove(self) -> None:
        """The import is complete."""
        self._path.unlink(missing_ok=True)
