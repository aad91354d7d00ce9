"""The moment that a snapshot shows, where a tool writes a new ticket in several steps."""

from __future__ import annotations

from dataclasses import replace

from replyclock.domain.instants import SECOND

from .facts import Telling

AT_CREATION = SECOND
"""How long after its creation a ticket is taken to be as it was created: nobody works on it within that time."""


def shown_at(telling: Telling, updated_at: int | None) -> Telling:
    """The same telling as of the ticket's last change; as of its creation where that is at most a second before.

    The attributes with which a ticket is created have to be there from its first instant, as standards can be chosen
    by those. Of several snapshots within the second, `sequence` keeps the order; a creation told at that instant needs
    a sequence below 1. Without a last change the telling stays as it is.
    """
    if updated_at is None:
        return telling
    created_at = telling.created_at
    if created_at is not None and 0 <= updated_at - created_at <= AT_CREATION:
        return replace(telling, occurred_at=created_at, sequence=1 + updated_at - created_at)
    return replace(telling, occurred_at=updated_at)
