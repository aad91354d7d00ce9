"""What runs the functions: DynamoDB Local with its streams, a queue and a topic in memory, and a clock that is set.

The infrastructure does what AWS documents: a batch of a stream that fails comes again before anything after it, a
message that is not acknowledged becomes visible again, the sweep runs each minute, a sender repeats what was not
taken. What the functions do is wired in `wiring`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import boto3

from replyclock.adapters.dynamodb import Table, text, ticket_key
from replyclock.adapters.tickets import DynamoTickets
from replyclock.domain.errors import ReplyclockError
from replyclock.domain.events import TicketKey
from replyclock.domain.instants import SECOND, parse_instant
from replyclock.service.ports import TicketRecord
from replyclock.service.sweep import HORIZON
from tests.adapters.backends import REGION, Store, local_client
from tests.adapters.samples import NINE

from .steps import Killed, Steps

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MINUTE = 60 * SECOND
RESENT = 2 * SECOND
"""After which a sender sends again what was not taken."""
RETRIED = SECOND
"""After which a batch of a stream comes again."""
VISIBLE_AGAIN = 180 * SECOND
MOST_RECEIVED = 5
"""As the template has them for the timer queue."""
MOST_RETRIES = 10
"""As the template has it for the streams."""
_MOST_STEPS = 5_000
_PAGE = 1000
_CALL_TAKES = SECOND // 1000

Function = Callable[[Any], Any]
Wire = Callable[["World", str], Function]
"""Makes the function of that name, as its process does when it starts."""
Fate = Callable[["Message"], Sequence[int]]
"""When a message that was sent arrives: once, as it should; or more often, at other times, or never."""


@dataclass(frozen=True)
class Engine:
    """DynamoDB Local. These clients are the infrastructure's: their calls are nobody's steps."""

    address: str
    client: DynamoDBClient
    streams: Any

    @classmethod
    def at(cls, address: str) -> Engine:
        streams = boto3.client(
            "dynamodbstreams",
            endpoint_url=address,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        return cls(address, local_client(address), streams)


class Now:
    """The clock."""

    def __init__(self) -> None:
        self.at = NINE

    def __call__(self) -> int:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += round(seconds * SECOND)


@dataclass
class Message:
    """A message of the queue. `sent_before` says how often the same text was sent before."""

    body: str
    due_at: int
    """When the queue should deliver it."""
    sent_before: int
    visible_at: int = 0
    received: int = 0


class Queue:
    """The timer queue, as a client of SQS sees it and as Lambda does."""

    def __init__(self, steps: Steps, now: Now, fate: Fate) -> None:
        self.steps, self.now, self.fate = steps, now, fate
        self.messages: list[Message] = []
        self.sent: Counter[str] = Counter()

    def send_message_batch(self, **batch: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.steps.around("SendMessageBatch", lambda: self._take(batch["Entries"]))
        return answer

    def _take(self, entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        for entry in entries:
            body, due_at = entry["MessageBody"], self.now() + entry["DelaySeconds"] * SECOND
            message = Message(body, due_at, self.sent[body])
            self.sent[body] += 1
            self.messages += [Message(body, due_at, message.sent_before, at) for at in self.fate(message)]
        return {"Successful": [{"Id": entry["Id"]} for entry in entries]}

    def next_at(self) -> int | None:
        return min((message.visible_at for message in self.messages), default=None)

    def receive(self) -> list[Message]:
        """What is visible now, at most ten, hidden from others for the time that its work may take."""
        found = [message for message in self.messages if message.visible_at <= self.now()][:10]
        for message in found:
            message.received += 1
            message.visible_at = self.now() + VISIBLE_AGAIN
        return found


class Topic:
    """The topic, as a client of SNS sees it. What it has accepted is told to people."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps
        self.accepted: list[dict[str, Any]] = []
        """The documents of what was published, in order."""

    def publish_batch(self, **messages: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.steps.around("Publish", lambda: self._take(messages))
        return answer

    def _take(self, messages: Mapping[str, Any]) -> dict[str, Any]:
        forms = {one["Id"]: one for one in messages["PublishBatchRequestEntries"]}
        document = json.loads(forms["json"]["Message"])
        for form in ("email", "sms"):
            assert forms[form]["MessageAttributes"]["alert_id"]["StringValue"] == document["alert_id"]
        self.accepted.append(document)
        return {"Successful": [{"Id": form, "MessageId": str(len(self.accepted))} for form in forms], "Failed": []}

    def summaries(self) -> list[dict[str, Any]]:
        return [document for document in self.accepted if document.get("kind") == "summary"]

    def told(self) -> Counter[str]:
        """How often each alert was, by its id."""
        return Counter(document["alert_id"] for document in self.accepted)


@dataclass
class SourceMapping:
    """An event source mapping: hands the new items of a kind to a function, in order; nothing overtakes a failure."""

    function: str
    partitions: tuple[str, ...]
    kinds: tuple[str, ...]
    """How the keys of what the function is for begin."""
    size: int
    waiting: list[dict[str, Any]] = field(default_factory=list)
    given_up: list[dict[str, Any]] = field(default_factory=list)
    retry_at: int | None = None
    attempts: int = 0

    def wants(self, record: Mapping[str, Any]) -> bool:
        keys = record["dynamodb"]["Keys"]
        pk, sk = str(keys["pk"]["S"]), str(keys["sk"]["S"])
        return record["eventName"] == "INSERT" and pk.startswith(self.partitions) and sk.startswith(self.kinds)

    def next_at(self) -> int | None:
        return (self.retry_at or 0) if self.waiting else None

    def hand_over(self, world: World) -> None:
        # After a failure half of the batch: the template asks for bisecting.
        batch = self.waiting[: max(1, self.size >> self.attempts)]
        answer = world.invoke(self.function, {"Records": batch})
        failed = _first_failed(batch, answer)
        del self.waiting[:failed]
        if failed == len(batch):
            self.attempts, self.retry_at = 0, None
            return
        self.attempts = self.attempts + 1 if failed == 0 else 1
        self.retry_at = world.now() + RETRIED
        if self.attempts > MOST_RETRIES:
            self.given_up.append(self.waiting.pop(0))
            self.attempts, self.retry_at = 0, None


def _first_failed(batch: Sequence[Mapping[str, Any]], answer: Mapping[str, Any] | None) -> int:
    """Where the stream goes on: at the first record that failed."""
    if answer is None:
        return 0
    failures = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
    numbers = [record["dynamodb"]["SequenceNumber"] for record in batch]
    return next((i for i, number in enumerate(numbers) if number in failures), len(batch))


class Stream:
    """The table's real stream, from its beginning."""

    def __init__(self, engine: Engine, table: str) -> None:
        self._client = engine.streams
        arn = engine.client.describe_table(TableName=table)["Table"]["LatestStreamArn"]
        (shard,) = self._client.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
        self._iterator = self._client.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]

    def read(self) -> Iterator[dict[str, Any]]:
        """What came since. DynamoDB Local shows a change as soon as it is made."""
        while True:
            page = self._client.get_records(ShardIterator=self._iterator, Limit=_PAGE)
            self._iterator = page["NextShardIterator"]
            yield from page["Records"]
            if len(page["Records"]) < _PAGE:
                return


def arrives_as_it_should(message: Message) -> Sequence[int]:
    return [message.due_at]


class World:
    """One deployment with a table of its own.

    `sweeps_from` is when the scheduler begins to work; before it no sweep runs.
    """

    def __init__(
        self,
        engine: Engine,
        wire: Wire,
        steps: Steps | None = None,
        fate: Fate = arrives_as_it_should,
        sweeps_from: int = NINE + MINUTE,
    ) -> None:
        self.engine = engine
        self.wire = wire
        self.steps = steps or Steps()
        self.now = Now()
        client = local_client(engine.address)
        self.name = Store(client).name
        self.steps.watch(client)
        self.steps.on_call = lambda: self.now.sleep(_CALL_TAKES / SECOND)
        self.steps.on_fault = self._see_what_may_be_repeated
        self.table = Table(client, self.name)
        """As the functions reach it."""
        self.queue = Queue(self.steps, self.now, fate)
        self.topic = Topic(self.steps)
        self.mappings = [
            SourceMapping("measure", ("T#",), ("E#", "V#"), 100),
            SourceMapping("publish", ("T#", "S#", "D#"), ("A#",), 10),
        ]
        self.repeatable: Counter[str] = Counter()
        """Alerts that a fault left accepted by the topic and not marked, with how often that happened."""
        self.to_do: list[tuple[int, str, Any]] = []
        self.tickets: set[TicketKey] = set()
        self.last_sweep = sweeps_from - MINUTE
        self._stream = Stream(engine, self.name)
        self._read_after = 0
        self._due: dict[tuple[str, str], int] = {}
        self._processes: dict[str, Function] = {}

    def close(self) -> None:
        self.engine.client.delete_table(TableName=self.name)

    def configure(self, item: Mapping[str, Any]) -> None:
        """Put an item that was there before anything happened."""
        self.engine.client.put_item(TableName=self.name, Item=item)

    def record(self, key: TicketKey) -> TicketRecord:
        return DynamoTickets(Table(self.engine.client, self.name)).read(key)

    def invoke(self, function: str, event: Any) -> Any:
        """What the function answers; None where it failed. A process that died is started anew the next time."""
        self.steps.begin(function)
        try:
            if function not in self._processes:
                self._processes[function] = self.wire(self, function)
            return self._processes[function](event)
        except Killed:
            del self._processes[function]
            return None
        except ReplyclockError:
            return None
        finally:
            self.steps.end()

    def play(self, actions: Sequence[tuple[int, str, Any]], until: int | None = None) -> None:
        """Have callers call functions at these instants, and go on until nothing is left to do, or until an instant."""
        self.to_do = sorted(actions, key=lambda action: action[0])
        for _ in range(_MOST_STEPS):
            self._read_stream()
            at, do = min(self._next(), default=(None, None), key=lambda one: one[0])
            if at is None or do is None or (until is not None and at > until):
                return
            self.now.at = max(self.now.at, at)
            do()
        raise AssertionError("it does not come to an end")

    def wait(self, seconds: float) -> None:
        """A function waits, and others go on meanwhile."""
        until = self.now() + round(seconds * SECOND)
        while True:
            self._read_stream()
            at, do = min(self._next(waited_for=True), default=(until, None), key=lambda one: one[0])
            if do is None or at > until:
                break
            self.now.at = max(self.now.at, at)
            do()
        self.now.at = max(self.now.at, until)

    def _next(self, waited_for: bool = False) -> Iterator[tuple[int, Callable[[], None]]]:
        if self.to_do:
            yield self.to_do[0][0], self._act
        for mapping in self.mappings:
            at = mapping.next_at()
            if at is not None:
                yield max(at, self.now()), partial(mapping.hand_over, self)
        if waited_for:
            return
        rings_at, sweeps_at = self.queue.next_at(), self._sweeps_at()
        if rings_at is not None:
            yield max(rings_at, self.now()), self._ring
        if sweeps_at is not None:
            yield sweeps_at, self._sweep

    def _act(self) -> None:
        _, function, event = self.to_do.pop(0)
        if not self.invoke(function, event):
            self.to_do.append((self.now() + RESENT, function, event))
            self.to_do.sort(key=lambda action: action[0])

    def _ring(self) -> None:
        messages = self.queue.receive()
        names = {str(i): message for i, message in enumerate(messages)}
        records = [{"messageId": name, "body": message.body} for name, message in names.items()]
        answer = self.invoke("check", {"Records": records})
        failed = set(names) if answer is None else {one["itemIdentifier"] for one in answer["batchItemFailures"]}
        for name, message in names.items():
            if name not in failed:
                self.queue.messages.remove(message)
        lost = [message for message in self.queue.messages if message.received >= MOST_RECEIVED]
        assert not lost, "a timer message went to the dead letters"

    def _sweeps_at(self) -> int | None:
        """The next minute at which a sweep finds something; those that find nothing are left out."""
        if not self._due:
            return None
        # What is done at the full minute takes some milliseconds of it.
        begun_at = max(self.last_sweep + MINUTE, min(self._due.values()) - HORIZON, self.now() - SECOND)
        return -(-begun_at // MINUTE) * MINUTE

    def _sweep(self) -> None:
        self.last_sweep = self.now() // MINUTE * MINUTE
        self.invoke("sweep", {})

    def _read_stream(self) -> None:
        if self.steps.writes == self._read_after:
            return
        self._read_after = self.steps.writes
        for record in self._stream.read():
            keys = record["dynamodb"]["Keys"]
            pk, image = keys["pk"]["S"], record["dynamodb"].get("NewImage", {})
            if pk.startswith("T#"):
                self.tickets.add(ticket_key(pk))
            name = (pk, keys["sk"]["S"])
            self._due.pop(name, None)
            if "due_shard" in image:
                self._due[name] = parse_instant(image["due_at"]["S"])
            for mapping in self.mappings:
                if mapping.wants(record):
                    mapping.waiting.append(record)

    def _see_what_may_be_repeated(self) -> None:
        """Between the topic's acceptance and the mark nobody can tell whether people were told."""
        pages = self.engine.client.get_paginator("scan").paginate(TableName=self.name, ConsistentRead=True)
        items = [item for page in pages for item in page["Items"]]
        marked = {item["alert_id"]["S"] for item in items if item.get("status") == text("sent")}
        self.repeatable.update(self.topic.told().keys() - marked)
