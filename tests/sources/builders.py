"""Webhooks as the tools send them, in small: what a test does not name has a plain value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from replyclock.domain.events import event_document
from replyclock.domain.instants import parse_instant
from replyclock.sources import source
from replyclock.sources.base import (
    Connection,
    Headers,
    Translation,
    Webhook,
    connection_from_document,
    connection_without_options,
    translated,
)

RECEIVED = "2026-03-01T09:00:00Z"
NOW = parse_instant(RECEIVED)
MINUTE = 60_000_000

SAMPLES = Path(__file__).parents[3] / "shared" / "payloads"
"""Recorded webhooks, kept beside the repository. They are not ours to copy."""


def sample(name: str) -> bytes:
    """The bytes of a recorded webhook; skips the test where the recordings are not at hand."""
    path = SAMPLES / name
    if not path.is_file():
        pytest.skip("the recorded payloads are not beside this repository")
    return path.read_bytes()


def webhook(body: object, headers: Mapping[str, str] | None = None, *, method: str = "POST", at: int = NOW) -> Webhook:
    """A webhook with that body: bytes as they are, anything else as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Webhook(body=raw, headers=Headers(headers), received_at=at, method=method)


def connection(provider: str, **options: Any) -> Connection:
    """The connection with these options; without any, the one that is taken where none is configured."""
    if not options:
        return connection_without_options(provider)
    return connection_from_document({"name": provider, "provider": provider, **options})


def translation(provider: str, body: object, headers: Mapping[str, str] | None = None, **options: Any) -> Translation:
    return translated(source(provider).translate, webhook(body, headers), connection(provider, **options))


def events(
    provider: str, body: object, headers: Mapping[str, str] | None = None, **options: Any
) -> list[dict[str, Any]]:
    """The events of a body in which everything can be read, in the contract's form."""
    found = translation(provider, body, headers, **options)
    assert found.unreadable == ()
    return [event_document(event) for event in found.events]


def event(provider: str, body: object, headers: Mapping[str, str] | None = None, **options: Any) -> dict[str, Any]:
    """The one event of a body."""
    (one,) = events(provider, body, headers, **options)
    return one


def reason(found: Translation) -> str:
    """Why a body could not be read at all."""
    assert found.events == ()
    (part,) = found.unreadable
    assert part.place == ""
    return part.reason


def kept(document: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: document.get(name) for name in names}


# --- Zendesk ---


def zendesk(
    kind: str,
    change: Mapping[str, Any] | None = None,
    *,
    time: str | None = "2026-03-01T09:00:00.123456789Z",
    detail: Mapping[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """An event webhook about ticket 7, which customer 100 opened at 08:00:00 and agent 200 has."""
    document: dict[str, Any] = {
        "account_id": 4711,
        "detail": {
            "actor_id": "200",
            "assignee_id": "200",
            "brand_id": "31",
            "created_at": "2026-03-01T08:00:00Z",
            "custom_status": "51",
            "description": "My invoice is wrong.\n\nPlease look.",
            "external_id": None,
            "form_id": "41",
            "group_id": "21",
            "id": "7",
            "is_public": True,
            "organization_id": "61",
            "priority": "URGENT",
            "requester_id": "100",
            "status": "OPEN",
            "subject": "Invoice",
            "submitter_id": "100",
            "tags": ["billing", "vip"],
            "type": "QUESTION",
            "updated_at": "2026-03-01T09:00:00Z",
            "via": {"channel": "mail"},
            **(detail or {}),
        },
        "event": dict(change or {}),
        "id": "01JZENDESKEVENT",
        "subject": "zen:ticket:7",
        "time": time,
        "type": f"zen:event-type:{kind}",
        "zendesk_event_version": "2022-11-06",
        **more,
    }
    if time is None:
        del document["time"]
    return document


def zendesk_comment(
    comment_id: str = "900",
    author: str = "200",
    *,
    staff: bool = True,
    public: bool = True,
    body: str = "On it.",
    kind: str = "ticket.comment_added",
    **more: Any,
) -> dict[str, Any]:
    comment = {
        "id": comment_id,
        "body": body,
        "is_public": public,
        "author": {"id": author, "is_staff": staff, "name": "Somebody"},
    }
    return zendesk(kind, {"comment": comment}, **more)


# --- GitHub ---


def github_user(login: str, kind: str = "User") -> dict[str, Any]:
    return {"login": login, "id": 1, "type": kind}


def github(
    action: str,
    *,
    sender: str = "maintainer",
    sender_type: str = "User",
    issue: Mapping[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A webhook about issue 12 of acme/shop, which reporter opened at 08:00:00 and nobody has."""
    return {
        "action": action,
        "issue": {
            "number": 12,
            "title": "Checkout fails",
            "body": "It says 500.",
            "state": "open",
            "user": github_user("reporter"),
            "author_association": "NONE",
            "labels": [{"name": "bug"}],
            "assignee": None,
            "assignees": [],
            "created_at": "2026-03-01T08:00:00Z",
            "updated_at": "2026-03-01T08:30:00Z",
            "closed_at": None,
            **(issue or {}),
        },
        "repository": {"full_name": "acme/shop", "owner": {"login": "acme"}},
        "sender": github_user(sender, sender_type),
        **more,
    }


def github_comment(
    author: str = "maintainer", association: str = "MEMBER", *, kind: str = "User", action: str = "created", **more: Any
) -> dict[str, Any]:
    comment = {
        "id": 555,
        "user": github_user(author, kind),
        "author_association": association,
        "body": "Looking into it.",
        "created_at": "2026-03-01T08:10:00Z",
        "updated_at": "2026-03-01T08:11:00Z",
    }
    return github(action, comment=comment, sender=author, **more)


# --- Generic ---


def canonical(**fields: Any) -> dict[str, Any]:
    return {
        "id": "m-1",
        "ticket": "T-1",
        "type": "message.added",
        "occurred_at": "2026-03-01T08:00:00Z",
        "actor": {"kind": "customer", "id": "c-1"},
        "message": {"id": "1", "visibility": "public"},
        **fields,
    }


def cloud_event(data: Any, **fields: Any) -> dict[str, Any]:
    return {"specversion": "1.0", "id": "e-1", "source": "/desk", "type": "com.example.told", "data": data, **fields}
