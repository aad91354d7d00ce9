"""`replyclock connection`, against AWS services in this process."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from replyclock.adapters import administration
from replyclock.adapters.connections import DynamoGroupNames
from replyclock.adapters.dynamodb import Table
from replyclock.cli.main import main
from replyclock.domain.instants import SECOND, format_instant
from replyclock.sources import providers, source, zendesk
from replyclock.sources.base import connection_from_document
from tests.reconcile.server import Question, Tool, served

SECRET = "a-signing-secret"
SESSION = boto3.Session("testing", "testing", region_name="us-east-1")


@pytest.fixture(autouse=True)
def deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    # A session loads the models of its services anew, which takes longer than most of these tests: all share one.
    monkeypatch.setattr(boto3, "Session", lambda *_, **__: SESSION)
    with mock_aws(config={"core": {"reset_boto3_session": False}}):
        template = {
            "Parameters": {"Stage": {"Type": "String"}},
            "Resources": {
                "Table": {
                    "Type": "AWS::DynamoDB::Table",
                    "Properties": {
                        "BillingMode": "PAY_PER_REQUEST",
                        "KeySchema": [
                            {"AttributeName": "pk", "KeyType": "HASH"},
                            {"AttributeName": "sk", "KeyType": "RANGE"},
                        ],
                        "AttributeDefinitions": [
                            {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")
                        ],
                    },
                }
            },
            "Outputs": {"ApiUrl": {"Value": "https://api.example"}, "TableName": {"Value": {"Ref": "Table"}}},
        }
        SESSION.client("cloudformation").create_stack(
            StackName="replyclock",
            TemplateBody=json.dumps(template),
            Parameters=[{"ParameterKey": "Stage", "ParameterValue": "prod"}],
        )
        yield


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str, secret: str = SECRET) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{secret}\n"))
    return main(["connection", *arguments])


def stored_secrets() -> dict[str, str]:
    vault = SESSION.client("secretsmanager")
    names = [secret["Name"] for secret in vault.list_secrets()["SecretList"]]
    return {name: vault.get_secret_value(SecretId=name)["SecretString"] for name in names}


def test_a_connection_is_stored_and_its_url_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--name", "support", "--tenant", "acme", "--attribute", "tier=detail.organization_id", "--bot", "77"]
    assert run(monkeypatch, "add", "zendesk", *given) == 0
    told = capsys.readouterr().out
    assert "https://api.example/webhooks/support" in told
    assert SECRET not in told
    assert stored_secrets() == {"replyclock/prod/connections/support/1": SECRET}
    assert run(monkeypatch, "list") == 0
    assert capsys.readouterr().out.split() == [
        "support", "zendesk", "tenant", "acme", "1", "secret", "https://api.example/webhooks/support",
    ]  # fmt: skip


def test_a_generated_secret_is_shown_once(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "add", "github", "--name", "code", "--generate") == 0
    (secret,) = stored_secrets().values()
    assert len(secret) >= 32
    assert secret in capsys.readouterr().out


@pytest.mark.parametrize("secret", ["", "   ", "this_secret_is_for_testing_only"])
def test_a_connection_that_would_be_open_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], secret: str
) -> None:
    assert run(monkeypatch, "add", "zendesk", "--name", "support", secret=secret) == 2
    assert "secret" in capsys.readouterr().err
    assert stored_secrets() == {}
    assert run(monkeypatch, "list") == 0
    assert capsys.readouterr().out == ""


def test_a_name_that_is_taken_keeps_its_secret(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "add", "zendesk", "--name", "support") == 0
    assert run(monkeypatch, "add", "github", "--name", "support", secret="another") == 2
    assert "support exists" in capsys.readouterr().err
    assert stored_secrets() == {"replyclock/prod/connections/support/1": SECRET}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["add", "zendesk", "--name", "Support"], "name"),
        (["add", "zendesk", "--name", "support", "--attribute", "tier"], "NAME=PATH"),
        (["add", "zendesk", "--name", "replyclock-smoke-x"], "--name: must not begin with replyclock-smoke-"),
        (["add", "zendesk", "--name", "x", "--tenant", "replyclock-smoke-x"], "--tenant: must not begin"),
        (["add", "zendesk", "--name", "support", "--status", "Parked"], "NAME=STATUS"),
        (["add", "zendesk", "--name", "support", "--status", "Parked=asleep"], "status_map.Parked"),
        (["add", "zendesk", "--name", "support", "--timezone", "Mars"], "timezone"),
        (["add", "zendesk", "--name", "support", "--group", "L2"], "--group: L2 must be ID=NAME"),
        (["add", "zendesk", "--name", "support", "--group", "7=\x07"], "groups.7"),
        (["show", "nobody"], "no connection nobody"),
        (["add", "zendesk", "--name", "support", "--event-bus"], "--event-bus: zendesk"),
        (["remove", "nobody"], "no connection nobody"),
        (["rotate", "nobody", "--finish"], "no connection nobody"),
        (["rotate", "nobody"], "no connection nobody"),
        (["test", "nobody"], "no connection nobody"),
        (["change", "nobody", "--bot", "7"], "no connection nobody"),
        (["guide", "generic", "nothing.json"], "TEMPLATE"),
        (["list", "--stack", "other"], "other"),
        (["list", "--local"], "make run"),
    ],
)
def test_what_is_wrong_is_told(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    arguments: list[str],
    told: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(monkeypatch, *arguments) == 2
    out, err = capsys.readouterr()
    assert (out, told in err) == ("", True), err


# --- what a connection has ---


def stored() -> dict[str, Any]:
    table = SESSION.client("dynamodb").list_tables()["TableNames"][0]
    items = SESSION.client("dynamodb").scan(TableName=table)["Items"]
    return {item["sk"]["S"]: json.loads(item["document"]["S"]) for item in items}


def test_all_options_are_stored_as_the_functions_read_them(monkeypatch: pytest.MonkeyPatch) -> None:
    given = [
        "--status",
        "A=B=pending",
        "--status",
        "Parked=on_hold",
        "--timezone",
        "Europe/Berlin",
        "--account",
        "acme",
    ]
    given += ["--url", "https://desk.example/hook", "--language", "zh", "--bot", "7", "--bot", "8"]
    assert run(monkeypatch, "add", "jira", "--name", "support", *given, "--attribute", "tier=issue.fields.x") == 0
    connection = connection_from_document(stored()["support"])
    assert connection.status_map == {"a=b": "pending", "parked": "on_hold"}
    assert (connection.timezone, connection.account, connection.language) == ("Europe/Berlin", "acme", "zh")
    assert (connection.url, connection.bots) == ("https://desk.example/hook", ("7", "8"))
    assert connection.attributes == {"tier": "issue.fields.x"}


@pytest.mark.parametrize("provider", providers())
def test_each_tool_is_told_what_to_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], provider: str
) -> None:
    assert run(monkeypatch, "add", provider, "--name", "support") == 0
    told = capsys.readouterr().out
    assert "webhook URL  https://api.example/webhooks/support" in told
    assert source(provider).setup in told
    assert f"connection guide {provider}" in told
    assert "connection test support" in told
    # A tool that signs the URL signs the one that it was told.
    assert stored()["support"]["url"] == "https://api.example/webhooks/support"


def test_a_secret_that_can_sign_nothing_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "add", "generic", "--name", "desk", secret="whsec_no base64!") == 2
    assert "secrets" in capsys.readouterr().err
    assert stored() == {}


def test_what_comes_over_an_event_bus_needs_no_secret(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "add", "salesforce", "--name", "cases", "--event-bus") == 0
    assert "webhook URL" not in capsys.readouterr().out
    assert stored()["cases"]["secrets"] == []
    assert stored_secrets() == {}


# --- change ---


def test_what_a_connection_says_of_its_tool_can_be_changed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ["--status", "Parked=on_hold", "--status", "Gone=closed", "--attribute", "tier=a.b", "--bot", "Kim"]
    assert run(monkeypatch, "add", "jira", "--name", "desk", "--tenant", "acme", "--timezone", "UTC", *given) == 0
    assert run(monkeypatch, "rotate", "desk", secret="the-next-secret") == 0
    assert run(monkeypatch, "api", "desk", "--url", "https://acme.example", secret="api-token") == 0
    kept = {name: one for name, one in stored()["desk"].items() if name in ("secrets", "api", "url", "tenant")}
    secrets = stored_secrets()
    capsys.readouterr()
    # The option that a metric of unknown statuses asks for; letter case is nothing to tell two statuses apart by.
    change = ["--status", "Waiting for parts=on_hold", "--status", "PARKED=pending", "--status", "gone="]
    change += ["--attribute", "tier=a.c", "--attribute", "brand=d", "--bot", "8", "--no-bot", "kim"]
    assert run(monkeypatch, "change", "desk", *change, "--account", "acme", "--timezone", "", "--language", "zh") == 0
    connection = connection_from_document(stored()["desk"])
    assert connection.status_map == {"waiting for parts": "on_hold", "parked": "pending"}
    assert connection.attributes == {"tier": "a.c", "brand": "d"}
    assert (connection.bots, connection.account, connection.timezone) == (("8",), "acme", None)
    assert (connection.name, connection.provider, connection.language) == ("desk", "jira", "zh")
    assert {name: stored()["desk"][name] for name in kept} == kept
    assert (stored_secrets(), len(kept)) == (secrets, 4)
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert lines[:10] == [
        "desk is changed:",
        "language: en -> zh",
        "timezone: UTC -> nothing",
        "status parked: on_hold -> pending",
        "status gone: closed -> nothing",
        "attribute tier: a.b -> a.c",
        "bot Kim: a program -> nothing",
        "account: nothing -> acme",
        "status waiting for parts: nothing -> on_hold",
        "attribute brand: nothing -> d",
    ]
    assert "replyclock replay --connection desk" in lines
    # Said once more, and taken back.
    assert run(monkeypatch, "change", "desk", "--status", "parked=pending", "--bot", "8", "--account", "acme") == 0
    assert "nothing is changed" in capsys.readouterr().out
    assert run(monkeypatch, "change", "desk", "--account", "", "--attribute", "tier=", "--attribute", "brand=") == 0
    assert {"account", "attributes"}.isdisjoint(stored()["desk"])


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "nothing is asked to change"),
        (["--status", "Waiting=asleep"], "status_map.Waiting"),
        (["--status", "Waiting"], "NAME=STATUS"),
        (["--status", "Prked="], "--status: Prked is not there"),
        (["--status", "Waiting=open", "--status", "WAITING=pending"], "status_map"),
        (["--attribute", "Tier="], "--attribute: Tier is not there"),
        (["--group", "360001="], "--group: 360001 is not there"),
        (["--group", "360001"], "ID=NAME"),
        ([f"--group={number}=G" for number in range(501)], "501 groups would have names: a connection keeps 500"),
        (["--attribute", "tier=a b"], "attributes.tier"),
        (["--no-bot", "8"], "--no-bot: 8 is not there"),
        (["--timezone", "Mars", "--account", "acme"], "timezone"),
    ],
)
def test_a_wrong_change_is_told_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    given = ["--status", "Parked=on_hold", "--attribute", "tier=a.b", "--bot", "7"]
    assert run(monkeypatch, "add", "jira", "--name", "desk", *given) == 0
    before = stored()
    capsys.readouterr()
    assert run(monkeypatch, "change", "desk", *arguments) == 2
    out, err = capsys.readouterr()
    assert (out, told in err) == ("", True), err
    assert stored() == before


def test_a_change_does_not_undo_one_that_somebody_else_makes_just_now(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, "add", "jira", "--name", "desk")
    put = administration._put

    def somebody_was_first(*arguments: Any, **more: Any) -> None:
        monkeypatch.setattr(administration, "_put", put)
        assert run(monkeypatch, "change", "desk", "--status", "Parked=pending") == 0
        put(*arguments, **more)

    monkeypatch.setattr(administration, "_put", somebody_was_first)
    assert run(monkeypatch, "change", "desk", "--status", "Parked=on_hold") == 2
    assert "changed meanwhile" in capsys.readouterr().err
    assert stored()["desk"]["status_map"] == {"parked": "pending"}


def learn(names: dict[str, str]) -> None:
    table = Table(SESSION.client("dynamodb"), SESSION.client("dynamodb").list_tables()["TableNames"][0])
    DynamoGroupNames(table).learn("desk", names)


def test_groups_are_named_shown_and_taken_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "add", "zendesk", "--name", "desk", "--group", "360001=L2") == 0
    learn({"360001": "First level", "360002": "Billing=EU"})
    capsys.readouterr()
    assert run(monkeypatch, "list") == 0
    # What a person has named goes before what was learned.
    assert capsys.readouterr().out.splitlines()[1] == "  groups L2 (360001), Billing=EU (360002)"
    assert run(monkeypatch, "change", "desk", "--group", "360003=L3", "--group", "360002=") == 0
    told = capsys.readouterr().out
    assert "group 360002: Billing=EU -> nothing" in told and "group 360003: nothing -> L3" in told
    assert run(monkeypatch, "show", "desk") == 0
    assert capsys.readouterr().out.splitlines()[1:] == ["  language: en", "  group 360001: L2", "  group 360003: L3"]
    assert stored()["desk"]["groups"] == {"360001": "L2", "360003": "L3"}
    assert run(monkeypatch, "change", "desk", *(f"--group={number}=G{number}" for number in range(7))) == 0
    capsys.readouterr()
    assert run(monkeypatch, "list") == 0
    assert "G2 (2) and 4 more: replyclock connection show desk" in capsys.readouterr().out


def test_what_was_learned_outlives_a_change_of_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, "add", "zendesk", "--name", "desk") == 0
    learn({"360001": "L2"})
    assert run(monkeypatch, "rotate", "desk", secret="the-next-secret") == 0
    deployment = administration.deployed_stack("replyclock")
    assert administration.get_connection(deployment, "desk")["groups"] == {"360001": "L2"}
    assert [one["groups"] for one in administration.list_connections(deployment)] == [{"360001": "L2"}]
    assert run(monkeypatch, "remove", "desk", "--yes") == 0
    learn({"360001": "L2"})
    assert stored() == {}, "a connection that was removed does not come back"


# --- remove ---


@pytest.mark.parametrize(("answer", "arguments"), [("y", []), ("Yes", []), ("", ["--yes"])])
def test_a_connection_is_removed_with_its_secrets(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: str, arguments: list[str]
) -> None:
    run(monkeypatch, "add", "zendesk", "--name", "support")
    run(monkeypatch, "add", "github", "--name", "code")
    run(monkeypatch, "rotate", "support", secret="the-next-secret")
    capsys.readouterr()
    assert run(monkeypatch, "remove", "support", *arguments, secret=answer) == 0
    assert "What came through it stays" in capsys.readouterr().out
    assert set(stored()) == {"code"}
    assert stored_secrets() == {"replyclock/prod/connections/code/1": SECRET}
    assert run(monkeypatch, "add", "zendesk", "--name", "support", secret="a-later-secret") == 0


@pytest.mark.parametrize("answer", ["", "n", "no", "yup"])
def test_without_a_yes_it_stays(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], answer: str
) -> None:
    run(monkeypatch, "add", "zendesk", "--name", "support")
    capsys.readouterr()
    assert run(monkeypatch, "remove", "support", secret=answer) == 1
    out, err = capsys.readouterr()
    assert (out, "nothing was removed" in err) == ("", True)
    assert set(stored()) == {"support"}
    assert len(stored_secrets()) == 1


# --- rotate ---


def test_both_secrets_are_valid_until_the_rotation_is_finished(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = (f"replyclock/prod/connections/support/{number}" for number in (1, 2))
    run(monkeypatch, "add", "zendesk", "--name", "support")
    capsys.readouterr()
    assert run(monkeypatch, "rotate", "support", secret="the-next-secret") == 0
    told = capsys.readouterr().out
    assert "the-next-secret" not in told
    assert zendesk.setup in told
    assert "rotate support --finish" in told
    assert stored()["support"]["secrets"] == [one, two]
    assert stored_secrets() == {one: SECRET, two: "the-next-secret"}
    assert run(monkeypatch, "rotate", "support", "--finish") == 0
    assert stored()["support"]["secrets"] == [two]
    assert stored_secrets() == {two: "the-next-secret"}
    assert run(monkeypatch, "rotate", "support", "--finish") == 0
    assert stored_secrets() == {two: "the-next-secret"}
    assert run(monkeypatch, "rotate", "support", "--generate") == 0
    three = two[:-1] + "3"
    assert stored()["support"]["secrets"] == [two, three]
    assert stored_secrets()[three] in capsys.readouterr().out


@pytest.mark.parametrize("secret", ["", "this_secret_is_for_testing_only"])
def test_a_rotation_to_no_secret_changes_nothing(monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    run(monkeypatch, "add", "zendesk", "--name", "support")
    before = stored(), stored_secrets()
    assert run(monkeypatch, "rotate", "support", secret=secret) == 2
    assert (stored(), stored_secrets()) == before


def test_of_two_rotations_at_once_one_is_refused_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, "add", "zendesk", "--name", "support")
    deployment = administration.deployed_stack("replyclock")
    put = administration._put

    def somebody_was_first(*arguments: Any, **more: Any) -> None:
        monkeypatch.setattr(administration, "_put", put)
        administration.add_secret(deployment, "support", "of somebody else")
        put(*arguments, **more)

    monkeypatch.setattr(administration, "_put", somebody_was_first)
    assert run(monkeypatch, "rotate", "support", secret="the-next-secret") == 2
    assert "changed meanwhile" in capsys.readouterr().err
    assert set(stored()["support"]["secrets"]) == set(stored_secrets())
    assert set(stored_secrets().values()) == {SECRET, "of somebody else"}


def test_of_two_connections_of_one_name_at_once_the_first_keeps_its_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    put = administration._put

    def somebody_was_first(*arguments: Any, **more: Any) -> None:
        monkeypatch.setattr(administration, "_put", put)
        assert run(monkeypatch, "add", "github", "--name", "support", secret="of somebody else") == 0
        put(*arguments, **more)

    monkeypatch.setattr(administration, "_put", somebody_was_first)
    assert run(monkeypatch, "add", "zendesk", "--name", "support") == 2
    assert stored()["support"]["provider"] == "github"
    assert [stored_secrets()[one] for one in stored()["support"]["secrets"]] == ["of somebody else"]
    assert len(stored_secrets()) == 1


@pytest.mark.parametrize("arguments", [["rotate", "support", "--finish"], ["remove", "support", "--yes"]])
def test_a_secret_that_somebody_keeps_elsewhere_is_not_deleted(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    SESSION.client("secretsmanager").create_secret(Name="shared/zendesk", SecretString=SECRET)
    run(monkeypatch, "add", "zendesk", "--name", "support")
    table = SESSION.client("dynamodb").list_tables()["TableNames"][0]
    document = json.dumps(stored()["support"] | {"secrets": ["shared/zendesk"]})
    key = {"pk": {"S": "CONNECTIONS"}, "sk": {"S": "support"}}
    SESSION.client("dynamodb").put_item(TableName=table, Item={**key, "document": {"S": document}})
    assert run(monkeypatch, "rotate", "support", secret="the-next-secret") == 0
    assert stored()["support"]["secrets"] == ["shared/zendesk", "replyclock/prod/connections/support/2"]
    assert run(monkeypatch, *arguments) == 0
    assert stored_secrets()["shared/zendesk"] == SECRET


# --- asking the tool ---


def test_a_tool_is_asked_with_a_token_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "add", "github", "--name", "code") == 0
    api = ["api", "code", "--url", "https://api.github.example/repos/o/r/"]
    assert run(monkeypatch, *api, secret="api-token") == 0
    told = capsys.readouterr().out
    assert "replyclock reconcile --connection code" in told
    assert "api-token" not in told
    reference = "replyclock/prod/connections/code/api"
    assert stored()["code"]["api"] == {"url": "https://api.github.example/repos/o/r", "secret": reference}
    assert stored_secrets()[reference] == "api-token"
    # A newer token replaces it; the signing secret stays.
    assert run(monkeypatch, *api, secret="newer") == 0
    assert stored_secrets() == {reference: "newer", "replyclock/prod/connections/code/1": SECRET}
    assert run(monkeypatch, "api", "code", "--remove") == 0
    assert "api" not in stored()["code"]
    assert stored_secrets() == {"replyclock/prod/connections/code/1": SECRET}
    assert run(monkeypatch, *api) == 0
    assert run(monkeypatch, "remove", "code", "--yes") == 0
    assert stored_secrets() == {}


@pytest.mark.parametrize(
    ("provider", "arguments", "secret", "told"),
    [
        ("github", ["--url", "http://api.github.example/repos/o/r"], "t", "https://"),
        ("github", ["--url", "https://api.github.example/?token=x"], "t", "api.url"),
        ("github", ["--url", "https://api.github.example/repos/o/r"], " ", "token: is missing"),
        ("linear", ["--url", "https://api.linear.example"], "t", "cannot be asked"),
    ],
)
def test_access_that_would_be_of_no_use_is_refused(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    provider: str,
    arguments: list[str],
    secret: str,
    told: str,
) -> None:
    assert run(monkeypatch, "add", provider, "--name", "desk") == 0
    assert run(monkeypatch, "api", "desk", *arguments, secret=secret) == 2
    assert told in capsys.readouterr().err
    assert "api" not in stored()["desk"]
    assert list(stored_secrets()) == ["replyclock/prod/connections/desk/1"]


def test_reconciling_from_a_terminal_tells_what_was_missed_and_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = format_instant(time.time_ns() // 1000 - 3600 * SECOND).split(".")[0].rstrip("Z") + "Z"
    user = {"login": "casey", "type": "User"}

    def answer(asked: Question) -> Any:
        if asked.path.endswith("/timeline") or opened < asked.query["since"]:
            return []
        issue = {"number": 4, "url": "https://api.example/repos/o/r/issues/4", "user": user, "state": "open"}
        return [{**issue, "labels": [], "assignees": [], "created_at": opened, "updated_at": opened}]

    with served(Tool(answer)) as tool:
        assert run(monkeypatch, "add", "github", "--name", "code") == 0
        assert run(monkeypatch, "api", "code", "--url", f"{tool.url}/repos/o/r", secret="api-token") == 0
        capsys.readouterr()
        assert main(["reconcile", "--connection", "code"]) == 0
        told = capsys.readouterr().out
        assert "1 ticket changed; missed 1 ticket.created" in told
        assert "GitHub sends each webhook once" in told
        assert main(["reconcile", "--connection", "code", "--since", "2020-01-01"]) == 0
        assert "nothing was missed" in capsys.readouterr().out
        assert run(monkeypatch, "list") == 0
        assert "nothing was missed" in capsys.readouterr().out
        tool.faults.append((401, {}))
        assert main(["reconcile", "--connection", "code"]) == 1
        told = capsys.readouterr().out
        assert "refuses the credentials" in told
        assert "nothing was missed" not in told
        # Whoever does not want to wait as long as the tool asks is not shown where it happened.
        tool.faults.append((429, {"Retry-After": "45"}))
        monkeypatch.setattr(time, "sleep", _interrupt)
        assert main(["reconcile", "--connection", "code"]) == 130
        assert capsys.readouterr().err == "the tool is asked again in 45 s\nbroken off\n"


def _interrupt(_seconds: float) -> None:
    raise KeyboardInterrupt
