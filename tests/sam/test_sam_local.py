"""The built functions in Lambda's own image, started by `sam local`: handler, layer and settings are as on AWS."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest

from replyclock.domain.events import event_text, parse_event

from .conftest import API_TOKEN, EVENTS, SIGNING_SECRET, Backend, Sam, call

pytestmark = pytest.mark.sam
LAYER_LIMIT = 45_000_000


def keep_opening(backend: Backend, ticket: str) -> None:
    """What receive_webhook appends when a customer with a promise of 15 minutes opens a ticket."""
    event = {
        "id": f"replyclock-tests-opened-{ticket}",
        "source": "issues",
        "ticket": f"example-org/support#{ticket}",
        "type": "ticket.created",
        "occurred_at": "2026-03-02T09:00:00Z",
        "actor": {"kind": "customer", "id": "carla-customer"},
        "attributes": {"tier": "vip"},
        "message": {"id": "opening", "visibility": "public"},
    }
    told = event_text(parse_event(event))
    backend.put(
        {
            "pk": {"S": f"T#default#issues#example-org/support#{ticket}"},
            "sk": {"S": f"E#{event['id']}"},
            "event": {"S": told},
            "received_at": {"S": "2026-03-02T09:00:01.000000Z"},
        }
    )


@pytest.fixture(scope="module")
def measured(sam: Sam, backend: Backend) -> Any:
    """Ticket 8 after measure_tickets has seen its opening; the function's answer."""
    keep_opening(backend, "8")
    return sam.invoke("MeasureTickets", "measure_tickets")


def test_there_is_an_event_for_each_function() -> None:
    functions = {path.parent.name for path in (EVENTS.parents[1] / "functions").glob("*/handler.py")}
    assert {path.stem for path in EVENTS.glob("*.json")} == functions


def test_the_layer_is_small_and_serves_both_processors(built: Path) -> None:
    files = [path for path in (built / "SharedLayer").rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    print(f"layer: {size / 1e6:.1f} MB unzipped")
    assert size < LAYER_LIMIT
    extensions = [path.name for path in files if ".so" in path.suffixes]
    on_arm = {name for name in extensions if "cpython-313-aarch64" in name}
    on_x86 = {name for name in extensions if "cpython-313-x86_64" in name}
    assert on_arm
    assert {name.replace("aarch64", "x86_64") for name in on_arm} == on_x86
    assert on_arm | on_x86 == set(extensions)
    names = {path.name for path in (built / "SharedLayer" / "python").iterdir()}
    assert {"replyclock", "pydantic", "yaml", "aws_lambda_powertools", "tzdata"} <= names
    assert not {"boto3", "botocore", "rich", "bin"} & names


def test_receive_webhook(sam: Sam, backend: Backend) -> None:
    answer = sam.invoke("ReceiveWebhook", "receive_webhook")
    assert answer["statusCode"] == 202
    assert json.loads(answer["body"]) == {"accepted": 1, "duplicates": 0, "quarantined": 0}
    [event] = backend.items("7", "E#")
    assert json.loads(event["event"]["S"])["attributes"]["tier"] == "vip"


def test_measure_tickets(measured: Any, backend: Backend) -> None:
    assert measured == {"batchItemFailures": []}
    assert len(backend.items("8", "STATE")) == 1
    assert [item["sk"]["S"] for item in backend.items("8", "A#first_response#1#100#")] == ["A#first_response#1#100#vip"]


def test_publish_alerts(measured: Any, sam: Sam, backend: Backend) -> None:
    assert sam.invoke("PublishAlerts", "publish_alerts") == {"batchItemFailures": []}
    [alert] = backend.items("8", "A#first_response#1#100#")
    assert alert["status"]["S"] == "sent"
    [message] = backend.received(backend.inbox)
    assert message["TopicArn"] == backend.topic
    assert message["MessageAttributes"]["level"]["Value"] == "breach"


def test_serve_api(measured: Any, sam: Sam) -> None:
    answer = sam.invoke("ServeApi", "serve_api")
    assert answer["statusCode"] == 200
    ticket = json.loads(answer["body"])
    assert (ticket["tenant"], ticket["source"], ticket["ticket"]) == ("default", "issues", "example-org/support#8")
    assert "breached" in json.dumps(ticket["clocks"])


def test_serve_reports(sam: Sam) -> None:
    """DuckDB runs in the Lambda image, from its own layer; there are no facts yet."""
    answer = sam.invoke("ServeReports", "serve_reports")
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"])["total"]["tickets"]["created"] == 0


def test_check_deadlines(sam: Sam, backend: Backend) -> None:
    keep_opening(backend, "9")
    assert sam.invoke("CheckDeadlines", "check_deadlines") == {"batchItemFailures": []}
    assert len(backend.items("9", "STATE")) == 1
    assert len(backend.items("9", "A#first_response#1#100#")) == 1


def test_sweep_deadlines(sam: Sam, backend: Backend) -> None:
    backend.put(
        {
            "pk": {"S": "T#default#issues#example-org/support#10"},
            "sk": {"S": "STATE"},
            "due_shard": {"S": "DUE#0"},
            "due_at": {"S": "2026-03-02T09:15:00.000000Z"},
        }
    )
    assert sam.invoke("SweepDeadlines", "sweep_deadlines") is None
    assert "example-org/support#10" in [message["ticket"] for message in backend.received(backend.queue)]


def test_reconcile_sources(sam: Sam) -> None:
    assert sam.invoke("ReconcileSources", "reconcile_sources") is None


def test_drop_tickets(sam: Sam) -> None:
    assert sam.invoke("DropTickets", "drop_tickets") is None


def test_a_signed_webhook_over_http(api: str, backend: Backend) -> None:
    payload = json.loads(json.loads((EVENTS / "receive_webhook.json").read_text(encoding="utf-8"))["body"])
    payload["issue"] |= {"id": 70000011, "number": 11}
    body = json.dumps(payload).encode()
    signature = "sha256=" + hmac.new(SIGNING_SECRET.encode(), body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "X-GitHub-Event": "issues", "X-Hub-Signature-256": signature}
    url = f"{api}/webhooks/issues"

    assert call("POST", url, {**headers, "X-Hub-Signature-256": "sha256=" + "0" * 64}, body)[0] == 401
    assert backend.items("11") == []
    assert call("POST", url, headers, body) == (202, {"accepted": 1, "duplicates": 0, "quarantined": 0})
    assert call("POST", url, headers, body) == (202, {"accepted": 0, "duplicates": 1, "quarantined": 0})
    assert len(backend.items("11", "E#")) == 1


def test_the_api_over_http(measured: Any, api: str) -> None:
    assert call("GET", f"{api}/health", {})[0] == 200
    ticket = f"{api}/tickets/default/issues/example-org%2Fsupport%238"
    assert call("GET", ticket, {})[0] == 401
    status, found = call("GET", ticket, {"Authorization": f"Bearer {API_TOKEN}"})
    assert (status, found["ticket"]) == (200, "example-org/support#8")
