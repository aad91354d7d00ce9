"""The table: a few calls of the DynamoDB client, its errors in the domain's words, and the form of its values.

The values are written and read by hand: boto3's own (de)serialiser takes more time than all else that an event costs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias
from zlib import crc32

from botocore.exceptions import BotoCoreError, ClientError

from replyclock.domain.errors import Conflict, RefusedByStore, StoreUnavailable
from replyclock.domain.events import TicketKey
from replyclock.domain.instants import parse_instant, sortable
from replyclock.domain.storms import Storm
from replyclock.service.ports import SHARDS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item: TypeAlias = "Mapping[str, Any]"
"""Attribute names to values in DynamoDB's form."""

ABSENT = "attribute_not_exists(pk)"
"""The condition under which a put only ever adds."""


GOT_TOGETHER = 100
"""Items that DynamoDB gives in one answer when they are asked for by their keys."""
_REFUSED = frozenset({"ValidationException", "ItemCollectionSizeLimitExceededException"})
"""Codes with which DynamoDB refuses what it will never take: an item over 400 kB, say."""


class ConditionFailed(Conflict):
    """A condition did not hold; `item` is what was there instead, empty where that is not known."""

    def __init__(self, item: Item) -> None:
        self.item = item
        super().__init__("the item is not as expected")


def text(value: str) -> dict[str, str]:
    """A text in DynamoDB's form."""
    return {"S": value}


def number(value: int) -> dict[str, str]:
    """A whole number in DynamoDB's form."""
    return {"N": str(value)}


def ticket_pk(key: TicketKey) -> str:
    """The partition of a ticket. The ticket's id stands last, since it may hold anything."""
    return "T#" + "#".join(key)


def ticket_key(pk: str) -> TicketKey:
    """The ticket of a partition."""
    _, tenant, source, ticket = pk.split("#", 3)
    return tenant, source, ticket


def shard_of(pk: str) -> int:
    """Which of the index shards a partition belongs to, for ever."""
    return crc32(pk.encode()) % SHARDS


def storm_pk(storm: Storm) -> str:
    """The partition of a storm. The standard stands last, since its name may hold anything."""
    return f"S#{storm.tenant}#{sortable(storm.minute)}#{storm.standard}"


def storm_of_pk(pk: str) -> Storm:
    """The storm of a partition."""
    _, tenant, minute, standard = pk.split("#", 3)
    return Storm(tenant, standard, parse_instant(minute))


def created_shard(day: int, shard: int) -> str:
    """The key under which the index `created` has the tickets of a shard that were created on a day (since 1970)."""
    return f"CREATED#{day}#{shard}"


@contextmanager
def errors_translated() -> Iterator[None]:
    """Turns what the client raises into Conflict (also ConditionFailed) and StoreUnavailable (also RefusedByStore), by
    error code.
    """
    try:
        yield
    except ClientError as error:
        response: Mapping[str, Any] = error.response  # its type does not know what DynamoDB adds to it
        code = response.get("Error", {}).get("Code", "")
        if code == "ConditionalCheckFailedException":
            raise ConditionFailed(response.get("Item", {})) from error
        reasons = {reason.get("Code") for reason in response.get("CancellationReasons", ())}
        if code == "TransactionConflictException" or reasons & {"ConditionalCheckFailed", "TransactionConflict"}:
            raise Conflict(f"{code}: somebody else wrote first") from error
        if code in _REFUSED or "ValidationError" in reasons:
            raise RefusedByStore(code) from error
        raise StoreUnavailable(code) from error
    except BotoCoreError as error:
        raise StoreUnavailable(type(error).__name__) from error


class Table:
    """The one table. Every method raises StoreUnavailable, and ConditionFailed or Conflict where it has a condition."""

    def __init__(self, client: DynamoDBClient, name: str) -> None:
        self._client = client
        self._name = name

    def put(self, item: Item, condition: str | None = None, values: Item | None = None) -> None:
        """Put an item, where the condition holds."""
        options: dict[str, Any] = {}
        if condition:
            options = {"ConditionExpression": condition, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        if values:
            options["ExpressionAttributeValues"] = values
        with errors_translated():
            self._client.put_item(TableName=self._name, Item=item, **options)

    def put_all(self, puts: Sequence[tuple[Item, str, Item]]) -> None:
        """Put items, each with its condition and the condition's values; all of them or none."""
        actions: list[Any] = []
        for item, condition, values in puts:
            put: dict[str, Any] = {"TableName": self._name, "Item": item, "ConditionExpression": condition}
            if values:
                put["ExpressionAttributeValues"] = values
            actions.append({"Put": put})
        with errors_translated():
            self._client.transact_write_items(TransactItems=actions)

    def get(self, pk: str, sk: str) -> Item | None:
        """One item as of now."""
        with errors_translated():
            found = self._client.get_item(
                TableName=self._name, Key={"pk": text(pk), "sk": text(sk)}, ConsistentRead=True
            )
        return found.get("Item")

    def get_all(self, keys: Sequence[tuple[str, str]]) -> Iterator[Item]:
        """The items of those keys that are there, as of now, in no order."""
        waiting: list[Any] = [{"pk": text(pk), "sk": text(sk)} for pk, sk in keys]
        while waiting:
            asked: Any = {self._name: {"Keys": waiting[:GOT_TOGETHER], "ConsistentRead": True}}
            with errors_translated():
                found = self._client.batch_get_item(RequestItems=asked)
            yield from found["Responses"].get(self._name, [])
            left: Any = found["UnprocessedKeys"].get(self._name)
            waiting = [*(left["Keys"] if left else ()), *waiting[GOT_TOGETHER:]]

    def query(self, pk: str, prefix: str | None = None, attributes: Collection[str] = ()) -> Iterator[Item]:
        """The items of a partition as of now, ascending by sort key; all, or those whose sort key begins so, and of
        each no more than the attributes, where such are named. Reading them costs the same.
        """
        condition, values = "pk = :pk", {":pk": text(pk)}
        if prefix:
            condition += " AND begins_with(sk, :prefix)"
            values[":prefix"] = text(prefix)
        options: dict[str, Any] = {"ProjectionExpression": ", ".join(attributes)} if attributes else {}
        return self._pages(
            KeyConditionExpression=condition, ExpressionAttributeValues=values, ConsistentRead=True, **options
        )

    def query_between(self, pk: str, first: str, last: str, attributes: Collection[str]) -> Iterator[Item]:
        """As `query`, of the items with a sort key from `first` to `last`."""
        return self._pages(
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues={":pk": text(pk), ":first": text(first), ":last": text(last)},
            ProjectionExpression=", ".join(attributes),
            ConsistentRead=True,
        )

    def query_newest(self, pk: str, since: str, page: int, attributes: Collection[str] = ()) -> Iterator[Item]:
        """The items of a partition with a sort key from `since` on, descending; it may lag behind by moments.

        `page` is how many are read at a time; `attributes` as with `query`.
        """
        options: dict[str, Any] = {"ProjectionExpression": ", ".join(attributes)} if attributes else {}
        return self._pages(
            KeyConditionExpression="pk = :pk AND sk >= :since" if since else "pk = :pk",
            ExpressionAttributeValues={":pk": text(pk), **({":since": text(since)} if since else {})},
            ScanIndexForward=False,
            Limit=page,
            **options,
        )

    def query_index(
        self,
        index: str,
        condition: str,
        values: Item,
        filtered: str | None = None,
        names: Mapping[str, str] | None = None,
        page: int | None = None,
        only: Sequence[str] = (),
        *,
        newest_first: bool = False,
    ) -> Iterator[Item]:
        """Items of an index, ascending, or else descending; it may lag behind the table by moments.

        `page` is how many are read at a time, where the caller may not want all of them, `only` the attributes that it
        wants: the client takes longer to read an answer than the table to give it.
        """
        options: dict[str, Any] = {"IndexName": index}
        if newest_first:
            options["ScanIndexForward"] = False
        if only:
            names = {**(names or {}), **{f"#{name}": name for name in only}}
            options["ProjectionExpression"] = ", ".join(f"#{name}" for name in only)
        if page:
            options["Limit"] = page
        if filtered:
            options["FilterExpression"] = filtered
        if names:
            options["ExpressionAttributeNames"] = names
        return self._pages(KeyConditionExpression=condition, ExpressionAttributeValues=values, **options)

    def scan(self, filtered: str, values: Item, attributes: Collection[str], segment: int, of: int) -> Iterator[Any]:
        """Pages of the whole table's items as of now, in no order, of each item the attributes that are named.

        For an operator's commands alone: it reads, and pays for, all that is kept. Whoever asks for each of `of`
        segments gets each item once.
        """
        options: dict[str, Any] = {
            "FilterExpression": filtered,
            "ExpressionAttributeValues": values,
            "ProjectionExpression": ", ".join(f"#{i}" for i in range(len(attributes))),
            "ExpressionAttributeNames": {f"#{i}": name for i, name in enumerate(attributes)},
        }
        while True:
            with errors_translated():
                page = self._client.scan(
                    TableName=self._name, ConsistentRead=True, Segment=segment, TotalSegments=of, **options
                )
            yield page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            options["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def delete(self, pk: str, sk: str, condition: str | None = None, values: Item | None = None) -> None:
        """Delete an item, where the condition holds."""
        options: dict[str, Any] = {"ConditionExpression": condition} if condition else {}
        if values:
            options["ExpressionAttributeValues"] = values
        with errors_translated():
            self._client.delete_item(TableName=self._name, Key={"pk": text(pk), "sk": text(sk)}, **options)

    def change_all(self, changes: Sequence[Mapping[str, Any]]) -> None:
        """Up to 100 actions of a transaction, each as the client has it but for the table; all of them or none."""
        actions: list[Any] = [
            {kind: {"TableName": self._name, **action} for kind, action in change.items()} for change in changes
        ]
        with errors_translated():
            self._client.transact_write_items(TransactItems=actions)

    def update_and_put(
        self, pk: str, sk: str, update: str, condition: str, values: Item, added: Sequence[Item]
    ) -> None:
        """Update an item where the condition holds, and add items that are not there yet; all of it or nothing."""
        change: Any = {
            "TableName": self._name,
            "Key": {"pk": text(pk), "sk": text(sk)},
            "UpdateExpression": update,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": values,
        }
        puts: list[Any] = [
            {"Put": {"TableName": self._name, "Item": item, "ConditionExpression": ABSENT}} for item in added
        ]
        with errors_translated():
            self._client.transact_write_items(TransactItems=[{"Update": change}, *puts])

    def update(
        self, pk: str, sk: str, update: str, condition: str | None, names: Mapping[str, str], values: Item
    ) -> Item:
        """Update an item where the condition holds, or make it; returns it as it is then."""
        options: dict[str, Any] = {"ExpressionAttributeNames": names} if names else {}
        if condition:
            options["ConditionExpression"] = condition
        with errors_translated():
            return self._client.update_item(
                TableName=self._name,
                Key={"pk": text(pk), "sk": text(sk)},
                UpdateExpression=update,
                **options,
                ExpressionAttributeValues=values,
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )["Attributes"]

    def _pages(self, **options: Any) -> Iterator[Item]:
        while True:
            with errors_translated():
                page = self._client.query(TableName=self._name, **options)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            options["ExclusiveStartKey"] = page["LastEvaluatedKey"]
