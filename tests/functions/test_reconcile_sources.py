"""The function that asks the tools: what it appends, counts, logs and keeps; one tool's failure is its own."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from replyclock.domain.instants import MINUTE, SECOND, format_instant
from tests.reconcile.server import Question, Tool, served

from .conftest import Deployed
from .test_metrics import printed


def test_each_tool_is_asked_and_what_was_missing_is_counted(
    deployed: Deployed, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = deployed.now() - deployed.now() % SECOND - 30 * MINUTE
    user = {"login": "a-customers-name", "type": "User"}

    def answer(asked: Question) -> Any:
        if asked.path.endswith("/timeline"):
            return []
        issue = {"number": 4, "url": "https://api.example/repos/o/r/issues/4", "user": user, "title": "what they wrote"}
        times = {"created_at": format_instant(opened), "updated_at": format_instant(opened)}
        return [{**issue, "state": "open", "labels": [], "assignees": [], **times}] if "issues" in asked.path else None

    with served(Tool(answer)) as tool, served(Tool(answer)) as broken:
        broken.faults.append((401, {}))
        for name, url in (("code", f"{tool.url}/repos/o/r"), ("other", broken.url)):
            reference = f"replyclock/test/connections/{name}/api"
            boto3.client("secretsmanager").create_secret(Name=reference, SecretString="token-of-an-api")
            deployed.connect(name, provider="github", api={"url": url, "secret": reference})
        deployed.connect("desk")
        # One that nobody can read keeps no other from being asked.
        deployed.connect("odd", provider="github", unheard_of=True)
        deployed.connect(
            "mute", provider="linear", api={"url": tool.url, "secret": "replyclock/test/connections/code/api"}
        )
        deployed.call("reconcile_sources", {})
        output = capsys.readouterr().out
        counted = {
            (name, document["provider"]): value
            for document in printed(output)
            for name, value in document.items()
            if name in ("EventsMissed", "ReconciliationsFailed")
        }
        assert counted.keys() == {("EventsMissed", "github"), ("ReconciliationsFailed", "github")}
        lines = [json.loads(line) for line in output.splitlines()]
        logged = {line["connection"]: line for line in lines if "connection" in line}
        assert logged["code"]["missed"] == {"ticket.created": 1}
        assert (logged["code"]["level"], logged["other"]["level"]) == ("INFO", "WARNING")
        assert "refuses the credentials" in logged["other"]["reason"]
        for secret in ("a-customers-name", "what they wrote", "token-of-an-api", "o/r#4"):
            assert secret not in output
        assert len(deployed.record(("default", "code", "o/r#4")).events) == 1
        assert len(broken.asked) == 1
        deployed.call("reconcile_sources", {})
        assert len(deployed.record(("default", "code", "o/r#4")).events) == 1
        assert len(broken.asked) > 1, "it is asked again"
