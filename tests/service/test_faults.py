"""One faulty ticket, alert, part of a day or policy version stops nothing else, is shown, and is taken up again."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import boto3
import pytest

from replyclock.adapters.dynamodb import shard_of, text, ticket_pk
from replyclock.domain import notices
from replyclock.domain.errors import Conflict, InvalidInput, PolicyUnreadable, StoreUnavailable, TicketFaulty
from replyclock.domain.events import AnyEvent, TicketKey
from replyclock.domain.instants import DAY, MINUTE, SECOND, day_of, format_instant
from replyclock.domain.storms import Storm
from replyclock.service import compile as compiling
from replyclock.service import faults as faulting
from replyclock.service import messages
from replyclock.service import read as reading
from replyclock.service import redrive as redriving
from replyclock.service import refresh as refreshing
from replyclock.service.faults import ReadFaults, faulty_alert, faulty_figures, faulty_part, faulty_storm, faulty_ticket
from replyclock.service.policies import policy_in_force, policy_versions, read_stored_policy, unreadable_versions
from replyclock.service.ports import (
    RETRIED_FIRST,
    RETRIED_LAST,
    FaultKind,
    FaultRecord,
    Faulty,
    OpenTicketsTimer,
    PublishedPolicy,
    Timer,
    retry_at,
)
from replyclock.service.redrive import Outcome, Redrive
from replyclock.service.sweep import sweep_deadlines
from tests.adapters.samples import KEY, NINE, created, reply, solved

from .house import House
from .test_policies import document

OTHERS: list[TicketKey] = [("default", "desk", "0"), ("default", "desk", "2")]
POISON: TicketKey = KEY
FOREVER = NINE + 1000 * DAY
WRONG = (OverflowError, RecursionError, KeyError)


def poisoned(
    patch: pytest.MonkeyPatch, module: Any, name: str, error: type[Exception] = OverflowError, key: TicketKey = POISON
) -> None:
    """The function of the domain that a module calls fails for that ticket alone."""
    real = getattr(module, name)

    def failing(events: Iterable[AnyEvent], *rest: Any) -> Any:
        told = list(events)
        if any(one.key == key for one in told):
            raise error("what a customer wrote")
        return real(told, *rest)

    patch.setattr(module, name, failing)


def redriving_in(house: House) -> Redrive:
    return Redrive(
        house.faults,
        house.tickets,
        house.days,
        house.refresh,
        house.sum_up,
        house.policy,
        lambda: unreadable_versions(house.policies),
        house.now,
        lambda: None,
    )


def shown(house: House, **options: str) -> dict[str, Any]:
    read = ReadFaults(
        house.faults,
        lambda: unreadable_versions(house.policies),
        house.connections.names,
        house.quarantine,
        house.now,
    )
    return read(options)


def failed(house: House, work: Callable[[], object], thing: Faulty) -> FaultRecord:
    """Does what fails, and sets the thing aside as a function does."""
    with pytest.raises(Exception) as raised:  # noqa: PT011 (whatever it is)
        work()
    assert isinstance(raised.value, Exception)
    house.set_aside(thing, raised.value)
    record = house.faults.get(thing)
    assert record is not None
    return record


def measure_all(house: House) -> None:
    for key in (OTHERS[0], POISON, OTHERS[1]):
        house.told(created(key, house.now()))
        house.refresh(key)


# --- a ticket ---


@pytest.mark.parametrize("error", WRONG)
def test_a_faulty_ticket_keeps_its_state_is_shown_once_and_heals(
    house: House, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    measure_all(house)
    before = house.record(POISON).state
    house.now.at += 20 * SECOND
    with monkeypatch.context() as patch:
        poisoned(patch, refreshing, "evaluate_ticket", error)
        for _ in range(2):
            house.now.at += SECOND
            failed(house, lambda: house.refresh(POISON), faulty_ticket(POISON))
    assert before is not None
    state = house.record(POISON).state
    assert state is not None
    assert (state.clocks, state.states) == (before.clocks, before.states)
    found = shown(house)
    assert found["kinds"] == {"ticket": 1}
    [fault] = found["faults"]
    assert fault["reason"].startswith(f"{error.__name__} at test_faults.py:") or "refresh.py" in fault["reason"]
    assert "customer" not in str(found)
    assert (fault["key"], fault["count"]) == ("default/desk/1", 2)
    assert (fault["first_seen"], fault["last_seen"]) == tuple(
        format_instant(NINE + seconds * SECOND) for seconds in (21, 22)
    )
    assert house.counted == [FaultKind.TICKET] * 2
    # The page goes on with all three, and says which one may have moved on since.
    assert {one["ticket"]: one.get("faulty", False) for one in house.live({})["clocks"]} == {
        "0": False,
        "1": True,
        "2": False,
    }
    house.now.at += SECOND
    assert house.refresh(POISON).written
    assert house.alerts(POISON) == {80: "pending", 100: "pending"}
    assert shown(house)["kinds"] == {}
    assert not any(one.get("faulty") for one in house.live({})["clocks"])


def test_a_healthy_refresh_pays_nothing_for_faults(house: House) -> None:
    measure_all(house)
    calls: list[str] = []
    house.store.client.meta.events.register("before-call.dynamodb.*", lambda model, **_: calls.append(model.name))
    house.told(reply(POISON, house.now()))
    calls.clear()
    house.refresh(POISON)
    assert calls.count("Query") >= 1
    assert {*calls} <= {"Query", "PutItem"}, "no call of its own"


def test_the_day_of_a_ticket_that_heals_is_built_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    measure_all(house)
    house.compile(FOREVER)
    house.now.at += MINUTE
    house.told(reply(POISON, house.now()))
    with monkeypatch.context() as patch:
        poisoned(patch, refreshing, "evaluate_ticket")
        failed(house, lambda: house.refresh(POISON), faulty_ticket(POISON))
    assert not house.days.noted()
    house.check(Timer(POISON, house.now()))  # by time: of a ticket that was never faulty this notes nothing
    assert [one.key for notes in house.days.noted().values() for one in notes] == [POISON]


def test_a_ticket_that_stays_due_is_tried_ever_less_often(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    measure_all(house)
    house.now.at += 10 * SECOND
    with monkeypatch.context() as patch:
        poisoned(patch, refreshing, "evaluate_ticket")
        tried: list[int] = []
        for _ in range(3 * 24 * 12):
            house.now.at += 5 * MINUTE
            house.timers.armed.clear()
            sweep_deadlines(house.tickets, house.timers, house.now)
            for timer in house.timers.armed:
                if isinstance(timer, Timer) and timer.key == POISON and timer.due_at <= house.now():
                    tried.append(house.now())
                    failed(house, lambda: house.refresh(POISON), faulty_ticket(POISON))
            for key in OTHERS:
                if len(tried) == 1:
                    house.refresh(key)
    waits = [after - before for before, after in itertools.pairwise(tried)]
    assert waits[0] >= RETRIED_FIRST
    assert waits == sorted(waits)
    assert max(waits) <= RETRIED_LAST + 5 * MINUTE
    assert len(tried) < 20
    house.refresh(POISON)
    assert house.alerts(POISON) == {80: "pending", 100: "pending"}, "alerted late, and not never"


def test_a_due_instant_that_was_written_meanwhile_stays(house: House) -> None:
    """The fault of an attempt that is overtaken by one that works does not put off what is due next."""
    house.told(created(POISON, house.now(), service_type="general", channel="email"))
    house.refresh(POISON)
    state = house.record(POISON).state
    assert state is not None and state.due_at is not None
    assert state.due_at > house.now() + RETRIED_FIRST
    house.set_aside(faulty_ticket(POISON), OverflowError())
    again = house.record(POISON).state
    assert again is not None
    assert again.due_at == state.due_at


def test_what_may_pass_is_never_set_aside(house: House) -> None:
    for error in (StoreUnavailable("Throttling"), Conflict("somebody else")):
        with pytest.raises(type(error)):
            house.set_aside(faulty_ticket(POISON), error)
    assert shown(house)["faults"] == [] == house.counted


def test_a_ticket_that_cannot_be_read_is_answered_with_how_it_stood(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure_all(house)
    poisoned(monkeypatch, reading, "evaluate_ticket")
    with pytest.raises(TicketFaulty) as told:
        house.read.one(POISON)
    assert told.value.last_known is not None
    assert told.value.last_known["state"] == "new"
    assert "customer" not in str(told.value)
    house.now.at += MINUTE
    for key in (*OTHERS, POISON):
        house.refresh(key)
    listed = house.read.listing("breached", None, None, 10)
    assert [one["ticket"] for one in listed["tickets"]] == ["0", "2"]
    assert [one["ticket"] for one in listed["faulty"]] == ["1"]


def test_a_stored_item_that_no_reader_takes_is_one_tickets_matter(house: House) -> None:
    measure_all(house)
    pk = ticket_pk(POISON)
    item = {"pk": text(pk), "sk": text("E#odd"), "event": text("{"), "received_at": text(format_instant(NINE))}
    house.store.client.put_item(TableName=house.store.name, Item=item)
    failed(house, lambda: house.refresh(POISON), faulty_ticket(POISON))
    house.store.client.update_item(
        TableName=house.store.name,
        Key={"pk": text(pk), "sk": text("STATE")},
        UpdateExpression="SET clocks = :odd",
        ExpressionAttributeValues={":odd": text("[[")},
    )
    assert {one["ticket"] for one in house.live({})["clocks"]} == {"0", "2"}
    with pytest.raises(TicketFaulty):
        house.read.one(POISON)
    house.owe_digests()
    assert shown(house)["kinds"] == {"ticket": 1}


def test_a_new_policy_takes_up_what_is_aside_open_or_never_measured(house: House) -> None:
    never = ("default", "desk", "7")
    house.set_aside(faulty_ticket(never), OverflowError())
    house.set_aside(faulty_alert(never, "A#first_response#1#100#x"), OverflowError())
    house.timers.armed.clear()
    house.check(OpenTicketsTimer(shard_of(ticket_pk(never)), house.now(), 2))
    assert house.timers.armed == [Timer(never, house.now() if not house.now.slept else NINE + 5000, 2)]


# --- parts of days, figures ---


def test_a_ticket_without_figures_is_left_out_and_named(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    measure_all(house)
    with monkeypatch.context() as patch:
        poisoned(patch, compiling, "ticket_figures", RecursionError)
        compiled = house.compile(FOREVER)
    assert compiled.built and compiled.known_until == house.now()
    assert not house.days.noted(), "nothing waits for it"
    asked = {"from": format_instant(NINE - DAY), "to": format_instant(NINE + DAY)}
    report = house.reports("summary", asked)
    assert report is not None
    assert report["total"]["tickets"]["created"] == 2
    assert [one["tickets"] for one in report["missing"]] == [1]
    assert shown(house)["faults"][0]["key"] == "default/desk/1"
    # Mended, and taken up.
    [done] = redriving_in(house)([faulty_figures(POISON)])
    assert done.outcome is Outcome.WORKS
    house.now.at += MINUTE
    house.compile(FOREVER)
    report = house.reports("summary", asked)
    assert report is not None
    assert (report["total"]["tickets"]["created"], "missing" in report) == (3, False)


def test_figures_that_work_again_end_their_fault_by_themselves(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    measure_all(house)
    with monkeypatch.context() as patch:
        poisoned(patch, compiling, "ticket_figures")
        house.compile(FOREVER)
    house.now.at += MINUTE
    house.told(reply(POISON, house.now()))
    house.refresh(POISON)
    assert shown(house)["kinds"] == {"figures": 1}, "that it can be evaluated says nothing of its figures"
    house.compile(FOREVER)
    assert shown(house)["kinds"] == {}


def days_of(house: House) -> list[int]:
    return [one.first_day for one in house.facts.manifest().partitions]


def test_a_day_that_cannot_be_built_stops_no_other(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    old = ("default", "desk", "old")
    house.told(created(old, NINE - 3 * DAY))
    house.refresh(old)
    measure_all(house)
    bad, good = day_of(NINE), day_of(NINE - 3 * DAY)
    build = house.facts.build
    tried: list[int] = []

    def failing(day: int, *args: Any) -> Any:
        if day == bad:
            tried.append(day)
            raise KeyError("what a customer wrote")
        return build(day, *args)

    with monkeypatch.context() as patch:
        patch.setattr(house.facts, "build", failing)
        compiled = house.compile(FOREVER)
        assert compiled.built == 1
        assert compiled.known_until == house.now(), "evaluations do not wait for it"
        assert days_of(house) == [good]
        house.compile(FOREVER)
        assert len(tried) == 1, "tried again not at once, but after a while"
        house.now.at += RETRIED_FIRST
        house.compile(FOREVER)
        assert len(tried) == 2
    report = house.reports("summary", {"from": format_instant(NINE - DAY), "to": format_instant(NINE + DAY)})
    assert report is not None
    assert [one["report_partitions"] for one in report["missing"]] == [1]
    [done] = redriving_in(house)([faulty_part((bad, 0))])
    assert done.outcome is Outcome.QUEUED
    house.now.at += MINUTE
    house.compile(FOREVER)
    assert days_of(house) == [good, bad]
    assert shown(house)["kinds"] == {}


def test_a_day_whose_facts_are_gone_is_missing_in_every_report_and_built_anew(house: House) -> None:
    old = ("default", "desk", "old")
    house.told(created(old, NINE - 3 * DAY))
    house.refresh(old)
    measure_all(house)
    house.compile(FOREVER)
    day = day_of(NINE - 3 * DAY)
    partition = house.facts.manifest().day(day)
    assert partition is not None
    for stored in partition.objects.values():
        boto3.client("s3").delete_object(Bucket=house.bucket, Key=stored.key)
    for path in house.facts._folder.glob("*.parquet"):
        path.unlink()
    asked = {"from": format_instant(NINE - 7 * DAY)[:10], "to": format_instant(NINE + DAY)[:10]}
    for name in ("summary", "trends", "staffing", "agents", "causes", "distribution", "advice"):
        report = house.reports(name, asked)
        assert report is not None
        assert report["missing"][0]["day"] == format_instant(day * DAY)[:10]
    summary = house.reports("summary", asked)
    assert summary is not None
    assert summary["total"]["tickets"]["created"] == 3
    document = house.reports.document({"format": "md", **asked})
    assert document is not None
    assert format_instant(day * DAY)[:10] in document[0]
    assert shown(house)["kinds"] == {"report_partition": 1}
    house.now.at += DAY
    house.compile(FOREVER)
    summary = house.reports("summary", asked)
    assert summary is not None
    assert "missing" not in summary
    assert summary["total"]["tickets"]["created"] == 4
    assert shown(house)["kinds"] == {}


# --- digests ---


def test_a_class_whose_digest_fails_stops_no_other(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.told(
        created(OTHERS[0], NINE - 10 * SECOND, service_type="urgent"),
        created(OTHERS[1], NINE - 10 * SECOND, service_type="general"),
    )
    for key in OTHERS:
        house.refresh(key)
    house.now.at = NINE // DAY * DAY + DAY
    real = notices.digests

    def failing(monitoring: Any, *rest: Any) -> Any:
        if monitoring.when["service_type"].any_of == ("urgent",):
            raise RecursionError
        return real(monitoring, *rest)

    with monkeypatch.context() as patch:
        patch.setattr("replyclock.service.digest.digests", failing)
        assert house.owe_digests() == 1
        assert house.owe_digests() == 0, "neither is made again at each tick"
    [fault] = shown(house)["faults"]
    assert fault["kind"] == "digest"
    redrive = redriving_in(house)
    [done] = redrive(redrive.aside(None, None))
    assert done.outcome is Outcome.QUEUED
    assert house.owe_digests() == 1
    assert shown(house)["kinds"] == {}


# --- policies ---

ODD = "policy: acme\nversion: 2\neffective_from: 2026-06-01T09:00:10Z\nstandards: [{name: x"


def test_a_version_that_cannot_be_read_keeps_its_span(house: House) -> None:
    house.publish_policy(document(1, target="30s"))
    house.policies.add(PublishedPolicy(2, ODD, NINE))
    # Answered before that version came into force: it never asks for it.
    house.told(created(OTHERS[0], NINE), reply(OTHERS[0], NINE + SECOND), solved(OTHERS[0], NINE + 2 * SECOND))
    house.told(created(POISON, NINE))
    house.refresh(OTHERS[0])
    house.refresh(POISON)
    house.now.at += 15 * SECOND
    house.refresh(OTHERS[0])
    fault = failed(house, lambda: house.refresh(POISON), faulty_ticket(POISON))
    assert fault.reason.startswith("PolicyUnreadable")
    state = house.record(POISON).state
    assert state is not None
    assert state.clocks[0].state == "running"
    with pytest.raises(PolicyUnreadable):
        policy_in_force(house.policies, house.now())
    versions = policy_versions(house.policies, house.judgings)
    assert [(one["version"], one["document"] is None, "unreadable" in one) for one in versions] == [
        (1, False, False),
        (2, True, True),
    ]
    counted: list[FaultKind] = []
    read_stored_policy(house.policies, counted.append)
    assert counted == [FaultKind.POLICY_VERSION]
    assert shown(house)["kinds"] == {"ticket": 1, "policy_version": 1}
    house.owe_digests()
    house.compile(FOREVER)
    # A good version that begins when that one did takes its place.
    house.publish_policy(document(3, NINE + 10 * SECOND, target="20s"))
    assert policy_in_force(house.policies, house.now()) is not None
    house.now.at += 10 * SECOND
    house.refresh(POISON)
    assert house.alerts(POISON)[100] == "pending"
    assert "ticket" not in shown(house)["kinds"]


def test_a_version_of_another_policy_is_still_refused_beside_one_that_cannot_be_read(house: House) -> None:
    house.publish_policy(document(1))
    house.policies.add(PublishedPolicy(2, ODD, NINE))
    with pytest.raises(InvalidInput, match="acme"):
        house.publish_policy(document(3, name="another"))


@pytest.mark.parametrize(
    ("odd", "begins"),
    [
        ("", None),
        ("\ud83d", None),
        ("version: 2\neffective_from: 2026-06-01T09:00:10Z", NINE + 10 * SECOND),
        ('{"effective_from": "2026-06-01T09:00:10Z", "name": !!binary x', NINE + 10 * SECOND),
        ("effective_from: never\n", None),
    ],
)
def test_a_span_begins_where_the_text_says_so_or_when_it_was_published(
    house: House, monkeypatch: pytest.MonkeyPatch, odd: str, begins: int | None
) -> None:
    monkeypatch.setattr(house.policies, "published", lambda: [PublishedPolicy(2, odd, NINE)])
    policy = read_stored_policy(house.policies)
    assert policy.documents[0].effective_from == (NINE if begins is None else begins)
    monkeypatch.setattr(house.policies, "published", lambda: [PublishedPolicy(2, odd, NINE, False, NINE - DAY)])
    assert read_stored_policy(house.policies).documents[0].effective_from == NINE - DAY


# --- alerts and storms ---


def owed_alert(house: House) -> str:
    house.told(created(POISON, NINE))
    house.now.at += 11 * SECOND
    house.refresh(POISON)
    return next(one.entry.sort_key for one in house.record(POISON).ledger if one.entry.at_percent == 100)


def test_an_alert_that_can_never_be_published_is_set_aside(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    sort_key = owed_alert(house)
    real = messages.alert_message

    def too_long(*arguments: Any) -> Any:
        return replace(real(*arguments), email="x" * 300_000, sms="x" * 300_000, document={"x": "x" * 300_000})

    thing = faulty_alert(POISON, sort_key)
    with monkeypatch.context() as patch:
        patch.setattr("replyclock.service.publish.alert_message", too_long)
        fault = failed(house, lambda: house.publish(POISON, sort_key, "1"), thing)
        assert fault.reason.startswith("RefusedByStore")
        assert house.alerts(POISON)[100] == "faulty"
        assert house.publish(POISON, sort_key, "1").status == "settled", "no attempt takes it"
    assert house.published() == []
    [done] = redriving_in(house)([thing])
    assert done.outcome is Outcome.QUEUED
    assert house.publish(POISON, sort_key, "2").status == "sent"
    assert shown(house)["kinds"] == {}


def test_a_correction_does_not_wait_for_an_alert_that_is_aside(house: House) -> None:
    sort_key = owed_alert(house)
    house.set_aside(faulty_alert(POISON, sort_key), KeyError("x"))
    house.told(reply(POISON, NINE + 5 * SECOND))  # late-arriving: nothing was breached
    house.refresh(POISON)
    owed = [one for one in house.record(POISON).ledger if one.entry.level == "correction"]
    for one in owed:
        assert house.publish(POISON, one.entry.sort_key, "1").status == "quiet"
    house.faults.requeue(faulty_alert(POISON, sort_key))
    assert house.publish(POISON, sort_key, "2").status == "quiet"
    assert house.published() == []


def test_a_storm_that_cannot_be_summed_up_does_not_stay_due(house: House) -> None:
    sort_key = owed_alert(house)
    [entry] = [one.entry for one in house.record(POISON).ledger if one.entry.sort_key == sort_key]
    storm = Storm("default", "chat", NINE)
    assert house.storms.place(storm, "another", 1)
    house.storms.join(storm, entry, house.now())
    house.now.at += MINUTE
    house.set_aside(faulty_storm(storm), KeyError("x"))
    assert [one for one in house.tickets.due(house.now()) if not isinstance(one, Timer)] == []
    fault = house.faults.get(faulty_storm(storm))
    assert fault is not None
    assert [one for one in house.tickets.due(retry_at(fault)) if not isinstance(one, Timer)] != []
    [done] = redriving_in(house)([faulty_storm(storm)])
    assert done.outcome is Outcome.WORKS
    assert [item for item in house.store.items() if "notice" in item]


# --- the list ---


def test_faults_are_listed_newest_first_in_pages_and_counted(house: House) -> None:
    for number in range(7):
        house.now.at += (number % 3 > 0) * SECOND  # some at one instant
        house.set_aside(faulty_ticket(("default", "desk", str(number))), KeyError("x"))
    pages: list[dict[str, Any]] = [shown(house, limit="3")]
    while pages[-1]["cursor"]:
        pages.append(shown(house, limit="3", cursor=pages[-1]["cursor"]))
    found = [one for page in pages for one in page["faults"]]
    assert [len(page["faults"]) for page in pages] == [3, 3, 1]
    assert sorted(one["ticket"] for one in found) == [str(number) for number in range(7)]
    assert [one["last_seen"] for one in found] == sorted((one["last_seen"] for one in found), reverse=True)
    assert {page["kinds"]["ticket"] for page in pages} == {7}


@pytest.mark.parametrize(
    "options", [{"limit": "0"}, {"limit": "x"}, {"limit": "201"}, {"cursor": "x"}, {"cursor": "W1tbW1tb" * 300}]
)
def test_what_is_asked_wrongly_is_refused(house: House, options: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        shown(house, **options)


def test_what_is_in_quarantine_is_counted_by_connection_and_reason(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faulting, "BODIES_COUNTED_MAX", 3)
    house.connect("desk")
    house.connect("shop")
    house.connect("quiet")
    for number in range(5):
        house.now.at += SECOND
        house.quarantine.keep("desk", b"x" * number, {}, ["is not JSON"], house.now())
    house.quarantine.keep("shop", b"y", {}, ["is not JSON", "has no ticket"], house.now())
    assert shown(house)["quarantine"] == [
        {
            "connection": "desk",
            "bodies": 3,
            "more": True,
            "reasons": {"is not JSON": 3},
            "newest_at": format_instant(NINE + 5 * SECOND),
        },
        {
            "connection": "shop",
            "bodies": 1,
            "more": False,
            "reasons": {"is not JSON": 1, "has no ticket": 1},
            "newest_at": format_instant(NINE + 5 * SECOND),
        },
    ]
    assert shown(house, quarantine="no")["quarantine"] is None


# --- redrive ---


def test_what_fails_again_stays_aside_and_is_said(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    measure_all(house)
    house.now.at += MINUTE
    for key in (OTHERS[0], POISON):
        house.set_aside(faulty_ticket(key), KeyError("x"))
    house.policies.add(PublishedPolicy(1, ODD, NINE, False, FOREVER))
    redrive = redriving_in(house)
    with monkeypatch.context() as patch:
        poisoned(patch, refreshing, "evaluate_ticket")
        done = {str(one.thing): (one.outcome, one.reason) for one in redrive(redrive.aside(None, None))}
    assert {key: outcome for key, (outcome, _) in done.items()} == {
        "1": Outcome.FAILED,
        "default/desk/0": Outcome.WORKS,
        "default/desk/1": Outcome.FAILED,
    }
    assert (done["default/desk/1"][1] or "").startswith("OverflowError")
    assert shown(house)["kinds"] == {"ticket": 1, "policy_version": 1}
    assert [str(one) for one in redrive.aside(FaultKind.TICKET, "default/desk/1")] == ["default/desk/1"]
    with pytest.raises(InvalidInput, match="not aside"):
        redrive.aside(FaultKind.ALERT, "default/desk/1")
    [gone] = redrive([faulty_ticket(OTHERS[0])])
    assert gone.outcome is Outcome.GONE
    assert redriving.FIRST[0] is FaultKind.POLICY_VERSION
