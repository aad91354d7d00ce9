"""A report on the terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from replyclock.domain.instants import SECOND, parse_instant, to_datetime
from replyclock.domain.report import FEWEST
from replyclock.presentation.words import METRIC_WORDS, duration_words, exact_time_words, shown

LEAST_WIDTH = 100
"""Columns that the tables need. A narrower terminal breaks lines itself, which is better than leaving out figures."""

MOST_GROUPS = 50
"""Groups that are shown; --json lists all."""

Document = dict[str, Any]

_COHORT_WORDS = {
    "creation": "Of the tickets created in it, with all that is known of them by then.",
    "event": "What happened in it, of whichever ticket.",
}
_VERDICT_STYLES = {"better": "green", "worse": "red"}
_VERDICT_WORDS = {"no difference shown": "none shown"}


def print_report(out: Console, report: Document) -> None:
    """Prints a report, which is in the form of `domain.report.summary`."""
    out.width = max(out.width, LEAST_WIDTH)
    total = report["total"]
    _print_span(out, report)
    out.print(Text(_COHORT_WORDS[report["cohort"]], "dim"))
    out.print()
    _print_tickets(out, total)
    _print_durations(out, total["clocks"], report["cohort"])
    _print_promises(out, total["clocks"])
    _print_satisfaction(out, total["satisfaction"])
    _print_change(out, report["change"])
    if report["group_by"]:
        _print_groups(out, report["group_by"], report["groups"])


def print_trends(out: Console, report: Document) -> None:
    """Prints trends, which are in the form of `domain.trends.trends`."""
    out.width = max(out.width, LEAST_WIDTH)
    _print_span(out, report)
    _head(out, f"{METRIC_WORDS[report['metric']]}, every {report['every']}")
    table = _table(
        report["every"], "created", "resolved", "backlog", "n", "median", "90th", "95th", "end not\nseen", "kept",
        "satisfied",
    )  # fmt: skip
    for one in report["points"]:
        begin = to_datetime(parse_instant(one["from"])).astimezone(ZoneInfo(report["timezone"]))
        table.add_row(
            f"{begin:%a %Y-%m-%d}",
            *(_number(one[name]) for name in ("created", "resolved", "backlog_end", "n")),
            *(_duration(one[name]) for name in ("median_seconds", "percentile_90_seconds", "percentile_95_seconds")),
            _number(one["censored"]),
            _percent(one["compliance"]),
            _percent(one["satisfied_share"]),
        )
    _put(out, table, f"{_COHORT_WORDS['creation']} Backlog: of all tickets, at the end.")


def print_distribution(out: Console, report: Document) -> None:
    """Prints a distribution, which is in the form of `domain.distribution.distribution`."""
    out.width = max(out.width, LEAST_WIDTH)
    _print_span(out, report)
    for group in report["groups"]:
        ((name, value),) = group["group"].items()
        _head(out, f"{METRIC_WORDS[report['metric']]}, {name.replace('_', ' ')} {shown(value or 'none')}")
        table, most = _table("up to", "round the\nclock", "open\nhours", ""), max(*group["counts"], 1)
        bins = list(zip([*report["edges_seconds"][1:], None], group["counts"], group["business_counts"], strict=True))
        filled = [place for place, (_, *counts) in enumerate(bins) if any(counts)]
        for edge, count, business in bins[filled[0] : filled[-1] + 1] if filled else ():
            words = "longer" if edge is None else _duration(edge)
            table.add_row(words, _number(count), _number(business), "#" * round(_BAR * count / most))
        told = "".join(
            f" {_number(one['kept'])} kept the {_duration(one['target_seconds'])} promised to them in open hours, "
            f"{_number(one['broken'] + one['overdue'])} did not."
            for one in group["targets"]
        )
        median = _duration(group["median_seconds"])
        _put(out, table, f"Median {median}. The end of {_number(group['censored'])} more was not seen.{told}")


_BAR = 40
"""Characters of the longest bar."""


def _print_span(out: Console, report: Document) -> None:
    zone = report["timezone"]
    begin, end, at = (exact_time_words(parse_instant(report[name]), zone) for name in ("from", "to", "at"))
    out.print(Text(f"{begin} to {end}\nas of {at}", "bold"))


def _print_tickets(out: Console, total: Document) -> None:
    tickets = total["tickets"]
    _head(out, "Tickets")
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(overflow="fold", style="dim")
    for words, value, remark in (
        ("created", _number(tickets["created"]), ""),
        ("resolved", _number(tickets["resolved"]), "and not reopened since"),
        ("open", _number(tickets["open"]), ""),
        ("backlog", f"{tickets['backlog_begin']:,} -> {tickets['backlog_end']:,}", "of all tickets, begin and end"),
        ("reopened", _percent(total["reopen_rate"]), f"of {tickets['first_resolved']:,} ever resolved"),
        ("one touch", _percent(total["one_touch_share"]), "of the resolved: one reply, never reopened"),
        ("replies a ticket", _decimal(total["replies_per_ticket"]), "of the resolved"),
    ):
        grid.add_row(words, value, remark)
    _put(out, grid)


def _print_durations(out: Console, clocks: Document, cohort: str) -> None:
    _head(out, "Times")
    # By event there is nothing but what has ended.
    censored = ("end not\nseen", "median\nwith those") if cohort == "creation" else ()
    table = _table("clock", "n", "median", "95 % sure", "90th", "95th", "business\nmedian", *censored)
    for metric, one in clocks.items():
        if one["n"] or one["censored"]:
            table.add_row(
                METRIC_WORDS[metric],
                _number(one["n"]),
                _duration(one["median_seconds"]),
                _range(one["median_interval_seconds"], _duration),
                _duration(one["percentile_90_seconds"]),
                _duration(one["percentile_95_seconds"]),
                _duration(one["business"]["median_seconds"]),
                *((_number(one["censored"]), _duration(one["kaplan_meier_median_seconds"])) if censored else ()),
            )
    remark = (
        "Percentiles by nearest rank. First responses are those that a reply stopped. Business: open hours without "
        "pauses."
    )
    if censored:
        remark += " With those whose end was not seen, which are known to take longer: the median by Kaplan and Meier."
    _put(out, table, remark)


def _print_promises(out: Console, clocks: Document) -> None:
    promised = {metric: one for metric, one in clocks.items() if one["compliance"] is not None}
    if not promised:
        return
    _head(out, "Promises")
    table = _table("clock", "kept", "broken", "overdue", "compliance", "95 % sure")
    for metric, one in promised.items():
        table.add_row(
            METRIC_WORDS[metric],
            *(_number(one[name]) for name in ("kept", "broken", "overdue")),
            _percent(one["compliance"]),
            _range(one["compliance_interval"], _percent),
        )
    _put(out, table, "Overdue: broken, and still running. What is not due yet is not counted.")


def _print_satisfaction(out: Console, given: Document) -> None:
    if not given["ratings"]:
        return
    _head(out, "Satisfaction")
    table = _table("answered within", "ratings", "mean", "satisfied")
    for band in given["by_response_time"]:
        edge = band["up_to_seconds"]
        words = "later" if edge is None else _duration(edge)
        table.add_row(words, _number(band["n"]), _decimal(band["mean"]), _percent(band["satisfied_share"]))
    table.add_row(
        "all", _number(given["ratings"]), _decimal(given["mean"]), _percent(given["satisfied_share"]), style="bold"
    )
    _put(
        out,
        table,
        f"Satisfied: 4 and 5. {_percent(given['response_rate'])} of the tickets ever resolved were rated. All: also "
        "tickets without a reply.",
    )


def _print_change(out: Console, changes: Document) -> None:
    _head(out, "Against the span before")
    table = _table("figure", "before", "now", "change", "95 % sure", "n\nbefore", "n", "difference")
    told = ""
    for name, change in changes.items():
        if not change["n"] and not change["n_before"]:
            continue
        of, _, figure = name.rpartition(".")
        if of in METRIC_WORDS and of != told:
            table.add_row(METRIC_WORDS[of])
            told = of
        words, form = _FIGURES[figure]
        verdict = change["verdict"]
        table.add_row(
            words,
            form(change["before"]),
            form(change["now"]),
            _signed(change["difference"], form),
            _range(change["interval"], partial(_signed, form=form)),
            _number(change["n_before"]),
            _number(change["n"]),
            Text(_VERDICT_WORDS.get(verdict, verdict), _VERDICT_STYLES.get(verdict, "dim")),
        )
    _put(
        out,
        table,
        f"Too few: fewer than {FEWEST} on either side. Too early: time alone would still change it. Shares change by "
        "points in a hundred.",
    )


def _print_groups(out: Console, names: Sequence[str], groups: Sequence[Document]) -> None:
    _head(out, f"By {shown(' and '.join(names)).replace('_', ' ')}")
    table = _table(
        "group", "created", "resolved", "backlog", "first resp.\nmedian", "\n90th", "\nkept",
        "resolution\nmedian", "satisfied",
    )  # fmt: skip
    for group in groups[:MOST_GROUPS]:
        tickets, first = group["tickets"], group["clocks"]["first_response"]
        table.add_row(
            Text(shown(", ".join("none" if value is None else value for value in group["group"].values()))),
            _number(tickets["created"]),
            _number(tickets["resolved"]),
            _number(tickets["backlog_end"]),
            _duration(first["median_seconds"]),
            _duration(first["percentile_90_seconds"]),
            _percent(first["compliance"]),
            _duration(group["clocks"]["resolution"]["median_seconds"]),
            _percent(group["satisfaction"]["satisfied_share"]),
        )
    more = len(groups) - MOST_GROUPS
    _put(out, table, f"and {more:,} more, which --json lists" if more > 0 else "")


def _head(out: Console, title: str) -> None:
    out.print(Rule(Text(title, "bold"), align="left", characters="-", style="dim"))


def _table(first: str, *headings: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    table.add_column(first, overflow="fold", no_wrap=first != "group", vertical="bottom")
    for heading in headings:
        left = heading == "difference"
        table.add_column(heading, justify="left" if left else "right", no_wrap=True, vertical="bottom")
    return table


def _put(out: Console, table: Table, remark: str = "") -> None:
    out.print(Padding(table, (0, 0, 0, 2), expand=False))
    if remark:
        out.print(Padding(Text(remark, "dim"), (0, 0, 0, 2), expand=False))
    out.print()


def _number(value: int) -> str:
    return f"{value:,}"


def _decimal(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f}%"


def _duration(value: float | None) -> str:
    return "-" if value is None else duration_words(round(value * SECOND))


def _signed(value: float | None, form: Callable[[float | None], str]) -> str:
    return f"{'+' if value is not None and value > 0 else ''}{form(value)}".removesuffix("%")


def _range(ends: Sequence[float] | None, form: Callable[[float | None], str]) -> str:
    return f"{form(ends[0])} to {form(ends[1])}" if ends else "-"


_FIGURES: dict[str, tuple[str, Callable[[float | None], str]]] = {
    "median_seconds": ("  median", _duration),
    "compliance": ("  kept", _percent),
    "reopen_rate": ("reopened", _percent),
    "replies_per_ticket": ("replies", _decimal),
    "one_touch_share": ("one touch", _percent),
    "response_rate": ("rated", _percent),
    "mean": ("mean rating", _decimal),
    "satisfied_share": ("satisfied", _percent),
}
"""What a figure of a change is called, and how it reads."""
