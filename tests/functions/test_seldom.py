"""What functions do seldom, so that no other test of theirs comes by it, and have to be allowed all the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import boto3
import pytest

from replyclock.adapters.sqs import timer_text
from replyclock.domain.events import TicketKey
from replyclock.domain.instants import MINUTE, SECOND, format_instant, parse_instant
from replyclock.domain.storms import Storm
from replyclock.service.faults import (
    faulty_connection,
    faulty_digest,
    faulty_part,
    faulty_storm,
    faulty_ticket,
)
from replyclock.service.ports import StormTimer, Timer
from tests.adapters.samples import KEY, created
from tests.adapters.test_upgrade import _item, lines
from tests.reconcile.server import Question, Tool, served

from .conftest import Context, Deployed, recorded
from .test_functions import queue, stream
from .test_serve_api import call

HOUR = 60 * MINUTE
BREACH = "A#first_response#1#100#chat"


def test_a_storm_is_gathered_and_summed_up(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    keys: list[TicketKey] = [("default", "desk", str(number)) for number in range(6)]
    began = deployed.now() - 2 * MINUTE
    for key in keys:
        deployed.told(created(key, began), received_at=began)
        deployed.refresh(key)
    records = [stream("publish_alerts", BREACH, key=key)["Records"][0] for key in keys]
    for number, record in enumerate(records):
        record["dynamodb"]["SequenceNumber"] = str(100 + number)
    assert deployed.call("publish_alerts", {"Records": records}) == {"batchItemFailures": []}
    assert sorted(deployed.alerts(key)[100] for key in keys) == ["sent"] * 3 + ["summarized"] * 3
    [storm] = {item["pk"]["S"] for item in deployed.store.items() if item["pk"]["S"].startswith("S#")}
    _, tenant, minute, standard = storm.split("#")
    later = deployed.now() + 3 * MINUTE
    timer = StormTimer(Storm(tenant, standard, parse_instant(minute)), later)
    monkeypatch.setattr("replyclock.adapters.runtime.now", lambda: later + SECOND)
    assert deployed.call("check_deadlines", queue(timer_text(timer))) == {"batchItemFailures": []}
    notices = [one for one in deployed.store.items() if one["pk"]["S"] == storm and one["sk"]["S"].startswith("A#")]
    assert len(notices) == 1


def test_faults_of_every_kind_and_quarantine_are_listed(deployed: Deployed) -> None:
    deployed.connect("desk")
    things = {
        "connection": faulty_connection("desk"),
        "digest": faulty_digest("1h", deployed.now()),
        "report_partition": faulty_part((20_000, 0)),
        "storm": faulty_storm(Storm("default", "chat", deployed.now())),
        "ticket": faulty_ticket(("default", "desk", "1")),
    }
    for thing in things.values():
        deployed.faults.set_aside(thing, "KeyError at digest.py:7", deployed.now())
    status, found = call(deployed, "/faults")
    assert (status, found["kinds"]) == (200, dict.fromkeys(sorted(things), 1))


def test_a_faulty_ticket_that_can_be_measured_again_is_counted_anew(deployed: Deployed) -> None:
    key = ("default", "desk", "1")
    deployed.told(created(key, deployed.now() - 20 * SECOND))
    deployed.faults.set_aside(faulty_ticket(key), "KeyError at judging.py:7", deployed.now())
    timer = Timer(key, deployed.now() - SECOND)
    assert deployed.call("check_deadlines", queue(timer_text(timer))) == {"batchItemFailures": []}
    assert deployed.faults.get(faulty_ticket(key)) is None
    assert [one for one in deployed.store.items() if one["pk"]["S"].startswith("NOTED#")]


def test_a_digest_that_fails_is_set_aside(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    deployed.told(created(at=deployed.now() - 20 * SECOND))

    def failing(*_: Any) -> Any:
        raise OverflowError

    monkeypatch.setattr("replyclock.service.digest.digests", failing)
    deployed.call("compile_reports", recorded("compile_reports"))
    assert {thing.kind for _, thing in deployed.faults.newest()} == {"digest"}


def test_names_of_groups_are_learned_and_a_fault_that_is_over_is_ended(deployed: Deployed) -> None:
    now = deployed.now() // SECOND

    def stamp(seconds: int) -> str:
        return format_instant(seconds * SECOND)

    def answer(asked: Question) -> Any:
        if asked.path.endswith("groups.json"):
            return {"groups": [{"id": 31, "name": "Billing"}], "meta": {"has_more": False}}
        if asked.path.endswith("audits.json"):
            change = {"type": "Change", "id": 4, "field_name": "group_id", "value": "31", "previous_value": None}
            audit = {"id": 9, "created_at": stamp(now - 1200), "author_id": 7, "events": [change]}
            return {"audits": [audit], "meta": {"has_more": False}}
        if asked.path.endswith("show_many.json"):
            return {"users": [{"id": 7, "role": "agent"}]}
        ticket = {
            "id": 1,
            "status": "open",
            "requester_id": 8,
            "submitter_id": 8,
            "group_id": 31,
            "assignee_id": None,
            "created_at": stamp(now - 1800),
            "updated_at": stamp(now - 1200),
            "generated_timestamp": now - 1200,
            "via": {"channel": "email"},
            "tags": [],
            "priority": None,
            "type": None,
            "custom_fields": [],
        }
        return {
            "tickets": [ticket],
            "end_of_stream": True,
            "after_cursor": "x",
            "users": [{"id": 8, "role": "end-user"}],
        }

    with served(Tool(answer)) as tool:
        secret = "replyclock/test/connections/help/api"
        boto3.client("secretsmanager").create_secret(Name=secret, SecretString="a-token")
        deployed.connect("help", provider="zendesk", api={"url": tool.url, "secret": secret, "user": "a@example.com"})
        deployed.faults.set_aside(faulty_connection("help"), "KeyError at zendesk.py:7", deployed.now())
        deployed.call("reconcile_sources", {})
    assert deployed.faults.get(faulty_connection("help")) is None
    document = deployed.connections.get("help")
    assert document is not None and document["groups"] == {"31": "Billing"}


def test_of_a_secret_that_is_not_there_it_is_said(deployed: Deployed, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the role is denied a secret, nothing says whether it is there."""
    api = {"url": "https://api.example", "secret": "replyclock/test/connections/code/api"}
    deployed.connect("code", provider="github", api=api)
    deployed.call("reconcile_sources", {})
    assert "its token is missing: there is no secret replyclock/test/connections/code/api" in capsys.readouterr().out


def test_what_version_0_1_kept_of_days_becomes_facts(deployed: Deployed) -> None:
    kept = [
        one for one in map(_item, lines("table-0.1.jsonl.gz")) if one["pk"]["S"] == "DAYS" or "DAY#" in one["pk"]["S"]
    ]
    columns = [one for one in kept if one["sk"]["S"] != "HELD" and not one["pk"]["S"].startswith("DAY#SUMS")]
    for item in columns:
        deployed.store.client.put_item(TableName=deployed.store.name, Item=item)
    deployed.call("compile_reports", recorded("compile_reports"))
    # Without their logs, which are not there, open tickets are not of any day at the next look.
    assert len(deployed.facts.manifest().partitions) > 40
    assert deployed.days.of_columns() == []
    assert not [one for one in deployed.store.items() if one["pk"]["S"].startswith("DAY#")]


def test_a_broken_month_is_noted_and_old_facts_are_removed(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    deployed.told(created(at=deployed.now() - MINUTE))
    deployed.refresh(KEY)
    deployed.call("compile_reports", recorded("compile_reports"))
    ((key, _),) = deployed.facts.manifest().months.values()
    boto3.client("s3").put_object(Bucket=deployed.bucket, Key=key, Body=b"{}")
    function = deployed.load("compile_reports")
    # Two hours later, on the hour, when what no longer counts is removed.
    later = (deployed.now() // HOUR + 3) * HOUR
    monkeypatch.setattr(function, "now", lambda: later)
    monkeypatch.setattr(function, "compile_facts", replace(function.compile_facts, clock=lambda: later))
    for _ in range(2):
        function.lambda_handler(recorded("compile_reports"), Context())
    (partition,) = deployed.facts.manifest().partitions
    assert partition.tickets == 1
    listed = boto3.client("s3").list_objects_v2(Bucket=deployed.bucket, Prefix="facts/")["Contents"]
    assert len(listed) == 2 + len(partition.objects)
