"""Sentences of the contract that are easily read past: each was found by comparing with `oracle.py`."""

from __future__ import annotations

from .builders import BOT, created, judged, message


def test_a_public_message_of_a_bot_counts_as_one_also_where_the_bot_is_the_requester() -> None:
    # `bot_messages` (public ones by a bot); a customer message is one by the requester, whatever the actor's kind.
    events = [created(actor=BOT), message("09:10", BOT), message("09:20", BOT, "internal")]
    counts = judged(events, "10:00").timeline.counts
    assert (counts.bot_messages, counts.customer_messages, counts.internal_notes) == (2, 2, 1)
