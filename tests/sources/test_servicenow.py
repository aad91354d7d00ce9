"""What ServiceNow's business rule means."""

from __future__ import annotations

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

AGENT = {"id": "u1", "name": "kim", "agent": True}
CALLER = {"id": "c1", "name": "anna", "agent": False}


def saved(operation: str = "update", **fields: Any) -> dict[str, Any]:
    """Incident INC0010001, which caller c1 opened at 8:00, as agent u1 saves it at 8:30."""
    return {
        "schema": "servicenow.v1",
        "instance": "acme",
        "event": operation,
        "table": "incident",
        "number": "INC0010001",
        "sys_mod_count": "4",
        "sys_updated_on": "2026-03-01T08:30:00Z",
        "opened_at": "2026-03-01T08:00:00Z",
        "state": "2",
        "state_name": "In Progress",
        "hold_reason": "",
        "priority": "2",
        "contact_type": "self-service",
        "caller_id": "c1",
        "assigned_to": "u1",
        "assignment_group": "",
        "actor": AGENT,
        "journal": [],
        **fields,
    }


def written(element: str = "comments", by: str = "kim", at: str = "2026-03-01T08:30:00Z") -> dict[str, Any]:
    return {"element": element, "sys_created_by": by, "sys_created_on": at}


def told(kind: str, payload: Any, **options: Any) -> dict[str, Any]:
    (one,) = [one for one in events("servicenow", payload, **options) if one["type"] == kind]
    return one


class TestCreated:
    def test_by_the_caller(self) -> None:
        payload = saved("insert", actor=CALLER, state="1", state_name="New", assigned_to="", sys_mod_count="0")
        assert event("servicenow", payload) == {
            "id": "INC0010001|created",
            "ticket": "INC0010001",
            "type": "ticket.created",
            "occurred_at": "2026-03-01T08:00:00Z",
            "created_at": "2026-03-01T08:00:00Z",
            "sequence": 0,
            "tenant": "default",
            "source": "servicenow",
            "actor": {"kind": "customer", "id": "c1"},
            "requester": "c1",
            "status": "new",
            "attributes": {"priority": "high", "channel": "web"},
            "message": {"id": "opening", "visibility": "public"},
        }

    def test_for_the_caller_it_has_no_message(self) -> None:
        found = event("servicenow", saved("insert", contact_type="phone"))
        assert kept(found, "actor", "requester", "message") == {
            "actor": {"kind": "agent", "id": "u1"},
            "requester": "c1",
            "message": None,
        }
        assert found["attributes"]["channel"] == "phone"

    def test_with_a_work_note(self) -> None:
        first, note = events("servicenow", saved("insert", journal=[written("work_notes")]))
        assert (first["type"], note["message"]["visibility"]) == ("ticket.created", "internal")


class TestJournals:
    @pytest.mark.parametrize(("element", "visibility"), [("comments", "public"), ("work_notes", "internal")])
    def test_comments_and_notes(self, element: str, visibility: str) -> None:
        found = told("message.added", saved(journal=[written(element)]))
        assert kept(found, "id", "occurred_at", "actor", "message") == {
            "id": f"INC0010001|journal|{element}%7Ckim%7C2026-03-01T08:30:00Z",
            "occurred_at": "2026-03-01T08:30:00Z",
            "actor": {"kind": "agent", "id": "u1"},
            "message": {"id": f"{element}|kim|2026-03-01T08:30:00Z", "visibility": visibility},
        }

    def test_both_at_once(self) -> None:
        payload = saved(journal=[written("comments"), written("work_notes")])
        visible = [one["message"]["visibility"] for one in events("servicenow", payload) if "message" in one]
        assert visible == ["public", "internal"]

    def test_its_own_id_if_the_rule_sends_it(self) -> None:
        assert told("message.added", saved(comment={**written(), "sys_id": "j9"}))["message"]["id"] == "j9"

    @pytest.mark.parametrize(
        ("actor", "kind"),
        [
            (AGENT, "agent"),
            (CALLER, "customer"),
            ({"id": "c1", "name": "anna", "agent": True}, "customer"),
            ({"id": "c2", "name": "ben", "agent": False}, "customer"),
            ({"id": "s", "name": "system", "agent": True}, "system"),
            ({"id": "b7", "name": "sync.bot", "agent": True}, "bot"),
            ({"id": "b8", "name": "other.bot", "agent": True}, "bot"),
            ({"id": "u2", "name": "lee"}, "unknown"),
        ],
    )
    def test_who_speaks(self, actor: dict[str, Any], kind: str) -> None:
        payload = saved(actor=actor, journal=[written(by=actor["name"])])
        assert told("message.added", payload, bots=["sync.bot", "b8"])["actor"]["kind"] == kind

    @pytest.mark.parametrize(("by", "kind"), [("lee", "unknown"), ("system", "system"), ("sync.bot", "bot")])
    def test_the_author_is_not_who_saved_it(self, by: str, kind: str) -> None:
        found = told("message.added", saved(journal=[written(by=by)]), bots=["sync.bot"])
        assert found["actor"] == {"kind": kind, "id": by}


class TestSnapshot:
    def test_of_its_revision(self) -> None:
        found = {one["type"]: one for one in events("servicenow", saved())}
        assert kept(found["status.changed"], "id", "occurred_at", "created_at", "sequence", "status", "actor") == {
            "id": "INC0010001|status|4",
            "occurred_at": "2026-03-01T08:30:00Z",
            "created_at": "2026-03-01T08:00:00Z",
            "sequence": 4,
            "status": "open",
            "actor": {"kind": "agent", "id": "u1"},
        }
        assert kept(found["assignment.changed"], "assignee", "group") == {"assignee": "u1", "group": None}
        assert found["attributes.changed"]["attributes"] == {"priority": "high", "channel": "web"}

    @pytest.mark.parametrize(
        ("fields", "status"),
        [
            ({"state": "1"}, "new"),
            ({"state": "3", "hold_reason": "1"}, "pending"),
            ({"state": "3", "hold_reason": "4"}, "on_hold"),
            ({"state": "3", "hold_reason": "Awaiting Caller"}, "pending"),
            ({"state": "6"}, "solved"),
            ({"state": "7"}, "closed"),
            ({"state": "8"}, "closed"),
            ({"table": "sn_customerservice_case", "state": "3"}, "closed"),
            ({"table": "sn_customerservice_case", "state": "18"}, "pending"),
            ({"table": "u_request", "state": "3", "state_name": "Closed Complete"}, "closed"),
            ({"state": None, "state_name": "Resolved"}, "solved"),
        ],
    )
    def test_statuses(self, fields: dict[str, Any], status: str) -> None:
        assert told("status.changed", saved(**fields))["status"] == status

    def test_an_unknown_status_is_open_and_counted(self) -> None:
        payload = saved(table="u_request", state="17", state_name="Quantum")
        assert len(translation("servicenow", payload).unknown_statuses) == 1
        assert told("status.changed", payload)["status"] == "open"
        for name in ("QUANTUM", 17):
            assert told("status.changed", payload, status_map={name: "on_hold"})["status"] == "on_hold"

    @pytest.mark.parametrize(
        ("tool", "ours"), [("1", "urgent"), ("3 - Moderate", "normal"), ("Moderate", "normal"), ("5", "low")]
    )
    def test_priorities(self, tool: str, ours: str) -> None:
        assert told("attributes.changed", saved(priority=tool))["attributes"]["priority"] == ours

    def test_attributes_that_the_connection_maps(self) -> None:
        found = told("attributes.changed", saved(tier="vip"), attributes={"tier": "tier"})
        assert found["attributes"]["tier"] == "vip"

    def test_deleted(self) -> None:
        found = event("servicenow", saved("delete", sys_updated_on=None))
        assert kept(found, "type", "occurred_at") == {"type": "ticket.deleted", "occurred_at": RECEIVED}


class TestIdentity:
    def test_two_rules_tell_one_fact(self) -> None:
        payload = saved(journal=[written()])
        assert events("servicenow", payload) == events("servicenow", {**payload, "sys_id": "other"})

    def test_two_revisions_within_a_second_keep_their_order(self) -> None:
        told_first = [saved(sys_mod_count="10", state="6", state_name="Resolved"), saved(sys_mod_count="9")]
        log = [parse_event(one) for payload in told_first for one in events("servicenow", payload)]
        result = evaluate_ticket(log, DEFAULT_POLICY, NOW)
        assert result is not None
        assert result.document()["state"] == "solved"


class TestUnreadable:
    @pytest.mark.parametrize(
        ("payload", "why"),
        [
            (b"{", "is not JSON"),
            ({}, "number: is missing"),
            (saved(schema="servicenow.v2"), "schema: must be servicenow.v1"),
            (saved(sys_updated_on="2026-03-01 08:30:00"), "sys_updated_on: has no offset"),
            (saved(journal=[written("description")]), "journal[0].element: must be one of comments, work_notes"),
            (saved(actor={"id": "u1", "agent": "yes"}), "actor.agent: must be true or false"),
        ],
    )
    def test_says_what_is_wrong(self, payload: Any, why: str) -> None:
        assert why in reason(translation("servicenow", payload))

    def test_another_account(self) -> None:
        assert events("servicenow", saved(), account="Acme")
        assert events("servicenow", saved(instance="acme.service-now.com"), account="acme")
        assert "account" in reason(translation("servicenow", saved(), account="globex"))


OPTIONS: dict[str, Any] = {"bots": ["b7"], "timezone": "Europe/Berlin", "attributes": {"tier": "tier"}}
PLAUSIBLE = [
    saved("insert", actor=CALLER),
    saved(journal=[written(), written("work_notes")]),
    saved("delete"),
    saved(comment=written(), state="3", hold_reason="1", tier="vip"),
]


class TestHostile:
    @given(data=st.data())
    @settings(deadline=None)
    def test_mutated(self, data: st.DataObject) -> None:
        check("servicenow", data.draw(mutated(PLAUSIBLE)), **OPTIONS)

    def test_whole(self) -> None:
        for one in PLAUSIBLE:
            assert check("servicenow", one, **OPTIONS).unreadable == ()


class TestToken:
    def test_one_of_the_secrets(self) -> None:
        hook = webhook(saved(), source("servicenow").sign(b"", "ours", NOW))
        source("servicenow").verify(hook, ["older", "ours"], NOW, connection("servicenow"))

    @pytest.mark.parametrize("headers", [{}, {"X-Replyclock-Token": ""}, {"X-Replyclock-Token": "theirs"}])
    @pytest.mark.parametrize("secrets", [["ours"], [""], []])
    def test_anything_else_is_refused(self, headers: dict[str, str], secrets: list[str]) -> None:
        with pytest.raises(Unauthenticated):
            source("servicenow").verify(webhook(b"{}", headers), secrets, NOW, connection("servicenow"))


class TestRecorded:
    NAME = "servicenow/SYNTHETIC_incident_updated.json"

    def test_with_times_in_the_zone_of_the_connection(self) -> None:
        status, assignment, attributes, comment = events("servicenow", sample(self.NAME), timezone="UTC")
        at = {"occurred_at": "2026-03-01T09:00:00Z", "created_at": "2026-03-01T08:00:00Z", "ticket": "INC0010001"}
        for one in (status, assignment, attributes, comment):
            assert kept(one, *at) == at
            # Neither the roles of `itil` nor the user name of the caller is in it.
            assert one["actor"] == {"kind": "unknown", "id": "itil"}
        assert status["status"] == "pending"
        assert kept(assignment, "assignee", "group") == {"assignee": "u1", "group": "g1"}
        assert attributes["attributes"] == {"priority": "high"}
        assert comment["message"]["visibility"] == "public"

    def test_without_a_zone_it_is_refused(self) -> None:
        assert "has no offset" in reason(translation("servicenow", sample(self.NAME)))


def test_an_incident_from_its_first_to_its_last_clock() -> None:
    """Opened at 8:00, noted at 8:10, answered at 8:20, on hold for the caller 8:30 to 8:50, resolved at 9:00."""

    def at(time: str, revision: int, **fields: Any) -> dict[str, Any]:
        moment = f"2026-03-01T{time}:00Z"
        journal = [written(element, at=moment) for element in fields.pop("journal", ())]
        return saved(sys_updated_on=moment, sys_mod_count=str(revision), journal=journal, **fields)

    told_by_servicenow = [
        saved("insert", actor=CALLER, state="1", assigned_to="", sys_mod_count="0"),
        at("08:10", 1, journal=["work_notes"], state="1", state_name="New", assigned_to=""),
        at("08:20", 2, journal=["comments"]),
        at("08:30", 3, state="3", state_name="On Hold", hold_reason="1"),
        at("08:50", 4, actor=CALLER),
        at("09:00", 5, state="6", state_name="Resolved"),
    ]
    log = [parse_event(one) for payload in told_by_servicenow for one in events("servicenow", payload)]
    result = evaluate_ticket(log, DEFAULT_POLICY, parse_instant("2026-03-01T12:00:00Z"))
    assert result is not None
    document = result.document()
    clocks = {clock["metric"]: clock for clock in document["clocks"]}
    assert kept(clocks["first_response"], "seconds", "stopped_by") == {"seconds": 20 * 60, "stopped_by": "reply"}
    assert kept(clocks["resolution"], "seconds", "active_seconds") == {"seconds": 50 * 60, "active_seconds": 30 * 60}
    assert document["time_in_status"] == {"new": 20 * 60, "open": 20 * 60, "pending": 20 * 60}
