"""What happened on a ticket, read off its events: no policy, no judgement (sections 1 to 3 of the contract).

A timeline depends on the set of events alone. Order of arrival and repetition change nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Literal, NamedTuple

from .events import (
    KNOWN_ATTRIBUTES,
    RESOLVED,
    ActorKind,
    AnyEvent,
    AssignmentChanged,
    AttributeValue,
    MessageAdded,
    Status,
    StatusChanged,
    TicketCreated,
    TicketKey,
    Visibility,
    event_rank,
    event_text,
)

Role = Literal["customer", "reply", "internal", "other"]
End = Literal["merged", "deleted"]
_ENDS: Mapping[str, End] = {"ticket.merged": "merged", "ticket.deleted": "deleted"}
OTHER_ATTRIBUTES_MAX = 50
"""How many attributes a ticket has beside the known ones: the first that its events name."""
TICKET_TRAITS = ("tenant", "source", "group", "assignee")
"""What conditions of a policy find of the ticket itself, whatever attributes of these names it has."""


def traits_of(
    key: TicketKey, attributes: Mapping[str, AttributeValue], group: str | None, assignee: str | None
) -> dict[str, AttributeValue]:
    """What the conditions of a policy look at: a ticket's attributes, and its own tenant, source, group and assignee.

    What is missing has no entry: nobody's ticket has no `assignee`.
    """
    traits = {name: value for name, value in attributes.items() if name not in TICKET_TRAITS}
    traits["tenant"], traits["source"], _ = key
    if group is not None:
        traits["group"] = group
    if assignee is not None:
        traits["assignee"] = assignee
    return traits


@dataclass(frozen=True, slots=True)
class Turn:
    """Something that a clock may start or stop at."""

    at: int
    what: Literal["customer_message", "reply", "resolved", "reopened"]


class Counts(NamedTuple):
    """How often, each with the message at creation included."""

    replies: int = 0
    customer_messages: int = 0
    internal_notes: int = 0
    bot_messages: int = 0
    reopens: int = 0
    reassignments: int = 0


@dataclass(frozen=True, slots=True)
class Timeline:
    """One ticket up to an instant. All instants are in microseconds, ascending in each sequence."""

    key: TicketKey
    created_at: int | None
    """None while the ticket's creation is unknown: then nothing can be measured."""
    until: int
    """Where it ends: the instant of the evaluation, or that of the merger or deletion."""
    end: End | None
    statuses: Sequence[tuple[int, Status]]
    """Each status with the instant since when; the first is that at creation."""
    attributes: Mapping[str, AttributeValue]
    """The attributes by then."""
    traits: Sequence[tuple[int, Mapping[str, AttributeValue]]]
    """What conditions of a policy look at (see `traits_of`), after each instant at which some of it changed; the first
    is that at creation.
    """
    turns: Sequence[Turn]
    """In order, without the message that opened the ticket."""
    handling_started_at: int | None
    agent_initiated: bool
    born_resolved: bool
    """Created solved or closed."""
    assignee: str | None
    group: str | None
    rating: int | None
    counts: Counts

    @property
    def status(self) -> Status:
        """The status by then."""
        return self.statuses[-1][1]

    @property
    def resolved_at(self) -> int | None:
        """Since when the ticket is resolved; None while it is not, and for a ticket created so."""
        last = next((turn for turn in reversed(self.turns) if turn.what in ("resolved", "reopened")), None)
        return last.at if last and last.what == "resolved" and not self.born_resolved else None

    @property
    def first_resolved_at(self) -> int | None:
        """When the ticket was resolved for the first time; None for a ticket created so."""
        first = next((turn.at for turn in self.turns if turn.what == "resolved"), None)
        return None if self.born_resolved else first

    def status_spans(self) -> Iterable[tuple[int, int, Status]]:
        """(begin, end, status), touching, from creation to `until`; a status left at once has no length."""
        return self._spans_from(0)

    def status_spans_within(self, begin: int, end: int) -> Iterable[tuple[int, int, Status]]:
        """The same of [begin, end) alone, cut to it, and only what has a length."""
        first = max(0, bisect_right(self.statuses, begin, key=itemgetter(0)) - 1)
        for since, until, status in self._spans_from(first):
            if since >= end:
                return
            if max(since, begin) < min(until, end):
                yield max(since, begin), min(until, end), status

    def _spans_from(self, first: int) -> Iterable[tuple[int, int, Status]]:
        for i in range(first, len(self.statuses)):
            begin, status = self.statuses[i]
            yield begin, self.statuses[i + 1][0] if i + 1 < len(self.statuses) else self.until, status

    def traits_at(self, at: int) -> Mapping[str, AttributeValue]:
        """What conditions looked at after all events of an instant; before the first, what they look at then."""
        return self.traits[max(0, bisect_right(self.traits, at, key=itemgetter(0)) - 1)][1]

    def trait_changes(self, after: int, until: int) -> list[int]:
        """The instants in (after, until] at which some of it changed."""
        first = bisect_right(self.traits, after, key=itemgetter(0))
        return [at for at, _ in self.traits[first : bisect_right(self.traits, until, key=itemgetter(0))]]


def read_timeline(events: Iterable[AnyEvent], at: int) -> Timeline | None:
    """What happened by `at` on the one ticket that all the events are of; None when nothing has."""
    told = in_order([event for event in events if event.occurred_at <= at])
    if not told:
        return None
    opening = next((event for event in told if event.type == "ticket.created"), None)
    stated = [event.created_at for event in told if event.created_at is not None and event.created_at <= at]
    created_at = opening.occurred_at if opening else min(stated, default=None)
    others = [event for event in told if event.type != "ticket.created"]
    reader = Reader(told[0].key, created_at, opening, requester_of(told))
    return reader.read(before_standstill(others), at)


def requester_of(ordered: Iterable[AnyEvent]) -> str | None:
    """The requester's id, from a ticket's events in the contract's order: that of its creation, or without one the
    first that an event states.
    """
    stated: str | None = None
    for event in ordered:
        if isinstance(event, TicketCreated):
            return event.requester or event.actor.id
        stated = stated or event.requester
    return stated


def in_order(events: Sequence[AnyEvent]) -> list[AnyEvent]:
    """The events in the contract's order, each fact once: of one id, the first telling."""
    if len({event.id for event in events}) == len(events):
        return _sorted(list(events))
    # The contents break the last tie, so that two tellings of one id have an order of their own.
    tellings = {event_text(event): event for event in events}
    ordered = _sorted([tellings[text] for text in sorted(tellings)])
    return _sorted(list({event.id: event for event in reversed(ordered)}.values()))


def _sorted(events: list[AnyEvent]) -> list[AnyEvent]:
    unsequenced = {event.occurred_at for event in events if event.sequence is None}

    def place(event: AnyEvent) -> tuple[int, int, int, str]:
        sequence = 0 if event.occurred_at in unsequenced or event.sequence is None else event.sequence
        return event.occurred_at, sequence, event_rank(event), event.id

    return sorted(events, key=place)


def before_standstill(events: Sequence[AnyEvent]) -> list[AnyEvent]:
    """The events up to the merger or deletion at which the ticket stands still, without undone deletions."""
    restored = max((i for i, event in enumerate(events) if event.type == "ticket.restored"), default=-1)
    kept = [event for i, event in enumerate(events) if not (event.type == "ticket.deleted" and i < restored)]
    end = next((i for i, event in enumerate(kept) if event.type in _ENDS), len(kept))
    return kept[: end + 1]


@dataclass(slots=True)
class Reader:
    """Folds the events of one ticket, in order, into its timeline."""

    key: TicketKey
    created_at: int | None
    opening: TicketCreated | None
    requester: str | None
    hidden: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    statuses: list[tuple[int, Status]] = field(default_factory=list)
    attributes: dict[str, AttributeValue] = field(default_factory=dict)
    other_names: set[str] = field(default_factory=set)
    traits: list[tuple[int, dict[str, AttributeValue]]] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    handling_started_at: int | None = None
    agent_initiated: bool = False
    assignee: str | None = None
    group: str | None = None
    rating: int | None = None
    tally: dict[str, int] = field(default_factory=dict)

    def read(self, events: list[AnyEvent], at: int) -> Timeline:
        """The timeline of the events besides the opening, up to `at`."""
        self.hidden = {event.message.id for event in events if event.type == "message.hidden"}
        self._open(events[0].occurred_at if events else at)
        until, end = at, None
        for event in events:
            # What is dated before the creation counts as occurring at it, right after it.
            instant = max(event.occurred_at, self.created_at) if self.created_at is not None else event.occurred_at
            self._take(event, instant)
            if event.type in _ENDS:
                until, end = instant, _ENDS[event.type]
        return Timeline(
            self.key,
            self.created_at,
            until,
            end,
            self.statuses,
            self.attributes,
            self.traits,
            self.turns,
            self.handling_started_at,
            self.agent_initiated,
            self.statuses[0][1] in RESOLVED,
            self.assignee,
            self.group,
            self.rating,
            Counts(**self.tally),
        )

    def _open(self, earliest: int) -> None:
        begin = self.created_at if self.created_at is not None else earliest
        opening = self.opening
        self.statuses.append((begin, opening.status if opening else "new"))
        if opening is None:
            self._keep_traits(begin)
            return
        self.group = opening.group
        if opening.assignee is not None:
            self.assignee = opening.assignee
            self._handle(begin)
        self._set_attributes(opening.attributes)
        self._keep_traits(begin)
        if opening.message:
            self.seen.add(opening.message.id)
            role = self._role(opening, opening.message.id, opening.message.visibility)
            self._count_message(role, opening.actor.kind)
            self.agent_initiated = role == "reply"
            if self._by_agent(opening):
                self._handle(begin)

    def _take(self, event: AnyEvent, at: int) -> None:
        if event.type == "message.added":
            self._take_message(event, at)
        elif event.type == "status.changed":
            self._take_status(event, at)
        elif event.type == "assignment.changed":
            self._take_assignment(event, at)
            self._keep_traits(at)
        elif event.type == "attributes.changed":
            self._set_attributes(event.attributes)
            self._keep_traits(at)
        elif event.type == "rating.given":
            self.rating = event.rating
        # Hidden messages, restorations and the end are read from the whole of the events.

    def _take_message(self, event: MessageAdded, at: int) -> None:
        if event.message.id in self.seen:
            return
        self.seen.add(event.message.id)
        role = self._role(event, event.message.id, event.message.visibility)
        self._count_message(role, event.actor.kind)
        if role == "customer":
            self.turns.append(Turn(at, "customer_message"))
        elif role == "reply":
            self.turns.append(Turn(at, "reply"))
        if self._by_agent(event):
            self._handle(at)

    def _take_status(self, event: StatusChanged, at: int) -> None:
        before = self.statuses[-1][1]
        if event.status == before:
            return
        self.statuses.append((at, event.status))
        if event.status in RESOLVED and before not in RESOLVED:
            self.turns.append(Turn(at, "resolved"))
        elif before in RESOLVED and event.status not in RESOLVED:
            self.turns.append(Turn(at, "reopened"))
            self._count("reopens")
        if before == "new" and self._by_agent(event):
            self._handle(at)

    def _take_assignment(self, event: AssignmentChanged, at: int) -> None:
        if "group" in event.model_fields_set:
            self.group = event.group
        if "assignee" in event.model_fields_set:
            if self.assignee is not None and event.assignee is not None and event.assignee != self.assignee:
                self._count("reassignments")
            self.assignee = event.assignee
            if event.assignee is not None:
                self._handle(at)

    def _set_attributes(self, changed: Mapping[str, AttributeValue | None]) -> None:
        for name in sorted(changed):
            if name not in KNOWN_ATTRIBUTES and name not in self.other_names:
                if len(self.other_names) == OTHER_ATTRIBUTES_MAX:
                    continue
                self.other_names.add(name)
            value = changed[name]
            if value is None:
                self.attributes.pop(name, None)
            else:
                self.attributes[name] = value

    def _keep_traits(self, at: int) -> None:
        traits = traits_of(self.key, self.attributes, self.group, self.assignee)
        if self.traits and self.traits[-1][0] == at:
            self.traits[-1] = at, traits
        elif not self.traits or self.traits[-1][1] != traits:
            self.traits.append((at, traits))

    def _role(self, event: AnyEvent, message: str, visibility: Visibility) -> Role:
        """Who speaks (section 2 of the contract)."""
        if visibility == "internal" or message in self.hidden:
            return "internal"
        if event.actor.kind == "customer" or self._by_requester(event):
            return "customer"
        return "reply" if event.actor.kind == "agent" else "other"

    def _by_requester(self, event: AnyEvent) -> bool:
        return event.actor.id is not None and event.actor.id == self.requester

    def _by_agent(self, event: AnyEvent) -> bool:
        return event.actor.kind == "agent" and not self._by_requester(event)

    def _handle(self, at: int) -> None:
        if self.handling_started_at is None:
            self.handling_started_at = at

    def _count_message(self, role: Role, kind: ActorKind) -> None:
        names: dict[Role, str] = {"customer": "customer_messages", "reply": "replies", "internal": "internal_notes"}
        if role in names:
            self._count(names[role])
        # Every public one by a bot: those of a bot that is the requester are customer messages besides.
        if kind == "bot" and role != "internal":
            self._count("bot_messages")

    def _count(self, name: str) -> None:
        self.tally[name] = self.tally.get(name, 0) + 1
