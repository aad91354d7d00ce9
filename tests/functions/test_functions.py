"""The functions that AWS triggers: what they answer, and what they tell of failures."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends
from pydantic import ValidationError

from replyclock.adapters.sqs import timer_text
from replyclock.domain.errors import StoreUnavailable
from replyclock.domain.instants import SECOND, day_of
from replyclock.service.ports import OpenTicketsTimer, Timer
from tests.adapters.backends import REGION
from tests.adapters.samples import created, reply

from .conftest import Context, Deployed, recorded

ISSUE = ("default", "issues", "example-org/support#8")
NAMES = [
    "receive_webhook",
    "measure_tickets",
    "sweep_deadlines",
    "check_deadlines",
    "publish_alerts",
    "serve_api",
    "serve_reports",
]


def stream(name: str, *sort_keys: str, key: tuple[str, str, str] = ISSUE) -> Any:
    """The recorded event with records for these sort keys."""
    (template,) = recorded(name)["Records"]
    records = []
    for number, sort_key in enumerate(sort_keys):
        record = json.loads(json.dumps(template))
        record["dynamodb"]["Keys"] = {"pk": {"S": "T#" + "#".join(key)}, "sk": {"S": sort_key}}
        record["dynamodb"]["SequenceNumber"] = str(100 + number)
        records.append(record)
    return {"Records": records}


def queue(*bodies: str) -> Any:
    (template,) = recorded("check_deadlines")["Records"]
    return {"Records": [template | {"messageId": f"m{number}", "body": body} for number, body in enumerate(bodies)]}


def metrics(output: str) -> dict[str, Any]:
    """The metrics in what a function has printed."""
    found: dict[str, Any] = {}
    for line in output.splitlines():
        document = json.loads(line)
        for directive in document.get("_aws", {}).get("CloudWatchMetrics", []):
            for metric in directive["Metrics"]:
                found[metric["Name"]] = document[metric["Name"]]
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_function_that_is_not_configured_fails_when_it_is_loaded(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for wrong in (None, ""):
        monkeypatch.setenv("TABLE_NAME", "") if wrong == "" else monkeypatch.delenv("TABLE_NAME")
        with pytest.raises(ValidationError, match="table_name"):
            deployed.load(name)


def test_new_events_are_measured(deployed: Deployed, capsys: pytest.CaptureFixture[str]) -> None:
    start = deployed.now() - 20 * SECOND
    deployed.told(created(ISSUE, start), received_at=start)
    answer = deployed.call("measure_tickets", stream("measure_tickets", "E#created", "E#created"))
    assert answer == {"batchItemFailures": []}
    assert deployed.alerts(ISSUE) == {80: "pending", 100: "pending"}
    shown = metrics(capsys.readouterr().out)
    assert shown["TicketsRefreshed"] == [1]
    assert len(shown["DetectionLag"]) == 2
    assert all(10_000 <= lag < 60_000 for lag in shown["DetectionLag"])


def test_records_that_are_no_events_of_tickets_are_left_alone(deployed: Deployed) -> None:
    event = stream("measure_tickets", "STATE", "A#first_response#1#100#chat")
    event["Records"][0]["dynamodb"]["Keys"] = {"pk": {"S": "POLICY"}, "sk": {"S": "V#0000000001"}}
    assert deployed.call("measure_tickets", event) == {"batchItemFailures": []}
    assert deployed.store.items() == []


def test_a_ticket_that_could_not_be_measured_comes_again_from_its_first_record(deployed: Deployed) -> None:
    deployed.told(created(ISSUE, deployed.now()))
    other = ("default", "issues", "example-org/support#9")
    deployed.told(created(other, deployed.now(), service_type="general"))
    event = stream("measure_tickets", "E#created", "E#reply")
    event["Records"] += stream("measure_tickets", "E#created", key=other)["Records"]
    event["Records"][2]["dynamodb"]["SequenceNumber"] = "102"
    function = deployed.load("measure_tickets")
    # Without a queue the deadline in ten seconds cannot be armed; the one in a day does not need it.
    function.refresh.timers._queue_url += "-gone"
    from .conftest import Context

    assert function.lambda_handler(event, Context()) == {"batchItemFailures": [{"itemIdentifier": "100"}]}
    assert deployed.record(ISSUE).state is None
    assert deployed.record(other).state is not None


def test_the_sweep_arms_timers(deployed: Deployed, capsys: pytest.CaptureFixture[str]) -> None:
    deployed.told(created(ISSUE, deployed.now()))
    deployed.refresh(ISSUE)
    deployed.queued()
    deployed.call("sweep_deadlines", recorded("sweep_deadlines"))
    assert metrics(capsys.readouterr().out)["TimersArmed"] == [1]


def test_timers_are_checked_and_what_is_none_comes_again(deployed: Deployed) -> None:
    deployed.told(created(ISSUE, deployed.now() - 20 * SECOND))
    timer = Timer(ISSUE, deployed.now() - 10 * SECOND)
    answer = deployed.call(
        "check_deadlines", queue("no timer", timer_text(timer), timer_text(OpenTicketsTimer(0, 0, 1)))
    )
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert deployed.alerts(ISSUE) == {80: "pending", 100: "pending"}


def test_the_recorded_timer_of_a_ticket_nobody_knows_is_done(deployed: Deployed) -> None:
    assert deployed.call("check_deadlines", recorded("check_deadlines")) == {"batchItemFailures": []}


def test_digests_are_owed_and_published(deployed: Deployed, capsys: pytest.CaptureFixture[str]) -> None:
    deployed.told(created(ISSUE, deployed.now(), service_type="urgent"))
    deployed.refresh(ISSUE)
    deployed.call("compile_reports", recorded("compile_reports"))
    assert metrics(capsys.readouterr().out)["DigestsOwed"] == [1]
    [item] = [item for item in deployed.store.items() if "notice" in item]
    keys = {"pk": item["pk"], "sk": item["sk"]}
    record = {"eventName": "INSERT", "dynamodb": {"Keys": keys, "SequenceNumber": "7"}}
    assert deployed.call("publish_alerts", {"Records": [record, record]}) == {"batchItemFailures": []}
    assert len(deployed.published()) == 1
    assert metrics(capsys.readouterr().out)["AlertsPublished"] == [1]


def test_subscriptions_that_get_nothing_are_counted(deployed: Deployed, capsys: pytest.CaptureFixture[str]) -> None:
    # moto confirms each subscription, and forgets one that was ended.
    topic = sns_backends[DEFAULT_ACCOUNT_ID][REGION].topics[deployed.topic_arn]
    for pending, ended in ((0, 0), (1, 0), (1, 2)):
        topic.subscriptions_pending, topic.subscriptions_deleted = pending, ended
        deployed.call("compile_reports", recorded("compile_reports"))
        assert metrics(capsys.readouterr().out)["SubscriptionsSilent"] == [pending + ended]


def test_without_the_topic_the_rest_is_done_all_the_same(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ALERT_TOPIC_ARN", deployed.topic_arn + "-gone")
    deployed.told(created(ISSUE, deployed.now(), service_type="urgent"))
    deployed.refresh(ISSUE)
    with pytest.raises(StoreUnavailable):
        deployed.call("compile_reports", recorded("compile_reports"))
    assert metrics(capsys.readouterr().out)["DigestsOwed"] == [1]


@pytest.mark.parametrize(("building", "evaluated"), [(0, False), (60 * SECOND, True)])
def test_nothing_is_evaluated_while_days_are_left_to_build(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch, building: int, evaluated: bool
) -> None:
    asked: list[int] = []
    function = deployed.load("compile_reports")
    monkeypatch.setattr(function, "BUILDING", building)
    told_at = deployed.now() - 20 * SECOND
    function.days.touch(ISSUE, day_of(told_at), told_at)

    def owe_evaluations(known_until: int) -> int:
        asked.append(known_until)
        return 0

    monkeypatch.setattr(function, "owe_evaluations", owe_evaluations)
    function.lambda_handler(recorded("compile_reports"), Context())
    assert [known_until > told_at for known_until in asked] == [evaluated]


def test_alerts_are_published_or_quiet(deployed: Deployed, capsys: pytest.CaptureFixture[str]) -> None:
    deployed.told(created(ISSUE, deployed.now() - 20 * SECOND))
    deployed.refresh(ISSUE)
    keys = [known.entry.sort_key for known in deployed.record(ISSUE).ledger]
    assert deployed.call("publish_alerts", stream("publish_alerts", *keys)) == {"batchItemFailures": []}
    assert deployed.alerts(ISSUE) == {80: "quiet", 100: "sent"}
    assert len(deployed.published()) == 1
    shown = metrics(capsys.readouterr().out)
    assert (shown["AlertsPublished"], shown["AlertsQuiet"]) == ([1], [1])


def test_a_link_is_made_of_its_base(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINK_BASE", "https://support.example.com/tickets/")
    linked = deployed.load("publish_alerts").link(ISSUE)
    assert linked == "https://support.example.com/tickets/default/issues/example-org%2Fsupport%238"


def test_an_alert_that_could_not_be_published_comes_again(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    deployed.told(created(ISSUE, deployed.now() - 20 * SECOND))
    deployed.refresh(ISSUE)
    event = stream("publish_alerts", "A#first_response#1#100#chat")
    monkeypatch.setenv("ALERT_TOPIC_ARN", deployed.topic_arn + "-gone")
    assert deployed.call("publish_alerts", event) == {"batchItemFailures": [{"itemIdentifier": "100"}]}
    monkeypatch.setenv("ALERT_TOPIC_ARN", deployed.topic_arn)
    assert deployed.call("publish_alerts", event) == {"batchItemFailures": []}
    assert len(deployed.published()) == 1


def test_the_whole_way_by_hand(deployed: Deployed) -> None:
    """A chat, its stream record, its timer, its alerts; then an answer makes the ticket quiet."""
    start = deployed.now() - 11 * SECOND
    deployed.told(created(ISSUE, start))
    deployed.call("measure_tickets", stream("measure_tickets", "E#created"))
    deployed.call("publish_alerts", stream("publish_alerts", "A#first_response#1#100#chat"))
    deployed.told(reply(ISSUE, deployed.now()))
    deployed.call("measure_tickets", stream("measure_tickets", "E#reply"))
    state = deployed.record(ISSUE).state
    assert state is not None
    assert (state.states, state.due_at) == (("breached",), None)
    ((_, message, subject, _, _),) = deployed.published("sms")
    assert re.search(r"example-org/support#8", message)
    assert subject
