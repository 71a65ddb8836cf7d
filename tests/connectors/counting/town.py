"""A town of invented numbers in a table of its own, and an activity that counts it. Everybody is in the range of the
published test numbers."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import httpx2

from assembly.demo.register import LOAN_DESK, TENANT, activities
from audit.contract import Trace
from connectors.counting.component import counting_desk, populations_of
from connectors.counting.contract import Counted, CountRequest
from connectors.counting.gathering import Round
from connectors.counting.ledger import Ledger, Run
from connectors.counting.service import CountingDesk
from connectors.declared.loading import Surroundings, read_folder
from connectors.tables import keys
from consent.contract import ActivityVersion, Claim, ResidentRef
from kernel.crypto import Keyring
from kernel.ids import random_id
from kernel.numbers import fits
from kernel.sql import Database
from kernel.sql.key_rows import KeyRows
from tests.connectors.counting.tables import Silence
from tests.connectors.test_declared import EXAMPLES
from tests.four_rooms import DESK_WORKER, STAFF, TENANTS, FourRooms
from vault.contract import Bsn
from vault.contract import ResidentRef as VaultRef

SLUG, NOT_SECRET = "armoede-statistiek", 0
WHY = {"nl": "Kenmerk van een groep.", "en": "What makes a group."}
ASKING = DESK_WORKER.model_copy(update={"scope": (SLUG, "oefening")})
ROW = {"geboortedatum": "1980-01-01", "wijk": "Noord", "x": 110_000, "y": 490_000, "huishouden": "alleen",
       "gebruikt": 1, "inkomen": "1500.00", "geheim": NOT_SECRET}  # fmt: skip
WARD = {"gegevenselement": "bevolking.wijk", "groepen": ["Noord", "Oost", "Zuid"]}
PER_WARD = {"naam": "per-wijk", "rijen": "wijk", "maat": "aantal", "rij": WARD, "kosten": 3_000}
BY_AGE = {
    "naam": "wijk-en-leeftijd", "rijen": "wijk", "kolommen": "leeftijd", "maat": "gemiddeld inkomen", "kosten": 3_000,
    "rij": WARD,
    "kolom": {"gegevenselement": "bevolking.geboortedatum", "indeling": "leeftijd", "grenzen": [18, 65]},
    "gemiddelde": {"gegevenselement": "bevolking.inkomenPerMaand", "hoogste": 10_000},
}  # fmt: skip
SQUARES = {
    "naam": "per-vak", "rijen": "vak", "maat": "aantal", "kosten": 3_000,
    "rij": {"gegevenselement": "bevolking.ligging", "indeling": "vak"},
}  # fmt: skip


def numbers() -> Iterator[str]:
    """Of the test range, all different."""
    return (text for text in (f"9999{tail:05d}" for tail in range(100, 100_000)) if fits(text))


def bsn(at: int = 0) -> Bsn:
    """Of the person of the town at this place, from 0."""
    return Bsn(next(islice(numbers(), at, None)))


def counting(**more: Any) -> ActivityVersion:
    """The activity, with three tables unless told otherwise."""
    names = ("wijk", "geboortedatum", "ligging", "inkomenPerMaand")
    law = {"klasse": "B", "grondslag": "6(1)(e)", "wet": "Statistiekverordening 2", "verstrekkingsgrond": "AVG 89"}
    tables = {"bevolking": "bevolking", "gebied": "vak", "budget": 12_000, "tabellen": [PER_WARD, BY_AGE, SQUARES]}
    said = activities()[0].model_dump(by_alias=True) | {
        "slug": SLUG,
        "zaak": "geen",
        "ontvangers": [{"ontvanger": LOAN_DESK}],
        "gegevenselementen": [{"gegevenselement": f"bevolking.{one}", "reden": WHY, **law} for one in names],
        "statistiek": {**tables, **more.pop("statistiek", {})},
        "frequentie": None,
    }
    return ActivityVersion.model_validate({**said, **more})


@dataclass
class Town:
    """The rooms, and the table beside them."""

    rooms: FourRooms
    file: Path
    folder: Path

    @classmethod
    async def built(cls, rooms: FourRooms, rows: Iterable[dict[str, Any]], **more: Any) -> "Town":
        """rows: of as many people. more: of the activity."""
        town = cls(rooms, rooms.folder / "town.db", rooms.folder / "sources")
        with closing(sqlite3.connect(town.file)) as made:
            made.execute(f"CREATE TABLE bevolking_nu (bsn TEXT PRIMARY KEY, {', '.join(ROW)})")
            made.commit()
        town.settle(rows)
        secret = rooms.folder / "town-address"
        secret.write_text(f"sqlite+aiosqlite:///{town.file}")
        secret.chmod(0o600)
        place = town.folder / TENANT
        place.mkdir(parents=True)
        text = (EXAMPLES / "bevolking.toml").read_text()
        (place / "bevolking.toml").write_text(text.replace("/run/secrets/bevolking-address", str(secret)))
        await rooms.register.publish(STAFF, counting(**more))
        await rooms.wire(sources=town.folder)
        rooms.who = ASKING
        return town

    @classmethod
    async def again(cls, rooms: FourRooms) -> "Town":
        """The one that was built in this folder before."""
        town = cls(rooms, rooms.folder / "town.db", rooms.folder / "sources")
        await rooms.wire(sources=town.folder)
        rooms.who = ASKING
        return town

    def settle(self, rows: Iterable[dict[str, Any]]) -> None:
        """More people."""
        said = [ROW | row for row in rows]
        with closing(sqlite3.connect(self.file)) as made:
            before = made.execute("SELECT count(*) FROM bevolking_nu").fetchone()[0]
            new = islice(numbers(), before, before + len(said))
            filled = [(number, *row.values()) for number, row in zip(new, said, strict=True)]
            holes = ", ".join("?" * (1 + len(ROW)))
            made.executemany(f"INSERT INTO bevolking_nu VALUES ({holes})", filled)  # noqa: S608 - question marks
            made.commit()

    def said(self, sql: str) -> None:
        """Something else about them."""
        with closing(sqlite3.connect(self.file)) as made:
            made.execute(sql)
            made.commit()

    async def round(self, desk: CountingDesk) -> Round:
        """A run that is already written down."""
        version = counting()
        table = version.statistics and version.statistics.table("per-wijk")
        assert table
        return Round(ASKING, request(), random_id(), table, desk.facts(TENANT))

    def run(self) -> Run:
        """Another one, of a thousandth."""
        return Run(random_id(), SLUG, "per-wijk", 1_000, LOAN_DESK, "toets")

    def ref(self, resident: VaultRef) -> ResidentRef:
        """As the register knows them."""
        return ResidentRef.model_validate(resident.model_dump())

    async def object(self, at: int) -> None:
        """This person does not want to be counted."""
        resident = await self.rooms.resident(bsn(at))
        claim = Claim(resident=self.ref(resident), kind="bezwaar", activity=SLUG, text="Ik wil niet meetellen.")
        await self.rooms.register.rights.file(self.rooms.self_of(resident), claim)

    async def exact(self, **more: Any) -> CountingDesk:
        """A desk that counts without noise: what must hold of people and not of numbers. more: of its fields."""
        rooms, database = self.rooms, Database(self.rooms.urls["connectors"], "connectors")
        rooms.stack.push_async_callback(database.close)
        ledger = Ledger(database, KeyRows(database, keys, Keyring(rooms.keys)), rooms.clock)
        around = Surroundings(rooms.trusted, rooms.clock, rooms.stack)
        listed = populations_of(read_folder(self.folder, TENANTS), around)
        desk = counting_desk(rooms.desk, ledger, listed, a_span)
        return replace(desk, **{"noise": Silence(), **more})

    async def ask(self, table: str = "per-wijk", key: str = "", **more: Any) -> httpx2.Response:
        """Over HTTP, as a recipient does."""
        body = {"verwerkingsactiviteit": SLUG, "tabel": table, "gebruiker": "mw-4821", **more}
        headers = {"Idempotency-Key": key} if key else {}
        async with self.rooms.http() as http:
            return await http.post("/verstrekking/v1/statistieken", json=body, headers=headers)

    async def table(self, name: str = "per-wijk") -> Counted:
        """One that is given."""
        answer = await self.ask(name)
        assert answer.status_code == 200, answer.text
        return Counted.model_validate_json(answer.content)


def a_span() -> Trace:
    """Of no request."""
    return Trace(trace_id=random_id(), span_id=random_id()[:16])


def request(table: str = "per-wijk") -> CountRequest:
    """As it comes in."""
    return CountRequest.model_validate({"verwerkingsactiviteit": SLUG, "tabel": table, "gebruiker": "mw-4821"})


def many(count: int, **row: Any) -> Sequence[dict[str, Any]]:
    """Alike."""
    return [row] * count


def shown(table: Counted) -> dict[tuple[str, str | None], int | None]:
    """Counts by row and column."""
    return {(cell.row, cell.column): cell.count for cell in table.cells}
