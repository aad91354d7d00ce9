"""Intercom's conversations and tickets with all their parts, as the API shows each of them by itself
(`/conversations/ID`, `/tickets/ID`): a file or a line each, or pages of them. `/teams` names the groups.

**Identity.** Everything has the ids that webhooks give: parts by their id. What the snapshot shows besides is told as
of its last update, and a further update is a further telling of it.

Lists and searches leave the parts out, without which nothing can be said of when somebody answered: such records are
set aside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from replyclock.sources.base import Connection, Record
from replyclock.sources.base.exports import Piece, Reading, Retelling, split_lists
from replyclock.sources.base.groups import group_names
from replyclock.sources.intercom import translate

_LISTS = {"conversations": "conversation", "tickets": "ticket", "data": "conversation", "teams": "team"}
_KIND_OF = {"conversation": ("conversation_parts",), "ticket": ("ticket_parts",)}


class Reader:
    """See `base.exports.Export`."""

    tables: Mapping[str, str] = {}
    other_names = None

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.group_names: dict[str, str] = {}

    def split(self, document: object) -> Iterator[tuple[str, str, object]]:
        """See `base.exports.Export`."""
        return split_lists(document, _LISTS, _KIND_OF)

    def ticket_of(self, kind: str, record: Record) -> str | None:
        """See `base.exports.Export`."""
        if kind == "team":
            self.group_names |= group_names([record])
            return None
        kind = "ticket" if record.optional_text("type") == "ticket" else kind
        record.record(f"{kind}_parts")
        return record.identifier("ticket_id" if kind == "ticket" else "id")

    def translate(self, pieces: Sequence[Piece]) -> Reading:
        """See `base.exports.Export`."""
        retelling = Retelling(translate, self._connection)
        for piece in pieces:
            kind = "ticket" if piece.record.get("type") == "ticket" else piece.kind
            retelling.tell(
                piece,
                {
                    "type": "notification_event",
                    "app_id": self._connection.account,
                    "topic": f"{kind}.created",
                    "created_at": piece.record.get("updated_at") or piece.record.get("created_at"),
                    "data": {"item": {**piece.record, "type": kind}},
                },
            )
        return retelling.reading
