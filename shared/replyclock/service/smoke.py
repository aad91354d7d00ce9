"""Prove the way of a ticket through a deployment, from a signed webhook to the messages that subscribers get.

A ticket of a reserved tenant (see domain.smoke) is created, breaches a target of ten seconds, and is then answered by a
reply that arrives late but was written in time, so that the breach is corrected. Instants are those of whatever knows
them: the caller's clock for what it sends, AWS's for all that happens there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from replyclock.domain.alerts import LedgerEntry
from replyclock.domain.errors import ReplyclockError
from replyclock.domain.instants import SECOND, format_instant, parse_instant

from .ports import Clock, LedgerRecord, Received, Sleep, Trial

TARGET = 10 * SECOND
ANSWERED_AFTER = 5 * SECOND
"""When the reply was written, counted from the creation: inside the target."""
POLICY = f"""\
policy: replyclock-smoke
version: 1
effective_from: 1990-01-01T00:00:00Z
standards:
  - {{name: smoke, targets: {{first_response: {TARGET // SECOND}s}}, alerts: [{{at: 100%, notify: smoke}}]}}
"""
"""What the ticket is judged by. It lies beside the ticket's log, and is never published."""
FORMS = {"email": "e-mail text", "sms": "SMS text", "json": "JSON document"}
"""The forms of a message, and what people call them."""
ACCEPTED_WITHIN, MEASURED_WITHIN, DETECTED_WITHIN, RECEIVED_WITHIN = 45 * SECOND, 60 * SECOND, 150 * SECOND, 60 * SECOND
"""How long each hop may take: functions may have to start first, and a lost timer is found by the sweep."""
SLOW = 5 * SECOND
"""A detection lag beyond which the alarm `detection-lag` goes off."""
_AGAIN = (401, 404, 503)
"""Answers after which a webhook is sent again: a function that runs may not know the connection yet."""
_LOOK_EVERY = 0.2

Found = TypeVar("Found")


class NotProven(ReplyclockError):
    """A hop that was not made. The message says which, and `advice` where to look."""

    def __init__(self, reason: str, advice: str) -> None:
        self.advice = advice
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Hop:
    """A hop that was made, when, and what there is to say about it."""

    step: str
    at: int
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Prove:
    """Goes all the way with a trial. `clock` is near AWS's."""

    trial: Trial
    clock: Clock
    sleep: Sleep

    def __call__(self) -> Iterator[Hop]:
        """Yields each hop once it is made. Raises NotProven, and what the trial raises."""
        sent_at, accepted = self._send("webhook", self._creation)
        yield Hop("webhook sent", sent_at, "a new ticket, signed")
        stored = self._wait(self._stored_at, ACCEPTED_WITHIN, "the event is not in the log", "receive-webhook")
        yield from _in_order([Hop("event in the log", stored), accepted])
        yield from self._breach(sent_at)
        written_at = sent_at + ANSWERED_AFTER
        replied_at, accepted = self._send("reply", lambda _: self._reply(written_at))
        yield Hop("reply sent", replied_at, "late-arriving, in the target")
        yield accepted
        yield from self._correction()

    def _breach(self, created_at: int) -> Iterator[Hop]:
        measured = self._wait(self.trial.measured_at, MEASURED_WITHIN, "no clock was measured", "measure-tickets")
        due_at = created_at + TARGET
        self._check_clock(("running", "breached"), due_at)
        yield Hop("clock measured", measured, f"first response, target {TARGET // SECOND} s")
        self._wait(lambda: self.clock() > due_at or None, 2 * TARGET, "the target was not reached", "this command")
        yield Hop("target breached", due_at)
        entry = self._entry("breach")
        lag = entry.detected_at - entry.knowable_at
        slow = " (slow)" if lag > SLOW else ""
        yield Hop("breach detected", entry.detected_at, f"detection lag {lag / SECOND:.3f} s{slow}")
        yield from self._published(entry)

    def _correction(self) -> Iterator[Hop]:
        entry = self._entry("correction")
        yield Hop("correction detected", entry.detected_at)
        yield from self._published(entry)
        self._check_clock(("met",), None)

    # -------------------------------------------------------------------------------------------------- what is sent

    def _creation(self, at: int) -> dict[str, Any]:
        return {
            "id": "created",
            "type": "ticket.created",
            "occurred_at": format_instant(at),
            "actor": {"kind": "customer", "id": "smoke-customer"},
            "attributes": {"channel": "chat"},
            "message": {"id": "opening", "visibility": "public"},
        }

    def _reply(self, at: int) -> dict[str, Any]:
        return {
            "id": "reply",
            "type": "message.added",
            "occurred_at": format_instant(at),
            "actor": {"kind": "agent", "id": "smoke-agent"},
            "message": {"id": "answer", "visibility": "public"},
        }

    def _send(self, what: str, event: Callable[[int], dict[str, Any]]) -> tuple[int, Hop]:
        """Sends an event, and again where the connection is not known yet; when it was sent that time, and the hop."""
        until = self.clock() + ACCEPTED_WITHIN
        while True:
            at = self.clock()
            status, body = self.trial.post(json.dumps({"ticket": self.trial.key[2], **event(at)}).encode())
            if status == 202 and _accepted(body):
                return at, Hop(f"{what} accepted", self.clock(), f"{status}, 1 event")
            if status not in _AGAIN or at > until:
                said = f"the {what} was answered {status} {body[:200]}"
                raise NotProven(said, "the log of receive-webhook says why")
            self.sleep(1)

    # ------------------------------------------------------------------------------------------- what comes of it

    def _wait(self, look: Callable[[], Found | None], within: int, otherwise: str, function: str) -> Found:
        until = self.clock() + within
        while (found := look()) is None:
            if self.clock() > until:
                raise NotProven(f"{otherwise} within {within // SECOND} s", f"look at {function}: its log, its errors")
            self.sleep(_LOOK_EVERY)
        return found

    def _stored_at(self) -> int | None:
        return min((one.received_at for one in self.trial.record().events), default=None)

    def _check_clock(self, states: Sequence[str], due_at: int | None) -> None:
        """That the API shows the clock so. Raises NotProven."""
        shown = next((one for one in self.trial.shown()["clocks"] if one["metric"] == "first_response"), None)
        found = None if shown is None else (shown["state"], shown["standard"])
        due = shown and shown["due_at"] and parse_instant(shown["due_at"])
        if found is None or found[0] not in states or found[1] != "smoke" or (due_at is not None and due != due_at):
            raise NotProven(f"the API shows the clock as {found}, due {due}", "see the version of the deployed code")

    def _entry(self, level: str) -> LedgerEntry:
        """The ticket's alert of a level, once it was detected."""
        return self._wait(lambda: self._of(level), DETECTED_WITHIN, f"no {level} was detected", "check-deadlines").entry

    def _of(self, level: str) -> LedgerRecord | None:
        record = self.trial.record()
        if record.faults:
            reasons = ", ".join(f"{kind}: {fault.reason}" for kind, fault in record.faults.items())
            raise NotProven(f"the ticket was set aside because of a fault: {reasons}", "report it, please")
        found = next((one for one in record.ledger if one.entry.level == level), None)
        if found is not None and found.status in ("quiet", "faulty"):
            raise NotProven(f"the {level} was not published: {found.reason or found.status}", "report it, please")
        return found

    def _published(self, entry: LedgerEntry) -> Iterator[Hop]:
        """The alert's messages in each form, and when it was marked as sent, in the order of time."""
        hops = []
        for form, name in FORMS.items():
            seen = self._wait(
                lambda form=form: self._received(form, entry),  # type: ignore[misc]
                RECEIVED_WITHIN,
                f"the {name} of the {entry.level} was not received",
                "publish-alerts, and the topic",
            )
            hops.append(Hop(f"{name} received", seen.sent_at, _measure(form, seen)))
        sent = self._wait(lambda: self._sent_at(entry), RECEIVED_WITHIN, "it was not marked as sent", "publish-alerts")
        hops.append(Hop(f"{entry.level} published", sent, "marked as sent"))
        yield from _in_order(hops)

    def _received(self, form: str, entry: LedgerEntry) -> Received | None:
        # What is of another form came before the subscription's filter policy was in effect.
        found = [one for one in self.trial.receive(form) if one.attributes.get("form") == form]
        return next((one for one in found if _is_of(form, one, entry)), None)

    def _sent_at(self, entry: LedgerEntry) -> int | None:
        record = next(one for one in self.trial.record().ledger if one.entry.sort_key == entry.sort_key)
        return record.settled_at if record.status == "sent" else None


def _in_order(hops: Sequence[Hop]) -> list[Hop]:
    return sorted(hops, key=lambda hop: hop.at)


def _accepted(body: str) -> bool:
    try:
        found: Mapping[str, Any] = json.loads(body)
    except ValueError:
        return False
    return isinstance(found, dict) and found.get("accepted", 0) + found.get("duplicates", 0) == 1


def _is_of(form: str, message: Received, entry: LedgerEntry) -> bool:
    """Whether a message says this alert."""
    if form == "json":
        document = json.loads(message.body)
        return (document["alert_id"], document["level"]) == (entry.alert_id, entry.level)
    return message.attributes.get("level") == entry.level and entry.key[2] in message.body


def _measure(form: str, message: Received) -> str:
    attributes = f"{len(message.attributes)} attributes"
    if form == "json":
        return f"{len(message.body.encode()):,} bytes, {attributes}"
    return f"{len(message.body):,} characters, {attributes}"
