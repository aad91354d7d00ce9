"""Reading JSON that somebody else wrote: each access names its dotted path, and says what is wrong there, never the
value.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import NoReturn
from zoneinfo import ZoneInfo

from replyclock.domain.errors import Fault, InvalidInput
from replyclock.domain.instants import EARLIEST, LATEST, InstantOutOfRange, from_datetime, parse_instant

from .bounds import shortened_id, valid_unicode

DEEPEST = 100
"""Levels of a body that are read. No tool's webhook has twenty."""


def read_json(body: bytes) -> object:
    """The value that a body in UTF-8 holds. Raises InvalidInput when it is not JSON, or is nested too deeply to be
    read.
    """
    try:
        value: object = json.loads(body.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except UnicodeDecodeError:
        raise InvalidInput([Fault("", "is not UTF-8")]) from None
    except json.JSONDecodeError as wrong:
        raise InvalidInput(
            [Fault("", f"is not JSON: {wrong.msg} at line {wrong.lineno}, column {wrong.colno}")]
        ) from None
    except ValueError:  # a number of thousands of digits, NaN or Infinity
        raise InvalidInput([Fault("", "is not JSON: holds a number that cannot be read")]) from None
    except RecursionError:
        raise InvalidInput([Fault("", "is nested too deeply")]) from None
    if body.count(b"[") + body.count(b"{") > DEEPEST:  # few bodies have so many: the others need not be looked through
        _check_depth(value)
    return value


def _check_depth(value: object) -> None:
    level = [value]
    for _ in range(DEEPEST + 1):
        inner = (one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list))
        level = [one for values in inner for one in values]
        if not level:
            return
    raise InvalidInput([Fault("", "is nested too deeply")])


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


class Record:
    """A JSON object and where it stands. Its methods raise InvalidInput with the path of what is missing or wrong.

    JSON's null counts as missing throughout: the `optional_` methods give None for both.
    """

    __slots__ = ("fields", "path")

    def __init__(self, fields: Mapping[str, object], path: str = "") -> None:
        self.fields = fields
        self.path = path

    @classmethod
    def of(cls, value: object, path: str = "") -> Record:
        """The record that a parsed value is."""
        if not isinstance(value, Mapping):
            raise InvalidInput([Fault(path, "must be a JSON object")])
        return cls(value, path)

    def place(self, name: str) -> str:
        """The dotted path of a field of this record."""
        return f"{self.path}.{name}" if self.path else name

    def fault(self, name: str, problem: str) -> InvalidInput:
        """The error that says what is wrong with a field."""
        return InvalidInput([Fault(self.place(name), problem)])

    def has(self, name: str) -> bool:
        """Whether the field is there, null or not."""
        return name in self.fields

    def record(self, name: str) -> Record:
        """The JSON object of that name."""
        return Record.of(self._needed(name), self.place(name))

    def optional_record(self, name: str) -> Record | None:
        """The JSON object of that name, if there is one."""
        value = self.fields.get(name)
        return None if value is None else Record.of(value, self.place(name))

    def records(self, name: str) -> list[Record]:
        """The objects of a list; none where there is no list."""
        value = self.fields.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.fault(name, "must be a list")
        return [Record.of(one, f"{self.place(name)}[{index}]") for index, one in enumerate(value)]

    def text(self, name: str) -> str:
        """A text, which may be empty; halves of surrogate pairs are replaced."""
        value = self._needed(name)
        if not isinstance(value, str):
            raise self.fault(name, "must be a text")
        return valid_unicode(value)

    def optional_text(self, name: str) -> str | None:
        """A text, which may be empty, if there is one."""
        return None if self.fields.get(name) is None else self.text(name)

    def identifier(self, name: str) -> str:
        """An id as a text of 1 to 200 characters, also where it is written as a whole number; a longer one is
        shortened.
        """
        value = self._needed(name)
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else self.text(name)
        if not text:
            raise self.fault(name, "must not be empty")
        return shortened_id(text)

    def optional_identifier(self, name: str) -> str | None:
        """None also for an empty text."""
        return None if self.fields.get(name) in (None, "") else self.identifier(name)

    def flag(self, name: str) -> bool:
        """True or false."""
        value = self._needed(name)
        if not isinstance(value, bool):
            raise self.fault(name, "must be true or false")
        return value

    def optional_flag(self, name: str) -> bool | None:
        """True or false, if it is said."""
        return None if self.fields.get(name) is None else self.flag(name)

    def optional_integer(self, name: str) -> int | None:
        """A whole number, if there is one."""
        value = self.fields.get(name)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.fault(name, "must be a whole number")
        return value

    def instant(self, name: str, zone: ZoneInfo | None = None) -> int:
        """A time in ISO 8601, in microseconds since 1970; further digits are cut. `zone` is that of a time without
        offset. One before the year 1 or after 9999 in UTC is the first or the last instant that can be written.
        """
        try:
            return read_instant(self.text(name), zone)
        except ValueError as wrong:
            raise self.fault(name, str(wrong)) from None

    def optional_instant(self, name: str, zone: ZoneInfo | None = None) -> int | None:
        """None also for an empty text."""
        return None if self.fields.get(name) in (None, "") else self.instant(name, zone)

    def find(self, path: str) -> tuple[bool, object]:
        """Whether there is something at a dotted path such as `detail.tags.0`, and what; below null there is null."""
        value: object = self.fields
        for part in path.split("."):
            if value is None:
                break
            if isinstance(value, Mapping) and part in value:
                value = value[part]
            elif isinstance(value, list) and part.isdecimal() and len(part) < 9 and int(part) < len(value):
                value = value[int(part)]
            else:
                return False, None
        return True, value

    def _needed(self, name: str) -> object:
        value = self.fields.get(name)
        if value is None:
            raise self.fault(name, "is missing")
        return value


def read_instant(text: str, zone: ZoneInfo | None = None) -> int:
    """The instant of an ISO 8601 time; one without offset is local time in `zone`, or refused where there is no zone.

    A local time that the clocks skip moves forward by the gap, one that happens twice is the first of the two. Raises
    ValueError.
    """
    try:
        return parse_instant(text)
    except InstantOutOfRange as wrong:
        return wrong.nearest
    except ValueError:
        naive = _naive(text) if zone else None
        if naive is None:
            raise
    return min(max(from_datetime(naive.replace(tzinfo=zone, fold=0)), EARLIEST), LATEST)


def _naive(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is None else None


def as_text(value: object) -> str | tuple[str, ...] | None:
    """A JSON value as the value of an attribute: a text, a list of texts, or None for null, for nothing and for an
    object.
    """
    if isinstance(value, list):
        texts = tuple(one for one in map(_scalar, value) if one is not None)
        return texts if len(texts) == len(value) else None
    return _scalar(value)


def _scalar(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return valid_unicode(value) or None
    if isinstance(value, int | float):
        return json.dumps(value)
    return None
