"""GitHub: issues and their comments. Pull requests are no tickets; their comments mean nothing here.

**Who speaks.** The issue's author is the requester, and so a customer, whatever their rights. Of the others, owners,
members and collaborators are agents (`author_association`), everyone else is a customer, and accounts of type Bot are
programs. Payloads do not say what rights the sender of a change has, but only the author and people with rights on
the repository can close, assign or label: so a sender who is not the author is an agent.

**Time.** Comments and issues have their own times. A change has none: a closing is at `closed_at`, all else at the
issue's `updated_at`. Both have whole seconds.

**What is taken back.** A deleted comment stays told: it was sent by e-mail when it was written, and a reply that was
given stops its clock also when somebody tidies up later. An edited one is the same message.

GitHub signs no time, so an old webhook can be sent again by whoever has seen it; as an id names the fact, it changes
nothing.
"""

# ruff: noqa: ARG001 - sources have the same signatures, whatever they need of them

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs

from replyclock.domain.errors import InvalidInput, Unauthenticated
from replyclock.domain.events import ActorKind, AnyEvent, Status

from .base import (
    Connection,
    Record,
    Statuses,
    Telling,
    Translation,
    Webhook,
    equal_texts,
    mapped_attributes,
    no_handshake,
    read_json,
    unreadable_body,
    usable_secrets,
)
from .base.facts import OPENING
from .base.hex_hmac import hex_hmac
from .base.samples import PERSON, TEXT, bodies, moments

handshake = no_handshake

setup = """\
In the repository, Settings > Webhooks: add this URL with the content type application/json and the secret, and
choose the events Issues and Issue comments."""

_EVENT, _DELIVERY, _SIGNATURE = "X-GitHub-Event", "X-GitHub-Delivery", "X-Hub-Signature-256"
_FORM = "application/x-www-form-urlencoded"
_AGENTS = ("OWNER", "MEMBER", "COLLABORATOR")
_STATUSES: Mapping[str, Status] = {"open": "open", "closed": "solved"}
_GHOST = "ghost"
"""The login that GitHub shows for deleted accounts."""


# --- Signatures ---


def verify(webhook: Webhook, secrets: Sequence[str], now: int, connection: Connection, *, stage: str = "prod") -> None:
    """`sha256=` and the HMAC-SHA256 of the body in hex. There is no signed time to check. Raises Unauthenticated."""
    candidates = usable_secrets(secrets)
    given = webhook.headers.get(_SIGNATURE)
    if not given:
        raise Unauthenticated(f"has no {_SIGNATURE}")
    if not any(equal_texts(given, _signature(webhook.body, secret)) for secret in candidates):
        raise Unauthenticated(f"{_SIGNATURE} is by none of the connection's {len(candidates)} secrets")


def _signature(body: bytes, secret: str) -> str:
    return "sha256=" + hex_hmac(body, secret)


def sign(body: bytes, secret: str, now: int, *, url: str = "", event: str | None = None) -> dict[str, str]:
    """The headers with which GitHub sends a body. `event` is told from the body where it is left out, and is `ping`
    where that is about no issue; GitHub signs no time.
    """
    payload = Record.of(read_json(body))
    return {
        "Content-Type": "application/json",
        _EVENT: event or (_event_of(payload) if payload.has("issue") else "ping"),
        _DELIVERY: str(uuid.UUID(bytes=hashlib.sha256(body).digest()[:16], version=4)),
        _SIGNATURE: _signature(body, secret),
    }


# --- Translation ---


@dataclass(frozen=True, slots=True)
class _Story:
    """One webhook, read as far as all events have it."""

    payload: Record
    issue: Record
    telling: Telling
    statuses: Statuses


def translate(webhook: Webhook, connection: Connection) -> Translation:
    """The events that a GitHub webhook means; none for a ping, for pull requests, and for what says nothing about a
    ticket.

    The kind of webhook is in the header `X-GitHub-Event`; without it, it is told from the body.
    """
    try:
        payload = _payload(webhook)
        tell = _teller(webhook.headers.get(_EVENT) or _event_of(payload), payload)
        if tell is None:
            return Translation()
        story = _read(payload, webhook, connection)
        return Translation(events=tuple(tell(story)), unknown_statuses=story.statuses.unknown)
    except InvalidInput as wrong:
        return unreadable_body(webhook, wrong)


def _payload(webhook: Webhook) -> Record:
    """The payload; of a form its field `payload`, as a webhook is set up in GitHub unless one chooses JSON."""
    body = webhook.body
    if webhook.headers.get("Content-Type", "").partition(";")[0].strip().lower() == _FORM:
        # Bytes that are no ASCII cannot be in a form; Latin-1 lets them through, to be refused as no JSON.
        body = "".join(parse_qs(body.decode("latin-1"), max_num_fields=10).get("payload", [])).encode()
    return Record.of(read_json(body))


def _event_of(payload: Record) -> str:
    if payload.has("issue"):
        return "issue_comment" if payload.has("comment") else "issues"
    if payload.has("zen"):
        return "ping"
    raise payload.fault("issue", f"is missing, and there is no {_EVENT}")


def _teller(event: str, payload: Record) -> Callable[[_Story], list[AnyEvent]] | None:
    tellers = {"issues": _ISSUES, "issue_comment": _COMMENTS}.get(event.lower(), {})
    if not tellers or payload.record("issue").optional_record("pull_request") is not None:
        return None
    return tellers.get(payload.text("action"))


def _read(payload: Record, webhook: Webhook, connection: Connection) -> _Story:
    repository, issue = payload.record("repository"), payload.record("issue")
    if not connection.is_account(_accounts(payload, repository)):
        raise repository.fault("full_name", "is not of the account of this connection")
    sender = payload.optional_record("sender")
    updated_at = issue.optional_instant("updated_at")
    telling = Telling(
        connection=connection,
        ticket=f"{repository.identifier('full_name')}#{issue.identifier('number')}",
        occurred_at=webhook.received_at if updated_at is None else updated_at,
        created_at=issue.optional_instant("created_at"),
        actor_kind=_kind_of_changer(sender, issue, connection),
        actor_id=_login(sender),
        requester=_requester(issue),
    )
    return _Story(payload, issue, telling, Statuses(connection, _STATUSES))


def _accounts(payload: Record, repository: Record) -> list[str | None]:
    """What may stand for the account: the repository, its owner, the organization, the app's installation."""
    owner, organization = repository.optional_record("owner"), payload.optional_record("organization")
    installation = payload.optional_record("installation")
    return [
        repository.optional_identifier("full_name"),
        owner.optional_identifier("login") if owner else None,
        organization.optional_identifier("login") if organization else None,
        installation.optional_identifier("id") if installation else None,
    ]


def _login(user: Record | None) -> str:
    return _GHOST if user is None else user.identifier("login")


def _requester(issue: Record) -> str:
    return _login(issue.optional_record("user"))


def _is_bot(user: Record | None, connection: Connection) -> bool:
    return user is not None and (user.optional_text("type") == "Bot" or connection.is_bot(_login(user)))


def _kind_of_changer(sender: Record | None, issue: Record, connection: Connection) -> ActorKind:
    if sender is None:
        return "unknown"
    if _is_bot(sender, connection):
        return "bot"
    return "customer" if _login(sender) == _requester(issue) else "agent"


# --- Issues ---


def _opened(story: _Story) -> list[AnyEvent]:
    """The opening is a message also where its text is empty: an issue always has a title."""
    issue, connection = story.issue, story.telling.connection
    author = issue.optional_record("user")
    attributes = {"tags": _labels(issue) or None, **mapped_attributes(connection, story.payload)}
    telling = replace(
        story.telling,
        occurred_at=issue.instant("created_at"),
        actor_kind="bot" if _is_bot(author, connection) else "customer",
        actor_id=_login(author),
    )
    fields: dict[str, Any] = {
        "status": story.statuses.read(issue.optional_text("state") or "open"),
        "attributes": {name: value for name, value in attributes.items() if value is not None},
        "assignee": _assignee(issue),
        "message": {"id": OPENING, "visibility": "public"},
    }
    return [telling.event("ticket.created", ("created",), **fields)]


def _closed(story: _Story) -> list[AnyEvent]:
    closed_at = story.issue.optional_instant("closed_at")
    return _status(story if closed_at is None else _at(story, closed_at), "closed")


def _reopened(story: _Story) -> list[AnyEvent]:
    return _status(story, "open")


def _status(story: _Story, name: str) -> list[AnyEvent]:
    status = story.statuses.read(name)
    return [story.telling.event("status.changed", ("status", name, story.telling.when()), status=status)]


def _at(story: _Story, occurred_at: int) -> _Story:
    return replace(story, telling=replace(story.telling, occurred_at=occurred_at))


def _assigned(story: _Story) -> list[AnyEvent]:
    """Of several assignees the first one counts: to join somebody is not to take the issue from them."""
    return _assignment(story, "assigned", _assignee(story.issue) or _person(story))


def _unassigned(story: _Story) -> list[AnyEvent]:
    return _assignment(story, "unassigned", _assignee(story.issue, without=_person(story)))


def _assignment(story: _Story, action: str, assignee: str | None) -> list[AnyEvent]:
    fact = (action, _person(story) or "somebody", story.telling.when())
    return [story.telling.event("assignment.changed", fact, assignee=assignee)]


def _person(story: _Story) -> str | None:
    """The one whom an assignment is about."""
    person = story.payload.optional_record("assignee")
    return None if person is None else _login(person)


def _assignee(issue: Record, without: str | None = None) -> str | None:
    """The first assignee of the snapshot. It may still show the one who was just removed, so that one is left out."""
    logins = [_login(person) for person in issue.records("assignees")]
    first = issue.optional_record("assignee")
    if first is not None:
        logins.insert(0, _login(first))
    return next((login for login in logins if login != without), None)


def _labeled(story: _Story) -> list[AnyEvent]:
    return _relabeled(story, "labeled")


def _unlabeled(story: _Story) -> list[AnyEvent]:
    return _relabeled(story, "unlabeled")


def _relabeled(story: _Story, action: str) -> list[AnyEvent]:
    """All labels that the issue has now. The snapshot may not show the change yet, so the changed label is seen to."""
    changed = story.payload.optional_record("label")
    label = changed.text("name") if changed else None
    labels = [one for one in _labels(story.issue) if one != label]
    if label is not None and action == "labeled":
        labels.append(label)
    attributes = {"tags": tuple(sorted(labels)), **mapped_attributes(story.telling.connection, story.payload)}
    fact = (action, label or "", story.telling.when())
    return [story.telling.event("attributes.changed", fact, attributes=attributes)]


def _other_attribute_changed(story: _Story) -> list[AnyEvent]:
    """What the connection maps from the payload; nothing where it maps nothing."""
    attributes = mapped_attributes(story.telling.connection, story.payload)
    if not attributes:
        return []
    fact = (story.payload.text("action"), story.telling.when())
    return [story.telling.event("attributes.changed", fact, attributes=attributes)]


def _labels(issue: Record) -> tuple[str, ...]:
    return tuple(sorted(label.text("name") for label in issue.records("labels")))


def _gone(story: _Story) -> list[AnyEvent]:
    """Deleted, or transferred to another repository, where it opens as another ticket with its old creation time."""
    return [story.telling.event("ticket.deleted", ("deleted",))]


# --- Comments ---


def _commented(story: _Story) -> list[AnyEvent]:
    comment = story.payload.record("comment")
    author = comment.optional_record("user")
    telling = replace(
        story.telling,
        occurred_at=comment.instant("created_at"),
        actor_kind=_kind_of_author(comment, author, story),
        actor_id=_login(author),
    )
    comment_id = comment.identifier("id")
    message = {"id": comment_id, "visibility": "public"}
    return [telling.event("message.added", ("comment", comment_id), message=message)]


def _kind_of_author(comment: Record, author: Record | None, story: _Story) -> ActorKind:
    if _is_bot(author, story.telling.connection):
        return "bot"
    if _login(author) == _requester(story.issue):
        return "customer"
    return "agent" if comment.text("author_association") in _AGENTS else "customer"


_ISSUES: Mapping[str, Callable[[_Story], list[AnyEvent]]] = {
    "opened": _opened,
    "closed": _closed,
    "reopened": _reopened,
    "assigned": _assigned,
    "unassigned": _unassigned,
    "labeled": _labeled,
    "unlabeled": _unlabeled,
    "milestoned": _other_attribute_changed,
    "demilestoned": _other_attribute_changed,
    "typed": _other_attribute_changed,
    "untyped": _other_attribute_changed,
    "deleted": _gone,
    "transferred": _gone,
}
_COMMENTS: Mapping[str, Callable[[_Story], list[AnyEvent]]] = {"created": _commented}


# --- A sample ---


def sample(mark: str, at: int, connection: Connection) -> tuple[bytes, ...]:
    """See `base.Source`: opened, and deleted. The issue is the first of a repository that is called `mark`."""
    opened, ended = moments(at)
    owner = connection.account or PERSON

    def told(action: str, time: str) -> dict[str, object]:
        person = {"login": PERSON, "type": "User"}
        issue = {"number": 1, "title": TEXT, "body": TEXT, "user": person, "labels": [], "assignees": []}
        issue |= {"author_association": "NONE", "state": "open", "created_at": opened, "updated_at": time}
        repository = {"full_name": f"{PERSON}/{mark}", "owner": {"login": owner}}
        return {"action": action, "issue": issue, "repository": repository, "sender": person}

    return bodies(told("opened", opened), told("deleted", ended))
