"""`replyclock drop`: end the keeping of logs of tickets that ended long ago; reports still have their figures."""

from __future__ import annotations

import argparse

from replyclock.adapters.archive import DynamoArchive
from replyclock.adapters.days import DynamoDays
from replyclock.adapters.tickets import DynamoTickets
from replyclock.cli.deployments import add_where, at_rate, deployment, now, open_table, rate, read_when, stored_policy
from replyclock.domain.errors import Fault, InvalidInput
from replyclock.domain.instants import DAY
from replyclock.service.drop import DropTickets

LEAST_AGE = 30 * DAY
"""What happened more recently than this is never dropped: people still look at it."""
DESCRIPTION = """\
Drops events, state and alerts of tickets that were created before a day, to which nothing has happened since then, of
which no clock runs, and of which the figures of their day have everything. GET /reports/… still covers them, by those
figures; GET /tickets/…, explain, simulate, export and rebuild do not. A ticket that was dropped stays so: what comes of
it later is not measured.
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("drop", help="drop logs of long ago, keeping figures", description=DESCRIPTION)
    parser.add_argument("--before", required=True, metavar="WHEN", help="an RFC 3339 instant, or a date in UTC")
    parser.add_argument("--tenant", help="tickets of this tenant alone")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be dropped")
    parser.add_argument(
        "--rate", type=rate, default=50.0, metavar="N", help="tickets a second, beside live traffic; default: 50"
    )
    add_where(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Drops tickets and returns the exit status."""
    before = read_when("--before", options.before)
    assert before is not None
    if before > now() - LEAST_AGE:
        raise InvalidInput([Fault("--before", f"must be {LEAST_AGE // DAY} days ago or longer")])
    table = open_table(deployment(options))
    drop = DropTickets(
        DynamoArchive(table),
        DynamoTickets(table),
        DynamoDays(table),
        stored_policy(table),
        now,
        at_rate(options.rate),
    )
    fates, events = drop(before, options.tenant, dry_run=options.dry_run)
    for fate, count in sorted(fates.items(), key=lambda one: -one[1]):
        print(f"{count:>9}  {fate}")
    print(f"{events} events {'would be' if options.dry_run else 'are'} gone")
    return 0
