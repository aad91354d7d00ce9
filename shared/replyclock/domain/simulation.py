"""How history would have been judged under other promises: the same events under two policies, compared clock by clock.

Events do not change with what was promised: people might have worked otherwise under other promises. What is compared
is the judgement alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from .events import AnyEvent, TicketKey
from .instants import EARLIEST, format_instant
from .judging import Clock, TicketResult, evaluate_ticket
from .policy import METRICS, Metric, Policy

Side = Literal["met", "breached", "open", "no_target", "cancelled", "absent"]
"""How a clock came out: `breached` also while it still runs, `open` where neither is settled, `absent` where the policy
lets there be no such clock: with `solve_answers`, waits end and begin elsewhere.
"""
SIDES: tuple[Side, ...] = ("met", "breached", "open", "no_target", "cancelled", "absent")


@dataclass(slots=True)
class Tally:
    """How many clocks came out how."""

    met: int = 0
    breached: int = 0
    open: int = 0
    no_target: int = 0
    cancelled: int = 0

    def add(self, side: Side) -> None:
        """Counts a clock."""
        setattr(self, side, getattr(self, side) + 1)

    @property
    def judged(self) -> int:
        """The clocks that are settled under a promise."""
        return self.met + self.breached

    @property
    def compliance_percent(self) -> float | None:
        """The met ones in a hundred judged ones, to two places; None where none is judged."""
        return round(100 * self.met / self.judged, 2) if self.judged else None

    def document(self) -> dict[str, Any]:
        """The tally as a JSON object."""
        return {
            "judged": self.judged,
            "met": self.met,
            "breached": self.breached,
            "open": self.open,
            "no_target": self.no_target,
            "compliance_percent": self.compliance_percent,
        }


@dataclass(frozen=True, slots=True)
class Row:
    """A standard's clocks of one metric, or all clocks of the metric (`standard` None), under both policies."""

    metric: Metric
    standard: str | None
    before: Tally = field(default_factory=Tally)
    after: Tally = field(default_factory=Tally)

    @property
    def change(self) -> float | None:
        """By how many points in a hundred compliance changes; None where one of the two has nothing judged."""
        before, after = self.before.compliance_percent, self.after.compliance_percent
        return None if before is None or after is None else round(after - before, 2)

    def document(self) -> dict[str, Any]:
        """The row as a JSON object."""
        return {
            "metric": self.metric,
            "standard": self.standard,
            "before": self.before.document(),
            "after": self.after.document(),
            "change": self.change,
        }


@dataclass(frozen=True, slots=True)
class Change:
    """A clock that comes out otherwise. `before` and `after` are None where there is no such clock."""

    key: TicketKey
    before: Clock | None
    after: Clock | None

    @property
    def sides(self) -> tuple[Side, Side]:
        """How the clock came out, and how it would have."""
        return side_of(self.before), side_of(self.after)

    def document(self) -> dict[str, Any]:
        """The change as a JSON object; the clocks are in the contract's form."""
        tenant, source, ticket = self.key
        before, after = self.sides
        return {
            "tenant": tenant,
            "source": source,
            "ticket": ticket,
            "from": before,
            "to": after,
            "before": self.before.document() if self.before else None,
            "after": self.after.document() if self.after else None,
        }


@dataclass(frozen=True, slots=True)
class Simulation:
    """Two policies compared over tickets, as of one instant (microseconds)."""

    at: int
    today: Policy
    instead: Policy
    tickets: int
    totals: tuple[Row, ...]
    """A row a metric that either policy makes promises for, of all its clocks, in the order of the metrics."""
    rows: tuple[Row, ...]
    """A row a metric and standard, as the policies list them, today's first."""
    changes: tuple[Change, ...]
    """In the order of the tickets."""

    def document(self) -> dict[str, Any]:
        """The comparison as a JSON object, whole."""
        return {
            "at": format_instant(self.at),
            "today": _versions(self.today),
            "instead": _versions(self.instead),
            "tickets": self.tickets,
            "totals": [row.document() for row in self.totals],
            "standards": [row.document() for row in self.rows],
            "changed": [change.document() for change in self.changes],
        }


def from_the_beginning(policy: Policy) -> Policy:
    """The policy as if its first version had always been in force; later versions keep their dates.

    So a proposal, whose `effective_from` lies ahead, applies to all of history.
    """
    first, *others = policy.documents
    return Policy((first.model_copy(update={"effective_from": EARLIEST}), *others))


def simulate(tickets: Iterable[Iterable[AnyEvent]], today: Policy, instead: Policy, at: int) -> Simulation:
    """Judges each ticket's events under both policies as of `at` (microseconds).

    Memory grows with the clocks that change, not with the tickets.
    """
    rows: dict[tuple[Metric, str | None], Row] = {}
    totals = {metric: Row(metric, None) for metric in METRICS}
    changes: list[Change] = []
    count = 0
    for told in tickets:
        events = list(told)
        before, after = evaluate_ticket(events, today, at), evaluate_ticket(events, instead, at)
        if before is None or after is None:
            continue  # nothing has happened yet, under whichever policy
        count += 1
        for change in _pairs(before, after):
            for clock, name in ((change.before, "before"), (change.after, "after")):
                if clock is not None:
                    row = rows.setdefault((clock.metric, clock.standard), Row(clock.metric, clock.standard))
                    for one in (row, totals[clock.metric]):
                        tally: Tally = getattr(one, name)
                        tally.add(side_of(clock))
            if change.sides[0] != change.sides[1]:
                changes.append(change)
    order = [key for policy in (today, instead) for key in _places(policy)]
    listed = sorted((row for row in rows.values() if row.standard is not None), key=lambda row: _place(row, order))
    return Simulation(
        at,
        today,
        instead,
        count,
        tuple(row for row in totals.values() if any(row.metric == one.metric for one in listed)),
        tuple(listed),
        tuple(changes),
    )


def side_of(clock: Clock | None) -> Side:
    """How a clock came out."""
    if clock is None:
        return "absent"
    if clock.state in ("paused", "running"):
        return "open"
    return clock.state  # type: ignore[return-value]  # mypy does not take the two away


def _pairs(before: TicketResult, after: TicketResult) -> Iterator[Change]:
    """Each clock under both policies. What makes a clock the same is where it starts: instances may be numbered
    otherwise where resolving answers under one of the policies only.
    """
    left, right = (_by_start(result) for result in (before, after))
    for name in left | right:
        yield Change(before.key, left.get(name), right.get(name))


def _by_start(result: TicketResult) -> dict[tuple[Metric, int, int], Clock]:
    found: dict[tuple[Metric, int, int], Clock] = {}
    for clock in result.clocks:
        number = sum(1 for metric, start, _ in found if (metric, start) == (clock.metric, clock.started_at))
        found[clock.metric, clock.started_at, number] = clock
    return found


def _places(policy: Policy) -> list[str]:
    return [standard.name for document in policy.documents for standard in document.standards]


def _place(row: Row, order: list[str]) -> tuple[int, int]:
    return METRICS.index(row.metric), order.index(row.standard) if row.standard is not None else len(order)


def _versions(policy: Policy) -> list[dict[str, Any]]:
    return [
        {
            "policy": document.policy,
            "version": document.version,
            "effective_from": None if document.effective_from == EARLIEST else format_instant(document.effective_from),
        }
        for document in policy.documents
    ]
