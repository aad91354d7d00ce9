"""Webhook bodies of the tests."""

from __future__ import annotations

import json
from typing import Any

from replyclock.domain.instants import format_instant

CUSTOMER = {"kind": "customer", "id": "jo"}
AGENT = {"kind": "agent", "id": "ana"}


def created(ticket: str, at: int, **attributes: str) -> bytes:
    """A customer opens a ticket."""
    return body(
        ticket,
        at,
        "ticket.created",
        actor=CUSTOMER,
        attributes=attributes,
        message={"id": "m0", "visibility": "public"},
    )


def reply(ticket: str, at: int) -> bytes:
    """An agent answers."""
    return body(ticket, at, "message.added", actor=AGENT, message={"id": f"m{at}", "visibility": "public"})


def body(ticket: str, at: int, type_name: str, **fields: Any) -> bytes:
    """Any event in the contract's form."""
    event = {"id": f"{ticket}-{type_name}-{at}", "ticket": ticket, "type": type_name, "occurred_at": format_instant(at)}
    return json.dumps(event | fields).encode()
