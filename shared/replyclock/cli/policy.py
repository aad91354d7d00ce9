"""`replyclock policy`: looks at policy documents before anybody relies on them."""

from __future__ import annotations

import argparse

from replyclock.cli.evaluate import load_policy, read_at
from replyclock.cli.output import while_read


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("policy", help="check policy documents", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    check = actions.add_parser(
        "check",
        help="validate, and show what the documents say",
        description="Validates policy documents, which together are the versions of one policy; shows what each says, "
        "and warns of what is allowed and yet hardly meant. Exit status 0, also with warnings; 2 where a document is "
        "refused, each fault on standard error as FILE:LINE: FIELD: what is wrong.",
    )
    check.add_argument("files", nargs="+", metavar="P.yaml", help="a version of the policy")
    check.add_argument(
        "--at",
        metavar="INSTANT",
        help="show what is in force, and which closures follow, at this instant; default: now",
    )
    check.set_defaults(run=run_check)


def run_check(options: argparse.Namespace) -> int:
    """Prints each version with its warnings; returns the exit status. Raises InvalidInput with nothing printed."""
    at = read_at(options.at)
    policy = load_policy(options.files)
    # Imported here: refusing should not wait for the terminal.
    from replyclock.cli.policies import print_policy  # noqa: PLC0415
    from replyclock.cli.terminal import console  # noqa: PLC0415

    with while_read():
        print_policy(console(), policy, at)
    return 0
