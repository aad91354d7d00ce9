"""Zendesk's exports: pages of the incremental ticket event export, of ticket audits, tickets, users, groups and
satisfaction ratings; and the same as CSV tables, as Fivetran lays them out (`ticket`, `ticket_field_history`,
`ticket_comment`, `ticket_tag`, `user`, `group`).

**Identity.** The creation, the comments and a merge have the ids that Zendesk's webhooks give. A change has none in a
webhook but its time, in microseconds, while exports have whole seconds. So a change that a webhook told is found again
by `other_names`, by what it says and the second in which it lies, or the one after; it is not told again. What is known
when an export is read keeps its time. What comes by a webhook afterwards is kept beside it: of a creation or a comment
the earlier telling counts; a change is two events, of which the second changes nothing, unless the ticket changed to
and fro within that second.

**Who speaks.** Audits do not say who is an agent: the users do (`users` pages, `user.csv`), and so does work that only
agents can do. A comment by somebody of whom neither is known is set aside, as it could be a reply or a question.

**Without a history of a field** its value is that of the ticket: of attributes from the creation on, of status,
assignee and group as of the ticket's last update, which is when the ticket proves them.

**Ratings** are good (5) or bad (1); offers are none. Audits tell them as events `SatisfactionRating` (documented) and
as changes of `satisfaction_score` (seen in public models of Fivetran's field history), and the pages of
`/api/v2/satisfaction_ratings` (documented) as of their last update, which may be a comment's: where the history has a
rating, they say nothing. Zendesk reports the answers to its newer surveys as good or bad, too.

**Merges.** No documented field of an export says into what a ticket was merged. A ticket is told as merged only where
three things come together in one update (inferred from public code and data that rely on each): it is made by a merge
(its channel, documented) or adds the tag `closed_by_merge`; it closes the ticket; and its comment names one other
ticket in Zendesk's own words. The merge then stands for all of that update, as it did all of it. Words that were
changed or translated, and tables, tell a ticket that was closed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from replyclock.domain.errors import Fault, InvalidInput
from replyclock.domain.events import AnyEvent, MessageAdded, TicketCreated
from replyclock.domain.gaps import Span
from replyclock.domain.instants import SECOND, format_instant
from replyclock.sources.base import Connection, Record
from replyclock.sources.base.exports import Piece, Reading, Retelling, split_lists
from replyclock.sources.base.groups import group_names
from replyclock.sources.base.reading import read_instant
from replyclock.sources.zendesk import RATINGS, translate

_LISTS = {
    "audits": "audit",
    "ticket_events": "event",
    "tickets": "ticket",
    "users": "user",
    "groups": "group",
    "satisfaction_ratings": "rating",
}
_KIND_OF = {
    "audit": ("events", "ticket_id"),
    "event": ("child_events", "ticket_id"),
    "rating": ("score", "ticket_id"),
    "ticket": ("requester_id", "id", "created_at"),
    "user": ("role", "id"),
    "group": ("default", "name", "id"),
}
_STAFF = {"agent": True, "admin": True, "end-user": False}
_SYSTEM = "-1"
_TEXT = "opening"
"""What stands for the text of the opening: only that the first comment repeats it matters."""
_OPENING_WITHIN = 10 * SECOND
_NOT_FIELDS = frozenset(
    (
        *("id", "via", "via_reference_id", "event_type", "previous_value", "type", "audit_id", "created_at"),
        *("author_id", "comment_present", "comment_public", "body", "html_body", "plain_body", "public"),
        *("attachments", "metadata", "added_tags", "removed_tags", "subject", "description"),
    )
)
"""What stands beside the changed field in a child event of the incremental export."""
_TOLD_AS: Mapping[str, str] = {
    "status": "status_changed",
    "custom_status_id": "custom_status_changed",
    "assignee_id": "agent_assignment_changed",
    "group_id": "group_assignment_changed",
    "priority": "priority_changed",
    "brand_id": "brand_changed",
    "tags": "tags_changed",
    "organization_id": "organization_changed",
    "ticket_form_id": "form_changed",
    "type": "type_changed",
    "ticket_type": "type_changed",
    "external_id": "external_id_changed",
}
_DETAIL_OF = {"ticket_form_id": "form_id", "custom_status_id": "custom_status", "ticket_type": "type"}
"""What a webhook calls these fields."""
_SHOWN = ("status", "assignee_id", "group_id")
_NEVER: Any = object()
_SCORE = "satisfaction_score"
_MERGE = ("merge", "19")
"""The type and the id of the channel of a merge."""
_MERGED_TAG = "closed_by_merge"
_MERGED_INTO = re.compile(r"^\s*This request was closed and merged into request #(\d+)\b")
_FRACTION = Span(0, 2 * SECOND - 1)
"""What lies in one second or the next is dated by its beginning."""


def _other_names(known: AnyEvent) -> Span | None:
    if isinstance(known, TicketCreated | MessageAdded) or known.occurred_at % SECOND == 0:
        return None
    return _FRACTION


@dataclass(frozen=True, slots=True)
class _Comment:
    comment_id: str
    public: bool
    author: str | None


@dataclass(slots=True)
class _Step:
    """What happened at once: an audit, or a row of a table."""

    piece: Piece
    at: int
    position: int | None
    actor: str | None
    channel: str | None = None
    created: dict[str, object] = field(default_factory=dict)
    changes: list[tuple[str, object, object]] = field(default_factory=list)
    """Field, value, and the value before, `_NEVER` where that is not said."""
    comments: list[_Comment] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    score: str | None = None
    """The satisfaction score that it reports, where that is a rating."""
    by_merge: bool = False
    """Whether it says that a merge made it."""
    named: set[str] = field(default_factory=set)
    """Tickets of which its comments say that this one was merged into them."""

    @property
    def merged_into(self) -> str | None:
        """Into which ticket this one was merged, where all that proves it is there."""
        closes = any(name == "status" and value == "closed" for name, value, _ in self.changes)
        return next(iter(self.named)) if self.by_merge and closes and len(self.named) == 1 else None


class Reader:
    """See `base.exports.Export`."""

    tables: Mapping[str, str] = {
        "ticket": "ticket",
        "ticket_comment": "comment row",
        "ticket_field_history": "history row",
        "ticket_tag": "tag row",
        "user": "user",
        "group": "group",
    }
    other_names = staticmethod(_other_names)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._roles: dict[str, bool] = {}
        self._at_work: set[str] = set()
        self.group_names: dict[str, str] = {}

    def split(self, document: object) -> Iterator[tuple[str, str, object]]:
        """See `base.exports.Export`."""
        return split_lists(document, _LISTS, _KIND_OF)

    def ticket_of(self, kind: str, record: Record) -> str | None:
        """See `base.exports.Export`."""
        if kind == "user":
            role = _STAFF.get((record.optional_text("role") or "").lower())
            if role is not None:
                self._roles[record.identifier("id")] = role
            return None
        if kind == "group":
            self.group_names |= group_names([record])
            return None
        if kind == "ticket":
            self._at_work.update(filter(None, [_person(record, "assignee_id")]))
            return record.identifier("id")
        ticket = record.identifier("ticket_id")
        if kind not in ("tag row", "rating"):
            for step in _steps([Piece(kind, "", record.fields)]):
                self._at_work.update(
                    str(value) for name, value, _ in step.changes if name == "assignee_id" and value not in _NOBODY
                )
                self._at_work.update(one.author for one in step.comments if one.author and not one.public)
        return ticket

    def translate(self, pieces: Sequence[Piece]) -> Reading:
        """See `base.exports.Export`."""
        return _Ticket(self, pieces).read()

    def is_staff(self, person: str) -> bool | None:
        """Whether somebody is an agent; None where nothing of that is known."""
        return self._roles.get(person, True if person in self._at_work else None)

    @property
    def connection(self) -> Connection:
        """The connection that it reads for."""
        return self._connection


_NOBODY = (None, "", 0, "0")


def _person(record: Record, name: str) -> str | None:
    return None if record.fields.get(name) in _NOBODY else record.identifier(name)


def _at(record: Record, name: str) -> int:
    """A time; those in tables are in UTC and do not say so."""
    text = record.text(name)
    try:
        return read_instant(text if "T" in text else f"{text.replace(' ', 'T')}Z")
    except ValueError as wrong:
        raise record.fault(name, str(wrong)) from None


def _tags_of(value: object) -> set[str]:
    """Tags as a list, or as a text that separates them by spaces."""
    return {str(tag) for tag in value} if isinstance(value, list) else set(str(value or "").split())


def _flag(record: Record, name: str) -> bool:
    value = record.fields.get(name)
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return record.flag(name)


# --- Steps ---


def _steps(pieces: Sequence[Piece]) -> Iterator[_Step]:
    for piece in pieces:
        record = Record.of(piece.record)
        if piece.kind == "audit":
            yield _audit(piece, record)
        elif piece.kind == "event":
            yield _ticket_event(piece, record)
        elif piece.kind == "history row":
            step = _Step(piece, _at(record, "updated"), None, _person(record, "user_id"))
            step.changes.append((record.text("field_name"), record.optional_text("value") or None, _NEVER))
            yield _rated(step)
        elif piece.kind == "comment row":
            author = _person(record, "user_id")
            step = _Step(piece, _at(record, "created"), None, author)
            step.comments.append(_Comment(record.identifier("id"), _flag(record, "public"), author))
            yield step


def _audit(piece: Piece, record: Record) -> _Step:
    via = record.optional_record("via")
    step = _Step(
        piece,
        _at(record, "created_at"),
        record.optional_integer("id"),
        _person(record, "author_id"),
        via.optional_identifier("channel") if via else None,
    )
    source = via.optional_record("source") if via else None
    step.by_merge = step.channel in _MERGE or (source is not None and source.optional_text("rel") == "merge")
    for event in record.records("events"):
        match event.optional_text("type"):
            case "Create":
                step.created[event.identifier("field_name")] = event.fields.get("value")
            case "Change":
                name, value = event.identifier("field_name"), event.fields.get("value")
                before = event.fields.get("previous_value", _NEVER)
                step.changes.append((name, value, before))
                if name == "tags" and before is not _NEVER:
                    step.by_merge = step.by_merge or _MERGED_TAG in _tags_of(value) - _tags_of(before)
            case other:
                _words(step, event, other or "")
    return _rated(step)


def _rated(step: _Step) -> _Step:
    """The step, with the rating that one of its changes tells."""
    for name, value, _ in step.changes:
        if name == _SCORE:
            _take_score(step, value)
    return step


def _take_score(step: _Step, score: object) -> None:
    """Take a score that is a rating; what was only offered is none."""
    step.score = str(score) if str(score) in RATINGS else step.score


def _ticket_event(piece: Piece, record: Record) -> _Step:
    via = record.fields.get("via")
    step = _Step(
        piece,
        _at(record, "created_at"),
        record.optional_integer("id"),
        _person(record, "updater_id"),
        via.casefold().replace(" ", "_") if isinstance(via, str) else None,
    )
    step.by_merge = step.channel in _MERGE
    for event in record.records("child_events"):
        kind = event.optional_text("event_type") or ""
        if kind not in ("Create", "Change"):
            _words(step, event, kind)
            continue
        fields = {name: value for name, value in event.fields.items() if name not in _NOT_FIELDS}
        custom = fields.pop("custom_ticket_fields", None)
        fields |= custom if isinstance(custom, Mapping) else {}
        if kind == "Create":
            step.created |= fields
        else:
            before = event.fields.get("previous_value", _NEVER) if len(fields) == 1 else _NEVER
            step.changes.extend((name, value, before) for name, value in fields.items())
            step.by_merge = step.by_merge or _MERGED_TAG in _tags_of(event.fields.get("added_tags"))
    if not step.comments and any(event.optional_flag("comment_present") for event in record.records("child_events")):
        raise record.fault("child_events", "lack the comment: export with include=comment_events")
    return _rated(step)


def _words(step: _Step, event: Record, kind: str) -> None:
    if kind in ("Comment", "VoiceComment"):
        author = _person(event, "author_id") or step.actor
        step.comments.append(_Comment(event.identifier("id"), _flag(event, "public"), author))
        if (into := _MERGED_INTO.match(event.optional_text("body") or "")) is not None:
            step.named.add(into[1])
    elif kind == "SatisfactionRating":
        _take_score(step, event.optional_text("score"))
    elif kind == "CommentRedactionEvent" or (kind == "CommentPrivacyChange" and not _flag(event, "public")):
        step.hidden.append(event.identifier("comment_id"))


# --- A ticket ---


class _Ticket:
    """One ticket's story, told again as webhooks."""

    def __init__(self, reader: Reader, pieces: Sequence[Piece]) -> None:
        self._reader = reader
        self._retelling = Retelling(translate, reader.connection)
        self._state: dict[str, object] = {}
        self._custom: dict[str, object] = {}
        self._created_at: int | None = None
        self._opening: str | None = None
        self._pieces = pieces

    def read(self) -> Reading:
        try:
            steps = sorted(_steps(self._pieces), key=lambda step: (step.at, step.position or 0))
            shown = next((one for one in self._pieces if one.kind == "ticket"), None)
            ticket = None if shown is None else Record.of(shown.record)
            self._begin(steps, shown, ticket)
            for step in steps:
                self._told(step)
            if not any(step.score for step in steps):
                self._rated()
            if shown is not None and ticket is not None:
                self._end(shown, ticket, max((step.at for step in steps), default=None))
        except InvalidInput as wrong:
            self._retelling.set_aside(self._pieces[0], wrong)
        return self._retelling.reading

    def _begin(self, steps: Sequence[_Step], shown: Piece | None, ticket: Record | None) -> None:
        """Tell the creation, with what the ticket was like then."""
        first = next((step for step in steps if step.created), None)
        if ticket is not None:
            self._created_at = _at(ticket, "created_at")
            self._state["id"] = ticket.identifier("id")
            for name in ("requester_id", "submitter_id", "priority", "brand_id", "organization_id", "type"):
                self._set(name, ticket.fields.get(name) or None)
            for name in ("ticket_form_id", "external_id", "custom_status_id"):
                self._set(name, ticket.fields.get(name) or None)
            self._set("tags", self._tags(ticket))
            for one in ticket.records("custom_fields"):
                self._custom[one.identifier("id")] = one.fields.get("value")
            for step in reversed(steps):
                for name, _, before in step.changes:
                    self._set(name, None if before is _NEVER else before)
            via = ticket.optional_record("via")
            channel = via.optional_identifier("channel") if via else ticket.optional_text("via_channel")
            self._state["via"] = {"channel": channel} if channel else None
            self._set("requester_id", self._state.get("requester_id") or ticket.fields.get("requester_id"))
        elif first is not None:
            self._created_at = first.at
            self._state["id"] = str(first.piece.record["ticket_id"])
        else:
            self._state["id"] = str(self._pieces[0].record["ticket_id"])
        if first is not None:
            for name, value in first.created.items():
                self._set(name, value)
            if first.channel and not self._state.get("via"):
                self._state["via"] = {"channel": first.channel}
        if self._created_at is None:
            return
        piece = first.piece if first else shown or self._pieces[0]
        opening = self._opening_of(steps)
        described = opening is not None or bool(ticket and (ticket.optional_text("description") or "").strip())
        public = opening.public if opening else ticket is None or ticket.fields.get("is_public") not in (False, "FALSE")
        self._opening = opening.comment_id if opening else None
        self._tell(
            piece,
            "created",
            self._created_at,
            first.actor if first else None,
            first.position if first else None,
            {},
            {"description": _TEXT if described else None, "is_public": public},
        )

    def _opening_of(self, steps: Sequence[_Step]) -> _Comment | None:
        if self._created_at is None:
            return None
        early = (step for step in steps if abs(step.at - (self._created_at or 0)) <= _OPENING_WITHIN)
        return next((comment for step in early for comment in step.comments), None)

    def _tags(self, ticket: Record) -> list[str]:
        rows = [str(one.record.get("tag")) for one in self._pieces if one.kind == "tag row"]
        tags = ticket.fields.get("tags")
        return sorted({*rows, *(str(tag) for tag in (tags if isinstance(tags, list) else []))})

    def _set(self, name: str, value: object) -> None:
        if name.isdecimal():
            self._custom[name] = value
        else:
            self._state[_DETAIL_OF.get(name, name)] = value

    # --- Telling ---

    def _told(self, step: _Step) -> None:
        for name, value, _ in step.changes:
            self._set(name, value)
        if (into := step.merged_into) is not None:
            self._tell(step.piece, "merged", step.at, step.actor, step.position, {"target_ticket_id": into})
            return
        if step.score is not None:
            self._rate(step.piece, step.at, step.score, step.actor, step.position)
        for name, value, _ in step.changes:
            kind = "custom_field_changed" if name.isdecimal() else _TOLD_AS.get(name)
            if kind is not None:
                change: dict[str, object] = {"current": value}
                if name.isdecimal():
                    change["custom_field"] = {"id": name}
                self._tell(step.piece, kind, step.at, step.actor, step.position, change)
        for comment in step.comments:
            self._say(step, comment)
        for hidden in step.hidden:
            change = {"comment": {"id": hidden, "body": _TEXT if hidden == self._opening else None}}
            self._tell(
                step.piece, "comment_redacted", step.at, step.actor, step.position, change, {"description": _TEXT}
            )

    def _rated(self) -> None:
        """Tell the ratings of their own pages."""
        for piece in self._pieces:
            if piece.kind == "rating":
                record = Record.of(piece.record)
                score = record.text("score")
                if score in RATINGS:
                    at = _at(record, "updated_at" if record.optional_text("updated_at") else "created_at")
                    self._rate(piece, at, score, _person(record, "requester_id"), None)

    def _rate(self, piece: Piece, at: int, score: str, customer: str | None, position: int | None) -> None:
        change = {"satisfaction_score": {"score": score}}
        requester = self._state.get("requester_id") or customer
        self._tell(piece, "csat_received", at, customer, position, change, {"requester_id": requester})

    def _say(self, step: _Step, comment: _Comment) -> None:
        author, requester = comment.author, self._state.get("requester_id")
        staff = None if author is None else self._reader.is_staff(author)
        if author == _SYSTEM or (requester is not None and author == str(requester)):
            staff = bool(staff)
        if author is None or (staff is None and not self._reader.connection.is_bot(author)):
            wrong = Fault("author_id", "is nobody of whom it is known whether they are an agent: export the users, too")
            self._retelling.set_aside(step.piece, InvalidInput([wrong]))
            return
        opening = comment.comment_id == self._opening
        said = {
            "id": comment.comment_id,
            "is_public": comment.public,
            "body": _TEXT if opening else None,
            "author": {"id": author, "is_staff": bool(staff)},
        }
        described = {"description": _TEXT if opening else None}
        self._tell(step.piece, "comment_added", step.at, step.actor, step.position, {"comment": said}, described)

    def _end(self, shown: Piece, ticket: Record, last: int | None) -> None:
        """Tell what the ticket shows, and its history has not told."""
        if not ticket.optional_text("updated_at"):
            return
        updated_at = _at(ticket, "updated_at")
        status = (ticket.optional_text("status") or "").lower()
        if status in ("deleted", "scrubbed"):
            self._tell(shown, "soft_deleted", max(updated_at, last or updated_at), None, None, {})
            return
        if last is not None and updated_at < last:
            return
        for name in _SHOWN:
            now = ticket.fields.get(name) or None
            before = self._state.get(name) or ("new" if name == "status" else None)
            if now is not None and str(now).casefold() != str(before).casefold():
                self._set(name, now)
                self._tell(shown, _TOLD_AS[name], updated_at, None, None, {"current": now})

    def _tell(
        self,
        piece: Piece,
        kind: str,
        at: int,
        actor: str | None,
        position: int | None,
        change: Mapping[str, object],
        detail: Mapping[str, object] | None = None,
    ) -> None:
        meta = {} if position is None else {"meta": {"sequence": {"position": position}}}
        # As in webhooks, where a change of anything else does not show them.
        custom = {"custom_fields": self._custom} if kind == "created" else {}
        self._retelling.tell(
            piece,
            {
                "type": f"zen:event-type:ticket.{kind}",
                "account_id": self._reader.connection.account,
                "time": format_instant(at),
                **custom,
                "event": {**change, **meta},
                "detail": {
                    **self._state,
                    **(detail or {}),
                    "actor_id": actor,
                    "created_at": None if self._created_at is None else format_instant(self._created_at),
                },
            },
        )
