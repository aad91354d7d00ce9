"""Faults between all steps of the whole chain: every alert that is owed is told, and once.

A function dies at every third step that leaves something behind. With REPLYCLOCK_FAULTS=all in the environment it dies
at all steps, also where that differs in nothing but time from dying at the step before: twelve times as long.
"""

from __future__ import annotations

import os
import random
from collections.abc import Mapping

import pytest

from replyclock.domain.instants import SECOND
from tests.adapters.samples import KEY

from .checks import check_all_told
from .scenarios import ALL, TOLD_IN_BETWEEN, Scenario, Told, at, step
from .steps import READS, Fault, Step, Steps
from .wiring import deployed
from .world import Engine, World

EVERYWHERE = os.environ.get("REPLYCLOCK_FAULTS") == "all"
SAMPLED = 4
"""Of what is too much to try all of it. The seed is fixed: what fails once fails again."""


def played(engine: Engine, scenario: Scenario, faults: Mapping[int, Fault] | None = None) -> World:
    """The world in which the scenario was played to its end, with faults at these steps."""
    world = deployed(engine, scenario.policy, scenario.storm_limit, steps=Steps(faults))
    world.play(scenario.calls())
    return world


def settled(world: World, *statuses: str) -> Told:
    """What is in the ledger with one of these statuses."""
    return {
        step(known.entry): (known.entry.at - at(0)) / SECOND
        for known in world.record(KEY).ledger
        if known.status in statuses
    }


def check_scenario(world: World, scenario: Scenario) -> None:
    """What was to be told was told, with its own instant; or there is a reason, which the fault explains."""
    check_all_told(world)
    told, quiet = settled(world, "sent", "summarized"), settled(world, "quiet")
    for name, second in scenario.told.items():
        if name in told:
            assert told[name] == second
            continue
        reasons = {known.reason for known in world.record(KEY).ledger if step(known.entry) == name} or {"missing"}
        assert reasons <= scenario.unless.get(name, frozenset()), f"{name} was not told: {reasons}"
        assert quiet.get(name, second) == second
    assert scenario.on_record.items() <= quiet.items()


def failures(engine: Engine, scenario: Scenario, faults: list[dict[int, Fault]]) -> list[str]:
    """Plays the scenario with each of these faults; tells which broke a promise."""
    found = []
    for one in faults:
        world = played(engine, scenario, one)
        assert len(world.steps.fallen) == len(one), "each fault falls"
        try:
            check_scenario(world, scenario)
        except AssertionError as wrong:
            found.append(f"{', then '.join(map(str, world.steps.fallen))}: {str(wrong).splitlines()[0]}")
        world.close()
    return found


def steps_of(engine: Engine, scenario: Scenario, faults: Mapping[int, Fault] | None = None) -> list[Step]:
    world = played(engine, scenario, faults)
    world.close()
    return world.steps.done


@pytest.fixture(scope="module")
def steps(engine: Engine) -> dict[str, list[Step]]:
    """Where faults can fall in each scenario: as it goes on without any."""
    return {scenario.name: steps_of(engine, scenario) for scenario in ALL}


@pytest.mark.parametrize("scenario", ALL, ids=lambda scenario: scenario.name)
def test_without_faults_all_is_told_once(engine: Engine, scenario: Scenario) -> None:
    world = played(engine, scenario)
    check_all_told(world)
    assert settled(world, "sent", "summarized") == scenario.told
    assert len(settled(world, "sent")) == min(len(scenario.told), scenario.storm_limit)
    assert settled(world, "quiet") == scenario.on_record
    assert set(world.topic.told().values()) == {1}
    world.close()


@pytest.mark.parametrize("scenario", ALL, ids=lambda scenario: scenario.name)
def test_a_function_may_die_anywhere(engine: Engine, steps: dict[str, list[Step]], scenario: Scenario) -> None:
    places = [number for number, one in enumerate(steps[scenario.name]) if EVERYWHERE or one.leaves_its_own_world]
    # The scenarios have most of their steps in common, so that what one leaves out the next has.
    places = places if EVERYWHERE else places[ALL.index(scenario) % 3 :: 3]
    assert failures(engine, scenario, [{number: "killed"} for number in places]) == []


def test_a_function_may_die_while_what_another_death_left_is_mended(
    engine: Engine, steps: dict[str, list[Step]]
) -> None:
    chance = random.Random(4)
    found = []
    for _ in range(SAMPLED):
        scenario = chance.choice(ALL)
        first = chance.randrange(len(steps[scenario.name]))
        second = chance.randrange(first + 1, len(steps_of(engine, scenario, {first: "killed"})))
        found += failures(engine, scenario, [{first: "killed", second: "killed"}])
    assert found == []


def test_a_call_may_go_unanswered_whether_it_was_done_or_not(engine: Engine, steps: dict[str, list[Step]]) -> None:
    places = [
        (scenario, number)
        for scenario in ALL
        for number, one in enumerate(steps[scenario.name])
        if one.when == "before" or one.call not in READS
    ]
    found = []
    for scenario, number in random.Random(4).sample(places, SAMPLED):
        found += failures(engine, scenario, [{number: "unanswered"}])
    assert found == []


def test_what_was_told_before_a_death_is_taken_back(engine: Engine) -> None:
    steps = steps_of(engine, TOLD_IN_BETWEEN)
    (told,) = [i for i, one in enumerate(steps) if (one.call, one.when) == ("Publish", "after")][:1]
    world = played(engine, TOLD_IN_BETWEEN, {told: "killed"})
    assert [document["level"] for document in world.topic.accepted] == ["breach", "correction"]
    world.close()
