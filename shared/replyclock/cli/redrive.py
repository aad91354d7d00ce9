"""`replyclock redrive`: take up again what was set aside because of a fault, once that is mended."""

from __future__ import annotations

import argparse
import sys
from collections import Counter

from replyclock.adapters.days import DynamoDays
from replyclock.adapters.faults import DynamoFaults
from replyclock.adapters.notices import DynamoStorms
from replyclock.adapters.policies import DynamoPolicies
from replyclock.adapters.tickets import DynamoTickets
from replyclock.cli.deployments import at_rate, deployment, now, open_table, stored_policy, usual_refresh
from replyclock.cli.options import add_rate, add_where
from replyclock.cli.output import counted
from replyclock.domain.errors import Fault, InvalidInput
from replyclock.service.policies import unreadable_versions
from replyclock.service.ports import FaultKind
from replyclock.service.redrive import Outcome, Redrive, Redriven
from replyclock.service.storm import SumUpStorm

DESCRIPTION = """\
Takes up again what was set aside because of a fault, once that is mended: tickets are evaluated as if their events had
just come in, so that what is overdue alerts, late as it is; alerts are queued for publishing, and digests, reports and
connections for the next run of their function, which sets them aside again where they still fail. GET /faults shows
what is aside. Webhooks in quarantine are read again by `replyclock replay`. Exit status 1 where something failed again.
"""
KINDS = sorted({*FaultKind} - {FaultKind.REQUEST})


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("redrive", help="take up again what a fault stopped", description=DESCRIPTION)
    told = "this alone, as GET /faults names it: TENANT/SOURCE/TICKET"
    parser.add_argument("key", nargs="?", metavar="KEY", help=told)
    parser.add_argument("--all", action="store_true", help="all that is aside")
    parser.add_argument("--kind", choices=KINDS, help="of this kind alone")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be taken up")
    add_rate(parser, 100)
    add_where(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Takes up what is aside and returns the exit status."""
    if options.all is (options.key is not None):
        raise InvalidInput([Fault("KEY", "or --all must say what is taken up; one of them")])
    where = deployment(options)
    table = open_table(where)
    policies = DynamoPolicies(table)
    redrive = Redrive(
        DynamoFaults(table),
        DynamoTickets(table),
        DynamoDays(table),
        usual_refresh(where, table),
        SumUpStorm(DynamoStorms(table), now),
        stored_policy(table),
        lambda: unreadable_versions(policies),
        now,
        at_rate(options.rate),
    )
    things = redrive.aside(FaultKind(options.kind) if options.kind else None, options.key)
    if options.dry_run:
        for thing in things:
            print(f"{thing.kind}  {thing}")
        print(f"{counted(len(things), 'thing')} would be taken up")
        return 0
    outcomes: Counter[Outcome] = Counter()
    for one in redrive(things):
        outcomes[one.outcome] += 1
        if one.outcome is not Outcome.WORKS:
            print(_line(one))
            sys.stdout.flush()
    for outcome, count in outcomes.items():
        print(f"{count:>9,}  {outcome}")
    if not things:
        print("nothing is aside")
    return 1 if outcomes[Outcome.FAILED] else 0


def _line(one: Redriven) -> str:
    reason = f": {one.reason}" if one.reason else ""
    return f"{one.thing.kind}  {one.thing}  {one.outcome}{reason}"
