"""`replyclock simulate`: how history would have been judged under other promises."""

from __future__ import annotations

import argparse

from replyclock.cli.evaluate import load_policy, read_at
from replyclock.cli.event_files import read_tickets
from replyclock.cli.output import print_document, while_read
from replyclock.domain.simulation import from_the_beginning, simulate


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "simulate",
        help="judge history under other promises",
        description="Judges the tickets of an event file under today's policy and under another one: compliance by "
        "clock and standard before and after, and the clocks that come out otherwise. The other policy is taken to "
        "have been in force from the beginning: the effective_from of its first version is not looked at, further "
        "versions come into force at theirs. Today's policy keeps its dates, so that it shows what evaluate shows.",
    )
    parser.add_argument(
        "events", metavar="EVENTS.jsonl", help="ticket events, one JSON object a line; - reads standard input"
    )
    parser.add_argument(
        "--policy",
        action="append",
        default=[],
        metavar="TODAY.yaml",
        help="a version of today's policy; may be repeated; default: the default policy",
    )
    parser.add_argument(
        "--policy-instead",
        action="append",
        required=True,
        metavar="PROPOSED.yaml",
        help="a version of the other policy; may be repeated",
    )
    parser.add_argument("--at", metavar="INSTANT", help="judge as of this RFC 3339 instant; default: now")
    parser.add_argument("--json", action="store_true", help="one JSON object, with all clocks that change")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints the comparison and returns the exit status. Raises InvalidInput before anything is printed."""
    at = read_at(options.at)
    today, instead = load_policy(options.policy), from_the_beginning(load_policy(options.policy_instead))
    simulation = simulate(read_tickets(options.events), today, instead, at)
    if options.json:
        with while_read():
            print_document(simulation.document())
        return 0
    # Imported here: the JSON way should not pay for the terminal.
    from replyclock.cli.simulations import print_simulation  # noqa: PLC0415
    from replyclock.cli.terminal import console  # noqa: PLC0415

    with while_read():
        print_simulation(console(), simulation)
    return 0
