"""What `make run` expects of the system, and what it takes for a fault."""

from __future__ import annotations

from dataclasses import replace

import pytest

from infra.local.api import now
from infra.local.day import CHAT, CONNECTIONS, Story, webhooks
from infra.local.inbox import Delivery
from infra.local.kinds import (
    CHAT_STORY,
    CHINESE_STORY,
    LATE_STORY,
    POLICY,
    STORM,
    STORM_LIMIT,
    WAITING_STORY,
    Deliveries,
    example_of,
    missing,
    protocols,
    unexpected,
    untold,
)
from infra.local.play import Received, owed
from replyclock.domain.alerts import LedgerEntry
from replyclock.domain.instants import SECOND
from replyclock.domain.notices import summarize
from replyclock.domain.policy import DEFAULT_POLICY
from replyclock.domain.storms import Storm
from replyclock.presentation.alerts import AlertText, render
from replyclock.service.messages import alert_message, notice_message
from replyclock.service.ports import AlertMessage
from replyclock.sources import source
from replyclock.sources.base import Headers, Webhook

BEGUN = now()


def received(story: Story, last_at: int | None = None) -> list[Received]:
    """The story's events as they come at the latest at BEGUN; the last one at another instant, where one is given."""
    connection = next(one for one in CONNECTIONS if one.name == story.connection)
    found = []
    for sent in webhooks(story, BEGUN):
        webhook = Webhook(sent.body, Headers(sent.headers), max(sent.at, BEGUN))
        found += [
            Received(webhook.received_at, event)
            for event in source(connection.provider).translate(webhook, connection).events
        ]
    return [*found[:-1], replace(found[-1], at=last_at)] if last_at else found


def alerts(story: Story, last_at: int | None = None, seconds: int = 16) -> list[LedgerEntry]:
    return owed(received(story, last_at), POLICY, BEGUN + seconds * SECOND)


@pytest.mark.parametrize(
    ("story", "last_after", "levels"),
    [
        (CHAT_STORY, None, ["warning", "breach"]),
        (WAITING_STORY, 15.5, ["warning", "breach", "escalation", "reminder"]),
        (LATE_STORY, 11.0, ["warning", "breach", "correction"]),
        # Had it been told when it was given, nobody would have been alarmed.
        (LATE_STORY, 6.0, ["warning"]),
        (CHINESE_STORY, None, ["warning", "breach"]),
        (STORM[0], None, ["breach"]),
        (Story("desk", "T-1", "0s created; +4s reply", CHAT), 4.0, []),
        (Story("desk", "T-2", "1m created; 20s reply", CHAT), None, ["breach"]),
        (Story("desk", "T-3", "50h created; 49h note", CHAT), None, []),
    ],
)
def test_what_is_owed_follows_from_what_was_known_when(
    story: Story, last_after: float | None, levels: list[str]
) -> None:
    last_at = None if last_after is None else BEGUN + int(last_after * SECOND)
    assert [entry.level for entry in alerts(story, last_at)] == levels


def test_an_answer_that_comes_first_keeps_its_ticket_quiet() -> None:
    question, answer = received(Story("desk", "T-4", "1m created; 20s reply", CHAT))
    assert owed([answer, question], POLICY, BEGUN + SECOND) == []


def test_the_policy_of_the_show_leaves_the_default_promises_as_they_are() -> None:
    default, shown = DEFAULT_POLICY.documents[0], POLICY.documents[0]
    assert shown.standards[: len(default.standards)] == default.standards
    assert shown.monitoring[: len(default.monitoring)] == default.monitoring


def delivered(message: AlertMessage, *by: str) -> dict[tuple[str, str], Delivery]:
    attributes = {
        name: value if isinstance(value, str) else ",".join(value) for name, value in message.attributes.items()
    }
    name = attributes["alert_id"]
    return {
        (name, protocol): Delivery(
            BEGUN,
            protocol,
            "somebody",
            message.subject if protocol == "email" else None,
            message.email if protocol == "email" else message.sms,
            attributes,
        )
        for protocol in by
    }


def told(entry: LedgerEntry) -> dict[tuple[str, str], Delivery]:
    return delivered(alert_message(entry, render(entry, BEGUN)), *protocols(entry.level))


DIGEST = delivered(
    AlertMessage("Digest show is kinds or storm: 1 open", "", "", {}, {"kind": "digest", "alert_id": "digest"}), "email"
)


def test_each_message_that_did_not_come_is_a_fault() -> None:
    entries = alerts(WAITING_STORY, BEGUN + 16 * SECOND)
    expected = {entry.alert_id: entry for entry in entries}
    came: Deliveries = {message: one for entry in entries for message, one in told(entry).items()}
    assert [protocol for _, protocol in came] == ["email", "email", "sms", "email", "sms", "email"]
    assert untold(expected, came) == []
    assert unexpected(expected, came) == []
    for lost in came:
        [fault] = untold(expected, {message: one for message, one in came.items() if message != lost})
        assert fault.startswith(f"{lost[1]} did not come: {expected[lost[0]].level}")
    assert missing(expected, came) == ["email did not come: the digest of the show's tickets"]
    assert missing(expected, {**came, **DIGEST}) == []


def test_what_nobody_is_to_get_is_a_fault() -> None:
    [warning, breach] = alerts(CHAT_STORY)
    text = AlertText("subject", "mail", "short")
    # A warning by SMS, and an alert that is not owed.
    came = {
        **delivered(alert_message(warning, text), "email", "sms"),
        **delivered(alert_message(breach, text), "email"),
    }
    assert len(unexpected({warning.alert_id: warning}, came)) == 2
    assert unexpected({warning.alert_id: warning, breach.alert_id: breach}, came) == [
        "nobody was to be told, and yet there came by sms: short"
    ]
    assert unexpected({}, DIGEST) == []
    evaluation = AlertMessage("Daily evaluation", "mail", "short", {}, {"kind": "evaluation", "alert_id": "daily"})
    assert unexpected({}, delivered(evaluation, "email")) == []
    assert len(unexpected({}, delivered(evaluation, "email", "sms"))) == 1


def test_a_storm_is_told_whole_one_by_one_and_in_its_summary() -> None:
    entries = [entry for story in STORM for entry in alerts(story)]
    expected = {entry.alert_id: entry for entry in entries}
    single: Deliveries = {message: one for entry in entries[:STORM_LIMIT] for message, one in told(entry).items()}
    storm = Storm("default", "storm", BEGUN)
    summary = notice_message(summarize(storm, 0, entries[STORM_LIMIT:]), BEGUN, "en")
    whole = {**single, **delivered(summary, "email", "sms"), **DIGEST}
    assert missing(expected, whole) == []
    assert unexpected(expected, whole) == []
    assert missing(expected, {**single, **delivered(summary, "email"), **DIGEST}) == [
        "of 12 alerts of the storm came by sms 5, and 0 summed up"
    ]
    one_forgotten = notice_message(summarize(storm, 0, entries[STORM_LIMIT + 1 :]), BEGUN, "en")
    assert len(missing(expected, {**single, **delivered(one_forgotten, "email", "sms"), **DIGEST})) == 2


def test_an_example_of_chinese_is_in_chinese() -> None:
    [_, breach] = alerts(CHINESE_STORY)
    examples = {
        language: [
            example_of(one, breach)
            for one in delivered(
                alert_message(breach, render(breach, BEGUN, language=language)), "email", "sms"
            ).values()
        ]
        for language in ("en", "zh")
    }
    assert examples == {"en": [None, None], "zh": ["in Chinese", "in Chinese"]}
