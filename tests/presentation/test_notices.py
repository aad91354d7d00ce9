from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replyclock.domain.alerts import Level
from replyclock.domain.instants import DAY, SECOND
from replyclock.domain.notices import Digest, Evaluation, Summary, Waiting, summarize
from replyclock.domain.policy import Condition
from replyclock.domain.storms import Storm, storm_of
from replyclock.presentation.notices import render_notice

from .test_alerts import ENTRY, START

HOUR = 3600 * SECOND


def summary(*levels: Level) -> Summary:
    """Of as many alerts, the first of the ticket that waits longest."""
    members = [
        replace(ENTRY, key=("default", "support", str(number)), level=level, started_at=START + number * SECOND)
        for number, level in enumerate(levels)
    ]
    return summarize(storm_of(ENTRY), 0, members)


def digest(**fields: Any) -> Digest:
    return Digest(
        **{
            "tenant": "acme",
            "when": {"service_type": Condition(any="urgent"), "brand": Condition.model_validate({"not": "internal"})},
            "every": HOUR,
            "at": START,
            "open": 7,
            "at_risk": 3,
            "breached": 2,
            "longest": Waiting(source="support", ticket="5158", since=START - 2 * HOUR),
            "answered": 12,
            "median": 9 * 60 * SECOND,
            "percentile_90": 25 * 60 * SECOND,
            "source": "support",
            **fields,
        }
    )


def test_a_summary_says_what_there_was_too_much_of() -> None:
    text = render_notice(summary("breach", "breach", "warning"), START + 65 * SECOND)
    assert text.subject == "3 more alerts of chat at 09:00: 2 broken, 1 warning"
    assert text.sms == "3 more alerts of chat at 09:00: 2 broken, 1 warning."
    assert text.email.splitlines()[:7] == [
        "3 more alerts of the promise chat (first response) were detected on 2026-06-01",
        "between 09:00:00 and 09:01:00 EDT, too many to be sent one by one:",
        "2 broken, 1 warning.",
        "",
        "Waiting longest",
        "  support 0, since 2026-06-01 09:00:00 EDT, 1m 5s",
        "  support 1, since 2026-06-01 09:00:01 EDT, 1m 4s",
    ]


def test_a_summary_in_chinese() -> None:
    text = render_notice(summary("breach", "breach", "warning"), START + 65 * SECOND, "zh")
    assert text.subject == "3 more alerts of chat at 09:00: 2 broken, 1 warning"
    assert text.sms == "chat 09:00 另有3条告警：超时2条、预警1条"
    assert text.email.startswith(
        "承诺 chat（首次响应）在 2026-06-01 09:00:00 至 09:01:00（EDT）另有3条告警，合并通知：超时2条、预警1条。"
    )


def test_a_digest_says_how_a_class_stands() -> None:
    text = render_notice(digest(), START + 5 * SECOND)
    assert text.subject == ("Digest service_type is urgent and brand is not internal: 7 open, 3 at risk, 2 breached")
    assert text.email.splitlines() == [
        "Tickets of acme where service_type is urgent and brand is not internal,",
        "from 2026-06-01 12:00:00 UTC to 2026-06-01 13:00:00 UTC.",
        "",
        "Open              7",
        "At risk           3, due within 1h",
        "Breached          2",
        "Waiting longest   support 5158, since 2026-06-01 11:00:00 UTC, 2h",
        "First responses   12, median 9m, 90th percentile 25m",
        "",
        f"Digest {digest().alert_id}",
    ]


def test_a_digest_of_nobody_and_nothing_says_so() -> None:
    text = render_notice(digest(when={}, longest=None, answered=0, median=None, percentile_90=None), START)
    assert text.email.startswith("All tickets of acme,\n")
    assert "Waiting longest   nobody\nFirst responses   none\n" in text.email
    assert render_notice(digest(when={}), START, "zh").email.startswith("acme 的全部工单，2026-06-01 12:00:00 UTC 至 ")


def test_a_digest_in_chinese() -> None:
    text = render_notice(digest(), START + 5 * SECOND, "zh")
    assert text.sms == "简报（服务类型为 urgent、brand 不是 internal）：未解决7，即将超时3，已超时2"
    assert "首次响应  12次，中位数9分钟，第90百分位数25分钟" in text.email
    assert "等待最久  support 5158，自 2026-06-01 11:00:00 UTC 起，已等待2小时" in text.email


def evaluation(**fields: Any) -> Evaluation:
    """Of the week from Monday, the first of June."""
    begin = START - 13 * HOUR
    told = {"tenant": "acme", "period": "weekly", "begin": begin, "end": begin + 7 * DAY, "source": "support"}
    return Evaluation(**{**told, "created": 40, "resolved": 38, "backlog": 5, "answered": 1, **fields})


def test_an_evaluation_says_what_a_period_came_to() -> None:
    told = evaluation(median=9 * 60 * SECOND, percentile_90=25 * 60 * SECOND, compliance=0.92)
    text, chinese = (render_notice(told, START, language) for language in ("en", "zh"))
    assert text.subject == "Weekly evaluation 2026-06-01: 1 first response, median 9m, 92% of promises kept"
    assert text.email.splitlines() == [
        "Weekly evaluation of acme, 2026-06-01 to 2026-06-07 (UTC).",
        "",
        "Tickets           40 created, 38 resolved, 5 open at the end",
        "First responses   1, median 9m, 90th percentile 25m, 92% of promises kept",
        "Previous period   median none, nothing to judge",
        "",
        f"Evaluation {told.alert_id}",
    ]
    assert chinese.sms == "每周评估 2026-06-01：首次响应1次，中位数9分钟，达标率92%"
    assert chinese.email.splitlines()[:5] == [
        "acme 的每周评估：2026-06-01 至 2026-06-07（UTC）。",
        "",
        "工单      新建40，解决38，期末未解决5",
        "首次响应  1次，中位数9分钟，第90百分位数25分钟，达标率92%",
        "上期      中位数暂无，达标率暂无",
    ]


def test_an_evaluation_of_nothing_does_not_say_that_no_promise_was_kept() -> None:
    told = evaluation(period="daily", end=START + 11 * HOUR, answered=0)
    text = render_notice(told, START)
    assert text.subject == "Daily evaluation 2026-06-01: 0 first responses, median none, nothing to judge"
    assert text.email.startswith("Daily evaluation of acme, 2026-06-01 (UTC).\n")


@pytest.mark.parametrize(("language", "most"), [("en", 160), ("zh", 70)])
@given(standard=st.text(min_size=1, max_size=200), ticket=st.text(min_size=1, max_size=200), days=st.integers(0, 9))
def test_subject_and_sms_always_fit(language: Any, most: int, standard: str, ticket: str, days: int) -> None:
    member = replace(ENTRY, standard=standard, key=("t", "s" * 63, ticket))
    told = summarize(Storm("t", standard, START), 0, [member])
    for notice in (told, digest(when={"brand": Condition(any=standard)})):
        text = render_notice(notice, START + days * DAY, language)
        assert len(text.subject) < 100
        assert text.subject.isascii()
        sms = f"REPLYCLOCK> {text.sms}"
        assert (len(sms) if language == "en" else len(sms.encode("utf-16-be")) // 2) <= most


@pytest.mark.parametrize("language", ["en", "zh"])
def test_names_of_stored_tickets_add_no_lines_and_no_commands(language: Any) -> None:
    """What was stored before such characters were refused, or is in a policy."""
    bad = "1\r\nDue  now\x1b[2J\u2028"
    member = replace(ENTRY, key=("default", bad, bad), standard=f"chat{bad}", level="breach")
    when = {"tier": Condition(any=bad)}
    for notice, plain in (
        (summarize(storm_of(member), 0, [member]), summary("breach")),
        (digest(tenant=bad, when=when, longest=Waiting(source=bad, ticket=bad, since=START)), digest(when={})),
        (evaluation(tenant=bad, documents={"en": bad}), evaluation(documents={"en": "x"})),
    ):
        text = render_notice(notice, START + 65 * SECOND, language)
        usual = render_notice(plain, START + 65 * SECOND, language)
        assert text.email.count("\n") == usual.email.count("\n")
        assert all(line.isprintable() for line in text.email.split("\n"))
        assert text.sms.isprintable()
        assert text.subject.isprintable()
