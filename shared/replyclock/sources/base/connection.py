"""A connection: one configured source, with its tenant, its secrets' references and its options (section 7 of the
contract).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    ValidationError,
    field_validator,
)
from pydantic_core import PydanticCustomError

from replyclock.domain.errors import MOST_FAULTS, Fault, InvalidInput
from replyclock.domain.events import AttributeName, Status
from replyclock.domain.instants import is_time_zone


def _written_as_number(value: object) -> object:
    # Ids are often numbers, and YAML reads an unquoted one as a number.
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _keys_written_as_numbers(value: object) -> object:
    return {_written_as_number(key): one for key, one in value.items()} if isinstance(value, Mapping) else value


Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,63}$")]
Id = Annotated[str, BeforeValidator(_written_as_number), StringConstraints(min_length=1, max_length=200)]
Path = Annotated[str, StringConstraints(pattern=r"^[^.\s]+(\.[^.\s]+)*$", max_length=400)]
GROUP_NAME = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,200}")


def _read_group_name(name: str) -> str:
    name = name.strip()
    if not GROUP_NAME.fullmatch(name):
        raise PydanticCustomError("group", "must be a name of 1 to 200 characters without control characters")
    return name


GroupName = Annotated[str, BeforeValidator(_written_as_number), AfterValidator(_read_group_name)]
MOST_GROUPS = 500
"""Names of groups that are learned, and that people may give a connection: it is stored as one item."""


class ApiAccess(BaseModel):
    """How a tool is asked for what its webhooks may have missed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: Annotated[str, StringConstraints(pattern=r"^https?://[^/\s?#]+(/[^\s?#]*)?$", max_length=2000)]
    """Where its API is."""
    secret: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    """The reference to its token."""
    user: Annotated[str, StringConstraints(pattern=r"^[^\s:]+$", max_length=200)] | None = None
    """Whose token it is, where the tool wants to know."""


class Connection(BaseModel):
    """One configured source. Immutable; an unknown key is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    """Names the webhook's address, and is the `source` of all events that come through it."""
    provider: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
    tenant: Name = "default"
    secrets: tuple[Annotated[str, StringConstraints(min_length=1, max_length=500)], ...] = ()
    """References to secrets, not secrets; several while one is being replaced by another."""
    account: Id | None = None
    """The tool's account: what comes from another one is not read, even when it is signed rightly."""
    bots: tuple[Id, ...] = ()
    """Actor ids that are programs, where the tool shows them as people."""
    status_map: Annotated[dict[str, Status], BeforeValidator(_keys_written_as_numbers)] = {}
    """The tool's status names or ids, in any letter case, to the six statuses; goes before what the source knows
    itself.
    """
    attributes: dict[AttributeName, Path] = {}
    """Attribute names, and the dotted path in the payload at which each is found."""
    groups: Annotated[dict[Id, GroupName], BeforeValidator(_keys_written_as_numbers)] = {}
    """The names of the tool's groups by their ids, where its webhooks carry ids; one without a name keeps its id."""
    timezone: str | None = None
    """The IANA zone of times that have no offset. Without one, such a time is refused."""
    language: Literal["en", "zh"] = "en"
    """In which its alerts are written."""
    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$", max_length=2000)] | None = None
    """The webhook's public URL, where a tool signs it."""

    api: ApiAccess | None = None
    """Where the tool can be asked for what its webhooks may have missed; None where nobody does."""

    @field_validator("status_map")
    @classmethod
    def _in_one_letter_case(cls, given: dict[str, Status]) -> dict[str, Status]:
        folded = {name.casefold(): status for name, status in given.items()}
        if len(folded) < len(given):
            raise PydanticCustomError("status_map", "names one status twice, in different letter cases")
        return folded

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str | None) -> str | None:
        if name is not None and not is_time_zone(name):
            raise PydanticCustomError("timezone", "must be an IANA time zone such as Europe/Berlin")
        return name

    @property
    def zone(self) -> ZoneInfo | None:
        """The zone of times without offset."""
        return None if self.timezone is None else ZoneInfo(self.timezone)

    def is_bot(self, actor: str | None) -> bool:
        """Whether that actor id was configured as a program's; letter case aside."""
        return actor is not None and actor.casefold() in {one.casefold() for one in self.bots}

    def group_named(self, group: str) -> str:
        """The name of the group of that id; the id itself where it has none here."""
        return self.groups.get(group, group)

    def is_account(self, accounts: Iterable[str | None]) -> bool:
        """Whether one of the accounts that a payload names is this connection's; letter case aside. True where it has
        none.
        """
        if self.account is None:
            return True
        return self.account.casefold() in {one.casefold() for one in accounts if one is not None}

    def document(self) -> dict[str, Any]:
        """The connection as a JSON object, with what it does not say left out: `connection_from_document` reads it
        again.
        """
        return self.model_dump(mode="json", exclude_defaults=True)


def connection_from_document(document: object) -> Connection:
    """The connection that a parsed JSON or YAML document describes. Raises InvalidInput naming every field that is
    wrong.
    """
    if not isinstance(document, Mapping):
        raise InvalidInput([Fault("", "must be an object with at least a name and a provider")])
    try:
        return Connection.model_validate(document)
    except ValidationError as wrong:
        errors = wrong.errors(include_url=False, include_context=False, include_input=False)
        faults = [Fault(_place(error["loc"]), _problem(error["type"], error["msg"])) for error in errors]
        raise InvalidInput(faults[:MOST_FAULTS]) from None


def connection_from_yaml(text: str) -> Connection:
    """The same from YAML (or JSON, which is YAML). Raises InvalidInput, naming the line where it is not YAML."""
    # Only where a person wrote the document: functions read JSON, and need not load a parser at every start.
    from replyclock.domain.yaml_source import read_source  # noqa: PLC0415

    try:
        document, _ = read_source(text, "connection")
    except InvalidInput as wrong:
        raise InvalidInput([Fault(one.field or f"line {one.line}", one.problem) for one in wrong.faults]) from None
    return connection_from_document(document)


def connection_without_options(provider: str) -> Connection:
    """The connection to translate with where none is configured: named as the provider, in the default tenant."""
    return Connection(name=provider.replace("_", "-"), provider=provider)


def _place(location: tuple[int | str, ...]) -> str:
    place = ""
    for part in location:
        if part == "[key]":
            continue
        place += f"[{part}]" if isinstance(part, int) else f".{part}" if place else str(part)
    return place


def _problem(kind: str, message: str) -> str:
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return "is not an option of a connection"
    return message[0].lower() + message[1:]
