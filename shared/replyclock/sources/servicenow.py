"""ServiceNow: what the business rule beside the guide sends, `servicenow.v1`: a record, who saved it, and in which
journals they wrote.

The rule sends no text at all, only that something was written: `comments` are public, `work_notes` internal.

**Who** saved the record is the user of the session (`actor`), with whether they have a role of those who work on
records. Nobody is an agent on a record of which they are the caller. A record that somebody else opens for the caller,
after a call say, has no opening message: what they wrote is not addressed to the caller.

**When.** ServiceNow's times have whole seconds and no offset; those of the rule are in UTC and say so. Changes are not
told one by one: a snapshot is of the record's revision, whose number (`sys_mod_count`) also keeps the order within a
second.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from replyclock.domain.errors import InvalidInput
from replyclock.domain.events import ActorKind, AnyEvent, AttributeValue, Status
from replyclock.domain.instants import format_instant

from .base import (
    Connection,
    Record,
    Statuses,
    Telling,
    Translation,
    Webhook,
    channel_of,
    identity,
    mapped_attributes,
    no_handshake,
    priority_of,
    read_json,
    unreadable_body,
)
from .base.facts import OPENING
from .base.samples import PERSON, bodies, moments
from .base.token_only import send_token, verify_token

handshake = no_handshake
verify = verify_token
sign = send_token

setup = """\
In ServiceNow, System Properties: add replyclock.url with this URL and replyclock.token with the secret. Then, System
Definition > Business Rules: add a rule on the table (incident, say), after insert, update and delete, advanced, with
the script servicenow-snapshot.txt."""

SCHEMA = "servicenow.v1"
_VISIBILITY = {"comments": "public", "work_notes": "internal"}
_SYSTEM = ("system", "guest")
"""The users that ServiceNow itself works as."""
_HOLD_FOR_CALLER = ("1", "awaiting caller")

_NAMES: Mapping[str, Status] = {
    "new": "new",
    "open": "open",
    "in progress": "open",
    "work in progress": "open",
    "on hold": "on_hold",
    "pending": "pending",
    "awaiting info": "pending",
    "awaiting user info": "pending",
    "resolved": "solved",
    "closed": "closed",
    "closed complete": "closed",
    "closed incomplete": "closed",
    "closed skipped": "closed",
    "canceled": "closed",
    "cancelled": "closed",
}
_INCIDENT: Mapping[str, Status] = {
    "1": "new",
    "2": "open",
    "3": "on_hold",
    "6": "solved",
    "7": "closed",
    "8": "closed",
}
_CASE: Mapping[str, Status] = {
    "1": "new",
    "10": "open",
    "18": "pending",
    "6": "solved",
    "3": "closed",
    "7": "closed",
}
_NUMBERS: Mapping[str, Mapping[str, Status]] = {"incident": _INCIDENT, "sn_customerservice_case": _CASE}
"""The numbers of states mean something else in each table; of other tables names or the connection have to tell."""
_PRIORITIES: Mapping[str, str] = {"1": "urgent", "2": "high", "3": "normal", "4": "low", "5": "low"}
"""Critical, high, moderate, low, planning."""
_CHANNELS: Mapping[str, str] = {
    "self-service": "web",
    "web": "web",
    "virtual_agent": "chat",
    "messaging": "chat",
    "direct_input": "web",
}


@dataclass(frozen=True, slots=True)
class _Story:
    """One webhook, read as far as all events have it."""

    payload: Record
    telling: Telling
    statuses: Statuses
    saved_by: str | None
    """The user name of who saved the record."""
    revision: str
    """Names the snapshot among those of its record."""


def translate(webhook: Webhook, connection: Connection) -> Translation:
    """The events that saving a record means. A body of another schema is unreadable."""
    try:
        payload = _plain(Record.of(read_json(webhook.body)))
        story = _read(payload, webhook, connection)
        return Translation(events=tuple(_told(story)), unknown_statuses=story.statuses.unknown)
    except InvalidInput as wrong:
        return unreadable_body(webhook, wrong)


def _plain(record: Record) -> Record:
    """The same record, where an empty field is null."""
    return Record({name: None if value == "" else value for name, value in record.fields.items()}, record.path)


def _read(payload: Record, webhook: Webhook, connection: Connection) -> _Story:
    if payload.optional_text("schema") not in (None, SCHEMA):
        raise payload.fault("schema", f"must be {SCHEMA}")
    instance = payload.optional_identifier("instance")
    if instance is not None and not connection.is_account([instance, instance.partition(".")[0]]):
        raise payload.fault("instance", "is not the account of this connection")
    updated_at = payload.optional_instant("sys_updated_on", connection.zone)
    caller = payload.optional_identifier("caller_id")
    kind, person, name = _actor(payload, caller, connection)
    revision = payload.optional_identifier("sys_mod_count")
    telling = Telling(
        connection=connection,
        ticket=payload.identifier("number"),
        occurred_at=webhook.received_at if updated_at is None else updated_at,
        created_at=payload.optional_instant("opened_at", connection.zone),
        actor_kind=kind,
        actor_id=person,
        sequence=int(revision) if revision is not None and re.fullmatch(r"[0-9]{1,9}", revision) else None,
        requester=caller,
    )
    statuses = Statuses(connection, {**_NAMES, **_NUMBERS.get((payload.optional_text("table") or "").lower(), {})})
    return _Story(payload, telling, statuses, name, revision or format_instant(telling.occurred_at))


def _actor(payload: Record, caller: str | None, connection: Connection) -> tuple[ActorKind, str | None, str | None]:
    """The kind, the id and the user name of who saved the record; the name alone where the rule does not say more."""
    actor = payload.optional_record("actor") or Record({"name": payload.fields.get("sys_updated_by")}, "actor")
    person, name = actor.optional_identifier("id"), actor.optional_identifier("name")
    kind: ActorKind = "bot" if connection.is_bot(person) else _kind_of_name(name, connection)
    agent = actor.optional_flag("agent")
    if kind == "unknown" and person is not None and person == caller:
        kind = "customer"
    elif kind == "unknown" and agent is not None:
        kind = "agent" if agent else "customer"
    return kind, person or name, name


def _kind_of_name(name: str | None, connection: Connection) -> ActorKind:
    if connection.is_bot(name):
        return "bot"
    return "system" if name is not None and name.lower() in _SYSTEM else "unknown"


def _told(story: _Story) -> list[AnyEvent]:
    operation = (story.payload.optional_text("event") or "update").lower()
    if operation == "delete":
        return [story.telling.event("ticket.deleted", ("deleted", story.revision))]
    record = [_created(story)] if operation == "insert" else _shown(story)
    return record + [_written(story, entry) for entry in _journal(story.payload)]


# --- Creation and journals ---


def _created(story: _Story) -> AnyEvent:
    fields: dict[str, Any] = {
        "status": _status(story) or "new",
        "attributes": {name: value for name, value in _attributes(story).items() if value is not None},
        **_assignment(story.payload),
    }
    telling = story.telling
    if telling.actor_kind == "customer":
        fields["message"] = {"id": OPENING, "visibility": "public"}
    if telling.created_at is not None:
        telling = replace(telling, occurred_at=telling.created_at)
    return telling.event("ticket.created", ("created",), **fields)


def _journal(payload: Record) -> list[Record]:
    comment = payload.optional_record("comment")
    return payload.records("journal") + ([] if comment is None else [comment])


def _written(story: _Story, entry: Record) -> AnyEvent:
    """An entry is named by its journal, its author and its second, unless the rule sends its own id."""
    telling, connection = story.telling, story.telling.connection
    element = entry.text("element")
    if element not in _VISIBILITY:
        raise entry.fault("element", f"must be one of {', '.join(_VISIBILITY)}")
    instant = entry.optional_instant("sys_created_on", connection.zone)
    telling = replace(telling, occurred_at=telling.occurred_at if instant is None else instant)
    author = entry.optional_identifier("sys_created_by") or story.saved_by or ""
    if author != (story.saved_by or ""):
        telling = replace(telling, actor_kind=_kind_of_name(author, connection), actor_id=author)
    message_id = entry.optional_identifier("sys_id") or identity(element, author, format_instant(telling.occurred_at))
    message = {"id": message_id, "visibility": _VISIBILITY[element]}
    return telling.event("message.added", ("journal", message_id), message=message)


# --- Snapshots ---


def _shown(story: _Story) -> list[AnyEvent]:
    events = []
    if status := _status(story):
        events.append(story.telling.event("status.changed", ("status", story.revision), status=status))
    if assignment := _assignment(story.payload):
        events.append(story.telling.event("assignment.changed", ("assignment", story.revision), **assignment))
    if attributes := _attributes(story):
        fact = ("attributes", story.revision)
        events.append(story.telling.event("attributes.changed", fact, attributes=attributes))
    return events


def _status(story: _Story) -> Status | None:
    """The connection's own table goes first, by name or number. On hold for the caller is pending."""
    payload, statuses = story.payload, story.statuses
    names = [one for one in map(payload.optional_identifier, ("state_name", "state")) if one is not None]
    if not names:
        return None
    for name in names:
        if (status := statuses.mapped(name)) is not None:
            return status
    status = next((known for name in reversed(names) if (known := statuses.known(name))), None)
    status = status or statuses.read(names[0])
    reason = (payload.optional_identifier("hold_reason") or "").lower()
    return "pending" if status == "on_hold" and reason in _HOLD_FOR_CALLER else status


def _assignment(payload: Record) -> dict[str, str | None]:
    fields = {"assignee": "assigned_to", "group": "assignment_group"}
    return {field: payload.optional_identifier(name) for field, name in fields.items() if payload.has(name)}


def _attributes(story: _Story) -> dict[str, AttributeValue | None]:
    payload = story.payload
    attributes: dict[str, AttributeValue | None] = {}
    if priority := payload.optional_identifier("priority"):
        attributes["priority"] = _PRIORITIES.get(priority[:1]) or priority_of(priority)  # "2", or shown as "2 - High"
    if channel := channel_of(payload.optional_text("contact_type"), _CHANNELS):
        attributes["channel"] = channel
    return attributes | mapped_attributes(story.telling.connection, payload)


# --- A sample ---


def sample(mark: str, at: int, connection: Connection) -> tuple[bytes, ...]:
    """See `base.Source`: inserted, and deleted, as the script beside the guide says it."""
    opened, ended = moments(at)

    def told(operation: str, time: str, revision: int) -> dict[str, object]:
        return {
            "schema": SCHEMA,
            "event": operation,
            "instance": connection.account,
            "table": "incident",
            "number": mark,
            "state": "1",
            "contact_type": "self-service",
            "caller_id": PERSON,
            "opened_at": opened,
            "sys_updated_on": time,
            "sys_mod_count": revision,
            "actor": {"id": PERSON, "name": PERSON, "agent": False},
            "journal": [],
        }

    return bodies(told("insert", opened, 0), told("delete", ended, 1))
