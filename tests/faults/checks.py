"""What holds of any world in which nothing is left to do, whatever happened in it."""

from __future__ import annotations

from collections import Counter

from replyclock.adapters.dynamodb import Table
from replyclock.adapters.policies import DynamoPolicies
from replyclock.domain.alerts import corrections_due, entries_due, quiet_reason
from replyclock.domain.events import TicketKey
from replyclock.domain.judging import evaluate_ticket
from replyclock.domain.policy import Policy
from replyclock.service.policies import read_stored_policy
from replyclock.service.ports import LedgerRecord, TicketRecord

from .world import World


def check_all_told(world: World) -> None:
    """Every alert that is owed is in the ledger with its own instant, and was told: once, but for what no one could
    know to be told.
    """
    policy = read_stored_policy(DynamoPolicies(Table(world.engine.client, world.name)))
    told, known = world.topic.told(), {document["alert_id"] for document in world.topic.summaries()}
    summarized = 0
    for mapping in world.mappings:
        assert not mapping.given_up, f"{mapping.function} left records to the dead letters"
    for key in world.tickets:
        record = world.record(key)
        _check_complete(record, policy, world.now())
        for one in record.ledger:
            known.add(one.entry.alert_id)
            summarized += one.status == "summarized"
            _check_settled(key, one, record, policy)
            _check_told(one, told[one.entry.alert_id], world.repeatable)
    assert told.keys() <= known, "what is told is in a ledger"
    _check_summaries(world, summarized)


def _check_complete(record: TicketRecord, policy: Policy, now: int) -> None:
    """The ledger has what the log owes now, and each entry's instant is the log's, not that of the detection."""
    result = evaluate_ticket([stored.event for stored in record.events], policy, now)
    if result is None:
        assert not record.ledger
        return
    ledger = {known.entry.sort_key: known for known in record.ledger}
    for entry in entries_due(result, now):
        assert entry.sort_key in ledger, f"{entry.sort_key} is lost"
        if entry.level != "correction":
            assert ledger[entry.sort_key].entry.at == entry.at
    for entry in corrections_due(result, [known.entry for known in record.ledger if known.told], now):
        assert ledger[entry.sort_key].told, f"people still believe {entry.sort_key}"


def _check_settled(key: TicketKey, known: LedgerRecord, record: TicketRecord, policy: Policy) -> None:
    """Nothing is still owed; and what nobody was told of was no longer to be told by what was known then."""
    settled_at = known.settled_at
    assert known.status in ("sent", "summarized", "quiet"), f"{known.entry.sort_key} of {key} is {known.status}"
    assert settled_at is not None
    if known.status == "quiet" and known.reason != "history":
        events = [stored.event for stored in record.events if stored.received_at <= settled_at]
        sent = [
            other.entry
            for other in record.ledger
            if other.told and other.settled_at is not None and other.settled_at <= settled_at
        ]
        result = evaluate_ticket(events, policy, settled_at)
        assert quiet_reason(known.entry, result, sent) == known.reason, known.entry.sort_key


def _check_told(known: LedgerRecord, times: int, repeatable: Counter[str]) -> None:
    entry = known.entry
    # Openly: SNS may have accepted what a process that died could not mark any more. The next attempt tells it again,
    # under the same alert_id; each such death may double it once. Where the answer came before the next attempt, the
    # ledger calls quiet what people were told.
    if known.status != "sent":
        assert times <= repeatable[entry.alert_id], f"{entry.sort_key} was told, and the ledger says it was not"
    else:
        assert 1 <= times <= 1 + repeatable[entry.alert_id], f"{entry.sort_key} was told {times} times"


def _check_summaries(world: World, summarized: int) -> None:
    """Summaries stand for all alerts that were left to them. Who died between joining a summary and marking that may
    be in the next one, too.
    """
    summaries = {document["alert_id"]: document for document in world.topic.summaries()}
    stand_for = sum(sum(document["levels"].values()) for document in summaries.values())
    assert summarized <= stand_for <= summarized + len(world.steps.fallen), f"{stand_for} summed up of {summarized}"
    for alert_id in summaries:
        times = world.topic.told()[alert_id]
        assert 1 <= times <= 1 + world.repeatable[alert_id], f"a summary was told {times} times"
