"""Which promises can never be the ones that count."""

from __future__ import annotations

import pytest

from replyclock.domain.policy import read_document, read_policy
from replyclock.domain.review import review_document, review_policy

HEAD = """\
policy: p
version: 1
effective_from: 2026-01-01T00:00:00Z
calendars:
  office: {timezone: UTC, hours: {mon: ["09:00-17:00"]}}
  office2: {timezone: UTC, hours: {mon: ["09:00-18:00"]}}
"""


def overruled(standards: str, select: str = "strictest") -> list[str]:
    document = read_document(f"{HEAD}select: {select}\nstandards: [{standards}]\n")
    return [one.field for one in review_document(document, 0) if "never govern" in one.problem]


def promise(name: str, text: str, metric: str = "first_response") -> str:
    """`when: {tier: vip}, 1h` as a standard."""
    rest, _, target = text.rpartition(" ")
    return f"{{name: {name}, {rest} targets: {{{metric}: {target}}}}}"


SECOND, FIRST = ["standards[1].targets.first_response"], ["standards[0].targets.first_response"]


@pytest.mark.parametrize(
    ("first", "second", "strictest", "listed"),
    [
        # The same tickets, the same calendar: the shorter target, of equal ones the first.
        ("1h", "2h", SECOND, SECOND),
        ("2h", "1h", FIRST, SECOND),
        ("1h", "60m", SECOND, SECOND),
        # Who matches all that the other one matches.
        ("1h", "when: {tier: vip}, 2h", SECOND, SECOND),
        ("when: {tier: vip}, 1h", "2h", [], []),
        ("when: {tier: [a, b]}, 1h", "when: {tier: a}, 2h", SECOND, SECOND),
        ("when: {tier: a}, 1h", "when: {tier: [a, b]}, 2h", [], []),
        ("when: {tier: {not: a}}, 1h", "when: {tier: {not: [a, b]}}, 2h", SECOND, SECOND),
        # A list of tags may hold both b and a.
        ("when: {tags: {not: a}}, 1h", "when: {tags: b}, 2h", [], []),
        # Round the clock an amount passes no later than in any hours; of two calendars with hours nothing is known.
        ("1h", "calendar: office, 1h", SECOND, SECOND),
        ("calendar: office, 2h", "1h", FIRST, SECOND),
        ("calendar: office, 1h", "1h", [], SECOND),
        ("calendar: office, 1h", "calendar: office2, 2h", [], SECOND),
    ],
)
def test_promises_that_never_govern(first: str, second: str, strictest: list[str], listed: list[str]) -> None:
    standards = f"{promise('a', first)}, {promise('b', second)}"
    assert overruled(standards) == strictest
    assert overruled(standards, "first") == listed


def test_another_clock_is_another_promise() -> None:
    assert overruled(f"{promise('a', '1h', 'resolution')}, {promise('b', '2h')}") == []


def test_calendars_that_nobody_uses_and_standards_that_promise_nothing() -> None:
    document = read_document(f"{HEAD}standards: [{{name: a, calendar: office, targets: {{}}}}]\n")
    assert [str(one) for one in review_document(document, 0)] == [
        "calendars.office2: is used by no standard",
        "standards[0].targets: promises nothing",
    ]


def test_a_version_that_is_never_in_force() -> None:
    policy = read_policy([f"{HEAD}standards: []", f"{HEAD}standards: []".replace("version: 1", "version: 2")])
    assert [(document.version, one.field) for document, one in review_policy(policy)] == [(1, "effective_from")]
