"""Writes the pages of the documentation that are made from the code: python -m infra.docs.pages FOLDER.

Each fact has one source: guides lie beside the code of their tool, commands are described by their parsers, the HTTP
API by its OpenAPI document, settings by the templates.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from infra.docs import commands, http_api, settings
from replyclock.sources import guide, guide_templates, providers

ROOT = Path(__file__).resolve().parents[2]
_FROM_THE_ROOT = re.compile(r"\]\((?:docs/)?([^):#]+\.md)(#[^)]*)?\)")


def pages() -> dict[str, str]:
    """Paths below `docs/` with the texts of what is made: pages, and the templates that guides link to."""
    return {
        **_guides(),
        "reference/cli.md": commands.page(),
        "reference/http-api.md": http_api.page(),
        "reference/settings.md": settings.page(),
        "contributing.md": _of_the_root("CONTRIBUTING.md"),
        "security.md": _of_the_root("SECURITY.md"),
        "changelog.md": _of_the_root("CHANGELOG.md"),
        "examples.md": _of_the_root("examples/README.md"),
    }


def _guides() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for provider in providers():
        text = guide(provider)
        if text is not None:
            found[f"connect/{provider}.md"] = text
            found |= {f"connect/templates/{name}": one for name, one in guide_templates(provider).items()}
    return found


def _of_the_root(name: str) -> str:
    """A page that stands elsewhere in the repository, with its links as they lead from `docs/`."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return _FROM_THE_ROOT.sub(lambda link: f"]({_page(link[1])}{link[2] or ''})", text)


def _page(path: str) -> str:
    known = {"CONTRIBUTING.md": "contributing.md", "SECURITY.md": "security.md", "CHANGELOG.md": "changelog.md"}
    return known.get(path, "examples.md" if path == "examples/README.md" else path.removeprefix("../docs/"))


def main(folder: Path) -> None:
    """Writes all pages into a folder, instead of what was there."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, text in pages().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
