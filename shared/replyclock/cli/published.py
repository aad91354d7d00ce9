"""The versions of the policy that a deployment has: publishing the next one, and showing them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from replyclock.adapters.administration import api_token
from replyclock.adapters.api import ApiFailed, DeployedApi, Reply
from replyclock.adapters.policies import DynamoJudgings, DynamoPolicies
from replyclock.cli.deployments import deployment, now, open_table
from replyclock.cli.evaluate import read_texts
from replyclock.cli.options import same_place
from replyclock.cli.output import while_read
from replyclock.domain.errors import Conflict, Fault, InvalidInput
from replyclock.domain.policy import Policy, PolicyDocument, read_policy
from replyclock.presentation.words import exact_time_words, shown
from replyclock.service.policies import CACHED_SECONDS, policy_versions, readable_versions, text_in_force
from replyclock.service.ports import PublishedPolicy
from replyclock.service.prove import proven_document


def run_publish(options: argparse.Namespace) -> int:
    """Checks a document beside what is published, shows it and publishes it. Returns the exit status. Raises
    InvalidInput, Conflict and ApiFailed where it is refused.
    """
    [text] = read_texts([options.file])
    at = now()
    document = proven_document(text, at, options.file)
    where = deployment(options)
    store = DynamoPolicies(open_table(where))
    published = _read_published(store.published(), text, document, options.file)
    # Imported here: refusing should not wait for the terminal.
    from replyclock.cli.policies import print_proposed  # noqa: PLC0415
    from replyclock.cli.terminal import console  # noqa: PLC0415

    with while_read():
        print_proposed(console(), document, published.documents if published else (), at)
        print(_standing(published, document, at))
    if options.dry_run:
        print("a dry run: nothing is published")
        return 0
    # Through the API: there the code that will read the document decides whether it can. A document that it refuses,
    # stored all the same, would stop every function.
    reply = _put(DeployedApi(where.api, api_token(where)), text, tells_past=options.tells_past)
    _check_reply(reply, options.file)
    print(
        f"Version {document.version} of {shown(document.policy)} is published, known everywhere in {CACHED_SECONDS} s."
    )
    print("Then the open tickets are measured under it. Of what is broken under it already,")
    print(f"{'people are told too' if options.tells_past else 'nobody is told'}. How far that is:")
    print(f"  replyclock policy list{same_place(options)}")
    return 0


def run_show(options: argparse.Namespace) -> int:
    """Prints a document as it was published: the one in force, or the version that is asked for. Returns the exit
    status.
    """
    store = DynamoPolicies(open_table(deployment(options)))
    if options.version is None:
        text = text_in_force(store, now())
        if text is None:
            raise InvalidInput([Fault("--version", "no version is in force yet: name one of `replyclock policy list`")])
    else:
        texts = {one.version: one.text for one in store.published()}
        if options.version not in texts:
            there = ", ".join(str(version) for version in texts) or "none"
            raise InvalidInput([Fault("--version", f"{options.version} is not published; these are: {there}")])
        text = texts[options.version]
    with while_read():
        # As UTF-8 wherever it runs, and to the letter: it may be published elsewhere.
        sys.stdout.buffer.write(text.encode())
    return 0


def run_list(options: argparse.Namespace) -> int:
    """Prints the published versions and how far the open tickets are measured under each. Returns the exit status."""
    table = open_table(deployment(options))
    # Imported here: `policy check` uses neither, and should not wait for the terminal.
    from replyclock.cli.policies import force_words  # noqa: PLC0415

    versions, at = policy_versions(DynamoPolicies(table), DynamoJudgings(table)), now()
    policy = read_policy([one["document"] for one in versions if one["document"] is not None])
    told = {one["version"]: one for one in versions}
    with while_read():
        for document in sorted(policy.documents, key=lambda one: one.version):
            one = told[document.version]
            print(f"{shown(document.policy)}, version {document.version}  {force_words(document, policy, at)}")
            if one["published_at"] is None:
                print("  built in, as none is published")
            else:
                print(f"  published {one['published_at']}; {_progress(one['open_tickets'])}")
        for one in versions:
            if one["document"] is None:
                print(f"version {one['version']}  cannot be read, and keeps its span: publish the next one")
                print(f"  published {one['published_at']}; {one['unreadable']}")
    return 0


def _read_published(
    published: Sequence[PublishedPolicy], text: str, document: PolicyDocument, file: str
) -> Policy | None:
    """What is published, None where nothing is. Raises InvalidInput for a document that cannot join it."""
    # One that cannot be read any more says nothing against the next, which is to take its place.
    published = readable_versions(published)
    if not published:
        return None
    names = [f"version {one.version} as published" for one in published]
    texts = [one.text for one in published]
    policy = read_policy(texts, names)
    following = max(one.version for one in published) + 1
    problems = {
        "version": f"{document.version} is published, and what is published never changes: the next is {following}",
        "policy": f"the policy that is published here is {policy.documents[0].policy}",
    }
    try:
        read_policy([*texts, text], [*names, file])
    except InvalidInput as wrong:
        # Alone each is valid: only these two can be wrong between them.
        raise InvalidInput([replace(fault, problem=problems[fault.field]) for fault in wrong.faults]) from None
    return policy


def _standing(published: Policy | None, document: PolicyDocument, at: int) -> str:
    """What is in force before the document is published."""
    if published is None:
        told = "In force now: the standard table, as no version is published. This one takes its place"
        if document.effective_from > at:
            told += f", and until {exact_time_words(document.effective_from, 'UTC')} nothing is promised"
        return told
    before = published.in_force(at)
    known = ", ".join(str(one.version) for one in sorted(published.documents, key=lambda one: one.version))
    return (
        f"In force now: {'none' if before is None else f'version {before.version}'}; published: {known}. "
        f"This one is version {document.version}"
    )


def _put(api: DeployedApi, text: str, *, tells_past: bool) -> Reply:
    try:
        return api.put_policy(text, tells_past=tells_past)
    except ApiFailed as wrong:
        raise ApiFailed(f"{wrong}; whether it is published now, `replyclock policy list` says") from wrong


def _check_reply(reply: Reply, file: str) -> None:
    """Raises InvalidInput, Conflict and ApiFailed where the API has not published the document."""
    if reply.status == HTTPStatus.CREATED:
        return
    told: dict[str, Any] = reply.document()
    if reply.status == HTTPStatus.UNPROCESSABLE_ENTITY:
        raise InvalidInput([Fault(one["field"], one["problem"], one["line"], file) for one in told["faults"]])
    if reply.status == HTTPStatus.CONFLICT:
        raise Conflict(f"{file}: {told['error']}")
    raise ApiFailed(f"PUT /policy answers {reply.status}: {told.get('error') or told.get('message')}")


def _progress(tickets: dict[str, Any]) -> str:
    return f"{tickets['measured']} of {tickets['found']} open tickets measured{'' if tickets['done'] else ' so far'}"
