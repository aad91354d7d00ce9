from __future__ import annotations

import json
import logging
import zlib
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from replyclock.domain.errors import StoreUnavailable, Unauthenticated, UnknownConnection
from replyclock.domain.events import event_document, parse_event
from replyclock.domain.instants import SECOND
from replyclock.service import receive as module
from replyclock.service.receive import Receipt, TooLarge
from replyclock.sources import generic, providers, salesforce, source, zendesk
from replyclock.sources.base import Answer, Headers, Webhook, connection_without_options
from tests.adapters.samples import KEY, NINE, created, reply

from .house import SECRET, House


def webhook(house: House, *documents: object, secret: str = SECRET, signed_at: int | None = None) -> Webhook:
    body = json.dumps(documents[0] if len(documents) == 1 else list(documents)).encode()
    return signed(house, body, secret, signed_at)


def signed(house: House, body: bytes, secret: str = SECRET, signed_at: int | None = None) -> Webhook:
    headers = generic.sign(body, secret, house.now() if signed_at is None else signed_at)
    return Webhook(body, Headers(headers), house.now())


CREATED, REPLY = event_document(created()), event_document(reply())


def test_events_are_accepted_then_known(house: House) -> None:
    house.connect()
    assert house.receive("desk", webhook(house, CREATED, REPLY)) == Receipt(accepted=2)
    house.now.at += SECOND
    assert house.receive("desk", webhook(house, CREATED, REPLY)) == Receipt(duplicates=2)
    record = house.record()
    assert [stored.event for stored in record.events] == [created(), reply()]
    assert {stored.received_at for stored in record.events} == {NINE}


@pytest.mark.parametrize("signed_at", [NINE - 301 * SECOND, NINE + 301 * SECOND])
def test_an_old_and_a_future_signature_are_refused(house: House, signed_at: int) -> None:
    house.connect()
    with pytest.raises(Unauthenticated):
        house.receive("desk", webhook(house, CREATED, signed_at=signed_at))
    assert house.record().events == ()


def test_a_forged_and_a_missing_signature_are_refused(house: House) -> None:
    house.connect()
    for forged in (webhook(house, CREATED, secret="another"), Webhook(b"{}", Headers({}), NINE)):
        with pytest.raises(Unauthenticated):
            house.receive("desk", forged)
    assert house.record().events == ()


@pytest.mark.parametrize(("secret", "options"), [(None, {}), (" ", {}), (SECRET, {"secrets": []})])
def test_a_connection_without_a_secret_takes_nothing(house: House, secret: str | None, options: dict[str, Any]) -> None:
    house.connect(secret=secret, **options)
    for given in ("", " ", SECRET):
        with pytest.raises(Unauthenticated):
            house.receive("desk", replace(webhook(house, CREATED), headers=Headers({"X-Replyclock-Token": given})))


def test_both_secrets_hold_while_one_replaces_the_other(house: House) -> None:
    house.connect()
    house.connect("new", secret="the-next-secret")
    references = [f"replyclock/test/connections/{name}/1" for name in ("gone", "desk", "new")]
    house.connect("desk", secret=None, secrets=references)
    assert house.receive("desk", webhook(house, CREATED)) == Receipt(accepted=1)
    assert house.receive("desk", webhook(house, REPLY, secret="the-next-secret")) == Receipt(accepted=1)


def test_an_unknown_connection_is_told_apart(house: House) -> None:
    with pytest.raises(UnknownConnection):
        house.receive("nobody", webhook(house, CREATED))


@pytest.mark.parametrize("options", [{"provider": "no-such-tool"}, {"provider": "base"}, {"colour": "blue"}])
def test_a_connection_that_is_not_well_configured_is_as_good_as_none(house: House, options: dict[str, Any]) -> None:
    house.connect(**options)
    with pytest.raises(UnknownConnection):
        house.receive("desk", webhook(house, CREATED))


def test_the_size_is_looked_at_first(house: House) -> None:
    largest = b" " * module.LARGEST_BODY
    with pytest.raises(UnknownConnection):
        house.receive("nobody", Webhook(largest, Headers({}), NINE))
    with pytest.raises(TooLarge):
        house.receive("nobody", Webhook(largest + b" ", Headers({}), NINE))


def quarantined(house: House) -> list[dict[str, Any]]:
    return [item for item in house.store.items() if item["pk"]["S"].startswith("Q#")]


def test_an_authentic_body_that_cannot_be_read_is_kept(house: House) -> None:
    house.connect()
    kept = signed(house, b"{ no JSON")
    assert house.receive("desk", kept) == Receipt(quarantined=1)
    (item,) = quarantined(house)
    assert zlib.decompress(item["body"]["B"]) == b"{ no JSON"
    assert item["pk"]["S"] == "Q#desk"
    headers = json.loads(item["headers"]["S"])
    assert set(headers) == {"content-type", "webhook-id", "webhook-timestamp"}, "no signature and no token"


def test_of_a_batch_only_what_cannot_be_read_is_missing(house: House) -> None:
    house.connect()
    receipt = house.receive("desk", webhook(house, CREATED, {"type": "ticket.created", "subject": "private"}, REPLY))
    assert receipt == Receipt(accepted=2, quarantined=1)
    (item,) = quarantined(house)
    assert "private" not in item["reasons"]["S"]
    assert "[1]" in item["reasons"]["S"]


@pytest.mark.parametrize(
    "bad",
    [
        {"attributes": {"tier": "gold \ud83d"}},
        {"attributes": {"category": "x" * 270_000}},
        {"attributes": {f"a{i}": ["\u65e5" * 250] * 4 for i in range(25)}},
        {"attributes": {"\ud83d" * 100_000: "x"}},
        {"occurred_at": "0001-01-01T00:00:00Z"},
        {"created_at": "0001-01-01T00:00:00Z"},
        {"ticket": "1\r\nBcc: all@example.com"},
        {"id": "x" * 400_000},
    ],
)
def test_an_event_out_of_bounds_does_not_cost_its_neighbours(house: House, bad: dict[str, Any]) -> None:
    house.connect()
    receipt = house.receive("desk", webhook(house, CREATED, CREATED | {"id": "bad"} | bad, REPLY))
    assert receipt == Receipt(accepted=2, quarantined=1)
    assert [stored.event for stored in house.record().events] == [created(), reply()]
    (kept,) = house.quarantine.kept("desk")
    assert json.loads(kept.body)[1]["id"] in ("bad", bad.get("id"))
    assert "[1]" in kept.reasons[0]
    assert len(kept.reasons[0]) <= module.LONGEST_REASON


def test_an_event_that_cannot_be_read_for_a_fault_of_ours_does_not_cost_its_neighbours(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(document: Any) -> Any:
        if document["id"] == CREATED["id"]:
            raise KeyError("a private text of the body")
        return parse_event(document)

    monkeypatch.setattr(generic, "parse_event", failing)
    house.connect()
    assert house.receive("desk", webhook(house, CREATED, REPLY)) == Receipt(accepted=1, quarantined=1)
    (kept,) = house.quarantine.kept("desk")
    assert kept.reasons[0].startswith("[0]: KeyError at test_receive.py:")


def refusing(house: House, monkeypatch: pytest.MonkeyPatch, refusal: Exception) -> None:
    """From now on the client raises this for the first event."""
    put = house.store.client.put_item

    def put_item(**call: Any) -> Any:
        if call["Item"]["sk"]["S"] == f"E#{CREATED['id']}":
            raise refusal
        return put(**call)

    client = house.log._table._client
    monkeypatch.setattr(client, "put_item", put_item)


@pytest.mark.parametrize(
    "refusal",
    [
        ClientError({"Error": {"Code": "ValidationException", "Message": "Item size has exceeded"}}, "PutItem"),
        UnicodeEncodeError("utf-8", "\ud83d", 0, 1, "surrogates not allowed"),
    ],
)
def test_an_event_that_the_store_never_takes_does_not_cost_its_neighbours(
    house: House, monkeypatch: pytest.MonkeyPatch, refusal: Exception
) -> None:
    house.connect()
    refusing(house, monkeypatch, refusal)
    assert house.receive("desk", webhook(house, CREATED, REPLY)) == Receipt(accepted=1, quarantined=1)
    (kept,) = house.quarantine.kept("desk")
    assert kept.reasons[0].startswith("an event cannot be stored: ")


def test_an_event_that_the_store_does_not_take_now_is_to_be_sent_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.connect()
    busy = ClientError({"Error": {"Code": "ProvisionedThroughputExceededException", "Message": ""}}, "PutItem")
    refusing(house, monkeypatch, busy)
    with pytest.raises(StoreUnavailable):
        house.receive("desk", webhook(house, CREATED, REPLY))
    assert quarantined(house) == []


def test_as_many_events_as_a_body_may_hold_are_all_stored_and_counted_once(house: House) -> None:
    house.connect()
    many = [REPLY | {"id": f"e{i // 2}", "message": {"id": f"m{i // 2}", "visibility": "public"}} for i in range(300)]
    assert house.receive("desk", webhook(house, *many)) == Receipt(accepted=150, duplicates=150)
    assert len(house.record().events) == 150
    assert house.receive("desk", webhook(house, *many)) == Receipt(duplicates=300)


@pytest.mark.parametrize("name", ["x" * 64, "x" * 1025, "Desk", "desk ", "desk\n", "\ud800", "de/sk", ""])
def test_what_can_be_no_name_is_not_asked_for(house: House, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def get(name: str) -> None:
        pytest.fail("the table was asked")

    monkeypatch.setattr(house.connections, "get", get)
    with pytest.raises(UnknownConnection) as refused:
        house.receive(name, webhook(house, CREATED))
    assert len(str(refused.value)) <= 100


def test_headers_are_kept_whatever_they_hold(house: House) -> None:
    house.connect()
    sent = signed(house, b"{ no JSON")
    headers = {
        **sent.headers,
        "x-odd": "\ud800",
        "x-large": "y" * 1_000_000,
        **{f"x-{i}": "\ud800" for i in range(9999)},
    }
    assert house.receive("desk", replace(sent, headers=Headers(headers))) == Receipt(quarantined=1)
    (kept,) = house.quarantine.kept("desk")
    assert kept.body == b"{ no JSON"
    assert kept.headers["x-odd"] == "\ud800"
    assert "x-large" not in kept.headers


def test_a_time_out_of_bounds_is_the_time_of_receipt_and_such_a_creation_is_left_out(house: House) -> None:
    house.connect(provider="zendesk")
    opened, _ = zendesk.sample("7", house.now(), connection_without_options("zendesk"))
    document = json.loads(opened)
    document["time"] = document["detail"]["created_at"] = "0001-01-01T00:00:00Z"
    document |= {"type": "zen:event-type:ticket.status_changed", "event": {"current": "SOLVED"}}
    body = json.dumps(document).encode()
    headers = Headers(zendesk.sign(body, SECRET, house.now()))
    assert house.receive("desk", Webhook(body, headers, house.now())) == Receipt(accepted=1)
    (stored,) = house.record(("default", "desk", "7")).events
    assert (stored.event.occurred_at, stored.event.created_at) == (NINE, None)


def test_a_fault_of_a_translator_costs_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def translate(webhook: Webhook, connection: object) -> None:
        raise KeyError("a private text of the body")

    monkeypatch.setattr(generic, "translate", translate)
    house.connect()
    with caplog.at_level(logging.ERROR):
        assert house.receive("desk", webhook(house, CREATED)) == Receipt(quarantined=1)
    (record,) = caplog.records
    shown = json.dumps(vars(record), default=str) + caplog.text
    assert vars(record)["exception_type"] == "KeyError"
    assert vars(record)["place"].startswith("test_receive.py:")
    assert "private" not in shown
    (item,) = quarantined(house)
    assert json.loads(zlib.decompress(item["body"]["B"])) == CREATED
    assert "private" not in item["reasons"]["S"]


def test_what_could_not_be_stored_is_told(house: House) -> None:
    house.connect()
    house.store.client.delete_table(TableName=house.store.name)
    with pytest.raises(StoreUnavailable):
        house.receive("desk", webhook(house, CREATED))


def test_a_handshake_is_answered(house: House) -> None:
    house.connect()
    asked = Webhook(b"", Headers({"WebHook-Request-Origin": "tool.example.com"}), NINE, method="OPTIONS")
    answer = house.receive("desk", asked)
    assert isinstance(answer, Answer)
    assert answer.status == 200


def test_a_ticket_is_of_its_connection_whatever_an_event_says(house: House) -> None:
    house.connect(tenant="acme")
    house.receive("desk", webhook(house, CREATED | {"tenant": "other", "source": "other"}))
    assert house.record(KEY).events == ()
    assert len(house.record(("acme", "desk", "1")).events) == 1


def zendesk_status(house: House, name: str) -> Webhook:
    opened, _ = zendesk.sample("7", house.now(), connection_without_options("zendesk"))
    document = json.loads(opened)
    document |= {"type": "zen:event-type:ticket.status_changed", "event": {"current": name}}
    body = json.dumps(document).encode()
    return Webhook(body, Headers(zendesk.sign(body, SECRET, house.now())), house.now())


def test_unknown_statuses_are_counted_and_become_open(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.connect(provider="zendesk", status_map={"PARKED": "on_hold"})
    with caplog.at_level(logging.WARNING):
        assert house.receive("desk", zendesk_status(house, "Parked")) == Receipt(accepted=1)
        assert not caplog.records
        house.now.at += SECOND
        assert house.receive("desk", zendesk_status(house, "Sleeping")) == Receipt(accepted=1, unknown_statuses=1)
    told = {event_document(stored.event)["status"] for stored in house.record(("default", "desk", "7")).events}
    assert told == {"on_hold", "open"}
    (record,) = caplog.records
    assert vars(record)["statuses"] == ["Sleeping"], "whoever maps it must know its name"


def test_groups_without_a_name_are_counted_and_keep_their_ids(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.connect(provider="zendesk", groups={"21": "L2"})
    opened, _ = zendesk.sample("7", house.now(), connection_without_options("zendesk"))
    for group in ("21", "22"):
        document = json.loads(opened)
        document |= {"type": "zen:event-type:ticket.group_assignment_changed", "event": {"current": group}}
        body = json.dumps(document).encode()
        hook = Webhook(body, Headers(zendesk.sign(body, SECRET, house.now())), house.now())
        with caplog.at_level(logging.WARNING):
            assert house.receive("desk", hook) == Receipt(accepted=1, unnamed_groups=int(group == "22"))
        house.now.at += SECOND
    told = {event_document(stored.event)["group"] for stored in house.record(("default", "desk", "7")).events}
    assert told == {"L2", "22"}
    (record,) = caplog.records
    assert vars(record)["groups"] == ["22"]


def test_a_webhook_that_means_more_than_can_be_stored_in_time_is_kept_in_quarantine(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.connect()
    monkeypatch.setattr(module, "MOST_EVENTS", 1)
    assert house.receive("desk", webhook(house, CREATED, REPLY)) == Receipt(quarantined=1)
    assert house.record().events == ()
    assert house.receive("desk", webhook(house, CREATED)) == Receipt(accepted=1)


# --- over an event bus ---


def case(house: House) -> Webhook:
    body, _ = salesforce.sample("500A", house.now(), connection_without_options("salesforce"))
    return Webhook(body, Headers(), house.now())


CASE = ("default", "cases", "500A")


@pytest.mark.parametrize("options", [{"secrets": []}, {}])
def test_what_a_partner_bus_hands_over_needs_no_signature(house: House, options: dict[str, Any]) -> None:
    house.connect("cases", provider="salesforce", **options)
    assert house.receive.trusted("cases", case(house)) == Receipt(accepted=1)
    assert house.receive.trusted("cases", case(house)) == Receipt(duplicates=1)
    assert len(house.record(CASE).events) == 1


@pytest.mark.parametrize("options", [{"secrets": []}, {}])
def test_over_http_the_same_does(house: House, options: dict[str, Any]) -> None:
    house.connect("cases", provider="salesforce", **options)
    with pytest.raises(Unauthenticated):
        house.receive("cases", case(house))
    assert house.record(CASE).events == ()


@pytest.mark.parametrize("provider", [one for one in providers() if one != "salesforce"])
def test_over_a_bus_no_other_connection_is_written_to(house: House, provider: str) -> None:
    house.connect(provider=provider)
    body, *_ = source(provider).sample("1", house.now(), connection_without_options(provider))
    with pytest.raises(UnknownConnection):
        house.receive.trusted("desk", Webhook(body, Headers(), house.now()))
    assert house.record().events == ()


def test_over_a_bus_size_and_connection_are_looked_at_too(house: House) -> None:
    with pytest.raises(UnknownConnection):
        house.receive.trusted("nobody", case(house))
    with pytest.raises(TooLarge):
        house.receive.trusted("nobody", Webhook(b" " * (module.LARGEST_BODY + 1), Headers(), NINE))
