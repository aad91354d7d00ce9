"""What Zammad's webhooks mean."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replyclock.domain.errors import Unauthenticated
from replyclock.domain.events import parse_event
from replyclock.domain.instants import parse_instant
from replyclock.domain.judging import evaluate_ticket
from replyclock.domain.policy import DEFAULT_POLICY
from replyclock.sources import source

from .builders import NOW, RECEIVED, connection, events, kept, reason, sample, translation, webhook
from .mutations import check, mutated

CUSTOMER = {"id": 8, "login": "anna@example.com", "roles": ["Customer"]}
AGENT = {"id": 5, "login": "kim@acme.test", "roles": ["Agent"]}


def ticket(**fields: Any) -> dict[str, Any]:
    """Ticket 10081, which customer 8 opened by e-mail at 8:00; nobody has it."""
    return {
        "id": 81,
        "number": "10081",
        "title": "Invoice",
        "state": "new",
        "state_id": 1,
        "priority": {"id": 2, "name": "2 normal"},
        "group": {"id": 3, "name": "Service Desk"},
        "owner": {"id": 1, "login": "-"},
        "owner_id": 1,
        "customer": CUSTOMER,
        "customer_id": 8,
        "organization": {"id": 3, "name": "Example Ltd", "plan": "vip"},
        "create_article_type": "email",
        "create_article_sender": "Customer",
        "article_ids": [105, 104],
        "created_at": "2026-03-01T08:00:00.282Z",
        "updated_at": "2026-03-01T08:30:00.333Z",
        "updated_by": AGENT,
        "updated_by_id": 5,
        **fields,
    }


def article(number: int = 105, sender: str = "Agent", by: int = 5, **fields: Any) -> dict[str, Any]:
    return {
        "id": number,
        "ticket_id": 81,
        "sender": sender,
        "type": "email",
        "internal": False,
        "created_by_id": by,
        "created_by": {5: AGENT, 8: CUSTOMER}.get(by, {}),
        "created_at": "2026-03-01T08:20:00.318Z",
        "body": "Hello",
        "preferences": {},
        **fields,
    }


def body(said: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    return {"ticket": ticket(**fields), "article": said or {}}


def opening(**fields: Any) -> dict[str, Any]:
    """The webhook of the trigger for created tickets, 51 milliseconds after the creation."""
    at_once = {"updated_at": "2026-03-01T08:00:00.333Z", "updated_by": CUSTOMER, "updated_by_id": 8}
    return body(article(104, "Customer", 8, created_at="2026-03-01T08:00:00.318Z"), **{**at_once, **fields})


def told(kind: str, payload: Any, **options: Any) -> dict[str, Any]:
    (one,) = [one for one in events("zammad", payload, **options) if one["type"] == kind]
    return one


class TestCreated:
    def test_the_first_article_proves_it(self) -> None:
        assert told("ticket.created", opening()) == {
            "id": "10081|created",
            "ticket": "10081",
            "type": "ticket.created",
            "occurred_at": "2026-03-01T08:00:00.282000Z",
            "created_at": "2026-03-01T08:00:00.282000Z",
            "sequence": 0,
            "tenant": "default",
            "source": "zammad",
            "actor": {"kind": "customer", "id": "8"},
            "requester": "8",
            "status": "new",
            "attributes": {},
            "message": {"id": "104", "visibility": "public"},
        }

    def test_is_no_second_message(self) -> None:
        assert "message.added" not in {one["type"] for one in events("zammad", opening())}

    def test_what_is_shown_at_once_is_shown_of_the_creation(self) -> None:
        for one in events("zammad", opening()):
            assert one["occurred_at"] == "2026-03-01T08:00:00.282000Z"
            assert one["sequence"] == (0 if one["type"] == "ticket.created" else 51_001)

    def test_a_later_snapshot_tells_the_same_creation(self) -> None:
        late = opening(updated_at="2026-03-01T08:00:20Z", state="closed", owner_id=5, updated_by_id=5, updated_by=AGENT)
        assert told("ticket.created", late) == told("ticket.created", opening())
        assert told("status.changed", late)["occurred_at"] == "2026-03-01T08:00:20Z"

    def test_opened_closed(self) -> None:
        assert told("ticket.created", opening(state="closed"))["status"] == "closed"

    def test_what_an_agent_wrote_down_was_said_by_the_customer(self) -> None:
        said = article(104, "Customer", 5, origin_by_id=8, origin_by="anna@example.com", type="phone")
        assert told("ticket.created", body(said))["actor"] == {"kind": "customer", "id": "8"}

    def test_by_an_agent(self) -> None:
        found = told("ticket.created", body(article(104, "Agent", 5)))
        assert kept(found, "actor", "requester") == {"actor": {"kind": "agent", "id": "5"}, "requester": "8"}


class TestArticles:
    @pytest.mark.parametrize(
        ("sender", "by", "kind"),
        [("Agent", 5, "agent"), ("Customer", 8, "customer"), ("System", 1, "system"), ("Ghost", 4, "unknown")],
    )
    def test_who_speaks_is_the_sender(self, sender: str, by: int, kind: str) -> None:
        found = told("message.added", body(article(sender=sender, by=by)))
        assert kept(found, "id", "occurred_at", "actor", "message") == {
            "id": "10081|article|105",
            "occurred_at": "2026-03-01T08:20:00.318000Z",
            "actor": {"kind": kind, "id": str(by)},
            "message": {"id": "105", "visibility": "public"},
        }

    def test_a_note(self) -> None:
        assert told("message.added", body(article(internal=True, type="note")))["message"]["visibility"] == "internal"

    @pytest.mark.parametrize("name", ["5", "KIM@acme.test"])
    def test_programs_are_known_by_id_or_login(self, name: str) -> None:
        assert told("message.added", body(article()), bots=[name])["actor"] == {"kind": "bot", "id": "5"}

    def test_an_automatic_answer_is_not_said_by_the_customer(self) -> None:
        said = article(sender="Customer", by=8, preferences={"is-auto-response": True})
        assert told("message.added", body(said))["actor"] == {"kind": "bot"}

    def test_a_webhook_without_an_article(self) -> None:
        assert {one["type"] for one in events("zammad", body())} == {
            "status.changed",
            "assignment.changed",
            "attributes.changed",
        }


class TestSnapshot:
    def test_as_of_the_last_change_by_who_made_it(self) -> None:
        found = told("status.changed", body(state="open"))
        assert kept(found, "occurred_at", "created_at", "actor", "status") == {
            "occurred_at": "2026-03-01T08:30:00.333000Z",
            "created_at": "2026-03-01T08:00:00.282000Z",
            "actor": {"kind": "agent", "id": "5"},
            "status": "open",
        }

    @pytest.mark.parametrize(
        ("state", "status"),
        [
            ("new", "new"),
            ("Open", "open"),
            ("pending reminder", "pending"),
            ("pending close", "pending"),
            ("closed", "closed"),
            ({"id": 2, "name": "open"}, "open"),
        ],
    )
    def test_statuses(self, state: Any, status: str) -> None:
        assert told("status.changed", body(state=state))["status"] == status

    def test_an_unknown_status_is_open_and_counted(self) -> None:
        translated = translation("zammad", body(state="waiting for parts"))
        assert len(translated.unknown_statuses) == 1
        assert told("status.changed", body(state="waiting for parts"))["status"] == "open"

    def test_the_connection_names_statuses(self) -> None:
        options = {"status_map": {"Waiting for Parts": "on_hold"}}
        assert told("status.changed", body(state="waiting for parts"), **options)["status"] == "on_hold"

    @pytest.mark.parametrize("state", ["merged", "removed"])
    def test_the_end_of_a_ticket(self, state: str) -> None:
        assert [one["type"] for one in events("zammad", body(state=state))] == ["ticket.deleted"]

    @pytest.mark.parametrize(("owner", "assignee"), [(1, None), (5, "5"), (None, None)])
    def test_assignment(self, owner: int | None, assignee: str | None) -> None:
        found = told("assignment.changed", body(owner_id=owner))
        assert kept(found, "assignee", "group") == {"assignee": assignee, "group": "Service Desk"}

    @pytest.mark.parametrize(
        ("by", "kind"),
        [
            ({"updated_by_id": 5}, "agent"),
            ({"updated_by_id": 8}, "customer"),
            ({"updated_by_id": 1}, "system"),
            ({"updated_by_id": 9, "updated_by": {"roles": ["Customer"]}}, "customer"),
            ({"updated_by_id": 9, "updated_by": {"roles": []}}, "unknown"),
            ({"updated_by_id": 5, "customer_id": 5}, "customer"),
            ({"updated_by_id": 7, "updated_by": {"login": "sync", "roles": ["Agent"]}}, "bot"),
        ],
    )
    def test_who_changed_it(self, by: dict[str, Any], kind: str) -> None:
        assert told("status.changed", body(**by), bots=["sync"])["actor"]["kind"] == kind

    def test_attributes(self) -> None:
        options = {"attributes": {"tier": "ticket.organization.plan"}}
        found = told("attributes.changed", body(create_article_type="whatsapp message"), **options)
        assert found["attributes"] == {"priority": "normal", "channel": "social", "tier": "vip"}


class TestIdentity:
    def test_two_triggers_tell_one_fact(self) -> None:
        first, second = events("zammad", body(article())), events("zammad", body(article(), title="Other"))
        assert first == second

    def test_different_facts_differ(self) -> None:
        bodies = [
            body(article(n), state=s, updated_at=f"2026-03-01T09:00:0{n - 105}Z")
            for n, s in ((105, "open"), (106, "closed"), (107, "open"))
        ]
        ids = [one["id"] for payload in bodies for one in events("zammad", payload)]
        assert len(set(ids)) == 3 * 4

    def test_without_any_time_it_occurred_when_received(self) -> None:
        found = told("status.changed", body(updated_at=None))
        assert found["occurred_at"] == RECEIVED


class TestUnreadable:
    @pytest.mark.parametrize(
        ("payload", "why"),
        [
            (b"{", "is not JSON"),
            ({}, "ticket: is missing"),
            (body(number=None), "ticket.number: is missing"),
            (body(updated_at="2026-03-01 08:30:00 UTC"), "ticket.updated_at: not an RFC 3339"),
            (body(article(internal=None)), "article.internal: is missing"),
            ({"ticket": ticket(), "article": "hello"}, "article: must be a JSON object"),
        ],
    )
    def test_says_what_is_wrong(self, payload: Any, why: str) -> None:
        assert why in reason(translation("zammad", payload))


OPTIONS: dict[str, Any] = {
    "bots": ["5"],
    "timezone": "Europe/Berlin",
    "attributes": {"tier": "ticket.organization.plan"},
}
PLAUSIBLE = [
    opening(),
    body(article()),
    body(state="merged"),
    body(article(preferences={"is-auto-response": True})),
]


class TestHostile:
    @given(data=st.data())
    @settings(deadline=None)
    def test_mutated(self, data: st.DataObject) -> None:
        check("zammad", data.draw(mutated(PLAUSIBLE)), **OPTIONS)

    def test_whole(self) -> None:
        for one in PLAUSIBLE:
            assert check("zammad", one, **OPTIONS).unreadable == ()


class TestSignature:
    BODY = json.dumps(body(article())).encode()

    def verify(self, headers: dict[str, str], secrets: list[str], raw: bytes | None = None) -> None:
        source("zammad").verify(webhook(raw or self.BODY, headers), secrets, NOW, connection("zammad"))

    def test_by_one_of_the_secrets(self) -> None:
        signed = source("zammad").sign(self.BODY, "ours", NOW)
        expected = hmac.new(b"ours", self.BODY, hashlib.sha1).hexdigest()
        assert signed["X-Hub-Signature"] == f"sha1={expected}"
        self.verify(signed, ["older", "ours"])

    @pytest.mark.parametrize("secrets", [["theirs"], [""], []])
    def test_by_none_of_them(self, secrets: list[str]) -> None:
        with pytest.raises(Unauthenticated):
            self.verify(source("zammad").sign(self.BODY, "ours", NOW), secrets)

    @pytest.mark.parametrize("value", [None, "", "sha1=", "sha256=00", "\ud800"])
    def test_missing_or_of_any_shape(self, value: str | None) -> None:
        with pytest.raises(Unauthenticated):
            self.verify({} if value is None else {"X-Hub-Signature": value}, ["ours"])

    def test_a_changed_body(self) -> None:
        with pytest.raises(Unauthenticated, match="by none of"):
            self.verify(source("zammad").sign(self.BODY, "ours", NOW), ["ours"], self.BODY + b" ")

    def test_recorded(self) -> None:
        document = json.loads(sample("generic/signature_vectors.json"))
        (vector,) = [one for one in document["computed_here"] if one["provider"] == "zammad"]
        self.verify(vector["headers"], [vector["secret"]], document["body_utf8"].encode())


def test_a_ticket_from_its_first_to_its_last_clock() -> None:
    """Opened at 8:00, acknowledged by a trigger, answered at 8:20, out of office at 8:21, closed at 9:00."""
    by_agent: dict[str, Any] = {"updated_by": AGENT, "updated_by_id": 5, "state": "open", "owner_id": 5}
    automatic = article(107, "Customer", 8, created_at="2026-03-01T08:21:00Z", preferences={"is-auto-response": True})
    told_by_zammad = [
        opening(),
        body(article(105, "System", 1, created_at="2026-03-01T08:00:01Z"), updated_at="2026-03-01T08:00:02Z"),
        body(article(106, internal=True, created_at="2026-03-01T08:10:00Z"), **by_agent),
        body(article(108, created_at="2026-03-01T08:20:00Z"), **by_agent),
        body(automatic, updated_at="2026-03-01T08:31:00Z", state="open", owner_id=5),
        body(**{**by_agent, "state": "closed", "updated_at": "2026-03-01T09:00:00Z"}),
    ]
    log = [parse_event(one) for payload in told_by_zammad for one in events("zammad", payload)]
    result = evaluate_ticket(log, DEFAULT_POLICY, parse_instant("2026-03-01T12:00:00Z"))
    assert result is not None
    document = result.document()
    first, *_ = document["clocks"]
    assert (first["metric"], first["seconds"], first["stopped_by"]) == ("first_response", 1199.718, "reply")
    assert "next_response" not in {clock["metric"] for clock in document["clocks"]}
    assert (document["state"], document["assignee"], document["group"]) == ("closed", "5", "Service Desk")
    assert document["attributes"] == {"priority": "normal", "channel": "email"}
    assert document["counts"]["bot_messages"] == 1
    assert document["counts"]["replies"] == 1


def test_a_ticket_that_is_opened_closed_has_no_running_clock() -> None:
    log = [parse_event(one) for one in events("zammad", opening(state="closed"))]
    result = evaluate_ticket(log, DEFAULT_POLICY, NOW)
    assert result is not None
    assert {clock["reason"] for clock in result.document()["clocks"]} == {"created_closed"}
