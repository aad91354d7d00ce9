"""What a tool's API tells beyond what is known."""

from __future__ import annotations

from replyclock.domain.gaps import find_gap
from replyclock.domain.instants import MINUTE, SECOND
from tests.adapters.samples import NINE, created, event, note, reply, solved


def test_what_is_known_by_its_id_is_no_gap() -> None:
    told = [created(), reply(), solved()]
    assert find_gap(told, told).new == ()
    gap = find_gap(told, [created(), solved()])
    assert gap.new == gap.missed == (reply(),)


def test_the_same_under_another_id_is_the_same_once() -> None:
    again = event("of the API", "status.changed", solved().occurred_at - SECOND // 2, status="solved")
    assert find_gap([created(), again], [created(), solved()], within=SECOND).new == ()
    assert find_gap([created(), again], [created(), solved()]).new == (again,)
    # Solved, open and solved again within a second: of three changes one is known.
    opened = event("2", "status.changed", again.occurred_at + 10, status="open")
    twice = event("3", "status.changed", again.occurred_at + 20, status="solved")
    gap = find_gap([created(), again, opened, twice], [created(), solved()], within=SECOND)
    assert gap.new == (opened, twice)
    # What is known under its own id stands for nothing else.
    assert find_gap([created(), solved(), twice], [created(), solved()], within=SECOND).new == (twice,)


def test_messages_without_common_ids_are_told_apart_by_who_wrote_for_whom() -> None:
    later = reply(at=reply().occurred_at - MINUTE, id_="of the API")
    assert find_gap([later], [created(), reply()], within=2 * MINUTE, names_messages=False).new == ()
    assert find_gap([later], [created(), reply()], within=2 * MINUTE).new == (later,)
    assert find_gap([later], [created(), note()], within=2 * MINUTE, names_messages=False).new == (later,)


def test_what_says_nothing_new_was_not_missed() -> None:
    known = [created(channel="chat"), reply()]
    shown = [
        event("a", "status.changed", NINE + MINUTE, status="new"),
        event("b", "attributes.changed", NINE + MINUTE, attributes={"channel": "chat"}),
        event("c", "assignment.changed", NINE + MINUTE, assignee=None),
        event("d", "message.added", NINE + MINUTE, message={"id": "reply", "visibility": "public"}),
    ]
    gap = find_gap(shown, known)
    assert {one.id for one in gap.new} == set("abcd")
    assert gap.missed == ()
    news = [
        event("e", "status.changed", NINE + MINUTE, status="open"),
        event("f", "attributes.changed", NINE + MINUTE, attributes={"tier": "vip"}),
        event("g", "assignment.changed", NINE + MINUTE, group="desk"),
        event("h", "message.hidden", NINE + MINUTE, message={"id": "reply"}),
        event("i", "ticket.deleted", NINE + 2 * MINUTE),
        event("j", "rating.given", NINE + MINUTE, rating=4),
    ]
    assert {one.id for one in find_gap(news, known).missed} == set("efghij")
