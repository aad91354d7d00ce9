"""The views of Athena, on DuckDB over objects as the store writes them: they have what counts, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import boto3
import duckdb
import pytest
from samtranslator.yaml_helper import yaml_parse

from infra.analytics.create_views import VIEWS, create_views, statement
from replyclock.adapters.facts import S3Facts
from replyclock.domain.figures import TicketFigures
from replyclock.domain.instants import day_of
from replyclock.domain.report import Asked
from replyclock.domain.reporting.facts import TABLES
from tests.adapters.backends import ROOT, moto_in_process
from tests.evaluation.on_tickets import summary
from tests.evaluation.quarter import BEGIN, END, quarter_figures

STACK: Any = yaml_parse((ROOT / "infra" / "analytics.yaml").read_text(encoding="utf-8"))["Resources"]
DAYS = 6
BUCKET = "facts"


@pytest.fixture(scope="module")
def some() -> list[TicketFigures]:
    first = day_of(BEGIN) + 40
    return [one for one in quarter_figures(1) if first <= day_of(one.created_at) < first + DAYS]


@pytest.fixture(scope="module")
def athena(some: list[TicketFigures], tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """The tables as the stack declares them, over what a bucket has after days were built twice."""
    folder = tmp_path_factory.mktemp("s3")
    with moto_in_process():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        facts = S3Facts(s3, BUCKET)
        days: dict[int, dict[Any, TicketFigures | None]] = {}
        for one in some:
            days.setdefault(day_of(one.created_at), {})[one.key] = one
        # First with half of the tickets, so that there are objects that no longer count.
        for share in (2, 1):
            manifest = facts.manifest()
            built = {
                day: facts.build(day, manifest.day(day), dict([*of.items()][::share]), END) for day, of in days.items()
            }
            facts.commit(manifest, built)
        for stored in s3.list_objects_v2(Bucket=BUCKET)["Contents"]:
            path = folder / BUCKET / stored["Key"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(s3.get_object(Bucket=BUCKET, Key=stored["Key"])["Body"].read())
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("CREATE MACRO from_unixtime(seconds) AS to_timestamp(seconds)")
    for table in (one["Properties"]["TableInput"] for one in STACK.values() if one["Type"] == "AWS::Glue::Table"):
        place = table["StorageDescriptor"]["Location"]["Fn::Sub"][0].replace("s3://${Bucket}", str(folder / BUCKET))
        form, ending = (
            ("read_parquet", "parquet") if "fact_" + place.split("/")[-2] in NAMES else ("read_json", "jsonl")
        )
        columns = ", ".join(f'"{one["Name"]}"' for one in table["StorageDescriptor"]["Columns"])
        connection.execute(
            f"CREATE VIEW {table['Name']} AS SELECT {columns}, replace(filename, '{folder}/', 's3://') AS \"$path\" "
            f"FROM {form}('{place}**/*.{ending}', filename = true)"
        )
    for view in VIEWS:
        connection.execute(statement(view))
    yield connection
    connection.close()


NAMES = {f"fact_{table}" for table in TABLES}


def test_the_stack_declares_the_columns_of_facts() -> None:
    kinds = {"BIGINT": "bigint", "VARCHAR": "string", "BOOLEAN": "boolean", "INTEGER": "int", "TINYINT": "tinyint"}
    for table, columns in TABLES.items():
        declared = STACK[f"Fact{table.title()}"]["Properties"]["TableInput"]["StorageDescriptor"]["Columns"]
        assert [one["Name"] for one in declared] == list(columns)
        for one in declared:
            kind = columns[one["Name"]].removesuffix(" NOT NULL")
            assert one["Type"] == kinds.get(kind, one["Type"])
            assert (one["Type"][:3] in ("arr", "map")) == (kind not in kinds)


def test_the_views_have_what_counts(athena: duckdb.DuckDBPyConnection, some: list[TicketFigures]) -> None:
    counted = {"tickets": len(some), "clocks": sum(len(one.clocks) for one in some)}
    counted["work"] = sum(len(one.responses) + len(one.holds) for one in some)
    for table, rows in counted.items():
        assert athena.execute(f"SELECT count(*) FROM {table}").fetchone() == (rows,)
        assert athena.execute(f"SELECT count(*) > {rows} FROM fact_{table}").fetchone() == (True,)
    keys = athena.execute("SELECT tenant, source, ticket FROM tickets").fetchall()
    assert sorted(keys) == sorted(one.key for one in some)


def test_compliance_is_that_of_the_reports(athena: duckdb.DuckDBPyConnection, some: list[TicketFigures]) -> None:
    report = summary(some, Asked(BEGIN, END, "UTC", (), "creation", END))["total"]["clocks"]
    for metric, clocks in report.items():
        rows = athena.execute(
            "SELECT sum(met), sum(broken), sum(overdue) FROM compliance WHERE metric = ?", [metric]
        ).fetchone()
        assert [value or 0 for value in rows or ()] == [clocks[name] for name in ("kept", "broken", "overdue")]


class _Athena:
    """Takes queries, and says that one fails."""

    def __init__(self, failing: str = "no such thing") -> None:
        self.asked: list[str] = []
        self.failing = failing

    def start_query_execution(self, QueryString: str, **where: Any) -> dict[str, str]:  # noqa: N803 (as in boto3)
        assert where["WorkGroup"] == "replyclock-a-b"
        assert where["QueryExecutionContext"] == {"Database": "replyclock_a_b"}
        self.asked.append(QueryString)
        return {"QueryExecutionId": str(len(self.asked))}

    def get_query_execution(self, QueryExecutionId: str) -> dict[str, Any]:  # noqa: N803 (as in boto3)
        failed = self.failing in self.asked[int(QueryExecutionId) - 1]
        status = {"State": "FAILED", "StateChangeReason": "line 1"} if failed else {"State": "SUCCEEDED"}
        return {"QueryExecution": {"Status": status}}


def test_views_are_made_in_their_order() -> None:
    athena: Any = _Athena()
    assert list(create_views(athena, "a-b")) == ["current_objects", *TABLES, "compliance"]
    assert all(re.match(r"CREATE OR REPLACE VIEW \w+ AS\n", one) and "--" not in one for one in athena.asked)
    failing: Any = _Athena("VIEW clocks ")
    with pytest.raises(RuntimeError, match=r"clocks\.sql: line 1"):
        list(create_views(failing, "a-b"))
