"""A webhook as it came, what a source makes of it, and the shape that every source has."""

# ruff: noqa: ARG001 - sources have the same signatures, whatever they need of them

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, runtime_checkable

from replyclock.domain.errors import InvalidInput
from replyclock.domain.events import AnyEvent, is_instant_in_bounds

from .connection import Connection

_log = logging.getLogger(__name__)


class Headers(Mapping[str, str]):
    """HTTP headers, looked up in any letter case: gateways and tools differ in how they write them."""

    def __init__(self, headers: Mapping[str, str] | None = None) -> None:
        self._values = {name.lower(): value for name, value in (headers or {}).items()}

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Headers({', '.join(sorted(self._values))})"  # names only: values hold signatures and tokens


@dataclass(frozen=True, slots=True)
class Webhook:
    """One request, as it came. `body` are the raw bytes that were signed; `received_at` is in microseconds since
    1970.
    """

    body: bytes = field(repr=False)
    headers: Headers
    received_at: int
    method: str = "POST"
    url: str | None = None
    """The URL that was called, where a tool signs it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What to answer a handshake with, instead of taking it for a webhook."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A part of an authentic webhook that could not be read.

    `place` is `[3]` for a record of a batch, empty for the whole body. `reason` names fields and what is wrong with
    them, never their values. `raw` is the part itself, for the quarantine only: it may hold personal data.
    """

    place: str
    reason: str
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Translation:
    """What a webhook means: no, one or many events, and what could not be read of it."""

    events: tuple[AnyEvent, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    unknown_statuses: tuple[str, ...] = ()
    """The status names that no table knew, each time that one came up; they were taken for `open`."""


def unreadable_body(webhook: Webhook, wrong: InvalidInput) -> Translation:
    """The translation of a body that cannot be read at all."""
    return Translation(unreadable=(Unreadable("", str(wrong), webhook.body),))


def read_each(
    records: Sequence[object], read: Callable[[object], Iterable[AnyEvent]], connection: Connection
) -> Translation:
    """The events of the records of a batch. One that cannot be read is `unreadable` by itself, at its place in the
    batch, also where reading it fails for a fault of the translator's.
    """
    events: list[AnyEvent] = []
    unreadable: list[Unreadable] = []
    for index, record in enumerate(records):
        try:
            events += read(record)
        except InvalidInput as wrong:
            reason = str(wrong)
        except Exception as fault:  # noqa: BLE001 - see `log_fault`
            reason = log_fault(fault, connection)
        else:
            continue
        unreadable.append(Unreadable(f"[{index}]", reason, json.dumps(record).encode()))
    return Translation(tuple(events), tuple(unreadable))


def log_fault(fault: Exception, connection: Connection) -> str:
    """Logs where translating or storing failed for a fault of ours, and returns it in short.

    Neither has the exception's text, which may quote the body. The sender has proved who it is, and several tools drop
    a webhook for good on a 4xx or 5xx, or switch the subscription off: a fault of ours must not cost an event. What
    could not be read is kept, and read again once the fault is mended.
    """
    place = traceback.extract_tb(fault.__traceback__)[-1]
    where = f"{place.filename.rsplit('/', 1)[-1]}:{place.lineno} in {place.name}"
    _log.error(
        "a webhook could not be translated or stored; its body is in quarantine",
        extra={"connection": connection.name, "exception_type": type(fault).__name__, "place": where},
    )
    return f"{type(fault).__name__} at {where}"


def translated(translate: Translate, webhook: Webhook, connection: Connection) -> Translation:
    """What a webhook means, every event within the contract's bounds: one that states a time out of them occurred when
    it was received.
    """
    found = translate(webhook, connection)
    if all(is_instant_in_bounds(event.occurred_at) for event in found.events):
        return found
    received = {"occurred_at": webhook.received_at}
    events = (one if is_instant_in_bounds(one.occurred_at) else one.model_copy(update=received) for one in found.events)
    return replace(found, events=tuple(events))


class Source(Protocol):
    """What every source module has. The order of use is: handshake, verify, translate."""

    @property
    def setup(self) -> str:
        """What to set in the tool so that it sends its webhooks: lines for the person who connects it."""

    @property
    def handshake(self) -> Handshake:
        """The answer to a request with which the tool only asks whether this address wants its webhooks; None for all
        others.

        A handshake that is signed is verified by it: raises Unauthenticated.
        """

    @property
    def verify(self) -> Verify:
        """Returns when one of the secrets signed the webhook, recently enough as at `now`; raises Unauthenticated if
        not.

        Without a usable secret nothing verifies. Works on the raw bytes, before anything of them is parsed. `stage`
        is where the product runs: secrets that are public, for trying out, verify only in the stage `local`.
        """

    @property
    def translate(self) -> Translate:
        """The events that the webhook means. Never raises for what a body holds: what cannot be read is in
        `unreadable`.
        """

    @property
    def sign(self) -> Sign:
        """The headers that the tool would send with a body, for trials, tests and demonstrations.

        A source may take further options by name; none is required.
        """

    @property
    def sample(self) -> Sample:
        """The bodies with which the tool would tell of a ticket that is no customer's, for trials and tests.

        The first tells that a person who is no agent opened it at `at`, a whole second. Where there are several, the
        last tells that it was closed or deleted `SAMPLE_SECONDS` later; of a tool that cannot tell either, there is
        only one. `mark` is the ticket's id or a part of it. The account is the connection's.
        """


@runtime_checkable
class PartnerSource(Protocol):
    """What a source has besides, whose tool also sends its events over an EventBridge partner bus.

    What AWS hands over from there needs no signature: nobody but the partner can put an event of that origin on the
    bus.
    """

    @property
    def partner_source(self) -> str:
        """What the `source` of such events begins with."""


class Verify(Protocol):
    """The signature of `verify`; see `Source`."""

    def __call__(
        self, webhook: Webhook, secrets: Sequence[str], now: int, connection: Connection, *, stage: str = "prod"
    ) -> None:
        """Return, or raise Unauthenticated."""


class Handshake(Protocol):
    """The signature of `handshake`; see `Source`."""

    def __call__(
        self, webhook: Webhook, secrets: Sequence[str], now: int, connection: Connection, *, stage: str = "prod"
    ) -> Answer | None:
        """Return the answer, or None; or raise Unauthenticated."""


class Sign(Protocol):
    """The signature of `sign`; see `Source`."""

    def __call__(self, body: bytes, secret: str, now: int, *, url: str = "") -> dict[str, str]:
        """Return the headers. `url` is where the body is sent, which some tools sign."""


Translate = Callable[[Webhook, Connection], Translation]
"""The signature of `translate`; see `Source`."""
Sample = Callable[[str, int, Connection], tuple[bytes, ...]]
"""The signature of `sample(mark, at, connection)`; see `Source`."""


def no_handshake(
    webhook: Webhook, secrets: Sequence[str], now: int, connection: Connection, *, stage: str = "prod"
) -> Answer | None:
    """For tools that ask for none."""
    return None
