"""The mail and SMS that the local cloud delivered, as a person would receive them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from replyclock.domain.instants import parse_instant


@dataclass(frozen=True)
class Delivery:
    """One e-mail or SMS."""

    at: int
    """When it was delivered, in microseconds since 1970."""
    protocol: str
    """`email` or `sms`."""
    to: str
    subject: str | None
    """Of an e-mail."""
    text: str
    attributes: Mapping[str, str]
    """The message attributes it was published with; a list is JSON text."""

    @property
    def kind(self) -> str:
        """`alert`, `summary`, `digest` or `evaluation`."""
        return self.attributes.get("kind", "")

    @property
    def alert_id(self) -> str:
        """Which alert it tells; the same for its e-mail and its SMS."""
        return self.attributes.get("alert_id", "")


class Inbox:
    """Reads deliveries as they come."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read = 0

    def new(self) -> list[Delivery]:
        """What was delivered since the last call, in order."""
        with self._file.open("rb") as file:
            file.seek(self._read)
            lines = file.read()
        whole = lines[: lines.rfind(b"\n") + 1]
        self._read += len(whole)
        return [_delivery(json.loads(line)) for line in whole.splitlines()]


def _delivery(line: Mapping[str, Any]) -> Delivery:
    at = parse_instant(line["at"])
    return Delivery(at, line["protocol"], line["to"], line["subject"], line["text"], line["attributes"])
