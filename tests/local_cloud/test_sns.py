"""What AWS enforces of messages, attributes and filters, the local cloud enforces."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from infra.local.api import wait_for
from infra.local.cloud import Cloud
from infra.local.inbox import Inbox

from .conftest import queue, received


def topic(cloud: Cloud, name: str) -> str:
    arn: str = cloud.client("sns").create_topic(Name=name)["TopicArn"]
    return arn


def subscribed(cloud: Cloud, topic_arn: str, name: str, **attributes: Any) -> str:
    """The URL of a new queue that is subscribed to the topic."""
    url, arn = queue(cloud, name)
    given = {key: one if isinstance(one, str) else json.dumps(one) for key, one in attributes.items()}
    cloud.client("sns").subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=arn, Attributes=given)
    return url


def string(value: str) -> dict[str, str]:
    return {"DataType": "String", "StringValue": value}


def test_attributes_of_a_message_for_each_protocol_reach_no_filter(cloud: Cloud, name: str) -> None:
    arn = topic(cloud, name)
    filtered = subscribed(cloud, arn, f"{name}-1", FilterPolicy={"level": ["breach"]})
    unfiltered = subscribed(cloud, arn, f"{name}-2", RawMessageDelivery="true")
    mail = f"{name}@example.com"
    policy = json.dumps({"level": ["breach"]})
    cloud.client("sns").subscribe(TopicArn=arn, Protocol="email", Endpoint=mail, Attributes={"FilterPolicy": policy})
    given = {"TopicArn": arn, "MessageAttributes": {"level": string("breach")}}
    cloud.client("sns").publish(Message=json.dumps({"default": "structured"}), MessageStructure="json", **given)
    cloud.client("sns").publish(Message="plain", **given)
    assert [json.loads(one["Body"])["Message"] for one in received(cloud, filtered)] == ["plain"]
    both = received(cloud, unfiltered)
    assert {one["Body"]: set(one.get("MessageAttributes", ())) for one in both} == {
        "structured": set(),
        "plain": {"level"},
    }
    assert [one.text for one in Inbox(cloud.inbox).new() if one.to == mail] == ["plain"]


@pytest.mark.parametrize("batch", [False, True])
def test_raw_delivery_takes_ten_attributes(cloud: Cloud, name: str, batch: bool) -> None:
    arn = topic(cloud, name)
    letters, letters_arn = queue(cloud, f"{name}-letters")
    redrive = {"deadLetterTargetArn": letters_arn}
    raw = subscribed(cloud, arn, f"{name}-raw", RawMessageDelivery="true", RedrivePolicy=redrive)
    enveloped = subscribed(cloud, arn, f"{name}-enveloped")
    for count in (10, 11):
        attributes = {f"name{number}": string("x") for number in range(count)}
        entry: dict[str, Any] = {"Message": f"{count}", "MessageAttributes": attributes}
        if batch:
            cloud.client("sns").publish_batch(TopicArn=arn, PublishBatchRequestEntries=[{"Id": "1", **entry}])
        else:
            cloud.client("sns").publish(TopicArn=arn, **entry)
    assert [one["Body"] for one in received(cloud, raw)] == ["10"]
    assert [json.loads(one["Body"])["Message"] for one in received(cloud, enveloped)] == ["10", "11"]
    assert [one["Body"] for one in received(cloud, letters)] == ["11"]


@pytest.mark.parametrize(
    ("kind", "value", "passes"),
    [
        ("String", "Night", True),
        ("String", 'Night "EU"', False),
        ("String", "back\\", False),
        ("String", "tab\t", False),
        ("String", 'Night \\"EU\\"', True),
        ("String.Array", '["Night \\"EU\\""]', True),
        ("String.Array", "['Night']", False),
        ("String.Array", '"Night"', False),
    ],
)
def test_an_attribute_that_is_no_json_passes_no_filter(
    cloud: Cloud, name: str, kind: str, value: str, passes: bool
) -> None:
    arn = topic(cloud, name)
    filtered = subscribed(cloud, arn, f"{name}-1", FilterPolicy={"level": ["breach"]})
    by_body = subscribed(cloud, arn, f"{name}-2", FilterPolicy={"a": ["b"]}, FilterPolicyScope="MessageBody")
    unfiltered = subscribed(cloud, arn, f"{name}-3")
    attributes = {"level": string("breach"), "group": {"DataType": kind, "StringValue": value}}
    cloud.client("sns").publish(TopicArn=arn, Message='{"a": "b"}', MessageAttributes=attributes)
    assert len(received(cloud, filtered)) == passes
    assert len(received(cloud, by_body)) == len(received(cloud, unfiltered)) == 1


@pytest.mark.parametrize(
    ("subject", "fits"),
    [
        ("BROKEN: chat", True),
        ("[80%]", True),
        ("x" * 99, True),
        ("x" * 100, False),
        ("two\nlines", False),
        ("tab\there", False),
        (" begins with a space", False),
        ("已超时", False),
    ],
)
def test_subjects(cloud: Cloud, name: str, subject: str, fits: bool, refused: Callable[[str], Any]) -> None:
    arn = topic(cloud, name)
    entry = {"Message": "x", "Subject": subject}
    client = cloud.client("sns")
    if fits:
        client.publish(TopicArn=arn, **entry)
        assert client.publish_batch(TopicArn=arn, PublishBatchRequestEntries=[{"Id": "1", **entry}])["Successful"]
        return
    with refused("InvalidParameter"):
        client.publish(TopicArn=arn, **entry)
    with refused("InvalidParameter"):
        client.publish_batch(TopicArn=arn, PublishBatchRequestEntries=[{"Id": "1", **entry}])


def test_sizes(cloud: Cloud, name: str, refused: Callable[[str], Any]) -> None:
    arn = topic(cloud, name)
    url = subscribed(cloud, arn, name)
    client = cloud.client("sns")
    half = "x" * 131_072
    with refused("InvalidParameter"):
        client.publish(TopicArn=arn, Message=half, MessageAttributes={"a": string(half)})
    entries: list[Any] = [{"Id": "1", "Message": half}, {"Id": "2", "Message": half}]
    client.publish_batch(TopicArn=arn, PublishBatchRequestEntries=entries)
    entries[1]["MessageAttributes"] = {"a": string("x")}
    with refused("BatchRequestTooLong"):
        client.publish_batch(TopicArn=arn, PublishBatchRequestEntries=entries)
    assert len(received(cloud, url)) == 2


FIVE = {f"name{number}": ["x"] for number in range(5)}


@pytest.mark.parametrize("policy", [FIVE | {"name5": ["x"]}, {"a": list("abcdefghijklm"), "b": list("abcdefghijkl")}])
def test_filter_policies(cloud: Cloud, name: str, policy: Any, refused: Callable[[str], Any]) -> None:
    arn = topic(cloud, name)
    client = cloud.client("sns")
    with refused("FilterPolicy"):
        subscribed(cloud, arn, f"{name}-1", FilterPolicy=policy)
    subscribed(cloud, arn, f"{name}-2", FilterPolicy=FIVE)
    [one] = client.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
    with refused("FilterPolicy"):
        client.set_subscription_attributes(
            SubscriptionArn=one["SubscriptionArn"], AttributeName="FilterPolicy", AttributeValue=json.dumps(policy)
        )
    subscription = {
        "Type": "AWS::SNS::Subscription",
        "Properties": {"TopicArn": arn, "Protocol": "sms", "Endpoint": "+15550100200", "FilterPolicy": policy},
    }
    assert "FilterPolicy" in failure(cloud, name, {"Subscription": subscription})


def failure(cloud: Cloud, stack: str, resources: dict[str, Any]) -> str:
    """Why a stack of these resources could not be created."""
    cloudformation = cloud.client("cloudformation")
    cloudformation.create_stack(StackName=stack, TemplateBody=json.dumps({"Resources": resources}))

    def over() -> str | None:
        status: str = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
        return None if status.endswith("IN_PROGRESS") else status

    assert wait_for(over, 20) != "CREATE_COMPLETE"
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    return " ".join(one.get("ResourceStatusReason", "") for one in events)
