"""Forgetting a person, on all that is kept."""

from __future__ import annotations

import json
import time
from itertools import count
from typing import Any

import boto3
import pytest

from replyclock.adapters import archive as module
from replyclock.adapters.archive import DynamoArchive
from replyclock.adapters.dynamodb import Table
from replyclock.adapters.facts import GRACE
from replyclock.domain.errors import StoreUnavailable
from replyclock.domain.events import AnyEvent, TicketKey
from replyclock.domain.forgetting import Person
from replyclock.domain.instants import DAY, SECOND
from replyclock.domain.judging import evaluate_ticket
from replyclock.service.forget import ForgetPerson
from replyclock.service.ports import FeedLine, PublishedPolicy
from tests.adapters.samples import KEY, NINE, event, reply, solved

from .house import House

CARLA = Person("carla-77", ("Carla Fox", "carla@example.com"))
OTHER: TicketKey = ("default", "desk", "2")
STAFF: TicketKey = ("default", "desk", "3")
ELSEWHERE: TicketKey = ("default", "shop", "1")


def opened(key: TicketKey, **fields: Any) -> AnyEvent:
    attributes = {"channel": "chat", "contact": "Fox, carla@example.com", "tags": ["vip", "Carla Fox"]}
    given: dict[str, Any] = {"attributes": attributes, "message": {"id": "opening", "visibility": "public"}, **fields}
    return event("created", "ticket.created", NINE, key, actor={"kind": "customer", "id": CARLA.id}, **given)


def said(id_: str, at: int, kind: str, who: str, key: TicketKey = KEY) -> AnyEvent:
    message = {"id": id_, "visibility": "public"}
    return event(id_, "message.added", at, key, actor={"kind": kind, "id": who}, message=message)


def forgetting(house: House) -> ForgetPerson:
    numbers = count(1)
    return ForgetPerson(
        DynamoArchive(house.store.table, 2),
        house.tickets,
        house.quarantine,
        house.policy,
        house.now,
        house.refresh,
        lambda: f"forgotten-{next(numbers)}",
        house.facts,
    )


def naming_her(house: House) -> set[str]:
    """The partitions in which anything names her."""
    names = (CARLA.id, "Carla", "carla@")
    found = {item["pk"]["S"] for item in house.store.items() if any(name in str(item) for name in names)}
    return found - {"POLICY", "Q#desk"}


def told(house: House, key: TicketKey) -> list[AnyEvent]:
    return [stored.event for stored in house.record(key).events]


def measured(house: House, key: TicketKey) -> dict[str, Any]:
    result = evaluate_ticket(told(house, key), house.policy(), house.now())
    assert result is not None
    document = result.document()
    return {name: value for name, value in document.items() if name not in ("attributes", "assignee")}


LOG = {
    KEY: [
        opened(KEY),
        reply(at=NINE + 40 * SECOND),
        # Only because she is the requester is this a customer's message; and her own note is no agent's.
        said("again", NINE + 60 * SECOND, "unknown", CARLA.id),
        said("copied", NINE + 70 * SECOND, "third_party", "somebody"),
        reply(at=NINE + 90 * SECOND, id_="second"),
        solved(at=NINE + 100 * SECOND),
    ],
    OTHER: [
        event("created", "ticket.created", NINE, OTHER, actor={"kind": "agent", "id": "a"}, requester=CARLA.id),
        event("taken", "assignment.changed", NINE + SECOND, OTHER, assignee="a", group=None),
    ],
    STAFF: [
        event("created", "ticket.created", NINE, STAFF, actor={"kind": "customer", "id": "c"}),
        said("helped", NINE + 5 * SECOND, "agent", CARLA.id, STAFF),
    ],
    ELSEWHERE: [opened(ELSEWHERE)],
}
# Events of the log that are told once more, another way: one of somebody of whom the first telling did not know.
BY_NOBODY = event("opens", "status.changed", NINE + 30 * SECOND, status="open")
TOLD_OTHERWISE = (
    said("again", NINE + 61 * SECOND, "customer", CARLA.id),
    event("opens", "status.changed", NINE + 30 * SECOND, status="open", actor={"kind": "customer", "id": CARLA.id}),
)


def keep_log(house: House) -> None:
    for key, events in LOG.items():
        house.told(*events)
        house.refresh(key)
    house.told(BY_NOBODY, *TOLD_OTHERWISE)
    house.now.at = NINE + 3600 * SECOND
    for key in LOG:
        house.refresh(key)
    for entry in (known.entry for known in house.record(KEY).ledger):
        house.feed.add(FeedLine(NINE + 50 * SECOND, entry.document()))
    house.quarantine.keep("desk", b'{"from": "CARLA@example.com"', {}, ["is not JSON"], house.now())
    house.quarantine.keep("desk", b'{"id": "carla-778"', {}, ["is not JSON"], house.now())


def test_an_alert_of_a_ticket_that_was_assigned_to_her_has_the_pseudonym(house: House) -> None:
    house.told(opened(KEY), event("taken", "assignment.changed", NINE + SECOND, assignee=CARLA.id))
    house.now.at = NINE + 60 * SECOND
    house.refresh(KEY)
    assert {known.entry.assignee for known in house.record(KEY).ledger} == {CARLA.id}
    forgetting(house)(CARLA, [])
    assert {known.entry.assignee for known in house.record(KEY).ledger} == {"forgotten-1"}
    assert naming_her(house) == set()


def test_nothing_names_her_and_every_clock_is_as_it_was(house: House) -> None:
    keep_log(house)
    before = {key: measured(house, key) for key in LOG}
    assert house.alerts(), "an alert has her attributes"
    dry = forgetting(house)(CARLA, ["desk"], source="desk", dry_run=True)
    assert (dry.tickets, dry.events, dry.bodies) == (2, 4, 1)
    assert {key: measured(house, key) for key in LOG} == before

    done = forgetting(house)(CARLA, ["desk"], source="desk")
    assert (done.tickets, done.events, done.bodies, done.left) == (2, 4, 1, [])
    assert done.kept_in_ids == 0
    assert done.alerts == done.lines == len(house.record(KEY).ledger) > 0
    assert {key: measured(house, key) for key in LOG} == before

    assert naming_her(house) == {"T#default#desk#3", "T#default#shop#1"}, "staff, and another source"
    assert told(house, STAFF) == LOG[STAFF] and told(house, ELSEWHERE) == LOG[ELSEWHERE]
    (pseudonym,) = {one.actor.id for one in told(house, KEY)} - {"a", "somebody", None}
    assert str(pseudonym) not in str(told(house, OTHER)), "each ticket has its own"
    (kept,) = house.quarantine.kept("desk")
    assert b"carla-778" in kept.body


def test_what_is_told_again_does_not_bring_her_back(house: House) -> None:
    keep_log(house)
    forgetting(house)(CARLA, [], source="desk")
    before = house.store.items()
    house.told(*LOG[KEY], *LOG[OTHER], BY_NOBODY, *TOLD_OTHERWISE)
    assert house.store.items() == before
    # A telling that nobody has heard is kept, about the same person.
    house.told(said("again", NINE + 62 * SECOND, "unknown", CARLA.id))
    assert len(house.store.items()) == len(before) + 1
    assert all(one.actor.id != CARLA.id for one in told(house, KEY))
    assert forgetting(house)(CARLA, [], source="desk").tickets == 0


def test_what_broke_off_goes_on_with_the_same_pseudonym(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    keep_log(house)
    before, change_all, calls = measured(house, KEY), Table.change_all, count()

    def breaks_off(table: Table, changes: Any) -> None:
        if "desk#1" in str(changes) and next(calls) == 1:
            raise StoreUnavailable("gone")
        change_all(table, changes)

    monkeypatch.setattr(module, "TOGETHER", 1)
    monkeypatch.setattr(Table, "change_all", breaks_off)
    forget = forgetting(house)
    with pytest.raises(StoreUnavailable):
        forget(CARLA, [], source="desk")
    forget(CARLA, [], source="desk")
    assert measured(house, KEY) == before
    assert measured(house, OTHER)["state"] == "new"
    assert naming_her(house) == {"T#default#desk#3", "T#default#shop#1"}


def test_a_promise_that_is_hers_is_left_until_it_is_said(house: House) -> None:
    promise = {"name": "hers", "when": {"contact": "Carla Fox"}, "targets": {"first_response": "15m"}}
    policy = {"policy": "p", "version": 1, "effective_from": "2026-01-01T00:00:00Z", "standards": [promise]}
    house.policies.add(PublishedPolicy(1, json.dumps(policy), NINE))
    house.told(opened(KEY, attributes={"contact": "Carla Fox"}))
    assert forgetting(house)(CARLA, []).left == [KEY]
    assert told(house, KEY)[0].actor.id == CARLA.id
    done = forgetting(house)(CARLA, [], though_clocks_change=True)
    assert (done.tickets, done.left) == (1, [])
    assert naming_her(house) == set()


def test_whoever_has_but_the_same_name_stays_until_it_is_said(house: House) -> None:
    """A namesake, and a word that the name is a part of, in a ticket of somebody else."""
    fields = {"actor": {"kind": "customer", "id": "c"}, "attributes": {"contact": "Carla Foxworth"}}
    namesake = event("created", "ticket.created", NINE, OTHER, **fields)
    house.told(opened(KEY), namesake)
    house.feed.add(FeedLine(NINE, {"alert_id": "1", "tenant": "default", "source": "desk", "ticket": "2", **fields}))
    before = [item for item in house.store.items() if "Foxworth" in str(item)]
    for dry_run in (True, False):
        done = forgetting(house)(CARLA, [], dry_run=dry_run)
        assert (done.tickets, done.by_text) == (1, [OTHER])
    assert [item for item in house.store.items() if "Foxworth" in str(item)] == before != []
    assert naming_her(house) == {item["pk"]["S"] for item in before}
    done = forgetting(house)(CARLA, [], by_text=True)
    assert (done.tickets, done.events, done.lines, done.by_text) == (1, 1, 1, [])
    assert naming_her(house) == set()
    (kept,) = told(house, OTHER)
    assert kept.actor.id == "c", "who spoke there was somebody else"


def test_an_id_within_the_id_of_a_fact_is_told(house: House) -> None:
    house.told(opened(KEY), said(f"1|replied|{CARLA.id}|2026", NINE + SECOND, "customer", CARLA.id))
    assert forgetting(house)(CARLA, []).kept_in_ids == 1


def test_what_came_of_a_ticket_after_it_was_dropped_goes_where_it_names_her(house: House) -> None:
    house.told(opened(KEY), opened(OTHER))
    DynamoArchive(house.store.table).drop(KEY, house.now())
    house.told(said("again", NINE + 60 * SECOND, "customer", CARLA.id))
    dry = forgetting(house)(CARLA, [], dry_run=True)
    assert (dry.tickets, dry.late) == (1, 1)
    assert len(naming_her(house)) == 2
    done = forgetting(house)(CARLA, [])
    assert (done.tickets, done.late) == (1, 1)
    assert naming_her(house) == set()
    assert house.record().dropped_at == NINE


@pytest.mark.parametrize("by_text", [False, True])
def test_facts_of_tickets_that_were_dropped_are_rewritten_and_the_old_ones_go(house: House, by_text: bool) -> None:
    named, only_text = KEY, OTHER
    for key, attributes in ((named, {"customer": CARLA.id, "channel": "chat"}), (only_text, {"tags": ["Carla Fox"]})):
        house.told(opened(key, attributes=attributes), solved(key))
        house.refresh(key)
    house.now.at += 90 * DAY
    house.compile(house.now() + DAY)
    before = house.reports("summary", {"from": "2026-05-30", "to": "2026-06-05"})
    for key in (named, only_text):
        DynamoArchive(house.store.table).drop(key, house.now())
    done = forgetting(house)(CARLA, [], by_text=by_text)
    assert (done.facts, done.by_text) == ((2, []) if by_text else (1, [only_text]))
    partition = house.facts.manifest().partitions[0]
    facts = house.facts.facts_of(partition, partition.first_day)
    assert "carla" not in str(facts[named]).lower()
    assert ("Carla" in str(facts[only_text])) is not by_text
    assert facts[named].ticket.channel == "chat"
    assert house.reports("summary", {"from": "2026-05-30", "to": "2026-06-05"}) == before
    assert forgetting(house)(CARLA, [], by_text=by_text).facts == 0
    later = round(time.time() * SECOND) + GRACE + SECOND
    assert house.facts.sweep(house.facts.manifest(), later) > 0
    for one in boto3.client("s3").list_objects_v2(Bucket=house.bucket)["Contents"]:
        body = boto3.client("s3").get_object(Bucket=house.bucket, Key=one["Key"])["Body"].read()
        assert CARLA.id.encode() not in body
