"""`replyclock smoke` goes all the way, and its ticket is seen by nobody: on the use cases, with a clock that stands."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

from replyclock.adapters.archive import DynamoArchive
from replyclock.adapters.dynamodb import Table, text, ticket_pk
from replyclock.domain.errors import StoreUnavailable
from replyclock.domain.events import TicketKey
from replyclock.domain.instants import DAY, SECOND
from replyclock.domain.smoke import RESERVED
from replyclock.service.faults import faulty_ticket
from replyclock.service.ports import Received, TicketRecord, Timer
from replyclock.service.receive import Receipt
from replyclock.service.smoke import FORMS, POLICY, Hop, NotProven, Prove
from replyclock.sources import source
from replyclock.sources.base import Headers, Webhook
from tests.adapters.backends import REGION
from tests.adapters.samples import created

from .house import SECRET, House

NAME = f"{RESERVED}20260601090000-ab12"
KEY: TicketKey = (NAME, NAME, "20260601090000-ab12")


@dataclass
class Trial:
    """A trial in a house whose functions run whenever its caller sleeps."""

    house: House
    broken: set[str] = field(default_factory=set)
    """What does not work."""
    refusals: list[int] = field(default_factory=list)
    """What the next webhooks are answered."""

    def __post_init__(self) -> None:
        self.house.connect(NAME, tenant=NAME)
        item = {"pk": text(ticket_pk(KEY)), "sk": text("OVERLAY"), "document": text(POLICY)}
        self.house.store.client.put_item(TableName=self.house.store.name, Item=item)
        self.read: set[tuple[str, str]] = set()

    @property
    def key(self) -> TicketKey:
        return KEY

    def post(self, body: bytes) -> tuple[int, str]:
        if self.refusals:
            return self.refusals.pop(0), "refused"
        headers = source("generic").sign(body, SECRET, self.house.now())
        receipt = self.house.receive(NAME, Webhook(body, Headers(headers), self.house.now()))
        assert isinstance(receipt, Receipt)
        return 202, json.dumps({"accepted": receipt.accepted, "duplicates": receipt.duplicates, "quarantined": 0})

    def record(self) -> TicketRecord:
        return self.house.record(KEY)

    def measured_at(self) -> int | None:
        return self.house.now() if self.record().state else None

    def shown(self) -> Mapping[str, Any]:
        found = self.house.read.one(KEY)
        assert found is not None
        return found

    def receive(self, form: str) -> Sequence[Received]:
        every = [
            Received(entry[1], {name: one["Value"].strip('"') for name, one in entry[3].items()}, self.house.now())
            for entry in self.sent(self.house.smoke_topic_arn)
        ]
        return [] if form in self.broken else every

    def sent(self, topic: str) -> list[Any]:
        return list(sns_backends[DEFAULT_ACCOUNT_ID][REGION].topics[topic].sent_notifications)

    def sleep(self, seconds: float) -> None:
        # Where something never comes, there is no use in looking for it as often.
        self.house.now.sleep(seconds * 25 if self.broken else seconds)
        if "measure" not in self.broken:
            self.house.refresh(KEY)
        if "publish" not in self.broken:
            for record in self.record().ledger:
                if record.status == "pending":
                    self.house.publish(KEY, record.entry.sort_key, "one")


@pytest.fixture
def trial(house: House) -> Trial:
    return Trial(house)


def proven(trial: Trial) -> list[Hop]:
    return list(Prove(trial, trial.house.now, trial.sleep)())


def test_all_hops_are_made_in_their_order(trial: Trial) -> None:
    hops = {hop.step: hop for hop in proven(trial)}
    steps = ["webhook sent", "event in the log", "clock measured", "target breached", "breach detected"]
    steps += ["breach published", "reply sent", "correction detected", "correction published"]
    times = [hops[step].at for step in steps]
    assert times == sorted(times)
    assert hops["target breached"].at == hops["webhook sent"].at + 10 * SECOND
    assert hops["breach detected"].detail.startswith("detection lag 0.")


def test_each_form_of_the_breach_and_of_the_correction_is_received(trial: Trial) -> None:
    received = [hop.step for hop in proven(trial) if hop.step.endswith("received")]
    assert sorted(received) == sorted([f"{name} received" for name in FORMS.values()] * 2)


def test_the_published_policy_has_no_say_in_it(trial: Trial) -> None:
    trial.house.publish_policy(
        "policy: acme\nversion: 1\neffective_from: 2020-01-01T00:00:00Z\n"
        "standards: [{name: all, targets: {first_response: 1s}, alerts: [{at: 50%}, {at: 100%}], remind_every: 5m}]"
    )
    proven(trial)
    record = trial.record()
    assert {one.entry.standard for one in record.ledger} == {"smoke"}
    assert sorted(one.entry.level for one in record.ledger) == ["breach", "correction"]
    assert [one.version for one in trial.house.policies.published()] == [1]


def test_nobody_is_notified_and_nothing_else_finds_the_ticket(trial: Trial) -> None:
    house = trial.house
    seen: list[str] = []

    def look(seconds: float) -> None:
        trial.sleep(seconds)
        if not trial.record().state:
            return
        live = house.live({})
        assert (live["counts"]["open"], live["clocks"]) == (0, [])
        for state in ("running", "breached"):
            assert house.read.listing(state, None, None, 10)["tickets"] == []
        seen.append("looked")

    list(Prove(trial, house.now, look)())
    assert len(seen) > 2
    assert trial.sent(house.topic_arn) == []
    assert len(trial.sent(house.smoke_topic_arn)) == 6
    assert house.read_feed({})["alerts"] == []
    assert list(house.tickets.created(house.now() - DAY, house.now() + DAY)) == []
    assert list(house.tickets.answers(house.now() - DAY, house.now() + DAY)) == []
    assert house.days.noted() == {}
    house.now.at += 7200 * SECOND
    assert house.owe_digests() == 0
    archive = DynamoArchive(Table(house.store.client, house.store.name))
    assert (list(archive.tickets()), list(archive.events())) == ([], [])
    assert [item["pk"]["S"] for item in house.store.items() if item["pk"]["S"].startswith("S#")] == []


def test_the_sweep_finds_the_ticket(trial: Trial) -> None:
    """So that a lost timer is no failed trial."""
    trial.house.told(created(KEY, trial.house.now()), received_at=trial.house.now())
    trial.house.refresh(KEY)
    due = list(trial.house.tickets.due(trial.house.now() + 60 * SECOND))
    assert [one.key for one in due if isinstance(one, Timer)] == [KEY]


def test_a_policy_beside_another_tenants_ticket_has_no_effect(house: House) -> None:
    key = ("default", "desk", "1")
    item = {"pk": text(ticket_pk(key)), "sk": text("OVERLAY"), "document": text(POLICY)}
    house.store.client.put_item(TableName=house.store.name, Item=item)
    house.told(created(key, house.now()), received_at=house.now())
    house.refresh(key)
    record = house.record(key)
    assert record.overlay is None
    assert record.state is not None
    assert {clock.standard for clock in record.state.clocks} == {"chat", None}


def test_alerts_of_others_go_to_their_topic(trial: Trial) -> None:
    house = trial.house
    key = ("default", "desk", "1")
    house.told(created(key, house.now() - 11 * SECOND), received_at=house.now())
    house.refresh(key)
    house.publish(key, "A#first_response#1#100#chat", "one")
    assert len(trial.sent(house.topic_arn)) == 3
    assert trial.sent(house.smoke_topic_arn) == []


def test_a_connection_that_is_not_known_yet_is_tried_again(trial: Trial) -> None:
    trial.refusals = [404, 401, 503]
    hops = {hop.step: hop for hop in proven(trial)}
    # What counts is the one that was accepted.
    assert hops["target breached"].at == hops["webhook sent"].at + 10 * SECOND


def refuse(trial: Trial) -> None:
    trial.refusals = [403]


def set_aside(trial: Trial) -> None:
    trial.broken.add("publish")
    measure = trial.house.refresh

    def failing(key: TicketKey) -> None:
        measure(key)
        if trial.record().ledger:
            trial.house.set_aside(faulty_ticket(key), KeyError("x"))

    trial.house.refresh = failing  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("break_", "said", "advised"),
    [
        (refuse, "the webhook was answered 403 refused", "receive-webhook"),
        (lambda trial: trial.broken.add("measure"), "no clock was measured within 60 s", "measure-tickets"),
        (lambda trial: trial.broken.add("publish"), "the e-mail text of the breach was not received", "publish-alerts"),
        (lambda trial: trial.broken.add("sms"), "the SMS text of the breach was not received", "topic"),
        (lambda trial: trial.broken.add("json"), "the JSON document of the breach was not received", "topic"),
        (set_aside, "set aside because of a fault: ticket: KeyError", "report"),
    ],
)
def test_a_hop_that_is_not_made_is_said(
    trial: Trial, break_: Callable[[Trial], object], said: str, advised: str
) -> None:
    break_(trial)
    with pytest.raises(NotProven, match=said) as failed:
        proven(trial)
    assert advised in failed.value.advice


def test_a_wrong_policy_is_noticed(trial: Trial) -> None:
    trial.house.store.client.delete_item(
        TableName=trial.house.store.name, Key={"pk": text(ticket_pk(KEY)), "sk": text("OVERLAY")}
    )
    with pytest.raises(NotProven, match="the API shows the clock as"):
        proven(trial)


def test_a_store_that_does_not_answer_is_said(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> TicketRecord:
        raise StoreUnavailable("away")

    monkeypatch.setattr(trial, "record", away)
    with pytest.raises(StoreUnavailable):
        proven(trial)
