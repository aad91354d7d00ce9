"""Plays the day, watches what comes of it, and judges whether that is what has to come."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from pathlib import Path

from rich.console import Console

from replyclock.domain.alerts import LedgerEntry, Level
from replyclock.domain.events import TicketKey, event_text
from replyclock.domain.instants import SECOND, parse_instant, to_datetime
from replyclock.presentation.words import duration_words, target_words

from .api import Api, now
from .connections import connect
from .day import CONNECTIONS, STORIES, as_it_arrives, webhooks
from .deploy import STAGE, Deployment, DeploymentError
from .inbox import Delivery, Inbox
from .kinds import (
    CHAT_STORY,
    DIGEST_EVERY,
    KINDS,
    LIVE,
    POLICY,
    POLICY_TEXT,
    QUIET,
    STORM,
    example_of,
    kinds_table,
    levels_words,
    missing,
    quiet_words,
    summary_due,
    summed_up,
    unexpected,
    untold,
)
from .play import Player
from .show import LiveView, PlainView, Row, View, clock_table, letters, row_of

PROMISED_LAG = 2 * SECOND
"""Within which a broken promise has to be noticed."""
WATCHED = 16 * SECOND
"""How long one watches what happens live: all of it falls due in that time."""
SWEPT = 10 * SECOND
"""When a sweep looks for the storm: by then all of its alerts are gathered."""
PATIENCE = 10 * SECOND
"""How much longer alerts are waited for."""


@dataclass(frozen=True)
class Cue:
    """What is done at an instant, or once people were told something of a ticket, whichever is later."""

    at: int
    do: Callable[[], None]
    after: tuple[TicketKey, Level] | None = None


class Day:
    """The day of `infra.local.day` on a deployed system, with one of each kind of alert."""

    def __init__(self, deployment: Deployment, console: Console, started: int) -> None:
        self._api = Api(deployment.api, deployment.token)
        # Before anything is sent: a function that has read another policy goes on with it for half a minute.
        answer = self._api.put("/policy?tells_past=true", POLICY_TEXT.encode())
        if answer.status != HTTPStatus.CREATED:
            raise DeploymentError(f"PUT /policy answers {answer.status}")
        self._player = Player(self._api, POLICY, CONNECTIONS, connect(deployment, CONNECTIONS))
        self._cloud = deployment.cloud
        self._inbox = Inbox(deployment.cloud.inbox)
        self._console = console
        self._started = started
        self._rows: dict[TicketKey, Row] = {}
        self._stale: dict[TicketKey, None] = {}  # in the order in which they came
        self._expected: dict[str, LedgerEntry] = {}
        self._deliveries: dict[tuple[str, str], Delivery] = {}
        self._examples: dict[str, dict[str, Delivery]] = {}
        self._end = 0
        self._sent_in = 0

    def play(self) -> None:
        """Send it all and show what comes of it, until everything that is owed has come, or has been waited for."""
        chance = random.Random(7)  # noqa: S311 (the same order each time)
        begun = now()
        # The storm comes first, since its summary comes last: when its minute is over.
        backlog = [as_it_arrives(webhooks(story, begun), chance) for story in (*STORM, *STORIES)]
        view: View = (LiveView if self._console.is_terminal else PlainView)(self._console, self._started)
        with self._player, view:
            view.headline(f"sending {sum(map(len, backlog)) + 1} webhooks of {len(backlog)} tickets, a day's")
            tasks = [*self._player.hand_over(backlog), self._player.pool.submit(self._player.forge, backlog[-1][0])]
            while not all(task.done() for task in tasks):
                self._look(view)
            self._sent_in = now() - begun
            # What lies there already would hold up what one is to watch.
            told_by = now() + PATIENCE
            while now() < told_by and untold(self._expected, self._deliveries):
                self._look(view)
            self._play_live(view, tasks)
        for task in tasks:
            task.result()  # raises what went wrong while sending

    def _play_live(self, view: View, tasks: list[Future[None]]) -> None:
        begun = now()
        self._end = begun + WATCHED
        view.headline("now watch: ten seconds are promised to a chat")
        cues = [*self._live_cues(begun), Cue(begun + SWEPT, partial(self._invoke, "sweep-deadlines"))]
        # The digest tells of whole intervals: of the one, too, in which the last answer is given.
        told_of = max(cue.at for cue in cues) // DIGEST_EVERY * DIGEST_EVERY + DIGEST_EVERY
        cues.append(Cue(max(told_of, self._end), partial(self._invoke, "compile-reports")))
        awaited = self._end
        while now() < awaited + PATIENCE:
            for cue in [one for one in cues if one.at <= now() and self._is_ready(one)]:
                cues.remove(cue)
                tasks.append(self._player.pool.submit(cue.do))
            self._look(view)
            if now() < self._end:
                continue
            if not all(task.done() for task in tasks):
                awaited = now()
                continue
            self._expected = self._player.expected(now())
            if not cues and not missing(self._expected, self._deliveries):
                break
            due_at = summary_due(self._expected, self._deliveries)
            if due_at and "summary" not in self._examples:
                awaited = max(awaited, due_at)
                view.headline(f"the storm is summed up at {to_datetime(due_at):%H:%M:%S} UTC")

    def _live_cues(self, begun: int) -> list[Cue]:
        return [
            Cue(one.at, partial(self._player.send, one), (story.key, one.after) if one.after else None)
            for story in LIVE
            for one in webhooks(story, begun)
        ]

    def _is_ready(self, cue: Cue) -> bool:
        told = (
            (entry.key, entry.level) for name, entry in self._expected.items() if (name, "email") in self._deliveries
        )
        return cue.after is None or cue.after in told

    def _invoke(self, function: str) -> None:
        """Run a function that a schedule runs, without waiting for the schedule."""
        answer = self._cloud.client("lambda").invoke(FunctionName=f"replyclock-{STAGE}-{function}", Payload=b"{}")
        if "FunctionError" in answer:
            self._player.faults.append(f"{function} failed: {answer['FunctionError']}")

    def _look(self, view: View) -> None:
        """Show what is new: deliveries, and the tickets that something happened to, by webhook, by alert or by time."""
        changed = self._player.changed()
        if changed:
            self._expected = self._player.expected(max(self._end, now()))
        for delivery in self._inbox.new():
            self._deliveries[delivery.alert_id, delivery.protocol] = delivery
            entry = self._expected.get(delivery.alert_id)
            kind = example_of(delivery, entry)
            watched = kind is not None and delivery.protocol not in self._examples.get(kind, {})
            if kind and watched:
                self._examples.setdefault(kind, {})[delivery.protocol] = delivery
            view.alert(delivery, watched)
            self._stale |= {entry.key: None} if entry else {}
        at = now()
        ripe = [row.key for row in self._rows.values() if row.state == "running" and row.due_at and row.due_at < at]
        # The tickets of the storm are all alike.
        self._stale = {key: None for key in (*self._stale, *changed, *ripe) if key not in _STORM_KEYS}
        # A few at a time, so that what happens meanwhile need not wait.
        for key in list(self._stale)[:3]:
            del self._stale[key]
            document = self._api.ticket(key)
            if document is not None:
                self._rows[key] = row_of(document)
                view.ticket(self._rows[key])
        time.sleep(0.05)

    def report(self, events: Path) -> list[str]:
        """Print how it went, write the day's events to a file, and return what did not go as it has to."""
        player, quiet = self._player, {key: quiet_words(key, self._api.ticket(key)) for key in QUIET}
        faults = [
            *player.faults,
            *missing(self._expected, self._deliveries),
            *unexpected(self._expected, self._deliveries),
            *(f"no example came of this kind: {kind}" for kind in KINDS if kind not in self._examples),
            *(f"the ledger of {key[1]} {key[2]} has no quiet breach" for key, told in quiet.items() if told is None),
            *self._unlisted(),
        ]
        self._console.print()
        self._console.print(clock_table(list(self._rows.values()), now(), most=len(self._rows)))
        self._console.print()
        self._console.print(kinds_table(self._examples, [told for told in quiet.values() if told]))
        came = sum((name, "email") in self._deliveries for name in self._expected)
        self._say(
            f"\n{player.sent} webhooks of {len(player.tickets())} tickets: {player.accepted} events kept,"
            f" {player.duplicates} duplicates, {player.refused} forged and refused."
            f" The backlog went out in {self._sent_in / SECOND:.1f} s, in no order.\n"
            f"{len(self._expected)} alerts were owed: {levels_words(self._expected.values())}.\n"
            f"{came} came one by one, and {summed_up(self._deliveries, 'email')} in the summary of a storm."
        )
        for story in LIVE:
            faults += self._tell_of(story.key)
        events.write_text("".join(f"{event_text(event)}\n" for event in player.events()), encoding="utf-8")
        return faults

    def _tell_of(self, key: TicketKey) -> list[str]:
        """Say when a promise of this ticket broke, and how long it took to notice and to tell."""
        document = self._api.ticket(key)
        alerts = document["alerts"] if document else []
        broken = [alert for alert in alerts if alert["level"] == "breach"]
        if not broken:
            self._say(f"{key[1]} {key[2]}: {'in time, so nobody was told' if not alerts else 'no breach'}.")
            return []
        [breach] = broken
        at, detected_at = parse_instant(breach["knowable_at"]), parse_instant(breach["detected_at"])
        lag = detected_at - at
        promise = f"{breach['standard']} {target_words(breach['target_microseconds'])}"
        mail = self._deliveries.get((breach["alert_id"], "email"))
        told = f", e-mail and SMS sent after {(mail.at - at) / SECOND:.2f} s" if mail else ""
        taken_back = ", taken back since" if any(alert["level"] == "correction" for alert in alerts) else ""
        self._say(
            f"{key[1]} {key[2]}: {promise} broke at {breach['at'][11:23]}, detection lag {lag / SECOND:.3f} s{told}"
            f"{taken_back}."
        )
        if self._console.is_terminal and key == CHAT_STORY.key:
            self._console.print(
                letters([one for (name, _), one in self._deliveries.items() if name == breach["alert_id"]])
            )
        return (
            [f"{key[1]} {key[2]}: noticed after {duration_words(lag)}, later than promised"]
            if lag > PROMISED_LAG
            else []
        )

    def _unlisted(self) -> list[str]:
        """The tickets in breach that the listing of the API leaves out."""
        listed: set[TicketKey] = set()
        cursor: str | None = ""
        while cursor is not None:
            page = self._api.get(f"/tickets?state=breached{f'&cursor={cursor}' if cursor else ''}").document
            listed |= {(one["tenant"], one["source"], one["ticket"]) for one in page["tickets"]}
            cursor = page["cursor"]
        return [
            f"GET /tickets?state=breached leaves out {key[1]} {key[2]}"
            for key in sorted(self._player.breached(now()) - listed)
        ]

    def _say(self, text: str) -> None:
        # Logs are searched by whole lines.
        self._console.print(text, markup=False, soft_wrap=not self._console.is_terminal)


_STORM_KEYS = {story.key for story in STORM}
