"""What changed lately, by the APIs of ticketing tools: a module each, beside the readers of their exports.

Every module here is a `base.changes.Changes`. It only asks; what the tool answers are pages as in its exports, and the
readers of these say what they mean. Adding a module adds a tool; nothing else lists them.
"""

from __future__ import annotations

import importlib
import pkgutil

from replyclock.domain.errors import Fault, InvalidInput
from replyclock.sources.base.changes import Changes

__all__ = ["changes_of", "providers_with_changes"]


def providers_with_changes() -> tuple[str, ...]:
    """The names of all tools that can be asked, sorted. Lists files only."""
    return tuple(sorted(found.name for found in pkgutil.iter_modules(__path__) if not found.ispkg))


def changes_of(provider: str) -> Changes:
    """How a tool is asked. Raises InvalidInput where it cannot be."""
    known = providers_with_changes()
    if provider not in known:
        raise InvalidInput([Fault("provider", f"cannot be asked what changed; {', '.join(known)} can be")])
    module: Changes = importlib.import_module(f"{__name__}.{provider}")
    return module
