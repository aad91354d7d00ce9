"""What `replyclock smoke` makes in a deployment for a trial, what it reads there, and how all of it is removed.

Everything has its name from the trial's, and the connection is made first and removed last: as long as anything may be
left, it can be found.
"""

from __future__ import annotations

import json
import os
import platform
import re
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from itertools import islice
from typing import Any

from replyclock.domain.errors import CallFailed, NotThere, StoreUnavailable
from replyclock.domain.events import TicketKey
from replyclock.domain.instants import DAY, MINUTE, SECOND, from_datetime, parse_instant, to_datetime
from replyclock.domain.smoke import RESERVED, is_smoke
from replyclock.service.ports import Received, TicketRecord, Timer

from .administration import Deployment, DeploymentNotFound
from .asking import Services
from .dynamodb import ABSENT, Item, Table, number, text, ticket_pk
from .sns import FORMS
from .tickets import DynamoTickets

PROVIDER = "generic"
"""The tool whose webhooks a trial sends: canonical events, signed."""
KEPT = DAY
"""How long the policy of a trial stays where nobody removes it."""
LASTS = 20 * MINUTE
"""A trial takes no longer: what is older was left over."""
_NAME = re.compile(re.escape(RESERVED) + r"(\d{14})-[0-9a-f]{4}")
_MESSAGES = 10
_OVERDUE_MAX = 1_000
"""Things due that are looked through for tickets that were left over."""


def new_name(now: int) -> str:
    """A name for a trial, which says when it began."""
    return f"{RESERVED}{to_datetime(now):%Y%m%d%H%M%S}-{secrets.token_hex(2)}"


def left_over(table: Table, now: int) -> tuple[list[str], list[str]]:
    """The names of trials of which something is left, and of those that may be under way. Raises StoreUnavailable."""
    runners = {item["sk"]["S"]: item for item in table.query("CONNECTIONS", RESERVED, ["sk", "runner"])}
    names = set(runners)
    # A ticket without its connection, where a function wrote the one while the other was removed.
    overdue = islice(DynamoTickets(table).due(now - LASTS), _OVERDUE_MAX)
    names |= {one.key[0] for one in overdue if isinstance(one, Timer) and is_smoke(one.key)}
    old, young = list[str](), list[str]()
    for name in sorted(names):
        begun = _NAME.fullmatch(name)
        recent = begun is not None and _instant(begun[1]) > now - LASTS
        (young if recent and not _is_gone(runners.get(name, {})) else old).append(name)
    return old, young


def _runner() -> dict[str, str]:
    """Who runs a trial: the process, and the machine that it is on."""
    return text(f"{os.getpid()}@{platform.node()}")


def _is_gone(connection: Item) -> bool:
    """Whether the process that made a trial's connection ended on this machine: of others that is not known."""
    process, _, machine = connection.get("runner", text(""))["S"].partition("@")
    # Elsewhere than on POSIX systems asking for a process may end it.
    if os.name != "posix" or machine != platform.node() or not process.isdecimal():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _instant(digits: str) -> int:
    year, *rest = digits[:4], *(digits[i : i + 2] for i in range(4, 14, 2))
    month, day, hour, minute, second = rest
    return parse_instant(f"{year}-{month}-{day}T{hour}:{minute}:{second}Z")


def clock_offset(deployment: Deployment) -> int:
    """How far AWS's clock is ahead of this machine's, in microseconds, as exactly as its dates of whole seconds say."""
    asked = time.time_ns() // 1000
    found = Services(deployment).ask("dynamodb", "describe_table", TableName=deployment.table)
    answered = time.time_ns() // 1000
    date = found["ResponseMetadata"]["HTTPHeaders"].get("date")
    if date is None:
        return 0
    return from_datetime(parsedate_to_datetime(date)) + SECOND // 2 - (asked + answered) // 2


@dataclass(frozen=True, slots=True)
class TrialSite:
    """A trial's connection, ticket, queues and subscriptions. Its methods raise CallFailed and StoreUnavailable."""

    services: Services
    table: Table
    topic: str
    name: str

    @classmethod
    def of(cls, deployment: Deployment, table: Table, name: str) -> TrialSite:
        """The place of the trial of that name. Raises DeploymentNotFound where the deployment has no topic for it."""
        if deployment.smoke_topic is None:
            raise DeploymentNotFound("the deployment has no topic for trials: it is older than this command, deploy it")
        return cls(Services(deployment), table, deployment.smoke_topic, name)

    @property
    def deployment(self) -> Deployment:
        """Where it is."""
        return self.services.deployment

    @property
    def key(self) -> TicketKey:
        """The ticket."""
        return self.name, self.name, self.name.removeprefix(RESERVED)

    def token(self) -> str:
        """The token of the deployment's API."""
        found = self._ask(
            "secretsmanager", "get_secret_value", SecretId=f"replyclock/{self.deployment.stage}/api-token"
        )
        return str(found["SecretString"])

    def begin(self, policy: str, now: int) -> str:
        """Make all of it, with the policy that the ticket is judged by; returns the secret to sign with."""
        reference = self.deployment.secret_reference(self.name, 1)
        document = {"name": self.name, "provider": PROVIDER, "tenant": self.name, "secrets": [reference]}
        item = {"pk": text("CONNECTIONS"), "sk": text(self.name), "document": text(json.dumps(document))}
        self.table.put({**item, "runner": _runner()}, ABSENT)
        secret = secrets.token_urlsafe(32)
        self._ask("secretsmanager", "create_secret", Name=reference, SecretString=secret)
        self.table.put(
            {
                "pk": text(ticket_pk(self.key)),
                "sk": text("OVERLAY"),
                "document": text(policy),
                "expires_at": number((now + KEPT) // SECOND),
            }
        )
        for form in FORMS:
            self._subscribe(form)
        return secret

    def record(self) -> TicketRecord:
        """What is kept of the ticket."""
        return DynamoTickets(self.table).read(self.key)

    def measured_at(self) -> int | None:
        """When its state was written last; None before the first time."""
        item = self.table.get(ticket_pk(self.key), "STATE")
        return None if item is None else parse_instant(item["evaluated_at"]["S"])

    def receive(self, form: str) -> list[Received]:
        """What its subscription of a form got since this was called last."""
        url = self._queue_url(form)
        found = self._ask(
            "sqs",
            "receive_message",
            QueueUrl=url,
            MaxNumberOfMessages=_MESSAGES,
            AttributeNames=["SentTimestamp"],
            MessageAttributeNames=["All"],
        )
        received = []
        for one in found.get("Messages", []):
            named = one.get("MessageAttributes", {}).items()
            attributes = {name: value.get("StringValue", "") for name, value in named}
            received.append(Received(one["Body"], attributes, int(one["Attributes"]["SentTimestamp"]) * 1000))
            self._ask("sqs", "delete_message", QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
        return received

    def clean(self, rest: Callable[[], object]) -> list[str]:
        """Remove all of it, whatever is there; returns what could not be removed, and why.

        `rest` waits for a function that is under way, which may write of the ticket once more.
        """
        left = [*self._removed(self._unsubscribe), *self._removed(self._forget)]
        rest()
        left += [*self._removed(self._forget), *self._removed(self._delete_secret)]
        if not left:  # otherwise it is what the next run finds the rest by
            left += self._removed(lambda: self.table.delete("CONNECTIONS", self.name))
        return left

    @staticmethod
    def _removed(step: Callable[[], object]) -> list[str]:
        try:
            step()
        except (CallFailed, StoreUnavailable) as failed:
            return [str(failed)]
        return []

    def _subscribe(self, form: str) -> None:
        queue = self._queue(form)
        url = self._ask("sqs", "create_queue", QueueName=queue)["QueueUrl"]
        answer = self._ask("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["QueueArn"])
        arn = answer["Attributes"]["QueueArn"]
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": self.topic}},
        }
        allowed = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self._ask("sqs", "set_queue_attributes", QueueUrl=url, Attributes={"Policy": allowed})
        attributes = {"FilterPolicy": json.dumps({"form": [form]}), "RawMessageDelivery": "true"}
        self._ask("sns", "subscribe", TopicArn=self.topic, Protocol="sqs", Endpoint=arn, Attributes=attributes)

    def _unsubscribe(self) -> None:
        queues = {self._queue(form) for form in FORMS}
        for one in self._subscriptions():
            if one[1].rpartition(":")[2] in queues:
                self._ask("sns", "unsubscribe", SubscriptionArn=one[0])
        for form in FORMS:
            try:
                self._ask("sqs", "delete_queue", QueueUrl=self._queue_url(form))
            except NotThere:
                continue

    def _subscriptions(self) -> Iterator[tuple[str, str]]:
        """The subscriptions of the topic, each with its endpoint."""
        for one in self.services.pages("sns", "list_subscriptions_by_topic", "Subscriptions", TopicArn=self.topic):
            yield one["SubscriptionArn"], one["Endpoint"]

    def _forget(self) -> None:
        pk = ticket_pk(self.key)
        for item in list(self.table.query(pk, attributes=["sk"])):
            self.table.delete(pk, item["sk"]["S"])

    def _delete_secret(self) -> None:
        reference = self.deployment.secret_reference(self.name, 1)
        try:
            self._ask("secretsmanager", "delete_secret", SecretId=reference, ForceDeleteWithoutRecovery=True)
        except NotThere:
            return

    def _queue(self, form: str) -> str:
        return f"replyclock-{self.deployment.stage}-smoke-{self.name.removeprefix(RESERVED)}-{form}"

    def _queue_url(self, form: str) -> str:
        return str(self._ask("sqs", "get_queue_url", QueueName=self._queue(form))["QueueUrl"])

    def _ask(self, service: str, method: str, **arguments: Any) -> Any:
        return self.services.ask(service, method, **arguments)
