"""The dashboard in a real browser: what it shows is what the API says, and it can be used by everybody."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Route, expect

from replyclock.domain.instants import MINUTE, SECOND, parse_instant
from tests.functions.conftest import TOKEN

from .seen import Seen, texts, while_it_stands
from .stage import Stage

FIGURES = ("trends", "when", "distribution", "breakdown", "agents", "satisfaction")
"""Whose own tests look at them in English, in the light and on a phone."""
VIEWS = {
    "now": "#/now",
    "policy": "#/policy",
    "change": "#/policy?tab=change",
    "versions": "#/policy?tab=versions",
    "document": "#/policy?tab=document",
}


def test_the_token_is_asked_for_once_and_never_stays_in_the_address(seen: Seen) -> None:
    seen.expect_wrong("status of 401")
    seen.go("#/now?tier=vip")
    box = seen.page.get_by_label("API token")
    expect(box).to_be_focused()
    # What is preloaded and not used within seconds, as while one looks for the token, is a warning on the console.
    expect(seen.page.locator("link[rel=preload]")).to_have_count(0)
    expect(seen.page.locator("link[data-style]")).to_have_js_property("disabled", True)
    seen.accessible()
    box.fill("wrong")
    box.press("Enter")
    expect(seen.page.get_by_role("alert")).to_have_text("The API does not take this token.")
    seen.page.get_by_label("API token").fill(TOKEN)
    seen.page.get_by_role("button", name="Show the dashboard").click()
    expect(seen.page.get_by_role("heading", level=1)).to_have_text("Now")
    expect(seen.page.get_by_label("Tier")).to_have_value(_starts("vip"))
    seen.page.reload()
    expect(seen.page.locator(".clock").first).to_be_visible()
    seen.becomes("() => [localStorage.length, sessionStorage.length]", [0, 1])


def _starts(name: str) -> re.Pattern[str]:
    """The text of a choice: its name, and how many tickets there are of it."""
    return re.compile(rf"^{name} \(")


def test_now_shows_what_the_api_says_and_a_breach_as_it_happens(seen: Seen, stage: tuple[Stage, str]) -> None:
    page, served = seen.page, stage[0]
    served.come_in("9000", 25 * MINUTE, channel="phone")  # at risk, for five minutes
    seen.go(f"#token={TOKEN}")
    expect(page).to_have_url(f"{seen.address}/")

    def standing() -> dict[str, Any]:
        """What does not change by time alone."""
        found = seen.api("live?limit=200")
        clocks = [{name: one[name] for name in ("ticket", "state", "due_at")} for one in found["clocks"]]
        return {"counts": found["counts"], "clocks": clocks}

    def is_shown(live: Mapping[str, Any]) -> None:
        named = {"Breached": "breached", "At risk": "at_risk", "Running": "running", "Paused": "paused", "Open": "open"}
        texts(page.locator(".counts dt"), list(named))
        texts(page.locator(".counts dd"), [str(live["counts"][key]) for key in named.values()])
        for group, state in (("breached", "breached"), ("next", "running"), ("paused", "paused")):
            due = [one["ticket"] for one in live["clocks"] if one["state"] == state]
            texts(page.locator(f".group.{group} .ticket"), [re.compile(rf" {ticket}$") for ticket in due])

    live = while_it_stands(standing, is_shown)
    assert min(live["counts"][state] for state in ("breached", "at_risk", "running", "paused")) > 0
    while_it_stands(
        lambda: len(seen.api("alerts?limit=50")["alerts"]),
        lambda alerts: expect(page.locator(".feed li")).to_have_count(alerts),
    )
    for level in ("Breach", "Warning"):
        expect(page.locator(".feed .level", has_text=level).first).to_be_visible()
    # It counts down by the server's clock.
    [due] = [parse_instant(one["due_at"]) for one in live["clocks"] if one["ticket"] == "9000" and one["due_at"]][:1]
    counter = page.locator(".clock", has_text="desk 9000").locator(".count").first
    before = counter.inner_text()
    expect(counter).not_to_have_text(before)
    seen.becomes(
        """due => {
          const row = [...document.querySelectorAll(".clock")].find((one) => one.textContent.includes("desk 9000"));
          const [minutes, seconds] = row.querySelector(".count").textContent.split(":").map(Number);
          return Math.abs((due - Date.now()) / 1000 - minutes * 60 - seconds) < 2;
        }""",
        given=due / 1000,
    )
    # Filters are in the address.
    phone = page.get_by_label("Channel").locator("option").filter(has_text=_starts("phone"))
    expect(phone).to_have_count(1)
    page.get_by_label("Channel").select_option(label=phone.inner_text())
    expect(page).to_have_url(f"{seen.address}/#/now?channel=phone")

    def phones_are_shown(found: tuple[int, int]) -> None:
        expect(page.locator(".counts .open dd")).to_have_text(str(found[0]))
        expect(page.locator(".clock")).to_have_count(found[1])

    def phones() -> tuple[int, int]:
        found = seen.api("live?channel=phone&limit=200")
        return found["counts"]["open"], len(found["clocks"])

    while_it_stands(phones, phones_are_shown)
    page.go_back()
    while_it_stands(standing, is_shown)
    # A breach that happens while one looks appears within two seconds of its alert.
    served.breach("9001")
    expect(page.locator("[data-live]")).to_contain_text("Breach: desk 9001, chat, first response.")
    expect(page.locator(".feed li", has_text="desk 9001").filter(has_text="Breach")).to_be_visible()
    expect(page.locator(".group.breached .clock", has_text="desk 9001")).to_be_visible()
    # Without a connection it says so, and goes on by itself.
    seen.expect_wrong("net::ERR_INTERNET_DISCONNECTED")
    page.context.set_offline(True)
    expect(page.locator(".state")).to_have_text("Offline")
    page.context.set_offline(False)
    expect(page.locator(".state")).to_have_text("Live")


def test_a_clock_that_falls_due_keeps_the_focus(seen: Seen, stage: tuple[Stage, str]) -> None:
    page = seen.page
    seen.go(f"#token={TOKEN}")
    stage[0].come_in("9002", 15 * MINUTE - 20 * SECOND, tier="vip", channel="email")
    running = page.locator(".group.next .clock", has_text="desk 9002")
    running.focus()
    expect(running).to_be_focused()
    expect(page.locator(".group.breached .clock", has_text="desk 9002")).to_be_focused()


def test_when_the_connection_comes_back_while_a_question_fails_it_is_asked_at_once(seen: Seen) -> None:
    page = seen.page
    seen.expect_wrong("net::ERR_INTERNET_DISCONNECTED")

    def fail(route: Route) -> None:
        page.evaluate("dispatchEvent(new Event('online'))")
        route.abort("internetdisconnected")

    page.route("**/live?*", fail, times=1)
    page.clock.install()
    page.clock.pause_at(time.time() + 1)
    seen.go(f"#token={TOKEN}")
    expect(page.get_by_role("alert")).to_be_visible()
    page.clock.run_for(1000)
    expect(page.locator(".clock").first).to_be_visible()


def test_by_keyboard_one_finds_a_ticket_and_why_it_is_late(seen: Seen, stage: tuple[Stage, str]) -> None:
    page = seen.page
    seen.go(f"#token={TOKEN}")
    expect(page.locator(".clock").first).to_be_visible()
    expect(page.get_by_label("Tenant")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Skip to the content")).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_label("Tenant")).to_be_focused()
    clocks = page.locator(".clock")
    clocks.first.focus()
    expect(clocks.first).to_be_focused()
    page.keyboard.press("j")
    expect(clocks.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(clocks.first).to_be_focused()
    ticket = page.locator(".clock:focus .ticket").inner_text()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(ticket)
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    seen.loaded()
    source, number = ticket.split("/")[-1].split(" ")
    tenant = ticket.split("/")[0] if "/" in ticket else "default"
    result = seen.api(f"tickets/{tenant}/{source}/{number}")
    for clock in result["clocks"]:
        words = {"first_response": "First response", "next_response": "Next response", "resolution": "Resolution"}
        name = words.get(clock["metric"], "Total response")
        parts = page.get_by_role("group", name=name).first.locator("button.counted, button.late")
        if counted := sum(part["counts"] for part in clock["explanation"]):
            expect(parts.nth(counted - 1)).to_be_attached()
    page.locator(".lane button").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".readout")).not_to_contain_text("Point at")
    late = next(clock for clock in result["clocks"] if clock["state"] == "breached")
    expect(page.locator(".why").first).to_contain_text(f"Version {late['policy_version']} of the policy promises")
    page.locator(".why summary").first.click()
    rows = page.locator(".why").first.locator("tbody tr")
    expect(rows).to_have_count(len(result["clocks"][0]["explanation"]) + 1)

    gone = ("default", "desk", "ended-long-ago")
    stage[0].drop(gone)
    seen.expect_wrong("status of 404")
    seen.go("#/ticket/" + "/".join(gone))
    expect(page.get_by_role("alert")).to_contain_text("The log of this ticket was dropped")


@pytest.mark.parametrize("ticket", ["owner/repo#12", "why?", "100%", "..", "%3F"])
def test_a_ticket_is_opened_whatever_its_id(stage: tuple[Stage, str], seen: Seen, ticket: str) -> None:
    stage[0].come_in(ticket, 60 * SECOND)
    seen.go(f"#token={TOKEN}")
    seen.go("#/ticket/default/desk/" + quote(ticket, safe=""))
    expect(seen.page.get_by_role("heading", level=1)).to_have_text(f"desk {ticket}")
    expect(seen.page.get_by_role("group", name="First response")).to_be_visible()


def test_a_policy_is_tried_before_it_is_published(seen: Seen) -> None:
    page = seen.page
    seen.go(f"#token={TOKEN}")
    seen.go("#/policy")
    standards = seen.api("policy")["standards"]
    texts(page.locator("tbody th"), [one["name"] for one in standards])
    page.get_by_role("button", name="Change it").click()
    editor = page.get_by_label("The next version, as YAML")
    expect(editor).to_have_value(re.compile("first_response: 15m"))
    draft = editor.input_value()
    in_force = seen.text("policy/text?version=2")
    assert "# Answered by the night shift, too." in in_force
    assert draft.splitlines()[3:] == in_force.splitlines()[3:]
    editor.fill(
        draft.replace("first_response: 15m", "first_response: soon").replace("calendar: office", "calendar: moon")
    )
    seen.expect_wrong("status of 422")
    page.get_by_role("button", name="Try it", exact=True).click()
    faults = page.locator(".faults li")
    expect(faults).to_have_count(2)
    expect(page.locator(".faults")).to_contain_text("there is no calendar moon")
    expect(page.locator(".numbers .wrong")).to_have_count(2)
    faults.first.get_by_role("button").click()
    expect(editor).to_be_focused()
    seen.becomes(
        """() => {
          const { value, selectionStart, selectionEnd } = document.activeElement;
          return value.slice(selectionStart, selectionEnd).includes("soon");
        }"""
    )
    editor.fill(draft.replace("first_response: 15m", "first_response: 100h"))
    page.get_by_role("button", name="7 days").click()
    page.get_by_role("button", name="Try it", exact=True).click()
    expect(page.locator(".outcome")).to_contain_text("come out otherwise")
    expect(page.locator(".outcome tbody tr", has_text="vip").first).to_contain_text("→")
    editor.fill(draft.replace("version: 3", "version: 2"))
    seen.expect_wrong("status of 409")
    page.get_by_role("button", name="Publish…").click()
    expect(page.locator(".faults")).to_contain_text("This version exists already.")
    expect(page.get_by_role("dialog")).to_have_count(0)
    editor.fill(draft.replace("first_response: 15m", "first_response: 100h"))
    page.get_by_role("button", name="Publish…").click()
    page.get_by_role("button", name="Not yet").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    # JSON is as good as YAML: what it would bring into force the API says.
    proposed = {**seen.api("policy"), "version": 3, "effective_from": "2126-01-01T00:00:00Z"}
    editor.fill(json.dumps(proposed))
    page.get_by_role("button", name="Publish…").click()
    expect(page.get_by_role("dialog")).to_contain_text("Publish version 3?")
    expect(page.get_by_role("dialog")).to_contain_text("It comes into force Tue, 1 Jan 2126")
    page.get_by_role("button", name="Not yet").click()
    editor.fill(draft.replace("first_response: 15m", "first_response: 100h"))
    page.get_by_role("button", name="Publish…").click()
    expect(page.get_by_role("dialog")).to_contain_text("Publish version 3?")
    page.get_by_role("button", name="Publish it").click()
    expect(page).to_have_url(f"{seen.address}/#/policy?tab=versions")
    texts(page.locator("tbody th"), ["3", "2", "1"])
    [_, before, published] = [one["document"] for one in seen.api("policy/versions")["versions"]]
    before["standards"][1]["targets"]["first_response"] = "100h"
    assert published == {**before, "version": 3, "effective_from": published["effective_from"]}
    assert "# Answered by the night shift, too." in seen.text("policy/text?version=3")
    page.get_by_role("button", name="Take it as a draft").nth(2).click()
    expect(page).to_have_url(f"{seen.address}/#/policy?tab=change")
    expect(editor).to_have_value(re.compile(r"^policy: acme-support\nversion: 4\n.*first_response: 6h", re.DOTALL))
    page.get_by_role("button", name="Document").click()
    article = seen.api("policy/document?format=json")
    texts(page.locator(".document h2"), [article["title"]])
    texts(page.locator(".document h3"), [one["title"] for one in article["sections"]])
    tables = [block for section in article["sections"] for block in _tables(section)]
    texts(page.locator(".document caption"), [one["caption"] for one in tables])
    expect(page.locator(".document tbody tr")).to_have_count(sum(len(one["rows"]) for one in tables))
    seen.accessible()


def _tables(block: dict[str, Any]) -> list[dict[str, Any]]:
    if block["kind"] == "section":
        return [table for inside in block["blocks"] for table in _tables(inside)]
    return [block] if block["kind"] == "table" else []


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
    expect(page.locator("html")).to_have_attribute("lang", {"en": "en", "zh": "zh-CN"}[language])
    width = (page.viewport_size or {"width": 0})["width"]
    ticket = page.locator(".clock").first.get_attribute("href")
    assert ticket is not None
    figures = {name: f"#/{name}?days=14" for name in FIGURES} if language == "zh" else {}
    for name, place in {**VIEWS, "ticket": ticket, **figures}.items():
        seen.go(place)
        expect(page.locator(".view > *").first).to_be_visible()
        expect(page.locator("html")).to_have_js_property("scrollWidth", width)
        if width > 360:  # what a phone shows differs by its layout alone
            seen.accessible()
        seen.shot(f"{name}-{language}-{width}")
