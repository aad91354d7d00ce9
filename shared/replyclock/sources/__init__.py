"""Ticketing tools as sources of ticket events.

Every module directly in this package is one source, named as its provider, and has the same functions: `handshake`,
`verify`, `translate`, `sign` and `sample`, and says in `setup` how to connect it (see `base.Source`). Adding a module
adds a source; nothing else lists them. What sources share is in the package `base`. How a person connects the tool is
in `guides`, a page each, with the bodies to copy into tools whose users write them.
"""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import cast

from replyclock.domain.errors import Fault, InvalidInput

from .base import Source

__all__ = ["guide", "guide_templates", "providers", "source"]


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


def guide(provider: str) -> str | None:
    """The page on how to connect a tool, in Markdown; None where it has none, as in the layer of the functions."""
    pages = [Path(folder) / "guides" / f"{provider}.md" for folder in __path__]
    return next((page.read_text(encoding="utf-8") for page in pages if page.is_file()), None)


def guide_templates(provider: str) -> dict[str, str]:
    """What a provider's guide has its reader copy into the tool, by file name."""
    folders = [Path(folder) / "guides" / "templates" for folder in __path__]
    files = sorted(file for folder in folders for file in folder.glob(f"{provider}-*"))
    return {file.name: file.read_text(encoding="utf-8") for file in files}
