"""Building the facts of a day as Parquet: from those it had, and the tickets that changed.

Built twice from the same, the files are the same, byte for byte: rows are ordered, and a ticket's `tid` follows from
its place among the tickets of the day by creation and key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from replyclock.domain.events import TicketKey
from replyclock.domain.figures import TicketFigures
from replyclock.domain.reporting.facts import (
    TABLES,
    ClockFact,
    Facts,
    TicketFact,
    WorkFact,
    comparable,
    ticket_facts,
    tid_of,
)

from .engine import PartitionFiles, Resources, connect, create_tables, insert, open_files

_ORDER = {"tickets": "tid", "clocks": "metric, tid, instance", "work": "kind, tid, since, until, agent"}
_SUMMED_UP = "SELECT count(*), max(last_at), bool_or(unsettled), list_sort(list(DISTINCT tenant)) FROM tickets"
_NEW = 2**31
"""The places of new rows before they are put in order: behind those of all tickets that a day may have had."""


@dataclass(frozen=True, slots=True)
class BuiltDay:
    """The files of a day, and what the manifest says of it."""

    files: Mapping[str, Path]
    rows: Mapping[str, int]
    tickets: int
    tenants: Sequence[str]
    last_at: int
    unsettled: bool


def build_day(
    day: int,
    before: PartitionFiles | None,
    changed: Mapping[TicketKey, TicketFigures | Facts | None],
    folder: Path,
    resources: Resources | None = None,
) -> BuiltDay | None:
    """Writes the files of a day to the folder: the rows that it had, but for those of changed tickets, and the rows of
    these (None: they are no longer of this day). Returns None where no ticket is left.
    """
    with connect(folder, *_folders(before), resources=resources) as connection:
        create_tables(connection)
        connection.execute("CREATE TABLE changed (tenant VARCHAR, source VARCHAR, ticket VARCHAR)")
        appender = connection.appender("changed")
        for key in changed:
            appender.append_row(*key)
        appender.flush()
        if before is not None:
            _copy(connection, day, before)
        new = [figures for figures in changed.values() if figures is not None]
        insert(connection, (_placed(figures, day, _NEW + place) for place, figures in enumerate(new)))
        connection.execute(
            "CREATE TABLE tids AS SELECT tid, "
            f"{tid_of(day, 0)} + row_number() OVER (ORDER BY created_at, tenant, source, ticket) - 1 AS new_tid "
            "FROM tickets"
        )
        tickets, last_at, unsettled, tenants = connection.execute(_SUMMED_UP).fetchone() or (0, 0, False, [])
        if not tickets:
            return None
        files, rows = {}, {}
        for table in TABLES:
            path = folder / f"{table}-{day}.parquet"
            (rows[table],) = connection.execute(_copy_statement(table, path)).fetchone() or (0,)
            files[table] = path
        return BuiltDay(files, rows, tickets, tuple(tenants), last_at, unsettled)


def compact(partitions: Sequence[PartitionFiles], folder: Path, resources: Resources | None = None) -> BuiltDay:
    """Writes the rows of several partitions as one file for each table."""
    folders = {one for partition in partitions for one in _folders(partition)}
    with connect(folder, *sorted(folders), resources=resources) as connection:
        open_files(connection, partitions)
        tickets, last_at, unsettled, tenants = connection.execute(_SUMMED_UP).fetchone() or (0, 0, False, [])
        files, rows = {}, {}
        for table in TABLES:
            path = folder / f"{table}.parquet"
            quoted = str(path).replace("'", "''")
            (rows[table],) = connection.execute(
                f"COPY (FROM {table} ORDER BY {_ORDER[table]}) TO '{quoted}' (FORMAT parquet, COMPRESSION zstd)"
            ).fetchone() or (0,)
            files[table] = path
    return BuiltDay(files, rows, tickets, tuple(tenants), last_at, unsettled)


def _placed(changed: TicketFigures | Facts, day: int, place: int) -> Facts:
    if isinstance(changed, TicketFigures):
        return ticket_facts(changed, place)
    tid = tid_of(day, place)
    return Facts(
        changed.ticket._replace(tid=tid),
        [one._replace(tid=tid) for one in changed.clocks],
        [one._replace(tid=tid) for one in changed.work],
    )


def _copy_statement(table: str, path: Path) -> str:
    quoted = str(path).replace("'", "''")
    return (
        f"COPY (SELECT new_tid AS tid, {table}.* EXCLUDE (tid) FROM {table} JOIN tids USING (tid) "
        f"ORDER BY {_ORDER[table].replace('tid', 'new_tid')}) TO '{quoted}' (FORMAT parquet, COMPRESSION zstd)"
    )


def _copy(connection: duckdb.DuckDBPyConnection, day: int, before: PartitionFiles) -> None:
    """Copies the rows of a day that did not change from its files."""
    with_views = {table: f"old_{table}" for table in TABLES}
    for table, view in with_views.items():
        path = str(before.files[table]).replace("'", "''")
        connection.execute(f"CREATE VIEW {view} AS FROM read_parquet('{path}') WHERE (tid >> 32) = {day}")
    connection.execute(
        "CREATE TABLE kept AS SELECT tid FROM old_tickets ANTI JOIN changed USING (tenant, source, ticket)"
    )
    for table, view in with_views.items():
        connection.execute(f"INSERT INTO {table} BY NAME SELECT {view}.* FROM {view} SEMI JOIN kept USING (tid)")


def unsettled_keys(day: int, before: PartitionFiles) -> list[TicketKey]:
    """The tickets of a day that time alone can change."""
    with connect(*_folders(before)) as connection:
        open_files(connection, [before])
        return connection.execute(
            "SELECT tenant, source, ticket FROM tickets WHERE unsettled AND (tid >> 32) = $day ORDER BY ALL",
            {"day": day},
        ).fetchall()


def read_facts(day: int, before: PartitionFiles) -> dict[TicketKey, Facts]:
    """The rows of a day by ticket, each with a `tid` of 0."""
    found: dict[int, Facts] = {}
    with connect(*_folders(before)) as connection:
        open_files(connection, [before])
        for row in connection.execute(
            f"SELECT {_listed('tickets')} FROM tickets WHERE (tid >> 32) = $day ORDER BY tid", {"day": day}
        ).fetchall():
            found[row[0]] = Facts(TicketFact(0, *row[1:]), [], [])
        for table, kind in (("clocks", ClockFact), ("work", WorkFact)):
            for row in connection.execute(
                f"SELECT {_listed(table)} FROM {table} WHERE (tid >> 32) = $day", {"day": day}
            ).fetchall():
                rows = found[row[0]].clocks if table == "clocks" else found[row[0]].work
                assert isinstance(rows, list)
                rows.append(kind(0, *row[1:]))
    return {(one.ticket.tenant, one.ticket.source, one.ticket.ticket): comparable(one) for one in found.values()}


def _folders(partition: PartitionFiles | None) -> list[Path]:
    return sorted({path.parent for path in partition.files.values()}) if partition else []


def _listed(table: str) -> str:
    return ", ".join(f'"{name}"' for name in TABLES[table])
