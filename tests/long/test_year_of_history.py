"""A year of history comes into the local cloud while webhooks arrive, is broken off once, and goes on.

By itself for minutes: `make test-long`, which also prints how long it took until the history was written, measured, and
in the reports. `REPLYCLOCK_LONG_TICKETS` says how many tickets (20,000), and `REPLYCLOCK_LONG_RATE` how many events a
second.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local.api import Api, now, signed, wait_for
from infra.local.cloud import running
from infra.local.connections import connect
from infra.local.deploy import Deployment, deploy
from replyclock.adapters.dynamodb import Table
from replyclock.adapters.tickets import DynamoTickets
from replyclock.cli.history_files import History, files_of, read_files
from replyclock.domain.alerts import next_due
from replyclock.domain.events import AnyEvent, TicketKey
from replyclock.domain.instants import DAY, SECOND, format_instant
from replyclock.domain.judging import evaluate_ticket
from replyclock.domain.policy import DEFAULT_POLICY
from replyclock.service.ports import TicketRecord
from replyclock.service.refresh import summarize
from replyclock.sources import source
from replyclock.sources.base import Connection, Headers, Webhook
from replyclock.sources.exports import export_reader
from tests.long.generated import Year

pytestmark = pytest.mark.long

TICKETS = int(os.environ.get("REPLYCLOCK_LONG_TICKETS", "20000"))
RATE = os.environ.get("REPLYCLOCK_LONG_RATE", "200")
CONNECTION = Connection(name="support", provider="zendesk")
ROOT = Path(__file__).resolve().parents[2]
MEASURED_WITHIN = 1800
"""Seconds that the functions may lag behind the import at its end."""
REPORTED_WITHIN = 1800
"""Seconds after which reports have all of it."""
API_SAMPLE = 50
"""Tickets that are also read through the API: one call a ticket takes long."""


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    with running(tmp_path / "cloud") as cloud:
        yield deploy(cloud)


class Live(threading.Thread):
    """Zendesk's webhooks of some of the tickets, one after the other, while the history comes in."""

    def __init__(self, api: Api, secret: str, bodies: list[bytes]) -> None:
        super().__init__()
        self._api, self._secret, self._bodies = api, secret, bodies
        self.answers: list[dict[str, Any]] = []
        self.pause = 0.1

    def run(self) -> None:
        for body in self._bodies:
            reply = self._api.post_webhook(CONNECTION.name, body, signed("zendesk", body, self._secret))
            assert reply.status == 202
            self.answers.append(reply.document)
            time.sleep(self.pause)


def test_a_year_of_history(deployment: Deployment, tmp_path: Path) -> None:
    year = Year(TICKETS, now() - DAY)
    year.write(tmp_path / "pages")
    (secret,) = connect(deployment, [CONNECTION]).values()
    api = Api(deployment.api, deployment.token)
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "endpoint.json").write_text(json.dumps(deployment.endpoint_document()))
    # Every tenth ticket also comes by webhooks, up to 300 of them; half of these tell it before the import gets there.
    overlap = list(range(1, TICKETS + 1, 10))[:300]
    bodies = [body for ticket in overlap for body in year.webhooks(ticket)]
    live = Live(api, secret, bodies)
    live.start()

    begun = now()
    first = _import(tmp_path)
    broken_off = wait_for(lambda: _checkpoint(tmp_path), 600)
    assert broken_off, "the import does not get on"
    first.send_signal(signal.SIGINT)
    told, complaint = first.communicate(timeout=60)
    assert first.returncode == 130 and "The same command goes on from here" in complaint
    second = _import(tmp_path)
    told, complaint = second.communicate(timeout=24 * 3600)
    assert second.returncode == 0, complaint
    assert re.search(r"going on after \d+ of support", told)
    written = now()
    live.join()
    assert {answer["quarantined"] for answer in live.answers} == {0}

    expected = _offline(year, tmp_path, bodies)
    tickets = DynamoTickets(Table(deployment.cloud.client("dynamodb"), deployment.outputs["TableName"]))
    _compare(tickets, expected)
    print(
        f"\n{sum(map(len, expected.values())):,} tellings of {len(expected):,} tickets, in {_minutes(begun, written)}"
    )
    print(f"all measured, and equal to the offline evaluation, {_minutes(written)} after that")
    chosen = sorted(expected)[:: max(1, len(expected) // API_SAMPLE)]
    for key in chosen:
        shown = api.ticket(key)
        assert shown is not None
        result = evaluate_ticket(expected[key], DEFAULT_POLICY, now())
        assert result is not None and shown["state"] == result.state
        stopped = [{**one, "explanation": None} for one in shown["clocks"] if one["stopped_at"] is not None]
        ours = [one.document() for one in result.clocks if one.stopped_at is not None]
        assert [{name: one[name] for name in ours[n]} for n, one in enumerate(stopped)] == ours
    assert {one.status for key in expected for one in tickets.read(key).ledger} == {"quiet"}
    compiling = deployment.cloud.client("lambda")

    def is_reported() -> bool:
        # Each five minutes its schedule does so; one that finds another one at it does nothing.
        compiling.invoke(FunctionName="replyclock-local-compile-reports", Payload=b"{}", InvocationType="Event")
        return _reported(api, year.end) == len(expected)

    assert wait_for(is_reported, REPORTED_WITHIN, every=20), "the reports lag behind"
    print(f"the reports have all of them {_minutes(begun)} after the import began")


def _minutes(begin: int, end: int | None = None) -> str:
    return f"{((now() if end is None else end) - begin) / SECOND / 60:.1f} min"


def _reported(api: Api, end: int) -> int:
    """Of how many tickets, by the year's summary."""
    begin, until = (format_instant(at - at % DAY) for at in (end - 366 * DAY, end + DAY))
    reply = api.get(f"/reports/summary?from={begin}&to={until}")
    assert reply.status == 200
    return int(reply.document["total"]["tickets"]["created"])


_COMMAND = """\
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # which whoever runs tests in the background has taken away
from replyclock.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


def _import(folder: Path) -> subprocess.Popen[str]:
    arguments = ["import", "zendesk", "pages", "--connection", CONNECTION.name, "--local", "--rate", RATE]
    return subprocess.Popen(
        [sys.executable, "-c", _COMMAND, *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "shared")},
    )


def _checkpoint(folder: Path) -> bool:
    return any((folder / ".replyclock-import").glob("*.json"))


def _offline(year: Year, folder: Path, bodies: list[bytes]) -> dict[TicketKey, list[AnyEvent]]:
    """The events of all tickets, read without any store: from the pages, and from the webhooks."""
    export, history = export_reader("zendesk", CONNECTION), History()
    read_files(files_of([str(folder / "pages")]), export, history, _refuse, _pass)
    history.translate(export, None, _length, _refuse, _pass)
    found = {key: list(events) for key, events in history.tickets()}
    history.close()
    for body in bodies:
        for event in source("zendesk").translate(Webhook(body, Headers(), 0), CONNECTION).events:
            found[event.key].append(event)
    return found


def _pass(size: int) -> None:
    pass


def _length(event: AnyEvent, told: str) -> int:
    return len(told)


def _refuse(one: Any) -> None:
    raise AssertionError(f"{one.piece.place}: {one.reason}")


def _compare(tickets: DynamoTickets, expected: dict[TicketKey, list[AnyEvent]]) -> None:
    """Each ticket's state in the table is that of its events, evaluated here; the functions may lag behind."""
    until = now() + MEASURED_WITHIN * SECOND
    for key, events in expected.items():
        # Only one is asked for while they lag, so that asking does not hold them up.
        while not _is_equal(tickets.read(key), events):
            assert now() < until, f"{key} differs"
            time.sleep(1)


def _is_equal(record: TicketRecord, events: list[AnyEvent]) -> bool:
    at = now()
    result = evaluate_ticket(events, DEFAULT_POLICY, at)
    state = summarize(result, next_due(events, result, DEFAULT_POLICY, at))
    stored = evaluate_ticket([one.event for one in record.events], DEFAULT_POLICY, at)
    return bool(record.state == state and result and stored and stored.document() == result.document())
