"""What happened on a ticket, and why a clock is judged as it is, in sentences."""

from __future__ import annotations

from replyclock.domain.events import (
    Actor,
    AssignmentChanged,
    AttributesChanged,
    MessageAdded,
    MessageHidden,
    RatingGiven,
    StatusChanged,
    TicketCreated,
    TicketDeleted,
    TicketMerged,
    TicketRestored,
)
from replyclock.domain.explanation import Grounds
from replyclock.domain.history import Happening
from replyclock.domain.judging import Clock
from replyclock.domain.policy import Promise, Standard
from replyclock.domain.timeline import Role

from .words import METRIC_WORDS, STATUS_WORDS, condition_words, shown, target_words, value_words

_OPENED_WITH = {
    "customer": "with a message",
    "reply": "with a message to the customer",
    "internal": "with an internal note",
    "other": "with a message",
}
"""How a ticket opened, by whose message it was."""


def happening_words(happening: Happening) -> str:
    """A happening in a sentence: `open -> pending, by agent anna`."""
    said = _told(happening)
    return f"{said}; handling starts" if happening.begins_handling else said


def because_words(clock: Clock, grounds: Grounds) -> str:
    """Why the clock's standard governs it, or why none does."""
    if grounds.document is None:
        return "no version of the policy was in force"
    version = f"version {grounds.document.version}"
    if grounds.governing is None:
        return f"{version} promises no {METRIC_WORDS[clock.metric]} to {_for_whom(grounds)}"
    standard = grounds.governing.standard
    met = [
        f"{shown(name)} is {value_words(grounds.traits[name])}"
        if condition.none_of is None and name in grounds.traits
        else condition_words(name, condition)
        for name, condition in standard.when.items()
    ]
    why = " and ".join(met) or "it holds for every ticket"
    if not grounds.others:
        return why
    chosen = "the strictest" if grounds.document.select == "strictest" else "listed first"
    also = ", ".join(_offer(promise) for promise in grounds.others)
    return f"{why}; {chosen} of {len(grounds.others) + 1} that match, the other{_s(grounds.others)}: {also}"


def when_words(standard: Standard) -> str:
    """For whom a standard is: `tier is vip and channel is phone or chat`; `every ticket`."""
    return " and ".join(condition_words(name, condition) for name, condition in standard.when.items()) or "every ticket"


def _s(things: tuple[object, ...]) -> str:
    return "s" if len(things) > 1 else ""


def _offer(promise: Promise) -> str:
    return f"{shown(promise.standard.name)} {target_words(promise.target)}"


def _for_whom(grounds: Grounds) -> str:
    told = sorted((name, value) for name, value in grounds.traits.items() if name not in ("tenant", "source"))
    known = [f"{shown(name)} {value_words(value)}" for name, value in told]
    return f"a ticket with {', '.join(known)}" if known else "a ticket without attributes"


def _told(happening: Happening) -> str:
    event = happening.event
    by = _by(event.actor)
    match event:
        case TicketCreated():
            return _creation(event, happening.role)
        case MessageAdded():
            return _spoken(event, happening.role)
        case MessageHidden():
            return f"message {shown(event.message.id)} made internal {by}: it never counted as public"
        case StatusChanged():
            before = STATUS_WORDS[happening.status_before or "new"]
            return f"{before} -> {STATUS_WORDS[event.status]}, {by}"
        case AssignmentChanged():
            return f"{_assignment(event)}, {by}"
        case AttributesChanged():
            return ", ".join(
                f"{shown(name)} removed" if value is None else f"{shown(name)} becomes {value_words(value)}"
                for name, value in event.attributes.items()
            )
        case TicketMerged():
            return f"merged into {shown(event.into)}, {by}: the ticket stands still from here on"
        case TicketDeleted():
            return f"deleted {by}: the ticket stands still from here on"
        case TicketRestored():
            return f"restored {by}: as if it had never been deleted"
        case RatingGiven():
            return f"rated {event.rating} of 5"


def _creation(event: TicketCreated, role: Role | None) -> str:
    parts = [f"created as {STATUS_WORDS[event.status]}, {_by(event.actor)}"]
    if role is not None:
        parts.append(_OPENED_WITH[role])
    if event.assignee is not None or event.group is not None:
        parts.append(_assigned(event.assignee, event.group))
    parts += [f"{shown(name)} {value_words(value)}" for name, value in event.attributes.items()]
    return ", ".join(parts)


def _spoken(event: MessageAdded, role: Role | None) -> str:
    by = _by(event.actor)
    match role:
        case "customer":
            return f"message {by}" if event.actor.kind == "customer" else f"message {by}, who is the requester"
        case "reply":
            return f"reply {by}"
        case "internal" if event.message.visibility == "public":
            return f"message {by} that was made internal later: a note"
        case "internal":
            return f"internal note {by}"
        case _:
            return f"message {by}, which is no reply"


def _assignment(event: AssignmentChanged) -> str:
    told = event.model_fields_set
    if "assignee" in told and event.assignee is None:
        return "assigned to nobody" + (f", {_assigned(None, event.group)}" if event.group else "")
    if "group" in told and event.group is None and event.assignee is None:
        return "in no group any more"
    return _assigned(event.assignee, event.group)


def _assigned(assignee: str | None, group: str | None) -> str:
    return ", ".join(
        ([f"assigned to {shown(assignee)}"] if assignee is not None else [])
        + ([f"in group {shown(group)}"] if group is not None else [])
    )


def _by(actor: Actor) -> str:
    name = f" {shown(actor.id)}" if actor.id is not None else ""
    match actor.kind:
        case "unknown":
            return f"by{name or ' nobody known'}"
        case "system":
            return f"by the system{name}"
        case "third_party":
            return f"by a third party{name}"
        case kind if name:
            return f"by {kind}{name}"
        case kind:
            return f"by {'an' if kind == 'agent' else 'a'} {kind}"
