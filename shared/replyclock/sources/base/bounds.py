"""Keeping what tools send within the contract's bounds (section 1): a source never loses an event over one of them.

Values are shortened, ids over 200 characters replaced by their beginning and a hash, control characters and halves of
surrogate pairs replaced. `Telling.event` does so for each event of each source but `generic`, whose senders write
events themselves and are told what is wrong with one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from replyclock.domain.events import (
    ATTRIBUTES_MAX,
    BAD_CHARACTERS,
    EVENT_BYTES_MAX,
    ID_LENGTH_MAX,
    LIST_LENGTH_MAX,
    LIST_VALUES_MAX,
    VALUE_LENGTH_MAX,
)

_BEGINNING = 150
_HASH_DIGITS = 32
_OTHER_BYTES = 16 * 1024
"""Bytes of an event beside its attributes, generously: ids of 200 characters, and numbers."""


def valid_unicode(text: str) -> str:
    """The text with U+FFFD for each half of a surrogate pair, which is no character and cannot be stored."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def clean(text: str) -> str:
    """The text with a space for each control character that is white space, and U+FFFD for any other one and for
    halves of surrogate pairs.
    """
    if text.isprintable():
        return text
    return BAD_CHARACTERS.sub(lambda found: " " if found[0].isspace() else "\ufffd", text)


def shortened_id(text: str) -> str:
    """An id as it is up to 200 characters; of a longer one its first 150 and a hash of the whole."""
    if len(text) <= ID_LENGTH_MAX:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:_HASH_DIGITS]
    return f"{text[:_BEGINNING]}~{digest}"


def bounded_event(document: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an event within bounds, but for its instants."""
    bounded = dict(document)
    for name in ("id", "ticket", "requester", "assignee", "group", "into"):
        if isinstance(bounded.get(name), str):
            bounded[name] = _bounded_id(bounded[name])
    for name in ("actor", "message"):
        if isinstance(bounded.get(name), Mapping) and isinstance(bounded[name].get("id"), str):
            bounded[name] = {**bounded[name], "id": _bounded_id(bounded[name]["id"])}
    if isinstance(bounded.get("attributes"), Mapping):
        at_creation = bounded.get("type") == "ticket.created"
        bounded["attributes"] = _bounded_attributes(bounded["attributes"], at_creation=at_creation)
    return bounded


def _bounded_id(text: str) -> str:
    return shortened_id(clean(text))


def _bounded_attributes(attributes: Mapping[str, Any], *, at_creation: bool) -> dict[str, Any]:
    """The attributes within bounds; of too many the first by code point.

    An empty value says nothing at creation, and removes what was there later.
    """
    bounded: dict[str, Any] = {}
    for name, value in attributes.items():
        kept = _bounded_value(value)
        if name and not (kept is None and at_creation):
            bounded[_bounded_id(name)] = kept
    size = _OTHER_BYTES
    found = {}
    for name in sorted(bounded)[:ATTRIBUTES_MAX]:
        size += len(json.dumps({name: bounded[name]}, ensure_ascii=False).encode())
        if size > EVENT_BYTES_MAX:
            break
        found[name] = bounded[name]
    return found


def _bounded_value(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)[:VALUE_LENGTH_MAX] or None
    if not isinstance(value, list | tuple):
        return value
    kept: list[Any] = []
    length = 0
    for one in value:
        text = clean(one)[:VALUE_LENGTH_MAX] if isinstance(one, str) else one
        if text == "":
            continue
        length += len(text) if isinstance(text, str) else 0
        if len(kept) == LIST_VALUES_MAX or length > LIST_LENGTH_MAX:
            break
        kept.append(text)
    return tuple(kept)
