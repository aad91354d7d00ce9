"""Ask AWS services for an operator's command: what fails says which call it was, and which permission it needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, OperationNotPageableError

from replyclock.domain.errors import CallFailed, NotThere

from .administration import Deployment

DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "AuthorizationErrorException",
        "UnauthorizedOperation",
    }
)
"""Codes with which services refuse what the caller may not do."""
UNSUPPORTED = frozenset(
    {"InvalidAction", "UnknownOperationException", "NotImplemented", "UnsupportedOperation", "400", "404"}
)
"""Codes with which local clouds answer what they do not know."""
MISSING = frozenset(
    {
        "AWS.SimpleQueueService.NonExistentQueue",
        "NotFound",
        "NotFoundException",
        "QueueDoesNotExist",
        "ResourceNotFoundException",
    }
)
"""Codes with which services say that there is no such thing."""
_PREFIXES = {"dynamodbstreams": "dynamodb"}
"""How permissions name services, where they name them otherwise than clients do."""
_ATTEMPTS = 3
"""A person waits: where nothing answers, it is given up."""


@dataclass(frozen=True, slots=True)
class Services:
    """The AWS services of a deployment. Its methods raise CallFailed, and NotThere where there is no such thing."""

    deployment: Deployment
    _clients: dict[tuple[str, bool], Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def ask(self, service: str, method: str, *, once: bool = False, **arguments: Any) -> Any:
        """What a service answers, by the name of the client's method, such as `sqs`, `get_queue_url`. With `once` it is
        not tried again: for what costs by the request.
        """
        client = self._client(service, once=once)
        with _translated(client, service, method):
            return getattr(client, method)(**arguments)

    def pages(self, service: str, method: str, key: str, **arguments: Any) -> Iterator[Any]:
        """What is under a key of all pages of an answer."""
        client = self._client(service)
        with _translated(client, service, method):
            try:
                pages = client.get_paginator(method).paginate(**arguments)
            except OperationNotPageableError:
                pages = [getattr(client, method)(**arguments)]
            for page in pages:
                yield from page.get(key, [])

    def _client(self, service: str, *, once: bool = False) -> Any:
        if (service, once) not in self._clients:
            # Any: which client it is depends on the service's name, and type checkers follow literal ones alone.
            session: Any = self.deployment.session
            config = Config(
                connect_timeout=5,
                read_timeout=30,
                retries={"mode": "standard", "total_max_attempts": 1 if once else _ATTEMPTS},
            )
            made = session.client(service, endpoint_url=self.deployment.endpoint, config=config)
            self._clients[service, once] = made
        return self._clients[service, once]


@contextmanager
def _translated(client: Any, service: str, method: str) -> Iterator[None]:
    action = f"{_PREFIXES.get(service, service)}:{client.meta.method_to_api_mapping[method]}"
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in DENIED:
            raise CallFailed(f"the permission {action} is missing", action) from error
        if code in UNSUPPORTED:
            raise CallFailed(f"{action} is not supported here") from error
        if code in MISSING:
            raise NotThere(f"{action}: there is no such thing") from error
        raise CallFailed(f"{action} answered {code}") from error
    except BotoCoreError as error:
        raise CallFailed(f"{action} could not be asked: {type(error).__name__}") from error
