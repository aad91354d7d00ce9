"""Options that several commands have, and what they mean. Nothing here reaches a deployment."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from replyclock.domain.errors import Fault, InvalidInput
from replyclock.domain.report import read_bound


class CommandParser(argparse.ArgumentParser):
    """Parses a command whose options may stand between its arguments, too: `report trends --from … FILE`."""

    _inside = False

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """See ArgumentParser."""
        # Where actions follow, as in `policy check`, their own parsers do it. Parsing so calls this method again.
        if self._inside or self._subparsers is not None:
            return super().parse_known_args(args, namespace)
        self._inside = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._inside = False


def add_where(parser: argparse.ArgumentParser) -> None:
    """Adds the options that say which deployment is meant."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--stack", default="replyclock", help="the CloudFormation stack; default: replyclock")
    where.add_argument("--local", action="store_true", help="the local cloud that `make run` keeps up")


def same_place(options: argparse.Namespace) -> str:
    """The options that lead a further command to the same deployment; with a space before, empty for the usual one."""
    return " --local" if options.local else "" if options.stack == "replyclock" else f" --stack {options.stack}"


def add_span(parser: argparse.ArgumentParser) -> None:
    """Adds the ends of a span of creation."""
    when = "an RFC 3339 instant, or a date: the beginning of that day in UTC"
    parser.add_argument("--from", dest="begin", metavar="WHEN", help=f"tickets created from here on: {when}")
    parser.add_argument("--to", dest="end", metavar="WHEN", help="and before this, likewise")


def add_tenant(parser: argparse.ArgumentParser) -> None:
    """Adds the option that limits a command to a tenant."""
    parser.add_argument("--tenant", help="tickets of this tenant alone")


def add_rate(parser: argparse.ArgumentParser, default: float) -> None:
    """Adds the option that says how fast a command goes over tickets."""
    told = f"tickets a second, beside live traffic; default: {default:g}"
    parser.add_argument("--rate", type=rate, default=default, metavar="N", help=told)


def rate(text: str) -> float:
    """How many a second, as an option says it."""
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0.01 <= value <= 10_000:
        raise argparse.ArgumentTypeError("must be a number from 0.01 to 10000")
    return value


def read_when(option: str, text: str | None) -> int | None:
    """The instant of an option, in microseconds. Raises InvalidInput."""
    if text is None:
        return None
    try:
        return read_bound(option, text, "UTC")
    except InvalidInput as wrong:
        raise InvalidInput([Fault(option, fault.problem) for fault in wrong.faults]) from None


def read_span(options: argparse.Namespace) -> tuple[int | None, int | None]:
    """The ends of the span, those that are given, in microseconds. Raises InvalidInput."""
    begin, end = read_when("--from", options.begin), read_when("--to", options.end)
    if begin is not None and end is not None and begin >= end:
        raise InvalidInput([Fault("--to", "must be later than --from")])
    return begin, end
