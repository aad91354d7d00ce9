"""The table's stream, new ledger entries and notices: publish what is owed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias
from urllib.parse import quote

from aws_lambda_powertools.metrics import MetricUnit
from pydantic import PositiveInt

from replyclock.adapters.caching import Cached, cached
from replyclock.adapters.clients import dynamodb_client, sns_client
from replyclock.adapters.connections import DynamoConnections
from replyclock.adapters.dynamodb import Table
from replyclock.adapters.faults import DynamoFaults
from replyclock.adapters.feed import DynamoFeed
from replyclock.adapters.notices import DynamoNotices, DynamoStorms, new_notices
from replyclock.adapters.policies import DynamoPolicies
from replyclock.adapters.records import NewItem, in_turn, new_items
from replyclock.adapters.runtime import Required, Settings, count_fault, count_published, make_logger, make_metrics, now
from replyclock.adapters.sns import SnsPublisher
from replyclock.adapters.tickets import DynamoLedger, DynamoTickets
from replyclock.domain.events import TicketKey
from replyclock.presentation.alerts import Language
from replyclock.service.faults import SetAside, faulty_alert, faulty_notice
from replyclock.service.policies import CACHED_SECONDS, read_stored_policy
from replyclock.service.ports import NoticeName
from replyclock.service.publish import PublishAlert, PublishNotice

Work: TypeAlias = NewItem | tuple[NoticeName, str]
"""An alert; or a notice, and who claims it."""


class Environment(Settings):
    """Settings. Without `link_base` alerts have no links. `storm_limit`: see PublishAlert.most."""

    table_name: Required
    alert_topic_arn: Required
    smoke_topic_arn: Required
    link_base: str = ""
    storm_limit: PositiveInt


def link(key: TicketKey) -> str | None:
    """Where a person reads about the ticket."""
    return (
        "/".join([settings.link_base.rstrip("/"), *(quote(part, safe="") for part in key)])
        if settings.link_base
        else None
    )


def language(source: str) -> Language:
    """What the connection of that name says; English where it says nothing."""
    connection = connections.get(source)
    return "zh" if connection and connection.get("language") == "zh" else "en"


settings = Environment.read()
logger, metrics = make_logger(), make_metrics()
table = Table(dynamodb_client(), settings.table_name)
policies = DynamoPolicies(table)
connections = Cached(DynamoConnections(table).get, now, seconds=300)
publisher = SnsPublisher(sns_client(), settings.alert_topic_arn)
feed = DynamoFeed(table)
publish = PublishAlert(
    DynamoTickets(table),
    DynamoLedger(table),
    DynamoStorms(table),
    publisher,
    feed,
    cached(lambda: read_stored_policy(policies, count_fault), now, CACHED_SECONDS),
    now,
    link,
    language,
    settings.storm_limit,
    SnsPublisher(sns_client(), settings.smoke_topic_arn),
)
publish_notice = PublishNotice(DynamoNotices(table), publisher, feed, now, language)
set_aside = SetAside(DynamoFaults(table), now, count_fault)
METRICS = {"quiet": "AlertsQuiet", "summarized": "AlertsSummarized"}


@metrics.log_metrics
@logger.inject_lambda_context
def lambda_handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Records of the stream in, the sequence numbers of those that have to come again out."""
    alerts: list[tuple[str, Work]] = [(item.sequence_number, item) for item in new_items(event, "A#")]
    notices: list[tuple[str, Work]] = [(number, (name, number)) for number, name in new_notices(event)]
    return in_turn([*alerts, *notices], _publish, _set_aside)


def _publish(work: Work) -> None:
    told = (
        publish(work.key, work.sort_key, work.sequence_number) if isinstance(work, NewItem) else publish_notice(*work)
    )
    if told.status in METRICS:
        metrics.add_metric(METRICS[told.status], MetricUnit.Count, 1)
    count_published(told.levels)


def _set_aside(work: Work, error: Exception) -> None:
    thing = faulty_alert(work.key, work.sort_key) if isinstance(work, NewItem) else faulty_notice(work[0])
    set_aside(thing, error)
