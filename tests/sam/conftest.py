"""What `sam local` runs against: the built template, and the local cloud's table, queue, topic and secrets.

Nothing is deployed to that cloud, so whatever happens in it is the doing of the containers that SAM CLI starts.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from samtranslator.yaml_helper import yaml_parse

from infra.local.cloud import Cloud, running

from .forwarding import reachable_from_containers

ROOT = Path(__file__).resolve().parents[2]
EVENTS = ROOT / "tests" / "events"
ARCHITECTURE = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
SIGNING_SECRET = "a secret of the tests, and of nothing else"
API_TOKEN = "a-token-of-the-tests-and-of-nothing-else"
START_SECONDS = 120.0


@dataclass(frozen=True)
class Sam:
    """SAM CLI on the built template, with what its containers need to find the local cloud."""

    template: Path
    variables: Path
    environment: Mapping[str, str]
    network: list[str]

    def options(self) -> list[str]:
        """Options that `invoke` and `start-api` share."""
        files = [f"--template={self.template}", f"--env-vars={self.variables}"]
        return [
            *files,
            f"--parameter-overrides=Architecture={ARCHITECTURE} ReconcileEvery=60 RetentionDays=365",
            "--skip-pull-image",
            *self.network,
        ]

    def invoke(self, function: str, event: str) -> Any:
        """The function's answer to an event of tests/events; fails with what SAM CLI printed when there is none."""
        command = ["sam", "local", "invoke", function, f"--event={EVENTS / event}.json", *self.options()]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout.strip().splitlines()[-1] if done.stdout.strip() else "null")
        assert not (isinstance(answer, dict) and "errorType" in answer), f"{answer}\n{done.stderr}"
        return answer


@dataclass(frozen=True)
class Backend:
    """The resources of the template, made in the local cloud."""

    cloud: Cloud
    table: str
    queue: str
    topic: str
    inbox: str
    """A queue that is subscribed to the topic."""

    def items(self, ticket: str, prefix: str = "") -> list[dict[str, Any]]:
        """A ticket's items."""
        found: list[dict[str, Any]] = self.cloud.client("dynamodb").query(
            TableName=self.table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)" if prefix else "pk = :pk",
            ExpressionAttributeValues={
                ":pk": {"S": f"T#default#issues#example-org/support#{ticket}"},
                **({":prefix": {"S": prefix}} if prefix else {}),
            },
        )["Items"]
        return found

    def put(self, item: Mapping[str, Any]) -> None:
        """Put an item into the table."""
        self.cloud.client("dynamodb").put_item(TableName=self.table, Item=item)

    def received(self, queue: str) -> list[Any]:
        """The messages of a queue, which are gone from it then."""
        client = self.cloud.client("sqs")
        messages = client.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=2).get("Messages", [])
        for one in messages:
            client.delete_message(QueueUrl=queue, ReceiptHandle=one["ReceiptHandle"])
        return [json.loads(one["Body"]) for one in messages]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template as `sam build` leaves it, with the layer built beside it."""
    if shutil.which("sam") is None:
        pytest.fail("SAM CLI is not on the path: run this with `make test-sam`")
    folder = tmp_path_factory.mktemp("sam-build")
    command = ["sam", "build", f"--build-dir={folder}", f"--parameter-overrides=Architecture={ARCHITECTURE}"]
    environment = {**os.environ, "AWS_DEFAULT_REGION": "us-east-1", "SAM_CLI_TELEMETRY": "0"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="session")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """The resources that functions speak to, as the template describes them."""
    resources = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))["Resources"]
    with running(tmp_path_factory.mktemp("cloud")) as cloud:
        table = {
            name: resources["Table"]["Properties"][name]
            for name in ("AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema")
        }
        cloud.client("dynamodb").create_table(TableName="replyclock", **table)
        sqs, sns = cloud.client("sqs"), cloud.client("sns")
        queue, inbox = (sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("timers", "inbox"))
        topic = sns.create_topic(Name="alerts")["TopicArn"]
        cloud.client("s3").create_bucket(Bucket="documents")
        inbox_arn = sqs.get_queue_attributes(QueueUrl=inbox, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        of_programs = {"FilterPolicy": json.dumps({"form": ["json"]})}
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=inbox_arn, Attributes=of_programs)
        secrets = cloud.client("secretsmanager")
        secrets.create_secret(Name="replyclock/local/connections/issues/1", SecretString=SIGNING_SECRET)
        secrets.create_secret(Name="replyclock/local/api-token", SecretString=API_TOKEN)
        backend = Backend(cloud, "replyclock", queue, topic, inbox)
        connection = {
            "name": "issues",
            "provider": "github",
            "secrets": ["replyclock/local/connections/issues/1"],
            "attributes": {"tier": "issue.milestone.title"},
        }
        backend.put({"pk": {"S": "CONNECTIONS"}, "sk": {"S": "issues"}, "document": {"S": json.dumps(connection)}})
        yield backend


@pytest.fixture(scope="session")
def sam(built: Path, backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sam]:
    """SAM CLI, its containers wired to the backend."""
    here = backend.cloud.endpoint.removeprefix("http://")
    with reachable_from_containers(int(here.rpartition(":")[2])) as (there, network):
        template = yaml_parse((built / "template.yaml").read_text(encoding="utf-8"))
        # SAM CLI passes a variable to a container only when the template declares it, and on AWS nobody sets this one.
        template["Globals"]["Function"]["Environment"]["Variables"]["AWS_ENDPOINT_URL"] = f"http://{there}"
        local = built / "template.local.yaml"
        local.write_text(yaml.safe_dump(template, sort_keys=False), encoding="utf-8")
        values = {
            "AWS_ENDPOINT_URL": f"http://{there}",
            "TABLE_NAME": backend.table,
            "TIMER_QUEUE_URL": backend.queue.replace(here, there),
            "ALERT_TOPIC_ARN": backend.topic,
            "SMOKE_TOPIC_ARN": backend.topic,
            "DOCUMENTS_BUCKET": "documents",
            "API_TOKEN_SECRET": "replyclock/local/api-token",
            "STAGE": "local",
            "LINK_BASE": "",
        }
        variables = tmp_path_factory.mktemp("sam") / "variables.json"
        variables.write_text(json.dumps({"Parameters": values}), encoding="utf-8")
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "DOCKER_HOST") if name in os.environ}
        yield Sam(local, variables, {**inherited, **backend.cloud.environment, "SAM_CLI_TELEMETRY": "0"}, network)


@pytest.fixture(scope="session")
def api(sam: Sam, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of `sam local start-api`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path_factory.mktemp("start-api") / "log"
    command = [
        "sam",
        "local",
        "start-api",
        "--host=127.0.0.1",
        f"--port={port}",
        "--warm-containers=LAZY",
        *sam.options(),
    ]
    with log.open("wb") as output:
        child = subprocess.Popen(
            command, cwd=ROOT, env=sam.environment, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
        )
    try:
        _wait_until_served(child, port, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        child.terminate()
        child.wait(timeout=60)


def _wait_until_served(child: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and child.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail(f"sam local start-api did not start:\n{log.read_text(encoding='utf-8')}")


def call(method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> tuple[int, Any]:
    """Status and JSON of an HTTP call."""
    request = urllib.request.Request(url, body, dict(headers), method=method)
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)
