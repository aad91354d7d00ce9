"""The calls of a run of the tests: all of its processes write them into one folder, and in the end they are judged."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.access import calls
from tests.access.calls import Call

_FOLDER = "REPLYCLOCK_CALLS"
_running: str | None = None


def begin() -> None:
    """Make the folder, once for all processes of the run: they inherit where it is, the local cloud's as a path."""
    folder = tempfile.mkdtemp(prefix="replyclock-calls-")
    shutil.copy(calls.__file__, Path(folder) / "sitecustomize.py")
    os.environ[_FOLDER] = folder
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [folder, os.environ.get("PYTHONPATH")]))


def end() -> list[Call]:
    """All different calls of the run; the folder is gone then."""
    folder = Path(os.environ.pop(_FOLDER))
    lines = {line for file in folder.glob("*.jsonl") for line in file.read_text(encoding="utf-8").splitlines()}
    shutil.rmtree(folder)
    return [json.loads(line) for line in sorted(lines)]


def record() -> None:
    """From now on record what `as_function` runs in this process."""
    calls.record(Path(os.environ[_FOLDER]) / f"tests-{os.getpid()}.jsonl", lambda: _running)


@contextmanager
def running(function: str) -> Iterator[None]:
    """What is called within is called by that function."""
    global _running  # noqa: PLW0603 (its threads are its own, too)
    before, _running = _running, function
    try:
        yield
    finally:
        _running = before


def as_function(function: str, handler: Callable[..., Any]) -> Callable[..., Any]:
    """The handler, with its calls recorded as that function's."""

    def handle(*given: Any) -> Any:
        with running(function):
            return handler(*given)

    return handle
