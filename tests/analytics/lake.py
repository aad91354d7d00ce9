"""A lake as the stack fills it, in a folder: the log's items as changes of the table, transformed, as Parquet.

The columns are those of the template, and the views are the files that are made on Athena.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import duckdb
from samtranslator.yaml_helper import yaml_parse

from infra.analytics.transform.handler import lambda_handler
from replyclock.adapters.dynamodb import ABSENT, ConditionFailed, Item
from replyclock.adapters.event_log import DynamoEventLog
from replyclock.domain.events import AnyEvent
from replyclock.domain.figures import TicketFigures

ROOT = Path(__file__).resolve().parents[2]
ANALYTICS = ROOT / "infra" / "analytics"
TEMPLATE = yaml_parse((ROOT / "infra" / "analytics.yaml").read_text(encoding="utf-8"))
VIEWS = sorted((ANALYTICS / "views").glob("*.sql"))
_TYPES = {"string": "VARCHAR", "bigint": "BIGINT", "int": "INTEGER", "boolean": "BOOLEAN"}

Row = dict[str, Any]


def columns(table: str) -> dict[str, str]:
    """The columns of a table of the template, with DuckDB's types."""
    told = TEMPLATE["Resources"][table]["Properties"]["TableInput"]["StorageDescriptor"]["Columns"]
    return {one["Name"]: _TYPES[one["Type"]] for one in told}


@cache
def exporter() -> ModuleType:
    """The module of the export, which reads its settings when it is loaded."""
    given = {"TABLE_NAME": "table", "LAKE_BUCKET": "lake", "AWS_DEFAULT_REGION": "us-east-1"}
    with mock.patch.dict(os.environ, given):
        return import_module("infra.analytics.export_figures.handler")


class LogTable:
    """What the log asks of the table, and no more."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], Item] = {}

    def put(self, item: Item, condition: str) -> None:
        assert condition == ABSENT
        there = self.items.setdefault((item["pk"]["S"], item["sk"]["S"]), item)
        if there is not item:
            raise ConditionFailed(there)


def logged(events: Iterable[AnyEvent]) -> list[Item]:
    """The items of the log once it was told the events, in this order."""
    table = LogTable()
    log = DynamoEventLog(table)  # type: ignore[arg-type]
    for number, event in enumerate(events):
        log.append(event, event.occurred_at + number)
    return list(table.items.values())


def change(item: Item, kind: str = "INSERT") -> dict[str, Any]:
    """A change of an item, as DynamoDB puts it on a Kinesis stream."""
    return {
        "awsRegion": "us-east-1",
        "eventID": "8a1c",
        "eventName": kind,
        "userIdentity": None,
        "recordFormat": "application/json",
        "tableName": "replyclock",
        "dynamodb": {
            "ApproximateCreationDateTime": 1780304400000,
            "Keys": {"pk": item["pk"], "sk": item["sk"]},
            "OldImage" if kind == "REMOVE" else "NewImage": item,
            "SizeBytes": 300,
        },
        "eventSource": "aws:dynamodb",
    }


def transformed(changes: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """What the transformation answers to the changes, each with what it made of it as text."""
    data = [base64.b64encode(json.dumps(one).encode()).decode() for one in changes]
    handed = {"records": [{"recordId": str(number), "data": one} for number, one in enumerate(data)]}
    answers: list[dict[str, str]] = lambda_handler(handed, None)["records"]
    assert [one["recordId"] for one in answers] == [str(number) for number in range(len(data))]
    return [one | {"data": base64.b64decode(one["data"]).decode()} for one in answers]


def _json(files: Path, table: str) -> str:
    names = ", ".join(f"'{name}': '{kind}'" for name, kind in columns(table).items())
    return f"SELECT * FROM read_json('{files}', format = 'newline_delimited', columns = {{{names}}})"  # noqa: S608


class Lake:
    """DuckDB over Parquet, with the views."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked = duckdb.connect()
        self.asked.execute("SET threads = 2")

    def deliver(self, events: Sequence[AnyEvent], chance: random.Random) -> None:
        """Stores events as Firehose does: as they come, in no order, some of them twice, on two days."""
        changes = [change(item) for item in logged(events)]
        changes += chance.sample(changes, len(changes) // 10)
        chance.shuffle(changes)
        rows = [one["data"] for one in transformed(changes) if one["result"] == "Ok"]
        assert len(rows) == len(changes)
        half = len(rows) // 2
        for day, some in (("2026-12-01", rows[:half]), ("2026-12-02", rows[half:])):
            told = self.folder / f"{day}.jsonl"
            told.write_text("".join(some), encoding="utf-8")
            stored = self.folder / "events" / f"arrived={day}"
            stored.mkdir(parents=True)
            self.asked.execute(f"COPY ({_json(told, 'Events')}) TO '{stored}/part.parquet' (FORMAT parquet)")

    def export(self, figures: Iterable[TicketFigures]) -> None:
        """Stores figures as the export does; a day is one object, and here all are one."""
        stored = self.folder / "figures"
        stored.mkdir()
        (stored / "day.json.gz").write_bytes(gzip.compress(b"".join(exporter().lines(figures))))

    def make_views(self) -> None:
        """Makes all views over what was delivered; their SQL is run as it is."""
        self.asked.execute(f"CREATE VIEW events AS SELECT * FROM read_parquet('{self.folder}/events/*/*.parquet')")  # noqa: S608
        self.asked.execute(f"CREATE VIEW figures AS {_json(self.folder / 'figures' / '*', 'Figures')}")
        self.asked.execute((ANALYTICS / "duckdb.sql").read_text(encoding="utf-8"))
        for view in VIEWS:
            self.asked.execute(view.read_text(encoding="utf-8"))

    def settle(self, as_of: int, zone: str, *, solve_answers: bool = True) -> None:
        """Says what the views are about, as somebody who changes the first of them would."""
        self.asked.execute(
            "CREATE OR REPLACE VIEW settings AS "
            f"SELECT CAST({as_of} AS BIGINT) AS as_of, '{zone}' AS zone, {solve_answers} AS solve_answers"
        )

    def keep(self, view: str) -> None:
        """Puts a table in the place of a view: each of them is asked several times below."""
        self.asked.execute(f"CREATE TABLE kept_{view} AS SELECT * FROM {view}")  # noqa: S608
        self.asked.execute(f"DROP VIEW {view}")
        self.asked.execute(f"ALTER TABLE kept_{view} RENAME TO {view}")

    def rows(self, query: str) -> Iterator[Row]:
        """The rows of a query."""
        found = self.asked.execute(query)
        names = [one[0] for one in found.description or ()]
        for row in found.fetchall():
            yield dict(zip(names, row, strict=True))
