"""A tree of blocks as GitHub flavoured Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .blocks import Article, Block, Formula, Items, Note, Paragraph, Section, Table

# Addresses too: GitHub makes links of them, whether they stand in brackets or not.
_SPECIAL = re.compile(r"[\\`*_\[\]<>|~$&]|:(?=//)|(?<=www)\.", re.IGNORECASE)
_LINE_START = re.compile(r"^(\d*)([-+=#.)])")


def to_markdown(article: Article) -> str:
    """The whole text, ending with a line break."""
    facts = [f"- **{_text(name)}** {_text(value)}" for name, value in article.facts]
    parts = [f"# {_text(article.title)}", "\n".join(facts), *_blocks(article.sections, 2)]
    return "\n\n".join(parts) + "\n"


def _blocks(blocks: Iterable[Block], level: int) -> Iterator[str]:
    for block in blocks:
        match block:
            case Paragraph(text):
                yield _line(text)
            case Formula(text) | Note(text):
                yield f"> {_line(text)}"
            case Items(items):
                yield "\n".join(f"- {f'**{_text(term)}** ' if term else ''}{_line(text)}" for term, text in items)
            case Table():
                yield f"**{_text(block.caption)}**"
                yield "\n".join(_table(block))
            case Section(title, inside):
                yield f"{'#' * level} {_text(title)}"
                yield from _blocks(inside, level + 1)


def _table(table: Table) -> Iterator[str]:
    yield _row(table.headings)
    yield _row(("---:" if i in table.figures else "---" for i in range(len(table.headings))), plain=True)
    for name, *cells in table.rows:
        yield _row((name, *cells))


def _row(cells: Iterable[str], *, plain: bool = False) -> str:
    joined = " | ".join(cell if plain else _text(cell).replace("\n", "<br>") for cell in cells)
    return f"| {joined} |"


def _line(text: str) -> str:
    """The same at the beginning of a line, where more begins something: a list, a heading."""
    return _LINE_START.sub(r"\1\\\2", _text(text).lstrip(" "))


def _text(text: str) -> str:
    """A plain text such that Markdown shows exactly it: nothing in it begins markup or a link."""
    return _SPECIAL.sub(lambda found: "&amp;" if found[0] == "&" else f"\\{found[0]}", text)
