"""`replyclock explain`: why each clock of a ticket shows what it shows, as a timeline in the terminal."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence

from replyclock.cli.evaluate import load_policy, read_at
from replyclock.cli.event_files import read_tickets
from replyclock.cli.output import print_document, while_read
from replyclock.domain.errors import Fault, InvalidInput
from replyclock.domain.events import AnyEvent, TicketKey
from replyclock.domain.explanation import explained
from replyclock.domain.history import read_history
from replyclock.domain.instants import format_instant
from replyclock.domain.judging import TicketResult, evaluate_ticket
from replyclock.domain.policy import Policy


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "explain",
        help="show why each clock of a ticket shows what it shows",
        description="For each clock of the tickets: which promise governs it and why, which parts of its life counted "
        "and which did not, each with its reason, adding up to the clock's figures.",
    )
    parser.add_argument(
        "events", metavar="EVENTS.jsonl", help="ticket events, one JSON object a line; - reads standard input"
    )
    parser.add_argument("--ticket", metavar="ID", help="only tickets of this id; default: all")
    parser.add_argument("--tenant", metavar="T", help="only tickets of this tenant")
    parser.add_argument("--source", metavar="S", help="only tickets of this source")
    parser.add_argument(
        "--policy", action="append", default=[], metavar="P.yaml", help="a version of the policy; may be repeated"
    )
    parser.add_argument("--at", metavar="INSTANT", help="explain as of this RFC 3339 instant; default: now")
    parser.add_argument(
        "--json", action="store_true", help="one JSON object a ticket, its clocks with `explanation` as the API has it"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Prints the explanations and returns the exit status. Raises InvalidInput, before anything is printed."""
    at = read_at(options.at)
    policy = load_policy(options.policy)
    show = _show_json if options.json else _show_text
    found = 0
    with while_read():
        for events in read_tickets(options.events):
            result = evaluate_ticket(events, policy, at) if _wanted(events[0].key, options) else None
            if result is not None:
                found += 1  # before it is shown: its reader may leave meanwhile
                show(events, result, policy, at)
    named = [f"--{name} {value}" for name in ("tenant", "source", "ticket") if (value := getattr(options, name))]
    if named and not found:
        problem = f"no event of such a ticket by {format_instant(at)} in {options.events}"
        raise InvalidInput([Fault(" ".join(named), problem)])
    return 0


def _show_json(_: Sequence[AnyEvent], result: TicketResult, policy: Policy, at: int) -> None:  # noqa: ARG001
    print_document(explained(result, policy))


def _show_text(events: Sequence[AnyEvent], result: TicketResult, policy: Policy, at: int) -> None:
    # Imported here: the JSON way should not pay for the terminal.
    from replyclock.cli.explanations import print_explanation  # noqa: PLC0415
    from replyclock.cli.terminal import console  # noqa: PLC0415

    print_explanation(console(), result, read_history(events, result.timeline, at), policy, at)


def _wanted(key: TicketKey, options: argparse.Namespace) -> bool:
    asked: Iterable[str | None] = (options.tenant, options.source, options.ticket)
    return all(name is None or name == of for name, of in zip(asked, key, strict=True))
