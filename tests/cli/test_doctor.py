"""`replyclock doctor` on a stack in this process: what AWS says of it, as far as moto knows the questions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import boto3
import pytest

from replyclock import __version__
from replyclock.adapters.administration import Deployment
from replyclock.adapters.inspection import QUEUES
from replyclock.cli import deployments
from replyclock.cli.main import main
from replyclock.domain.instants import SECOND, to_datetime
from replyclock.service.faults import faulty_ticket
from tests.adapters.backends import REGION, moto_in_process
from tests.adapters.samples import created
from tests.service.house import SECRET, House

from .local_api import served


class Answer:
    """An HTTP answer, as a client reads its status."""

    status_code = 403


class Stack(House):
    """A deployment that is well, as far as moto can have it, with one connection that has a ticket."""

    def __init__(self, api: str) -> None:
        super().__init__()
        self.now.at = deployments.now()
        # Its own, so that what it is denied is denied to no other test.
        self.session = session = boto3.Session(region_name=REGION)
        self.client("secretsmanager").create_secret(Name="replyclock/test/api-token", SecretString="token")
        self.client("dynamodb").update_continuous_backups(
            TableName=self.store.name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
        self.client("dynamodb").update_table(TableName=self.store.name, DeletionProtectionEnabled=True)
        self.client("dynamodb").update_time_to_live(
            TableName=self.store.name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires_at"}
        )
        self.queues = {name: self.client("sqs").create_queue(QueueName=name)["QueueUrl"] for name in QUEUES}
        outputs = {"TopicArn": self.topic_arn, **{f"{name}Name": name for name in QUEUES}}
        template = {
            "Resources": {"Nobody": {"Type": "AWS::SNS::Topic"}},
            "Outputs": {name: {"Value": value} for name, value in outputs.items()},
        }
        self.client("cloudformation").create_stack(StackName="replyclock", TemplateBody=json.dumps(template))
        self.where = Deployment(api, self.store.name, "test", session, timer_queue=self.queue_url, stack="replyclock")
        self.subscribe("email", "lead@example.com", form=["email"])

    def client(self, service: str) -> Any:
        session: Any = self.session
        return session.client(service)

    def subscribe(self, protocol: str, endpoint: str, **filter_policy: list[str]) -> None:
        self.client("sns").subscribe(
            TopicArn=self.topic_arn,
            Protocol=protocol,
            Endpoint=endpoint,
            Attributes={"FilterPolicy": json.dumps(filter_policy)} if filter_policy else {},
        )

    def measured(self, namespace: str, name: str, value: float, **dimensions: str) -> None:
        named = [{"Name": key, "Value": one} for key, one in dimensions.items()]
        at = to_datetime(self.now() - 60 * SECOND)
        self.client("cloudwatch").put_metric_data(
            Namespace=namespace, MetricData=[{"MetricName": name, "Value": value, "Dimensions": named, "Timestamp": at}]
        )

    def run_schedules(self) -> None:
        for name in ("sweep-deadlines", "compile-reports"):
            self.measured("AWS/Lambda", "Invocations", 5, FunctionName=f"replyclock-test-{name}")

    def add_tool(self, name: str, *, ticket: bool, secret: str | None = SECRET) -> None:
        self.connect(name, secret)
        if ticket:
            key = ("default", name, "1")
            self.told(created(key, self.now() - 5 * SECOND), received_at=self.now())
            self.refresh(key)

    def deny(self, *actions: str) -> None:
        """From now on the services refuse these, as they do what is not allowed."""
        for action in actions:
            # Any: its types know of handlers that answer nothing.
            events: Any = self.session.events
            events.register(f"before-call.{action}", self._refused)

    def answer(self, action: str, document: dict[str, Any]) -> None:
        """From now on this is answered to an action, which moto does not know."""
        well = Answer()
        well.status_code = 200
        events: Any = self.session.events
        events.register(f"before-call.{action}", lambda **_: (well, document))

    @staticmethod
    def _refused(**_: object) -> tuple[Answer, dict[str, Any]]:
        return Answer(), {"Error": {"Code": "AccessDenied", "Message": "not authorized"}, "ResponseMetadata": {}}


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Stack]:
    monkeypatch.chdir(tmp_path)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"status": "ok", "version": __version__}).encode()
            self.send_response(200 if self.path == "/health" else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with served(Handler, tmp_path, "unused") as api, moto_in_process():
        stack = Stack(api)
        monkeypatch.setattr(deployments, "deployed_stack", {"replyclock": stack.where}.__getitem__)
        yield stack


def examined(capsys: pytest.CaptureFixture[str], *arguments: str, status: int) -> dict[str, list[dict[str, Any]]]:
    assert main(["doctor", "--json", *arguments]) == status
    document = json.loads(capsys.readouterr().out)
    found: dict[str, list[dict[str, Any]]] = {}
    for one in document["findings"]:
        found.setdefault(one["check"], []).append(one)
    assert sum(document["counts"].values()) == len(document["findings"])
    return found


def statuses(found: dict[str, list[dict[str, Any]]]) -> dict[str, str]:
    return {name: one["status"] for name, [one] in found.items()}


def test_a_stack_that_is_well(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    stack.add_tool("support", ticket=True)
    stack.publish_policy(POLICY)
    stack.run_schedules()
    found = examined(capsys, status=1)
    # moto has no function that reads the stream.
    assert {name for name, one in statuses(found).items() if one == "wrong"} == {"readers"}
    assert {name for name, one in statuses(found).items() if one == "ok"} >= {
        "stack",
        "code",
        "table",
        "secrets",
        "subscriptions",
        "sms",
        "filters",
        "queues",
        "schedules",
        "deadlines",
        "policy",
        "connections",
        "quarantine",
        "faults",
        "statuses",
    }
    assert statuses(found)["cost"] == "not_asked"
    assert statuses(found)["alarms"] == "note"


POLICY = """
policy: acme
version: 1
effective_from: 2026-01-01T00:00:00Z
standards: [{name: all, targets: {first_response: 15m}, alerts: [{at: 100%, notify: team}]}]
"""


def test_what_is_wrong_is_found_where_it_is(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    stack.publish_policy(POLICY)
    stack.add_tool("silent", ticket=False, secret=None)
    stack.subscribe("sms", "+15550100200", form=["sms"], notify=["manager"])
    stack.client("sqs").send_message(QueueUrl=stack.queues["TimerFailures"], MessageBody="x")
    stack.client("dynamodb").update_table(TableName=stack.store.name, DeletionProtectionEnabled=False)
    stack.client("cloudwatch").put_metric_alarm(
        AlarmName="replyclock-test-detection-lag",
        Namespace="replyclock",
        MetricName="DetectionLag",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        Statistic="Maximum",
    )
    stack.client("cloudwatch").set_alarm_state(
        AlarmName="replyclock-test-detection-lag", StateValue="ALARM", StateReason="tests"
    )
    stack.set_aside(faulty_ticket(("default", "silent", "odd")), KeyError("x"))
    found = examined(capsys, status=1)
    said = {name: " / ".join(one["found"] for one in every) for name, every in found.items()}
    assert "silent: the secret replyclock/test/connections/silent/1 is missing" in said["secrets"]
    assert "sms +15550100200 gets nothing under the policy in force" in said["filters"]
    assert said["queues"] == "1 message in TimerFailures"
    assert "a single call" in said["table"]
    assert "replyclock-test-detection-lag is in ALARM" in said["alarms"]
    assert "nobody is subscribed to the alarms" in said["alarms"]
    assert "silent is silent" in said["connections"]
    assert said["faults"] == "set aside because of a fault: 1 ticket"
    wrong = {name for name, every in found.items() for one in every if one["status"] == "wrong"}
    assert wrong >= {"secrets", "filters", "queues", "table", "alarms", "connections", "faults"}
    assert all(one["advice"] for every in found.values() for one in every if one["status"] == "wrong")


def test_what_fell_due_and_was_not_looked_at(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    key = ("default", "desk", "1")
    stack.now.at -= 3600 * SECOND
    stack.told(created(key, stack.now()), received_at=stack.now())
    stack.refresh(key)
    assert "1 due and not looked at" in examined(capsys, status=1)["deadlines"][0]["found"]


def test_a_schedule_that_does_not_run(
    stack: Stack, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    [found] = examined(capsys, status=1)["schedules"]
    assert found["status"] == "note"
    monkeypatch.setattr("replyclock.domain.diagnosis.SETTLED_AFTER", 0)
    stack.measured("AWS/Lambda", "Invocations", 1, FunctionName="replyclock-test-compile-reports")
    [found] = examined(capsys, status=1)["schedules"]
    assert found["status"] == "wrong"
    assert found["found"] == "sweep-deadlines has not run in the last 10 minutes"


def test_statuses_are_named_from_the_log(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    logs, group = stack.client("logs"), "/aws/lambda/replyclock-test-receive-webhook"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="a")
    line = {"message": "unknown statuses were taken for open", "connection": "desk", "statuses": ["Parked", "On Ice"]}
    at = stack.now() // 1000
    logs.put_log_events(
        logGroupName=group,
        logStreamName="a",
        logEvents=[{"timestamp": at, "message": text} for text in ("no JSON", "[1]", json.dumps(line))],
    )
    # Without a count of them the log is not read.
    assert statuses({"statuses": examined(capsys, status=1)["statuses"]}) == {"statuses": "ok"}
    stack.measured("replyclock", "UnknownStatuses", 2, service="replyclock-test")
    assert examined(capsys, status=1)["statuses"][0]["found"] == "desk: 'Parked', 'On Ice' taken for open"


def test_what_the_account_may_do(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    stack.subscribe("sms", "+15550100200", form=["sms"])
    stack.answer("sns.GetSMSAttributes", {"attributes": {"MonthlySpendLimit": "10"}})
    stack.answer("sns.GetSMSSandboxAccountStatus", {"IsInSandbox": True})
    stack.measured("AWS/SNS", "SMSMonthToDateSpentUSD", 9)
    function = "arn:aws:lambda:us-east-1:1:function:replyclock-test-"
    stream, queue = "arn:aws:dynamodb:us-east-1:1:table/t/stream/1", "arn:aws:sqs:us-east-1:1:timers"
    mappings = [
        {"EventSourceArn": queue, "FunctionArn": f"{function}check-deadlines", "State": "Enabled"}
        | {"ScalingConfig": {"MaximumConcurrency": 5}},
        {"EventSourceArn": stream, "FunctionArn": f"{function}measure-tickets", "State": "Disabled"}
        | {"ParallelizationFactor": 4},
        # Of another stage.
        {"EventSourceArn": queue, "FunctionArn": "arn:aws:lambda:us-east-1:1:function:replyclock-x-a", "State": "Off"},
    ]
    shards = [
        {"SequenceNumberRange": {}},
        {"SequenceNumberRange": {}},
        {"SequenceNumberRange": {"EndingSequenceNumber": "9"}},
    ]
    stack.answer("lambda.ListEventSourceMappings", {"EventSourceMappings": mappings})
    stack.answer("lambda.GetAccountSettings", {"AccountLimit": {"ConcurrentExecutions": 10}})
    stack.answer("dynamodb-streams.DescribeStream", {"StreamDescription": {"Shards": shards}})
    found = examined(capsys, status=1)
    assert [one["found"].split(":")[0] for one in found["sms"]] == [
        "the account is in the SMS sandbox",
        "9.00 of 10.00 $ for SMS are spent this month",
    ]
    # Five timers, and four lanes of each of the two shards that are open.
    assert found["concurrency"][0]["found"].endswith("timers and streams take up to 13")
    [reader] = found["readers"]
    assert reader["found"] == "replyclock-test-measure-tickets does not read: its event source is Disabled"


def test_a_permission_that_is_missing_stops_its_check_alone(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    stack.run_schedules()
    stack.deny("sqs.GetQueueUrl", "dynamodb.Query", "cloudwatch.DescribeAlarms", "sns.ListSubscriptionsByTopic")
    found = examined(capsys, status=1)
    told = {name: one for name, [one] in found.items()}
    assert told["queues"]["status"] == "could_not_look"
    assert told["queues"]["found"] == "the permission sqs:GetQueueUrl is missing"
    assert told["queues"]["advice"] == "allow sqs:GetQueueUrl to who runs this"
    assert told["alarms"]["found"] == "the permission cloudwatch:DescribeAlarms is missing"
    assert told["subscriptions"]["found"] == "the permission sns:ListSubscriptionsByTopic is missing"
    for name in ("policy", "connections", "faults", "quarantine", "deadlines", "secrets", "filters"):
        assert told[name]["status"] == "could_not_look", name
        assert "dynamodb:Query" in told[name]["found"], name
    assert (told["stack"]["status"], told["table"]["status"], told["schedules"]["status"]) == ("ok", "ok", "ok")


def test_what_may_not_be_looked_at_is_not_wrong(
    stack: Stack, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    stack.run_schedules()
    stack.deny("lambda.ListEventSourceMappings")
    stack.add_tool("support", ticket=True)
    assert main(["doctor"]) == 0
    shown = capsys.readouterr().out
    assert "the permission lambda:ListEventSourceMappings is missing" in shown
    assert shown.splitlines()[-1] == "nothing wrong was found; 2 notes; 2 checks could not look"


def test_the_cost_is_asked_for_only_when_that_is_wanted(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[str] = []
    answers = iter(
        [
            {"aws:cloudformation:stack-name$": "12.5", "aws:cloudformation:stack-name$replyclock": "2.25"},
            {"aws:cloudformation:stack-name$": "12.5"},
        ]
    )

    def answer(model: Any, **_: object) -> Any:
        asked.append(model.name)
        groups = [
            {"Keys": [key], "Metrics": {"UnblendedCost": {"Amount": amount, "Unit": "USD"}}}
            for key, amount in next(answers).items()
        ]
        well = Answer()
        well.status_code = 200
        return well, {"ResultsByTime": [{"Groups": groups}]}

    events: Any = stack.session.events
    events.register("before-call.ce.GetCostAndUsage", answer)
    assert "--cost" in examined(capsys, status=1)["cost"][0]["found"]
    assert asked == []
    [cost] = examined(capsys, "--cost", status=1)["cost"]
    assert cost["status"] == "ok"
    assert "2.25 $ for the stack, 14.75 $ for the whole account" in cost["found"]
    [cost] = examined(capsys, "--cost", status=1)["cost"]
    assert cost["status"] == "note"
    assert "12.50 $ for the whole account" in cost["found"]
    assert len(asked) == 2


def test_the_table_for_people(
    stack: Stack, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    stack.subscribe("sms", "+15550100200", form=["sms"], notify=["manager"])
    assert main(["doctor"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].split(None, 2)[:2] == ["check", "result"]
    assert any(line.startswith("filters") and "WRONG" in line for line in lines)
    assert "wrong" in lines[-1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--stack", "a", "--local"], "not allowed with"),
        (["--frequency", "7"], "unrecognized arguments"),
        (["--local"], "no local cloud is up"),
    ],
)
def test_bad_input(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        status = main(["doctor", *arguments])
    except SystemExit as ended:
        status = int(ended.code or 0)
    shown = capsys.readouterr()
    assert status == 2
    assert said in shown.err
    assert shown.out == ""


def test_a_stack_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    with moto_in_process():
        assert main(["doctor", "--stack", "nowhere"]) == 2
    assert "the stack nowhere cannot be read" in capsys.readouterr().err


def test_without_credentials(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert main(["doctor"]) == 2
    assert "credentials" in capsys.readouterr().err
