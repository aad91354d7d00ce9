"""Sources are found, not listed: adding one touches its module, its guide and its tests, and nothing else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import replyclock.sources
from replyclock.cli.main import main
from replyclock.domain.errors import InvalidInput, Unauthenticated
from replyclock.domain.events import event_document
from replyclock.domain.instants import SECOND, format_instant
from replyclock.service.receive import Receipt
from replyclock.sources import guide, guide_templates, providers, source
from replyclock.sources.base import SAMPLE_SECONDS, Headers, Webhook, connection_without_options
from tests.adapters.backends import moto_in_process
from tests.service.house import SECRET, House

from .builders import NOW, connection, webhook

PIGEON = '''
"""A source that a test adds: one line of a ticket and who wrote, brought by a pigeon."""

from replyclock.sources.base import Telling, Translation, check_token, no_handshake

handshake = no_handshake
setup = "Put a ring on the pigeon."


def verify(webhook, secrets, now, connection, *, stage="prod"):
    check_token(webhook.headers.get("X-Ring", ""), secrets)


def translate(webhook, connection):
    ticket, message = webhook.body.decode().split()
    telling = Telling(connection, ticket, webhook.received_at, actor_kind="customer")
    return Translation((telling.event("message.added", (message,), message={"id": message, "visibility": "public"}),))


def sign(body, secret, now, *, url=""):
    return {"X-Ring": secret}


def sample(mark, at, connection):
    return (f"{mark} coo".encode(),)
'''
BUILT_IN = ("chatwoot", "freshdesk", "front", "generic", "github", "gorgias", "helpscout", "hubspot", "intercom",
            "jira", "linear", "pagerduty", "salesforce", "servicenow", "zammad", "zendesk")  # fmt: skip


def test_the_shared_parts_are_no_source() -> None:
    assert providers() == BUILT_IN


@pytest.fixture
def pigeon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A further source: its module and its guide in a folder of their own, and no other file touched."""
    (tmp_path / "pigeon.py").write_text(PIGEON)
    (tmp_path / "guides" / "templates").mkdir(parents=True)
    (tmp_path / "guides" / "pigeon.md").write_text("# Pigeon\n")
    (tmp_path / "guides" / "templates" / "pigeon-ring.txt").write_text("coo\n")
    monkeypatch.setattr(replyclock.sources, "__path__", [*replyclock.sources.__path__, str(tmp_path)])
    yield "pigeon"
    sys.modules.pop("replyclock.sources.pigeon", None)


def test_adding_a_module_adds_a_source(pigeon: str) -> None:
    assert providers() == tuple(sorted((*BUILT_IN, "pigeon")))
    tool, of_pigeon = source(pigeon), connection_without_options(pigeon)
    hook = webhook(b"T-1 coo", tool.sign(b"T-1 coo", "ring", NOW))
    assert tool.handshake(hook, ["ring"], NOW, of_pigeon) is None
    tool.verify(hook, ["ring"], NOW, of_pigeon)
    (told,) = tool.translate(hook, of_pigeon).events
    assert event_document(told)["id"] == "T-1|coo"
    assert told.source == "pigeon"


def test_it_is_received(pigeon: str) -> None:
    with moto_in_process():
        house = House()
        house.connect("loft", provider=pigeon)
        brought = Webhook(b"T-1 coo", Headers(source(pigeon).sign(b"T-1 coo", SECRET, house.now())), house.now())
        assert house.receive("loft", brought) == Receipt(accepted=1)
        with pytest.raises(Unauthenticated):
            house.receive("loft", Webhook(b"T-2 coo", Headers({"X-Ring": "another"}), house.now()))
        assert len(house.record(("default", "loft", "T-1")).events) == 1


def test_commands_know_it(pigeon: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`connection add` and `test` of an added source are in the tests of the command."""
    (tmp_path / "payload").write_bytes(b"T-1 coo")
    (tmp_path / "headers.json").write_text('{"X-Ring": "ring"}')
    given = [str(tmp_path / "payload"), "--headers", str(tmp_path / "headers.json"), "--secret", "ring"]
    assert main(["translate", pigeon, *given]) == 0
    assert '"id":"T-1|coo"' in capsys.readouterr().out
    assert main(["connection", "guide", pigeon]) == 0
    assert capsys.readouterr().out.startswith("# Pigeon\n")
    assert main(["connection", "guide", pigeon, "pigeon-ring.txt"]) == 0
    assert capsys.readouterr().out == "coo\n"


@pytest.mark.parametrize("name", ["", "pigeon", "base", "base.signing", "..domain", "__init__", "os", "Zendesk"])
def test_only_sources_are_imported(name: str) -> None:
    with pytest.raises(InvalidInput, match=f"provider: must be one of {', '.join(BUILT_IN)}"):
        source(name)


@pytest.mark.parametrize("provider", providers())
class TestEachSource:
    def test_has_what_a_source_has(self, provider: str) -> None:
        for name in ("handshake", "verify", "translate", "sign", "sample"):
            assert callable(getattr(source(provider), name))
        assert source(provider).setup

    def test_has_a_guide_that_leads_to_its_templates(self, provider: str, capsys: pytest.CaptureFixture[str]) -> None:
        page = guide(provider)
        assert page is not None
        assert page.startswith("# ")
        assert f"connection add {provider}" in page
        assert main(["connection", "guide", provider]) == 0
        printed = capsys.readouterr().out
        assert printed.startswith(page)
        assert [name for name in guide_templates(provider) if f"guide {provider} {name}" not in printed] == []

    @pytest.mark.parametrize("account", [None, "acme"])
    def test_has_a_sample_of_a_ticket_that_is_opened_and_ended(self, provider: str, account: str | None) -> None:
        tool = source(provider)
        options = {"url": "https://replyclock.example/webhooks/desk"} | ({"account": account} if account else {})
        of_sample = connection(provider, **options)
        opened, *ended = tool.sample("replyclock-test-1", NOW, of_sample)
        told = []
        for body in (opened, *ended):
            sent_at = NOW + 10 * SECOND
            headers = tool.sign(body, "a secret", sent_at, url=options["url"])
            hook = Webhook(body, Headers(headers), sent_at, url=options["url"])
            tool.verify(hook, ["a secret"], sent_at, of_sample)
            translated = tool.translate(hook, of_sample)
            assert (translated.unreadable, translated.unknown_statuses) == ((), ())
            told.append([event_document(one) for one in translated.events])
        assert {"replyclock-test-1" in one["ticket"] for events in told for one in events} == {True}
        assert len({one["ticket"] for events in told for one in events}) == 1
        first, *_ = replyclock.evaluate(told[0], [], format_instant(NOW + SECOND))
        assert (first["created_at"], first["counts"]["replies"]) == ("2026-03-01T09:00:00Z", 0)
        assert first["clocks"][0]["metric"] == "first_response"
        assert (first["clocks"][0]["started_at"], first["clocks"][0]["stopped_at"]) == ("2026-03-01T09:00:00Z", None)
        last, *_ = replyclock.evaluate(
            [one for events in told for one in events], [], format_instant(NOW + 10 * SECOND)
        )
        clock = last["clocks"][0]
        assert last["state"] in ("deleted", "solved", "closed")
        assert clock["seconds"] == (None if last["state"] == "deleted" else SAMPLE_SECONDS)
