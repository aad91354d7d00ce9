"""`replyclock replay`: read again what could not be read, once what was wrong with it is mended."""

from __future__ import annotations

import argparse
from pathlib import Path

from replyclock.adapters.administration import get_connection, list_connections
from replyclock.adapters.connections import DynamoConnections
from replyclock.adapters.event_log import DynamoEventLog, DynamoQuarantine
from replyclock.cli.deployments import deployment, now, open_table
from replyclock.cli.histories import run_import
from replyclock.cli.history import add_parser as add_import
from replyclock.cli.history_files import set_aside_of
from replyclock.cli.options import add_where
from replyclock.cli.output import counted
from replyclock.domain.errors import Fault, InvalidInput
from replyclock.domain.instants import format_instant
from replyclock.service.replay import ReplayQuarantine

DESCRIPTION = """\
Translates the bodies in quarantine again: authentic ones that could not be read, or not all of them. What can be read
now is appended to the log and measured, and nobody is alerted of what was past by then. Bodies that are read whole
leave the quarantine; of the others it is said why not. With a file that an import has set aside, that is imported
again instead. Exit status 1 where any stays.
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("replay", help="read again what was set aside", description=DESCRIPTION)
    parser.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help="what an import could not read, NAME.set-aside.jsonl, and beside it what that needs, as a page of users",
    )
    parser.add_argument("--mapping", metavar="FILE", help="of what was set aside of csv: which column is what, in YAML")
    parser.add_argument("--connection", metavar="NAME", help="of this connection alone; default: of all")
    parser.add_argument("--dry-run", action="store_true", help="only say what can be read by now")
    add_where(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Replays and returns the exit status."""
    if options.files:
        return _import_again(options)
    where = deployment(options)
    table = open_table(where)
    known = [get_connection(where, options.connection)] if options.connection else list_connections(where)
    replay = ReplayQuarantine(DynamoConnections(table), DynamoQuarantine(table), DynamoEventLog(table), now)
    read = kept = new = old = 0
    for name in (one["name"] for one in known):
        for one in replay(name, dry_run=options.dry_run):
            new += one.new
            old += one.known
            if one.reasons:
                kept += 1
                print(f"{name}  received {format_instant(one.body.received_at)}  {'; '.join(one.reasons)}")
            else:
                read += 1
    how = "can be read" if options.dry_run else "read, and out of quarantine"
    told = f"{counted(new, 'new event')}, {old:,} known"
    print(f"{counted(read, 'body', 'bodies')} {how}: {told}; {kept:,} still cannot be read")
    return 1 if kept else 0


def _import_again(options: argparse.Namespace) -> int:
    """Imports what was set aside, as it was imported first."""
    aside = options.files[0]
    provider = set_aside_of(Path(aside))
    if provider is None:
        raise InvalidInput([Fault(f"{aside}:1", "is nothing that an import has set aside")])
    parser = argparse.ArgumentParser()
    add_import(parser.add_subparsers())
    given = ["import", provider, *options.files, *(["--dry-run"] if options.dry_run else [])]
    given += ["--local"] if options.local else ["--stack", options.stack]
    for option in ("connection", "mapping"):
        given += [f"--{option}", value] if (value := getattr(options, option)) else []
    return run_import(parser.parse_args(given))
