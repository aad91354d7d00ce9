"""What an alert says, by e-mail and by SMS: who waits, since when, and which promise.

Ids, times and attributes only: no message text, no subject and no address of a customer is ever at hand here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from replyclock.domain.alerts import LedgerEntry
from replyclock.domain.explanation import Account
from replyclock.domain.instants import DAY

from . import chinese
from .words import METRIC_WORDS, duration_words, interval_words, shown, target_words, time_words

SUBJECT_LENGTH = 99
"""What SNS takes for a subject, in ASCII characters: less than 100."""
SMS_PREFIX = "REPLYCLOCK> "
"""What SNS puts before each SMS: the topic's display name in capitals. A text need not name its sender once more."""
SMS_LENGTH = 160 - len(SMS_PREFIX)
"""What is left of one segment of the GSM 7-bit alphabet."""
CHINESE_SMS_LENGTH = 70 - len(SMS_PREFIX)
"""What is left of one segment of UCS-2, in units of 16 bits; any letter beyond that alphabet asks for it."""
Language = Literal["en", "zh"]

ASCII = frozenset(map(chr, range(32, 127)))
GSM_BASIC = frozenset("@$_!\"#%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz \n")
_SHOWN_ATTRIBUTES = ("service_type", "tier", "channel", "priority")


@dataclass(frozen=True, slots=True)
class AlertText:
    """One alert as a person receives it."""

    subject: str
    """Less than 100 ASCII characters."""
    email: str
    sms: str
    """One segment with SMS_PREFIX: at most 160 characters of the GSM 7-bit alphabet, or 70 of UCS-2 in Chinese."""


def render(
    entry: LedgerEntry,
    now: int,
    link: str | None = None,
    language: Language = "en",
    counted: Account | None = None,
) -> AlertText:
    """The words for an alert sent at `now` (microseconds). `counted` explains its clock, where there still is one;
    `link` leads to the ticket, where there is a page for it.

    The subject is in English in every language, since SNS takes ASCII only.
    """
    _, source, ticket = entry.key
    line = f"{_headline(entry)}: {_promise(entry)}, {source} {cut(ticket, 40)} {_standing(entry, now)}"
    subject = cut(in_alphabet(ASCII, line), SUBJECT_LENGTH)
    if language == "zh":
        sms = _with_link(cut_wide(chinese.line(entry, now), CHINESE_SMS_LENGTH), link, CHINESE_SMS_LENGTH)
        return AlertText(subject, chinese.email(entry, now, counted, link), sms)
    sms = _with_link(cut(in_alphabet(GSM_BASIC, f"{line}."), SMS_LENGTH), link, SMS_LENGTH)
    return AlertText(subject, _email(entry, now, counted, link), sms)


def _with_link(text: str, link: str | None, length: int) -> str:
    """The text with the link, where both fit and the link needs no other alphabet."""
    whole = f"{text} {link}"
    return whole if link and wide_length(whole) <= length and in_alphabet(GSM_BASIC, link) == link else text


def _headline(entry: LedgerEntry) -> str:
    match entry.level:
        case "warning":
            return f"{entry.at_percent}% used"
        case "breach":
            return "BROKEN"
        case "escalation":
            return f"STILL BROKEN at {entry.at_percent}%"
        case "reminder":
            return f"STILL BROKEN, reminder {entry.reminder}"
        case "correction":
            return "CORRECTED"


def _promise(entry: LedgerEntry) -> str:
    return f"{entry.standard} {target_words(entry.target)} {METRIC_WORDS[entry.metric]}"


def _standing(entry: LedgerEntry, now: int) -> str:
    """Who waits since when: the time of day tells it for half a day, after that the date as well."""
    if entry.level == "correction":
        return "was in time"
    recent = now - entry.started_at < DAY // 2
    return f"waits since {time_words(entry.started_at, entry.timezone, '%H:%M:%S %Z' if recent else '%m-%d %H:%M %Z')}"


def _email(entry: LedgerEntry, now: int, counted: Account | None, link: str | None) -> str:
    tenant, source, ticket = entry.key
    zone, metric = entry.timezone, METRIC_WORDS[entry.metric]
    due = "none while it stands still" if entry.due_at is None else time_words(entry.due_at, zone)
    known = [f"{name} {_value(entry.attributes[name])}" for name in _SHOWN_ATTRIBUTES if name in entry.attributes]
    if entry.level == "correction":
        opening = f"Ticket {ticket} of {source} ({tenant}) had its {metric} in time after all."
        now_line: list[str] = []
        reason = ["An earlier alert said that this promise was broken. What has been told since shows that it was not."]
    else:
        opening = f"Ticket {ticket} of {source} ({tenant}) waits for its {metric}."
        now_line = [f"Now       {time_words(now, zone)}, {_lateness(entry, now)}"]
        reason = [
            f"{_reached(entry)} at {time_words(entry.at, zone)}, in the calendar {entry.calendar},"
            f" version {entry.policy_version} of the policy."
        ]
    lines = [
        opening,
        "",
        f"Promise   {entry.standard}: {metric} within {target_words(entry.target)}",
        f"Waiting   since {time_words(entry.started_at, zone)}",
        f"Due       {due}",
        *now_line,
        *([f"Ticket    {', '.join(known)}"] if known else []),
        "",
        *reason,
        *([_account_words(counted)] if counted else []),
        *(["", link] if link else []),
        "",
        f"Alert {entry.alert_id}",
    ]
    return "\n".join(map(shown, lines)) + "\n"


def _account_words(counted: Account) -> str:
    if not counted.left_out:
        return f"All of the {duration_words(counted.counted)} that have passed count."
    left_out = ", ".join(f"{duration_words(length)} {interval_words(why)}" for why, length in counted.left_out)
    return f"Of the time that has passed {duration_words(counted.counted)} count; left out: {left_out}."


def _reached(entry: LedgerEntry) -> str:
    if entry.level == "reminder":
        return f"Reminder {entry.reminder} fell due"
    return f"{entry.at_percent}% of the promised {target_words(entry.target)} had passed"


def _lateness(entry: LedgerEntry, now: int) -> str:
    if entry.due_at is None:
        return "the clock stands still"
    return (
        f"{duration_words(now - entry.due_at)} late"
        if now >= entry.due_at
        else f"{duration_words(entry.due_at - now)} left"
    )


def _value(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else "/".join(value)


def in_alphabet(alphabet: frozenset[str], text: str) -> str:
    """The text with a question mark for what the alphabet does not have."""
    return "".join(char if char in alphabet else "?" for char in text)


def wide_length(text: str) -> int:
    """How many units of 16 bits a text has: what UCS-2 counts."""
    return len(text) + sum(char > "\uffff" for char in text)


def cut_wide(text: str, length: int) -> str:
    """The text, no longer than that many units of 16 bits."""
    if wide_length(text) <= length:
        return text
    kept = text[: length - 3]
    while wide_length(kept) > length - 3:
        kept = kept[:-1]
    return f"{kept}..."


def cut(text: str, length: int) -> str:
    """The text, no longer than that."""
    return text if len(text) <= length else f"{text[: length - 3]}..."
