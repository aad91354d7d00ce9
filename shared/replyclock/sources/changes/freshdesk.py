"""Freshdesk: the tickets that changed, and the conversations of each; its agents and groups are asked for once.

A list of tickets ends after 300 pages; what is beyond them is asked for anew from the last change on.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping

from replyclock.domain.instants import format_instant
from replyclock.sources.base.changes import Api, Batch, needed
from replyclock.sources.base.reading import Record

address = "https://COMPANY.freshdesk.com, without a user; the token is an admin's API key"
why = """\
Freshdesk sends at most 1,000 webhooks an hour and puts the others off, gives one up when it keeps failing, and tells
only what its rules listen to."""

_PAGE = 100
_LAST_PAGE = 300


def headers(user: str | None, token: str) -> Mapping[str, str]:  # noqa: ARG001 - all modules have the same functions
    """An API key, which stands in the place of a user."""
    return {"Authorization": f"Basic {base64.b64encode(f'{token}:X'.encode()).decode()}"}


def groups(api: Api) -> Mapping[str, str]:  # noqa: ARG001 - all modules have the same functions
    """See `base.changes.Changes`: the groups are in the first batch."""
    return {}


def changed(api: Api, since: int, until: int) -> Iterator[Batch]:
    """See `base.changes.Changes`."""
    yield Batch(tuple(_all(api, path) for path in ("/api/v2/agents", "/api/v2/groups")), since)
    upto, page = since, 1
    asked: dict[str, str | int] = {
        "updated_since": format_instant(since),
        "order_by": "updated_at",
        "order_type": "asc",
        "include": "stats,requester,description",
        "per_page": _PAGE,
    }
    while True:
        tickets = _records(needed(api.get("/api/v2/tickets", {**asked, "page": page}), "/api/v2/tickets"))
        for ticket in tickets:
            said = _all(api, f"/api/v2/tickets/{ticket.identifier('id')}/conversations")
            upto = max(upto, ticket.instant("updated_at"))
            yield Batch(([ticket.fields], said), upto)
        if len(tickets) < _PAGE:
            yield Batch((), until)
            return
        page += 1
        if page > _LAST_PAGE:
            if format_instant(upto) == asked["updated_since"]:
                return  # more tickets than it lists, all of one second: they are left to the next look
            asked, page = {**asked, "updated_since": format_instant(upto)}, 1


def _all(api: Api, path: str) -> list[object]:
    found: dict[str, object] = {}
    page = 1
    while True:
        some = _records(api.get(path, {"per_page": _PAGE, "page": page}))
        found.update((one.identifier("id"), one.fields) for one in some)
        if len(some) < _PAGE:
            return list(found.values())
        page += 1


def _records(answer: object) -> list[Record]:
    return Record({"entries": answer}).records("entries")
