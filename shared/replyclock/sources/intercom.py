"""Intercom: conversations and tickets, from webhooks of any topic about them.

**Parts.** What happened is in the *parts* of a conversation or ticket: each has an id, a time and an author. They are
read whatever the topic says: `ticket.admin.replied` comes for an assignment, too. A ticket's webhook repeats all parts
so far, a conversation's has the newest; as a part has the same event ids everywhere, each is counted once.

**The rest.** Status, assignment and attributes are also in the snapshot around the parts, as at its `updated_at`. What
the parts do not tell (a customer's reply reopens a closed conversation) is told from there.

**Who speaks.** The author of the part: an admin is an agent, users, leads and contacts are customers, and bots are
programs, as is an admin whose answer Fin gave (`from_ai_agent`, `is_ai_answer`). An automated message that opens a
conversation (`source.delivered_as`) is a program's.

**Texts in other parts.** Who answers and closes, reopens or snoozes at once makes one part of both, a `close` or `open`
with a body, and so does the customer whose e-mail reopens a conversation: these are messages. Who answers an
unassigned conversation makes an `assignment` to themselves with a body: that is a reply. An assignment to another
teammate looks the same where its text is a note for them. The conversation's statistics say when an admin replied: it
is a reply where they say that instant, else none.

**Redaction.** Parts say that they are redacted; those of versions before 2.0 do not, and show it by their text.

All times are whole seconds since 1970. Intercom signs no time: an old webhook that is sent again tells the same facts.
"""

# ruff: noqa: ARG001 - sources have the same signatures, whatever they need of them

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from replyclock.domain.errors import InvalidInput, Unauthenticated
from replyclock.domain.events import ActorKind, AnyEvent, AttributeValue, Status, Visibility
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
    equal_texts,
    mapped_attributes,
    read_json,
    secret_bytes,
    unreadable_body,
    usable_secrets,
)
from .base.at_creation import shown_at
from .base.epoch import epoch_instant, optional_epoch_instant
from .base.facts import OPENING
from .base.samples import OPEN_FOR, PERSON, TEXT, bodies
from .base.snapshots import at_instant, shown_assignment, shown_attributes, shown_status

setup = """\
In Intercom's Developer Hub, open your app > Webhooks: set this URL as the endpoint and choose the topics that begin
with conversation. and ticket. The secret is the app's client secret (Basic information)."""

_SIGNATURE = "X-Hub-Signature"

_STATUSES: Mapping[str, Status] = {
    # conversations
    "open": "open",
    "snoozed": "pending",
    "closed": "solved",
    # tickets, by the category of their state
    "submitted": "new",
    "in_progress": "open",
    "waiting_on_customer": "pending",
    "resolved": "solved",
}
_STATUS_PARTS: Mapping[str, str] = {
    **dict.fromkeys(("open", "unsnoozed", "timer_unsnooze"), "open"),
    **dict.fromkeys(("assign_and_reopen", "note_and_reopen", "assign_and_unsnooze"), "open"),
    "snoozed": "snoozed",
    "close": "closed",
}
"""The parts that change the state of a conversation, and into what."""
_MESSAGE_PARTS: Mapping[str, Visibility] = {
    "comment": "public",
    "quick_reply": "public",
    "channel_and_reply_time_expectation": "public",  # "The team will reply as soon as they can", by Intercom's bot
    "note": "internal",
    "note_and_reopen": "internal",
}
_SPEAKING_PARTS = ("open", "close", "snoozed", "unsnoozed")
"""The parts that change the state, and hold what was said with it, if something was."""
_ASSIGNING_PARTS = ("assignment", "assign_and_reopen", "assign_and_unsnooze")
_TAG = re.compile(r"<(?!img\b)[^<>]*>|&nbsp;|&#160;")
"""What shows nothing."""
_REDACTED = "this message was deleted"
_AUTHORS: Mapping[str, ActorKind] = {
    "admin": "agent",
    "bot": "bot",
    **dict.fromkeys(("user", "lead", "contact", "visitor"), "customer"),
}
_BY_PROGRAMS = ("automated", "campaigns_initiated", "operator_initiated")
_CHANNELS: Mapping[str, str] = {
    **dict.fromkeys(("conversation", "messenger", "chat"), "chat"),
    "email": "email",
    **dict.fromkeys(("phone_call", "phone_switch", "phone"), "phone"),
    **dict.fromkeys(("facebook", "instagram", "twitter", "whatsapp"), "social"),
    "sms": "sms",
    "push": "app",
}
_PRIORITIES: Mapping[str, str] = {"priority": "high", "not_priority": "normal"}
_NOBODY = ("0", None)


# --- Signatures ---


def handshake(
    webhook: Webhook, secrets: Sequence[str], now: int, connection: Connection, *, stage: str = "prod"
) -> Answer | None:
    """Intercom asks with HEAD whether there is something at the address, before it takes it. It signs nothing then,
    and gets nothing back.
    """
    return Answer(200, {}) if webhook.method.upper() == "HEAD" else None


def verify(webhook: Webhook, secrets: Sequence[str], now: int, connection: Connection, *, stage: str = "prod") -> None:
    """`sha1=` and the HMAC-SHA1 of the body in hex, by the app's client secret. There is no signed time to check.

    Raises Unauthenticated.
    """
    candidates = usable_secrets(secrets)
    given = webhook.headers.get(_SIGNATURE)
    if not given:
        raise Unauthenticated(f"has no {_SIGNATURE}")
    matches = [equal_texts(given, _signature(webhook.body, secret)) for secret in candidates]
    if not any(matches):
        raise Unauthenticated(f"{_SIGNATURE} is by none of the connection's {len(candidates)} secrets")


def _signature(body: bytes, secret: str) -> str:
    return "sha1=" + hmac.digest(secret_bytes(secret), body, hashlib.sha1).hex()


def sign(body: bytes, secret: str, now: int, *, url: str = "") -> dict[str, str]:
    """The headers with which Intercom sends a body. It signs no time."""
    return {"Content-Type": "application/json", _SIGNATURE: _signature(body, secret)}


# --- Translation ---


@dataclass(frozen=True, slots=True)
class _Story:
    """One webhook about one conversation or ticket."""

    payload: Record
    """With the conversation or ticket also at its own name, wherever the topic has put it: paths of attributes should
    not depend on topics.
    """
    item: Record
    is_ticket: bool
    parts: tuple[Record, ...]
    telling: Telling
    """By nobody who is known, as at the snapshot's own instant."""
    statuses: Statuses
    about_redaction: bool


def translate(webhook: Webhook, connection: Connection) -> Translation:
    """The events that an Intercom webhook means; none for a ping and for topics about people, companies and the like.

    A body that is no notification of Intercom's is unreadable.
    """
    try:
        payload = Record.of(read_json(webhook.body))
        topic = payload.text("topic")
        if topic == "ping":
            return Translation()
        if not connection.is_account([payload.optional_identifier("app_id")]):
            raise payload.fault("app_id", "is not the account of this connection")
        item = payload.record("data").record("item")
        if topic.endswith(".deleted"):
            return Translation(events=tuple(_deleted(payload, item, webhook, connection)))
        story = _read(payload, item, webhook, connection)
        if story is None:
            return Translation()
        return Translation(events=tuple(_told(story)), unknown_statuses=story.statuses.unknown)
    except InvalidInput as wrong:
        return unreadable_body(webhook, wrong)


def _read(payload: Record, item: Record, webhook: Webhook, connection: Connection) -> _Story | None:
    """None where the webhook is about something else."""
    kind, found = _subject(item)
    if found is None:
        return None
    is_ticket = kind == "ticket"
    updated_at = optional_epoch_instant(found, "updated_at")
    telling = Telling(
        connection=connection,
        ticket=found.identifier("ticket_id" if is_ticket else "id"),
        occurred_at=_sent_at(payload, webhook),
        created_at=optional_epoch_instant(found, "created_at"),
    )
    telling = at_instant(telling, telling.occurred_at if updated_at is None else updated_at)
    telling = replace(telling, requester=_requester(found, is_ticket, telling))
    named = Record({**payload.fields, kind: found.fields})
    parts = tuple(_parts(found, item, kind))
    about_redaction = payload.text("topic").endswith(".redacted")
    return _Story(named, found, is_ticket, parts, telling, Statuses(connection, _STATUSES), about_redaction)


def _subject(item: Record) -> tuple[str, Record | None]:
    """The conversation or the ticket that an item is, or has in it beside a part or a tag."""
    kind = item.optional_text("type")
    if kind in ("ticket", "conversation"):
        return kind, item
    # From version 2.15 on, some ticket topics have the ticket within the item, as ticket_ticket_part always had.
    ticket = item.optional_record("ticket")
    if ticket is not None:
        return "ticket", ticket
    # Beside a contact that was attached stands something else of this name, which has no id.
    conversation = item.optional_record("conversation")
    return "conversation", conversation if conversation is not None and conversation.has("id") else None


def _sent_at(payload: Record, webhook: Webhook) -> int:
    sent_at = optional_epoch_instant(payload, "created_at")
    return webhook.received_at if sent_at is None else sent_at


def _parts(found: Record, item: Record, kind: str) -> Iterator[Record]:
    """All parts of the snapshot, and the one that the webhook is about where it stands beside the snapshot."""
    listed = found.optional_record(f"{kind}_parts")
    parts = listed.records(f"{kind}_parts") if listed else []
    yield from parts
    own = item.optional_record(f"{kind}_part")
    if own is not None and own.identifier("id") not in {part.identifier("id") for part in parts}:
        yield own


def _told(story: _Story) -> Iterator[AnyEvent]:
    yield from _created(story)
    last: tuple[int, Status] | None = None
    for part in story.parts:
        telling = _by(part, at_instant(story.telling, epoch_instant(part, "created_at")))
        yield from _message(part, telling, story)
        yield from _assigned(part, telling)
        changed_to = _status_of_part(part, story)
        if changed_to is not None:
            last = telling.occurred_at, changed_to
            fact = ("part", part.identifier("id"), "status")
            yield telling.event("status.changed", fact, status=changed_to)
        if _is_redacted(part, about_redaction=story.about_redaction and len(story.parts) == 1):
            yield from _hidden(part, story.telling)
    yield from _snapshot(story, last)


# --- People ---


def _by(part: Record, telling: Telling) -> Telling:
    author = part.optional_record("author")
    if author is None:
        return replace(telling, actor_kind="unknown", actor_id=None)
    person = author.optional_identifier("id")
    kind: ActorKind = _AUTHORS.get((author.optional_text("type") or "").lower(), "unknown")
    by_program = author.optional_flag("from_ai_agent") or author.optional_flag("is_ai_answer")
    if telling.connection.is_bot(person) or (by_program and kind != "customer"):
        kind = "bot"
    return replace(telling, actor_kind=kind, actor_id=person)


def _requester(item: Record, is_ticket: bool, telling: Telling) -> str | None:
    """The customer who opened it, else the one whom it is about."""
    opening = None if is_ticket else _opening(item)
    opener = telling if opening is None else _by(opening, telling)
    return opener.actor_id if opener.actor_kind == "customer" else _contact(item)


def _opening(conversation: Record) -> Record | None:
    # `conversation_message` is what versions before 2.0 call it.
    return conversation.optional_record("source") or conversation.optional_record("conversation_message")


def _contact(item: Record) -> str | None:
    """The customer whom it is about: the first of its contacts, `user` in older versions."""
    listed = item.optional_record("contacts")
    contacts = listed.records("contacts") if listed else []
    first = contacts[0] if contacts else item.optional_record("user")
    return first.optional_identifier("id") if first else None


# --- Creation ---


def _created(story: _Story) -> list[AnyEvent]:
    """The creation, with nothing in it that a later snapshot shows otherwise: every webhook tells it alike.

    It is proved by the time that the snapshot states, and for a conversation by the message that opened it.
    """
    if story.telling.created_at is None:
        return []
    at_creation = at_instant(story.telling, story.telling.created_at)
    return _ticket_created(story, at_creation) if story.is_ticket else _conversation_created(story, at_creation)


def _conversation_created(story: _Story, at_creation: Telling) -> list[AnyEvent]:
    opening = _opening(story.item)
    if opening is None:
        return []
    telling = _by(opening, at_creation)
    if (opening.optional_text("delivered_as") or "").lower() in _BY_PROGRAMS and telling.actor_kind != "customer":
        telling = replace(telling, actor_kind="bot")
    channel = channel_of(opening.optional_text("type"), _CHANNELS) if story.item.has("source") else None
    fields: dict[str, Any] = {
        "status": story.statuses.known("open") or "open",
        "attributes": {"channel": channel} if channel else {},
        "message": {"id": opening.optional_identifier("id") or OPENING, "visibility": "public"},
    }
    created = [telling.event("ticket.created", ("created",), **fields)]
    if _is_redacted(opening, about_redaction=False):
        created.extend(_hidden(opening, story.telling))
    return created


def _ticket_created(story: _Story, at_creation: Telling) -> list[AnyEvent]:
    """Who made a ticket is not said: a customer by a form, somebody for them, or Fin. Its contact is the requester.

    Only tickets of the category Customer are shown to customers.
    """
    channel = channel_of(story.item.optional_text("channel"), _CHANNELS)
    shown = (story.item.optional_text("category") or "customer").lower() == "customer"
    fields: dict[str, Any] = {
        "status": story.statuses.known("submitted") or "new",
        "attributes": {"channel": channel} if channel else {},
        "message": {"id": OPENING, "visibility": "public" if shown else "internal"},
    }
    return [at_creation.event("ticket.created", ("created",), **fields)]


# --- Parts ---


def _message(part: Record, telling: Telling, story: _Story) -> list[AnyEvent]:
    kind = _type_of(part)
    visibility = _MESSAGE_PARTS.get(kind)
    if (
        visibility is None
        and _has_content(part)
        and (kind in _SPEAKING_PARTS or _is_reply(part, kind, telling, story.item))
    ):
        visibility = "public"
    if visibility is None:
        return []
    part_id = part.identifier("id")
    message = {"id": part_id, "visibility": visibility}
    return [telling.event("message.added", ("part", part_id, "message"), message=message)]


def _has_content(part: Record) -> bool:
    """Whether something is said in a part: a text, a picture or a file."""
    return bool(_TAG.sub("", part.optional_text("body") or "").strip() or part.records("attachments"))


def _is_reply(part: Record, kind: str, telling: Telling, item: Record) -> bool:
    """Whether what an agent says in a part of another type goes to the customer: where they assign it to themselves,
    or where the conversation's statistics state an admin's reply just then.

    Both are seen in a recorded `conversation.admin.open.assigned`.
    """
    if telling.actor_kind != "agent":
        return False
    assigned_to = part.optional_record("assigned_to") if kind in _ASSIGNING_PARTS else None
    assignee = _assignment(assigned_to).get("assignee") if assigned_to else None
    if assignee is not None and assignee == telling.actor_id:
        return True
    statistics = item.optional_record("statistics")
    return statistics is not None and telling.occurred_at in (
        _stated(statistics, name) for name in ("first_admin_reply_at", "last_admin_reply_at")
    )


def _stated(statistics: Record, name: str) -> int | None:
    """A time of the statistics: a text in webhooks, seconds since 1970 in the API."""
    if isinstance(statistics.fields.get(name), str):
        return statistics.optional_instant(name)
    return optional_epoch_instant(statistics, name)


def _is_redacted(message: Record, *, about_redaction: bool) -> bool:
    """Whether a text was taken away. `about_redaction` says that the webhook is about nothing but that."""
    flag = message.optional_flag("redacted")
    if flag is not None:
        return flag
    return about_redaction or _TAG.sub("", message.optional_text("body") or "").strip().casefold() == _REDACTED


def _hidden(message: Record, telling: Telling) -> list[AnyEvent]:
    """A message whose text was taken away, as at the time at which it is shown so; a part says when it was changed."""
    message_id = message.optional_identifier("id") or OPENING
    updated_at = optional_epoch_instant(message, "updated_at")
    if updated_at is not None:
        telling = at_instant(telling, updated_at)
    fact = ("hidden", message_id, format_instant(telling.occurred_at))
    return [telling.event("message.hidden", fact, message={"id": message_id})]


def _assigned(part: Record, telling: Telling) -> list[AnyEvent]:
    assigned_to = part.optional_record("assigned_to")
    if assigned_to is None:
        return []
    fields = _assignment(assigned_to)
    return [telling.event("assignment.changed", ("part", part.identifier("id"), "assignment"), **fields)]


def _assignment(assigned_to: Record) -> dict[str, str | None]:
    """Nobody is written as `nobody_admin` without an id."""
    field = "group" if "team" in (assigned_to.optional_text("type") or "").lower() else "assignee"
    return {field: _somebody(assigned_to, "id")}


def _somebody(record: Record, name: str) -> str | None:
    person = record.optional_identifier(name)
    return None if person in _NOBODY else person


def _status_of_part(part: Record, story: _Story) -> Status | None:
    name = part.optional_text("ticket_state") or _STATUS_PARTS.get(_type_of(part))
    return None if name is None else story.statuses.read(name)


def _type_of(part: Record) -> str:
    return (part.optional_text("part_type") or "").lower()


# --- Snapshots ---


def _snapshot(story: _Story, last: tuple[int, Status] | None) -> Iterator[AnyEvent]:
    """What the snapshot shows besides its parts. `last` is what the last of these said of the status, and when: what is
    shown of a later moment is told also where it is the same, as the parts may leave out what was between.
    """
    item, telling = story.item, story.telling
    status = _status(story)
    created_as = story.statuses.known("submitted" if story.is_ticket else "open")
    since = _as_closed(story) if item.optional_text("state") == "closed" else telling
    if status is not None and (since.occurred_at, status) not in (last, (telling.created_at, created_as)):
        yield from shown_status(since, status)
    yield from shown_assignment(telling, **_shown_people(item))
    yield from shown_attributes(shown_at(telling, telling.occurred_at), _attributes(story))
    rating = item.optional_record("conversation_rating")
    if rating is not None and (given := rating.optional_integer("rating")) is not None:
        yield from _rated(rating, given, story)


def _as_closed(story: _Story) -> Telling:
    """When a closed conversation was closed last, which its statistics state."""
    statistics = story.item.optional_record("statistics")
    closed_at = _stated(statistics, "last_close_at") if statistics else None
    return story.telling if closed_at is None else at_instant(story.telling, closed_at)


def _status(story: _Story) -> Status | None:
    """The status of the snapshot. A ticket's own state may be mapped by its id or its name, else its category counts; a
    closed one is done and a snoozed one waits, whatever state it was left in.
    """
    item, statuses = story.item, story.statuses
    if not story.is_ticket:
        state = item.optional_text("state")
        return None if not state else statuses.read(state)
    if item.optional_flag("open") is False:
        return statuses.known("closed")
    if item.fields.get("snoozed_until"):
        return statuses.known("snoozed")
    state_of_ticket = item.optional_record("ticket_state")
    if state_of_ticket is None:
        return None
    names = (state_of_ticket.optional_identifier("id"), state_of_ticket.optional_text("internal_label"))
    mapped = [status for status in map(statuses.mapped, names) if status is not None]
    if mapped:
        return mapped[0]
    category = state_of_ticket.optional_text("category")
    return None if not category else statuses.read(category)


def _shown_people(item: Record) -> dict[str, str | None]:
    assignee = item.optional_record("assignee")  # versions before 2.0
    if assignee is not None:
        return _assignment(assignee)
    fields = {"assignee": "admin_assignee_id", "group": "team_assignee_id"}
    return {field: _somebody(item, name) for field, name in fields.items() if item.has(name)}


def _attributes(story: _Story) -> dict[str, AttributeValue | None]:
    attributes: dict[str, AttributeValue | None] = {}
    listed = story.item.optional_record("tags")
    if listed is not None:
        attributes["tags"] = tuple(sorted(tag.text("name") for tag in listed.records("tags")))
    priority = story.item.optional_text("priority")
    if priority:
        attributes["priority"] = _PRIORITIES.get(priority.lower(), priority.lower())
    return {**attributes, **mapped_attributes(story.telling.connection, story.payload)}


def _rated(rating: Record, given: int, story: _Story) -> list[AnyEvent]:
    """`created_at` is when the rating was asked for; newer versions also say when it was given."""
    times = (optional_epoch_instant(rating, name) for name in ("updated_at", "created_at"))
    rated_at = next((time for time in times if time is not None), story.telling.occurred_at)
    contact = rating.optional_record("contact") or rating.optional_record("customer")
    telling = replace(
        at_instant(story.telling, rated_at),
        actor_kind="customer",
        actor_id=contact.optional_identifier("id") if contact else None,
    )
    return [telling.event("rating.given", ("rating", str(given), format_instant(rated_at)), rating=given)]


def _deleted(payload: Record, item: Record, webhook: Webhook, connection: Connection) -> list[AnyEvent]:
    """Deletions have nothing but the id, and are told at the time of the webhook."""
    ticket = item.optional_identifier("ticket_id") or item.optional_identifier("conversation_id")
    if ticket is None:
        return []  # a person or a company
    telling = Telling(connection, ticket, _sent_at(payload, webhook))
    return [telling.event("ticket.deleted", ("deleted",))]


# --- A sample ---


def sample(mark: str, at: int, connection: Connection) -> tuple[bytes, ...]:
    """See `base.Source`: a conversation that was begun by e-mail, and deleted."""
    opened = at // SECOND
    person = {"type": "user", "id": PERSON}
    conversation = {
        "type": "conversation",
        "id": mark,
        "created_at": opened,
        "updated_at": opened,
        "state": "open",
        "source": {
            "type": "email",
            "id": f"{mark}-message",
            "delivered_as": "customer_initiated",
            "author": person,
            "body": TEXT,
        },
        "contacts": {"type": "contact.list", "contacts": [person]},
        "conversation_parts": {"type": "conversation_part.list", "conversation_parts": []},
    }
    notification = {"type": "notification_event", "app_id": connection.account}
    created = {"topic": "conversation.user.created", "created_at": opened, "data": {"item": conversation}}
    gone = {"type": "conversation", "conversation_id": mark}
    deleted = {"topic": "conversation.deleted", "created_at": (at + OPEN_FOR) // SECOND, "data": {"item": gone}}
    return bodies(notification | created, notification | deleted)
