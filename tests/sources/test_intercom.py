"""What Intercom webhooks mean."""

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

from .builders import NOW, RECEIVED, connection, event, events, kept, reason, sample, translation, webhook
from .mutations import check, mutated

CREATED = 1772352000
"""2026-03-01T08:00:00Z"""
CUSTOMER, ADMIN, FIN = "c-100", "200", "900"


def author(kind: str, person: str | None, **more: Any) -> dict[str, Any]:
    return {"type": kind, "id": person, "name": "Somebody", **more}


BY_ADMIN, BY_CUSTOMER, BY_FIN = author("admin", ADMIN), author("user", CUSTOMER), author("bot", FIN)


def part(
    kind: str = "comment", by: Mapping[str, Any] = BY_ADMIN, *, after: int = 600, number: int = 5001, **more: Any
) -> dict[str, Any]:
    """A part, that many seconds after the creation."""
    return {
        "id": str(number),
        "part_type": kind,
        "body": "<p>On it.</p>",
        "created_at": CREATED + after,
        "updated_at": CREATED + after,
        "assigned_to": None,
        "author": dict(by),
        "redacted": False,
        **more,
    }


def notification(topic: str, item: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "notification_event",
        "app_id": "acme1",
        "topic": topic,
        "id": "notif_1",
        "created_at": CREATED + 9000,
        "delivery_attempts": 1,
        "data": {"type": "notification_event_data", "item": dict(item)},
        **more,
    }


def conversation(
    *parts: Mapping[str, Any], after: int = 600, topic: str = "conversation.admin.replied", **more: Any
) -> dict[str, Any]:
    """A webhook about conversation 77, which a customer opened in the messenger at 08:00:00 and nobody has."""
    item = {
        "type": "conversation",
        "id": "77",
        "created_at": CREATED,
        "updated_at": CREATED + after,
        "source": {
            "type": "conversation",
            "id": "4001",
            "delivered_as": "customer_initiated",
            "body": "<p>Where is it?</p>",
            "author": BY_CUSTOMER,
        },
        "contacts": {"contacts": [{"type": "contact", "id": CUSTOMER}]},
        "admin_assignee_id": None,
        "team_assignee_id": None,
        "open": True,
        "state": "open",
        "priority": "not_priority",
        "tags": {"tags": [{"id": "1", "name": "vip"}, {"id": "2", "name": "billing"}]},
        "custom_attributes": {"Plan": "gold"},
        "conversation_parts": {"conversation_parts": list(parts), "total_count": len(parts)},
        **more,
    }
    return notification(topic, item)


def ticket(*parts: Mapping[str, Any], after: int = 600, topic: str = "ticket.state.updated", **more: Any) -> Any:
    """A webhook about ticket #12, opened at 08:00:00 and assigned to nobody."""
    item = {
        "type": "ticket",
        "id": "990012",
        "ticket_id": "12",
        "ticket_attributes": {"Plan": "gold"},
        "ticket_state": {"id": "31", "category": "submitted", "internal_label": "Submitted"},
        "ticket_type": {"id": "9", "name": "Outages"},
        "category": "Customer",
        "contacts": {"contacts": [{"type": "contact", "id": CUSTOMER}]},
        "admin_assignee_id": "0",
        "team_assignee_id": "0",
        "created_at": CREATED,
        "updated_at": CREATED + after,
        "ticket_parts": {"ticket_parts": list(parts), "total_count": len(parts)},
        "open": True,
        "snoozed_until": None,
        "channel": "email",
        **more,
    }
    return notification(topic, item)


def within(body: dict[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """The same ticket inside of the item, beside the part that the webhook is about."""
    item = {"type": "ticket_ticket_part", "ticket": body["data"]["item"], "ticket_part": own}
    return {**body, "data": {"item": item}}


def told(body: object, kind: str, **options: Any) -> list[dict[str, Any]]:
    return [one for one in events("intercom", body, **options) if one["type"] == kind]


def the(body: object, kind: str, **options: Any) -> dict[str, Any]:
    (one,) = told(body, kind, **options)
    return one


PLAUSIBLE: list[Any] = [
    conversation(part(), conversation_rating={"rating": 4, "created_at": CREATED}, statistics={}),
    conversation(state="closed", statistics={"last_close_at": "2026-03-01T08:20:00.000Z"}),
    ticket(part("assignment", assigned_to={"type": "admin", "id": ADMIN}), part(number=2, redacted=True)),
    within(ticket(part()), part(number=3)),
    conversation(
        part("assignment", assigned_to={"type": "admin", "id": ADMIN}), statistics={"first_admin_reply_at": 1}
    ),
    conversation(part("open", attachments=[{"name": "x"}], redacted=None), topic="conversation_part.redacted"),
    notification("conversation.deleted", {"conversation_id": "77"}),
]
"""Bodies from which hostile ones are made."""


class TestCreated:
    def test_a_conversation_opens_with_its_source(self) -> None:
        body = conversation(after=0, topic="conversation.user.created")
        assert the(body, "ticket.created") == {
            "id": "77|created",
            "ticket": "77",
            "type": "ticket.created",
            "occurred_at": "2026-03-01T08:00:00Z",
            "created_at": "2026-03-01T08:00:00Z",
            "tenant": "default",
            "source": "intercom",
            "sequence": 0,
            "actor": {"kind": "customer", "id": CUSTOMER},
            "requester": CUSTOMER,
            "status": "open",
            "attributes": {"channel": "chat"},
            "message": {"id": "4001", "visibility": "public"},
        }

    def test_every_later_webhook_tells_it_alike(self) -> None:
        first = the(conversation(after=0, topic="conversation.user.created"), "ticket.created")
        later = conversation(part(), state="closed", open=False, admin_assignee_id=200, priority="priority")
        assert the(later, "ticket.created") == first

    def test_nothing_but_what_it_opened_with_is_told_at_the_creation(self) -> None:
        assert told(conversation(after=0, topic="conversation.user.created"), "status.changed") == []

    def test_versions_before_2_call_it_otherwise(self) -> None:
        body = conversation(
            source=None,
            contacts=None,
            user={"type": "lead", "id": "c-9"},
            conversation_message={"id": "4009", "author": author("user", "c-9")},
            assignee={"type": "admin", "id": "201"},
        )
        del body["data"]["item"]["source"]
        created = the(body, "ticket.created")
        assert kept(created, "requester", "message", "attributes") == {
            "requester": "c-9",
            "message": {"id": "4009", "visibility": "public"},
            "attributes": {},
        }
        assert the(body, "assignment.changed")["assignee"] == "201"

    @pytest.mark.parametrize(
        ("delivered_as", "kind"),
        [("admin_initiated", "agent"), ("automated", "bot"), ("campaigns_initiated", "bot"), (None, "agent")],
    )
    def test_by_an_admin(self, delivered_as: str | None, kind: str) -> None:
        opening = {"type": "email", "id": "4002", "delivered_as": delivered_as, "author": BY_ADMIN}
        created = the(conversation(source=opening), "ticket.created")
        assert kept(created, "actor", "requester") == {"actor": {"kind": kind, "id": ADMIN}, "requester": CUSTOMER}
        assert created["attributes"] == {"channel": "email"}

    def test_a_ticket_does_not_say_who_made_it(self) -> None:
        assert the(ticket(after=0, topic="ticket.created"), "ticket.created") == {
            "id": "12|created",
            "ticket": "12",
            "type": "ticket.created",
            "occurred_at": "2026-03-01T08:00:00Z",
            "created_at": "2026-03-01T08:00:00Z",
            "tenant": "default",
            "source": "intercom",
            "sequence": 0,
            "actor": {"kind": "unknown"},
            "requester": CUSTOMER,
            "status": "new",
            "attributes": {"channel": "email"},
            "message": {"id": "opening", "visibility": "public"},
        }

    def test_a_ticket_of_the_back_office_opens_internally(self) -> None:
        body = ticket(category="Back-office")
        assert the(body, "ticket.created")["message"]["visibility"] == "internal"

    @pytest.mark.parametrize(
        ("tool", "ours"),
        [("email", "email"), ("sms", "sms"), ("whatsapp", "social"), ("phone_call", "phone"), ("fax", "fax")],
    )
    def test_channels(self, tool: str, ours: str) -> None:
        opening = {"type": tool, "id": "4002", "author": BY_CUSTOMER}
        assert the(conversation(source=opening), "ticket.created")["attributes"] == {"channel": ours}


class TestMessages:
    @pytest.mark.parametrize(
        ("by", "kind"),
        [
            (BY_ADMIN, "agent"),
            (BY_CUSTOMER, "customer"),
            (author("lead", "c-3"), "customer"),
            (author("contact", "c-3"), "customer"),
            (BY_FIN, "bot"),
            (author("admin", ADMIN, from_ai_agent=True), "bot"),
            (author("admin", ADMIN, is_ai_answer=True), "bot"),
            (author("admin", "901"), "bot"),
            (author("team", "300"), "unknown"),
        ],
    )
    def test_who_speaks_is_the_author(self, by: dict[str, Any], kind: str) -> None:
        found = the(conversation(part(by=by)), "message.added", bots=["901"])
        assert kept(found, "id", "occurred_at", "created_at", "actor", "message") == {
            "id": "77|part|5001|message",
            "occurred_at": "2026-03-01T08:10:00Z",
            "created_at": "2026-03-01T08:00:00Z",
            "actor": {"kind": kind, "id": by["id"]},
            "message": {"id": "5001", "visibility": "public"},
        }

    @pytest.mark.parametrize("kind", ["note", "note_and_reopen"])
    def test_notes(self, kind: str) -> None:
        found = the(conversation(part(kind), topic="conversation.admin.noted"), "message.added")
        assert found["message"]["visibility"] == "internal"

    def test_the_acknowledgement_of_the_bot(self) -> None:
        body = conversation(part("channel_and_reply_time_expectation", BY_FIN), topic="conversation.operator.replied")
        assert the(body, "message.added")["actor"] == {"kind": "bot", "id": FIN}

    @pytest.mark.parametrize("kind", ["assignment", "attribute_collected", "title_changed", "participant_added"])
    def test_other_parts_are_no_messages_whatever_the_topic_says(self, kind: str) -> None:
        assert told(conversation(part(kind), topic="conversation.admin.replied"), "message.added") == []
        assert told(ticket(part(kind), topic="ticket.admin.replied"), "message.added") == []

    @pytest.mark.parametrize("kind", ["close", "open", "snoozed", "unsnoozed"])
    @pytest.mark.parametrize(("by", "speaker"), [(BY_ADMIN, "agent"), (BY_CUSTOMER, "customer"), (BY_FIN, "bot")])
    def test_what_is_said_with_a_change_of_the_state(self, kind: str, by: dict[str, Any], speaker: str) -> None:
        """Without statistics, as tickets and versions before 2.0 have none."""
        for body in (conversation(part(kind, by), topic="conversation.admin.closed"), ticket(part(kind, by))):
            found = the(body, "message.added")
            assert found["actor"] == {"kind": speaker, "id": by["id"]}
            assert found["message"] == {"id": "5001", "visibility": "public"}

    @pytest.mark.parametrize(
        ("content", "messages"),
        [
            ({"body": None}, 0),
            ({"body": ""}, 0),
            ({"body": '<p> </p>\n<p class="no-margin">&nbsp;</p>'}, 0),
            ({"body": None, "attachments": []}, 0),
            ({"body": '<p><img src="x"></p>'}, 1),
            ({"body": None, "attachments": [{"type": "upload", "name": "bill.pdf"}]}, 1),
        ],
    )
    def test_a_change_of_the_state_in_which_nothing_is_said(self, content: dict[str, Any], messages: int) -> None:
        assert len(told(conversation(part("close", **content)), "message.added")) == messages

    def test_a_reply_that_closes_answers_and_resolves(self) -> None:
        closing = conversation(part("close", after=900), after=900, state="closed", topic="conversation.admin.closed")
        log = [parse_event(one) for one in events("intercom", closing)]
        result = evaluate_ticket(log, DEFAULT_POLICY, NOW)
        assert result is not None
        clocks = {one["metric"]: (one["seconds"], one["stopped_by"]) for one in result.document()["clocks"]}
        assert clocks["first_response"] == (900, "reply")
        assert clocks["total_response"] == (900, "solve")

    @pytest.mark.parametrize("kind", ["assignment", "assign_and_reopen", "assign_and_unsnooze"])
    @pytest.mark.parametrize(
        ("assigned_to", "by", "body", "messages"),
        [
            ({"type": "admin", "id": ADMIN}, BY_ADMIN, "<p>Hello!</p>", 1),
            ({"type": "admin", "id": int(ADMIN)}, BY_ADMIN, "<p>Hello!</p>", 1),
            ({"type": "admin", "id": ADMIN}, BY_ADMIN, None, 0),
            ({"type": "admin", "id": "201"}, BY_ADMIN, "<p>Please look.</p>", 0),
            ({"type": "team", "id": ADMIN}, BY_ADMIN, "<p>Please look.</p>", 0),
            ({"type": "nobody_admin", "id": None}, author("admin", None), "<p>Not mine.</p>", 0),
            ({"type": "admin", "id": FIN}, BY_FIN, "<p>Hello!</p>", 0),
        ],
    )
    def test_an_assignment_to_oneself_with_a_text_is_an_answer(
        self, kind: str, assigned_to: dict[str, Any], by: dict[str, Any], body: str | None, messages: int
    ) -> None:
        assignment = part(kind, by, body=body, assigned_to=assigned_to)
        for hook in (conversation(assignment), ticket(assignment, topic="ticket.admin.replied")):
            assert [one["message"]["visibility"] for one in told(hook, "message.added")] == ["public"] * messages

    @pytest.mark.parametrize(
        ("after", "body", "by", "messages"),
        [
            (600, "<p>Hello!</p>", BY_ADMIN, 1),
            (1800, "<p>Hello!</p>", BY_ADMIN, 1),
            (700, "<p>Hello!</p>", BY_ADMIN, 0),
            (600, None, BY_ADMIN, 0),
            (600, "<p>Hello!</p>", BY_FIN, 0),
        ],
    )
    @pytest.mark.parametrize(
        ("first", "last"),
        [("2026-03-01T08:10:00.000Z", "2026-03-01T08:30:00.000Z"), (CREATED + 600, CREATED + 1800)],
        ids=["webhook", "api"],
    )
    def test_an_assignment_to_another_that_the_statistics_call_a_reply(
        self, first: object, last: object, after: int, body: str | None, by: dict[str, Any], messages: int
    ) -> None:
        assignment = part("assignment", by, after=after, body=body, assigned_to={"type": "admin", "id": "201"})
        hook = conversation(assignment, statistics={"first_admin_reply_at": first, "last_admin_reply_at": last})
        assert len(told(hook, "message.added")) == messages

    def test_without_an_author_nobody_is_made_up(self) -> None:
        assert the(conversation(part(author=None)), "message.added")["actor"] == {"kind": "unknown"}

    def test_a_redacted_one_is_told_and_hidden(self) -> None:
        gone = part(redacted=True, updated_at=CREATED + 900)
        body = conversation(gone, after=900, topic="conversation_part.redacted")
        assert the(body, "message.added") == the(conversation(part()), "message.added")
        assert kept(the(body, "message.hidden"), "occurred_at", "message") == {
            "occurred_at": "2026-03-01T08:15:00Z",
            "message": {"id": "5001"},
        }

    @pytest.mark.parametrize("topic", ["conversation_part.redacted", "conversation.admin.noted"])
    def test_versions_before_2_have_no_flag_and_show_it_by_the_text(self, topic: str) -> None:
        gone = part("open", body="<p><i>This message was deleted</i></p>", updated_at=CREATED + 900)
        del gone["redacted"]
        body = conversation(gone, after=900, topic=topic)
        assert the(body, "message.added") == the(conversation(part("open")), "message.added")
        assert kept(the(body, "message.hidden"), "occurred_at", "message") == {
            "occurred_at": "2026-03-01T08:15:00Z",
            "message": {"id": "5001"},
        }

    @pytest.mark.parametrize(
        ("topic", "count", "flag", "hidden"),
        [
            ("conversation_part.redacted", 1, None, 1),
            ("conversation_part.redacted", 1, False, 0),
            ("conversation_part.redacted", 2, None, 0),
            ("conversation.admin.replied", 1, None, 0),
        ],
    )
    def test_without_flag_and_text_the_topic_says_it_of_the_only_part(
        self, topic: str, count: int, flag: bool | None, hidden: int
    ) -> None:
        parts = [part(number=number, redacted=flag) for number in range(count)]
        assert len(told(conversation(*parts, topic=topic), "message.hidden")) == hidden

    def test_who_quotes_the_words_for_a_redaction_is_heard(self) -> None:
        body = conversation(part(by=BY_CUSTOMER, body="<p>This message was deleted</p>", redacted=False))
        assert told(body, "message.hidden") == []

    def test_a_redacted_opening(self) -> None:
        opening = {"type": "email", "id": "4002", "author": BY_CUSTOMER, "redacted": True}
        assert the(conversation(source=opening), "message.hidden")["message"] == {"id": "4002"}


class TestStatus:
    @pytest.mark.parametrize(
        ("kind", "status"),
        [
            ("close", "solved"),
            ("snoozed", "pending"),
            ("open", "open"),
            ("unsnoozed", "open"),
            ("timer_unsnooze", "open"),
            ("assign_and_reopen", "open"),
            ("note_and_reopen", "open"),
        ],
    )
    def test_by_parts(self, kind: str, status: str) -> None:
        state = {"solved": "closed", "pending": "snoozed", "open": "open"}[status]
        found = the(conversation(part(kind), state=state), "status.changed")
        assert kept(found, "id", "occurred_at", "status", "actor") == {
            "id": "77|part|5001|status",
            "occurred_at": "2026-03-01T08:10:00Z",
            "status": status,
            "actor": {"kind": "agent", "id": ADMIN},
        }

    def test_a_reply_of_the_customer_reopens(self) -> None:
        body = conversation(part(by=BY_CUSTOMER), topic="conversation.user.replied")
        found = the(body, "status.changed")
        assert kept(found, "occurred_at", "status", "actor") == {
            "occurred_at": "2026-03-01T08:10:00Z",
            "status": "open",
            "actor": {"kind": "unknown"},
        }

    def test_closed_since_when_the_statistics_say_so(self) -> None:
        statistics = {"last_close_at": "2026-03-01T08:20:00.000Z"}
        body = conversation(after=1800, state="closed", statistics=statistics, topic="conversation.rating.added")
        assert kept(the(body, "status.changed"), "occurred_at", "status") == {
            "occurred_at": "2026-03-01T08:20:00Z",
            "status": "solved",
        }
        closing = conversation(part("close", after=1200), after=1200, state="closed", statistics=statistics)
        assert the(closing, "status.changed")["id"] == "77|part|5001|status"

    def test_two_webhooks_of_one_snapshot_tell_one_fact(self) -> None:
        told_twice = [
            the(conversation(state="closed", topic=topic), "status.changed")
            for topic in ("conversation.read", "conversation.priority.updated")
        ]
        assert told_twice[0] == told_twice[1]

    @pytest.mark.parametrize(
        ("state", "status"),
        [("in_progress", "open"), ("waiting_on_customer", "pending"), ("resolved", "solved"), ("submitted", "new")],
    )
    def test_of_tickets(self, state: str, status: str) -> None:
        changed = part("ticket_state_updated_by_admin", ticket_state=state, previous_ticket_state="submitted")
        body = ticket(changed, ticket_state={"id": "32", "category": state})
        assert the(body, "status.changed")["status"] == status

    @pytest.mark.parametrize(
        ("snapshot", "status"),
        [({"open": False}, "solved"), ({"snoozed_until": CREATED + 99999}, "pending"), ({}, "new")],
    )
    def test_of_a_ticket_by_the_snapshot_alone(self, snapshot: dict[str, Any], status: str) -> None:
        assert the(ticket(**snapshot), "status.changed")["status"] == status

    @pytest.mark.parametrize("name", ["32", "waiting for PARTS"])
    def test_a_ticket_state_that_the_connection_maps(self, name: str) -> None:
        changed = part("ticket_state_updated_by_admin", ticket_state="in_progress")
        state = {"id": "32", "category": "in_progress", "internal_label": "Waiting for parts"}
        last = told(ticket(changed, ticket_state=state), "status.changed", status_map={name: "on_hold"})[-1]
        assert last["status"] == "on_hold"

    def test_a_mapped_state_is_the_last_of_its_instant(self) -> None:
        changed = part("ticket_state_updated_by_admin", ticket_state="in_progress")
        state = {"id": "32", "category": "in_progress"}
        log = [
            parse_event(one)
            for one in events("intercom", ticket(changed, ticket_state=state), status_map={"32": "on_hold"})
        ]
        result = evaluate_ticket(log, DEFAULT_POLICY, NOW)
        assert result is not None and result.document()["state"] == "on_hold"

    def test_an_unknown_one_is_open_and_counted(self) -> None:
        translated = translation("intercom", conversation(state="levitating"))
        assert len(translated.unknown_statuses) == 1
        assert [one.model_dump()["status"] for one in translated.events if one.type == "status.changed"] == ["open"]


class TestAssignment:
    @pytest.mark.parametrize(
        ("assigned_to", "fields"),
        [
            ({"type": "admin", "id": ADMIN}, {"assignee": ADMIN}),
            ({"type": "team", "id": 300}, {"group": "300"}),
            ({"type": "nobody_admin", "id": None}, {"assignee": None}),
        ],
    )
    def test_by_parts(self, assigned_to: dict[str, Any], fields: dict[str, Any]) -> None:
        found = told(conversation(part("assignment", assigned_to=assigned_to)), "assignment.changed")[0]
        assert found["id"] == "77|part|5001|assignment"
        assert {name: found[name] for name in ("assignee", "group") if name in found} == fields

    @pytest.mark.parametrize("nobody", ["0", 0, None])
    def test_of_the_snapshot(self, nobody: object) -> None:
        found = the(conversation(admin_assignee_id=nobody, team_assignee_id=300), "assignment.changed")
        assert (found["assignee"], found["group"]) == (None, "300")

    def test_what_the_snapshot_does_not_say_stays(self) -> None:
        body = conversation()
        del body["data"]["item"]["team_assignee_id"]
        assert "group" not in the(body, "assignment.changed")


class TestAttributes:
    def test_of_a_conversation(self) -> None:
        found = the(conversation(priority="priority"), "attributes.changed")
        assert found["attributes"] == {"tags": ["billing", "vip"], "priority": "high"}

    def test_that_the_connection_maps_are_found_whatever_the_topic(self) -> None:
        mapping = {"tier": "ticket.ticket_attributes.Plan", "service_type": "ticket.ticket_type.name"}
        for body in (ticket(part()), within(ticket(part()), part())):
            found = the(body, "attributes.changed", attributes=mapping)
            assert found["attributes"] == {"tier": "gold", "service_type": "Outages"}
        tier = {"tier": "conversation.custom_attributes.Plan"}
        assert the(conversation(), "attributes.changed", attributes=tier)["attributes"]["tier"] == "gold"

    def test_a_ticket_without_any_tells_none(self) -> None:
        assert told(ticket(), "attributes.changed") == []


class TestHistory:
    PARTS = (
        part("assignment", after=60, number=5001, body=None, assigned_to={"type": "admin", "id": ADMIN}),
        part(after=120, number=5002),
        part(by=BY_CUSTOMER, after=180, number=5003),
    )

    def test_a_ticket_repeats_all_its_parts_and_each_has_one_identity(self) -> None:
        seen: dict[str, dict[str, Any]] = {}
        for count in range(4):
            for one in events("intercom", ticket(*self.PARTS[:count], after=60 * count)):
                assert seen.setdefault(one["id"], one) == one
        assert sum(one["type"] == "message.added" for one in seen.values()) == 2

    def test_the_part_beside_the_ticket_is_told_once(self) -> None:
        inside = within(ticket(*self.PARTS), self.PARTS[-1])
        assert events("intercom", inside) == events("intercom", ticket(*self.PARTS))

    def test_a_conversation_beside_its_part(self) -> None:
        whole = conversation(part(), topic="conversation_part.redacted")
        item = {"type": "conversation_part", "id": "5001", "conversation": whole["data"]["item"]}
        assert events("intercom", {**whole, "data": {"item": item}}) == events("intercom", whole)
        alone = {"conversation": conversation()["data"]["item"], "conversation_part": part()}
        assert the({**whole, "data": {"item": alone}}, "message.added")["message"]["id"] == "5001"

    def test_and_also_where_the_ticket_does_not_have_it(self) -> None:
        inside = within(ticket(*self.PARTS[:-1]), self.PARTS[-1])
        assert [one["message"]["id"] for one in told(inside, "message.added")] == ["5002", "5003"]

    def test_ids_do_not_depend_on_the_delivery(self) -> None:
        body = conversation(part())
        again = {**body, "id": "notif_2", "delivery_attempts": 2, "created_at": CREATED + 9999, "first_sent_at": 1}
        assert events("intercom", again) == events("intercom", body)

    def test_different_facts_differ(self) -> None:
        bodies = (ticket(*self.PARTS), conversation(*self.PARTS), conversation(part("close", number=6), state="closed"))
        found = [one for body in bodies for one in events("intercom", body)]
        distinct = {json.dumps(one, sort_keys=True) for one in found}
        assert len({one["id"] for one in found}) == len(distinct)


class TestTheRest:
    def test_a_rating(self) -> None:
        rating = {"rating": 4, "created_at": CREATED + 300, "updated_at": CREATED + 420, "contact": {"id": CUSTOMER}}
        found = the(conversation(conversation_rating=rating), "rating.given")
        assert kept(found, "occurred_at", "rating", "actor") == {
            "occurred_at": "2026-03-01T08:07:00Z",
            "rating": 4,
            "actor": {"kind": "customer", "id": CUSTOMER},
        }

    def test_a_rating_that_was_asked_for_only(self) -> None:
        assert told(conversation(conversation_rating={"rating": None, "created_at": CREATED}), "rating.given") == []

    def test_deleted(self) -> None:
        found = event(
            "intercom", notification("conversation.deleted", {"type": "conversation", "conversation_id": "77"})
        )
        assert kept(found, "id", "type", "occurred_at") == {
            "id": "77|deleted",
            "type": "ticket.deleted",
            "occurred_at": "2026-03-01T10:30:00Z",
        }

    @pytest.mark.parametrize(
        "body",
        [
            notification("ping", {"type": "ping", "message": "hello"}),
            notification("contact.user.created", {"type": "contact", "id": "c-1"}),
            notification("contact.deleted", {"type": "contact", "id": "c-1"}),
            notification("company.updated", {"type": "company", "id": "1"}),
            notification(
                "conversation.contact.attached",
                {
                    "conversation": {"parts": [{"id": 1}], "model": {"id": 77}},
                    "contact": {"type": "contact", "id": "c-1"},
                },
            ),
        ],
        ids=lambda body: str(body["topic"]),
    )
    def test_what_says_nothing_about_tickets(self, body: dict[str, Any]) -> None:
        assert events("intercom", body) == []

    def test_without_any_time_it_occurred_when_received(self) -> None:
        body = notification("conversation.deleted", {"conversation_id": "77"}, created_at=None)
        assert event("intercom", body)["occurred_at"] == RECEIVED

    def test_the_connection_decides_tenant_and_source(self) -> None:
        found = the(conversation(), "ticket.created", name="chat-eu", tenant="acme")
        assert kept(found, "tenant", "source") == {"tenant": "acme", "source": "chat-eu"}


class TestUnreadable:
    @pytest.mark.parametrize(
        ("body", "why"),
        [
            (b"{", "is not JSON"),
            ([], "must be a JSON object"),
            ({"data": {}}, "topic: is missing"),
            ({"topic": "conversation.admin.replied"}, "data: is missing"),
            (conversation(id=None), "data.item.id: is missing"),
            (ticket(ticket_id=None), "data.item.ticket_id: is missing"),
            (conversation(created_at=True), "data.item.created_at: must be a number"),
            (conversation(created_at="1772352000"), "data.item.created_at: must be a number"),
            (conversation(part(created_at=None)), "conversation_parts[0].created_at: is missing"),
            (conversation(part(id=None)), "conversation_parts[0].id: is missing"),
            (conversation(conversation_rating={"rating": 7}), "rating: input should be less than or equal to 5"),
        ],
    )
    def test_names_the_field(self, body: object, why: str) -> None:
        assert why in reason(translation("intercom", body))

    def test_of_another_account(self) -> None:
        body = conversation(part())
        why = "app_id: is not the account of this connection"
        assert reason(translation("intercom", body, account="other")) == why
        assert reason(translation("intercom", {**body, "app_id": None}, account="acme1")) == why
        assert events("intercom", body, account="ACME1")

    @given(body=mutated(PLAUSIBLE))
    def test_mutated_bodies_never_raise(self, body: Any) -> None:
        check("intercom", body, bots=[FIN], attributes={"tier": "ticket.ticket_attributes.Plan"})


class TestSignatures:
    BODY = json.dumps(conversation(part())).encode()

    def verify(self, headers: Mapping[str, str], *secrets: str, body: bytes = BODY) -> None:
        source("intercom").verify(webhook(body, headers), secrets, NOW, connection("intercom"))

    def test_the_sha1_of_the_body_in_hex(self) -> None:
        digest = hmac.new(b"ours", self.BODY, hashlib.sha1).hexdigest()
        self.verify({"x-hub-signature": f"sha1={digest}"}, "ours")
        assert source("intercom").sign(self.BODY, "ours", NOW)["X-Hub-Signature"] == f"sha1={digest}"

    def test_either_secret_while_one_replaces_the_other(self) -> None:
        self.verify(source("intercom").sign(self.BODY, "older", NOW), "ours", "older")

    @pytest.mark.parametrize("value", ["", "sha1=", "sha1=00", "sha256=00", "\ud800", "é"])
    def test_any_other_is_refused(self, value: str) -> None:
        with pytest.raises(Unauthenticated):
            self.verify({"X-Hub-Signature": value}, "ours")

    def test_a_changed_body_another_secret_and_no_signature_are_refused(self) -> None:
        headers = source("intercom").sign(self.BODY, "ours", NOW)
        with pytest.raises(Unauthenticated, match="none of the connection's 1 secrets"):
            self.verify(headers, "ours", body=self.BODY + b" ")
        with pytest.raises(Unauthenticated, match="none of the connection's 1 secrets"):
            self.verify(headers, "theirs")
        with pytest.raises(Unauthenticated, match="has no X-Hub-Signature"):
            self.verify({}, "ours")

    def test_without_a_secret_nothing_verifies(self) -> None:
        with pytest.raises(Unauthenticated, match="has no secret"):
            self.verify(source("intercom").sign(self.BODY, "", NOW), "", " ")

    def test_recorded(self) -> None:
        document = json.loads(sample("generic/signature_vectors.json"))
        (found,) = [one for one in document["computed_here"] if one["provider"] == "intercom"]
        self.verify(found["headers"], found["secret"], body=document["body_utf8"].encode())

    def test_a_trial_of_the_address_is_answered_and_reflects_nothing(self) -> None:
        head = webhook(b"", {"X-Anything": "hello"}, method="HEAD")
        answer = source("intercom").handshake(head, [], NOW, connection("intercom"))
        assert answer is not None
        assert (answer.status, answer.headers, answer.body) == (200, {}, b"")
        assert source("intercom").handshake(webhook(self.BODY), [], NOW, connection("intercom")) is None


class TestRecorded:
    def test_an_admin_reply_that_is_an_assignment(self) -> None:
        body = sample("intercom/TRIMMED_ticket_admin_replied_is_an_assignment.json")
        assert [(one["occurred_at"], one["actor"]["kind"]) for one in told(body, "message.added")] == [
            ("2026-01-11T06:44:32Z", "bot"),
            ("2026-01-11T06:55:30Z", "agent"),
        ]
        first = told(body, "assignment.changed")[0]
        assert kept(first, "ticket", "occurred_at", "assignee", "actor") == {
            "ticket": "66040342",
            "occurred_at": "2026-01-11T06:55:30Z",
            "assignee": "9608799",
            "actor": {"kind": "agent", "id": "9608799"},
        }

    def test_a_state_that_stays(self) -> None:
        body = sample("intercom/TRIMMED_ticket_state_updated.json")
        assert kept(the(body, "status.changed"), "occurred_at", "status") == {
            "occurred_at": "2026-01-11T06:50:50Z",
            "status": "new",
        }

    def test_a_note(self) -> None:
        body = sample("intercom/conversation_admin_noted.json")
        assert kept(the(body, "message.added"), "ticket", "occurred_at", "actor", "message") == {
            "ticket": "21330067382",
            "occurred_at": "2019-03-23T22:02:16Z",
            "actor": {"kind": "agent", "id": "1957471"},
            "message": {"id": "2826904904", "visibility": "internal"},
        }
        assert kept(the(body, "ticket.created"), "occurred_at", "requester", "message") == {
            "occurred_at": "2019-03-23T21:54:42Z",
            "requester": "5c9553cb27e377f24eed49f7",
            "message": {"id": "331786931", "visibility": "public"},
        }

    def test_a_bot(self) -> None:
        body = sample("intercom/conversation_operator_replied_bot.json")
        assert the(body, "message.added")["actor"] == {"kind": "bot", "id": "9608808"}
        assert the(body, "ticket.created")["attributes"] == {"channel": "chat"}

    def test_both_webhooks_of_one_ticket_agree(self) -> None:
        names = ("TRIMMED_ticket_state_updated", "TRIMMED_ticket_admin_replied_is_an_assignment")
        seen: dict[str, dict[str, Any]] = {}
        for name in names:
            for one in events("intercom", sample(f"intercom/{name}.json")):
                assert seen.setdefault(one["id"], one) == one


def test_a_conversation_has_right_clocks() -> None:
    """Opened 08:00, Fin at once, assigned 08:05, answered 08:10, closed 08:30, reopened by the customer 09:00, answered
    09:15.
    """
    bodies = [
        conversation(after=0, topic="conversation.user.created"),
        conversation(part(by=BY_FIN, after=5, number=1), after=5),
        conversation(
            part("assignment", after=300, number=2, body=None, assigned_to={"type": "admin", "id": ADMIN}),
            after=300,
            admin_assignee_id=200,
        ),
        conversation(part(after=600, number=3), after=600, admin_assignee_id=200),
        conversation(part("close", after=1800, number=4, body=None), after=1800, state="closed", admin_assignee_id=200),
        conversation(part(by=BY_CUSTOMER, after=3600, number=5), after=3600, admin_assignee_id=200),
        conversation(part(after=4500, number=6), after=4500, admin_assignee_id=200),
    ]
    log = [parse_event(one) for body in bodies for one in events("intercom", body)]
    result = evaluate_ticket(log, DEFAULT_POLICY, parse_instant("2026-03-01T10:00:00Z"))
    assert result is not None
    document = result.document()
    clocks = {(clock["metric"], clock["instance"]): clock for clock in document["clocks"]}
    assert clocks["first_response", 1]["seconds"] == 600
    assert clocks["next_response", 1]["seconds"] == 900
    assert document["handling_started_at"] == "2026-03-01T08:05:00Z"
    assert document["first_resolved_at"] == "2026-03-01T08:30:00Z"
    assert (document["state"], document["assignee"]) == ("open", ADMIN)
    assert document["counts"] == {
        "replies": 2,
        "customer_messages": 2,
        "internal_notes": 0,
        "bot_messages": 1,
        "reopens": 1,
        "reassignments": 0,
    }
