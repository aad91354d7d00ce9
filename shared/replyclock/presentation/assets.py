"""The files of the dashboard, as a server hands them out: read when first asked for, and compressed once.

The page names its files below a version, `assets/VERSION/app.js`, and they name each other relative to themselves: a
browser keeps them for good, and asks for all of them anew when any has changed.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PAGE = "index.html"
"""The name of the page itself."""
SECURITY_HEADERS: Mapping[str, str] = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}
"""What the page may do: run and load what comes from where it came from itself, and be framed by nobody."""

_FOLDER = Path(__file__).with_name("dashboard")
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_COMPRESSED_ALREADY = {".png", ".woff2"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file. `zipped` is its gzip form, None where that would be no shorter."""

    content_type: str
    plain: bytes
    zipped: bytes | None
    digest: str
    """Names the contents."""


@cache
def asset(name: str) -> Asset | None:
    """The file of that name, relative to the dashboard's folder and with `/` between its parts; None for all others.

    A name is only ever looked up among those that are there: nothing that is asked for becomes a path.
    """
    path = _listing().get(name)
    if path is None:
        return None
    plain = path.read_bytes()
    if name == PAGE:
        plain = plain.replace(b'="assets/', f'="assets/{version()}/'.encode())
    zipped = None if path.suffix in _COMPRESSED_ALREADY else gzip.compress(plain, 9, mtime=0)
    return Asset(
        _TYPES[path.suffix],
        plain,
        zipped if zipped and len(zipped) < len(plain) else None,
        hashlib.sha256(plain).hexdigest()[:32],
    )


@cache
def version() -> str:
    """Names the contents of all files together."""
    found = hashlib.sha256()
    for name, path in _listing().items():
        found.update(f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return found.hexdigest()[:12]


def forget() -> None:
    """Reads the files anew, for those who are writing them."""
    for kept in (asset, version, _listing):
        kept.cache_clear()


@cache
def _listing() -> Mapping[str, Path]:
    return {
        path.relative_to(_FOLDER).as_posix(): path
        for path in sorted(_FOLDER.rglob("*"))
        if path.is_file() and path.suffix in _TYPES and not path.name.startswith(".")
    }
