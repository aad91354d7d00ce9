"""HubSpot: tickets, by an app's webhook subscriptions.

HubSpot's webhooks are thin: a batch of up to 100 records, each of which names an object, what happened to it and, of a
change, the new value. Nobody's words, no customer and no former value are in them.

**The reply.** The property `first_agent_reply_date` is when an agent first answered in the inbox, and is told as that
message. Further messages are told by `conversation.newMessage` alone, which names neither the ticket nor the writer:
these mean nothing here.

**Who did it.** `sourceId` says `userId:…` where a person did, and `changeSource` how; what an integration or a workflow
did was done by a program, for whomever it was.

**Identity.** HubSpot does not promise unique event ids. A fact is named by the property, its value and `occurredAt`, in
milliseconds, whether it came for `ticket.…` or for `object.…` of type 0-5, which are the same.
"""

# ruff: noqa: ARG001 - sources have the same signatures, whatever they need of them

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from replyclock.domain.errors import Fault, InvalidInput, Unauthenticated
from replyclock.domain.events import ActorKind, AnyEvent, AttributeValue, Status

from .base import (
    Connection,
    Record,
    Statuses,
    Telling,
    Translation,
    Webhook,
    as_text,
    channel_of,
    check_signed_at,
    equal_texts,
    mapped_attributes,
    no_handshake,
    priority_of,
    read_each,
    read_json,
    secret_bytes,
    unreadable_body,
    usable_secrets,
)
from .base.epoch import MILLISECOND, epoch_instant, optional_epoch_instant
from .base.samples import OPEN_FOR, bodies

handshake = no_handshake

setup = """\
In HubSpot, the app's Webhooks: set this URL as the target URL, and subscribe to tickets created, deleted, restored and
merged, and to changes of hs_pipeline_stage, hubspot_owner_id, hubspot_team_id, hs_ticket_priority, source_type and
first_agent_reply_date. The secret is the app's client secret. Give the connection the same `url`: HubSpot signs it."""

_SIGNATURE, _TIMESTAMP = "X-HubSpot-Signature-v3", "X-HubSpot-Request-Timestamp"
MOST_RECORDS = 1000
"""How many records one body may hold. HubSpot sends at most 100."""
_TICKET, _OBJECT, _TICKETS = "ticket", "object", "0-5"
_USER = "userId:"
_DECODED = re.compile("%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)", re.IGNORECASE)
"""What HubSpot's documentation says to decode in the URL before it is signed: `: / ? @ ! $ ' ( ) * , ;`."""

_STATUSES: Mapping[str, Status] = {"1": "new", "2": "pending", "3": "open", "4": "solved"}
"""The stages of the pipeline that every account begins with: New, Waiting on contact, Waiting on us, Closed."""
_PROGRAMS = (
    "API",
    "AUTOMATION_PLATFORM",
    "BATCH_UPDATE",
    "BOT",
    "CALCULATED",
    "IMPORT",
    "INTEGRATION",
    "INTEGRATIONS_PLATFORM",
    "INTEGRATIONS_SYNC",
    "MIGRATION",
    "PROPERTY_SETTINGS",
    "WORKFLOWS",
)
_CHANNELS: Mapping[str, str] = {"form": "web"}


# --- Signatures ---


def verify(webhook: Webhook, secrets: Sequence[str], now: int, connection: Connection, *, stage: str = "prod") -> None:
    """base64(HMAC-SHA256(secret, method + URL + body + timestamp)), at most 5 minutes old or ahead.

    Raises Unauthenticated. The URL is the connection's, else the one that was called. HubSpot's older signatures are
    plain hashes, and are not looked at.
    """
    candidates = usable_secrets(secrets)
    signature, timestamp = webhook.headers.get(_SIGNATURE), webhook.headers.get(_TIMESTAMP)
    if not signature or not timestamp:
        raise Unauthenticated(f"has no {_TIMESTAMP if signature else _SIGNATURE}")
    url = connection.url or webhook.url or ""
    expected = [_signature(webhook.method, url, webhook.body, timestamp, secret) for secret in candidates]
    if not any(equal_texts(signature, one) for one in expected):
        hint = "" if url else "; HubSpot signs the URL, and the connection has none"
        raise Unauthenticated(f"{_SIGNATURE} is by none of the connection's {len(candidates)} secrets{hint}")
    if not re.fullmatch(r"\d{1,14}", timestamp, re.ASCII):
        raise Unauthenticated(f"{_TIMESTAMP} is no number of milliseconds")
    check_signed_at(int(timestamp) * MILLISECOND, now)


def _signature(method: str, url: str, body: bytes, timestamp: str, secret: str) -> str:
    decoded = _DECODED.sub(lambda found: chr(int(found.group(1), 16)), url)
    signed = f"{method.upper()}{decoded}".encode("utf-8", "backslashreplace") + body
    signed += timestamp.encode("utf-8", "backslashreplace")
    return base64.b64encode(hmac.digest(secret_bytes(secret), signed, hashlib.sha256)).decode()


def sign(body: bytes, secret: str, now: int, *, url: str = "") -> dict[str, str]:
    """The headers with which HubSpot sends a body to that URL."""
    timestamp = str(now // MILLISECOND)
    return {
        "Content-Type": "application/json",
        _TIMESTAMP: timestamp,
        _SIGNATURE: _signature("POST", url, body, timestamp, secret),
    }


# --- Translation ---


@dataclass(frozen=True, slots=True)
class _Story:
    """One record of a batch, read as far as all events have it."""

    record: Record
    telling: Telling
    statuses: Statuses


def translate(webhook: Webhook, connection: Connection) -> Translation:
    """The events that a batch means; none for records about anything but tickets.

    A record that cannot be read is `unreadable` by itself, at its place in the batch.
    """
    try:
        body = read_json(webhook.body)
        records = body if isinstance(body, list) else [body]
        if len(records) > MOST_RECORDS:
            raise InvalidInput([Fault("", f"holds more than {MOST_RECORDS} records")])
    except InvalidInput as wrong:
        return unreadable_body(webhook, wrong)
    statuses = Statuses(connection, _STATUSES)
    told = read_each(records, lambda record: _told(Record.of(record), webhook, connection, statuses), connection)
    if not isinstance(body, list):
        told = replace(told, unreadable=tuple(replace(part, place="", raw=webhook.body) for part in told.unreadable))
    return replace(told, unknown_statuses=statuses.unknown)


def _told(record: Record, webhook: Webhook, connection: Connection, statuses: Statuses) -> list[AnyEvent]:
    subject, _, what = record.text("subscriptionType").partition(".")
    if subject == _OBJECT and record.optional_text("objectTypeId") == _TICKETS:
        subject = _TICKET
    tell = _TELLERS.get(what) if subject == _TICKET else None
    if tell is None:
        return []
    if not connection.is_account([record.optional_identifier("portalId")]):
        raise record.fault("portalId", "is not the account of this connection")
    occurred_at = optional_epoch_instant(record, "occurredAt", MILLISECOND)
    kind, person = _who(record, connection)
    telling = Telling(
        connection=connection,
        ticket=record.identifier("objectId"),
        occurred_at=webhook.received_at if occurred_at is None else occurred_at,
        actor_kind=kind,
        actor_id=person,
    )
    return tell(_Story(record, telling, statuses))


def _who(record: Record, connection: Connection) -> tuple[ActorKind, str | None]:
    source = record.optional_text("sourceId") or ""
    person = source.removeprefix(_USER) if source.startswith(_USER) and source != _USER else None
    if connection.is_bot(person) or (record.optional_text("changeSource") or "").upper() in _PROGRAMS:
        return "bot", person
    return ("unknown", None) if person is None else ("agent", person)


# --- Tickets ---


def _created(story: _Story) -> list[AnyEvent]:
    """Who made the record is not who asked: without an id, so that an agent is not taken for the requester."""
    telling = replace(story.telling, actor_id=None)
    attributes = mapped_attributes(telling.connection, story.record)
    given = {name: value for name, value in attributes.items() if value is not None}
    return [replace(telling, created_at=telling.occurred_at).event("ticket.created", ("created",), attributes=given)]


def _deleted(story: _Story) -> list[AnyEvent]:
    return [story.telling.event("ticket.deleted", ("deleted", story.telling.when()))]


def _restored(story: _Story) -> list[AnyEvent]:
    return [story.telling.event("ticket.restored", ("restored", story.telling.when()))]


def _merged(story: _Story) -> list[AnyEvent]:
    """The merged tickets go into the primary one, or all of them into a new one, where HubSpot makes one."""
    primary = story.record.optional_identifier("primaryObjectId") or story.telling.ticket
    into = story.record.optional_identifier("newObjectId") or primary
    ids = story.record.fields.get("mergedObjectIds")
    if not isinstance(ids, list):
        raise story.record.fault("mergedObjectIds", "must be a list")
    listed = Record({str(place): one for place, one in enumerate(ids)}, story.record.place("mergedObjectIds"))
    gone = dict.fromkeys([*(listed.identifier(str(place)) for place in range(len(ids))), primary])
    return [
        replace(story.telling, ticket=one).event("ticket.merged", ("merged", into), into=into)
        for one in gone
        if one != into
    ]


# --- Properties ---


def _property_changed(story: _Story) -> list[AnyEvent]:
    name = story.record.text("propertyName")
    tell = _PROPERTIES.get(name)
    if tell is not None:
        return [*tell(story), *_mapped(story, name)]
    return _mapped(story, name)


def _mapped(story: _Story, name: str) -> list[AnyEvent]:
    """A property is found at the path `properties.<name>`, which only its own change has."""
    value = story.record.fields.get("propertyValue")
    payload = Record({**story.record.fields, "properties": {name: value}})
    return _attributes_changed(story, name, mapped_attributes(story.telling.connection, payload))


def _attributes_changed(
    story: _Story, name: str, attributes: Mapping[str, AttributeValue | None], *, built_in: bool = False
) -> list[AnyEvent]:
    if not attributes:
        return []
    fact = ("built-in" if built_in else "mapped", name, _value(story) or "", story.telling.when())
    return [story.telling.event("attributes.changed", fact, attributes=attributes)]


def _value(story: _Story) -> str | None:
    """The new value as a text; None where it was emptied."""
    value = as_text(story.record.fields.get("propertyValue"))
    if isinstance(value, tuple):
        raise story.record.fault("propertyValue", "must be a text")
    return value


def _stage(story: _Story) -> list[AnyEvent]:
    stage = _value(story)
    if stage is None:
        raise story.record.fault("propertyValue", "is missing")
    status = story.statuses.read(stage)
    return [story.telling.event("status.changed", ("stage", stage, story.telling.when()), status=status)]


def _assigned(field: str) -> Callable[[_Story], list[AnyEvent]]:
    def tell(story: _Story) -> list[AnyEvent]:
        now = _value(story)
        fact = (field, now or "nobody", story.telling.when())
        return [story.telling.event("assignment.changed", fact, **{field: now})]

    return tell


def _priority(story: _Story) -> list[AnyEvent]:
    return _attributes_changed(story, "hs_ticket_priority", {"priority": priority_of(_value(story))}, built_in=True)


def _channel(story: _Story) -> list[AnyEvent]:
    return _attributes_changed(story, "source_type", {"channel": channel_of(_value(story), _CHANNELS)}, built_in=True)


def _category(story: _Story) -> list[AnyEvent]:
    return _attributes_changed(story, "hs_ticket_category", {"category": _value(story)}, built_in=True)


def _first_reply(story: _Story) -> list[AnyEvent]:
    """The value is when an agent first answered, in milliseconds as a text; which one, HubSpot does not say."""
    value = _value(story)
    if value is None:
        return []
    if not re.fullmatch(r"\d{1,14}", value, re.ASCII):
        raise story.record.fault("propertyValue", "must be a number of milliseconds")
    at = epoch_instant(Record({"propertyValue": int(value)}), "propertyValue", MILLISECOND)
    telling = replace(story.telling, occurred_at=at, actor_kind="agent", actor_id=None)
    message_id = f"first reply {value}"
    return [telling.event("message.added", (message_id,), message={"id": message_id, "visibility": "public"})]


_PROPERTIES: Mapping[str, Callable[[_Story], list[AnyEvent]]] = {
    "hs_pipeline_stage": _stage,
    "hubspot_owner_id": _assigned("assignee"),
    "hubspot_team_id": _assigned("group"),
    "hs_ticket_priority": _priority,
    "hs_ticket_category": _category,
    "source_type": _channel,
    "first_agent_reply_date": _first_reply,
}
_TELLERS: Mapping[str, Callable[[_Story], list[AnyEvent]]] = {
    "creation": _created,
    "deletion": _deleted,
    "restore": _restored,
    "merge": _merged,
    "propertyChange": _property_changed,
}


# --- A sample ---


def sample(mark: str, at: int, connection: Connection) -> tuple[bytes, ...]:
    """See `base.Source`: created by a form, and deleted. Who filled the form in, HubSpot does not say."""

    def told(what: str, time: int) -> list[dict[str, object]]:
        record = {"subscriptionType": f"{_TICKET}.{what}", "objectId": mark, "portalId": connection.account}
        return [{**record, "occurredAt": time // MILLISECOND, "changeSource": "FORM"}]

    return bodies(told("creation", at), told("deletion", at + OPEN_FOR))
