"""Gather what AWS says of a deployment, for `replyclock doctor`.

Each method reads the facts of one check, and raises CannotLook where they cannot be read: with the permission that is
missing, or that the service does not know the question, as local clouds do not know all of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, OperationNotPageableError

from replyclock.domain.diagnosis import (
    SWEEP_WINDOW,
    AlarmFacts,
    CannotLook,
    FunctionFacts,
    ReaderFacts,
    SmsFacts,
    Subscriber,
    TableFacts,
)
from replyclock.domain.instants import DAY, MINUTE, SECOND, to_datetime

from .administration import Deployment

DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "AuthorizationErrorException",
        "UnauthorizedOperation",
    }
)
"""Codes with which services refuse what the caller may not do."""
UNSUPPORTED = frozenset(
    {"InvalidAction", "UnknownOperationException", "NotImplemented", "UnsupportedOperation", "400", "404"}
)
"""Codes with which local clouds answer what they do not know."""
QUEUES = ("StreamFailures", "ScheduleFailures", "TimerFailures", "DeliveryFailures", "EventBusFailures")
"""The dead-letter queues, as the template and its outputs name them."""
SCHEDULED = ("sweep-deadlines", "compile-reports")
"""The functions that a schedule runs within SWEEP_WINDOW."""
_STREAM_READERS = ("measure-tickets", "publish-alerts")
_UNKNOWN_STATUSES = "unknown statuses were taken for open"
"""What service.receive logs."""
_LOG_PAGES = 20
"""Pages of the log that are read at most: a busy stage has many."""
_LIMITED = Config(connect_timeout=5, read_timeout=15, retries={"mode": "standard", "total_max_attempts": 2})
_ONCE = Config(connect_timeout=5, read_timeout=15, retries={"mode": "standard", "total_max_attempts": 1})
_NOT_LIMITED = 1000
"""Executions that a queue may take where its mapping sets no limit."""


@dataclass(frozen=True)
class Inspection:
    """Asks the services of a deployment. `now` is the instant of the questions, in microseconds."""

    deployment: Deployment
    now: int

    def stack_status(self) -> str:
        """The status of the stack, as CloudFormation has it."""
        return str(self._stack["StackStatus"])

    def functions(self) -> list[FunctionFacts]:
        """The stage's functions."""
        prefix = f"replyclock-{self.deployment.stage}-"
        return [
            FunctionFacts(
                one["FunctionName"].removeprefix(prefix),
                one.get("State", "Active"),
                one.get("LastUpdateStatus", "Successful"),
                tuple(layer["Arn"] for layer in one.get("Layers", [])),
            )
            for name in self._physical("AWS::Lambda::Function")
            for one in [self._ask("lambda", "get_function_configuration", FunctionName=name)]
        ]

    def concurrency(self) -> tuple[int, dict[str, int]]:
        """How many executions the account may run at once, and how many each event source may take."""
        limit = int(self._ask("lambda", "get_account_settings")["AccountLimit"]["ConcurrentExecutions"])
        lanes = {
            _function_of(one): int(one.get("ScalingConfig", {}).get("MaximumConcurrency", _NOT_LIMITED))
            if ":sqs:" in one["EventSourceArn"]
            else int(one.get("ParallelizationFactor") or 1)
            for one in self._mappings()
        }
        return limit, lanes

    def table(self) -> TableFacts:
        """How the table is protected."""
        name = self.deployment.table
        found = self._ask("dynamodb", "describe_table", TableName=name)["Table"]
        backups = self._ask("dynamodb", "describe_continuous_backups", TableName=name)["ContinuousBackupsDescription"]
        expiry = self._ask("dynamodb", "describe_time_to_live", TableName=name)["TimeToLiveDescription"]
        return TableFacts(
            backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus") == "ENABLED",
            bool(found.get("DeletionProtectionEnabled")),
            expiry.get("TimeToLiveStatus") in ("ENABLED", "ENABLING"),
            bool(found.get("StreamSpecification", {}).get("StreamEnabled")),
        )

    def has_secret(self, reference: str) -> bool:
        """Whether there is a secret of that name or ARN, with a value, that is not being deleted."""
        try:
            found = self._ask("secretsmanager", "describe_secret", SecretId=reference)
        except _NotFound:
            return False
        stages = found.get("VersionIdsToStages")
        return "DeletedDate" not in found and (stages is None or any("AWSCURRENT" in one for one in stages.values()))

    @cached_property
    def topic(self) -> str:
        """The topic of the alerts."""
        return self._output("TopicArn")

    @cached_property
    def subscribers(self) -> list[Subscriber]:
        """Who is subscribed to the alerts."""
        return self._subscribers(self.topic)

    def sms(self) -> SmsFacts:
        """What the account may send by SMS."""
        limit = self._ask("sns", "get_sms_attributes", attributes=["MonthlySpendLimit"])["attributes"]
        return SmsFacts(
            self.deployment.session.region_name or "",
            bool(self._ask("sns", "get_sms_sandbox_account_status")["IsInSandbox"]),
            float(limit.get("MonthlySpendLimit", 1)),
            self._metric("AWS/SNS", "SMSMonthToDateSpentUSD", {}, "Maximum", DAY),
        )

    def waiting(self) -> dict[str, int]:
        """How many messages lie in each dead-letter queue."""
        found = {}
        for queue in QUEUES:
            url = self._ask("sqs", "get_queue_url", QueueName=self._output(f"{queue}Name"))["QueueUrl"]
            counts = self._ask(
                "sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"]
            )
            found[queue] = int(counts["Attributes"]["ApproximateNumberOfMessages"])
        return found

    def alarms(self) -> AlarmFacts:
        """The stage's alarms, and who is subscribed to them."""
        prefix = f"replyclock-{self.deployment.stage}-"
        found = list(self._pages("cloudwatch", "describe_alarms", "MetricAlarms", AlarmNamePrefix=prefix))
        topics = sorted({action for one in found for action in one.get("AlarmActions", []) if ":sns:" in action})
        operators = [one for topic in topics for one in self._subscribers(topic)]
        return AlarmFacts({one["AlarmName"]: one["StateValue"] for one in found}, tuple(operators))

    def readers(self) -> list[ReaderFacts]:
        """The functions that read the stream and the timers, and how far they were behind in the last minutes."""
        return [
            ReaderFacts(name, one["State"], self._lag(name) if name.endswith(_STREAM_READERS) else None)
            for one in self._mappings()
            for name in [_function_of(one)]
        ]

    def runs(self) -> dict[str, int]:
        """How often each scheduled function ran within SWEEP_WINDOW."""
        return {
            name: int(self._metric("AWS/Lambda", "Invocations", self._of_function(name), "Sum", SWEEP_WINDOW) or 0)
            for name in SCHEDULED
        }

    def unknown_statuses(self) -> tuple[dict[str, list[str]], bool]:
        """The names of statuses that no table knew in the last day, by connection; and whether there may be more in a
        part of the log that is not read.
        """
        service = {"service": f"replyclock-{self.deployment.stage}"}
        # The local cloud keeps no metrics; elsewhere they spare reading the log, which is paid for by its size.
        if self.deployment.endpoint is None and not self._metric("replyclock", "UnknownStatuses", service, "Sum", DAY):
            return {}, False
        names: dict[str, dict[str, None]] = {}
        token: dict[str, Any] = {}
        for _ in range(_LOG_PAGES):
            page = self._ask(
                "logs",
                "filter_log_events",
                logGroupName=f"/aws/lambda/replyclock-{self.deployment.stage}-receive-webhook",
                startTime=(self.now - DAY) // 1000,
                filterPattern=f'"{_UNKNOWN_STATUSES}"',
                **token,
            )
            for event in page["events"]:
                for connection, statuses in _statuses(event["message"]):
                    names.setdefault(connection, {}).update(dict.fromkeys(statuses))
            if not page.get("nextToken"):
                return {name: list(found) for name, found in names.items()}, False
            token = {"nextToken": page["nextToken"]}
        return {name: list(found) for name, found in names.items()}, True

    def cost(self) -> tuple[str, float | None, float]:
        """The month, and what it has cost so far in US dollars: the stack, where costs are told apart by stacks, and
        the account. One request, which costs 0.01 $.
        """
        today = to_datetime(self.now).date()
        month = today.replace(day=1)
        tag = "aws:cloudformation:stack-name"
        found = self._ask(
            "ce",
            "get_cost_and_usage",
            config=_ONCE,
            TimePeriod={"Start": month.isoformat(), "End": to_datetime(self.now + DAY).date().isoformat()},
            Granularity="MONTHLY",
            Metrics=["UnblendedCost"],
            GroupBy=[{"Type": "TAG", "Key": tag}],
        )
        costs: dict[str, float] = {}
        for period in found["ResultsByTime"]:
            for group in period.get("Groups", []):
                name = group["Keys"][0].removeprefix(f"{tag}$")
                costs[name] = costs.get(name, 0.0) + float(group["Metrics"]["UnblendedCost"]["Amount"])
        of_stack = costs.get(self.deployment.stack or "", 0.0) if any(costs) else None
        return f"{month:%B %Y}", of_stack, sum(costs.values())

    @cached_property
    def _stack(self) -> Mapping[str, Any]:
        if self.deployment.stack is None:
            raise CannotLook("the deployment does not say its stack: start it anew")
        stack: Mapping[str, Any] = self._ask("cloudformation", "describe_stacks", StackName=self.deployment.stack)[
            "Stacks"
        ][0]
        return stack

    def _output(self, name: str) -> str:
        outputs = {one["OutputKey"]: str(one["OutputValue"]) for one in self._stack.get("Outputs", [])}
        if name not in outputs:
            raise CannotLook(f"the stack has no output {name}: deploy it anew")
        return outputs[name]

    def _physical(self, kind: str) -> list[str]:
        found = self._pages(
            "cloudformation", "list_stack_resources", "StackResourceSummaries", StackName=self._stack["StackName"]
        )
        return [one["PhysicalResourceId"] for one in found if one["ResourceType"] == kind]

    def _mappings(self) -> list[Mapping[str, Any]]:
        """The event sources of the stage's functions."""
        prefix = f"replyclock-{self.deployment.stage}-"
        found = self._pages("lambda", "list_event_source_mappings", "EventSourceMappings")
        return [one for one in found if _function_of(one).startswith(prefix)]

    def _subscribers(self, topic: str) -> list[Subscriber]:
        return [
            self._subscriber(one)
            for one in self._pages("sns", "list_subscriptions_by_topic", "Subscriptions", TopicArn=topic)
            if one["SubscriptionArn"] != "Deleted"
        ]

    def _subscriber(self, listed: Mapping[str, Any]) -> Subscriber:
        if not listed["SubscriptionArn"].startswith("arn:"):
            return Subscriber(listed["Protocol"], listed["Endpoint"], pending=True)
        found = self._ask("sns", "get_subscription_attributes", SubscriptionArn=listed["SubscriptionArn"])["Attributes"]
        return Subscriber(
            listed["Protocol"],
            listed["Endpoint"],
            found.get("PendingConfirmation") == "true",
            json.loads(found.get("FilterPolicy") or "null"),
            found.get("FilterPolicyScope") == "MessageBody",
        )

    def _lag(self, function: str) -> int | None:
        found = self._metric("AWS/Lambda", "IteratorAge", {"FunctionName": function}, "Maximum", 15 * MINUTE)
        return None if found is None else round(found * 1000)

    def _of_function(self, name: str) -> dict[str, str]:
        return {"FunctionName": f"replyclock-{self.deployment.stage}-{name}"}

    def _metric(
        self, namespace: str, name: str, dimensions: Mapping[str, str], statistic: str, within: int
    ) -> float | None:
        """A metric's sum or maximum of so many last microseconds; None where there is none of that time."""
        found = self._ask(
            "cloudwatch",
            "get_metric_statistics",
            Namespace=namespace,
            MetricName=name,
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            StartTime=to_datetime(self.now - within),
            EndTime=to_datetime(self.now),
            Period=within // SECOND,
            Statistics=[statistic],
        )
        values = [float(point[statistic]) for point in found["Datapoints"]]
        if not values:
            return None
        return sum(values) if statistic == "Sum" else max(values)

    def _ask(self, service: str, method: str, *, config: Config = _LIMITED, **arguments: Any) -> Any:
        with _translated(client := self._client(service, config), service, method):
            return getattr(client, method)(**arguments)

    def _pages(self, service: str, method: str, key: str, **arguments: Any) -> Iterator[Any]:
        with _translated(client := self._client(service, _LIMITED), service, method):
            try:
                pages = client.get_paginator(method).paginate(**arguments)
            except OperationNotPageableError:
                pages = [getattr(client, method)(**arguments)]
            for page in pages:
                yield from page.get(key, [])

    def _client(self, service: str, config: Config) -> Any:
        # Any: which client it is depends on the service's name, and type checkers follow literal ones alone.
        session: Any = self.deployment.session
        return session.client(service, endpoint_url=self.deployment.endpoint, config=config)


class _NotFound(CannotLook):
    """There is no such thing."""


class _translated:  # noqa: N801 (used as a function)
    """Turns what a call of a client raises within into CannotLook."""

    def __init__(self, client: Any, service: str, method: str) -> None:
        self._action = f"{service}:{client.meta.method_to_api_mapping[method]}"

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, ClientError):
            code = error.response.get("Error", {}).get("Code", "")
            if code in DENIED:
                raise CannotLook(f"the permission {self._action} is missing", self._action) from error
            if code in UNSUPPORTED:
                raise CannotLook(f"{self._action} is not supported here") from error
            if code == "ResourceNotFoundException":
                raise _NotFound(f"{self._action}: there is no such thing") from error
            raise CannotLook(f"{self._action} answered {code}") from error
        if isinstance(error, BotoCoreError):
            raise CannotLook(f"{self._action} could not be asked: {type(error).__name__}") from error


def _function_of(mapping: Mapping[str, Any]) -> str:
    """The name of the function that an event source calls."""
    parts: list[str] = mapping["FunctionArn"].split(":")
    return parts[6] if len(parts) > 6 else parts[-1]


def _statuses(line: str) -> Iterator[tuple[str, list[str]]]:
    """The connection and its unknown statuses of a line of the log; nothing of other lines."""
    try:
        found = json.loads(line)
    except ValueError:
        return
    if isinstance(found, dict) and found.get("message") == _UNKNOWN_STATUSES and "connection" in found:
        yield str(found["connection"]), [str(one) for one in found.get("statuses", [])]
