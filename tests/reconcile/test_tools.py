"""Asking GitHub, Intercom, Jira and Freshdesk: each tells the whole ticket, of which webhooks had told a part."""

from __future__ import annotations

from typing import Any

import pytest

from replyclock.domain.events import AssignmentChanged
from replyclock.domain.instants import MINUTE
from replyclock.sources.changes import providers_with_changes
from tests.service.house import House

from .looking import Looking, at, unix
from .server import Question, Tool, served


def test_github(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("replyclock.sources.changes.github._PAGE", 4)
    user, staff = {"login": "casey", "type": "User"}, {"login": "robin", "type": "User"}
    url = "https://api.example.com/repos/example-org/support/issues"

    def issue(number: int, minutes: float, **further: Any) -> dict[str, Any]:
        found = {
            "number": number,
            "url": f"{url}/{number}",
            "user": user,
            "state": "open",
            "labels": [],
            "assignees": [],
        }
        return {**found, "created_at": at(0), "updated_at": at(minutes), "author_association": "NONE", **further}

    opened, bulk = issue(8, 0), [issue(100 + i, 30) for i in range(6)]
    comment = {"event": "commented", "id": 501, "user": staff, "created_at": at(6), "author_association": "MEMBER"}
    labeled = {"event": "labeled", "id": 502, "actor": staff, "created_at": at(7), "label": {"name": "bug"}}
    closed = {"event": "closed", "id": 503, "actor": staff, "created_at": at(9), "commit_id": None}
    seen = {"event": "subscribed", "id": 504, "actor": staff, "created_at": at(6)}
    issues = [
        issue(8, 9, state="closed", closed_at=at(9), labels=[{"name": "bug"}]),
        issue(9, 12, pull_request={"url": "https://api.example.com/repos/example-org/support/pulls/9"}),
        *bulk,
    ]

    def answer(asked: Question) -> Any:
        assert asked.headers["authorization"] == "Bearer the-token-of-an-api"
        page = int(asked.query.get("page", 1))
        if asked.path.endswith("/timeline"):
            entries = [comment, labeled, closed, seen] if "/8/" in asked.path else []
            return entries[(page - 1) * 4 : page * 4]
        changed = [one for one in issues if one["updated_at"] >= asked.query["since"]]
        return changed[(page - 1) * 4 : page * 4]

    with served(Tool(answer)) as tool:
        looking = Looking(house, "github", f"{tool.url}/repos/example-org/support")
        around = {"repository": {"full_name": "example-org/support", "owner": {"login": "example-org"}}}
        looking.webhook(
            {"action": "opened", "issue": opened, "sender": user, **around}, 0, {"X-GitHub-Event": "issues"}
        )
        now = {**issues[0], "updated_at": at(7)}
        looking.webhook(
            {"action": "labeled", "issue": now, "sender": staff, "label": {"name": "bug"}, **around},
            7,
            {"X-GitHub-Event": "issues"},
        )
        look = looking.look(60)
        # More issues than a page has were changed in one second; the pull request is no ticket.
        assert look.missed == {"ticket.created": 6, "message.added": 1, "status.changed": 1}
        assert (look.finished, look.unreadable) == (True, 0)
        assert looking.told("example-org/support#8") == [
            ("ticket.created", "customer", at(0)),
            ("message.added", "agent", at(6)),
            ("attributes.changed", "agent", at(7)),
            ("status.changed", "agent", at(9)),
        ]
        assert looking.look(70, since=look.since).missed == {}


def test_intercom(house: House) -> None:
    person, admin = {"type": "user", "id": "u1"}, {"type": "admin", "id": "a1"}

    def part(number: int, minutes: float, kind: str, author: dict[str, str]) -> dict[str, Any]:
        said = {"type": "conversation_part", "id": str(number), "part_type": kind, "author": author}
        return {**said, "body": "<p>so</p>", "created_at": unix(minutes), "updated_at": unix(minutes)}

    def conversation(name: str, minutes: float, *parts: dict[str, Any], **further: Any) -> dict[str, Any]:
        source = {"type": "conversation", "id": f"{name}0", "delivered_as": "customer_initiated", "author": person}
        found = {
            "type": "conversation",
            "id": name,
            "created_at": unix(0),
            "updated_at": unix(minutes),
            "state": "open",
        }
        listed = {"type": "conversation_part.list", "conversation_parts": list(parts)}
        return {**found, "source": source, "contacts": {"contacts": [person]}, "conversation_parts": listed, **further}

    reply, close = part(11, 5, "comment", admin), part(12, 8, "close", admin)
    known = {
        "7": conversation("7", 8, reply, close, state="closed"),
        "8": conversation("8", 10),
        "9": conversation("9", 11),
    }

    def answer(asked: Question) -> Any:
        if asked.method == "GET":
            return known.get(asked.path.rsplit("/", 1)[1])
        if asked.path == "/tickets/search":
            return {"type": "ticket.list", "tickets": [], "pages": {"next": None}}
        after = int(asked.body["pagination"].get("starting_after", 0))
        since = asked.body["query"]["value"]
        found = [one for one in known.values() if one["updated_at"] > since]
        listed = [{key: one[key] for key in ("type", "id", "updated_at")} for one in found[after : after + 2]]
        following = {"starting_after": str(after + 2)} if after + 2 < len(found) else None
        return {"type": "conversation.list", "conversations": listed, "pages": {"next": following}}

    with served(Tool(answer)) as tool:
        looking = Looking(house, "intercom", tool.url)
        began = conversation("7", 0)
        looking.webhook({"topic": "conversation.user.created", "created_at": unix(0), "data": {"item": began}}, 0)
        replied = conversation("7", 5, reply)
        looking.webhook({"topic": "conversation.admin.replied", "created_at": unix(5), "data": {"item": replied}}, 5)
        look = looking.look(30)
        # The conversation was closed with a text, which is a reply.
        assert look.missed == {"ticket.created": 2, "message.added": 1, "status.changed": 1}
        assert looking.told("7") == [
            ("ticket.created", "customer", at(0)),
            ("message.added", "agent", at(5)),
            ("status.changed", "unknown", at(5)),  # what the webhook showed beside the reply: it was open
            ("message.added", "agent", at(8)),
            ("status.changed", "agent", at(8)),
        ]
        assert tool.asked[0].headers["intercom-version"] == "2.11"
        assert looking.look(31, since=look.since).missed == {}


@pytest.mark.parametrize("cloud", [True, False])
def test_jira(house: House, cloud: bool) -> None:
    customer = {"accountId": "c1", "accountType": "customer"}
    agent = {"accountId": "a1", "accountType": "atlassian"}
    site = "https://acme.atlassian.net/rest/api/2/issue/1"

    def fields(minutes: float, status: str, *comments: dict[str, Any], total: int | None = None) -> dict[str, Any]:
        listed = {"comments": list(comments[:1]), "total": len(comments) if total is None else total}
        shown = {"created": at(0), "updated": at(minutes), "creator": customer, "reporter": customer, "labels": []}
        return {**shown, "status": {"id": status, "name": status}, "comment": listed, "priority": {"name": "High"}}

    def comment(number: int, minutes: float) -> dict[str, Any]:
        return {"id": str(number), "author": agent, "created": at(minutes).replace("Z", ".000+0000"), "jsdPublic": True}

    comments = [comment(31, 4), comment(32, 6)]
    change = {"field": "status", "from": "Open", "fromString": "Open", "to": "Resolved", "toString": "Resolved"}
    histories = [{"id": "900", "author": agent, "created": at(9), "items": [change]}]
    issues = [
        {
            "key": "SUP-1",
            "self": site,
            "fields": fields(9, "Resolved", *comments),
            "changelog": {"histories": histories},
        },
        {"key": "SUP-2", "self": site, "fields": fields(10, "Open"), "changelog": {"histories": []}},
    ]

    def answer(asked: Question) -> Any:
        match asked.path.split("/rest/api/2/")[1]:
            case "search/jql" if cloud:
                place = int(asked.query.get("nextPageToken", "0"))
                following = {"nextPageToken": "1"} if place == 0 else {"isLast": True}
                return {"issues": issues[place : place + 1], **following}
            case "search" if not cloud:
                place = int(asked.query.get("startAt", "0"))
                return {"issues": issues[place : place + 1], "total": 2, "startAt": place}
            case "issue/SUP-1/comment":
                place = int(asked.query["startAt"])
                return {"comments": comments[place : place + 1], "total": 2}
        return None

    with served(Tool(answer)) as tool:
        looking = Looking(house, "jira", tool.url, **({"user": "who@example.com"} if cloud else {}))
        opened = {"key": "SUP-1", "self": site, "fields": fields(0, "Open")}
        looking.webhook({"webhookEvent": "jira:issue_created", "timestamp": unix(0) * 1000, "issue": opened}, 0)
        look = looking.look(30)
        assert look.missed == {"message.added": 2, "status.changed": 1, "ticket.created": 1}
        assert (look.unreadable, look.finished, look.failed) == (0, True, None)
        assert looking.told("SUP-1") == [
            ("ticket.created", "customer", at(0)),
            ("message.added", "agent", at(4)),
            ("message.added", "agent", at(6)),
            ("status.changed", "agent", at(9)),
        ]
        scheme = tool.asked[0].headers["authorization"].split()[0]
        assert scheme == ("Basic" if cloud else "Bearer")
        assert tool.asked[0].query["jql"] == "updated >= -1445m ORDER BY updated ASC"
        assert looking.look(31, since=look.since).missed == {}


def test_freshdesk_names_a_message_differently_and_it_is_the_same(house: House) -> None:
    ticket: dict[str, Any] = {
        "id": 5,
        "requester_id": 71,
        "requester": {"id": 71, "email": "casey@example.com"},
        "status": 4,
        "source": 1,
        "priority": 1,
        "tags": [],
        "responder_id": 9,
        "group_id": None,
        "created_at": at(0),
        "updated_at": at(12),
        "stats": {"resolved_at": at(12), "status_updated_at": at(12), "first_responded_at": at(3)},
    }
    said = {"user_id": 9, "ticket_id": 5, "incoming": False, "private": False}
    replies = [{**said, "id": 81, "created_at": at(3)}, {**said, "id": 82, "created_at": at(8)}]

    def answer(asked: Question) -> Any:
        assert asked.headers["authorization"].startswith("Basic ")
        match asked.path.removeprefix("/api/v2/"):
            case "agents":
                return [{"id": 9, "contact": {"email": "robin@example.com"}, "occasional": False}]
            case "groups":
                return []
            case "tickets":
                assert asked.query["include"] == "stats,requester,description"
                return [ticket] if asked.query["updated_since"] <= ticket["updated_at"] else []
        return replies

    with served(Tool(answer)) as tool:
        looking = Looking(house, "freshdesk", tool.url)

        def rule(what: str, who: str, minutes: float, status: str) -> None:
            fields = {"ticket_id": "5", "triggered_event": what, "event_performer": who, "event_at": at(minutes)}
            fields |= {"ticket_status": status, "requester_email": "casey@example.com", "ticket_source": "Email"}
            fields |= {"event_performer_email": "robin@example.com"} if who == "agent" else {}
            looking.webhook({"freshdesk_webhook": {**fields, "ticket_priority": "Low"}}, minutes)

        rule("{ticket_action:created}", "requester", 0, "Open")
        # The rule ran half a minute after the reply that it tells.
        rule("{reply_sent:sent}", "agent", 3.5, "Open")
        look = looking.look(30)
        assert look.missed == {"message.added": 1, "status.changed": 1, "assignment.changed": 1}
        messages = [one for one in looking.told("5") if one[0] == "message.added"]
        assert messages == [("message.added", "agent", at(3.5)), ("message.added", "agent", at(8))]
        again = looking.look(31, since=look.since)
        assert (again.missed, again.unreadable) == ({}, 0)


@pytest.mark.parametrize("provider", providers_with_changes())
def test_an_address_at_which_there_is_nothing_is_no_success(house: House, provider: str) -> None:
    with served(Tool(lambda asked: None)) as tool:
        looking = Looking(house, provider, tool.url)
        look = looking.look(30)
        assert look.failed is not None
        assert "there is nothing at this address" in look.failed
        assert not look.finished
        # The next look begins where this one did.
        assert looking.look(60).since == look.since - 10 * MINUTE


def test_the_teams_of_intercom_have_names(house: House) -> None:
    item = {
        "type": "conversation",
        "id": "7",
        "created_at": unix(0),
        "updated_at": unix(5),
        "state": "open",
        "team_assignee_id": 2744328,
        "source": {"type": "conversation", "id": "70", "author": {"type": "user", "id": "u1"}},
        "contacts": {"contacts": [{"type": "user", "id": "u1"}]},
        "conversation_parts": {"conversation_parts": []},
    }

    def answer(asked: Question) -> Any:
        if asked.path == "/teams":
            return {"type": "team.list", "teams": [{"type": "team", "id": "2744328", "name": "L2", "admin_ids": []}]}
        if asked.method == "GET":
            return item
        return {asked.path.split("/")[1]: [item] if asked.path == "/conversations/search" else [], "pages": {}}

    with served(Tool(answer)) as tool:
        looking = Looking(house, "intercom", tool.url)
        assert looking.look(30).failed is None
        assert tool.paths().count("/teams") == 1
    events = (stored.event for stored in house.record(("default", "intercom", "7")).events)
    assert [one.group for one in events if isinstance(one, AssignmentChanged)] == ["L2"]
    document = house.connections.get("intercom")
    assert document is not None and document["groups"] == {"2744328": "L2"}
