"""Sentences of the contract that are easily read past: each was found by comparing with `oracle.py`."""

from __future__ import annotations

from .builders import AGENT, BOT, CUSTOMER, at, created, judged, message, status


def test_a_public_message_of_a_bot_counts_as_one_also_where_the_bot_is_the_requester() -> None:
    # `bot_messages` (public ones by a bot); a customer message is one by the requester, whatever the actor's kind.
    events = [created(actor=BOT), message("09:10", BOT), message("09:20", BOT, "internal")]
    counts = judged(events, "10:00").timeline.counts
    assert (counts.bot_messages, counts.customer_messages, counts.internal_notes) == (2, 2, 1)


def test_a_question_between_a_resolution_and_a_reply_of_one_instant_comes_before_the_answer() -> None:
    # A reply and a resolution at the same instant count as the reply, in whichever order they are told.
    events = [
        created("09:00"),
        status("10:00", "solved", sequence=1),
        message("10:00", CUSTOMER, sequence=2),
        message("10:00", AGENT, sequence=3),
    ]
    result = judged(events, "11:00")
    assert [one.stopped_by for one in result.clocks if one.metric == "first_response"] == ["reply"]
    assert result.clock("next_response", 1) is None


def test_a_question_between_two_replies_of_one_instant_is_a_wait_of_no_length() -> None:
    # Only a resolution is taken together with a reply of its instant; replies are each an event of their own.
    events = [
        created("09:00"),
        message("10:00", AGENT, sequence=1),
        message("10:00", CUSTOMER, sequence=2),
        message("10:00", AGENT, sequence=3),
    ]
    wait = judged(events, "11:00").clock("next_response", 1)
    assert wait is not None
    assert (wait.stopped_by, wait.duration) == ("reply", 0)


def test_an_id_told_first_by_a_creation_that_does_not_count_is_still_told() -> None:
    # Of one id told with different contents, and of several creations of one ticket, the first in order counts.
    events = [created("09:00", id="first"), created("09:10", id="x"), message("09:20", AGENT, "internal", id="x")]
    assert judged(events, "10:00").timeline.counts.internal_notes == 0


def test_without_a_creation_the_requester_is_the_first_that_an_event_states() -> None:
    asked = message("09:10", {"kind": "agent", "id": "r"}, created_at=at("09:00"), requester="r")
    named_later = message("09:20", {"kind": "agent", "id": "r"}, created_at=at("09:00"))
    renamed = message("09:30", AGENT, created_at=at("09:00"), requester="a")
    result = judged([renamed, named_later, asked], "10:00")
    assert (result.timeline.counts.customer_messages, result.timeline.counts.replies) == (2, 1)


def test_what_states_the_requester_counts_only_once_it_has_happened() -> None:
    own = message("09:10", {"kind": "agent", "id": "r"}, created_at=at("09:00"))
    stated = message("09:30", AGENT, created_at=at("09:00"), requester="r")
    assert judged([own, stated], "09:20").timeline.counts.replies == 1
    assert judged([own, stated], "09:40").timeline.counts.replies == 1  # the agent's: its own is the customer's now
