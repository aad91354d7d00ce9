from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from replyclock.domain.errors import InvalidInput, StoreUnavailable
from replyclock.domain.instants import DAY, MINUTE, SECOND, format_instant
from replyclock.service import feed
from replyclock.service.feed import LATE
from replyclock.service.ports import FeedLine
from tests.adapters.samples import KEY, NINE, created

from .house import STORM_LIMIT, House
from .test_publish import BREACH, Crash, CrashingPublisher
from .test_storms import breaking, publish, sum_up


def line(number: int, at: int, tenant: str = "default") -> FeedLine:
    """What was told at an instant, as far as the reading of it goes."""
    instants = dict.fromkeys(("knowable_at", "detected_at"), format_instant(at))
    return FeedLine(at, {"alert_id": f"{number:032x}"[::-1], "tenant": tenant, "ticket": str(number), **instants})


def asked(house: House, **options: str) -> tuple[list[str], str]:
    found = house.read_feed(options)
    return [one["ticket"] for one in found["alerts"]], found["latest"]


def test_who_looks_on_sees_what_was_told(house: House) -> None:
    house.told(created(channel="chat", tier="vip"))
    house.now.at = NINE + 11 * SECOND
    house.refresh(KEY)
    house.publish(KEY, BREACH, "one")
    (shown,) = house.read_feed({})["alerts"]
    known = house.read.one(KEY)
    assert known is not None
    entry = {name: value for name, value in known["alerts"][1].items() if name not in ("sent_at", "reason")}
    assert shown == {**entry, "kind": "alert", "told_at": "2026-06-01T09:00:11Z"}
    assert (shown["status"], shown["level"], shown["attributes"]) == (
        "sent",
        "breach",
        {"channel": "chat", "tier": "vip"},
    )


def test_of_a_storm_the_rest_is_one_line(house: House) -> None:
    tickets = breaking(house, STORM_LIMIT + 2)
    publish(house, *tickets)
    sum_up(house)
    summary, *alerts = house.read_feed({})["alerts"]
    assert sorted(one["ticket"] for one in alerts) == [key[2] for key in tickets[:STORM_LIMIT]]
    assert (summary["kind"], summary["levels"], summary["tenant"]) == ("summary", {"breach": 2}, "default")
    assert [one["ticket"] for one in summary["longest"]] == [key[2] for key in tickets[STORM_LIMIT:]]


@pytest.mark.parametrize("crashing", ["publisher", "ledger"])
def test_after_a_crash_there_is_one_line(house: House, crashing: str) -> None:
    class Ledger:
        claim, release = house.ledger.claim, house.ledger.release

        def settle(self, *_: object) -> None:
            raise Crash

    ports: dict[str, Any] = {"publisher": CrashingPublisher()} if crashing == "publisher" else {"ledger": Ledger()}
    house.told(created())
    house.now.at = NINE + 11 * SECOND
    house.refresh(KEY)
    with pytest.raises(Crash):
        replace(house.publish, **ports)(KEY, BREACH, "one")
    assert len(asked(house)[0]) == (crashing == "ledger"), "nothing is said to be told before it was"
    house.now.at += 30 * SECOND
    assert house.publish(KEY, BREACH, "one").status == "sent"
    assert len(asked(house)[0]) == 1
    assert sum(item["pk"]["S"].startswith("FEED#") for item in house.store.items()) == 1


def test_what_could_not_be_published_is_no_line_until_it_was(house: House) -> None:
    class Unavailable:
        def publish(self, message: object, without: object = ()) -> None:
            raise StoreUnavailable("InternalError")

    house.told(created())
    house.now.at = NINE + 11 * SECOND
    house.refresh(KEY)
    with pytest.raises(StoreUnavailable):
        replace(house.publish, publisher=Unavailable())(KEY, BREACH, "one")
    _, latest = asked(house)
    house.now.at += 10 * MINUTE
    house.publish(KEY, BREACH, "one")
    assert [one["told_at"] for one in house.read_feed({"after": latest})["alerts"]] == ["2026-06-01T09:10:11Z"]


def test_lines_are_read_over_days_and_followed(house: House) -> None:
    for number in range(12):
        house.feed.add(line(number, NINE - number * DAY, "acme" if number == 1 else "default"))
    house.now.at = NINE + SECOND
    assert asked(house)[0] == [str(number) for number in range(7)], "a week back"
    assert asked(house, limit="2")[0] == ["0", "1"]
    assert asked(house, tenant="acme")[0] == ["1"]
    _, latest = asked(house)
    assert asked(house, after=latest) == ([], latest), "nothing new: the same answer, byte for byte"
    house.now.at += 20 * SECOND
    assert asked(house, after=latest) == ([], latest)
    house.feed.add(line(20, NINE - 5 * SECOND))  # by an attempt that was held up
    house.feed.add(line(21, NINE + 2 * SECOND))
    fresh, later = asked(house, after=latest)
    assert fresh == ["21", "20"]
    assert asked(house, after=later) == ([], later)
    house.now.at += 5 * DAY
    found, latest = asked(house, after=later)
    assert (found, asked(house, after=latest)) == ([], ([], latest))


def test_who_was_away_for_long_gets_the_newest_and_goes_on_from_there(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "MOST_LISTED", 10)
    house.now.at = NINE
    _, latest = asked(house, limit="5")
    for number in range(30):
        house.feed.add(line(number, NINE + number * SECOND))
    house.now.at += 30 * SECOND
    fresh, latest = asked(house, after=latest, limit="5")
    assert fresh == ["29", "28", "27", "26", "25"]
    assert asked(house, after=latest, limit="5")[0] == []
    house.feed.add(line(30, NINE + 30 * SECOND))
    assert asked(house, after=latest, limit="5")[0] == ["30"]


def test_another_tenants_lines_are_not_read_again_and_again(house: House) -> None:
    house.now.at = NINE
    _, latest = asked(house, tenant="acme")
    house.feed.add(line(1, NINE + MINUTE))
    house.now.at += 10 * MINUTE
    _, later = asked(house, tenant="acme", after=latest)
    read: list[FeedLine] = []

    class Counting:
        add = house.feed.add

        def newest(self, now: int, since: int) -> Any:
            for one in house.feed.newest(now, since):
                read.append(one)
                yield one

    house.feed.add(line(2, NINE + MINUTE + LATE + 1))
    assert replace(house.read_feed, feed=Counting())({"tenant": "acme", "after": later})["alerts"] == []
    assert [one.document["ticket"] for one in read] == ["2", "1"]
    read.clear()
    _, last = asked(house, tenant="acme", after=later)
    replace(house.read_feed, feed=Counting())({"tenant": "acme", "after": last})
    assert [one.document["ticket"] for one in read] == ["2"]


@pytest.mark.parametrize("after", ["!", "ü", "e30", "WzEsMSwyXQ", "WzEsOTk5OTk5OTk5OTk5OTk5OTk5OTk5LCIiXQ"])
def test_an_after_that_was_never_given_out_is_refused(house: House, after: str) -> None:
    with pytest.raises(InvalidInput, match="after"):
        asked(house, after=after)


def test_lines_expire(house: House) -> None:
    house.feed.add(line(1, NINE))
    (item,) = house.store.items()
    assert int(item["expires_at"]["N"]) * SECOND == NINE + 90 * DAY
