"""A text as a tree of blocks, to be written as HTML and as Markdown alike.

All texts in it are plain: whatever writes them escapes them. A line break in the cell of a table is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias
from unicodedata import east_asian_width


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of prose."""

    text: str


@dataclass(frozen=True, slots=True)
class Formula:
    """An equation in words, on lines of its own."""

    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """What the reader must not overlook, such as that there are no data."""

    text: str


@dataclass(frozen=True, slots=True)
class Items:
    """A list; each item begins with a term that stands out, or with an empty one."""

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose first column names its rows."""

    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    figures: range = range(0)
    """The columns that are figures, to be aligned at their end."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part with a heading; sections in it are one level deeper."""

    title: str
    blocks: tuple[Block, ...]


def space_after(term: str) -> str:
    """What stands between a term and its text: punctuation as wide as a Chinese character brings its own space."""
    return "" if east_asian_width(term[-1:] or " ") in "FW" else " "


Block: TypeAlias = "Paragraph | Formula | Note | Items | Table | Section"


@dataclass(frozen=True, slots=True)
class Article:
    """The whole text."""

    language: str
    """BCP 47, such as `en` or `zh-Hans`."""
    title: str
    running_head: str
    """What stands at the top of each printed page."""
    facts: tuple[tuple[str, str], ...]
    """What it is of, below the title: names and values."""
    sections: tuple[Section, ...]
