"""Connections of the deployed system, with signing secrets made for this run."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterable

from replyclock.sources.base import Connection

from .deploy import STAGE, Deployment


def connect(deployment: Deployment, connections: Iterable[Connection]) -> dict[str, str]:
    """Configure these connections with a new secret each, and return the secrets by connection."""
    made: dict[str, str] = {}
    for connection in connections:
        reference = f"replyclock/{STAGE}/connections/{connection.name}/1"
        made[connection.name] = new_secret(connection.provider)
        deployment.cloud.client("secretsmanager").create_secret(Name=reference, SecretString=made[connection.name])
        keep(deployment, connection.model_copy(update={"secrets": (reference,)}))
    return made


def keep(deployment: Deployment, connection: Connection) -> None:
    """Store a connection in the table as it is."""
    deployment.cloud.client("dynamodb").put_item(
        TableName=deployment.outputs["TableName"],
        Item={
            "pk": {"S": "CONNECTIONS"},
            "sk": {"S": connection.name},
            "document": {"S": json.dumps(connection.document())},
        },
    )


def new_secret(provider: str) -> str:
    """A signing secret such as the tool would make."""
    if provider == "generic":
        return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
    return secrets.token_hex(24)
