"""Posts alerts of replyclock to the incoming webhook of a chat, one line each.

It is subscribed to the topic of alerts. SNS may deliver a message twice: what this instance has sent already is
dropped, by its `alert_id`. What the chat does not take is raised, so that Lambda tries again and in the end hands it to
a queue.
"""

from __future__ import annotations

import json
import os
import urllib.request
from collections import OrderedDict
from typing import Any

SEEN_MAX = 1_000
TIMEOUT_SECONDS = 5

_seen: OrderedDict[str, None] = OrderedDict()


def lambda_handler(event: dict[str, Any], _context: object) -> dict[str, int]:
    """Messages of SNS in, the number of lines that were posted out."""
    posted = 0
    for record in event["Records"]:
        alert = json.loads(record["Sns"]["Message"])
        if alert["alert_id"] in _seen:
            continue
        post(line(alert))
        _seen[alert["alert_id"]] = None
        while len(_seen) > SEEN_MAX:
            _seen.popitem(last=False)
        posted += 1
    return {"posted": posted}


def line(alert: dict[str, Any]) -> str:
    """What the chat shows of an alert, of a summary, or of a digest."""
    match alert.get("kind", "alert"):
        case "alert":
            clock = alert["metric"].replace("_", " ")
            ticket = f"{alert['source']} {alert['ticket']}"
            return f"{alert['level']}: {ticket}, {clock} ({alert['standard']}), due {alert['due_at']}"
        case "summary":
            return f"{alert['alerts']} more alerts of {alert['standard']}"
        case "digest":
            return f"{alert['open']} open, {alert['at_risk']} at risk, {alert['breached']} breached"
        case _:
            return f"{alert['period']} {alert['from'][:10]}: {alert['created']} created, {alert['resolved']} resolved"


def post(text: str) -> None:
    """Send a line to the chat. Raises OSError where it does not take it."""
    body = json.dumps({"text": text}, ensure_ascii=False).encode()
    request = urllib.request.Request(os.environ["CHAT_WEBHOOK"], body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS):
        pass
