"""The configured connections in the table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .dynamodb import Table


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
