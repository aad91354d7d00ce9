"""Whatever a body holds, translating gives events and reasons, and never another error."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replyclock.domain.errors import Unauthenticated
from replyclock.domain.events import event_text, parse_event
from replyclock.sources import providers, source
from replyclock.sources.base import Headers, Translation, Webhook

from .builders import (
    NOW,
    canonical,
    cloud_event,
    connection,
    github,
    github_comment,
    github_user,
    zendesk,
    zendesk_comment,
)

SCALARS: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(
        ["", "0", "-1", "\ud800", "x" * 300, "2026-03-01T08:00:00", "0001-01-01T00:00:00+14:00", 10**400, 1e308]
    )
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
OPTIONS: dict[str, Any] = {
    "bots": ["900"],
    "status_map": {"52": "on_hold"},
    "timezone": "Europe/Berlin",
    "attributes": {"tier": "detail.organization_id", "category": "issue.labels.0.name", "language": "custom_fields.1"},
}
ATTRIBUTE_CHANGE = {"current": {"value": "gold"}, "custom_field": {"id": "1"}}
PLAUSIBLE: dict[str, list[dict[str, Any]]] = {
    "generic": [
        canonical(),
        canonical(type="attributes.changed", attributes={"tier": "vip", "tags": ["a"]}),
        cloud_event(canonical()),
        cloud_event({}, type="ticket.deleted", subject="T-1", time="2026-03-01T08:00:00Z"),
    ],
    "github": [
        github("opened"),
        github("closed"),
        github("assigned", assignee=github_user("ann")),
        github("labeled", label={"name": "urgent"}),
        github_comment(),
    ],
    "zendesk": [
        zendesk("ticket.created"),
        zendesk_comment(),
        zendesk_comment(kind="ticket.comment_redacted"),
        zendesk("ticket.status_changed", {"current": "SOLVED", "meta": {"sequence": {"id": "a", "position": 1}}}),
        zendesk("ticket.custom_status_changed", {"current": "52"}),
        zendesk("ticket.tags_changed", {"tags_added": ["a"]}),
        zendesk("ticket.custom_field_changed", ATTRIBUTE_CHANGE),
        zendesk("ticket.merged", {"target_ticket_id": "8"}),
        zendesk("messaging_ticket.message_added", {"actor": {"id": "1", "type": "agent"}, "message": {"id": "m"}}),
    ],
}


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner: list[tuple[str | int, Any]] = []
    if isinstance(value, Mapping):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [path] * bool(path) + [place for name, one in inner for place in places(one, (*path, name))]


@st.composite
def mutated(draw: st.DrawFn, provider: str) -> Any:
    """A plausible body of which up to three places are missing or something else."""
    body: Any = copy.deepcopy(draw(st.sampled_from(PLAUSIBLE[provider])))
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from(places(body)))
        inner = body
        for name in way:
            inner = inner[name]
        if draw(st.booleans()):
            del inner[last]
        else:
            inner[last] = draw(VALUES)
        if not places(body):
            break
    return body


def translate(provider: str, body: bytes, headers: Mapping[str, str] | None = None) -> Translation:
    hook = Webhook(body, Headers(headers), NOW)
    translated = source(provider).translate(hook, connection(provider, **OPTIONS))
    for event in translated.events:
        assert 1 <= len(event.id) <= 200
        assert event.ticket
        assert (event.tenant, event.source) == ("default", provider)
        assert parse_event(event_text(event)) == event
    for part in translated.unreadable:
        assert part.reason
    return translated


@pytest.mark.parametrize("provider", providers())
class TestBodies:
    @given(data=st.data())
    @settings(deadline=None)
    def test_mutated(self, provider: str, data: st.DataObject) -> None:
        translate(provider, json.dumps(data.draw(mutated(provider))).encode())

    @given(value=VALUES)
    @settings(deadline=None)
    def test_any_json(self, provider: str, value: Any) -> None:
        translate(provider, json.dumps(value).encode())

    @given(
        body=st.binary(max_size=200),
        headers=st.dictionaries(
            st.sampled_from(["Content-Type", "X-GitHub-Event", "ce-specversion", "ce-id", "ce-source", "ce-type"]),
            st.sampled_from(
                [
                    "application/x-www-form-urlencoded",
                    "application/cloudevents+json",
                    "issues",
                    "ticket.deleted",
                    "%ff",
                    "\ud800",
                ]
            ),
        ),
    )
    @settings(deadline=None)
    def test_any_bytes_under_any_headers(self, provider: str, body: bytes, headers: dict[str, str]) -> None:
        translate(provider, body, headers)

    @pytest.mark.parametrize(
        "body", [b"[" * 1000 + b"]" * 1000, b'{"a":' * 50_000, b"[" * 1_000_000, b'"' + b"a" * 1_000_000 + b'"']
    )
    def test_deep_and_large_ones(self, provider: str, body: bytes) -> None:
        assert translate(provider, body).events == ()

    @given(
        names=st.dictionaries(
            st.sampled_from(
                [
                    "webhook-id",
                    "webhook-timestamp",
                    "webhook-signature",
                    "X-Replyclock-Token",
                    "X-Hub-Signature-256",
                    "X-Zendesk-Webhook-Signature",
                    "X-Zendesk-Webhook-Signature-Timestamp",
                ]
            ),
            st.text(max_size=40)
            | st.sampled_from(["1772355600", "2026-03-01T09:00:00Z", "\ud800", "v1,AAAA", "sha256=00"]),
        )
    )
    @settings(deadline=None)
    def test_any_signature_is_refused_as_such(self, provider: str, names: dict[str, str]) -> None:
        hook = Webhook(b"{}", Headers(names), NOW)
        with pytest.raises(Unauthenticated):
            source(provider).verify(hook, ["a secret that nobody draws"], NOW, connection(provider))
