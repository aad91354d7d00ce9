"""GitHub's API pages: issues, their comments, and their events, as the repository lists them (`/repos/O/R/issues`,
`…/issues/comments`, `…/issues/events`), or the timeline of an issue with its address:
`{"issue_url": "…/issues/12", "timeline": […]}`.

**Identity.** Everything has the ids that webhooks give, as both state whole seconds: the creation, comments by their
id, a change by what was changed and when. A webhook dates a change by the issue's last update, which may be a second
off: `other_names` finds such a change again.

Labels and assignees as they were at each moment are worked out backwards, from those that the issue has now.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from replyclock.domain.errors import Fault, InvalidInput
from replyclock.domain.events import AnyEvent, MessageAdded, TicketCreated
from replyclock.domain.gaps import Span
from replyclock.domain.instants import SECOND
from replyclock.sources.base import Connection, Record
from replyclock.sources.base.exports import Piece, Reading, Retelling, split_lists
from replyclock.sources.github import translate

_ISSUE_URL = re.compile(r"/repos/([^/]+/[^/]+)/issues/(\d+)$")
_TIMELINE = "timeline"
_CHANGES = ("closed", "reopened", "assigned", "unassigned", "labeled", "unlabeled", "milestoned", "demilestoned")
_GONE = ("transferred", "deleted")
_WITHIN = Span(2 * SECOND, 2 * SECOND)


def _other_names(known: AnyEvent) -> Span | None:
    return None if isinstance(known, TicketCreated | MessageAdded) else _WITHIN


class Reader:
    """See `base.exports.Export`."""

    tables: Mapping[str, str] = {}
    other_names = staticmethod(_other_names)
    group_names: Mapping[str, str] = {}

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def split(self, document: object) -> Iterator[tuple[str, str, object]]:
        """See `base.exports.Export`."""
        if isinstance(document, Mapping) and isinstance(document.get(_TIMELINE), list):
            for i, one in enumerate(document[_TIMELINE]):
                placed = {"issue_url": document.get("issue_url"), **one} if isinstance(one, Mapping) else one
                commented = isinstance(one, Mapping) and one.get("event") == "commented"
                yield f"{_TIMELINE}[{i}]", "comment" if commented else "event", placed
            return
        kinds = {"event": ("event", "created_at"), "comment": ("issue_url", "user"), "issue": ("number", "user")}
        yield from split_lists(document, {}, kinds)

    def ticket_of(self, kind: str, record: Record) -> str | None:
        """See `base.exports.Export`. Comments on pull requests say nothing here."""
        if kind == "comment" and "/pull/" in (record.optional_text("html_url") or ""):
            return None
        if kind == "issue":
            return _ticket(record, "url")
        if kind == "event" and record.optional_text("event") not in (*_CHANGES, *_GONE):
            return None
        issue = record.optional_record("issue")
        return _ticket(issue, "url") if issue else _ticket(record, "issue_url")

    def translate(self, pieces: Sequence[Piece]) -> Reading:
        """See `base.exports.Export`."""
        retelling = Retelling(translate, self._connection)
        found = next((piece for piece in pieces if piece.kind == "issue"), None)
        embedded = next((one for one in pieces if isinstance(one.record.get("issue"), Mapping)), None)
        shown = found.record if found else embedded.record["issue"] if embedded else None
        if not isinstance(shown, Mapping):
            for piece in pieces:
                retelling.set_aside(piece, "the issue itself is missing: export the issues, too")
        elif shown.get("pull_request") is None:
            try:
                _tell(retelling, found or pieces[0], dict(shown), pieces, self._connection)
            except InvalidInput as wrong:
                retelling.set_aside(found or pieces[0], wrong)
        return retelling.reading


def _ticket(record: Record, name: str) -> str:
    found = _ISSUE_URL.search(record.text(name))
    if found is None:
        raise InvalidInput([Fault(record.place(name), "is not the address of an issue")])
    return f"{found[1]}#{found[2]}"


def _tell(
    retelling: Retelling, shown: Piece, issue: dict[str, object], pieces: Sequence[Piece], connection: Connection
) -> None:
    repository = _ISSUE_URL.search(Record.of(issue).text("url"))
    full_name = repository[1] if repository else ""
    around: dict[str, object] = {
        "repository": {"full_name": full_name, "owner": {"login": full_name.partition("/")[0]}},
        "installation": {"id": connection.account} if connection.account else None,
    }
    changes = sorted((one for one in pieces if one.kind == "event"), key=_order)
    labels = {label.text("name") for label in Record.of(issue).records("labels")}
    people = {one.identifier("login"): one.fields for one in Record.of(issue).records("assignees")}
    for change in reversed(changes):
        _apply(change, labels, people, back=True)

    def issue_at(at: object, **further: object) -> dict[str, object]:
        now = {"updated_at": at, "labels": [{"name": name} for name in sorted(labels)]}
        return {**issue, **now, "assignee": None, "assignees": list(people.values()), **further}

    opened = issue_at(issue.get("created_at"), state="open", closed_at=None)
    user = issue.get("user")
    retelling.tell(shown, {"action": "opened", "issue": opened, "sender": user, **around}, {"X-GitHub-Event": "issues"})
    for change in changes:
        _apply(change, labels, people, back=False)
        at, action = change.record.get("created_at"), str(change.record.get("event"))
        now = issue_at(at, closed_at=at if action == "closed" else None)
        told = {name: change.record[name] for name in ("label", "assignee") if change.record.get(name)}
        body = {"action": action, "issue": now, "sender": change.record.get("actor"), **told, **around}
        retelling.tell(change, body, {"X-GitHub-Event": "issues"})
    for piece in pieces:
        if piece.kind == "comment":
            comment = {**piece.record, "user": piece.record.get("user") or piece.record.get("actor")}
            body = {"action": "created", "issue": issue, "comment": comment, "sender": comment["user"], **around}
            retelling.tell(piece, body, {"X-GitHub-Event": "issue_comment"})


def _order(piece: Piece) -> tuple[str, int]:
    number = piece.record.get("id")
    return str(piece.record.get("created_at")), number if isinstance(number, int) else 0


def _apply(change: Piece, labels: set[str], people: dict[str, Mapping[str, object]], *, back: bool) -> None:
    """Make a change of labels or assignees, or undo it."""
    record = Record.of(change.record)
    match record.text("event"), back:
        case ("labeled", False) | ("unlabeled", True):
            labels.add(record.record("label").text("name"))
        case ("unlabeled", False) | ("labeled", True):
            labels.discard(record.record("label").text("name"))
        case ("assigned", False) | ("unassigned", True):
            person = record.optional_record("assignee")
            if person is not None:
                people[person.identifier("login")] = person.fields
        case ("unassigned", False) | ("assigned", True):
            person = record.optional_record("assignee")
            if person is not None:
                people.pop(person.identifier("login"), None)
