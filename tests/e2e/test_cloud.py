"""The local cloud leaves nothing behind, and there is one at a time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path

import pytest

from infra.local.api import wait_for
from infra.local.deploy import ROOT
from infra.local.run import AlreadyRunningError, alone

HOLDER = """
import sys, time
from pathlib import Path
from infra.local.cloud import running
with running(Path(sys.argv[1])) as cloud:
    print(cloud.endpoint, flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
def test_the_cloud_ends_with_its_parent(tmp_path: Path, sent: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        address = holder.stdout.readline().strip().removeprefix("http://")
        assert _listens(address)
        os.kill(holder.pid, sent)
        holder.wait(20)
    assert wait_for(lambda: not _listens(address), 20)


def test_two_runs_at_once_are_refused(tmp_path: Path) -> None:
    with (
        alone(tmp_path),
        pytest.raises(AlreadyRunningError, match=f"already runs here .process {os.getpid()}."),
        alone(tmp_path),
    ):
        pass
    with alone(tmp_path):
        pass


def _listens(address: str) -> bool:
    connection = HTTPConnection(address, timeout=5)
    try:
        connection.connect()
    except OSError:
        return False
    finally:
        connection.close()
    return True
