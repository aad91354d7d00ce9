from __future__ import annotations

import json

import pytest
import yaml

from replyclock.domain import yaml_source
from replyclock.domain.errors import InvalidInput
from replyclock.domain.instants import SECOND, parse_instant
from replyclock.domain.policy import DEFAULT_POLICY, Policy, read_policy

CALENDAR = "calendars:\n  c:\n    timezone: UTC\n"
HEAD = "policy: p\nversion: 1\neffective_from: 2026-01-01T00:00:00Z\n"
ONE = "standards: [{name: s, targets: {first_response: 1h}}]\n"


def read(text: str) -> Policy:
    return read_policy([HEAD + text], ["p.yaml"])


def faults(*texts: str) -> list[tuple[int | None, str]]:
    with pytest.raises(InvalidInput) as caught:
        read_policy(texts, [f"p{n}.yaml" for n in range(1, len(texts) + 1)])
    return [(fault.line, fault.field) for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("90s", 90), ("15m", 900), ("24h", 86400), ("1h30m", 5400), ("1h0m1s", 3601), ("2bd", 2 * 86400)],
)
def test_durations(written: str, seconds: int) -> None:
    (promise,) = (
        read(f"standards: [{{name: s, targets: {{resolution: {written}}}}}]").documents[0].promises("resolution", {})
    )
    assert promise.target == seconds * SECOND


@pytest.mark.parametrize("written", ["2d", "0s", "0bd", "1.5h", "1m1h", "h", "''", "90", "-1h", "1h 30m", "1bd2h"])
def test_what_is_no_duration(written: str) -> None:
    assert faults(f"{HEAD}standards:\n- name: s\n  targets:\n    first_response: {written}\n") == [
        (7, "standards[0].targets.first_response")
    ]


@pytest.mark.parametrize(
    ("body", "line", "field"),
    [
        (ONE + "solve_answer: true", 5, "solve_answer"),
        (ONE + "select: best", 5, "select"),
        ("standards:\n- {name: s, targets: {}}\n- {name: s, targets: {}}", 6, "standards[1].name"),
        ("standards: [{name: s, calendar: x, targets: {}}]", 4, "standards[0].calendar"),
        ("standards: [{name: s, targets: {}, alerts: [{at: 80.5%}]}]", 4, "standards[0].alerts[0].at"),
        ("standards: [{name: s, targets: {}, alerts: [{at: 100%}, {at: 100%}]}]", 4, "standards[0].alerts"),
        ("standards: [{name: s, when: {tier: 1}, targets: {}}]", 4, "standards[0].when.tier"),
        ("standards: [{name: s, when: {tier: {any: []}}, targets: {}}]", 4, "standards[0].when.tier.any"),
        (ONE + "calendars:\n  always: {timezone: UTC, hours: {mon: ['09:00-17:00']}}", 6, "calendars.always"),
        (ONE + CALENDAR.replace('UTC', 'Mars') + "    hours: {mon: ['09:00-17:00']}", 7, "calendars.c.timezone"),
        (ONE + CALENDAR + "    hours:\n      mon: ['09:00-09:00']", 9, "calendars.c.hours.mon[0]"),
        (ONE + CALENDAR + "    hours:\n      mon: ['24:00-09:00']", 9, "calendars.c.hours.mon[0]"),
        (ONE + CALENDAR + "    hours: {mon: ['22:00-06:00', '23:00-24:00']}", 8, "calendars.c.hours.mon"),
        (
            ONE + CALENDAR + "    shifts: [{date: 2026-06-01, hours: ['10:00-12:00', '11:00-13:00']}]",
            8,
            "calendars.c.shifts[0].hours",
        ),
        (
            "standards: [{name: s, calendar: c, targets: {resolution: 2bd}}]\n"
            + CALENDAR
            + "    shifts: [{date: 2026-06-01, hours: ['10:00-12:00']}]",
            4,
            "standards[0].targets",
        ),
        (ONE + "calendars:\n  c: {timezone: UTC, hours: {mon: []}}", 6, "calendars.c"),
        (
            ONE + CALENDAR + "    hours: {mon: ['09:00-17:00']}\n    holidays: [{region: QQ}]",
            9,
            "calendars.c.holidays[0].region",
        ),
        (ONE + "monitoring: [{when: {}, every: 1d}]", 5, "monitoring[0].every"),
        (ONE + ONE, 5, "standards"),
    ],
)  # fmt: skip
def test_each_refusal_names_its_place(body: str, line: int, field: str) -> None:
    assert faults(HEAD + body) == [(line, field)]


def test_all_faults_are_named_at_once() -> None:
    assert faults("version: 0\nstandards: 5\nextra: 1\n") == [
        (1, "policy"),
        (1, "version"),
        (1, "effective_from"),
        (2, "standards"),
        (3, "extra"),
    ]


@pytest.mark.parametrize("text", ["", "- a", "policy: [", "a: b: c", '{"policy": }', "a: !!python/name:os.system x"])
def test_what_is_no_policy_document(text: str) -> None:
    assert len(faults(text)) >= 1


def test_json_with_tabs_is_read() -> None:
    read_policy(['{\n\t"policy": "p", "version": 1, "effective_from": "2026-01-01T00:00:00Z", "standards": []\n}'])


@pytest.mark.parametrize("loader", [yaml.SafeLoader, yaml.CSafeLoader])
def test_both_parsers_read_the_same(loader: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_source, "_LOADER", loader)
    document = {
        "policy": "acme 😀 \\ud83d\\ude00",
        "version": 1,
        "effective_from": "2026-01-01T00:00:00Z",
        "standards": [],
    }
    for text in (json.dumps(document), json.dumps(document, indent="\t"), json.dumps(document, ensure_ascii=False)):
        assert read_policy([text]).documents[0].policy == document["policy"]
    value, lines = yaml_source.read_source("a: &x [1, no, ~, 1.5, true, '1']\nb: {c: *x}\n", "p.yaml")
    assert value == {"a": [1, "no", None, 1.5, True, "1"], "b": {"c": [1, "no", None, 1.5, True, "1"]}}
    assert (lines[("a", 1)], lines[("b", "c")]) == (1, 2)
    for text, line in (("a: 1\nb: !!binary x", 2), ("a: 1\n\n- b", 3), ("a: 1\nb: [*c]", 2), ('a: 1\nb: "\\ud83d"', 2)):
        assert max(place or 0 for place, _ in faults(text)) == line


def test_no_is_norway_and_dates_are_texts() -> None:
    document = read("standards: [{name: s, when: {brand: no}, targets: {}}]").documents[0]
    assert document.standards[0].matches({"brand": "no"})


def test_a_document_that_refers_to_itself_is_refused() -> None:
    assert faults("&a\npolicy: *a\n")
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(8)
    )
    assert faults(bomb)


def test_two_documents_of_one_version_or_of_two_policies_are_refused() -> None:
    assert faults(HEAD + ONE, HEAD + ONE) == [(2, "version")]
    assert faults(HEAD + ONE, HEAD.replace("policy: p", "policy: q").replace("1\n", "2\n") + ONE) == [(1, "policy")]


def test_the_version_in_force() -> None:
    texts = [
        HEAD.replace("version: 1", f"version: {version}").replace("2026-01-01", day) + ONE
        for version, day in ((3, "2026-03-01"), (2, "2026-03-01"), (1, "2026-01-01"))
    ]
    policy = read_policy(texts)

    def in_force(text: str) -> int | None:
        document = policy.in_force(parse_instant(text))
        return document.version if document else None

    assert in_force("2025-12-31T23:59:59Z") is None
    assert in_force("2026-01-01T00:00:00Z") == 1
    assert in_force("2026-03-01T00:00:00Z") == 3
    assert policy.next_change(parse_instant("2026-01-01T00:00:00Z")) == parse_instant("2026-03-01T00:00:00Z")


@pytest.mark.parametrize(
    ("when", "attributes", "matches"),
    [
        ("{}", {}, True),
        ("{tier: vip}", {"tier": "vip"}, True),
        ("{tier: vip}", {"tier": "VIP"}, False),
        ("{tier: vip}", {}, False),
        ("{tier: [vip, gold]}", {"tier": "gold"}, True),
        ("{tags: outage}", {"tags": ("billing", "outage")}, True),
        ("{tags: {any: [outage, down]}}", {"tags": ("billing",)}, False),
        ("{tags: {not: outage}}", {"tags": ("outage",)}, False),
        ("{tags: {not: [outage, down]}}", {"tags": ("billing",)}, True),
        ("{brand: {not: internal}}", {}, True),
        ("{tier: vip, channel: [phone, chat]}", {"tier": "vip", "channel": "email"}, False),
    ],
)
def test_matching(when: str, attributes: dict[str, str | tuple[str, ...]], matches: bool) -> None:
    standard = read(f"standards: [{{name: s, when: {when}, targets: {{}}}}]").documents[0].standards[0]
    assert standard.matches(attributes) is matches


def test_the_default_policy_is_the_standard_table() -> None:
    (document,) = DEFAULT_POLICY.documents
    table = {standard.name: standard.targets["first_response"].fixed // SECOND for standard in document.standards}
    assert table == {"urgent": 1800, "general": 86400, "vip": 900, "regular": 86400, "phone": 30, "chat": 10}
    assert [one.every // SECOND for one in document.monitoring] == [3600, 86400]
