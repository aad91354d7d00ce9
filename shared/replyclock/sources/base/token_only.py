"""For tools that cannot sign: they send the secret itself as the token."""

# ruff: noqa: ARG001 - sources have the same signatures, whatever they need of them

from __future__ import annotations

from collections.abc import Sequence

from replyclock.domain.errors import Unauthenticated

from .connection import Connection
from .signing import TOKEN_HEADER, check_token
from .webhook import Webhook


def verify_token(
    webhook: Webhook, secrets: Sequence[str], now: int, connection: Connection, *, stage: str = "prod"
) -> None:
    """The token is one of the secrets. It covers neither the body nor a time. Raises Unauthenticated."""
    if TOKEN_HEADER not in webhook.headers:
        raise Unauthenticated(f"has no {TOKEN_HEADER}")
    check_token(webhook.headers[TOKEN_HEADER], secrets)


def send_token(body: bytes, secret: str, now: int, *, url: str = "") -> dict[str, str]:
    """The headers with which such a tool sends a body."""
    return {"Content-Type": "application/json", TOKEN_HEADER: secret}
