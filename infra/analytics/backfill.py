"""Sends the log that was there before the analytics were through their stream: once, after both stacks are deployed.

    .venv/bin/python -m infra.analytics.backfill TABLE STREAM

It reads the whole table once, and pays for it. Sent twice does no harm: the views take each fact once.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_kinesis import KinesisClient

_TOGETHER = 200
"""Of the 500 records, and 5 MB, that a call takes: a shard takes 1,000 in a second."""


def backfill(
    dynamodb: DynamoDBClient,
    kinesis: KinesisClient,
    table: str,
    stream: str,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Puts each event of the log on the stream as if it were new; returns how many there were."""
    sent = 0
    waiting: list[Any] = []
    for item in _log(dynamodb, table):
        keys = {"pk": item["pk"], "sk": item["sk"]}
        change = {"eventName": "INSERT", "dynamodb": {"Keys": keys, "NewImage": item}}
        waiting.append({"Data": json.dumps(change, ensure_ascii=False).encode(), "PartitionKey": item["pk"]["S"][:256]})
        sent += 1
        if len(waiting) == _TOGETHER:
            _put(kinesis, stream, waiting, sleep)
            waiting = []
    _put(kinesis, stream, waiting, sleep)
    return sent


def _log(dynamodb: DynamoDBClient, table: str) -> Iterator[Any]:
    pages = dynamodb.get_paginator("scan").paginate(
        TableName=table,
        FilterExpression="begins_with(pk, :ticket) AND (begins_with(sk, :event) OR begins_with(sk, :telling))",
        ExpressionAttributeValues={":ticket": {"S": "T#"}, ":event": {"S": "E#"}, ":telling": {"S": "V#"}},
    )
    for page in pages:
        yield from page["Items"]


def _put(kinesis: KinesisClient, stream: str, records: list[Any], sleep: Callable[[float], None]) -> None:
    while records:
        answer = kinesis.put_records(StreamName=stream, Records=records)
        # What a shard has no room for in this second is put in the next.
        records = [one for one, told in zip(records, answer["Records"], strict=True) if "ErrorCode" in told]
        if records:
            sleep(1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", help="TableName of the main stack")
    parser.add_argument("stream", help="StreamName of the analytics stack")
    given = parser.parse_args()
    print(backfill(boto3.client("dynamodb"), boto3.client("kinesis"), given.table, given.stream), "events")
