"""A ticket on which more happened than one answer holds, on the page."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from replyclock.domain.events import TicketKey
from replyclock.domain.instants import MINUTE, SECOND
from tests.adapters.samples import event
from tests.functions.conftest import TOKEN

from .seen import Seen
from .stage import Stage

KEY: TicketKey = ("default", "desk", "a-long-story")
MESSAGES = 430


@pytest.fixture(scope="module")
def long_story(stage: tuple[Stage, str]) -> TicketKey:
    """A customer and an agent write in turn, and then it is solved."""
    house = stage[0].house
    begin = stage[0].began - 60 * MINUTE
    with stage[0].lock:
        for i in range(MESSAGES):
            actor = {"kind": "agent", "id": "anna"} if i % 2 else {"kind": "customer", "id": "c"}
            said = {"id": f"m{i}", "visibility": "public"}
            type_ = "message.added" if i else "ticket.created"
            house.log.append(event(f"e{i}", type_, begin + i * SECOND, KEY, actor=actor, message=said), begin)
        over = event("over", "status.changed", begin + MESSAGES * SECOND, KEY, status="solved")
        house.log.append(over, begin)
    return KEY


@pytest.mark.parametrize("seen", [{}, {"viewport": {"width": 390, "height": 844}, "locale": "zh-CN"}], indirect=True)
def test_more_of_a_long_story_is_shown_as_one_asks_for_it(seen: Seen, long_story: TicketKey) -> None:
    page = seen.page
    seen.go(f"#token={TOKEN}")
    seen.go("#/ticket/" + "/".join(long_story))
    story, more = page.locator(".story li"), page.locator(".rest button")
    waits = MESSAGES // 2 - 1
    expect(story).to_have_count(200)
    expect(page.locator(".rest")).to_contain_text("200")
    expect(page.locator(".verdict")).to_have_count(200 + 3)  # with the three that there is one of
    expect(page.locator(".verdict h2").nth(1)).to_contain_text(f" {waits - 199}")
    more.click()
    expect(story).to_have_count(400)
    expect(page.locator(".verdict")).to_have_count(waits + 3)
    expect(page.locator(".verdict h2").nth(1)).to_contain_text(" 1")
    expect(page.locator(".verdict h2").nth(waits)).to_contain_text(f" {waits}")
    expect(more).to_be_focused()
    more.click()
    expect(story).to_have_count(MESSAGES + 1)
    expect(more).to_have_count(0)


def test_it_is_usable_by_everybody_and_what_fails_can_be_tried_again(seen: Seen, long_story: TicketKey) -> None:
    page = seen.page
    seen.go(f"#token={TOKEN}")
    seen.go("#/ticket/" + "/".join(long_story))
    expect(page.locator(".story li")).to_have_count(200)
    seen.accessible()
    seen.expect_wrong("status of 503")
    page.route("**/tickets/**cursor=**", lambda route: route.fulfill(status=503, json={"error": "try again later"}))
    page.locator(".rest button").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.unroute("**/tickets/**cursor=**")
    page.get_by_role("alert").get_by_role("button").click()
    expect(page.locator(".story li")).to_have_count(400)
