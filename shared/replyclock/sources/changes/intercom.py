"""Intercom: the conversations and tickets that a search says changed, and each with its parts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from replyclock.domain.instants import SECOND
from replyclock.sources.base.changes import Api, Batch, needed, seconds_of
from replyclock.sources.base.groups import group_names
from replyclock.sources.base.reading import Record

address = "https://api.intercom.io (api.eu.intercom.io, api.au.intercom.io), without a user"
why = """\
Intercom tries a webhook again only once, pauses an address that fails often and suspends it after days of failures; a
topic that was not chosen is never sent."""

_VERSION = "2.11"
_PAGE = 100


def headers(user: str | None, token: str) -> Mapping[str, str]:  # noqa: ARG001 - all modules have the same functions
    """An access token."""
    return {"Authorization": f"Bearer {token}", "Intercom-Version": _VERSION}


def groups(api: Api) -> Mapping[str, str]:
    """See `base.changes.Changes`."""
    return group_names(Record.of(needed(api.get("/teams"), "/teams")).records("teams"))


def changed(api: Api, since: int, until: int) -> Iterator[Batch]:
    """See `base.changes.Changes`."""
    # Tickets are told first, and without saying how far: the conversations of the same time are still to come.
    yield from (Batch(batch.pages, since) for batch in _changed(api, "tickets", since))
    yield from _changed(api, "conversations", since)
    yield Batch((), until)


def _changed(api: Api, what: str, since: int) -> Iterator[Batch]:
    after: str | None = None
    while True:
        pagination = {"per_page": _PAGE} if after is None else {"per_page": _PAGE, "starting_after": after}
        # It searches by whole seconds, and has no "from then on": the second before is left out.
        query = {"field": "updated_at", "operator": ">", "value": seconds_of(since) - 1}
        asked = {"query": query, "sort": {"field": "updated_at", "order": "ascending"}, "pagination": pagination}
        page = Record.of(needed(api.post(f"/{what}/search", asked), f"/{what}/search"))
        for one in page.records(what):
            whole = api.get(f"/{what}/{one.identifier('id')}")
            if whole is not None:
                yield Batch((whole,), max(since, (one.optional_integer("updated_at") or 0) * SECOND))
        following = _following(page)
        if following is None or following == after:
            return
        after = following


def _following(page: Record) -> str | None:
    pages = page.optional_record("pages")
    following = pages.optional_record("next") if pages else None
    return following.optional_text("starting_after") if following else None
