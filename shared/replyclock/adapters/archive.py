"""All that is kept, for an operator's commands: found by reading the whole table, rewritten and removed.

The functions never read it so. That nothing scans is a rule for what happens with each event, at each tick and each
look; but whoever exports a log or erases a person must not miss what no index knows of: a ticket that was never
measured is in none, and no index finds a customer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Any

from replyclock.domain.events import AnyEvent, TicketKey, event_text, read_stored_event
from replyclock.domain.forgetting import Person
from replyclock.domain.instants import format_instant
from replyclock.domain.smoke import RESERVED
from replyclock.service.ports import Mention

from .dynamodb import ABSENT, ConditionFailed, Item, Table, text, ticket_key, ticket_pk
from .event_log import telling_key

SEGMENTS = 4
"""How many readers go over the table side by side."""
TOGETHER = 100
"""Actions of one transaction; DynamoDB takes no more."""
_MARK = "DROPPED"
_EVENTS = (
    "begins_with(pk, :ticket) AND NOT begins_with(pk, :smoke)"
    " AND (begins_with(sk, :event) OR begins_with(sk, :telling) OR sk = :mark)"
)
_OF_EVENTS = {
    ":ticket": text("T#"),
    ":smoke": text(f"T#{RESERVED}"),
    ":event": text("E#"),
    ":telling": text("V#"),
    ":mark": text(_MARK),
}
_DOCUMENTS = {"FEED#": "line", "S#": "entry"}
"""Where lines of the feed and members of storms keep what they tell of a ticket."""
_TOLD = ("event", "entry", "line")
_NOTE = "FORGETTING"


class DynamoArchive:
    """Reads, rewrites and removes all that is kept."""

    def __init__(
        self, table: Table, segments: int = SEGMENTS, looked: Callable[[int], object] = lambda _: None
    ) -> None:
        """`looked` is told how many further items a look for a person has gone through."""
        self._table = table
        self._segments = segments
        self._looked = looked

    def events(self) -> Iterator[AnyEvent]:
        """See service.ports.Archive."""
        for item in self._scan(_EVENTS, _OF_EVENTS, ["pk", "sk", "event"], _of_those_that_stay):
            yield read_stored_event(item["event"]["S"])

    def tickets(self) -> Iterator[TicketKey]:
        """See service.ports.Archive."""
        last = ""
        # One reader, so that it goes no faster than what is done with each ticket. The items of a ticket lie together.
        for page in _of_those_that_stay(self._table.scan(_EVENTS, _OF_EVENTS, ["pk", "sk"], 0, 1)):
            for item in page:
                if (pk := item["pk"]["S"]) != last:
                    last = pk
                    yield ticket_key(pk)

    def mentions(self, person: Person) -> Iterator[Mention]:
        """See service.ports.Archive."""
        told = "begins_with(pk, :ticket) OR begins_with(pk, :feed) OR begins_with(pk, :storm)"
        values = {":ticket": text("T#"), ":feed": text("FEED#"), ":storm": text("S#")}
        # An id is a whole text wherever it is one; a name may be a part of one.
        names = [_quoted(person.id), *(_quoted(one)[1:-1] for one in person.also)]
        for item in self._scan(told, values, ["pk", "sk", *_TOLD, "person"]):
            self._looked(1)
            pk, found = item["pk"]["S"], next((item[name]["S"] for name in _TOLD if name in item), "")
            begun = "person" in item and item["person"]["S"] == person.id
            if not begun and not any(name in found.casefold() for name in names):
                continue
            if pk.startswith("T#"):
                yield Mention(ticket_key(pk))
            elif "ticket" in (document := json.loads(found)):
                key = (document["tenant"], document["source"], document["ticket"])
                yield Mention(key, (pk, item["sk"]["S"]))

    def pseudonym(self, key: TicketKey, person: Person) -> str | None:
        """See service.ports.Archive."""
        note = self._table.get(ticket_pk(key), _NOTE)
        return note["pseudonym"]["S"] if note and note["person"]["S"] == person.id else None

    def rewrite(
        self,
        key: TicketKey,
        person: Person,
        pseudonym: str,
        event: Callable[[AnyEvent], AnyEvent],
        alert: Callable[[Mapping[str, Any]], Mapping[str, Any]],
    ) -> tuple[int, int]:
        """See service.ports.Archive."""
        pk = ticket_pk(key)
        items = list(self._table.query(pk))
        alerts = (item for item in items if item["sk"]["S"].startswith("A#"))
        events = _event_changes(items, event)
        entries = [one for item in alerts for one in _document_change(item, "entry", alert)]
        actions = [*(one for of_event in events for one in of_event), *entries]
        if len(actions) > TOGETHER:
            # In one transaction a ticket is rewritten or is not. Where it needs several, this tells whoever goes on
            # after a crash which pseudonym the first ones have; it is gone before the end.
            note = {"pk": text(pk), "sk": text(_NOTE), "person": text(person.id), "pseudonym": text(pseudonym)}
            self._table.put(note)
        for begin in range(0, len(actions), TOGETHER):
            self._table.change_all(actions[begin : begin + TOGETHER])
        self._table.delete(pk, _NOTE)
        return len(events), len(entries)

    def rewrite_line(self, place: tuple[str, str], alert: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> bool:
        """See service.ports.Archive."""
        item = self._table.get(*place)
        kind = next(name for prefix, name in _DOCUMENTS.items() if place[0].startswith(prefix))
        changes = [] if item is None else _document_change(item, kind, alert)
        if changes:
            self._table.change_all(changes)
        return bool(changes)

    def drop(self, key: TicketKey, now: int) -> int:
        """See service.ports.Archive."""
        pk = ticket_pk(key)
        # The mark comes first: from then on nothing is known of the ticket, whatever is left of it. Of one that has it,
        # what came since or was left then goes now.
        with suppress(ConditionFailed):
            self._table.put({"pk": text(pk), "sk": text(_MARK), "dropped_at": text(format_instant(now))}, ABSENT)
        events = 0
        for item in self._table.query(pk, attributes=["sk"]):
            sk = item["sk"]["S"]
            if sk != _MARK:
                self._table.delete(pk, sk)
                events += sk.startswith(("E#", "V#"))
        return events

    def _scan(
        self,
        filtered: str,
        values: Item,
        attributes: Sequence[str],
        sift: Callable[[Iterator[Any]], Iterator[Any]] = iter,
    ) -> Iterator[Item]:
        """Items of the whole table, read by several readers, each no further than a page ahead; of each reader's pages
        what `sift` leaves.
        """
        readers = [
            sift(self._table.scan(filtered, values, attributes, segment, self._segments))
            for segment in range(self._segments)
        ]
        with ThreadPoolExecutor(self._segments) as pool:
            waiting: dict[Future[Any], Iterator[Any]] = {pool.submit(next, one, None): one for one in readers}
            while waiting:
                for done in wait(waiting, return_when=FIRST_COMPLETED).done:
                    reader, page = waiting.pop(done), done.result()
                    if page is not None:
                        waiting[pool.submit(next, reader, None)] = reader
                        yield from page


def _of_those_that_stay(pages: Iterable[Sequence[Item]]) -> Iterator[list[Item]]:
    """The events of a reader's pages without those of tickets that were dropped: late ones tell half a ticket."""
    dropped = ""
    for page in pages:
        kept = []
        for item in page:
            # The items of a ticket lie together, by their sort keys: the mark comes before the events.
            if item["sk"]["S"] == _MARK:
                dropped = item["pk"]["S"]
            elif item["pk"]["S"] != dropped:
                kept.append(item)
        yield kept


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).casefold()


def _event_changes(items: Sequence[Item], change: Callable[[AnyEvent], AnyEvent]) -> list[list[dict[str, Any]]]:
    """The actions that rewrite all tellings of each event that changes."""
    tellings: dict[str, list[Item]] = {}
    for item in items:
        if item["sk"]["S"].startswith(("E#", "V#")):
            tellings.setdefault(read_stored_event(item["event"]["S"]).id, []).append(item)
    found = []
    for of_one in tellings.values():
        told = [item["event"]["S"] for item in of_one]
        renewed = [change(read_stored_event(one)) for one in told]
        texts = [event_text(one) for one in renewed]
        if texts != told:
            actions: list[dict[str, Any]] = []
            for item, one, after in zip(of_one, renewed, texts, strict=True):
                if item["sk"]["S"].startswith("E#"):
                    # All that is known of the fact goes with it, so that one that is told again is known again.
                    update = {"event": text(after), "forgotten": {"L": [text(known) for known in texts]}}
                    actions.append(_update(item, "event", update))
                elif after != item["event"]["S"]:
                    # The name of a further telling is a digest of its text, from which an id could be guessed.
                    actions.append({"Put": {"Item": {**item, "sk": text(telling_key(one)), "event": text(after)}}})
                    actions.append(_deletion(item))
            found.append(actions)
    return found


def _document_change(
    item: Item, kind: str, alert: Callable[[Mapping[str, Any]], Mapping[str, Any]]
) -> list[dict[str, Any]]:
    document = json.loads(item[kind]["S"])
    renewed = alert(document)
    if renewed == document:
        return []
    told = json.dumps(renewed, ensure_ascii=False, separators=(",", ":"))
    return [_update(item, kind, {kind: text(told)})]


def _update(item: Item, guarded: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Sets attributes of an item, where one of them is still as it was read."""
    return {
        "Update": {
            "Key": {"pk": item["pk"], "sk": item["sk"]},
            "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in values),
            "ConditionExpression": f"#{guarded} = :before",
            "ExpressionAttributeNames": {f"#{name}": name for name in values},
            "ExpressionAttributeValues": {
                ":before": item[guarded],
                **{f":{name}": one for name, one in values.items()},
            },
        }
    }


def _deletion(item: Item) -> dict[str, Any]:
    return {
        "Delete": {
            "Key": {"pk": item["pk"], "sk": item["sk"]},
            "ConditionExpression": "event = :before",
            "ExpressionAttributeValues": {":before": item["event"]},
        }
    }
