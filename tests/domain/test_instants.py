from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replyclock.domain.instants import EARLIEST, LATEST, SECOND, format_instant, parse_instant, seconds, sortable


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"),
        ("2026-06-01T09:00:00-04:00", "2026-06-01T13:00:00Z"),
        ("2026-06-01t13:00:00z", "2026-06-01T13:00:00Z"),
        ("2026-06-01 13:00:00+00:00", "2026-06-01T13:00:00Z"),
        ("2026-06-01T13:00:00.5+05:30", "2026-06-01T07:30:00.500000Z"),
        ("2026-06-01T13:00:00.123456789Z", "2026-06-01T13:00:00.123456Z"),
        ("2026-06-01T13:00:00.000000999Z", "2026-06-01T13:00:00Z"),
        ("1969-12-31T23:59:59.9Z", "1969-12-31T23:59:59.900000Z"),
    ],
)
def test_reads_rfc_3339_to_the_microsecond_and_cuts_the_rest(text: str, same: str) -> None:
    assert format_instant(parse_instant(text)) == same


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2026-06-01T13:00:00", "offset"),
        ("2026-06-01", "RFC 3339"),
        ("2026-02-30T13:00:00Z", "no date and time"),
        ("2026-06-01T25:00:00Z", "no date and time"),
        ("2026-06-01T13:00:00+24:00", "offset"),
        ("0001-01-01T00:00:00+01:00", "years 1 to 9999"),
        ("9999-12-31T23:59:59-01:00", "years 1 to 9999"),
        ("٢٠٢٦-06-01T13:00:00Z", "RFC 3339"),
        ("", "RFC 3339"),
    ],
)
def test_refuses_what_names_no_instant(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_instant(text)


@given(st.integers(EARLIEST, LATEST))
def test_what_is_written_is_read_again(instant: int) -> None:
    assert parse_instant(format_instant(instant)) == instant
    assert parse_instant(sortable(instant)) == instant


@given(st.integers(EARLIEST, LATEST), st.integers(EARLIEST, LATEST))
def test_sortable_texts_sort_as_instants(one: int, other: int) -> None:
    assert (sortable(one) < sortable(other)) == (one < other)


def test_seconds_are_whole_where_they_are_whole() -> None:
    assert seconds(90 * SECOND) == 90
    assert isinstance(seconds(90 * SECOND), int)
    assert seconds(1_500_000) == 1.5
