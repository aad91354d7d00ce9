"""The HTTP API for people and programs: tickets, the policy, and the page that shows them; reports are served apart."""

from __future__ import annotations

import base64
import re
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError

from replyclock import __version__
from replyclock.adapters.caching import Cached, cached
from replyclock.adapters.clients import dynamodb_client, secrets_client, sqs_client
from replyclock.adapters.connections import DynamoConnections
from replyclock.adapters.dynamodb import Table
from replyclock.adapters.event_log import DynamoQuarantine
from replyclock.adapters.faults import DynamoFaults
from replyclock.adapters.feed import DynamoFeed
from replyclock.adapters.http_api import USUAL, as_json, as_of, make_app, takes_gzip
from replyclock.adapters.policies import DynamoJudgings, DynamoPolicies
from replyclock.adapters.runtime import Required, Settings, count_fault, make_logger, now
from replyclock.adapters.secrets import SecretsManagerSecrets
from replyclock.adapters.sqs import SqsTimers
from replyclock.adapters.tickets import DynamoTickets
from replyclock.domain.errors import (
    Conflict,
    Fault,
    InvalidInput,
    TicketDropped,
    TicketFaulty,
)
from replyclock.domain.events import BAD_CHARACTERS, ID_LENGTH_MAX, TicketKey
from replyclock.domain.instants import format_instant
from replyclock.service.faults import ReadFaults
from replyclock.service.feed import ReadFeed
from replyclock.service.live import ReadLive
from replyclock.service.parameters import read_choice, read_limit
from replyclock.service.policies import (
    CACHED_SECONDS,
    PublishPolicy,
    policy_draft,
    policy_in_force,
    policy_versions,
    read_stored_policy,
    text_in_force,
    unreadable_versions,
    version_text,
)
from replyclock.service.read import LISTED_STATES, MOST_LISTED, ReadTickets
from replyclock.service.ticket_pages import PAGE_ROWS, PAGE_ROWS_MAX

if TYPE_CHECKING:
    from replyclock.presentation.assets import Asset
    from replyclock.service.simulate import SimulatePolicy


class Environment(Settings):
    """Settings. `api_token_secret` names the secret whose text is the token."""

    table_name: Required
    timer_queue_url: Required
    api_token_secret: Required


settings = Environment.read()
logger = make_logger()
table = Table(dynamodb_client(), settings.table_name)
tickets, policies, judgings = DynamoTickets(table), DynamoPolicies(table), DynamoJudgings(table)
current_policy = cached(lambda: read_stored_policy(policies, count_fault), now, CACHED_SECONDS)
read = ReadTickets(tickets, tickets, current_policy, now, tickets)
faults = DynamoFaults(table)
read_faults = ReadFaults(
    faults,
    cached(lambda: unreadable_versions(policies), now, CACHED_SECONDS),
    DynamoConnections(table).names,
    DynamoQuarantine(table),
    now,
)
live = ReadLive(tickets, now)
read_feed = ReadFeed(DynamoFeed(table), now)
publish = PublishPolicy(policies, SqsTimers(sqs_client(), settings.timer_queue_url), now)
secrets = Cached(SecretsManagerSecrets(secrets_client()).get, now, seconds=300, seconds_missing=10)
OPEN = ("/", "/health", "/openapi.json")
"""What anybody may read, besides what is below `/assets/`: there is nothing of anybody in it."""
app = make_app(
    lambda: secrets.get(settings.api_token_secret),
    logger,
    is_open=lambda path: path in OPEN or path.startswith("/assets/"),
)


@cache
def simulate() -> SimulatePolicy:
    """Compares policies. It is loaded when first asked for, too."""
    from replyclock.service.simulate import SimulatePolicy  # noqa: PLC0415

    return SimulatePolicy(tickets, tickets, current_policy, now)


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """An HTTP API event (payload 2.0) in, its response out."""
    return app.resolve(event, context)


@app.get("/")
def show_page() -> Response[bytes]:
    """The dashboard. It is checked at each use, which costs a 304: a new version is to be seen at once."""
    from replyclock.presentation.assets import PAGE, asset  # noqa: PLC0415

    return _file(asset(PAGE), "no-cache")


@app.get("/assets/.+")
def show_asset() -> Response[bytes]:
    """A file of the dashboard: `/assets/VERSION/NAME`."""
    from replyclock.presentation.assets import asset, version  # noqa: PLC0415

    of, _, name = unquote(app.current_event.path.removeprefix("/assets/")).partition("/")
    return _file(asset(name) if of == version() else None, "public, max-age=31536000, immutable")


def _file(found: Asset | None, kept: str) -> Response[bytes]:
    """Files are loaded when first asked for, as reports are."""
    from replyclock.presentation.assets import SECURITY_HEADERS  # noqa: PLC0415

    if found is None:
        raise NotFoundError
    headers = {**SECURITY_HEADERS, "cache-control": kept, "vary": "accept-encoding"}
    if found.zipped and takes_gzip(app):
        headers |= {"content-encoding": "gzip", "etag": f'"{found.digest}-gzip"'}
        return Response(200, found.content_type, found.zipped, headers=headers)
    return Response(200, found.content_type, found.plain, headers={**headers, "etag": f'"{found.digest}"'})


@app.get("/health")
def health() -> Response[str]:
    """Answers where the function runs, and with which version: `replyclock doctor` compares it with its own."""
    return as_json(200, {"status": "ok", "version": __version__})


@app.get("/openapi.json")
def show_openapi() -> Response[str]:
    """The description of this API. It is loaded when first asked for, as reports are."""
    from replyclock.openapi import openapi_document  # noqa: PLC0415

    return as_json(200, openapi_document())


@app.get("/tickets")
def list_tickets() -> Response[str]:
    """A page of the open tickets with a clock in a state."""
    asked = app.current_event.query_string_parameters
    state = asked.get("state", "")
    if state not in LISTED_STATES:
        raise InvalidInput([Fault("state", f"must be one of {', '.join(LISTED_STATES)}")])
    limit = read_limit(asked, MOST_LISTED, 20)
    return as_json(200, read.listing(state, asked.get("tenant") or None, asked.get("cursor") or None, limit))


@app.get("/live")
def list_open_clocks() -> Response[str]:
    """The open clocks, the most urgent first, and how many tickets stand how."""
    return as_of(live(app.current_event.query_string_parameters))


@app.get("/tickets/.+")
def show_ticket() -> Response[str]:
    """A page of a ticket. Its id may hold slashes, and all that follows the source is the id.

    The gateway undoes the URL's encoding but leaves a percent sign encoded, others leave all of it encoded: undoing it
    once here gives the id in both cases. What is in `pathParameters` differs more, so it is not asked. The gateway cuts
    the path at a question mark, however that is encoded: an id with one is the parameter `ticket`.
    """
    parts = unquote(app.current_event.path).split("/", 4)[2:]
    asked = app.current_event.query_string_parameters
    limit = read_limit(asked, PAGE_ROWS_MAX, PAGE_ROWS)
    key = (parts[0], parts[1], asked.get("ticket") or parts[2]) if len(parts) == 3 else None
    found = read.one(key, asked.get("cursor") or None, limit) if key and _may_be(key) else None
    if found is None:
        raise NotFoundError
    return as_json(200, found)


def _may_be(key: TicketKey) -> bool:
    """Whether a ticket can have that key: the store is not asked about others."""
    return all(0 < len(part) <= ID_LENGTH_MAX and not BAD_CHARACTERS.search(part) for part in key)


@app.get("/alerts")
def list_alerts() -> Response[str]:
    """What people were told, the newest first."""
    return as_json(200, read_feed(app.current_event.query_string_parameters))


@app.get("/faults")
def list_faults() -> Response[str]:
    """What was set aside because of a fault, and what is in quarantine."""
    return as_of(read_faults(app.current_event.query_string_parameters))


@app.get("/policy")
def show_policy() -> Response[str]:
    """The document in force."""
    document = policy_in_force(policies, now())
    if document is None:
        raise NotFoundError
    return as_json(200, document)


@app.get("/policy/text")
def show_policy_text() -> Response[str]:
    """The document in force, or a version, as it was published: with its comments."""
    version = _asked_version()
    text = text_in_force(policies, now()) if version is None else version_text(policies, version)
    if text is None:
        raise NotFoundError
    return Response(200, "text/plain; charset=utf-8", text, headers={**USUAL})


@app.get("/policy/draft")
def show_policy_draft() -> Response[str]:
    """The text to write the next version from."""
    draft = policy_draft(policies, now(), _asked_version())
    if draft is None:
        raise NotFoundError
    return as_json(200, draft)


def _asked_version() -> int | None:
    asked = app.current_event.query_string_parameters.get("version")
    if asked in (None, ""):
        return None
    if not re.fullmatch("[1-9][0-9]{0,9}", asked):
        raise InvalidInput([Fault("version", "must be the number of a version")])
    return int(asked)


@app.get("/policy/versions")
def list_policy_versions() -> Response[str]:
    """All documents, each with how many of the open tickets have been measured under it."""
    return as_json(200, {"versions": policy_versions(policies, judgings)})


@app.put("/policy")
def put_policy() -> Response[str]:
    """Publish a version: YAML or JSON. With `tells_past=true` people are alerted of what it finds broken already."""
    tells_past = read_choice(app.current_event.query_string_parameters, "tells_past", ["true", "false"])
    return as_json(201, publish(_body(), tells_past=tells_past == "true"))


@app.post("/policy/check")
def check_policy() -> Response[str]:
    """What publishing the text in the body would bring into force, and when, or why it would be refused."""
    return as_json(200, publish.check(_body()))


@app.post("/policy/simulation")
def simulate_policy() -> Response[str]:
    """What a proposed policy, YAML or JSON, would have made of tickets that there were."""
    return as_json(200, simulate()(_body(), app.current_event.query_string_parameters))


def _body() -> str:
    body, encoded = app.current_event.body or "", app.current_event.is_base64_encoded
    try:
        return base64.b64decode(body).decode("utf-8-sig") if encoded else body
    except UnicodeDecodeError:
        raise InvalidInput([Fault("", "is not UTF-8")]) from None


def _conflict(_: Conflict) -> Response[str]:
    return as_json(409, {"error": "this version exists: a published policy is never changed, publish the next version"})


def _dropped(ticket: TicketDropped) -> Response[str]:
    why = "its log was dropped, as it ended long ago; reports still have its figures"
    return as_json(404, {"error": why, "dropped_at": format_instant(ticket.at)})


def _faulty(ticket: TicketFaulty) -> Response[str]:
    return as_json(500, {"error": str(ticket), "reason": ticket.reason, "last_known": ticket.last_known})


app.exception_handler(Conflict)(_conflict)
app.exception_handler(TicketDropped)(_dropped)
app.exception_handler(TicketFaulty)(_faulty)
