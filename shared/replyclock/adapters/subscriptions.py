"""Who is subscribed to the topic and gets nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from replyclock.domain.errors import StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient


def silent_subscriptions(client: SNSClient, topic_arn: str) -> int:
    """How many subscriptions get nothing: those that were never confirmed, and those that were ended, by the link at
    the end of each mail for instance, which programs that look through mails follow, too. SNS keeps both for a while.

    Raises StoreUnavailable.
    """
    try:
        attributes = client.get_topic_attributes(TopicArn=topic_arn)["Attributes"]
    except ClientError as error:
        raise StoreUnavailable(error.response.get("Error", {}).get("Code", "")) from error
    except BotoCoreError as error:
        raise StoreUnavailable(type(error).__name__) from error
    return int(attributes["SubscriptionsPending"]) + int(attributes["SubscriptionsDeleted"])
