"""The local cloud: MiniStack as a child process, for as long as the block lasts that asked for it.

What it writes stays in one directory: `ministack.log`, `functions.log`, `inbox.jsonl`, and `tmp/`, which is removed
at the end. Its state is in memory: each cloud starts empty. It listens on 127.0.0.1 only, on a free port. Functions
run as its children in the same Python that runs this, so the packages of the virtual environment are theirs,
`replyclock` among them. Children get none of the caller's environment but what `_INHERITED` lists: credentials and
profiles of a real account never reach them.
"""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

REGION = "us-east-1"
ACCOUNT = "000000000000"
START_SECONDS = 30.0
STOP_SECONDS = 5.0
ATTEMPTS = 3
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "PYTHONPATH", "COVERAGE_PROCESS_START")
_SERVICES = (
    "apigateway,cloudformation,dynamodb,events,iam,kms,lambda,logs,monitoring,s3,scheduler,secretsmanager,sns,sqs,sts"
)


class CloudError(RuntimeError):
    """The local cloud did not come up; the message tells where its log is."""


@dataclass(frozen=True)
class Cloud:
    """A running local cloud: its endpoint for every AWS service, and the directory that it writes to."""

    endpoint: str
    directory: Path
    _clients: dict[str, Any] = field(default_factory=dict, repr=False)
    _making: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which AWS tools and SDKs speak to this cloud and to no other."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "local",
        }

    @property
    def inbox(self) -> Path:
        """The file of delivered mail and SMS, a JSON object a line."""
        return self.directory / "inbox.jsonl"

    @property
    def log(self) -> Path:
        """The cloud's own log."""
        return self.directory / "ministack.log"

    @property
    def functions_log(self) -> Path:
        """What the functions logged, each line after its function's name."""
        return self.directory / "functions.log"

    def client(self, service: str) -> Any:
        """A boto3 client of this cloud, the same one each time."""
        with self._making:
            if service not in self._clients:
                # Any: the service is not known beforehand, and clients of all are not alike.
                session: Any = boto3.session.Session(ACCOUNT, "local", region_name=REGION)
                config = Config(retries={"total_max_attempts": 2}, connect_timeout=5, s3={"addressing_style": "path"})
                self._clients[service] = session.client(service, endpoint_url=self.endpoint, config=config)
        return self._clients[service]

    def close(self) -> None:
        """Let go of the clients' connections."""
        while self._clients:
            self._clients.popitem()[1].close()


@contextmanager
def running(directory: Path) -> Iterator[Cloud]:
    """A local cloud that writes to this directory. After the block, however it ends, nothing of it runs any more.

    Raises CloudError.
    """
    directory.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(directory / "tmp", ignore_errors=True)
    (directory / "tmp").mkdir()
    for name in ("inbox.jsonl", "ministack.log", "functions.log"):
        (directory / name).write_text("", encoding="utf-8")
    child: subprocess.Popen[bytes] | None = None
    cloud: Cloud | None = None
    try:
        for _ in range(ATTEMPTS):  # between looking for a free port and taking it, others may have taken it
            port = _free_port()
            cloud = Cloud(f"http://127.0.0.1:{port}", directory.resolve())
            child = _start(cloud, port)
            if _ready(port, child):
                break
            _stop(child)
        else:
            raise CloudError(f"the local cloud did not start; its log is {directory / 'ministack.log'}")
        yield cloud
    finally:
        if cloud is not None:
            cloud.close()
        if child is not None:
            _stop(child)
        shutil.rmtree(directory / "tmp", ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start(cloud: Cloud, port: int) -> subprocess.Popen[bytes]:
    scratch = str(cloud.directory / "tmp")
    environment = {name: os.environ[name] for name in _INHERITED if name in os.environ} | cloud.environment
    environment |= {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "SERVICES": _SERVICES,
        "LAMBDA_EXECUTOR": "local",
        # Both would listen on every interface, on a fixed port.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        # Without a Docker socket MiniStack leaves other people's containers alone.
        "DOCKER_HOST": f"unix://{scratch}/no-docker.sock",
        "TMPDIR": scratch,
        "STATE_DIR": f"{scratch}/state",
        "S3_DATA_DIR": f"{scratch}/s3",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONUNBUFFERED": "1",
        "REPLYCLOCK_INBOX": str(cloud.inbox),
        "REPLYCLOCK_FUNCTIONS_LOG": str(cloud.functions_log),
    }
    with cloud.log.open("ab") as log:
        # A session of its own: Ctrl-C reaches the parent alone, and all of the cloud's processes can be ended at once.
        return subprocess.Popen(
            [sys.executable, "-m", "infra.local.server"],
            cwd=Path(__file__).resolve().parents[2],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _ready(port: int, child: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and child.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", "/_ministack/ready")
            if connection.getresponse().status == http.HTTPStatus.OK:
                return True
        except (OSError, http.client.HTTPException):
            pass  # not yet
        finally:
            connection.close()
        time.sleep(0.05)
    return False


def _stop(child: subprocess.Popen[bytes]) -> None:
    """End the child's whole process group, and wait until it is gone."""
    if child.stdin is not None:
        child.stdin.close()
    _signal_group(child.pid, signal.SIGTERM)
    began = time.monotonic()
    while child.poll() is None or _signal_group(child.pid, 0):
        if time.monotonic() > began + STOP_SECONDS:
            _signal_group(child.pid, signal.SIGKILL)
        if time.monotonic() > began + 2 * STOP_SECONDS:
            break  # what is left are dead workers that nobody collects: the machine's first process does not
        time.sleep(0.05)


def _signal_group(group: int, sent: int) -> bool:
    try:
        os.killpg(group, sent)
    except ProcessLookupError:
        return False
    return True
