"""What a function does to the outside, call by call, and faults between any two of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ReadTimeoutError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

When = Literal["before", "after"]
Fault = Literal["killed", "unanswered"]
"""The process dies; or the call does not answer, be it that it never arrived or that its answer was lost."""

READS = ("GetItem", "Query")
"""Calls that change nothing."""


class Killed(BaseException):
    """The process of a function ends here. No error handling of the product's may come in between."""


@dataclass(frozen=True)
class Step:
    """A place where a fault can fall: before or after a call to the outside."""

    function: str
    call: str
    when: When

    @property
    def leaves_its_own_world(self) -> bool:
        """Whether dying here leaves anything behind that dying at the step before does not.

        Dying before a call is dying after the one before it; where that is the first, it is an invocation that comes a
        moment later. A read changes nothing.
        """
        return self.when == "after" and self.call not in READS

    def __str__(self) -> str:
        return f"{self.when} {self.call} of {self.function}"


class Steps:
    """Counts the steps of all functions, and has faults fall at those whose number is in `faults`."""

    def __init__(self, faults: Mapping[int, Fault] | None = None) -> None:
        self.faults = dict(faults or {})
        self.done: list[Step] = []
        self.fallen: list[Step] = []
        self.writes = 0
        """How many calls, so far, may have changed something."""
        self.on_call: Callable[[], None] = lambda: None
        self.on_fault: Callable[[], None] = lambda: None
        self._running: list[str] = []

    def watch(self, client: DynamoDBClient) -> None:
        """Count the calls of this client, whatever they are."""
        client.meta.events.register("before-call.dynamodb.*", lambda model, **_: self.step(model.name, "before"))
        client.meta.events.register("after-call.dynamodb.*", lambda model, **_: self.step(model.name, "after"))

    def begin(self, function: str) -> None:
        """A function is invoked."""
        self._running.append(function)

    def end(self) -> None:
        """It is over, one way or the other."""
        self._running.pop()

    def step(self, call: str, when: When) -> None:
        """Before or after a call to the outside. Raises what the fault at this place raises."""
        if when == "before":
            self.on_call()
        elif call not in READS:
            self.writes += 1
        number = len(self.done)
        self.done.append(Step(self._running[-1], call, when))
        fault = self.faults.get(number)
        if fault:
            self.fallen.append(self.done[number])
            self.on_fault()
            raise Killed if fault == "killed" else ReadTimeoutError(endpoint_url=call)

    def around(self, call: str, do: Callable[[], Any]) -> Any:
        """The same for calls that are not DynamoDB's."""
        self.step(call, "before")
        answer = do()
        self.step(call, "after")
        return answer
