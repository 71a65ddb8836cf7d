"""A whole house, founded once and copied per test: a municipality, one recipient, residents with a filled vault."""

import json
import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import psycopg

from assembly.building import World
from assembly.clients import NewClient, add_client
from assembly.demo import register
from assembly.demo.brp.loader import own_residents
from assembly.founding import found
from assembly.house import House, assemble
from assembly.settings import HouseSettings, Login, TenantSettings
from consent.contract import ActivityVersion
from kernel.caller import Caller, room_of
from tests.patience import PATIENCE
from vault.contract import Bsn, Deposit, ResidentRef

URL = "https://regie.test"
BY_LAW, BY_CHOICE = "proef-wet", register.EXERCISE  # class A from the BRP, class C from the vault
NAME, CHOICES = ("brp.naam",), register.EXERCISES
WRITTEN = "persons.json"  # numbers stand in it on purpose
VALUE = "een verzonnen waarde"  # of everything that is kept
RACES = int(os.environ.get("REGIE_RACES", "25"))  # copies of the exercise: so many consents of each resident


@dataclass(frozen=True)
class Person:
    """A resident with an opened vault."""

    bsn: str
    id: str
    subject: str


@dataclass(frozen=True)
class Ground:
    """What outside programs know of a house, and where its files are. postgres: "" for SQLite. newcomer: somebody who
    did not open a vault yet."""

    folder: Path
    postgres: str
    people: tuple[Person, ...]
    entry: dict[str, Any]
    vkeys: str
    newcomer: Person = Person("", "", "")

    def write(self, folder: Path) -> None:
        """So that another process can `read` it, files and all, wherever the folder is by then."""
        (folder / WRITTEN).write_text(json.dumps({**asdict(self), "folder": self.folder.name}))

    @classmethod
    def read(cls, folder: Path) -> "Ground":
        """What was written there."""
        said = json.loads((folder / WRITTEN).read_text())
        people, newcomer = (Person(**one) for one in said["people"]), Person(**said["newcomer"])
        return cls(**{**said, "folder": folder / said["folder"], "people": tuple(people), "newcomer": newcomer})

    def settings(self, brp_url: str = "", vault_key_minutes: int = 0) -> dict[str, Any]:
        """Arguments of HouseSettings, as JSON. No opened key is kept: every opening shows at the provider."""
        login = {"issuer": URL + "/inlog", "client_id": "regie-portaal", "bsn_claim": "bsn"}
        said = {"mode": "test", "data": str(self.folder), "brp_url": brp_url, "login": login}
        tenant = {"id": register.TENANT, "name": register.MUNICIPALITY, "public_url": URL}
        kept = {"vault_key_minutes": vault_key_minutes, "tenants": [tenant]}
        return {**said, **kept, "postgres": self.postgres or None}

    def copied(self, folder: Path, postgres: str = "") -> "Ground":
        """The same house elsewhere."""
        shutil.copytree(self.folder, folder)
        return replace(self, folder=folder, postgres=postgres)

    @contextmanager
    def reading(self, room: str = "audit") -> Iterator[Any]:
        """A connection of our own to a room's tables, beside the house's."""
        if not self.postgres:
            with closing(sqlite3.connect(self.folder / f"{room}.db", timeout=PATIENCE)) as door:
                yield door
            return
        with psycopg.connect(self.postgres.replace("+psycopg", "")) as door:
            door.execute("SELECT set_config('search_path', %s, false)", (room,))
            door.execute("SELECT set_config('regie.tenant', %s, false)", (register.TENANT,))
            yield door

    def rows(self, query: str, given: Iterable[Any] = (), room: str = "audit") -> list[tuple[Any, ...]]:
        """`?` stands for a value."""
        with self.reading(room) as door:
            text = query.replace("?", "%s") if self.postgres else query
            return [tuple(row) for row in door.execute(text, tuple(given)).fetchall()]


def activities() -> list[ActivityVersion]:
    """One by law without a case, and enough exercises for many consents of one resident."""
    known = {version.slug: version for version in register.activities()}
    exercise = known[BY_CHOICE]
    law = known[register.MOVING].model_copy(update={"slug": BY_LAW, "case": "geen", "frequency": None,
                                                    "parties": exercise.parties[1:]})  # fmt: skip
    return [
        law,
        exercise,
        known[register.OVERSIGHT],
        *(exercise.model_copy(update={"slug": race(at)}) for at in range(RACES)),
    ]


def race(at: int) -> str:
    return f"{BY_CHOICE}-{at}"


def as_settings(said: dict[str, Any]) -> HouseSettings:
    tenants = tuple(TenantSettings(**one) for one in said["tenants"])
    return HouseSettings(**{**said, "data": Path(said["data"]), "tenants": tenants, "login": Login(**said["login"])})


async def found_ground(folder: Path, postgres: str, people: int) -> Ground:
    """Once for all tests on this kind of database."""
    empty = Ground(folder, postgres, (), {}, "")
    settings = as_settings(empty.settings())
    await found(settings)
    house = await assemble(settings, world=World())
    async with house.app.router.lifespan_context(house.app):
        return await _furnished(empty, house, people)


async def _furnished(empty: Ground, house: House, people: int) -> Ground:
    staff, desk, vault = room_of(register.TENANT, "assembly"), house.consent("assembly"), house.vault("assembly")
    for recipient in register.recipients():
        await desk.admit(staff, recipient)
    for version in activities():
        await desk.publish(staff, version)
    client = NewClient("proefloket", "Proefloket", "automatisch")
    entry = await add_client(desk, staff, register.LOAN_DESK, client, URL)
    persons = own_residents()
    numbers = [number for number in sorted(persons) if _plain(persons[number])][: people + 1]
    found_ones = await vault.enrol(staff, [Bsn(number) for number in numbers])
    for one in found_ones[:people]:
        await _fill(house, one)
    *known, newcomer = [Person(bsn, one.id, one.subject) for bsn, one in zip(numbers, found_ones, strict=True)]
    vkeys = "".join(key + "\n" for key in (house.log.vkeys.values() if house.log else ()))
    return replace(empty, people=tuple(known), newcomer=newcomer, entry=entry, vkeys=vkeys)


def _plain(person: Any) -> bool:
    """Alive, with a name, and without secrecy: a flag would change what the next release says."""
    return bool(person.get("naam")) and not person.get("opschortingBijhouding") and "geheim" not in json.dumps(person)


async def _fill(house: House, one: ResidentRef) -> None:
    caller, vault = Caller(tenant=register.TENANT, kind="inwoner", user=one.id), house.vault("assembly")
    await vault.open_vault(caller, one)
    await vault.keep(caller, one, [Deposit(element=name, value=VALUE) for name in CHOICES])
