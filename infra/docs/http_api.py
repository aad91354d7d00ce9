"""The reference page of the HTTP API, from its OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from replyclock.openapi import openapi_document


def page() -> str:
    """The reference page."""
    document = openapi_document()
    schemas = document["components"]["schemas"]
    lines = [
        "# HTTP API",
        "",
        "This page is made from the API's OpenAPI 3.1 description, which each deployment serves at `/openapi.json`.",
        "Tests hold every answer of the functions against it.",
        "",
        document["info"]["description"],
    ]
    for group in (tag["name"] for tag in document["tags"]):
        lines += [f"## {group}", ""]
        for path, operations in document["paths"].items():
            for method, operation in operations.items():
                if operation["tags"] == [group]:
                    lines += _operation(method.upper(), path, operation)
    lines += ["## Bodies", ""]
    for name, schema in schemas.items():
        lines += _schema(name, schema)
    return "\n".join(lines)


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"### `{method} {path}` {{#{operation['operationId']}}}", "")
    public = "" if operation["security"] else " Public: it needs no token."
    yield from (f"{operation['summary']}. {operation.get('description', '')}{public}".strip(), "")
    if parameters := operation.get("parameters"):
        yield from ("| parameter | in | values | |", "|---|---|---|---|")
        for one in parameters:
            required = "Required. " if one["required"] else ""
            yield f"| `{one['name']}` | {one['in']} | {_values(one['schema'])} | {required}{one['description']} |"
        yield ""
    if body := operation.get("requestBody"):
        kinds = ", ".join(f"`{kind}`" for kind in body["content"])
        yield from (f"Body ({kinds}): {body['description']}", "")
    yield from ("| status | body | |", "|---|---|---|")
    for status, response in operation["responses"].items():
        yield f"| {status} | {_content(response.get('content', {}))} | {response['description']} |"
    yield ""


def _values(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        shown = ", ".join(f"`{value}`" for value in schema["enum"])
    else:
        least = schema.get("minimum", schema.get("exclusiveMinimum"))
        most = schema.get("maximum", schema.get("exclusiveMaximum"))
        shown = schema["type"] + (f", {least} to {most}" if least is not None else "")
    return shown + (f"; default `{schema['default']}`" if "default" in schema else "")


def _content(content: Mapping[str, Any]) -> str:
    shown = []
    for kind, one in content.items():
        schema = one.get("schema")
        shown.append(_type(schema) if schema else f"`{kind}`")
    return ", ".join(shown) or "none"


def _schema(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"### {name} {{#body-{name.lower()}}}", "", schema.get("description", ""), "")
    if properties := schema.get("properties"):
        yield from ("| field | type | |", "|---|---|---|")
        required = schema.get("required", ())
        for field, one in properties.items():
            left_out = "" if field in required else "May be left out. "
            text = " ".join(one.get("description", "").split()) if "$ref" not in one else ""
            yield f"| `{field}` | {_type(one)} | {left_out}{text} |"
        yield ""
    if schema.get("additionalProperties") is True:
        yield from ("Further fields may come.", "")


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#body-{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    match schema.get("type"):
        case "array":
            return f"list of {_type(schema['items'])}"
        case "object":
            values = schema.get("additionalProperties")
            return f"object of {_type(values)}" if isinstance(values, dict) else "object"
        case None:
            return "any"
        case kind:
            return "instant" if schema.get("format") == "date-time" else str(kind)
