"""What is allowed in a policy and yet hardly meant: promises that can never be the ones that count, names with a slip
of the pen, instants that never come.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise

from .calendars import ALWAYS, Calendar
from .events import KNOWN_ATTRIBUTES
from .judging import HORIZON
from .policy import Condition, Metric, Policy, PolicyDocument, Standard
from .timeline import TICKET_TRAITS

CHANNELS = ("phone", "chat", "email", "web", "social", "sms", "api", "app")
"""The channels that sources tell."""
PRIORITIES = ("low", "normal", "high", "urgent")
"""The priorities that sources tell, where the source's own says one of these."""
_VALUES: Mapping[str, Sequence[str]] = {"channel": CHANNELS, "priority": PRIORITIES}
_NAMES = (*KNOWN_ATTRIBUTES, *TICKET_TRAITS)


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to look at. `field` is its dotted path in the document."""

    field: str
    problem: str

    def __str__(self) -> str:
        return f"{self.field}: {self.problem}"


def review_policy(policy: Policy) -> Iterator[tuple[PolicyDocument, Remark]]:
    """What stands out between the versions of a policy, each with the version that it is about."""
    for before, after in pairwise(policy.documents):
        if before.effective_from == after.effective_from:
            yield (
                before,
                Remark(
                    "effective_from",
                    f"is never in force: version {after.version} comes at the same instant and is higher",
                ),
            )
        elif after.version < before.version:
            yield after, Remark("effective_from", f"comes after that of version {before.version}, which is higher")


def review_document(document: PolicyDocument, at: int) -> Iterator[Remark]:
    """What stands out in one version, in the order of the document. `at` (microseconds) is where ten years begin."""
    used = {standard.calendar for standard in document.standards}
    for name in document.calendars:
        if name not in used:
            yield Remark(f"calendars.{name}", "is used by no standard")
    for i, standard in enumerate(document.standards):
        yield from _review_names(standard.when, f"standards[{i}].when")
        if not standard.targets:
            yield Remark(f"standards[{i}].targets", "promises nothing")
        for metric in standard.targets:
            yield from _review_target(document, i, metric, at)
    for i, monitoring in enumerate(document.monitoring):
        yield from _review_names(monitoring.when, f"monitoring[{i}].when")


def _review_names(when: Mapping[str, Condition], place: str) -> Iterator[Remark]:
    for name, condition in when.items():
        if name not in _NAMES and (meant := _close(name, _NAMES)):
            yield Remark(f"{place}.{name}", f"is not one of the known attributes: is {meant} meant?")
        known = _VALUES.get(name)
        for value in (*(condition.any_of or ()), *(condition.none_of or ())):
            if known and value is not None and value not in known:
                meant = _close(value, known)
                hint = f": is {meant} meant?" if meant else f": these are {', '.join(known)}"
                yield Remark(f"{place}.{name}", f"{value} is not a {name} that sources tell{hint}")


def _close(name: str, known: Sequence[str]) -> str | None:
    return next(iter(get_close_matches(name.lower(), known, n=1, cutoff=0.7)), None)


def _review_target(document: PolicyDocument, place: int, metric: Metric, at: int) -> Iterator[Remark]:
    standard = document.standards[place]
    calendar, target = _promise(document, standard, metric)
    if calendar.reach(at, target, at + HORIZON) is None:
        yield Remark(
            f"standards[{place}].targets.{metric}",
            f"takes longer than ten years in the calendar {calendar.name}: such a clock is never due",
        )
    for i, other in enumerate(document.standards):
        if i != place and metric in other.targets and _covers(other.when, standard.when):
            if document.select == "first" and i < place:
                yield _overruled(place, metric, f"{other.name} matches all that it matches and is listed first")
                return
            if document.select == "strictest" and _always_stricter(document, metric, other, standard, listed=i < place):
                yield _overruled(place, metric, f"{other.name} matches all that it matches and is never due later")
                return


def _overruled(place: int, metric: Metric, why: str) -> Remark:
    return Remark(f"standards[{place}].targets.{metric}", f"can never govern: {why}")


def _promise(document: PolicyDocument, standard: Standard, metric: Metric) -> tuple[Calendar, int]:
    calendar = document.known_calendars[standard.calendar]
    return calendar, standard.targets[metric].on(calendar)


def _always_stricter(
    document: PolicyDocument, metric: Metric, other: Standard, standard: Standard, *, listed: bool
) -> bool:
    """Whether `other` goes before `standard` whenever both match, as far as that can be told of all instants at once.

    `listed`: whether it is listed before it, which decides where both are due at one instant.
    """
    (calendar, target), (own_calendar, own_target) = (_promise(document, one, metric) for one in (other, standard))
    # Round the clock an amount passes no later than in any other calendar; of two calendars with hours nothing is said.
    comparable = calendar in (own_calendar, ALWAYS)
    return comparable and (target < own_target or (target == own_target and listed))


def _covers(wide: Mapping[str, Condition], narrow: Mapping[str, Condition]) -> bool:
    """Whether every ticket that meets all of `narrow` meets all of `wide`, as far as single conditions tell."""
    return all(name in narrow and _implies(narrow[name], condition) for name, condition in wide.items())


def _implies(narrow: Condition, wide: Condition) -> bool:
    if wide.none_of is not None:
        # A value of `any` says nothing of the others: an attribute may be a list.
        return narrow.none_of is not None and set(wide.none_of) <= set(narrow.none_of)
    return narrow.any_of is not None and set(narrow.any_of) <= set(wide.any_of or ())
