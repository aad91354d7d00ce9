"""What `replyclock compare` does and prints."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from replyclock.cli.evaluate import PLAIN_WIDTH, load_policy, read_at
from replyclock.cli.history_files import MOST_SHOWN, History, files_of, place_order, read_files
from replyclock.cli.output import counted, print_document, while_read
from replyclock.domain.calendars import Calendar
from replyclock.domain.compare import COUNTS, INSTANTS, Compared, Measure, Stated, compare_ticket
from replyclock.domain.errors import Fault, InvalidInput
from replyclock.domain.events import TicketKey
from replyclock.domain.gaps import OtherNames
from replyclock.domain.policy import Policy
from replyclock.presentation.words import duration_words, shown, ticket_words, time_words
from replyclock.sources.base import Connection, Record, connection_from_yaml, connection_without_options
from replyclock.sources.base.exports import Export, Piece, Reading, SetAside
from replyclock.sources.exports import export_providers, export_reader, generic
from replyclock.sources.figures import Figures, figures_of

if TYPE_CHECKING:
    from rich.table import Table

_UNEXPLAINED = ("missing_event", "unknown")
_MOST_ROWS = 500
_MOST_NAMED = 3


@dataclass(slots=True)
class _Overview:
    """What was compared, in numbers."""

    told: Counter[str] = field(default_factory=Counter)
    """Figures by what they are of."""
    agreed: Counter[str] = field(default_factory=Counter)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Differences by reason and its words."""
    tickets: set[TicketKey] = field(default_factory=set)
    differing: dict[tuple[str, str], dict[TicketKey, None]] = field(default_factory=dict)
    """The tickets of each reason."""
    left_out: int = 0
    without: list[TicketKey] = field(default_factory=list)
    """Tickets of the log of which the tool states nothing."""

    def count(self, one: Compared) -> None:
        figure = _figure_words(one.stated)
        self.told[figure] += 1
        self.tickets.add(one.key)
        if one.reason is None:
            self.agreed[figure] += 1
        else:
            self.reasons[one.reason, one.because] += 1
            self.differing.setdefault((one.reason, one.because), {})[one.key] = None


def run_compare(options: argparse.Namespace) -> int:
    """Prints each difference and returns the exit status: 1 where something is missing or unexplained, or
    there is nothing to compare.
    """
    policy, at = load_policy(options.policy), read_at(options.at)
    calendar = _calendar(options.calendar, policy)
    connection = _connection(options)
    reader = _WithFigures(_export(options.provider, connection), figures_of(options.provider))
    aside: list[SetAside] = []
    with closing(History()) as history:
        read_files(files_of(options.files), reader, history, aside.append, lambda _: None)
        history.translate(reader, None, lambda *_: 0, aside.append, lambda _: None)
        seen = _Overview()
        stated = reader.figures.stated()
        compared = _compared(history, stated, connection, policy, at, calendar, options.ticket, seen)
        with while_read():
            if options.json:
                for figure in compared:
                    print_document(figure.document())
            else:
                _print_tables(compared, seen, show_all=options.all)
        _print_lines(_summary(seen), to_errors=options.json)
    for left_out in sorted(aside, key=lambda one: place_order(one.piece.place))[:MOST_SHOWN]:
        print(f"{left_out.piece.place}: {left_out.reason}", file=sys.stderr)
    if len(aside) > MOST_SHOWN:
        print(f"and {len(aside) - MOST_SHOWN:,} more that cannot be read", file=sys.stderr)
    if not seen.told and not seen.left_out:
        of_one = "" if options.ticket is None else f" of ticket {shown(options.ticket)}"
        print(f"the files have no figures of the tool's own{of_one}: nothing was compared", file=sys.stderr)
        return 1
    return 1 if any(reason in _UNEXPLAINED for reason, _ in seen.reasons) else 0


def _connection(options: argparse.Namespace) -> Connection:
    if options.connection is None:
        return connection_without_options(options.provider)
    return connection_from_yaml(Path(options.connection).read_text(encoding="utf-8"))


def _calendar(name: str | None, policy: Policy) -> Calendar | None:
    """The calendar that is named, as the latest version of the policy that has it draws it up."""
    if name is None:
        return None
    known: dict[str, Calendar] = {}
    for document in policy.documents:
        known.update(document.known_calendars)
    if name not in known:
        raise InvalidInput([Fault("--calendar", f"the policy has no calendar {shown(name)}, only {', '.join(known)}")])
    return known[name]


def _export(provider: str, connection: Connection) -> Export:
    """What reads the events; of tools whose exports nobody reads they come from our own."""
    return export_reader(provider, connection) if provider in export_providers() else generic.Reader(None)


class _WithFigures:
    """Reads an export, and takes the tool's own figures out of it."""

    def __init__(self, export: Export, figures: Figures) -> None:
        self._export, self.figures = export, figures

    @property
    def tables(self) -> Mapping[str, str]:
        return self._export.tables

    @property
    def other_names(self) -> OtherNames | None:
        return self._export.other_names

    @property
    def group_names(self) -> Mapping[str, str]:
        return self._export.group_names

    def split(self, document: object) -> Iterator[tuple[str, str, object]]:
        taken = self.figures.take(document)
        try:
            yield from self._export.split(document)
        except InvalidInput:
            if not taken:
                raise

    def ticket_of(self, kind: str, record: Record) -> str | None:
        return self._export.ticket_of(kind, record)

    def translate(self, pieces: Sequence[Piece]) -> Reading:
        return self._export.translate(pieces)


def _compared(
    history: History,
    stated: Mapping[str, Sequence[Stated]],
    connection: Connection,
    policy: Policy,
    at: int,
    calendar: Calendar | None,
    only: str | None,
    seen: _Overview,
) -> Iterator[Compared]:
    known: set[str] = set()
    for key, events in history.tickets():
        known.add(key[2])
        if only is not None and key[2] != only:
            continue
        theirs = stated.get(key[2], ())
        found = compare_ticket(key, events, theirs, policy, at, calendar)
        seen.left_out += max(0, len(set(theirs)) - len(found))
        if not theirs:
            seen.without.append(key)
        yield from _counted(found, seen)
    for ticket in sorted(stated.keys() - known):
        if only in (None, ticket):
            key = connection.tenant, connection.name, ticket
            yield from _counted(compare_ticket(key, [], stated[ticket], policy, at, calendar), seen)


def _counted(compared: Iterable[Compared], seen: _Overview) -> Iterator[Compared]:
    for one in compared:
        seen.count(one)
        yield one


def _print_tables(compared: Iterator[Compared], seen: _Overview, *, show_all: bool) -> None:
    """Ticket by ticket, then how many figures agree and why others do not: what stays on the screen is the overview."""
    # Imported here: the JSON way should not pay for the terminal.
    from rich.text import Text  # noqa: PLC0415

    from replyclock.cli.terminal import console  # noqa: PLC0415

    table = _table("ticket", "figure", "theirs", "ours", "why")
    hidden = 0
    for one in compared:
        if one.reason is None and not show_all:
            continue
        if table.row_count >= _MOST_ROWS:
            hidden += 1
            continue
        table.add_row(
            Text(ticket_words(one.key)),
            _figure_words(one.stated, numbered=True),
            _words(one.stated.measure, one.stated.value),
            _words(one.stated.measure, one.ours),
            Text(_why(one)),
        )
    out = console()
    if not sys.stdout.isatty():
        out.width = PLAIN_WIDTH
    if table.row_count:
        out.print(table)
    if hidden:
        print(f"and {hidden:,} more, which --json lists; --ticket shows those of one")
    if not seen.told:
        return
    figures = _table("figure", "compared", "agree", "%")
    for figure, count in seen.told.items():
        agreed = seen.agreed[figure]
        # Rounded down: 100 % is said where all agree, and only there.
        figures.add_row(figure, f"{count:,}", f"{agreed:,}", str(100 * agreed // count))
    out.print(figures)
    if not seen.reasons:
        return
    reasons = _table("why they differ", "figures", "tickets", "such as")
    for (reason, because), count in seen.reasons.most_common():
        tickets = list(seen.differing[reason, because])
        named = ", ".join(ticket_words(key) for key in tickets[:_MOST_NAMED])
        words = f"{reason.replace('_', ' ')}: {because}"
        reasons.add_row(Text(words), f"{count:,}", f"{len(tickets):,}", Text(named))
    out.print(reasons)


def _print_lines(lines: Iterable[str], *, to_errors: bool) -> None:
    from replyclock.cli.terminal import console  # noqa: PLC0415

    for line in lines:
        if to_errors:
            print(line, file=sys.stderr)
        else:
            console().print(line, soft_wrap=not sys.stdout.isatty())


def _table(*headings: str) -> Table:
    from rich.table import Table  # noqa: PLC0415

    table = Table()
    for heading in headings:
        numeric = heading in ("theirs", "ours", "compared", "agree", "%", "figures", "tickets")
        table.add_column(heading, overflow="fold", justify="right" if numeric else "left")
    return table


def _figure_words(stated: Stated, *, numbered: bool = False) -> str:
    words = stated.measure.replace("_", " ")
    if numbered and stated.measure in ("next_response", "next_response_breach"):
        words += f" {stated.instance}"
    return words + (", business hours" if stated.business else "")


def _why(one: Compared) -> str:
    if one.reason is None:
        return "agrees"
    moment = "" if one.moment is None else f" ({time_words(one.moment, 'UTC')})"
    return f"{one.reason.replace('_', ' ')}: {one.because}{moment}"


def _words(measure: Measure, value: int | None) -> str:
    if value is None:
        return "none"
    if measure in COUNTS:
        return f"{value:,}"
    return time_words(value, "UTC", "%Y-%m-%d %H:%M:%S") if measure in INSTANTS else duration_words(value)


def _summary(seen: _Overview) -> Iterator[str]:
    total, agreed = seen.told.total(), seen.agreed.total()
    if total:
        reasons: Counter[str] = Counter()
        for (reason, _), count in seen.reasons.items():
            reasons[reason.replace("_", " ")] += count
        differ = ", ".join(f"{count:,} {reason}" for reason, count in sorted(reasons.items()))
        agree = f"{agreed:,} of {counted(total, 'figure')} of {counted(len(seen.tickets), 'ticket')} agree"
        yield f"{agree}; the others: {differ}" if differ else agree
    if seen.left_out:
        yield f"left out, since they still run or ended after --at: {counted(seen.left_out, 'figure')}"
    if total and seen.without:
        named = ", ".join(ticket_words(key) for key in seen.without[:_MOST_NAMED])
        more = ", …" if len(seen.without) > _MOST_NAMED else ""
        yield f"of {counted(len(seen.without), 'ticket')} here the tool states nothing: {named}{more}"
