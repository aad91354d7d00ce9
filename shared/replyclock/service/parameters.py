"""Reading the query parameters that several endpoints have. What is wrong raises InvalidInput naming the parameter."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence

from replyclock.domain.errors import Fault, InvalidInput

_NUMBER = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,12})?")


def read_limit(options: Mapping[str, str], most: int, default: int = 50, name: str = "limit") -> int:
    """A whole number from 1 to `most`."""
    text = options.get(name) or str(default)
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and 1 <= int(text) <= most):
        raise InvalidInput([Fault(name, f"must be 1 to {most}")])
    return int(text)


def read_choice(options: Mapping[str, str], name: str, known: Sequence[str]) -> str | None:
    """One of the known values; None where it is missing or empty."""
    value = options.get(name) or None
    if value is not None and value not in known:
        raise InvalidInput([Fault(name, f"must be {' or '.join(known)}")])
    return value


def read_number(options: Mapping[str, str], name: str) -> float | None:
    """A decimal number of everyday size; None where it is missing or empty."""
    text = options.get(name) or None
    if text is not None and not _NUMBER.fullmatch(text):
        raise InvalidInput([Fault(name, "must be a number, such as 600 or 0.9")])
    return None if text is None else float(text)


def write_cursor(*fields: object) -> str:
    """An opaque text that holds JSON values."""
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def cursor_fields(cursor: str) -> object:
    """What `write_cursor` wrote, as a list; anything else, or None, of a text that it did not write."""
    try:
        return json.loads(base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError):
        return None
