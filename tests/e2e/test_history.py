"""History comes in, gaps are found, a customer is erased, old logs go: by the commands, on the deployed stack.

What each test does is of a tenant of its own, so that it and the others are not in each other's way.
"""

from __future__ import annotations

import gzip
import io
import json
import uuid
from collections import deque
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from infra.local.api import now, signed, wait_for
from infra.local.deploy import STAGE
from replyclock.cli.main import main
from replyclock.domain.events import AnyEvent, TicketKey, parse_event
from replyclock.domain.instants import DAY, MINUTE, SECOND, format_instant, parse_instant
from replyclock.domain.judging import evaluate_ticket
from replyclock.domain.policy import DEFAULT_POLICY
from tests.long.generated import Year
from tests.reconcile.server import Question, Tool, served

from .conftest import MEASURED_WITHIN, WANTED, System

TICKETS = 6
SECRET = "0123456789abcdef" * 2
TICK = 10 * SECOND
"""How often the local cloud looks at its schedules."""


class Terminal:
    """Runs commands in a folder, on the local cloud that it names."""

    def __init__(self, system: System, folder: Path, patch: pytest.MonkeyPatch) -> None:
        (folder / ".local").mkdir()
        (folder / ".local" / "endpoint.json").write_text(json.dumps(system.deployment.endpoint_document()))
        patch.chdir(folder)
        self.folder = folder
        self._patch = patch

    def __call__(self, *command: str, typed: str = "", status: int | None = 0) -> str:
        """What a command prints, on both streams; it has to end with that status, None for any."""
        self._patch.setattr("sys.stdin", io.StringIO(f"{typed}\n"))
        told = io.StringIO()
        with redirect_stdout(told), redirect_stderr(told):
            ended = main([*command, "--local"])
        assert status in (ended, None), f"{command} ended with {ended}: {told.getvalue()}"
        return told.getvalue()


@pytest.fixture(scope="module")
def terminal(system: System, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    with pytest.MonkeyPatch.context() as patch:
        yield Terminal(system, tmp_path_factory.mktemp("operator"), patch)


def invoke(system: System, function: str) -> None:
    """Run a function that a schedule runs."""
    ended = system.deployment.cloud.client("lambda").invoke(
        FunctionName=f"replyclock-{STAGE}-{function}", Payload=b"{}"
    )
    assert "FunctionError" not in ended


def change(system: System, key: TicketKey, sk: str, **texts: str) -> None:
    """Change attributes of one of a ticket's items behind the system's back."""
    system.deployment.cloud.client("dynamodb").update_item(
        TableName=system.deployment.outputs["TableName"],
        Key={"pk": {"S": f"T#{'#'.join(key)}"}, "sk": {"S": sk}},
        UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in texts),
        ExpressionAttributeNames={f"#{name}": name for name in texts},
        ExpressionAttributeValues={f":{name}": {"S": value} for name, value in texts.items()},
    )


def items(system: System) -> list[str]:
    """All that is kept, each item in text."""
    pages = system.deployment.cloud.client("dynamodb").get_paginator("scan")
    kept = pages.paginate(TableName=system.deployment.outputs["TableName"])
    return [str(item) for page in kept for item in page["Items"]]


def run_by_schedule(system: System, function: str) -> None:
    """Have what the schedule of a function runs, as it was deployed, run once the next time that schedules are due."""
    schedules = system.deployment.cloud.client("scheduler")
    deployed = (schedules.get_schedule(Name=one["Name"]) for one in schedules.list_schedules()["Schedules"])
    [known] = [one for one in deployed if one["Target"]["Arn"].endswith(f":replyclock-{STAGE}-{function}")]
    schedules.create_schedule(
        Name=f"{known['Name'][:50]}-{uuid.uuid4().hex[:8]}",
        ScheduleExpression=f"at({format_instant(now())[:19]})",
        Target=known["Target"],
        FlexibleTimeWindow=known["FlexibleTimeWindow"],
        ActionAfterCompletion="DELETE",
    )


def closed(told: dict[str, Any]) -> list[dict[str, Any]]:
    """The clocks of a ticket that have stopped, as the API tells them."""
    return [clock for clock in told["clocks"] if clock["stopped_at"] is not None]


def promises(system: System, key: TicketKey) -> list[dict[str, Any]]:
    """The clocks of a ticket, but for what goes on in them."""
    told = system.api.ticket(key)
    assert told is not None
    return [
        {part: clock[part] for part in ("metric", "standard", "started_at", "due_at", "state")}
        for clock in told["clocks"]
    ]


@dataclass
class Gap:
    """An account of Zendesk in which a customer opens tickets in chat, of which no webhook tells."""

    name: str
    """Of the connection, and the tenant."""
    customer: int
    tickets: list[dict[str, Any]] = field(default_factory=list)

    def open(self, number: int, at: int) -> TicketKey:
        """Opens a ticket that nobody answers."""
        when, who = format_instant(at), self.customer
        times = {"created_at": when, "updated_at": when, "generated_timestamp": at // SECOND}
        people = {"requester_id": who, "submitter_id": who, "assignee_id": None, "group_id": None}
        told = {"description": "?", "is_public": True, "status": "new", "priority": None, "via": {"channel": "chat"}}
        self.tickets.append({"id": number, "brand_id": 1, "tags": [], "custom_fields": [], **told, **people, **times})
        return self.name, self.name, str(number)

    def __call__(self, asked: Question) -> Any:
        """Answers as the API does."""
        if not asked.path.endswith("/cursor.json"):
            return {"audits": [], "meta": {"has_more": False}}
        changed = [one for one in self.tickets if one["generated_timestamp"] >= int(asked.query["start_time"])]
        users = [{"id": self.customer, "role": "end-user"}]
        return {"tickets": changed, "users": users, "after_cursor": None, "end_of_stream": True}


@pytest.fixture(scope="module")
def tool(system: System, terminal: Terminal) -> Iterator[Tool]:
    """The API of an account that has a gap. The deployed schedule looks for it while other tests run."""
    chance = uuid.uuid4()
    gap = Gap(f"gap-{chance.hex[:8]}", 10**14 + chance.int % 10**14)
    attribute = ("--attribute", "asks=detail.requester_id")
    terminal("connection", "add", "zendesk", "--name", gap.name, "--tenant", gap.name, *attribute, typed=SECRET)
    with served(Tool(gap)) as tool:
        terminal("connection", "api", gap.name, "--url", tool.url, "--user", "admin@example.com", typed="token")
        gap.open(1, now() - 5 * MINUTE)
        run_by_schedule(system, "reconcile-sources")
        yield tool


@pytest.mark.usefixtures("tool")
def test_a_year_comes_in_is_reported_kept_right_and_leaves(system: System, terminal: Terminal, ticket: str) -> None:
    name, year = f"year-{ticket}", Year(TICKETS, now() - DAY, seed=5)
    terminal("connection", "add", "zendesk", "--name", name, "--tenant", name, typed=SECRET)
    year.write(terminal.folder / "pages")
    [plain] = (terminal.folder / "pages").glob("audits-*.json")
    page = json.loads(plain.read_text())
    plain.unlink()
    whole, broken = page["audits"][5]["created_at"], "some day"

    def write() -> None:
        (terminal.folder / "pages" / "audits.json.gz").write_bytes(gzip.compress(json.dumps(page).encode()))

    # It comes in but for what cannot be read, and that once it is mended; nothing comes twice.
    page["audits"][5]["created_at"] = broken
    write()
    bring = ("import", "zendesk", "pages", "--connection", name)
    assert "; 0 are there already" in terminal(*bring, "--dry-run", status=1)
    assert "; 0 were there already" in terminal(*bring, status=1)
    aside = terminal.folder / f"{name}.set-aside.jsonl"
    assert broken in aside.read_text()
    aside.write_text(aside.read_text().replace(broken, whole))
    assert "1 ticket, " in terminal("replay", aside.name, "pages/users.json", "--connection", name)
    page["audits"][5]["created_at"] = whole
    write()
    assert "\n0 new events; " in terminal(*bring)

    # It is measured and reported, and nobody is told.
    keys = [(name, name, str(number)) for number in range(1, TICKETS + 1)]
    rebuild = ("rebuild", "--all", "--tenant", name)
    measured = f"{TICKETS} tickets, of which 0 differ"
    assert wait_for(lambda: measured in terminal(*rebuild, status=None), MEASURED_WITHIN / SECOND)
    shown = {key: system.api.ticket(key) or {} for key in keys}
    assert {alert["status"] for one in shown.values() for alert in one["alerts"]} == {"quiet"}

    def reported() -> bool:
        invoke(system, "compile-reports")
        begin, end = (format_instant(at)[:10] for at in (year.end - 366 * DAY, now() + DAY))
        told = system.api.get(f"/reports/summary?tenant={name}&from={begin}&to={end}").document["total"]["tickets"]
        return bool(told["created"] == TICKETS and told["resolved"] == solved)

    solved = sum(one["state"] in ("solved", "closed") for one in shown.values())
    assert wait_for(reported, 60)

    # What somebody broke in the table is found, and put right.
    change(system, keys[3], "STATE", state="closed")
    assert f"{TICKETS} tickets, of which 1 differ from their log\n        1  state: " in terminal(*rebuild, status=1)
    assert terminal(*rebuild, "--write").endswith("\n1 written\n")
    assert measured in terminal(*rebuild)

    # The log leaves, and says of each ticket what the API says.
    terminal("export", "--tenant", name, "--output", "log.jsonl")
    log: dict[TicketKey, list[AnyEvent]] = {}
    for line in (terminal.folder / "log.jsonl").read_text().splitlines():
        event = parse_event(json.loads(line))
        log.setdefault(event.key, []).append(event)
    assert sorted(log) == sorted(keys)
    for key, one in shown.items():
        result = evaluate_ticket(log[key], DEFAULT_POLICY, now())
        assert result is not None
        stopped = [clock.document() for clock in result.clocks if clock.stopped_at is not None]
        assert [
            {part: clock[part] for part in ours} for clock, ours in zip(closed(one), stopped, strict=True)
        ] == stopped

    # What ended long ago goes by itself, as if it had come in when it happened, and reports still have it.
    before = now() // DAY * DAY - int(WANTED["RetentionDays"]) * DAY
    old = [key for key in keys if shown[key]["resolved_at"] and parse_instant(shown[key]["resolved_at"]) < before]
    for key in old:
        for event in log[key]:
            change(system, key, f"E#{event.id}", received_at=format_instant(event.occurred_at))
    drop = ("drop", "--tenant", name, "--before", format_instant(before), "--dry-run")

    def fall_out() -> bool:
        invoke(system, "compile-reports")
        return f"{len(old)}  dropped\n" in terminal(*drop)

    assert old
    assert wait_for(fall_out, 60)
    invoke(system, "drop-tickets")
    assert " dropped\n" not in terminal(*drop)
    assert [key for key in keys if system.api.ticket(key) is None] == old
    assert reported()


def test_what_webhooks_missed_is_found_told_and_forgotten(system: System, terminal: Terminal, tool: Tool) -> None:
    gap = tool.answer
    assert isinstance(gap, Gap)
    name, customer = gap.name, str(gap.customer)
    # What is missed is found by itself: a promise is broken by now, and people are told.
    first = (name, name, "1")
    system.wait_for_delivery(first, "email", "breach", until=now() + TICK + MEASURED_WITHIN)

    # An operator need not wait for that; the tool has its moods.
    second = gap.open(2, now() - 4 * MINUTE)
    reconcile = ("reconcile", "--connection", name)
    tool.faults = deque([(429, {"Retry-After": "1"}), (500, {})])
    assert "; 2 tickets changed; missed 1 ticket.created\nZendesk gives up" in terminal(*reconcile)
    assert "; nothing was missed" in terminal(*reconcile)
    tool.faults = deque([(401, {})])
    assert "refuses the credentials" in terminal(*reconcile, status=1)
    assert f"asked {tool.url}: from " in terminal("connection", "list")
    system.wait_for_delivery(second, "email", "breach", until=now() + MEASURED_WITHIN)

    # The customer is erased from all of it, and every promise stays as it was.
    before = [promises(system, key) for key in (first, second)]
    named = [item for item in items(system) if customer in item]
    forget = ("forget", "--actor", customer, "--connection", name)
    told = "2 tickets: 2 events and 4 alerts {} rewritten\n2 lines of the feed"
    assert terminal(*forget, "--dry-run").startswith(told.format("would be"))
    assert sorted(item for item in items(system) if customer in item) == sorted(named)
    assert terminal(*forget).startswith(told.format("are"))
    assert not [item for item in items(system) if customer in item]
    assert [promises(system, key) for key in (first, second)] == before
    for page in (f"/live?tenant={name}", f"/alerts?tenant={name}", f"/reports/agents?tenant={name}"):
        shown = system.api.get(page)
        assert (shown.status, customer in shown.body.decode()) == (200, False)
    assert "no customer has that id" in terminal(*forget)


def test_what_could_not_be_read_is_read_again_once_its_connection_is_mended(
    system: System, terminal: Terminal, ticket: str
) -> None:
    name = f"mended-{ticket[:8]}"
    add = ("connection", "add", "freshdesk", "--name", name)
    terminal(*add, typed=SECRET)
    at = format_instant(now() - 60 * MINUTE)[:19].replace("T", " ")  # in whatever time zone that is
    told = {"ticket_id": ticket, "triggered_event": "{ticket_action:created}", "event_performer": "requester"}
    told |= {"event_at": at, "ticket_status": "Open", "ticket_source": "Chat", "ticket_priority": "Low"}
    body = json.dumps({"freshdesk_webhook": {**told, "requester_email": "jo@example.com"}}).encode()
    answer = system.api.post_webhook(name, body, signed("freshdesk", body, SECRET))
    assert answer.document == {"accepted": 0, "duplicates": 0, "quarantined": 1}
    replay = ("replay", "--connection", name)
    assert "has no offset" in terminal(*replay, status=1)

    terminal("connection", "remove", name, "--yes")
    terminal(*add, "--timezone", "UTC", typed=SECRET)
    assert terminal(*replay, "--dry-run").startswith("1 body can be read: 1 new event,")
    assert terminal(*replay).startswith("1 body read, and out of quarantine: 1 new event,")
    assert system.quarantined(name) == []
    key = ("default", name, ticket)
    system.wait_until_measured(key)
    shown = system.api.ticket(key)
    assert shown is not None
    # Its promise was broken long before anybody could read it.
    assert (shown["clocks"][0]["state"], {one["status"] for one in shown["alerts"]}) == ("breached", {"quiet"})
