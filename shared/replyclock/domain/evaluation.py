"""Evaluating the events of many tickets: what `replyclock evaluate` and `replyclock.evaluate` do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from .errors import MOST_FAULTS, Fault, InvalidInput
from .events import AnyEvent, TicketKey, parse_event
from .instants import from_datetime, parse_instant
from .judging import TicketResult, evaluate_ticket
from .policy import DEFAULT_POLICY, Document, Policy, read_policy


def evaluate(
    events: Iterable[Mapping[str, Any] | str | AnyEvent], policies: Sequence[Document], at: str | datetime
) -> list[dict[str, Any]]:
    """Each ticket as it stood at `at`, in the contract's form, sorted by tenant, source and ticket.

    `events` are JSON objects or their texts, in any order; `policies` are policy documents, as YAML or JSON texts or
    parsed (none: the default policy). Raises InvalidInput naming every fault, at most twenty.
    """
    policy = read_policy(policies) if policies else DEFAULT_POLICY
    moment = parse_instant(at) if isinstance(at, str) else from_datetime(at)
    read: list[AnyEvent] = []
    faults: list[Fault] = []
    for i, event in enumerate(events):
        try:
            read.append(parse_event(event) if isinstance(event, str | Mapping) else event)
        except InvalidInput as wrong:
            faults += [Fault(f"events[{i}].{fault.field}".rstrip("."), fault.problem) for fault in wrong.faults]
    if faults:
        raise InvalidInput(faults)
    return [result.document() for result in evaluate_events(read, policy, moment)]


def evaluate_events(events: Iterable[AnyEvent], policy: Policy, at: int) -> Iterable[TicketResult]:
    """Each ticket of the events at the instant `at`, sorted by tenant, source and ticket."""
    tickets: dict[TicketKey, list[AnyEvent]] = {}
    for event in events:
        tickets.setdefault(event.key, []).append(event)
    for key in sorted(tickets):
        result = evaluate_ticket(tickets[key], policy, at)
        if result:
            yield result


def read_events(lines: Iterable[bytes], name: str) -> Iterable[AnyEvent]:
    """The events of a JSON Lines file; empty lines are passed over.

    `name` is the file's, for the messages. Raises InvalidInput after the last line, or once twenty faults are found.
    """
    faults: list[Fault] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            event = parse_event(line)
        except InvalidInput as wrong:
            faults += [Fault(fault.field, fault.problem, number, name) for fault in wrong.faults]
            if len(faults) >= MOST_FAULTS:
                break
        else:
            yield event
    if faults:
        raise InvalidInput(faults)
