"""The routes as an OpenAPI 3.1 document."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from . import answers
from .routes import ROUTES, Answer, Parameter, Route

API_VERSION = "2"
"""The version of the contract that the API keeps (docs/reference/contract.md)."""
_DESCRIPTION = """\
Tickets, their SLA clocks, alerts, policy and reports of one replyclock deployment.

All routes but the public ones need `Authorization: Bearer TOKEN`; the token is in Secrets Manager under
`replyclock/STAGE/api-token`. What is read has an `ETag`: asked again with `If-None-Match`, the API answers 304 where
nothing has changed. Bodies from 2,000 characters on are compressed for clients that accept gzip. The gateway answers
429 beyond what the parameter `RequestsPerSecond` allows, and ends a request after 29 seconds.

Instants are UTC (RFC 3339), with six digits of a second where these are not zero. Durations are seconds. Shares lie
between 0 and 1; intervals are the two ends of a 95% interval.
"""
_ALWAYS = {
    401: Answer("The token is missing or wrong.", (answers.Error,)),
    500: Answer("A fault in the product, or a policy that cannot be read.", (answers.Failed, answers.PolicyFailed)),
    503: Answer("The store did not answer: try again later.", (answers.Error,)),
}


@cache
def openapi_document() -> dict[str, Any]:
    """The whole description, as a JSON object. It is the same object each time: do not change it."""
    models = sorted(
        {model for route in ROUTES for answer in _answers(route).values() for model in answer.models},
        key=lambda model: model.__name__,
    )
    _, definitions = models_json_schema(
        [(model, "validation") for model in models], ref_template="#/components/schemas/{model}"
    )
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    groups = dict.fromkeys(route.group for route in ROUTES)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "replyclock",
            "version": API_VERSION,
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": group} for group in groups],
        "paths": paths,
        "components": {
            "schemas": _untitled(definitions["$defs"]),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _untitled(schema: Any) -> Any:
    """A schema without the titles that pydantic makes of the names of fields."""
    if isinstance(schema, dict):
        # A property may be called `title`; what is made has a text for it.
        kept = {name: one for name, one in schema.items() if not (name == "title" and isinstance(one, str))}
        return {name: _untitled(one) for name, one in kept.items()}
    return [_untitled(one) for one in schema] if isinstance(schema, list) else schema


def _answers(route: Route) -> dict[int, Answer]:
    """All that a route may answer."""
    found: dict[int, Answer] = {**({} if route.is_public else _ALWAYS), **route.answers}
    # A route's own 500 comes beside that of any.
    if own := route.answers.get(500):
        found[500] = Answer(own.description, own.models + _ALWAYS[500].models)
    if route.method == "GET":
        found[304] = Answer("The caller has it already (`If-None-Match`).")
    return dict(sorted(found.items()))


def _operation(route: Route) -> dict[str, Any]:
    parameters = [_parameter("path", one) for one in route.path_parameters]
    parameters += [_parameter("query", one) for one in route.query]
    found: dict[str, Any] = {
        "operationId": route.operation_id,
        "tags": [route.group],
        "summary": route.summary,
        **({"description": route.description} if route.description else {}),
        **({"parameters": parameters} if parameters else {}),
        "responses": {str(status): _response(answer) for status, answer in _answers(route).items()},
        "security": [] if route.is_public else [{"token": []}],
    }
    if route.body is not None:
        content: dict[str, Any] = {kind: {"schema": {}} for kind in route.body_media_types}
        found["requestBody"] = {"description": route.body, "required": True, "content": content}
    return found


def _parameter(place: str, parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": place,
        "description": parameter.description,
        "required": parameter.required,
        "schema": dict(parameter.schema),
    }


def _response(answer: Answer) -> dict[str, Any]:
    content: dict[str, Any] = {"application/json": {"schema": _schema(answer.models)}} if answer.models else {}
    content |= {kind: {} for kind in answer.media_types}
    return {"description": answer.description, **({"content": content} if content else {})}


def _schema(models: tuple[type[BaseModel], ...]) -> dict[str, Any]:
    references = [{"$ref": f"#/components/schemas/{model.__name__}"} for model in models]
    return references[0] if len(references) == 1 else {"anyOf": references}
