"""What judging, explaining, the figures and one refresh of a ticket cost as it grows: CPU seconds, to 10,000 events.

    python -m benchmarks.large_tickets

Two kinds of ticket: one whose attributes and status change back and forth, and one with a customer who writes, breaches
and is answered all the time. Cost is in proportion to the events where ten times as many take about ten times as long.
The refresh finds the breach of each wait of the second kind, none of them in its ledger yet; the store is in memory.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from replyclock.domain.events import AnyEvent, TicketKey, parse_event
from replyclock.domain.explanation import explained
from replyclock.domain.figures import ticket_figures
from replyclock.domain.instants import MINUTE, format_instant, parse_instant
from replyclock.domain.judging import evaluate_ticket
from replyclock.domain.policy import read_policy
from replyclock.service.ports import AnyTimer, LedgerRecord, StoredEvent, TicketRecord, TicketState
from replyclock.service.refresh import RefreshTicket

POLICY = read_policy(
    [
        """\
policy: p
version: 1
effective_from: 2026-01-01T00:00:00Z
calendars:
  office: {timezone: Europe/Berlin, hours: {mon: ["09:00-17:00"], wed: ["09:00-17:00"], fri: ["09:00-17:00"]}}
standards:
  - {name: a, when: {tier: a}, calendar: office, targets: {first_response: 1h, next_response: 1m, resolution: 8h}}
  - {name: b, when: {tier: b}, targets: {first_response: 2h, next_response: 1m, resolution: 9h}}
"""
    ]
)
BEGIN = parse_instant("2026-06-01T09:00:00Z")
STEP = 2 * MINUTE
SIZES = (1_000, 2_000, 4_000, 10_000)


def event(number: int, type_: str, kind: str, **fields: Any) -> AnyEvent:
    """The event of that number, one each `STEP`."""
    at = format_instant(BEGIN + number * STEP)
    actor = {"kind": kind, "id": kind}
    return parse_event({"id": f"e{number}", "ticket": "1", "type": type_, "occurred_at": at, "actor": actor, **fields})


def alternating(size: int) -> list[AnyEvent]:
    """Attributes and status in turn."""
    events = [event(0, "ticket.created", "customer", attributes={"tier": "a"})]
    for i in range(1, size):
        if i % 2:
            events.append(event(i, "attributes.changed", "agent", attributes={"tier": "ab"[i // 2 % 2]}))
        else:
            events.append(event(i, "status.changed", "agent", status=("open", "pending")[i // 2 % 2]))
    return events


def conversation(size: int) -> list[AnyEvent]:
    """The customer and an agent in turn, each answer a minute too late."""
    events = [event(0, "ticket.created", "customer", attributes={"tier": "b"}, assignee="agent")]
    for i in range(1, size):
        message = {"id": f"m{i}", "visibility": "public"}
        events.append(event(i, "message.added", "agent" if i % 2 else "customer", message=message))
    return events


class OneTicket:
    """A ticket's log, state and ledger in memory, and the queue that its timers go to."""

    def __init__(self, events: Sequence[AnyEvent]) -> None:
        self._events = tuple(StoredEvent(one, one.occurred_at) for one in events)
        self._state: TicketState | None = None
        self.ledger: tuple[LedgerRecord, ...] = ()
        self.writes = 0

    def read(self, _: TicketKey) -> TicketRecord:
        """See service.ports.Tickets."""
        return TicketRecord(self._events, self._state, self.writes, self.ledger)

    def write(self, _: TicketKey, state: TicketState, version: int, owed: Sequence[LedgerRecord], now: int) -> None:  # noqa: ARG002
        """See service.ports.Tickets."""
        if version != self.writes:
            raise AssertionError(f"version {version} is written over version {self.writes}")
        self._state, self.ledger, self.writes = state, self.ledger + tuple(owed), version + 1

    def send(self, timers: Iterable[AnyTimer], now: int) -> int:  # noqa: ARG002
        """See service.ports.Timers."""
        return len(list(timers))


def refresh(events: Sequence[AnyEvent], at: int) -> OneTicket:
    """The ticket after one refresh at that instant."""
    ticket = OneTicket(events)
    RefreshTicket(ticket, ticket, lambda: POLICY, lambda: at)(events[0].key)
    return ticket


def cost(work: Callable[[], object]) -> float:
    """CPU seconds."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def main() -> None:
    """Prints the table."""
    print("CPU seconds of one ticket, by its events")
    print(f"{'events':>7} {'alternating':>12} {'conversation':>13} {'explained':>10} {'figures':>8} {'refresh':>8}")
    for size in SIZES:
        changing, talking = alternating(size), conversation(size)
        at = BEGIN + (size + 1) * STEP
        result = evaluate_ticket(talking, POLICY, at)
        assert result is not None
        costs = (
            cost(lambda: evaluate_ticket(changing, POLICY, at)),  # noqa: B023 (called at once)
            cost(lambda: evaluate_ticket(talking, POLICY, at)),  # noqa: B023
            cost(lambda: explained(result, POLICY)),  # noqa: B023
            cost(lambda: ticket_figures(talking, POLICY, at)),  # noqa: B023
            cost(lambda: refresh(talking, at)),  # noqa: B023
        )
        print(f"{size:>7,} {costs[0]:>12.2f} {costs[1]:>13.2f} {costs[2]:>10.2f} {costs[3]:>8.2f} {costs[4]:>8.2f}")


if __name__ == "__main__":
    main()
