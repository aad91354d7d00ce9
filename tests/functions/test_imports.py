"""What a function imports is what a cold start waits for: each imports what it uses and nothing more."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.adapters.backends import ROOT

ENVIRONMENT = {
    "TABLE_NAME": "t",
    "TIMER_QUEUE_URL": "https://queue.example.com/1/q",
    "ALERT_TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:t",
    "SMOKE_TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:s",
    "STAGE": "test",
    "STORM_LIMIT": "20",
    "DOCUMENTS_BUCKET": "documents",
    "RETENTION_DAYS": "365",
    "API_TOKEN_SECRET": "arn:aws:secretsmanager:us-east-1:123456789012:secret:t",
    "POWERTOOLS_METRICS_NAMESPACE": "replyclock",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
}
LIST_MODULES = "import handler, json, sys; print(json.dumps(sorted(sys.modules)))"
# Heavy, or of no use in any function.
NOWHERE = [
    "aws_xray_sdk",
    "aws_lambda_powertools.utilities.batch",
    "aws_lambda_powertools.utilities.idempotency",
    "aws_lambda_powertools.utilities.parameters",
    "aws_lambda_powertools.utilities.parser",
    "boto3.dynamodb",
    "moto",
    "replyclock.cli",
    "rich",
]
NOT_ASKED = ["aws_lambda_powertools.event_handler"]
ENGINE = ["duckdb", "_duckdb", "replyclock.reporting_sql"]
MEASURING = ["replyclock.domain.judging", "replyclock.domain.policy", "yaml"]
UNUSED = {
    "receive_webhook": [
        *NOT_ASKED,
        *ENGINE,
        *MEASURING,
        "replyclock.adapters.sns",
        "replyclock.adapters.sqs",
        "replyclock.adapters.tickets",
        "replyclock.presentation",
    ],
    "measure_tickets": [
        *NOT_ASKED,
        *ENGINE,
        "replyclock.adapters.sns",
        "replyclock.presentation",
        "replyclock.sources",
    ],
    "sweep_deadlines": [
        *NOT_ASKED,
        *ENGINE,
        "replyclock.adapters.sns",
        "replyclock.presentation",
        "replyclock.sources",
    ],
    "check_deadlines": [
        *NOT_ASKED,
        *ENGINE,
        "replyclock.adapters.sns",
        "replyclock.presentation",
        "replyclock.sources",
    ],
    "compile_reports": [
        *NOT_ASKED,
        "replyclock.adapters.sns",
        "replyclock.adapters.sqs",
        "replyclock.sources",
    ],
    "reconcile_sources": [
        *NOT_ASKED,
        *ENGINE,
        "replyclock.adapters.sns",
        "replyclock.adapters.sqs",
        "replyclock.presentation",
    ],
    "drop_tickets": [
        *NOT_ASKED,
        "replyclock.adapters.secrets",
        "replyclock.adapters.sns",
        "replyclock.adapters.sqs",
        "replyclock.presentation",
        "replyclock.sources",
    ],
    "publish_alerts": [*NOT_ASKED, *ENGINE, "replyclock.sources", "replyclock.adapters.secrets"],
    "serve_reports": ["replyclock.adapters.sns", "replyclock.adapters.sqs", "replyclock.sources"],
    "serve_api": [*ENGINE, "replyclock.sources", "replyclock.adapters.sns", "replyclock.presentation"],
}


@pytest.mark.parametrize("function", UNUSED)
def test_a_function_imports_only_what_it_uses(function: str) -> None:
    listed = subprocess.run(
        [sys.executable, "-c", LIST_MODULES],
        cwd=ROOT / "functions" / function,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "shared")} | ENVIRONMENT,
        capture_output=True,
        check=True,
        text=True,
    )
    imported = json.loads(listed.stdout.splitlines()[-1])
    assert "replyclock.adapters.runtime" in imported
    forbidden = (*NOWHERE, *UNUSED[function])
    assert [name for name in imported if any(name == one or name.startswith(one + ".") for one in forbidden)] == []


def test_every_function_has_a_budget() -> None:
    assert set(UNUSED) == {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")}
