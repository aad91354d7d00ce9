"""Exports of ticketing tools as sources of ticket events, a module each, beside the translators of their webhooks.

Every module here has a class `Reader`, made for a connection, that is a `base.exports.Export`. Adding a module adds an
export; nothing else lists them.
"""

from __future__ import annotations

import importlib
import pkgutil

from replyclock.domain.errors import Fault, InvalidInput
from replyclock.sources.base import Connection
from replyclock.sources.base.exports import Export

__all__ = ["export_providers", "export_reader"]


def export_providers() -> tuple[str, ...]:
    """The names of all tools whose exports are read, sorted. Lists files only."""
    return tuple(sorted(found.name for found in pkgutil.iter_modules(__path__) if not found.ispkg))


def export_reader(provider: str, connection: Connection) -> Export:
    """The reader of a tool's exports for a connection. Raises InvalidInput when there is none."""
    known = export_providers()
    if provider not in known:
        raise InvalidInput([Fault("provider", f"must be one of {', '.join(known)}")])
    reader: Export = importlib.import_module(f"{__name__}.{provider}").Reader(connection)
    return reader
