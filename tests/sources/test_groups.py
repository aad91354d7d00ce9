"""Groups by name, where tools send their ids."""

from __future__ import annotations

from typing import Any

import pytest

from replyclock.domain.events import parse_event
from replyclock.sources.base import Record
from replyclock.sources.base.groups import group_names, unnamed_groups, with_group_names

from .builders import canonical, event, events, zendesk

NAMES = {"21": "L2"}


def assigned(group: str) -> dict[str, Any]:
    return zendesk("ticket.group_assignment_changed", {"current": group}, detail={"group_id": group})


def test_a_webhook_names_the_group_and_its_event_has_the_same_id() -> None:
    (raw,), (named,) = events("zendesk", assigned("21")), events("zendesk", assigned("21"), groups=NAMES)
    assert (raw["group"], named["group"]) == ("21", "L2")
    assert {**named, "group": "21"} == raw


def test_a_creation_names_it_too() -> None:
    created = [
        one for one in events("zendesk", zendesk("ticket.created"), groups=NAMES) if one["type"] == "ticket.created"
    ]
    assert [one["group"] for one in created] == ["L2"]


def test_a_group_without_a_name_keeps_its_id() -> None:
    (told,) = events("zendesk", assigned("22"), groups=NAMES)
    assert told["group"] == "22"


def test_nobodys_ticket_has_no_group() -> None:
    body = zendesk("ticket.group_assignment_changed", {"current": None}, detail={"group_id": None})
    (told,) = events("zendesk", body, groups=NAMES)
    assert told["group"] is None


def test_a_body_of_the_users_own_is_named_alike() -> None:
    body = canonical(type="assignment.changed", group="21", assignee="kim", message=None)
    assert event("generic", body, groups=NAMES)["group"] == "L2"


@pytest.mark.parametrize(
    ("group", "looks_like_an_id"),
    [
        ("360008426314", True),
        ("0123456789abcdef0123456789abcdef", True),
        ("00G5g000004abcdEAA", True),
        ("9f2c1b1e-8f0a-4c57-9d70-2a52a1a7f0aa", True),
        ("L2", False),
        ("2nd level", False),
        ("24/7", False),
        ("二线", False),
    ],
)
def test_what_looks_like_an_id_is_unnamed_until_it_is_named(group: str, looks_like_an_id: bool) -> None:
    told = [parse_event(canonical(type="assignment.changed", group=group)), parse_event(canonical())]
    assert unnamed_groups(told, {}) == ((group,) if looks_like_an_id else ())
    assert unnamed_groups(told, {"7": group}) == (), "somebody has named a group so"


def test_events_that_were_read_before_are_named_afterwards() -> None:
    told = [parse_event(canonical(type="assignment.changed", group="21")), parse_event(canonical())]
    named = with_group_names(told, NAMES)
    assert [one.id for one in named] == [one.id for one in told]
    assert getattr(named[0], "group", None) == "L2" and named[1] is told[1]
    assert "assignee" not in named[0].model_fields_set, "what was not said is not said now"


def test_lists_of_groups() -> None:
    listed: list[dict[str, object]] = [
        {"id": 21, "name": " L2 "},
        {"id": "22", "name": ""},
        {"id": 23},
        {"id": 24, "name": "x" * 201},
    ]
    assert group_names(Record(one) for one in listed) == {"21": "L2"}
