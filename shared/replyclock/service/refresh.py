"""Refresh a ticket: the one use case behind every trigger, be it an event, a timer, the sweep or a new policy."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from replyclock.domain.alerts import LedgerEntry, corrections_due, entries_due, is_history, next_due
from replyclock.domain.errors import Conflict
from replyclock.domain.events import TicketKey
from replyclock.domain.instants import SECOND, day_of
from replyclock.domain.judging import TicketResult, evaluate_ticket
from replyclock.domain.policy import Policy
from replyclock.domain.smoke import is_smoke
from replyclock.domain.standings import first_answer, open_clocks, urgency

from .ports import (
    Clock,
    FaultKind,
    FaultRecord,
    LedgerRecord,
    Refreshed,
    Sleep,
    TicketRecord,
    Tickets,
    TicketState,
    Timer,
    Timers,
)

ARMED_WITHIN = 900 * SECOND
"""What falls due sooner than this is armed at once; what falls due later is found by the sweep."""
MOST_ENTRIES = 50
"""Ledger entries of one transaction: DynamoDB takes 100 actions and 4 MB, and an entry can have 60 kB of attributes."""
_ATTEMPTS = 6
_LISTED = ("breached", "paused", "running")


@dataclass(frozen=True, slots=True)
class RefreshTicket:
    """Measures a ticket now and writes what changed. Calling it once more writes nothing."""

    tickets: Tickets
    timers: Timers
    policy: Callable[[], Policy]
    clock: Clock
    sleep: Sleep = field(default=time.sleep)
    touch: Callable[[TicketKey, int], object] | None = None
    """Notes a ticket of a day (since 1970) whose figures have to be built again."""
    came_late: Callable[[TicketKey], object] | None = None
    """Has what comes of a ticket that was dropped removed again; likewise where events come in."""
    history_before: int | None = None
    """What could be known before this instant is history: for whoever measures the past anew and is to alert nobody."""
    by_events: bool = True
    """Whether it is called where events come in, and not where time passes: that alone needs no note, unless the ticket
    was set aside when its events came.
    """
    clear: Callable[[FaultRecord], object] | None = None
    """Ends the fault of a ticket that can be evaluated again."""

    def __call__(self, key: TicketKey) -> Refreshed:
        """Returns what was done. Raises Conflict when others kept writing first, StoreUnavailable."""
        done = Refreshed()
        conflicts = 0
        while True:
            try:
                for written in self._write(key):
                    done += written
            except Conflict:
                conflicts += 1
                if conflicts == _ATTEMPTS:
                    raise
                self.sleep(random.uniform(0, 0.02 * 2**conflicts))  # noqa: S311 (spreads retries)
            else:
                return done

    def _write(self, key: TicketKey) -> Iterator[Refreshed]:
        """Evaluate once and write what changed, a transaction for each of what is yielded."""
        # The instant comes before the reading: all that was known by then is in what is read. Otherwise whoever is held
        # up in between would judge an instant whose events it has not seen.
        now, policy = self.clock(), self.policy()
        record = self.tickets.read(key)
        if not record.events:
            if record.dropped_at is not None and self.came_late:
                self.came_late(key)
            return
        policy = record.overlay or policy
        events = [stored.event for stored in record.events]
        result = evaluate_ticket(events, policy, now)
        state = summarize(result, next_due(events, result, policy, now))
        owed = _owed(record, result, policy, now, self.history_before) if result else []
        fault = record.faults.get(FaultKind.TICKET)
        if self.touch and (self.by_events or fault):
            # Before anything is written, so that no crash loses it. By a late event a ticket may turn out to be older.
            known = (state.created_at, record.state.created_at if record.state else None)
            for day in sorted({day_of(at) for at in known if at is not None}):
                self.touch(key, day)
        if not owed and state == record.state and not fault:
            return
        # The timer goes first: one too many is only a look too many, while a crash after the write would leave a
        # deadline of ten seconds to the sweep of the next minute.
        due_at = state.due_at
        if due_at is not None and due_at - now <= ARMED_WITHIN and not (record.state and record.state.due_at == due_at):
            self.timers.send([Timer(key, due_at)], now)
        # Each transaction is on condition of the one before it: nobody has written in between. Until the last one the
        # ticket stays due, so that the sweep finds it again whatever ends this in the middle.
        chunks = [owed[i : i + MOST_ENTRIES] for i in range(0, len(owed), MOST_ENTRIES)] or [[]]
        for i, chunk in enumerate(chunks):
            is_last = i == len(chunks) - 1
            self.tickets.write(key, state if is_last else replace(state, due_at=now), record.version + i, chunk, now)
            if is_last and fault and self.clear:
                self.clear(fault)  # after the write, which takes the mark away: a fault is never forgotten half way
            yield _told(record, [one.entry for one in chunk if one.status == "pending"])


def _owed(
    record: TicketRecord, result: TicketResult, policy: Policy, now: int, history_before: int | None
) -> list[LedgerRecord]:
    """What the ledger does not have yet: alerts, corrections of alerts, and on record only what was past already."""
    known = {told.entry.sort_key for told in record.ledger}
    received = [stored.received_at for stored in record.events]
    entries = (
        *entries_due(result, now),
        *corrections_due(result, (one.entry for one in record.ledger if one.told or one.status != "quiet"), now),
    )
    # What an import shows was past when it came in, whatever was known of the ticket before: nobody is alerted of it.
    imported_at = max((stored.received_at for stored in record.events if stored.imported), default=None)

    def past(entry: LedgerEntry) -> bool:
        since = _known_since(entry, record) if entry.level == "correction" else entry.knowable_at
        if (history_before is not None and since < history_before) or (
            imported_at is not None and since <= imported_at
        ):
            return True
        return is_history(entry, min(received), policy.published_at.get(entry.policy_version))

    return [
        LedgerRecord(entry, "quiet", now, "history") if past(entry) else LedgerRecord(entry, "pending")
        for entry in entries
        if entry.sort_key not in known
    ]


def _known_since(correction: LedgerEntry, record: TicketRecord) -> int:
    """A correction is due from the event on that shows it, whenever anybody looks; not before what it takes back."""
    taken_back = [told.entry.detected_at for told in record.ledger if correction.takes_back(told.entry)]
    return max([stored.received_at for stored in record.events] + taken_back)


def _told(record: TicketRecord, fresh: Sequence[LedgerEntry]) -> Refreshed:
    newest = max(stored.received_at for stored in record.events)
    timely = [entry for entry in fresh if entry.level != "correction"]  # there is no instant to detect one at
    lags = [(entry.knowable_at > newest, entry.detected_at - entry.knowable_at) for entry in timely]
    return Refreshed(
        True,
        tuple(fresh),
        tuple(lag for by_time, lag in lags if by_time),
        tuple(lag for by_time, lag in lags if not by_time),
    )


def summarize(result: TicketResult | None, due_at: int | None) -> TicketState:
    """What the indexes have to know of a ticket that was found so, and has to be looked at again at `due_at`. Of those
    of `replyclock smoke` no more than that, so that nothing else finds them.
    """
    if result is not None and is_smoke(result.key):
        return TicketState(result.state, (), due_at, None)
    state = TicketState(
        result.state if result else None,
        (),
        due_at,
        None,
        answered=first_answer(result),
        attributes=result.attributes if result else {},
        created_at=result.timeline.created_at if result else None,
        group=result.timeline.group if result else None,
        assignee=result.timeline.assignee if result else None,
    )
    if result is None or not result.is_open:
        return state
    states = sorted({clock.state for clock in result.clocks}.intersection(_LISTED))
    clocks = open_clocks(result.unfinished)
    return replace(state, states=tuple(states), urgency=urgency(clocks), clocks=clocks)
