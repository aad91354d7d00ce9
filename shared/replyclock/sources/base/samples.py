"""Webhooks about tickets that are no customer's; see `Source.sample`."""

from __future__ import annotations

import json

from replyclock.domain.instants import SECOND, format_instant

PERSON = "replyclock-test"
"""Who opens such a ticket."""
TEXT = "A test of the connection to replyclock."
SAMPLE_SECONDS = 2
"""How long such a ticket is open. What a tool changes within a second of the creation may count as made at it."""
OPEN_FOR = SAMPLE_SECONDS * SECOND


def moments(at: int) -> tuple[str, str]:
    """When a ticket that was opened at `at` is opened and when it is ended."""
    return format_instant(at), format_instant(at + OPEN_FOR)


def bodies(*documents: object) -> tuple[bytes, ...]:
    """The documents as bodies."""
    return tuple(json.dumps(document).encode() for document in documents)
