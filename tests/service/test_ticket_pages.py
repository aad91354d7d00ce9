"""A large ticket in pages: each is small, and together they are the whole."""

from __future__ import annotations

import json
from typing import Any

import pytest

from benchmarks.large_tickets import BEGIN, POLICY, STEP, alternating, conversation, event
from replyclock.domain.alerts import entries_due
from replyclock.domain.errors import InvalidInput
from replyclock.domain.events import AnyEvent, TicketKey, event_document
from replyclock.domain.explanation import explained
from replyclock.domain.instants import DAY
from replyclock.domain.judging import evaluate_ticket
from replyclock.service.ports import LedgerRecord, StoredEvent, TicketRecord, TicketState
from replyclock.service.read import ReadTickets
from replyclock.service.ticket_pages import INTERVALS_PER_ROW, PAGE_ROWS_MAX, joined

LAMBDA_BYTES_MAX = 6 * 2**20
"""What an answer of a function may have, as JSON in which its body is quoted once more."""


def sent_bytes(page: dict[str, Any]) -> int:
    """What the function's answer comes to."""
    return len(json.dumps(json.dumps(page, ensure_ascii=False)))


class OneTicket:
    """A ticket that has all its alerts."""

    def __init__(self, events: list[AnyEvent], at: int) -> None:
        self.at = at
        self.stored = [StoredEvent(one, at) for one in events]
        result = evaluate_ticket(events, POLICY, at)
        assert result is not None
        self.ledger = [LedgerRecord(one, "sent", at) for one in entries_due(result, at)]
        self.whole = {
            **explained(result, POLICY),
            "events": [event_document(one) for one in events],
            "alerts": len(self.ledger),
        }
        self.api = ReadTickets(self, self, lambda: POLICY, lambda: self.at, self)  # type: ignore[arg-type]

    def read(self, _: TicketKey) -> TicketRecord:
        return TicketRecord(tuple(self.stored), None, 1, tuple(self.ledger))

    def last_known(self, _: TicketKey) -> TicketState | None:
        return None

    def pages(self, limit: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while not found or found[-1]["cursor"]:
            page = self.api.one(("default", "generic", "1"), found[-1]["cursor"] if found else None, limit)
            assert page is not None
            found.append(page)
        return found


@pytest.mark.parametrize(("kind", "size"), [(conversation, 2_000), (alternating, 2_000), (conversation, 40)])
def test_the_pages_of_a_ticket_are_small_and_add_up_to_it(kind: Any, size: int) -> None:
    ticket = OneTicket(kind(size), BEGIN + (size + 1) * STEP)
    pages = ticket.pages(PAGE_ROWS_MAX)
    assert max(map(sent_bytes, pages)) < LAMBDA_BYTES_MAX / 2
    assert len(pages) == size // PAGE_ROWS_MAX or size < PAGE_ROWS_MAX
    whole = {**pages[0], **joined(pages)}
    assert {**whole, "alerts": len(whole["alerts"]), "cursor": None} == {**ticket.whole, "cursor": None}
    assert [one["ticket"] for one in pages] == ["1"] * len(pages), "each has the result"
    latest = {clock["metric"]: clock["instance"] for clock in ticket.whole["clocks"]}
    assert latest.items() <= {(clock["metric"], clock["instance"]) for clock in pages[0]["clocks"]}


@pytest.mark.parametrize("kind", [conversation, alternating])
def test_a_page_of_ten_thousand_events_is_sent_whatever_is_asked_for(kind: Any) -> None:
    ticket = OneTicket(kind(10_000), BEGIN + 10_001 * STEP)
    page = ticket.api.one(("default", "generic", "1"), None, PAGE_ROWS_MAX)
    assert page is not None
    assert sent_bytes(page) < LAMBDA_BYTES_MAX / 4
    assert page["cursor"]
    assert len(page["events"]) == PAGE_ROWS_MAX


def test_a_page_of_large_rows_has_fewer_of_them() -> None:
    tags = {f"name {i}": "x" * 300 for i in range(100)}
    events = [event(i, "attributes.changed", "agent", attributes=tags) for i in range(1, 200)]
    ticket = OneTicket([event(0, "ticket.created", "customer"), *events], BEGIN + 201 * STEP)
    pages = ticket.pages(PAGE_ROWS_MAX)
    assert max(map(sent_bytes, pages)) < LAMBDA_BYTES_MAX / 2
    assert joined(pages)["events"] == ticket.whole["events"]
    assert len(pages) > 1


@pytest.mark.parametrize("limit", [3, 7])
def test_a_long_explanation_goes_on_over_pages(limit: int) -> None:
    size = 25 * INTERVALS_PER_ROW
    ticket = OneTicket(alternating(size), BEGIN + (size + 1) * STEP + 30 * DAY)
    pages = ticket.pages(limit)
    assert max(len(clock["explanation"]) for page in pages for clock in page["clocks"]) <= limit * INTERVALS_PER_ROW
    assert joined(pages)["clocks"] == ticket.whole["clocks"]


def test_all_pages_are_of_one_instant_whatever_comes_in_meanwhile() -> None:
    events = conversation(30)
    at = BEGIN + 31 * STEP
    ticket = OneTicket(events[:10] + events[11:], at)
    first = ticket.api.one(("default", "generic", "1"), None, 8)
    assert first is not None
    ticket.at = at + DAY
    ticket.stored.append(StoredEvent(events[10], at + DAY))  # late-arriving, in the middle of what was shown
    second = ticket.api.one(("default", "generic", "1"), first["cursor"], 8)
    assert second is not None
    assert [one["id"] for one in first["events"] + second["events"]] == [f"e{i}" for i in range(17) if i != 10]
    assert second["counts"] == first["counts"]
    again = ticket.api.one(("default", "generic", "1"), None, 20)
    assert again is not None
    assert "e10" in [one["id"] for one in again["events"]]


def test_a_cursor_is_of_its_ticket() -> None:
    ticket = OneTicket(conversation(30), BEGIN + 31 * STEP)
    first = ticket.api.one(("default", "generic", "1"), None, 8)
    assert first is not None
    with pytest.raises(InvalidInput) as wrong:
        ticket.api.one(("default", "generic", "2"), first["cursor"], 8)
    assert [fault.field for fault in wrong.value.faults] == ["cursor"]
