"""Alerts in Chinese, in the terms of the source documents: 首次响应, 解决问题, 总响应."""

from __future__ import annotations

from replyclock.domain.alerts import LedgerEntry
from replyclock.domain.instants import DAY, SECOND

from .words import time_words

METRIC_WORDS = {
    "first_response": "首次响应",
    "next_response": "后续响应",
    "resolution": "解决问题",
    "total_response": "总响应",
}
_ATTRIBUTE_WORDS = {"service_type": "服务类型", "tier": "客户等级", "channel": "渠道", "priority": "优先级"}
_UNITS = ((86_400, "天"), (3_600, "小时"), (60, "分钟"), (1, "秒"))


def duration_words(duration: int) -> str:
    """A duration in microseconds as its two largest units: `10秒`, `1小时30分钟`."""
    rest, parts = duration // SECOND, []
    for size, unit in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
        elif parts:
            break
    return "".join(parts[:2]) or "0秒"


def line(entry: LedgerEntry, now: int) -> str:
    """What an SMS says: what happened, to which promise, and who waits since when."""
    _, source, ticket = entry.key
    recent = now - entry.started_at < DAY // 2
    since = time_words(entry.started_at, entry.timezone, "%H:%M:%S" if recent else "%m-%d %H:%M")
    standing = "实际按时" if entry.level == "correction" else f"自{since}等待"
    return f"{_headline(entry)}:{_promise(entry)},{source} {ticket[:20]} {standing}"


def email(entry: LedgerEntry, now: int, link: str | None) -> str:
    """The body of a mail."""
    tenant, source, ticket = entry.key
    zone, metric = entry.timezone, METRIC_WORDS[entry.metric]
    known = [
        f"{word} {value if isinstance(value, str) else '/'.join(value)}"
        for name, word in _ATTRIBUTE_WORDS.items()
        if (value := entry.attributes.get(name))
    ]
    corrected = entry.level == "correction"
    due = "计时暂停中" if entry.due_at is None else time_words(entry.due_at, zone)
    lines = [
        f"工单 {ticket}({source},{tenant})" + (f"的{metric}实际按时。" if corrected else f"正在等待{metric}。"),
        "",
        f"承诺  {entry.standard}:{duration_words(entry.target)}内{metric}",
        f"等待  自 {time_words(entry.started_at, zone)}",
        f"到期  {due}",
        *([] if corrected else [f"现在  {time_words(now, zone)},{_lateness(entry, now)}"]),
        *([f"工单  {','.join(known)}"] if known else []),
        "",
        *_reason(entry),
        *(["", link] if link else []),
        "",
        f"告警 {entry.alert_id}",
    ]
    return "\n".join(lines) + "\n"


def _headline(entry: LedgerEntry) -> str:
    match entry.level:
        case "warning":
            return f"即将超时(已用{entry.at_percent}%)"
        case "breach":
            return "已超时"
        case "escalation":
            return f"持续超时(达{entry.at_percent}%)"
        case "reminder":
            return f"仍超时(第{entry.reminder}次提醒)"
        case "correction":
            return "更正"


def _promise(entry: LedgerEntry) -> str:
    return f"{entry.standard[:20]} {duration_words(entry.target)}{METRIC_WORDS[entry.metric]}"


def _reason(entry: LedgerEntry) -> list[str]:
    if entry.level == "correction":
        return ["此前的告警称该承诺已超时。", "按同样方式计算此后收到的记录,实际并未超时。"]
    reached = f"第{entry.reminder}次提醒" if entry.level == "reminder" else f"承诺时间的{entry.at_percent}%"
    return [
        f"于 {time_words(entry.at, entry.timezone)} 达到{reached},",
        f"按日历 {entry.calendar} 和策略第{entry.policy_version}版计算。",
    ]


def _lateness(entry: LedgerEntry, now: int) -> str:
    if entry.due_at is None:
        return "计时暂停中"
    late = now - entry.due_at
    return f"已超时{duration_words(late)}" if late >= 0 else f"剩余{duration_words(-late)}"
