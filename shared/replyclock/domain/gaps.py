"""What a tool's API tells of a ticket, beside what is known of it: which events are new, and which were missed.

An API tells the whole of a ticket, most of it for the second time: under the ids that webhooks give, or, where a tool
names a fact differently in both, under others and at nearly the same time. And it tells what a ticket is like now,
which says something new only where it was held to be different. So not all that is new was missed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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

_NOT_CONTENTS = {"id", "occurred_at", "sequence", "actor", "created_at", "tenant", "source", "ticket"}


@dataclass(frozen=True, slots=True)
class Gap:
    """The events of one ticket that are not known, in the contract's order."""

    new: tuple[AnyEvent, ...] = ()
    missed: tuple[AnyEvent, ...] = ()
    """Those of them that say what nobody knew: not what is known under another id or anyhow the case."""


def find_gap(
    told: Iterable[AnyEvent], known: Sequence[AnyEvent], *, within: int = 0, names_messages: bool = True
) -> Gap:
    """What `told`, all of one ticket, has beyond `known`.

    An event that says the same as a known one of another id, at most `within` microseconds from it, is that one, and is
    left out; each known one stands for one only. Where messages have other ids in an API (not `names_messages`), two
    are the same if the same kind of person wrote them for the same eyes.
    """
    ids = {event.id for event in known}
    unknown = [event for event in in_order(list(told)) if event.id not in ids]
    # What is told under its own id is no second name of anything else.
    named = {event.id for event in told}
    free = [event for event in in_order(known) if event.id not in named] if within else []
    new: list[AnyEvent] = []
    for event in unknown:
        same = next((one for one in free if _same(one, event, within, names_messages)), None)
        if same is None:
            new.append(event)
        else:
            free.remove(same)
    return Gap(tuple(new), tuple(_newsworthy(new, known)))


def _same(one: AnyEvent, other: AnyEvent, within: int, names_messages: bool) -> bool:
    return abs(one.occurred_at - other.occurred_at) <= within and _contents(one, names_messages) == _contents(
        other, names_messages
    )


def _contents(event: AnyEvent, names_messages: bool) -> dict[str, Any]:
    contents = event.model_dump(exclude=_NOT_CONTENTS, exclude_unset=True)
    if isinstance(event, MessageAdded) and not names_messages:
        contents["message"] = (event.actor.kind, event.message.visibility)
    return contents


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
