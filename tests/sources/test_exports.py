"""Exports of the tools, and that a fact has the same ids from an export and from a webhook."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import pytest

from replyclock.domain.errors import InvalidInput
from replyclock.domain.events import AnyEvent, event_document
from replyclock.domain.gaps import unknown
from replyclock.domain.instants import parse_instant
from replyclock.domain.judging import TicketResult, evaluate_ticket
from replyclock.domain.policy import DEFAULT_POLICY
from replyclock.sources.base import Record
from replyclock.sources.base.exports import Export, Piece, Reading
from replyclock.sources.exports import csv as table
from replyclock.sources.exports import export_providers, export_reader
from tests.sources.builders import SAMPLES, connection, events

LATER = parse_instant("2027-01-01T00:00:00Z")
Told = dict[str, list[dict[str, Any]]]


def readings(export: Export, pieces: list[Piece]) -> dict[str, Reading]:
    tickets: dict[str, list[Piece]] = defaultdict(list)
    for piece in pieces:
        ticket = export.ticket_of(piece.kind, Record.of(piece.record))
        if ticket is not None:
            tickets[ticket].append(piece)
    return {ticket: export.translate(found) for ticket, found in tickets.items()}


def pieces_of(export: Export, *documents: object) -> list[Piece]:
    return [
        Piece(kind, path, dict(Record.of(record).fields))
        for document in documents
        for path, kind, record in export.split(document)
    ]


def read(provider: str, *documents: object, **options: Any) -> dict[str, list[AnyEvent]]:
    """The events of each ticket, of documents in which everything can be read."""
    export = export_reader(provider, connection(provider, **options))
    found = readings(export, pieces_of(export, *documents))
    assert [one for reading in found.values() for one in reading.set_aside] == []
    return {ticket: reading.events for ticket, reading in found.items()}


def by_id(told: list[AnyEvent]) -> dict[str, dict[str, Any]]:
    return {event.id: event_document(event) for event in told}


def facts(document: Mapping[str, Any]) -> dict[str, Any]:
    """What an event says, without the source's own order."""
    return {name: value for name, value in document.items() if name != "sequence"}


def judged(told: list[AnyEvent], at: int = LATER) -> TicketResult:
    result = evaluate_ticket(told, DEFAULT_POLICY, at)
    assert result is not None
    return result


# --- Zendesk ---

ANN, BEN = 9001, 42
"""An agent and a customer."""
AUDITS = [
    {
        "id": 700,
        "ticket_id": 5,
        "created_at": "2026-03-02T08:00:00Z",
        "author_id": BEN,
        "via": {"channel": "email"},
        "events": [
            {"id": 7001, "type": "Comment", "public": True, "author_id": BEN, "body": "It does not print."},
            {"id": 7002, "type": "Create", "field_name": "status", "value": "new"},
            {"id": 7003, "type": "Create", "field_name": "priority", "value": "high"},
            {"id": 7004, "type": "Create", "field_name": "requester_id", "value": str(BEN)},
            {"id": 7005, "type": "Create", "field_name": "tags", "value": ["printer"]},
            {"id": 7006, "type": "Create", "field_name": "organization_id", "value": "31"},
        ],
    },
    {
        "id": 701,
        "ticket_id": 5,
        "created_at": "2026-03-02T08:20:00Z",
        "author_id": ANN,
        "via": {"channel": "web"},
        "events": [
            {"id": 7011, "type": "Comment", "public": True, "author_id": ANN, "body": "Is it on?"},
            {"id": 7012, "type": "Change", "field_name": "status", "value": "pending", "previous_value": "new"},
            {"id": 7013, "type": "Change", "field_name": "assignee_id", "value": str(ANN), "previous_value": None},
        ],
    },
    {
        "id": 702,
        "ticket_id": 5,
        "created_at": "2026-03-02T09:00:00Z",
        "author_id": ANN,
        "via": {"channel": "web"},
        "events": [
            {"id": 7021, "type": "Comment", "public": False, "author_id": ANN, "body": "Called them."},
            {"id": 7022, "type": "Change", "field_name": "status", "value": "solved", "previous_value": "pending"},
        ],
    },
]
TICKET_EVENTS = [
    {
        "id": 700,
        "ticket_id": 5,
        "created_at": "2026-03-02T08:00:00Z",
        "updater_id": BEN,
        "via": "Email",
        "event_type": "Audit",
        "child_events": [
            {"id": 7001, "event_type": "Comment", "type": "Comment", "public": True, "author_id": BEN, "body": "It…"},
            {
                "id": 7002,
                "event_type": "Create",
                "via": "Email",
                "status": "new",
                "priority": "high",
                "requester_id": BEN,
                "tags": ["printer"],
                "organization_id": 31,
            },
        ],
    },
    {
        "id": 701,
        "ticket_id": 5,
        "created_at": "2026-03-02T08:20:00Z",
        "updater_id": ANN,
        "via": "Web form",
        "event_type": "Audit",
        "child_events": [
            {"id": 7011, "event_type": "Comment", "type": "Comment", "public": True, "author_id": ANN, "body": "Is…"},
            {"id": 7012, "event_type": "Change", "status": "pending", "previous_value": "new"},
            {"id": 7013, "event_type": "Change", "assignee_id": ANN, "previous_value": None},
        ],
    },
    {
        "id": 702,
        "ticket_id": 5,
        "created_at": "2026-03-02T09:00:00Z",
        "updater_id": ANN,
        "via": "Web form",
        "event_type": "Audit",
        "child_events": [
            {"id": 7021, "event_type": "Comment", "type": "Comment", "public": False, "author_id": ANN, "body": "C…"},
            {"id": 7022, "event_type": "Change", "status": "solved", "previous_value": "pending"},
        ],
    },
]
USERS = {"users": [{"id": ANN, "role": "agent"}, {"id": BEN, "role": "end-user"}]}
ROWS: dict[str, list[dict[str, str | None]]] = {
    "ticket": [
        {
            "id": "5",
            "created_at": "2026-03-02 08:00:00",
            "updated_at": "2026-03-02 09:00:00",
            "requester_id": "42",
            "submitter_id": "42",
            "status": "solved",
            "priority": "high",
            "organization_id": "31",
            "assignee_id": "9001",
            "via_channel": "email",
            "description": "It does not print.",
            "is_public": "TRUE",
        }
    ],
    "ticket_field_history": [
        {"ticket_id": "5", "field_name": name, "updated": f"2026-03-02 {at}", "user_id": person, "value": value}
        for name, at, person, value in (
            ("status", "08:00:00", "42", "new"),
            ("status", "08:20:00", "9001", "pending"),
            ("assignee_id", "08:20:00", "9001", "9001"),
            ("status", "09:00:00", "9001", "solved"),
        )
    ],
    "ticket_comment": [
        {"id": "7021", "ticket_id": "5", "created": "2026-03-02 09:00:00", "public": "FALSE", "user_id": "9001"},
        {"id": "7011", "ticket_id": "5", "created": "2026-03-02 08:20:00", "public": "TRUE", "user_id": "9001"},
        {"id": "7001", "ticket_id": "5", "created": "2026-03-02 08:00:00", "public": "TRUE", "user_id": "42"},
    ],
    "ticket_tag": [{"tag": "printer", "ticket_id": "5"}],
    "user": [{"id": "9001", "role": "agent"}, {"id": "42", "role": "end-user"}],
}  # fmt: skip
OPTIONS = {"attributes": {"tier": "detail.organization_id"}}


def rows_read() -> list[AnyEvent]:
    export = export_reader("zendesk", connection("zendesk", **OPTIONS))
    pieces = [
        Piece(export.tables[name], f"{name}:{n}", row) for name, rows in ROWS.items() for n, row in enumerate(rows, 2)
    ]
    (reading,) = readings(export, pieces).values()
    assert reading.set_aside == []
    return reading.events


@pytest.mark.parametrize("form", ["audits", "ticket_events", "tables"])
def test_zendesks_three_forms_give_the_same_clocks(form: str) -> None:
    pages = {"audits": {"audits": AUDITS}, "ticket_events": {"ticket_events": TICKET_EVENTS}}
    told = rows_read() if form == "tables" else read("zendesk", pages[form], USERS, **OPTIONS)["5"]
    result = judged(told)
    first, resolution, total = (result.clock(name, 1) for name in ("first_response", "resolution", "total_response"))
    # Ben writes at 8:00, Ann answers at 8:20 and solves at 9:00; from 8:20 on it waits for Ben.
    assert first and first.stopped_by == "reply" and first.duration == 1200 * 1_000_000
    assert resolution and resolution.started_at == parse_instant("2026-03-02T08:20:00Z")
    assert resolution.duration == 2400 * 1_000_000 and resolution.active == 0
    assert total and total.duration == 3600 * 1_000_000 and total.active == 1200 * 1_000_000
    assert result.state == "solved" and result.timeline.assignee == "9001"
    assert result.attributes == {"channel": "email", "priority": "high", "tags": ("printer",), "tier": "31"}
    counts = result.timeline.counts
    assert (counts.replies, counts.customer_messages, counts.internal_notes) == (1, 1, 1)


def zendesk_webhook(kind: str, time: str, event: dict[str, Any], **detail: Any) -> dict[str, Any]:
    snapshot = {
        "id": "5",
        "created_at": "2026-03-02T08:00:00Z",
        "requester_id": str(BEN),
        "submitter_id": str(BEN),
        "actor_id": str(ANN),
        "description": "It does not print.",
        "is_public": True,
        "status": "NEW",
        "priority": "HIGH",
        "organization_id": "31",
        "tags": ["printer"],
        "via": {"channel": "email"},
        **detail,
    }
    return {"type": f"zen:event-type:ticket.{kind}", "time": time, "event": event, "detail": snapshot}


def test_zendesks_webhooks_and_exports_give_one_fact_the_same_id() -> None:
    exported = by_id(read("zendesk", {"audits": AUDITS}, USERS, **OPTIONS)["5"])
    created = zendesk_webhook("created", "2026-03-02T08:00:00Z", {}, actor_id=str(BEN))
    ann = {"id": str(ANN), "is_staff": True}
    comment = {"comment": {"id": 7011, "is_public": True, "body": "Is it on?", "author": ann}}
    ben = {"id": str(BEN), "is_staff": False}
    first = {"comment": {"id": 7001, "is_public": True, "body": "It does not print.", "author": ben}}
    webhooks = [
        created,
        zendesk_webhook("comment_added", "2026-03-02T08:20:00.123456789Z", comment),
        zendesk_webhook("comment_added", "2026-03-02T08:00:00Z", first),
    ]
    for webhook in webhooks:
        (live,) = events("zendesk", webhook, **OPTIONS)
        told = exported[live["id"]]
        times = ("occurred_at",)
        same = [{name: value for name, value in facts(one).items() if name not in times} for one in (live, told)]
        assert same[0] == same[1]
    # The opening is one message, whichever of its two tellings comes.
    assert exported["5|comment|7001"]["message"]["id"] == exported["5|created"]["message"]["id"]


def test_a_change_that_zendesk_tells_twice_within_a_second_changes_nothing() -> None:
    """Zendesk's webhooks name no change: one that comes after its import is a second event that says the same."""
    exported = read("zendesk", {"audits": AUDITS}, USERS, **OPTIONS)["5"]
    live = zendesk_webhook(
        "status_changed", "2026-03-02T08:20:00.4Z", {"current": "PENDING", "previous": "NEW"}, status="PENDING"
    )
    assigned = zendesk_webhook("agent_assignment_changed", "2026-03-02T08:20:00.4Z", {"current": str(ANN)})
    translated = [event for body in (live, assigned) for event in export_webhook("zendesk", body, **OPTIONS)]
    assert not {event.id for event in translated} & {event.id for event in exported}
    both, alone = judged([*exported, *translated]), judged(exported)
    assert both.clocks == alone.clocks and both.timeline.counts == alone.timeline.counts


def export_webhook(provider: str, body: object, **options: Any) -> tuple[AnyEvent, ...]:
    from replyclock.sources import source
    from tests.sources.builders import webhook

    return source(provider).translate(webhook(body), connection(provider, **options)).events


def test_zendesk_comments_by_nobody_known_are_set_aside_with_their_place() -> None:
    export = export_reader("zendesk", connection("zendesk"))
    stranger = {**AUDITS[1], "author_id": 77, "events": [{**AUDITS[1]["events"][0], "author_id": 77}]}  # type: ignore[index]
    reading = readings(export, pieces_of(export, {"audits": [AUDITS[0], stranger]}))["5"]
    (aside,) = reading.set_aside
    assert aside.piece.place == "audits[1]" and "users" in aside.reason
    assert {event.type for event in reading.events} == {"ticket.created", "message.added"}


def test_what_else_zendesks_exports_tell() -> None:
    """The creation lies before the export: the page of tickets tells of it, and the changes what it was like then."""
    ticket = {
        "id": 5,
        "created_at": "2026-03-01T08:00:00Z",
        "updated_at": "2026-03-04T00:00:00Z",
        "requester_id": BEN,
        "submitter_id": ANN,
        "status": "deleted",
        "priority": "urgent",
        "tags": ["printer"],
        "via": {"channel": "web"},
        "description": "Called, and was not there.",
        "custom_fields": [{"id": 360, "value": "vip"}],
    }
    common = {"ticket_id": 5, "author_id": ANN, "via": {"channel": "web"}}
    changes = [
        {"type": "Change", "field_name": "priority", "value": "urgent", "previous_value": "low"},
        {"type": "Change", "field_name": "360", "value": "vip", "previous_value": "regular"},
        {"type": "Change", "field_name": "status", "value": "hold", "previous_value": "open"},
        {"type": "Comment", "id": 91, "public": True, "author_id": 77, "body": "A bot speaks."},
    ]
    hidden = [{"type": "CommentPrivacyChange", "comment_id": 91, "public": False}, {"type": "Notification"}]
    audits = [
        {**common, "id": 2, "created_at": "2026-03-03T08:00:00Z", "events": hidden},
        {**common, "id": 1, "created_at": "2026-03-02T08:00:00Z", "events": changes},
    ]
    options = {"attributes": {"tier": "custom_fields.360"}, "bots": ["77"]}
    told = by_id(read("zendesk", {"tickets": [ticket]}, {"audits": audits}, USERS, **options)["5"])
    created = told["5|created"]
    assert created["attributes"] == {"priority": "low", "tier": "regular", "tags": ["printer"], "channel": "web"}
    assert (created["status"], created["actor"]) == ("open", {"kind": "agent", "id": str(ANN)})
    assert told["5|comment|91"]["actor"]["kind"] == "bot"
    assert told["5|hidden|91|2026-03-03T08:00:00Z"]["message"] == {"id": "91"}
    assert told["5|deleted|2026-03-04T00:00:00Z"]["type"] == "ticket.deleted"
    (status,) = [one for one in told.values() if one["type"] == "status.changed"]
    assert (status["status"], status["sequence"]) == ("on_hold", 1)
    attributes = [one["attributes"] for one in told.values() if one["type"] == "attributes.changed"]
    assert {"tier": "vip"} in attributes and {"priority": "urgent"} in attributes
    export = export_reader("zendesk", connection("zendesk"))
    bare = {**TICKET_EVENTS[1], "child_events": [{"event_type": "Change", "status": "open", "comment_present": True}]}
    with pytest.raises(InvalidInput, match="include=comment_events"):
        export.ticket_of("event", Record.of(bare))


def merge(**fields: Any) -> dict[str, Any]:
    """The audit that a merge leaves on the ticket that it closes."""
    words = 'This request was closed and merged into request #9 "Printer".'
    happened = [
        {"type": "Comment", "id": 7031, "public": True, "author_id": ANN, "body": words},
        {"type": "Change", "field_name": "status", "value": "closed", "previous_value": "new"},
        {"type": "Change", "field_name": "tags", "value": ["closed_by_merge"], "previous_value": []},
    ]
    common = {"id": 703, "ticket_id": 5, "created_at": "2026-03-02T08:10:00Z", "author_id": ANN, "via": {"channel": 5}}
    return {**common, "events": happened, **fields}


def test_a_merge_that_zendesks_audits_prove_is_the_webhooks_merge() -> None:
    told = read("zendesk", {"audits": [AUDITS[0], merge()]}, USERS)["5"]
    result = judged(told)
    first = result.clock("first_response", 1)
    assert result.state == "merged" and first and first.reason == "merged" and first.stopped_at is None
    (live,) = events("zendesk", zendesk_webhook("merged", "2026-03-02T08:10:00.7Z", {"target_ticket_id": "9"}))
    assert {**by_id(told)[live["id"]], "occurred_at": "", "sequence": 0} == {**live, "occurred_at": "", "sequence": 0}
    # The channel of the update proves it as well as the tag; in ticket events it is a name, and tags are listed.
    by_channel = merge(via={"channel": "merge"}, events=merge()["events"][:2])
    added = {"event_type": "Change", "tags": ["closed_by_merge"], "added_tags": ["closed_by_merge"]}
    children = [{**merge()["events"][0], "event_type": "Comment"}, {"event_type": "Change", "status": "closed"}, added]
    page = {"ticket_events": [TICKET_EVENTS[0], {**merge(), "via": "Web service", "child_events": children}]}
    for proof in ({"audits": [AUDITS[0], by_channel]}, page):
        assert judged(read("zendesk", proof, USERS)["5"]).state == "merged"


@pytest.mark.parametrize(
    "lacks",
    [
        {"events": merge()["events"][1:]},
        {"events": [merge()["events"][0], merge()["events"][2]]},
        {"events": merge()["events"][:2]},
        # The words on the ticket that the other one was merged into.
        {"events": [{**merge()["events"][0], "body": "Request #9 was closed and merged into this request."}]},
    ],
)
def test_without_one_of_its_proofs_a_ticket_was_not_merged(lacks: dict[str, Any]) -> None:
    told = read("zendesk", {"audits": [AUDITS[0], merge(**lacks)]}, USERS)["5"]
    assert "ticket.merged" not in {event.type for event in told}
    assert len(told) == 2 + len(lacks["events"])  # and each thing that happened is told


def test_zendesks_ratings_are_told_once() -> None:
    def scored(number: int, at: str, event: dict[str, Any]) -> dict[str, Any]:
        common = {"ticket_id": 5, "author_id": BEN, "via": {"channel": "web"}}
        return {**common, "id": number, "created_at": f"2026-03-03T{at}Z", "events": [event]}

    change = {"type": "Change", "field_name": "satisfaction_score", "previous_value": "unoffered"}
    audits = [
        scored(710, "08:00:00", {**change, "value": "offered"}),
        scored(711, "09:00:00", {"type": "SatisfactionRating", "score": "bad", "assignee_id": ANN, "body": "Slow."}),
        scored(712, "10:00:00", {**change, "value": "good"}),
    ]
    given = {"id": 62, "ticket_id": 5, "requester_id": BEN, "score": "good", "comment": "Thanks!"}
    given |= {"created_at": "2026-03-03T08:00:00Z", "updated_at": "2026-03-03T10:00:01Z"}
    offered = {**given, "id": 61, "score": "offered"}
    pages = {"satisfaction_ratings": [offered, given]}
    for told, expected in (
        (read("zendesk", {"audits": [*AUDITS, *audits]}, pages, USERS)["5"], [("09:00:00", 1), ("10:00:00", 5)]),
        (read("zendesk", {"audits": AUDITS}, pages, USERS)["5"], [("10:00:01", 5)]),
        (read("zendesk", pages)["5"], [("10:00:01", 5)]),
    ):
        ratings = [event_document(event) for event in told if event.type == "rating.given"]
        assert [(one["occurred_at"][11:19], one["rating"]) for one in ratings] == expected
        assert {(one["actor"]["kind"], one["actor"]["id"]) for one in ratings} == {("customer", str(BEN))}
        assert "Thanks" not in str(ratings) and "Slow" not in str(ratings)
    assert judged(read("zendesk", {"audits": [*AUDITS, *audits]}, USERS)["5"]).timeline.rating == 5


@pytest.mark.parametrize(("fraction", "new"), [("", []), (".4", []), (".4+", ["rating.given"])])
def test_a_rating_that_a_zendesk_webhook_told_is_found_again(fraction: str, new: list[str]) -> None:
    """Also where the export dates it by its second. One of another moment is another one."""
    given = {"id": 62, "ticket_id": 5, "requester_id": BEN, "score": "bad", "updated_at": "2026-03-03T10:00:00Z"}
    told = read("zendesk", {"audits": AUDITS}, {"satisfaction_ratings": [given]}, USERS)["5"]
    at = "2026-03-03T10:00:07.4Z" if fraction == ".4+" else f"2026-03-03T10:00:00{fraction}Z"
    live = zendesk_webhook("csat_received", at, {"satisfaction_score": {"score": "BAD"}}, requester_id=str(BEN))
    rated = export_webhook("zendesk", live)
    assert [event.type for event in rated] == ["rating.given"]
    rest = [event for event in told if event.type != "rating.given"]
    other_names = export_reader("zendesk", connection("zendesk")).other_names
    assert [event.type for event in unknown(told, [*rest, *rated], other_names)] == new


def test_zendesk_pages_of_anything_else_are_refused() -> None:
    export = export_reader("zendesk", connection("zendesk"))
    documents: tuple[object, ...] = ({"organizations": []}, 3, [{"id": 1}])
    for document in documents:
        with pytest.raises(InvalidInput):
            list(export.split(document))


# --- The Fivetran seeds, beside the repository ---


@pytest.fixture(scope="module")
def seeds() -> dict[str, Reading]:
    folder = SAMPLES / "zendesk_backfill"
    if not folder.is_dir():
        pytest.skip("the recorded payloads are not beside this repository")
    export = export_reader("zendesk", connection("zendesk"))
    pieces = []
    for file in sorted(folder.glob("*_data.csv")):
        kind = export.tables.get(file.stem.removesuffix("_data"))
        with file.open(encoding="utf-8") as rows:
            if kind:
                pieces += [
                    Piece(kind, f"{file.name}:{n}", {name: value or None for name, value in row.items()})
                    for n, row in enumerate(csv.DictReader(rows), 2)
                ]
    return readings(export, pieces)


def test_the_seeds_history_of_one_ticket(seeds: dict[str, Reading]) -> None:
    """Ticket 11071 was created on 28 August 2020 at 18:06:36. Its history begins seven hours before, at 11:01:27: what
    is dated before the creation counts as at it, so that it opens as `open`, assigned to 1111, of priority normal.

    No comment is there, so that it is solving which stops the first response: on 14 November at 11:01:27. From
    28 August 18:06:36 to 14 November 11:01:27 are 3 days to the end of August at 18:06:36, 30 in September, 31 in
    October, and 14 in November: 78 days, less 7:05:09. That is 78 * 86,400 - 25,509 = 6,713,691 s.

    Pending and on hold it is, always from 11:01:27 to 11:01:27: 29 August to 15 September, 17 days; 30 September to
    15 October, 15 days; 17 October to 2 November, 16 days. Resolution and total response stand still in these 48 days,
    4,147,200 s, and so are active for 2,566,491 s. Handling starts with the assignment, that is at the creation.
    """
    result = judged(seeds["11071"].events)
    assert result.state == "closed"
    first, resolution, total = (result.clock(name, 1) for name in ("first_response", "resolution", "total_response"))
    assert first and first.stopped_by == "solve" and first.duration == 6_713_691_000_000
    for clock in (resolution, total):
        assert clock and clock.stopped_at == parse_instant("2020-11-14T11:01:27Z")
        assert clock.duration == 6_713_691_000_000 and clock.active == 2_566_491_000_000
    assert result.attributes["priority"] == "urgent" and result.attributes["channel"] == "email"


def test_the_seeds_tickets_without_history(seeds: dict[str, Reading]) -> None:
    """Ticket 1404 shows only that it was created on 13 February 2020 at 21:43:58 and was closed and assigned at its
    last update, on 28 February at 01:01:57. That is 14 days and 3:17:59: 1,221,479 s until it was resolved. Who had it
    when is not known before that instant, so that its resolution clock stands at 0 s.
    """
    result = judged(seeds["1404"].events)
    first, resolution, total = (result.clock(name, 1) for name in ("first_response", "resolution", "total_response"))
    assert first and total and first.duration == total.duration == 1_221_479_000_000
    assert resolution and resolution.duration == 0
    assert judged(seeds["1595"].events).state == "deleted"
    # Histories of tickets that are not in the table of tickets: nobody knows when they were created.
    assert judged(seeds["6964"].events).state == "awaiting_creation"
    # None of those who wrote the comments is in the table of users.
    aside = [one.piece.place for reading in seeds.values() for one in reading.set_aside]
    assert len(aside) == 20 and all(place.startswith("ticket_comment_data.csv:") for place in aside)


# --- GitHub ---

ISSUE_URL = "https://api.github.com/repos/acme/app/issues/12"
OWNER = {"login": "ann", "type": "User"}
AUTHOR = {"login": "ben", "type": "User"}


def github_issue(**fields: Any) -> dict[str, Any]:
    return {
        "url": ISSUE_URL,
        "number": 12,
        "user": AUTHOR,
        "author_association": "NONE",
        "state": "closed",
        "labels": [{"name": "bug"}],
        "assignees": [OWNER],
        "created_at": "2026-03-02T08:00:00Z",
        "updated_at": "2026-03-02T10:00:00Z",
        "closed_at": "2026-03-02T10:00:00Z",
        **fields,
    }


def github_event(number: int, kind: str, at: str, **fields: Any) -> dict[str, Any]:
    return {"id": number, "event": kind, "created_at": at, "actor": OWNER, "issue": {"url": ISSUE_URL}, **fields}


GITHUB_COMMENT = {
    "id": 801,
    "issue_url": ISSUE_URL,
    "html_url": "https://github.com/acme/app/issues/12#issuecomment-801",
    "user": OWNER,
    "author_association": "OWNER",
    "created_at": "2026-03-02T08:30:00Z",
}
GITHUB_EVENTS = [
    github_event(3, "closed", "2026-03-02T10:00:00Z"),
    github_event(1, "labeled", "2026-03-02T08:10:00Z", label={"name": "bug"}),
    github_event(2, "assigned", "2026-03-02T08:20:00Z", assignee=OWNER),
    github_event(0, "subscribed", "2026-03-02T08:00:01Z"),
]


def test_githubs_webhooks_and_pages_give_one_fact_the_same_id() -> None:
    exported = by_id(read("github", [github_issue()], [GITHUB_COMMENT], GITHUB_EVENTS)["acme/app#12"])
    around = {"repository": {"full_name": "acme/app", "owner": {"login": "acme"}}, "sender": OWNER}
    young = github_issue(state="open", closed_at=None, labels=[], assignees=[], updated_at="2026-03-02T08:00:00Z")
    labelled = {**young, "labels": [{"name": "bug"}], "updated_at": "2026-03-02T08:10:00Z"}
    assigned = {**labelled, "assignees": [OWNER], "updated_at": "2026-03-02T08:20:00Z"}
    live = [
        *events("github", {"action": "opened", "issue": young, **around, "sender": AUTHOR}),
        *events("github", {"action": "labeled", "issue": labelled, "label": {"name": "bug"}, **around}),
        *events("github", {"action": "assigned", "issue": assigned, "assignee": OWNER, **around}),
        *events("github", {"action": "created", "issue": assigned, "comment": GITHUB_COMMENT, **around}),
        *events("github", {"action": "closed", "issue": github_issue(), **around}),
    ]
    assert {one["id"]: one for one in live} == exported
    timeline = {"issue_url": ISSUE_URL, "timeline": [{**one, "issue": None} for one in GITHUB_EVENTS]}
    commented = {**GITHUB_COMMENT, "event": "commented", "user": None, "actor": OWNER}
    timeline["timeline"] = [*timeline["timeline"], commented]
    assert by_id(read("github", github_issue(), timeline)["acme/app#12"]) == exported


def test_github_pull_requests_are_no_tickets_and_comments_need_their_issue() -> None:
    assert read("github", [github_issue(pull_request={})], [GITHUB_COMMENT]) == {"acme/app#12": []}
    export = export_reader("github", connection("github"))
    (reading,) = readings(export, pieces_of(export, [GITHUB_COMMENT])).values()
    assert [one.reason for one in reading.set_aside] == ["the issue itself is missing: export the issues, too"]


# --- Jira ---

REPORTER = {"accountId": "ben", "accountType": "customer"}
HELPER = {"accountId": "ann", "accountType": "atlassian"}
JIRA_COMMENT = {"id": "900", "author": HELPER, "created": "2026-03-02T09:30:00.250+0100", "jsdPublic": True}


def jira_issue(**fields: Any) -> dict[str, Any]:
    shown = {
        "created": "2026-03-02T09:00:00.500+0100",
        "updated": "2026-03-02T11:00:00.000+0100",
        "creator": REPORTER,
        "reporter": REPORTER,
        "status": {"id": "5", "name": "Resolved", "statusCategory": {"key": "done"}},
        "assignee": HELPER,
        "priority": {"name": "High"},
        "labels": ["a", "b"],
        **fields,
    }
    return {"key": "SUP-7", "self": "https://acme.atlassian.net/rest/api/2/issue/10", "fields": shown}


def jira_history(number: str, at: str, *items: dict[str, Any]) -> dict[str, Any]:
    return {"id": number, "author": HELPER, "created": at, "items": list(items)}


STATUS_ITEM = {"field": "status", "from": "1", "fromString": "Open", "to": "5", "toString": "Resolved"}
PEOPLE_ITEM = {"field": "assignee", "from": None, "fromString": None, "to": "ann", "toString": "Ann"}
LABELS_ITEM = {"field": "labels", "from": None, "fromString": "a", "to": None, "toString": "a b"}


def test_jiras_webhooks_and_pages_give_one_fact_the_same_id() -> None:
    changes = [
        jira_history("31", "2026-03-02T11:00:00.000+0100", STATUS_ITEM),
        jira_history("30", "2026-03-02T09:10:00.000+0100", PEOPLE_ITEM, LABELS_ITEM),
    ]
    issue = {
        **jira_issue(comment={"total": 1, "comments": [JIRA_COMMENT]}),
        "changelog": {"total": 2, "histories": changes},
    }
    exported = by_id(read("jira", {"startAt": 0, "issues": [issue]})["SUP-7"])
    young = jira_issue(status={"id": "1", "name": "Open"}, assignee=None, labels=["a"])

    def ms(time: str) -> int:
        return parse_instant(time) // 1000

    live = [
        *events(
            "jira", {"webhookEvent": "jira:issue_created", "timestamp": ms("2026-03-02T08:00:01Z"), "issue": young}
        ),
        *events(
            "jira",
            {
                "webhookEvent": "jira:issue_updated",
                "timestamp": ms("2026-03-02T08:10:00Z"),
                "user": HELPER,
                "issue": young,
                "changelog": {"id": "30", "items": [PEOPLE_ITEM, LABELS_ITEM]},
            },
        ),
        *events("jira", {"webhookEvent": "comment_created", "comment": JIRA_COMMENT, "issue": jira_issue()}),
        *events(
            "jira",
            {
                "webhookEvent": "jira:issue_updated",
                "timestamp": ms("2026-03-02T10:00:00Z"),
                "user": HELPER,
                "issue": jira_issue(),
                "changelog": {"id": "31", "items": [STATUS_ITEM]},
            },
        ),
    ]
    assert {one["id"]: one for one in live} == exported


def test_jira_pages_that_hold_a_part_are_read_and_set_aside() -> None:
    export = export_reader("jira", connection("jira"))
    issue = {**jira_issue(comment={"total": 60, "comments": [JIRA_COMMENT]}), "changelog": {"histories": []}}
    reading = readings(export, pieces_of(export, [issue]))["SUP-7"]
    assert [one.reason for one in reading.set_aside] == ["fields.comment.comments: are 1 of 60: the others are missing"]
    assert [event.type for event in reading.events] == ["ticket.created", "message.added"]


# --- Freshdesk ---


def test_freshdesks_tickets_and_conversations() -> None:
    ticket = {
        "id": 8,
        "requester_id": 42,
        "requester": {"id": 42, "email": "Ben@example.com"},
        "responder_id": 9001,
        "group_id": 3,
        "status": 5,
        "priority": 4,
        "source": 1,
        "tags": ["printer"],
        "created_at": "2026-03-02T08:00:00Z",
        "updated_at": "2026-03-02T12:00:00Z",
        "stats": {
            "first_responded_at": "2026-03-02T08:20:00Z",
            "pending_since": "2026-03-02T08:20:00Z",
            "resolved_at": "2026-03-02T10:00:00Z",
            "closed_at": "2026-03-02T12:00:00Z",
        },
    }
    said = {"ticket_id": 8, "user_id": 9001, "incoming": False, "private": False}
    answers = [
        {**said, "id": 81, "created_at": "2026-03-02T08:20:00Z"},
        {**said, "id": 82, "created_at": "2026-03-02T09:00:00Z", "incoming": True, "user_id": 42},
        {**said, "id": 83, "created_at": "2026-03-02T09:05:00Z", "private": True},
    ]
    agents = [{"id": 9001, "occasional": False, "contact": {"email": "Ann@acme.example"}}]
    told = read("freshdesk", [ticket], answers, agents)["8"]
    result = judged(told)
    first = result.clock("first_response", 1)
    assert first and first.duration == 1200 * 1_000_000 and first.stopped_by == "reply"
    assert result.timeline.first_resolved_at == parse_instant("2026-03-02T10:00:00Z") and result.state == "closed"
    assert result.timeline.assignee == "ann@acme.example"
    assert result.attributes == {"priority": "urgent", "channel": "email", "tags": ("printer",)}
    counts = result.timeline.counts
    assert (counts.replies, counts.customer_messages, counts.internal_notes) == (1, 2, 1)
    webhook = {
        "freshdesk_webhook": {
            "ticket_id": 8,
            "triggered_event": "{ticket_action:created}",
            "event_at": "2026-03-02T08:00:01Z",
            "requester_email": "ben@example.com",
        }
    }
    rating = {"id": 51, "survey_id": 1, "user_id": 42, "ticket_id": 8, "ratings": {"default_question": -103}}
    rating |= {"feedback": "Slow.", "created_at": "2026-03-03T08:00:00Z", "updated_at": "2026-03-03T08:00:00Z"}
    rated = read("freshdesk", [ticket], [rating])["8"]
    assert judged(rated).timeline.rating == 1 and "Slow" not in str(by_id(rated))
    export = export_reader("freshdesk", connection("freshdesk"))
    strange = readings(export, pieces_of(export, [{**rating, "ratings": {"default_question": 4}}]))["8"]
    (aside,) = strange.set_aside
    assert aside.piece.kind == "rating" and aside.reason.startswith("ratings.default_question: ")
    (live,) = events("freshdesk", webhook)
    assert live["id"] == by_id(told)["8|created"]["id"] and live["requester"] == by_id(told)["8|created"]["requester"]


def test_what_a_freshdesk_rule_told_of_notes_and_ratings_is_found_again() -> None:
    """A note whose rule does not say by whom it was, and a rating of a rule of its own."""
    ticket: dict[str, Any] = {"id": 8, "requester_id": 42, "status": 2, "source": 1, "stats": {}}
    ticket |= {"created_at": "2026-03-02T08:00:00Z", "updated_at": "2026-03-02T08:00:00Z"}
    note: dict[str, Any] = {"id": 83, "ticket_id": 8, "user_id": 9001, "incoming": False, "private": False}
    note |= {"created_at": "2026-03-02T09:00:00Z"}
    rating = {"id": 51, "survey_id": 1, "user_id": 42, "ticket_id": 8, "ratings": {"default_question": -102}}
    rating |= {"created_at": "2026-03-03T08:00:00Z", "updated_at": "2026-03-03T08:00:00Z"}
    told = read("freshdesk", [ticket], [note], [rating])["8"]
    assert {event.requester for event in told} == {"42"}

    def rule(at: str, triggered: str) -> tuple[AnyEvent, ...]:
        fields = {"ticket_id": 8, "event_at": f"2026-03-{at}Z", "triggered_event": triggered}
        return export_webhook("freshdesk", {"freshdesk_webhook": fields})

    known = [*rule("02T09:00:03", "{note_type:public}"), *rule("03T08:00:09", "{rating:2}")]
    other_names = export_reader("freshdesk", connection("freshdesk")).other_names
    assert [event.type for event in unknown(told, known, other_names)] == ["ticket.created"]


def test_an_assignment_that_a_webhook_told_is_not_guessed_anew() -> None:
    """Freshdesk does not say since when a ticket is Ann's; webhooks do, and that it was Eve's before."""

    def rule(at: str, agent: str) -> tuple[AnyEvent, ...]:
        fields = {"ticket_id": 8, "event_at": f"2026-03-02T{at}Z", "ticket_agent_email": agent, "ticket_group_name": ""}
        return export_webhook("freshdesk", {"freshdesk_webhook": {**fields, "triggered_event": ""}})

    ticket: dict[str, Any] = {
        "id": 8,
        "requester_id": 42,
        "responder_id": 9001,
        "group_id": None,
        "status": 2,
        "source": 1,
    }
    ticket |= {"created_at": "2026-03-02T08:00:00Z", "updated_at": "2026-03-02T10:00:00Z"}
    ticket |= {"stats": {"first_responded_at": "2026-03-02T08:20:00Z"}}
    agents = [{"id": 9001, "occasional": False, "contact": {"email": "ann@acme.example"}}]
    told = read("freshdesk", agents, [ticket])["8"]
    assert [event.type for event in told] == ["ticket.created", "assignment.changed"]
    other_names = export_reader("freshdesk", connection("freshdesk")).other_names
    known = [*rule("08:10:00", "eve@acme.example"), *rule("09:30:00", "ann@acme.example")]
    assert [event.type for event in unknown(told, known, other_names)] == ["ticket.created"]
    assert judged([*known, *unknown(told, known, other_names)]).timeline.counts.reassignments == 1
    # As long as nobody told, it is Ann's since the first response.
    assert len(unknown(told, known[:1], other_names)) == 2


# --- Intercom ---


def test_intercoms_webhooks_and_conversations_give_one_fact_the_same_id() -> None:
    at = parse_instant("2026-03-02T08:00:00Z") // 1_000_000
    person = {"type": "user", "id": "ben"}
    parts = [
        {"id": "p1", "part_type": "comment", "created_at": at + 60, "author": {"type": "admin", "id": "ann"}},
        {"id": "p2", "part_type": "close", "created_at": at + 90, "author": {"type": "admin", "id": "ann"}},
    ]
    parts[1]["body"] = "<p>Closing this.</p>"
    conversation: dict[str, Any] = {
        "type": "conversation",
        "id": "c9",
        "created_at": at,
        "updated_at": at + 90,
        "state": "closed",
        "source": {"type": "conversation", "id": "m0", "delivered_as": "customer_initiated", "author": person},
        "contacts": {"contacts": [person]},
        "statistics": {"first_admin_reply_at": at + 60, "last_close_at": at + 90},
        "conversation_parts": {"conversation_parts": parts},
    }
    exported = by_id(read("intercom", conversation)["c9"])
    notification = {"type": "notification_event", "topic": "conversation.admin.closed", "created_at": at + 90}
    stated = {"statistics": {"last_close_at": "2026-03-02T08:01:30Z", "first_admin_reply_at": "2026-03-02T08:01:00Z"}}
    live = events("intercom", {**notification, "data": {"item": {**conversation, **stated}}})
    assert {one["id"]: one for one in live} == exported
    assert {one["requester"] for one in live} == {"ben"}
    assert {"c9|part|p1|message", "c9|part|p2|message"} <= exported.keys()
    export = export_reader("intercom", connection("intercom"))
    ((_, kind, listed),) = export.split({"conversations": [{"type": "conversation", "id": "c9"}]})
    with pytest.raises(InvalidInput, match="conversation_parts"):
        export.ticket_of(kind, Record.of(listed))


# --- Tables of any tool ---

MAPPING = """
columns: {ticket: Nr, created_at: Opened, first_reply_at: Answered, solved_at: Done, status: State, assignee: Who,
  requester: By}
attributes: {tier: Plan, tags: Labels}
timezone: Europe/Berlin
"""


def test_a_table_by_its_mapping() -> None:
    export = table.Reader(connection("generic"), MAPPING)
    row = {"Nr": "4", "Opened": "2026-03-02 09:00", "Answered": "2026-03-02 09:20:00", "Done": "2026-03-02T12:00:00Z"}
    row |= {"State": "solved", "Who": "ann", "By": "ben", "Plan": "vip", "Labels": "a, b"}
    told = readings(export, [Piece("row", "t.csv:2", row)])["4"].events
    assert {event.requester for event in told} == {"ben"}
    result = judged(told)
    assert result.timeline.created_at == parse_instant("2026-03-02T08:00:00Z")
    first, resolution = result.clock("first_response", 1), result.clock("resolution", 1)
    assert first and first.duration == 1200 * 1_000_000 and first.state == "breached"  # vip: 15 minutes
    assert resolution and resolution.duration == (3 * 3600 + 40 * 60) * 1_000_000
    assert result.attributes == {"tier": "vip", "tags": ("a", "b")} and result.timeline.assignee == "ann"
    reading = readings(export, [Piece("row", "t.csv:3", {"Nr": "5", "Opened": "yesterday"})])["5"]
    assert [(one.piece.place, one.reason.partition(":")[0]) for one in reading.set_aside] == [("t.csv:3", "Opened")]


@pytest.mark.parametrize(
    ("mapping", "fields"),
    [
        ("nothing", [""]),
        ("columns: {ticket: Nr}", ["columns.created_at"]),
        ("colums: {ticket: Nr, created_at: Opened}", ["colums", "columns"]),
        ("columns: {ticket: Nr, created_at: Opened, due: Due}", ["columns.due"]),
        ("columns: {ticket: Nr, created_at: Opened}\nstatuses: {Done: ready}", ["statuses.Done"]),
        ("columns: {ticket: Nr, created_at: Opened}\ntimezone: Mars", ["timezone"]),
        ("columns: {ticket: Nr, ticket: Id, created_at: Opened}", ["columns.ticket"]),
        ("columns: " + "[" * 5_000, ["columns"]),
        ("columns: {", ["line 1"]),
    ],
)
def test_a_mapping_that_says_nothing_of_use_is_refused(mapping: str, fields: list[str]) -> None:
    with pytest.raises(InvalidInput) as wrong:
        table.Reader(connection("generic"), mapping)
    assert [fault.field for fault in wrong.value.faults] == fields


def test_every_export_is_of_a_tool() -> None:
    assert export_providers() == ("csv", "freshdesk", "generic", "github", "intercom", "jira", "zendesk")
    with pytest.raises(InvalidInput):
        export_reader("linear", connection("linear"))
