"""Files of all tenants, as they come, count and go.

    coming (0) ─▶ whole (1) ─▶ line in the log ─▶ counts (2), the one before gone (3)

Killed while it comes: it is cleared later, and nothing changed. Killed once it is whole: its line is written again
under the same id, and it counts. A file that is gone has no key, whatever is left of its rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from sqlalchemy import ColumnElement, delete, func, insert, select

from connectors.bulk.keys import Box
from connectors.bulk.rows import BulkRows, Row, Rows
from connectors.uploads.contract import UploadUnderWay
from connectors.uploads.sealing import Sealing
from connectors.uploads.tables import upload_rows, uploads
from kernel.clock import Clock, millis
from kernel.ids import uuid7

COMING, WHOLE, COUNTS, GONE = range(4)
TOGETHER = 500  # rows of one transaction: others write between two
LATE_MS = 15 * 60_000  # a file that is not whole by then is of somebody who died
SOON_MS = 60_000  # after which one that is whole is finished by whoever tidies
DAY_MS = 24 * 3_600_000
MANY = 1_000


@dataclass(frozen=True)
class File:
    """One version. until: ms. epoch: where its line leaves the fence of its source; None of one from before that."""

    source: str
    version: int
    id: str
    state: int
    client: str
    rows: int
    made_at: int
    until: int
    wrapped: bytes = field(repr=False)
    epoch: int | None = None


class UploadRows:
    """Every verb raises NeighbourUnavailable when rows or keys are away, or rows are not ours."""

    def __init__(self, rows: BulkRows, clock: Clock) -> None:
        self._rows, self._clock = rows, clock

    async def begin(
        self, tenant: str, source: str, client: str, kept: tuple[int, int], epoch: int
    ) -> tuple[File, Sealing]:
        """kept: rows, and days that they are kept. epoch: as in File. Raises UploadUnderWay."""
        now = millis(self._clock())
        id_ = uuid7(now)
        box, wrapped = await self._rows.keys.new(tenant, id_)
        async with self._rows.writing(tenant) as rows:
            mine = (uploads.c.source == source, uploads.c.state.in_((COMING, WHOLE)))
            if any(one["made_at"] > now - LATE_MS for one in await rows.find(uploads, *mine, limit=MANY)):
                raise UploadUnderWay("Wacht tot dat klaar is.", wachtSeconden=60)
            ours = (uploads.c.tenant_id == tenant, uploads.c.source == source)
            last = await rows.connection.scalar(select(func.max(uploads.c.version)).where(*ours))
            until = now + kept[1] * DAY_MS
            file = File(source, (last or 0) + 1, id_, COMING, client, kept[0], now, until, wrapped, epoch)
            await rows.add(uploads, [asdict(file)])  # two at once make the same version: the database refuses one
        return file, Sealing(box)

    async def fill(self, tenant: str, file: File, sealed: Sequence[Mapping[str, object]]) -> None:
        """All of its rows; whole afterwards. Raises UploadUnderWay when it was removed meanwhile."""
        for begin in range(0, len(sealed), TOGETHER):
            async with self._rows.writing(tenant) as rows:
                await _still(rows, file)
                some = [{"tenant_id": tenant, "id": file.id, **one} for one in sealed[begin : begin + TOGETHER]]
                await rows.connection.execute(insert(upload_rows), some)
        async with self._rows.writing(tenant) as rows:
            await rows.change(uploads, await _still(rows, file), state=WHOLE)

    async def count(self, tenant: str, file: File) -> None:
        """From here on it is what is read. The ones before are gone. Raises UploadUnderWay when it was itself removed
        meanwhile: then nothing changes."""
        async with self._rows.writing(tenant) as rows:
            mine = await _still(rows, file)
            known = await rows.find(uploads, uploads.c.source == file.source, uploads.c.state != GONE, limit=MANY)
            before = [row for row in known if row["version"] < file.version]
            for row in before:
                await _gone(rows, row)
            await rows.change(uploads, mine, state=COUNTS)
        for row in before:
            self._rows.keys.forget(tenant, row["id"])
            await self._clear(tenant, row["id"])

    async def drop(self, tenant: str, file: File) -> None:
        """Its key first: from here on nothing of it opens."""
        async with self._rows.writing(tenant) as rows:
            row = await rows.one(uploads, *_key(file))
            if row is not None:
                await _gone(rows, row)
        self._rows.keys.forget(tenant, file.id)
        await self._clear(tenant, file.id)

    async def counting(self, tenant: str, source: str) -> File | None:
        """What is read now; None when there is none, or its term is over."""
        async with self._rows.reading(tenant) as rows:
            mine = (uploads.c.source == source, uploads.c.state == COUNTS)
            # the newest: one that somebody put back does not stand before the one that replaced it
            found = await rows.find(uploads, *mine, uploads.c.until > millis(self._clock()), newest=True)
        return _file(found[0]) if found else None

    async def newest(self, tenant: str, source: str) -> int:
        """The version that counts, also when its term is over, or that has its line perhaps and counts soon; 0 for
        none."""
        async with self._rows.reading(tenant) as rows:
            mine = (uploads.c.source == source, uploads.c.state.in_((WHOLE, COUNTS)))
            return max((row["version"] for row in await rows.find(uploads, *mine, newest=True)), default=0)

    async def there(self, tenant: str, source: str) -> list[File]:
        """What counts, and what is still to count."""
        async with self._rows.reading(tenant) as rows:
            mine = (uploads.c.source == source, uploads.c.state != GONE)
            return [_file(row) for row in await rows.find(uploads, *mine, limit=MANY)]

    async def read(self, tenant: str, file: File, owners: Sequence[str]) -> dict[str, bytes] | None:
        """Sealed rows by their owner. None when the file has gone meanwhile: its rows go after it, so who is not found
        then is not unknown."""
        mine = (upload_rows.c.tenant_id == tenant, upload_rows.c.id == file.id, upload_rows.c.owner.in_(owners))
        async with self._rows.reading(tenant) as rows:
            now = await rows.one(uploads, *_key(file))
            if now is None or now["state"] != COUNTS:
                return None
            found = (await rows.connection.execute(select(upload_rows).where(*mine))).mappings()
            return {str(one["owner"]): bytes(one["sealed"]) for one in found}

    async def among(self, tenant: str, file: File, owners: Sequence[str]) -> int:
        """How many of these owners have a row in it; no row is opened."""
        mine = (upload_rows.c.tenant_id == tenant, upload_rows.c.id == file.id)
        found = 0
        async with self._rows.reading(tenant) as rows:
            for begin in range(0, len(owners), TOGETHER):
                some = upload_rows.c.owner.in_(owners[begin : begin + TOGETHER])
                counted = select(func.count()).select_from(upload_rows).where(*mine, some)
                found += await rows.connection.scalar(counted) or 0
        return found

    async def sealing(self, tenant: str, file: File) -> Sealing:
        """Opens its rows."""
        async with self._rows.guarded():
            box: Box = await self._rows.keys.open(tenant, file.id, file.wrapped)
        return Sealing(box)

    async def left(self, tenant: str) -> list[File]:
        """What somebody did not finish, and what is over: to be finished, or to go."""
        now = millis(self._clock())
        late = (uploads.c.state == COMING) & (uploads.c.made_at < now - LATE_MS)
        # its line may stand, and then the one before is read no more: who is still at it does the same as we
        waits = (uploads.c.state == WHOLE) & (uploads.c.made_at < now - SOON_MS)
        over = (uploads.c.state == COUNTS) & (uploads.c.until <= now)
        async with self._rows.reading(tenant) as rows:
            return [_file(row) for row in await rows.find(uploads, late | waits | over, limit=MANY)]

    async def _clear(self, tenant: str, id_: str) -> None:
        async with self._rows.writing(tenant) as rows:
            mine = (upload_rows.c.tenant_id == tenant, upload_rows.c.id == id_)
            await rows.connection.execute(delete(upload_rows).where(*mine))


def _key(file: File) -> tuple[ColumnElement[bool], ...]:
    return uploads.c.source == file.source, uploads.c.version == file.version


async def _still(rows: Rows, file: File) -> Row:
    row = await rows.one(uploads, *_key(file), lock=True)
    if row is None or row["state"] == GONE:
        raise UploadUnderWay("Dit bestand is intussen verwijderd of ingehaald. Lever het opnieuw.", wachtSeconden=60)
    return row


async def _gone(rows: Rows, row: Row) -> None:
    await rows.change(uploads, row, state=GONE, wrapped=b"")


def _file(row: Row) -> File:
    said = {name: value for name, value in row.items() if name != "tenant_id"}
    return File(**{**said, "wrapped": bytes(said["wrapped"])})
