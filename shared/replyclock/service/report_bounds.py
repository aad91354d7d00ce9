"""What a report of the API may be asked for and hold, whatever attributes and names tickets have.

The bounds are of the question and of the answer, so that they hold for every report, however it is computed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from replyclock.domain.errors import Fault, InvalidInput

DIMENSIONS_MAX = 4
"""Dimensions of one grouping: values of more make groups of a ticket or two each."""
LISTED_MAX = {"groups": 1_000, "agents": 1_000, "channels": 30}
"""How much of each list is in one answer, which may have 6 MB: a group is about 3 kB, a channel of staffing with its
168 hours about 70 kB.
"""


def read_dimensions(options: Mapping[str, str]) -> tuple[str, ...]:
    """The dimensions that `by` names, separated by commas; none where it is missing. Raises InvalidInput."""
    names = tuple(options["by"].split(",", DIMENSIONS_MAX)) if options.get("by") else ()
    if len(names) > DIMENSIONS_MAX:
        raise InvalidInput([Fault("by", f"must name at most {DIMENSIONS_MAX} dimensions")])
    return names


def bounded(answer: Mapping[str, Any]) -> dict[str, Any]:
    """A report's answer with the largest of its groups, agents and channels, in the order that they had.

    Where some are left out, `groups_left_out`, `agents_left_out` or `channels_left_out` beside the list says how many.
    What is said of all tickets counts all of them.
    """
    found = dict(answer)
    if isinstance(found.get("time"), Mapping):
        found["time"] = bounded(found["time"])
    for name, most in LISTED_MAX.items():
        if len(listed := found.get(name, ())) > most:
            found[name] = _largest(listed, _SIZES[name], most)
            found[f"{name}_left_out"] = len(listed) - most
    return found


def _largest(listed: Sequence[Mapping[str, Any]], size: Callable[[Mapping[str, Any]], float], most: int) -> list[Any]:
    by_size = sorted(range(len(listed)), key=lambda i: -size(listed[i]))
    return [listed[i] for i in sorted(by_size[:most])]


def _tickets(group: Mapping[str, Any]) -> float:
    """How many tickets, or of a distribution how many clocks, are in a group."""
    tickets = group.get("tickets", group.get("n", 0))
    found: float = max(tickets.values()) if isinstance(tickets, Mapping) else tickets + group.get("censored", 0)
    return found


_SIZES: Mapping[str, Callable[[Mapping[str, Any]], float]] = {
    "groups": _tickets,
    "agents": lambda agent: agent["tickets"],
    "channels": lambda channel: channel["arrivals"],
}
