"""Who should be there when: what comes in by hour of the week and channel, and how many agents keep the promise.

By Erlang C, for each hour of the week by itself. What nobody has to answer at once is spread over the time promised: a
mail of the night with a promise in office hours is work of the morning.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .calendars import Calendar
from .columns import Pack
from .dimensions import QUARTER, WEEKDAYS, dimension, local_time
from .errors import Fault, InvalidInput
from .instants import SECOND, format_instant, seconds
from .judging import HORIZON
from .policy import Policy, PolicyDocument, Promise
from .report import Asked
from .statistics import agents_needed, answered_within, count_interval

_HOUR = 3600 * SECOND
HOURS = tuple(f"{day} {hour:02}" for day in WEEKDAYS for hour in range(24))
"""The hours of the week, as the dimension `hour_of_week` names them."""
ASSUMPTIONS = (
    "arrivals_by_chance",
    "handling_times_exponential",
    "one_ticket_at_a_time",
    "nobody_gives_up",
    "agents_of_one_channel",
    "strictest_promise_for_all_of_a_channel",
    "work_spread_over_the_time_promised",
    "each_hour_by_itself",
    "as_many_come_as_came",
)
"""What the figures rest on, as keys that documents word."""


@dataclass(frozen=True, slots=True)
class Effort:
    """What is not in the tickets and has to be given. Times are in microseconds.

    Raises InvalidInput, naming `handling`, `target` or `share`, where it makes no sense.
    """

    handling: int
    """How long an agent is busy with a ticket, on average."""
    handling_by_channel: Mapping[str, int] = field(default_factory=dict)
    """The same where a channel has its own."""
    target_by_channel: Mapping[str, int] = field(default_factory=dict)
    """The first response to plan for; otherwise the strictest that the policy promises to tickets of the channel."""
    share: float = 0.9
    """How many are to be answered within the target."""

    def __post_init__(self) -> None:
        faults = []
        if min([self.handling, *self.handling_by_channel.values()]) < SECOND:
            faults.append(Fault("handling", "must be at least 1s"))
        if min(self.target_by_channel.values(), default=SECOND) < SECOND:
            faults.append(Fault("target", "must be at least 1s"))
        if not 0 < self.share < 1:
            faults.append(Fault("share", "must lie between 0 and 1"))
        if faults:
            raise InvalidInput(faults)


@dataclass(slots=True)
class _Channel:
    arrivals: dict[str, int] = field(default_factory=dict)
    """By hour of the week."""
    work: dict[str, float] = field(default_factory=dict)
    """The same tickets, by when they have to be worked on."""
    strictest: Promise | None = None
    calendars: dict[str, Calendar] = field(default_factory=dict)
    """Those of its promises."""


def staffing(packs: Iterable[Pack], asked: Asked, policy: Policy, effort: Effort) -> dict[str, Any]:
    """What came in in the span, by channel and hour of the week in the zone asked for, and the agents that it takes, as
    a JSON object.

    `hours` is how long the hour of the week lasted in the span, all together: an hour that happened twice counts twice;
    `promised_hours` is how much of it some promise to the channel ran. Rates are for each of the hours. `agents` answer
    at least `share` within the target; `agents_interval` is what they would be at either end of what the work may be by
    chance. What is promised is read in the document in force at the evaluation. A channel without a promise gets no
    agents. A whole number of weeks tells the most; what lies after the evaluation is no part of the span.
    """
    document = policy.in_force(asked.at)
    week = _Week(asked.zone)
    span = (asked.begin, min(asked.end, asked.at))
    lasted = week.shares([span])
    channels: dict[str | None, _Channel] = {}
    for pack in packs:
        tickets, names, promises = pack.tickets(), [*dimension(pack, "channel", asked.zone)], _promises(document, pack)
        for created_at, name, promised in zip(tickets.created_at, names, promises, strict=True):
            if not asked.covers(created_at):
                continue
            channel = channels.setdefault(name, _Channel())
            arrived = week.hour(created_at)
            channel.arrivals[arrived] = channel.arrivals.get(arrived, 0) + 1
            promise, spans = _promised(document, promised, created_at)
            if promise is not None:
                channel.calendars[promise.calendar.name] = promise.calendar
                if channel.strictest is None or promise.target < channel.strictest.target:
                    channel.strictest = promise
            parts = week.shares(spans) if spans else {arrived: 1}
            whole = sum(parts.values())
            for hour, part in parts.items():
                channel.work[hour] = channel.work.get(hour, 0.0) + part / whole
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
        "channels": [_document(name, channels[name], lasted, runs, effort) for name in ordered],
    }


def _promises(document: PolicyDocument | None, pack: Pack) -> Iterator[Sequence[Promise]]:
    """What would be promised to each ticket of a pack now. Those that are told apart by nothing get the same."""
    attributes = pack.about().attributes
    known: dict[tuple[int, ...], Sequence[Promise]] = {}
    combined = zip(*(column.codes for column in attributes.values()), strict=True) if attributes else None
    for codes in combined or ((),) * pack.count:
        if codes not in known:
            given = {
                name: column.values[code]
                for (name, column), code in zip(attributes.items(), codes, strict=True)
                if column.values[code] is not None
            }
            known[codes] = document.promises("first_response", given) if document else ()
        yield known[codes]


def _promised(
    document: PolicyDocument | None, promises: Sequence[Promise], created: int
) -> tuple[Promise | None, Sequence[tuple[int, int]]]:
    """Which of the promises to a ticket counts, and the open time that it gives to answer it."""
    limit = created + HORIZON
    dues = [(promise.calendar.reach(created, promise.target, limit), i) for i, promise in enumerate(promises)]
    reached = [(due, i) for due, i in dues if due is not None]
    if not reached:
        return None, ()
    due, i = reached[0] if document and document.select == "first" else min(reached)
    return promises[i], tuple(promises[i].calendar.open_intervals(created, due))


class _Week:
    """Instants by hour of the week in a zone, each stretch between two strikes of the clock looked up once."""

    def __init__(self, zone: str) -> None:
        self._zone = zone

    def hour(self, instant: int) -> str:
        """The hour of the week in which an instant lies, such as `mon 09`."""
        return local_time(instant // QUARTER, "hour_of_week", self._zone)

    def shares(self, spans: Iterable[tuple[int, int]]) -> dict[str, int]:
        """How much of the spans lies in each hour of the week, in microseconds."""
        found: dict[str, int] = {}
        for begin, end in spans:
            at = begin
            while at < end:
                until = min(end, (at // QUARTER + 1) * QUARTER)
                found[self.hour(at)] = found.get(self.hour(at), 0) + until - at
                at = until
        return found


def _document(
    name: str | None,
    channel: _Channel,
    lasted: Mapping[str, int],
    runs: Mapping[str, Mapping[str, int]],
    effort: Effort,
) -> dict[str, Any]:
    handling = effort.handling_by_channel.get(name or "", effort.handling)
    given = effort.target_by_channel.get(name or "")
    strictest = channel.strictest
    target = given if given is not None else strictest.target if strictest else None
    rows = []
    for hour in HOURS:
        if time := lasted.get(hour, 0):
            runs_in = max((runs[calendar].get(hour, 0) for calendar in channel.calendars), default=0)
            rows.append(
                {
                    "hour_of_week": hour,
                    "hours": time / _HOUR,
                    "promised_hours": runs_in / _HOUR,
                    **_arrivals(channel.arrivals.get(hour, 0), time),
                    **_agents(channel.work.get(hour, 0.0), runs_in > 0, time, handling, target, effort.share),
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
    # Where no promise runs there is no work, and not by chance.
    loads = [end * handling / time for end in count_interval(work)] if promised else [0.0, 0.0]
    return {
        **found,
        "agents": agents,
        "agents_interval": [agents_needed(end, target, handling, share) for end in loads],
        "answered_share": answered_within(agents, load, target, handling) if agents else None,
        "busy_share": load / agents if agents else None,
    }
