"""A published version of the policy that cannot be read any more, in the place of its document."""

from __future__ import annotations

import re
from typing import NoReturn

from .errors import PolicyUnreadable
from .instants import parse_instant

_EFFECTIVE = re.compile(r"""["']?effective_from["']?\s*:\s*["']?([0-9T:.Zz+ -]+[0-9Zz])""", re.ASCII)


class UnreadableDocument:
    """Keeps the span of its version: whatever needs what it says raises PolicyUnreadable.

    So a ticket whose clocks ask for it stays as it was judged last, and one that never does goes on. `reason` is what
    went wrong when it was read (domain.errors.place_of).
    """

    def __init__(self, version: int, effective_from: int, reason: str) -> None:
        self.version, self.effective_from, self.reason = version, effective_from, reason

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)  # what Python itself asks for, as copying does
        raise PolicyUnreadable(self.version)


def effective_from(text: str) -> int | None:
    """When a document that cannot be read as a whole comes into force, where that stands in it as it usually does."""
    for found in _EFFECTIVE.finditer(text):
        try:
            return parse_instant(found[1].strip())
        except ValueError:
            continue
    return None
