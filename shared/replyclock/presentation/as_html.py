"""A tree of blocks as one HTML file: no scripts, nothing from elsewhere, fit to print on A4."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape

from .blocks import Article, Block, Formula, Items, Note, Paragraph, Section, Table, space_after

_WHOLE = re.compile(
    r"\d\d:\d\d–\d\d:\d\d|\d{4} 年 \d+ 月 \d+ 日|\d+ (?:business days?|min|[dhs]|个工作日|天|小时|分钟|秒)(?![a-z])"
)
"""What would otherwise be broken at its dash or its spaces: hours, Chinese dates, numbers and their units."""

STYLE = """\
:root { color-scheme: light; --ink: #1c2126; --soft: #545f6b; --line: #ccd3da; --tint: #f2f5f8; --mark: #0b5cad; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2.5rem 1.5rem 4rem; max-width: 62rem; color: var(--ink); background: #fff;
  font: 16px/1.6 system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif; overflow-wrap: break-word; }
:lang(zh) { font-family: system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif; }
:lang(zh) body { line-height: 1.75; }
header { border-bottom: 2px solid var(--ink); padding-bottom: 1.25rem; margin-bottom: 2rem; }
h1 { font-size: 2rem; line-height: 1.25; margin: 0 0 1.25rem; }
h2 { font-size: 1.4rem; line-height: 1.3; margin: 2.75rem 0 .75rem; padding-top: .75rem;
  border-top: 1px solid var(--line); }
main > section:first-child > h2 { margin-top: 0; padding-top: 0; border: 0; }
h3 { font-size: 1.1rem; line-height: 1.4; margin: 1.75rem 0 .5rem; }
p, ul, dl { margin: 0 0 .9rem; }
p, ul { max-width: 50rem; text-wrap: pretty; }
ul { padding-left: 1.4rem; }
li { margin-bottom: .35rem; }
header dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1.25rem; margin: 0; }
dt { color: var(--soft); }
dd { margin: 0; }
.formula { padding: .5rem 1rem; background: var(--tint); border-left: 3px solid var(--mark); }
.note { padding: .6rem 1rem; background: #fdf6e3; border-left: 3px solid #a86f00; }
.scroll { overflow-x: auto; margin: 1rem 0 1.4rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; line-height: 1.45; }
caption { text-align: start; font-weight: 600; color: var(--soft); padding-bottom: .4rem; }
th, td { text-align: start; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid var(--line); }
thead th { background: var(--tint); border-bottom: 2px solid var(--line); vertical-align: bottom; }
tbody th { font-weight: 600; min-width: 9em; }
th, td { text-wrap: balance; }
:lang(zh) :is(td, th) { word-break: keep-all; }
.figure { text-align: end; font-variant-numeric: tabular-nums; }
td.figure, .whole { white-space: nowrap; }
@page { size: A4; margin: 22mm 18mm 20mm; @top-left { content: "%s"; font: 8.5pt sans-serif; color: #545f6b; }
  @bottom-right { content: counter(page) " / " counter(pages); font: 8.5pt sans-serif; color: #545f6b; } }
@media print {
  body, p, ul { max-width: none; }
  body { padding: 0; font-size: 10.5pt; }
  h1 { font-size: 22pt; } h2 { font-size: 15pt; } h3 { font-size: 12pt; }
  h2, h3, caption, p:has(+ ul, + .scroll) { break-after: avoid; }
  .scroll, tr, li, p:has(+ ul, + .scroll), .formula, .note { break-inside: avoid; }
  table { font-size: 8.5pt; }
  th, td { padding: 3pt 4pt; }
  thead { display: table-header-group; }
  p { orphans: 3; widows: 3; }
  .scroll { overflow: visible; }
  .formula, .note, thead th { print-color-adjust: exact; }
}
"""


def to_html(article: Article) -> str:
    """The whole file."""
    facts = "".join(f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>\n" for name, value in article.facts)
    return "\n".join(
        (
            "<!DOCTYPE html>",
            f'<html lang="{escape(article.language)}">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(article.running_head)}</title>",
            f"<style>\n{STYLE.replace('%s', _css_string(article.running_head))}</style>",
            "</head>",
            "<body>",
            f"<header>\n<h1>{_text(article.title)}</h1>\n<dl>\n{facts}</dl>\n</header>",
            "<main>",
            *_blocks(article.sections, 2),
            "</main>",
            "</body>",
            "</html>",
            "",
        )
    )


def _blocks(blocks: Iterable[Block], level: int) -> Iterator[str]:
    for block in blocks:
        match block:
            case Paragraph(text):
                yield f"<p>{_text(text)}</p>"
            case Formula(text):
                yield f'<p class="formula">{_text(text)}</p>'
            case Note(text):
                yield f'<p class="note">{_text(text)}</p>'
            case Items(items):
                yield "<ul>"
                for term, text in items:
                    lead = f"<strong>{_text(term)}</strong>{space_after(term)}" if term else ""
                    yield f"<li>{lead}{_text(text)}</li>"
                yield "</ul>"
            case Table():
                yield from _table(block)
            case Section(title, inside):
                yield f"<section>\n<h{level}>{_text(title)}</h{level}>"
                yield from _blocks(inside, level + 1)
                yield "</section>"


def _table(table: Table) -> Iterator[str]:
    marks = [' class="figure"' if i in table.figures else "" for i in range(len(table.headings))]
    # What can be scrolled can be reached by keyboard, and says what it is.
    yield f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(table.caption)}">'
    yield f"<table>\n<caption>{_text(table.caption)}</caption>"
    headings = "".join(
        f'<th scope="col"{mark}>{_text(heading)}</th>' for mark, heading in zip(marks, table.headings, strict=True)
    )
    yield f"<thead><tr>{headings}</tr></thead>\n<tbody>"
    for name, *cells in table.rows:
        rest = "".join(f"<td{mark}>{_text(cell)}</td>" for mark, cell in zip(marks[1:], cells, strict=True))
        yield f'<tr><th scope="row">{_text(name)}</th>{rest}</tr>'
    yield "</tbody>\n</table>\n</div>"


def _text(text: str) -> str:
    return _WHOLE.sub(r'<span class="whole">\g<0></span>', escape(text)).replace("\n", "<br>")


def _css_string(text: str) -> str:
    """The inside of a CSS string: whatever is no letter, digit or space is told by its code, which a space ends."""
    return "".join(char if char.isalnum() or char == " " else f"\\{ord(char):06x} " for char in text)
