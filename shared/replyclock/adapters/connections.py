"""The configured connections in the table, and how far their tools have been asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from replyclock.domain.instants import format_instant, parse_instant
from replyclock.service.ports import Look

from .dynamodb import Table, text


class DynamoConnections:
    """Reads connections."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, name: str) -> Mapping[str, Any] | None:
        """See service.ports.Connections."""
        item = self._table.get("CONNECTIONS", name)
        if item is None:
            return None
        document: dict[str, Any] = json.loads(item["document"]["S"])
        return document

    def names(self) -> list[str]:
        """The names of all, ascending."""
        return [item["sk"]["S"] for item in self._table.query("CONNECTIONS", attributes=["sk"])]

    def all(self) -> list[Mapping[str, Any]]:
        """See service.ports.AllConnections."""
        return [json.loads(item["document"]["S"]) for item in self._table.query("CONNECTIONS")]


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
