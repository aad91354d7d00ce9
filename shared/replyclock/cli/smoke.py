"""`replyclock smoke`: prove a deployed stack, from a signed webhook to the messages that subscribers get."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from replyclock.adapters.administration import Deployment
from replyclock.adapters.api import ApiFailed, DeployedApi
from replyclock.adapters.dynamodb import Table
from replyclock.adapters.smoke import PROVIDER, TrialSite, clock_offset, left_over, new_name
from replyclock.cli.deployments import deployment, now, open_table
from replyclock.cli.options import add_where, same_place
from replyclock.cli.output import INTERRUPTED
from replyclock.domain.instants import SECOND, to_datetime
from replyclock.service.ports import Received, TicketRecord
from replyclock.service.smoke import POLICY, Hop, NotProven, Prove
from replyclock.sources import source

DESCRIPTION = """\
Proves a deployed stack in about half a minute, in your own account: a temporary connection sends a signed webhook
through the public endpoint, a target of 10 seconds is breached, the alert and then its correction are received in each
form, and each hop is shown with its time (a detection lag is slow beyond 5 s, as where functions had to start first:
run it once more). No version of the policy is published, nobody who is subscribed to the alerts is notified, and no
report, digest or page shows the ticket. All that was made is removed again, also after Ctrl-C; what a run that was
killed has left, the next one removes. Exit status 1 where a hop was not made.
"""
NOT_PROVEN = """\
Not proven: the topic of the alerts (a trial has one of its own) and delivery by
AWS to those who are subscribed to it (`replyclock doctor` looks at their
subscriptions), the webhooks of your own tools (`replyclock connection test
NAME`), summaries of storms, digests and reports.
"""
SKEW = 2 * SECOND
"""This far this machine's clock may differ from AWS's, whose dates have whole seconds, before it is corrected."""
_WRITES_FOR = 3
"""Seconds for which a function that is under way may still write of the ticket."""
# Where there is a terminal that can be closed.
_ENDING = [signal.SIGTERM, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
_COLUMNS = "{:<24} {:>12}  {:>8}  {}"


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("smoke", help="prove a deployed stack from webhook to alert", description=DESCRIPTION)
    add_where(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Proves the deployment and returns the exit status."""
    where = deployment(options)
    table = open_table(where)
    site = TrialSite.of(where, table, new_name(now()))
    with _ended_by_signals():
        _remove_left_over(where, table)
        return _prove(where, site, same_place(options))


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Ends a run that is asked to end as Ctrl-C does, so that what it made is removed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {one: signal.signal(one, signal.default_int_handler) for one in _ENDING}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _remove_left_over(where: Deployment, table: Table) -> None:
    old, young = left_over(table, now())
    for name in old:
        left = TrialSite.of(where, table, name).clean(lambda: None)
        _say(f"{name} of an earlier run is removed" if not left else f"{name} of an earlier run: {'; '.join(left)}")
    for name in young:
        _say(f"{name} is another run's, which has begun minutes ago: it is left alone")


def _prove(where: Deployment, site: TrialSite, same: str) -> int:
    began, status = now(), 0
    try:
        offset = clock_offset(where)
        if abs(offset) > SKEW:
            _say(f"this machine's clock differs from AWS's by {offset / SECOND:.0f} s: it is corrected")
        else:
            offset = 0
        _say(f"trial {site.name}; times are UTC")
        api = DeployedApi(where.api, site.token())
        trial = _Trial(site, api, site.begin(POLICY, now()), offset)
        _say(_COLUMNS.format("hop", "at", "after", "").rstrip())
        for hop in Prove(trial, trial.now, time.sleep)():
            began = hop.at if hop.step == "webhook sent" else began
            _say(_row(hop, began))
    except NotProven as failed:
        status = 1
        _say(f"NOT PROVEN: {failed}\n-> {failed.advice}\n-> replyclock doctor{same}")
    except ApiFailed as failed:
        status = 1
        _say(f"NOT PROVEN: {failed}\n-> replyclock doctor{same}")
    except KeyboardInterrupt:
        status = INTERRUPTED
        print("broken off", file=sys.stderr)
    finally:
        left = _clean(site)
    if status == 0:
        _say(f"proven{', but not all was removed' if left else ''}\n\n{NOT_PROVEN}".rstrip())
    return 1 if left and status == 0 else status


def _clean(site: TrialSite) -> list[str]:
    """Removes what was made, and does not let itself be broken off."""
    with _uninterrupted():
        left = site.clean(lambda: time.sleep(_WRITES_FOR))
    if left:
        _say(f"could not remove all of {site.name}; the next run tries again")
        for one in left:
            _say(f"-> {one}")
    else:
        _say("removed: connection, secret, queues, subscriptions, ticket, policy")
    return left


@contextmanager
def _uninterrupted() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {one: signal.signal(one, signal.SIG_IGN) for one in (signal.SIGINT, *_ENDING)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


@dataclass(frozen=True, slots=True)
class _Trial:
    """The trial, with the deployed API: see service.ports.Trial."""

    site: TrialSite
    api: DeployedApi
    secret: str
    offset: int

    @property
    def key(self) -> tuple[str, str, str]:
        return self.site.key

    def now(self) -> int:
        return now() + self.offset

    def post(self, body: bytes) -> tuple[int, str]:
        url = f"{self.api.address}/webhooks/{self.site.name}"
        headers = source(PROVIDER).sign(body, self.secret, self.now(), url=url)
        reply = self.api.post_webhook(self.site.name, body, headers)
        return reply.status, reply.body.decode(errors="replace")

    def shown(self) -> Mapping[str, Any]:
        return next(self.api.ticket_pages(self.site.key, 1))

    def record(self) -> TicketRecord:
        return self.site.record()

    def measured_at(self) -> int | None:
        return self.site.measured_at()

    def receive(self, form: str) -> Sequence[Received]:
        return self.site.receive(form)


def _row(hop: Hop, began: int) -> str:
    at = f"{to_datetime(hop.at):%H:%M:%S.%f}"[:-3]
    return _COLUMNS.format(hop.step, at, f"{(hop.at - began) / SECOND:.3f} s", hop.detail).rstrip()


def _say(text: str) -> None:
    print(text)
    sys.stdout.flush()
