from __future__ import annotations

import json
from typing import Any

import pytest

from replyclock.domain.errors import InvalidInput
from replyclock.domain.events import AssignmentChanged, event_document, event_text, parse_event

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
