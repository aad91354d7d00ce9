"""Ticket events: what a ticketing tool tells, in one shape for all of them (section 1 of the contract).

An event is immutable. `parse_event` accepts one JSON object, keeps the fields of its type and drops every other one, so
that message texts, subjects and addresses never enter the product.

`parse_event` is for the edges and refuses what lies out of the contract's bounds. `read_stored_event` reads what is
stored already, without these checks: whatever was accepted once stays readable.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, LiteralString, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
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


ID_LENGTH_MAX = 200
VALUE_LENGTH_MAX = 300
"""Characters of an attribute's value, and of each value of a list."""
LIST_VALUES_MAX = 50
LIST_LENGTH_MAX = 1000
"""Characters of all values of a list together."""
ATTRIBUTES_MAX = 100
"""Attributes on one event."""
EVENT_BYTES_MAX = 64 * 1024
"""Bytes of an event's canonical JSON in UTF-8."""
INSTANT_MIN = parse_instant("1990-01-01T00:00:00Z")
"""The earliest instant of an event, inclusive."""
INSTANT_MAX = parse_instant("2200-01-01T00:00:00Z")
"""The end of the instants of events, exclusive."""
_SEQUENCE_BITS_MAX = 14_000
"""A longer number could not be written: Python converts at most 4,300 digits."""

BAD_CHARACTERS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters and halves of surrogate pairs: in no id, name or value."""


def is_instant_in_bounds(instant: int) -> bool:
    """Whether an event may state this instant."""
    return INSTANT_MIN <= instant < INSTANT_MAX


def _at_edge(info: ValidationInfo) -> bool:
    return info.context is _AT_EDGE


_AT_EDGE = {"bounds": True}
"""The validation context in which the contract's bounds are checked; stored events are read without one."""


def _read_instant(value: object, info: ValidationInfo) -> int:
    try:
        if isinstance(value, str):
            instant = parse_instant(value)
        elif isinstance(value, datetime):
            instant = from_datetime(value)
        else:
            raise ValueError("must be a text such as 2026-06-01T13:00:00Z")
    except ValueError as wrong:
        raise PydanticCustomError("instant", "{why}", {"why": str(wrong)}) from None
    if _at_edge(info) and not is_instant_in_bounds(instant):
        raise PydanticCustomError("instant", "must be from 1990-01-01 on and before 2200-01-01 (UTC)")
    return instant


def _check_characters(text: str, info: ValidationInfo) -> str:
    if _at_edge(info) and not text.isprintable() and (found := BAD_CHARACTERS.search(text)):
        raise PydanticCustomError("characters", _character_problem(found[0]))
    return text


def _character_problem(character: str) -> LiteralString:
    return "holds half of a surrogate pair" if "\ud800" <= character <= "\udfff" else "holds a control character"


def _check_value(text: str, info: ValidationInfo) -> None:
    if not text:
        raise PydanticCustomError("attribute", "must not be empty, nor hold an empty value")
    if len(text) > VALUE_LENGTH_MAX:
        raise PydanticCustomError(
            "attribute", "must have at most {max} characters in a value", {"max": VALUE_LENGTH_MAX}
        )
    _check_characters(text, info)


def _read_attribute(value: object, info: ValidationInfo) -> AttributeValue | None:
    if value is None:
        return value
    if isinstance(value, str):
        if _at_edge(info):
            _check_value(value, info)
        return value
    if not (isinstance(value, list | tuple) and all(isinstance(one, str) for one in value)):
        raise PydanticCustomError("attribute", "must be a text, a list of texts, or null")
    if _at_edge(info):
        if len(value) > LIST_VALUES_MAX or sum(map(len, value)) > LIST_LENGTH_MAX:
            raise PydanticCustomError(
                "attribute",
                "must not hold more than {values} values or {length} characters in all",
                {"values": LIST_VALUES_MAX, "length": LIST_LENGTH_MAX},
            )
        for one in value:
            _check_value(one, info)
    return tuple(value)


def _read_given_attribute(value: object, info: ValidationInfo) -> AttributeValue:
    read = _read_attribute(value, info)
    if read is None:
        raise PydanticCustomError("attribute", "must be a text or a list of texts")
    return read


def _check_count(attributes: object, info: ValidationInfo) -> object:
    if _at_edge(info) and isinstance(attributes, Mapping) and len(attributes) > ATTRIBUTES_MAX:
        raise PydanticCustomError("attributes", "must not hold more than {max} attributes", {"max": ATTRIBUTES_MAX})
    return attributes


def _check_sequence(sequence: int, info: ValidationInfo) -> int:
    if _at_edge(info) and sequence.bit_length() > _SEQUENCE_BITS_MAX:
        raise PydanticCustomError("sequence", "has too many digits")
    return sequence


Instant = Annotated[int, BeforeValidator(_read_instant), PlainSerializer(format_instant)]
"""Microseconds since 1970-01-01T00:00:00Z; RFC 3339 with offset at the edge."""
Text = Annotated[str, StringConstraints(min_length=1, max_length=ID_LENGTH_MAX), AfterValidator(_check_characters)]
AttributeName = Annotated[
    str, StringConstraints(min_length=1, max_length=ID_LENGTH_MAX), AfterValidator(_check_characters)
]
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
    sequence: Annotated[int, Field(strict=True), AfterValidator(_check_sequence)] | None = None
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
    attributes: Annotated[dict[AttributeName, GivenAttribute], BeforeValidator(_check_count)] = {}
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
    attributes: Annotated[dict[AttributeName, Attribute], BeforeValidator(_check_count)]


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
    """The event that a JSON object states, as its text or parsed, within the contract's bounds.

    Raises InvalidInput naming every field that is wrong or out of bounds.
    """
    read = _validate(event, _AT_EDGE)
    if _may_be_too_large(read) and len(event_text(read).encode()) > EVENT_BYTES_MAX:
        raise InvalidInput([Fault("", f"is larger than {EVENT_BYTES_MAX // 1024} KiB as canonical JSON")])
    return read


def read_stored_event(event: str | bytes | Mapping[str, Any]) -> AnyEvent:
    """An event that was accepted before, whatever its size, instants and characters. Raises InvalidInput where it is no
    event.
    """
    return _validate(event, None)


def _validate(event: str | bytes | Mapping[str, Any], context: Any) -> AnyEvent:
    try:
        if not isinstance(event, str | bytes):
            return _ADAPTER.validate_python(event, context=context)
        try:
            return _ADAPTER.validate_json(event, context=context)
        except ValidationError as wrong:
            if wrong.errors(include_url=False, include_input=False)[0]["type"] != "json_invalid":
                raise
            document = _loaded(event)
            if document is None:
                raise
            return _ADAPTER.validate_python(document, context=context)
    except ValidationError as wrong:
        errors = wrong.errors(include_url=False, include_context=True, include_input=False)
        raise InvalidInput([_fault(error) for error in errors[:MOST_FAULTS]]) from None


def _loaded(text: str | bytes) -> object:
    """What the quick reader takes for no JSON, read by the patient one: half of a surrogate pair in a field that is
    ignored does not matter, and in any other one the field can be named. None where it is no JSON either.
    """
    try:
        return json.loads(text if isinstance(text, str) else text.decode())
    except (ValueError, RecursionError):
        return None


def _may_be_too_large(event: AnyEvent) -> bool:
    """False where the canonical JSON is surely within bounds: all but the attributes is bounded field by field."""
    if not isinstance(event, TicketCreated | AttributesChanged):
        return False
    values = (value for value in event.attributes.values() if value is not None)
    length = sum(map(len, event.attributes)) + sum(
        len(value) if isinstance(value, str) else sum(map(len, value)) for value in values
    )
    return length * _CHARACTER_BYTES_MAX > EVENT_BYTES_MAX // 2


_CHARACTER_BYTES_MAX = 4
_PLACE_LENGTH_MAX = 100
"""Characters of an attribute's name that a fault shows."""


def _shown(part: object) -> str:
    """A part of a place as one line that can be printed, whatever it holds."""
    text = str(part)
    cut = text if len(text) <= _PLACE_LENGTH_MAX else f"{text[:_PLACE_LENGTH_MAX]}…"
    return BAD_CHARACTERS.sub(lambda found: f"\\u{ord(found[0]):04x}", cut)


def _fault(error: ErrorDetails) -> Fault:
    location = error["loc"]
    parts = location[1:] if location and location[0] in _RANK else location
    if error["type"] in ("union_tag_not_found", "union_tag_invalid"):
        parts = ("type",)
    of_name = parts[-1:] == ("[key]",) and len(parts) > len(("attributes", "[key]"))
    place, problem = ".".join(map(_shown, parts[:-1] if of_name else parts)), _problem(error)
    return Fault(place, f"the name {problem}" if of_name else problem)


def _problem(error: ErrorDetails) -> str:
    match error["type"]:
        case "missing" | "union_tag_not_found":
            return "is missing"
        case "union_tag_invalid":
            return f"must be one of {', '.join(EVENT_TYPES)}"
        case "json_invalid":
            return f"is not JSON: {error.get('ctx', {}).get('error', '')}"
        case "model_attributes_type" | "model_type" | "dict_type":
            return "must be a JSON object"
        case "literal_error":
            return f"must be {error.get('ctx', {}).get('expected', '')}"
        case "string_pattern_mismatch":
            return "must be 1 to 63 of a-z, 0-9 and -"
        case "string_unicode":
            return "holds half of a surrogate pair"
        case _:
            message = error["msg"]
            return message[0].lower() + message[1:]


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
