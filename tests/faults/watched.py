"""Four rooms that have lived, to be spoilt; and everybody who could notice, each as a verb of one row."""

import json
import shutil
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Literal

from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError

import regie_verify
from assembly.demo.register import EXERCISE, EXERCISES, INCOME_ANSWER, TENANT
from audit.component import build_audit
from audit.contract import FenceAt, Line, Moves, NoSuchLine, Position
from audit.destroying import Order
from audit.fsck.checking import check_log
from audit.fsck.outside import outside_of
from audit.fsck.walk import Asked
from audit.reading import line_rows
from audit.service import AuditService
from audit.settings import AuditSettings
from audit.signer import LogSigner
from consent.contract import ConsentRequest
from consent.contract import ResidentRef as ConsentResident
from kernel.component import Component
from kernel.crypto import CannotOpen, KeyUnavailable
from kernel.crypto.file_keys import FileKeyProvider
from kernel.errors import Problem
from kernel.sql import Database
from tests.audit.logs import act
from tests.faults.tamper import image_of
from tests.four_rooms import BY_LAW, DESK_WORKER, ROOMS, SECRET, TENANTS, FourRooms
from tests.once import SQLITE, tables_of
from vault.contract import Deposit, ResidentRef

BEGIN = datetime(2026, 7, 1, 12, tzinfo=UTC)  # so that all of that life is in one half-year, and so in one log
ROUNDS = 6  # cases of R1, each asked, given, used, stopped and refused
OVER = 2020  # a year whose one key was destroyed
LINES = 280  # at least, with refusals of others: more than 256, so that `tiles` has a row
ASKED_AGAIN = timedelta(days=29)  # when somebody who stopped may be asked again
STOPPED = f"Z-{ROUNDS - 1}"  # the case whose consent would still be valid, had it not been stopped last
Found = Literal["noticed", "same", "lied", "crashed"]


def urls_of(folder: Path) -> dict[str, str]:
    return {room: f"{SQLITE}{folder}/{room}.db" for room in ROOMS}


def _emptied(folder: Path, *images: Path) -> None:
    for place in (folder, *images):
        place.mkdir()
    for room in ROOMS:
        shutil.copy(tables_of(room), folder)


async def lived(folder: Path, half: Path, eve: Path) -> None:
    """A life of some hundred lines. half, eve: how the databases were halfway, and before R1 stopped for the last time.
    In the end one consent stands, to the exercise."""
    await to_thread.run_sync(_emptied, folder, half, eve)
    images = {ROUNDS // 2: half, ROUNDS - 1: eve}
    async with AsyncExitStack() as stack:
        rooms = FourRooms(urls_of(folder), folder, stack, now=BEGIN)
        await rooms.open()
        await rooms.furnish()
        one = await rooms.income()
        await rooms.safe.keep(rooms.self_of(one), one, [Deposit(element=name, value="x") for name in EXERCISES])
        await practice(rooms, one)
        for at in range(ROUNDS):
            case = await rooms.case(f"Z-{at}")
            consent = await rooms.consent(case)
            await rooms.release(*BY_LAW, INCOME_ANSWER, zaak=case)
            if at in images:
                await rooms.desk.lines.finished()
                for room in ROOMS:
                    image_of(folder / f"{room}.db", images[at] / f"{room}.db")
                secret = await rooms.case(f"Z-secret-{at}", SECRET)
                await rooms.release(*BY_LAW, bsn=SECRET, zaak=secret)
            await rooms.choose(consent, "stop")
            with suppress(Problem):
                await rooms.release(INCOME_ANSWER, zaak=case)
            rooms.now += ASKED_AGAIN if case != STOPPED else timedelta(seconds=1)
        await rooms.desk.lines.finished()
        refusals = [act("weigering", subject=f"s{at % 9}") for at in range(LINES - 8 * ROUNDS)]
        await rooms.audit.door("connectors").record(DESK_WORKER, refusals)
        await rooms.audit.door("connectors").record(DESK_WORKER, [act("weigering", subject="gone", keep_until=OVER)])
        await rooms.audit.desk(DESK_WORKER).destroyer.run(Order(year=OVER), lambda *_: None)
    (folder / "log.vkey").write_text("".join(key + "\n" for key in rooms.audit.vkeys.values()))


async def practice(rooms: FourRooms, one: ResidentRef) -> None:
    """R1 says yes to the exercise."""
    resident = ConsentResident.model_validate(one.model_dump())
    asked = await rooms.register.request(
        DESK_WORKER, ConsentRequest(resident=resident, activity=EXERCISE, elements=EXERCISES)
    )
    await rooms.choose(asked.id, "ja")


@dataclass
class Watched:
    """The log of a folder, served; what it said while everything was well; and who looks at it again."""

    folder: Path
    service: AuditService
    component: Component
    keys: regie_verify.Keys
    lines: dict[int, Line] = field(default_factory=dict)
    series: dict[str, list[int]] = field(default_factory=dict)
    fences: dict[str, int] = field(default_factory=dict)
    told: Moves = field(default_factory=lambda: Moves(moves=(), upto=None))

    @classmethod
    async def opened(cls, folder: Path, stack: AsyncExitStack) -> "Watched":
        """Knows all of it by heart."""
        service, component = await built(folder)
        await stack.enter_async_context(component.run())
        watched = cls(folder, service, component, regie_verify.read_keys(folder / "log.vkey"))
        await watched.learn()
        return watched

    async def learn(self) -> None:
        """Asks each verb once."""
        with suppress(NoSuchLine):
            while True:
                line = await self.door.line(DESK_WORKER, self.at(len(self.lines)))
                self.lines[line.position.index] = line
        for subject in {line.event.subject for line in self.lines.values()}:
            self.series[subject] = await self._numbers(subject)
        self.told = await self.door.moves(DESK_WORKER, None, 1000)
        self.fences = {move.fence: move.epoch for move in self.told.moves}

    @property
    def door(self) -> Any:
        return self.service.door("web")

    def at(self, index: int) -> Position:
        return Position(term=self.service.desks[0].log.term, index=index)

    async def read(self, index: int) -> Found:
        """Somebody reads the line."""
        return await self._told(lambda: self.door.line(DESK_WORKER, self.at(index)), self.lines.get(index))

    async def read_all(self, wanted: list[int]) -> dict[int, Found]:
        """The same for many lines, each by itself, out of one statement; a line that does not come is left out."""
        desk, found = self.service.desks[0], {}
        async with desk.log.database.snapshot(TENANT) as reading:
            rows = {row["idx"]: row for row in (await reading.execute(line_rows())).mappings()}
        for index in wanted:
            if index in rows:

                async def one(row: Any = rows[index]) -> Line:
                    with desk.log.guarded():
                        (line,) = await desk.reader.opened([row])
                    return bare(line)

                found[index] = await self._told(one, self.lines[index])
        return found

    async def prove(self, index: int) -> Found:
        """Somebody takes its proof and body home, and checks them there."""

        async def checked() -> str:
            bundle = await self.door.bundle(DESK_WORKER, self.at(index))
            item = json.loads(bundle.text())
            trouble = regie_verify.check_item(item, self.keys).trouble
            if trouble:
                raise NoSuchLine(str(trouble))
            return str(index)

        return await self._told(checked, str(index))

    async def owned(self, subject: str) -> Found:
        """A resident looks whether a number is missing."""
        return await self._told(lambda: self._numbers(subject), self.series.get(subject, []))

    async def holds(self, fence: str) -> Found:
        """The vault asks whether everything stands where a decision left it, and where it never stood."""

        async def both() -> list[str]:
            now = self.fences.get(fence, 0)
            place = await self.door.holds(DESK_WORKER, [FenceAt(fence=fence, epoch=now)])
            return [str(place)]

        return await self._told(both, [str(self.at(max(self.lines)))])

    async def moves(self, _: Any = None) -> Found:
        """Siblings follow."""
        return await self._told(lambda: self.door.moves(DESK_WORKER, None, 1000), self.told)

    async def write(self, subject: str) -> Found:
        """The next line of this subject. Only asked where it must not come to be."""

        async def recorded() -> str:
            (verdict,) = await self.service.door("connectors").record(DESK_WORKER, [act("weigering", subject=subject)])
            if isinstance(verdict, Problem):
                raise verdict
            return "written"

        return await self._told(recorded, "written")

    async def ready(self, _: Any = None) -> Found:
        """The room says whether it is well, while it runs."""
        return await self._told(self.component.check, None)

    async def start(self, index: int | None = None) -> Found:
        """The next process opens the log; with an index it also reads that line, with no key in memory."""

        async def started() -> Line | None:
            service, component = await built(self.folder)
            try:
                await component.check()
                return await service.door("web").line(DESK_WORKER, self.at(index)) if index is not None else None
            finally:
                await service.desks[0].log.database.close()

        return await self._told(started, self.lines.get(index) if index is not None else None)

    async def fsck(self, _: Any = None) -> Found:
        """Somebody lets everything be computed anew."""

        async def fits() -> int:
            anchors = {origin: key.hex() for origin, key in self.service.public_keys.items()}
            outside = outside_of(partial(LogSigner, self.folder / "signer"), TENANT, anchors, with_key=True)
            asked = Asked(TENANT, [TENANT], outside.signed, outside.origins, outside.unjudged)
            database = Database(urls_of(self.folder)["audit"], "audit")
            try:
                report = await check_log(database, FileKeyProvider(self.folder / "keys"), asked)
            finally:
                await database.close()
            if report.status:
                raise NoSuchLine(str(report.findings.first))
            return report.status

        return await self._told(fits, 0)

    async def _numbers(self, subject: str) -> list[int]:
        found, before, total = [], None, 0
        while True:
            page = await self.door.lines(DESK_WORKER, subject, before, 200)
            found += [line.n for line in page.lines]
            before, total = page.before, page.total
            if before is None:
                break
        if len(found) != total or found != list(range(total, 0, -1)):
            raise NoSuchLine("a number is missing, or there twice")
        return found

    async def _told(self, ask: Callable[[], Awaitable[Any]], truth: Any) -> Found:
        """noticed: refused with a reason; crashed: without one. Afterwards the log is as if nobody had asked."""
        log = self.service.desks[0].log
        before = dict(vars(log))
        try:
            return "same" if await ask() == truth else "lied"
        except (Problem, CannotOpen, KeyUnavailable, SQLAlchemyError):
            return "noticed"
        except Exception:
            return "crashed"
        finally:
            vars(log).update(before)


async def built(folder: Path) -> tuple[AuditService, Component]:
    """The room audit of this folder, not running."""
    settings = AuditSettings(mode="test", database=urls_of(folder)["audit"], signer=folder / "signer", keep_years=20)
    return await build_audit(settings, TENANTS, FileKeyProvider(folder / "keys"), later)


def bare(line: Line) -> Line:
    """As every room reads it: without staff."""
    return line.model_copy(update={"event": line.event.model_copy(update={"actor": ""})})


def later() -> datetime:
    """After all of that life."""
    return BEGIN + (ROUNDS - 1) * ASKED_AGAIN + timedelta(seconds=2)
