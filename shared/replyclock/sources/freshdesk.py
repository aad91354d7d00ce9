"""Freshdesk: the webhook of an automation rule, with the placeholders that Freshdesk offers for it.

The person who writes the rule chooses the fields. Their names are those that Freshdesk gives them under *Simple*
content (`ticket_id`, `ticket_status` …), and those of the template beside the guide, which adds what Freshdesk does
not name itself: `event_at`, `event_performer`, `event_performer_email`.

**What happened** is in `triggered_event`, which looks like JSON and is none: `{status:{from:4,to:6}}`. Of an update
that changes several things Freshdesk names only the first one that the rule listens for. So every webhook is also
taken as a snapshot, of status, assignment and attributes as of its moment.

**Who did it** is `event_performer`, which each rule says itself, as a rule listens to agents, to requesters or to the
system. Without it the performer's address decides, where it is that of the requester or of the ticket's agent. Else a
note is by an agent, as Freshworks documents that only agents add notes, and of the rest it is unknown who did it.

**Ratings.** No documented placeholder holds one. A rule that listens to one rating says it in `triggered_event`.

**When, and which.** Freshdesk has neither a time nor an id for what happened. With `event_at` the moment of the rule is
both; without it the moment of receipt is, and a webhook that Freshdesk repeats is told twice.

Addresses of customers are not kept: a person who is no agent is named by a digest.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from replyclock.domain.errors import InvalidInput
from replyclock.domain.events import ActorKind, AnyEvent, AttributeValue, Status

from .base import (
    Connection,
    Record,
    Statuses,
    Telling,
    Translation,
    Webhook,
    channel_of,
    mapped_attributes,
    no_handshake,
    priority_of,
    read_json,
    unreadable_body,
)
from .base.facts import OPENING
from .base.samples import PERSON, bodies, moments
from .base.snapshots import shown_assignment, shown_attributes, shown_status
from .base.token_only import send_token, verify_token

handshake = no_handshake
verify = verify_token
sign = send_token

setup = """\
In Freshdesk, Admin > Workflows > Automations: add rules for ticket creation and for ticket updates with the action
Trigger webhook: POST, this URL, JSON, the custom header X-Replyclock-Token with the secret, and as Advanced content
the template freshdesk-webhook.json. One rule for agents, one for requesters, one for the system: each says in
event_performer whom it listens to."""

_ENVELOPE = "freshdesk_webhook"
_EVENT = re.compile(r"\{(\w+):(?:\{from:([^{},]*),to:([^{},]*)\}|([^{}]*))\}", re.ASCII)
"""As in the fixtures of Zulip's integration: `{note_type:private}`, `{priority:{from:3,to:1}}`."""

_ENTITIES: Mapping[str, str] = {"&quot;": '"', "&#39;": "'", "&lt;": "<", "&gt;": ">", "&amp;": "&"}
"""What Liquid's filter `escape` makes of these characters, and of no others."""
_ENTITY = re.compile("|".join(_ENTITIES))

STATUSES: Mapping[str, Status] = {
    "2": "open",
    "3": "pending",
    "4": "solved",
    "5": "closed",
    "open": "open",
    "pending": "pending",
    "resolved": "solved",
    "closed": "closed",
    # Freshdesk brings these two along, under ids that differ from account to account.
    "waiting on customer": "pending",
    "waiting on third party": "on_hold",
}
PRIORITIES: Mapping[str, str] = {"1": "low", "2": "normal", "medium": "normal", "3": "high", "4": "urgent"}
_CHANNELS: Mapping[str, str] = {
    "portal": "web",
    "feedback widget": "web",
    "forum": "web",
    "outbound email": "email",
    "twitter": "social",
    "facebook": "social",
    "whatsapp": "social",
    "mobihelp": "app",
}
_OPENED_BY: Mapping[str, ActorKind] = {
    **dict.fromkeys(("email", "portal", "feedback widget", "chat", "forum"), "customer"),
    **dict.fromkeys(("twitter", "facebook", "whatsapp", "mobihelp"), "customer"),
    "outbound email": "agent",
}
"""Who alone can open a ticket through a source, for rules that do not say who did it."""
_PERFORMERS: Mapping[str, ActorKind] = {
    "agent": "agent",
    "requester": "customer",
    "customer": "customer",
    "contact": "customer",
    "system": "system",
    "bot": "bot",
    "collaborator": "third_party",
}
_NOTE = "note_type"
RATINGS: Mapping[int, int] = {103: 5, 102: 4, 101: 4, 100: 3, -101: 2, -102: 2, -103: 1}
"""Freshdesk's seven ratings, from extremely happy to extremely unhappy, as 1 to 5."""
_GRADES: Mapping[str, int] = {str(rating): rating for rating in range(1, 6)}
_FEEDBACK: Mapping[str, int] = {str(number): rating for number, rating in RATINGS.items()}
_DELETED = ("delete", "deleted", "spam", "marked_spam", "marked_as_spam")
_RESTORED = ("restore", "restored", "undelete", "unspam", "unmarked_spam")


@dataclass(frozen=True, slots=True)
class _Story:
    """One webhook, read as far as all events have it."""

    payload: Record
    ticket: Record
    telling: Telling
    statuses: Statuses
    requester: str | None
    triggered: tuple[str, str, str | None]
    """See `_triggered`."""


def translate(webhook: Webhook, connection: Connection) -> Translation:
    """The events that a rule's webhook means: what triggered it, and what the ticket is like at that moment."""
    try:
        payload = Record.of(read_json(webhook.body))
        story = _read(payload, webhook, connection)
        return Translation(events=tuple(_told(story)), unknown_statuses=story.statuses.unknown)
    except InvalidInput as wrong:
        return unreadable_body(webhook, wrong)


def _read(payload: Record, webhook: Webhook, connection: Connection) -> _Story:
    ticket = _without_entities(payload.record(_ENVELOPE))
    payload = Record({**payload.fields, _ENVELOPE: ticket.fields})
    url = ticket.optional_text("ticket_url")
    if url and not connection.is_account(_accounts(ticket, url)):
        raise ticket.fault("ticket_url", "is not of the account of this connection")
    event_at = ticket.optional_instant("event_at", connection.zone)
    requester = next(filter(None, map(ticket.optional_text, _REQUESTER)), None)
    triggered = _triggered(ticket)
    kind, person = _performer(ticket, requester, connection, noted=triggered[0] == _NOTE)
    telling = Telling(
        connection=connection,
        ticket=ticket.identifier("ticket_id"),
        occurred_at=webhook.received_at if event_at is None else event_at,
        actor_kind=kind,
        actor_id=person,
    )
    statuses = Statuses(connection, STATUSES)
    return _Story(payload, ticket, telling, statuses, address_digest(requester), triggered)


def _without_entities(ticket: Record) -> Record:
    """The fields as they were: the template lets Liquid escape them, so that no quote in a value ends the JSON text."""
    fields = {
        name: _ENTITY.sub(lambda found: _ENTITIES[found[0]], value) if isinstance(value, str) else value
        for name, value in ticket.fields.items()
    }
    return Record(fields, ticket.path)


_REQUESTER = ("requester_email", "ticket_requester_email", "ticket_contact_email")
"""Zulip's template, Freshdesk's Simple content, and what it is called since requesters are contacts."""


def _accounts(ticket: Record, url: str) -> list[str | None]:
    """What may stand for the account: the host of the ticket's address, and what stands before `.freshdesk.com`."""
    try:
        host = urlsplit(url if "//" in url else f"//{url}").hostname
    except ValueError:
        raise ticket.fault("ticket_url", "is no URL") from None
    return [host, host.partition(".")[0] if host else None]


# --- Who ---


def _performer(
    ticket: Record, requester: str | None, connection: Connection, *, noted: bool
) -> tuple[ActorKind, str | None]:
    """Who did it; `noted` says that it is a note. On a ticket of their own also an agent is the requester."""
    address = ticket.optional_text("event_performer_email") or None
    said = _PERFORMERS.get((ticket.optional_text("event_performer") or "").strip().lower())
    if connection.is_bot(address) or connection.is_bot(ticket.optional_text("event_performer_name")):
        return "bot", address_digest(address)
    if address is not None and _same(address, requester):
        return "customer", address_digest(requester)
    by_agent = noted or (address is not None and _same(address, ticket.optional_text("ticket_agent_email")))
    if said is None and by_agent:
        said = "agent"
    if address is None:
        return said or "unknown", address_digest(requester) if said == "customer" else None
    return said or "unknown", address.casefold()[:200] if said == "agent" else address_digest(address)


def _same(address: str, other: str | None) -> bool:
    return other is not None and address.casefold() == other.casefold()


def address_digest(address: str | None) -> str | None:
    """An address as an id from which it cannot be read."""
    return None if not address else hashlib.sha256(address.casefold().encode()).hexdigest()[:16]


# --- What ---


def _told(story: _Story) -> list[AnyEvent]:
    name, value, to = story.triggered
    if name == "ticket_action":
        if value == "created":
            return [_created(story)]
        if value in _DELETED:
            return [story.telling.event("ticket.deleted", ("deleted", story.telling.when()))]
        if value in _RESTORED:
            return [story.telling.event("ticket.restored", ("restored", story.telling.when()))]
    messages = [_message(story, name, value)] if name in ("reply_sent", _NOTE) else []
    return messages + _rated(story, name, value) + _snapshot(story, to if name == "status" else None)


def _triggered(ticket: Record) -> tuple[str, str, str | None]:
    """The name of what happened, its value, and the id that it changed to. Blank, where a rule has no such field."""
    text = re.sub(r"[\s\"']", "", ticket.optional_text("triggered_event") or "").lower()
    if not text:
        return "", "", None
    found = _EVENT.fullmatch(text)
    if found is None:
        raise ticket.fault("triggered_event", "is not like {note_type:private} or {status:{from:2,to:4}}")
    name, _, to, value = found.groups()
    return name, value or "", to


def _created(story: _Story) -> AnyEvent:
    """The opening is a message also where the rule does not send the description: every ticket has one. That of a call
    is what an agent wrote down of it, and speaks to nobody.
    """
    ticket, telling = story.ticket, story.telling
    source = (ticket.optional_text("ticket_source") or "").casefold()
    kind: ActorKind = telling.actor_kind if telling.actor_kind != "unknown" else _OPENED_BY.get(source, "unknown")
    attributes = {name: value for name, value in _attributes(story).items() if value is not None}
    fields: dict[str, Any] = {
        "actor": {"kind": kind, "id": story.requester if kind == "customer" else telling.actor_id},
        "status": _status(story, None) or "open",
        "attributes": attributes,
        "requester": story.requester,
        **_assignment(ticket),
    }
    if source != "phone":
        fields["message"] = {"id": OPENING, "visibility": "public"}
    return telling.event("ticket.created", ("created",), **fields)


def _message(story: _Story, name: str, value: str) -> AnyEvent:
    fact = (name, story.telling.actor_id or story.telling.actor_kind, story.telling.when())
    visibility = "internal" if name == _NOTE and value != "public" else "public"
    message = {"id": hashlib.sha256("|".join(fact).encode()).hexdigest()[:16], "visibility": visibility}
    return story.telling.event("message.added", fact, message=message)


def _rated(story: _Story, name: str, value: str) -> list[AnyEvent]:
    """The rating of the rule's own words, from 1 to 5, or one of Freshdesk's seven; nothing of other events."""
    if name == "rating" and value not in _GRADES:
        raise story.ticket.fault("triggered_event", "must have a rating from 1 to 5")
    rating = {"rating": _GRADES, "customer_feedback": _FEEDBACK}.get(name, {}).get(value)
    if rating is None:
        return []
    customer = replace(story.telling, actor_kind="customer", actor_id=story.requester)
    return [customer.event("rating.given", ("rating", str(rating), customer.when()), rating=rating)]


def _snapshot(story: _Story, changed_to: str | None) -> list[AnyEvent]:
    """What the fields say the ticket is like; nothing for fields that the rule does not send."""
    status = _status(story, changed_to)
    return [
        *(shown_status(story.telling, status) if status else []),
        *shown_assignment(story.telling, **_assignment(story.ticket)),
        *shown_attributes(story.telling, _attributes(story)),
    ]


def _status(story: _Story, changed_to: str | None) -> Status | None:
    """The connection's own table goes first. Ids say more than names, which accounts translate and change; only those
    of the four built-in statuses are the same everywhere.
    """
    name = story.ticket.optional_text("ticket_status")
    names = [one for one in (changed_to, name) if one]
    for look_up in (story.statuses.mapped, story.statuses.known):
        for one in names:
            if (status := look_up(one)) is not None:
                return status
    return story.statuses.read(names[-1]) if names else None


def _assignment(ticket: Record) -> dict[str, str | None]:
    agent = [one for one in ("ticket_agent_email", "ticket_agent_name") if ticket.has(one)]
    assignment: dict[str, str | None] = {}
    if agent:
        names = (ticket.optional_identifier(one) for one in agent)
        assignment["assignee"] = next((name.casefold() for name in names if name), None)
    if ticket.has("ticket_group_name"):
        assignment["group"] = ticket.optional_identifier("ticket_group_name")
    return assignment


def _attributes(story: _Story) -> dict[str, AttributeValue | None]:
    ticket = story.ticket
    attributes: dict[str, AttributeValue | None] = {}
    if priority := priority_of(ticket.optional_text("ticket_priority"), PRIORITIES):
        attributes["priority"] = priority
    if channel := channel_of(ticket.optional_text("ticket_source"), _CHANNELS):
        attributes["channel"] = channel
    if ticket.has("ticket_tags"):
        tags = (ticket.optional_text("ticket_tags") or "").split(",")
        attributes["tags"] = tuple(tag.strip() for tag in tags if tag.strip())
    return attributes | mapped_attributes(story.telling.connection, story.payload)


# --- A sample ---


def sample(mark: str, at: int, connection: Connection) -> tuple[bytes, ...]:
    """See `base.Source`: created, and deleted, as the template beside the guide says it."""
    site = connection.account or "replyclock.freshdesk.com"

    def told(action: str, time: str) -> dict[str, object]:
        ticket = {
            "ticket_id": mark,
            "ticket_url": f"https://{site}/a/tickets/{mark}",
            "ticket_status": "Open",
            "ticket_source": "Email",
            "requester_email": f"{PERSON}@example.com",
            "triggered_event": f"{{ticket_action:{action}}}",
            "event_performer": "requester",
            "event_at": time,
        }
        return {_ENVELOPE: ticket}

    opened, ended = moments(at)
    return bodies(told("created", opened), told("deleted", ended))
