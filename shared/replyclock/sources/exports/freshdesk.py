"""Freshdesk's API pages: tickets (`/api/v2/tickets?include=stats,requester,description`), their conversations
(`/api/v2/tickets/ID/conversations`), satisfaction ratings (`/api/v2/surveys/satisfaction_ratings`), agents and groups.

**Identity.** Only the creation has the id that webhooks give. A rule's webhook names neither the message that it is
about nor the time at which that was written, but its own moment, which is a little later. So what webhooks told is
found again by `other_names`: a message by who wrote it for whose eyes, a status by what it is, at most two minutes
before the rule. What is found is not told again. That works for what is known when the export is read. A webhook that
comes later, of a message that was imported, is a second message: nothing in it says which one it is about, and whoever
takes webhooks in reads nothing. A message by an unknown person is another one than an agent's, who may have written it.

**What there is no history of.** Freshdesk's API has no changes: the statistics of a ticket state when it was last
resolved, closed, reopened and set to pending, and the ticket what it is like now. To whom it is assigned is told as of
the first response, unless a webhook has told the same at any time. Agents and groups are named as the webhooks name
them where the agents' and groups' pages are there, too.

**Ratings** go from -103 over 100 to 103, from extremely unhappy over neutral to extremely happy, in seven steps (103,
101 and -102 are in the documentation's samples, the others inferred). Of these the scale of 1 to 5 is made. One that a
rule's webhook reported has another id, and is matched as messages are.

**Merges** are in none of these pages: a merged ticket is one that was closed, with a note whose text everybody may
change.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from replyclock.domain.errors import InvalidInput
from replyclock.domain.events import ActorKind, AnyEvent, AssignmentChanged, MessageAdded, TicketCreated
from replyclock.domain.gaps import Span
from replyclock.domain.instants import MINUTE, SECOND
from replyclock.sources.base import Connection, Record, Statuses, Telling, mapped_attributes
from replyclock.sources.base.exports import Piece, Reading, Retelling, split_lists
from replyclock.sources.base.facts import OPENING, identity
from replyclock.sources.base.groups import group_names
from replyclock.sources.base.snapshots import shown_assignment, shown_status
from replyclock.sources.freshdesk import PRIORITIES, RATINGS, STATUSES, address_digest, translate

_LISTS = {"tickets": "ticket", "conversations": "conversation", "results": "ticket", "agents": "agent"}
_KIND_OF = {
    "conversation": ("ticket_id", "incoming"),
    "rating": ("survey_id", "ratings"),
    "ticket": ("requester_id", "status", "source"),
    "agent": ("contact", "occasional"),
    "group": ("agent_ids", "name"),
}
_SOURCES: Mapping[int, str] = {
    1: "email",
    2: "web",
    3: "phone",
    5: "social",
    6: "social",
    7: "chat",
    9: "web",
    10: "email",
    13: "social",
}
_PHONE, _OUTBOUND = 3, 10
_STATED = (("resolved_at", "4"), ("closed_at", "5"), ("reopened_at", "2"), ("pending_since", "3"))
"""The statistics that say when a ticket got a status, and the status' id."""
_MOMENT_OF_A_RULE = Span(5 * SECOND, 2 * MINUTE)
"""A rule runs after what it is about, by clocks that may differ a little."""
_EVER = Span(sys.maxsize, sys.maxsize)


def _other_names(known: AnyEvent) -> Span | None:
    match known:
        case TicketCreated():
            return None
        case MessageAdded():
            return None if known.id == _said_id(known.ticket, known.message.id) else _MOMENT_OF_A_RULE
        case AssignmentChanged():
            return _EVER  # the ticket does not say since when
    return _MOMENT_OF_A_RULE


def _said_id(ticket: str, said: str) -> str:
    return identity(ticket, *_said_fact(said))


def _said_fact(said: str) -> tuple[str, str]:
    return "conversation", said


class Reader:
    """See `base.exports.Export`."""

    tables: Mapping[str, str] = {}
    other_names = staticmethod(_other_names)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._agents: dict[str, str] = {}
        self.group_names: dict[str, str] = {}

    def split(self, document: object) -> Iterator[tuple[str, str, object]]:
        """See `base.exports.Export`."""
        return split_lists(document, _LISTS, _KIND_OF)

    def ticket_of(self, kind: str, record: Record) -> str | None:
        """See `base.exports.Export`."""
        if kind == "agent":
            address = record.record("contact").optional_text("email")
            self._agents[record.identifier("id")] = (address or record.identifier("id")).casefold()[:200]
            return None
        if kind == "group":
            self.group_names |= group_names([record])
            return None
        return record.identifier("id" if kind == "ticket" else "ticket_id")

    def translate(self, pieces: Sequence[Piece]) -> Reading:
        """See `base.exports.Export`."""
        told = Retelling(translate, self._connection)
        shown = next((piece for piece in pieces if piece.kind == "ticket"), None)
        try:
            ticket = None if shown is None else _read(Record.of(shown.record), self._connection)
        except InvalidInput as wrong:
            told.set_aside(pieces[0], wrong)
            return told.reading
        for piece in pieces:
            try:
                record = Record.of(piece.record)
                if piece.kind == "conversation":
                    told.reading.events.append(self._said(record, ticket))
                elif piece.kind == "rating":
                    told.reading.events.append(self._rated(record, ticket))
                elif ticket is not None:
                    statuses = Statuses(self._connection, STATUSES)
                    told.reading.events.extend(self._ticket(record, ticket, statuses))
                    told.reading.unknown_statuses += statuses.unknown
            except InvalidInput as wrong:
                told.set_aside(piece, wrong)
        return told.reading

    def _ticket(self, record: Record, telling: Telling, statuses: Statuses) -> list[AnyEvent]:
        source = record.optional_integer("source") or 0
        priority = record.optional_integer("priority")
        attributes = {
            "priority": PRIORITIES.get(str(priority)),
            "channel": _SOURCES.get(source),
            "tags": tuple(str(tag) for tag in tags) if isinstance(tags := record.fields.get("tags"), list) else None,
            **mapped_attributes(self._connection, Record({"freshdesk_webhook": {}, "ticket": record.fields})),
        }
        kind: ActorKind = "agent" if source == _OUTBOUND else "customer"
        fields: dict[str, Any] = {
            "actor": {"kind": kind, "id": None if kind == "agent" else telling.requester},
            "status": "open",
            "attributes": {name: value for name, value in attributes.items() if value},
        }
        if source != _PHONE:
            fields["message"] = {"id": OPENING, "visibility": "public"}
        events = [telling.event("ticket.created", ("created",), **fields)]
        updated_at = record.instant("updated_at")
        status = statuses.read(record.identifier("status"))
        stats = record.optional_record("stats") or Record({}, "stats")
        stated = [(stats.optional_instant(name), statuses.read(number)) for name, number in _STATED]
        known = sorted((at, one) for at, one in stated if at is not None)
        for at, one in known:
            events += shown_status(replace(telling, occurred_at=at), one)
        if status != (known[-1][1] if known else "open"):
            changed_at = stats.optional_instant("status_updated_at") or updated_at
            events += shown_status(replace(telling, occurred_at=changed_at), status)
        agent, group = record.optional_identifier("responder_id"), record.optional_identifier("group_id")
        if agent or group:
            answered_at = stats.optional_instant("first_responded_at") or updated_at
            # Both, as the webhooks show them: nobody is somebody's absence, too.
            events += shown_assignment(
                replace(telling, occurred_at=answered_at),
                assignee=agent and self._agents.get(agent, agent),
                group=group and self.group_names.get(group, group),
            )
        if record.optional_flag("deleted") or record.optional_flag("spam"):
            gone = replace(telling, occurred_at=updated_at)
            events.append(gone.event("ticket.deleted", ("deleted", gone.when())))
        return events

    def _said(self, record: Record, ticket: Telling | None) -> AnyEvent:
        """A conversation: incoming ones are customers', the others agents'."""
        said_by = record.optional_identifier("user_id")
        incoming = record.flag("incoming")
        person = said_by if incoming or said_by is None else self._agents.get(said_by, said_by)
        kind: ActorKind = "customer" if incoming else "agent"
        if self._connection.is_bot(person) or self._connection.is_bot(said_by):
            kind = "bot"
        telling = Telling(
            self._connection,
            record.identifier("ticket_id"),
            record.instant("created_at"),
            ticket.created_at if ticket else None,
            kind,
            person,
            requester=ticket.requester if ticket else None,
        )
        said = record.identifier("id")
        visibility = "internal" if record.optional_flag("private") else "public"
        return telling.event("message.added", _said_fact(said), message={"id": said, "visibility": visibility})

    def _rated(self, record: Record, ticket: Telling | None) -> AnyEvent:
        """The answer to the question that every survey has, as of its last change."""
        ratings = record.record("ratings")
        rating = RATINGS.get(ratings.optional_integer("default_question") or 0)
        if rating is None:
            raise ratings.fault("default_question", "must be one of the seven ratings, from -103 to 103")
        telling = Telling(
            self._connection,
            record.identifier("ticket_id"),
            record.optional_instant("updated_at") or record.instant("created_at"),
            ticket.created_at if ticket else None,
            "customer",
            record.optional_identifier("user_id"),
            requester=ticket.requester if ticket else None,
        )
        return telling.event("rating.given", ("rating", record.identifier("id"), str(rating)), rating=rating)


def _read(record: Record, connection: Connection) -> Telling:
    created_at = record.instant("created_at")
    return Telling(connection, record.identifier("id"), created_at, created_at, requester=_requester(record))


def _requester(record: Record) -> str | None:
    """As the webhooks name them where the address is there; else by their id."""
    requester = record.optional_record("requester")
    address = requester.optional_text("email") if requester else None
    return address_digest(address) or record.optional_identifier("requester_id")
