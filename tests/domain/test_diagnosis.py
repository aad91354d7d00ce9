"""What each check of `replyclock doctor` makes of its facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from replyclock.domain.diagnosis import (
    AlarmFacts,
    ConnectionFacts,
    Finding,
    FunctionFacts,
    PolicyFacts,
    ReaderFacts,
    Sent,
    SmsFacts,
    Status,
    Subscriber,
    TableFacts,
    judge_alarms,
    judge_api,
    judge_code,
    judge_concurrency,
    judge_connections,
    judge_cost,
    judge_deadlines,
    judge_faults,
    judge_filters,
    judge_policy,
    judge_quarantine,
    judge_queues,
    judge_readers,
    judge_schedules,
    judge_secrets,
    judge_sms,
    judge_stack,
    judge_statuses,
    judge_subscriptions,
    judge_table,
)
from replyclock.domain.instants import DAY, MINUTE, SECOND, parse_instant

NOW = parse_instant("2026-06-01T12:00:00Z")
MAIL, PHONE = Subscriber("email", "a@example.com", pending=False), Subscriber("sms", "+15550100200", pending=False)
UNCONFIRMED = Subscriber("email", "late@example.com", pending=True)
LAYER = ("arn:aws:lambda:eu-west-1:1:layer:shared:7",)


def function(name: str, state: str = "Active", last_update: str = "Successful", layer: Any = LAYER) -> FunctionFacts:
    return FunctionFacts(name, state, last_update, layer)


ACTIVE = [function("a"), function("b")]
SAFE = TableFacts(backups=True, deletion_protected=True, protection_wanted=True, expiry=True, stream=True)
READS = ReaderFacts("replyclock-prod-measure-tickets", "Enabled", 2 * SECOND)


@pytest.mark.parametrize(
    "found",
    [
        judge_stack("acme", "UPDATE_COMPLETE"),
        judge_api("1.2.0", "1.2.0"),
        judge_code(ACTIVE),
        judge_code([function("a", "Inactive")]),
        judge_concurrency(1000, {"check-deadlines": 20, "measure-tickets": 4, "publish-alerts": 4}),
        judge_concurrency(38, {"check-deadlines": 20, "measure-tickets": 4, "publish-alerts": 4}),
        judge_table(SAFE),
        judge_secrets(api_token=True, missing={}),
        judge_subscriptions("arn:topic", [MAIL, PHONE]),
        judge_sms([MAIL], None),
        judge_sms([PHONE], SmsFacts("eu-west-1", sandbox=False, limit=50, spent=None)),
        judge_queues({"StreamFailures": 0}),
        judge_alarms(AlarmFacts({"a": "OK", "b": "INSUFFICIENT_DATA"}, (MAIL,))),
        judge_readers([READS, ReaderFacts("replyclock-prod-check-deadlines", "Enabled")]),
        judge_schedules({"sweep-deadlines": 10, "compile-reports": 2}, 2 * MINUTE),
        judge_deadlines([NOW - 2 * MINUTE, NOW], NOW),
        judge_policy(PolicyFacts(2, 2, "acme")),
        judge_connections(ConnectionFacts({"support": 20_000})),
        judge_quarantine({}),
        judge_faults({}),
        judge_statuses({}),
        judge_cost("June 2026", 2.5, 40.0),
    ],
)
def test_all_is_well(found: Sequence[Finding]) -> None:
    assert [one.status for one in found] == [Status.OK]
    assert [one.advice for one in found] == [None]


@pytest.mark.parametrize(
    ("found", "said", "advised"),
    [
        (judge_stack("acme", "UPDATE_ROLLBACK_COMPLETE"), "acme failed", "describe-stack-events"),
        (judge_stack("acme", "ROLLBACK_COMPLETE"), "acme failed", "describe-stack-events"),
        (judge_api("1.2.0", "1.1.0"), "1.1.0 is deployed, this command is 1.2.0", "make deploy"),
        (judge_api("1.2.0", None), "older", "make deploy"),
        (judge_code([function("a", "Failed")]), "a is Failed", "make deploy"),
        (judge_code([function("a", last_update="Failed")]), "update Failed", "make deploy"),
        (judge_code([function("a"), function("b", layer=(LAYER[0][:-1] + "8",))]), "layer shared", "make deploy"),
        # As a new account has it.
        (
            judge_concurrency(10, {"check-deadlines": 20, "measure-tickets": 4}),
            "may run 10",
            "LambdaConcurrency=reduced",
        ),
        (judge_concurrency(30, {"check-deadlines": 100}), "up to 100", "ask AWS for 110"),
        (judge_table(TableFacts(False, True, True, True, True)), "point-in-time", "make deploy"),
        (judge_table(TableFacts(True, False, True, True, True)), "deleted", "make deploy"),
        (judge_table(TableFacts(True, True, True, False, True)), "do not expire", "make deploy"),
        (judge_table(TableFacts(True, True, True, True, False)), "no stream", "make deploy"),
        (judge_secrets(api_token=False, missing={}), "every call is refused", "make deploy"),
        (judge_secrets(api_token=True, missing={"desk": ["x/1"]}), "desk: the secret x/1", "rotate desk"),
        (judge_subscriptions("arn:topic", []), "nobody is subscribed", "AlertEmail"),
        (judge_subscriptions("arn:topic", [MAIL, UNCONFIRMED]), "late@example.com is not confirmed", "arn:topic"),
        (judge_sms([PHONE], SmsFacts("eu-west-1", True, 50, 1)), "sandbox", "verify"),
        (judge_sms([PHONE], SmsFacts("eu-west-1", False, 10, 8)), "8.00 of 10.00 $", "spending limit"),
        (judge_sms([PHONE], SmsFacts("cn-north-1", False, 10, 0)), "no SMS from cn-north-1", "e-mail"),
        (judge_queues({"StreamFailures": 0, "TimerFailures": 2}), "2 messages in TimerFailures", "check-deadlines"),
        (judge_alarms(AlarmFacts({"a": "OK", "b": "ALARM"}, (MAIL,))), "b is in ALARM", "CloudWatch"),
        (judge_alarms(AlarmFacts({"a": "OK"}, (UNCONFIRMED,))), "gets no alarm", "link"),
        (judge_readers([]), "nothing reads", "make deploy"),
        (judge_readers([ReaderFacts("a", "Disabled")]), "a does not read", "--enabled"),
        (judge_readers([ReaderFacts("a", "Enabled", 61 * SECOND)]), "written 61 s ago", "/aws/lambda/a"),
        (judge_schedules({"sweep-deadlines": 0, "compile-reports": 2}, DAY), "sweep-deadlines has not run", "schedule"),
        (judge_deadlines([NOW - 4 * MINUTE, NOW], NOW), "1 due and not looked at, the oldest since", "check-deadlines"),
        (judge_policy(PolicyFacts(1, None, None, None, (1,))), "version 1 cannot be read", "publish"),
        (judge_policy(PolicyFacts(1, None, None, NOW)), "the first begins 2026-06-01T12:00:00Z", "effective_from"),
        (judge_connections(ConnectionFacts({"desk": None, "chat": 3})), "desk is silent", "connection test desk"),
        (judge_connections(ConnectionFacts({}, ("desk",))), "desk cannot be read", "connection change desk"),
        (judge_quarantine({"desk": "3 webhooks"}), "desk: 3 webhooks could not be read", "--connection desk"),
        (judge_faults({"ticket": 2, "alert": 1}), "2 ticket, 1 alert", "redrive --all"),
        (judge_statuses({"desk": ["Waiting", "Parked"]}), "desk: 'Waiting', 'Parked'", '--status "Waiting=on_hold"'),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(found: Sequence[Finding], said: str, advised: str) -> None:
    [one] = [finding for finding in found if finding.status is Status.WRONG]
    assert said in one.found
    assert advised in (one.advice or "")


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (judge_stack("acme", "UPDATE_IN_PROGRESS"), "is being deployed"),
        (
            judge_concurrency(10, {"check-deadlines": 2, "measure-tickets": 1}, reduced=True),
            "LambdaConcurrency is reduced",
        ),
        (judge_table(TableFacts(True, False, False, True, True)), "may be deleted by a single call"),
        (judge_sms([PHONE], SmsFacts("eu-west-1", False, 1, 0)), "1.00 $ a month"),
        (judge_schedules({"sweep-deadlines": 3, "compile-reports": 0}, 4 * MINUTE), "4 minutes old"),
        (judge_alarms(AlarmFacts({})), "no alarms are deployed"),
        (judge_alarms(AlarmFacts({"a": "OK"})), "nobody is subscribed to the alarms"),
        (judge_policy(PolicyFacts(0, 1, "standard")), "built-in"),
        (judge_connections(ConnectionFacts({})), "no tool is connected"),
        (judge_cost("June 2026", None, 40.0), "40.00 $ for the whole account"),
    ],
)
def test_what_is_worth_knowing_is_not_wrong(found: Sequence[Finding], said: str) -> None:
    [one] = found
    assert one.status is Status.NOTE
    assert said in one.found
    assert one.advice


def sent(*values: str, required: bool = True) -> Sent:
    return Sent(frozenset(values) or None, required)


FORM = {"form": ["email"]}
BREACH = {"form": sent("email"), "level": sent("breach"), "notify": sent("team", "lead"), "tier": sent(required=False)}
DIGEST = {"form": sent("email"), "level": sent("digest")}
WARNING = {"form": sent("email"), "level": sent("warning"), "notify": sent("team")}


@pytest.mark.parametrize(
    "filter_policy",
    [
        {"level": ["breach"]},
        {"level": ["warning", "breach"], "notify": ["lead", {"exists": False}]},
        {"notify": [{"exists": False}]},
        {"notify": [{"exists": True}], "tier": ["vip"]},
        {"tier": [{"exists": False}]},
        {"level": [{"prefix": "br"}]},
        {"level": [{"suffix": "each"}]},
        {"level": [{"anything-but": "breach"}]},
        {"level": [{"anything-but": ["breach", "warning"]}]},
        {"level": [{"equals-ignore-case": "BREACH"}]},
        {"$or": [{"level": ["escalation"]}, {"level": ["digest"]}]},
        {"level": [{"something-new": 1}]},
    ],
)
def test_a_filter_that_lets_something_through(filter_policy: Mapping[str, object]) -> None:
    one = Subscriber("sqs", "queue", pending=False, filter={**FORM, **filter_policy})
    assert [finding.status for finding in judge_filters([one], [BREACH, DIGEST, WARNING])] == [Status.OK]


@pytest.mark.parametrize(
    ("filter_policy", "said"),
    [
        ({"level": ["escalation"]}, "such a value of level"),
        ({"notify": ["manager"]}, "such a value of notify"),
        ({"colour": ["red"]}, "such a value of colour"),
        ({"colour": [{"exists": True}]}, "such a value of colour"),
        ({"level": [{"exists": False}]}, "such a value of level"),
        # Each by itself is sent, but not both at once.
        ({"level": ["warning"], "notify": ["lead"]}, "all of it at once"),
        ({"level": ["digest"], "notify": [{"exists": True}]}, "all of it at once"),
        ({"level": [{"anything-but": ["breach", "warning", "digest"]}]}, "level"),
        ({"level": [{"prefix": "esc"}]}, "level"),
        ({"$or": [{"level": ["escalation"]}, {"level": ["reminder"]}]}, "$or"),
    ],
)
def test_a_filter_that_lets_nothing_through(filter_policy: Mapping[str, object], said: str) -> None:
    one = Subscriber("sqs", "queue", pending=False, filter={**FORM, **filter_policy})
    [found] = judge_filters([one], [BREACH, DIGEST, WARNING])
    assert found.status is Status.WRONG
    assert found.found.startswith("sqs queue gets nothing")
    assert said in found.found


@pytest.mark.parametrize("filter_policy", [None, {}, {"level": ["breach"]}])
def test_a_subscription_that_asks_for_no_form_gets_all_of_them(filter_policy: Mapping[str, object] | None) -> None:
    one = Subscriber("email", "a@example.com", pending=False, filter=filter_policy)
    [found] = judge_filters([one], [BREACH])
    assert found.status is Status.WRONG
    assert "three times" in found.found


def test_a_filter_over_bodies_is_not_judged() -> None:
    one = Subscriber("sqs", "queue", pending=False, filter={"colour": ["red"]}, by_body=True)
    assert [finding.status for finding in judge_filters([one], [BREACH])] == [Status.OK]


def test_of_many_names_a_few_are_said() -> None:
    [found] = judge_statuses({"desk": [f"s{i}" for i in range(9)]})
    assert found.found == "desk: 's0', 's1', 's2', 's3', 's4' and 4 more taken for open"


def test_how_many_are_overdue_is_counted_up_to_a_bound() -> None:
    [found] = judge_deadlines([NOW - DAY] * 3, NOW, more=True)
    assert found.found == "more than 3 due and not looked at, the oldest since 2026-05-31T12:00:00Z"


def test_functions_that_need_more_may_have_a_layer_more() -> None:
    [found] = judge_code([function("a"), function("b", layer=(*LAYER, "arn:aws:lambda:eu-west-1:1:layer:engine:3"))])
    assert found.status == "ok"
