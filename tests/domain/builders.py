"""Events for tests, told as briefly as they read: `at("09:30")` is that time of 2026-06-01 in UTC."""

from __future__ import annotations

from itertools import count
from typing import Any

from replyclock.domain.events import AnyEvent, parse_event
from replyclock.domain.instants import parse_instant
from replyclock.domain.judging import Clock, TicketResult, evaluate_ticket
from replyclock.domain.policy import DEFAULT_POLICY, Policy

CUSTOMER = {"kind": "customer", "id": "c"}
AGENT = {"kind": "agent", "id": "a"}
BOT = {"kind": "bot", "id": "b"}
_numbers = count(1)


def at(time: str) -> str:
    """`09:30`, `09:30:05` or `02T09:30` (a day of June 2026) as RFC 3339."""
    day, _, clock = time.rpartition("T")
    return f"2026-06-{day or '01'}T{clock if clock.count(':') == 2 else clock + ':00'}Z"


def instant(time: str) -> int:
    return parse_instant(at(time))


def event(type_: str, time: str, actor: dict[str, str] | None = None, **fields: Any) -> AnyEvent:
    fields.setdefault("id", f"e{next(_numbers)}")
    fields.setdefault("ticket", "1")
    return parse_event({"type": type_, "occurred_at": at(time), "actor": actor or {"kind": "unknown"}, **fields})


def created(time: str = "09:00", actor: dict[str, str] | None = None, **fields: Any) -> AnyEvent:
    fields.setdefault("message", {"id": "opening", "visibility": "public"})
    if fields["message"] is None:
        del fields["message"]
    return event("ticket.created", time, actor or CUSTOMER, **fields)


def message(time: str, actor: dict[str, str], visibility: str = "public", **fields: Any) -> AnyEvent:
    return event(
        "message.added",
        time,
        actor,
        message={"id": fields.pop("mid", f"m{next(_numbers)}"), "visibility": visibility},
        **fields,
    )


def status(time: str, to: str, actor: dict[str, str] | None = None, **fields: Any) -> AnyEvent:
    return event("status.changed", time, actor or AGENT, status=to, **fields)


def judged(events: list[AnyEvent], time: str, policy: Policy = DEFAULT_POLICY) -> TicketResult:
    result = evaluate_ticket(events, policy, instant(time))
    assert result is not None
    return result


def clock(
    events: list[AnyEvent],
    time: str,
    metric: str = "first_response",
    instance: int = 1,
    policy: Policy = DEFAULT_POLICY,
) -> Clock:
    found = judged(events, time, policy).clock(metric, instance)
    assert found is not None, f"no clock {metric} {instance}"
    return found
