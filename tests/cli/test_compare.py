"""`replyclock compare`: a tool's own figures beside ours, with reasons that were worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from replyclock.cli.main import main
from tests.adapters.backends import ROOT

SEEDS = ROOT.parent / "shared" / "payloads" / "zendesk_backfill"
CUSTOMER, AGENT = 71, 9
Output = pytest.CaptureFixture[str]


def clock(minutes: float) -> str:
    """So many minutes after nine on Monday, 1 June 2026."""
    seconds = round(minutes * 60)
    return f"2026-06-01T{9 + seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}Z"


def audit(number: int, ticket: int, minutes: float, author: int, *events: dict[str, Any]) -> dict[str, Any]:
    told = {"id": number, "ticket_id": ticket, "author_id": author, "created_at": clock(minutes)}
    return {**told, "via": {"channel": "web"}, "events": list(events)}


def said(number: int, author: int, *, public: bool = True) -> dict[str, Any]:
    return {"type": "Comment", "id": number, "public": public, "author_id": author, "body": "words"}


def solved() -> dict[str, Any]:
    return {"type": "Change", "id": 1, "field_name": "status", "value": "solved", "previous_value": "new"}


OPENED = {"type": "Create", "id": 2, "field_name": "status", "value": "new"}


def ticket(number: int, minutes: float, status: str = "new", requester: int = CUSTOMER) -> dict[str, Any]:
    people = {"requester_id": requester, "submitter_id": requester, "status": status, "description": "words"}
    return {"id": number, **people, "created_at": clock(0), "updated_at": clock(minutes), "tags": [], "is_public": True}


def metrics(number: int, calendar: int | None, business: int | None = None, **further: Any) -> dict[str, Any]:
    times = {"calendar": calendar, "business": calendar if business is None else business}
    return {"ticket_id": number, "reply_time_in_minutes": times, **further}


def run(
    tmp_path: Path,
    capsys: Output,
    provider: str,
    *documents: Any,
    files: tuple[Path, ...] = (),
    more: tuple[str, ...] = (),
) -> Any:
    """The figures by ticket, measure and hours, and the exit status."""
    files_ = list(files)
    for i, document in enumerate(documents):
        files_.append(tmp_path / f"page-{i}.json")
        files_[-1].write_text(json.dumps(document))
    status = main(["compare", provider, *map(str, files_), "--json", "--at", "2026-06-02T09:00:00Z", *more])
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return status, {(one["ticket"], one["figure"], one["business_hours"]): one for one in found}


def test_zendesk_figures_and_why_they_differ(tmp_path: Path, capsys: Output) -> None:
    bot = 400
    export = {
        "users": [{"id": CUSTOMER, "role": "end-user"}, {"id": AGENT, "role": "agent"}, {"id": bot, "role": "agent"}],
        "tickets": [
            ticket(1, 60, "solved"),
            *(ticket(number, 60) for number in (2, 3, 4, 5, 6)),
            ticket(7, 60, "solved"),
        ],
    }
    audits = [
        # 1 agrees: replied after 10 minutes and 40 seconds, solved after an hour.
        *(audit(1, 1, 0, CUSTOMER, said(10, CUSTOMER), OPENED), audit(2, 1, 10 + 40 / 60, AGENT, said(11, AGENT))),
        audit(3, 1, 60, AGENT, solved()),
        # 2: the first reply, after five minutes, was hidden later; the tool counts the next one, after twenty.
        *(audit(4, 2, 0, CUSTOMER, said(20, CUSTOMER), OPENED), audit(5, 2, 5, AGENT, said(21, AGENT))),
        audit(6, 2, 20, AGENT, said(22, AGENT)),
        audit(7, 2, 30, AGENT, {"type": "CommentRedactionEvent", "id": 3, "comment_id": 21}),
        # 3: a program answered after two minutes, which counts there and does not here.
        *(audit(8, 3, 0, CUSTOMER, said(30, CUSTOMER), OPENED), audit(9, 3, 2, bot, said(31, bot))),
        audit(10, 3, 40, AGENT, said(32, AGENT)),
        # 4: the tool knows a reply after fifteen minutes of which the export has nothing.
        audit(11, 4, 0, CUSTOMER, said(40, CUSTOMER), OPENED),
        # 5: round the clock both say an hour; its business hours are others.
        *(audit(12, 5, 0, CUSTOMER, said(50, CUSTOMER), OPENED), audit(13, 5, 60, AGENT, said(51, AGENT))),
        # 6: nothing explains seven minutes, at which nobody wrote but something happened.
        *(audit(14, 6, 0, CUSTOMER, said(60, CUSTOMER), OPENED), audit(15, 6, 50, AGENT, said(61, AGENT))),
        audit(16, 6, 7, AGENT, {"type": "Change", "id": 4, "field_name": "priority", "value": "high"}),
        # 7: solved without a word after a quarter of an hour, which answers here and not there.
        *(audit(17, 7, 0, CUSTOMER, said(70, CUSTOMER), OPENED), audit(18, 7, 15, AGENT, solved())),
    ]
    times = {"calendar": 60, "business": 60}
    stated = [
        metrics(1, 11, full_resolution_time_in_minutes=times, requester_wait_time_in_minutes=times, replies=1),
        {**metrics(2, 5), "reply_time_in_minutes": {"calendar": 5, "business": None}},  # it keeps no business hours
        metrics(3, 2),
        metrics(4, 15),
        metrics(5, 60, 30),
        metrics(6, 7),
        metrics(7, None),
        metrics(8, 3),
    ]
    earlier = [metrics(1, None, updated_at=clock(5))]  # of a page that overlaps, and read last
    stated[0] |= {"updated_at": clock(60), "reply_time_in_seconds": {"calendar": 640}}
    connection = tmp_path / "connection.yaml"
    connection.write_text(f"{{name: zendesk, provider: zendesk, bots: ['{bot}']}}")
    status, found = run(
        tmp_path, capsys, "zendesk",
        export, {"audits": audits}, {"ticket_metrics": stated}, {"ticket_metrics": earlier},
        more=("--connection", str(connection)),
    )  # fmt: skip
    reasons = {
        number: one["reason"]
        for (number, figure, business), one in found.items()
        if figure == "first_response" and not business
    }
    assert reasons == {
        "1": None,
        "2": "hidden_message",
        "3": "definition",
        "4": "missing_event",
        "5": None,
        "6": "unknown",
        "7": "definition",
        "8": "missing_event",
    }
    assert status == 1
    ours = {
        number: one["ours"]
        for (number, figure, business), one in found.items()
        if figure == "first_response" and not business
    }
    assert ours == {"1": 640, "2": 1200, "3": 2400, "4": None, "5": 3600, "6": 3000, "7": 900, "8": None}
    assert found["4", "first_response", False]["moment"] == "2026-06-01T09:15:00Z"
    assert "program" in found["3", "first_response", False]["because"]
    assert "only a reply" in found["7", "first_response", False]["because"]
    assert ("2", "first_response", True) not in found
    hours = found["5", "first_response", True]
    assert (hours["theirs"], hours["ours"], hours["reason"]) == (1800, 3600, "calendar")
    assert found["1", "first_response", False]["theirs"] == 640  # where it says the seconds, too
    for figure in ("full_resolution", "requester_wait", "replies"):
        assert found["1", figure, False]["agrees"], found["1", figure, False]


def test_zendesk_metric_events_begin_on_one_page_and_end_on_another(tmp_path: Path, capsys: Output) -> None:
    """Answered after 10 minutes and, at 9:20 asked again, after 5; pending from 9:30 to 9:40, solved at 10:00."""
    export = {"users": [{"id": CUSTOMER, "role": "end-user"}], "tickets": [ticket(1, 60, "solved"), ticket(2, 60)]}
    changed = {"type": "Change", "id": 1, "field_name": "status"}
    audits = [
        *(audit(1, 1, 0, CUSTOMER, said(10, CUSTOMER), OPENED), audit(2, 1, 10, AGENT, said(11, AGENT))),
        *(audit(3, 1, 20, CUSTOMER, said(12, CUSTOMER)), audit(4, 1, 25, AGENT, said(13, AGENT))),
        # Not public: it shows that they are an agent.
        audit(5, 1, 26, AGENT, said(14, AGENT, public=False)),
        audit(6, 1, 30, AGENT, {**changed, "value": "pending", "previous_value": "new"}),
        audit(7, 1, 40, AGENT, {**changed, "value": "open", "previous_value": "pending"}),
        audit(8, 1, 60, AGENT, {**changed, "value": "solved", "previous_value": "open"}),
        # Of the other ticket Zendesk states nothing.
        audit(9, 2, 0, CUSTOMER, said(20, CUSTOMER), OPENED),
    ]
    told = [
        *(("reply_time", 1, "activate", 0), ("reply_time", 1, "fulfill", 10)),
        *(("reply_time", 2, "activate", 20), ("reply_time", 2, "fulfill", 25), ("reply_time", 2, "update_status", 25)),
        *(("reply_time", 3, "activate", 30), ("reply_time", 3, "fulfill", 33)),
        *(("agent_work_time", 1, "activate", 0), ("agent_work_time", 1, "pause", 30)),
        *(("agent_work_time", 1, "activate", 40), ("agent_work_time", 1, "fulfill", 60)),
        # Of the next one the beginning is not on the pages.
        *(("requester_wait_time", 1, "pause", 30), ("requester_wait_time", 1, "activate", 40)),
        *(("requester_wait_time", 1, "fulfill", 60), ("resolution_time", 1, "activate", 0)),
        ("resolution_time", 1, "fulfill", 60),
    ]
    events = [
        {"id": number, "ticket_id": 1, "metric": metric, "instance_id": instance, "type": kind, "time": clock(minutes)}
        for number, (metric, instance, kind, minutes) in enumerate(told)
    ]
    # What still runs is no figure: of the other ticket there is none.
    events += [{**one, "ticket_id": 2} for one in events if one["metric"] == "agent_work_time"][:3]
    # Eight minutes were promised, which was told twice, and then half an hour for the second reply, whose breach does
    # not count any more.
    applied = {**events[0], "id": 90, "type": "apply_sla", "sla": {"target": 8, "business_hours": False}}
    broken = {**events[0], "id": 91, "type": "breach", "time": clock(8), "deleted": False}
    later = {**events[2], "id": 92, "type": "apply_sla", "sla": {"target": 30, "business_hours": False}}
    undone = {**events[2], "id": 93, "type": "breach", "time": clock(21), "deleted": True}
    policy = tmp_path / "policy.yaml"
    policy.write_text(
        "{policy: p, version: 1, effective_from: 2020-01-01T00:00:00Z,"
        " standards: [{name: all, targets: {first_response: 8m, next_response: 2m}}]}"
    )
    pages: tuple[dict[str, Any], ...] = (
        {"ticket_metric_events": [*events[0::2], applied, later]},
        {"ticket_metric_events": [*events[1::2], events[0], applied, broken, undone]},
        {"ticket_metrics": []},
    )
    status, found = run(
        tmp_path, capsys, "zendesk", export, {"audits": audits}, *pages, more=("--policy", str(policy))
    )  # fmt: skip
    agreed = {figure: (one["theirs"], one["ours"]) for (_, figure, _), one in found.items() if one["agrees"]}
    assert agreed == {
        "first_response": (600, 600),
        "agent_work": (3000, 3000),
        "unsolved": (3600, 3600),
        "first_response_breach": (clock(8), clock(8)),
    }
    # Of two waits the last one is the one shown here: nobody told us of a reply at 09:33.
    assert found["1", "next_response", False]["reason"] == "missing_event"
    assert found["1", "next_response", False]["moment"] == clock(33)
    lax = found["1", "next_response_breach", False]
    assert (lax["theirs"], lax["ours"], lax["reason"]) == (None, clock(22), "definition")
    assert lax["because"] == "there 30m is promised, here 2m"
    assert status == 1
    paths = [str(path) for path in sorted(tmp_path.iterdir()) if path != policy]
    arguments = ["compare", "zendesk", *paths, "--policy", str(policy), "--at", "2026-06-02T09:00:00Z"]
    assert main([*arguments, "--all"]) == 1
    printed = capsys.readouterr()
    assert printed.err == ""
    table = " ".join(printed.out.replace("│", "|").split())
    assert "zendesk 1 | next response 1 | 5m | 5m | agrees" in table
    assert "| next response | 2 | 1 | 50 |" in table
    assert "| definition: there 30m is promised, here 2m | 1 | 1 | zendesk 1 |" in table
    assert "5 of 7 figures of 1 ticket agree; the others: 1 definition, 1 missing event" in table
    assert "of 1 ticket here the tool states nothing: zendesk 2" in table
    assert main([*arguments, "--ticket", "2"]) == 1
    assert "no figures of the tool's own of ticket 2" in capsys.readouterr().err
    assert main([*arguments, "--calendar", "office"]) == 2
    assert "the policy has no calendar office, only always" in capsys.readouterr().err


def test_intercom_statistics(tmp_path: Path, capsys: Output) -> None:
    nine = 1_780_304_400
    person, admin = {"type": "user", "id": "u1"}, {"type": "admin", "id": "a1"}

    def part(number: int, minutes: int, kind: str, author: dict[str, str]) -> dict[str, Any]:
        at = nine + 60 * minutes
        return {
            "id": str(number),
            "part_type": kind,
            "author": author,
            "body": "so",
            "created_at": at,
            "updated_at": at,
        }

    parts = [part(1, 5, "comment", admin), part(2, 30, "close", admin)]
    conversation = {
        "type": "conversation",
        "id": "7",
        "state": "closed",
        "created_at": nine,
        "updated_at": nine + 1800,
        "source": {"type": "conversation", "id": "70", "delivered_as": "customer_initiated", "author": person},
        "conversation_parts": {"conversation_parts": parts},
        "statistics": {
            "first_contact_reply_at": nine,
            "time_to_admin_reply": 120,
            "time_to_first_close": 1800,
            "time_to_last_close": 1800,
            "first_admin_reply_at": nine + 300,
            "first_close_at": nine + 1800,
            "last_close_at": nine + 1800,
            "count_reopens": 0,
        },
    }
    status, found = run(tmp_path, capsys, "intercom", conversation)
    assert {place: one["reason"] for place, one in found.items()} == {
        ("7", "first_response", False): None,
        ("7", "first_resolution", False): None,
        ("7", "full_resolution", False): None,
        ("7", "reopens", False): None,
        ("7", "first_response", True): "calendar",
        ("7", "first_resolution", True): None,
        ("7", "full_resolution", True): None,
    }
    assert status == 0


def test_chatwoot_and_help_scout_beside_what_was_exported_from_here(tmp_path: Path, capsys: Output) -> None:
    opened: dict[str, Any] = {
        "id": "1",
        "ticket": "5",
        "type": "ticket.created",
        "occurred_at": clock(0),
        "source": "chat",
    }
    opened |= {"actor": {"kind": "customer", "id": "c"}, "message": {"id": "m", "visibility": "public"}}
    reply: dict[str, Any] = {
        "id": "2",
        "ticket": "5",
        "type": "message.added",
        "occurred_at": clock(3),
        "source": "chat",
    }
    reply |= {"actor": {"kind": "agent", "id": "a"}, "message": {"id": "n", "visibility": "public"}}
    again = {**reply, "id": "3", "occurred_at": clock(8), "message": {"id": "o", "visibility": "public"}}
    again["actor"] = {"kind": "customer", "id": "c"}
    ours = tmp_path / "events.jsonl"
    ours.write_text("".join(f"{json.dumps(one)}\n" for one in (opened, reply, again)))
    event = {"conversation_id": 5, "event_start_time": clock(0), "event_end_time": clock(3)}
    reported = [
        {**event, "name": "first_response", "value": 180.2, "value_in_business_hours": 60},
        {**event, "name": "reply_time", "value": 90, "event_start_time": clock(8), "event_end_time": clock(9.5)},
    ]
    status, found = run(tmp_path, capsys, "chatwoot", {"payload": reported}, files=(ours,))
    assert {place: one["reason"] for place, one in found.items()} == {
        ("5", "first_response", False): None,
        ("5", "first_response", True): "calendar",
        ("5", "next_response", False): "missing_event",
    }
    waiting = {"id": 5, "number": 12, "customerWaitingSince": {"time": clock(8)}}
    status, found = run(tmp_path, capsys, "helpscout", waiting, files=(ours,))
    assert (status, found["5", "waiting_since", False]["ours"]) == (0, clock(8))
    # What was said last was said by the team: nobody is waited for, as far as Help Scout knows.
    waiting["customerWaitingSince"] = {"time": clock(9), "latestReplyFrom": "user"}
    status, found = run(tmp_path, capsys, "helpscout", waiting, files=(ours,))
    assert (status, found["5", "waiting_since", False]["theirs"]) == (1, None)


@pytest.mark.skipif(not SEEDS.is_dir(), reason="../shared/payloads/zendesk_backfill is missing")
def test_a_ticket_of_a_data_pipelines_seeds_by_hand(tmp_path: Path, capsys: Output) -> None:
    """Ticket 11071 was created on 2020-08-28 at 18:06:36, when it was open, and solved on 2020-11-14 at 11:01:27, with
    no comment. By its history it was pending for 4 + 10 + 1 + 13 = 28 days, on hold for 3 + 14 + 3 = 20, and open for
    16:54:51 and 15 + 2 + 12 = 29 days: in all 77 days and 16:54:51, of which the requester waited 49 days and 16:54:51.
    """

    def minutes(days: int, seconds: int = 0) -> dict[str, int]:
        return {"calendar": days * 1440 + seconds // 60}

    morning = 16 * 3600 + 54 * 60 + 51
    stated = {
        "ticket_id": 11071,
        "reply_time_in_minutes": {"calendar": None},
        "full_resolution_time_in_minutes": minutes(77, morning),
        "agent_wait_time_in_minutes": minutes(28),
        "on_hold_time_in_minutes": minutes(20),
        "requester_wait_time_in_minutes": minutes(49, morning),
    }
    page = tmp_path / "metrics.json"
    page.write_text(json.dumps({"ticket_metrics": [stated, metrics(4711, 1)]}))
    main(["compare", "zendesk", str(SEEDS), str(page), "--json", "--at", "2021-02-01T00:00:00Z"])
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {one["figure"]: one["reason"] for one in found if one["ticket"] == "11071"} == {
        "first_response": "definition",  # being solved answers here
        "full_resolution": None,
        "requester_wait": None,
        "agent_wait": None,
        "on_hold": None,
    }
    assert {one["reason"] for one in found if one["ticket"] == "4711"} == {"missing_event"}
