"""`replyclock evaluate`: each ticket of a file of events, as it stood at an instant."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from replyclock.cli.event_files import read_tickets
from replyclock.cli.output import print_document, while_read
from replyclock.domain.errors import Fault, InvalidInput
from replyclock.domain.instants import parse_instant
from replyclock.domain.judging import TicketResult, evaluate_ticket
from replyclock.domain.policy import DEFAULT_POLICY, Policy, read_policy
from replyclock.domain.yaml_source import TEXT_BYTES_MAX

MOST_TICKETS = 500
"""Tickets that the table shows: nobody reads more, and laying them out takes far longer than judging them."""

FIRST_YEAR, END_YEAR = 1970, 2300
FIRST, END = (parse_instant(f"{year}-01-01T00:00:00Z") for year in (FIRST_YEAR, END_YEAR))

PLAIN_WIDTH = 160
"""Columns of the table where it is not for a terminal: nothing is folded in them, as a rule."""

DESCRIPTION = """\
Judges each ticket of a file of events, as it stood at an instant. The file may be of any length and in any order: it is
read twice, and memory grows with the largest ticket, not with the file. Where tickets do not come sorted by tenant,
source and ticket as texts, sorting takes up to about 100 MB of memory, and where those do not suffice a temporary file
(in TMPDIR) as large as the events. What comes through a pipe is copied to a temporary file too.
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("evaluate", help="judge the tickets of an event file", description=DESCRIPTION)
    parser.add_argument(
        "events", metavar="EVENTS.jsonl", help="ticket events, one JSON object a line; - reads standard input"
    )
    parser.add_argument(
        "--policy", action="append", default=[], metavar="P.yaml", help="a version of the policy; may be repeated"
    )
    parser.add_argument("--at", metavar="INSTANT", help="judge as of this RFC 3339 instant; default: now")
    parser.add_argument("--json", action="store_true", help="one JSON object a ticket instead of a table")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints the results and returns the exit status. Raises InvalidInput before anything is printed."""
    at = read_at(options.at)
    policy = load_policy(options.policy)
    # Lines that appear on the terminal are progress enough, and a bar would stand among them.
    tickets = read_tickets(options.events, bar_throughout=not (options.json and sys.stdout.isatty()))
    judged = (evaluate_ticket(events, policy, at) for events in tickets)
    results = (result for result in judged if result is not None)
    with while_read():
        if options.json:
            for result in results:
                print_document(result.document())
        else:
            print_table(results, at)
    return 0


def read_at(text: str | None) -> int:
    """The instant that `--at` names, in microseconds; now where there is none."""
    if text is None:
        return time.time_ns() // 1000
    try:
        at = parse_instant(text)
    except ValueError as wrong:
        raise InvalidInput([Fault("--at", str(wrong))]) from None
    check_years("--at", at)
    return at


def check_years(option: str, at: int) -> None:
    """Raises InvalidInput, naming the option, for an instant (microseconds) that lies where no ticket is: calendars
    would be laid out over all the years until there.
    """
    if not FIRST <= at < END:
        raise InvalidInput([Fault(option, f"must lie in the years {FIRST_YEAR} to {END_YEAR - 1}")])


def load_policy(files: list[str]) -> Policy:
    """The policy in the files, or the default policy without any."""
    if not files:
        return DEFAULT_POLICY
    return read_policy(read_texts(files), files)


def read_texts(files: Sequence[str]) -> list[str]:
    """The texts of policy files. Raises InvalidInput naming those that are too long or not UTF-8, and OSError."""
    texts, faults = [], []
    for name in files:
        with Path(name).open("rb") as file:
            written = file.read(TEXT_BYTES_MAX + 1)  # reading does not end where the file is a device
        try:
            texts.append(written.decode())
        except UnicodeDecodeError:
            too_long = len(written) > TEXT_BYTES_MAX
            problem = f"is longer than {TEXT_BYTES_MAX // 2**20} MiB" if too_long else "is not UTF-8 text"
            faults.append(Fault("", problem, 1, name))
    if faults:
        raise InvalidInput(faults)
    return texts


def print_table(results: Iterable[TicketResult], at: int) -> None:
    """A readable table with a row a clock, and a last line that counts all. `at` is in microseconds."""
    # Imported here: the JSON way should not pay for the terminal.
    from replyclock.cli.tables import STATE_STYLES, clocks_table  # noqa: PLC0415
    from replyclock.cli.terminal import console  # noqa: PLC0415

    shown: list[TicketResult] = []
    states = Counter[str]()
    tickets = 0
    for result in results:
        tickets += 1
        states.update(clock.state for clock in result.clocks)
        if tickets <= MOST_TICKETS:
            shown.append(result)
    out = console()
    if not sys.stdout.isatty():
        out.width = PLAIN_WIDTH
    out.print(clocks_table(shown, at))
    if tickets > MOST_TICKETS:
        print(f"and {tickets - MOST_TICKETS:,} more, which --json lists")
    counted = ", ".join(f"{states[state]:,} {state.replace('_', ' ')}" for state in STATE_STYLES if states[state])
    print(f"{_count(tickets, 'ticket')}, {_count(states.total(), 'clock')}{f': {counted}' if counted else ''}")


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
