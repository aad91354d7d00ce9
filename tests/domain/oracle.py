"""The contract's sections 1 to 6 once more: slow, simple, and written from its text alone.

Nothing of the product is used here. Time is cut into cells of one length, `step`, and whatever happens has to happen
where a cell begins: events, the instant of evaluation, the hours of calendars, the dates of policies. Within a cell
nothing changes, so everything is decided cell by cell and counted. Only due and alerts may lie inside of a cell.

An instant is the number of a cell since 1970, unless its name ends in `_us`: then it is in microseconds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]

RESOLVED = ("solved", "closed")
TYPES = (
    "ticket.created",
    "attributes.changed",
    "assignment.changed",
    "message.added",
    "message.hidden",
    "status.changed",
    "ticket.merged",
    "ticket.deleted",
    "ticket.restored",
    "rating.given",
)
METRICS = ("first_response", "next_response", "resolution", "total_response")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DEFAULT_PAUSES: dict[str, list[str]] = {
    "first_response": [],
    "next_response": ["solved", "closed"],
    "resolution": ["pending", "on_hold"],
    "total_response": ["pending", "on_hold"],
}
SECOND_US = 1_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Silent(Exception):
    """The contract does not say what is asked of it here, or the answer lies beyond what this oracle counts."""


class Later:
    """An instant beyond the horizon up to which this oracle counts."""

    def __init__(self, horizon_us: int) -> None:
        self.horizon_us = horizon_us

    def __repr__(self) -> str:
        return f"later than {write(self.horizon_us)}"


# Time, as text and as cells.


@cache
def read_us(text: str) -> int:
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(microseconds=1)


def write(instant_us: int) -> str:
    return (EPOCH + timedelta(microseconds=instant_us)).replace(tzinfo=None).isoformat() + "Z"


def number(us: int) -> int | float:
    return us // SECOND_US if us % SECOND_US == 0 else us / SECOND_US


@dataclass(frozen=True)
class Grid:
    step: int
    """The length of a cell in seconds."""
    days: int
    """How many days past the evaluation (or the clock's start, where that is later) are counted."""

    @property
    def us(self) -> int:
        return self.step * SECOND_US

    def cell(self, instant_us: int) -> int:
        assert instant_us % self.us == 0, f"{write(instant_us)} lies inside of a cell"
        return instant_us // self.us

    def read(self, text: str) -> int:
        return self.cell(read_us(text))

    def write(self, cell: int | None) -> str | None:
        return None if cell is None else write(cell * self.us)

    def seconds(self, cells: int) -> int:
        return cells * self.step


# Calendars.


def instant_of_local(day: date, minutes: int, zone: ZoneInfo) -> int:
    """In microseconds; where that time happens twice the first of the two, where it is skipped moved by the gap."""
    local = datetime(day.year, day.month, day.day) + timedelta(minutes=minutes)  # noqa: DTZ001
    near = [(local + timedelta(days=shift)).replace(tzinfo=UTC).astimezone(zone).utcoffset() for shift in (-1, 1)]
    before, after = (offset or timedelta() for offset in near)
    found = []
    for offset in (before, after):
        instant = (local - offset).replace(tzinfo=UTC)
        if instant.astimezone(zone).replace(tzinfo=None) == local:
            found.append(instant)
    if not found:
        gap = after - before
        assert gap > timedelta()
        found.append((local + gap - after).replace(tzinfo=UTC))
    return (min(found) - EPOCH) // timedelta(microseconds=1)


def minutes_of(hours: str) -> tuple[int, int]:
    """Minutes from the midnight with which the day begins; what passes midnight ends on the next day."""
    start, end = (int(time[:2]) * 60 + int(time[3:]) for time in hours.split("-"))
    return start, end if end > start else end + 24 * 60


@cache
def open_cells(calendar_text: str, grid: Grid, first: int, last: int) -> frozenset[int]:
    """All open cells between two, painted day by day."""
    calendar = json.loads(calendar_text)
    zone = ZoneInfo(calendar["timezone"])
    assert all(isinstance(holiday, str) for holiday in calendar.get("holidays", [])), "regions are not for this oracle"
    painted: set[int] = set()
    erased: set[int] = set()
    day = (EPOCH + timedelta(microseconds=first * grid.us)).date() - timedelta(days=3)
    end = (EPOCH + timedelta(microseconds=last * grid.us)).date() + timedelta(days=3)
    while day <= end:
        name = day.isoformat()
        shifts = [one["hours"] for one in calendar.get("shifts", []) if one["date"] == name]
        if shifts:
            hours = [each for some in shifts for each in some]
        elif name in calendar.get("holidays", []):
            hours = []
        else:
            hours = calendar["hours"].get(WEEKDAYS[day.weekday()], [])
        breaks = [each for one in calendar.get("breaks", []) if one["date"] == name for each in one["hours"]]
        for texts, cells in ((hours, painted), (breaks, erased)):
            for text in texts:
                from_minute, to_minute = minutes_of(text)
                opens = grid.cell(instant_of_local(day, from_minute, zone))
                closes = grid.cell(instant_of_local(day, to_minute, zone))
                cells.update(range(opens, closes))
        day += timedelta(days=1)
    return frozenset(cell for cell in painted - erased if first <= cell < last)


# Policies.


@dataclass(frozen=True)
class Standard:
    name: str
    when: Json
    calendar: str
    calendar_text: str
    """The calendar's own document: two calendars are the same where this is."""
    target_us: int
    percents: tuple[int, ...]

    @property
    def identity(self) -> tuple[str, int, str, str]:
        """What has to stay the same for `applies_since`."""
        return self.name, self.target_us, self.calendar, self.calendar_text


def document_in_force(policies: list[Json], instant_us: int) -> Json | None:
    begun = [one for one in policies if read_us(one["effective_from"]) <= instant_us]
    return max(begun, key=lambda one: (read_us(one["effective_from"]), one["version"])) if begun else None


def pauses(document: Json | None, metric: str) -> list[str]:
    return list((document or {}).get("pause_in", {}).get(metric, DEFAULT_PAUSES[metric]))


def solve_answers(document: Json | None) -> bool:
    return bool((document or {}).get("solve_answers", True))


def duration_us(text: str, calendar: Json | None) -> int:
    if text.endswith("bd"):
        lengths = [24 * 60]
        if calendar:
            lengths = [sum(end - start for start, end in map(minutes_of, each)) for each in calendar["hours"].values()]
        return int(text[:-2]) * max(lengths) * 60 * SECOND_US
    units = {"s": 1, "m": 60, "h": 3600}
    return sum(int(count) * units[unit] for count, unit in re.findall(r"(\d+)([smh])", text)) * SECOND_US


def matches(when: Json, traits: Json) -> bool:
    """Whether all conditions hold; what is missing, an empty list too, is None among the values."""
    for name, condition in when.items():
        value = traits.get(name)
        has = (value if isinstance(value, list) else [value]) or [None]
        if isinstance(condition, dict) and "not" in condition:
            banned = condition["not"] if isinstance(condition["not"], list) else [condition["not"]]
            holds = not any(one in has for one in banned)
        else:
            wanted = condition["any"] if isinstance(condition, dict) else condition
            holds = any(one in has for one in (wanted if isinstance(wanted, list) else [wanted]))
        if not holds:
            return False
    return True


def standards_for(document: Json, metric: str, traits: Json) -> list[Standard]:
    """Those that match and have a target for this clock, in their order."""
    found = []
    for one in document["standards"]:
        if metric in one.get("targets", {}) and matches(one.get("when", {}), traits):
            name = one.get("calendar", "always")
            calendar = None if name == "always" else document["calendars"][name]
            alerts = one.get("alerts", [{"at": "80%"}, {"at": "100%"}])
            found.append(
                Standard(
                    name=one["name"],
                    when=one.get("when", {}),
                    calendar=name,
                    calendar_text="" if calendar is None else json.dumps(calendar, sort_keys=True),
                    target_us=duration_us(one["targets"][metric], calendar),
                    percents=tuple(int(alert["at"].rstrip("%")) for alert in alerts),
                )
            )
    return found


# The ticket.


@dataclass
class Told:
    """An event with the instant at which it counts."""

    event: Json
    cell: int

    @property
    def type(self) -> str:
        return str(self.event["type"])

    @property
    def kind(self) -> str:
        return str(self.event.get("actor", {}).get("kind", "unknown"))

    @property
    def who(self) -> str | None:
        who: str | None = self.event.get("actor", {}).get("id")
        return who

    def __getitem__(self, name: str) -> Any:
        return self.event[name]


def in_order(events: list[Json]) -> list[Json]:
    """As section 1 orders them, one telling of each id, one `ticket.created`."""
    once: list[Json] = []
    for event in ordered(events):
        if event["id"] not in [one["id"] for one in once]:
            once.append(event)
    once = ordered(once)  # variants that do not count do not decide whether all events of an instant have a sequence
    openings = [event for event in once if event["type"] == "ticket.created"]
    return [event for event in once if event not in openings[1:]]


def ordered(events: list[Json]) -> list[Json]:
    found: list[Json] = []
    for instant in sorted({read_us(event["occurred_at"]) for event in events}):
        there = [event for event in events if read_us(event["occurred_at"]) == instant]
        sequenced = all(event.get("sequence") is not None for event in there)

        def place(event: Json, sequenced: bool = sequenced) -> tuple[int, int, str]:
            return (event["sequence"] if sequenced else 0, TYPES.index(event["type"]), event["id"])

        there.sort(key=place)
        for i, event in enumerate(there[1:]):
            if place(event) == place(there[i]):
                raise Silent("which of two tellings that share id, type and place comes first")
        found += there
    return found


@dataclass
class Message:
    id: str
    cell: int
    place: int
    kind: str
    who: str | None
    public: bool


@dataclass
class Ticket:
    """What the events say, before any policy is asked."""

    events: list[Told] = field(default_factory=list)
    events_by_at: list[Told] = field(default_factory=list)
    """All of them, also those that the ticket ignores after its end."""
    created: int | None = None
    opening: Json | None = None
    stands_still: tuple[int, str] | None = None
    """Since when, and why: merged or deleted."""

    @property
    def requester(self) -> str | None:
        if self.opening is None:
            return next((one.event["requester"] for one in self.events_by_at if one.event.get("requester")), None)
        who: str | None = self.opening.get("requester") or self.opening.get("actor", {}).get("id")
        return who

    def is_agent(self, kind: str, who: str | None) -> bool:
        """An agent who is not the requester."""
        return kind == "agent" and (who is None or who != self.requester)

    @property
    def messages(self) -> list[Message]:
        hidden = [one["message"]["id"] for one in self.events if one.type == "message.hidden"]
        found: list[Message] = []
        for place, one in enumerate(self.events):
            if one.type in ("ticket.created", "message.added") and one.event.get("message"):
                message = one["message"]
                if message["id"] not in [other.id for other in found]:
                    public = message["visibility"] == "public" and message["id"] not in hidden
                    found.append(Message(message["id"], one.cell, place, one.kind, one.who, public))
        return found

    def is_customer_message(self, message: Message) -> bool:
        from_requester = message.who is not None and message.who == self.requester
        return message.public and (from_requester or message.kind == "customer")

    def is_reply(self, message: Message) -> bool:
        return message.public and self.is_agent(message.kind, message.who)

    @property
    def born_resolved(self) -> bool:
        return self.opening is not None and self.opening.get("status", "new") in RESOLVED

    @property
    def agent_initiated(self) -> bool:
        return any(self.is_reply(one) for one in self.messages if self.events[one.place].type == "ticket.created")

    def statuses(self) -> Iterator[tuple[int, Told | None, str, str]]:
        """Each change of the status: its place, its event, from what and to what."""
        status = (self.opening or {}).get("status", "new")
        for place, one in enumerate(self.events):
            if one.type == "status.changed":
                if one["status"] != status:
                    yield place, one, status, one["status"]
                status = one["status"]

    def status_at(self, cell: int) -> str:
        status = (self.opening or {}).get("status", "new")
        for one in self.events:
            if one.type == "status.changed" and one.cell <= cell:
                status = one["status"]
        return str(status)

    def attributes_at(self, cell: int) -> Json:
        attributes: Json = dict((self.opening or {}).get("attributes", {}))
        for one in self.events:
            if one.type == "attributes.changed" and one.cell <= cell:
                attributes.update(one["attributes"])
                attributes = {name: value for name, value in attributes.items() if value is not None}
        return attributes

    def traits_at(self, cell: int, key: tuple[str, str, str]) -> Json:
        """What conditions look at: tenant, source, group and assignee are the ticket's own, not attributes so named."""
        own: Json = {"tenant": key[0], "source": key[1]}
        for name in ("group", "assignee"):
            own[name] = (self.opening or {}).get(name)
            for one in self.events:
                if one.type == "assignment.changed" and one.cell <= cell and name in one.event:
                    own[name] = one[name]
        return {**self.attributes_at(cell), **own}

    def resolutions(self) -> list[tuple[int, int]]:
        """(place, instant) of each change into solved or closed from one of the other four."""
        return [
            (place, one.cell) for place, one, a, b in self.statuses() if one and a not in RESOLVED and b in RESOLVED
        ]

    def reopenings(self) -> list[tuple[int, int]]:
        return [
            (place, one.cell) for place, one, a, b in self.statuses() if one and a in RESOLVED and b not in RESOLVED
        ]

    @property
    def handling(self) -> tuple[int, int] | None:
        """(instant, place) of the start of handling."""
        starts: list[tuple[int, int]] = []
        for place, one in enumerate(self.events):
            if one.type in ("ticket.created", "assignment.changed") and one.event.get("assignee") is not None:
                starts.append((one.cell, place))
        starts += [(one.cell, one.place) for one in self.messages if self.is_agent(one.kind, one.who)]
        for place, change, before, _ in self.statuses():
            if change and before == "new" and self.is_agent(change.kind, change.who):
                starts.append((change.cell, place))
        return min(starts) if starts else None


def read_ticket(events: list[Json], grid: Grid, at_us: int) -> Ticket | None:
    known = []
    for event in events:
        if read_us(event["occurred_at"]) <= at_us and event not in known:
            known.append(event)
    if not known:
        return None
    ordered = in_order(known)
    ticket = Ticket()
    openings = [event for event in ordered if event["type"] == "ticket.created"]
    stated = [read_us(event["created_at"]) for event in ordered if event.get("created_at")]
    stated = [one for one in stated if one <= at_us]
    if openings:
        ticket.opening = openings[0]
        ticket.created = grid.read(openings[0]["occurred_at"])
    elif stated:
        ticket.created = grid.cell(min(stated))
    rest = [Told(event, grid.read(event["occurred_at"])) for event in ordered if event not in openings]
    if ticket.created is not None:
        for one in rest:  # they come first among the rest, in the order they had
            one.cell = max(one.cell, ticket.created)
    told = [Told(openings[0], ticket.created or 0)] if openings else []
    told += rest
    ticket.events_by_at = told
    restored = max((place for place, one in enumerate(told) if one.type == "ticket.restored"), default=-1)
    for place, one in enumerate(told):
        if one.type == "ticket.deleted" and place < restored:
            continue
        ticket.events.append(one)
        if one.type in ("ticket.merged", "ticket.deleted"):
            ticket.stands_still = (one.cell, one.type.removeprefix("ticket."))
            break
    return ticket


# Clocks.


@dataclass
class Clock:
    metric: str
    instance: int
    start: int
    stop: int | None = None
    stopped_by: str | None = None
    cancelled: int | None = None
    reason: str | None = None

    def end(self, at: int) -> int:
        """T."""
        return next(one for one in (self.stop, self.cancelled, at) if one is not None)


class Evaluation:
    """One ticket under one policy at one instant."""

    def __init__(self, key: tuple[str, str, str], ticket: Ticket, policies: list[Json], at: int, grid: Grid) -> None:
        self.key = key
        self.ticket = ticket
        self.policies = policies
        self.at = at
        self.grid = grid
        self.horizon = at + grid.days * 86_400 // grid.step
        self.origin = ticket.created if ticket.created is not None else at
        # What has been worked out already, for speed alone.
        self.paused_before: dict[tuple[str, int, int], bool] = {}
        self.governed_before: dict[str, tuple[Json, Standard] | None] = {}

    # What holds in a cell.

    def document(self, start: int, cell: int) -> Json | None:
        """The document, at that instant, of a clock that started at `start`."""
        now = document_in_force(self.policies, cell * self.grid.us)
        if now is not None and now.get("when_policy_changes", "follow") == "pin":
            return document_in_force(self.policies, start * self.grid.us)
        return now

    def is_paused(self, clock: Clock, cell: int) -> bool:
        key = clock.metric, clock.start, cell
        if key not in self.paused_before:
            status = self.ticket.status_at(cell)
            if clock.metric in ("resolution", "total_response") and status in RESOLVED:
                self.paused_before[key] = True
            else:
                self.paused_before[key] = status in pauses(self.document(clock.start, cell), clock.metric)
        return self.paused_before[key]

    def is_open(self, calendar_text: str, cell: int) -> bool:
        return not calendar_text or cell in open_cells(calendar_text, self.grid, self.origin, self.horizon)

    # Which clocks there are.

    def answers(self, start: int) -> list[tuple[int, int, str]]:
        """(place, instant, by what) of all that would stop a reply clock that started at `start`."""
        replies = [
            (one.place, one.cell, "reply")
            for one in self.ticket.messages
            if self.ticket.is_reply(one) and self.ticket.events[one.place].type != "ticket.created"
        ]
        solved = []
        for place, cell in self.ticket.resolutions():
            # A reply and a resolution at the same instant count as the reply, in whichever order they come.
            if any(when == cell for _, when, _ in replies):
                solved.append((place, cell, "reply"))
            elif cell >= start and solve_answers(self.document(start, cell)):
                solved.append((place, cell, "solve"))
        return sorted(replies + solved)

    def stopped(self, clock: Clock, after: int) -> int | None:
        """Stops a reply clock with its first answer after a place in the order; that answer's place."""
        answers = [one for one in self.answers(clock.start) if one[0] > after]
        if not answers:
            return None
        place, clock.stop, clock.stopped_by = answers[0]
        if self.ticket.events[place].type == "message.added":
            return place
        # What the customer writes between a resolution and a later reply of its instant is answered by that reply.
        replies = [other for other, cell, _ in answers if cell == clock.stop and other not in self.resolved_places]
        return max([place, *replies])

    @property
    def resolved_places(self) -> set[int]:
        return {place for place, _ in self.ticket.resolutions()}

    def clocks(self) -> list[Clock]:
        ticket = self.ticket
        if ticket.created is None:
            return []
        first = Clock("first_response", 1, ticket.created)
        total = Clock("total_response", 1, ticket.created)
        waits: list[Clock] = []
        resolution = []
        handling = ticket.handling
        if handling:
            resolution = [Clock("resolution", 1, handling[0])]
        if ticket.born_resolved:
            for clock in (first, *resolution, total):
                clock.cancelled, clock.reason = clock.start, "created_closed"
            return [first, *resolution, total]

        answered: int | None
        if ticket.agent_initiated:
            first.cancelled, first.reason = first.start, "agent_initiated"
            answered = 0
        else:
            answered = self.stopped(first, -1)
        while answered is not None:
            asked = [one for one in ticket.messages if ticket.is_customer_message(one) and one.place > answered]
            if not asked:
                break
            wait = Clock("next_response", len(waits) + 1, asked[0].cell)
            waits.append(wait)
            answered = self.stopped(wait, asked[0].place)

        resolutions = ticket.resolutions()
        if ticket.status_at(self.at) in RESOLVED:
            for clock in (*resolution, total):
                clock.stop, clock.stopped_by = max(clock.start, resolutions[-1][1]), "solve"
        found = [first, *waits, *resolution, total]
        if ticket.stands_still:
            for clock in found:
                if clock.stop is None and clock.cancelled is None:
                    clock.cancelled, clock.reason = ticket.stands_still
        return found

    # How a clock is judged.

    def reaches(self, amount_us: int, since: int, calendar_text: str, clock: Clock | None, end: int) -> int | Later:
        """When the open, not paused time since then reaches an amount; unpaused past the end, and without a clock."""
        elapsed_us = 0
        for cell in range(since, self.horizon):
            if self.is_open(calendar_text, cell) and not (clock and cell < end and self.is_paused(clock, cell)):
                if elapsed_us + self.grid.us >= amount_us:
                    return cell * self.grid.us + amount_us - elapsed_us
                elapsed_us += self.grid.us
        return Later(self.horizon * self.grid.us)

    def elapsed(self, clock: Clock, since: int, until: int, calendar_text: str) -> int:
        """In cells."""
        return sum(
            self.is_open(calendar_text, cell) and not self.is_paused(clock, cell) for cell in range(since, until)
        )

    def governing(self, clock: Clock, cell: int) -> tuple[Json, Standard] | None:
        document = self.document(clock.start, cell)
        if document is None:
            return None
        pinned = document.get("when_attributes_change", "follow") == "pin"
        traits = self.ticket.traits_at(clock.start if pinned else cell, self.key)
        key = json.dumps([document["version"], traits, clock.metric, clock.start], sort_keys=True)
        if key not in self.governed_before:
            self.governed_before[key] = self.choose(document, traits, clock)
        return self.governed_before[key]

    def choose(self, document: Json, traits: Json, clock: Clock) -> tuple[Json, Standard] | None:
        candidates = standards_for(document, clock.metric, traits)
        if not candidates:
            return None
        if document.get("select", "strictest") == "first" or len(candidates) == 1:
            return document, candidates[0]
        dues = [self.reaches(one.target_us, clock.start, one.calendar_text, None, 0) for one in candidates]
        known = [due for due in dues if isinstance(due, int)]
        if not known:
            raise Silent("all dues are too far away to compare")
        return document, candidates[dues.index(min(known))]

    def judge(self, clock: Clock) -> Json:
        """The clock as section 6 shows it."""
        grid = self.grid
        end = clock.end(self.at)
        life = range(clock.start, end + 1)
        governed = {cell: self.governing(clock, cell) for cell in life}
        paused = {cell: self.is_paused(clock, cell) for cell in life}
        # For each calendar, how many cells from the clock's start to this one were open and not paused.
        counted: dict[str, list[int]] = {}
        for text in {now[1].calendar_text for now in governed.values() if now}:
            sums = [0]
            for cell in life:
                sums.append(sums[-1] + (self.is_open(text, cell) and not paused[cell]))
            counted[text] = sums

        # For each instant of its life: since when its standard applies, where it measures from, what has elapsed.
        ever_breached = False
        applies_since = clock.start
        for cell in life:
            now, before = governed[cell], governed.get(cell - 1)
            if (now and now[1].identity) != (before and before[1].identity):
                applies_since = cell
            if now:
                document, standard = now
                since = self.measures_from(document, clock, applies_since)
                # Before the cell ends the clock is in breach, if it is so where the cell ends; its life ends with T.
                until = cell if cell == end else cell + 1
                sums = counted[standard.calendar_text]
                elapsed = sums[until - clock.start] - sums[since - clock.start]
                if elapsed * grid.us > standard.target_us:
                    ever_breached = True

        shown: Json = {
            "metric": clock.metric,
            "instance": clock.instance,
            "started_at": grid.write(clock.start),
            "stopped_at": grid.write(clock.stop),
            "stopped_by": clock.stopped_by,
            "seconds": None,
            "active_seconds": None,
            "business_seconds": None,
            "standard": None,
            "policy_version": None,
            "calendar": None,
            "target_seconds": None,
            "elapsed_seconds": None,
            "due_at": None,
            "applies_since": None,
            "state": "cancelled",
            "breached_at": None,
            "ever_breached": ever_breached,
            "reason": clock.reason,
            "alerts": [],
        }
        last = governed[end]
        if clock.stop is not None:
            calendar_text = last[1].calendar_text if last else ""
            shown["seconds"] = grid.seconds(clock.stop - clock.start)
            shown["active_seconds"] = grid.seconds(self.elapsed(clock, clock.start, clock.stop, ""))
            shown["business_seconds"] = grid.seconds(self.elapsed(clock, clock.start, clock.stop, calendar_text))
        if clock.cancelled is not None:
            return shown
        if last is None:
            shown["state"] = "no_target"
            shown["elapsed_seconds"] = grid.seconds(self.elapsed(clock, clock.start, end, ""))
            return shown

        document, standard = last
        since = self.measures_from(document, clock, applies_since)
        elapsed = self.elapsed(clock, since, end, standard.calendar_text)
        due_us = self.reaches(standard.target_us, since, standard.calendar_text, clock, end)
        breached = elapsed * grid.us > standard.target_us
        stands_still = clock.stop is None and paused[end]
        shown["standard"] = standard.name
        shown["policy_version"] = document["version"]
        shown["calendar"] = standard.calendar
        shown["target_seconds"] = number(standard.target_us)
        shown["elapsed_seconds"] = grid.seconds(elapsed)
        shown["applies_since"] = grid.write(applies_since)
        if clock.stop is not None:
            shown["state"] = "breached" if breached else "met"
        else:
            shown["state"] = "breached" if breached else "paused" if stands_still else "running"
        if shown["state"] != "paused":
            shown["due_at"] = write(due_us) if isinstance(due_us, int) else due_us
        if breached:
            assert isinstance(due_us, int)
            shown["breached_at"] = write(max(due_us, applies_since * grid.us))
        for percent in standard.percents:
            assert standard.target_us * percent % 100 == 0
            amount_us = standard.target_us * percent // 100
            reached: int | Later | None = self.reaches(amount_us, since, standard.calendar_text, clock, end)
            if (stands_still or clock.stop is not None) and amount_us > elapsed * grid.us:
                reached = None
            when = write(reached) if isinstance(reached, int) else reached
            shown["alerts"].append({"at_percent": percent, "at": when})
        return shown

    @staticmethod
    def measures_from(document: Json, clock: Clock, applies_since: int) -> int:
        return applies_since if document.get("when_attributes_change", "follow") == "from_change" else clock.start

    # The ticket itself.

    def result(self) -> Json:
        ticket, grid = self.ticket, self.grid
        clocks = [self.judge(clock) for clock in self.clocks()]
        until = ticket.stands_still[0] if ticket.stands_still else self.at
        messages = ticket.messages
        assignee = (ticket.opening or {}).get("assignee")
        group = (ticket.opening or {}).get("group")
        rating = None
        reassignments = 0
        for one in ticket.events:
            if one.type == "assignment.changed":
                if "assignee" in one.event:
                    to = one["assignee"]
                    reassignments += assignee is not None and to is not None and to != assignee
                    assignee = to
                group = one.event.get("group", group)
            elif one.type == "rating.given":
                rating = one["rating"]

        time_in_status: Json = {}
        if ticket.created is not None:
            been_in = [(ticket.opening or {}).get("status", "new")] + [to for _, _, _, to in ticket.statuses()]
            time_in_status = {status: 0 for status in been_in if status not in RESOLVED}
            for cell in range(ticket.created, until):
                status = ticket.status_at(cell)
                if status not in RESOLVED:
                    time_in_status[status] += grid.step

        def spent(*statuses: str) -> int:
            return sum(time_in_status.get(status, 0) for status in statuses)

        resolutions = [] if ticket.born_resolved or ticket.created is None else ticket.resolutions()
        is_resolved = bool(resolutions) and ticket.status_at(self.at) in RESOLVED
        state = ticket.stands_still[1] if ticket.stands_still else ticket.status_at(self.at)
        handling = ticket.handling if ticket.created is not None else None
        seconds = {one["metric"]: one["seconds"] for one in clocks if one["metric"] in ("first_response", "resolution")}
        first, resolution = seconds.get("first_response"), seconds.get("resolution")
        return {
            "state": "awaiting_creation" if ticket.created is None else state,
            "created_at": grid.write(ticket.created),
            "handling_started_at": grid.write(handling[0]) if handling else None,
            "first_resolved_at": grid.write(resolutions[0][1]) if resolutions else None,
            "resolved_at": grid.write(resolutions[-1][1]) if is_resolved else None,
            "attributes": ticket.attributes_at(self.at),
            "assignee": assignee,
            "group": group,
            "rating": rating,
            "counts": {
                "replies": sum(ticket.is_reply(one) for one in messages),
                "customer_messages": sum(ticket.is_customer_message(one) for one in messages),
                "internal_notes": sum(not one.public for one in messages),
                "bot_messages": sum(one.public and one.kind == "bot" for one in messages),
                "reopens": len(ticket.reopenings()),
                "reassignments": reassignments,
            },
            "time_in_status": time_in_status,
            "waits": {
                "requester_wait": spent("new", "open", "on_hold"),
                "agent_work": spent("new", "open"),
                "agent_wait": spent("pending"),
                "on_hold": spent("on_hold"),
            },
            "total_by_formula_seconds": None if first is None or resolution is None else first + resolution,
            "clocks": clocks,
        }


def evaluate(events: Iterable[Json], policies: list[Json], at: str, grid: Grid) -> list[Json]:
    """What `replyclock.evaluate` is to answer. Raises Silent where the contract does not say."""
    at_us = read_us(at)
    tickets: dict[tuple[str, str, str], list[Json]] = {}
    for event in events:
        key = event.get("tenant", "default"), event.get("source", "generic"), event["ticket"]
        tickets.setdefault(key, []).append(event)
    results = []
    for key in sorted(tickets):
        ticket = read_ticket(tickets[key], grid, at_us)
        if ticket is not None:
            result = Evaluation(key, ticket, policies, grid.cell(at_us), grid).result()
            results.append({"tenant": key[0], "source": key[1], "ticket": key[2], **result})
    return results
