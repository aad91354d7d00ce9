from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, cast

import boto3
import pytest

from replyclock.adapters.sns import FORMS, Form, SnsPublisher
from replyclock.domain.errors import Conflict, RefusedByStore, StoreUnavailable, is_transient
from replyclock.domain.instants import DAY, MINUTE, SECOND
from replyclock.domain.storms import storm_of
from replyclock.service.publish import LEASE, PublishAlert
from replyclock.service.storm import GATHERED
from tests.adapters.samples import KEY, NINE, created, event, reply

from .house import STORM_LIMIT, House

BREACH = "A#first_response#1#100#chat"
WARNING = "A#first_response#1#80#chat"


@pytest.fixture
def broken(house: House) -> House:
    """A chat that waited for too long, with its alerts pending."""
    house.told(created(channel="chat", tier="vip"))
    house.now.at = NINE + 11 * SECOND
    house.refresh(KEY)
    return house


def values(house: House, form: Form) -> dict[str, str]:
    """The attributes of the last message in a form."""
    return {name: value["Value"] for name, value in house.published(form)[-1][3].items()}


def test_an_alert_is_published_in_each_form_with_what_subscriptions_filter_on_and_marked(broken: House) -> None:
    assert broken.publish(KEY, BREACH, "one").status == "sent"
    ((_, message, subject, _, _),) = broken.published("json")
    document = json.loads(message)
    assert (document["kind"], document["ticket"], document["metric"]) == ("alert", "1", "first_response")
    assert subject
    assert [len(broken.published(form)) for form in FORMS] == [1, 1, 1]
    of_programs = {
        "form": "json",
        "level": "breach",
        "standard": "chat",
        "tenant": "default",
        "channel": "chat",
        "tier": "vip",
    }
    assert values(broken, "json") == of_programs
    for form in ("email", "sms"):
        of_people = {"form": form, "kind": "alert", "alert_id": document["alert_id"], "metric": "first_response"}
        assert values(broken, form) == of_programs | of_people
    assert broken.alerts()[100] == "sent"
    shown = broken.read.one(KEY)
    assert shown is not None
    assert [(one["at_percent"], one["status"], one["sent_at"]) for one in shown["alerts"]] == [
        (80, "pending", None),
        (100, "sent", "2026-06-01T09:00:11Z"),
    ]


def test_it_carries_who_had_the_ticket_when_it_was_detected(house: House) -> None:
    house.told(created(), event("given", "assignment.changed", NINE + SECOND, group='Night "EU"', assignee="a-7"))
    house.now.at = NINE + 11 * SECOND
    house.refresh(KEY)
    house.told(event("taken", "assignment.changed", NINE + 12 * SECOND, group="Day", assignee=None))
    house.publish(KEY, BREACH, "one")
    for form in FORMS:
        assert values(house, form).items() >= {"group": 'Night \\"EU\\"', "assignee": "a-7"}.items()
    document = json.loads(house.published()[0][1])
    assert (document["group"], document["assignee"]) == ('Night "EU"', "a-7")


def test_raw_delivery_to_a_queue_has_no_more_attributes_than_it_takes(house: House) -> None:
    policy = (
        "policy: p\nversion: 1\neffective_from: 2026-01-01T00:00:00Z\nstandards:\n"
        "  - {name: chat, targets: {first_response: 10s}, alerts: [{at: 100%, notify: [team, lead]}]}"
    )
    house.publish_policy(policy)
    house.told(created(channel="chat", tier="vip", service_type="urgent"))
    house.told(event("given", "assignment.changed", NINE + SECOND, group="Night", assignee="a-7"))
    house.now.at = NINE + 11 * SECOND
    house.refresh(KEY)
    house.publish(KEY, BREACH, "one")
    assert len(values(house, "json")) == 10
    assert values(house, "email").keys() - values(house, "json").keys() == {"kind", "alert_id", "metric"}


def test_an_alert_is_written_in_the_language_of_its_connection(broken: House) -> None:
    broken.languages["desk"] = "zh"
    broken.publish(KEY, BREACH, "one")
    ((_, message, subject, _, _),) = broken.published("sms")
    assert "已超时" in message
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
    def publish(self, message: object, without: object = ()) -> None:
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
    ids = {json.loads(message)["alert_id"] for _, message, *_ in broken.published()}
    assert (len(broken.published()), len(ids)) == (2, 1)


def test_when_the_topic_does_not_answer_anyone_may_try_again(broken: House) -> None:
    class Unavailable:
        def publish(self, message: object, without: object = ()) -> None:
            raise StoreUnavailable("InternalError")

    with pytest.raises(StoreUnavailable):
        replace(broken.publish, publisher=Unavailable())(KEY, BREACH, "one")
    assert broken.alerts()[100] == "pending"
    assert broken.publish(KEY, BREACH, "two").status == "sent"


class Partial:
    """A client of SNS that refuses some forms of a message."""

    def __init__(self, client: Any, refused: dict[str, str]) -> None:
        self._client = client
        self.refused = refused

    def publish_batch(self, **given: Any) -> Any:
        entries = given.pop("PublishBatchRequestEntries")
        taken = [one for one in entries if one["Id"] not in self.refused]
        answer = self._client.publish_batch(PublishBatchRequestEntries=taken, **given) if taken else {}
        failed = [{"Id": one["Id"], "Code": self.refused[one["Id"]]} for one in entries if one["Id"] in self.refused]
        return {**answer, "Failed": failed}


def partial(house: House, **refused: str) -> tuple[Partial, PublishAlert]:
    client = Partial(boto3.client("sns"), refused)
    return client, replace(house.publish, publisher=SnsPublisher(cast("Any", client), house.topic_arn))


def test_what_was_published_in_part_is_sent_no_second_time(broken: House) -> None:
    client, publish = partial(broken, sms="InternalError")
    with pytest.raises(StoreUnavailable, match="sms: InternalError"):
        publish(KEY, BREACH, "one")
    assert broken.alerts()[100] == "pending"
    client.refused = {}
    assert publish(KEY, BREACH, "two").status == "sent"
    assert [len(broken.published(form)) for form in FORMS] == [1, 1, 1]


def test_a_form_that_is_never_taken_stops_no_other(broken: House) -> None:
    _, publish = partial(broken, sms="InvalidParameter")
    with pytest.raises(StoreUnavailable) as first:
        publish(KEY, BREACH, "one")
    assert is_transient(first.value)
    with pytest.raises(RefusedByStore):
        publish(KEY, BREACH, "one")
    assert [len(broken.published(form)) for form in FORMS] == [1, 0, 1]


def test_a_notice_that_was_published_in_part_is_sent_no_second_time(house: House) -> None:
    tickets = [("default", "desk", str(number)) for number in range(STORM_LIMIT + 1)]
    house.told(*(created(key) for key in tickets))
    house.now.at = NINE + 11 * SECOND
    for key in tickets:
        house.refresh(key)
        house.publish(key, BREACH, "one")
    house.now.at = NINE + MINUTE + GATHERED
    house.sum_up(storm_of(house.record(tickets[-1]).ledger[1].entry))
    [name] = [
        (item["pk"]["S"], item["sk"]["S"])
        for item in house.store.items()
        if item["pk"]["S"].startswith("S#") and item["sk"]["S"].startswith("A#")
    ]
    client, _ = partial(house, json="InternalError")
    publish = replace(house.publish_notice, publisher=SnsPublisher(cast("Any", client), house.topic_arn))
    with pytest.raises(StoreUnavailable):
        publish(name, "one")
    client.refused = {}
    assert publish(name, "two").status == "sent"
    assert [len(house.published(form)) for form in FORMS] == [STORM_LIMIT + 1] * 3


def test_a_link_leads_to_the_ticket(broken: House) -> None:
    replace(broken.publish, link=lambda key: f"https://example.com/{key[2]}")(KEY, BREACH, "one")
    ((_, message, *_),) = broken.published("email")
    assert "https://example.com/1" in message


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
