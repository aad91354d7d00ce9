from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replyclock.domain.alerts import LedgerEntry, Level
from replyclock.domain.explanation import Account
from replyclock.domain.instants import DAY, SECOND, parse_instant
from replyclock.presentation.alerts import Language, render
from replyclock.presentation.words import duration_words, target_words

START = parse_instant("2026-06-01T13:00:00Z")
ENTRY = LedgerEntry(
    key=("default", "support", "5158"),
    metric="first_response",
    instance=1,
    standard="chat",
    level="breach",
    at_percent=100,
    reminder=0,
    notify=(),
    at=START + 10 * SECOND,
    knowable_at=START + 10 * SECOND + 1,
    detected_at=START + 10 * SECOND + 300_000,
    started_at=START,
    due_at=START + 10 * SECOND,
    target=10 * SECOND,
    calendar="office",
    timezone="America/New_York",
    policy_version=3,
    attributes={"channel": "chat", "tier": "vip", "account": "acme-private"},
)


def test_a_breach_says_who_waits_since_when_and_which_promise() -> None:
    text = render(ENTRY, START + 12 * SECOND, "https://help.example/5158", counted=Account(12 * SECOND, ()))
    assert text.subject == "BROKEN: chat 10s first response, support 5158 waits since 09:00:00 EDT"
    assert text.sms == (
        "BROKEN: chat 10s first response, support 5158 waits since 09:00:00 EDT. https://help.example/5158"
    )
    assert text.email.splitlines() == [
        "Ticket 5158 of support (default) waits for its first response.",
        "",
        "Promise   chat: first response within 10s",
        "Waiting   since 2026-06-01 09:00:00 EDT",
        "Due       2026-06-01 09:00:10 EDT",
        "Now       2026-06-01 09:00:12 EDT, 2s late",
        "Ticket    tier vip, channel chat",
        "",
        "100% of the promised 10s had passed at 2026-06-01 09:00:10 EDT, in the calendar office,"
        " version 3 of the policy.",
        "All of the 12s that have passed count.",
        "",
        "https://help.example/5158",
        "",
        f"Alert {ENTRY.alert_id}",
    ]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_nothing_in_a_ticket_makes_a_line_of_its_own(language: Language) -> None:
    tenant, source, _ = ENTRY.key
    odd = replace(ENTRY, key=(tenant, source, "1\r\nDue"), attributes={**ENTRY.attributes, "tier": "vip\nDue\x1b[2J"})
    plain = render(ENTRY, START + 12 * SECOND, language=language).email.splitlines()
    email = render(odd, START + 12 * SECOND, language=language).email
    assert len(email.splitlines()) == len(plain)
    assert all(line.isprintable() for line in email.splitlines())


def test_what_did_not_count_is_said_with_its_reasons() -> None:
    left_out = (
        ("outside_hours", 15 * 3600 * SECOND),
        ("status: pending", 1800 * SECOND),
        ("holiday: Labor Day", SECOND),
    )
    text = render(ENTRY, START + DAY, counted=Account(3600 * SECOND, left_out))
    assert (
        "Of the time that has passed 1h count; left out:"
        " 15h outside hours, 30m pending (customer), 1s holiday: Labor Day." in text.email.splitlines()
    )


def test_a_warning_says_what_is_left() -> None:
    text = render(replace(ENTRY, level="warning", at_percent=80), START + 8 * SECOND)
    assert text.subject.startswith("80% used: chat 10s first response")
    assert "2s left" in text.email


def test_who_waits_for_days_is_told_with_the_day() -> None:
    text = render(replace(ENTRY, level="reminder", reminder=7), START + 3 * DAY)
    assert text.subject == (
        "STILL BROKEN, reminder 7: chat 10s first response, support 5158 waits since 06-01 09:00 EDT"
    )
    assert "Reminder 7 fell due" in text.email


def test_a_correction_takes_it_back() -> None:
    text = render(replace(ENTRY, level="correction"), START + 90 * SECOND)
    assert text.subject == "CORRECTED: chat 10s first response, support 5158 was in time"
    assert text.email.startswith("Ticket 5158 of support (default) had its first response in time after all.")
    assert "late" not in text.email


def test_an_attribute_of_the_teams_own_is_not_told() -> None:
    text = render(ENTRY, START + 12 * SECOND)
    assert "acme-private" not in text.email + text.subject + text.sms


LEVELS: list[Level] = ["warning", "breach", "escalation", "reminder", "correction"]


@given(
    st.text(min_size=1, max_size=200), st.text(min_size=1, max_size=200), st.sampled_from(LEVELS), st.integers(0, 40)
)
def test_subject_and_sms_always_fit(ticket: str, standard: str, level: Level, days: int) -> None:
    entry = replace(ENTRY, key=("t" * 63, "s" * 63, ticket), standard=standard, level=level, reminder=1)
    text = render(entry, START + days * DAY, "https://help.example/" + "x" * 100)
    assert len(text.subject) < 100
    assert all(" " <= char <= "~" for char in text.subject)
    assert len(f"REPLYCLOCK> {text.sms}") <= 160, "SNS puts the topic's name before it"
    assert not set(text.sms) & set("[]{}\\^~|`€\t\r")


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (0, "0s"),
        (300_000, "0.3s"),
        (4_000, "4ms"),
        (9_999_999, "9.9s"),
        (12_500_000, "12s"),
        (90 * SECOND, "1m 30s"),
        (3600 * SECOND, "1h"),
        (3601 * SECOND, "1h"),
        (90_000 * SECOND, "1d 1h"),
        (-5 * SECOND, "-5s"),
    ],
)
def test_durations_in_words(duration: int, words: str) -> None:
    assert duration_words(duration) == words


@pytest.mark.parametrize(
    ("target", "words"), [(10, "10s"), (900, "15m"), (86_400, "24h"), (90, "1m 30s"), (5400, "90m")]
)
def test_targets_in_words(target: int, words: str) -> None:
    assert target_words(target * SECOND) == words
