"""Sentences of the contract that are easily read past: each was found by comparing with `oracle.py`."""

from __future__ import annotations

from .builders import AGENT, BOT, CUSTOMER, created, judged, message, status


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


def test_an_id_told_first_by_a_creation_that_does_not_count_is_still_told() -> None:
    # Of one id told with different contents, and of several creations of one ticket, the first in order counts.
    events = [created("09:00", id="first"), created("09:10", id="x"), message("09:20", AGENT, "internal", id="x")]
    assert judged(events, "10:00").timeline.counts.internal_notes == 0
