"""The HTTP API for people and programs: tickets and the policy."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

from replyclock.adapters.caching import Cached, cached
from replyclock.adapters.clients import dynamodb_client, secrets_client, sqs_client
from replyclock.adapters.days import DynamoDays
from replyclock.adapters.dynamodb import Table
from replyclock.adapters.policies import DynamoJudgings, DynamoPolicies
from replyclock.adapters.runtime import Required, Settings, make_logger, now
from replyclock.adapters.secrets import SecretsManagerSecrets
from replyclock.adapters.sqs import SqsTimers
from replyclock.adapters.tickets import DynamoTickets
from replyclock.domain.errors import Conflict, Fault, InvalidInput, StoreUnavailable
from replyclock.service.policies import (
    CACHED_SECONDS,
    PublishPolicy,
    policy_in_force,
    policy_versions,
    read_stored_policy,
)
from replyclock.service.read import LISTED_STATES, MOST_LISTED, ReadTickets

if TYPE_CHECKING:
    from replyclock.service.reports import ReadReports


class Environment(Settings):
    """Settings. `api_token_secret` names the secret whose text is the token."""

    table_name: Required
    timer_queue_url: Required
    api_token_secret: Required


settings = Environment.read()
logger = make_logger()
table = Table(dynamodb_client(), settings.table_name)
tickets, policies, judgings = DynamoTickets(table), DynamoPolicies(table), DynamoJudgings(table)
current_policy = cached(lambda: read_stored_policy(policies), now, CACHED_SECONDS)
read = ReadTickets(tickets, tickets, current_policy, now)
publish = PublishPolicy(policies, SqsTimers(sqs_client(), settings.timer_queue_url), now)
secrets = Cached(SecretsManagerSecrets(secrets_client()).get, now, seconds=300, seconds_missing=10)
app = APIGatewayHttpResolver()


@cache
def reports() -> ReadReports:
    """Reads reports. It is loaded when first asked for: calls about tickets need not wait for statistics and texts."""
    from replyclock.service.reports import ReadReports  # noqa: PLC0415

    return ReadReports(DynamoDays(table), current_policy, now)


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """An HTTP API event (payload 2.0) in, its response out."""
    return app.resolve(event, context)


def _json(status: int, body: object, headers: Mapping[str, str] | None = None) -> Response[str]:
    text = json.dumps(body, ensure_ascii=False)
    return Response(status, "application/json", text, headers={"cache-control": "no-store", **(headers or {})})


def _authenticated(app: APIGatewayHttpResolver, next_middleware: NextMiddleware) -> Response[Any]:
    if app.current_event.path == "/health":
        return next_middleware(app)
    scheme, _, given = (app.current_event.headers.get("authorization") or "").partition(" ")
    token = secrets.get(settings.api_token_secret)
    if not token:
        logger.error("the secret of the API's token is missing or empty: every call is refused")
    if scheme.lower() == "bearer" and token and hmac.compare_digest(given.strip().encode(), token.strip().encode()):
        return next_middleware(app)
    return _json(401, {"error": "not authenticated"}, {"www-authenticate": "Bearer"})


app.use(middlewares=[_authenticated])


@app.get("/health")
def health() -> Response[str]:
    """Answers where the function runs."""
    return _json(200, {"status": "ok"})


@app.get("/tickets")
def list_tickets() -> Response[str]:
    """A page of the open tickets with a clock in a state."""
    asked = app.current_event.query_string_parameters
    state, limit = asked.get("state", ""), asked.get("limit", "20")
    if state not in LISTED_STATES:
        raise InvalidInput([Fault("state", f"must be one of {', '.join(LISTED_STATES)}")])
    if not limit.isdecimal() or not 1 <= int(limit) <= MOST_LISTED:
        raise InvalidInput([Fault("limit", f"must be 1 to {MOST_LISTED}")])
    return _json(200, read.listing(state, asked.get("tenant") or None, asked.get("cursor") or None, int(limit)))


@app.get("/tickets/.+")
def show_ticket() -> Response[str]:
    """A ticket. Its id may hold slashes, and all that follows the source is the id.

    The gateway undoes the URL's encoding but leaves a percent sign encoded, others leave all of it encoded: undoing it
    once here gives the id in both cases. What is in `pathParameters` differs more, so it is not asked.
    """
    parts = unquote(app.current_event.path).split("/", 4)[2:]
    found = read.one((parts[0], parts[1], parts[2])) if len(parts) == 3 else None
    if found is None:
        raise NotFoundError
    return _json(200, found)


@app.get("/policy")
def show_policy() -> Response[str]:
    """The document in force."""
    document = policy_in_force(policies, now())
    if document is None:
        raise NotFoundError
    return _json(200, document)


@app.get("/policy/document")
def show_policy_document() -> Response[str]:
    """The service response time document."""
    found = reports().document(app.current_event.query_string_parameters)
    if found is None:
        raise NotFoundError
    text, form = found
    kind = {"html": "text/html", "md": "text/markdown"}[form]
    # It runs nothing and loads nothing, whatever names a policy or a ticket may have.
    security = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'", "cache-control": "no-store"}
    return Response(200, f"{kind}; charset=utf-8", text, headers=security)


@app.get("/policy/versions")
def list_policy_versions() -> Response[str]:
    """All documents, each with how many of the open tickets have been measured under it."""
    return _json(200, {"versions": policy_versions(policies, judgings)})


@app.put("/policy")
def put_policy() -> Response[str]:
    """Publish a version: YAML or JSON. With `tells_past=true` people are alerted of what it finds broken already."""
    body, encoded = app.current_event.body or "", app.current_event.is_base64_encoded
    try:
        text = base64.b64decode(body).decode("utf-8-sig") if encoded else body
    except UnicodeDecodeError:
        raise InvalidInput([Fault("", "is not UTF-8")]) from None
    tells_past = app.current_event.query_string_parameters.get("tells_past") == "true"
    return _json(201, publish(text, tells_past=tells_past))


@app.get("/reports/<report>")
def show_report(report: str) -> Response[str]:
    """What many tickets come to."""
    found = reports()(report, app.current_event.query_string_parameters)
    if found is None:
        raise NotFoundError
    return _json(200, found)


def _invalid(wrong: InvalidInput) -> Response[str]:
    faults = [{"field": fault.field, "line": fault.line, "problem": fault.problem} for fault in wrong.faults]
    return _json(422 if app.current_event.http_method == "PUT" else 400, {"error": "not valid", "faults": faults})


def _conflict(_: Conflict) -> Response[str]:
    return _json(409, {"error": "this version exists: a published policy is never changed, publish the next version"})


def _unavailable(error: StoreUnavailable) -> Response[str]:
    logger.warning("the store did not answer", extra={"why": str(error)})
    return _json(503, {"error": "try again later"})


@app.not_found
def _not_found(_: NotFoundError) -> Response[str]:
    return _json(404, {"error": "not found"})


app.exception_handler(InvalidInput)(_invalid)
app.exception_handler(Conflict)(_conflict)
app.exception_handler(StoreUnavailable)(_unavailable)
