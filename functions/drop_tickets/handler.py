"""Each day, where retention is limited: drop the logs of tickets that ended long enough ago."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from replyclock.adapters.archive import DynamoArchive
from replyclock.adapters.caching import cached
from replyclock.adapters.clients import dynamodb_client, s3_client
from replyclock.adapters.days import DynamoDays
from replyclock.adapters.dynamodb import Table
from replyclock.adapters.facts import S3Facts
from replyclock.adapters.faults import DynamoFaults
from replyclock.adapters.policies import DynamoPolicies
from replyclock.adapters.retention import DynamoRetention
from replyclock.adapters.runtime import Required, Settings, count_fault, count_looked, make_logger, make_metrics, now
from replyclock.adapters.tickets import DynamoTickets
from replyclock.domain.instants import DAY, SECOND
from replyclock.service.drop import LEAST_AGE, RATE, DropTickets
from replyclock.service.faults import SetAside
from replyclock.service.history import Pace
from replyclock.service.policies import CACHED_SECONDS, read_stored_policy


class Environment(Settings):
    """Settings."""

    table_name: Required
    documents_bucket: Required
    retention_days: Annotated[int, Field(ge=LEAST_AGE // DAY)]


settings = Environment.read()
logger, metrics = make_logger(), make_metrics()
table = Table(dynamodb_client(), settings.table_name)
tickets, policies = DynamoTickets(table), DynamoPolicies(table)
drop = DropTickets(
    DynamoArchive(table),
    tickets,
    tickets,
    DynamoDays(table),
    S3Facts(s3_client(), settings.documents_bucket),
    DynamoRetention(table),
    cached(lambda: read_stored_policy(policies, count_fault), now, CACHED_SECONDS),
    now,
    Pace(RATE, now, time.sleep).wait,
    SetAside(DynamoFaults(table), now, count_fault),
)
DROPPING = 800 * SECOND
"""For this long tickets are looked at; the next tick goes on with what is left."""


@metrics.log_metrics
@logger.inject_lambda_context
def lambda_handler(_event: Mapping[str, Any], _context: object) -> None:
    """A tick of the schedule; what it holds does not matter."""
    begun = now()
    fates: Counter[str] = Counter()
    try:
        for looked in drop.go_on(begun // DAY * DAY - settings.retention_days * DAY, begun + DROPPING):
            fates[looked.fate] += 1
    finally:
        # What was done before the store failed is done.
        count_looked(metrics, fates)
        logger.info("retention went over tickets", extra={"fates": dict(fates)})
