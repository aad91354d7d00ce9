"""`make run`: start the local cloud, deploy `template.yaml` to it, play a day of tickets, stay up until Ctrl-C.

With ONCE=1 it ends after the day: status 0, or 1 after naming everything that did not go as it has to. While it is up,
`.local/endpoint.json` tells where it is.
"""

from __future__ import annotations

import fcntl
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from types import FrameType

from rich.console import Console

from replyclock.adapters.api import ticket_path
from replyclock.domain.instants import SECOND, to_datetime

from .api import Api, now
from .cloud import CloudError, running
from .deploy import ROOT, Deployment, DeploymentError, deploy
from .kinds import CHAT_STORY, POLICY_TEXT, STORM_LIMIT
from .watch import Day

DIRECTORY = ROOT / ".local"


class AlreadyRunningError(RuntimeError):
    """Another run holds the directory."""


def main() -> int:
    """Returns the exit status."""
    signal.signal(signal.SIGTERM, _end)
    # A log has no width of its own; tables in it get this one.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 110)
    run = Run(console, once=os.environ.get("ONCE", "") not in ("", "0"))
    try:
        with alone(DIRECTORY):
            return run()
    except AlreadyRunningError as other:
        run.say(str(other))
        return 1
    except (CloudError, DeploymentError) as failed:
        run.say(f"{failed}\nThe cloud's log is {DIRECTORY.relative_to(ROOT)}/ministack.log")
        return 1
    except OSError as gone:
        run.say(
            f"The local cloud does not answer any more ({gone}); its log is {DIRECTORY.relative_to(ROOT)}/ministack.log"
        )
        return 1
    except KeyboardInterrupt:
        run.step("stopped")
        return 130


def _end(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + signal.SIGTERM)


@contextmanager
def alone(directory: Path) -> Iterator[None]:
    """Hold the directory for this process; the system lets go of it with the process, however that ends."""
    directory.mkdir(exist_ok=True)
    with (directory / "lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip()
            raise AlreadyRunningError(
                f"replyclock already runs here (process {holder}): end it first, with Ctrl-C where it runs"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


@contextmanager
def _announced(deployment: Deployment, file: Path) -> Iterator[None]:
    """Tell other programs where the system is, for as long as the block lasts."""
    file.unlink(missing_ok=True)
    # It holds the token: for this user's eyes alone.
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        json.dump(deployment.endpoint_document(), out, indent=2)
        out.write("\n")
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


@contextmanager
def _sample_history() -> Iterator[None]:
    """Load a quarter of sample history beside what else happens."""
    with subprocess.Popen([sys.executable, "-m", "infra.local.sample", str(DIRECTORY)], cwd=ROOT) as loading:
        try:
            yield
        finally:
            loading.terminate()


class Run:
    """One run, from the empty cloud to the end of the day."""

    def __init__(self, console: Console, once: bool) -> None:
        self._console = console
        self._once = once
        self._started = now()

    def say(self, text: str) -> None:
        """Print a text as it is."""
        self._console.print(text, markup=False, soft_wrap=True)

    def step(self, text: str) -> None:
        """Print what has been reached, with the time since the start."""
        self.say(f"[{(now() - self._started) / SECOND:5.1f} s] {text}")

    def __call__(self) -> int:
        """Returns the exit status."""
        self.step("starting the local cloud")
        with running(DIRECTORY) as cloud:
            self.step(f"local cloud up at {cloud.endpoint}, deploying template.yaml to it")
            deployment = deploy(cloud, given={"StormLimit": str(STORM_LIMIT)})
            self.step(f"deployed, the API is {deployment.api}")
            if Api(deployment.api, deployment.token).get("/health").status != HTTPStatus.OK:
                raise DeploymentError("GET /health does not answer 200")
            self.step("GET /health answers")
            with _announced(deployment, DIRECTORY / "endpoint.json"), _sample_history():
                day = Day(deployment, self._console, self._started)
                day.play()
                faults = day.report(DIRECTORY / "day.jsonl")
                (DIRECTORY / "policy.json").write_text(f"{POLICY_TEXT}\n", encoding="utf-8")
                for fault in faults:
                    self.say(f"FAULT: {fault}")
                self._suggest(deployment)
                self.say("Reports also have a quarter of sample data, of the tenant sample-data.")
                if self._once:
                    return 1 if faults else 0
                return self._stay_up()

    def _suggest(self, deployment: Deployment) -> None:
        header = shlex.quote(f"Authorization: Bearer {deployment.token}")
        late = ticket_path(CHAT_STORY.key)
        local = DIRECTORY.relative_to(ROOT)
        until = f"{to_datetime(now()):%Y-%m-%dT%H:%M:%SZ}"
        self.say(
            f"""
Page  {deployment.api}/#token={deployment.token}
API   {deployment.api}
AWS   {deployment.cloud.endpoint}, for any AWS tool
All, with the token, are in {local}/endpoint.json; what functions log is in {local}/functions.log. Try:

  curl -s -H {header} {shlex.quote(deployment.api + late)}
  curl -s -H {header} {shlex.quote(deployment.api + "/tickets?state=breached")}
  .venv/bin/replyclock evaluate --policy {local}/policy.json --at {until} {local}/day.jsonl
"""
        )

    def _stay_up(self) -> int:
        self.say("Up until Ctrl-C.")
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            self.step("stopping")
            return 0


if __name__ == "__main__":
    sys.exit(main())
