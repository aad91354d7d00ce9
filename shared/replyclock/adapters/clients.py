"""The one place where clients of AWS are made. Each function makes only those that it uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

# A call inside a region answers in milliseconds. What has not answered in two seconds is better asked again, within
# the five seconds that a ticketing tool gives us.
_QUICK = Config(
    connect_timeout=1,
    read_timeout=2,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=16,  # as many as any function has threads that ask at once
)

PATIENT = Config(
    connect_timeout=5, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 8}, max_pool_connections=32
)
"""For what a person starts and that takes long: a pause of the network does not end it."""


def dynamodb_client() -> DynamoDBClient:
    """The table's client."""
    return boto3.client("dynamodb", config=_QUICK)


def sqs_client() -> SQSClient:
    """The timer queue's client."""
    return boto3.client("sqs", config=_QUICK)


def sns_client() -> SNSClient:
    """The topic's client."""
    return boto3.client("sns", config=_QUICK)


def secrets_client() -> SecretsManagerClient:
    """The client for signing secrets and the API's token."""
    return boto3.client("secretsmanager", config=_QUICK)


def s3_client() -> S3Client:
    """The client of the bucket of documents."""
    return boto3.client("s3", config=_QUICK)
