"""What Chatwoot's webhooks mean."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given

from replyclock.domain.errors import Unauthenticated
from replyclock.domain.events import parse_event
from replyclock.domain.instants import parse_instant
from replyclock.domain.judging import evaluate_ticket
from replyclock.domain.policy import DEFAULT_POLICY
from replyclock.sources import source

from .builders import MINUTE, NOW, RECEIVED, connection, events, kept, reason, sample, translation, webhook
from .mutations import check, mutated

CREATED = 1772352000
"""2026-03-01T08:00:00Z"""
CONTACT = {"id": 5, "name": "Somebody"}
"""As webhooks about messages have it: without a type."""
AGENT, BOT = {"id": 7, "type": "user"}, {"id": 3, "type": "agent_bot"}


def shown(number: int, *, after: int = 0, kind: int = 0, sender: Any = None, **more: Any) -> dict[str, Any]:
    """A message as the conversation shows its last one."""
    return {
        "id": number,
        "account_id": 1,
        "message_type": kind,
        "private": False,
        "created_at": CREATED + after,
        "sender": sender or {**CONTACT, "type": "contact"},
        **more,
    }


def snapshot(*, after: float = 0.25, **more: Any) -> dict[str, Any]:
    """Conversation 42 of contact 5, opened in the widget at 08:00:00, as it is that many seconds later."""
    return {
        "id": 42,
        "inbox_id": 1,
        "channel": "Channel::WebWidget",
        "status": "open",
        "priority": None,
        "labels": [],
        "messages": [],
        "meta": {"sender": {"id": 5, "type": "contact"}, "assignee": None, "team": None},
        "custom_attributes": {"plan": "gold"},
        "created_at": CREATED,
        "updated_at": CREATED + after,
        "last_activity_at": CREATED + int(after),
        **more,
    }


def conversation(event: str = "conversation_status_changed", **more: Any) -> dict[str, Any]:
    return {"event": event, **snapshot(**more)}


def message(
    number: int = 1201,
    *,
    after: float = 600.125,
    kind: str = "outgoing",
    sender: Any = AGENT,
    event: str = "message_created",
    of: Mapping[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    minutes, seconds = divmod(after, 60)
    return {
        "event": event,
        "id": number,
        "content": "On it.",
        "created_at": f"2026-03-01T08:{int(minutes):02}:{seconds:06.3f}Z",
        "message_type": kind,
        "content_type": "text",
        "private": False,
        "content_attributes": {},
        "sender": sender,
        "conversation": {**snapshot(after=after + 0.125), **(of or {})},
        "account": {"id": 1, "name": "Acme"},
        **more,
    }


OPENING = message(1200, after=0.25, kind="incoming", sender=CONTACT)
_ANSWER = {"deleted": True, "submitted_values": {"csat_survey_response": {"rating": 4}}}
PLAUSIBLE: list[Any] = [
    OPENING,
    message(event="message_updated", content_attributes=_ANSWER, of={"messages": [shown(1)]}),
    conversation(labels=["a"], priority="high", meta={"assignee": BOT, "team": {"id": 1}, "sender": {"id": 5}}),
    conversation("conversation_created", messages=[shown(1200)]),
]
"""Bodies from which hostile ones are made."""


def told(body: object, kind: str, **options: Any) -> list[dict[str, Any]]:
    return [one for one in events("chatwoot", body, **options) if one["type"] == kind]


def the(body: object, kind: str, **options: Any) -> dict[str, Any]:
    (one,) = told(body, kind, **options)
    return one


def result(*bodies: object, at: str = RECEIVED, **options: Any) -> dict[str, Any]:
    log = [parse_event(one) for body in bodies for one in events("chatwoot", body, **options)]
    evaluated = evaluate_ticket(log, DEFAULT_POLICY, parse_instant(at))
    assert evaluated is not None
    return evaluated.document()


class TestCreated:
    def test_with_what_came_in(self) -> None:
        assert the(OPENING, "ticket.created") == {
            "id": "42|created",
            "ticket": "42",
            "type": "ticket.created",
            "occurred_at": "2026-03-01T08:00:00Z",
            "created_at": "2026-03-01T08:00:00Z",
            "tenant": "default",
            "source": "chatwoot",
            "sequence": 0,
            "actor": {"kind": "customer", "id": "5"},
            "requester": "contact|5",
            "status": "open",
            "attributes": {"channel": "chat"},
            "message": {"id": "1200", "visibility": "public"},
        }

    def test_both_webhooks_tell_it_alike(self) -> None:
        body = conversation("conversation_created", messages=[shown(1200)])
        for kind in ("ticket.created", "message.added"):
            assert the(body, kind) == the(OPENING, kind)

    def test_it_is_one_message(self) -> None:
        assert (
            result(OPENING, conversation("conversation_created", messages=[shown(1200)]))["counts"]["customer_messages"]
            == 1
        )

    def test_two_at_once_are_two(self) -> None:
        second = message(1201, after=1.5, kind="incoming", sender=CONTACT)
        for bodies in ((OPENING, second), (second, OPENING)):
            assert result(*bodies)["counts"]["customer_messages"] == 2

    @pytest.mark.parametrize("messages", [[], [shown(1201, kind=3, after=1)]])
    def test_without_its_opening_it_is_told_and_gives_way(self, messages: list[Any]) -> None:
        body = conversation("conversation_created", messages=messages)
        unseen = the(body, "ticket.created")
        assert kept(unseen, "id", "actor", "requester", "message") == {
            "id": "42|created|unseen",
            "actor": {"kind": "unknown"},
            "requester": "contact|5",
            "message": None,
        }
        for bodies in ((body, OPENING), (OPENING, body)):
            assert result(*bodies)["counts"]["customer_messages"] == 1

    def test_by_an_agent(self) -> None:
        body = message(1200, after=0.25)
        assert kept(the(body, "ticket.created"), "actor", "requester") == {
            "actor": {"kind": "agent", "id": "7"},
            "requester": "contact|5",
        }
        first = result(body, conversation("conversation_created"))["clocks"][0]
        assert (first["state"], first["reason"]) == ("cancelled", "agent_initiated")

    def test_a_program_that_answers_at_once_as_an_agent_has_not_opened_it(self) -> None:
        for bodies in ((message(1201, after=1.0), OPENING), (OPENING, message(1201, after=1.0))):
            document = result(*bodies)
            assert document["clocks"][0]["stopped_by"] == "reply"
        assert result(OPENING, message(1201, after=1.0), bots=[7])["clocks"][0]["stopped_at"] is None

    def test_an_agent_with_the_number_of_the_contact_is_another_person(self) -> None:
        document = result(OPENING, message(sender={"id": 5, "type": "user"}))
        assert kept(document["counts"], "replies", "customer_messages") == {"replies": 1, "customer_messages": 1}
        document = result(OPENING, message(sender={"id": 5, "type": "user"}), bots=[5])
        assert kept(document["counts"], "bot_messages", "customer_messages") == {
            "bot_messages": 1,
            "customer_messages": 1,
        }

    @pytest.mark.parametrize(
        ("tool", "ours"),
        [
            ("Channel::Email", "email"),
            ("Channel::Api", "api"),
            ("Channel::Whatsapp", "social"),
            ("Channel::TwilioSms", "sms"),
            ("Channel::Voice", "phone"),
            ("Channel::Fax", "channel::fax"),
        ],
    )
    def test_channels(self, tool: str, ours: str) -> None:
        body = conversation("conversation_created", channel=tool)
        assert the(body, "ticket.created")["attributes"] == {"channel": ours}


class TestMessages:
    @pytest.mark.parametrize(
        ("kind", "sender", "more", "actor"),
        [
            ("outgoing", AGENT, {}, {"kind": "agent", "id": "7"}),
            ("incoming", CONTACT, {}, {"kind": "customer", "id": "5"}),
            ("incoming", {**CONTACT, "type": "contact"}, {}, {"kind": "customer", "id": "5"}),
            ("outgoing", BOT, {}, {"kind": "bot", "id": "3"}),
            ("outgoing", {"id": 9, "type": "captain_assistant"}, {}, {"kind": "bot", "id": "9"}),
            ("outgoing", {"id": 8, "type": "user"}, {}, {"kind": "bot", "id": "8"}),
            ("template", None, {}, {"kind": "bot"}),
            ("outgoing", AGENT, {"content_attributes": {"automation_rule_id": 4}}, {"kind": "bot", "id": "7"}),
            ("outgoing", AGENT, {"additional_attributes": {"campaign_id": 4}}, {"kind": "bot", "id": "7"}),
            ("outgoing", None, {}, {"kind": "unknown"}),
            ("outgoing", None, {"sender_type": "AgentBot", "sender_id": 3}, {"kind": "bot", "id": "3"}),
        ],
    )
    def test_who_speaks_is_the_sender(self, kind: str, sender: Any, more: dict[str, Any], actor: Any) -> None:
        found = the(message(kind=kind, sender=sender, **more), "message.added", bots=["8"])
        assert kept(found, "id", "occurred_at", "created_at", "actor", "message") == {
            "id": "42|message|1201",
            "occurred_at": "2026-03-01T08:10:00Z",
            "created_at": "2026-03-01T08:00:00Z",
            "actor": actor,
            "message": {"id": "1201", "visibility": "public"},
        }

    def test_a_private_note(self) -> None:
        assert the(message(private=True), "message.added")["message"]["visibility"] == "internal"

    def test_what_chatwoot_notes_of_changes_is_no_message(self) -> None:
        assert told(message(kind="activity", sender=None), "message.added") == []
        assert told(conversation(messages=[shown(9, kind=2, after=60)]), "message.added") == []

    def test_a_snapshot_tells_its_last_message_alike(self) -> None:
        body = conversation("conversation_updated", after=601, messages=[shown(1201, after=600, kind=1, sender=AGENT)])
        assert the(body, "message.added") == the(message(), "message.added")

    def test_a_message_does_not_tell_itself_twice(self) -> None:
        own = shown(1201, after=600, kind=1, sender=AGENT)
        assert len(told(message(of={"messages": [own]}), "message.added")) == 1
        other = shown(1202, after=601)
        assert [one["message"]["id"] for one in told(message(of={"messages": [other]}), "message.added")] == [
            "1201",
            "1202",
        ]

    @pytest.mark.parametrize(
        "written", [1772352600, 1772352600.125, "2026-03-01T08:10:00.125Z", "2026-03-01 08:10:00 UTC"]
    )
    def test_times_as_they_are_written(self, written: object) -> None:
        assert the(message(created_at=written), "message.added")["occurred_at"] == "2026-03-01T08:10:00Z"

    def test_a_naive_time_takes_the_zone_of_the_connection(self) -> None:
        body = message(created_at="2026-03-01T09:10:00")
        assert the(body, "message.added", timezone="Europe/Berlin")["occurred_at"] == "2026-03-01T08:10:00Z"

    def test_deleted(self) -> None:
        body = message(event="message_updated", content_attributes={"deleted": True}, of={"updated_at": CREATED + 900})
        assert the(body, "message.added") == the(message(), "message.added")
        assert kept(the(body, "message.hidden"), "occurred_at", "message") == {
            "occurred_at": "2026-03-01T08:15:00Z",
            "message": {"id": "1201"},
        }

    def test_rated(self) -> None:
        answer = {"submitted_values": {"csat_survey_response": {"rating": 4, "feedback_message": "Good"}}}
        body = message(event="message_updated", kind="template", sender=None, content_attributes=answer)
        assert kept(the(body, "rating.given"), "rating", "actor", "occurred_at") == {
            "rating": 4,
            "actor": {"kind": "customer"},
            "occurred_at": "2026-03-01T08:10:00.250000Z",
        }


class TestSnapshot:
    @pytest.mark.parametrize(
        ("name", "status"), [("open", "open"), ("pending", "pending"), ("Snoozed", "pending"), ("resolved", "solved")]
    )
    def test_status(self, name: str, status: str) -> None:
        change = [{"status": {"previous_value": "open", "current_value": name}}]
        found = the(conversation(after=700.5, status=name, changed_attributes=change), "status.changed")
        assert kept(found, "id", "occurred_at", "status", "actor") == {
            "id": f"42|shown|status|{status}|2026-03-01T08:11:40.500000Z",
            "occurred_at": "2026-03-01T08:11:40.500000Z",
            "status": status,
            "actor": {"kind": "unknown"},
        }

    def test_two_webhooks_of_one_change_tell_one_fact(self) -> None:
        bodies = [
            conversation(name, status="resolved") for name in ("conversation_status_changed", "conversation_updated")
        ]
        assert events("chatwoot", bodies[0]) == events("chatwoot", bodies[1])

    def test_an_automation_tells_the_same(self) -> None:
        body = conversation("automation_event.conversation_updated")
        assert events("chatwoot", body) == events("chatwoot", conversation("conversation_updated"))

    def test_the_connection_names_statuses(self) -> None:
        assert the(conversation(status="pending"), "status.changed", status_map={"Pending": "open"})["status"] == "open"

    def test_an_unknown_one_is_open_and_counted(self) -> None:
        assert len(translation("chatwoot", conversation(status="levitating")).unknown_statuses) == 1

    @pytest.mark.parametrize(
        ("meta", "assignee", "group"),
        [
            ({"assignee": AGENT, "team": {"id": 30}}, "7", "30"),
            ({"assignee": AGENT, "team": {"id": 30, "name": "L2"}}, "7", "L2"),
            ({"assignee": None, "team": None}, None, None),
            ({"assignee": BOT, "team": None}, None, None),
            ({"assignee": {"id": 3}, "assignee_type": "AgentBot", "team": None}, None, None),
        ],
    )
    def test_assignment(self, meta: dict[str, Any], assignee: str | None, group: str | None) -> None:
        found = the(conversation(meta=meta), "assignment.changed")
        assert (found["assignee"], found["group"]) == (assignee, group)

    def test_attributes(self) -> None:
        body = conversation(labels=["vip", "billing"], priority="medium")
        mapping = {"tier": "conversation.custom_attributes.plan"}
        told_of_both = [the(one, "attributes.changed", attributes=mapping)["attributes"] for one in (body, message())]
        assert told_of_both == [
            {"tags": ["billing", "vip"], "priority": "normal", "tier": "gold"},
            {"tags": [], "priority": None, "tier": "gold"},
        ]

    def test_attributes_are_there_from_the_creation_on(self) -> None:
        first = the(message(1200, after=0.25, kind="incoming", sender=CONTACT), "attributes.changed")
        assert first["occurred_at"] == "2026-03-01T08:00:00Z"

    def test_and_in_the_order_in_which_they_were_shown(self) -> None:
        labels = [[], ["a"], ["b"], ["a", "b"], ["c"]]
        for before in labels:
            for after in labels:
                bodies = (
                    conversation("conversation_created", messages=[shown(1200)], after=0.25, labels=before),
                    conversation("conversation_updated", messages=[shown(1200)], after=0.75, labels=after),
                )
                assert result(*bodies)["attributes"].get("tags", []) == after

    @pytest.mark.parametrize(
        "body",
        [
            {"event": "contact_created", "id": 5},
            {"event": "webwidget_triggered", "id": 5},
            {"event": "inbox_updated", "id": 1},
            {"event": "conversation_typing_on", "conversation": {"id": 42}},
        ],
        ids=lambda body: str(body["event"]),
    )
    def test_what_says_nothing_about_conversations(self, body: dict[str, Any]) -> None:
        assert events("chatwoot", body) == []

    def test_without_any_time_it_occurred_when_received(self) -> None:
        body = conversation(updated_at=None, last_activity_at=None)
        assert the(body, "status.changed")["occurred_at"] == RECEIVED

    def test_the_connection_decides_tenant_and_source(self) -> None:
        found = the(OPENING, "ticket.created", name="chat-eu", tenant="acme")
        assert kept(found, "tenant", "source") == {"tenant": "acme", "source": "chat-eu"}


class TestUnreadable:
    @pytest.mark.parametrize(
        ("body", "why"),
        [
            (b"{", "is not JSON"),
            ([], "must be a JSON object"),
            ({"id": 1}, "event: is missing"),
            (conversation(id=None), "id: is missing"),
            ({"event": "message_created", "id": 1}, "conversation: is missing"),
            (message(created_at="yesterday"), "created_at: not an RFC 3339"),
            (message(created_at="2026-03-01T08:10:00"), "created_at: has no offset"),
            (message(created_at=True), "created_at: must be a number"),
            (message(message_type=None), "message_type: is missing"),
            (conversation(labels="vip"), "labels: must be a list of texts"),
        ],
    )
    def test_names_the_field(self, body: object, why: str) -> None:
        assert why in reason(translation("chatwoot", body))

    def test_of_another_account(self) -> None:
        why = "account.id: is not the account of this connection"
        assert reason(translation("chatwoot", message(), account=2)) == why
        assert reason(translation("chatwoot", conversation(messages=[shown(1)]), account=2)) == why
        assert events("chatwoot", message(), account=1)
        assert events("chatwoot", conversation(), account=2)  # it names no account

    @given(body=mutated(PLAUSIBLE))
    def test_mutated_bodies_never_raise(self, body: Any) -> None:
        check("chatwoot", body, bots=[7], timezone="Europe/Berlin")


class TestSignatures:
    BODY = json.dumps(message()).encode()

    def verify(self, headers: Mapping[str, str], *secrets: str, body: bytes = BODY) -> None:
        source("chatwoot").verify(webhook(body, headers), secrets, NOW, connection("chatwoot"))

    def test_of_timestamp_and_body(self) -> None:
        digest = hmac.new(b"ours", b"1772355600." + self.BODY, hashlib.sha256).hexdigest()
        headers = {"x-chatwoot-timestamp": "1772355600", "x-chatwoot-signature": f"sha256={digest}"}
        self.verify(headers, "theirs", "ours")
        signed = source("chatwoot").sign(self.BODY, "ours", NOW)
        assert {name.lower(): value for name, value in signed.items() if name.startswith("X-")} == headers

    @pytest.mark.parametrize("minutes", [-5, 0, 5])
    def test_five_minutes_either_way_are_taken(self, minutes: int) -> None:
        self.verify(source("chatwoot").sign(self.BODY, "ours", NOW + minutes * MINUTE), "ours")

    @pytest.mark.parametrize(
        ("off", "why"), [(-5 * MINUTE - 1_000_000, "too old"), (5 * MINUTE + 1_000_000, "ahead of now")]
    )
    def test_no_more(self, off: int, why: str) -> None:
        with pytest.raises(Unauthenticated, match=why):
            self.verify(source("chatwoot").sign(self.BODY, "ours", NOW + off), "ours")

    @pytest.mark.parametrize("timestamp", ["soon", "-1", "1e9", "9" * 40, "\ud800"])
    def test_a_time_that_is_no_number(self, timestamp: str) -> None:
        signed = timestamp.encode("utf-8", "backslashreplace") + b"." + self.BODY
        digest = hmac.new(b"ours", signed, hashlib.sha256).hexdigest()
        with pytest.raises(Unauthenticated, match="no number of seconds"):
            self.verify({"X-Chatwoot-Timestamp": timestamp, "X-Chatwoot-Signature": f"sha256={digest}"}, "ours")

    @pytest.mark.parametrize("value", ["", "sha256=", "sha256=00", "\ud800", "é"])
    def test_any_other_is_refused(self, value: str) -> None:
        with pytest.raises(Unauthenticated):
            self.verify(source("chatwoot").sign(self.BODY, "ours", NOW) | {"X-Chatwoot-Signature": value}, "ours")

    def test_a_changed_body_another_secret_and_missing_headers_are_refused(self) -> None:
        headers = source("chatwoot").sign(self.BODY, "ours", NOW)
        with pytest.raises(Unauthenticated, match="none of the connection's 1 secrets"):
            self.verify(headers, "ours", body=self.BODY + b" ")
        with pytest.raises(Unauthenticated, match="none of the connection's 1 secrets"):
            self.verify(headers, "theirs")
        with pytest.raises(Unauthenticated, match="has neither X-Chatwoot-Signature nor X-Replyclock-Token"):
            self.verify({}, "ours")
        with pytest.raises(Unauthenticated, match="has no X-Chatwoot-Timestamp"):
            self.verify({"X-Chatwoot-Signature": headers["X-Chatwoot-Signature"]}, "ours")
        with pytest.raises(Unauthenticated, match="has no secret"):
            self.verify(headers, "")

    def test_versions_that_do_not_sign_have_a_token(self) -> None:
        self.verify({"X-Replyclock-Token": "long and random"}, "older", "long and random")
        with pytest.raises(Unauthenticated):
            self.verify({"X-Replyclock-Token": "long and rando"}, "long and random")

    def test_a_wrong_signature_is_not_saved_by_a_token(self) -> None:
        headers = source("chatwoot").sign(self.BODY, "theirs", NOW) | {"X-Replyclock-Token": "ours"}
        with pytest.raises(Unauthenticated, match="by none of"):
            self.verify(headers, "ours")

    def test_recorded(self) -> None:
        document = json.loads(sample("generic/signature_vectors.json"))
        (found,) = [one for one in document["computed_here"] if one["provider"] == "chatwoot"]
        self.verify(found["headers"], found["secret"], body=document["body_utf8"].encode())


class TestRecorded:
    def test_a_change_of_status(self) -> None:
        body = sample("chatwoot/SYNTHETIC_conversation_status_changed.json")
        assert kept(the(body, "status.changed"), "ticket", "occurred_at", "created_at", "status") == {
            "ticket": "42",
            "occurred_at": "2026-03-03T14:05:00.500000Z",
            "created_at": "2026-03-03T13:05:00Z",
            "status": "solved",
        }
        assert the(body, "assignment.changed")["assignee"] == "7"

    def test_a_reply(self) -> None:
        body = sample("chatwoot/SYNTHETIC_message_created_outgoing.json")
        assert kept(the(body, "message.added"), "ticket", "occurred_at", "actor", "message") == {
            "ticket": "42",
            "occurred_at": "2026-03-03T13:05:57Z",
            "actor": {"kind": "agent", "id": "7"},
            "message": {"id": "1201", "visibility": "public"},
        }

    def test_both_make_right_clocks(self) -> None:
        names = ("conversation_status_changed", "message_created_outgoing")
        document = result(*(sample(f"chatwoot/SYNTHETIC_{name}.json") for name in names), at="2026-03-04T00:00:00Z")
        clocks = {clock["metric"]: clock for clock in document["clocks"]}
        assert clocks["first_response"]["seconds"] == 57
        assert clocks["total_response"]["seconds"] == 3600.5


def test_a_conversation_has_right_clocks() -> None:
    """Opened 08:00, greeted at once, assigned 08:05, answered 08:10, snoozed 08:20 to 08:30, customer 08:30, answered
    08:45 and resolved 08:50.
    """
    has: dict[str, Any] = {"meta": {"sender": {"id": 5}, "assignee": AGENT, "team": None}}
    document = result(
        conversation("conversation_created", messages=[shown(1200)]),
        OPENING,
        message(1201, after=1.0, kind="template", sender=None),
        conversation("conversation_updated", after=300, **has),
        message(1202, after=600.5, of=has),
        conversation(after=1200, status="snoozed", **has),
        message(
            1203,
            after=1800.5,
            kind="incoming",
            sender=CONTACT,
            of={**has, "status": "open", "updated_at": CREATED + 1800},
        ),
        message(1204, after=2700.5, of=has),
        conversation(after=3000, status="resolved", **has),
        at="2026-03-01T10:00:00Z",
    )
    clocks = {clock["metric"]: clock for clock in document["clocks"]}
    assert clocks["first_response"]["seconds"] == 600
    assert clocks["next_response"]["seconds"] == 900
    assert clocks["resolution"]["seconds"] == 2700
    assert clocks["resolution"]["active_seconds"] == 2100
    assert document["counts"] == {
        "replies": 2,
        "customer_messages": 2,
        "internal_notes": 0,
        "bot_messages": 1,
        "reopens": 0,
        "reassignments": 0,
    }


def test_the_requester_is_stated_by_every_webhook() -> None:
    """For a conversation whose creation was lost."""
    for body in (conversation(), message(), OPENING):
        assert {one["requester"] for one in events("chatwoot", body)} == {"contact|5"}
    assert "requester" not in events("chatwoot", conversation(meta={"sender": None}))[0]
