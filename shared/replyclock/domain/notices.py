"""What people are told of many tickets at once: the summary of a storm of alerts, the digest that monitoring asks for,
and the regular evaluation. Instants and durations are in microseconds.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from .alerts import LedgerEntry
from .instants import MINUTE, SECOND, format_instant, from_datetime, parse_instant, seconds, sortable, to_datetime
from .policy import Condition, Monitoring
from .standings import Answer, OpenClock, Standing
from .statistics import percentile
from .storms import Storm

Period = Literal["daily", "weekly", "monthly"]
PERIODS: tuple[Period, ...] = ("daily", "weekly", "monthly")
MOST_NAMED = 5
"""How many tickets a summary names: those that wait longest."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Waiting(_Part):
    """A ticket, and since when it waits."""

    source: str
    ticket: str
    since: int


class Summary(_Part):
    """Says once what the alerts of a storm would say one by one."""

    kind: Literal["summary"] = "summary"
    tenant: str
    standard: str
    minute: int
    part: int
    """Counts the summaries of one storm from 0: what comes after the first is told in another."""
    timezone: str
    levels: dict[str, int]
    """How many alerts of each level."""
    metrics: tuple[str, ...]
    notify: tuple[str, ...]
    channels: tuple[str, ...]
    tiers: tuple[str, ...]
    service_types: tuple[str, ...]
    groups: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    longest: tuple[Waiting, ...]
    """The tickets that wait longest, at most MOST_NAMED."""
    source: str
    """Where most of the tickets are from."""

    @property
    def alert_id(self) -> str:
        """Names the summary for receivers, however often it is delivered."""
        return _named("summary", self.tenant, self.standard, sortable(self.minute), str(self.part))

    @property
    def total(self) -> int:
        """How many alerts it stands for."""
        return sum(self.levels.values())


def summarize(storm: Storm, part: int, members: Sequence[LedgerEntry]) -> Summary:
    """The summary of these alerts of the storm; at least one."""
    waiting = {(entry.key, entry.started_at) for entry in members}
    longest = sorted((since, key) for key, since in waiting)[:MOST_NAMED]
    return Summary(
        tenant=storm.tenant,
        standard=storm.standard,
        minute=storm.minute,
        part=part,
        timezone=_commonest(entry.timezone for entry in members),
        levels=dict(sorted(Counter(entry.level for entry in members).items())),
        metrics=_distinct(entry.metric for entry in members),
        notify=_distinct(name for entry in members for name in entry.notify),
        channels=_values(members, "channel"),
        tiers=_values(members, "tier"),
        service_types=_values(members, "service_type"),
        groups=_distinct(entry.group for entry in members if entry.group),
        assignees=_distinct(entry.assignee for entry in members if entry.assignee),
        longest=tuple(Waiting(source=key[1], ticket=key[2], since=since) for since, key in longest),
        source=_commonest(entry.key[1] for entry in members),
    )


class Digest(_Part):
    """How a class of tickets stands, told regularly: what the policy's `monitoring` asks for."""

    kind: Literal["digest"] = "digest"
    tenant: str
    when: dict[str, Condition]
    """Which tickets these are."""
    every: int
    at: int
    """The end of the time that it covers; it begins `every` before."""
    open: int
    at_risk: int
    """Tickets with a promise that falls due within the next `every`."""
    breached: int
    """Open tickets with a broken promise."""
    longest: Waiting | None = None
    """The customer who waits longest for an answer."""
    answered: int
    """First responses that were given in the time that it covers."""
    median: int | None = None
    percentile_90: int | None = None
    """Nearest rank, of how long those took, round the clock."""
    source: str
    """Where most of the tickets are from."""

    @property
    def alert_id(self) -> str:
        """Names the digest for receivers, however often it is delivered."""
        return _named("digest", self.tenant, class_name(self.when, self.every), sortable(self.at))


def digests(
    monitoring: Monitoring, at: int, now: int, standings: Iterable[Standing], answers: Iterable[Answer]
) -> tuple[Digest, ...]:
    """A digest of a class for each tenant that has something to tell, as things stand at `now`.

    Of the answers, those count that were given in the `every` before `at`.
    """
    standing = [one for one in standings if one.clocks and monitoring.matches(one.traits)]
    given = [one for one in answers if at - monitoring.every < one.at <= at and monitoring.matches(one.traits)]
    tenants = sorted({one.key[0] for one in standing} | {one.key[0] for one in given})
    return tuple(
        _digest(
            monitoring,
            tenant,
            at,
            now,
            [one for one in standing if one.key[0] == tenant],
            [one for one in given if one.key[0] == tenant],
        )
        for tenant in tenants
    )


def _digest(
    monitoring: Monitoring, tenant: str, at: int, now: int, standing: Sequence[Standing], given: Sequence[Answer]
) -> Digest:
    soon = now + monitoring.every
    waiting = [
        (clock.started_at, one.key)
        for one in standing
        for clock in one.clocks
        if clock.metric in ("first_response", "next_response")
    ]
    since, key = min(waiting) if waiting else (0, None)
    took = sorted(one.took for one in given)
    return Digest(
        tenant=tenant,
        when=monitoring.when,
        every=monitoring.every,
        at=at,
        open=len(standing),
        at_risk=sum(any(_at_risk(clock, soon) for clock in one.clocks) for one in standing),
        breached=sum(any(clock.state == "breached" for clock in one.clocks) for one in standing),
        longest=Waiting(source=key[1], ticket=key[2], since=since) if key else None,
        answered=len(given),
        median=percentile(took, 50),
        percentile_90=percentile(took, 90),
        source=_commonest([*(one.key[1] for one in standing), *(one.key[1] for one in given)]),
    )


def _at_risk(clock: OpenClock, soon: int) -> bool:
    return clock.state == "running" and clock.due_at is not None and clock.due_at <= soon


class Evaluation(_Part):
    """What a day, a week or a month came to: the regular evaluation that the source documents ask for."""

    kind: Literal["evaluation"] = "evaluation"
    tenant: str
    period: Period
    begin: int
    end: int
    created: int
    resolved: int
    backlog: int
    """Tickets that were open when it ended."""
    answered: int
    """First responses that were given in it."""
    median: int | None = None
    percentile_90: int | None = None
    """Of how long those took, round the clock; nearest rank."""
    compliance: float | None = None
    """The share of the promised first responses that were kept."""
    median_before: int | None = None
    compliance_before: float | None = None
    documents: dict[str, str] = {}
    """By language, where the service response time document with all of it is kept."""
    source: str
    """Where most of the tickets are from."""

    @property
    def alert_id(self) -> str:
        """Names the evaluation for receivers, however often it is delivered."""
        return _named("evaluation", self.tenant, self.period, sortable(self.end))


def evaluated_period(period: Period, now: int) -> tuple[int, int]:
    """The last whole day, week (from Monday) or month in UTC before an instant, from its begin to before its end."""
    today = to_datetime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    ends = {"daily": today, "weekly": today - timedelta(days=today.weekday()), "monthly": today.replace(day=1)}
    end = ends[period]
    last = end - timedelta(days=1)
    begins = {"daily": last, "weekly": end - timedelta(days=7), "monthly": last.replace(day=1)}
    return from_datetime(begins[period]), from_datetime(end)


def evaluation(
    period: Period, tenant: str, report: Mapping[str, Any], documents: Mapping[str, str], source: str
) -> Evaluation:
    """What `report`, a `report.summary` by event, tells of the period in short."""
    first, before = (report[span]["clocks"]["first_response"] for span in ("total", "before"))
    tickets = report["total"]["tickets"]
    return Evaluation(
        tenant=tenant,
        period=period,
        begin=parse_instant(report["from"]),
        end=parse_instant(report["to"]),
        created=tickets["created"],
        resolved=tickets["resolved"],
        backlog=tickets["backlog_end"],
        answered=first["n"],
        median=_micros(first["median_seconds"]),
        percentile_90=_micros(first["percentile_90_seconds"]),
        compliance=first["compliance"],
        median_before=_micros(before["median_seconds"]),
        compliance_before=before["compliance"],
        documents=dict(documents),
        source=source,
    )


def _micros(duration: float | None) -> int | None:
    return None if duration is None else round(duration * SECOND)


def class_name(when: dict[str, Condition], every: int) -> str:
    """Names a class of tickets and how often it is told of: 12 hexadecimal digits."""
    asked = {name: one.model_dump(mode="json", by_alias=True, exclude_none=True) for name, one in when.items()}
    return _named(json.dumps(asked, sort_keys=True, ensure_ascii=False), str(every))[:12]


Notice: TypeAlias = Summary | Digest | Evaluation
_NOTICE: TypeAdapter[Notice] = TypeAdapter(Annotated[Notice, Field(discriminator="kind")])


def notice_document(notice: Notice) -> dict[str, Any]:
    """The notice as a JSON object for programs: instants as RFC 3339, durations in seconds, as in the results."""
    document: dict[str, Any] = {"alert_id": notice.alert_id, "kind": notice.kind, "tenant": notice.tenant}
    match notice:
        case Summary():
            return document | {
                "standard": notice.standard,
                "from": format_instant(notice.minute),
                "to": format_instant(notice.minute + MINUTE),
                "part": notice.part,
                "alerts": notice.total,
                "levels": notice.levels,
                "metrics": list(notice.metrics),
                "notify": list(notice.notify),
                "longest": [_waiting_document(one) for one in notice.longest],
            }
        case Digest():
            return document | {
                "when": {
                    name: one.model_dump(mode="json", by_alias=True, exclude_none=True)
                    for name, one in notice.when.items()
                },
                "every_seconds": seconds(notice.every),
                "from": format_instant(notice.at - notice.every),
                "to": format_instant(notice.at),
                "open": notice.open,
                "at_risk": notice.at_risk,
                "breached": notice.breached,
                "longest": None if notice.longest is None else _waiting_document(notice.longest),
                "first_responses": notice.answered,
                "median_seconds": None if notice.median is None else seconds(notice.median),
                "percentile_90_seconds": None if notice.percentile_90 is None else seconds(notice.percentile_90),
            }
        case Evaluation():
            return document | {
                "period": notice.period,
                "from": format_instant(notice.begin),
                "to": format_instant(notice.end),
                "created": notice.created,
                "resolved": notice.resolved,
                "backlog": notice.backlog,
                "first_responses": notice.answered,
                "median_seconds": None if notice.median is None else seconds(notice.median),
                "percentile_90_seconds": None if notice.percentile_90 is None else seconds(notice.percentile_90),
                "compliance": notice.compliance,
                "median_seconds_before": None if notice.median_before is None else seconds(notice.median_before),
                "compliance_before": notice.compliance_before,
                "documents": notice.documents,
            }


def _waiting_document(waiting: Waiting) -> dict[str, Any]:
    return {"source": waiting.source, "ticket": waiting.ticket, "since": format_instant(waiting.since)}


def notice_text(notice: Notice) -> str:
    """The notice as JSON."""
    return notice.model_dump_json(by_alias=True, exclude_none=True)


def read_notice(text: str) -> Notice:
    """The notice that `notice_text` wrote."""
    return _NOTICE.validate_json(text)


def _named(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()[:32]


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(values)))


def _commonest(values: Iterable[str]) -> str:
    counted = Counter(values)
    return min(counted, key=lambda value: (-counted[value], value))


def _values(members: Iterable[LedgerEntry], name: str) -> tuple[str, ...]:
    found = (entry.attributes.get(name) for entry in members)
    return _distinct(one for value in found if value for one in ((value,) if isinstance(value, str) else value))
