"""An HTTP server that plays a tool's API, and fails as it is told to."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

Fault = tuple[int, Mapping[str, str]] | Literal["cut"]
"""A status and headers to answer with instead, or the connection is cut in the midst of the answer."""


@dataclass
class Question:
    """What was asked."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: Any


Answer = Callable[[Question], Any]
"""Answers with a JSON document, None for 404, or a document and further headers."""


@dataclass
class Tool:
    """A tool's API. `faults` come before answers, one a question; `asked` is all that was asked."""

    answer: Answer
    faults: deque[Fault] = field(default_factory=deque)
    asked: list[Question] = field(default_factory=list)
    url: str = ""

    def paths(self) -> list[str]:
        return [question.path for question in self.asked]


@contextmanager
def served(tool: Tool) -> Iterator[Tool]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._play()

        def do_POST(self) -> None:
            self._play()

        def _play(self) -> None:
            place = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            question = Question(
                self.command,
                place.path,
                dict(parse_qsl(place.query)),
                {name.lower(): value for name, value in self.headers.items()},
                json.loads(body) if body else None,
            )
            tool.asked.append(question)
            fault = tool.faults.popleft() if tool.faults else None
            if fault == "cut":
                self._send(200, {"Content-Length": "1000"}, b'{"tickets": [')
                self.close_connection = True
            elif fault is not None:
                self._send(fault[0], fault[1], b"no")
            else:
                found = tool.answer(question)
                document, headers = found if isinstance(found, tuple) else (found, {})
                self._send(404 if document is None else 200, headers, json.dumps(document).encode())

        def _send(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    tool.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield tool
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
