from __future__ import annotations

import json
from typing import Any

import pytest

from replyclock.domain.errors import InvalidInput
from replyclock.domain.events import (
    AssignmentChanged,
    event_document,
    event_text,
    parse_event,
    read_stored_event,
)

BASE = {"id": "1", "ticket": "7", "occurred_at": "2026-06-01T13:00:00Z"}


def faults(event: Any) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        parse_event(event)
    return [fault.field for fault in caught.value.faults]


def test_defaults_are_the_contracts() -> None:
    event = parse_event({**BASE, "type": "ticket.created"})
    assert event.key == ("default", "generic", "7")
    assert (event.actor.kind, event.actor.id) == ("unknown", None)
    assert event_document(event)["status"] == "new"


def test_text_and_object_are_read_alike() -> None:
    told = {**BASE, "type": "attributes.changed", "attributes": {"tags": ["a", "b"], "tier": None}, "sequence": 3}
    assert parse_event(told) == parse_event(json.dumps(told)) == parse_event(json.dumps(told).encode())


def test_unknown_fields_are_dropped() -> None:
    told = {
        **BASE,
        "type": "message.added",
        "message": {"id": "m", "visibility": "public", "body": "secret"},
        "subject": "secret",
    }
    assert "secret" not in event_text(parse_event(told))


def test_a_field_of_another_type_is_unknown() -> None:
    assert "status" not in event_document(parse_event({**BASE, "type": "ticket.deleted", "status": 5}))


def test_nobody_differs_from_unchanged() -> None:
    nobody = parse_event({**BASE, "type": "assignment.changed", "assignee": None})
    assert isinstance(nobody, AssignmentChanged)
    assert event_document(nobody)["assignee"] is None
    assert "group" not in event_document(nobody)
    assert event_text(nobody) != event_text(parse_event({**BASE, "type": "assignment.changed", "group": None}))


def test_a_document_is_read_to_the_same_event() -> None:
    for told in (
        {
            "type": "ticket.created",
            "attributes": {"tags": ["a"]},
            "assignee": "x",
            "message": {"id": "m", "visibility": "internal"},
        },
        {"type": "attributes.changed", "attributes": {"tier": None, "tags": ["a"]}},
        {"type": "ticket.merged", "into": "8", "created_at": "2026-05-01T00:00:00+02:00"},
        {"type": "rating.given", "rating": 5, "sequence": 0, "tenant": "acme", "source": "support"},
    ):
        event = parse_event({**BASE, **told})
        assert parse_event(event_document(event)) == event
        assert parse_event(event_text(event)) == event


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": ""}, "id"),
        ({"id": 5}, "id"),
        ({"id": "x" * 201}, "id"),
        ({"ticket": None}, "ticket"),
        ({"occurred_at": "2026-06-01T13:00:00"}, "occurred_at"),
        ({"occurred_at": 1_780_318_800}, "occurred_at"),
        ({"created_at": "yesterday"}, "created_at"),
        ({"tenant": "Acme"}, "tenant"),
        ({"source": "a" * 64}, "source"),
        ({"sequence": "1"}, "sequence"),
        ({"sequence": True}, "sequence"),
        ({"sequence": 1.5}, "sequence"),
        ({"actor": {"kind": "robot"}}, "actor.kind"),
        ({"actor": "agent"}, "actor"),
        ({"type": "ticket.exploded"}, "type"),
        ({"type": "message.added"}, "message"),
        ({"type": "message.added", "message": {"id": "m"}}, "message.visibility"),
        ({"type": "message.added", "message": {"id": "m", "visibility": "secret"}}, "message.visibility"),
        ({"type": "message.hidden", "message": {}}, "message.id"),
        ({"type": "status.changed", "status": "hold"}, "status"),
        ({"type": "status.changed"}, "status"),
        ({"type": "attributes.changed"}, "attributes"),
        ({"type": "attributes.changed", "attributes": {"priority": 3}}, "attributes.priority"),
        ({"type": "ticket.created", "attributes": {"priority": None}}, "attributes.priority"),
        ({"type": "ticket.merged"}, "into"),
        ({"type": "rating.given", "rating": 6}, "rating"),
        ({"type": "rating.given", "rating": "5"}, "rating"),
    ],
)
def test_each_fault_names_its_field(change: dict[str, Any], field: str) -> None:
    told = {**BASE, "type": "ticket.created", **change}
    assert faults(told) == [field]
    assert faults(json.dumps(told)) == [field]


def test_all_faults_are_named_at_once() -> None:
    assert faults({"type": "rating.given", "rating": 0, "ticket": ""}) == ["id", "ticket", "occurred_at", "rating"]


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"x"', '{"id": "\\ud800"}', "\ufeff{}"])
def test_what_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_event(text)


CREATED, CHANGED = {**BASE, "type": "ticket.created"}, {**BASE, "type": "attributes.changed"}
NINETY, LAST, TWENTY_TWO_HUNDRED = "1990-01-01T00:00:00Z", "2199-12-31T23:59:59.999999Z", "2200-01-01T00:00:00Z"
HALF, CONTROL = "half of a surrogate pair", "a control character"
OUT_OF_BOUNDS: list[tuple[dict[str, Any], str, str]] = [
    ({**CREATED, "occurred_at": "0001-01-01T00:00:00Z"}, "occurred_at", "1990-01-01"),
    ({**CREATED, "occurred_at": "1989-12-31T23:59:59.999999Z"}, "occurred_at", "1990-01-01"),
    ({**CREATED, "occurred_at": "1990-01-01T01:59:59+02:00"}, "occurred_at", "1990-01-01"),
    ({**CREATED, "occurred_at": TWENTY_TWO_HUNDRED}, "occurred_at", "2200-01-01"),
    ({**CREATED, "created_at": "0001-01-01T00:00:00Z"}, "created_at", "1990-01-01"),
    ({**CREATED, "created_at": TWENTY_TWO_HUNDRED}, "created_at", "2200-01-01"),
    ({**CHANGED, "attributes": {"tier": ""}}, "attributes.tier", "empty"),
    ({**CREATED, "attributes": {"tags": ["a", ""]}}, "attributes.tags", "empty"),
    ({**CREATED, "attributes": {"tier": "x" * 301}}, "attributes.tier", "300"),
    ({**CHANGED, "attributes": {"tags": ["x" * 301]}}, "attributes.tags", "300"),
    ({**CHANGED, "attributes": {"tags": ["x"] * 51}}, "attributes.tags", "50 values"),
    ({**CHANGED, "attributes": {"tags": ["x" * 251] * 4}}, "attributes.tags", "1000 characters"),
    ({**CHANGED, "attributes": {str(i): None for i in range(101)}}, "attributes", "100"),
    ({**CREATED, "attributes": {str(i): "x" for i in range(101)}}, "attributes", "100"),
    ({**CREATED, "attributes": {str(i): ["\u65e5" * 250] * 4 for i in range(22)}}, "", "64 KiB"),
    ({**CREATED, "attributes": {"x" * 201: "y"}}, "attributes." + "x" * 100 + "…", "name"),
    ({**CREATED, "attributes": {"": "y"}}, "attributes.", "name"),
    ({**CREATED, "attributes": {"a\r\nb": "y"}}, "attributes.a\\u000d\\u000ab", CONTROL),
    ({**CREATED, "attributes": {"tier": "gold \ud83d"}}, "attributes.tier", HALF),
    ({**CHANGED, "attributes": {"tags": ["a", "\ude00"]}}, "attributes.tags", HALF),
    ({**CHANGED, "attributes": {"tags": ["a", "b\x7f"]}}, "attributes.tags", CONTROL),
    ({**CREATED, "id": "a\nb"}, "id", CONTROL),
    ({**CREATED, "id": "\ud83d"}, "id", HALF),
    ({**CREATED, "ticket": "7\x00"}, "ticket", CONTROL),
    ({**CREATED, "requester": "\x85"}, "requester", CONTROL),
    ({**CREATED, "assignee": "\t"}, "assignee", CONTROL),
    ({**CREATED, "group": "\x1b[2J"}, "group", CONTROL),
    ({**CREATED, "actor": {"id": "\x9b"}}, "actor.id", CONTROL),
    ({**CREATED, "message": {"id": "\udfff", "visibility": "public"}}, "message.id", HALF),
    ({**BASE, "type": "message.hidden", "message": {"id": "m\n"}}, "message.id", CONTROL),
    ({**BASE, "type": "assignment.changed", "group": "L2\r"}, "group", CONTROL),
    ({**BASE, "type": "ticket.merged", "into": "8\n"}, "into", CONTROL),
]


@pytest.mark.parametrize(("told", "field", "why"), OUT_OF_BOUNDS)
def test_what_is_out_of_bounds_is_refused_at_the_edges_and_names_its_field(
    told: dict[str, Any], field: str, why: str
) -> None:
    for form in (told, json.dumps(told), json.dumps(told).encode()):
        with pytest.raises(InvalidInput) as caught:
            parse_event(form)
        (fault,) = caught.value.faults
        assert fault.field == field
        assert why in fault.problem
        assert str(fault).isprintable()


@pytest.mark.parametrize(("told", "field", "why"), OUT_OF_BOUNDS)
def test_what_was_stored_before_there_were_bounds_stays_readable(told: dict[str, Any], field: str, why: str) -> None:
    if "name" in why or why == HALF:
        return  # these were refused by version 0.1, too, or by the store
    event = read_stored_event(json.dumps(told))
    assert read_stored_event(event_text(event)) == event


@pytest.mark.parametrize(
    "told",
    [
        {**CREATED, "occurred_at": NINETY, "created_at": LAST},
        {**CREATED, "occurred_at": LAST, "created_at": NINETY},
        {**CREATED, "attributes": {"tier": "\U0001f600" * 300, "tags": ["x" * 20] * 50}},
        {**CHANGED, "attributes": {"tags": [], "tier": None}},
        {**CHANGED, "attributes": {str(i): "x" for i in range(100)}},
        {**CHANGED, "attributes": {str(i): "\U0001f600" * 300 for i in range(50)}},
        {**CREATED, "id": "\u00a0\u2028\ufffd\ufeff", "ticket": "\U0001f600" * 200},
        {**CREATED, "subject": "not kept, so it does not matter: \ud83d \x00"},
    ],
)
def test_what_is_just_within_bounds_is_taken(told: dict[str, Any]) -> None:
    event = parse_event(told)
    assert parse_event(json.dumps(told)) == parse_event(json.dumps(told, ensure_ascii=True).encode()) == event
    assert read_stored_event(event_text(event)) == event


def test_a_surrogate_pair_in_json_is_one_character() -> None:
    (told,) = (json.dumps({**CREATED, "attributes": {"tier": "\U0001f600"}}),)
    assert "\\ud83d\\ude00" in told
    assert event_document(parse_event(told))["attributes"] == {"tier": "\U0001f600"}


def test_all_that_is_out_of_bounds_is_named_at_once() -> None:
    told = {
        **CREATED,
        "id": "\x00",
        "status": "x",
        "occurred_at": TWENTY_TWO_HUNDRED,
        "attributes": {"a": "", "b": "x\n"},
    }
    assert sorted(faults(told)) == ["attributes.a", "attributes.b", "id", "occurred_at", "status"]


def test_a_number_that_cannot_be_written_is_refused() -> None:
    for sequence in (10**5000, -(10**5000)):
        assert faults({**CREATED, "sequence": sequence}) == ["sequence"]


ABSENT, REMOVES, REFUSED = "absent", "removes", "refused"
ADDED = {**BASE, "type": "message.added", "message": {"id": "m", "visibility": "public"}}


@pytest.mark.parametrize(
    ("told", "place", "meaning"),
    [
        *((CREATED, name, REFUSED) for name in ("id", "ticket", "type", "occurred_at", "tenant", "source", "actor")),
        *((CREATED, name, ABSENT) for name in ("sequence", "created_at", "requester", "assignee", "group", "message")),
        *((CREATED, name, REFUSED) for name in ("status", "attributes", "actor.kind", "attributes.tier")),
        (CREATED, "actor.id", ABSENT),
        *((ADDED, name, REFUSED) for name in ("message", "message.id", "message.visibility")),
        ({**BASE, "type": "message.hidden", "message": {"id": "m"}}, "message.id", REFUSED),
        ({**BASE, "type": "status.changed"}, "status", REFUSED),
        *(({**BASE, "type": "assignment.changed"}, name, REMOVES) for name in ("assignee", "group")),
        (CHANGED, "attributes", REFUSED),
        (CHANGED, "attributes.tier", REMOVES),
        ({**BASE, "type": "ticket.merged"}, "into", REFUSED),
        ({**BASE, "type": "rating.given"}, "rating", REFUSED),
    ],
)
def test_null_means_absent_or_removes_or_is_refused(told: dict[str, Any], place: str, meaning: str) -> None:
    name, _, inner = place.partition(".")
    without = {key: value for key, value in told.items() if key != name}
    given = {**told, name: {**told.get(name, {}), inner: None} if inner else None}
    if meaning == REFUSED:
        assert faults(given) == faults(json.dumps(given)) == [place]
    elif meaning == ABSENT:
        assert event_text(parse_event(given)) == event_text(parse_event(without))
    else:
        document = event_document(parse_event(given))[name]
        assert (document[inner] if inner else document) is None
