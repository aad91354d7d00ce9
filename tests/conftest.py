from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from infra.dynamodb_local import Unavailable, running
from tests.access import recorded

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest.register_assert_rewrite("tests.dashboard.seen")

# How fast an example runs is the machine's affair: speed belongs in benchmarks.
# `--hypothesis-profile many` looks longer.
# Fewer than is usual: there are many of these tests, and each kind of body is tried by more than one of them.
settings.register_profile("default", deadline=None, max_examples=30)
settings.register_profile("many", deadline=None, max_examples=4000)
settings.load_profile("default")

_FAULTS = pytest.StashKey[list[str]]()
_MADE_UP = ("no-such-table", "timers-gone")
"""What tests name to functions because it is not there."""
_ALONE = Path(__file__).parent / "e2e"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where tests run in several processes, those of the local cloud stay in one: they share it."""
    for item in items:
        if item.path.is_relative_to(_ALONE):
            item.add_marker(pytest.mark.xdist_group("e2e"))


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        recorded.begin()
    recorded.record()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """What the functions asked of AWS has to be allowed; after a run of all tests, all that is allowed was asked."""
    if hasattr(session.config, "workerinput"):
        return
    from tests.access import policies

    made = [call for call in recorded.end() if not call["resource"].endswith(_MADE_UP)]
    faults = [f"denied: {call}" for call in made if not policies.may_call(call)]
    if exitstatus == 0 and _all_tests(session.config):
        faults += [f"nothing uses: {grant}" for grant in policies.unused(made)]
    if faults:
        session.config.stash[_FAULTS] = faults
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _all_tests(config: pytest.Config) -> bool:
    """Whether this is a run of `make test`, and of all of it."""
    whole = config.args == config.getini("testpaths") and not config.option.keyword and not config.option.lf
    return whole and config.option.markexpr.startswith("not ") and not config.option.collectonly


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    for fault in config.stash.get(_FAULTS, []):
        terminalreporter.write_line(f"ACCESS {fault}", red=True)


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
