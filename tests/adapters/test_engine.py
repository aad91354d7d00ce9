"""What only Amazon's own engine shows: what happens at once, and what it costs."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import boto3
import pytest

from replyclock.adapters.archive import DynamoArchive
from replyclock.adapters.days import DynamoDays, noting
from replyclock.adapters.event_log import DynamoEventLog
from replyclock.adapters.facts import S3Facts
from replyclock.adapters.faults import DynamoFaults
from replyclock.adapters.feed import DynamoFeed
from replyclock.adapters.retention import DynamoRetention
from replyclock.adapters.tickets import DynamoLedger, DynamoTickets
from replyclock.domain.errors import Conflict
from replyclock.domain.events import AnyEvent
from replyclock.domain.instants import DAY, MINUTE, SECOND
from replyclock.domain.policy import DEFAULT_POLICY, read_policy
from replyclock.service.compile import CompileFacts
from replyclock.service.drop import DropTickets
from replyclock.service.faults import SetAside
from replyclock.service.ports import AnyTimer, FeedLine, Refreshed
from replyclock.service.refresh import RefreshTicket

from .backends import Store
from .samples import KEY, NINE, RUNNING, created, entries, note, owed, reply, solved
from .samples import event as sample

T = TypeVar("T")


class Timers:
    """Forgets timers: what is armed is not looked at here."""

    def send(self, timers: Iterable[AnyTimer], now: int) -> int:
        return len(list(timers))


EACH_WAIT = """\
policy: p
version: 1
effective_from: 1970-01-01T00:00:00Z
standards: [{name: all, targets: {next_response: 1s}, alerts: [{at: 100%}]}]
"""


def conversation(events: int) -> list[AnyEvent]:
    """A customer who asks, and an agent who answers a minute later, again and again."""
    asked = {"kind": "customer", "id": "c"}
    turns = [created()]
    for i in range(1, events):
        at, message = NINE + i * MINUTE, {"id": f"m{i}", "visibility": "public"}
        if i % 2:
            turns.append(reply(at=at, id_=f"m{i}"))
        else:
            turns.append(sample(f"m{i}", "message.added", at, actor=asked, message=message))
    return turns


def refresh(store: Store, now: int) -> RefreshTicket:
    return RefreshTicket(DynamoTickets(store.table), Timers(), lambda: DEFAULT_POLICY, lambda: now)


def at_once(work: Callable[[], T], times: int = 8) -> list[T]:
    gate = threading.Barrier(times)

    def wait_and_work() -> T:
        gate.wait()
        return work()

    with ThreadPoolExecutor(times) as pool:
        return [future.result() for future in [pool.submit(wait_and_work) for _ in range(times)]]


def test_of_the_same_event_at_once_one_is_new(engine: Store) -> None:
    log = DynamoEventLog(engine.table)
    assert sorted(at_once(lambda: log.append(created(), NINE))) == [False] * 7 + [True]


def test_refreshes_at_once_make_each_entry_once(engine: Store) -> None:
    DynamoEventLog(engine.table).append(created(), NINE)
    run = refresh(engine, NINE + 20 * SECOND)
    done = at_once(lambda: run(KEY))
    told = [entry.sort_key for one in done for entry in one.entries]
    assert sorted(told) == ["A#first_response#1#100#chat", "A#first_response#1#80#chat"]
    assert DynamoTickets(engine.table).read(KEY).version == 1


def test_refreshes_and_events_at_once_make_each_of_many_entries_once(engine: Store) -> None:
    """Five transactions of each refresh, while others write the same ticket and its events."""
    waits, log = 250, DynamoEventLog(engine.table)
    for event in conversation(2 * waits):
        log.append(event, event.occurred_at)
    at = NINE + 2 * waits * MINUTE
    policy = read_policy([EACH_WAIT])
    run = RefreshTicket(DynamoTickets(engine.table), Timers(), lambda: policy, lambda: at)
    numbers = iter(range(6))

    def write() -> Refreshed:
        number = next(numbers)
        if number % 2:
            log.append(note(at=at, id_=f"note {number}"), at)
        return run(KEY)

    told = Counter(entry.sort_key for one in at_once(write, 6) for entry in one.entries)
    kept = DynamoTickets(engine.table).read(KEY)
    names = [f"A#next_response#{i}#100#all" for i in range(1, waits)]
    assert sorted(told) == sorted(known.entry.sort_key for known in kept.ledger) == sorted(names)
    assert set(told.values()) == {1}, "none is handed over twice"
    assert not run(KEY).written


def test_a_claim_at_once_is_one_attempts(engine: Store) -> None:
    warning = entries()[0]
    DynamoTickets(engine.table).write(KEY, RUNNING, 0, owed()[:1], NINE)
    ledger, names = DynamoLedger(engine.table), iter(range(8))

    def claim() -> bool:
        try:
            return ledger.claim(KEY, warning.sort_key, f"attempt {next(names)}", NINE, SECOND) is not None
        except Conflict:
            return False

    assert sum(at_once(claim)) == 1


def spent_on(store: Store, work: Callable[[], object]) -> dict[str, float]:
    store.spent.clear()
    work()
    return dict(sorted(store.spent.items()))


def test_what_a_ticket_costs(engine: Store, capsys: pytest.CaptureFixture[str]) -> None:
    log = DynamoEventLog(engine.table)
    engine.count_capacity()
    lines, writes = [], []

    def step(name: str, event: AnyEvent, now: int, most: float) -> None:
        appended = spent_on(engine, lambda: log.append(event, now))
        assert appended == {"table": 1.0}, "an event of the log is one write unit"
        refreshed = spent_on(engine, lambda: refresh(engine, now)(KEY))
        unchanged = spent_on(engine, lambda: refresh(engine, now)(KEY))
        reads = unchanged["table"]
        assert unchanged == {"table": reads}, "calling it once more writes nothing"
        refreshed["table"] -= reads
        lines.append(f"{name}: log 1, state and indexes {refreshed}, read {reads:g}")
        writes.append(sum(refreshed.values()))
        assert writes[-1] <= most, lines[-1]

    step("created", created(channel="chat"), NINE, 4)
    step("note", note(at=NINE + SECOND), NINE + SECOND, 3)
    step("reply", reply(at=NINE + 5 * SECOND), NINE + 5 * SECOND, 5)
    step("second note", note(at=NINE + 6 * SECOND, id_="note 2"), NINE + 6 * SECOND, 0)
    step("solved", solved(), NINE + 60 * SECOND, 3)
    average = sum(writes) / len(writes)
    with capsys.disabled():
        print("", *lines, f"state and indexes: {average:g} write units an event on average", sep="\n  ")
    assert average <= 3


def test_what_an_alert_costs(engine: Store, capsys: pytest.CaptureFixture[str]) -> None:
    DynamoEventLog(engine.table).append(created(), NINE)
    refresh(engine, NINE)(KEY)
    engine.count_capacity()
    spent = spent_on(engine, lambda: refresh(engine, NINE + 8 * SECOND + 1)(KEY))
    with capsys.disabled():
        print(f"\n  a warning: {spent}, reading included")
    # Reading 1; in a transaction all counts twice: the state 2, the entry of up to a kilobyte 2, the moved index 4.
    assert sum(spent.values()) <= 9


@pytest.mark.usefixtures("moto")  # for the facts in S3
def test_what_retention_costs(engine: Store, capsys: pytest.CaptureFixture[str]) -> None:
    """A run pays for what falls out, not for what was dropped before: with three days behind it as with eleven."""
    now = NINE
    log, tickets, days = DynamoEventLog(engine.table), DynamoTickets(engine.table), DynamoDays(engine.table)
    measure = RefreshTicket(tickets, Timers(), lambda: DEFAULT_POLICY, lambda: now, touch=noting(days, lambda: now))
    for day in range(12):
        now = NINE + day * DAY
        key = ("default", "desk", str(day))
        for event in (created(key, now), reply(key, now + SECOND), *([solved(key, now + SECOND)] if day % 4 else [])):
            log.append(event, now)
        now += MINUTE
        measure(key)
    faults = DynamoFaults(engine.table)
    set_aside = SetAside(faults, lambda: now, lambda _: None)
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="facts")
    facts = S3Facts(s3, "facts")
    CompileFacts(days, facts, tickets, tickets, lambda: DEFAULT_POLICY, lambda: now, faults, set_aside)(now + DAY)
    archive, retention = DynamoArchive(engine.table), DynamoRetention(engine.table)
    ports = (archive, tickets, tickets, days, facts, retention)
    drop = DropTickets(*ports, lambda: DEFAULT_POLICY, lambda: now, lambda: None, set_aside)
    engine.count_capacity()
    fates: list[str] = []

    def run(day: int) -> dict[str, float]:
        nonlocal now
        now = NINE + (day + 60) * DAY
        before = (NINE // DAY + day) * DAY
        return spent_on(engine, lambda: fates.extend(one.fate for one in drop.go_on(before, now + DAY)))

    run(3)
    idle = [run(3)]
    one = run(4)
    run(11)
    idle.append(run(11))
    assert run(12) == one, "the tickets of both days are alike"
    assert idle[0] == idle[1]
    with capsys.disabled():
        print(f"\n  retention: a run with nothing to drop {idle[0]}, with one ticket {one}")
    assert set(fates) == {"dropped", "open or a clock runs"} and len(fates) == 12
    assert sum(idle[0].values()) <= 8


def test_what_telling_an_alert_costs(engine: Store, capsys: pytest.CaptureFixture[str]) -> None:
    entry, ledger, feed = entries()[1], DynamoLedger(engine.table), DynamoFeed(engine.table)
    DynamoTickets(engine.table).write(KEY, RUNNING, 0, owed(), NINE)
    engine.count_capacity()

    def tell(claimant: str) -> None:
        claimed = ledger.claim(KEY, entry.sort_key, claimant, NINE + SECOND, 0)
        assert claimed is not None
        assert claimed.begun_at == NINE + SECOND
        feed.add(FeedLine(claimed.begun_at, entry.document()))

    first = spent_on(engine, lambda: tell("one"))
    assert first == {"table": 2.0}, "the claim, and the line of the feed"
    assert spent_on(engine, lambda: tell("two")) == first
    assert spent_on(engine, lambda: ledger.settle(KEY, entry.sort_key, "sent", NINE + SECOND)) == {"table": 1.0}
    lines: list[FeedLine] = []
    read = spent_on(engine, lambda: lines.extend(feed.newest(NINE + MINUTE, NINE)))
    with capsys.disabled():
        print(f"\n  telling an alert: {first} and 1 to settle it; reading it from the feed: {read}")
    assert [one.document["alert_id"] for one in lines] == [entry.alert_id]
