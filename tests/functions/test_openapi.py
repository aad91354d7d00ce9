"""The OpenAPI document says what the functions do: each route, each parameter, each answer (see described.py)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
from openapi_spec_validator import OpenAPIV31SpecValidator
from samtranslator.yaml_helper import yaml_parse

from replyclock.domain.instants import DAY, SECOND
from replyclock.openapi import ROUTES, Route, openapi_document
from tests.adapters.backends import ROOT
from tests.adapters.samples import created, event, reply, solved
from tests.service.house import STORM_LIMIT
from tests.service.test_storms import sum_up

from .conftest import Context, Deployed, function_of, recorded
from .described import pattern
from .test_serve_api import call, request

READ = [route for route in ROUTES if route.method == "GET" or route.query]


def test_the_document_is_valid_and_public(deployed: Deployed) -> None:
    answer = deployed.call("serve_api", request("/openapi.json", token=None))
    assert answer["statusCode"] == 200
    served = json.loads(answer["body"])
    assert served == openapi_document()
    assert not list(OpenAPIV31SpecValidator(served).iter_errors())


def routes_of_the_template() -> set[tuple[str, str]]:
    resources = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))["Resources"].values()
    events = [
        event["Properties"]
        for resource in resources
        if resource["Type"] == "AWS::Serverless::Function"
        for event in resource["Properties"].get("Events", {}).values()
        if event["Type"] == "HttpApi"
    ]
    return {(event["Method"], event["Path"]) for event in events}


def test_each_route_of_the_template_is_described_and_each_described_one_is_there() -> None:
    deployed, described = routes_of_the_template(), {(route.method, route.path) for route in ROUTES}
    assert len(described) == len(ROUTES)

    def same(gateway: tuple[str, str], route: tuple[str, str]) -> bool:
        path = re.sub(r"\{\w+\+?\}", "x", gateway[1])
        # A route of the gateway may lead to several that are described, as that of the reports does.
        wanted = re.sub(r"\\\{\w+\\\+\\\}", ".+", re.escape(gateway[1]))
        wanted = re.sub(r"\\\{\w+\\\}", "[^/]+", wanted)
        fits = pattern(route[1]).fullmatch(path) or re.fullmatch(wanted, route[1])
        return gateway[0] == route[0] and fits is not None

    assert [one for one in deployed if not any(same(one, route) for route in described)] == []
    assert [route for route in described if not any(same(one, route) for one in deployed)] == []


class Asked(dict[str, str]):
    """The parameters of a request, which remembers what was asked of it."""

    names: set[str]

    def get(self, name: str, default: Any = None) -> Any:
        self.names.add(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> str:
        self.names.add(name)
        return super().__getitem__(name)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The names of the parameters that handlers look at."""
    names: set[str] = set()

    def parameters(event: APIGatewayProxyEventV2) -> Asked:
        found = Asked(event.get("queryStringParameters") or {})
        found.names = names
        return found

    monkeypatch.setattr(APIGatewayProxyEventV2, "query_string_parameters", property(parameters))
    return names


@pytest.mark.parametrize("route", READ, ids=lambda route: route.operation_id)
def test_each_parameter_that_is_looked_at_is_described_and_each_described_one_is_looked_at(
    deployed: Deployed, asked: set[str], route: Route
) -> None:
    required = {one.name: one.schema["enum"][0] for one in route.query if one.required}
    deployed.ask(request(path_of(route), route.method, body="policy: p" if route.body else None, **required))
    assert asked == {one.name for one in route.query}


def path_of(route: Route) -> str:
    return re.sub(r"\{\w+\}", "x", route.path)


NUMBERS = [(route, one) for route in READ for one in route.query if {"minimum", "maximum"} & one.schema.keys()]


@pytest.mark.parametrize(("route", "parameter"), NUMBERS, ids=lambda one: getattr(one, "name", None))
def test_bounds_are_as_described(deployed: Deployed, route: Route, parameter: Any) -> None:
    function = deployed.load(function_of(route.path))
    required = {one.name: one.schema["enum"][0] for one in route.query if one.required}
    least, most = parameter.schema["minimum"], parameter.schema.get("maximum")
    above = [] if most is None else [(most, True), (most + 1, False)]
    for value, accepted in [(least, True), (least - 1, False), *above]:
        body = "policy: p" if route.body else None
        asking = request(path_of(route), route.method, body=body, **required, **{parameter.name: f"{value:g}"})
        answer = function.lambda_handler(asking, Context())
        faults = json.loads(answer["body"]).get("faults", []) if answer["statusCode"] in (400, 422) else []
        # Where the parameter is wrong, it is named; the empty policy of a simulation is wrong in any case.
        named = [fault["field"] for fault in faults if fault["field"].startswith(parameter.name.split("_")[0])]
        assert (not named) is accepted, (value, answer["body"][:300])


def test_reports_of_tickets_are_as_described(deployed: Deployed) -> None:
    begin = deployed.now() // DAY * DAY - 3 * DAY
    compile_reports = deployed.load("compile_reports")
    for number in range(70):
        key, at = ("default", "desk", str(number)), begin + number * 60 * SECOND
        slow = number % 2
        events = [
            created(key, at, channel=("chat", "social")[slow], tier="vip", tags="x"),
            event("assigned", "assignment.changed", at + SECOND, key, assignee="a", group=f"g{slow}"),
            reply(key, at + (5 + 900 * slow + number) * SECOND),
            solved(key, at + (2000 + number) * SECOND),
            event("rating", "rating.given", at + 3000 * SECOND, key, rating=1 + number % 5),
        ]
        deployed.told(*events[: 5 if number % 7 else 2])
        compile_reports.days.touch(key, begin // DAY, deployed.now())
    deployed.call("compile_reports", recorded("compile_reports"))
    function = deployed.load("serve_reports")
    found = {}
    for route in ROUTES:
        if route.path.startswith("/reports/"):
            # What is answered is held against the description (described.py).
            answer = function.lambda_handler(request(route.path, by="channel,group"), Context())
            assert answer["statusCode"] == 200, answer
            found[route.path.rpartition("/")[2]] = json.loads(answer["body"])
    assert found["summary"]["total"]["tickets"]["created"] == 70
    assert len(found["summary"]["groups"]) == 2
    assert found["causes"]["causes"]
    assert found["causes"]["causes"][0]["stand_out"]
    assert [one["agent"] for one in found["agents"]["agents"]] == ["a"]
    assert [point["created"] for point in found["trends"]["points"] if point["n"]] == [70]
    assert found["staffing"]["channels"][0]["hours"][0]["agents"] is not None
    assert any(one["compliance"] for one in found["advice"]["standards"])
    assert found["distribution"]["groups"][0]["n"]


def test_a_storm_is_a_line_of_the_feed_as_described(deployed: Deployed) -> None:
    start = deployed.now() - 300 * SECOND
    for number in range(STORM_LIMIT + 2):
        key = ("default", "desk", str(number))
        deployed.told(created(key, start))
        deployed.now.at = start + 11 * SECOND
        deployed.refresh(key)
        deployed.publish(key, "A#first_response#1#100#chat", "one")
    sum_up(deployed)
    status, shown = call(deployed, "/alerts")
    assert status == 200
    assert [line["kind"] for line in shown["alerts"]] == ["summary", *["alert"] * STORM_LIMIT]
