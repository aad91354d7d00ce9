"""An empty local cloud, started once for all tests of this folder."""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.local.cloud import ACCOUNT, REGION, Cloud, running

ROLE = f"arn:aws:iam::{ACCOUNT}:role/none"


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with pytest.MonkeyPatch.context() as patch:
        # What records the calls of the product's functions is on this path; those of these tests are none of them.
        patch.delenv("PYTHONPATH", raising=False)
        with running(tmp_path_factory.mktemp("strict-cloud")) as started:
            yield started


@pytest.fixture
def name() -> str:
    """A name that no other test has."""
    return f"of-the-test-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def refused() -> Callable[[str], AbstractContextManager[Any]]:
    """Whether the cloud refuses what is done in the block, with this error code."""
    return lambda code: pytest.raises(ClientError, match=code)


def queue(cloud: Cloud, name: str, **attributes: str) -> tuple[str, str]:
    """The URL and ARN of a new queue."""
    url = cloud.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return url, f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


def received(cloud: Cloud, url: str) -> list[Any]:
    """What a queue hands over now."""
    receive = partial(cloud.client("sqs").receive_message, QueueUrl=url, MessageAttributeNames=["All"])
    found = []
    while messages := receive(MaxNumberOfMessages=10).get("Messages"):
        found += messages
    return found


def function(cloud: Cloud, name: str, code: str, **options: Any) -> str:
    """The ARN of a new function, whose handler is `handle` in the code."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("code.py", code)
    made = cloud.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=ROLE,
        Handler="code.handle",
        Code={"ZipFile": held.getvalue()},
        **{"Timeout": 60, **options},
    )
    return str(made["FunctionArn"])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.xdist_group("local_cloud"))
