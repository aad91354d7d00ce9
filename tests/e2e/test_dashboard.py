"""The page on the local cloud: what is shown is what the API says, and a promise that breaks is seen to break."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest
from playwright.sync_api import Browser, expect

from infra.local.api import now
from replyclock.domain.instants import SECOND, parse_instant
from tests.dashboard.seen import Seen, looking, while_it_stands

from .bodies import created
from .conftest import MEASURED_WITHIN, System

SEEN_WITHIN = 2.0
"""Seconds from an alert until it is on the page."""
WATCH = """ticket => {
  window.seenAt = null;
  const look = () => {
    const lines = [...document.querySelectorAll(".feed .line.breached")];
    if (!window.seenAt && lines.some((line) => line.textContent.includes(ticket))) window.seenAt = Date.now();
  };
  new MutationObserver(look).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""


@pytest.fixture
def seen(system: System, browser: Browser) -> Iterator[Seen]:
    with looking(browser, system.deployment.api, system.deployment.token) as found:
        yield found


@pytest.mark.page
def test_a_breach_is_seen_as_it_happens_and_figures_are_those_of_the_api(
    system: System, ticket: str, seen: Seen, capsys: pytest.CaptureFixture[str]
) -> None:
    # An id that an address has to quote.
    ticket = f"owner/{ticket} #1"
    page, key = seen.page, ("acme", "desk", ticket)
    seen.go(f"#token={seen.token}")
    expect(page.get_by_role("heading", level=1)).to_have_text("Now")
    expect(page.locator(".counts dd").first).to_be_visible()
    page.evaluate(WATCH, ticket)
    began = now()
    assert system.send("desk", created(ticket, began, channel="chat", tier="gold")).status == 202
    expect(page.locator(".clock", has_text=ticket)).to_contain_text("chat: first response")
    expect(page.locator(".group.breached .clock", has_text=ticket)).to_be_visible()
    seen_at = page.wait_for_function("() => window.seenAt").json_value() / 1000
    alert = next(
        one for one in seen.api("alerts?tenant=acme")["alerts"] if (one["ticket"], one["level"]) == (ticket, "breach")
    )
    after = seen_at - parse_instant(alert["told_at"]) / SECOND
    with capsys.disabled():
        print(f"\non the page {after:.3f} s after it was told")
    assert after <= SEEN_WITHIN

    def is_counted(counts: Mapping[str, int]) -> None:
        for name in ("breached", "open"):
            expect(page.locator(f".counts .{name} dd")).to_have_text(str(counts[name]))

    while_it_stands(lambda: seen.api("live")["counts"], is_counted)
    mail = system.wait_for_delivery(key, "email", "breach", until=now() + MEASURED_WITHIN)
    [link] = [line for line in mail.text.splitlines() if line.startswith("http")]
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_contain_text(ticket)
    expect(page.locator("main")).to_contain_text("breached")
    told = system.api.ticket(key)
    assert told is not None

    system.deployment.cloud.client("lambda").invoke(FunctionName="replyclock-local-compile-reports", Payload=b"{}")[
        "Payload"
    ].read()
    with page.expect_response("**/reports/summary?*") as answered:
        seen.go("#/trends?days=7&tenant=acme")
    made = seen.api(answered.value.url[len(system.deployment.api) + 1 :])["total"]["tickets"]["created"]
    assert made > 0
    expect(page.locator('[data-figure="created"]')).to_have_attribute("data-value", str(made))
