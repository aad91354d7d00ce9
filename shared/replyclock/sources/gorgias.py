"""Gorgias: an HTTP integration whose body is the template beside the guide: the ticket and its message.

Gorgias renders every placeholder as a text: `True` and `False`, and nothing or `None` where there is no value. Bodies
that hold JSON values instead are read alike.

**Who speaks.** `from_agent` says which side wrote; a message that a rule sent (`rule_id`, or `via` is `rule`) was
written by a program. An AI agent is shown as a user: the connection names it among its bots.

**The opening.** Every webhook with the ticket proves its creation: when, through what, by which side. The message that
side wrote within seconds of it is the opening, under the opening's id, in whichever order they arrive.

**Changes** are not told one by one, there are only snapshots: assignment and attributes are told as of
`updated_datetime`, a closing at `closed_datetime`. A snoozed ticket is closed with the time at which it opens again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from replyclock.domain.errors import InvalidInput
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
    mapped_attributes,
    no_handshake,
    priority_of,
    read_json,
    unreadable_body,
)
from .base.at_creation import shown_at
from .base.facts import OPENING
from .base.samples import PERSON, TEXT, bodies, moments
from .base.snapshots import shown_assignment, shown_attributes, shown_status
from .base.token_only import send_token, verify_token

handshake = no_handshake
verify = verify_token
sign = send_token

setup = """\
In Gorgias, Settings > App store > My apps > HTTP integration: add one with this URL, POST, JSON, the header
X-Replyclock-Token with the secret, the triggers Ticket created, Ticket updated and Ticket message created, and as the
body the template gorgias-integration.json."""

_NOTHING = ("", "None", "null")
_FLAGS = {"true": True, "false": False}
_OPENING_WITHIN = 10 * SECOND
"""How far from the ticket's creation its first message may be dated."""
_STATUSES: Mapping[str, Status] = {"open": "open", "closed": "closed", "snoozed": "pending"}
_PRIORITIES: Mapping[str, str] = {"critical": "urgent"}
_CHANNELS: Mapping[str, str] = {
    **dict.fromkeys(("contact_form", "contact-form", "help-center"), "web"),
    **dict.fromkeys(("aircall", "voice"), "phone"),
    **dict.fromkeys(("facebook", "facebook-mention", "facebook-messenger", "facebook-recommendations"), "social"),
    **dict.fromkeys(("instagram-ad-comment", "instagram-comment", "instagram-direct-message"), "social"),
    **dict.fromkeys(("instagram-mention", "twitter", "twitter-direct-message", "whatsapp", "tiktok-shop"), "social"),
}


@dataclass(frozen=True, slots=True)
class _Story:
    """One webhook, read as far as all events have it."""

    payload: Record
    ticket: Record
    message: Record
    telling: Telling
    """At the moment that the snapshot shows. A snapshot does not say who made it what it is."""
    statuses: Statuses
    by_company: bool | None
    """Which side opened the ticket; None where that is not told."""


def translate(webhook: Webhook, connection: Connection) -> Translation:
    """The events that a webhook means: the ticket's creation, its message, and what the ticket is like."""
    try:
        payload = _plain(Record.of(read_json(webhook.body)))
        story = _read(payload, webhook, connection)
        events = _created(story) + _spoken(story) + _shown(story)
        return Translation(events=tuple(events), unknown_statuses=story.statuses.unknown)
    except InvalidInput as wrong:
        return unreadable_body(webhook, wrong)


def _plain(record: Record) -> Record:
    """The same record, where what a placeholder without a value leaves behind is null."""
    fields = {name: None if value in _NOTHING else value for name, value in record.fields.items() if value != {}}
    return Record(fields, record.path)


def _part(record: Record, name: str) -> Record:
    """The record of that name, without fields where there is none."""
    return _plain(record.optional_record(name) or Record({}, record.place(name)))


def _flag(record: Record, name: str) -> bool | None:
    value = record.fields.get(name)
    if isinstance(value, str) and value.lower() in _FLAGS:
        return _FLAGS[value.lower()]
    return record.optional_flag(name)


def _read(payload: Record, webhook: Webhook, connection: Connection) -> _Story:
    account = payload.optional_identifier("account")
    if account is not None and not connection.is_account([account]):
        raise payload.fault("account", "is not the account of this connection")
    ticket, message = _part(payload, "ticket"), _part(payload, "message")
    telling = Telling(
        connection=connection,
        ticket=_ticket_id(payload, ticket, message),
        occurred_at=webhook.received_at,
        created_at=ticket.optional_instant("created_datetime", connection.zone),
        requester=_person(ticket, "customer"),
    )
    telling = shown_at(telling, ticket.optional_instant("updated_datetime", connection.zone))
    return _Story(payload, ticket, message, telling, Statuses(connection, _STATUSES), _flag(ticket, "from_agent"))


def _ticket_id(payload: Record, ticket: Record, message: Record) -> str:
    found = (ticket.optional_identifier("id"), payload.optional_identifier("ticket_id"))
    for one in (*found, message.optional_identifier("ticket_id")):
        if one is not None:
            return one
    raise ticket.fault("id", "is missing")


def _person(record: Record, name: str) -> str | None:
    """The id of a person or a team: as a field of its own, or in their record."""
    own = record.optional_identifier(f"{name}_id")
    return own if own is not None else _part(record, name).optional_identifier("id")


# --- Messages ---


def _created(story: _Story) -> list[AnyEvent]:
    """Only what no later snapshot shows differently: the rest is told as of the snapshot."""
    ticket, created_at = story.ticket, story.telling.created_at
    if created_at is None or story.by_company is None:
        return []
    channel = channel_of(ticket.optional_text("channel"), _CHANNELS)
    fields: dict[str, Any] = {
        "status": "open",
        "attributes": {"channel": channel} if channel else {},
        "message": {"id": OPENING, "visibility": "public"},
    }
    telling = replace(
        story.telling,
        occurred_at=created_at,
        sequence=0,
        actor_kind="agent" if story.by_company else "customer",
        actor_id=None if story.by_company else story.telling.requester,
    )
    return [telling.event("ticket.created", ("created",), **fields)]


def _spoken(story: _Story) -> list[AnyEvent]:
    """The message, if the webhook has one. An opening that is a note is hidden: its creation cannot tell."""
    message, zone = story.message, story.telling.connection.zone
    message_id = message.optional_identifier("id")
    if message_id is None:
        return []
    instant = message.optional_instant("created_datetime", zone)
    telling = replace(
        story.telling,
        occurred_at=story.telling.occurred_at if instant is None else instant,
        sequence=None,
        actor_kind=_kind_of_author(message, story.telling.connection),
        actor_id=_person(message, "sender"),
    )
    internal = _flag(message, "public") is False or _part(message, "source").optional_text("type") == "internal-note"
    opening = _is_opening(story, telling.occurred_at)
    content = {"id": OPENING if opening else message_id, "visibility": "internal" if internal else "public"}
    events = [telling.event("message.added", ("message", message_id), message=content)]
    if opening and internal:
        events.append(telling.event("message.hidden", ("hidden", OPENING), message={"id": OPENING}))
    return events


def _kind_of_author(message: Record, connection: Connection) -> ActorKind:
    sender = _part(message, "sender")
    names = (_person(message, "sender"), sender.optional_text("email"), sender.optional_text("name"))
    by_rule = message.optional_identifier("rule_id") is not None or message.optional_text("via") == "rule"
    if by_rule or any(map(connection.is_bot, names)):
        return "bot"
    from_agent = _flag(message, "from_agent")
    if from_agent is None:
        return "unknown"
    return "agent" if from_agent else "customer"


def _is_opening(story: _Story, written_at: int) -> bool:
    created_at = story.telling.created_at
    return (
        created_at is not None
        and story.by_company is not None
        and abs(written_at - created_at) <= _OPENING_WITHIN
        and _flag(story.message, "from_agent") is story.by_company
        and story.message.optional_identifier("rule_id") is None
    )


# --- Snapshots ---


def _shown(story: _Story) -> list[AnyEvent]:
    ticket, telling = story.ticket, story.telling
    trashed_at = ticket.optional_instant("trashed_datetime", telling.connection.zone)
    if trashed_at is not None or _flag(ticket, "spam"):
        gone = telling if trashed_at is None else replace(telling, occurred_at=trashed_at, sequence=None)
        return [gone.event("ticket.deleted", ("deleted", format_instant(gone.occurred_at)))]
    return [
        *_status(story),
        *shown_assignment(telling, **_assignment(ticket)),
        *shown_attributes(telling, _attributes(story)),
    ]


def _status(story: _Story) -> list[AnyEvent]:
    ticket, zone = story.ticket, story.telling.connection.zone
    name = ticket.optional_text("status")
    if name is None:
        return []
    snoozed = name.lower() == "closed" and ticket.optional_instant("snooze_datetime", zone) is not None
    status = story.statuses.read("snoozed" if snoozed else name)
    closed_at = ticket.optional_instant("closed_datetime", zone) if name.lower() == "closed" else None
    telling = story.telling if closed_at is None else replace(story.telling, occurred_at=closed_at, sequence=None)
    return shown_status(telling, status)


def _assignment(ticket: Record) -> dict[str, str | None]:
    fields = {"assignee": "assignee_user", "group": "assignee_team"}
    return {
        field: _person(ticket, name) for field, name in fields.items() if ticket.has(name) or ticket.has(f"{name}_id")
    }


def _attributes(story: _Story) -> dict[str, AttributeValue | None]:
    ticket = story.ticket
    attributes: dict[str, AttributeValue | None] = {}
    if priority := priority_of(ticket.optional_text("priority"), _PRIORITIES):
        attributes["priority"] = priority
    if channel := channel_of(ticket.optional_text("channel"), _CHANNELS):
        attributes["channel"] = channel
    tags = ticket.fields.get("tags")
    if isinstance(tags, list):
        attributes["tags"] = as_text([one.get("name") if isinstance(one, Mapping) else one for one in tags])
    return attributes | mapped_attributes(story.telling.connection, story.payload)


# --- A sample ---


def sample(mark: str, at: int, connection: Connection) -> tuple[bytes, ...]:
    """See `base.Source`: opened by e-mail, and in the trash, as the template beside the guide says it."""
    opened, ended = moments(at)
    person = {"id": PERSON}

    def told(time: str, trashed: str, message: Mapping[str, object]) -> dict[str, object]:
        ticket = {
            "id": mark,
            "channel": "email",
            "status": "open",
            "from_agent": "False",
            "customer": person,
            "created_datetime": opened,
            "updated_datetime": time,
            "trashed_datetime": trashed,
        }
        return {"account": connection.account, "ticket": ticket, "message": message}

    message: dict[str, object] = {
        "id": f"{mark}-message",
        "body_text": TEXT,
        "from_agent": "False",
        "public": "True",
        "sender": person,
    }
    return bodies(told(opened, "None", message | {"created_datetime": opened}), told(ended, ended, {}))
