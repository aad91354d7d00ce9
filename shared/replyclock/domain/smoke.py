"""The reserved tenants of `replyclock smoke`: tickets of its own, that go through all of the product and are seen by
nobody.

A ticket of such a tenant is judged by the policy that lies beside its log, where there is one, instead of the published
versions; its alerts go to a topic of their own; and it is left out of listings, live view, digests, reports, storms,
the feed and exports.
"""

from __future__ import annotations

from .events import TicketKey

RESERVED = "replyclock-smoke-"
"""What the names of these tenants, and of their connections, begin with."""


def is_reserved(name: str) -> bool:
    """Whether a tenant or a connection of that name is one of `replyclock smoke`."""
    return name.startswith(RESERVED)


def is_smoke(key: TicketKey) -> bool:
    """Whether a ticket is one of `replyclock smoke`."""
    return is_reserved(key[0])
