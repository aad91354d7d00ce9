"""`replyclock translate`: the ticket events that a webhook means, without sending it anywhere (section 7 of the
contract).
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from replyclock.domain.errors import Fault, InvalidInput, Unauthenticated
from replyclock.domain.events import event_text
from replyclock.domain.instants import parse_instant
from replyclock.sources import providers, source
from replyclock.sources.base import (
    Connection,
    Headers,
    Webhook,
    connection_from_yaml,
    connection_without_options,
    read_json,
    translated,
)

UNDERSTOOD, REFUSED, UNREADABLE = 0, 1, 2
"""The exit statuses."""

_STAGE = "local"
"""Where the command runs: the secrets of tools' own testers, refused where webhooks are taken in, may be tried here."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to those of `ArgumentParser.add_subparsers()`; its `run` is the default of that name."""
    parser = subparsers.add_parser(
        "translate",
        help="print the ticket events that a webhook means",
        description="Prints the ticket events that a webhook means, as JSON Lines. Exit status 0; 1 when the "
        "signature is refused; 2 when the body cannot be read. The reason is on standard error.",
    )
    parser.add_argument("provider", choices=providers(), metavar="PROVIDER", help=f"one of {', '.join(providers())}")
    parser.add_argument(
        "payload", metavar="PAYLOAD.json", help="the webhook's body, byte for byte; - reads standard input"
    )
    parser.add_argument("--headers", metavar="H.json", help="the webhook's headers, as a JSON object")
    parser.add_argument("--connection", metavar="C.yaml", help="the connection it came through")
    parser.add_argument(
        "--secret",
        metavar="S",
        action="append",
        type=_secret,
        default=[],
        help="verify the signature first, with this secret; repeatable",
    )
    parser.add_argument(
        "--at", metavar="INSTANT", type=_instant, help="when it was received, such as 2026-06-01T13:00:00Z; default now"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Translates one webhook. Returns the exit status; prints events, or where something is wrong only the reasons."""
    try:
        tool = source(args.provider)
        connection = _connection(args.connection, args.provider)
        webhook = Webhook(
            body=_body(args.payload),
            headers=_headers(args.headers),
            received_at=time.time_ns() // 1000 if args.at is None else args.at,
        )
        if args.secret:
            tool.verify(webhook, args.secret, webhook.received_at, connection, stage=_STAGE)
    except InvalidInput as wrong:
        return _fail(UNREADABLE, [str(fault) for fault in wrong.faults])
    except Unauthenticated as wrong:
        return _fail(REFUSED, [f"{args.payload}: the signature is refused: {wrong}"])
    translation = translated(tool.translate, webhook, connection)
    if translation.unreadable:
        return _fail(
            UNREADABLE,
            [": ".join(filter(None, (args.payload, part.place, part.reason))) for part in translation.unreadable],
        )
    for event in translation.events:
        print(event_text(event))
    return UNDERSTOOD


def _fail(status: int, reasons: list[str]) -> int:
    for reason in reasons:
        print(reason, file=sys.stderr)
    return status


def _connection(path: str | None, provider: str) -> Connection:
    if path is None:
        return connection_without_options(provider)
    try:
        connection = connection_from_yaml(_text(path))
    except InvalidInput as wrong:
        raise InvalidInput([_within(path, fault) for fault in wrong.faults]) from None
    if connection.provider != provider:
        raise InvalidInput([Fault(f"{path}: provider", f"is {connection.provider}, but the webhook is of {provider}")])
    return connection


def _headers(path: str | None) -> Headers:
    if path is None:
        return Headers()
    try:
        document = read_json(_bytes(path))
    except InvalidInput as wrong:
        raise InvalidInput([_within(path, fault) for fault in wrong.faults]) from None
    if not isinstance(document, dict) or not all(isinstance(value, str) for value in document.values()):
        raise InvalidInput([Fault(path, "must be a JSON object of header names and texts")])
    return Headers(document)


def _within(path: str, fault: Fault) -> Fault:
    return Fault(f"{path}: {fault.field}" if fault.field else path, fault.problem)


def _body(path: str) -> bytes:
    return sys.stdin.buffer.read() if path == "-" else _bytes(path)


def _text(path: str) -> str:
    try:
        return _bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput([Fault("", "is not UTF-8")]) from None


def _bytes(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as wrong:
        raise InvalidInput([Fault(path, f"cannot be read: {wrong.strerror}")]) from None


def _secret(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("must not be empty")
    return text


def _instant(text: str) -> int:
    try:
        return parse_instant(text)
    except ValueError as wrong:
        raise argparse.ArgumentTypeError(str(wrong)) from None
