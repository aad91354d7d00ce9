"""What the functions behind the HTTP API have in common: who may ask, how answers are sent, and what errors become."""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

from replyclock.domain.errors import Fault, InvalidInput, PolicyUnreadable, StoreUnavailable, place_of
from replyclock.domain.events import BAD_CHARACTERS
from replyclock.domain.yaml_source import printable
from replyclock.service.ports import FaultKind

from .runtime import count_fault

USUAL = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
"""Headers of what nobody is to keep."""
PARAMETER_LENGTH_MAX = 4_000
"""Characters of a query parameter; the longest that is of use is a cursor over many alerts."""
LONG = 2_000
"""Characters from which on an answer is compressed."""


def make_app(
    token: Callable[[], str | None], logger: Logger, is_open: Callable[[str], bool] = lambda _: False
) -> APIGatewayHttpResolver:
    """An application that takes HTTP API events (payload 2.0), and answers who has the token; anybody may read what
    `is_open`.
    """
    app = APIGatewayHttpResolver()

    def authenticated(app: APIGatewayHttpResolver, next_middleware: NextMiddleware) -> Response[Any]:
        if app.current_event.http_method == "GET" and is_open(app.current_event.path):
            return next_middleware(app)
        scheme, _, given = (app.current_event.headers.get("authorization") or "").partition(" ")
        known = token()
        if not known:
            logger.error("the secret of the API's token is missing or empty: every call is refused")
        if scheme.lower() == "bearer" and known and hmac.compare_digest(_bytes(given), _bytes(known)):
            return next_middleware(app)
        return as_json(401, {"error": "not authenticated"}, {"www-authenticate": "Bearer"})

    def invalid(wrong: InvalidInput) -> Response[str]:
        faults = [{"field": fault.field, "line": fault.line, "problem": fault.problem} for fault in wrong.faults]
        status = 400 if app.current_event.http_method == "GET" else 422
        return as_json(status, {"error": "not valid", "faults": faults})

    def unavailable(error: StoreUnavailable) -> Response[str]:
        logger.warning("the store did not answer", extra={"why": str(error)})
        return as_json(503, {"error": "try again later"})

    def unreadable(wrong: PolicyUnreadable) -> Response[str]:
        return as_json(500, {"error": str(wrong), "version": wrong.version})

    def failed(error: Exception) -> Response[str]:
        """A fault in the product: it is counted, and answered so that whoever asks can report it."""
        logger.error("a request failed", extra={"why": place_of(error)})
        count_fault(FaultKind.REQUEST)
        return as_json(500, {"error": "this failed, and was reported to the operators", "reason": place_of(error)})

    def not_found(_: NotFoundError) -> Response[str]:
        return as_json(404, {"error": "not found"})

    app.use(middlewares=[authenticated, _bounded, _compressed, _conditional])
    app.not_found(not_found)
    app.exception_handler(InvalidInput)(invalid)
    app.exception_handler(StoreUnavailable)(unavailable)
    app.exception_handler(PolicyUnreadable)(unreadable)
    app.exception_handler(Exception)(failed)
    return app


def as_json(status: int, body: object, headers: Mapping[str, str] | None = None) -> Response[str]:
    """A JSON answer, which nobody keeps."""
    return Response(status, "application/json", _text(body), headers={**USUAL, **(headers or {})})


def as_of(found: Mapping[str, object]) -> Response[str]:
    """What holds at an instant, named by all of it but the instant: otherwise it would never be the same again. The tag
    is a weak one: texts that it names mean the same, but for that instant.
    """
    matters = {name: value for name, value in found.items() if name not in ("at", "counted_at")}
    return as_json(200, found, {"etag": f'W/"{_digest(_text(matters))}"'})


def takes_gzip(app: APIGatewayHttpResolver) -> bool:
    """Whether who asks takes compressed answers."""
    accepted = app.current_event.headers.get("accept-encoding") or ""
    codings = {name.strip().lower(): weight for name, _, weight in (one.partition(";") for one in accepted.split(","))}
    weight = codings.get("gzip", codings.get("*", "q=0"))
    return weight.replace(" ", "").strip() not in ("q=0", "q=0.0", "q=0.00", "q=0.000")


def _text(body: object) -> str:
    return json.dumps(body, ensure_ascii=False)


def _bytes(token: str) -> bytes:
    return token.strip().encode(errors="surrogatepass")


def _bounded(app: APIGatewayHttpResolver, next_middleware: NextMiddleware) -> Response[Any]:
    """Refuses values that no parameter can have before anything is done with them."""
    faults = []
    for name, value in app.current_event.query_string_parameters.items():
        if len(value) > PARAMETER_LENGTH_MAX:
            faults.append(Fault(printable(name), f"must be at most {PARAMETER_LENGTH_MAX} characters"))
        elif BAD_CHARACTERS.search(value):
            faults.append(Fault(printable(name), "holds a control character or half of a surrogate pair"))
    if faults:
        raise InvalidInput(faults)
    return next_middleware(app)


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
        if takes_gzip(app):
            answer.headers["content-encoding"] = "gzip"
            answer.body, answer.base64_encoded = (
                base64.b64encode(gzip.compress(answer.body.encode(), 6, mtime=0)).decode(),
                True,
            )
    return answer
