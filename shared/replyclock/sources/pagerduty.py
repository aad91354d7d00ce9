"""PagerDuty: incidents, by V3 webhook subscriptions.

**The reply.** Nobody writes to the one who waits: the acknowledgement is the answer, and is told as a public message of
whoever acknowledged. Notes are internal; status updates are public, to those who follow the incident.

**Who speaks.** `agent` is who did it: a user, who is an agent; something else, which is a program; or null, where
PagerDuty did it by itself. The requester is the service that the incident is on: whoever triggers an incident by hand
asks on its behalf, and may well acknowledge it, too.

**Identity.** PagerDuty's event id names the telling, and a note's id the note. All else is named by its kind and
`occurred_at`, which is to the millisecond. The ticket is the incident's id, as notes do not know its number.

PagerDuty signs no time, so an old webhook can be sent again by whoever has seen it; as an id names the fact, it changes
nothing.
"""

# ruff: noqa: ARG001 - sources have the same signatures, whatever they need of them

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping, Sequence
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
    mapped_attributes,
    no_handshake,
    priority_of,
    read_json,
    unreadable_body,
)
from .base.facts import OPENING
from .base.hex_hmac import check_hex_hmac, hex_hmac
from .base.samples import PERSON, TEXT, bodies, moments

handshake = no_handshake

setup = """\
In PagerDuty, Integrations > Generic Webhooks (v3): create a webhook with this URL for your service, team or account,
and choose all incident events. PagerDuty shows its secret once: it is the one that `replyclock connection add` asks
for."""

_SIGNATURE, _WEBHOOK_ID, _VERSION = "X-PagerDuty-Signature", "X-Webhook-Id", "v1="
_USERS = ("user", "user_reference")
_MERGED = "merge_resolve_reason"
_STATUSES: Mapping[str, Status] = {"triggered": "new", "acknowledged": "open", "resolved": "solved"}


# --- Signatures ---


def verify(webhook: Webhook, secrets: Sequence[str], now: int, connection: Connection, *, stage: str = "prod") -> None:
    """`v1=` and the HMAC-SHA256 of the body in hex; several, separated by commas, while PagerDuty's secret is being
    replaced. There is no signed time to check. Raises Unauthenticated.
    """
    check_hex_hmac(webhook, _SIGNATURE, secrets, _VERSION)


def sign(body: bytes, secret: str, now: int, *, url: str = "") -> dict[str, str]:
    """The headers with which PagerDuty sends a body; it signs no time."""
    return {
        "Content-Type": "application/json",
        _WEBHOOK_ID: str(uuid.UUID(bytes=hashlib.sha256(body).digest()[:16], version=4)),
        _SIGNATURE: _VERSION + hex_hmac(body, secret),
    }


# --- Translation ---


@dataclass(frozen=True, slots=True)
class _Story:
    """One webhook, read as far as all events have it."""

    payload: Record
    data: Record
    """The incident; of a note and a status update, what was written."""
    telling: Telling
    statuses: Statuses


def translate(webhook: Webhook, connection: Connection) -> Translation:
    """The events that a PagerDuty webhook means; none for a ping, and for those that say nothing about an incident's
    clocks.
    """
    try:
        payload = Record.of(read_json(webhook.body))
        event = payload.record("event")
        tell = _TELLERS.get(event.text("event_type").lower())
        if tell is None:
            return Translation()
        story = _read(payload, event, webhook, connection)
        return Translation(events=tuple(tell(story)), unknown_statuses=story.statuses.unknown)
    except InvalidInput as wrong:
        return unreadable_body(webhook, wrong)


def _read(payload: Record, event: Record, webhook: Webhook, connection: Connection) -> _Story:
    data = event.record("data")
    incident = data.optional_record("incident") or data
    if not connection.is_account(_accounts(incident)):
        raise incident.fault("html_url", "is not of the account of this connection")
    occurred_at = event.optional_instant("occurred_at", connection.zone)
    agent = event.optional_record("agent")
    telling = Telling(
        connection=connection,
        ticket=incident.identifier("id"),
        occurred_at=webhook.received_at if occurred_at is None else occurred_at,
        created_at=data.optional_instant("created_at", connection.zone) if incident is data else None,
        actor_kind=_kind(agent, connection),
        actor_id=_id_of(agent),
        requester=_id_of(data.optional_record("service")) if incident is data else None,
    )
    return _Story(payload, data, telling, Statuses(connection, _STATUSES))


def _accounts(incident: Record) -> list[str | None]:
    """What may stand for the account: its host, and its subdomain alone."""
    try:
        host = urlsplit(incident.optional_text("html_url") or "").hostname
    except ValueError:
        host = None
    return [host, host.partition(".")[0] if host else None]


def _id_of(reference: Record | None) -> str | None:
    return reference.optional_identifier("id") if reference else None


def _kind(agent: Record | None, connection: Connection) -> ActorKind:
    if agent is None:
        return "system"
    if connection.is_bot(_id_of(agent)) or (agent.optional_text("type") or "").lower() not in _USERS:
        return "bot"
    return "agent"


# --- Incidents ---


def _triggered(story: _Story) -> list[AnyEvent]:
    """A person who triggers an incident speaks as a customer. Its title is the opening."""
    telling = story.telling
    if telling.actor_kind == "agent":
        telling = replace(telling, actor_kind="customer")
    if telling.created_at is not None:
        telling = replace(telling, occurred_at=telling.created_at)
    attributes = {**_attributes(story), **mapped_attributes(telling.connection, story.payload)}
    opened: dict[str, Any] = {
        "status": story.statuses.read("triggered"),
        "attributes": {name: value for name, value in attributes.items() if value is not None},
        "message": {"id": OPENING, "visibility": "public"},
        **_people(story),
    }
    return [telling.event("ticket.created", ("created",), **opened)]


def _attributes(story: _Story) -> dict[str, AttributeValue | None]:
    priority = story.data.optional_record("priority")
    return {
        "priority": priority_of(priority.optional_text("summary")) if priority else None,
        "urgency": story.data.optional_text("urgency") or None,
    }


def _people(story: _Story) -> dict[str, str | None]:
    """Of several assignees the first one; the escalation policy stands for the group."""
    people: dict[str, str | None] = {}
    if story.data.has("assignees"):
        people["assignee"] = next((one.identifier("id") for one in story.data.records("assignees")), None)
    if (policy := _id_of(story.data.optional_record("escalation_policy"))) is not None:
        people["group"] = policy
    return people


def _acknowledged(story: _Story) -> list[AnyEvent]:
    message_id = f"acknowledged {story.telling.when()}"
    message = {"id": message_id, "visibility": "public"}
    return [
        story.telling.event("message.added", (message_id,), message=message),
        *_assigned(story),
        *_status_changed(story, "acknowledged"),
    ]


def _unacknowledged(story: _Story) -> list[AnyEvent]:
    return [*_assigned(story), *_status_changed(story, "triggered")]


def _reopened(story: _Story) -> list[AnyEvent]:
    shown = story.data.optional_text("status") or "triggered"
    # A snapshot that is still resolved was taken too early.
    name = "triggered" if shown.lower() == "resolved" else shown
    return [*_assigned(story), *_status_changed(story, name)]


def _resolved(story: _Story) -> list[AnyEvent]:
    """Resolved, or merged into another incident. The snapshot shows no assignees any more, as nobody has to act."""
    reason = story.data.optional_record("resolve_reason")
    if reason is not None and reason.optional_text("type") == _MERGED:
        into = reason.record("incident").identifier("id")
        return [story.telling.event("ticket.merged", ("merged", into), into=into)]
    return _status_changed(story, "resolved")


def _status_changed(story: _Story, name: str) -> list[AnyEvent]:
    status = story.statuses.read(name)
    return [story.telling.event("status.changed", ("status", name.lower(), story.telling.when()), status=status)]


def _assigned(story: _Story) -> list[AnyEvent]:
    people = _people(story)
    return [story.telling.event("assignment.changed", ("assigned", story.telling.when()), **people)] if people else []


def _priority_updated(story: _Story) -> list[AnyEvent]:
    return _attributes_changed(story, _attributes(story))


def _other_attribute_changed(story: _Story) -> list[AnyEvent]:
    return _attributes_changed(story, {})


def _attributes_changed(story: _Story, changed: Mapping[str, AttributeValue | None]) -> list[AnyEvent]:
    """What changed, and what the connection maps from the payload, as that may depend on it."""
    attributes = {**changed, **mapped_attributes(story.telling.connection, story.payload)}
    if not attributes:
        return []
    kind = story.payload.record("event").text("event_type").lower()
    return [story.telling.event("attributes.changed", (kind, story.telling.when()), attributes=attributes)]


# --- What people write ---


def _written(visibility: str) -> Callable[[_Story], list[AnyEvent]]:
    def tell(story: _Story) -> list[AnyEvent]:
        message_id = story.data.identifier("id")
        message = {"id": message_id, "visibility": visibility}
        return [story.telling.event("message.added", ("message", message_id), message=message)]

    return tell


_TELLERS: Mapping[str, Callable[[_Story], list[AnyEvent]]] = {
    "incident.triggered": _triggered,
    "incident.acknowledged": _acknowledged,
    "incident.unacknowledged": _unacknowledged,
    "incident.resolved": _resolved,
    "incident.reopened": _reopened,
    "incident.reassigned": _assigned,
    "incident.delegated": _assigned,
    "incident.escalated": _assigned,
    "incident.priority_updated": _priority_updated,
    "incident.service_updated": _other_attribute_changed,
    "incident.incident_type.changed": _other_attribute_changed,
    "incident.custom_field_values.updated": _other_attribute_changed,
    "incident.annotated": _written("internal"),
    "incident.status_update_published": _written("public"),
}


# --- A sample ---


def sample(mark: str, at: int, connection: Connection) -> tuple[bytes, ...]:
    """See `base.Source`: triggered by hand, and resolved."""
    opened, ended = moments(at)
    account = connection.account or PERSON
    host = account if "." in account else f"{account}.pagerduty.com"

    def told(status: str, time: str) -> dict[str, object]:
        incident = {"id": mark, "type": "incident", "html_url": f"https://{host}/incidents/{mark}", "title": TEXT}
        event = {
            "event_type": f"incident.{status}",
            "occurred_at": time,
            "agent": {"id": PERSON, "type": "user_reference"},
            "data": {**incident, "status": status, "created_at": opened},
        }
        return {"event": event}

    return bodies(told("triggered", opened), told("resolved", ended))
