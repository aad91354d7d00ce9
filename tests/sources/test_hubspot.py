"""What HubSpot's webhooks mean."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings

from replyclock.domain.errors import Unauthenticated
from replyclock.domain.events import event_document, parse_event
from replyclock.domain.instants import parse_instant
from replyclock.domain.judging import evaluate_ticket
from replyclock.domain.policy import DEFAULT_POLICY
from replyclock.sources import source
from replyclock.sources.base import Headers, Webhook

from .builders import MINUTE, NOW, RECEIVED, connection, event, events, kept, reason, sample, translation, webhook
from .mutations import check, mutated

AT = "2026-03-01T08:30:00.250Z"
TOLD_AT = "2026-03-01T08:30:00.250000Z"
ANN = {"changeSource": "CRM_UI", "sourceId": "userId:12"}


def ms(text: str) -> int:
    return parse_instant(text) // 1000


def record(kind: str, **fields: Any) -> dict[str, Any]:
    return {
        "eventId": 100,
        "subscriptionId": 1234,
        "portalId": 4711,
        "appId": 98765,
        "occurredAt": ms(AT),
        "subscriptionType": f"ticket.{kind}",
        "attemptNumber": 0,
        "objectId": 7,
        **ANN,
        **fields,
    }


def changed(name: str, value: Any, **fields: Any) -> dict[str, Any]:
    return record("propertyChange", propertyName=name, propertyValue=value, **fields)


PLAUSIBLE: list[Any] = [
    [record("creation"), changed("hs_pipeline_stage", "4")],
    [changed("hubspot_owner_id", ""), changed("tier", "gold")],
    [changed("first_agent_reply_date", str(ms(AT)))],
    [record("merge", primaryObjectId=7, mergedObjectIds=[8, 9], newObjectId=10)],
    [record("deletion"), record("restore", subscriptionType="object.restore", objectTypeId="0-5")],
]
"""Bodies from which hostile ones are made."""
OPTIONS: dict[str, Any] = {"bots": ["12"], "status_map": {"9": "on_hold"}, "attributes": {"tier": "properties.tier"}}


class TestTickets:
    def test_created(self) -> None:
        assert event("hubspot", [record("creation")]) == {
            "id": "7|created",
            "ticket": "7",
            "type": "ticket.created",
            "occurred_at": TOLD_AT,
            "created_at": TOLD_AT,
            "tenant": "default",
            "source": "hubspot",
            "actor": {"kind": "agent"},
            "status": "new",
            "attributes": {},
        }

    @pytest.mark.parametrize(
        ("fields", "actor"),
        [
            (ANN, {"kind": "agent", "id": "12"}),
            ({"changeSource": "MOBILE_IOS", "sourceId": "userId:12"}, {"kind": "agent", "id": "12"}),
            ({"changeSource": "CRM_UI", "sourceId": "userId:99"}, {"kind": "bot", "id": "99"}),
            ({"changeSource": "AUTOMATION_PLATFORM", "sourceId": "enrollmentId:5"}, {"kind": "bot"}),
            ({"changeSource": "INTEGRATION", "sourceId": "userId:12"}, {"kind": "bot", "id": "12"}),
            ({"changeSource": "FORM", "sourceId": None}, {"kind": "unknown"}),
            ({"changeSource": None, "sourceId": "userId:"}, {"kind": "unknown"}),
        ],
    )
    def test_who_did_it(self, fields: dict[str, Any], actor: dict[str, str]) -> None:
        assert event("hubspot", [changed("hs_pipeline_stage", "3", **fields)], bots=[99])["actor"] == actor

    @pytest.mark.parametrize(
        ("kind", "told"),
        [("deletion", "ticket.deleted"), ("restore", "ticket.restored"), ("creation", "ticket.created")],
    )
    def test_as_a_ticket_or_as_an_object(self, kind: str, told: str) -> None:
        one = event("hubspot", [record(kind)])
        assert one["type"] == told
        assert event("hubspot", [record(kind, subscriptionType=f"object.{kind}", objectTypeId="0-5")]) == one
        assert events("hubspot", [record(kind, subscriptionType=f"object.{kind}", objectTypeId="0-1")]) == []

    def test_merged(self) -> None:
        told = events("hubspot", [record("merge", primaryObjectId=7, mergedObjectIds=[8, 9])])
        assert [(one["id"], one["into"]) for one in told] == [("8|merged|7", "7"), ("9|merged|7", "7")]

    def test_merged_into_a_new_one(self) -> None:
        told = events("hubspot", [record("merge", primaryObjectId=7, mergedObjectIds=["8"], newObjectId=10)])
        assert [(one["ticket"], one["into"]) for one in told] == [("8", "10"), ("7", "10")]


class TestProperties:
    @pytest.mark.parametrize(
        ("stage", "status", "unknown"),
        [
            ("1", "new", 0),
            ("2", "pending", 0),
            ("3", "open", 0),
            ("4", "solved", 0),
            (4, "solved", 0),
            ("998", "open", 1),
        ],
    )
    def test_stages_of_the_first_pipeline(self, stage: Any, status: str, unknown: int) -> None:
        translated = translation("hubspot", [changed("hs_pipeline_stage", stage)])
        (told,) = map(event_document, translated.events)
        assert kept(told, "id", "type", "occurred_at", "status") == {
            "id": f"7|stage|{stage}|{TOLD_AT}",
            "type": "status.changed",
            "occurred_at": TOLD_AT,
            "status": status,
        }
        assert len(translated.unknown_statuses) == unknown

    def test_the_connection_names_stages(self) -> None:
        told = event("hubspot", [changed("hs_pipeline_stage", "998")], status_map={998: "on_hold"})
        assert told["status"] == "on_hold"

    @pytest.mark.parametrize(("name", "field"), [("hubspot_owner_id", "assignee"), ("hubspot_team_id", "group")])
    def test_assignment(self, name: str, field: str) -> None:
        told = event("hubspot", [changed(name, "55")])
        assert kept(told, "id", "type", field) == {
            "id": f"7|{field}|55|{TOLD_AT}",
            "type": "assignment.changed",
            field: "55",
        }
        nobody = event("hubspot", [changed(name, "")])
        assert nobody["type"] == "assignment.changed"
        assert nobody[field] is None

    @pytest.mark.parametrize(
        ("name", "value", "attributes"),
        [
            ("hs_ticket_priority", "URGENT", {"priority": "urgent"}),
            ("hs_ticket_priority", "MEDIUM", {"priority": "normal"}),
            ("hs_ticket_priority", "", {"priority": None}),
            ("source_type", "FORM", {"channel": "web"}),
            ("source_type", "EMAIL", {"channel": "email"}),
            ("hs_ticket_category", "BILLING_ISSUE", {"category": "BILLING_ISSUE"}),
        ],
    )
    def test_attributes(self, name: str, value: str, attributes: dict[str, Any]) -> None:
        told = event("hubspot", [changed(name, value)])
        assert kept(told, "type", "attributes") == {"type": "attributes.changed", "attributes": attributes}

    def test_a_property_that_the_connection_maps(self) -> None:
        mapping = {"tier": "properties.customer_tier"}
        assert event("hubspot", [changed("customer_tier", "vip")], attributes=mapping)["attributes"] == {"tier": "vip"}
        assert events("hubspot", [changed("subject", "Help")], attributes=mapping) == []
        stage = events(
            "hubspot", [changed("hs_pipeline_stage", "4")], attributes={"stage": "properties.hs_pipeline_stage"}
        )
        assert [one["type"] for one in stage] == ["status.changed", "attributes.changed"]

    def test_the_first_reply(self) -> None:
        at = ms("2026-03-01T08:20:00Z")
        told = event("hubspot", [changed("first_agent_reply_date", str(at), changeSource="CALCULATED")])
        assert kept(told, "id", "type", "occurred_at", "actor", "message") == {
            "id": f"7|first reply {at}",
            "type": "message.added",
            "occurred_at": "2026-03-01T08:20:00Z",
            "actor": {"kind": "agent"},
            "message": {"id": f"first reply {at}", "visibility": "public"},
        }
        assert events("hubspot", [changed("first_agent_reply_date", "")]) == []


class TestBatch:
    def test_what_can_be_read_counts(self) -> None:
        translated = translation("hubspot", [record("deletion"), {"objectId": 1}, 5, record("restore", objectId=None)])
        assert [one.type for one in translated.events] == ["ticket.deleted"]
        assert [(one.place, one.reason) for one in translated.unreadable] == [
            ("[1]", "subscriptionType: is missing"),
            ("[2]", "must be a JSON object"),
            ("[3]", "objectId: is missing"),
        ]
        assert json.loads(translated.unreadable[0].raw) == {"objectId": 1}

    def test_a_record_alone(self) -> None:
        assert event("hubspot", record("deletion")) == event("hubspot", [record("deletion")])

    def test_too_many(self) -> None:
        assert reason(translation("hubspot", [0] * 1001)) == "holds more than 1000 records"

    @pytest.mark.parametrize(
        "kind", ["contact.creation", "conversation.newMessage", "ticket.associationChange", "deal"]
    )
    def test_other_kinds(self, kind: str) -> None:
        assert events("hubspot", [record("x", subscriptionType=kind)]) == []

    def test_of_another_account(self) -> None:
        assert len(events("hubspot", [record("deletion")], account=4711)) == 1
        (wrong,) = translation("hubspot", [record("deletion")], account=4712).unreadable
        assert wrong.reason == "portalId: is not the account of this connection"

    @pytest.mark.parametrize(
        ("one", "why"),
        [
            (record("deletion", occurredAt="now"), "occurredAt: must be a number"),
            (record("merge"), "mergedObjectIds: must be a list"),
            (record("merge", mergedObjectIds=[None]), "mergedObjectIds.0: is missing"),
            (changed("hs_pipeline_stage", ""), "propertyValue: is missing"),
            (changed("hs_pipeline_stage", ["4"]), "propertyValue: must be a text"),
            (changed("first_agent_reply_date", "2026-03-01"), "propertyValue: must be a number of milliseconds"),
        ],
    )
    def test_unreadable_names_the_field(self, one: dict[str, Any], why: str) -> None:
        (wrong,) = translation("hubspot", [one]).unreadable
        assert why in wrong.reason

    def test_without_a_time_it_occurred_when_received(self) -> None:
        assert event("hubspot", [record("deletion", occurredAt=None)])["occurred_at"] == RECEIVED

    def test_the_same_fact_delivered_twice(self) -> None:
        again = changed("hs_pipeline_stage", "4", eventId=101, subscriptionId=9, attemptNumber=3)
        assert events("hubspot", [changed("hs_pipeline_stage", "4")]) == events("hubspot", [again])


@given(body=mutated(PLAUSIBLE))
@settings(deadline=None)
def test_hostile_bodies_give_events_and_reasons_only(body: Any) -> None:
    check("hubspot", body, **OPTIONS)


class TestSignature:
    BODY = json.dumps([record("creation")]).encode()
    URL = "https://hooks.example.com/webhooks/desk?x=%40home"

    def verify(self, headers: Mapping[str, str], *secrets: str, body: bytes = BODY, url: str | None = URL) -> None:
        options = {} if url is None else {"url": url}
        source("hubspot").verify(webhook(body, headers), secrets, NOW, connection("hubspot", **options))

    def refusal(self, headers: Mapping[str, str], *secrets: str, **more: Any) -> str:
        with pytest.raises(Unauthenticated) as refused:
            self.verify(headers, *secrets, **more)
        return str(refused.value)

    def signed(self, at: int = NOW, url: str = URL) -> dict[str, str]:
        return source("hubspot").sign(self.BODY, "ours", at, url=url)

    def test_is_over_method_url_body_and_timestamp(self) -> None:
        """By hand: the escaped @ is decoded before it is signed."""
        text = f"POSThttps://hooks.example.com/webhooks/desk?x=@home{self.BODY.decode()}{NOW // 1000}"
        digest = base64.b64encode(hmac.new(b"ours", text.encode(), hashlib.sha256).digest()).decode()
        headers = {"X-HubSpot-Signature-v3": digest, "X-HubSpot-Request-Timestamp": str(NOW // 1000)}
        self.verify(headers, "newer", "ours")
        assert kept(self.signed(), *headers) == headers

    def test_recorded(self) -> None:
        document = json.loads(sample("generic/signature_vectors.json"))
        (found,) = [one for one in document["computed_here"] if one["provider"] == "hubspot-v3"]
        body = document["body_utf8"].encode()
        self.verify(found["headers"], found["secret"], body=body, url=found["uri"])
        assert "by none of" in self.refusal(found["headers"], found["secret"], body=body)

    def test_the_called_url_where_the_connection_has_none(self) -> None:
        hook = Webhook(self.BODY, Headers(self.signed()), NOW, url=self.URL)
        source("hubspot").verify(hook, ["ours"], NOW, connection("hubspot"))
        assert "HubSpot signs the URL, and the connection has none" in self.refusal(self.signed(), "ours", url=None)

    def test_refused(self) -> None:
        assert "by none of the connection's 1 secrets" in self.refusal(self.signed(), "theirs")
        assert "by none of" in self.refusal(self.signed(), "ours", body=self.BODY + b" ")
        assert "by none of" in self.refusal(self.signed(url="https://other.example.com/"), "ours")
        assert "has no X-HubSpot-Signature-v3" in self.refusal({}, "ours")
        assert "no secret" in self.refusal(self.signed(), "")

    @pytest.mark.parametrize("minutes", [-5, 0, 5])
    def test_five_minutes_either_way_are_taken(self, minutes: int) -> None:
        self.verify(self.signed(NOW + minutes * MINUTE), "ours")

    @pytest.mark.parametrize(("minutes", "why"), [(-6, "too old"), (6, "ahead of now")])
    def test_more_is_refused(self, minutes: int, why: str) -> None:
        assert why in self.refusal(self.signed(NOW + minutes * MINUTE), "ours")

    def test_a_time_is_needed_and_signed(self) -> None:
        headers = self.signed(NOW - 60 * MINUTE)
        later = headers | {"X-HubSpot-Request-Timestamp": str(NOW // 1000)}
        assert "by none of" in self.refusal(later, "ours")
        del headers["X-HubSpot-Request-Timestamp"]
        assert "has no X-HubSpot-Request-Timestamp" in self.refusal(headers, "ours")

    def test_a_signed_time_that_is_no_number(self) -> None:
        text = f"POST{self.URL.replace('%40', '@')}{self.BODY.decode()}soon"
        digest = base64.b64encode(hmac.new(b"ours", text.encode(), hashlib.sha256).digest()).decode()
        headers = {"X-HubSpot-Signature-v3": digest, "X-HubSpot-Request-Timestamp": "soon"}
        assert "no number of milliseconds" in self.refusal(headers, "ours")


def test_a_day_of_a_ticket_makes_right_clocks() -> None:
    """Ann, who made the ticket, works on it and answers: she is not the one who asked."""
    told = events(
        "hubspot",
        [
            changed("hs_pipeline_stage", "4"),
            changed("first_agent_reply_date", str(ms("2026-03-01T08:20:00Z"))),
            changed("hs_pipeline_stage", "3", occurredAt=ms("2026-03-01T08:05:00Z")),
            record("creation", occurredAt=ms("2026-03-01T08:00:00Z")),
        ],
    )
    result = evaluate_ticket([parse_event(one) for one in told], DEFAULT_POLICY, NOW)
    assert result is not None
    document = result.document()
    assert kept(document, "state", "created_at", "handling_started_at") == {
        "state": "solved",
        "created_at": "2026-03-01T08:00:00Z",
        "handling_started_at": "2026-03-01T08:05:00Z",
    }
    clocks = {one["metric"]: (one["stopped_by"], one["seconds"]) for one in document["clocks"]}
    assert clocks == {
        "first_response": ("reply", 1200),
        "resolution": ("solve", 1500.25),
        "total_response": ("solve", 1800.25),
    }


@pytest.mark.parametrize("account", [None, "4711"])
def test_a_sample_opens_a_ticket_and_ends_it(account: str | None) -> None:
    there = connection("hubspot") if account is None else connection("hubspot", account=account)
    opening, end = source("hubspot").sample("7", NOW, there)
    for body in (opening, end):
        headers = source("hubspot").sign(body, "ours", NOW, url=there.url or "")
        source("hubspot").verify(webhook(body, headers), ["ours"], NOW, there)
    (created,) = map(event_document, source("hubspot").translate(webhook(opening), there).events)
    assert kept(created, "ticket", "type", "occurred_at", "actor") == {
        "ticket": "7",
        "type": "ticket.created",
        "occurred_at": RECEIVED,
        "actor": {"kind": "unknown"},
    }
    (ended,) = map(event_document, source("hubspot").translate(webhook(end), there).events)
    assert kept(ended, "ticket", "type", "occurred_at") == {
        "ticket": "7",
        "type": "ticket.deleted",
        "occurred_at": "2026-03-01T09:00:02Z",
    }


class TestRecorded:
    def test_a_batch(self) -> None:
        assert events("hubspot", sample("hubspot/SYNTHETIC_batch_ticket_events.json")) == [
            {
                "id": "329213149924|stage|4|2026-08-25T09:49:43.486000Z",
                "ticket": "329213149924",
                "type": "status.changed",
                "occurred_at": "2026-08-25T09:49:43.486000Z",
                "tenant": "default",
                "source": "hubspot",
                "actor": {"kind": "agent", "id": "12345"},
                "status": "solved",
            },
            {
                "id": "329213149924|created",
                "ticket": "329213149924",
                "type": "ticket.created",
                "occurred_at": "2026-08-25T09:49:40Z",
                "created_at": "2026-08-25T09:49:40Z",
                "tenant": "default",
                "source": "hubspot",
                "actor": {"kind": "unknown"},
                "status": "new",
                "attributes": {},
            },
        ]
