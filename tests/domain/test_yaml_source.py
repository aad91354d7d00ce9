from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replyclock.domain.errors import InvalidInput
from replyclock.domain.yaml_source import read_source, with_scalars, write_source

_CHARACTERS = st.characters(codec="utf-8", exclude_characters="\ufffe\uffff", exclude_categories=["Cs"])
_TEXTS = st.text(_CHARACTERS, max_size=20) | st.sampled_from(
    [
        "no",
        "1.5e5",
        "2026-06-01",
        "2026-06-01T00:00:00Z",
        "09:00-12:00",
        "1:30",
        "null",
        "~",
        "",
        "0x1F",
        " a ",
        "-",
        "<<",
    ]
)
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**16), 10**16)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXTS
)
_VALUES = st.dictionaries(
    _TEXTS,
    st.recursive(_SCALARS, lambda some: st.lists(some, max_size=4) | st.dictionaries(_TEXTS, some, max_size=4)),
    max_size=4,
)


@given(_VALUES)
def test_what_is_written_reads_the_same(value: dict[str, Any]) -> None:
    assert read_source(write_source(value), "document")[0] == value


@given(_VALUES, st.integers(1, 10**10))
def test_other_values_replace_those_that_there_were(value: dict[str, Any], version: int) -> None:
    for text in (write_source(value), write_source({"version": 1, **value})):
        changes: dict[str, str | int] = {"version": version, "effective_from": "2027-01-01T00:00:00Z"}
        read = read_source(text, "document")[0]
        assert isinstance(read, dict)
        assert read_source(with_scalars(text, changes), "document")[0] == {**read, **changes}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("version: 3 # three\nb: {version: 3}\n", "version: 14 # three\nb: {version: 3}\n"),
        ("# 中文 🎉\nb: 🎉\nversion: '3'  # three", "# 中文 🎉\nb: 🎉\nversion: 14  # three"),
        ("\ufeff# head\r\nversion: 3\r\nb: 4\r\n", "# head\r\nversion: 14\r\nb: 4\r\n"),
        ("b: [{c: [1]}, 2] # two\nversion: 3", "b: [{c: [1]}, 2] # two\nversion: 14"),
        ("{b: 1, version: 3, c: 4} # flow", "{b: 1, version: 14, c: 4} # flow"),
        # Written anew, where it cannot be replaced or is no YAML.
        ("version: &v 3 # three\nb: *v\n", "{version: 14, b: 3}\n"),
        ('{"version": 3, "b": [{"c": "no"}]}', "version: 14\nb:\n- {c: 'no'}\n"),
    ],
)
def test_all_else_of_a_text_stays_as_it_is(text: str, wanted: str) -> None:
    assert with_scalars(text, {"version": 14}) == wanted


@pytest.mark.parametrize("text", ["- 1\n", "a: {", "a: 1\na: 2\n"])
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        with_scalars(text, {"version": 1})
