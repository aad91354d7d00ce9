"""`replyclock connection`, against AWS services in this process."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from replyclock.cli.main import main

SECRET = "a-signing-secret"


@pytest.fixture(autouse=True)
def deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
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
        boto3.client("cloudformation").create_stack(
            StackName="replyclock",
            TemplateBody=json.dumps(template),
            Parameters=[{"ParameterKey": "Stage", "ParameterValue": "prod"}],
        )
        yield


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str, secret: str = SECRET) -> int:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{secret}\n"))
    return main(["connection", *arguments])


def stored_secrets() -> dict[str, str]:
    vault = boto3.client("secretsmanager")
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
