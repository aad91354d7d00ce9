"""Each quarter of an hour: put the figures of the days that were built since into the lake, with what the policy says.

What business time is and whether a promise was kept takes calendars and policies, which SQL has not. The figures of
days know it; here each day's become one object, a line for each clock, which the next build of the day replaces.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Any

from replyclock.adapters.clients import dynamodb_client, s3_client
from replyclock.adapters.days import DynamoDays
from replyclock.adapters.dynamodb import Table
from replyclock.adapters.runtime import Required, Settings, make_logger, now
from replyclock.domain.columns import PARTS
from replyclock.domain.errors import StoreUnavailable
from replyclock.domain.figures import TicketFigures
from replyclock.domain.instants import DAY, SECOND, format_instant
from replyclock.service.ports import Clock, Days

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Environment(Settings):
    """Settings."""

    table_name: Required
    lake_bucket: Required


settings = Environment.read()
logger = make_logger()
days = DynamoDays(Table(dynamodb_client(), settings.table_name))
s3 = s3_client()
EXPORTING = 200 * SECOND
"""For this long days are begun; the next tick goes on with what is left."""
KNOWN = "state/figures.json"
"""Says of each day that is in the lake when its parts were built."""


@logger.inject_lambda_context
def lambda_handler(_event: Mapping[str, Any], _context: object) -> None:
    """A tick of the schedule; what it holds does not matter."""
    logger.info("days exported", extra={"days": export(days, s3, settings.lake_bucket, now)})


def export(built: Days, lake: S3Client, bucket: str, clock: Clock) -> int:
    """Writes each day of which a part was built since it was written last; returns how many those were.

    A tick that dies in between writes its days again.
    """
    known, until, written = _known(lake, bucket), clock() + EXPORTING, 0
    for day, of_day in groupby(built.headers(), key=lambda one: one.place[0]):
        builds = [[one.place[1], one.at] for one in of_day]
        if known.get(str(day)) == builds or clock() >= until:
            continue
        try:
            told = b"".join(line for pack in built.read([day], PARTS) for line in lines(pack.figures()))
        except StoreUnavailable as error:
            logger.warning("left for the next tick", extra={"why": str(error)})
            continue
        key = f"figures/{format_instant(day * DAY)[:10]}.json.gz"
        lake.put_object(Bucket=bucket, Key=key, Body=gzip.compress(told, mtime=0))
        known[str(day)] = builds
        written += 1
    if written:
        lake.put_object(Bucket=bucket, Key=KNOWN, Body=json.dumps(known).encode())
    return written


def _known(lake: S3Client, bucket: str) -> dict[str, list[list[int]]]:
    try:
        told = lake.get_object(Bucket=bucket, Key=KNOWN)["Body"].read()
    except lake.exceptions.NoSuchKey:
        return {}
    found: dict[str, list[list[int]]] = json.loads(told)
    return found


def lines(tickets: Iterable[TicketFigures]) -> Iterator[bytes]:
    """A line of JSON for each clock; instants and durations are microseconds.

    `ticket_standard` is the standard of the ticket's first response, by which reports group.
    """
    for ticket in tickets:
        tenant, source, name = ticket.key
        first = ticket.first("first_response")
        for clock in ticket.clocks:
            row = {
                "tenant": tenant,
                "source": source,
                "ticket": name,
                "created_at": ticket.created_at,
                "ticket_standard": first.standard if first else None,
                "metric": clock.metric,
                "started_at": clock.started_at,
                "ended_at": clock.ended_at,
                "stopped_by": clock.stopped_by,
                "duration": clock.duration,
                "business": clock.business,
                "standard": clock.standard,
                "target": clock.target,
                "met": clock.met,
                "breached_at": clock.breached_at,
            }
            yield json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
