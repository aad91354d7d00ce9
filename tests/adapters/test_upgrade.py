"""A table that version 0.1 wrote is read by today's code, and answers as it did; see tests/data/README.md."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from replyclock.adapters.connections import DynamoLooks
from replyclock.domain.errors import TicketDropped
from replyclock.domain.events import TicketKey
from replyclock.domain.instants import DAY, format_instant, parse_instant
from replyclock.service.policies import policy_versions
from replyclock.service.ports import LedgerRecord
from tests.service.house import House

from .backends import moto_in_process

DATA = Path(__file__).resolve().parents[1] / "data"
AT = parse_instant("2026-06-15T12:00:00Z")
NEXT_RESPONSE = {"en": "Next response time", "zh": "后续响应时间"}
PAUSED_BY_DEFAULT = "beta"
"""The tenant whose tickets depend on the default pause of next_response, which version 2 of the contract changed: its
tickets are read, and not compared.
"""


def lines(name: str) -> Iterator[Any]:
    with gzip.open(DATA / name, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


@cache
def answers() -> dict[str, Any]:
    return dict(lines("answers-0.1.jsonl.gz"))


def keys() -> list[TicketKey]:
    found = [json.loads(name.removeprefix("ticket ")) for name in answers() if name.startswith("ticket ")]
    return [(tenant, source, ticket) for tenant, source, ticket in found]


def _item(line: dict[str, Any]) -> dict[str, Any]:
    return {name: {"B": base64.b64decode(one["B"])} if "B" in one else one for name, one in line.items()}


@pytest.fixture(scope="module")
def upgraded() -> Iterator[House]:
    """The table as it was, which nothing writes to."""
    with moto_in_process():
        yield _house()


@pytest.fixture
def house() -> Iterator[House]:
    with moto_in_process():
        yield _house()


def _house() -> House:
    house = House()
    house.now.at = AT
    items: list[Any] = [{"PutRequest": {"Item": _item(line)}} for line in lines("table-0.1.jsonl.gz")]
    for begin in range(0, len(items), 25):
        house.store.client.batch_write_item(RequestItems={house.store.name: items[begin : begin + 25]})
    return house


def as_json(value: object) -> Any:
    return json.loads(json.dumps(value))


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
            assert found == answers()[f"ticket {json.dumps(key, ensure_ascii=False)}"], key


@pytest.mark.parametrize("tenant", ["default", "acme"])
def test_listings_and_alerts_are_as_they_were(upgraded: House, tenant: str) -> None:
    for state in ("breached", "running", "paused"):
        found = upgraded.read.listing(state, tenant, None, 50)
        assert as_json(found) == answers()[f"listing {state} {tenant}"]
    assert as_json(upgraded.live({"tenant": tenant, "limit": "200"})) == answers()[f"live {tenant}"]
    told = upgraded.read_feed({"tenant": tenant, "limit": "200"})["alerts"]
    assert as_json(told) == answers()[f"alerts {tenant}"]


def test_reports_and_documents_are_as_they_were(upgraded: House) -> None:
    for name, expected in answers().items():
        kind, _, of = name.partition(" ")
        if kind == "report":
            report, _, options = of.partition(" ")
            given = json.loads(options)
            found = as_json(upgraded.reports(report, given))
            if given["tenant"] != PAUSED_BY_DEFAULT:
                assert found == expected, name
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
    """Tickets are measured and days built; nobody is alerted twice."""
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
    sent = [json.loads(message)["alert_id"] for _, message, _, _, _ in house.published()]
    assert len(told) > 100
    assert not told.keys() & set(sent)
    house.compile(AT + DAY)
    assert house.days.noted() == {}
