from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from replyclock.domain.alerts import Level
from replyclock.domain.explanation import Account
from replyclock.domain.instants import DAY, SECOND
from replyclock.presentation.alerts import render
from replyclock.presentation.chinese import duration_words

from .test_alerts import ENTRY, LEVELS, START

SHANGHAI = replace(ENTRY, timezone="Asia/Shanghai", key=("default", "support", "5158"))


def test_a_breach_in_chinese() -> None:
    left_out = (("outside_hours", 15 * 3600 * SECOND), ("status: pending", 1800 * SECOND), ("holiday: 国庆节", SECOND))
    text = render(SHANGHAI, START + 12 * SECOND, language="zh", counted=Account(12 * SECOND, left_out))
    assert text.subject == "BROKEN: chat 10s first response, support 5158 waits since 21:00:00 CST"
    assert text.sms == "已超时：chat 10秒首次响应，support 5158 自21:00:00起等待"
    assert text.email.splitlines() == [
        "工单 5158（support，default）正在等待首次响应。",
        "",
        "承诺  chat：首次响应时间不超过10秒",
        "等待  自 2026-06-01 21:00:00 CST 起",
        "到期  2026-06-01 21:00:10 CST",
        "现在  2026-06-01 21:00:12 CST，已超时2秒",
        "工单  客户等级 vip，渠道 chat",
        "",
        "于 2026-06-01 21:00:10 CST 达到承诺时间的100%，按服务日历 office 和策略第3版计算。",
        "已计入12秒；未计入：非工作时间15小时、等待客户30分钟、节假日（国庆节）1秒。",
        "",
        f"告警 {ENTRY.alert_id}",
    ]


@given(st.text(min_size=1, max_size=200), st.text(min_size=1, max_size=200), st.sampled_from(LEVELS), st.integers(0, 9))
def test_an_sms_is_one_segment(ticket: str, standard: str, level: Level, days: int) -> None:
    entry = replace(SHANGHAI, key=("t", "s" * 63, ticket), standard=standard, level=level, reminder=1)
    text = f"REPLYCLOCK> {render(entry, START + days * DAY, 'https://help.example/1', 'zh').sms}"
    assert len(text.encode("utf-16-be")) <= 140, "70 units of 16 bits"


def test_durations() -> None:
    assert [duration_words(n * SECOND) for n in (0, 10, 900, 5400, 90_000)] == [
        "0秒",
        "10秒",
        "15分钟",
        "1小时30分钟",
        "1天1小时",
    ]
