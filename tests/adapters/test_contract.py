"""What every store has to do, whichever engine is behind it."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace

import pytest

from replyclock.adapters.archive import DynamoArchive
from replyclock.adapters.connections import DynamoConnections
from replyclock.adapters.dynamodb import shard_of, text, ticket_key, ticket_pk
from replyclock.adapters.event_log import DynamoEventLog, DynamoQuarantine
from replyclock.adapters.policies import DynamoPolicies
from replyclock.adapters.tickets import DynamoLedger, DynamoTickets
from replyclock.domain.errors import Conflict
from replyclock.domain.events import TicketKey, event_document, read_stored_event
from replyclock.domain.instants import DAY, SECOND, parse_instant, sortable
from replyclock.domain.standings import OpenClock, Standing
from replyclock.service.ports import SHARDS, PublishedPolicy, TicketRecord, Timer

from .backends import Store
from .samples import KEY, NINE, OVER, RUNNING, created, entries, note, owed, reply, urgent

AWKWARD: TicketKey = ("acme", "git-hub", "owner/repo#12 ü%2F")


def test_an_event_is_kept_once(store: Store) -> None:
    log = DynamoEventLog(store.table)
    assert log.append(created(), NINE) is True
    assert log.append(created(), NINE + SECOND) is False
    record = DynamoTickets(store.table).read(KEY)
    assert [(one.event, one.received_at) for one in record.events] == [(created(), NINE)]


def test_what_was_stored_before_there_were_bounds_is_read_as_it_is(store: Store) -> None:
    fields = {
        "occurred_at": "0001-01-01T00:00:00Z",
        "created_at": "9999-01-01T00:00:00Z",
        "attributes": {"category": "x" * 200_000, "tier": "", "tags": ["a\nb"] * 60},
        "ticket": KEY[2],
    }
    old = read_stored_event(event_document(created()) | fields)
    log = DynamoEventLog(store.table)
    assert log.append(old, NINE) is True
    assert log.append(created(), NINE) is False
    assert [one.event for one in DynamoTickets(store.table).read(KEY).events] == [old, created()]
    assert list(DynamoArchive(store.table).events()) == [old, created()]


def test_another_telling_of_an_id_is_a_duplicate_and_kept(store: Store) -> None:
    log = DynamoEventLog(store.table)
    told, earlier = reply(at=NINE + 9 * SECOND), reply(at=NINE + 3 * SECOND)
    assert [log.append(one, NINE) for one in (told, earlier, earlier, told)] == [True, False, False, False]
    assert {one.event for one in DynamoTickets(store.table).read(KEY).events} == {told, earlier}
    assert len(store.items()) == 2


@pytest.mark.parametrize("key", [KEY, AWKWARD])
def test_a_key_survives_the_store(store: Store, key: TicketKey) -> None:
    assert ticket_key(ticket_pk(key)) == key
    DynamoEventLog(store.table).append(created(key), NINE)
    tickets = DynamoTickets(store.table)
    tickets.write(key, RUNNING, 0, owed(key), NINE)
    assert [known.entry.key for known in tickets.read(key).ledger] == [key, key]
    assert list(tickets.due(NINE + 10 * SECOND)) == [Timer(key, NINE + 10 * SECOND)]


def test_what_is_not_there_is_empty(store: Store) -> None:
    assert DynamoTickets(store.table).read(KEY) == TicketRecord((), None, 0, ())
    assert DynamoConnections(store.table).get("nobody") is None
    assert DynamoPolicies(store.table).published() == []


def test_a_ticket_of_several_pages_is_read_whole(store: Store) -> None:
    log = DynamoEventLog(store.table)
    for number in range(5):
        large = {"id": f"c{number}", "attributes": {"category": "x" * 300_000}}
        log.append(read_stored_event(event_document(created()) | large), NINE)
    assert len(DynamoTickets(store.table).read(KEY).events) == 5


def test_a_state_comes_back_and_loses_its_index_keys(store: Store) -> None:
    tickets = DynamoTickets(store.table)
    tickets.write(KEY, RUNNING, 0, (), NINE)
    assert tickets.read(KEY) == TicketRecord((), RUNNING, 1, ())
    tickets.write(KEY, OVER, 1, (), NINE)
    assert tickets.read(KEY) == TicketRecord((), OVER, 2, ())
    assert list(tickets.due(NINE + DAY)) == []
    assert [list(tickets.open_keys(shard)) for shard in range(SHARDS)] == [[]] * SHARDS


@pytest.mark.parametrize("with_entries", [False, True])
@pytest.mark.parametrize("version", [0, 2])
def test_who_read_another_version_writes_nothing(store: Store, version: int, with_entries: bool) -> None:
    tickets = DynamoTickets(store.table)
    tickets.write(KEY, RUNNING, 0, (), NINE)
    with pytest.raises(Conflict):
        tickets.write(KEY, OVER, version, owed() if with_entries else (), NINE)
    assert tickets.read(KEY) == TicketRecord((), RUNNING, 1, ())


def test_an_entry_is_written_once_and_with_its_state_or_not_at_all(store: Store) -> None:
    tickets = DynamoTickets(store.table)
    warning, breach = owed()
    tickets.write(KEY, RUNNING, 0, [warning], NINE)
    with pytest.raises(Conflict):
        tickets.write(KEY, OVER, 1, [breach, warning], NINE)
    record = tickets.read(KEY)
    assert (record.state, record.version) == (RUNNING, 1)
    assert list(record.ledger) == [warning]


def test_due_tickets_are_those_until_then(store: Store) -> None:
    tickets = DynamoTickets(store.table)
    for number in range(20):
        state = urgent("2#", "running")
        due_at = NINE + number * SECOND
        tickets.write(("default", "desk", str(number)), type(state)("new", (), due_at, None), 0, (), NINE)
    found = [one for one in tickets.due(NINE + 9 * SECOND) if isinstance(one, Timer)]
    assert {(one.key[2], one.due_at) for one in found} == {(str(n), NINE + n * SECOND) for n in range(10)}
    assert len({shard_of(ticket_pk(one.key)) for one in found}) > 1, "the index is spread over shards"


def test_places_are_in_order_and_go_on_after_any_of_them(store: Store) -> None:
    tickets = DynamoTickets(store.table)
    orders = [f"{number % 3}#{sortable(NINE + number % 5 * SECOND)}" for number in range(30)]
    for number, order in enumerate(orders):
        tenant = "acme" if number % 2 else "default"
        states = ("breached", "running") if order.startswith("0") else ("running",)
        tickets.write((tenant, "desk", f"{number:02}"), urgent(order, *states), 0, (), NINE)
    everywhere = list(tickets.places("running", None, None))
    assert [place.urgency for place in everywhere] == sorted(orders)
    assert len({place.key for place in everywhere}) == 30
    for cut, place in enumerate(everywhere):
        assert list(tickets.places("running", None, place)) == everywhere[cut + 1 :]
    assert list(tickets.places("breached", None, None)) == [one for one in everywhere if one.urgency.startswith("0")]
    assert list(tickets.places("running", "acme", None)) == [one for one in everywhere if one.key[0] == "acme"]


def test_of_a_long_list_only_what_is_shown_is_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("replyclock.adapters.tickets._PAGE", 2)
    tickets = DynamoTickets(store.table)
    for number in range(60):
        tickets.write(("default", "desk", str(number)), urgent(f"1#{number:02}", "running"), 0, (), NINE)
    asked: list[object] = []
    store.client.meta.events.register("provide-client-params.dynamodb.Query", lambda **call: asked.append(call))
    assert [next(tickets.places("running", None, None)).urgency for _ in range(1)] == ["1#00"]
    assert len(asked) <= SHARDS * 2, "a page of each shard, and the next where one may go on in equal urgency"
    assert [place.urgency for place in tickets.places("running", None, None)] == [f"1#{n:02}" for n in range(60)]


def test_open_tickets_come_with_all_that_is_kept_of_them_the_most_urgent_first(store: Store) -> None:
    tickets = DynamoTickets(store.table)
    clocks = (
        OpenClock("first_response", "running", NINE, NINE + 3, NINE + 4, NINE + 2, "s"),
        OpenClock("r", "paused", 1),
    )
    expected = []
    for number in range(12):
        order = f"{number % 3}#{number % 2}"
        key = (("default", "acme")[number % 2], "desk", str(number))
        state = replace(urgent(order, "running"), clocks=clocks[: number % 3], group="g" if number % 2 else None)
        state = replace(state, attributes={"tags": ("a", "b")}, assignee="a", created_at=NINE + number * SECOND)
        tickets.write(key, state, 0, (), NINE)
        assert tickets.read(key).state == state
        expected.append(Standing(key, {"tags": ("a", "b")}, state.clocks, order, state.group, "a"))
    expected.sort(key=lambda one: (one.order, one.key))
    assert list(tickets.most_urgent(2)) == expected
    assert sorted(tickets.standing(), key=lambda one: (one.order, one.key)) == expected
    assert {key[2] for key in tickets.created(NINE + 2 * SECOND, NINE + 5 * SECOND)} == {"2", "3", "4"}


def test_an_alert_is_claimed_by_one_and_settled_once(store: Store) -> None:
    tickets, ledger = DynamoTickets(store.table), DynamoLedger(store.table)
    warning = entries()[0]
    tickets.write(KEY, RUNNING, 0, owed()[:1], NINE)
    lease = 60 * SECOND
    claimed = ledger.claim(KEY, warning.sort_key, "one", NINE, lease)
    assert claimed is not None
    assert claimed.entry == warning
    with pytest.raises(Conflict):
        ledger.claim(KEY, warning.sort_key, "two", NINE + lease - 1, lease)
    assert ledger.claim(KEY, warning.sort_key, "one", NINE + SECOND, lease), "its own claim is taken over"
    assert ledger.claim(KEY, warning.sort_key, "two", NINE + SECOND + lease, lease), "a claim that is too old, too"
    ledger.release(KEY, warning.sort_key, tried=True, published=["email"])
    once_more = ledger.claim(KEY, warning.sort_key, "three", NINE, lease)
    assert once_more is not None
    assert once_more.published == {"email"}, "what was published need not be sent again"
    ledger.release(KEY, warning.sort_key, tried=True, published=["sms"])
    last = ledger.claim(KEY, warning.sort_key, "three", NINE, lease)
    assert last is not None
    assert last.published == {"email", "sms"}
    ledger.settle(KEY, warning.sort_key, "quiet", NINE + 7 * SECOND, "answered")
    assert ledger.claim(KEY, warning.sort_key, "three", NINE + DAY, lease) is None
    with pytest.raises(Conflict):
        ledger.release(KEY, warning.sort_key, tried=True)
    (known,) = tickets.read(KEY).ledger
    assert (known.status, known.settled_at, known.reason) == ("quiet", NINE + 7 * SECOND, "answered")
    assert known.told, "one of the attempts before may have told it"


def test_an_alert_that_was_given_back_untold_was_told_to_nobody(store: Store) -> None:
    tickets, ledger = DynamoTickets(store.table), DynamoLedger(store.table)
    warning = entries()[0]
    tickets.write(KEY, RUNNING, 0, owed()[:1], NINE)
    for _ in range(3):
        ledger.claim(KEY, warning.sort_key, "one", NINE, SECOND)
        ledger.release(KEY, warning.sort_key, tried=False)
    ledger.claim(KEY, warning.sort_key, "one", NINE, SECOND)
    ledger.settle(KEY, warning.sort_key, "quiet", NINE, "answered")
    (known,) = tickets.read(KEY).ledger
    assert (known.attempts, known.told) == (1, False)


def test_an_alert_that_is_not_there_cannot_be_claimed(store: Store) -> None:
    assert DynamoLedger(store.table).claim(KEY, "A#first_response#1#80#chat", "one", NINE, SECOND) is None
    assert store.items() == []


def test_a_policy_version_is_added_once_and_versions_ascend(store: Store) -> None:
    policies = DynamoPolicies(store.table)
    for version in (10, 9):
        policies.add(PublishedPolicy(version, f"text {version}", NINE + version))
    with pytest.raises(Conflict):
        policies.add(PublishedPolicy(9, "another text", NINE))
    assert policies.published() == [PublishedPolicy(9, "text 9", NINE + 9), PublishedPolicy(10, "text 10", NINE + 10)]


def test_a_connection_is_found_by_its_name(store: Store) -> None:
    document = {"name": "desk", "provider": "generic"}
    item = {"pk": text("CONNECTIONS"), "sk": text("desk"), "document": text(json.dumps(document))}
    store.client.put_item(TableName=store.name, Item=item)
    assert DynamoConnections(store.table).get("desk") == document


@pytest.mark.parametrize("size", [0, 10, 1_048_576])
def test_a_quarantined_body_comes_back_whole_and_expires(store: Store, size: int) -> None:
    # Bytes that cannot be compressed, so that the largest body takes several items.
    body = b"".join(zlib.crc32(bytes([n % 256, n >> 8 & 255, n >> 16])).to_bytes(4) for n in range(size // 4 + 1))[
        :size
    ]
    received_at = parse_instant("2026-06-01T09:00:00.5Z")
    DynamoQuarantine(store.table).keep("desk", body, {"content-type": "text/plain"}, ["is not JSON"], received_at)
    items = sorted(store.items(), key=lambda item: item["sk"]["S"])
    assert zlib.decompress(b"".join(item["body"]["B"] for item in items)) == body
    assert len(items) == int(items[0]["parts"]["N"]) == (4 if size > 1000 else 1)
    assert json.loads(items[0]["reasons"]["S"]) == ["is not JSON"]
    assert {item["pk"]["S"] for item in items} == {"Q#desk"}
    assert {int(item["expires_at"]["N"]) for item in items} == {(received_at + 90 * DAY) // SECOND}


def test_notes_and_replies_share_a_ticket(store: Store) -> None:
    log = DynamoEventLog(store.table)
    for one in (created(), reply(), note()):
        log.append(one, NINE)
    assert {stored.event.id for stored in DynamoTickets(store.table).read(KEY).events} == {"created", "reply", "note"}
