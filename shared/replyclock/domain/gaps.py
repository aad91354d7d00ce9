"""What a tool's API or its export tells of a ticket, beside what is known of it: which events are new, and which were
missed.

An API tells the whole of a ticket, most of it for the second time: under the ids that webhooks give, or, where a tool
names a fact differently in both, under others and at nearly the same time. And it tells what a ticket is like now,
which says something new only where it was held to be different. So not all that is new was missed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TypeAlias

from .events import (
    AnyEvent,
    AssignmentChanged,
    AttributesChanged,
    MessageAdded,
    MessageHidden,
    RatingGiven,
    StatusChanged,
    TicketCreated,
)
from .timeline import in_order

_NOT_CONTENTS = {"id", "occurred_at", "sequence", "actor", "created_at", "requester", "tenant", "source", "ticket"}


@dataclass(frozen=True, slots=True)
class Span:
    """How far apart a webhook and the API may date one fact, in microseconds."""

    before: int
    """How much earlier the webhook may date it."""
    after: int
    """How much later."""

    def holds(self, told: AnyEvent, known: AnyEvent) -> bool:
        """Whether the API may date so what a webhook dates so."""
        return -self.before <= known.occurred_at - told.occurred_at <= self.after


OtherNames: TypeAlias = Callable[[AnyEvent], Span | None]
"""Tells, of a known event, whether it may have another id where the tool's API tells it, and at which times it would
stand there; None for what has the ids of the API.
"""


@dataclass(frozen=True, slots=True)
class Gap:
    """The events of one ticket that are not known, in the contract's order."""

    new: tuple[AnyEvent, ...] = ()
    missed: tuple[AnyEvent, ...] = ()
    """Those of them that say what nobody knew: not what is known under another id or anyhow the case."""


def find_gap(told: Iterable[AnyEvent], known: Sequence[AnyEvent], other_names: OtherNames | None = None) -> Gap:
    """What `told`, all of one ticket, has beyond `known`; see `unknown`."""
    new = unknown(told, known, other_names)
    return Gap(new, tuple(_newsworthy(new, known)))


def unknown(
    told: Iterable[AnyEvent], known: Sequence[AnyEvent], other_names: OtherNames | None
) -> tuple[AnyEvent, ...]:
    """The events of `told`, all of one ticket, that are not known, in the contract's order.

    Known is what is there by its id, and what says the same as a known event that may have another id in the API. Each
    of these stands for one only: as many as can be are paired, and so that their times are as near as can be. Of two
    messages nothing else can be compared than who wrote for whose eyes: they are the same if the same kind of person
    did, and not, as far as one can see, two persons.
    """
    events = in_order(list(told))
    ids = {event.id for event in known}
    new = [event for event in events if event.id not in ids]
    if other_names is not None:
        found = _under_other_names(events, new, in_order(known), other_names)
        new = [event for event in new if event.id not in found]
    return tuple(new)


# --- Known under another name ---

_Alike: TypeAlias = tuple[list[AnyEvent], list[tuple[AnyEvent, Span]]]
"""Events that say the same: told ones, and known ones with when they may stand in the API; both ascending."""


def _under_other_names(
    told: Sequence[AnyEvent], new: Sequence[AnyEvent], known: Sequence[AnyEvent], other_names: OtherNames
) -> set[str]:
    """The ids of those new ones that are known events. First come those that name the same author, then all others."""
    # What is told under its own id is no second name of anything else.
    named = {event.id for event in told}
    free: list[tuple[AnyEvent, Span]] = []
    by_api, by_webhook = {event.actor.id for event in told}, set[str | None]()
    for event in known:
        span = other_names(event)
        (by_api if span is None else by_webhook).add(event.actor.id)
        if span is not None and event.id not in named:
            free.append((event, span))
    common = (by_api & by_webhook) - {None}
    found: set[str] = set()
    taken: set[str] = set()
    for with_author in (True, False) if free else ():
        groups: dict[str, _Alike] = defaultdict(lambda: ([], []))
        for event in new:
            if event.id not in found:
                groups[_contents(event, with_author)][0].append(event)
        for event, span in free:
            if event.id not in taken:
                groups[_contents(event, with_author)][1].append((event, span))
        for alike in groups.values():
            for some, others in _runs(*alike):
                for one, other in _pairs(some, others, common):
                    found.add(one.id)
                    taken.add(other.id)
    return found


def _runs(told: Sequence[AnyEvent], known: Sequence[tuple[AnyEvent, Span]]) -> Iterator[_Alike]:
    """Both, by stretches of time between which no pair can be: a long ticket would take long as a whole."""
    reach = max((max(span.before, span.after) for _, span in known), default=0)
    run: _Alike = ([], [])
    last: int | None = None
    both = [*((event, None) for event in told), *known]
    for event, span in sorted(both, key=lambda one: one[0].occurred_at):
        if last is not None and event.occurred_at - last > reach:
            yield run
            run = ([], [])
        last = event.occurred_at
        if span is None:
            run[0].append(event)
        else:
            run[1].append((event, span))
    yield run


def _contents(event: AnyEvent, with_author: bool) -> str:
    """What an event says, as far as it says the same in a webhook and in the API."""
    if isinstance(event, MessageAdded):
        return repr((event.type, event.actor.kind, event.message.visibility, event.actor.id if with_author else None))
    contents = event.model_dump(exclude=_NOT_CONTENTS, exclude_unset=True)
    if isinstance(event, AttributesChanged):
        # A list matches by what it contains, in whatever order.
        contents["attributes"] = sorted(
            (name, sorted(value) if isinstance(value, tuple) else value) for name, value in event.attributes.items()
        )
    return repr(sorted(contents.items()))


def _pairs(
    told: Sequence[AnyEvent], known: Sequence[tuple[AnyEvent, Span]], common: Set[str | None]
) -> list[tuple[AnyEvent, AnyEvent]]:
    """As many pairs as can be, in the order of both, and of these those whose times are nearest.

    `best[i][j]` is what comes of those from `i` and from `j` on: how many pairs, negative, and how far apart in all.
    """
    best = [[(0, 0)] * (len(known) + 1) for _ in range(len(told) + 1)]
    for i in reversed(range(len(told))):
        for j in reversed(range(len(known))):
            best[i][j] = min(best[i + 1][j], best[i][j + 1])
            if _may_be(told[i], *known[j], common):
                best[i][j] = min(best[i][j], _with(best[i + 1][j + 1], told[i], known[j][0]))
    pairs: list[tuple[AnyEvent, AnyEvent]] = []
    i = j = 0
    while i < len(told) and j < len(known):
        if best[i][j] == best[i + 1][j]:
            i += 1
        elif best[i][j] == best[i][j + 1]:
            j += 1
        else:
            pairs.append((told[i], known[j][0]))
            i, j = i + 1, j + 1
    return pairs


def _with(others: tuple[int, int], told: AnyEvent, known: AnyEvent) -> tuple[int, int]:
    return others[0] - 1, others[1] + abs(known.occurred_at - told.occurred_at)


def _may_be(told: AnyEvent, known: AnyEvent, span: Span, common: Set[str | None]) -> bool:
    """Not where two persons wrote: one who is named alike in both, and another one."""
    authors = {told.actor.id, known.actor.id}
    two_wrote = isinstance(told, MessageAdded) and len(authors) == 2 and None not in authors and bool(authors & common)
    return not two_wrote and span.holds(told, known)


# --- Worth telling ---


def _newsworthy(new: Sequence[AnyEvent], known: Sequence[AnyEvent]) -> list[AnyEvent]:
    """The new events that change something where they stand among all."""
    ids = {event.id for event in new}
    standing = _Standing(_messages(known))
    return [event for event in in_order([*known, *new]) if standing.take(event, event.id in ids)]


def _messages(events: Iterable[AnyEvent]) -> set[str]:
    messages = (event.message for event in events if isinstance(event, MessageAdded | TicketCreated))
    return {message.id for message in messages if message is not None}


class _Standing:
    """What is the case of a ticket, event by event."""

    def __init__(self, messages: Collection[str]) -> None:
        self._messages = set(messages)
        self._facts: dict[str, object] = {}
        self._created = False

    def take(self, event: AnyEvent, is_new: bool) -> bool:
        """Take an event in; whether it is new and says something new."""
        match event:
            case TicketCreated():
                first, self._created = not self._created, True
                self._set({"status": event.status, "assignee": event.assignee, "group": event.group})
                self._set({f"attribute {name}": value for name, value in event.attributes.items()})
                if event.message is not None:
                    self._messages.add(event.message.id)
                return is_new and first
            case MessageAdded():
                known = event.message.id in self._messages
                self._messages.add(event.message.id)
                return is_new and not known
            case MessageHidden():
                return self._set({f"hidden {event.message.id}": True}) and is_new
            case StatusChanged():
                return self._set({"status": event.status}) and is_new
            case AssignmentChanged():
                people = {"assignee": event.assignee, "group": event.group}
                said = {name: person for name, person in people.items() if name in event.model_fields_set}
                return self._set(said) and is_new
            case AttributesChanged():
                changed = {f"attribute {name}": value for name, value in event.attributes.items()}
                return self._set(changed) and is_new
            case RatingGiven():
                return self._set({"rating": event.rating}) and is_new
        # Merged, deleted, restored.
        return self._set({"end": event.type}) and is_new

    def _set(self, facts: Mapping[str, object]) -> bool:
        """Whether one of them was not the case."""
        changed = any(self._facts.get(name) != value for name, value in facts.items())
        self._facts.update(facts)
        return changed
