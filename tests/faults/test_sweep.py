"""What a sweep costs depends on what falls due, not on how many tickets are open."""

from __future__ import annotations

from tests.adapters.backends import Store, local_client
from tests.adapters.samples import NINE

from .crowd import fill, swept
from .world import MINUTE, Engine


def test_a_sweep_costs_what_falls_due_however_many_tickets_are_open(engine: Engine) -> None:
    few, many = (Store(local_client(engine.address)) for _ in range(2))
    for store, tickets in ((few, 100), (many, 1500)):
        fill(store, tickets, due=20)
        store.count_capacity()
    # Half a read unit for each of the eight shards.
    assert swept(few) == swept(many) == (20, {"due": 4.0})
    found, spent = swept(many, NINE + 30 * MINUTE)
    assert found == 1500
    assert 4 < spent["due"] < 4 * 1500 / 20
    for store in (few, many):
        engine.client.delete_table(TableName=store.name)
