"""Zammad: the default payload of its webhooks, a snapshot of the ticket and the article that the trigger is about.

**Who speaks.** `article.sender` is Customer, Agent or System. An agent may write down what a customer said (on the
phone, say): then `origin_by_id` is the customer, and it is they who spoke. An e-mail that Zammad found to be
automatic (`preferences.is-auto-response`) was sent by a program, whoever's address it bears.

**The opening** is the ticket's first article: a webhook about it proves the creation. Later webhooks have the ticket's
creation time, and tell no `ticket.created`.

**Changes** are not told one by one, there are only snapshots: status, assignment and attributes are told as of
`updated_at`, or of the creation where that is at most a second ago, as Zammad writes ticket and first article one
after the other.

Zammad signs no time, so an old webhook can be sent again by whoever has seen it; as ids name facts, that changes
nothing.
"""

# ruff: noqa: ARG001 - sources have the same signatures, whatever they need of them

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from replyclock.domain.errors import InvalidInput, Unauthenticated
from replyclock.domain.events import RESOLVED, ActorKind, AnyEvent, AttributeValue, Status
from replyclock.domain.instants import format_instant

from . import generic
from .base import (
    Connection,
    Record,
    Statuses,
    Telling,
    Translation,
    Webhook,
    channel_of,
    equal_texts,
    mapped_attributes,
    no_handshake,
    priority_of,
    read_json,
    secret_bytes,
    unreadable_body,
    usable_secrets,
)
from .base.at_creation import shown_at
from .base.samples import PERSON, TEXT, bodies, moments
from .base.snapshots import shown_assignment, shown_attributes, shown_status

handshake = no_handshake

setup = """\
In Zammad, Manage > Webhook: add one with this URL, the secret as HMAC SHA1 Signature Token, and the default payload.
Then in Manage > Trigger: two triggers that send it, one for Action is created, one for Action is updated."""

_SIGNATURE = "X-Hub-Signature"
_NOBODY = _SYSTEM = "1"
"""The user `-`, which owns what nobody owns and does what no person does."""
_STATUSES: Mapping[str, Status] = {
    "new": "new",
    "open": "open",
    "pending reminder": "pending",
    "pending close": "pending",
    "closed": "closed",
}
_GONE = ("merged", "removed")
"""The payload does not say into which ticket another one was merged: it stands still, as a deleted one does."""
_CHANNELS: Mapping[str, str] = {
    "twitter status": "social",
    "twitter direct-message": "social",
    "facebook feed post": "social",
    "facebook feed comment": "social",
    "facebook direct-message": "social",
    "telegram personal-message": "social",
    "whatsapp message": "social",
}
_SENDERS: Mapping[str, ActorKind] = {"customer": "customer", "agent": "agent", "system": "system"}
_AGENT_ROLES = ("agent", "admin")


# --- Signatures ---


def verify(webhook: Webhook, secrets: Sequence[str], now: int, connection: Connection, *, stage: str = "prod") -> None:
    """`sha1=` and the HMAC-SHA1 of the body in hex. There is no signed time to check. Raises Unauthenticated."""
    candidates = usable_secrets(secrets)
    given = webhook.headers.get(_SIGNATURE)
    if not given:
        raise Unauthenticated(f"has no {_SIGNATURE}")
    if not any(equal_texts(given, _signature(webhook.body, secret)) for secret in candidates):
        raise Unauthenticated(f"{_SIGNATURE} is by none of the connection's {len(candidates)} secrets")


def _signature(body: bytes, secret: str) -> str:
    return "sha1=" + hmac.digest(secret_bytes(secret), body, hashlib.sha1).hex()


def sign(body: bytes, secret: str, now: int, *, url: str = "") -> dict[str, str]:
    """The headers with which Zammad sends a body."""
    return {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Zammad User Agent",
        "X-Zammad-Delivery": hashlib.sha256(body).hexdigest()[:32],
        _SIGNATURE: _signature(body, secret),
    }


# --- Translation ---


@dataclass(frozen=True, slots=True)
class _Story:
    """One webhook, read as far as all events have it."""

    payload: Record
    ticket: Record
    telling: Telling
    """At the moment that the snapshot shows, by the one who changed the ticket last."""
    statuses: Statuses


def translate(webhook: Webhook, connection: Connection) -> Translation:
    """The events that a webhook means: its article, and what the ticket is like. A custom payload may hold canonical
    events instead, which Zammad signs as well.
    """
    try:
        document = read_json(webhook.body)
        if isinstance(document, list) or (isinstance(document, dict) and isinstance(document.get("ticket"), str)):
            return generic.translate(webhook, connection)
        payload = Record.of(document)
        story = _read(payload, webhook, connection)
        events = _spoken(story) + _shown(story)
        return Translation(events=tuple(events), unknown_statuses=story.statuses.unknown)
    except InvalidInput as wrong:
        return unreadable_body(webhook, wrong)


def _read(payload: Record, webhook: Webhook, connection: Connection) -> _Story:
    ticket = payload.record("ticket")
    created_at, updated_at = ticket.optional_instant("created_at"), ticket.optional_instant("updated_at")
    kind, person = _changer(ticket, connection)
    telling = Telling(
        connection=connection,
        ticket=ticket.identifier("number"),
        occurred_at=webhook.received_at,
        created_at=created_at,
        actor_kind=kind,
        actor_id=person,
        requester=_user(ticket, "customer"),
    )
    return _Story(payload, ticket, shown_at(telling, updated_at), Statuses(connection, _STATUSES))


def _user(record: Record, name: str) -> str | None:
    """The id of a user."""
    return record.optional_identifier(f"{name}_id")


def _is_bot(record: Record, name: str, connection: Connection) -> bool:
    """By id, login or address; those who are shown by their login alone, by that."""
    shown = record.fields.get(name)
    user = Record.of(shown, record.place(name)) if isinstance(shown, Mapping) else Record({"login": shown})
    names = [user.fields.get("login"), user.fields.get("email")]
    return connection.is_bot(_user(record, name)) or any(
        connection.is_bot(one) for one in names if isinstance(one, str)
    )


def _changer(ticket: Record, connection: Connection) -> tuple[ActorKind, str | None]:
    """Who changed the ticket last: on a ticket of their own also an agent is the customer."""
    person = _user(ticket, "updated_by")
    if _is_bot(ticket, "updated_by", connection):
        return "bot", person
    if person == _SYSTEM:
        return "system", person
    if person is not None and person == _user(ticket, "customer"):
        return "customer", person
    _, roles = ticket.find("updated_by.roles")
    names = {one.lower() for one in roles if isinstance(one, str)} if isinstance(roles, list) else set()
    if names.intersection(_AGENT_ROLES):
        return "agent", person
    return "customer" if "customer" in names else "unknown", person


# --- Articles ---


def _spoken(story: _Story) -> list[AnyEvent]:
    """The article, if the webhook has one: as the ticket's creation where it is the first one."""
    fields = story.payload.fields.get("article")
    if not fields:
        return []
    article = Record.of(fields, "article")
    article_id = article.identifier("id")
    telling = _by_author(story, article)
    message = {"id": article_id, "visibility": "internal" if article.flag("internal") else "public"}
    if story.telling.created_at is not None and article_id == _first_article(story.ticket):
        return [_created(story, telling, message)]
    instant = article.optional_instant("created_at")
    telling = replace(telling, occurred_at=story.telling.occurred_at if instant is None else instant)
    return [telling.event("message.added", ("article", article_id), message=message)]


def _by_author(story: _Story, article: Record) -> Telling:
    connection = story.telling.connection
    telling = replace(story.telling, sequence=None)
    if article.find("preferences.is-auto-response") == (True, True):
        # Without an id: what the requester's mailbox sends by itself is not said by the requester.
        return replace(telling, actor_kind="bot", actor_id=None)
    author = "created_by" if _user(article, "origin_by") is None else "origin_by"
    person = _user(article, author)
    kind = _SENDERS.get((article.optional_text("sender") or "").lower(), "unknown")
    if _is_bot(article, author, connection):
        kind = "bot"
    return replace(telling, actor_kind=kind, actor_id=person)


def _first_article(ticket: Record) -> str | None:
    """Articles are numbered as they are written."""
    ids = ticket.fields.get("article_ids")
    numbers = (
        [one for one in ids if isinstance(one, int) and not isinstance(one, bool)] if isinstance(ids, list) else []
    )
    return str(min(numbers)) if numbers else None


def _created(story: _Story, telling: Telling, message: Mapping[str, str]) -> AnyEvent:
    """Only what no later snapshot could show differently: the rest is told as of the snapshot.

    But a ticket that is opened closed has to be told as such, as it never waits.
    """
    created_at = story.telling.created_at
    assert created_at is not None
    fields: dict[str, Any] = {"message": dict(message)}
    if story.telling.occurred_at == created_at:
        status = story.statuses.known(_named(story.ticket, "state"))
        if status in RESOLVED:
            fields["status"] = status
    opening = replace(telling, occurred_at=created_at, sequence=0)
    return opening.event("ticket.created", ("created",), **fields)


# --- Snapshots ---


def _shown(story: _Story) -> list[AnyEvent]:
    state = _named(story.ticket, "state")
    if state is not None and state.lower() in _GONE:
        when = format_instant(story.telling.occurred_at)
        return [story.telling.event("ticket.deleted", (state.lower(), when))]
    return [
        *(shown_status(story.telling, story.statuses.read(state)) if state else []),
        *shown_assignment(story.telling, **_assignment(story.ticket)),
        *shown_attributes(story.telling, _attributes(story)),
    ]


def _named(record: Record, name: str) -> str | None:
    """A name that stands there itself (`state`) or as the name of a record (`group`, `priority`)."""
    value = record.fields.get(name)
    if isinstance(value, Mapping):
        return Record.of(value, record.place(name)).optional_identifier("name")
    return record.optional_identifier(name)


def _assignment(ticket: Record) -> dict[str, str | None]:
    assignment: dict[str, str | None] = {}
    if ticket.has("owner_id"):
        owner = _user(ticket, "owner")
        assignment["assignee"] = None if owner == _NOBODY else owner
    if ticket.has("group"):
        assignment["group"] = _named(ticket, "group")
    return assignment


def _attributes(story: _Story) -> dict[str, AttributeValue | None]:
    ticket = story.ticket
    attributes: dict[str, AttributeValue | None] = {}
    named = _named(ticket, "priority")
    if priority := priority_of(named and re.sub(r"\A\d+ +", "", named)):  # "2 normal"
        attributes["priority"] = priority
    if channel := channel_of(ticket.optional_text("create_article_type"), _CHANNELS):
        attributes["channel"] = channel
    return attributes | mapped_attributes(story.telling.connection, story.payload)


# --- A sample ---


def sample(mark: str, at: int, connection: Connection) -> tuple[bytes, ...]:
    """See `base.Source`: opened on the web, and removed."""
    opened, ended = moments(at)

    def told(state: str, time: str, article: dict[str, object]) -> dict[str, object]:
        ticket = {
            "number": mark,
            "state": state,
            "created_at": opened,
            "updated_at": time,
            "customer_id": PERSON,
            "created_by_id": PERSON,
            "updated_by_id": PERSON,
            "article_ids": [1],
        }
        return {"ticket": ticket, "article": article}

    article = {"id": 1, "sender": "Customer", "type": "web", "internal": False, "body": TEXT}
    article |= {"created_by_id": PERSON, "created_at": opened}
    return bodies(told("new", opened, article), told("removed", ended, {}))
