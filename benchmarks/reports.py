"""What reports over a month cost: `make bench` (ARGS="--tickets 100000" for fewer than a million).

Makes up the figures of a month's tickets and of the month before, packs them by part of a day as rollups do, writes the
packs and their sums to files, which are kept for the next time, and reads reports from there, one pack at a time, each
report in a process of its own. The table is left out: what it takes is told in bytes and read units.
"""

from __future__ import annotations

import argparse
import multiprocessing
import pickle
import random
import resource
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.evaluate import FOLDER, machine
from replyclock.domain import blocks, columns, encoding
from replyclock.domain import sums as of_packs
from replyclock.domain.causes import causes
from replyclock.domain.columns import PARTS, Pack, pack
from replyclock.domain.distribution import distribution
from replyclock.domain.figures import AgentResponse, ClockFigures, Hold, Phases, TicketFigures
from replyclock.domain.instants import DAY, MINUTE, SECOND, parse_instant
from replyclock.domain.report import Asked, Cohort, summary
from replyclock.domain.sums import Sums, sums
from replyclock.domain.trends import trends
from replyclock.service.ports import SHARDS
from replyclock.service.reports import REPORTS

BEGIN, END = parse_instant("2026-06-01T00:00:00Z"), parse_instant("2026-07-01T00:00:00Z")
DAYS = (END - BEGIN) // DAY
READ_UNIT = 4096
"""Bytes that a consistent read unit reads of an item."""


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


def day_of_tickets(day: int, count: int) -> list[list[TicketFigures]]:
    """The tickets of a day, by part."""
    chance = random.Random(day)  # noqa: S311 (made-up tickets, not secrets)
    begin = BEGIN + day * DAY
    found = [
        ticket(day * count + number, begin + chance.randrange(DAY // 1000) * 1000, chance) for number in range(count)
    ]
    found.sort(key=lambda one: one.created_at)
    return [found[part::SHARDS] for part in range(SHARDS)]


def write_day(day: int, count: int, folder: Path) -> None:
    """Packs a day's tickets, unless that was done before."""
    kept = folder / f"{day}.took"
    if kept.exists():
        return
    parts = day_of_tickets(day, count)
    begin = time.perf_counter()
    packs = [packed for own in parts for packed in pack(own)]
    packed = time.perf_counter()
    told = [sums(one) for one in packs]
    took = packed - begin, time.perf_counter() - packed
    (folder / f"{day}.packs").write_bytes(pickle.dumps(packs))
    (folder / f"{day}.sums").write_bytes(pickle.dumps(told))
    kept.write_bytes(pickle.dumps(took))  # last: whoever was stopped before writes the day again


def read(folder: Path, kind: str) -> Iterator[Any]:
    """What is kept of both months, a day at a time."""
    for day in range(-DAYS, DAYS):
        yield pickle.loads((folder / f"{day}.{kind}").read_bytes())  # noqa: S301 (written above)


def size(one: Pack | Sums) -> int:
    """In bytes, as the table holds it, but for its keys."""
    return len(one.packed) if isinstance(one, Sums) else sum(map(len, one.parts.values()))


def cost(folder: Path, kind: str) -> tuple[int, int]:
    """The bytes and read units of both months: a query pays for whole items, whatever it asks for of them."""
    days = [sum(map(size, day)) for day in read(folder, kind)]
    return sum(days), sum(-(-day // READ_UNIT) for day in days)


def told(folder: Path, kind: str, parts: tuple[str, ...]) -> Iterator[Pack | Sums]:
    """The tickets of both months, with of the packs what a report reads."""
    for day in read(folder, kind):
        for one in day:
            yield Pack(one.tenant, one.count, {n: one.parts[n] for n in parts}) if isinstance(one, Pack) else one


def measure(name: str, folder: Path, kind: str, cohort: Cohort, by: tuple[str, ...]) -> tuple[float, float, int]:
    """Seconds, those of them on a processor, and peak memory in bytes of a report."""
    asked = Asked(BEGIN, END, "Europe/Berlin", by, cohort, END)
    reports: dict[str, Callable[..., dict[str, Any]]] = {
        "summary": summary, "trends": trends, "distribution": distribution, "causes": causes,
    }  # fmt: skip
    begin, busy = time.perf_counter(), time.process_time()
    reports[name](told(folder, kind, REPORTS[name]), asked)
    took, busy = time.perf_counter() - begin, time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return took, busy, peak


def main() -> None:
    """Makes the packs that are missing, and prints a line for each measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=1_000_000, help="how many tickets a month; default 1000000")
    parser.add_argument("--causes", action="store_true", help="also what lengthens times, which takes minutes")
    options = parser.parse_args()
    count = options.tickets // DAYS
    written_by = b"".join(Path(str(one.__file__)).read_bytes() for one in (blocks, columns, encoding, of_packs))
    folder = FOLDER / f"packs-{count}-{zlib.crc32(written_by + Path(__file__).read_bytes()):08x}"
    folder.mkdir(parents=True, exist_ok=True)
    print(f"{machine()}\n{count * DAYS:,} tickets a month, and as many in the month before", flush=True)
    # Each in a process of its own, one after the other: a process's peak memory only grows.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as one:
        list(one.map(partial(write_day, count=count, folder=folder), range(-DAYS, DAYS)))
    times, tickets = list(read(folder, "took")), 2 * DAYS * count
    packing, summing = (sum(column) / len(times) for column in zip(*times, strict=True))
    print(f"packing the {count:,} tickets of a day: {packing:5.1f} s, their sums: {summing:5.1f} s")
    sizes = {name: sum(len(one.parts[name]) for day in read(folder, "packs") for one in day) for name in PARTS}
    shown = ", ".join(f"{name} {of / tickets:.1f}" for name, of in sizes.items())
    print(f"bytes a ticket: packs {sum(sizes.values()) / tickets:5.1f} ({shown})")
    print(f"                sums  {cost(folder, 'sums')[0] / tickets:5.1f}", flush=True)
    asked: list[tuple[str, str, str, Cohort, tuple[str, ...]]] = [
        ("summary, from sums", "summary", "sums", "creation", ()),
        ("summary, from packs", "summary", "packs", "creation", ()),
        ("summary by channel", "summary", "packs", "creation", ("channel",)),
        ("summary, event cohort", "summary", "packs", "event", ()),
        ("trends by day", "trends", "packs", "creation", ()),
        ("distribution by standard", "distribution", "packs", "creation", ()),
    ]
    if options.causes:
        asked.append(("causes", "causes", "packs", "creation", ()))
    for words, name, kind, cohort, by in asked:
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as one:
            took, busy, peak = one.submit(measure, name, folder, kind, cohort, by).result()
        paid, units = cost(folder, kind)
        print(
            f"{words:26}: {took:6.1f} s ({busy:6.1f} s of CPU), peak {peak / 2**20:5,.0f} MiB, "
            f"{paid / 2**20:6,.1f} MiB read, {units:7,} read units",
            flush=True,
        )


if __name__ == "__main__":
    main()
