"""The configured connections in the table, and how far their tools have been asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from replyclock.domain.errors import Conflict
from replyclock.domain.instants import format_instant, parse_instant
from replyclock.service.ports import Look

from .dynamodb import Table, text

LEARNED = "groups"
"""The attribute of a connection's item with the names of groups that were learned, as JSON."""


def connection_of(item: Mapping[str, Any]) -> dict[str, Any]:
    """The document of a connection's item, with the names of groups that were learned. Those that a person gave go
    before.
    """
    document: dict[str, Any] = json.loads(item["document"]["S"])
    learned: dict[str, str] = json.loads(item[LEARNED]["S"]) if LEARNED in item else {}
    return {**document, "groups": {**learned, **document.get("groups", {})}} if learned else document


class DynamoConnections:
    """Reads connections."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, name: str) -> Mapping[str, Any] | None:
        """See service.ports.Connections."""
        item = self._table.get("CONNECTIONS", name)
        return None if item is None else connection_of(item)

    def names(self) -> list[str]:
        """The names of all, ascending."""
        return [item["sk"]["S"] for item in self._table.query("CONNECTIONS", attributes=["sk"])]

    def all(self) -> list[Mapping[str, Any]]:
        """See service.ports.AllConnections."""
        return [connection_of(item) for item in self._table.query("CONNECTIONS")]


class DynamoGroupNames:
    """Keeps the names of groups that were learned from tools and exports, in an attribute of the connection's item that
    holds nothing else: who may write it can change no connection.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def learn(self, connection: str, names: Mapping[str, str]) -> None:
        """See service.ports.GroupNames."""
        change = {
            "Key": {"pk": text("CONNECTIONS"), "sk": text(connection)},
            "UpdateExpression": "SET #learned = :learned",
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeNames": {"#learned": LEARNED},
            "ExpressionAttributeValues": {":learned": text(json.dumps(names))},
        }
        try:
            # As a transaction, which gives nothing back: the right to learn names is none to read the rest of the item.
            self._table.change_all([{"Update": change}])
        except Conflict:
            return  # the connection was removed or changed meanwhile; the next time learns it again


class DynamoLooks:
    """Keeps the last look at each connection's tool. They have a partition of their own: what they may write here can
    change no connection.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def last(self, connection: str) -> Look | None:
        """See service.ports.Looks."""
        item = self._table.get("LOOKS", connection)
        if item is None:
            return None
        found: dict[str, Any] = json.loads(item["look"]["S"])
        return Look(**found | {name: parse_instant(found[name]) for name in _INSTANTS})

    def keep(self, connection: str, look: Look) -> None:
        """See service.ports.Looks."""
        told = asdict(look) | {name: format_instant(getattr(look, name)) for name in _INSTANTS}
        self._table.put({"pk": text("LOOKS"), "sk": text(connection), "look": text(json.dumps(told))})


_INSTANTS = ("since", "upto", "looked_at")
