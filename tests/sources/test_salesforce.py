"""What Salesforce's change events mean, as EventBridge passes them on."""

from __future__ import annotations

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

from .builders import NOW, RECEIVED, connection, event, events, kept, reason, sample, translation, webhook
from .mutations import check, mutated

AT = "2026-03-01T08:30:00.250Z"
TOLD_AT = "2026-03-01T08:30:00.250000Z"
CASE, MAIL, ANN, QUEUE = "500000000000007AAA", "02s000000000009AAA", "005000000000012AAA", "00G000000000003AAA"


def ms(text: str) -> int:
    return parse_instant(text) // 1000


def change(
    kind: str,
    fields: Mapping[str, Any] | None = None,
    *,
    entity: str = "Case",
    header: Mapping[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """An EventBridge event about case 7, committed by Ann at 08:30:00.250; of an update all its fields have changed."""
    values = dict(fields or {})
    return {
        "version": "0",
        "id": "11111111-2222-3333-4444-555555555555",
        "detail-type": f"{entity}ChangeEvent",
        "source": "aws.partner/salesforce.com/00D000000000001EAA/0YL000000000001AAA",
        "account": "123456789012",
        "time": "2026-03-01T08:30:02Z",
        "region": "eu-central-1",
        "detail": {
            "payload": {
                "ChangeEventHeader": {
                    "entityName": entity,
                    "recordIds": [CASE if entity == "Case" else MAIL],
                    "changeType": kind,
                    "transactionKey": "0005e192-9e62-2554-3880-3c3718bd6308",
                    "sequenceNumber": 1,
                    "commitTimestamp": ms(AT),
                    "commitNumber": 74487681550,
                    "commitUser": ANN,
                    "changedFields": list(values) if kind == "UPDATE" else [],
                    **(header or {}),
                },
                **values,
            }
        },
        **more,
    }


def created(**fields: Any) -> dict[str, Any]:
    values = {
        "Status": "New",
        "Priority": "High",
        "Origin": "Web",
        "OwnerId": QUEUE,
        "ContactId": "003000000000005AAA",
        "CreatedDate": "2026-03-01T08:00:00.000Z",
        "Tier__c": "Gold",
        **fields,
    }
    return change("CREATE", {name: value for name, value in values.items() if value is not None})


def mail(*, header: Mapping[str, Any] | None = None, kind: str = "CREATE", **fields: Any) -> dict[str, Any]:
    values = {"ParentId": CASE, "Incoming": False, "Status": "3", "MessageDate": "2026-03-01T08:20:00.000Z", **fields}
    return change(kind, values, entity="EmailMessage", header=header)


PLAUSIBLE: list[Any] = [
    created(),
    change("UPDATE", {"Status": "Working", "OwnerId": ANN, "Priority": None, "Origin": "Phone"}),
    change("UPDATE", {"MasterRecordId": "500000000000008AAA"}),
    change("DELETE", header={"recordIds": [CASE, "500000000000008AAA"]}),
    change("UNDELETE"),
    change("GAP_UPDATE"),
    mail(Incoming=True, Headers="Auto-Submitted: auto-replied"),
]
"""Bodies from which hostile ones are made."""
OPTIONS: dict[str, Any] = {
    "bots": ["005"],
    "timezone": "Europe/Berlin",
    "attributes": {"tier": "detail.payload.Status"},
}


class TestCreation:
    def test_created_by_the_customer(self) -> None:
        assert event("salesforce", created()) == {
            "id": f"{CASE}|created",
            "ticket": CASE,
            "type": "ticket.created",
            "occurred_at": "2026-03-01T08:00:00Z",
            "created_at": "2026-03-01T08:00:00Z",
            "tenant": "default",
            "source": "salesforce",
            "sequence": 74487681550,
            "actor": {"kind": "customer", "id": "003000000000005AAA"},
            "requester": "003000000000005AAA",
            "status": "new",
            "group": QUEUE,
            "attributes": {"channel": "web", "priority": "high"},
            "message": {"id": "opening", "visibility": "public"},
        }

    @pytest.mark.parametrize(
        ("origin", "channel", "actor", "opening"),
        [
            ("Phone", "phone", {"kind": "agent"}, False),
            ("Email", "email", {"kind": "agent"}, False),
            (None, None, {"kind": "agent"}, False),
            ("Chat", "chat", {"kind": "customer", "id": "003000000000005AAA"}, True),
            ("WhatsApp", "social", {"kind": "customer", "id": "003000000000005AAA"}, True),
        ],
    )
    def test_by_its_origin(self, origin: str | None, channel: str | None, actor: Any, opening: bool) -> None:
        told = event("salesforce", created(Origin=origin))
        assert told["attributes"].get("channel") == channel
        assert told["actor"] == actor
        assert ("message" in told) == opening

    def test_by_a_program(self) -> None:
        assert event("salesforce", created(Origin="Email"), bots=[ANN.lower()])["actor"] == {"kind": "bot"}

    @pytest.mark.parametrize("date", [1772352000000, "2026-03-01T08:00:00.000+0000", "2026-03-01T09:00:00.000+0100"])
    def test_dates_are_texts_or_milliseconds(self, date: Any) -> None:
        assert event("salesforce", created(CreatedDate=date))["occurred_at"] == "2026-03-01T08:00:00Z"

    def test_without_a_date_it_was_created_when_committed(self) -> None:
        told = event("salesforce", created(CreatedDate=None, Status=None, OwnerId=ANN))
        assert kept(told, "occurred_at", "created_at", "status", "assignee", "group") == {
            "occurred_at": TOLD_AT,
            "created_at": TOLD_AT,
            "status": "new",
            "assignee": ANN,
            "group": None,
        }

    def test_attributes_that_the_connection_maps(self) -> None:
        told = event("salesforce", created(), attributes={"tier": "detail.payload.Tier__c"})
        assert told["attributes"] == {"channel": "web", "priority": "high", "tier": "Gold"}


class TestChanges:
    @pytest.mark.parametrize(
        ("name", "status", "unknown"),
        [
            ("New", "new", 0),
            ("WORKING", "open", 0),
            ("Escalated", "open", 0),
            ("Waiting on Customer", "pending", 0),
            ("On Hold", "on_hold", 0),
            ("Resolved", "solved", 0),
            ("Closed", "closed", 0),
            ("Bei Lieferant", "open", 1),
        ],
    )
    def test_status(self, name: str, status: str, unknown: int) -> None:
        translated = translation("salesforce", change("UPDATE", {"Status": name}))
        (told,) = map(event_document, translated.events)
        assert kept(told, "type", "occurred_at", "status", "actor") == {
            "type": "status.changed",
            "occurred_at": TOLD_AT,
            "status": status,
            "actor": {"kind": "agent", "id": ANN},
        }
        assert len(translated.unknown_statuses) == unknown

    def test_the_connection_names_statuses(self) -> None:
        body = change("UPDATE", {"Status": "Bei Lieferant"})
        assert event("salesforce", body, status_map={"BEI LIEFERANT": "on_hold"})["status"] == "on_hold"

    @pytest.mark.parametrize(("user", "kind"), [(ANN, "agent"), ("005BOT", "bot"), (None, "unknown")])
    def test_who_changed_it(self, user: str | None, kind: str) -> None:
        body = change("UPDATE", {"Status": "Working"}, header={"commitUser": user})
        assert event("salesforce", body, bots=["005bot"])["actor"]["kind"] == kind

    def test_owner(self) -> None:
        to_ann = event("salesforce", change("UPDATE", {"OwnerId": ANN}))
        assert kept(to_ann, "id", "type") == {
            "id": f"{CASE}|owner|{ANN}|{TOLD_AT}",
            "type": "assignment.changed",
        }
        assert (to_ann["assignee"], "group" in to_ann) == (ANN, False)
        to_queue = event("salesforce", change("UPDATE", {"OwnerId": QUEUE}))
        assert (to_queue["assignee"], to_queue["group"]) == (None, QUEUE)

    def test_only_what_changed(self) -> None:
        body = change("UPDATE", {"Status": "Working", "Priority": None}, header={"changedFields": ["Status"]})
        assert [one["type"] for one in events("salesforce", body)] == ["status.changed"]

    def test_a_field_that_was_emptied_may_be_left_out(self) -> None:
        body = change("UPDATE", header={"changedFields": ["Priority"], "nulledFields": ["Priority"]})
        assert event("salesforce", body)["attributes"] == {"priority": None}

    def test_a_medium_priority_is_normal(self) -> None:
        body = change("UPDATE", {"Priority": "Medium"}, header={"changedFields": ["Priority"]})
        assert event("salesforce", body)["attributes"] == {"priority": "normal"}

    def test_a_field_that_the_connection_maps(self) -> None:
        body = change("UPDATE", {"Tier__c": "Silver"})
        assert events("salesforce", body) == []
        assert event("salesforce", body, attributes={"tier": "detail.payload.Tier__c"})["attributes"] == {
            "tier": "Silver"
        }

    def test_merged(self) -> None:
        told = event("salesforce", change("UPDATE", {"MasterRecordId": "500000000000008AAA"}))
        assert kept(told, "type", "into") == {"type": "ticket.merged", "into": "500000000000008AAA"}

    @pytest.mark.parametrize(
        ("kind", "told"),
        [
            ("DELETE", "ticket.deleted"),
            ("GAP_DELETE", "ticket.deleted"),
            ("UNDELETE", "ticket.restored"),
            ("GAP_UNDELETE", "ticket.restored"),
        ],
    )
    def test_deleted_and_back(self, kind: str, told: str) -> None:
        assert event("salesforce", change(kind))["type"] == told

    def test_of_several_records(self) -> None:
        ids = [CASE, "500000000000008AAA", CASE]
        translated = translation("salesforce", change("UPDATE", {"Status": "Odd"}, header={"recordIds": ids}))
        assert [one.ticket for one in translated.events] == ids[:2]
        assert len(translated.unknown_statuses) == 2


class TestMails:
    @pytest.mark.parametrize(
        ("fields", "actor"),
        [
            ({}, {"kind": "agent", "id": ANN}),
            ({"Incoming": True}, {"kind": "customer"}),
            ({"Incoming": True, "Headers": "From: x\nAuto-Submitted: auto-replied\n"}, {"kind": "bot"}),
            ({"Incoming": True, "Headers": "From: x\nAuto-Submitted: no\n"}, {"kind": "customer"}),
        ],
    )
    def test_who_speaks(self, fields: dict[str, Any], actor: dict[str, str]) -> None:
        told = event("salesforce", mail(**fields))
        assert kept(told, "id", "ticket", "type", "occurred_at", "actor", "message") == {
            "id": f"{CASE}|email|{MAIL}",
            "ticket": CASE,
            "type": "message.added",
            "occurred_at": "2026-03-01T08:20:00Z",
            "actor": actor,
            "message": {"id": MAIL, "visibility": "public"},
        }

    def test_by_a_program(self) -> None:
        assert event("salesforce", mail(header={"commitUser": "005BOT"}), bots=["005bot"])["actor"]["kind"] == "bot"

    @pytest.mark.parametrize("fields", [{"Status": "5"}, {"ParentId": "001000000000001AAA"}, {"ParentId": None}])
    def test_drafts_and_those_of_no_case_are_not_told(self, fields: dict[str, Any]) -> None:
        assert events("salesforce", mail(**fields)) == []

    def test_read_or_deleted_later(self) -> None:
        assert events("salesforce", mail(kind="UPDATE")) == []
        assert events("salesforce", mail(kind="DELETE")) == []


class TestEnvelope:
    @pytest.mark.parametrize("kind", ["AccountChangeEvent", "CaseCommentChangeEvent", "Order_Event__e"])
    def test_other_kinds(self, kind: str) -> None:
        assert events("salesforce", {"detail-type": kind}) == []

    @pytest.mark.parametrize("account", ["00D000000000001EAA", "00D000000000001"])
    def test_of_the_connections_account(self, account: str) -> None:
        assert len(events("salesforce", created(), account=account)) == 1

    @pytest.mark.parametrize("origin", ["aws.partner/salesforce.com/00D000000000002EAA/0YL", "com.acme.app", None])
    def test_of_another_account(self, origin: str | None) -> None:
        body = created() | {"source": origin}
        why = "source: is not of the account of this connection"
        assert reason(translation("salesforce", body, account="00D000000000001")) == why

    @pytest.mark.parametrize(
        ("body", "why"),
        [
            (b"nonsense", "is not JSON"),
            ({}, "detail-type: is missing"),
            ({"detail-type": "CaseChangeEvent"}, "detail: is missing"),
            (change("UPDATE", header={"recordIds": []}), "recordIds: must be a list of ids"),
            (change("UPDATE", header={"recordIds": ["500*"]}), "recordIds: is a wildcard"),
            (change("UPDATE", header={"commitTimestamp": "now"}), "commitTimestamp: must be a number"),
            (change("UPDATE", {"Status": 5}), "detail.payload.Status: must be a text"),
            (change("GAP_UPDATE"), "changeType: is a gap: what changed is not told"),
            (change("GAP_CREATE"), "changeType: is a gap: what changed is not told"),
            (created(CreatedDate="yesterday"), "CreatedDate: not an RFC 3339"),
        ],
    )
    def test_unreadable_names_the_field(self, body: object, why: str) -> None:
        assert why in reason(translation("salesforce", body))

    def test_without_a_time_it_occurred_when_received(self) -> None:
        body = change("UPDATE", {"Status": "Working"}, header={"commitTimestamp": None})
        assert event("salesforce", body)["occurred_at"] == RECEIVED

    def test_the_same_fact_replayed(self) -> None:
        body = change("UPDATE", {"Status": "Working"})
        again = body | {"id": "another", "time": "2026-03-02T00:00:00Z"}
        assert events("salesforce", body) == events("salesforce", again)


@given(body=mutated(PLAUSIBLE))
@settings(deadline=None)
def test_hostile_bodies_give_events_and_reasons_only(body: Any) -> None:
    check("salesforce", body, **OPTIONS)


class TestToken:
    BODY = json.dumps(created()).encode()

    def verify(self, headers: Mapping[str, str], *secrets: str) -> None:
        source("salesforce").verify(webhook(self.BODY, headers), secrets, NOW, connection("salesforce"))

    def test_what_it_sends_it_takes(self) -> None:
        self.verify(source("salesforce").sign(self.BODY, "ours", NOW), "newer", "ours")

    @pytest.mark.parametrize(
        ("headers", "secrets", "why"),
        [
            ({}, ["ours"], "has no X-Replyclock-Token"),
            ({"X-Replyclock-Token": "theirs"}, ["ours"], "none of the connection's"),
            ({"X-Replyclock-Token": ""}, [""], "no secret"),
        ],
    )
    def test_refused(self, headers: dict[str, str], secrets: list[str], why: str) -> None:
        with pytest.raises(Unauthenticated, match=why):
            self.verify(headers, *secrets)


def test_a_day_of_a_case_makes_right_clocks() -> None:
    """The customer's e-mail opens the case, a program answers at once, Ann after 20 minutes, who then closes it."""
    first: dict[str, Any] = {"MessageDate": "2026-03-01T08:00:00.000Z", "Incoming": True}
    answer: dict[str, Any] = {"MessageDate": "2026-03-01T08:00:05.000Z", "Headers": "Auto-Submitted: auto-generated"}
    told = [
        *events("salesforce", created(Origin="Email")),
        *events("salesforce", mail(header={"recordIds": ["02s1"]}, **first)),
        *events("salesforce", mail(header={"recordIds": ["02s2"]}, **answer)),
        *events("salesforce", mail()),
        *events("salesforce", change("UPDATE", {"Status": "Closed"})),
    ]
    result = evaluate_ticket([parse_event(one) for one in told], DEFAULT_POLICY, NOW)
    assert result is not None
    document = result.document()
    assert document["state"] == "closed"
    assert kept(document["counts"], "replies", "customer_messages", "bot_messages") == {
        "replies": 1,
        "customer_messages": 1,
        "bot_messages": 1,
    }
    clocks = {one["metric"]: (one["stopped_by"], one["seconds"]) for one in document["clocks"]}
    assert clocks == {
        "first_response": ("reply", 1200),
        "resolution": ("solve", 600.25),
        "total_response": ("solve", 1800.25),
    }


@pytest.mark.parametrize("account", [None, "00D000000000001"])
def test_a_sample_opens_a_ticket_and_ends_it(account: str | None) -> None:
    there = connection("salesforce") if account is None else connection("salesforce", account=account)
    opening, end = source("salesforce").sample(CASE, NOW, there)
    for body in (opening, end):
        headers = source("salesforce").sign(body, "ours", NOW, url=there.url or "")
        source("salesforce").verify(webhook(body, headers), ["ours"], NOW, there)
    (created,) = map(event_document, source("salesforce").translate(webhook(opening), there).events)
    assert kept(created, "ticket", "type", "occurred_at", "actor") == {
        "ticket": CASE,
        "type": "ticket.created",
        "occurred_at": RECEIVED,
        "actor": {"kind": "customer", "id": "replyclock-test"},
    }
    (ended,) = map(event_document, source("salesforce").translate(webhook(end), there).events)
    assert kept(ended, "ticket", "type", "occurred_at") == {
        "ticket": CASE,
        "type": "ticket.deleted",
        "occurred_at": "2026-03-01T09:00:02Z",
    }


class TestRecorded:
    def test_a_status(self) -> None:
        assert event("salesforce", sample("salesforce/SYNTHETIC_eventbridge_case_change_event.json")) == {
            "id": "500000000000001AAA|status|Escalated|2026-03-01T09:00:00Z",
            "ticket": "500000000000001AAA",
            "type": "status.changed",
            "occurred_at": "2026-03-01T09:00:00Z",
            "tenant": "default",
            "source": "salesforce",
            "sequence": 74487681550,
            "actor": {"kind": "agent", "id": "005000000000001AAA"},
            "status": "open",
        }
