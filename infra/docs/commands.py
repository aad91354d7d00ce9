"""The commands of `replyclock`, as their parsers have them, and the reference page of them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

from replyclock.cli.main import make_parser

WIDTH = 100
"""Columns of a usage line."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command, or an action of one: `names` are `("policy", "check")`, say."""

    names: tuple[str, ...]
    parser: argparse.ArgumentParser
    summary: str

    @property
    def options(self) -> list[argparse.Action]:
        """Its options and arguments, without --help."""
        return [
            one
            for one in self.parser._actions
            if not isinstance(one, argparse._HelpAction | argparse._SubParsersAction)
        ]


def commands() -> list[Command]:
    """All commands and their actions, in the order of the help."""
    return list(_walk(make_parser(), ()))


def _walk(parser: argparse.ArgumentParser, names: tuple[str, ...]) -> Iterator[Command]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            summaries = {one.dest: one.help or "" for one in action._choices_actions}
            seen: set[int] = set()
            for name, child in action.choices.items():
                if id(child) not in seen:  # an alias is no command of its own
                    seen.add(id(child))
                    yield Command((*names, name), child, summaries.get(name, ""))
                    yield from _walk(child, (*names, name))


def page() -> str:
    """The reference page."""
    found = commands()
    top = [one for one in found if len(one.names) == 1]
    lines = [
        "# Command line",
        "",
        "This page is made from the parsers of the command; `replyclock COMMAND --help` prints the same.",
        "",
        "Exit status: 0 done, 1 a check failed, 2 the input cannot be read, 130 interrupted. Options may stand before",
        "or after the files. Commands that work on a deployment mean the stack `replyclock` unless `--stack` or",
        "`--local` names another one.",
        "",
        "| command | |",
        "|---|---|",
        *(f"| [`{one.names[0]}`](#{one.names[0]}) | {one.summary} |" for one in top),
        "",
    ]
    for one in found:
        lines += _section(one)
    return "\n".join(lines)


def _section(command: Command) -> list[str]:
    name = " ".join(command.names)
    lines = [f"{'#' * (len(command.names) + 1)} `{name}` {{#{'-'.join(command.names)}}}", ""]
    description = command.parser.description or command.summary
    lines += [_sentence(description), "", "```text", usage(command.parser), "```", ""]
    if options := command.options:
        lines += ["| option | |", "|---|---|"]
        lines += [f"| {_invocation(one)} | {_help(one)} |" for one in options]
        lines += [""]
    return lines


def usage(parser: argparse.ArgumentParser) -> str:
    """The usage line, in the same width everywhere."""
    formatter = argparse.HelpFormatter(parser.prog, width=WIDTH)
    formatter.add_usage(parser.usage, parser._actions, parser._mutually_exclusive_groups, prefix="")
    return formatter.format_help().strip()


def _invocation(option: argparse.Action) -> str:
    shown = option.metavar or (option.dest.upper() if option.option_strings else option.dest)
    metavar = shown if isinstance(shown, str) else " ".join(shown)
    if not option.option_strings:
        return f"`{metavar}`"
    takes = "" if option.nargs == 0 else f" {_choices(option) or metavar}"
    return ", ".join(f"`{name}{takes}`" for name in option.option_strings)


def _choices(option: argparse.Action) -> str:
    few = option.choices is not None and option.metavar is None
    return "{" + ",".join(map(str, option.choices or ())) + "}" if few else ""


def _help(option: argparse.Action) -> str:
    text = " ".join(((option.help or "") % {**vars(option), "prog": ""}).replace("|", "\\|").split())
    return f"{text} (required)" if option.required and option.option_strings else text


def _sentence(text: str) -> str:
    return escaped(" ".join(text.split()))


def escaped(text: str) -> str:
    """Text that Markdown takes as it is."""
    return text.replace("<", "&lt;").replace("*", "\\*")
