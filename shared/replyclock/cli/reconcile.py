"""`replyclock reconcile`: ask a tool what changed, and append what its webhooks did not tell.

What is found counts as told just now: a promise that is still open alerts, late as it is.
"""

from __future__ import annotations

import argparse

from replyclock.cli.options import add_where
from replyclock.cli.reconciliations import run_reconcile


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("reconcile", help="fetch what webhooks missed", description=__doc__)
    parser.add_argument(
        "--connection", required=True, metavar="C", help="the connection; `replyclock connection api C` gives it access"
    )
    parser.add_argument(
        "--since",
        metavar="WHEN",
        help="from when on: an RFC 3339 instant, or a date in UTC; default: where the last look ended, at first a day",
    )
    add_where(parser)
    parser.set_defaults(run=run_reconcile)
