"""Timer messages that are lost, doubled, late or early, and a sweep that stood still: the ledger is the same."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest

from replyclock.domain.events import TicketKey, event_document
from replyclock.domain.instants import SECOND
from tests.adapters.samples import created, reply

from .checks import check_all_told
from .scenarios import at
from .wiring import deployed
from .world import MINUTE, Engine, Fate, Message, World

HOUR = 3600 * SECOND
# Ten minutes leave time for the sweep to find a warning while it is of use.
POLICY = """\
policy: p
version: 1
effective_from: 1970-01-01T00:00:00Z
standards:
  - {name: chat, when: {channel: chat}, targets: {first_response: 10m}}
  - {name: call, when: {channel: phone}, targets: {first_response: 30m}, alerts: [{at: 100%}, {at: 125%}]}
"""
KEYS: list[TicketKey] = [("default", "desk", str(number)) for number in range(6)]
BEGUN = [at(13.25 * number) for number in range(6)]
"""When the tickets begin."""


def tickets(channel: str, answered_at: int) -> list[tuple[int, str, Any]]:
    """Tickets that wait until all of them are answered at once."""
    calls: list[tuple[int, str, Any]] = [
        (begun, "receive", event_document(created(key, begun, channel=channel)))
        for key, begun in zip(KEYS, BEGUN, strict=True)
    ]
    return [*calls, (answered_at, "receive", [event_document(reply(key, answered_at)) for key in KEYS])]


def ledgers(world: World) -> dict[tuple[TicketKey, int], tuple[int, str]]:
    """Of all tickets: when each percentage was reached, and what became of its alert."""
    return {
        (key, known.entry.at_percent): (known.entry.at, known.status)
        for key in KEYS
        for known in world.record(key).ledger
    }


def chance(seed: int, fate: Any) -> Fate:
    """The fate of each message, drawn anew."""
    drawn = random.Random(seed)
    return lambda message: fate(message, drawn)


def lost(message: Message, drawn: random.Random) -> Sequence[int]:
    return [message.due_at] if drawn.random() < 0.5 else []


def doubled(message: Message, drawn: random.Random) -> Sequence[int]:
    return [message.due_at, message.due_at + drawn.randrange(5 * SECOND)]


def late(message: Message, drawn: random.Random) -> Sequence[int]:
    return [message.due_at + drawn.randrange(30 * SECOND)]


def early(message: Message, drawn: random.Random) -> Sequence[int]:
    # What is sent again because it came too early arrives in the end.
    return [message.due_at - drawn.randrange(60 * SECOND)] if message.sent_before == 0 else [message.due_at]


@pytest.mark.parametrize("fate", [lost, doubled, late, early])
def test_whatever_becomes_of_timers_the_ledger_is_the_same(engine: Engine, fate: Any) -> None:
    world = deployed(engine, POLICY, fate=chance(4, fate))
    world.play(tickets("chat", at(900)))
    check_all_told(world)
    assert ledgers(world) == {
        (key, percent): (begun + percent * 6 * SECOND, "sent")
        for key, begun in zip(KEYS, BEGUN, strict=True)
        for percent in (80, 100)
    }
    assert set(world.topic.told().values()) == {1}
    world.close()


def test_a_sweep_that_stood_still_for_an_hour_catches_up(engine: Engine) -> None:
    # Half an hour is beyond what is armed at once: without the sweep nobody looks.
    world = deployed(engine, POLICY, sweeps_from=at(0) + HOUR + MINUTE)
    world.play(tickets("phone", at(0) + 2 * HOUR))
    check_all_told(world)
    assert ledgers(world) == {
        (key, percent): (begun + percent * 18 * SECOND, "sent")
        for key, begun in zip(KEYS, BEGUN, strict=True)
        for percent in (100, 125)
    }
    detected = [known.entry.detected_at for key in KEYS for known in world.record(key).ledger]
    assert min(detected) >= at(0) + HOUR + MINUTE
    assert max(detected) < at(0) + HOUR + 2 * MINUTE, "one sweep finds all of it"
    world.close()
