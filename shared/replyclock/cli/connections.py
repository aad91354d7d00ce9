"""What `replyclock connection` does, an action each: what they print, and their exit status."""

from __future__ import annotations

import argparse
import getpass
import secrets
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any

from replyclock.adapters.administration import (
    Deployment,
    add_connection,
    add_secret,
    change_connection,
    drop_api,
    drop_older_secrets,
    get_connection,
    list_connections,
    remove_connection,
    set_api,
)
from replyclock.adapters.connections import DynamoLooks
from replyclock.adapters.tool_api import is_safe_address
from replyclock.cli.deployments import deployment as chosen
from replyclock.cli.deployments import open_table
from replyclock.cli.options import same_place
from replyclock.cli.reconciliations import look_words
from replyclock.cli.trial import run_trial
from replyclock.domain.errors import Fault, InvalidInput, Unauthenticated
from replyclock.domain.instants import SECOND
from replyclock.domain.smoke import RESERVED, is_reserved
from replyclock.sources import guide, guide_templates, source
from replyclock.sources.base import Connection, Headers, PartnerSource, Webhook, connection_from_document
from replyclock.sources.base.connection import MOST_GROUPS
from replyclock.sources.changes import changes_of

KNOWN_WITHIN = 30
"""Seconds for which a function that runs may still know a connection as it was."""
_FORMS = {"--status": "NAME=STATUS", "--group": "ID=NAME", "--attribute": "NAME=PATH"}
_MOST_GROUPS = 5
"""Names of groups that the list of connections shows of each."""
_TOLD_WITHIN = 5
"""Minutes for which alerts may still be written in the language that a connection had."""


def run_add(options: argparse.Namespace) -> int:
    """Stores a connection; prints its URL and what to set in the tool. Returns the exit status."""
    deployment = chosen(options)
    connection = _asked_for(options, deployment)
    tool = source(connection.provider)
    if options.event_bus and not isinstance(tool, PartnerSource):
        raise InvalidInput([Fault("--event-bus", f"{connection.provider} sends webhooks, which need a secret")])
    secret = None if options.event_bus else _secret(options, connection.provider)
    if secret is not None:
        _try_out(connection, secret, deployment.stage)
    add_connection(
        deployment,
        connection.document() | {"name": connection.name, "provider": connection.provider},
        [] if secret is None else [secret],
        signed=not options.event_bus,
    )
    if not options.event_bus:
        print(f"webhook URL  {connection.url}")
    if options.generate:
        print(f"secret       {secret}")
    print(tool.setup)
    print(f"Page by page: replyclock connection guide {connection.provider}")
    if not options.event_bus:
        print(f"Then:         replyclock connection test {connection.name}{same_place(options)}")
    return 0


def _asked_for(options: argparse.Namespace, deployment: Deployment) -> Connection:
    for option, given_name in (("--name", options.name), ("--tenant", options.tenant)):
        if given_name is not None and is_reserved(given_name):
            raise InvalidInput([Fault(option, f"must not begin with {RESERVED}: nobody sees such tickets")])
    given: dict[str, Any] = {
        "account": options.account,
        "bots": options.bot,
        "status_map": dict(_named("--status", text) for text in options.status),
        "groups": dict(_named("--group", text) for text in options.group),
        "attributes": dict(_named("--attribute", text) for text in options.attribute),
        "timezone": options.timezone,
        "language": options.language,
    }
    _check_groups(given["groups"])
    return connection_from_document(
        {
            "name": options.name,
            "provider": options.provider,
            "tenant": options.tenant,
            # Which tools sign the URL is theirs to know. They sign the one that they were given, which is told below.
            "url": options.url or f"{deployment.api}/webhooks/{options.name}",
            **{name: value for name, value in given.items() if value},
        }
    )


def run_change(options: argparse.Namespace) -> int:
    """Changes what a connection says of its tool; prints what it said and says. Returns the exit status."""
    given = [options.account, options.language, options.timezone, options.bot, options.no_bot]
    if all(one is None or one == [] for one in (*given, options.status, options.group, options.attribute)):
        raise InvalidInput([Fault("", "nothing is asked to change: give an option, such as --status")])
    before, after = change_connection(
        chosen(options), options.name, lambda document: _changed(connection_from_document(document), options).document()
    )
    was, is_now = (_settings(connection_from_document(one)) for one in (before, after))
    names = [name for name in {**was, **is_now} if was.get(name) != is_now.get(name)]
    if not names:
        print(f"{options.name} said so already: nothing is changed")
        return 0
    print(f"{options.name} is changed:")
    for name in names:
        print(f"  {name}: {was.get(name, 'nothing')} -> {is_now.get(name, 'nothing')}")
    print(f"Webhooks are read so within {KNOWN_WITHIN} seconds, alerts written within {_TOLD_WITHIN} minutes.")
    print("What came before stays as it was read; what could not be read is in quarantine, and is read again by")
    print(f"  replyclock replay --connection {options.name}{same_place(options)}")
    return 0


def _changed(connection: Connection, options: argparse.Namespace) -> Connection:
    """The connection as the options want it. Raises InvalidInput."""
    _check_there("--no-bot", connection.bots, options.no_bot, str.casefold)
    gone = {one.casefold() for one in options.no_bot}
    bots = {one.casefold(): one for one in connection.bots if one.casefold() not in gone}
    given: dict[str, Any] = {
        "bots": list((bots | {one.casefold(): one for one in options.bot}).values()),
        "status_map": _merged("--status", connection.status_map, options.status, str.casefold),
        "groups": _merged("--group", connection.groups, options.group, str),
        "attributes": _merged("--attribute", connection.attributes, options.attribute, str),
    }
    for name in ("account", "language", "timezone"):
        if getattr(options, name) is not None:
            given[name] = getattr(options, name) or None
    if options.group:
        _check_groups(given["groups"])
    return connection_from_document({**connection.document(), **given})


def _check_groups(groups: Mapping[str, str]) -> None:
    if len(groups) > MOST_GROUPS:
        raise InvalidInput(
            [Fault("--group", f"{len(groups)} groups would have names: a connection keeps {MOST_GROUPS}")]
        )


def _merged(option: str, before: Mapping[str, str], texts: Iterable[str], same: Callable[[str], str]) -> dict[str, str]:
    """What a map says after an option; names are one that `same` makes equal. Raises InvalidInput."""
    given = dict(_named(option, text) for text in texts)
    _check_there(option, before, [name for name, value in given.items() if not value], same)
    meant = {same(name) for name in given}
    kept = {name: value for name, value in before.items() if same(name) not in meant}
    return kept | {name: value for name, value in given.items() if value}


def _check_there(option: str, known: Iterable[str], gone: Iterable[str], same: Callable[[str], str]) -> None:
    """Raises InvalidInput where something is to be taken out that is not there: a slip of the pen would go unseen."""
    there = {same(one) for one in known}
    faults = [Fault(option, f"{name} is not there to be taken out") for name in gone if same(name) not in there]
    if faults:
        raise InvalidInput(faults)


def _settings(connection: Connection) -> dict[str, str]:
    """What `connection change` may change, as people read it; what is not said is left out."""
    told = {"account": connection.account, "language": connection.language, "timezone": connection.timezone}
    return {
        **{name: value for name, value in told.items() if value is not None},
        **{f"status {name}": status for name, status in connection.status_map.items()},
        **{f"group {group}": name for group, name in connection.groups.items()},
        **{f"attribute {name}": path for name, path in connection.attributes.items()},
        **{f"bot {actor}": "a program" for actor in connection.bots},
    }


def run_list(options: argparse.Namespace) -> int:
    """Prints the connections. Returns the exit status."""
    deployment = chosen(options)
    looks = DynamoLooks(open_table(deployment))
    for document in list_connections(deployment):
        connection = connection_from_document(document)
        print(_line(connection, deployment))
        if connection.groups:
            shown = ", ".join(f"{name} ({group})" for group, name in islice(connection.groups.items(), _MOST_GROUPS))
            left = len(connection.groups) - _MOST_GROUPS
            more = f" and {left:,} more: replyclock connection show {connection.name}" if left > 0 else ""
            print(f"  groups {shown}{more}")
        look = looks.last(connection.name) if connection.api is not None else None
        if look is not None:
            print(f"  asked {connection.api.url if connection.api else ''}: {look_words(look)}")
    return 0


def _line(connection: Connection, deployment: Deployment) -> str:
    count = f"{len(connection.secrets)} secret{'' if len(connection.secrets) == 1 else 's'}"
    url = connection.url or f"{deployment.api}/webhooks/{connection.name}"
    return f"{connection.name}  {connection.provider}  tenant {connection.tenant}  {count}  {url}"


def run_show(options: argparse.Namespace) -> int:
    """Prints all that a connection says of its tool. Returns the exit status."""
    deployment = chosen(options)
    connection = connection_from_document(get_connection(deployment, options.name))
    print(_line(connection, deployment))
    for name, value in _settings(connection).items():
        print(f"  {name}: {value}")
    return 0


def run_remove(options: argparse.Namespace) -> int:
    """Deletes a connection and its secrets. Returns the exit status, 1 when it was left as it was."""
    deployment = chosen(options)
    connection = connection_from_document(get_connection(deployment, options.name))
    if not options.yes and not _confirmed(f"Remove {connection.name}? Webhooks of {connection.provider} are refused."):
        print("nothing was removed", file=sys.stderr)
        return 1
    remove_connection(deployment, connection.name)
    print(f"{connection.name} is removed, with its secrets; webhooks are refused within {KNOWN_WITHIN} seconds.")
    print(f"What came through it stays. Delete the webhook in {connection.provider}, too.")
    return 0


def run_rotate(options: argparse.Namespace) -> int:
    """Adds a secret beside the older ones, or drops these. Returns the exit status."""
    deployment = chosen(options)
    connection = connection_from_document(get_connection(deployment, options.name))
    if options.finish:
        dropped = drop_older_secrets(deployment, connection.name)
        print(f"{dropped} dropped: only the newest secret of {connection.name} is valid.")
        return 0
    secret = _secret(options, connection.provider)
    _try_out(connection, secret, deployment.stage)
    count = add_secret(deployment, connection.name, secret)
    if options.generate:
        print(f"secret       {secret}")
    command, where = f"replyclock connection {{}} {connection.name}", same_place(options)
    print(f"{connection.name} now has {count} valid secrets. Within {KNOWN_WITHIN} seconds the new one is known. Then:")
    print(f"1. set the new secret in {connection.provider}, where you set the first:")
    print(source(connection.provider).setup)
    print(f"2. see that its webhooks come: {command.format('test')}{where}, and write to a ticket;")
    print(f"3. drop the older ones: {command.format('rotate')} --finish{where}")
    return 0


def run_api(options: argparse.Namespace) -> int:
    """Lets a connection's tool be asked for what its webhooks missed, or asked no more. Returns the exit status."""
    deployment = chosen(options)
    connection = connection_from_document(get_connection(deployment, options.name))
    if options.remove:
        dropped = drop_api(deployment, connection.name)
        print(f"{connection.name} is asked no more" if dropped else f"{connection.name} was not asked")
        return 0
    tool = changes_of(connection.provider)
    if not is_safe_address(options.url):
        raise InvalidInput([Fault("--url", f"must begin with https://, as in {tool.address}")])
    access = {"url": options.url.rstrip("/"), **({"user": options.user} if options.user else {})}
    connection_from_document({**connection.document(), "api": {**access, "secret": "to be kept"}})
    token = _hidden(f"token of the API of {connection.provider}")
    if not token:
        raise InvalidInput([Fault("token", "is missing")])
    set_api(deployment, connection.name, access, token)
    print(f"{connection.provider} at {access['url']} can be asked what changed. See that it answers:")
    print(f"  replyclock reconcile --connection {connection.name}{same_place(options)}")
    print("To have it asked by itself, deploy with the parameter ReconcileEvery, in minutes.")
    return 0


def run_test(options: argparse.Namespace) -> int:
    """Tries a connection out. Returns the exit status, 1 when the sample was refused or not measured."""
    deployment = chosen(options)
    return run_trial(deployment, connection_from_document(get_connection(deployment, options.name)))


def run_guide(options: argparse.Namespace) -> int:
    """Prints a tool's guide, or one of its templates. Returns the exit status."""
    templates = guide_templates(options.provider)
    if options.template is not None:
        if options.template not in templates:
            raise InvalidInput([Fault("TEMPLATE", f"must be one of {', '.join(templates) or 'none'}")])
        print(templates[options.template], end="")
        return 0
    page = guide(options.provider)
    if page is None:
        raise InvalidInput([Fault("PROVIDER", f"has no guide; in short: {source(options.provider).setup}")])
    print(page, end="")
    if templates:
        print("\n## Its templates\n\nTo print one:\n")
        for name in templates:
            print(f"    replyclock connection guide {options.provider} {name}")
    return 0


def _try_out(connection: Connection, secret: str, stage: str) -> None:
    """Refuses a secret with which no webhook would ever verify in this stage: none, a broken one, or a public one."""
    now = time.time_ns() // 1000
    tool, url = source(connection.provider), connection.url or ""
    body = tool.sample("replyclock-test", now - now % SECOND, connection)[0]
    try:
        headers = tool.sign(body, secret, now, url=url)
        tool.verify(Webhook(body, Headers(headers), now, url=url), [secret], now, connection, stage=stage)
    except (Unauthenticated, ValueError) as wrong:
        raise InvalidInput([Fault("secrets", str(wrong))]) from None


def _secret(options: argparse.Namespace, provider: str) -> str:
    if options.generate:
        return secrets.token_urlsafe(32)
    return _hidden(f"signing secret of {provider}")


def _hidden(what: str) -> str:
    """What somebody types without its being shown, or what is piped in."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    return getpass.getpass(f"{what} (not shown): ").strip()


def _confirmed(question: str) -> bool:
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _named(option: str, text: str) -> tuple[str, str]:
    name, given, value = text.rpartition("=") if option == "--status" else text.partition("=")
    if not given:
        raise InvalidInput([Fault(option, f"{text} must be {_FORMS[option]}")])
    return name, value
