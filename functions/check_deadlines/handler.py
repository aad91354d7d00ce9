"""The timer queue: look at tickets at the second at which something of them falls due."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from replyclock.adapters.caching import cached
from replyclock.adapters.clients import dynamodb_client, sqs_client
from replyclock.adapters.days import DynamoDays, noting
from replyclock.adapters.dynamodb import Table
from replyclock.adapters.faults import DynamoFaults
from replyclock.adapters.notices import DynamoStorms
from replyclock.adapters.policies import DynamoJudgings, DynamoPolicies
from replyclock.adapters.records import in_turn, received_timers
from replyclock.adapters.runtime import Required, Settings, count_fault, count_refresh, make_logger, make_metrics, now
from replyclock.adapters.sqs import SqsTimers
from replyclock.adapters.tickets import DynamoTickets
from replyclock.service.check import CheckDeadline
from replyclock.service.faults import SetAside, faulty_timer
from replyclock.service.policies import CACHED_SECONDS, read_stored_policy
from replyclock.service.ports import AnyTimer
from replyclock.service.refresh import RefreshTicket
from replyclock.service.storm import SumUpStorm


class Environment(Settings):
    """Settings."""

    table_name: Required
    timer_queue_url: Required


settings = Environment.read()
logger, metrics = make_logger(), make_metrics()
table = Table(dynamodb_client(), settings.table_name)
tickets, policies, faults = DynamoTickets(table), DynamoPolicies(table), DynamoFaults(table)
timers = SqsTimers(sqs_client(), settings.timer_queue_url)
refresh = RefreshTicket(
    tickets,
    timers,
    cached(lambda: read_stored_policy(policies, count_fault), now, CACHED_SECONDS),
    now,
    touch=noting(DynamoDays(table), now),
    by_events=False,
    clear=faults.clear,
)
sum_up = SumUpStorm(DynamoStorms(table), now)
check = CheckDeadline(refresh, sum_up, timers, tickets, DynamoJudgings(table), now, faulty=faults.faulty_tickets)
set_aside = SetAside(faults, now, count_fault)


@metrics.log_metrics
@logger.inject_lambda_context
def lambda_handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Messages of the queue in, the ids of those that have to come again out."""
    received, unreadable = received_timers(event)
    return in_turn(received, lambda timer: count_refresh(metrics, check(timer)), _set_aside, failed=unreadable)


def _set_aside(timer: AnyTimer, error: Exception) -> None:
    """Raises the error where it is of no single thing: the message comes again."""
    thing = faulty_timer(timer)
    if thing is None:
        raise error
    set_aside(thing, error)
