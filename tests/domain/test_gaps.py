"""What a tool's API tells beyond what is known."""

from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from replyclock.domain.events import AnyEvent, MessageAdded
from replyclock.domain.gaps import Span, find_gap, unknown
from replyclock.domain.instants import MINUTE, SECOND
from tests.adapters.samples import NINE, created, event, note, reply, solved

_SOON = Span(0, 2 * MINUTE)


def by_webhook(known: AnyEvent) -> Span | None:
    """As with a tool whose webhooks come up to two minutes late, and name nothing but the creation as its API does."""
    return None if known.id.startswith(("created", "api")) else _SOON


def message(id_: str, at: int, person: str | None, visibility: str = "public") -> AnyEvent:
    actor = {"kind": "agent"} if person is None else {"kind": "agent", "id": person}
    return event(id_, "message.added", at, actor=actor, message={"id": id_, "visibility": visibility})


def test_what_is_known_by_its_id_is_no_gap() -> None:
    told = [created(), reply(), solved()]
    assert find_gap(told, told).new == ()
    gap = find_gap(told, [created(), solved()])
    assert gap.new == gap.missed == (reply(),)


def test_the_same_under_another_id_is_the_same_once() -> None:
    again = event("api", "status.changed", solved().occurred_at - SECOND // 2, status="solved")
    assert find_gap([created(), again], [created(), solved()], by_webhook).new == ()
    assert find_gap([created(), again], [created(), solved()]).new == (again,)
    # Solved, open and solved again within a second: of three changes one is known, the last one, which is the nearest.
    opened = event("api 2", "status.changed", again.occurred_at + 10, status="open")
    twice = event("api 3", "status.changed", again.occurred_at + 20, status="solved")
    gap = find_gap([created(), again, opened, twice], [created(), solved()], by_webhook)
    assert gap.new == (again, opened)
    # What is known under its own id stands for nothing else, and neither does what an API told before.
    assert find_gap([created(), solved(), twice], [created(), solved()], by_webhook).new == (twice,)
    assert find_gap([created(), twice], [created(), again], by_webhook).new == (twice,)
    # A list of tags says the same in any order.
    tags = event("tags", "attributes.changed", NINE + SECOND, attributes={"tags": ["a", "b"]})
    other = event("api 4", "attributes.changed", NINE, attributes={"tags": ["b", "a"]})
    assert find_gap([other], [created(), tags], by_webhook).new == ()


def test_messages_without_common_ids_are_told_apart_by_who_wrote_for_whom() -> None:
    told = reply(at=reply().occurred_at - MINUTE, id_="api")
    assert find_gap([told], [created(), reply()], by_webhook).new == ()
    assert find_gap([told], [created(), reply()], None).new == (told,)
    assert find_gap([told], [created(), note()], by_webhook).new == (told,)
    # Robin's webhook was lost. Ann's is known to be hers, as her name is the same in both; without names it is the
    # nearer one of the two.
    robins, anns = message("api r", NINE, "robin"), message("api a", NINE + MINUTE, "ann")
    assert find_gap([robins, anns], [message("hook", NINE + 61 * SECOND, "ann")], by_webhook).new == (robins,)
    assert find_gap([robins, anns], [message("hook", NINE + 61 * SECOND, None)], by_webhook).new == (robins,)
    assert find_gap([robins], [message("hook", NINE + 61 * SECOND, "ann"), anns], by_webhook).new == (robins,)


people, eyes = st.sampled_from(["ann", "robin"]), st.sampled_from(["public", "internal"])
wrote = st.tuples(st.integers(0, 600), people, eyes, st.integers(-60, 120))
"""When in seconds, who, for whose eyes, and how many seconds later the webhook told it, or that it was lost."""


@given(st.lists(wrote, max_size=12), st.booleans(), st.randoms())
def test_each_message_is_kept_once_whatever_webhooks_have_told(
    said: list[tuple[int, str, str, int]], named: bool, random: Random
) -> None:
    """The webhooks come in order of the rules; they name the authors, or none of them."""
    told = [message(f"api {n}", NINE + at * SECOND, who, eyes) for n, (at, who, eyes, _) in enumerate(said)]
    known = [
        message(f"hook {n}", NINE + (at + late) * SECOND, who if named else None, eyes)
        for n, (at, who, eyes, late) in enumerate(said)
        if late >= 0
    ]
    random.shuffle(told)
    random.shuffle(known)
    new = unknown(told, known, by_webhook)

    def by_author(one: AnyEvent) -> tuple[str | None, str]:
        assert isinstance(one, MessageAdded)
        return one.actor.id if named else None, one.message.visibility

    assert Counter(map(by_author, [*known, *new])) == Counter(map(by_author, told))
    # What stands for it is near.
    for one in set(told) - set(new):
        assert any(_SOON.holds(one, other) and by_author(one) == by_author(other) for other in known)
    assert unknown(told, [*known, *new], by_webhook) == ()


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
