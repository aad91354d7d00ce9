"""What all sources share: the webhook as it came, the connection it came through, reading, signatures, and telling
facts.
"""

from __future__ import annotations

from .connection import (
    ApiAccess,
    Connection,
    connection_from_document,
    connection_from_yaml,
    connection_without_options,
)
from .facts import Statuses, Telling, channel_of, identity, mapped_attributes, priority_of
from .reading import Record, as_text, read_json
from .samples import SAMPLE_SECONDS
from .signing import check_signed_at, check_token, equal_texts, secret_bytes, usable_secrets
from .webhook import (
    Answer,
    Headers,
    PartnerSource,
    Source,
    Translation,
    Unreadable,
    Webhook,
    log_fault,
    no_handshake,
    read_each,
    translated,
    unreadable_body,
)

__all__ = [
    "SAMPLE_SECONDS",
    "Answer",
    "ApiAccess",
    "Connection",
    "Headers",
    "PartnerSource",
    "Record",
    "Source",
    "Statuses",
    "Telling",
    "Translation",
    "Unreadable",
    "Webhook",
    "as_text",
    "channel_of",
    "check_signed_at",
    "check_token",
    "connection_from_document",
    "connection_from_yaml",
    "connection_without_options",
    "equal_texts",
    "identity",
    "log_fault",
    "mapped_attributes",
    "no_handshake",
    "priority_of",
    "read_each",
    "read_json",
    "secret_bytes",
    "translated",
    "unreadable_body",
    "usable_secrets",
]
