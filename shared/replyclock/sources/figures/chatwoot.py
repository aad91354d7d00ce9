"""Chatwoot's reporting events (`/api/v1/accounts/A/reporting_events`, or those of a conversation), in seconds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from replyclock.domain.compare import Measure, Stated
from replyclock.domain.instants import SECOND
from replyclock.sources.base import Record

_NAMES: Mapping[str, Measure] = {
    "first_response": "first_response",
    "conversation_resolved": "full_resolution",
    "resolution": "full_resolution",
}


def stated(document: object) -> Iterator[Stated]:
    """See the package. Of several resolutions the last one counts."""
    listed = document.get("payload") if isinstance(document, Mapping) else document
    events = listed if isinstance(listed, list) else []
    found: dict[tuple[str, Measure, bool], Stated] = {}
    for event in Record({"events": events}).records("events"):
        measure = _NAMES.get(event.optional_text("name") or "")
        if measure is None or not event.has("value"):
            continue
        ticket, stopped_at = event.identifier("conversation_id"), event.optional_instant("event_end_time")
        for name, business in (("value", False), ("value_in_business_hours", True)):
            value = event.fields.get(name)
            if isinstance(value, int | float) and not isinstance(value, bool):
                one = Stated(ticket, measure, round(value * SECOND), SECOND, business, stopped_at=stopped_at)
                before = found.get((ticket, measure, business))
                if before is None or (before.stopped_at or 0) <= (stopped_at or 0):
                    found[ticket, measure, business] = one
    yield from found.values()
