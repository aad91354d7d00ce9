"""Export, forget, drop, rebuild and replay as commands, on a stack in this process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import boto3
import pytest

from replyclock.adapters.administration import Deployment
from replyclock.cli import deployments, export, histories
from replyclock.cli import progress as module
from replyclock.cli.main import main
from replyclock.domain.events import AnyEvent, TicketKey, event_document, event_text, parse_event, read_stored_event
from replyclock.domain.instants import DAY, SECOND, format_instant, parse_instant
from replyclock.domain.judging import evaluate_ticket
from replyclock.service.history import ImportHistory
from replyclock.service.policies import read_stored_policy
from replyclock.service.ports import PublishedPolicy
from replyclock.sources.base import Headers
from tests.adapters.backends import moto_in_process
from tests.adapters.samples import created, reply, solved
from tests.service.house import House

# Long ago by any clock: commands take the present for now.
THEN = parse_instant("2024-03-01T09:00:00Z")
AT = format_instant(THEN + 30 * DAY)
POLICY = """\
policy: acme
version: {version}   # as somebody wrote it
effective_from: {since}
standards: [{{name: all, when: {{channel: chat}}, targets: {{first_response: {target}}}}}]
"""


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[House]:
    monkeypatch.chdir(tmp_path)
    with moto_in_process():
        house = House()
        deploy(monkeypatch, house)
        yield house


def deploy(monkeypatch: pytest.MonkeyPatch, house: House) -> None:
    session = boto3.DEFAULT_SESSION
    assert session is not None
    queue, bucket = house.queue_url, house.bucket
    stack = Deployment("https://api.example", house.store.name, "test", session, timer_queue=queue, bucket=bucket)
    monkeypatch.setattr(deployments, "deployed_stack", {"replyclock": stack}.__getitem__)


def key(ticket: str, source: str = "desk", tenant: str = "default") -> TicketKey:
    return tenant, source, ticket


def keep_log(house: House) -> dict[TicketKey, list[AnyEvent]]:
    """Tickets of several sources and days; one without its creation, and an event that is told in two ways."""
    log = {
        key("1"): [created(key("1"), THEN), reply(key("1"), THEN + 20 * SECOND), solved(key("1"), THEN + 60 * SECOND)],
        key("2"): [created(key("2"), THEN + DAY), reply(key("2"), THEN + DAY + SECOND)],
        key("3", "shop"): [reply(key("3", "shop"), THEN + 2 * DAY)],
        key("1", tenant="acme"): [created(key("1", tenant="acme"), THEN + 3 * DAY)],
    }
    log[key("2")].append(reply(key("2"), THEN + DAY + 9 * SECOND))
    house.now.at = THEN + 4 * DAY
    for events in log.values():
        house.told(*events)
    for version, target in ((1, "15m"), (2, "5s")):
        text = POLICY.format(version=version, since=format_instant(THEN + (version - 1) * DAY), target=target)
        house.policies.add(PublishedPolicy(version, text, THEN))
    return log


def exported(capfdbinary: pytest.CaptureFixture[bytes], *options: str) -> list[str]:
    assert main(["export", *options]) == 0
    return capfdbinary.readouterr().out.decode().splitlines()


def test_what_was_stored_before_there_were_bounds_goes_out(
    house: House, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    old = read_stored_event(event_document(created(key("1"), THEN)) | {"attributes": {"tier": "", "brand": "x" * 9999}})
    house.told(old)
    assert exported(capfdbinary) == [event_text(old)]


def test_what_goes_out_makes_equal_tickets_elsewhere(
    house: House, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path
) -> None:
    log = keep_log(house)
    lines = exported(capfdbinary)
    assert lines == [event_text(one) for told in sorted(log) for one in log[told]], "by ticket, each telling"
    first = exported(capfdbinary, "--to", "2024-03-03")
    assert first == [one for one in lines if json.loads(one)["occurred_at"] < "2024-03-03"]
    assert sorted(first + exported(capfdbinary, "--from", "2024-03-03")) == sorted(lines)
    assert exported(capfdbinary, "--tenant", "acme") == [event_text(one) for one in log[key("1", tenant="acme")]]
    assert exported(capfdbinary, "--source", "shop") == [event_text(one) for one in log[key("3", "shop")]]

    out, policies = tmp_path / "log.jsonl", tmp_path / "policies"
    assert exported(capfdbinary, "--output", str(out), "--policies", str(policies)) == []
    assert out.read_text().splitlines() == lines
    with monkeypatch.context() as broken:
        broken.setattr(export, "lines", lambda told: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            main(["export", "--output", str(out)])
    assert out.read_text().splitlines() == lines and not list(tmp_path.glob("*.begun"))
    documents = sorted(policies.iterdir())
    assert [one.read_text() for one in documents] == [one.text for one in house.policies.published()]

    empty = House()
    deploy(monkeypatch, empty)
    # One after the other: this store is not safe under threads.
    monkeypatch.setattr(histories, "ImportHistory", partial(ImportHistory, threads=1))
    assert main(["import", "generic", str(out), "--stack", "replyclock"]) == 0
    capfdbinary.readouterr()
    for version, document in enumerate(documents, 1):
        empty.policies.add(PublishedPolicy(version, document.read_text(), empty.now()))
    given = [option for one in documents for option in ("--policy", str(one))]
    assert main(["evaluate", "--json", "--at", AT, *given, str(out)]) == 0
    judged = [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    policy = read_stored_policy(empty.policies)
    there = [
        evaluate_ticket((stored.event for stored in empty.record(told).events), policy, parse_instant(AT))
        for told in sorted(log)
    ]
    assert judged == [json.loads(json.dumps(one.document())) for one in there if one is not None]
    assert [one["clocks"][0]["policy_version"] for one in judged if one["clocks"]] == [2, 1, 2]
    assert exported(capfdbinary) == lines


def test_an_operator_does_it_from_a_terminal(
    house: House, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(*arguments: str, status: int = 0, progress: str = "") -> str:
        assert main(arguments) == status
        told = capsys.readouterr()
        assert progress in told.err
        return told.out

    keep_log(house)
    house.connect()
    body = json.dumps({"id": "x", "type": "ticket.created", "ticket": "9", "occurred_at": AT}).encode()
    house.quarantine.keep("desk", body, Headers(), ["a fault that is mended"], house.now())
    house.quarantine.keep("desk", b"{", Headers(), ["is not JSON"], house.now())
    assert "1 body read, and out of quarantine: 1 new event, 0 known; 1 still" in said("replay", status=1)
    assert "is not JSON" in said("replay", "--connection", "desk", "--dry-run", status=1)
    told = {"provider": "generic", "kind": "event", "place": "page.json:1", "reason": "a fault that is mended"}
    line = {"set_aside": told, "record": event_document(solved(key("4"), THEN))}
    Path("desk.set-aside.jsonl").write_text(json.dumps(line))
    assert "1 of the events would be new" in said("replay", "desk.set-aside.jsonl", "--dry-run")

    monkeypatch.setattr(module, "LINE_EVERY", 0)  # as if each step took long
    asked: tuple[str, ...] = ("rebuild", "--all", "--rate", "10000")
    assert "5 tickets, of which 5 differ" in said(*asked, status=1, progress="comparing: 5 tickets\n")
    assert "5 written" in said(*asked, "--write", progress="measuring: 5 of 5 tickets, 0 s left\n")
    assert "2 tickets, of which 0 differ" in said("rebuild", "--from", "2024-03-01", "--to", "2024-03-03")
    assert {record.status for record in house.record(key("1", tenant="acme")).ledger} == {"quiet"}, (
        "nobody is alerted of the past"
    )
    assert house.published() == []

    asked = ("forget", "--actor", "c", "--tenant", "default")
    assert said(*asked, "--dry-run", progress="looking: ").startswith("2 tickets: 2 events")
    assert said(*asked).startswith("2 tickets: 2 events")
    assert said(*asked).startswith("no customer has that id")

    house.now.at = deployments.now()
    house.compile(house.now() + DAY)
    asked = ("drop", "--before", "2024-03-20")
    assert "1  dropped\n" in said(*asked, "--dry-run", progress="looking: 1 of 3 tickets, ")
    assert said(*asked).endswith("gone: 3 events\n")
    assert house.record(key("1")).events == ()
    house.told(reply(key("1"), THEN + 5 * DAY, "late"))
    house.refresh(key("1"))
    assert key("1") not in {parse_event(json.loads(line)).key for line in said("export").splitlines()}
    assert "1  dropped before\n" in said(*asked)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["export", "--from", "yesterday"], "--from: "),
        (["export", "--from", "2024-03-02", "--to", "2024-03-01"], "--to: must be later than --from"),
        (["rebuild"], "--all"),
        (["rebuild", "--all", "--from", "2024-03-01"], "one of them"),
        (["forget", "--actor", "c", "--everywhere", "--also", "x"], "--also"),
        (["drop", "--before", "2999-01-01"], "30 days ago"),
        (["replay", "page.jsonl"], "page.jsonl:1: is nothing that an import has set aside"),
        (["replay", "--connection", "nobody"], "no connection nobody"),
    ],
)
def test_what_is_wrong_is_told(
    house: House, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    Path("page.jsonl").write_text('{"id": "1"}\n')
    assert main(arguments) == 2
    assert told in capsys.readouterr().err
