"""`replyclock redrive`: what was set aside is taken up again from a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from replyclock.cli import deployments
from replyclock.cli.main import main
from replyclock.domain.events import AnyEvent
from replyclock.domain.instants import SECOND
from replyclock.domain.judging import evaluate_ticket
from replyclock.service.faults import faulty_alert, faulty_part, faulty_ticket
from replyclock.service.ports import FaultKind
from tests.adapters.samples import created
from tests.service.house import House

from .test_out import house  # noqa: F401 (a house that is deployed)

FINE, POISON = ("default", "desk", "fine"), ("default", "desk", "odd one/1")


@pytest.fixture
def aside(house: House) -> House:  # noqa: F811
    """Two tickets, an alert and a part of a day that were set aside."""
    house.now.at = deployments.now()
    for key in (FINE, POISON):
        house.told(created(key, house.now() - 20 * SECOND), received_at=house.now() - 20 * SECOND)
        house.refresh(key)
        house.set_aside(faulty_ticket(key), KeyError("x"))
    house.set_aside(faulty_alert(FINE, "A#first_response#1#100#chat"), KeyError("x"))
    house.set_aside(faulty_part((20_000, 3)), KeyError("x"))
    return house


def said(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> str:
    assert main(["redrive", *arguments]) == status
    return capsys.readouterr().out


def test_what_works_and_what_fails_again_is_said(
    aside: House, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = said(capsys, "--all", "--dry-run")
    assert shown.splitlines()[-1] == "4 things would be taken up"
    assert "ticket  default/desk/odd one/1\n" in shown
    assert len(list(aside.faults.newest())) == 4
    real = evaluate_ticket

    def failing(events: Iterable[AnyEvent], *rest: Any) -> Any:
        told = list(events)
        if any(one.key == POISON for one in told):
            raise OverflowError("what a customer wrote")
        return real(told, *rest)

    with monkeypatch.context() as patch:
        patch.setattr("replyclock.service.refresh.evaluate_ticket", failing)
        shown = said(capsys, "--all", status=1)
    assert "ticket  default/desk/odd one/1  failed again: OverflowError at " in shown
    assert "1  works again\n" in shown
    assert "2  will be tried within minutes\n" in shown
    assert "customer" not in shown
    assert aside.alerts(FINE)[100] == "pending"
    assert [thing for _, thing in aside.faults.newest()] == [faulty_ticket(POISON)]
    assert said(capsys, "default/desk/odd one/1") == "        1  works again\n"
    assert said(capsys, "--all") == "nothing is aside\n"


def test_of_one_kind_alone(aside: House, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "--all", "--kind", "alert")
    assert {thing.kind for _, thing in aside.faults.newest()} == {FaultKind.TICKET, FaultKind.REPORT_PARTITION}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "--all"),
        (["--all", "default/desk/fine"], "one of them"),
        (["default/desk/nobody"], "default/desk/nobody: is not aside"),
        (["default/desk/fine", "--kind", "storm"], "is not aside"),
    ],
)
def test_what_is_asked_wrongly_is_refused(
    aside: House, capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    assert main(["redrive", *arguments]) == 2
    assert told in capsys.readouterr().err
    assert len(list(aside.faults.newest())) == 4
