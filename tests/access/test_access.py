"""The evaluator judges as IAM does; calls are recorded as IAM sees them. Those of all tests are judged at their end."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from tests.access import policies
from tests.access.calls import Call, described, record
from tests.access.policies import Grant, allows, grants, may_call, unused
from tests.access.recorded import as_function
from tests.adapters.backends import moto_in_process
from tests.template.test_template import ROLES


def call(function: str, action: str, resource: str, *keys: str, attributes: tuple[str, ...] = ()) -> Call:
    return {
        "function": f"a-stage-{function}",
        "action": action,
        "resource": resource,
        "keys": [*keys],
        "attributes": [*attributes],
    }


SECRET = "secret:replyclock/STAGE/connections/help"
ALLOWED = [
    call("receive-webhook", "dynamodb:PutItem", "TABLE_NAME", "T#x"),
    call("receive-webhook", "dynamodb:GetItem", "TABLE_NAME", "CONNECTIONS"),
    call("receive-webhook", "secretsmanager:GetSecretValue", f"{SECRET}/1-AbCdEf"),
    call("receive-webhook", "secretsmanager:GetSecretValue", f"{SECRET}/1"),
    call("reconcile-sources", "secretsmanager:GetSecretValue", f"{SECRET}/api-AbCdEf"),
    # That it is missing can be seen by who may read it.
    call("reconcile-sources", "secretsmanager:GetSecretValue", f"{SECRET}/api"),
    call("reconcile-sources", "dynamodb:UpdateItem", "TABLE_NAME", "CONNECTIONS", attributes=("pk", "sk", "groups")),
    call("sweep-deadlines", "dynamodb:Query", "TABLE_NAME/index/due"),
    call("compile-reports", "s3:PutObject", "DOCUMENTS_BUCKET/evaluations/default/day/x.html"),
    call("publish-alerts", "sns:Publish", "ALERT_TOPIC_ARN"),
    call("compile-reports", "sns:GetTopicAttributes", "ALERT_TOPIC_ARN"),
    call("serve-api", "dynamodb:BatchGetItem", "TABLE_NAME", "T#x", "S#x"),
    call("serve-api", "secretsmanager:GetSecretValue", "API_TOKEN_SECRET"),
]
DENIED = [
    # Another action, another resource, another kind of key.
    call("receive-webhook", "dynamodb:Query", "TABLE_NAME", "T#x"),
    call("receive-webhook", "dynamodb:PutItem", "TABLE_NAME", "CONNECTIONS"),
    call("receive-webhook", "dynamodb:PutItem", "TABLE_NAME", "T#x", "POLICY"),
    call("receive-webhook", "dynamodb:PutItem", "arn:aws:dynamodb:us-east-1:123456789012:table/other", "T#x"),
    call("sweep-deadlines", "dynamodb:Query", "TABLE_NAME/index/live"),
    call("sweep-deadlines", "dynamodb:Query", "TABLE_NAME", "T#x"),
    call("compile-reports", "s3:PutObject", "somebody-elses/evaluations/x.html"),
    call("compile-reports", "s3:PutObject", "DOCUMENTS_BUCKET/other/x.html"),
    call("compile-reports", "dynamodb:DeleteItem", "TABLE_NAME", "T#x"),
    call("serve-api", "dynamodb:GetItem", "TABLE_NAME", "DAYS"),
    # What names no key.
    call("receive-webhook", "dynamodb:PutItem", "TABLE_NAME"),
    call("reconcile-sources", "dynamodb:UpdateItem", "TABLE_NAME", "CONNECTIONS"),
    call("reconcile-sources", "dynamodb:UpdateItem", "TABLE_NAME", "CONNECTIONS", attributes=("pk", "sk", "document")),
    # The front door and the credentials of APIs, there or not; and who is no front door.
    call("receive-webhook", "secretsmanager:GetSecretValue", f"{SECRET}/api-AbCdEf"),
    call("receive-webhook", "secretsmanager:GetSecretValue", f"{SECRET}/api"),
    call("reconcile-sources", "secretsmanager:GetSecretValue", f"{SECRET}/1-AbCdEf"),
    call("serve-api", "secretsmanager:GetSecretValue", f"{SECRET}/1-AbCdEf"),
    call("receive-webhook", "secretsmanager:GetSecretValue", "secret:replyclock/other/connections/help/1-AbCdEf"),
    call("publish-alerts", "sns:Publish", "arn:aws:sns:us-east-1:123456789012:other"),
]


@pytest.mark.parametrize("asked", ALLOWED, ids=json.dumps)
def test_what_a_function_needs_is_allowed(asked: Call) -> None:
    assert may_call(asked)


@pytest.mark.parametrize("asked", DENIED, ids=json.dumps)
def test_what_it_does_not_need_is_denied(asked: Call) -> None:
    assert not may_call(asked)


def role(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Policies": [{"PolicyDocument": {"Statement": list(statements)}}]}


@pytest.mark.parametrize("operator", ["ForAllValues:StringEquals", "ForAllValues:StringLike"])
def test_for_all_values_holds_of_no_value_and_null_is_what_asks_for_one(operator: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html"""
    keys = {operator: {"dynamodb:LeadingKeys": ["A"]}}
    statement = {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "arn:x", "Condition": keys}
    assert allows(role(statement), "dynamodb:GetItem", "arn:x", {})
    assert allows(role(statement), "dynamodb:GetItem", "arn:x", {"dynamodb:LeadingKeys": ["A", "A"]})
    assert not allows(role(statement), "dynamodb:GetItem", "arn:x", {"dynamodb:LeadingKeys": ["A", "B"]})
    statement["Condition"] = {**keys, "Null": {"dynamodb:LeadingKeys": "false"}}
    assert not allows(role(statement), "dynamodb:GetItem", "arn:x", {})
    assert allows(role(statement), "dynamodb:GetItem", "arn:x", {"dynamodb:LeadingKeys": ["A"]})


def test_a_denial_goes_before_whatever_allows_it() -> None:
    allow = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": "arn:*"}
    deny = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": ["arn:x", "arn:y"]}
    assert allows(role(allow, deny), "s3:GetObject", "arn:z", {})
    assert not allows(role(deny, allow), "s3:GetObject", "arn:y", {})
    assert not allows(role(allow), "s3:PutObject", "arn:z", {})


def test_conditions_that_it_does_not_know_are_not_judged() -> None:
    statement = {
        "Effect": "Allow",
        "Action": "a:B",
        "Resource": "*",
        "Condition": {"IpAddress": {"aws:SourceIp": "::1"}},
    }
    with pytest.raises(NotImplementedError, match="IpAddress"):
        allows(role(statement), "a:B", "arn:x", {})


def test_what_nothing_uses_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    everything = set(unused([]))
    assert Grant("ReceiveWebhookRole", "dynamodb:PutItem", "arn:Table", "T#*") in everything
    used = everything - set(unused(ALLOWED[:1]))
    assert used == {Grant("ReceiveWebhookRole", "dynamodb:PutItem", "arn:Table", "T#*")}
    assert not [one for one in everything if one.role == "ScheduleRole" or one.action.startswith("logs:")]
    [some, *_] = sorted(everything)
    monkeypatch.setitem(policies.UNSEEN, some, "of the test")
    assert some not in unused([])


def test_what_aws_does_with_the_roles_is_among_what_they_allow() -> None:
    """Or a reason would stand there for nothing."""
    import re

    allowed = {f"{one.action} {one.resource}" for one in grants(ROLES)}
    for pattern in policies.BY_AWS:
        assert any(re.fullmatch(pattern, one) for one in allowed), pattern
    assert policies.UNSEEN.keys() <= set(grants(ROLES))


ITEM = {"pk": {"S": "T#default#desk#1"}, "sk": {"S": "STATE"}}


@pytest.mark.parametrize(
    ("service", "operation", "given", "expected"),
    [
        ("dynamodb", "PutItem", {"TableName": "t", "Item": ITEM}, [("dynamodb:PutItem", "t", ["T#x"])]),
        (
            "dynamodb",
            "TransactWriteItems",
            {"TransactItems": [{"Put": {"TableName": "t", "Item": ITEM}}, {"Delete": {"TableName": "t", "Key": ITEM}}]},
            [("dynamodb:PutItem", "t", ["T#x"]), ("dynamodb:DeleteItem", "t", ["T#x"])],
        ),
        (
            "dynamodb",
            "Query",
            {
                "TableName": "t",
                "KeyConditionExpression": "pk = :pk AND begins_with(sk, :sk)",
                "ExpressionAttributeValues": {":sk": {"S": "V#"}, ":pk": {"S": "POLICY"}},
            },
            [("dynamodb:Query", "t", ["POLICY"])],
        ),
        ("dynamodb", "Query", {"TableName": "t", "IndexName": "due"}, [("dynamodb:Query", "t/index/due", [])]),
        ("dynamodb", "Scan", {"TableName": "t"}, [("dynamodb:Scan", "t", [])]),
        ("sqs", "SendMessageBatch", {"QueueUrl": "q"}, [("sqs:SendMessage", "q", [])]),
        ("s3", "PutObject", {"Bucket": "b", "Key": "k/1"}, [("s3:PutObject", "b/k/1", [])]),
        (
            "secretsmanager",
            "GetSecretValue",
            {"SecretId": "replyclock/test/connections/a/1"},
            [("secretsmanager:GetSecretValue", "secret:replyclock/STAGE/connections/a/1-AbCdEf", [])],
        ),
        ("sns", "GetTopicAttributes", {"TopicArn": "t"}, [("sns:GetTopicAttributes", "t", [])]),
        ("iam", "ListRoles", {}, [("iam:ListRoles", "*", [])]),
    ],
)
def test_a_call_is_described_as_iam_sees_it(service: str, operation: str, given: Any, expected: Any) -> None:
    assert [(one["action"], one["resource"], one["keys"]) for one in described(service, operation, given)] == expected


def test_an_update_names_all_attributes_that_it_touches() -> None:
    given = {
        "TableName": "t",
        "Key": ITEM,
        "UpdateExpression": "SET #g = if_not_exists(#g, :g), kept = :k REMOVE gone",
        "ConditionExpression": "attribute_exists(pk) AND old < :old",
        "ExpressionAttributeNames": {"#g": "groups"},
    }
    [described_] = described("dynamodb", "UpdateItem", given)
    assert described_["attributes"] == ["gone", "groups", "kept", "old", "pk", "sk"]


def test_what_a_function_calls_is_recorded_and_what_others_call_is_not(tmp_path: Any) -> None:
    with moto_in_process():
        queues = boto3.client("sqs")
        url = queues.create_queue(QueueName="q")["QueueUrl"]
        running: list[str] = []
        from botocore.client import BaseClient

        before = BaseClient._make_api_call  # type: ignore[attr-defined]
        record(tmp_path / "calls.jsonl", lambda: running[-1] if running else None)
        try:
            queues.send_message(QueueUrl=url, MessageBody="of a test")
            running.append("x-serve-api")
            queues.send_message(QueueUrl=url, MessageBody="of a function")
            queues.send_message(QueueUrl=url, MessageBody="the same once more")
        finally:
            BaseClient._make_api_call = before  # type: ignore[attr-defined]
    [line] = (tmp_path / "calls.jsonl").read_text().splitlines()
    made = json.loads(line)
    assert (made["function"], made["action"]) == ("x-serve-api", "sqs:SendMessage")
    assert not may_call(made), "this queue is not the template's"


def test_a_handlers_calls_are_its_functions() -> None:
    from tests.access import recorded

    def running() -> str | None:
        return recorded._running

    assert as_function("x-serve-api", running)() == "x-serve-api"
    assert running() is None
