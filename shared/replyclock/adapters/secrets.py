"""Secrets in AWS Secrets Manager."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from replyclock.domain.errors import StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

# A secret that is being deleted, or was made without a value, is as good as none.
_ABSENT = ("ResourceNotFoundException", "InvalidRequestException")


class SecretsManagerSecrets:
    """Reads secrets by name or ARN."""

    def __init__(self, client: SecretsManagerClient) -> None:
        self._client = client

    def get(self, reference: str) -> str | None:
        """See service.ports.Secrets."""
        try:
            secret = self._client.get_secret_value(SecretId=reference).get("SecretString", "")
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in _ABSENT:
                return None
            raise StoreUnavailable(code) from error
        except BotoCoreError as error:
            raise StoreUnavailable(type(error).__name__) from error
        return secret if secret.strip() else None
