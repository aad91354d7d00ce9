"""What staffing is computed from besides the tickets, and what it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .errors import Fault, InvalidInput
from .instants import SECOND
from .reporting.zones import WEEKDAYS

HOURS = tuple(f"{day} {hour:02}" for day in WEEKDAYS for hour in range(24))
"""The hours of the week, as the dimension `hour_of_week` names them."""
ASSUMPTIONS = (
    "arrivals_by_chance",
    "handling_times_exponential",
    "one_ticket_at_a_time",
    "nobody_gives_up",
    "agents_of_one_channel",
    "strictest_promise_for_all_of_a_channel",
    "work_spread_over_the_time_promised",
    "each_hour_by_itself",
    "as_many_come_as_came",
)
"""What the figures rest on, as keys that documents word."""


@dataclass(frozen=True, slots=True)
class Effort:
    """What is not in the tickets and has to be given. Times are in microseconds.

    Raises InvalidInput, naming `handling`, `target` or `share`, where it makes no sense.
    """

    handling: int
    """How long an agent is busy with a ticket, on average."""
    handling_by_channel: Mapping[str, int] = field(default_factory=dict)
    """The same where a channel has its own."""
    target_by_channel: Mapping[str, int] = field(default_factory=dict)
    """The first response to plan for; otherwise the strictest that the policy promises to tickets of the channel."""
    share: float = 0.9
    """How many are to be answered within the target."""

    def __post_init__(self) -> None:
        faults = []
        if min([self.handling, *self.handling_by_channel.values()]) < SECOND:
            faults.append(Fault("handling", "must be at least 1s"))
        if min(self.target_by_channel.values(), default=SECOND) < SECOND:
            faults.append(Fault("target", "must be at least 1s"))
        if not 0 < self.share < 1:
            faults.append(Fault("share", "must lie between 0 and 1"))
        if faults:
            raise InvalidInput(faults)
