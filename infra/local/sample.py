"""A quarter of sample history for the local cloud, so that reports have something to show from the first start on.

Some 5,000 tickets of the tenant `sample-data`, with the three planted causes of `quarter`, moved by whole weeks so that
they end a few days ago. They are loaded as facts: they are in all reports, and have no log. What is still open at their
end is left out, as nothing would ever happen to it. What was built is kept under `.local`, and loaded at once the next
time.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from pathlib import Path

from replyclock.adapters.administration import Deployment, local_cloud
from replyclock.adapters.facts import S3Facts
from replyclock.domain.figures import TicketFigures, is_unsettled, ticket_figures
from replyclock.domain.instants import DAY, day_of
from replyclock.domain.reporting import facts as of_facts
from replyclock.domain.reporting.manifest import Partition, month_text, read_month

from . import quarter as of_quarter
from .quarter import END, POLICY, quarter

TENANT = "sample-data"
SEED = 1
_WEEK = 7 * DAY
_BUILT = "partitions.jsonl"


def load(deployment: Deployment, directory: Path, now: int) -> int:
    """Loads the quarter into a deployment's bucket and returns how many tickets that were. `directory` is where what
    was built is kept.
    """
    if deployment.bucket is None:
        raise ValueError("the deployment names no bucket")
    moved_by = (now - 2 * DAY - END) // _WEEK * _WEEK
    sources = (Path(str(module.__file__)).read_bytes() for module in (of_quarter, of_facts))
    digest = hashlib.sha256(b"".join(sources)).hexdigest()[:12]
    folder = directory / f"sample-{digest}-{moved_by // _WEEK}"
    for other in directory.glob("sample-*"):
        if other != folder:
            shutil.rmtree(other)
    store = S3Facts(deployment.client("s3"), deployment.bucket, folder)
    built = folder / _BUILT
    if built.exists():
        days = {one.first_day: one for one in read_month(built.read_bytes())}
        for one in days.values():
            store.put_again(one)
    else:
        days = dict(_build(store, moved_by))
        built.write_text(month_text(list(days.values())), encoding="utf-8")
    manifest = store.manifest()
    # A day that has tickets of the local cloud's own is theirs.
    store.commit(manifest, {day: one for day, one in days.items() if manifest.day(day) is None})
    return sum(one.tickets for one in days.values())


def _build(store: S3Facts, moved_by: int) -> Iterator[tuple[int, Partition]]:
    tickets = sorted(_tickets(moved_by), key=lambda one: one.created_at)
    for day, of_day in groupby(tickets, key=lambda one: day_of(one.created_at)):
        built = store.build(day, None, {one.key: one for one in of_day}, END + moved_by)
        assert built is not None
        yield day, built


def _tickets(moved_by: int) -> Iterator[TicketFigures]:
    for events in quarter(SEED).tickets().values():
        moved = [one.model_copy(update={"occurred_at": one.occurred_at + moved_by}) for one in events]
        figures = ticket_figures(moved, POLICY, END + moved_by)
        if figures is not None and not is_unsettled(figures):
            yield replace(figures, key=(TENANT, *figures.key[1:]))


def main() -> int:
    """Loads it into the local cloud that is up; the day that is played there goes first."""
    os.nice(10)
    directory = Path(sys.argv[1])
    load(local_cloud(directory), directory, time.time_ns() // 1000)
    return 0


if __name__ == "__main__":
    sys.exit(main())
