"""How long after its instant a broken promise is detected, on the local cloud: percentiles over many live tickets.

    .venv/bin/python -m benchmarks.detection_lag [--tickets 300] [--seconds 120]

Promises of ten seconds to an hour break at instants spread over the run, with the sweep firing each minute. Lag is
`detected_at - knowable_at` of the ledger's entries, both as the deployed functions wrote them. What falls due within
fifteen minutes of its webhook is armed by the refresh that follows, and once more by each sweep within whose horizon it
comes; what falls due later is armed by the sweep alone, which only a run of more than 900 seconds shows.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from infra.local.api import Api, now, signed
from infra.local.cloud import running
from infra.local.connections import connect
from infra.local.deploy import deploy
from replyclock.domain.events import TicketKey
from replyclock.domain.instants import SECOND, format_instant, parse_instant
from replyclock.service.refresh import ARMED_WITHIN
from replyclock.sources.base import Connection

PROMISES = (10, 30, 60, 300, 900, 3600)
"""Seconds of the promises, each with as many tickets."""
SETTLED = 5
"""Seconds that the last breach has for being written."""
LONGEST = 2.0
"""Seconds of lag that the 99th percentile may have."""


def policy() -> bytes:
    """A policy with a standard for each promise, alerting at the breach only."""
    standards = [
        {
            "name": f"{seconds}s",
            "when": {"promise": str(seconds)},
            "targets": {"first_response": f"{seconds}s"},
            "alerts": [{"at": "100%"}],
        }
        for seconds in PROMISES
    ]
    document = {"policy": "lag", "version": 1, "effective_from": "2026-01-01T00:00:00Z", "standards": standards}
    return json.dumps(document).encode()


def created(ticket: str, seconds: int, breaks_at: int) -> bytes:
    """A ticket whose promise of that many seconds breaks at an instant."""
    event = {
        "id": f"{ticket}-created",
        "ticket": ticket,
        "type": "ticket.created",
        "occurred_at": format_instant(breaks_at - seconds * SECOND),
        "actor": {"kind": "customer", "id": "c"},
        "attributes": {"promise": str(seconds)},
    }
    return json.dumps(event).encode()


def percentile(ordered: Sequence[float], percent: int) -> float:
    """The nearest-rank percentile."""
    return ordered[math.ceil(len(ordered) * percent / 100) - 1]


def tell(name: str, lags: Sequence[float]) -> float | None:
    """Prints the percentiles; returns the 99th, None where there is nothing."""
    if not lags:
        print(f"{name}: none")
        return None
    ordered = sorted(lags)
    worst = percentile(ordered, 99)
    print(
        f"{name}: {len(ordered)}, lag in seconds: median {statistics.median(ordered):.3f}, "
        f"95th percentile {percentile(ordered, 95):.3f}, 99th {worst:.3f}, longest {ordered[-1]:.3f}"
    )
    return worst


def main() -> int:
    """Prints the figures; exit status 1 when a breach was not detected, or the 99th percentile is above LONGEST."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tickets", type=int, default=300)
    parser.add_argument("--seconds", type=int, default=120, help="over which the breaches are spread")
    options = parser.parse_args()
    chance = random.Random(1)  # noqa: S311 (the same tickets in each run)
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as cloud:
        deployment = deploy(cloud)
        connection = Connection(name="desk", provider="generic")
        secrets = connect(deployment, [connection])
        api = Api(deployment.api, deployment.token)
        if (answer := api.put("/policy", policy())).status >= 300:
            raise SystemExit(f"the policy was not taken: {answer.status}")

        def send(ticket: str, seconds: int, breaks_at: int) -> bool:
            """Returns whether it comes too early for the refresh to arm its timer."""
            left_to_sweep = breaks_at - now() > ARMED_WITHIN
            body = created(ticket, seconds, breaks_at)
            reply = api.post_webhook("desk", body, signed("generic", body, secrets["desk"]))
            if reply.status != 202:
                raise SystemExit(f"{ticket}: {reply.status}")
            return left_to_sweep

        # Chats break ten seconds after they begin, so they are sent while the run goes on; the others at its start.
        begin = now() + 15 * SECOND
        plan = [
            (f"{n}", PROMISES[n % len(PROMISES)], begin + chance.randrange(options.seconds * SECOND))
            for n in range(options.tickets)
        ]
        plan.sort(key=lambda one: max(one[2] - one[1] * SECOND, begin))
        with ThreadPoolExecutor(4) as pool:
            sent = []
            for one in plan:
                wait = one[2] - one[1] * SECOND - now()
                if wait > 0:
                    time.sleep(wait / SECOND)
                sent.append(pool.submit(send, *one))
            left_to_sweep = [future.result() for future in sent]
        time.sleep(max(0, max(one[2] for one in plan) - now()) / SECOND + SETTLED)
        lags: dict[bool, list[float]] = {False: [], True: []}
        slowest: list[tuple[float, float, int]] = []
        missing = 0
        for (ticket, seconds, breaks_at), by_sweep in zip(plan, left_to_sweep, strict=True):
            key: TicketKey = ("default", "desk", ticket)
            found = api.ticket(key)
            alerts = found["alerts"] if found else []
            of_ticket = [
                (parse_instant(one["detected_at"]) - parse_instant(one["knowable_at"])) / SECOND for one in alerts
            ]
            lags[by_sweep] += of_ticket
            slowest += [(lag, (breaks_at - begin) / SECOND, seconds) for lag in of_ticket]
            missing += not alerts
    print(f"{options.tickets} tickets, promises of {PROMISES[0]} to {PROMISES[-1]} s, {os.cpu_count()} cores")
    tell("armed by refresh", lags[False])
    tell("armed by the sweep", lags[True])
    worst = tell("all", lags[False] + lags[True])
    for lag, offset, seconds in sorted(slowest, reverse=True)[:5]:
        print(f"  {lag:.3f} s: a promise of {seconds} s that broke {offset:.1f} s into the run")
    print(f"{missing} not detected")
    return 1 if missing or worst is None or worst > LONGEST else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        # The local cloud is gone by now: leaving its block ends it.
        sys.exit(130)
