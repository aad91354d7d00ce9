"""The policy document: which promises are made to whom, versioned and effective-dated (section 4 of the contract)."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from heapq import nsmallest
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from .calendars import ALWAYS, WEEKDAYS, BusinessCalendar, Calendar, Hours, Weekday, is_region
from .errors import MOST_FAULTS, Fault, InvalidInput
from .events import AttributeValue, Instant, Status, Text
from .instants import SECOND, is_time_zone
from .yaml_source import Path, path_text, printable, read_source

Metric = Literal["first_response", "next_response", "resolution", "total_response"]
METRICS: tuple[Metric, ...] = ("first_response", "next_response", "resolution", "total_response")

DEFAULT_PAUSES: Mapping[Metric, frozenset[Status]] = {
    "first_response": frozenset(),
    "next_response": frozenset({"solved", "closed"}),
    "resolution": frozenset({"pending", "on_hold"}),
    "total_response": frozenset({"pending", "on_hold"}),
}

STANDARDS_MAX = 1_000
"""Standards of a document. Each is looked at for each clock of each ticket."""
CALENDARS_MAX = 100
ALERTS_MAX = 200
"""Alerts of a standard, and people or groups that one of them goes to."""
VERSION_MAX = 9_999_999_999
INTERVAL_MAX = 10 * 366 * 86_400 * SECOND
"""Of reminders and digests: ten years."""

_DURATION = re.compile(r"(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?", re.ASCII)
_BUSINESS_DAYS = re.compile(r"(\d{1,6})bd", re.ASCII)
_PERCENT = re.compile(r"(\d{1,5})%", re.ASCII)
_HOURS = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)", re.ASCII)


def _wrong(problem: str) -> PydanticCustomError:
    return PydanticCustomError("policy", "{problem}", {"problem": printable(problem)})


def _read_duration(value: object) -> int:
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if not found or not value:
        if isinstance(value, str) and re.fullmatch(r"\d+d", value):
            raise _wrong("a bare d is ambiguous: write 24h for a day of 24 hours or 1bd for a business day")
        raise _wrong("must be a duration such as 90s, 15m, 1h30m or 2bd")
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return (hours * 3600 + minutes * 60 + seconds) * SECOND


@dataclass(frozen=True, slots=True)
class Target:
    """A promised time: `fixed` microseconds, or `business_days` of the calendar."""

    fixed: int
    business_days: int = 0

    def on(self, calendar: Calendar) -> int:
        """The target in microseconds of the calendar's open time."""
        return self.business_days * calendar.business_day if self.business_days else self.fixed


def _read_interval(value: object) -> int:
    interval = _read_duration(value)
    if interval < SECOND:
        raise _wrong("must be at least 1s")
    if interval > INTERVAL_MAX:
        raise _wrong("must be ten years (87840h) at most")
    return interval


def _read_target(value: object) -> Target:
    days = _BUSINESS_DAYS.fullmatch(value) if isinstance(value, str) else None
    target = Target(0, int(days[1])) if days else Target(_read_duration(value))
    if target.fixed < SECOND and not target.business_days:
        raise _wrong("a target is at least 1s")
    return target


def _read_percent(value: object) -> int:
    found = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    if not found or int(found[1]) < 1:
        raise _wrong("must be a whole percentage such as 80%")
    return int(found[1])


def _read_date(value: object) -> date:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        try:
            return date.fromisoformat(value)
        except ValueError as wrong:
            raise _wrong(f"is no date: {wrong}") from None
    raise _wrong("must be a date such as 2026-12-25")


def _read_hours(value: object) -> tuple[int, int]:
    found = _HOURS.fullmatch(value) if isinstance(value, str) else None
    if not found:
        raise _wrong("must be hours such as 09:00-17:00")
    hour, minute, end_hour, end_minute = (int(part) for part in found.groups())
    begin, end = hour * 60 + minute, end_hour * 60 + end_minute
    if minute > 59 or end_minute > 59 or begin >= 1440 or end > 1440:
        raise _wrong("is no time of day: hours go from 00:00 to 24:00")
    if begin == end:
        raise _wrong("ends where it begins")
    return begin, end if end > begin else end + 1440


def _read_day(spans: Sequence[tuple[int, int]]) -> Hours:
    ordered = tuple(sorted(spans))
    if any(after[0] < before[1] for before, after in itertools.pairwise(ordered)):
        raise _wrong("hours of one day overlap")
    return ordered


def _texts(value: object) -> object:
    return [value] if isinstance(value, str) else value


Interval = Annotated[int, BeforeValidator(_read_interval)]
Date = Annotated[date, BeforeValidator(_read_date)]
Span = Annotated[tuple[int, int], BeforeValidator(_read_hours)]
DayHours = Annotated[tuple[Span, ...], AfterValidator(_read_day)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_texts), Field(min_length=1)]
Value = Annotated[str, StringConstraints(min_length=1, max_length=300)]
"""The value of an attribute, as long as one may be."""
Values = Annotated[tuple[Value | None, ...], BeforeValidator(_texts), Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Condition(_Part):
    """What one attribute must be: one of `any_of`, or none of `none_of`. None among them stands for what is missing."""

    any_of: Values | None = Field(default=None, alias="any")
    none_of: Values | None = Field(default=None, alias="not")

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        if isinstance(value, Mapping):
            if len(value) != 1:
                raise _wrong("must be {any: …} or {not: …}")
            # A lone null is a value here, as in a list: what is missing.
            return {name: [None] if one is None else one for name, one in value.items()}
        if value is None or isinstance(value, str | list):
            return {"any": [None] if value is None else value}
        raise _wrong("must be a text, null, a list of these, {any: …} or {not: …}; numbers need quotes")

    def holds(self, value: AttributeValue | None) -> bool:
        """Whether a value meets the condition. None is what is missing, and so is an empty list."""
        values: set[str | None] = {value} if isinstance(value, str) else set(value or (None,))
        if self.none_of is not None:
            return values.isdisjoint(self.none_of)
        return not values.isdisjoint(self.any_of or ())


def _condition_name(name: str) -> str:
    if name == "status":
        raise _wrong(
            "cannot be a condition here: a target holds in every status, and pause_in says when a clock pauses"
        )
    return name


When = dict[Annotated[str, AfterValidator(_condition_name)], Condition]
"""Conditions by the name of an attribute, or by `tenant`, `source`, `group` or `assignee`: see `traits_of`."""


class _Conditional(_Part):
    """A part of a document that is about some tickets only: those that meet all conditions of `when`."""

    when: When = {}

    def matches(self, traits: Mapping[str, AttributeValue]) -> bool:
        """Whether a ticket with these traits (see `traits_of`) is one of them."""
        return all(condition.holds(traits.get(name)) for name, condition in self.when.items())


class AlertRule(_Part):
    """Tell `notify` when this percentage of the target has passed."""

    at: Annotated[int, BeforeValidator(_read_percent)]
    notify: Annotated[tuple[Text, ...], BeforeValidator(_texts), Field(max_length=ALERTS_MAX)] = ()


@dataclass(slots=True)
class _Surroundings:
    """What a part of a document has to know of the rest of it: calendars as they are written, names of standards."""

    calendars: Mapping[object, object]
    standards: set[str] = field(default_factory=set)


class Standard(_Conditional):
    """A promise: for whom (`when`), in which calendar, how fast (`targets`), and who is told (`alerts`)."""

    name: Text
    calendar: Text = "always"
    targets: dict[Metric, Annotated[Target, BeforeValidator(_read_target)]]
    alerts: Annotated[tuple[AlertRule, ...], Field(max_length=ALERTS_MAX)] = (AlertRule(at="80%"), AlertRule(at="100%"))
    remind_every: Interval | None = None

    @field_validator("alerts")
    @classmethod
    def _ascend(cls, alerts: tuple[AlertRule, ...]) -> tuple[AlertRule, ...]:
        if any(after.at <= before.at for before, after in itertools.pairwise(alerts)):
            raise _wrong("percentages must ascend")
        return alerts

    @field_validator("name")
    @classmethod
    def _distinct(cls, name: str, info: ValidationInfo) -> str:
        if info.context is not None:
            if name in info.context.standards:
                raise _wrong("another standard has this name")
            info.context.standards.add(name)
        return name

    @field_validator("calendar")
    @classmethod
    def _known(cls, name: str, info: ValidationInfo) -> str:
        if name != "always" and info.context is not None and name not in info.context.calendars:
            raise _wrong(f"there is no calendar {name}")
        return name

    @field_validator("targets")
    @classmethod
    def _measurable(cls, targets: dict[Metric, Target], info: ValidationInfo) -> dict[Metric, Target]:
        calendar = info.context.calendars.get(info.data.get("calendar")) if info.context is not None else None
        in_days = any(target.business_days for target in targets.values())
        if in_days and isinstance(calendar, Mapping) and not calendar.get("hours"):
            raise _wrong("a calendar without weekly hours has no business day: write hours instead of bd")
        return targets


class Dated(_Part):
    """Hours of one date."""

    date: Date
    hours: Annotated[DayHours, Field(min_length=1)]


class Region(_Part):
    """The public holidays of a region, with its moved working days."""

    region: Text

    @field_validator("region")
    @classmethod
    def _known(cls, region: str) -> str:
        if not is_region(region):
            raise _wrong(f"there is no region {region}: an ISO country code such as CN, or a part of one as in US-NY")
        return region


def _holiday_kind(value: object) -> str:
    return "region" if isinstance(value, Mapping | Region) else "date"


Holiday = Annotated[Annotated[Date, Tag("date")] | Annotated[Region, Tag("region")], Discriminator(_holiday_kind)]


class CalendarDocument(_Part):
    """When a team works, in its own time zone."""

    timezone: Text
    hours: dict[Weekday, DayHours] = {}
    holidays: tuple[Holiday, ...] = ()
    breaks: tuple[Dated, ...] = ()
    shifts: tuple[Dated, ...] = ()

    @field_validator("timezone")
    @classmethod
    def _known(cls, zone: str) -> str:
        if not is_time_zone(zone):
            raise _wrong(f"there is no time zone {zone}: an IANA name such as Europe/Berlin")
        return zone

    @model_validator(mode="after")
    def _opens(self) -> CalendarDocument:
        if not self.calendar("").ever_opens():
            raise _wrong("never opens")
        return self

    def calendar(self, name: str) -> BusinessCalendar:
        """The calendar that the document describes."""
        return BusinessCalendar(
            name,
            self.timezone,
            tuple(self.hours.get(day, ()) for day in WEEKDAYS),
            frozenset(one for one in self.holidays if isinstance(one, date)),
            tuple(sorted({one.region for one in self.holidays if isinstance(one, Region)})),
            _by_date(self.breaks),
            _by_date(self.shifts),
        )


def _by_date(dated: Iterable[Dated]) -> dict[date, Hours]:
    found: dict[date, Hours] = {}
    for one in dated:
        found[one.date] = tuple(sorted((*found.get(one.date, ()), *one.hours)))
    return found


class Monitoring(_Conditional):
    """How often a class of tickets is reported on."""

    every: Interval


def _calendar_name(name: str) -> str:
    if name == "always":
        raise _wrong("the calendar always is built in")
    return name


class PolicyDocument(_Part):
    """One version of a policy, as published. `effective_from` is when it comes into force."""

    policy: Text
    version: Annotated[int, Field(ge=1, le=VERSION_MAX, strict=True)]
    effective_from: Instant
    select: Literal["strictest", "first"] = "strictest"
    when_attributes_change: Literal["follow", "from_change", "pin"] = "follow"
    when_policy_changes: Literal["follow", "pin"] = "follow"
    solve_answers: Annotated[bool, Field(strict=True)] = True
    pause_in: dict[Metric, frozenset[Status]] = {}
    calendars: Annotated[
        dict[Annotated[Text, BeforeValidator(_calendar_name)], CalendarDocument], Field(max_length=CALENDARS_MAX)
    ] = {}
    standards: Annotated[tuple[Standard, ...], Field(max_length=STANDARDS_MAX)]
    monitoring: tuple[Monitoring, ...] = ()

    @cached_property
    def known_calendars(self) -> Mapping[str, Calendar]:
        """The calendars by name, `always` among them."""
        return {"always": ALWAYS, **{name: document.calendar(name) for name, document in self.calendars.items()}}

    def pauses(self, metric: Metric) -> frozenset[Status]:
        """The statuses in which a clock stands still."""
        return self.pause_in.get(metric, DEFAULT_PAUSES[metric])

    @cached_property
    def conditions(self) -> tuple[str, ...]:
        """The names that conditions of standards are about: what else changes on a ticket changes nothing."""
        return tuple(sorted({name for standard in self.standards for name in standard.when}))

    def promises(self, metric: Metric, traits: Mapping[str, AttributeValue]) -> list[Promise]:
        """What is promised to a ticket with these traits (see `traits_of`) for this clock, in the order of the
        document.
        """
        return [
            Promise(self, standard, calendar, standard.targets[metric].on(calendar))
            for standard in self.standards
            if metric in standard.targets and standard.matches(traits)
            for calendar in (self.known_calendars[standard.calendar],)
        ]


@dataclass(frozen=True, slots=True)
class Promise:
    """A standard as it applies to one clock: `target` in microseconds of the calendar's open time."""

    document: PolicyDocument
    standard: Standard
    calendar: Calendar
    target: int

    def same_as(self, other: Promise) -> bool:
        """Whether nothing that matters to a clock differs: name, target, and calendar with its hours."""
        return (self.standard.name, self.target, self.calendar) == (
            other.standard.name,
            other.target,
            other.calendar,
        )


@dataclass(frozen=True)
class Policy:
    """All versions of a policy. Which one is in force depends on the instant that one asks about."""

    documents: tuple[PolicyDocument, ...]
    """Ascending by `effective_from`, then version."""
    published_at: Mapping[int, int] = field(default_factory=dict)
    """When versions were published, where nobody is to be alerted of what had broken under them before that."""
    _starts: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ordered = sorted(self.documents, key=lambda document: (document.effective_from, document.version))
        object.__setattr__(self, "documents", tuple(ordered))
        object.__setattr__(self, "_starts", tuple(document.effective_from for document in ordered))

    def in_force(self, at: int) -> PolicyDocument | None:
        """The document in force at an instant; None before the first."""
        i = bisect_right(self._starts, at)
        return self.documents[i - 1] if i else None

    def changes(self, after: int, until: int) -> tuple[int, ...]:
        """The instants in (after, until] at which another document comes into force."""
        return self._starts[bisect_right(self._starts, after) : bisect_right(self._starts, until)]

    def next_change(self, after: int) -> int | None:
        """The first instant after `after` at which another document comes into force."""
        i = bisect_right(self._starts, after)
        return self._starts[i] if i < len(self._starts) else None


Document: TypeAlias = "str | Mapping[str, Any]"


def read_policy(documents: Sequence[Document], names: Sequence[str] = ()) -> Policy:
    """The policy that documents make together: YAML or JSON texts, or what such a text holds.

    `names` are the files that they came from, for the messages. Raises InvalidInput naming every fault, and
    for two documents of one version or of different policies.
    """
    read: list[PolicyDocument] = []
    faults: list[Fault] = []
    for i, written in enumerate(documents):
        name = names[i] if i < len(names) else f"document {i + 1}"
        try:
            document, lines = _read(written, name)
        except InvalidInput as wrong:
            faults += wrong.faults
            continue
        if any(document.version == other.version for other in read):
            faults.append(
                Fault("version", f"another document is version {document.version}", _line(("version",), lines), name)
            )
        if read and document.policy != read[0].policy:
            faults.append(Fault("policy", f"another document's is {read[0].policy}", _line(("policy",), lines), name))
        read.append(document)
    if faults:
        raise InvalidInput(faults)
    return Policy(tuple(read))


def read_document(document: Document, name: str = "policy") -> PolicyDocument:
    """One version of a policy. Raises InvalidInput naming every fault with its line."""
    return _read(document, name)[0]


def _read(document: Document, name: str) -> tuple[PolicyDocument, Mapping[Path, int]]:
    """The document, and the line of each of its parts."""
    value, lines = read_source(document, name) if isinstance(document, str) else (document, {})
    if not isinstance(value, Mapping):
        raise InvalidInput([Fault("", "must be a mapping with policy, version, effective_from and standards", 1, name)])
    calendars = value.get("calendars")
    context = _Surroundings(calendars if isinstance(calendars, Mapping) else {})
    try:
        return PolicyDocument.model_validate(value, context=context), lines
    except ValidationError as wrong:
        errors = wrong.errors(include_url=False, include_input=False)
        faults = (_fault(error, lines, name) for error in errors)
        raise InvalidInput(nsmallest(MOST_FAULTS, faults, key=lambda fault: fault.line or 0)) from None


def document_value(text: str) -> object:
    """What the text of a policy document holds, as JSON would: mappings, lists, texts, numbers. Raises InvalidInput."""
    return read_source(text, "policy")[0]


def _fault(error: ErrorDetails, lines: Mapping[Path, int], name: str) -> Fault:
    path = error["loc"]
    if path[-1:] == ("[key]",):
        path = path[:-1]
    if path[0:1] == ("calendars",) and path[2:3] == ("holidays",):
        path = (*path[:4], *path[5:])  # pydantic puts the kind of the holiday into the path
    match error["type"]:
        case "missing":
            problem = "is missing"
        case "extra_forbidden":
            problem = "is not a known key"
        case "literal_error":
            problem = f"must be {error.get('ctx', {}).get('expected', '')}"
        case "too_long":
            problem = f"has more than {error.get('ctx', {}).get('max_length', '')} entries"
        case "string_unicode":
            problem = "holds half of a surrogate pair, which is no character"
        case _:
            problem = error["msg"][0].lower() + error["msg"][1:]
    return Fault(path_text(path), problem, _line(path, lines), name)


def _line(path: Path, lines: Mapping[Path, int]) -> int:
    """The line of a part of the document, or of the nearest part around it that was written."""
    return next((lines[path[:n]] for n in range(len(path), -1, -1) if path[:n] in lines), 1)


DEFAULT_POLICY_DOCUMENT = """\
policy: default
version: 1
effective_from: 1970-01-01T00:00:00Z
standards:
  - {name: urgent, when: {service_type: urgent}, targets: {first_response: 30m}}
  - {name: general, when: {service_type: general}, targets: {first_response: 24h}}
  - {name: vip, when: {tier: vip}, targets: {first_response: 15m}}
  - {name: regular, when: {tier: regular}, targets: {first_response: 24h}}
  - {name: phone, when: {channel: phone}, targets: {first_response: 30s}}
  - {name: chat, when: {channel: chat}, targets: {first_response: 10s}}
monitoring:
  - {when: {service_type: urgent}, every: 1h}
  - {when: {service_type: general}, every: 24h}
"""
"""The standard table of the source documents: all first response, the strictest wins."""

DEFAULT_POLICY = read_policy([DEFAULT_POLICY_DOCUMENT], ["the default policy"])
