"""How times, durations and clocks read to a person."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from replyclock.domain.instants import SECOND, to_datetime

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


def time_words(instant: int, zone: str, *, with_date: bool = True) -> str:
    """An instant (microseconds) as people of a time zone read it: `2026-06-01 09:15:00 EDT`."""
    local = to_datetime(instant).astimezone(ZoneInfo(zone))
    return local.strftime("%Y-%m-%d %H:%M:%S %Z" if with_date else "%H:%M:%S %Z")
