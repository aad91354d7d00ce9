"""The stores that the tests of adapters and use cases run against: moto in this process, and Amazon's own engine."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import yaml
from botocore.config import Config
from moto import mock_aws

from replyclock.adapters.dynamodb import Table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ROOT = Path(__file__).resolve().parents[2]
REGION = "us-east-1"


class _Template(yaml.SafeLoader):
    """Reads the template's structure; what its functions stand for does not matter here."""


_Template.add_multi_constructor("!", lambda loader, suffix, node: None)


@cache
def table_definition() -> dict[str, Any]:
    """The table as the template makes it, so that tests cannot drift from what is deployed."""
    with (ROOT / "template.yaml").open() as file:
        properties = yaml.load(file, Loader=_Template)["Resources"]["Table"]["Properties"]  # noqa: S506
    wanted = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    return {name: properties[name] for name in wanted} | {
        "StreamSpecification": {"StreamEnabled": True, **properties["StreamSpecification"]}
    }


@dataclass
class Store:
    """A table of its own in one of the engines. `spent` sums the capacity units by what they were spent on."""

    client: DynamoDBClient
    name: str = field(default_factory=lambda: f"t-{uuid.uuid4().hex[:12]}")
    spent: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.client.create_table(TableName=self.name, **table_definition())

    @property
    def table(self) -> Table:
        return Table(self.client, self.name)

    def items(self) -> list[dict[str, Any]]:
        pages = self.client.get_paginator("scan").paginate(TableName=self.name, ConsistentRead=True)
        return [dict(item) for page in pages for item in page["Items"]]

    def count_capacity(self) -> None:
        """From now on ask the engine what each call costs."""
        events = self.client.meta.events
        events.register("provide-client-params.dynamodb.*", _ask_capacity)
        events.register("after-call.dynamodb.*", self._count)

    def _count(self, parsed: Mapping[str, Any], **_: object) -> None:
        consumed = parsed.get("ConsumedCapacity", [])
        for one in consumed if isinstance(consumed, list) else [consumed]:
            self._add("table", one.get("Table", {}))
            for name, index in one.get("GlobalSecondaryIndexes", {}).items():
                self._add(name, index)

    def _add(self, name: str, spent: Mapping[str, float]) -> None:
        units = spent.get("CapacityUnits", 0.0)
        if units:
            self.spent[name] = self.spent.get(name, 0.0) + units


def _ask_capacity(params: dict[str, Any], **_: object) -> None:
    params["ReturnConsumedCapacity"] = "INDEXES"


@contextmanager
def moto_in_process() -> Iterator[None]:
    """AWS as moto plays it. No account and no region of the machine is in reach meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        patch.setenv("AWS_ACCOUNT_ID_ENDPOINT_MODE", "disabled")
        # A session loads the models of its services anew, which takes longer than most tests: all share one.
        with mock_aws(config={"core": {"reset_boto3_session": False}}):
            yield


def local_client(address: str) -> DynamoDBClient:
    config = Config(connect_timeout=1, read_timeout=20, retries={"total_max_attempts": 1})
    return boto3.client(
        "dynamodb",
        endpoint_url=address,
        config=config,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
