"""Examine a deployment: run each check by itself, and say which messages the policy in force can send."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from replyclock.domain.alerts import LedgerEntry, Level
from replyclock.domain.diagnosis import (
    DEADLINE_GRACE,
    SILENT_AFTER,
    ConnectionFacts,
    Finding,
    Message,
    PolicyFacts,
    Sent,
    Status,
)
from replyclock.domain.errors import CallFailed, InvalidInput, PolicyUnreadable, StoreUnavailable, place_of
from replyclock.domain.instants import DAY, day_of
from replyclock.domain.policy import Policy, PolicyDocument, Standard
from replyclock.domain.smoke import is_reserved
from replyclock.presentation.alerts import AlertText
from replyclock.sources.base import connection_from_document

from .faults import COUNTED_MAX
from .messages import ASSIGNMENT, FILTERED, alert_message
from .ports import CreatedTickets, DueTickets

Look = Callable[[], list[Finding]]


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its name, and how it looks."""

    name: str
    look: Look
    permission: str | None = None
    """What it needs of the table, whose errors do not say it."""
    local: bool = True
    """Whether the local cloud has what it looks at."""
    unasked: str | None = None
    """Why it is not made, where it has to be asked for."""


@dataclass(frozen=True, slots=True)
class Examined:
    """What a check found."""

    check: str
    findings: tuple[Finding, ...]


def examine(checks: Iterable[Check], *, local: bool) -> Iterator[Examined]:
    """Run the checks one after the other. Whatever stops one, it is said and the others go on."""
    for check in checks:
        yield Examined(check.name, tuple(_run(check, local=local)))


def _run(check: Check, *, local: bool) -> list[Finding]:
    if check.unasked is not None:
        return [Finding(Status.SKIPPED, check.unasked)]
    if local and not check.local:
        return [Finding(Status.UNKNOWN, "the local cloud has nothing of this to look at")]
    try:
        return check.look()
    except CallFailed as reason:
        return [Finding(Status.UNKNOWN, str(reason), _allow(reason.permission))]
    except StoreUnavailable as error:
        permission = check.permission if "AccessDenied" in str(error) else None
        why = f"the permission {permission} is missing" if permission else f"the store did not answer: {error}"
        return [Finding(Status.UNKNOWN, why, _allow(permission))]
    except Exception as error:  # noqa: BLE001 (a check that fails is to stop no other)
        return [Finding(Status.UNKNOWN, f"the check itself failed: {place_of(error)}", "report it, please")]


def _allow(permission: str | None) -> str | None:
    return None if permission is None else f"allow {permission} to who runs this"


def policy_facts(policy: Policy, published: int, unreadable: Sequence[int], now: int) -> PolicyFacts:
    """What there is to know of the published versions."""
    document = policy.in_force(now)
    try:
        name = document.policy if document else None
    except PolicyUnreadable:
        return PolicyFacts(published, None, None, policy.next_change(now), tuple(unreadable))
    version = document.version if document else None
    return PolicyFacts(published, version, name, policy.next_change(now), tuple(unreadable))


def connection_facts(documents: Iterable[Mapping[str, Any]], tickets: CreatedTickets, now: int) -> ConnectionFacts:
    """The connections, with the day of the newest ticket of each, as far back as SILENT_AFTER. Raises StoreUnavailable.

    It reads the days from today back, and only until every connection was seen.
    """
    newest: dict[str, int | None] = {}
    broken: list[str] = []
    for document in documents:
        if is_reserved(str(document.get("name", ""))):
            continue  # of `replyclock smoke`, which removes it itself
        try:
            newest[connection_from_document(document).name] = None
        except InvalidInput:
            broken.append(str(document.get("name", "?")))
    unseen = set(newest)
    today = day_of(now)
    for day in range(today, today - SILENT_AFTER // DAY - 1, -1):
        for _, source, _ in tickets.created(max(day * DAY, now - SILENT_AFTER), min((day + 1) * DAY, now + 1)):
            if source in unseen:
                newest[source] = day
                unseen.discard(source)
            if not unseen:
                break
        if not unseen:
            break
    return ConnectionFacts(newest, tuple(broken))


def overdue(tickets: DueTickets, now: int) -> tuple[list[int], int, bool]:
    """The instants at which what is overdue was due, the oldest first; now; and whether there is more than is counted.
    Raises StoreUnavailable.
    """
    found = sorted(one.due_at for one in islice(tickets.due(now - DEADLINE_GRACE), COUNTED_MAX + 1))
    return found[:COUNTED_MAX], now, len(found) > COUNTED_MAX


def sendable(document: PolicyDocument, forms: Mapping[str, Collection[str]]) -> list[Message]:
    """The kinds of messages that are sent under a policy, each with what its attributes may be, in each of its forms;
    `forms` says which attributes each leaves out.

    The attributes are those of `alert_message`, by trying: what it gives an alert that has everything.
    """
    alerts = [
        message
        for standard in document.standards
        for metric in standard.targets
        for level, notify in _levels(standard)
        for message in _alerts(standard, metric, level, notify)
    ]
    kinds = ["digest", "evaluation"] if document.monitoring else ["evaluation"]
    open_ended = {name: Sent() for name in _OPEN}
    notices = [{**open_ended, "kind": _only(kind), "level": _only(kind)} for kind in kinds]
    return [
        {"form": _only(form), **{name: one for name, one in message.items() if name not in left_out}}
        for message in (*alerts, *notices)
        for form, left_out in forms.items()
    ]


_OPEN = ("tenant", "alert_id", *FILTERED, *ASSIGNMENT)
"""Attributes whose values come from tickets: they may be anything, but for what a standard asks of them."""


def _levels(standard: Standard) -> Iterator[tuple[Level, tuple[str, ...]]]:
    """The levels of a standard's alerts, each with whom it names."""
    named: set[str] = set()
    for rule in standard.alerts:
        named |= set(rule.notify)
        yield "warning" if rule.at < 100 else "breach" if rule.at == 100 else "escalation", rule.notify
        if rule.at >= 100:
            yield "correction", rule.notify
    if standard.remind_every is not None:
        yield "reminder", tuple(sorted(named))


def _alerts(standard: Standard, metric: str, level: Level, notify: tuple[str, ...]) -> Iterator[Message]:
    entry = LedgerEntry(
        key=("tenant", "source", "ticket"),
        metric=metric,
        instance=1,
        standard=standard.name,
        level=level,
        at_percent=100,
        reminder=0,
        notify=notify,
        at=0,
        knowable_at=0,
        detected_at=0,
        started_at=0,
        due_at=0,
        target=1,
        calendar="always",
        timezone="UTC",
        policy_version=1,
        attributes=dict.fromkeys(FILTERED, "any"),
        assignee="any",
        group="any",
    )
    message: dict[str, Sent] = {}
    for name, value in alert_message(entry, AlertText("", "", "")).attributes.items():
        if name in _OPEN:
            condition = standard.when.get(name)
            wanted = [one for one in condition.any_of or () if one is not None] if condition else []
            message[name] = Sent(frozenset(wanted) or None, required=bool(wanted))
        else:
            message[name] = Sent(frozenset([value] if isinstance(value, str) else value), required=True)
    # A summary of a storm is all of its alerts at once, under another kind.
    for kind in ("alert", "summary"):
        yield {**message, "kind": _only(kind)}


def _only(value: str) -> Sent:
    return Sent(frozenset([value]), required=True)
