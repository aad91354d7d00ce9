"""The same events in any order, and told twice, give the same ticket."""

from __future__ import annotations

import random
from typing import Any

import pytest

from infra.local.api import now
from infra.local.day import Story, webhooks

from .conftest import System

ACTS = (
    "9h created; 8h50m assigned; 8h45m note; 8h reply; 7h pending; 6h customer; 6h open; 5h reply; 4h solved; "
    "2h reopened; 1h solved"
)
GITHUB_ACTS = "9h created; 8h50m assigned; 8h reply; 6h customer; 5h reply; 4h solved; 2h reopened; 1h solved"
STORIES = {
    "zendesk": Story("zendesk", "771", ACTS, {"tier": "vip"}),
    "github": Story("github", "acme/widgets#772", GITHUB_ACTS, {"tier": "vip"}),
    "generic": Story("desk", "D 773", ACTS, {"channel": "chat"}),
}


@pytest.mark.parametrize("provider", STORIES)
def test_order_and_repetition_change_nothing(system: System, provider: str) -> None:
    sent = webhooks(STORIES[provider], now())
    chance = random.Random(f"order of {provider}")
    orders = [sent, chance.sample(sent, len(sent)), chance.sample([*sent, *sent], 2 * len(sent))]
    results = []
    for number, order in enumerate(orders, 1):
        connection = f"{provider}-{number}"
        replies = [system.send(connection, one.body, one.headers) for one in order]
        assert {one.status for one in replies} == {202}
        counts = [one.document for one in replies]
        assert sum(one["accepted"] for one in counts) == len(
            {event["id"] for event in _ticket(system, connection, provider)["events"]}
        )
        assert sum(one["quarantined"] for one in counts) == 0
        results.append(_without_source(_ticket(system, connection, provider)))
    assert results[0]["state"] == "solved"
    assert {clock["metric"] for clock in results[0]["clocks"]} == {
        "first_response",
        "next_response",
        "resolution",
        "total_response",
    }
    assert results[0] == results[1] == results[2]


def _ticket(system: System, connection: str, provider: str) -> dict[str, Any]:
    found = system.api.ticket(("default", connection, STORIES[provider].ticket))
    assert found is not None
    return found


def _without_source(result: dict[str, Any]) -> dict[str, Any]:
    # What was told to whom, and when, does depend on what was known at the time.
    kept = {name: value for name, value in result.items() if name not in ("source", "alerts")}
    kept["events"] = [{name: value for name, value in event.items() if name != "source"} for event in result["events"]]
    return kept
