"""Deploy the real `template.yaml` to the local cloud, through CloudFormation and its SAM transform.

What differs from `sam deploy`, and why. Each was seen with MiniStack 1.5.33; the names in brackets are its functions.

- **Code is zipped from the source folders**, not built. A function's folder is its handler alone. The layer is an empty
  archive: functions run in the Python of the virtual environment, where `replyclock` and the locked dependencies are
  installed. So `Runtime` and `Architecture` have no effect here; `sam build` and `make test-sam` prove those.
- **The HTTP API's routes are added afterwards.** SAM writes them into the API's OpenAPI `Body`, which MiniStack does
  not read (`_apigw_v2_api_create` takes names and CORS only), so that every call answers 404. `_add_routes` finds that
  `Body` in the stack's processed template and makes its routes and integrations through the API Gateway v2 API.
- **The API's address** is a path of the cloud's endpoint, `/_aws/execute-api/ID`: the name that the stack's output has,
  `ID.execute-api.127.0.0.1`, resolves nowhere. `_set_link_base` has the links in alerts begin with that path, too.
- **Generated secrets are generated again.** CloudFormation takes only the length and `ExcludeCharacters` of a
  `GenerateSecretString` (`_sm_secret_string`), and the API token would be full of quotes. `_generate_secrets` asks
  Secrets Manager, which knows all of it.
- **E-mail and SMS** subscriptions are confirmed at once, where AWS asks the receiver of a mail first. What they get is
  delivered to a file (see `infra.local.server`).
- **Without effect**, though accepted: roles and their conditions, throttling, access logs, encryption, expiry of items,
  and of the streams' mappings bisecting, `MaximumRetryAttempts` and parallelisation (`_poll_dynamodb_streams`): a batch
  that fails comes again each second, until `MaximumRecordAgeInSeconds`.
"""

from __future__ import annotations

import hashlib
import io
import json
import platform
import re
import time
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from .cloud import Cloud

ROOT = Path(__file__).resolve().parents[2]
STACK = "replyclock-local"
STAGE = "local"
ALERT_EMAIL = "support-leads@example.com"
ALERT_PHONE = "+15555550100"
BUCKET = "replyclock-local-code"
_METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "x-amazon-apigateway-any-method")


class DeploymentError(RuntimeError):
    """The stack could not be made; the message says which resource failed and why."""


@dataclass(frozen=True)
class Deployment:
    """The deployed system."""

    cloud: Cloud
    api: str
    """The address of the HTTP API, without a slash at its end."""
    token: str
    """The bearer token of everything but the webhooks and /health."""
    outputs: Mapping[str, str]
    """The stack's outputs."""

    def endpoint_document(self) -> dict[str, str]:
        """What `.local/endpoint.json` tells while the system is up."""
        return {
            "api": self.api,
            "token": self.token,
            "aws_endpoint": self.cloud.endpoint,
            "stage": STAGE,
            "stack": STACK,
            "table": self.outputs["TableName"],
            "topic": self.outputs["TopicArn"],
            "smoke_topic": self.outputs["SmokeTopicArn"],
            "timer_queue": self.outputs["TimerQueueUrl"],
            "bucket": self.outputs["DocumentsBucket"],
        }


def deploy(
    cloud: Cloud,
    template: Path = ROOT / "template.yaml",
    email: str = ALERT_EMAIL,
    phone: str = ALERT_PHONE,
    given: Mapping[str, str] | None = None,
) -> Deployment:
    """Deploy the template to an empty local cloud; `given` are further parameters of it. Raises DeploymentError."""
    cloudformation = cloud.client("cloudformation")
    document = yaml_parse(template.read_text(encoding="utf-8"))
    _upload_code(cloud, document, template.parent)
    parameters = {"Stage": STAGE, "Architecture": _architecture(), "AlertEmail": email, "AlertPhone": phone}
    parameters |= given or {}
    unknown = parameters.keys() - document.get("Parameters", {}).keys()
    if unknown:
        raise DeploymentError(f"{template.name} has no parameter {', '.join(sorted(unknown))}")
    body = json.dumps(document, indent=1, default=str)
    (cloud.directory / "template.json").write_text(body, encoding="utf-8")
    cloudformation.create_stack(
        StackName=STACK,
        TemplateURL=_upload(cloud, "template.json", body.encode()),
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    stack = _wait(cloudformation)
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}
    resources = _processed_resources(cloudformation)
    api = f"{cloud.endpoint}/_aws/execute-api/{_add_routes(cloud, resources)}"
    _set_link_base(cloud, resources, f"{api}/#/ticket")
    _generate_secrets(cloud, resources)
    token = cloud.client("secretsmanager").get_secret_value(SecretId=outputs["ApiTokenSecretArn"])["SecretString"]
    return Deployment(cloud, api, token, outputs)


def _architecture() -> str:
    return "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"


def _upload_code(cloud: Cloud, document: dict[str, Any], folder: Path) -> None:
    cloud.client("s3").create_bucket(Bucket=BUCKET)
    shared = document.get("Globals", {}).get("Function", {}).pop("CodeUri", None)
    for name, resource in document["Resources"].items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function":
            archive = _zipped(folder / properties.get("CodeUri", shared))
            properties["CodeUri"] = _upload(cloud, f"{name}.zip", archive, as_url=False)
        elif resource["Type"] == "AWS::Serverless::LayerVersion":
            archive = _archive({"python/README": b"The virtual environment has what this layer holds on AWS.\n"})
            properties["ContentUri"] = _upload(cloud, f"{name}.zip", archive, as_url=False)
        resource.pop("Metadata", None)


def _zipped(folder: Path) -> bytes:
    files = sorted(one for one in folder.rglob("*") if one.is_file() and "__pycache__" not in one.parts)
    if not files:
        raise DeploymentError(f"{folder} holds no code")
    return _archive({str(one.relative_to(folder)): one.read_bytes() for one in files})


def _archive(files: Mapping[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return held.getvalue()


def _upload(cloud: Cloud, name: str, content: bytes, as_url: bool = True) -> str:
    key = f"{hashlib.sha256(content).hexdigest()[:16]}/{name}"
    cloud.client("s3").put_object(Bucket=BUCKET, Key=key, Body=content)
    return f"{cloud.endpoint}/{BUCKET}/{key}" if as_url else f"s3://{BUCKET}/{key}"


def _wait(cloudformation: Any) -> dict[str, Any]:
    while True:
        stack: dict[str, Any] = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
        if stack["StackStatus"] == "CREATE_COMPLETE":
            return stack
        if not stack["StackStatus"].endswith("IN_PROGRESS"):
            break
        time.sleep(0.1)
    events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    failed = [
        f"{one['LogicalResourceId']}: {one.get('ResourceStatusReason', '')}"
        for one in events
        if one["ResourceStatus"].endswith("FAILED")
    ]
    raise DeploymentError("; ".join(failed) or stack.get("StackStatusReason", stack["StackStatus"]))


def _processed_resources(cloudformation: Any) -> dict[str, Any]:
    """The stack's resources as the SAM transform made them."""
    body = cloudformation.get_template(StackName=STACK, TemplateStage="Processed")["TemplateBody"]
    resources: dict[str, Any] = (body if isinstance(body, dict) else json.loads(body))["Resources"]
    return resources


def _physical(cloudformation: Any, name: str) -> str:
    found = cloudformation.describe_stack_resource(StackName=STACK, LogicalResourceId=name)
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


def _generate_secrets(cloud: Cloud, resources: Mapping[str, Any]) -> None:
    cloudformation, vault = cloud.client("cloudformation"), cloud.client("secretsmanager")
    for name, resource in resources.items():
        wanted = (
            resource["Properties"].get("GenerateSecretString")
            if resource["Type"] == "AWS::SecretsManager::Secret"
            else None
        )
        if wanted and "SecretStringTemplate" not in wanted:
            generated = vault.get_random_password(**wanted)["RandomPassword"]
            vault.put_secret_value(SecretId=_physical(cloudformation, name), SecretString=generated)


def _set_link_base(cloud: Cloud, resources: Mapping[str, Any], base: str) -> None:
    """Have the functions that write links begin them so. The API's id is known only once the stack is there."""
    cloudformation, functions = cloud.client("cloudformation"), cloud.client("lambda")
    for name, resource in resources.items():
        declared = resource.get("Properties", {}).get("Environment", {}).get("Variables", {})
        if resource["Type"] == "AWS::Lambda::Function" and "LINK_BASE" in declared:
            function = _physical(cloudformation, name)
            variables = functions.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
            functions.update_function_configuration(
                FunctionName=function, Environment={"Variables": {**variables, "LINK_BASE": base}}
            )


def _add_routes(cloud: Cloud, resources: Mapping[str, Any]) -> str:
    """Make the routes that the template's HTTP API declares, and return the API's id."""
    cloudformation, gateway, functions = (cloud.client(name) for name in ("cloudformation", "apigatewayv2", "lambda"))
    apis = {name: one["Properties"] for name, one in resources.items() if one["Type"] == "AWS::ApiGatewayV2::Api"}
    if len(apis) != 1:
        raise DeploymentError(f"one HTTP API was expected, the template has {len(apis)}")
    [(logical_id, properties)] = apis.items()
    api = _physical(cloudformation, logical_id)
    integrations: dict[str, str] = {}
    for key, target, version in _declared_routes(properties["Body"]):
        if target not in integrations:
            arn = functions.get_function(FunctionName=_physical(cloudformation, target))["Configuration"]["FunctionArn"]
            made = gateway.create_integration(
                ApiId=api,
                IntegrationType="AWS_PROXY",
                IntegrationMethod="POST",
                IntegrationUri=arn,
                PayloadFormatVersion=version,
            )
            integrations[target] = made["IntegrationId"]
        gateway.create_route(ApiId=api, RouteKey=key, Target=f"integrations/{integrations[target]}")
    return api


def _declared_routes(body: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Of an OpenAPI document: each route's key, its function's logical id, and its payload version."""
    for path, operations in body["paths"].items():
        for method, operation in operations.items():
            if method not in _METHODS:
                continue
            integration = operation["x-amazon-apigateway-integration"]
            function = re.search(r"functions/\$\{(\w+)\.Arn\}", json.dumps(integration["uri"]))
            if function is None:
                raise DeploymentError(f"{method.upper()} {path} leads to no function")
            verb = "ANY" if method.startswith("x-") else method.upper()
            yield (
                f"{verb} {path}" if path != "/$default" else "$default",
                function[1],
                integration["payloadFormatVersion"],
            )
