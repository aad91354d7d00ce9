"""The names of groups: most tools' webhooks carry the id of a group, and people's policies name it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import islice

from replyclock.domain.events import AnyEvent, AssignmentChanged, TicketCreated

from .connection import GROUP_NAME, MOST_GROUPS
from .reading import Record

_ID = re.compile(r"[0-9]+|[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|00G[0-9A-Za-z]{12,15}", re.ASCII)
"""Ids of groups as tools make them: numbers, ServiceNow's, UUIDs, Salesforce's queues. Names do not look so."""


def with_group_names(events: Iterable[AnyEvent], names: Mapping[str, str]) -> list[AnyEvent]:
    """The events with the names of their groups in the place of the ids; all else, their ids too, stays as it is."""
    return [_named(event, names) for event in events]


def _named(event: AnyEvent, names: Mapping[str, str]) -> AnyEvent:
    group = event.group if isinstance(event, TicketCreated | AssignmentChanged) else None
    name = None if group is None else names.get(group)
    return event if name is None else event.model_copy(update={"group": name})


def unnamed_groups(events: Iterable[AnyEvent], names: Mapping[str, str]) -> tuple[str, ...]:
    """What looks like the id of a group in these events and is none of the names, each time that it came up."""
    known = set(names.values())
    groups = (event.group for event in events if isinstance(event, TicketCreated | AssignmentChanged))
    return tuple(group for group in groups if group is not None and group not in known and _ID.fullmatch(group))


def group_names(records: Iterable[Record]) -> dict[str, str]:
    """The names of the groups that a tool lists as objects with `id` and `name`; those that are no names are left out.
    Raises InvalidInput.
    """
    found = ((one.identifier("id"), one.optional_text("name") or "") for one in records)
    return {group: name.strip() for group, name in islice(found, MOST_GROUPS) if GROUP_NAME.fullmatch(name.strip())}
