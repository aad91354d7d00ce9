"""Canonical ticket events as JSON Lines, or in pages: what `replyclock export` writes, and what anybody can write.

Through a connection they get its tenant and its name as their source, as its webhooks do. Without one they keep their
own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from replyclock.domain.errors import InvalidInput
from replyclock.domain.events import parse_event
from replyclock.sources.base import Connection, Record
from replyclock.sources.base.exports import Piece, Reading, Retelling, split_lists
from replyclock.sources.generic import translate


class Reader:
    """See `base.exports.Export`. Without a connection events keep their tenant and source."""

    tables: Mapping[str, str] = {}
    other_names = None
    group_names: Mapping[str, str] = {}

    def __init__(self, connection: Connection | None) -> None:
        self._connection = connection

    def split(self, document: object) -> Iterator[tuple[str, str, object]]:
        """See `base.exports.Export`."""
        return split_lists(document, {"events": "event"}, {"event": ("ticket", "type"), "CloudEvent": ("specversion",)})

    def ticket_of(self, kind: str, record: Record) -> str | None:
        """See `base.exports.Export`. An event without a time is refused: it came in nowhere yet."""
        if kind == "CloudEvent":
            record.text("time")
            return record.text("subject")
        record.text("occurred_at")
        ticket = record.identifier("ticket")
        if self._connection is not None:
            return ticket
        tenant, source = (record.optional_text(name) or "" for name in ("tenant", "source"))
        return f"{tenant}#{source}#{ticket}"

    def translate(self, pieces: Sequence[Piece]) -> Reading:
        """See `base.exports.Export`."""
        if self._connection is not None:
            retelling = Retelling(translate, self._connection)
            for piece in pieces:
                retelling.tell(piece, piece.record)
            return retelling.reading
        told = Retelling(translate, Connection(name="generic", provider="generic"))
        for piece in pieces:
            try:
                told.reading.events.append(parse_event(piece.record))
            except InvalidInput as wrong:
                told.set_aside(piece, wrong)
        return told.reading
