"""The reports, told tickets: they are packed as they are for rollups, and all figures are read from the packs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Concatenate, ParamSpec, TypeVar

from replyclock.domain import advice as advice_
from replyclock.domain import agents as agents_
from replyclock.domain import causes as causes_
from replyclock.domain import distribution as distribution_
from replyclock.domain import report
from replyclock.domain import staffing as staffing_
from replyclock.domain import trends as trends_
from replyclock.domain.columns import Pack, pack
from replyclock.domain.dimensions import dimension
from replyclock.domain.figures import TicketFigures

P = ParamSpec("P")
T = TypeVar("T")


def told(report: Callable[Concatenate[Iterable[Pack], P], T]) -> Callable[Concatenate[Iterable[TicketFigures], P], T]:
    """The same report, of tickets."""

    def of(tickets: Iterable[TicketFigures], /, *args: P.args, **options: P.kwargs) -> T:
        return report(list(pack(tickets)), *args, **options)

    return of


summary, causes, agents = told(report.summary), told(causes_.causes), told(agents_.agents)
staffing, advice = told(staffing_.staffing), told(advice_.advice)
trends, distribution = told(trends_.trends), told(distribution_.distribution)


def dimension_value(ticket: TicketFigures, name: str, zone: str) -> str | None:
    """The ticket's value of a dimension, as `dimensions` reads it."""
    value: str | None
    (value,) = dimension(next(pack([ticket])), name, zone)
    return value


def in_backlog(ticket: TicketFigures, instant: int, at: int) -> bool:
    """Whether the ticket was in the backlog at an instant."""
    return next(pack([ticket])).tickets().in_backlog(instant, at) == [0]
