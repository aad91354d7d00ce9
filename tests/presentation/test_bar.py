"""A clock's life drawn to scale, worked by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replyclock.domain.explanation import Interval
from replyclock.domain.instants import SECOND, parse_instant
from replyclock.presentation.bar import Scale, cells, label_row, mark_rows
from replyclock.presentation.words import exact_duration_words, exact_time_words, interval_words


def test_each_cell_shows_what_fills_most_of_it_and_what_counted_never_vanishes() -> None:
    parts = [
        Interval(0, 20, "before_standard"),
        Interval(20, 44, "counted"),
        Interval(44, 60, "status: pending"),
        Interval(60, 61, "counted"),
        Interval(61, 75, "outside_hours"),
    ]
    drawn = cells(parts, Scale(0, 100, 10))
    assert drawn == (
        "before", "before", "counted", "counted", "partly", "paused", "partly", "closed", "ahead", "ahead",
    )  # fmt: skip


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=20), st.integers(1, 120))
def test_a_life_fills_the_bar(lengths: list[int], width: int) -> None:
    ends = [sum(lengths[: i + 1]) for i in range(len(lengths))]
    parts = [Interval(end - length, end, "break") for end, length in zip(ends, lengths, strict=True)]
    scale = Scale(0, ends[-1], min(width, ends[-1]))
    assert cells(parts, scale) == ("closed",) * scale.width
    for cell in range(scale.width):
        assert (scale.cell(scale.edge(cell)), scale.cell(scale.edge(cell + 1) - 1)) == (cell, cell)


def test_marks_of_one_cell_stand_below_each_other() -> None:
    marks = [(0, "C"), (12, "R"), (14, "R"), (14, "C"), (15, "D"), (99, "S"), (100, "B"), (500, "x")]
    assert mark_rows(marks, Scale(0, 100, 10)) == ["CR       S", " C       B", " D       x"]


@pytest.mark.parametrize(
    ("begin", "end", "zone", "row"),
    [
        ("2026-06-01T10:00:00Z", "2026-06-01T10:00:10Z", "UTC", "|10:00:00 |10:00:05"),
        ("2026-06-01T10:30:00Z", "2026-06-01T12:30:00Z", "UTC", "     |11:00"),
        # A day in New York that begins at 18:00 there.
        ("2026-06-01T22:00:00Z", "2026-06-02T22:00:00Z", "America/New_York", "     |Tue 06-02"),
        ("2026-06-01T00:00:00Z", "2026-06-01T00:00:00.5Z", "Asia/Kolkata", "|05:30:00"),
    ],
)
def test_labels_where_there_is_room(begin: str, end: str, zone: str, row: str) -> None:
    assert label_row(Scale(parse_instant(begin), parse_instant(end), 20), zone) == row


@pytest.mark.parametrize(
    ("duration", "words"),
    [(0, "0s"), (1, "0.000001s"), (3600 * SECOND, "1h"), (90_061_500_000, "25h 1m 1.5s"), (-60 * SECOND, "-1m")],
)
def test_exact_durations(duration: int, words: str) -> None:
    assert exact_duration_words(duration) == words


def test_exact_times() -> None:
    at = parse_instant("2026-06-01T10:00:00.25Z")
    assert exact_time_words(at, "Asia/Kolkata") == "Mon 2026-06-01 15:30:00.25 IST"


def test_reasons_in_words() -> None:
    reasons = [
        "counted",
        "outside_hours",
        "holiday: Labor Day",
        "holiday",
        "break",
        "status: on_hold",
        "status: solved",
    ]
    assert [interval_words(reason) for reason in reasons] == [
        "counted", "outside hours", "holiday: Labor Day", "holiday", "break", "on hold (others)", "solved",
    ]  # fmt: skip
