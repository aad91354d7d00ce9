"""What operators deploy beside the system: who is told of what, alarms, a dashboard. All that they name is there."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any, TypeGuard, get_args

import boto3
import pytest
from cfnlint.api import lint_file
from ministack.services.cloudformation import language_extensions
from moto import mock_aws
from samtranslator.yaml_helper import yaml_parse

from replyclock.domain.alerts import Level
from replyclock.domain.instants import DAY, SECOND
from replyclock.service.ports import RETRIED_LAST, FaultKind
from replyclock.sources.changes import providers_with_changes
from tests.template.test_template import (
    DEPLOYED,
    FUNCTIONS,
    QUEUE_MAPPINGS,
    QUEUES,
    ROOT,
    STREAM_MAPPINGS,
    TEMPLATE,
    Resource,
    named,
    of_type,
)

STAGE = "prod"
TEMPLATES = ("subscriptions", "alarms")


def read(name: str) -> dict[str, Any]:
    """A template with its loops written out."""
    template = yaml_parse((ROOT / "infra" / f"{name}.yaml").read_text(encoding="utf-8"))
    given = dict.fromkeys(template["Parameters"], "given") | {"Stage": STAGE}
    found: dict[str, Any] = language_extensions.apply(template, given)
    return found


WRITTEN = {name: read(name) for name in TEMPLATES}
EXPORTS = {
    one["Export"]["Name"]["Fn::Sub"].replace("${Stage}", STAGE): one["Value"]
    for one in TEMPLATE["Outputs"].values()
    if "Export" in one
}


def staged(value: Any) -> str:
    """A text or a Sub, for one stage."""
    return str(value["Fn::Sub"] if isinstance(value, dict) else value).replace("${Stage}", STAGE)


def imports(value: Any) -> Iterator[str]:
    match value:
        case {"Fn::ImportValue": name}:
            yield staged(name)
        case dict():
            for one in value.values():
                yield from imports(one)
        case list():
            for one in value:
                yield from imports(one)


def resolved(value: Any) -> str:
    """A text as it is deployed; of an import the logical id of what is exported."""
    return named(EXPORTS[staged(value["Fn::ImportValue"])]) if "Fn::ImportValue" in value else staged(value)


RESOURCES: dict[str, Resource] = {name: one for made in WRITTEN.values() for name, one in made["Resources"].items()}
ALARMS = of_type("AWS::CloudWatch::Alarm", RESOURCES)
SUBSCRIPTIONS = of_type("AWS::SNS::Subscription", WRITTEN["subscriptions"]["Resources"])
NAMES = {staged(function["FunctionName"]): logical_id for logical_id, function in FUNCTIONS.items()}
INDEXES = {one["IndexName"] for one in DEPLOYED["Table"]["Properties"]["GlobalSecondaryIndexes"]}
VARIABLES = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
SERVICE = staged(VARIABLES["POWERTOOLS_SERVICE_NAME"])

Metric = tuple[str, str, tuple[tuple[str, str], ...]]
"""Namespace, name and dimensions. Of a search a dimension's value is `*`."""


def metric(namespace: str, name: str, dimensions: dict[str, str]) -> Metric:
    return namespace, name, tuple(sorted(dimensions.items()))


# --- what there is to be watched ---


def published() -> set[Metric]:
    """What the functions count, as their sources and those of what they share say."""
    found: set[Metric] = set()
    own = {"service": SERVICE}
    files = [*(ROOT / "functions").glob("*/handler.py"), ROOT / "shared/replyclock/adapters/runtime.py"]
    for module in (ast.parse(file.read_text(encoding="utf-8")) for file in files):
        for node in ast.walk(module):
            match node:
                case ast.With(items=[ast.withitem(context_expr=ast.Call(func=ast.Name("single_metric")) as call)]):
                    [name] = [one.value for one in call.keywords if one.arg == "name"]
                    added = [one for one in ast.walk(node) if _calls(one, "add_dimension")]
                    more = {name: "*" for one in added for name in _texts(one.args[0], module)}
                    found |= {
                        metric(VARIABLES["POWERTOOLS_METRICS_NAMESPACE"], one, own | more)
                        for one in _texts(name, module)
                    }
                case ast.Call() if _calls(node, "add_metric"):
                    found |= {
                        metric(VARIABLES["POWERTOOLS_METRICS_NAMESPACE"], one, own)
                        for one in _texts(node.args[0], module)
                    }
    return found


def _calls(node: ast.AST, method: str) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == method


def _texts(node: ast.AST, module: ast.Module) -> list[str]:
    """What an argument may be: a text, or one of a dictionary of the module."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.Subscript(value=ast.Name(id=name)):
            for one in module.body:
                match one:
                    case ast.Assign(targets=[ast.Name(id=target)], value=ast.Dict(values=values)) if target == name:
                        return [text for value in values for text in _texts(value, module)]
    raise AssertionError(f"no name of a metric or dimension: {ast.dump(node)}")


OWN = published()


def exists(one: Metric) -> bool:
    """Whether it is counted, by the functions or by AWS of what the main template makes."""
    namespace, name, dimensions = one
    keys, values = [key for key, _ in dimensions], dict(dimensions)
    match namespace, name:
        case "AWS/Lambda", "Errors" | "Throttles" | "Invocations" | "Duration" | "ConcurrentExecutions":
            return keys == ["FunctionName"] and values["FunctionName"] in NAMES
        case "AWS/Lambda", "IteratorAge":
            return keys == ["FunctionName"] and NAMES.get(values["FunctionName"]) in readers()
        case "AWS/SQS", "ApproximateNumberOfMessagesVisible" | "ApproximateAgeOfOldestMessage":
            return keys == ["QueueName"] and values["QueueName"] in QUEUES
        case "AWS/DynamoDB", "ReadThrottleEvents" | "WriteThrottleEvents":
            return values.pop("GlobalSecondaryIndexName", None) in {None, *INDEXES} and values == {"TableName": "Table"}
        case "AWS/DynamoDB", "ThrottledRequests":
            return values == {"Operation": "*", "TableName": "Table"}
    return counted_as(one) in OWN


def counted_as(one: Metric) -> Metric:
    """The metric as the functions count it: by whatever its further dimensions say."""
    namespace, name, dimensions = one
    own = namespace == VARIABLES["POWERTOOLS_METRICS_NAMESPACE"]
    return namespace, name, tuple((key, "*" if own and key != "service" else value) for key, value in dimensions)


def readers() -> set[str]:
    """The functions that read a stream."""
    return {named(one["FunctionName"]) for one in STREAM_MAPPINGS.values()}


def failure_queues() -> set[str]:
    return QUEUES.keys() - {named(one["EventSourceArn"]) for one in QUEUE_MAPPINGS.values()}


def watched(alarm: dict[str, Any]) -> Metric:
    dimensions = {one["Name"]: resolved(one["Value"]) for one in alarm["Dimensions"]}
    return metric(alarm["Namespace"], alarm["MetricName"], dimensions)


def alarms_of(name: str, key: str) -> dict[str, dict[str, Any]]:
    """The alarms of a metric, by the value of the one dimension that it has."""
    return {
        dict(watched(one)[2])[key]: one
        for one in ALARMS.values()
        if one["MetricName"] == name and [dimension["Name"] for dimension in one["Dimensions"]] == [key]
    }


def widgets() -> list[dict[str, Any]]:
    text, values = RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    given = {key: resolved(one) for key, one in values.items()} | {"AWS::Region": "us-east-1", "Stage": STAGE}
    for name, value in given.items():
        text = text.replace(f"${{{name}}}", value)
    assert "${" not in text
    found: list[dict[str, Any]] = json.loads(text)["widgets"]
    return found


def shown(widget: dict[str, Any]) -> Iterator[Metric]:
    """A widget's metrics, with what it abbreviates: "." is what stood there before, "..." all that stood before."""
    before: list[str] = []
    for row in widget["properties"]["metrics"]:
        given = [one for one in row if isinstance(one, str)]
        if not given:
            search = re.fullmatch(r"SEARCH\('\{(.+?)\} (.+)', '\w+', \d+\)", row[0]["expression"])
            assert search is not None
            namespace, *keys = search[1].split(",")
            terms = dict(re.findall(r'(\w+)="([^"]+)"', search[2]))
            yield metric(namespace, terms.pop("MetricName"), dict.fromkeys(keys, "*") | terms)
            continue
        if given[0] == "...":
            given = [*before[: len(before) - len(given) + 1], *given[1:]]
        before = [before[place] if one == "." else one for place, one in enumerate(given)]
        namespace, name, *rest = before
        yield metric(namespace, name, dict(zip(rest[::2], rest[1::2], strict=True)))


# --- both ---


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_templates_are_valid(name: str) -> None:
    assert lint_file(ROOT / "infra" / f"{name}.yaml") == []


def test_each_import_has_its_export_and_each_export_its_import() -> None:
    imported = {name: set(imports(made)) for name, made in WRITTEN.items()}
    assert all(imported.values())
    # The bucket is for the analytics: see test_analytics.
    assert set().union(*imported.values(), {"replyclock-prod-DocumentsBucket"}) == EXPORTS.keys()


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_stage_is_the_main_stacks(name: str) -> None:
    stage = WRITTEN[name]["Parameters"]["Stage"]
    assert {key: stage[key] for key in stage if key != "Description"} == {
        key: value for key, value in TEMPLATE["Parameters"]["Stage"].items() if key != "Description"
    }


@pytest.mark.parametrize("name", TEMPLATES)
def test_nothing_but_the_stage_has_to_be_said(name: str) -> None:
    assert all("Default" in one for one in WRITTEN[name]["Parameters"].values())
    config = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))
    given = config[name]["deploy"]["parameters"]
    assert (ROOT / given["template_file"]) == ROOT / "infra" / f"{name}.yaml"
    assert given["parameter_overrides"] == [f"Stage={TEMPLATE['Parameters']['Stage']['Default']}"]
    stacks = [config["default"]["global"]["parameters"]["stack_name"]]
    stacks += [config[other]["deploy"]["parameters"]["stack_name"] for other in TEMPLATES]
    assert len(set(stacks)) == 3
    assert given.get("capabilities") == ("CAPABILITY_AUTO_EXPAND" if "Transform" in WRITTEN[name] else None)
    assert given.get("language_extensions", False) == ("Transform" in WRITTEN[name])
    assert f"--config-env {name} " in (ROOT / "Makefile").read_text(encoding="utf-8")


# --- who is told ---


@pytest.mark.parametrize("name", SUBSCRIPTIONS)
def test_who_is_told_is_subscribed_to_the_alerts_and_misses_none_unnoticed(name: str) -> None:
    subscription = SUBSCRIPTIONS[name]
    assert resolved(subscription["TopicArn"]) == "AlertTopic"
    assert resolved(subscription["RedrivePolicy"]["deadLetterTargetArn"]) == "DeliveryFailures"


def test_everybody_is_optional() -> None:
    assert {one["Protocol"] for one in SUBSCRIPTIONS.values()} == {"email", "sms", "https", "sqs"}
    conditions = [RESOURCES[name]["Condition"] for name in SUBSCRIPTIONS]
    assert len(set(conditions)) == len(SUBSCRIPTIONS)
    assert all(
        resource in SUBSCRIPTIONS or "Condition" not in one
        for resource, one in WRITTEN["subscriptions"]["Resources"].items()
    )


def test_each_asks_for_the_form_that_is_its_own() -> None:
    asked = {one["Protocol"]: one["FilterPolicy"]["form"] for one in SUBSCRIPTIONS.values()}
    assert asked == {"email": ["email"], "sms": ["sms"], "https": ["json"], "sqs": ["json"]}
    assert all(len(one["FilterPolicy"]) <= 5 for one in SUBSCRIPTIONS.values()), "AWS takes five names"


def test_levels_are_those_that_there_are() -> None:
    levels = {*get_args(Level), "digest", "evaluation"}
    asked = {
        name: one["FilterPolicy"]["level"] for name, one in SUBSCRIPTIONS.items() if "level" in one["FilterPolicy"]
    }
    assert asked.pop("WebhookSubscription") == {"Ref": "WebhookLevels"}
    assert set(WRITTEN["subscriptions"]["Parameters"]["WebhookLevels"]["Default"].split(",")) == levels
    assert len(asked) == 2
    assert all(set(one) < levels for one in asked.values())


# --- alarms ---


def test_the_functions_count_something() -> None:
    """Or nothing below would be compared with anything."""
    assert {name for _, name, _ in OWN} >= {
        "DetectionLag",
        "IngestLag",
        "EventsAccepted",
        "AlertsPublished",
        "AlertsQuiet",
    }
    assert metric("replyclock", "AlertsPublished", {"service": SERVICE, "level": "*"}) in OWN


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_watches_what_is_counted_and_tells_the_operators(name: str) -> None:
    alarm = ALARMS[name]
    assert exists(watched(alarm)), watched(alarm)
    assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "OperatorTopic"}]
    assert alarm["TreatMissingData"] in ("notBreaching", "breaching", "ignore")
    assert staged(alarm["AlarmName"]).startswith(f"replyclock-{STAGE}-")
    assert alarm["AlarmDescription"]


def test_alarms_have_names_of_their_own() -> None:
    assert len({staged(one["AlarmName"]) for one in ALARMS.values()}) == len(ALARMS)


def test_cloudwatch_may_publish_to_the_operators_topic() -> None:
    assert "KmsMasterKeyId" not in RESOURCES["OperatorTopic"]["Properties"]
    policy = RESOURCES["OperatorTopicPolicy"]["Properties"]
    assert policy["Topics"] == [{"Ref": "OperatorTopic"}]
    [statement] = policy["PolicyDocument"]["Statement"]
    assert set(statement["Principal"]["Service"]) == {"cloudwatch.amazonaws.com", "budgets.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_a_budget_is_there_where_one_is_wanted_and_tells_the_operators() -> None:
    """As Budgets takes it."""
    budget = RESOURCES["Budget"]
    assert budget["Condition"] == "HasBudget"
    assert WRITTEN["alarms"]["Parameters"]["MonthlyBudget"]["Default"] == 0
    assert WRITTEN["alarms"]["Conditions"]["HasBudget"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "MonthlyBudget"}, 0]}]}
    topic = "arn:aws:sns:us-east-1:123456789012:operators"
    given = {
        "MonthlyBudget": "40",
        "OperatorTopic": topic,
        "BudgetTag": "user:project$replyclock",
        "AWS::Region": "us-east-1",
    }

    def filled(value: Any) -> Any:
        match value:
            case {"Ref": name}:
                return given[name]
            case {"Fn::Sub": text}:
                return staged(text).replace("${AWS::Region}", given["AWS::Region"])
            case {"Fn::If": ["IsChina", _, elsewhere]}:
                return filled(elsewhere)
            case {"Fn::If": ["HasBudgetTag", tagged, _]}:
                return filled(tagged)
            case dict():
                return {key: filled(one) for key, one in value.items()}
            case list():
                return [filled(one) for one in value]
        return value

    asked = filled(budget["Properties"])
    with mock_aws():
        budgets = boto3.client("budgets", region_name="us-east-1")
        budgets.create_budget(AccountId="123456789012", **asked)
        [made] = budgets.describe_budgets(AccountId="123456789012")["Budgets"]
    assert (made["BudgetName"], made["BudgetLimit"]) == ("replyclock-prod-us-east-1", {"Amount": "40", "Unit": "USD"})
    told = [
        (one["Notification"]["NotificationType"], one["Notification"]["Threshold"], one["Subscribers"])
        for one in asked["NotificationsWithSubscribers"]
    ]
    operators = [{"SubscriptionType": "SNS", "Address": topic}]
    assert told == [("ACTUAL", 80, operators), ("ACTUAL", 100, operators), ("FORECASTED", 100, operators)]


def test_promises_are_watched_at_their_slowest_percent() -> None:
    assert {
        name: (one["ExtendedStatistic"], one["Threshold"], one["TreatMissingData"])
        for name in ("DetectionLag", "IngestLag")
        for one in alarms_of(name, "service").values()
    } == {"DetectionLag": ("p99", 5000, "notBreaching"), "IngestLag": ("p99", 30000, "notBreaching")}


def test_whatever_was_given_up_is_told() -> None:
    alarms = alarms_of("ApproximateNumberOfMessagesVisible", "QueueName")
    assert alarms.keys() == failure_queues()
    for alarm in alarms.values():
        assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanThreshold", 0)
        assert (alarm["Statistic"], alarm["TreatMissingData"]) == ("Maximum", "ignore")


@pytest.mark.parametrize("trouble", ["Errors", "Throttles"])
def test_each_functions_errors_and_throttles_are_told(trouble: str) -> None:
    alarms = alarms_of(trouble, "FunctionName")
    assert alarms.keys() == NAMES.keys()
    for alarm in alarms.values():
        assert (alarm["Statistic"], alarm["ComparisonOperator"], alarm["Threshold"]) == (
            "Sum",
            "GreaterThanThreshold",
            0,
        )


def test_what_reads_a_stream_is_told_to_be_behind() -> None:
    assert {NAMES[name] for name in alarms_of("IteratorAge", "FunctionName")} == readers()


def test_what_waits_in_a_queue_that_is_read_is_told_when_it_waits_too_long() -> None:
    alarms = alarms_of("ApproximateAgeOfOldestMessage", "QueueName")
    assert alarms.keys() == {named(one["EventSourceArn"]) for one in QUEUE_MAPPINGS.values()}
    # The longest delay that SQS takes is part of the age.
    assert all(alarm["Threshold"] > 900 for alarm in alarms.values())


def test_a_schedule_that_does_not_run_is_told() -> None:
    minutes = {
        named(one["Target"]["Arn"]): int(re.findall(r"\((?:0/)?(\d+) ", one["ScheduleExpression"])[0])
        for name, one in of_type("AWS::Scheduler::Schedule").items()
        # Of one that nobody has to want, silence says nothing.
        if "Condition" not in DEPLOYED[name]
    }
    alarms = {NAMES[name]: one for name, one in alarms_of("Invocations", "FunctionName").items()}
    assert alarms.keys() == minutes.keys()
    for function, alarm in alarms.items():
        assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 1)
        assert (alarm["Statistic"], alarm["TreatMissingData"]) == ("Sum", "breaching")
        assert alarm["Period"] >= 3 * 60 * minutes[function], "once it may come late"


def test_a_tool_that_cannot_be_asked_is_told() -> None:
    alarms = [one for one in ALARMS.values() if one["MetricName"] == "ReconciliationsFailed"]
    assert sorted(dict(watched(one)[2])["provider"] for one in alarms) == sorted(providers_with_changes())
    longest = max(map(int, TEMPLATE["Parameters"]["ReconcileEvery"]["AllowedValues"]))
    for alarm in alarms:
        assert (alarm["Statistic"], alarm["ComparisonOperator"], alarm["Threshold"]) == (
            "Sum",
            "GreaterThanThreshold",
            0,
        )
        assert alarm["TreatMissingData"] == "notBreaching", "where it is not wanted nothing is wrong"
        assert alarm["Period"] >= 60 * longest, "between two looks it would seem right"


def test_each_kind_of_fault_is_told_at_once_and_for_a_day() -> None:
    alarms = [one for one in ALARMS.values() if one["MetricName"] == "Faults"]
    assert sorted(dict(watched(one)[2])["kind"] for one in alarms) == sorted(FaultKind)
    for alarm in alarms:
        assert (alarm["Statistic"], alarm["ComparisonOperator"], alarm["Threshold"]) == (
            "Sum",
            "GreaterThanThreshold",
            0,
        )
        assert (alarm["TreatMissingData"], alarm["DatapointsToAlarm"], alarm["Period"]) == ("notBreaching", 1, 300)
        # CloudWatch looks back over a day at most; what stays faulty is tried again within that.
        assert alarm["EvaluationPeriods"] * alarm["Period"] * SECOND == DAY > RETRIED_LAST


@pytest.mark.parametrize("name", ["ReadThrottleEvents", "WriteThrottleEvents"])
def test_throttles_of_the_table_and_of_each_index_are_told(name: str) -> None:
    found = [
        dict(watched(one)[2]).get("GlobalSecondaryIndexName") for one in ALARMS.values() if one["MetricName"] == name
    ]
    assert sorted(found, key=str) == sorted([None, *INDEXES], key=str)


# --- the dashboard ---


@pytest.mark.parametrize("title", [one["properties"]["title"] for one in widgets()])
def test_the_dashboard_shows_what_is_counted(title: str) -> None:
    [widget] = [one for one in widgets() if one["properties"]["title"] == title]
    found = list(shown(widget))
    assert found
    assert [one for one in found if not exists(one)] == []


def test_the_dashboard_shows_all_that_is_counted_and_all_that_is_alarmed_of() -> None:
    found = {one for widget in widgets() for one in shown(widget)}
    assert OWN - found == set()
    alarmed = {counted_as(watched(one)) for one in ALARMS.values()}
    assert {one for one in alarmed - found if one[1] != "Invocations"} == set()


def test_the_dashboard_shows_each_function() -> None:
    found = {one for widget in widgets() for one in shown(widget)}
    for name in ("Errors", "Throttles", "Duration", "ConcurrentExecutions"):
        assert {dict(one[2])["FunctionName"] for one in found if one[1] == name} == NAMES.keys()


def test_the_dashboard_fills_its_rows() -> None:
    width = 0
    for widget in widgets():
        width = width % 24 + widget["width"]
        assert width <= 24
    assert width == 24
