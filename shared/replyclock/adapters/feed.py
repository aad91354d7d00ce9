"""What people were told, in the table.

`pk = FEED#day` (UTC): a line each for what was told on it, `instant#alert`, so that a line that is written once more is
the same item. All of it expires after 90 days; the ledgers of the tickets keep what was told of each.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from replyclock.domain.instants import DAY, SECOND, day_of, parse_instant, sortable
from replyclock.service.ports import FeedLine

from .dynamodb import Table, number, text

KEPT = 90 * DAY
"""How long lines are kept."""
_PAGE = 100


class DynamoFeed:
    """Keeps lines, and reads them the newest first."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, line: FeedLine) -> None:
        """See service.ports.Feed."""
        self._table.put(
            {
                "pk": text(_pk(day_of(line.told_at))),
                "sk": text(f"{sortable(line.told_at)}#{line.document['alert_id']}"),
                "line": text(json.dumps(line.document, ensure_ascii=False, separators=(",", ":"))),
                "expires_at": number((line.told_at + KEPT) // SECOND),
            }
        )

    def newest(self, now: int, since: int) -> Iterator[FeedLine]:
        """See service.ports.Feed."""
        for day in range(day_of(now), day_of(since) - 1, -1):
            for item in self._table.query_newest(_pk(day), sortable(since), _PAGE):
                yield FeedLine(parse_instant(item["sk"]["S"].split("#")[0]), json.loads(item["line"]["S"]))


def _pk(day: int) -> str:
    return f"FEED#{sortable(day * DAY)[:10]}"
