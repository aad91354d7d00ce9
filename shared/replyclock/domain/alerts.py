"""Which alerts a ticket owes, and when the next one falls due. The ledger of a ticket holds each of them once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from .events import AnyEvent, AttributeValue, TicketKey
from .instants import format_instant, parse_instant
from .judging import Alert, Clock, TicketResult
from .policy import Policy

Level = Literal["warning", "breach", "escalation"]
QuietReason = Literal["answered", "cancelled", "standard_changed", "overtaken"]


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One alert: a clock of a ticket reached a percentage of a standard's target. Instants are in microseconds."""

    key: TicketKey
    metric: str
    instance: int
    standard: str
    at_percent: int
    notify: tuple[str, ...]
    at: int
    """When that percentage was reached."""
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

    @property
    def level(self) -> Level:
        """A warning comes before the promise breaks, an escalation after."""
        return "warning" if self.at_percent < 100 else "breach" if self.at_percent == 100 else "escalation"

    @property
    def sort_key(self) -> str:
        """Names the entry within its ticket. The standard stands last, since its name may hold anything."""
        return f"A#{self.metric}#{self.instance}#{self.at_percent}#{self.standard}"

    @property
    def alert_id(self) -> str:
        """Names the alert for receivers, the same however often it is delivered: 32 hexadecimal digits."""
        named = json.dumps([*self.key, self.sort_key], ensure_ascii=False)
        return hashlib.sha256(named.encode()).hexdigest()[:32]

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
            "at_percent": self.at_percent,
            "level": self.level,
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
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> LedgerEntry:
        """The entry that `document` wrote."""
        return cls(
            (document["tenant"], document["source"], document["ticket"]),
            document["metric"],
            document["instance"],
            document["standard"],
            document["at_percent"],
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
        )


def entries_due(result: TicketResult, now: int) -> tuple[LedgerEntry, ...]:
    """All alerts whose percentage has been reached by `now`, whether told before or not.

    A broken promise is on record even when the answer is told before anybody looked; a warning is of use only while
    the clock runs.
    """
    return tuple(
        replace(entry, detected_at=now)
        for clock in result.clocks
        for alert in clock.alerts
        for entry in _entry(result, clock, alert)
        if entry.knowable_at <= now and (clock.stopped_at is None or entry.level != "warning")
    )


def _entry(result: TicketResult, clock: Clock, alert: Alert) -> Iterator[LedgerEntry]:
    knowable_at = _knowable_at(clock, alert)
    if knowable_at is None or alert.at is None or clock.standard is None or clock.target is None:
        return
    if clock.policy_version is None or clock.calendar is None or clock.timezone is None:
        return  # without a standard a clock has no alerts
    yield LedgerEntry(
        result.key,
        clock.metric,
        clock.instance,
        clock.standard,
        alert.at_percent,
        alert.notify,
        alert.at,
        knowable_at,
        0,
        clock.started_at,
        clock.due_at,
        clock.target,
        clock.calendar,
        clock.timezone,
        clock.policy_version,
        result.attributes,
    )


def _knowable_at(clock: Clock, alert: Alert) -> int | None:
    """When an alert can be told: exactly at the target a promise is still kept, so a breach only after it."""
    if alert.at is None or clock.applies_since is None:
        return None
    if alert.at_percent == 100:
        return clock.breaks_at
    return max(alert.at, clock.applies_since)


def next_due(events: Iterable[AnyEvent], result: TicketResult | None, policy: Policy, now: int) -> int | None:
    """The next instant after `now` at which time alone changes something of a ticket; None when nothing can.

    That is an alert to come, a promise about to break, another version of the policy coming into force, or an event
    that a source with a fast clock has dated in the future. `result` is the ticket's at `now`.
    """
    told = [at for event in events for at in (event.occurred_at, event.created_at)]
    clocks = [
        clock for clock in (result.clocks if result else ()) if clock.stopped_at is None and clock.state != "cancelled"
    ]
    running = [clock for clock in clocks if clock.state in ("running", "breached")]
    alerts = [_knowable_at(clock, alert) for clock in running for alert in clock.alerts]
    breaches = [clock.breaks_at for clock in running]
    versions = [policy.next_change(now)] if clocks else []
    return min((at for at in (*told, *alerts, *breaches, *versions) if at is not None and at > now), default=None)


def quiet_reason(entry: LedgerEntry, result: TicketResult | None) -> QuietReason | None:
    """Why nobody is to be told of an entry any more, judged by a fresh result; None while it is owed."""
    clock = result.clock(entry.metric, entry.instance) if result else None
    if clock is None or clock.state == "cancelled":
        return "cancelled"
    if clock.stopped_at is not None:
        return "answered"
    if clock.standard != entry.standard:
        return "standard_changed"
    if entry.level == "warning" and clock.state == "breached":
        return "overtaken"
    return None
