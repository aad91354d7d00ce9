"""The story of a ticket: each event and what it came to."""

from __future__ import annotations

import pytest

from replyclock.domain.events import AnyEvent
from replyclock.domain.history import read_history
from replyclock.presentation.story import happening_words
from tests.domain.builders import AGENT, BOT, CUSTOMER, created, event, instant, judged, message, status

SYSTEM = {"kind": "system"}
ALICE = {"kind": "agent", "id": "alice"}


def story(*events: AnyEvent) -> list[str]:
    result = judged(list(events), "23:00")
    return [happening_words(one) for one in read_history(events, result.timeline, instant("23:00"))]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (message("10:00", CUSTOMER), "message by customer c"),
        (message("10:00", AGENT), "reply by agent a; handling starts"),
        (message("10:00", AGENT, "internal"), "internal note by agent a; handling starts"),
        (message("10:00", BOT), "message by bot b, which is no reply"),
        (message("10:00", SYSTEM), "message by the system, which is no reply"),
        (message("10:00", {"kind": "agent"}), "reply by an agent; handling starts"),
        (message("10:00", {"kind": "agent", "id": "c"}), "message by agent c, who is the requester"),
        (status("10:00", "on_hold", SYSTEM), "new -> on hold, by the system"),
        (event("assignment.changed", "10:00", AGENT, assignee="x"), "assigned to x, by agent a; handling starts"),
        (event("assignment.changed", "10:00", SYSTEM, group="g"), "in group g, by the system"),
        (event("attributes.changed", "10:00", attributes={"tags": ["a", "b"]}), "tags becomes a and b"),
        (event("attributes.changed", "10:00", attributes={"tier": None}), "tier removed"),
        (event("rating.given", "10:00", CUSTOMER, rating=4), "rated 4 of 5"),
        (event("ticket.deleted", "10:00"), "deleted by nobody known: the ticket stands still from here on"),
    ],
)
def test_an_event_in_words(told: AnyEvent, words: str) -> None:
    assert story(created(), told)[1:] == [words]


def test_creation_in_words() -> None:
    assert story(created("09:00", ALICE, status="open", assignee="bo", group="g", attributes={"tier": "vip"})) == [
        "created as open, by agent alice, with a message, assigned to bo, in group g, tier vip; handling starts"
    ]
    assert story(created("09:00", ALICE, requester="c"))[0].startswith(
        "created as new, by agent alice, with a message to the customer"
    )


def test_what_changes_nothing_is_left_out() -> None:
    again = message("10:00", CUSTOMER, mid="m")
    told = [
        created(),
        again,
        again,
        message("10:01", CUSTOMER, mid="m"),
        status("10:02", "new"),
        event("assignment.changed", "10:03", assignee=None),
        event("ticket.deleted", "10:04"),
        event("ticket.restored", "10:05", AGENT),
        event("ticket.merged", "10:06", AGENT, into="2"),
        message("10:07", AGENT),
    ]
    assert (
        story(*told)
        == story(*reversed(told))
        == [
            "created as new, by customer c, with a message",
            "message by customer c",
            "restored by agent a: as if it had never been deleted",
            "merged into 2, by agent a: the ticket stands still from here on",
        ]
    )


def test_hidden_messages_are_notes_from_the_start() -> None:
    told = [created(), message("10:00", AGENT, mid="m"), event("message.hidden", "11:00", AGENT, message={"id": "m"})]
    assert story(*told)[1:] == [
        "message by agent a that was made internal later: a note; handling starts",
        "message m made internal by agent a: it never counted as public",
    ]
