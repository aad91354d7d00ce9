"""Each tool's webhook, signed, through the deployed endpoint to a clock; and Salesforce's changes over an event bus.

MiniStack delivers from its buses through a rule's input transformer as EventBridge does, but neither associates a
partner's bus nor takes events of an origin such as `aws.partner/…` from anybody. So the template's own rule cannot be
deployed here: its target, with the transformer, gets the rule of this test, on a bus of this test.
"""

from __future__ import annotations

import io
import json
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from infra.local.api import Reply, now, wait_for
from infra.local.connections import connect
from infra.local.deploy import ROOT
from replyclock.cli.main import main
from replyclock.domain.events import TicketKey
from replyclock.domain.instants import SECOND, format_instant
from replyclock.sources import providers, source
from replyclock.sources.base import SAMPLE_SECONDS, Connection, Headers, Webhook

from .conftest import MEASURED_WITHIN, System

NEVER_SIGNED_WITH = "a secret that nobody has"


class Tool:
    """A tool whose connection a test has configured, and its sample of a ticket that no other test has."""

    def __init__(self, system: System, provider: str) -> None:
        name = f"{provider}-{uuid.uuid4().hex[:8]}"
        self.system = system
        self.source = source(provider)
        self.connection = Connection(name=name, provider=provider, url=f"https://desk.example/webhooks/{name}")
        self.opened_at = now() // SECOND * SECOND - SAMPLE_SECONDS * SECOND
        self.bodies = self.source.sample(f"replyclock-test-{uuid.uuid4().hex[:8]}", self.opened_at, self.connection)
        self.secret = connect(system.deployment, [self.connection])[name]

    @property
    def key(self) -> TicketKey:
        webhook = Webhook(self.bodies[0], Headers(), now())
        return self.source.translate(webhook, self.connection).events[0].key

    def send(self, body: bytes, secret: str | None = None) -> Reply:
        headers = self.source.sign(body, secret or self.secret, now(), url=self.connection.url or "")
        return self.system.api.post_webhook(self.connection.name, body, headers)


@pytest.mark.parametrize("provider", providers())
def test_the_webhook_of_each_tool_becomes_a_clock(system: System, provider: str) -> None:
    tool = Tool(system, provider)
    opening, ending = tool.bodies
    assert tool.send(opening, NEVER_SIGNED_WITH).status == 401
    assert system.api.ticket(tool.key) is None
    sent = tool.send(opening)
    assert (sent.status, sent.document["duplicates"], sent.document["quarantined"]) == (202, 0, 0)
    assert sent.document["accepted"] > 0
    system.wait_until_measured(tool.key)
    ticket = system.api.ticket(tool.key)
    assert ticket is not None
    clock = ticket["clocks"][0]
    opened_at = format_instant(tool.opened_at)
    assert ticket["created_at"] == opened_at
    assert ticket["state"] in ("new", "open")
    assert ticket["counts"]["replies"] == 0
    assert (clock["metric"], clock["started_at"], clock["stopped_at"]) == ("first_response", opened_at, None)
    assert (clock["state"], clock["reason"]) == ("no_target", None)
    assert clock["elapsed_seconds"] >= SAMPLE_SECONDS
    assert tool.send(opening).document["accepted"] == 0

    assert tool.send(ending).document["quarantined"] == 0
    ticket = system.api.ticket(tool.key)
    assert ticket is not None
    clock = ticket["clocks"][0]
    if ticket["state"] == "deleted":
        assert (clock["state"], clock["reason"], clock["seconds"]) == ("cancelled", "deleted", None)
    else:
        assert ticket["state"] in ("solved", "closed")
        assert (clock["stopped_by"], clock["seconds"]) == ("solve", SAMPLE_SECONDS)


def test_the_trial_of_intercom_is_answered(system: System) -> None:
    tool = Tool(system, "intercom")
    assert system.api._call("HEAD", f"/webhooks/{tool.connection.name}", None, {}).status == 200
    assert system.api._call("HEAD", "/webhooks/nobody", None, {}).status == 404


def test_the_command_configures_tries_and_removes_a_connection(
    system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO("a-signing-secret\n"))
        status = main(["connection", *arguments, "--local"])
        return status, capsys.readouterr().out

    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "endpoint.json").write_text(json.dumps(system.deployment.endpoint_document()))
    monkeypatch.chdir(tmp_path)
    name = f"made-{uuid.uuid4().hex[:8]}"
    # HubSpot signs the URL as well, which here is not the one that the function sees.
    assert run("add", "hubspot", "--name", name)[0] == 0
    status, told = run("test", name)
    assert (status, "deleted now" in told) == (0, True), told
    assert run("rotate", name, "--generate")[0] == 0
    assert run("rotate", name, "--finish")[0] == 0
    assert name in run("list")[1]
    assert run("remove", name, "--yes")[0] == 0
    assert name not in run("list")[1]


@contextmanager
def ruled(system: System, connection: str, origin: str) -> Iterator[str]:
    """A bus whose events of that origin go where the template's rule sends Salesforce's; its name."""
    events, functions = (system.deployment.cloud.client(name) for name in ("events", "lambda"))
    arn = functions.get_function(FunctionName="replyclock-local-receive-webhook")["Configuration"]["FunctionArn"]
    rule: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))["Resources"][
        "SalesforceChanges"
    ]["Properties"]
    [target] = rule["Targets"]
    template = target["InputTransformer"]["InputTemplate"]["Fn::Sub"]
    assert re.findall(r"\$\{(\w+)\}", template) == ["SalesforceConnection"]
    transformer = {"InputTemplate": template.replace("${SalesforceConnection}", connection)}
    bus = f"bus-{uuid.uuid4().hex[:8]}"
    events.create_event_bus(Name=bus)
    pattern = rule["EventPattern"] | {"source": [origin]}
    events.put_rule(Name=bus, EventBusName=bus, EventPattern=json.dumps(pattern))
    events.put_targets(
        Rule=bus, EventBusName=bus, Targets=[{"Id": "function", "Arn": arn, "InputTransformer": transformer}]
    )
    try:
        yield bus
    finally:
        events.remove_targets(Rule=bus, EventBusName=bus, Ids=["function"])
        events.delete_rule(Name=bus, EventBusName=bus)
        events.delete_event_bus(Name=bus)


def test_changes_of_salesforce_come_over_an_event_bus(system: System) -> None:
    tool = Tool(system, "salesforce")
    system.configure(tool.connection)  # without its secret: over HTTP nothing comes in
    with ruled(system, tool.connection.name, "a.test") as bus:
        for body in tool.bodies:
            event = json.loads(body)
            told = system.deployment.cloud.client("events").put_events(
                Entries=[
                    {
                        "EventBusName": bus,
                        "Source": "a.test",
                        "DetailType": event["detail-type"],
                        "Detail": json.dumps(event["detail"]),
                    }
                ]
            )
            assert told["FailedEntryCount"] == 0
        system.wait_until_measured(tool.key)
        ticket = wait_for(
            lambda: one if (one := system.api.ticket(tool.key)) and one["state"] == "deleted" else None,
            MEASURED_WITHIN / SECOND,
        )
    assert ticket is not None
    assert ticket["created_at"] == format_instant(tool.opened_at)
    assert [one["type"] for one in ticket["events"]] == ["ticket.created", "ticket.deleted"]
    assert tool.send(tool.bodies[0]).status == 401
