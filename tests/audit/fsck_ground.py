"""A log with a line of every sort, and ways to spoil a copy of it."""

import shutil
import sqlite3
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from audit.breach import Window
from audit.contract import Reason
from audit.destroying import Order
from audit.fsck.checking import check_log
from audit.fsck.findings import Report, Wrong
from audit.fsck.marks import BUCKETS
from audit.fsck.outside import outside_of
from audit.fsck.trees import Signed
from audit.fsck.walk import Asked
from audit.service import AuditService
from audit.signer import LogSigner
from kernel.crypto.file_keys import FileKeyProvider
from kernel.sql import Database
from tests.audit.logs import DESK, FG, HOST, TENANT, Place, act, fence, outcome, receipt, release

ORIGIN = f"{HOST}/{TENANT}/2026h2"
TERM = "2026h2"
LINES = 272  # one full tile and a tail
WHY = Reason(code="datalek", case="FG-1")
SPOILT = 40  # a release that stays open; its subject's second line
GONE = 2025  # the year whose key of s7 was destroyed
MOVED = 20  # the line that moves FENCE for the second time


@dataclass
class Ground:
    """One copy of the log. anchor: its public key in hex."""

    folder: Path
    anchor: str

    @property
    def url(self) -> str:
        return f"sqlite+aiosqlite:///{self.folder}/audit.db"

    def spoil(self, *statements: str, **values: object) -> None:
        """As somebody who owns the file."""
        with sqlite3.connect(self.folder / "audit.db") as file:
            for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                file.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                file.execute(statement, values)
        file.close()

    def value(self, question: str) -> object:
        with sqlite3.connect(self.folder / "audit.db") as file:
            found = file.execute(question).fetchone()[0]
        file.close()
        return found

    async def check(self, keys: bool = True, signed: tuple[Signed, ...] = (), buckets: int = BUCKETS) -> Report:
        return await checked(self.url, self.folder, self.anchor, keys, signed, buckets)


async def checked(
    url: str, folder: Path, anchor: str, keys: bool = True, signed: tuple[Signed, ...] = (), buckets: int = BUCKETS
) -> Report:
    """As the command does it."""
    outside = outside_of(partial(LogSigner, folder / "signer"), TENANT, {ORIGIN: anchor}, with_key=keys)
    asked = Asked(TENANT, [TENANT], (*outside.signed, *signed), outside.origins, outside.unjudged, buckets=buckets)
    database = Database(url, "audit")
    try:
        report = await check_log(database, FileKeyProvider(folder / "keys") if keys else None, asked)
    finally:
        await database.close()
    if outside.wrong:
        report.findings.add(Wrong("ondertekenaar", "head", None, "sleutel"))
    return report


async def filled(service: AuditService) -> str:
    """LINES lines; answers the public key in hex."""
    desk, register = service.door("connectors"), service.door("consent")
    hek = fence()
    for upto in (10, MOVED):
        await desk.record(DESK, [act("weigering") for _ in range(upto - service.desk(DESK).log.memory.size)])
        await register.record(DESK, [act("toestemming-ingetrokken", hek, fence(), subject="s1")])
    await desk.record(DESK, [act("weigering") for _ in range(30 - MOVED - 1)])
    (verdict,) = await desk.record(DESK, [release({hek: 2, fence(): 0}, subject="s9", case="z1")])
    ended = receipt(verdict).position
    await service.door("audit").record(DESK, [outcome(ended, "onbekend", subject="s9")])
    await desk.record(DESK, [outcome(ended, "geleverd", subject="s9")])
    await desk.record(DESK, [act("weigering") for _ in range(SPOILT - 33 - 1)])
    await desk.record(DESK, [act("weigering", subject="s8", actor="mw-1", keep_until=2030)])
    given = release({hek: 2}, subject="s8", keep_until=2030, details={"taal": "nl"}, used=("brp.naam",))
    await desk.record(DESK, [given, act("weigering", subject="s8", keep_until=2030)])
    await desk.record(DESK, [act("weigering", subject=f"s{n % 3}") for n in range(LINES - SPOILT - 6)])
    await desk.record(DESK, [act("weigering", subject="s7", keep_until=GONE)])
    await service.desk(DESK).destroyer.run(Order(year=GONE), lambda *_: None)
    await service.desk(FG).breaches.report(FG, Window(recipient="r1", since=0, until=1), WHY)
    return service.desk(DESK).log.signer.public_key.hex()


async def founded(folder: Path, url: str = "") -> Ground:
    """The log, closed."""
    place = Place(url or f"sqlite+aiosqlite:///{folder}/audit.db", folder)
    async with place.opened() as (service, _):
        return Ground(folder, await filled(service))


def copied(ground: Ground, folder: Path) -> Ground:
    """A copy to spoil, with keys and signer."""
    shutil.copytree(ground.folder, folder, dirs_exist_ok=True)
    return Ground(folder, ground.anchor)
