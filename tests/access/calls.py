"""What the functions ask of AWS, as IAM sees it: recorded from botocore, in tests and in the local cloud.

A copy of this file, called `sitecustomize.py`, lies on the path of the processes in which the local cloud runs
functions. So it knows nothing of the project.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

_SETTINGS = (
    "TABLE_NAME",
    "TIMER_QUEUE_URL",
    "ALERT_TOPIC_ARN",
    "SMOKE_TOPIC_ARN",
    "DOCUMENTS_BUCKET",
    "API_TOKEN_SECRET",
)
_IN_TRANSACTIONS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
_WORDS = (
    *(
        "SET",
        "REMOVE",
        "ADD",
        "DELETE",
        "AND",
        "OR",
        "NOT",
        "BETWEEN",
        "IN",
        "attribute_exists",
        "attribute_not_exists",
    ),
    *("begins_with", "contains", "size", "if_not_exists", "list_append"),
)
_NAME = re.compile(r"(?<![\w:#.])#?[A-Za-z_]\w*")

Call = dict[str, Any]
"""A call: `function`, `action`, `resource`, `keys` and `attributes`; the resource by the setting that names it."""


def record(file: Path, function: Callable[[], str | None]) -> None:
    """From now on append each different call of the function that runs, a JSON object a line."""
    from botocore.client import BaseClient
    from botocore.exceptions import ClientError

    ask: Any = BaseClient._make_api_call  # type: ignore[attr-defined]
    known: set[str] = set()

    def recorded(client: Any, operation: str, given: Mapping[str, Any]) -> Any:
        name, missing = function(), False
        try:
            return ask(client, operation, given)
        except ClientError as error:
            missing = error.response["Error"]["Code"] == "ResourceNotFoundException"
            raise
        finally:
            if name is not None:
                for call in described(client.meta.service_model.service_name, operation, given, missing):
                    line = json.dumps({"function": name, **call})
                    if line not in known:
                        known.add(line)
                        with file.open("a", encoding="utf-8") as calls:
                            calls.write(f"{line}\n")

    BaseClient._make_api_call = recorded  # type: ignore[attr-defined]


def described(service: str, operation: str, given: Mapping[str, Any], missing: bool = False) -> Iterator[Call]:
    """What IAM is asked for a call: an action of a resource each, and in the table the partition keys."""
    match service, operation:
        case "dynamodb", "TransactWriteItems":
            for one in given["TransactItems"]:
                for kind, item in one.items():
                    yield _of_table(_IN_TRANSACTIONS[kind], item)
        case "dynamodb", "TransactGetItems":
            for one in given["TransactItems"]:
                yield _of_table("GetItem", one["Get"])
        case "dynamodb", "BatchGetItem":
            for table, asked in given["RequestItems"].items():
                yield _call("dynamodb:BatchGetItem", _named(table), [_key(key) for key in asked["Keys"]])
        case "dynamodb", "BatchWriteItem":
            for table, writes in given["RequestItems"].items():
                keys = [_key(item.get("Item") or item["Key"]) for one in writes for item in one.values()]
                yield _call("dynamodb:BatchWriteItem", _named(table), keys)
        case "dynamodb", _:
            yield _of_table(operation, given)
        case "sqs", "SendMessage" | "SendMessageBatch":
            yield _call("sqs:SendMessage", _named(given["QueueUrl"]))
        case "sns", "Publish" | "PublishBatch":
            yield _call("sns:Publish", _named(given["TopicArn"]))
        case "sns", _ if "TopicArn" in given:
            yield _call(f"sns:{operation}", _named(given["TopicArn"]))
        case "s3", ("PutObject" | "GetObject" | "HeadObject" | "DeleteObject"):
            action = "GetObject" if operation == "HeadObject" else operation
            yield _call(f"s3:{action}", f"{_named(given['Bucket'])}/{given['Key']}")
        case "s3", "ListObjectsV2":
            yield _call("s3:ListBucket", _named(given["Bucket"]))
        case "secretsmanager", _:
            name = _named(given["SecretId"])
            if name not in _SETTINGS:
                # A secret that is there is named with six characters more, one that is not as it is asked for.
                name = re.sub("^replyclock/[^/]+/", "secret:replyclock/STAGE/", name) + ("" if missing else "-AbCdEf")
            yield _call(f"secretsmanager:{operation}", name)
        case _:
            yield _call(f"{service}:{operation}", "*")


def _call(action: str, resource: str, keys: list[str] | None = None, attributes: list[str] | None = None) -> Call:
    return {"action": action, "resource": resource, "keys": sorted(set(keys or [])), "attributes": attributes or []}


def _of_table(operation: str, given: Mapping[str, Any]) -> Call:
    resource = _named(given["TableName"])
    if "IndexName" in given:
        return _call(f"dynamodb:{operation}", f"{resource}/index/{given['IndexName']}")
    if operation == "Query":
        return _call("dynamodb:Query", resource, [_queried(given)])
    item = given.get("Item") or given.get("Key") or {}
    return _call(f"dynamodb:{operation}", resource, [_key(item)] if item else [], _attributes(given))


def _key(item: Mapping[str, Any]) -> str:
    """The partition key, with no ticket's id in it: what comes after the kind of key matters to nobody."""
    kind, hash_, _ = str(item["pk"]["S"]).partition("#")
    return f"{kind}#x" if hash_ else kind


def _queried(given: Mapping[str, Any]) -> str:
    equal = re.search(r"pk\s*=\s*(:\w+)", given["KeyConditionExpression"])
    return _key({"pk": given["ExpressionAttributeValues"][equal[1]]}) if equal else ""


def _attributes(given: Mapping[str, Any]) -> list[str]:
    """All that a call reads or writes of an item: what it names."""
    named: Mapping[str, str] = given.get("ExpressionAttributeNames", {})
    expressions = " ".join(str(value) for name, value in given.items() if name.endswith("Expression"))
    words = {name for name in _NAME.findall(expressions) if name not in _WORDS}
    return sorted({named.get(name, name) for name in words} | {*given.get("Item", {})} | {*given.get("Key", {})})


def _named(value: str) -> str:
    return next((name for name in _SETTINGS if os.environ.get(name) == value), value)


if __name__ == "sitecustomize" and "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    record(Path(__file__).with_name(f"{os.getpid()}.jsonl"), lambda: os.environ["AWS_LAMBDA_FUNCTION_NAME"])
