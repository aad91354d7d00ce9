"""The sample history that `make run` brings."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import boto3

from infra.local import sample
from replyclock.adapters.administration import Deployment
from replyclock.adapters.facts import S3Facts
from replyclock.domain.instants import DAY, format_instant
from replyclock.service.reports import ReadReports
from tests.adapters.backends import moto_in_process
from tests.evaluation.quarter import POLICY

NOW = time.time_ns() // 1000


class _NoFaults:
    def newest(self) -> list[Any]:
        return []


def test_a_quarter_is_loaded_with_what_was_planted_and_at_once_the_next_time(tmp_path: Path) -> None:
    found: list[dict[str, Any]] = []
    took: list[float] = []
    for bucket in ("first", "second"):
        with moto_in_process():
            s3 = boto3.client("s3")
            s3.create_bucket(Bucket=bucket)
            deployment = Deployment("", "", "test", boto3.Session(), bucket=bucket)
            begun = time.monotonic()
            assert 4_500 < sample.load(deployment, tmp_path, NOW) < 5_000
            took.append(time.monotonic() - begun)
            faults: Any = _NoFaults()
            reports = ReadReports(S3Facts(s3, bucket), lambda: POLICY, lambda: NOW, faults)
            asked = {"from": format_instant(NOW - 100 * DAY)[:10], "zone": "Europe/Berlin", "tenant": sample.TENANT}
            found.append({name: reports(name, asked) for name in ("summary", "causes", "agents", "trends")})
    assert found[0] == found[1]
    causes: Any = found[0]["causes"]
    named = {(one["measure"], one["dimension"]): one["stand_out"][0]["group"] for one in causes["causes"]}
    assert named["first_response", "channel"] == "social"
    assert named["before_assignment", "weekday"] == "mon"
    assert named["on_third_parties", "category"] == "delivery"
    assert found[0]["summary"]["total"]["satisfaction"]["ratings"] > 1_000
    assert found[0]["summary"]["total"]["tickets"]["open"] == 0
    assert took[1] < took[0] / 3
    assert [path.name for path in tmp_path.glob("sample-*/*.jsonl")] == ["partitions.jsonl"]
