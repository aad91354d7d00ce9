"""Payloads of functions, and functions that feed their own queues."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from infra.local.api import wait_for
from infra.local.cloud import Cloud

from .conftest import function, queue, received

ECHO = "def handle(event, context):\n    return 'x' * event.get('answer', 0)\n"
MB = 1024 * 1024


def payload(size: int) -> bytes:
    empty = len(json.dumps({"text": ""}))
    return json.dumps({"text": "x" * (size - empty)}).encode()


def test_a_payload_is_no_larger_than_six_megabytes(cloud: Cloud, name: str, refused: Callable[[str], Any]) -> None:
    function(cloud, name, ECHO)
    client = cloud.client("lambda")
    assert client.invoke(FunctionName=name, Payload=payload(6 * MB))["StatusCode"] == 200
    with refused("RequestEntityTooLarge"):
        client.invoke(FunctionName=name, Payload=payload(6 * MB + 1))


def test_of_one_that_nobody_waits_for_a_megabyte(cloud: Cloud, name: str, refused: Callable[[str], Any]) -> None:
    function(cloud, name, ECHO)
    client = cloud.client("lambda")
    assert client.invoke(FunctionName=name, InvocationType="Event", Payload=payload(MB))["StatusCode"] == 202
    with refused("RequestEntityTooLarge"):
        client.invoke(FunctionName=name, InvocationType="Event", Payload=payload(MB + 1))


def test_an_answer_is_no_larger_than_six_megabytes(cloud: Cloud, name: str) -> None:
    function(cloud, name, ECHO)
    client = cloud.client("lambda")
    fits = client.invoke(FunctionName=name, Payload=json.dumps({"answer": 6 * MB - 2}))
    assert ("FunctionError" in fits, len(fits["Payload"].read())) == (False, 6 * MB)
    larger = client.invoke(FunctionName=name, Payload=json.dumps({"answer": 6 * MB + 1}))
    assert larger["FunctionError"] == "Unhandled"
    assert json.loads(larger["Payload"].read())["errorType"] == "Function.ResponseSizeTooLarge"


# As a timer that is armed again each time it is looked at.
FEEDS_ITSELF = """
import boto3, json, os

queue = boto3.client("sqs", endpoint_url=os.environ["AWS_ENDPOINT_URL"])

def handle(event, context):
    turn = json.loads(event["Records"][0]["body"])
    if turn < 20:
        queue.send_message(QueueUrl=os.environ["QUEUE"], MessageBody=json.dumps(turn + 1))
    else:
        queue.send_message(QueueUrl=os.environ["DONE"], MessageBody="20 turns")
"""


@pytest.mark.parametrize(("allowed", "by_template"), [(False, False), (True, False), (True, True)])
def test_a_function_that_feeds_its_queue_is_stopped_after_16_turns_unless_allowed(
    cloud: Cloud, name: str, allowed: bool, by_template: bool
) -> None:
    letters, letters_arn = queue(cloud, f"{name}-letters")
    done, _ = queue(cloud, f"{name}-done")
    redrive = json.dumps({"deadLetterTargetArn": letters_arn, "maxReceiveCount": 5})
    own, own_arn = queue(cloud, f"{name}-own", RedrivePolicy=redrive, VisibilityTimeout="60")
    variables = {"QUEUE": own, "DONE": done}
    if by_template:
        deploy_allowed(cloud, name, variables)
    else:
        function(cloud, name, FEEDS_ITSELF, Environment={"Variables": variables})
    if allowed and not by_template:
        cloud.client("lambda").put_function_recursion_config(FunctionName=name, RecursiveLoop="Allow")
    cloud.client("lambda").create_event_source_mapping(FunctionName=name, EventSourceArn=own_arn, BatchSize=1)
    cloud.client("sqs").send_message(QueueUrl=own, MessageBody="1")
    came = wait_for(lambda: received(cloud, done if allowed else letters), 60)
    assert came is not None
    assert [one["Body"] for one in came] == (["20 turns"] if allowed else ["17"])
    assert received(cloud, letters if allowed else done) == []


def deploy_allowed(cloud: Cloud, name: str, variables: dict[str, str]) -> None:
    resource = {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "FunctionName": name,
            "Runtime": "python3.13",
            "Handler": "index.handle",
            "Role": "arn:aws:iam::000000000000:role/none",
            "Code": {"ZipFile": FEEDS_ITSELF},
            "Timeout": 60,
            "RecursiveLoop": "Allow",
            "Environment": {"Variables": variables},
        },
    }
    cloudformation = cloud.client("cloudformation")
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": {"Function": resource}}))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
