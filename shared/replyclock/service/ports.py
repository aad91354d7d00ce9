"""What the use cases need of the world, and the records that pass between them and the adapters.

Instants are microseconds since 1970-01-01T00:00:00Z. Every port raises StoreUnavailable when what is behind it did
not answer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from replyclock.domain.events import AnyEvent, AttributeValue, TicketKey
from replyclock.domain.instants import DAY, MINUTE

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from duckdb import DuckDBPyConnection

    from replyclock.domain.alerts import LedgerEntry
    from replyclock.domain.errors import PartitionBroken
    from replyclock.domain.figures import TicketFigures
    from replyclock.domain.forgetting import Person
    from replyclock.domain.notices import Notice
    from replyclock.domain.policy import Policy
    from replyclock.domain.reporting.facts import Facts
    from replyclock.domain.reporting.manifest import Manifest, Partition
    from replyclock.domain.standings import Answer, OpenClock, Standing
    from replyclock.domain.storms import Storm

Clock: TypeAlias = Callable[[], int]
"""Tells the present instant."""
DayPart: TypeAlias = tuple[int, int]
"""A day, counted from 1970-01-01, and the index shard of some of its tickets."""
Sleep: TypeAlias = Callable[[float], None]
"""Waits that many seconds."""

NoticeName: TypeAlias = tuple[str, str]
"""Names a notice among all, as the table does."""
SHARDS = 8
"""Over how many keys each index is spread, so that no key is shared by all tickets."""


class FaultKind(StrEnum):
    """What can be set aside because of a fault."""

    TICKET = "ticket"
    """A ticket that cannot be evaluated: it keeps its last state."""
    FIGURES = "figures"
    """A ticket whose figures cannot be computed: reports have its last ones, or none."""
    ALERT = "alert"
    NOTICE = "notice"
    """A summary, a digest or an evaluation that cannot be published."""
    STORM = "storm"
    """A storm of alerts that cannot be summed up."""
    DIGEST = "digest"
    """A digest or an evaluation that cannot be made."""
    REPORT_PARTITION = "report_partition"
    """A part of a day whose figures cannot be built."""
    CONNECTION = "connection"
    """A connection whose tool's answers cannot be reconciled."""
    POLICY_VERSION = "policy_version"
    """A published version of the policy that cannot be read. It is found by reading it, never stored."""
    REQUEST = "request"
    """A call of the API that failed: it is only counted."""


@dataclass(frozen=True, slots=True)
class Faulty:
    """Names a thing that was set aside. `key` are the parts of its name: (tenant, source, ticket) of a ticket and of
    its figures, with the sort key of the ledger entry of an alert; the place in the table of a notice; the class or
    period and the end of a digest; (tenant, minute, standard) of a storm; (day, shard) of a report partition; the name
    of a connection; the number of a version.
    """

    kind: FaultKind
    key: tuple[str, ...]

    def __str__(self) -> str:
        return "/".join(self.key)


@dataclass(frozen=True, slots=True)
class FaultRecord:
    """A thing that was set aside: since when, when last, how often it was tried, and what went wrong last."""

    thing: Faulty
    reason: str
    """See domain.errors.place_of."""
    first_seen: int
    last_seen: int
    count: int


RETRIED_FIRST, RETRIED_LAST = 5 * MINUTE, DAY // 2
"""What stays due while it is faulty is tried again after as long as it has been faulty, within these bounds: each time
about twice as late, and often enough that an alarm that looks back over a day stays on.
"""


def retry_at(record: FaultRecord) -> int:
    """When a thing that is aside is to be tried again by itself."""
    return record.last_seen + min(max(record.last_seen - record.first_seen, RETRIED_FIRST), RETRIED_LAST)


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event of the log, and when it was received."""

    event: AnyEvent
    received_at: int
    imported: bool = False
    """Whether it was read from an export: nobody is alerted of what it shows."""


@dataclass(frozen=True, slots=True)
class TicketState:
    """What the indexes know of a ticket. It holds nothing that moves by time alone: equal states need no write."""

    state: str | None
    """The ticket's state; None while none of its events has occurred yet."""
    states: tuple[str, ...]
    """Which of breached, paused and running its clocks are in, while one of them is not over."""
    due_at: int | None
    """When the ticket has to be looked at again, if nothing is told of it until then."""
    urgency: str | None
    """Sorts open tickets, the most urgent first; None when no clock is left to run."""
    clocks: tuple[OpenClock, ...] = ()
    """Those that are not over."""
    answered: tuple[int, int] | None = None
    """When a reply gave the first response, and after how long."""
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    """What the ticket is, for those who look for its like."""
    created_at: int | None = None
    group: str | None = None
    """Who has the ticket, while one of its clocks is not over."""
    assignee: str | None = None


@dataclass(frozen=True, slots=True)
class LedgerRecord:
    """An alert that is owed or was told: `status` is pending, claimed, sent, summarized (told of in the summary of a
    storm), quiet, or faulty (set aside).
    """

    entry: LedgerEntry
    status: str
    settled_at: int | None = None
    reason: str | None = None
    attempts: int = 0
    """How often it was claimed to be published, without those claims that were given back before anything was sent."""
    begun_at: int | None = None
    """When it was claimed by the attempt that tells it, or by one that broke off and that this one goes on with."""
    published: frozenset[str] = frozenset()
    """The forms of its message that an earlier attempt has published while others failed."""

    @property
    def told(self) -> bool:
        """Whether people may know of it: it was sent, or an attempt was broken off that may have sent it."""
        return self.status in ("sent", "summarized") or (self.status == "quiet" and self.attempts > 1)


@dataclass(frozen=True, slots=True)
class TicketRecord:
    """All that is kept of one ticket. `version` counts the writes of `state`; 0 where there was none."""

    events: tuple[StoredEvent, ...]
    state: TicketState | None
    version: int
    ledger: tuple[LedgerRecord, ...]
    dropped_at: int | None = None
    """When all of it was dropped; it is empty then, whatever has come since."""
    faults: Mapping[FaultKind, FaultRecord] = field(default_factory=dict)
    """Why the ticket, or its figures, were set aside, while they are."""
    overlay: Policy | None = None
    """The policy that this ticket alone is judged by; see domain.smoke."""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh did. Lags are microseconds from when an alert could be known at the earliest to its detection."""

    written: bool = False
    entries: tuple[LedgerEntry, ...] = ()
    """The alerts that are owed since."""
    lags: tuple[int, ...] = ()
    """Of the entries that time brought: how long the detection took."""
    late_lags: tuple[int, ...] = ()
    """Of the entries that could be known before the ticket's newest event was received: what was told late."""

    def __add__(self, other: Refreshed) -> Refreshed:
        return Refreshed(
            self.written or other.written,
            self.entries + other.entries,
            self.lags + other.lags,
            self.late_lags + other.late_lags,
        )


@dataclass(frozen=True, slots=True)
class Timer:
    """Look at the ticket at `due_at`. A hint: the log decides."""

    key: TicketKey
    due_at: int
    version: int | None = None
    """The version of the policy that asks for the look, where one does."""


@dataclass(frozen=True, slots=True)
class OpenTicketsTimer:
    """Look at all open tickets of a shard from `due_at` on, since that version of the policy is new."""

    shard: int
    due_at: int
    version: int


@dataclass(frozen=True, slots=True)
class StormTimer:
    """Sum up a storm of alerts at `due_at`."""

    storm: Storm
    due_at: int


AnyTimer: TypeAlias = Timer | OpenTicketsTimer | StormTimer


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the open tickets have been measured under a new version of the policy."""

    shards: int = 0
    """Of how many shards the tickets have been handed over."""
    tickets: int = 0
    """How many were."""
    measured: int = 0
    """How many of these have been looked at; of one that was handed over twice, both looks count."""


@dataclass(frozen=True, slots=True)
class LivePlace:
    """Where a ticket stands among the open ones."""

    urgency: str
    key: TicketKey


@dataclass(frozen=True, slots=True)
class PublishedPolicy:
    """A version of the policy: `text` as it was published."""

    version: int
    text: str
    published_at: int
    tells_past: bool = False
    """Whether people are alerted of what was already broken under it when it was published."""
    effective_from: int | None = None
    """As its text says it, kept beside it for when the text cannot be read; None where it was not kept."""


@dataclass(frozen=True, slots=True)
class FeedLine:
    """What was told at an instant: `document` as programs got it."""

    told_at: int
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Mention:
    """A ticket in which a person may be named, or what is kept of it elsewhere, at `place` of the table."""

    key: TicketKey
    place: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class KeptBody:
    """An authentic body that could not be read. Only its connection, instant and reasons may ever be shown."""

    connection: str
    name: str
    """Names it among those of its connection."""
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    reasons: tuple[str, ...]
    received_at: int


@dataclass(frozen=True, slots=True)
class AlertMessage:
    """An alert as it is published: in one form each for e-mail, SMS and programs (`document`), all of them with the
    `attributes` that subscriptions filter on.
    """

    subject: str
    email: str
    sms: str
    document: Mapping[str, object]
    attributes: Mapping[str, AttributeValue]


@dataclass(frozen=True, slots=True)
class ClaimedNotice:
    """A notice that was claimed; `begun_at` and `published` as in LedgerRecord."""

    notice: Notice
    begun_at: int
    published: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Received:
    """A message that a subscription got, and when the topic handed it over."""

    body: str
    attributes: Mapping[str, str]
    sent_at: int


@dataclass(frozen=True, slots=True)
class Look:
    """What was found when a tool's API was asked for what its webhooks may have missed."""

    since: int
    """From when on it was asked."""
    upto: int
    """Up to when it has told all; the next look begins there."""
    looked_at: int
    finished: bool
    """Whether it got as far as it wanted; if not, the next look goes on."""
    tickets: int = 0
    """How many had changed."""
    missed: Mapping[str, int] = field(default_factory=dict)
    """Of the time looked at, what nobody knew: how many events of each type."""
    older: int = 0
    """Events from before that time that came with the tickets that changed."""
    unreadable: int = 0
    """Records that could not be read."""
    failed: str | None = None
    """Why the API could not be asked on."""


@dataclass(frozen=True, slots=True)
class Quarantined:
    """The newest bodies of a connection in quarantine, counted."""

    connection: str
    bodies: int
    more: bool
    """Whether there are older ones that were not counted."""
    reasons: Mapping[str, int]
    newest_at: int


class Faults(Protocol):
    """What was set aside because of a fault, each thing once."""

    def set_aside(self, thing: Faulty, reason: str, at: int) -> None:
        """Keep a thing aside: it is found by `newest`, keeps the state that it had, and is not tried again by itself
        before a time that grows with the fault's age. One that is aside already is counted once more.
        """

    def clear(self, record: FaultRecord) -> bool:
        """End a fault; False where it was ended, or the thing failed again, since the record was read."""

    def requeue(self, thing: Faulty) -> None:
        """Have an alert or notice published that was set aside, or a digest made again."""

    def get(self, thing: Faulty) -> FaultRecord | None:
        """The fault of a thing; None where it has none."""

    def newest(self, after: tuple[int, Faulty] | None = None) -> Iterator[tuple[int, Faulty]]:
        """What is aside and when it failed last, the newest first, after a place. What was just written may be
        missing.
        """

    def read(self, things: Sequence[Faulty]) -> list[FaultRecord]:
        """The faults of things, in their order, without those that were cleared meanwhile."""

    def faulty_tickets(self, shard: int) -> Iterator[TicketKey]:
        """The tickets of a shard that are aside. What was just written may be missing."""

    def partitions(self) -> Mapping[DayPart, FaultRecord]:
        """The parts of days that are aside, as of now."""


class EventLog(Protocol):
    """The immutable log."""

    def append(self, event: AnyEvent, received_at: int, *, imported: bool = False) -> bool:
        """Keep an event; False when one of its id was there already. A different telling of the id is kept, too."""


class KnownEvents(Protocol):
    """What the log has of a ticket, without its contents."""

    def knows(self, key: TicketKey) -> frozenset[str]:
        """The ids of its events."""


class Tickets(Protocol):
    """Logs, states and ledgers by ticket."""

    def read(self, key: TicketKey) -> TicketRecord:
        """All that is kept of the ticket, as of now; empty where there is nothing."""

    def write(self, key: TicketKey, state: TicketState, version: int, owed: Sequence[LedgerRecord], now: int) -> None:
        """Write state and new ledger entries, all or nothing. Raises Conflict when the state is no longer at
        `version`, or an entry was there already.
        """


class LastStates(Protocol):
    """How tickets stood when they were evaluated last."""

    def last_known(self, key: TicketKey) -> TicketState | None:
        """The state that was last written, whatever else there is of the ticket; None where there is none."""


class DueTickets(Protocol):
    """The tickets that fall due."""

    def due(self, until: int) -> Iterator[Timer | StormTimer]:
        """Those that fall due at or before `until`, the overdue ones too, and the storms that are to be summed up by
        then. What was just written may be missing.
        """


class OpenTickets(Protocol):
    """The tickets with a clock that is not over. What was just written may be missing."""

    def open_keys(self, shard: int) -> Iterator[TicketKey]:
        """Those of one shard."""

    def places(self, state: str, tenant: str | None, after: LivePlace | None) -> Iterator[LivePlace]:
        """Those with a clock in `state`, the most urgent first, after a place."""


class CreatedTickets(Protocol):
    """The tickets by when they were created. What was just written may be missing."""

    def created(self, begin: int, end: int) -> Iterator[TicketKey]:
        """Those from `begin` to before `end`."""


class Standings(Protocol):
    """How tickets stand, by what the indexes know. What was just written may be missing."""

    def standing(self) -> Iterator[Standing]:
        """The open tickets."""

    def most_urgent(self, page: int) -> Iterator[Standing]:
        """The same, the most urgent first, and of equal urgency by their keys. `page` is how many are read of a shard
        at a time.
        """

    def answers(self, after: int, until: int) -> Iterator[Answer]:
        """The first responses given after one instant, up to another one."""


@dataclass(frozen=True, slots=True)
class Reached:
    """How far retention has gone over the days (since 1970)."""

    day: int
    """All days before this one are done."""
    since: int
    """When it last began at the oldest day."""


class Retention(Protocol):
    """What retention has to come back to."""

    def put_off(self, key: TicketKey, at: int) -> None:
        """Have a ticket looked at once all up to `at` falls out of retention, instead of when was said before."""

    def fallen_out(self, before: int) -> Iterator[TicketKey]:
        """The tickets that were put off to an instant before this one, the earliest of each shard first. What was just
        written may be missing.
        """

    def reached(self) -> Reached | None:
        """How far it has gone; None before the first time."""

    def reach(self, reached: Reached) -> None:
        """Keep how far it has gone."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something happened to a ticket, last at that instant."""

    key: TicketKey
    noted_at: int


class Days(Protocol):
    """What happened to which tickets since the facts of their days were built."""

    def touch(self, key: TicketKey, day: int, now: int) -> None:
        """Note that something happened to a ticket that is, or was held to be, of a day."""

    def noted(self) -> Mapping[DayPart, Sequence[Note]]:
        """The notes that were not taken back, the oldest of each part first."""

    def clear(self, place: DayPart, notes: Iterable[Note]) -> None:
        """Take notes back, but for those that were made anew."""

    def hold(self, now: int, until: int) -> bool:
        """Whether nobody else builds; nobody else does until then, or until this is called by the same one again."""

    def of_columns(self) -> list[int]:
        """The days that version 0.1 kept in its own format, and of which no facts were made since."""

    def columns(self, day: int) -> tuple[Sequence[TicketFigures], int]:
        """What version 0.1 kept of a day, and the instant at which its unsettled tickets were evaluated."""

    def drop_columns(self, day: int) -> None:
        """Remove that."""


class FactStore(Protocol):
    """The facts of tickets in partitions, each of the tickets that were created on a day, or in a settled month.

    Reading a partition raises PartitionBroken where it is missing or not what was written.
    """

    def manifest(self) -> Manifest:
        """What counts now."""

    def open(
        self,
        partitions: Sequence[Partition],
        tables: Collection[str],
        tenant: str | None = None,
        broken: Callable[[Partition, PartitionBroken], object] | None = None,
    ) -> AbstractContextManager[DuckDBPyConnection]:
        """A connection of the engine to these tables of the partitions, of all tenants or of one; other tables are
        empty. With `broken`, that is called with each partition that cannot be read, and the others are.
        """

    def unsettled(self, partition: Partition, day: int) -> Sequence[TicketKey]:
        """The tickets of a day that time alone can change."""

    def facts_of(self, partition: Partition, day: int) -> Mapping[TicketKey, Facts]:
        """The rows of each ticket of a day, in the form of `reporting_sql.build.comparable`."""

    def build(
        self, day: int, before: Partition | None, changed: Mapping[TicketKey, TicketFigures | Facts | None], at: int
    ) -> Partition | None:
        """Store the facts of a day: those that it had, with the changed tickets as they are now (None: no longer of
        this day). Nobody sees them before they are committed. `at` is the partition's `evaluated_at`. None where no
        ticket is left.
        """

    def commit(self, base: Manifest, built: Mapping[int, Partition | None]) -> Manifest:
        """Let what was built from `base` count, all of it at once. Raises Conflict where another one built the same
        days meanwhile.
        """

    def compact(self, base: Manifest, partitions: Sequence[Partition]) -> Manifest:
        """Let one partition count instead of those of a month, unless something else was committed since `base`."""

    def sweep(self, manifest: Manifest, now: int) -> int:
        """Remove what has not counted for a while; returns how many objects that were."""


class Judgings(Protocol):
    """How far new versions of the policy have come round."""

    def handed_over(self, version: int, shard: int, tickets: int) -> None:
        """Note how many open tickets of a shard have been handed over."""

    def measured(self, version: int, key: TicketKey) -> None:
        """Note that one of them has been looked at."""

    def progress(self) -> Mapping[int, Progress]:
        """By version; those that were never handed over are missing."""


class Ledger(Protocol):
    """The alerts that are owed."""

    def claim(self, key: TicketKey, sort_key: str, claimant: str, now: int, lease: int) -> LedgerRecord | None:
        """Take an alert that is pending, that `claimant` has taken before, or whose claim is older than `lease`; None
        when it is settled. Raises Conflict while somebody else's claim lasts.
        """

    def release(self, key: TicketKey, sort_key: str, *, tried: bool, published: Collection[str] = ()) -> None:
        """Give a claim back; `tried`: what it was for may have been sent, though nobody knows. `published` are the
        forms that were: whoever claims it next leaves them out.
        """

    def settle(self, key: TicketKey, sort_key: str, status: str, now: int, reason: str | None = None) -> None:
        """Mark a claimed alert sent, summarized or quiet."""


class Storms(Protocol):
    """The alerts of a standard that come within a minute."""

    def place(self, storm: Storm, alert_id: str, most: int) -> bool:
        """Whether an alert is among the first `most` of its storm; the same answer each time."""

    def join(self, storm: Storm, entry: LedgerEntry, due_at: int) -> None:
        """Have the alert told by the storm's next summary, which is due at `due_at` unless it is due earlier. An alert
        that joins at the very moment at which a part is closed may be told of in that one as well.
        """

    def members(self, storm: Storm, retry_at: int) -> tuple[int, tuple[LedgerEntry, ...]] | None:
        """The part that is to be summed up next, and its alerts; None when there is none. From now on others join the
        part after it. Until that is settled it stays due, at `retry_at`.
        """

    def settle(self, storm: Storm, part: int, summary: Notice | None, again_at: int) -> None:
        """Owe the part's summary, where there is something in it, all or nothing. Where others have joined the part
        after it, that is due at `again_at`. Raises Conflict when the part is settled already.
        """


class Notices(Protocol):
    """What is told of many tickets at once."""

    def owe(self, notice: Notice) -> None:
        """Have a notice published, once."""

    def digested(self, name: str, at: int) -> bool:
        """Whether all digests of a class for the time up to `at` are owed already."""

    def mark_digested(self, name: str, at: int) -> None:
        """Note that they are."""

    def claim(self, name: NoticeName, claimant: str, now: int, lease: int) -> ClaimedNotice | None:
        """As Ledger.claim."""

    def release(self, name: NoticeName, published: Collection[str] = ()) -> None:
        """As Ledger.release."""

    def settle(self, name: NoticeName, now: int) -> None:
        """Mark a claimed notice sent."""


class Feed(Protocol):
    """What people were told, a line an alert or a summary, for those who look. Lines are kept for 90 days."""

    def add(self, line: FeedLine) -> None:
        """Keep a line; the same line once more changes nothing."""

    def newest(self, now: int, since: int) -> Iterator[FeedLine]:
        """The lines from `since` to `now`, the newest first. What was just added may be missing."""


class Documents(Protocol):
    """Where documents are kept for people."""

    def keep(self, name: str, text: str) -> str:
        """Keep an HTML document under a name, instead of one that was there; returns where it is."""


class Timers(Protocol):
    """The timer queue."""

    def send(self, timers: Iterable[AnyTimer], now: int) -> int:
        """Hand over timers, each for its instant as far as the queue reaches; returns how many."""


class PolicyStore(Protocol):
    """The published versions of the policy."""

    def published(self) -> list[PublishedPolicy]:
        """All versions, ascending."""

    def add(self, policy: PublishedPolicy) -> None:
        """Keep a new version. Raises Conflict when it is there already."""


class Connections(Protocol):
    """The configured sources."""

    def get(self, name: str) -> Mapping[str, Any] | None:
        """The document of the connection of that name."""


class AllConnections(Protocol):
    """The configured sources, for whoever goes through them."""

    def all(self) -> list[Mapping[str, Any]]:
        """The documents of all connections, by name."""


class GroupNames(Protocol):
    """Keeps the names of groups that were learned with each connection."""

    def learn(self, connection: str, names: Mapping[str, str]) -> None:
        """From now on these are the connection's learned names, by id; what a person has named goes before them."""


class Looks(Protocol):
    """How far each connection's tool has been asked for what was missed, and what the last look found."""

    def last(self, connection: str) -> Look | None:
        """The last look; None where there was none."""

    def keep(self, connection: str, look: Look) -> None:
        """Keep it instead of the one before."""


class Secrets(Protocol):
    """Secret texts by reference."""

    def get(self, reference: str) -> str | None:
        """The secret; None when there is none or it is empty."""


class Quarantine(Protocol):
    """Where authentic webhooks that cannot be read are kept."""

    def keep(
        self, connection: str, body: bytes, headers: Mapping[str, str], reasons: Sequence[str], received_at: int
    ) -> None:
        """Keep a body with why it was not read."""

    def kept(self, connection: str) -> Iterator[KeptBody]:
        """The bodies of a connection, the oldest first. What is about to expire may be missing."""

    def remove(self, body: KeptBody) -> None:
        """Keep it no longer; one that is gone already is none the worse."""

    def newest(self, connection: str, most: int) -> Quarantined | None:
        """How many bodies of a connection there are, as far as `most` of the newest are read; None where there are
        none.
        """


class Archive(Protocol):
    """All that is kept, as an operator's commands need it. Finding something reads, and pays for, the whole table."""

    def events(self) -> Iterator[AnyEvent]:
        """Every telling of the log that was there when this began, in no order; none of tickets that were dropped."""

    def tickets(self) -> Iterator[TicketKey]:
        """Every ticket that has an event and was not dropped, in no order; read no faster than it is asked for."""

    def mentions(self, person: Person) -> Iterator[Mention]:
        """Where a person may be named, a ticket perhaps several times: in the log, alerts, feed and storms."""

    def pseudonym(self, key: TicketKey, person: Person) -> str | None:
        """With which the person is being forgotten in a ticket, where somebody broke off half way."""

    def rewrite(
        self,
        key: TicketKey,
        person: Person,
        pseudonym: str,
        event: Callable[[AnyEvent], AnyEvent],
        alert: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    ) -> tuple[int, int]:
        """Put each event of a ticket, and the documents of its alerts, as these functions have them; returns how many
        of each changed. The one exception to the log's being immutable. Raises Conflict where somebody changed one
        meanwhile.
        """

    def rewrite_line(self, place: tuple[str, str], alert: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> bool:
        """The same with what is kept of an alert elsewhere; whether anything changed."""

    def drop(self, key: TicketKey, now: int) -> int:
        """Remove all that is kept of a ticket, but that and when it was dropped first; from then on it is as if it had
        no events, whatever comes. Returns how many events these were.
        """


class Trial(Protocol):
    """Where `replyclock smoke` tries a deployment out: a connection, a ticket, and a subscription of each form."""

    @property
    def key(self) -> TicketKey:
        """The ticket."""

    def post(self, body: bytes) -> tuple[int, str]:
        """Send a webhook, signed, through the public endpoint; the status and the text of the answer."""

    def record(self) -> TicketRecord:
        """What is kept of the ticket."""

    def measured_at(self) -> int | None:
        """When its state was written last; None before the first time."""

    def shown(self) -> Mapping[str, Any]:
        """The ticket as the API shows it."""

    def receive(self, form: str) -> Sequence[Received]:
        """What the subscription of a form got since this was called last."""


class Publisher(Protocol):
    """The topic that people subscribe to."""

    def publish(self, message: AlertMessage, without: Collection[str] = ()) -> None:
        """Publish each form of a message, at least once, but those that are named in `without`.

        Raises PartlyPublished where only some were taken, RefusedByStore where none ever will be, StoreUnavailable.
        """
