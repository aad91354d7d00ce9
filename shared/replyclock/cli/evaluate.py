"""`replyclock evaluate`: each ticket of a file of events, as it stood at an instant."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from replyclock.domain.errors import Fault, InvalidInput
from replyclock.domain.evaluation import evaluate_events, read_events
from replyclock.domain.instants import parse_instant
from replyclock.domain.judging import TicketResult
from replyclock.domain.policy import DEFAULT_POLICY, Policy, read_policy

if TYPE_CHECKING:
    from _typeshed import SupportsWrite


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("evaluate", help="judge the tickets of an event file", description=__doc__)
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
    """Prints the results and returns the exit status. Nothing is printed when anything is wrong with the input."""
    at = read_at(options.at)
    policy = load_policy(options.policy)
    if options.events == "-":
        events = list(read_events(sys.stdin.buffer, "-"))
    else:
        with Path(options.events).open("rb") as file:
            events = list(read_events(file, options.events))
    results = evaluate_events(events, policy, at)
    if options.json:
        print_json(results)
    else:
        print_table(list(results), at)
    return 0


def read_at(text: str | None) -> int:
    """The instant that `--at` names, in microseconds; now where there is none."""
    if text is None:
        return time.time_ns() // 1000
    try:
        return parse_instant(text)
    except ValueError as wrong:
        raise InvalidInput([Fault("--at", str(wrong))]) from None


def load_policy(files: list[str]) -> Policy:
    """The policy in the files, or the default policy without any."""
    if not files:
        return DEFAULT_POLICY
    texts, faults = [], []
    for name in files:
        try:
            texts.append(Path(name).read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            faults.append(Fault("", "is not UTF-8 text", 1, name))
    if faults:
        raise InvalidInput(faults)
    return read_policy(texts, files)


def print_json(results: Iterable[TicketResult], to: SupportsWrite[str] | None = None) -> None:
    """One object a line, one a ticket."""
    for result in results:
        print(json.dumps(result.document(), ensure_ascii=False), file=to)


def print_table(results: list[TicketResult], at: int) -> None:
    """A readable table: a row a clock."""
    # Imported here: the JSON way should not pay for the terminal.
    from rich.console import Console  # noqa: PLC0415

    from replyclock.cli.tables import clocks_table  # noqa: PLC0415

    width = None if sys.stdout.isatty() else 160
    Console(width=width).print(clocks_table(results, at))
