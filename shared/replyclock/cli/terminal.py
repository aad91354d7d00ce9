"""Where commands print to: a terminal with colours, or plain text of a constant width for files and pipes."""

from __future__ import annotations

import os
import sys

from rich.console import Console

PLAIN_WIDTH = 120
"""Columns where the output is not a terminal and the environment does not say how many (`COLUMNS`)."""


class _Console(Console):
    """Leaves it to the command what to do when nobody reads on: rich ends the program."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console() -> Console:
    """Standard output. Colours appear on terminals only; texts are printed as they are, without markup."""
    plain = not sys.stdout.isatty()
    width = PLAIN_WIDTH if plain and not os.environ.get("COLUMNS", "").isdigit() else None
    return _Console(width=width, markup=False, highlight=False, emoji=False)
