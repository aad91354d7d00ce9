"""`replyclock import`: the history of a team's tickets, from exports of its tool, into the log. It never alerts."""

from __future__ import annotations

import argparse

from replyclock.cli.histories import run_import
from replyclock.cli.options import add_where, rate
from replyclock.service.history import RATE
from replyclock.sources.exports import export_providers


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("import", help="bring the history of your tickets in", description=__doc__)
    parser.add_argument(
        "provider",
        choices=export_providers(),
        metavar="PROVIDER",
        help=f"whose export it is: {', '.join(export_providers())}; generic is canonical JSON Lines",
    )
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="a page, JSON Lines, or CSV, also gzipped; or a folder of such; or what an import has set aside",
    )
    parser.add_argument(
        "--connection",
        metavar="C",
        help="the connection through which the tool's webhooks come: so nothing doubles. Of canonical events alone it "
        "may be left out; they then keep their tenant and source",
    )
    parser.add_argument("--mapping", metavar="FILE", help="of csv: which column is what, in YAML")
    parser.add_argument("--since", metavar="WHEN", help="leave out tickets to which nothing has happened since then")
    parser.add_argument("--rate", type=rate, default=RATE, help=f"events a second, at most; default: {RATE}")
    parser.add_argument(
        "--dry-run", action="store_true", help="write nothing, and say what would come; of a stack only if it is named"
    )
    add_where(parser)
    parser.set_defaults(run=run_import, stack=None)
