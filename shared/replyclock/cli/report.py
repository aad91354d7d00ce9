"""`replyclock report`: what the tickets of a file of events come to in a span."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from replyclock.cli.evaluate import check_years, load_policy, read_at
from replyclock.cli.event_files import read_tickets
from replyclock.cli.output import print_document, while_read
from replyclock.domain.errors import Fault, InvalidInput
from replyclock.domain.figures import ticket_figures
from replyclock.domain.policy import METRICS
from replyclock.domain.report import COHORTS, Asked, check_zone, read_bound
from replyclock.domain.reporting.facts import DIMENSIONS
from replyclock.domain.reporting.periods import EVERY

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


DESCRIPTION = f"""\
Sums up the tickets of a file of events: how many came, how fast they were answered and resolved, how well promises were
kept, reopenings, satisfaction, and what changed against the span of equal length before. The file should have all
tickets, older ones, too: they are in the backlog and in the span before. It may be of any length and in any order, as
for evaluate. Trends are of the tickets created in each day, week or month of the zone; a distribution is by one
dimension, without --by by standard. Dimensions of --by are {", ".join(DIMENSIONS)}, and any other attribute.
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("report", help="sum up the tickets of an event file", description=DESCRIPTION)
    parser.add_argument(
        "report",
        nargs="?",
        choices=("summary", "trends", "distribution"),
        default="summary",
        help="what is asked: all figures (the default), how they go over time, or how the times of a clock are spread",
    )
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
    parser.add_argument("--every", choices=EVERY, default=EVERY[0], help="of trends: a point a day, week or month")
    parser.add_argument(
        "--metric", choices=METRICS, default=METRICS[0], help=f"of trends and distribution; default: {METRICS[0]}"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    form.add_argument("--csv", action="store_true", help="one table as CSV, for spreadsheets")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints the report and returns the exit status. Raises InvalidInput before anything is printed."""
    # Imported here, as the engine is loaded with it: other commands should not wait for that.
    from replyclock.reporting_sql.engine import connect, load_figures  # noqa: PLC0415
    from replyclock.service.reports import check_dimensions  # noqa: PLC0415

    asked = _read_asked(options)
    policy = load_policy(options.policy)
    told = (ticket_figures(events, policy, asked.at) for events in read_tickets(options.events))
    with connect() as facts:
        load_figures(facts, (figures for figures in told if figures is not None))
        try:
            check_dimensions(facts, asked.group_by)
        except InvalidInput as wrong:
            raise _as_options(wrong) from None
        found = _found(options, facts, asked)
    if options.json:
        with while_read():
            print_document(found)
        return 0
    if options.csv:
        from replyclock.presentation.report_csv import report_csv  # noqa: PLC0415

        with while_read():
            # With the ends of lines that the form has, wherever it runs.
            sys.stdout.buffer.write(report_csv(options.report, found).encode())
        return 0
    # Imported here: the JSON way should not pay for the terminal.
    from replyclock.cli.reports import print_distribution, print_report, print_trends  # noqa: PLC0415
    from replyclock.cli.terminal import console  # noqa: PLC0415

    with while_read():
        {"summary": print_report, "trends": print_trends, "distribution": print_distribution}[options.report](
            console(), found
        )
    return 0


def _found(options: argparse.Namespace, facts: DuckDBPyConnection, asked: Asked) -> dict[str, Any]:
    from replyclock.reporting_sql import distribution, summary, trends  # noqa: PLC0415

    match options.report:
        case "trends":
            return trends(facts, asked, options.every, options.metric)
        case "distribution":
            return distribution(facts, asked, options.metric)
        case _:
            return summary(facts, asked)


def _read_asked(options: argparse.Namespace) -> Asked:
    at = read_at(options.at)
    try:
        check_zone(options.zone)
        begin, end = (
            read_bound(name, text, options.zone) for name, text in (("from", options.begin), ("to", options.end))
        )
        check_years("from", begin)
        check_years("to", end)
        return Asked(
            begin,
            end,
            options.zone,
            tuple(options.by.split(",")) if options.by else (),
            options.cohort,
            at,
        )
    except InvalidInput as wrong:
        raise _as_options(wrong) from None


def _as_options(wrong: InvalidInput) -> InvalidInput:
    """The same faults, named as the command line has them."""
    return InvalidInput([Fault(f"--{fault.field}", fault.problem) for fault in wrong.faults])
