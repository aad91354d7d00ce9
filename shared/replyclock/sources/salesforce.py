"""Salesforce Service Cloud: changes of cases, and their e-mails, by Change Data Capture and Event Relay.

They come through an EventBridge partner bus, whose association is the trust: a body is one EventBridge event, as its
rule passes it on. Over HTTP, as where an API destination forwards them, a token is needed.

**What a change holds.** A record's id, who committed when, and of an update the new values of the changed fields.
Neither the case's number nor its former values are in it, so that the ticket is the case's id.

**Who speaks.** An e-mail (`EmailMessageChangeEvent`) is the customer's where it came in, else that of who committed
it; one that its headers call automatic is a program's. The person who opens is not told: a case that customers
themselves open, by its origin, is the contact's; of any other, only that an agent or a program made it. The first
e-mail of a case from e-mail is its opening, and so the case itself has none.

**Identity and time.** `commitTimestamp`, in milliseconds, with what changed, to what: a replayed event tells the same.
Dates in records are texts or milliseconds, whichever way Salesforce delivers.

**Gaps** (`GAP_UPDATE`, `GAP_OVERFLOW`) say that something changed but not what: these are unreadable, so that somebody
sees them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
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
    mapped_attributes,
    no_handshake,
    priority_of,
    read_json,
    unreadable_body,
)
from .base.epoch import MILLISECOND, epoch_instant, optional_epoch_instant
from .base.facts import OPENING
from .base.reading import read_instant
from .base.samples import OPEN_FOR, PERSON, bodies
from .base.token_only import send_token, verify_token

handshake = no_handshake
verify = verify_token
sign = send_token

setup = """\
In Salesforce, enable Change Data Capture for Case and Email Message, relay the channel to Amazon EventBridge (Event
Relay), and associate the partner event source with a bus in the account where replyclock runs. Only where an API
destination forwards the events is this URL called: with the secret in the header X-Replyclock-Token."""

partner_source = "aws.partner/salesforce.com/"
"""What the `source` of EventBridge's events from Salesforce begins with."""

_SHORT_ID = 15
"""Salesforce's ids of 18 characters are those of 15 with a checksum."""
_CASE, _QUEUE = "500", "00G"
_WILDCARD = "*"
_DRAFT = "5"
_OFFSET = re.compile(r"([+-]\d\d)(\d\d)$", re.ASCII)
_AUTOMATIC = re.compile(r"^auto-submitted:[ \t]*(?!no\b)\S", re.IGNORECASE | re.MULTILINE)
"""The header by which programs mark what they send (RFC 3834)."""

_STATUSES: Mapping[str, Status] = {
    "new": "new",
    **dict.fromkeys(("open", "working", "in progress", "escalated", "reopened", "re-opened"), "open"),
    **dict.fromkeys(("waiting on customer", "waiting for customer", "awaiting customer"), "pending"),
    **dict.fromkeys(("pending", "customer action required", "response required"), "pending"),
    **dict.fromkeys(("on hold", "waiting on third party", "waiting for third party"), "on_hold"),
    **dict.fromkeys(("resolved", "solved"), "solved"),
    **dict.fromkeys(("closed", "canceled", "cancelled", "duplicate"), "closed"),
}
"""Salesforce begins with New, Working, Escalated and Closed. Everybody makes further ones."""
_CHANNELS: Mapping[str, str] = {
    **dict.fromkeys(("web form", "community", "portal"), "web"),
    **dict.fromkeys(("live chat", "messaging"), "chat"),
    **dict.fromkeys(("facebook", "twitter", "instagram", "whatsapp"), "social"),
}
_BY_CUSTOMERS = ("web", "chat", "social", "sms", "app")
"""The channels through which customers open cases themselves, other than by e-mail."""


# --- Translation ---


@dataclass(frozen=True, slots=True)
class _Story:
    """One change of one record."""

    event: Record
    payload: Record
    header: Record
    telling: Telling
    statuses: Statuses


def translate(webhook: Webhook, connection: Connection) -> Translation:
    """The events that an EventBridge event means, for each of the records that it is about; none for other kinds."""
    try:
        event = Record.of(read_json(webhook.body))
        tellers = _KINDS.get(event.text("detail-type"))
        if tellers is None:
            return Translation()
        if not connection.is_account(_accounts(event)):
            raise event.fault("source", "is not of the account of this connection")
        payload = event.record("detail").record("payload")
        header = payload.record("ChangeEventHeader")
        records = _record_ids(header)
        tell = _teller(header, tellers)
        telling = _telling(header, webhook, connection)
        statuses = Statuses(connection, _STATUSES)
        # What several records share was changed in all of them: it can be read of each, or of none.
        told = [
            one
            for record in records
            for one in tell(_Story(event, payload, header, replace(telling, ticket=record), statuses))
        ]
        return Translation(events=tuple(told), unknown_statuses=statuses.unknown)
    except InvalidInput as wrong:
        return unreadable_body(webhook, wrong)


def _accounts(event: Record) -> list[str | None]:
    """The organization, as in `aws.partner/salesforce.com/<organization>/<channel>`, in both lengths of its id."""
    source = event.optional_text("source") or ""
    organization = source.removeprefix(partner_source).partition("/")[0] if source.startswith(partner_source) else None
    return [organization, organization[:_SHORT_ID] if organization else None]


def _record_ids(header: Record) -> list[str]:
    ids = header.fields.get("recordIds")
    if not isinstance(ids, list) or not ids:
        raise header.fault("recordIds", "must be a list of ids")
    listed = Record({str(place): one for place, one in enumerate(ids)}, header.place("recordIds"))
    found = [listed.identifier(str(place)) for place in range(len(ids))]
    if any(_WILDCARD in one for one in found):
        raise header.fault("recordIds", "is a wildcard, which names no record")
    return list(dict.fromkeys(found))


def _teller(
    header: Record, tellers: Mapping[str, Callable[[_Story], list[AnyEvent]]]
) -> Callable[[_Story], list[AnyEvent]]:
    change = header.text("changeType").upper()
    tell = tellers.get(change)
    if tell is not None:
        return tell
    if change.startswith("GAP_"):
        raise header.fault("changeType", "is a gap: what changed is not told")
    return _nothing


def _nothing(_story: _Story) -> list[AnyEvent]:
    return []


def _telling(header: Record, webhook: Webhook, connection: Connection) -> Telling:
    """What the records' events have in common; the ticket is filled in for each of them."""
    committed_at = optional_epoch_instant(header, "commitTimestamp", MILLISECOND)
    user = header.optional_identifier("commitUser")
    kind: ActorKind = "unknown" if user is None else "bot" if connection.is_bot(user) else "agent"
    return Telling(
        connection=connection,
        ticket="",
        occurred_at=webhook.received_at if committed_at is None else committed_at,
        actor_kind=kind,
        actor_id=user,
        sequence=header.optional_integer("commitNumber"),
    )


def _instant(record: Record, name: str, connection: Connection) -> int | None:
    """A text such as `2026-03-01T09:00:00.000+0000`, or milliseconds as a number."""
    value = record.fields.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        return epoch_instant(record, name, MILLISECOND)
    try:
        return read_instant(_OFFSET.sub(r"\1:\2", record.text(name)), connection.zone)
    except ValueError as wrong:
        raise record.fault(name, str(wrong)) from None


# --- Cases ---


def _created(story: _Story) -> list[AnyEvent]:
    payload, connection = story.payload, story.telling.connection
    created_at = _instant(payload, "CreatedDate", connection)
    contact = payload.optional_identifier("ContactId")
    attributes = _attributes(story, ("Priority", "Origin"))
    given = {name: value for name, value in attributes.items() if value is not None}
    status = payload.optional_text("Status")
    opened: dict[str, Any] = {
        "status": story.statuses.read(status) if status else "new",
        "attributes": given,
        "requester": contact,
        **_owner(payload.optional_identifier("OwnerId")),
    }
    # Who made the record is not who asked: without an id, so that an agent is not taken for the requester.
    telling = replace(story.telling, actor_id=None)
    if given.get("channel") in _BY_CUSTOMERS:
        telling = replace(telling, actor_kind="customer", actor_id=contact)
        opened["message"] = {"id": OPENING, "visibility": "public"}
    at = telling.occurred_at if created_at is None else created_at
    return [replace(telling, occurred_at=at, created_at=at).event("ticket.created", ("created",), **opened)]


def _owner(owner: str | None) -> dict[str, str | None]:
    """A queue that owns a case is its group, and then nobody is its assignee."""
    if owner is None:
        return {}
    return {"assignee": None, "group": owner} if owner.startswith(_QUEUE) else {"assignee": owner}


def _attributes(story: _Story, names: tuple[str, ...]) -> dict[str, AttributeValue | None]:
    """Of the fields of these names what they say, and what the connection maps from the event."""
    attributes: dict[str, AttributeValue | None] = {}
    if "Priority" in names:
        attributes["priority"] = priority_of(story.payload.optional_text("Priority"))
    if "Origin" in names:
        attributes["channel"] = channel_of(story.payload.optional_text("Origin"), _CHANNELS)
    return attributes | mapped_attributes(story.telling.connection, story.event)


def _updated(story: _Story) -> list[AnyEvent]:
    names = _changed(story)
    survivor = story.payload.optional_identifier("MasterRecordId") if "MasterRecordId" in names else None
    if survivor is not None:
        return [story.telling.event("ticket.merged", ("merged", survivor), into=survivor)]
    told: list[AnyEvent] = []
    attributes = _attributes(story, names)
    if attributes:
        told.append(
            story.telling.event("attributes.changed", ("attributes", story.telling.when()), attributes=attributes)
        )
    owner = story.payload.optional_identifier("OwnerId") if "OwnerId" in names else None
    if owner is not None:
        told.append(story.telling.event("assignment.changed", ("owner", owner, story.telling.when()), **_owner(owner)))
    name = story.payload.optional_text("Status") if "Status" in names else None
    if name:
        status = story.statuses.read(name)
        told.append(story.telling.event("status.changed", ("status", name, story.telling.when()), status=status))
    return told


def _changed(story: _Story) -> tuple[str, ...]:
    """The changed fields: a body may hold others, which are empty then, and leave out those that were emptied."""
    listed = story.header.fields.get("changedFields")
    if not listed:
        return tuple(story.payload.fields)
    if not isinstance(listed, list):
        raise story.header.fault("changedFields", "must be a list of names")
    return tuple(name for name in listed if isinstance(name, str))


def _deleted(story: _Story) -> list[AnyEvent]:
    return [story.telling.event("ticket.deleted", ("deleted", story.telling.when()))]


def _restored(story: _Story) -> list[AnyEvent]:
    return [story.telling.event("ticket.restored", ("restored", story.telling.when()))]


# --- E-mails ---


def _sent(story: _Story) -> list[AnyEvent]:
    """An e-mail of a case, when it was sent; a draft is none yet."""
    payload, message_id = story.payload, story.telling.ticket
    case = payload.optional_identifier("ParentId") or payload.optional_identifier("RelatedToId")
    if case is None or not case.startswith(_CASE) or payload.optional_identifier("Status") == _DRAFT:
        return []
    telling = replace(story.telling, ticket=case)
    sent_at = _instant(payload, "MessageDate", telling.connection)
    if sent_at is not None:
        telling = replace(telling, occurred_at=sent_at)
    if payload.optional_flag("Incoming"):
        # Who committed an e-mail that came in only took it in.
        telling = replace(telling, actor_kind="customer", actor_id=None)
    if _AUTOMATIC.search(payload.optional_text("Headers") or ""):
        telling = replace(telling, actor_kind="bot")
    message = {"id": message_id, "visibility": "public"}
    return [telling.event("message.added", ("email", message_id), message=message)]


_KINDS: Mapping[str, Mapping[str, Callable[[_Story], list[AnyEvent]]]] = {
    "CaseChangeEvent": {
        "CREATE": _created,
        "UPDATE": _updated,
        "DELETE": _deleted,
        "GAP_DELETE": _deleted,
        "UNDELETE": _restored,
        "GAP_UNDELETE": _restored,
    },
    "EmailMessageChangeEvent": {"CREATE": _sent},
}


# --- A sample ---


def sample(mark: str, at: int, connection: Connection) -> tuple[bytes, ...]:
    """See `base.Source`: created by a web form, and deleted."""

    def told(change: str, time: int, fields: Mapping[str, str]) -> dict[str, object]:
        header = {"recordIds": [mark], "changeType": change, "commitTimestamp": time // MILLISECOND}
        return {
            "detail-type": "CaseChangeEvent",
            "source": f"{partner_source}{connection.account or PERSON}/{PERSON}",
            "detail": {"payload": {"ChangeEventHeader": {"entityName": "Case", **header}, **fields}},
        }

    opened = {"Status": "New", "Origin": "Web", "ContactId": PERSON, "CreatedDate": format_instant(at)}
    return bodies(told("CREATE", at, opened), told("DELETE", at + OPEN_FOR, {}))
