"""Small events, states and entries."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from replyclock.domain.alerts import LedgerEntry, entries_due
from replyclock.domain.events import AnyEvent, TicketKey, parse_event
from replyclock.domain.instants import SECOND, format_instant, parse_instant
from replyclock.domain.judging import evaluate_ticket
from replyclock.domain.policy import DEFAULT_POLICY
from replyclock.service.ports import LedgerRecord, TicketState

NINE = parse_instant("2026-06-01T09:00:00Z")
KEY: TicketKey = ("default", "desk", "1")


def event(id_: str, type_: str, at: int, key: TicketKey = KEY, **fields: Any) -> AnyEvent:
    tenant, source, ticket = key
    document = {"id": id_, "type": type_, "occurred_at": format_instant(at), "ticket": ticket}
    return parse_event({**document, "tenant": tenant, "source": source, **fields})


def created(key: TicketKey = KEY, at: int = NINE, id_: str = "created", **attributes: Any) -> AnyEvent:
    customer = {"kind": "customer", "id": "c"}
    attributes = attributes or {"channel": "chat"}
    opening = {"id": "opening", "visibility": "public"}
    return event(id_, "ticket.created", at, key, actor=customer, attributes=attributes, message=opening)


def reply(key: TicketKey = KEY, at: int = NINE + 5 * SECOND, id_: str = "reply") -> AnyEvent:
    agent = {"kind": "agent", "id": "a"}
    return event(id_, "message.added", at, key, actor=agent, message={"id": id_, "visibility": "public"})


def note(key: TicketKey = KEY, at: int = NINE + 6 * SECOND, id_: str = "note") -> AnyEvent:
    agent = {"kind": "agent", "id": "a"}
    return event(id_, "message.added", at, key, actor=agent, message={"id": id_, "visibility": "internal"})


def solved(key: TicketKey = KEY, at: int = NINE + 60 * SECOND) -> AnyEvent:
    return event("solved", "status.changed", at, key, actor={"kind": "agent", "id": "a"}, status="solved")


def entries(key: TicketKey = KEY) -> tuple[LedgerEntry, ...]:
    """The warning and the breach of a chat that nobody answers."""
    later = NINE + 20 * SECOND
    result = evaluate_ticket([created(key)], DEFAULT_POLICY, later)
    assert result is not None
    return entries_due(result, later)


def owed(key: TicketKey = KEY) -> list[LedgerRecord]:
    """The same, as the ledger takes them."""
    return [LedgerRecord(entry, "pending") for entry in entries(key)]


RUNNING = TicketState("new", ("running",), NINE + 10 * SECOND, "1#2026-06-01T09:00:10.000000Z")
OVER = TicketState("solved", (), None, None)


def urgent(order: str, *states: str) -> TicketState:
    return replace(RUNNING, urgency=order, states=states)
