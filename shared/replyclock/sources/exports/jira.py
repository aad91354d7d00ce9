"""Jira's search pages: issues with their changelog and their comments (`/rest/api/2/search?expand=changelog&
fields=*all`).

**Identity.** Everything has the ids that webhooks give: the creation, comments by their id, changes by the id of their
history entry. What an issue was like at its creation is worked out backwards, from its changes. The history of an issue
that was moved to another project is told under the key that it has now.

A page may hold only the first comments or changes of an issue: it then is set aside, besides being read as far as it
goes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from replyclock.domain.errors import InvalidInput
from replyclock.sources.base import Connection, Record
from replyclock.sources.base.epoch import MILLISECOND
from replyclock.sources.base.exports import Piece, Reading, Retelling, split_lists
from replyclock.sources.jira import jira_instant, translate


class Reader:
    """See `base.exports.Export`."""

    tables: Mapping[str, str] = {}
    other_names = None
    group_names: Mapping[str, str] = {}

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def split(self, document: object) -> Iterator[tuple[str, str, object]]:
        """See `base.exports.Export`."""
        return split_lists(document, {"issues": "issue"}, {"issue": ("key", "fields")})

    def ticket_of(self, kind: str, record: Record) -> str | None:  # noqa: ARG002 - readers have the same methods
        """See `base.exports.Export`."""
        return record.identifier("key")

    def translate(self, pieces: Sequence[Piece]) -> Reading:
        """See `base.exports.Export`."""
        retelling = Retelling(translate, self._connection)
        for piece in pieces:
            try:
                self._tell(retelling, piece, Record.of(piece.record))
            except InvalidInput as wrong:
                retelling.set_aside(piece, wrong)
        return retelling.reading

    def _tell(self, retelling: Retelling, piece: Piece, issue: Record) -> None:
        fields = issue.record("fields")
        histories = self._listed(retelling, piece, issue, "changelog", "histories")
        comments = self._listed(retelling, piece, fields, "comment", "comments")
        histories.sort(key=lambda one: self._timestamp(one, "created"))
        now = {name: value for name, value in fields.fields.items() if name != "comment"}
        first = dict(now)
        for history in reversed(histories):
            for item in reversed(history.records("items")):
                first |= _value(item, "from", "fromString")
        named = {"key": issue.fields["key"], "self": issue.fields.get("self")}
        created = self._timestamp(fields, "created")
        retelling.tell(
            piece,
            {"webhookEvent": "jira:issue_created", "timestamp": created, "issue": {**named, "fields": first}},
        )
        state = dict(first)
        for history in histories:
            items = [item for item in history.records("items") if item.text("field").lower() != "key"]
            for item in items:
                state |= _value(item, "to", "toString")
            if items:
                retelling.tell(
                    piece,
                    {
                        "webhookEvent": "jira:issue_updated",
                        "timestamp": self._timestamp(history, "created"),
                        "user": history.fields.get("author"),
                        "issue": {**named, "fields": state},
                        "changelog": {"id": history.identifier("id"), "items": [item.fields for item in items]},
                    },
                )
        for comment in comments:
            retelling.tell(
                piece,
                {
                    "webhookEvent": "comment_created",
                    "timestamp": self._timestamp(comment, "created"),
                    "comment": comment.fields,
                    "issue": {**named, "fields": now},
                },
            )

    @staticmethod
    def _listed(retelling: Retelling, piece: Piece, record: Record, name: str, entries: str) -> list[Record]:
        listed = record.optional_record(name)
        if listed is None:
            retelling.set_aside(piece, record.fault(name, "is missing: ask for it as the guide says"))
            return []
        found = listed.records(entries)
        total = listed.optional_integer("total")
        if total is not None and total > len(found):
            retelling.set_aside(piece, listed.fault(entries, f"are {len(found)} of {total}: the others are missing"))
        return found

    def _timestamp(self, record: Record, name: str) -> int:
        """A time as webhooks have it, in milliseconds."""
        at = jira_instant(record, name, self._connection)
        if at is None:
            raise record.fault(name, "is missing")
        return at // MILLISECOND


def _value(item: Record, value: str, text: str) -> dict[str, object]:
    """A field's value on one side of a change, as the issue's fields show it."""
    name, value_id, shown = item.text("field").lower(), item.fields.get(value), item.optional_text(text)
    match name:
        case "status":
            return {"status": {"id": value_id, "name": shown}}
        case "assignee":
            account = item.fields.get("tmpFromAccountId" if value == "from" else "tmpToAccountId") or value_id
            return {"assignee": {"accountId": account} if account else None}
        case "priority":
            return {"priority": {"name": shown} if shown else None}
        case "labels":
            return {"labels": (shown or "").split()}
    return {}
