from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from replyclock.domain.errors import UnknownConnection
from replyclock.domain.events import event_document
from replyclock.domain.instants import SECOND
from replyclock.service.receive import LARGEST_BODY
from replyclock.sources import generic, salesforce, zendesk
from replyclock.sources.base import connection_without_options
from tests.adapters.samples import created
from tests.service.house import SECRET

from .conftest import Context, Deployed, recorded
from .test_functions import metrics


def request(
    deployed: Deployed, body: bytes, *, secret: str = SECRET, ahead: int = 0, encoded: bool = False, name: str = "desk"
) -> Any:
    event = recorded("receive_webhook")
    headers = generic.sign(body, secret, deployed.now() + ahead)
    return event | {
        "rawPath": f"/webhooks/{name}",
        "pathParameters": {"connection": name},
        "headers": {name.upper(): value for name, value in headers.items()},
        "isBase64Encoded": encoded,
        "body": base64.b64encode(body).decode() if encoded else body.decode(),
    }


def answer(response: Any) -> tuple[int, Any]:
    assert response["headers"]["content-type"] == "application/json"
    return response["statusCode"], json.loads(response["body"])


BODY = json.dumps(event_document(created()) | {"subject": "Ünïcode of a private matter"}, ensure_ascii=False).encode()


@pytest.mark.parametrize("encoded", [False, True])
def test_a_signed_webhook_is_accepted_once(
    deployed: Deployed, capsys: pytest.CaptureFixture[str], encoded: bool
) -> None:
    deployed.connect()
    function = deployed.load("receive_webhook")
    answers = [answer(function.lambda_handler(request(deployed, BODY, encoded=encoded), Context())) for _ in range(2)]
    assert answers == [
        (202, {"accepted": 1, "duplicates": 0, "quarantined": 0}),
        (202, {"accepted": 0, "duplicates": 1, "quarantined": 0}),
    ]
    output = capsys.readouterr().out
    assert metrics(output)["EventsDuplicate"] == [1]
    assert "private" not in output


def test_every_failed_authentication_has_one_answer(deployed: Deployed, capsys: pytest.CaptureFixture[str]) -> None:
    deployed.connect()
    deployed.connect("open", secret=None)
    function = deployed.load("receive_webhook")
    forged = request(deployed, BODY, secret="another")
    unsigned = forged | {"headers": {}}
    old, future = (request(deployed, BODY, ahead=ahead * SECOND) for ahead in (-400, 400))
    no_secret = request(deployed, BODY, name="open")
    changed = request(deployed, BODY) | {"body": "{}"}
    answers = [
        answer(function.lambda_handler(one, Context())) for one in (forged, unsigned, old, future, no_secret, changed)
    ]
    assert answers == [(401, {"error": "not authenticated"})] * 6
    assert [item["pk"]["S"] for item in deployed.store.items()] == ["CONNECTIONS", "CONNECTIONS"], "nothing is stored"
    output = capsys.readouterr().out
    refusals = [json.loads(line) for line in output.splitlines() if "WebhooksRefused" in line]
    assert [one["reason"] for one in refusals] == ["Unauthenticated"] * 6


def test_an_unknown_connection_is_404(deployed: Deployed) -> None:
    assert answer(deployed.call("receive_webhook", request(deployed, BODY)))[0] == 404


def test_more_than_a_mebibyte_is_413(deployed: Deployed) -> None:
    deployed.connect()
    for encoded in (False, True):
        large = request(deployed, b" " * (LARGEST_BODY + 1), encoded=encoded)
        assert answer(deployed.call("receive_webhook", large))[0] == 413


def test_what_cannot_be_read_is_counted(deployed: Deployed) -> None:
    deployed.connect()
    for body in (b"{", b"", "\ud800".encode("utf-8", "surrogatepass")):
        response = deployed.call("receive_webhook", request(deployed, body, encoded=True))
        assert answer(response) == (202, {"accepted": 0, "duplicates": 0, "quarantined": 1})


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":' * 50_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"id": ' + b"1" * 5000 + b"}",
        b'{"id": NaN, "ticket": Infinity}',
        b'{"id": 1, "id": 2}',
        b"\xff\xfe",
        b'["\\ud83d"]',
    ],
)
def test_nothing_in_an_authentic_body_is_answered_with_an_error(deployed: Deployed, body: bytes) -> None:
    deployed.connect()
    response = deployed.call("receive_webhook", request(deployed, body, encoded=True))
    assert answer(response) == (202, {"accepted": 0, "duplicates": 0, "quarantined": 1})


@pytest.mark.parametrize(
    "change",
    [
        {"body": "no base64!", "isBase64Encoded": True},
        {"body": "\ud83d", "isBase64Encoded": False},
        {"body": "\ud83d", "isBase64Encoded": True},
        {"headers": {"webhook-signature": "\ud800", "webhook-id": "\ud800", "webhook-timestamp": "9" * 10_000}},
        {"headers": {"x-replyclock-token": "\ud800"}, "rawPath": "/webhooks/\ud800"},
        {"headers": {f"x-{i}": "y" * 1000 for i in range(1000)}},
        {"headers": None},
    ],
)
def test_whatever_a_stranger_sends_is_not_authentic(deployed: Deployed, change: dict[str, Any]) -> None:
    deployed.connect()
    response = deployed.call("receive_webhook", request(deployed, BODY) | change)
    assert answer(response) == (401, {"error": "not authenticated"})


@pytest.mark.parametrize("name", ["x" * 64, "x" * 2000, "Desk", "desk%20", "\ud800", ".."])
def test_what_can_be_no_connection_is_404_without_a_look_at_the_table(deployed: Deployed, name: str) -> None:
    function = deployed.load("receive_webhook")
    function.table._name = "no-such-table"
    assert answer(function.lambda_handler(request(deployed, BODY, name=name), Context()))[0] == 404


def test_what_could_not_be_stored_is_503(deployed: Deployed) -> None:
    deployed.connect()
    function = deployed.load("receive_webhook")
    function.receive.log._table._name = "no-such-table"
    assert answer(function.lambda_handler(request(deployed, BODY), Context()))[0] == 503


def test_a_handshake_is_answered(deployed: Deployed) -> None:
    deployed.connect()
    event = request(deployed, b"")
    event["requestContext"]["http"]["method"] = "OPTIONS"
    event["headers"] = {"webhook-request-origin": "tool.example.com"}
    response = deployed.call("receive_webhook", event)
    assert response["statusCode"] == 200
    assert response["headers"]["WebHook-Allowed-Origin"] == "tool.example.com"


def test_the_recorded_webhook_of_github_is_refused_without_its_connection(deployed: Deployed) -> None:
    assert answer(deployed.call("receive_webhook", recorded("receive_webhook")))[0] == 404


def test_the_log_says_why_and_nothing_of_the_body(deployed: Deployed, capsys: pytest.CaptureFixture[str]) -> None:
    deployed.connect()
    deployed.call("receive_webhook", request(deployed, BODY, secret="another"))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (refused,) = [line for line in lines if line.get("message") == "refused"]
    assert (refused["status"], refused["connection"], refused["level"]) == (401, "desk", "WARNING")
    assert refused["why"]
    assert "private" not in json.dumps(lines)
    assert SECRET not in json.dumps(lines)


def test_unknown_statuses_are_counted(deployed: Deployed, capsys: pytest.CaptureFixture[str]) -> None:
    deployed.connect(provider="zendesk")
    opened, _ = zendesk.sample("7", deployed.now(), connection_without_options("zendesk"))
    for status, count in (("NEW", 0), ("SLEEPING", 1)):
        body = opened.replace(b'"NEW"', json.dumps(status).encode())
        event = request(deployed, body) | {"headers": zendesk.sign(body, SECRET, deployed.now())}
        assert answer(deployed.call("receive_webhook", event))[0] == 202
        assert metrics(capsys.readouterr().out)["UnknownStatuses"] == [count]


def test_groups_without_a_name_are_counted(deployed: Deployed, capsys: pytest.CaptureFixture[str]) -> None:
    deployed.connect(provider="zendesk", groups={"21": "L2"})
    opened, _ = zendesk.sample("7", deployed.now(), connection_without_options("zendesk"))
    for group, count in (("21", 0), ("22", 1)):
        changed = {"type": "zen:event-type:ticket.group_assignment_changed", "event": {"current": group}}
        body = json.dumps(json.loads(opened) | changed).encode()
        event = request(deployed, body) | {"headers": zendesk.sign(body, SECRET, deployed.now())}
        assert answer(deployed.call("receive_webhook", event))[0] == 202
        assert metrics(capsys.readouterr().out)["UnnamedGroups"] == [count]


# --- over an event bus ---


def handed_over(deployed: Deployed, name: str = "cases") -> dict[str, Any]:
    """What the template's rule sends."""
    body, _ = salesforce.sample("500A", deployed.now(), connection_without_options("salesforce"))
    return {"connection": name, "event": json.loads(body)}


def test_an_event_of_the_partner_bus_is_taken_in(deployed: Deployed, capsys: pytest.CaptureFixture[str]) -> None:
    deployed.connect("cases", provider="salesforce", secrets=[])
    function = deployed.load("receive_webhook")
    answers = [function.lambda_handler(handed_over(deployed), Context()) for _ in range(2)]
    assert [one["accepted"] for one in answers] == [1, 0]
    assert metrics(capsys.readouterr().out)["EventsDuplicate"] == [1]


@pytest.mark.parametrize("name", ["nobody", "desk"])
def test_one_that_cannot_be_taken_in_fails_so_that_it_is_kept(deployed: Deployed, name: str) -> None:
    deployed.connect("desk")
    with pytest.raises(UnknownConnection):
        deployed.call("receive_webhook", handed_over(deployed, name))


@pytest.mark.parametrize("place", ["body", "headers", "queryStringParameters", "pathParameters", "stageVariables"])
def test_over_http_nothing_makes_a_request_look_like_one(deployed: Deployed, place: str) -> None:
    """All that a caller can choose lies in these places; the request context is the gateway's own."""
    deployed.connect("cases", provider="salesforce", secrets=[])
    chosen = handed_over(deployed)
    event = request(deployed, b"{}", name="cases")
    if place == "body":
        event |= {"body": json.dumps(chosen), "isBase64Encoded": False}
    else:
        event[place] = {**(event.get(place) or {}), **{name: json.dumps(value) for name, value in chosen.items()}}
        event["pathParameters"]["connection"] = "cases"
    assert answer(deployed.call("receive_webhook", event)) == (401, {"error": "not authenticated"})
    assert [item["pk"]["S"] for item in deployed.store.items()] == ["CONNECTIONS"], "nothing is stored"
