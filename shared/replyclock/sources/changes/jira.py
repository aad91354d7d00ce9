"""Jira: the issues that a search says changed, with their changelog and their comments."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping

from replyclock.domain.instants import MINUTE
from replyclock.sources.base import Record, connection_without_options
from replyclock.sources.base.changes import Api, Batch, needed
from replyclock.sources.jira import jira_instant

address = "https://COMPANY.atlassian.net, with the e-mail address of the token's owner as the user"
why = """\
Jira tries a webhook again up to five times within half an hour and then drops it; changes in bulk and by some apps send
none; and a webhook that a query limits tells nothing of issues beyond it."""

_SEARCH, _SEARCH_OF_DATA_CENTER = "/rest/api/2/search/jql", "/rest/api/2/search"
_PAGE = 50
_NO_OPTIONS = connection_without_options("jira")
"""The API writes all times with their offset."""
_ENTRIES = 100


def headers(user: str | None, token: str) -> Mapping[str, str]:
    """Jira Cloud: an API token with its user. Data Center: a personal access token alone."""
    if user is None:
        return {"Authorization": f"Bearer {token}"}
    return {"Authorization": f"Basic {base64.b64encode(f'{user}:{token}'.encode()).decode()}"}


def groups(api: Api) -> Mapping[str, str]:  # noqa: ARG001 - all modules have the same functions
    """See `base.changes.Changes`: Jira has none."""
    return {}


def changed(api: Api, since: int, until: int) -> Iterator[Batch]:
    """See `base.changes.Changes`.

    JQL reads a time as of the user's own zone, and knows minutes only. How long ago something was is the same
    everywhere.
    """
    minutes = -(-(until - since) // MINUTE) + 5
    asked: dict[str, str | int] = {
        "jql": f"updated >= -{minutes}m ORDER BY updated ASC",
        "fields": "*all",
        "expand": "changelog",
        "maxResults": _PAGE,
    }
    answer = api.get(_SEARCH, asked)
    path = _SEARCH if answer is not None else _SEARCH_OF_DATA_CENTER
    seen = 0
    while True:
        page = Record.of(answer if answer is not None else needed(api.get(path, {**asked, "startAt": seen}), path))
        issues = page.records("issues")
        seen += len(issues)
        for issue in issues:
            updated_at = jira_instant(issue.record("fields"), "updated", _NO_OPTIONS)
            yield Batch(({"issues": [_whole(api, issue)]},), max(since, updated_at or since))
        token, total = page.optional_text("nextPageToken"), page.optional_integer("total")
        if not issues:
            break
        if token is not None and token != asked.get("nextPageToken"):
            asked = {**asked, "nextPageToken": token}
            answer = api.get(path, asked)
        elif token is None and total is not None and seen < total:
            answer = None
        else:
            break
    yield Batch((), until)


def _whole(api: Api, issue: Record) -> Mapping[str, object]:
    """The issue with all its history and comments, where the search gives only the first of them."""
    key = issue.identifier("key")
    fields = issue.record("fields")
    changelog, comments = issue.optional_record("changelog"), fields.optional_record("comment")
    whole = dict(issue.fields)
    if changelog is None or _is_part(changelog, "histories"):
        whole["changelog"] = {"histories": _entries(api, f"/rest/api/2/issue/{key}/changelog", "values")}
    if comments is None or _is_part(comments, "comments"):
        listed = {"comments": _entries(api, f"/rest/api/2/issue/{key}/comment", "comments")}
        whole["fields"] = {**fields.fields, "comment": listed}
    return whole


def _is_part(listed: Record, entries: str) -> bool:
    return (listed.optional_integer("total") or 0) > len(listed.records(entries))


def _entries(api: Api, path: str, entries: str) -> list[object]:
    found: list[object] = []
    while True:
        answer = api.get(path, {"startAt": len(found), "maxResults": _ENTRIES})
        if answer is None:
            return found
        page = Record.of(answer)
        some = page.records(entries)
        found.extend(one.fields for one in some)
        if not some or len(found) >= (page.optional_integer("total") or 0):
            return found
