"""What notices say, by e-mail and by SMS. Ids, times and attributes only."""

from __future__ import annotations

from replyclock.domain.instants import MINUTE
from replyclock.domain.notices import Digest, Evaluation, Notice, Summary, Waiting

from . import chinese
from .alerts import ASCII, CHINESE_SMS_LENGTH, GSM_BASIC, SMS_LENGTH, SUBJECT_LENGTH, AlertText, Language, cut, cut_wide
from .alerts import in_alphabet as within
from .words import METRIC_WORDS, condition_words, duration_words, shown, target_words, time_words

_LEVEL_WORDS = {
    "breach": ("broken", "broken"),
    "correction": ("correction", "corrections"),
    "escalation": ("escalation", "escalations"),
    "reminder": ("reminder", "reminders"),
    "warning": ("warning", "warnings"),
}


def render_notice(notice: Notice, now: int, language: Language = "en") -> AlertText:
    """The words for a notice sent at `now` (microseconds). The subject is in English in every language."""
    subject = cut(within(ASCII, _english(notice, now)[0]), SUBJECT_LENGTH)
    if language == "zh":
        line, body = _chinese(notice, now)
        return AlertText(subject, body, cut_wide(shown(line), CHINESE_SMS_LENGTH))
    line, body = _english(notice, now)
    return AlertText(subject, body, cut(within(GSM_BASIC, shown(f"{line}.")), SMS_LENGTH))


def _english(notice: Notice, now: int) -> tuple[str, str]:
    match notice:
        case Summary():
            return _summary(notice, now)
        case Digest():
            return _digest(notice, now)
        case Evaluation():
            return _evaluation(notice)


def _chinese(notice: Notice, now: int) -> tuple[str, str]:
    match notice:
        case Summary():
            return chinese.summary(notice, now)
        case Digest():
            return chinese.digest(notice, now)
        case Evaluation():
            return chinese.evaluation(notice)


def _summary(summary: Summary, now: int) -> tuple[str, str]:
    zone = summary.timezone
    begin, end = (time_words(at, zone, "%H:%M:%S") for at in (summary.minute, summary.minute + MINUTE))
    day = time_words(summary.minute, zone, "%Y-%m-%d")
    counts = ", ".join(_count(level, count) for level, count in summary.levels.items())
    alerts, were = ("1 more alert", "was") if summary.total == 1 else (f"{summary.total} more alerts", "were")
    metrics = " and ".join(METRIC_WORDS[metric] for metric in summary.metrics)
    lines = [
        f"{alerts} of the promise {summary.standard} ({metrics}) {were} detected on {day}",
        f"between {begin} and {end} {time_words(summary.minute, zone, '%Z')}, too many to be sent one by one:",
        f"{counts}.",
        "",
        "Waiting longest",
        *(f"  {_waiting(one, now, zone)}" for one in summary.longest),
        "",
        "Each is on record with its ticket, marked as summarized.",
        "",
        f"Alert {summary.alert_id}",
    ]
    return f"{alerts} of {summary.standard} at {begin[:5]}: {counts}", "\n".join(map(shown, lines)) + "\n"


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
    return line, "\n".join(map(shown, lines)) + "\n"


def _evaluation(told: Evaluation) -> tuple[str, str]:
    begin, last = (time_words(at, "UTC", "%Y-%m-%d") for at in (told.begin, told.end - 1))
    name = told.period.capitalize()
    days = begin if begin == last else f"{begin} to {last}"
    median, ninetieth = (_or_none(one) for one in (told.median, told.percentile_90))
    kept, kept_before = (_kept(one) for one in (told.compliance, told.compliance_before))
    lines = [
        f"{name} evaluation of {told.tenant}, {days} (UTC).",
        "",
        f"Tickets           {told.created} created, {told.resolved} resolved, {told.backlog} open at the end",
        f"First responses   {told.answered}, median {median}, 90th percentile {ninetieth}, {kept}",
        f"Previous period   median {_or_none(told.median_before)}, {kept_before}",
        *([""] if told.documents else []),
        *(f"Document ({language})     {place}" for language, place in sorted(told.documents.items())),
        "",
        f"Evaluation {told.alert_id}",
    ]
    answered = f"{told.answered} first response{'' if told.answered == 1 else 's'}"
    line = f"{name} evaluation {begin}: {answered}, median {median}, {kept}"
    return line, "\n".join(map(shown, lines)) + "\n"


def _or_none(duration: int | None) -> str:
    return "none" if duration is None else duration_words(_whole(duration))


def _kept(share: float | None) -> str:
    return "nothing to judge" if share is None else f"{share:.0%} of promises kept"
