"""`replyclock drop`: end the keeping of logs of tickets that ended long ago; reports still have their figures."""

from __future__ import annotations

import argparse
from collections import Counter

from replyclock.adapters.archive import DynamoArchive
from replyclock.adapters.days import DynamoDays
from replyclock.adapters.retention import DynamoRetention
from replyclock.adapters.tickets import DynamoTickets
from replyclock.cli.deployments import at_rate, deployment, now, open_facts, open_table, set_aside, stored_policy
from replyclock.cli.options import add_rate, add_tenant, add_where, read_when
from replyclock.cli.output import counted
from replyclock.cli.progress import Meter
from replyclock.domain.errors import Fault, InvalidInput
from replyclock.domain.instants import DAY
from replyclock.service.drop import LEAST_AGE, RATE, DropTickets, Fate

DESCRIPTION = """\
Drops events, state and alerts of tickets that were created before a day, to which nothing has happened since then, of
which no clock runs, and of which the figures of their day have everything. GET /reports/… still covers them, by those
figures; GET /tickets/…, simulate, export and rebuild do not. A ticket that was dropped stays so: what comes of it later
is not measured, and goes the next time. With the stack's parameter RetentionDays it happens by itself, each day.
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("drop", help="drop logs of long ago, keeping figures", description=DESCRIPTION)
    parser.add_argument("--before", required=True, metavar="WHEN", help="an RFC 3339 instant, or a date in UTC")
    add_tenant(parser)
    parser.add_argument("--dry-run", action="store_true", help="only say what would be dropped")
    add_rate(parser, RATE)
    add_where(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Drops tickets and returns the exit status."""
    before = read_when("--before", options.before)
    assert before is not None
    if before > now() - LEAST_AGE:
        raise InvalidInput([Fault("--before", f"must be {LEAST_AGE // DAY} days ago or longer")])
    where = deployment(options)
    table = open_table(where)
    tickets = DynamoTickets(table)
    drop = DropTickets(
        DynamoArchive(table),
        tickets,
        tickets,
        DynamoDays(table),
        open_facts(where),
        DynamoRetention(table),
        stored_policy(table),
        now,
        at_rate(options.rate),
        set_aside(table),
    )
    fates: Counter[Fate] = Counter()
    events = 0
    with Meter("looking", sum(1 for _ in drop.keys(before, options.tenant)), "tickets") as meter:
        for looked in drop(before, options.tenant, dry_run=options.dry_run):
            fates[looked.fate] += 1
            events += looked.events
            meter.advance(looked.fate != "dropped before")
    for fate, count in fates.most_common():
        print(f"{count:>9}  {fate}")
    how = "would be gone" if options.dry_run else "gone"
    print(f"{how}: {counted(events, 'event')}")
    return 0
