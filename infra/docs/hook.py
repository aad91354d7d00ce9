"""What MkDocs calls (see mkdocs.yml): adds the generated pages, and the script of diagrams to the pages that have any.

It runs in the environment of the documentation, so the pages were written before, by `python -m infra.docs.pages`.
"""

from __future__ import annotations

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url

GENERATED = Path(__file__).resolve().parents[2] / ".local" / "docs" / "pages"
MERMAID = "assets/vendor/mermaid.tiny.js"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages, and the files that they link to."""
    for path in sorted(GENERATED.rglob("*")):
        if path.is_file():
            name = path.relative_to(GENERATED).as_posix()
            files.append(File.generated(config, name, content=path.read_text(encoding="utf-8")))
    return files


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001 (MkDocs calls by name)
    """Load the script of diagrams from the site itself: without it the theme would load one from elsewhere."""
    if 'class="mermaid"' not in html:
        return html
    return f'{html}\n<script src="{get_relative_url(MERMAID, page.url)}"></script>'
