"""Files that come and go at once: nothing removed comes back, nothing half is read, and nobody is unknown by a race."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from sqlite3 import connect
from typing import Any, cast

import httpx2
import pytest

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
from kernel.caller import Caller
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
    file, sealing = await rows.begin(TENANT, SOURCE, "a/b", (1, 90))
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
    with closing(connect(house.urls["connectors"].partition(":///")[2])) as disk:
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


async def test_who_is_asked_about_while_another_file_comes_is_not_unknown(house: FourRooms, rows: UploadRows) -> None:
    await counting(rows)
    shown = [(cast(Permit, Shown()), one) for one in (R1, Bsn("999995649"))]

    async def asked(times: int) -> list[Values | Exception]:
        async def trust() -> Any:
            return None

        source = UploadSource(SHIPPED, cast(UploadRows, Replaced(rows, times)), trust, house.clock)
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
