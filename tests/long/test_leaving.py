"""A team leaves with its data: what one stack exports, with its policy, makes an empty one tell the same.

Two local clouds at once, so for half a minute: `make test-long`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local.api import Api, now, signed, wait_for
from infra.local.cloud import running
from infra.local.connections import connect
from infra.local.deploy import Deployment, deploy
from replyclock.cli.main import main
from replyclock.domain.events import parse_event
from replyclock.domain.instants import DAY, MINUTE, format_instant
from replyclock.sources.base import Connection
from tests.long.generated import Year

pytestmark = pytest.mark.long

TICKETS = 60
LIVE = ("desk", "acme")
"""The connection and the tenant of tickets that come by webhooks."""
MEASURED_WITHIN = 60
GOING_ON = ("elapsed_seconds", "explanation")
"""What of a clock that runs differs from one look to the next."""


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Deployment]:
    with running(tmp_path / "old" / "cloud") as cloud:
        yield deploy(cloud)


@pytest.fixture
def new(tmp_path: Path) -> Iterator[Deployment]:
    with running(tmp_path / "new" / "cloud") as cloud:
        yield deploy(cloud)


def test_an_empty_stack_tells_the_same_of_what_another_has_exported(
    old: Deployment, new: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = Api(old.api, old.token), Api(new.api, new.token)
    for name, deployment in (("old", old), ("new", new)):
        (tmp_path / name / ".local").mkdir()
        (tmp_path / name / ".local" / "endpoint.json").write_text(json.dumps(deployment.endpoint_document()))
    monkeypatch.chdir(tmp_path / "old")
    year = Year(TICKETS, now() - DAY)
    year.write(tmp_path / "pages")
    support = Connection(name="support", provider="zendesk")
    secrets = connect(old, [support, Connection(name=LIVE[0], provider="generic", tenant=LIVE[1])])
    # The second half of the year is judged by another promise; what is told live is, too.
    for version, since, target in ((1, year.end - 400 * DAY, "1h"), (2, year.end - 180 * DAY, "8h")):
        assert here.put("/policy", _policy(version, since, target)).status == 201
    assert main(["import", "zendesk", str(tmp_path / "pages"), "--connection", "support", "--local"]) == 0
    for number in range(3):
        body = _created(f"L-{number}", now() - 90 * MINUTE)
        assert here.post_webhook(LIVE[0], body, signed("generic", body, secrets[LIVE[0]])).status == 202
    assert wait_for(_measured, MEASURED_WITHIN)

    assert main(["export", "--output", "../log.jsonl", "--policies", "../policies", "--local"]) == 0
    keys = sorted({parse_event(json.loads(line)).key for line in (tmp_path / "log.jsonl").read_text().splitlines()})
    assert len(keys) == TICKETS + 3

    monkeypatch.chdir(tmp_path / "new")
    policies = sorted((tmp_path / "policies").iterdir())
    assert [there.put("/policy", file.read_bytes()).status for file in policies] == [201, 201]
    assert main(["import", "generic", "../log.jsonl", "--local"]) == 0
    assert wait_for(_measured, MEASURED_WITHIN)
    assert _documents(there) == _documents(here)
    for key in keys:
        assert _told(there, key) == _told(here, key)
    assert new.cloud.inbox.read_text() == ""
    # Once more: it is all there.
    assert main(["export", "--output", "../again.jsonl", "--local"]) == 0
    assert (tmp_path / "again.jsonl").read_bytes() == (tmp_path / "log.jsonl").read_bytes()


def _policy(version: int, since: int, target: str) -> bytes:
    standard = {
        "name": "all",
        "when": {"channel": ["email", "web", "chat", "phone"]},
        "targets": {"first_response": target},
    }
    document: dict[str, Any] = {"policy": "acme", "version": version, "effective_from": format_instant(since)}
    return json.dumps({**document, "standards": [standard]}).encode()


def _created(ticket: str, at: int) -> bytes:
    event = {"id": ticket, "ticket": ticket, "type": "ticket.created", "occurred_at": format_instant(at)}
    return json.dumps({**event, "actor": {"kind": "customer", "id": "jo"}, "attributes": {"channel": "web"}}).encode()


def _measured() -> bool:
    """Whether all tickets of the stack of this folder are as their log says."""
    return main(["rebuild", "--all", "--local", "--rate", "1000"]) == 0


def _documents(api: Api) -> list[Any]:
    return [one["document"] for one in api.get("/policy/versions").document["versions"]]


def _told(api: Api, key: tuple[str, str, str]) -> dict[str, Any]:
    """What the API says of a ticket, but for what time changes, and what people were told."""
    told = api.ticket(key)
    assert told is not None
    running = [clock for clock in told["clocks"] if clock["stopped_at"] is None]
    for clock in running:
        for part in GOING_ON:
            del clock[part]
    for part in ("alerts", *(("waits", "time_in_status") if running else ())):
        del told[part]
    return told
