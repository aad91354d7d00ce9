"""What one sweep costs, as DynamoDB Local counts it: by how many tickets are open, and by how many fall due.

    .venv/bin/python -m benchmarks.sweep [--endpoint http://127.0.0.1:8000] [--tickets 20000]

Without an endpoint it starts the DynamoDB Local that the tests use. Needed are read units of the index `due`; a sweep
reads nothing else of the table and writes nothing.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError

from infra.dynamodb_local import Unavailable, running
from tests.adapters.backends import Store, local_client
from tests.faults.crowd import fill, swept

FEW = 100
DUE = (20, 200, 2000)
"""How many tickets fall due within a sweep's horizon; the first with few and with many open ones."""


@contextmanager
def endpoint(given: str | None) -> Iterator[str]:
    """The address of a DynamoDB Local: the one that is given, or one of our own."""
    if given:
        yield given
        return
    try:
        with running() as address:
            yield address
    except Unavailable as missing:
        raise SystemExit(f"{missing}. Start one of your own and say where it is: --endpoint URL") from None


def measure(address: str, tickets: int, due: int) -> dict[str, float]:
    """The units that a sweep consumes; prints them."""
    store = Store(local_client(address))
    try:
        begin = time.perf_counter()
        fill(store, tickets, due)
        filled = time.perf_counter() - begin
        store.count_capacity()
        found, spent = swept(store)
    finally:
        local_client(address).delete_table(TableName=store.name)
    units = ", ".join(f"{count:g} read units of {name}" for name, count in spent.items())
    print(f"{tickets:>7,} open, {found:>5,} due: {units}   (filled in {filled:.0f} s)", flush=True)
    return spent


def main() -> int:
    """Prints a line for each table; exit status 1 when a sweep costs more where more tickets are open."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--endpoint", help="of a DynamoDB Local that runs; its other tables are left alone")
    parser.add_argument("--tickets", type=int, default=20_000, help="that are open in the largest table")
    options = parser.parse_args()
    with endpoint(options.endpoint) as address:
        try:
            few, many = measure(address, FEW, DUE[0]), measure(address, options.tickets, DUE[0])
            for due in DUE[1:]:
                measure(address, due, due)
        except BotoCoreError as wrong:
            raise SystemExit(f"no DynamoDB Local answers at {address}: {wrong}") from None
    print(f"the same with {FEW:,} and {options.tickets:,} open tickets: {'yes' if few == many else 'NO'}")
    return 0 if few == many else 1


if __name__ == "__main__":
    sys.exit(main())
