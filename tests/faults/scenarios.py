"""Stories of tickets, with what people are told in them when nothing fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from replyclock.domain.alerts import LedgerEntry
from replyclock.domain.events import AnyEvent, event_document
from replyclock.domain.instants import SECOND
from tests.adapters.samples import NINE, created, reply, solved

_POLICY = """\
policy: p
version: 1
effective_from: 1970-01-01T00:00:00Z
standards:
  - {name: chat, when: {channel: chat}, targets: {first_response: 10s}, alerts: [%s]}
"""
WARNINGS = _POLICY % "{at: 80%}, {at: 100%}"
BREACHES = _POLICY % "{at: 100%}"
ESCALATIONS = BREACHES.replace("alerts: [", "remind_every: 10s, alerts: [").replace(
    "}]", "}, {at: 200%, notify: boss}]"
)
SECOND_POLICY = BREACHES.replace("version: 1", "version: 2") + (
    "  - name: mail\n"
    "    when: {channel: email}\n"
    "    targets: {first_response: 60s, total_response: 15s}\n"
    "    alerts: [{at: 100%}]\n"
)
TWO_PROMISES = BREACHES.replace("first_response: 10s", "first_response: 10s, total_response: 10s")

Told = Mapping[str, float]
"""Steps of the ticket's clocks (see `step`), with the second at which each was reached."""


@dataclass(frozen=True)
class Scenario:
    """`actions` are calls of functions, by second. `told` is the whole of what is told when nothing fails.

    `unless` says why an alert of these may end quiet where a fault held up whoever looks: it had no use any more, or
    the answer came meanwhile. Where nobody looked in time it may be missing altogether. All others are told, whatever
    dies.
    """

    name: str
    actions: tuple[tuple[float, str, Any], ...]
    told: Told
    unless: Mapping[str, frozenset[str]]
    on_record: Told = field(default_factory=dict)
    """What is in the ledger without being told, since it was past before."""
    policy: str = BREACHES
    storm_limit: int = 20

    def calls(self) -> list[tuple[int, str, Any]]:
        """The actions, at their instants."""
        return [(at(seconds), function, what) for seconds, function, what in self.actions]


def at(seconds: float) -> int:
    return NINE + round(seconds * SECOND)


def _sent(seconds: float, *events: AnyEvent) -> tuple[float, str, Any]:
    """A webhook with these events that comes in at that second."""
    documents = [event_document(one) for one in events]
    return seconds, "receive", documents[0] if len(documents) == 1 else documents


def _replied(seconds: float) -> tuple[float, str, Any]:
    return _sent(seconds, reply(at=at(seconds)))


def step(entry: LedgerEntry) -> str:
    """The place of an entry on its clock; of another clock than the first response after the clock's name."""
    _, metric, _, place, _ = entry.sort_key.split("#")
    return place if metric == "first_response" else f"{metric} {place}"


UNANSWERED = Scenario(
    "a chat that waits for long",
    # The sweep of the full minute finds what a fault left undone, before the answer comes.
    (_sent(35, created(at=at(35))), _replied(63)),
    {"100": 45, "200": 55, "reminder-1": 55},
    {},
    policy=ESCALATIONS,
)
JUST_IN_TIME = Scenario(
    "a chat that is answered just before it is due",
    (_sent(0, created()), _replied(9.9)),
    {"80": 8},
    # A fault may hold up the webhook of the answer: then the breach is told and taken back.
    {"80": frozenset({"overtaken", "answered", "missing"})},
    policy=WARNINGS,
)
JUST_LATE = Scenario(
    "a chat that is answered just after it was due, with webhooks that come twice, one of them in other words",
    (_sent(0, created()), _sent(0.5, created()), _sent(1, created(channel="chat", tier="vip")), _replied(10.4)),
    {"100": 10},
    {"100": frozenset({"answered"})},
)
TOLD_LATE = Scenario(
    "a chat whose answer is told after the breach",
    (_sent(0, created()), _sent(15, reply())),
    {"100": 10, "correction": 5},
    # Where the answer came first, there was nothing to tell and nothing to take back.
    {"100": frozenset({"answered", "missing"}), "correction": frozenset({"missing"})},
)
TOLD_IN_BETWEEN = replace(TOLD_LATE, actions=(_sent(0, created()), _sent(10.5, reply())))
"""The same, and the answer comes before a publisher that died is there again."""
NEW_POLICY = Scenario(
    "a new policy that promises something for an open ticket",
    (_sent(0, created(channel="email")), (20, "put_policy", SECOND_POLICY), _sent(500, solved(at=at(500)))),
    {"100": 60},
    {},
    {"total_response 100": 15},
)
STORM = Scenario(
    "more breaches of one standard in a minute than are told one by one",
    (_sent(0, created()), _sent(300, solved(at=at(300)))),
    {"100": 10, "total_response 100": 10},
    {},
    policy=TWO_PROMISES,
    storm_limit=1,
)
ALL = (UNANSWERED, JUST_IN_TIME, JUST_LATE, TOLD_LATE, NEW_POLICY, STORM)
