"""The figures that tools state themselves, a module each, to be put beside ours.

Every module here has a function `stated(document)`, which gives the figures in a page of the tool's API; none where the
page is about something else. Adding a module adds a tool; nothing else lists them.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator

from replyclock.domain.compare import Stated
from replyclock.domain.errors import Fault, InvalidInput

__all__ = ["figures_of", "providers_with_figures"]


def providers_with_figures() -> tuple[str, ...]:
    """The names of all tools whose own figures are read, sorted. Lists files only."""
    return tuple(sorted(found.name for found in pkgutil.iter_modules(__path__) if not found.ispkg))


def figures_of(provider: str) -> Callable[[object], Iterator[Stated]]:
    """What reads the figures of a tool's pages; it raises InvalidInput. Raises InvalidInput where there is none."""
    known = providers_with_figures()
    if provider not in known:
        raise InvalidInput([Fault("provider", f"states no figures that are read; {', '.join(known)} do")])
    found: Callable[[object], Iterator[Stated]] = importlib.import_module(f"{__name__}.{provider}").stated
    return found
