"""`replyclock report`: what the tickets of a file of events come to in a span."""

from __future__ import annotations

import argparse

from replyclock.cli.evaluate import load_policy, read_at
from replyclock.cli.event_files import read_tickets
from replyclock.cli.output import print_document, while_read
from replyclock.domain.dimensions import DIMENSIONS
from replyclock.domain.errors import Fault, InvalidInput
from replyclock.domain.figures import ticket_figures
from replyclock.domain.report import COHORTS, Asked, check_zone, read_bound, summary

DESCRIPTION = f"""\
Sums up the tickets of a file of events: how many came, how fast they were answered and resolved, how well promises were
kept, reopenings, satisfaction, and what changed against the span of equal length before. The file should have all
tickets, older ones, too: they are in the backlog and in the span before. It may be of any length and in any order, as
for evaluate. Dimensions of --by are {", ".join(DIMENSIONS)}, and any other attribute.
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("report", help="sum up the tickets of an event file", description=DESCRIPTION)
    parser.add_argument(
        "events", metavar="EVENTS.jsonl", help="ticket events, one JSON object a line; - reads standard input"
    )
    parser.add_argument(
        "--policy", action="append", default=[], metavar="P.yaml", help="a version of the policy; may be repeated"
    )
    when = "an RFC 3339 instant, or a date: the beginning of that day in the time zone"
    parser.add_argument("--from", dest="begin", required=True, metavar="WHEN", help=f"where the span begins: {when}")
    parser.add_argument("--to", dest="end", required=True, metavar="WHEN", help="before what it ends, likewise")
    parser.add_argument("--at", metavar="INSTANT", help="as known at this RFC 3339 instant; default: now")
    parser.add_argument(
        "--zone", default="UTC", metavar="ZONE", help="the time zone of days and hours, such as Europe/Berlin"
    )
    parser.add_argument(
        "--by", default="", metavar="DIMENSIONS", help="also by group: dimensions, with commas between them"
    )
    parser.add_argument(
        "--cohort",
        choices=COHORTS,
        default=COHORTS[0],
        help="the tickets created in the span, or whatever happened in it; default: creation",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints the report and returns the exit status. Raises InvalidInput before anything is printed."""
    asked = _read_asked(options)
    policy = load_policy(options.policy)
    told = (ticket_figures(events, policy, asked.at) for events in read_tickets(options.events))
    found = summary((figures for figures in told if figures is not None), asked)
    if options.json:
        with while_read():
            print_document(found)
        return 0
    # Imported here: the JSON way should not pay for the terminal.
    from replyclock.cli.reports import print_report  # noqa: PLC0415
    from replyclock.cli.terminal import console  # noqa: PLC0415

    with while_read():
        print_report(console(), found)
    return 0


def _read_asked(options: argparse.Namespace) -> Asked:
    at = read_at(options.at)
    try:
        check_zone(options.zone)
        return Asked(
            read_bound("from", options.begin, options.zone),
            read_bound("to", options.end, options.zone),
            options.zone,
            tuple(options.by.split(",")) if options.by else (),
            options.cohort,
            at,
        )
    except InvalidInput as wrong:
        raise InvalidInput([Fault(f"--{fault.field}", fault.problem) for fault in wrong.faults]) from None
