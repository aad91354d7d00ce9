"""The section of the service response time document that says what came of the promises."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from replyclock.domain.instants import SECOND, parse_instant, to_datetime
from replyclock.domain.policy import METRICS

from .blocks import Block, Items, Note, Paragraph, Section, Table
from .language import Language
from .words import shown


@dataclass(frozen=True, slots=True)
class Results:
    """What an evaluation found, each in the form in which the domain gives it."""

    summary: Mapping[str, Any]
    """That of `report.summary`, by creation."""
    groups: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By dimension, the same grouped by it."""
    causes: Mapping[str, Any] | None = None
    staffing: Mapping[str, Any] | None = None
    advice: Mapping[str, Any] | None = None

    @property
    def tickets(self) -> int:
        """How many tickets it is of."""
        return int(self.summary["total"]["tickets"]["created"])


def evaluation(results: Results | None, zone: str, language: Language) -> tuple[Block, ...]:
    """Results, trends, satisfaction, what lengthens times, who is needed when, and which targets would hold."""
    if results is None:
        return tuple(
            Section(language.text(key), (Note(language.text(f"{none}.no_data")),)) for key, none in _PARTS_WITHOUT_DATA
        )
    summary = results.summary
    period, at = period_words(results, zone, language), language.moment(parse_instant(summary["at"]), zone)
    parts: tuple[tuple[str, Iterable[Block]], ...] = (
        ("evaluation.results", _figures(summary["total"], language)),
        *((f"evaluation.by.{name}", _groups(name, found, language)) for name, found in results.groups.items()),
        ("evaluation.trends", _trends(summary, language)),
        ("evaluation.satisfaction", _satisfaction(summary["total"]["satisfaction"], language)),
        *((("causes", _causes(results.causes, language)),) if results.causes else ()),
        *((("staffing", _staffing(results.staffing, language)),) if results.staffing else ()),
        *((("advice", _advice(results.advice, language)),) if results.advice else ()),
    )
    return (
        Paragraph(language.text("evaluation.scope", period=period, at=at, zone=zone)),
        *(Section(language.text(key), tuple(blocks)) for key, blocks in parts),
    )


_PARTS_WITHOUT_DATA = (
    ("evaluation.results", "evaluation"),
    ("evaluation.trends", "trends"),
    ("evaluation.satisfaction", "satisfaction"),
    ("causes", "causes"),
    ("staffing", "staffing"),
    ("advice", "advice"),
)


def period_words(results: Results, zone: str, language: Language) -> str:
    """The span that was evaluated: whole days of the time zone by their dates, the last one included."""
    begin, end = (parse_instant(results.summary[name]) for name in ("from", "to"))
    if all(to_datetime(at).astimezone(ZoneInfo(zone)).time() == time() for at in (begin, end)):
        return language.text("from_to", begin=language.date(begin, zone), end=language.date(end - 1, zone))
    return language.text("from_to", begin=language.moment(begin, zone), end=language.moment(end, zone))


def value_words(dimension: str, value: str | None, language: Language, *, begins: bool = False) -> str:
    """What a group of a dimension is called: `Monday`, `09:00`, `phone`; `Phone` where it begins a cell."""
    if value is None:
        return language.text("evaluation.unknown")
    if dimension == "hour":
        return f"{value}:00"
    return language.name(dimension, value) if begins else language.word(dimension, value)


def busiest(channel: Mapping[str, Any], weekday: str | None = None) -> Mapping[str, Any] | None:
    """The hour of a channel's staffing, of one weekday or of all, that needs most agents; None where none is needed."""
    hours = [
        hour
        for hour in channel["hours"]
        if hour["agents"] and (weekday is None or hour["hour_of_week"].startswith(weekday))
    ]
    return max(hours, key=lambda hour: (hour["agents"], hour["load_erlangs"]), default=None)


def _headings(language: Language, *keys: str) -> tuple[str, ...]:
    return tuple(language.text(key) for key in keys)


def _figures(block: Mapping[str, Any], language: Language) -> Iterator[Block]:
    counts, rates = block["tickets"], ("reopen_rate", "one_touch_share")
    counted = ("created", "resolved", "open", "backlog_begin", "backlog_end")
    rows = [(language.text(f"figure.{name}"), language.number(counts[name])) for name in counted]
    rows += [(language.text(f"figure.{name}"), language.share(block[name])) for name in rates]
    rows.append((language.text("figure.replies_per_ticket"), language.number(block["replies_per_ticket"], 2)))
    headings = _headings(language, "evaluation.figure", "evaluation.value")
    yield Table(language.text("evaluation.tickets"), headings, tuple(rows), figures=range(1, 2))
    clocks = [(language.name("metric", metric), block["clocks"][metric]) for metric in METRICS]
    columns = ("clock", "n", "median", "p90", "p95", "business_median", "censored", "kaplan_meier")
    yield Table(
        language.text("evaluation.times"),
        _headings(language, *(f"evaluation.{name}" for name in columns)),
        tuple(
            (
                name,
                language.number(clock["n"]),
                language.seconds(clock["median_seconds"]),
                language.seconds(clock["percentile_90_seconds"]),
                language.seconds(clock["percentile_95_seconds"]),
                language.seconds(clock["business"]["median_seconds"], days=False),
                language.number(clock["censored"]),
                language.seconds(clock["kaplan_meier_median_seconds"]),
            )
            for name, clock in clocks
        ),
        figures=range(1, 8),
    )
    yield Paragraph(language.text("evaluation.kaplan_meier.text"))
    yield Paragraph(language.text("evaluation.first.text"))
    yield Table(
        language.text("evaluation.compliance"),
        _headings(
            language, *(f"evaluation.{name}" for name in ("clock", "kept", "broken", "overdue", "share", "interval"))
        ),
        tuple(
            (
                name,
                *(language.number(clock[count]) for count in ("kept", "broken", "overdue")),
                language.share(clock["compliance"]),
                _interval(clock["compliance_interval"], language),
            )
            for name, clock in clocks
        ),
        figures=range(1, 6),
    )


def _interval(interval: list[float] | None, language: Language) -> str:
    if interval is None:
        return language.text("nothing")
    low, high = (language.share(end) for end in interval)
    return language.text("from_to", begin=low, end=high)


def _groups(dimension: str, summary: Mapping[str, Any], language: Language) -> Iterator[Block]:
    columns = ("created", "first_median", "first_p90", "first_compliance", "resolution_median", "satisfied")
    rows = []
    for block in summary["groups"]:
        if block["tickets"]["created"]:
            first, resolution = block["clocks"]["first_response"], block["clocks"]["resolution"]
            rated, satisfied = (
                block["satisfaction"]["ratings"],
                language.share(block["satisfaction"]["satisfied_share"]),
            )
            rows.append(
                (
                    value_words(dimension, block["group"][dimension], language, begins=True),
                    language.number(block["tickets"]["created"]),
                    language.seconds(first["median_seconds"]),
                    language.seconds(first["percentile_90_seconds"]),
                    language.share(first["compliance"]),
                    language.seconds(resolution["median_seconds"]),
                    # Of few ratings a share says little: how many there are stands beside it.
                    language.text("in_brackets", text=satisfied, more=language.number(rated)) if rated else satisfied,
                )
            )
    headings = language.name("dimension", dimension), *_headings(language, *(f"evaluation.{name}" for name in columns))
    yield Table(language.text(f"evaluation.by.{dimension}.caption"), headings, tuple(rows), figures=range(1, 7))


def _trends(summary: Mapping[str, Any], language: Language) -> Iterator[Block]:
    if not summary["before"]["tickets"]["created"]:
        yield Note(language.text("evaluation.no_trend"))
        return
    rows = [
        (_changed(name, language), *_change(name, change, language))
        for name, change in summary["change"].items()
        if change["now"] is not None or change["before"] is not None
    ]
    keys = ("figure", "now", "before", "difference", "verdict")
    headings = _headings(language, *(f"evaluation.{name}" for name in keys))
    yield Table(language.text("evaluation.trends.caption"), headings, tuple(rows), figures=range(1, 4))
    yield Paragraph(language.text("evaluation.trends.text"))


def _changed(name: str, language: Language) -> str:
    first, _, last = name.partition(".")
    if first in METRICS:
        return language.text(f"change.{last}", metric=language.name("metric", first))
    return language.text(f"change.{name}" if last else f"figure.{name}")


def _change(name: str, change: Mapping[str, Any], language: Language) -> Iterator[str]:
    of_shares = not name.endswith("_seconds") and name not in ("replies_per_ticket", "satisfaction.mean")

    def told(value: float | None) -> str:
        if name.endswith("_seconds"):
            return language.seconds(value)
        return language.share(value) if of_shares else language.number(value, 2)

    def apart(value: float) -> str:
        return language.signed(language.number(value * 100, 1) if of_shares else told(value))

    yield told(change["now"])
    yield told(change["before"])
    if change["difference"] is None or change["interval"] is None:
        yield language.text("nothing")
    else:
        low, high = map(apart, change["interval"])
        unit = "points" if of_shares else "value"
        yield language.text(f"evaluation.difference.{unit}", difference=apart(change["difference"]), low=low, high=high)
    yield language.text(f"verdict.{change['verdict']}")


def _satisfaction(found: Mapping[str, Any], language: Language) -> Iterator[Block]:
    if not found["ratings"]:
        yield Note(language.text("satisfaction.none"))
        return
    yield Paragraph(
        language.text(
            "satisfaction.text",
            ratings=language.count("ratings", found["ratings"]),
            rate=language.share(found["response_rate"]),
            mean=language.number(found["mean"], 2),
            share=language.share(found["satisfied_share"]),
        )
    )
    rows, below = [], ""
    for band in found["by_response_time"]:
        edge = "" if band["up_to_seconds"] is None else language.exact(band["up_to_seconds"] * SECOND)
        if edge and below:
            limits = language.text("from_to", begin=below, end=edge)
        else:
            limits = language.text("satisfaction.up_to" if edge else "satisfaction.over", time=edge or below)
        below = edge
        rows.append(
            (
                limits,
                language.number(band["n"]),
                language.number(band["mean"], 2),
                language.share(band["satisfied_share"]),
            )
        )
    headings = _headings(language, *(f"satisfaction.{name}" for name in ("band", "n", "mean", "share")))
    yield Table(language.text("satisfaction.caption"), headings, tuple(rows), figures=range(1, 4))


def _causes(found: Mapping[str, Any], language: Language) -> Iterator[Block]:
    shares = found["time"]["total"]["shares"]
    if shares:
        rows = tuple((language.name("phase", phase), language.share(share)) for phase, share in shares.items())
        headings = _headings(language, "causes.phase", "causes.phase_share")
        yield Table(language.text("causes.phases"), headings, rows, figures=range(1, 2))
    slow = list(slow_groups(found))
    if slow:
        yield Paragraph(language.text("causes.text"))
        columns = ("group", "measure", "n", "inside", "outside", "effect")
        yield Table(
            language.text("causes.caption"),
            _headings(language, *(f"causes.{name}" for name in columns)),
            tuple(
                (
                    group_words(cause["dimension"], group["group"], language),
                    language.name("measure", cause["measure"]),
                    language.number(group["inside"]["n"] + group["inside"]["censored"]),
                    language.seconds(group["inside"]["kaplan_meier_median_seconds"]),
                    language.seconds(group["outside"]["kaplan_meier_median_seconds"]),
                    language.share(cause["effect"]),
                )
                for cause, group in slow
            ),
            figures=range(2, 6),
        )
    else:
        yield Note(language.text("causes.none"))
    yield from _assumptions(found["assumptions"], language, fewest=found["thresholds"]["group"])


def slow_groups(found: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Each cause with each of its groups that takes longer, the strongest cause first."""
    for cause in found["causes"]:
        for group in cause["stand_out"]:
            if group["direction"] == "longer":
                yield cause, group


def group_words(dimension: str, value: str | None, language: Language) -> str:
    """A group with its dimension: `Weekday: Monday`."""
    name = language.name("dimension", dimension)
    return language.text("condition", name=name, value=value_words(dimension, value, language))


def _staffing(found: Mapping[str, Any], language: Language) -> Iterator[Block]:
    channels = [channel for channel in found["channels"] if busiest(channel)]
    if not channels:
        yield Note(language.text("staffing.none"))
        return
    names = [value_words("channel", channel["channel"], language, begins=True) for channel in channels]
    yield Paragraph(language.text("staffing.text", share=language.share(found["share"], 0)))
    weekdays = language.words["weekday"].items()
    yield Table(
        language.text("staffing.caption"),
        (language.text("staffing.weekday"), *names),
        tuple((name, *(_peak(busiest(channel, day), language) for channel in channels)) for day, name in weekdays),
        figures=range(1, len(names) + 1),
    )
    yield Table(
        language.text("staffing.inputs"),
        _headings(language, *(f"staffing.{name}" for name in ("channel", "target", "handling", "week"))),
        tuple(
            (
                name,
                language.seconds(channel["target_seconds"], days=False),
                language.seconds(channel["handling_seconds"]),
                language.number(sum(hour["arrivals_per_hour"] for hour in channel["hours"]), 1),
            )
            for name, channel in zip(names, channels, strict=True)
        ),
        figures=range(1, 4),
    )
    yield Paragraph(language.text("staffing.assumed"))
    yield from _assumptions(found["assumptions"], language)


def _peak(hour: Mapping[str, Any] | None, language: Language) -> str:
    if hour is None:
        return language.text("nothing")
    return language.text("in_brackets", text=hour["agents"], more=f"{hour['hour_of_week'][-2:]}:00")


def _advice(found: Mapping[str, Any], language: Language) -> Iterator[Block]:
    rows = tuple(_reviewed(one, language) for one in found["standards"] if not one["too_few"])
    if not rows:
        yield Note(language.text("advice.none"))
        return
    yield Paragraph(language.text("advice.text", fewest=found["fewest"]))
    first = next(one for one in found["standards"] if not one["too_few"])
    would = (
        language.text("advice.would", share=language.share(kept["percent"] / 100, 0)) for kept in first["would_be_kept"]
    )
    headings = _headings(language, "standards.name", "evaluation.clock", "advice.target", "evaluation.share")
    yield Table(language.text("advice.caption"), (*headings, *would), rows, figures=range(2, 7))
    yield from _assumptions(found["assumptions"], language)


def _reviewed(one: Mapping[str, Any], language: Language) -> tuple[str, ...]:
    unknown = language.text("advice.out_of_reach")
    return (
        shown(one["standard"]),
        language.name("metric", one["metric"]),
        language.seconds(one["target_seconds"], days=False),
        language.share(one["compliance"]),
        *(
            unknown if kept["seconds"] is None else language.seconds(kept["seconds"], days=False)
            for kept in one["would_be_kept"]
        ),
    )


def _assumptions(keys: Iterable[str], language: Language, **values: object) -> Iterator[Block]:
    yield Paragraph(language.text("term", term=language.text("assumptions")))
    yield Items(tuple(("", language.text(f"assumption.{key}", **values)) for key in keys))
