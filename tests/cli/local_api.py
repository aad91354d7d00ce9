"""An API on this machine for commands with `--local`, as `make run` leaves word of one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path


@contextmanager
def served(handler: type[BaseHTTPRequestHandler], folder: Path, table: str) -> Iterator[str]:
    """The address at which the handler answers, told in the folder; stopped at the end."""
    with HTTPServer(("127.0.0.1", 0), handler) as listening:
        address = f"http://127.0.0.1:{listening.server_port}"
        endpoint = {"api": address, "table": table, "stage": "test", "aws_endpoint": None}
        (folder / ".local").mkdir()
        (folder / ".local" / "endpoint.json").write_text(json.dumps(endpoint))
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        try:
            yield address
        finally:
            listening.shutdown()
            thread.join()
