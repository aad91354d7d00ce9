"""Many tickets at once: what may be done to a file of events without changing what is found."""

from __future__ import annotations

import itertools
import json
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replyclock import evaluate
from replyclock.domain.errors import InvalidInput
from replyclock.domain.evaluation import LONGEST_LINE, evaluate_events, read_lines
from replyclock.domain.events import AnyEvent, event_text, parse_event
from replyclock.domain.judging import evaluate_ticket
from replyclock.domain.policy import DEFAULT_POLICY
from tests.domain.builders import AGENT, CUSTOMER, instant

KEYS = [
    {"tenant": tenant, "source": source, "ticket": ticket}
    for tenant, source, ticket in itertools.product(("a", "b"), ("desk", "hub"), ("1", "10", "2", "é"))
]
TOLD: list[dict[str, Any]] = [
    {"type": "ticket.created", "attributes": {"channel": "chat"}, "message": {"id": "m0", "visibility": "public"}},
    {"type": "message.added", "message": {"id": "m1", "visibility": "public"}},
    {"type": "message.added", "message": {"id": "m2", "visibility": "public"}, "actor": AGENT},
    {"type": "message.added", "message": {"id": "m3", "visibility": "internal"}, "actor": AGENT},
    {"type": "message.hidden", "message": {"id": "m2"}},
    {"type": "status.changed", "status": "solved", "actor": AGENT},
    {"type": "status.changed", "status": "open"},
    {"type": "attributes.changed", "attributes": {"tier": "vip"}},
]
NOW = "2026-06-01T12:00:00Z"


@st.composite
def files(draw: st.DrawFn) -> list[dict[str, Any]]:
    """The events of a few tickets, mixed; ids repeat between tickets, as those of different sources may."""
    one = st.tuples(st.sampled_from(KEYS), st.integers(0, len(TOLD) - 1), st.integers(0, 5))
    return [
        {
            "id": f"{key['ticket']}-{n}-{hour}",
            "occurred_at": f"2026-06-01T{8 + hour:02}:00:00Z",
            "actor": CUSTOMER,
            **key,
            **TOLD[n],
        }
        for key, n, hour in draw(st.lists(one, max_size=40))
    ]


def key_of(document: dict[str, Any]) -> tuple[str, str, str]:
    return document["tenant"], document["source"], document["ticket"]


@given(files(), st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_matters(events: list[dict[str, Any]], random: Random) -> None:
    expected = evaluate(events, [], NOW)
    again = events + events[::3]
    random.shuffle(again)
    assert evaluate(again, [], NOW) == expected
    known = {key_of(event) for event in events if event["occurred_at"] <= NOW}
    assert [key_of(result) for result in expected] == sorted(known)


@given(files(), st.integers(1, 4))
def test_a_file_may_be_split_between_tickets(events: list[dict[str, Any]], parts: int) -> None:
    pile: list[list[dict[str, Any]]] = [[] for _ in range(parts)]
    for event in events:
        pile[KEYS.index({name: event[name] for name in KEYS[0]}) % parts].append(event)
    apart = [result for part in pile for result in evaluate(part, [], NOW)]
    assert sorted(apart, key=key_of) == evaluate(events, [], NOW)


@given(files())
def test_each_ticket_is_judged_by_its_own_events_alone(events: list[dict[str, Any]]) -> None:
    read = [parse_event(event) for event in events]
    now = instant("12:00")
    for result in evaluate_events(read, DEFAULT_POLICY, now):
        assert result == evaluate_ticket([event for event in read if event.key == result.key], DEFAULT_POLICY, now)


def test_faults_of_events_are_named_by_their_place() -> None:
    with pytest.raises(InvalidInput) as wrong:
        evaluate([{"type": "ticket.created"}, "{", {"type": "no"}], [], NOW)
    assert [fault.field for fault in wrong.value.faults] == [
        "events[0].id", "events[0].ticket", "events[0].occurred_at", "events[1]", "events[2].type",
    ]  # fmt: skip


# Lines.

LINE = json.dumps({"id": "1", "ticket": "7", "type": "ticket.deleted", "occurred_at": NOW}).encode()


def texts(*lines: bytes) -> list[str]:
    return [event_text(event) for _, event in read_lines(lines, "f")]


def faults(*lines: bytes) -> list[str]:
    with pytest.raises(InvalidInput) as wrong:
        list(read_lines(lines, "f"))
    return [str(fault) for fault in wrong.value.faults]


def test_line_ends_and_empty_lines_do_not_matter() -> None:
    expected = texts(LINE)
    assert len(expected) == 1
    assert texts(b"\n", LINE + b"\r\n", b"\r\n", b" \t\n") == expected
    assert texts(b"  " + LINE + b" \n") == expected
    assert texts() == []


def test_every_line_comes_with_its_event() -> None:
    given: list[tuple[bytes, AnyEvent]] = list(read_lines([LINE + b"\n", LINE], "f"))
    assert given == [(LINE + b"\n", parse_event(LINE)), (LINE, parse_event(LINE))]


def test_nothing_is_given_after_a_fault_and_all_faults_are_named() -> None:
    given = iter(read_lines([LINE, b"[]", LINE, b"nonsense"], "f"))
    assert next(given) == (LINE, parse_event(LINE))
    with pytest.raises(InvalidInput) as wrong:
        next(given)
    assert [fault.line for fault in wrong.value.faults] == [2, 4]


def test_the_first_twenty_faults_are_those_of_the_first_lines() -> None:
    lines = [LINE, *[b"{}\n"] * 30]
    assert faults(*lines) == [f"f:{n}: type: is missing" for n in range(2, 22)]


def test_a_line_that_is_not_utf8_is_called_so() -> None:
    assert faults(LINE, LINE.replace(b"7", b"\xff")) == ["f:2: is not UTF-8 text at byte 24"]
    assert faults("{}".encode("utf-16")) == ["f:1: is not UTF-8 text at byte 1"]


def test_half_a_character_in_an_escape_names_its_field() -> None:
    assert faults(LINE.replace(b'"7"', b'"\\ud800"')) == ["f:1: ticket: holds half of a surrogate pair"]


def test_a_line_that_is_too_long_is_one_fault_however_it_comes() -> None:
    long = LINE[:-1] + b" " * LONGEST_LINE + b"}\n"
    pieces = [long[at : at + LONGEST_LINE + 1] for at in range(0, len(long), LONGEST_LINE + 1)]
    assert len(pieces) == 2
    assert faults(LINE, long, b"{}\n") == ["f:2: is longer than 16 MiB", "f:3: type: is missing"]
    assert faults(LINE, *pieces, b"{}\n") == ["f:2: is longer than 16 MiB", "f:3: type: is missing"]


def test_a_line_of_just_the_length_allowed_is_read() -> None:
    assert texts(LINE[:-1] + b" " * (LONGEST_LINE - len(LINE)) + b"}", LINE) == texts(LINE, LINE)
