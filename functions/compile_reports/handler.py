"""Every five minutes: owe the digests that have fallen due."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from replyclock.adapters.clients import dynamodb_client
from replyclock.adapters.dynamodb import Table
from replyclock.adapters.policies import DynamoPolicies
from replyclock.adapters.runtime import Required, Settings, make_logger, make_metrics, now
from replyclock.adapters.storms import DynamoNotices
from replyclock.adapters.tickets import DynamoTickets
from replyclock.service.digest import OweDigests
from replyclock.service.policies import read_stored_policy


class Environment(Settings):
    """Settings."""

    table_name: Required


settings = Environment.read()
logger, metrics = make_logger(), make_metrics()
table = Table(dynamodb_client(), settings.table_name)
policies = DynamoPolicies(table)
owe_digests = OweDigests(DynamoTickets(table), DynamoNotices(table), lambda: read_stored_policy(policies), now)


@metrics.log_metrics
@logger.inject_lambda_context
def lambda_handler(_event: Mapping[str, Any], _context: object) -> None:
    """A tick of the schedule; what it holds does not matter."""
    metrics.add_metric("DigestsOwed", MetricUnit.Count, owe_digests())
