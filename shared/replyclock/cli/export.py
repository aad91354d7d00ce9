"""`replyclock export`: the log as canonical JSON Lines, and the policy's documents, to leave with or to keep."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

from replyclock.adapters.archive import DynamoArchive
from replyclock.adapters.policies import DynamoPolicies
from replyclock.cli.deployments import deployment, open_table
from replyclock.cli.event_files import read_tickets
from replyclock.cli.options import add_span, add_tenant, add_where, read_span
from replyclock.cli.output import counted, while_read
from replyclock.domain.events import AnyEvent, event_text, read_stored_event
from replyclock.domain.policy import read_document
from replyclock.service.export import Wanted, lines

DESCRIPTION = """\
Prints every event of the log as JSON Lines, each telling of it, sorted by ticket: what evaluate, report and import
read. With --from and --to those of tickets that were created in the span, whole: exports of spans that touch add up to
all of it. It reads the whole table once, through a temporary file, since a ticket that was never measured is in no
index; what comes in meanwhile may be in it or not. Tickets that were dropped are not, nor what came of them later.
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("export", help="write the log as JSON Lines, and the policy", description=DESCRIPTION)
    add_span(parser)
    add_tenant(parser)
    parser.add_argument("--source", help="tickets of this source, a connection's name, alone")
    parser.add_argument("--output", metavar="FILE", help="a file, put there when it is whole; default: standard output")
    parser.add_argument(
        "--policies", metavar="FOLDER", help="also write each published version of the policy there, a file each"
    )
    add_where(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Writes the export and returns the exit status. Raises InvalidInput, StoreUnavailable, OSError."""
    begin, end = read_span(options)
    wanted = Wanted(begin, end, options.tenant, options.source)
    table = open_table(deployment(options))
    tickets = events = 0
    with while_read(), _output(options.output) as out:
        for told in _tickets(DynamoArchive(table).events(), wanted):
            tickets += 1
            events += len(told)
            out.writelines(f"{line}\n".encode() for line in told)
        out.flush()
        print(f"{counted(events, 'event')} of {counted(tickets, 'ticket')}", file=sys.stderr)
        if options.policies:
            count = _write_policies(DynamoPolicies(table), Path(options.policies))
            told_of = "no version is published: the standard table holds" if count == 0 else options.policies
            print(f"{counted(count, 'version')} of the policy: {told_of}", file=sys.stderr)
    return 0


def _tickets(events: Iterable[AnyEvent], wanted: Wanted) -> Iterator[list[str]]:
    """The lines of each ticket that is wanted, sorted by tenant, source and ticket; no more than some are ever held."""
    with NamedTemporaryFile() as room:
        room.writelines(f"{event_text(event)}\n".encode() for event in events if wanted.may_have(event))
        room.flush()
        for told in read_tickets(room.name, read=read_stored_event):
            if wanted.has(told):
                yield lines(told)


@contextmanager
def _output(name: str | None) -> Iterator[IO[bytes]]:
    """Standard output; or a file that appears when all of it is written, so that half of one is never taken for it."""
    if name is None:
        yield sys.stdout.buffer
        return
    begun = Path(f"{name}.begun")
    try:
        with begun.open("wb") as file:
            yield file
        begun.replace(name)
    finally:
        begun.unlink(missing_ok=True)


def _write_policies(policies: DynamoPolicies, folder: Path) -> int:
    """Each version as it was published; returns how many there are."""
    published = policies.published()
    folder.mkdir(parents=True, exist_ok=True)
    for one in published:
        name = f"{read_document(one.text).policy}-{one.version:04d}.yaml"
        (folder / name.replace("/", "-")).write_text(one.text, encoding="utf-8")
    return len(published)
