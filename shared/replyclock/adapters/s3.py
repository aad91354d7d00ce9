"""The bucket in which documents are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from replyclock.domain.errors import StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class S3Documents:
    """Keeps HTML documents."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def keep(self, name: str, text: str) -> str:
        """See service.ports.Documents."""
        try:
            self._client.put_object(
                Bucket=self._bucket, Key=name, Body=text.encode(), ContentType="text/html; charset=utf-8"
            )
        except ClientError as error:
            raise StoreUnavailable(error.response.get("Error", {}).get("Code", "")) from error
        except BotoCoreError as error:
            raise StoreUnavailable(type(error).__name__) from error
        return f"s3://{self._bucket}/{name}"
