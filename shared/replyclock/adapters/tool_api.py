"""A ticketing tool's API over HTTP, asked no faster than it allows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError, MaxRetryError
from urllib3.response import BaseHTTPResponse
from urllib3.util import Retry, Timeout

from replyclock.domain.errors import OutOfTime, ToolFailed
from replyclock.domain.instants import SECOND

_TIMEOUT = Timeout(connect=5, read=20)
_ATTEMPTS = 6
_LATER = frozenset({408, 429, 500, 502, 503, 504})
_NOTHING = (404, 410)
_REFUSED = {401: "refuses the credentials", 403: "does not allow this with these credentials"}


class ToolApi:
    """Asks the API at one address, over one pool of connections. Redirects are not followed, so that the credentials
    go nowhere else.
    """

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        deadline: int,
        clock: Callable[[], int],
        sleep: Callable[[float], None],
    ) -> None:
        self._url = url.rstrip("/")
        self._clock, self._sleep, self._deadline = clock, sleep, deadline
        self._wait_until = 0
        self._pool = urllib3.PoolManager(
            headers={"Accept": "application/json", "User-Agent": "replyclock", **headers},
            retries=_Patience.waiting(self._pause, clock),
            timeout=_TIMEOUT,
        )

    def get(self, path: str, parameters: Mapping[str, str | int] | None = None) -> object:
        """See sources.base.changes.Api."""
        fields = {name: str(value) for name, value in (parameters or {}).items()}
        return self._ask("GET", path, fields=fields)

    def post(self, path: str, body: Mapping[str, object]) -> object:
        """See sources.base.changes.Api."""
        return self._ask("POST", path, json=body)

    def close(self) -> None:
        """See sources.base.changes.Api."""
        self._pool.clear()

    def _ask(self, method: str, path: str, **what: object) -> object:
        if self._wait_until:
            # All that it allows for now is used up: the next question would be refused.
            self._pause(max(0, self._wait_until - self._clock()) / SECOND)
        if self._clock() >= self._deadline:
            raise OutOfTime("the time for asking is over")
        try:
            answer = self._pool.request(
                method,
                self._url + path,
                redirect=False,
                **what,  # type: ignore[arg-type]
            )
        except MaxRetryError as wrong:
            raise ToolFailed(f"{path} cannot be had: {_reason(wrong)}") from wrong
        except HTTPError as wrong:
            raise ToolFailed(f"{path} cannot be had: {type(wrong).__name__}") from wrong
        self._wait_until = _used_up_until(answer, self._clock())
        return _document(path, answer.status, answer.data)

    def _pause(self, seconds: float) -> None:
        if self._clock() + seconds * SECOND >= self._deadline:
            raise OutOfTime("the tool wants to be asked later than there is time")
        if seconds > 0:
            self._sleep(seconds)


class _Patience(Retry):
    """Tries again what may come right: after as long as the tool asks for, else after ever longer pauses.

    Only questions are asked, by POST too, so that all of them may be asked twice.
    """

    RETRY_AFTER_STATUS_CODES = frozenset({403, 413, 429, 503})
    """GitHub says 403 to who asks too much at a time."""
    pause: Callable[[float], None]
    clock: Callable[[], int]

    @classmethod
    def waiting(cls, pause: Callable[[float], None], clock: Callable[[], int]) -> _Patience:
        """One that waits by these."""
        patience = cls(
            total=_ATTEMPTS - 1,
            redirect=False,
            allowed_methods=None,
            status_forcelist=_LATER,
            backoff_factor=0.5,
            backoff_max=30,
            backoff_jitter=0.5,
            raise_on_status=True,
        )
        patience.pause, patience.clock = pause, clock
        return patience

    def new(self, **changed: object) -> _Patience:
        """See urllib3: the same with what has been tried."""
        following = super().new(**changed)
        following.pause, following.clock = self.pause, self.clock
        return following

    def sleep_for_retry(self, response: BaseHTTPResponse) -> bool:
        """See urllib3."""
        seconds = self.get_retry_after(response)
        if not seconds and response.status == 429:
            seconds = max(0, _used_up_until(response, self.clock()) - self.clock()) / SECOND
        if not seconds:
            return False
        self.pause(seconds)
        return True

    def _sleep_backoff(self) -> None:
        self.pause(self.get_backoff_time())


def _used_up_until(answer: BaseHTTPResponse, now: int) -> int:
    """Until when nothing more may be asked, as GitHub and Intercom say it; 0 where more may be."""
    remaining, reset = answer.headers.get("X-RateLimit-Remaining"), answer.headers.get("X-RateLimit-Reset", "")
    if remaining != "0" or not reset.isdecimal():
        return 0
    # A clock that is far off, theirs or ours, must not stop the look for hours: no tool counts by more than an hour.
    return min(int(reset) * SECOND, now + 3600 * SECOND)


def _document(path: str, status: int, body: bytes) -> object:
    if status in _NOTHING:
        return None
    if status != 200:
        raise ToolFailed(f"{path}: the tool {_REFUSED.get(status, f'answers {status}')}")
    try:
        document: object = json.loads(body)
    except ValueError:
        raise ToolFailed(f"{path}: the tool answers no JSON") from None
    return document


def _reason(wrong: MaxRetryError) -> str:
    """Without the address of the question, and what the tool said."""
    return str(wrong.reason) if "too many" in str(wrong.reason) else type(wrong.reason).__name__


def is_safe_address(url: str) -> bool:
    """Whether credentials may be sent there: over TLS, or not over a network at all."""
    place = urlsplit(url)
    return place.scheme == "https" or place.hostname in ("127.0.0.1", "localhost", "::1")
