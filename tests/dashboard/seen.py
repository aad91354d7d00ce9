"""What a test sees of the dashboard in a real browser."""

from __future__ import annotations

import json
import re
import shutil
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright
from playwright.sync_api import TimeoutError as Late

SHOTS = Path(__file__).resolve().parents[2] / ".local" / "screenshots"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
MOST = 120_000
"""Milliseconds that anything may take to be seen while other work keeps the machine busy."""
Answer = TypeVar("Answer")


@dataclass
class Seen:
    """A page, and what went wrong on it. What it shows is waited for: a page is never done at once."""

    page: Page
    address: str
    token: str
    wrong: list[str] = field(default_factory=list)
    _expected: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on(
            "console", lambda said: self.wrong.append(said.text) if said.type in ("error", "warning") else None
        )
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))

    def expect_wrong(self, part: str) -> None:
        """What has this in it may go wrong: the browser logs each answer that is an error, sooner or later."""
        self._expected.append(part)

    def unexpected(self) -> list[str]:
        """What went wrong and should not have."""
        return [one for one in self.wrong if not any(part in one for part in self._expected)]

    def go(self, place: str) -> None:
        """Open a place of the page. The view before it is gone afterwards, and all of the new one is there."""
        self.page.goto(f"{self.address}/{place}")
        shown = "" if place.startswith("#token=") else place
        expect(self.page.locator("main")).to_have_attribute("data-place", shown)
        self.loaded()

    def loaded(self) -> None:
        """Nothing is on its way any more."""
        expect(self.page.locator(".loading")).to_have_count(0)

    def becomes(self, asked: str, wanted: Any = True, given: Any = None) -> None:
        """Wait until what a function of the page gives is this: for what `expect` has no words for."""
        same = f"([given, wanted]) => JSON.stringify(({asked})(given)) === JSON.stringify(wanted)"
        try:
            self.page.wait_for_function(same, arg=[given, wanted])
        except Late as late:
            found = self.page.evaluate(asked, given)
            raise AssertionError(f"{asked} gives {found!r} and not {wanted!r}") from late

    def api(self, path: str) -> Any:
        """What the API says to a program."""
        return json.loads(self.text(path))

    def text(self, path: str) -> str:
        """The same, as a text."""
        asked = urllib.request.Request(f"{self.address}/{path}", headers={"authorization": f"Bearer {self.token}"})
        with urllib.request.urlopen(asked) as answer:
            return str(answer.read().decode())

    def accessible(self) -> None:
        """axe-core finds nothing wrong."""
        self.page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text())
        asked = "tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})"
        found = self.page.evaluate(asked, RULES)["violations"]
        told = [(one["id"], [(node["html"], node["failureSummary"]) for node in one["nodes"]][:3]) for one in found]
        assert told == []

    def shot(self, name: str) -> None:
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png")


@contextmanager
def started() -> Iterator[Browser]:
    """A browser without a window, ended with the block. Where there is none, the tests that need it fail."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.fail(f"there is no browser, none of {', '.join(BROWSERS)}: apt-get install chromium", pytrace=False)
    expect.set_options(timeout=MOST)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"], timeout=4 * MOST)
        yield browser
        browser.close()


@contextmanager
def looking(browser: Browser, address: str, token: str, **options: Any) -> Iterator[Seen]:
    """A page of its own, wide and light where nothing else is said. Nothing may go wrong on it."""
    usual: dict[str, Any] = {
        "viewport": {"width": 1440, "height": 900},
        "color_scheme": "light",
        "locale": "en-GB",
        "timezone_id": "Europe/Berlin",
    }
    context = browser.new_context(**(usual | options))
    context.set_default_timeout(MOST)
    found = Seen(context.new_page(), address, token)
    try:
        yield found
    finally:
        context.close()
    assert found.unexpected() == []


def texts(shown: Locator, wanted: Sequence[str | re.Pattern[str]]) -> None:
    """The elements are as many as these, with these texts."""
    expect(shown).to_have_text(list(wanted))


def attributes(shown: Locator, name: str, wanted: Sequence[str]) -> None:
    """The elements are as many as these, with these values of an attribute."""
    expect(shown).to_have_count(len(wanted))
    for place, value in enumerate(wanted):
        expect(shown.nth(place)).to_have_attribute(name, value)


def while_it_stands(ask: Callable[[], Answer], shown: Callable[[Answer], None]) -> Answer:
    """Looks whether what is asked is shown, again where that has changed meanwhile. Returns what was shown."""
    found = ask()
    while True:
        try:
            shown(found)
        except AssertionError:
            before, found = found, ask()
            if found == before:
                raise
        else:
            return found
