"""What tickets are told apart by: their attributes, who has them, what was promised, and when they came.

Hours and days are those of a named time zone. They are read off instants, so that the hour that happens twice in autumn
counts what came in either, and the one that is skipped in spring has nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from zoneinfo import ZoneInfo

from .blocks import Places, in_one
from .columns import Pack
from .encoding import Coded
from .instants import SECOND, to_datetime

ATTRIBUTES = ("channel", "tier", "service_type", "priority", "category", "complexity", "brand", "language")
"""The known attributes that tickets are grouped by; any other one is a dimension, too."""
TIMES = ("weekday", "hour", "hour_of_week")
DIMENSIONS = (*ATTRIBUTES, "group", "agent", "standard", *TIMES)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
QUARTER = 900 * SECOND
"""Where the clocks of any zone may strike the hour."""

Group = tuple[str | None, ...]
"""The values of several dimensions."""


def dimension(pack: Pack, name: str, zone: str) -> Coded:
    """The value of a dimension of each ticket of a pack; None where it has none.

    `group` and `agent` are who has the ticket, `standard` is that of the first response, and the times are those of the
    ticket's creation in the IANA time zone: `weekday` is `mon`, `hour` is `09`, `hour_of_week` is `mon 09`. Any other
    name is an attribute's; one that is a list gives its members, sorted: `billing, outage`.
    """
    match name:
        case "group":
            return pack.about().groups
        case "agent":
            return pack.about().assignees
        case "standard":
            return _standards(pack)
        case "weekday" | "hour" | "hour_of_week":
            quarters = [instant // QUARTER for instant in pack.tickets().created_at]
            return _coded(quarters, {quarter: local_time(quarter, name, zone) for quarter in set(quarters)}.__getitem__)
        case _:
            found = pack.about().attributes.get(name)
            return Coded([None], [0] * pack.count) if found is None else Coded([*map(_text, found.values)], found.codes)


class Groups:
    """Groups of tickets, by the values of several dimensions, numbered as they are come upon."""

    def __init__(self, names: Sequence[str], zone: str) -> None:
        self._names = names
        self._zone = zone
        self._places: dict[Group, int] = {}

    @property
    def known(self) -> list[Group]:
        """Those come upon so far, by their numbers."""
        return list(self._places)

    def places(self, pack: Pack) -> Places:
        """The number of the group of each ticket of a pack. Without dimensions all are in one."""
        if not self._names:
            return in_one
        columns = [dimension(pack, name, self._zone) for name in self._names]
        combined = list(zip(*(column.codes for column in columns), strict=True))
        numbers = {
            codes: self._places.setdefault(
                tuple(column.values[code] for column, code in zip(columns, codes, strict=True)), len(self._places)
            )
            for codes in dict.fromkeys(combined)
        }
        of = [numbers[codes] for codes in combined]
        return lambda rows: map(of.__getitem__, rows)


def _standards(pack: Pack) -> Coded:
    first = pack.clocks(pack.tickets().created_at)["first_response"]
    codes = [len(first.kinds)] * pack.count
    for row, code in zip(first.rows, first.codes, strict=True):
        codes[row] = code
    return Coded([*(kind.standard for kind in first.kinds), None], codes)


def _text(value: str | tuple[str, ...] | None) -> str | None:
    return value if value is None or isinstance(value, str) else ", ".join(sorted(value)) or None


def _coded(keys: Sequence[int], value: Callable[[int], str]) -> Coded:
    places = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    return Coded([value(key) for key in places], [places[key] for key in keys])


@lru_cache(maxsize=100_000)
def local_time(quarter: int, name: str, zone: str) -> str:
    """A quarter of an hour, counted from 1970, as one of TIMES."""
    local = to_datetime(quarter * QUARTER).astimezone(ZoneInfo(zone))
    weekday, hour = WEEKDAYS[local.weekday()], f"{local.hour:02}"
    return {"weekday": weekday, "hour": hour, "hour_of_week": f"{weekday} {hour}"}[name]
