"""What Help Scout webhooks mean."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replyclock.domain.errors import Unauthenticated
from replyclock.domain.events import parse_event
from replyclock.domain.instants import parse_instant
from replyclock.domain.judging import evaluate_ticket
from replyclock.domain.policy import DEFAULT_POLICY
from replyclock.sources import source

from .builders import NOW, RECEIVED, connection, event, events, kept, reason, sample, translation, webhook
from .mutations import check, mutated

CUSTOMER, USER, AI = {"id": 100, "type": "customer"}, {"id": 200, "type": "user"}, {"id": 900, "type": "system_user"}


def thread(
    number: int = 5001, kind: str = "message", by: Mapping[str, Any] = USER, at: str = "08:10:00", **more: Any
) -> dict[str, Any]:
    return {
        "id": number,
        "type": kind,
        "status": "active",
        "state": "published",
        "body": "On it.",
        "source": {"type": "web", "via": "user"},
        "createdBy": dict(by),
        "createdAt": f"2026-03-01T{at}Z",
        **more,
    }


OPENING = thread(5000, "customer", CUSTOMER, "08:00:01", source={"type": "email", "via": "customer"})


def conversation(*threads: Mapping[str, Any], updated: str = "08:30:00", **more: Any) -> dict[str, Any]:
    """Conversation 123, which customer 100 opened by e-mail at 08:00:00 and nobody has."""
    body: dict[str, Any] = {
        "id": 123,
        "number": 7,
        "type": "email",
        "status": "active",
        "state": "published",
        "mailboxId": 85,
        "createdBy": CUSTOMER,
        "primaryCustomer": {"id": 100},
        "createdAt": "2026-03-01T08:00:00Z",
        "userUpdatedAt": f"2026-03-01T{updated}Z",
        "source": {"type": "email", "via": "customer"},
        "tags": [{"id": 1, "tag": "vip"}, {"id": 2, "tag": "billing"}],
        "customFields": [{"id": 6688, "name": "Plan", "value": "33077", "text": "Gold"}],
        **more,
    }
    if threads:
        body["_embedded"] = {"threads": list(threads)}
    return body


_MERGE = {"type": "merged", "associatedEntities": {"originalConversation": 122}}
PLAUSIBLE: list[Any] = [
    conversation(OPENING, thread(state="hidden"), assignee={"id": 200, "type": "team"}),
    conversation(thread(kind="lineitem", action=_MERGE, assignedTo={"id": 1}), status="closed", closedBy=1),
    conversation(status="spam"),
    {"id": 1, "ticketId": 2, "rating": "Great", "createdAt": "2026-03-01T08:40:00Z", "customer": {"id": 1}},
]
"""Bodies from which hostile ones are made."""


def named(event_name: str) -> dict[str, str]:
    return {"X-HelpScout-Event": event_name}


def told(body: object, kind: str, event_name: str = "convo.status", **options: Any) -> list[dict[str, Any]]:
    return [one for one in events("helpscout", body, named(event_name), **options) if one["type"] == kind]


def the(body: object, kind: str, event_name: str = "convo.status", **options: Any) -> dict[str, Any]:
    (one,) = told(body, kind, event_name, **options)
    return one


class TestCreated:
    def test_opens_with_its_first_thread(self) -> None:
        body = conversation(OPENING, updated="08:00:01")
        assert the(body, "ticket.created", "convo.created") == {
            "id": "123|created",
            "ticket": "123",
            "type": "ticket.created",
            "occurred_at": "2026-03-01T08:00:00Z",
            "created_at": "2026-03-01T08:00:00Z",
            "tenant": "default",
            "source": "helpscout",
            "sequence": 0,
            "actor": {"kind": "customer", "id": "100"},
            "requester": "customer|100",
            "status": "open",
            "attributes": {"channel": "email"},
            "message": {"id": "5000", "visibility": "public"},
        }
        assert told(body, "message.added", "convo.created") == []

    def test_every_later_snapshot_tells_it_alike(self) -> None:
        later = conversation(thread(), OPENING, status="closed", closedAt="2026-03-01T08:20:00Z", assignee={"id": 200})
        first = the(conversation(OPENING), "ticket.created", "convo.created")
        assert the(later, "ticket.created", "convo.agent.reply.created") == first

    def test_without_any_thread_the_opening_has_no_id_of_its_own(self) -> None:
        for name in ("convo.created", "convo.status"):
            assert the(conversation(), "ticket.created", name)["message"] == {"id": "opening", "visibility": "public"}

    def test_with_later_threads_alone_it_is_not_told(self) -> None:
        body = conversation(thread())
        assert told(body, "ticket.created") == []
        assert {one["created_at"] for one in events("helpscout", body)} == {"2026-03-01T08:00:00Z"}

    def test_by_a_user_for_a_customer(self) -> None:
        body = conversation(thread(5000, at="08:00:00"), createdBy=USER)
        assert kept(the(body, "ticket.created"), "actor", "requester", "message") == {
            "actor": {"kind": "agent", "id": "200"},
            "requester": "customer|100",
            "message": {"id": "5000", "visibility": "public"},
        }

    @pytest.mark.parametrize("threads", [(), (thread(5000, "phone", at="08:00:00"),)])
    def test_a_call_that_a_user_wrote_down_is_no_message_to_the_customer(self, threads: tuple[Any, ...]) -> None:
        created = the(conversation(*threads, type="phone", createdBy=USER), "ticket.created")
        assert created["message"]["visibility"] == "internal"
        assert created["attributes"] == {"channel": "phone"}

    def test_a_user_with_the_number_of_the_customer_is_another_person(self) -> None:
        body = conversation(OPENING, thread(by={"id": 100, "type": "user"}))
        log = [parse_event(one) for one in events("helpscout", body, bots=[100])]
        result = evaluate_ticket(log, DEFAULT_POLICY, NOW)
        assert result is not None
        assert kept(result.document()["counts"], "customer_messages", "bot_messages") == {
            "customer_messages": 1,
            "bot_messages": 1,
        }
        log = [parse_event(one) for one in events("helpscout", body)]
        result = evaluate_ticket(log, DEFAULT_POLICY, NOW)
        assert result is not None and result.document()["counts"]["replies"] == 1

    def test_a_draft_is_nothing_yet(self) -> None:
        assert events("helpscout", conversation(OPENING, state="draft")) == []


class TestMessages:
    @pytest.mark.parametrize(
        ("by", "kind"),
        [
            (USER, "agent"),
            (CUSTOMER, "customer"),
            (AI, "bot"),
            ({"id": 901, "type": "user"}, "bot"),
            ({"id": 5, "type": "alien"}, "unknown"),
        ],
    )
    def test_who_speaks_is_the_author(self, by: dict[str, Any], kind: str) -> None:
        found = the(conversation(thread(by=by)), "message.added", "convo.agent.reply.created", bots=[901])
        assert kept(found, "id", "occurred_at", "actor", "message") == {
            "id": "123|thread|5001|message",
            "occurred_at": "2026-03-01T08:10:00Z",
            "actor": {"kind": kind, "id": str(by["id"])},
            "message": {"id": "5001", "visibility": "public"},
        }

    @pytest.mark.parametrize(
        ("kind", "visibility"),
        [
            ("note", "internal"),
            ("phone", "internal"),
            ("forwardparent", "internal"),
            ("reply", "public"),
            ("chat", "public"),
        ],
    )
    def test_visibility(self, kind: str, visibility: str) -> None:
        assert the(conversation(thread(kind=kind)), "message.added")["message"]["visibility"] == visibility

    @pytest.mark.parametrize(
        ("more", "kind"),
        [
            ({"source": {"type": "workflows", "via": "user"}}, "bot"),
            ({"action": {"type": "automatic-workflow"}}, "bot"),
            ({"action": {"type": "manual-workflow"}}, "agent"),
        ],
    )
    def test_what_a_workflow_writes(self, more: dict[str, Any], kind: str) -> None:
        assert the(conversation(thread(**more)), "message.added")["actor"]["kind"] == kind

    @pytest.mark.parametrize("state", ["draft", "underreview"])
    def test_what_is_not_sent_is_not_said(self, state: str) -> None:
        assert told(conversation(thread(state=state)), "message.added") == []

    @pytest.mark.parametrize("state", ["hidden", "deleted"])
    def test_what_was_taken_back(self, state: str) -> None:
        body = conversation(thread(state=state))
        assert the(body, "message.added") == the(conversation(thread()), "message.added")
        assert kept(the(body, "message.hidden"), "occurred_at", "message") == {
            "occurred_at": "2026-03-01T08:30:00Z",
            "message": {"id": "5001"},
        }

    def test_a_line_item_is_no_message(self) -> None:
        assert told(conversation(thread(kind="lineitem")), "message.added") == []

    def test_without_an_author_nobody_is_made_up(self) -> None:
        assert the(conversation(thread(createdBy=None)), "message.added")["actor"] == {"kind": "unknown"}


class TestStatus:
    @pytest.mark.parametrize(
        ("name", "status"), [("active", "open"), ("Pending", "pending"), ("closed", "solved"), ("open", "open")]
    )
    def test_of_the_snapshot(self, name: str, status: str) -> None:
        found = the(conversation(status=name), "status.changed")
        assert kept(found, "occurred_at", "status", "actor") == {
            "occurred_at": "2026-03-01T08:30:00Z",
            "status": status,
            "actor": {"kind": "unknown"},
        }

    @pytest.mark.parametrize(
        ("closer", "actor"),
        [
            (200, {"kind": "agent", "id": "200"}),
            (901, {"kind": "bot", "id": "901"}),
            (0, {"kind": "unknown"}),
            (None, {"kind": "unknown"}),
        ],
    )
    def test_a_closed_one_says_when_and_by_whom(self, closer: int | None, actor: dict[str, str]) -> None:
        body = conversation(status="closed", closedAt="2026-03-01T08:20:00Z", closedBy=closer)
        found = the(body, "status.changed", bots=[901])
        assert kept(found, "occurred_at", "actor") == {"occurred_at": "2026-03-01T08:20:00Z", "actor": actor}

    def test_a_reply_that_closes(self) -> None:
        reply = thread(status="closed")
        body = conversation(reply, status="closed", closedAt="2026-03-01T08:10:00Z", updated="08:10:00")
        assert kept(the(body, "status.changed"), "id", "occurred_at", "status", "actor") == {
            "id": "123|thread|5001|status",
            "occurred_at": "2026-03-01T08:10:00Z",
            "status": "solved",
            "actor": {"kind": "agent", "id": "200"},
        }

    def test_closed_reopened_and_closed_again_without_a_thread(self) -> None:
        reply = thread(status="closed")
        reopened = conversation(OPENING, reply, updated="08:20:00")
        again = conversation(OPENING, reply, status="closed", closedAt="2026-03-01T08:30:00Z", closedBy=200)
        log = [parse_event(one) for body in (reopened, again) for one in events("helpscout", body)]
        result = evaluate_ticket(log, DEFAULT_POLICY, NOW)
        assert result is not None
        assert (result.document()["state"], result.document()["resolved_at"]) == ("solved", "2026-03-01T08:30:00Z")

    def test_a_thread_that_changes_nothing(self) -> None:
        assert told(conversation(thread(status="nochange"), status=None), "status.changed") == []

    def test_two_webhooks_of_one_snapshot_tell_one_fact(self) -> None:
        body = conversation(OPENING, thread(), status="pending")
        first = events("helpscout", body, named("convo.tags"))
        assert events("helpscout", body, named("convo.assigned"))[: len(first) - 2] == first[:-2]
        assert {one["id"] for one in first} <= {one["id"] for one in events("helpscout", body, named("convo.status"))}

    def test_an_unknown_one_is_open_and_counted(self) -> None:
        translated = translation("helpscout", conversation(status="levitating"))
        assert len(translated.unknown_statuses) == 1

    def test_the_connection_names_statuses(self) -> None:
        assert (
            the(conversation(status="pending"), "status.changed", status_map={"Pending": "on_hold"})["status"]
            == "on_hold"
        )

    def test_spam_is_a_deletion(self) -> None:
        body = conversation(status="spam")
        assert the(body, "ticket.deleted")["occurred_at"] == "2026-03-01T08:30:00Z"
        assert told(body, "status.changed") == []

    def test_and_no_spam_any_more_a_restoration(self) -> None:
        log = [
            parse_event(one)
            for body in (conversation(), conversation(status="spam"), conversation(updated="08:40:00"))
            for one in events("helpscout", body, named("convo.status"))
        ]
        result = evaluate_ticket(log, DEFAULT_POLICY, NOW)
        assert result is not None and result.document()["state"] == "open"

    def test_a_later_thread_is_later_than_the_last_change_of_a_user(self) -> None:
        body = conversation(thread(by=CUSTOMER, kind="customer", at="08:45:00", status="nochange"))
        assert the(body, "status.changed", "convo.customer.reply.created")["occurred_at"] == "2026-03-01T08:45:00Z"


class TestTheRestOfTheSnapshot:
    @pytest.mark.parametrize(
        ("assignee", "fields"),
        [
            ({"id": 200, "type": "user"}, {"assignee": "200"}),
            ({"id": 30, "type": "team"}, {"group": "30"}),
            (None, {"assignee": None}),
        ],
    )
    def test_assignment(self, assignee: dict[str, Any] | None, fields: dict[str, Any]) -> None:
        found = the(conversation(assignee=assignee), "assignment.changed")
        assert {name: found[name] for name in ("assignee", "group") if name in found} == fields

    def test_where_it_does_not_say_who_has_it_only_an_assignment_says_nobody(self) -> None:
        assert told(conversation(), "assignment.changed", "convo.tags") == []
        assert the(conversation(), "assignment.changed", "convo.assigned")["assignee"] is None

    def test_a_line_item_assigns_at_its_own_time(self) -> None:
        item = thread(kind="lineitem", assignedTo={"id": 201, "type": "user"})
        assert kept(the(conversation(item), "assignment.changed"), "id", "occurred_at", "assignee", "actor") == {
            "id": "123|thread|5001|assignment",
            "occurred_at": "2026-03-01T08:10:00Z",
            "assignee": "201",
            "actor": {"kind": "agent", "id": "200"},
        }

    def test_attributes(self) -> None:
        found = the(
            conversation(), "attributes.changed", attributes={"tier": "custom_fields.6688", "language": "nowhere"}
        )
        assert found["attributes"] == {"brand": "85", "tags": ["billing", "vip"], "tier": "Gold"}

    def test_a_merge_ends_the_other_conversation(self) -> None:
        action = {"type": "merged", "associatedEntities": {"originalConversation": 122}}
        body = conversation(thread(kind="lineitem", action=action))
        assert kept(the(body, "ticket.merged", "convo.merged"), "id", "ticket", "into", "occurred_at") == {
            "id": "122|merged|123",
            "ticket": "122",
            "into": "123",
            "occurred_at": "2026-03-01T08:10:00Z",
        }


class TestOtherWebhooks:
    def test_deleted(self) -> None:
        found = event("helpscout", {"id": 123}, named("convo.deleted"))
        assert kept(found, "id", "type", "occurred_at") == {
            "id": "123|deleted",
            "type": "ticket.deleted",
            "occurred_at": RECEIVED,
        }

    @pytest.mark.parametrize(("name", "rating"), [("Great", 5), ("okay", 3), ("BAD", 1)])
    def test_rating(self, name: str, rating: int) -> None:
        body = {
            "id": 54,
            "ticketId": 123,
            "threadId": 5001,
            "rating": name,
            "customer": {"id": 100},
            "createdAt": "2026-03-01T08:40:00Z",
        }
        assert kept(
            event("helpscout", body, named("satisfaction.ratings")), "ticket", "rating", "occurred_at", "actor"
        ) == {
            "ticket": "123",
            "rating": rating,
            "occurred_at": "2026-03-01T08:40:00Z",
            "actor": {"kind": "customer", "id": "100"},
        }

    @pytest.mark.parametrize("name", ["customer.created", "tag.created", "organization.updated", "beacon.chat.created"])
    def test_what_says_nothing_about_conversations(self, name: str) -> None:
        assert events("helpscout", {"id": 1}, named(name)) == []

    def test_freescout_names_its_headers_after_itself(self) -> None:
        assert event("helpscout", {"id": 123}, {"X-FreeScout-Event": "convo.deleted"})["type"] == "ticket.deleted"
        body = conversation(OPENING, updated="08:50:00")
        found = events("helpscout", body, {"X-FreeScout-Event": "convo.restored"})
        assert "ticket.restored" in [one["type"] for one in found]


class TestIdentity:
    def test_threads_have_one_identity_in_all_snapshots(self) -> None:
        threads = (OPENING, thread(), thread(5002, "customer", CUSTOMER, "08:20:00"), thread(5003, at="08:25:00"))
        seen: dict[str, dict[str, Any]] = {}
        for count in range(1, 5):
            shown = threads[:count][::-1]  # Help Scout lists the newest first
            for one in events("helpscout", conversation(*shown, updated=f"08:{count}0:00"), named("convo.status")):
                assert seen.setdefault(one["id"], one) == one
        assert sum(one["type"] == "message.added" for one in seen.values()) == 3

    def test_ids_do_not_depend_on_when_it_is_received(self) -> None:
        translate = source("helpscout").translate
        first, later = (
            translate(webhook(conversation(OPENING, thread()), at=at), connection("helpscout"))
            for at in (NOW, NOW + 60_000_000)
        )
        assert first == later

    def test_the_connection_decides_tenant_and_source(self) -> None:
        found = the(conversation(), "ticket.created", name="support", tenant="acme")
        assert kept(found, "tenant", "source") == {"tenant": "acme", "source": "support"}


class TestUnreadable:
    @pytest.mark.parametrize(
        ("body", "why"),
        [
            (b"{", "is not JSON"),
            ([], "must be a JSON object"),
            ({}, "id: is missing"),
            (conversation(createdAt="2026-03-01T08:00:00"), "createdAt: has no offset"),
            (conversation(thread(createdAt="yesterday")), "_embedded.threads[0].createdAt: not an RFC 3339"),
            (conversation(thread(id=None)), "_embedded.threads[0].id: is missing"),
            (conversation(tags=[{"id": 1}]), "tags[0].tag: is missing"),
            ({"id": 1, "ticketId": 2, "rating": "Sublime"}, "rating: must be Great, Okay or Bad"),
        ],
    )
    def test_names_the_field(self, body: object, why: str) -> None:
        assert why in reason(translation("helpscout", body))

    def test_a_naive_time_takes_the_zone_of_the_connection(self) -> None:
        body = conversation(createdAt="2026-03-01T09:00:00")
        assert the(body, "ticket.created", timezone="Europe/Berlin")["occurred_at"] == "2026-03-01T08:00:00Z"

    NAMES = ("", "convo.status", "convo.deleted", "convo.assigned", "satisfaction.ratings")

    @given(body=mutated(PLAUSIBLE), name=st.sampled_from(NAMES))
    def test_mutated_bodies_never_raise(self, body: Any, name: str) -> None:
        check("helpscout", body, named(name), attributes={"tier": "custom_fields.6688"})


class TestSignatures:
    BODY = json.dumps(conversation(OPENING)).encode()

    def verify(self, headers: Mapping[str, str], *secrets: str, body: bytes = BODY) -> None:
        source("helpscout").verify(webhook(body, headers), secrets, NOW, connection("helpscout"))

    @pytest.mark.parametrize("name", ["X-HelpScout-Signature", "x-helpscout-signature", "X-FreeScout-Signature"])
    def test_the_sha1_of_the_body_in_base64(self, name: str) -> None:
        digest = base64.b64encode(hmac.new(b"ours", self.BODY, hashlib.sha1).digest()).decode()
        self.verify({name: digest}, "ours")
        self.verify(source("helpscout").sign(self.BODY, "ours", NOW), "theirs", "ours")

    @pytest.mark.parametrize("value", ["", "=", "AAAA", "\ud800", "é"])
    def test_any_other_is_refused(self, value: str) -> None:
        with pytest.raises(Unauthenticated):
            self.verify({"X-HelpScout-Signature": value}, "ours")

    def test_a_changed_body_another_secret_and_no_signature_are_refused(self) -> None:
        headers = source("helpscout").sign(self.BODY, "ours", NOW)
        with pytest.raises(Unauthenticated, match="none of the connection's 1 secrets"):
            self.verify(headers, "ours", body=self.BODY + b" ")
        with pytest.raises(Unauthenticated, match="none of the connection's 1 secrets"):
            self.verify(headers, "theirs")
        with pytest.raises(Unauthenticated, match="has no X-HelpScout-Signature"):
            self.verify({}, "ours")
        with pytest.raises(Unauthenticated, match="has no secret"):
            self.verify(source("helpscout").sign(self.BODY, "", NOW), "")

    def test_recorded(self) -> None:
        document = json.loads(sample("generic/signature_vectors.json"))
        (found,) = [one for one in document["computed_here"] if one["provider"] == "helpscout"]
        self.verify(found["headers"], found["secret"], body=document["body_utf8"].encode())


class TestRecorded:
    BODY = "helpscout/v2_conversation_with_thread.json"

    def test_a_conversation_with_its_first_thread(self) -> None:
        created, opened, closed, assigned, shown = events("helpscout", sample(self.BODY))
        assert kept(created, "ticket", "type", "occurred_at", "actor", "message", "attributes") == {
            "ticket": "123",
            "type": "ticket.created",
            "occurred_at": "2017-04-21T14:39:56Z",
            "actor": {"kind": "customer", "id": "12"},
            "message": {"id": "98254745", "visibility": "public"},
            "attributes": {"channel": "email"},
        }
        assert kept(opened, "type", "occurred_at", "status") == {
            "type": "status.changed",
            "occurred_at": "2017-04-21T14:39:56Z",
            "status": "open",
        }
        assert kept(closed, "type", "occurred_at", "status", "actor") == {
            "type": "status.changed",
            "occurred_at": "2017-04-21T14:43:24Z",
            "status": "solved",
            "actor": {"kind": "agent", "id": "17"},
        }
        assert kept(assigned, "type", "occurred_at", "assignee") == {
            "type": "assignment.changed",
            "occurred_at": "2017-04-21T14:43:24Z",
            "assignee": "256",
        }
        assert shown["attributes"] == {"brand": "85", "tags": ["vip"]}

    def test_has_right_clocks(self) -> None:
        log = [parse_event(one) for one in events("helpscout", sample(self.BODY))]
        result = evaluate_ticket(log, DEFAULT_POLICY, NOW)
        assert result is not None
        clocks = {clock["metric"]: clock for clock in result.document()["clocks"]}
        assert clocks["first_response"]["seconds"] == 208  # 14:39:56 to 14:43:24, by the closing
        assert clocks["first_response"]["stopped_by"] == "solve"


def test_a_conversation_has_right_clocks() -> None:
    """Opened 08:00, assigned 08:05, answered and set to pending 08:10, customer 08:20, answered and closed 08:35."""
    threads = [
        OPENING,
        thread(5001, at="08:10:00", status="pending"),
        thread(5002, "customer", CUSTOMER, "08:20:00"),
        thread(5003, at="08:35:00", status="closed"),
    ]
    closed = {"status": "closed", "closedAt": "2026-03-01T08:35:00Z", "closedBy": 200}
    webhooks = [
        ("convo.created", conversation(*threads[:1], updated="08:00:01")),
        ("convo.assigned", conversation(*threads[:1], updated="08:05:00", assignee={"id": 200})),
        ("convo.agent.reply.created", conversation(*threads[:2], updated="08:10:00", status="pending")),
        ("convo.customer.reply.created", conversation(*threads[:3], updated="08:20:00")),
        ("convo.agent.reply.created", conversation(*threads, updated="08:35:00", **closed)),
        ("convo.status", conversation(*threads, updated="08:35:00", **closed)),
    ]
    log = [parse_event(one) for name, body in webhooks for one in events("helpscout", body, named(name))]
    result = evaluate_ticket(log, DEFAULT_POLICY, parse_instant("2026-03-01T10:00:00Z"))
    assert result is not None
    document = result.document()
    clocks = {clock["metric"]: clock for clock in document["clocks"]}
    assert clocks["first_response"]["seconds"] == 600
    assert clocks["next_response"]["seconds"] == 900
    assert clocks["resolution"]["seconds"] == 1800
    assert clocks["resolution"]["active_seconds"] == 1200
    assert document["time_in_status"] == {"open": 1500, "pending": 600}
    assert (document["counts"]["replies"], document["counts"]["customer_messages"]) == (2, 2)
