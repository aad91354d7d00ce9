"""Front: conversations, from the webhooks of an application or of rules. Both carry Front's own *event*.

**Events.** Each has an id of Front's, the same whichever webhook tells it, and a time, `emitted_at`, in seconds since
1970 with a fraction. Around it is the conversation as it is: its status, assignee, tags, and its last message. A
message is told at its own time and under its own id, be it the event's target or the conversation's last one.

**The opening** is what came in no later than the conversation's creation, as Front makes a conversation of a message
that is there already; or what the event `outbound` sent, which is no reply (that is `out_reply`).

**Who speaks.** What came in is a customer's; Front names them by address only, so they have no id here. What went out
is its author's: a teammate's, or a program's where Front says so. What went out without an author (by a rule, or from
outside of Front) is nobody's reply. Comments are internal.

**Snoozing** is archiving until a reminder: the event's source, or a scheduled reminder of the conversation, tells it
from being done.
"""

# ruff: noqa: ARG001 - sources have the same signatures, whatever they need of them

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from replyclock.domain.errors import InvalidInput, Unauthenticated
from replyclock.domain.events import ActorKind, AnyEvent, AttributeValue, Status
from replyclock.domain.instants import SECOND, format_instant

from .base import (
    Answer,
    Connection,
    Record,
    Statuses,
    Telling,
    Translation,
    Webhook,
    channel_of,
    check_signed_at,
    equal_texts,
    mapped_attributes,
    read_json,
    secret_bytes,
    unreadable_body,
    usable_secrets,
)
from .base.at_creation import shown_at
from .base.epoch import MILLISECOND, optional_epoch_instant
from .base.samples import OPEN_FOR, PERSON, TEXT, bodies
from .base.snapshots import at_instant, shown_assignment, shown_attributes, shown_status

setup = """\
In Front, Settings > Developers: open or create an app, add the feature Webhooks with this URL and all conversation and
message events. The secret is the app's secret (Basic information). Front tries the URL out when you save: store the
secret first."""

_SIGNATURE, _TIMESTAMP, _CHALLENGE = "X-Front-Signature", "X-Front-Request-Timestamp", "X-Front-Challenge"

_STATUSES: Mapping[str, Status] = {
    **dict.fromkeys(("open", "unassigned", "assigned"), "open"),
    **dict.fromkeys(("snoozed", "waiting"), "pending"),
    **dict.fromkeys(("archived", "resolved"), "solved"),
}
_GONE = ("deleted", "trashed", "spam")
_SNOOZE = "snooze"
_STATUS_EVENTS: Mapping[str, str] = {"archive": "archived", _SNOOZE: "snoozed", "reopen": "open", "reminder": "open"}
"""What an event says of the status by its type. An archiving by a reminder is a snoozing."""
_SENT = "outbound_sent"
_OF_APPLICATIONS: Mapping[str, str] = {
    "inbound_received": "inbound",
    "conversation_archived": "archive",
    "conversation_reopened": "reopen",
    "conversation_deleted": "trash",
    "conversation_restored": "restore",
    "conversation_snoozed": _SNOOZE,
    "conversation_snooze_expired": "reminder",
    "new_comment_added": "comment",
    "tag_added": "tag",
    "tag_removed": "untag",
}
"""What applications' webhooks call events that have other names in Front's API, and in rules' webhooks."""
_REMINDER = "reminder"
_MESSAGE_EVENTS = ("inbound", "outbound", "out_reply")
_COMMENT_EVENTS = ("comment", "mention")
_TEAMMATES: Mapping[str, ActorKind] = {
    "": "agent",
    "user": "agent",
    "visitor": "customer",
    **dict.fromkeys(("rule", "macro", "api", "integration", "csat"), "bot"),
}
_SOURCES: Mapping[str, ActorKind] = {
    **dict.fromkeys(("rule", "api", "integration", "application"), "bot"),
    _REMINDER: "system",
}
_CHANNELS: Mapping[str, str] = {
    "email": "email",
    **dict.fromkeys(("call", "phone-call", "truly_call", "voice"), "phone"),
    **dict.fromkeys(("front_chat", "intercom", "smooch", "chat"), "chat"),
    **dict.fromkeys(("twitter", "tweet", "facebook", "whatsapp", "yalo_wha", "googleplay"), "social"),
    "sms": "sms",
    "custom": "api",
}
_RECIPIENT = "recipient"
"""The requester of a conversation that a teammate opened: whom it went to, without the address."""
_OPENING_WITHIN = SECOND
"""How much later than the conversation what opened it may be: one of two clocks may be rounded."""


# --- Signatures ---


def handshake(
    webhook: Webhook, secrets: Sequence[str], now: int, connection: Connection, *, stage: str = "prod"
) -> Answer | None:
    """Front has its challenge given back before it takes an address; it signs that request as all others."""
    challenge = webhook.headers.get(_CHALLENGE)
    if not challenge:
        return None
    verify(webhook, secrets, now, connection, stage=stage)
    return Answer(200, {"Content-Type": "application/json"}, json.dumps({"challenge": challenge}).encode())


def verify(webhook: Webhook, secrets: Sequence[str], now: int, connection: Connection, *, stage: str = "prod") -> None:
    """An application's webhook: base64(HMAC-SHA256(secret, timestamp + ":" + body)), at most 5 minutes old or ahead. A
    rule's: base64(HMAC-SHA1(secret, body)), without a time. Raises Unauthenticated.
    """
    candidates = usable_secrets(secrets)
    given, timestamp = webhook.headers.get(_SIGNATURE), webhook.headers.get(_TIMESTAMP)
    if not given:
        raise Unauthenticated(f"has no {_SIGNATURE}")
    matches = [equal_texts(given, _signature(webhook.body, secret, timestamp)) for secret in candidates]
    if not any(matches):
        scheme = f" (without {_TIMESTAMP})" if timestamp is None else ""
        raise Unauthenticated(f"{_SIGNATURE}{scheme} is by none of the connection's {len(candidates)} secrets")
    if timestamp is not None:
        check_signed_at(_signed_at(timestamp), now)


def _signature(body: bytes, secret: str, timestamp: str | None) -> str:
    if timestamp is None:
        return base64.b64encode(hmac.digest(secret_bytes(secret), body, hashlib.sha1)).decode()
    signed = timestamp.encode("utf-8", "backslashreplace") + b":" + body
    return base64.b64encode(hmac.digest(secret_bytes(secret), signed, hashlib.sha256)).decode()


def _signed_at(timestamp: str) -> int:
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 16):
        raise Unauthenticated(f"{_TIMESTAMP} is no number of milliseconds")
    return int(timestamp) * MILLISECOND


def sign(body: bytes, secret: str, now: int, *, url: str = "", by_rule: bool = False) -> dict[str, str]:
    """The headers with which an application's webhook sends a body, or a rule's."""
    headers = {"Content-Type": "application/json"}
    if by_rule:
        return headers | {_SIGNATURE: _signature(body, secret, None)}
    timestamp = str(now // MILLISECOND)
    return headers | {_TIMESTAMP: timestamp, _SIGNATURE: _signature(body, secret, timestamp)}


# --- Translation ---


@dataclass(frozen=True, slots=True)
class _Story:
    """One event of one conversation."""

    event: Record
    kind: str
    conversation: Record
    telling: Telling
    """By the event's source, as at its time."""
    statuses: Statuses


def translate(webhook: Webhook, connection: Connection) -> Translation:
    """The events that a webhook of Front means; none for its trial of the address and for events about no conversation.

    An application's webhook has the event in `payload`, and names its company; a rule's is the event.
    """
    try:
        payload = Record.of(read_json(webhook.body))
        company = payload.optional_record("authorization")
        if company is not None and not connection.is_account([company.optional_identifier("id")]):
            raise company.fault("id", "is not the account of this connection")
        if payload.optional_text("type") == "sync":
            return Translation()
        event = payload.optional_record("payload") or payload
        conversation = event.optional_record("conversation")
        if conversation is None:
            return Translation()
        story = _read(event, conversation, _kind(payload, event), webhook, connection)
        return Translation(events=tuple(_told(story)), unknown_statuses=story.statuses.unknown)
    except InvalidInput as wrong:
        return unreadable_body(webhook, wrong)


def _kind(payload: Record, event: Record) -> str:
    """What happened, by the name that Front's API has for it; the event itself may say it by that of applications."""
    told_as, kind = _lower(payload, "type"), _lower(event, "type")
    if _OF_APPLICATIONS.get(told_as) == _SNOOZE:
        return _SNOOZE  # the API has no name for it
    kind = kind or told_as
    if kind == _SENT:
        target = _type_and_data(event.optional_record("target"))[1]
        return "out_reply" if target is not None and _is_reply(target) else "outbound"
    return _OF_APPLICATIONS.get(kind, kind)


def _is_reply(message: Record) -> bool:
    return bool(message.find("_links.related.message_replied_to")[1])


def _read(event: Record, conversation: Record, kind: str, webhook: Webhook, connection: Connection) -> _Story:
    emitted_at = optional_epoch_instant(event, "emitted_at")
    telling = Telling(
        connection=connection,
        ticket=conversation.identifier("id"),
        occurred_at=webhook.received_at if emitted_at is None else emitted_at,
        created_at=optional_epoch_instant(conversation, "created_at"),
    )
    telling = _by_source(event.optional_record("source"), at_instant(telling, telling.occurred_at))
    return _Story(event, kind, conversation, telling, Statuses(connection, _STATUSES))


def _lower(record: Record, name: str) -> str:
    return (record.optional_text(name) or "").lower()


def _type_and_data(record: Record | None) -> tuple[str, Record | None]:
    """What a source or a target is, and it; some are lists, of inboxes."""
    if record is None:
        return "", None
    meta, data = record.optional_record("_meta"), record.fields.get("data")
    return _lower(meta, "type") if meta else "", None if isinstance(data, list) else record.optional_record("data")


def _told(story: _Story) -> Iterator[AnyEvent]:
    for message in _messages(story):
        yield from _message(message, story)
    if story.kind in _COMMENT_EVENTS:
        yield from _comment(story)
    yield from _deleted_or_restored(story)
    status = _status_of_event(story)
    if status is not None:
        yield story.telling.event("status.changed", (*_fact(story), "status"), status=status)
    assigned = _assigned(story)
    yield from assigned
    yield from _snapshot(story, status, bool(assigned))


def _fact(story: _Story) -> tuple[str, str]:
    return "event", story.event.identifier("id")


# --- People ---


def _by_source(source: Record | None, telling: Telling) -> Telling:
    kind, data = _type_and_data(source)
    if kind == "teammate" and data is not None:
        return _by_teammate(data, telling)
    return replace(telling, actor_kind=_SOURCES.get(kind, "unknown"))


def _by_teammate(teammate: Record, telling: Telling) -> Telling:
    person = teammate.optional_identifier("id")
    kind: ActorKind = _TEAMMATES.get(_lower(teammate, "type"), "unknown")
    if telling.connection.is_bot(person):
        kind = "bot"
    return replace(telling, actor_kind=kind, actor_id=person)


# --- Messages ---


def _messages(story: _Story) -> list[Record]:
    """The event's message, and the conversation's last one where that is another."""
    target = _type_and_data(story.event.optional_record("target"))[1] if story.kind in _MESSAGE_EVENTS else None
    last = story.conversation.optional_record("last_message")
    sent = [one for one in (target, last) if one is not None and not one.optional_flag("is_draft")]
    return sent[:1] if len(sent) == 2 and _message_id(sent[0]) == _message_id(sent[1]) else sent


def _message_id(message: Record) -> str:
    return message.identifier("id")


def _message(message: Record, story: _Story) -> list[AnyEvent]:
    said = {"id": _message_id(message), "visibility": "public"}
    telling = _by_author(message, story)
    told = telling.event("message.added", ("message", said["id"]), message=said)
    return [*_created(message, telling, story), told]


def _created(message: Record, telling: Telling, story: _Story) -> list[AnyEvent]:
    """The creation with its opening, where the message seems to be that.

    Several may: of several creations the first in order counts, and what came in goes before what was sent. That is why
    the opening is told as a message, too, under its one message id.
    """
    if not _is_opening(message, telling, story):
        return []
    channel = channel_of(message.optional_text("type"), _CHANNELS)
    fields: dict[str, Any] = {
        "status": story.statuses.known("open") or "open",
        "attributes": {"channel": channel} if channel else {},
        "message": {"id": _message_id(message), "visibility": "public"},
    }
    fact: tuple[str, ...] = ("created",)
    if telling.actor_kind != "customer":
        fields["requester"] = _RECIPIENT
        fact = ("created", "outbound")
    at_creation = at_instant(telling, telling.created_at or telling.occurred_at)
    return [at_creation.event("ticket.created", fact, **fields)]


def _by_author(message: Record, story: _Story) -> Telling:
    """By what the message itself says: it is told alike as the last one of another event."""
    author = message.optional_record("author")
    created_at = optional_epoch_instant(message, "created_at")
    telling = story.telling if created_at is None else at_instant(story.telling, created_at)
    if message.optional_flag("is_inbound"):
        return replace(telling, actor_kind="customer", actor_id=None)
    if author is None:
        return replace(telling, actor_kind="unknown", actor_id=None)
    return _by_teammate(author, telling)


def _is_opening(message: Record, telling: Telling, story: _Story) -> bool:
    if telling.created_at is None:
        return False
    if message.optional_flag("is_inbound"):
        return telling.occurred_at <= telling.created_at + _OPENING_WITHIN
    return story.kind == "outbound" and message.path.endswith("target.data")


def _comment(story: _Story) -> list[AnyEvent]:
    """A comment, also where it is told because it mentions somebody."""
    comment = _type_and_data(story.event.optional_record("target"))[1]
    if comment is None:
        return []
    author = comment.optional_record("author")
    posted_at = optional_epoch_instant(comment, "posted_at")
    telling = story.telling if author is None else _by_teammate(author, story.telling)
    if posted_at is not None:
        telling = at_instant(telling, posted_at)
    said = {"id": _message_id(comment), "visibility": "internal"}
    return [telling.event("message.added", ("message", said["id"]), message=said)]


# --- Changes ---


def _deleted_or_restored(story: _Story) -> list[AnyEvent]:
    kind = {"trash": "ticket.deleted", "restore": "ticket.restored"}.get(story.kind)
    return [] if kind is None else [story.telling.event(kind, _fact(story))]


def _status_of_event(story: _Story) -> Status | None:
    name = _STATUS_EVENTS.get(story.kind)
    if name == "archived" and (_type_and_data(story.event.optional_record("source"))[0] == _REMINDER or _waits(story)):
        name = "snoozed"
    return None if name is None else story.statuses.read(name)


def _waits(story: _Story) -> bool:
    """Whether a reminder is scheduled, at which an archived conversation comes back."""
    return story.kind == _SNOOZE or bool(story.conversation.records("scheduled_reminders"))


def _assigned(story: _Story) -> list[AnyEvent]:
    if story.kind == "unassign":
        return [story.telling.event("assignment.changed", _fact(story), assignee=None)]
    target = _type_and_data(story.event.optional_record("target"))[1] if story.kind == "assign" else None
    if target is None:
        return []
    return [story.telling.event("assignment.changed", _fact(story), assignee=target.identifier("id"))]


# --- Snapshots ---


def _snapshot(story: _Story, told: Status | None, is_assigned: bool) -> Iterator[AnyEvent]:
    telling = replace(story.telling, actor_kind="unknown", actor_id=None)
    if _lower(story.conversation, "status") in _GONE:
        if story.kind != "trash":
            yield telling.event("ticket.deleted", ("deleted", format_instant(telling.occurred_at)))
        return
    status = _status(story)
    if status is not None and status != told:
        yield from shown_status(telling, status)
    if not is_assigned and story.conversation.has("assignee"):
        assignee = story.conversation.optional_record("assignee")
        yield from shown_assignment(telling, assignee=assignee.optional_identifier("id") if assignee else None)
    yield from shown_attributes(shown_at(telling, telling.occurred_at), _attributes(story))


def _status(story: _Story) -> Status | None:
    """The status of the conversation. Where the company has ticket statuses, theirs goes before it: by its id or name
    where the connection maps one, else by its category.
    """
    conversation, statuses = story.conversation, story.statuses
    ids = (conversation.optional_identifier(name) for name in ("status_id", "status_name"))
    mapped = [status for status in map(statuses.mapped, ids) if status is not None]
    if mapped:
        return mapped[0]
    name = _lower(conversation, "status_category") or _lower(conversation, "status")
    if name == "archived" and _waits(story):
        name = "snoozed"
    return statuses.read(name) if name else None


def _attributes(story: _Story) -> dict[str, AttributeValue | None]:
    """The tags, with the one that the event is about seen to, and what the connection maps from the event."""
    attributes: dict[str, AttributeValue | None] = {}
    if story.conversation.has("tags"):
        tags = {tag.text("name") for tag in story.conversation.records("tags")}
        changed = _type_and_data(story.event.optional_record("target"))[1] if story.kind in ("tag", "untag") else None
        if changed is not None and (name := changed.optional_text("name")):
            tags = tags | {name} if story.kind == "tag" else tags - {name}
        attributes["tags"] = tuple(sorted(tags))
    return {**attributes, **mapped_attributes(story.telling.connection, story.event)}


# --- A sample ---


def sample(mark: str, at: int, connection: Connection) -> tuple[bytes, ...]:
    """See `base.Source`: an e-mail that came in, and a conversation in the trash."""
    opened = at // SECOND
    message = {
        "id": f"{mark}-message",
        "type": "email",
        "is_inbound": True,
        "created_at": opened,
        "text": TEXT,
        "recipients": [{"role": "from", "handle": PERSON}],
    }

    def told(kind: str, status: str, emitted_at: int) -> dict[str, object]:
        event = {
            "id": f"{mark}-{kind}",
            "type": kind,
            "emitted_at": emitted_at // SECOND,
            "conversation": {"id": mark, "status": status, "created_at": opened, "assignee": None},
            "source": {"_meta": {"type": "inboxes"}, "data": []},
        }
        if kind == "inbound":
            event["target"] = {"_meta": {"type": "message"}, "data": message}
        return {"type": kind, "authorization": {"id": connection.account}, "payload": event}

    return bodies(told("inbound", "unassigned", at), told("trash", "deleted", at + OPEN_FOR))
