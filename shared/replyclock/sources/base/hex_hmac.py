"""Signatures that are the HMAC-SHA256 of the raw body in hex, in a header of the tool's own."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

from replyclock.domain.errors import Unauthenticated

from .signing import equal_texts, secret_bytes, usable_secrets
from .webhook import Webhook


def hex_hmac(body: bytes, secret: str) -> str:
    """The HMAC-SHA256 of the body, in hex."""
    return hmac.digest(secret_bytes(secret), body, hashlib.sha256).hex()


def check_hex_hmac(webhook: Webhook, header: str, secrets: Sequence[str], prefix: str = "") -> None:
    """Raises Unauthenticated unless one of the secrets signed the body.

    The header holds the prefix and the signature, or several such separated by commas, of which one has to be right:
    a tool whose secret is being replaced signs with both.
    """
    candidates = usable_secrets(secrets)
    given = [one.strip() for one in webhook.headers.get(header, "").split(",")]
    if not any(given):
        raise Unauthenticated(f"has no {header}")
    expected = [prefix + hex_hmac(webhook.body, secret) for secret in candidates]
    if not any(equal_texts(one, other) for one in given for other in expected):
        raise Unauthenticated(f"{header} is by none of the connection's {len(candidates)} secrets")
