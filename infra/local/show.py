"""What a person sees of the day: clocks and alerts as they come, live on a terminal, line by line elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol

from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from replyclock.domain.events import TicketKey
from replyclock.domain.instants import SECOND, parse_instant
from replyclock.presentation.words import duration_words, target_words

from .api import now
from .inbox import Delivery

_STYLES = {"breached": "bold red", "running": "yellow", "paused": "cyan", "met": "green"}
_ORDER = ("breached", "running", "paused", "met")
_NEAR = 20 * SECOND
"""Whatever breaks in this time, or broke in it, is what one watches: it goes before all others."""
_LETTERS_HEIGHT = 26
"""Lines of an SMS and, under it, a mail on 80 columns."""


@dataclass(frozen=True)
class Row:
    """A ticket and the clock of it that a standard judges."""

    key: TicketKey
    status: str
    traits: str
    standard: str
    promise: str
    state: str
    due_at: int | None
    late: int | None
    """Once answered: by how much after the due instant (negative: before it)."""

    @property
    def name(self) -> str:
        """The ticket as people know it."""
        return f"{self.key[1]} {self.key[2]}"

    @property
    def over(self) -> bool:
        """Whether the clock has stopped."""
        return self.late is not None

    def when(self, at: int) -> str:
        """How it stands to its due instant."""
        if self.late is not None:
            return f"{duration_words(abs(self.late))} {'too late' if self.late > 0 else 'to spare'}"
        if self.due_at is None:
            return ""
        left = (self.due_at - at) // SECOND * SECOND
        return f"due in {duration_words(left)}" if left >= 0 else f"late by {duration_words(-left)}"


def row_of(document: Mapping[str, Any]) -> Row:
    """The row of a ticket as the API tells it."""
    clocks = document["clocks"]
    judged = [clock for clock in clocks if clock["standard"]] or clocks or [{}]
    clock: Mapping[str, Any] = judged[0]
    due_at, stopped_at = (parse_instant(clock[name]) if clock.get(name) else None for name in ("due_at", "stopped_at"))
    attributes = document["attributes"]
    return Row(
        key=(document["tenant"], document["source"], document["ticket"]),
        status=document["state"],
        traits=", ".join(str(attributes[name]) for name in ("tier", "channel", "service_type") if attributes.get(name)),
        standard=clock.get("standard") or "",
        promise=target_words(int(clock["target_seconds"] * SECOND)) if clock.get("target_seconds") else "",
        state=clock.get("state", ""),
        due_at=due_at,
        late=stopped_at - due_at if stopped_at is not None and due_at is not None else None,
    )


class View(Protocol):
    """Shows the day."""

    def __enter__(self) -> View: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def headline(self, text: str) -> None:
        """Say what is going on now."""

    def ticket(self, row: Row) -> None:
        """A ticket is new, or another than before."""

    def alert(self, delivery: Delivery, watched: bool) -> None:
        """An e-mail or SMS has come; `watched`: it tells of something that happens before one's eyes."""


class PlainView:
    """A line for each thing that happens, for logs."""

    def __init__(self, console: Console, started: int) -> None:
        self._console = console
        self._started = started
        self._states: dict[TicketKey, tuple[str, str, bool]] = {}
        self._headline = ""

    def __enter__(self) -> View:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def headline(self, text: str) -> None:
        """See View."""
        if text != self._headline:
            self._headline = text
            self._line(text)

    def ticket(self, row: Row) -> None:
        """See View."""
        state = (row.status, row.state, row.over)
        if self._states.get(row.key) != state:
            self._states[row.key] = state
            parts = (
                row.name,
                row.status,
                row.traits,
                f"{row.standard} {row.promise}".strip(),
                row.state,
                row.when(now()),
            )
            self._line("clock  " + " | ".join(part for part in parts if part))

    def alert(self, delivery: Delivery, watched: bool) -> None:
        """See View."""
        if delivery.protocol == "sms":
            self._line(f"sms    to {delivery.to}: {delivery.text}")
            return
        self._line(f"email  to {delivery.to}: {delivery.subject}")
        if watched:
            for line in delivery.text.rstrip().splitlines():
                self._line(f"       | {line}")

    def _line(self, text: str) -> None:
        # Ids have brackets and numbers that are no markup, and logs are searched by whole lines.
        since = (now() - self._started) / SECOND
        self._console.print(f"[{since:5.1f} s] {text}", markup=False, highlight=False, soft_wrap=True)


class LiveView:
    """A table that keeps itself up to date, and under it the newest e-mail and SMS."""

    def __init__(self, console: Console, started: int) -> None:
        self._console = console
        self._started = started
        self._rows: dict[TicketKey, Row] = {}
        self._newest: dict[str, Delivery] = {}
        self._told = 0
        self._watching = False
        self._headline = ""
        self._live = Live(console=console, get_renderable=self._picture, refresh_per_second=5, vertical_overflow="crop")

    def __enter__(self) -> View:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def headline(self, text: str) -> None:
        """See View."""
        self._headline = text

    def ticket(self, row: Row) -> None:
        """See View."""
        self._rows[row.key] = row

    def alert(self, delivery: Delivery, watched: bool) -> None:
        """See View."""
        self._told += 1
        # What one watches stays in sight until the next of its kind.
        if watched or not self._watching:
            self._newest[delivery.protocol] = delivery
        self._watching |= watched

    def _picture(self) -> RenderableType:
        at = now()
        since = (at - self._started) / SECOND
        newest = [self._newest[protocol] for protocol in ("sms", "email") if protocol in self._newest]
        height = max(5, self._console.size.height - (_LETTERS_HEIGHT if newest else 0) - 4)
        title = Text(f"{since:.0f} s, {self._told} messages to people; {self._headline}", style="bold", no_wrap=True)
        return Group(title, clock_table(list(self._rows.values()), at, height), letters(newest))


def clock_table(rows: list[Row], at: int, most: int) -> Table:
    """The rows, the most urgent first. It fits into 80 columns."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="underline")
    for heading, width in (("ticket", None), ("customer", None), ("promise", 11), ("clock", 8), ("", 16)):
        table.add_column(heading, no_wrap=True, min_width=width)
    ordered = sorted(rows, key=lambda row: _urgency(row, at))
    for row in ordered[:most]:
        state = Text(row.state, "red" if row.over and row.state == "breached" else _STYLES.get(row.state, "dim"))
        table.add_row(
            Text(row.name), Text(row.traits), Text(f"{row.standard} {row.promise}".strip()), state, Text(row.when(at))
        )
    if len(ordered) > most:
        table.add_row(Text(f"and {len(ordered) - most} more", "dim"))
    return table


def _urgency(row: Row, at: int) -> tuple[int, int]:
    rank = _ORDER.index(row.state) if row.state in _ORDER else len(_ORDER)
    away = abs((row.due_at or at) - at)
    if away < _NEAR and not row.over:
        rank = -1
    return (rank + (10 if row.over else 0), away)


def letters(deliveries: Iterable[Delivery]) -> Columns:
    """E-mails and SMS side by side, as people get them."""
    return Columns([_letter(delivery) for delivery in deliveries])


def _letter(delivery: Delivery) -> Panel:
    if delivery.protocol == "sms":
        return Panel(Text(delivery.text, overflow="fold"), title=f"SMS to {delivery.to}", width=38, title_align="left")
    text = Text.assemble((f"{delivery.subject}\n\n", "bold"), delivery.text.rstrip(), overflow="fold")
    return Panel(text, title=f"Mail to {delivery.to}", width=80, title_align="left")
