"""Dimensions as SQL: columns from a fixed list, attribute names bound as parameters, local times as whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from replyclock.domain.instants import SECOND
from replyclock.domain.reporting.facts import ATTRIBUTES, TIMES
from replyclock.domain.reporting.zones import WEEKDAYS, offsets

HOUR = 3600 * SECOND
COLUMNS = {name: name for name in (*ATTRIBUTES, "agent", "standard")} | {"group": "team"}
"""The dimensions that are columns. `group` and `agent` are a ticket's group and assignee, `standard` is that of its
first response. What is neither here nor in TIMES is the name of an attribute.
"""

Group = tuple[str | None, ...]


def local_expression(zone: str, instant: str, begin: int, end: int) -> str:
    """An instant's local time, in microseconds as if it were UTC, of instants in [begin, end]."""
    known = offsets(zone, begin, end)
    cases = "".join(f" WHEN {instant} >= {one.since:d} THEN {one.offset:d}" for one in reversed(known[1:]))
    offset = f"CASE{cases} ELSE {known[0].offset:d} END" if cases else f"{known[0].offset:d}"
    return f"({instant} + ({offset}))"


def hour_of_week_expression(local: str) -> str:
    """The hour of the week, 0 for Monday from midnight on, of a local time. 1970-01-01 was a Thursday."""
    hours = f"(({local} - (({local} % {HOUR}) + {HOUR}) % {HOUR}) // {HOUR})"
    return f"((({hours} + 72) % 168 + 168) % 168)"


def hour_text(hour_of_week: int) -> str:
    """An hour of the week as reports name it, such as `mon 09`."""
    return f"{WEEKDAYS[hour_of_week // 24]} {hour_of_week % 24:02}"


@dataclass(frozen=True, slots=True)
class Dimensions:
    """The dimensions of a report in a time zone, for tickets that were created in [begin, end]."""

    names: Sequence[str]
    zone: str
    begin: int
    end: int
    parameters: dict[str, Any] = field(init=False, default_factory=dict)
    """To be bound to whatever statement holds the columns."""

    def __post_init__(self) -> None:
        for place, name in enumerate(self.names):
            if name not in COLUMNS and name not in TIMES:
                self.parameters[f"attribute_{place}"] = name

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.names)

    @property
    def needs_tickets(self) -> bool:
        """Whether they can be read from `tickets` alone, since an attribute is among them that is no column."""
        return bool(self.parameters)

    def columns(self, table: str) -> str:
        """The values as columns d0, d1 … of a table's rows, each followed by a comma."""
        return "".join(f"{self._column(place, name, table)} AS d{place}, " for place, name in enumerate(self.names))

    def _column(self, place: int, name: str, table: str) -> str:
        if name in COLUMNS:
            return f"{table}.{COLUMNS[name]}"
        if name in TIMES:
            hour = hour_of_week_expression(local_expression(self.zone, f"{table}.created_at", self.begin, self.end))
            return {"weekday": f"({hour} // 24)", "hour": f"({hour} % 24)", "hour_of_week": hour}[name]
        return f"nullif(array_to_string({table}.attributes[$attribute_{place}], ', '), '')"

    def listed(self, prefix: str = "") -> str:
        """d0, d1 …, each followed by a comma."""
        return "".join(f"{prefix}d{place}, " for place in range(self.count))

    def joined(self, left: str, right: str) -> str:
        """The condition that two rows have the same values."""
        return " AND ".join(f"{left}.d{i} IS NOT DISTINCT FROM {right}.d{i}" for i in range(self.count)) or "true"

    def group(self, values: Sequence[Any]) -> Group:
        """The values of a row as reports name them."""
        return tuple(self._text(name, value) for name, value in zip(self.names, values, strict=True))

    @staticmethod
    def _text(name: str, value: Any) -> str | None:
        match name:
            case "weekday":
                return WEEKDAYS[value]
            case "hour":
                return f"{value:02}"
            case "hour_of_week":
                return hour_text(value)
        text: str | None = value
        return text


def order_of(group: Group) -> list[tuple[bool, str]]:
    """The order of groups with equal counts: by name, those without a value last."""
    return [(value is None, value or "") for value in group]
