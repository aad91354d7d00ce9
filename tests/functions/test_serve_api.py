from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote

import boto3
import pytest

from replyclock.domain.instants import SECOND
from tests.adapters.samples import created
from tests.service.test_policies import document

from .conftest import TOKEN, Context, Deployed, recorded


def request(path: str, method: str = "GET", token: str | None = TOKEN, body: str | None = None, **query: str) -> Any:
    event = recorded("serve_api")
    http = event["requestContext"]["http"] | {"method": method, "path": path}
    headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
    return event | {
        "rawPath": path,
        "headers": headers,
        "pathParameters": None,
        "queryStringParameters": query or None,
        "requestContext": event["requestContext"] | {"http": http},
        "body": body,
    }


def call(deployed: Deployed, *args: Any, **options: Any) -> tuple[int, Any]:
    return answer(deployed.call("serve_api", request(*args, **options)))


def answer(response: Any) -> tuple[int, Any]:
    assert response["headers"]["Content-Type"] == "application/json"
    assert response["isBase64Encoded"] is False
    return response["statusCode"], json.loads(response["body"])


def test_health_needs_no_token(deployed: Deployed) -> None:
    assert call(deployed, "/health", token=None) == (200, {"status": "ok"})


PATHS = ["/tickets", "/tickets/default/desk/1", "/policy", "/policy/versions", "/nowhere", "/health/", "/healthx"]


@pytest.mark.parametrize("path", PATHS)
def test_everything_else_does(deployed: Deployed, path: str) -> None:
    function = deployed.load("serve_api")
    for token in (None, "", "wrong", TOKEN + "x", TOKEN[:-1], "ü"):
        assert answer(function.lambda_handler(request(path, token=token), Context())) == (
            401,
            {"error": "not authenticated"},
        )
    event = request(path)
    event["headers"] = {"authorization": f"Basic {TOKEN}"}
    assert answer(function.lambda_handler(event, Context()))[0] == 401


@pytest.mark.parametrize("token", ["", " "])
def test_an_empty_token_opens_nothing(deployed: Deployed, token: str) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId="replyclock/test/api-token", SecretString=token or " ")
    assert call(deployed, "/policy", token=token)[0] == 401


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/nowhere", "GET"),
        ("/tickets", "PUT"),
        ("/tickets/a", "GET"),
        ("/tickets/a/b", "GET"),
        ("/tickets/a/b/c", "GET"),
    ],
)
def test_what_is_not_there_is_404(deployed: Deployed, path: str, method: str) -> None:
    assert call(deployed, path, method) == (404, {"error": "not found"})


AWKWARD = ["1", "owner/repo#12", "100%", "a%2Fb", "a%23b", "a b+c", "ünï/çode", "a//b", "T#1", "x:y;z=1&2,3@4"]


@pytest.mark.parametrize("ticket", AWKWARD)
def test_a_ticket_is_found_however_its_path_was_encoded(deployed: Deployed, ticket: str) -> None:
    key = ("acme", "git-hub", ticket)
    deployed.told(created(key, deployed.now()))
    function = deployed.load("serve_api")
    encoded = quote(ticket, safe="")
    # Function URLs and SAM CLI hand it over as it was asked for, whether with slashes or without. An HTTP API undoes
    # the encoding, but for that of the percent sign.
    for form in {encoded, quote(ticket, safe="/"), ticket.replace("%", "%25")}:
        status, shown = answer(function.lambda_handler(request(f"/tickets/acme/git-hub/{form}"), Context()))
        assert (status, shown.get("ticket")) == (200, ticket), form
        assert [one["type"] for one in shown["events"]] == ["ticket.created"]
        assert all("explanation" in clock for clock in shown["clocks"])


def test_the_recorded_request_finds_its_ticket(deployed: Deployed) -> None:
    event = recorded("serve_api")
    parameters = event["pathParameters"]
    deployed.told(created((parameters["tenant"], parameters["source"], parameters["ticket"]), deployed.now()))
    event["headers"]["authorization"] = f"Bearer {TOKEN}"
    status, shown = answer(deployed.call("serve_api", event))
    assert (status, shown["ticket"]) == (200, parameters["ticket"])


def test_open_tickets_are_listed_in_pages(deployed: Deployed) -> None:
    for number in range(5):
        key = ("acme", "desk", str(number))
        deployed.told(created(key, deployed.now() - (20 - number) * SECOND))
        deployed.refresh(key)
    function = deployed.load("serve_api")

    def page(**query: str) -> Any:
        status, shown = answer(function.lambda_handler(request("/tickets", state="breached", **query), Context()))
        assert status == 200
        return [ticket["ticket"] for ticket in shown["tickets"]], shown["cursor"]

    assert page(tenant="acme") == (["0", "1", "2", "3", "4"], None)
    assert page(tenant="nobody") == ([], None)
    first, cursor = page(limit="3")
    assert (first, page(limit="3", cursor=cursor)) == (["0", "1", "2"], (["3", "4"], None))


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "state"),
        ({"state": "met"}, "state"),
        ({"state": "running", "limit": "0"}, "limit"),
        ({"state": "running", "limit": "51"}, "limit"),
        ({"state": "running", "limit": "²"}, "limit"),
        ({"state": "running", "cursor": "stale"}, "cursor"),
    ],
)
def test_a_wrong_question_is_400_and_named(deployed: Deployed, query: dict[str, str], field: str) -> None:
    status, shown = call(deployed, "/tickets", **query)
    assert (status, [fault["field"] for fault in shown["faults"]]) == (400, [field])


@pytest.mark.parametrize("encoded", [False, True])
def test_a_policy_is_published_shown_and_never_changed(deployed: Deployed, encoded: bool) -> None:
    assert call(deployed, "/policy")[1]["policy"] == "default"
    event = request("/policy", "PUT")
    event |= {
        "isBase64Encoded": encoded,
        "body": base64.b64encode(document(1).encode()).decode() if encoded else document(1),
    }
    status, shown = answer(deployed.call("serve_api", event))
    assert (status, shown["policy"]) == (201, "acme")
    assert call(deployed, "/policy") == (200, shown)
    assert [one["document"] for one in call(deployed, "/policy/versions")[1]["versions"]] == [shown]
    assert call(deployed, "/policy", "PUT", body=document(1, target="6s"))[0] == 409
    assert call(deployed, "/policy", "PUT", body=json.dumps(shown | {"version": 2}))[0] == 201


@pytest.mark.parametrize("body", [None, "", "[]", "a: {", "\x00", document(1, target="1d")])
def test_a_wrong_policy_is_422_with_its_faults(deployed: Deployed, body: str | None) -> None:
    status, shown = call(deployed, "/policy", "PUT", body=body)
    assert status == 422
    assert shown["faults"]
    assert all(set(fault) == {"field", "line", "problem"} for fault in shown["faults"])


def test_a_policy_that_is_no_text_is_422(deployed: Deployed) -> None:
    event = request("/policy", "PUT") | {"isBase64Encoded": True, "body": base64.b64encode(b"\xff\xfe").decode()}
    assert answer(deployed.call("serve_api", event))[0] == 422


def test_a_store_that_does_not_answer_is_503(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABLE_NAME", "no-such-table")
    assert call(deployed, "/policy") == (503, {"error": "try again later"})
