"""What `replyclock compare` does and prints."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from replyclock.cli.evaluate import PLAIN_WIDTH, load_policy, read_at
from replyclock.cli.history_files import MOST_SHOWN, History, files_of, read_files
from replyclock.cli.output import print_document, while_read
from replyclock.domain.compare import COUNTS, Compared, Measure, Stated, compare_ticket
from replyclock.domain.errors import InvalidInput
from replyclock.domain.policy import Policy
from replyclock.presentation.words import duration_words, ticket_words, time_words
from replyclock.sources.base import Connection, Record, connection_from_yaml, connection_without_options
from replyclock.sources.base.exports import Export, Piece, Reading, SetAside
from replyclock.sources.exports import export_providers, export_reader, generic
from replyclock.sources.figures import figures_of

_UNEXPLAINED = ("missing_event", "unknown")
_MOST_ROWS = 500


def run_compare(options: argparse.Namespace) -> int:
    """Prints each difference and returns the exit status: 1 where something is missing or unexplained."""
    policy, at = load_policy(options.policy), read_at(options.at)
    connection = _connection(options)
    reader = _WithFigures(_export(options.provider, connection), figures_of(options.provider))
    aside: list[SetAside] = []
    with closing(History()) as history:
        read_files(files_of(options.files), reader, history, aside.append, lambda _: None)
        history.translate(reader, None, lambda *_: 0, aside.append, lambda _: None)
        reasons: Counter[str] = Counter()
        tickets: set[str] = set()
        compared = _counted(_compared(history, reader.stated, connection, policy, at), reasons, tickets)
        with while_read():
            if options.json:
                for figure in compared:
                    print_document(figure.document())
            else:
                _print_table(compared, show_all=options.all)
                print(_summary(reasons, len(tickets)))
    for left_out in aside[:MOST_SHOWN]:
        print(f"{left_out.piece.place}: {left_out.reason}", file=sys.stderr)
    if len(aside) > MOST_SHOWN:
        print(f"and {len(aside) - MOST_SHOWN:,} more records that cannot be read", file=sys.stderr)
    return 1 if any(reasons[reason] for reason in _UNEXPLAINED) else 0


def _connection(options: argparse.Namespace) -> Connection:
    if options.connection is None:
        return connection_without_options(options.provider)
    return connection_from_yaml(Path(options.connection).read_text(encoding="utf-8"))


def _export(provider: str, connection: Connection) -> Export:
    """What reads the events; of tools whose exports nobody reads they come from our own."""
    return export_reader(provider, connection) if provider in export_providers() else generic.Reader(None)


class _WithFigures:
    """Reads an export, and takes the tool's own figures out of it."""

    def __init__(self, export: Export, figures: Callable[[object], Iterator[Stated]]) -> None:
        self._export, self._figures = export, figures
        self.stated: dict[str, list[Stated]] = {}

    @property
    def tables(self) -> Mapping[str, str]:
        return self._export.tables

    def split(self, document: object) -> Iterator[tuple[str, str, object]]:
        found = list(self._figures(document))
        for one in found:
            self.stated.setdefault(one.ticket, []).append(one)
        try:
            yield from self._export.split(document)
        except InvalidInput:
            if not found:
                raise

    def ticket_of(self, kind: str, record: Record) -> str | None:
        return self._export.ticket_of(kind, record)

    def translate(self, pieces: Sequence[Piece]) -> Reading:
        return self._export.translate(pieces)


def _compared(
    history: History, stated: Mapping[str, Sequence[Stated]], connection: Connection, policy: Policy, at: int
) -> Iterator[Compared]:
    known: set[str] = set()
    for key, events in history.tickets():
        known.add(key[2])
        yield from compare_ticket(key, events, stated.get(key[2], ()), policy, at)
    for ticket in sorted(stated.keys() - known):
        yield from compare_ticket((connection.tenant, connection.name, ticket), [], stated[ticket], policy, at)


def _counted(compared: Iterator[Compared], reasons: Counter[str], tickets: set[str]) -> Iterator[Compared]:
    for one in compared:
        reasons[one.reason or "agrees"] += 1
        tickets.add(one.stated.ticket)
        yield one


def _print_table(compared: Iterator[Compared], *, show_all: bool) -> None:
    # Imported here: the JSON way should not pay for the terminal.
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    from replyclock.cli.terminal import console  # noqa: PLC0415

    table = Table()
    for heading in ("ticket", "figure", "theirs", "ours", "reason", "because"):
        table.add_column(heading, overflow="fold", justify="right" if heading in ("theirs", "ours") else "left")
    left_out = 0
    for one in compared:
        if one.reason is None and not show_all:
            continue
        if table.row_count >= _MOST_ROWS:
            left_out += 1
            continue
        figure = one.stated.measure.replace("_", " ") + (
            f" {one.stated.instance}" if one.stated.measure == "next_response" else ""
        )
        table.add_row(
            Text(ticket_words(one.key)),
            figure + (", business hours" if one.stated.business else ""),
            _words(one.stated.measure, one.stated.value),
            _words(one.stated.measure, one.ours),
            (one.reason or "agrees").replace("_", " "),
            Text(one.because),
        )
    if table.row_count:
        out = console()
        if not sys.stdout.isatty():
            out.width = PLAIN_WIDTH
        out.print(table)
    if left_out:
        print(f"and {left_out:,} more, which --json lists")


def _words(measure: Measure, value: int | None) -> str:
    if value is None:
        return "none"
    if measure in COUNTS:
        return str(value)
    return time_words(value, "UTC") if measure == "waiting_since" else duration_words(value)


def _summary(reasons: Counter[str], tickets: int) -> str:
    total = reasons.total()
    if not total:
        return "the files have no figures of the tool's own"
    differ = ", ".join(
        f"{count:,} {reason.replace('_', ' ')}" for reason, count in sorted(reasons.items()) if reason != "agrees"
    )
    agree = f"{reasons['agrees']:,} of {total:,} figures of {tickets:,} tickets agree"
    return f"{agree}; the others: {differ}" if differ else agree
