"""What was set aside, on the page: a notice where people look, and the list that it leads to."""

from __future__ import annotations

import heapq
from collections.abc import Iterator

import pytest
from playwright.sync_api import Route, expect

from replyclock.adapters.dynamodb import text
from replyclock.domain.events import TicketKey
from replyclock.service.faults import faulty_alert, faulty_ticket
from replyclock.service.ports import Faulty
from tests.functions.conftest import TOKEN

from .seen import Seen
from .stage import Stage

KEY: TicketKey = ("default", "desk", "4200")
THINGS: list[Faulty] = [
    faulty_ticket(KEY),
    faulty_alert(KEY, "A#first_response#1#100#vip"),
    *(faulty_ticket(("outlet", "shop", f"aside-{number}")) for number in range(60)),
]


@pytest.fixture
def aside(stage: tuple[Stage, str]) -> Iterator[list[Faulty]]:
    """More things than a page lists; they are mended again at the end, as the stage is everybody's."""
    house = stage[0].house

    with stage[0].lock:
        # What falls due meanwhile would be measured again, and so be mended: on a slow machine before one has looked.
        waiting = [one for one in stage[0].due if one[1] == KEY]
        stage[0].due[:] = sorted(one for one in stage[0].due if one[1] != KEY)
        for thing in THINGS:
            house.set_aside(thing, OverflowError("what a customer wrote"))
        house.quarantine.keep("desk", b"{", {}, ["is not JSON"], house.now())
        house.connect("desk", secret=None)
    yield THINGS
    with stage[0].lock:
        for record in house.faults.read(THINGS):
            house.faults.clear(record)
        keys = {"pk": text("CONNECTIONS"), "sk": text("desk")}
        house.store.client.delete_item(TableName=house.store.name, Key=keys)
        house.refresh(KEY)
        for one in waiting:
            heapq.heappush(stage[0].due, one)


def test_a_notice_on_now_leads_to_the_list(seen: Seen, aside: list[Faulty]) -> None:
    page = seen.page
    seen.go(f"#token={TOKEN}")
    notice = page.locator(".faults-notice")
    expect(notice).to_contain_text(f"A fault stopped {len(aside)} things; everything else goes on.")
    expect(page.locator(".clock").first).to_be_visible()
    expect(page.locator(".clock[data-faulty]").first).to_contain_text("may have changed since")
    seen.accessible()
    notice.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Faults")
    rows = page.get_by_role("region", name="Set aside").locator("tbody tr")
    expect(rows).to_have_count(50)
    expect(page.locator(".stats")).to_contain_text("61")
    page.get_by_role("button", name="Show more").click()
    expect(rows).to_have_count(len(aside))
    expect(page.get_by_role("button", name="Show more")).to_have_count(0)
    expect(rows.filter(has_text="OverflowError")).to_have_count(len(aside))
    expect(page.get_by_role("region", name="Quarantined webhooks")).to_contain_text("is not JSON (1)")
    expect(page.locator("main")).not_to_contain_text("customer wrote")
    seen.accessible()
    rows.get_by_role("link", name="default/desk/4200", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("4200")


@pytest.mark.parametrize("seen", [{"viewport": {"width": 390, "height": 844}, "locale": "zh-CN"}], indirect=True)
def test_on_a_phone_in_chinese(seen: Seen, aside: list[Faulty]) -> None:
    seen.go(f"#token={TOKEN}")
    expect(seen.page.locator(".faults-notice")).to_contain_text(f"{len(aside)} 项")
    seen.page.locator(".faults-notice a").click()
    expect(seen.page.get_by_role("heading", level=1)).to_have_text("故障")
    expect(seen.page.locator("tbody tr").first).to_be_visible()
    seen.becomes("() => document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_where_nothing_is_aside_nothing_is_said(seen: Seen, stage: tuple[Stage, str]) -> None:
    assert list(stage[0].house.faults.newest()) == []
    page = seen.page
    with page.expect_response(lambda answer: "/faults?" in answer.url):
        seen.go(f"#token={TOKEN}")
    expect(page.locator(".clock").first).to_be_visible()
    expect(page.locator(".faults-notice")).to_be_hidden()
    seen.go("#/faults")
    expect(page.get_by_text("Nothing is set aside")).to_be_visible()


def test_a_ticket_is_explained_beside_a_version_that_cannot_be_read(seen: Seen) -> None:
    page = seen.page
    known = seen.api("policy/versions")["versions"]
    odd = {"version": 0, "published_at": known[0]["published_at"], "document": None, "unreadable": "KeyError at x.py:1"}

    def with_one_before(route: Route) -> None:
        route.fulfill(json={"versions": [odd | {"open_tickets": None}, *known]})

    page.route("**/policy/versions", with_one_before)
    seen.go(f"#token={TOKEN}")
    ticket = page.locator(".clock").first.get_attribute("href")
    assert ticket is not None
    seen.go(ticket)
    expect(page.locator(".why").first).to_contain_text("of the policy promises")


def test_a_version_that_cannot_be_read_is_named_beside_the_others(seen: Seen) -> None:
    page = seen.page
    seen.go(f"#token={TOKEN}")
    expect(page.locator(".clock").first).to_be_visible()
    known = seen.api("policy/versions")["versions"]
    number = len(known) + 1
    odd = {
        "version": number,
        "published_at": "2026-01-01T00:00:00Z",
        "document": None,
        "unreadable": "KeyError at x.py:1",
    }

    shown = {"versions": [*known, odd | {"open_tickets": None}]}

    def with_one_more(route: Route) -> None:
        route.fulfill(json=shown)

    page.route("**/policy/versions", with_one_more)
    seen.go("#/policy?tab=versions")
    expect(page.locator("tbody tr")).to_have_count(len(known))
    expect(page.get_by_text(f"Version {number} cannot be read, and keeps its span")).to_be_visible()
    page.locator("tbody tr").first.get_by_role("button").click()
    expect(page.get_by_role("textbox").first).to_have_value(seen.api(f"policy/draft?version={len(known)}")["text"])
