"""The deployed HTTP API, as its callers use it."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from replyclock.adapters.api import ticket_path
from replyclock.domain.events import TicketKey
from replyclock.domain.instants import SECOND
from replyclock.service.ticket_pages import PAGE_ROWS_MAX, joined
from replyclock.sources import source

Found = TypeVar("Found")
_PATIENCE = 30


@dataclass(frozen=True)
class Reply:
    """What the API answered."""

    status: int
    body: bytes

    @property
    def document(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Api:
    """Calls the API at this address, with this token."""

    address: str
    token: str

    def get(self, path: str, *, token: str | None = None) -> Reply:
        """Read a path such as `/policy`, with the token, or another one."""
        return self._call("GET", path, None, {"Authorization": f"Bearer {self.token if token is None else token}"})

    def put(self, path: str, body: bytes) -> Reply:
        """Write to a path."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        return self._call("PUT", path, body, headers)

    def ticket(self, key: TicketKey) -> dict[str, Any] | None:
        """One ticket as it stands now, all of its pages; None where nothing is known of it."""
        pages: list[dict[str, Any]] = []
        cursor = ""
        while not pages or cursor:
            reply = self.get(ticket_path(key, {"limit": PAGE_ROWS_MAX, "cursor": cursor}))
            if reply.status == 404:
                return None
            if reply.status != 200:
                raise RuntimeError(f"GET {ticket_path(key)} answered {reply.status}")
            pages.append(reply.document)
            cursor = pages[-1]["cursor"] or ""
        return {**pages[0], **joined(pages), "cursor": None}

    def post_webhook(self, connection: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Send a webhook with exactly these headers."""
        return self._call("POST", f"/webhooks/{connection}", body, headers)

    def _call(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        place = urlsplit(self.address)
        connection = http.client.HTTPConnection(place.netloc, timeout=_PATIENCE)
        try:
            connection.request(method, place.path + path, body, dict(headers))
            answer = connection.getresponse()
            return Reply(answer.status, answer.read())
        finally:
            connection.close()


def signed(provider: str, body: bytes, secret: str, at: int | None = None) -> dict[str, str]:
    """The headers with which the tool of that provider signs a body, now or at another instant."""
    return source(provider).sign(body, secret, now() if at is None else at)


def now() -> int:
    """The present instant, in microseconds since 1970."""
    return time.time_ns() // 1000


def wait_for(look: Callable[[], Found | None], seconds: float, every: float = 0.1) -> Found | None:
    """What `look` finds, asked again and again for so long; None when it found nothing."""
    deadline = now() + int(seconds * SECOND)
    while True:
        found = look()
        if found:
            return found
        if now() > deadline:
            return None
        time.sleep(every)
