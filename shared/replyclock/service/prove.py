"""Prove a policy document before it is published: what would fail while tickets are measured is refused instead."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice

from replyclock.domain.errors import Fault, InvalidInput
from replyclock.domain.events import AnyEvent, parse_event
from replyclock.domain.instants import DAY, MINUTE, format_instant, parse_instant
from replyclock.domain.judging import evaluate_ticket
from replyclock.domain.policy import Policy, PolicyDocument, read_document
from replyclock.domain.yaml_source import path_text, printable, read_source

LARGEST = 200_000
"""Bytes of a policy's text."""
FIRST, LAST = parse_instant("1990-01-01T00:00:00Z"), parse_instant("2199-12-31T00:00:00Z")
"""The years of events: calendars are laid out at their ends, when the document comes into force, and now."""
YEAR = 366 * DAY
ATTRIBUTES_MAX = 50
"""Of a sample ticket."""


def check_size(text: str, name: str | None = None) -> None:
    """Raises InvalidInput for a text that is too long to be a policy. `name` is its file, for the message."""
    if len(text.encode(errors="surrogatepass")) > LARGEST:
        raise InvalidInput([Fault("", f"is longer than {LARGEST} bytes", 1 if name else None, name)])


def proven_document(text: str, now: int, name: str | None = None) -> PolicyDocument:
    """The document of a text that may be published: it can be read, its calendars can be laid out, tickets judged by
    each of its standards, and the service response time document written.

    `now` is in microseconds, `name` the text's file, for the messages. Raises InvalidInput naming every fault.
    """
    check_size(text, name)
    document = read_document(text, name or "policy")
    if faults := _failures(document, now):
        lines = {path_text(path): line for path, line in read_source(text, name or "policy")[1].items()}
        raise InvalidInput([replace(one, line=lines.get(one.field, 1), file=name) for one in faults])
    return document


def _failures(document: PolicyDocument, now: int) -> list[Fault]:
    """Each part of a document with which something fails that will be done with it."""
    faults: list[Fault] = []

    @contextmanager
    def refusing(place: str, problem: str) -> Iterator[None]:
        try:
            yield
        # Whatever it is, it would stop measuring for every ticket under this document.
        except Exception as error:  # noqa: BLE001
            why = printable(f"{type(error).__name__}: {error}")
            faults.append(Fault(place, f"{problem} ({why})"))

    begins = [FIRST, min(max(document.effective_from, FIRST), LAST), min(max(now, FIRST), LAST), LAST]
    for calendar_name, written in document.calendars.items():
        with refusing(path_text(("calendars", calendar_name)), "cannot be laid out"):
            for begin in begins:
                calendar = written.calendar(calendar_name)
                calendar.open_time(begin, begin + YEAR)
                list(calendar.closures(begin, begin + 31 * DAY))
    samples = [_sample(begin, document) for begin in begins[1:3]]
    with refusing("standards", "no ticket can be judged"):
        for at, events in samples:
            _judge(document, events, at)
    for i, standard in enumerate(document.standards):
        alone = document.model_copy(update={"standards": (standard.model_copy(update={"when": {}}),)})
        with refusing(path_text(("standards", i)), "no ticket can be judged by it"):
            for at, events in samples:
                _judge(alone, events, at)
    with refusing("", "the service response time document cannot be written"):
        _render(document, now)
    return faults


def _judge(document: PolicyDocument, events: list[AnyEvent], at: int) -> None:
    for until in (at, at + 40 * MINUTE, at + 30 * DAY):
        result = evaluate_ticket(events, Policy((document,)), until)
        if result is not None:
            result.document()


def _render(document: PolicyDocument, now: int) -> None:
    # Imported here: functions read policies at every start, and few publish one.
    from replyclock.presentation.document import LANGUAGES, render_document  # noqa: PLC0415

    for language in LANGUAGES:
        render_document(document, None, now, "UTC", language, "html")


def _sample(begin: int, document: PolicyDocument) -> tuple[int, list[AnyEvent]]:
    """When a ticket was created, and its events: one that is answered, waits, is solved and opened again."""
    attributes = dict(islice(_asked(document).items(), ATTRIBUTES_MAX))
    customer, agent = {"kind": "customer", "id": "c"}, {"kind": "agent", "id": "a"}
    told: list[dict[str, object]] = [
        {"type": "ticket.created", "attributes": attributes, "actor": customer},
        {"type": "assignment.changed", "assignee": "a", "group": "g"},
        {"type": "message.added", "message": {"id": "1", "visibility": "public"}, "actor": agent},
        {"type": "status.changed", "status": "pending"},
        {"type": "message.added", "message": {"id": "2", "visibility": "public"}, "actor": customer},
        {"type": "status.changed", "status": "solved"},
        {"type": "attributes.changed", "attributes": dict.fromkeys(attributes)},
        {"type": "status.changed", "status": "open"},
    ]
    return begin, [
        parse_event({"id": str(i), "ticket": "sample", "occurred_at": format_instant(begin + i * 10 * MINUTE), **one})
        for i, one in enumerate(told)
    ]


def _asked(document: PolicyDocument) -> dict[str, str]:
    """A value that some standard asks for of each attribute."""
    found: dict[str, str] = {}
    for standard in document.standards:
        for name, condition in standard.when.items():
            for value in (*(condition.any_of or ()), *(condition.none_of or ())):
                if value and all(one.isprintable() and 0 < len(one) <= 200 for one in (name, value)):
                    found.setdefault(name, value)
    return found
