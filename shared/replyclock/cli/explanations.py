"""The explanation of a ticket's clocks, drawn on the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from replyclock.cli.tables import STATE_STYLES
from replyclock.domain.explanation import Grounds, Interval, clock_end, explain, grounds
from replyclock.domain.history import Happening
from replyclock.domain.judging import Clock, TicketResult
from replyclock.domain.policy import Policy
from replyclock.presentation.bar import Kind, Scale, cells, kind_of, label_row, mark_rows
from replyclock.presentation.story import because_words, happening_words
from replyclock.presentation.words import (
    CANCELLED_WORDS,
    METRIC_WORDS,
    STATE_WORDS,
    STATUS_WORDS,
    exact_duration_words,
    exact_time_words,
    interval_words,
    promised_words,
    shown,
    ticket_words,
)

INDENT = 2
WIDEST_BAR = 120
MOST_ROWS = 48
"""Intervals of one clock that are listed; of more the first and the last ones, with the sums of those between."""

_KINDS: dict[Kind, tuple[str, str, str, str]] = {
    "counted": ("█", "#", "green", "counted"),
    "partly": ("▄", "+", "green", "counted in part"),
    "paused": ("▒", "=", "cyan", "paused"),
    "closed": ("·", ".", "dim", "closed"),
    "before": ("░", ":", "magenta", "before the promise applied"),
    "ahead": ("-", "-", "dim", "still to come"),
}
"""Of each kind of cell its character, that of terminals that know ASCII only, its style, and what it means."""
_MARKS = {
    "C": "customer message",
    "R": "reply",
    "N": "internal note",
    "x": "other message",
    "S": "solved or closed",
    "O": "reopened",
    "P": "policy changes",
    "D": "due",
    "B": "breach",
}
_ROLE_MARKS = {"customer": "C", "reply": "R", "internal": "N", "other": "x"}


def print_explanation(
    out: Console, result: TicketResult, history: Sequence[Happening], policy: Policy, at: int
) -> None:
    """Prints what happened on the ticket by `at` (microseconds), then each clock with what counted and why."""
    state = STATUS_WORDS.get(result.state, result.state.replace("_", " "))
    out.print(Rule(Text(f"ticket {ticket_words(result.key)}: {state}", "bold"), align="left", characters="="))
    zone = _home(result)
    versions = {document.effective_from: document for document in policy.documents}
    begin = result.timeline.created_at if result.timeline.created_at is not None else at
    changes = [
        (since, f"version {versions[since].version} of {shown(versions[since].policy)} comes into force")
        for since in sorted(set(policy.changes(begin, result.timeline.until)))
    ]
    story = [(happening.at, happening_words(happening)) for happening in history]
    # The policy's changes are known after what happened at the same instant: the contract's order of "at t".
    told = sorted([*story, *changes], key=lambda one: one[0])
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for instant, words in told:
        table.add_row(exact_time_words(instant, zone), Text(words))
    table.add_row(Text(exact_time_words(at, zone), "bold"), Text("as of here", "bold"))
    out.print(Padding(table, (0, 0, 0, INDENT), expand=False))
    marks = [*_marks(history), *((since, "P") for since, _ in changes)]
    for clock in result.clocks:
        out.print()
        _print_clock(out, clock, result, policy, marks, clock.timezone or zone)
    out.print()


def _home(result: TicketResult) -> str:
    """The zone in which the ticket's story is told: that of its first clock in a calendar of its own."""
    zones = [clock.timezone for clock in result.clocks if clock.timezone is not None and clock.calendar != "always"]
    return zones[0] if zones else "UTC"


def _marks(history: Iterable[Happening]) -> Iterable[tuple[int, str]]:
    for happening in history:
        if happening.role is not None:
            yield happening.at, _ROLE_MARKS[happening.role]


def _print_clock(
    out: Console, clock: Clock, result: TicketResult, policy: Policy, marks: Sequence[tuple[int, str]], zone: str
) -> None:
    number = f" {clock.instance}" if clock.metric == "next_response" else ""
    title = Text.assemble(
        (f"{METRIC_WORDS[clock.metric]}{number}", "bold"), ": ", (STATE_WORDS[clock.state], STATE_STYLES[clock.state])
    )
    out.print(Rule(title, align="left", characters="-", style="dim"))
    why = grounds(clock, result, policy)
    facts = Table.grid(padding=(0, 2))
    facts.add_column(no_wrap=True)
    facts.add_column(overflow="fold")
    for name, words in _facts(clock, result, why, zone):
        facts.add_row(Text(name, "dim"), words)
    out.print(Padding(facts, (0, 0, 0, INDENT), expand=False))
    intervals = explain(clock, result, policy)
    if not intervals:
        return
    out.print()
    _print_bar(out, clock, result, intervals, marks, zone)
    out.print()
    out.print(
        Padding(
            _intervals_table(intervals, clock_end(clock, result), zone, _ascii(out)), (0, 0, 0, INDENT), expand=False
        )
    )


def _facts(clock: Clock, result: TicketResult, why: Grounds, zone: str) -> Iterable[tuple[str, str]]:
    if clock.reason is not None:
        yield "cancelled", CANCELLED_WORDS[clock.reason]
    else:
        yield from _promise(clock, why)
    yield "started", exact_time_words(clock.started_at, zone)
    if clock.stopped_at is not None:
        by = "a reply" if clock.stopped_by == "reply" else "the ticket being solved or closed"
        yield "stopped", f"{exact_time_words(clock.stopped_at, zone)}, by {by}"
    elif clock.state == "paused":
        yield "stands still", f"now: {interval_words(f'status: {result.timeline.status}')}"
    if clock.elapsed is not None and clock.target is not None:
        yield (
            "counted",
            f"{exact_duration_words(clock.elapsed)} of {exact_duration_words(clock.target)}: {_rest(clock)}",
        )
        if clock.due_at is not None:
            yield "due", exact_time_words(clock.due_at, zone)
        elif clock.state == "paused":
            yield "due", "no instant as long as it stands still"
        else:
            yield "due", "not within ten years"
    elif clock.elapsed is not None:
        yield "counted", f"{exact_duration_words(clock.elapsed)} round the clock"
    if clock.breached_at is not None:
        yield "breached", f"since {exact_time_words(clock.breached_at, zone)}"
    if clock.ever_breached and clock.state != "breached":
        yield "earlier", "was in breach of the promise that governed it then"


def _promise(clock: Clock, why: Grounds) -> Iterable[tuple[str, str]]:
    if why.governing is None or why.document is None or clock.applies_since is None or clock.timezone is None:
        yield "promise", f"none: {because_words(clock, why)}"
        return
    promise, document = why.governing, why.document
    words = promised_words(promise.standard.targets[clock.metric], promise.calendar)
    yield "promise", f"{shown(promise.standard.name)}: {METRIC_WORDS[clock.metric]} within {words}"
    yield "because", because_words(clock, why)
    yield "counted in", f"calendar {shown(promise.calendar.name)}, {promise.calendar.timezone}"
    measured = ", and time counts from there" if document.when_attributes_change == "from_change" else ""
    yield (
        "applies",
        f"since {exact_time_words(clock.applies_since, clock.timezone)}{measured}, "
        f"by version {document.version} of {shown(document.policy)}",
    )


def _rest(clock: Clock) -> str:
    left = (clock.target or 0) - (clock.elapsed or 0)
    if left < 0:
        return f"{exact_duration_words(-left)} over"
    if left == 0:
        return "exactly at the target, which is kept" if clock.stopped_at is not None else "nothing left"
    return f"{exact_duration_words(left)} {'to spare' if clock.stopped_at is not None else 'left'}"


def _ascii(out: Console) -> bool:
    return out.options.ascii_only


def _print_bar(
    out: Console,
    clock: Clock,
    result: TicketResult,
    intervals: Sequence[Interval],
    marks: Sequence[tuple[int, str]],
    zone: str,
) -> None:
    end = clock_end(clock, result)
    # What still runs is drawn up to where it is due; of what has stopped, a later due instant matters no more.
    last = max(end, clock.due_at) if clock.stopped_at is None and clock.due_at is not None else end
    scale = Scale(clock.started_at, last, max(1, min(out.width - 2 * INDENT, WIDEST_BAR, last - clock.started_at)))
    drawn = cells(intervals, scale)
    bar = Text(" " * INDENT)
    for kind, run in groupby(drawn):
        char, plain, style, _ = _KINDS[kind]
        bar.append((plain if _ascii(out) else char) * len(list(run)), style)
    out.print(bar, no_wrap=True)
    own = [*marks, *_turns(result)]
    own += [(at, char) for at, char in ((clock.due_at, "D"), (clock.breached_at, "B")) if at is not None]
    inside = [(at, char) for at, char in own if clock.started_at <= at <= last]
    for row in mark_rows(inside, scale):
        out.print(Text(" " * INDENT + row), no_wrap=True)
    labels = label_row(scale, zone)
    if labels:
        out.print(Text(" " * INDENT + labels, "dim"), no_wrap=True)
    used = {char for _, char in inside}
    legend = [
        f"{_KINDS[kind][_ascii(out)]} {words}" for kind, (_, _, _, words) in _KINDS.items() if kind in set(drawn)
    ] + [f"{char} {words}" for char, words in _MARKS.items() if char in used]
    for line in _wrapped(legend, out.width - 2 * INDENT):
        out.print(Text(" " * INDENT + line, "dim"), no_wrap=True)


def _wrapped(entries: Iterable[str], width: int) -> Iterable[str]:
    """The entries in lines of at most that width, none torn apart."""
    line = ""
    for entry in entries:
        if line and len(line) + 2 + len(entry) > width:
            yield line
            line = ""
        line += f"  {entry}" if line else entry
    if line:
        yield line


def _turns(result: TicketResult) -> Iterable[tuple[int, str]]:
    for turn in result.timeline.turns:
        if turn.what in ("resolved", "reopened"):
            yield turn.at, "S" if turn.what == "resolved" else "O"


def _intervals_table(intervals: Sequence[Interval], end: int, zone: str, ascii_only: bool) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column("")
    table.add_column("from", no_wrap=True)
    table.add_column("lasted", justify="right", no_wrap=True)
    table.add_column("counted", justify="right", no_wrap=True)
    table.add_column("why", overflow="fold")
    listed = list(intervals)
    left_out: list[Interval] = []
    if len(listed) > MOST_ROWS:
        half = MOST_ROWS // 2
        left_out, listed = listed[half:-half], [*listed[:half], *listed[-half:]]
    for i, interval in enumerate(listed):
        if left_out and i == MOST_ROWS // 2:
            _add_left_out(table, left_out, zone)
        char, plain, style, _ = _KINDS[kind_of(interval)]
        lasted = exact_duration_words(interval.end - interval.begin)
        table.add_row(
            Text(plain if ascii_only else char, style),
            exact_time_words(interval.begin, zone),
            lasted,
            lasted if interval.reason == "counted" else "",
            Text(interval_words(interval.reason)),
        )
    table.add_section()
    counted, whole = _sum(intervals, counted=True), _sum(intervals)
    sums = {kind: sum(one.end - one.begin for one in intervals if kind_of(one) == kind) for kind in _KINDS}
    rest = ", ".join(
        f"{exact_duration_words(time)} {_KINDS[kind][3]}" for kind, time in sums.items() if time and kind != "counted"
    )
    table.add_row(
        "",
        Text(exact_time_words(end, zone), "bold"),
        Text(exact_duration_words(whole), "bold"),
        Text(exact_duration_words(counted), "bold"),
        Text(f"in all; {rest}" if rest else "in all", "bold"),
    )
    return table


def _add_left_out(table: Table, left_out: Sequence[Interval], zone: str) -> None:
    table.add_row(
        "",
        Text(exact_time_words(left_out[0].begin, zone), "dim"),
        Text(exact_duration_words(_sum(left_out)), "dim"),
        Text(exact_duration_words(_sum(left_out, counted=True)), "dim"),
        Text(f"{len(left_out)} parts more, which --json lists", "dim"),
    )


def _sum(intervals: Iterable[Interval], *, counted: bool = False) -> int:
    return sum(one.end - one.begin for one in intervals if not counted or one.reason == "counted")
