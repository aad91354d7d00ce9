"""The published versions of the policy in the table."""

from __future__ import annotations

from replyclock.domain.instants import format_instant, parse_instant
from replyclock.service.ports import PublishedPolicy

from .dynamodb import ABSENT, Table, text


class DynamoPolicies:
    """Keeps policies, a version an item."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def published(self) -> list[PublishedPolicy]:
        """See service.ports.PolicyStore."""
        return [
            PublishedPolicy(
                int(item["sk"]["S"][2:]),
                item["document"]["S"],
                parse_instant(item["published_at"]["S"]),
                "tells_past" in item,
            )
            for item in self._table.query("POLICY")
        ]

    def add(self, policy: PublishedPolicy) -> None:
        """See service.ports.PolicyStore."""
        self._table.put(
            {
                "pk": text("POLICY"),
                "sk": text(f"V#{policy.version:010d}"),
                "document": text(policy.text),
                "published_at": text(format_instant(policy.published_at)),
                **({"tells_past": {"BOOL": True}} if policy.tells_past else {}),
            },
            ABSENT,
        )
