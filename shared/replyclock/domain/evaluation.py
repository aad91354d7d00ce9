"""Evaluating the events of many tickets: what `replyclock evaluate` and `replyclock.evaluate` do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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


LONGEST_LINE = 16 * 2**20
"""Bytes of a line above which it is no event: those are some hundred bytes long, and a line is held in memory."""


def read_lines(
    lines: Iterable[bytes], name: str, read: Callable[[bytes], AnyEvent] = parse_event
) -> Iterator[tuple[bytes, AnyEvent]]:
    """Each line of a JSON Lines file with its event; empty lines are passed over.

    A line of more than `LONGEST_LINE` bytes may come in pieces. `name` is the file's, for the messages; `read` is
    `read_stored_event` where the lines were stored before. From the first
    fault on nothing more is given; raises InvalidInput after the last line, or once twenty faults are found.
    """
    faults: list[Fault] = []
    number, begins = 0, True
    for line in lines:
        number += begins
        if not begins:
            begins = line.endswith(b"\n")
            continue
        if len(line) > LONGEST_LINE:
            faults.append(Fault("", f"is longer than {LONGEST_LINE // 2**20} MiB", number, name))
            begins = line.endswith(b"\n")
        elif line.isspace():
            continue
        else:
            try:
                event = read(line)
            except InvalidInput as wrong:
                faults += _faults_of_line(line, wrong, number, name)
            else:
                if not faults:
                    yield line, event
        if len(faults) >= MOST_FAULTS:
            break
    if faults:
        raise InvalidInput(faults)


def _faults_of_line(line: bytes, wrong: InvalidInput, number: int, name: str) -> list[Fault]:
    try:
        line.decode()
    except UnicodeDecodeError as undecodable:
        return [Fault("", f"is not UTF-8 text at byte {undecodable.start + 1}", number, name)]
    return [Fault(fault.field, fault.problem, number, name) for fault in wrong.faults]
