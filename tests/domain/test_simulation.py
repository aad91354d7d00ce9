"""History under other promises, worked by hand."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from replyclock.domain.events import AnyEvent
from replyclock.domain.instants import EARLIEST, parse_instant
from replyclock.domain.judging import evaluate_ticket
from replyclock.domain.policy import Policy, read_policy
from replyclock.domain.simulation import Row, Simulation, Tally, from_the_beginning, simulate
from tests.domain.builders import AGENT, CUSTOMER, created, instant, message, status


def policy(*standards: str, options: str = "", since: str = "2026-01-01T00:00:00Z", version: int = 1) -> str:
    return f"policy: p\nversion: {version}\neffective_from: {since}\n{options}standards: [{', '.join(standards)}]\n"


def compared(before: str, after: str, *tickets: list[AnyEvent], time: str = "17:00") -> Simulation:
    return simulate(tickets, read_policy([before]), from_the_beginning(read_policy([after])), instant(time))


def answered(after: str, ticket: str, **attributes: str) -> list[AnyEvent]:
    """A ticket of 09:00 that is answered at a time."""
    return [created(ticket=ticket, attributes=attributes), message(after, AGENT, ticket=ticket)]


def sides(simulation: Simulation) -> list[tuple[str, str, str]]:
    return [(change.key[2], *change.sides) for change in simulation.changes]


def figures(row: Row) -> tuple[tuple[int, int, int], tuple[int, int, int], float | None]:
    one, other = row.before, row.after
    return (one.met, one.breached, one.open), (other.met, other.breached, other.open), row.change


TWO_HOURS = "{name: all, targets: {first_response: 2h}}"
VIP_FIRST = "{name: vip, when: {tier: vip}, targets: {first_response: 30m}}"


def test_compliance_before_and_after() -> None:
    simulation = compared(
        policy(TWO_HOURS),
        policy(VIP_FIRST, "{name: all, targets: {first_response: 4h}}"),
        answered("09:20", "1", tier="vip"),  # met, met
        answered("10:00", "2", tier="vip"),  # met, breached
        answered("11:30", "3"),  # breached, met
        answered("11:00", "4"),  # exactly at the target: met, met
        [created(ticket="5")],  # open since 09:00, overdue at 17:00: breached, breached
        [created("16:00", ticket="6")],  # an hour old: undecided under both
        [created("15:00", ticket="7"), created("16:00", ticket="7")],  # created once; two hours old: undecided
    )
    assert simulation.tickets == 7
    assert sides(simulation) == [("2", "met", "breached"), ("3", "breached", "met")]
    (total,) = simulation.totals
    assert total.metric == "first_response"
    # Three of five met before, three of five after.
    assert figures(total) == ((3, 2, 2), (3, 2, 2), 0.0)
    by_name = {row.standard: figures(row) for row in simulation.rows}
    assert by_name == {"all": ((3, 2, 2), (2, 1, 2), 6.67), "vip": ((0, 0, 0), (1, 1, 0), None)}
    assert simulation.rows[0].after.compliance_percent == 66.67
    assert [row.standard for row in simulation.rows] == ["all", "vip"], "today's first"


def test_promises_that_come_and_go() -> None:
    simulation = compared(
        policy("{name: all, targets: {first_response: 2h}}"),
        policy("{name: all, targets: {total_response: 4h}}"),
        [*answered("09:20", "1"), status("16:00", "solved", ticket="1")],
    )
    assert sides(simulation) == [("1", "met", "no_target"), ("1", "no_target", "breached")]
    assert simulation.changes[0].before is not None
    assert simulation.changes[0].before.standard == "all"
    assert [row.metric for row in simulation.rows] == ["first_response", "total_response"]


def test_a_proposal_applies_to_all_of_history() -> None:
    proposal = policy(TWO_HOURS, since="2027-01-01T00:00:00Z")
    assert sides(compared(proposal, proposal, answered("09:20", "1"))) == [("1", "no_target", "met")]


def test_further_versions_of_a_proposal_keep_their_dates() -> None:
    later = policy("{name: later, targets: {first_response: 1h}}", since="2026-06-01T12:00:00Z", version=3)
    versions = read_policy([later, policy(TWO_HOURS, since="2026-06-01T11:00:00Z", version=2)])
    extended = from_the_beginning(versions)
    assert [(one.version, one.effective_from) for one in extended.documents] == [
        (2, EARLIEST),
        (3, parse_instant("2026-06-01T12:00:00Z")),
    ]
    simulation = simulate([answered("09:20", "1"), answered("12:30", "2")], versions, extended, instant("17:00"))
    # The second one is answered under the later version, under either policy.
    assert sides(simulation) == [("1", "no_target", "met")]


def test_waits_are_the_same_where_they_start_together() -> None:
    told = [
        created(),
        status("09:10", "solved"),
        message("10:00", CUSTOMER),
        message("10:05", AGENT),
        message("11:00", CUSTOMER),
        message("11:05", AGENT),
    ]
    promise = "{name: all, targets: {first_response: 30m, next_response: 30m}}"
    simulation = compared(policy(promise), policy(promise, options="solve_answers: false\n"), told)
    # Resolving answers no more: the first response is the reply of 10:05, and the wait of 10:00 belongs to it. The
    # wait of 11:00 is the second one before and the first one after, and comes out alike.
    assert [(change.before and change.before.started_at, *change.sides) for change in simulation.changes] == [
        (instant("09:00"), "met", "breached"),
        (instant("10:00"), "met", "absent"),
    ]


def test_what_has_not_happened_yet_is_not_counted() -> None:
    simulation = compared(policy(TWO_HOURS), policy(TWO_HOURS), [created("18:00")])
    assert (simulation.tickets, simulation.totals, simulation.changes) == (0, (), ())


@given(st.lists(st.tuples(st.integers(0, 59), st.booleans()), max_size=12), st.integers(1, 60), st.integers(1, 60))
def test_counts_agree_with_the_changes(told: list[tuple[int, bool]], before: int, after: int) -> None:
    tickets = [
        [created(ticket=str(i)), *([message(f"09:{minute:02}", AGENT, ticket=str(i))] if replied else [])]
        for i, (minute, replied) in enumerate(told)
    ]

    def stream() -> Iterator[list[AnyEvent]]:
        yield from tickets

    def judged_by(minutes: int) -> Policy:
        return read_policy([policy(f"{{name: all, targets: {{first_response: {minutes}m}}}}")])

    simulation = simulate(stream(), judged_by(before), judged_by(after), instant("09:30"))
    states = {
        minutes: [
            result.clocks[0].state
            for one in tickets
            if (result := evaluate_ticket(one, judged_by(minutes), instant("09:30")))
        ]
        for minutes in (before, after)
    }
    row = simulation.rows[0] if simulation.rows else Row("first_response", "all")
    for tally, minutes in ((row.before, before), (row.after, after)):
        assert (tally.met, tally.breached) == (states[minutes].count("met"), states[minutes].count("breached"))
    assert len(simulation.changes) == sum(
        one != other for one, other in zip(states[before], states[after], strict=True)
    )
    assert row.before.judged + row.before.open == row.after.judged + row.after.open == len(tickets)


def test_no_compliance_without_a_judgement() -> None:
    assert Tally(open=3).compliance_percent is None
    assert Row("resolution", "s", Tally(met=1), Tally(open=1)).change is None
