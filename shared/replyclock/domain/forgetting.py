"""Forgetting a person: each telling with a pseudonym in the place of what names them, and nothing else changed.

Who spoke is told by ids being equal or not, so that one pseudonym for all of a ticket keeps every clock as it is. It is
random, another one in each ticket, and kept nowhere but in the place of the id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from .events import AnyEvent, AttributesChanged, AttributeValue, TicketCreated, event_text

PREFIX = "forgotten-"
"""What every pseudonym begins with."""
_PROGRAMS_AND_STAFF = ("agent", "bot", "system")
_IDS = ("requester", "assignee")


@dataclass(frozen=True, slots=True)
class Person:
    """A customer who is to be forgotten."""

    id: str
    """Their id in the ticketing tool, as the events have it."""
    also: tuple[str, ...] = ()
    """Names and addresses of theirs, whatever the letter case: in their tickets an attribute that has one is theirs."""

    def is_named(self, value: str) -> bool:
        """Whether an id, or a whole text, is theirs."""
        return value == self.id or value.casefold() in {one.casefold() for one in self.also}

    def is_in(self, value: str) -> bool:
        """Whether the text of an attribute is theirs, or holds a name or an address of theirs."""
        return value == self.id or any(one.casefold() in value.casefold() for one in self.also)

    def attributes(self, told: Mapping[str, Any], pseudonym: str) -> dict[str, Any]:
        """Attributes without them, as events have them or as JSON has them."""
        return {name: self._attribute(value, pseudonym) for name, value in told.items()}

    def alert(self, document: Mapping[str, Any], pseudonym: str) -> dict[str, Any]:
        """The document of an alert without them: its attributes, and its assignee."""
        renewed = dict(document)
        if "attributes" in document:
            renewed["attributes"] = self.attributes(document["attributes"], pseudonym)
        if document.get("assignee") is not None and self.is_named(document["assignee"]):
            renewed["assignee"] = pseudonym
        return renewed

    def _attribute(self, value: Any, pseudonym: str) -> Any:
        if isinstance(value, str):
            return pseudonym if self.is_in(value) else value
        if isinstance(value, list | tuple):
            return type(value)(self._attribute(one, pseudonym) for one in value)
        return value


def is_customer_of(events: Iterable[AnyEvent], person: Person) -> bool:
    """Whether the ticket that all the events are of has them as a customer: as its requester, as somebody who did
    something and is neither staff nor a program, or with their id as an attribute.

    An agent's id is told by the same tools in the same way; where it is only that, nobody is forgotten. Nor is anybody
    where an attribute has but a name: others have that name, too, and it may be a part of a word.
    """
    for event in events:
        actor = event.actor.id
        if actor is not None and person.is_named(actor) and event.actor.kind not in _PROGRAMS_AND_STAFF:
            return True
        requester = event.requester or (actor if isinstance(event, TicketCreated) else None)
        if requester is not None and person.is_named(requester):
            return True
        if person.id in _attribute_texts(event):
            return True
    return False


def holds_text_of(events: Iterable[AnyEvent], person: Person) -> bool:
    """Whether an attribute of a ticket holds their id, a name or an address of theirs."""
    return any(person.is_in(text) for event in events for text in _attribute_texts(event))


def without(event: AnyEvent, person: Person, pseudonym: str) -> AnyEvent:
    """The event with the pseudonym wherever it has the person."""
    changed: dict[str, Any] = {}
    if event.actor.id is not None and person.is_named(event.actor.id):
        changed["actor"] = event.actor.model_copy(update={"id": pseudonym})
    for name in _IDS:
        value = getattr(event, name, None)
        if value is not None and person.is_named(value):
            changed[name] = pseudonym
    if isinstance(event, TicketCreated | AttributesChanged):
        attributes = person.attributes(event.attributes, pseudonym)
        if attributes != event.attributes:
            changed["attributes"] = attributes
    return event.model_copy(update=changed) if changed else event


def is_part_of_id(event: AnyEvent, person: Person) -> bool:
    """Whether the person's id is a part of the event's own, or its message's. There it stays: by those ids a fact is
    recognised when it is told again. A few sources name facts so, for want of anything better.
    """
    message = getattr(event, "message", None)
    ids = (event.id, message.id) if message else (event.id,)
    return any(person.is_named(unquote(part)) for one in ids for part in one.split("|"))


def as_known(event: AnyEvent, tellings: Sequence[AnyEvent]) -> AnyEvent:
    """What is to be kept of a fact that is told again, when somebody in it was forgotten.

    `tellings` are those that are known of it. What is one of them but for its pseudonyms is that one. Another telling
    has the pseudonyms of a known one in the places where that has them: a fact that is told otherwise is still about
    the same person.
    """
    renamed = [_with_pseudonyms_of(known, event) for known in tellings]
    same = (one for one, known in zip(renamed, tellings, strict=True) if event_text(one) == event_text(known))
    return next(same, None) or next((one for one in renamed if one is not event), event)


def _with_pseudonyms_of(known: AnyEvent, event: AnyEvent) -> AnyEvent:
    changed: dict[str, Any] = {}
    if event.actor.id is not None and _is_pseudonym(known.actor.id):
        changed["actor"] = event.actor.model_copy(update={"id": known.actor.id})
    for name in _IDS:
        if getattr(event, name, None) is not None and _is_pseudonym(getattr(known, name, None)):
            changed[name] = getattr(known, name)
    if isinstance(event, TicketCreated | AttributesChanged) and isinstance(known, TicketCreated | AttributesChanged):
        theirs = {
            name: value
            for name, value in known.attributes.items()
            if name in event.attributes and value is not None and any(map(_is_pseudonym, _texts(value)))
        }
        if theirs:
            changed["attributes"] = {**event.attributes, **theirs}
    return event.model_copy(update=changed) if changed else event


def _is_pseudonym(value: str | None) -> bool:
    return value is not None and value.startswith(PREFIX)


def _attribute_texts(event: AnyEvent) -> list[str]:
    if not isinstance(event, TicketCreated | AttributesChanged):
        return []
    return [text for value in event.attributes.values() if value is not None for text in _texts(value)]


def _texts(value: AttributeValue) -> Sequence[str]:
    return (value,) if isinstance(value, str) else value
