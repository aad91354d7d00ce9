"""The stack of the analytics keeps the rules of the others: narrow roles, encryption, nothing lost with the stack."""

from __future__ import annotations

import ast
import json
import tomllib
from typing import Any

import pytest
from cfnlint.api import lint_file
from samtranslator.yaml_helper import yaml_parse

from tests.template.test_operations import EXPORTS, imports
from tests.template.test_template import DEPLOYED, ROOT, TEMPLATE, Resource, listed, named, of_type, statements

STACK = yaml_parse((ROOT / "infra" / "analytics.yaml").read_text(encoding="utf-8"))
RESOURCES: dict[str, Resource] = STACK["Resources"]
ROLES = of_type("AWS::IAM::Role", RESOURCES)
FUNCTIONS = of_type("AWS::Serverless::Function", RESOURCES)


def test_the_template_is_valid() -> None:
    assert lint_file(ROOT / "infra" / "analytics.yaml") == []


def test_what_it_shares_with_the_main_stack() -> None:
    stage = STACK["Parameters"]["Stage"]
    assert {key: stage[key] for key in stage if key != "Description"} == {
        key: value for key, value in TEMPLATE["Parameters"]["Stage"].items() if key != "Description"
    }
    assert all("Default" in one for one in STACK["Parameters"].values())
    assert {"replyclock-prod-Table"} == set(imports(RESOURCES)) <= EXPORTS.keys()
    config = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))["analytics"]["deploy"]["parameters"]
    build = f"--build-dir {config['template_file'].removesuffix('/template.yaml')}\n"
    made = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert build in made
    assert "--config-env analytics " in made


def test_the_table_has_no_third_reader_but_a_stream_of_its_own_where_one_is_named() -> None:
    assert DEPLOYED["Table"]["Properties"]["KinesisStreamSpecification"] == {
        "Fn::If": ["HasAnalytics", {"StreamArn": {"Ref": "AnalyticsStreamArn"}}, {"Ref": "AWS::NoValue"}]
    }
    assert TEMPLATE["Parameters"]["AnalyticsStreamArn"]["Default"] == ""
    assert "AnalyticsStreamArn" in STACK["Outputs"]["StreamArn"]["Description"]


@pytest.mark.parametrize("name", ROLES)
def test_roles_name_single_actions_on_what_is_theirs(name: str) -> None:
    assert not ROLES[name].get("ManagedPolicyArns")
    assert list(statements(ROLES[name]))
    for statement in statements(ROLES[name]):
        assert statement["Effect"] == "Allow"
        assert not any("*" in action for action in listed(statement["Action"]))
        for resource in listed(statement["Resource"]):
            text = json.dumps(resource)
            assert "*" not in text or text.endswith(('/events/*"}', '/errors/*"}', '/figures/*"}')), text


def test_the_export_reads_the_figures_of_days_and_nothing_else_of_the_table() -> None:
    [statement] = [one for one in statements(ROLES["ExportFiguresRole"]) if "dynamodb" in json.dumps(one["Action"])]
    assert set(statement["Action"]) == {"dynamodb:GetItem", "dynamodb:Query"}
    assert statement["Condition"] == {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["DAYS", "DAY#*"]},
        "Null": {"dynamodb:LeadingKeys": "false"},
    }


def test_only_schedules_of_the_account_take_the_role_of_schedules() -> None:
    [schedule] = [one for function in FUNCTIONS.values() for one in function.get("Events", {}).values()]
    [trust] = ROLES[named(schedule["Properties"]["RoleArn"])]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_have_their_own_role_and_log_and_the_settings_that_they_read(name: str) -> None:
    function = FUNCTIONS[name]
    assert (named(function["Role"]), named(function["LoggingConfig"]["LogGroup"])) == (f"{name}Role", f"{name}Logs")
    source = (ROOT / "infra" / function["CodeUri"] / "handler.py").read_text(encoding="utf-8")
    read = {
        one.target.id.upper()
        for made in ast.parse(source).body
        if isinstance(made, ast.ClassDef) and made.name == "Environment"
        for one in made.body
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
    }
    assert set(function.get("Environment", {}).get("Variables", {})) == read
    # What imports the package has the layer.
    assert ("replyclock" in source) == ("Layers" in function)


def test_what_is_kept_is_encrypted_and_private_and_outlives_the_stack() -> None:
    lake = RESOURCES["Lake"]
    assert (lake["DeletionPolicy"], lake["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
    assert lake["Properties"]["BucketEncryption"] and all(lake["Properties"]["PublicAccessBlockConfiguration"].values())
    rules: list[dict[str, Any]] = lake["Properties"]["LifecycleConfiguration"]["Rules"]
    assert [one["Prefix"] for one in rules if "ExpirationInDays" in one] == ["results/"]
    assert RESOURCES["Stream"]["Properties"]["StreamEncryption"]["EncryptionType"] == "KMS"
    asked = RESOURCES["Workgroup"]["Properties"]["WorkGroupConfiguration"]
    assert asked["EnforceWorkGroupConfiguration"] is True
    assert asked["ResultConfiguration"]["EncryptionConfiguration"] == {"EncryptionOption": "SSE_S3"}
    assert all("RetentionInDays" in one for one in of_type("AWS::Logs::LogGroup", RESOURCES).values())


def test_what_is_delivered_is_where_the_tables_look_for_it() -> None:
    delivery = RESOURCES["Delivery"]["Properties"]["ExtendedS3DestinationConfiguration"]
    events, figures = (RESOURCES[name]["Properties"]["TableInput"] for name in ("Events", "Figures"))
    assert delivery["Prefix"] == "events/arrived=!{timestamp:yyyy-MM-dd}/"
    assert events["Parameters"]["storage.location.template"] == {"Fn::Sub": "s3://${Lake}/events/arrived=${!arrived}/"}
    assert events["Parameters"]["projection.arrived.format"] == "yyyy-MM-dd"
    assert [one["Name"] for one in events["PartitionKeys"]] == ["arrived"]
    assert events["StorageDescriptor"]["Location"] == {"Fn::Sub": "s3://${Lake}/events/"}
    assert figures["StorageDescriptor"]["Location"] == {"Fn::Sub": "s3://${Lake}/figures/"}
    schema = delivery["DataFormatConversionConfiguration"]["SchemaConfiguration"]
    assert (named(schema["DatabaseName"]), named(schema["TableName"])) == ("Database", "Events")
    assert delivery["BufferingHints"]["SizeInMBs"] >= 64, "what conversion needs"
