"""Keep what is read often and changes seldom for a while, in the memory of one function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from replyclock.domain.instants import SECOND
from replyclock.service.ports import Clock

Key = TypeVar("Key")
Value = TypeVar("Value")


class Cached(Generic[Key, Value]):
    """Loads a value once for `seconds`; one that is None, not found, only for `seconds_missing`."""

    def __init__(
        self, load: Callable[[Key], Value], clock: Clock, seconds: int, seconds_missing: int | None = None
    ) -> None:
        self._load = load
        self._clock = clock
        self._seconds = seconds
        self._seconds_missing = seconds if seconds_missing is None else seconds_missing
        self._kept: dict[Key, tuple[int, Value]] = {}

    def get(self, key: Key) -> Value:
        """The value, no older than it may be. What the loading raises is raised and not kept."""
        now = self._clock()
        kept = self._kept.get(key)
        if kept and now < kept[0]:
            return kept[1]
        value = self._load(key)
        seconds = self._seconds_missing if value is None else self._seconds
        if seconds:
            self._kept[key] = now + seconds * SECOND, value
        return value


def cached(load: Callable[[], Value], clock: Clock, seconds: int) -> Callable[[], Value]:
    """The same for one value."""
    kept: Cached[None, Value] = Cached(lambda _: load(), clock, seconds)
    return lambda: kept.get(None)
