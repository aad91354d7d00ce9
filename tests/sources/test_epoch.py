"""Times that are numbers since 1970."""

from __future__ import annotations

import pytest

from replyclock.domain.errors import InvalidInput
from replyclock.domain.instants import EARLIEST, LATEST, SECOND
from replyclock.sources.base import Record
from replyclock.sources.base.epoch import MILLISECOND, epoch_instant, optional_epoch_instant


@pytest.mark.parametrize(
    ("value", "unit", "instant"),
    [
        (1772352000, SECOND, 1_772_352_000_000_000),
        (1518309749.673, SECOND, 1_518_309_749_673_000),  # as a binary fraction it is a little less
        (1518309749.6739999, SECOND, 1_518_309_749_673_999),
        (1772352000123, MILLISECOND, 1_772_352_000_123_000),
        (1772352000123.4567, MILLISECOND, 1_772_352_000_123_456),
        (0, SECOND, 0),
        (-0.0000005, SECOND, -1),
    ],
)
def test_are_read_in_the_unit_that_the_source_says(value: float, unit: int, instant: int) -> None:
    assert epoch_instant(Record({"at": value}), "at", unit) == instant


@pytest.mark.parametrize(
    ("value", "instant"), [(10**400, LATEST), (1e308, LATEST), (-62135596801, EARLIEST), (-1e308, EARLIEST)]
)
def test_what_no_text_could_say_is_as_far_as_one_can(value: float, instant: int) -> None:
    assert epoch_instant(Record({"at": value}), "at") == instant


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (True, "at: must be a number"),
        ("1772352000", "at: must be a number"),
        ([], "at: must be a number"),
        (None, "at: is missing"),
    ],
)
def test_anything_else_is_refused(value: object, why: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        epoch_instant(Record({"at": value}), "at")
    assert str(refused.value) == why


@pytest.mark.parametrize("fields", [{}, {"at": None}])
def test_may_be_missing_where_the_source_says_so(fields: dict[str, object]) -> None:
    assert optional_epoch_instant(Record(fields), "at") is None
