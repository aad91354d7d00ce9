"""The transformation, and what people run beside the stack."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import boto3
import pytest
from moto import mock_aws

from infra.analytics.backfill import backfill
from infra.analytics.create_views import VIEWS, create_views
from replyclock.adapters.dynamodb import Item
from replyclock.domain.columns import PARTS, Pack, pack
from replyclock.domain.errors import StoreUnavailable
from replyclock.domain.events import AnyEvent, TicketKey
from replyclock.domain.figures import TicketFigures, ticket_figures
from replyclock.domain.instants import DAY, parse_instant
from replyclock.domain.policy import DEFAULT_POLICY
from replyclock.domain.rollup import DayPart, Header, header
from replyclock.domain.smoke import RESERVED
from tests.analytics.histories import strange_tickets
from tests.analytics.lake import TEMPLATE, change, columns, exporter, logged, transformed

BEGIN = parse_instant("2026-06-01T09:00:00Z")


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in (("ACCESS_KEY_ID", "x"), ("SECRET_ACCESS_KEY", "x"), ("DEFAULT_REGION", "us-east-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    with mock_aws():
        yield


@pytest.fixture(scope="module")
def events() -> list[AnyEvent]:
    return strange_tickets(2, 40, BEGIN)


def test_only_new_events_of_the_log_become_rows(events: list[AnyEvent]) -> None:
    event = logged(events[:1])[0]
    others = [
        change({"pk": event["pk"], "sk": {"S": "STATE"}, "state": {"S": "new"}}),
        change({"pk": event["pk"], "sk": {"S": "A#first_response#1"}, "entry": {"S": "{}"}}),
        change({"pk": {"S": "DAYS"}, "sk": {"S": "TOUCHED#020600"}, "noted_at": {"S": "2026-06-01T09:00:00Z"}}),
        change({"pk": {"S": "Q#desk"}, "sk": {"S": "E#1"}, "body": {"B": "AAAA"}}),
        change(event, "MODIFY"),
        change(event, "REMOVE"),
        # The ticket of `replyclock smoke`.
        change({**event, "pk": {"S": f"T#{RESERVED}1#{RESERVED}1#1"}}),
    ]
    assert {one["result"] for one in transformed(others)} == {"Dropped"}


def test_a_row_has_the_tables_columns_and_is_the_event(events: list[AnyEvent]) -> None:
    rows = [json.loads(one["data"]) for one in transformed(map(change, logged(events)))]
    seen = {name for row in rows for name in row}
    assert seen == columns("Events").keys()
    for row in rows:
        assert [row[name] for name in ("id", "ticket", "tenant")] == [
            json.loads(row["event"])[name] for name in ("id", "ticket", "tenant")
        ]


def test_what_cannot_be_read_is_put_aside_alone(events: list[AnyEvent], capsys: pytest.CaptureFixture[str]) -> None:
    [good] = logged(events[:1])
    bad = {**good, "event": {"S": '{"secret of a customer'}}
    answers = transformed([change(good), change(bad), change(good)])
    assert [one["result"] for one in answers] == ["Ok", "ProcessingFailed", "Ok"]
    assert json.loads(answers[1]["data"])["dynamodb"]["NewImage"]["event"] == bad["event"]
    assert "secret" not in capsys.readouterr().out


class CrowdedStream:
    """Has room for three records of each call."""

    def __init__(self) -> None:
        self.taken: list[dict[str, object]] = []

    def put_records(self, StreamName: str, Records: list[dict[str, bytes]]) -> dict[str, object]:  # noqa: N803
        assert StreamName == "stream"
        self.taken += [json.loads(one["Data"]) for one in Records[:3]]
        full = {"ErrorCode": "ProvisionedThroughputExceededException"}
        return {"Records": [{} if place < 3 else full for place in range(len(Records))]}


def test_what_was_there_before_comes_through_the_same_stream(events: list[AnyEvent], aws: None) -> None:
    dynamodb, stream = boto3.client("dynamodb"), CrowdedStream()
    dynamodb.create_table(
        TableName="table",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
    log = logged(events[:50])
    others: list[Item] = [{"pk": log[0]["pk"], "sk": {"S": "STATE"}}, {"pk": {"S": "POLICY"}, "sk": {"S": "V#1"}}]
    for item in [*log, *others]:
        dynamodb.put_item(TableName="table", Item=item)
    slept: list[float] = []
    assert backfill(dynamodb, stream, "table", "stream", slept.append) == len(log)  # type: ignore[arg-type]
    assert slept
    assert rows_of(stream.taken) == rows_of([change(item) for item in log])


def rows_of(changes: Sequence[Mapping[str, object]]) -> list[str]:
    return sorted(one["data"] for one in transformed(changes))


@dataclass
class BuiltDays:
    """The parts of days as the export reads them."""

    tickets: dict[DayPart, list[TicketFigures]]
    at: int = 1
    being_built: set[int] = field(default_factory=set)

    def headers(self) -> list[Header]:
        return [header(place, self.at, tickets) for place, tickets in self.tickets.items()]

    def read(self, days: Sequence[int], parts: Collection[str]) -> list[Pack]:
        assert parts == PARTS
        if self.being_built.intersection(days):
            raise StoreUnavailable("it is being built")
        return [one for place, tickets in self.tickets.items() if place[0] in days for one in pack(tickets)]


def test_each_build_of_a_day_is_exported_once(events: list[AnyEvent], aws: None) -> None:
    lake = boto3.client("s3")
    lake.create_bucket(Bucket="lake")
    told: dict[TicketKey, list[AnyEvent]] = {}
    for event in events:
        told.setdefault(event.key, []).append(event)
    figures = [one for told_of in told.values() if (one := ticket_figures(told_of, DEFAULT_POLICY, BEGIN + DAY))]
    days = BuiltDays({(20605, 0): figures[:5], (20605, 3): figures[5:9], (20606, 1): figures[9:]})

    def export() -> int:
        done: int = exporter().export(days, lake, "lake", lambda: 0)
        return done

    def stored() -> dict[str, list[dict[str, object]]]:
        keys = [one["Key"] for one in lake.list_objects_v2(Bucket="lake", Prefix="figures/")["Contents"]]
        texts = {key: gzip.decompress(lake.get_object(Bucket="lake", Key=key)["Body"].read()) for key in keys}
        return {key: [json.loads(line) for line in text.splitlines()] for key, text in texts.items()}

    def clocks(tickets: list[TicketFigures]) -> int:
        return sum(len(one.clocks) for one in tickets)

    days.being_built.add(20605)
    assert export() == 1
    assert stored().keys() == {"figures/2026-06-02.json.gz"}
    days.being_built.clear()
    assert export() == 1
    assert export() == 0
    found = stored()
    assert {key: len(rows) for key, rows in found.items()} == {
        "figures/2026-06-01.json.gz": clocks(figures[:9]),
        "figures/2026-06-02.json.gz": clocks(figures[9:]),
    }
    assert all(row.keys() == columns("Figures").keys() for rows in found.values() for row in rows)
    # Built anew, it replaces what was there.
    days.tickets[20605, 3], days.at = [], 2
    assert export() == 2
    assert len(stored()["figures/2026-06-01.json.gz"]) == clocks(figures[:5])


def test_the_views_are_made_where_the_stack_has_them(aws: None) -> None:
    athena = boto3.client("athena")
    athena.create_work_group(Name="replyclock-prod-eu", Configuration={})
    made = list(create_views(athena, "prod-eu"))
    ids = athena.list_query_executions(WorkGroup="replyclock-prod-eu")["QueryExecutionIds"]
    asked = [athena.get_query_execution(QueryExecutionId=one)["QueryExecution"] for one in ids]
    assert len(asked) == len(made) == len(VIEWS)
    for name, query in zip(made, asked, strict=True):
        assert re.match(rf"CREATE OR REPLACE VIEW {name} AS\n", query["Query"])
        assert query["QueryExecutionContext"]["Database"] == "replyclock_prod_eu"


def test_a_view_that_cannot_be_made_is_told_with_the_reason() -> None:
    class Refusing:
        def start_query_execution(self, **_asked: object) -> dict[str, str]:
            return {"QueryExecutionId": "1"}

        def get_query_execution(self, **_asked: object) -> dict[str, object]:
            return {"QueryExecution": {"Status": {"State": "FAILED", "StateChangeReason": "no such table"}}}

    with pytest.raises(RuntimeError, match=r"settings\.sql: no such table"):
        list(create_views(Refusing(), "prod"))  # type: ignore[arg-type]


def test_views_and_stack_agree_on_names() -> None:
    resources = TEMPLATE["Resources"]
    assert resources["Workgroup"]["Properties"]["Name"] == {"Fn::Sub": "replyclock-${Stage}"}
    assert resources["Database"]["Properties"]["DatabaseInput"]["Name"] == {
        "Fn::Join": ["_", {"Fn::Split": ["-", {"Fn::Sub": "replyclock_${Stage}"}]}]
    }
