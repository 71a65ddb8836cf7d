"""`regie audit reconcile`: a log whose database was set back goes on without the lines that are gone (trust.md 2.7).

Nobody knows what those lines said, so whatever permits is suspended and must be given anew. Two persons say so, each in
a call of their own, after they saw the same facts; nothing checks that they are who they say they are.
"""

import json
import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, TypeAdapter, ValidationError

from assembly.building import World
from assembly.founding import demand_newest
from assembly.settings import HouseSettings, TenantSettings
from assembly.tools import KEEPERS, keeping, one_tenant
from audit.component import signer_of
from audit.contract import LogUnavailable
from audit.ended import RECOVERED
from audit.fsck.checking import check_log
from audit.fsck.walk import Asked
from audit.heads import founding_of
from audit.keychain import Keychain
from audit.log import Log
from audit.reconciling import Behind, begin_anew, behind, holds
from audit.recovering.again import destroyed_again
from audit.settings import AuditSettings
from audit.signer import Signers
from consent.service import ConsentService
from kernel.caller import room_of
from kernel.message import Message
from kernel.settings import SettingsWrong
from kernel.sql import Database

Say = Callable[[str], None]
RECOVER, RECONCILE = "recover", "reconcile"
NOTHING = "{tenant}: de database heeft alles wat is ondertekend; er valt niets te herstellen"
SECOND = "Een tweede persoon moet dit met eigen ogen zien: laat die hetzelfde doen met een andere --name."
UNFIT = (
    "De rijen die er zijn, passen niet bij elkaar: doe eerst `regie audit fsck`, en herstel een backup die wel past."
)
EMPTY = "De database is leeg: herstel eerst de nieuwste backup."


class Person(Message):
    """Who said so, and why."""

    name: Annotated[str, Field(min_length=2, max_length=100)]
    reason: Annotated[str, Field(min_length=10, max_length=500)]


def person_of(name: str, reason: str) -> Person:
    """From the command line. Raises SettingsWrong."""
    try:
        return Person(name=name.strip(), reason=reason.strip())
    except ValidationError:
        raise SettingsWrong(
            ["Zeg met --name wie u bent (2 tot 100 tekens) en met --reason wat u uitzocht (10 tot 500)."]
        ) from None


class SignedOff(Message):
    """One person, and the facts that were shown."""

    person: Person
    seen: Annotated[str, Field(max_length=1_000)]


_LIST = TypeAdapter(list[SignedOff])


async def reconcile(settings: HouseSettings, tenant: str, person: Person, say: Say) -> None:
    """Raises SettingsWrong, LogUnavailable, OutcomeUnknown, RegisterUnavailable, KeyUnavailable, SQLAlchemyError:
    then do it again; what was done stays done."""
    chosen = one_tenant(settings, tenant)
    await demand_newest(settings, KEEPERS)
    file = signed_by(settings, chosen, RECONCILE)
    async with opened(settings, chosen) as (log, own):
        found = await behind(log)
        if found is None and not await holds(log):
            say(NOTHING.format(tenant=chosen.id))
            return
        if found is not None and not await _begun(settings, (chosen, person, file), (log, own, found), say):
            return
    await go_on(settings, chosen, say)


async def _begun(
    settings: HouseSettings,
    asked: tuple[TenantSettings, Person, Path],
    under: tuple[Log, AuditSettings, Behind],
    say: Say,
) -> bool:
    """Whether two persons said so and the next term began; else one of them is remembered."""
    (chosen, person, file), (log, own, found) = asked, under
    for sentence in told(found):
        say(sentence)
    people = sign_off(_people(file), SignedOff(person=person, seen=found.seen))
    _write(file, people)
    if len(people) < 2:
        say(SECOND)
        return False
    await destroyed_again(log)  # what lines said that came back in part
    await demand_fit(settings, log, chosen)
    await begin_anew(log, found, said_of([one.person for one in people]), own.keep_years)
    return True


async def go_on(settings: HouseSettings, chosen: TenantSettings, say: Say) -> None:
    """What permits ends: everything when nobody knows what was lost, else what was given in the gap. Then the log is
    released."""
    async with keeping(settings) as house:
        register = house.register
        if house.log is None or not isinstance(register, ConsentService):
            raise SettingsWrong(["Herstellen gaat waar audit en consent samen bereikbaar zijn."])
        house.builder.anchors.follow()
        desk = house.log.desk(room_of(chosen.id, "audit"))
        while hold := await holds(desk.log):
            line = await desk.reader.line(hold.line)
            since = hold.since if line.event.kind == RECOVERED else None
            done = await register.suspend_all(chosen.id, hold.mark, since)
            say(f"{done} zaken die iets toelieten, zijn opgeschort")
            names = {name: word for name, word in line.event.details.items() if name[:-1] in ("persoon", "reden")}
            await desk.release(hold.mark, names)
        for verb in (RECOVER, RECONCILE):
            signed_by(settings, chosen, verb).unlink(missing_ok=True)
        say(f"{chosen.id}: {desk.log.origin} is vrijgegeven; geef opnieuw wat mag")


def signed_by(settings: HouseSettings, chosen: TenantSettings, verb: str) -> Path:
    """Where the persons are kept who said so, until the log is released."""
    return settings.data / f"{verb}-{chosen.id}.json"


def told(found: Behind) -> Iterator[str]:
    """What the signer knows, what the database has, what is missing."""
    state, head = found.known.state, found.head
    yield f"ondertekend:  {found.known.origin}, {state.size} regels, wortel {state.root.hex()}"
    yield f"in de database: {head.origin}, {head.size} regels, wortel {head.root.hex()}"
    if found.anew:
        yield "een nieuwe termijn is al begonnen; dit gaat verder waar het stopte"
    elif found.known.origin == head.origin:
        yield f"kwijt: de regels {head.size} tot en met {state.size - 1}"
    else:
        yield f"kwijt: alles na {head.size} regels van {head.origin}, en {state.size} regels van {found.known.origin}"
    yield "Niemand weet wat daarin stond. Alles wat iets toelaat, wordt opgeschort en moet opnieuw worden gegeven."


def sign_off(people: list[SignedOff], new: SignedOff) -> list[SignedOff]:
    """Those who saw these facts, each name once; who saw other facts does not count."""
    same = [one for one in people if one.seen == new.seen and not same_person(one.person, new.person)]
    return [*same, new][-2:]


def same_person(one: Person, other: Person) -> bool:
    """By name."""
    return one.name.casefold().split() == other.name.casefold().split()


def said_of(people: Sequence[Person]) -> dict[str, str]:
    """As the log tells it."""
    told: dict[str, str] = {}
    for number, one in enumerate(people, 1):
        told |= {f"persoon{number}": one.name, f"reden{number}": one.reason}
    return told


def _people(file: Path) -> list[SignedOff]:
    try:
        return _LIST.validate_json(file.read_bytes())
    except FileNotFoundError:
        return []
    except ValidationError:
        raise SettingsWrong([f"{file} is onleesbaar: haal het weg en begin opnieuw."]) from None


def _write(file: Path, people: list[SignedOff]) -> None:
    draft = file.with_suffix(".draft")
    draft.write_text(json.dumps([one.model_dump(mode="json") for one in people]))
    draft.replace(file)


@asynccontextmanager
async def opened(settings: HouseSettings, chosen: TenantSettings) -> AsyncIterator[tuple[Log, AuditSettings]]:
    """The log as its rows say it, sealed or not. Raises SettingsWrong."""
    own, world = told_to_audit(settings), World()
    database = Database(own.database, "audit")
    try:
        async with database.snapshot(chosen.id) as reading:
            founding = await founding_of(reading, chosen.id)
        if founding is None:
            raise SettingsWrong([EMPTY])
        chain = Keychain(database, world.keys(settings.folder.keys), chosen.id)
        demand_own(chosen, founding[0])
        yield Log(database, chain, Signers(signer_of(own)), (chosen.id, founding[0]), world.clock), own
    finally:
        await database.close()


def told_to_audit(settings: HouseSettings) -> AuditSettings:
    """As the house tells them. Raises SettingsWrong."""
    given = {"mode": settings.mode, "database": settings.database("audit"), "signer": settings.folder.log}
    return AuditSettings.read(os.environ, **given)


def demand_own(chosen: TenantSettings, origin: str) -> None:
    """A log of this municipality on this host. Raises SettingsWrong."""
    if origin.split("/")[:-1] != [urlsplit(chosen.public_url).netloc, chosen.id]:
        raise SettingsWrong([f"Dit logboek is van {origin}."])


async def demand_fit(settings: HouseSettings, log: Log, chosen: TenantSettings) -> None:
    """What is there fits by itself: nobody else can say so any more. Raises LogUnavailable."""
    anchors = settings.folder.read_anchors()
    origins = [one for one in {**anchors["logs"], **anchors.get("stolen", {})} if one.split("/")[-2] == chosen.id]
    asked = Asked(chosen.id, [one.id for one in settings.tenants], origins=origins)
    report = await check_log(log.database, World().keys(settings.folder.keys), asked)
    if report.findings.total:
        raise LogUnavailable(UNFIT)
