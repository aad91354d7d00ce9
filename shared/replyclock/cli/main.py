"""The `replyclock` command. Exit status: 0 done, 1 a check failed, 2 the input cannot be read, 130 broken off."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from replyclock.cli.options import CommandParser
from replyclock.cli.output import INTERRUPTED, discard_output, prepare_streams, while_read
from replyclock.domain.errors import InvalidInput, ReplyclockError

COMMANDS = (
    "evaluate",
    "explain",
    "report",
    "document",
    "policy",
    "simulate",
    "translate",
    "connection",
    "reconcile",
    "compare",
    "import",
    "export",
    "forget",
    "drop",
    "rebuild",
    "replay",
    "redrive",
    "doctor",
    "smoke",
)

_MODULES = {"import": "history"}
"""The modules of commands whose names are no names of modules."""


def make_parser(names: Sequence[str] = COMMANDS) -> argparse.ArgumentParser:
    """The parser of these commands. Only their modules are loaded: boto3 alone takes longer than evaluating."""
    parser = argparse.ArgumentParser(
        prog="replyclock", description="Service response time: clocks, promises, alerts.", allow_abbrev=False
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=CommandParser)
    for name in names:
        import_module(f"replyclock.cli.{_MODULES.get(name, name)}").add_parser(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command that the arguments name and returns its exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    prepare_streams()
    # All commands are loaded for the help alone.
    options = make_parser(arguments[:1] if arguments and arguments[0] in COMMANDS else COMMANDS).parse_args(arguments)
    try:
        status = 0  # also where nobody reads on
        with while_read():
            status = int(options.run(options))
        return status  # noqa: RET504 (it may not have been assigned)
    except InvalidInput as wrong:
        for fault in wrong.faults:
            print(fault, file=sys.stderr)
        return 2
    except ReplyclockError as wrong:
        print(wrong, file=sys.stderr)
        return 2
    except OSError as wrong:
        discard_output()
        print(f"{wrong.filename}: {wrong.strerror}" if wrong.filename else str(wrong), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("broken off", file=sys.stderr)
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
