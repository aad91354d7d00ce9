"""Every so many minutes, where that is wanted: ask the tools what changed, and append what their webhooks missed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from replyclock.adapters.clients import dynamodb_client, secrets_client
from replyclock.adapters.connections import DynamoConnections, DynamoGroupNames, DynamoLooks
from replyclock.adapters.dynamodb import Table
from replyclock.adapters.event_log import DynamoEventLog
from replyclock.adapters.faults import DynamoFaults
from replyclock.adapters.runtime import Required, Settings, count_fault, count_look, make_logger, make_metrics, now
from replyclock.adapters.secrets import SecretsManagerSecrets
from replyclock.adapters.tickets import DynamoTickets
from replyclock.adapters.tool_api import ToolApi
from replyclock.domain.instants import SECOND
from replyclock.service.faults import SetAside
from replyclock.service.reconcile import ReconcileSource, reconcile_all


class Environment(Settings):
    """Settings."""

    table_name: Required


settings = Environment.read()
logger, metrics = make_logger(), make_metrics()
table = Table(dynamodb_client(), settings.table_name)
connections, looks, faults = DynamoConnections(table), DynamoLooks(table), DynamoFaults(table)
reconcile = ReconcileSource(
    DynamoEventLog(table),
    DynamoTickets(table),
    looks,
    DynamoGroupNames(table),
    SecretsManagerSecrets(secrets_client()),
    lambda url, headers, deadline: ToolApi(url, headers, deadline, now, time.sleep),
    now,
    faults,
    SetAside(faults, now, count_fault),
)
LOOKING = 240 * SECOND
"""For this long the tools are asked; the next tick goes on with what is left."""


@metrics.log_metrics
@logger.inject_lambda_context
def lambda_handler(_event: Mapping[str, Any], _context: object) -> None:
    """A tick of the schedule; what it holds does not matter."""
    for connection, look in reconcile_all(connections, looks, reconcile, now() + LOOKING):
        count_look(connection.provider, sum(look.missed.values()), failed=look.failed is not None)
        told = {"connection": connection.name, "tickets": look.tickets, "missed": look.missed, "older": look.older}
        told |= {"unreadable": look.unreadable, "finished": look.finished}
        if look.failed is None:
            logger.info("a source was reconciled", extra=told)
        else:
            logger.warning("a source could not be reconciled", extra={**told, "reason": look.failed})
