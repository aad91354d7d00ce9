"""The functions as their handlers make them: the same use cases and adapters, on the clients and the clock of a world.

What a handler does besides, metrics and settings, is left out. A new function, or one more port of an old one, belongs
here and nowhere else in this package.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol, cast

from replyclock.adapters.caching import Cached, cached
from replyclock.adapters.connections import DynamoConnections
from replyclock.adapters.dynamodb import Table, text
from replyclock.adapters.event_log import DynamoEventLog, DynamoQuarantine
from replyclock.adapters.faults import DynamoFaults
from replyclock.adapters.feed import DynamoFeed
from replyclock.adapters.notices import DynamoNotices, DynamoStorms, new_notices
from replyclock.adapters.policies import DynamoJudgings, DynamoPolicies
from replyclock.adapters.records import in_turn, new_items, received_timers
from replyclock.adapters.sns import SnsPublisher
from replyclock.adapters.sqs import SqsTimers
from replyclock.adapters.tickets import DynamoLedger, DynamoTickets
from replyclock.domain.errors import Conflict
from replyclock.domain.events import TicketKey
from replyclock.domain.policy import Policy
from replyclock.service.check import CheckDeadline
from replyclock.service.faults import SetAside, faulty_alert, faulty_notice, faulty_ticket, faulty_timer
from replyclock.service.policies import CACHED_SECONDS, PublishPolicy, read_stored_policy
from replyclock.service.ports import Faulty
from replyclock.service.publish import PublishAlert, PublishNotice
from replyclock.service.receive import ReceiveWebhook
from replyclock.service.refresh import RefreshTicket
from replyclock.service.storm import SumUpStorm
from replyclock.service.sweep import sweep_deadlines
from replyclock.sources import generic
from replyclock.sources.base import Headers, Webhook

from .world import Engine, Function, Now, Queue, Topic, World

SECRET = "a-secret-of-the-tests"
CONNECTION = {"name": "desk", "provider": "generic", "secrets": ["desk/1"]}


class Surroundings(Protocol):
    """What functions reach of the world that they run in."""

    table: Table
    now: Now
    queue: Queue
    topic: Topic

    def wait(self, seconds: float) -> None: ...


class _Secrets:
    """Secrets Manager is asked once in minutes: no part of what has to happen in order here."""

    def get(self, reference: str) -> str | None:
        return SECRET if reference == "desk/1" else None


STORM_LIMIT = 20


def configuration(policy: str) -> list[Mapping[str, Any]]:
    """The items that are there before anything happens."""
    published = {"document": text(policy), "published_at": text("2026-01-01T00:00:00Z")}
    return [
        {"pk": text("CONNECTIONS"), "sk": text("desk"), "document": text(json.dumps(CONNECTION))},
        {"pk": text("POLICY"), "sk": text("V#0000000001"), **published},
    ]


def deployed(engine: Engine, policy: str, storm_limit: int = STORM_LIMIT, **options: Any) -> World:
    """A world with a connection, and a policy that was always there."""
    world = World(engine, partial(wire, storm_limit=storm_limit), **options)
    for item in configuration(policy):
        world.configure(item)
    return world


def wire(world: Surroundings, function: str, storm_limit: int = STORM_LIMIT) -> Function:
    """Make a function as its process does when it starts."""
    return _publish(world, storm_limit) if function == "publish" else _FUNCTIONS[function](world)


def _receive(world: Surroundings) -> Function:
    connections = Cached(DynamoConnections(world.table).get, world.now, seconds=30, seconds_missing=0)
    receive = ReceiveWebhook(
        connections, _Secrets(), DynamoEventLog(world.table), DynamoQuarantine(world.table), world.now, "test"
    )

    def handle(documents: Any) -> bool:
        body = json.dumps(documents).encode()
        headers = Headers(generic.sign(body, SECRET, world.now()))
        receive("desk", Webhook(body, headers, world.now()))
        return True

    return handle


def _measure(world: Surroundings) -> Function:
    refresh = _refresh(world)

    def handle(event: Mapping[str, Any]) -> dict[str, Any]:
        first: dict[TicketKey, str] = {}
        for item in new_items(event, "E#", "V#"):
            first.setdefault(item.key, item.sequence_number)
        return in_turn([(number, key) for key, number in first.items()], refresh, _set_aside(world, faulty_ticket))

    return handle


def _check(world: Surroundings) -> Function:
    check = CheckDeadline(
        _refresh(world),
        SumUpStorm(DynamoStorms(world.table), world.now),
        _timers(world),
        DynamoTickets(world.table),
        DynamoJudgings(world.table),
        world.now,
        world.wait,
        DynamoFaults(world.table).faulty_tickets,
    )

    def handle(event: Mapping[str, Any]) -> dict[str, Any]:
        received, unreadable = received_timers(event)
        return in_turn(received, check, _set_aside(world, faulty_timer), failed=unreadable)

    return handle


def _sweep(world: Surroundings) -> Function:
    tickets, timers = DynamoTickets(world.table), _timers(world)
    return lambda _: sweep_deadlines(tickets, timers, world.now)


def _publish(world: Surroundings, storm_limit: int) -> Function:
    publisher, feed = SnsPublisher(cast("Any", world.topic), "topic"), DynamoFeed(world.table)
    publish = PublishAlert(
        DynamoTickets(world.table),
        DynamoLedger(world.table),
        DynamoStorms(world.table),
        publisher,
        feed,
        _policy(world),
        world.now,
        lambda key: None,
        lambda source: "en",
        storm_limit,
        publisher,
    )
    publish_notice = PublishNotice(DynamoNotices(world.table), publisher, feed, world.now, lambda source: "en")

    def handle(event: Mapping[str, Any]) -> dict[str, Any]:
        alerts = [
            (
                item.sequence_number,
                (
                    faulty_alert(item.key, item.sort_key),
                    partial(publish, item.key, item.sort_key, item.sequence_number),
                ),
            )
            for item in new_items(event, "A#")
        ]
        notices = [
            (number, (faulty_notice(name), partial(publish_notice, name, number)))
            for number, name in new_notices(event)
        ]
        return in_turn([*alerts, *notices], lambda work: work[1](), _set_aside(world, lambda work: work[0]))

    return handle


def _put_policy(world: Surroundings) -> Function:
    publish = PublishPolicy(DynamoPolicies(world.table), _timers(world), world.now)

    def handle(document: str) -> bool:
        try:
            publish(document)
        except Conflict:
            return True  # "exists": to who repeats it that is as good as done
        return True

    return handle


def _refresh(world: Surroundings) -> RefreshTicket:
    return RefreshTicket(
        DynamoTickets(world.table),
        _timers(world),
        _policy(world),
        world.now,
        world.now.sleep,
        clear=DynamoFaults(world.table).clear,
    )


def _set_aside(world: Surroundings, name: Callable[[Any], Faulty | None]) -> Callable[[Any, Exception], None]:
    set_aside = SetAside(DynamoFaults(world.table), world.now, lambda _: None)

    def done(work: Any, error: Exception) -> None:
        thing = name(work)
        if thing is None:
            raise error
        set_aside(thing, error)

    return done


def _timers(world: Surroundings) -> SqsTimers:
    return SqsTimers(cast("Any", world.queue), "timers")


def _policy(world: Surroundings) -> Callable[[], Policy]:
    policies = DynamoPolicies(world.table)
    return cached(lambda: read_stored_policy(policies), world.now, CACHED_SECONDS)


_FUNCTIONS: dict[str, Callable[[Surroundings], Function]] = {
    "receive": _receive,
    "measure": _measure,
    "check": _check,
    "sweep": _sweep,
    "put_policy": _put_policy,
}
