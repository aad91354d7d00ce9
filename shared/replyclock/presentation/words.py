"""How times, durations and clocks read to a person."""

from __future__ import annotations

from collections.abc import Iterable

from replyclock.domain.calendars import Calendar
from replyclock.domain.events import AttributeValue, TicketKey
from replyclock.domain.instants import SECOND, local_time
from replyclock.domain.policy import Condition, Target

METRIC_WORDS = {
    "first_response": "first response",
    "next_response": "next response",
    "resolution": "resolution",
    "total_response": "total response",
}


def duration_words(duration: int) -> str:
    """A duration in microseconds as its two largest units: `15m`, `1h 30m`, `3d 4h`; in tenths below ten seconds."""
    if duration < 0:
        return f"-{duration_words(-duration)}"
    if duration < 10 * SECOND and duration % SECOND:
        tenths = duration // (SECOND // 10)
        return f"{tenths // 10}.{tenths % 10}s" if tenths else f"{duration // 1000}ms"
    rest = duration // SECOND
    parts: list[str] = []
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")):
        count, rest = divmod(rest, size)
        if count or (unit == "s" and not parts):
            parts.append(f"{count}{unit}")
        elif parts:
            break  # the next smaller unit is nought: what follows is too fine to matter
    return " ".join(parts[:2])


def target_words(target: int) -> str:
    """A promised time in its largest whole unit: `10s`, `15m`, `24h`."""
    for size, unit in ((3_600, "h"), (60, "m")):
        if target % (size * SECOND) == 0:
            return f"{target // (size * SECOND)}{unit}"
    return duration_words(target)


def time_words(instant: int, zone: str, form: str = "%Y-%m-%d %H:%M:%S %Z") -> str:
    """An instant (microseconds) as people of a time zone read it: `2026-06-01 09:15:00 EDT`."""
    return local_time(instant, zone).strftime(form)


STATE_WORDS = {
    "met": "met",
    "breached": "breached",
    "running": "running",
    "paused": "paused",
    "no_target": "nothing promised",
    "cancelled": "cancelled",
}
"""The state of a clock."""

CANCELLED_WORDS = {
    "created_closed": "the ticket was created solved or closed",
    "agent_initiated": "an agent opened the ticket with a message, so nobody waited for a first answer",
    "merged": "the ticket was merged into another one",
    "deleted": "the ticket was deleted",
}
"""Why a clock was cancelled."""

STATUS_WORDS = {
    "new": "new",
    "open": "open",
    "pending": "pending",
    "on_hold": "on hold",
    "solved": "solved",
    "closed": "closed",
}
_INTERVAL_WORDS = {
    "counted": "counted",
    "outside_hours": "outside hours",
    "before_standard": "before this promise applied",
    "status: pending": "pending (customer)",
    "status: on_hold": "on hold (others)",
}


def interval_words(reason: str) -> str:
    """The reason of an interval of an explanation: `holiday: Labor Day`, `on hold (others)`."""
    words = _INTERVAL_WORDS.get(reason)
    return words or shown(reason.removeprefix("status: "))


def exact_duration_words(duration: int) -> str:
    """A duration in microseconds with nothing left out, so that a column of them adds up: `64h 5m 12.5s`.

    Hours are the largest unit: a day of 24 hours and a working day are not the same.
    """
    if duration < 0:
        return f"-{exact_duration_words(-duration)}"
    whole, fraction = divmod(duration, SECOND)
    digits = f".{fraction:06}".rstrip("0") if fraction else ""
    hours, minutes, rest = whole // 3_600, whole // 60 % 60, whole % 60
    parts = [f"{hours}h"] * bool(hours) + [f"{minutes}m"] * bool(minutes) + [f"{rest}{digits}s"] * bool(rest or digits)
    return " ".join(parts) or "0s"


def exact_time_words(instant: int, zone: str) -> str:
    """An instant (microseconds) with its weekday and all its digits: `Mon 2026-06-01 09:15:00.25 EDT`."""
    local = local_time(instant, zone)
    digits = f".{local.microsecond:06}".rstrip("0") if local.microsecond else ""
    return f"{local:%a %Y-%m-%d %H:%M:%S}{digits} {local:%Z}"


def shown(text: str) -> str:
    """A text that somebody else chose, safe to print: what is not printable is replaced, terminal commands too."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def ticket_words(key: TicketKey) -> str:
    """The ticket as people know it: source and id, with the tenant where it is not the default one."""
    tenant, source, ticket = key
    return shown(f"{'' if tenant == 'default' else f'{tenant}/'}{source} {ticket}")


def value_words(value: AttributeValue) -> str:
    """The value of an attribute: `vip`, `outage and billing`."""
    return shown(value if isinstance(value, str) else " and ".join(value) or "nothing")


def condition_words(name: str, condition: Condition) -> str:
    """What a standard asks of a trait: `channel is phone or chat`, `brand is not internal`, `assignee is none`."""
    if condition.none_of == (None,):
        return f"{shown(name)} is set"
    if condition.none_of is not None:
        return f"{shown(name)} is not {_either(condition.none_of)}"
    return f"{shown(name)} is {_either(condition.any_of or ())}"


def _either(values: Iterable[str | None]) -> str:
    return " or ".join("none" if value is None else shown(value) for value in values)


def promised_words(target: Target, calendar: Calendar) -> str:
    """A target in its document's words: `15m`; `2 business days (16h)`."""
    words = target_words(target.on(calendar))
    if not target.business_days:
        return words
    return f"{target.business_days} business day{'s' if target.business_days > 1 else ''} ({words})"
