"""Trying a connection out: a signed sample through the deployed endpoint, and what came of it."""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from replyclock.adapters.administration import Deployment, api_token, is_measured, secret_text
from replyclock.adapters.api import DeployedApi
from replyclock.domain.errors import Fault, InvalidInput, ReplyclockError
from replyclock.domain.events import TicketKey
from replyclock.domain.instants import SECOND
from replyclock.presentation.words import METRIC_WORDS, STATE_WORDS, duration_words, shown, target_words, ticket_words
from replyclock.service.ticket_pages import PAGE_ROWS_MAX, joined
from replyclock.sources import source
from replyclock.sources.base import SAMPLE_SECONDS, Connection, Headers, Webhook

MARK = "replyclock-test-"
"""What a test ticket's id begins with, or holds."""
TAKEN_WITHIN = 45 * SECOND
"""How long a refused sample is sent again: a function that runs may know a connection as it was 30 seconds ago."""
MEASURED_WITHIN = 30 * SECOND
_AGAIN = (HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE)


class _Refused(ReplyclockError):
    """A sample that was not taken in; the message says what was answered."""


def run_trial(deployment: Deployment, connection: Connection) -> int:
    """Sends the samples of the connection's tool and prints what is told. Returns 0 when the ticket was measured, else
    1. Raises InvalidInput for a connection without a secret.
    """
    if not connection.secrets:
        problem = (
            "there is none to sign with: its events come over an event bus. Change a case, and look for its ticket"
        )
        raise InvalidInput([Fault("secrets", problem)])
    tool = source(connection.provider)
    # Opened in the past by as much as it is open: nothing of it is ever dated ahead.
    opened_at = _now() // SECOND * SECOND - SAMPLE_SECONDS * SECOND
    opening, *ending = tool.sample(MARK + secrets.token_hex(4), opened_at, connection)
    told = tool.translate(Webhook(opening, Headers(), _now()), connection).events
    if not told:
        raise InvalidInput([Fault("account", "the sample is not read with this connection's options")])
    key, api = told[0].key, DeployedApi(deployment.api, api_token(deployment))
    secret = secret_text(deployment, connection.secrets[-1])

    def send(body: bytes) -> int:
        url = connection.url or f"{deployment.api}/webhooks/{connection.name}"
        return _send(api, connection.name, body, lambda: tool.sign(body, secret, _now(), url=url))

    began = _now()
    try:
        accepted = send(opening)
    except _Refused as refused:
        print(f"refused   {refused}", file=sys.stderr)
        return 1
    print(f"sent      a test ticket to {deployment.api}/webhooks/{connection.name}: {accepted} accepted")
    try:
        measured = _wait(lambda: is_measured(deployment, key), MEASURED_WITHIN)
        print(
            f"measured  {duration_words(_now() - began) + ' later' if measured else 'not yet: look at its functions'}"
        )
        _print_ticket(key, _ticket(api, key))
    finally:
        # Whatever was wrong: nobody is to be alerted of a ticket that is no customer's.
        for body in ending:
            send(body)
    if ending:
        print(
            f"ended     it was a test ticket, and is {_ticket(api, key)['state']} now, so that nobody is alerted of it"
        )
    else:
        print(f"note      it was a test ticket, and {connection.provider} does not tell of an end")
    return 0 if measured else 1


def _send(api: DeployedApi, name: str, body: bytes, sign: Callable[[], dict[str, str]]) -> int:
    """Sends a webhook, signed at the time of each attempt. Returns how many events were new; raises _Refused."""
    until, waiting = _now() + TAKEN_WITHIN, False
    while True:
        reply = api.post_webhook(name, body, sign())
        if reply.status == HTTPStatus.ACCEPTED:
            counts = reply.document()
            if counts.get("quarantined"):
                raise _Refused("it was authentic, but could not be read, and is kept in quarantine")
            return int(counts["accepted"])
        if reply.status not in _AGAIN or _now() >= until:
            raise _Refused(f"{reply.status} {reply.body.decode(errors='replace')[:200]}")
        if not waiting:
            print(f"waiting   it answers {reply.status}; what was just changed may take {TAKEN_WITHIN // SECOND} s")
            waiting = True
        time.sleep(1)


def _wait(look: Callable[[], bool], within: int) -> bool:
    until = _now() + within
    while not look():
        if _now() >= until:
            return False
        time.sleep(0.2)
    return True


def _ticket(api: DeployedApi, key: TicketKey) -> dict[str, Any]:
    """The ticket whole, however many pages it has."""
    pages = list(api.ticket_pages(key, PAGE_ROWS_MAX))
    return {**pages[0], **joined(pages)}


def _print_ticket(key: TicketKey, ticket: dict[str, Any]) -> None:
    print(f"ticket    {ticket_words(key)}, {ticket['state']}, created {ticket['created_at']}")
    for event in ticket["events"]:
        actor, message = event.get("actor", {}), event.get("message")
        who = f"  by {actor.get('kind', 'unknown')} {shown(actor.get('id') or '')}".rstrip()
        said = f"  {message.get('visibility', '')} message {shown(message['id'])}" if message else ""
        print(f"event     {event['occurred_at']}  {event['type']}{who}{said}")
    for clock in ticket["clocks"]:
        promise = ""
        if clock["standard"] is not None:
            target = target_words(int(clock["target_seconds"] * SECOND))
            promise = f"  {shown(clock['standard'])} {target}, due {clock['due_at'] or 'never'}"
        print(f"clock     {METRIC_WORDS[clock['metric']]}  {STATE_WORDS[clock['state']]}{promise}")


def _now() -> int:
    return time.time_ns() // 1000
