"""Each minute: hand what falls due soon to the timer queue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from replyclock.adapters.clients import dynamodb_client, sqs_client
from replyclock.adapters.dynamodb import Table
from replyclock.adapters.runtime import Required, Settings, make_logger, make_metrics, now
from replyclock.adapters.sqs import SqsTimers
from replyclock.adapters.tickets import DynamoTickets
from replyclock.service.sweep import sweep_deadlines


class Environment(Settings):
    """Settings."""

    table_name: Required
    timer_queue_url: Required


settings = Environment.read()
logger, metrics = make_logger(), make_metrics()
tickets = DynamoTickets(Table(dynamodb_client(), settings.table_name))
timers = SqsTimers(sqs_client(), settings.timer_queue_url)


@metrics.log_metrics
@logger.inject_lambda_context
def lambda_handler(_event: Mapping[str, Any], _context: object) -> None:
    """A tick of the schedule; what it holds does not matter."""
    metrics.add_metric("TimersArmed", MetricUnit.Count, sweep_deadlines(tickets, timers, now))
