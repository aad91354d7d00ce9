"""`replyclock connection`: which tools may send webhooks, and the secrets that they sign with."""

from __future__ import annotations

import argparse
import getpass
import secrets
import sys
import time
from pathlib import Path

from replyclock.adapters.administration import (
    Deployment,
    add_connection,
    deployed_stack,
    list_connections,
    local_cloud,
)
from replyclock.domain.errors import Fault, InvalidInput, Unauthenticated
from replyclock.sources import providers, source
from replyclock.sources.base import Connection, Headers, Webhook, connection_from_document


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("connection", help="the tools that may send webhooks", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="let a tool send webhooks")
    add.add_argument("provider", choices=providers(), metavar="PROVIDER", help=f"one of {', '.join(providers())}")
    add.add_argument(
        "--name", required=True, help="a-z, 0-9 and -; the last part of the webhook's URL, and the tickets' source"
    )
    add.add_argument("--tenant", default="default", help="whose tickets they are; default: default")
    add.add_argument("--account", help="the tool's account; webhooks of other accounts are then not read")
    add.add_argument("--language", choices=("en", "zh"), default="en", help="in which alerts are written; default: en")
    add.add_argument("--bot", action="append", default=[], metavar="ID", help="an actor that is a program; repeatable")
    add.add_argument(
        "--attribute",
        action="append",
        default=[],
        metavar="NAME=PATH",
        help="where the payload has an attribute, such as tier; repeatable",
    )
    add.add_argument(
        "--generate", action="store_true", help="make the secret here, and show it, for a tool that asks for one"
    )
    listing = actions.add_parser("list", help="show them, without secrets")
    for action in (add, listing):
        where = action.add_mutually_exclusive_group()
        where.add_argument("--stack", default="replyclock", help="the CloudFormation stack; default: replyclock")
        where.add_argument("--local", action="store_true", help="the local cloud that `make run` keeps up")
    add.set_defaults(run=run_add)
    listing.set_defaults(run=run_list)


def run_add(options: argparse.Namespace) -> int:
    """Stores a connection; prints its URL and what to set in the tool. Returns the exit status."""
    attributes = dict(_named(text) for text in options.attribute)
    connection = connection_from_document(
        {
            "name": options.name,
            "provider": options.provider,
            "tenant": options.tenant,
            "language": options.language,
            **({"account": options.account} if options.account else {}),
            **({"bots": options.bot} if options.bot else {}),
            **({"attributes": attributes} if attributes else {}),
        }
    )
    deployment = _deployment(options)
    secret = secrets.token_urlsafe(32) if options.generate else _ask_secret(options.provider)
    _try_out(connection, secret, deployment.stage)
    add_connection(
        deployment, connection.document() | {"name": connection.name, "provider": connection.provider}, [secret]
    )
    print(f"webhook URL  {deployment.api}/webhooks/{connection.name}")
    if options.generate:
        print(f"secret       {secret}")
    print(source(connection.provider).setup)
    return 0


def run_list(options: argparse.Namespace) -> int:
    """Prints the connections. Returns the exit status."""
    deployment = _deployment(options)
    for document in list_connections(deployment):
        connection = connection_from_document(document)
        count = f"{len(connection.secrets)} secret{'' if len(connection.secrets) == 1 else 's'}"
        url = f"{deployment.api}/webhooks/{connection.name}"
        print(f"{connection.name}  {connection.provider}  tenant {connection.tenant}  {count}  {url}")
    return 0


def _deployment(options: argparse.Namespace) -> Deployment:
    return local_cloud(Path(".local")) if options.local else deployed_stack(options.stack)


def _try_out(connection: Connection, secret: str, stage: str) -> None:
    """Refuses a secret with which no webhook would ever verify in this stage: none, a broken one, or a public one."""
    now = time.time_ns() // 1000
    tool = source(connection.provider)
    try:
        webhook = Webhook(b"{}", Headers(tool.sign(b"{}", secret, now)), now)
        tool.verify(webhook, [secret], now, connection, stage=stage)
    except Unauthenticated as wrong:
        raise InvalidInput([Fault("secrets", str(wrong))]) from None


def _ask_secret(provider: str) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    return getpass.getpass(f"signing secret of {provider} (not shown): ").strip()


def _named(text: str) -> tuple[str, str]:
    name, given, path = text.partition("=")
    if not given:
        raise InvalidInput([Fault("--attribute", f"{text} must be NAME=PATH")])
    return name, path
