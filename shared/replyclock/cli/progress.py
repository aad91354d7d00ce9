"""A progress bar for what takes long."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress

PATIENCE = 1.0
"""Seconds before a bar appears: what is over by then needs none."""
_REFRESH = 0.1
LINE_EVERY = 10.0
"""Seconds between the lines that say how far something is, where there is no terminal."""
_MINUTE = 60


class Bar:
    """How far the reading of a file is, in bytes, on standard error: only on a terminal, and gone when it is done."""

    def __init__(self, doing: str, total: int | None, *, shown: bool = True) -> None:
        """`doing` stands before the bar; `total` is in bytes, None where nobody knows."""
        self._doing, self._total = doing, total
        self._shown = shown and sys.stderr.isatty()
        self._done = 0
        self._next = time.monotonic() + PATIENCE
        self._progress: Progress | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._progress is not None:
            self._progress.stop()

    def advance(self, size: int) -> None:
        """That many more bytes are done."""
        self._done += size
        if self._shown and time.monotonic() >= self._next:
            self._show()

    def _show(self) -> None:
        if self._progress is None:
            # Imported here: most files are done before anybody needs a bar.
            from rich import progress as rich  # noqa: PLC0415
            from rich.console import Console  # noqa: PLC0415

            self._progress = rich.Progress(
                rich.TextColumn("{task.description}"),
                rich.BarColumn(),
                rich.DownloadColumn(binary_units=True),
                rich.TimeRemainingColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._progress.add_task(self._doing, total=self._total)
            self._progress.start()
        self._progress.update(self._progress.task_ids[0], completed=self._done)
        self._next = time.monotonic() + _REFRESH


class Meter:
    """How far something is that takes minutes, with the time that is left, on standard error: a bar on a terminal, else
    a line each `LINE_EVERY` seconds.
    """

    def __init__(self, doing: str, total: int | None, unit: str) -> None:
        """`total` is how many there are, None where nobody knows; `unit` what they are, in the plural."""
        self._doing, self._total, self._unit = doing, total, unit
        self._done = 0
        self._begun = time.monotonic()
        self._next = self._begun + LINE_EVERY
        self._bar = sys.stderr.isatty()
        self._progress: Progress | None = None

    def __enter__(self) -> Self:
        if self._bar:
            from rich import progress as rich  # noqa: PLC0415
            from rich.console import Console  # noqa: PLC0415

            columns = (rich.TextColumn("{task.description}"), rich.BarColumn(), rich.MofNCompleteColumn())
            left = (rich.TextColumn(self._unit), rich.TimeRemainingColumn())
            self._progress = rich.Progress(*columns, *left, console=Console(stderr=True), transient=True)
            self._progress.add_task(self._doing, total=self._total)
            self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._progress is not None:
            self._progress.stop()

    def advance(self, count: int) -> None:
        """That many more are done."""
        self._done += count
        now = time.monotonic()
        if self._progress is not None:
            self._progress.update(self._progress.task_ids[0], completed=self._done)
        elif now >= self._next and self._done:
            print(f"{self._doing}: {self._how_far(now)}", file=sys.stderr, flush=True)
            self._next = now + LINE_EVERY

    def _how_far(self, now: float) -> str:
        if self._total is None:
            return f"{self._done:,} {self._unit}"
        left = (self._total - self._done) * (now - self._begun) / self._done
        return f"{self._done:,} of {self._total:,} {self._unit}, {duration(left)} left"


def duration(seconds: float) -> str:
    """A time span as people say it: `2 h 5 min`, `12 min`, `40 s`."""
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    hours, minutes = divmod(-(-whole // _MINUTE), _MINUTE)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
