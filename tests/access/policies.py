"""What the roles of the template allow, judged as IAM judges it.

A small evaluator of our own for what the roles use, rather than `@cloud-copilot/iam-simulate`: the tests then need no
Node. What it does not know it refuses to judge.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from tests.access.calls import Call
from tests.template.test_template import FUNCTIONS, ROLES, listed, named, role_of, statements

PARTS = {"AWS::Partition": "aws", "AWS::Region": "us-east-1", "AWS::AccountId": "123456789012", "Stage": "STAGE"}
Context = Mapping[str, list[str]]
"""The values of the keys that a request has; one that it has not is missing."""


def arn(value: Any) -> str:
    """A resource as it is deployed; one of the template is `arn:` and its name there."""
    match value:
        case {"Ref": name} | {"Fn::GetAtt": [name, "Arn"]}:
            return f"arn:{name}"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"arn:{name}/{attribute}"
        case {"Fn::Sub": str(text)}:
            return re.sub(r"\$\{([\w:]+)(\.Arn)?\}", lambda one: PARTS.get(one[1]) or f"arn:{one[1]}", text)
        case {"Fn::If": [_, wanted, _]}:
            return arn(wanted)
    return str(value)


def asked(call: Call) -> tuple[str, str, Context]:
    """The action, resource and context of a recorded call of a function."""
    setting, slash, rest = call["resource"].partition("/")
    settings = FUNCTIONS[function_of(call)]["Environment"]["Variables"]
    if call["resource"].startswith("secret:"):
        resource = "arn:aws:secretsmanager:us-east-1:123456789012:" + call["resource"]
    else:
        resource = f"{arn(settings[setting])}{slash}{rest}" if setting in settings else call["resource"]
    context = {"dynamodb:LeadingKeys": call["keys"], "dynamodb:Attributes": call["attributes"]}
    return call["action"], resource, {key: values for key, values in context.items() if values}


def function_of(call: Call) -> str:
    """The function's name in the template: it ends the one with which it is deployed."""
    [found] = [
        name
        for name, one in FUNCTIONS.items()
        if call["function"].endswith(one["FunctionName"]["Fn::Sub"].removeprefix("replyclock-${Stage}"))
    ]
    return found


def allows(role: Mapping[str, Any], action: str, resource: str, context: Context) -> bool:
    """Whether a role may do that: some statement allows it, and none denies it."""
    fitting = [one["Effect"] for one in statements(role) if _fits(one, action, resource, context)]
    return "Allow" in fitting and "Deny" not in fitting


def may_call(call: Call) -> bool:
    """Whether the role of the function that made a call allows it."""
    return allows(role_of(function_of(call)), *asked(call))


def _fits(statement: Mapping[str, Any], action: str, resource: str, context: Context) -> bool:
    return (
        action in listed(statement["Action"])
        and any(_like(resource, arn(one)) for one in listed(statement["Resource"]))
        and all(_holds(operator, keys, context) for operator, keys in statement.get("Condition", {}).items())
    )


def _like(value: str, pattern: str) -> bool:
    return fnmatchcase(value, pattern.replace("[", "[[]"))


def _holds(operator: str, keys: Mapping[str, Any], context: Context) -> bool:
    compare: Callable[[str, str], bool] = _like if operator.endswith("Like") else str.__eq__
    match operator:
        case "Null":
            return all((key not in context) == (str(wanted) == "true") for key, wanted in keys.items())
        case "ForAllValues:StringEquals" | "ForAllValues:StringLike":
            # Also of a key that the request does not have: that is what `Null` is for.
            return all(
                any(compare(value, one) for one in listed(wanted))
                for key, wanted in keys.items()
                for value in context.get(key, [])
            )
    raise NotImplementedError(f"this evaluator does not know {operator}")


# --- what is allowed and not used ---


@dataclass(frozen=True, order=True)
class Grant:
    """A single thing that a role may do: one action of one resource, of one kind of partition key."""

    role: str
    action: str
    resource: str
    key: str = ""


def grants(roles: Mapping[str, Mapping[str, Any]] = ROLES) -> Iterator[Grant]:
    """All that the roles allow, one by one."""
    for name, role in roles.items():
        for one in statements(role):
            keys = [
                key
                for operator, wanted in one.get("Condition", {}).items()
                if operator != "Null"
                for key in wanted.get("dynamodb:LeadingKeys", [])
            ]
            if one["Effect"] == "Allow":
                for action in listed(one["Action"]):
                    for resource in listed(one["Resource"]):
                        for key in keys or [""]:
                            yield Grant(name, action, arn(resource), key)


def uses(call: Call, grant: Grant) -> bool:
    """Whether a call needs a grant."""
    action, resource, context = asked(call)
    return (
        named(FUNCTIONS[function_of(call)]["Role"]) == grant.role
        and action == grant.action
        and _like(resource, grant.resource)
        and (not grant.key or any(_like(key, grant.key) for key in context.get("dynamodb:LeadingKeys", [])))
    )


BY_AWS = {
    r"dynamodb:(DescribeStream|GetRecords|GetShardIterator|ListStreams) arn:Table/StreamArn": "Lambda reads the stream",
    r"sqs:(ReceiveMessage|DeleteMessage|GetQueueAttributes) arn:TimerQueue": "Lambda reads the queue",
    r"sqs:SendMessage arn:(Stream|Schedule|EventBus)Failures": "Lambda and Scheduler hand over what failed",
    r"lambda:InvokeFunction arn:\w+": "Scheduler starts functions",
    r"s3:ListBucket arn:Documents": "S3 looks for it before it says that an object is missing",
    r"logs:(CreateLogStream|PutLogEvents) arn:\w+Logs": "Lambda writes the logs",
}
"""What AWS itself does with a role, so that no function is seen to do it; and what for."""
UNSEEN: dict[Grant, str] = {}
"""What functions do where no test looks; and why."""


def unused(calls: Iterable[Call]) -> list[Grant]:
    """The grants that no call needs."""
    made = list(calls)
    return sorted(
        grant
        for grant in grants()
        if grant not in UNSEEN
        and not any(re.fullmatch(one, f"{grant.action} {grant.resource}") for one in BY_AWS)
        and not any(uses(call, grant) for call in made)
    )
