"""A poison ticket, alert or policy in the middle of what a function is given: everything else goes on."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable
from typing import Any

import pytest

from replyclock.adapters.dynamodb import text, ticket_pk
from replyclock.adapters.sqs import timer_text
from replyclock.domain.errors import StoreUnavailable
from replyclock.domain.events import AnyEvent, TicketKey
from replyclock.domain.instants import DAY, SECOND, format_instant
from replyclock.service.ports import OpenTicketsTimer, PublishedPolicy, Timer
from tests.adapters.samples import created, reply

from .conftest import Context, Deployed, recorded
from .test_functions import metrics, queue, stream
from .test_serve_api import answer, request

FIRST, POISON, LAST = ((("default", "desk", f"a-ticket-of-somebody-{number}")) for number in range(3))
KEYS: list[TicketKey] = [FIRST, POISON, LAST]
WRONG = pytest.mark.parametrize("error", [OverflowError, RecursionError, KeyError])


def poison(patch: pytest.MonkeyPatch, module: str, name: str, error: type[Exception] = OverflowError) -> None:
    """The function of the domain that a use case calls fails for the poison ticket alone."""
    where = importlib.import_module(f"replyclock.service.{module}")
    real = getattr(where, name)

    def failing(events: Iterable[AnyEvent], *rest: Any) -> Any:
        told = list(events)
        if any(one.key == POISON for one in told):
            raise error("what a customer wrote")
        return real(told, *rest)

    patch.setattr(where, name, failing)


def ask(deployed: Deployed, path: str, **query: str) -> tuple[int, Any]:
    return answer(deployed.ask(request(path, **query)))


def of_events(*keys: TicketKey) -> Any:
    """A stream's batch with an event of each ticket."""
    found = stream("measure_tickets")
    for number, key in enumerate(keys):
        found["Records"] += stream("measure_tickets", "E#created", key=key)["Records"]
        found["Records"][-1]["dynamodb"]["SequenceNumber"] = str(100 + number)
    return found


def come_in(deployed: Deployed, ago: int = 20 * SECOND) -> None:
    for key in KEYS:
        deployed.told(created(key, deployed.now() - ago), received_at=deployed.now() - ago)


@WRONG
def test_in_a_batch_of_the_stream(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: type[Exception]
) -> None:
    come_in(deployed)
    function = deployed.load("measure_tickets")
    with monkeypatch.context() as patch:
        poison(patch, "refresh", "evaluate_ticket", error)
        for _ in range(2):  # the stream may repeat itself
            answered = function.lambda_handler(of_events(*KEYS), Context())
            assert answered == {"batchItemFailures": []}
    assert [deployed.record(key).state is not None for key in KEYS] == [True, False, True]
    output = capsys.readouterr().out
    assert metrics(output)["Faults"] == [1]
    assert {line["kind"] for line in map(json.loads, output.splitlines()) if "Faults" in line} == {"ticket"}
    assert "customer wrote" not in output
    assert "somebody" not in output
    status, found = ask(deployed, "/faults")
    assert status == 200
    assert found["kinds"] == {"ticket": 1}
    assert [(one["ticket"], one["count"]) for one in found["faults"]] == [(POISON[2], 2)]
    function.lambda_handler(of_events(POISON), Context())
    assert deployed.alerts(POISON) == {80: "pending", 100: "pending"}
    assert ask(deployed, "/faults")[1]["faults"] == []


def test_what_cannot_even_be_set_aside_comes_again(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    come_in(deployed)
    function = deployed.load("measure_tickets")
    poison(monkeypatch, "refresh", "evaluate_ticket")

    def fail(*_: object) -> None:
        raise StoreUnavailable("of the test")

    monkeypatch.setattr(function.faults, "set_aside", fail)
    answered = function.lambda_handler(of_events(*KEYS), Context())
    assert answered == {"batchItemFailures": [{"itemIdentifier": "101"}]}
    assert [deployed.record(key).state is not None for key in KEYS] == [True, False, True]


@WRONG
def test_in_a_batch_of_the_queue(deployed: Deployed, monkeypatch: pytest.MonkeyPatch, error: type[Exception]) -> None:
    come_in(deployed)
    now = deployed.now()
    poison(monkeypatch, "refresh", "evaluate_ticket", error)
    event = queue(
        *(timer_text(Timer(key, now - 10 * SECOND, 1)) for key in KEYS), timer_text(OpenTicketsTimer(0, 0, 1))
    )
    assert deployed.call("check_deadlines", event) == {"batchItemFailures": []}
    assert [deployed.record(key).state is not None for key in KEYS] == [True, False, True]
    assert ask(deployed, "/faults")[1]["kinds"] == {"ticket": 1}
    assert deployed.judgings.progress()[1].measured == 3, "the policy has come round"


def test_a_fault_of_no_single_thing_comes_again(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    come_in(deployed)
    function = deployed.load("check_deadlines")

    def fail(*_: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(function.check.tickets, "open_keys", fail)
    event = queue(timer_text(OpenTicketsTimer(0, 0, 1)), timer_text(Timer(FIRST, deployed.now() - SECOND)))
    assert function.lambda_handler(event, Context()) == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    assert deployed.record(FIRST).state is not None


def test_a_due_item_that_no_reader_takes_does_not_stop_the_sweep(
    deployed: Deployed, capsys: pytest.CaptureFixture[str]
) -> None:
    for key in KEYS:
        deployed.told(created(key, deployed.now()))
        deployed.refresh(key)
    deployed.queued()
    place = {"pk": text(ticket_pk(POISON)), "sk": text("STATE")}
    odd = {":odd": text("0000 is no instant")}
    deployed.store.client.update_item(
        TableName=deployed.store.name, Key=place, UpdateExpression="SET due_at = :odd", ExpressionAttributeValues=odd
    )
    deployed.call("sweep_deadlines", recorded("sweep_deadlines"))
    output = capsys.readouterr().out
    assert metrics(output)["TimersArmed"] == [2]


def test_in_alerts_to_be_published_and_in_what_is_too_large(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STORM_LIMIT", "20")
    come_in(deployed)
    for key in KEYS:
        deployed.refresh(key)
    event = stream("publish_alerts")
    for number, key in enumerate(KEYS):
        event["Records"] += stream("publish_alerts", "A#first_response#1#100#chat", key=key)["Records"]
        event["Records"][-1]["dynamodb"]["SequenceNumber"] = str(100 + number)
    function = deployed.load("publish_alerts")
    with monkeypatch.context() as patch:
        patch.setattr(function.publish.publisher, "publish", _larger(function.publish.publisher.publish))
        assert function.lambda_handler(event, Context()) == {"batchItemFailures": []}
        assert function.lambda_handler(event, Context()) == {"batchItemFailures": []}, "nor ever again"
    assert [deployed.alerts(key)[100] for key in KEYS] == ["sent", "faulty", "sent"]
    assert len(deployed.published()) == 2
    assert metrics(capsys.readouterr().out)["Faults"] == [1]
    [fault] = ask(deployed, "/faults")[1]["faults"]
    assert fault["kind"] == "alert"
    assert fault["reason"].startswith("RefusedByStore at sns.py:")
    # Taken up again: the stream brings the change of its status.
    thing = next(thing for _, thing in deployed.faults.newest())
    deployed.faults.requeue(thing)
    [again] = stream("publish_alerts", "A#first_response#1#100#chat", key=POISON)["Records"]
    again["eventName"] = "MODIFY"
    again["dynamodb"] |= {"OldImage": {"status": {"S": "faulty"}}, "NewImage": {"status": {"S": "pending"}}}
    assert function.lambda_handler({"Records": [again]}, Context()) == {"batchItemFailures": []}
    assert deployed.alerts(POISON)[100] == "sent"
    again["dynamodb"]["OldImage"] = {"status": {"S": "claimed"}}
    assert function.lambda_handler({"Records": [again]}, Context()) == {"batchItemFailures": []}
    assert len(deployed.published()) == 3


def _larger(publish: Any) -> Any:
    from dataclasses import replace

    def sent(message: Any, without: Any) -> None:
        # SNS takes 256 KiB.
        much = "x" * 300_000
        larger = replace(message, email=much, sms=much, document={"x": much})
        publish(larger if message.document["ticket"] == POISON[2] else message, without)

    return sent


def test_where_digests_fail_days_are_built_all_the_same(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    come_in(deployed, 60 * SECOND)
    for key in KEYS:
        deployed.refresh(key)
    function = deployed.load("compile_reports")

    def fail() -> int:
        raise StoreUnavailable("of the test")

    monkeypatch.setattr(function, "owe_digests", fail)
    poison(monkeypatch, "compile", "ticket_figures", RecursionError)
    with pytest.raises(StoreUnavailable):
        function.lambda_handler(recorded("compile_reports"), Context())
    status, report = ask(deployed, "/reports/summary")
    assert (status, report["total"]["tickets"]["created"]) == (200, 2)
    assert report["missing"]
    assert ask(deployed, "/faults")[1]["kinds"] == {"figures": 1}


def test_the_api_shows_all_others_and_says_what_is_wrong(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    come_in(deployed, 5 * SECOND)
    for key in KEYS:
        deployed.refresh(key)
    function = deployed.load("serve_api")
    poison(monkeypatch, "read", "evaluate_ticket")

    def get(path: str, **query: str) -> tuple[int, Any]:
        return answer(function.lambda_handler(request(path, **query), Context()))

    status, told = get("/tickets/" + "/".join(POISON))
    assert (status, told["last_known"]["state"]) == (500, "new")
    assert told["reason"].startswith("OverflowError")
    status, listed = get("/tickets", state="running")
    assert (status, len(listed["tickets"]), [one["ticket"] for one in listed["faulty"]]) == (200, 2, [POISON[2]])
    assert get("/tickets/" + "/".join(FIRST))[0] == 200

    def fail(*_: object) -> None:
        raise RecursionError("what a customer wrote")

    monkeypatch.setattr(function, "live", fail)
    status, told = get("/live")
    assert (status, told["reason"].partition(" ")[0]) == (500, "RecursionError")
    output = capsys.readouterr().out
    assert metrics(output)["Faults"] == [1]
    assert "customer wrote" not in output + json.dumps(told)


def test_one_version_that_cannot_be_read_does_not_take_the_others_with_it(deployed: Deployed) -> None:
    good = "policy: acme\nversion: {}\neffective_from: {}\nstandards: [{{name: x, targets: {{first_response: 1h}}}}]"
    now = deployed.now()
    deployed.policies.add(PublishedPolicy(1, good.format(1, "2020-01-01T00:00:00Z"), now - 9 * DAY))
    odd = good.format(2, format_instant(now - DAY)).replace("{first_response: 1h}", "!!binary aGVsbG8=")
    deployed.policies.add(PublishedPolicy(2, odd, now - DAY))
    status, told = ask(deployed, "/policy/versions")
    assert status == 200
    assert [(one["version"], "unreadable" in one) for one in told["versions"]] == [(1, False), (2, True)]
    status, told = ask(deployed, "/policy")
    assert (status, told["version"]) == (500, 2)
    come_in(deployed)
    assert deployed.call("measure_tickets", of_events(*KEYS)) == {"batchItemFailures": []}
    assert ask(deployed, "/faults")[1]["kinds"] == {"policy_version": 1, "ticket": 3}
    for report in ("summary", "trends", "agents"):
        assert ask(deployed, f"/reports/{report}")[0] == 200
    function = deployed.load("serve_api")
    text_of_next = good.format(3, format_instant(now - DAY))
    assert answer(function.lambda_handler(request("/policy", "PUT", body=text_of_next), Context()))[0] == 201
    deployed.told(*(reply(key, deployed.now()) for key in KEYS))
    assert deployed.call("measure_tickets", of_events(*KEYS)) == {"batchItemFailures": []}
    assert [deployed.record(key).state is not None for key in KEYS] == [True] * 3
    assert ask(deployed, "/faults")[1]["kinds"] == {"policy_version": 1}
    assert ask(deployed, "/policy")[1]["version"] == 3
