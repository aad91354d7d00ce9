"""Gather what AWS says of a deployment, for `replyclock doctor`.

Each method reads the facts of one check, and raises CallFailed where they cannot be read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from replyclock.domain.diagnosis import (
    SWEEP_WINDOW,
    AlarmFacts,
    FunctionFacts,
    ReaderFacts,
    SmsFacts,
    Subscriber,
    TableFacts,
)
from replyclock.domain.errors import CallFailed, NotThere
from replyclock.domain.instants import DAY, MINUTE, SECOND, from_datetime, to_datetime

from .administration import Deployment
from .asking import Services

QUEUES = ("StreamFailures", "ScheduleFailures", "TimerFailures", "DeliveryFailures", "EventBusFailures")
"""The dead-letter queues, as the template and its outputs name them."""
SCHEDULED = ("sweep-deadlines", "compile-reports")
"""The functions that a schedule runs within SWEEP_WINDOW."""
_STREAM_READERS = ("measure-tickets", "publish-alerts")
_UNKNOWN_STATUSES = "unknown statuses were taken for open"
"""What service.receive logs."""
_LOG_PAGES = 20
"""Pages of the log that are read at most: a busy stage has many."""
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

    def age(self) -> int:
        """How long ago the stack was created, in microseconds."""
        return self.now - from_datetime(self._stack["CreationTime"])

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
            for one in [self._services.ask("lambda", "get_function_configuration", FunctionName=name)]
        ]

    def concurrency(self) -> tuple[int, dict[str, int]]:
        """How many executions the account may run at once, and how many each event source may take."""
        limit = int(self._services.ask("lambda", "get_account_settings")["AccountLimit"]["ConcurrentExecutions"])
        lanes = {
            _function_of(one): int(one.get("ScalingConfig", {}).get("MaximumConcurrency", _NOT_LIMITED))
            if ":sqs:" in one["EventSourceArn"]
            else int(one.get("ParallelizationFactor") or 1) * self._shards(one["EventSourceArn"])
            for one in self._mappings()
        }
        return limit, lanes

    def table(self) -> TableFacts:
        """How the table is protected."""
        name = self.deployment.table
        found = self._services.ask("dynamodb", "describe_table", TableName=name)["Table"]
        backups = self._services.ask("dynamodb", "describe_continuous_backups", TableName=name)[
            "ContinuousBackupsDescription"
        ]
        expiry = self._services.ask("dynamodb", "describe_time_to_live", TableName=name)["TimeToLiveDescription"]
        return TableFacts(
            backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus") == "ENABLED",
            bool(found.get("DeletionProtectionEnabled")),
            self._protection_wanted(),
            expiry.get("TimeToLiveStatus") in ("ENABLED", "ENABLING"),
            bool(found.get("StreamSpecification", {}).get("StreamEnabled")),
        )

    def _protection_wanted(self) -> bool:
        wanted = self._parameters.get("TableProtection", "on")
        return wanted == "on" or (wanted == "auto" and self.deployment.stage == "prod")

    def is_reduced(self) -> bool:
        """Whether the stack was deployed for an account that may run little at once."""
        return self._parameters.get("LambdaConcurrency") == "reduced"

    def has_secret(self, reference: str) -> bool:
        """Whether there is a secret of that name or ARN, with a value, that is not being deleted."""
        try:
            found = self._services.ask("secretsmanager", "describe_secret", SecretId=reference)
        except NotThere:
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
        limit = self._services.ask("sns", "get_sms_attributes", attributes=["MonthlySpendLimit"])["attributes"]
        return SmsFacts(
            self.deployment.session.region_name or "",
            bool(self._services.ask("sns", "get_sms_sandbox_account_status")["IsInSandbox"]),
            float(limit.get("MonthlySpendLimit", 1)),
            self._metric("AWS/SNS", "SMSMonthToDateSpentUSD", {}, "Maximum", DAY),
        )

    def waiting(self) -> dict[str, int]:
        """How many messages lie in each dead-letter queue."""
        found = {}
        for queue in QUEUES:
            url = self._services.ask("sqs", "get_queue_url", QueueName=self._output(f"{queue}Name"))["QueueUrl"]
            counts = self._services.ask(
                "sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"]
            )
            found[queue] = int(counts["Attributes"]["ApproximateNumberOfMessages"])
        return found

    def alarms(self) -> AlarmFacts:
        """The stage's alarms, and who is subscribed to them."""
        prefix = f"replyclock-{self.deployment.stage}-"
        found = list(self._services.pages("cloudwatch", "describe_alarms", "MetricAlarms", AlarmNamePrefix=prefix))
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
            page = self._services.ask(
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
        """The month, and what it has cost so far in US dollars: the stack, where costs are separated by stacks, and
        the account. One request, which costs 0.01 $.
        """
        today = to_datetime(self.now).date()
        month = today.replace(day=1)
        tag = "aws:cloudformation:stack-name"
        found = self._services.ask(
            "ce",
            "get_cost_and_usage",
            once=True,
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
    def _services(self) -> Services:
        return Services(self.deployment)

    @cached_property
    def _stack(self) -> Mapping[str, Any]:
        if self.deployment.stack is None:
            raise CallFailed("the deployment does not say its stack: start it anew")
        stack: Mapping[str, Any] = self._services.ask(
            "cloudformation", "describe_stacks", StackName=self.deployment.stack
        )["Stacks"][0]
        return stack

    @property
    def _parameters(self) -> dict[str, str]:
        return {one["ParameterKey"]: str(one.get("ParameterValue")) for one in self._stack.get("Parameters", [])}

    def _output(self, name: str) -> str:
        outputs = {one["OutputKey"]: str(one["OutputValue"]) for one in self._stack.get("Outputs", [])}
        if name not in outputs:
            raise CallFailed(f"the stack has no output {name}: deploy it anew")
        return outputs[name]

    def _physical(self, kind: str) -> list[str]:
        found = self._services.pages(
            "cloudformation", "list_stack_resources", "StackResourceSummaries", StackName=self._stack["StackName"]
        )
        return [one["PhysicalResourceId"] for one in found if one["ResourceType"] == kind]

    def _mappings(self) -> list[Mapping[str, Any]]:
        """The event sources of the stage's functions."""
        prefix = f"replyclock-{self.deployment.stage}-"
        found = self._services.pages("lambda", "list_event_source_mappings", "EventSourceMappings")
        return [one for one in found if _function_of(one).startswith(prefix)]

    def _shards(self, stream: str) -> int:
        """How many open shards a stream has: each is read by as many lanes as its reader has."""
        described = self._services.ask("dynamodbstreams", "describe_stream", StreamArn=stream)["StreamDescription"]
        return sum("EndingSequenceNumber" not in one["SequenceNumberRange"] for one in described["Shards"])

    def _subscribers(self, topic: str) -> list[Subscriber]:
        return [
            self._subscriber(one)
            for one in self._services.pages("sns", "list_subscriptions_by_topic", "Subscriptions", TopicArn=topic)
            if one["SubscriptionArn"] != "Deleted"
        ]

    def _subscriber(self, listed: Mapping[str, Any]) -> Subscriber:
        if not listed["SubscriptionArn"].startswith("arn:"):
            return Subscriber(listed["Protocol"], listed["Endpoint"], pending=True)
        found = self._services.ask("sns", "get_subscription_attributes", SubscriptionArn=listed["SubscriptionArn"])[
            "Attributes"
        ]
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
        found = self._services.ask(
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
