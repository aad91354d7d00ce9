"""The real template on a local cloud of its own: started once, for all tests of this folder."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from infra.local.api import Api, Reply, now, signed, wait_for
from infra.local.cloud import running
from infra.local.connections import connect, keep
from infra.local.deploy import Deployment, deploy
from infra.local.inbox import Delivery, Inbox
from replyclock.domain.events import TicketKey
from replyclock.domain.instants import SECOND, parse_instant
from replyclock.sources.base import Connection

PROMISED_LAG = 2.0
"""Seconds within which a broken promise has to be noticed."""
MEASURED_WITHIN = 15 * SECOND
"""How long a first event may take through functions that have to start first, on a busy machine."""

WANTED = {"ReconcileEvery": "1440", "RetentionDays": "180"}
"""So that the functions are there that are deployed only where they are wanted; once a day by themselves."""

CONNECTIONS = (
    Connection(name="zendesk", provider="zendesk", attributes={"tier": "detail.external_id"}),
    Connection(name="github", provider="github", attributes={"tier": "repository.custom_properties.tier"}),
    Connection(name="desk", provider="generic", tenant="acme"),
    *(
        Connection(name=f"{provider}-{n}", provider=provider)
        for provider in ("zendesk", "github", "generic")
        for n in (1, 2, 3)
    ),
)


@dataclass
class System:
    """The deployed system, with the secrets of its connections and what people got."""

    deployment: Deployment
    api: Api
    secrets: Mapping[str, str]
    _inbox: Inbox
    _deliveries: list[Delivery] = field(default_factory=list)

    def send(
        self,
        connection: str,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        *,
        secret: str | None = None,
        at: int | None = None,
    ) -> Reply:
        """Send a webhook as its tool signs it; or with another secret, or at another time."""
        provider = next(one.provider for one in CONNECTIONS if one.name == connection)
        signature = signed(provider, body, self.secrets[connection] if secret is None else secret, at)
        return self.api.post_webhook(connection, body, {**(headers or {}), **signature})

    def deliveries(self, key: TicketKey) -> list[Delivery]:
        """The mails and SMS about a ticket so far."""
        self._deliveries += self._inbox.new()
        ticket = self.api.ticket(key)
        alerts = {alert["alert_id"]: alert for alert in ticket["alerts"]} if ticket else {}
        return [one for one in self._deliveries if one.alert_id in alerts]

    def wait_for_delivery(self, key: TicketKey, protocol: str, level: str, until: int) -> Delivery:
        """The first mail or SMS of that level about a ticket. It has to come until then."""

        def look() -> Delivery | None:
            found = (
                one for one in self.deliveries(key) if (one.protocol, one.attributes["level"]) == (protocol, level)
            )
            return next(found, None)

        found = wait_for(look, (until - now()) / SECOND)
        assert found is not None, f"no {protocol} about the {level} of {key}"
        return found

    def wait_until_measured(self, key: TicketKey) -> None:
        """Until the state of a ticket has been written."""
        table = self.deployment.outputs["TableName"]
        item = {"pk": {"S": f"T#{'#'.join(key)}"}, "sk": {"S": "STATE"}}
        database = self.deployment.cloud.client("dynamodb")
        assert wait_for(lambda: database.get_item(TableName=table, Key=item).get("Item"), MEASURED_WITHIN / SECOND), (
            f"{key} is not measured"
        )

    def quarantined(self, connection: str) -> list[dict[str, Any]]:
        """What is kept of bodies that could not be read."""
        found: list[dict[str, Any]] = self.deployment.cloud.client("dynamodb").query(
            TableName=self.deployment.outputs["TableName"],
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": f"Q#{connection}"}},
        )["Items"]
        return found

    def configure(self, connection: Connection) -> None:
        """Store a connection as it is."""
        keep(self.deployment, connection)


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with running(tmp_path_factory.mktemp("cloud")) as cloud:
        deployment = deploy(cloud, given=WANTED)
        yield System(
            deployment, Api(deployment.api, deployment.token), connect(deployment, CONNECTIONS), Inbox(cloud.inbox)
        )


@pytest.fixture
def ticket() -> str:
    """A ticket's id that no other test has."""
    return uuid.uuid4().hex[:12]


@pytest.fixture
def seconds_between() -> Callable[[str, str], float]:
    return lambda first, second: (parse_instant(second) - parse_instant(first)) / SECOND


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("e2e")
