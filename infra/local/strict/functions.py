"""Lambda: how large payloads and answers are, and how often a function may feed its own queue."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import lambda_svc, sqs
from ministack.services.cloudformation import provisioners

PAYLOAD_BYTES_MAX = 6 * 1024 * 1024
"""Of what a function is called with, and of what it answers."""
ASYNC_PAYLOAD_BYTES_MAX = 1024 * 1024
"""Of what it is called with by somebody who does not wait for it."""
TURNS_MAX: int = lambda_svc.MAX_INVOKE_DEPTH
"""Calls of one chain that run. AWS counts those of each function of it, MiniStack and so this all of them; what a
function writes to a table begins a new chain.
"""
_LINEAGE = re.compile(r"Lineage=(\d+)")
_turns: ContextVar[int] = ContextVar("turns", default=0)
"""How many calls of functions led to the request that is served."""


def enforce() -> None:
    """From now on, enforce it."""
    _limit_payloads()
    _limit_answers()
    _count_turns()
    _take_recursion_from_templates()


def _limit_payloads() -> None:
    invoke = lambda_svc._invoke

    async def checked(name: str, event: Any, headers: Mapping[str, str], *others: Any, **named: Any) -> Any:
        size = int(headers.get("content-length") or len(json.dumps(event, ensure_ascii=False).encode()))
        most = ASYNC_PAYLOAD_BYTES_MAX if headers.get("x-amz-invocation-type") == "Event" else PAYLOAD_BYTES_MAX
        if size > most:
            reason = f"Request must be smaller than {most} bytes for the InvokeFunction operation"
            return error_response_json("RequestEntityTooLargeException", reason, 413)
        return await invoke(name, event, headers, *others, **named)

    lambda_svc._invoke = checked


def _limit_answers() -> None:
    execute = lambda_svc._execute_function

    def run(function: dict[str, Any], event: Any) -> dict[str, Any]:
        result: dict[str, Any] = execute(function, event)
        body = result.get("body")
        text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False, default=str)
        if len(text.encode()) <= PAYLOAD_BYTES_MAX:
            return result
        reason = {
            "errorType": "Function.ResponseSizeTooLarge",
            "errorMessage": f"Response payload size exceeded maximum allowed payload size ({PAYLOAD_BYTES_MAX} bytes).",
        }
        return {**result, "error": True, "function_error": "Unhandled", "body": reason}

    lambda_svc._execute_function = run


def _count_turns() -> None:
    """Let a message carry the chain that it is part of, as the trace header does on AWS. Lambda's clients send the
    number of its calls along with every request.
    """
    handle, send, run_batch = sqs.handle_request, sqs._act_send_message, lambda_svc._run_sqs_batch

    async def handled(method: str, path: str, headers: Mapping[str, str], *others: Any) -> Any:
        _turns.set(lambda_svc._inbound_invoke_depth(headers))
        return await handle(method, path, headers, *others)

    def sent(data: dict[str, Any], url: str) -> Any:
        if turns := _turns.get():
            carried = {"DataType": "String", "StringValue": f"Lineage={turns}"}
            data = {**data, "MessageSystemAttributes": {"AWSTraceHeader": carried}}
        return send(data, url)

    def ran(mapping: Any, function: Any, event: Any, batch: list[Any], url: str, name: str) -> None:
        turns = 1 + max(map(_turns_of, batch))
        if lambda_svc._recursive_loop_drop(mapping["FunctionName"], function, turns) is not None:
            _to_dead_letters(url, batch)
            return
        token = lambda_svc._invoke_depth.set(turns)
        try:
            run_batch(mapping, function, event, batch, url, name)
        finally:
            lambda_svc._invoke_depth.reset(token)

    sqs.handle_request = handled
    sqs._act_send_message = sent
    sqs._HANDLERS["SendMessage"] = sent
    lambda_svc._run_sqs_batch = ran


def _turns_of(message: Mapping[str, Any]) -> int:
    found = _LINEAGE.search((message.get("sys") or {}).get("AWSTraceHeader") or "")
    return int(found[1]) if found else 0


def _to_dead_letters(url: str, batch: list[Any]) -> None:
    queue = sqs._queues[url]
    redrive = queue["attributes"].get("RedrivePolicy")
    letters = sqs._queue_by_arn(json.loads(redrive)["deadLetterTargetArn"]) if redrive else None
    for message in batch:
        if letters is not None:
            letters["messages"].append({**message, "receipt_handle": None, "visible_at": 0})
    sqs._delete_messages_for_esm(url, {message["receipt_handle"] for message in batch})


def _take_recursion_from_templates() -> None:
    """MiniStack has the setting, and does not read it from a template."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]
    create, update = handlers["create"], handlers["update"]

    def created(logical_id: str, properties: Mapping[str, Any], stack: str) -> Any:
        made = create(logical_id, properties, stack)
        lambda_svc._functions[made[0]]["recursive_loop"] = properties.get("RecursiveLoop", "Terminate")
        return made

    def updated(physical_id: str, before: Any, properties: Mapping[str, Any], *others: Any, **named: Any) -> Any:
        made = update(physical_id, before, properties, *others, **named)
        lambda_svc._functions[made[0]]["recursive_loop"] = properties.get("RecursiveLoop", "Terminate")
        return made

    handlers |= {"create": created, "update": updated}
