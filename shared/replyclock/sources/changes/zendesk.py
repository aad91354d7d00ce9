"""Zendesk: the tickets of the incremental export, and the audits of each.

The export of ticket events would tell what happened, but not what the tickets were like when they were created; their
audits tell both, in one more question for each ticket that changed. The export leaves out the last minute, and may be
asked ten times a minute.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence

from replyclock.domain.instants import SECOND
from replyclock.sources.base.changes import Api, Batch, needed, seconds_of
from replyclock.sources.base.connection import MOST_GROUPS
from replyclock.sources.base.groups import group_names
from replyclock.sources.base.reading import Record

address = "https://COMPANY.zendesk.com, with the e-mail address of an admin as the user"
why = """\
Zendesk gives up a webhook after a few attempts, and pauses one whose address keeps failing; a webhook that was made
later than its first ticket, or that does not listen to all events of tickets, never told of the others."""

_TICKETS = "/api/v2/incremental/tickets/cursor.json"
_GROUPS = "/api/v2/groups.json"
_PAGE = 100
_AT_ONCE = 25
"""Tickets of a batch: so that not much is asked for again when the time is over."""


def headers(user: str | None, token: str) -> Mapping[str, str]:
    """An API token with its user; without one, a token of OAuth."""
    if user is None:
        return {"Authorization": f"Bearer {token}"}
    return {"Authorization": f"Basic {base64.b64encode(f'{user}/token:{token}'.encode()).decode()}"}


def groups(api: Api) -> Mapping[str, str]:
    """See `base.changes.Changes`. Deleted ones are not listed."""
    found: list[Record] = []
    after: str | None = None
    for _ in range(MOST_GROUPS // _PAGE):
        parameters: dict[str, str | int] = {"page[size]": _PAGE, **({} if after is None else {"page[after]": after})}
        page = Record.of(needed(api.get(_GROUPS, parameters), _GROUPS))
        found += page.records("groups")
        meta = page.optional_record("meta")
        after = meta.optional_text("after_cursor") if meta and meta.optional_flag("has_more") else None
        if after is None:
            break
    return group_names(found)


def changed(api: Api, since: int, until: int) -> Iterator[Batch]:
    """See `base.changes.Changes`."""
    people = _People(api)
    parameters: dict[str, str | int] = {"start_time": seconds_of(since), "include": "users"}
    upto = since
    while True:
        page = Record.of(needed(api.get(_TICKETS, parameters), _TICKETS))
        people.met(page.records("users"))
        tickets = page.records("tickets")
        for begin in range(0, len(tickets), _AT_ONCE):
            some = tickets[begin : begin + _AT_ONCE]
            audits = [audit for ticket in some for audit in _audits(api, ticket.identifier("id"))]
            users = people.of([*some, *(Record.of(audit) for audit in audits)])
            upto = max(upto, *(_changed_at(ticket, since) for ticket in some))
            yield Batch(({"users": users}, {"tickets": [one.fields for one in some]}, {"audits": audits}), upto)
        cursor = page.optional_text("after_cursor")
        if page.optional_flag("end_of_stream") is not False or not cursor or cursor == parameters.get("cursor"):
            yield Batch((), until)
            return
        parameters = {"cursor": cursor, "include": "users"}


def _changed_at(ticket: Record, since: int) -> int:
    """By what the export is sorted: also changes that are no update of the ticket move a ticket in it."""
    generated = ticket.optional_integer("generated_timestamp")
    return since if generated is None else generated * SECOND


def _audits(api: Api, ticket: str) -> list[object]:
    found: list[object] = []
    path, parameters = f"/api/v2/tickets/{ticket}/audits.json", {"page[size]": _PAGE}
    after: str | None = None
    while True:
        answer = api.get(path, parameters if after is None else {**parameters, "page[after]": after})
        if answer is None:
            return found  # deleted for good; the ticket itself says so
        page = Record.of(answer)
        found.extend(one.fields for one in page.records("audits"))
        meta = page.optional_record("meta")
        following = meta.optional_text("after_cursor") if meta and meta.optional_flag("has_more") else None
        if following is None or following == after:
            return found
        after = following


class _People:
    """Who is an agent. Each person is asked for once."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._known: dict[str, object] = {}

    def met(self, users: Sequence[Record]) -> None:
        self._known.update((user.identifier("id"), user.fields) for user in users)

    def of(self, records: Sequence[Record]) -> list[object]:
        """All that are known by now, those who wrote something in these records among them."""
        wanted = {
            person
            for record in records
            for one in (record, *record.records("events"))
            if (person := one.optional_identifier("author_id")) is not None and person not in ("-1", "0")
        }
        unknown = sorted(wanted - self._known.keys())
        for begin in range(0, len(unknown), _PAGE):
            some = unknown[begin : begin + _PAGE]
            found = self._api.get("/api/v2/users/show_many.json", {"ids": ",".join(some)})
            self._known.update(dict.fromkeys(some, None))
            self.met([] if found is None else Record.of(found).records("users"))
        return [user for user in self._known.values() if user is not None]
