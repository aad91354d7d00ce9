"""Sources are found, not listed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import replyclock.sources
from replyclock.domain.errors import InvalidInput
from replyclock.domain.events import event_document
from replyclock.sources import providers, source
from replyclock.sources.base import connection_without_options

from .builders import NOW, webhook

PIGEON = '''
"""A source that a test adds: one line of a ticket and who wrote, brought by a pigeon."""

from replyclock.sources.base import Telling, Translation, check_token, no_handshake

handshake = no_handshake


def verify(webhook, secrets, now, connection, *, stage="prod"):
    check_token(webhook.headers.get("X-Ring", ""), secrets)


def translate(webhook, connection):
    ticket, message = webhook.body.decode().split()
    telling = Telling(connection, ticket, webhook.received_at, actor_kind="customer")
    return Translation((telling.event("message.added", (message,), message={"id": message, "visibility": "public"}),))


def sign(body, secret, now):
    return {"X-Ring": secret}
'''


def test_the_shared_parts_are_no_source() -> None:
    assert providers() == ("generic", "github", "zendesk")


def test_adding_a_module_adds_a_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pigeon.py").write_text(PIGEON)
    monkeypatch.setattr(replyclock.sources, "__path__", [*replyclock.sources.__path__, str(tmp_path)])
    try:
        assert "pigeon" in providers()
        pigeon, connection = source("pigeon"), connection_without_options("pigeon")
        hook = webhook(b"T-1 coo", pigeon.sign(b"T-1 coo", "ring", NOW))
        assert pigeon.handshake(hook, ["ring"], NOW, connection) is None
        pigeon.verify(hook, ["ring"], NOW, connection)
        (told,) = pigeon.translate(hook, connection).events
        assert event_document(told)["id"] == "T-1|coo"
        assert told.source == "pigeon"
    finally:
        sys.modules.pop("replyclock.sources.pigeon", None)


@pytest.mark.parametrize("name", ["", "pigeon", "base", "base.signing", "..domain", "__init__", "os", "Zendesk"])
def test_only_sources_are_imported(name: str) -> None:
    with pytest.raises(InvalidInput, match="provider: must be one of generic, github, zendesk"):
        source(name)


@pytest.mark.parametrize("provider", providers())
def test_each_has_the_four_things(provider: str) -> None:
    for name in ("handshake", "verify", "translate", "sign"):
        assert callable(getattr(source(provider), name))
