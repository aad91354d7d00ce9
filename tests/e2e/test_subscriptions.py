"""The stacks beside the system, on the local cloud: each message to those whose filter it fits, and to nobody else.

MiniStack honours filter policies, lists of strings and `exists` among them, and makes both stacks with their transform.
What it lacks: an HTTPS subscription is made and waits for its confirmation, which needs an endpoint that the world can
see, so that only its filter is looked at here; and no alarm ever goes off, since functions' metrics stay in their logs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from infra.local.api import now, wait_for
from infra.local.deploy import ROOT, STAGE
from infra.local.inbox import Delivery, Inbox
from replyclock.adapters.sns import SnsPublisher
from replyclock.domain.instants import SECOND
from replyclock.service.ports import AlertMessage, FaultKind
from replyclock.sources.changes import providers_with_changes

from .bodies import CUSTOMER, body
from .conftest import MEASURED_WITHIN, System

LEAD = "lead@example.com"
MANAGER = "+15555550111"
# Nothing listens there.
WEBHOOK = "https://127.0.0.1:9/alerts"
MOST_ATTRIBUTES = 10
"""Of a raw message to a queue: SNS throws away one that has more."""


@contextmanager
def deployed(system: System, name: str, stack: str, **parameters: str) -> Iterator[dict[str, str]]:
    """The template as a stack, while the block lasts; the physical ids of its resources."""
    cloudformation = system.deployment.cloud.client("cloudformation")
    cloudformation.create_stack(
        StackName=stack,
        TemplateBody=(ROOT / "infra" / f"{name}.yaml").read_text(encoding="utf-8"),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_AUTO_EXPAND"],
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    try:
        resources = cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
        yield {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in resources}
    finally:
        # The system is all tests': nobody else is to be told of theirs.
        cloudformation.delete_stack(StackName=stack)
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})


class Told:
    """Who the stack's subscriptions told."""

    def __init__(self, system: System, queue_url: str, subscriptions: dict[str, str]) -> None:
        self.subscriptions = subscriptions
        self._sqs = system.deployment.cloud.client("sqs")
        self._queue_url = queue_url
        self._inbox = Inbox(system.deployment.cloud.inbox)
        self._deliveries: list[Delivery] = []
        self._queued: list[dict[str, Any]] = []

    def people(self, alert_id: str) -> list[Delivery]:
        """The mails and SMS."""
        self._deliveries += self._inbox.new()
        return [one for one in self._deliveries if one.alert_id == alert_id and one.to in (LEAD, MANAGER)]

    def queued(self, alert_id: str) -> list[dict[str, Any]]:
        """The messages in the queue."""
        while True:
            answer = self._sqs.receive_message(
                QueueUrl=self._queue_url, MessageAttributeNames=["All"], MaxNumberOfMessages=10
            )
            if "Messages" not in answer:
                break
            self._queued += answer["Messages"]
        return [one for one in self._queued if json.loads(one["Body"])["alert_id"] == alert_id]


@pytest.fixture(scope="module")
def told(system: System) -> Iterator[Told]:
    sqs, topic = system.deployment.cloud.client("sqs"), system.deployment.outputs["TopicArn"]
    url = sqs.create_queue(QueueName="of-the-team")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    # As the template tells the queue's owner.
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    names = {"LeadEmail": LEAD, "ManagerPhone": MANAGER, "Webhook": WEBHOOK, "Queue": arn}
    try:
        with deployed(system, "subscriptions", "team", Stage=STAGE, WebhookLevels="breach, digest", **names) as made:
            yield Told(system, url, made)
    finally:
        sqs.delete_queue(QueueUrl=url)


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"level": "warning", "notify": ("team",)}, []),
        ({"level": "warning", "notify": ("team", "lead")}, []),
        ({"level": "breach", "notify": ("team",)}, []),
        ({"level": "breach", "notify": ("team", "lead")}, [LEAD]),
        ({"level": "breach", "notify": ()}, [LEAD]),
        ({"level": "reminder", "notify": ("lead",)}, [LEAD]),
        ({"level": "escalation", "notify": ("manager",)}, [MANAGER]),
        ({"level": "correction", "notify": ("team", "lead")}, [MANAGER, LEAD]),
        ({"level": "digest", "kind": "digest", "notify": ()}, [LEAD]),
        ({"level": "evaluation", "kind": "evaluation", "notify": ()}, [LEAD]),
        ({"level": ("breach", "warning"), "kind": "summary", "notify": ("lead", "team")}, [LEAD]),
        ({"level": ("escalation", "warning"), "kind": "summary", "notify": ("manager",)}, [MANAGER]),
        ({"level": ("warning",), "kind": "summary", "notify": ("lead",)}, []),
    ],
)
def test_each_gets_what_is_theirs(
    system: System, told: Told, ticket: str, attributes: dict[str, str | tuple[str, ...]], expected: list[str]
) -> None:
    topic = SnsPublisher(system.deployment.cloud.client("sns"), system.deployment.outputs["TopicArn"])
    document = {"alert_id": ticket}
    topic.publish(
        AlertMessage("subject", "mail", "short", document, {"alert_id": ticket, "kind": "alert", **attributes})
    )
    came = told.people(ticket)
    assert sorted(one.to for one in came) == expected
    # Each in the form that is theirs, and after the name that SNS puts before an SMS.
    assert {one.to: one.text for one in came}.items() <= {LEAD: "mail", MANAGER: "REPLYCLOCK> short"}.items()
    # To the queue goes everything, as it is.
    [message] = told.queued(ticket)
    assert json.loads(message["Body"]) == document


def test_a_real_alert_reaches_the_lead_and_the_queue(system: System, told: Told, ticket: str) -> None:
    key = ("acme", "desk", ticket)
    attributes = {"channel": "phone", "tier": "vip", "service_type": "urgent"}
    opened = body(
        ticket,
        now() - 3600 * SECOND,
        "ticket.created",
        actor=CUSTOMER,
        attributes=attributes,
        # What no filter would let through as it is.
        group='Night "EU" \\ DE',
        message={"id": "m0", "visibility": "public"},
    )
    assert system.send("desk", opened).status == 202
    mail = system.wait_for_delivery(key, "email", "breach", until=now() + MEASURED_WITHIN)
    assert wait_for(lambda: told.people(mail.alert_id), MEASURED_WITHIN / SECOND)
    [mine] = told.people(mail.alert_id)
    assert (mine.to, mine.subject, mine.text) == (LEAD, mail.subject, mail.text)
    [message] = told.queued(mail.alert_id)
    document = json.loads(message["Body"])
    assert (document["ticket"], document["group"]) == (ticket, 'Night "EU" \\ DE')
    given = {name: one["StringValue"] for name, one in message["MessageAttributes"].items()}
    assert given.items() >= {"level": "breach", "tenant": "acme", **attributes}.items()
    # Even one that names somebody, of a ticket that somebody has.
    assert len({*given, "notify", "group", "assignee"}) == MOST_ATTRIBUTES


def test_a_webhook_gets_the_levels_that_were_asked_for(system: System, told: Told) -> None:
    arn = told.subscriptions["WebhookSubscription"]
    found = system.deployment.cloud.client("sns").get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert json.loads(found["FilterPolicy"]) == {"form": ["json"], "level": ["breach", "digest"]}


def test_nobody_has_to_be_named(system: System) -> None:
    with deployed(system, "subscriptions", "nobody", Stage=STAGE) as made:
        assert made.keys() == {"Nobody"}


def test_alarms_watch_what_was_deployed(system: System) -> None:
    cloud = system.deployment.cloud
    with deployed(system, "alarms", "operations", Stage=STAGE, OperatorEmail="operators@example.com"):
        alarms = cloud.client("cloudwatch").describe_alarms(MaxRecords=100)["MetricAlarms"]
        [board] = cloud.client("cloudwatch").list_dashboards()["DashboardEntries"]
        body = cloud.client("cloudwatch").get_dashboard(DashboardName=board["DashboardName"])["DashboardBody"]
    table = cloud.client("dynamodb").describe_table(TableName=system.deployment.outputs["TableName"])["Table"]
    there: dict[str, set[str]] = {
        "service": {f"replyclock-{STAGE}"},
        "provider": set(providers_with_changes()),
        "kind": {str(kind) for kind in FaultKind},
        "FunctionName": {one["FunctionName"] for one in cloud.client("lambda").list_functions()["Functions"]},
        "QueueName": {url.rpartition("/")[2] for url in cloud.client("sqs").list_queues()["QueueUrls"]},
        "TableName": {table["TableName"]},
        "GlobalSecondaryIndexName": {one["IndexName"] for one in table["GlobalSecondaryIndexes"]},
    }
    watched = {(one["Name"], one["Value"]) for alarm in alarms for one in alarm["Dimensions"]}
    assert {name for name, _ in watched} == there.keys()
    assert [one for one in watched if one[1] not in there[one[0]]] == []
    assert all(alarm["AlarmActions"] for alarm in alarms)
    assert json.loads(body)["widgets"]
    assert all(name in body for kind in ("FunctionName", "TableName") for name in there[kind])
