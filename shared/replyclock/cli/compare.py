"""`replyclock compare`: the figures that a tool states itself beside ours, ticket by ticket, and why they differ."""

from __future__ import annotations

import argparse

from replyclock.cli.comparisons import run_compare
from replyclock.sources.figures import providers_with_figures

DESCRIPTION = """\
Reads a tool's exports as `replyclock import` does, with pages of the tool's own figures among them: Zendesk's ticket
metrics and ticket metric events, the statistics of Intercom's conversations; for Chatwoot its reporting events, and for
Help Scout its conversations, besides what `replyclock export` has written. Each figure stands beside ours as of --at,
which should be when the export was made. The tool's business hours stand beside those of the calendar of the standard
that governs the figure's clock, else of another clock of the ticket; --calendar names the one that is the tool's.
Exit status 1: something is missing, a difference cannot be explained, or there are no figures to compare.
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("compare", help="a tool's own figures beside ours", description=DESCRIPTION)
    providers = providers_with_figures()
    parser.add_argument("provider", choices=providers, metavar="PROVIDER", help=f"one of {', '.join(providers)}")
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help="a page, JSON Lines, or CSV, also gzipped; or a folder"
    )
    parser.add_argument(
        "--connection", metavar="C.yaml", help="how the tool is connected, as in `replyclock translate`"
    )
    parser.add_argument(
        "--policy", action="append", default=[], metavar="P.yaml", help="a version of the policy; may be repeated"
    )
    parser.add_argument("--at", metavar="INSTANT", help="as of this RFC 3339 instant; default: now")
    parser.add_argument(
        "--calendar", metavar="NAME", help="the calendar of the policy that has the tool's business hours"
    )
    parser.add_argument("--ticket", metavar="ID", help="this ticket alone")
    parser.add_argument("--all", action="store_true", help="also what agrees")
    parser.add_argument("--json", action="store_true", help="one JSON object a figure instead of a table")
    parser.set_defaults(run=run_compare)
