"""Publish what is owed: alerts, unless they have been answered in the meantime or are part of a storm, and notices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from replyclock.domain.alerts import LedgerEntry, quiet_reason
from replyclock.domain.errors import Conflict, PartlyPublished, ReplyclockError
from replyclock.domain.events import TicketKey
from replyclock.domain.explanation import account
from replyclock.domain.instants import MINUTE, SECOND
from replyclock.domain.judging import evaluate_ticket
from replyclock.domain.notices import Summary
from replyclock.domain.policy import Policy
from replyclock.domain.smoke import is_smoke
from replyclock.domain.storms import storm_of
from replyclock.presentation.alerts import Language, render

from .messages import alert_message, notice_message
from .ports import (
    AlertMessage,
    Clock,
    Feed,
    FeedLine,
    Ledger,
    NoticeName,
    Notices,
    Publisher,
    Storms,
    Tickets,
)
from .storm import GATHERED

LEASE = 60 * SECOND
"""How long a claim holds: longer than a publication can take, so that whoever holds an older one is gone."""


@dataclass(frozen=True, slots=True)
class Told:
    """What became of an alert or a notice."""

    status: str
    """sent, summarized (left to the summary of its storm), quiet (no longer to be told) or settled (by an earlier
    attempt).
    """
    levels: Mapping[str, int] = field(default_factory=dict)
    """How many alerts of each level people were told of by it."""
    reason: str | None = None
    """Why it is quiet."""


@dataclass(frozen=True, slots=True)
class PublishAlert:
    """Claims, checks again, publishes, marks. After a crash between two of these the next attempt takes over: people
    may be told twice, never not at all; `alert_id` lets programs tell.
    """

    tickets: Tickets
    ledger: Ledger
    storms: Storms
    publisher: Publisher
    feed: Feed
    policy: Callable[[], Policy]
    clock: Clock
    link: Callable[[TicketKey], str | None]
    language: Callable[[str], Language]
    """In which the people who are told of tickets of a source read."""
    most: int
    """How many alerts of one standard are told one by one in a minute; what is more goes into one summary."""
    smoke: Publisher
    """The topic for alerts of `replyclock smoke`: those who are subscribed to the other are not notified of them."""

    def __call__(self, key: TicketKey, sort_key: str, claimant: str) -> Told:
        """Returns what became of it. Raises Conflict while another claim lasts, StoreUnavailable: try again.

        `claimant` names whose attempt it is. A repeated one of the same takes its own claim over at once: whoever
        delivers does not repeat a delivery while it runs.
        """
        claimed = self.ledger.claim(key, sort_key, claimant, self.clock(), LEASE)
        if claimed is None:
            return Told("settled")
        entry, begun_at = claimed.entry, claimed.begun_at
        assert begun_at is not None
        try:
            message, told = self._decide(key, entry)
        except ReplyclockError:
            self.ledger.release(key, sort_key, tried=False)  # the next attempt need not wait for the lease
            raise
        if message is not None:
            publisher = self.smoke if is_smoke(key) else self.publisher
            try:
                publisher.publish(message, claimed.published)
            except ReplyclockError as error:
                self.ledger.release(key, sort_key, tried=True, published=_published_by(error))
                raise
            if not is_smoke(key):
                self.feed.add(FeedLine(begun_at, message.document))
        self.ledger.settle(key, sort_key, told.status, self.clock(), told.reason)
        return told

    def _decide(self, key: TicketKey, entry: LedgerEntry) -> tuple[AlertMessage | None, Told]:
        """What is to be published, if anything is, and what then has become of the alert."""
        now, policy = self.clock(), self.policy()
        record = self.tickets.read(key)
        policy = record.overlay or policy
        result = evaluate_ticket((stored.event for stored in record.events), policy, now)
        if any(entry.takes_back(known.entry) for known in record.ledger if known.status in ("pending", "claimed")):
            raise Conflict("what it corrects is not settled yet")
        reason = quiet_reason(entry, result, [known.entry for known in record.ledger if known.told])
        if reason is not None:
            return None, Told("quiet", reason=reason)
        storm = storm_of(entry)
        # Summaries of storms go to everybody: those of a trial are never summed up.
        if not is_smoke(key) and not self.storms.place(storm, entry.alert_id, self.most):
            # Before it is settled: a crash between the two lets it join again, which changes nothing.
            self.storms.join(storm, entry, max(storm.minute + MINUTE, now) + GATHERED)
            return None, Told("summarized")
        clock = result.clock(entry.metric, entry.instance) if result else None
        counted = account(clock, result, policy) if clock and result else None
        text = render(entry, now, self.link(key), self.language(key[1]), counted)
        return alert_message(entry, text), Told("sent", {} if is_smoke(key) else {entry.level: 1})


@dataclass(frozen=True, slots=True)
class PublishNotice:
    """Claims, publishes and marks a notice, as PublishAlert does; there is nothing to check again."""

    notices: Notices
    publisher: Publisher
    feed: Feed
    clock: Clock
    language: Callable[[str], Language]

    def __call__(self, name: NoticeName, claimant: str) -> Told:
        """As PublishAlert."""
        claimed = self.notices.claim(name, claimant, self.clock(), LEASE)
        if claimed is None:
            return Told("settled")
        notice = claimed.notice
        message = notice_message(notice, self.clock(), self.language(notice.source))
        try:
            self.publisher.publish(message, claimed.published)
        except ReplyclockError as error:
            self.notices.release(name, _published_by(error))  # the next attempt need not wait for the lease
            raise
        if isinstance(notice, Summary):
            # Of a storm whoever looks on gets what people get: its first alerts one by one, and of the rest one line.
            self.feed.add(FeedLine(claimed.begun_at, {**message.document, "source": notice.source}))
        self.notices.settle(name, self.clock())
        return Told("sent", notice.levels if isinstance(notice, Summary) else {notice.kind: 1})


def _published_by(error: ReplyclockError) -> frozenset[str]:
    """The forms that were published all the same, so that the next attempt sends only the others."""
    return error.forms if isinstance(error, PartlyPublished) else frozenset()
