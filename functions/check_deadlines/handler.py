"""The timer queue: look at tickets at the second at which something of them falls due."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from replyclock.adapters.caching import cached
from replyclock.adapters.clients import dynamodb_client, sqs_client
from replyclock.adapters.dynamodb import Table
from replyclock.adapters.notices import DynamoStorms
from replyclock.adapters.policies import DynamoJudgings, DynamoPolicies
from replyclock.adapters.records import in_turn, received_timers
from replyclock.adapters.runtime import Required, Settings, count_refresh, make_logger, make_metrics, now
from replyclock.adapters.sqs import SqsTimers
from replyclock.adapters.tickets import DynamoTickets
from replyclock.service.check import CheckDeadline
from replyclock.service.policies import CACHED_SECONDS, read_stored_policy
from replyclock.service.refresh import RefreshTicket
from replyclock.service.storm import SumUpStorm


class Environment(Settings):
    """Settings."""

    table_name: Required
    timer_queue_url: Required


settings = Environment.read()
logger, metrics = make_logger(), make_metrics()
table = Table(dynamodb_client(), settings.table_name)
tickets, policies = DynamoTickets(table), DynamoPolicies(table)
timers = SqsTimers(sqs_client(), settings.timer_queue_url)
refresh = RefreshTicket(tickets, timers, cached(lambda: read_stored_policy(policies), now, CACHED_SECONDS), now)
sum_up = SumUpStorm(DynamoStorms(table), now)
check = CheckDeadline(refresh, sum_up, timers, tickets, DynamoJudgings(table), now)


@metrics.log_metrics
@logger.inject_lambda_context
def lambda_handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Messages of the queue in, the ids of those that have to come again out."""
    received, unreadable = received_timers(event)
    return in_turn(received, lambda timer: count_refresh(metrics, check(timer)), failed=unreadable)
