"""How long an HTTP API waits for a function, and what it lets in."""

from __future__ import annotations

import time
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from infra.local.cloud import Cloud
from infra.local.strict.http_api import seconds_of

from .conftest import function

SLEEPS = """
import time

def handle(event, context):
    time.sleep(float(event["queryStringParameters"]["seconds"]))
    return {"statusCode": 200, "body": "slept"}
"""


def asked(cloud: Cloud, api: str, seconds: float, body: bytes = b"") -> tuple[int, bytes]:
    connection = HTTPConnection(urlsplit(cloud.endpoint).netloc, timeout=60)
    try:
        connection.request("POST", f"/_aws/execute-api/{api}/sleep?seconds={seconds}", body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.fixture(scope="module")
def api(cloud: Cloud) -> str:
    """An API that waits for a second."""
    arn = function(cloud, "sleeps", SLEEPS)
    gateway = cloud.client("apigatewayv2")
    made: str = gateway.create_api(Name="sleeps", ProtocolType="HTTP")["ApiId"]
    integration = gateway.create_integration(
        ApiId=made,
        IntegrationType="AWS_PROXY",
        IntegrationUri=arn,
        PayloadFormatVersion="2.0",
        TimeoutInMillis=1000,
    )["IntegrationId"]
    gateway.create_route(ApiId=made, RouteKey="POST /sleep", Target=f"integrations/{integration}")
    gateway.create_stage(ApiId=made, StageName="$default", AutoDeploy=True)
    asked(cloud, made, 0)  # its start takes time, too
    return made


def test_who_waits_for_too_long_gets_503(cloud: Cloud, api: str) -> None:
    assert asked(cloud, api, 0) == (200, b"slept")
    begun = time.monotonic()
    status, body = asked(cloud, api, 3)
    assert (status, body) == (503, b'{"message": "Service Unavailable"}')
    assert time.monotonic() - begun < 2.5, "nobody waits for what the function does"


def test_no_api_waits_for_longer_than_30_seconds() -> None:
    assert seconds_of({}) == seconds_of({"timeoutInMillis": 60_000}) == 30


def test_a_body_is_no_larger_than_ten_megabytes(cloud: Cloud, api: str) -> None:
    assert asked(cloud, api, 0, b"x" * (10 * 1024 * 1024 + 1))[0] == 413
