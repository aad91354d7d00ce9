"""Bodies of which something is missing or something else, and what must hold of any translation."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from replyclock.domain.events import event_text, parse_event
from replyclock.sources.base import Translation

from .builders import translation

SCALARS: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(
        [
            *("", "0", "-1", "\ud800", "gold \ud83d", "a\r\nb", "\x00", "\x9b", "x" * 301, "\u65e5" * 2000),
            *("2026-03-01T08:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1970-01-01T00:00:00Z"),
            *(10**400, 1e308, -1e308, 0, ["x"] * 60, ["y" * 299] * 10, ["", "\ud83d", "a\tb"]),
        ]
    ).map(copy.deepcopy)  # a list that was drawn may be changed
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
Place = tuple[str | int, ...]


def places(value: object, path: Place = ()) -> list[Place]:
    """All places within a JSON value."""
    inner: list[tuple[str | int, Any]] = []
    if isinstance(value, Mapping):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [path] * bool(path) + [place for name, one in inner for place in places(one, (*path, name))]


@st.composite
def mutated(draw: st.DrawFn, bodies: Sequence[Any]) -> Any:
    """One of the bodies, of which up to three places are missing or something else."""
    body: Any = copy.deepcopy(draw(st.sampled_from(bodies)))
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from(places(body)))
        inner = body
        for name in way:
            inner = inner[name]
        if draw(st.booleans()):
            del inner[last]
        else:
            inner[last] = draw(VALUES)
        if not places(body):
            break
    return body


def check(provider: str, body: object, headers: Mapping[str, str] | None = None, **options: Any) -> Translation:
    """Translates, and checks that each event is one of the contract and each refusal says why."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    translated = translation(provider, raw, headers, **options)
    for event in translated.events:
        assert 1 <= len(event.id) <= 200
        assert event.ticket
        assert (event.tenant, event.source) == ("default", provider)
        # The contract's reader refuses what has no time, no ticket or no id.
        assert parse_event(event_text(event)) == event
    for part in translated.unreadable:
        assert part.reason
    return translated
