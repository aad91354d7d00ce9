"""Every five minutes: owe the digests that have fallen due, build the facts of days anew, evaluate whole days, weeks
and months, and see whether everybody who is subscribed gets what is published.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from replyclock.adapters.caching import cached
from replyclock.adapters.clients import dynamodb_client, s3_client, sns_client
from replyclock.adapters.days import DynamoDays
from replyclock.adapters.dynamodb import Table
from replyclock.adapters.facts import S3Facts
from replyclock.adapters.faults import DynamoFaults
from replyclock.adapters.notices import DynamoNotices
from replyclock.adapters.policies import DynamoPolicies
from replyclock.adapters.runtime import Required, Settings, count_fault, make_logger, make_metrics, now
from replyclock.adapters.s3 import S3Documents
from replyclock.adapters.subscriptions import silent_subscriptions
from replyclock.adapters.tickets import DynamoTickets
from replyclock.domain.instants import SECOND
from replyclock.service.compile import CompileFacts
from replyclock.service.digest import OweDigests
from replyclock.service.evaluate import OweEvaluations
from replyclock.service.faults import SetAside
from replyclock.service.policies import CACHED_SECONDS, read_stored_policy


class Environment(Settings):
    """Settings."""

    table_name: Required
    documents_bucket: Required
    alert_topic_arn: Required


settings = Environment.read()
logger, metrics = make_logger(), make_metrics()
table = Table(dynamodb_client(), settings.table_name)
topics = sns_client()
policies = DynamoPolicies(table)
tickets = DynamoTickets(table)
policy = cached(lambda: read_stored_policy(policies, count_fault), now, CACHED_SECONDS)
days, notices, faults = DynamoDays(table), DynamoNotices(table), DynamoFaults(table)
set_aside = SetAside(faults, now, count_fault)
owe_digests = OweDigests(tickets, notices, policy, now, set_aside)
facts = S3Facts(s3_client(), settings.documents_bucket)
compile_facts = CompileFacts(days, facts, tickets, tickets, policy, now, faults, set_aside)
documents = S3Documents(s3_client(), settings.documents_bucket)
owe_evaluations = OweEvaluations(facts, notices, documents, policy, now, set_aside)
BUILDING = 200 * SECOND
"""For this long tickets are read; the next tick goes on with what is left."""


@metrics.log_metrics
@logger.inject_lambda_context
def lambda_handler(_event: Mapping[str, Any], _context: object) -> None:
    """A tick of the schedule; what it holds does not matter. Whatever of it fails, the rest is done all the same."""
    try:
        metrics.add_metric("DigestsOwed", MetricUnit.Count, owe_digests())
    finally:
        try:
            _compile()
        finally:
            silent = silent_subscriptions(topics, settings.alert_topic_arn)
            metrics.add_metric("SubscriptionsSilent", MetricUnit.Count, silent)


def _compile() -> None:
    compiled = compile_facts(now() + BUILDING)
    metrics.add_metric("DaysBuilt", MetricUnit.Count, compiled.built)
    metrics.add_metric("EvaluationsOwed", MetricUnit.Count, owe_evaluations(compiled.known_until))
