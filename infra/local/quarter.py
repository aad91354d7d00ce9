"""A quarter of a support team, made by a seed: a few thousand tickets with three planted causes and nothing else.

- The channel `social` is slow: once an agent has such a ticket, the first answer takes many times as long.
- Monday is understaffed: what comes in on a Monday of the team's zone waits many times as long for an assignee.
- The category `delivery` always waits on third parties; others do seldom, and briefly.

Whatever else a ticket is (its tier, language, agent, hour ...) is drawn by itself and changes nothing. Ratings get
worse the longer the first answer took.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from replyclock.domain.events import AnyEvent, TicketKey, parse_event
from replyclock.domain.figures import TicketFigures, ticket_figures
from replyclock.domain.instants import SECOND, format_instant, from_datetime
from replyclock.domain.policy import read_policy

ZONE = "Europe/Berlin"
"""Where the team is. The quarter has the day on which its clocks go back an hour."""
FIRST, LAST = date(2026, 10, 1), date(2027, 1, 1)
BEGIN, END = (from_datetime(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(ZONE))) for day in (FIRST, LAST))

POLICY = read_policy(
    [
        """\
policy: sample
version: 1
effective_from: 2026-01-01T00:00:00Z
calendars:
  office:
    timezone: Europe/Berlin
    hours:
      mon: ["08:00-18:00"]
      tue: ["08:00-18:00"]
      wed: ["08:00-18:00"]
      thu: ["08:00-18:00"]
      fri: ["08:00-16:00"]
    holidays: [2026-12-25]
standards:
  - {name: vip, when: {tier: vip}, targets: {first_response: 1h, next_response: 2h, resolution: 24h}}
  - {name: phone, when: {channel: phone}, targets: {first_response: 30m}}
  - {name: regular, when: {tier: regular}, calendar: office, targets: {first_response: 4h, total_response: 3bd}}
"""
    ],
    ["the policy of the sample quarter"],
)

SLOW_CHANNEL, UNDERSTAFFED, WAITING_CATEGORY = "social", "mon", "delivery"
_MINUTE, _HOUR = 60 * SECOND, 3600 * SECOND
_PER_WEEKDAY = (64, 64, 64, 64, 60, 32, 28)
_BY_HOUR = (2, 1, 1, 1, 1, 2, 4, 8, 14, 18, 20, 19, 15, 16, 18, 17, 15, 12, 9, 8, 7, 6, 4, 3)
_ATTRIBUTES = {
    "channel": {"email": 40, "chat": 25, "phone": 20, SLOW_CHANNEL: 15},
    "tier": {"regular": 85, "vip": 15},
    "service_type": {"general": 80, "urgent": 20},
    "priority": {"low": 20, "normal": 55, "high": 20, "urgent": 5},
    "category": {"billing": 30, "account": 25, WAITING_CATEGORY: 20, "product": 25},
    "complexity": {"simple": 60, "complex": 40},
    "brand": {"north": 60, "south": 40},
    "language": {"en": 50, "de": 30, "zh": 20},
}
_AGENTS = {f"agent-{number:02}": f"team-{'abc'[number % 3]}" for number in range(1, 13)}


@dataclass(frozen=True)
class Quarter:
    """The events of a quarter, in the order in which they occurred, and who it is told to."""

    seed: int
    events: tuple[AnyEvent, ...]

    @property
    def begin(self) -> int:
        """When the quarter begins, in microseconds."""
        return BEGIN

    @property
    def end(self) -> int:
        """When it ends; what is still open then is open in the figures."""
        return END

    def tickets(self) -> dict[TicketKey, list[AnyEvent]]:
        """The events of each ticket."""
        found: dict[TicketKey, list[AnyEvent]] = {}
        for event in self.events:
            found.setdefault(event.key, []).append(event)
        return found


@cache
def quarter(seed: int) -> Quarter:
    """The quarter of a seed: always the same one. What would happen after its end is left out."""
    chance = random.Random(seed)  # noqa: S311 (made-up tickets, not secrets)
    told: list[tuple[int, int, dict[str, Any]]] = []
    for number, created_at in enumerate(_arrivals(chance), 1):
        ticket = _Ticket(chance, str(number), created_at)
        ticket.live()
        told += [(at, len(told), one) for at, one in ticket.told if at < END]
    told.sort(key=lambda one: one[:2])
    return Quarter(seed, tuple(parse_event(one) for _, _, one in told))


@cache
def quarter_figures(seed: int) -> tuple[TicketFigures, ...]:
    """What the tickets of the quarter give to the evaluation at its end."""
    found = (ticket_figures(events, POLICY, END) for events in quarter(seed).tickets().values())
    return tuple(one for one in found if one is not None)


def _arrivals(chance: random.Random) -> Iterator[int]:
    zone = ZoneInfo(ZONE)
    day = FIRST
    while day < LAST:
        for _ in range(_poisson(chance, _PER_WEEKDAY[day.weekday()])):
            hour = chance.choices(range(24), _BY_HOUR)[0]
            # Of an hour that comes twice, either one.
            local = datetime(day.year, day.month, day.day, hour, tzinfo=zone, fold=chance.randrange(2))
            yield from_datetime(local) + chance.randrange(_HOUR)
        day += timedelta(days=1)


def _poisson(chance: random.Random, mean: float) -> int:
    count, passed = 0, chance.expovariate(mean)
    while passed < 1:
        count += 1
        passed += chance.expovariate(mean)
    return count


@dataclass
class _Ticket:
    chance: random.Random
    name: str
    at: int
    told: list[tuple[int, dict[str, Any]]] = field(default_factory=list)

    def live(self) -> None:
        """Lets the ticket's life happen, also what lies after the quarter."""
        chance, created_at = self.chance, self.at
        attributes = {name: chance.choices([*of], [*of.values()])[0] for name, of in _ATTRIBUTES.items()}
        customer = {"kind": "customer", "id": f"customer-{chance.randrange(2000)}"}
        self.agent = chance.choice([*_AGENTS])
        self.tell("ticket.created", customer, attributes=attributes, message=self.text())
        local = datetime.fromtimestamp(created_at / SECOND, ZoneInfo(ZONE))
        self.wait(8 * _MINUTE * (8 if local.weekday() == 0 else 1))
        if chance.random() < 0.01:  # some solve themselves, and nobody ever answers
            self.tell("status.changed", customer, status="solved")
            return
        self.tell("assignment.changed", None, assignee=self.agent, group=_AGENTS[self.agent])
        self.wait(15 * _MINUTE * (16 if attributes["channel"] == SLOW_CHANNEL else 1))
        self.reply()
        answered_after = self.at - created_at
        if chance.random() < 0.05:
            self.agent = chance.choice([one for one in _AGENTS if _AGENTS[one] == _AGENTS[self.agent]])
            self.tell("assignment.changed", None, assignee=self.agent)
        self.become("open")
        while chance.random() < 0.4:
            self.become("pending")
            self.wait(5 * _HOUR)
            self.tell("message.added", customer, message=self.text())
            self.become("open")
            self.wait(40 * _MINUTE)
            self.reply()
        if attributes["category"] == WAITING_CATEGORY or chance.random() < 0.05:
            self.become("on_hold")
            self.wait(30 * _HOUR if attributes["category"] == WAITING_CATEGORY else 2 * _HOUR)
            self.become("open")
        self.wait(90 * _MINUTE)
        self.become("solved")
        while chance.random() < 0.06:
            self.wait(20 * _HOUR)
            self.tell("message.added", customer, message=self.text())
            self.become("open")
            self.wait(60 * _MINUTE)
            self.reply()
            self.become("solved")
        if chance.random() < 0.35:
            self.wait(3 * _HOUR)
            expected = 4.6 - 0.5 * (answered_after / _HOUR) ** 0.5
            self.tell("rating.given", customer, rating=min(5, max(1, round(chance.gauss(expected, 0.7)))))

    def wait(self, median: int) -> None:
        """Time passes, of a skewed length: one in six waits takes more than double the median."""
        self.at += round(self.chance.lognormvariate(0, 0.75) * median)

    def text(self) -> dict[str, str]:
        return {"id": f"{self.name}-{len(self.told)}", "visibility": "public"}

    def reply(self) -> None:
        self.tell("message.added", {"kind": "agent", "id": self.agent}, message=self.text())

    def become(self, status: str) -> None:
        self.tell("status.changed", {"kind": "agent", "id": self.agent}, status=status)

    def tell(self, type_: str, actor: dict[str, str] | None, **fields: Any) -> None:
        event = {
            "id": f"{self.name}/{len(self.told)}",
            "ticket": self.name,
            "source": "desk",
            "type": type_,
            "occurred_at": format_instant(self.at),
            "sequence": len(self.told),
            "actor": actor or {"kind": "system"},
            **fields,
        }
        self.told.append((self.at, event))
