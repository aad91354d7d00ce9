"""The sample quarter, as the tests know it; see infra/local/quarter.py."""

from infra.local.quarter import (
    BEGIN,
    END,
    POLICY,
    SLOW_CHANNEL,
    UNDERSTAFFED,
    WAITING_CATEGORY,
    ZONE,
    quarter,
    quarter_figures,
)

__all__ = [
    "BEGIN",
    "END",
    "POLICY",
    "SLOW_CHANNEL",
    "UNDERSTAFFED",
    "WAITING_CATEGORY",
    "ZONE",
    "quarter",
    "quarter_figures",
]
