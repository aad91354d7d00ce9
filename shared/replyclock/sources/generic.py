"""Any tool that can send a body of its user's own making: canonical ticket events, alone, in an array, or as
CloudEvents.

**Signed** as Standard Webhooks 1.0 (`webhook-id`, `webhook-timestamp`, `webhook-signature`), or, by a tool that
cannot sign, sent with the secret itself as `X-Replyclock-Token`. Where signature headers are there, they decide.

**CloudEvents** (HTTP binding 1.0; structured, binary, batch) carry the canonical event as their data. What the data
leaves out is taken from the envelope: `id` from source and id together, `type` from the type where it is one of the
canonical ones, `ticket` from the subject, `occurred_at` from the time.

The connection decides tenant and source; what an event says about these is not looked at.
"""

# ruff: noqa: ARG001 - sources have the same signatures, whatever they need of them

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from replyclock.domain.errors import Fault, InvalidInput, Unauthenticated
from replyclock.domain.events import BAD_CHARACTERS, EVENT_TYPES, AnyEvent, parse_event
from replyclock.domain.instants import SECOND, format_instant

from .base import (
    Answer,
    Connection,
    Record,
    Translation,
    Webhook,
    check_signed_at,
    check_token,
    equal_texts,
    identity,
    read_each,
    read_json,
    secret_bytes,
    unreadable_body,
    usable_secrets,
)
from .base.reading import read_instant
from .base.samples import PERSON, bodies, moments
from .base.signing import TOKEN_HEADER

_ID, _TIMESTAMP, _SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
_PREFIX = "whsec_"
_STRUCTURED, _BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
MOST_RECORDS = 2000
"""How many events one body may hold: each is stored by itself, while its sender waits."""
_ORIGIN = re.compile(r"[A-Za-z0-9.:/_-]{1,255}")


setup = """\
Send canonical events to this URL: one JSON object, an array of them, or CloudEvents. Sign them as Standard Webhooks
does, or send the secret itself in the header X-Replyclock-Token."""

# --- Handshake ---


def handshake(
    webhook: Webhook, secrets: Sequence[str], now: int, connection: Connection, *, stage: str = "prod"
) -> Answer | None:
    """Answers CloudEvents' OPTIONS request, with which a sender asks whether it may send here.

    Anyone may: this lets nothing in, as each webhook has to be signed all the same.
    """
    origin = webhook.headers.get("WebHook-Request-Origin", "")
    if webhook.method.upper() != "OPTIONS" or not _ORIGIN.fullmatch(origin):
        return None
    return Answer(200, {"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": "*", "Allow": "POST, OPTIONS"})


# --- Signatures ---


def verify(webhook: Webhook, secrets: Sequence[str], now: int, connection: Connection, *, stage: str = "prod") -> None:
    """A Standard Webhooks signature, at most 5 minutes old or ahead, or the token. Raises Unauthenticated."""
    if _SIGNATURE in webhook.headers:
        _verify_signature(webhook, usable_secrets(secrets), now)
    elif TOKEN_HEADER in webhook.headers:
        check_token(webhook.headers[TOKEN_HEADER], secrets)
    else:
        raise Unauthenticated(f"has neither {_SIGNATURE} nor {TOKEN_HEADER}")


def _verify_signature(webhook: Webhook, secrets: Sequence[str], now: int) -> None:
    message_id = webhook.headers.get(_ID, "")
    timestamp = webhook.headers.get(_TIMESTAMP, "")
    if not message_id or not timestamp:
        raise Unauthenticated(f"has no {_TIMESTAMP if message_id else _ID}")
    if not re.fullmatch(r"\d{1,11}", timestamp, re.ASCII):
        raise Unauthenticated(f"{_TIMESTAMP} is no number of seconds")
    check_signed_at(int(timestamp) * SECOND, now)
    given = webhook.headers[_SIGNATURE].split()
    broken = 0
    for secret in secrets:
        try:
            expected = _signature(webhook.body, secret, message_id, timestamp)
        except ValueError:
            broken += 1
            continue
        if any(equal_texts(one, expected) for one in given):
            return
    hint = f"; {broken} of them not base64 after {_PREFIX}" if broken else ""
    raise Unauthenticated(f"{_SIGNATURE} is by none of the connection's {len(secrets)} secrets{hint}")


def _signature(body: bytes, secret: str, message_id: str, timestamp: str) -> str:
    signed = f"{message_id}.{timestamp}.".encode("utf-8", "backslashreplace") + body
    return "v1," + base64.b64encode(hmac.digest(_key(secret), signed, hashlib.sha256)).decode()


def _key(secret: str) -> bytes:
    """The bytes to sign with: base64 after `whsec_`, as the specification has it; any other secret as it stands."""
    if not secret.startswith(_PREFIX):
        return secret_bytes(secret)
    key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    if not key:
        raise ValueError("is empty")
    return key


def sign(body: bytes, secret: str, now: int, *, url: str = "", message_id: str | None = None) -> dict[str, str]:
    """The headers of a Standard Webhook. Raises ValueError when the secret is not base64 after `whsec_`."""
    message_id = message_id or f"msg_{hashlib.sha256(body).hexdigest()[:24]}"
    timestamp = str(now // SECOND)
    return {
        "Content-Type": "application/json",
        _ID: message_id,
        _TIMESTAMP: timestamp,
        _SIGNATURE: _signature(body, secret, message_id, timestamp),
    }


# --- Translation ---


def translate(webhook: Webhook, connection: Connection) -> Translation:
    """The canonical events of the body. A record that cannot be read is `unreadable` by itself, at its place in the
    array; so is one out of the contract's bounds, since its sender wrote it and can mend it.
    """
    try:
        document = _binary_event(webhook) if _is_binary(webhook) else read_json(webhook.body)
    except InvalidInput as wrong:
        return unreadable_body(webhook, wrong)
    if isinstance(document, list):
        if len(document) > MOST_RECORDS:
            return unreadable_body(webhook, InvalidInput([Fault("", f"holds more than {MOST_RECORDS} records")]))
        return read_each(document, lambda one: [_read(one, webhook, connection)], connection)
    try:
        return Translation(events=(_read(document, webhook, connection),))
    except InvalidInput as wrong:
        return unreadable_body(webhook, wrong)


def _read(document: object, webhook: Webhook, connection: Connection) -> AnyEvent:
    record = Record.of(document)
    canonical = _unwrapped(record) if _is_cloud_event(record, webhook) else dict(record.fields)
    return _event(canonical, webhook, connection)


def _event(document: dict[str, Any], webhook: Webhook, connection: Connection) -> AnyEvent:
    if document.get("occurred_at") is None:
        document["occurred_at"] = format_instant(webhook.received_at)
    for field in ("occurred_at", "created_at"):
        document[field] = _with_offset(document.get(field), connection)
    if isinstance(group := document.get("group"), str):
        document["group"] = connection.group_named(group)
    return parse_event(document | {"tenant": connection.tenant, "source": connection.name})


def _with_offset(time: object, connection: Connection) -> object:
    """The same time; one without offset is taken in the connection's zone, where it has one."""
    zone = connection.zone
    if zone is None or not isinstance(time, str):
        return time
    try:
        return format_instant(read_instant(time, zone))
    except ValueError:
        return time  # the event's own reader says what is wrong with it


# --- CloudEvents ---


def _media_type(webhook: Webhook) -> str:
    return webhook.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def _is_binary(webhook: Webhook) -> bool:
    return "ce-specversion" in webhook.headers and _media_type(webhook) not in (_STRUCTURED, _BATCH)


def _is_cloud_event(record: Record, webhook: Webhook) -> bool:
    """By the content type; without one, by the field that all CloudEvents have and canonical events do not."""
    return _media_type(webhook) in (_STRUCTURED, _BATCH) or (record.has("specversion") and not record.has("ticket"))


def _binary_event(webhook: Webhook) -> dict[str, object]:
    """The same envelope as a structured event has, from the `ce-` headers and the body."""
    envelope: dict[str, object] = {
        name.removeprefix("ce-"): unquote(value) for name, value in webhook.headers.items() if name.startswith("ce-")
    }
    return envelope | {"data": read_json(webhook.body)}


def _unwrapped(envelope: Record) -> dict[str, Any]:
    """The canonical event that a CloudEvent carries, completed from its envelope."""
    for required in ("specversion", "id", "source", "type"):
        envelope.text(required)
    for name in ("id", "source", "subject"):
        # Read into an id, half of a surrogate pair would be replaced, and two facts might become one.
        value = envelope.fields.get(name)
        if isinstance(value, str) and BAD_CHARACTERS.search(value):
            raise envelope.fault(name, "holds a control character or half of a surrogate pair")
    event = dict(_data(envelope).fields)
    for name, from_envelope in _COMPLETIONS.items():
        if event.get(name) is None:
            event[name] = from_envelope(envelope)
    return event


def _data(envelope: Record) -> Record:
    encoded = envelope.optional_text("data_base64")
    if encoded is None:
        return envelope.record("data")
    try:
        return Record.of(read_json(base64.b64decode(encoded, validate=True)), "data_base64")
    except (binascii.Error, ValueError):
        raise envelope.fault("data_base64", "is not base64") from None


def _id(envelope: Record) -> str:
    return identity(envelope.text("source"), envelope.text("id"))


def _type(envelope: Record) -> str:
    if envelope.text("type") in EVENT_TYPES:
        return envelope.text("type")
    raise InvalidInput([Fault("data.type", f"is missing, and type is none of {', '.join(EVENT_TYPES)}")])


def _ticket(envelope: Record) -> str:
    subject = envelope.optional_text("subject")
    if not subject:
        raise InvalidInput([Fault("data.ticket", "is missing, and there is no subject")])
    return subject


def _time(envelope: Record) -> str | None:
    return envelope.optional_text("time")


_COMPLETIONS: Mapping[str, Callable[[Record], str | None]] = {
    "id": _id,
    "type": _type,
    "ticket": _ticket,
    "occurred_at": _time,
}
"""What a CloudEvent's envelope says of the event, where its data does not."""


# --- A sample ---


def sample(mark: str, at: int, connection: Connection) -> tuple[bytes, ...]:
    """See `base.Source`: created, and deleted."""
    opened, ended = moments(at)
    actor = {"kind": "customer", "id": PERSON}
    message = {"id": f"{mark}-message", "visibility": "public"}
    created = {"id": f"{mark}-created", "type": "ticket.created", "occurred_at": opened, "message": message}
    deleted = {"id": f"{mark}-deleted", "type": "ticket.deleted", "occurred_at": ended}
    return bodies(*({**event, "ticket": mark, "actor": actor} for event in (created, deleted)))
