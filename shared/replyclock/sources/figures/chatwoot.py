"""Chatwoot's reporting events (`/api/v1/accounts/A/reporting_events`, or those of a conversation), in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from replyclock.domain.compare import Measure, Stated
from replyclock.domain.instants import SECOND
from replyclock.sources.base import Record
from replyclock.sources.figures import Latest

_NAMES: Mapping[str, Measure] = {
    "first_response": "first_response",
    "reply_time": "next_response",
    "conversation_resolved": "full_resolution",
    "resolution": "full_resolution",
}


class Reader:
    """See the package. Of several resolutions the last one counts."""

    def __init__(self) -> None:
        self._latest = Latest()

    def take(self, document: object) -> bool:
        """See the package."""
        listed = document.get("payload") if isinstance(document, Mapping) else document
        events = Record({"events": listed if isinstance(listed, list) else []}).records("events")
        return sum(self._take(event) for event in events) > 0 or listed == []

    def _take(self, event: Record) -> bool:
        measure = _NAMES.get(event.optional_text("name") or "")
        if measure is None or not event.has("value"):
            return False
        ticket = event.identifier("conversation_id")
        started_at, stopped_at = (event.optional_instant(f"event_{end}_time") for end in ("start", "end"))
        for name, business in (("value", False), ("value_in_business_hours", True)):
            value = event.fields.get(name)
            if isinstance(value, int | float) and not isinstance(value, bool):
                # A first response may be told to begin when a bot handed the conversation over: that is a definition.
                one = Stated(
                    ticket,
                    measure,
                    round(value * SECOND),
                    SECOND,
                    business,
                    1,
                    started_at,
                    stopped_at,
                    None,
                    "reporting_events",
                )
                self._latest.keep(one, stopped_at or 0)
        return True

    def stated(self) -> Mapping[str, list[Stated]]:
        """See the package. Replies are numbered in the order in which the waits for them began."""
        found = self._latest.stated()
        for ticket, figures in found.items():
            waits = sorted({one.started_at or 0 for one in figures if one.measure == "next_response"})
            found[ticket] = [
                replace(one, instance=waits.index(one.started_at or 0) + 1) if one.measure == "next_response" else one
                for one in figures
            ]
        return found
