"""Ticketing tools as sources of ticket events.

Every module directly in this package is one source, named as its provider, and has the same four functions:
`handshake`, `verify`, `translate` and `sign`, and says in `setup` how to connect it (see `base.Source`). Adding a
module adds a source; nothing else lists them. What sources share is in the package `base`.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import cast

from replyclock.domain.errors import Fault, InvalidInput

from .base import Source

__all__ = ["providers", "source"]


def providers() -> tuple[str, ...]:
    """The names of all providers, sorted. Lists files only: no source is imported by it."""
    return tuple(sorted(found.name for found in pkgutil.iter_modules(__path__) if not found.ispkg))


def source(provider: str) -> Source:
    """The source of that name, imported when first asked for. Raises InvalidInput when there is none.

    Only a name from the listing is ever imported, whatever a configuration or a command line says.
    """
    known = providers()
    if provider not in known:
        raise InvalidInput([Fault("provider", f"must be one of {', '.join(known)}")])
    return cast("Source", importlib.import_module(f"{__name__}.{provider}"))
