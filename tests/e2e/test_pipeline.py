"""From a webhook to the people who are told, through every deployed part."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from infra.local.api import now, wait_for
from replyclock.domain.instants import SECOND, parse_instant

from .bodies import created, reply
from .conftest import MEASURED_WITHIN, PROMISED_LAG, System


def test_a_broken_promise_is_told_by_mail_and_sms_and_a_kept_one_to_nobody(
    system: System, ticket: str, seconds_between: Callable[[str, str], float], capsys: pytest.CaptureFixture[str]
) -> None:
    # Functions that have to start first may take longer than the two seconds from the warning to the breach.
    first = ("acme", "desk", f"{ticket}-first")
    assert system.send("desk", created(first[2], now() - 3600 * SECOND, tier="vip")).status == 202
    system.wait_for_delivery(first, "email", "breach", until=now() + MEASURED_WITHIN)

    late, kept = ("acme", "desk", f"{ticket}-late"), ("acme", "desk", f"{ticket}-kept")
    began = now()
    for key in (late, kept):
        answer = system.send("desk", created(key[2], began, channel="chat"))
        assert (answer.status, answer.document) == (202, {"accepted": 1, "duplicates": 0, "quarantined": 0})
    assert system.send("desk", reply(kept[2], now())).status == 202

    due_at = began + 10 * SECOND
    # A promise of ten seconds, noticed within two; then it still has to be published.
    mail = system.wait_for_delivery(late, "email", "breach", until=due_at + MEASURED_WITHIN)
    sms = system.wait_for_delivery(late, "sms", "breach", until=due_at + MEASURED_WITHIN)

    told = system.api.ticket(late)
    assert told is not None
    [breach] = [alert for alert in told["alerts"] if alert["level"] == "breach"]
    lag = seconds_between(breach["knowable_at"], breach["detected_at"])
    with capsys.disabled():
        print(f"\ndetection lag {lag:.3f} s, mail sent {(mail.at - due_at) / SECOND:.3f} s after the promise broke")
    assert 0 <= lag <= PROMISED_LAG
    assert parse_instant(breach["due_at"]) == due_at

    assert mail.subject is not None
    for part in (late[2], "chat 10s"):
        assert part in mail.subject
        assert part in sms.text
    assert mail.to == "support-leads@example.com"
    for part in (late[2], "desk", "first response within 10s", breach["alert_id"]):
        assert part in mail.text
    assert len(sms.text) <= 160
    assert sms.to == "+15555550100"
    # The warning went by mail alone, and nothing was told twice.
    assert sorted((one.protocol, one.attributes["level"]) for one in system.deliveries(late)) == [
        ("email", "breach"),
        ("email", "warning"),
        ("sms", "breach"),
    ]
    assert [clock["state"] for clock in told["clocks"] if clock["metric"] == "first_response"] == ["breached"]
    listed = system.api.get("/tickets?state=breached&tenant=acme").document["tickets"]
    assert late[2] in [one["ticket"] for one in listed]

    answered = system.api.ticket(kept)
    assert answered is not None
    assert [clock["state"] for clock in answered["clocks"] if clock["metric"] == "first_response"] == ["met"]
    assert answered["alerts"] == []


def test_what_broke_before_it_was_told_is_told_at_once(system: System, ticket: str) -> None:
    key = ("acme", "desk", ticket)
    assert system.send("desk", created(ticket, now() - 3600 * SECOND, tier="vip")).status == 202
    mail = system.wait_for_delivery(key, "email", "breach", until=now() + MEASURED_WITHIN)
    assert "vip 15m" in (mail.subject or "")
    # The warning that was due before is of no use any more.
    assert {one.attributes["level"] for one in system.deliveries(key)} == {"breach"}


def test_a_mail_leads_to_its_ticket(system: System, ticket: str) -> None:
    key = ("acme", "desk", f"owner/{ticket} #1")
    assert system.send("desk", created(key[2], now() - 3600 * SECOND, tier="vip")).status == 202
    mail = system.wait_for_delivery(key, "email", "breach", until=now() + MEASURED_WITHIN)
    assert f"{system.api.address}/#/ticket/acme/desk/owner%2F{ticket}%20%231" in mail.text.splitlines()


def test_the_sweep_finds_what_a_lost_timer_left_behind(system: System, ticket: str) -> None:
    key = ("acme", "desk", ticket)
    began = now()
    assert system.send("desk", created(ticket, began - 5 * SECOND, channel="chat")).status == 202
    system.wait_until_measured(key)
    cloud = system.deployment.cloud
    cloud.client("sqs").purge_queue(QueueUrl=system.deployment.outputs["TimerQueueUrl"])
    swept = cloud.client("lambda").invoke(FunctionName="replyclock-local-sweep-deadlines", Payload=b"{}")
    assert "FunctionError" not in swept
    system.wait_for_delivery(key, "email", "breach", until=began + 5 * SECOND + MEASURED_WITHIN)


def test_an_alert_that_cannot_be_published_is_told_later(system: System, ticket: str) -> None:
    functions, name = system.deployment.cloud.client("lambda"), "replyclock-local-publish-alerts"
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    elsewhere = {**variables, "ALERT_TOPIC_ARN": f"{variables['ALERT_TOPIC_ARN']}-that-is-not-there"}
    key = ("acme", "desk", ticket)
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": elsewhere})
    try:
        assert system.send("desk", created(ticket, now() - 3600 * SECOND, tier="vip")).status == 202
        log = system.deployment.cloud.functions_log
        assert wait_for(lambda: "left for another attempt" in log.read_text(encoding="utf-8"), MEASURED_WITHIN / SECOND)
        assert system.deliveries(key) == []
    finally:
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
    system.wait_for_delivery(key, "email", "breach", until=now() + MEASURED_WITHIN)
