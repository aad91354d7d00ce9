"""A day of tickets, told relative to now: who did what when, and the webhooks that three tools send about it.

`STORIES` is the data. An act is how long ago it happened, and what: `created`, `assigned`, `reply` (by an agent, for
all to see), `note` (internal), `customer` (they write again), `pending`, `hold`, `open`, `solved`, `reopened`. `+4s`
lies ahead: it is sent when its time has come.
"""

from __future__ import annotations

import json
import random
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from replyclock.domain.alerts import Level
from replyclock.domain.events import TicketKey
from replyclock.domain.instants import SECOND, format_instant
from replyclock.sources.base import Connection


@dataclass(frozen=True)
class Story:
    """What happened on one ticket."""

    connection: str
    ticket: str
    acts: str
    traits: Mapping[str, str] = field(default_factory=dict)
    """Attributes: `tier`, `channel`, `service_type`."""
    last_after: Level | None = None
    """What people have to be told of the ticket before its last act is told, if anything: the tool is late with it."""

    @property
    def key(self) -> TicketKey:
        """The ticket as the system knows it."""
        return "default", self.connection, self.ticket

    def timeline(self, now: int) -> list[tuple[int, str]]:
        """Its acts with their instants (microseconds), in order."""
        return [_act(text.strip(), now) for text in self.acts.split(";")]


VIP = {"tier": "vip"}
REGULAR = {"tier": "regular"}
URGENT = {"service_type": "urgent"}
GENERAL = {"service_type": "general"}
PHONE = {"channel": "phone"}
CHAT = {"channel": "chat"}

STORIES = (
    # Answered in time, most of them solved.
    Story("zendesk", "4101", "23h created; 22h52m assigned; 22h50m reply; 22h customer; 21h58m reply; 21h solved", VIP),
    Story("zendesk", "4102", "22h created; 5h reply; 4h pending", REGULAR),
    Story(
        "zendesk",
        "4103",
        "18h created; 17h reply; 16h solved; 9h customer; 9h reopened; 8h30m reply; 8h solved",
        REGULAR,
    ),
    Story("zendesk", "4104", "14h created; 13h50m reply; 13h hold", VIP),
    Story("zendesk", "4105", "15h created; 14h reply; 13h pending; 6h customer; 6h open", REGULAR),
    Story("zendesk", "4106", "9h created; 8h59m53s reply; 8h50m solved", CHAT),
    Story("zendesk", "4107", "7h created; 6h59m40s reply; 6h30m note; 6h solved", PHONE),
    Story("github", "acme/widgets#12", "19h created; 18h assigned; 2h reply", REGULAR),
    Story("github", "acme/widgets#13", "16h created; 15h reply; 14h solved; 12h reopened; 11h customer", REGULAR),
    Story("github", "acme/enterprise#7", "12h created; 11h50m reply; 11h solved", VIP),
    Story("github", "acme/enterprise#8", "5h created; 4h55m assigned; 4h50m reply; 4h customer; 3h55m reply", VIP),
    Story("desk", "D-201", "20h created; 19h45m reply; 19h solved", URGENT),
    Story("desk", "D-202", "17h created; 10h reply; 9h pending", GENERAL),
    Story("desk", "D-203", "13h created; 12h59m48s reply; 12h solved; 6h customer; 6h reopened", PHONE | VIP),
    Story("desk", "D-204", "8h created; 7h59m55s reply; 7h50m solved", CHAT | VIP),
    Story("desk", "D-205", "3h created; 2h40m assigned; 2h35m reply", URGENT),
    # Answered, but too late: on record, and nobody is woken for it any more.
    Story("zendesk", "4111", "20h created; 19h10m reply; 18h solved", VIP),
    Story("zendesk", "4112", "11h created; 10h58m reply; 10h pending", PHONE),
    Story("github", "acme/enterprise#9", "10h created; 8h reply; 7h solved", VIP),
    Story("desk", "D-211", "21h created; 20h assigned; 19h reply; 18h solved", URGENT),
    Story("desk", "D-212", "4h created; 3h59m reply; 3h solved", CHAT),
    # Still waiting, their time not yet up.
    Story("zendesk", "4121", "3h created; 2h50m assigned; 2h note", REGULAR),
    Story("github", "acme/widgets#14", "1h created", REGULAR),
    Story("desk", "D-221", "9m created; 5m note", URGENT),
    Story("desk", "D-222", "6h created", GENERAL),
    # Still waiting, and most of their time is up: a warning is owed.
    Story("zendesk", "4131", "21h created; 20h assigned; 19h note", REGULAR),
    Story("github", "acme/widgets#15", "23h created; 22h customer", REGULAR),
    Story("desk", "D-231", "26m created; 20m assigned", URGENT),
    Story("desk", "D-232", "23m57s created; 20m assigned", URGENT),
    # Broken so long before its first webhook came that it is history: on record, and nobody is told.
    Story("desk", "D-233", "50h created; 49h note", URGENT),
    # Broken while nobody looked: the breach is owed at once.
    Story("zendesk", "4141", "2h created; 1h50m assigned; 1h40m note", VIP),
    Story("zendesk", "4142", "6h created; 5h58m customer", CHAT),
    Story("github", "acme/enterprise#10", "4h created; 3h30m customer", VIP),
    Story("desk", "D-241", "50m created", URGENT),
    Story("desk", "D-242", "12m created", PHONE | REGULAR),
)

CONNECTIONS = (
    Connection(name="zendesk", provider="zendesk", account="22129", attributes={"tier": "detail.external_id"}),
    Connection(name="github", provider="github", attributes={"tier": "repository.custom_properties.tier"}),
    Connection(name="desk", provider="generic"),
    Connection(name="kefu", provider="generic", language="zh"),
)


@dataclass(frozen=True)
class Sent:
    """A webhook to send: not yet signed."""

    connection: str
    ticket: str
    act: str
    at: int
    """When what it tells happened, in microseconds since 1970."""
    body: bytes
    headers: Mapping[str, str]
    after: Level | None = None
    """What people have to be told of the ticket before it is sent, if anything."""


def webhooks(story: Story, now: int) -> list[Sent]:
    """The webhooks that the story's tool sends about it, in the order of what happened."""
    *earlier, last = _TOOLS[story.connection](story, now)
    return [*earlier, replace(last, after=story.last_after)]


def as_it_arrives(sent: list[Sent], chance: random.Random) -> list[Sent]:
    """A ticket's webhooks as a tool that was down hands them over: in any order, and some of them twice.

    Answers come first, for alerts go out on what is known: a question without its answer would wake people.
    """
    shuffled = sorted(sent, key=lambda one: (one.act not in ("reply", "solved"), chance.random()))
    return [one for each in shuffled for one in [each] * (2 if chance.random() < 0.15 else 1)]


_AGO = re.compile(r"(\+?)(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)? (\w+)")


def _act(text: str, now: int) -> tuple[int, str]:
    found = _AGO.fullmatch(text)
    if not found:
        raise ValueError(f"not an act: {text}")
    ahead, hours, minutes, seconds, what = found.groups()
    away = ((int(hours or 0) * 60 + int(minutes or 0)) * 60 + int(seconds or 0)) * SECOND
    return now + away if ahead else now - away, what


_STATUSES = {"pending": "pending", "hold": "on_hold", "open": "open", "solved": "solved", "reopened": "open"}


# --------------------------------------------------------------------------------------------- Zendesk event webhooks
_ZENDESK_STATUS = {"new": "NEW", "open": "OPEN", "pending": "PENDING", "on_hold": "HOLD", "solved": "SOLVED"}
_CUSTOMER, _AGENT = "7001", "7900"


def _zendesk(story: Story, now: int) -> Iterator[Sent]:
    timeline = story.timeline(now)
    status, assignee = "new", None
    for number, (at, act) in enumerate(timeline):
        kind, actor = "comment_added", _AGENT
        event: dict[str, Any] = {}
        if act == "created":
            kind, actor = "created", _CUSTOMER
        elif act == "assigned":
            kind, event, assignee = "agent_assignment_changed", {"current": _AGENT, "previous": assignee}, _AGENT
        elif act in _STATUSES:
            actor = _CUSTOMER if act == "reopened" else _AGENT
            before, status = status, _STATUSES[act]
            kind, event = "status_changed", {"current": _ZENDESK_STATUS[status], "previous": _ZENDESK_STATUS[before]}
        else:
            actor = _CUSTOMER if act == "customer" else _AGENT
            comment = {
                "id": f"9{story.ticket}{number}",
                "body": "(the text of the message)",
                "is_public": act != "note",
            }
            event = {"comment": comment | {"author": {"id": actor, "is_staff": actor == _AGENT, "name": "Somebody"}}}
        body = {
            "account_id": 22129,
            "id": str(uuid.uuid4()),
            "type": f"zen:event-type:ticket.{kind}",
            "subject": f"zen:ticket:{story.ticket}",
            "time": format_instant(at),
            "zendesk_event_version": "2022-11-06",
            "event": event,
            "detail": {
                "id": story.ticket,
                "actor_id": actor,
                "assignee_id": assignee,
                "brand_id": "360001",
                "created_at": format_instant(timeline[0][0]),
                "custom_status": "1500",
                "description": "(the text with which it opens)",
                "external_id": story.traits.get("tier"),
                "form_id": "8646",
                "group_id": "8447",
                "is_public": True,
                "organization_id": "501",
                "priority": "NORMAL",
                "requester_id": _CUSTOMER,
                "status": _ZENDESK_STATUS[status],
                "subject": "(its subject)",
                "submitter_id": _CUSTOMER,
                "tags": ["shop"],
                "type": "QUESTION",
                "updated_at": format_instant(at),
                "via": {"channel": {"phone": "voice"}.get(channel := story.traits.get("channel", "email"), channel)},
            },
        }
        yield _sent(story, act, at, body, {})


# ------------------------------------------------------------------------------------------------------ GitHub issues
def _github(story: Story, now: int) -> Iterator[Sent]:
    repository, number = story.ticket.split("#")
    owner = repository.split("/")[0]
    customer, agent = _github_user("jo-customer", 7001), _github_user("ana-support", 7900)
    timeline = story.timeline(now)
    created = _to_second(timeline[0][0])
    state, assignee, comments = "open", None, 0
    for position, (at, act) in enumerate(timeline):
        sender = agent if act in ("reply", "assigned", "solved") else customer
        event, action = "issues", {"created": "opened", "solved": "closed"}.get(act, act)
        extra: dict[str, Any] = {}
        if act == "assigned":
            assignee, extra = agent, {"assignee": agent}
        elif act in ("solved", "reopened"):
            state = "closed" if act == "solved" else "open"
        elif act in ("reply", "customer"):
            event, action, comments = "issue_comment", "created", comments + 1
            extra = {
                "comment": {
                    "id": int(number) * 1000 + position,
                    "user": sender,
                    "author_association": "MEMBER" if act == "reply" else "NONE",
                    "created_at": _to_second(at),
                    "updated_at": _to_second(at),
                    "body": "(the text of the message)",
                }
            }
        body = {
            "action": action,
            "issue": {
                "id": 100_000 + int(number),
                "number": int(number),
                "title": "(its title)",
                "user": customer,
                "author_association": "NONE",
                "labels": [],
                "state": state,
                "state_reason": "completed" if state == "closed" else None,
                "assignee": assignee,
                "assignees": [assignee] if assignee else [],
                "comments": comments,
                "created_at": created,
                "updated_at": _to_second(at),
                "closed_at": _to_second(at) if state == "closed" else None,
                "body": "(the text with which it opens)",
            },
            **extra,
            "repository": {
                "id": 5001,
                "name": repository.split("/")[1],
                "full_name": repository,
                "private": True,
                "owner": _github_user(owner, 5000) | {"type": "Organization"},
                "custom_properties": {"tier": story.traits.get("tier", "regular")},
            },
            "organization": {"login": owner, "id": 5000},
            "sender": sender,
        }
        yield _sent(story, act, at, body, {"X-GitHub-Event": event, "X-GitHub-Delivery": str(uuid.uuid4())})


def _github_user(login: str, number: int) -> dict[str, Any]:
    return {"login": login, "id": number, "type": "User", "site_admin": False}


def _to_second(at: int) -> str:
    return format_instant(at - at % SECOND)


# -------------------------------------------------------------------------------------- replyclock's own event format
def _generic(story: Story, now: int) -> Iterator[Sent]:
    customer, agent = {"kind": "customer", "id": "jo"}, {"kind": "agent", "id": "ana"}
    for number, (at, act) in enumerate(story.timeline(now)):
        body: dict[str, Any] = {
            "id": f"{story.ticket}-{number}",
            "ticket": story.ticket,
            "occurred_at": format_instant(at),
            "actor": customer if act in ("created", "customer", "reopened") else agent,
        }
        if act == "created":
            opening = {"id": f"{story.ticket}-m0", "visibility": "public"}
            body |= {"type": "ticket.created", "attributes": dict(story.traits), "message": opening}
        elif act == "assigned":
            body |= {"type": "assignment.changed", "assignee": "ana"}
        elif act in _STATUSES:
            body |= {"type": "status.changed", "status": _STATUSES[act]}
        else:
            message = {"id": f"{story.ticket}-m{number}", "visibility": "internal" if act == "note" else "public"}
            body |= {"type": "message.added", "message": message}
        yield _sent(story, act, at, body, {})


def _sent(story: Story, act: str, at: int, body: Mapping[str, Any], headers: Mapping[str, str]) -> Sent:
    content = {"Content-Type": "application/json", **headers}
    return Sent(story.connection, story.ticket, act, at, json.dumps(body).encode(), content)


_TOOLS: Mapping[str, Callable[[Story, int], Iterator[Sent]]] = {
    "zendesk": _zendesk,
    "github": _github,
    "desk": _generic,
    "kefu": _generic,
}
