"""Whatever a body holds, translating gives events and reasons, and never another error."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replyclock.domain.errors import Unauthenticated
from replyclock.sources import providers, source
from replyclock.sources.base import Headers, Webhook
from replyclock.sources.base.reading import DEEPEST

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
from .mutations import VALUES, check, mutated, places

OPTIONS: dict[str, Any] = {
    "bots": ["900"],
    "status_map": {"52": "on_hold"},
    "timezone": "Europe/Berlin",
    "attributes": {"tier": "detail.organization_id", "category": "issue.labels.0.name", "language": "custom_fields.1"},
}
ATTRIBUTE_CHANGE = {"current": {"value": "gold"}, "custom_field": {"id": "1"}}
PLAUSIBLE: dict[str, list[Any]] = {
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
        zendesk("ticket.csat_received", {"satisfaction_score": {"score": "GOOD", "comment": "Thanks"}}),
        zendesk_comment(body="My invoice is wrong. Please", public=False, detail={"is_public": False}),
        zendesk("messaging_ticket.message_added", {"actor": {"id": "1", "type": "agent"}, "message": {"id": "m"}}),
    ],
}


def samples(provider: str) -> list[bytes]:
    """The webhooks with which the source tries a connection out."""
    return list(source(provider).sample("replyclock-test-1", NOW, connection(provider)))


def bodies(provider: str) -> list[Any]:
    """What the tests of the source's own do not tell of it: its samples, and for the first three more than these."""
    return [json.loads(one) for one in samples(provider)] + PLAUSIBLE.get(provider, [])


SECRET = "a secret that nobody draws"
HEADERS = sorted(
    {name for one in providers() for name in source(one).sign(samples(one)[0], "a secret", NOW)}
    | {"X-Replyclock-Token", "ce-specversion", "ce-id", "ce-source", "ce-type", "X-Front-Challenge"}
)
"""All headers that any source looks at."""


@pytest.mark.parametrize("provider", providers())
class TestBodies:
    @given(data=st.data())
    @settings(deadline=None)
    def test_mutated(self, provider: str, data: st.DataObject) -> None:
        check(provider, data.draw(mutated(bodies(provider))), **OPTIONS)

    def test_each_place_of_each_sample_missing_or_null(self, provider: str) -> None:
        for raw in samples(provider):
            for *way, last in places(json.loads(raw)):
                for missing in (True, False):
                    body = inner = json.loads(raw)
                    for name in way:
                        inner = inner[name]
                    if missing:
                        del inner[last]
                    else:
                        inner[last] = None
                    check(provider, body, **OPTIONS)

    @given(value=VALUES)
    @settings(deadline=None)
    def test_any_json(self, provider: str, value: Any) -> None:
        check(provider, value, **OPTIONS)

    @given(
        body=st.binary(max_size=200),
        headers=st.dictionaries(
            st.sampled_from(HEADERS),
            st.sampled_from(
                [
                    "application/x-www-form-urlencoded",
                    "application/cloudevents+json",
                    "issues",
                    "ticket.deleted",
                    "convo.deleted",
                    "%ff",
                    "\ud800",
                ]
            ),
        ),
    )
    @settings(deadline=None)
    def test_any_bytes_under_any_headers(self, provider: str, body: bytes, headers: dict[str, str]) -> None:
        check(provider, body, headers, **OPTIONS)

    @pytest.mark.parametrize(
        "body", [b"[" * 1000 + b"]" * 1000, b'{"a":' * 50_000, b"[" * 1_000_000, b'"' + b"a" * 1_000_000 + b'"']
    )
    def test_deep_and_large_ones(self, provider: str, body: bytes) -> None:
        assert check(provider, body, **OPTIONS).events == ()

    @pytest.mark.parametrize("levels", [DEEPEST + 1, 900, 100_000])
    def test_a_depth_that_no_tool_has_is_not_read_wherever_it_is(self, provider: str, levels: int) -> None:
        """Levels are counted, so that what is refused depends on the body alone, and not on a Python's stack."""
        for raw in samples(provider):
            opening, rest = (b"[{", raw[2:]) if raw.startswith(b"[") else (b"{", raw[1:])
            body = opening + b'"x": ' + b"[" * levels + b"]" * levels + b", " + rest
            refused = check(provider, body, **OPTIONS)
            assert refused.events == ()
            assert [part.reason for part in refused.unreadable] == ["is nested too deeply"]

    def test_each_value_a_megabyte(self, provider: str) -> None:
        """None of these is repeated into every event, nor makes events of its own: what comes of it stays small."""
        for raw in samples(provider):
            for *way, last in places(json.loads(raw)):
                body = inner = json.loads(raw)
                for name in way:
                    inner = inner[name]
                inner[last] = "x" * 1_000_000
                assert len(check(provider, body, **OPTIONS).events) < 10


@pytest.mark.parametrize("provider", providers())
class TestForgeries:
    @given(
        headers=st.dictionaries(
            st.sampled_from(HEADERS),
            st.text(max_size=40)
            | st.sampled_from(
                ["1772355600", "2026-03-01T09:00:00Z", "\ud800", "v1,AAAA", "sha256=00", "sha1=00", "v1="]
            ),
        )
    )
    @settings(deadline=None)
    def test_any_signature_is_refused_as_such(self, provider: str, headers: dict[str, str]) -> None:
        self.refused(provider, samples(provider)[0], headers)

    @given(headers=st.dictionaries(st.sampled_from(HEADERS), st.text(max_size=40)), data=st.data())
    @settings(deadline=None)
    def test_one_by_another_secret_never_passes(
        self, provider: str, headers: dict[str, str], data: st.DataObject
    ) -> None:
        body = data.draw(st.sampled_from(samples(provider)))
        self.refused(provider, body, headers | source(provider).sign(body, "a secret of somebody else's", NOW))

    def refused(self, provider: str, body: bytes, headers: dict[str, str]) -> None:
        hook = Webhook(body, Headers(headers), NOW)
        with pytest.raises(Unauthenticated):
            source(provider).verify(hook, [SECRET], NOW, connection(provider))
