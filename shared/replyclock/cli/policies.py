"""What the versions of a policy say, on the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from rich.console import Console, Group
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from replyclock.domain.calendars import BusinessCalendar, Calendar
from replyclock.domain.instants import DAY
from replyclock.domain.policy import METRICS, Policy, PolicyDocument, Standard, Target
from replyclock.domain.review import Remark, review_document, review_policy
from replyclock.presentation.story import when_words
from replyclock.presentation.words import (
    METRIC_WORDS,
    STATUS_WORDS,
    condition_words,
    duration_words,
    exact_duration_words,
    exact_time_words,
    interval_words,
    shown,
    target_words,
)

CLOSURES_SHOWN = 3
CLOSURES_WITHIN = 366 * DAY
"""How far ahead closures are looked for."""

_CHANGE_WORDS = {
    "follow": "the promise follows, measured from the clock's start",
    "from_change": "the promise follows, measured from the change",
    "pin": "the promise of the clock's start stays",
}


def print_policy(out: Console, policy: Policy, at: int) -> None:
    """Prints each version of the policy, ascending, and its warnings; `at` (microseconds) is now."""
    between = list(review_policy(policy))
    count = 0
    for document in policy.documents:
        beside = [warning for about, warning in between if about is document]
        count += _print_version(out, document, force_words(document, policy, at), at, beside)
    _print_count(out, policy.documents, count)


def print_proposed(out: Console, document: PolicyDocument, published: Sequence[PolicyDocument], at: int) -> None:
    """Prints a version that is to join those that are published, its warnings, and what they get by it; `at`
    (microseconds) is now.
    """
    policy = Policy((*published, document))
    old = [(about.version, warning) for about, warning in review_policy(Policy(tuple(published)))]
    between = [(about.version, one) for about, one in review_policy(policy) if (about.version, one) not in old]
    others = [
        Remark(f"version {about}: {one.field}", one.problem) for about, one in between if about != document.version
    ]
    own = [one for about, one in between if about == document.version]
    force = f"once published {force_words(document, policy, at)}"
    _print_count(out, [document], _print_version(out, document, force, at, [*own, *others]))


def _print_version(out: Console, document: PolicyDocument, force: str, at: int, beside: Iterable[Remark]) -> int:
    """Prints a version and its warnings, first those that other versions give rise to. Returns how many there are."""
    out.print(Rule(_title(document), align="left", characters="="))
    out.print(Text(f"  {force}"))
    out.print()
    _print_standards(out, document)
    _print_calendars(out, document, at)
    _print_options(out, document)
    warnings = [*beside, *review_document(document, at)]
    _print_warnings(out, warnings)
    out.print()
    return len(warnings)


def _print_count(out: Console, documents: Sequence[PolicyDocument], warnings: int) -> None:
    versions = len(documents)
    out.print(
        f"{versions} version{'s' if versions > 1 else ''} of {shown(documents[0].policy)}: valid, "
        f"{warnings or 'no'} warning{'' if warnings == 1 else 's'}"
    )


def _title(document: PolicyDocument) -> Text:
    return Text(f"{shown(document.policy)}, version {document.version}", "bold")


def force_words(document: PolicyDocument, policy: Policy, at: int) -> str:
    """When the document is in force among the versions of its policy, as seen at an instant in microseconds."""
    since = exact_time_words(document.effective_from, "UTC")
    following = policy.next_change(document.effective_from)
    until = f" until {exact_time_words(following, 'UTC')}" if following is not None else ""
    if document.effective_from > at:
        return f"comes into force in {duration_words(document.effective_from - at)}: from {since}{until}"
    return f"{'in force now' if policy.in_force(at) is document else 'past'}: from {since}{until}"


def _print_standards(out: Console, document: PolicyDocument) -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    promised = [metric for metric in METRICS if any(metric in standard.targets for standard in document.standards)]
    table.add_column("standard")
    table.add_column("calendar", overflow="fold")
    for metric in promised:
        table.add_column(METRIC_WORDS[metric].replace(" ", "\n"), justify="right", no_wrap=True)
    for standard in document.standards:
        calendar = document.known_calendars[standard.calendar]
        name = Group(
            Text(shown(standard.name), "bold"),
            Padding(Text(when_words(standard)), (0, 0, 0, 2), expand=False),
            Padding(Text(_alerts(standard), "dim"), (0, 0, 0, 2), expand=False),
        )
        targets = [
            _target_cell(standard.targets[metric], calendar) if metric in standard.targets else "-"
            for metric in promised
        ]
        table.add_row(name, shown(calendar.name), *targets)
    out.print(Padding(table, (0, 0, 1, 2), expand=False))


def _target_cell(target: Target, calendar: Calendar) -> str:
    words = target_words(target.on(calendar))
    return f"{target.business_days}bd\n({words})" if target.business_days else words


def _alerts(standard: Standard) -> str:
    told = [
        f"{rule.at}%" + (f" to {shown(' and '.join(rule.notify))}" if rule.notify else "") for rule in standard.alerts
    ]
    remind = f", then every {target_words(standard.remind_every)}" if standard.remind_every else ""
    return f"alerts at {', '.join(told)}{remind}" if told else f"no alerts{remind}"


def _print_calendars(out: Console, document: PolicyDocument, at: int) -> None:
    calendars = [calendar for calendar in document.known_calendars.values() if isinstance(calendar, BusinessCalendar)]
    if not calendars:
        return
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="dim")
    for heading in ("calendar", "time zone", "a week", "closed next, apart from its weekly hours"):
        table.add_column(heading, overflow="fold")
    for calendar in calendars:
        closures = list(islice(_closures(calendar, at), CLOSURES_SHOWN))
        table.add_row(
            shown(calendar.name),
            calendar.timezone,
            exact_duration_words(_weekly(calendar)),
            "\n".join(closures) or "not within a year",
        )
    out.print(Padding(table, (0, 0, 1, 2), expand=False))


def _weekly(calendar: BusinessCalendar) -> int:
    """The open time of a plain week, in microseconds; hours that overlap from two days count once."""
    monday = 4 * DAY  # 1970-01-05
    return BusinessCalendar("a week", "UTC", calendar.week).open_time(monday, monday + 7 * DAY)


def _closures(calendar: Calendar, at: int) -> Iterator[str]:
    for begin, end, reason in calendar.closures(at, at + CLOSURES_WITHIN):
        if reason != "outside_hours":
            since, lasts = exact_time_words(begin, calendar.timezone), exact_duration_words(end - begin)
            yield f"{since}, {lasts}: {interval_words(reason)}"


def _print_options(out: Console, document: PolicyDocument) -> None:
    chosen = "the strictest governs" if document.select == "strictest" else "the one listed first governs"
    solving = "answers" if document.solve_answers else "does not answer"
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    table.add_row("of standards that match", chosen)
    table.add_row("when attributes change", _CHANGE_WORDS[document.when_attributes_change])
    table.add_row("when the policy changes", _CHANGE_WORDS[document.when_policy_changes])
    table.add_row("solving a ticket", f"{solving} a customer who waits")
    for metric in METRICS:
        statuses = [STATUS_WORDS[status] for status in STATUS_WORDS if status in document.pauses(metric)]
        table.add_row(f"{METRIC_WORDS[metric]} pauses", " and ".join(statuses) or "never")
    for monitoring in document.monitoring:
        when = " and ".join(condition_words(name, one) for name, one in monitoring.when.items()) or "every ticket"
        table.add_row("reported", f"every {target_words(monitoring.every)}: {when}")
    out.print(Padding(table, (0, 0, 0, 2), expand=False))


def _print_warnings(out: Console, warnings: Iterable[Remark]) -> None:
    for i, warning in enumerate(warnings):
        if i == 0:
            out.print()
        out.print(Padding(Text.assemble(("warning: ", "bold yellow"), shown(str(warning))), (0, 0, 0, 2), expand=False))
