"""A table with a row for each ticket, of any tool, by a mapping of its columns.

The mapping is a YAML document; only `ticket` and `created_at` are needed:

    columns:
      ticket: Ticket ID
      created_at: Created
      first_reply_at: First response        # a public reply of an agent
      assigned_at: Assigned                 # with assignee and group; else they are told with the first reply
      solved_at: Resolved
      updated_at: Last update               # when the status and the rating are told that no other time is known of
      status: State
      requester: Customer ID
      assignee: Agent
      group: Team
      rating: Stars                         # 1 to 5
    attributes: {tier: Plan, channel: Source, tags: Labels}
    statuses: {Waiting for customer: pending, Done: solved}
    separator: ","                          # of tags
    timezone: Europe/Berlin                 # of times without offset

A row has no messages but the first reply and no changes but those; clocks that need more are not told by it. Its ids
are this reader's own, but for the creation: a tool whose webhooks come in, too, is better imported by its own export.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from replyclock.domain.errors import MOST_FAULTS, Fault, InvalidInput
from replyclock.domain.events import STATUSES, AnyEvent, AttributeValue, Status
from replyclock.domain.instants import is_time_zone
from replyclock.sources.base import Connection, Record, Statuses, Telling
from replyclock.sources.base.exports import Piece, Reading, SetAside
from replyclock.sources.base.facts import OPENING

_TIMES = ("created_at", "first_reply_at", "assigned_at", "solved_at", "updated_at")
_COLUMNS = ("ticket", *_TIMES, "status", "requester", "assignee", "group", "rating")
_KEYS = ("columns", "attributes", "statuses", "separator", "timezone")
_LISTS = ("tags",)


class Reader:
    """See `base.exports.Export`. Raises InvalidInput naming what is wrong with the mapping."""

    tables: Mapping[str, str] = {"*": "row"}
    other_names = None
    group_names: Mapping[str, str] = {}

    def __init__(self, connection: Connection, mapping: str) -> None:
        self._connection = connection
        read = _mapping(mapping)
        self._columns: Mapping[str, str] = read["columns"]
        self._attributes: Mapping[str, str] = read.get("attributes") or {}
        self._statuses: dict[str, Status] = {
            **{one: one for one in STATUSES},
            **{str(name).casefold(): status for name, status in (read.get("statuses") or {}).items()},
        }
        self._separator = str(read.get("separator") or ",")
        zone = read.get("timezone")
        self._zone = ZoneInfo(zone) if zone else connection.zone

    def split(self, document: object) -> Iterator[tuple[str, str, object]]:
        """See `base.exports.Export`: rows may also come as JSON objects."""
        rows = document if isinstance(document, list) else [document]
        return (("" if rows is not document else f"[{i}]", "row", row) for i, row in enumerate(rows))

    def ticket_of(self, kind: str, record: Record) -> str | None:  # noqa: ARG002 - readers have the same methods
        """See `base.exports.Export`."""
        return record.identifier(self._columns["ticket"])

    def translate(self, pieces: Sequence[Piece]) -> Reading:
        """See `base.exports.Export`."""
        reading = Reading()
        for piece in pieces:
            statuses = Statuses(self._connection, self._statuses)
            try:
                reading.events.extend(self._told(Record.of(piece.record), statuses))
            except InvalidInput as wrong:
                reading.set_aside.append(SetAside(piece, str(wrong)))
            reading.unknown_statuses += statuses.unknown
        return reading

    def _told(self, row: Record, statuses: Statuses) -> list[AnyEvent]:
        times = {
            name: row.optional_instant(self._columns[name], self._zone) for name in _TIMES if name in self._columns
        }
        created_at = times.get("created_at")
        if created_at is None:
            raise row.fault(self._columns["created_at"], "is missing")
        requester = self._text(row, "requester")
        telling = Telling(
            self._connection,
            row.identifier(self._columns["ticket"]),
            created_at,
            created_at,
            "customer",
            requester,
            requester=requester,
        )
        fields: dict[str, Any] = {
            "attributes": self._values(row),
            "message": {"id": OPENING, "visibility": "public"},
        }
        events = [telling.event("ticket.created", ("created",), **fields)]
        people = {name: person for name in ("assignee", "group") if (person := self._text(row, name))}
        told_at = next((at for name in _TIMES[1:] if (at := times.get(name)) is not None), None)
        agent = replace(telling, actor_kind="agent", actor_id=people.get("assignee"))
        assigned_at = times.get("assigned_at") or told_at
        if people and assigned_at is not None:
            events.append(_at(agent, assigned_at).event("assignment.changed", ("csv", "assigned"), **people))
        if (replied_at := times.get("first_reply_at")) is not None:
            said = {"id": "first-reply", "visibility": "public"}
            events.append(_at(agent, replied_at).event("message.added", ("csv", "first reply"), message=said))
        solved_at = times.get("solved_at")
        if solved_at is not None:
            events.append(_at(agent, solved_at).event("status.changed", ("csv", "solved"), status="solved"))
        events += self._ended(row, agent, times.get("updated_at") or solved_at, solved_at is not None, statuses)
        return events

    def _ended(self, row: Record, agent: Telling, at: int | None, solved: bool, statuses: Statuses) -> list[AnyEvent]:
        """The status and the rating, as of the last update."""
        events: list[AnyEvent] = []
        name = self._text(row, "status")
        status = statuses.read(name) if name else None
        if at is not None and status not in (None, "new", "solved" if solved else None):
            events.append(_at(agent, at).event("status.changed", ("csv", "status"), status=status))
        rating = self._text(row, "rating")
        if at is not None and rating is not None:
            if not rating.isdecimal():
                raise row.fault(self._columns["rating"], "must be a whole number from 1 to 5")
            telling = replace(_at(agent, at), actor_kind="customer", actor_id=None)
            events.append(telling.event("rating.given", ("csv", "rating"), rating=int(rating)))
        return events

    def _text(self, row: Record, name: str) -> str | None:
        return row.optional_identifier(self._columns[name]) if name in self._columns else None

    def _values(self, row: Record) -> dict[str, AttributeValue]:
        found: dict[str, AttributeValue] = {}
        for name, column in self._attributes.items():
            value = row.optional_text(column)
            if value and name in _LISTS:
                found[name] = tuple(part.strip() for part in value.split(self._separator) if part.strip())
            elif value:
                found[name] = value
        return found


def _at(telling: Telling, at: int) -> Telling:
    return replace(telling, occurred_at=at)


def _mapping(text: str) -> Mapping[str, Any]:
    from replyclock.domain.yaml_source import read_source  # noqa: PLC0415 - only a mapping needs it

    try:
        read, _ = read_source(text, "mapping")
    except InvalidInput as refused:
        raise InvalidInput([Fault(one.field or f"line {one.line}", one.problem) for one in refused.faults]) from None
    if not isinstance(read, Mapping):
        raise InvalidInput([Fault("", f"must be an object with {', '.join(_KEYS)}")])
    faults = [Fault(str(key), f"is not one of {', '.join(_KEYS)}") for key in read if key not in _KEYS]
    if not isinstance(read.get("columns"), Mapping):
        raise InvalidInput([*faults, Fault("columns", "is missing: names of columns")])
    faults += [
        Fault(f"columns.{name}", f"must be one of {', '.join(_COLUMNS)}")
        for name in read["columns"]
        if name not in _COLUMNS
    ]
    faults += [
        Fault(f"columns.{name}", "is missing") for name in ("ticket", "created_at") if name not in read["columns"]
    ]
    for section in ("columns", "attributes", "statuses"):
        values = read.get(section) or {}
        if not isinstance(values, Mapping):
            faults.append(Fault(section, "must be an object"))
            continue
        wrong = [name for name, value in values.items() if not isinstance(value, str)]
        faults += [Fault(f"{section}.{name}", "must be a text") for name in wrong]
    if isinstance(statuses := read.get("statuses") or {}, Mapping):
        unknown = [name for name, status in statuses.items() if status not in STATUSES]
        faults += [Fault(f"statuses.{name}", f"must be one of {', '.join(STATUSES)}") for name in unknown]
    if not is_time_zone(str(read.get("timezone") or "UTC")):
        faults.append(Fault("timezone", "must be an IANA time zone such as Europe/Berlin"))
    if faults:
        raise InvalidInput(faults[:MOST_FAULTS])
    return read
