"""Tickets to which everything happens that may, and in ways that nobody would think of: made by a seed."""

from __future__ import annotations

import random
from typing import Any

from replyclock.domain.events import STATUSES, AnyEvent, parse_event
from replyclock.domain.instants import DAY, MINUTE, format_instant

_ACTORS: tuple[dict[str, str], ...] = (
    {"kind": "customer", "id": "c"},
    {"kind": "customer", "id": "c"},
    {"kind": "customer", "id": "d"},
    {"kind": "agent", "id": "a"},
    {"kind": "agent", "id": "a"},
    {"kind": "agent", "id": "b"},
    {"kind": "agent", "id": "c"},
    {"kind": "agent"},
    {"kind": "bot", "id": "robot"},
    {"kind": "bot", "id": "c"},
    {"kind": "system"},
    {"kind": "third_party", "id": "supplier"},
    {"kind": "unknown", "id": "c"},
)
_KINDS = (
    *("message.added",) * 6,
    *("status.changed",) * 6,
    *("assignment.changed",) * 2,
    *("attributes.changed",) * 2,
    *("rating.given",) * 2,
    "message.hidden",
    "ticket.created",
    "ticket.merged",
    "ticket.deleted",
    "ticket.restored",
)


def strange_tickets(seed: int, count: int, begin: int) -> list[AnyEvent]:
    """Events within two hours from `begin`: many at the same instants, some told twice in other words, in no order."""
    chance = random.Random(seed)
    told = [one for number in range(count) for one in _ticket(chance, str(number), begin)]
    told += [*_told_again(begin), _forgotten(begin)]
    chance.shuffle(told)
    return [parse_event(one) for one in told]


def _ticket(chance: random.Random, name: str, begin: int) -> list[dict[str, Any]]:
    kinds = chance.choices(_KINDS, k=chance.randrange(12))
    if chance.random() < 0.9 or not kinds:
        kinds.append("ticket.created")
    ordered = chance.random() < 0.3
    told = []
    for kind in kinds:
        early = kind == "ticket.created" and chance.random() < 0.7
        event = {
            "id": f"e{chance.randrange(20)}",
            "tenant": "strange",
            "ticket": name,
            "type": kind,
            "occurred_at": format_instant(
                begin + (chance.randrange(3) if early else chance.randrange(25)) * 5 * MINUTE
            ),
            "actor": chance.choice(_ACTORS),
            **_fields(chance, kind),
        }
        if ordered or chance.random() < 0.2:
            event["sequence"] = chance.randrange(4)
        if chance.random() < 0.1:
            event["created_at"] = format_instant(begin + chance.randrange(40) * 5 * MINUTE)
        told.append(event)
    return told


def _told_again(begin: int) -> list[dict[str, Any]]:
    """The source's order of two changes counts, though an event without one was told to be of their instant, too: it
    was told earlier, so that this telling is void.
    """
    first, later = format_instant(begin), format_instant(begin + 5 * MINUTE)
    common = {"tenant": "strange", "ticket": "told again", "type": "status.changed"}
    return [
        common | {"type": "ticket.created", "id": "1", "occurred_at": first},
        common | {"id": "2", "occurred_at": first, "status": "pending"},
        common | {"id": "2", "occurred_at": later, "status": "pending"},
        common | {"id": "3", "occurred_at": later, "status": "open", "sequence": 2},
        common | {"id": "4", "occurred_at": later, "status": "solved", "sequence": 1},
    ]


def _forgotten(begin: int) -> dict[str, Any]:
    """Nobody has answered since a month that is long over, in which the promise broke."""
    created = format_instant(begin - 45 * DAY)
    common = {"tenant": "strange", "ticket": "forgotten", "id": "1", "occurred_at": created}
    return common | {"type": "ticket.created", "attributes": {"tier": "vip"}}


def _fields(chance: random.Random, kind: str) -> dict[str, Any]:
    message = {"id": chance.choice("mnopqr"), "visibility": chance.choice(["public", "public", "internal"])}
    match kind:
        case "ticket.created":
            fields: dict[str, Any] = {"attributes": _attributes(chance), "status": chance.choice(STATUSES[:5])}
            fields["status"] = chance.choice(["new", "new", "new", fields["status"]])
            if chance.random() < 0.7:
                fields["message"] = message
            if chance.random() < 0.3:
                fields |= {"assignee": chance.choice("ab"), "group": "first"}
            if chance.random() < 0.3:
                fields["requester"] = chance.choice("ca")
            return fields
        case "message.added":
            return {"message": message}
        case "message.hidden":
            return {"message": {"id": message["id"]}}
        case "status.changed":
            return {"status": chance.choice(STATUSES)}
        case "assignment.changed":
            changed = {"assignee": chance.choice(["a", "b", None]), "group": chance.choice(["first", "second", None])}
            return {key: changed[key] for key in chance.choice([("assignee",), ("group",), ("assignee", "group")])}
        case "attributes.changed":
            return {"attributes": {**_attributes(chance), **chance.choice([{}, {"tier": None}, {"tags": None}])}}
        case "ticket.merged":
            return {"into": "another"}
        case "rating.given":
            return {"rating": chance.randint(1, 5)}
    return {}


def _attributes(chance: random.Random) -> dict[str, Any]:
    known = {
        "tier": chance.choice(["vip", "regular"]),
        "channel": chance.choice(["chat", "电话", 'a "quoted" one']),
        "tags": chance.choice([["outage", "billing"], ["outage"], []]),
    }
    return {key: known[key] for key in chance.sample([*known], chance.randrange(4))}
