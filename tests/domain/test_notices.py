from __future__ import annotations

from dataclasses import replace

import pytest

from replyclock.domain.events import AttributeValue
from replyclock.domain.instants import MINUTE, SECOND, parse_instant
from replyclock.domain.notices import Digest, class_name, digests, notice_document, notice_text, read_notice, summarize
from replyclock.domain.policy import DEFAULT_POLICY, Monitoring
from replyclock.domain.standings import Answer, OpenClock, Standing
from replyclock.domain.storms import Storm, storm_of
from tests.adapters.samples import NINE, entries

HOUR = 3600 * SECOND
URGENT = DEFAULT_POLICY.documents[0].monitoring[0]


def standing(
    ticket: str, *clocks: OpenClock, tenant: str = "default", source: str = "desk", **attributes: AttributeValue
) -> Standing:
    return Standing((tenant, source, ticket), attributes or {"service_type": "urgent"}, clocks)


def first(state: str, started_at: int, due_at: int | None) -> OpenClock:
    return OpenClock("first_response", state, started_at, due_at)


def answer(ticket: str, at: int, took: int, tenant: str = "default") -> Answer:
    return Answer((tenant, "desk", ticket), {"service_type": "urgent"}, at, took)


def one(found: tuple[Digest, ...]) -> Digest:
    (only,) = found
    return only


def test_alerts_of_a_standard_and_a_minute_are_one_storm_whenever_they_are_published() -> None:
    warning, breach = entries()
    minute = parse_instant("2026-06-01T09:00:00Z")
    assert storm_of(warning) == storm_of(breach) == Storm("default", "chat", minute)
    assert storm_of(replace(warning, detected_at=NINE + MINUTE)) == Storm("default", "chat", minute + MINUTE)
    assert storm_of(replace(warning, standard="vip")).standard == "vip"


def test_a_summary_says_what_its_alerts_say() -> None:
    warning, breach = entries()
    members = [
        replace(
            breach if number % 3 else warning,
            key=("default", "desk" if number else "zendesk", str(number)),
            notify=("lead",) if number % 2 else ("team",),
            started_at=NINE - number * SECOND,
            attributes={"channel": "chat", "tier": f"t{number % 2}"},
        )
        for number in range(9)
    ]
    summary = summarize(storm_of(warning), 0, members)
    assert summary.total == 9
    assert summary.levels == {"breach": 6, "warning": 3}
    assert (summary.metrics, summary.notify) == (("first_response",), ("lead", "team"))
    assert (summary.channels, summary.tiers, summary.service_types) == (("chat",), ("t0", "t1"), ())
    assert [(waiting.ticket, waiting.since) for waiting in summary.longest] == [
        (str(number), NINE - number * SECOND) for number in (8, 7, 6, 5, 4)
    ]
    assert summary.source == "desk"
    assert read_notice(notice_text(summary)) == summary
    assert notice_document(summary)["alerts"] == 9


def test_a_ticket_with_two_alerts_is_named_once() -> None:
    summary = summarize(storm_of(entries()[0]), 0, entries())
    assert len(summary.longest) == 1
    assert summary.total == 2


def test_the_parts_of_a_storm_have_names_of_their_own() -> None:
    storm = storm_of(entries()[0])
    assert summarize(storm, 0, entries()).alert_id == summarize(storm, 0, entries()[:1]).alert_id
    assert summarize(storm, 0, entries()).alert_id != summarize(storm, 1, entries()).alert_id


def test_a_digest_tells_how_a_class_stands() -> None:
    now = NINE + 2 * MINUTE
    open_tickets = [
        standing("late", first("breached", NINE - HOUR, NINE - HOUR // 2)),
        standing("soon", first("running", NINE - 10 * MINUTE, now + HOUR)),
        standing("later", first("running", NINE, now + HOUR + 1)),
        standing("paused", OpenClock("resolution", "paused", NINE - 9 * HOUR, None)),
        standing("general", first("breached", NINE - 5 * HOUR, NINE), service_type="general"),
    ]
    answers = [
        answer("a", NINE, 30 * MINUTE),
        answer("b", NINE - HOUR + 1, 10 * MINUTE),
        answer("c", NINE - 1, 20 * MINUTE),
        answer("before", NINE - HOUR, 99 * MINUTE),
        answer("after", NINE + 1, 99 * MINUTE),
    ]
    digest = one(digests(URGENT, NINE, now, open_tickets, answers))
    assert (digest.open, digest.at_risk, digest.breached) == (4, 1, 1)
    assert digest.longest is not None
    assert (digest.longest.ticket, digest.longest.since) == ("late", NINE - HOUR)
    assert (digest.answered, digest.median, digest.percentile_90) == (3, 20 * MINUTE, 30 * MINUTE)
    assert read_notice(notice_text(digest)) == digest
    shown = notice_document(digest)
    assert (shown["from"], shown["to"]) == ("2026-06-01T08:00:00Z", "2026-06-01T09:00:00Z")
    assert (shown["when"], shown["median_seconds"]) == ({"service_type": {"any": ["urgent"]}}, 1200)


def test_each_tenant_has_a_digest_of_its_own() -> None:
    found = digests(
        URGENT,
        NINE,
        NINE,
        [standing("1", first("running", NINE, None), tenant="b")],
        [answer("2", NINE, SECOND, tenant="a")],
    )
    assert [(digest.tenant, digest.open, digest.answered) for digest in found] == [("a", 0, 1), ("b", 1, 0)]
    assert found[0].longest is None
    assert found[1].median is None
    assert [read_notice(notice_text(digest)) for digest in found] == list(found)
    assert found[0].alert_id != found[1].alert_id


def test_where_there_is_nothing_to_tell_there_is_no_digest() -> None:
    assert digests(URGENT, NINE, NINE, [], []) == ()
    assert digests(URGENT, NINE, NINE, [standing("1")], [answer("2", NINE + 1, SECOND)]) == ()


@pytest.mark.parametrize(
    "other", [{"when": {"service_type": "general"}, "every": "1h"}, {"when": {"service_type": "urgent"}, "every": "2h"}]
)
def test_a_class_is_named_by_whom_and_how_often(other: dict[str, object]) -> None:
    document = Monitoring.model_validate(other)
    assert class_name(URGENT.when, URGENT.every) == class_name(URGENT.when, HOUR)
    assert class_name(document.when, document.every) != class_name(URGENT.when, URGENT.every)
