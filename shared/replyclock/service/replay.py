"""Read again what could not be read: bodies in quarantine, once a translator or a connection was mended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from replyclock.sources.base import Headers, Webhook

from .ports import Clock, Connections, EventLog, KeptBody, Quarantine
from .receive import append_safely, configured, reasons, translate_safely


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of a body: how many events it told, new and known, and why it stays, if it does."""

    body: KeptBody
    new: int
    known: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReplayQuarantine:
    """Translates again, as of when each body was received. No signature is looked at: only what proved authentic was
    kept.

    Its events come late, and are marked as imported ones are: nobody is alerted of what was past by then.
    """

    connections: Connections
    quarantine: Quarantine
    log: EventLog
    clock: Clock

    def __call__(self, name: str, *, dry_run: bool = False) -> Iterator[Replayed]:
        """Each body of the connection of that name, the oldest first, with what is in the log of it by now; on a dry
        run all that it tells counts as new, and nothing is written. What can be read whole is no longer kept.

        Raises UnknownConnection, StoreUnavailable; called again it goes on.
        """
        connection, tool = configured(self.connections, name)
        for body in self.quarantine.kept(name):
            translation = translate_safely(
                tool, Webhook(body.body, Headers(body.headers), body.received_at), connection
            )
            now = self.clock()
            outcomes: list[bool | str] = [
                dry_run or append_safely(self.log, event, now, connection, imported=True)
                for event in translation.events
            ]
            unread = [*reasons(translation), *(outcome for outcome in outcomes if isinstance(outcome, str))]
            new, known = (sum(outcome is one for outcome in outcomes) for one in (True, False))
            if not unread and not dry_run:
                self.quarantine.remove(body)
            yield Replayed(body, new, known, tuple(unread))
