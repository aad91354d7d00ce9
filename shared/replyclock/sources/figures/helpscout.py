"""Help Scout's `customerWaitingSince`, as it shows it with a conversation (`/v2/conversations`)."""

from __future__ import annotations

from collections.abc import Mapping

from replyclock.domain.compare import Stated
from replyclock.domain.instants import SECOND
from replyclock.sources.base import Record
from replyclock.sources.figures import Latest


class Reader:
    """See the package."""

    def __init__(self) -> None:
        self._latest = Latest()

    def take(self, document: object) -> bool:
        """See the package."""
        if not isinstance(document, Mapping):
            return False
        page = Record.of(document)
        embedded = page.optional_record("_embedded")
        taken = False
        for conversation in embedded.records("conversations") if embedded else [page]:
            since = conversation.optional_record("customerWaitingSince")
            if since is None:
                continue
            # After a reply the time is that of the reply, since which nobody of the team is waited for.
            waits = since.optional_text("latestReplyFrom") != "user"
            at = since.optional_instant("time") if waits else None
            self._latest.keep(Stated(conversation.identifier("id"), "waiting_since", at, SECOND))
            taken = True
        return taken

    def stated(self) -> Mapping[str, list[Stated]]:
        """See the package."""
        return self._latest.stated()
