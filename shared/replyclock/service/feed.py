"""The alerts and summaries that people were told, the newest first, for those who look on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from replyclock.domain.errors import Fault, InvalidInput
from replyclock.domain.instants import DAY, EARLIEST, LATEST, MINUTE, format_instant, parse_instant, seconds

from .parameters import cursor_fields, read_limit, write_cursor
from .ports import Clock, Feed, FeedLine

MOST_LISTED = 200
"""Lines of one answer."""
MOST_READ = 5_000
"""Lines that are read for one answer: those of one tenant may be rare among those of others."""
BACK = 7 * DAY
"""How far back it is looked for lines."""
LATE = MINUTE
"""So much later than its instant a line may be written: after an attempt that broke off, by another's clock."""
_SHORT = 8
"""Digits of an alert's id that tell it from others of the same minute."""


@dataclass(frozen=True, slots=True)
class _Latest:
    """What somebody has seen: all lines before `since`, and those of these alerts from then on."""

    since: int
    seen: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ReadFeed:
    """Reads what was told."""

    feed: Feed
    clock: Clock

    def __call__(self, options: Mapping[str, str]) -> dict[str, Any]:
        """`alerts`, and as `latest` what to ask with as `after` for those that come later. `options` are `tenant`,
        `after` and `limit`: 50 where nobody says.

        Raises InvalidInput, StoreUnavailable.
        """
        limit = read_limit(options, MOST_LISTED)
        now, after, tenant = self.clock(), options.get("after"), options.get("tenant")
        known = _read_latest(after) if after else _Latest(now - BACK)
        lines: dict[str, FeedLine] = {}
        # No line of a day comes later than that, so that nobody who asks again looks through days that are past.
        since = max(known.since, (now - LATE) // DAY * DAY)
        # A clock that is ahead of this one may have written already.
        for line in islice(self.feed.newest(now + LATE, max(known.since, now - BACK)), MOST_READ):
            since = max(since, line.told_at - LATE)
            if tenant in (None, "", line.document["tenant"]):
                lines.setdefault(line.document["alert_id"], line)
            if len(lines) == MOST_LISTED:
                since = max(since, line.told_at)
                break
        shown = [line for alert, line in lines.items() if alert[:_SHORT] not in known.seen]
        seen = frozenset(alert[:_SHORT] for alert, line in lines.items() if line.told_at >= since)
        return {
            "alerts": [_document(line) for line in shown[:limit]],
            "latest": _text(_Latest(since, seen)),
        }


def _document(line: FeedLine) -> dict[str, Any]:
    """The line as a ticket shows its alerts; that of a summary has no ticket of its own."""
    told = {"kind": "alert", **line.document, "status": "sent", "told_at": format_instant(line.told_at)}
    if told["kind"] != "alert":
        return told
    lag = parse_instant(told["detected_at"]) - parse_instant(told["knowable_at"])
    return told | {"detection_lag_seconds": seconds(lag)}


def _text(latest: _Latest) -> str:
    return write_cursor(1, latest.since, "".join(sorted(latest.seen)))


def _read_latest(after: str) -> _Latest:
    match cursor_fields(after):
        case [1, int(since), str(seen)] if EARLIEST <= since <= LATEST:
            return _Latest(since, frozenset(seen[i : i + _SHORT] for i in range(0, len(seen), _SHORT)))
    raise InvalidInput([Fault("after", "is none that was given out: begin again without one")])
