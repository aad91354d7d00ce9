"""`replyclock policy`: looks at policy documents before anybody relies on them, and publishes them."""

from __future__ import annotations

import argparse
from importlib import import_module

from replyclock.cli.evaluate import read_at, read_texts
from replyclock.cli.options import add_where
from replyclock.cli.output import while_read
from replyclock.domain.policy import read_policy
from replyclock.service.prove import proven_document


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("policy", help="check, publish and show policy documents", description=__doc__)
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
    publish = actions.add_parser(
        "publish",
        help="check a document, and publish it as the next version",
        description="Checks a policy document as `check` does, shows it beside what is published, and publishes it as "
        "the API's PUT /policy does: the deployed code has the last word, and the open tickets are measured under it. "
        "What is published never changes. Exit status 2, and nothing published, where the document is refused, each "
        "fault on standard error as FILE:LINE: FIELD: what is wrong.",
    )
    publish.add_argument("file", metavar="P.yaml", help="the version; its number must be a new one")
    publish.add_argument(
        "--tells-past",
        action="store_true",
        help="also tell people of what it finds broken already; without it nobody is told of that",
    )
    publish.add_argument("--dry-run", action="store_true", help="only check it beside what is published")
    show = actions.add_parser("show", help="print the document in force, as it was published")
    show.add_argument("--version", type=int, metavar="N", help="this version instead")
    listing = actions.add_parser(
        "list", help="show the published versions, and how many of the open tickets are measured under each"
    )
    for action, name in ((publish, "run_publish"), (show, "run_show"), (listing, "run_list")):
        add_where(action)
        action.set_defaults(run=_run_published, published=name)


def _run_published(options: argparse.Namespace) -> int:
    # Imported here: what checks a file should not wait for boto3.
    published = import_module("replyclock.cli.published")
    return int(getattr(published, options.published)(options))


def run_check(options: argparse.Namespace) -> int:
    """Prints each version with its warnings; returns the exit status. Raises InvalidInput with nothing printed."""
    at = read_at(options.at)
    texts = read_texts(options.files)
    policy = read_policy(texts, options.files)
    for text, file in zip(texts, options.files, strict=True):
        proven_document(text, at, file)
    # Imported here: refusing should not wait for the terminal.
    from replyclock.cli.policies import print_policy  # noqa: PLC0415
    from replyclock.cli.terminal import console  # noqa: PLC0415

    with while_read():
        print_policy(console(), policy, at)
    return 0
