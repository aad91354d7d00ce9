"""Runs the worked cases of the contract through a command and says which fail.

    [REPLYCLOCK=/path/to/replyclock] python tests/cases/run_cases.py [FOLDER]

A case is a JSON file: {"id", "title", "policies", "at", "events", "expect"}. `expect` is a list with a partial result
for each ticket, in order. Only the keys it names are compared; lists are compared element by element, but a clock is
compared with the clock of its `metric` and `instance`. `clock_counts` ({"next_response": 2}) says how many clocks of
a metric a ticket has. Without `policies` the command runs without --policy, so under the default policy.

A case in FOLDER/invalid is to be refused: {"id", "title", "policies" or "policy_text", "events_text" or "events",
"must_mention", "faults"}: exit status 2, nothing on standard output, and on standard error `FILE:LINE: FIELD: what is
wrong`, with each of `must_mention` somewhere; `faults`, if given, is the number of such lines.

The last line is `cases: P of N passed`; the exit status is 1 unless all passed. Needs nothing but Python's standard
library. `tests/cli/test_worked_cases.py` runs them with `make test`.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d*[1-9]\d*)?Z")
FAULT = re.compile(r"^[^:\n]+:\d+: ", re.MULTILINE)

Evaluate = Callable[[list[str], Path], tuple[int, str, str]]
"""Runs `replyclock` with arguments in a folder: exit status, standard output, standard error."""


def case_files(folder: Path) -> list[Path]:
    """The cases of a folder, those to be refused last."""
    return [*sorted(folder.glob("*.json")), *sorted(folder.glob("invalid/*.json"))]


def failures(case: dict[str, Any], evaluate: Evaluate) -> list[str]:
    """What came out otherwise than the case says; nothing when it passes."""
    with tempfile.TemporaryDirectory() as folder:
        status, out, err = evaluate(_written(case, Path(folder)), Path(folder))
    if "must_mention" in case:
        found = [] if status == 2 else [f"exit status 2 expected, {status} found"]
        found += [f"standard output: {out.strip()[:200]!r}"] if out.strip() else []
        missing = (text for text in case["must_mention"] if text not in err)
        found += [f"standard error does not mention {text!r}: {err.strip()[:300]!r}" for text in missing]
        lines = len(FAULT.findall(err))
        if lines == 0 or lines != case.get("faults", lines):
            found.append(f"{case.get('faults', 'some')} lines `FILE:LINE: …` expected, {lines} found")
        return found
    if status != 0:
        return [f"exit status {status}: {err.strip()[:300]}"]
    try:
        return _mismatches(case["expect"], _parse_stream(out), "result")
    except ValueError as wrong:
        return [f"not JSON: {wrong}: {out[:200]!r}"]


def _written(case: dict[str, Any], folder: Path) -> list[str]:
    """Writes the files of a case; returns the arguments of the command."""
    arguments = ["evaluate"]
    policies = [json.dumps(policy, indent=1) for policy in case.get("policies", [])]
    for number, text in enumerate([case["policy_text"]] if "policy_text" in case else policies, 1):
        name = f"policy-{number}.yaml"
        (folder / name).write_text(text)
        arguments += ["--policy", name]
    lines = "".join(json.dumps(event) + "\n" for event in case.get("events", []))
    (folder / "events.jsonl").write_text(case.get("events_text", lines))
    return [*arguments, "--at", case.get("at", "2026-06-30T00:00:00Z"), "--json", "events.jsonl"]


def _same(expected: Any, got: Any) -> bool:
    if isinstance(expected, bool | None) or isinstance(got, bool | None):
        return expected is got
    if isinstance(expected, int):  # whole where it is whole
        return isinstance(got, int) and expected == got
    if isinstance(expected, float):
        return isinstance(got, int | float) and round(expected * 1e6) == round(got * 1e6)
    if isinstance(expected, str) and isinstance(got, str):
        shape, other = INSTANT.fullmatch(expected), INSTANT.fullmatch(got)
        if shape and other:
            return shape[1] == other[1] and (shape[2] or "").rstrip("0") == (other[2] or "").rstrip("0")
    return bool(expected == got)


def _mismatches(expected: Any, got: Any, place: str) -> list[str]:
    if isinstance(expected, dict) and isinstance(got, dict):
        found = []
        for key, wanted in expected.items():
            if key == "clock_counts":
                for metric, count in wanted.items():
                    there = sum(clock.get("metric") == metric for clock in got.get("clocks", []))
                    if there != count:
                        found.append(f"{place}: {count} clocks {metric} expected, {there} found")
            elif key == "clocks":
                for clock in wanted:
                    found += _mismatched_clock(clock, got.get("clocks", []), place)
            elif key not in got:
                found.append(f"{place}.{key}: missing")
            # Whole, so that nothing more is there.
            elif key in ("time_in_status", "attributes") and getattr(got[key], "keys", tuple)() != wanted.keys():
                found.append(f"{place}.{key}: {json.dumps(wanted)} expected, {json.dumps(got[key])} found")
            else:
                found += _mismatches(wanted, got[key], f"{place}.{key}")
        return found
    if isinstance(expected, list) and isinstance(got, list):
        if len(expected) != len(got):
            return [f"{place}: {len(expected)} elements expected, {len(got)} found"]
        pairs = enumerate(zip(expected, got, strict=True))
        return [one for number, (wanted, there) in pairs for one in _mismatches(wanted, there, f"{place}[{number}]")]
    return [] if _same(expected, got) else [f"{place}: {json.dumps(expected)} expected, {json.dumps(got)} found"]


def _mismatched_clock(expected: dict[str, Any], clocks: list[dict[str, Any]], place: str) -> list[str]:
    metric, instance = expected["metric"], expected.get("instance", 1)
    there = [clock for clock in clocks if (clock.get("metric"), clock.get("instance")) == (metric, instance)]
    if len(there) != 1:
        return [f"{place}: {len(there)} clocks {metric}#{instance}"]
    return _mismatches(expected, there[0], f"{place}.{metric}#{instance}")


def _parse_stream(text: str) -> list[Any]:
    """One object a ticket, however they are laid out; an array of them is taken too."""
    decoder, found, place = json.JSONDecoder(), [], 0
    while text[place:].strip():
        place += len(text[place:]) - len(text[place:].lstrip())
        value, place = decoder.raw_decode(text, place)
        found += value if isinstance(value, list) else [value]
    return found


def _command(arguments: list[str], folder: Path) -> tuple[int, str, str]:
    command = shlex.split(os.environ.get("REPLYCLOCK", "replyclock"))
    if Path(command[0]).exists():  # it runs in the case's own folder
        command[0] = str(Path(command[0]).absolute())
    try:
        done = subprocess.run(
            [*command, *arguments], cwd=folder, capture_output=True, text=True, timeout=120, check=False
        )
    except subprocess.TimeoutExpired:
        return -1, "", "did not end within 120 s"
    return done.returncode, done.stdout, done.stderr


def main() -> int:
    """Prints what fails. Returns the exit status."""
    paths = case_files(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
    passed = 0
    for path in paths:
        case = json.loads(path.read_text(encoding="utf-8"))
        found = failures(case, _command)
        passed += not found
        if found:
            print(f"{case['id']} {case['title']}")
            for text in found[:8]:
                print("   ", text)
    print(f"cases: {passed} of {len(paths)} passed")
    return 0 if passed == len(paths) else 1


if __name__ == "__main__":
    sys.exit(main())
