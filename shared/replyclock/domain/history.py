"""What happened on a ticket, as a person tells it: the events in the contract's order, each with what it came to.

The timeline keeps what clocks need and no more; this keeps the rest of the story. Both are told by the timeline's own
reader, so that they cannot disagree about who spoke.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from .events import ActorKind, AnyEvent, AssignmentChanged, MessageAdded, Status, StatusChanged, TicketCreated
from .timeline import Reader, Role, Timeline, before_standstill, in_order, requester_of


@dataclass(frozen=True, slots=True)
class Happening:
    """An event and what it came to."""

    at: int
    """When it counts as having occurred, in microseconds: what is dated before the creation occurs at it."""
    event: AnyEvent
    role: Role | None = None
    """Whose message the event brought, if it brought one."""
    status_before: Status | None = None
    """The status that a change of status ended."""
    begins_handling: bool = False
    """Whether the handling of the ticket starts here."""


def read_history(events: Iterable[AnyEvent], timeline: Timeline, at: int) -> tuple[Happening, ...]:
    """What happened by `at` (microseconds) on the ticket that all the events are of, in the contract's order.

    `timeline` is what was read from the same events at the same instant. Left out is what changes nothing: repetitions,
    what comes after the ticket stands still, and deletions that were undone.
    """
    told = in_order([event for event in events if event.occurred_at <= at])
    opening = next((event for event in told if isinstance(event, TicketCreated)), None)
    others = [event for event in told if not isinstance(event, TicketCreated)]
    reader = _Historian(timeline.key, timeline.created_at, opening, requester_of(told))
    reader.read(before_standstill(others), at)
    return tuple(reader.happenings)


@dataclass
class _Historian(Reader):
    """Reads the timeline, and keeps what each event came to."""

    happenings: list[Happening] = field(default_factory=list)
    spoke: Role | None = None

    def _open(self, earliest: int) -> None:
        super()._open(earliest)
        if self.opening is not None:
            begins = self.handling_started_at is not None
            self.happenings.append(Happening(self.opening.occurred_at, self.opening, self.spoke, None, begins))

    def _take(self, event: AnyEvent, at: int) -> None:
        status, known, handled = self.statuses[-1][1], self._known(), self.handling_started_at is not None
        self.spoke = None
        super()._take(event, at)
        match event:
            case MessageAdded() if self.spoke is None:
                return
            case StatusChanged() if event.status == status:
                return
            case AssignmentChanged() if self._known() == known:
                return
        before = status if isinstance(event, StatusChanged) else None
        begins = not handled and self.handling_started_at is not None
        self.happenings.append(Happening(at, event, self.spoke, before, begins))

    def _known(self) -> tuple[str | None, str | None]:
        return self.assignee, self.group

    def _count_message(self, role: Role, kind: ActorKind) -> None:
        super()._count_message(role, kind)
        self.spoke = role
