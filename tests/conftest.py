from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from infra.dynamodb_local import Unavailable, running

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest.register_assert_rewrite("tests.dashboard.seen")

# How fast an example runs is the machine's affair: speed belongs in benchmarks.
# `--hypothesis-profile many` looks longer.
# Fewer than is usual: there are many of these tests, and each kind of body is tried by more than one of them.
settings.register_profile("default", deadline=None, max_examples=30)
settings.register_profile("many", deadline=None, max_examples=4000)
settings.load_profile("default")

_ALONE = Path(__file__).parent / "e2e"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where tests run in several processes, those of the local cloud stay in one: they share it."""
    for item in items:
        if item.path.is_relative_to(_ALONE):
            item.add_marker(pytest.mark.xdist_group("e2e"))


@pytest.fixture(scope="session")
def dynamodb_local() -> Iterator[str]:
    """The address of this process's own DynamoDB Local. What needs it is skipped for want of Java, for nothing else."""
    with ExitStack() as stack:
        try:
            address = stack.enter_context(running())
        except Unavailable as missing:
            pytest.skip(str(missing))
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The browser of all tests of the page: a process can drive one at a time."""
    from tests.dashboard.seen import started

    with started() as found:
        yield found
