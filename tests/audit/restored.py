"""A log that was set back, the file of a mirror that kept it, and `regie audit recover` without its command line."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import Table, select

from audit import tables
from audit.component import signer_of
from audit.copying import Copier
from audit.heads import founding_of
from audit.log import Log
from audit.recovering.again import destroyed_again
from audit.recovering.appending import Telling, append, sign, weigh
from audit.recovering.judged import Sources
from audit.recovering.missing import Missing, missing
from audit.recovering.spare import SpareKeychain
from audit.recovering.supply import Supply
from audit.service import AuditService
from audit.signer import Signers
from audit.witness.mirror import Mirror
from kernel.crypto.file_keys import FileKeyProvider
from kernel.sql import Database
from tests.audit.logs import DESK, TENANT, Place
from tests.postgres import Postgres
from tests.set_back import copied

SAID = {"persoon1": "A. de Vries", "persoon2": "B. Jansen"}


@dataclass
class Ground:
    """Databases of one test. create: a fresh one, or a copy."""

    folder: Path
    postgres: Postgres | None

    def create(self, of: str = "") -> str:
        if self.postgres:
            return self.postgres.create(of.rpartition("/")[2] or "template1")
        path = self.folder / f"{len(list(self.folder.glob('*.db')))}.db"
        if of:
            copied(Path(of.removeprefix("sqlite+aiosqlite:///")), path)
        return f"sqlite+aiosqlite:///{path}"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def ground(request: pytest.FixtureRequest, tmp_path: Path) -> Ground:
    return Ground(tmp_path, request.getfixturevalue("postgres") if request.param == "postgres" else None)


async def mirrored(service: AuditService, path: Path) -> Path:
    """As a mirror that cosigned the newest head of each term keeps them."""
    log, mirror = service.desk(DESK).log, Mirror(path)
    mirror.found()
    for signer in log.signers.opened:
        term = signer.origin.rpartition("/")[2]
        while (copies := await Copier(log).copies(term, mirror.fetched(signer.origin).size)).lines:
            mirror.keep(signer.origin, copies.lines, copies.keys)
        mirror.settle(signer.origin, mirror.fetched(signer.origin), await service.desk(DESK).prover.checkpoint(term))
    return path


@asynccontextmanager
async def sources(place: Place, mirror: Path) -> AsyncIterator[Sources]:
    """As the command opens them."""
    database, supply = Database(place.url, "audit"), Supply(mirror, TENANT)
    try:
        chain = SpareKeychain(database, FileKeyProvider(place.folder / "keys"), TENANT)
        async with database.snapshot(TENANT) as reading:
            founding = await founding_of(reading, TENANT)
        origin = founding[0] if founding else (await supply.origins())[-1]
        chain.take_own(await supply.keys())
        log = Log(database, chain, Signers(signer_of(place.settings())), (TENANT, origin), place.clock)
        yield Sources(log, chain, supply)
    finally:
        await database.close()


async def recovered(place: Place, mirror: Path, *, new_host: bool = False, partial: bool = False) -> Missing | None:
    """All of it, until somebody may release the log."""
    async with sources(place, mirror) as at:
        found = await missing(at, new_host, partial)
        if found:
            await weigh(at, found.course, _nobody)
            telling = None if found.partial else Telling(found.since, SAID, 2046)
            await append(at, found.course, _nobody, telling)
        if not partial:
            await sign(at, at.log.signer.newest())
            await destroyed_again(at.log)
        return found


async def rows(url: str, only: Callable[[dict[str, object]], bool] = bool) -> dict[str, list[dict[str, object]]]:
    """Every table of the log but keys and what is sealed anew, without MACs."""
    database = Database(url, "audit")
    try:
        found = {}
        for table in tables.metadata.tables.values():
            if table.name not in ("keys", "labels", "head"):
                found[table.name] = [one for one in await _of(database, table) if only(one)]
        return found
    finally:
        await database.close()


async def _of(database: Database, table: Table) -> list[dict[str, object]]:
    async with database.snapshot(TENANT) as reading:
        named = [column for column in table.columns if column.name != "mac"]
        order = table.primary_key.columns
        return [dict(row) for row in (await reading.execute(select(*named).order_by(*order))).mappings()]


def moved(place: Place, url: str) -> Place:
    """The same log on another database."""
    return replace(place, url=url)


def _nobody(_done: int, _all: int) -> None:
    """Looks."""
