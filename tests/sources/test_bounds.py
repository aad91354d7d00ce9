"""Sources keep every event within the contract's bounds, and lose none over them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from replyclock.domain.events import TicketCreated, event_document, event_text, parse_event
from replyclock.domain.instants import EARLIEST, LATEST, parse_instant
from replyclock.sources import providers, source
from replyclock.sources.base import Record, Telling, as_text, identity, translated
from replyclock.sources.base.reading import read_instant

from .builders import NOW, canonical, cloud_event, connection, event, events, reason, translation, webhook, zendesk
from .mutations import places

DESK = connection("zendesk")


def told(kind: str = "attributes.changed", **fields: Any) -> dict[str, Any]:
    """What comes of an event that a source makes."""
    return event_document(Telling(DESK, "7", NOW).event(kind, ("fact",), **fields))


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("x" * 301, "x" * 300),
        ("\U0001f600" * 301, "\U0001f600" * 300),
        ("gold \ud83d", "gold \ufffd"),
        ("a\r\nb\tc\x00\x9b", "a  b c\ufffd\ufffd"),
        ("", None),
        (None, None),
        (["a", "", "b"], ["a", "b"]),
        ([str(i) for i in range(60)], [str(i) for i in range(50)]),
        (["x" * 400] * 5, ["x" * 300] * 3),
        (["a\nb", "\ud83d"], ["a b", "\ufffd"]),
        ([], []),
    ],
)
def test_values_are_shortened_and_replaced(value: Any, kept: Any) -> None:
    assert told(attributes={"tier": value})["attributes"] == {"tier": kept}


def test_at_creation_an_empty_value_is_left_out() -> None:
    assert told("ticket.created", attributes={"tier": "", "brand": "x"})["attributes"] == {"brand": "x"}


def test_of_too_many_attributes_the_first_by_code_point_are_kept() -> None:
    names = [f"a{i:03}" for i in range(150)]
    assert list(told(attributes=dict.fromkeys(reversed(names), "x"))["attributes"]) == names[:100]


def test_an_event_is_kept_within_64_kib() -> None:
    attributes = {f"a{i:03}": ["\u65e5" * 250] * 4 for i in range(100)}
    found = Telling(DESK, "7", NOW).event("attributes.changed", ("fact",), attributes=attributes)
    kept = event_document(found)["attributes"]
    assert list(kept) == sorted(attributes)[: len(kept)]
    assert 40_000 < len(event_text(found).encode()) <= 65_536


LONG, OTHER = "x" * 201, "x" * 200 + "y"


@pytest.mark.parametrize("read", [identity, lambda text: Record({"id": text}).identifier("id")])
def test_a_longer_id_is_its_first_150_characters_and_a_hash_of_the_whole(read: Any) -> None:
    assert read("x" * 200) == "x" * 200
    long, other = read(LONG), read(OTHER)
    assert long[:150] == other[:150] == "x" * 150
    assert long != other
    assert len(long) <= 200


def test_each_id_of_an_event_is_kept_within_bounds() -> None:
    telling = Telling(DESK, LONG, NOW, actor_kind="agent", actor_id="a\nb")
    found = telling.event(
        "ticket.created",
        (LONG,),
        requester="\ud83d",
        assignee=LONG,
        group="L2\r",
        message={"id": LONG, "visibility": "public"},
    )
    assert isinstance(found, TicketCreated)
    assert (found.actor.id, found.requester, found.group) == ("a b", "\ufffd", "L2 ")
    assert found.assignee == found.ticket == Record({"id": LONG}).identifier("id")
    assert parse_event(event_text(found)) == found


@pytest.mark.parametrize(
    "text",
    [
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "1989-12-31T23:59:59Z",
        "2200-01-01T00:00:00Z",
    ],
)
def test_a_time_out_of_bounds_is_the_time_of_receipt(text: str) -> None:
    body = zendesk("ticket.status_changed", {"current": "SOLVED"}, time=text, detail={"created_at": text})
    found = event("zendesk", body)
    assert parse_instant(found["occurred_at"]) == NOW
    assert "created_at" not in found


@pytest.mark.parametrize(("text", "instant"), [("0001-01-01T00:00:00", EARLIEST), ("9999-12-31T23:59:59", LATEST)])
def test_local_times_at_the_ends_of_time_can_be_read(text: str, instant: int) -> None:
    zones = {EARLIEST: "Asia/Tokyo", LATEST: "America/New_York"}
    assert read_instant(text, connection("generic", timezone=zones[instant]).zone) == instant


def test_half_of_a_surrogate_pair_does_not_cost_a_mapped_attribute() -> None:
    assert as_text("gold \ud83d") == "gold \ufffd"
    assert as_text(["a", "\ud83d"]) == ("a", "\ufffd")


BAD: list[Any] = ["gold \ud83d", "a\r\nb", "x" * 5000, "0001-01-01T00:00:00Z", 0, 10**18, ["x" * 400] * 60]


@pytest.mark.parametrize("provider", providers())
def test_whatever_stands_in_a_field_of_a_sample_its_events_are_within_bounds(provider: str) -> None:
    link = connection(provider, attributes={"category": "x", "brand": "y"})
    for raw in source(provider).sample("replyclock-test-1", NOW, link):
        for *way, last in places(json.loads(raw)):
            for bad in BAD:
                body = inner = json.loads(raw)
                for name in way:
                    inner = inner[name]
                inner[last] = bad
                if isinstance(body, dict):
                    body |= {"x": bad, "y": [bad]}
                found = translated(source(provider).translate, webhook(body), link)
                for one in found.events:
                    assert parse_event(event_text(one)) == one


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("occurred_at", "0001-01-01T00:00:00Z"),
        ("created_at", "2200-01-01T00:00:00Z"),
        ("ticket", "a\nb"),
        ("id", "\ud83d"),
        ("id", "x" * 201),
        ("requester", "\x00"),
    ],
)
def test_who_writes_canonical_events_is_told_what_is_wrong(field: str, value: str) -> None:
    assert reason(translation("generic", canonical(**{field: value}))).startswith(f"{field}: ")


@pytest.mark.parametrize("field", ["id", "source", "subject"])
def test_so_is_who_sends_cloud_events(field: str) -> None:
    sent = cloud_event(
        {}, **{"type": "ticket.deleted", "subject": "7", "time": "2026-03-01T08:00:00Z", field: "a\ud83d"}
    )
    assert reason(translation("generic", sent)).startswith(f"{field}: ")


def test_an_ignored_field_may_hold_anything() -> None:
    (one,) = events("generic", canonical(subject="gold \ud83d\x00"))
    assert one["id"] == "m-1"
