"""Files that come and go at once: nothing removed comes back, nothing half is read, and nobody is unknown by a race."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from sqlite3 import connect
from typing import Any, cast

import httpx2
import pytest
from sqlalchemy import update

from assembly.demo.register import LOAN_DESK, TENANT
from audit.contract import Audit, Ground, LogUnavailable, Permit
from connectors.bulk.keys import JobKeys
from connectors.bulk.rows import BulkRows
from connectors.outside.failing import SourceFailed
from connectors.tables import keys
from connectors.uploads.api import UPLOAD_BYTES
from connectors.uploads.client import UploadsClient
from connectors.uploads.contract import KEEPER, NoSuchSheet, UploadUnderWay
from connectors.uploads.intern import LARGE, SentSheet, upload_intern
from connectors.uploads.reading import Sheets
from connectors.uploads.rows import File, UploadRows
from connectors.uploads.sealing import Sealing
from connectors.uploads.service import Taking, UploadDesk
from connectors.uploads.source import UploadSource
from connectors.uploads.standing import Files
from connectors.uploads.tables import uploads
from kernel.caller import Caller
from kernel.clock import millis
from kernel.crypto import Keyring
from kernel.errors import BadInput
from kernel.http.app import make_app
from kernel.http.client import RoomLine
from kernel.http.health import StartGate
from kernel.http.rooms import RoomGate, RoomKey
from kernel.sql import Database
from kernel.sql.key_rows import KeyRows
from tests.connectors.test_overtaken import ground
from tests.connectors.test_uploads import ELEMENT, SHIPPED, Silent, file_of
from tests.four_rooms import DESK_WORKER, R1, FourRooms
from tests.patience import PATIENCE
from vault.contract import Bsn, Values

pytestmark = pytest.mark.anyio
SOURCE = "parkeren"
OWNER = DESK_WORKER.model_copy(update={"scope": ("verstrekking:bronhouder",)})


@pytest.fixture
async def rows(house: FourRooms) -> UploadRows:
    database, ring = Database(house.urls["connectors"], "connectors"), Keyring(house.keys)
    house.stack.push_async_callback(database.close)
    return UploadRows(BulkRows(database, JobKeys(KeyRows(database, keys, ring), ring)), house.clock)


def row(version: int) -> dict[str, Any]:
    return {"zone": f"C-{version}", "tot": "2027-12-31"}


async def whole(rows: UploadRows) -> tuple[File, Sealing]:
    """One that waits for its line."""
    file, sealing = await rows.begin(TENANT, SOURCE, "a/b", (1, 90), 1)
    owner = sealing.owner(R1)
    await rows.fill(TENANT, file, [{"owner": owner, "sealed": sealing.sealed(owner, row(file.version))}])
    return file, sealing


async def counting(rows: UploadRows) -> tuple[File, Sealing]:
    """One that is read."""
    made = await whole(rows)
    await rows.count(TENANT, made[0])
    return made


async def version(rows: UploadRows) -> int:
    file = await rows.counting(TENANT, SOURCE)
    return file.version if file else 0


async def test_a_file_that_was_put_back_does_not_stand_before_the_one_that_replaced_it(
    house: FourRooms, rows: UploadRows
) -> None:
    await counting(rows)
    with closing(connect(house.urls["connectors"].partition(":///")[2], timeout=PATIENCE)) as disk:
        kept = disk.execute("SELECT state, wrapped, mac FROM uploads WHERE version = 1").fetchone()
        await counting(rows)
        disk.execute("UPDATE uploads SET state = ?, wrapped = ?, mac = ? WHERE version = 1", kept)
        disk.commit()
    assert await version(rows) == 2


async def test_a_file_that_was_removed_while_it_came_counts_never_and_takes_nothing_with_it(rows: UploadRows) -> None:
    await counting(rows)
    late, sealing = await whole(rows)
    await rows.drop(TENANT, late)
    owner = sealing.owner(R1)
    with pytest.raises(UploadUnderWay):
        await rows.fill(TENANT, late, [{"owner": owner, "sealed": b"x"}])
    assert await rows.read(TENANT, late, [owner]) is None
    with pytest.raises(UploadUnderWay):
        await rows.count(TENANT, late)
    assert await version(rows) == 1


async def test_what_waits_for_its_line_is_removed_too(house: FourRooms, rows: UploadRows) -> None:
    assert SHIPPED.csv is not None
    sheet = SHIPPED.csv.model_copy(update={"owner": LOAN_DESK})
    taking, log = {TENANT: {SOURCE: Taking(sheet, Sheets(sheet, SHIPPED.elements))}}, house.audit.door("connectors")
    desk, silent = UploadDesk(taking, rows, log), UploadDesk(taking, rows, cast(Audit, Silent(log)))
    await desk.take(OWNER, SOURCE, file_of((R1.reveal(), "C-1")))
    with pytest.raises(LogUnavailable):
        await silent.take(OWNER, SOURCE, file_of((R1.reveal(), "C-2")))
    colleague = OWNER.model_copy(update={"application": "andere-app"})
    await desk.remove(colleague, SOURCE)
    house.now += timedelta(minutes=16)
    await desk.tidy(TENANT)
    said = [one.event for one in (await log.lines(OWNER, "systeem")).lines]
    gone = {one.application for one in said if one.details.get("stap") == "verwijderd"}
    assert gone == {"andere-app"}, "who removed it, not who sent it"
    assert await version(rows) == 0 and (await desk.view(OWNER, SOURCE)).version == 0


@dataclass(frozen=True)
class Shown:
    """A permit that holds."""

    def check(self, *_: object) -> object:
        allowed = [{"element": ELEMENT, "bron": SOURCE, "invoer": [(SOURCE, ELEMENT)]}]
        return Ground.model_validate({**ground().model_dump(), "toegestaan": allowed})


@dataclass
class Replaced:
    """Rows of which the file goes between two statements, so many times."""

    inner: UploadRows
    times: int

    def __getattr__(self, verb: str) -> Any:
        return getattr(self.inner, verb)

    async def read(self, tenant: str, file: File, owners: Sequence[str]) -> Mapping[str, bytes] | None:
        if self.times:
            self.times -= 1
            await counting(self.inner)
        return await self.inner.read(tenant, file, owners)


class Unmoved(Files):
    """For rows that came without a line."""

    async def stands(self, tenant: str, file: File) -> bool:
        return True


async def test_who_is_asked_about_while_another_file_comes_is_not_unknown(house: FourRooms, rows: UploadRows) -> None:
    await counting(rows)
    shown = [(cast(Permit, Shown()), one) for one in (R1, Bsn("999995649"))]

    async def asked(times: int) -> list[Values | Exception]:
        async def trust() -> Any:
            return None

        files = Unmoved(cast(UploadRows, Replaced(rows, times)), house.audit.door("connectors"))
        source = UploadSource(SHIPPED, files, trust, house.clock)
        return await source.fetch_many(OWNER, shown)

    known, unknown = await asked(1)  # the newer file answers
    assert isinstance(known, Values) and [one.value for one in known.values] == [row(2)] and unknown == Values()
    found = await asked(2)
    assert all(isinstance(one, SourceFailed) and one.why == "niet-bereikbaar" for one in found)


async def test_a_portal_elsewhere_sends_a_file_over_the_line_between_rooms(house: FourRooms, rows: UploadRows) -> None:
    assert SHIPPED.csv is not None
    sheet = SHIPPED.csv.model_copy(update={"owner": LOAN_DESK})
    taking = {TENANT: {SOURCE: Taking(sheet, Sheets(sheet, SHIPPED.elements))}}
    desk, portal, start = (
        UploadDesk(taking, rows, house.audit.door("connectors")),
        RoomKey("web", b"w" * 32),
        StartGate(),
    )
    start.open()
    app = make_app("desk", start, uploads=LARGE)
    app.include_router(upload_intern(desk, RoomGate("connectors", {"web": portal.public})))
    keeper = Caller(tenant=TENANT, kind="medewerker", user="f0f0", roles=(f"{KEEPER}{LOAN_DESK}",))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://connectors") as http:
        far = UploadsClient(RoomLine(http, portal, "connectors"))
        text = file_of((R1.reveal(), "C-1"))
        assert await far.judge(keeper, SOURCE, text) == await desk.judge(keeper, SOURCE, text)
        assert (await far.take(keeper, SOURCE, text)).version == 1
        assert await far.sheets(keeper) == await desk.sheets(keeper)
        assert await far.sheets(keeper.model_copy(update={"roles": ()})) == []
        for wrong in (b"\xff" * UPLOAD_BYTES, b"niets"):  # as large as a file may be, and more than other bodies
            with pytest.raises(BadInput) as said:
                await far.judge(keeper, SOURCE, wrong)
            assert said.value.members["fouten"]
        with pytest.raises(NoSuchSheet):
            await far.take(keeper.model_copy(update={"roles": (f"{KEEPER}ander",)}), SOURCE, text)
    assert R1.reveal() not in repr(SentSheet.of(SOURCE, text))
    with pytest.raises(BadInput):
        SentSheet(source=SOURCE, content="=").raw()


def desk_of(house: FourRooms, rows: UploadRows, log: Audit | None = None) -> UploadDesk:
    assert SHIPPED.csv is not None
    sheet = SHIPPED.csv.model_copy(update={"owner": LOAN_DESK})
    taking = {TENANT: {SOURCE: Taking(sheet, Sheets(sheet, SHIPPED.elements))}}
    return UploadDesk(taking, rows, log or house.audit.door("connectors"), house.clock)


async def zone(house: FourRooms, rows: UploadRows, log: Audit | None = None) -> str:
    """What a release would read of R1; why not, where nothing is."""

    async def trust() -> Any:
        return None

    source = UploadSource(SHIPPED, Files(rows, log or house.audit.door("connectors")), trust, house.clock)
    (found,) = await source.fetch_many(OWNER, [(cast(Permit, Shown()), R1)])
    if isinstance(found, SourceFailed):
        return found.why
    assert isinstance(found, Values)
    return str(cast(Any, found.values[0].value)["zone"])


def sent(number: int) -> bytes:
    return file_of((R1.reveal(), f"C-{number}"))


@dataclass(frozen=True)
class Disk:
    """Rows of files, as somebody with the database has them."""

    path: str

    def taken(self) -> dict[str, list[Any]]:
        with closing(connect(self.path, timeout=PATIENCE)) as disk:
            return {name: disk.execute(f"SELECT * FROM {name}").fetchall() for name in ("uploads", "upload_rows")}  # noqa: S608 - our own words

    def put(self, kept: dict[str, list[Any]]) -> None:
        with closing(connect(self.path, timeout=PATIENCE)) as disk:
            for name, found in kept.items():
                disk.execute(f"DELETE FROM {name}")  # noqa: S608 - the same
                places = ",".join("?" * len(found[0])) if found else ""
                disk.executemany(f"INSERT INTO {name} VALUES ({places})", found) if found else None  # noqa: S608 - the same
            disk.commit()


@pytest.fixture
def disk(house: FourRooms) -> Disk:
    return Disk(house.urls["connectors"].partition(":///")[2])


async def test_an_older_file_that_is_put_back_whole_is_not_read_and_the_next_one_is(
    house: FourRooms, rows: UploadRows, disk: Disk, caplog: pytest.LogCaptureFixture
) -> None:
    desk = desk_of(house, rows)
    await desk.take(OWNER, SOURCE, sent(1))
    assert await zone(house, rows) == "C-1"
    first = disk.taken()
    await desk.take(OWNER, SOURCE, sent(2))
    assert await zone(house, rows) == "C-2"
    disk.put(first)
    assert await zone(house, rows) == "niet-bereikbaar" and "source_file_overtaken" in caplog.text
    assert (await desk.view(OWNER, SOURCE)).version == 0
    assert (await desk.judge(OWNER, SOURCE, sent(3))).gone == 0  # not compared with what is not read
    await desk.take(OWNER, SOURCE, sent(3))
    assert await zone(house, rows) == "C-3"
    third = disk.taken()
    await desk.remove(OWNER, SOURCE)
    disk.put(third)
    assert await zone(house, rows) == "niet-bereikbaar", "nor one that was removed"
    # who hides what is there while the next one comes wins nothing: where the fence stands is the log's to say
    disk.put({"uploads": [], "upload_rows": []})
    await desk.take(OWNER, SOURCE, sent(4))
    disk.put(third)
    assert await zone(house, rows) == "niet-bereikbaar"


async def test_who_died_after_its_line_left_nothing_older_to_read(house: FourRooms, rows: UploadRows) -> None:
    log = house.audit.door("connectors")
    await desk_of(house, rows).take(OWNER, SOURCE, sent(1))
    dying = desk_of(house, cast(UploadRows, Dying(rows)))
    with pytest.raises(ZeroDivisionError):
        await dying.take(OWNER, SOURCE, sent(2))
    assert await zone(house, rows) == "niet-bereikbaar"
    house.now += timedelta(seconds=61)
    await desk_of(house, rows).tidy(TENANT)
    await desk_of(house, rows).tidy(TENANT)
    assert await zone(house, rows) == "C-2"
    kinds = [one.event.kind for one in (await log.lines(OWNER, "systeem")).lines]
    assert kinds.count("bronbestand-overgenomen") == 2


@dataclass(frozen=True)
class Dying:
    """Rows of which one is never written."""

    inner: UploadRows

    def __getattr__(self, verb: str) -> Any:
        return getattr(self.inner, verb)

    async def count(self, tenant: str, file: File) -> None:
        raise ZeroDivisionError


async def test_of_two_that_come_at_once_one_counts_and_the_other_is_told(house: FourRooms, rows: UploadRows) -> None:
    later = UploadRows(rows._rows, lambda: house.clock() + timedelta(minutes=16))  # who waits no longer for the first
    slow, desk = desk_of(house, rows, cast(Audit, Silent(house.audit.door("connectors")))), desk_of(house, later)
    with pytest.raises(LogUnavailable):
        await slow.take(OWNER, SOURCE, sent(1))
    (late,) = await rows.there(TENANT, SOURCE)
    await desk.take(OWNER, SOURCE, sent(2))
    with pytest.raises(UploadUnderWay):
        await desk._finish(TENANT, late)
    assert await zone(house, rows) == "C-2" and [one.version for one in await rows.there(TENANT, SOURCE)] == [2]


async def test_a_file_from_before_there_was_a_fence_is_read_until_another_comes(
    house: FourRooms, rows: UploadRows, disk: Disk
) -> None:
    made, sealing = await rows.begin(TENANT, SOURCE, "a/b", (1, 90), 1)
    owner = sealing.owner(R1)
    await rows.fill(TENANT, made, [{"owner": owner, "sealed": sealing.sealed(owner, row(0))}])
    await rows.count(TENANT, made)
    await as_before(house, rows)
    before = disk.taken()
    assert await zone(house, rows) == "C-0"
    await desk_of(house, rows).take(OWNER, SOURCE, sent(1))
    disk.put(before)
    assert await zone(house, rows) == "niet-bereikbaar"


async def as_before(house: FourRooms, rows: UploadRows) -> None:
    """Sealed as it was then, without the column."""
    async with rows._rows.writing(TENANT) as writing:
        (found,) = await writing.find(uploads)
        old = {**found, "epoch": None, "mac": bytes([1]) + writing.seal._mac(uploads, {**found, "epoch": None}, 1)}
        await writing.connection.execute(update(uploads).values(old))


async def test_a_log_that_is_away_lets_no_file_be_read(house: FourRooms, rows: UploadRows) -> None:
    await desk_of(house, rows).take(OWNER, SOURCE, sent(1))
    assert await zone(house, rows, cast(Audit, Deaf(house.audit.door("connectors")))) == "niet-bereikbaar"


@dataclass(frozen=True)
class Deaf:
    """A log that says of no fence where it stands."""

    inner: Audit

    def __getattr__(self, verb: str) -> Any:
        return getattr(self.inner, verb)

    async def holds(self, *_: object) -> None:
        raise LogUnavailable("Even niet.")


async def test_the_end_of_an_older_file_takes_nothing_from_a_newer_one(house: FourRooms, rows: UploadRows) -> None:
    await desk_of(house, rows).take(OWNER, SOURCE, sent(1))
    (one,) = await rows.there(TENANT, SOURCE)
    house.now += timedelta(milliseconds=one.until - millis(house.clock()), seconds=-30)
    with pytest.raises(ZeroDivisionError):
        await desk_of(house, cast(UploadRows, Dying(rows))).take(OWNER, SOURCE, sent(2))
    house.now += timedelta(minutes=2)
    await desk_of(house, rows).tidy(TENANT)
    assert await zone(house, rows) == "C-2"
