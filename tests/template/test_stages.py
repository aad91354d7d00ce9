"""Two stages deploy side by side in one account and region: no physical name is the same in both."""

from __future__ import annotations

import json
import os
import re
import uuid
from collections.abc import Iterator, Mapping
from typing import Any
from unittest import mock

import boto3
import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER
from moto import mock_aws
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

from tests.template.test_operations import WRITTEN
from tests.template.test_template import ROOT, Resource, _NoManagedPolicies, of_type

REGION = "us-east-1"
STAGE = "a-stage-of-the-test"
NESTED_NAMES = {"AWS::Glue::Database": "DatabaseInput", "AWS::Glue::Table": "TableInput"}
"""Types whose name lies in a structure, where the schema does not say that it identifies them."""


def transformed(name: str) -> dict[str, Resource]:
    """The resources of a template as the SAM transform makes them."""
    template = yaml_parse((ROOT / name).read_text(encoding="utf-8"))
    for resource in template["Resources"].values():
        for uri in {"CodeUri", "ContentUri"} & resource.get("Properties", {}).keys():
            resource["Properties"][uri] = "s3://bucket/key"
    with mock.patch.dict(os.environ, {"AWS_DEFAULT_REGION": REGION}):
        given = {"AWS::Region": REGION, "Stage": STAGE}
        resources: dict[str, Resource] = transform(template, given, _NoManagedPolicies())["Resources"]
    return resources


STACKS: dict[str, Mapping[str, Resource]] = {
    "main": transformed("template.yaml"),
    "analytics": transformed("infra/analytics.yaml"),
    **{name: made["Resources"] for name, made in WRITTEN.items()},
}


def identified(resources: Mapping[str, Resource]) -> Iterator[tuple[str, list[Any]]]:
    """Each resource that has a name given to it, by its logical id, with all that identifies it."""
    for logical_id, resource in resources.items():
        kind, properties = resource["Type"], resource.get("Properties", {})
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema
        fixed = {*schema.get("createOnlyProperties", ()), *schema["primaryIdentifier"]}
        names = {path.removeprefix("/properties/") for path in fixed if path.endswith("Name")} & properties.keys()
        identity = {path.removeprefix("/properties/") for path in schema["primaryIdentifier"]} & properties.keys()
        values = [properties[name] for name in sorted(names | identity)]
        if kind in NESTED_NAMES:
            values.append(properties[NESTED_NAMES[kind]]["Name"])
        if names or kind in NESTED_NAMES:
            yield logical_id, values


def differs_by_stage(name: Any) -> bool:
    """Whether two stages give different names: by their stage or stack, or by what is referred to."""
    text = re.sub(r'\{"Ref": "AWS::\w+"\}', "", json.dumps(name).replace("AWS::StackName", "Stage"))
    return any(one in text for one in (STAGE, "${Stage}", '"Ref"', '"Fn::GetAtt"', '"Fn::ImportValue"'))


@pytest.mark.parametrize("stack", STACKS)
def test_each_physical_name_carries_the_stage_or_lies_within_something_of_the_stack(stack: str) -> None:
    names = dict(identified(STACKS[stack]))
    assert {one: values for one, values in names.items() if not any(map(differs_by_stage, values))} == {}


def test_names_are_found() -> None:
    """Or the test above would look at nothing."""
    found = {name: {STACKS[name][one]["Type"] for one, _ in identified(STACKS[name])} for name in STACKS}
    assert found["main"] >= {"AWS::Lambda::Function", "AWS::Lambda::LayerVersion", "AWS::Logs::LogGroup"}
    assert "AWS::SecretsManager::Secret" in found["main"]
    assert found["analytics"] >= {"AWS::Glue::Database", "AWS::Athena::WorkGroup"}
    assert found["alarms"] >= {"AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard"}


@pytest.mark.parametrize("name", ["replyclock", {"Fn::Sub": "a-${AWS::AccountId}"}, {"Ref": "AWS::Region"}])
def test_what_both_stages_would_be_called_is_found(name: Any) -> None:
    assert not differs_by_stage(name)


def test_exports_carry_the_stage() -> None:
    for path in ("template.yaml", "infra/analytics.yaml"):
        outputs = yaml_parse((ROOT / path).read_text(encoding="utf-8"))["Outputs"]
        exports = {name: one["Export"]["Name"] for name, one in outputs.items() if "Export" in one}
        assert {name: one for name, one in exports.items() if not differs_by_stage(one)} == {}


def test_the_schedules_of_two_stages_have_room_in_one_region() -> None:
    """Scheduler refuses a second schedule of a name; CloudFormation makes up a name for one that has none."""
    with mock_aws():
        scheduler = boto3.client("scheduler", region_name=REGION)
        schedules = {
            (stack, name): one
            for stack in ("main", "analytics")
            for name, one in of_type("AWS::Scheduler::Schedule", STACKS[stack]).items()
        }
        for stage in ("test", "prod"):
            for (stack, logical_id), schedule in schedules.items():
                scheduler.create_schedule(
                    Name=schedule.get("Name", f"{stack}-{stage}-{logical_id}-{uuid.uuid4().hex[:13]}"),
                    ScheduleExpression="rate(1 minute)",
                    FlexibleTimeWindow={"Mode": "OFF"},
                    Target={
                        "Arn": f"arn:aws:lambda:{REGION}:123456789012:function:{logical_id}",
                        "RoleArn": "arn:aws:iam::123456789012:role/schedules",
                    },
                )
        assert len(scheduler.list_schedules()["Schedules"]) == 2 * len(schedules) == 8
