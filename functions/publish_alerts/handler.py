"""The table's stream, new ledger entries: publish the alerts that are owed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from aws_lambda_powertools.metrics import MetricUnit

from replyclock.adapters.caching import Cached, cached
from replyclock.adapters.clients import dynamodb_client, sns_client
from replyclock.adapters.connections import DynamoConnections
from replyclock.adapters.dynamodb import Table
from replyclock.adapters.policies import DynamoPolicies
from replyclock.adapters.records import NewItem, in_turn, new_items
from replyclock.adapters.runtime import Required, Settings, make_logger, make_metrics, now
from replyclock.adapters.sns import SnsPublisher
from replyclock.adapters.tickets import DynamoLedger, DynamoTickets
from replyclock.domain.events import TicketKey
from replyclock.presentation.alerts import Language
from replyclock.service.policies import CACHED_SECONDS, read_stored_policy
from replyclock.service.publish import PublishAlert


class Environment(Settings):
    """Settings. Without `link_base` alerts have no links."""

    table_name: Required
    alert_topic_arn: Required
    link_base: str = ""


def link(key: TicketKey) -> str | None:
    """Where a person reads about the ticket."""
    return (
        "/".join([settings.link_base.rstrip("/"), *(quote(part, safe="") for part in key)])
        if settings.link_base
        else None
    )


def language(key: TicketKey) -> Language:
    """What the ticket's connection says; English where it says nothing."""
    connection = connections.get(key[1])
    return "zh" if connection and connection.get("language") == "zh" else "en"


settings = Environment.read()
logger, metrics = make_logger(), make_metrics()
table = Table(dynamodb_client(), settings.table_name)
policies = DynamoPolicies(table)
connections = Cached(DynamoConnections(table).get, now, seconds=300)
publish = PublishAlert(
    DynamoTickets(table),
    DynamoLedger(table),
    SnsPublisher(sns_client(), settings.alert_topic_arn),
    cached(lambda: read_stored_policy(policies), now, CACHED_SECONDS),
    now,
    link,
    language,
)
METRICS = {"sent": "AlertsPublished", "quiet": "AlertsQuiet"}


@metrics.log_metrics
@logger.inject_lambda_context
def lambda_handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Records of the stream in, the sequence numbers of those that have to come again out."""
    return in_turn([(item.sequence_number, item) for item in new_items(event, "A#")], _publish)


def _publish(item: NewItem) -> None:
    outcome = publish(item.key, item.sort_key, claimant=item.sequence_number)
    if outcome in METRICS:
        metrics.add_metric(METRICS[outcome], MetricUnit.Count, 1)
