"""The topic on which alerts are published."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from botocore.exceptions import BotoCoreError, ClientError

from replyclock.domain.errors import PartlyPublished, RefusedByStore, StoreUnavailable
from replyclock.domain.events import AttributeValue
from replyclock.service.ports import AlertMessage

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

Form: TypeAlias = Literal["email", "sms", "json"]
FORMS: tuple[Form, ...] = ("email", "sms", "json")
"""A message is published once in each of them. The attribute `form` says which it is, and the filter policy of each
subscription asks for one.
"""
NOT_IN_JSON = ("kind", "alert_id", "metric")
"""Attributes that the form for programs leaves out, since its document has them. A queue that is subscribed with raw
delivery takes ten attributes, and SNS throws away a message that has more.
"""
_LONGEST_SUBJECT = 99
_REFUSED = (
    "BatchRequestTooLong",
    "InvalidParameter",
    "InvalidParameterException",
    "InvalidParameterValue",
    "ParameterValueInvalid",
    "ValidationException",
)
"""Codes with which SNS refuses a message that it will never take: one over 256 KiB, say."""


class SnsPublisher:
    """Publishes alerts: as a text for e-mail, as one for SMS, and as a JSON document, each with the attributes.

    Plain texts and not one message with a text for each protocol (`MessageStructure: json`): with that SNS sends no
    attributes, so that nothing gets past a filter policy.
    """

    def __init__(self, client: SNSClient, topic_arn: str) -> None:
        self._client = client
        self._topic_arn = topic_arn

    def publish(self, message: AlertMessage, without: Collection[str] = ()) -> None:
        """See service.ports.Publisher. All forms go in one request, which is taken or lost as a whole but for what it
        answers.
        """
        texts = {
            "email": message.email,
            "sms": message.sms,
            "json": json.dumps(message.document, ensure_ascii=False),
        }
        forms = [form for form in FORMS if form not in without]
        try:
            answer = self._client.publish_batch(
                TopicArn=self._topic_arn,
                PublishBatchRequestEntries=[
                    {
                        "Id": form,
                        "Message": texts[form],
                        "Subject": _subject(message.subject),
                        "MessageAttributes": attributes_of(form, message.attributes),
                    }
                    for form in forms
                ],
            )
        except ClientError as error:
            raise _error(error.response.get("Error", {}).get("Code", "")) from error
        except BotoCoreError as error:
            raise StoreUnavailable(type(error).__name__) from error
        failed = {entry["Id"]: entry["Code"] for entry in answer.get("Failed", ())}
        if failed:
            reason = ", ".join(f"{form}: {code}" for form, code in failed.items())
            published = [form for form in forms if form not in failed]
            if published:
                raise PartlyPublished(published, reason)
            refused = all(code in _REFUSED for code in failed.values())
            raise (RefusedByStore if refused else StoreUnavailable)(reason)


def attributes_of(form: Form, attributes: Mapping[str, AttributeValue]) -> dict[str, Any]:
    """The attributes of a message in one of its forms, as SNS takes them."""
    left_out = NOT_IN_JSON if form == "json" else ()
    carried = {name: value for name, value in attributes.items() if value and name not in left_out}
    return {name: _attribute(value) for name, value in {"form": form, **carried}.items()}


def _error(code: str) -> StoreUnavailable:
    return (RefusedByStore if code in _REFUSED else StoreUnavailable)(code)


def _subject(subject: str) -> str:
    # SNS refuses a subject with line breaks or beyond ASCII, or of 100 characters; the text says it in full.
    return " ".join(subject.encode("ascii", "replace").decode().split())[:_LONGEST_SUBJECT]


def _attribute(value: AttributeValue) -> Any:
    if isinstance(value, str):
        # As it would stand between the quotes of a JSON string: a filter policy is compared with what is valid there.
        return {"DataType": "String", "StringValue": json.dumps(value, ensure_ascii=False)[1:-1]}
    return {"DataType": "String.Array", "StringValue": json.dumps(list(value), ensure_ascii=False)}
