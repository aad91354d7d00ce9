"""What Zendesk event webhooks mean."""

from __future__ import annotations

import json
from typing import Any

import pytest

from replyclock.domain.events import parse_event
from replyclock.domain.instants import parse_instant
from replyclock.domain.judging import evaluate_ticket
from replyclock.domain.policy import DEFAULT_POLICY

from .builders import RECEIVED, event, events, kept, reason, sample, translation, zendesk, zendesk_comment

AT = "2026-03-01T09:00:00.123456Z"


class TestCreated:
    def test_tells_all_that_the_snapshot_proves(self) -> None:
        assert event("zendesk", zendesk("ticket.created", detail={"status": "NEW", "actor_id": "100"})) == {
            "id": "7|created",
            "ticket": "7",
            "type": "ticket.created",
            "occurred_at": AT,
            "created_at": "2026-03-01T08:00:00Z",
            "tenant": "default",
            "source": "zendesk",
            "actor": {"kind": "customer", "id": "100"},
            "requester": "100",
            "status": "new",
            "assignee": "200",
            "group": "21",
            "attributes": {"priority": "urgent", "channel": "email", "brand": "31", "tags": ["billing", "vip"]},
            "message": {"id": "opening", "visibility": "public"},
        }

    def test_by_an_agent_for_a_customer(self) -> None:
        told = event("zendesk", zendesk("ticket.created", detail={"submitter_id": "200"}))
        assert kept(told, "actor", "requester") == {"actor": {"kind": "agent", "id": "200"}, "requester": "100"}

    def test_by_a_program_for_a_customer(self) -> None:
        told = event("zendesk", zendesk("ticket.created", detail={"submitter_id": "200"}), bots=["200"])
        assert told["actor"] == {"kind": "bot", "id": "200"}

    def test_with_an_internal_opening(self) -> None:
        told = event("zendesk", zendesk("ticket.created", detail={"is_public": False}))
        assert told["message"] == {"id": "opening", "visibility": "internal"}

    @pytest.mark.parametrize("empty", [None, "", "0"])
    def test_nobody_is_nobody_however_it_is_written(self, empty: str | None) -> None:
        detail = dict.fromkeys(("assignee_id", "group_id", "brand_id", "priority"), empty if empty != "0" else None)
        detail |= {"assignee_id": empty, "group_id": empty, "brand_id": empty, "tags": []}
        told = event("zendesk", zendesk("ticket.created", detail=detail))
        assert kept(told, "assignee", "group") == {"assignee": None, "group": None}
        assert told["attributes"] == {"channel": "email"}

    def test_without_a_text_there_is_no_message(self) -> None:
        assert "message" not in event("zendesk", zendesk("ticket.created", detail={"description": ""}))

    def test_numbers_are_taken_for_ids(self) -> None:
        told = event("zendesk", zendesk("ticket.created", detail={"id": 7, "requester_id": 100, "submitter_id": 100}))
        assert kept(told, "ticket", "requester") == {"ticket": "7", "requester": "100"}

    @pytest.mark.parametrize(
        ("tool", "ours"),
        [
            ("mail", "email"),
            ("web_service", "api"),
            ("native_messaging", "chat"),
            ("sms", "sms"),
            ("mobile_sdk", "app"),
            ("whatsapp", "social"),
            ("phone_call_inbound", "phone"),
            ("web_form", "web"),
            ("Side_Conversation", "side_conversation"),
        ],
    )
    def test_channels(self, tool: str, ours: str) -> None:
        told = event("zendesk", zendesk("ticket.created", detail={"via": {"channel": tool}}))
        assert told["attributes"]["channel"] == ours

    def test_without_its_own_time_it_occurred_at_the_creation(self) -> None:
        assert event("zendesk", zendesk("ticket.created", time=None))["occurred_at"] == "2026-03-01T08:00:00Z"

    def test_a_custom_status_goes_before_its_category(self) -> None:
        told = event("zendesk", zendesk("ticket.created"), status_map={"51": "on_hold"})
        assert told["status"] == "on_hold"


class TestMessages:
    @pytest.mark.parametrize(
        ("author", "staff", "kind"),
        [("200", True, "agent"), ("100", False, "customer"), ("900", True, "bot"), ("-1", True, "system")],
    )
    def test_who_speaks_is_the_author(self, author: str, staff: bool, kind: str) -> None:
        told = event("zendesk", zendesk_comment("55", author, staff=staff), bots=["900"])
        assert kept(told, "id", "type", "occurred_at", "created_at", "actor", "message") == {
            "id": "7|comment|55",
            "type": "message.added",
            "occurred_at": AT,
            "created_at": "2026-03-01T08:00:00Z",
            "actor": {"kind": kind, "id": author},
            "message": {"id": "55", "visibility": "public"},
        }

    def test_an_internal_note(self) -> None:
        assert event("zendesk", zendesk_comment(public=False))["message"]["visibility"] == "internal"

    def test_without_an_author_nobody_is_made_up(self) -> None:
        told = event("zendesk", zendesk("ticket.comment_added", {"comment": {"id": "5", "is_public": True}}))
        assert told["actor"] == {"kind": "unknown"}

    @pytest.mark.parametrize("kind", ["ticket.comment_made_private", "ticket.comment_redacted"])
    def test_hidden(self, kind: str) -> None:
        told = event("zendesk", zendesk_comment("55", kind=kind, public=False))
        assert kept(told, "type", "message") == {"type": "message.hidden", "message": {"id": "55"}}

    @pytest.mark.parametrize(
        ("writer", "kind"),
        [("end_user", "customer"), ("agent", "agent"), ("trigger", "bot"), ("system", "bot"), ("x", "unknown")],
    )
    def test_a_conversation(self, writer: str, kind: str) -> None:
        body = zendesk(
            "messaging_ticket.message_added",
            {
                "actor": {"id": "p1", "name": "P", "type": writer},
                "conversation_id": "c",
                "message": {"id": "m9", "body": "Hi"},
            },
        )
        body["detail"] = {"id": "7"}
        assert kept(event("zendesk", body), "id", "ticket", "actor", "message") == {
            "id": "7|message|m9",
            "ticket": "7",
            "actor": {"kind": kind, "id": "p1"},
            "message": {"id": "m9", "visibility": "public"},
        }


class TestOpening:
    """The first comment repeats the opening text and is no second message."""

    DESCRIPTION = "My invoice is wrong.\n\nPlease look."

    def first_comment(self, **more: Any) -> dict[str, Any]:
        more.setdefault("time", "2026-03-01T08:00:00.700000001Z")
        return zendesk_comment("55", "100", staff=False, **{"body": self.DESCRIPTION, **more})

    def test_has_the_id_of_the_opening(self) -> None:
        told = event("zendesk", self.first_comment())
        assert kept(told, "id", "message") == {
            "id": "7|comment|55",
            "message": {"id": "opening", "visibility": "public"},
        }

    def test_white_space_makes_no_difference(self) -> None:
        assert (
            event("zendesk", self.first_comment(body="My invoice is wrong. Please look.\n"))["message"]["id"]
            == "opening"
        )

    def test_the_same_words_later_are_another_message(self) -> None:
        assert event("zendesk", self.first_comment(time="2026-03-01T08:02:00Z"))["message"]["id"] == "55"

    def test_other_words_at_once_are_another_message(self) -> None:
        assert event("zendesk", self.first_comment(body="And one more thing"))["message"]["id"] == "55"

    @pytest.mark.parametrize("arriving", [("created", "comment"), ("comment", "created"), ("comment",)])
    def test_creation_and_first_comment_are_one_customer_message(self, arriving: tuple[str, ...]) -> None:
        created = zendesk("ticket.created", time="2026-03-01T08:00:00.600000000Z", detail={"actor_id": "100"})
        told = {"created": events("zendesk", created), "comment": events("zendesk", self.first_comment())}
        log = [parse_event(one) for name in arriving for one in told[name]]
        result = evaluate_ticket(log, DEFAULT_POLICY, parse_instant("2026-03-01T09:00:00Z"))
        assert result is not None
        assert result.document()["counts"]["customer_messages"] == 1

    @pytest.mark.parametrize(
        ("description", "body", "public", "message_id"),
        [
            ("Conversation with Web User", "Conversation with Web User 65a1", False, "opening"),
            ("Conversation with Web User 65", "Conversation with Web User 65a1", False, "opening"),
            ("Conversation with Web...", "Conversation with Web User 65a1", False, "opening"),
            ("Conversation with Anna", "Conversation with Web User 65a1", False, "55"),
            ("Conversation with Web User 65a1", "Conversation with Web User", False, "55"),
            ("My invoice", "My invoice is wrong", True, "55"),
        ],
    )
    def test_the_description_of_a_conversation_is_cut(
        self, description: str, body: str, public: bool, message_id: str
    ) -> None:
        detail = {"description": description, "is_public": public, "via": {"channel": "native_messaging"}}
        told = event("zendesk", self.first_comment(body=body, public=public, detail=detail))
        assert told["message"] == {"id": message_id, "visibility": "public" if public else "internal"}

    def test_a_conversation_opens_with_one_internal_message(self) -> None:
        detail = {"description": "Conversation with Web User", "is_public": False, "actor_id": "100"}
        created = events("zendesk", zendesk("ticket.created", time="2026-03-01T08:00:00.6Z", detail=detail))
        comment = events(
            "zendesk", self.first_comment(body="Conversation with Web User 65a1", public=False, detail=detail)
        )
        for arriving in (created + comment, comment + created):
            result = evaluate_ticket(
                [parse_event(one) for one in arriving], DEFAULT_POLICY, parse_instant("2026-03-01T09:00:00Z")
            )
            assert result is not None
            assert result.document()["counts"]["internal_notes"] == 1

    def test_hiding_it_hides_the_opening_under_both_of_its_names(self) -> None:
        hidden = events("zendesk", self.first_comment(kind="ticket.comment_redacted", time="2026-03-02T08:00:00Z"))
        assert [one["message"]["id"] for one in hidden] == ["55", "opening"]
        assert len({one["id"] for one in hidden}) == 2


class TestRequester:
    """What every snapshot names, for tickets whose creation was lost."""

    @pytest.mark.parametrize(
        "body",
        [
            zendesk_comment(),
            zendesk_comment(kind="ticket.comment_made_private"),
            zendesk("ticket.status_changed", {"current": "SOLVED"}),
            zendesk("ticket.agent_assignment_changed", {"current": "1"}),
            zendesk("ticket.tags_changed"),
            zendesk("ticket.merged", {"target_ticket_id": "8"}),
            zendesk("ticket.soft_deleted"),
        ],
        ids=lambda body: str(body["type"]),
    )
    def test_is_beside_the_creation(self, body: dict[str, Any]) -> None:
        assert kept(event("zendesk", body), "created_at", "requester") == {
            "created_at": "2026-03-01T08:00:00Z",
            "requester": "100",
        }

    @pytest.mark.parametrize("nobody", [None, "", "0"])
    def test_that_nobody_states_is_not_told(self, nobody: str | None) -> None:
        assert "requester" not in event("zendesk", zendesk_comment(detail={"requester_id": nobody}))

    @pytest.mark.parametrize("requester", ["200", "100"])
    def test_an_agent_who_asks_does_not_answer_themselves(self, requester: str) -> None:
        """Agent 200 writes first; the creation never arrived."""
        log = events("zendesk", zendesk_comment(detail={"requester_id": requester}))
        result = evaluate_ticket(
            [parse_event(one) for one in log], DEFAULT_POLICY, parse_instant("2026-03-01T10:00:00Z")
        )
        assert result is not None
        counts = result.document()["counts"]
        own = requester == "200"
        assert (counts["replies"], counts["customer_messages"]) == ((0, 1) if own else (1, 0))


class TestStatus:
    @pytest.mark.parametrize(
        ("name", "status"),
        [
            ("NEW", "new"),
            ("open", "open"),
            ("Pending", "pending"),
            ("HOLD", "on_hold"),
            ("On-hold", "on_hold"),
            ("SOLVED", "solved"),
            ("CLOSED", "closed"),
            ("ARCHIVED", "closed"),
        ],
    )
    def test_any_letter_case(self, name: str, status: str) -> None:
        told = event("zendesk", zendesk("ticket.status_changed", {"current": name, "previous": "OPEN"}))
        assert kept(told, "type", "status", "actor") == {
            "type": "status.changed",
            "status": status,
            "actor": {"kind": "agent", "id": "200"},
        }

    def test_an_unknown_one_is_open_and_counted(self) -> None:
        translated = translation("zendesk", zendesk("ticket.status_changed", {"current": "Quantum"}))
        assert translated.unknown_statuses == ("Quantum",)
        assert translated.events[0].model_dump()["status"] == "open"

    def test_the_connection_names_statuses(self) -> None:
        body = zendesk("ticket.status_changed", {"current": "WAITING on Parts"})
        assert event("zendesk", body, status_map={"waiting ON parts": "on_hold"})["status"] == "on_hold"

    def test_a_custom_status_by_its_id(self) -> None:
        body = zendesk(
            "ticket.custom_status_changed", {"current": "52", "previous": "51"}, detail={"custom_status": "52"}
        )
        assert event("zendesk", body, status_map={52: "on_hold"})["status"] == "on_hold"

    def test_a_custom_status_that_nobody_mapped_says_what_the_snapshot_says(self) -> None:
        body = zendesk("ticket.custom_status_changed", {"current": "52"}, detail={"status": "PENDING"})
        assert event("zendesk", body)["status"] == "pending"

    def test_status_and_custom_status_agree_on_one_change(self) -> None:
        detail = {"status": "PENDING", "custom_status": "52"}
        told = [
            event("zendesk", zendesk(kind, {"current": current}, detail=detail), status_map={"52": "on_hold"})
            for kind, current in (("ticket.status_changed", "PENDING"), ("ticket.custom_status_changed", "52"))
        ]
        assert told[0] == told[1]
        assert told[0]["status"] == "on_hold"

    def test_a_snapshot_of_a_later_change_does_not_speak_for_this_one(self) -> None:
        body = zendesk(
            "ticket.status_changed", {"current": "SOLVED"}, detail={"status": "PENDING", "custom_status": "52"}
        )
        assert event("zendesk", body, status_map={"52": "on_hold"})["status"] == "solved"

    def test_by_the_requester_who_is_an_agent_elsewhere(self) -> None:
        body = zendesk("ticket.status_changed", {"current": "OPEN"}, detail={"actor_id": "100"})
        assert event("zendesk", body)["actor"] == {"kind": "customer", "id": "100"}

    @pytest.mark.parametrize("actor", [None, "-1", "0"])
    def test_by_no_person(self, actor: str | None) -> None:
        body = zendesk("ticket.status_changed", {"current": "OPEN"}, detail={"actor_id": actor})
        assert event("zendesk", body)["actor"]["kind"] == "system"

    def test_deleted_as_a_status(self) -> None:
        assert event("zendesk", zendesk("ticket.status_changed", {"current": "DELETED"}))["type"] == "ticket.deleted"


class TestOtherChanges:
    @pytest.mark.parametrize(
        ("kind", "change", "told"),
        [
            ("agent_assignment_changed", {"current": "201"}, {"assignee": "201"}),
            ("agent_assignment_changed", {"current": None}, {"assignee": None}),
            ("agent_assignment_changed", {"current": ""}, {"assignee": None}),
            ("group_assignment_changed", {"current": 22}, {"group": "22"}),
            ("group_assignment_changed", {}, {"group": "21"}),
        ],
    )
    def test_assignment(self, kind: str, change: dict[str, Any], told: dict[str, Any]) -> None:
        found = event("zendesk", zendesk(f"ticket.{kind}", change))
        assert found["type"] == "assignment.changed"
        assert {name: found[name] for name in ("assignee", "group") if name in found} == told

    @pytest.mark.parametrize(
        ("kind", "change", "attributes"),
        [
            ("priority_changed", {"current": "HIGH"}, {"priority": "high"}),
            ("priority_changed", {"current": None}, {"priority": None}),
            ("tags_changed", {"tags_added": ["vip"], "tags_removed": []}, {"tags": ["billing", "vip"]}),
            ("brand_changed", {"current": "32"}, {"brand": "32"}),
        ],
    )
    def test_attributes(self, kind: str, change: dict[str, Any], attributes: dict[str, Any]) -> None:
        found = event("zendesk", zendesk(f"ticket.{kind}", change))
        assert kept(found, "type", "attributes") == {"type": "attributes.changed", "attributes": attributes}

    def test_attributes_that_the_connection_maps(self) -> None:
        mapping = {"tier": "detail.organization_id", "category": "detail.type", "missing": "detail.nowhere.at.all"}
        for kind in ("organization_changed", "form_changed", "type_changed"):
            found = event("zendesk", zendesk(f"ticket.{kind}", {"current": "x"}), attributes=mapping)
            assert found["attributes"] == {"tier": "61", "category": "QUESTION"}
        created = event("zendesk", zendesk("ticket.created", detail={"type": None}), attributes=mapping)
        assert created["attributes"]["tier"] == "61"
        assert "category" not in created["attributes"]

    @pytest.mark.parametrize("value", ["", None, {"name": "gold"}, [["gold"]]])
    def test_what_is_no_attribute_value_counts_as_none(self, value: object) -> None:
        body = zendesk("ticket.organization_changed", detail={"organization_id": value})
        assert event("zendesk", body, attributes={"tier": "detail.organization_id"})["attributes"] == {"tier": None}

    @pytest.mark.parametrize(
        ("value", "told"), [(5, "5"), (2.5, "2.5"), (True, "true"), (["a", 1], ["a", "1"]), ([], [])]
    )
    def test_plain_values_are_told_as_texts(self, value: object, told: object) -> None:
        body = zendesk("ticket.organization_changed", detail={"organization_id": value})
        assert event("zendesk", body, attributes={"tier": "detail.organization_id"})["attributes"] == {"tier": told}

    def test_a_custom_field(self) -> None:
        change = {
            "current": {"value": "gold"},
            "previous": {"value": None},
            "custom_field": {"id": "360001", "title": "Plan", "type": "drop-down"},
        }
        mapping = {"tier": "custom_fields.360001", "category": "custom_fields.360002"}
        found = event("zendesk", zendesk("ticket.custom_field_changed", change), attributes=mapping)
        assert found["attributes"] == {"tier": "gold"}
        assert events("zendesk", zendesk("ticket.custom_field_changed", change)) == []

    @pytest.mark.parametrize("kind", ["soft_deleted", "permanently_deleted", "marked_as_spam"])
    def test_deleted(self, kind: str) -> None:
        assert event("zendesk", zendesk(f"ticket.{kind}"))["type"] == "ticket.deleted"

    def test_restored(self) -> None:
        assert event("zendesk", zendesk("ticket.undeleted"))["type"] == "ticket.restored"

    def test_merged(self) -> None:
        found = event("zendesk", zendesk("ticket.merged", {"target_ticket_id": "8"}))
        assert kept(found, "id", "type", "into") == {"id": "7|merged|8", "type": "ticket.merged", "into": "8"}

    @pytest.mark.parametrize(
        "kind",
        [
            "ticket.requester_changed",
            "ticket.subject_changed",
            "ticket.csat_requested",
            "user.created",
            "ticket.invented",
        ],
    )
    def test_what_says_nothing_about_clocks(self, kind: str) -> None:
        assert events("zendesk", zendesk(kind, {"current": "x"})) == []


class TestRatings:
    @pytest.mark.parametrize(
        ("change", "rating"),
        [
            ({"satisfaction_score": {"score": "GOOD", "comment": "Thanks!"}}, 5),
            ({"satisfaction_score": {"score": "bad", "comment": None, "reason": "slow"}}, 1),
            ({"satisfaction_score": "GOOD"}, 5),
            ({"satisfaction_score": {"score": 3}}, 3),
            ({"satisfaction_score": {"score": "2"}}, 2),
            ({"satisfaction_rating": {"score": "bad"}}, 1),
            ({"current": "GOOD", "previous": "OFFERED"}, 5),
        ],
    )
    def test_a_rating(self, change: dict[str, Any], rating: int) -> None:
        told = event("zendesk", zendesk("ticket.csat_received", change, detail={"actor_id": "-1"}))
        assert kept(told, "id", "type", "occurred_at", "rating", "actor", "requester") == {
            "id": f"7|rating|{rating}|{AT}",
            "type": "rating.given",
            "occurred_at": AT,
            "rating": rating,
            "actor": {"kind": "customer", "id": "100"},
            "requester": "100",
        }

    @pytest.mark.parametrize("score", ["OFFERED", "unoffered"])
    def test_a_survey_that_nobody_answered(self, score: str) -> None:
        assert events("zendesk", zendesk("ticket.csat_received", {"satisfaction_score": {"score": score}})) == []

    @pytest.mark.parametrize(
        ("change", "why"),
        [
            ({}, "event.satisfaction_score: is missing"),
            ({"satisfaction_score": {}}, "event.satisfaction_score.score: is missing"),
            ({"satisfaction_score": {"score": "great"}}, "event.satisfaction_score.score: must be good, bad"),
            ({"satisfaction_score": {"score": 6}}, "event.satisfaction_score.score: must be good, bad"),
            ({"satisfaction_score": {"score": True}}, "event.satisfaction_score.score: must be a text"),
        ],
    )
    def test_another_one_is_not_guessed(self, change: dict[str, Any], why: str) -> None:
        assert why in reason(translation("zendesk", zendesk("ticket.csat_received", change)))


class TestIdentity:
    @pytest.mark.parametrize(
        "body",
        [
            zendesk("ticket.created"),
            zendesk_comment(),
            zendesk_comment(kind="ticket.comment_redacted"),
            zendesk("ticket.status_changed", {"current": "SOLVED"}),
            zendesk("ticket.agent_assignment_changed", {"current": "1"}),
            zendesk("ticket.tags_changed"),
            zendesk("ticket.soft_deleted"),
        ],
        ids=lambda body: str(body["type"]),
    )
    def test_two_webhooks_that_tell_one_fact(self, body: dict[str, Any]) -> None:
        assert events("zendesk", body) == events("zendesk", {**body, "id": "another-telling"})

    def test_different_facts_differ(self) -> None:
        bodies = [
            zendesk("ticket.status_changed", {"current": "SOLVED"}),
            zendesk("ticket.status_changed", {"current": "OPEN"}),
            zendesk("ticket.status_changed", {"current": "SOLVED"}, time="2026-03-01T09:00:00.123457Z"),
            zendesk("ticket.status_changed", {"current": "SOLVED"}, detail={"id": "8"}),
            zendesk("ticket.agent_assignment_changed", {"current": "1"}),
            zendesk("ticket.group_assignment_changed", {"current": "1"}),
            zendesk_comment("1"),
            zendesk_comment("2"),
        ]
        assert len({event("zendesk", body)["id"] for body in bodies}) == len(bodies)

    def test_the_sequence_is_kept(self) -> None:
        change = {"current": "SOLVED", "meta": {"sequence": {"id": "a", "position": 3}}}
        assert event("zendesk", zendesk("ticket.status_changed", change))["sequence"] == 3

    def test_without_any_time_it_occurred_when_received(self) -> None:
        body = zendesk("ticket.soft_deleted", time=None, detail={"updated_at": None})
        assert event("zendesk", body)["occurred_at"] == RECEIVED

    def test_the_connection_decides_tenant_and_source(self) -> None:
        told = event("zendesk", zendesk("ticket.created"), name="support-eu", tenant="acme")
        assert kept(told, "tenant", "source") == {"tenant": "acme", "source": "support-eu"}


class TestUnreadable:
    @pytest.mark.parametrize(
        ("body", "why"),
        [
            (b"{", "is not JSON"),
            (b"\xff", "is not UTF-8"),
            ([], "must be a JSON object"),
            ({"ticket_id": "7"}, "type: is missing"),
            ({"type": "ticket.created"}, "type: must begin with zen:event-type:"),
            (zendesk("ticket.created", detail={"id": None}, subject=None), "detail.id: is missing"),
            (zendesk("ticket.created", time="yesterday"), "time: not an RFC 3339"),
            (zendesk("ticket.created", detail={"tags": 5}), "detail.tags: must be a list of texts"),
            (zendesk("ticket.comment_added"), "event.comment: is missing"),
            (zendesk_comment("5", staff=None), "event.comment.author.is_staff: is missing"),  # type: ignore[arg-type]
            (zendesk("ticket.merged"), "event.target_ticket_id: is missing"),
            ({**zendesk("ticket.created"), "detail": None}, "detail: is missing"),
            (zendesk_comment(""), "event.comment.id: must not be empty"),
        ],
    )
    def test_names_the_field(self, body: object, why: str) -> None:
        assert why in reason(translation("zendesk", body))

    def test_never_names_a_value(self) -> None:
        body = zendesk("ticket.created", time="secret-time", detail={"status": "secret-status", "tags": "secret-tag"})
        assert "secret" not in reason(translation("zendesk", body))

    def test_keeps_the_raw_body_for_the_quarantine_and_does_not_show_it(self) -> None:
        (part,) = translation("zendesk", b'{"private": 1').unreadable
        assert part.raw == b'{"private": 1'
        assert "private" not in repr(part)

    def test_an_empty_body_is_a_trial(self) -> None:
        assert events("zendesk", b"") == []

    def test_of_another_account(self) -> None:
        assert reason(translation("zendesk", zendesk("ticket.created"), account=1)) == (
            "account_id: is not the account of this connection"
        )
        assert reason(translation("zendesk", zendesk("ticket.created", account_id=None), account="4711"))
        assert len(events("zendesk", zendesk("ticket.created"), account=4711)) == 1

    def test_the_ticket_is_found_in_the_subject(self) -> None:
        assert event("zendesk", zendesk("ticket.soft_deleted", detail={"id": None}))["ticket"] == "7"


class TestRecorded:
    def test_created(self) -> None:
        assert event("zendesk", sample("zendesk/event_ticket_created.json")) == {
            "id": "5158|created",
            "ticket": "5158",
            "type": "ticket.created",
            "occurred_at": "2025-01-08T10:12:07.672717Z",
            "created_at": "2025-01-08T10:12:07Z",
            "tenant": "default",
            "source": "zendesk",
            "actor": {"kind": "customer", "id": "8447388090494"},
            "requester": "8447388090494",
            "status": "open",
            "assignee": "8447388090494",
            "group": "8447320466430",
            "attributes": {"brand": "8447346621310", "channel": "api", "priority": "high", "tags": ["mobile", "login"]},
            "message": {"id": "opening", "visibility": "public"},
        }

    @pytest.mark.parametrize(
        ("name", "at", "actor", "message"),
        [
            (
                "event_comment_added_agent_public",
                "2025-01-08T14:25:30.123456Z",
                ("agent", "8447388090495"),
                ("9876543210", "public"),
            ),
            (
                "DERIVED_event_comment_added_internal_note",
                "2025-01-08T14:26:00Z",
                ("agent", "8447388090495"),
                ("9876543211", "internal"),
            ),
            (
                "DERIVED_event_comment_added_customer_reply",
                "2025-01-08T15:00:00.500000Z",
                ("customer", "8447388090494"),
                ("9876543212", "public"),
            ),
        ],
    )
    def test_comments(self, name: str, at: str, actor: tuple[str, str], message: tuple[str, str]) -> None:
        told = event("zendesk", sample(f"zendesk/{name}.json"))
        assert kept(told, "type", "occurred_at", "actor", "message") == {
            "type": "message.added",
            "occurred_at": at,
            "actor": {"kind": actor[0], "id": actor[1]},
            "message": {"id": message[0], "visibility": message[1]},
        }

    @pytest.mark.parametrize(
        ("name", "at", "status"),
        [
            ("event_status_changed_solved", "2025-01-08T16:45:20.987654Z", "solved"),
            ("DERIVED_event_status_changed_hold", "2025-01-08T14:30:00Z", "on_hold"),
            ("DERIVED_event_status_changed_reopened", "2025-01-09T09:00:00.100000Z", "open"),
        ],
    )
    def test_statuses(self, name: str, at: str, status: str) -> None:
        told = event("zendesk", sample(f"zendesk/{name}.json"))
        assert kept(told, "type", "occurred_at", "status") == {
            "type": "status.changed",
            "occurred_at": at,
            "status": status,
        }

    def test_a_trigger_is_no_event(self) -> None:
        assert (
            reason(translation("zendesk", sample("zendesk/trigger_webhook_zulip_template.json"))) == "type: is missing"
        )

    def test_all_of_them_make_one_ticket_with_its_clocks(self) -> None:
        names = ["event_ticket_created", "event_comment_added_agent_public", "event_status_changed_solved"]
        log = [parse_event(one) for name in names for one in events("zendesk", sample(f"zendesk/{name}.json"))]
        result = evaluate_ticket(log, DEFAULT_POLICY, parse_instant("2025-01-09T00:00:00Z"))
        assert result is not None
        clocks = {clock["metric"]: clock for clock in result.document()["clocks"]}
        assert clocks["first_response"]["seconds"] == pytest.approx(15202.450739)  # 10:12:07.672717 to 14:25:30.123456
        assert json.dumps(result.document()["state"]) == '"solved"'
