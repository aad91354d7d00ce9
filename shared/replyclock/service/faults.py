"""Set aside what is faulty, so that it stops nothing else, and show what is aside.

An error that is not transient (domain.errors.is_transient) is a fault of the one thing that was worked on: a ticket, an
alert, a part of a day. The thing is set aside with the kind and place of the error, and everything else goes on. What
works again later clears its own fault; the rest is taken up by `replyclock redrive`.
"""

from __future__ import annotations

import logging
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any

from replyclock.domain.errors import Fault, InvalidInput, is_transient, place_of
from replyclock.domain.events import TicketKey
from replyclock.domain.instants import EARLIEST, LATEST, format_instant, sortable
from replyclock.domain.storms import Storm

from .parameters import cursor_fields, read_choice, read_limit, write_cursor
from .ports import (
    AnyTimer,
    Clock,
    DayPart,
    FaultKind,
    FaultRecord,
    Faults,
    Faulty,
    NoticeName,
    PublishedPolicy,
    Quarantine,
    Quarantined,
    StormTimer,
    Timer,
)

STACK_FRAMES = 20
"""Frames of a stack that are logged, the innermost ones."""
LISTED_MAX = 200
"""Faults of one answer."""
COUNTED_MAX = 2_000
"""Faults that are counted for one answer; beyond these it says that there are more."""
BODIES_COUNTED_MAX = 25
"""Quarantined bodies of a connection that are counted: each is read whole."""

_log = logging.getLogger(__name__)
_KINDS = frozenset(kind.value for kind in FaultKind)
_OF_TICKETS = (FaultKind.TICKET, FaultKind.FIGURES, FaultKind.ALERT)


def faulty_ticket(key: TicketKey) -> Faulty:
    """A ticket that cannot be evaluated."""
    return Faulty(FaultKind.TICKET, key)


def faulty_figures(key: TicketKey) -> Faulty:
    """A ticket whose figures cannot be computed."""
    return Faulty(FaultKind.FIGURES, key)


def faulty_alert(key: TicketKey, sort_key: str) -> Faulty:
    """An alert that cannot be published."""
    return Faulty(FaultKind.ALERT, (*key, sort_key))


def faulty_notice(name: NoticeName) -> Faulty:
    """A summary, a digest or an evaluation that cannot be published."""
    return Faulty(FaultKind.NOTICE, name)


def faulty_connection(name: str) -> Faulty:
    """A connection whose tool's answers cannot be reconciled."""
    return Faulty(FaultKind.CONNECTION, (name,))


def faulty_storm(storm: Storm) -> Faulty:
    """A storm that cannot be summed up."""
    return Faulty(FaultKind.STORM, (storm.tenant, sortable(storm.minute), storm.standard))


def faulty_digest(name: str, at: int) -> Faulty:
    """The digests of a class, or the evaluations of a period, up to an instant, that cannot be made."""
    return Faulty(FaultKind.DIGEST, (name, sortable(at)))


def faulty_part(place: DayPart) -> Faulty:
    """A part of a day whose figures cannot be built."""
    return Faulty(FaultKind.REPORT_PARTITION, (f"{place[0]:06d}", str(place[1])))


def faulty_timer(timer: AnyTimer) -> Faulty | None:
    """What cannot be dealt with when a timer rings; None where it is of no single thing."""
    match timer:
        case Timer():
            return faulty_ticket(timer.key)
        case StormTimer():
            return faulty_storm(timer.storm)
    return None


@dataclass(frozen=True, slots=True)
class SetAside:
    """Sets things aside, counts and logs them."""

    faults: Faults
    clock: Clock
    count: Callable[[FaultKind], object]

    def __call__(self, thing: Faulty, error: Exception) -> None:
        """Keep aside what raised that error. Raises StoreUnavailable: then nothing was kept, and it is to be retried.

        Errors that are transient are raised again: they are no fault of the thing.
        """
        if is_transient(error):
            raise error
        # Neither the error's text nor the name of a ticket: logs hold nothing of customers.
        frames = traceback.format_tb(error.__traceback__)[-STACK_FRAMES:]
        _log.error("set aside", extra={"kind": thing.kind, "why": place_of(error), "frames": frames})
        self.faults.set_aside(thing, place_of(error), self.clock())
        self.count(thing.kind)

    @contextmanager
    def isolating(self, thing: Faulty) -> Iterator[None]:
        """What fails within stops there, and the thing is set aside. Raises what is transient."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 (whatever it is, it is to stop nothing else)
            self(thing, error)


@dataclass(frozen=True, slots=True)
class ReadFaults:
    """Reads what is aside. Raises StoreUnavailable."""

    faults: Faults
    unreadable_versions: Callable[[], Iterable[FaultRecord]]
    connections: Callable[[], Iterable[str]]
    """The names of the connections."""
    quarantine: Quarantine
    clock: Clock

    def __call__(self, options: Mapping[str, str]) -> dict[str, Any]:
        """What is aside, the newest first, how many there are of each kind, and how many webhooks are in quarantine.

        `options`: `limit` (1 to 200, default 50), `cursor` of the page before, and `quarantine=no` leaves that out.
        Raises InvalidInput.
        """
        limit = read_limit(options, LISTED_MAX)
        counts_bodies = read_choice(options, "quarantine", ["no"]) is None
        after = _read_cursor(options["cursor"]) if options.get("cursor") else None
        versions = list(self.unreadable_versions())
        all_keys = list(islice(self.faults.newest(), COUNTED_MAX + 1))
        kinds = Counter(thing.kind.value for _, thing in all_keys[:COUNTED_MAX])
        kinds.update(record.thing.kind.value for record in versions)
        page = list(islice(self.faults.newest(after), limit + 1)) if after else all_keys[: limit + 1]
        found = self.faults.read([thing for _, thing in page[:limit]])
        # Versions are few and matter most: they head the first page.
        listed = found if after else [*versions, *found]
        return {
            "at": format_instant(self.clock()),
            "kinds": dict(kinds),
            "more": len(all_keys) > COUNTED_MAX,
            "faults": [fault_document(one) for one in listed],
            "cursor": _cursor(*page[limit - 1]) if len(page) > limit else None,
            "quarantine": self._quarantine() if counts_bodies and not after else None,
        }

    def _quarantine(self) -> list[dict[str, Any]]:
        found = [self.quarantine.newest(name, BODIES_COUNTED_MAX) for name in self.connections()]
        return [_quarantined(one) for one in found if one is not None]


def fault_document(record: FaultRecord) -> dict[str, Any]:
    """A fault as the API shows it."""
    ticket: dict[str, str] = {}
    if record.thing.kind in _OF_TICKETS:
        ticket = dict(zip(("tenant", "source", "ticket"), record.thing.key[:3], strict=True))
    return {
        "kind": record.thing.kind.value,
        "key": str(record.thing),
        **ticket,
        "reason": record.reason,
        "first_seen": format_instant(record.first_seen),
        "last_seen": format_instant(record.last_seen),
        "count": record.count,
    }


def version_fault(published: PublishedPolicy, reason: str) -> FaultRecord:
    """The fault of a published version that cannot be read: it is so since it was published, as far as is known."""
    thing = Faulty(FaultKind.POLICY_VERSION, (str(published.version),))
    return FaultRecord(thing, reason, published.published_at, published.published_at, 1)


def _quarantined(found: Quarantined) -> dict[str, Any]:
    return {
        "connection": found.connection,
        "bodies": found.bodies,
        "more": found.more,
        "reasons": dict(found.reasons),
        "newest_at": format_instant(found.newest_at),
    }


def _cursor(at: int, thing: Faulty) -> str:
    return write_cursor(1, at, thing.kind.value, *thing.key)


def _read_cursor(cursor: str) -> tuple[int, Faulty]:
    match cursor_fields(cursor):
        case [1, int(at), str(kind), str(first), *rest] if kind in _KINDS:
            key = (first, *(part for part in rest if isinstance(part, str)))
            if EARLIEST <= at <= LATEST and len(key) == 1 + len(rest):
                return at, Faulty(FaultKind(kind), key)
    raise InvalidInput([Fault("cursor", "is not a cursor of this listing: begin again without one")])
