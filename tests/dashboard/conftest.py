"""One stage for all tests of the dashboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.functions.conftest import TOKEN

from .seen import Seen, looking
from .stage import Stage, staged

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """They take minutes of their own. In several processes the tests of a file share one stage, which takes its time to
    set.
    """
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.page)


@pytest.fixture(scope="package")
def stage() -> Iterator[tuple[Stage, str]]:
    """Ended with the last of these tests: what it makes in moto is there for everybody in this process."""
    with staged() as found:
        yield found


@pytest.fixture
def seen(browser: Browser, stage: tuple[Stage, str], request: pytest.FixtureRequest) -> Iterator[Seen]:
    """A page of its own, with the options that the test gives as its parameter."""
    with looking(browser, stage[1], TOKEN, **getattr(request, "param", {})) as found:
        yield found
