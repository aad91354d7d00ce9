"""The product against the contract, as `oracle.py` reads it, on any tickets and policies that can be thought of."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from replyclock.domain.evaluation import evaluate

from . import oracle
from .oracle import Json, Later, Silent

STEP = timedelta(minutes=15)
GRID = oracle.Grid(step=900, days=45)

# In UTC. New York and London change their clocks on some of the days that follow, Lord Howe by half an hour.
BASES = [
    "2026-06-01T09:00:00Z",
    "2026-06-05T19:30:00Z",
    "2026-03-07T22:00:00Z",
    "2026-03-08T05:30:00Z",
    "2026-03-28T20:00:00Z",
    "2026-04-04T12:00:00Z",
    "2026-10-03T12:00:00Z",
    "2026-10-24T22:00:00Z",
    "2026-10-31T23:00:00Z",
    "2026-11-01T04:30:00Z",
    "2026-12-31T15:15:00Z",
]
ZONES = ["America/New_York", "America/New_York", "UTC", "Asia/Kolkata", "Europe/London", "Australia/Lord_Howe"]
STATUSES = ["new", "open", "pending", "on_hold", "solved", "closed"]
METRICS = list(oracle.METRICS)
KINDS = ["customer", "agent", "agent", "bot", "system", "third_party", "unknown"]
WHO = ["c", "a", "b", None]


def read(text: str) -> datetime:
    return datetime.fromisoformat(text)


def write(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def chance(draw: st.DrawFn, one_in: int) -> bool:
    return draw(st.integers(1, one_in)) == one_in


# Tickets.


@st.composite
def actors(draw: st.DrawFn) -> Json:
    if draw(st.booleans()):
        return draw(st.sampled_from([{"kind": "customer", "id": "c"}, {"kind": "agent", "id": "a"}]))
    who = draw(st.sampled_from(WHO))
    actor: Json = {} if chance(draw, 8) else {"kind": draw(st.sampled_from(KINDS))}
    if who:
        actor["id"] = who
    return actor


single = st.sampled_from(["x", "y", "z"])
values = st.one_of(single, single, st.lists(st.sampled_from(["x", "y", "z"]), max_size=2, unique=True))
names = st.sampled_from(["tier", "tier", "tier", "tags", "group"])
messages = st.fixed_dictionaries(
    {
        "id": st.integers(1, 15).map("m{}".format),
        "visibility": st.sampled_from(["public"] * 3 + ["internal"]),
    }
)
people = st.sampled_from(["a", "b", None])


@st.composite
def told(draw: st.DrawFn, type_: str) -> Json:
    """What an event of this type tells besides who, when and which."""
    match type_:
        case "ticket.created":
            return draw(
                st.fixed_dictionaries(
                    {},
                    optional={
                        "status": st.sampled_from(["new"] * 15 + STATUSES),
                        "attributes": st.dictionaries(names, values, min_size=1, max_size=2),
                        "assignee": st.sampled_from(["a", "b"]),
                        "group": st.sampled_from(["g", "h"]),
                        "requester": st.sampled_from(["c", "c", "a"]),
                        "message": messages,
                    },
                )
            )
        case "message.added":
            return {"message": draw(messages)}
        case "message.hidden":
            return {"message": {"id": draw(messages)["id"]}}
        case "status.changed":
            return {"status": draw(st.sampled_from([*STATUSES, "open", "pending", "solved"]))}
        case "assignment.changed":
            return draw(st.fixed_dictionaries({}, optional={"assignee": people, "group": people}))
        case "attributes.changed":
            return {"attributes": draw(st.dictionaries(names, st.one_of(values, st.none()), min_size=1, max_size=2))}
        case "ticket.merged":
            return {"into": "2"}
        case "rating.given":
            return {"rating": draw(st.integers(1, 5))}
    return {}


LATER_TYPES = (
    ["message.added"] * 18
    + ["status.changed"] * 12
    + ["attributes.changed"] * 6
    + ["assignment.changed"] * 4
    + ["message.hidden", "ticket.merged", "ticket.deleted", "ticket.restored", "rating.given", "ticket.created"]
)


@st.composite
def tickets(draw: st.DrawFn, base: datetime, span: int) -> list[Json]:
    """Up to fourteen events of one ticket, on few instants, in any order."""
    some = draw(st.lists(st.integers(0, span), min_size=1, max_size=5))
    types = draw(st.lists(st.sampled_from(LATER_TYPES), min_size=draw(st.sampled_from([0, 6])), max_size=12))
    sequenced = draw(st.sampled_from(["none", "none", "all", "some"]))
    events: list[Json] = []
    if not chance(draw, 8):
        types.insert(0, "ticket.created")
    for i, type_ in enumerate(types or ["message.added"]):
        offset = 0 if i == 0 else -draw(st.integers(0, 8)) if chance(draw, 15) else draw(st.sampled_from(some))
        event: Json = {
            "id": f"e{draw(st.integers(0, i)) if chance(draw, 12) else draw(st.sampled_from([i, i + 50]))}",
            "ticket": "1",
            "type": type_,
            "occurred_at": write(base + offset * STEP),
            **draw(told(type_)),
        }
        if not chance(draw, 8):
            event["actor"] = draw(actors())
        if sequenced == "all" or (sequenced == "some" and draw(st.booleans())):
            event["sequence"] = draw(st.integers(1, 3))
        if chance(draw, 6):
            event["created_at"] = write(base + draw(st.integers(-4, 8)) * STEP)
        if type_ != "ticket.created" and chance(draw, 6):
            event["requester"] = draw(st.sampled_from(["c", "c", "a", "b"]))
        events.append(event)
    if chance(draw, 4):
        events += draw(st.lists(st.sampled_from(events), max_size=2))
    return draw(st.permutations(events))


# Policies.


def time(quarter: int) -> str:
    return f"{quarter // 4:02}:{quarter % 4 * 15:02}"


@st.composite
def hours(draw: st.DrawFn) -> list[str]:
    """Hours of one day that don't overlap in it; the last may go past midnight."""
    usual = [["09:00-17:00"], ["09:00-12:00", "13:00-17:00"], ["22:00-06:00"], ["00:00-24:00"], ["01:30-03:00"]]
    odd = [["00:00-02:30"], ["02:15-02:45"], ["02:15-24:00"], ["01:15-01:45", "20:00-02:15"], ["18:00-24:00"]]
    if draw(st.booleans()):
        return draw(st.sampled_from(usual + odd))
    quarters = sorted(draw(st.sets(st.integers(0, 96), min_size=2, max_size=4)))
    found = [f"{time(a)}-{time(b)}" for a, b in zip(quarters[0::2], quarters[1::2], strict=False)]
    if len(quarters) == 3 and quarters[2] != 96 and quarters[0]:
        found.append(f"{time(quarters[2])}-{time(draw(st.integers(0, quarters[0])))}")
    return found


@st.composite
def calendars(draw: st.DrawFn, base: datetime) -> Json:
    days = st.integers(-2, 6).map(lambda n: (base + timedelta(days=n)).date().isoformat())
    special = st.lists(st.fixed_dictionaries({"date": days, "hours": hours()}), max_size=2)
    calendar: Json = {
        "timezone": draw(st.sampled_from(ZONES)),
        "hours": draw(st.dictionaries(st.sampled_from(oracle.WEEKDAYS), hours(), min_size=3)),
    }
    if draw(st.booleans()):
        calendar["holidays"] = draw(st.lists(days, max_size=3, unique=True))
        calendar["breaks"] = draw(special)
        calendar["shifts"] = draw(special)
    return calendar


some = st.sampled_from(["x", "y", "z", None])
wanted = st.one_of(some, some, st.lists(some, min_size=1, max_size=2, unique=True))
conditions = st.one_of(wanted, st.fixed_dictionaries({"any": wanted}), st.fixed_dictionaries({"not": wanted}))
ids: dict[str, list[str | None]] = {
    "group": ["g", "h", "b", None],
    "assignee": ["a", "b", None],
    "tenant": ["default", "x", None],
    "source": ["generic", "x"],
}
own = st.one_of(
    *(
        st.fixed_dictionaries(
            {name: st.one_of(st.sampled_from(of), st.fixed_dictionaries({"not": st.sampled_from(of)}))}
        )
        for name, of in ids.items()
    )
)
targets = st.sampled_from(["90s", "10m", "15m", "30m", "45m", "1h", "1h30m", "2h", "3h", "6h", "10h", "1bd", "2bd"])
percentages = st.sets(st.sampled_from([1, 33, 50, 80, 90, 100, 120, 150, 300]), min_size=1, max_size=4).map(
    lambda some: [{"at": f"{percent}%"} for percent in sorted(some)]
)
tiers = single.map(lambda value: {"tier": value})
standards = st.fixed_dictionaries(
    {
        "targets": st.dictionaries(st.sampled_from(METRICS), targets, min_size=3),
        "when": st.one_of(st.just({}), tiers, tiers, st.dictionaries(names, conditions, max_size=2), own),
        "calendar": st.sampled_from(["always", "support", "support", "night", "night"]),
    },
    optional={"alerts": percentages},
)
pauses = st.dictionaries(
    st.sampled_from(METRICS), st.lists(st.sampled_from(STATUSES), max_size=3, unique=True), max_size=4
)
options = st.fixed_dictionaries(
    {
        "select": st.sampled_from(["first", "strictest"]),
        "when_attributes_change": st.sampled_from(["follow", "from_change", "pin"]),
        "when_policy_changes": st.sampled_from(["follow", "pin"]),
    },
    optional={"solve_answers": st.booleans(), "pause_in": pauses},
).map(
    # The defaults are left unsaid.
    lambda chosen: {name: value for name, value in chosen.items() if value not in ("strictest", "follow")}
)


@st.composite
def policies(draw: st.DrawFn, base: datetime, span: int) -> list[Json]:
    """One to three versions that share standards and calendars, and take effect before the ticket or while it lives."""
    known_calendars = draw(st.lists(calendars(base), min_size=2, max_size=3))
    known_standards = draw(st.lists(standards, min_size=2, max_size=4))
    versions = draw(st.permutations(range(1, draw(st.integers(1, 3)) + 1)))
    documents = []
    for i, version in enumerate(versions):
        begins = draw(st.integers(-8, span)) if i else draw(st.sampled_from([-1000, -1000, 0, 4]))
        chosen = draw(st.lists(st.sampled_from(known_standards), min_size=2, max_size=4))
        called = draw(st.permutations(["A", "B", "C", "D"])) if chance(draw, 4) else ["A", "B", "C", "D"]
        documents.append(
            {
                "policy": "p",
                "version": version,
                "effective_from": write(base + begins * STEP),
                "calendars": {name: draw(st.sampled_from(known_calendars)) for name in ("support", "night")},
                "standards": [{"name": name, **one} for name, one in zip(called, chosen, strict=False)],
                **draw(options),
            }
        )
    return documents


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Json], list[Json], str]:
    base = read(draw(st.sampled_from(BASES)))
    span = draw(st.sampled_from([8, 40, 200]))
    events = draw(tickets(base, span))
    at = base + draw(st.one_of(st.just(span + 1), st.integers(-4, span + 60))) * STEP
    return events, draw(policies(base, span)), write(at)


# The comparison.


def differences(expected: Any, got: Any, place: str = "") -> list[str]:
    """One line for each field in which the product differs from the oracle."""
    if isinstance(expected, dict) and isinstance(got, dict):
        found = [
            line
            for name in expected
            if name in got
            for line in differences(expected[name], got[name], f"{place}.{name}")
        ]
        return found + [f"{place}.{name}: is in one only" for name in sorted(expected.keys() ^ got.keys())]
    if isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        named = [
            f"{place}.{one['metric']}#{one['instance']}"
            if isinstance(one, dict) and "metric" in one
            else f"{place}[{i}]"
            for i, one in enumerate(expected)
        ]
        return [
            line
            for name, one, other in zip(named, expected, got, strict=True)
            for line in differences(one, other, name)
        ]
    if isinstance(expected, Later):
        # Beyond what the oracle counts it knows only this much.
        fits = isinstance(got, str) and oracle.read_us(got) >= expected.horizon_us
        return [] if fits else [f"{place}: oracle {expected!r}, product {got!r}"]
    same = json.dumps(expected) == json.dumps(got)  # 60 and 60.0 are not the same, nor 1 and true
    return [] if same else [f"{place}: oracle {expected!r}, product {got!r}"]


# Clocks that change at midnight, by half an hour, by two hours, by a whole day, in winter, and not at all.
CHANGES = [
    ("America/New_York", "2026-03-07T05:00:00Z"),
    ("America/New_York", "2026-10-31T04:00:00Z"),
    ("Europe/London", "2026-03-28T00:00:00Z"),
    ("Europe/Dublin", "2026-10-24T00:00:00Z"),
    ("Australia/Lord_Howe", "2026-04-03T12:00:00Z"),
    ("Australia/Lord_Howe", "2026-10-02T12:00:00Z"),
    ("Antarctica/Troll", "2026-03-28T00:00:00Z"),
    ("Antarctica/Troll", "2026-10-24T00:00:00Z"),
    ("America/Sao_Paulo", "2018-11-02T12:00:00Z"),
    ("America/Sao_Paulo", "2018-02-16T12:00:00Z"),
    ("Africa/Casablanca", "2026-02-14T00:00:00Z"),
    ("Pacific/Apia", "2011-12-29T00:00:00Z"),
    ("Asia/Kathmandu", "2026-06-01T00:00:00Z"),
]


@given(st.data())
def test_hours_are_what_the_contract_says(data: st.DataObject) -> None:
    zone, text = data.draw(st.sampled_from(CHANGES))
    base = read(text)
    calendar = {**data.draw(calendars(base)), "timezone": zone}
    standard = {
        "name": "S",
        "calendar": "c",
        "targets": {"first_response": "25h"},
        # What it takes to reach each quarter and half of an hour tells where the calendar is open.
        "alerts": [{"at": f"{percent}%"} for percent in [*range(1, 40), *range(40, 101, 2)]],
    }
    document = {
        "policy": "p",
        "version": 1,
        "effective_from": "1970-01-01T00:00:00Z",
        "calendars": {"c": calendar},
        "standards": [standard],
    }
    created = base + data.draw(st.integers(0, 200)) * STEP
    event = {"id": "1", "ticket": "1", "type": "ticket.created", "occurred_at": write(created)}
    at = write(created + data.draw(st.integers(0, 300)) * STEP)
    found = differences(oracle.evaluate([event], [document], at, GRID), evaluate([event], [document], at))
    assert not found, "\n".join([*found, json.dumps(calendar), write(created), at])


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(cases())
def test_results_are_what_the_contract_says(case: tuple[list[Json], list[Json], str]) -> None:
    events, documents, at = case
    try:
        expected = oracle.evaluate(events, documents, at, GRID)
    except Silent:
        reject()
    found = differences(expected, evaluate(events, documents, at))
    assert not found, "\n".join(
        [*found, "events:", *map(json.dumps, events), "policies:", *map(json.dumps, documents), at]
    )
