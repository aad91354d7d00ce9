"""The engine: DuckDB, locked down, in memory. Every connection is made here."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from replyclock.domain.figures import TicketFigures
from replyclock.domain.instants import day_of
from replyclock.domain.reporting.facts import TABLES, Facts, ticket_facts

DEFAULT_MEMORY = "1200MB"
"""Of a function with 1,769 MB, which need the rest for Python."""


@dataclass(frozen=True, slots=True)
class Resources:
    """What the engine may take."""

    threads: int = 2
    memory: str = DEFAULT_MEMORY
    disk: str = "400MB"
    """For what does not fit into memory, in the temporary folder: a function has 512 MB of it."""


def connect(*folders: Path, resources: Resources | None = None) -> duckdb.DuckDBPyConnection:
    """An empty database in memory that can read and write below the folders, and nothing else: no other file, no
    network, no extension, and no setting can be changed. What does not fit into memory goes to the first of them, or to
    the temporary folder.
    """
    spill = folders[0] if folders else Path(tempfile.gettempdir()) / f"duckdb-{os.getpid()}"
    given = resources or Resources()
    connection = duckdb.connect(":memory:")
    # In this order: each setting must be made before what closes it.
    for statement in (
        f"SET allowed_directories = [{', '.join(_quoted(str(folder)) for folder in folders or (spill,))}]",
        f"SET temp_directory = {_quoted(str(spill / 'spilled'))}",
        f"SET max_temp_directory_size = {_quoted(given.disk)}",
        "SET autoinstall_known_extensions = false",
        "SET autoload_known_extensions = false",
        "SET allow_community_extensions = false",
        "SET allow_persistent_secrets = false",
        "SET python_enable_replacements = false",
        "SET enable_progress_bar = false",
        f"SET threads = {given.threads:d}",
        f"SET memory_limit = {_quoted(given.memory)}",
        "SET TimeZone = 'UTC'",
        "SET enable_external_access = false",
        "SET lock_configuration = true",
    ):
        connection.execute(statement)
    return connection


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Creates the empty tables of facts."""
    for table, columns in TABLES.items():
        connection.execute(f"CREATE TABLE {table} ({_declared(columns)})")


def insert(connection: duckdb.DuckDBPyConnection, facts: Iterable[Facts]) -> None:
    """Adds rows to the tables."""
    with_rows = {table: connection.appender(table) for table in TABLES}
    for one in facts:
        with_rows["tickets"].append_row(*one.ticket)
        for clock in one.clocks:
            with_rows["clocks"].append_row(*clock)
        for work in one.work:
            with_rows["work"].append_row(*work)
    for appender in with_rows.values():
        appender.flush()


def load_figures(connection: duckdb.DuckDBPyConnection, tickets: Iterable[TicketFigures]) -> None:
    """Creates the tables and fills them with what the tickets give."""
    create_tables(connection)
    places: dict[int, int] = {}

    def rows() -> Iterable[Facts]:
        for figures in tickets:
            day = day_of(figures.created_at)
            places[day] = places.get(day, -1) + 1
            yield ticket_facts(figures, places[day])

    insert(connection, rows())


@dataclass(frozen=True, slots=True)
class PartitionFiles:
    """The Parquet files of one partition by table, as far as they were fetched, and the days of which their rows do not
    count.
    """

    files: Mapping[str, Path]
    without: Sequence[int] = ()


def open_files(
    connection: duckdb.DuckDBPyConnection, partitions: Sequence[PartitionFiles], tenant: str | None = None
) -> None:
    """Creates the tables as views of Parquet files, with the rows of all tenants or of one. A table without files is
    empty.
    """
    if tenant is not None:
        connection.execute("SET VARIABLE tenant = $tenant", {"tenant": tenant})
    of_tenant = "true" if tenant is None else "tenant = getvariable('tenant')"
    for table, columns in TABLES.items():
        whole = [one.files[table] for one in partitions if table in one.files and not one.without]
        parts = [(one.files[table], one.without) for one in partitions if table in one.files and one.without]
        sources = [f"FROM {_parquet(whole)} WHERE {of_tenant}"] if whole else []
        sources += [
            f"FROM {_parquet([path])} WHERE {of_tenant} AND (tid >> 32) NOT IN ({', '.join(map(str, days))})"
            for path, days in parts
        ]
        if sources:
            connection.execute(f"CREATE VIEW {table} AS {' UNION ALL BY NAME '.join(sources)}")
        else:
            connection.execute(f"CREATE TABLE {table} ({_declared(columns)})")


def _parquet(paths: Sequence[Path]) -> str:
    return f"read_parquet([{', '.join(_quoted(str(path)) for path in paths)}], union_by_name = true)"


def _declared(columns: Mapping[str, str]) -> str:
    return ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
