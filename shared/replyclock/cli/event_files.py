"""Reading event files of any length, ticket by ticket.

A file is read twice. First every line is checked, so that a fault in the last one is known before anything is printed,
and the order of the tickets is looked at: as long as it ascends, the file is left as it lies. From the first line that
breaks the order on, lines are gathered, sorted by ticket and put into a temporary file, a chunk at a time. Then the
sorted parts are read side by side, so that no more than one ticket, one chunk and a block of each part is ever held.
"""

from __future__ import annotations

import heapq
import itertools
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from operator import attrgetter
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO

from replyclock.cli.progress import Bar
from replyclock.domain.evaluation import LONGEST_LINE, read_lines
from replyclock.domain.events import AnyEvent, TicketKey, parse_event, read_stored_event

CHUNK = 32 * 2**20
"""Bytes of lines that are sorted in memory at a time."""
BLOCK = 2**16
"""Bytes that are read at a time of each sorted part."""
LINE_OVERHEAD = 100
"""Bytes that a line takes in memory besides its own, roughly."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_tickets(
    name: str, *, bar_throughout: bool = True, read: Callable[[bytes], AnyEvent] = parse_event
) -> Iterator[list[AnyEvent]]:
    """The events of each ticket of a JSON Lines file, sorted by tenant, source and ticket; `-` is standard input.

    No ticket is given before the whole file has been found right. Raises InvalidInput, naming every fault, and OSError.
    A terminal sees how far it is, also while tickets are given unless `bar_throughout` is false. `read` is
    `read_stored_event` where the lines were stored before.
    """
    key = attrgetter("key")
    # The temporary file takes no room on the disk before something is written to it.
    with _opened(name) as file, SpooledTemporaryFile(max_size=1) as room:
        begin = file.tell()
        if file.read(len(_BYTE_ORDER_MARK)) == _BYTE_ORDER_MARK:
            begin = file.tell()
        size = file.seek(0, os.SEEK_END) - begin
        file.seek(begin)
        with Bar("reading", size) as bar:
            runs = _sorted_runs(file, name, bar, room, read)
        with Bar("judging", size, shown=bar_throughout) as bar:
            merged = heapq.merge(*(_events(run, bar) for run in runs), key=key)
            for _, events in itertools.groupby(merged, key):
                yield list(events)


@contextmanager
def _opened(name: str) -> Iterator[IO[bytes]]:
    """The file, such that it can be read twice: what comes through a pipe is copied to a temporary file first."""
    with nullcontext(sys.stdin.buffer) if name == "-" else Path(name).open("rb") as file:
        if file.seekable():
            yield file
            return
        with SpooledTemporaryFile(max_size=CHUNK) as copy:
            with Bar("receiving", None) as bar:
                while block := file.read(BLOCK):
                    copy.write(block)
                    bar.advance(len(block))
            copy.seek(0)
            yield copy


def _sorted_runs(
    file: IO[bytes], name: str, bar: Bar, room: IO[bytes], read: Callable[[bytes], AnyEvent]
) -> list[Iterable[bytes]]:
    """All lines of the file from here on, in parts that are each sorted by ticket. Raises InvalidInput.

    The first part lies in the file itself, the last one in memory, those between are written to `room`.
    """
    begin, end = file.tell(), None
    last: TicketKey = ("", "", "")
    written: list[tuple[int, int]] = []
    chunk: dict[TicketKey, list[bytes]] = {}
    held = 0
    for line, event in read_lines(_lines(file, bar), name, read):
        key = event.key
        if end is None:
            if key >= last:
                last = key
                continue
            end = file.tell() - len(line)
        chunk.setdefault(key, []).append(line)
        held += len(line) + LINE_OVERHEAD
        if held >= CHUNK:
            start = room.tell()
            for one in _in_order(chunk):
                room.write(one if one.endswith(b"\n") else one + b"\n")
            written.append((start, room.tell()))
            chunk, held = {}, 0
    runs: list[Iterable[bytes]] = [_part(file, begin, file.tell() if end is None else end)]
    return [*runs, *(_part(room, start, stop) for start, stop in written), _in_order(chunk)]


def _lines(file: IO[bytes], bar: Bar) -> Iterator[bytes]:
    """The lines of a file, of one that is too long no more than its first `LONGEST_LINE` bytes and one at a time."""
    for line in iter(partial(file.readline, LONGEST_LINE + 1), b""):
        bar.advance(len(line))
        yield line


def _part(file: IO[bytes], begin: int, end: int) -> Iterator[bytes]:
    """The lines of a part of a file, while other parts of it are being read."""
    while begin < end:
        file.seek(begin)
        lines = file.readlines(BLOCK)
        if not lines:
            return  # somebody has cut the file short meanwhile
        for line in lines:
            if begin >= end:
                return
            begin += len(line)
            yield line


def _in_order(chunk: dict[TicketKey, list[bytes]]) -> Iterator[bytes]:
    for key in sorted(chunk):
        yield from chunk[key]


def _events(lines: Iterable[bytes], bar: Bar) -> Iterator[AnyEvent]:
    for line in lines:
        bar.advance(len(line))
        if not line.isspace():
            yield read_stored_event(line)
