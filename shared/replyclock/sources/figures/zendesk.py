"""Zendesk's ticket metrics (`/api/v2/ticket_metrics`, or the sideload `metric_sets` of tickets) in whole minutes, and
its ticket metric events (`/api/v2/incremental/ticket_metric_events`), of which a reply time has the instants.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from replyclock.domain.compare import Measure, Stated
from replyclock.domain.instants import MINUTE, SECOND
from replyclock.sources.base import Record

_DURATIONS: Mapping[str, Measure] = {
    "reply_time_in_minutes": "first_response",
    "first_resolution_time_in_minutes": "first_resolution",
    "full_resolution_time_in_minutes": "full_resolution",
    "requester_wait_time_in_minutes": "requester_wait",
    "agent_wait_time_in_minutes": "agent_wait",
    "on_hold_time_in_minutes": "on_hold",
}
_COUNTS: Mapping[str, Measure] = {"replies": "replies", "reopens": "reopens"}


def stated(document: object) -> Iterator[Stated]:
    """See the package."""
    if not isinstance(document, Mapping):
        return
    page = Record.of(document)
    for name in ("ticket_metrics", "metric_sets"):
        for metrics in page.records(name):
            yield from _metrics(metrics)
    for name in ("ticket_metric", "metric_set"):
        if (single := page.optional_record(name)) is not None:
            yield from _metrics(single)
    yield from _replies(page.records("ticket_metric_events"))


def _metrics(metrics: Record) -> Iterator[Stated]:
    ticket = metrics.identifier("ticket_id")
    for name, measure in _DURATIONS.items():
        times = metrics.optional_record(name)
        if times is None:
            continue
        for hours, business in (("calendar", False), ("business", True)):
            if times.has(hours):
                minutes = times.optional_integer(hours)
                yield Stated(ticket, measure, None if minutes is None else minutes * MINUTE, MINUTE, business)
    for name, measure in _COUNTS.items():
        if (count := metrics.optional_integer(name)) is not None:
            yield Stated(ticket, measure, count)


def _replies(events: Sequence[Record]) -> Iterator[Stated]:
    """From the activation of each reply time to its fulfilment. The first of them is the first response, each further
    one a wait for the next.
    """
    begun: dict[tuple[str, int], int] = {}
    for event in sorted(events, key=lambda one: one.instant("time")):
        if event.optional_text("metric") != "reply_time":
            continue
        number = event.optional_integer("instance_id") or 0
        place = (event.identifier("ticket_id"), number)
        at = event.instant("time")
        match event.text("type"):
            case "activate":
                begun.setdefault(place, at)
            case "fulfill" if place in begun:
                measure: Measure = "first_response" if number == 1 else "next_response"
                instance = max(1, number - 1)
                yield Stated(place[0], measure, at - begun.pop(place), SECOND, False, instance, at)
