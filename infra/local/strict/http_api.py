"""API Gateway's HTTP APIs: how long they wait for a function, and how large a request is."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from ministack.services import apigateway

SECONDS_MAX = 30.0
BODY_BYTES_MAX = 10 * 1024 * 1024


def enforce() -> None:
    """From now on, enforce it."""
    invoke = apigateway._invoke_lambda_proxy

    async def invoked(
        integration: Mapping[str, Any],
        api: str,
        stage: str,
        path: str,
        method: str,
        headers: Any,
        body: bytes,
        *others: Any,
        **named: Any,
    ) -> Any:
        if len(body or b"") > BODY_BYTES_MAX:
            return _answer(413, "Request Entity Too Large")
        answer = asyncio.ensure_future(invoke(integration, api, stage, path, method, headers, body, *others, **named))
        await asyncio.wait({answer}, timeout=seconds_of(integration))
        # The function goes on, as on AWS; only that nobody waits for it any more.
        return answer.result() if answer.done() else _answer(503, "Service Unavailable")

    apigateway._invoke_lambda_proxy = invoked


def seconds_of(integration: Mapping[str, Any]) -> float:
    """How long an integration is waited for."""
    return min(SECONDS_MAX, float(integration.get("timeoutInMillis") or SECONDS_MAX * 1000) / 1000)


def _answer(status: int, reason: str) -> tuple[int, dict[str, str], bytes]:
    return status, {"Content-Type": "application/json"}, json.dumps({"message": reason}).encode()
