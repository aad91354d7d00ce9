"""Facts as Parquet in the bucket, under `facts/v1/`.

`root/months.jsonl` is the root: it alone says what counts, and is replaced only if nobody replaced it meanwhile. All
other objects are immutable and have their hash in their key: `manifest/MONTH/HASH.jsonl`, and
`TABLE/day=DATE/HASH.parquet`, of a compacted month `TABLE/month=MONTH/HASH.parquet`.
What the root no longer leads to is removed after GRACE: until then whoever read the root before may still read it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from replyclock.domain.errors import Conflict, PartitionBroken, StoreUnavailable
from replyclock.domain.events import TicketKey
from replyclock.domain.figures import TicketFigures
from replyclock.domain.instants import SECOND
from replyclock.domain.reporting.facts import SCHEMA_VERSION, TABLES, Facts
from replyclock.domain.reporting.manifest import (
    Manifest,
    ManifestUnreadable,
    Partition,
    StoredObject,
    date_of,
    month_of,
    month_text,
    read_month,
    read_root,
    root_text,
)
from replyclock.reporting_sql.build import BuiltDay, build_day, compact, read_facts, unsettled_keys
from replyclock.reporting_sql.engine import PartitionFiles, Resources, connect, open_files

if TYPE_CHECKING:
    import duckdb
    from mypy_boto3_s3 import S3Client

PREFIX = f"facts/v{SCHEMA_VERSION}/"
ROOT = f"{PREFIX}root/months.jsonl"
GRACE = 3600 * SECOND
"""For how long objects stay that no longer count, in microseconds: several times as long as any report takes."""
CACHE_BYTES_MAX = 2_000_000_000
"""How much of what was fetched is kept for the next report at most; and no more than half of the disk."""
_ATTEMPTS = 5
_MISSING = ("NoSuchKey", "404", "NotFound")
_LOST = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409")


class S3Facts:
    """Keeps the facts of tickets; see service.ports.FactStore."""

    def __init__(
        self, client: S3Client, bucket: str, folder: Path | None = None, resources: Resources | None = None
    ) -> None:
        """`folder` is where fetched objects are kept, by default a new one in the temporary folder."""
        self._client = client
        self._bucket = bucket
        self._folder = Path(tempfile.mkdtemp(prefix="facts-")) if folder is None else folder
        self._folder.mkdir(parents=True, exist_ok=True)
        self._resources = resources or resources_of_function()
        self._months: dict[str, Sequence[Partition]] = {}
        self._cache_bytes = min(CACHE_BYTES_MAX, shutil.disk_usage(self._folder).total // 2)

    # ------------------------------------------------------------------------------------------------------- reading

    def manifest(self) -> Manifest:
        """See service.ports.FactStore."""
        try:
            found = self._client.get_object(Bucket=self._bucket, Key=ROOT)
            body, version = found["Body"].read(), found["ETag"]
        except (ClientError, BotoCoreError) as error:
            if _code(error) in _MISSING:
                return Manifest()
            raise _unavailable(error) from error
        try:
            months = read_root(body)
        except ManifestUnreadable as wrong:
            raise PartitionBroken("all months", "the root manifest is none") from wrong
        partitions: list[Partition] = []
        broken = []
        for month, (key, sha256) in months.items():
            try:
                partitions += self._month(month, key, sha256)
            except PartitionBroken:
                broken.append(month)
        partitions.sort(key=lambda one: (one.first_day, -one.last_day))
        self._months = {key: self._months[key] for key, _ in months.values() if key in self._months}
        return Manifest(partitions, broken, version, months)

    def _month(self, month: str, key: str, sha256: str) -> Sequence[Partition]:
        if key not in self._months:
            body = self._get(month, key)
            if hashlib.sha256(body).hexdigest() != sha256:
                raise PartitionBroken(month, "its manifest is not what was written")
            try:
                self._months[key] = read_month(body)
            except ManifestUnreadable as wrong:
                raise PartitionBroken(month, "its manifest is none") from wrong
        return self._months[key]

    def _get(self, name: str, key: str) -> bytes:
        try:
            body: bytes = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except (ClientError, BotoCoreError) as error:
            if _code(error) in _MISSING:
                raise PartitionBroken(name, "an object is missing") from error
            raise _unavailable(error) from error
        return body

    @contextmanager
    def open(
        self,
        partitions: Sequence[Partition],
        tables: Collection[str],
        tenant: str | None = None,
        broken: Callable[[Partition, PartitionBroken], object] | None = None,
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """See service.ports.FactStore."""
        self._make_room({one.objects[table].sha256 for one in partitions for table in tables if table in one.objects})
        files = []
        for one in partitions:
            try:
                files.append(self._fetch(one, tables))
            except PartitionBroken as error:
                if broken is None:
                    raise
                broken(one, error)
        with connect(self._folder, resources=self._resources) as connection:
            open_files(connection, files, tenant)
            yield connection

    def _fetch(self, partition: Partition, tables: Collection[str]) -> PartitionFiles:
        """The files of a partition, each verified when it was fetched. Raises PartitionBroken."""
        files = {}
        for table in tables:
            if table not in partition.objects:
                raise PartitionBroken(partition.name, f"it has no {table}")
            stored = partition.objects[table]
            path = self._folder / f"{stored.sha256}.parquet"
            if not path.exists():
                body = self._get(partition.name, stored.key)
                if hashlib.sha256(body).hexdigest() != stored.sha256:
                    raise PartitionBroken(partition.name, "an object is not what was written")
                # Its own name comes last: what is there under that is whole.
                part = path.with_suffix(".part")
                part.write_bytes(body)
                part.rename(path)
            files[table] = path
        return PartitionFiles(files, partition.without)

    def _make_room(self, wanted: Collection[str]) -> None:
        kept = sorted(self._folder.glob("*.parquet"), key=lambda path: path.stat().st_mtime)
        size = sum(path.stat().st_size for path in kept)
        for path in kept:
            if size <= self._cache_bytes:
                return
            if path.stem not in wanted:
                size -= path.stat().st_size
                path.unlink()

    def unsettled(self, partition: Partition, day: int) -> list[TicketKey]:
        """See service.ports.FactStore."""
        return unsettled_keys(day, self._fetch(partition, ("tickets",)))

    def facts_of(self, partition: Partition, day: int) -> Mapping[TicketKey, Facts]:
        """See service.ports.FactStore."""
        return read_facts(day, self._fetch(partition, TABLES))

    # ------------------------------------------------------------------------------------------------------- writing

    def build(
        self, day: int, before: Partition | None, changed: Mapping[TicketKey, TicketFigures | Facts | None], at: int
    ) -> Partition | None:
        """See service.ports.FactStore."""
        self._make_room({one.sha256 for one in before.objects.values()} if before else ())
        old = None if before is None else self._fetch(before, TABLES)
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            built = build_day(day, old, changed, Path(folder), self._resources)
            return None if built is None else self._stored(built, day, day, at, f"day={date_of(day)}")

    def _stored(self, built: BuiltDay, first_day: int, last_day: int, at: int, folder: str) -> Partition:
        return Partition(
            first_day=first_day,
            last_day=last_day,
            objects={
                table: self._put(f"{PREFIX}{table}/{folder}/", path, built.rows[table])
                for table, path in built.files.items()
            },
            tickets=built.tickets,
            tenants=built.tenants,
            evaluated_at=at,
            last_at=built.last_at,
            unsettled=built.unsettled,
        )

    def compact(self, base: Manifest, partitions: Sequence[Partition]) -> Manifest:
        """See service.ports.FactStore."""
        self._make_room({stored.sha256 for one in partitions for stored in one.objects.values()})
        month = month_of(partitions[0].first_day)
        files = [self._fetch(one, TABLES) for one in partitions]
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            built = compact(files, Path(folder), self._resources)
            first, last = partitions[0].first_day, max(one.last_day for one in partitions)
            at = min(one.evaluated_at for one in partitions)
            whole = self._stored(built, first, last, at, f"month={month}")
        text = month_text([whole]).encode()
        months = {**base.months, month: self._write_month(month, text)}
        # Whoever committed meanwhile goes first: it is compacted another time.
        self._replace_root(months, base.version)
        return self.manifest()

    def _write_month(self, month: str, text: bytes) -> tuple[str, str]:
        sha256 = hashlib.sha256(text).hexdigest()
        key = f"{PREFIX}manifest/{month}/{sha256}.jsonl"
        self._write(key, text)
        return key, sha256

    def _put(self, folder: str, path: Path, rows: int) -> StoredObject:
        body = path.read_bytes()
        sha256 = hashlib.sha256(body).hexdigest()
        key = f"{folder}{sha256}.parquet"
        self._write(key, body)
        # The next building, and a report in the same process, read what is here already.
        path.rename(self._folder / f"{sha256}.parquet")
        return StoredObject(key, sha256, len(body), rows)

    def _write(self, key: str, body: bytes) -> None:
        try:
            self._client.put_object(Bucket=self._bucket, Key=key, Body=body)
        except (ClientError, BotoCoreError) as error:
            raise _unavailable(error) from error

    def put_again(self, partition: Partition) -> None:
        """Write the objects of a partition that was built before, from the folder in which fetched ones are kept."""
        for stored in partition.objects.values():
            self._write(stored.key, (self._folder / f"{stored.sha256}.parquet").read_bytes())

    def commit(self, base: Manifest, built: Mapping[int, Partition | None]) -> Manifest:
        """See service.ports.FactStore."""
        current = base
        for _ in range(_ATTEMPTS):
            months = dict(current.months)
            for month, partitions in current.with_days(built).items():
                if not partitions:
                    months.pop(month, None)
                else:
                    months[month] = self._write_month(month, month_text(partitions).encode())
            if months == current.months or self._replace_root(months, current.version):
                return self.manifest()
            current = self.manifest()
            if any(current.day(day) != base.day(day) for day in built):
                raise Conflict
        raise Conflict

    def _replace_root(self, months: Mapping[str, tuple[str, str]], version: str | None) -> bool:
        """Whether it was still the one of that version."""
        body = root_text(dict(sorted(months.items()))).encode()
        try:
            if version is None:
                self._client.put_object(Bucket=self._bucket, Key=ROOT, Body=body, IfNoneMatch="*")
            else:
                self._client.put_object(Bucket=self._bucket, Key=ROOT, Body=body, IfMatch=version)
        except (ClientError, BotoCoreError) as error:
            if _code(error) in _LOST:
                return False
            raise _unavailable(error) from error
        return True

    def sweep(self, manifest: Manifest, now: int) -> int:
        """See service.ports.FactStore."""
        wanted = {ROOT, *(key for key, _ in manifest.months.values())}
        wanted.update(one.key for partition in manifest.partitions for one in partition.objects.values())
        removed = 0
        # Of a month that cannot be read, nobody knows what counts: its objects stay until it is built anew.
        if manifest.broken_months:
            return removed
        try:
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=PREFIX):
                for one in page.get("Contents", ()):
                    written = round(one["LastModified"].timestamp() * SECOND)
                    if one["Key"] not in wanted and written + GRACE <= now:
                        self._client.delete_object(Bucket=self._bucket, Key=one["Key"])
                        removed += 1
        except (ClientError, BotoCoreError) as error:
            raise _unavailable(error) from error
        return removed


def resources_of_function() -> Resources:
    """What the engine may take of the function that this runs in: a thread for each processor, of which Lambda gives
    one for 1,769 MB, and two thirds of the memory. Elsewhere the usual.
    """
    memory = int(os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE") or 0)
    return Resources(max(1, round(memory / 1769)), f"{memory * 2 // 3}MB") if memory else Resources()


def _code(error: Exception) -> str:
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def _unavailable(error: Exception) -> StoreUnavailable:
    return StoreUnavailable(_code(error) or type(error).__name__)
