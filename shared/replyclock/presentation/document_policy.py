"""The sections of the service response time document that say what the policy says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import groupby

from replyclock.domain.calendars import WEEKDAYS, Hours, Weekday
from replyclock.domain.instants import DAY
from replyclock.domain.policy import (
    METRICS,
    AlertRule,
    CalendarDocument,
    Condition,
    Metric,
    PolicyDocument,
    Region,
    Standard,
)

from .blocks import Block, Formula, Items, Note, Paragraph, Section, Table
from .language import Language
from .words import shown

CLASSES = ("service_type", "tier", "channel")
"""The attributes by which the source document sets standards, in its order."""


def explained(language: Language, section: str, keys: Iterable[str]) -> Items:
    """A list of the texts `section.key`, each with its `section.key.text`."""
    return Items(tuple(_item(language, language.text(f"{section}.{key}"), f"{section}.{key}.text") for key in keys))


def _item(language: Language, term: str, key: str) -> tuple[str, str]:
    return language.text("term", term=term), language.text(key)


def definitions(policy: PolicyDocument, language: Language) -> tuple[Block, ...]:
    """What the times are, how they are worked out, and when clocks stand still."""
    solving = "solve_answers" if policy.solve_answers else "solve_does_not_answer"
    rows = []
    for metric in METRICS:
        statuses = [name for name in language.words["status"] if name in policy.pauses(metric)]
        words = language.any_of(language.word("status", name) for name in statuses) if statuses else ""
        rows.append((language.name("metric", metric), words or language.text("definitions.pauses.never")))
    headings = language.text("definitions.pauses.clock"), language.text("definitions.pauses.status")
    return (
        Section(
            language.text("definitions.terms"),
            (
                Paragraph(language.text("definitions.general")),
                Items(
                    tuple(
                        _item(language, language.name("metric", metric), f"definitions.{metric}") for metric in METRICS
                    )
                ),
                Paragraph(language.text(f"definitions.{solving}")),
                Paragraph(language.text("definitions.reopening")),
            ),
        ),
        Section(
            language.text("definitions.formulas"),
            (
                *(Formula(language.text(f"formula.{metric}")) for metric in METRICS),
                Formula(language.text("formula.by_sum")),
                Paragraph(language.text("formula.sum")),
                Formula(language.text("formula.compliance")),
                Paragraph(language.text("formula.kept")),
                Paragraph(language.text("formula.median")),
            ),
        ),
        Section(
            language.text("definitions.counting"),
            (
                Paragraph(language.text("definitions.business")),
                Table(language.text("definitions.pauses"), headings, tuple(rows)),
            ),
        ),
    )


def classification(policy: PolicyDocument, language: Language) -> tuple[Block, ...]:
    """Which classes of requests the policy tells apart."""
    conditions = [
        (name, condition)
        for when in (*(one.when for one in policy.standards), *(one.when for one in policy.monitoring))
        for name, condition in when.items()
    ]
    items = []
    for dimension in CLASSES:
        values = dict.fromkeys(
            value
            for name, condition in conditions
            if name == dimension
            for value in (*(condition.any_of or ()), *(condition.none_of or ()))
            if value is not None
        )
        words = language.all_of(language.word(dimension, value) for value in values) if values else ""
        term = language.text("term", term=language.name("dimension", dimension))
        items.append((term, words or language.text("classification.none")))
    others = dict.fromkeys(name for name, _ in conditions if name not in CLASSES)
    if others:
        term = language.text("term", term=language.text("classification.others"))
        items.append((term, language.all_of(language.word("dimension", name) for name in others)))
    return Paragraph(language.text("classification.text")), Items(tuple(items))


def principles(policy: PolicyDocument, language: Language) -> tuple[Block, ...]:
    """What promises are made by."""
    customer = "principles.customer.text" if policy.select == "strictest" else "principles.customer.first"
    first = _item(language, language.text("principles.customer"), customer)
    rest = explained(language, "principles", ("reasonable", "measurable", "dynamic"))
    return (Items((first, *rest.items)),)


def standards(policy: PolicyDocument, language: Language) -> tuple[Block, ...]:
    """The tables of what is promised, what governs where several apply, and when service is given."""
    by_class: dict[str, list[Standard]] = {name: [] for name in (*CLASSES, "other")}
    for standard in policy.standards:
        named = [name for name in CLASSES if name in standard.when]
        # A standard for one class stands in that class's table; one for none or for a combination, among the others.
        by_class[named[0] if len(named) == 1 else "other"].append(standard)
    sections = []
    for name, listed in by_class.items():
        title = language.text(f"standards.{name}")
        if listed:
            sections.append(Section(title, (_standards_table(listed, name, policy, language),)))
        elif name != "other":
            sections.append(Section(title, (Note(language.text("standards.none")),)))
    choice = (
        f"standards.{policy.select}",
        f"standards.attributes.{policy.when_attributes_change}",
        f"standards.policy.{policy.when_policy_changes}",
    )
    chosen = Section(language.text("standards.choice"), tuple(Paragraph(language.text(key)) for key in choice))
    return (*sections, chosen, Section(language.text("calendars"), tuple(_calendars(policy, language))))


def _standards_table(listed: Iterable[Standard], dimension: str, policy: PolicyDocument, language: Language) -> Table:
    shared = [metric for metric in METRICS if any(metric in standard.targets for standard in listed)]
    rows = []
    for standard in listed:
        about = _about(standard.when, dimension, language)
        targets = [_target(standard, metric, policy, language) for metric in shared]
        calendar = language.text("calendars.always") if standard.calendar == "always" else shown(standard.calendar)
        rows.append(
            ("\n".join(about) or language.text("standards.everything"), shown(standard.name), *targets, calendar)
        )
    headings = (
        language.text("standards.applies_to"),
        language.text("standards.name"),
        *(language.name("metric", metric) for metric in shared),
        language.text("standards.hours"),
    )
    return Table(language.text(f"standards.{dimension}.caption"), headings, tuple(rows))


def _target(standard: Standard, metric: Metric, policy: PolicyDocument, language: Language) -> str:
    if metric not in standard.targets:
        return language.text("nothing")
    return language.promised(standard.targets[metric], policy.known_calendars[standard.calendar])


def _about(when: Mapping[str, Condition], dimension: str, language: Language) -> list[str]:
    """For which tickets a standard is: first of which values of the class that the table is of, if it is of one."""
    own = when.get(dimension)
    if own is None or not own.any_of:
        return _conditions(when, language)
    first, *rest = _words(dimension, own.any_of, language)
    values = language.any_of((f"{first[:1].upper()}{first[1:]}", *rest))
    return [values, *_conditions({name: one for name, one in when.items() if name != dimension}, language)]


def _conditions(when: Mapping[str, Condition], language: Language) -> list[str]:
    return [
        language.text("condition", name=language.name("dimension", name), value=_values(name, one, language))
        for name, one in when.items()
    ]


def _values(name: str, condition: Condition, language: Language) -> str:
    if condition.none_of == (None,):
        return language.text("set")
    words = _words(name, condition.none_of or condition.any_of or (), language)
    return language.text("not", values=language.all_of(words)) if condition.none_of else language.any_of(words)


def _words(name: str, values: Iterable[str | None], language: Language) -> list[str]:
    return [language.text("unset") if one is None else language.word(name, one) for one in values]


def _calendars(policy: PolicyDocument, language: Language) -> Iterator[Block]:
    always = any(standard.calendar == "always" for standard in policy.standards)
    if not policy.calendars:
        yield Paragraph(language.text("calendars.only_always"))
        return
    headings = ("calendars.name", "calendars.zone", "calendars.week", "calendars.exceptions")
    rows = tuple(
        (
            shown(name),
            calendar.timezone,
            "\n".join(_week(calendar.hours, language)) or language.text("nothing"),
            "\n".join(_exceptions(calendar, language)) or language.text("nothing"),
        )
        for name, calendar in policy.calendars.items()
    )
    yield Table(language.text("calendars.caption"), tuple(language.text(key) for key in headings), rows)
    if always:
        yield Paragraph(language.text("calendars.also_always"))


def _week(week: Mapping[Weekday, Hours], language: Language) -> Iterator[str]:
    """The weekly hours, days that follow one another with the same hours together."""
    for hours, days in groupby(WEEKDAYS, key=lambda day: week.get(day, ())):
        if hours:
            names = [language.word("weekday", day) for day in days]
            if len(names) > 2:
                said = language.text("calendars.days", first=names[0], last=names[-1])
            else:
                said = language.all_of(names)
            yield f"{said} {_hours(hours, language)}"


def _hours(hours: Hours, language: Language) -> str:
    return language.comma.join(_span(begin, end, language) for begin, end in hours)


def _span(begin: int, end: int, language: Language) -> str:
    later = end > 1440
    until = end - 1440 if later else end
    said = f"{begin // 60:02}:{begin % 60:02}–{until // 60:02}:{until % 60:02}"
    return language.text("calendars.next_day", hours=said) if later else said


def _exceptions(calendar: CalendarDocument, language: Language) -> Iterator[str]:
    regions = [shown(one.region) for one in calendar.holidays if isinstance(one, Region)]
    dates = sorted(one for one in calendar.holidays if isinstance(one, date))
    if regions:
        yield language.text("calendars.region", regions=language.all_of(regions))
    if dates:
        yield language.text("calendars.holidays", dates=language.all_of(map(language.day, dates)))
    for key, dated in (("break", calendar.breaks), ("shift", calendar.shifts)):
        for one in sorted(dated, key=lambda one: one.date):
            yield language.text(f"calendars.{key}", date=language.day(one.date), hours=_hours(one.hours, language))


def monitoring(policy: PolicyDocument, language: Language, escalation: str) -> tuple[Block, ...]:
    """What is watched, and how often it is reported. `escalation` is the number of the section on alerts."""
    promised = [metric for metric in METRICS if any(metric in one.targets for one in policy.standards)]
    clocks = language.all_of(language.word("metric", metric) for metric in promised or METRICS)
    rows = tuple(
        (
            "\n".join(_conditions(one.when, language)) or language.text("standards.everything"),
            _every(one.every, language),
        )
        for one in policy.monitoring
    )
    title = language.text("monitoring.frequency")
    headings = language.text("monitoring.class"), language.text("monitoring.every")
    frequency = (
        Table(language.text("monitoring.caption"), headings, rows) if rows else Note(language.text("monitoring.none"))
    )
    return (
        Section(
            language.text("monitoring.indicators"),
            (Paragraph(language.text("monitoring.indicators.text", clocks=clocks)),),
        ),
        Section(title, (frequency,)),
        Section(
            language.text("monitoring.real_time"),
            (Paragraph(language.text("monitoring.real_time.text", section=escalation)),),
        ),
    )


def _every(interval: int, language: Language) -> str:
    named = {DAY // 24: "every.hour", DAY: "every.day"}.get(interval)
    return language.text(named) if named else language.text("every", time=language.exact(interval))


def escalation(policy: PolicyDocument, language: Language) -> tuple[Block, ...]:
    """Who is told when a promise is at risk or broken, and what is to be done."""
    nothing = language.text("nothing")
    rows = []
    for standard in policy.standards:
        before = [rule for rule in standard.alerts if rule.at < 100]
        when = [rule for rule in standard.alerts if rule.at == 100]
        after = [rule for rule in standard.alerts if rule.at > 100]
        told = ("\n".join(_alert(rule, language) for rule in rules) or nothing for rules in (before, when, after))
        every = standard.remind_every
        remind = _every(every, language) if every else nothing
        rows.append((shown(standard.name), *told, remind))
    columns = ("warning", "breach", "escalation", "reminder")
    headings = language.text("standards.name"), *(language.text(f"escalation.{name}") for name in columns)
    blocks: list[Block] = [Note(language.text("escalation.none"))]
    if rows:
        table = Table(language.text("escalation.caption"), headings, tuple(rows))
        blocks = [Paragraph(language.text("escalation.text")), table]
    if any(not rule.notify for standard in policy.standards for rule in standard.alerts):
        blocks.append(Paragraph(language.text("escalation.nobody")))
    return (
        Section(language.text("escalation.levels"), tuple(blocks)),
        Section(
            language.text("escalation.steps"),
            (explained(language, "escalation", ("on_warning", "on_breach", "on_escalation")),),
        ),
        Section(language.text("escalation.contingency"), (explained(language, "escalation", ("storm", "late")),)),
    )


def _alert(rule: AlertRule, language: Language) -> str:
    names = language.all_of(map(shown, rule.notify)) if rule.notify else language.text("escalation.everyone")
    return language.text("escalation.at", percent=rule.at, names=names)
