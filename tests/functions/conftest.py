"""Each function as Lambda loads it: from its file, with its environment, on moto."""

from __future__ import annotations

import importlib.util
import json
import logging
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import boto3
import pytest

from tests.access.recorded import as_function
from tests.adapters.backends import ROOT, moto_in_process
from tests.service.house import House

from .described import DESCRIBED, described

TOKEN = "a-token-of-the-tests"


@dataclass
class Context:
    """What the handlers may know of an invocation."""

    function_name: str = "replyclock-test"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:replyclock-test"
    aws_request_id: str = "27a9a5a0-0000-4000-8000-000000000001"


class Deployed(House):
    """The functions, on the house's resources and in real time."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.now.at = time.time_ns() // 1000
        secret = boto3.client("secretsmanager").create_secret(Name="replyclock/test/api-token", SecretString=TOKEN)
        self.environment = {
            "TABLE_NAME": self.store.name,
            "TIMER_QUEUE_URL": self.queue_url,
            "ALERT_TOPIC_ARN": self.topic_arn,
            "SMOKE_TOPIC_ARN": self.smoke_topic_arn,
            "STAGE": "test",
            "API_TOKEN_SECRET": secret["ARN"],
            "LINK_BASE": "",
            "STORM_LIMIT": "3",
            "DOCUMENTS_BUCKET": self.bucket,
            "RETENTION_DAYS": "365",
            "POWERTOOLS_SERVICE_NAME": "replyclock",
            "POWERTOOLS_METRICS_NAMESPACE": "replyclock",
            "LOG_LEVEL": "INFO",
        }
        for name, value in self.environment.items():
            patch.setenv(name, value)

    def load(self, function: str) -> ModuleType:
        logging.Logger.manager.loggerDict.pop("replyclock", None)  # so that it writes to this test's output
        module: Any = load_handler(ROOT / "functions" / function / "handler.py")
        if function in DESCRIBED:
            module.lambda_handler = described(module.lambda_handler)
        return cast("ModuleType", module)

    def call(self, function: str, event: object) -> Any:
        return self.load(function).lambda_handler(event, Context())

    def ask(self, event: Any) -> Any:
        """What the API answers: by the function to which the gateway hands over such a path."""
        return self.call(function_of(event["rawPath"]), event)


def function_of(path: str) -> str:
    """The function to which the template's routes lead a path of the API."""
    return "serve_reports" if path.startswith("/reports/") or path == "/policy/document" else "serve_api"


def load_handler(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"handler_of_{path.parent.name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    module.__dict__["lambda_handler"] = as_function(f"test-{path.parent.name.replace('_', '-')}", module.lambda_handler)
    return module


def recorded(name: str) -> Any:
    """An event as AWS sends it."""
    return json.loads((ROOT / "tests" / "events" / f"{name}.json").read_text())


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    with moto_in_process():
        yield Deployed(monkeypatch)
