"""Holds what the functions answer against the OpenAPI document."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import quote

from jsonschema import Draft202012Validator

from replyclock.openapi import openapi_document

DESCRIBED = ("receive_webhook", "serve_api", "serve_reports")
"""The functions that answer over HTTP."""
NOWHERE = {401: "not authenticated", 404: "not found"}
"""What is answered where no route is described."""


def described(handler: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The handler, which fails where its answer is not one that is described."""

    def checked(event: Any, context: Any) -> Any:
        answer = handler(event, context)
        if "requestContext" in event:
            check(event, answer)
        return answer

    return checked


def check(event: Any, answer: Any) -> None:
    """Raises AssertionError where the answer to an HTTP API event is not described."""
    http, status = event["requestContext"]["http"], answer["statusCode"]
    operation = find_operation(http["method"], event["rawPath"])
    headers = {name.lower(): value for name, value in answer.get("headers", {}).items()}
    if operation is None:
        assert json.loads(answer["body"]) == {"error": NOWHERE[status]}
        return
    place = f"{operation['operationId']} {status}"
    assert str(status) in operation["responses"], f"{place} is not described"
    content = operation["responses"][str(status)].get("content", {})
    if not content:
        assert not answer.get("body"), place
        return
    if "*/*" in content:
        return
    kind = headers["content-type"].partition(";")[0]
    assert kind in content, f"{place}: {kind} is not described"
    if "schema" in content[kind]:
        body = answer["body"]
        raw = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
        if headers.get("content-encoding") == "gzip":
            raw = gzip.decompress(raw)
        if status == 200:
            asked = event.get("queryStringParameters") or {}
            known = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"}
            assert asked.keys() <= known, f"{place}: {sorted(asked.keys() - known)} are not described"
        errors = [f"{one.json_path}: {one.message[:300]}" for one in validator(place).iter_errors(json.loads(raw))]
        assert not errors, f"{place}: {errors}"


def find_operation(method: str, path: str) -> Any | None:
    """The operation that a request reaches; None where there is none."""
    found = [
        (template.count("{"), template)
        for template, operations in openapi_document()["paths"].items()
        if method.lower() in operations and pattern(template).fullmatch(path)
    ]
    return openapi_document()["paths"][min(found)[1]][method.lower()] if found else None


def pattern(template: str) -> re.Pattern[str]:
    """What a path looks like; a last parameter may hold slashes where the gateway lets it."""
    *parts, last = (re.escape(part) if not part.startswith("{") else "[^/]+" for part in template.split("/"))
    greedy = template.startswith(("/tickets/", "/assets/")) and last == "[^/]+"
    return re.compile("/".join((*parts, ".+" if greedy else last)), re.DOTALL)


@cache
def validator(place: str) -> Draft202012Validator:
    """Checks a body of an operation and status."""
    operation_id, status = place.split()
    document = openapi_document()
    path, method = next(
        (path, method)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if operation["operationId"] == operation_id
    )
    place = quote(path.replace("~", "~0").replace("/", "~1"), safe="~")
    reference = f"#/paths/{place}/{method}/responses/{status}/content/application~1json/schema"
    return Draft202012Validator({"$ref": reference, "paths": document["paths"], "components": document["components"]})
