"""Reading documents that people write: YAML with the scalars of its JSON subset, and where each part stands. Writing
them for people to edit.

`no` is Norway, not false, and dates are texts. Reading is bounded before it begins, by the length of the text, and
while it goes on, by depth and number of parts: neither aliases nor nesting make it long.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml

from .errors import Fault, InvalidInput

Path: TypeAlias = "tuple[str | int, ...]"

TEXT_BYTES_MAX = 2**20
"""Bytes of a document in UTF-8."""
NODES_MAX = 100_000
"""Parts of a document, what an alias stands for counted each time."""
DEPTH_MAX = 20
INTEGER_DIGITS_MAX = 18
_WIDTH = 110
"""Columns from which on a line that is written is broken."""

# libyaml reads ten times faster. It is in all wheels; where it is missing, the other one reads the same documents.
_LOADER: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_TAGS = "tag:yaml.org,2002:"
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)", re.ASCII)
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][-+]?[0-9]+)?", re.ASCII)
_WORDS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that may not stand in a YAML stream."""
_ESCAPE = re.compile(r"\\(?:u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})|u(d[89a-f][0-9a-f]{2})|.)", re.IGNORECASE)
"""An escape of a JSON string: a surrogate pair, half of one, or any other."""
_HALF = "\ufffe"
"""Stands for half of a pair while it is read: this is no character either, and YAML can spell it."""


def read_source(text: str, name: str) -> tuple[object, Mapping[Path, int]]:
    """What a YAML or JSON text holds (mappings, lists, texts, numbers, truth values, None), and the line of each part.

    `name` is the file's, for the messages. Raises InvalidInput naming each place that cannot be read.
    """
    if len(text) > TEXT_BYTES_MAX or len(text.encode(errors="surrogatepass")) > TEXT_BYTES_MAX:
        raise InvalidInput([Fault("", f"is longer than {TEXT_BYTES_MAX // 2**20} MiB", 1, name)])
    if found := _FORBIDDEN.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise InvalidInput([Fault("", f"holds the character U+{ord(found[0]):04X}, which is not allowed", line, name)])
    is_json, value = _json(text)
    reader = _Reader(name)
    try:
        # JSON writes a character beyond U+FFFF as a surrogate pair, which YAML does not know.
        read = reader.read(_ESCAPE.sub(_joined, text) if is_json else text)
    except yaml.YAMLError as wrong:
        if is_json:
            return value, {(): 1}  # JSON may hold what YAML refuses, such as a line's end before a colon
        raise InvalidInput([_syntax_fault(wrong, text, name)]) from None
    if reader.faults:
        raise InvalidInput(reader.faults)
    return read, reader.lines


def write_source(value: object) -> str:
    """A value as YAML for people to edit: `read_source` reads the same value from it."""
    text: str = yaml.dump(
        value, Dumper=_Dumper, default_flow_style=None, sort_keys=False, allow_unicode=True, width=_WIDTH
    )
    return text


def with_scalars(text: str, changes: Mapping[str, str | int]) -> str:
    """The text of a mapping with other values at keys of its top level; all else, comments too, stays as it is.

    Written anew by `write_source`, without comments, where it is JSON, or where the values cannot be replaced in their
    places. Raises InvalidInput where the text cannot be read or is no mapping.
    """
    text = text.removeprefix("\ufeff")
    value, _ = read_source(text, "document")
    if not isinstance(value, Mapping):
        raise InvalidInput([Fault("", "must be a mapping", 1, "document")])
    wanted = {**value, **changes}
    if not _json(text)[0]:
        replaced = text
        for key, (begin, end) in sorted(_places(text).items(), key=lambda place: place[1], reverse=True):
            if key in changes:
                replaced = replaced[:begin] + write_source(changes[key]).splitlines()[0] + replaced[end:]
        try:
            if read_source(replaced, "document")[0] == wanted:
                return replaced
        except InvalidInput:
            pass  # such as an alias of what was replaced
    return write_source(wanted)


def _places(text: str) -> dict[str, tuple[int, int]]:
    """Where the scalars at keys of the top level begin and end, in characters."""
    found: dict[str, tuple[int, int]] = {}
    depth = 0
    key: Any = None
    events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
    for event in events:
        if isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
            if depth == 1:
                key = None
        elif isinstance(event, yaml.NodeEvent):
            if depth == 1 and key is None:
                key = event
            elif depth == 1:
                if isinstance(key, yaml.ScalarEvent) and isinstance(event, yaml.ScalarEvent):
                    found[key.value] = (_index(event.start_mark), _index(event.end_mark))
                key = None
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
    return found


def _index(mark: Any) -> int:
    return int(mark.index)


def path_text(path: Path) -> str:
    """A path as messages show it: `standards[0].targets.first_response`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{printable(part)}" for part in path).lstrip(".")


def printable(text: str, most: int = 200) -> str:
    """A text of a document, safe in a message: cut where it is long, and what is not printable is replaced."""
    shown = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text[:most])
    return f"{shown}…" if len(text) > most else shown


def _json(text: str) -> tuple[bool, object]:
    """Whether the text is a JSON object, and its value."""
    stripped = text.lstrip("\ufeff \t\r\n")
    if not stripped.startswith("{"):
        return False, None
    try:
        return True, json.loads(stripped)
    except (ValueError, RecursionError):
        return False, None


def _joined(escape: re.Match[str]) -> str:
    high, low, half = escape.groups()
    if half:
        return f"\\u{ord(_HALF):x}"
    return f"\\U{(int(high, 16) - 0xD800) * 0x400 + int(low, 16) - 0xDC00 + 0x10000:08x}" if high else escape[0]


def _syntax_fault(wrong: yaml.YAMLError, text: str, name: str) -> Fault:
    if isinstance(wrong, yaml.MarkedYAMLError):
        mark = wrong.problem_mark or wrong.context_mark
        # What is missing at the end is missed on the line after the last one.
        line = min(mark.line + 1, max(1, len(text.splitlines()))) if mark else 1
        return Fault("", f"is not YAML: {printable(str(wrong.problem))}", line, name)
    return Fault("", f"is not YAML: {printable(str(wrong).splitlines()[0])}", 1, name)


@dataclass(slots=True)
class _Anchored:
    """What an alias stands for, and of how many parts it is."""

    value: object
    nodes: int


class _Reader:
    """Builds the value from the parser's events, so that it can stop at any of them."""

    def __init__(self, name: str) -> None:
        self.lines: dict[Path, int] = {(): 1}
        self.faults: list[Fault] = []
        self._name = name
        self._nodes = 0
        self._anchors: dict[str, _Anchored | None] = {}
        """None for one whose end has not been read."""

    def read(self, text: str) -> object:
        events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
        value: object = None
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._fault((), "holds more than one document", event)
                    return value
            elif isinstance(event, yaml.NodeEvent):
                value = self._value(event, events, ())
        return value

    def _value(self, event: yaml.NodeEvent, events: Iterator[Any], path: Path) -> object:
        self.lines.setdefault(path, _line(event))
        before = self._nodes
        self._count(1, path, event)
        if isinstance(event, yaml.AliasEvent):
            return self._aliased(event, path)
        if event.anchor:
            self._anchors[event.anchor] = None
        value: object
        if isinstance(event, yaml.SequenceStartEvent):
            self._check_tag(event, "seq", path)
            value = self._sequence(events, path)
        elif isinstance(event, yaml.MappingStartEvent):
            self._check_tag(event, "map", path)
            value = self._mapping(events, path)
        else:
            value = self._scalar(event, path)
        if event.anchor:
            self._anchors[event.anchor] = _Anchored(value, self._nodes - before)
        return value

    def _sequence(self, events: Iterator[Any], path: Path) -> list[object]:
        found: list[object] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            found.append(self._value(event, events, (*path, len(found))))
        return found

    def _mapping(self, events: Iterator[Any], path: Path) -> dict[str, object]:
        found: dict[str, object] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            if isinstance(event, yaml.ScalarEvent) and event.tag in (None, "!", f"{_TAGS}str"):
                key = self._whole(event.value, (*path, event.value), event)
                if key in found:
                    self._fault((*path, key), "stands twice", event)
                self.lines[*path, key] = _line(event)
                found[key] = self._value(next(events), events, (*path, key))
            else:
                self._fault(path, "has a key that is not a text", event)
                self._value(event, events, (*path, ""))
                self._value(next(events), events, (*path, ""))
        return found

    def _scalar(self, event: Any, path: Path) -> object:
        text = self._whole(event.value, path, event)
        if event.tag is None and event.implicit[0]:
            return self._resolved(text, path, event)[1]
        if event.tag in (None, "!", f"{_TAGS}str"):
            return text
        kind, value = self._resolved(text, path, event)
        if event.tag not in (f"{_TAGS}{one}" for one in ("int", "float", "bool", "null")):
            self._check_tag(event, "", path)
        elif kind != event.tag.removeprefix(_TAGS):
            self._fault(path, f"is not what the tag {_tag(event)} says", event)
        return value

    def _whole(self, text: str, path: Path, event: yaml.Event) -> str:
        if _HALF in text:
            self._fault(path, "holds half of a surrogate pair, which is no character", event)
        return text

    def _resolved(self, text: str, path: Path, event: yaml.Event) -> tuple[str, object]:
        """What a plain scalar means, as JSON would take it, and its kind."""
        if text in _WORDS:
            return "null" if _WORDS[text] is None else "bool", _WORDS[text]
        if _INTEGER.fullmatch(text):
            if len(text) > INTEGER_DIGITS_MAX:
                self._fault(path, f"is a number of more than {INTEGER_DIGITS_MAX} digits", event)
                return "int", 0
            return "int", int(text)
        return ("float", float(text)) if _FLOAT.fullmatch(text) else ("str", text)

    def _aliased(self, event: Any, path: Path) -> object:
        anchored = self._anchors.get(event.anchor)
        if anchored is None:
            within = event.anchor in self._anchors
            problem = "stands within what it refers to" if within else "refers to an anchor that is not there"
            self._fault(path, f"the alias *{printable(event.anchor)} {problem}", event)
            return None
        self._count(anchored.nodes, path, event)
        return anchored.value

    def _count(self, nodes: int, path: Path, event: yaml.Event) -> None:
        self._nodes += nodes
        if self._nodes > NODES_MAX or len(path) > DEPTH_MAX:
            self._fault(path[:1], "is too large or too deep", event)
            raise InvalidInput(self.faults[-1:])

    def _check_tag(self, event: Any, kind: str, path: Path) -> None:
        if event.tag not in (None, "!", f"{_TAGS}{kind}"):
            self._fault(path, f"the tag {_tag(event)} is not known here", event)

    def _fault(self, path: Path, problem: str, event: yaml.Event) -> None:
        self.faults.append(Fault(path_text(path), problem, _line(event), self._name))


class _Dumper(yaml.SafeDumper):
    """Writes texts plain wherever both this reader and others take them for texts."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 (what is the same twice is written twice)
        return True

    def represent_str(self, data: str) -> yaml.ScalarNode:
        taken_otherwise = data in _WORDS or _INTEGER.fullmatch(data) or _FLOAT.fullmatch(data)
        # Line breaks beyond the newline are kept as escapes alone.
        quoted = taken_otherwise or not data.isprintable()
        return self.represent_scalar(f"{_TAGS}str", data, style='"' if quoted else None)


_Dumper.add_representer(str, _Dumper.represent_str)
# A date is a text here.
_Dumper.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in known if tag != f"{_TAGS}timestamp"]
    for first, known in yaml.SafeDumper.yaml_implicit_resolvers.items()
}


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _tag(event: Any) -> str:
    tag = printable(event.tag)
    return f"!!{tag.removeprefix(_TAGS)}" if tag.startswith(_TAGS) else tag
