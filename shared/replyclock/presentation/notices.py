"""What the summary of a storm and a digest say, by e-mail and by SMS. Ids, times and attributes only."""

from __future__ import annotations

from replyclock.domain.notices import MINUTE, Digest, Notice, Summary, Waiting

from . import chinese
from .alerts import ASCII, CHINESE_SMS_LENGTH, GSM_BASIC, SMS_LENGTH, SUBJECT_LENGTH, AlertText, Language, cut
from .alerts import in_alphabet as within
from .words import METRIC_WORDS, condition_words, duration_words, target_words, time_words

_LEVEL_WORDS = {
    "breach": ("broken", "broken"),
    "correction": ("correction", "corrections"),
    "escalation": ("escalation", "escalations"),
    "reminder": ("reminder", "reminders"),
    "warning": ("warning", "warnings"),
}


def render_notice(notice: Notice, now: int, language: Language = "en") -> AlertText:
    """The words for a notice sent at `now` (microseconds). The subject is in English in every language."""
    line, body = _summary(notice, now) if isinstance(notice, Summary) else _digest(notice, now)
    subject = cut(within(ASCII, line), SUBJECT_LENGTH)
    if language == "zh":
        line, body = chinese.summary(notice, now) if isinstance(notice, Summary) else chinese.digest(notice, now)
        return AlertText(subject, body, cut(f"replyclock {line}", CHINESE_SMS_LENGTH))
    return AlertText(subject, body, cut(within(GSM_BASIC, f"replyclock {line}."), SMS_LENGTH))


def _summary(summary: Summary, now: int) -> tuple[str, str]:
    zone = summary.timezone
    begin, end = (time_words(at, zone, "%H:%M:%S") for at in (summary.minute, summary.minute + MINUTE))
    day = time_words(summary.minute, zone, "%Y-%m-%d")
    counts = ", ".join(_count(level, count) for level, count in summary.levels.items())
    alerts = f"{summary.total} more alert{'s' if summary.total > 1 else ''}"
    metrics = " and ".join(METRIC_WORDS[metric] for metric in summary.metrics)
    lines = [
        f"{alerts} of the promise {summary.standard} ({metrics}) were detected on {day}",
        f"between {begin} and {end} {time_words(summary.minute, zone, '%Z')}, too many to be told one by one:",
        f"{counts}.",
        "",
        "Waiting longest",
        *(f"  {_waiting(one, now, zone)}" for one in summary.longest),
        "",
        "Each of them is in its ticket's ledger, marked as summarized.",
        "",
        f"Alert {summary.alert_id}",
    ]
    return f"{alerts} of {summary.standard} at {begin[:5]}: {counts}", "\n".join(lines) + "\n"


def _count(level: str, count: int) -> str:
    return f"{count} {_LEVEL_WORDS[level][count > 1]}"


def _waiting(waiting: Waiting, now: int, zone: str) -> str:
    since = time_words(waiting.since, zone)
    return f"{waiting.source} {waiting.ticket}, since {since}, {duration_words(_whole(now - waiting.since))}"


def _whole(duration: int) -> int:
    return duration // 1_000_000 * 1_000_000


def _digest(digest: Digest, now: int) -> tuple[str, str]:
    which = " and ".join(condition_words(name, one) for name, one in digest.when.items()) or "all tickets"
    every = target_words(digest.every)
    if digest.median is None or digest.percentile_90 is None:
        answered = "none"
    else:
        median, ninetieth = duration_words(digest.median), duration_words(digest.percentile_90)
        answered = f"{digest.answered}, median {median}, 90th percentile {ninetieth}"
    lines = [
        f"Tickets of {digest.tenant} where {which}," if digest.when else f"All tickets of {digest.tenant},",
        f"from {time_words(digest.at - digest.every, 'UTC')} to {time_words(digest.at, 'UTC')}.",
        "",
        f"Open              {digest.open}",
        f"At risk           {digest.at_risk}, due within {every}",
        f"Breached          {digest.breached}",
        f"Waiting longest   {_waiting(digest.longest, now, 'UTC') if digest.longest else 'nobody'}",
        f"First responses   {answered}",
        "",
        f"Digest {digest.alert_id}",
    ]
    line = f"Digest {which}: {digest.open} open, {digest.at_risk} at risk, {digest.breached} breached"
    return line, "\n".join(lines) + "\n"
