"""Publish versions of the policy, and say which are there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from replyclock.domain.errors import Conflict
from replyclock.domain.instants import SECOND, format_instant
from replyclock.domain.policy import (
    DEFAULT_POLICY,
    DEFAULT_POLICY_DOCUMENT,
    Policy,
    document_value,
    read_policy,
)

from .ports import SHARDS, Clock, Judgings, OpenTicketsTimer, PolicyStore, Progress, PublishedPolicy, Timers
from .prove import proven_document

CACHED_SECONDS = 30
"""How long a function may go on measuring under the policy that it read."""


def read_stored_policy(store: PolicyStore) -> Policy:
    """All published versions; the default policy when there is none. Raises StoreUnavailable."""
    published = store.published()
    if not published:
        return DEFAULT_POLICY
    policy = read_policy([one.text for one in published])
    return replace(policy, published_at={one.version: one.published_at for one in published if not one.tells_past})


def text_in_force(store: PolicyStore, now: int) -> str | None:
    """The document in force, as it was published; None before the first. Raises StoreUnavailable."""
    published = store.published()
    texts = {one.version: one.text for one in published} or {1: DEFAULT_POLICY_DOCUMENT}
    document = read_policy(list(texts.values())).in_force(now)
    return None if document is None else texts[document.version]


def policy_in_force(store: PolicyStore, now: int) -> object:
    """The document in force, as JSON would hold it; None before the first. Raises StoreUnavailable."""
    text = text_in_force(store, now)
    return None if text is None else document_value(text)


def policy_versions(store: PolicyStore, judgings: Judgings) -> list[dict[str, Any]]:
    """All versions, ascending, each with its document, when it was published, and how many of the tickets that were
    open then have been measured under it; the last two null where the version is built in.
    """
    published = store.published()
    if not published:
        return [{"published_at": None, "document": document_value(DEFAULT_POLICY_DOCUMENT), "open_tickets": None}]
    progress = judgings.progress()
    return [
        {
            "published_at": format_instant(one.published_at),
            "document": document_value(one.text),
            "open_tickets": _open_tickets(progress.get(one.version, Progress())),
        }
        for one in published
    ]


def _open_tickets(progress: Progress) -> dict[str, Any]:
    handed_over = progress.shards == SHARDS
    return {
        "found": progress.tickets,
        "measured": min(progress.measured, progress.tickets),
        "done": handed_over and progress.measured >= progress.tickets,
    }


@dataclass(frozen=True, slots=True)
class PublishPolicy:
    """Keeps a new version and has the open tickets measured under it."""

    store: PolicyStore
    timers: Timers
    clock: Clock

    def __call__(self, text: str, *, tells_past: bool = False) -> object:
        """Returns the document as JSON would hold it. Raises InvalidInput naming every fault, Conflict when the version
        exists, StoreUnavailable: then nothing was published.

        What was already broken under the new version when it was published alerts nobody, unless `tells_past`.
        """
        now = self.clock()
        document = proven_document(text, now)
        value = document_value(text)
        published = self.store.published()
        if any(one.version == document.version for one in published):
            raise Conflict(f"version {document.version} exists")
        read_policy([*(one.text for one in published), text])
        # First the timers, so that no crash loses them; and for when every function has let go of the old policy,
        # since what is measured under it until then would not be looked at again.
        later = now + (CACHED_SECONDS + 5) * SECOND
        self.timers.send([OpenTicketsTimer(shard, later, document.version) for shard in range(SHARDS)], now)
        self.store.add(PublishedPolicy(document.version, text, now, tells_past))
        return value
