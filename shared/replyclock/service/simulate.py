"""What a proposed policy would have made of the tickets that there were: asked before it is published."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from replyclock.domain.errors import Fault, InvalidInput
from replyclock.domain.events import INSTANT_MAX, INSTANT_MIN, AnyEvent, TicketKey
from replyclock.domain.instants import DAY, SECOND, format_instant
from replyclock.domain.policy import Policy
from replyclock.domain.report import check_zone, read_bound
from replyclock.domain.simulation import SIDES, from_the_beginning, simulate

from .parameters import read_limit
from .ports import Clock, CreatedTickets, Tickets
from .prove import proven_document

SPAN = 28 * DAY
"""Over which tickets where nobody says: those of the last four weeks."""
LONGEST = 92 * DAY
"""Each day of the span is asked for, before any ticket is read."""
MOST = 2_000
"""Tickets of one simulation; 500 where nobody says."""
BUDGET = 10 * SECOND
"""For how long tickets are read: whoever asks waits, and the gateway not for long."""
MOST_CHANGES = 200
"""Clocks that are listed as coming out otherwise: an answer of Lambda holds 6 MB."""

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True)
class SimulatePolicy:
    """Judges tickets under the policy in force and under a proposed one."""

    tickets: Tickets
    created: CreatedTickets
    policy: Callable[[], Policy]
    clock: Clock

    def __call__(self, text: str, options: Mapping[str, str]) -> dict[str, Any]:
        """The comparison, over a sample where there are too many tickets: the same one each time, as far as time lets
        it be read. `options` are `from`, `to` (dates or RFC 3339), `zone` and `most`. The proposed policy is taken to
        have been in force from the beginning.

        Raises InvalidInput naming every fault of the document and the options, StoreUnavailable.
        """
        now = self.clock()
        begin, end, most, proposed = _read(text, options, now)
        known = sorted(self.created.created(begin, end), key=_lot)
        sample = known[:most]
        simulation = simulate(self._events(sample), self.policy(), from_the_beginning(proposed), now)
        result, changes = simulation.document(), simulation.changes
        kinds = Counter(change.sides for change in changes)
        return {
            "from": format_instant(begin),
            "to": format_instant(end),
            "tickets": simulation.tickets,
            "of": len(known),
            "sampled": simulation.tickets < len(known),
            "changed_clocks": len(changes),
            "changed_tickets": len({change.key for change in changes}),
            "changes": [
                {"from": before, "to": after, "clocks": kinds[before, after]}
                for before, after in sorted(kinds, key=lambda sides: [SIDES.index(side) for side in sides])
            ],
            "result": {**result, "changed": result["changed"][:MOST_CHANGES]},
        }

    def _events(self, sample: Sequence[TicketKey]) -> Iterator[list[AnyEvent]]:
        until = self.clock() + BUDGET
        for key in sample:
            if self.clock() >= until:
                return
            yield [stored.event for stored in self.tickets.read(key).events]


def _lot(key: TicketKey) -> bytes:
    """Draws lots that fall the same each time."""
    return hashlib.sha256(json.dumps(key).encode()).digest()


def _read(text: str, options: Mapping[str, str], now: int) -> tuple[int, int, int, Policy]:
    """The span, how many tickets, and the proposed policy."""
    faults: list[Fault] = []
    end = _or_fault(faults, lambda: _bound("to", options))
    end = (now // DAY + 1) * DAY if end is None else end
    begin = _or_fault(faults, lambda: _bound("from", options))
    begin = end - SPAN if begin is None else begin
    most = _or_fault(faults, lambda: read_limit(options, MOST, 500, "most"))
    proposed = _or_fault(faults, lambda: Policy((proven_document(text, now),)))
    if not faults and not begin < end <= begin + LONGEST:
        faults.append(Fault("from, to", f"must be a span of at most {LONGEST // DAY} days"))
    if not faults and not INSTANT_MIN <= begin < end <= INSTANT_MAX:
        faults.append(Fault("from, to", "must lie between 1990 and 2200, as events do"))
    if faults or most is None or proposed is None:
        raise InvalidInput(faults)
    return begin, end, most, proposed


def _bound(name: str, options: Mapping[str, str]) -> int | None:
    zone = options.get("zone") or "UTC"
    check_zone(zone)
    return read_bound(name, options[name], zone) if options.get(name) else None


def _or_fault(faults: list[Fault], read: Callable[[], Read]) -> Read | None:
    """What is read; None, and one more fault, where it cannot be."""
    try:
        return read()
    except InvalidInput as wrong:
        faults += [fault for fault in wrong.faults if fault not in faults]
        return None
