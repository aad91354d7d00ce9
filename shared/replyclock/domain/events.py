"""Ticket events: what a ticketing tool tells, in one shape for all of them (section 1 of the contract).

An event is immutable. `parse_event` accepts one JSON object, keeps the fields of its type and drops every other one, so
that message texts, subjects and addresses never enter the product.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from .errors import MOST_FAULTS, Fault, InvalidInput
from .instants import format_instant, from_datetime, parse_instant

Status = Literal["new", "open", "pending", "on_hold", "solved", "closed"]
STATUSES: tuple[Status, ...] = ("new", "open", "pending", "on_hold", "solved", "closed")
RESOLVED: frozenset[Status] = frozenset({"solved", "closed"})
"""The statuses in which a ticket is resolved."""

ActorKind = Literal["customer", "agent", "bot", "system", "third_party", "unknown"]
ACTOR_KINDS: tuple[ActorKind, ...] = ("customer", "agent", "bot", "system", "third_party", "unknown")
Visibility = Literal["public", "internal"]
AttributeValue: TypeAlias = str | tuple[str, ...]
KNOWN_ATTRIBUTES = (
    "service_type",
    "tier",
    "channel",
    "priority",
    "category",
    "complexity",
    "brand",
    "language",
    "tags",
)
"""The attributes that have a meaning of their own. Others are allowed."""

_NAME = r"^[a-z0-9-]{1,63}$"


def _read_instant(value: object) -> int:
    if isinstance(value, str):
        try:
            return parse_instant(value)
        except ValueError as wrong:
            raise PydanticCustomError("instant", "{why}", {"why": str(wrong)}) from None
    if isinstance(value, datetime):
        try:
            return from_datetime(value)
        except ValueError as wrong:
            raise PydanticCustomError("instant", "{why}", {"why": str(wrong)}) from None
    raise PydanticCustomError("instant", "must be a text such as 2026-06-01T13:00:00Z")


def _read_attribute(value: object) -> AttributeValue | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        return tuple(value)
    raise PydanticCustomError("attribute", "must be a text, a list of texts, or null")


def _read_given_attribute(value: object) -> AttributeValue:
    read = _read_attribute(value)
    if read is None:
        raise PydanticCustomError("attribute", "must be a text or a list of texts")
    return read


Instant = Annotated[int, BeforeValidator(_read_instant), PlainSerializer(format_instant)]
"""Microseconds since 1970-01-01T00:00:00Z; RFC 3339 with offset at the edge."""
Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]
AttributeName = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Attribute = Annotated[AttributeValue | None, BeforeValidator(_read_attribute)]
GivenAttribute = Annotated[AttributeValue, BeforeValidator(_read_given_attribute)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Actor(_Frozen):
    """Who did it. `id` is the person's id in the source, as a string."""

    kind: ActorKind = "unknown"
    id: Text | None = None


class Message(_Frozen):
    """A message of a ticket, without its text."""

    id: Text
    visibility: Visibility


class MessageReference(_Frozen):
    """The message that is meant."""

    id: Text


class _Event(_Frozen):
    """What all events have in common."""

    id: Text
    """Names the fact: the same `(tenant, source, ticket, id)` twice is the same event."""
    ticket: Text
    occurred_at: Instant
    tenant: Annotated[str, StringConstraints(pattern=_NAME)] = "default"
    source: Annotated[str, StringConstraints(pattern=_NAME)] = "generic"
    sequence: Annotated[int, Field(strict=True)] | None = None
    """The source's own order among events of one instant."""
    actor: Actor = Actor()
    created_at: Instant | None = None
    """The ticket's creation as the source states it, for when its `ticket.created` never arrives."""
    requester: Text | None = None
    """The requester's id as the source states it, for the same case; at creation, the actor's where it is not said."""

    @property
    def key(self) -> TicketKey:
        """The ticket that the event is of."""
        return self.tenant, self.source, self.ticket


class TicketCreated(_Event):
    """The ticket opens."""

    type: Literal["ticket.created"]
    status: Status = "new"
    attributes: dict[AttributeName, GivenAttribute] = {}
    assignee: Text | None = None
    group: Text | None = None
    message: Message | None = None
    """The text with which the ticket opens."""


class MessageAdded(_Event):
    """Somebody wrote."""

    type: Literal["message.added"]
    message: Message


class MessageHidden(_Event):
    """The message was made internal or redacted: it counts as internal from the start."""

    type: Literal["message.hidden"]
    message: MessageReference


class StatusChanged(_Event):
    """The ticket has another status from here on."""

    type: Literal["status.changed"]
    status: Status


class AssignmentChanged(_Event):
    """A field that is not in `model_fields_set` is unchanged; None means nobody."""

    type: Literal["assignment.changed"]
    assignee: Text | None = None
    group: Text | None = None


class AttributesChanged(_Event):
    """The changed attributes; None removes one."""

    type: Literal["attributes.changed"]
    attributes: dict[AttributeName, Attribute]


class TicketMerged(_Event):
    """The ticket went into another one, and stands still from here on."""

    type: Literal["ticket.merged"]
    into: Text


class TicketDeleted(_Event):
    """The ticket was deleted, and stands still from here on."""

    type: Literal["ticket.deleted"]


class TicketRestored(_Event):
    """Undoes the deletions before it as if they had never been."""

    type: Literal["ticket.restored"]


class RatingGiven(_Event):
    """The customer rated the service, from 1 to 5."""

    type: Literal["rating.given"]
    rating: Annotated[int, Field(ge=1, le=5, strict=True)]


AnyEvent: TypeAlias = (
    TicketCreated
    | MessageAdded
    | MessageHidden
    | StatusChanged
    | AssignmentChanged
    | AttributesChanged
    | TicketMerged
    | TicketDeleted
    | TicketRestored
    | RatingGiven
)
TicketEvent = Annotated[AnyEvent, Field(discriminator="type")]
TicketKey: TypeAlias = tuple[str, str, str]
"""`(tenant, source, ticket)`: what a ticket is."""

EVENT_TYPES: tuple[str, ...] = (
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
"""All types, in the order in which events of one instant are taken."""
_RANK = {name: rank for rank, name in enumerate(EVENT_TYPES)}

_ADAPTER: TypeAdapter[AnyEvent] = TypeAdapter(TicketEvent)


def parse_event(event: str | bytes | Mapping[str, Any]) -> AnyEvent:
    """The event that a JSON object tells, as its text or parsed.

    Raises InvalidInput naming every field that is wrong.
    """
    try:
        return _ADAPTER.validate_json(event) if isinstance(event, str | bytes) else _ADAPTER.validate_python(event)
    except ValidationError as wrong:
        errors = wrong.errors(include_url=False, include_context=True, include_input=False)
        raise InvalidInput([_fault(error) for error in errors[:MOST_FAULTS]]) from None


def _fault(error: ErrorDetails) -> Fault:
    location = error["loc"]
    place = [str(part) for part in (location[1:] if location and location[0] in _RANK else location)]
    match error["type"]:
        case "union_tag_not_found":
            return Fault("type", "is missing")
        case "union_tag_invalid":
            return Fault("type", f"must be one of {', '.join(EVENT_TYPES)}")
        case "json_invalid":
            return Fault("", f"is not JSON: {error.get('ctx', {}).get('error', '')}")
        case "model_attributes_type" | "model_type" | "dict_type":
            return Fault(".".join(place), "must be a JSON object")
        case "missing":
            return Fault(".".join(place), "is missing")
        case "literal_error":
            return Fault(".".join(place), f"must be {error.get('ctx', {}).get('expected', '')}")
        case "string_pattern_mismatch":
            return Fault(".".join(place), "must be 1 to 63 of a-z, 0-9 and -")
        case _:
            message = error["msg"]
            return Fault(".".join(place), message[0].lower() + message[1:])


def event_document(event: AnyEvent) -> dict[str, Any]:
    """The event as a JSON object in the contract's form: what is None is left out, unless None is what it tells."""
    document: dict[str, Any] = {}
    for name, value in event:
        if value is None:
            if isinstance(event, AssignmentChanged) and name in event.model_fields_set & {"assignee", "group"}:
                document[name] = None
        elif name in ("occurred_at", "created_at"):
            document[name] = format_instant(value)
        elif isinstance(value, BaseModel):
            document[name] = value.model_dump(exclude_none=True)
        elif name == "attributes":
            document[name] = {key: list(one) if isinstance(one, tuple) else one for key, one in sorted(value.items())}
        else:
            document[name] = value
    return document


def event_text(event: AnyEvent) -> str:
    """The canonical text of an event: equal texts are the same telling of the same fact."""
    return json.dumps(event_document(event), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def event_rank(event: AnyEvent) -> int:
    """The place of the event's type among events of one instant."""
    return _RANK[event.type]
