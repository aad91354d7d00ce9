"""POST /webhooks/{connection}: take a webhook in; and what a partner event bus hands over."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit, single_metric

from replyclock.adapters.caching import Cached
from replyclock.adapters.clients import dynamodb_client, secrets_client
from replyclock.adapters.connections import DynamoConnections
from replyclock.adapters.dynamodb import Table
from replyclock.adapters.event_log import DynamoEventLog, DynamoQuarantine
from replyclock.adapters.runtime import Required, Settings, make_logger, make_metrics, now
from replyclock.adapters.secrets import SecretsManagerSecrets
from replyclock.domain.errors import ReplyclockError, StoreUnavailable, Unauthenticated, UnknownConnection
from replyclock.service.receive import Receipt, ReceiveWebhook, TooLarge
from replyclock.sources.base import Answer, Headers, Webhook


class Environment(Settings):
    """Settings."""

    table_name: Required
    stage: Required


settings = Environment.read()
logger, metrics = make_logger(), make_metrics()
table = Table(dynamodb_client(), settings.table_name)
receive = ReceiveWebhook(
    # A connection that was not there may be configured the next moment; a secret is not asked for at every forgery.
    Cached(DynamoConnections(table).get, now, seconds=30, seconds_missing=0),
    Cached(SecretsManagerSecrets(secrets_client()).get, now, seconds=300, seconds_missing=10),
    DynamoEventLog(table),
    DynamoQuarantine(table),
    now,
    settings.stage,
)
# Whatever is wrong with a webhook, the answer does not say more than this.
REFUSALS: Mapping[type[ReplyclockError], tuple[int, str]] = {
    Unauthenticated: (401, "not authenticated"),
    UnknownConnection: (404, "no such connection"),
    TooLarge: (413, "larger than 1 MiB"),
    StoreUnavailable: (503, "not stored: send it again"),
}


@metrics.log_metrics
@logger.inject_lambda_context
def lambda_handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """An HTTP API event (payload 2.0) in, its response out; or what the rule of a partner event bus sends.

    Which of the two it is, the gateway says, not the caller: it puts all that a caller sends below names of its own,
    and a request context beside them.
    """
    if "requestContext" not in event:
        return _from_bus(event)
    connection = event["pathParameters"]["connection"]
    try:
        outcome = receive(connection, _webhook(event))
    except tuple(REFUSALS) as refusal:
        status, text = next(answer for kind, answer in REFUSALS.items() if isinstance(refusal, kind))
        logger.warning("refused", extra={"connection": connection[:100], "status": status, "why": str(refusal)})
        with single_metric(name="WebhooksRefused", unit=MetricUnit.Count, value=1) as metric:
            metric.add_dimension("reason", type(refusal).__name__)
        return _json(status, {"error": text})
    if isinstance(outcome, Answer):
        body = base64.b64encode(outcome.body).decode()
        return {"statusCode": outcome.status, "headers": dict(outcome.headers), "body": body, "isBase64Encoded": True}
    return _json(202, _counted(outcome))


def _from_bus(event: Mapping[str, Any]) -> dict[str, Any]:
    """`connection` and `event`, an EventBridge event. What cannot be taken in is raised: Lambda tries again, and in the
    end hands it over to a queue.
    """
    body = json.dumps(event["event"]).encode()
    return _counted(receive.trusted(event["connection"], Webhook(body, Headers(), now())))


def _webhook(event: Mapping[str, Any]) -> Webhook:
    body, http = event.get("body") or "", event["requestContext"]
    try:
        raw = base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()
    except ValueError:
        # Neither is what a gateway hands over; no signature is right for these bytes, and nothing else is decided here.
        raw = body.encode("utf-8", "surrogatepass")
    url = f"https://{http.get('domainName', '')}{event['rawPath']}"
    return Webhook(raw, Headers(event.get("headers")), now(), http["http"]["method"], url)


def _counted(receipt: Receipt) -> dict[str, Any]:
    metrics.add_metric("EventsAccepted", MetricUnit.Count, receipt.accepted)
    metrics.add_metric("EventsDuplicate", MetricUnit.Count, receipt.duplicates)
    metrics.add_metric("EventsQuarantined", MetricUnit.Count, receipt.quarantined)
    metrics.add_metric("UnknownStatuses", MetricUnit.Count, receipt.unknown_statuses)
    metrics.add_metric("UnnamedGroups", MetricUnit.Count, receipt.unnamed_groups)
    return {"accepted": receipt.accepted, "duplicates": receipt.duplicates, "quarantined": receipt.quarantined}


def _json(status: int, body: object) -> dict[str, Any]:
    return {"statusCode": status, "headers": {"content-type": "application/json"}, "body": json.dumps(body)}
