from __future__ import annotations

import csv
import io
import json
from typing import Any

import boto3
import pytest

from replyclock.adapters.faults import DynamoFaults
from replyclock.domain.instants import DAY, SECOND
from replyclock.service.reports import REPORTS
from tests.adapters.samples import created, reply

from .conftest import Deployed
from .test_serve_api import request

HOSTILE = "=HYPERLINK(1)"


@pytest.fixture
def built(deployed: Deployed) -> Deployed:
    at = deployed.now() - DAY
    for number, channel in (("1", "chat"), ("2", HOSTILE)):
        key = ("acme", "desk", number)
        deployed.told(created(key, at, channel=channel), reply(key, at + 30 * SECOND), received_at=at)
        deployed.refresh(key)
    deployed.compile(deployed.now() + DAY)
    return deployed


def ask(deployed: Deployed, path: str, **query: str) -> Any:
    return deployed.ask(request(path, **query))


def test_a_report_as_csv_runs_nothing_in_a_spreadsheet(built: Deployed) -> None:
    answer = ask(built, "/reports/summary", by="channel", format="csv")
    assert (answer["statusCode"], answer["headers"]["Content-Type"]) == (200, "text/csv; charset=utf-8")
    rows = list(csv.DictReader(io.StringIO(answer["body"], newline="")))
    assert [one["rows"] for one in rows] == ["total", "before", "group", "group"]
    assert {one["group.channel"] for one in rows[2:]} == {"chat", f"'{HOSTILE}"}
    assert [one["tickets.created"] for one in rows] == ["2", "0", "1", "1"]
    assert rows[0]["clocks.first_response.median_seconds"] == "30"
    assert not any(value.startswith(("=", "@", "+")) for one in rows for value in one.values())


@pytest.mark.parametrize("report", REPORTS)
def test_each_report_has_a_table_of_its_own(built: Deployed, report: str) -> None:
    document = json.loads(ask(built, f"/reports/{report}")["body"])
    answer = ask(built, f"/reports/{report}", format="csv")
    assert answer["statusCode"] == 200
    head, *rows = csv.reader(io.StringIO(answer["body"], newline=""))
    assert all(len(one) == len(head) for one in rows)
    # With two tickets there is nothing to compare, and nobody had either.
    assert bool(rows) == (report not in ("causes", "agents"))
    assert document["at"]


def test_facts_that_cannot_be_read_are_set_aside_by_the_function_itself(built: Deployed) -> None:
    partition = built.facts.manifest().partitions[0]
    boto3.client("s3").delete_object(Bucket=built.bucket, Key=partition.objects["tickets"].key)
    shown = json.loads(ask(built, "/reports/summary")["body"])
    assert shown["missing"][0] == {"day": partition.name, "reason": "its figures cannot be read now"}
    assert list(DynamoFaults(built.store.table).partitions()) == [(partition.first_day, 0)]


def test_it_answers_nothing_else_and_nobody_without_the_token(built: Deployed) -> None:
    assert built.call("serve_reports", request("/nowhere"))["statusCode"] == 404
    for path in ("/reports/summary", "/policy/document"):
        assert built.call("serve_reports", request(path, token=None))["statusCode"] == 401
