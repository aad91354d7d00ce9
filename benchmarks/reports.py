"""What reports cost: `make bench` (ARGS="--tickets 100000" for fewer than a million a month, "--days 365" for a year).

Makes up the facts of a span and of the span before, as Parquet by day as the store has them, which are kept for the
next time, and asks each report in a process of its own: the first time, as a function that has just started would,
and once more. What S3 and the network take is left out: it is shown as bytes and requests.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import resource
import shutil
import sys
import time
import zlib
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.evaluate import FOLDER, machine
from replyclock import reporting_sql
from replyclock.domain.figures import AgentResponse, ClockFigures, Hold, Phases, TicketFigures
from replyclock.domain.instants import DAY, MINUTE, SECOND, parse_instant
from replyclock.domain.policy import DEFAULT_POLICY
from replyclock.domain.report import Asked
from replyclock.domain.reporting import facts
from replyclock.domain.staffing import Effort
from replyclock.reporting_sql.build import build_day
from replyclock.reporting_sql.engine import PartitionFiles, Resources, connect, open_files
from replyclock.service.reports import REPORTS

END = parse_instant("2026-07-01T00:00:00Z")
PUT_DOLLARS, GET_DOLLARS = 5e-6, 0.4e-6
"""A request to S3 in us-east-1."""
GB_SECOND_DOLLARS = 0.0000133334
"""A GB-second of Lambda on arm64, likewise."""
FUNCTION_GB = 3008 / 1024


def ticket(number: int, created: int, chance: random.Random) -> TicketFigures:
    """A ticket that is answered and mostly solved, to the millisecond; some talk more, some are rated."""
    at = END
    agent, millisecond = f"agent-{chance.randrange(150):03}", SECOND // 1000
    vip = chance.random() < 0.1
    standard, target = ("vip", 30 * MINUTE) if vip else ("regular", 240 * MINUTE)

    def later(begin: int, mean: int) -> int:
        return begin + max(1, round(chance.expovariate(1 / mean) / millisecond)) * millisecond

    def clock(metric: str, begin: int, end: int, by: str, promise: int | None) -> ClockFigures:
        stopped = end <= at
        took = min(end, at) - begin
        business = took * 9 // 24 if not vip else took
        met = None if promise is None or (not stopped and business <= promise) else business <= promise
        broke = begin + promise + 1 if promise is not None and met is False else None
        standing = standard if promise is not None else None
        return ClockFigures(
            metric, begin, min(end, at), by if stopped else None, took, business, standing, promise, met, broke
        )

    assigned = later(created, 10 * MINUTE)
    replied = later(assigned, 60 * MINUTE)
    clocks = [clock("first_response", created, replied, "reply", target)]
    responses, now = [AgentResponse(agent, assigned, replied)] if replied <= at else [], replied
    for _ in range(chance.choice((0, 0, 1, 1, 2))):
        asked = later(now, 300 * MINUTE)
        now = later(asked, 90 * MINUTE)
        if asked < at:
            clocks.append(clock("next_response", asked, now, "reply", 2 * target))
            if now <= at:
                responses.append(AgentResponse(agent, asked, now))
    solved = later(now, 600 * MINUTE)
    if assigned < at:
        clocks.append(clock("resolution", assigned, solved, "solve", 12 * target))
    clocks.append(clock("total_response", created, solved, "solve", None))
    closed = solved if solved <= at else None
    rated = closed is not None and chance.random() < 0.3
    until = min(solved, at)
    return TicketFigures(
        ("default", "desk", f"{number:08}"),
        created,
        "solved" if closed else "open",
        {
            "channel": chance.choice(("email", "email", "chat", "phone", "web")),
            "tier": "vip" if vip else "regular",
            "category": chance.choice(("billing", "account", "delivery", "product", "other")),
            "priority": chance.choice(("low", "normal", "normal", "high")),
            "language": chance.choice(("en", "en", "de", "zh")),
            "product": f"product-{chance.randrange(20)}",
        },
        agent,
        f"team-{int(agent[-3:]) % 12}",
        tuple(clocks),
        closed,
        closed,
        closed,
        ((created, until),),
        len(responses),
        0,
        chance.choice((1, 3, 4, 5, 5)) if rated else None,
        min(at, later(solved, 60 * MINUTE)) if rated else None,
        Phases(assigned - created, max(0, min(replied, at) - assigned), max(0, until - replied), 0, 0),
        tuple(responses),
        (Hold(agent, assigned, until),) if assigned < until else (),
    )


def write_day(day: int, count: int, folder: Path) -> None:
    """Builds a day's facts, unless that was done before; days are counted back from the end."""
    place = folder / str(day)
    if (place / "took").exists():
        return
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    chance = random.Random(day)  # noqa: S311 (made-up tickets, not secrets)
    begin = END - day * DAY
    made = [ticket(day * count + n, begin + chance.randrange(DAY // 1000) * 1000, chance) for n in range(count)]
    began = time.perf_counter()
    build_day(begin // DAY, None, {one.key: one for one in made}, place)
    # Last: a day that was stopped before is written again.
    (place / "took").write_text(str(time.perf_counter() - began))


def files(folder: Path, days: int, tables: tuple[str, ...]) -> list[PartitionFiles]:
    """The files of so many days before the end."""
    return [
        PartitionFiles({path.name.split("-")[0]: path for path in (folder / str(day)).glob("*.parquet")
                        if path.name.split("-")[0] in tables})
        for day in range(1, days + 1)
    ]  # fmt: skip


def measure(
    name: str, by: tuple[str, ...], folder: Path, days: int, resources: Resources
) -> tuple[float, float, float, int, int, int]:
    """Seconds of the first time and of the second one, seconds on a processor of the latter, peak memory and what is
    read in bytes, and objects.
    """
    asked = Asked(END - days * DAY, END, "Europe/Berlin", by, "creation", END)
    reports: dict[str, Callable[..., dict[str, Any]]] = {
        "summary": reporting_sql.summary,
        "trends": reporting_sql.trends,
        "causes": reporting_sql.causes,
        "staffing": partial(reporting_sql.staffing, policy=DEFAULT_POLICY, effort=Effort(600 * SECOND)),
        "distribution": reporting_sql.distribution,
        "agents": reporting_sql.agents,
    }
    chosen = files(folder, 2 * days if name == "summary" else days, REPORTS[name])
    took = []
    busy = time.process_time()
    for _ in range(2):
        begin, busy = time.perf_counter(), time.process_time()
        with connect(folder, resources=resources) as connection:
            open_files(connection, chosen)
            reports[name](connection, asked)
        took.append(time.perf_counter() - begin)
    busy = time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    paths = [path for one in chosen for path in one.files.values()]
    return *took, busy, peak, sum(path.stat().st_size for path in paths), len(paths)  # type: ignore[return-value]


def main() -> None:
    """Makes the facts that are missing, and prints a line for each measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=1_000_000, help="how many tickets a span; default 1000000")
    parser.add_argument("--days", type=int, default=30, help="days of the span; default 30")
    parser.add_argument("--threads", type=int, default=2, help="of the engine; default 2")
    parser.add_argument("--memory", default="1500MB", help="of the engine; default 1500MB")
    options = parser.parse_args()
    count, resources = options.tickets // options.days, Resources(options.threads, options.memory, "4GB")
    written_by = Path(str(facts.__file__)).read_bytes() + Path(__file__).read_bytes()
    folder = FOLDER / f"facts-{options.days}-{count}-{zlib.crc32(written_by):08x}"
    folder.mkdir(parents=True, exist_ok=True)
    print(
        f"{machine()}\n{count * options.days:,} tickets in {options.days} days, and as many in the span before; "
        f"{options.threads} threads, {options.memory}",
        flush=True,
    )
    # Each in a process of its own, one after the other: a process's peak memory only grows.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as one:
        list(one.map(partial(write_day, count=count, folder=folder), range(1, 2 * options.days + 1)))
    times = [float((folder / str(day) / "took").read_text()) for day in range(1, 2 * options.days + 1)]
    sizes = {
        table: sum(path.stat().st_size for path in folder.glob(f"*/{table}-*.parquet")) / (2 * options.days * count)
        for table in facts.TABLES
    }
    print(f"building the {count:,} tickets of a day: {sum(times) / len(times):.2f} s, 3 objects and 2 of the manifest")
    print(f"bytes a ticket: {', '.join(f'{table} {size:.0f}' for table, size in sizes.items())}")
    print(f"{'report':30} {'first':>7} {'again':>7} {'CPU':>7} {'peak':>9} {'read':>9} {'objects':>8} {'dollars':>9}")
    for words, name, by in (
        ("summary", "summary", ()),
        ("summary by two dimensions", "summary", ("channel", "priority")),
        ("summary by a free attribute", "summary", ("product",)),
        ("summary by hour of week", "summary", ("hour_of_week",)),
        ("trends by day", "trends", ()),
        ("distribution by standard", "distribution", ()),
        ("agents", "agents", ()),
        ("staffing", "staffing", ()),
        ("causes", "causes", ()),
    ):
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as one:
            first, again, busy, peak, size, objects = one.submit(
                measure, name, by, folder, options.days, resources
            ).result()
        dollars = objects * GET_DOLLARS + first * FUNCTION_GB * GB_SECOND_DOLLARS
        print(
            f"{words:30} {first:6.2f}s {again:6.2f}s {busy:6.2f}s {peak / 2**20:5,.0f} MiB {size / 2**20:5,.0f} MiB "
            f"{objects:8,} {dollars:9.6f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
