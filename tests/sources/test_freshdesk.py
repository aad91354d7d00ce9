"""What the webhooks of Freshdesk's automation rules mean."""

from __future__ import annotations

import hashlib
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

from .builders import NOW, RECEIVED, connection, event, events, kept, reason, sample, translation, webhook
from .mutations import check, mutated

ANNA = hashlib.sha256(b"anna@example.com").hexdigest()[:16]
AT = "2026-03-01T08:30:00Z"


def rule(triggered: str, **fields: Any) -> dict[str, Any]:
    """What a rule sends about ticket 7, which anna@example.com opened; None leaves a field out."""
    ticket = {
        "triggered_event": triggered,
        "event_at": "2026-03-01T09:30:00+01:00",
        "event_performer": "agent",
        "event_performer_email": "Kim@acme.test",
        "ticket_id": "7",
        "ticket_url": "https://acme.freshdesk.com/helpdesk/tickets/7",
        "ticket_status": "Open",
        "ticket_priority": "Medium",
        "ticket_source": "Email",
        "ticket_tags": "billing, vip",
        "ticket_agent_email": "kim@acme.test",
        "ticket_group_name": "Billing",
        "requester_email": "anna@example.com",
        **fields,
    }
    return {"freshdesk_webhook": {name: value for name, value in ticket.items() if value is not None}}


def told(triggered: str, kind: str, options: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """The one event of that type."""
    (one,) = [one for one in events("freshdesk", rule(triggered, **fields), **(options or {})) if one["type"] == kind]
    return one


class TestCreated:
    def test_tells_all_that_the_rule_sends(self) -> None:
        body = rule("{ticket_action:created}", event_performer="requester", event_performer_email="anna@example.com")
        assert event("freshdesk", body) == {
            "id": "7|created",
            "ticket": "7",
            "type": "ticket.created",
            "occurred_at": AT,
            "tenant": "default",
            "source": "freshdesk",
            "actor": {"kind": "customer", "id": ANNA},
            "requester": ANNA,
            "status": "open",
            "assignee": "kim@acme.test",
            "group": "Billing",
            "attributes": {"priority": "normal", "channel": "email", "tags": ["billing", "vip"]},
            "message": {"id": "opening", "visibility": "public"},
        }

    @pytest.mark.parametrize(
        ("sender", "kind"),
        [
            ("Email", "customer"),
            ("Portal", "customer"),
            ("Outbound Email", "agent"),
            ("Phone", "unknown"),
            ("", "unknown"),
        ],
    )
    def test_where_the_rule_does_not_say_who_the_source_may(self, sender: str, kind: str) -> None:
        body = rule("{ticket_action:created}", event_performer=None, event_performer_email=None, ticket_source=sender)
        assert event("freshdesk", body)["actor"]["kind"] == kind

    def test_by_an_agent_for_a_customer(self) -> None:
        found = event("freshdesk", rule("{ticket_action:created}"))
        assert kept(found, "actor", "requester") == {
            "actor": {"kind": "agent", "id": "kim@acme.test"},
            "requester": ANNA,
        }

    def test_what_an_agent_wrote_down_of_a_call_is_no_message(self) -> None:
        log = [parse_event(one) for one in events("freshdesk", rule("{ticket_action:created}", ticket_source="Phone"))]
        result = evaluate_ticket(log, DEFAULT_POLICY, NOW)
        assert result is not None
        assert result.document()["clocks"][0]["state"] != "cancelled"

    def test_nobody_has_it_yet(self) -> None:
        found = event("freshdesk", rule("{ticket_action:created}", ticket_agent_email="", ticket_group_name=""))
        assert kept(found, "assignee", "group") == {"assignee": None, "group": None}

    @pytest.mark.parametrize(
        ("tool", "ours"),
        [("Portal", "web"), ("Phone", "phone"), ("Chat", "chat"), ("Twitter", "social"), ("Ecommerce", "ecommerce")],
    )
    def test_channels(self, tool: str, ours: str) -> None:
        assert event("freshdesk", rule("{ticket_action:created}", ticket_source=tool))["attributes"]["channel"] == ours

    @pytest.mark.parametrize(
        ("tool", "ours"), [("Low", "low"), ("2", "normal"), ("HIGH", "high"), ("Urgent", "urgent")]
    )
    def test_priorities(self, tool: str, ours: str) -> None:
        found = event("freshdesk", rule("{ticket_action:created}", ticket_priority=tool))
        assert found["attributes"]["priority"] == ours


class TestMessages:
    @pytest.mark.parametrize(
        ("triggered", "visibility"),
        [
            ("{reply_sent:sent}", "public"),
            ("{note_type:public}", "public"),
            ("{note_type:private}", "internal"),
            ('{"note_type": "private"}', "internal"),
        ],
    )
    def test_replies_and_notes(self, triggered: str, visibility: str) -> None:
        found = told(triggered, "message.added")
        assert found["message"]["visibility"] == visibility
        assert kept(found, "occurred_at", "actor") == {
            "occurred_at": AT,
            "actor": {"kind": "agent", "id": "kim@acme.test"},
        }

    @pytest.mark.parametrize(
        ("performer", "address", "kind"),
        [
            ("agent", "kim@acme.test", "agent"),
            ("requester", "", "customer"),
            ("agent", "ANNA@example.com", "customer"),
            ("requester", "colleague@example.com", "customer"),
            ("system", "", "system"),
            (None, "kim@acme.test", "agent"),
            (None, "anna@example.com", "customer"),
            (None, "somebody@else.test", "unknown"),
            (None, None, "unknown"),
            ("agent", "freddy@acme.test", "bot"),
        ],
    )
    def test_who_speaks(self, performer: str | None, address: str | None, kind: str) -> None:
        found = told(
            "{reply_sent:sent}",
            "message.added",
            {"bots": ["Freddy@acme.test"]},
            event_performer=performer,
            event_performer_email=address,
        )
        assert found["actor"]["kind"] == kind

    @pytest.mark.parametrize("triggered", ["{note_type:private}", "{note_type:public}"])
    @pytest.mark.parametrize(
        ("performer", "address", "actor"),
        [
            (None, None, {"kind": "agent"}),
            ("", "", {"kind": "agent"}),
            (None, "Lee@acme.test", {"kind": "agent", "id": "lee@acme.test"}),
            (None, "anna@example.com", {"kind": "customer", "id": ANNA}),
            (None, "freddy@acme.test", {"kind": "bot", "id": hashlib.sha256(b"freddy@acme.test").hexdigest()[:16]}),
            ("system", None, {"kind": "system"}),
            ("collaborator", None, {"kind": "third_party"}),
        ],
    )
    def test_a_note_is_by_an_agent_where_nothing_else_is_said(
        self, triggered: str, performer: str | None, address: str | None, actor: dict[str, str]
    ) -> None:
        found = told(
            triggered,
            "message.added",
            {"bots": ["freddy@acme.test"]},
            event_performer=performer,
            event_performer_email=address,
        )
        assert found["actor"] == actor

    @pytest.mark.parametrize(("kind", "answered"), [("public", True), ("private", False)])
    def test_a_public_note_without_a_performer_answers(self, kind: str, answered: bool) -> None:
        nobody = {"event_performer": None, "event_performer_email": None, "ticket_agent_email": ""}
        bodies = [
            rule("{ticket_action:created}", event_at="2026-03-01T08:00:00Z", **nobody),
            rule(f"{{note_type:{kind}}}", event_at="2026-03-01T08:20:00Z", **nobody),
        ]
        log = [parse_event(one) for body in bodies for one in events("freshdesk", body)]
        result = evaluate_ticket(log, DEFAULT_POLICY, NOW)
        assert result is not None
        clocks = {one["metric"]: one["seconds"] for one in result.document()["clocks"]}
        assert clocks["first_response"] == (1200 if answered else None)

    def test_a_program_is_known_by_its_name_too(self) -> None:
        found = told("{reply_sent:sent}", "message.added", {"bots": ["freddy"]}, event_performer_name="Freddy")
        assert found["actor"]["kind"] == "bot"

    @pytest.mark.parametrize("performer", ["requester", None])
    @pytest.mark.parametrize("address", ["anna@example.com", "colleague@example.com"])
    def test_no_address_of_a_customer_is_told(self, performer: str | None, address: str) -> None:
        body = rule("{reply_sent:sent}", event_performer=performer, event_performer_email=address)
        assert "example.com" not in json.dumps(events("freshdesk", body))


class TestSnapshot:
    """Freshdesk names one change of several: every webhook tells what the ticket is like."""

    def test_status_assignment_and_attributes(self) -> None:
        found = {one["type"]: one for one in events("freshdesk", rule("{priority:{from:3,to:2}}"))}
        assert found["status.changed"]["status"] == "open"
        assert kept(found["assignment.changed"], "assignee", "group") == {
            "assignee": "kim@acme.test",
            "group": "Billing",
        }
        assert found["attributes.changed"]["attributes"] == {
            "priority": "normal",
            "channel": "email",
            "tags": ["billing", "vip"],
        }
        assert {one["occurred_at"] for one in found.values()} == {AT}

    def test_what_the_rule_does_not_send_is_not_told(self) -> None:
        body = {"freshdesk_webhook": {"ticket_id": "7", "triggered_event": "{due_by:{from:1,to:2}}"}}
        assert events("freshdesk", body) == []

    def test_what_liquid_escaped_is_read_as_it_was(self) -> None:
        options = {"attributes": {"tier": "freshdesk_webhook.ticket_cf_plan"}}
        body = rule("{status:{from:2,to:3}}", ticket_group_name="R&amp;D &quot;A&quot;", ticket_cf_plan="A&amp;B")
        _, assignment, attributes = events("freshdesk", body, **options)
        assert (assignment["group"], attributes["attributes"]["tier"]) == ('R&D "A"', "A&B")

    def test_nobody(self) -> None:
        found = told("{responder_id:{from:9,to:}}", "assignment.changed", ticket_agent_email="", ticket_group_name=None)
        assert "group" not in found
        assert found["assignee"] is None

    @pytest.mark.parametrize(
        ("to", "name", "status"),
        [
            ("2", "Open", "open"),
            ("3", "Pending", "pending"),
            ("4", "Erledigt", "solved"),
            ("5", "Closed", "closed"),
            ("6", "Waiting on Customer", "pending"),
            ("7", "waiting on third party", "on_hold"),
        ],
    )
    def test_statuses(self, to: str, name: str, status: str) -> None:
        found = told(f"{{status:{{from:2,to:{to}}}}}", "status.changed", ticket_status=name)
        assert found["status"] == status

    def test_an_unknown_status_is_open_and_counted(self) -> None:
        translated = translation("freshdesk", rule("{status:{from:2,to:8}}", ticket_status="Quantum"))
        assert len(translated.unknown_statuses) == 1
        assert [one.status for one in translated.events if one.type == "status.changed"] == ["open"]

    @pytest.mark.parametrize("key", ["QUANTUM", 8])
    def test_the_connection_names_statuses_by_name_or_id(self, key: str | int) -> None:
        options = {"status_map": {key: "on_hold"}}
        found = told("{status:{from:2,to:8}}", "status.changed", options, ticket_status="Quantum")
        assert found["status"] == "on_hold"

    def test_attributes_that_the_connection_maps(self) -> None:
        options = {"attributes": {"tier": "freshdesk_webhook.ticket_cf_plan"}}
        found = told("{priority:{from:3,to:2}}", "attributes.changed", options, ticket_cf_plan="vip")
        assert found["attributes"]["tier"] == "vip"

    @pytest.mark.parametrize(
        ("action", "kind"),
        [("deleted", "ticket.deleted"), ("marked_spam", "ticket.deleted"), ("restored", "ticket.restored")],
    )
    def test_the_end_of_a_ticket(self, action: str, kind: str) -> None:
        assert event("freshdesk", rule(f"{{ticket_action:{action}}}"))["type"] == kind


class TestRatings:
    @pytest.mark.parametrize(
        ("triggered", "rating"),
        [
            ("{rating:1}", 1),
            ("{rating:5}", 5),
            ("{customer_feedback:103}", 5),
            ("{customer_feedback:101}", 4),
            ("{customer_feedback:100}", 3),
            ("{customer_feedback:-102}", 2),
            ("{customer_feedback:-103}", 1),
        ],
    )
    def test_by_a_rule_for_each(self, triggered: str, rating: int) -> None:
        found = told(triggered, "rating.given", event_performer="requester", event_performer_email=None)
        assert kept(found, "id", "occurred_at", "rating", "actor") == {
            "id": f"7|rating|{rating}|{AT}",
            "occurred_at": AT,
            "rating": rating,
            "actor": {"kind": "customer", "id": ANNA},
        }
        assert told(triggered, "status.changed")["status"] == "open"

    def test_one_that_another_performer_is_said_of_is_the_customers_too(self) -> None:
        assert told("{rating:4}", "rating.given")["actor"] == {"kind": "customer", "id": ANNA}

    @pytest.mark.parametrize(
        "triggered", ["{customer_feedback:any}", "{customer_feedback:1}", "{customer_feedback:999}", "{survey:sent}"]
    )
    def test_feedback_that_says_no_rating_is_none(self, triggered: str) -> None:
        assert "rating.given" not in [one["type"] for one in events("freshdesk", rule(triggered))]


class TestIdentity:
    def test_the_same_moment_is_the_same_fact(self) -> None:
        body = rule("{reply_sent:sent}")
        again = source("freshdesk").translate(webhook(body, at=NOW + 300_000_000), connection("freshdesk"))
        assert [one.id for one in again.events] == [one["id"] for one in events("freshdesk", body)]
        assert again == source("freshdesk").translate(webhook(body), connection("freshdesk"))

    def test_different_facts_differ(self) -> None:
        bodies = [
            rule("{reply_sent:sent}"),
            rule("{note_type:public}"),
            rule("{reply_sent:sent}", event_at="2026-03-01T08:30:01Z"),
            rule("{reply_sent:sent}", event_performer_email="lee@acme.test"),
            rule("{reply_sent:sent}", ticket_id="8"),
        ]
        ids = [one["id"] for body in bodies for one in events("freshdesk", body) if one["type"] == "message.added"]
        assert len(set(ids)) == len(bodies)

    def test_without_a_moment_it_is_that_of_receipt(self) -> None:
        assert told("{reply_sent:sent}", "message.added", event_at=None)["occurred_at"] == RECEIVED

    def test_a_moment_without_offset_is_in_the_zone_of_the_connection(self) -> None:
        found = told(
            "{reply_sent:sent}", "message.added", {"timezone": "Europe/Berlin"}, event_at="2026-03-01 09:30:00"
        )
        assert found["occurred_at"] == AT


class TestAccount:
    @pytest.mark.parametrize("account", ["acme.freshdesk.com", "ACME"])
    def test_by_its_address(self, account: str) -> None:
        assert events("freshdesk", rule("{reply_sent:sent}"), account=account)

    def test_another_one_is_not_read(self) -> None:
        assert "account" in reason(translation("freshdesk", rule("{reply_sent:sent}"), account="globex"))


class TestUnreadable:
    @pytest.mark.parametrize(
        ("body", "why"),
        [
            (b"{", "is not JSON"),
            ({}, "freshdesk_webhook: is missing"),
            ({"freshdesk_webhook": {}}, "freshdesk_webhook.ticket_id: is missing"),
            (rule("note_type:private"), "freshdesk_webhook.triggered_event: is not like"),
            (rule("{rating:6}"), "freshdesk_webhook.triggered_event: must have a rating from 1 to 5"),
            (rule("{reply_sent:sent}", event_at="soon"), "freshdesk_webhook.event_at: not an RFC 3339"),
            (rule("{reply_sent:sent}", event_at="2026-03-01T09:30:00"), "freshdesk_webhook.event_at: has no offset"),
            (rule("{reply_sent:sent}", ticket_url="https://["), "freshdesk_webhook.ticket_url: is no URL"),
            (rule("{reply_sent:sent}", ticket_status=4), "freshdesk_webhook.ticket_status: must be a text"),
        ],
    )
    def test_says_what_is_wrong(self, body: Any, why: str) -> None:
        assert why in reason(translation("freshdesk", body))


OPTIONS: dict[str, Any] = {
    "bots": ["kim@acme.test"],
    "timezone": "Europe/Berlin",
    "attributes": {"tier": "freshdesk_webhook.ticket_cf_plan"},
}
PLAUSIBLE = [
    rule("{ticket_action:created}"),
    rule("{note_type:private}"),
    rule("{status:{from:2,to:4}}", ticket_cf_plan="vip"),
    rule("{ticket_action:spam}"),
    rule("{rating:5}"),
]


class TestHostile:
    @given(data=st.data())
    @settings(deadline=None)
    def test_mutated(self, data: st.DataObject) -> None:
        check("freshdesk", data.draw(mutated(PLAUSIBLE)), **OPTIONS)

    @pytest.mark.parametrize("text", ["&#" + "9" * 5000 + ";", "&" * 100_000, "&amp;quot;"])
    def test_entities(self, text: str) -> None:
        assert check("freshdesk", rule("{reply_sent:sent}", ticket_tags=text[:200], note=text)).unreadable == ()

    def test_whole(self) -> None:
        for one in PLAUSIBLE:
            assert check("freshdesk", one, **OPTIONS).unreadable == ()


class TestToken:
    def test_one_of_the_secrets(self) -> None:
        hook = webhook(rule("{reply_sent:sent}"), source("freshdesk").sign(b"", "ours", NOW))
        source("freshdesk").verify(hook, ["older", "ours"], NOW, connection("freshdesk"))

    @pytest.mark.parametrize("headers", [{}, {"X-Replyclock-Token": ""}, {"X-Replyclock-Token": "theirs"}])
    @pytest.mark.parametrize("secrets", [["ours"], [""], []])
    def test_anything_else_is_refused(self, headers: dict[str, str], secrets: list[str]) -> None:
        with pytest.raises(Unauthenticated):
            source("freshdesk").verify(webhook(b"{}", headers), secrets, NOW, connection("freshdesk"))


class TestRecorded:
    """The fixtures of Zulip's integration: its template says neither when nor who."""

    def read(self, name: str) -> list[dict[str, Any]]:
        return [kept(one, "type", "actor", "status", "message", "attributes") for one in self.events(name)]

    def events(self, name: str) -> list[dict[str, Any]]:
        return events("freshdesk", sample(f"freshdesk/{name}.json"))

    def test_created(self) -> None:
        (found,) = self.events("ticket_created")
        assert kept(found, "ticket", "type", "status", "attributes", "message", "actor") == {
            "ticket": "11",
            "type": "ticket.created",
            "status": "pending",
            "attributes": {"priority": "high"},
            "message": {"id": "opening", "visibility": "public"},
            "actor": {"kind": "unknown"},
        }

    def test_a_private_note(self) -> None:
        note, status, attributes = self.events("private_note")
        assert (note["type"], note["message"]["visibility"]) == ("message.added", "internal")
        assert note["actor"] == {"kind": "agent"}
        assert (status["status"], attributes["attributes"]) == ("open", {"priority": "normal"})

    def test_a_status(self) -> None:
        status, attributes = self.events("status_changed")
        assert (status["status"], attributes["attributes"]) == ("pending", {"priority": "low"})

    def test_a_priority(self) -> None:
        status, attributes = self.events("priority_changed")
        assert (status["status"], attributes["attributes"]) == ("solved", {"priority": "low"})


def test_a_ticket_from_its_first_to_its_last_clock() -> None:
    """Opened at 8:00, noted at 8:05, answered by a program at 8:06 and by Kim at 8:20, resolved at 9:00."""
    customer = {"event_performer": "requester", "event_performer_email": "anna@example.com", "ticket_agent_email": ""}
    told_by_freshdesk = [
        rule("{ticket_action:created}", event_at="2026-03-01T08:00:00Z", ticket_tags="", **customer),
        rule("{note_type:private}", event_at="2026-03-01T08:05:00Z"),
        rule("{reply_sent:sent}", event_at="2026-03-01T08:06:00Z", event_performer_email="freddy@acme.test"),
        rule("{reply_sent:sent}", event_at="2026-03-01T08:20:00Z"),
        rule("{status:{from:2,to:4}}", event_at="2026-03-01T09:00:00Z", ticket_status="Resolved"),
    ]
    options: dict[str, Any] = {"bots": ["freddy@acme.test"]}
    log = [parse_event(one) for body in told_by_freshdesk for one in events("freshdesk", body, **options)]
    result = evaluate_ticket(log, DEFAULT_POLICY, parse_instant("2026-03-01T12:00:00Z"))
    assert result is not None
    document = result.document()
    clocks = {clock["metric"]: (clock["seconds"], clock["stopped_by"]) for clock in document["clocks"]}
    assert clocks["first_response"] == (20 * 60, "reply")
    assert clocks["resolution"] == (55 * 60, "solve")  # from the note, with which handling started
    assert document["state"] == "solved"
    assert document["counts"] == {
        "replies": 1,
        "customer_messages": 1,
        "internal_notes": 1,
        "bot_messages": 1,
        "reopens": 0,
        "reassignments": 0,
    }
