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
