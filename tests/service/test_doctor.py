"""The checks of `replyclock doctor` are made one by one, and know what the policy in force can send."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from replyclock.domain.diagnosis import Finding, Status, Subscriber, judge_filters, ok
from replyclock.domain.errors import CallFailed, StoreUnavailable
from replyclock.domain.events import TicketKey
from replyclock.domain.instants import day_of, parse_instant
from replyclock.domain.policy import DEFAULT_POLICY_DOCUMENT, read_document
from replyclock.service.doctor import Check, connection_facts, examine, sendable

NOW = parse_instant("2026-06-01T12:00:00Z")


def raising(error: Exception) -> Callable[[], list[Finding]]:
    def look() -> list[Finding]:
        raise error

    return look


def test_whatever_stops_one_check_the_others_go_on() -> None:
    checks = [
        Check("denied", raising(CallFailed("the permission x:Y is missing", "x:Y"))),
        Check("closed", raising(StoreUnavailable("AccessDeniedException")), "dynamodb:Query"),
        Check("away", raising(StoreUnavailable("ConnectTimeoutError")), "dynamodb:Query"),
        Check("faulty", raising(KeyError("what a customer wrote"))),
        Check("unasked", raising(KeyError("never")), unasked="it costs"),
        Check("fine", lambda: [ok("well")]),
        Check("elsewhere", lambda: [ok("well")], local=False),
    ]
    found = {one.check: one.findings[0] for one in examine(checks, local=True)}
    assert {name: one.status for name, one in found.items()} == {
        "denied": Status.UNKNOWN,
        "closed": Status.UNKNOWN,
        "away": Status.UNKNOWN,
        "faulty": Status.UNKNOWN,
        "unasked": Status.SKIPPED,
        "fine": Status.OK,
        "elsewhere": Status.UNKNOWN,
    }
    assert "x:Y" in (found["denied"].advice or "")
    assert found["closed"].found == "the permission dynamodb:Query is missing"
    assert "ConnectTimeoutError" in found["away"].found
    assert "the check itself failed: KeyError at " in found["faulty"].found
    assert "customer" not in found["faulty"].found
    [elsewhere] = examine(checks[-1:], local=False)
    assert elsewhere.findings == (ok("well"),)


FORMS = {"email": (), "json": ("kind", "metric")}
POLICY = """
policy: acme
version: 1
effective_from: 2026-01-01T00:00:00Z
standards:
  - name: vip
    when: {tier: vip, channel: {not: phone}}
    targets: {first_response: 15m}
    alerts: [{at: 80%, notify: team}, {at: 100%, notify: [team, lead]}, {at: 150%, notify: manager}]
    remind_every: 1h
  - {name: rest, targets: {resolution: 8h}}
"""


@pytest.mark.parametrize(
    ("filter_policy", "passes"),
    [
        ({"notify": ["lead"], "level": ["breach"]}, True),
        ({"notify": ["manager"], "level": ["escalation", "correction"]}, True),
        ({"notify": ["manager"], "level": ["breach"]}, False),
        ({"notify": ["manager"], "level": ["reminder"]}, True),
        ({"notify": ["boss"]}, False),
        ({"metric": ["resolution"], "notify": [{"exists": False}]}, True),
        ({"metric": ["resolution"], "notify": [{"exists": True}]}, False),
        ({"metric": ["next_response"]}, False),
        ({"standard": ["vip"], "tier": ["vip"]}, True),
        ({"standard": ["vip"], "tier": ["regular"]}, False),
        ({"standard": ["rest"], "tier": ["regular"]}, True),
        ({"standard": ["vip"], "level": ["correction"]}, True),
        ({"standard": ["rest"], "level": ["escalation"]}, False),
        ({"level": ["evaluation"]}, True),
        ({"level": ["digest"]}, False),
        ({"kind": ["summary"], "standard": ["vip"]}, True),
        ({"kind": ["evaluation"], "standard": ["vip"]}, False),
        ({"group": ["L2"], "assignee": ["ana"]}, True),
        ({"form": ["json"], "metric": ["resolution"]}, False),
        ({"form": ["json"], "standard": ["vip"]}, True),
        ({"form": ["sms"]}, False),
    ],
)
def test_what_the_policy_in_force_can_send(filter_policy: dict[str, object], passes: bool) -> None:
    one = Subscriber("sqs", "queue", pending=False, filter={"form": ["email"], **filter_policy})
    [found] = judge_filters([one], sendable(read_document(POLICY), FORMS))
    assert found.status is (Status.OK if passes else Status.WRONG), found.found


def test_digests_are_sent_where_they_are_asked_for() -> None:
    one = Subscriber(
        "sqs", "queue", pending=False, filter={"form": ["json"], "level": ["digest"], "service_type": ["urgent"]}
    )
    [found] = judge_filters([one], sendable(read_document(DEFAULT_POLICY_DOCUMENT), FORMS))
    assert found.status is Status.OK


class Created:
    """Tickets by the day of their creation, and which days were read."""

    def __init__(self, keys: dict[int, list[TicketKey]]) -> None:
        self.keys, self.days = keys, list[int]()

    def created(self, begin: int, end: int) -> Iterator[TicketKey]:
        assert begin < end
        self.days.append(day_of(begin))
        yield from self.keys.get(day_of(begin), [])


def test_days_are_read_back_until_every_connection_was_seen() -> None:
    today = day_of(NOW)
    tickets = Created({today: [("default", "busy", "1")], today - 2: [("default", "quiet", "1")]})
    documents = [{"name": name, "provider": "generic"} for name in ("busy", "quiet")]
    assert connection_facts(documents, tickets, NOW).newest == {"busy": today, "quiet": today - 2}
    assert tickets.days == [today, today - 1, today - 2]

    facts = connection_facts([*documents, {"name": "gone", "provider": "generic"}, {"name": "odd"}], tickets, NOW)
    assert facts.newest["gone"] is None
    assert facts.broken == ("odd",)
    assert min(tickets.days) == today - 7
    assert connection_facts([], tickets, NOW).newest == {}
