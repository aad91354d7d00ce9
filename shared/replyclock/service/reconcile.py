"""Reconcile a source: ask its tool what changed, and append what its webhooks did not tell.

What is found goes the way of all events. It is no history: a promise that is still open alerts, late as it is, and what
was past before anybody here could know stays quiet, as it would have by a webhook (domain.alerts.is_history).
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice

from replyclock.domain.errors import (
    Fault,
    InvalidInput,
    OutOfTime,
    StoreUnavailable,
    ToolFailed,
    is_transient,
    place_of,
)
from replyclock.domain.events import AnyEvent
from replyclock.domain.gaps import OtherNames, find_gap
from replyclock.domain.instants import DAY, MINUTE
from replyclock.sources.base import ApiAccess, Connection, Record, connection_from_document
from replyclock.sources.base.changes import Api, Batch, Changes
from replyclock.sources.base.connection import MOST_GROUPS
from replyclock.sources.base.exports import Export, Piece, read_ticket
from replyclock.sources.base.groups import unnamed_groups, with_group_names
from replyclock.sources.changes import changes_of, providers_with_changes
from replyclock.sources.exports import export_reader

from .faults import SetAside, faulty_connection
from .ports import AllConnections, Clock, EventLog, Faults, GroupNames, Look, Looks, Secrets, Tickets

GRACE = 2 * MINUTE
"""What is younger is left to its webhook, which may be on its way."""
OVERLAP = 10 * MINUTE
"""For so long the time that was looked at before is looked at again: clocks differ, and searches lag behind."""
FIRST = DAY
"""How far back the first look goes."""

_log = logging.getLogger(__name__)

OpenApi = Callable[[str, Mapping[str, str], int], Api]
"""Opens the API at an address, to be asked with these headers and not after that instant."""


@dataclass(frozen=True, slots=True)
class ReconcileSource:
    """Looks for what the webhooks of one connection have missed."""

    log: EventLog
    tickets: Tickets
    looks: Looks
    names: GroupNames
    secrets: Secrets
    open_api: OpenApi
    clock: Clock
    faults: Faults
    set_aside: SetAside

    def __call__(self, connection: Connection, deadline: int, since: int | None = None) -> Look:
        """Returns what was found, and keeps it. `since` is from when on to look; by default from where the last look
        ended, and a little before.

        It asks nothing after `deadline`, and goes on from there the next time. A ticket whose records cannot be dealt
        with is left out and counted, and the connection set aside; likewise where an answer cannot. Raises InvalidInput
        where there is no access to an API, StoreUnavailable.
        """
        if connection.api is None:
            raise InvalidInput([Fault("api", f"{connection.name} has no access to an API")])
        tool, reader = changes_of(connection.provider), export_reader(connection.provider, connection)
        now, last = self.clock(), self.looks.last(connection.name)
        until = now - GRACE
        if since is None:
            since = until - FIRST if last is None else min(last.upto - OVERLAP, until)
        # Kept at once: whatever goes wrong with this one, the others have their turn before it comes again.
        look = self._keep(connection.name, Look(since, since, now, finished=False), last)
        groups = _Groups(connection, self.names, tool)
        found = _Found(self.log, self.tickets, self.clock, since, until, groups)
        try:
            with closing(self._open(tool, connection.api, deadline)) as api:
                for batch in tool.changed(api, since, until):
                    found.take(reader, batch, api)
                    look = self._keep(connection.name, found.as_of(look, min(batch.upto, until)), last)
                    if self.clock() >= deadline and look.upto < until:
                        raise OutOfTime("the time for looking is over")
        except OutOfTime:
            return self._keep(connection.name, look, last)
        except (ToolFailed, InvalidInput) as wrong:
            return self._keep(connection.name, replace(look, failed=str(wrong)), last)
        except Exception as error:  # noqa: BLE001 (whatever it is, the other connections have their turn)
            self.set_aside(faulty_connection(connection.name), error)
            return self._keep(connection.name, replace(look, failed=place_of(error)), last)
        thing = faulty_connection(connection.name)
        if found.fault is not None:
            self.set_aside(thing, found.fault)
        elif fault := self.faults.get(thing):
            self.faults.clear(fault)
        return self._keep(connection.name, replace(look, finished=look.upto >= until), last)

    def _open(self, tool: Changes, access: ApiAccess, deadline: int) -> Api:
        try:
            token = self.secrets.get(access.secret)
        except StoreUnavailable as wrong:
            raise ToolFailed(f"its token cannot be read: {wrong}") from wrong
        if token is None:
            raise ToolFailed(f"its token is missing: there is no secret {access.secret}")
        return self.open_api(access.url, tool.headers(access.user, token.strip()), deadline)

    def _keep(self, name: str, look: Look, last: Look | None) -> Look:
        """Keep a look. The next one begins where all was told before it: neither earlier because this one began far
        back, nor later because it began beyond a time that nobody has looked at.
        """
        upto = look.upto if last is None else last.upto if look.since > last.upto else max(look.upto, last.upto)
        self.looks.keep(name, replace(look, upto=upto))
        return look


class _Groups:
    """The names of groups: those of the connection, those that pages list, and, once a look, those that the tool has
    where an id has no name. What is learned is kept with the connection.
    """

    def __init__(self, connection: Connection, kept: GroupNames, tool: Changes) -> None:
        self._connection, self._kept, self._tool = connection, kept, tool
        self._asked = False
        self.names: Mapping[str, str] = connection.groups

    def named(self, events: Sequence[AnyEvent], listed: Mapping[str, str], api: Api) -> list[AnyEvent]:
        """The events with the names of their groups."""
        self.names = {**listed, **self.names}
        named = with_group_names(events, self.names)
        unnamed = set(unnamed_groups(named, self.names))
        if unnamed and not self._asked:
            self._asked = True
            answer = {group: name for group, name in self._answer(api).items() if group not in self.names}
            # Those that tickets have come first: not all of a large tool's can be kept.
            self._learn(dict(sorted(answer.items(), key=lambda one: one[0] not in unnamed)))
            named = with_group_names(named, self.names)
        return named

    def _answer(self, api: Api) -> Mapping[str, str]:
        try:
            return self._tool.groups(api)
        except (ToolFailed, InvalidInput, OutOfTime) as wrong:
            # Tickets count the same by the id: only a policy cannot name it.
            _log.warning(
                "groups could not be asked for", extra={"connection": self._connection.name, "why": str(wrong)}
            )
            return {}

    def _learn(self, learned: Mapping[str, str]) -> None:
        known = self._connection.groups
        learned = dict(islice(learned.items(), max(MOST_GROUPS - len(known), 0)))
        if learned:
            self.names = {**self.names, **learned}
            self._kept.learn(self._connection.name, {**known, **learned})


class _Found:
    """What a look has found by now."""

    def __init__(self, log: EventLog, tickets: Tickets, clock: Clock, since: int, until: int, groups: _Groups) -> None:
        self._log, self._tickets, self._clock, self._groups = log, tickets, clock, groups
        self._since, self._until = since, until
        self._seen: set[str] = set()
        self._missed: Counter[str] = Counter()
        self._older = self._unreadable = 0
        self.fault: Exception | None = None
        """Why the records of a ticket could not be dealt with, the first time."""

    def take(self, reader: Export, batch: Batch, api: Api) -> None:
        """Append what a batch tells beyond what the log has."""
        by_ticket: dict[str, list[Piece]] = {}
        for page in batch.pages:
            for ticket, piece in self._read(reader, page):
                by_ticket.setdefault(ticket, []).append(piece)
        for ticket, pieces in by_ticket.items():
            self._seen.add(ticket)
            try:
                self._take(reader, pieces, api)
            except Exception as error:
                if is_transient(error):
                    raise
                self._unreadable += 1
                self.fault = self.fault or error

    def _take(self, reader: Export, pieces: Sequence[Piece], api: Api) -> None:
        reading = read_ticket(reader, pieces)
        self._unreadable += len(reading.set_aside)
        told = [event for event in reading.events if event.occurred_at <= self._until]
        self._append(self._groups.named(told, reader.group_names, api), reader.other_names)

    def _read(self, reader: Export, page: object) -> Iterator[tuple[str, Piece]]:
        for path, kind, document in reader.split(page):
            try:
                record = Record.of(document)
                ticket = reader.ticket_of(kind, record)
            except InvalidInput:
                self._unreadable += 1
            else:
                if ticket is not None:
                    yield ticket, Piece(kind, path, record.fields)

    def _append(self, events: Sequence[AnyEvent], other_names: OtherNames | None) -> None:
        by_key: dict[tuple[str, str, str], list[AnyEvent]] = {}
        for event in events:
            by_key.setdefault(event.key, []).append(event)
        for key, told in by_key.items():
            # What came before its group had a name says the same by the id.
            known = with_group_names((stored.event for stored in self._tickets.read(key).events), self._groups.names)
            gap = find_gap(told, known, other_names)
            missed = {event.id for event in gap.missed}
            # The newest first: what stops a clock is known before what starts it, so that half of what was missed never
            # looks as if somebody waited.
            for event in reversed(gap.new):
                if self._log.append(event, self._clock()) and event.id in missed:
                    if event.occurred_at >= self._since:
                        self._missed[event.type] += 1
                    else:
                        self._older += 1

    def as_of(self, look: Look, upto: int) -> Look:
        """The look, come so far."""
        return replace(
            look,
            upto=max(look.upto, upto),
            tickets=len(self._seen),
            missed=dict(self._missed),
            older=self._older,
            unreadable=self._unreadable,
        )


def reconcile_all(
    connections: AllConnections, looks: Looks, reconcile: ReconcileSource, deadline: int
) -> Iterator[tuple[Connection, Look]]:
    """Look at every connection that has access to an API, those first that were not looked at for longest; each has its
    share of the time that is left. A connection that is not well configured, or whose tool nobody can ask, is left out.
    """
    known: list[tuple[int, Connection]] = []
    for document in connections.all():
        try:
            connection = connection_from_document(document)
        except InvalidInput:
            continue  # nothing comes in through it either, and whoever configures it is told why
        except Exception as error:  # noqa: BLE001 (likewise)
            reconcile.set_aside(faulty_connection(str(document.get("name"))), error)
            continue
        if connection.api is not None and connection.provider in providers_with_changes():
            last = looks.last(connection.name)
            known.append((last.looked_at if last else 0, connection))
    known.sort(key=lambda one: (one[0], one[1].name))
    for i, (_, connection) in enumerate(known):
        now = reconcile.clock()
        if now >= deadline:
            return
        yield connection, reconcile(connection, now + (deadline - now) // (len(known) - i))
