"""The examples run."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from replyclock import evaluate
from replyclock.cli.main import main
from tests.adapters.backends import ROOT
from tests.functions.conftest import Context, Deployed, deployed  # noqa: F401 (a fixture)
from tests.service.house import SECRET

EXAMPLES = ROOT / "examples"
POLICIES = sorted((EXAMPLES / "policies").glob("*.yaml"))
EVENTS = [json.loads(line) for line in (EXAMPLES / "events.jsonl").read_text(encoding="utf-8").splitlines()]


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"example_{path.stem}", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_each_policy_is_listed_and_each_listed_one_is_there() -> None:
    listed = re.findall(r"^\| `([a-z-]+\.yaml)` \|", (EXAMPLES / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(listed) == [path.name for path in POLICIES]


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_a_policy_is_valid_without_warnings(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "check", str(path)]) == 0
    assert "valid, no warnings" in capsys.readouterr().out


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.stem)
def test_a_policy_judges_the_example_tickets(path: Path) -> None:
    results = evaluate(EVENTS, [path.read_text(encoding="utf-8")], at="2026-06-01T17:00:00Z")
    first = [next(clock for clock in one["clocks"] if clock["metric"] == "first_response") for one in results]
    assert [one["ticket"] for one in results] == ["1", "2", "3"]
    assert any(clock["standard"] for clock in first), "no standard fits any of the tickets"


def test_what_the_policy_of_software_support_says_of_the_tickets() -> None:
    text = (EXAMPLES / "policies" / "saas-support.yaml").read_text(encoding="utf-8")
    results = evaluate(EVENTS, [text], at="2026-06-01T17:00:00Z")
    states = {(one["ticket"], clock["metric"]): clock["state"] for one in results for clock in one["clocks"]}
    assert states["1", "first_response"] == "met"
    assert states["1", "next_response"] == "breached"
    assert states["3", "first_response"] == "running"


# ----------------------------------------------------------------------------------------------------------- subscriber
class Chat(ThreadingHTTPServer):
    """An incoming webhook that keeps what it gets, and refuses it while `status` says so."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.got: list[Any] = []
        self.status = 200


class Handler(BaseHTTPRequestHandler):
    server: Chat

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.status == 200:
            self.server.got.append(json.loads(body))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name)
        pass


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[Chat]:
    server = Chat()
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("CHAT_WEBHOOK", f"http://127.0.0.1:{server.server_port}/")
    yield server
    server.shutdown()
    server.server_close()


def message(**document: object) -> Any:
    return {"Records": [{"Sns": {"Message": json.dumps(document)}}]}


ALERT = {
    "alert_id": "a1",
    "source": "desk",
    "ticket": "7",
    "metric": "first_response",
    "standard": "chat",
    "level": "breach",
    "due_at": "2026-06-01T09:00:10Z",
}


def test_the_subscriber_posts_each_alert_once_and_raises_what_the_chat_refuses(chat: Chat) -> None:
    subscriber = load(EXAMPLES / "subscriber" / "handler.py")
    chat.status = 503
    with pytest.raises(urllib.error.HTTPError):
        subscriber.lambda_handler(message(**ALERT), None)
    chat.status = 200
    assert subscriber.lambda_handler(message(**ALERT), None) == {"posted": 1}
    assert subscriber.lambda_handler(message(**ALERT), None) == {"posted": 0}
    assert chat.got == [{"text": "breach: desk 7, first response (chat), due 2026-06-01T09:00:10Z"}]


def test_the_subscriber_has_a_line_for_each_kind() -> None:
    line = load(EXAMPLES / "subscriber" / "handler.py").line
    assert line({"kind": "summary", "alerts": 3, "standard": "chat"}) == "3 more alerts of chat"
    assert line({"kind": "digest", "open": 5, "at_risk": 1, "breached": 2}) == "5 open, 1 at risk, 2 breached"
    evaluation = {"kind": "evaluation", "period": "day", "from": "2026-06-01T00:00:00Z", "created": 9, "resolved": 8}
    assert line(evaluation) == "day 2026-06-01: 9 created, 8 resolved"


def test_the_subscriber_imports_what_the_main_stack_exports() -> None:
    exports = {
        output["Export"]["Name"]["Fn::Sub"]
        for output in yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))["Outputs"].values()
        if "Export" in output
    }
    text = (EXAMPLES / "subscriber" / "template.yaml").read_text(encoding="utf-8")
    imported = set(re.findall(r'"Fn::Sub": "([^"]+)"', text))
    assert imported
    assert imported <= exports


# -------------------------------------------------------------------------------------------------------- custom source
def test_a_custom_source_sends_events_that_are_taken_in_once(
    deployed: Deployed,  # noqa: F811 (the fixture)
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The script's requests reach the function; the network between them is a function call."""
    deployed.connect("desk", SECRET)
    function = deployed.load("receive_webhook")
    failures = [503]

    def urlopen(asked: urllib.request.Request, timeout: float) -> Any:
        assert asked.data is not None
        if failures:
            raise urllib.error.HTTPError(asked.full_url, failures.pop(), "try again", asked.headers, None)  # type: ignore[arg-type]
        assert isinstance(asked.data, bytes)
        event = {
            "version": "2.0",
            "rawPath": "/webhooks/desk",
            "headers": {name.lower(): value for name, value in asked.header_items()},
            "pathParameters": {"connection": "desk"},
            "requestContext": {"domainName": "api.example.com", "http": {"method": "POST", "path": "/webhooks/desk"}},
            "body": asked.data.decode(),
            "isBase64Encoded": False,
        }
        answer = function.lambda_handler(event, Context())
        if answer["statusCode"] != 202:
            raise urllib.error.HTTPError(asked.full_url, answer["statusCode"], answer["body"], asked.headers, None)  # type: ignore[arg-type]
        return Opened(answer["body"])

    script = load(EXAMPLES / "custom_source" / "send.py")
    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    monkeypatch.setattr(script.time, "sleep", lambda _: None)
    for _ in range(2):
        monkeypatch.setattr(sys, "stdin", StringIO((EXAMPLES / "events.jsonl").read_text(encoding="utf-8")))
        script.main("https://api.example.com/webhooks/desk", SECRET)
    first, again = [line for line in capsys.readouterr().out.splitlines() if "accepted" in line and "{" not in line]
    assert first == f"{len(EVENTS)} accepted, 0 duplicates, 0 quarantined"
    assert again == f"0 accepted, {len(EVENTS)} duplicates, 0 quarantined"
    monkeypatch.setattr(sys, "stdin", StringIO(json.dumps(EVENTS[0])))
    with pytest.raises(urllib.error.HTTPError, match="401"):
        script.main("https://api.example.com/webhooks/desk", "another secret")


class Opened(StringIO):
    """What urlopen returns."""
