"""How a language words numbers, durations, dates and lists; what it says is a table of texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from string import Formatter

from replyclock.domain.calendars import Calendar
from replyclock.domain.instants import SECOND, local_time
from replyclock.domain.policy import Target

from .words import shown

_SIZES = (86_400, 3_600, 60, 1)


@dataclass(frozen=True, slots=True)
class Language:
    """A language. Durations are in microseconds; shares are from 0 to 1."""

    tag: str
    """BCP 47."""
    texts: Mapping[str, str]
    """Sentences by key, with the names of what is filled in between braces."""
    words: Mapping[str, Mapping[str, str]]
    """What names of the product and of the policy are called, by kind."""
    units: tuple[str, str, str, str]
    """Days, hours, minutes, seconds, with the space before them."""
    business_days: tuple[str, str]
    """One of them, and several."""
    date_form: str
    months: tuple[str, ...]
    comma: str
    between_sentences: str
    last_and: str
    last_or: str
    numerals: tuple[str, ...]
    """What numbers sections, from 1."""

    def text(self, key: str, **values: object) -> str:
        """The sentence of a key, filled in."""
        parts = [
            (said, "" if name is None else str(values[name])) for said, name, _, _ in Formatter().parse(self.texts[key])
        ]
        return self._together(part for pair in parts for part in pair)

    def count(self, noun: str, n: int) -> str:
        """So many of something, as the texts `noun.one` and `noun.many` say it."""
        return self.text(f"{noun}.{'one' if n == 1 else 'many'}", n=self.number(n))

    def word(self, kind: str, name: str) -> str:
        """What a name is called inside a sentence; itself, safe to show, where the language does not know it."""
        return self.words.get(kind, {}).get(name) or shown(name)

    def name(self, kind: str, name: str) -> str:
        """The same at the beginning of a cell or a line: with a capital letter, unless somebody else chose it."""
        known = self.words.get(kind, {}).get(name)
        return f"{known[0].upper()}{known[1:]}" if known else shown(name)

    def duration(self, duration: int, *, days: bool = True) -> str:
        """A duration as its two largest units; in tenths of a second below ten seconds.

        Business time is told without `days`, which are not always of 24 hours there.
        """
        if duration < 0:
            return f"−{self.duration(-duration, days=days)}"
        if duration < 10 * SECOND and duration % SECOND:
            return f"{duration / SECOND:.1f}{self.units[3]}"
        rest = round(duration / SECOND)
        if days and rest >= 86_400:
            rest = round(rest / 3_600) * 3_600
        elif rest >= 3_600:
            rest = round(rest / 60) * 60
        parts = list[str]()
        for size, unit in list(zip(_SIZES, self.units, strict=True))[not days :]:
            count, rest = divmod(rest, size)
            if count or (size == 1 and not parts):
                parts.append(f"{count}{unit}")
        return " ".join(parts[:2])

    def seconds(self, value: float | None, *, days: bool = True) -> str:
        """A figure in seconds as a duration; the sign for nothing where there is none."""
        return self.texts["nothing"] if value is None else self.duration(round(value * SECOND), days=days)

    def exact(self, duration: int) -> str:
        """A promised time with nothing left out; hours are its largest unit: a day is not always 24 of them."""
        rest, parts = duration // SECOND, list[str]()
        for size, unit in zip(_SIZES[1:], self.units[1:], strict=True):
            count, rest = divmod(rest, size)
            if count:
                parts.append(f"{count}{unit}")
        return " ".join(parts)

    def promised(self, target: Target, calendar: Calendar) -> str:
        """A target as its document gives it."""
        words = self.exact(target.on(calendar))
        if not target.business_days:
            return words
        form = self.business_days[target.business_days > 1]
        return form.format(days=target.business_days, time=words)

    def share(self, share: float | None, digits: int = 1) -> str:
        """A share as a percentage."""
        return self.texts["nothing"] if share is None else f"{share * 100:.{digits}f}%"

    def number(self, value: float | None, digits: int = 0) -> str:
        """A number, thousands set apart."""
        return self.texts["nothing"] if value is None else f"{value:,.{digits}f}"

    def signed(self, words: str) -> str:
        """A difference with its sign, from the words of a number that bears one only where it is negative.

        What is shown as zero has none.
        """
        if not any(char in "123456789" for char in words):
            return words.lstrip("-−")
        return words.replace("-", "−", 1) if words.startswith(("-", "−")) else f"+{words}"

    def day(self, day: date) -> str:
        """A date."""
        return self.date_form.format(year=day.year, month=self.months[day.month - 1], day=day.day)

    def date(self, instant: int, zone: str) -> str:
        """The date of an instant in a time zone."""
        return self.day(local_time(instant, zone).date())

    def moment(self, instant: int, zone: str) -> str:
        """An instant with its offset from UTC, which unlike the abbreviation of a time zone means only one thing."""
        local = local_time(instant, zone)
        return self.text("moment", date=self.day(local.date()), time=f"{local:%H:%M}", zone=_offset(local))

    def all_of(self, parts: Iterable[str]) -> str:
        """A list of which all are meant."""
        return self._listed(parts, self.last_and)

    def any_of(self, parts: Iterable[str]) -> str:
        """A list of which one is meant."""
        return self._listed(parts, self.last_or)

    def sentences(self, sentences: Iterable[str]) -> str:
        """Sentences, one after another."""
        return self.between_sentences.join(sentences)

    def _listed(self, parts: Iterable[str], last: str) -> str:
        *others, final = parts
        return self._together((self.comma.join(others), last, final)) if others else final

    def _together(self, parts: Iterable[str]) -> str:
        """Parts of a sentence, with a space where a Chinese character and a Latin letter or a digit would touch."""
        said = ""
        for part in parts:
            apart = said and part and {_script(said[-1]), _script(part[0])} == {"han", "latin"}
            said += f" {part}" if apart else part
        return said


def _offset(local: datetime) -> str:
    minutes = (local.utcoffset() or timedelta()) // timedelta(minutes=1)
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '−'}{hours}{f':{rest:02}' if rest else ''}"


def _script(char: str) -> str:
    if "\N{CJK UNIFIED IDEOGRAPH-4E00}" <= char <= "\N{CJK UNIFIED IDEOGRAPH-9FFF}":
        return "han"
    return "latin" if (char.isascii() and char.isalnum()) or char in "%+−" else "other"
