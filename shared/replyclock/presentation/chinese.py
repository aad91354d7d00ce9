"""Alerts in Chinese, in the terms of the source documents: 首次响应, 解决问题, 总响应."""

from __future__ import annotations

from collections.abc import Iterable

from replyclock.domain.alerts import LedgerEntry
from replyclock.domain.explanation import Account
from replyclock.domain.instants import DAY, MINUTE, SECOND
from replyclock.domain.notices import Digest, Evaluation, Summary, Waiting
from replyclock.domain.policy import Condition

from .words import shown, time_words

METRIC_WORDS = {
    "first_response": "首次响应",
    "next_response": "后续响应",
    "resolution": "解决问题",
    "total_response": "总响应",
}
_AWAITED = METRIC_WORDS | {"resolution": "解决", "total_response": "解决"}
"""What the customer waits for."""
_ATTRIBUTE_WORDS = {"service_type": "服务类型", "tier": "客户等级", "channel": "渠道", "priority": "优先级"}
_LEVEL_WORDS = {"breach": "超时", "correction": "更正", "escalation": "升级", "reminder": "提醒", "warning": "预警"}
_INTERVAL_WORDS = {
    "status: pending": "等待客户",
    "status: on_hold": "等待第三方",
    "outside_hours": "非工作时间",
    "break": "休息",
    "before_standard": "本标准适用之前",
}
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
    standing = "实际按时" if entry.level == "correction" else f"自{since}起等待"
    return f"{_headline(entry)}：{_promise(entry)}，{source} {ticket[:20]} {standing}"


def email(entry: LedgerEntry, now: int, counted: Account | None, link: str | None) -> str:
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
        f"工单 {ticket}（{source}，{tenant}）"
        + (f"的{metric}实际按时。" if corrected else f"正在等待{_AWAITED[entry.metric]}。"),
        "",
        f"承诺  {entry.standard}：{metric}时间不超过{duration_words(entry.target)}",
        f"等待  自 {time_words(entry.started_at, zone)} 起",
        f"到期  {due}",
        *([] if corrected else [f"现在  {time_words(now, zone)}，{_lateness(entry, now)}"]),
        *([f"工单  {'，'.join(known)}"] if known else []),
        "",
        _reason(entry),
        *([_account_words(counted)] if counted else []),
        *(["", link] if link else []),
        "",
        f"告警 {entry.alert_id}",
    ]
    return "\n".join(map(shown, lines)) + "\n"


def _headline(entry: LedgerEntry) -> str:
    match entry.level:
        case "warning":
            return f"即将超时（已用{entry.at_percent}%）"
        case "breach":
            return "已超时"
        case "escalation":
            return f"持续超时（达{entry.at_percent}%）"
        case "reminder":
            return f"仍超时（第{entry.reminder}次提醒）"
        case "correction":
            return "更正"


def _promise(entry: LedgerEntry) -> str:
    return f"{entry.standard[:20]} {duration_words(entry.target)}{METRIC_WORDS[entry.metric]}"


def _reason(entry: LedgerEntry) -> str:
    if entry.level == "correction":
        return "此前的告警称该承诺已超时；根据此后收到的记录，实际并未超时。"
    reached = f"第{entry.reminder}次提醒的时点" if entry.level == "reminder" else f"承诺时间的{entry.at_percent}%"
    at = time_words(entry.at, entry.timezone)
    return f"于 {at} 达到{reached}，按服务日历 {entry.calendar} 和策略第{entry.policy_version}版计算。"


def _account_words(counted: Account) -> str:
    if not counted.left_out:
        return f"已过去的{duration_words(counted.counted)}全部计入。"
    left_out = "、".join(f"{_interval_words(why)}{duration_words(length)}" for why, length in counted.left_out)
    return f"已计入{duration_words(counted.counted)}；未计入：{left_out}。"


def _interval_words(reason: str) -> str:
    if reason.startswith("holiday: "):
        return f"节假日（{shown(reason.removeprefix('holiday: '))}）"
    return _INTERVAL_WORDS.get(reason, shown(reason))


def _lateness(entry: LedgerEntry, now: int) -> str:
    if entry.due_at is None:
        return "计时暂停中"
    late = now - entry.due_at
    return f"已超时{duration_words(late)}" if late >= 0 else f"剩余{duration_words(-late)}"


def summary(told: Summary, now: int) -> tuple[str, str]:
    """What an SMS and a mail say of a storm."""
    zone = told.timezone
    begin, end = (time_words(at, zone, "%H:%M:%S") for at in (told.minute, told.minute + MINUTE))
    counts = "、".join(f"{_LEVEL_WORDS[level]}{count}条" for level, count in told.levels.items())
    metrics = "、".join(METRIC_WORDS[metric] for metric in told.metrics)
    lines = [
        f"承诺 {told.standard}（{metrics}）在 {time_words(told.minute, zone, '%Y-%m-%d')} {begin} 至 {end}"
        f"（{time_words(told.minute, zone, '%Z')}）另有{told.total}条告警，合并通知：{counts}。",
        "",
        "等待最久",
        *(f"  {_waiting(one, now, zone)}" for one in told.longest),
        "",
        "每条告警都记录在所属工单中，标记为 summarized（已合并）。",
        "",
        f"告警 {told.alert_id}",
    ]
    return f"{told.standard[:20]} {begin[:5]} 另有{told.total}条告警：{counts}", "\n".join(map(shown, lines)) + "\n"


def digest(told: Digest, now: int) -> tuple[str, str]:
    """What an SMS and a mail say of how a class of tickets stands."""
    which = "、".join(_condition_words(name, one) for name, one in told.when.items()) or "全部工单"
    begin, end = (time_words(at, "UTC") for at in (told.at - told.every, told.at))
    if told.median is None or told.percentile_90 is None:
        answered = "无"
    else:
        median, ninetieth = duration_words(told.median), duration_words(told.percentile_90)
        answered = f"{told.answered}次，中位数{median}，第90百分位数{ninetieth}"
    lines = [
        f"{told.tenant} 的{f'工单（{which}）' if told.when else which}，{begin} 至 {end}。",
        "",
        f"未解决    {told.open}",
        f"即将超时  {told.at_risk}（{duration_words(told.every)}内到期）",
        f"已超时    {told.breached}",
        f"等待最久  {_waiting(told.longest, now, 'UTC') if told.longest else '无'}",
        f"首次响应  {answered}",
        "",
        f"简报 {told.alert_id}",
    ]
    line = f"简报（{which}）：未解决{told.open}，即将超时{told.at_risk}，已超时{told.breached}"
    return line, "\n".join(map(shown, lines)) + "\n"


_PERIOD_WORDS = {"daily": "每日", "weekly": "每周", "monthly": "每月"}


def evaluation(told: Evaluation) -> tuple[str, str]:
    """What an SMS and a mail say of what a period came to."""
    begin, last = (time_words(at, "UTC", "%Y-%m-%d") for at in (told.begin, told.end - 1))
    name = _PERIOD_WORDS[told.period]
    days = begin if begin == last else f"{begin} 至 {last}"
    median, ninetieth = (_or_none(one) for one in (told.median, told.percentile_90))
    lines = [
        f"{told.tenant} 的{name}评估：{days}（UTC）。",
        "",
        f"工单      新建{told.created}，解决{told.resolved}，期末未解决{told.backlog}",
        f"首次响应  {told.answered}次，中位数{median}，第90百分位数{ninetieth}，达标率{_share(told.compliance)}",
        f"上期      中位数{_or_none(told.median_before)}，达标率{_share(told.compliance_before)}",
        *([""] if told.documents else []),
        *(f"文档（{language}） {place}" for language, place in sorted(told.documents.items())),
        "",
        f"评估 {told.alert_id}",
    ]
    line = f"{name}评估 {begin}：首次响应{told.answered}次，中位数{median}，达标率{_share(told.compliance)}"
    return line, "\n".join(map(shown, lines)) + "\n"


def _or_none(duration: int | None) -> str:
    return "暂无" if duration is None else duration_words(duration)


def _share(share: float | None) -> str:
    return "暂无" if share is None else f"{share:.0%}"


def _waiting(waiting: Waiting, now: int, zone: str) -> str:
    since = time_words(waiting.since, zone)
    return f"{waiting.source} {waiting.ticket}，自 {since} 起，已等待{duration_words(now - waiting.since)}"


def _condition_words(name: str, condition: Condition) -> str:
    word = _ATTRIBUTE_WORDS.get(name) or f"{shown(name)} "
    if condition.none_of == (None,):
        return f"{word}已设置"
    if condition.none_of is not None:
        return f"{word}不是 {_either(condition.none_of)}"
    return f"{word}为 {_either(condition.any_of or ())}"


def _either(values: Iterable[str | None]) -> str:
    return " 或 ".join("空" if value is None else shown(value) for value in values)
