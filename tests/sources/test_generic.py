"""What a body of the user's own making means: canonical events and CloudEvents."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from replyclock.domain.errors import Unauthenticated
from replyclock.domain.events import event_document
from replyclock.sources import source

from .builders import (
    NOW,
    RECEIVED,
    canonical,
    cloud_event,
    connection,
    event,
    events,
    kept,
    reason,
    sample,
    translation,
    webhook,
)

STRUCTURED = {"Content-Type": "application/cloudevents+json; charset=UTF-8"}
BATCH = {"Content-Type": "application/cloudevents-batch+json"}


class TestCanonical:
    def test_is_told_as_it_stands(self) -> None:
        assert event("generic", canonical()) == canonical() | {"tenant": "default", "source": "generic"}

    def test_what_is_not_in_the_contract_is_dropped(self) -> None:
        told = event("generic", canonical(text="private", subject="private"))
        assert "private" not in json.dumps(told)

    def test_the_connection_decides_tenant_and_source(self) -> None:
        told = event("generic", canonical(tenant="other", source="other"), name="desk", tenant="acme")
        assert kept(told, "tenant", "source") == {"tenant": "acme", "source": "desk"}
        assert kept(event("generic", canonical(tenant="other", source="other")), "tenant", "source") == {
            "tenant": "default",
            "source": "generic",
        }

    @pytest.mark.parametrize("nothing", [{}, {"occurred_at": None}])
    def test_without_a_time_it_occurred_when_received(self, nothing: dict[str, None]) -> None:
        body = canonical()
        del body["occurred_at"]
        assert event("generic", body | nothing)["occurred_at"] == RECEIVED

    @pytest.mark.parametrize(
        ("local", "utc"),
        [
            ("2026-03-01T09:30:00", "2026-03-01T08:30:00Z"),
            ("2026-03-01 09:30:00.5", "2026-03-01T08:30:00.500000Z"),
            ("2026-03-29T02:30:00", "2026-03-29T01:30:00Z"),  # skipped by the clocks: forward by the gap
            ("2026-10-25T02:30:00", "2026-10-25T00:30:00Z"),  # happens twice: the first
            ("2026-03-01T09:30:00Z", "2026-03-01T09:30:00Z"),
        ],
    )
    def test_a_time_without_offset_is_in_the_connections_zone(self, local: str, utc: str) -> None:
        told = event("generic", canonical(occurred_at=local, created_at=local), timezone="Europe/Berlin")
        assert kept(told, "occurred_at", "created_at") == {"occurred_at": utc, "created_at": utc}

    def test_a_time_without_offset_is_refused_where_there_is_no_zone(self) -> None:
        why = reason(translation("generic", canonical(occurred_at="2026-03-01T09:30:00")))
        assert why == "occurred_at: has no offset: write Z or an offset such as +02:00"

    def test_nobody_is_told_as_nobody(self) -> None:
        told = event("generic", canonical(type="assignment.changed", assignee=None))
        assert told["assignee"] is None

    @pytest.mark.parametrize(
        ("body", "why"),
        [
            (b"", "is not JSON"),
            (b'{"id": NaN}', "is not JSON"),
            (b'{"id": ' + b"9" * 5000 + b"}", "is not JSON"),
            (b"[" * 100_000, "is nested too deeply"),
            ("text", "must be a JSON object"),
            (7, "must be a JSON object"),
            ({}, "type: is missing"),
            (canonical(type="replied"), "type: must be one of ticket.created"),
            (canonical(id=""), "id: "),
            (canonical(ticket=None, message={"id": "1"}), "message.visibility: is missing"),
            (canonical(occurred_at="secret"), "occurred_at: not an RFC 3339 date-time"),
            (canonical(id="\ud800"), "id: "),
        ],
    )
    def test_unreadable_names_the_field(self, body: object, why: str) -> None:
        found = reason(translation("generic", body))
        assert why in found
        assert "secret" not in found


class TestArray:
    def test_each_event_in_order(self) -> None:
        told = events("generic", [canonical(id="b"), canonical(id="a")])
        assert [one["id"] for one in told] == ["b", "a"]

    def test_an_empty_one_tells_nothing(self) -> None:
        assert events("generic", []) == []

    def test_two_thousand_and_no_more(self) -> None:
        assert len(events("generic", [canonical(id=str(number)) for number in range(2000)])) == 2000
        assert reason(translation("generic", [0] * 2001)) == "holds more than 2000 records"

    def test_a_record_that_cannot_be_read_does_not_lose_its_neighbours(self) -> None:
        found = translation("generic", [canonical(id="a"), {"id": "é"}, canonical(id="b"), 5, [], canonical(type="x")])
        assert [event_document(one)["id"] for one in found.events] == ["a", "b"]
        assert [part.place for part in found.unreadable] == ["[1]", "[3]", "[4]", "[5]"]
        assert found.unreadable[0].reason == "type: is missing"
        assert json.loads(found.unreadable[0].raw) == {"id": "é"}


class TestCloudEvents:
    def test_structured(self) -> None:
        assert event("generic", cloud_event(canonical()), STRUCTURED) == event("generic", canonical())

    def test_structured_without_a_content_type(self) -> None:
        assert event("generic", cloud_event(canonical())) == event("generic", canonical())

    def test_binary(self) -> None:
        headers = {
            "ce-specversion": "1.0",
            "ce-id": "e%201",
            "ce-source": "/desk",
            "ce-type": "message.added",
            "ce-subject": "T-1",
            "ce-time": "2026-03-01T08:00:00Z",
            "Content-Type": "application/json",
        }
        data = {"message": {"id": "1", "visibility": "public"}, "actor": {"kind": "agent"}}
        assert event("generic", data, headers) == {
            "id": "/desk|e 1",
            "ticket": "T-1",
            "type": "message.added",
            "occurred_at": "2026-03-01T08:00:00Z",
            "tenant": "default",
            "source": "generic",
            "actor": {"kind": "agent"},
            "message": {"id": "1", "visibility": "public"},
        }

    def test_batch(self) -> None:
        body = [cloud_event(canonical(id="a")), cloud_event(None), cloud_event(canonical(id="b"), id="e-2")]
        found = translation("generic", body, BATCH)
        assert [event_document(one)["id"] for one in found.events] == ["a", "b"]
        assert [(part.place, part.reason) for part in found.unreadable] == [("[1]", "data: is missing")]

    def test_data_in_base64(self) -> None:
        encoded = base64.b64encode(json.dumps(canonical()).encode()).decode()
        body = {**cloud_event(None), "data_base64": encoded}
        assert event("generic", body, STRUCTURED)["id"] == "m-1"
        assert reason(translation("generic", body | {"data_base64": "!"}, STRUCTURED)) == "data_base64: is not base64"

    def test_what_the_data_says_goes_before_the_envelope(self) -> None:
        body = cloud_event(canonical(), type="ticket.deleted", subject="T-2", time="2026-03-01T07:00:00Z")
        assert event("generic", body) == event("generic", canonical())

    def test_what_the_data_leaves_out_the_envelope_says(self) -> None:
        body = cloud_event({"type": "ticket.deleted"}, subject="T-2", time="2026-03-01T07:00:00Z")
        assert kept(event("generic", body), "id", "type", "ticket", "occurred_at") == {
            "id": "/desk|e-1",
            "type": "ticket.deleted",
            "ticket": "T-2",
            "occurred_at": "2026-03-01T07:00:00Z",
        }

    def test_without_a_time_it_occurred_when_received(self) -> None:
        assert event("generic", cloud_event({"type": "ticket.deleted"}, subject="T"))["occurred_at"] == RECEIVED

    def identity(self, source_uri: str, number: str) -> str:
        body = cloud_event({"type": "ticket.deleted", "ticket": "T"}, source=source_uri, id=number)
        return str(event("generic", body)["id"])

    def test_source_and_id_together_are_the_identity(self) -> None:
        assert len({self.identity("/a", "1"), self.identity("/b", "1"), self.identity("/a", "2")}) == 3
        assert self.identity("/a", "1") == self.identity("/a", "1")

    @pytest.mark.parametrize(("one", "other"), [(("a|b", "c"), ("a", "b|c")), (("a", "b%7Cc"), ("a", "b|c"))])
    def test_no_two_of_them_are_mistaken(self, one: tuple[str, str], other: tuple[str, str]) -> None:
        assert self.identity(*one) != self.identity(*other)

    def test_long_ones_stay_apart_and_short_enough(self) -> None:
        long = "https://desk.example/" + "x" * 300
        assert len(self.identity(long, "1")) <= 200
        assert self.identity(long, "1") != self.identity(long, "2")

    @pytest.mark.parametrize(
        ("body", "why"),
        [
            ({"specversion": "1.0"}, "id: is missing"),
            (cloud_event({}), "data.type: is missing, and type is none of ticket.created"),
            (cloud_event({"type": "ticket.deleted"}), "data.ticket: is missing, and there is no subject"),
            (cloud_event([canonical()]), "data: must be a JSON object"),
            ({**cloud_event(canonical()), "source": None}, "source: is missing"),
        ],
    )
    def test_unreadable_names_what_is_missing(self, body: object, why: str) -> None:
        assert why in reason(translation("generic", body, STRUCTURED))


class TestHandshake:
    def ask(self, method: str, headers: dict[str, str]) -> Any:
        return source("generic").handshake(webhook(b"", headers, method=method), ["s"], NOW, connection("generic"))

    def test_any_sender_may_send_as_all_have_to_sign(self) -> None:
        answer = self.ask("OPTIONS", {"WebHook-Request-Origin": "eventemitter.example.com"})
        assert answer.status == 200
        assert answer.headers["WebHook-Allowed-Origin"] == "eventemitter.example.com"

    @pytest.mark.parametrize("origin", ["", "a b", "a\r\nSet-Cookie: x", "x" * 300])
    def test_an_origin_that_is_none_is_not_echoed(self, origin: str) -> None:
        assert self.ask("OPTIONS", {"WebHook-Request-Origin": origin}) is None

    def test_a_webhook_is_no_handshake(self) -> None:
        assert self.ask("POST", {"WebHook-Request-Origin": "eventemitter.example.com"}) is None

    @pytest.mark.parametrize("provider", ["github", "zendesk"])
    def test_others_ask_for_none(self, provider: str) -> None:
        hook = webhook(b"", {"WebHook-Request-Origin": "a.example"}, method="OPTIONS")
        assert source(provider).handshake(hook, ["s"], NOW, connection(provider)) is None
        with pytest.raises(Unauthenticated):
            source(provider).verify(hook, ["s"], NOW, connection(provider))


class TestRecorded:
    def test_a_foreign_cloud_event_is_kept_with_what_it_lacks(self) -> None:
        found = translation("generic", sample("generic/cloudevents_structured.json"), STRUCTURED)
        assert reason(found).startswith("data.type: is missing, and type is none of")

    def test_a_foreign_standard_webhook(self) -> None:
        assert reason(translation("generic", sample("generic/standard_webhooks_body.json"))).startswith(
            "type: must be one of"
        )
