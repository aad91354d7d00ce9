"""Events a second of `replyclock evaluate`, and its memory: `make bench` (ARGS="--tickets 10000" for less).

Writes a file of made-up tickets with ten events each under .local, always the same one, and runs the command on it in
a process of its own: sorted by ticket and shuffled, under the default policy and under one with business calendars.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / ".local" / "bench"
EVENTS_A_TICKET = 10
FIRST = datetime(2026, 1, 5, tzinfo=UTC)
DAYS = 90
AT = "2026-05-01T00:00:00Z"

CALENDARS = """\
policy: hours
version: 1
effective_from: 2025-01-01T00:00:00Z
when_attributes_change: from_change
calendars:
  new_york:
    timezone: America/New_York
    hours: {mon: ["09:00-17:00"], tue: ["09:00-17:00"], wed: ["09:00-17:00"],
            thu: ["09:00-17:00"], fri: ["09:00-17:00"]}
    holidays: [{region: US-NY}]
  london:
    timezone: Europe/London
    hours: {mon: ["08:00-12:00", "13:00-18:00"], tue: ["08:00-12:00", "13:00-18:00"], wed: ["08:00-18:00"],
            thu: ["08:00-18:00"], fri: ["08:00-16:00"], sat: ["10:00-14:00"]}
    holidays: [{region: GB-ENG}]
standards:
  - name: vip
    when: {tier: vip}
    calendar: london
    targets: {first_response: 30m, next_response: 1h, resolution: 1bd, total_response: 2bd}
  - name: regular
    when: {tier: regular}
    calendar: new_york
    targets: {first_response: 4h, next_response: 8h, resolution: 5bd}
    alerts: [{at: 50%}, {at: 80%}, {at: 100%}]
  - name: urgent
    when: {service_type: urgent}
    targets: {first_response: 30m, resolution: 24h}
"""


def ticket_events(number: int) -> Iterator[dict[str, Any]]:
    """The ten events of one ticket in order: a conversation as support desks know it, the same for the same number."""
    chance = random.Random(number)  # noqa: S311 (made-up tickets, not secrets)
    at = FIRST + timedelta(seconds=chance.randrange(DAYS * 86_400))
    customer, agent = f"customer-{chance.randrange(50_000)}", f"agent-{chance.randrange(40)}"
    by_customer, by_agent = {"kind": "customer", "id": customer}, {"kind": "agent", "id": agent}

    def told(n: int, type_: str, actor: dict[str, str], **fields: Any) -> dict[str, Any]:
        return {
            "id": f"{number}-{n}",
            "tenant": "acme",
            "source": "helpdesk",
            "ticket": f"{number:08}",
            "type": type_,
            "occurred_at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "actor": actor,
            **fields,
        }

    def message(n: int, visibility: str = "public") -> dict[str, str]:
        return {"id": f"m{number}-{n}", "visibility": visibility}

    attributes = {
        "tier": chance.choices(["vip", "regular"], [1, 9])[0],
        "channel": chance.choices(["email", "web", "chat", "phone"], [5, 3, 2, 1])[0],
        "service_type": chance.choices(["general", "urgent"], [8, 1])[0],
        "tags": chance.sample(["billing", "login", "crash", "refund", "howto", "beta"], chance.randrange(3)),
    }
    yield told(0, "ticket.created", by_customer, attributes=attributes, requester=customer, message=message(0))
    status = "new"
    for n in range(1, EVENTS_A_TICKET):
        at += timedelta(milliseconds=int(chance.expovariate(1 / 5_400_000)) + 1)
        match chance.choices(
            ["reply", "customer", "status", "assign", "note", "attributes", "bot"], [8, 6, 7, 3, 2, 1, 1]
        ):
            case ["reply"]:
                yield told(n, "message.added", by_agent, message=message(n))
            case ["customer"]:
                yield told(n, "message.added", by_customer, message=message(n))
            case ["note"]:
                yield told(n, "message.added", by_agent, message=message(n, "internal"))
            case ["bot"]:
                yield told(n, "message.added", {"kind": "bot", "id": "greeter"}, message=message(n))
            case ["status"]:
                status = chance.choice(
                    [one for one in ("open", "pending", "on_hold", "solved", "solved") if one != status]
                )
                yield told(n, "status.changed", by_agent, status=status)
            case ["assign"]:
                yield told(
                    n, "assignment.changed", {"kind": "system"}, assignee=f"agent-{chance.randrange(40)}", group="l1"
                )
            case _:
                yield told(n, "attributes.changed", by_agent, attributes={"service_type": "urgent"})


def write_events(tickets: int, shuffled: bool, path: Path) -> None:
    """Writes the events of that many tickets, one JSON object a line."""
    lines: Iterable[str] = (json.dumps(event) + "\n" for n in range(tickets) for event in ticket_events(n))
    if shuffled:
        lines = list(lines)
        random.Random(0).shuffle(lines)  # noqa: S311 (the same order each time is the point)
    with path.open("w", encoding="utf-8") as file:
        file.writelines(lines)


def measure(command: list[str]) -> tuple[float, float, int]:
    """Seconds, those of them on a processor, and peak resident memory in bytes of a command that must succeed.

    What it prints is thrown away.
    """
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    # The usage of this one child: getrusage would give the largest of all so far.
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    seconds = time.perf_counter() - begin
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def machine() -> str:
    """What the figures were taken on."""
    model = ""
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{os.cpu_count()} × {model or platform.machine()}, {platform.system()}, {python}"


def main() -> None:
    """Writes the files that are missing, runs the command on each and prints a line for each run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=100_000, help="how many tickets of ten events; default 100000")
    parser.add_argument("--command", default=str(Path(sys.executable).with_name("replyclock")), help=argparse.SUPPRESS)
    # Files are written by a process of their own: a child's peak memory is never below that of its parent.
    parser.add_argument("--write", nargs=2, metavar=("ORDER", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write:
        write_events(options.tickets, options.write[0] == "shuffled", Path(options.write[1]))
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    policy = FOLDER / "calendars.yaml"
    policy.write_text(CALENDARS, encoding="utf-8")
    print(machine())
    for order in ("sorted", "shuffled"):
        for tickets in (options.tickets // 10, options.tickets):
            path = FOLDER / f"{tickets}-{order}.jsonl"
            if not path.exists():
                part = path.with_suffix(".part")
                measure([sys.executable, __file__, "--tickets", str(tickets), "--write", order, str(part)])
                part.rename(path)
            for name, policies in (("default policy", []), ("business calendars", ["--policy", str(policy)])):
                command = [options.command, "evaluate", "--json", "--at", AT, *policies, str(path)]
                seconds, busy, peak = measure(command)
                events = tickets * EVENTS_A_TICKET
                print(
                    f"{tickets:>9,} tickets × {EVENTS_A_TICKET} events, {order:8}, {name:18}: "
                    f"{events / seconds:>9,.0f} events/s, {seconds:6.1f} s ({busy:6.1f} s of CPU), "
                    f"peak {peak / 2**20:5,.0f} MiB",
                    flush=True,
                )


if __name__ == "__main__":
    main()
