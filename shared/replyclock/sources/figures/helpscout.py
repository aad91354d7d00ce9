"""Help Scout's `customerWaitingSince`, as it shows it with a conversation (`/v2/conversations`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from replyclock.domain.compare import Stated
from replyclock.domain.instants import SECOND
from replyclock.sources.base import Record


def stated(document: object) -> Iterator[Stated]:
    """See the package."""
    if not isinstance(document, Mapping):
        return
    page = Record.of(document)
    embedded = page.optional_record("_embedded")
    for conversation in embedded.records("conversations") if embedded else [page]:
        since = conversation.optional_record("customerWaitingSince")
        if since is not None:
            at = since.optional_instant("time")
            yield Stated(conversation.identifier("id"), "waiting_since", at, SECOND)
