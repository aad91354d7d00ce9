"""What tickets are told apart by: their attributes, who has them, what was promised, and when they came.

Hours and days are those of a named time zone. They are read off instants, so that the hour that happens twice in autumn
counts what came in either, and the one that is skipped in spring has nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from .figures import TicketFigures
from .instants import to_datetime

ATTRIBUTES = ("channel", "tier", "service_type", "priority", "category", "complexity", "brand", "language")
"""The known attributes that tickets are grouped by; `dimension_value` takes any other one, too."""
TIMES = ("weekday", "hour", "hour_of_week")
DIMENSIONS = (*ATTRIBUTES, "group", "agent", "standard", *TIMES)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Group = tuple[str | None, ...]
"""The values of several dimensions."""


def dimension_value(figures: TicketFigures, name: str, zone: str) -> str | None:
    """The ticket's value of a dimension; None where it has none.

    `group` and `agent` are who has the ticket, `standard` is that of the first response, and the times are those of the
    ticket's creation in the IANA time zone: `weekday` is `mon`, `hour` is `09`, `hour_of_week` is `mon 09`. Any other
    name is an attribute's; one that is a list gives its members, sorted: `billing, outage`.
    """
    match name:
        case "group":
            return figures.group
        case "agent":
            return figures.assignee
        case "standard":
            first = figures.first("first_response")
            return first.standard if first else None
        case "weekday" | "hour" | "hour_of_week":
            return _time(figures.created_at, name, zone)
        case _:
            value = figures.attributes.get(name)
            return value if value is None or isinstance(value, str) else ", ".join(sorted(value)) or None


def group_of(figures: TicketFigures, names: Sequence[str], zone: str) -> Group:
    """The ticket's values of several dimensions, in their order."""
    return tuple(dimension_value(figures, name, zone) for name in names)


def _time(instant: int, name: str, zone: str) -> str:
    local = to_datetime(instant).astimezone(ZoneInfo(zone))
    weekday, hour = WEEKDAYS[local.weekday()], f"{local.hour:02}"
    return {"weekday": weekday, "hour": hour, "hour_of_week": f"{weekday} {hour}"}[name]
