"""What must not come in stays out, and says no more than it has to; what cannot be read is kept."""

from __future__ import annotations

import json
import zlib

import pytest

from infra.local.api import now, signed
from infra.local.connections import new_secret
from infra.local.day import Sent, Story, webhooks
from replyclock.domain.events import TicketKey
from replyclock.domain.instants import SECOND
from replyclock.sources.base import Connection

from .bodies import created
from .conftest import System

GENERIC_REFUSAL = {"error": "not authenticated"}
PROVIDERS = ("zendesk", "github", "generic")


def opening(provider: str, ticket: str) -> tuple[str, TicketKey, Sent]:
    """The connection, the ticket and the webhook with which a tool tells of a new ticket."""
    story = {
        "zendesk": Story("zendesk", str(int(ticket, 16)), "1m created"),
        "github": Story("github", f"acme/widgets#{int(ticket, 16)}", "1m created"),
        "generic": Story("desk", ticket, "1m created"),
    }[provider]
    connection = f"{provider}-1"
    return connection, ("default", connection, story.ticket), webhooks(story, now())[0]


@pytest.mark.parametrize(
    ("provider", "fault"),
    [(one, fault) for one in PROVIDERS for fault in ("forged", "changed", "missing", "empty")]
    + [(one, fault) for one in ("zendesk", "generic") for fault in ("old", "future")],  # GitHub signs no time
)
def test_what_is_not_signed_rightly_is_refused_and_not_stored(
    system: System, provider: str, fault: str, ticket: str
) -> None:
    connection, key, webhook = opening(provider, ticket)
    at = {"old": now() - 301 * SECOND, "future": now() + 330 * SECOND}.get(fault)
    secret = new_secret(provider) if fault == "forged" else system.secrets[connection]
    headers = {**webhook.headers, **signed(provider, webhook.body, secret, at)}
    if fault in ("missing", "empty"):
        signature = next(name for name in headers if "signature" in name.lower() and "timestamp" not in name.lower())
        headers = {name: value for name, value in headers.items() if name != signature} | (
            {signature: ""} if fault == "empty" else {}
        )
    body = webhook.body.replace(b"}", b" }", 1) if fault == "changed" else webhook.body
    kept = len(system.quarantined(connection))
    answer = system.api.post_webhook(connection, body, headers)
    assert (answer.status, answer.document) == (401, GENERIC_REFUSAL)
    assert system.api.ticket(key) is None
    assert len(system.quarantined(connection)) == kept


@pytest.mark.parametrize("secrets", [(), ("replyclock/local/connections/never-made/1",)], ids=["none", "not there"])
def test_a_connection_without_a_secret_refuses(system: System, secrets: tuple[str, ...], ticket: str) -> None:
    name = f"open-{ticket}"
    system.configure(Connection(name=name, provider="generic", secrets=secrets))
    body = created(ticket, now())
    for headers in (signed("generic", body, new_secret("generic")), {"X-Replyclock-Token": ""}, {}):
        answer = system.api.post_webhook(name, body, headers)
        assert (answer.status, answer.document) == (401, GENERIC_REFUSAL)
    assert system.api.ticket(("default", name, ticket)) is None


def test_an_unknown_connection_is_not_found(system: System, ticket: str) -> None:
    body = created(ticket, now())
    assert system.api.post_webhook("nobody", body, signed("generic", body, new_secret("generic"))).status == 404


def test_a_body_over_one_mebibyte_is_refused_and_one_of_just_that_is_not(system: System, ticket: str) -> None:
    body = created(ticket, now())
    largest = body[:-1] + b', "x": "' + b"x" * (1024 * 1024 - len(body) - 9) + b'"}'
    assert len(largest) == 1024 * 1024
    assert system.send("generic-1", largest + b" ").status == 413
    assert system.api.ticket(("default", "generic-1", ticket)) is None
    assert system.send("generic-1", largest).document == {"accepted": 1, "duplicates": 0, "quarantined": 0}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_what_is_authentic_but_unreadable_is_kept(system: System, provider: str, ticket: str) -> None:
    connection, _, webhook = opening(provider, ticket)
    fields = json.loads(webhook.body)
    fields[{"zendesk": "detail", "github": "issue", "generic": "occurred_at"}[provider]] = "nonsense"
    body = json.dumps(fields).encode()
    answer = system.send(connection, body, webhook.headers)
    assert (answer.status, answer.document) == (202, {"accepted": 0, "duplicates": 0, "quarantined": 1})
    kept = [
        zlib.decompress(value["B"])
        for item in system.quarantined(connection)
        for value in item.values()
        if "B" in value
    ]
    assert body in kept


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_duplicate_is_counted_and_changes_nothing(system: System, provider: str, ticket: str) -> None:
    connection, key, webhook = opening(provider, ticket)
    counts = [system.send(connection, webhook.body, webhook.headers).document for _ in range(3)]
    assert counts[0] == {"accepted": 1, "duplicates": 0, "quarantined": 0}
    assert counts[1:] == [{"accepted": 0, "duplicates": 1, "quarantined": 0}] * 2
    told = system.api.ticket(key)
    assert told is not None
    assert len(told["events"]) == 1


@pytest.mark.parametrize("path", ["/tickets", "/tickets/default/desk/1", "/policy", "/policy/versions"])
@pytest.mark.parametrize("token", ["", "wrong"])
def test_reading_needs_the_token(system: System, path: str, token: str) -> None:
    assert system.api.get(path, token=token).status == 401


def test_health_and_the_description_need_none(system: System) -> None:
    assert system.api.get("/health", token="").status == 200
    described = system.api.get("/openapi.json", token="")
    assert (described.status, described.document["openapi"]) == (200, "3.1.0")
