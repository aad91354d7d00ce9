"""Hand what falls due soon, or was left overdue, to the timer queue."""

from __future__ import annotations

from replyclock.domain.instants import SECOND

from .ports import Clock, DueTickets, Timers

HORIZON = 150 * SECOND
"""How far a sweep looks ahead. The scheduler keeps the minute but not the second: two sweeps may be almost two minutes
apart, and a function has to start.
"""


def sweep_deadlines(tickets: DueTickets, timers: Timers, clock: Clock) -> int:
    """Returns how many tickets were handed over. Raises StoreUnavailable; the next sweep finds what is left."""
    now = clock()
    return timers.send(tickets.due(now + HORIZON), now)
