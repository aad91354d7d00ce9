"""The table's stream, new events: measure the tickets that they are of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from replyclock.adapters.caching import cached
from replyclock.adapters.clients import dynamodb_client, sqs_client
from replyclock.adapters.days import DynamoDays, noting
from replyclock.adapters.dynamodb import Table
from replyclock.adapters.faults import DynamoFaults
from replyclock.adapters.policies import DynamoPolicies
from replyclock.adapters.records import NewItem, in_turn, new_items
from replyclock.adapters.retention import DynamoRetention
from replyclock.adapters.runtime import Required, Settings, count_fault, count_refresh, make_logger, make_metrics, now
from replyclock.adapters.sqs import SqsTimers
from replyclock.adapters.tickets import DynamoTickets
from replyclock.domain.events import TicketKey
from replyclock.service.faults import SetAside, faulty_ticket
from replyclock.service.policies import CACHED_SECONDS, read_stored_policy
from replyclock.service.refresh import RefreshTicket


class Environment(Settings):
    """Settings."""

    table_name: Required
    timer_queue_url: Required


settings = Environment.read()
logger, metrics = make_logger(), make_metrics()
table = Table(dynamodb_client(), settings.table_name)
policies, faults = DynamoPolicies(table), DynamoFaults(table)
refresh = RefreshTicket(
    DynamoTickets(table),
    SqsTimers(sqs_client(), settings.timer_queue_url),
    cached(lambda: read_stored_policy(policies, count_fault), now, CACHED_SECONDS),
    now,
    touch=noting(DynamoDays(table), now),
    came_late=DynamoRetention(table).came_late,
    clear=faults.clear,
)
set_aside = SetAside(faults, now, count_fault)


@metrics.log_metrics
@logger.inject_lambda_context
def lambda_handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Records of the stream in, the sequence numbers of those that have to come again out."""
    tickets: dict[TicketKey, list[NewItem]] = {}
    for item in new_items(event, "E#", "V#"):
        tickets.setdefault(item.key, []).append(item)
    work = [(items[0].sequence_number, items) for items in tickets.values()]
    return in_turn(work, _measure, lambda items, error: set_aside(faulty_ticket(items[0].key), error))


def _measure(items: list[NewItem]) -> None:
    """Measure a ticket once for all of its new events."""
    count_refresh(metrics, refresh(items[0].key))
    measured_at = now()
    for item in items:
        if item.received_at is not None:
            metrics.add_metric("IngestLag", MetricUnit.Milliseconds, (measured_at - item.received_at) / 1000)
