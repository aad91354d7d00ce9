"""Intercom's statistics of a conversation, as it shows them with the conversation: instants and counts. Its durations
leave out the time beyond its office hours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from replyclock.domain.compare import Measure, Stated
from replyclock.domain.instants import SECOND
from replyclock.sources.base import Record
from replyclock.sources.base.epoch import epoch_instant

_INSTANTS: Mapping[str, Measure] = {
    "first_admin_reply_at": "first_response",
    "first_close_at": "first_resolution",
    "last_close_at": "full_resolution",
}
_IN_OFFICE_HOURS: Mapping[str, Measure] = {"time_to_admin_reply": "first_response"}


def stated(document: object) -> Iterator[Stated]:
    """See the package."""
    if isinstance(document, list):
        for one in document:
            yield from stated(one)
    if not isinstance(document, Mapping):
        return
    page = Record.of(document)
    listed = page.records("conversations") if isinstance(document.get("conversations"), list) else [page]
    for conversation in listed:
        statistics = conversation.optional_record("statistics")
        if statistics is not None:
            yield from _statistics(conversation, statistics)


def _statistics(conversation: Record, statistics: Record) -> Iterator[Stated]:
    ticket, created_at = conversation.identifier("id"), epoch_instant(conversation, "created_at")
    is_closed = conversation.optional_text("state") == "closed"
    for name, measure in _INSTANTS.items():
        at = _at(statistics, name)
        if measure == "full_resolution" and not is_closed:
            at = None  # it was opened again since
        if statistics.has(name):
            yield Stated(ticket, measure, None if at is None else at - created_at, SECOND, stopped_at=at)
    for name, measure in _IN_OFFICE_HOURS.items():
        duration = statistics.optional_integer(name)
        if duration is not None:
            at = _at(statistics, "first_admin_reply_at")
            yield Stated(ticket, measure, duration * SECOND, SECOND, True, stopped_at=at)
    reopened = statistics.optional_integer("count_reopens")
    if reopened is not None:
        yield Stated(ticket, "reopens", reopened)


def _at(statistics: Record, name: str) -> int | None:
    """The API has seconds since 1970, webhooks have texts."""
    if statistics.fields.get(name) is None:
        return None
    return statistics.instant(name) if isinstance(statistics.fields[name], str) else epoch_instant(statistics, name)
