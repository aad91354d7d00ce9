"""Publish versions of the policy, and say which are there."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from replyclock.domain.errors import Conflict, InvalidInput, PolicyUnreadable, place_of
from replyclock.domain.instants import SECOND, format_instant
from replyclock.domain.policy import (
    DEFAULT_POLICY,
    DEFAULT_POLICY_DOCUMENT,
    Policy,
    PolicyDocument,
    document_value,
    read_document,
    read_policy,
)
from replyclock.domain.unreadable import UnreadableDocument, effective_from
from replyclock.domain.yaml_source import with_scalars

from .faults import version_fault
from .ports import (
    SHARDS,
    Clock,
    FaultKind,
    FaultRecord,
    Judgings,
    OpenTicketsTimer,
    PolicyStore,
    Progress,
    PublishedPolicy,
    Timers,
)
from .prove import proven_document

_log = logging.getLogger(__name__)

_HOUR = 3600 * SECOND
CACHED_SECONDS = 30
"""How long a function may go on measuring under the policy that it read."""


def read_stored_policy(store: PolicyStore, count: Callable[[FaultKind], object] = lambda _: None) -> Policy:
    """All published versions; the default policy when there is none. Raises StoreUnavailable.

    A version that cannot be read keeps its span, and whoever needs what it says gets PolicyUnreadable; `count` is
    called for each such version, at each reading, so that its alarm stays on.
    """
    published = store.published()
    if not published:
        return DEFAULT_POLICY
    documents = [_read(one) for one in published]
    for one in documents:
        if isinstance(one, UnreadableDocument):
            _log.error("a published version cannot be read", extra={"version": one.version, "why": one.reason})
            count(FaultKind.POLICY_VERSION)
    told = {one.version: one.published_at for one in published if not one.tells_past}
    return Policy(tuple(cast("list[PolicyDocument]", documents)), told)


def unreadable_versions(store: PolicyStore) -> list[FaultRecord]:
    """The published versions that cannot be read. Raises StoreUnavailable."""
    read = [(one, _read(one)) for one in store.published()]
    return [version_fault(one, found.reason) for one, found in read if isinstance(found, UnreadableDocument)]


def readable_versions(published: Sequence[PublishedPolicy]) -> list[PublishedPolicy]:
    """Those of published versions that can be read."""
    return [one for one in published if not isinstance(_read(one), UnreadableDocument)]


def _read(published: PublishedPolicy) -> PolicyDocument | UnreadableDocument:
    try:
        document = read_document(published.text)
        if document.version != published.version:
            raise PolicyUnreadable(published.version)
    except Exception as error:  # noqa: BLE001 (whatever it is, the other versions can be read)
        begins = published.effective_from
        if begins is None:
            begins = effective_from(published.text)
        # Where that is not known, either, it was most likely meant to begin when it was published.
        begins = published.published_at if begins is None else begins
        return UnreadableDocument(published.version, begins, place_of(error))
    return document


def text_in_force(store: PolicyStore, now: int) -> str | None:
    """The document in force, as it was published; None before the first. Raises StoreUnavailable, and PolicyUnreadable
    where it cannot be read.
    """
    document = read_stored_policy(store).in_force(now)
    if isinstance(document, UnreadableDocument):
        raise PolicyUnreadable(document.version)
    return None if document is None else _texts(store.published())[document.version]


def policy_in_force(store: PolicyStore, now: int) -> object:
    """The document in force, as JSON would hold it; None before the first. Raises as `text_in_force`."""
    text = text_in_force(store, now)
    return None if text is None else document_value(text)


def version_text(store: PolicyStore, version: int) -> str | None:
    """A version as it was published, comments and all, whether it can be read or not; None where there is none of that
    number. Raises StoreUnavailable.
    """
    return _texts(store.published()).get(version)


def policy_draft(store: PolicyStore, now: int, version: int | None = None) -> dict[str, Any] | None:
    """What the next version may be written from: the text of `version` with the next free number, and in force from
    the next full hour. Its comments are kept, unless it is JSON, which becomes YAML.

    Without `version`, it is the one in force, else the last that can be read, else the default policy. None where that
    version does not exist. Raises PolicyUnreadable where it cannot be read, StoreUnavailable.
    """
    published = store.published()
    texts = _texts(published)
    if version is None:
        version, text = _to_begin_with(store, published, now)
    elif version in texts:
        text = texts[version]
    else:
        return None
    head: dict[str, str | int] = {"version": max(texts) + 1, "effective_from": format_instant(-(-now // _HOUR) * _HOUR)}
    try:
        return {**head, "text": with_scalars(text, head)}
    except InvalidInput:
        raise PolicyUnreadable(version) from None


def _to_begin_with(store: PolicyStore, published: Sequence[PublishedPolicy], now: int) -> tuple[int, str]:
    document = read_stored_policy(store).in_force(now)
    if document is not None and not isinstance(document, UnreadableDocument):
        return document.version, _texts(published)[document.version]
    readable = readable_versions(published)
    return (readable[-1].version, readable[-1].text) if readable else (1, DEFAULT_POLICY_DOCUMENT)


def _texts(published: Sequence[PublishedPolicy]) -> dict[int, str]:
    """The texts by their versions: that of the default policy where nothing is published."""
    return {one.version: one.text for one in published} or {1: DEFAULT_POLICY_DOCUMENT}


def policy_versions(store: PolicyStore, judgings: Judgings) -> list[dict[str, Any]]:
    """All versions, ascending, each with its document, when it was published, and how many of the tickets that were
    open then have been measured under it; the last two null where the version is built in. One that cannot be read has
    the reason, as `unreadable`, and null for its document.
    """
    published = store.published()
    if not published:
        document = document_value(DEFAULT_POLICY_DOCUMENT)
        return [{"version": 1, "published_at": None, "document": document, "open_tickets": None}]
    progress = judgings.progress()
    return [
        {
            "version": one.version,
            "published_at": format_instant(one.published_at),
            **_shown(one),
            "open_tickets": _open_tickets(progress.get(one.version, Progress())),
        }
        for one in published
    ]


def _shown(published: PublishedPolicy) -> dict[str, Any]:
    found = _read(published)
    if isinstance(found, UnreadableDocument):
        return {"document": None, "unreadable": found.reason}
    try:
        document = document_value(published.text)
        json.dumps(document)  # YAML may hold what JSON cannot
    except Exception as error:  # noqa: BLE001 (likewise)
        return {"document": None, "unreadable": place_of(error)}
    return {"document": document}


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
        document = self._proven(text, now)
        value = document_value(text)
        # First the timers, so that no crash loses them; and for when every function has let go of the old policy,
        # since what is measured under it until then would not be looked at again.
        later = now + (CACHED_SECONDS + 5) * SECOND
        self.timers.send([OpenTicketsTimer(shard, later, document.version) for shard in range(SHARDS)], now)
        self.store.add(PublishedPolicy(document.version, text, now, tells_past, document.effective_from))
        return value

    def check(self, text: str) -> dict[str, Any]:
        """What publishing the text would bring into force, and when; nothing is published. Raises as publishing does,
        but for what the store refuses only then.
        """
        document = self._proven(text, self.clock())
        begins = format_instant(document.effective_from)
        return {"policy": document.policy, "version": document.version, "effective_from": begins}

    def _proven(self, text: str, now: int) -> PolicyDocument:
        document = proven_document(text, now)
        published = self.store.published()
        if any(one.version == document.version for one in published):
            raise Conflict(f"version {document.version} exists")
        # One that cannot be read says nothing against the next.
        read_policy([*(one.text for one in readable_versions(published)), text])
        return document
