from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.adapters.backends import moto_in_process
from tests.service.house import House


@pytest.fixture
def house() -> Iterator[House]:
    with moto_in_process():
        yield House()
