"""Each parameter of each endpoint, with values that nobody sends who means well.

ENDPOINTS has an entry for each route of the function, with the parameters that it reads: a route or a parameter that is
missing here fails the test.
"""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from types import ModuleType
from typing import Any

import pytest
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from replyclock.domain.instants import DAY, SECOND
from tests.adapters.backends import moto_in_process
from tests.adapters.samples import created, reply
from tests.service.test_policies import document

from .conftest import Context, Deployed, function_of
from .test_serve_api import request

CPU_SECONDS_MAX = 2.0
"""Of a call, generously: all of them are about two tickets."""


def cursor(*fields: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(fields).encode()).decode().rstrip("=")


EMPTY = ["", " "]
NUMBERS = [
    "-1",
    "0",
    "1e7",
    "1e400",
    "NaN",
    "nan",
    "Infinity",
    "-inf",
    "9" * 3_999,
    "9" * 5_000,
    "0x10",
    "1_0",
    "²",
    "٣",
]
INSTANTS = [
    *("0001-01-01", "9999-12-31", "2026-13-01", "2026-02-30", "1989-12-31", "2201-01-01", "2026-W01-1", "20260101"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-06-01T09:00:00", "2026-06-01T09:00:60Z"),
]
ZONES = [
    "localtime",
    "../etc/passwd",
    "/etc/passwd",
    "posixrules",
    "Europe/Berlin/..",
    "right/UTC",
    "tzdata.zi",
    "utc\n",
]
UNPRINTABLE = ["a\0b", "\x1b[31m", "a\nb", "\x85", "\ud83d", "x\udc00"]
LONG = ["x" * 10_000, "😀" * 5_000]
CURSORS = [
    base64.urlsafe_b64encode(b"[" * 1_100).decode(),
    base64.urlsafe_b64encode(b'{"a":' * 500).decode(),
    *("[1]", "=", "====", "é", cursor(), cursor(1), cursor(1, 10**30, 10**30, 10**30, "acme", "desk", "1")),
    cursor(1, 0, 0, 0, "acme", "desk", "1"),
    cursor(1, 1_700_000_000_000_000, "x", -1, "acme", "desk", "1"),
    cursor(1, 10**30, "ticket", "acme", "desk", "1"),
    *(cursor(1, 10**30, "aa"), cursor(1, 1e300, None), cursor("running", None, "a", *"bcd"), cursor(*range(900))),
]
TEXTS = [
    "' OR 1=1 --",
    "<script>",
    "%00",
    "%2e%2e",
    "true",
    "a,a",
    "😀",
    ",".join(f"n{i}" for i in range(700)),
    "true,false",
]
VALUES = [*EMPTY, *NUMBERS, *INSTANTS, *ZONES, *UNPRINTABLE, *LONG, *CURSORS, *TEXTS]


class Kind(Enum):
    """What a parameter takes of all the values: nothing, where it is a limit, an instant or one of a few words."""

    STRICT = re.compile("")
    TEXT = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{0,4000}")
    KNOWN = re.compile("(acme|channel|hour_of_week)?")
    """Of reports: a tenant, a dimension or an attribute that some ticket has."""
    TRUTH = re.compile("(true|false)?")
    NUMBER = re.compile("([1-9][0-9]{0,9})?")


STRICT, TEXT, KNOWN, TRUTH, NUMBER = Kind
SPAN = {"from": STRICT, "to": STRICT, "zone": STRICT}
ASKED = {**SPAN, "by": KNOWN, "cohort": STRICT, "tenant": KNOWN}
REPORTED = {**ASKED, "format": STRICT}
PAGED = {"limit": STRICT, "cursor": STRICT}


@dataclass(frozen=True)
class Endpoint:
    """A path of a route, its parameters, and what else it is asked with."""

    path: str
    parameters: dict[str, Kind] = field(default_factory=dict)
    usual: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    alike: tuple[str, ...] = ()
    """Other paths, which read the same parameters in the same way."""
    required: tuple[str, ...] = ()
    """Parameters without a default."""


ENDPOINTS: dict[tuple[str, str], list[Endpoint]] = {
    ("GET", "/"): [Endpoint("/")],
    ("GET", "/assets/.+"): [Endpoint("/assets/x/app.js")],
    ("GET", "/health"): [Endpoint("/health")],
    ("GET", "/openapi.json"): [Endpoint("/openapi.json")],
    ("GET", "/tickets"): [
        Endpoint("/tickets", {"state": STRICT, "tenant": TEXT, **PAGED}, {"state": "running"}, required=("state",))
    ],
    ("GET", "/live"): [
        Endpoint(
            "/live", {**dict.fromkeys(["tenant", "channel", "tier", "group"], TEXT), "limit": STRICT, "counts": STRICT}
        )
    ],
    ("GET", "/tickets/.+"): [Endpoint("/tickets/acme/desk/1", {**PAGED, "ticket": TEXT})],
    ("GET", "/alerts"): [Endpoint("/alerts", {"tenant": TEXT, "limit": STRICT, "after": STRICT})],
    ("GET", "/faults"): [Endpoint("/faults", {**PAGED, "quarantine": STRICT})],
    ("GET", "/policy"): [Endpoint("/policy")],
    ("GET", "/policy/document"): [
        Endpoint(
            "/policy/document",
            {**ASKED, **dict.fromkeys(["lang", "format", "handling_seconds", "share"], STRICT)},
            required=("lang", "format"),
        )
    ],
    ("GET", "/policy/text"): [Endpoint("/policy/text", {"version": NUMBER})],
    ("GET", "/policy/draft"): [Endpoint("/policy/draft", {"version": NUMBER})],
    ("POST", "/policy/check"): [Endpoint("/policy/check", body="policy: p")],
    ("GET", "/policy/versions"): [Endpoint("/policy/versions")],
    ("PUT", "/policy"): [Endpoint("/policy", {"tells_past": TRUTH}, body="policy: p")],
    ("POST", "/policy/simulation"): [Endpoint("/policy/simulation", {**SPAN, "most": STRICT}, body=document(9))],
    ("GET", "/reports/<report>"): [
        Endpoint("/reports/summary", REPORTED, alike=("/reports/causes", "/reports/agents", "/reports/advice")),
        Endpoint("/reports/trends", {**REPORTED, "every": STRICT, "metric": STRICT}),
        Endpoint("/reports/distribution", {**REPORTED, "metric": STRICT}),
        Endpoint("/reports/staffing", {**REPORTED, "handling_seconds": STRICT, "share": STRICT}),
    ],
}
CASES = [
    (method, endpoint, name)
    for (method, _), endpoints in ENDPOINTS.items()
    for endpoint in endpoints
    for name in endpoint.parameters
    # Of the reports, one stands for what all read in the same way.
    if not endpoint.path.startswith("/reports/") or endpoint.path == "/reports/summary" or name not in REPORTED
]
IDS = [
    *("..", ".", "%2e%2e", "..%2F..%2Fetc%2Fpasswd", "a?b", "a%3Fb", "a#b", "%00", "a\0", "\x7f", "%", "%zz", "%ff%fe"),
    *("\ud83d", "x" * 300, "x" * 10_000, "😀" * 200, "a//b", "/", " ", "T#1", "' OR 1=1", "{}", "$a", "<b>"),
]


@pytest.fixture(scope="module")
def function() -> Iterator[ModuleType]:
    """The functions behind the API as one, over two tickets whose facts are built."""
    with moto_in_process(), pytest.MonkeyPatch.context() as patch:
        deployed = Deployed(patch)
        at = deployed.now() - DAY
        for number in ("1", "2"):
            key = ("acme", "desk", number)
            deployed.told(created(key, at), reply(key, at + 30 * SECOND), received_at=at)
            deployed.refresh(key)
        deployed.compile(deployed.now() + DAY)
        functions = [deployed.load(name) for name in ("serve_api", "serve_reports")]

        def handler(event: Any, context: Context) -> Any:
            chosen = functions[function_of(event["rawPath"]) == "serve_reports"]
            return chosen.lambda_handler(event, context)

        routes = [route for one in functions for route in (*one.app._static_routes, *one.app._dynamic_routes)]
        whole = ModuleType("both")
        whole.__dict__.update(lambda_handler=handler, routes=routes)
        yield whole


def ask(
    function: ModuleType, method: str, endpoint: Endpoint, path: str | None = None, **query: str
) -> tuple[int, Any]:
    event = request(path or endpoint.path, method, body=endpoint.body, **{**endpoint.usual, **query})
    begun = time.process_time()
    response = function.lambda_handler(event, Context())
    assert time.process_time() - begun < CPU_SECONDS_MAX, query
    json.dumps(response, ensure_ascii=False).encode()  # as the runtime sends it
    is_json = response["headers"]["Content-Type"] == "application/json" and not response["isBase64Encoded"]
    return response["statusCode"], json.loads(response["body"]) if is_json else None


def test_each_route_has_its_entry(function: ModuleType) -> None:
    assert {(route.method, route.path) for route in function.routes} == set(ENDPOINTS)


@pytest.mark.parametrize(
    ("method", "endpoint", "path"),
    [
        (method, endpoint, path)
        for (method, _), endpoints in ENDPOINTS.items()
        for endpoint in endpoints
        for path in (endpoint.path, *endpoint.alike)
    ],
    ids=str,
)
def test_each_parameter_that_is_read_has_its_entry(
    function: ModuleType, monkeypatch: pytest.MonkeyPatch, method: str, endpoint: Endpoint, path: str
) -> None:
    read: set[str] = set()

    class Recording(dict[str, str]):
        def get(self, name: str, default: Any = None) -> Any:
            read.add(name)
            return super().get(name, default)

        def __getitem__(self, name: str) -> str:
            read.add(name)
            return super().__getitem__(name)

    whole = property(lambda event: Recording(event["queryStringParameters"] or {}))
    monkeypatch.setattr(APIGatewayProxyEventV2, "query_string_parameters", whole)
    assert ask(function, method, endpoint, path)[0] in (200, 404, 422)
    assert read == set(endpoint.parameters)


@pytest.mark.parametrize(("method", "endpoint", "name"), CASES, ids=lambda one: getattr(one, "path", one))
def test_what_a_parameter_does_not_take_is_refused_by_its_name(
    function: ModuleType, method: str, endpoint: Endpoint, name: str
) -> None:
    taken = endpoint.parameters[name].value
    for value in VALUES:
        status, shown = ask(function, method, endpoint, **{name: value})
        refused = [fault["field"] for fault in (shown or {}).get("faults", [])]
        named = any(name in field.split(", ") for field in refused)
        is_taken = taken.fullmatch(value) is not None and not (value == "" and name in endpoint.required)
        assert named is not is_taken, (value[:40], status, refused)
        # A document without a policy of its own is 422, a ticket that nobody knows 404.
        assert status in ((200, 404, 422) if is_taken else (400, 422)), (value[:40], shown)


@pytest.mark.parametrize("before", ["/tickets/acme/desk/", "/tickets/acme/", "/tickets/", "/reports/", "/assets/", "/"])
def test_what_is_not_there_is_404_whatever_it_is_called(function: ModuleType, before: str) -> None:
    for name in IDS:
        status, _ = ask(function, "GET", Endpoint(before + name))
        assert status == 404 or (before + name, status) in (("/", 200), ("//", 404)), name


def test_no_header_makes_it_fail(function: ModuleType) -> None:
    for name in ("authorization", "if-none-match", "accept-encoding"):
        for value in [*VALUES, "Bearer \ud83d", "Bearer " + "x" * 10_000, 'W/"', "*", "gzip;q=x", ",,,;"]:
            event = request("/policy")
            event["headers"] = {**event["headers"], name: value} if name != "authorization" else {name: value}
            assert function.lambda_handler(event, Context())["statusCode"] in (200, 304, 401)
