"""Between stream and Parquet: of all that changes in the table, each new event of the log becomes one flat row.

Plain Python, so that the function needs no layer. What Firehose hands over are the changes of items in DynamoDB's form;
the log's items hold the canonical text of their event, which has no texts of messages in it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def lambda_handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """What Firehose asks for: each record with its row, dropped, or failed, which puts it under `errors/`."""
    return {"records": [_answer(record["recordId"], record["data"]) for record in event["records"]]}


def _answer(record: str, data: str) -> dict[str, str]:
    try:
        told = row(json.loads(base64.b64decode(data)))
    except (KeyError, ValueError) as error:
        # Only this one: the others of its batch are none the worse. Nothing of what it holds is logged.
        print(json.dumps({"level": "WARN", "message": "not read", "why": type(error).__name__}))
        return {"recordId": record, "result": "ProcessingFailed", "data": data}
    if told is None:
        return {"recordId": record, "result": "Dropped", "data": data}
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return {"recordId": record, "result": "Ok", "data": base64.b64encode(f"{text}\n".encode()).decode()}


def row(change: Mapping[str, Any]) -> dict[str, Any] | None:
    """The row of an event that the change adds to the log, without what is null; None of any other change.

    Instants are microseconds since 1970. `attributes` is JSON: of each name its text, of a list its members, sorted, as
    reports group by it, and null where it is removed. `event` is the event itself, as the log has it.
    """
    keys = change["dynamodb"]["Keys"]
    # The log is under E#, further tellings of an event that is in it under V#.
    if change["eventName"] != "INSERT" or not keys["sk"]["S"].startswith(("E#", "V#")) or keys["pk"]["S"][:2] != "T#":
        return None
    # The tickets of `replyclock smoke` are nobody's.
    if keys["pk"]["S"].startswith("T#replyclock-smoke-"):
        return None
    item = change["dynamodb"]["NewImage"]
    event = json.loads(item["event"]["S"])
    actor, message, changed = event["actor"], event.get("message", {}), event["type"] == "assignment.changed"
    columns = {
        "tenant": event["tenant"],
        "source": event["source"],
        "ticket": event["ticket"],
        "id": event["id"],
        "type": event["type"],
        "occurred_at": _instant(event["occurred_at"]),
        "sequence": event.get("sequence"),
        "received_at": _instant(item["received_at"]["S"]),
        "created_at": _instant(event["created_at"]) if "created_at" in event else None,
        "actor_kind": actor["kind"],
        "actor_id": actor.get("id"),
        "message_id": message.get("id"),
        "visibility": message.get("visibility"),
        "status": event.get("status"),
        # None is nobody; what is not said is unchanged.
        "sets_assignee": "assignee" in event if changed else None,
        "assignee": event.get("assignee"),
        "sets_group": "group" in event if changed else None,
        "group_name": event.get("group"),
        "requester": event.get("requester"),
        "attributes": _attributes(event["attributes"]) if "attributes" in event else None,
        "merged_into": event.get("into"),
        "rating": event.get("rating"),
        "event": item["event"]["S"],
    }
    return {name: value for name, value in columns.items() if value is not None}


def _instant(text: str) -> int:
    return (datetime.fromisoformat(text) - _EPOCH) // timedelta(microseconds=1)


def _attributes(told: Mapping[str, Any]) -> str:
    flat = {name: (", ".join(sorted(one)) or None) if isinstance(one, list) else one for name, one in told.items()}
    return json.dumps(flat, ensure_ascii=False, separators=(",", ":"))
