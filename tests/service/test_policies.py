from __future__ import annotations

import json
import time
from typing import Any

import pytest

from replyclock.domain.calendars import BusinessCalendar
from replyclock.domain.errors import Conflict, InvalidInput, PolicyUnreadable, StoreUnavailable
from replyclock.domain.instants import SECOND, format_instant
from replyclock.domain.policy import DEFAULT_POLICY_DOCUMENT, Target
from replyclock.service.policies import CACHED_SECONDS, policy_draft, policy_in_force, policy_versions, version_text
from replyclock.service.ports import SHARDS, OpenTicketsTimer, PublishedPolicy
from tests.adapters.samples import KEY, NINE, created

from .house import House


def document(version: int, from_: int = 0, target: str = "5s", name: str = "acme") -> str:
    return f"""\
policy: {name}
version: {version}
effective_from: {format_instant(from_)}
standards:
  - name: chat
    targets: {{first_response: {target}}}
"""


def test_without_a_policy_the_default_one_is_in_force(house: House) -> None:
    shown = policy_in_force(house.policies, NINE)
    assert isinstance(shown, dict)
    assert (shown["policy"], shown["version"]) == ("default", 1)
    assert [standard["name"] for standard in shown["standards"]] == [
        "urgent",
        "general",
        "vip",
        "regular",
        "phone",
        "chat",
    ]
    assert policy_versions(house.policies, house.judgings) == [
        {"version": 1, "published_at": None, "document": shown, "open_tickets": None}
    ]


def test_a_published_version_is_in_force_from_its_instant_on(house: House) -> None:
    shown = house.publish_policy(document(1))
    assert shown == {
        "policy": "acme",
        "version": 1,
        "effective_from": "1970-01-01T00:00:00Z",
        "standards": [{"name": "chat", "targets": {"first_response": "5s"}}],
    }
    house.publish_policy(json.dumps({**shown, "version": 2, "effective_from": format_instant(NINE + SECOND)}))
    versions = [policy_in_force(house.policies, at) for at in (NINE, NINE + SECOND)]
    assert [version["version"] for version in versions if isinstance(version, dict)] == [1, 2]
    assert [one["published_at"] for one in policy_versions(house.policies, house.judgings)] == [
        format_instant(NINE)
    ] * 2


def test_before_the_first_version_none_is_in_force(house: House) -> None:
    house.publish_policy(document(1, NINE + SECOND))
    assert policy_in_force(house.policies, NINE) is None


def test_a_version_is_published_once(house: House) -> None:
    house.publish_policy(document(1))
    with pytest.raises(Conflict):
        house.publish_policy(document(1, target="6s"))
    assert len(policy_versions(house.policies, house.judgings)) == 1


def test_every_fault_is_named_and_nothing_published(house: House) -> None:
    wrong = document(1, target="1d").replace("version: 1", "version: one") + "colour: blue\n"
    with pytest.raises(InvalidInput) as refused:
        house.publish_policy(wrong)
    fields = {fault.field for fault in refused.value.faults}
    assert fields == {"version", "colour", "standards[0].targets.first_response"}
    assert house.policies.published() == []
    assert house.timers.armed == []


def test_versions_are_of_one_policy(house: House) -> None:
    house.publish_policy(document(1))
    with pytest.raises(InvalidInput, match="policy"):
        house.publish_policy(document(2, name="other"))


COMMENTED = """\
# What we promised in March. Ask Dana before you change it.
policy: acme
version: 1  # the first
effective_from: "1970-01-01T00:00:00Z"   # from the beginning
standards:
  # Chat is staffed day and night.
  - {name: chat, targets: {first_response: 5s}}  # five seconds
"""


def test_a_version_is_shown_as_it_was_published(house: House) -> None:
    assert version_text(house.policies, 1) == DEFAULT_POLICY_DOCUMENT
    house.publish_policy(COMMENTED)
    assert version_text(house.policies, 1) == COMMENTED
    assert version_text(house.policies, 2) is None


def test_a_draft_keeps_the_comments_of_what_it_is_written_from(house: House) -> None:
    house.publish_policy(COMMENTED)
    house.publish_policy(document(7, NINE + 10 * SECOND))
    draft = policy_draft(house.policies, NINE + SECOND)
    text = COMMENTED.replace("version: 1 ", "version: 8 ").replace('"1970-01-01T00:00:00Z"', "2026-06-01T10:00:00Z")
    assert draft == {"version": 8, "effective_from": "2026-06-01T10:00:00Z", "text": text}
    assert house.publish_policy(text)
    other = policy_draft(house.policies, NINE, 7)
    assert other is not None
    assert other["text"] == document(9, NINE)
    assert policy_draft(house.policies, NINE, 10) is None


def test_a_first_draft_is_written_from_the_default_policy(house: House) -> None:
    draft = policy_draft(house.policies, NINE)
    assert draft is not None
    assert (draft["version"], draft["effective_from"]) == (2, format_instant(NINE))
    assert draft["text"].splitlines()[3:] == DEFAULT_POLICY_DOCUMENT.splitlines()[3:]


def test_before_a_version_is_in_force_a_draft_is_written_from_the_last_one(house: House) -> None:
    house.publish_policy(document(1, NINE + SECOND))
    draft = policy_draft(house.policies, NINE)
    assert draft is not None
    assert draft["text"] == document(2, NINE)


def test_a_draft_has_the_number_after_that_of_a_version_that_cannot_be_read(house: House) -> None:
    house.publish_policy(document(1))
    house.policies.add(PublishedPolicy(2, "policy: [", NINE, effective_from=NINE))
    draft = policy_draft(house.policies, NINE)
    assert draft is not None
    assert draft["text"] == document(3, NINE)
    with pytest.raises(PolicyUnreadable):
        policy_draft(house.policies, NINE, 2)


def test_a_draft_of_json_is_yaml(house: House) -> None:
    value = house.publish_policy(document(1))
    assert isinstance(value, dict)
    house.publish_policy(json.dumps({**value, "version": 2}))
    draft = policy_draft(house.policies, NINE)
    assert draft is not None
    assert draft["text"] == document(3, NINE).replace("  - name: chat\n    targets", "- name: chat\n  targets")


def test_a_check_says_what_would_come_into_force_and_publishes_nothing(house: House) -> None:
    check = house.publish_policy.check
    house.publish_policy(document(1))
    before = (house.policies.published(), list(house.timers.armed))
    begins = {"policy": "acme", "version": 2, "effective_from": format_instant(NINE)}
    assert check(document(2, NINE)) == begins
    assert check(json.dumps({**begins, "standards": [{"name": "a", "targets": {}}]})) == begins
    with pytest.raises(Conflict):
        check(document(1))
    with pytest.raises(InvalidInput, match="policy"):
        check(document(2, name="other"))
    assert (house.policies.published(), house.timers.armed) == before


def test_a_text_that_would_not_fit_is_refused(house: House) -> None:
    with pytest.raises(InvalidInput, match="longer"):
        house.publish_policy(document(1) + "#" * 200_000)


CALENDAR = """\
calendars:
  support: {timezone: Europe/Berlin, hours: {mon: ["09:00-17:00"]}}
"""


def test_what_would_fail_later_is_refused_with_its_place(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(self: object, begin: int, end: int) -> int:
        raise OverflowError("date value out of range")

    monkeypatch.setattr(BusinessCalendar, "open_time", fails)
    in_hours = document(1).replace("- name", "- calendar: support\n    name") + CALENDAR
    with pytest.raises(InvalidInput) as refused:
        house.publish_policy(in_hours)
    problems = {fault.field: fault.problem for fault in refused.value.faults}
    assert set(problems) == {"calendars.support", "standards", "standards[0]"}
    assert problems["calendars.support"] == "cannot be laid out (OverflowError: date value out of range)"
    lines = in_hours.splitlines()
    named = {fault.field: lines[fault.line - 1].strip() for fault in refused.value.faults if fault.line}
    assert named["standards"] == "standards:"
    assert named["standards[0]"] == "- calendar: support"
    assert named["calendars.support"].startswith("support: {timezone")
    monkeypatch.undo()
    monkeypatch.setattr("replyclock.presentation.document.render_document", fails)
    with pytest.raises(InvalidInput, match="document cannot be written"):
        house.publish_policy(in_hours)
    assert house.policies.published() == []
    assert house.timers.armed == []
    monkeypatch.undo()
    assert house.publish_policy(in_hours)


def test_a_standard_is_judged_whomever_it_is_for(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(self: Target, calendar: object) -> int:
        return 1 // 0 if self.fixed == 3600 * SECOND else self.fixed

    monkeypatch.setattr(Target, "on", fails)
    strict = "  - {name: strict, when: {tier: vip, channel: {not: chat}}, targets: {resolution: 1h}}\n"
    with pytest.raises(InvalidInput) as refused:
        house.publish_policy(document(1) + strict.replace("vip", "x" * 200))
    assert "standards[1]" in {fault.field for fault in refused.value.faults}
    assert "standards[0]" not in {fault.field for fault in refused.value.faults}


def test_a_large_policy_is_proved_quickly(house: House) -> None:
    calendars = "".join(
        f"  c{i}: {{timezone: America/New_York, hours: {{mon: ['09:00-17:00']}}, holidays: [{{region: US-NY}}]}}\n"
        for i in range(10)
    )
    standards = "".join(
        f"  - {{name: s{i}, when: {{tier: t{i}}}, calendar: c{i % 10}, targets: {{resolution: 2bd}}}}\n"
        for i in range(500)
    )
    begin = time.process_time()
    house.publish_policy(document(1) + standards + "calendars:\n" + calendars)
    assert time.process_time() - begin < 8


def test_what_is_stored_is_what_was_validated(house: House) -> None:
    with pytest.raises(InvalidInput, match="!!binary"):
        house.publish_policy(document(1, name="!!binary aGVsbG8="))
    assert house.policies.published() == []
    first: Any = house.publish_policy(document(1, name="für alle 😀"))
    text = json.dumps(first | {"version": 2})
    assert house.publish_policy(text) == json.loads(text)
    assert [one.text for one in house.policies.published()][1] == text
    assert [one["document"]["policy"] for one in policy_versions(house.policies, house.judgings)] == ["für alle 😀"] * 2


def test_open_tickets_are_measured_under_the_new_policy(house: House) -> None:
    house.told(created(service_type="general"))
    house.refresh(KEY)
    house.publish_policy(document(1))
    later = NINE + (CACHED_SECONDS + 5) * SECOND
    assert house.timers.armed == [OpenTicketsTimer(shard, later, 1) for shard in range(SHARDS)]
    house.now.at = later
    while house.timers.armed:
        house.check(house.timers.armed.pop(0))
    assert house.alerts() == {80: "pending", 100: "pending"}


def test_how_far_a_new_policy_has_come_round_is_shown(house: House) -> None:
    for ticket in "abc":
        key = ("default", "desk", ticket)
        house.told(created(key, service_type="general"))
        house.refresh(key)
    house.publish_policy(document(1))
    house.now.at += (CACHED_SECONDS + 5) * SECOND
    shown = []
    while house.timers.armed:
        house.check(house.timers.armed.pop(0))
        shown.append(policy_versions(house.policies, house.judgings)[0]["open_tickets"])
    assert shown[0]["done"] is False
    assert {"found": 3, "measured": 0, "done": False} in shown
    assert {"found": 3, "measured": 2, "done": False} in shown
    assert shown[-1] == {"found": 3, "measured": 3, "done": True}


def test_no_timer_no_policy(house: House) -> None:
    house.timers._queue_url += "-gone"
    with pytest.raises(StoreUnavailable):
        house.publish_policy(document(1))
    assert house.policies.published() == []
