"""Sends ticket events to replyclock: python send.py URL SECRET < events.jsonl

Each line of the input is a canonical event. They are sent in batches, signed by Standard Webhooks. What was not stored
is sent again; an event that comes twice counts once, so that nothing is lost and nothing doubles.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator

BATCH_EVENTS = 100
ATTEMPTS = 5
TIMEOUT_SECONDS = 15
AGAIN = (429, 500, 502, 503, 504)
"""Answers after which the same body is sent again."""


def signed(body: bytes, secret: str, at: int) -> dict[str, str]:
    """The headers of Standard Webhooks for a body, sent at `at` (seconds since 1970)."""
    key = base64.b64decode(secret.removeprefix("whsec_")) if secret.startswith("whsec_") else secret.encode()
    message_id = "msg_" + hashlib.sha256(body).hexdigest()[:24]
    content = f"{message_id}.{at}.".encode() + body
    signature = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{signature}",
    }


def send(url: str, secret: str, events: list[object]) -> dict[str, int]:
    """Send events as one webhook; returns how many were accepted, duplicates and quarantined.

    Raises OSError where replyclock refuses them or cannot be reached.
    """
    body = json.dumps(events).encode()
    for attempt in range(ATTEMPTS):
        request = urllib.request.Request(url, body, signed(body, secret, int(time.time())))
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
                counts: dict[str, int] = json.load(answer)
                return counts
        except urllib.error.HTTPError as refused:
            if refused.code not in AGAIN or attempt == ATTEMPTS - 1:
                raise
        time.sleep(2**attempt)
    raise AssertionError("the last attempt returns or raises")


def batches(lines: Iterable[str]) -> Iterator[list[object]]:
    """The events of JSON Lines, some at a time."""
    batch: list[object] = []
    for line in lines:
        if line.strip():
            batch.append(json.loads(line))
        if len(batch) == BATCH_EVENTS:
            yield batch
            batch = []
    if batch:
        yield batch


def main(url: str, secret: str) -> None:
    """Send standard input, and print what became of each batch."""
    for batch in batches(sys.stdin):
        counts = send(url, secret, batch)
        print(", ".join(f"{count} {name}" for name, count in counts.items()))


if __name__ == "__main__":
    main(*sys.argv[1:3])
