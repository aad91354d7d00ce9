"""What an alert says, by e-mail and by SMS: who waits, since when, and which promise.

Ids, times and attributes only: no message text, no subject and no address of a customer is ever at hand here.
"""

from __future__ import annotations

from dataclasses import dataclass

from replyclock.domain.alerts import LedgerEntry

from .words import METRIC_WORDS, duration_words, target_words, time_words

SUBJECT_LENGTH = 100
"""What SNS takes for a subject, in ASCII characters."""
SMS_LENGTH = 160
"""One segment of the GSM 7-bit alphabet."""

_ASCII = frozenset(map(chr, range(32, 127)))
_GSM_BASIC = frozenset("@$_!\"#%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz \n")
_SHOWN_ATTRIBUTES = ("service_type", "tier", "channel", "priority")


@dataclass(frozen=True, slots=True)
class AlertText:
    """One alert as a person receives it."""

    subject: str
    """At most 100 ASCII characters."""
    email: str
    sms: str
    """At most 160 characters of the GSM 7-bit alphabet, so one segment."""


def render(entry: LedgerEntry, now: int, link: str | None = None) -> AlertText:
    """The words for an alert sent at `now` (microseconds). `link` leads to the ticket, where there is a page for it."""
    return AlertText(_subject(entry), _email(entry, now, link), _sms(entry, link))


def _headline(entry: LedgerEntry) -> str:
    match entry.level:
        case "warning":
            return f"{entry.at_percent}% used"
        case "breach":
            return "BROKEN"
        case "escalation":
            return f"STILL BROKEN at {entry.at_percent}%"


def _promise(entry: LedgerEntry) -> str:
    return f"{entry.standard} {target_words(entry.target)} {METRIC_WORDS[entry.metric]}"


def _subject(entry: LedgerEntry) -> str:
    _, source, ticket = entry.key
    since = time_words(entry.started_at, entry.timezone, with_date=False)
    subject = f"{_headline(entry)}: {_promise(entry)}, {source} {_cut(ticket, 40)} waits since {since}"
    return _cut(_in(_ASCII, subject), SUBJECT_LENGTH)


def _sms(entry: LedgerEntry, link: str | None) -> str:
    _, source, ticket = entry.key
    since = time_words(entry.started_at, entry.timezone, with_date=False)
    text = f"replyclock {_headline(entry)}: {_promise(entry)}, {source} {_cut(ticket, 40)} waits since {since}."
    short = _cut(_in(_GSM_BASIC, text), SMS_LENGTH)
    with_link = f"{short} {link}"
    return with_link if link and len(with_link) <= SMS_LENGTH and _in(_GSM_BASIC, link) == link else short


def _email(entry: LedgerEntry, now: int, link: str | None) -> str:
    tenant, source, ticket = entry.key
    zone = entry.timezone
    known = [f"{name} {_value(entry.attributes[name])}" for name in _SHOWN_ATTRIBUTES if name in entry.attributes]
    lines = [
        f"Ticket {ticket} of {source} ({tenant}) waits for its {METRIC_WORDS[entry.metric]}.",
        "",
        f"Promise   {entry.standard}: {METRIC_WORDS[entry.metric]} within {target_words(entry.target)}",
        f"Waiting   since {time_words(entry.started_at, zone)}",
        f"Due       {time_words(entry.due_at, zone) if entry.due_at is not None else 'while paused: never'}",
        f"Now       {time_words(now, zone)}, {_lateness(entry, now)}",
        *([f"Ticket    {', '.join(known)}"] if known else []),
        "",
        f"{entry.at_percent}% of the promised time had passed at {time_words(entry.at, zone)},",
        f"counted in the calendar {entry.calendar} under version {entry.policy_version} of the policy.",
        *(["", link] if link else []),
        "",
        f"Alert {entry.alert_id}",
    ]
    return "\n".join(lines) + "\n"


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


def _in(alphabet: frozenset[str], text: str) -> str:
    return "".join(char if char in alphabet else "?" for char in text)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 3]}..."
