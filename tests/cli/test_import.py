"""`replyclock import`, against AWS services in this process."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from replyclock.adapters import administration
from replyclock.adapters.administration import Deployment
from replyclock.adapters.connections import DynamoConnections
from replyclock.adapters.dynamodb import text
from replyclock.adapters.event_log import DynamoEventLog
from replyclock.adapters.tickets import DynamoTickets
from replyclock.cli import histories, progress
from replyclock.cli.main import main
from replyclock.cli.output import INTERRUPTED, counted
from replyclock.domain.errors import StoreUnavailable
from replyclock.domain.events import AnyEvent
from replyclock.domain.instants import MINUTE, parse_instant
from replyclock.domain.judging import TicketResult, evaluate_ticket
from replyclock.domain.policy import DEFAULT_POLICY
from replyclock.service.history import ImportHistory
from replyclock.sources import source
from replyclock.sources.base import Headers, Webhook, connection_from_document
from tests.adapters.backends import Store, moto_in_process

ANN, BEN = 9001, 42


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Store]:
    monkeypatch.chdir(tmp_path)
    # moto is not safe under threads.
    monkeypatch.setattr(ImportHistory.__init__, "__defaults__", (1,))
    with moto_in_process():
        made = Store(boto3.client("dynamodb"))
        deployment = Deployment("https://api.example", made.name, "prod", boto3.Session())
        for module in (administration, histories):
            monkeypatch.setattr(module, "deployment", lambda options: deployment, raising=False)
        connect(made, "support", "zendesk", bots=["77"])
        yield made


def connect(store: Store, name: str, provider: str, **options: Any) -> None:
    document = {"name": name, "provider": provider, "secrets": ["s"], **options}
    item = {"pk": text("CONNECTIONS"), "sk": text(name), "document": text(json.dumps(document))}
    store.client.put_item(TableName=store.name, Item=item)


def audits(ticket: int) -> list[dict[str, Any]]:
    """A ticket that was answered after twenty minutes."""
    created = [
        {"type": "Create", "field_name": "requester_id", "value": str(BEN)},
        {"type": "Comment", "id": ticket * 10, "public": True, "author_id": BEN, "body": "A secret that Ben tells."},
    ]
    answered = [{"type": "Comment", "id": ticket * 10 + 1, "public": True, "author_id": ANN, "body": "An answer."}]
    common = {"ticket_id": ticket, "via": {"channel": "email"}}
    return [
        {**common, "id": ticket, "author_id": BEN, "created_at": "2026-03-02T08:00:00Z", "events": created},
        {**common, "id": 500 + ticket, "author_id": ANN, "created_at": "2026-03-02T08:20:00Z", "events": answered},
    ]


def write_pages(folder: Path, tickets: range) -> list[Path]:
    """The same things as a page, as JSON Lines, gzipped and not; the second audit of each comes before its first."""
    folder.mkdir()
    users = {"users": [{"id": ANN, "role": "agent"}]}
    first, second = ([audits(ticket)[n] for ticket in tickets] for n in (0, 1))
    (folder / "1.json").write_text(json.dumps({"audits": second}, indent=1))
    (folder / "2.jsonl.gz").write_bytes(gzip.compress("\n".join(map(json.dumps, first)).encode()))
    (folder / "users.json").write_text(json.dumps(users))
    (folder / "readme.txt").write_text("not a page")
    return sorted(folder.iterdir())


def run(*arguments: str) -> int:
    return main(["import", *arguments])


def events(store: Store) -> list[dict[str, Any]]:
    return [item for item in store.items() if item["sk"]["S"].startswith("E#")]


def test_a_folder_of_pages_comes_in_once(store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_pages(tmp_path / "pages", range(1, 4))
    assert run("zendesk", "pages", "--connection", "support", "--dry-run", "--stack", "x", "--rate", "1") == 0
    told = capsys.readouterr().out
    assert "3 tickets, 9 events, from 2026-03-02T08:00:00Z to 2026-03-02T08:20:00Z" in told
    assert "  6  message.added" in told and "  3  ticket.created" in told
    assert "9 of the events would be new; 0 are there already" in told
    assert "takes 9 s at 1 event a second" in told and "nothing was written" in told
    assert events(store) == []
    assert run("zendesk", "pages", "--connection", "support", "--rate", "1000") == 0
    assert "9 new events; 0 were there already" in capsys.readouterr().out
    assert run("zendesk", "pages", "--connection", "support", "--rate", "1000") == 0
    assert capsys.readouterr().out.endswith("0 new events; 9 were there already.\n"), "nothing to be measured"
    kept = events(store)
    assert len(kept) == 9 and all(item["imported"] == {"BOOL": True} for item in kept)
    assert "secret" not in json.dumps(kept) and not list(tmp_path.glob("*.set-aside*"))
    assert len(DynamoTickets(store.table).read(("default", "support", "2")).events) == 3


def test_the_names_of_groups_are_learned_from_the_export(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pages = tmp_path / "pages"
    write_pages(pages, range(1, 3))
    assigned = [
        {
            "id": 900 + ticket,
            "ticket_id": ticket,
            "author_id": ANN,
            "created_at": "2026-03-02T08:30:00Z",
            "events": [{"type": "Change", "field_name": "group_id", "value": group, "previous_value": None}],
        }
        for ticket, group in ((1, "360001"), (2, "360009"))
    ]
    groups = [{"id": 360001, "name": "L2", "default": False}, {"id": 360002, "name": "Billing", "default": True}]
    (pages / "groups.json").write_text(json.dumps({"audits": assigned, "groups": groups}))
    command = ("zendesk", "pages", "--connection", "support", "--rate", "1000")
    assert run(*command, "--dry-run", "--stack", "x") == 0
    told = capsys.readouterr().out
    assert "groups that have no name: 360009 (1)" in told
    assert 'name them before you import: replyclock connection change support --stack x --group "ID=NAME"' in told
    assert "learned" not in told
    assert run(*command) == 0
    assert "2 names of groups learned from the export, for webhooks too" in capsys.readouterr().out
    found = {
        ticket: [
            one.event.group
            for one in DynamoTickets(store.table).read(key).events
            if one.event.type == "assignment.changed"
        ]
        for ticket in ("1", "2")
        for key in [("default", "support", ticket)]
    }
    assert found == {"1": ["L2"], "2": ["360009"]}
    document = DynamoConnections(store.table).get("support")
    assert document is not None and document["groups"] == {"360001": "L2", "360002": "Billing"}
    assert run(*command) == 0
    assert "learned" not in capsys.readouterr().out


def test_an_assignment_that_came_before_its_group_had_a_name_is_not_doubled(store: Store, tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    write_pages(pages, range(1, 2))
    change = {"type": "Change", "field_name": "group_id", "value": "360001", "previous_value": None}
    assigned = {"id": 901, "ticket_id": 1, "author_id": ANN, "created_at": "2026-03-02T08:30:00Z", "events": [change]}
    groups = [{"id": 360001, "name": "L2", "default": False}]
    (pages / "groups.json").write_text(json.dumps({"audits": [assigned], "groups": groups}))
    body = {
        "type": "zen:event-type:ticket.group_assignment_changed",
        "time": "2026-03-02T08:30:00.4Z",
        "detail": {"id": "1", "group_id": "360001"},
        "event": {"current": "360001", "previous": None},
    }
    connection = connection_from_document({"name": "support", "provider": "zendesk"})
    (told,) = source("zendesk").translate(Webhook(json.dumps(body).encode(), Headers(), 0), connection).events
    DynamoEventLog(store.table).append(told, told.occurred_at)
    assert run("zendesk", "pages", "--connection", "support", "--rate", "1000") == 0
    events = DynamoTickets(store.table).read(("default", "support", "1")).events
    assert [one.event.id for one in events if one.event.type == "assignment.changed"] == [told.id]


def freshdesk_pages() -> list[Any]:
    """Ben asks at 8:00, Ann answers at 8:20; he asks again, she makes a note, and solves it at 9:00."""
    ticket = {
        "id": 8,
        "requester_id": BEN,
        "requester": {"id": BEN, "email": "ben@example.com"},
        "responder_id": ANN,
        "group_id": None,
        "status": 4,
        "priority": 2,
        "source": 1,
        "tags": ["late", "printer"],
        "created_at": "2026-03-02T08:00:00Z",
        "updated_at": "2026-03-02T09:00:00Z",
        "stats": {"first_responded_at": "2026-03-02T08:20:00Z", "resolved_at": "2026-03-02T09:00:00Z"},
    }
    said = {"ticket_id": 8, "user_id": ANN, "incoming": False, "private": False}
    conversations = [
        {**said, "id": 81, "created_at": "2026-03-02T08:20:00Z"},
        {**said, "id": 82, "created_at": "2026-03-02T08:40:00Z", "incoming": True, "user_id": BEN},
        {**said, "id": 83, "created_at": "2026-03-02T08:45:00Z", "private": True},
    ]
    agents = [{"id": ANN, "occasional": False, "contact": {"email": "Ann@acme.example"}}]
    return [[ticket], conversations, agents]


def freshdesk_webhooks() -> Iterator[object]:
    """What its rules told of that, each some seconds later; the one of the second question was lost."""
    for what, who, at, status in (
        ("{ticket_action:created}", "requester", "08:00:01", "Open"),
        ("{reply_sent:sent}", "agent", "08:20:07", "Open"),
        ("{note_type:private}", "agent", "08:45:30", "Open"),
        ("{status:{from:2,to:4}}", "agent", "09:00:03", "Resolved"),
    ):
        fields = {"ticket_id": 8, "triggered_event": what, "event_performer": who, "event_at": f"2026-03-02T{at}Z"}
        fields |= {"ticket_status": status, "ticket_source": "Email", "requester_email": "ben@example.com"}
        fields |= {"ticket_agent_email": "ann@acme.example" if who == "agent" else "", "ticket_group_name": ""}
        fields |= {"event_performer_email": "ann@acme.example" if who == "agent" else "ben@example.com"}
        yield {"freshdesk_webhook": {**fields, "ticket_priority": "Low", "ticket_tags": "printer, late"}}


def zendesk_pages() -> list[Any]:
    """The same story."""
    first = [
        {"type": "Create", "field_name": "requester_id", "value": str(BEN)},
        {"type": "Create", "field_name": "status", "value": "open"},
        {"type": "Create", "field_name": "priority", "value": "low"},
        {"type": "Comment", "id": 80, "public": True, "author_id": BEN, "body": "It does not print."},
    ]
    answered = [
        {"type": "Comment", "id": 81, "public": True, "author_id": ANN, "body": "Is it on?"},
        {"type": "Change", "field_name": "assignee_id", "value": str(ANN), "previous_value": None},
        {"type": "Change", "field_name": "status", "value": "pending", "previous_value": "open"},
        {"type": "Change", "field_name": "tags", "value": ["late", "printer"], "previous_value": []},
        {"type": "Change", "field_name": "360", "value": "vip", "previous_value": None},
        {"type": "Change", "field_name": "priority", "value": "normal", "previous_value": "low"},
    ]
    asked = [
        {"type": "Comment", "id": 82, "public": True, "author_id": BEN, "body": "It is."},
        {"type": "Change", "field_name": "status", "value": "open", "previous_value": "pending"},
    ]
    noted = [{"type": "Comment", "id": 83, "public": False, "author_id": ANN, "body": "Called."}]
    solved = [{"type": "Change", "field_name": "status", "value": "solved", "previous_value": "open"}]
    steps = (
        ("08:00", BEN, first),
        ("08:20", ANN, answered),
        ("08:40", BEN, asked),
        ("08:45", ANN, noted),
        ("09:00", ANN, solved),
    )
    told = [
        {"id": 700 + n, "ticket_id": 8, "author_id": who, "created_at": f"2026-03-02T{at}:00Z", "events": happened}
        for n, (at, who, happened) in enumerate(steps)
    ]
    return [{"audits": told}, {"users": [{"id": ANN, "role": "agent"}]}]


def zendesk_webhooks() -> Iterator[object]:
    """With fractions of seconds; those of the second question, and that the ticket was open again, were lost."""
    ann = {"id": str(ANN), "is_staff": True}
    for kind, at, event, detail in (
        ("created", "08:00:00.2", {}, {"status": "OPEN", "priority": "LOW"}),
        ("comment_added", "08:20:00.123456789", {"comment": {"id": "81", "is_public": True, "author": ann}}, {}),
        ("agent_assignment_changed", "08:20:00.2", {"current": str(ANN)}, {}),
        ("status_changed", "08:20:00.2", {"current": "PENDING"}, {"status": "PENDING"}),
        ("tags_changed", "08:20:00.2", {}, {"tags": ["printer", "late"]}),
        ("custom_field_changed", "08:20:00.2", {"custom_field": {"id": "360"}, "current": "vip"}, {}),
        ("priority_changed", "08:20:01.1", {"current": "NORMAL"}, {}),  # as much as the next second
        ("comment_added", "08:45:00.4", {"comment": {"id": "83", "is_public": False, "author": ann}}, {}),
        ("status_changed", "09:00:00.9", {"current": "SOLVED"}, {"status": "SOLVED"}),
    ):
        shown = {"id": "8", "requester_id": str(BEN), "submitter_id": str(BEN), "description": "It does not print."}
        shown |= {"actor_id": str(BEN if kind == "created" else ANN), "created_at": "2026-03-02T08:00:00Z"}
        yield {
            "type": f"zen:event-type:ticket.{kind}",
            "time": f"2026-03-02T{at}Z",
            "event": event,
            "detail": {**shown, "via": {"channel": "email"}, **detail},
        }


def judged(store: Store, name: str) -> TicketResult:
    """What the log has of the ticket comes to."""
    told = [stored.event for stored in DynamoTickets(store.table).read(("default", name, "8")).events]
    result = evaluate_ticket(told, DEFAULT_POLICY, parse_instant("2026-04-01T00:00:00Z"))
    assert result is not None
    return result


def times(result: TicketResult) -> dict[str, int | None]:
    """How long each clock ran, to the minute: a webhook may be some seconds late."""
    return {f"{one.metric} {one.instance}": one.duration and round(one.duration / MINUTE) for one in result.clocks}


@pytest.mark.parametrize(
    ("provider", "pages", "webhooks", "lost"),
    [
        ("freshdesk", freshdesk_pages(), list(freshdesk_webhooks()), ["message.added"]),
        (
            "zendesk",
            zendesk_pages(),
            list(zendesk_webhooks()),
            # Of the opening, which no webhook told as a comment, and of the second question.
            ["message.added", "message.added", "status.changed"],
        ),
    ],
)
def test_what_webhooks_told_under_other_ids_is_not_doubled(
    store: Store,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    provider: str,
    pages: list[Any],
    webhooks: list[object],
    lost: list[str],
) -> None:
    (tmp_path / "pages.jsonl").write_text("\n".join(map(json.dumps, pages)))
    options = {"attributes": {"tier": "custom_fields.360"}}
    for name in ("alone", "both"):
        connect(store, name, provider, **options)
    both = connection_from_document({"name": "both", "provider": provider, **options})
    live: list[AnyEvent] = []
    for body in webhooks:
        live += source(provider).translate(Webhook(json.dumps(body).encode(), Headers(), 1), both).events
    log = DynamoEventLog(store.table)
    assert [log.append(event, event.occurred_at) for event in live] == [True] * len(live) != []
    known = {item["event"]["S"] for item in events(store)}

    command = (provider, "pages.jsonl", "--rate", "1000", "--connection")
    assert run(*command, "alone") == 0
    told = int(capsys.readouterr().out.rpartition(" new events;")[0].split()[-1])
    assert run(*command, "both", "--dry-run", "--stack", "x") == 0
    left = f"{len(lost)} of the events would be new; {told - len(lost)} are there already"
    assert left in capsys.readouterr().out
    for new in (len(lost), 0):
        assert run(*command, "both") == 0
        assert f"{counted(new, 'new event')}; {told - new} were there already" in capsys.readouterr().out
    stored = {item["event"]["S"] for item in events(store) if json.loads(item["event"]["S"])["source"] == "both"}
    assert sorted(json.loads(one)["type"] for one in stored - known) == lost

    result, alone = judged(store, "both"), judged(store, "alone")
    # Twenty minutes until the first answer, and twenty from the second question until it was solved.
    ran = {"first_response 1": 20, "next_response 1": 20, "resolution 1": 40, "total_response 1": 60}
    assert times(result) == times(alone) == ran
    assert result.timeline.counts == alone.timeline.counts
    counts = result.timeline.counts
    assert (counts.replies, counts.customer_messages, counts.internal_notes) == (1, 2, 1)
    assert (counts.reopens, counts.reassignments) == (0, 0)
    assert (result.state, result.timeline.assignee) == (alone.state, alone.timeline.assignee)


def test_what_cannot_be_read_is_listed_and_set_aside_and_read_again(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = audits(1)
    lines = [json.dumps(first), '{"audits": [', json.dumps({**second, "created_at": "soon"}), json.dumps(second)]
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    (tmp_path / "b.json.gz").write_bytes(gzip.compress(json.dumps({"audits": audits(2)}).encode())[:-20])
    assert run("zendesk", "a.jsonl", "b.json.gz", "--connection", "support", "--rate", "1000") == 1
    printed = capsys.readouterr()
    assert "a.jsonl:2: is not JSON" in printed.err and "a.jsonl:3: created_at: " in printed.err
    assert "a.jsonl:4: author_id: " in printed.err and "b.json.gz: cannot be read to its end" in printed.err
    assert "4 records cannot be read, set aside in support.set-aside.jsonl" in printed.err
    assert "2 new events" in printed.out  # the creation and the comment that it opened with
    kept = (tmp_path / "support.set-aside.jsonl").read_text().splitlines()
    assert [json.loads(one)["set_aside"]["place"] for one in kept] == [
        "a.jsonl:2",
        "a.jsonl:3",
        "b.json.gz",
        "a.jsonl:4",
    ]
    assert printed.err.index("a.jsonl:3: ") < printed.err.index("a.jsonl:4: ") < printed.err.index("b.json.gz: ")
    assert "replyclock replay support.set-aside.jsonl [FILE…] --connection support" in printed.err
    # The same again is set aside in the same place; another import of the connection elsewhere.
    assert run("zendesk", "a.jsonl", "b.json.gz", "--connection", "support", "--rate", "1000") == 1
    assert [one.name for one in tmp_path.glob("*.set-aside*")] == ["support.set-aside.jsonl"]
    (tmp_path / "c.jsonl").write_text("\n{")
    assert run("zendesk", "c.jsonl", "--connection", "support") == 1
    assert "1 record cannot be read, set aside in support.set-aside-2.jsonl" in capsys.readouterr().err
    assert len((tmp_path / "support.set-aside.jsonl").read_text().splitlines()) == 4
    (tmp_path / "support.set-aside-2.jsonl").unlink()
    # With the people, the answer can be read, from the file of what was set aside.
    (tmp_path / "users.json").write_text(json.dumps({"users": [{"id": ANN, "role": "agent"}]}))
    again = ("zendesk", "users.json", "support.set-aside.jsonl", "--connection", "support", "--rate", "1000")
    assert run(*again) == 1
    printed = capsys.readouterr()
    assert "1 new event;" in printed.out and "a.jsonl:2: " in printed.err
    assert "support.set-aside.jsonl came in, but for what is in support.set-aside-2.jsonl now" in printed.out
    left = (tmp_path / "support.set-aside-2.jsonl").read_text().splitlines()
    assert left == [line for line in kept if "a.jsonl:4" not in line], "they keep their first place"
    assert (tmp_path / "support.set-aside-2.jsonl").stat().st_mode & 0o77 == 0
    # And the page that was broken off, once somebody has written its end.
    mended = json.dumps({**json.loads(kept[0]), "record": {"": json.dumps({"audits": audits(7)})}})
    (tmp_path / "support.set-aside.jsonl").write_text(f"{mended}\n{kept[-1]}\n")
    assert run(*again) == 0
    assert capsys.readouterr().out.endswith("support.set-aside.jsonl came in: it may be removed\n")
    assert {item["sk"]["S"] for item in events(store)} == {
        f"E#{ticket}|{fact}" for ticket in (1, 7) for fact in ("created", f"comment|{ticket}0", f"comment|{ticket}1")
    }


def test_an_import_that_was_broken_off_goes_on(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pages(tmp_path / "pages", range(1, 6))
    append = DynamoEventLog.append
    lasts = [7]

    def lost(self: Any, *arguments: Any, **options: Any) -> bool:
        if lasts[0] == 0:
            raise KeyboardInterrupt
        if lasts[0] < 0:
            raise StoreUnavailable("ConnectTimeoutError")
        lasts[0] -= 1
        return append(self, *arguments, **options)

    command = ("zendesk", "pages", "--connection", "support", "--rate", "1000")
    with monkeypatch.context() as patch:
        patch.setattr(DynamoEventLog, "append", lost)
        assert run(*command) == INTERRUPTED
        lasts[0] = -1
        assert run(*command) == 1
    printed = capsys.readouterr()
    assert "broken off: 6 new events" in printed.err and "ConnectTimeoutError" in printed.err
    assert "going on after 2 of support; 3 tickets are left" in printed.out
    assert run(*command) == 0
    assert "going on after 2 of support" in (told := capsys.readouterr().out)
    assert "14 new events; 1 was there already" in told  # six of them before
    assert len(events(store)) == 15 and not list(histories.CHECKPOINTS.glob("*"))


def test_canonical_events_keep_their_tenant_and_source_unless_a_connection_says_otherwise(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    connect(store, "desk", "generic", tenant="acme")
    common = {"ticket": "7", "type": "ticket.created", "tenant": "beta", "source": "shop"}
    old = {**common, "id": "a", "occurred_at": "2025-01-01T00:00:00Z", "ticket": "6"}
    (tmp_path / "log.jsonl").write_text(
        "\n".join(map(json.dumps, [{**common, "id": "b", "occurred_at": "2026-01-01T00:00:00Z"}, old, {"id": "c"}]))
    )
    assert run("generic", "log.jsonl", "--since", "2025-06-01", "--rate", "1000") == 1
    assert run("generic", "log.jsonl", "--connection", "desk", "--rate", "1000") == 1
    assert "log.jsonl:3: " in capsys.readouterr().err
    assert {item["pk"]["S"] for item in events(store)} == {"T#beta#shop#7", "T#acme#desk#6", "T#acme#desk#7"}


def test_what_is_out_of_bounds_is_set_aside(store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = {"id": "a", "ticket": "7", "type": "ticket.created", "occurred_at": "2026-01-01T00:00:00Z"}
    bad: list[dict[str, Any]] = [
        {"occurred_at": "0001-01-01T00:00:00Z"},
        {"attributes": {"tier": "x" * 270_000}},
        {"requester": "a\nb"},
    ]
    (tmp_path / "log.jsonl").write_text(
        "\n".join(json.dumps({**good, **one, "id": str(i)}) for i, one in enumerate([{}, *bad]))
    )
    assert run("generic", "log.jsonl", "--rate", "1000") == 1
    told = capsys.readouterr().err
    for line, field in ((2, "occurred_at"), (3, "attributes.tier"), (4, "requester")):
        assert f"log.jsonl:{line}: {field}: " in told
    (tmp_path / "t.csv").write_text("Nr,Opened\n1,0001-01-01T00:00:00Z\n2,2026-03-02T08:00:00Z\n")
    (tmp_path / "m.yaml").write_text("columns: {ticket: Nr, created_at: Opened}")
    assert run("csv", "t.csv", "--connection", "support", "--mapping", "m.yaml") == 1
    assert "t.csv:2: means an event before 1990-01-01" in capsys.readouterr().err
    assert {item["sk"]["S"] for item in events(store)} == {"E#0", "E#2|created"}


def test_what_cannot_begin_says_why(store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "t.csv").write_text("Nr,Opened,State\n1,2026-03-02T08:00:00Z,Sleeping\n")
    for arguments, why in (
        (("zendesk", "t.csv"), "--connection: is missing"),
        (("github", "t.csv", "--connection", "support"), "--connection: support is one of zendesk"),
        (("zendesk", "t.csv", "--connection", "nobody"), "there is no connection nobody"),
        (("csv", "t.csv", "--connection", "support"), "--mapping: is missing"),
        (("zendesk", "nothing.json", "--connection", "support"), "nothing.json"),
    ):
        assert run(*arguments) == 2
        assert why in capsys.readouterr().err
    (tmp_path / "m.yaml").write_text("colums: {ticket: Nr, created_at: Opened}")
    assert run("csv", "t.csv", "--connection", "support", "--mapping", "m.yaml") == 2
    told = capsys.readouterr().err
    assert "m.yaml: colums: is not one of columns, " in told and "m.yaml: columns: is missing" in told
    (tmp_path / "m.yaml").write_text("columns: {ticket: Nr, created_at: Opened, status: State}")
    assert run("csv", "t.csv", "--connection", "support", "--mapping", "m.yaml") == 0
    told = capsys.readouterr().out
    assert "taken for open: Sleeping (1)\n" in told
    assert 'for what comes later: replyclock connection change support --status "NAME=STATUS"' in told
    assert [item["sk"]["S"] for item in events(store)] == ["E#1|created"]


def test_progress_where_there_is_no_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter((0.0, 4.0, 11.0, 12.0, 3600.0))
    monkeypatch.setattr("replyclock.cli.progress.time.monotonic", lambda: next(times))
    with progress.Meter("importing", 4000, "events") as meter:
        for _ in range(4):
            meter.advance(5)
    assert capsys.readouterr().err.splitlines() == [
        "importing: 10 of 4,000 events, 1 h 14 min left",
        "importing: 20 of 4,000 events, 199 h 0 min left",
    ]
