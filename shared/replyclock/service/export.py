"""Which tickets an export has, and in which order their events go out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from replyclock.domain.events import AnyEvent, event_rank, event_text
from replyclock.domain.instants import LATEST
from replyclock.domain.timeline import read_timeline


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an export is limited to; None is no limit. Instants are in microseconds."""

    begin: int | None = None
    """Tickets created from here on."""
    end: int | None = None
    """Tickets created before this."""
    tenant: str | None = None
    source: str | None = None

    def may_have(self, event: AnyEvent) -> bool:
        """Whether the event is of a tenant and a source that are wanted."""
        return self.tenant in (None, event.tenant) and self.source in (None, event.source)

    def has(self, events: Iterable[AnyEvent]) -> bool:
        """Whether the ticket that all the events are of was created in the span; one whose creation nobody has told
        counts by the first that is known of it.

        By creation, so that exports of spans that touch add up to all of it, each ticket once and whole.
        """
        told = list(events)
        timeline = read_timeline(told, LATEST)
        created = None if timeline is None else timeline.created_at
        since = min(event.occurred_at for event in told) if created is None else created
        return (self.begin is None or since >= self.begin) and (self.end is None or since < self.end)


def lines(events: Iterable[AnyEvent]) -> list[str]:
    """The events of a ticket as canonical JSON, by when they occurred; the same whatever order they come in."""
    told = sorted((event.occurred_at, event_rank(event), event.id, event_text(event)) for event in events)
    return [text for _, _, _, text in told]
