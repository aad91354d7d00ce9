"""Improvement measures, drawn from the causes that an evaluation found, and only from those."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from replyclock.domain.figures import PHASES

from .document_results import Results, busiest, group_words, slow_groups, value_words
from .language import Language


def measures(results: Results | None, language: Language) -> tuple[tuple[str, str], ...]:
    """What to do about each group of tickets that takes longer: what was found, and the measures, strongest first."""
    if results is None or results.causes is None:
        return ()
    findings: dict[tuple[str, str], list[tuple[str, Mapping[str, Any]]]] = {}
    for cause, group in slow_groups(results.causes):
        findings.setdefault((cause["dimension"], group["group"]), []).append((cause["measure"], group))
    return tuple(
        (
            language.text("measures.finding", group=group_words(dimension, value, language)),
            language.sentences(
                (
                    _finding(found, language),
                    *(
                        language.text(f"measures.{key}", name=value_words(dimension, value, language))
                        for key in rules(dimension, [measure for measure, _ in found])
                    ),
                    *_staffed(dimension, value, results.staffing, language),
                )
            ),
        )
        for (dimension, value), found in findings.items()
    )


def rules(dimension: str, times: Iterable[str]) -> tuple[str, ...]:
    """Which measures answer to a group of this dimension for which these times are longer.

    Where a phase is longer, it says what to do; the first response and the resolution are longer because of it.
    """
    known = list(times)
    phases = [time for time in known if time in PHASES]
    return tuple(dict.fromkeys(_rule(dimension, time) for time in phases or known))


def _rule(dimension: str, time: str) -> str:
    if time == "on_third_parties":
        return "third_parties"
    if time == "on_customer":
        return "customer"
    if dimension in ("weekday", "hour"):
        return dimension
    return "before_assignment" if time == "before_assignment" else dimension


def _finding(found: Iterable[tuple[str, Mapping[str, Any]]], language: Language) -> str:
    longer = (
        language.text(
            "measures.longer",
            measure=language.word("measure", measure),
            inside=language.seconds(group["inside"]["kaplan_meier_median_seconds"]),
            outside=language.seconds(group["outside"]["kaplan_meier_median_seconds"]),
        )
        for measure, group in found
    )
    return language.text("measures.medians", medians=language.all_of(longer))


def _staffed(dimension: str, value: str, staffing: Mapping[str, Any] | None, language: Language) -> Iterable[str]:
    """The agents that it takes in the busiest hour, for what staffing may be the answer to."""
    channels = staffing["channels"] if staffing is not None else ()
    if dimension == "weekday":
        peaks = [(channel["channel"], hour) for channel in channels if (hour := busiest(channel, value))]
    elif dimension == "channel":
        peaks = [(value, hour) for channel in channels if channel["channel"] == value and (hour := busiest(channel))]
    else:
        return
    if dimension == "channel":
        said = [language.count("agents", hour["agents"]) for _, hour in peaks]
    else:
        said = [
            language.text(
                "measures.needed",
                channel=value_words("channel", name, language),
                agents=language.number(hour["agents"]),
            )
            for name, hour in peaks
        ]
    if said:
        yield language.text(f"measures.staffed.{dimension}", agents=language.all_of(said))
