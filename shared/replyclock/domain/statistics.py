"""Figures over many values."""

from __future__ import annotations

from collections.abc import Sequence


def percentile(ordered: Sequence[int], percent: int) -> int | None:
    """The nearest-rank percentile of ascending values: the smallest of them that at least `percent` % do not exceed.

    None of none. `percent` is from 1 to 100; the 50th is the median, always a value that occurred.
    """
    if not ordered:
        return None
    return ordered[-(-len(ordered) * percent // 100) - 1]
