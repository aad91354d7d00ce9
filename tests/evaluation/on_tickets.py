"""The reports, of tickets' figures: their facts are loaded into the engine, and all figures are read from there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Concatenate, ParamSpec, TypeVar

import duckdb

from replyclock import reporting_sql
from replyclock.domain.figures import TicketFigures
from replyclock.reporting_sql.dimensions import Dimensions
from replyclock.reporting_sql.engine import connect, load_figures
from replyclock.reporting_sql.summary import in_backlog as backlog_condition

P = ParamSpec("P")
T = TypeVar("T")


def loaded(tickets: Iterable[TicketFigures]) -> duckdb.DuckDBPyConnection:
    connection = connect()
    load_figures(connection, tickets)
    return connection


_known: dict[int, tuple[tuple[TicketFigures, ...], duckdb.DuckDBPyConnection]] = {}


def _kept(tickets: tuple[TicketFigures, ...]) -> duckdb.DuckDBPyConnection:
    if id(tickets) not in _known:
        _known[id(tickets)] = tickets, loaded(tickets)
    return _known[id(tickets)][1]


def of_tickets(
    report: Callable[Concatenate[duckdb.DuckDBPyConnection, P], T],
) -> Callable[Concatenate[Iterable[TicketFigures], P], T]:
    """The same report, of tickets."""

    def of(tickets: Iterable[TicketFigures], /, *args: P.args, **options: P.kwargs) -> T:
        if isinstance(tickets, tuple):  # many are asked of the sample quarter, which is loaded once
            return report(_kept(tickets), *args, **options)
        with loaded(tickets) as connection:
            return report(connection, *args, **options)

    return of


summary, causes, agents = map(of_tickets, (reporting_sql.summary, reporting_sql.causes, reporting_sql.agents))
staffing, advice = of_tickets(reporting_sql.staffing), of_tickets(reporting_sql.advice)
trends, distribution = of_tickets(reporting_sql.trends), of_tickets(reporting_sql.distribution)


def dimension_value(ticket: TicketFigures, name: str, zone: str) -> str | None:
    """The ticket's value of a dimension."""
    dimensions = Dimensions((name,), zone, ticket.created_at, ticket.created_at)
    with loaded([ticket]) as connection:
        row: tuple[Any, ...] | None = connection.execute(
            f"SELECT {dimensions.columns('tickets')[:-2]} FROM tickets", dimensions.parameters
        ).fetchone()
    assert row is not None
    return dimensions.group(row)[0]


def in_backlog(ticket: TicketFigures, instant: int, at: int) -> bool:
    """Whether the ticket was in the backlog at an instant."""
    with loaded([ticket]) as connection:
        row = connection.execute(
            f"SELECT count(*) FROM tickets WHERE {backlog_condition('$instant', instant, at)}", {"instant": instant}
        ).fetchone()
    return row == (1,)
