"""The HTTP API for people and programs: tickets, the policy, reports, and the page that shows them."""

from __future__ import annotations

import base64
import gzip
import hashlib
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
from replyclock.adapters.connections import DynamoConnections
from replyclock.adapters.days import DynamoDays
from replyclock.adapters.dynamodb import Table
from replyclock.adapters.event_log import DynamoQuarantine
from replyclock.adapters.faults import DynamoFaults
from replyclock.adapters.feed import DynamoFeed
from replyclock.adapters.policies import DynamoJudgings, DynamoPolicies
from replyclock.adapters.runtime import Required, Settings, count_fault, make_logger, now
from replyclock.adapters.secrets import SecretsManagerSecrets
from replyclock.adapters.sqs import SqsTimers
from replyclock.adapters.tickets import DynamoTickets
from replyclock.domain.errors import (
    Conflict,
    Fault,
    InvalidInput,
    PolicyUnreadable,
    StoreUnavailable,
    TicketDropped,
    TicketFaulty,
    place_of,
)
from replyclock.domain.instants import format_instant
from replyclock.service.faults import ReadFaults
from replyclock.service.feed import ReadFeed
from replyclock.service.live import ReadLive
from replyclock.service.policies import (
    CACHED_SECONDS,
    PublishPolicy,
    policy_in_force,
    policy_versions,
    read_stored_policy,
    unreadable_versions,
)
from replyclock.service.ports import FaultKind
from replyclock.service.read import LISTED_STATES, MOST_LISTED, ReadTickets, read_limit
from replyclock.service.ticket_pages import PAGE_ROWS, PAGE_ROWS_MAX

if TYPE_CHECKING:
    from replyclock.presentation.assets import Asset
    from replyclock.service.reports import ReadReports
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
app = APIGatewayHttpResolver()
LONG = 2_000
"""Characters from which on an answer is compressed."""
OPEN = ("/", "/health")
"""What anybody may read, besides what is below `/assets/`: there is nothing of anybody in it."""


@cache
def reports() -> ReadReports:
    """Reads reports. It is loaded when first asked for: calls about tickets need not wait for statistics and texts."""
    from replyclock.service.reports import ReadReports  # noqa: PLC0415

    return ReadReports(DynamoDays(table), current_policy, now, faults)


@cache
def simulate() -> SimulatePolicy:
    """Compares policies. It is loaded when first asked for, too."""
    from replyclock.service.simulate import SimulatePolicy  # noqa: PLC0415

    return SimulatePolicy(tickets, tickets, current_policy, now)


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """An HTTP API event (payload 2.0) in, its response out."""
    return app.resolve(event, context)


def _json(status: int, body: object, headers: Mapping[str, str] | None = None) -> Response[str]:
    usual = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
    return Response(status, "application/json", _text(body), headers={**usual, **(headers or {})})


def _as_of(found: Mapping[str, object]) -> Response[str]:
    """What holds at an instant, named by all of it but the instant: otherwise it would never be the same again. The tag
    is a weak one: texts that it names mean the same, but for that instant.
    """
    matters = {name: value for name, value in found.items() if name not in ("at", "counted_at")}
    return _json(200, found, {"etag": f'W/"{_digest(_text(matters))}"'})


def _text(body: object) -> str:
    return json.dumps(body, ensure_ascii=False)


def _authenticated(app: APIGatewayHttpResolver, next_middleware: NextMiddleware) -> Response[Any]:
    path = app.current_event.path
    if app.current_event.http_method == "GET" and (path in OPEN or path.startswith("/assets/")):
        return next_middleware(app)
    scheme, _, given = (app.current_event.headers.get("authorization") or "").partition(" ")
    token = secrets.get(settings.api_token_secret)
    if not token:
        logger.error("the secret of the API's token is missing or empty: every call is refused")
    if scheme.lower() == "bearer" and token and hmac.compare_digest(given.strip().encode(), token.strip().encode()):
        return next_middleware(app)
    return _json(401, {"error": "not authenticated"}, {"www-authenticate": "Bearer"})


def _conditional(app: APIGatewayHttpResolver, next_middleware: NextMiddleware) -> Response[Any]:
    """Names what is read by an entity tag, and does not send again what the caller has."""
    answer = next_middleware(app)
    if app.current_event.http_method != "GET" or answer.status_code != 200:
        return answer
    tag = str(answer.headers.setdefault("etag", f'"{_digest(answer.body or "")}"'))
    if not _has(app.current_event.headers.get("if-none-match") or "", tag):
        return answer
    of_the_body = ("content-type", "content-encoding")
    kept = {name: one for name, one in answer.headers.items() if name.lower() not in of_the_body}
    return Response(304, body="", headers=kept)


def _has(given: str, tag: str) -> bool:
    """Whether an If-None-Match names the tag, weak or strong: for reading, that is the same."""
    return any(
        one.strip() in ("*", tag) or one.strip().removeprefix("W/") == tag.removeprefix("W/")
        for one in given.split(",")
    )


def _digest(body: str | bytes) -> str:
    return hashlib.sha256(body.encode() if isinstance(body, str) else body).hexdigest()[:32]


def _compressed(app: APIGatewayHttpResolver, next_middleware: NextMiddleware) -> Response[Any]:
    """Long texts, compressed for who takes it."""
    answer = next_middleware(app)
    if isinstance(answer.body, str) and len(answer.body) >= LONG:
        answer.headers["vary"] = "accept-encoding"
        if _takes_gzip():
            answer.headers["content-encoding"] = "gzip"
            answer.body, answer.base64_encoded = (
                base64.b64encode(gzip.compress(answer.body.encode(), 6, mtime=0)).decode(),
                True,
            )
    return answer


app.use(middlewares=[_authenticated, _compressed, _conditional])


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
    if found.zipped and _takes_gzip():
        headers |= {"content-encoding": "gzip", "etag": f'"{found.digest}-gzip"'}
        return Response(200, found.content_type, found.zipped, headers=headers)
    return Response(200, found.content_type, found.plain, headers={**headers, "etag": f'"{found.digest}"'})


def _takes_gzip() -> bool:
    accepted = app.current_event.headers.get("accept-encoding") or ""
    codings = {name.strip().lower(): weight for name, _, weight in (one.partition(";") for one in accepted.split(","))}
    weight = codings.get("gzip", codings.get("*", "q=0"))
    return weight.replace(" ", "").strip() not in ("q=0", "q=0.0", "q=0.00", "q=0.000")


@app.get("/health")
def health() -> Response[str]:
    """Answers where the function runs."""
    return _json(200, {"status": "ok"})


@app.get("/tickets")
def list_tickets() -> Response[str]:
    """A page of the open tickets with a clock in a state."""
    asked = app.current_event.query_string_parameters
    state = asked.get("state", "")
    if state not in LISTED_STATES:
        raise InvalidInput([Fault("state", f"must be one of {', '.join(LISTED_STATES)}")])
    limit = read_limit(asked, MOST_LISTED, 20)
    return _json(200, read.listing(state, asked.get("tenant") or None, asked.get("cursor") or None, limit))


@app.get("/live")
def list_open_clocks() -> Response[str]:
    """The open clocks, the most urgent first, and how many tickets stand how."""
    return _as_of(live(app.current_event.query_string_parameters))


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
    found = read.one(key, asked.get("cursor") or None, limit) if key else None
    if found is None:
        raise NotFoundError
    return _json(200, found)


@app.get("/alerts")
def list_alerts() -> Response[str]:
    """What people were told, the newest first."""
    return _json(200, read_feed(app.current_event.query_string_parameters))


@app.get("/faults")
def list_faults() -> Response[str]:
    """What was set aside because of a fault, and what is in quarantine."""
    return _as_of(read_faults(app.current_event.query_string_parameters))


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
    tells_past = app.current_event.query_string_parameters.get("tells_past") == "true"
    return _json(201, publish(_body(), tells_past=tells_past))


@app.post("/policy/simulation")
def simulate_policy() -> Response[str]:
    """What a proposed policy, YAML or JSON, would have made of tickets that there were."""
    return _json(200, simulate()(_body(), app.current_event.query_string_parameters))


def _body() -> str:
    body, encoded = app.current_event.body or "", app.current_event.is_base64_encoded
    try:
        return base64.b64decode(body).decode("utf-8-sig") if encoded else body
    except UnicodeDecodeError:
        raise InvalidInput([Fault("", "is not UTF-8")]) from None


@app.get("/reports/<report>")
def show_report(report: str) -> Response[str]:
    """What many tickets come to."""
    found = reports()(report, app.current_event.query_string_parameters)
    if found is None:
        raise NotFoundError
    return _as_of(found)


def _invalid(wrong: InvalidInput) -> Response[str]:
    faults = [{"field": fault.field, "line": fault.line, "problem": fault.problem} for fault in wrong.faults]
    return _json(400 if app.current_event.http_method == "GET" else 422, {"error": "not valid", "faults": faults})


def _conflict(_: Conflict) -> Response[str]:
    return _json(409, {"error": "this version exists: a published policy is never changed, publish the next version"})


def _dropped(ticket: TicketDropped) -> Response[str]:
    why = "its log was dropped, as it ended long ago; reports still have its figures"
    return _json(404, {"error": why, "dropped_at": format_instant(ticket.at)})


def _unavailable(error: StoreUnavailable) -> Response[str]:
    logger.warning("the store did not answer", extra={"why": str(error)})
    return _json(503, {"error": "try again later"})


def _unreadable(wrong: PolicyUnreadable) -> Response[str]:
    return _json(500, {"error": str(wrong), "version": wrong.version})


def _faulty(ticket: TicketFaulty) -> Response[str]:
    return _json(500, {"error": str(ticket), "reason": ticket.reason, "last_known": ticket.last_known})


def _failed(error: Exception) -> Response[str]:
    """A fault in the product: it is counted, and answered so that whoever asks can report it."""
    logger.error("a request failed", extra={"why": place_of(error)})
    count_fault(FaultKind.REQUEST)
    return _json(500, {"error": "this failed, and was reported to the operators", "reason": place_of(error)})


@app.not_found
def _not_found(_: NotFoundError) -> Response[str]:
    return _json(404, {"error": "not found"})


app.exception_handler(InvalidInput)(_invalid)
app.exception_handler(Conflict)(_conflict)
app.exception_handler(TicketDropped)(_dropped)
app.exception_handler(StoreUnavailable)(_unavailable)
app.exception_handler(PolicyUnreadable)(_unreadable)
app.exception_handler(TicketFaulty)(_faulty)
app.exception_handler(Exception)(_failed)
