"""Asking Zendesk for what was missed, with all that can go wrong on the way."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest

from replyclock.cli.reconciliations import look_words
from replyclock.domain.events import AssignmentChanged
from replyclock.domain.instants import MINUTE, SECOND
from replyclock.sources.base import connection_from_document
from tests.adapters.backends import ROOT
from tests.adapters.samples import NINE
from tests.service.house import House

from .looking import Looking, at, unix
from .server import Question, Tool, served

CUSTOMER, AGENT = 71, 9
PAGE = 2


@dataclass
class Zendesk:
    """Tickets by their number, each with the minute of its last change, and its audits."""

    tickets: dict[int, dict[str, Any]] = field(default_factory=dict)
    audits: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    groups: dict[int, str] = field(default_factory=dict)
    repeats: bool = False
    """Whether the last page is given once more, with its cursor."""

    def open(self, number: int, minutes: float) -> None:
        self.tickets[number] = {
            "id": number,
            "requester_id": CUSTOMER,
            "submitter_id": CUSTOMER,
            "assignee_id": None,
            "group_id": None,
            "brand_id": 3,
            "status": "new",
            "priority": None,
            "tags": [],
            "via": {"channel": "web"},
            "description": "It broke.",
            "is_public": True,
            "created_at": at(minutes),
            "custom_fields": [],
        }
        said = {"type": "Comment", "id": number * 100, "public": True, "author_id": CUSTOMER, "body": "It broke."}
        made = {"type": "Create", "id": 1, "field_name": "status", "value": "new"}
        self.audits[number] = []
        self.audit(number, minutes, CUSTOMER, said, made)

    def audit(self, number: int, minutes: float, author: int, *events: dict[str, Any]) -> None:
        found = self.audits[number]
        audit = {"id": 1000 + len(found), "ticket_id": number, "author_id": author, "created_at": at(minutes)}
        found.append({**audit, "via": {"channel": "web"}, "events": list(events)})
        changed = {one["field_name"]: one["value"] for one in events if one["type"] == "Change"}
        self.tickets[number] |= {**changed, "updated_at": at(minutes), "generated_timestamp": unix(minutes)}

    def reply(self, number: int, minutes: float) -> None:
        said = {"type": "Comment", "id": number * 100 + 1, "public": True, "author_id": AGENT, "body": "It is mended."}
        self.audit(number, minutes, AGENT, said)

    def assign(self, number: int, minutes: float, group: int) -> None:
        change = {"type": "Change", "id": 4, "field_name": "group_id", "value": str(group), "previous_value": None}
        self.audit(number, minutes, AGENT, change)

    def solve(self, number: int, minutes: float) -> None:
        status = {"type": "Change", "id": 3, "field_name": "status", "value": "solved", "previous_value": "new"}
        self.audit(number, minutes, AGENT, status)

    def __call__(self, asked: Question) -> Any:
        match asked.path.split("/"):
            case [*_, "cursor.json"]:
                return self._export(asked)
            case [*_, number, "audits.json"]:
                audits = self.audits[int(number)]
                begin = int(asked.query.get("page[after]", 0))
                more = begin + PAGE < len(audits)
                return {
                    "audits": audits[begin : begin + PAGE],
                    "meta": {"has_more": more, "after_cursor": str(begin + PAGE)},
                }
            case [*_, "groups.json"]:
                listed = [{"id": number, "name": name} for number, name in self.groups.items()]
                begin = int(asked.query.get("page[after]", 0))
                more = begin + PAGE < len(listed)
                meta = {"has_more": more, "after_cursor": str(begin + PAGE)}
                return {"groups": listed[begin : begin + PAGE], "meta": meta}
            case [*_, "show_many.json"]:
                return {"users": [{"id": int(one), "role": "agent"} for one in asked.query["ids"].split(",")]}
        return None

    def _export(self, asked: Question) -> Any:
        start, _, begin = asked.query.get("cursor", f"{asked.query.get('start_time')}|0").partition("|")
        changed = [one for one in self.tickets.values() if one["generated_timestamp"] >= int(start)]
        changed.sort(key=lambda one: one["generated_timestamp"])
        place = int(begin)
        ends = place + PAGE >= len(changed)
        following = begin if ends and self.repeats else str(place + PAGE)
        page = {"tickets": changed[place : place + PAGE], "users": [{"id": CUSTOMER, "role": "end-user"}]}
        return {**page, "after_cursor": f"{start}|{following}", "end_of_stream": ends and not self.repeats}


@pytest.fixture
def zendesk() -> Zendesk:
    return Zendesk()


@pytest.fixture
def tool(zendesk: Zendesk) -> Iterator[Tool]:
    with served(Tool(zendesk)) as tool:
        yield tool


@pytest.fixture
def looking(house: House, tool: Tool) -> Looking:
    return Looking(house, "zendesk", tool.url, user="admin@example.com")


def webhook(kind: str, number: int, minutes: float, **further: Any) -> dict[str, Any]:
    """As Zendesk sends it, to a fraction of a second."""
    detail: dict[str, Any] = {
        "id": str(number),
        "requester_id": str(CUSTOMER),
        "submitter_id": str(CUSTOMER),
        "status": "NEW",
    }
    detail |= {
        "actor_id": str(AGENT),
        "created_at": at(0),
        "description": "It broke.",
        "is_public": True,
        "brand_id": "3",
    }
    detail |= {"via": {"channel": "web"}}
    event = {"type": f"zen:event-type:ticket.{kind}", "time": at(minutes + 0.4 / 60), "detail": detail}
    return {**event, "event": {}, **further}


def test_what_webhooks_missed_comes_in_once_and_is_counted(looking: Looking, zendesk: Zendesk, tool: Tool) -> None:
    zendesk.open(1, 0)
    zendesk.reply(1, 3)
    zendesk.solve(1, 4)
    zendesk.open(2, 5)
    zendesk.open(3, 6)
    looking.webhook(webhook("created", 1, 0), 0)
    # Of the change the webhook says the fraction of a second, the API does not: it is the same change.
    looking.webhook(webhook("status_changed", 1, 4, event={"current": "SOLVED", "previous": "NEW"}), 4)
    look = looking.look(20)
    assert look.missed == {"message.added": 1, "ticket.created": 2}
    assert (look.tickets, look.older, look.unreadable, look.failed, look.finished) == (3, 0, 0, None, True)
    assert look_words(look) in (ROOT / "docs" / "reconcile.md").read_text(encoding="utf-8")
    assert looking.told("1") == [
        ("message.added", "customer", "2026-06-01T09:00:00Z"),  # the first comment, which repeats the opening
        ("ticket.created", "customer", "2026-06-01T09:00:00.400000Z"),
        ("message.added", "agent", "2026-06-01T09:03:00Z"),
        ("status.changed", "agent", "2026-06-01T09:04:00.400000Z"),
    ]
    # It was asked as Zendesk wants it, by pages, and for each unknown author once.
    assert tool.asked[0].headers["authorization"].startswith("Basic ")
    assert tool.paths().count("/api/v2/incremental/tickets/cursor.json") == 2
    assert tool.paths().count("/api/v2/tickets/1/audits.json") == 2
    assert [one.query["ids"] for one in tool.asked if "show_many" in one.path] == ["9"]
    # Again, over the time that was looked at before: nothing is new.
    again = looking.look(25)
    assert (again.since, again.missed, again.finished) == (NINE + 8 * MINUTE, {}, True)
    assert looking.look(26, since=NINE).missed == {}


def test_faults_on_the_way_cost_time_and_nothing_else(
    looking: Looking, zendesk: Zendesk, tool: Tool, house: House
) -> None:
    for number in range(1, 6):
        zendesk.open(number, number)
    zendesk.repeats = True
    tool.faults = deque([(429, {"Retry-After": "37"}), "cut", (500, {}), (503, {}), "cut"])
    look = looking.look(30)
    assert (look.missed, look.failed, look.finished) == ({"ticket.created": 5}, None, True)
    asked_for, *pauses = house.now.slept
    assert asked_for == 37
    assert 0 < sum(pauses) < 60
    assert pauses == sorted(pauses)


@pytest.mark.parametrize(
    ("faults", "reason"),
    [
        ([(401, {})], "refuses the credentials"),
        ([(403, {})], "does not allow this"),
        ([(302, {"Location": "http://127.0.0.1:9/"})], "answers 302"),
        ([(500, {})] * 6, "too many 500"),
        (["cut"] * 6, "cannot be had"),
    ],
)
def test_a_tool_that_does_not_answer_is_told_and_asked_again_from_there(
    looking: Looking, zendesk: Zendesk, tool: Tool, faults: list[Any], reason: str
) -> None:
    zendesk.open(1, 1)
    tool.faults = deque(faults)
    look = looking.look(30)
    assert look.failed is not None
    assert reason in look.failed
    assert (look.missed, look.finished) == ({}, False)
    assert looking.looks.last("zendesk") == look
    assert len(tool.asked) == len(faults)
    assert looking.look(60).missed == {"ticket.created": 1}


def test_when_time_is_over_the_next_look_goes_on(looking: Looking, zendesk: Zendesk, tool: Tool, house: House) -> None:
    for number in range(1, 6):
        zendesk.open(number, number * 20)
    answer = tool.answer

    def busy(asked: Question) -> Any:
        # Once the second page is asked for, all else has to wait for longer than there is time.
        if "cursor" in asked.query:
            tool.faults.append((429, {"Retry-After": "600"}))
        return answer(asked)

    tool.answer = busy
    first = looking.look(200, seconds=240)
    # What was begun is told; nothing was slept for.
    assert (first.failed, first.finished, house.now.slept) == (None, False, [])
    told = sum(first.missed.values())
    assert 0 < told < 5
    tool.answer = answer
    tool.faults.clear()
    second = looking.look(205)
    assert second.finished
    assert second.since == max(first.upto - 10 * MINUTE, NINE)
    assert told + sum(second.missed.values()) == 5


def test_what_is_on_its_way_is_left_to_its_webhook_and_a_fast_clock_loses_nothing(
    looking: Looking, zendesk: Zendesk
) -> None:
    zendesk.open(1, 29)
    # The tool's clock is five minutes ahead of ours.
    zendesk.open(2, 35)
    assert looking.look(30).missed == {}
    assert looking.look(35).missed == {"ticket.created": 1}
    assert looking.look(40).missed == {"ticket.created": 1}


def test_an_open_promise_that_was_missed_alerts_and_what_is_long_past_does_not(
    looking: Looking, zendesk: Zendesk, house: House
) -> None:
    zendesk.open(1, 0)
    zendesk.reply(1, 30)
    # A known ticket, answered; what the customer wrote next never came.
    looking.webhook(webhook("created", 1, 0), 0)
    said = {"id": "101", "is_public": True, "body": "It is mended.", "author": {"id": str(AGENT), "is_staff": True}}
    looking.webhook(webhook("comment_added", 1, 30, event={"comment": said}), 30)
    # A ticket of which nothing came. Without a word from anybody it was due long ago.
    zendesk.open(2, 5)
    zendesk.tickets[2]["via"] = {"channel": "chat"}
    look = looking.look(26 * 60, since=NINE)
    assert look.missed == {"ticket.created": 1}
    key = ("default", "zendesk", "2")
    house.refresh(key)
    # The ten seconds of a chat passed a day before its first event came: on record, told to nobody.
    assert set(house.alerts(key).values()) == {"quiet"}
    zendesk.open(3, 26 * 60 - 3)
    zendesk.tickets[3]["via"] = {"channel": "chat"}
    assert looking.look(26 * 60 + 5).missed == {"ticket.created": 1}
    key = ("default", "zendesk", "3")
    house.refresh(key)
    assert house.alerts(key)[100] == "pending"


def test_no_token_no_question(house: House, tool: Tool) -> None:
    looking = Looking(house, "zendesk", tool.url)
    secret = looking.connection.api.secret if looking.connection.api else ""
    boto3.client("secretsmanager").delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)
    look = looking.look(10)
    assert (look.failed, tool.asked) == (f"its token is missing: there is no secret {secret}", [])


def test_a_used_up_allowance_is_waited_for(looking: Looking, zendesk: Zendesk, tool: Tool, house: House) -> None:
    zendesk.open(1, 1)
    answer = tool.answer

    def last(asked: Question) -> Any:
        used_up = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(house.now() // SECOND + 50)}
        return answer(asked), used_up if len(tool.asked) == 1 else {}

    tool.answer = last
    assert looking.look(30).missed == {"ticket.created": 1}
    assert house.now.slept == [50]


def groups_of(house: House, ticket: str) -> list[str | None]:
    record = house.record(("default", "zendesk", ticket))
    return [stored.event.group for stored in record.events if isinstance(stored.event, AssignmentChanged)]


def test_the_names_of_groups_are_learned_once_and_kept_with_the_connection(
    looking: Looking, zendesk: Zendesk, tool: Tool, house: House
) -> None:
    zendesk.groups = {31: "Billing", 32: "L2", 33: "L3"}
    for number in (1, 2):
        zendesk.open(number, number)
        zendesk.assign(number, number + 1, 32)
    zendesk.open(3, 5)
    zendesk.assign(3, 6, 99)  # one that was deleted
    look = looking.look(20)
    assert (look.failed, look.finished) == (None, True)
    assert [groups_of(house, one) for one in ("1", "2", "3")] == [["L2"], ["L2"], ["99"]]
    assert tool.paths().count("/api/v2/groups.json") == 2, "its pages, once a look"
    document = house.connections.get("zendesk")
    assert document is not None and document["groups"] == {"31": "Billing", "32": "L2", "33": "L3"}
    looking.connection = connection_from_document(document)
    zendesk.assign(1, 25, 33)
    assert looking.look(30).missed == {"assignment.changed": 1}
    assert groups_of(house, "1") == ["L2", "L3"]
    assert tool.paths().count("/api/v2/groups.json") == 2, "nobody asks about what has a name"


def test_a_tool_that_does_not_tell_its_groups_is_reconciled_all_the_same(
    looking: Looking, zendesk: Zendesk, tool: Tool, house: House
) -> None:
    zendesk.open(1, 1)
    zendesk.assign(1, 2, 32)
    answer = tool.answer
    tool.answer = lambda asked: None if "groups" in asked.path else answer(asked)
    look = looking.look(20)
    assert (look.failed, look.finished, look.unreadable) == (None, True, 0)
    assert look.missed == {"ticket.created": 1, "assignment.changed": 1}
    assert groups_of(house, "1") == ["32"]


def test_an_assignment_that_came_before_its_group_had_a_name_is_not_told_again(
    looking: Looking, zendesk: Zendesk, house: House
) -> None:
    zendesk.open(1, 0)
    zendesk.assign(1, 2, 32)
    looking.webhook(webhook("created", 1, 0), 0)
    looking.webhook(webhook("group_assignment_changed", 1, 2, event={"current": "32", "previous": None}), 2)
    zendesk.groups = {32: "L2"}
    look = looking.look(20)
    assert look.missed == {}
    assert groups_of(house, "1") == ["32"]


def test_no_more_names_of_groups_are_learned_than_a_connection_keeps(
    looking: Looking, zendesk: Zendesk, house: House
) -> None:
    looking.connection = connection_from_document(
        {**looking.connection.document(), "groups": {str(number): f"G{number}" for number in range(499)}}
        | {"name": "zendesk", "provider": "zendesk"}
    )
    zendesk.groups = {9001: "L3", 9002: "L2"}
    zendesk.open(1, 1)
    zendesk.assign(1, 2, 9002)
    assert looking.look(20).failed is None
    document = house.connections.get("zendesk")
    assert document is not None
    assert (len(document["groups"]), "9001" in document["groups"], "9002" in document["groups"]) == (500, False, True)
