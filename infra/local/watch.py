"""Plays the day, watches what comes of it, and judges whether that is what has to come."""

from __future__ import annotations

import random
import time
from collections import Counter
from concurrent.futures import Future
from pathlib import Path

from rich.console import Console

from replyclock.domain.alerts import LedgerEntry
from replyclock.domain.events import TicketKey, event_text
from replyclock.domain.instants import SECOND, parse_instant
from replyclock.presentation.words import METRIC_WORDS, duration_words, target_words

from .api import Api, now
from .connections import connect
from .day import CONNECTIONS, LIVE, STORIES, as_it_arrives, webhooks
from .deploy import Deployment
from .inbox import Delivery, Inbox
from .play import Player
from .show import LiveView, PlainView, Row, View, clock_table, letters, row_of

PROMISED_LAG = 2 * SECOND
"""Within which a broken promise has to be noticed."""
WATCHED = 16 * SECOND
"""How long one watches what happens live: all of it falls due in that time."""
PATIENCE = 10 * SECOND
"""How much longer alerts are waited for."""


class Day:
    """The day of `infra.local.day` on a deployed system."""

    def __init__(self, deployment: Deployment, console: Console, started: int) -> None:
        self._api = Api(deployment.api, deployment.token)
        self._player = Player(self._api, CONNECTIONS, connect(deployment, CONNECTIONS))
        self._inbox = Inbox(deployment.cloud.inbox)
        self._console = console
        self._started = started
        self._live: list[TicketKey] = [("default", story.connection, story.ticket) for story in LIVE]
        self._rows: dict[TicketKey, Row] = {}
        self._stale: dict[TicketKey, None] = {}  # in the order in which they came
        self._expected: dict[str, LedgerEntry] = {}
        self._deliveries: dict[tuple[str, str], Delivery] = {}
        self._sent_in = 0

    def play(self) -> None:
        """Send it all and show what comes of it, until everything that is owed has come, or has been waited for."""
        chance = random.Random(7)  # noqa: S311 (the same order each time)
        begun = now()
        backlog = [as_it_arrives(webhooks(story, begun), chance) for story in STORIES]
        view: View = (LiveView if self._console.is_terminal else PlainView)(self._console, self._started)
        with self._player, view:
            view.headline(f"sending {sum(map(len, backlog)) + 1} webhooks of {len(backlog)} tickets, a day's")
            tasks = [self._player.pool.submit(self._player.forge, backlog[0][0]), *self._player.hand_over(backlog)]
            while not all(task.done() for task in tasks):
                self._look(view)
            self._sent_in = now() - begun
            self._play_live(view, tasks)
        for task in tasks:
            task.result()  # raises what went wrong while sending

    def _play_live(self, view: View, tasks: list[Future[None]]) -> None:
        begun = now()
        end = begun + WATCHED
        view.headline("now watch: a customer comes to the chat, and ten seconds are promised")
        waiting = sorted((webhook for story in LIVE for webhook in webhooks(story, begun)), key=lambda one: one.at)
        while now() < end + PATIENCE:
            while waiting and waiting[0].at <= now():
                tasks.append(self._player.pool.submit(self._player.send, waiting.pop(0)))
            self._look(view)
            if not waiting and all(task.done() for task in tasks):
                self._expected = self._player.expected(end)
                if not self._missing():
                    break

    def _look(self, view: View) -> None:
        """Show what is new: deliveries, and the tickets that something happened to, by webhook, by alert or by time."""
        for delivery in self._inbox.new():
            self._deliveries[delivery.alert_id, delivery.protocol] = delivery
            entry = self._expected.get(delivery.alert_id)
            view.alert(delivery, watched=entry is not None and entry.key in self._live)
            self._stale |= {entry.key: None} if entry else {}
        at = now()
        ripe = [row.key for row in self._rows.values() if row.state == "running" and row.due_at and row.due_at < at]
        self._stale |= dict.fromkeys([*self._player.changed(), *ripe])
        # A few at a time, so that what happens meanwhile need not wait.
        for key in list(self._stale)[:3]:
            del self._stale[key]
            document = self._api.ticket(key)
            if document is not None:
                self._rows[key] = row_of(document)
                view.ticket(self._rows[key])
        time.sleep(0.05)

    def _missing(self) -> dict[tuple[str, str], LedgerEntry]:
        """The messages, as alert and protocol, that somebody has to get and did not."""
        owed = {
            (name, protocol): entry
            for name, entry in self._expected.items()
            # As the template's subscriptions filter: warnings stay in the mail.
            for protocol in (("email",) if entry.level == "warning" else ("email", "sms"))
        }
        return {message: entry for message, entry in owed.items() if message not in self._deliveries}

    def report(self, events: Path) -> list[str]:
        """Print how it went, write the day's events to a file, and return what did not go as it has to."""
        player, missing = self._player, self._missing()
        faults = [
            *player.faults,
            *(f"{protocol} did not come: {words(entry)}" for (_, protocol), entry in missing.items()),
        ]
        faults += [
            f"nobody was to be told, and yet there came: {delivery.subject or delivery.text}"
            for (name, _), delivery in self._deliveries.items()
            if name not in self._expected
        ]
        faults += self._unlisted()
        levels = Counter(entry.level for entry in self._expected.values())
        came = self._expected.keys() - {name for name, _ in missing}
        self._console.print()
        self._console.print(clock_table(list(self._rows.values()), now(), most=len(self._rows)))
        self._say(
            f"\n{player.sent} webhooks of {len(player.tickets())} tickets: {player.accepted} events kept,"
            f" {player.duplicates} duplicates, {player.refused} forged and refused."
            f" The backlog went out in {self._sent_in / SECOND:.1f} s, in no order.\n"
            f"{len(self._expected)} alerts were owed, {levels['warning']} warnings and {levels['breach']} breaches:"
            f" {len(came)} came."
        )
        for key in self._live:
            faults += self._tell_of(key)
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
        self._say(
            f"{key[1]} {key[2]}: {promise} broke at {breach['at'][11:23]}, detection lag {lag / SECOND:.3f} s{told}."
        )
        if self._console.is_terminal and key == self._live[0]:
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
        self._console.print(text, markup=False, soft_wrap=True)


def words(entry: LedgerEntry) -> str:
    """An alert in words."""
    _, source, ticket = entry.key
    share = f"{entry.at_percent} % of {entry.standard} {target_words(entry.target)}"
    return f"{entry.level} ({share}), {METRIC_WORDS[entry.metric]} of {source} {ticket}"
