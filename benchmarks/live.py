"""What the page's first look costs with very many open tickets, as DynamoDB Local counts it, and how long it takes.

    .venv/bin/python -m benchmarks.live [--endpoint http://127.0.0.1:8000] [--tickets 30000]

The page asks first for the clocks alone (`counts=kept`), then for the counts as well, which are kept for a while.
"""

from __future__ import annotations

import argparse
import random
import sys
import time

from botocore.exceptions import BotoCoreError

from replyclock.adapters.tickets import DynamoTickets
from replyclock.domain.instants import MINUTE
from replyclock.domain.standings import OpenClock, urgency
from replyclock.service.live import ReadLive
from replyclock.service.ports import TicketState
from tests.adapters.backends import Store, local_client
from tests.faults.crowd import keep

from .sweep import endpoint


def state(number: int, now: int) -> TicketState:
    """An open ticket, a tenth of them late."""
    chance = random.Random(number)  # noqa: S311 (made-up tickets, not secrets)
    started = now - chance.randrange(600) * MINUTE
    due = now + chance.randrange(-60, 540) * MINUTE
    clocks = (OpenClock("first_response", "running", started, due, due + 1, due - 5 * MINUTE, "regular"),)
    attributes = {"channel": chance.choice(("email", "chat", "phone")), "tier": chance.choice(("vip", "regular"))}
    return TicketState(
        "open", ("running",), due, urgency(clocks), clocks, None, attributes, started, f"team-{number % 7}", None
    )


def main() -> int:
    """Prints a line for each look."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--endpoint", help="of a DynamoDB Local that runs; its other tables are left alone")
    parser.add_argument("--tickets", type=int, default=30_000)
    options = parser.parse_args()
    with endpoint(options.endpoint) as address:
        store = None
        try:
            store = Store(local_client(address))
            tickets, now = DynamoTickets(store.table), time.time_ns() // 1000
            keep(store, (state(number, now) for number in range(options.tickets)))
            store.count_capacity()
            live = ReadLive(tickets, lambda: time.time_ns() // 1000)
            for words, asked in (("clocks", {"counts": "kept"}), ("clocks and counts", {}), ("again", {})):
                store.spent.clear()
                begin = time.perf_counter()
                found = live({"limit": "200", **asked})
                took = time.perf_counter() - begin
                units = sum(store.spent.values())
                told = f"{len(found['clocks'])} clocks, {units:g} read units, {took:.2f} s"
                print(f"{options.tickets:,} open, {words}: {told}", flush=True)
        except BotoCoreError as wrong:
            raise SystemExit(f"no DynamoDB Local answers at {address}: {wrong}") from None
        finally:
            if store is not None:
                local_client(address).delete_table(TableName=store.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
