from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from replyclock.domain.errors import Conflict, StoreUnavailable
from replyclock.domain.instants import DAY, SECOND
from replyclock.service.publish import LEASE
from tests.adapters.samples import KEY, NINE, created, reply

from .house import House

BREACH = "A#first_response#1#100#chat"
WARNING = "A#first_response#1#80#chat"


@pytest.fixture
def broken(house: House) -> House:
    """A chat that waited for too long, with its alerts pending."""
    house.told(created(channel="chat", tier="vip"))
    house.now.at = NINE + 11 * SECOND
    house.refresh(KEY)
    return house


def test_an_alert_is_published_with_what_subscriptions_filter_on_and_marked(broken: House) -> None:
    assert broken.publish(KEY, BREACH, "one").status == "sent"
    ((_, message, subject, attributes, _),) = broken.published()
    texts = json.loads(message)
    assert json.loads(texts["default"])["ticket"] == "1"
    assert texts["email"]
    assert texts["sms"]
    assert subject
    values = {name: json.loads(json.dumps(value))["Value"] for name, value in attributes.items()}
    assert values == {
        "kind": "alert",
        "alert_id": json.loads(texts["default"])["alert_id"],
        "level": "breach",
        "metric": "first_response",
        "standard": "chat",
        "tenant": "default",
        "channel": "chat",
        "tier": "vip",
    }
    assert broken.alerts()[100] == "sent"
    shown = broken.read.one(KEY)
    assert shown is not None
    assert [(one["at_percent"], one["status"], one["sent_at"]) for one in shown["alerts"]] == [
        (80, "pending", None),
        (100, "sent", "2026-06-01T09:00:11Z"),
    ]


def test_an_alert_is_written_in_the_language_of_its_connection(broken: House) -> None:
    broken.languages["desk"] = "zh"
    broken.publish(KEY, BREACH, "one")
    ((_, message, subject, _, _),) = broken.published()
    assert "已超时" in json.loads(message)["sms"]
    assert subject.isascii()


def test_a_record_that_comes_again_publishes_nothing_more(broken: House) -> None:
    broken.publish(KEY, BREACH, "one")
    assert broken.publish(KEY, BREACH, "one").status == "settled"
    assert len(broken.published()) == 1


def test_an_answer_in_between_makes_it_quiet(broken: House) -> None:
    broken.told(reply(at=NINE + 10 * SECOND + 500_000))
    assert broken.publish(KEY, BREACH, "one").status == "quiet"
    assert broken.published() == []
    (known,) = [known for known in broken.record().ledger if known.entry.at_percent == 100]
    assert (known.status, known.reason) == ("quiet", "answered")


def test_a_warning_that_the_breach_overtook_is_quiet(broken: House) -> None:
    assert broken.publish(KEY, WARNING, "one").status == "quiet"
    assert broken.published() == []


class Crash(Exception):
    """The function dies here."""


class CrashingPublisher:
    def publish(self, message: object) -> None:
        raise Crash


def crash(house: House, **ports: Any) -> None:
    with pytest.raises(Crash):
        replace(house.publish, **ports)(KEY, BREACH, "one")


def test_after_a_crash_the_same_record_goes_on_at_once(broken: House) -> None:
    crash(broken, publisher=CrashingPublisher())
    assert broken.alerts()[100] == "claimed"
    assert broken.publish(KEY, BREACH, "one").status == "sent"
    assert len(broken.published()) == 1


def test_after_a_crash_others_wait_for_the_lease(broken: House) -> None:
    crash(broken, publisher=CrashingPublisher())
    broken.now.at += LEASE - 1
    with pytest.raises(Conflict):
        broken.publish(KEY, BREACH, "two")
    assert broken.published() == []
    broken.now.at += 1
    assert broken.publish(KEY, BREACH, "two").status == "sent"


def test_a_crash_after_the_publication_may_tell_twice_with_one_id(broken: House) -> None:
    class Ledger:
        claim, release = broken.ledger.claim, broken.ledger.release

        def settle(self, *_: object) -> None:
            raise Crash

    crash(broken, ledger=Ledger())
    assert broken.publish(KEY, BREACH, "one").status == "sent"
    ids = {json.loads(json.loads(message)["default"])["alert_id"] for _, message, *_ in broken.published()}
    assert (len(broken.published()), len(ids)) == (2, 1)


def test_when_the_topic_does_not_answer_anyone_may_try_again(broken: House) -> None:
    class Unavailable:
        def publish(self, message: object) -> None:
            raise StoreUnavailable("InternalError")

    with pytest.raises(StoreUnavailable):
        replace(broken.publish, publisher=Unavailable())(KEY, BREACH, "one")
    assert broken.alerts()[100] == "pending"
    assert broken.publish(KEY, BREACH, "two").status == "sent"


def test_a_link_leads_to_the_ticket(broken: House) -> None:
    replace(broken.publish, link=lambda key: f"https://example.com/{key[2]}")(KEY, BREACH, "one")
    ((_, message, *_),) = broken.published()
    assert "https://example.com/1" in json.loads(message)["email"]


CORRECTION = "A#first_response#1#correction#chat"


def test_a_reply_that_is_told_late_takes_the_breach_back(broken: House) -> None:
    broken.publish(KEY, BREACH, "one")
    broken.publish(KEY, WARNING, "one")
    broken.told(reply())  # in time, five seconds after the question
    broken.now.at = NINE + 60 * SECOND
    broken.refresh(KEY)
    assert broken.publish(KEY, CORRECTION, "one").status == "sent"
    subjects = [subject for _, _, subject, _, _ in broken.published()]
    assert [subject.split(":")[0] for subject in subjects] == ["BROKEN", "CORRECTED"]
    broken.refresh(KEY)
    assert len(broken.record().ledger) == 3, "it is taken back once"


def test_a_breach_that_nobody_was_told_of_needs_no_correction(broken: House) -> None:
    broken.told(reply())
    broken.now.at = NINE + 60 * SECOND
    broken.refresh(KEY)
    with pytest.raises(Conflict):
        broken.publish(KEY, CORRECTION, "one")  # the breach may be on its way at this very moment
    assert broken.publish(KEY, BREACH, "one").status == "quiet"
    assert broken.publish(KEY, CORRECTION, "one").status == "quiet"
    assert broken.published() == []


def test_history_is_on_record_and_alerts_nobody(house: House) -> None:
    house.told(created(), received_at=NINE + 2 * DAY)
    house.now.at = NINE + 2 * DAY
    assert house.refresh(KEY).entries == ()
    assert house.alerts() == {80: "quiet", 100: "quiet"}
    assert house.publish(KEY, BREACH, "one").status == "settled"
    assert house.published() == []


@pytest.mark.parametrize(("tells_past", "status"), [(False, "quiet"), (True, "pending")])
def test_what_a_new_policy_finds_broken_alerts_nobody_unless_asked(house: House, tells_past: bool, status: str) -> None:
    house.told(created(channel="email"))
    house.refresh(KEY)
    house.now.at = NINE + 60 * SECOND
    document = (
        "policy: p\nversion: 1\neffective_from: 2026-01-01T00:00:00Z\n"
        "standards: [{name: chat, targets: {first_response: 30s, total_response: 2m}}]"
    )
    house.publish_policy(document, tells_past=tells_past)
    house.refresh(KEY)
    assert {known.entry.metric: known.status for known in house.record().ledger} == {"first_response": status}
    house.now.at = NINE + 121 * SECOND
    house.refresh(KEY)
    assert {
        known.entry.at_percent: known.status
        for known in house.record().ledger
        if known.entry.metric == "total_response"
    } == {80: "pending", 100: "pending"}
