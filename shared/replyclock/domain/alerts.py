"""Which alerts a ticket owes, and when the next one falls due. The ledger of a ticket holds each of them once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from .events import AnyEvent, AttributeValue, TicketKey
from .instants import DAY, format_instant, parse_instant
from .judging import Clock, TicketResult
from .policy import Policy

Level = Literal["warning", "breach", "escalation", "reminder", "correction"]
QuietReason = Literal["answered", "cancelled", "standard_changed", "overtaken", "history", "never_told"]

HISTORY_AFTER = DAY
"""What could have been known this long before the ticket's first event came in is history: nobody is told any more."""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One alert: a clock of a ticket reached a percentage of a standard's target, or what followed from that.

    Instants are in microseconds.
    """

    key: TicketKey
    metric: str
    instance: int
    standard: str
    level: Level
    """A warning comes before the promise breaks, escalations and reminders after; a correction takes a breach back."""
    at_percent: int
    """The percentage of the target that was reached; 100 for reminders and corrections."""
    reminder: int
    """The reminder's number, from 1; 0 for all others."""
    notify: tuple[str, ...]
    at: int
    """When that percentage was reached, or the reminder fell due; of a correction when the promise was kept."""
    knowable_at: int
    """The earliest instant at which that could be known to hold; detection is measured from here."""
    detected_at: int
    started_at: int
    due_at: int | None
    target: int
    calendar: str
    timezone: str
    """The calendar's time zone, for times as its people read them."""
    policy_version: int
    attributes: Mapping[str, AttributeValue]
    assignee: str | None = None
    group: str | None = None
    """Who had the ticket when the alert was detected; None for nobody, and in entries of before this was kept."""

    @property
    def sort_key(self) -> str:
        """Names the entry within its ticket. The standard stands last, since its name may hold anything."""
        return f"A#{self.metric}#{self.instance}#{self._step}#{self.standard}"

    @property
    def _step(self) -> str:
        if self.level == "correction":
            return "correction"
        return f"reminder-{self.reminder}" if self.level == "reminder" else str(self.at_percent)

    @property
    def alert_id(self) -> str:
        """Names the alert for receivers, the same however often it is delivered: 32 hexadecimal digits."""
        named = json.dumps([*self.key, self.sort_key], ensure_ascii=False)
        return hashlib.sha256(named.encode()).hexdigest()[:32]

    def takes_back(self, other: LedgerEntry) -> bool:
        """Whether this is a correction, and the other says that the same promise was broken."""
        if self.level != "correction" or other.level in ("warning", "correction"):
            return False
        mine, theirs = ((one.key, one.metric, one.instance, one.standard) for one in (self, other))
        return mine == theirs

    def document(self) -> dict[str, Any]:
        """The entry as a JSON object."""
        tenant, source, ticket = self.key
        return {
            "alert_id": self.alert_id,
            "tenant": tenant,
            "source": source,
            "ticket": ticket,
            "metric": self.metric,
            "instance": self.instance,
            "standard": self.standard,
            "level": self.level,
            "at_percent": self.at_percent,
            "reminder": self.reminder,
            "notify": list(self.notify),
            "at": format_instant(self.at),
            "knowable_at": format_instant(self.knowable_at),
            "detected_at": format_instant(self.detected_at),
            "started_at": format_instant(self.started_at),
            "due_at": None if self.due_at is None else format_instant(self.due_at),
            "target_microseconds": self.target,
            "calendar": self.calendar,
            "timezone": self.timezone,
            "policy_version": self.policy_version,
            "attributes": {
                name: list(value) if isinstance(value, tuple) else value for name, value in self.attributes.items()
            },
            **({} if self.assignee is None else {"assignee": self.assignee}),
            **({} if self.group is None else {"group": self.group}),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> LedgerEntry:
        """The entry that `document` wrote."""
        return cls(
            (document["tenant"], document["source"], document["ticket"]),
            document["metric"],
            document["instance"],
            document["standard"],
            document["level"],
            document["at_percent"],
            document["reminder"],
            tuple(document["notify"]),
            parse_instant(document["at"]),
            parse_instant(document["knowable_at"]),
            parse_instant(document["detected_at"]),
            parse_instant(document["started_at"]),
            None if document["due_at"] is None else parse_instant(document["due_at"]),
            document["target_microseconds"],
            document["calendar"],
            document["timezone"],
            document["policy_version"],
            {
                name: tuple(value) if isinstance(value, list) else value
                for name, value in document["attributes"].items()
            },
            document.get("assignee"),
            document.get("group"),
        )


def entries_due(result: TicketResult, now: int) -> tuple[LedgerEntry, ...]:
    """All alerts that have been reached by `now`, whether told before or not; of the reminders the last one.

    A broken promise is on record even when the answer is told before anybody looked; a warning is of use only while
    the clock runs.
    """
    return tuple(
        replace(entry, detected_at=now)
        for clock in result.clocks
        for entry in (*_percentages(result, clock), *_last_reminder(result, clock))
        if entry.knowable_at <= now and (clock.stopped_at is None or entry.level != "warning")
    )


def corrections_due(result: TicketResult, told: Iterable[LedgerEntry], now: int) -> tuple[LedgerEntry, ...]:
    """What has to be taken back: breaches that were told of a promise that was kept, as is known now.

    That is so when an answer was told late, or a message proved to be another's. A breach that a standard of then
    rightly had, before attributes changed, stays one.
    """
    corrections = {}
    for entry in told:
        clock = result.clock(entry.metric, entry.instance)
        if entry.level not in ("warning", "correction") and (clock is None or not clock.ever_breached):
            kept_at = clock.stopped_at if clock and clock.stopped_at is not None else now
            correction = replace(
                entry,
                level="correction",
                at_percent=100,
                reminder=0,
                at=kept_at,
                knowable_at=now,
                detected_at=now,
                due_at=clock.due_at if clock else entry.due_at,
            )
            corrections[correction.sort_key] = correction
    return tuple(corrections.values())


def _percentages(result: TicketResult, clock: Clock) -> Iterator[LedgerEntry]:
    for alert in clock.alerts:
        knowable_at = _knowable_at(clock, alert.at, alert.at_percent)
        if alert.at is not None and knowable_at is not None:
            level: Level = (
                "warning" if alert.at_percent < 100 else "breach" if alert.at_percent == 100 else "escalation"
            )
            yield from _entry(result, clock, level, alert.at_percent, 0, alert.notify, alert.at, knowable_at)


def _last_reminder(result: TicketResult, clock: Clock) -> Iterator[LedgerEntry]:
    reminder = clock.reminder
    if reminder and reminder.at is not None and clock.applies_since is not None:
        everybody = tuple(
            dict.fromkeys(name for alert in clock.alerts for name in alert.notify if _told(alert.at, clock))
        )
        knowable_at = max(reminder.at, clock.applies_since)
        yield from _entry(result, clock, "reminder", 100, reminder.number, everybody, reminder.at, knowable_at)


def _told(at: int | None, clock: Clock) -> bool:
    """Whether an alert of the clock has been reached by the time of its reminder."""
    return at is not None and clock.reminder is not None and clock.reminder.at is not None and at <= clock.reminder.at


def _entry(
    result: TicketResult,
    clock: Clock,
    level: Level,
    at_percent: int,
    reminder: int,
    notify: tuple[str, ...],
    at: int,
    knowable_at: int,
) -> Iterator[LedgerEntry]:
    if clock.standard is None or clock.target is None or clock.policy_version is None:
        return  # without a standard a clock has no alerts
    if clock.calendar is None or clock.timezone is None:
        return
    yield LedgerEntry(
        result.key,
        clock.metric,
        clock.instance,
        clock.standard,
        level,
        at_percent,
        reminder,
        notify,
        at,
        knowable_at,
        knowable_at,
        clock.started_at,
        clock.due_at,
        clock.target,
        clock.calendar,
        clock.timezone,
        clock.policy_version,
        result.attributes,
        result.timeline.assignee,
        result.timeline.group,
    )


def _knowable_at(clock: Clock, at: int | None, at_percent: int) -> int | None:
    """When an alert can be told: exactly at the target a promise is still kept, so a breach only after it."""
    if at is None or clock.applies_since is None:
        return None
    return clock.breaks_at if at_percent == 100 else max(at, clock.applies_since)


def next_due(events: Iterable[AnyEvent], result: TicketResult | None, policy: Policy, now: int) -> int | None:
    """The next instant after `now` at which time alone changes something of a ticket; None when nothing can.

    That is an alert to come, a promise about to break, another version of the policy coming into force, or an event
    that a source with a fast clock has dated in the future. `result` is the ticket's at `now`.
    """
    told = [at for event in events for at in (event.occurred_at, event.created_at)]
    clocks = result.unfinished if result else ()
    running = [clock for clock in clocks if clock.state in ("running", "breached")]
    alerts = [_knowable_at(clock, alert.at, alert.at_percent) for clock in running for alert in clock.alerts]
    breaches = [clock.breaks_at for clock in running]
    reminders = [clock.reminder.next_at for clock in running if clock.reminder]
    versions = [policy.next_change(now)] if clocks else []
    instants = (*told, *alerts, *breaches, *reminders, *versions)
    return min((at for at in instants if at is not None and at > now), default=None)


def is_history(entry: LedgerEntry, first_received_at: int, published_at: int | None) -> bool:
    """Whether an entry is about what was past before anybody here could know: the ticket's first event came in long
    after it, or the version of the policy was published after it.
    """
    if published_at is not None and entry.knowable_at < published_at:
        return True
    return entry.knowable_at < first_received_at - HISTORY_AFTER


def quiet_reason(
    entry: LedgerEntry, result: TicketResult | None, sent: Collection[LedgerEntry] = ()
) -> QuietReason | None:
    """Why nobody is to be told of an entry any more, judged by a fresh result; None while it is owed.

    `sent` are the entries of the ticket that people were told: only what they know can be taken back.
    """
    clock = result.clock(entry.metric, entry.instance) if result else None
    if entry.level == "correction":
        known = any(entry.takes_back(one) for one in sent)
        return None if known and (clock is None or not clock.ever_breached) else "never_told"
    if clock is None or clock.state == "cancelled":
        return "cancelled"
    if clock.stopped_at is not None:
        return "answered"
    if clock.standard != entry.standard:
        return "standard_changed"
    if entry.level == "warning" and clock.state == "breached":
        return "overtaken"
    return None
