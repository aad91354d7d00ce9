"""What reading exports has in common: records and where they lie, and telling them as the tool's webhooks would have.

An export is read by making the webhooks that the tool would have sent, and translating these. So a fact has the same
event ids from an export and from a webhook, wherever the webhook's payload names the fact.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from replyclock.domain.errors import Fault, InvalidInput
from replyclock.domain.events import AnyEvent, is_instant_in_bounds
from replyclock.domain.gaps import OtherNames

from .connection import Connection
from .reading import Record
from .webhook import Headers, Translate, Webhook


@dataclass(frozen=True, slots=True)
class Piece:
    """A record of an export. `kind` is what it is (a ticket, a comment …), in the export's own words."""

    kind: str
    place: str
    """Where it lies: `page-3.json:audits[17]`, `tickets.csv:9`."""
    record: Mapping[str, object] = field(repr=False)


@dataclass(frozen=True, slots=True)
class SetAside:
    """A record that could not be read, and why. `reason` names fields, never their values."""

    piece: Piece
    reason: str


@dataclass(slots=True)
class Reading:
    """What the records of one ticket mean."""

    events: list[AnyEvent] = field(default_factory=list)
    set_aside: list[SetAside] = field(default_factory=list)
    unknown_statuses: tuple[str, ...] = ()
    """As in a `Translation`."""


class Export(Protocol):
    """The reading of one tool's exports, for one connection.

    The order of use is: `split` each page, `ticket_of` each record, and when all have been seen, `translate` the
    records of each ticket. Nothing but what `ticket_of` notes of people and the like is held in between.
    """

    @property
    def tables(self) -> Mapping[str, str]:
        """Names of CSV files of such an export, without `.csv`, and the kind of the records in each."""

    @property
    def other_names(self) -> OtherNames | None:
        """Which events of the tool's webhooks have other ids than in its exports and its API, and how their times
        differ; None where all have the same. Where there are such, what is known of a ticket is read before anything
        is added to it.
        """

    @property
    def group_names(self) -> Mapping[str, str]:
        """The names of groups by their ids, as far as the records that were seen by now list groups."""

    def split(self, document: object) -> Iterator[tuple[str, str, object]]:
        """The records of a page or a line: the path within it, the kind, the record. Raises InvalidInput when it is
        none of this tool's.
        """

    def ticket_of(self, kind: str, record: Record) -> str | None:
        """Names the ticket that a record is of, so that records of one ticket come together; None for a record that
        was taken note of, or says nothing. Raises InvalidInput.
        """

    def translate(self, pieces: Sequence[Piece]) -> Reading:
        """The events that the records of one ticket mean. Never raises for what they hold."""


def read_ticket(export: Export, pieces: Sequence[Piece]) -> Reading:
    """What the records of one ticket mean. An event that states a time out of the contract's bounds is set aside: there
    is no time of receipt to take instead.
    """
    reading = export.translate(pieces)
    kept = [event for event in reading.events if is_instant_in_bounds(event.occurred_at)]
    left_out = len(reading.events) - len(kept)
    reading.events = kept
    reading.set_aside += [SetAside(pieces[0], "means an event before 1990-01-01 or from 2200-01-01 on")] * left_out
    return reading


class Retelling:
    """The webhooks of one ticket, as the tool would have sent them."""

    def __init__(self, translate: Translate, connection: Connection) -> None:
        self._translate = translate
        self._connection = connection
        self.reading = Reading()

    def tell(self, piece: Piece, body: Mapping[str, object], headers: Mapping[str, str] | None = None) -> None:
        """Read a webhook that was made of a record. Its body has to state its time: there is no receipt."""
        webhook = Webhook(json.dumps(body).encode(), Headers(headers), 0)
        told = self._translate(webhook, self._connection)
        self.reading.events.extend(told.events)
        self.reading.unknown_statuses += told.unknown_statuses
        self.reading.set_aside.extend(SetAside(piece, part.reason) for part in told.unreadable)

    def set_aside(self, piece: Piece, reason: InvalidInput | str) -> None:
        """Leave a record out, and say why."""
        self.reading.set_aside.append(SetAside(piece, str(reason)))


def split_lists(
    document: object, lists: Mapping[str, str], kind_of: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, str, object]]:
    """The records of a page: those of its named lists; else the document itself, or each entry of it, is a record.

    `lists` are names of lists and the kind of their records. `kind_of` are, for records that stand by themselves, the
    fields that only records of a kind have. Raises InvalidInput.
    """
    if isinstance(document, Mapping):
        found = [name for name in lists if isinstance(document.get(name), list)]
        if (kind := _kind(document, kind_of)) is not None:
            yield "", kind, document
        elif found:
            for name in found:
                yield from ((f"{name}[{i}]", lists[name], one) for i, one in enumerate(document[name]))
        else:
            raise InvalidInput([Fault("", f"has none of {', '.join(lists)}, and is no record of these")])
    elif isinstance(document, list):
        for i, one in enumerate(document):
            for path, kind_of_one, record in split_lists(one, lists, kind_of):
                yield f"[{i}]{'.' if path else ''}{path}", kind_of_one, record
    else:
        raise InvalidInput([Fault("", "must be an object or a list of them")])


def _kind(document: Mapping[str, object], kind_of: Mapping[str, Sequence[str]]) -> str | None:
    return next((kind for kind, fields in kind_of.items() if all(name in document for name in fields)), None)
