"""`replyclock smoke` and `replyclock doctor` on the real template: as whoever has deployed it uses them."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local.api import wait_for
from infra.local.inbox import Inbox
from replyclock.cli.main import main
from replyclock.domain.smoke import RESERVED

from .conftest import PROMISED_LAG, System


@pytest.fixture
def folder(system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where commands are told of the local cloud."""
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "endpoint.json").write_text(json.dumps(system.deployment.endpoint_document()))
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Run:
    """A run in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "smoke.txt"
        with self._file.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "replyclock.cli.main", "smoke", "--local"],
                cwd=folder,
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self) -> str:
        return self._file.read_text(encoding="utf-8")

    @property
    def name(self) -> str:
        return str(re.findall(rf"{RESERVED}\d+-\w+", self.said)[-1])

    def end(self, with_signal: signal.Signals) -> int:
        self.process.send_signal(with_signal)
        return self.process.wait(30)


@pytest.fixture
def run(folder: Path) -> Iterator[Run]:
    """One whose clock was measured."""
    started = Run(folder)
    try:
        assert wait_for(lambda: "clock measured" in started.said, 60), started.said
        yield started
    finally:
        if started.process.poll() is None:
            started.process.kill()
            started.process.wait()


def left(system: System) -> list[str]:
    """What there is of any run."""
    cloud, outputs = system.deployment.cloud, system.deployment.outputs
    pages = cloud.client("dynamodb").get_paginator("scan").paginate(TableName=outputs["TableName"])
    items = [item for page in pages for item in page["Items"]]
    secrets = cloud.client("secretsmanager").list_secrets()["SecretList"]
    topic = outputs["SmokeTopicArn"]
    subscriptions = cloud.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    return [
        *(f"{item['pk']['S']} {item['sk']['S']}" for item in items if RESERVED in str(item)),
        *(one["Name"] for one in secrets if RESERVED in one["Name"]),
        *(url for url in cloud.client("sqs").list_queues().get("QueueUrls", []) if "-smoke-" in url),
        *(one["Endpoint"] for one in subscriptions),
    ]


def shown(system: System) -> str:
    """What people and programs see of the system."""
    paths = ("/live", "/alerts", "/tickets?state=running", "/tickets?state=breached", "/faults")
    return "".join(json.dumps(system.api.get(path).document) for path in paths)


def test_a_stack_is_proven_and_what_a_killed_run_left_is_removed(
    system: System, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    inbox = Inbox(system.deployment.cloud.inbox)
    inbox.new()
    assert run.name.encode() and left(system)
    run.end(signal.SIGKILL)
    assert left(system)
    capsys.readouterr()
    assert main(["smoke", "--local"]) == 0
    said = capsys.readouterr().out
    with capsys.disabled():
        print(f"\n{said}")
    assert f"{run.name} of an earlier run is removed" in said
    hops = [line[:24].strip() for line in said.splitlines() if re.search(r"\d\d:\d\d:\d\d\.\d{3}", line)]
    forms = ["JSON document received", "SMS text received", "e-mail text received"]
    assert sorted(hops) == sorted(
        [
            "webhook sent",
            "webhook accepted",
            "event in the log",
            "clock measured",
            "target breached",
            "breach detected",
            "breach published",
            *forms,
            "reply sent",
            "reply accepted",
            "correction detected",
            "correction published",
            *forms,
        ]
    )
    lag = re.search(r"detection lag (\d+\.\d{3}) s", said)
    assert lag is not None
    assert float(lag[1]) <= PROMISED_LAG
    assert "Not proven: the topic of the alerts" in said
    assert max(map(len, said.splitlines())) <= 80
    assert left(system) == []
    # Neither the trial's breach nor its correction went to anybody who is subscribed to the alerts.
    assert [one.subject for one in inbox.new() if RESERVED in f"{one.attributes}{one.text}"] == []
    assert RESERVED not in shown(system)


def test_ctrl_c_removes_what_was_made_and_nobody_has_seen_the_ticket(system: System, run: Run) -> None:
    key = (run.name, run.name, run.name.removeprefix(RESERVED))
    ticket = system.api.ticket(key)
    assert ticket is not None
    [clock] = [one for one in ticket["clocks"] if one["metric"] == "first_response"]
    assert (clock["standard"], clock["target_seconds"], clock["state"]) == ("smoke", 10, "running")
    assert RESERVED not in shown(system)
    assert run.end(signal.SIGINT) == 130
    assert "broken off" in run.said
    assert "removed: connection, secret" in run.said
    assert left(system) == []


def test_being_ended_removes_it_too(system: System, run: Run) -> None:
    assert run.end(signal.SIGTERM) == 130
    assert left(system) == []


def test_what_cannot_be_proven_says_where_it_ended(
    system: System, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("replyclock.service.smoke.MEASURED_WITHIN", 2_000_000)
    functions, name = system.deployment.cloud.client("lambda"), "replyclock-local-measure-tickets"
    [mapping] = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    try:
        assert main(["smoke", "--local"]) == 1
        said = capsys.readouterr().out
        assert "NOT PROVEN: no clock was measured within 2 s" in said
        assert "measure-tickets" in said
        assert "replyclock doctor --local" in said
        assert left(system) == []
        assert main(["doctor", "--local", "--json"]) == 1
        findings = json.loads(capsys.readouterr().out)["findings"]
        assert any("measure-tickets does not read" in one["found"] for one in findings)
    finally:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


def test_the_doctor_looks_at_what_the_local_cloud_has(
    system: System, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["doctor", "--local", "--json"])
    found: dict[str, list[dict[str, Any]]] = {}
    for one in json.loads(capsys.readouterr().out)["findings"]:
        found.setdefault(one["check"], []).append(one)
    well = {name for name, every in found.items() if [one["status"] for one in every] == ["ok"]}
    assert well >= {"stack", "api", "code", "subscriptions", "filters", "readers"}
    unknown = {name for name, every in found.items() if every[0]["status"] == "could_not_look"}
    assert unknown == {"concurrency", "table", "sms", "alarms", "schedules"}
    assert all("the local cloud has nothing of this" in found[name][0]["found"] for name in unknown)
    assert found["cost"][0]["status"] == "not_asked"
