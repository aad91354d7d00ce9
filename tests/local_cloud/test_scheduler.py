"""Names and inputs of schedules."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from infra.local.api import wait_for
from infra.local.cloud import Cloud

from .conftest import ROLE
from .test_sns import failure

TARGET = {"Arn": "arn:aws:lambda:us-east-1:000000000000:function:none", "RoleArn": ROLE}


def schedule(**properties: Any) -> dict[str, Any]:
    given = {"ScheduleExpression": "rate(1 hour)", "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": TARGET}
    return {"Type": "AWS::Scheduler::Schedule", "Properties": {**given, **properties}}


def created(cloud: Cloud, stack: str, resource: dict[str, Any]) -> None:
    cloudformation = cloud.client("cloudformation")
    cloudformation.create_stack(StackName=stack, TemplateBody=json.dumps({"Resources": {"Tick": resource}}))

    def over() -> bool:
        return bool(cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE")

    assert wait_for(over, 20)


def test_a_second_stack_cannot_have_a_schedule_of_the_same_name(cloud: Cloud, name: str) -> None:
    created(cloud, f"{name}-1", schedule(Name=name))
    assert "already exists" in failure(cloud, f"{name}-2", {"Tick": schedule(Name=name)})
    # Without a name of their own they are named by their stacks.
    created(cloud, f"{name}-3", schedule())
    created(cloud, f"{name}-4", schedule())


def test_in_another_group_the_name_is_another(cloud: Cloud, name: str, refused: Callable[[str], Any]) -> None:
    client = cloud.client("scheduler")
    created(cloud, name, schedule(Name=name))
    client.create_schedule_group(Name=name)
    given: Any = {**schedule()["Properties"], "Name": name}
    with refused("ConflictException"):
        client.create_schedule(**given)
    client.create_schedule(**given, GroupName=name)


def test_what_a_schedule_hands_over_is_no_larger_than_256_kb(
    cloud: Cloud, name: str, refused: Callable[[str], Any]
) -> None:
    client = cloud.client("scheduler")
    fitting, larger = ({**TARGET, "Input": "x" * size} for size in (262_144, 262_145))
    given: Any = {**schedule()["Properties"], "Name": name}
    with refused("ValidationException"):
        client.create_schedule(**{**given, "Target": larger})
    client.create_schedule(**{**given, "Target": fitting})
    with refused("ValidationException"):
        client.update_schedule(**{**given, "Target": larger})
