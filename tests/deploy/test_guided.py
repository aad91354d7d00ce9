"""`make deploy ARGS=--guided`, with Enter at every question: SAM CLI deploys to the local cloud as it does to AWS."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.local.cloud import Cloud, running

ROOT = Path(__file__).resolve().parents[2]
SAM = ROOT / ".venv-sam" / "bin" / "sam"
PATIENCE = 240.0
"""Seconds that a deployment may take."""
SECOND_STAGE = ("--config-env=test", "--stack-name=replyclock-test", "--parameter-overrides=Stage=test")


class Terminal:
    """SAM CLI in a terminal of its own, in a folder with what `make deploy` deploys, but for empty layers."""

    def __init__(self, cloud: Cloud, folder: Path) -> None:
        self._folder = folder
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "TERM": "dumb",
            "NO_COLOR": "1",
            "COLUMNS": "200",
            "SAM_CLI_TELEMETRY": "0",
            **cloud.environment,
        }
        for name in ("template.yaml", "samconfig.toml"):
            shutil.copy(ROOT / name, folder)
        (folder / "infra").mkdir()
        for path in (ROOT / "infra").glob("*.yaml"):
            shutil.copy(path, folder / "infra")
        shutil.copytree(ROOT / "functions", folder / "functions", ignore=shutil.ignore_patterns("__pycache__"))
        for layer in ("shared", "infra/engine"):
            (folder / layer).mkdir()
            (folder / layer / "README").write_text("The local cloud's functions have this in their environment.\n")

    def enter_throughout(self, *options: str) -> tuple[int, str, list[str]]:
        """Run `sam deploy --guided`: its exit status, all that it said, and the questions that Enter answered."""
        terminal, its_end = pty.openpty()
        process = subprocess.Popen(
            [SAM, "deploy", "--guided", *options],
            cwd=self._folder,
            env=self._environment,
            stdin=its_end,
            stdout=its_end,
            stderr=its_end,
            start_new_session=True,
        )
        os.close(its_end)
        try:
            said, asked = self._answered(terminal)
            return process.wait(PATIENCE), said, asked
        finally:
            process.kill()
            process.wait()
            os.close(terminal)

    def _answered(self, terminal: int) -> tuple[str, list[str]]:
        said, asked, until = "", list[str](), time.monotonic() + PATIENCE
        while True:
            assert time.monotonic() < until, f"it does not end:\n{said[-2000:]}"
            if not select.select([terminal], [], [], 1)[0]:
                continue
            try:
                said += os.read(terminal, 65536).decode(errors="replace")
            except OSError:  # what a terminal says when the program has ended
                return said, asked
            last = re.sub(r"\x1b\[[0-9;]*m", "", said.rsplit("\n", 1)[-1])
            if re.search(r"\]: *$", last):
                asked.append(last.strip())
                os.write(terminal, b"\n")
                said += "\n"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with running(tmp_path_factory.mktemp("cloud")) as found:
        yield found


@pytest.fixture(scope="module")
def terminal(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    return Terminal(cloud, tmp_path_factory.mktemp("project"))


def stacks(cloud: Cloud) -> dict[str, dict[str, Any]]:
    return {one["StackName"]: one for one in cloud.client("cloudformation").describe_stacks()["Stacks"]}


def test_enter_throughout_deploys_and_a_second_stage_beside_it(cloud: Cloud, terminal: Terminal) -> None:
    for stack, options in (("replyclock", ()), ("replyclock-test", SECOND_STAGE)):
        code, said, asked = terminal.enter_throughout(*options)
        assert code == 0, said[-3000:]
        assert stacks(cloud)[stack]["StackStatus"] == "CREATE_COMPLETE"
        assert any("Parameter AlertEmail" in question for question in asked)
        assert [one for one in asked if "authentication" in one or "changeset" in one] == []
    names = [one["FunctionName"] for one in cloud.client("lambda").list_functions()["Functions"]]
    assert {"replyclock-prod-serve-api", "replyclock-test-serve-api"} <= set(names)
    schedules = [one["Name"] for one in cloud.client("scheduler").list_schedules()["Schedules"]]
    assert len(schedules) == len(set(schedules)) == 4, "the sweep and the reports, of each stage"


@pytest.mark.parametrize("stack", ["subscriptions", "alarms"])
def test_enter_throughout_deploys_what_stands_beside_it(cloud: Cloud, terminal: Terminal, stack: str) -> None:
    code, said, _ = terminal.enter_throughout(f"--config-env={stack}")
    assert code == 0, said[-3000:]
    assert stacks(cloud)[f"replyclock-{stack}"]["StackStatus"] == "CREATE_COMPLETE"
