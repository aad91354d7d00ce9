"""Reports as CSV: one table each, for spreadsheets. What is not a figure of a row is left to the JSON form."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

Row = dict[str, Any]

_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""With what a text begins that a spreadsheet may run as a formula."""


def report_csv(report: str, found: Mapping[str, Any]) -> str:
    """The table of a report, whose name and JSON form are given: a header, then a line for each row, ended as RFC 4180
    says. Durations are in seconds. A text that a spreadsheet might run has an apostrophe in front of it.
    """
    rows = [dict(_flat("", row)) for row in _ROWS[report](found)]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(map(_cell, columns))
    writer.writerows([_cell(row.get(name)) for name in columns] for row in rows)
    return out.getvalue()


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The leaves of a JSON value, each named by its path."""
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from _flat(f"{prefix}.{name}" if prefix else name, one)
    elif isinstance(value, list) and any(isinstance(one, Mapping) for one in value):
        for place, one in enumerate(value, 1):
            yield from _flat(f"{prefix}.{place}", one)
    elif isinstance(value, list):
        yield prefix, " ".join("" if one is None else str(one) for one in value) if value else None
    else:
        yield prefix, value


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.startswith(_STARTS_FORMULA):
        return f"'{value}"
    return value


def _summary(found: Mapping[str, Any]) -> Iterator[Row]:
    dimensions = dict.fromkeys(found["group_by"])
    for name in ("total", "before"):
        yield {"rows": name, "group": dimensions, **found[name]}
    for group in found["groups"]:
        yield {"rows": "group", **group}


def _distribution(found: Mapping[str, Any]) -> Iterator[Row]:
    edges = found["edges_seconds"]
    for group in found["groups"]:
        for place, edge in enumerate(edges):
            yield {
                "group": group["group"],
                "from_seconds": edge,
                "to_seconds": edges[place + 1] if place + 1 < len(edges) else None,
                "count": group["counts"][place],
                "business_count": group["business_counts"][place],
            }


def _causes(found: Mapping[str, Any]) -> Iterator[Row]:
    for measure, one in found["measures"].items():
        for dimension in one["dimensions"]:
            yield {"measure": measure, **dimension}


def _staffing(found: Mapping[str, Any]) -> Iterator[Row]:
    for channel in found["channels"]:
        head = {name: value for name, value in channel.items() if name not in ("hours", "arrivals")}
        for hour in channel["hours"]:
            yield {**head, **hour}


def _rows_of(name: str) -> Callable[[Mapping[str, Any]], Iterable[Row]]:
    return lambda found: found[name]


_ROWS: Mapping[str, Callable[[Mapping[str, Any]], Iterable[Row]]] = {
    "summary": _summary,
    "trends": _rows_of("points"),
    "distribution": _distribution,
    "causes": _causes,
    "agents": _rows_of("agents"),
    "staffing": _staffing,
    "advice": _rows_of("standards"),
}
"""The rows of each report."""
