"""The deployed HTTP API, as a terminal uses it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from replyclock.domain.errors import ReplyclockError

if TYPE_CHECKING:
    from replyclock.domain.events import TicketKey

_PATIENCE = 30
"""Seconds that an answer may take: a function may have to start first."""


class ApiFailed(ReplyclockError):
    """The API cannot be reached, or answers what it should not. The message says which."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the API answered."""

    status: int
    body: bytes

    def document(self) -> dict[str, Any]:
        """The body, read as a JSON object. Raises ApiFailed where it is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise ApiFailed(f"the API answers {self.status} with a body that is no JSON object")
        return found


@dataclass(frozen=True, slots=True)
class DeployedApi:
    """Calls the API at this address, with this token. Its methods raise ApiFailed."""

    address: str
    token: str

    def post_webhook(self, connection: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Send a webhook with exactly these headers, without the token."""
        return _call("POST", f"{self.address}/webhooks/{connection}", body, headers)

    def put_policy(self, text: str, *, tells_past: bool) -> Reply:
        """Publish a version of the policy. Of one that is refused, the answer says why."""
        query = "?tells_past=true" if tells_past else ""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/yaml"}
        return _call("PUT", f"{self.address}/policy{query}", text.encode(), headers)

    def version(self) -> str | None:
        """The version of the code that answers; None where it does not say."""
        reply = _call("GET", f"{self.address}/health", None, {})
        if reply.status != http.HTTPStatus.OK:
            raise ApiFailed(f"GET /health answers {reply.status}")
        found = reply.document().get("version")
        return found if isinstance(found, str) else None

    def ticket(self, key: TicketKey) -> dict[str, Any]:
        """One ticket as it stands now."""
        path = "/".join(quote(part, safe="/") for part in key)
        reply = _call("GET", f"{self.address}/tickets/{path}", None, {"Authorization": f"Bearer {self.token}"})
        if reply.status != http.HTTPStatus.OK:
            raise ApiFailed(f"GET /tickets/{path} answers {reply.status}")
        return reply.document()


def _call(method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
    place = urlsplit(url)
    kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
    connection = kind(place.netloc, timeout=_PATIENCE)
    try:
        target = f"{place.path}?{place.query}" if place.query else place.path
        connection.request(method, target, body, dict(headers))
        answer = connection.getresponse()
        return Reply(answer.status, answer.read())
    except (OSError, http.client.HTTPException) as wrong:
        raise ApiFailed(f"{url} cannot be reached: {wrong}") from wrong
    finally:
        connection.close()
