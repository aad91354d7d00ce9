"""Input that nobody means well with, or that slipped: each is refused naming its place, or works. Nothing ends in a
traceback, and nothing takes long.
"""

from __future__ import annotations

import copy
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from replyclock.cli.main import main
from replyclock.domain.policy import ALERTS_MAX, CALENDARS_MAX, STANDARDS_MAX

HEAD = "policy: p\nversion: 1\neffective_from: 2026-01-01T00:00:00Z\n"
ONE = "standards: [{name: s, targets: {first_response: 1h}}]\n"
AT = "2026-06-02T00:00:00Z"
CPU_SECONDS_MAX = 3
EVENT = {
    "id": "1",
    "ticket": "1",
    "type": "ticket.created",
    "occurred_at": "2026-06-01T09:00:00Z",
    "attributes": {"tier": "vip"},
}


def calendar(body: str, zone: str = "UTC") -> str:
    return (
        f"{HEAD}standards: [{{name: s, calendar: c, targets: {{first_response: 1h}}}}]\n"
        f"calendars:\n  c:\n    timezone: {zone}\n    {body}\n"
    )


WEEK = "hours: {mon: ['09:00-17:00']}"


def region(name: str) -> str:
    return calendar(f"{WEEK}\n    holidays: [{{region: {name}}}]")


def standards(count: int) -> str:
    return f"{HEAD}standards:\n" + "".join(
        f"- {{name: s{i}, when: {{tier: t{i}}}, targets: {{first_response: 1h}}}}\n" for i in range(count)
    )


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "140")
    (tmp_path / "e.jsonl").write_text(json.dumps(EVENT) + "\n")
    (tmp_path / "plain.yaml").write_text(HEAD + ONE)
    return tmp_path


def commands(file: str = "p.yaml") -> Iterator[list[str]]:
    yield ["policy", "check", file, "--at", AT]
    yield ["evaluate", "--json", "--policy", file, "--at", AT, "e.jsonl"]
    yield ["document", "--policy", file, "--at", AT, "--format", "md"]


def run(arguments: list[str]) -> int:
    """The exit status of a command, which must not take long. An exception is a traceback to people."""
    begin = time.process_time()
    try:
        return main(arguments)
    except SystemExit as stopped:
        return int(stopped.code or 0)
    finally:
        assert time.process_time() - begin < CPU_SECONDS_MAX, arguments


def written(text: str | bytes) -> None:
    Path("p.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 10)}]\n" for n in range(8)
)
JSON = {"policy": "p", "version": 1, "effective_from": "2026-01-01T00:00:00Z", "standards": []}
WEEKLY = f"timezone: UTC, {WEEK}"

REFUSED: dict[str, tuple[str | bytes, str]] = {
    "half a pair": (json.dumps(JSON | {"policy": "a\ud83d"}, indent=1), "2: policy: holds half of a surrogate pair"),
    "half a pair as a key": (json.dumps(JSON | {"\ud83d": 1}), "1: \N{REPLACEMENT CHARACTER}: holds half of"),
    "half a pair in YAML": (HEAD.replace("policy: p", 'policy: "\\ud83d"') + ONE, "1: "),
    "deep lists": ("a: " + "[" * 5_000 + "]" * 5_000, "1: a: is too large or too deep"),
    "deep JSON": ('{"a": ' + "[" * 5_000 + "]" * 5_000 + "}", "1: a: is too large or too deep"),
    "deep mappings": ("\n".join(" " * i + "a:" for i in range(1_000)), "22: a: is too large or too deep"),
    "open lists": ("[" * 300_000, "1: [0]: is too large or too deep"),
    "aliases of aliases": (BOMB, "5: e: is too large or too deep"),
    "an alias of itself": ("a: &a [*a]", "1: a[0]: the alias *a stands within what it refers to"),
    "an alias of nothing": ("a: *b", "1: a: the alias *b refers to an anchor that is not there"),
    "digits": (HEAD.replace("version: 1", f"version: {'9' * 5_000}") + ONE, "2: version: is a number of more than 18"),
    "digits of JSON": (json.dumps(JSON).replace(" 1,", f" {'9' * 4_000},"), "1: version: is a number of more than 18"),
    "a large version": (HEAD.replace("version: 1", "version: 99999999999") + ONE, "2: version: "),
    "!!int x": (HEAD.replace("version: 1", "version: !!int x") + ONE, "2: version: is not what the tag !!int says"),
    "!!bool x": (HEAD + ONE + "solve_answers: !!bool x", "5: solve_answers: is not what the tag !!bool says"),
    "!!float x": (HEAD + ONE + "solve_answers: !!float x", "5: solve_answers: is not what the tag !!float says"),
    "!!timestamp": (HEAD.replace("2026-01", "!!timestamp 2026-01") + ONE, "3: effective_from: the tag !!timestamp is"),
    "!!binary": (HEAD.replace("policy: p", "policy: !!binary aGVsbG8=") + ONE, "1: policy: the tag !!binary is not"),
    "!!set": (HEAD + ONE + "pause_in: !!set {a, b}", "5: pause_in: the tag !!set is not known here"),
    "!!python": (HEAD + ONE + "pause_in: !!python/name:os.system x", "5: pause_in: the tag !!python/name:os.system is"),
    "a key with a tag": (HEAD + ONE + "!!binary aGk=: 1", "5: has a key that is not a text"),
    "a list as a key": (HEAD + ONE + "? [a, b]\n: 1", "5: has a key that is not a text"),
    "a number as a key": (HEAD + ONE + "5: 1", "5: 5: is not a known key"),
    "a key twice": (HEAD + "standards: [{name: s, name: t, targets: {}}]", "4: standards[0].name: stands twice"),
    "a command to the terminal as a key": (HEAD + ONE + '"\\e[2J": 1', "5: \N{REPLACEMENT CHARACTER}[2J: is not a"),
    "two documents": (HEAD + ONE + "---\na: b", "5: holds more than one document"),
    "a null character": (HEAD + ONE + "# \0", "5: holds the character U+0000, which is not allowed"),
    "a tab": (HEAD + "standards:\n\t- {}", "5: is not YAML: "),
    "another encoding": ("policy: p".encode("utf-16"), "1: is not UTF-8 text"),
    "nothing": ("", "1: must be a mapping"),
    "a text": ("policy", "1: must be a mapping"),
    "a long comment": (HEAD + ONE + "# " + "x" * 10_000_000, "1: is longer than 1 MiB"),
    "one of many bytes": (HEAD + ONE + "# " + "支" * 400_000, "1: is longer than 1 MiB"),
    "40,000 standards": (standards(40_000), "1: is longer than 1 MiB"),
    "15,000 standards": (standards(15_000), f"4: standards: has more than {STANDARDS_MAX} entries"),
    "1,001 standards": (standards(STANDARDS_MAX + 1), f"4: standards: has more than {STANDARDS_MAX} entries"),
    "101 calendars": (
        HEAD + ONE + f"calendars:\n  c: &c {{{WEEKLY}}}\n" + "".join(f"  c{i}: *c\n" for i in range(CALENDARS_MAX)),
        f"5: calendars: has more than {CALENDARS_MAX} entries",
    ),
    "201 alerts": (
        f"{HEAD}standards: [{{name: s, targets: {{}}, alerts: {[{'at': f'{n}%'} for n in range(1, ALERTS_MAX + 2)]}}}]",
        f"4: standards[0].alerts: has more than {ALERTS_MAX} entries",
    ),
    "a reminder after all": (
        f"{HEAD}standards: [{{name: s, targets: {{}}, remind_every: 999999999h}}]",
        "4: standards[0].remind_every: must be ten years (87840h) at most",
    ),
    **{
        f"region {name}": (region(name), "9: calendars.c.holidays[0].region: ")
        for name in ("__class__", "__init__", "HolidayBase", "US-", "US-QQ", "us", "UnitedStates", "QQ", "-", "NYSE")
    },
    **{
        f"zone {name}": (calendar(WEEK, name), f"7: calendars.c.timezone: there is no time zone {name}")
        for name in ("localtime", "posixrules", "Factory", "posix/UTC", "right/UTC", "../UTC", "/etc/passwd", "utc")
    },
    "a shift in a break": (
        calendar(
            "shifts: [{date: 2026-06-06, hours: ['10:00-12:00']}]\n"
            "    breaks: [{date: 2026-06-06, hours: ['09:00-11:00']}, {date: 2026-06-06, hours: ['11:00-13:00']}]"
        ),
        "6: calendars.c: never opens",
    ),
    "a shift in the skipped hour": (
        calendar("shifts: [{date: 2026-03-08, hours: ['02:00-03:00']}]", "America/New_York"),
        "6: calendars.c: never opens",
    ),
    "a shift at the end of the years": (
        calendar("shifts: [{date: 9999-12-31, hours: ['10:00-24:00']}]"),
        "6: calendars.c: never opens",
    ),
    **{
        f"date {day}": (
            calendar(f"{WEEK}\n    breaks: [{{date: {day}, hours: ['10:00-12:00']}}]"),
            "9: calendars.c.breaks[0].date: ",
        )
        for day in ("0000-01-01", "10000-01-01", "2026-02-30", "2026-6-1", "20260601")
    },
    **{
        f"hours {hours}": (calendar(f"hours: {{mon: ['{hours}']}}"), "8: calendars.c.hours.mon[0]: ")
        for hours in ("24:00-09:00", "09:00-24:01", "09:00-25:00", "9:00-17:00", "09:60-17:00", "00:00-00:00")
    },
    **{
        f"effective from {since}": (HEAD.replace("2026-01-01T00:00:00Z", since) + ONE, "3: effective_from: ")
        for since in ("0000-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00", "10000-01-01T00:00:00Z", "2026-01-01")
    },
    **{
        f"target {target}": (
            f"{HEAD}standards: [{{name: s, targets: {{resolution: {target}}}}}]",
            "4: standards[0].targets.resolution: ",
        )
        for target in ("9999999999h", "9999999bd", "1e9h", "1h" * 500, "٣h", "0.5h", "[1h]", "null", "true")
    },
    **{
        f"percentage {percent}": (
            f"{HEAD}standards: [{{name: s, targets: {{}}, alerts: [{{at: {percent}}}]}}]",
            "4: standards[0].alerts[0].at: ",
        )
        for percent in ("0%", "100000%", "-1%", "٣%", "80", "80 %")
    },
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_names_its_place(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    text, place = REFUSED[case]
    written(text)
    for arguments in commands():
        assert run(arguments) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith("p.yaml:")
        assert f"p.yaml:{place}" in err, err


WORKS = {
    "pairs": json.dumps(JSON | {"policy": "acme 😀"}),
    "pairs and tabs": json.dumps(JSON | {"policy": "acme 😀"}, indent="\t"),
    "a colon on the next line": json.dumps(JSON).replace('"policy":', '"policy"\n:'),
    "a byte order mark": "\ufeff" + HEAD + ONE,
    "a byte order mark before JSON": "\ufeff" + json.dumps(JSON),
    "lines of Windows": (HEAD + ONE).replace("\n", "\r\n"),
    "known tags": HEAD.replace("version: 1", "version: !!int 1").replace("policy: p", "policy: !!str 5") + ONE,
    "an alias": f"{HEAD}{ONE}calendars: {{a: &a {{{WEEKLY}}}, b: *a}}",
    "a break on the last day": calendar(f"{WEEK}\n    breaks: [{{date: 9999-12-31, hours: ['10:00-24:00']}}]"),
    "a break on the first day": calendar(
        f"{WEEK}\n    breaks: [{{date: 0001-01-01, hours: ['00:00-10:00']}}]", "Asia/Tokyo"
    ),
    "a shift and a holiday on the last day": calendar(
        f"{WEEK}\n    shifts: [{{date: 9999-12-31, hours: ['22:00-06:00']}}]\n    holidays: [9999-12-31, 0001-01-01]",
        "Pacific/Kiritimati",
    ),
    "from the first instant": HEAD.replace("2026-01-01T", "0001-01-01T") + ONE,
    "the longest targets": f"{HEAD}standards: [{{name: s, targets: {{first_response: 999999999h, resolution: 999999bd}}"
    ", alerts: [{at: 99999%}], remind_every: 87840h}]",
    "years of which a region knows nothing": region("IR"),
    "1,000 standards": standards(STANDARDS_MAX),
    "3,000 breaks": calendar(
        f"{WEEK}\n    breaks: [" + ", ".join(["{date: 2026-06-01, hours: ['09:00-09:01']}"] * 3_000) + "]"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WORKS)
def test_what_is_legal_works(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    written(WORKS[case])
    out = ""
    for arguments in commands():
        begin = time.process_time()
        assert main(arguments) == 0, capsys.readouterr().err
        out, err = capsys.readouterr()
        assert (bool(out), err) == (True, "")
        # What the proof and the warnings make of a thousand standards takes longer than refusing them.
        assert time.process_time() - begin < 5 * CPU_SECONDS_MAX
    if case.startswith("pairs"):
        assert "acme 😀" in out


def test_a_break_at_the_end_of_the_years_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    judged = []
    for text in (calendar(WEEK), WORKS["a break on the last day"]):
        written(text)
        assert main(["evaluate", "--json", "--policy", "p.yaml", "--at", AT, "e.jsonl"]) == 0
        judged.append(capsys.readouterr().out)
    assert judged[0] == judged[1]
    assert '"due_at":"2026-06-01T10:00:00Z"' in judged[0]


def test_what_is_too_long_to_be_published_is_not_valid(capsys: pytest.CaptureFixture[str]) -> None:
    written(HEAD + ONE + "#" * 200_000)
    assert run(["policy", "check", "p.yaml"]) == 2
    assert capsys.readouterr().err == "p.yaml:1: is longer than 200000 bytes\n"


# --- instants, options, streams ---


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "2300-01-01T00:00:00Z", "9998-06-01T00:00:00Z"]
)
@pytest.mark.parametrize(
    "command",
    [["policy", "check", "p.yaml"], ["document", "--policy", "p.yaml"], ["evaluate", "--policy", "p.yaml", "e.jsonl"],
     ["explain", "--policy", "p.yaml", "--ticket", "1", "e.jsonl"],
     ["report", "--from", "2026-06-01", "--to", "2026-06-02", "e.jsonl"]],
)  # fmt: skip
def test_an_instant_without_tickets_is_refused(at: str, command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    written(calendar(f"{WEEK}\n    holidays: [{{region: US}}]", "America/New_York"))
    assert run([*command, "--at", at]) == 2
    assert "--at" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["report", "--to", "2026-06-03"], ["document"]])
def test_so_is_a_span_of_them(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*command, "--at", AT, "--from", "0001-01-02", "e.jsonl"]) == 2
    assert capsys.readouterr().err == "--from: must lie in the years 1970 to 2299\n"


@pytest.mark.parametrize("handling", ["1001h", "100000h", "999999999h"])
def test_nobody_is_busy_with_a_ticket_for_years(handling: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["document", "--at", AT, "--handling", handling, "e.jsonl"]) == 2
    assert capsys.readouterr().err.startswith("--handling: must be ")


def test_a_version_from_the_first_instant_on_is_dated_in_every_zone(capsys: pytest.CaptureFixture[str]) -> None:
    written(WORKS["from the first instant"])
    for zone in ("America/New_York", "Asia/Tokyo"):
        assert run(["document", "--policy", "p.yaml", "--at", AT, "--zone", zone, "--format", "md"]) == 0
        assert "version 1" in capsys.readouterr().out.lower()


def test_options_may_stand_before_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    outputs = set()
    span = ["--from", "2026-06-01", "--to", "2026-06-03", "--at", "2026-06-03T00:00:00Z"]
    for arguments in (["trends", *span, "e.jsonl"], [*span, "trends", "e.jsonl"], ["trends", "e.jsonl", *span]):
        assert run(["report", *arguments]) == 0
        outputs.add(capsys.readouterr().out)
    assert len(outputs) == 1
    Path("later.yaml").write_text((HEAD + ONE).replace("version: 1", "version: 2"))
    assert run(["policy", "check", "plain.yaml", "--at", AT, "later.yaml"]) == 0
    assert "2 versions of p" in capsys.readouterr().out


def called(*arguments: str, **streams: Any) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "replyclock.cli.main", *arguments]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", **streams.pop("env", {})}
    return subprocess.run(command, env=environment, stderr=subprocess.PIPE, check=False, timeout=120, **streams)


def test_every_text_is_printed_whatever_the_encoding(folder: Path) -> None:
    written(HEAD.replace("policy: p", "policy: 支持😀") + ONE.replace("name: s", "name: für alle"))
    for arguments in (["policy", "check", "p.yaml"], ["evaluate", "--policy", "p.yaml", "e.jsonl"], ["--help"]):
        done = called(*arguments, stdout=subprocess.PIPE)
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout.isascii()
    assert b"\\u652f\\u6301" in called("policy", "check", "p.yaml", stdout=subprocess.PIPE).stdout


def test_nobody_reads_on(folder: Path) -> None:
    for arguments in (["policy", "check", "plain.yaml"], ["--help"], ["evaluate", "--json", "e.jsonl"]):
        receiver, sender = os.pipe()
        os.close(receiver)
        try:
            done = called(*arguments, stdout=sender)
        finally:
            os.close(sender)
        assert done.stderr == b""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")
def test_a_full_disk_is_named(folder: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = called("policy", "check", "plain.yaml", stdout=full)
    assert done.returncode == 2
    assert done.stderr.splitlines() == [b"[Errno 28] No space left on device"]


def test_what_is_no_file_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in (".", "missing", "-"):
        for arguments in commands(name):
            assert run(arguments) == 2
            out, err = capsys.readouterr()
            assert (out, err.startswith(f"{name}: ")) == ("", True)
    Path("p.yaml").symlink_to("/dev/zero")
    assert run(["policy", "check", "p.yaml"]) == 2
    assert capsys.readouterr().err == "p.yaml:1: is longer than 1 MiB\n"


@pytest.mark.parametrize(
    "line",
    [
        '{"id":' + "[" * 100_000,
        '{"sequence":' + "9" * 5_000 + "}",
        '{"id":"\\ud83d"}',
        '{"id":"\ufffe\\u0000"}',
        "[]",
        "\0",
    ],
)
def test_an_event_that_cannot_be_read_is_named(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("e.jsonl").write_text(line + "\n", encoding="utf-8")
    for arguments in (["evaluate", "e.jsonl"], ["report", "--from", "2026-06-01", "--to", "2026-06-02", "e.jsonl"]):
        assert run(arguments) == 2
        out, err = capsys.readouterr()
        assert (out, err.startswith("e.jsonl:1: ")) == ("", True)


# --- anything anywhere ---

VALID: dict[str, Any] = {
    "policy": "acme",
    "version": 1,
    "effective_from": "2026-01-01T00:00:00Z",
    "select": "strictest",
    "when_attributes_change": "follow",
    "when_policy_changes": "follow",
    "solve_answers": True,
    "pause_in": {"resolution": ["pending"]},
    "calendars": {
        "support": {
            "timezone": "America/New_York",
            "hours": {"mon": ["09:00-12:00", "13:00-17:00"], "fri": ["22:00-06:00"]},
            "holidays": ["2026-12-25", {"region": "US-NY"}],
            "breaks": [{"date": "2026-12-24", "hours": ["10:30-12:00"]}],
            "shifts": [{"date": "2026-06-06", "hours": ["10:00-14:00"]}],
        }
    },
    "standards": [
        {
            "name": "VIP",
            "when": {"tier": "vip", "channel": ["phone", "chat"], "tags": {"any": ["outage"]}, "brand": {"not": "own"}},
            "calendar": "support",
            "targets": {"first_response": "15m", "resolution": "2bd"},
            "alerts": [{"at": "80%", "notify": "team"}, {"at": "100%", "notify": ["team", "lead"]}],
            "remind_every": "1h",
        },
        {"name": "all", "targets": {"first_response": "4h"}},
    ],
    "monitoring": [{"when": {"service_type": "urgent"}, "every": "1h"}],
}
SWAPS: list[Any] = [
    *(None, True, 0, -1, 10**17, 10**30, 1.5, 1e308, "", " ", "\0", "\ud83d", "😀", "x" * 300, "\x1b[2J"),
    *("null", "__class__", "0000-00-00", "9999-12-31", "0001-01-01", "9999-12-31T23:59:59Z"),
    *("0001-01-01T00:00:00Z", "00:00-24:00"),
    *("999999999h", "999999bd", "99999%", "1s", "always", "support", "first", [], {}, [[]], [{}], {"": ""}),
    *({"not": None}, [None], ["", ""], ["a"] * 2_000, {"any": [], "not": []}),
    *([{"date": "9999-12-31", "hours": ["00:00-24:00"]}]),
]  # fmt: skip


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield (*path, key)
        yield from paths(part, (*path, key))


def mutants(count: int, seed: int) -> Iterator[str]:
    """The document with one or two parts swapped for something else, renamed, doubled or left out."""
    chance = random.Random(seed)
    for _ in range(count):
        document = copy.deepcopy(VALID)
        for _ in range(chance.choice((1, 1, 2))):
            *place, last = chance.choice(list(paths(document)))
            inner: Any = document
            for key in place:
                inner = inner[key]
            match chance.randrange(6):
                case 0:
                    del inner[last]
                case 1 if isinstance(inner, dict):
                    inner[chance.choice(["", "\ud83d", "x", "always", "not", "first_response", "\x1b", "5"])] = (
                        inner.pop(last)
                    )
                case 1:
                    inner.append(copy.deepcopy(inner[last]))
                case _:
                    inner[last] = copy.deepcopy(chance.choice(SWAPS))
        yield json.dumps(document)


TAGS = [
    "!!binary ",
    "!!int ",
    "!!bool ",
    "!!timestamp ",
    "!!set ",
    "!x ",
    "&a ",
    "*a ",
    "!!str ",
    "? ",
    "- ",
    "{",
    "[",
    "\t",
    '"',
]


def respelt(count: int, seed: int) -> Iterator[str]:
    """The document with something that YAML takes for syntax somewhere in it."""
    chance = random.Random(seed)
    text = json.dumps(VALID, indent=1)
    for _ in range(count):
        at = chance.randrange(len(text))
        yield text[:at] + chance.choice(TAGS) + text[at + chance.randrange(3) :]


@pytest.mark.parametrize("seed", range(4))
def test_anything_anywhere_is_refused_or_works(seed: int, capsys: pytest.CaptureFixture[str]) -> None:
    known = set()
    for text in (*mutants(60, seed), *respelt(30, seed)):
        written(text)
        results = {run(arguments) for arguments in commands()}
        out, err = capsys.readouterr()
        assert results in ({0}, {2}), (results, text)
        if 2 in results:
            assert (out, err.startswith("p.yaml:")) == ("", True), text
        known |= results
    assert known == {0, 2}, "both were tried"
