"""What happens at the same instant, with real threads: one alert of each kind, and none lost."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from replyclock.adapters.dynamodb import text
from replyclock.adapters.tickets import DynamoTickets
from replyclock.domain.events import event_document
from replyclock.service.ports import LedgerRecord
from tests.adapters.backends import Store
from tests.adapters.samples import KEY, created, reply

from .scenarios import WARNINGS, at, step
from .steps import Steps, When
from .wiring import configuration, wire
from .world import Engine, Now, Queue, Stream, Topic, arrives_as_it_should

Record = dict[str, Any]
BROKEN_AT = at(10.5)


class Uncounted(Steps):
    """Steps of several threads have no order to count them in."""

    def step(self, call: str, when: When) -> None:
        pass


class Standing(Now):
    """A clock that stands still, whoever waits: those that got into each other's way wait in earnest."""

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class Crowd:
    """Functions that run at the same time and share nothing but the table."""

    def __init__(self, engine: Engine, store: Store) -> None:
        self.table = store.table
        self.now: Now = Standing()
        self.queue = Queue(Uncounted(), self.now, arrives_as_it_should)
        self.topic = Topic(Uncounted())
        self._stream = Stream(engine, store.name)
        for item in configuration(WARNINGS):
            store.client.put_item(TableName=store.name, Item=item)

    def wait(self, seconds: float) -> None:
        pass

    def call(self, function: str, event: Any) -> None:
        """Has a new process do it, again and again until nothing of it failed."""
        handle = wire(self, function)
        for _ in range(100):
            answer = handle(event)
            if not isinstance(answer, dict) or not answer["batchItemFailures"]:
                return
        raise AssertionError(f"{function} does not come to an end")

    def new(self, kind: str) -> list[Record]:
        """What came into the stream since, of a kind."""
        return [one for one in self._stream.read() if one["dynamodb"]["Keys"]["sk"]["S"].startswith(kind)]

    def ring(self) -> None:
        """Deliver all messages of the queue, also those that somebody else has."""
        messages = [{"messageId": str(i), "body": one.body} for i, one in enumerate(self.queue.messages)]
        self.call("check", {"Records": messages})

    def sweep(self) -> None:
        self.call("sweep", {})
        self.ring()

    def ledger(self) -> dict[str, LedgerRecord]:
        return {step(known.entry): known for known in DynamoTickets(self.table).read(KEY).ledger}


def at_once(*work: Callable[[], object]) -> None:
    gate = threading.Barrier(len(work))

    def wait_and_work(one: Callable[[], object]) -> None:
        gate.wait()
        one()

    with ThreadPoolExecutor(len(work)) as pool:
        for future in [pool.submit(wait_and_work, one) for one in work]:
            future.result()


@pytest.fixture
def crowd(engine: Engine, store: Store) -> Crowd:
    """A chat that was measured when it began, and was then left alone until after its breach."""
    made = Crowd(engine, store)
    made.call("receive", event_document(created()))
    made.call("measure", {"Records": made.new("E#")})
    made.now.at = BROKEN_AT
    return made


@pytest.mark.parametrize("attempt", range(2))
@pytest.mark.parametrize("answered_at", [at(5), at(10.4)], ids=["in time", "too late"])
def test_whoever_looks_at_once_each_alert_is_owed_once(crowd: Crowd, answered_at: int, attempt: int) -> None:
    created_again = {"Records": [_inserted("E#created")]}

    def answer() -> None:
        crowd.call("receive", event_document(reply(at=answered_at)))
        crowd.call("measure", {"Records": [_inserted("E#reply")]})

    def measure() -> None:
        crowd.call("measure", created_again)

    at_once(measure, measure, measure, crowd.ring, crowd.ring, crowd.sweep, answer)
    owed = Counter(record["dynamodb"]["Keys"]["sk"]["S"].split("#")[3] for record in crowd.new("A#"))
    assert set(owed.values()) <= {1}
    if answered_at == at(10.4):
        assert "100" in owed, "that the answer came too late is on record, whoever was first"
    else:
        assert ("100" in owed) == ("correction" in owed), "what was wrong is taken back"
    state = DynamoTickets(crowd.table).read(KEY).state
    assert state is not None
    assert state.due_at is None, "the answer was not overlooked"


@pytest.fixture
def owed(crowd: Crowd) -> list[Record]:
    crowd.ring()
    return crowd.new("A#")


def test_publishers_at_once_tell_once(crowd: Crowd, owed: list[Record]) -> None:
    def publish(name: str) -> Callable[[], None]:
        own = [{**one, "dynamodb": {**one["dynamodb"], "SequenceNumber": name}} for one in owed]
        return lambda: _publish(crowd, own)

    at_once(*(publish(str(number)) for number in range(6)))
    assert {name: known.status for name, known in crowd.ledger().items()} == {"80": "quiet", "100": "sent"}
    assert [document["level"] for document in crowd.topic.accepted] == ["breach"]


def test_an_answer_while_it_is_published_leaves_no_doubt_whether_it_was_told(crowd: Crowd, owed: list[Record]) -> None:
    at_once(
        lambda: _publish(crowd, owed),
        lambda: crowd.call("receive", event_document(reply(at=BROKEN_AT))),
    )
    told = [document["alert_id"] for document in crowd.topic.accepted]
    ledger = crowd.ledger().values()
    assert told == [known.entry.alert_id for known in ledger if known.status == "sent"]
    assert {known.status for known in ledger} <= {"sent", "quiet"}


def test_a_batch_that_comes_twice_at_once_loses_nothing(crowd: Crowd, owed: list[Record]) -> None:
    """Openly: one delivery takes over what another delivery of the same record has claimed, since Lambda does not
    deliver it again while it runs. Were it to, people might be told twice, under one alert_id.
    """
    at_once(*[lambda: _publish(crowd, owed)] * 3)
    assert {name: known.status for name, known in crowd.ledger().items()} == {"80": "quiet", "100": "sent"}
    assert {document["alert_id"] for document in crowd.topic.accepted} == {crowd.ledger()["100"].entry.alert_id}


def _publish(crowd: Crowd, records: list[Record]) -> None:
    crowd.call("publish", {"Records": records})


def _inserted(sort_key: str) -> Record:
    """The record of an item of the ticket that was added: of which one, the function reads from the table."""
    keys = {"pk": text("T#" + "#".join(KEY)), "sk": text(sort_key)}
    return {"eventName": "INSERT", "dynamodb": {"Keys": keys, "SequenceNumber": sort_key}}
