"""All use cases on moto, with a clock that the test sets."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import boto3
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

from replyclock.adapters.connections import DynamoConnections
from replyclock.adapters.days import DynamoDays, noting
from replyclock.adapters.dynamodb import Table, text
from replyclock.adapters.event_log import DynamoEventLog, DynamoQuarantine
from replyclock.adapters.facts import S3Facts
from replyclock.adapters.faults import DynamoFaults
from replyclock.adapters.feed import DynamoFeed
from replyclock.adapters.notices import DynamoNotices, DynamoStorms
from replyclock.adapters.policies import DynamoJudgings, DynamoPolicies
from replyclock.adapters.retention import DynamoRetention
from replyclock.adapters.s3 import S3Documents
from replyclock.adapters.secrets import SecretsManagerSecrets
from replyclock.adapters.sns import Form, SnsPublisher
from replyclock.adapters.sqs import SqsTimers, read_timer
from replyclock.adapters.tickets import DynamoLedger, DynamoTickets
from replyclock.domain.events import AnyEvent, TicketKey
from replyclock.domain.instants import SECOND
from replyclock.domain.policy import Policy
from replyclock.presentation.alerts import Language
from replyclock.service.check import CheckDeadline
from replyclock.service.compile import CompileFacts
from replyclock.service.digest import OweDigests
from replyclock.service.evaluate import OweEvaluations
from replyclock.service.faults import SetAside
from replyclock.service.feed import ReadFeed
from replyclock.service.live import ReadLive
from replyclock.service.policies import PublishPolicy, read_stored_policy
from replyclock.service.ports import AnyTimer, FaultKind, TicketRecord
from replyclock.service.publish import PublishAlert, PublishNotice
from replyclock.service.read import ReadTickets
from replyclock.service.receive import ReceiveWebhook
from replyclock.service.refresh import RefreshTicket
from replyclock.service.reports import ReadReports
from replyclock.service.simulate import SimulatePolicy
from replyclock.service.storm import SumUpStorm
from tests.adapters.backends import REGION, Store
from tests.adapters.samples import KEY, NINE

SECRET = "a-secret-of-the-tests"
STORM_LIMIT = 3


class Now:
    """A clock that stands still; sleeping moves it."""

    def __init__(self) -> None:
        self.at = NINE
        self.slept: list[float] = []

    def __call__(self) -> int:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += round(seconds * SECOND)


class ArmedTimers(SqsTimers):
    """The queue, and what was sent to it."""

    def __init__(self, queue_url: str) -> None:
        super().__init__(boto3.client("sqs"), queue_url)
        self.armed: list[AnyTimer] = []

    def send(self, timers: Iterable[AnyTimer], now: int) -> int:
        sent = list(timers)
        self.armed += sent
        return super().send(sent, now)


class House:
    def __init__(self, store: Store | None = None) -> None:
        self.store = store or Store(boto3.client("dynamodb"))
        self.queue_url = boto3.client("sqs").create_queue(QueueName="timers")["QueueUrl"]
        self.topic_arn = boto3.client("sns").create_topic(Name="alerts")["TopicArn"]
        self.smoke_topic_arn = boto3.client("sns").create_topic(Name="smoke")["TopicArn"]
        self.now = Now()
        self.languages: dict[str, Language] = {}
        table = Table(self.store.client, self.store.name)
        self.log, self.tickets, self.ledger = DynamoEventLog(table), DynamoTickets(table), DynamoLedger(table)
        self.policies = DynamoPolicies(table)
        self.timers = ArmedTimers(self.queue_url)
        self.publisher = SnsPublisher(boto3.client("sns"), self.topic_arn)
        self.feed = DynamoFeed(table)
        self.quarantine = DynamoQuarantine(table)
        self.connections = DynamoConnections(table)
        self.secrets = SecretsManagerSecrets(boto3.client("secretsmanager"))
        self.days, self.retention = DynamoDays(table), DynamoRetention(table)
        self.faults, self.counted = DynamoFaults(table), list[FaultKind]()
        self.set_aside = SetAside(self.faults, self.now, self.counted.append)
        self.refresh = RefreshTicket(
            self.tickets,
            self.timers,
            self.policy,
            self.now,
            self.now.sleep,
            noting(self.days, self.now),
            self.retention.came_late,
            clear=self.faults.clear,
        )
        self.bucket = "documents"
        boto3.client("s3").create_bucket(Bucket=self.bucket)
        self.documents = S3Documents(boto3.client("s3"), self.bucket)
        self.facts = S3Facts(boto3.client("s3"), self.bucket)
        self.compile = CompileFacts(
            self.days, self.facts, self.tickets, self.tickets, self.policy, self.now, self.faults, self.set_aside
        )
        self.reports = ReadReports(self.facts, self.policy, self.now, self.faults, self.set_aside)
        self.storms, self.notices = DynamoStorms(table), DynamoNotices(table)
        self.judgings = DynamoJudgings(table)
        self.sum_up = SumUpStorm(self.storms, self.now)
        self.check = CheckDeadline(
            replace(self.refresh, by_events=False, came_late=None),
            self.sum_up,
            self.timers,
            self.tickets,
            self.judgings,
            self.now,
            self.now.sleep,
            self.faults.faulty_tickets,
        )
        self.owe_evaluations = OweEvaluations(
            self.facts, self.notices, self.documents, self.policy, self.now, self.set_aside
        )
        self.owe_digests = OweDigests(self.tickets, self.notices, self.policy, self.now, self.set_aside)
        self.read = ReadTickets(self.tickets, self.tickets, self.policy, self.now, self.tickets)
        self.live = ReadLive(self.tickets, self.now)
        self.simulate = SimulatePolicy(self.tickets, self.tickets, self.policy, self.now)
        self.read_feed = ReadFeed(self.feed, self.now)
        self.publish_policy = PublishPolicy(self.policies, self.timers, self.now)
        self.publish = PublishAlert(
            self.tickets,
            self.ledger,
            self.storms,
            self.publisher,
            self.feed,
            self.policy,
            self.now,
            self.link,
            self.language,
            most=STORM_LIMIT,
            smoke=SnsPublisher(boto3.client("sns"), self.smoke_topic_arn),
        )
        self.publish_notice = PublishNotice(self.notices, self.publisher, self.feed, self.now, self.language)
        self.receive = ReceiveWebhook(self.connections, self.secrets, self.log, self.quarantine, self.now, "test")

    def policy(self) -> Policy:
        return read_stored_policy(self.policies)

    def link(self, key: TicketKey) -> str | None:
        return None

    def language(self, source: str) -> Language:
        return self.languages.get(source, "en")

    def told(self, *events: AnyEvent, received_at: int | None = None) -> None:
        """Events that came in and were not measured yet."""
        for event in events:
            self.log.append(event, self.now() if received_at is None else received_at)

    def record(self, key: TicketKey = KEY) -> TicketRecord:
        return self.tickets.read(key)

    def alerts(self, key: TicketKey = KEY) -> dict[int, str]:
        """Percentages and statuses of the ledger."""
        return {known.entry.at_percent: known.status for known in self.record(key).ledger}

    def published(self, form: Form = "json") -> list[Any]:
        """The messages in one of their forms."""
        sent: list[Any] = sns_backends[DEFAULT_ACCOUNT_ID][REGION].topics[self.topic_arn].sent_notifications
        return [one for one in sent if one[3]["form"]["Value"] == form]

    def queued(self) -> list[AnyTimer]:
        """Takes what the queue delivers now."""
        found: list[AnyTimer] = []
        while (
            messages := boto3.client("sqs")
            .receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10)
            .get("Messages")
        ):
            found += [read_timer(message["Body"]) for message in messages]
        return found

    def connect(self, name: str = "desk", secret: str | None = SECRET, **options: Any) -> None:
        """Configure a connection of a tool that sends canonical events."""
        reference = f"replyclock/test/connections/{name}/1"
        if secret is not None:
            boto3.client("secretsmanager").create_secret(Name=reference, SecretString=secret)
        document = {"name": name, "provider": "generic", "secrets": [reference], **options}
        item = {"pk": text("CONNECTIONS"), "sk": text(name), "document": text(json.dumps(document))}
        self.store.client.put_item(TableName=self.store.name, Item=item)
