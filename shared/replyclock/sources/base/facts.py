"""Telling facts: stable identities, and the vocabularies of status, priority and channel (contract, section 7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from replyclock.domain.events import (
    ActorKind,
    AnyEvent,
    AttributeValue,
    Status,
    is_instant_in_bounds,
    parse_event,
    read_stored_event,
)
from replyclock.domain.instants import format_instant

from .bounds import bounded_event, shortened_id
from .connection import Connection
from .reading import Record, as_text

OPENING = "opening"
"""The id of the message with which a ticket opens, where the tool gives it none."""


def identity(*parts: str) -> str:
    """One id from several parts: different parts give different ids, and no id is longer than 200 characters."""
    # A bar within a part is escaped, so that the bars between parts cannot be mistaken for it.
    return shortened_id("|".join(quote(part, safe="/#@+ ,=:", errors="replace") for part in parts))


class Statuses:
    """Reads the status names of one webhook, and notes those that no table knows."""

    def __init__(self, connection: Connection, table: Mapping[str, Status]) -> None:
        self._tables = (connection.status_map, table)
        self.unknown: tuple[str, ...] = ()

    def known(self, name: str | None) -> Status | None:
        """The status of that name or id, letter case aside: the connection's table goes before the source's."""
        if name is None:
            return None
        for table in self._tables:
            if (status := table.get(name.casefold())) is not None:
                return status
        return None

    def mapped(self, name: str | None) -> Status | None:
        """The status of that name or id by the connection's own table alone."""
        return None if name is None else self._tables[0].get(name.casefold())

    def read(self, name: str) -> Status:
        """The same, where an unknown name is `open`: a ticket that nobody has closed waits for somebody."""
        status = self.known(name)
        if status is None:
            self.unknown += (name,)
            return "open"
        return status


_PRIORITIES: Mapping[str, str] = {
    "lowest": "low",
    "medium": "normal",
    "moderate": "normal",
    "highest": "urgent",
}
"""Words of tools' priorities that say one of the contract's four. What is missing here has no place that all tools give
it: "critical" is the highest of some and the second of others, "P1" whatever a team says.
"""


def priority_of(name: str | None, own: Mapping[str, str] = MappingProxyType({})) -> str | None:
    """A priority as the contract has it: `low`, `normal`, `high` or `urgent` where the tool's word says one of these,
    letter case aside; else that word in lower case. `own` are words or ids that only this tool has.
    """
    if not name:
        return None
    folded = name.strip().casefold()
    return own.get(folded) or _PRIORITIES.get(folded) or folded or None


def channel_of(name: str | None, table: Mapping[str, str]) -> str | None:
    """One of the contract's channels where the table knows the tool's, else the tool's own word in lower case."""
    if not name:
        return None
    return table.get(name.casefold(), name.casefold())


def mapped_attributes(connection: Connection, payload: Record) -> dict[str, AttributeValue | None]:
    """The attributes that the connection maps and the payload has; None where the payload says null.

    A path that leads nowhere leaves its attribute unsaid. An object is no attribute value and counts as null.
    """
    found = {name: payload.find(path) for name, path in connection.attributes.items()}
    return {name: as_text(value) for name, (there, value) in found.items() if there}


@dataclass(frozen=True, slots=True)
class Telling:
    """What the events of one webhook have in common."""

    connection: Connection
    ticket: str
    occurred_at: int
    created_at: int | None = None
    actor_kind: ActorKind = "unknown"
    actor_id: str | None = None
    sequence: int | None = None
    requester: str | None = None
    """The ticket's requester as the payload states it, beside `created_at`: for when the creation never arrives."""

    def when(self) -> str:
        """The moment, as a part of an identity."""
        return format_instant(self.occurred_at)

    def event(self, kind: str, fact: tuple[str, ...], **fields: Any) -> AnyEvent:
        """An event of this ticket, of that type. `fact` names what happened, uniquely in the ticket. Raises
        InvalidInput.

        The event is made by the same reader as any other one, so that a source cannot make what the contract forbids,
        and is brought within the contract's bounds before. Only `occurred_at` may lie out of them: `translated` has
        the time of receipt. A group has the name that the connection gives its id; `fact` holds the id, so that naming
        it changes no event's identity.
        """
        created_at = self.created_at if self.created_at is None or is_instant_in_bounds(self.created_at) else None
        if (group := fields.get("group")) is not None:
            fields["group"] = self.connection.group_named(group)
        document: dict[str, Any] = {
            "id": identity(self.ticket, *fact),
            "ticket": self.ticket,
            "type": kind,
            "occurred_at": format_instant(self.occurred_at),
            "tenant": self.connection.tenant,
            "source": self.connection.name,
            "sequence": self.sequence,
            "actor": {"kind": self.actor_kind, "id": self.actor_id},
            "created_at": None if created_at is None else format_instant(created_at),
            "requester": self.requester,
        }
        read = parse_event if is_instant_in_bounds(self.occurred_at) else read_stored_event
        return read(bounded_event({name: value for name, value in document.items() if value is not None} | fields))
