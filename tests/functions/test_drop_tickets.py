"""The function that drops what ended long ago: what it does, counts and logs, and when it does not."""

from __future__ import annotations

import json
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

import pytest
from pydantic import ValidationError

from replyclock.domain.errors import StoreUnavailable
from replyclock.domain.events import AnyEvent
from replyclock.domain.figures import ticket_figures
from replyclock.domain.instants import DAY, SECOND
from tests.adapters.samples import created, reply, solved
from tests.template.test_template import listed, role_of, statements

from .conftest import Context, Deployed, recorded
from .test_metrics import printed

OLD, OPEN, NEWER, LAST, UNBUILT, FAULTY = (("default", "desk", f"a-ticket-of-somebody-{number}") for number in range(6))


class Asked:
    """What a function does to which partitions and indexes of the table, in the words of its role."""

    def __init__(self, client: Any) -> None:
        self.granted = {
            (action.removeprefix("dynamodb:"), place)
            for statement in statements(role_of("DropTickets"))
            for action in listed(statement["Action"])
            if action.startswith("dynamodb:")
            for place in self._places(statement)
        }
        self.used: set[tuple[str, str]] = set()
        client.meta.events.register("provide-client-params.dynamodb.*", self._note)

    @staticmethod
    def _places(statement: dict[str, Any]) -> list[str]:
        if "Condition" in statement:
            [keys] = [
                one["dynamodb:LeadingKeys"] for operator, one in statement["Condition"].items() if operator != "Null"
            ]
            return list(keys)
        return [resource["Fn::Sub"].rpartition("/")[2] for resource in statement["Resource"]]

    def _note(self, params: dict[str, Any], model: Any, **_: object) -> None:
        values = params.get("ExpressionAttributeValues", {})
        item = params.get("Item") or params.get("Key") or {"pk": values.get(":pk")}
        place = params.get("IndexName") or item["pk"]["S"]
        names = [name for action, name in self.granted if action == model.name and fnmatchcase(place, name)]
        self.used |= {(model.name, name) for name in names or [place]}


def test_what_ended_long_ago_goes_and_what_stays_is_counted_by_its_reason(
    deployed: Deployed, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = deployed.now()
    for key, days in ((OLD, 367), (FAULTY, 367), (OPEN, 367), (UNBUILT, 367), (NEWER, 364), (LAST, 366)):
        deployed.now.at = at = now - days * DAY
        events = [created(key, at), reply(key, at), *([] if key == OPEN else [solved(key, at + SECOND)])]
        deployed.told(*events, received_at=at)
        deployed.refresh(key)
    deployed.now.at = now
    deployed.compile(now + DAY)
    deployed.told(reply(UNBUILT, now - 367 * DAY + 2 * SECOND, "again"), received_at=now - 367 * DAY)
    function = deployed.load("drop_tickets")
    # One whose figures cannot be computed any more stops no other, and stays.
    figures = ticket_figures

    def failing(told: Iterable[AnyEvent], *rest: Any) -> Any:
        events = list(told)
        if any(one.key == FAULTY for one in events):
            raise RecursionError
        return figures(events, *rest)

    monkeypatch.setattr("replyclock.service.drop.ticket_figures", failing)
    drop, asked = function.drop.archive.drop, Asked(function.table._client)

    def fail(*told: object) -> int:
        raise StoreUnavailable("of the test")

    # What was done before the store failed is done, and counted; the next tick goes on.
    with monkeypatch.context() as broken:
        broken.setattr(function.drop.archive, "drop", lambda key, at: fail() if key == LAST else drop(key, at))
        with pytest.raises(StoreUnavailable):
            function.lambda_handler(recorded("drop_tickets"), Context())
    output = capsys.readouterr().out
    counted = {name: value for one in printed(output) for name, value in one.items() if name.startswith("Tickets")}
    assert counted == {"TicketsDropped": [1], "TicketsKeptBack": [1]}
    kept = {"open or a clock runs", "figures are not built yet", "its figures cannot be computed"}
    assert {one["reason"] for one in printed(output) if "reason" in one} == kept
    [logged] = [line for line in map(json.loads, output.splitlines()) if "fates" in line]
    assert logged["fates"] == {"dropped": 1, **dict.fromkeys(kept, 1)}
    assert "somebody" not in output
    assert deployed.record(OLD).dropped_at is not None

    function.lambda_handler(recorded("drop_tickets"), Context())
    assert [deployed.record(key).dropped_at is None for key in (OLD, OPEN, NEWER, LAST)] == [False, True, True, False]
    assert asked.used == asked.granted, "its role lets it do all that it does, and nothing else"

    monkeypatch.setenv("RETENTION_DAYS", "29")
    with pytest.raises(ValidationError, match="retention_days"):
        deployed.load("drop_tickets")
