"""Jira: issues and their comments, of Service Management, Software and Work Management alike.

**Who speaks.** Jira says what an account is (`accountType`): `customer` for those of the Service Management portal,
`app` for programs, `atlassian` for people with a licence. Of the licensed ones the reporter is the customer of their
own issue, and everyone else is an agent. Accounts without a type are those of Data Center (and of old samples), where
all are alike: they count as licensed. Comments that portal customers cannot see (`jsdPublic` false), or that are
restricted to a role or a group, are internal; projects without Service Management have public ones only.

**Identity.** A comment is named by its id, and a change by the id of its history entry (`changelog.id`). Data Center
tells a comment within `jira:issue_updated`, Jira Cloud in `comment_created`: both give the same fact.

**Time.** Comments and issues have their own times, whose offset is written without a colon; a change has the
webhook's `timestamp`, in milliseconds.

**Moved to another project** an issue has another key, and so is another ticket: the old one is gone, the new one has
what the snapshot shows.

**What is taken back.** A deleted comment stays told: it was sent by e-mail when it was written.

Jira signs no time, so an old webhook can be sent again by whoever has seen it; as an id names the fact, it changes
nothing.
"""

# ruff: noqa: ARG001 - sources have the same signatures, whatever they need of them

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

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
    mapped_attributes,
    no_handshake,
    priority_of,
    read_json,
    unreadable_body,
)
from .base.epoch import MILLISECOND, optional_epoch_instant
from .base.facts import OPENING
from .base.hex_hmac import check_hex_hmac, hex_hmac
from .base.reading import as_text, read_instant
from .base.samples import OPEN_FOR, PERSON, TEXT, bodies

handshake = no_handshake

setup = """\
In Jira, Settings > System > WebHooks: create a webhook with this URL and the secret, and choose the events Issue
created, updated and deleted, and Comment created and updated. A JQL such as `project = SUP` keeps it to your desk."""

_SIGNATURE, _IDENTIFIER = "X-Hub-Signature", "X-Atlassian-Webhook-Identifier"
_METHOD = "sha256="

_OPEN = (
    "open",
    "reopened",
    "in progress",
    "work in progress",
    "in review",
    "under review",
    "under investigation",
    "waiting for support",
    "escalated",
    "planning",
    "implementing",
    "awaiting implementation",
)
_STATUSES: Mapping[str, Status] = {
    **dict.fromkeys(("new", "to do", "backlog", "selected for development"), "new"),
    **dict.fromkeys(_OPEN, "open"),
    **dict.fromkeys(("pending", "waiting for customer", "waiting for reporter", "awaiting customer"), "pending"),
    **dict.fromkeys(("on hold", "blocked", "waiting for vendor", "waiting for third party"), "on_hold"),
    **dict.fromkeys(("waiting for approval", "awaiting approval", "awaiting cab approval"), "on_hold"),
    **dict.fromkeys(("done", "resolved", "completed"), "solved"),
    **dict.fromkeys(("closed", "canceled", "cancelled", "declined", "failed"), "closed"),
}
"""The statuses of Jira's own project templates. Everybody makes further ones."""
_CATEGORIES: Mapping[str, Status] = {"new": "new", "done": "solved"}
"""What the category of a status proves of it. `indeterminate` does not say who is waited for."""
_ACCOUNTS: Mapping[str, ActorKind] = {"app": "bot", "customer": "customer", "unknown": "unknown"}
_COMMENT = "comment_"
_ASSIGNED = "issue_assigned"
_STATUS_EVENTS = frozenset(
    ("issue_resolved", "issue_closed", "issue_reopened", "issue_work_started", "issue_work_stopped")
)
"""Names of Jira's own events that are about the status."""
_SATISFACTION = "satisfaction"
_RATINGS = ("1", "2", "3", "4", "5")
_PUBLIC_PROPERTY = "sd.public.comment"
_TOLD_BY_THEMSELVES = ("status", "assignee", "key", "comment")
"""The changed fields that say nothing about attributes."""
_OFFSET = re.compile(r"([+-]\d\d)(\d\d)$", re.ASCII)


# --- Signatures ---


def verify(webhook: Webhook, secrets: Sequence[str], now: int, connection: Connection, *, stage: str = "prod") -> None:
    """`sha256=` and the HMAC-SHA256 of the body in hex. There is no signed time to check. Raises Unauthenticated."""
    check_hex_hmac(webhook, _SIGNATURE, secrets, _METHOD)


def sign(body: bytes, secret: str, now: int, *, url: str = "") -> dict[str, str]:
    """The headers with which Jira sends a body; it signs no time."""
    return {
        "Content-Type": "application/json",
        _IDENTIFIER: str(uuid.UUID(bytes=hashlib.sha256(body).digest()[:16], version=4)),
        _SIGNATURE: _METHOD + hex_hmac(body, secret),
    }


# --- Translation ---


@dataclass(frozen=True, slots=True)
class _Story:
    """One webhook, read as far as all events have it."""

    payload: Record
    issue: Record
    fields: Record
    """The issue's fields. A comment's webhook has few of them."""
    telling: Telling
    statuses: Statuses


def translate(webhook: Webhook, connection: Connection) -> Translation:
    """The events that a Jira webhook means; none for those about anything but issues and their comments."""
    try:
        payload = Record.of(read_json(webhook.body))
        kind = payload.text("webhookEvent").lower()
        tell = _TELLERS.get(kind)
        if tell is None or (kind.startswith(_COMMENT) and payload.optional_record("issue") is None):
            # A comment without its issue is Data Center's, which reports the same within `jira:issue_updated`.
            return Translation()
        story = _read(payload, webhook, connection)
        return Translation(events=tuple(tell(story)), unknown_statuses=story.statuses.unknown)
    except InvalidInput as wrong:
        return unreadable_body(webhook, wrong)


def _read(payload: Record, webhook: Webhook, connection: Connection) -> _Story:
    issue = payload.record("issue")
    if not connection.is_account(_accounts(issue)):
        raise issue.fault("self", "is not of the account of this connection")
    fields = issue.optional_record("fields") or Record({}, issue.place("fields"))
    times = (
        _timestamp(payload),
        jira_instant(fields, "updated", connection),
        webhook.received_at,
    )
    user = payload.optional_record("user")
    telling = Telling(
        connection=connection,
        ticket=issue.identifier("key"),
        occurred_at=next(time for time in times if time is not None),
        created_at=jira_instant(fields, "created", connection),
        actor_kind=_kind(user, fields, connection),
        actor_id=_person(user),
        requester=_person(fields.optional_record("reporter")),
    )
    return _Story(payload, issue, fields, telling, Statuses(connection, _STATUSES))


def _timestamp(payload: Record) -> int | None:
    """Milliseconds since 1970. Recorded webhooks have a text there that something on their way wrote over it: the time
    of the issue's last change, which is the same to a second, stands for it then.
    """
    if isinstance(payload.fields.get("timestamp"), str):
        return None
    return optional_epoch_instant(payload, "timestamp", MILLISECOND)


def _accounts(issue: Record) -> list[str | None]:
    """What may stand for the account: the site's host, and on Atlassian's own hosts the site's name alone."""
    try:
        host = urlsplit(issue.optional_text("self") or "").hostname
    except ValueError:
        host = None
    return [host, host.partition(".")[0] if host else None]


def jira_instant(record: Record, name: str, connection: Connection) -> int | None:
    """A time whose offset may have no colon, as in `2019-01-07T16:55:51.184-0330`."""
    text = record.optional_text(name)
    if not text:
        return None
    try:
        return read_instant(_OFFSET.sub(r"\1:\2", text), connection.zone)
    except ValueError as wrong:
        raise record.fault(name, str(wrong)) from None


# --- People ---


def _person(user: Record | None) -> str | None:
    """The account's id; on Data Center, which has none, its key, else its name; else what its address asks for."""
    if user is None:
        return None
    for name in ("accountId", "key", "name"):
        if (found := user.optional_identifier(name)) is not None:
            return found
    try:
        asked = parse_qs(urlsplit(user.optional_text("self") or "").query)
    except ValueError:
        return None
    named = (one for name in ("accountId", "key", "username") for one in asked.get(name, ()))
    return Record({"self": next(named, None)}, user.path).optional_identifier("self")


def _kind(user: Record | None, fields: Record, connection: Connection) -> ActorKind:
    person = _person(user)
    if user is None or person is None:
        return "unknown"
    if connection.is_bot(person):
        return "bot"
    kind = _ACCOUNTS.get((user.optional_text("accountType") or "").lower())
    if kind is not None:
        return kind
    return "customer" if person == _person(fields.optional_record("reporter")) else "agent"


# --- Issues ---


def _created(story: _Story) -> list[AnyEvent]:
    """The opening is a message also where its description is empty: an issue always has a summary.

    It is by the creator, who is not always the reporter: an agent can raise an issue for a customer.
    """
    fields, connection = story.fields, story.telling.connection
    creator = fields.optional_record("creator") or story.payload.optional_record("user")
    creator = creator or fields.optional_record("reporter")
    telling = replace(story.telling, actor_kind=_kind(creator, fields, connection), actor_id=_person(creator))
    if telling.created_at is not None:
        telling = replace(telling, occurred_at=telling.created_at)
    attributes = _snapshot_attributes(story)
    opened: dict[str, Any] = {
        "status": _status_of_snapshot(story) or "new",
        "attributes": {name: value for name, value in attributes.items() if value is not None},
        "assignee": _person(fields.optional_record("assignee")),
        "message": {"id": OPENING, "visibility": "public"},
    }
    return [telling.event("ticket.created", ("created",), **opened)]


def _snapshot_attributes(story: _Story) -> dict[str, AttributeValue | None]:
    priority = story.fields.optional_record("priority")
    return {
        "priority": priority_of(priority.optional_text("name")) if priority else None,
        "tags": as_text(story.fields.fields.get("labels")) or None,
        **mapped_attributes(story.telling.connection, story.payload),
    }


def _status_of_snapshot(story: _Story) -> Status | None:
    status = story.fields.optional_record("status")
    if status is None:
        return None
    return _status(story, status.optional_text("name"), status.optional_identifier("id"), status)


def _status(story: _Story, name: str | None, status_id: str | None, snapshot: Record) -> Status | None:
    """The status of that id or name: as the connection maps it, by its name, or by its category in the snapshot."""
    statuses = story.statuses
    known = statuses.mapped(status_id) or statuses.mapped(name) or statuses.known(name)
    if known is not None:
        return known
    category = snapshot.optional_record("statusCategory")
    proved = _CATEGORIES.get((category.optional_text("key") or "").lower()) if category else None
    if proved is not None:
        return proved
    given = name or status_id
    return statuses.read(given) if given else None


def _updated(story: _Story) -> list[AnyEvent]:
    told = _changes(story, story.payload.optional_record("changelog") or Record({}, story.payload.place("changelog")))
    if story.payload.optional_record("comment") is None:
        return told
    # On Data Center, where the name of the event says what happened to the comment.
    tell = _COMMENTS.get((story.payload.optional_text("issue_event_type_name") or "").lower(), _commented_or_edited)
    return [*told, *tell(story)]


def _changes(story: _Story, changelog: Record) -> list[AnyEvent]:
    items = {item.text("field").lower(): item for item in changelog.records("items")}
    kind = (story.payload.optional_text("issue_event_type_name") or "").lower()
    change = changelog.optional_identifier("id") or format_instant(story.telling.occurred_at)
    if "key" in items:
        return _moved(story, items["key"], change)
    told: list[AnyEvent] = []
    if (item := items.get("status")) is not None:
        told += _status_changed(story, item, change)
    elif kind in _STATUS_EVENTS or "resolution" in items:
        told += _status_shown(story, change)
    if (item := items.get("assignee")) is not None:
        told.append(
            story.telling.event("assignment.changed", ("change", change, "assignee"), assignee=_assigned(story, item))
        )
    elif kind == _ASSIGNED and story.fields.has("assignee"):
        # Recorded so: the changelog is empty, and the snapshot proves it.
        assignee = _person(story.fields.optional_record("assignee"))
        told.append(story.telling.event("assignment.changed", ("change", change, "assignee"), assignee=assignee))
    told += _rated(story, items, change)
    if any(name not in _TOLD_BY_THEMSELVES for name in items):
        told += _attributes_changed(story, items, change)
    return told


def _status_shown(story: _Story, change: str) -> list[AnyEvent]:
    """The snapshot's status, where the event is about the status and its changelog leaves it out."""
    status = _status_of_snapshot(story)
    return (
        [] if status is None else [story.telling.event("status.changed", ("change", change, "status"), status=status)]
    )


def _assigned(story: _Story, item: Record) -> str | None:
    """Jira Cloud's `to` was once the user's key, with the account's id beside it or in the snapshot alone."""
    to = item.optional_identifier("tmpToAccountId") or item.optional_identifier("to")
    shown = story.fields.optional_record("assignee")
    if to is not None and shown is not None and to in (shown.fields.get("key"), shown.fields.get("name")):
        return _person(shown)
    return to


def _rated(story: _Story, items: Mapping[str, Record], change: str) -> list[AnyEvent]:
    """Service Management's rating: its field is an object with a `rating`, whatever the site calls it."""
    for name, item in items.items():
        shown = story.fields.fields.get(item.optional_text("fieldId") or "")
        if isinstance(shown, Mapping):
            rating = shown.get("rating")
        else:
            rating = item.fields.get("toString") if name == _SATISFACTION else None
        if str(rating) in _RATINGS:
            return [story.telling.event("rating.given", ("change", change, "rating"), rating=int(str(rating)))]
    return []


def _status_changed(story: _Story, item: Record, change: str) -> list[AnyEvent]:
    name, status_id = item.optional_text("toString"), item.optional_identifier("to")
    snapshot = story.fields.optional_record("status")
    # A snapshot of another status was taken after another change, and its category belongs to that one.
    if snapshot is None or snapshot.optional_identifier("id") != status_id:
        snapshot = Record({})
    status = _status(story, name, status_id, snapshot)
    if status is None:
        raise item.fault("toString", "is missing")
    return [story.telling.event("status.changed", ("change", change, "status"), status=status)]


def _attributes_changed(story: _Story, items: Mapping[str, Record], change: str) -> list[AnyEvent]:
    attributes = mapped_attributes(story.telling.connection, story.payload)
    if (item := items.get("priority")) is not None:
        attributes = {"priority": priority_of(item.optional_text("toString")), **attributes}
    if (item := items.get("labels")) is not None:
        attributes = {"tags": tuple((item.optional_text("toString") or "").split()), **attributes}
    if not attributes:
        return []
    return [story.telling.event("attributes.changed", ("change", change, "attributes"), attributes=attributes)]


def _moved(story: _Story, item: Record, change: str) -> list[AnyEvent]:
    """The old key is gone; the new one, which it may have had before, is there with what the snapshot shows."""
    fact = ("change", change)
    old = replace(story.telling, ticket=item.identifier("fromString"))
    assignee = _person(story.fields.optional_record("assignee"))
    told = [
        old.event("ticket.deleted", (*fact, "moved")),
        story.telling.event("ticket.restored", (*fact, "moved")),
        story.telling.event("attributes.changed", (*fact, "attributes"), attributes=_snapshot_attributes(story)),
        story.telling.event("assignment.changed", (*fact, "assignee"), assignee=assignee),
    ]
    if (status := _status_of_snapshot(story)) is not None:
        told.append(story.telling.event("status.changed", (*fact, "status"), status=status))
    return told


def _deleted(story: _Story) -> list[AnyEvent]:
    return [story.telling.event("ticket.deleted", ("deleted",))]


# --- Comments ---


def _commented(story: _Story) -> list[AnyEvent]:
    comment, connection = story.payload.record("comment"), story.telling.connection
    author = comment.optional_record("author")
    written_at = jira_instant(comment, "created", connection)
    if written_at is None:
        raise comment.fault("created", "is missing")
    telling = replace(
        story.telling,
        occurred_at=written_at,
        actor_kind=_kind(author, story.fields, connection),
        actor_id=_person(author),
    )
    comment_id = comment.identifier("id")
    message = {"id": comment_id, "visibility": "internal" if _is_internal(comment) else "public"}
    return [telling.event("message.added", ("comment", comment_id), message=message)]


def _comment_edited(story: _Story) -> list[AnyEvent]:
    """An edited comment is the same message. One that is internal now may have been public before, so that it is
    hidden; hiding one that always was says nothing.
    """
    comment = story.payload.record("comment")
    if not _is_internal(comment):
        return []
    edited_at = jira_instant(comment, "updated", story.telling.connection)
    telling = story.telling if edited_at is None else replace(story.telling, occurred_at=edited_at)
    comment_id, when = comment.identifier("id"), format_instant(telling.occurred_at)
    return [telling.event("message.hidden", ("hidden", comment_id, when), message={"id": comment_id})]


def _commented_or_edited(story: _Story) -> list[AnyEvent]:
    """For versions that do not name what happened to the comment."""
    comment = story.payload.record("comment")
    is_edited = comment.fields.get("updated") not in (None, comment.fields.get("created"))
    return [*_commented(story), *(_comment_edited(story) if is_edited else [])]


def _is_internal(comment: Record) -> bool:
    """Also by the comment's property, which is what Service Management keeps it in."""
    if comment.optional_flag("jsdPublic") is False or comment.optional_record("visibility") is not None:
        return True
    properties = comment.fields.get("properties")
    found = (one for one in properties if isinstance(one, Mapping)) if isinstance(properties, list) else ()
    values = (one.get("value") for one in found if one.get("key") == _PUBLIC_PROPERTY)
    return any(isinstance(value, Mapping) and value.get("internal") in (True, "true") for value in values)


def _nothing(story: _Story) -> list[AnyEvent]:
    return []


_COMMENTS: Mapping[str, Callable[[_Story], list[AnyEvent]]] = {
    "issue_commented": _commented,
    "issue_comment_edited": _comment_edited,
    "issue_comment_deleted": _nothing,
}
_TELLERS: Mapping[str, Callable[[_Story], list[AnyEvent]]] = {
    "jira:issue_created": _created,
    "jira:issue_updated": _updated,
    "jira:issue_deleted": _deleted,
    "comment_created": _commented,
    "comment_updated": _comment_edited,
}


# --- A sample ---


def sample(mark: str, at: int, connection: Connection) -> tuple[bytes, ...]:
    """See `base.Source`: created, and deleted."""
    account = connection.account or PERSON
    host = account if "." in account else f"{account}.atlassian.net"
    person = {"accountId": PERSON, "accountType": "customer"}
    fields = {"summary": TEXT, "created": format_instant(at), "creator": person, "reporter": person}
    issue = {"key": mark, "self": f"https://{host}/rest/api/2/issue/{mark}", "fields": fields}

    def told(kind: str, time: int) -> dict[str, object]:
        return {"webhookEvent": kind, "timestamp": time // MILLISECOND, "user": person, "issue": issue}

    return bodies(told("jira:issue_created", at), told("jira:issue_deleted", at + OPEN_FOR))
