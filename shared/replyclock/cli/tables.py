"""Clocks as a table for the terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from replyclock.domain.judging import Clock, TicketResult
from replyclock.presentation.words import METRIC_WORDS, duration_words, target_words, ticket_words, time_words

STATE_STYLES = {
    "breached": "bold red",
    "running": "yellow",
    "paused": "cyan",
    "met": "green",
    "no_target": "dim",
    "cancelled": "dim",
}


def clocks_table(results: Iterable[TicketResult], at: int) -> Table:
    """A row a clock, tickets in the order given; times are those of each clock's calendar."""
    table = Table(title=f"As of {time_words(at, 'UTC')}", title_justify="left")
    for heading in ("ticket", "status", "clock", "standard", "promise", "elapsed", "state", "due"):
        table.add_column(heading, overflow="fold", justify="right" if heading in ("promise", "elapsed") else "left")
    for result in results:
        name = ticket_name(result)
        if not result.clocks:
            table.add_row(name, result.state, *[""] * 6)
        for i, clock in enumerate(result.clocks):
            table.add_row(
                Text(name if i == 0 else ""),
                result.state if i == 0 else "",
                *clock_cells(clock, at),
                end_section=i + 1 == len(result.clocks),
            )
    return table


def ticket_name(result: TicketResult) -> str:
    """The ticket as people know it, with tenant and source where they are not the default ones."""
    return ticket_words(result.key)


def clock_cells(clock: Clock, at: int) -> list[Text]:
    """The cells of one clock: clock, standard, promise, elapsed, state, due."""
    words = METRIC_WORDS[clock.metric] + (f" {clock.instance}" if clock.metric == "next_response" else "")
    return [
        Text(words),
        Text(clock.standard or ""),
        Text(target_words(clock.target) if clock.target else ""),
        Text(duration_words(clock.elapsed) if clock.elapsed is not None else ""),
        Text(clock.state.replace("_", " ") + (f" ({clock.reason})" if clock.reason else ""), STATE_STYLES[clock.state]),
        Text(_due(clock, at)),
    ]


def _due(clock: Clock, at: int) -> str:
    if clock.due_at is None or clock.timezone is None:
        return ""
    words = time_words(clock.due_at, clock.timezone)
    if clock.stopped_at is not None:
        return words
    return (
        f"{words}, {duration_words(clock.due_at - at)} left"
        if clock.due_at > at
        else f"{words}, {duration_words(at - clock.due_at)} late"
    )
