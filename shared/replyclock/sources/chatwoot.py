"""Chatwoot: conversations and their messages, from the webhooks of an account, an API inbox or an automation.

**Snapshots.** A webhook about a conversation is the conversation as it is; one about a message has it in
`conversation`. Status, assignment and attributes are told as at its `updated_at`. It also shows its last message, which
is told too: Chatwoot tries each webhook only once, so that the next one may have to tell what the last one lost.

**Times** come as seconds since 1970, as texts, or as texts that end in `UTC`. Those of a conversation and of its last
message are whole seconds; so those of all messages are cut to whole seconds, and a message has one time everywhere.

**The opening** is what was said in the second of the creation or right after. Several messages may seem to be it: of
several creations the first in order counts, so their ids put what came in before what an agent sent, and both before a
`conversation_created` that shows neither, but a greeting or nothing. What seems to be the opening is told as a message,
too, under its one message id: it is counted once, whichever creation counts.

**Who speaks.** The sender: a user is an agent, a contact a customer, an agent bot or Captain a program. Templates, and
what an automation or a campaign sends, are a program's. What went out without any sender is nobody's reply.

Contacts and users are numbered each for themselves: the requester is named so that no user has the same id.
"""

# ruff: noqa: ARG001 - sources have the same signatures, whatever they need of them

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from replyclock.domain.errors import InvalidInput, Unauthenticated
from replyclock.domain.events import ActorKind, AnyEvent, AttributeValue, Status
from replyclock.domain.instants import SECOND, format_instant

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
    check_token,
    equal_texts,
    identity,
    mapped_attributes,
    no_handshake,
    priority_of,
    read_json,
    unreadable_body,
    usable_secrets,
)
from .base.at_creation import shown_at
from .base.epoch import epoch_instant
from .base.groups import group_names, with_group_names
from .base.hex_hmac import hex_hmac
from .base.reading import read_instant
from .base.samples import OPEN_FOR, PERSON, TEXT, bodies
from .base.signing import TOKEN_HEADER
from .base.snapshots import at_instant, shown_assignment, shown_attributes, shown_status

handshake = no_handshake

setup = """\
In Chatwoot, Settings > Integrations > Webhooks: add this URL with the events Conversation Created, Conversation Status
Changed, Conversation Updated, Message Created and Message Updated. The secret is the one that Chatwoot shows there; a
version that shows none does not sign, and needs a proxy that adds X-Replyclock-Token."""

_SIGNATURE, _TIMESTAMP = "X-Chatwoot-Signature", "X-Chatwoot-Timestamp"
_AUTOMATION = "automation_event."

_STATUSES: Mapping[str, Status] = {"open": "open", "pending": "pending", "snoozed": "pending", "resolved": "solved"}
_MESSAGE_TYPES: Mapping[str, str] = {"0": "incoming", "1": "outgoing", "2": "activity", "3": "template"}
"""Webhooks about messages name their types, snapshots number them."""
_SENDERS: Mapping[str, ActorKind] = {
    "user": "agent",
    "contact": "customer",
    **dict.fromkeys(("agent_bot", "agentbot", "captain_assistant", "captain::assistant"), "bot"),
}
_CHANNELS: Mapping[str, str] = {
    "channel::webwidget": "chat",
    "channel::email": "email",
    "channel::api": "api",
    "channel::voice": "phone",
    **dict.fromkeys(("channel::sms", "channel::twiliosms"), "sms"),
    **dict.fromkeys(("channel::facebookpage", "channel::instagram", "channel::twitterprofile"), "social"),
    **dict.fromkeys(("channel::whatsapp", "channel::telegram", "channel::line", "channel::tiktok"), "social"),
}
_OPENING_WITHIN = 2 * SECOND


# --- Signatures ---


def verify(webhook: Webhook, secrets: Sequence[str], now: int, connection: Connection, *, stage: str = "prod") -> None:
    """`sha256=` and the HMAC-SHA256 of timestamp, dot and body in hex, at most 5 minutes old or ahead; or, of versions
    that do not sign, the token. Raises Unauthenticated.
    """
    candidates = usable_secrets(secrets)
    given, timestamp = webhook.headers.get(_SIGNATURE), webhook.headers.get(_TIMESTAMP)
    token = webhook.headers.get(TOKEN_HEADER)
    if not given and token:
        check_token(token, candidates)
        return
    if not given:
        raise Unauthenticated(f"has neither {_SIGNATURE} nor {TOKEN_HEADER}")
    if not timestamp:
        raise Unauthenticated(f"has no {_TIMESTAMP}")
    matches = [equal_texts(given, _signature(webhook.body, secret, timestamp)) for secret in candidates]
    if not any(matches):
        raise Unauthenticated(f"{_SIGNATURE} is by none of the connection's {len(candidates)} secrets")
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
        raise Unauthenticated(f"{_TIMESTAMP} is no number of seconds")
    check_signed_at(int(timestamp) * SECOND, now)


def _signature(body: bytes, secret: str, timestamp: str) -> str:
    return "sha256=" + hex_hmac(timestamp.encode("utf-8", "backslashreplace") + b"." + body, secret)


def sign(body: bytes, secret: str, now: int, *, url: str = "") -> dict[str, str]:
    """The headers with which a version of Chatwoot that signs sends a body."""
    timestamp = str(now // SECOND)
    return {
        "Content-Type": "application/json",
        _TIMESTAMP: timestamp,
        _SIGNATURE: _signature(body, secret, timestamp),
    }


# --- Translation ---


@dataclass(frozen=True, slots=True)
class _Story:
    """One webhook about one conversation."""

    payload: Record
    """With the conversation at `conversation` whatever the event: paths of attributes should not depend on events."""
    event: str
    conversation: Record
    messages: tuple[Record, ...]
    telling: Telling
    """By nobody who is known, as at the snapshot's own instant."""
    statuses: Statuses


def translate(webhook: Webhook, connection: Connection) -> Translation:
    """The events that a webhook of Chatwoot means; none for those about contacts, inboxes and typing."""
    try:
        payload = Record.of(read_json(webhook.body))
        event = payload.text("event").lower().removeprefix(_AUTOMATION)
        is_message = event.startswith("message_")
        if not is_message and (not event.startswith("conversation_") or "typing" in event):
            return Translation()
        conversation = payload.record("conversation") if is_message else payload
        story = _read(payload, event, conversation, webhook, connection)
        return Translation(events=tuple(_told(story)), unknown_statuses=story.statuses.unknown)
    except InvalidInput as wrong:
        return unreadable_body(webhook, wrong)


def _read(payload: Record, event: str, conversation: Record, webhook: Webhook, connection: Connection) -> _Story:
    shown = conversation.records("messages")
    own = [payload] if conversation is not payload else []
    messages = (*own, *(one for one in shown if not own or one.fields.get("id") != payload.fields.get("id")))
    _check_account(payload, messages, connection)
    times = (_optional_time(conversation, name, connection) for name in ("updated_at", "last_activity_at", "timestamp"))
    telling = Telling(
        connection=connection,
        ticket=conversation.identifier("id"),
        occurred_at=next((time for time in times if time is not None), webhook.received_at),
        created_at=_optional_time(conversation, "created_at", connection),
        requester=_requester(conversation),
    )
    named = Record({**payload.fields, "conversation": conversation.fields})
    telling = at_instant(telling, telling.occurred_at)
    return _Story(named, event, conversation, messages, telling, Statuses(connection, _STATUSES))


def _check_account(payload: Record, messages: Sequence[Record], connection: Connection) -> None:
    """A webhook about a message names its account; one about a conversation only where it shows a message."""
    account = payload.optional_record("account")
    named = [account.optional_identifier("id") if account else None]
    named += [message.optional_identifier("account_id") for message in messages]
    if any(one is not None for one in named) and not connection.is_account(named):
        raise payload.fault("account.id", "is not the account of this connection")


def _optional_time(record: Record, name: str, connection: Connection) -> int | None:
    """Seconds since 1970, whole or not, or a text; Ruby's own way of writing one ends in UTC."""
    value = record.fields.get(name)
    if value in (None, "", 0):
        return None
    if not isinstance(value, str):
        return epoch_instant(record, name)
    try:
        text = record.text(name)
        return read_instant(f"{text.removesuffix(' UTC')}Z" if text.endswith(" UTC") else text, connection.zone)
    except ValueError as wrong:
        raise record.fault(name, str(wrong)) from None


def _told(story: _Story) -> Iterator[AnyEvent]:
    created = False
    for message in story.messages:
        for told in _message(message, story):
            created = created or told.type == "ticket.created"
            yield told
    if story.event == "conversation_created" and not created:
        yield from _created_unseen(story)
    yield from _snapshot(story)


# --- Messages ---


def _message(message: Record, story: _Story) -> list[AnyEvent]:
    kind = _message_type(message)
    if kind == "activity":  # what Chatwoot notes of changes; the snapshot tells them
        return []
    message_id = message.identifier("id")
    said = {"id": message_id, "visibility": "internal" if message.optional_flag("private") else "public"}
    telling = _by_sender(message, kind, story)
    told = [telling.event("message.added", ("message", message_id), message=said)]
    if _is_opening(telling, said["visibility"]):
        told.insert(0, _created(story, telling, said))
    attributes = message.optional_record("content_attributes")
    if attributes is not None:
        told += _deleted(attributes, message_id, story) + _rated(attributes, message_id, story)
    return told


def _message_type(message: Record) -> str:
    name = message.identifier("message_type").lower()
    return _MESSAGE_TYPES.get(name, name)


def _by_sender(message: Record, kind: str, story: _Story) -> Telling:
    created_at = _optional_time(message, "created_at", story.telling.connection)
    said_at = story.telling.occurred_at if created_at is None else created_at
    telling = at_instant(story.telling, said_at // SECOND * SECOND)
    sender = message.optional_record("sender")
    named = (sender.optional_text("type") if sender else None) or message.optional_text("sender_type") or ""
    # A contact's own webhook data has no type; but only contacts' messages come in.
    speaker: ActorKind = _SENDERS.get(named.lower(), "customer" if kind == "incoming" and not named else "unknown")
    person = (sender.optional_identifier("id") if sender else None) or message.optional_identifier("sender_id")
    # Contacts are numbered for themselves: one may have the number of a user who is a program.
    by_program = _is_automatic(message) or telling.connection.is_bot(person)
    if kind == "template" or (speaker != "customer" and by_program):
        speaker = "bot"
    return replace(telling, actor_kind=speaker, actor_id=person)


def _is_automatic(message: Record) -> bool:
    attributes = (message.optional_record(name) for name in ("content_attributes", "additional_attributes"))
    names = ("automation_rule_id", "campaign_id")
    return any(one is not None and one.fields.get(name) is not None for one in attributes for name in names)


def _is_opening(telling: Telling, visibility: str) -> bool:
    """No person answers within two seconds: what an agent says so soon may be what they opened it with."""
    if telling.created_at is None or visibility != "public" or telling.actor_kind not in ("customer", "agent"):
        return False
    return 0 <= telling.occurred_at - telling.created_at // SECOND * SECOND <= _OPENING_WITHIN


def _deleted(attributes: Record, message_id: str, story: _Story) -> list[AnyEvent]:
    if not attributes.optional_flag("deleted"):
        return []
    fact = ("hidden", message_id, format_instant(story.telling.occurred_at))
    return [story.telling.event("message.hidden", fact, message={"id": message_id})]


def _rated(attributes: Record, message_id: str, story: _Story) -> list[AnyEvent]:
    """The answer to a survey, which Chatwoot keeps in the message that asked."""
    found, rating = attributes.find("submitted_values.csat_survey_response.rating")
    if not found or rating is None:
        return []
    fact = ("rating", message_id, str(as_text(rating)), format_instant(story.telling.occurred_at))
    return [replace(story.telling, actor_kind="customer").event("rating.given", fact, rating=rating)]


# --- Creation ---


def _created(story: _Story, opening: Telling, message: Mapping[str, str]) -> AnyEvent:
    at_creation = at_instant(opening, opening.created_at or opening.occurred_at)
    fact = ("created",) if opening.actor_kind == "customer" else ("created", "outgoing")
    return at_creation.event("ticket.created", fact, **_creation(story), message=message)


def _created_unseen(story: _Story) -> list[AnyEvent]:
    """A creation whose opening is not shown."""
    if story.telling.created_at is None:
        return []
    at_creation = at_instant(story.telling, story.telling.created_at)
    return [at_creation.event("ticket.created", ("created", "unseen"), **_creation(story))]


def _requester(conversation: Record) -> str | None:
    """Named so that no user has the same id."""
    meta = conversation.optional_record("meta")
    contact = meta.optional_record("sender") if meta else None
    person = contact.optional_identifier("id") if contact else None
    return None if person is None else identity("contact", person)


def _creation(story: _Story) -> dict[str, object]:
    channel = channel_of(story.conversation.optional_text("channel"), _CHANNELS)
    return {
        "status": story.statuses.known("open") or "open",
        "attributes": {"channel": channel} if channel else {},
        "requester": story.telling.requester or identity("contact", "unknown"),
    }


# --- Snapshots ---


def _snapshot(story: _Story) -> Iterator[AnyEvent]:
    conversation, telling = story.conversation, story.telling
    name = conversation.optional_text("status")
    if name:
        yield from shown_status(telling, story.statuses.read(name))
    meta = conversation.optional_record("meta")
    if meta is not None:
        # Known by its id, as a team may be renamed.
        team = meta.optional_record("team")
        yield from with_group_names(shown_assignment(telling, **_people(meta)), group_names([team] if team else []))
    yield from shown_attributes(shown_at(telling, telling.occurred_at), _attributes(story))


def _people(meta: Record) -> dict[str, str | None]:
    """A conversation that a bot has is nobody's: nobody handles it yet."""
    people: dict[str, str | None] = {}
    for field, name in (("assignee", "assignee"), ("group", "team")):
        if meta.has(name):
            person = meta.optional_record(name)
            people[field] = None if person is None else person.optional_identifier("id")
    assignee = meta.optional_record("assignee")
    named = meta.optional_text("assignee_type") or (assignee.optional_text("type") if assignee else None) or "user"
    if _SENDERS.get(named.lower()) == "bot":
        people["assignee"] = None
    return people


def _attributes(story: _Story) -> dict[str, AttributeValue | None]:
    conversation = story.conversation
    attributes: dict[str, AttributeValue | None] = {}
    if conversation.has("labels"):
        labels = as_text(conversation.fields["labels"] or [])
        if not isinstance(labels, tuple):
            raise conversation.fault("labels", "must be a list of texts")
        attributes["tags"] = tuple(sorted(labels))
    if conversation.has("priority"):
        attributes["priority"] = priority_of(conversation.optional_text("priority"))
    return {**attributes, **mapped_attributes(story.telling.connection, story.payload)}


# --- A sample ---


def sample(mark: str, at: int, connection: Connection) -> tuple[bytes, ...]:
    """See `base.Source`: created, and resolved."""
    person = {"id": PERSON, "type": "contact"}
    opened = at // SECOND
    message = {
        "id": f"{mark}-message",
        "account_id": connection.account,
        "message_type": 0,
        "content": TEXT,
        "created_at": opened,
        "private": False,
        "sender": person,
    }

    def told(event: str, status: str, updated_at: int) -> dict[str, object]:
        return {
            "event": event,
            "id": mark,
            "channel": "Channel::Email",
            "status": status,
            "created_at": opened,
            "updated_at": updated_at // SECOND,
            "labels": [],
            "messages": [message],
            "meta": {"sender": person, "assignee": None},
        }

    resolved = told("conversation_status_changed", "resolved", at + OPEN_FOR)
    return bodies(told("conversation_created", "open", at), resolved)
