"""Times that are written as a number since 1970. In which unit is the source's to say, field by field."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal

from replyclock.domain.instants import EARLIEST, LATEST, SECOND

from .reading import Record

MILLISECOND = SECOND // 1000


def epoch_instant(record: Record, name: str, unit: int = SECOND) -> int:
    """A number of `unit`s (in microseconds) since 1970, whole or not, as microseconds; further digits are cut, and
    what lies outside of the years 1 to 9999 is the first or the last instant that can be written.

    True and false are no numbers, and a text is none either.
    """
    value = record.fields.get(name)
    if value is None:
        raise record.fault(name, "is missing")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise record.fault(name, "must be a number")
    # A float's shortest decimal form is what the sender wrote: 1518309749.673 has exactly 673 ms, its binary has not.
    instant = (Decimal(repr(value)) if isinstance(value, float) else Decimal(value)) * unit
    return int(min(max(instant, Decimal(EARLIEST)), Decimal(LATEST)).to_integral_value(ROUND_FLOOR))


def optional_epoch_instant(record: Record, name: str, unit: int = SECOND) -> int | None:
    """None where there is no such field, or null in it."""
    return None if record.fields.get(name) is None else epoch_instant(record, name, unit)
