"""What the API shows of tickets: measured when asked, from the log, so that it is never older than the question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from replyclock.domain.errors import Fault, InvalidInput, TicketDropped, TicketFaulty, is_transient, place_of
from replyclock.domain.events import AnyEvent, TicketKey, event_document, event_rank
from replyclock.domain.instants import format_instant, seconds
from replyclock.domain.judging import TicketResult, evaluate_ticket
from replyclock.domain.policy import Policy

from .parameters import cursor_fields, write_cursor
from .ports import Clock, LastStates, LedgerRecord, LivePlace, OpenTickets, Tickets
from .ticket_pages import PAGE_ROWS, PageStart, page_cursor, page_of, read_page_cursor

LISTED_STATES = ("breached", "running", "paused")
MOST_LISTED = 50
"""Tickets on a page: each is measured anew."""


@dataclass(frozen=True, slots=True)
class ReadTickets:
    """Reads tickets as of now. Its methods raise StoreUnavailable."""

    tickets: Tickets
    open_tickets: OpenTickets
    policy: Callable[[], Policy]
    clock: Clock
    states: LastStates

    def one(self, key: TicketKey, cursor: str | None = None, limit: int = PAGE_ROWS) -> dict[str, Any] | None:
        """A page of the ticket: its result, its events, its alerts, and the explanation of each clock, at most `limit`
        of each list (see service.ticket_pages). `cursor` says where the next page begins, null at the end.

        None when there is no event of it by now. Raises InvalidInput for a cursor of another ticket, TicketDropped, and
        TicketFaulty where it cannot be evaluated.
        """
        start = read_page_cursor(cursor, key, self.clock()) if cursor else None
        try:
            return self._one(key, start, limit)
        except TicketDropped:
            raise
        except Exception as error:
            if is_transient(error):
                raise
            raise TicketFaulty(place_of(error), self._last_known(key)) from error

    def _one(self, key: TicketKey, start: PageStart | None, limit: int) -> dict[str, Any] | None:
        now, policy = start.at if start else self.clock(), self.policy()
        record = self.tickets.read(key)
        if record.dropped_at is not None:
            raise TicketDropped(record.dropped_at)
        policy = record.overlay or policy
        stored, ledger = record.events, record.ledger
        if start:
            stored = tuple(one for one in stored if one.received_at <= start.known_until)
            ledger = tuple(one for one in ledger if one.entry.detected_at <= start.known_until)
        else:
            # Whatever was read, although clocks of those who wrote it may be ahead.
            known = (*(one.received_at for one in stored), *(one.entry.detected_at for one in ledger))
            start = PageStart(now, max((now, *known)), 0)
        result = evaluate_ticket((one.event for one in stored), policy, now)
        if result is None:
            return None
        events = [event_document(one.event) for one in sorted(stored, key=lambda one: _order(one.event))]
        alerts = sorted(ledger, key=lambda known: (known.entry.knowable_at, known.entry.sort_key))
        lists, row = page_of(result, policy, events, [_alert(one) for one in alerts], start.row, limit)
        following = None if row is None else page_cursor(key, replace(start, row=row))
        return {**result.document(), **lists, "cursor": following}

    def listing(self, state: str, tenant: str | None, cursor: str | None, limit: int) -> dict[str, Any]:
        """`tickets`: results of open tickets with a clock in `state`, the most urgent first, at most `limit` of them.

        `faulty` names those of the page that cannot be evaluated, where there are any. `cursor` says where the next
        page begins, null at the end. Raises InvalidInput for one of another listing.
        """
        after = _read_cursor(cursor, state, tenant) if cursor else None
        places = list(islice(self.open_tickets.places(state, tenant, after), limit + 1))
        faulty: list[dict[str, str]] = []
        results = [self._measured(place.key, faulty) for place in places[:limit]]
        # The index may lag behind the log by moments: what is shown is what the log says.
        shown = [one.document() for one in results if one and any(clock.state == state for clock in one.clocks)]
        more = len(places) > limit
        page = {"tickets": shown, "cursor": _cursor(places[limit - 1], state, tenant) if more else None}
        return {**page, "faulty": faulty} if faulty else page

    def _measured(self, key: TicketKey, faulty: list[dict[str, str]]) -> TicketResult | None:
        now, policy = self.clock(), self.policy()
        try:
            return evaluate_ticket((stored.event for stored in self.tickets.read(key).events), policy, now)
        except Exception as error:
            if is_transient(error):
                raise
            tenant, source, ticket = key
            faulty.append({"tenant": tenant, "source": source, "ticket": ticket, "reason": place_of(error)})
            return None

    def _last_known(self, key: TicketKey) -> dict[str, Any] | None:
        """How a ticket stood when it was last evaluated; None where that is not known, or cannot be read either."""
        try:
            state = self.states.last_known(key)
        except Exception as error:
            if is_transient(error):
                raise
            return None
        if state is None:
            return None
        return {
            "state": state.state,
            "group": state.group,
            "assignee": state.assignee,
            "clocks": [
                {
                    "metric": clock.metric,
                    "state": clock.state,
                    "standard": clock.standard,
                    "started_at": format_instant(clock.started_at),
                    "due_at": None if clock.due_at is None else format_instant(clock.due_at),
                }
                for clock in state.clocks
            ],
        }


def _order(event: AnyEvent) -> tuple[int, int, int, str]:
    return event.occurred_at, event.sequence or 0, event_rank(event), event.id


def _alert(known: LedgerRecord) -> dict[str, Any]:
    sent_at = known.settled_at if known.status == "sent" else None
    entry = known.entry
    return {
        **entry.document(),
        "detection_lag_seconds": seconds(entry.detected_at - entry.knowable_at),
        "status": known.status,
        "sent_at": None if sent_at is None else format_instant(sent_at),
        "reason": known.reason,
    }


def _cursor(place: LivePlace, state: str, tenant: str | None) -> str:
    return write_cursor(1, state, tenant, place.urgency, *place.key)


def _read_cursor(cursor: str, state: str, tenant: str | None) -> LivePlace:
    match cursor_fields(cursor):
        case [1, *of, str(urgency), str(named), str(source), str(ticket)] if of == [state, tenant]:
            return LivePlace(urgency, (named, source, ticket))
    raise InvalidInput([Fault("cursor", "is not a cursor of this listing: begin again without one")])
