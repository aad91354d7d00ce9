"""What signatures have in common: secrets that can be used, comparison in constant time, and the time that was
signed.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from replyclock.domain.errors import Unauthenticated
from replyclock.domain.instants import SECOND

TOKEN_HEADER = "X-Replyclock-Token"  # noqa: S105 - the name of a header
TOLERANCE = 300 * SECOND
"""How far a signed time may be from now, either way."""


def usable_secrets(secrets: Sequence[str]) -> list[str]:
    """The secrets that are not blank. Raises Unauthenticated where there is none: nothing verifies without a secret."""
    usable = [secret for secret in secrets if secret.strip()]
    if not usable:
        raise Unauthenticated("the connection has no secret to verify with")
    return usable


def secret_bytes(secret: str) -> bytes:
    """A secret in UTF-8; bytes of a command line that are not UTF-8 come through as they are."""
    return secret.encode("utf-8", "surrogateescape")


def equal_texts(given: str, expected: str) -> bool:
    """Whether two texts are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(given.encode("utf-8", "backslashreplace"), expected.encode("utf-8", "backslashreplace"))


def check_signed_at(signed_at: int, now: int, tolerance: int = TOLERANCE) -> None:
    """Raises Unauthenticated where the signed time lies further than the tolerance from now."""
    if signed_at < now - tolerance:
        raise Unauthenticated(f"was signed {(now - signed_at) // SECOND} s ago: too old, a replay or a wrong clock")
    if signed_at > now + tolerance:
        raise Unauthenticated(f"was signed {(signed_at - now) // SECOND} s ahead of now: a wrong clock")


def check_token(token: str, secrets: Sequence[str]) -> None:
    """Raises Unauthenticated unless the token is one of the secrets."""
    matches = [equal_texts(token, secret) for secret in usable_secrets(secrets)]
    if not any(matches):
        raise Unauthenticated(f"{TOKEN_HEADER} is none of the connection's secrets")
