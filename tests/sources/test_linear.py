"""What Linear's webhooks mean."""

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

from .builders import MINUTE, NOW, RECEIVED, connection, event, events, kept, reason, sample, translation, webhook
from .mutations import check, mutated

AT = "2026-03-01T08:30:00.250Z"
TOLD_AT = "2026-03-01T08:30:00.250000Z"
ANN = {"id": "ann", "type": "user", "name": "Ann"}
APP = {"id": "app", "type": "oauthClient", "name": "Robot"}


def state(name: str, kind: str) -> dict[str, Any]:
    return {"id": f"state-{name}", "name": name, "type": kind}


def linear(
    kind: str,
    action: str,
    data: Mapping[str, Any],
    *,
    actor: Mapping[str, Any] | None = None,
    at: str | None = AT,
    **more: Any,
) -> dict[str, Any]:
    return {
        "action": action,
        "type": kind,
        "actor": ANN if actor is None else actor,
        "createdAt": at,
        "data": data,
        "url": "https://linear.app/acme/issue/WEB-7/checkout-fails",
        "organizationId": "org-1",
        "webhookTimestamp": NOW // 1000,
        **more,
    }


def issue(action: str, before: Mapping[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """A webhook about WEB-7, which cus opened at 08:00:00 and nobody has."""
    envelope: dict[str, Any] = {
        name: fields.pop(name) for name in ("actor", "at", "url", "organizationId") if name in fields
    }
    data = {
        "id": "issue-uuid",
        "identifier": "WEB-7",
        "number": 7,
        "createdAt": "2026-03-01T08:00:00.000Z",
        "updatedAt": AT,
        "title": "Checkout fails",
        "creatorId": "cus",
        "priority": 2,
        "priorityLabel": "High",
        "labels": [{"id": "l2", "name": "bug"}, {"id": "l1", "name": "api"}],
        "state": state("Todo", "unstarted"),
        "team": {"id": "team-uuid", "key": "WEB", "name": "Web"},
        "customers": [{"tier": {"name": "Gold"}}],
        **fields,
    }
    if before is not None:
        envelope["updatedFrom"] = before
    return linear("Issue", action, data, **envelope)


def comment(action: str = "create", *, actor: Mapping[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    data = {
        "id": "c-1",
        "createdAt": "2026-03-01T08:10:00.500Z",
        "updatedAt": "2026-03-01T08:10:00.500Z",
        "body": "On it.",
        "issueId": "issue-uuid",
        "issue": {"id": "issue-uuid", "title": "Checkout fails"},
        "userId": "ann",
        **fields,
    }
    return linear("Comment", action, data, actor=actor)


PLAUSIBLE: list[Any] = [
    issue("create"),
    issue("update", {"stateId": "x", "priority": 0, "labelIds": [], "assigneeId": None}),
    issue("update", {"teamId": "other"}, previousIdentifiers=["OPS-3"]),
    issue("update", {"trashed": True}),
    issue("remove"),
    comment(),
    comment(externalUser={"id": "ext"}, userId=None, botActor={"id": "slack"}),
]
"""Bodies from which hostile ones are made."""
OPTIONS: dict[str, Any] = {
    "bots": ["app"],
    "status_map": {"Todo": "on_hold"},
    "attributes": {"tier": "data.labels.0.name"},
}


class TestCreation:
    def test_created(self) -> None:
        assert event("linear", issue("create", assigneeId="ann")) == {
            "id": "WEB-7|created",
            "ticket": "WEB-7",
            "type": "ticket.created",
            "occurred_at": "2026-03-01T08:00:00Z",
            "created_at": "2026-03-01T08:00:00Z",
            "tenant": "default",
            "source": "linear",
            "actor": {"kind": "customer", "id": "cus"},
            "requester": "cus",
            "status": "new",
            "assignee": "ann",
            "group": "WEB",
            "attributes": {"priority": "high", "tags": ["api", "bug"]},
            "message": {"id": "opening", "visibility": "public"},
        }

    @pytest.mark.parametrize(
        ("fields", "actor", "kind"),
        [
            ({}, "cus", "customer"),
            ({"creatorId": "ROBOT"}, "ROBOT", "bot"),
            ({"creatorId": "app", "actor": APP}, "app", "bot"),
            ({"creatorId": None, "botActor": {"id": "sentry"}}, "sentry", "bot"),
            ({"creatorId": None, "externalUserCreatorId": "ext", "botActor": {"id": "slack"}}, "ext", "customer"),
            ({"creatorId": None}, None, "unknown"),
        ],
    )
    def test_who_opens(self, fields: dict[str, Any], actor: str | None, kind: str) -> None:
        told = event("linear", issue("create", **fields), bots=["robot"])
        assert told["actor"] == ({"kind": kind} if actor is None else {"kind": kind, "id": actor})
        assert told.get("requester") == actor

    def test_no_priority_and_what_the_connection_maps(self) -> None:
        body = issue("create", priority=0, priorityLabel="No priority", labels=[])
        told = event("linear", body, attributes={"tier": "data.customers.0.tier.name", "brand": "data.project.name"})
        assert told["attributes"] == {"tier": "Gold"}


class TestStatus:
    @pytest.mark.parametrize(
        ("kind", "told", "unknown"),
        [
            ("triage", "new", 0),
            ("backlog", "new", 0),
            ("unstarted", "new", 0),
            ("Started", "open", 0),
            ("completed", "solved", 0),
            ("canceled", "closed", 0),
            ("duplicate", "closed", 0),
            ("invented", "open", 1),
        ],
    )
    def test_by_the_type_of_the_state(self, kind: str, told: str, unknown: int) -> None:
        translated = translation("linear", issue("update", {"stateId": "before"}, state=state("Any", kind)))
        assert [one.status for one in translated.events if one.type == "status.changed"] == [told]
        assert len(translated.unknown_statuses) == unknown

    @pytest.mark.parametrize("mapped", ["waiting for customer", "state-waiting for customer"])
    def test_the_connection_names_states_by_name_or_id(self, mapped: str) -> None:
        body = issue("update", {"stateId": "before"}, state=state("Waiting for customer", "started"))
        told = event("linear", body, status_map={mapped: "pending"})
        assert kept(told, "id", "type", "occurred_at", "created_at", "status", "actor") == {
            "id": f"WEB-7|status|{TOLD_AT}",
            "type": "status.changed",
            "occurred_at": TOLD_AT,
            "created_at": "2026-03-01T08:00:00Z",
            "status": "pending",
            "actor": {"kind": "agent", "id": "ann"},
        }

    @pytest.mark.parametrize(
        ("until", "kind", "told"),
        [
            ("2026-03-02T08:00:00Z", "triage", "pending"),
            ("2026-03-02T08:00:00Z", "completed", "solved"),
            ("2026-03-01T08:30:00Z", "triage", "new"),
            (None, "triage", "new"),
        ],
    )
    def test_snoozed(self, until: str | None, kind: str, told: str) -> None:
        body = issue("update", {"snoozedUntilAt": None}, snoozedUntilAt=until, state=state("Any", kind))
        assert event("linear", body)["status"] == told

    @pytest.mark.parametrize(
        ("actor", "kind"),
        [(ANN, "agent"), ({"id": "cus", "type": "user"}, "customer"), (APP, "bot"), ({}, "unknown")],
    )
    def test_who_changed_it(self, actor: Any, kind: str) -> None:
        assert event("linear", issue("update", {"stateId": "before"}, actor=actor))["actor"]["kind"] == kind


class TestChanges:
    def test_assigned_and_unassigned(self) -> None:
        told = event("linear", issue("update", {"assigneeId": None}, assigneeId="ann"))
        assert kept(told, "type", "id", "assignee") == {
            "type": "assignment.changed",
            "id": f"WEB-7|assignment|{TOLD_AT}",
            "assignee": "ann",
        }
        assert event("linear", issue("update", {"assigneeId": "ann"}))["assignee"] is None

    def test_priority_and_labels(self) -> None:
        told = event("linear", issue("update", {"priority": 0, "labelIds": []}, priority=1, priorityLabel="Urgent"))
        assert told["attributes"] == {"priority": "urgent", "tags": ["api", "bug"]}
        told = event("linear", issue("update", {"priority": 0}, priority=3, priorityLabel="Medium"))
        assert told["attributes"] == {"priority": "normal"}

    def test_what_says_nothing_about_clocks(self) -> None:
        assert events("linear", issue("update", {"title": "Before", "updatedAt": "2026-03-01T08:20:00Z"})) == []
        mapped = {"brand": "data.title"}
        assert event("linear", issue("update", {"title": "Before"}), attributes=mapped)["attributes"] == {
            "brand": "Checkout fails"
        }

    def test_moved_to_another_team(self) -> None:
        told = events("linear", issue("update", {"teamId": "ops"}, previousIdentifiers=["DES-1", "OPS-3"]))
        assert [(one["ticket"], one["type"]) for one in told] == [
            ("OPS-3", "ticket.deleted"),
            ("WEB-7", "ticket.restored"),
            ("WEB-7", "attributes.changed"),
            ("WEB-7", "assignment.changed"),
            ("WEB-7", "status.changed"),
        ]

    def test_trash_and_back(self) -> None:
        trashed = event("linear", issue("update", {"trashed": None}, trashed=True))
        assert kept(trashed, "type", "id") == {"type": "ticket.deleted", "id": f"WEB-7|deleted|{TOLD_AT}"}
        assert event("linear", issue("remove", trashed=True)) == trashed
        assert event("linear", issue("remove")) == trashed
        assert event("linear", issue("update", {"trashed": True}, trashed=None))["type"] == "ticket.restored"

    def test_archived_is_not_deleted(self) -> None:
        assert events("linear", issue("remove", archivedAt=AT)) == []


class TestComments:
    @pytest.mark.parametrize(
        ("fields", "actor", "kind", "who"),
        [
            ({}, ANN, "agent", "ann"),
            ({}, {}, "agent", "ann"),
            ({"userId": None, "user": {"id": "ann"}}, ANN, "agent", "ann"),
            ({"userId": "Robot"}, ANN, "bot", "Robot"),
            ({"userId": "app"}, APP, "bot", "app"),
            ({"userId": None, "botActor": {"id": "sentry"}}, {}, "bot", "sentry"),
            ({"userId": None}, APP, "bot", "app"),
            ({"userId": None, "externalUserId": "ext", "botActor": {"id": "slack"}}, APP, "customer", "ext"),
            ({"userId": None}, {}, "unknown", None),
        ],
    )
    def test_who_speaks(self, fields: dict[str, Any], actor: Any, kind: str, who: str | None) -> None:
        told = event("linear", comment(actor=actor, **fields), bots=["robot"])
        assert kept(told, "id", "type", "occurred_at", "actor", "message") == {
            "id": "WEB-7|comment|c-1",
            "type": "message.added",
            "occurred_at": "2026-03-01T08:10:00.500000Z",
            "actor": {"kind": kind} if who is None else {"kind": kind, "id": who},
            "message": {"id": "c-1", "visibility": "public"},
        }

    @pytest.mark.parametrize("action", ["update", "remove"])
    def test_edited_and_deleted_ones_stay_told(self, action: str) -> None:
        assert events("linear", comment(action)) == []

    def test_of_a_project_update_is_of_no_ticket(self) -> None:
        assert events("linear", comment(issueId=None, issue=None, projectUpdateId="p")) == []


class TestEnvelope:
    @pytest.mark.parametrize("kind", ["Project", "Reaction", "IssueLabel", "IssueSLA", "Cycle"])
    def test_other_kinds(self, kind: str) -> None:
        assert events("linear", {"type": kind, "action": "create", "data": {}}) == []

    @pytest.mark.parametrize(
        ("fields", "ticket"),
        [
            ({"identifier": "WEB-8"}, "WEB-8"),
            ({"identifier": None}, "WEB-7"),
            ({"identifier": None, "url": None}, "WEB-7"),
            ({"identifier": None, "url": "https://linear.app/acme/issue/OPS-1#comment-1"}, "OPS-1"),
        ],
    )
    def test_the_identifier(self, fields: dict[str, Any], ticket: str) -> None:
        assert event("linear", issue("create", **fields))["ticket"] == ticket

    @pytest.mark.parametrize("account", ["org-1", "ORG-1", "acme"])
    def test_of_the_connections_account(self, account: str) -> None:
        assert len(events("linear", comment(), account=account)) == 1

    def test_of_another_account(self) -> None:
        why = "organizationId: is not the account of this connection"
        assert reason(translation("linear", comment(), account="other")) == why

    @pytest.mark.parametrize(
        ("body", "why"),
        [
            (b"nonsense", "is not JSON"),
            ({}, "type: is missing"),
            ({"type": "Issue"}, "action: is missing"),
            ({"type": "Issue", "action": "create"}, "data: is missing"),
            (
                issue("create", identifier=None, url=None, team=None),
                "data.identifier: is missing, and there is no issue",
            ),
            (issue("create", createdAt="2026-03-01"), "data.createdAt: not an RFC 3339"),
            (issue("create", labels=[{}]), "data.labels[0].name: is missing"),
            (issue("update", {"stateId": "x"}, state=None), "data.state: is missing"),
            (issue("update", {"teamId": "x"}), "data.previousIdentifiers.id: is missing"),
            (comment(createdAt=None), "data.createdAt: is missing"),
        ],
    )
    def test_unreadable_names_the_field(self, body: object, why: str) -> None:
        assert why in reason(translation("linear", body))

    def test_without_any_time_a_change_occurred_when_received(self) -> None:
        body = issue("update", {"stateId": "before"}, at=None, updatedAt=None)
        assert event("linear", body)["occurred_at"] == RECEIVED

    def test_the_same_fact_delivered_twice(self) -> None:
        again = comment() | {"webhookTimestamp": NOW // 1000 + 60_000}
        assert events("linear", comment()) == events("linear", again)


@given(body=mutated(PLAUSIBLE))
@settings(deadline=None)
def test_hostile_bodies_give_events_and_reasons_only(body: Any) -> None:
    check("linear", body, **OPTIONS)


class TestSignature:
    def at(self, minutes: float) -> bytes:
        return json.dumps(comment() | {"webhookTimestamp": int(NOW // 1000 + minutes * 60_000)}).encode()

    def verify(self, body: bytes, headers: Mapping[str, str], *secrets: str) -> None:
        source("linear").verify(webhook(body, headers), secrets, NOW, connection("linear"))

    def refusal(self, body: bytes, headers: Mapping[str, str], *secrets: str) -> str:
        with pytest.raises(Unauthenticated) as refused:
            self.verify(body, headers, *secrets)
        return str(refused.value)

    def test_a_known_vector(self) -> None:
        digest = "a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"  # as in Jira's, without prefix
        self.verify(b"Hello World!", {"Linear-Signature": digest}, "It's a Secret to Everybody")

    def test_recorded(self) -> None:
        document = json.loads(sample("generic/signature_vectors.json"))
        (found,) = [one for one in document["computed_here"] if one["provider"] == "linear"]
        body = document["body_utf8"].encode()
        self.verify(body, found["headers"], found["secret"])
        assert "by none of" in self.refusal(body + b"\n", found["headers"], found["secret"])

    @pytest.mark.parametrize("minutes", [-480, -422, -5, 0, 5])
    def test_what_it_signs_it_takes_for_as_long_as_it_is_tried_again(self, minutes: float) -> None:
        body = self.at(minutes)
        self.verify(body, source("linear").sign(body, "ours", NOW), "newer", "ours")

    def test_refused(self) -> None:
        body = self.at(0)
        headers = source("linear").sign(body, "ours", NOW)
        assert "by none of the connection's 1 secrets" in self.refusal(body, headers, "theirs")
        assert "by none of" in self.refusal(self.at(1), headers, "ours")
        assert "has no Linear-Signature" in self.refusal(body, {}, "ours")
        assert "no secret" in self.refusal(body, headers, " ")

    @pytest.mark.parametrize(("minutes", "why"), [(-480.1, "too old"), (5.1, "ahead of now")])
    def test_a_time_out_of_the_window_is_refused(self, minutes: float, why: str) -> None:
        body = self.at(minutes)
        assert why in self.refusal(body, source("linear").sign(body, "ours", NOW), "ours")

    def test_a_signed_body_without_a_readable_time_is_authentic(self) -> None:
        for body in (b"{}", b'{"webhookTimestamp": "soon"}', b"[]"):
            digest = source("jira").sign(body, "ours", NOW)["X-Hub-Signature"].removeprefix("sha256=")
            self.verify(body, {"Linear-Signature": digest}, "ours")


def test_a_day_of_a_ticket_makes_right_clocks() -> None:
    told = [
        *events("linear", issue("create")),
        *events("linear", comment(id="c-0", actor=APP, userId="app", createdAt="2026-03-01T08:00:05.000Z")),
        *events("linear", comment(id="c-1", createdAt="2026-03-01T08:20:00.000Z")),
        *events("linear", comment(id="c-2", userId="cus", createdAt="2026-03-01T08:25:00.000Z")),
        *events("linear", issue("update", {"stateId": "x"}, state=state("Done", "completed"))),
    ]
    result = evaluate_ticket([parse_event(one) for one in told], DEFAULT_POLICY, NOW)
    assert result is not None
    document = result.document()
    assert document["state"] == "solved"
    assert kept(document["counts"], "replies", "customer_messages", "bot_messages") == {
        "replies": 1,
        "customer_messages": 2,
        "bot_messages": 1,
    }
    clocks = {one["metric"]: (one["stopped_by"], one["seconds"]) for one in document["clocks"]}
    assert clocks == {
        "first_response": ("reply", 20 * MINUTE // 1_000_000),
        "next_response": ("solve", 300.25),
        "resolution": ("solve", 600.25),
        "total_response": ("solve", 1800.25),
    }


@pytest.mark.parametrize("account", [None, "acme"])
def test_a_sample_opens_a_ticket_and_ends_it(account: str | None) -> None:
    there = connection("linear") if account is None else connection("linear", account=account)
    opening, end = source("linear").sample("WEB-7", NOW, there)
    for body in (opening, end):
        headers = source("linear").sign(body, "ours", NOW, url=there.url or "")
        source("linear").verify(webhook(body, headers), ["ours"], NOW, there)
    (created,) = map(event_document, source("linear").translate(webhook(opening), there).events)
    assert kept(created, "ticket", "type", "occurred_at", "actor") == {
        "ticket": "WEB-7",
        "type": "ticket.created",
        "occurred_at": RECEIVED,
        "actor": {"kind": "customer", "id": "replyclock-test"},
    }
    (ended,) = map(event_document, source("linear").translate(webhook(end), there).events)
    assert kept(ended, "ticket", "type", "occurred_at") == {
        "ticket": "WEB-7",
        "type": "ticket.deleted",
        "occurred_at": "2026-03-01T09:00:02Z",
    }


class TestRecorded:
    def test_a_comment(self) -> None:
        assert event("linear", sample("linear/comment_create.json")) == {
            "id": "WEB-46|comment|c7cafc52-994d-4984-a217-bff9f9aa9473",
            "ticket": "WEB-46",
            "type": "message.added",
            "occurred_at": "2023-04-11T10:21:34.858000Z",
            "tenant": "default",
            "source": "linear",
            "actor": {"kind": "agent", "id": "674c90c8-35ea-454d-8ca4-5548258fd795"},
            "message": {"id": "c7cafc52-994d-4984-a217-bff9f9aa9473", "visibility": "public"},
        }

    def test_a_new_title_says_nothing_about_clocks(self) -> None:
        body = sample("linear/issue_update.json")
        assert events("linear", body) == []
        told = event("linear", body, attributes={"service_type": "data.labels.0.name"})
        assert kept(told, "ticket", "occurred_at", "created_at", "attributes") == {
            "ticket": "WEB-44",
            "occurred_at": "2023-04-11T10:16:53.022000Z",
            "created_at": "2023-04-11T10:10:15.037000Z",
            "attributes": {"service_type": "Bug"},
        }
