"""replyclock: service response time, measured from the events of ticketing tools and judged against promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .domain.evaluation import evaluate

__all__ = ["evaluate"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # A Lambda that imports one module of this package should not pay for all of it.
    if name == "evaluate":
        from .domain.evaluation import evaluate

        return evaluate
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
