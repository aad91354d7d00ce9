"""Sizes and attributes of messages to queues."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from infra.local.cloud import Cloud

from .conftest import queue

MOST = 1024 * 1024


def string(value: str) -> dict[str, str]:
    return {"DataType": "String", "StringValue": value}


def test_a_message_with_its_attributes_is_no_larger_than_a_mebibyte(
    cloud: Cloud, name: str, refused: Callable[[str], Any]
) -> None:
    url, _ = queue(cloud, name)
    client = cloud.client("sqs")
    client.send_message(QueueUrl=url, MessageBody="x" * MOST)
    with refused("InvalidParameterValue"):
        client.send_message(QueueUrl=url, MessageBody="x" * MOST, MessageAttributes={"a": string("x")})
    half = {"Id": "1", "MessageBody": "x" * (MOST // 2)}
    assert client.send_message_batch(QueueUrl=url, Entries=[half, {**half, "Id": "2"}])["Successful"]
    with refused("BatchRequestTooLong"):
        client.send_message_batch(
            QueueUrl=url, Entries=[half, {**half, "Id": "2", "MessageAttributes": {"a": string("x")}}]
        )


def test_a_queue_may_take_less(cloud: Cloud, name: str, refused: Callable[[str], Any]) -> None:
    url, _ = queue(cloud, name, MaximumMessageSize="1024")
    with refused("InvalidParameterValue"):
        cloud.client("sqs").send_message(
            QueueUrl=url, MessageBody="x" * 1000, MessageAttributes={"a": string("x" * 100)}
        )


def test_a_message_has_at_most_ten_attributes(cloud: Cloud, name: str, refused: Callable[[str], Any]) -> None:
    url, _ = queue(cloud, name)
    client = cloud.client("sqs")
    attributes = {f"name{number}": string("x") for number in range(11)}
    with refused("InvalidParameterValue"):
        client.send_message(QueueUrl=url, MessageBody="x", MessageAttributes=attributes)
    entry: Any = {"Id": "1", "MessageBody": "x", "MessageAttributes": attributes}
    [failed] = client.send_message_batch(QueueUrl=url, Entries=[entry])["Failed"]
    assert failed["Code"] == "InvalidParameterValue"
    attributes.popitem()
    client.send_message(QueueUrl=url, MessageBody="x", MessageAttributes=attributes)
