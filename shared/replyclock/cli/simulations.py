"""Two policies compared, on the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from replyclock.cli.tables import STATE_STYLES
from replyclock.domain.instants import EARLIEST
from replyclock.domain.judging import Clock
from replyclock.domain.policy import Policy
from replyclock.domain.simulation import SIDES, Change, Row, Side, Simulation, Tally
from replyclock.presentation.words import (
    METRIC_WORDS,
    STATE_WORDS,
    exact_duration_words,
    exact_time_words,
    shown,
    target_words,
    ticket_words,
)

MOST_CHANGES = 5
"""Clocks that are listed of each kind of change; --json lists all."""
_LIST_INDENT = 9

_SIDE_WORDS: dict[Side, str] = {
    "met": STATE_WORDS["met"],
    "breached": STATE_WORDS["breached"],
    "open": "undecided",
    "no_target": STATE_WORDS["no_target"],
    "cancelled": STATE_WORDS["cancelled"],
    "absent": "no such clock",
}
_SIDE_STYLES: dict[Side, str] = {**STATE_STYLES, "open": "yellow", "absent": "dim"}  # type: ignore[dict-item]


def print_simulation(out: Console, simulation: Simulation) -> None:
    """Prints what the policies are, compliance under both, and the clocks that come out otherwise."""
    out.print(Text(f"As of {exact_time_words(simulation.at, 'UTC')}, {_count(simulation.tickets, 'ticket')}"))
    out.print(Text(f"  today    {_policy_words(simulation.today)}"))
    out.print(Text(f"  instead  {_policy_words(simulation.instead)}"))
    out.print()
    _print_compliance(out, simulation)
    out.print(
        Padding(
            Text("judged: met or breached, an overdue open clock being breached; each cell: today -> instead", "dim"),
            (0, 0, 1, 2),
            expand=False,
        )
    )
    _print_changes(out, simulation)


def _policy_words(policy: Policy) -> str:
    versions = [
        f"version {document.version} "
        + (
            "as if in force from the beginning"
            if document.effective_from == EARLIEST
            else f"from {exact_time_words(document.effective_from, 'UTC')}"
        )
        for document in policy.documents
    ]
    return f"{shown(policy.documents[0].policy)}: {', '.join(versions)}"


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _print_compliance(out: Console, simulation: Simulation) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("clock, standard", overflow="fold")
    for heading in ("judged", "met", "breached", "compliance", "change"):
        table.add_column(heading, justify="right", no_wrap=True)
    for total in simulation.totals:
        table.add_row(*_row(total, METRIC_WORDS[total.metric]), style="bold")
        for row in simulation.rows:
            if row.metric == total.metric:
                table.add_row(*_row(row, f"  {shown(row.standard or '')}"))
    out.print(Padding(table, (0, 0, 1, 2), expand=False))


def _row(row: Row, name: str) -> list[Text]:
    change = row.change
    style = "" if not change else "green" if change > 0 else "red"
    return [
        Text(name),
        *(Text(_two(getattr(row.before, what), getattr(row.after, what))) for what in ("judged", "met", "breached")),
        Text(f"{_percent(row.before)} -> {_percent(row.after)}"),
        Text("" if change is None else f"{change:+.1f}", style),
    ]


def _two(before: int, after: int) -> str:
    return f"{before:,}" if before == after else f"{before:,} -> {after:,}"


def _percent(tally: Tally) -> str:
    share = tally.compliance_percent
    return "-" if share is None else f"{share:.1f}%"


def _print_changes(out: Console, simulation: Simulation) -> None:
    changes = simulation.changes
    if not changes:
        out.print("No clock comes out otherwise.")
        return
    tickets = len({change.key for change in changes})
    verb = "comes" if len(changes) == 1 else "come"
    title = f"{_count(len(changes), 'clock')} of {_count(tickets, 'ticket')} {verb} out otherwise"
    out.print(Rule(Text(title, "bold"), align="left", characters="-", style="dim"))
    kinds: dict[tuple[Side, Side], list[Change]] = {}
    for change in changes:
        kinds.setdefault(change.sides, []).append(change)
    for sides, of_kind in sorted(kinds.items(), key=lambda one: _order(one[0])):
        before, after = ((_SIDE_WORDS[side], _SIDE_STYLES[side]) for side in sides)
        out.print(Text.assemble(f"{len(of_kind):>7,}  ", before, " -> ", after))
        table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
        for change in of_kind[:MOST_CHANGES]:
            verdicts = _verdict(change.before), _verdict(change.after)
            table.add_row(ticket_words(change.key), _clock_words(change), *verdicts)
        out.print(Padding(table, (0, 0, 0, _LIST_INDENT), expand=False))
        if len(of_kind) > MOST_CHANGES:
            out.print(Text(f"{' ' * _LIST_INDENT}and {len(of_kind) - MOST_CHANGES:,} more, which --json lists", "dim"))


def _order(sides: tuple[Side, Side]) -> tuple[int, int]:
    """What would have been kept and would break comes first, then what would break no more."""
    return SIDES.index(sides[0]), SIDES.index(sides[1])


def _clock_words(change: Change) -> str:
    clock = change.before or change.after
    if clock is None:
        return ""
    return METRIC_WORDS[clock.metric] + (f" {clock.instance}" if clock.metric == "next_response" else "")


def _verdict(clock: Clock | None) -> str:
    if clock is None or clock.target is None or clock.elapsed is None or clock.standard is None:
        return "-"
    return f"{exact_duration_words(clock.elapsed)} of {target_words(clock.target)}, {shown(clock.standard)}"
