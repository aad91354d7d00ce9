"""What commands print, and end with: numbers of things, JSON as UTF-8 wherever they run, readers that leave early."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic_core import to_json

INTERRUPTED = 130
"""The exit status of what Ctrl-C has ended, by the shells' convention."""


def counted(number: int, thing: str, things: str | None = None) -> str:
    """So many of them, in words: `1 ticket`, `2,000 tickets`. `things` are several, where an s does not say so."""
    return f"{number:,} {thing if number == 1 else things or f'{thing}s'}"


def print_document(document: dict[str, Any]) -> None:
    """Prints a JSON object on a line of its own."""
    sys.stdout.flush()
    sys.stdout.buffer.write(to_json(document) + b"\n")


def prepare_streams() -> None:
    """Lets every text be printed: what the output's encoding does not have appears as an escape, and what goes
    to a closed output goes nowhere.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def discard_output() -> None:
    """Sends what is left in the output's buffer nowhere, or Python would complain of it at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def while_read() -> Iterator[None]:
    """Prints as long as anybody reads: `| head` that has seen enough is no error, and ends the block."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        discard_output()
