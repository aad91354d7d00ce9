"""What Jira's webhooks mean."""

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
AT_MS = parse_instant(AT) // 1000
TOLD_AT = "2026-03-01T08:30:00.250000Z"
CATEGORIES = {"new": 2, "indeterminate": 4, "done": 3}


def account(name: str, kind: str | None = "atlassian") -> dict[str, Any]:
    person = {"accountId": name, "displayName": "Somebody", "active": True}
    return person if kind is None else person | {"accountType": kind}


def status(name: str, status_id: str = "3", category: str = "indeterminate") -> dict[str, Any]:
    return {"name": name, "id": status_id, "statusCategory": {"id": CATEGORIES[category], "key": category}}


def jira(
    kind: str, *, user: Mapping[str, Any] | None = None, fields: Mapping[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """A webhook about issue SUP-7, which portal customer cus raised at 08:00:00 and nobody has."""
    return {
        "timestamp": AT_MS,
        "webhookEvent": kind,
        "user": user or account("ann"),
        "issue": {
            "id": "10007",
            "self": "https://acme.atlassian.net/rest/api/2/issue/10007",
            "key": "SUP-7",
            "fields": {
                "summary": "Printer on fire",
                "description": "It burns.",
                "created": "2026-03-01T09:00:00.000+0100",
                "updated": "2026-03-01T09:30:00.240+0100",
                "creator": account("cus", "customer"),
                "reporter": account("cus", "customer"),
                "assignee": None,
                "labels": ["fire"],
                "priority": {"name": "High", "id": "2"},
                "status": status("Waiting for support", "10100"),
                "customfield_10002": [{"id": "4", "name": "Gold Ltd"}],
                **(fields or {}),
            },
        },
        **more,
    }


def changed(*items: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return jira("jira:issue_updated", changelog={"id": "9001", "items": list(items)}, **more)


def item(field: str, to: str | None, name: str | None, **more: Any) -> dict[str, Any]:
    return {"field": field, "from": None, "fromString": None, "to": to, "toString": name, **more}


def comment(
    author: Mapping[str, Any] | None = None, *, kind: str = "comment_created", public: bool | None = True, **more: Any
) -> dict[str, Any]:
    said: dict[str, Any] = {
        "id": "555",
        "author": account("ann") if author is None else author,
        "body": "On it.",
        "created": "2026-03-01T08:10:00.500+0000",
        "updated": "2026-03-01T08:20:00.000+0000",
        **more.pop("comment", {}),
    }
    if public is not None:
        said["jsdPublic"] = public
    return jira(kind, comment=said, **more)


PLAUSIBLE: list[Any] = [
    jira("jira:issue_created"),
    jira("jira:issue_deleted"),
    changed(item("status", "5", "Resolved"), item("assignee", "bob", "Bob"), item("labels", None, "a b")),
    changed(item("Key", None, "SUP-7", fromString="OLD-1")),
    comment(),
    comment(kind="comment_updated", public=False),
    changed(
        {"field": "Satisfaction", "fieldId": "c"}, issue_event_type_name="issue_assigned", fields={"c": {"rating": 4}}
    ),
    comment(comment={"properties": [{"key": "sd.public.comment", "value": {"internal": True}}]}),
    comment(kind="jira:issue_updated", issue_event_type_name="issue_commented"),
]
"""Bodies from which hostile ones are made."""
OPTIONS: dict[str, Any] = {
    "bots": ["ann"],
    "status_map": {"77": "on_hold"},
    "timezone": "Europe/Berlin",
    "attributes": {"tier": "issue.fields.customfield_10002.0.name"},
}


class TestCreation:
    def test_created(self) -> None:
        assert event("jira", jira("jira:issue_created")) == {
            "id": "SUP-7|created",
            "ticket": "SUP-7",
            "type": "ticket.created",
            "occurred_at": "2026-03-01T08:00:00Z",
            "created_at": "2026-03-01T08:00:00Z",
            "tenant": "default",
            "source": "jira",
            "actor": {"kind": "customer", "id": "cus"},
            "requester": "cus",
            "status": "open",
            "attributes": {"priority": "high", "tags": ["fire"]},
            "message": {"id": "opening", "visibility": "public"},
        }

    @pytest.mark.parametrize(
        ("creator", "reporter", "kind"),
        [
            (account("cus", "customer"), account("cus", "customer"), "customer"),
            (account("ann"), account("ann"), "customer"),
            (account("ann"), account("cus", "customer"), "agent"),
            (account("mailer", "app"), account("cus", "customer"), "bot"),
            (account("Robot"), account("cus", "customer"), "bot"),
            (account("gone", "unknown"), account("cus", "customer"), "unknown"),
        ],
    )
    def test_who_opens_is_the_creator(self, creator: Any, reporter: Any, kind: str) -> None:
        body = jira("jira:issue_created", fields={"creator": creator, "reporter": reporter})
        told = event("jira", body, bots=["robot"])
        assert kept(told, "actor", "requester") == {
            "actor": {"kind": kind, "id": creator["accountId"]},
            "requester": reporter["accountId"],
        }

    def test_on_data_center_people_have_keys(self) -> None:
        person = {"key": "JIRAUSER1", "name": "ann"}
        body = jira("jira:issue_created", fields={"creator": person, "reporter": person, "assignee": {"name": "bob"}})
        assert kept(event("jira", body), "actor", "requester", "assignee") == {
            "actor": {"kind": "customer", "id": "JIRAUSER1"},
            "requester": "JIRAUSER1",
            "assignee": "bob",
        }

    def test_attributes_that_the_connection_maps(self) -> None:
        mapping = {"tier": "issue.fields.customfield_10002.0.name", "service_type": "issue.fields.customfield_1.value"}
        told = event("jira", jira("jira:issue_created"), attributes=mapping)
        assert told["attributes"] == {"priority": "high", "tags": ["fire"], "tier": "Gold Ltd"}

    def test_without_any_field_it_is_created_when_told(self) -> None:
        body = jira("jira:issue_created")
        body["issue"]["fields"] = None
        told = event("jira", body)
        assert kept(told, "occurred_at", "status", "requester", "created_at") == {
            "occurred_at": TOLD_AT,
            "status": "new",
            "requester": None,
            "created_at": None,
        }


class TestStatus:
    @pytest.mark.parametrize(
        ("name", "category", "told", "unknown"),
        [
            ("To Do", "new", "new", 0),
            ("BACKLOG", "new", "new", 0),
            ("Open", "new", "open", 0),
            ("In Progress", "indeterminate", "open", 0),
            ("waiting for customer", "indeterminate", "pending", 0),
            ("Pending", "indeterminate", "pending", 0),
            ("Waiting for approval", "indeterminate", "on_hold", 0),
            ("Resolved", "done", "solved", 0),
            ("Canceled", "done", "closed", 0),
            ("Geschlossen", "done", "solved", 0),
            ("Triage", "new", "new", 0),
            ("Bei Lieferant", "indeterminate", "open", 1),
        ],
    )
    def test_by_name_then_by_category(self, name: str, category: str, told: str, unknown: int) -> None:
        body = changed(item("status", "77", name), fields={"status": status(name, "77", category)})
        translated = translation("jira", body)
        assert [one.status for one in translated.events if one.type == "status.changed"] == [told]
        assert len(translated.unknown_statuses) == unknown

    @pytest.mark.parametrize("mapped", ["bei lieferant", "77"])
    def test_the_connection_names_statuses_by_name_or_id(self, mapped: str) -> None:
        body = changed(item("status", "77", "Bei Lieferant"), fields={"status": status("Bei Lieferant", "77", "done")})
        assert event("jira", body, status_map={mapped: "on_hold"})["status"] == "on_hold"

    def test_the_category_of_another_status_proves_nothing(self) -> None:
        body = changed(item("status", "77", "Bei Lieferant"), fields={"status": status("Fertig", "78", "done")})
        assert event("jira", body)["status"] == "open"

    @pytest.mark.parametrize(
        ("user", "kind"),
        [
            (account("ann"), "agent"),
            (account("cus", "customer"), "customer"),
            (account("automation", "app"), "bot"),
            (account("ROBOT"), "bot"),
        ],
    )
    def test_who_changed_it(self, user: Any, kind: str) -> None:
        told = event("jira", changed(item("status", "5", "Resolved"), user=user), bots=["robot"])
        assert kept(told, "id", "type", "occurred_at", "created_at", "status", "actor") == {
            "id": "SUP-7|change|9001|status",
            "type": "status.changed",
            "occurred_at": TOLD_AT,
            "created_at": "2026-03-01T08:00:00Z",
            "status": "solved",
            "actor": {"kind": kind, "id": user["accountId"]},
        }


class TestChanges:
    @pytest.mark.parametrize("to", ["bob", None])
    def test_assignment(self, to: str | None) -> None:
        told = event("jira", changed(item("assignee", to, "Bob" if to else None)))
        assert kept(told, "type", "id", "assignee") == {
            "type": "assignment.changed",
            "id": "SUP-7|change|9001|assignee",
            "assignee": to,
        }

    def test_an_older_assignment_names_the_account_beside_the_key(self) -> None:
        told = event("jira", changed(item("assignee", "bob", "Bob", tmpToAccountId="5b10")))
        assert told["assignee"] == "5b10"

    def test_priority_and_labels(self) -> None:
        body = changed(item("priority", "1", "Highest"), item("labels", None, "fire smoke"))
        assert kept(event("jira", body), "type", "id", "attributes") == {
            "type": "attributes.changed",
            "id": "SUP-7|change|9001|attributes",
            "attributes": {"priority": "urgent", "tags": ["fire", "smoke"]},
        }

    @pytest.mark.parametrize(
        ("tool", "ours"),
        [
            ("Highest", "urgent"),
            ("High", "high"),
            ("Medium", "normal"),
            ("Low", "low"),
            ("Lowest", "low"),
            ("Critical", "critical"),
            ("P1", "p1"),
        ],
    )
    def test_priorities_are_the_contracts_four_where_they_say_one_of_them(self, tool: str, ours: str) -> None:
        assert event("jira", changed(item("priority", "1", tool)))["attributes"] == {"priority": ours}
        created = event("jira", jira("jira:issue_created", fields={"priority": {"name": tool}}))
        assert created["attributes"]["priority"] == ours

    def test_an_assignment_with_an_empty_changelog_is_read_in_the_snapshot(self) -> None:
        body = changed(issue_event_type_name="issue_assigned", fields={"assignee": account("bob")})
        told = event("jira", body)
        assert kept(told, "type", "id", "assignee", "occurred_at") == {
            "type": "assignment.changed",
            "id": "SUP-7|change|9001|assignee",
            "assignee": "bob",
            "occurred_at": TOLD_AT,
        }
        # The same fact by a changelog that says it, as an export has it, has the same id.
        told_in_full = changed(item("assignee", "bob", "Bob"), issue_event_type_name="issue_assigned")
        assert event("jira", told_in_full)["id"] == told["id"]

    @pytest.mark.parametrize("changelog", [None, {}, {"items": []}])
    def test_an_assignment_without_a_changelog_is_named_by_the_moment(self, changelog: Any) -> None:
        body = jira("jira:issue_updated", changelog=changelog, issue_event_type_name="issue_assigned")
        told = event("jira", body)
        assert kept(told, "type", "id", "assignee") == {
            "type": "assignment.changed",
            "id": f"SUP-7|change|{TOLD_AT}|assignee",
            "assignee": None,
        }

    def test_an_assignment_begins_the_handling_of_a_ticket(self) -> None:
        body = changed(issue_event_type_name="issue_assigned", fields={"assignee": account("bob")})
        log = [parse_event(one) for one in [*events("jira", jira("jira:issue_created")), *events("jira", body)]]
        result = evaluate_ticket(log, DEFAULT_POLICY, NOW)
        assert result is not None and result.document()["handling_started_at"] == TOLD_AT

    def test_an_assignment_that_the_snapshot_does_not_show_is_not_made_up(self) -> None:
        body = changed(issue_event_type_name="issue_assigned")
        del body["issue"]["fields"]["assignee"]
        assert events("jira", body) == []

    def test_an_older_assignment_names_the_account_in_the_snapshot_alone(self) -> None:
        shown = {**account("5b10"), "key": "bob", "name": "bob"}
        assert event("jira", changed(item("assignee", "bob", "Bob"), fields={"assignee": shown}))["assignee"] == "5b10"

    @pytest.mark.parametrize(
        ("kind", "items"),
        [("issue_resolved", []), ("issue_generic", [item("resolution", "1", "Done")]), ("issue_closed", [])],
    )
    def test_a_resolution_whose_changelog_has_no_status_is_read_in_the_snapshot(
        self, kind: str, items: list[Any]
    ) -> None:
        fields = {"status": status("Erledigt", "10002", "done")}
        told = event("jira", changed(*items, issue_event_type_name=kind, fields=fields))
        assert kept(told, "type", "id", "status") == {
            "type": "status.changed",
            "id": "SUP-7|change|9001|status",
            "status": "solved",
        }

    @pytest.mark.parametrize(
        ("fields", "changed_item", "rating"),
        [
            ({"customfield_10033": {"rating": 4}}, {"field": "Zufriedenheit", "fieldId": "customfield_10033"}, 4),
            ({}, {"field": "Satisfaction", "toString": "5"}, 5),
            ({}, {"field": "Satisfaction", "toString": "very"}, None),
            ({"customfield_10033": {"rating": 9}}, {"field": "Satisfaction", "fieldId": "customfield_10033"}, None),
            ({"customfield_10033": {"rating": None}}, {"field": "Satisfaction", "fieldId": "customfield_10033"}, None),
        ],
    )
    def test_a_rating_of_service_management(self, fields: Any, changed_item: Any, rating: int | None) -> None:
        told = events("jira", changed(changed_item, fields=fields, user=account("cus", "customer")))
        expected = [("rating.given", "SUP-7|change|9001|rating", rating, "customer")]
        found = [(one["type"], one["id"], one.get("rating"), one["actor"]["kind"]) for one in told]
        assert found == ([] if rating is None else expected)

    def test_no_labels_and_no_priority(self) -> None:
        told = event("jira", changed(item("priority", None, None), item("labels", None, "")))
        assert told["attributes"] == {"priority": None, "tags": []}

    def test_a_field_that_the_connection_maps(self) -> None:
        body = changed(item("Organizations", None, "Gold Ltd"))
        assert events("jira", body) == []
        told = event("jira", body, attributes={"tier": "issue.fields.customfield_10002.0.name"})
        assert told["attributes"] == {"tier": "Gold Ltd"}

    def test_all_of_one_change(self) -> None:
        body = changed(
            item("status", "5", "Resolved"), item("assignee", "bob", "Bob"), item("resolution", "1", "Fixed")
        )
        assert [one["type"] for one in events("jira", body)] == ["status.changed", "assignment.changed"]

    def test_without_a_history_entry_the_moment_names_it(self) -> None:
        body = changed(item("assignee", "bob", "Bob"))
        del body["changelog"]["id"]
        assert event("jira", body)["id"] == f"SUP-7|change|{TOLD_AT}|assignee"

    def test_without_a_timestamp_the_issue_says_when(self) -> None:
        body = changed(item("assignee", "bob", "Bob"))
        body["timestamp"] = "2026-3-1 8:30:0,250"  # as a recorded one, over which a logger wrote
        assert event("jira", body)["occurred_at"] == "2026-03-01T08:30:00.240000Z"
        del body["timestamp"]
        assert event("jira", body)["occurred_at"] == "2026-03-01T08:30:00.240000Z"
        del body["issue"]["fields"]["updated"]
        assert event("jira", body)["occurred_at"] == RECEIVED

    def test_deleted(self) -> None:
        told = event("jira", jira("jira:issue_deleted"))
        assert kept(told, "type", "id") == {"type": "ticket.deleted", "id": "SUP-7|deleted"}

    def test_moved_to_another_project(self) -> None:
        told = events("jira", changed(item("Key", None, "SUP-7", fromString="WEB-3"), item("status", "5", "Resolved")))
        assert [(one["ticket"], one["type"]) for one in told] == [
            ("WEB-3", "ticket.deleted"),
            ("SUP-7", "ticket.restored"),
            ("SUP-7", "attributes.changed"),
            ("SUP-7", "assignment.changed"),
            ("SUP-7", "status.changed"),
        ]
        assert told[-1]["status"] == "open"  # the snapshot's, which is later than the change's


class TestComments:
    @pytest.mark.parametrize(
        ("author", "kind"),
        [
            (account("ann"), "agent"),
            (account("ann", None), "agent"),
            (account("cus", "customer"), "customer"),
            (account("cus", None), "customer"),
            (account("colleague", "customer"), "customer"),
            (account("automation", "app"), "bot"),
            (account("Robot"), "bot"),
            (account("gone", "unknown"), "unknown"),
        ],
    )
    def test_who_speaks(self, author: Any, kind: str) -> None:
        told = event("jira", comment(author), bots=["robot"])
        assert kept(told, "id", "type", "occurred_at", "actor", "message") == {
            "id": "SUP-7|comment|555",
            "type": "message.added",
            "occurred_at": "2026-03-01T08:10:00.500000Z",
            "actor": {"kind": kind, "id": author["accountId"]},
            "message": {"id": "555", "visibility": "public"},
        }

    def test_without_an_author_nobody_is_made_up(self) -> None:
        body = comment(comment={"author": None})
        assert event("jira", body)["actor"] == {"kind": "unknown"}

    @pytest.mark.parametrize(
        ("public", "visibility", "told"),
        [
            (True, None, "public"),
            (None, None, "public"),
            (False, None, "internal"),
            (None, {"type": "role", "value": "Developers"}, "internal"),
        ],
    )
    def test_visibility(self, public: bool | None, visibility: Any, told: str) -> None:
        body = comment(public=public, comment={"visibility": visibility})
        assert event("jira", body)["message"]["visibility"] == told

    def test_data_center_tells_it_with_the_issue(self) -> None:
        within = comment(kind="jira:issue_updated", issue_event_type_name="issue_commented")
        assert events("jira", within) == events("jira", comment())

    @pytest.mark.parametrize("kind", ["comment_created", "comment_updated", "comment_deleted"])
    def test_a_comment_without_its_issue_is_told_by_another_webhook(self, kind: str) -> None:
        """As Data Center sends it, beside the `jira:issue_updated` that has all."""
        body = comment(kind=kind, public=None)
        del body["issue"], body["user"]
        assert events("jira", body) == []
        assert events("jira", {**body, "issue": None}, account="acme") == []

    def test_internal_by_the_property_of_the_comment(self) -> None:
        properties = [{"key": "other"}, {"key": "sd.public.comment", "value": {"internal": True}}]
        assert event("jira", comment(public=None, comment={"properties": properties}))["message"] == {
            "id": "555",
            "visibility": "internal",
        }

    def test_an_author_whose_address_alone_names_them(self) -> None:
        author = {"self": "https://jira.example/rest/api/2/user?username=ann", "displayName": "Ann"}
        assert event("jira", comment(author))["actor"] == {"kind": "agent", "id": "ann"}
        broken = {"self": "https://[", "displayName": "Ann"}
        assert event("jira", comment(broken))["actor"] == {"kind": "unknown"}

    def test_an_edit_that_nothing_names_as_one(self) -> None:
        """Of versions without names of events: the comment itself says that it was edited."""
        body = comment(kind="jira:issue_updated", comment={"visibility": {"type": "role", "value": "Developers"}})
        assert [(one["type"], one["id"]) for one in events("jira", body)] == [
            ("message.added", "SUP-7|comment|555"),
            ("message.hidden", "SUP-7|hidden|555|2026-03-01T08:20:00Z"),
        ]

    def test_the_requesters_comment_is_no_reply_where_the_creation_was_lost(self) -> None:
        """A reporter with a licence: the comment's webhook does not say who reported it, a later one does."""
        body = comment(account("cus"))
        body["issue"]["fields"] = {"summary": "Printer on fire", "created": "2026-03-01T08:00:00.000+0000"}
        said = events("jira", body)
        assert said[0]["actor"]["kind"] == "agent"
        later = events("jira", changed(item("labels", None, "fire")))
        assert [one["requester"] for one in later] == ["cus"]
        result = evaluate_ticket([parse_event(one) for one in [*said, *later]], DEFAULT_POLICY, NOW)
        assert result is not None
        assert {name: result.document()["counts"][name] for name in ("replies", "customer_messages")} == {
            "replies": 0,
            "customer_messages": 1,
        }

    def test_a_transition_with_a_comment_tells_both(self) -> None:
        body = changed(item("status", "5", "Resolved"), comment=comment()["comment"])
        assert [one["type"] for one in events("jira", body)] == ["status.changed", "message.added"]

    @pytest.mark.parametrize(
        ("kind", "name"),
        [("comment_updated", None), ("jira:issue_updated", "issue_comment_edited")],
    )
    def test_made_internal(self, kind: str, name: str | None) -> None:
        told = event("jira", comment(kind=kind, public=False, issue_event_type_name=name))
        assert kept(told, "id", "type", "occurred_at", "message") == {
            "id": "SUP-7|hidden|555|2026-03-01T08:20:00Z",
            "type": "message.hidden",
            "occurred_at": "2026-03-01T08:20:00Z",
            "message": {"id": "555"},
        }

    def test_an_edited_one_is_the_same_message(self) -> None:
        assert events("jira", comment(kind="comment_updated")) == []

    def test_a_deleted_reply_was_still_given(self) -> None:
        assert events("jira", comment(kind="comment_deleted")) == []
        assert events("jira", comment(kind="jira:issue_updated", issue_event_type_name="issue_comment_deleted")) == []


class TestEnvelope:
    @pytest.mark.parametrize("kind", ["sprint_created", "jira:worklog_updated", "issuelink_created", "user_deleted"])
    def test_other_kinds(self, kind: str) -> None:
        assert events("jira", {"webhookEvent": kind}) == []

    @pytest.mark.parametrize("name", ["acme", "ACME.atlassian.net"])
    def test_of_the_connections_account(self, name: str) -> None:
        assert len(events("jira", comment(), account=name)) == 1

    @pytest.mark.parametrize("address", ["https://other.atlassian.net/rest/api/2/issue/10007", None, "https://[", ""])
    def test_of_another_account(self, address: str | None) -> None:
        body = comment()
        body["issue"]["self"] = address
        assert (
            reason(translation("jira", body, account="acme")) == "issue.self: is not of the account of this connection"
        )

    @pytest.mark.parametrize(
        ("body", "why"),
        [
            (b"nonsense", "is not JSON"),
            ({}, "webhookEvent: is missing"),
            ({"webhookEvent": "jira:issue_updated", "changelog": {}}, "issue: is missing"),
            (comment(comment={"created": "yesterday"}), "comment.created: not an RFC 3339"),
            (comment(comment={"created": None}), "comment.created: is missing"),
            (comment(comment={"id": None}), "comment.id: is missing"),
            (comment(timestamp=True), "timestamp: must be a number"),
            (changed({"to": "5"}), "changelog.items[0].field: is missing"),
            (changed(item("status", None, None)), "changelog.items[0].toString: is missing"),
        ],
    )
    def test_unreadable_names_the_field(self, body: object, why: str) -> None:
        assert why in reason(translation("jira", body))

    def test_a_time_without_offset_is_in_the_connections_zone(self) -> None:
        body = comment(comment={"created": "2026-03-01T09:10:00.000"})
        assert "has no offset" in reason(translation("jira", body))
        assert event("jira", body, timezone="Europe/Berlin")["occurred_at"] == "2026-03-01T08:10:00Z"

    def test_the_same_fact_delivered_twice(self) -> None:
        first, second = ({"X-Atlassian-Webhook-Identifier": name} for name in ("a", "b"))
        assert events("jira", comment(), first) == events("jira", comment(), second)


@given(body=mutated(PLAUSIBLE))
@settings(deadline=None)
def test_hostile_bodies_give_events_and_reasons_only(body: Any) -> None:
    check("jira", body, **OPTIONS)


class TestSignature:
    BODY = json.dumps(comment()).encode()

    def refusal(self, headers: Mapping[str, str], *secrets: str, body: bytes = BODY) -> str:
        with pytest.raises(Unauthenticated) as refused:
            source("jira").verify(webhook(body, headers), secrets, NOW, connection("jira"))
        return str(refused.value)

    def test_a_known_vector(self) -> None:
        # The example of the WebSub way of signing in Atlassian's documentation.
        headers = {"X-Hub-Signature": "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"}
        hook = webhook(b"Hello World!", headers)
        source("jira").verify(hook, ["It's a Secret to Everybody"], NOW, connection("jira"))

    def test_recorded(self) -> None:
        document = json.loads(sample("generic/signature_vectors.json"))
        (found,) = [one for one in document["computed_here"] if one["provider"] == "jira"]
        body = document["body_utf8"].encode()
        source("jira").verify(webhook(body, found["headers"]), [found["secret"]], NOW, connection("jira"))
        assert "by none of" in self.refusal(found["headers"], found["secret"], body=body + b"\n")

    def test_what_it_signs_it_takes(self) -> None:
        headers = source("jira").sign(self.BODY, "ours", NOW)
        source("jira").verify(webhook(self.BODY, headers), ["newer", "ours"], NOW, connection("jira"))

    def test_refused(self) -> None:
        headers = source("jira").sign(self.BODY, "ours", NOW)
        assert "by none of the connection's 1 secrets" in self.refusal(headers, "theirs")
        assert "by none of" in self.refusal(headers, "ours", body=self.BODY + b" ")
        assert "has no X-Hub-Signature" in self.refusal({}, "ours")
        assert "no secret" in self.refusal(headers, "", " ")
        bare = headers["X-Hub-Signature"].removeprefix("sha256=")
        assert "by none of" in self.refusal({"X-Hub-Signature": bare}, "ours")


def test_a_day_of_a_ticket_makes_right_clocks() -> None:
    """An automatic answer and a note are no reply; ann's comment after 20 minutes is. Her note begins the handling."""

    def said(comment_id: str, at: str, author: Any, *, public: bool = True) -> dict[str, Any]:
        return comment(author, public=public, comment={"id": comment_id, "created": f"2026-03-01T{at}.000+0000"})

    told = [
        *events("jira", jira("jira:issue_created")),
        *events("jira", said("1", "08:00:05", account("automation", "app"))),
        *events("jira", said("2", "08:05:00", account("ann"), public=False)),
        *events("jira", said("3", "08:20:00", account("ann"))),
        *events("jira", changed(item("status", "5", "Resolved"))),
    ]
    result = evaluate_ticket([parse_event(one) for one in told], DEFAULT_POLICY, NOW)
    assert result is not None
    document = result.document()
    assert document["state"] == "solved"
    assert document["counts"] | {"reopens": 0, "reassignments": 0} == {
        "replies": 1,
        "customer_messages": 1,
        "internal_notes": 1,
        "bot_messages": 1,
        "reopens": 0,
        "reassignments": 0,
    }
    clocks = {one["metric"]: (one["stopped_by"], one["seconds"]) for one in document["clocks"]}
    assert clocks["first_response"] == ("reply", 1200)
    assert clocks["resolution"] == ("solve", 1500.25)
    assert clocks["total_response"] == ("solve", 1800.25)


@pytest.mark.parametrize("account", [None, "acme"])
def test_a_sample_opens_a_ticket_and_ends_it(account: str | None) -> None:
    there = connection("jira") if account is None else connection("jira", account=account)
    opening, end = source("jira").sample("SUP-7", NOW, there)
    for body in (opening, end):
        headers = source("jira").sign(body, "ours", NOW, url=there.url or "")
        source("jira").verify(webhook(body, headers), ["ours"], NOW, there)
    (created,) = map(event_document, source("jira").translate(webhook(opening), there).events)
    assert kept(created, "ticket", "type", "occurred_at", "actor") == {
        "ticket": "SUP-7",
        "type": "ticket.created",
        "occurred_at": RECEIVED,
        "actor": {"kind": "customer", "id": "replyclock-test"},
    }
    (ended,) = map(event_document, source("jira").translate(webhook(end), there).events)
    assert kept(ended, "ticket", "type", "occurred_at") == {
        "ticket": "SUP-7",
        "type": "ticket.deleted",
        "occurred_at": "2026-03-01T09:00:02Z",
    }


class TestRecorded:
    def test_a_comment_of_a_licensed_account(self) -> None:
        assert event("jira", sample("jira/TRIMMED_comment_created_jsdPublic.json")) == {
            "id": "ZUL-1|comment|10000",
            "ticket": "ZUL-1",
            "type": "message.added",
            "occurred_at": "2019-01-07T20:25:51.184000Z",
            "tenant": "default",
            "source": "jira",
            "actor": {"kind": "agent", "id": "5a1b0e47748e770ed11f338c"},
            "message": {"id": "10000", "visibility": "public"},
        }

    def test_a_status_that_the_reporter_changed(self) -> None:
        assert event("jira", sample("jira/TRIMMED_issue_updated_status.json")) == {
            "id": "TEST-1|change|10000|status",
            "ticket": "TEST-1",
            "type": "status.changed",
            "occurred_at": "2017-01-30T17:32:14.721000Z",
            "created_at": "2017-01-30T17:30:41.962000Z",
            "tenant": "default",
            "source": "jira",
            "actor": {"kind": "customer", "id": "99:b8d8a054-2e12-4839-bd5f-5f2b7c5f5e3a"},
            "requester": "99:b8d8a054-2e12-4839-bd5f-5f2b7c5f5e3a",
            "status": "open",
        }
