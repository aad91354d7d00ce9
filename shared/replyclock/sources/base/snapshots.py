"""Telling what a snapshot of a ticket shows, where the tool does not tell each change of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from replyclock.domain.events import AnyEvent, AttributeValue
from replyclock.domain.instants import format_instant

from .facts import Telling


def at_instant(telling: Telling, instant: int) -> Telling:
    """The same telling as of that instant. What is told of the ticket's creation has a sequence, so that it does not
    spoil the order of what is shown right after it (see `at_creation.shown_at`).
    """
    return replace(telling, occurred_at=instant, sequence=0 if instant == telling.created_at else None)


def shown_attributes(telling: Telling, attributes: Mapping[str, AttributeValue | None]) -> list[AnyEvent]:
    """The attributes as they are at the telling's instant; nothing where there are none.

    The id holds a digest of them: two webhooks of one instant that show the same attributes tell one fact.
    """
    if not attributes:
        return []
    what = hashlib.sha256(repr(sorted(attributes.items())).encode()).hexdigest()[:16]
    fact = ("shown", "attributes", what, format_instant(telling.occurred_at))
    return [telling.event("attributes.changed", fact, attributes=dict(attributes))]


def shown_assignment(telling: Telling, **people: str | None) -> list[AnyEvent]:
    """The `assignee` and the `group` as they are at the telling's instant, None for nobody; nothing where neither is
    said.
    """
    if not people:
        return []
    said = tuple(f"{field}={'' if person is None else person}" for field, person in sorted(people.items()))
    fact = ("shown", "assignment", *said, format_instant(telling.occurred_at))
    return [telling.event("assignment.changed", fact, **people)]


def shown_status(telling: Telling, status: str) -> list[AnyEvent]:
    """The status as it is at the telling's instant."""
    fact = ("shown", "status", status, format_instant(telling.occurred_at))
    return [telling.event("status.changed", fact, status=status)]
