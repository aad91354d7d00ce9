"""What is published of alerts and notices: the texts, the document, and the attributes that subscriptions filter on.

A message is bounded in size, whatever a ticket or a policy holds: its three forms together stay under the 256 KiB that
SNS takes at once. The bounds of the contract hold for what comes in; the log may have older events that are larger, and
the attributes of a ticket add up.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TypeVar

from replyclock.domain.alerts import LedgerEntry
from replyclock.domain.events import KNOWN_ATTRIBUTES, VALUE_LENGTH_MAX, AttributeValue
from replyclock.domain.notices import Digest, Evaluation, Notice, Summary, notice_document
from replyclock.presentation.alerts import AlertText, Language
from replyclock.presentation.notices import render_notice

from .ports import AlertMessage

FILTERED = ("channel", "tier", "service_type")
"""Attributes of tickets that subscriptions may filter on."""
ASSIGNMENT = ("group", "assignee")
"""Who has the ticket, which they may filter on, too."""
FILTERED_BYTES_MAX = 4 * 1024
"""Of all values of one attribute of a message, as JSON in UTF-8: some 300 names."""
EMAIL_BYTES_MAX = 32 * 1024
LIST_BYTES_MAX = 8 * 1024
"""Of a list in the document, as JSON in UTF-8."""
OBJECT_BYTES_MAX = 64 * 1024
"""Of an object in the document, such as the attributes of the ticket."""

Kept = TypeVar("Kept")


def alert_message(entry: LedgerEntry, text: AlertText) -> AlertMessage:
    """The alert as it is published."""
    attributes: dict[str, AttributeValue | None] = {
        "kind": "alert",
        "alert_id": entry.alert_id,
        "level": entry.level,
        "metric": entry.metric,
        "standard": entry.standard,
        "tenant": entry.key[0],
        "notify": entry.notify,
        "group": entry.group,
        "assignee": entry.assignee,
        **{name: entry.attributes.get(name) for name in FILTERED},
    }
    return _message(text, {"kind": "alert", **entry.document()}, attributes)


def notice_message(notice: Notice, now: int, language: Language) -> AlertMessage:
    """A notice as it is published. Whoever would get any of the alerts that a summary stands for gets the summary: its
    attributes have all of their values.
    """
    attributes: dict[str, AttributeValue | None] = {
        "kind": notice.kind,
        "alert_id": notice.alert_id,
        "tenant": notice.tenant,
    }
    match notice:
        case Summary():
            attributes |= {
                "level": tuple(notice.levels),
                "metric": notice.metrics,
                "standard": notice.standard,
                "notify": notice.notify,
                "channel": notice.channels,
                "tier": notice.tiers,
                "service_type": notice.service_types,
                "group": notice.groups,
                "assignee": notice.assignees,
            }
        case Evaluation():
            attributes["level"] = "evaluation"
        case Digest():
            attributes["level"] = "digest"
            attributes |= {
                name: tuple(value for value in condition.any_of if value is not None)
                for name, condition in notice.when.items()
                if name in (*FILTERED, *ASSIGNMENT) and condition.any_of is not None
            }
    return _message(render_notice(notice, now, language), notice_document(notice), attributes)


def _message(
    text: AlertText, document: Mapping[str, object], attributes: Mapping[str, AttributeValue | None]
) -> AlertMessage:
    bounded = {name: _bounded(value) for name, value in document.items()}
    if bounded != document:
        bounded["shortened"] = True
    return AlertMessage(
        text.subject,
        text.email.encode()[:EMAIL_BYTES_MAX].decode("utf-8", "ignore"),
        text.sms,
        bounded,
        {name: _filtered(value) for name, value in attributes.items() if value},
    )


def _filtered(value: AttributeValue) -> AttributeValue:
    if isinstance(value, str):
        return _shortened(value)
    return tuple(_fitting((_shortened(one) for one in value if one), FILTERED_BYTES_MAX))


def _bounded(value: object) -> object:
    """A JSON value whose texts, lists and objects end where they are too long."""
    match value:
        case str():
            return _shortened(value)
        case list() | tuple():
            return _fitting([_bounded(one) for one in value], LIST_BYTES_MAX)
        case Mapping():
            # Those with a meaning of their own first: they are the last to be missed.
            names = sorted(value, key=lambda name: name not in KNOWN_ATTRIBUTES)
            kept = dict(_fitting([(_shortened(name), _bounded(value[name])) for name in names], OBJECT_BYTES_MAX))
            return {name: kept[name] for name in value if name in kept}
        case _:
            return value


def _shortened(value: str) -> str:
    """The text within the contract's length of a value; it may have come in before that was one."""
    return value[:VALUE_LENGTH_MAX]


def _fitting(values: Iterable[Kept], most: int) -> list[Kept]:
    """The first of the values, for as long as they take no more than `most` bytes together."""
    kept: list[Kept] = []
    for value in values:
        most -= len(json.dumps(value, ensure_ascii=False).encode()) + 2
        if most < 0:
            break
        kept.append(value)
    return kept
