"""Messages are bounded, whatever a ticket, a policy or a storm holds."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replyclock.adapters.sns import FORMS, SnsPublisher
from replyclock.domain.alerts import LedgerEntry
from replyclock.domain.notices import summarize
from replyclock.domain.policy import Condition
from replyclock.domain.storms import storm_of
from replyclock.presentation.alerts import render
from replyclock.service.messages import alert_message, notice_message
from replyclock.service.ports import AlertMessage
from tests.adapters.samples import NINE, entries
from tests.presentation.test_notices import digest

MOST_BYTES = 256 * 1024
"""Of all messages of one request to SNS, with their attributes."""
BREACH = entries()[1]


class Client:
    """A client of SNS that counts bytes."""

    def __init__(self) -> None:
        self.bytes = 0
        self.entries: list[Any] = []

    def publish_batch(self, **given: Any) -> dict[str, Any]:
        self.entries = given["PublishBatchRequestEntries"]
        for one in self.entries:
            texts = [one["Message"], one["Subject"]]
            for name, value in one["MessageAttributes"].items():
                texts += [name, value["DataType"], value["StringValue"]]
            self.bytes += sum(len(text.encode()) for text in texts)
        return {}


def sent(message: AlertMessage) -> Client:
    client: Any = Client()
    SnsPublisher(client, "topic").publish(message)
    assert [one["Id"] for one in client.entries] == list(FORMS)
    found: Client = client
    return found


def alert(entry: LedgerEntry) -> AlertMessage:
    return alert_message(entry, render(entry, NINE))


def test_an_alert_of_a_ticket_with_an_attribute_of_270_kb_can_be_published() -> None:
    message = alert(replace(BREACH, attributes={"tier": "v" * 270_000, "channel": "chat"}))
    client = sent(message)
    assert client.bytes < MOST_BYTES
    document = json.loads(client.entries[-1]["Message"])
    assert document["attributes"] == {"tier": "v" * 300, "channel": "chat"}
    assert document["shortened"] is True
    assert "shortened" not in alert(BREACH).document


TEXTS = st.sampled_from(["x", '"', "\\", "\x01", "汉", "😀"]).flatmap(
    lambda char: st.sampled_from([1, 300, 5_000, 300_000]).map(lambda times: char * times)
)


@pytest.mark.parametrize("language", ["en", "zh"])
@given(
    text=TEXTS,
    many=st.sampled_from([1, 60, 1_500]),
    names=st.sampled_from([("tier",), ("tier", "channel", "service_type", *map(str, range(300)))]),
)
def test_no_message_is_larger_than_sns_takes(language: Any, text: str, many: int, names: tuple[str, ...]) -> None:
    few = text if len(text) * many * len(names) < 3_000_000 else text[:5]
    values = tuple(f"{number}{few}" for number in range(many))
    entry = replace(
        BREACH,
        key=("t" * 63, "s" * 63, text[:200]),
        standard=text,
        notify=values,
        attributes=dict.fromkeys(names, values),
        assignee=text,
        group=text,
    )
    message = alert_message(entry, render(entry, NINE, language=language))
    assert sent(message).bytes < MOST_BYTES
    summary = summarize(storm_of(entry), 0, [replace(entry, assignee=one, group=one) for one in values])
    assert sent(notice_message(summary, NINE, language)).bytes < MOST_BYTES
    notice = digest(when=dict.fromkeys(names, Condition(any=[one[:300] for one in values])))
    assert sent(notice_message(notice, NINE, language)).bytes < MOST_BYTES


def test_a_digest_of_a_group_can_be_told_by_it() -> None:
    message = notice_message(digest(when={"group": Condition(any=["night", None])}), NINE, "en")
    assert message.attributes["group"] == ("night",)
