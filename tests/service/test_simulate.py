from __future__ import annotations

import pytest

from replyclock.domain.errors import InvalidInput
from replyclock.domain.instants import DAY, SECOND
from replyclock.domain.policy import read_policy
from replyclock.domain.simulation import from_the_beginning, simulate
from replyclock.service import simulate as service
from tests.adapters.samples import NINE, created, reply

from .house import House
from .test_policies import document


@pytest.fixture
def answered(house: House) -> House:
    """Twenty chats, one each day, answered after a second more each; the oldest was answered at once."""
    for number in range(20):
        key, at = ("default", "desk", f"{number:02}"), NINE - (19 - number) * DAY
        house.told(created(key, at), reply(key, at + number * SECOND))
        house.now.at = at + 60 * SECOND
        house.refresh(key)
    return house


PROPOSED = document(7, target="5s", name="strict")


def test_a_proposed_policy_is_compared_with_the_one_in_force(answered: House) -> None:
    shown = answered.simulate(PROPOSED, {})
    assert (shown["tickets"], shown["of"], shown["sampled"]) == (20, 20, False)
    assert (shown["from"], shown["to"]) == ("2026-05-05T00:00:00Z", "2026-06-02T00:00:00Z")
    events = [
        [stored.event for stored in answered.record(key).events]
        for key in answered.tickets.created(NINE - 19 * DAY, NINE + DAY)
    ]
    expected = simulate(events, answered.policy(), from_the_beginning(read_policy([PROPOSED])), answered.now())
    assert {**shown["result"], "changed": None} == {**expected.document(), "changed": None}
    assert shown["changes"] == [{"from": "met", "to": "breached", "clocks": 5}], "6 to 10 seconds"
    assert sorted(change["ticket"] for change in shown["result"]["changed"]) == ["06", "07", "08", "09", "10"]
    assert (shown["changed_clocks"], shown["changed_tickets"]) == (5, 5)


def test_the_span_is_to_the_instant(answered: House) -> None:
    def of(begin: str, end: str, zone: str = "UTC") -> object:
        return answered.simulate(PROPOSED, {"from": begin, "to": end, "zone": zone})["of"]

    assert of("2026-05-30", "2026-06-01") == 2
    assert of("2026-05-30T09:00:00Z", "2026-06-01T09:00:00Z") == 2
    assert of("2026-05-30T09:00:00.000001Z", "2026-06-01T09:00:00.000001Z") == 2
    assert of("2026-05-30", "2026-06-01", "Pacific/Kiritimati") == 2
    assert of("2026-06-02", "2026-06-03") == 0


def test_of_too_many_a_sample_is_taken_and_the_same_each_time(answered: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST_CHANGES", 1)
    shown = answered.simulate(PROPOSED, {"most": "12"})
    assert (shown["tickets"], shown["of"], shown["sampled"]) == (12, 20, True)
    assert len(shown["result"]["changed"]) == 1 < shown["changed_clocks"]
    assert answered.simulate(PROPOSED, {"most": "12"}) == shown


def test_tickets_are_read_for_as_long_as_somebody_waits(answered: House, monkeypatch: pytest.MonkeyPatch) -> None:
    read = answered.tickets.read

    def slowly(key: tuple[str, str, str]) -> object:
        answered.now.at += 3 * SECOND
        return read(key)

    monkeypatch.setattr(answered.tickets, "read", slowly)
    shown = answered.simulate(PROPOSED, {})
    assert (shown["tickets"], shown["of"], shown["sampled"]) == (4, 20, True)


def test_every_fault_is_named(house: House) -> None:
    with pytest.raises(InvalidInput) as wrong:
        house.simulate("policy: p\nversion: 0\n", {"from": "yesterday", "to": "2026-02-30", "most": "0"})
    assert {fault.field for fault in wrong.value.faults} >= {"from", "to", "most", "version", "standards"}
    for options in ({"from": "2026-01-01", "to": "2026-06-01"}, {"from": "2026-06-01", "to": "2026-06-01"}):
        with pytest.raises(InvalidInput, match="at most 92 days"):
            house.simulate(PROPOSED, options)
    with pytest.raises(InvalidInput, match="there is no time zone"):
        house.simulate(PROPOSED, {"zone": "Mars"})
    with pytest.raises(InvalidInput, match="longer than"):
        house.simulate("#" * 200_001, {})
