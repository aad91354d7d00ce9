"""Lets containers reach the local cloud, which listens on 127.0.0.1 only.

A container's 127.0.0.1 is its own, and SAM CLI does not lend it the machine's. Docker Desktop leads the name
`host.docker.internal` to this machine's 127.0.0.1 by itself. On Linux that name can be given the address of Docker's
bridge, where only containers and this machine can connect; what arrives there is passed on from here.
"""

from __future__ import annotations

import fcntl
import socket
import socketserver
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

NAME = "host.docker.internal"
BRIDGE = "docker0"
_SIOCGIFADDR = 0x8915


class NoBridge(RuntimeError):
    """Docker's bridge has no address on this machine."""


@contextmanager
def reachable_from_containers(port: int) -> Iterator[tuple[str, list[str]]]:
    """The address at which containers reach 127.0.0.1:`port` of this machine, and SAM CLI's options for it."""
    if sys.platform != "linux":
        yield f"{NAME}:{port}", []
        return
    address = _bridge_address()
    with _Forwarder((address, 0), _Connection) as forwarder:
        forwarder.target = ("127.0.0.1", port)
        thread = threading.Thread(target=forwarder.serve_forever, args=(0.1,))
        thread.start()
        try:
            yield f"{NAME}:{forwarder.server_address[1]}", [f"--add-host={NAME}:{address}"]
        finally:
            forwarder.shutdown()
            thread.join()


def _bridge_address() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            found = fcntl.ioctl(probe.fileno(), _SIOCGIFADDR, struct.pack("256s", BRIDGE.encode()))
        except OSError:
            raise NoBridge(f"no network interface {BRIDGE}: is the Docker engine running?") from None
    return socket.inet_ntoa(found[20:24])


class _Forwarder(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    target: tuple[str, int]


class _Connection(socketserver.BaseRequestHandler):
    server: _Forwarder

    def handle(self) -> None:
        with socket.create_connection(self.server.target) as target:
            answers = threading.Thread(target=_pass_on, args=(target, self.request), daemon=True)
            answers.start()
            _pass_on(self.request, target)
            answers.join()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    try:
        while chunk := source.recv(65536):
            sink.sendall(chunk)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return  # one of the two is gone, and with it the connection
