"""`replyclock connection`: which tools may send webhooks, and the secrets that they sign with."""

from __future__ import annotations

import argparse

from replyclock.cli.connections import (
    run_add,
    run_api,
    run_change,
    run_guide,
    run_list,
    run_remove,
    run_rotate,
    run_show,
    run_test,
)
from replyclock.cli.options import add_where
from replyclock.sources import providers

CHANGE = """\
Changes what a connection says of its tool, with the options of `connection add`. --status and --attribute add a name
or replace what is said of it; with nothing after the = they take it out, as in --status "Parked=". So does --group,
which names a group of the tool for policies and reports. --bot adds one.
--account and --timezone replace; an empty text takes them out. Secrets, URL, provider and tenant stay as they are.
Events that came before were read as the connection was then, and stay so.
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("connection", help="the tools that may send webhooks", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="let a tool send webhooks")
    _add_provider(add)
    add.add_argument(
        "--name", required=True, help="a-z, 0-9 and -; the last part of the webhook's URL, and the tickets' source"
    )
    _add_settings(add)
    _add_access(add)
    change = actions.add_parser("change", help="change its statuses, attributes and the like", description=CHANGE)
    _add_settings(change)
    change.add_argument(
        "--no-bot", action="append", default=[], metavar="ID", help="an actor that is no program after all; repeatable"
    )
    listing = actions.add_parser("list", help="show them, without secrets")
    show = actions.add_parser("show", help="show all that one says of its tool")
    remove = actions.add_parser("remove", help="let it send no more; what came stays")
    remove.add_argument("--yes", action="store_true", help="do not ask")
    rotate = actions.add_parser("rotate", help="replace its secret, without losing a webhook")
    how = rotate.add_mutually_exclusive_group()
    how.add_argument("--generate", action="store_true", help="make the new secret here, and show it")
    how.add_argument("--finish", action="store_true", help="once the tool signs with the new one: drop all others")
    api = actions.add_parser("api", help="let its tool be asked for what webhooks missed; asks for the API's token")
    how = api.add_mutually_exclusive_group(required=True)
    how.add_argument("--url", help="where the tool's API is; the guide says what it looks like")
    how.add_argument("--remove", action="store_true", help="ask no more, and delete the token")
    api.add_argument("--user", help="whose token it is, where the tool wants to know")
    test = actions.add_parser("test", help="send a signed sample, and show the events and clocks that came of it")
    for action in (change, show, remove, rotate, api, test):
        action.add_argument("name", metavar="NAME", help="the connection")
    page = actions.add_parser("guide", help="print how to connect a tool, page by page what to click")
    _add_provider(page)
    page.add_argument("template", nargs="?", metavar="TEMPLATE", help="print a template that the guide names instead")
    for action, run in (
        (add, run_add),
        (change, run_change),
        (listing, run_list),
        (show, run_show),
        (remove, run_remove),
        (rotate, run_rotate),
        (api, run_api),
        (test, run_test),
    ):
        add_where(action)
        action.set_defaults(run=run)
    page.set_defaults(run=run_guide)


def _add_provider(action: argparse.ArgumentParser) -> None:
    action.add_argument("provider", choices=providers(), metavar="PROVIDER", help=f"one of {', '.join(providers())}")


def _add_settings(action: argparse.ArgumentParser) -> None:
    """What a connection says of its tool (contract, section 7), and what may change."""
    action.add_argument("--account", help="the tool's account; webhooks of other accounts are then not read")
    action.add_argument("--language", choices=("en", "zh"), help="in which alerts are written; en where none was named")
    action.add_argument("--timezone", metavar="ZONE", help="of times that the tool writes without an offset")
    action.add_argument(
        "--bot", action="append", default=[], metavar="ID", help="an actor that is a program; repeatable"
    )
    action.add_argument(
        "--status",
        action="append",
        default=[],
        metavar="NAME=STATUS",
        help="what a status of the tool means: new, open, pending, on_hold, solved or closed; repeatable",
    )
    action.add_argument(
        "--group",
        action="append",
        default=[],
        metavar="ID=NAME",
        help="the name of a group whose id the tool sends, as policies and reports name it; repeatable",
    )
    action.add_argument(
        "--attribute",
        action="append",
        default=[],
        metavar="NAME=PATH",
        help="where the payload has an attribute, such as tier; repeatable",
    )


def _add_access(add: argparse.ArgumentParser) -> None:
    """Whose tickets they are, and how the tool proves itself."""
    add.add_argument("--tenant", default="default", help="whose tickets they are; default: default")
    add.add_argument(
        "--url", help="the webhook's URL as the tool calls it, where that is another one than the API's own"
    )
    secret = add.add_mutually_exclusive_group()
    secret.add_argument(
        "--generate", action="store_true", help="make the secret here, and show it, for a tool that asks for one"
    )
    secret.add_argument(
        "--event-bus", action="store_true", help="without a secret: all that it sends comes over a partner event bus"
    )
