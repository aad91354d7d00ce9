"""The topic on which alerts are published."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from replyclock.domain.errors import RefusedByStore, StoreUnavailable
from replyclock.service.ports import AlertMessage

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

_LONGEST_SUBJECT = 99
_REFUSED = ("InvalidParameter", "InvalidParameterValue", "ParameterValueInvalid", "ValidationException")
"""Codes with which SNS refuses a message that it will never take: one over 256 KiB, say."""


class SnsPublisher:
    """Publishes alerts: e-mail and SMS subscribers get the text that is theirs, all others the JSON document."""

    def __init__(self, client: SNSClient, topic_arn: str) -> None:
        self._client = client
        self._topic_arn = topic_arn

    def publish(self, message: AlertMessage) -> None:
        """See service.ports.Publisher."""
        texts = {
            "default": json.dumps(message.document, ensure_ascii=False),
            "email": message.email,
            "sms": message.sms,
        }
        try:
            self._client.publish(
                TopicArn=self._topic_arn,
                MessageStructure="json",
                Message=json.dumps(texts, ensure_ascii=False),
                Subject=_subject(message.subject),
                MessageAttributes={name: _attribute(value) for name, value in message.attributes.items() if value},
            )
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            raise (RefusedByStore if code in _REFUSED else StoreUnavailable)(code) from error
        except BotoCoreError as error:
            raise StoreUnavailable(type(error).__name__) from error


def _subject(subject: str) -> str:
    # SNS refuses a subject with line breaks or beyond ASCII, or of 100 characters; the text says it in full.
    return " ".join(subject.encode("ascii", "replace").decode().split())[:_LONGEST_SUBJECT]


def _attribute(value: str | tuple[str, ...]) -> Any:
    if isinstance(value, str):
        return {"DataType": "String", "StringValue": value}
    return {"DataType": "String.Array", "StringValue": json.dumps(list(value), ensure_ascii=False)}
