"""What asking a tool for its changes has in common: how it is asked, and what it gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from replyclock.domain.errors import ToolFailed
from replyclock.domain.instants import SECOND


class Api(Protocol):
    """A tool's API. Every method raises ToolFailed when it does not give an answer, and OutOfTime when the time that
    there is for asking would be over before the answer.
    """

    def get(self, path: str, parameters: Mapping[str, str | int] | None = None) -> object:
        """The JSON that the tool answers to a GET below its address; None where there is nothing (404, 410)."""

    def post(self, path: str, body: Mapping[str, object]) -> object:
        """The JSON that it answers to a POST with a JSON body, of such as only ask."""

    def close(self) -> None:
        """Close what is open to it."""


@dataclass(frozen=True, slots=True)
class Batch:
    """All that the tool tells of some tickets that changed, as pages that the reader of its exports reads."""

    pages: tuple[object, ...] = field(repr=False)
    upto: int
    """Of all tickets, what changed before this instant has been told with this batch or an earlier one."""


class Changes(Protocol):
    """What a tool's module of changes has."""

    @property
    def address(self) -> str:
        """What the address of its API looks like, for people."""

    @property
    def why(self) -> str:
        """Why webhooks of this tool can be missing, for people."""

    def headers(self, user: str | None, token: str) -> Mapping[str, str]:
        """With which it is asked."""

    def groups(self, api: Api) -> Mapping[str, str]:
        """The names of the tool's groups by their ids; empty where its tickets carry names already. Raises as `api`
        does, and InvalidInput.
        """

    def changed(self, api: Api, since: int, until: int) -> Iterator[Batch]:
        """What changed from `since` on, the oldest changes first; what changed after `until` may be there or not."""


def needed(answer: object, what: str) -> object:
    """An answer that has to be there. Raises ToolFailed: where there is nothing, nothing was looked through."""
    if answer is None:
        raise ToolFailed(f"{what}: there is nothing at this address")
    return answer


def seconds_of(instant: int) -> int:
    """Whole seconds since 1970, as APIs take them."""
    return instant // SECOND
