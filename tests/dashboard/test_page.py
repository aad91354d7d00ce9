"""The dashboard in a real browser: what it shows is what the API says, and it can be used by everybody."""

from __future__ import annotations

import json
from functools import partial

import pytest
from playwright.sync_api import expect

from replyclock.adapters.archive import DynamoArchive
from replyclock.domain.instants import parse_instant
from tests.functions.conftest import TOKEN

from .seen import Seen
from .stage import Stage

FIGURES = ("trends", "when", "distribution", "breakdown", "agents", "satisfaction")
"""Whose own tests look at them in English, in the light and on a phone."""
VIEWS = {"now": "#/now", "policy": "#/policy", "change": "#/policy?tab=change", "versions": "#/policy?tab=versions"}


def test_the_token_is_asked_for_once_and_never_stays_in_the_address(seen: Seen) -> None:
    seen.go("#/now?tier=vip")
    box = seen.page.get_by_label("API token")
    expect(box).to_be_focused()
    seen.accessible()
    box.fill("wrong")
    box.press("Enter")
    expect(seen.page.get_by_role("alert")).to_have_text("The API does not take this token.")
    seen.wrong.clear()  # the browser tells of each 401 on its console
    seen.page.get_by_label("API token").fill(TOKEN)
    seen.page.get_by_role("button", name="Show the dashboard").click()
    expect(seen.page.get_by_role("heading", level=1)).to_have_text("Now")
    expect(seen.page.get_by_label("Tier")).to_have_value(_option(seen, "Tier", "vip"))
    seen.page.reload()
    expect(seen.page.locator(".clock").first).to_be_visible()
    assert seen.page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 1]


def _option(seen: Seen, label: str, starts: str) -> str:
    options = seen.page.get_by_label(label).locator("option")
    expect(options.filter(has_text=starts)).to_have_count(1)
    return options.filter(has_text=starts).first.inner_text()


def test_now_shows_what_the_api_says_and_a_breach_as_it_happens(seen: Seen, stage: tuple[Stage, str]) -> None:
    page = seen.page
    seen.go(f"#token={TOKEN}")
    expect(page.locator(".clock").first).to_be_visible()
    assert TOKEN not in page.url
    live = seen.api("live?limit=200")
    counts = dict(
        zip(page.locator(".counts dt").all_inner_texts(), page.locator(".counts dd").all_inner_texts(), strict=True)
    )
    named = {"Breached": "breached", "At risk": "at_risk", "Running": "running", "Paused": "paused", "Open": "open"}
    assert counts == {name: str(live["counts"][key]) for name, key in named.items()}
    assert live["counts"]["at_risk"] >= 3
    due = {
        state: [one["ticket"] for one in live["clocks"] if one["state"] == state]
        for state in ("breached", "running", "paused")
    }
    for group, state in (("breached", "breached"), ("next", "running"), ("paused", "paused")):
        shown = page.locator(f".group.{group} .ticket").all_inner_texts()
        assert [text.split(" ")[-1] for text in shown] == due[state]
    told = seen.api("alerts?limit=50")["alerts"]
    assert page.locator(".feed li").count() == len(told)
    assert {row.split()[0] for row in page.locator(".feed .level").all_inner_texts()} >= {"Breach", "Warning"}
    # It counts down by the server's clock.
    first = next(one for one in live["clocks"] if one["state"] == "running")
    counter = page.locator(".group.next .count").first
    before = counter.inner_text()
    expect(counter).not_to_have_text(before)
    at = page.evaluate("Date.now()") * 1000
    minutes, seconds = counter.inner_text().split(":")
    assert abs((parse_instant(first["due_at"]) - at) / 1e6 - int(minutes) * 60 - int(seconds)) < 2
    # Filters are in the address.
    page.get_by_label("Channel").select_option(label=_option(seen, "Channel", "phone"))
    expect(page).to_have_url(f"{seen.address}/#/now?channel=phone")
    phones = seen.api("live?channel=phone&limit=200")
    expect(page.locator(".counts .open dd")).to_have_text(str(phones["counts"]["open"]))
    expect(page.locator(".clock")).to_have_count(len(phones["clocks"]))
    page.go_back()
    expect(page.locator(".counts .open dd")).to_have_text(str(live["counts"]["open"]))
    # A breach that happens while one looks appears within two seconds of its alert.
    served, _ = stage
    served.wish(lambda: served.breach("9001"))
    row = page.locator(".feed li", has_text="desk 9001").filter(has_text="Breach")
    expect(row).to_be_visible()
    expect(page.locator(".group.breached .clock", has_text="desk 9001")).to_be_visible()
    expect(page.locator("[data-live]")).to_contain_text("Breach: desk 9001, chat, first response.")
    # Without a connection it says so, and goes on by itself.
    page.context.set_offline(True)
    expect(page.locator(".state")).to_have_text("Offline")
    page.context.set_offline(False)
    expect(page.locator(".state")).to_have_text("Live")
    seen.wrong.clear()  # the browser tells of what failed meanwhile on its console


def test_by_keyboard_one_finds_a_ticket_and_why_it_is_late(seen: Seen, stage: tuple[Stage, str]) -> None:
    page, house = seen.page, stage[0].house
    seen.go(f"#token={TOKEN}")
    expect(page.locator(".clock").first).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Skip to the content")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_label("Tenant")).to_be_focused()
    page.locator(".clock").first.focus()
    page.keyboard.press("j")
    expect(page.locator(".clock").nth(1)).to_be_focused()
    page.keyboard.press("k")
    ticket = page.locator(".clock .ticket").first.inner_text()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(ticket)
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    source, number = ticket.split("/")[-1].split(" ")
    tenant = ticket.split("/")[0] if "/" in ticket else "default"
    result = seen.api(f"tickets/{tenant}/{source}/{number}")
    for clock in result["clocks"]:
        words = {"first_response": "First response", "next_response": "Next response", "resolution": "Resolution"}
        name = words.get(clock["metric"], "Total response")
        lane = page.get_by_role("group", name=name).first
        counted = sum(part["counts"] for part in clock["explanation"])
        assert lane.locator("button.counted, button.late").count() >= counted
    page.locator(".lane button").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".readout")).not_to_contain_text("Point at")
    late = next(clock for clock in result["clocks"] if clock["state"] == "breached")
    assert f"Version {late['policy_version']} of the policy promises" in page.locator(".why").first.inner_text()
    page.locator(".why summary").first.click()
    assert page.locator(".why table").first.locator("tbody tr").count() == len(result["clocks"][0]["explanation"]) + 1

    gone = ("default", "desk", "ended-long-ago")
    stage[0].wish(partial(DynamoArchive(house.store.table).drop, gone, house.now()))
    seen.go("#/ticket/" + "/".join(gone))
    expect(page.get_by_role("alert")).to_contain_text("The log of this ticket was dropped")
    seen.wrong.clear()  # the browser tells of the answer 404


def test_a_policy_is_tried_before_it_is_published(seen: Seen, stage: tuple[Stage, str]) -> None:
    page = seen.page
    seen.go(f"#token={TOKEN}")
    seen.go("#/policy")
    standards = seen.api("policy")["standards"]
    expect(page.locator("tbody th")).to_have_text([one["name"] for one in standards])
    page.get_by_role("button", name="Change it").click()
    editor = page.get_by_label("The next version, as YAML")
    draft = editor.input_value()
    editor.fill(
        draft.replace("first_response: 15m", "first_response: soon").replace("calendar: office", "calendar: moon")
    )
    page.get_by_role("button", name="Try it", exact=True).click()
    faults = page.locator(".faults li")
    expect(faults).to_have_count(2)
    expect(page.locator(".faults")).to_contain_text("there is no calendar moon")
    assert page.locator(".numbers .wrong").count() == 2
    faults.first.get_by_role("button").click()
    assert "soon" in page.evaluate(
        "(() => { const a = document.activeElement; return a.value.slice(a.selectionStart, a.selectionEnd) })()"
    )
    seen.wrong.clear()  # the browser tells of the 422 on its console
    editor.fill(draft.replace("first_response: 15m", "first_response: 100h"))
    page.get_by_role("button", name="7 days").click()
    page.get_by_role("button", name="Try it", exact=True).click()
    expect(page.locator(".outcome")).to_contain_text("come out otherwise")
    expect(page.locator(".outcome tbody tr", has_text="vip").first).to_contain_text("→")
    page.get_by_role("button", name="Publish…").click()
    page.get_by_role("button", name="Not yet").click()
    page.get_by_role("button", name="Publish…").click()
    expect(page.get_by_role("dialog")).to_contain_text("Publish version 3?")
    page.get_by_role("button", name="Publish it").click()
    expect(page.locator("tbody tr").first).to_contain_text("3")
    [_, before, published] = [one["document"] for one in seen.api("policy/versions")["versions"]]
    before["standards"][1]["targets"]["first_response"] = "100h"
    assert published == {**before, "version": 3, "effective_from": published["effective_from"]}
    page.get_by_role("button", name="Document").click()
    expect(page.locator(".document h2")).to_be_visible()
    assert page.locator(".document table").count() > 3
    seen.accessible()


@pytest.mark.parametrize(
    ("seen", "language"),
    [
        ({"color_scheme": "light"}, "en"),
        ({"color_scheme": "dark"}, "zh"),
        ({"color_scheme": "dark", "viewport": {"width": 360, "height": 740}}, "en"),
    ],
    indirect=["seen"],
    ids=["light", "dark-zh", "phone"],
)
def test_every_view_in_both_themes_and_languages_and_on_a_phone(seen: Seen, language: str) -> None:
    page = seen.page
    page.add_init_script(f"localStorage.setItem('replyclock.language', {json.dumps(language)})")
    seen.go(f"#token={TOKEN}")
    expect(page.locator(".clock").first).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == {"en": "en", "zh": "zh-CN"}[language]
    width = page.viewport_size or {"width": 0, "height": 0}
    ticket = page.locator(".clock").first.get_attribute("href")
    assert ticket is not None
    figures = {name: f"#/{name}?days=14" for name in FIGURES} if language == "zh" else {}
    for name, place in {**VIEWS, "ticket": ticket, **figures}.items():
        seen.go(place)
        expect(page.locator(".view > *").first).to_be_visible()
        expect(page.locator(".loading")).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate("innerWidth"), name
        if width["width"] > 360:  # what a phone shows differs by its layout alone
            seen.accessible()
        seen.shot(f"{name}-{language}-{width['width']}")
