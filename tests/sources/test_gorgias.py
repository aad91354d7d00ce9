"""What the webhooks of Gorgias' HTTP integration mean."""

from __future__ import annotations

from collections.abc import Mapping
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

from .builders import NOW, RECEIVED, connection, event, events, kept, reason, sample, translation, webhook
from .mutations import check, mutated


def ticket(**fields: Any) -> dict[str, Any]:
    """Ticket 7, which customer 100 opened at 8:00; texts, as Gorgias renders placeholders."""
    return {
        "id": "7",
        "status": "open",
        "priority": "normal",
        "channel": "email",
        "from_agent": "False",
        "spam": "False",
        "customer_id": "100",
        "assignee_user_id": "4",
        "assignee_team_id": "",
        "created_datetime": "2026-03-01T08:00:00.123456+00:00",
        "updated_datetime": "2026-03-01T08:30:00.5+00:00",
        "closed_datetime": "None",
        "snooze_datetime": "",
        "trashed_datetime": "",
        **fields,
    }


def message(**fields: Any) -> dict[str, Any]:
    return {
        "id": "208",
        "from_agent": "True",
        "public": "True",
        "via": "helpdesk",
        "rule_id": "None",
        "sender_id": "4",
        "created_datetime": "2026-03-01T08:20:00.308988+00:00",
        **fields,
    }


NO_MESSAGE = dict.fromkeys(message(), "")


def body(said: Mapping[str, Any] = NO_MESSAGE, **fields: Any) -> dict[str, Any]:
    return {"account": "acme", "ticket": ticket(**fields), "message": said}


FIRST = message(id="207", from_agent="False", via="email", sender_id="100", created_datetime="2026-03-01T08:00:02Z")


def told(kind: str, payload: Any, **options: Any) -> dict[str, Any]:
    (one,) = [one for one in events("gorgias", payload, **options) if one["type"] == kind]
    return one


class TestCreated:
    def test_every_webhook_with_the_ticket_proves_it(self) -> None:
        assert told("ticket.created", body()) == {
            "id": "7|created",
            "ticket": "7",
            "type": "ticket.created",
            "occurred_at": "2026-03-01T08:00:00.123456Z",
            "created_at": "2026-03-01T08:00:00.123456Z",
            "sequence": 0,
            "tenant": "default",
            "source": "gorgias",
            "actor": {"kind": "customer", "id": "100"},
            "requester": "100",
            "status": "open",
            "attributes": {"channel": "email"},
            "message": {"id": "opening", "visibility": "public"},
        }

    def test_all_alike(self) -> None:
        later = body(message(), status="closed", assignee_user_id="5", updated_datetime="2026-03-02T08:00:00Z")
        assert told("ticket.created", later) == told("ticket.created", body(FIRST))

    def test_by_the_company(self) -> None:
        found = told("ticket.created", body(from_agent="True"))
        assert kept(found, "actor", "requester") == {"actor": {"kind": "agent"}, "requester": "100"}

    @pytest.mark.parametrize("lacking", ["created_datetime", "from_agent"])
    def test_not_from_less_than_the_proof(self, lacking: str) -> None:
        assert "ticket.created" not in {one["type"] for one in events("gorgias", body(NO_MESSAGE, **{lacking: ""}))}

    @pytest.mark.parametrize(
        ("tool", "ours"), [("facebook-messenger", "social"), ("aircall", "phone"), ("chat", "chat"), ("sms", "sms")]
    )
    def test_channels(self, tool: str, ours: str) -> None:
        assert told("ticket.created", body(channel=tool))["attributes"] == {"channel": ours}


class TestMessages:
    @pytest.mark.parametrize(
        ("fields", "kind"),
        [
            ({}, "agent"),
            ({"from_agent": True}, "agent"),
            ({"from_agent": "False", "sender_id": "100"}, "customer"),
            ({"from_agent": ""}, "unknown"),
            ({"rule_id": "12"}, "bot"),
            ({"via": "rule"}, "bot"),
            ({"sender_id": "900"}, "bot"),
            ({"sender": {"email": "ai@gorgias.test"}}, "bot"),
        ],
    )
    def test_who_speaks(self, fields: dict[str, Any], kind: str) -> None:
        found = told("message.added", body(message(**fields)), bots=["900", "AI@gorgias.test"])
        assert found["actor"]["kind"] == kind

    def test_at_its_own_time_under_its_own_id(self) -> None:
        assert kept(told("message.added", body(message())), "id", "occurred_at", "actor", "message") == {
            "id": "7|message|208",
            "occurred_at": "2026-03-01T08:20:00.308988Z",
            "actor": {"kind": "agent", "id": "4"},
            "message": {"id": "208", "visibility": "public"},
        }

    @pytest.mark.parametrize("fields", [{"public": "False"}, {"public": False}, {"source": {"type": "internal-note"}}])
    def test_a_note(self, fields: dict[str, Any]) -> None:
        assert told("message.added", body(message(**fields)))["message"]["visibility"] == "internal"

    def test_a_webhook_without_a_message(self) -> None:
        assert "message.added" not in {one["type"] for one in events("gorgias", body())}


class TestOpening:
    def test_is_the_first_message_of_its_side(self) -> None:
        assert kept(told("message.added", body(FIRST)), "id", "message") == {
            "id": "7|message|207",
            "message": {"id": "opening", "visibility": "public"},
        }

    @pytest.mark.parametrize(
        "fields",
        [{"created_datetime": "2026-03-01T08:00:11Z"}, {"from_agent": "True"}, {"from_agent": "False", "rule_id": "3"}],
    )
    def test_is_not_a_later_one_nor_one_of_the_other_side(self, fields: dict[str, Any]) -> None:
        assert told("message.added", body({**FIRST, **fields}))["message"]["id"] == "207"

    def test_a_note_that_opens_a_ticket_is_no_message_to_the_customer(self) -> None:
        note: dict[str, Any] = {**FIRST, "from_agent": "True", "public": "False", "sender_id": "4"}
        log = [parse_event(one) for one in events("gorgias", body(note, from_agent="True"))]
        result = evaluate_ticket(log, DEFAULT_POLICY, NOW)
        assert result is not None
        document = result.document()
        assert document["counts"]["internal_notes"] == 1
        assert document["clocks"][0]["state"] != "cancelled"


class TestSnapshot:
    def test_as_of_the_last_change(self) -> None:
        found = {one["type"]: one for one in events("gorgias", body())}
        assert kept(found["assignment.changed"], "occurred_at", "actor", "assignee", "group") == {
            "occurred_at": "2026-03-01T08:30:00.500000Z",
            "actor": {"kind": "unknown"},
            "assignee": "4",
            "group": None,
        }
        assert found["attributes.changed"]["attributes"] == {"priority": "normal", "channel": "email"}
        assert found["status.changed"]["status"] == "open"

    def test_a_closing_has_its_own_time_in_every_snapshot(self) -> None:
        closed = {"status": "closed", "closed_datetime": "2026-03-01T08:25:00Z"}
        first, second = (
            told("status.changed", body(said, **closed, updated_datetime=at))
            for said, at in ((NO_MESSAGE, "2026-03-01T08:25:01Z"), (message(), "2026-03-01T08:40:00Z"))
        )
        assert first == second
        assert kept(first, "status", "occurred_at") == {"status": "closed", "occurred_at": "2026-03-01T08:25:00Z"}

    def test_snoozed_is_closed_until_a_time(self) -> None:
        found = told("status.changed", body(status="closed", snooze_datetime="2026-03-05T08:00:00Z"))
        assert found["status"] == "pending"

    def test_an_unknown_status_is_open_and_counted(self) -> None:
        assert len(translation("gorgias", body(status="quantum")).unknown_statuses) == 1
        assert told("status.changed", body(status="quantum"))["status"] == "open"
        assert told("status.changed", body(status="Quantum"), status_map={"quantum": "on_hold"})["status"] == "on_hold"

    @pytest.mark.parametrize(
        ("fields", "at"),
        [
            ({"trashed_datetime": "2026-03-01T08:45:00Z"}, "2026-03-01T08:45:00Z"),
            ({"spam": "True"}, "2026-03-01T08:30:00.500000Z"),
        ],
    )
    def test_spam_and_trash(self, fields: dict[str, Any], at: str) -> None:
        assert told("ticket.deleted", body(**fields))["occurred_at"] == at

    def test_attributes(self) -> None:
        fields: dict[str, Any] = {
            "priority": "Critical",
            "tags": [{"name": "refund"}, {"name": "vip"}],
            "meta": {"plan": "gold"},
        }
        found = told("attributes.changed", body(**fields), attributes={"tier": "ticket.meta.plan"})
        assert found["attributes"] == {
            "priority": "urgent",
            "channel": "email",
            "tags": ["refund", "vip"],
            "tier": "gold",
        }

    def test_at_creation_they_are_there_from_the_start(self) -> None:
        created = "2026-03-01T08:00:00.123456Z"
        first = events("gorgias", body(updated_datetime="2026-03-01T08:00:00.623456+00:00"))
        assert {one["occurred_at"] for one in first} == {created}
        assert [one["sequence"] for one in first] == [0, 500_001, 500_001, 500_001]


class TestTimes:
    NAIVE = "2026-03-01T08:20:00.308988"

    def test_without_offset_in_the_zone_of_the_connection(self) -> None:
        found = told("message.added", body(message(created_datetime=self.NAIVE)), timezone="UTC")
        assert found["occurred_at"] == "2026-03-01T08:20:00.308988Z"

    def test_without_offset_nor_zone_they_are_refused(self) -> None:
        translated = translation("gorgias", body(message(created_datetime=self.NAIVE)))
        assert "message.created_datetime: has no offset" in reason(translated)

    def test_without_any_it_occurred_when_received(self) -> None:
        told_alone = {"ticket_id": 7, "message": {"id": 1, "from_agent": False, "public": True}}
        assert event("gorgias", told_alone)["occurred_at"] == RECEIVED


class TestUnreadable:
    @pytest.mark.parametrize(
        ("payload", "why"),
        [
            (b"{", "is not JSON"),
            ({}, "ticket.id: is missing"),
            ({"ticket": {"id": "None"}}, "ticket.id: is missing"),
            (body(from_agent="perhaps"), "ticket.from_agent: must be true or false"),
            (body(message(public=1)), "message.public: must be true or false"),
            (body(updated_datetime="soon"), "ticket.updated_datetime: not an RFC 3339"),
            ({"ticket": "7"}, "ticket: must be a JSON object"),
        ],
    )
    def test_says_what_is_wrong(self, payload: Any, why: str) -> None:
        assert why in reason(translation("gorgias", payload))

    def test_another_account(self) -> None:
        assert events("gorgias", body(), account="ACME")
        assert "account" in reason(translation("gorgias", body(), account="globex"))


OPTIONS: dict[str, Any] = {"bots": ["900"], "timezone": "Europe/Berlin", "attributes": {"tier": "ticket.plan"}}
PLAUSIBLE = [
    body(FIRST),
    body(message(sender={"email": "x"}), tags=[{"name": "a"}]),
    body(status="closed", closed_datetime="2026-03-01T08:25:00Z", snooze_datetime="2026-03-02T08:25:00Z"),
    body(trashed_datetime="2026-03-01T08:25:00Z"),
]


class TestHostile:
    @given(data=st.data())
    @settings(deadline=None)
    def test_mutated(self, data: st.DataObject) -> None:
        check("gorgias", data.draw(mutated(PLAUSIBLE)), **OPTIONS)

    def test_whole(self) -> None:
        for one in PLAUSIBLE:
            assert check("gorgias", one, **OPTIONS).unreadable == ()


class TestToken:
    def test_one_of_the_secrets(self) -> None:
        hook = webhook(body(), source("gorgias").sign(b"", "ours", NOW))
        source("gorgias").verify(hook, ["older", "ours"], NOW, connection("gorgias"))

    @pytest.mark.parametrize("headers", [{}, {"X-Replyclock-Token": ""}, {"X-Replyclock-Token": "theirs"}])
    @pytest.mark.parametrize("secrets", [["ours"], [""], []])
    def test_anything_else_is_refused(self, headers: dict[str, str], secrets: list[str]) -> None:
        with pytest.raises(Unauthenticated):
            source("gorgias").verify(webhook(b"{}", headers), secrets, NOW, connection("gorgias"))


def test_recorded() -> None:
    """The message alone, with JSON values: no ticket, so nothing of its creation."""
    found = event("gorgias", sample("gorgias/SYNTHETIC_ticket_message_created.json"))
    assert kept(found, "id", "ticket", "type", "occurred_at", "actor", "message") == {
        "id": "86538298|message|208841467",
        "ticket": "86538298",
        "type": "message.added",
        "occurred_at": "2026-02-14T21:49:40.308988Z",
        "actor": {"kind": "agent", "id": "387654483"},
        "message": {"id": "208841467", "visibility": "public"},
    }


def test_a_ticket_from_its_first_to_its_last_clock() -> None:
    """Opened at 8:00, acknowledged by a rule, answered at 8:20, closed at 8:25; nobody had it before the answer."""
    nobody = {"assignee_user_id": "", "updated_datetime": "2026-03-01T08:00:03Z"}
    rule = message(id="1", rule_id="9", created_datetime="2026-03-01T08:00:03Z")
    told_by_gorgias = [
        body(FIRST, **nobody),
        body(rule, **nobody),
        body(message(), updated_datetime="2026-03-01T08:20:01Z"),
        body(status="closed", closed_datetime="2026-03-01T08:25:00Z", updated_datetime="2026-03-01T08:25:00Z"),
    ]
    log = [parse_event(one) for payload in told_by_gorgias for one in events("gorgias", payload)]
    result = evaluate_ticket(log, DEFAULT_POLICY, parse_instant("2026-03-01T12:00:00Z"))
    assert result is not None
    document = result.document()
    clocks = {clock["metric"]: (clock["seconds"], clock["stopped_by"]) for clock in document["clocks"]}
    assert clocks["first_response"] == (1200.185532, "reply")
    assert clocks["total_response"] == (1499.876544, "solve")
    assert document["counts"] == {
        "replies": 1,
        "customer_messages": 1,
        "internal_notes": 0,
        "bot_messages": 1,
        "reopens": 0,
        "reassignments": 0,
    }
