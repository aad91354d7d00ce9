"""How long after its instant a broken promise is detected, on the local cloud: percentiles over many live tickets.

    .venv/bin/python -m benchmarks.detection_lag [--tickets 300] [--seconds 120]

Promises of ten seconds to an hour break at instants spread over the run, with the sweep firing each minute. Lag is
`detected_at - knowable_at` of the ledger's entries, both as the deployed functions wrote them.
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
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from infra.local.api import Api, now, signed
from infra.local.cloud import running
from infra.local.connections import connect
from infra.local.deploy import deploy
from replyclock.domain.events import TicketKey
from replyclock.domain.instants import SECOND, format_instant, parse_instant
from replyclock.sources.base import Connection

PROMISES = (10, 30, 60, 300, 900, 3600)
"""Seconds of the promises, each with as many tickets."""
SETTLED = 5
"""Seconds that the last breach has for being written."""


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


def percentile(ordered: list[float], percent: int) -> float:
    """The nearest-rank percentile."""
    return ordered[math.ceil(len(ordered) * percent / 100) - 1]


def main() -> int:
    """Prints the figures; exit status 1 when a breach was not detected at all."""
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
        api.put("/policy", policy())

        def send(ticket: str, seconds: int, breaks_at: int) -> None:
            body = created(ticket, seconds, breaks_at)
            reply = api.post_webhook("desk", body, signed("generic", body, secrets["desk"]))
            if reply.status != 202:
                raise SystemExit(f"{ticket}: {reply.status}")

        # Chats break ten seconds after they begin, so they are sent while the run goes on; the others at its start.
        begin = now() + 15 * SECOND
        plan = [
            (f"{n}", PROMISES[n % len(PROMISES)], begin + chance.randrange(options.seconds * SECOND))
            for n in range(options.tickets)
        ]
        plan.sort(key=lambda one: max(one[2] - one[1] * SECOND, begin))
        with ThreadPoolExecutor(4) as pool:
            for one in plan:
                wait = one[2] - one[1] * SECOND - now()
                if wait > 0:
                    time.sleep(wait / SECOND)
                pool.submit(send, *one)
        time.sleep(max(0, max(one[2] for one in plan) - now()) / SECOND + SETTLED)
        lags, missing = [], 0
        for ticket, _, _ in plan:
            key: TicketKey = ("default", "desk", ticket)
            found = api.ticket(key)
            alerts = found["alerts"] if found else []
            lags += [(parse_instant(one["detected_at"]) - parse_instant(one["knowable_at"])) / SECOND for one in alerts]
            missing += not alerts
    ordered = sorted(lags)
    print(f"{options.tickets} tickets, promises of {PROMISES[0]} to {PROMISES[-1]} s, {os.cpu_count()} cores")
    print(
        f"detection lag in seconds: median {statistics.median(ordered):.3f}, 95th percentile "
        f"{percentile(ordered, 95):.3f}, 99th {percentile(ordered, 99):.3f}, longest {ordered[-1]:.3f}; "
        f"{missing} not detected"
    )
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
