"""One of each kind of alert: the policy that the show publishes, the stories that bring about what an ordinary day does
not, and whether all of it reached people.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from replyclock.domain.alerts import LedgerEntry, Level
from replyclock.domain.events import TicketKey
from replyclock.domain.instants import MINUTE, SECOND
from replyclock.domain.policy import DEFAULT_POLICY_DOCUMENT, document_value, read_policy
from replyclock.presentation.words import METRIC_WORDS, target_words
from replyclock.service.storm import GATHERED

from .day import CHAT, GENERAL, PHONE, REGULAR, VIP, Story
from .inbox import Delivery

STORM_LIMIT = 5
"""With which the show deploys the system. No promise but the storm's has as many alerts in a minute."""
STORM_STANDARD = "storm"
DIGEST_EVERY = 5 * SECOND

_DEFAULT: Any = document_value(DEFAULT_POLICY_DOCUMENT)
POLICY_TEXT = json.dumps(
    {
        **_DEFAULT,
        "policy": "show",
        "standards": [
            *_DEFAULT["standards"],
            {
                "name": "show",
                "when": {"show": "kinds"},
                "targets": {"first_response": "8s"},
                "alerts": [
                    {"at": "50%", "notify": "team"},
                    {"at": "100%", "notify": ["team", "lead"]},
                    {"at": "150%", "notify": "manager"},
                ],
                "remind_every": "6s",
            },
            {
                "name": STORM_STANDARD,
                "when": {"show": "storm"},
                "targets": {"first_response": "1m"},
                "alerts": [{"at": "100%"}],
            },
        ],
        "monitoring": [
            *_DEFAULT["monitoring"],
            {"when": {"show": ["kinds", "storm"]}, "every": target_words(DIGEST_EVERY)},
        ],
    }
)
"""The default policy, with promises short enough to see them broken, and a digest that need not be waited for."""
POLICY = read_policy([POLICY_TEXT], ["the show's policy"])

# A chat: ten seconds are promised, and nobody answers.
CHAT_STORY = Story("desk", "C-301", "0s created", CHAT | REGULAR)
# Nobody answers this one until even a reminder has come.
WAITING_STORY = Story("desk", "K-401", "0s created; +15s reply", REGULAR | {"show": "kinds"}, last_after="reminder")
# It is answered in time, but that is told only when people have been alerted.
LATE_STORY = Story("desk", "K-402", "23h59m50s created; +6s reply", GENERAL, last_after="breach")
# The people of this connection read Chinese.
CHINESE_STORY = Story("kefu", "K-403", "18s created", PHONE)
LIVE = (
    CHAT_STORY,
    # Another chat is answered in time.
    Story("desk", "C-302", "0s created; +4s reply", CHAT | VIP),
    # The fifteen minutes of this customer end while one watches.
    Story("zendesk", "4151", "14m48s created; 10m assigned", VIP),
    WAITING_STORY,
    LATE_STORY,
    CHINESE_STORY,
)
# More than twice the limit: even where the minute turns amid them, one of the two minutes has too many.
STORM = tuple(Story("desk", f"S-{number}", "2m created", {"show": "storm"}) for number in range(501, 513))

_EXAMPLES: Mapping[tuple[Level, TicketKey], str] = {
    ("warning", WAITING_STORY.key): "warning",
    ("breach", CHAT_STORY.key): "breach",
    ("escalation", WAITING_STORY.key): "escalation",
    ("reminder", WAITING_STORY.key): "reminder",
    ("correction", LATE_STORY.key): "correction",
    ("breach", CHINESE_STORY.key): "in Chinese",
}
_LEVEL_WORDS: Mapping[Level, tuple[str, str]] = {
    "warning": ("warning", "warnings"),
    "breach": ("breach", "breaches"),
    "escalation": ("escalation", "escalations"),
    "reminder": ("reminder", "reminders"),
    "correction": ("correction", "corrections"),
}
KINDS = (*_EXAMPLES.values(), "summary", "digest")
QUIET: Mapping[TicketKey, str] = {
    ("default", "desk", "D-212"): "answered",
    ("default", "desk", "D-233"): "history",
}
"""Tickets of the day with a broken promise that nobody is told of, and why not."""

Deliveries = Mapping[tuple[str, str], Delivery]
"""By alert and protocol."""


def example_of(delivery: Delivery, entry: LedgerEntry | None) -> str | None:
    """Of which kind this is the example, if it is one; `entry` is the alert that it tells, if it tells one."""
    if delivery.kind == "summary" or _is_of_the_show(delivery):
        return delivery.kind
    kind = _EXAMPLES.get((entry.level, entry.key)) if entry else None
    return None if kind == "in Chinese" and not re.search("[\u4e00-\u9fff]", delivery.text) else kind


def _is_of_the_show(delivery: Delivery) -> bool:
    # The attributes of a digest do not say of which class it is.
    return delivery.kind == "digest" and (delivery.subject or "").startswith("Digest show ")


def protocols(level: str) -> tuple[str, ...]:
    """By what an alert of a level is told, as the template's subscriptions filter: an SMS wakes people."""
    return ("email", "sms") if level in ("breach", "escalation", "correction") else ("email",)


def untold(expected: Mapping[str, LedgerEntry], deliveries: Deliveries) -> list[str]:
    """What somebody has to get about one ticket and did not, in words. `expected` are the alerts that are owed, by
    their id. Which of the storm's are told one by one does not matter, but those are told as all others are.
    """
    told = {name for name, _ in deliveries}
    return [
        f"{protocol} did not come: {words(entry)}"
        for name, entry in expected.items()
        if entry.standard != STORM_STANDARD or name in told
        for protocol in protocols(entry.level)
        if (name, protocol) not in deliveries
    ]


def missing(expected: Mapping[str, LedgerEntry], deliveries: Deliveries) -> list[str]:
    """All that somebody has to get and did not: what is untold, the summaries that stand for the rest of the storm, and
    the digest of the show.
    """
    absent = untold(expected, deliveries)
    storm = {name for name, entry in expected.items() if entry.standard == STORM_STANDARD}
    for protocol in ("email", "sms"):
        single = sum((name, protocol) in deliveries for name in storm)
        summed = summed_up(deliveries, protocol)
        if single + summed != len(storm):
            absent.append(f"of {len(storm)} alerts of the storm came by {protocol} {single}, and {summed} summed up")
    if not any(_is_of_the_show(delivery) for delivery in deliveries.values()):
        absent.append("email did not come: the digest of the show's tickets")
    return absent


def unexpected(expected: Mapping[str, LedgerEntry], deliveries: Deliveries) -> list[str]:
    """What people got though nobody was to get it, in words. Digests and evaluations come whenever their schedule has
    them come.
    """

    def is_owed(delivery: Delivery) -> bool:
        if delivery.kind == "summary":
            return delivery.attributes["standard"] == STORM_STANDARD
        if delivery.kind in ("digest", "evaluation"):
            return delivery.protocol == "email"
        entry = expected.get(delivery.alert_id)
        return entry is not None and delivery.protocol in protocols(entry.level)

    return [
        f"nobody was to be told, and yet there came by {one.protocol}: {one.subject or one.text}"
        for one in deliveries.values()
        if not is_owed(one)
    ]


def summed_up(deliveries: Deliveries, protocol: str) -> int:
    """How many alerts the summaries stand for, as they say themselves."""
    said = (
        re.search(r"(\d+) more alert", delivery.subject or delivery.text)
        for (_, by), delivery in deliveries.items()
        if delivery.kind == "summary" and by == protocol
    )
    return sum(int(found[1]) for found in said if found)


def summary_due(expected: Mapping[str, LedgerEntry], deliveries: Deliveries) -> int | None:
    """When the storm's summary can be there at the earliest; None before the first of its alerts has come."""
    came = [
        one.at
        for (name, _), one in deliveries.items()
        if name in expected and expected[name].standard == STORM_STANDARD
    ]
    return max(came) // MINUTE * MINUTE + MINUTE + GATHERED if came else None


def quiet_words(key: TicketKey, ticket: Mapping[str, Any] | None) -> str | None:
    """What the ledger of a ticket of QUIET says of its breach; None unless it says that, and for that reason."""
    for alert in ticket["alerts"] if ticket else ():
        if (alert["level"], alert["status"], alert["reason"]) == ("breach", "quiet", QUIET[key]):
            promise = f"{alert['standard']} {target_words(alert['target_microseconds'])}"
            return f"{key[1]} {key[2]} broke {promise}: on record, but nobody is told ({alert['reason']})"
    return None


def levels_words(entries: Iterable[LedgerEntry]) -> str:
    """How many alerts there are of each level."""
    counts = Counter(entry.level for entry in entries)
    return ", ".join(f"{counts[level]} {words[counts[level] != 1]}" for level, words in _LEVEL_WORDS.items())


def kinds_table(examples: Mapping[str, Mapping[str, Delivery]], quiet: list[str]) -> Table:
    """An example of each kind as people got it, by kind and protocol: subjects, and SMS."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="underline")
    table.add_column("kind", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("what people were told", overflow="fold")
    for kind in KINDS:
        for row, (protocol, text) in enumerate(_said(examples.get(kind, {}))):
            table.add_row(Text("" if row else kind), protocol, Text(text))
    for row, line in enumerate(quiet):
        table.add_row(Text("" if row else "quiet"), "", Text(line))
    return table


def _said(by_protocol: Mapping[str, Delivery]) -> Iterator[tuple[str, str]]:
    if "email" in by_protocol:
        yield "mail", by_protocol["email"].subject or ""
    if "sms" in by_protocol:
        yield "SMS", by_protocol["sms"].text


def words(entry: LedgerEntry) -> str:
    """An alert in words."""
    _, source, ticket = entry.key
    share = f"{entry.at_percent} % of {entry.standard} {target_words(entry.target)}"
    return f"{entry.level} ({share}), {METRIC_WORDS[entry.metric]} of {source} {ticket}"
