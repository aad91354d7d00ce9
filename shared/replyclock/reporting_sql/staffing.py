"""Who should be there when: what comes in by hour of the week and channel, and how many agents meet the target.

By Erlang C, for each hour of the week by itself. What nobody has to answer at once is spread over the target's time: an
e-mail of the night with a target in office hours is work of the morning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

import duckdb

from replyclock.domain.calendars import Calendar
from replyclock.domain.instants import SECOND, format_instant, seconds
from replyclock.domain.judging import HORIZON
from replyclock.domain.policy import Policy, PolicyDocument, Promise
from replyclock.domain.report import Asked
from replyclock.domain.reporting.facts import ATTRIBUTES, attributes_of
from replyclock.domain.reporting.zones import offsets
from replyclock.domain.staffing import ASSUMPTIONS, HOURS, Effort
from replyclock.domain.statistics import agents_needed, answered_within, count_interval
from replyclock.domain.timeline import traits_of

from .dimensions import hour_text

_HOUR = 3600 * SECOND
_QUARTER = 900 * SECOND
"""The clocks of any zone strike the hour at such an instant."""
_BATCH = 10_000
_OWN = {"tenant": "tenant", "source": "source", "group": "team", "assignee": "agent"}
"""What conditions may be about besides attributes, with its column."""


class _Week:
    """Instants by hour of the week in a zone: 0 is Monday from midnight on."""

    def __init__(self, zone: str, begin: int, end: int) -> None:
        self._hours: dict[int, int] = {}
        self._offsets = offsets(zone, begin - _QUARTER, end)

    def hour(self, instant: int) -> int:
        """The hour of the week in which an instant lies."""
        quarter = instant // _QUARTER
        if quarter not in self._hours:
            at = quarter * _QUARTER
            offset = next((one.offset for one in reversed(self._offsets) if one.since <= at), self._offsets[0].offset)
            # 1970-01-01 was a Thursday.
            self._hours[quarter] = ((at + offset) // _HOUR + 72) % 168
        return self._hours[quarter]

    def shares(self, spans: Iterable[tuple[int, int]]) -> dict[int, int]:
        """How much of the spans lies in each hour of the week, in microseconds."""
        time = _Time()
        for begin, end in spans:
            time.add(begin, end)
        return time.by_hour(self)


class _Time:
    """Spans added up by quarter of an hour. Adding one costs as much whether it is a minute or a month."""

    def __init__(self) -> None:
        self._parts: dict[int, int] = {}
        self._changes: dict[int, int] = {}

    def add(self, begin: int, end: int) -> None:
        """Adds [begin, end)."""
        if begin >= end:
            return
        first, last = -(-begin // _QUARTER), end // _QUARTER
        if first > last:  # within one quarter
            self._parts[last] = self._parts.get(last, 0) + end - begin
            return
        self._changes[first] = self._changes.get(first, 0) + 1
        self._changes[last] = self._changes.get(last, 0) - 1
        self._parts[first - 1] = self._parts.get(first - 1, 0) + first * _QUARTER - begin
        self._parts[last] = self._parts.get(last, 0) + end - last * _QUARTER

    def by_hour(self, week: _Week) -> dict[int, int]:
        """What there is of each hour of the week, in microseconds."""
        found: dict[int, int] = {}
        if self._changes:
            first, last = min(self._changes), max(self._changes)
            for quarter, spans in enumerate(accumulate(self._changes.get(i, 0) for i in range(first, last)), first):
                if spans:
                    hour = week.hour(quarter * _QUARTER)
                    found[hour] = found.get(hour, 0) + spans * _QUARTER
        for quarter, time in self._parts.items():
            if time:
                hour = week.hour(quarter * _QUARTER)
                found[hour] = found.get(hour, 0) + time
        return found


@dataclass(slots=True)
class _Channel:
    arrivals: dict[int, int] = field(default_factory=dict)
    """By hour of the week."""
    at_once: dict[int, int] = field(default_factory=dict)
    """Those without a target, likewise."""
    spread: dict[int, _Time] = field(default_factory=dict)
    """The open time in which the others are to be answered, by target."""
    strictest: Promise | None = None
    calendars: dict[str, Calendar] = field(default_factory=dict)
    """Those of its targets."""

    def work(self, week: _Week) -> dict[int, float]:
        """The tickets, by when they have to be worked on."""
        found: dict[int, float] = dict(self.at_once)
        for target, time in self.spread.items():
            for hour, part in time.by_hour(week).items():
                found[hour] = found.get(hour, 0.0) + part / target
        return found


def staffing(connection: duckdb.DuckDBPyConnection, asked: Asked, policy: Policy, effort: Effort) -> dict[str, Any]:
    """What came in in the span, by channel and hour of the week in the zone asked for, and the agents that it takes, as
    a JSON object.

    `hours` is how long the hour of the week lasted in the span, all together: an hour that happened twice counts twice;
    `promised_hours` is how much of it some target of the channel ran. Rates are for each of the hours. `agents` answer
    at least `share` within the target; `agents_interval` is what they would be at either end of what the work may be by
    chance. Targets are those of the document in force at the evaluation. A channel without one gets no agents. A whole
    number of weeks tells the most; what lies after the evaluation is no part of the span.
    """
    document = policy.in_force(asked.at)
    span = (asked.begin, min(asked.end, asked.at))
    week = _Week(asked.zone, asked.begin, max(span[1], asked.end) + HORIZON)
    lasted = week.shares([span])
    channels = _read(connection, asked, document, week)
    runs = {
        calendar.name: week.shares(calendar.open_intervals(*span))
        for channel in channels.values()
        for calendar in channel.calendars.values()
    }
    ordered = sorted(channels, key=lambda name: (-sum(channels[name].arrivals.values()), name is None, name or ""))
    return {
        "from": format_instant(asked.begin),
        "to": format_instant(asked.end),
        "at": format_instant(asked.at),
        "timezone": asked.zone,
        "cohort": "creation",
        "policy_version": document.version if document else None,
        "share": effort.share,
        "model": "erlang_c",
        "assumptions": list(ASSUMPTIONS),
        "channels": [_document(name, channels[name], week, lasted, runs, effort) for name in ordered],
    }


def _read(
    connection: duckdb.DuckDBPyConnection, asked: Asked, document: PolicyDocument | None, week: _Week
) -> dict[str | None, _Channel]:
    """The tickets of the span, by channel. Those that differ in no attribute have the same targets."""
    channels: dict[str | None, _Channel] = {}
    conditions = document.conditions if document else ()
    # A ticket's own traits make many groups of few tickets: they are read only where a condition is about them.
    own = [column if name in conditions else f"NULL AS {column}" for name, column in _OWN.items()]
    names = ", ".join((*ATTRIBUTES, "attributes", *own))
    asking = connection.execute(
        f"SELECT {names}, list(created_at) FROM tickets WHERE created_at >= $begin AND created_at < $end GROUP BY ALL",
        {"begin": asked.begin, "end": asked.end},
    )
    while rows := asking.fetchmany(_BATCH):
        for *values, others, tenant, source, group, assignee, instants in rows:
            known = dict(zip(ATTRIBUTES, values, strict=True))
            channel = channels.setdefault(known["channel"], _Channel())
            traits = traits_of((tenant or "", source or "", ""), attributes_of(known, others), group, assignee)
            promises = document.promises("first_response", traits) if document else []
            for created_at in instants:
                hour = week.hour(created_at)
                channel.arrivals[hour] = channel.arrivals.get(hour, 0) + 1
                promise, spans = _promised(document, promises, created_at)
                if promise is None:
                    channel.at_once[hour] = channel.at_once.get(hour, 0) + 1
                    continue
                channel.calendars[promise.calendar.name] = promise.calendar
                if channel.strictest is None or promise.target < channel.strictest.target:
                    channel.strictest = promise
                time = channel.spread.setdefault(promise.target, _Time())
                for begin, end in spans:
                    time.add(begin, end)
    return channels


def _promised(
    document: PolicyDocument | None, promises: Sequence[Promise], created: int
) -> tuple[Promise | None, Iterable[tuple[int, int]]]:
    """Which of a ticket's targets counts, and the open time that it gives to answer."""
    limit = created + HORIZON
    dues = [(promise.calendar.reach(created, promise.target, limit), i) for i, promise in enumerate(promises)]
    reached = [(due, i) for due, i in dues if due is not None]
    if not reached:
        return None, ()
    due, i = reached[0] if document and document.select == "first" else min(reached)
    return promises[i], promises[i].calendar.open_intervals(created, due)


def _document(
    name: str | None,
    channel: _Channel,
    week: _Week,
    lasted: Mapping[int, int],
    runs: Mapping[str, Mapping[int, int]],
    effort: Effort,
) -> dict[str, Any]:
    handling = effort.handling_by_channel.get(name or "", effort.handling)
    given = effort.target_by_channel.get(name or "")
    strictest = channel.strictest
    target = given if given is not None else strictest.target if strictest else None
    work, rows = channel.work(week), []
    for hour in range(len(HOURS)):
        if time := lasted.get(hour, 0):
            runs_in = max((runs[calendar].get(hour, 0) for calendar in channel.calendars), default=0)
            rows.append(
                {
                    "hour_of_week": hour_text(hour),
                    "hours": time / _HOUR,
                    "promised_hours": runs_in / _HOUR,
                    **_arrivals(channel.arrivals.get(hour, 0), time),
                    **_agents(work.get(hour, 0.0), runs_in > 0, time, handling, target, effort.share),
                }
            )
    return {
        "channel": name,
        "arrivals": sum(channel.arrivals.values()),
        "handling_seconds": seconds(handling),
        "target_seconds": None if target is None else seconds(target),
        "target_given": given is not None,
        "standard": strictest.standard.name if strictest and given is None else None,
        "calendar": strictest.calendar.name if strictest and given is None else None,
        "hours": rows,
    }


def _arrivals(count: int, time: int) -> dict[str, Any]:
    hours = time / _HOUR
    return {
        "arrivals": count,
        "arrivals_per_hour": count / hours,
        "arrivals_interval": [end / hours for end in count_interval(count)],
    }


def _agents(work: float, promised: bool, time: int, handling: int, target: int | None, share: float) -> dict[str, Any]:
    load = work * handling / time
    found: dict[str, Any] = {"work_per_hour": work * _HOUR / time, "load_erlangs": load}
    if target is None:
        return {**found, "agents": None, "agents_interval": None, "answered_share": None, "busy_share": None}
    agents = agents_needed(load, target, handling, share)
    # Where no target runs there is no work, and not by chance.
    loads = [end * handling / time for end in count_interval(work)] if promised else [0.0, 0.0]
    return {
        **found,
        "agents": agents,
        "agents_interval": [agents_needed(end, target, handling, share) for end in loads],
        "answered_share": answered_within(agents, load, target, handling) if agents else None,
        "busy_share": load / agents if agents else None,
    }
