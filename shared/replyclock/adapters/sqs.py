"""The timer queue: messages that are delivered when something falls due."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from replyclock.domain.errors import Fault, InvalidInput, StoreUnavailable
from replyclock.domain.instants import SECOND, format_instant, parse_instant
from replyclock.domain.storms import Storm
from replyclock.service.ports import SHARDS, AnyTimer, OpenTicketsTimer, StormTimer, Timer

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

LONGEST_DELAY = 900
"""Seconds that a queue keeps a message back at most."""
_EARLY = 1
"""Seconds by which a timer rings early at least: a function that has to start first is then up in time."""
_BATCH = 10


class SqsTimers:
    """Sends timers. The queue counts whole seconds, so that a timer rings one to two of them early."""

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def send(self, timers: Iterable[AnyTimer], now: int) -> int:
        """See service.ports.Timers. What is further away than LONGEST_DELAY rings after that."""
        waiting = iter(timers)
        sent = 0
        while batch := list(islice(waiting, _BATCH)):
            self._send(batch, now)
            sent += len(batch)
        return sent

    def _send(self, batch: Sequence[AnyTimer], now: int) -> None:
        entries: list[Any] = [
            {"Id": str(i), "MessageBody": timer_text(timer), "DelaySeconds": _delay(timer, now)}
            for i, timer in enumerate(batch)
        ]
        try:
            answer = self._client.send_message_batch(QueueUrl=self._queue_url, Entries=entries)
        except ClientError as error:
            raise StoreUnavailable(error.response.get("Error", {}).get("Code", "")) from error
        except BotoCoreError as error:
            raise StoreUnavailable(type(error).__name__) from error
        if answer.get("Failed"):
            raise StoreUnavailable(answer["Failed"][0]["Code"])


def _delay(timer: AnyTimer, now: int) -> int:
    return min(max((timer.due_at - now) // SECOND - _EARLY, 0), LONGEST_DELAY)


def timer_text(timer: AnyTimer) -> str:
    """The message of a timer."""
    message: dict[str, object] = {"due_at": format_instant(timer.due_at)}
    match timer:
        case OpenTicketsTimer():
            message |= {"open_shard": timer.shard, "version": timer.version}
        case StormTimer(storm=storm):
            minute = format_instant(storm.minute)
            message |= {"storm": {"tenant": storm.tenant, "standard": storm.standard, "minute": minute}}
        case Timer(key=(tenant, source, ticket)):
            message |= {"tenant": tenant, "source": source, "ticket": ticket}
            if timer.version is not None:
                message["version"] = timer.version
    return json.dumps(message, ensure_ascii=False)


def read_timer(message: str) -> AnyTimer:
    """The timer of a message. Raises InvalidInput for what is none."""
    try:
        match json.loads(message):
            case {"open_shard": int(shard), "version": int(version), "due_at": str(due_at)} if 0 <= shard < SHARDS:
                return OpenTicketsTimer(shard, parse_instant(due_at), version)
            case {
                "storm": {"tenant": str(tenant), "standard": str(standard), "minute": str(minute)},
                "due_at": str(due_at),
            }:
                return StormTimer(Storm(tenant, standard, parse_instant(minute)), parse_instant(due_at))
            case {"tenant": str(tenant), "source": str(source), "ticket": str(ticket), "due_at": str(due_at), **rest}:
                asked_by = rest.get("version")
                known = asked_by if isinstance(asked_by, int) else None
                return Timer((tenant, source, ticket), parse_instant(due_at), known)
    except ValueError as wrong:
        raise InvalidInput([Fault("", "is no timer")]) from wrong
    raise InvalidInput([Fault("", "is no timer")])
