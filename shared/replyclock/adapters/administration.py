"""What an operator does to a deployment from a terminal: find it, and configure its connections."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from replyclock.domain.errors import Conflict, Fault, InvalidInput, ReplyclockError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


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

    def secret_reference(self, connection: str, number: int) -> str:
        """The name of a connection's `number`-th signing secret."""
        return f"replyclock/{self.stage}/connections/{connection}/{number}"


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
        return Deployment(outputs["ApiUrl"], outputs["TableName"], parameters["Stage"], session)
    except KeyError as missing:
        raise DeploymentNotFound(f"the stack {name} is not replyclock's: it has no {missing.args[0]}") from None


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
    return Deployment(endpoint["api"], endpoint["table"], endpoint["stage"], session, endpoint["aws_endpoint"])


def add_connection(deployment: Deployment, document: Mapping[str, Any], secrets: Iterable[str]) -> dict[str, Any]:
    """Stores a connection and its signing secrets; returns the connection with references to them.

    Raises InvalidInput without a secret: nothing may come in unsigned. Raises Conflict where the name is taken.
    """
    values = [secret for secret in secrets if secret.strip()]
    if not values:
        raise InvalidInput([Fault("secrets", "a connection needs a secret to verify its webhooks with")])
    table = deployment.session.client("dynamodb", endpoint_url=deployment.endpoint)
    vault = deployment.session.client("secretsmanager", endpoint_url=deployment.endpoint)
    name = document["name"]
    taken = table.get_item(TableName=deployment.table, Key={"pk": {"S": "CONNECTIONS"}, "sk": {"S": name}})
    if "Item" in taken:  # looked up first, so that the secrets of the one that exists stay what they are
        raise Conflict(f"a connection {name} exists")
    references = [deployment.secret_reference(name, number) for number in range(1, len(values) + 1)]
    stored = {**document, "secrets": references}
    for reference, value in zip(references, values, strict=True):
        try:
            vault.create_secret(Name=reference, SecretString=value)
        except ClientError as wrong:
            if wrong.response["Error"]["Code"] != "ResourceExistsException":
                raise
            # Left behind by an attempt that did not get as far as the connection, which is what makes it valid.
            vault.put_secret_value(SecretId=reference, SecretString=value)
    try:
        table.put_item(
            TableName=deployment.table,
            Item={"pk": {"S": "CONNECTIONS"}, "sk": {"S": name}, "document": {"S": json.dumps(stored)}},
            ConditionExpression="attribute_not_exists(pk)",
        )
    except ClientError as wrong:
        if wrong.response["Error"]["Code"] == "ConditionalCheckFailedException":
            raise Conflict(f"a connection {name} exists") from wrong
        raise
    return stored


def list_connections(deployment: Deployment) -> list[dict[str, Any]]:
    """All connections, by name."""
    table = deployment.session.client("dynamodb", endpoint_url=deployment.endpoint)
    pages = table.get_paginator("query").paginate(
        TableName=deployment.table,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": "CONNECTIONS"}},
    )
    return [json.loads(item["document"]["S"]) for page in pages for item in page["Items"]]
