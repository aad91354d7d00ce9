"""Help Scout: conversations and their threads, in version 2 of its payloads. FreeScout sends the same under headers of
its own name.

**The ticket** is the conversation's id: a deletion, a rating and a merge name nothing else. (The number that people see
first is beside it in the conversation's address.)

**Snapshots.** Which webhook it is stands in the header `X-HelpScout-Event`; the body is the conversation as it is. What
it shows is told as at the last user's change (`userUpdatedAt`), or later where something in it is later. A closed one
says when and by whom it was closed.

**Threads.** Where the body has threads, each is told at its own time, by its own author. The one that stands at the
creation is the opening. A thread also says the status that it set, so that a reply that closes is told as both.

**Who speaks.** `createdBy`: a user is an agent, a customer a customer, a `system_user` (AI) a program. What an
automatic workflow writes is a program's, though it bears a user's name.

Help Scout signs no time: an old webhook that is sent again tells the same facts.
"""

# ruff: noqa: ARG001 - sources have the same signatures, whatever they need of them

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from replyclock.domain.errors import InvalidInput, Unauthenticated
from replyclock.domain.events import ActorKind, AnyEvent, AttributeValue, Status, Visibility
from replyclock.domain.instants import SECOND, format_instant

from .base import (
    Connection,
    Record,
    Statuses,
    Telling,
    Translation,
    Webhook,
    channel_of,
    equal_texts,
    identity,
    mapped_attributes,
    no_handshake,
    read_json,
    secret_bytes,
    unreadable_body,
    usable_secrets,
)
from .base.at_creation import shown_at
from .base.facts import OPENING
from .base.samples import PERSON, TEXT, bodies, moments
from .base.snapshots import at_instant, shown_assignment, shown_attributes, shown_status

handshake = no_handshake

setup = """\
In Help Scout, Manage > Apps > Webhooks: set this URL as the callback URL, make up a secret of up to 40 characters, take
payload version V2, and choose all conversation events and Rating Received."""

_NAMES = ("X-HelpScout", "X-FreeScout")
_SIGNATURE = f"{_NAMES[0]}-Signature"

_STATUSES: Mapping[str, Status] = {"active": "open", "open": "open", "pending": "pending", "closed": "solved"}
_SPAM = "spam"
_UNCHANGED = "nochange"
_GONE = ("convo.deleted", "convo.deleted_forever")
_BACK = ("convo.status", "convo.restored")
"""After which a conversation that is no spam is none any more. A restoration of what was never gone says nothing."""
_AUTHORS: Mapping[str, ActorKind] = {"user": "agent", "team": "agent", "customer": "customer", "system_user": "bot"}
_MESSAGES: Mapping[str, Visibility] = {
    **dict.fromkeys(("customer", "message", "reply", "chat", "beaconchat", "forwardchild"), "public"),
    # A phone thread is what somebody wrote down of a call, a forwarded one went to somebody else.
    **dict.fromkeys(("note", "phone", "forwardparent"), "internal"),
}
_NOT_SENT = ("draft", "underreview")
_TAKEN_BACK = ("hidden", "deleted")
_AUTOMATIC = ("workflows", "orchestration", "workflow", "automatic-workflow")
"""Sources and actions of what no person wrote. A `manual-workflow` is run by one."""
_CHANNELS: Mapping[str, str] = {"email": "email", "chat": "chat", "phone": "phone"}
_RATINGS: Mapping[str, int] = {"great": 5, "okay": 3, "ok": 3, "bad": 1, "not good": 1}
_OPENING_WITHIN = 10 * SECOND
"""How long after the creation of a conversation its first thread may stand."""


# --- Signatures ---


def verify(webhook: Webhook, secrets: Sequence[str], now: int, connection: Connection, *, stage: str = "prod") -> None:
    """base64(HMAC-SHA1(secret, body)). There is no signed time to check. Raises Unauthenticated."""
    candidates = usable_secrets(secrets)
    given = _header(webhook, "Signature")
    if not given:
        raise Unauthenticated(f"has no {_SIGNATURE}")
    matches = [equal_texts(given, _signature(webhook.body, secret)) for secret in candidates]
    if not any(matches):
        raise Unauthenticated(f"{_SIGNATURE} is by none of the connection's {len(candidates)} secrets")


def _header(webhook: Webhook, name: str) -> str:
    return next(filter(None, (webhook.headers.get(f"{prefix}-{name}") for prefix in _NAMES)), "")


def _signature(body: bytes, secret: str) -> str:
    return base64.b64encode(hmac.digest(secret_bytes(secret), body, hashlib.sha1)).decode()


def sign(body: bytes, secret: str, now: int, *, url: str = "", event: str = "convo.status") -> dict[str, str]:
    """The headers with which Help Scout sends a body about `event`. It signs no time."""
    headers = {"Content-Type": "application/json", _SIGNATURE: _signature(body, secret)}
    return headers | {f"{_NAMES[0]}-Event": event}


# --- Translation ---


@dataclass(frozen=True, slots=True)
class _Story:
    """One webhook about one conversation."""

    payload: Record
    event: str
    threads: tuple[Record, ...]
    """The oldest first; those that say when they were written and are sent."""
    telling: Telling
    """By nobody who is known, as at the snapshot's own instant."""
    statuses: Statuses

    def instant(self, record: Record, name: str) -> int | None:
        """The time in a field, if there is one."""
        return record.optional_instant(name, self.telling.connection.zone)


def translate(webhook: Webhook, connection: Connection) -> Translation:
    """The events that a Help Scout webhook means; none for those about customers, tags and organizations.

    Which it is, is in the header `X-HelpScout-Event`; without it, a conversation is told as the snapshot that it is.
    """
    try:
        event = _header(webhook, "Event").lower()
        if event and not event.startswith(("convo.", "satisfaction.")):
            return Translation()
        payload = Record.of(read_json(webhook.body))
        if event in _GONE:
            return Translation(events=tuple(_deleted(payload, webhook, connection)))
        if event.startswith("satisfaction.") or (not event and payload.has("rating")):
            return Translation(events=tuple(_rated(payload, webhook, connection)))
        story = _read(payload, event, webhook, connection)
        return Translation(events=tuple(_told(story)), unknown_statuses=story.statuses.unknown)
    except InvalidInput as wrong:
        return unreadable_body(webhook, wrong)


def _read(payload: Record, event: str, webhook: Webhook, connection: Connection) -> _Story:
    threads = _threads(payload, connection)
    times = [
        *(payload.optional_instant(name, connection.zone) for name in ("createdAt", "userUpdatedAt", "closedAt")),
        *(thread.instant("createdAt", connection.zone) for thread in threads),
    ]
    latest = max((time for time in times if time is not None), default=webhook.received_at)
    telling = Telling(connection, payload.identifier("id"), latest, created_at=times[0])
    telling = replace(at_instant(telling, latest), requester=_requester(payload, telling))
    return _Story(payload, event, threads, telling, Statuses(connection, _STATUSES))


def _threads(payload: Record, connection: Connection) -> tuple[Record, ...]:
    embedded = payload.optional_record("_embedded")
    threads = embedded.records("threads") if embedded else []
    sent = [thread for thread in threads if _lower(thread, "state") not in _NOT_SENT and thread.has("createdAt")]
    return tuple(sorted(sent, key=lambda thread: thread.instant("createdAt", connection.zone)))


def _lower(record: Record, name: str) -> str:
    return (record.optional_text(name) or "").lower()


def _told(story: _Story) -> Iterator[AnyEvent]:
    payload = story.payload
    if _lower(payload, "state") == "draft":
        return
    opening = _opening(story)
    yield from _created(story, opening)
    last: tuple[int, Status] | None = None
    for thread in story.threads:
        telling = _by_author(thread, story)
        if thread is not opening:
            yield from _message(thread, telling)
        yield from _taken_back(thread, story)
        yield from _merged(thread, telling, story)
        if _lower(thread, "type") == "lineitem":
            yield from _assigned(thread, telling)
        changed_to = _status_of_thread(thread, story)
        if changed_to is not None:
            last = telling.occurred_at, changed_to
            yield telling.event("status.changed", ("thread", thread.identifier("id"), "status"), status=changed_to)
    yield from _snapshot(story, last)


# --- People ---


def _by_author(thread: Record, story: _Story) -> Telling:
    telling = at_instant(story.telling, thread.instant("createdAt", story.telling.connection.zone))
    telling = _by(thread.optional_record("createdBy"), telling)
    action, source = thread.optional_record("action"), thread.optional_record("source")
    said = (action and _lower(action, "type"), source and _lower(source, "type"))
    if telling.actor_kind == "agent" and any(one in _AUTOMATIC for one in said):
        return replace(telling, actor_kind="bot")
    return telling


def _by(person: Record | None, telling: Telling) -> Telling:
    if person is None:
        return replace(telling, actor_kind="unknown", actor_id=None)
    person_id = person.optional_identifier("id")
    kind: ActorKind = _AUTHORS.get(_lower(person, "type"), "unknown")
    # Users and customers are numbered each for themselves: a customer may have the number of a program.
    if kind != "customer" and telling.connection.is_bot(person_id):
        kind = "bot"
    return replace(telling, actor_kind=kind, actor_id=person_id)


# --- Creation ---


def _opening(story: _Story) -> Record | None:
    """The thread with which the conversation opened, where the body has it: the first one, at the creation."""
    created_at = story.telling.created_at
    first = next((thread for thread in story.threads if _lower(thread, "type") in _MESSAGES), None)
    if first is None or created_at is None:
        return None
    at_once = abs(first.instant("createdAt", story.telling.connection.zone) - created_at) <= _OPENING_WITHIN
    return first if at_once else None


def _created(story: _Story, opening: Record | None) -> list[AnyEvent]:
    """The creation, with nothing in it that a later snapshot shows otherwise.

    A body without any threads proves it, too, but for the opening's id. One that has only later threads does not say
    with what it opened, and leaves the creation to those that do; `created_at` tells its time.
    """
    payload, created_at = story.payload, story.telling.created_at
    if created_at is None or (opening is None and story.threads and story.event != "convo.created"):
        return []
    telling = _by(payload.optional_record("createdBy"), at_instant(story.telling, created_at))
    channel = channel_of(payload.optional_text("type"), _CHANNELS)
    if opening is not None:
        message = {"id": opening.identifier("id"), "visibility": _MESSAGES[_lower(opening, "type")]}
    else:
        logged = channel == "phone" and telling.actor_kind != "customer"
        message = {"id": OPENING, "visibility": "internal" if logged else "public"}
    fields: dict[str, Any] = {
        "status": story.statuses.known("active") or "open",
        "attributes": {"channel": channel} if channel else {},
        # That of nobody, so that an agent is not taken for the requester.
        "requester": telling.requester or identity("customer", "unknown"),
        "message": message,
    }
    return [telling.event("ticket.created", ("created",), **fields)]


def _requester(payload: Record, telling: Telling) -> str | None:
    """The customer, named so that no user can have the same id: the two are numbered each for themselves."""
    creator = _by(payload.optional_record("createdBy"), telling)
    customer = payload.optional_record("primaryCustomer") or payload.optional_record("customer")
    listed = customer.optional_identifier("id") if customer else None
    person = creator.actor_id if creator.actor_kind == "customer" else listed
    return None if person is None else identity("customer", person)


# --- Threads ---


def _message(thread: Record, telling: Telling) -> list[AnyEvent]:
    visibility = _MESSAGES.get(_lower(thread, "type"))
    if visibility is None:
        return []
    thread_id = thread.identifier("id")
    message = {"id": thread_id, "visibility": visibility}
    return [telling.event("message.added", ("thread", thread_id, "message"), message=message)]


def _taken_back(thread: Record, story: _Story) -> list[AnyEvent]:
    """Hidden from the customer, or deleted; when, is not said: as at the snapshot's instant."""
    if _lower(thread, "state") not in _TAKEN_BACK or _lower(thread, "type") not in _MESSAGES:
        return []
    thread_id = thread.identifier("id")
    fact = ("hidden", thread_id, format_instant(story.telling.occurred_at))
    return [story.telling.event("message.hidden", fact, message={"id": thread_id})]


def _merged(thread: Record, telling: Telling, story: _Story) -> list[AnyEvent]:
    """The conversation that went into this one; its own webhooks end."""
    action = thread.optional_record("action")
    if action is None or _lower(action, "type") != "merged":
        return []
    entities = action.optional_record("associatedEntities")
    original = entities.optional_identifier("originalConversation") if entities else None
    into = story.telling.ticket
    if original in (None, into):
        return []
    gone = replace(telling, ticket=str(original), created_at=None, requester=None, sequence=None)
    return [gone.event("ticket.merged", ("merged", into), into=into)]


def _assigned(thread: Record, telling: Telling) -> list[AnyEvent]:
    assigned_to = thread.optional_record("assignedTo")
    if assigned_to is None:
        return []
    fact = ("thread", thread.identifier("id"), "assignment")
    return [telling.event("assignment.changed", fact, **_assignment(assigned_to))]


def _assignment(assigned_to: Record) -> dict[str, str | None]:
    person = assigned_to.optional_identifier("id")
    field = "group" if _lower(assigned_to, "type") == "team" else "assignee"
    return {field: None if person == "0" else person}


def _status_of_thread(thread: Record, story: _Story) -> Status | None:
    name = _lower(thread, "status")
    return None if name in ("", _UNCHANGED, _SPAM) else story.statuses.read(name)


# --- Snapshots ---


def _snapshot(story: _Story, last: tuple[int, Status] | None) -> Iterator[AnyEvent]:
    """What the body shows besides its threads. `last` is what the last of these said of the status, and when: what is
    shown of a later moment is told also where it is the same, as the threads may leave out what was between.
    """
    payload, telling = story.payload, story.telling
    name = _lower(payload, "status")
    if name == _SPAM or _lower(payload, "state") == "deleted":
        yield telling.event("ticket.deleted", ("deleted", format_instant(telling.occurred_at)))
        return
    if story.event in _BACK:
        yield telling.event("ticket.restored", ("restored", format_instant(telling.occurred_at)))
    if name:
        status, at_change = story.statuses.read(name), _as_closed(story) if name == "closed" else telling
        if (at_change.occurred_at, status) != last:
            yield from shown_status(at_change, status)
    yield from shown_assignment(telling, **_shown_people(story))
    yield from shown_attributes(shown_at(telling, telling.occurred_at), _attributes(story))


def _as_closed(story: _Story) -> Telling:
    """At the time of closing, by the user who closed it (0 is Help Scout itself)."""
    closed_at = story.instant(story.payload, "closedAt")
    if closed_at is None:
        return story.telling
    closer = story.payload.optional_identifier("closedBy")
    kind: ActorKind = "unknown" if closer in (None, "0") else "agent"
    if story.telling.connection.is_bot(closer):
        kind = "bot"
    actor = None if closer == "0" else closer
    return replace(at_instant(story.telling, closed_at), actor_kind=kind, actor_id=actor)


def _shown_people(story: _Story) -> dict[str, str | None]:
    assignee = story.payload.optional_record("assignee")
    if assignee is not None:
        return _assignment(assignee)
    # Nobody has it where the field is null; where it is missing, only a webhook about the assignment says so.
    return {"assignee": None} if story.payload.has("assignee") or story.event == "convo.assigned" else {}


def _attributes(story: _Story) -> dict[str, AttributeValue | None]:
    payload = story.payload
    attributes: dict[str, AttributeValue | None] = {}
    if payload.has("tags"):
        attributes["tags"] = tuple(sorted(tag.text("tag") for tag in payload.records("tags")))
    if (mailbox := payload.optional_identifier("mailboxId")) is not None:
        attributes["brand"] = mailbox
    return {**attributes, **mapped_attributes(story.telling.connection, _with_custom_fields(payload))}


def _with_custom_fields(payload: Record) -> Record:
    """Custom fields are found at `custom_fields.<id>`: where one stands in the list says nothing.

    `text` is what people see of a choice, `value` may be only its id.
    """
    fields = {
        field.identifier("id"): field.fields.get("text") or field.fields.get("value")
        for field in payload.records("customFields")
    }
    return Record({**payload.fields, "custom_fields": fields})


# --- Other webhooks ---


def _deleted(payload: Record, webhook: Webhook, connection: Connection) -> list[AnyEvent]:
    """A deletion has nothing but the id: it occurred when it was received, and a repetition is the same deletion."""
    telling = Telling(connection, payload.identifier("id"), webhook.received_at)
    return [telling.event("ticket.deleted", ("deleted",))]


def _rated(payload: Record, webhook: Webhook, connection: Connection) -> list[AnyEvent]:
    name = payload.text("rating").casefold()
    rating = _RATINGS.get(name)
    if rating is None:
        raise payload.fault("rating", "must be Great, Okay or Bad")
    times = (payload.optional_instant(field, connection.zone) for field in ("modifiedAt", "createdAt"))
    customer = payload.optional_record("customer")
    telling = Telling(
        connection=connection,
        ticket=payload.identifier("conversationId" if payload.has("conversationId") else "ticketId"),
        occurred_at=next((time for time in times if time is not None), webhook.received_at),
        actor_kind="customer",
        actor_id=customer.optional_identifier("id") if customer else None,
    )
    fact = ("rating", payload.identifier("id"), str(rating), format_instant(telling.occurred_at))
    return [telling.event("rating.given", fact, rating=rating)]


# --- A sample ---


def sample(mark: str, at: int, connection: Connection) -> tuple[bytes, ...]:
    """See `base.Source`: begun by e-mail, and deleted."""
    opened, ended = moments(at)
    person = {"type": "customer", "id": PERSON}
    thread = {
        "id": f"{mark}-message",
        "type": "customer",
        "state": "published",
        "createdAt": opened,
        "createdBy": person,
        "body": TEXT,
    }

    def told(state: str, updated_at: str) -> dict[str, object]:
        return {
            "id": mark,
            "type": "email",
            "status": "active",
            "state": state,
            "createdAt": opened,
            "userUpdatedAt": updated_at,
            "createdBy": person,
            "primaryCustomer": person,
            "_embedded": {"threads": [thread]},
        }

    return bodies(told("published", opened), told("deleted", ended))
