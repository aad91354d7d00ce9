"""What Front's webhooks mean."""

from __future__ import annotations

import base64
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
from replyclock.sources import front, source

from .builders import MINUTE, NOW, RECEIVED, connection, events, kept, reason, sample, translation, webhook
from .mutations import check, mutated

CREATED = 1772352000.5
"""2026-03-01T08:00:00.5Z"""
ANN, BEN = {"id": "tea_ann"}, {"id": "tea_ben"}


def message(number: int = 2, *, after: float = 600, author: Any = ANN, inbound: bool = False, **more: Any) -> Any:
    return {
        "id": f"msg_{number}",
        "type": "email",
        "is_inbound": inbound,
        "created_at": CREATED + after,
        "body": "On it.",
        "author": None if inbound else author,
        "recipients": [{"handle": "somebody@example.com", "role": "from"}],
        **more,
    }


OPENING = message(1, after=-2, inbound=True)


def of(kind: str, data: Any) -> dict[str, Any]:
    return {"_meta": {"type": kind}, "data": data}


def told_by(
    kind: str,
    *,
    after: float = 600,
    source: Any = None,
    target: Any = None,
    event_id: str = "evt_1",
    **conversation: Any,
) -> dict[str, Any]:
    """An event of conversation cnv_7, that many seconds after its creation, by Ann."""
    return {
        "id": event_id,
        "type": kind,
        "emitted_at": CREATED + after,
        "conversation": {
            "id": "cnv_7",
            "status": "assigned",
            "assignee": ANN,
            "tags": [{"id": "tag_1", "name": "vip"}],
            "created_at": CREATED,
            "custom_fields": {"Plan": "gold"},
            **conversation,
        },
        "source": source or of("teammate", ANN),
        **({} if target is None else {"target": target}),
    }


def inbound(data: Any = OPENING, **more: Any) -> dict[str, Any]:
    more = {"after": data["created_at"] - CREATED, "last_message": data, **more}
    return told_by("inbound", source=of("inboxes", [{"id": "inb_1"}]), target=of("message", data), **more)


def out_reply(data: Any, kind: str = "out_reply", **more: Any) -> dict[str, Any]:
    more = {"after": data["created_at"] - CREATED, "last_message": data, **more}
    return told_by(kind, source=of("inboxes", [{"id": "inb_1"}]), target=of("message", data), **more)


def told(body: object, kind: str, **options: Any) -> list[dict[str, Any]]:
    return [one for one in events("front", body, **options) if one["type"] == kind]


def the(body: object, kind: str, **options: Any) -> dict[str, Any]:
    (one,) = told(body, kind, **options)
    return one


PLAUSIBLE: list[Any] = [
    inbound(),
    out_reply(message(), "outbound"),
    told_by(
        "comment", target=of("comment", {"id": "com_5", "posted_at": CREATED, "author": BEN}), last_message=message()
    ),
    told_by("assign", target=of("teammate", BEN)),
    {"type": "x", "authorization": {"id": "cmp_1"}, "payload": told_by("archive", scheduled_reminders=[{}])},
]
"""Bodies from which hostile ones are made."""


class TestCreated:
    def test_by_what_came_in(self) -> None:
        assert the(inbound(), "ticket.created") == {
            "id": "cnv_7|created",
            "ticket": "cnv_7",
            "type": "ticket.created",
            "occurred_at": "2026-03-01T08:00:00.500000Z",
            "created_at": "2026-03-01T08:00:00.500000Z",
            "tenant": "default",
            "source": "front",
            "sequence": 0,
            "actor": {"kind": "customer"},
            "status": "open",
            "attributes": {"channel": "email"},
            "message": {"id": "msg_1", "visibility": "public"},
        }

    def test_the_opening_is_one_message(self) -> None:
        assert the(inbound(), "message.added")["message"]["id"] == "msg_1"
        log = [parse_event(one) for one in events("front", inbound())]
        result = evaluate_ticket(log, DEFAULT_POLICY, NOW)
        assert result is not None and result.document()["counts"]["customer_messages"] == 1

    def test_two_that_came_in_before_it_are_two(self) -> None:
        bodies = (inbound(), inbound(message(2, after=-1, inbound=True), event_id="evt_2"))
        log = [parse_event(one) for body in bodies for one in events("front", body)]
        result = evaluate_ticket(log, DEFAULT_POLICY, NOW)
        assert result is not None and result.document()["counts"]["customer_messages"] == 2

    def test_what_came_in_goes_before_what_was_sent(self) -> None:
        bodies = (out_reply(message(2, after=0.2), "outbound"), inbound())
        log = [parse_event(one) for body in bodies for one in events("front", body)]
        result = evaluate_ticket(log, DEFAULT_POLICY, NOW)
        assert result is not None
        assert result.document()["clocks"][0]["state"] != "cancelled"
        assert result.document()["counts"]["replies"] == 1

    def test_as_the_last_message_of_another_event_it_is_told_alike(self) -> None:
        body = told_by("tag", last_message=OPENING, status="archived", assignee=None)
        assert the(body, "ticket.created") == the(inbound(), "ticket.created")

    def test_by_a_teammate(self) -> None:
        created = the(out_reply(message(1, after=30), "outbound"), "ticket.created")
        assert kept(created, "actor", "requester", "message") == {
            "actor": {"kind": "agent", "id": "tea_ann"},
            "requester": "recipient",
            "message": {"id": "msg_1", "visibility": "public"},
        }

    def test_a_reply_at_once_is_no_opening(self) -> None:
        assert told(out_reply(message(after=0.2)), "ticket.created") == []

    @pytest.mark.parametrize(
        ("tool", "ours"), [("email", "email"), ("sms", "sms"), ("tweet", "social"), ("call", "phone"), ("fax", "fax")]
    )
    def test_channels(self, tool: str, ours: str) -> None:
        assert the(inbound({**OPENING, "type": tool}), "ticket.created")["attributes"] == {"channel": ours}

    def test_no_address_is_told(self) -> None:
        assert "somebody" not in json.dumps(events("front", inbound()))


class TestMessages:
    @pytest.mark.parametrize(
        ("data", "actor"),
        [
            (message(), {"kind": "agent", "id": "tea_ann"}),
            (message(author={"id": "tea_ann", "type": "user"}), {"kind": "agent", "id": "tea_ann"}),
            (message(author={"id": "tea_r", "type": "rule"}), {"kind": "bot", "id": "tea_r"}),
            (message(author={"id": "tea_a", "type": "API"}), {"kind": "bot", "id": "tea_a"}),
            (message(author={"id": "tea_bot"}), {"kind": "bot", "id": "tea_bot"}),
            (message(author=None), {"kind": "unknown"}),
            (message(inbound=True), {"kind": "customer"}),
        ],
    )
    def test_who_speaks_is_the_author(self, data: dict[str, Any], actor: dict[str, str]) -> None:
        found = the(out_reply(data), "message.added", bots=["tea_bot"])
        assert kept(found, "id", "occurred_at", "actor", "message") == {
            "id": "cnv_7|message|msg_2",
            "occurred_at": "2026-03-01T08:10:00.500000Z",
            "actor": actor,
            "message": {"id": "msg_2", "visibility": "public"},
        }

    def test_it_is_one_fact_wherever_it_stands(self) -> None:
        bodies = (out_reply(message()), told_by("archive", after=700, last_message=message(), event_id="evt_9"))
        first, second = (the(body, "message.added") for body in bodies)
        assert first == second

    def test_the_last_message_beside_another_one(self) -> None:
        body = out_reply(message(), last_message=message(3, after=660, inbound=True))
        assert [one["message"]["id"] for one in told(body, "message.added")] == ["msg_2", "msg_3"]

    def test_a_draft_is_not_said(self) -> None:
        assert told(told_by("tag", last_message=message(is_draft=True)), "message.added") == []

    @pytest.mark.parametrize("kind", ["comment", "mention"])
    def test_comments_are_internal(self, kind: str) -> None:
        comment = {"id": "com_5", "posted_at": CREATED + 599.75, "author": BEN}
        found = the(told_by(kind, target=of("comment", comment), event_id=f"evt_{kind}"), "message.added")
        assert found == {
            "id": "cnv_7|message|com_5",
            "ticket": "cnv_7",
            "type": "message.added",
            "occurred_at": "2026-03-01T08:10:00.250000Z",
            "created_at": "2026-03-01T08:00:00.500000Z",
            "tenant": "default",
            "source": "front",
            "actor": {"kind": "agent", "id": "tea_ben"},
            "message": {"id": "com_5", "visibility": "internal"},
        }


class TestStatus:
    REMINDER = of("reminder", {"scheduled_at": 1})

    @pytest.mark.parametrize(
        ("kind", "by", "conversation", "status", "actor"),
        [
            ("archive", None, {"status": "archived"}, "solved", {"kind": "agent", "id": "tea_ann"}),
            ("archive", of("rule", {"id": "rul_1"}), {"status": "archived"}, "solved", {"kind": "bot"}),
            ("archive", REMINDER, {"status": "archived", "scheduled_reminders": [{}]}, "pending", {"kind": "system"}),
            (
                "archive",
                None,
                {"status": "archived", "scheduled_reminders": [{}]},
                "pending",
                {"kind": "agent", "id": "tea_ann"},
            ),
            ("reopen", None, {}, "open", {"kind": "agent", "id": "tea_ann"}),
            ("reminder", REMINDER, {}, "open", {"kind": "system"}),
        ],
    )
    def test_by_events(self, kind: str, by: Any, conversation: dict[str, Any], status: str, actor: Any) -> None:
        found = the(told_by(kind, source=by, **conversation), "status.changed")
        assert kept(found, "id", "occurred_at", "status", "actor") == {
            "id": "cnv_7|event|evt_1|status",
            "occurred_at": "2026-03-01T08:10:00.500000Z",
            "status": status,
            "actor": actor,
        }

    @pytest.mark.parametrize(
        ("told_as", "kind", "conversation", "expected"),
        [
            ("conversation_archived", "archive", {"status": "archived"}, ["solved"]),
            ("conversation_archived", "conversation_archived", {"status": "archived"}, ["solved"]),
            ("conversation_reopened", "conversation_reopened", {}, ["open"]),
            ("conversation_snoozed", "archive", {"status": "archived"}, ["pending"]),
            ("conversation_snoozed", "conversation_snoozed", {"status": "archived"}, ["pending"]),
            ("conversation_snooze_expired", "conversation_snooze_expired", {}, ["open"]),
            ("conversation_deleted", "conversation_deleted", {"status": "deleted"}, []),
        ],
    )
    def test_by_the_names_that_applications_webhooks_have(
        self, told_as: str, kind: str, conversation: dict[str, Any], expected: list[str]
    ) -> None:
        body = {"type": told_as, "authorization": {"id": "cmp_1"}, "payload": told_by(kind, **conversation)}
        assert [one["status"] for one in told(body, "status.changed")] == expected
        assert len(told(body, "ticket.deleted")) == (not expected)

    @pytest.mark.parametrize(
        ("conversation", "status"),
        [
            ({"status": "unassigned"}, "open"),
            ({"status": "archived"}, "solved"),
            ({"status": "archived", "scheduled_reminders": [{"scheduled_at": 1}]}, "pending"),
            ({"status": "assigned", "status_category": "waiting"}, "pending"),
            ({"status": "assigned", "status_category": "resolved"}, "solved"),
            ({"status": "assigned", "status_category": "waiting", "status_id": "sts_5"}, "on_hold"),
        ],
    )
    def test_of_the_snapshot(self, conversation: dict[str, Any], status: str) -> None:
        found = the(told_by("tag", **conversation), "status.changed", status_map={"STS_5": "on_hold"})
        assert kept(found, "status", "actor") == {"status": status, "actor": {"kind": "unknown"}}

    def test_what_came_in_reopens(self) -> None:
        body = inbound(message(3, after=900, inbound=True), status="assigned")
        assert kept(the(body, "status.changed"), "occurred_at", "status") == {
            "occurred_at": "2026-03-01T08:15:00.500000Z",
            "status": "open",
        }

    def test_an_unknown_one_is_open_and_counted(self) -> None:
        assert len(translation("front", told_by("tag", status="levitating")).unknown_statuses) == 1

    def test_trash_and_restoration(self) -> None:
        assert kept(the(told_by("trash", status="deleted"), "ticket.deleted"), "id", "occurred_at") == {
            "id": "cnv_7|event|evt_1",
            "occurred_at": "2026-03-01T08:10:00.500000Z",
        }
        assert the(told_by("restore"), "ticket.restored")["actor"] == {"kind": "agent", "id": "tea_ann"}

    @pytest.mark.parametrize("name", ["deleted", "spam"])
    def test_a_snapshot_of_what_is_gone(self, name: str) -> None:
        body = told_by("tag", status=name)
        assert told(body, "status.changed") == []
        assert the(body, "ticket.deleted")["id"] == "cnv_7|deleted|2026-03-01T08:10:00.500000Z"


class TestTheRestOfTheSnapshot:
    def test_assigned(self) -> None:
        found = the(told_by("assign", target=of("teammate", BEN), assignee=BEN), "assignment.changed")
        assert kept(found, "id", "assignee", "actor") == {
            "id": "cnv_7|event|evt_1",
            "assignee": "tea_ben",
            "actor": {"kind": "agent", "id": "tea_ann"},
        }

    def test_unassigned(self) -> None:
        assert the(told_by("unassign", assignee=None), "assignment.changed")["assignee"] is None

    @pytest.mark.parametrize(("assignee", "person"), [(BEN, "tea_ben"), (None, None)])
    def test_as_the_snapshot_shows_it(self, assignee: Any, person: str | None) -> None:
        assert the(told_by("archive", status="archived", assignee=assignee), "assignment.changed")["assignee"] == person

    @pytest.mark.parametrize(("kind", "tags"), [("tag", ["urgent", "vip"]), ("untag", ["vip"])])
    def test_tags_with_the_changed_one_seen_to(self, kind: str, tags: list[str]) -> None:
        shown = [{"name": "vip"}] if kind == "tag" else [{"name": "vip"}, {"name": "urgent"}]
        body = told_by(kind, target=of("tag", {"id": "tag_2", "name": "urgent"}), tags=shown)
        assert the(body, "attributes.changed")["attributes"] == {"tags": tags}

    def test_attributes_are_there_from_the_creation_on(self) -> None:
        body = inbound(after=0.4)
        assert the(body, "attributes.changed")["occurred_at"] == "2026-03-01T08:00:00.500000Z"

    @pytest.mark.parametrize("wrapped", [False, True])
    def test_attributes_that_the_connection_maps(self, wrapped: bool) -> None:
        body: Any = told_by("tag")
        body = {"type": "tag_added", "authorization": {"id": "cmp_1"}, "payload": body} if wrapped else body
        found = the(body, "attributes.changed", attributes={"tier": "conversation.custom_fields.Plan"})
        assert found["attributes"] == {"tags": ["vip"], "tier": "gold"}


class TestWebhooks:
    def test_an_application_and_a_rule_tell_the_same(self) -> None:
        body = out_reply(message())
        wrapped = {"type": "outbound_sent", "authorization": {"id": "cmp_1"}, "payload": body}
        assert events("front", wrapped) == events("front", body)

    def test_of_another_company(self) -> None:
        wrapped = {"type": "outbound_sent", "authorization": {"id": "cmp_1"}, "payload": out_reply(message())}
        why = "authorization.id: is not the account of this connection"
        assert reason(translation("front", wrapped, account="cmp_2")) == why
        assert events("front", wrapped, account="CMP_1")
        assert events("front", out_reply(message()), account="cmp_2")  # a rule names no company

    @pytest.mark.parametrize(
        "body", [{"type": "sync", "authorization": {"id": "cmp_1"}}, {"id": "evt_2", "type": "contact_updated"}]
    )
    def test_what_says_nothing(self, body: dict[str, Any]) -> None:
        assert events("front", body) == []

    def test_without_any_time_it_occurred_when_received(self) -> None:
        body = {**told_by("trash", status="deleted"), "emitted_at": None}
        assert the(body, "ticket.deleted")["occurred_at"] == RECEIVED

    def test_fractions_are_what_was_written(self) -> None:
        body = {**told_by("trash", status="deleted"), "emitted_at": 1518309749.673}
        assert the(body, "ticket.deleted")["occurred_at"] == "2018-02-11T00:42:29.673000Z"

    @pytest.mark.parametrize(
        ("body", "why"),
        [
            (b"{", "is not JSON"),
            ([], "must be a JSON object"),
            (told_by("tag", id=None), "conversation.id: is missing"),
            ({**told_by("tag"), "emitted_at": "1772352000"}, "emitted_at: must be a number"),
            ({**told_by("tag"), "emitted_at": True}, "emitted_at: must be a number"),
            ({**told_by("archive"), "id": None}, "id: is missing"),
            (told_by("tag", last_message={"type": "email"}), "conversation.last_message.id: is missing"),
            (told_by("tag", tags=[{}]), "conversation.tags[0].name: is missing"),
        ],
    )
    def test_unreadable(self, body: object, why: str) -> None:
        assert why in reason(translation("front", body))

    @given(body=mutated(PLAUSIBLE))
    def test_mutated_bodies_never_raise(self, body: Any) -> None:
        check("front", body, bots=["tea_ben"], attributes={"tier": "conversation.tags.0.name"})


class TestSignatures:
    BODY = json.dumps(inbound()).encode()

    def verify(self, headers: Mapping[str, str], *secrets: str, body: bytes = BODY, at: int = NOW) -> None:
        source("front").verify(webhook(body, headers), secrets, at, connection("front"))

    def test_of_an_application(self) -> None:
        digest = hmac.new(b"ours", b"1772355600000:" + self.BODY, hashlib.sha256).digest()
        headers = {
            "x-front-request-timestamp": "1772355600000",
            "x-front-signature": base64.b64encode(digest).decode(),
        }
        self.verify(headers, "theirs", "ours")
        signed = source("front").sign(self.BODY, "ours", NOW)
        assert {name.lower(): value for name, value in signed.items() if name.startswith("X-")} == headers

    def test_of_a_rule(self) -> None:
        digest = base64.b64encode(hmac.new(b"ours", self.BODY, hashlib.sha1).digest()).decode()
        self.verify({"X-Front-Signature": digest}, "ours")
        assert front.sign(self.BODY, "ours", NOW, by_rule=True)["X-Front-Signature"] == digest

    @pytest.mark.parametrize("minutes", [-5, 0, 5])
    def test_five_minutes_either_way_are_taken(self, minutes: int) -> None:
        self.verify(source("front").sign(self.BODY, "ours", NOW + minutes * MINUTE), "ours")

    @pytest.mark.parametrize(("off", "why"), [(-5 * MINUTE - 1000, "too old"), (5 * MINUTE + 1000, "ahead of now")])
    def test_no_more(self, off: int, why: str) -> None:
        with pytest.raises(Unauthenticated, match=why):
            self.verify(source("front").sign(self.BODY, "ours", NOW + off), "ours")

    def test_an_old_one_does_not_become_a_rules_without_its_time(self) -> None:
        headers = source("front").sign(self.BODY, "ours", NOW - 60 * MINUTE)
        del headers["X-Front-Request-Timestamp"]
        with pytest.raises(Unauthenticated, match="by none of"):
            self.verify(headers, "ours")

    @pytest.mark.parametrize("timestamp", ["", "soon", "-1", "1e12", "9" * 40, "\ud800"])
    def test_a_time_that_is_no_number(self, timestamp: str) -> None:
        signed = timestamp.encode("utf-8", "backslashreplace") + b":" + self.BODY
        digest = base64.b64encode(hmac.new(b"ours", signed, hashlib.sha256).digest()).decode()
        with pytest.raises(Unauthenticated):
            self.verify({"X-Front-Request-Timestamp": timestamp, "X-Front-Signature": digest}, "ours")

    @pytest.mark.parametrize("value", ["", "AAAA", "\ud800", "é"])
    def test_any_other_is_refused(self, value: str) -> None:
        with pytest.raises(Unauthenticated):
            self.verify({"X-Front-Signature": value}, "ours")

    def test_a_changed_body_another_secret_and_no_signature_are_refused(self) -> None:
        headers = source("front").sign(self.BODY, "ours", NOW)
        with pytest.raises(Unauthenticated, match="none of the connection's 1 secrets"):
            self.verify(headers, "ours", body=self.BODY + b" ")
        with pytest.raises(Unauthenticated, match="none of the connection's 1 secrets"):
            self.verify(headers, "theirs")
        with pytest.raises(Unauthenticated, match="has no X-Front-Signature"):
            self.verify({}, "ours")
        with pytest.raises(Unauthenticated, match="has no secret"):
            self.verify(headers, "")

    @pytest.mark.parametrize("name", ["front-application", "front-rule"])
    def test_recorded(self, name: str) -> None:
        document = json.loads(sample("generic/signature_vectors.json"))
        (found,) = [one for one in document["computed_here"] if one["provider"] == name]
        self.verify(found["headers"], found["secret"], body=document["body_utf8"].encode())


class TestHandshake:
    BODY = b'{"type":"sync","authorization":{"id":"cmp_1"}}'

    def test_the_challenge_is_given_back_to_front_alone(self) -> None:
        headers = source("front").sign(self.BODY, "ours", NOW) | {"X-Front-Challenge": 'a"b'}
        answer = source("front").handshake(webhook(self.BODY, headers), ["ours"], NOW, connection("front"))
        assert answer is not None
        assert (answer.status, json.loads(answer.body)) == (200, {"challenge": 'a"b'})
        with pytest.raises(Unauthenticated):
            source("front").handshake(webhook(self.BODY, headers), ["theirs"], NOW, connection("front"))

    def test_other_webhooks_are_none(self) -> None:
        headers = source("front").sign(self.BODY, "ours", NOW)
        assert source("front").handshake(webhook(self.BODY, headers), ["ours"], NOW, connection("front")) is None


class TestRecorded:
    def test_what_came_in(self) -> None:
        body = sample("front/TRIMMED_inbound.json")
        assert kept(the(body, "ticket.created"), "ticket", "occurred_at", "actor", "message", "attributes") == {
            "ticket": "cnv_keocka",
            "occurred_at": "2018-02-11T00:33:23.872000Z",
            "actor": {"kind": "customer"},
            "message": {"id": "msg_1176r8y", "visibility": "public"},
            "attributes": {"channel": "email"},
        }
        assert the(body, "message.added")["message"]["id"] == "msg_1176r8y"

    def test_a_reply(self) -> None:
        body = sample("front/TRIMMED_out_reply.json")
        assert kept(the(body, "message.added"), "occurred_at", "actor", "message") == {
            "occurred_at": "2018-02-11T00:35:42.896000Z",
            "actor": {"kind": "agent", "id": "tea_40yq"},
            "message": {"id": "msg_1176ryy", "visibility": "public"},
        }
        assert the(body, "attributes.changed")["attributes"] == {"tags": ["Urgent"]}

    def test_a_comment_repeats_the_reply_before_it(self) -> None:
        reply, comment = told(sample("front/TRIMMED_comment_internal.json"), "message.added")
        assert reply == the(sample("front/TRIMMED_out_reply.json"), "message.added")
        assert kept(comment, "occurred_at", "actor", "message") == {
            "occurred_at": "2018-02-11T00:42:29.657000Z",
            "actor": {"kind": "agent", "id": "tea_40z6"},
            "message": {"id": "com_shgc2", "visibility": "internal"},
        }

    def test_a_reopening(self) -> None:
        found = the(sample("front/TRIMMED_reopen.json"), "status.changed")
        assert kept(found, "ticket", "occurred_at", "status", "actor") == {
            "ticket": "cnv_keo696",
            "occurred_at": "2018-02-11T00:12:52.956000Z",
            "status": "open",
            "actor": {"kind": "agent", "id": "tea_40yq"},
        }

    def test_all_of_one_conversation_make_its_clocks(self) -> None:
        names = ("comment_internal", "out_reply", "inbound")
        log = [parse_event(one) for name in names for one in events("front", sample(f"front/TRIMMED_{name}.json"))]
        result = evaluate_ticket(log, DEFAULT_POLICY, NOW)
        assert result is not None
        clocks = {clock["metric"]: clock for clock in result.document()["clocks"]}
        assert clocks["first_response"]["seconds"] == pytest.approx(139.024)  # 00:33:23.872 to 00:35:42.896
        assert result.document()["counts"]["internal_notes"] == 1


def test_a_conversation_has_right_clocks() -> None:
    """Opened 08:00:00.5, answered after 600 s, customer after 1000 s, answered after 1500 s, archived after 1600 s."""
    log = [
        parse_event(one)
        for body in (
            inbound(status="unassigned", assignee=None),
            told_by("assign", after=300, target=of("teammate", ANN), event_id="evt_2", last_message=OPENING),
            out_reply(message(2, after=600), event_id="evt_3"),
            inbound(message(3, after=1000, inbound=True), event_id="evt_4"),
            out_reply(message(4, after=1500), event_id="evt_5"),
            told_by("archive", after=1600, event_id="evt_6", status="archived", last_message=message(4, after=1500)),
        )
        for one in events("front", body)
    ]
    result = evaluate_ticket(log, DEFAULT_POLICY, parse_instant("2026-03-01T10:00:00Z"))
    assert result is not None
    document = result.document()
    clocks = {clock["metric"]: clock for clock in document["clocks"]}
    assert clocks["first_response"]["seconds"] == 600
    assert clocks["next_response"]["seconds"] == 500
    assert clocks["resolution"]["seconds"] == 1300
    assert clocks["total_response"]["seconds"] == 1600
    assert (document["state"], document["counts"]["replies"], document["counts"]["customer_messages"]) == (
        "solved",
        2,
        2,
    )


class TestTheNamesOfApplicationsWebhooks:
    """The event itself may have its name of the API, or the webhook's."""

    @staticmethod
    def by_application(told_as: str, event: dict[str, Any]) -> dict[str, Any]:
        return {"type": told_as, "authorization": {"id": "cmp_1"}, "payload": {**event, "type": told_as}}

    def test_what_came_in(self) -> None:
        assert events("front", self.by_application("inbound_received", inbound())) == events("front", inbound())

    @pytest.mark.parametrize(
        ("replied_to", "kind"), [("https://api2.frontapp.com/messages/msg_1", "out_reply"), (None, "outbound")]
    )
    def test_what_went_out(self, replied_to: str | None, kind: str) -> None:
        sent = message(_links={"related": {"message_replied_to": replied_to}})
        body = self.by_application("outbound_sent", out_reply(sent))
        assert events("front", body) == events("front", out_reply(sent, kind))
        assert len(told(body, "ticket.created")) == (kind == "outbound")

    def test_a_comment_and_an_assignment(self) -> None:
        comment = told_by("comment", target=of("comment", {"id": "com_5", "posted_at": CREATED, "author": BEN}))
        assert events("front", self.by_application("new_comment_added", comment)) == events("front", comment)
        assigned = self.by_application("assignee_changed", told_by("assign", assignee=BEN))
        assert the(assigned, "assignment.changed")["assignee"] == "tea_ben"
