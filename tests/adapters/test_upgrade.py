"""A table that version 0.1 wrote is read by today's code, and answers as it did; see tests/data/README.md."""

from __future__ import annotations

import base64
import gzip
import json
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from replyclock.adapters.archive import DynamoArchive
from replyclock.adapters.connections import DynamoLooks
from replyclock.domain.errors import TicketDropped
from replyclock.domain.events import TicketKey
from replyclock.domain.instants import DAY, MINUTE, format_instant, parse_instant
from replyclock.service.drop import DropTickets
from replyclock.service.policies import policy_versions
from replyclock.service.ports import LedgerRecord, StormTimer
from replyclock.service.rebuild import Rebuild
from replyclock.service.sweep import sweep_deadlines
from tests.service.house import House

from .backends import Store, local_client, moto_in_process

DATA = Path(__file__).resolve().parents[1] / "data"
AT = parse_instant("2026-06-15T12:00:00Z")
STORM = "-storm"
NEXT_RESPONSE = {"en": "Next response time", "zh": "后续响应时间"}
PAUSED_BY_DEFAULT = "beta"
"""The tenant whose tickets depend on the default pause of next_response, which version 2 of the contract changed: its
tickets are read, and not compared.
"""


def lines(name: str) -> Iterator[Any]:
    with gzip.open(DATA / name, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


@cache
def answers(of: str = "") -> dict[str, Any]:
    return dict(lines(f"answers-0.1{of}.jsonl.gz"))


def keys(of: str = "") -> list[TicketKey]:
    found = [json.loads(name.removeprefix("ticket ")) for name in answers(of) if name.startswith("ticket ")]
    return [(tenant, source, ticket) for tenant, source, ticket in found]


def _item(line: dict[str, Any]) -> dict[str, Any]:
    return {name: {"B": base64.b64decode(one["B"])} if "B" in one else one for name, one in line.items()}


@pytest.fixture(scope="module")
def upgraded(dynamodb_local: str) -> Iterator[House]:
    """The table as it was, with facts made of what it had of days; nothing else writes to it, nor to anything else of
    the house.
    """
    with moto_in_process():
        house = _house(dynamodb_local)
        manifest = house.compile.migrate(house.facts.manifest(), AT + DAY)
        assert not house.days.of_columns()
        assert not [item for item in house.store.items() if item["pk"]["S"].startswith("DAY#")]
    # What was built is at hand: the bucket is not asked any more.
    with patch.object(house.facts, "manifest", lambda: manifest):
        yield house


@pytest.fixture
def house(dynamodb_local: str) -> Iterator[House]:
    with moto_in_process():
        yield _house(dynamodb_local)


@pytest.fixture
def stormy() -> Iterator[House]:
    """The table with a storm, corrections, and tickets of the year 1."""
    with moto_in_process():
        house = House()
        house.now.at = parse_instant(answers(STORM)["at"])
        _fill(house, STORM)
        yield house


def _house(address: str) -> House:
    # Amazon's own engine: moto looks through the whole table for each ticket.
    house = House(Store(local_client(address)))
    house.now.at = AT
    _fill(house)
    return house


def _fill(house: House, of: str = "") -> None:
    items: list[Any] = [{"PutRequest": {"Item": _item(line)}} for line in lines(f"table-0.1{of}.jsonl.gz")]
    for begin in range(0, len(items), 25):
        house.store.client.batch_write_item(RequestItems={house.store.name: items[begin : begin + 25]})


def as_json(value: object) -> Any:
    return json.loads(json.dumps(value))


def as_far_as(expected: Any, found: Any) -> Any:
    """What was found, without the fields that version 0.1 did not know."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return {name: as_far_as(one, found[name]) for name, one in expected.items() if name in found}
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        return [as_far_as(before, one) for before, one in zip(expected, found, strict=True)]
    return found


def ticket(house: House, key: TicketKey) -> Any:
    try:
        return as_json(house.read.one(key))
    except TicketDropped as gone:
        return {"dropped_at": format_instant(gone.at)}


def test_every_ticket_is_read_as_it_was(upgraded: House) -> None:
    assert len(keys()) > 200
    for key in keys():
        found = ticket(upgraded, key)
        if key[0] != PAUSED_BY_DEFAULT:
            expected = answers()[f"ticket {json.dumps(key, ensure_ascii=False)}"]
            assert as_far_as(expected, found) == expected, key


@pytest.mark.parametrize("tenant", ["default", "acme"])
def test_listings_and_alerts_are_as_they_were(upgraded: House, tenant: str) -> None:
    for state in ("breached", "running", "paused"):
        found = upgraded.read.listing(state, tenant, None, 50)
        assert as_json(found) == answers()[f"listing {state} {tenant}"]
    assert as_json(upgraded.live({"tenant": tenant, "limit": "200"})) == answers()[f"live {tenant}"]
    told = upgraded.read_feed({"tenant": tenant, "limit": "200"})["alerts"]
    assert as_json(told) == answers()[f"alerts {tenant}"]


def as_reported(house: House, asked: str, expected: Any) -> None:
    report, _, options = asked.partition(" ")
    given = json.loads(options)
    if given["tenant"] != PAUSED_BY_DEFAULT:
        assert list(differing(as_json(house.reports(report, given)), expected)) == [], asked


def differing(found: Any, expected: Any, place: str = "") -> Iterator[str]:
    """The places at which two JSON values differ, but for the last digits of what is added up in another order."""
    if isinstance(found, dict) and isinstance(expected, dict) and found.keys() == expected.keys():
        for name in found:
            yield from differing(found[name], expected[name], f"{place}.{name}")
    elif isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        for i, pair in enumerate(zip(found, expected, strict=True)):
            yield from differing(*pair, f"{place}[{i}]")
    elif isinstance(found, float) and isinstance(expected, float):
        if not math.isclose(found, expected, rel_tol=1e-12):
            yield place
    elif found != expected:
        yield place


def test_reports_and_documents_are_as_they_were(upgraded: House) -> None:
    for name, expected in answers().items():
        kind, _, of = name.partition(" ")
        if kind == "report":
            as_reported(upgraded, of, expected)
        elif kind == "document":
            tenant, language = of.split()
            span = {"from": "2026-05-01", "to": "2026-06-15"}
            told = upgraded.reports.document({**span, "tenant": tenant, "lang": language, "format": "md"})
            assert told is not None
            lines = zip(told[0].splitlines(), expected.splitlines(), strict=True)
            # The version in force leaves the pauses of the next response to the default, which is another one since.
            differing = [line.split("|")[1].strip() for line, before in lines if line != before]
            assert differing == [NEXT_RESPONSE[language]], name


def test_the_rest_is_read_as_it_was(upgraded: House) -> None:
    versions = as_json(policy_versions(upgraded.policies, upgraded.judgings))
    assert [one.pop("version") for one in versions] == [one["document"]["version"] for one in versions]
    assert versions == answers()["versions"]
    assert as_json(upgraded.connections.all()) == answers()["connections"]
    kept = [[one.name, list(one.reasons)] for one in upgraded.quarantine.kept("desk")]
    assert kept == answers()["quarantine"]
    looks = [DynamoLooks(upgraded.store.table).last(name) for name in ("zendesk-eu", "jira")]
    assert [format_instant(look.upto) for look in looks if look] == answers()["looks"]


def test_work_goes_on_where_version_0_1_left_it(house: House) -> None:
    """Days are built, with the figures that version 0.1 built; tickets are measured; nobody is alerted twice."""
    house.compile(AT + DAY)
    assert house.days.noted() == {}
    for name, expected in answers().items():
        if name.startswith("compiled "):
            as_reported(house, name.removeprefix("compiled "), expected)
    told: dict[str, LedgerRecord] = {}
    for key in keys():
        record = house.record(key)
        told |= {one.entry.alert_id: one for one in record.ledger if one.status in ("sent", "summarized")}
        house.refresh(key)
        ledger = {one.entry.alert_id: one for one in house.record(key).ledger}
        assert all(ledger[one.entry.alert_id] == one for one in record.ledger), key
        for one in ledger.values():
            if one.status == "pending" and one.entry.alert_id not in {of.entry.alert_id for of in record.ledger}:
                house.publish(key, one.entry.sort_key, "upgraded")
    assert len(told) > 100
    assert not told.keys() & set(sent(house))


def sent(house: House) -> list[str]:
    return [json.loads(message)["alert_id"] for _, message, _, _, _ in house.published()]


def test_a_storm_and_corrections_go_on_where_version_0_1_left_them(stormy: House) -> None:
    """What was sent is not sent again; the summary and the correction that are owed are sent once."""
    for name, expected in answers(STORM).items():
        if name.startswith("ticket "):
            key = tuple(json.loads(name.removeprefix("ticket ")))
            assert as_far_as(expected, ticket(stormy, key)) == expected, key
    alerts = as_json(stormy.read_feed({"tenant": "default", "limit": "200"})["alerts"])
    assert as_far_as(answers(STORM)["alerts default"], alerts) == answers(STORM)["alerts default"]
    ledger = [one for key in keys(STORM) for one in stormy.record(key).ledger]
    statuses = Counter((one.entry.level, one.status) for one in ledger if one.entry.level != "warning")
    assert statuses == {
        ("breach", "sent"): 3,
        ("breach", "summarized"): 6,
        ("correction", "sent"): 2,
        ("correction", "pending"): 1,
    }

    for _ in range(2):
        stormy.now.at += 60 * MINUTE
        sweep_deadlines(stormy.tickets, stormy.timers, stormy.now)
        for timer in [one for one in stormy.timers.armed if isinstance(one, StormTimer)]:
            stormy.check(timer)
        for item in stormy.store.items():
            place = item["pk"]["S"], item["sk"]["S"]
            if place[0].startswith("S#") and place[1].startswith("A#"):
                stormy.publish_notice(place, "upgraded")
        for key in keys(STORM):
            stormy.refresh(key)
            for one in stormy.record(key).ledger:
                stormy.publish(key, one.entry.sort_key, "upgraded")
    owed = [one.entry.alert_id for one in ledger if one.entry.level == "correction" and one.status == "pending"]
    assert len(sent(stormy)) == 2
    assert set(owed) < set(sent(stormy))
    assert not {one["alert_id"] for one in alerts} & set(sent(stormy))


def test_tickets_of_the_year_1_are_rebuilt_reported_and_dropped(stormy: House) -> None:
    """Version 0.1 took such instants, after which reports failed for good: a stored one harms nothing now."""
    ancient = [key for key in keys(STORM) if key[2].startswith("ancient")]
    refresh = replace(stormy.refresh, history_before=stormy.now())
    rebuild = Rebuild(stormy.tickets, stormy.policy, stormy.now, refresh, lambda: None)
    assert [one.key for one in rebuild.compare(ancient)] == ancient
    list(rebuild.write(ancient))
    assert [one.differs_in for one in rebuild.compare(ancient)] == [(), ()]

    stormy.compile(stormy.now() + DAY)
    assert stormy.days.noted() == {}
    for report in ("summary", "trends", "distribution", "causes", "agents", "staffing", "advice"):
        assert stormy.reports(report, {"from": "2026-06-01", "to": "2026-06-02"}) is not None

    stormy.now.at += 60 * DAY
    kept = (stormy.tickets, stormy.tickets, stormy.days, stormy.facts, stormy.retention)
    archive = DynamoArchive(stormy.store.table)
    drop = DropTickets(archive, *kept, stormy.policy, stormy.now, lambda: None, stormy.set_aside)
    dropped = {one.key: one.fate for one in drop(stormy.now() - 40 * DAY)}
    assert {key: dropped[key] for key in ancient} == dict.fromkeys(ancient, "dropped")
