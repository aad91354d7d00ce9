"""What `replyclock import` does: reads, sets aside what it cannot read, tells what there is, and writes it."""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import shlex
import sys
import time
from bisect import insort
from collections.abc import Sequence
from contextlib import closing
from filecmp import cmp
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any

from replyclock.adapters.administration import Deployment, get_connection
from replyclock.adapters.connections import DynamoGroupNames
from replyclock.adapters.dynamodb import Table
from replyclock.adapters.event_log import DynamoEventLog, stored_size
from replyclock.adapters.tickets import DynamoTickets
from replyclock.cli.deployments import deployment, now, open_table
from replyclock.cli.history_files import MOST_SHOWN, History, Summary, files_of, place_order, read_files, set_aside_of
from replyclock.cli.options import read_when, same_place
from replyclock.cli.output import INTERRUPTED, counted
from replyclock.cli.progress import Bar, Meter, duration
from replyclock.domain.errors import Fault, InvalidInput, StoreUnavailable
from replyclock.domain.events import TicketKey
from replyclock.domain.instants import format_instant
from replyclock.presentation.words import shown
from replyclock.service.history import Imported, ImportHistory, Pace, Unknown
from replyclock.sources.base import Connection, connection_from_document
from replyclock.sources.base.connection import MOST_GROUPS
from replyclock.sources.base.exports import Export, SetAside
from replyclock.sources.base.groups import with_group_names
from replyclock.sources.exports import csv, export_reader, generic

CHECKPOINTS = Path(".replyclock-import")
"""The folder, in the current one, that says how far imports are that were broken off."""
MEASURING_UNITS = 10
"""Write units that measuring a ticket takes, about: its state with the indexes and its ledger. Once, it takes 7, as
`benchmarks/import_history.py` counts them; a ticket whose events come in two batches of the stream is measured twice.
"""
PRICE = 0.625
"""Dollars for a million write units, on demand in us-east-1. Other regions cost up to twice as much."""
CENT = 0.01
"""Dollars, the smallest sum that is said."""


def run_import(options: argparse.Namespace) -> int:
    """Reads exports, and writes what they tell. Returns the exit status: 1 when something was set aside, or the store
    was lost.
    """
    since = read_when("--since", options.since)
    where = _where(options)
    connection = _connection(options, where)
    export = _export(options, connection)
    files = files_of(options.files)
    with closing(History()) as history, _Aside(options) as aside:
        with Bar("reading", sum(file.stat().st_size for file in files)) as bar:
            read_files(files, export, history, aside, bar.advance)
        with Meter("translating", history.records(), "records") as meter:
            groups = {} if connection is None else connection.groups
            history.translate(export, since, stored_size, aside, meter.advance, groups)
        kept = aside.finish()
        _print_summary(history.summary, options, where)
        _print_groups(history, connection, options, where)
        _print_set_aside(aside, kept, options)
        if options.dry_run:
            _foretell(history, export, options, where)
            return 1 if aside.count else 0
        assert where is not None
        written = _write(history, export, options, where, files)
    if not written:
        _print_done_with(files, kept, options)
    return written or (1 if aside.count else 0)


def _where(options: argparse.Namespace) -> Deployment | None:
    """The deployment; None for a dry run that names none."""
    named = options.local or options.stack is not None
    options.stack = options.stack or "replyclock"
    return deployment(options) if named or not options.dry_run else None


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
        if options.mapping is None:
            raise InvalidInput([Fault("--mapping", "is missing: which column of the table is what")])
        try:
            return csv.Reader(connection, Path(options.mapping).read_text(encoding="utf-8"))
        except InvalidInput as wrong:
            raise InvalidInput(
                [
                    Fault(f"{options.mapping}: {fault.field}" if fault.field else options.mapping, fault.problem)
                    for fault in wrong.faults
                ]
            ) from None
    return export_reader(options.provider, connection)


# --- What cannot be read ---


class _Aside:
    """Takes what cannot be read, and keeps it in `NAME.set-aside.jsonl`, which is read again by importing it.

    What an import set aside before is never written over: another file has a number in its name, unless it would be the
    same. So what is read again may itself be what was set aside. On a dry run nothing is kept.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        self._name = f"{options.connection or options.provider}.set-aside"
        self.first: list[tuple[list[str | int], str, str]] = []
        """The first ones by place: what sorts them, where they lie, and why they cannot be read."""
        self.count = 0
        self._provider = options.provider
        self._keep = not options.dry_run
        self._file: IO[str] | None = None

    def __enter__(self) -> _Aside:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
            Path(self._file.name).unlink(missing_ok=True)

    def __call__(self, one: SetAside) -> None:
        self.count += 1
        insort(self.first, (place_order(one.piece.place), one.piece.place, one.reason))
        del self.first[MOST_SHOWN:]
        if not self._keep:
            return
        if self._file is None:
            # Beside where it goes, so that it is whole when it is there; nobody else may read it.
            self._file = NamedTemporaryFile(  # noqa: SIM115 - closed at the end of the block that this is entered by
                "w", encoding="utf-8", dir=".", prefix=f"{self._name}.", suffix=".new", delete=False
            )
        told = {"provider": self._provider, "kind": one.piece.kind, "place": one.piece.place}
        line = {"set_aside": {**told, "reason": one.reason}, "record": one.piece.record}
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def finish(self) -> Path | None:
        """All is read: where what could not be read lies; None where there is nothing."""
        if self._file is None:
            return None
        self._file.close()
        path, number = Path(f"{self._name}.jsonl"), 1
        while True:
            try:
                path.touch(exist_ok=False)
            except FileExistsError:
                if cmp(path, self._file.name, shallow=False):
                    return path
                number += 1
                path = Path(f"{self._name}-{number}.jsonl")
            else:
                return Path(self._file.name).replace(path)


# --- What there is ---


def _print_summary(found: Summary, options: argparse.Namespace, where: Deployment | None) -> None:
    span = "" if found.first is None or found.last is None else _span(found.first, found.last)
    print(f"{counted(found.tickets, 'ticket')}, {counted(found.events, 'event')}{span}")
    for kind, count in sorted(found.types.items()):
        print(f"  {count:>9,}  {kind}")
    if found.unknown_statuses:
        names = ", ".join(
            f"{shown(name)} ({times:,})" for name, times in found.unknown_statuses.most_common(MOST_SHOWN)
        )
        more = ", …" if len(found.unknown_statuses) > MOST_SHOWN else ""
        print(f"statuses that no table knows were taken for open: {names}{more}")
        if where is None:
            print("what the connection says of them is not looked up on a dry run that names no stack")
        else:
            change = f"replyclock connection change {options.connection}{same_place(options)}"
            # Another telling of a fact that is there does not take the place of the first.
            until = "say what they mean before you import" if options.dry_run else "they stay so; for what comes later"
            print(f'{until}: {change} --status "NAME=STATUS"')


def _print_groups(
    history: History, connection: Connection | None, options: argparse.Namespace, where: Deployment | None
) -> None:
    """Keep the names of groups that the export lists with the connection, and say which groups have none."""
    if connection is None:
        return
    names = dict(islice({**connection.groups, **history.group_names}.items(), MOST_GROUPS))
    new = len(names) - len(connection.groups)
    if new > 0 and where is not None and not options.dry_run:
        DynamoGroupNames(open_table(where)).learn(connection.name, names)
        print(f"{counted(new, 'name of a group', 'names of groups')} learned from the export, for webhooks too")
    found = history.summary.unnamed_groups
    if found:
        ids = ", ".join(f"{shown(group)} ({times:,})" for group, times in found.most_common(MOST_SHOWN))
        more = ", …" if len(found) > MOST_SHOWN else ""
        change = f"replyclock connection change {connection.name}{same_place(options)}"
        print(f"groups that have no name: {ids}{more}")
        until = "name them before you import" if options.dry_run else "they stay so; for what comes later"
        print(f'{until}: {change} --group "ID=NAME"')


def _print_set_aside(aside: _Aside, kept: Path | None, options: argparse.Namespace) -> None:
    for _, place, reason in aside.first:
        print(f"{place}: {reason}", file=sys.stderr)
    if aside.count == 0:
        return
    more = f"; {len(aside.first)} of them above" if aside.count > len(aside.first) else ""
    where = "" if kept is None else f", set aside in {kept}"
    print(f"{counted(aside.count, 'record')} cannot be read{where}{more}", file=sys.stderr)
    if kept is not None:
        given = [
            f"--{name} {shlex.quote(value)}" for name in ("connection", "mapping") if (value := getattr(options, name))
        ]
        again = " ".join(["replyclock replay", shlex.quote(str(kept)), "[FILE…]", *given]) + same_place(options)
        print(f"once that is mended: {again}", file=sys.stderr)
        print("FILE… is what they need beside them, as the page of users", file=sys.stderr)


def _print_done_with(files: Sequence[Path], kept: Path | None, options: argparse.Namespace) -> None:
    """Say which files of what was set aside nobody needs any more."""
    if options.since is not None:
        return  # what was left out is in them alone
    for file in files:
        if set_aside_of(file) is not None and not (kept is not None and file.samefile(kept)):
            left = "" if kept is None else f", but for what is in {kept} now"
            print(f"{file} came in{left}: it may be removed")


def _span(first: int, last: int) -> str:
    return f", from {format_instant(first)} to {format_instant(last)}"


def _foretell(history: History, export: Export, options: argparse.Namespace, where: Deployment | None) -> None:
    """Say what writing it would take."""
    found = history.summary
    if where is not None:
        known = _count_known(history, export, open_table(where))
        print(f"{found.events - known:,} of the events would be new; {counted(known, 'is', 'are')} there already")
    took = duration(math.ceil(found.events / options.rate))
    print(f"takes {took} at {options.rate:g} {'event' if options.rate == 1 else 'events'} a second")
    units = found.write_units + MEASURING_UNITS * found.tickets
    dollars = units * PRICE / 1_000_000
    cost = f"about ${dollars:,.2f}" if dollars >= CENT else f"less than ${CENT}"
    print(
        f"and about {units:,} write units, {found.write_units:,} of them for the log: {cost} on demand, "
        f"at ${PRICE} for a million as in us-east-1"
    )
    print("nothing was written")


def _count_known(history: History, export: Export, table: Table) -> int:
    log, unknown = DynamoEventLog(table), _unknown(history, export, table)
    known = 0
    with Meter("looking", history.summary.tickets, "tickets") as meter:
        for key, events in history.tickets():
            if unknown is None:
                known += len(log.knows(key) & {event.id for event in events})
            else:
                known += len(events) - len(unknown(key, events))
            meter.advance(1)
    return known


def _unknown(history: History, export: Export, table: Table) -> Unknown | None:
    """How what the log has is left out; None where appending shows it."""
    if export.other_names is None:
        return None
    return Unknown(DynamoTickets(table), export.other_names, partial(with_group_names, names=history.group_names))


# --- Writing ---


def _write(
    history: History, export: Export, options: argparse.Namespace, where: Deployment, files: Sequence[Path]
) -> int:
    """Write it, from where the same import was broken off. Returns the exit status."""
    checkpoint = _Checkpoint(CHECKPOINTS / f"{_digest(options, where, files)}.json")
    after, total = checkpoint.read()
    tickets, events = history.left(after)
    if after is not None:
        print(f"going on after {shown(after[2])} of {after[1]}; {counted(tickets, 'ticket is', 'tickets are')} left")
    table = open_table(where)
    pace = Pace(options.rate, now, time.sleep)
    write = ImportHistory(DynamoEventLog(table), now, pace, _unknown(history, export, table))
    try:
        with Meter("importing", events, "events") as meter:

            def done(key: TicketKey, written: Imported) -> None:
                nonlocal total
                total += written
                checkpoint.note(key, total)
                meter.advance(written.new + written.known)

            write(history.tickets(after), done)
    except KeyboardInterrupt:
        print(f"\nbroken off: {counted(total.new, 'new event')}. The same command goes on from here.", file=sys.stderr)
        return INTERRUPTED
    except StoreUnavailable as lost:
        print(f"the store does not answer ({lost}): {counted(total.new, 'new event')} came through.", file=sys.stderr)
        print("The same command goes on from here.", file=sys.stderr)
        return 1
    finally:
        checkpoint.write()
    checkpoint.remove()
    measured = " What is new is being measured, and alerts nobody." if total.new else ""
    print(f"{counted(total.new, 'new event')}; {counted(total.known, 'was', 'were')} there already.{measured}")
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
