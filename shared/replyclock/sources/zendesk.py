"""Zendesk event webhooks: `zen:event-type:ticket.…` and `zen:event-type:messaging_ticket.message_added`.

Each carries a snapshot of the ticket (`detail`) and what happened (`event`). Bodies that a Zendesk *trigger* sends are
written by the user and belong to the source `generic`.

**Identity.** Zendesk's event id names the telling; here an id names the fact: a comment by its id, the creation by
its ticket, a change by what changed, to what, and when, in the nanoseconds that Zendesk states (cut to microseconds).

**The opening.** The creation carries the opening text as `description`, without a comment id; Zendesk then tells it
again as the first comment. From that comment alone it is recognised by three things together: its text is the
description, its time is within seconds of the ticket's creation, and both are stated in the one payload. It then has
the opening's message id, so that both are one message, in whichever order they arrive and if one is lost. A customer
who repeats the text later is heard again. A messaging conversation opens internally, and its description is only the
beginning of that text.

**Who opens.** Zendesk documents that the submitter is always the author of the first comment. So a ticket whose
submitter is not its requester was opened by an agent, who alone may submit for somebody else.
"""

# ruff: noqa: ARG001 - sources have the same signatures, whatever they need of them

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from replyclock.domain.errors import InvalidInput, Unauthenticated
from replyclock.domain.events import ActorKind, AnyEvent, AttributeValue, Status
from replyclock.domain.instants import SECOND, format_instant, parse_instant

from .base import (
    Connection,
    Record,
    Statuses,
    Telling,
    Translation,
    Webhook,
    as_text,
    channel_of,
    check_signed_at,
    equal_texts,
    mapped_attributes,
    no_handshake,
    priority_of,
    read_json,
    secret_bytes,
    unreadable_body,
    usable_secrets,
)
from .base.facts import OPENING
from .base.samples import PERSON, TEXT, bodies, moments

handshake = no_handshake

setup = """\
In Zendesk, Admin Center > Apps and integrations > Webhooks: create a webhook that listens to Zendesk events, with
this URL, for all events of tickets. Its signing secret is the one that `replyclock connection add` asks for."""

_SIGNATURE, _TIMESTAMP = "X-Zendesk-Webhook-Signature", "X-Zendesk-Webhook-Signature-Timestamp"
PUBLIC_TEST_SECRETS = ("this_secret_is_for_testing_only", "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==")
"""What Zendesk's own webhook tester signs with, as text and in base64. Everybody knows it."""

_TYPE_PREFIX = "zen:event-type:"
_SUBJECT_PREFIX = "zen:ticket:"
_SYSTEM = "-1"
_NOBODY = ("", "0")
_OPENING_WITHIN = 10 * SECOND
"""How long after the ticket's creation its first comment may be told. Both are written at once; Zendesk cuts one to
seconds.
"""

_STATUSES: Mapping[str, Status] = {
    "new": "new",
    "open": "open",
    "pending": "pending",
    "hold": "on_hold",
    "on-hold": "on_hold",
    "on_hold": "on_hold",
    "solved": "solved",
    "closed": "closed",
    "archived": "closed",
}
_GONE = ("deleted", "scrubbed")
RATINGS: Mapping[str, int] = {"good": 5, "bad": 1, **{str(number): number for number in range(1, 6)}}
_SCORE_FIELDS = ("satisfaction_score", "satisfaction_rating", "current")
_NO_RATINGS = ("offered", "unoffered")
"""Scores of a survey that nobody has answered."""
_CHANNELS: Mapping[str, str] = {
    **dict.fromkeys(
        ("voice", "phone", "phone_call_inbound", "phone_call_outbound", "voicemail"),
        "phone",
    ),
    **dict.fromkeys(("api_phone_call_inbound", "api_phone_call_outbound", "api_voicemail"), "phone"),
    **dict.fromkeys(("chat", "chat_transcript", "chat_offline_message", "native_messaging", "messaging"), "chat"),
    **dict.fromkeys(
        ("answer_bot_for_web_widget", "sunshine_conversations_api", "business_messaging_slack_connect"), "chat"
    ),
    **dict.fromkeys(("email", "mail", "mailgun", "connect_mail", "recovered_from_suspended_tickets"), "email"),
    **dict.fromkeys(("web", "web_form", "web_widget", "helpcenter", "help_center", "blog", "topic"), "web"),
    **dict.fromkeys(
        ("facebook", "facebook_post", "facebook_message", "sunshine_conversations_facebook_messenger"), "social"
    ),
    **dict.fromkeys(("twitter", "twitter_dm", "twitter_favorite", "sunshine_conversations_twitter_dm"), "social"),
    **dict.fromkeys(
        ("instagram_dm", "whatsapp", "telegram", "line", "wechat", "viber", "kakaotalk", "any_channel"), "social"
    ),
    **dict.fromkeys(("apple_business_chat", "google_business_messages", "google_rcs"), "social"),
    **dict.fromkeys(("sms", "text_message", "twilio_sms", "messagebird_sms", "connect_sms"), "sms"),
    **dict.fromkeys(("api", "web_service", "import", "batch"), "api"),
    **dict.fromkeys(("mobile", "mobile_sdk", "iphone", "answer_bot_for_sdk"), "app"),
}
_WRITERS: Mapping[str, ActorKind] = {"end_user": "customer", "agent": "agent", "trigger": "bot", "system": "bot"}
"""Who wrote a message in a messaging conversation. What a trigger or Zendesk's answer bot says was said by a program.
"""


# --- Signatures ---


def verify(webhook: Webhook, secrets: Sequence[str], now: int, connection: Connection, *, stage: str = "prod") -> None:
    """base64(HMAC-SHA256(secret, timestamp + body)), at most 5 minutes old or ahead. Raises Unauthenticated.

    The order is the current one; Zendesk's older documentation signed body + timestamp, which is refused.
    """
    signature, timestamp = webhook.headers.get(_SIGNATURE), webhook.headers.get(_TIMESTAMP)
    if not signature or not timestamp:
        raise Unauthenticated(f"has no {_TIMESTAMP if signature else _SIGNATURE}")
    candidates = _secrets_of_stage(usable_secrets(secrets), stage)
    if not any(equal_texts(signature, _signature(webhook.body, secret, timestamp)) for secret in candidates):
        raise Unauthenticated(f"{_SIGNATURE} is by none of the connection's {len(candidates)} secrets")
    try:
        signed_at = parse_instant(timestamp)
    except ValueError as wrong:
        raise Unauthenticated(f"{_TIMESTAMP} {wrong}") from None
    check_signed_at(signed_at, now)


def _secrets_of_stage(secrets: Sequence[str], stage: str) -> list[str]:
    if stage == "local":
        return list(secrets)
    private = [secret for secret in secrets if secret.strip() not in PUBLIC_TEST_SECRETS]
    if not private:
        raise Unauthenticated(
            "the connection's secret is the public one of Zendesk's webhook tester: refused in this stage"
        )
    return private


def _signature(body: bytes, secret: str, timestamp: str) -> str:
    signed = timestamp.encode("utf-8", "backslashreplace") + body
    return base64.b64encode(hmac.digest(secret_bytes(secret), signed, hashlib.sha256)).decode()


def sign(body: bytes, secret: str, now: int, *, url: str = "") -> dict[str, str]:
    """The headers with which Zendesk sends a body."""
    timestamp = format_instant(now)
    return {
        "Content-Type": "application/json",
        _TIMESTAMP: timestamp,
        _SIGNATURE: _signature(body, secret, timestamp),
    }


# --- Translation ---


@dataclass(frozen=True, slots=True)
class _Story:
    """One webhook, read as far as all types have it."""

    payload: Record
    ticket: Record
    """The snapshot, as `detail`."""
    change: Record
    """What happened, as `event`."""
    telling: Telling
    statuses: Statuses


def translate(webhook: Webhook, connection: Connection) -> Translation:
    """The events that a Zendesk event webhook means; none for types that say nothing about a ticket's clocks.

    An empty body, with which Zendesk tries an address out, means nothing. A body that is no Zendesk event is
    unreadable.
    """
    if not webhook.body.strip():
        return Translation()
    try:
        payload = Record.of(read_json(webhook.body))
        tell = _teller(payload)
        if tell is None:
            return Translation()
        story = _read(payload, webhook, connection)
        return Translation(events=tuple(tell(story)), unknown_statuses=story.statuses.unknown)
    except InvalidInput as wrong:
        return unreadable_body(webhook, wrong)


def _teller(payload: Record) -> Callable[[_Story], list[AnyEvent]] | None:
    type_name = payload.text("type").lower()
    if not type_name.startswith(_TYPE_PREFIX):
        raise payload.fault("type", f"must begin with {_TYPE_PREFIX}")
    return _TELLERS.get(type_name.removeprefix(_TYPE_PREFIX))


def _read(payload: Record, webhook: Webhook, connection: Connection) -> _Story:
    if not connection.is_account([payload.optional_identifier("account_id")]):
        raise payload.fault("account_id", "is not the account of this connection")
    ticket = payload.record("detail")
    change = payload.optional_record("event") or Record({}, "event")
    times = (payload.optional_instant("time"), ticket.optional_instant("updated_at"), webhook.received_at)
    actor = _person(ticket, "actor_id")
    telling = Telling(
        connection=connection,
        ticket=_ticket_id(payload, ticket),
        occurred_at=next(time for time in times if time is not None),
        created_at=ticket.optional_instant("created_at"),
        actor_kind=_kind_of_changer(actor, ticket, connection),
        actor_id=actor,
        sequence=_sequence(change),
        requester=_person(ticket, "requester_id"),
    )
    return _Story(payload, ticket, change, telling, Statuses(connection, _STATUSES))


def _ticket_id(payload: Record, ticket: Record) -> str:
    if (found := _person(ticket, "id")) is not None:
        return found
    subject = payload.optional_text("subject") or ""
    if not subject.startswith(_SUBJECT_PREFIX) or subject == _SUBJECT_PREFIX:
        raise ticket.fault("id", "is missing")
    return subject.removeprefix(_SUBJECT_PREFIX)


def _person(record: Record, name: str) -> str | None:
    """An id, where Zendesk writes nobody as null, as an empty text or as 0."""
    found = record.optional_identifier(name)
    return None if found in _NOBODY else found


def _sequence(change: Record) -> int | None:
    meta = change.optional_record("meta")
    sequence = meta.optional_record("sequence") if meta else None
    return sequence.optional_integer("position") if sequence else None


def _kind_of_changer(actor: str | None, ticket: Record, connection: Connection) -> ActorKind:
    """Who changed something. The snapshot shows no roles, but customers can change nothing on others' tickets."""
    if connection.is_bot(actor):
        return "bot"
    if actor in (None, _SYSTEM):
        return "system"
    return "customer" if actor == _person(ticket, "requester_id") else "agent"


# --- Creation ---


def _created(story: _Story) -> list[AnyEvent]:
    ticket = story.ticket
    submitter = _person(ticket, "submitter_id") or story.telling.actor_id or story.telling.requester
    kind: ActorKind = _kind_of_changer(submitter, ticket, story.telling.connection)
    status = ticket.optional_text("status")
    fields: dict[str, Any] = {
        "status": "new" if not status else _status_of_snapshot(story, status),
        "attributes": _without_nulls(_snapshot_attributes(story)),
        "assignee": _person(ticket, "assignee_id"),
        "group": _person(ticket, "group_id"),
    }
    if (ticket.optional_text("description") or "").strip():
        internal = ticket.optional_flag("is_public") is False
        fields["message"] = {"id": OPENING, "visibility": "internal" if internal else "public"}
    telling = replace(story.telling, actor_kind=kind, actor_id=submitter)
    if not story.payload.has("time") and telling.created_at is not None:
        telling = replace(telling, occurred_at=telling.created_at)
    return [telling.event("ticket.created", ("created",), **fields)]


def _without_nulls(attributes: Mapping[str, AttributeValue | None]) -> dict[str, AttributeValue]:
    return {name: value for name, value in attributes.items() if value is not None}


def _snapshot_attributes(story: _Story) -> dict[str, AttributeValue | None]:
    via = story.ticket.optional_record("via")
    return {
        "priority": priority_of(story.ticket.optional_text("priority")),
        "channel": channel_of(via.optional_text("channel"), _CHANNELS) if via else None,
        "brand": _person(story.ticket, "brand_id"),
        "tags": _tags(story.ticket) or None,
        **mapped_attributes(story.telling.connection, story.payload),
    }


def _tags(ticket: Record) -> tuple[str, ...]:
    tags = ticket.fields.get("tags")
    read = as_text(tags.split()) if isinstance(tags, str) else as_text(tags)  # older webhooks separate them by spaces
    if read is None and not tags:
        return ()
    if not isinstance(read, tuple):
        raise ticket.fault("tags", "must be a list of texts")
    return read


# --- Messages ---


def _comment_added(story: _Story) -> list[AnyEvent]:
    comment = story.change.record("comment")
    telling = _by_author(story.telling, comment.optional_record("author"))
    message = {
        "id": OPENING if _is_opening(comment, story) else comment.identifier("id"),
        "visibility": "public" if comment.flag("is_public") else "internal",
    }
    return [telling.event("message.added", ("comment", comment.identifier("id")), message=message)]


def _by_author(telling: Telling, author: Record | None) -> Telling:
    if author is None:
        return replace(telling, actor_kind="unknown", actor_id=None)
    person = author.optional_identifier("id")
    if telling.connection.is_bot(person):
        kind: ActorKind = "bot"
    elif person == _SYSTEM:
        kind = "system"
    else:
        kind = "agent" if author.flag("is_staff") else "customer"
    return replace(telling, actor_kind=kind, actor_id=person)


def _is_opening(comment: Record, story: _Story) -> bool:
    created_at = story.telling.created_at
    return (
        created_at is not None
        and abs(story.telling.occurred_at - created_at) <= _OPENING_WITHIN
        and _repeats_description(comment, story.ticket)
    )


def _repeats_description(comment: Record, ticket: Record) -> bool:
    """Whether a comment has the text of the description. That of a messaging conversation is cut: it is the beginning
    of the first comment, which is internal.
    """
    body = (comment.optional_text("body") or "").split()
    description = (ticket.optional_text("description") or "").split()
    if not body or not description:
        return False
    internal = comment.optional_flag("is_public") is False and ticket.optional_flag("is_public") is False
    return _begins(body, description) if internal else body == description


def _begins(words: list[str], cut: list[str]) -> bool:
    """Whether words begin with others, of which the last may be cut anywhere and be followed by an ellipsis."""
    *whole, last = cut
    if words[: len(whole)] != whole:
        return False
    last = last.removesuffix("...").removesuffix("\u2026")
    return not last or (len(words) > len(whole) and words[len(whole)].startswith(last))


def _comment_hidden(story: _Story) -> list[AnyEvent]:
    """A comment made private or redacted.

    It is told later, so that its time no longer shows whether it is the opening; its text does. Then both ids are
    hidden: one of them names a message of the ticket, and hiding a message that there is not says nothing.
    """
    comment = story.change.record("comment")
    comment_id = comment.identifier("id")
    messages = [comment_id, OPENING] if _repeats_description(comment, story.ticket) else [comment_id]
    return [
        story.telling.event("message.hidden", ("hidden", message, story.telling.when()), message={"id": message})
        for message in messages
    ]


def _message_added(story: _Story) -> list[AnyEvent]:
    """A message in a messaging conversation: the one Zendesk event that says when a program speaks."""
    message, actor = story.change.record("message"), story.change.record("actor")
    person = actor.optional_identifier("id")
    kind = _WRITERS.get((actor.optional_text("type") or "").lower(), "unknown")
    if story.telling.connection.is_bot(person):
        kind = "bot"
    telling = replace(story.telling, actor_kind=kind, actor_id=person)
    message_id = message.identifier("id")
    return [
        telling.event("message.added", ("message", message_id), message={"id": message_id, "visibility": "public"}),
    ]


# --- Changes ---


def _status_changed(story: _Story) -> list[AnyEvent]:
    current = story.change.text("current")
    if current.lower() in _GONE:
        return _deleted(story)
    status = _status_of_snapshot(story, current)
    return [story.telling.event("status.changed", ("status", status, story.telling.when()), status=status)]


def _status_of_snapshot(story: _Story, name: str) -> Status:
    """The status of that name; the ticket's custom status goes before it, where the connection maps that one.

    `status_changed` and `custom_status_changed` tell one change, at about one time: both have to say the same status.
    """
    snapshot = story.ticket.optional_text("status") or name
    custom = story.statuses.mapped(_person(story.ticket, "custom_status"))
    # A snapshot of another status was taken after another change, and its custom status belongs to that one.
    if custom is not None and snapshot.casefold() == name.casefold():
        return custom
    return story.statuses.read(name)


def _custom_status_changed(story: _Story) -> list[AnyEvent]:
    """Tells the status where the connection maps the custom one, else the one of the snapshot, which has the custom
    one.
    """
    current = story.change.identifier("current")
    status = story.statuses.mapped(current)
    if status is None:
        name = story.ticket.optional_text("status")
        if not name or name.lower() in _GONE:
            return []
        status = story.statuses.read(name)
    return [story.telling.event("status.changed", ("status", status, story.telling.when()), status=status)]


def _assigned(field: str) -> Callable[[_Story], list[AnyEvent]]:
    def tell(story: _Story) -> list[AnyEvent]:
        now = _current(story, f"{field}_id", of=story.ticket)
        fact = (field, now or "nobody", story.telling.when())
        return [story.telling.event("assignment.changed", fact, **{field: now})]

    return tell


def _current(story: _Story, snapshot_field: str, *, of: Record) -> str | None:
    """The new value of a change: what it says itself, else what the snapshot says."""
    return _person(story.change, "current") if story.change.has("current") else _person(of, snapshot_field)


def _priority_changed(story: _Story) -> list[AnyEvent]:
    record, name = (story.change, "current") if story.change.has("current") else (story.ticket, "priority")
    return _attributes_changed(story, {"priority": priority_of(record.optional_text(name))})


def _brand_changed(story: _Story) -> list[AnyEvent]:
    return _attributes_changed(story, {"brand": _current(story, "brand_id", of=story.ticket)})


def _tags_changed(story: _Story) -> list[AnyEvent]:
    if not story.ticket.has("tags"):
        raise story.ticket.fault("tags", "is missing")
    return _attributes_changed(story, {"tags": _tags(story.ticket)})


def _custom_field_changed(story: _Story) -> list[AnyEvent]:
    """A custom field is found at the path `custom_fields.<id>`, which only this event has: snapshots leave them out."""
    field = story.change.record("custom_field").identifier("id")
    current = story.change.fields.get("current")
    value = current.get("value") if isinstance(current, Mapping) else current
    payload = Record({**story.payload.fields, "custom_fields": {field: value}})
    return _attributes_changed(replace(story, payload=payload), {})


def _other_attribute_changed(story: _Story) -> list[AnyEvent]:
    return _attributes_changed(story, {})


def _attributes_changed(story: _Story, changed: Mapping[str, AttributeValue | None]) -> list[AnyEvent]:
    """What changed, and what the connection maps from the payload, as that may depend on it."""
    attributes = {**changed, **mapped_attributes(story.telling.connection, story.payload)}
    if not attributes:
        return []
    what = hashlib.sha256(repr(sorted(attributes.items())).encode()).hexdigest()[:16]
    return [
        story.telling.event("attributes.changed", ("attributes", what, story.telling.when()), attributes=attributes)
    ]


# --- Ratings ---


def _rated(story: _Story) -> list[AnyEvent]:
    """The customer's answer to a survey; nothing where it was only asked for.

    Zendesk has two scores, good and bad, and makes these of the answers to surveys with more. A number from 1 to 5 is
    taken as it is.
    """
    change = story.change
    # The first is the documented one; the others are what Zendesk calls a rating and a new value elsewhere.
    name = next((one for one in _SCORE_FIELDS if change.has(one)), _SCORE_FIELDS[0])
    record, name = (change.record(name), "score") if isinstance(change.fields.get(name), Mapping) else (change, name)
    score = record.identifier(name).casefold()
    if score in _NO_RATINGS:
        return []
    if score not in RATINGS:
        raise record.fault(name, "must be good, bad or a number from 1 to 5")
    rating = RATINGS[score]
    telling = replace(story.telling, actor_kind="customer", actor_id=story.telling.requester or story.telling.actor_id)
    return [telling.event("rating.given", ("rating", str(rating), telling.when()), rating=rating)]


# --- The end of a ticket ---


def _merged(story: _Story) -> list[AnyEvent]:
    into = story.change.identifier("target_ticket_id")
    return [story.telling.event("ticket.merged", ("merged", into), into=into)]


def _deleted(story: _Story) -> list[AnyEvent]:
    return [story.telling.event("ticket.deleted", ("deleted", story.telling.when()))]


def _restored(story: _Story) -> list[AnyEvent]:
    return [story.telling.event("ticket.restored", ("restored", story.telling.when()))]


_TELLERS: Mapping[str, Callable[[_Story], list[AnyEvent]]] = {
    "ticket.created": _created,
    "ticket.comment_added": _comment_added,
    "ticket.comment_made_private": _comment_hidden,
    "ticket.comment_redacted": _comment_hidden,
    "messaging_ticket.message_added": _message_added,
    "ticket.status_changed": _status_changed,
    "ticket.custom_status_changed": _custom_status_changed,
    "ticket.agent_assignment_changed": _assigned("assignee"),
    "ticket.group_assignment_changed": _assigned("group"),
    "ticket.priority_changed": _priority_changed,
    "ticket.brand_changed": _brand_changed,
    "ticket.tags_changed": _tags_changed,
    "ticket.custom_field_changed": _custom_field_changed,
    "ticket.organization_changed": _other_attribute_changed,
    "ticket.form_changed": _other_attribute_changed,
    "ticket.type_changed": _other_attribute_changed,
    "ticket.external_id_changed": _other_attribute_changed,
    "ticket.csat_received": _rated,
    "ticket.merged": _merged,
    "ticket.soft_deleted": _deleted,
    "ticket.permanently_deleted": _deleted,
    "ticket.marked_as_spam": _deleted,
    "ticket.undeleted": _restored,
}


# --- A sample ---


def sample(mark: str, at: int, connection: Connection) -> tuple[bytes, ...]:
    """See `base.Source`: created, and deleted."""
    opened, ended = moments(at)

    def told(kind: str, time: str) -> dict[str, object]:
        return {
            "account_id": connection.account,
            "id": f"{mark}-{kind}",
            "type": f"{_TYPE_PREFIX}ticket.{kind}",
            "subject": f"{_SUBJECT_PREFIX}{mark}",
            "time": time,
            "zendesk_event_version": "2022-11-06",
            "event": {},
            "detail": {
                "id": mark,
                "actor_id": PERSON,
                "requester_id": PERSON,
                "submitter_id": PERSON,
                "created_at": opened,
                "updated_at": time,
                "description": TEXT,
                "is_public": True,
                "status": "NEW",
                "via": {"channel": "api"},
            },
        }

    return bodies(told("created", opened), told("soft_deleted", ended))
