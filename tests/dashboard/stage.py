"""The dashboard on a stage: the real handler of the API on this machine, over moto, with a quarter of figures, some
tens of live tickets, and a breach whenever one is wanted.

`python -m tests.dashboard.stage` serves it until it is interrupted, and prints its address with the token.
"""

from __future__ import annotations

import base64
import heapq
import random
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

import pytest

from replyclock.adapters.archive import DynamoArchive
from replyclock.domain.events import AnyEvent, TicketKey
from replyclock.domain.figures import ticket_figures
from replyclock.domain.instants import DAY, MINUTE, SECOND, day_of, format_instant
from replyclock.domain.policy import Policy
from replyclock.presentation import assets
from replyclock.service.policies import read_stored_policy
from replyclock.service.ports import SHARDS, PublishedPolicy
from tests.adapters.backends import moto_in_process
from tests.adapters.samples import event
from tests.evaluation.quarter import END, POLICY, quarter
from tests.functions.conftest import TOKEN, Context, Deployed, function_of
from tests.gateway import handed_over

HOUR = 60 * MINUTE
SEED = 7
_CALENDARS = """\
calendars:
  office:
    timezone: Europe/Berlin
    hours: {mon: ["08:00-18:00"], tue: ["08:00-18:00"], wed: ["08:00-18:00"], thu: ["08:00-18:00"],
      fri: ["08:00-16:00"]}
    holidays: [2026-12-25, {region: DE-BE}]
  shanghai:
    timezone: Asia/Shanghai
    hours: {mon: ["09:00-12:00", "13:30-18:00"], tue: ["09:00-12:00", "13:30-18:00"],
      wed: ["09:00-12:00", "13:30-18:00"], thu: ["09:00-12:00", "13:30-18:00"],
      fri: ["09:00-12:00", "13:30-18:00"], sat: ["10:00-14:00"]}
    holidays: [{region: CN}]
"""
_STANDARDS = """\
standards:
  # Answered by the night shift, too.
  - name: chat
    when: {channel: chat, service_type: urgent}
    targets: {first_response: 10s, next_response: 2m}
    alerts: [{at: 80%}, {at: 100%, notify: [team, lead]}]
  - name: vip
    when: {tier: vip}
    targets: {first_response: 15m, next_response: 30m, resolution: 8h}
    alerts: [{at: 80%, notify: team}, {at: 100%, notify: [team, lead]}, {at: 150%, notify: manager}]
    remind_every: 8h
  - name: phone
    when: {channel: phone, brand: {not: internal}}
    targets: {first_response: 30m}
  - name: regular
    when: {tier: regular, language: [en, de]}
    calendar: office
    targets: {first_response: FIRST, resolution: 20h, total_response: 3bd}
  - name: Kunden in 中国
    when: {tier: regular, language: zh}
    calendar: shanghai
    targets: {first_response: FIRST, total_response: 2bd}
monitoring:
  - {when: {service_type: urgent}, every: 1h}
  - {when: {service_type: general}, every: 24h}
"""
TEAMS = {"anna": "first line", "ben": "first line", "carla": "billing", "dou": "billing", "eve": "logistics"}
_FIGURES = 15 * DAY
"""How much of the sample quarter there is."""
_ALIVE, _OVER = 24, 4
_LOOKED = 100 * MINUTE
"""How long somebody has looked: what fell due before was found at once then, the rest at its instant."""

_PRESSING: tuple[tuple[float, Mapping[str, str]], ...] = (
    (12.6, {"tier": "vip", "channel": "email", "category": "billing"}),
    (13.8, {"tier": "vip", "channel": "chat", "category": "product"}),
    (26.5, {"tier": "regular", "channel": "phone", "category": "delivery"}),
    (4.2, {"tier": "vip", "channel": "social", "category": "billing"}),
)
"""Minutes since they came in, and what they are: three are at risk, and all fall due while one looks."""


def policy_text(version: int, effective_from: int, first: str) -> str:
    """A version of the policy of the stage."""
    head = f"policy: acme-support\nversion: {version}\neffective_from: {format_instant(effective_from)}\n"
    return head + _CALENDARS + _STANDARDS.replace("FIRST", first)


class _House(Deployed):
    """Reads the policy again when there is another version, as it takes longer than a refresh."""

    known: tuple[list[PublishedPolicy], Policy] | None = None

    def policy(self) -> Policy:
        published = self.policies.published()
        if self.known is None or self.known[0] != published:
            self.known = published, read_stored_policy(self.policies)
        return self.known[1]


class Stage:
    """All that is served. Who has `lock` is alone with it, as moto needs it: what is done here is there for the next
    request.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.house = _House(patch)
        self.began = self.house.now.at
        self.made = 0
        self.due: list[tuple[int, TicketKey]] = []
        self.lock = threading.RLock()
        self.anew = False
        """Whether files are read anew for each request: for those who write them."""
        self._publish_policies()
        self._live()
        self._write_figures()
        self.functions = {name: self.house.load(name) for name in ("serve_api", "serve_reports")}

    def _publish_policies(self) -> None:
        for version, days, first in ((1, 200, "6h"), (2, 40, "4h")):
            at = self.house.now.at = self.began - days * DAY
            self.house.policies.add(PublishedPolicy(version, policy_text(version, at, first), at))
            for shard in range(SHARDS):
                self.house.judgings.handed_over(version, shard, 0)
        self.house.now.at = self.began - _LOOKED

    def _write_figures(self) -> None:
        """The end of the sample quarter, moved by whole weeks so that it is now, as the facts of days."""
        moved_by = (END - self.began) // (7 * DAY) * 7 * DAY
        found = []
        for events in quarter(SEED).tickets().values():
            if -_FIGURES < events[0].occurred_at - moved_by - self.began < 0:
                moved = [one.model_copy(update={"occurred_at": one.occurred_at - moved_by}) for one in events]
                found.append(ticket_figures(moved, POLICY, self.began))
        tickets = sorted((one for one in found if one is not None), key=lambda one: one.created_at)
        built = {
            day: self.house.facts.build(day, None, {one.key: one for one in of_day}, self.began)
            for day, of_day in groupby(tickets, key=lambda one: day_of(one.created_at))
        }
        self.house.facts.commit(self.house.facts.manifest(), built)

    def _live(self) -> None:
        """Tickets of the last days."""
        chance = random.Random(SEED)
        for number in range(_ALIVE + _OVER):
            key = (chance.choice(["default"] * 4 + ["outlet"]), chance.choice(["desk", "shop"]), str(4100 + number))
            lived = _life(chance, key, self.began, over=number >= _ALIVE)
            for one in lived:
                self.house.log.append(one, one.occurred_at)
            heapq.heappush(self.due, (max(lived[0].occurred_at, self.began - _LOOKED), key))
        for number, (minutes, attributes) in enumerate(_PRESSING):
            key = ("default", "desk", str(4200 + number))
            lived = [_opened(key, self.began - round(minutes * MINUTE), {"service_type": "general", **attributes})]
            self.house.log.append(lived[0], lived[0].occurred_at)
            heapq.heappush(self.due, (lived[0].occurred_at, key))
        self.run_until(self.began)

    def run_until(self, at: int) -> None:
        """What falls due by then is measured and told at its instant."""
        while self.due and self.due[0][0] <= at:
            due_at, key = heapq.heappop(self.due)
            self.house.now.at = max(due_at, self.house.now.at)
            self._refresh(key)
        self.house.now.at = at

    def _refresh(self, key: TicketKey) -> None:
        self.house.refresh(key)
        self.house.timers.armed.clear()
        record = self.house.record(key)
        for known in record.ledger:
            if known.status == "pending":
                self.house.publish(key, known.entry.sort_key, "stage")
        if record.state is not None and record.state.due_at is not None:
            heapq.heappush(self.due, (record.state.due_at, key))

    def come_in(self, ticket: str, ago: int, **attributes: str) -> None:
        """A ticket comes in that was opened so many microseconds ago."""
        key = ("default", "desk", ticket)
        with self.lock:
            self.beat()
            now = self.house.now()
            self.house.log.append(_opened(key, now - ago, {"service_type": "general", **attributes}), now)
            self._refresh(key)

    def breach(self, ticket: str) -> None:
        """A ticket comes in whose ten seconds are over in one."""
        self.come_in(ticket, 9 * SECOND, channel="chat", tier="vip", service_type="urgent", language="en")

    def drop(self, key: TicketKey) -> None:
        """A ticket's log is dropped, as it ended long ago."""
        with self.lock:
            DynamoArchive(self.house.store.table).drop(key, self.house.now())

    def beat(self) -> None:
        """What falls due by now."""
        with self.lock:
            self.run_until(time.time_ns() // 1000)

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
        """What the function answers to a request, as API Gateway hands it over (payload 2.0)."""
        if self.anew:
            assets.forget()
        path, query = handed_over(target)
        http = {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1"}
        asked = {
            "version": "2.0",
            "routeKey": f"{method} {path}",
            "rawPath": path,
            "rawQueryString": urlsplit(target).query,
            "headers": {name.lower(): value for name, value in headers.items()},
            "requestContext": {"http": http, "stage": "$default", "requestId": "stage", "domainName": "stage"},
            "body": base64.b64encode(body).decode() if body else None,
            "isBase64Encoded": bool(body),
            **({"queryStringParameters": query} if query else {}),
        }
        with self.lock:
            found: dict[str, Any] = self.functions[function_of(str(asked["rawPath"]))].lambda_handler(asked, Context())
        return found


def _opened(key: TicketKey, at: int, attributes: Mapping[str, str]) -> AnyEvent:
    customer, opening = {"kind": "customer", "id": f"c-{key[2]}"}, {"id": "opening", "visibility": "public"}
    return event("created", "ticket.created", at, key, actor=customer, attributes=dict(attributes), message=opening)


def _life(chance: random.Random, key: TicketKey, now: int, *, over: bool) -> list[AnyEvent]:
    """What happened to a ticket up to now; nothing happens later."""
    attributes = {
        "channel": chance.choice(["email", "email", "chat", "phone", "social"]),
        "tier": chance.choice(["vip", "regular", "regular"]),
        "language": chance.choice(["en", "de", "zh"]),
        "service_type": "general",
        "category": chance.choice(["billing", "delivery", "product"]),
    }
    agent = chance.choice([*TEAMS])
    told: list[AnyEvent] = []
    at = now - round(chance.uniform(0.01, 1) ** 3 * 60 * HOUR)
    customer, helper = {"kind": "customer", "id": f"c-{key[2]}"}, {"kind": "agent", "id": agent}

    def tell(type_: str, actor: dict[str, str], **fields: Any) -> None:
        if at < now:
            told.append(event(f"{len(told)}", type_, at, key, actor=actor, sequence=len(told), **fields))

    def said(visibility: str = "public") -> dict[str, str]:
        return {"id": f"m{len(told)}", "visibility": visibility}

    tell("ticket.created", customer, attributes=attributes, message=said())
    if chance.random() < 0.75 or over:
        at += round(chance.lognormvariate(0, 0.9) * 6 * MINUTE)
        tell("assignment.changed", {"kind": "system"}, assignee=agent, group=TEAMS[agent])
    if chance.random() < 0.6 or over:
        at += round(chance.lognormvariate(0, 0.9) * 12 * MINUTE)
        tell("message.added", helper, message=said())
        tell("status.changed", helper, status="open")
    if chance.random() < 0.5:
        at += round(chance.lognormvariate(0, 0.6) * 20 * MINUTE)
        tell("message.added", helper, message=said("internal"))
        tell("status.changed", helper, status=chance.choice(["pending", "on_hold"]))
        if chance.random() < 0.5:
            at += round(chance.lognormvariate(0, 0.8) * 2 * HOUR)
            tell("message.added", customer, message=said())
            tell("status.changed", customer, status="open")
    if over:
        at += round(chance.lognormvariate(0, 0.8) * HOUR)
        tell("message.added", helper, message=said())
        tell("status.changed", helper, status="solved")
        tell("rating.given", customer, rating=chance.choice([3, 4, 5, 5]))
    return told


class _Server(ThreadingHTTPServer):
    """Reads each connection by itself: browsers open some ahead of what they will ask, and no other waits for those."""

    daemon_threads = False  # nothing is answered any more when moto ends

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        super().__init__(("127.0.0.1", 0), _Handler)

    def service_actions(self) -> None:
        self.stage.beat()


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 5
    """Seconds that a connection may be silent."""

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        answer = self.server.stage.answer(self.command, self.path, dict(self.headers.items()), body)
        content = answer.get("body") or ""
        sent = base64.b64decode(content) if answer.get("isBase64Encoded") else content.encode()
        self.send_response(answer["statusCode"])
        for name, value in answer.get("headers", {}).items():
            self.send_header(name, value)
        if answer["statusCode"] != 304:
            self.send_header("content-length", str(len(sent)))
        with suppress(ConnectionError):  # a page that is left does not wait for its answers
            self.end_headers()
            self.wfile.write(sent)

    do_GET = do_PUT = do_POST = _serve  # noqa: N815 (their names are given)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (so is this)
        """Requests are nobody's concern."""


@contextmanager
def staged() -> Iterator[tuple[Stage, str]]:
    """The stage and its address, served by a thread of its own until the end."""
    with moto_in_process(), pytest.MonkeyPatch.context() as patch:
        stage = Stage(patch)
        with _Server(stage) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
            thread.start()
            try:
                yield stage, f"http://127.0.0.1:{server.server_port}"
            finally:
                server.shutdown()
                thread.join()


if __name__ == "__main__":
    with staged() as (shown, address):
        shown.anew = True
        print(f"{address}/#token={TOKEN}", flush=True)
        threading.Event().wait()
