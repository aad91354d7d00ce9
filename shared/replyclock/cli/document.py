"""`replyclock document`: the service response time document, from the policy and a file of events."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from replyclock.cli.evaluate import check_years, load_policy, read_at
from replyclock.cli.event_files import read_tickets
from replyclock.cli.output import while_read
from replyclock.domain.errors import Fault, InvalidInput
from replyclock.domain.figures import ticket_figures
from replyclock.domain.instants import DAY
from replyclock.domain.policy import Interval
from replyclock.domain.report import Asked, check_zone, read_bound
from replyclock.domain.staffing import Effort
from replyclock.presentation.document import FORMATS, LANGUAGES, render_document

PERIOD = 90 * DAY
"""How long a span is evaluated where nothing else is asked: about a quarter."""

HANDLING_MAX = 1_000 * DAY // 24
"""How long an agent may be busy with a ticket: working out the staff takes as much longer."""

DESCRIPTION = """\
Writes the service response time document: what is promised to whom, how it is measured and monitored, what came of it,
what lengthens times and what to do about that. It is made from the policy in force and the tickets of a file of events;
without a file, or without tickets in the period, it says so where figures would stand. The figures are those of the
tickets created in the period; what is held in memory is some hundred bytes a ticket.
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("document", help="write the service response time document", description=DESCRIPTION)
    parser.add_argument(
        "events",
        nargs="?",
        metavar="EVENTS.jsonl",
        help="ticket events, one JSON object a line; - reads standard input; without any there are no figures",
    )
    parser.add_argument(
        "--policy", action="append", default=[], metavar="P.yaml", help="a version of the policy; may be repeated"
    )
    parser.add_argument("--lang", choices=list(LANGUAGES), default="en", help="default: en")
    parser.add_argument(
        "--format",
        choices=FORMATS,
        default="html",
        help="HTML, fit to print; Markdown; or the tree of sections as JSON",
    )
    when = "an RFC 3339 instant, or a date: the beginning of that day in the time zone"
    parser.add_argument(
        "--from", dest="begin", metavar="WHEN", help=f"where the period begins: {when}; default: 90 days before its end"
    )
    parser.add_argument("--to", dest="end", metavar="WHEN", help="before what it ends, likewise; default: --at")
    parser.add_argument(
        "--at", metavar="INSTANT", help="as known at this RFC 3339 instant, also the policy; default: now"
    )
    parser.add_argument(
        "--zone", default="UTC", metavar="ZONE", help="the time zone of dates, days and hours, such as Europe/Berlin"
    )
    parser.add_argument(
        "--handling",
        default="10m",
        metavar="DURATION",
        help="how long an agent is busy with a ticket, for staffing: an assumption, shown as such; default: 10m",
    )
    parser.add_argument("--output", metavar="FILE", help="write there instead of to standard output")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Writes the document and returns the exit status. Raises InvalidInput and OSError with nothing written."""
    at = read_at(options.at)
    policy = load_policy(options.policy)
    asked, effort = _read_asked(options, at), _read_effort(options.handling)
    document = policy.in_force(at)
    if document is None:
        raise InvalidInput([Fault("--at", "no version of the policy is in force yet")])
    results = None
    if options.events is not None:
        told = (ticket_figures(one, policy, asked.at) for one in read_tickets(options.events))
        from replyclock.reporting_sql.engine import connect, load_figures  # noqa: PLC0415
        from replyclock.service.document import evaluate  # noqa: PLC0415

        with connect() as facts:
            load_figures(facts, (figures for figures in told if figures is not None))
            results = evaluate(facts, asked, policy, effort)
    text = render_document(document, results, at, options.zone, options.lang, options.format)
    if options.output is not None:
        Path(options.output).write_text(text, encoding="utf-8", newline="\n")
        return 0
    with while_read():
        # As UTF-8 wherever it runs: the document says that it is.
        sys.stdout.buffer.write(text.encode())
    return 0


def _read_asked(options: argparse.Namespace, at: int) -> Asked:
    try:
        check_zone(options.zone)
        end = at if options.end is None else read_bound("to", options.end, options.zone)
        begin = end - PERIOD if options.begin is None else read_bound("from", options.begin, options.zone)
        check_years("from", begin)
        check_years("to", end)
        return Asked(begin, end, options.zone, (), "creation", at)
    except InvalidInput as wrong:
        raise InvalidInput([Fault(f"--{fault.field}", fault.problem) for fault in wrong.faults]) from None


def _read_effort(handling: str) -> Effort:
    try:
        interval = TypeAdapter(Interval).validate_python(handling)
    except ValidationError as wrong:
        raise InvalidInput([Fault("--handling", wrong.errors()[0]["msg"])]) from None
    if interval > HANDLING_MAX:
        raise InvalidInput([Fault("--handling", f"must be {HANDLING_MAX // (DAY // 24)}h at most")])
    return Effort(interval)
