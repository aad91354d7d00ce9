"""The deployed HTTP API, as a terminal uses it."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

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

    def ticket_pages(self, key: TicketKey, limit: int) -> Iterator[dict[str, Any]]:
        """The pages of one ticket as it stands now, at most `limit` of its events on each."""
        query: dict[str, object] = {"limit": limit}
        while True:
            path = ticket_path(key, query)
            reply = _call("GET", f"{self.address}{path}", None, {"Authorization": f"Bearer {self.token}"})
            if reply.status != http.HTTPStatus.OK:
                raise ApiFailed(f"GET {path} answers {reply.status}")
            page = reply.document()
            yield page
            if not page.get("cursor"):
                return
            query["cursor"] = page["cursor"]


_NOT_IN_PATHS = re.compile(r"\?|(^|/)\.\.?(/|$)")
"""What does not come through in a path: an HTTP API undoes its encoding and cuts it at a `?`, and dots are folders."""


def ticket_path(key: TicketKey, query: Mapping[str, object] | None = None) -> str:
    """The path of a ticket, with a query; an id such as `owner/repo#12` keeps its slash.

    An id with a part that paths cannot carry is the parameter `ticket`, and the path has `-` in its place.
    """
    tenant, source, ticket = (quote(part, safe="/") for part in key)
    if _NOT_IN_PATHS.search(key[2]):
        ticket, query = "-", {"ticket": key[2], **(query or {})}
    return f"/tickets/{tenant}/{source}/{ticket}" + (f"?{urlencode(query, quote_via=quote)}" if query else "")


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
