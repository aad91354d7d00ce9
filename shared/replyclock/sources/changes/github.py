"""GitHub: the issues of a repository that changed, and the timeline of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from replyclock.domain.instants import format_instant
from replyclock.sources.base.changes import Api, Batch, needed
from replyclock.sources.base.reading import Record

address = "https://api.github.com/repos/OWNER/REPO, without a user; the token may read issues"
why = """\
GitHub sends each webhook once and never again by itself: what it could not deliver within ten seconds is missing, until
somebody has it delivered again by hand. Webhooks that were switched off meanwhile are never sent."""

_PAGE = 100


def headers(user: str | None, token: str) -> Mapping[str, str]:  # noqa: ARG001 - all modules have the same functions
    """A token of any kind."""
    return {
        "Authorization": f"Bearer {token}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
    }


def groups(api: Api) -> Mapping[str, str]:  # noqa: ARG001 - all modules have the same functions
    """See `base.changes.Changes`: GitHub has none."""
    return {}


def changed(api: Api, since: int, until: int) -> Iterator[Batch]:
    """See `base.changes.Changes`."""
    upto, page = since, 1
    seen: set[tuple[str, str]] = set()
    while True:
        # As a rule the first page from the last change on: a page number would skip what moves up meanwhile. Further
        # pages are asked for where more issues than one has were changed in one second.
        asked = {"state": "all", "sort": "updated", "direction": "asc", "since": format_instant(upto)}
        found = _records(needed(api.get("/issues", {**asked, "per_page": _PAGE, "page": page}), "/issues"))
        fresh = [one for one in found if (one.identifier("number"), one.text("updated_at")) not in seen]
        for issue in fresh:
            seen.add((issue.identifier("number"), issue.text("updated_at")))
            upto = max(upto, issue.instant("updated_at"))
            if issue.optional_record("pull_request") is None:
                timeline = {"issue_url": issue.text("url"), "timeline": _timeline(api, issue.identifier("number"))}
                yield Batch(([issue.fields], timeline), upto)
        if len(found) < _PAGE:
            yield Batch((), until)
            return
        page = 1 if upto > since and fresh else page + 1
        since = upto


def _timeline(api: Api, number: str) -> list[object]:
    found: dict[object, object] = {}
    page = 1
    while True:
        some = _records(api.get(f"/issues/{number}/timeline", {"per_page": _PAGE, "page": page}))
        # What happens meanwhile moves entries to the next page: one that comes twice is one.
        found.update((one.fields.get("node_id") or one.fields.get("id") or len(found), one.fields) for one in some)
        if len(some) < _PAGE:
            return list(found.values())
        page += 1


def _records(answer: object) -> list[Record]:
    return Record({"entries": answer}).records("entries")
