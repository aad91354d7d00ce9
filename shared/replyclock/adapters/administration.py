"""What an operator does to a deployment from a terminal: find it, and configure its connections."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from replyclock.domain.errors import Conflict, Fault, InvalidInput, ReplyclockError, UnknownConnection

from .connections import LEARNED, connection_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from replyclock.domain.events import TicketKey

_CONNECTIONS = "CONNECTIONS"


class DeploymentNotFound(ReplyclockError):
    """There is no such deployment, or it cannot be reached. The message says what was looked for."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """A running replyclock: where its API and its table are, and how to reach its AWS services."""

    api: str
    table: str
    stage: str
    session: boto3.Session
    endpoint: str | None = None
    """Where the AWS services are, for a local cloud."""
    timer_queue: str | None = None
    """The address of the timer queue; None where the deployment does not tell."""
    bucket: str | None = None
    """The bucket of documents and facts; None where the deployment does not name it."""
    stack: str | None = None
    """The CloudFormation stack; None where the deployment does not tell."""
    smoke_topic: str | None = None
    """The topic of `replyclock smoke`; None where the deployment has none, as it is older."""

    def secret_reference(self, connection: str, number: int) -> str:
        """The name of a connection's `number`-th signing secret."""
        return f"replyclock/{self.stage}/connections/{connection}/{number}"

    def client(self, service: str) -> Any:
        """A client of one of its AWS services."""
        # Any: which client it is depends on the service's name, and type checkers follow literal ones alone.
        session: Any = self.session
        return session.client(service, endpoint_url=self.endpoint)


def deployed_stack(name: str) -> Deployment:
    """The deployment of that CloudFormation stack, in the account and region that the environment names."""
    session = boto3.Session()
    try:
        stacks = session.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except (ClientError, BotoCoreError) as wrong:
        raise DeploymentNotFound(f"the stack {name} cannot be read: {wrong}") from wrong
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stacks[0].get("Outputs", [])}
    parameters = {given["ParameterKey"]: given["ParameterValue"] for given in stacks[0].get("Parameters", [])}
    try:
        where = (outputs["ApiUrl"], outputs["TableName"], parameters["Stage"])
    except KeyError as missing:
        raise DeploymentNotFound(f"the stack {name} is not replyclock's: it has no {missing.args[0]}") from None
    return Deployment(
        *where,
        session,
        timer_queue=outputs.get("TimerQueueUrl"),
        bucket=outputs.get("DocumentsBucket"),
        stack=name,
        smoke_topic=outputs.get("SmokeTopicArn"),
    )


def local_cloud(folder: Path) -> Deployment:
    """The deployment on the local cloud that `make run` keeps up; `folder` is its `.local`."""
    try:
        endpoint = json.loads((folder / "endpoint.json").read_text())
    except FileNotFoundError:
        raise DeploymentNotFound(
            f"no local cloud is up: {folder}/endpoint.json is missing; `make run` starts one"
        ) from None
    # The local cloud takes any credentials; these keep a developer's own out of it.
    session = boto3.Session("local", "local", region_name=endpoint.get("region", "us-east-1"))
    return Deployment(
        endpoint["api"],
        endpoint["table"],
        endpoint["stage"],
        session,
        endpoint["aws_endpoint"],
        endpoint.get("timer_queue"),
        endpoint.get("bucket"),
        endpoint.get("stack"),
        endpoint.get("smoke_topic"),
    )


def add_connection(
    deployment: Deployment, document: Mapping[str, Any], secrets: Iterable[str], *, signed: bool = True
) -> dict[str, Any]:
    """Stores a connection and its signing secrets; returns the connection with references to them.

    Raises InvalidInput without a secret: nothing may come in unsigned. One that is not `signed`, as all that belongs to
    it comes over an event bus, has none, and over HTTP nothing comes in by it. Raises Conflict where the name is taken.
    """
    values = [secret for secret in secrets if secret.strip()]
    if bool(values) is not signed:
        raise InvalidInput([Fault("secrets", "a connection needs a secret to verify its webhooks with")])
    name = document["name"]
    if _find(deployment, name) is not None:
        # Looked up first, so that the secrets of the one that exists stay what they are.
        raise Conflict(f"a connection {name} exists")
    references: list[str] = []
    for value in values:
        references.append(_keep_secret(deployment, name, len(references) + 1, value))
    stored = {**document, "secrets": references}
    try:
        _put(deployment, name, stored, f"a connection {name} exists", ConditionExpression="attribute_not_exists(pk)")
    except Conflict:
        _delete_secrets(deployment, name, references)
        raise
    return stored


def list_connections(deployment: Deployment) -> list[dict[str, Any]]:
    """All connections, by name."""
    pages = (
        deployment.client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=deployment.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": _CONNECTIONS}},
        )
    )
    return [connection_of(item) for page in pages for item in page["Items"]]


def get_connection(deployment: Deployment, name: str) -> dict[str, Any]:
    """The connection of that name. Raises UnknownConnection."""
    return connection_of(_found(deployment, name))


def change_connection(
    deployment: Deployment, name: str, change: Callable[[Mapping[str, Any]], Mapping[str, Any]]
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Puts what `change` makes of a connection's document in its place; secrets are referred to there, and stay where
    they are. Returns the document as it was and as it is.

    Raises UnknownConnection, what `change` raises, and Conflict where somebody else changed the connection meanwhile.
    """
    item = _found(deployment, name)
    before = connection_of(item)
    after = change(before)
    # What was learned is part of the document then, as a person has seen it and may have taken some of it out.
    _replace(deployment, name, item["document"]["S"], after, f"REMOVE {LEARNED}")
    return before, after


def remove_connection(deployment: Deployment, name: str) -> None:
    """Deletes a connection, then its secrets; what came through it stays. Raises UnknownConnection."""
    document = get_connection(deployment, name)
    deployment.client("dynamodb").delete_item(TableName=deployment.table, Key=_key(name))
    _delete_secrets(deployment, name, [*document.get("secrets", []), *_api_secrets(document)])


def set_api(deployment: Deployment, name: str, access: Mapping[str, Any], token: str) -> dict[str, Any]:
    """Lets a connection's tool be asked for what its webhooks missed: `access` is its address and, where it wants one,
    the user of the token. Returns the connection as it is now.

    Raises UnknownConnection, and Conflict where somebody else changed the connection meanwhile.
    """
    text = _text(deployment, name)
    document: dict[str, Any] = json.loads(text)
    reference = f"replyclock/{deployment.stage}/connections/{name}/api"
    vault = deployment.client("secretsmanager")
    try:
        vault.create_secret(Name=reference, SecretString=token)
    except ClientError as wrong:
        if wrong.response["Error"]["Code"] != "ResourceExistsException":
            raise
        vault.put_secret_value(SecretId=reference, SecretString=token)
    changed = {**document, "api": {**access, "secret": reference}}
    _replace(deployment, name, text, changed)
    return changed


def drop_api(deployment: Deployment, name: str) -> bool:
    """Has a connection's tool asked no more, and deletes the token; whether it could be asked before. Raises as
    `set_api`.
    """
    text = _text(deployment, name)
    document: dict[str, Any] = json.loads(text)
    references = _api_secrets(document)
    if references:
        _replace(deployment, name, text, {key: value for key, value in document.items() if key != "api"})
        _delete_secrets(deployment, name, references)
    return bool(references)


def _api_secrets(document: Mapping[str, Any]) -> list[str]:
    return [document["api"]["secret"]] if "api" in document else []


def add_secret(deployment: Deployment, name: str, secret: str) -> int:
    """Gives a connection a further secret, the newest; the older ones stay valid. Returns how many it has.

    Raises UnknownConnection, and Conflict where somebody else changed the connection meanwhile.
    """
    text = _text(deployment, name)
    document = json.loads(text)
    known: list[str] = document.get("secrets", [])
    reference = _keep_secret(deployment, name, len(known) + 1, secret)
    try:
        _replace(deployment, name, text, {**document, "secrets": [*known, reference]})
    except Conflict:
        _delete_secrets(deployment, name, [reference])
        raise
    return len(known) + 1


def drop_older_secrets(deployment: Deployment, name: str) -> int:
    """Leaves a connection its newest secret alone, and deletes the others. Returns how many these were.

    Raises as `add_secret`.
    """
    text = _text(deployment, name)
    document = json.loads(text)
    *older, newest = document.get("secrets") or [None]
    if older:
        _replace(deployment, name, text, {**document, "secrets": [newest]})
        _delete_secrets(deployment, name, older)
    return len(older)


def secret_text(deployment: Deployment, reference: str) -> str:
    """The text of a secret."""
    found: str = deployment.client("secretsmanager").get_secret_value(SecretId=reference)["SecretString"]
    return found


def api_token(deployment: Deployment) -> str:
    """The bearer token of the deployment's API."""
    return secret_text(deployment, f"replyclock/{deployment.stage}/api-token")


def is_measured(deployment: Deployment, key: TicketKey) -> bool:
    """Whether the state of a ticket has been written: its clocks run, and its deadlines are watched."""
    place = {"pk": {"S": f"T#{'#'.join(key)}"}, "sk": {"S": "STATE"}}
    found = deployment.client("dynamodb").get_item(TableName=deployment.table, Key=place, ProjectionExpression="pk")
    return "Item" in found


def _key(name: str) -> dict[str, Any]:
    return {"pk": {"S": _CONNECTIONS}, "sk": {"S": name}}


def _text(deployment: Deployment, name: str) -> str:
    """The text of a connection's document, as it lies there. Raises UnknownConnection."""
    text: str = _found(deployment, name)["document"]["S"]
    return text


def _found(deployment: Deployment, name: str) -> dict[str, Any]:
    """A connection's item. Raises UnknownConnection."""
    item = _find(deployment, name)
    if item is None:
        raise UnknownConnection(f"there is no connection {name}")
    return item


def _find(deployment: Deployment, name: str) -> dict[str, Any] | None:
    found = deployment.client("dynamodb").get_item(TableName=deployment.table, Key=_key(name), ConsistentRead=True)
    item: dict[str, Any] | None = found.get("Item")
    return item


def _replace(deployment: Deployment, name: str, text: str, document: Mapping[str, Any], remove: str = "") -> None:
    """Puts a document in the place of the one of that text; what else the item has stays, but for what is removed."""
    _put(
        deployment,
        name,
        document,
        f"the connection {name} was changed meanwhile: try again",
        remove,
        ConditionExpression="document = :text",
        values={":text": {"S": text}},
    )


def _put(
    deployment: Deployment,
    name: str,
    document: Mapping[str, Any],
    conflict: str,
    remove: str = "",
    *,
    values: Mapping[str, Any] | None = None,
    **condition: Any,
) -> None:
    try:
        deployment.client("dynamodb").update_item(
            TableName=deployment.table,
            Key=_key(name),
            UpdateExpression=f"SET document = :document {remove}",
            ExpressionAttributeValues={":document": {"S": json.dumps(document)}, **(values or {})},
            **condition,
        )
    except ClientError as wrong:
        if wrong.response["Error"]["Code"] == "ConditionalCheckFailedException":
            raise Conflict(conflict) from wrong
        raise


def _keep_secret(deployment: Deployment, name: str, number: int, value: str) -> str:
    """Keeps a connection's secret under the first free number from `number` on; returns its reference.

    One that is there may be somebody else's who configures the same connection just now: it is not touched.
    """
    vault = deployment.client("secretsmanager")
    while True:
        reference = deployment.secret_reference(name, number)
        try:
            vault.create_secret(Name=reference, SecretString=value)
        except ClientError as wrong:
            if wrong.response["Error"]["Code"] != "ResourceExistsException":
                raise
            number += 1
        else:
            return reference


def _delete_secrets(deployment: Deployment, name: str, references: Sequence[str]) -> None:
    """Deletes the connection's own secrets of these. One that somebody keeps elsewhere, and refers to, is theirs."""
    vault = deployment.client("secretsmanager")
    own = deployment.secret_reference(name, 0).removesuffix("0")
    for reference in references:
        if reference.startswith(own):
            # At once: while one waits to be deleted, no other can have its name, so that the connection could not be
            # made anew. Deleting what is not there any more is no error.
            vault.delete_secret(SecretId=reference, ForceDeleteWithoutRecovery=True)
