from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest

from .backends import Store, local_client, moto_in_process


@pytest.fixture
def engine(dynamodb_local: str) -> Store:
    """A table in Amazon's own engine: for concurrency and for capacity, which moto does not play."""
    return Store(local_client(dynamodb_local))


@pytest.fixture
def moto() -> Iterator[None]:
    with moto_in_process():
        yield


@pytest.fixture(params=["moto", "dynamodb-local"])
def store(request: pytest.FixtureRequest) -> Store:
    """A table in each of the engines."""
    if request.param == "dynamodb-local":
        made: Store = request.getfixturevalue("engine")
        return made
    request.getfixturevalue("moto")
    return Store(boto3.client("dynamodb"))
