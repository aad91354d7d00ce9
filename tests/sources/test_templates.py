"""The templates beside the guides: rendered as their tools render them, then read as what the tools send.

Values are put in as they are, with quotes, line breaks and backslashes in whatever people write. A tool that escapes
them makes it easier; one that does not must not let a value end its JSON text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import dukpy
import jinja2
import liquid
import pytest

import replyclock.sources
from replyclock.domain.events import event_document, parse_event
from replyclock.domain.instants import parse_instant
from replyclock.domain.judging import evaluate_ticket
from replyclock.domain.policy import DEFAULT_POLICY
from replyclock.sources import source
from replyclock.sources.base import connection_from_yaml

from .builders import NOW, RECEIVED, connection, kept, webhook

TEMPLATES = Path(replyclock.sources.__file__).parent / "guides" / "templates"
NAMES = sorted(path.name for path in TEMPLATES.iterdir())
HOSTILE = 'Say "hi",\n\t{"kind": "bot"}\\ }} {{ %> \u2603'
"""What people may write wherever they may write something."""
LINE = HOSTILE.replace("\n\t", " ")
"""The same where they may write a line: names of types and the like."""


def template(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def read(body: str | bytes, provider: str = "generic", **options: Any) -> list[dict[str, Any]]:
    """The events of a rendered body, sent with the token."""
    raw = body.encode() if isinstance(body, str) else body
    tool, link = source(provider), connection(provider, **options)
    hook = webhook(raw, {"X-Replyclock-Token": "ours", "Content-Type": "application/json"})
    tool.verify(hook, ["ours"], NOW, link)
    translated = tool.translate(hook, link)
    assert translated.unreadable == ()
    return [event_document(event) for event in translated.events]


def only(events: list[dict[str, Any]]) -> dict[str, Any]:
    (one,) = events
    return one


# --- Zendesk and Freshdesk: Liquid ---


def in_liquid(name: str, values: Mapping[str, Any]) -> str:
    environment = liquid.Environment()
    environment.filters["date"] = ruby_date
    return environment.from_string(template(name)).render(**values)


def ruby_date(value: str, pattern: str) -> str:
    """Liquid's filter in Ruby: it writes offsets with a colon, too. It is 9:30 in Berlin now."""
    berlin = timezone(timedelta(hours=1))
    moment = datetime(2026, 3, 1, 9, 30, tzinfo=berlin) if value == "now" else datetime.fromisoformat(value)
    offset = moment.strftime("%z")
    return moment.strftime(pattern.replace("%:z", f"{offset[:3]}:{offset[3:]}"))


def zendesk(**ticket: Any) -> dict[str, Any]:
    """What Zendesk's placeholders stand for when agent 200 writes on ticket 7 of customer 100."""
    return {
        "ticket": {
            "id": 7,
            "title": HOSTILE,
            "description": HOSTILE,
            "status": "Open",
            "priority": "Urgent",
            "tags": "billing vip",
            "created_at_with_timestamp": "2026-03-01T08:00Z",
            "updated_at_with_timestamp": "2026-03-01T09:00Z",
            "requester": {"id": 100, "name": HOSTILE, "email": '"a\\"b"@example.com'},
            "submitter": {"id": 100, "name": HOSTILE},
            "assignee": {"id": 200, "name": HOSTILE, "email": "kim@acme.test"},
            "group": {"name": HOSTILE},
            "latest_comment": {"id": 900, "value": HOSTILE, "is_public": True},
            **ticket,
        },
        "current_user": {"id": 200, "name": HOSTILE},
    }


class TestZendesk:
    def test_created(self) -> None:
        created, attributes = read(in_liquid("zendesk-created.json", zendesk(status="New")))
        assert created == {
            "id": "7|created",
            "ticket": "7",
            "type": "ticket.created",
            "occurred_at": RECEIVED,
            "tenant": "default",
            "source": "generic",
            "status": "new",
            "actor": {"kind": "customer", "id": "100"},
            "requester": "100",
            "assignee": "200",
            "attributes": {},
            "message": {"id": "opening", "visibility": "public"},
        }
        assert attributes["attributes"] == {"priority": "urgent", "tags": ["billing", "vip"]}

    def test_created_by_an_agent_for_nobody_yet(self) -> None:
        values = zendesk(submitter={"id": 200}, assignee={}, priority="", tags="", latest_comment={"is_public": False})
        created, attributes = read(in_liquid("zendesk-created.json", values))
        assert kept(created, "actor", "assignee", "message") == {
            "actor": {"kind": "agent", "id": "200"},
            "assignee": None,
            "message": {"id": "opening", "visibility": "internal"},
        }
        assert attributes["attributes"] == {"priority": None, "tags": []}

    @pytest.mark.parametrize("kind", ["agent", "customer"])
    @pytest.mark.parametrize(("public", "visibility"), [(True, "public"), (False, "internal")])
    def test_comments(self, kind: str, public: bool, visibility: str) -> None:
        values = zendesk(latest_comment={"id": 900, "value": HOSTILE, "is_public": public})
        assert only(read(in_liquid(f"zendesk-{kind}-comment.json", values))) == {
            "id": "7|comment|900",
            "ticket": "7",
            "type": "message.added",
            "occurred_at": RECEIVED,
            "created_at": "2026-03-01T08:00:00Z",
            "requester": "100",
            "tenant": "default",
            "source": "generic",
            "actor": {"kind": kind, "id": "200"},
            "message": {"id": "900", "visibility": visibility},
        }

    @pytest.mark.parametrize(
        ("status", "ours"), [("On-hold", "on_hold"), ("Pending", "pending"), ("Solved", "solved"), ("Closed", "closed")]
    )
    def test_changed(self, status: str, ours: str) -> None:
        told = read(in_liquid("zendesk-changed.json", zendesk(status=status, tags='vip "quoted"')))
        assert [one["type"] for one in told] == ["status.changed", "assignment.changed", "attributes.changed"]
        assert told[0]["status"] == ours
        assert told[1]["assignee"] == "200"
        assert told[2]["attributes"] == {"priority": "urgent", "tags": ["vip", "&quot;quoted&quot;"]}
        assert kept(told[0], "created_at", "requester") == {"created_at": "2026-03-01T08:00:00Z", "requester": "100"}

    def test_rating(self) -> None:
        assert only(read(in_liquid("zendesk-rating.json", zendesk()))) == {
            "id": "7|rating|5|2026-03-01T09:00Z",
            "ticket": "7",
            "type": "rating.given",
            "occurred_at": RECEIVED,
            "created_at": "2026-03-01T08:00:00Z",
            "requester": "100",
            "tenant": "default",
            "source": "generic",
            "actor": {"kind": "customer", "id": "100"},
            "rating": 5,
        }

    def test_one_change_is_one_fact_however_often_it_is_sent(self) -> None:
        first, second = (read(in_liquid("zendesk-changed.json", zendesk())) for _ in range(2))
        assert [one["id"] for one in first] == [one["id"] for one in second]


def freshdesk(**ticket: Any) -> dict[str, Any]:
    return {
        "triggered_event": "{reply_sent:sent}",
        "ticket": {
            "id": 7,
            "subject": HOSTILE,
            "description": HOSTILE,
            "latest_public_comment": HOSTILE,
            "url": "https://acme.freshdesk.com/helpdesk/tickets/7",
            "status": "Open",
            "priority": "Medium",
            "source": "Portal",
            "tags": "billing, vip",
            "agent": {"name": HOSTILE, "email": "kim@acme.test"},
            "group": {"name": 'R&D "A"'},
            "requester": {"name": HOSTILE, "email": '"x\n"@example.com'},
            **ticket,
        },
        "event_performer": {"name": HOSTILE, "email": "kim@acme.test"},
    }


AT = "2026-03-01T08:30:00Z"


class TestFreshdesk:
    def test_created(self) -> None:
        created = only(read(in_liquid("freshdesk-created.json", freshdesk())))
        assert kept(created, "id", "type", "occurred_at", "status", "actor", "attributes", "message") == {
            "id": "7|created",
            "type": "ticket.created",
            "occurred_at": AT,
            "status": "open",
            "actor": {"kind": "customer"},
            "attributes": {"priority": "normal", "channel": "web"},
            "message": {"id": "opening", "visibility": "public"},
        }

    @pytest.mark.parametrize(
        ("name", "kind", "visibility"),
        [
            ("agent-reply", "agent", "public"),
            ("customer-reply", "customer", "public"),
            ("private-note", "agent", "internal"),
        ],
    )
    def test_messages(self, name: str, kind: str, visibility: str) -> None:
        told = only(read(in_liquid(f"freshdesk-{name}.json", freshdesk())))
        assert kept(told, "id", "type", "occurred_at", "actor", "message") == {
            "id": f"7|{name}|2026-03-01T09:30:00+01:00",
            "type": "message.added",
            "occurred_at": AT,
            "actor": {"kind": kind},
            "message": {"id": f"{name}-2026-03-01T09:30:00+01:00", "visibility": visibility},
        }

    def test_status(self) -> None:
        assert only(read(in_liquid("freshdesk-status.json", freshdesk())))["status"] == "solved"

    @pytest.mark.parametrize(
        ("agent", "assignee"), [({"email": "kim@acme.test"}, "kim@acme.test"), ({"email": ""}, None), ({}, None)]
    )
    def test_assigned(self, agent: dict[str, str], assignee: str | None) -> None:
        told = only(read(in_liquid("freshdesk-assigned.json", freshdesk(agent=agent))))
        assert (told["type"], told["assignee"]) == ("assignment.changed", assignee)

    def test_the_template_of_the_source_freshdesk(self) -> None:
        body = in_liquid("freshdesk-webhook.json", freshdesk())
        message, status, assignment, attributes = read(body, "freshdesk", account="acme")
        assert kept(message, "type", "occurred_at", "actor") == {
            "type": "message.added",
            "occurred_at": AT,
            "actor": {"kind": "agent", "id": "kim@acme.test"},
        }
        assert status["status"] == "open"
        assert kept(assignment, "assignee", "group") == {"assignee": "kim@acme.test", "group": 'R&D "A"'}
        assert attributes["attributes"] == {"priority": "normal", "channel": "web", "tags": ["billing", "vip"]}

    @pytest.mark.parametrize("name", ["group", "agent", "requester"])
    def test_no_value_ends_the_text_around_it(self, name: str) -> None:
        injected = '", "event_performer": "system", "x": "'
        values = freshdesk(**{name: {"name": injected, "email": injected}})
        message, *_ = read(in_liquid("freshdesk-webhook.json", values), "freshdesk")
        assert message["actor"]["kind"] == "agent"


# --- Gorgias: Jinja ---


def gorgias(ticket: Mapping[str, Any] = {}, **message: Any) -> dict[str, Any]:
    return {
        "ticket": {
            "id": 7,
            "subject": HOSTILE,
            "status": "open",
            "channel": "email",
            "from_agent": False,
            "spam": False,
            "customer": {"id": 100, "name": HOSTILE, "email": '"a\\"b"@example.com'},
            "assignee_user": {"id": 4, "name": HOSTILE},
            "created_datetime": "2026-03-01T08:00:00.123456+00:00",
            "updated_datetime": "2026-03-01T08:30:00+00:00",
            "closed_datetime": None,
            **ticket,
        },
        "message": {
            "id": 208,
            "body_text": HOSTILE,
            "from_agent": True,
            "public": True,
            "via": "helpdesk",
            "rule_id": None,
            "sender": {"id": 4, "name": HOSTILE},
            "created_datetime": "2026-03-01T08:20:00.308988+00:00",
            **message,
        },
    }


JINJA = jinja2.Environment(autoescape=False, undefined=jinja2.ChainableUndefined)  # noqa: S701 - it is no HTML


def by_text(name: str, values: Mapping[str, Any]) -> str:
    return JINJA.from_string(template(name)).render(**values)


def by_leaf(name: str, values: Mapping[str, Any]) -> str:
    """The body as a JSON object (Gorgias' API has it so), each of its texts a template of its own."""

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: filled(one) for key, one in value.items()}
        return JINJA.from_string(value).render(**values)

    return json.dumps(filled(json.loads(template(name))))


@pytest.mark.parametrize("rendered", [by_text, by_leaf])
class TestGorgias:
    def test_created(self, rendered: Callable[..., str]) -> None:
        told = only(read(rendered("gorgias-created.json", gorgias())))
        assert kept(told, "id", "type", "occurred_at", "actor", "requester", "status", "attributes") == {
            "id": "7|created",
            "type": "ticket.created",
            "occurred_at": "2026-03-01T08:00:00.123456Z",
            "actor": {"kind": "customer", "id": "100"},
            "requester": "100",
            "status": "open",
            "attributes": {"channel": "email"},
        }

    def test_created_by_the_company(self, rendered: Callable[..., str]) -> None:
        told = only(read(rendered("gorgias-created.json", gorgias({"from_agent": True}))))
        assert told["actor"] == {"kind": "agent", "id": "company"}

    @pytest.mark.parametrize(
        ("fields", "kind", "visibility"),
        [
            ({}, "agent", "public"),
            ({"from_agent": False}, "customer", "public"),
            ({"rule_id": 3}, "bot", "public"),
            ({"public": False}, "agent", "internal"),
        ],
    )
    def test_messages(self, rendered: Callable[..., str], fields: dict[str, Any], kind: str, visibility: str) -> None:
        told = only(read(rendered("gorgias-message.json", gorgias(**fields))))
        assert kept(told, "id", "occurred_at", "created_at", "actor", "message") == {
            "id": "7|message|208",
            "occurred_at": "2026-03-01T08:20:00.308988Z",
            "created_at": "2026-03-01T08:00:00.123456Z",
            "actor": {"kind": kind, "id": "4"},
            "message": {"id": "208", "visibility": visibility},
        }

    def test_times_without_offset(self, rendered: Callable[..., str]) -> None:
        body = rendered("gorgias-status.json", gorgias({"updated_datetime": "2026-03-01T08:30:00"}))
        assert only(read(body, timezone="UTC"))["occurred_at"] == "2026-03-01T08:30:00Z"

    @pytest.mark.parametrize("status", ["open", "closed"])
    def test_status(self, rendered: Callable[..., str], status: str) -> None:
        told = only(read(rendered("gorgias-status.json", gorgias({"status": status}))))
        assert (told["type"], told["status"]) == ("status.changed", status)

    def test_the_template_of_the_source_gorgias(self, rendered: Callable[..., str]) -> None:
        body = rendered("gorgias-integration.json", gorgias({"assignee_user": None}))
        created, message, status, assignment, attributes = read(body, "gorgias", account="acme")
        assert created["actor"] == {"kind": "customer", "id": "100"}
        assert message["actor"] == {"kind": "agent", "id": "4"}
        assert status["status"] == "open"
        assert kept(assignment, "assignee", "group") == {"assignee": None, "group": None}
        assert attributes["attributes"] == {"channel": "email"}


# --- Zammad: #{placeholders} ---


class Time(datetime):
    """A time of Ruby on Rails: written out it is no RFC 3339, unless it is asked to."""

    def __str__(self) -> str:
        return self.strftime("%Y-%m-%d %H:%M:%S UTC")

    @property
    def xmlschema(self) -> str:
        return self.strftime("%Y-%m-%dT%H:%M:%SZ")


def in_zammad(name: str, values: Mapping[str, Any]) -> str:
    """A text in quotes of its own stays a text, other values lose these quotes; within a text all are texts, of which
    quotes and white space are escaped. A placeholder of other characters than these is none.
    """

    def value(path: str) -> Any:
        found: Any = values
        for part in path.split("."):
            found = found[part] if isinstance(found, Mapping) else getattr(found, part)
        return "" if found is None else found

    def escaped(one: Any) -> str:
        text = str(one).replace('"', '\\"')
        return text.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")

    def fill(match: re.Match[str]) -> str:
        found = value(match["whole"] or match["part"])
        if not match["whole"]:
            return escaped(found)
        return f'"{escaped(found)}"' if isinstance(found, str | datetime) else json.dumps(found)

    return re.sub(r'"#\{(?P<whole>[a-z_.?!]+)\}"|#\{(?P<part>[a-z_.?!]+)\}', fill, template(name))


def zammad(**article: Any) -> dict[str, Any]:
    return {
        "ticket": {
            "number": "10081",
            "title": HOSTILE,
            "customer_id": 8,
            "updated_by_id": 5,
            "created_at": Time(2026, 3, 1, 8, 0, 0),
            "updated_at": Time(2026, 3, 1, 9, 0, 0),
        },
        "article": {
            "id": 105,
            "body": HOSTILE,
            "created_by_id": 5,
            "created_at": Time(2026, 3, 1, 8, 20, 0),
            "type": {"name": "email"},
            **article,
        },
    }


class TestZammad:
    def test_created(self) -> None:
        assert only(read(in_zammad("zammad-created.json", zammad()))) == {
            "id": "10081|created",
            "ticket": "10081",
            "type": "ticket.created",
            "occurred_at": "2026-03-01T08:00:00Z",
            "tenant": "default",
            "source": "generic",
            "actor": {"kind": "customer", "id": "user-8"},
            "requester": "user-8",
            "status": "new",
            "attributes": {"channel": "email"},
            "message": {"id": "article-105", "visibility": "public"},
        }

    @pytest.mark.parametrize(
        ("name", "kind", "visibility"),
        [
            ("agent-article", "agent", "public"),
            ("customer-article", "customer", "public"),
            ("note", "agent", "internal"),
        ],
    )
    def test_articles(self, name: str, kind: str, visibility: str) -> None:
        told = only(read(in_zammad(f"zammad-{name}.json", zammad())))
        assert kept(told, "id", "occurred_at", "created_at", "requester", "actor", "message") == {
            "id": "10081|article|105",
            "occurred_at": "2026-03-01T08:20:00Z",
            "created_at": "2026-03-01T08:00:00Z",
            "requester": "user-8",
            "actor": {"kind": kind, "id": "user-5"},
            "message": {"id": "article-105", "visibility": visibility},
        }

    def test_state(self) -> None:
        told = only(read(in_zammad("zammad-state.json", zammad())))
        assert kept(told, "type", "occurred_at", "requester", "status") == {
            "type": "status.changed",
            "occurred_at": "2026-03-01T09:00:00Z",
            "requester": "user-8",
            "status": "closed",
        }

    @pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("zammad-")])
    def test_the_source_zammad_reads_them_too_signed_by_zammad(self, name: str) -> None:
        body = in_zammad(name, zammad()).encode()
        tool, link = source("zammad"), connection("zammad")
        hook = webhook(body, tool.sign(body, "ours", NOW))
        tool.verify(hook, ["ours"], NOW, link)
        expected = [{**one, "source": "zammad"} for one in read(body)]
        assert [event_document(one) for one in tool.translate(hook, link).events] == expected


# --- Jira: smart values ---


def in_jira(name: str, values: Mapping[str, Any]) -> str:
    """Smart values as far as the templates use them. A value that there is not is nothing."""
    text = template(name)

    def value(expression: str) -> Any:
        found: Any = values
        for part in re.findall(r'\w+\((?:"[^"]*",?)+\)|[^.]+', expression):
            if part == "asJsonString":
                return json.dumps(found)
            if part == "asJsonStringArray":
                return json.dumps(list(found))
            if part == "toLowerCase()":
                found = str(found).lower()
            elif replaced := re.fullmatch(r'replace\("(.*)","(.*)"\)', part):
                found = found.replace(replaced[1], replaced[2])
            elif part.startswith("format("):
                assert part == "format(\"yyyy-MM-dd'T'HH:mm:ss.SSSXXX\")"
                found = found.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            else:
                found = found.get(part) if isinstance(found, Mapping) else None
        return found

    def holds(condition: str) -> bool:
        if inner := re.fullmatch(r"(not|exists)\((.*)\)", condition):
            return not holds(inner[2]) if inner[1] == "not" else value(inner[2]) is not None
        return value(condition) is True

    def shown(expression: str) -> str:
        found = value(expression)
        return "" if found is None else str(found)

    text = re.sub(r"\{\{#if\((.*?)\)\}\}(.*?)\{\{/\}\}", lambda part: part[2] if holds(part[1]) else "", text)
    return re.sub(r"\{\{(.*?)\}\}", lambda part: shown(part[1]), text)


def jira(assignee: Mapping[str, Any] | None = None, **comment: Any) -> dict[str, Any]:
    zone = timezone(timedelta(hours=2))
    return {
        "issue": {
            "key": "SUP-7",
            "summary": HOSTILE,
            "description": HOSTILE,
            "created": datetime(2026, 3, 1, 10, 0, 0, tzinfo=zone),
            "updated": datetime(2026, 3, 1, 9, 0, 0, 250_000, tzinfo=UTC),
            "status": {"id": "10001", "name": HOSTILE},
            "priority": {"name": "Highest"},
            "issueType": {"name": LINE},
            "labels": ["vip", 'a"b'],
            "reporter": {"accountId": "qm:1", "displayName": HOSTILE},
            "assignee": assignee,
        },
        "comment": {
            "id": "555",
            "body": HOSTILE,
            "internal": False,
            "created": datetime(2026, 3, 1, 8, 20, 0, tzinfo=UTC),
            "author": {"accountId": "5b1", "displayName": HOSTILE},
            **comment,
        },
        "initiator": {"accountId": "5b1"},
    }


ATTRIBUTES = {"priority": "urgent", "category": LINE, "tags": ["vip", 'a"b']}


class TestJira:
    def test_created(self) -> None:
        told = only(read(in_jira("jira-created.json", jira())))
        assert kept(told, "id", "type", "occurred_at", "actor", "attributes", "message") == {
            "id": "SUP-7|created",
            "type": "ticket.created",
            "occurred_at": "2026-03-01T08:00:00Z",
            "actor": {"kind": "customer", "id": "qm:1"},
            "attributes": ATTRIBUTES,
            "message": {"id": "opening", "visibility": "public"},
        }

    @pytest.mark.parametrize("kind", ["agent", "customer"])
    @pytest.mark.parametrize(("internal", "visibility"), [(False, "public"), (True, "internal")])
    def test_comments(self, kind: str, internal: bool, visibility: str) -> None:
        told = only(read(in_jira(f"jira-{kind}-comment.json", jira(internal=internal))))
        assert kept(told, "id", "occurred_at", "created_at", "actor", "message") == {
            "id": "SUP-7|comment|555",
            "occurred_at": "2026-03-01T08:20:00Z",
            "created_at": "2026-03-01T08:00:00Z",
            "actor": {"kind": kind, "id": "5b1"},
            "message": {"id": "555", "visibility": visibility},
        }
        assert told["requester"] == "qm:1"

    def test_status(self) -> None:
        told = only(read(in_jira("jira-status.json", jira())))
        assert kept(told, "type", "occurred_at", "status") == {
            "type": "status.changed",
            "occurred_at": "2026-03-01T09:00:00.250000Z",
            "status": "solved",
        }

    @pytest.mark.parametrize(("assignee", "told"), [({"accountId": "5b1"}, "5b1"), (None, None)])
    def test_changed(self, assignee: Mapping[str, Any] | None, told: str | None) -> None:
        assignment, attributes = read(in_jira("jira-changed.json", jira(assignee)))
        assert assignment["assignee"] == told
        assert attributes["attributes"] == ATTRIBUTES
        assert {one["requester"] for one in (assignment, attributes)} == {"qm:1"}

    @pytest.mark.parametrize(("tool", "ours"), [("Medium", "normal"), ("Lowest", "low"), ("High", "high")])
    def test_priorities_are_those_of_the_contract(self, tool: str, ours: str) -> None:
        values = jira()
        values["issue"]["priority"]["name"] = tool
        assert only(read(in_jira("jira-created.json", values)))["attributes"]["priority"] == ours


# --- ServiceNow: a script ---

GLIDE = """
var record = dukpy.record, user = dukpy.user, sent = [];
var gs = {
    getProperty: function (name) { return {instance_name: 'acme', 'replyclock.url': 'https://x.test/webhooks/snow',
                                           'replyclock.token': 'ours'}[name]; },
    getUserID: function () { return user.id; },
    getUserName: function () { return user.name; },
    hasRole: function (name) { return user.roles.indexOf(name) >= 0; }
};
function GlideDateTime() { this.getValue = function () { return '2026-03-01 10:00:00'; }; }
var sn_ws = {RESTMessageV2: function () {
    var request = {headers: {}};
    this.setEndpoint = function (url) { request.url = url; };
    this.setHttpMethod = function (method) { request.method = method; };
    this.setRequestHeader = function (name, value) { request.headers[name] = value; };
    this.setRequestBody = function (body) { request.body = body; };
    this.executeAsync = function () { sent.push(request); };
}};
var current = {
    operation: function () { return dukpy.operation; },
    getTableName: function () { return 'incident'; },
    getValue: function (name) { return record[name] === undefined ? null : record[name]; },
    getDisplayValue: function (name) { return 'shown ' + name; }
};
var previous = null;
['state', 'hold_reason', 'priority', 'assigned_to', 'comments', 'work_notes'].forEach(function (name) {
    current[name] = {changes: function () { return dukpy.changed.indexOf(name) >= 0; }};
});
%s
JSON.stringify(sent);
"""
"""As much of ServiceNow as the scripts use. Its own engine, too, knows ECMAScript 5."""

KIM: dict[str, Any] = {"id": "u1", "name": "kim", "roles": ["itil"]}
ANNA: dict[str, Any] = {"id": "c1", "name": "anna", "roles": []}


def in_servicenow(
    name: str, operation: str, *changed: str, user: dict[str, Any] = KIM, **fields: str | None
) -> list[dict[str, Any]]:
    """The requests that the script makes when a user saves incident INC0010001."""
    record = {
        "number": "INC0010001",
        "sys_mod_count": "4",
        "sys_updated_on": "2026-03-01 08:30:00",
        "opened_at": "2026-03-01 08:00:00",
        "short_description": HOSTILE,
        "state": "2",
        "priority": "2",
        "contact_type": "email",
        "caller_id": "c1",
        "assigned_to": "u1",
        **fields,
    }
    script = GLIDE % template(name)
    answer = dukpy.evaljs(script, record=record, user=user, operation=operation, changed=list(changed))
    sent: list[dict[str, Any]] = json.loads(answer)
    for request in sent:
        assert (request["url"], request["method"]) == ("https://x.test/webhooks/snow", "post")
        assert request["headers"] == {"Content-Type": "application/json", "X-Replyclock-Token": "ours"}
    return sent


class TestServiceNow:
    def told(self, operation: str, *changed: str, **more: Any) -> list[dict[str, Any]]:
        return read(only(in_servicenow("servicenow-canonical.txt", operation, *changed, **more))["body"])

    def test_created_by_the_caller(self) -> None:
        created = only(self.told("insert", user=ANNA, state="1", assigned_to=None, sys_mod_count="0"))
        assert created == {
            "id": "INC0010001|created|0",
            "ticket": "INC0010001",
            "type": "ticket.created",
            "occurred_at": "2026-03-01T08:00:00Z",
            "created_at": "2026-03-01T08:00:00Z",
            "sequence": 0,
            "tenant": "default",
            "source": "generic",
            "actor": {"kind": "customer", "id": "c1"},
            "requester": "c1",
            "status": "new",
            "attributes": {"priority": "high"},
            "message": {"id": "opening", "visibility": "public"},
        }

    def test_created_for_the_caller(self) -> None:
        created, note = self.told("insert", "work_notes")
        assert kept(created, "actor", "assignee", "message") == {
            "actor": {"kind": "agent", "id": "u1"},
            "assignee": "u1",
            "message": None,
        }
        assert note["message"] == {"id": "work_notes-4", "visibility": "internal"}

    @pytest.mark.parametrize(
        ("user", "kind"),
        [(KIM, "agent"), (ANNA, "customer"), ({"id": "s", "name": "system", "roles": ["itil"]}, "system")],
    )
    def test_a_comment(self, user: dict[str, Any], kind: str) -> None:
        comment = only(self.told("update", "comments", user=user))
        assert kept(comment, "type", "occurred_at", "created_at", "requester", "actor", "message") == {
            "type": "message.added",
            "occurred_at": "2026-03-01T08:30:00Z",
            "created_at": "2026-03-01T08:00:00Z",
            "requester": "c1",
            "actor": {"kind": kind, "id": user["id"]},
            "message": {"id": "comments-4", "visibility": "public"},
        }

    @pytest.mark.parametrize(
        ("state", "reason", "status"),
        [
            ("2", None, "open"),
            ("3", "1", "pending"),
            ("3", "4", "on_hold"),
            ("6", None, "solved"),
            ("8", None, "closed"),
        ],
    )
    def test_status(self, state: str, reason: str | None, status: str) -> None:
        assert only(self.told("update", "state", state=state, hold_reason=reason))["status"] == status

    def test_several_at_once(self) -> None:
        told = self.told("update", "state", "assigned_to", "priority", "comments", "work_notes", assigned_to="")
        assert [one["type"] for one in told] == [
            "status.changed",
            "assignment.changed",
            "attributes.changed",
            "message.added",
            "message.added",
        ]
        assert told[1]["assignee"] is None
        assert len({one["id"] for one in told}) == 5

    def test_deleted(self) -> None:
        deleted = only(self.told("delete"))
        assert kept(deleted, "type", "occurred_at") == {"type": "ticket.deleted", "occurred_at": "2026-03-01T10:00:00Z"}

    def test_what_says_nothing_is_not_sent(self) -> None:
        assert in_servicenow("servicenow-canonical.txt", "update") == []

    def test_no_text_is_sent(self) -> None:
        for name in ("servicenow-canonical.txt", "servicenow-snapshot.txt"):
            assert "hi" not in only(in_servicenow(name, "insert", "comments"))["body"].replace("high", "")

    def test_the_template_of_the_source_servicenow(self) -> None:
        body = only(in_servicenow("servicenow-snapshot.txt", "update", "comments", state="6"))["body"]
        status, assignment, attributes, comment = read(body, "servicenow", account="acme")
        assert kept(status, "occurred_at", "created_at", "status", "actor", "sequence") == {
            "occurred_at": "2026-03-01T08:30:00Z",
            "created_at": "2026-03-01T08:00:00Z",
            "status": "solved",
            "actor": {"kind": "agent", "id": "u1"},
            "sequence": 4,
        }
        assert assignment["assignee"] == "u1"
        assert attributes["attributes"] == {"priority": "high", "channel": "email"}
        assert comment["message"]["visibility"] == "public"
        assert comment["actor"] == {"kind": "agent", "id": "u1"}

    @pytest.mark.parametrize(("operation", "kind"), [("insert", "ticket.created"), ("delete", "ticket.deleted")])
    def test_its_other_operations(self, operation: str, kind: str) -> None:
        body = only(in_servicenow("servicenow-snapshot.txt", operation, user=ANNA))["body"]
        assert only(read(body, "servicenow"))["type"] == kind

    def test_from_the_first_to_the_last_clock(self) -> None:
        log = [
            *self.told("insert", user=ANNA, state="1", assigned_to=None, sys_mod_count="0"),
            *self.told("update", "comments", "state", sys_mod_count="1", sys_updated_on="2026-03-01 08:20:00"),
            *self.told("update", "state", sys_mod_count="2", state="6", sys_updated_on="2026-03-01 09:00:00"),
        ]
        result = evaluate_ticket(
            [parse_event(one) for one in log], DEFAULT_POLICY, parse_instant("2026-03-01T12:00:00Z")
        )
        assert result is not None
        clocks = {one["metric"]: (one["seconds"], one["stopped_by"]) for one in result.document()["clocks"]}
        assert clocks["first_response"] == (20 * 60, "reply")
        assert clocks["resolution"] == (40 * 60, "solve")


@pytest.mark.parametrize("tool", ["freshdesk", "zammad", "gorgias", "servicenow", "zendesk", "github"])
def test_the_connection_of_a_guide_is_one(tool: str) -> None:
    guide = (TEMPLATES.parent / f"{tool}.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", guide, re.DOTALL)
    assert connection_from_yaml(block).provider == tool


def test_a_guide_names_only_templates_that_there_are() -> None:
    guides = "".join(path.read_text(encoding="utf-8") for path in TEMPLATES.parent.glob("*.md"))
    named = set(re.findall(r"\b[a-z]+-[a-z-]+\.(?:json|txt)\b", guides))
    assert named == set(NAMES)


def test_the_event_of_the_generic_guide_is_one() -> None:
    guide = (TEMPLATES.parent / "generic.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```json\n(.*?)```", guide, re.DOTALL)
    assert only(read(block))["type"] == "ticket.created"


def test_every_template_is_rendered_here() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    named = {name for name in NAMES if name in text}
    for tool, kinds in {
        "zendesk": ("agent-comment", "customer-comment"),
        "freshdesk": ("agent-reply", "customer-reply", "private-note"),
        "zammad": ("agent-article", "customer-article", "note"),
        "jira": ("agent-comment", "customer-comment"),
    }.items():
        named |= {f"{tool}-{kind}.json" for kind in kinds}
    assert sorted(named) == NAMES
