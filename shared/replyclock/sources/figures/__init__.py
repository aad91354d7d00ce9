"""The figures that tools state themselves, a module each, to be put beside ours.

Every module here has a class `Reader`, which takes the figures out of the pages of the tool's API. Adding a module adds
a tool; nothing else lists them.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from typing import Protocol

from replyclock.domain.compare import Stated
from replyclock.domain.errors import Fault, InvalidInput

__all__ = ["Figures", "Latest", "figures_of", "providers_with_figures"]


class Figures(Protocol):
    """Reads the figures of a tool."""

    def take(self, document: object) -> bool:
        """Takes the figures out of a page. Whether there were any; raises InvalidInput where they cannot be read."""
        ...

    def stated(self) -> Mapping[str, Sequence[Stated]]:
        """All figures taken so far, by ticket."""
        ...


class Latest:
    """Figures by what they are about: of one that was told several times, as pages overlap, the latest telling."""

    def __init__(self) -> None:
        self._found: dict[tuple[object, ...], tuple[int, Stated]] = {}

    def keep(self, one: Stated, as_of: int = 0) -> None:
        """Keep a figure. `as_of` is when the tool reckoned it, in microseconds; of two equal ones the later counts."""
        about = (one.ticket, one.measure, one.business, one.instance, one.started_at, one.origin)
        if about not in self._found or self._found[about][0] <= as_of:
            self._found[about] = as_of, one

    def stated(self) -> dict[str, list[Stated]]:
        """The figures by ticket."""
        found: dict[str, list[Stated]] = {}
        for _, one in self._found.values():
            found.setdefault(one.ticket, []).append(one)
        return found


def providers_with_figures() -> tuple[str, ...]:
    """The names of all tools whose own figures are read, sorted. Lists files only."""
    return tuple(sorted(found.name for found in pkgutil.iter_modules(__path__) if not found.ispkg))


def figures_of(provider: str) -> Figures:
    """A new reader of a tool's figures. Raises InvalidInput where there is none."""
    known = providers_with_figures()
    if provider not in known:
        raise InvalidInput([Fault("provider", f"states no figures that are read; {', '.join(known)} do")])
    found: Figures = importlib.import_module(f"{__name__}.{provider}").Reader()
    return found
