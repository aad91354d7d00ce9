"""What a test sees of the dashboard in a real browser."""

from __future__ import annotations

import json
import shutil
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, expect, sync_playwright

SHOTS = Path(__file__).resolve().parents[2] / ".local" / "screenshots"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@dataclass
class Seen:
    """A page, and what went wrong on it."""

    page: Page
    address: str
    token: str
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on(
            "console", lambda said: self.wrong.append(said.text) if said.type in ("error", "warning") else None
        )
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))

    def go(self, place: str) -> None:
        self.page.goto(f"{self.address}/{place}")

    def api(self, path: str) -> Any:
        """What the API says to a program."""
        asked = urllib.request.Request(f"{self.address}/{path}", headers={"authorization": f"Bearer {self.token}"})
        with urllib.request.urlopen(asked) as answer:
            return json.load(answer)

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
    """A browser without a window, ended with the block. Skips where there is none."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip("there is no chromium: apt-get install chromium")
    expect.set_options(timeout=20_000)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
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
    found = Seen(context.new_page(), address, token)
    yield found
    with suppress(Error):
        context.close()
    assert found.wrong == []
