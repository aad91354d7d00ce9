"""Sizes of items and transactions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from infra.local.cloud import Cloud

KB = 1024


@pytest.fixture
def table(cloud: Cloud, name: str) -> str:
    cloud.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def put(table: str, pk: int, size: int) -> Any:
    """A put of an item of that many bytes."""
    pk_text = f"{pk:03}"
    return {"TableName": table, "Item": {"pk": {"S": pk_text}, "a": {"S": "x" * (size - len("pk") - 3 - len("a"))}}}


def test_an_item_is_no_larger_than_400_kb(cloud: Cloud, table: str, refused: Callable[[str], Any]) -> None:
    client = cloud.client("dynamodb")
    client.put_item(**put(table, 1, 400 * KB))
    with refused("ValidationException"):
        client.put_item(**put(table, 1, 400 * KB + 1))
    with refused("ValidationException"):
        client.update_item(
            TableName=table,
            Key={"pk": {"S": "001"}},
            UpdateExpression="SET b = :b",
            ExpressionAttributeValues={":b": {"S": "x"}},
        )


def test_a_transaction_has_at_most_100_items(cloud: Cloud, table: str, refused: Callable[[str], Any]) -> None:
    client = cloud.client("dynamodb")
    items = [{"Put": put(table, number, 10)} for number in range(101)]
    client.transact_write_items(TransactItems=items[:100])
    with refused("ValidationException"):
        client.transact_write_items(TransactItems=items)


def test_a_transaction_is_no_larger_than_4_mb(cloud: Cloud, table: str, refused: Callable[[str], Any]) -> None:
    client = cloud.client("dynamodb")
    items = [{"Put": put(table, number, 380 * KB)} for number in range(11)]
    client.transact_write_items(TransactItems=items[:10])
    with refused("ValidationException"):
        client.transact_write_items(TransactItems=items)
