from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.adapters.backends import Store

from .world import Engine


@pytest.fixture(scope="session")
def engine(dynamodb_local: str) -> Engine:
    """Amazon's own engine: moto plays neither its conditions under threads nor its streams."""
    return Engine.at(dynamodb_local)


@pytest.fixture
def store(engine: Engine) -> Iterator[Store]:
    made = Store(engine.client)
    yield made
    engine.client.delete_table(TableName=made.name)
