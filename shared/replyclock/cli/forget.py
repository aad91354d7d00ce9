"""`replyclock forget`: erase a customer from all that is kept, with every clock as it was."""

from __future__ import annotations

import argparse
import secrets

from replyclock.adapters.administration import get_connection, list_connections
from replyclock.adapters.archive import DynamoArchive
from replyclock.adapters.event_log import DynamoQuarantine
from replyclock.adapters.tickets import DynamoTickets
from replyclock.cli.deployments import deployment, now, open_facts, open_table, quiet_refresh, stored_policy
from replyclock.cli.options import add_where
from replyclock.cli.output import counted
from replyclock.cli.progress import Meter
from replyclock.domain.errors import Fault, InvalidInput
from replyclock.domain.forgetting import PREFIX, Person
from replyclock.presentation.words import ticket_words
from replyclock.service.forget import ForgetPerson, Forgotten

SHORTEST_NAME = 3
"""Letters of a name: a shorter one would be found in anything."""
MOST_NAMED = 20
"""Tickets that are named one by one of those that have a name of theirs and not their id."""
DESCRIPTION = """\
Puts a random pseudonym, another one in each ticket and kept nowhere else, in the place of a customer's id: in events,
alerts, states, figures, the feed and what is yet to be told of storms. Bodies in quarantine that name them are removed.
Where the id is an agent's alone nothing changes. A fact that is told again does not bring them back; new facts do, so
erase them in the ticketing tool first. Exports, mails, backups of the table (35 days) and analytics are yours to clean.
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("forget", help="erase a customer, keeping the clocks", description=DESCRIPTION)
    parser.add_argument("--actor", required=True, metavar="ID", help="their id in the tool, as events have it")
    parser.add_argument(
        "--also",
        action="append",
        default=[],
        metavar="TEXT",
        help="a name or an address of theirs: erased are attributes that hold it in tickets that have their id as a "
        "customer's, and all bodies in quarantine that do; repeatable",
    )
    parser.add_argument(
        "--by-text",
        action="store_true",
        help="also in tickets that hold a text of --also without the id: whoever has the same name is erased, too",
    )
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--connection", metavar="NAME", help="whose tool knows them by that id")
    where.add_argument("--tenant", help="all sources of a tenant")
    where.add_argument("--everywhere", action="store_true", help="all sources, of which some may mean another person")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be erased")
    parser.add_argument(
        "--though-clocks-change",
        action="store_true",
        help="also where a clock depends on it, as when the policy promises something to an attribute",
    )
    add_where(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Erases a person. Returns the exit status, 1 where tickets were left as they are."""
    if not options.actor or any(len(one.strip()) < SHORTEST_NAME for one in options.also):
        raise InvalidInput([Fault("--also", f"must have {SHORTEST_NAME} letters or more, and --actor one")])
    where = deployment(options)
    table = open_table(where)
    if options.connection:
        names = [get_connection(where, options.connection)["name"]]
    else:
        known = list_connections(where)
        names = [one["name"] for one in known if options.tenant in (None, one.get("tenant", "default"))]
    tickets = DynamoTickets(table)
    with Meter("looking", None, "items") as meter:
        forget = ForgetPerson(
            DynamoArchive(table, looked=meter.advance),
            tickets,
            DynamoQuarantine(table),
            stored_policy(table),
            now,
            quiet_refresh(where, table),
            lambda: PREFIX + secrets.token_hex(8),
            open_facts(where),
        )
        done = forget(
            Person(options.actor, tuple(options.also)),
            names,
            tenant=options.tenant,
            source=options.connection,
            dry_run=options.dry_run,
            though_clocks_change=options.though_clocks_change,
            by_text=options.by_text,
        )
    _print(done, "would be" if options.dry_run else "are")
    return 1 if done.left or done.by_text else 0


def _print(done: Forgotten, how: str) -> None:
    if not any((done.tickets, done.lines, done.bodies, done.facts, done.late, done.left, done.by_text)):
        # Whoever mistyped the id must not believe that it is done.
        print("no customer has that id there: nothing to erase")
        return
    rewritten = f"{counted(done.events, 'event')} and {counted(done.alerts, 'alert')}"
    print(f"{counted(done.tickets, 'ticket')}: {rewritten} {how} rewritten")
    print(f"{counted(done.lines, 'line')} of the feed and of storms {how} looked through or rewritten")
    print(f"{counted(done.bodies, 'body', 'bodies')} in quarantine {how} removed")
    if done.facts:
        print(f"dropped before: {counted(done.facts, 'ticket')} whose figures {how} rewritten")
    if done.late:
        print(f"dropped before: {counted(done.late, 'ticket')}; what came of them later {how} removed")
    if done.kept_in_ids:
        kept = counted(done.kept_in_ids, "event")
        print(f"have the id within their own, by which they are recognised, and there it stays: {kept}")
    for key in done.left:
        print(f"left as it is: {ticket_words(key)}, whose clocks depend on it; see --though-clocks-change")
    for key in done.by_text[:MOST_NAMED]:
        print(f"left as it is: {ticket_words(key)}, which holds a text of --also and not the id; see --by-text")
    if len(done.by_text) > MOST_NAMED:
        print(f"and {len(done.by_text) - MOST_NAMED:,} more of these")
