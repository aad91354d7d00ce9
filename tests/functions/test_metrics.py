"""What functions print for CloudWatch: metrics in the embedded format, each counted by what it is to be counted by."""

from __future__ import annotations

import json
from typing import Any

import pytest

from replyclock.adapters.runtime import count_published
from replyclock.domain.instants import SECOND, format_instant
from tests.adapters.samples import created

from .conftest import Context, Deployed
from .test_functions import ISSUE, stream


def printed(output: str) -> list[dict[str, Any]]:
    return [document for document in map(json.loads, output.splitlines()) if "_aws" in document]


def test_what_was_told_is_counted_by_its_level(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "replyclock")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "replyclock")
    count_published({"breach": 2, "warning": 1})
    found = {}
    for document in printed(capsys.readouterr().out):
        [directive] = document["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == document["service"] == "replyclock"
        assert directive["Metrics"] == [{"Name": "AlertsPublished", "Unit": "Count"}]
        [dimensions] = directive["Dimensions"]
        assert set(dimensions) == {"service", "level"}
        found[document["level"]] = document["AlertsPublished"]
    assert found == {"breach": [2], "warning": [1]}


def test_nothing_told_is_nothing_counted(capsys: pytest.CaptureFixture[str]) -> None:
    count_published({})
    assert capsys.readouterr().out == ""


def test_it_is_counted_how_long_each_event_waited_until_its_ticket_was_measured(
    deployed: Deployed, capsys: pytest.CaptureFixture[str]
) -> None:
    start = deployed.now() - 20 * SECOND
    deployed.told(created(ISSUE, start), received_at=start)
    event = stream("measure_tickets", "E#created", "E#reply")
    for record, received_at in zip(event["Records"], (start, start + 15 * SECOND), strict=True):
        record["dynamodb"]["NewImage"] = {"received_at": {"S": format_instant(received_at)}}
    deployed.call("measure_tickets", event)
    [document] = printed(capsys.readouterr().out)
    [directive] = document["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["service"]]
    assert {"Name": "IngestLag", "Unit": "Milliseconds"} in directive["Metrics"]
    first, second = document["IngestLag"]
    assert first >= 20_000
    assert first - second == pytest.approx(15_000)


def test_what_could_not_be_measured_is_not_counted_yet(deployed: Deployed, capsys: pytest.CaptureFixture[str]) -> None:
    deployed.told(created(ISSUE, deployed.now()))
    function = deployed.load("measure_tickets")
    event = stream("measure_tickets", "E#created")
    event["Records"][0]["dynamodb"]["NewImage"] = {"received_at": {"S": format_instant(deployed.now())}}
    # Without a queue the deadline in ten seconds cannot be armed.
    function.refresh.timers._queue_url += "-gone"
    assert function.lambda_handler(event, Context()) != {"batchItemFailures": []}
    assert "IngestLag" not in capsys.readouterr().out
