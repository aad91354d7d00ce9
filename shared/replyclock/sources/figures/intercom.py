"""Intercom's statistics of a conversation, as it shows them with the conversation. They begin with the first message of
the contact (`first_contact_reply_at`), and its durations leave out the time beyond its office hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from replyclock.domain.compare import Measure, Stated
from replyclock.domain.instants import SECOND
from replyclock.sources.base import Record
from replyclock.sources.base.epoch import epoch_instant
from replyclock.sources.figures import Latest

_ENDS: Mapping[Measure, tuple[str, str]] = {
    "first_response": ("first_admin_reply_at", "time_to_admin_reply"),
    "first_resolution": ("first_close_at", "time_to_first_close"),
    "full_resolution": ("last_close_at", "time_to_last_close"),
}
"""When each ended, and how long it took within office hours."""


class Reader:
    """See the package."""

    def __init__(self) -> None:
        self._latest = Latest()

    def take(self, document: object) -> bool:
        """See the package."""
        if isinstance(document, list):
            return sum(self.take(one) for one in document) > 0
        if not isinstance(document, Mapping):
            return False
        page = Record.of(document)
        listed = page.records("conversations") if isinstance(document.get("conversations"), list) else [page]
        taken = False
        for conversation in listed:
            statistics = conversation.optional_record("statistics")
            if statistics is not None:
                self._take(conversation, statistics)
                taken = True
        return taken

    def _take(self, conversation: Record, statistics: Record) -> None:
        ticket, created_at = conversation.identifier("id"), epoch_instant(conversation, "created_at")
        as_of = _at(conversation, "updated_at") or 0
        started_at = _at(statistics, "first_contact_reply_at") or created_at
        is_open = conversation.optional_text("state") in ("open", "snoozed")
        for measure, (end, within_hours) in _ENDS.items():
            if not statistics.has(end):
                continue
            # One that was opened again keeps when it was closed last, and has no resolution by our definition.
            at = None if measure == "full_resolution" and is_open else _at(statistics, end)
            took = None if at is None else at - started_at
            one = Stated(ticket, measure, took, SECOND, False, 1, started_at, at, None, "statistics")
            self._latest.keep(one, as_of)
            duration = statistics.optional_integer(within_hours)
            if at is not None and duration is not None:
                self._latest.keep(replace(one, value=duration * SECOND, business=True), as_of)
        reopened = statistics.optional_integer("count_reopens")
        if reopened is not None:
            self._latest.keep(Stated(ticket, "reopens", reopened, origin="statistics"), as_of)

    def stated(self) -> Mapping[str, list[Stated]]:
        """See the package."""
        return self._latest.stated()


def _at(record: Record, name: str) -> int | None:
    """The API has seconds since 1970, webhooks have texts."""
    if record.fields.get(name) is None:
        return None
    return record.instant(name) if isinstance(record.fields[name], str) else epoch_instant(record, name)
