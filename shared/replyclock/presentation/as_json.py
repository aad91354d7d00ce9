"""A tree of blocks as JSON, for programs that lay it out themselves."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from .blocks import Article, Block, Formula, Items, Note, Paragraph, Section, Table, space_after


def to_json(article: Article) -> str:
    """The whole tree. Each block has its `kind`; all texts are plain, and a line break in a cell is a newline.

    A `term` that is not empty ends with the space, if any, that its language puts before what follows it.
    """
    document = {
        "language": article.language,
        "title": article.title,
        "running_head": article.running_head,
        "facts": _items(article.facts),
        "sections": [_block(section) for section in article.sections],
    }
    return json.dumps(document, ensure_ascii=False)


def _block(block: Block) -> dict[str, Any]:
    match block:
        case Paragraph(text):
            return {"kind": "paragraph", "text": text}
        case Formula(text):
            return {"kind": "formula", "text": text}
        case Note(text):
            return {"kind": "note", "text": text}
        case Items(items):
            return {"kind": "items", "items": _items(items)}
        case Table():
            return {
                "kind": "table",
                "caption": block.caption,
                "headings": list(block.headings),
                "rows": [list(row) for row in block.rows],
                "figures": list(block.figures),
            }
        case Section(title, blocks):
            return {"kind": "section", "title": title, "blocks": [_block(one) for one in blocks]}


def _items(items: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"term": f"{term}{space_after(term)}" if term else "", "text": text} for term, text in items]
