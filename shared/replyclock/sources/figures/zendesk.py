"""Zendesk's ticket metrics (`/api/v2/ticket_metrics`, or the sideload `metric_sets` of tickets) in whole minutes, and
its ticket metric events (`/api/v2/incremental/ticket_metric_events`), which have instants.

Metric events begin and end, across pages, what the figures are: each reply time, the time in which the requester waits
or an agent has work, and the time to the resolution; and they tell what was promised and when that was broken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from replyclock.domain.compare import Measure, Stated
from replyclock.domain.instants import MINUTE, SECOND
from replyclock.sources.base import Record
from replyclock.sources.figures import Latest

_DURATIONS: Mapping[str, Measure] = {
    "reply_time": "first_response",
    "first_resolution_time": "first_resolution",
    "full_resolution_time": "full_resolution",
    "requester_wait_time": "requester_wait",
    "agent_wait_time": "agent_wait",
    "on_hold_time": "on_hold",
}
_COUNTS: tuple[Measure, ...] = ("replies", "reopens")
_RUNNING: Mapping[str, Measure] = {
    "requester_wait_time": "requester_wait",
    "agent_work_time": "agent_work",
    "resolution_time": "unsolved",
}
"""Metrics of which the time between each `activate` and the `pause` or `fulfill` after it counts."""
_METRICS, _EVENTS = "ticket_metrics", "ticket_metric_events"
_LISTS = (_EVENTS, _METRICS, "metric_sets")


@dataclass(frozen=True, slots=True, order=True)
class _Event:
    at: int
    number: int
    """Its id: events of one instant come in this order."""
    type: str
    instance: int
    promised: int | None = None
    """The target of an `apply_sla`, in microseconds; None where none applies any more."""


class Reader:
    """See the package."""

    def __init__(self) -> None:
        self._latest = Latest()
        self._events: dict[tuple[str, str], set[_Event]] = {}

    def take(self, document: object) -> bool:
        """See the package."""
        if not isinstance(document, Mapping):
            return False
        page = Record.of(document)
        sets = [one for name in _LISTS[1:] for one in page.records(name)]
        sets += [one for name in ("ticket_metric", "metric_set") if (one := page.optional_record(name)) is not None]
        sets += [page] if page.has("ticket_id") and page.has("reply_time_in_minutes") else []
        events = page.records(_EVENTS)
        events += [page] if page.has("metric") and page.has("instance_id") else []
        for one in sets:
            self._take_metrics(one)
        for one in events:
            self._take_event(one)
        return bool(sets or events) or any(name in document for name in _LISTS)

    def _take_metrics(self, metrics: Record) -> None:
        ticket, as_of = metrics.identifier("ticket_id"), metrics.optional_instant("updated_at") or 0
        for name, measure in _DURATIONS.items():
            exact: set[str] = set()
            for unit, words in ((SECOND, "seconds"), (MINUTE, "minutes")):
                times = metrics.optional_record(f"{name}_in_{words}")
                for hours in ("calendar", "business"):
                    if times is None or not times.has(hours) or hours in exact:
                        continue
                    value = times.optional_integer(hours)
                    if value is None and hours == "business" and times.fields.get("calendar") is not None:
                        continue  # it keeps no business hours
                    took = None if value is None else value * unit
                    one = Stated(ticket, measure, took, unit, hours == "business", origin=_METRICS)
                    self._latest.keep(one, as_of)
                    exact.add(hours)
        for measure in _COUNTS:
            if (count := metrics.optional_integer(measure)) is not None:
                self._latest.keep(Stated(ticket, measure, count, origin=_METRICS), as_of)

    def _take_event(self, event: Record) -> None:
        kind = event.text("type")
        if kind == "breach" and event.optional_flag("deleted"):
            return  # it is to be ignored: what was promised changed, and was not broken after all
        place = event.identifier("ticket_id"), event.text("metric")
        told = _Event(
            event.instant("time"),
            event.optional_integer("id") or 0,
            kind,
            event.optional_integer("instance_id") or 0,
            _promised(event) if kind == "apply_sla" else None,
        )
        self._events.setdefault(place, set()).add(told)

    def stated(self) -> Mapping[str, list[Stated]]:
        """See the package."""
        found = self._latest.stated()
        for (ticket, metric), told in self._events.items():
            events = sorted(told, key=lambda one: (one.at, one.number))
            if metric == "reply_time":
                found.setdefault(ticket, []).extend(_replies(ticket, events))
            elif metric in _RUNNING:
                found.setdefault(ticket, []).extend(_ran(ticket, _RUNNING[metric], events))
        return found


def _promised(event: Record) -> int | None:
    sla = event.optional_record("sla")
    if sla is None:
        return None
    exact = sla.optional_integer("target_in_seconds")
    if exact is not None:
        return exact * SECOND
    minutes = sla.optional_integer("target")
    return None if minutes is None else minutes * MINUTE


def _replies(ticket: str, events: list[_Event]) -> Iterator[Stated]:
    """From the activation of each reply time to its fulfilment, and when its promise was broken. The first of them is
    the first response, each further one a wait for the next.
    """
    for number in sorted({one.instance for one in events}):
        mine = [one for one in events if one.instance == number]
        begun = next((one.at for one in mine if one.type == "activate"), None)
        ended = next((one.at for one in mine if one.type == "fulfill" and begun is not None and one.at >= begun), None)
        measure: Measure = "first_response" if number <= 1 else "next_response"
        instance = max(1, number - 1)
        if begun is not None and ended is not None:
            yield Stated(ticket, measure, ended - begun, SECOND, False, instance, begun, ended, None, _EVENTS)
        promised = next((one.promised for one in reversed(mine) if one.type == "apply_sla"), None)
        broken = next((one.at for one in mine if one.type == "breach"), None)
        if promised is not None or broken is not None:
            about: Measure = "first_response_breach" if number <= 1 else "next_response_breach"
            yield Stated(ticket, about, broken, MINUTE, False, instance, begun, ended, promised, _EVENTS)


def _ran(ticket: str, measure: Measure, events: list[_Event]) -> Iterator[Stated]:
    """The time in which it ran, unless it still does or its beginning is not in the pages."""
    since: int | None = None
    took, ended = 0, False
    told = [event for event in events if event.type in ("activate", "pause", "fulfill")]
    if told and told[0].type != "activate":
        return
    for event in told:
        if event.type == "activate" and since is None:
            since = event.at
        elif event.type != "activate" and since is not None:
            took, ended, since = took + event.at - since, True, None
    if ended and since is None:
        yield Stated(ticket, measure, took, SECOND, origin=_EVENTS)
