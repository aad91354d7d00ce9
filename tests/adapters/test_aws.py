"""The adapters beside the table, as moto plays their services."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

from replyclock.adapters.caching import Cached, cached
from replyclock.adapters.dynamodb import ConditionFailed, errors_translated
from replyclock.adapters.records import in_turn, new_items, received_timers
from replyclock.adapters.secrets import SecretsManagerSecrets
from replyclock.adapters.sns import SnsPublisher
from replyclock.adapters.sqs import SqsTimers, read_timer, timer_text
from replyclock.domain.errors import Conflict, InvalidInput, ReplyclockError, StoreUnavailable
from replyclock.domain.instants import SECOND
from replyclock.domain.storms import Storm
from replyclock.service.ports import AlertMessage, AnyTimer, OpenTicketsTimer, StormTimer, Timer

from .backends import REGION
from .samples import KEY, NINE

pytestmark = pytest.mark.usefixtures("moto")


@pytest.fixture
def queue_url(moto: None) -> str:
    return boto3.client("sqs").create_queue(QueueName="timers")["QueueUrl"]


class RecordingSqs:
    """Passes calls on to moto and keeps the delays, which a queue does not tell again."""

    def __init__(self) -> None:
        self.real = boto3.client("sqs")
        self.delays: list[int] = []

    def send_message_batch(self, **call: Any) -> Any:
        self.delays += [entry["DelaySeconds"] for entry in call["Entries"]]
        return self.real.send_message_batch(**call)


def test_timers_ring_one_to_two_whole_seconds_early(queue_url: str) -> None:
    client = RecordingSqs()
    dues = [-5 * SECOND, 0, SECOND - 1, 10 * SECOND, 10 * SECOND + 999_999, 900 * SECOND, 3600 * SECOND]
    sent = SqsTimers(client, queue_url).send([Timer(KEY, NINE + due) for due in dues], NINE)  # type: ignore[arg-type]
    assert sent == 7
    assert client.delays == [0, 0, 0, 9, 9, 899, 900]


def test_any_number_of_timers_is_sent(queue_url: str) -> None:
    timers = (Timer(("default", "desk", str(number)), NINE) for number in range(23))
    assert SqsTimers(boto3.client("sqs"), queue_url).send(timers, NINE) == 23
    attributes = boto3.client("sqs").get_queue_attributes(QueueUrl=queue_url, AttributeNames=["All"])["Attributes"]
    assert attributes["ApproximateNumberOfMessages"] == "23"


def test_no_queue_is_an_unavailable_store(queue_url: str) -> None:
    with pytest.raises(StoreUnavailable, match="NonExistentQueue"):
        SqsTimers(boto3.client("sqs"), f"{queue_url}-gone").send([Timer(KEY, NINE)], NINE)


def test_a_message_the_queue_did_not_take_is_told() -> None:
    class Refusing:
        def send_message_batch(self, **_: Any) -> Any:
            return {"Successful": [], "Failed": [{"Id": "0", "Code": "InternalError"}]}

    with pytest.raises(StoreUnavailable, match="InternalError"):
        SqsTimers(Refusing(), "url").send([Timer(KEY, NINE)], NINE)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "timer",
    [
        Timer(KEY, NINE),
        Timer(("a", "b", "owner/repo#12 ü"), NINE + 123_456, 3),
        OpenTicketsTimer(7, NINE, 2),
        StormTimer(Storm("acme", "VIP #1 客户", NINE), NINE + 65 * SECOND),
    ],
)
def test_a_timer_comes_back_as_it_was_sent(timer: AnyTimer) -> None:
    assert read_timer(timer_text(timer)) == timer


@pytest.mark.parametrize(
    "message",
    [
        "",
        "[]",
        "{}",
        '{"open_shard": 8, "version": 1, "due_at": "2026-06-01T09:00:00Z"}',
        '{"storm": {"tenant": "a", "standard": "b"}, "due_at": "2026-06-01T09:00:00Z"}',
        "no JSON",
    ],
)
def test_what_is_no_timer_is_refused(message: str) -> None:
    with pytest.raises(InvalidInput):
        read_timer(message)


def test_received_timers_are_in_order_and_the_unreadable_are_named() -> None:
    bodies = [timer_text(Timer(KEY, NINE + 1)), "?", timer_text(Timer(KEY, NINE))]
    records = [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]
    assert received_timers({"Records": records}) == ([("2", Timer(KEY, NINE)), ("0", Timer(KEY, NINE + 1))], ["1"])


def test_only_new_items_of_tickets_with_the_wanted_keys_are_taken() -> None:
    def record(name: str, pk: str, sk: str, number: int) -> dict[str, Any]:
        keys = {"pk": {"S": pk}, "sk": {"S": sk}}
        return {"eventName": name, "dynamodb": {"Keys": keys, "SequenceNumber": str(number)}}

    records = [
        record("INSERT", "T#default#desk#1", "E#one", 1),
        record("MODIFY", "T#default#desk#1", "E#one", 2),
        record("INSERT", "T#default#desk#1", "STATE", 3),
        record("INSERT", "POLICY", "V#0000000002", 4),
        record("INSERT", "T#default#desk#owner/repo#2", "V#two#0123", 5),
    ]
    found = [(item.key, item.sort_key, item.sequence_number) for item in new_items({"Records": records}, "E#", "V#")]
    assert found == [(KEY, "E#one", "1"), (("default", "desk", "owner/repo#2"), "V#two#0123", "5")]


def test_a_failed_piece_of_work_is_named_and_the_rest_is_done() -> None:
    done = []

    def do(piece: int) -> None:
        if piece == 2:
            raise Conflict("others were first")
        done.append(piece)

    answer = in_turn([("a", 1), ("b", 2), ("c", 3)], do, _never, failed=["z"])
    assert answer == {"batchItemFailures": [{"itemIdentifier": "z"}, {"itemIdentifier": "b"}]}
    assert done == [1, 3]


def _never(piece: object, error: Exception) -> None:
    raise AssertionError(f"{piece} is set aside: {error!r}")


def test_a_fault_of_the_product_stops_its_piece_alone() -> None:
    aside: list[tuple[int, type[Exception]]] = []
    work = [("a", 1), ("b", 0), ("c", 2)]
    answer = in_turn(work, lambda piece: 1 // piece, lambda piece, error: aside.append((piece, type(error))))
    assert answer == {"batchItemFailures": []}
    assert aside == [(0, ZeroDivisionError)]
    # What cannot be set aside comes again.
    assert in_turn(work, lambda piece: 1 // piece, _never) == {"batchItemFailures": [{"itemIdentifier": "b"}]}


@pytest.fixture
def topic_arn(moto: None) -> str:
    return boto3.client("sns").create_topic(Name="alerts")["TopicArn"]


def published(topic_arn: str) -> list[Any]:
    return list(sns_backends[DEFAULT_ACCOUNT_ID][REGION].topics[topic_arn].sent_notifications)


MESSAGE = AlertMessage(
    "BROKEN: ünïcode\nand lines" + "x" * 200,
    "an e-mail",
    "an SMS",
    {"alert_id": "0123"},
    {
        "kind": "alert",
        "alert_id": "0123",
        "metric": "first_response",
        "level": "breach",
        "notify": ("team", "lead"),
        "channel": "chat",
        "tier": (),
        "standard": "",
        "group": 'Billing "EU"\\DE',
    },
)


def test_an_alert_goes_out_in_three_forms_with_its_attributes(topic_arn: str) -> None:
    queue = boto3.client("sqs").create_queue(QueueName="listener")["QueueUrl"]
    arn = queue.replace("https://sqs.us-east-1.amazonaws.com/", "arn:aws:sqs:us-east-1:").replace("/", ":")
    sns = boto3.client("sns")
    for filtered in ({"notify": ["lead"], "form": ["json"]}, {"notify": ["nobody"]}):
        attributes = {"FilterPolicy": json.dumps(filtered), "RawMessageDelivery": "true"}
        name = boto3.client("sqs").create_queue(QueueName=f"listener-{filtered['notify'][0]}")["QueueUrl"]
        arn = f"arn:aws:sqs:us-east-1:{DEFAULT_ACCOUNT_ID}:{name.rsplit('/', 1)[1]}"
        sns.subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=arn, Attributes=attributes)
    SnsPublisher(boto3.client("sns"), topic_arn).publish(MESSAGE)
    sent = {
        attributes["form"]["Value"]: (message, subject, attributes)
        for _, message, subject, attributes, _ in published(topic_arn)
    }
    assert {form: message for form, (message, _, _) in sent.items()} == {
        "email": "an e-mail",
        "sms": "an SMS",
        "json": '{"alert_id": "0123"}',
    }
    for form, (_, subject, attributes) in sent.items():
        assert subject.startswith("BROKEN: ?n?code and lines")
        assert len(subject) < 100
        also = () if form == "json" else ("kind", "alert_id", "metric")
        assert set(attributes) == {"form", "level", "notify", "channel", "group", *also}
        # What filter policies are compared with is the inside of a JSON string.
        assert json.loads(f'"{attributes["group"]["Value"]}"') == 'Billing "EU"\\DE'
        assert json.loads(attributes["notify"]["Value"]) == ["team", "lead"]
    got = [
        boto3.client("sqs").receive_message(QueueUrl=queue.replace("listener", f"listener-{who}")).get("Messages", [])
        for who in ("lead", "nobody")
    ]
    assert [len(one) for one in got] == [1, 0]


def test_no_topic_is_an_unavailable_store(topic_arn: str) -> None:
    with pytest.raises(StoreUnavailable, match="NotFound"):
        SnsPublisher(boto3.client("sns"), f"{topic_arn}-gone").publish(MESSAGE)


@pytest.mark.parametrize(("stored", "found"), [("whsec_abc", "whsec_abc"), (" ", None), (None, None)])
def test_a_secret_that_is_missing_or_blank_is_none(stored: str | None, found: str | None) -> None:
    client = boto3.client("secretsmanager")
    if stored is not None:
        client.create_secret(Name="replyclock/test/connections/desk/1", SecretString=stored)
    assert SecretsManagerSecrets(client).get("replyclock/test/connections/desk/1") == found


def test_secrets_that_cannot_be_read_are_not_taken_for_missing() -> None:
    class Denying:
        def get_secret_value(self, **_: Any) -> Any:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetSecretValue")

    with pytest.raises(StoreUnavailable, match="AccessDenied"):
        SecretsManagerSecrets(Denying()).get("any")  # type: ignore[arg-type]


ERRORS = [
    ("ConditionalCheckFailedException", [], ConditionFailed),
    ("TransactionCanceledException", ["None", "ConditionalCheckFailed"], Conflict),
    ("TransactionCanceledException", ["TransactionConflict"], Conflict),
    ("TransactionConflictException", [], Conflict),
    ("TransactionCanceledException", ["ThrottlingError"], StoreUnavailable),
    ("ProvisionedThroughputExceededException", [], StoreUnavailable),
    ("InternalServerError", [], StoreUnavailable),
]


@pytest.mark.parametrize(("code", "reasons", "error"), ERRORS)
def test_errors_are_translated_by_code(code: str, reasons: list[str], error: type[ReplyclockError]) -> None:
    response: Any = {"Error": {"Code": code}, "CancellationReasons": [{"Code": reason} for reason in reasons]}
    with pytest.raises(ReplyclockError) as raised, errors_translated():
        raise ClientError(response, "Any")
    assert type(raised.value) is error


def test_a_store_out_of_reach_is_unavailable() -> None:
    with pytest.raises(StoreUnavailable, match="EndpointConnectionError"), errors_translated():
        raise EndpointConnectionError(endpoint_url="https://nowhere")


class Clock:
    def __init__(self) -> None:
        self.at = NINE

    def __call__(self) -> int:
        return self.at


def test_what_is_kept_is_asked_for_again_when_it_is_too_old() -> None:
    clock, values = Clock(), iter([None, "one", "two"])
    kept: Cached[str, str | None] = Cached(lambda _: next(values), clock, seconds=300, seconds_missing=10)
    found = []
    for passed in (0, 9, 10, 309, 310):
        clock.at = NINE + passed * SECOND
        found.append(kept.get("name"))
    assert found == [None, None, "one", "one", "two"]


def test_what_may_not_be_kept_when_missing_is_asked_for_each_time() -> None:
    values: Iterator[str | None] = iter([None, "there"])
    kept: Cached[str, str | None] = Cached(lambda _: next(values), Clock(), seconds=30, seconds_missing=0)
    assert [kept.get("name"), kept.get("name"), kept.get("name")] == [None, "there", "there"]


def test_a_failure_is_not_kept() -> None:
    answers: Iterator[str | None] = iter([None, "there"])

    def load() -> str:
        answer = next(answers)
        if answer is None:
            raise StoreUnavailable("not now")
        return answer

    read = cached(load, Clock(), seconds=30)
    with pytest.raises(StoreUnavailable):
        read()
    assert [read(), read()] == ["there", "there"]
