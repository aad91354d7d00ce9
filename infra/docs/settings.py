"""The reference page of settings, from the templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = {
    "template.yaml": "The system: `make deploy`.",
    "infra/subscriptions.yaml": "Further subscribers: `make deploy-subscriptions`. The file is yours to edit.",
    "infra/alarms.yaml": "Alarms and a CloudWatch dashboard: `make deploy-alarms`.",
    "infra/analytics.yaml": "Every event to S3, for Athena: `make deploy-analytics`.",
}
"""Each template with what it deploys."""


def read(template: str) -> Mapping[str, Any]:
    """A template, with its intrinsic functions as objects."""
    found: Mapping[str, Any] = yaml_parse((ROOT / template).read_text(encoding="utf-8"))
    return found


def page() -> str:
    """The reference page."""
    lines = [
        "# Settings",
        "",
        "This page is made from the templates. `sam deploy --guided` asks for each parameter, or pass them by "
        '`make deploy ARGS="--parameter-overrides Stage=test AlertEmail=support@example.com"`.',
        "",
    ]
    for template, text in TEMPLATES.items():
        lines += [f"## {template} {{#{_anchor(template)}}}", "", text, "", *_template(read(template))]
    lines += ["## Environment of the functions {#environment}", "", *_environment(read("template.yaml"))]
    return "\n".join(lines)


def _anchor(template: str) -> str:
    return Path(template).stem


def _template(template: Mapping[str, Any]) -> Iterator[str]:
    if parameters := template.get("Parameters"):
        yield from ("| parameter | default | values | |", "|---|---|---|---|")
        for name, one in parameters.items():
            yield f"| `{name}` | {_default(one)} | {_values(one)} | {_text(one)} |"
        yield ""
    if outputs := {name: one for name, one in template.get("Outputs", {}).items() if one.get("Description")}:
        yield from ("| output | |", "|---|---|")
        yield from (f"| `{name}` | {_text(one)} |" for name, one in outputs.items())
        yield ""


def _default(parameter: Mapping[str, Any]) -> str:
    default = parameter.get("Default")
    return "required" if default is None else f"`{default}`" if default != "" else "empty"


def _values(parameter: Mapping[str, Any]) -> str:
    if "AllowedValues" in parameter:
        return ", ".join(f"`{value}`" for value in parameter["AllowedValues"])
    if "MinValue" in parameter:
        most = parameter.get("MaxValue")
        return f"from {parameter['MinValue']}" + (f" to {most}" if most is not None else "")
    pattern = parameter.get("AllowedPattern")
    shown = pattern.replace("|", "\\|") if pattern else None
    return f"`{shown}`" if shown else str(parameter["Type"])


def _text(one: Mapping[str, Any]) -> str:
    return " ".join(str(one.get("Description", "")).split())


def _environment(template: Mapping[str, Any]) -> Iterator[str]:
    yield from (
        "Each function reads its own when it is loaded, and fails then if one that it needs is missing. All have",
        "`POWERTOOLS_SERVICE_NAME`, `POWERTOOLS_METRICS_NAMESPACE` and `LOG_LEVEL`.",
        "",
        "| function | variables |",
        "|---|---|",
    )
    for name, one in template["Resources"].items():
        if one["Type"] == "AWS::Serverless::Function":
            variables = one["Properties"].get("Environment", {}).get("Variables", {})
            yield f"| `{name}` | {', '.join(f'`{variable}`' for variable in variables) or 'none'} |"
    yield ""
