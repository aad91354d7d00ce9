"""The template keeps the design's rules: a narrow role for each function, a failure destination for what waits."""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

from replyclock.domain.instants import DAY
from replyclock.presentation.alerts import SMS_PREFIX
from replyclock.service.drop import LEAST_AGE
from replyclock.sources import salesforce

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
FOURTEEN_DAYS = 14 * 24 * 3600
Resource = Mapping[str, Any]


class _NoManagedPolicies:
    """The transform asks for AWS's managed policies by name when a function uses one; none of ours may."""

    def load(self) -> dict[str, str]:
        return {}


def _translated() -> dict[str, Resource]:
    template = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
    for resource in template["Resources"].values():
        # The transform takes packages, not folders.
        for uri in {"CodeUri", "ContentUri"} & resource.get("Properties", {}).keys():
            resource["Properties"][uri] = "s3://bucket/key"
    with mock.patch.dict(os.environ, {"AWS_DEFAULT_REGION": "us-east-1"}):
        done = transform(template, {"AWS::Region": "us-east-1"}, _NoManagedPolicies())
    resources: dict[str, Resource] = done["Resources"]
    return resources


WRITTEN: dict[str, Resource] = TEMPLATE["Resources"]
DEPLOYED = _translated()


def of_type(kind: str, resources: Mapping[str, Resource] = DEPLOYED) -> dict[str, dict[str, Any]]:
    return {name: dict(one.get("Properties", {})) for name, one in resources.items() if one["Type"] == kind}


FUNCTIONS = of_type("AWS::Lambda::Function")
QUEUES = of_type("AWS::SQS::Queue")
ROLES = of_type("AWS::IAM::Role")
MAPPINGS = of_type("AWS::Lambda::EventSourceMapping")
STREAM_MAPPINGS = {name: one for name, one in MAPPINGS.items() if "StreamArn" in json.dumps(one["EventSourceArn"])}
QUEUE_MAPPINGS = {name: one for name, one in MAPPINGS.items() if name not in STREAM_MAPPINGS}


def named(reference: Any) -> str:
    """The resource that a Ref, a GetAtt or a Sub with one name in it means."""
    match reference:
        case {"Ref": name} | {"Fn::GetAtt": [name, _]}:
            return str(name)
        case {"Fn::Sub": str(text)} if text.count("${") == 1:
            return text.split("${")[1].split("}")[0].split(".")[0]
    raise AssertionError(f"no reference to one resource: {reference!r}")


def statements(role: Resource) -> Iterator[dict[str, Any]]:
    for policy in role.get("Policies", []):
        yield from policy["PolicyDocument"]["Statement"]


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def may(role: Resource, action: str, resource: str) -> bool:
    return any(
        action in listed(one["Action"])
        and resource in [named(arn) for arn in listed(one["Resource"]) if isinstance(arn, dict)]
        for one in statements(role)
        if "Fn::Sub" not in json.dumps(one["Resource"])
    )


def role_of(function: str) -> dict[str, Any]:
    return ROLES[named(FUNCTIONS[function]["Role"])]


def references(value: Any) -> Iterator[str]:
    match value:
        case {"Ref": str(name)}:
            yield name
        case {"Fn::GetAtt": [str(name), *_]}:
            yield name
        case dict():
            for one in value.values():
                yield from references(one)
        case list():
            for one in value:
                yield from references(one)


# --- functions ---


def test_each_folder_of_functions_is_deployed_and_nothing_else() -> None:
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")}
    code = {
        name: one["Properties"]["CodeUri"]
        for name, one in WRITTEN.items()
        if one["Type"] == "AWS::Serverless::Function"
    }
    assert set(code.values()) == {f"functions/{folder}/" for folder in folders}
    assert set(code) == {"".join(word.capitalize() for word in folder.split("_")) for folder in folders}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_run_on_the_chosen_processor_and_python(name: str) -> None:
    function = FUNCTIONS[name]
    assert function["Runtime"] == "python3.13"
    assert function["Architectures"] == [{"Ref": "Architecture"}]
    assert function["Handler"] == "handler.lambda_handler"
    assert TEMPLATE["Parameters"]["Architecture"]["Default"] == "arm64"
    assert TEMPLATE["Parameters"]["Architecture"]["AllowedValues"] == ["arm64", "x86_64"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_a_deadline_waits_for_has_the_processor_to_start_in_time(name: str) -> None:
    in_the_way = {named(one["FunctionName"]) for one in (*STREAM_MAPPINGS.values(), *QUEUE_MAPPINGS.values())}
    assert (FUNCTIONS[name]["MemorySize"] >= 1024) >= (name in in_the_way)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_use_the_shared_layer(name: str) -> None:
    shared, *engine = FUNCTIONS[name]["Layers"]
    made = DEPLOYED[named(shared)]
    assert made["Type"] == "AWS::Lambda::LayerVersion"
    assert set(made["Properties"]["CompatibleArchitectures"]) == {"arm64", "x86_64"}
    # That of the engine is large: what neither writes nor reads facts starts without it.
    assert bool(engine) == (name in ("CompileReports", "DropTickets", "ServeReports"))
    for condition, *layers in (one["Fn::If"] for one in engine):
        assert condition == "IsArm"
        architectures = [DEPLOYED[named(one)]["Properties"]["CompatibleArchitectures"] for one in layers]
        assert architectures == [["arm64"], ["x86_64"]]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_environments_name_only_what_is_there_and_hold_no_secret(name: str) -> None:
    known = DEPLOYED.keys() | TEMPLATE["Parameters"].keys()
    for variable, value in FUNCTIONS[name]["Environment"]["Variables"].items():
        assert set(references(value)) <= known
        if isinstance(value, str):
            assert value == "replyclock", f"{variable} is a constant"
    assert "resolve:" not in json.dumps(FUNCTIONS[name]["Environment"])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_are_given_the_settings_that_they_read_and_no_others(name: str) -> None:
    given = WRITTEN[name]["Properties"]["Environment"]["Variables"]
    source = (ROOT / WRITTEN[name]["Properties"]["CodeUri"] / "handler.py").read_text(encoding="utf-8")
    read = {
        field.target.id.upper()
        for one in ast.parse(source).body
        if isinstance(one, ast.ClassDef) and one.name == "Environment"
        for field in one.body
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
    }
    assert read
    assert set(given) == read


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_log_as_json_to_a_group_of_their_own_that_forgets(name: str) -> None:
    logging = FUNCTIONS[name]["LoggingConfig"]
    group = named(logging["LogGroup"])
    assert logging["LogFormat"] == "JSON"
    assert [other for other in FUNCTIONS if named(FUNCTIONS[other]["LoggingConfig"]["LogGroup"]) == group] == [name]
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        assert may(role_of(name), action, group)


def test_every_log_group_forgets() -> None:
    groups = of_type("AWS::Logs::LogGroup")
    assert len(groups) == len(FUNCTIONS) + 1
    assert all("RetentionInDays" in one for one in groups.values())


# --- permissions ---


def test_each_function_has_a_role_of_its_own() -> None:
    roles = [named(function["Role"]) for function in FUNCTIONS.values()]
    assert len(set(roles)) == len(FUNCTIONS)
    assert set(roles) <= {name for name, one in WRITTEN.items() if one["Type"] == "AWS::IAM::Role"}


@pytest.mark.parametrize("name", ROLES)
def test_roles_name_single_actions_on_single_resources(name: str) -> None:
    role = ROLES[name]
    assert not role.get("ManagedPolicyArns"), "managed policies are wide"
    assert list(statements(role))
    for statement in statements(role):
        assert statement["Effect"] == "Allow" or statement["Sid"] == "ReadNoCredentialsOfApis"
        assert not {"NotAction", "NotResource", "NotPrincipal"} & statement.keys()
        assert not any("*" in action for action in listed(statement["Action"]))
        for resource in listed(statement["Resource"]):
            text = json.dumps(resource)
            secrets = ":secret:replyclock/${Stage}/connections/*"
            api = (f'{secrets}/api"}}', f'{secrets}/api-*"}}')
            assert "*" not in text or text.endswith((f'{secrets}"}}', *api, '/evaluations/*"}', '/facts/*"}')), text


def test_only_the_front_door_reads_signing_secrets() -> None:
    readers = [name for name in FUNCTIONS if 'connections/*"' in json.dumps(role_of(name))]
    assert readers == ["ReceiveWebhook"]


def test_only_who_asks_the_tools_reads_the_credentials_of_their_apis() -> None:
    """Those of the front door are under the same name, which is why they are denied it."""
    effects = {
        name: [one["Effect"] for one in statements(role_of(name)) if "connections/*/api-*" in json.dumps(one)]
        for name in FUNCTIONS
    }
    assert {name: found for name, found in effects.items() if found} == {
        "ReceiveWebhook": ["Deny"],
        "ReconcileSources": ["Allow"],
    }


def test_tools_are_asked_for_what_was_missed_only_where_somebody_wants_it() -> None:
    assert TEMPLATE["Parameters"]["ReconcileEvery"]["Default"] == "0"
    assert TEMPLATE["Conditions"]["HasReconciliation"] == {
        "Fn::Not": [{"Fn::Equals": [{"Ref": "ReconcileEvery"}, "0"]}]
    }
    assert_conditional("ReconcileSources", "HasReconciliation")


def test_tickets_are_dropped_only_where_somebody_wants_it_and_none_that_people_still_look_at() -> None:
    days = TEMPLATE["Parameters"]["RetentionDays"]
    assert days["Default"] == "0"
    assert TEMPLATE["Conditions"]["HasRetention"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "RetentionDays"}, "0"]}]}
    taken = [number for number in range(11_000) if re.fullmatch(days["AllowedPattern"], str(number))]
    assert taken == [0, *range(LEAST_AGE // DAY, 10_000)]
    assert_conditional("DropTickets", "HasRetention")


def assert_conditional(function: str, condition: str) -> None:
    """The function, its role, its log group and whatever calls it are there only where the condition holds."""
    conditions = {name: one.get("Condition") for name, one in DEPLOYED.items() if name.startswith(function)}
    assert conditions.keys() > {function, f"{function}Role", f"{function}Logs"}
    assert set(conditions.values()) == {condition}, conditions


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_a_function_does_to_the_table_is_limited_to_its_partitions(name: str) -> None:
    for statement in statements(role_of(name)):
        if statement["Resource"] == {"Fn::GetAtt": ["Table", "Arn"]}:
            operators = dict(statement["Condition"])
            null = operators.pop("Null")
            [(operator, condition)] = operators.items()
            assert operator in ("ForAllValues:StringEquals", "ForAllValues:StringLike")
            assert null == dict.fromkeys(condition, "false"), "a call that names no key passes ForAllValues"
            keys = set(condition["dynamodb:LeadingKeys"])
            assert keys <= {
                *("T#*", "Q#*", "S#*", "D#*", "DAY#*", "NOTED#*", "FEED#*"),
                *("DAYS", "POLICY", "JUDGED", "CONNECTIONS", "LOOKS", "RETENTION"),
            }
            if "dynamodb:DeleteItem" in listed(statement["Action"]):
                deleted = "T#*" if name == "DropTickets" else "NOTED#*"
                if statement["Sid"] == "DropColumns":
                    assert (name, keys) == ("CompileReports", {"DAYS", "DAY#*"}), "what version 0.1 kept of days"
                    continue
                assert keys == {deleted}, "nothing of the log is ever deleted but by retention"


def test_the_front_door_can_neither_read_tickets_nor_change_connections() -> None:
    allowed = {
        (action, key)
        for statement in statements(role_of("ReceiveWebhook"))
        for action in listed(statement["Action"])
        if action.startswith("dynamodb:")
        for operator, condition in statement["Condition"].items()
        if operator != "Null"
        for key in condition["dynamodb:LeadingKeys"]
    }
    assert allowed == {("dynamodb:GetItem", "CONNECTIONS"), ("dynamodb:PutItem", "T#*"), ("dynamodb:PutItem", "Q#*")}


# --- what goes wrong ---


def failure_queue(reference: Any) -> dict[str, Any]:
    queue = QUEUES[named(reference)]
    assert queue["MessageRetentionPeriod"] == FOURTEEN_DAYS
    assert "RedrivePolicy" not in queue
    return queue


def test_the_template_has_streams_queues_and_schedules() -> None:
    """Or the tests below would pass without looking at anything."""
    assert len(STREAM_MAPPINGS) == 2
    assert len(QUEUE_MAPPINGS) == 1
    assert len(of_type("AWS::Scheduler::Schedule")) == 4
    assert len(of_type("AWS::SNS::Subscription")) == 2


@pytest.mark.parametrize("name", STREAM_MAPPINGS)
def test_a_stream_that_cannot_be_read_on_gives_up_in_the_end_and_says_so(name: str) -> None:
    mapping = STREAM_MAPPINGS[name]
    queue = mapping["DestinationConfig"]["OnFailure"]["Destination"]
    assert failure_queue(queue)
    assert may(role_of(named(mapping["FunctionName"])), "sqs:SendMessage", named(queue))
    assert 0 < mapping["MaximumRetryAttempts"] <= 100
    assert 60 <= mapping["MaximumRecordAgeInSeconds"] < 24 * 3600, "a stream keeps a day"
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["MaximumBatchingWindowInSeconds"] == 0
    assert mapping["StartingPosition"] == "TRIM_HORIZON"


@pytest.mark.parametrize("name", QUEUE_MAPPINGS)
def test_a_queue_tries_again_and_then_puts_aside(name: str) -> None:
    mapping = QUEUE_MAPPINGS[name]
    queue, function = QUEUES[named(mapping["EventSourceArn"])], FUNCTIONS[named(mapping["FunctionName"])]
    assert failure_queue(queue["RedrivePolicy"]["deadLetterTargetArn"])
    assert queue["VisibilityTimeout"] >= 6 * function["Timeout"]
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.parametrize("name", of_type("AWS::Scheduler::Schedule"))
def test_a_schedule_and_the_function_that_it_starts_say_when_they_fail(name: str) -> None:
    target = of_type("AWS::Scheduler::Schedule")[name]["Target"]
    queue = target["DeadLetterConfig"]["Arn"]
    assert failure_queue(queue)
    assert may(ROLES[named(target["RoleArn"])], "sqs:SendMessage", named(queue))
    [invoked] = [
        one
        for one in of_type("AWS::Lambda::EventInvokeConfig").values()
        if one["FunctionName"] == {"Ref": named(target["Arn"])}
    ]
    assert failure_queue(invoked["DestinationConfig"]["OnFailure"]["Destination"])
    assert may(
        role_of(named(target["Arn"])),
        "sqs:SendMessage",
        named(invoked["DestinationConfig"]["OnFailure"]["Destination"]),
    )


@pytest.mark.parametrize("name", of_type("AWS::Scheduler::Schedule"))
def test_only_schedules_of_the_account_take_the_role_of_schedules_and_it_starts_no_other_function(name: str) -> None:
    target = of_type("AWS::Scheduler::Schedule")[name]["Target"]
    role = ROLES[named(target["RoleArn"])]
    [trust] = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    started = {
        function for one in statements(role) for function in references(one["Resource"]) if function in FUNCTIONS
    }
    assert started == {named(one["Target"]["Arn"]) for one in of_type("AWS::Scheduler::Schedule").values()}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_only_what_feeds_its_own_queue_may_go_round(name: str) -> None:
    """Lambda stops what goes round some 16 times, unless the function says that it is meant."""
    read = {named(one["EventSourceArn"]) for one in QUEUE_MAPPINGS.values() if named(one["FunctionName"]) == name}
    feeds = any(may(role_of(name), "sqs:SendMessage", queue) for queue in read)
    assert FUNCTIONS[name].get("RecursiveLoop", "Terminate") == ("Allow" if feeds else "Terminate")
    assert feeds == (name == "CheckDeadlines")


@pytest.mark.parametrize("name", of_type("AWS::SNS::Subscription"))
def test_an_alert_that_cannot_be_delivered_is_kept(name: str) -> None:
    queue = of_type("AWS::SNS::Subscription")[name]["RedrivePolicy"]["deadLetterTargetArn"]
    assert failure_queue(queue)
    [policy] = [
        one
        for one in of_type("AWS::SQS::QueuePolicy").values()
        if [named(one) for one in one["Queues"]] == [named(queue)]
    ]
    [statement] = policy["PolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "sns.amazonaws.com"}
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Ref": "AlertTopic"}}}


def test_what_an_event_bus_hands_over_is_tried_again_and_then_kept() -> None:
    [rule] = of_type("AWS::Events::Rule").values()
    [target] = rule["Targets"]
    queue = target["DeadLetterConfig"]["Arn"]
    assert failure_queue(queue)
    assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] > 0 < target["RetryPolicy"]["MaximumRetryAttempts"]
    [policy] = [
        one
        for one in of_type("AWS::SQS::QueuePolicy").values()
        if [named(one) for one in one["Queues"]] == [named(queue)]
    ]
    [statement] = policy["PolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["SalesforceChanges", "Arn"]}}}
    # Lambda takes the event at once and works on it later: then the function fails, and not the rule.
    function = named(target["Arn"])
    [invoked] = [
        one for one in of_type("AWS::Lambda::EventInvokeConfig").values() if one["FunctionName"] == {"Ref": function}
    ]
    given_up = invoked["DestinationConfig"]["OnFailure"]["Destination"]
    assert failure_queue(given_up)
    assert may(role_of(function), "sqs:SendMessage", named(given_up))


def test_every_queue_is_read_or_holds_failures() -> None:
    sources = {named(one["EventSourceArn"]) for one in QUEUE_MAPPINGS.values()}
    failures = {name for name in DEPLOYED if name in QUEUES and name not in sources}
    told = set(
        references(
            [one for name, one in DEPLOYED.items() if name not in ROLES and one["Type"] != "AWS::SQS::QueuePolicy"]
        )
    )
    assert failures <= told
    assert all(one["SqsManagedSseEnabled"] is True for one in QUEUES.values())


# --- the filters ---


def test_stream_filters_pass_what_their_function_is_for_and_nothing_else() -> None:
    def passes(mapping: Resource, kind: str, pk: str, sk: str, before: str = "", after: str = "") -> bool:
        return any(
            fits(json.loads(one["Pattern"]), kind, pk, sk, before, after)
            for one in mapping["FilterCriteria"]["Filters"]
        )

    def fits(rule: Any, kind: str, pk: str, sk: str, before: str, after: str) -> bool:
        keys = rule["dynamodb"]["Keys"]
        begins = {
            name: not keys.get(name) or any(value.startswith(one["prefix"]) for one in keys[name]["S"])
            for name, value in (("pk", pk), ("sk", sk))
        }
        statuses = [
            status in rule["dynamodb"].get(image, {"status": {"S": [status]}})["status"]["S"]
            for image, status in (("OldImage", before), ("NewImage", after))
        ]
        return kind in rule["eventName"] and all(begins.values()) and all(statuses)

    by_function = {named(one["FunctionName"]): one for one in STREAM_MAPPINGS.values()}
    ticket = "T#default#desk#1"
    alert = "A#first_response#1#100#default"
    records: dict[tuple[str, ...], str | None] = {
        ("MODIFY", ticket, alert, "faulty", "pending"): "PublishAlerts",
        ("MODIFY", "D#1h", "A#1", "faulty", "pending"): "PublishAlerts",
        ("MODIFY", ticket, alert, "claimed", "pending"): None,
        ("MODIFY", ticket, alert, "faulty", "quiet"): None,
        ("INSERT", ticket, f"F#{alert}"): None,
        ("INSERT", ticket, "F#STATE"): None,
        ("INSERT", ticket, "E#1"): "MeasureTickets",
        ("INSERT", ticket, "V#1#0123456789abcdef"): "MeasureTickets",
        ("INSERT", ticket, "A#first_response#1#100#default"): "PublishAlerts",
        ("MODIFY", ticket, "A#first_response#1#100#default"): None,
        ("MODIFY", ticket, "STATE"): None,
        ("INSERT", ticket, "STATE"): None,
        ("INSERT", "POLICY", "V#0000000002"): None,
        ("INSERT", "CONNECTIONS", "desk"): None,
        ("INSERT", "Q#desk", "2026-03-02T09:00:00.000000Z#0123456789abcdef"): None,
        ("REMOVE", "Q#desk", "2026-03-02T09:00:00.000000Z#0123456789abcdef"): None,
    }
    for record, expected in records.items():
        assert [name for name, one in by_function.items() if passes(one, *record)] == (
            [expected] if expected else []
        ), record


def test_an_sms_has_room_for_the_name_that_sns_puts_before_it() -> None:
    assert f"{DEPLOYED['AlertTopic']['Properties']['DisplayName'].upper()}> " == SMS_PREFIX


def test_only_what_cannot_wait_is_sent_as_sms() -> None:
    by_protocol = {one["Protocol"]: one for one in of_type("AWS::SNS::Subscription").values()}
    assert by_protocol["sms"]["FilterPolicy"] == {"form": ["sms"], "level": ["breach", "escalation", "correction"]}
    assert by_protocol["email"]["FilterPolicy"] == {"form": ["email"]}
    assert {DEPLOYED[name]["Condition"] for name in of_type("AWS::SNS::Subscription")} == {"HasEmail", "HasPhone"}


def test_nobody_is_subscribed_to_the_topic_of_trials() -> None:
    """So that `replyclock smoke` notifies nobody: a subscription without a filter policy would get all of it."""
    assert {json.dumps(one["TopicArn"]) for one in of_type("AWS::SNS::Subscription").values()} == {
        json.dumps({"Ref": "AlertTopic"})
    }
    for name in ("subscriptions", "alarms"):
        assert "SmokeTopic" not in (ROOT / "infra" / f"{name}.yaml").read_text(encoding="utf-8")
    assert DEPLOYED["SmokeTopic"]["Properties"] == DEPLOYED["AlertTopic"]["Properties"]


# --- the event bus ---


def test_without_a_bus_there_is_no_rule_and_nothing_that_lets_one_in() -> None:
    assert TEMPLATE["Parameters"]["SalesforceEventBus"]["Default"] == ""
    about = {name for name, one in DEPLOYED.items() if "SalesforceChanges" in json.dumps(one)} | {"SalesforceChanges"}
    assert about == {"SalesforceChanges", "SalesforceChangesPermission", "EventBusFailuresPolicy"}
    assert {DEPLOYED[name]["Condition"] for name in about} == {"HasSalesforce"}


def test_the_rule_passes_what_only_the_partner_can_send_as_the_handler_takes_it() -> None:
    [rule] = of_type("AWS::Events::Rule").values()
    assert rule["EventBusName"] == {"Ref": "SalesforceEventBus"}
    assert rule["EventPattern"]["source"] == [{"prefix": salesforce.partner_source}]
    assert salesforce.partner_source.startswith("aws."), "PutEvents refuses such a source from everybody else"
    [target] = rule["Targets"]
    text = target["InputTransformer"]["InputTemplate"]["Fn::Sub"]
    sent = json.loads(text.replace("${SalesforceConnection}", "cases").replace("<aws.events.event.json>", "{}"))
    assert sent == {"connection": "cases", "event": {}}
    name = TEMPLATE["Parameters"]["SalesforceConnection"]
    assert re.fullmatch(name["AllowedPattern"], name["Default"])
    assert not re.fullmatch(name["AllowedPattern"], 'a", "event": {}, "b": "')


def test_only_the_gateway_and_that_rule_may_call_the_front_door() -> None:
    permissions = [
        one for one in of_type("AWS::Lambda::Permission").values() if one["FunctionName"] == {"Ref": "ReceiveWebhook"}
    ]
    by_rule = [one for one in permissions if one["Principal"] == "events.amazonaws.com"]
    assert [one["SourceArn"] for one in by_rule] == [{"Fn::GetAtt": ["SalesforceChanges", "Arn"]}]
    assert {one["Principal"] for one in permissions} == {"apigateway.amazonaws.com", "events.amazonaws.com"}
    assert all("SourceArn" in one for one in permissions)


# --- table and routes ---


def test_the_log_outlives_the_stack_and_can_be_restored() -> None:
    table = DEPLOYED["Table"]
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
    assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["Properties"]["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert table["Properties"]["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert "TableName" not in table["Properties"], "a stack could not be made anew beside the table that was kept"


@pytest.mark.parametrize(
    ("protection", "stage", "expected"),
    [("auto", "prod", True), ("auto", "test", False), ("on", "test", True), ("off", "prod", False)],
)
def test_the_table_of_prod_cannot_be_deleted_by_mistake(protection: str, stage: str, expected: bool) -> None:
    assert TEMPLATE["Parameters"]["TableProtection"]["Default"] == "auto"
    given = {"TableProtection": protection, "Stage": stage}

    def holds(condition: Any) -> bool:
        match condition:
            case {"Fn::Or": several}:
                return any(map(holds, several))
            case {"Fn::And": several}:
                return all(map(holds, several))
            case {"Fn::Equals": [{"Ref": name}, value]}:
                return given[name] == str(value)
        raise AssertionError(condition)

    protects = DEPLOYED["Table"]["Properties"]["DeletionProtectionEnabled"]
    assert protects == {"Fn::If": ["ProtectsTable", True, False]}
    assert holds(TEMPLATE["Conditions"]["ProtectsTable"]) is expected


@pytest.mark.parametrize("name", [name for name, one in DEPLOYED.items() if "DeletionPolicy" in one])
def test_what_outlives_the_stack_does_not_outlive_one_that_could_not_be_made(name: str) -> None:
    # The layer's is what the transform writes for `RetentionPolicy: Delete`.
    expected = "Delete" if DEPLOYED[name]["Type"] == "AWS::Lambda::LayerVersion" else "RetainExceptOnCreate"
    assert DEPLOYED[name]["DeletionPolicy"] == expected


@pytest.mark.parametrize("name", of_type("AWS::S3::Bucket"))
def test_buckets_take_nothing_in_plain_text(name: str) -> None:
    [policy] = [one for one in of_type("AWS::S3::BucketPolicy").values() if named(one["Bucket"]) == name]
    [statement] = policy["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert {named(one) for one in statement["Resource"]} == {name}
    assert len(statement["Resource"]) == 2, "the bucket and what is in it"


def test_indexes_are_sparse_and_narrow() -> None:
    indexes = {one["IndexName"]: one for one in DEPLOYED["Table"]["Properties"]["GlobalSecondaryIndexes"]}
    keys = {name: [one["AttributeName"] for one in index["KeySchema"]] for name, index in indexes.items()}
    assert keys == {
        "due": ["due_shard", "due_at"],
        "live": ["live_shard", "live_order"],
        "answered": ["answered_shard", "answered_at"],
        "created": ["created_shard", "created_at"],
    }
    assert indexes["created"]["Projection"] == {"ProjectionType": "KEYS_ONLY"}
    assert indexes["due"]["Projection"] == {"ProjectionType": "KEYS_ONLY"}
    assert set(indexes["live"]["Projection"]["NonKeyAttributes"]) == {
        "state",
        "states",
        "tenant",
        "attributes",
        "clocks",
        "group",
        "assignee",
        "faulty",
    }
    assert set(indexes["answered"]["Projection"]["NonKeyAttributes"]) == {"attributes", "took", "group", "assignee"}


def test_routes_are_the_contracts() -> None:
    [api] = of_type("AWS::ApiGatewayV2::Api").values()
    routes = {
        (method, path): json.dumps(operation["x-amazon-apigateway-integration"]["uri"])
        for path, operations in api["Body"]["paths"].items()
        for method, operation in operations.items()
    }
    assert {f"{method.upper()} {path}" for method, path in routes} == {
        "POST /webhooks/{connection}",
        "OPTIONS /webhooks/{connection}",  # the handshake of CloudEvents
        "HEAD /webhooks/{connection}",  # with which Intercom tries an address out
        "GET /",
        "GET /assets/{path+}",
        "GET /health",
        "GET /openapi.json",
        "GET /live",
        "GET /alerts",
        "GET /faults",
        "GET /tickets",
        "GET /tickets/{tenant}/{source}/{ticket+}",
        "GET /policy",
        "GET /policy/versions",
        "PUT /policy",
        "GET /policy/document",
        "GET /policy/text",
        "GET /policy/draft",
        "POST /policy/check",
        "POST /policy/simulation",
        "GET /reports/{report}",
    }
    assert {path for (_, path), uri in routes.items() if "ReceiveWebhook" in uri} == {"/webhooks/{connection}"}


def test_access_logs_name_neither_callers_nor_tickets() -> None:
    [stage] = of_type("AWS::ApiGatewayV2::Stage").values()
    written = json.loads(stage["AccessLogSettings"]["Format"])
    assert not {"$context.identity.sourceIp", "$context.path", "$context.identity.userAgent"} & set(written.values())


def test_what_anybody_may_ask_costs_fifty_dollars_a_day_at_most() -> None:
    [stage] = of_type("AWS::ApiGatewayV2::Stage").values()
    assert stage["DefaultRouteSettings"] == {
        "ThrottlingRateLimit": {"Ref": "RequestsPerSecond"},
        "ThrottlingBurstLimit": {"Ref": "RequestBurst"},
    }
    a_day = TEMPLATE["Parameters"]["RequestsPerSecond"]["Default"] * 24 * 3600
    # The largest request, of 10 MB, counts as 20 of 512 KB, each 1 US dollar a million; Lambda refuses it.
    assert a_day * 20 / 1_000_000 <= 50
    # A small one that is refused: gateway, function, a look at the connection, logs.
    assert a_day * (1.00 + 0.20 + 0.24 + 0.06 + 0.30) / 1_000_000 <= 50


@pytest.mark.parametrize(("setting", "limit"), [("full", 100), ("reduced", 10)])
def test_what_runs_at_once_fits_the_accounts_concurrency(setting: str, limit: int) -> None:
    assert TEMPLATE["Parameters"]["LambdaConcurrency"]["AllowedValues"] == ["full", "reduced"]

    def chosen(value: Any) -> int:
        assert value["Fn::FindInMap"][:2] == ["Concurrency", {"Ref": "LambdaConcurrency"}]
        return int(TEMPLATE["Mappings"]["Concurrency"][setting][value["Fn::FindInMap"][2]])

    shards = 4
    lanes = sum(shards * chosen(one["ParallelizationFactor"]) for one in STREAM_MAPPINGS.values())
    timers = [chosen(one["ScalingConfig"]["MaximumConcurrency"]) for one in QUEUE_MAPPINGS.values()]
    assert lanes + sum(timers) <= limit
    assert all(one >= 2 for one in timers), "the least that Lambda takes"
