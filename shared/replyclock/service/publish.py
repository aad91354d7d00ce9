"""Publish an alert that the ledger owes, unless it has been answered in the meantime."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from replyclock.domain.alerts import LedgerEntry, quiet_reason
from replyclock.domain.errors import Conflict, ReplyclockError
from replyclock.domain.events import TicketKey
from replyclock.domain.instants import SECOND
from replyclock.domain.judging import evaluate_ticket
from replyclock.domain.policy import Policy
from replyclock.presentation.alerts import Language, render

from .ports import AlertMessage, Clock, Ledger, Publisher, Tickets

LEASE = 60 * SECOND
"""How long a claim holds: longer than a publication can take, so that whoever holds an older one is gone."""


@dataclass(frozen=True, slots=True)
class PublishAlert:
    """Claims, checks again, publishes, marks. After a crash between two of these the next attempt takes over: people
    may be told twice, never not at all; `alert_id` lets programs tell.
    """

    tickets: Tickets
    ledger: Ledger
    publisher: Publisher
    policy: Callable[[], Policy]
    clock: Clock
    link: Callable[[TicketKey], str | None]
    language: Callable[[TicketKey], Language]
    """In which the people who are alerted of a ticket read."""

    def __call__(self, key: TicketKey, sort_key: str, claimant: str) -> str:
        """Returns sent, quiet (no longer to be told) or settled (by an earlier attempt). Raises Conflict while
        another claim lasts, StoreUnavailable: try again.

        `claimant` names whose attempt it is. A repeated one of the same takes its own claim over at once: whoever
        delivers does not repeat a delivery while it runs.
        """
        claimed = self.ledger.claim(key, sort_key, claimant, self.clock(), LEASE)
        if claimed is None:
            return "settled"
        try:
            return self._tell(key, claimed.entry)
        except ReplyclockError:
            self.ledger.release(key, sort_key)  # the next attempt need not wait for the lease
            raise

    def _tell(self, key: TicketKey, entry: LedgerEntry) -> str:
        now = self.clock()
        record = self.tickets.read(key)
        result = evaluate_ticket((stored.event for stored in record.events), self.policy(), now)
        if any(entry.takes_back(known.entry) for known in record.ledger if known.status in ("pending", "claimed")):
            raise Conflict("what it corrects is not settled yet")
        reason = quiet_reason(entry, result, [known.entry for known in record.ledger if known.status == "sent"])
        if reason is not None:
            self.ledger.settle(key, entry.sort_key, "quiet", now, reason)
            return "quiet"
        self.publisher.publish(alert_message(entry, now, self.link(key), self.language(key)))
        self.ledger.settle(key, entry.sort_key, "sent", self.clock())
        return "sent"


def alert_message(entry: LedgerEntry, now: int, link: str | None, language: Language) -> AlertMessage:
    """The alert as it is published. Its attributes are what subscriptions may filter on."""
    text = render(entry, now, link, language)
    attributes: dict[str, str | tuple[str, ...]] = {
        "alert_id": entry.alert_id,
        "level": entry.level,
        "metric": entry.metric,
        "standard": entry.standard,
        "tenant": entry.key[0],
        "notify": entry.notify,
    }
    for name in ("channel", "tier", "service_type"):
        value = entry.attributes.get(name)
        if value:
            attributes[name] = value
    return AlertMessage(text.subject, text.email, text.sms, entry.document(), attributes)
