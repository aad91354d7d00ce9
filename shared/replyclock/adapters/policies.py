"""The published versions of the policy in the table, and how far each has come round."""

from __future__ import annotations

from collections.abc import Mapping

from replyclock.domain.events import TicketKey
from replyclock.domain.instants import format_instant, parse_instant
from replyclock.service.ports import Progress, PublishedPolicy

from .dynamodb import ABSENT, Table, number, shard_of, text, ticket_pk


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
                parse_instant(item["effective_from"]["S"]) if "effective_from" in item else None,
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
                **({"effective_from": text(format_instant(at))} if (at := policy.effective_from) is not None else {}),
                **({"tells_past": {"BOOL": True}} if policy.tells_past else {}),
            },
            ABSENT,
        )


class DynamoJudgings:
    """Counts, for each version and shard, the open tickets that have to be measured under it and those that were."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def handed_over(self, version: int, shard: int, tickets: int) -> None:
        """See service.ports.Judgings."""
        self._update(version, shard, "SET tickets = :count", tickets)

    def measured(self, version: int, key: TicketKey) -> None:
        """See service.ports.Judgings."""
        self._update(version, shard_of(ticket_pk(key)), "ADD measured :count", 1)

    def progress(self) -> Mapping[int, Progress]:
        """See service.ports.Judgings."""
        found: dict[int, Progress] = {}
        for item in self._table.query("JUDGED"):
            version = int(item["sk"]["S"].split("#")[1])
            before = found.get(version, Progress())
            found[version] = Progress(
                before.shards + ("tickets" in item),
                before.tickets + int(item.get("tickets", number(0))["N"]),
                before.measured + int(item.get("measured", number(0))["N"]),
            )
        return found

    def _update(self, version: int, shard: int, update: str, count: int) -> None:
        self._table.update("JUDGED", f"V#{version:010d}#{shard}", update, None, {}, {":count": number(count)})
