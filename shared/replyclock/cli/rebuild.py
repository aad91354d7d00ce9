"""`replyclock rebuild`: what is known of tickets, made anew from their log."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator

from replyclock.adapters.archive import DynamoArchive
from replyclock.adapters.dynamodb import Table
from replyclock.adapters.tickets import DynamoTickets
from replyclock.cli.deployments import at_rate, deployment, now, open_table, quiet_refresh, stored_policy
from replyclock.cli.options import add_rate, add_span, add_tenant, add_where, read_span
from replyclock.cli.output import counted
from replyclock.cli.progress import Meter
from replyclock.domain.errors import Fault, InvalidInput
from replyclock.domain.events import TicketKey
from replyclock.presentation.words import ticket_words
from replyclock.service.rebuild import Rebuild

EXAMPLES = 3
"""Tickets that are shown of each kind of difference."""
DESCRIPTION = """\
Evaluates the log of tickets and shows where what is kept of them says otherwise: by kind of difference how many, and
some of them. With --write they are measured anew after that, and the figures of their days are built anew within
minutes. Nobody is alerted of the past: what would have been owed is put on record alone.
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("rebuild", help="measure tickets anew from their log", description=DESCRIPTION)
    parser.add_argument("--all", action="store_true", help="all tickets, those too that no index knows of")
    add_span(parser)
    add_tenant(parser)
    parser.add_argument("--write", action="store_true", help="measure them anew, after the difference was shown")
    add_rate(parser, 100)
    add_where(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Shows the difference, and writes. Returns the exit status: 1 where there is one that was not written."""
    begin, end = read_span(options)
    if options.all is (begin is not None) or (options.all and end is not None):
        raise InvalidInput([Fault("--from", "or --all must say which tickets; one of them")])
    where = deployment(options)
    table = open_table(where)
    tickets = DynamoTickets(table)
    rebuild = Rebuild(tickets, stored_policy(table), now, quiet_refresh(where, table), at_rate(options.rate))

    def keys() -> Iterator[TicketKey]:
        return _keys(table, tickets, begin, end, options.tenant)

    looked, differ = _show(rebuild, keys())
    if not options.write:
        return 1 if differ else 0
    written = on_record = 0
    with Meter("measuring", looked, "tickets") as meter:
        for refreshed in rebuild.write(keys()):
            written += refreshed.written
            on_record += len(refreshed.entries)
            meter.advance(1)
    now_due = f"; due just now, and told: {counted(on_record, 'alert')}" if on_record else ""
    print(f"{written:,} written{now_due}")
    return 0


def _keys(
    table: Table, tickets: DynamoTickets, begin: int | None, end: int | None, tenant: str | None
) -> Iterator[TicketKey]:
    found = DynamoArchive(table).tickets() if begin is None else tickets.created(begin, now() if end is None else end)
    return (key for key in found if tenant in (None, key[0]))


def _show(rebuild: Rebuild, keys: Iterator[TicketKey]) -> tuple[int, int]:
    """Prints what differs; returns how many tickets there are, and how many do."""
    looked = differ = 0
    kinds: Counter[str] = Counter()
    examples: dict[str, list[str]] = {}
    # How many there are is known when all are read.
    with Meter("comparing", None, "tickets") as meter:
        for one in rebuild.compare(keys):
            looked += 1
            differ += bool(one.differs_in)
            for kind in one.differs_in:
                kinds[kind] += 1
                if len(some := examples.setdefault(kind, [])) < EXAMPLES:
                    some.append(ticket_words(one.key))
            meter.advance(1)
    print(f"{counted(looked, 'ticket')}, of which {differ:,} differ from their log")
    for kind, count in kinds.most_common():
        print(f"  {count:>7}  {kind}: {', '.join(examples[kind])}{', …' if count > EXAMPLES else ''}")
    sys.stdout.flush()
    return looked, differ
