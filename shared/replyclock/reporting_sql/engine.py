"""The engine: DuckDB, locked down, in memory. Every connection is made here."""

from __future__ import annotations

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


def connect(folder: Path | None = None, resources: Resources | None = None) -> duckdb.DuckDBPyConnection:
    """An empty database in memory that can read and write below `folder`, by default the temporary folder's, and
    nothing else: no other file, no network, no extension, and no setting can be changed.
    """
    allowed = Path(tempfile.gettempdir()) if folder is None else folder
    given = resources or Resources()
    connection = duckdb.connect(":memory:")
    # In this order: each setting must be made before what closes it.
    for statement in (
        f"SET allowed_directories = [{_quoted(str(allowed))}]",
        f"SET temp_directory = {_quoted(str(allowed / 'duckdb'))}",
        f"SET max_temp_directory_size = {_quoted(given.disk)}",
        "SET autoinstall_known_extensions = false",
        "SET autoload_known_extensions = false",
        "SET allow_community_extensions = false",
        "SET allow_persistent_secrets = false",
        "SET python_enable_replacements = false",
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


def open_files(connection: duckdb.DuckDBPyConnection, files: Mapping[str, Sequence[Path]]) -> None:
    """Creates the tables as views of Parquet files; a table without files is empty."""
    for table, columns in TABLES.items():
        paths = files.get(table, ())
        if paths:
            listed = ", ".join(_quoted(str(path)) for path in paths)
            connection.execute(f"CREATE VIEW {table} AS FROM read_parquet([{listed}], union_by_name = true)")
        else:
            connection.execute(f"CREATE TABLE {table} ({_declared(columns)})")


def _declared(columns: Mapping[str, str]) -> str:
    return ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
