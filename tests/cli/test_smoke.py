"""`replyclock smoke` where it cannot go all the way: what it says, and that it leaves nothing behind."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from replyclock.adapters import smoke as places
from replyclock.adapters.administration import Deployment
from replyclock.adapters.dynamodb import text
from replyclock.cli import deployments, smoke
from replyclock.cli.main import main
from replyclock.domain.instants import MINUTE, SECOND
from replyclock.domain.smoke import RESERVED
from replyclock.service.smoke import POLICY
from tests.adapters.backends import REGION, moto_in_process
from tests.adapters.samples import created
from tests.service.house import House

NOWHERE = "http://127.0.0.1:9"


class Denied:
    """An answer that refuses, as clients read its status."""

    status_code = 403


class Stack(House):
    """A deployment without an API that answers."""

    def __init__(self) -> None:
        super().__init__()
        self.now.at = deployments.now()
        self.session: Any = boto3.Session(region_name=REGION)
        self.session.client("secretsmanager").create_secret(Name="replyclock/test/api-token", SecretString="token")
        self.where = Deployment(NOWHERE, self.store.name, "test", self.session, smoke_topic=self.smoke_topic_arn)

    def deny(self, action: str) -> None:
        self.session.events.register(f"before-call.{action}", self._refused)

    def allow(self, action: str) -> None:
        self.session.events.unregister(f"before-call.{action}", self._refused)

    @staticmethod
    def _refused(**_: object) -> tuple[Denied, dict[str, Any]]:
        return Denied(), {"Error": {"Code": "AccessDenied", "Message": "no"}, "ResponseMetadata": {}}

    def left(self) -> list[str]:
        """What there is of any trial."""
        vault, topics, queues = (self.session.client(name) for name in ("secretsmanager", "sns", "sqs"))
        return [
            *(f"{item['pk']['S']} {item['sk']['S']}" for item in self.store.items() if RESERVED in str(item)),
            *(one["Name"] for one in vault.list_secrets()["SecretList"] if RESERVED in one["Name"]),
            *(one["Endpoint"] for one in topics.list_subscriptions()["Subscriptions"]),
            *(url for url in queues.list_queues().get("QueueUrls", []) if "-smoke-" in url),
        ]


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Stack]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(smoke, "_WRITES_FOR", 0)
    with moto_in_process():
        stack = Stack()
        monkeypatch.setattr(deployments, "deployed_stack", lambda name: stack.where)
        yield stack


def begun(stack: Stack, at: int) -> places.TrialSite:
    """A trial that was begun at an instant, and not ended."""
    site = places.TrialSite.of(stack.where, stack.store.table, places.new_name(at))
    site.begin(POLICY, at)
    stack.told(created(site.key, at), received_at=at)
    return site


def test_an_api_that_does_not_answer_is_not_proven(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["smoke", "--stack", "acme"]) == 1
    said = capsys.readouterr().out
    assert f"NOT PROVEN: {NOWHERE}/webhooks/{RESERVED}" in said
    assert "-> replyclock doctor --stack acme" in said
    assert "removed: connection, secret, queues, subscriptions, ticket, policy" in said
    assert "proven\n" not in said
    assert stack.left() == []


@pytest.mark.parametrize(
    ("action", "permission"),
    [
        ("secrets-manager.GetSecretValue", "secretsmanager:GetSecretValue"),
        ("secrets-manager.CreateSecret", "secretsmanager:CreateSecret"),
        ("sqs.CreateQueue", "sqs:CreateQueue"),
        ("sns.Subscribe", "sns:Subscribe"),
    ],
)
def test_a_permission_that_is_missing_is_named_and_nothing_is_left(
    stack: Stack, capsys: pytest.CaptureFixture[str], action: str, permission: str
) -> None:
    stack.deny(action)
    assert main(["smoke"]) == 2
    assert f"the permission {permission} is missing" in capsys.readouterr().err
    assert stack.left() == []


def test_what_cannot_be_removed_is_said_and_found_by_the_next_run(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.deny("sqs.DeleteQueue")
    assert main(["smoke"]) == 1
    said = capsys.readouterr().out
    assert "could not remove all of" in said
    assert "-> the permission sqs:DeleteQueue is missing" in said
    assert any(one.startswith("CONNECTIONS") for one in stack.left())
    # It is this process's, which is still there: another one may be in the middle of it.
    assert main(["smoke"]) == 1
    assert "is another run's" in capsys.readouterr().out
    stack.allow("sqs.DeleteQueue")
    for item in stack.store.items():
        if item["pk"]["S"] == "CONNECTIONS":
            gone = {**item, "runner": text(f"{2**22 + 1}@{platform.node()}")}
            stack.store.client.put_item(TableName=stack.store.name, Item=gone)
    assert main(["smoke"]) == 1
    assert capsys.readouterr().out.count("of an earlier run is removed") == 2
    assert stack.left() == []


@pytest.mark.parametrize(
    ("age", "runner", "removed"),
    [
        (MINUTE, None, False),
        (MINUTE, f"{2**22 + 1}@elsewhere", False),
        (MINUTE, f"{os.getpid()}@{platform.node()}", False),
        (MINUTE, f"{2**22 + 1}@{platform.node()}", True),
        (21 * MINUTE, f"{os.getpid()}@{platform.node()}", True),
        (21 * MINUTE, "1@elsewhere", True),
    ],
    ids=["unknown", "elsewhere", "goes on", "is over", "too old to be this one", "elsewhere long ago"],
)
def test_what_a_run_has_left_is_removed_once_it_is_over(
    stack: Stack, capsys: pytest.CaptureFixture[str], age: int, runner: str | None, removed: bool
) -> None:
    site = begun(stack, stack.now() - age)
    stack.refresh(site.key)
    [item] = [one for one in stack.store.items() if one["pk"]["S"] == "CONNECTIONS"]
    item = {name: value for name, value in item.items() if name != "runner"}
    item |= {"runner": text(runner)} if runner else {}
    stack.store.client.put_item(TableName=stack.store.name, Item=item)
    assert main(["smoke"]) == 1
    said = capsys.readouterr().out
    assert (f"{site.name} of an earlier run is removed" in said) is removed
    assert (f"{site.name} is another run's" in said) is not removed
    assert (stack.left() == []) is removed


def test_a_ticket_that_lost_its_connection_is_found_where_it_falls_due(stack: Stack) -> None:
    site = begun(stack, stack.now() - 30 * MINUTE)
    stack.store.client.delete_item(TableName=stack.store.name, Key={"pk": text("CONNECTIONS"), "sk": text(site.name)})
    stack.now.at -= 30 * MINUTE
    stack.store.client.delete_item(
        TableName=stack.store.name, Key={"pk": text(f"T#{'#'.join(site.key)}"), "sk": text("OVERLAY")}
    )
    stack.refresh(site.key)
    assert main(["smoke"]) == 1
    assert stack.left() == []


def test_a_clock_that_differs_from_awss_is_corrected(
    stack: Stack, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smoke, "clock_offset", lambda where: 40 * SECOND)
    main(["smoke"])
    assert "this machine's clock differs from AWS's by 40 s: it is corrected" in capsys.readouterr().out


def test_of_a_machine_with_the_right_time_nothing_is_said(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    assert abs(places.clock_offset(stack.where)) < 2 * SECOND
    main(["smoke"])
    assert "differs" not in capsys.readouterr().out


def test_an_older_stack_has_no_topic_for_it(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    stack.where = Deployment(NOWHERE, stack.store.name, "test", stack.session)
    assert main(["smoke"]) == 2
    assert "has no topic for trials: it is older than this command" in capsys.readouterr().err
    assert stack.left() == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--stack", "a", "--local"], "not allowed with"),
        (["--local"], "no local cloud is up"),
        (["--fast"], "unrecognized arguments"),
    ],
)
def test_bad_input(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        status = main(["smoke", *arguments])
    except SystemExit as ended:
        status = int(ended.code or 0)
    assert status == 2
    assert said in capsys.readouterr().err


def test_a_stack_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    with moto_in_process():
        assert main(["smoke", "--stack", "nowhere"]) == 2
    assert "the stack nowhere cannot be read" in capsys.readouterr().err
