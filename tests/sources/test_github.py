"""What GitHub's webhooks mean."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from .builders import RECEIVED, event, events, github, github_comment, github_user, kept, reason, sample, translation

LABEL = {"name": "urgent"}


class TestIssues:
    def test_opened(self) -> None:
        assert event("github", github("opened", sender="reporter")) == {
            "id": "acme/shop#12|created",
            "ticket": "acme/shop#12",
            "type": "ticket.created",
            "occurred_at": "2026-03-01T08:00:00Z",
            "created_at": "2026-03-01T08:00:00Z",
            "tenant": "default",
            "source": "github",
            "actor": {"kind": "customer", "id": "reporter"},
            "requester": "reporter",
            "status": "open",
            "attributes": {"tags": ["bug"]},
            "message": {"id": "opening", "visibility": "public"},
        }

    def test_opened_by_an_owner_is_a_question_all_the_same(self) -> None:
        told = event("github", github("opened", issue={"author_association": "OWNER"}))
        assert told["actor"]["kind"] == "customer"

    def test_opened_by_a_program(self) -> None:
        told = event("github", github("opened", issue={"user": github_user("renovate[bot]", "Bot")}))
        assert kept(told, "actor", "requester") == {
            "actor": {"kind": "bot", "id": "renovate[bot]"},
            "requester": "renovate[bot]",
        }

    def test_opened_by_a_deleted_account(self) -> None:
        assert event("github", github("opened", issue={"user": None}))["requester"] == "ghost"

    @pytest.mark.parametrize(
        ("sender", "kind", "actor"),
        [
            ("maintainer", "User", "agent"),
            ("reporter", "User", "customer"),
            ("stale[bot]", "Bot", "bot"),
            ("Robot", "User", "bot"),
        ],
    )
    def test_closed(self, sender: str, kind: str, actor: str) -> None:
        body = github(
            "closed", sender=sender, sender_type=kind, issue={"state": "closed", "closed_at": "2026-03-01T08:20:00Z"}
        )
        assert kept(event("github", body, bots=["robot"]), "id", "type", "occurred_at", "status", "actor") == {
            "id": "acme/shop#12|status|closed|2026-03-01T08:20:00Z",
            "type": "status.changed",
            "occurred_at": "2026-03-01T08:20:00Z",
            "status": "solved",
            "actor": {"kind": actor, "id": sender},
        }

    def test_reopened(self) -> None:
        told = event("github", github("reopened", issue={"closed_at": "2026-03-01T08:20:00Z"}))
        assert kept(told, "occurred_at", "status") == {"occurred_at": "2026-03-01T08:30:00Z", "status": "open"}

    def test_the_connection_names_statuses(self) -> None:
        assert event("github", github("closed"), status_map={"Closed": "closed"})["status"] == "closed"

    @pytest.mark.parametrize(
        ("action", "snapshot", "assignee"),
        [
            ("assigned", ["ann"], "ann"),
            ("assigned", [], "ann"),
            ("assigned", ["bob", "ann"], "bob"),
            ("unassigned", [], None),
            ("unassigned", ["ann"], None),
            ("unassigned", ["ann", "bob"], "bob"),
        ],
    )
    def test_assignment(self, action: str, snapshot: list[str], assignee: str | None) -> None:
        people = [github_user(login) for login in snapshot]
        body = github(
            action, assignee=github_user("ann"), issue={"assignees": people, "assignee": people[0] if people else None}
        )
        told = event("github", body)
        assert kept(told, "type", "id") == {
            "type": "assignment.changed",
            "id": f"acme/shop#12|{action}|ann|2026-03-01T08:30:00Z",
        }
        assert told["assignee"] == assignee

    @pytest.mark.parametrize(
        ("action", "snapshot", "tags"),
        [
            ("labeled", ["bug", "urgent"], ["bug", "urgent"]),
            ("labeled", ["bug"], ["bug", "urgent"]),
            ("unlabeled", ["bug"], ["bug"]),
            ("unlabeled", ["urgent", "bug"], ["bug"]),
            ("unlabeled", ["urgent"], []),
        ],
    )
    def test_labels(self, action: str, snapshot: list[str], tags: list[str]) -> None:
        body = github(action, label=LABEL, issue={"labels": [{"name": name} for name in snapshot]})
        assert kept(event("github", body), "type", "attributes") == {
            "type": "attributes.changed",
            "attributes": {"tags": tags},
        }

    def test_attributes_that_the_connection_maps(self) -> None:
        mapping = {"category": "issue.milestone.title", "brand": "repository.owner.login"}
        opened = event("github", github("opened"), attributes=mapping)
        assert opened["attributes"] == {"tags": ["bug"], "brand": "acme"}
        body = github("milestoned", issue={"milestone": {"title": "v2"}})
        assert event("github", body, attributes=mapping)["attributes"] == {"category": "v2", "brand": "acme"}
        body = github("demilestoned", issue={"milestone": None})
        assert event("github", body, attributes=mapping)["attributes"] == {"category": None, "brand": "acme"}

    @pytest.mark.parametrize("action", ["deleted", "transferred"])
    def test_gone(self, action: str) -> None:
        assert kept(event("github", github(action)), "type", "id") == {
            "type": "ticket.deleted",
            "id": "acme/shop#12|deleted",
        }

    @pytest.mark.parametrize("action", ["edited", "pinned", "unpinned", "locked", "unlocked", "milestoned", "invented"])
    def test_what_says_nothing_about_clocks(self, action: str) -> None:
        assert events("github", github(action)) == []

    def test_without_any_time_a_change_occurred_when_received(self) -> None:
        assert event("github", github("reopened", issue={"updated_at": None}))["occurred_at"] == RECEIVED


class TestComments:
    @pytest.mark.parametrize(
        ("author", "association", "kind", "actor"),
        [
            ("maintainer", "MEMBER", "User", "agent"),
            ("maintainer", "OWNER", "User", "agent"),
            ("maintainer", "COLLABORATOR", "User", "agent"),
            ("helper", "CONTRIBUTOR", "User", "customer"),
            ("passer-by", "NONE", "User", "customer"),
            ("reporter", "MEMBER", "User", "customer"),
            ("ci[bot]", "NONE", "Bot", "bot"),
            ("Robot", "MEMBER", "User", "bot"),
        ],
    )
    def test_who_speaks(self, author: str, association: str, kind: str, actor: str) -> None:
        told = event("github", github_comment(author, association, kind=kind), bots=["robot"])
        assert kept(told, "id", "type", "occurred_at", "created_at", "actor", "message") == {
            "id": "acme/shop#12|comment|555",
            "type": "message.added",
            "occurred_at": "2026-03-01T08:10:00Z",
            "created_at": "2026-03-01T08:00:00Z",
            "actor": {"kind": actor, "id": author},
            "message": {"id": "555", "visibility": "public"},
        }

    def test_a_deleted_reply_was_still_given(self) -> None:
        assert events("github", github_comment(action="deleted")) == []

    def test_an_edited_one_is_the_same_message(self) -> None:
        assert events("github", github_comment(action="edited")) == []

    def test_on_a_pull_request_is_not_of_a_ticket(self) -> None:
        assert events("github", github_comment(issue={"pull_request": {"url": "x"}})) == []


class TestEnvelope:
    def test_ping(self) -> None:
        assert events("github", {"zen": "Design for failure.", "hook_id": 1}) == []
        assert events("github", {"zen": "Design for failure."}, {"X-GitHub-Event": "ping"}) == []

    @pytest.mark.parametrize("kind", ["push", "pull_request", "star"])
    def test_other_kinds(self, kind: str) -> None:
        assert events("github", {"anything": 1}, {"X-GitHub-Event": kind}) == []

    def test_the_header_decides_over_the_body(self) -> None:
        assert events("github", github("closed"), {"X-GitHub-Event": "pull_request"}) == []
        assert event("github", github_comment(), {"x-github-event": "issue_comment"})["type"] == "message.added"

    def test_as_a_form(self) -> None:
        body = urlencode({"payload": json.dumps(github("opened", issue={"title": "Ünïcode"}))}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        assert event("github", body, headers) == event("github", github("opened"))
        assert reason(translation("github", b"nothing=1", headers)).startswith("is not JSON")

    @pytest.mark.parametrize("account", ["acme", "ACME/shop", "acme/shop", "77"])
    def test_of_the_connections_account(self, account: str) -> None:
        assert len(events("github", github("closed", installation={"id": 77}), account=account)) == 1

    @pytest.mark.parametrize("account", ["other", "acme/other", "78"])
    def test_of_another_account(self, account: str) -> None:
        translated = translation("github", github("closed", installation={"id": 77}), account=account)
        assert reason(translated) == "repository.full_name: is not of the account of this connection"

    @pytest.mark.parametrize(
        ("body", "why"),
        [
            (b"nonsense", "is not JSON"),
            ({}, "issue: is missing, and there is no X-GitHub-Event"),
            ({"issue": {}}, "action: is missing"),
            ({"issue": {}, "action": "closed"}, "repository: is missing"),
            (github("closed", repository={"full_name": 5.5}), "repository.full_name: must be a text"),
            (github("opened", issue={"created_at": None}), "issue.created_at: is missing"),
            (github("opened", issue={"labels": [{"name": "bug"}, {}]}), "issue.labels[1].name: is missing"),
            (github("opened", issue={"labels": {}}), "issue.labels: must be a list"),
            (github_comment(association=None), "comment.author_association: is missing"),  # type: ignore[arg-type]
        ],
    )
    def test_unreadable_names_the_field(self, body: object, why: str) -> None:
        assert why in reason(translation("github", body))

    def test_the_same_fact_delivered_twice(self) -> None:
        first, second = ({"X-GitHub-Event": "issues", "X-GitHub-Delivery": name} for name in ("a", "b"))
        assert events("github", github("closed"), first) == events("github", github("closed"), second)


OPENED: dict[str, Any] = {
    "id": "Codertocat/Hello-World#1|created",
    "ticket": "Codertocat/Hello-World#1",
    "type": "ticket.created",
    "occurred_at": "2019-05-15T15:20:18Z",
    "created_at": "2019-05-15T15:20:18Z",
    "tenant": "default",
    "source": "github",
    "actor": {"kind": "customer", "id": "Codertocat"},
    "requester": "Codertocat",
    "status": "open",
    "assignee": "Codertocat",
    "attributes": {"tags": ["bug"]},
    "message": {"id": "opening", "visibility": "public"},
}


class TestRecorded:
    @pytest.mark.parametrize("variant", ["", ".with-empty-body", ".with-organization", ".with-transfer"])
    def test_opened(self, variant: str) -> None:
        assert event("github", sample(f"github/issues__opened{variant}.payload.json")) == OPENED

    @pytest.mark.parametrize(
        ("name", "told"),
        [
            (
                "issue_comment__created",
                {
                    "type": "message.added",
                    "occurred_at": "2019-05-15T15:20:21Z",
                    "message": {"id": "492700400", "visibility": "public"},
                },
            ),
            ("issue_comment__created.1", {"type": "message.added", "created_at": "2021-01-28T22:17:31Z"}),
            (
                "issue_comment__created.with-installation",
                {"type": "message.added", "actor": {"kind": "customer", "id": "Codertocat"}},
            ),
            ("issue_comment__created.with-organization", {"type": "message.added"}),
            (
                "issues__assigned",
                {"type": "assignment.changed", "assignee": "Codertocat", "occurred_at": "2019-05-15T15:20:18Z"},
            ),
            ("issues__assigned.with-installation", {"type": "assignment.changed", "assignee": "Codertocat"}),
            ("issues__assigned.with-organization", {"type": "assignment.changed", "assignee": "Codertocat"}),
            (
                "issues__unassigned",
                {"type": "assignment.changed", "assignee": None, "occurred_at": "2019-05-15T15:20:25Z"},
            ),
            ("issues__unassigned.with-organization", {"type": "assignment.changed", "assignee": None}),
            ("issues__labeled", {"type": "attributes.changed", "attributes": {"tags": ["bug"]}}),
            ("issues__labeled.with-organization", {"type": "attributes.changed", "attributes": {"tags": ["bug"]}}),
            (
                "issues__unlabeled",
                {"type": "attributes.changed", "attributes": {"tags": []}, "occurred_at": "2019-05-15T15:20:26Z"},
            ),
            ("issues__unlabeled.with-organization", {"type": "attributes.changed", "attributes": {"tags": []}}),
            ("issues__reopened", {"type": "status.changed", "status": "open", "occurred_at": "2021-10-11T16:40:56Z"}),
            ("issues__deleted", {"type": "ticket.deleted", "ticket": "Codertocat/Hello-World#1"}),
            (
                "issues__transferred",
                {"type": "ticket.deleted", "ticket": "octo-org/octo-repo#1", "occurred_at": "2019-10-25T22:46:30Z"},
            ),
        ],
    )
    def test_one_event(self, name: str, told: dict[str, Any]) -> None:
        found = event("github", sample(f"github/{name}.payload.json"))
        assert {field: found.get(field, "not told") for field in told} == told

    @pytest.mark.parametrize(
        "name",
        [
            "issue_comment__deleted",
            "issue_comment__deleted.with-organization",
            "issue_comment__edited",
            "issue_comment__edited.with-organization",
            "issues__demilestoned",
            "issues__demilestoned.with-organization",
            "issues__edited",
            "issues__edited.with-organization",
            "issues__locked",
            "issues__locked.with-organization",
            "issues__milestoned",
            "issues__milestoned.with-organization",
            "issues__pinned",
            "issues__unlocked",
            "issues__unlocked.with-organization",
            "issues__unpinned",
        ],
    )
    def test_no_event(self, name: str) -> None:
        assert events("github", sample(f"github/{name}.payload.json")) == []
