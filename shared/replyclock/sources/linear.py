"""Linear: issues and their comments.

Linear tracks work, so whoever opens an issue is the one who waits: the creator is the requester.

**Who speaks.** People with a Linear account who are not the creator are agents. What somebody wrote in a synced Slack
or support thread comes with an `externalUser`, who has no account: a customer. Integrations and apps (`botActor`, or
an `actor` of another type than `user`) are programs. All comments are public: Linear hides none from its members.

**Identity and time.** A comment is named by its id and has its own time. A change is told with the old values of what
changed (`updatedFrom`) and has the webhook's `createdAt`; it is named by what changed and when.

**Moved to another team** an issue has another identifier, and so is another ticket: the old one is gone, the new one
has what the snapshot shows.

**Snoozed** is `pending` until the issue's state changes or somebody ends it; Linear sends nothing when the time is up.

**What is taken back.** A deleted comment stays told; an edited one is the same message.
"""

# ruff: noqa: ARG001 - sources have the same signatures, whatever they need of them

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
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
    check_signed_at,
    mapped_attributes,
    no_handshake,
    priority_of,
    read_json,
    unreadable_body,
)
from .base.epoch import MILLISECOND, optional_epoch_instant
from .base.facts import OPENING
from .base.hex_hmac import check_hex_hmac, hex_hmac
from .base.samples import OPEN_FOR, PERSON, TEXT, bodies
from .base.signing import TOLERANCE

handshake = no_handshake

setup = """\
In Linear, Settings > Administration > API > Webhooks: create a webhook with this URL for your team, and choose the data
change events Issues and Comments. Its signing secret is the one that `replyclock connection add` asks for."""

_SIGNATURE, _EVENT, _DELIVERY = "Linear-Signature", "Linear-Event", "Linear-Delivery"
_SIGNED_AT = "webhookTimestamp"
_RETRIES = 8 * 3600 * SECOND
"""How old a signed time may be. Linear's documentation says that it tries again after a minute, an hour and six hours,
and not whether with a new time.
"""
_STATES: Mapping[str, Status] = {
    **dict.fromkeys(("triage", "backlog", "unstarted"), "new"),
    "started": "open",
    "completed": "solved",
    **dict.fromkeys(("canceled", "cancelled", "duplicate"), "closed"),
}
"""By the type of the state, which every team's own states have."""
_RESOLVED = ("solved", "closed")
_ISSUE_IN_URL = re.compile(r"/([^/]+)/issue/([^/#?]+)")


# --- Signatures ---


def verify(webhook: Webhook, secrets: Sequence[str], now: int, connection: Connection, *, stage: str = "prod") -> None:
    """The HMAC-SHA256 of the body in hex, whose own `webhookTimestamp` is at most 8 hours old and 5 minutes ahead.

    Raises Unauthenticated. A body without that time was signed so, too: ids that name facts make it harmless.
    """
    check_hex_hmac(webhook, _SIGNATURE, secrets)
    try:
        signed_at = optional_epoch_instant(Record.of(read_json(webhook.body)), _SIGNED_AT, MILLISECOND)
    except InvalidInput:
        return  # authentic, and for the translation to say what is wrong with it
    if signed_at is not None:
        check_signed_at(signed_at, now, _RETRIES if signed_at <= now else TOLERANCE)


def sign(body: bytes, secret: str, now: int, *, url: str = "") -> dict[str, str]:
    """The headers with which Linear sends a body. The time that Linear signs is in the body itself."""
    kind = Record.of(read_json(body)).optional_text("type")
    return {
        "Content-Type": "application/json; charset=utf-8",
        _EVENT: kind or "",
        _DELIVERY: str(uuid.UUID(bytes=hashlib.sha256(body).digest()[:16], version=4)),
        _SIGNATURE: hex_hmac(body, secret),
    }


# --- Translation ---


@dataclass(frozen=True, slots=True)
class _Story:
    """One webhook, read as far as all events have it."""

    payload: Record
    data: Record
    """The issue or the comment."""
    telling: Telling
    statuses: Statuses


def translate(webhook: Webhook, connection: Connection) -> Translation:
    """The events that a Linear webhook means; none for those about anything but issues and their comments."""
    try:
        payload = Record.of(read_json(webhook.body))
        tell = _TELLERS.get((payload.text("type"), payload.text("action")))
        if tell is None or _is_of_no_issue(payload):
            return Translation()
        story = _read(payload, webhook, connection)
        return Translation(events=tuple(tell(story)), unknown_statuses=story.statuses.unknown)
    except InvalidInput as wrong:
        return unreadable_body(webhook, wrong)


def _is_of_no_issue(payload: Record) -> bool:
    """Documents and project updates have comments, too."""
    return payload.text("type") == "Comment" and _id_of(payload.record("data"), "issue") is None


def _read(payload: Record, webhook: Webhook, connection: Connection) -> _Story:
    data = payload.record("data")
    workspace, named = _in_url(payload)
    if not connection.is_account([payload.optional_identifier("organizationId"), workspace]):
        raise payload.fault("organizationId", "is not the account of this connection")
    is_issue = payload.text("type") == "Issue"
    issue = data if is_issue else data.optional_record("issue") or Record({}, data.place("issue"))
    times = (
        payload.optional_instant("createdAt", connection.zone),
        data.optional_instant("updatedAt", connection.zone),
        webhook.received_at,
    )
    actor = payload.optional_record("actor")
    actor_id = actor.optional_identifier("id") if actor else None
    telling = Telling(
        connection=connection,
        ticket=_ticket_id(issue, named),
        occurred_at=next(time for time in times if time is not None),
        created_at=issue.optional_instant("createdAt", connection.zone),
        actor_kind=_kind_of_changer(actor, data if is_issue else None, connection),
        actor_id=actor_id,
        requester=_id_of(issue, "externalUserCreator") or _id_of(issue, "creator"),
    )
    return _Story(payload, data, telling, Statuses(connection, _STATES))


def _in_url(payload: Record) -> tuple[str | None, str | None]:
    """The workspace and the issue's identifier, as in `https://linear.app/acme/issue/WEB-46#comment-c7cafc52`."""
    found = _ISSUE_IN_URL.search(payload.optional_text("url") or "")
    return (found.group(1), found.group(2)) if found else (None, None)


def _ticket_id(issue: Record, named: str | None) -> str:
    found = issue.optional_identifier("identifier") or named
    if found is None:
        team, number = issue.optional_record("team"), issue.optional_identifier("number")
        if team is None or number is None:
            raise issue.fault("identifier", "is missing, and there is no issue in url")
        return f"{team.identifier('key')}-{number}"
    return found


# --- People ---


def _is_program(actor: Record | None) -> bool:
    """Whether it acted for an integration or an app. Webhooks of earlier years name no actor."""
    kind = actor.optional_text("type") if actor else None
    return kind is not None and kind.lower() != "user"


def _kind_of_changer(actor: Record | None, issue: Record | None, connection: Connection) -> ActorKind:
    actor_id = actor.optional_identifier("id") if actor else None
    if actor is None or (actor_id is None and not _is_program(actor)):
        return "unknown"
    if _is_program(actor) or connection.is_bot(actor_id):
        return "bot"
    creator = issue.optional_identifier("creatorId") if issue else None
    return "customer" if actor_id == creator else "agent"


def _by_author(story: _Story, user: str, external: str) -> Telling:
    """Who wrote an issue or a comment. `user` and `external` are the fields of the two kinds of people.

    What a person outside wrote is brought by a program, so that they go before it.
    """
    outside, person = _id_of(story.data, external), _id_of(story.data, user)
    actor, connection = story.payload.optional_record("actor"), story.telling.connection
    if outside is not None:
        return replace(story.telling, actor_kind="customer", actor_id=outside)
    bot = story.data.optional_record("botActor")
    # Who acted wrote it, unless it is by somebody else, as where an integration brings what a person wrote.
    acted = person is None or (actor is not None and actor.optional_identifier("id") in (None, person))
    if connection.is_bot(person) or (acted and _is_program(actor)) or (bot and person is None):
        writer = person or (bot.optional_identifier("id") if bot else story.telling.actor_id)
        return replace(story.telling, actor_kind="bot", actor_id=writer)
    kind: ActorKind = "unknown" if person is None else "agent"
    return replace(story.telling, actor_kind=kind, actor_id=person)


def _id_of(record: Record, name: str) -> str | None:
    """The id of a person, which is a field of its own beside the person."""
    inner = record.optional_record(name)
    return record.optional_identifier(f"{name}Id") or (inner.optional_identifier("id") if inner else None)


# --- Issues ---


def _created(story: _Story) -> list[AnyEvent]:
    """The opening is a message also where its description is empty: an issue always has a title.

    The creator is the requester, and so a customer, whatever their rights.
    """
    telling = _by_author(story, "creator", "externalUserCreator")
    if telling.actor_kind == "agent":
        telling = replace(telling, actor_kind="customer")
    if telling.created_at is not None:
        telling = replace(telling, occurred_at=telling.created_at)
    attributes = {"priority": _priority(story), "tags": _labels(story) or None}
    mapped = mapped_attributes(telling.connection, story.payload)
    opened: dict[str, Any] = {
        "status": _status(story) or "new",
        "attributes": {name: value for name, value in (attributes | mapped).items() if value is not None},
        "assignee": _id_of(story.data, "assignee"),
        "group": _team(story),
        "requester": telling.actor_id,
        "message": {"id": OPENING, "visibility": "public"},
    }
    return [telling.event("ticket.created", ("created",), **opened)]


def _team(story: _Story) -> str | None:
    team = story.data.optional_record("team")
    return team.optional_identifier("key") if team else None


def _priority(story: _Story) -> str | None:
    """Linear's word for it; 0 is none, whose word is "No priority"."""
    return priority_of(story.data.optional_text("priorityLabel")) if story.data.fields.get("priority") else None


def _labels(story: _Story) -> tuple[str, ...]:
    return tuple(sorted(label.text("name") for label in story.data.records("labels")))


def _status(story: _Story) -> Status | None:
    """As the connection maps the state by its id or name, else by the state's type."""
    state = story.data.optional_record("state")
    if state is None:
        return None
    statuses, name = story.statuses, state.optional_text("name")
    status = statuses.mapped(state.optional_identifier("id")) or statuses.mapped(name)
    status = status or statuses.read(state.optional_text("type") or name or "")
    snoozed_until = story.data.optional_instant("snoozedUntilAt", story.telling.connection.zone)
    if snoozed_until is not None and snoozed_until > story.telling.occurred_at and status not in _RESOLVED:
        return "pending"
    return status


def _updated(story: _Story) -> list[AnyEvent]:
    before = story.payload.optional_record("updatedFrom") or Record({}, "updatedFrom")
    if before.has("teamId"):
        return _moved(story)
    told: list[AnyEvent] = []
    if before.has("trashed"):
        told += _deleted(story) if story.data.optional_flag("trashed") else _restored(story)
    attributes: dict[str, AttributeValue | None] = {}
    if before.has("priority"):
        attributes["priority"] = _priority(story)
    if before.has("labelIds"):
        attributes["tags"] = _labels(story)
    told += _attributes(story, attributes | mapped_attributes(story.telling.connection, story.payload))
    if before.has("assigneeId"):
        told += _assignment(story, assignee=_id_of(story.data, "assignee"))
    if before.has("stateId") or before.has("snoozedUntilAt"):
        told += _status_shown(story)
    return told


def _attributes(story: _Story, attributes: Mapping[str, AttributeValue | None]) -> list[AnyEvent]:
    if not attributes:
        return []
    return [story.telling.event("attributes.changed", ("attributes", story.telling.when()), attributes=attributes)]


def _assignment(story: _Story, **people: str | None) -> list[AnyEvent]:
    return [story.telling.event("assignment.changed", ("assignment", story.telling.when()), **people)]


def _status_shown(story: _Story) -> list[AnyEvent]:
    status = _status(story)
    if status is None:
        raise story.data.fault("state", "is missing")
    return [story.telling.event("status.changed", ("status", story.telling.when()), status=status)]


def _moved(story: _Story) -> list[AnyEvent]:
    """The old identifier, which the snapshot lists last of the previous ones, is gone; the new one, which the issue may
    have had before, is there with what the snapshot shows.
    """
    previous = story.data.fields.get("previousIdentifiers")
    old = Record({"id": previous[-1] if isinstance(previous, list) and previous else None}, "data.previousIdentifiers")
    gone = replace(story.telling, ticket=old.identifier("id"))
    attributes = {"priority": _priority(story), "tags": _labels(story)}
    return [
        gone.event("ticket.deleted", ("moved", story.telling.when())),
        story.telling.event("ticket.restored", ("moved", story.telling.when())),
        *_attributes(story, attributes | mapped_attributes(story.telling.connection, story.payload)),
        *_assignment(story, assignee=_id_of(story.data, "assignee"), group=_team(story)),
        *_status_shown(story),
    ]


def _removed(story: _Story) -> list[AnyEvent]:
    """Deleted; but an issue that was archived, as Linear does by itself with those long done, is only put away."""
    if story.data.fields.get("archivedAt") is not None and not story.data.optional_flag("trashed"):
        return []
    return _deleted(story)


def _deleted(story: _Story) -> list[AnyEvent]:
    return [story.telling.event("ticket.deleted", ("deleted", story.telling.when()))]


def _restored(story: _Story) -> list[AnyEvent]:
    return [story.telling.event("ticket.restored", ("restored", story.telling.when()))]


# --- Comments ---


def _commented(story: _Story) -> list[AnyEvent]:
    written_at = story.data.instant("createdAt", story.telling.connection.zone)
    telling = replace(_by_author(story, "user", "externalUser"), occurred_at=written_at)
    comment_id = story.data.identifier("id")
    message = {"id": comment_id, "visibility": "public"}
    return [telling.event("message.added", ("comment", comment_id), message=message)]


_TELLERS: Mapping[tuple[str, str], Callable[[_Story], list[AnyEvent]]] = {
    ("Issue", "create"): _created,
    ("Issue", "update"): _updated,
    ("Issue", "remove"): _removed,
    ("Comment", "create"): _commented,
}


# --- A sample ---


def sample(mark: str, at: int, connection: Connection) -> tuple[bytes, ...]:
    """See `base.Source`: created, and deleted."""

    def told(action: str, time: int) -> dict[str, object]:
        return {
            "type": "Issue",
            "action": action,
            "actor": {"id": PERSON, "type": "user"},
            "createdAt": format_instant(time),
            "data": {"identifier": mark, "createdAt": format_instant(at), "creatorId": PERSON, "title": TEXT},
            "organizationId": connection.account or PERSON,
            _SIGNED_AT: time // MILLISECOND,
        }

    return bodies(told("create", at), told("remove", at + OPEN_FOR))
