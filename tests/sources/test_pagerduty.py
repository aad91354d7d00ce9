"""What PagerDuty's V3 webhooks mean."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings

from replyclock.domain.errors import Unauthenticated
from replyclock.domain.events import event_document, parse_event
from replyclock.domain.judging import evaluate_ticket
from replyclock.domain.policy import DEFAULT_POLICY
from replyclock.sources import source

from .builders import NOW, RECEIVED, connection, event, events, kept, reason, sample, translation, webhook
from .mutations import check, mutated

AT = "2026-03-01T08:30:00.250Z"
TOLD_AT = "2026-03-01T08:30:00.250000Z"


def reference(name: str, kind: str = "user") -> dict[str, Any]:
    return {"id": name, "type": f"{kind}_reference", "summary": "Somebody"}


ANN = reference("PANN")
MONITOR = reference("PMONITOR", "inbound_integration")


def pagerduty(kind: str, data: Mapping[str, Any], agent: Any = ANN, at: str | None = AT) -> dict[str, Any]:
    return {
        "event": {
            "id": "01EVENT",
            "event_type": kind,
            "resource_type": "incident",
            "occurred_at": at,
            "agent": agent,
            "client": None,
            "data": data,
        }
    }


def incident(kind: str, *, agent: Any = ANN, at: str | None = AT, **fields: Any) -> dict[str, Any]:
    """A webhook about incident Q7 of a service, which was created at 08:00:00 and which PANN has."""
    data = {
        "id": "Q7",
        "type": "incident",
        "html_url": "https://acme.eu.pagerduty.com/incidents/Q7",
        "number": 7,
        "status": "triggered",
        "created_at": "2026-03-01T08:00:00Z",
        "service": reference("PSERVICE", "service") | {"summary": "Checkout"},
        "assignees": [ANN, reference("PBOB")],
        "escalation_policy": reference("PPOLICY", "escalation_policy"),
        "priority": reference("PP1", "priority") | {"summary": "P1"},
        "urgency": "high",
        "resolve_reason": None,
        **fields,
    }
    return pagerduty(f"incident.{kind}", data, agent, at)


def written(kind: str, agent: Any = ANN, at: str = AT, **fields: Any) -> dict[str, Any]:
    incident_of_it = reference("Q7", "incident") | {"html_url": "https://acme.eu.pagerduty.com/incidents/Q7"}
    return pagerduty(
        f"incident.{kind}", {"id": "PNOTE", "incident": incident_of_it, "content": "Hm.", **fields}, agent, at
    )


PLAUSIBLE: list[Any] = [
    incident("triggered"),
    incident("acknowledged"),
    incident("reopened"),
    incident("resolved", resolve_reason={"type": "merge_resolve_reason", "incident": reference("Q8", "incident")}),
    incident("priority_updated", priority=None),
    written("annotated"),
]
"""Bodies from which hostile ones are made."""
OPTIONS: dict[str, Any] = {
    "bots": ["PBOB"],
    "status_map": {"triggered": "open"},
    "attributes": {"tier": "event.data.service.summary"},
}


class TestCreation:
    def test_triggered(self) -> None:
        assert event("pagerduty", incident("triggered", agent=MONITOR)) == {
            "id": "Q7|created",
            "ticket": "Q7",
            "type": "ticket.created",
            "occurred_at": "2026-03-01T08:00:00Z",
            "created_at": "2026-03-01T08:00:00Z",
            "tenant": "default",
            "source": "pagerduty",
            "actor": {"kind": "bot", "id": "PMONITOR"},
            "requester": "PSERVICE",
            "status": "new",
            "assignee": "PANN",
            "group": "PPOLICY",
            "attributes": {"priority": "p1", "urgency": "high"},
            "message": {"id": "opening", "visibility": "public"},
        }

    @pytest.mark.parametrize(
        ("agent", "actor"),
        [
            (ANN, {"kind": "customer", "id": "PANN"}),
            (reference("pbot"), {"kind": "bot", "id": "pbot"}),
            (None, {"kind": "system"}),
        ],
    )
    def test_who_triggers(self, agent: Any, actor: dict[str, str]) -> None:
        told = event("pagerduty", incident("triggered", agent=agent), bots=["PBOT"])
        assert kept(told, "actor", "requester") == {"actor": actor, "requester": "PSERVICE"}

    def test_attributes_that_the_connection_maps(self) -> None:
        mapping = {"service_type": "event.data.service.summary", "tier": "event.data.teams.0.id"}
        told = event("pagerduty", incident("triggered", priority=None), attributes=mapping)
        assert told["attributes"] == {"urgency": "high", "service_type": "Checkout"}


class TestAcknowledgement:
    @pytest.mark.parametrize(
        ("agent", "actor"),
        [
            (ANN, {"kind": "agent", "id": "PANN"}),
            (reference("PBOT"), {"kind": "bot", "id": "PBOT"}),
            (reference("PW", "workflow"), {"kind": "bot", "id": "PW"}),
            (None, {"kind": "system"}),
        ],
    )
    def test_is_the_reply_of_whoever_did_it(self, agent: Any, actor: dict[str, str]) -> None:
        message, assigned, changed = events("pagerduty", incident("acknowledged", agent=agent), bots=["pbot"])
        assert kept(message, "id", "type", "occurred_at", "created_at", "actor", "message") == {
            "id": f"Q7|acknowledged {TOLD_AT}",
            "type": "message.added",
            "occurred_at": TOLD_AT,
            "created_at": "2026-03-01T08:00:00Z",
            "actor": actor,
            "message": {"id": f"acknowledged {TOLD_AT}", "visibility": "public"},
        }
        assert kept(assigned, "type", "assignee", "group") == {
            "type": "assignment.changed",
            "assignee": "PANN",
            "group": "PPOLICY",
        }
        assert kept(changed, "id", "status", "actor") == {
            "id": f"Q7|status|acknowledged|{TOLD_AT}",
            "status": "open",
            "actor": actor,
        }

    def test_taken_back(self) -> None:
        told = events("pagerduty", incident("unacknowledged", agent=None, assignees=[]))
        assert [(one["type"], one.get("assignee"), one.get("status")) for one in told] == [
            ("assignment.changed", None, None),
            ("status.changed", None, "new"),
        ]

    def test_one_who_triggered_it_may_give_it(self) -> None:
        told = [*events("pagerduty", incident("triggered")), *events("pagerduty", incident("acknowledged"))]
        result = evaluate_ticket([parse_event(one) for one in told], DEFAULT_POLICY, NOW)
        assert result is not None
        first = result.document()["clocks"][0]
        assert kept(first, "metric", "stopped_by", "seconds") == {
            "metric": "first_response",
            "stopped_by": "reply",
            "seconds": 1800.25,
        }


class TestChanges:
    def test_resolved(self) -> None:
        told = event("pagerduty", incident("resolved", status="resolved", assignees=[]))
        assert kept(told, "id", "type", "status") == {
            "id": f"Q7|status|resolved|{TOLD_AT}",
            "type": "status.changed",
            "status": "solved",
        }

    def test_merged(self) -> None:
        merged = {"type": "merge_resolve_reason", "incident": reference("Q8", "incident")}
        told = event("pagerduty", incident("resolved", resolve_reason=merged))
        assert kept(told, "id", "type", "into") == {"id": "Q7|merged|Q8", "type": "ticket.merged", "into": "Q8"}

    @pytest.mark.parametrize(
        ("shown", "status", "unknown"),
        [
            ("triggered", "new", 0),
            ("Acknowledged", "open", 0),
            ("resolved", "new", 0),
            (None, "new", 0),
            ("x", "open", 1),
        ],
    )
    def test_reopened(self, shown: str | None, status: str, unknown: int) -> None:
        translated = translation("pagerduty", incident("reopened", status=shown))
        assert [one.status for one in translated.events if one.type == "status.changed"] == [status]
        assert len(translated.unknown_statuses) == unknown

    def test_the_connection_names_statuses(self) -> None:
        told = events("pagerduty", incident("acknowledged"), status_map={"Acknowledged": "on_hold"})
        assert told[-1]["status"] == "on_hold"

    @pytest.mark.parametrize("kind", ["reassigned", "delegated", "escalated"])
    def test_assignment(self, kind: str) -> None:
        told = event("pagerduty", incident(kind, assignees=[reference("PBOB")]))
        assert kept(told, "id", "type", "assignee", "group") == {
            "id": f"Q7|assigned|{TOLD_AT}",
            "type": "assignment.changed",
            "assignee": "PBOB",
            "group": "PPOLICY",
        }

    def test_priority(self) -> None:
        told = event("pagerduty", incident("priority_updated", priority=None, urgency="low"))
        assert told["attributes"] == {"priority": None, "urgency": "low"}

    @pytest.mark.parametrize("kind", ["service_updated", "incident_type.changed"])
    def test_other_attributes_where_the_connection_maps_them(self, kind: str) -> None:
        assert events("pagerduty", incident(kind)) == []
        told = event("pagerduty", incident(kind), attributes={"service_type": "event.data.service.summary"})
        assert kept(told, "type", "attributes") == {
            "type": "attributes.changed",
            "attributes": {"service_type": "Checkout"},
        }


class TestWriting:
    @pytest.mark.parametrize(("kind", "visibility"), [("annotated", "internal"), ("status_update_published", "public")])
    def test_who_wrote_what(self, kind: str, visibility: str) -> None:
        assert event("pagerduty", written(kind)) == {
            "id": "Q7|message|PNOTE",
            "ticket": "Q7",
            "type": "message.added",
            "occurred_at": TOLD_AT,
            "tenant": "default",
            "source": "pagerduty",
            "actor": {"kind": "agent", "id": "PANN"},
            "message": {"id": "PNOTE", "visibility": visibility},
        }

    def test_an_automatic_update_is_no_reply(self) -> None:
        assert event("pagerduty", written("status_update_published", MONITOR))["actor"]["kind"] == "bot"


class TestEnvelope:
    @pytest.mark.parametrize(
        "kind",
        [
            "pagey.ping",
            "service.updated",
            "incident.responder.added",
            "incident.conference_bridge.updated",
            "incident.workflow.started",
        ],
    )
    def test_what_says_nothing_about_clocks(self, kind: str) -> None:
        assert events("pagerduty", pagerduty(kind, {"type": "ping", "message": "Hello"}, None)) == []

    @pytest.mark.parametrize("account", ["acme", "ACME.eu.pagerduty.com"])
    def test_of_the_connections_account(self, account: str) -> None:
        assert len(events("pagerduty", written("annotated"), account=account)) == 1

    @pytest.mark.parametrize("address", ["https://other.pagerduty.com/incidents/Q7", "https://[", None])
    def test_of_another_account(self, address: str | None) -> None:
        why = "event.data.html_url: is not of the account of this connection"
        assert reason(translation("pagerduty", incident("resolved", html_url=address), account="acme")) == why

    @pytest.mark.parametrize(
        ("body", "why"),
        [
            (b"nonsense", "is not JSON"),
            ({}, "event: is missing"),
            ({"event": {}}, "event.event_type: is missing"),
            ({"event": {"event_type": "incident.resolved"}}, "event.data: is missing"),
            (incident("resolved", id=None), "event.data.id: is missing"),
            (incident("resolved", at="2026-03-01"), "event.occurred_at: not an RFC 3339"),
            (incident("resolved", agent="PANN"), "event.agent: must be a JSON object"),
            (incident("reassigned", assignees=[{}]), "event.data.assignees[0].id: is missing"),
            (
                incident("resolved", resolve_reason={"type": "merge_resolve_reason"}),
                "resolve_reason.incident: is missing",
            ),
            (written("annotated", id=5.5), "event.data.id: must be a text"),
        ],
    )
    def test_unreadable_names_the_field(self, body: object, why: str) -> None:
        assert why in reason(translation("pagerduty", body))

    def test_without_a_time_it_occurred_when_received(self) -> None:
        assert event("pagerduty", incident("resolved", at=None))["occurred_at"] == RECEIVED

    def test_the_same_fact_delivered_twice(self) -> None:
        again = incident("acknowledged")
        again["event"]["id"] = "02EVENT"
        assert events("pagerduty", incident("acknowledged")) == events("pagerduty", again)


@given(body=mutated(PLAUSIBLE))
@settings(deadline=None)
def test_hostile_bodies_give_events_and_reasons_only(body: Any) -> None:
    check("pagerduty", body, **OPTIONS)


class TestSignature:
    BODY = json.dumps(incident("triggered")).encode()

    def verify(self, headers: Mapping[str, str], *secrets: str, body: bytes = BODY) -> None:
        source("pagerduty").verify(webhook(body, headers), secrets, NOW, connection("pagerduty"))

    def refusal(self, headers: Mapping[str, str], *secrets: str, body: bytes = BODY) -> str:
        with pytest.raises(Unauthenticated) as refused:
            self.verify(headers, *secrets, body=body)
        return str(refused.value)

    def test_a_known_vector(self) -> None:
        digest = "a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"  # as in Jira's, with another prefix
        headers = {"X-PagerDuty-Signature": f"v1={digest}"}
        self.verify(headers, "It's a Secret to Everybody", body=b"Hello World!")

    def test_recorded(self) -> None:
        document = json.loads(sample("generic/signature_vectors.json"))
        (found,) = [one for one in document["computed_here"] if one["provider"] == "pagerduty"]
        body = document["body_utf8"].encode()
        self.verify(found["headers"], found["secret"], body=body)
        assert "by none of" in self.refusal(found["headers"], found["secret"], body=body + b"\n")

    def test_one_good_signature_of_several_is_enough(self) -> None:
        ours, theirs = (source("pagerduty").sign(self.BODY, one, NOW) for one in ("ours", "theirs"))
        name = "X-PagerDuty-Signature"
        self.verify({name: f"{theirs[name]}, {ours[name]}"}, "ours")
        self.verify(ours, "newer", "ours")

    def test_refused(self) -> None:
        headers = source("pagerduty").sign(self.BODY, "ours", NOW)
        assert "by none of the connection's 1 secrets" in self.refusal(headers, "theirs")
        assert "by none of" in self.refusal(headers, "ours", body=self.BODY + b" ")
        assert "has no X-PagerDuty-Signature" in self.refusal({}, "ours")
        assert "has no X-PagerDuty-Signature" in self.refusal({"X-PagerDuty-Signature": " , "}, "ours")
        assert "no secret" in self.refusal(headers, "")
        other = headers["X-PagerDuty-Signature"].replace("v1=", "v2=")
        assert "by none of" in self.refusal({"X-PagerDuty-Signature": other}, "ours")


def test_a_night_of_an_incident_makes_right_clocks() -> None:
    told = [
        *events("pagerduty", incident("triggered", agent=MONITOR)),
        *events("pagerduty", incident("acknowledged", agent=None, at="2026-03-01T08:00:01Z")),
        *events("pagerduty", written("annotated", at="2026-03-01T08:03:00Z")),
        *events("pagerduty", incident("acknowledged", at="2026-03-01T08:05:00Z")),
        *events("pagerduty", incident("resolved", agent=MONITOR)),
    ]
    result = evaluate_ticket([parse_event(one) for one in told], DEFAULT_POLICY, NOW)
    assert result is not None
    document = result.document()
    assert document["state"] == "solved"
    assert kept(document["counts"], "replies", "internal_notes", "bot_messages") == {
        "replies": 1,
        "internal_notes": 1,
        "bot_messages": 1,
    }
    clocks = {one["metric"]: (one["stopped_by"], one["seconds"]) for one in document["clocks"]}
    assert clocks == {
        "first_response": ("reply", 300),
        "resolution": ("solve", 1800.25),
        "total_response": ("solve", 1800.25),
    }


@pytest.mark.parametrize("account", [None, "acme"])
def test_a_sample_opens_a_ticket_and_ends_it(account: str | None) -> None:
    there = connection("pagerduty") if account is None else connection("pagerduty", account=account)
    opening, end = source("pagerduty").sample("Q7", NOW, there)
    for body in (opening, end):
        headers = source("pagerduty").sign(body, "ours", NOW, url=there.url or "")
        source("pagerduty").verify(webhook(body, headers), ["ours"], NOW, there)
    (created,) = map(event_document, source("pagerduty").translate(webhook(opening), there).events)
    assert kept(created, "ticket", "type", "occurred_at", "actor") == {
        "ticket": "Q7",
        "type": "ticket.created",
        "occurred_at": RECEIVED,
        "actor": {"kind": "customer", "id": "replyclock-test"},
    }
    (ended,) = map(event_document, source("pagerduty").translate(webhook(end), there).events)
    assert kept(ended, "ticket", "type", "occurred_at") == {
        "ticket": "Q7",
        "type": "status.changed",
        "occurred_at": "2026-03-01T09:00:02Z",
    }


class TestRecorded:
    def test_triggered_by_hand(self) -> None:
        assert event("pagerduty", sample("pagerduty/incident_triggered_v3.json")) == {
            "id": "PFQZPSY|created",
            "ticket": "PFQZPSY",
            "type": "ticket.created",
            "occurred_at": "2021-06-04T13:35:29.781000Z",
            "tenant": "default",
            "source": "pagerduty",
            "actor": {"kind": "customer", "id": "PJ0LVEB"},
            "requester": "PA2P440",
            "status": "new",
            "assignee": "PJ0LVEB",
            "group": "PY82TC6",
            "attributes": {"urgency": "high"},
            "message": {"id": "opening", "visibility": "public"},
        }

    def test_a_note(self) -> None:
        assert event("pagerduty", sample("pagerduty/incident_annotated_v3.json")) == {
            "id": "Q3B15VLMF3ASBD|message|PEMJB6G",
            "ticket": "Q3B15VLMF3ASBD",
            "type": "message.added",
            "occurred_at": "2026-04-01T02:18:59.674000Z",
            "tenant": "default",
            "source": "pagerduty",
            "actor": {"kind": "agent", "id": "PXRUEF2"},
            "message": {"id": "PEMJB6G", "visibility": "internal"},
        }

    def test_a_priority(self) -> None:
        told = event("pagerduty", sample("pagerduty/incident_priority_updated_v3.json"))
        assert kept(told, "ticket", "type", "occurred_at", "created_at", "attributes") == {
            "ticket": "Q3B15VLMF3ASBD",
            "type": "attributes.changed",
            "occurred_at": "2026-04-01T02:15:36.315000Z",
            "created_at": "2026-04-01T02:07:30Z",
            "attributes": {"priority": "p2", "urgency": "high"},
        }
