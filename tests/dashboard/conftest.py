"""One stage and one browser for all tests of the dashboard, and what each test sees of it."""

from __future__ import annotations

import json
import shutil
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, expect, sync_playwright

from tests.functions.conftest import TOKEN

from .stage import Stage, staged

SHOTS = Path(__file__).resolve().parents[2] / ".local" / "screenshots"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where tests run in several processes, these stay in one: they share the stage, which takes its time to set."""
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.xdist_group("dashboard"))


@dataclass
class Seen:
    """A page, and what went wrong on it."""

    page: Page
    address: str
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on(
            "console", lambda said: self.wrong.append(said.text) if said.type in ("error", "warning") else None
        )
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.wrong.append(message.text)

    def go(self, place: str) -> None:
        self.page.goto(f"{self.address}/{place}")

    def api(self, path: str) -> Any:
        """What the API says to a program."""
        asked = urllib.request.Request(f"{self.address}/{path}", headers={"authorization": f"Bearer {TOKEN}"})
        with urllib.request.urlopen(asked) as answer:
            return json.load(answer)

    def accessible(self) -> None:
        """axe-core finds nothing wrong."""
        self.page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text())
        asked = "tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})"
        found = self.page.evaluate(asked, RULES)["violations"]
        assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found] == []

    def shot(self, name: str) -> None:
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png")


@pytest.fixture(scope="session")
def stage() -> Iterator[tuple[Stage, str]]:
    with staged() as found:
        yield found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("there is no chromium: apt-get install chromium")
    expect.set_options(timeout=20_000)
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def seen(browser: Browser, stage: tuple[Stage, str], request: pytest.FixtureRequest) -> Iterator[Seen]:
    """A page of its own, wide and light where the test does not say otherwise. Nothing may go wrong on it."""
    options = {
        "viewport": {"width": 1440, "height": 900},
        "color_scheme": "light",
        "locale": "en-GB",
        "timezone_id": "Europe/Berlin",
        **getattr(request, "param", {}),
    }
    context = browser.new_context(**options)
    found = Seen(context.new_page(), stage[1])
    yield found
    with suppress(Error):
        context.close()
    assert found.wrong == []
