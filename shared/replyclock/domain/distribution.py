"""How the times of one clock are spread: how many of each length, by group, and how many each promise held."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .blocks import in_seconds
from .columns import Pack
from .dimensions import Groups
from .instants import DAY, MINUTE, SECOND, format_instant, seconds
from .policy import METRICS
from .report import Asked
from .statistics import percentile
from .trends import check_metric

_HOUR = 60 * MINUTE
EDGES = (
    0,
    *(n * SECOND for n in (1, 2, 5, 10, 30)),
    *(n * MINUTE for n in (1, 2, 5, 10, 15, 30)),
    *(n * _HOUR for n in (1, 2, 4, 8, 12)),
    *(n * DAY for n in (1, 2, 3, 5, 7, 14, 30)),
)
"""Between which lengths times are counted together: what people promise, and about twice as much each time."""
BY = ("standard",)
"""The dimension of the groups where nobody says."""


@dataclass(slots=True)
class _Group:
    durations: array[int] = field(default_factory=lambda: array("q"))
    business: array[int] = field(default_factory=lambda: array("q"))
    censored: int = 0
    promises: dict[int, Counter[str]] = field(default_factory=dict)


def distribution(packs: Iterable[Pack], asked: Asked, metric: str = METRICS[0]) -> dict[str, Any]:
    """The times of one clock of the tickets created in the span, by the one dimension of `asked.group_by` (without one:
    by the standard of the first response), as a JSON object.

    `counts` are of the times whose end was seen, round the clock, and `business_counts` of their open hours without
    pauses, which is what counts against a target: each has a number for every bin from an edge up to and with the next
    one, and a last one for what is longer than all edges. A time of 0 s is in the first bin. `targets` are the promises
    that the clocks had. `censored` are known to take longer than was seen. The largest group comes first.
    Raises InvalidInput, naming `metric`.
    """
    check_metric(metric)
    names = asked.group_by[:1] or BY
    groups, found = Groups(names, asked.zone), list[_Group]()
    for pack in packs:
        created = pack.tickets().created_at
        here = range(bisect_left(created, asked.begin), bisect_left(created, asked.end))
        if not here:
            continue
        places, clocks = groups.places(pack), pack.clocks(created)[metric]
        found += [_Group() for _ in groups.known[len(found) :]]
        columns = zip(places(clocks.rows), clocks.rows, clocks.duration, clocks.business, clocks.codes, strict=True)
        for place, row, duration, business, code in columns:
            if row in here:
                group, kind = found[place], clocks.kinds[code]
                if kind.observed:
                    group.durations.append(duration)
                    group.business.append(business)
                else:
                    group.censored += 1
                if kind.target is not None:
                    told = "kept" if kind.met else "undecided" if kind.met is None else _LATE[kind.stopped_by is None]
                    group.promises.setdefault(kind.target, Counter())[told] += 1
    filled = [one for one in zip(groups.known, found, strict=True) if one[1].durations or one[1].censored]
    filled.sort(key=lambda one: (-len(one[1].durations) - one[1].censored, one[0][0] is None, one[0][0] or ""))
    return {
        "from": format_instant(asked.begin),
        "to": format_instant(asked.end),
        "at": format_instant(asked.at),
        "timezone": asked.zone,
        "metric": metric,
        "edges_seconds": [seconds(edge) for edge in EDGES],
        "groups": [{"group": dict(zip(names, name, strict=True)), **_document(group)} for name, group in filled],
    }


_LATE = ("broken", "overdue")


def _document(group: _Group) -> dict[str, Any]:
    return {
        "n": len(group.durations),
        "censored": group.censored,
        "counts": _counts(group.durations),
        "business_counts": _counts(group.business),
        "targets": [
            {"target_seconds": seconds(target), **{name: group.promises[target][name] for name in ("kept", *_LATE)}}
            for target in sorted(group.promises)
        ],
        "median_seconds": in_seconds(percentile(sorted(group.durations), 50)),
    }


def _counts(values: Sequence[int]) -> list[int]:
    # Of as many bins as there are edges, the first ends with the second one.
    found: Mapping[int, int] = Counter(max(bisect_left(EDGES, value), 1) for value in values)
    return [found.get(place, 0) for place in range(1, len(EDGES) + 1)]
