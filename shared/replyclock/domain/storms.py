"""Storms: the alerts of one standard that come too thick to be told one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .instants import MINUTE

if TYPE_CHECKING:
    from .alerts import LedgerEntry


@dataclass(frozen=True, slots=True)
class Storm:
    """The alerts of one standard that were detected in one minute."""

    tenant: str
    standard: str
    minute: int
    """Where the minute begins."""


def storm_of(entry: LedgerEntry) -> Storm:
    """The storm that an alert is part of, if there is one: by when it was detected, so that it stays the same however
    late it is published.
    """
    return Storm(entry.key[0], entry.standard, entry.detected_at // MINUTE * MINUTE)
