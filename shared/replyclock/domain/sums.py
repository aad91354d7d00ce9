"""What the tickets of a pack come to, kept beside it: what a report reads of days that are in its span as a whole.

Sums are the block of the tickets by creation, its durations in order, and when tickets came into the backlog and left
it. They are a pure function of the pack, and add up as blocks do. They tell no ticket from another: what is asked by
group or by event, or of a part of their time, is counted from packs.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property

from .blocks import COUNTS, Block, ClockBlock, Places, Rows, in_one
from .columns import Pack
from .encoding import NEVER, Reader, Writer
from .report import Asked


@dataclass(frozen=True)
class Sums:
    """The sums of one pack. Columns are unpacked when they are asked for, and kept as long as this is."""

    tenant: str
    packed: bytes

    def count(self, blocks: Sequence[Block], places: Places, asked: Asked) -> None:
        """Counts the tickets, all in the block that is the place of the first, and in its backlog. Their figures are
        those of `asked.at`.

        Raises ValueError where that is asked for which packs are needed.
        """
        first, last = self._created
        if not asked.counts_whole or any(first < bound <= last for bound in (asked.begin, asked.end)):
            raise ValueError("sums tell no ticket from another")
        block = blocks[next(iter(places((0,))))]
        if asked.covers(first):
            block.merge(self._block)
        block.backlog_begin += self._in_backlog(asked.begin, asked.at)
        block.backlog_end += self._in_backlog(asked.end, asked.at)

    def _in_backlog(self, instant: int, at: int) -> int:
        """See columns.Tickets.in_backlog."""
        begins, ends, remaining = self._backlog
        since = instant - self._created[0]
        if instant >= at:
            return bisect_right(remaining, since)
        return bisect_right(begins, since) - bisect_right(ends, since)

    @cached_property
    def _columns(self) -> tuple[tuple[int, int], Reader, Reader]:
        read = Reader(self.packed)
        return read.plain(), read.apart(6), read

    @property
    def _created(self) -> tuple[int, int]:
        """When the first and the last of them were created."""
        return self._columns[0]

    @cached_property
    def _backlog(self) -> tuple[Sequence[int], Sequence[int], Sequence[int]]:
        """When times in the backlog begin and end, and when those were created that are in it; since the first was."""
        _, read, _ = self._columns
        return read.in_steps(), read.in_steps(), read.in_steps()

    @cached_property
    def _block(self) -> Block:
        _, _, read = self._columns
        found = Block(**dict(zip(COUNTS, read.plain(), strict=True)), ratings=read.plain())
        for clocks in found.clocks.values():
            for one in fields(ClockBlock):
                is_values = isinstance(getattr(clocks, one.name), array)
                setattr(clocks, one.name, read.in_steps() if is_values else read.plain())
        return found


def sums(pack: Pack) -> Sums:
    """The sums of a pack."""
    tickets = pack.tickets()
    first, last = tickets.created_at[0], tickets.created_at[-1]
    block = Block()
    Rows(pack).count([block], in_one, Asked(first, last + 1, "UTC", (), "creation", last + 1))
    block.backlog_begin = block.backlog_end = 0  # these are of an instant, and told by the columns
    block.sort()
    write = Writer()
    write.plain([first, last])
    remaining = [at for at, closed in zip(tickets.created_at, tickets.closed_at, strict=True) if closed == NEVER]
    for instants in (tickets.span_begins, tickets.span_ends, remaining):
        write.in_steps([instant - first for instant in sorted(instants)])
    write.plain([getattr(block, name) for name in COUNTS])
    write.plain(block.ratings)
    for clocks in block.clocks.values():
        for one in fields(ClockBlock):
            value = getattr(clocks, one.name)
            if isinstance(value, array):
                write.in_steps(value)
            else:
                write.plain(value)
    return Sums(pack.tenant, write.packed())
