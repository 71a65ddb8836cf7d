"""`regie audit recover`: lines that the database lost come back from the file of a mirror (trust.md 2.7).

Two persons say so, each in a call of their own, as for `regie audit reconcile`. What permitted in the gap is suspended
and must be given anew; what restricted stands again by itself.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

from anyio import to_thread
from pydantic import Field, ValidationError

from assembly.bars import bar
from assembly.building import World
from assembly.founding import demand_newest
from assembly.reconciling import (
    RECOVER,
    Person,
    Say,
    demand_fit,
    demand_own,
    go_on,
    said_of,
    same_person,
    signed_by,
    told_to_audit,
)
from assembly.settings import HouseSettings, TenantSettings
from assembly.tools import KEEPERS, one_tenant
from audit.component import signer_of
from audit.contract import LogUnavailable
from audit.fsck.checking import check_log
from audit.fsck.outside import outside_of
from audit.fsck.walk import Asked as Checked
from audit.heads import founding_of
from audit.keeping import write_whole
from audit.log import Log
from audit.permit import Position
from audit.reconciling import holds
from audit.recovering.again import destroyed_again
from audit.recovering.appending import Telling, append, sign, weigh
from audit.recovering.judged import Sources
from audit.recovering.missing import Missing, missing
from audit.recovering.spare import SpareKeychain
from audit.recovering.supply import Supply, Unfit
from audit.settings import AuditSettings
from audit.signer import Signers
from kernel.message import Message
from kernel.settings import SettingsWrong
from kernel.sql import Database

NOTHING = "{tenant}: de database heeft alles wat is ondertekend; er valt niets terug te zetten"
SECOND = (
    "De kopie past. Een tweede persoon moet dit met eigen ogen zien: laat die hetzelfde doen met een andere --name."
)
NEW_HOST = (
    "Hier is geen geheugen van de ondertekenaar. Is dit een nieuwe machine, en zijn twee personen het eens dat niemand "
    "een langer logboek heeft, zet dan REGIE_HOUSE_ADOPT=true voor deze opdracht."
)
UNFIT = "De regels zijn terug, en passen niet bij wat er al was. Het logboek blijft dicht: doe `regie audit fsck`."
REST = "Wat de kopie niet heeft, is kwijt: ga verder met `regie audit reconcile`."
NO_COPY = "De kopie heeft geen regels van dit logboek."


@dataclass(frozen=True)
class Order:
    """What the command was given. partial: also when the mirror has not all."""

    tenant: str
    mirror: Path
    person: Person
    partial: bool = False


class Begun(Message):
    """Kept in a file from the first person on, until the log is released. target: where it must come out. since: the
    lowest place at which it was seen to stand."""

    target: Annotated[str, Field(max_length=1_000)]
    since: Position
    people: Annotated[tuple[Person, ...], Field(max_length=2)]


async def recover(settings: HouseSettings, order: Order, say: Say) -> None:
    """Raises SettingsWrong, LogUnavailable, OutcomeUnknown, RegisterUnavailable, KeyUnavailable, SQLAlchemyError:
    then do it again; what was done stays done."""
    chosen = one_tenant(settings, order.tenant)
    await demand_newest(settings, KEEPERS)
    file = signed_by(settings, chosen, RECOVER)
    try:
        async with _opened(settings, chosen, order) as (sources, own):
            found = await missing(sources, settings.adopt, order.partial)
            if found is None and not await _held(sources):
                say(NOTHING.format(tenant=chosen.id))
                return
            if found and not await _put_back(settings, (chosen, order, file), (sources, own, found), say):
                return
            await _settle(settings, chosen, sources)
    except Unfit as unfit:
        raise SettingsWrong([str(unfit)]) from None
    await go_on(settings, chosen, say)


async def _put_back(
    settings: HouseSettings,
    asked: tuple[TenantSettings, Order, Path],
    under: tuple[Sources, AuditSettings, Missing],
    say: Say,
) -> bool:
    """Whether two persons said so and all lines are back; else nothing was written, or not all is known."""
    (chosen, order, file), (sources, own, found) = asked, under
    for sentence in _told(found):
        say(sentence)
    with bar(f"{chosen.id} nakijken") as progress:
        await weigh(sources, found.course, progress)
    begun = signed_off(_read(file), found, order.person)
    await to_thread.run_sync(write_whole, file, begun.model_dump_json())
    if len(begun.people) < 2:
        say(SECOND)
        return False
    if found.head:
        await demand_fit(settings, sources.log, chosen)
    year = sources.log.clock().year + own.keep_years
    telling = None if found.partial else Telling(begun.since, said_of(begun.people), year)
    with bar(f"{chosen.id} terugzetten") as progress:
        await append(sources, found.course, progress, telling)
    # with --partial the file stays: whatever brings the rest back must know from where on lines were missing
    say(REST if found.partial else f"{found.count} regels zijn teruggezet")
    return not found.partial


async def _settle(settings: HouseSettings, chosen: TenantSettings, sources: Sources) -> None:
    """The head is signed, what was destroyed is so again, and all of it fits. Raises LogUnavailable."""
    log = sources.log
    known = await to_thread.run_sync(log.signer.newest)
    if known is None and not settings.adopt:
        raise SettingsWrong([NEW_HOST])
    await sign(sources, known)
    await destroyed_again(log)
    anchors = settings.folder.read_anchors()
    keys = {**anchors["logs"], **anchors.get("stolen", {}), log.origin: log.signer.public_key.hex()}
    outside = outside_of(partial(log.signers.of), chosen.id, keys, with_key=False)
    with bar(f"{chosen.id} controleren") as progress:
        tenants = [one.id for one in settings.tenants]
        asked = Checked(chosen.id, tenants, outside.signed, outside.origins, progress=progress)
        report = await check_log(log.database, World().keys(settings.folder.keys), asked)
    if report.findings.total:
        raise LogUnavailable(UNFIT)


def signed_off(begun: Begun | None, found: Missing, person: Person) -> Begun:
    """Who saw that the log must come out there; what two persons decided anybody may finish. Where lines were missing
    from on is what any of them saw, also when it broke off in the middle, when a part came back before, or when an even
    older database was put there: what was given from there on may be known to nobody's log."""
    if begun is None:
        return Begun(target=found.seen, since=found.since, people=(person,))
    since = min(begun.since, found.since)
    if begun.target != found.seen:
        return Begun(target=found.seen, since=since, people=(person,))
    if len(begun.people) == 2:
        return begun.model_copy(update={"since": since})
    others = tuple(one for one in begun.people if not same_person(one, person))
    return Begun(target=found.seen, since=since, people=(*others, person))


def _told(found: Missing) -> Iterator[str]:
    target, head = found.target, found.head
    who = "in de kopie" if found.by_mirror or found.partial else "ondertekend"
    yield f"{who}:   {target.origin}, {target.size} regels, wortel {target.root.hex()}"
    yield f"in de database: {head.origin}, {head.size} regels" if head else "in de database: niets"
    yield f"terug te zetten: {found.count} regels"
    if not found.partial:
        yield "Wat daarin iets toeliet, wordt opgeschort en moet opnieuw worden gegeven."


async def _held(sources: Sources) -> bool:
    async with sources.log.database.snapshot(sources.log.tenant) as reading:
        there = await founding_of(reading, sources.log.tenant)
    return there is not None and await holds(sources.log) is not None


def _read(file: Path) -> Begun | None:
    try:
        return Begun.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError:
        raise SettingsWrong([f"{file} is onleesbaar: haal het weg en begin opnieuw."]) from None


@asynccontextmanager
async def _opened(
    settings: HouseSettings, chosen: TenantSettings, order: Order
) -> AsyncIterator[tuple[Sources, AuditSettings]]:
    """The log as its rows say it, with the keys that the mirror has besides; without rows as the mirror says it.
    Raises SettingsWrong, Unfit."""
    own, world, supply = told_to_audit(settings), World(), Supply(order.mirror, chosen.id)
    database = Database(own.database, "audit")
    try:
        async with database.snapshot(chosen.id) as reading:
            founding = await founding_of(reading, chosen.id)
        origins = await supply.origins()
        if not origins:
            raise Unfit(NO_COPY)
        origin = founding[0] if founding else origins[-1]
        for each in (origin, *origins):
            demand_own(chosen, each)
        chain = SpareKeychain(database, world.keys(settings.folder.keys), chosen.id)
        chain.take_own(await supply.keys())
        log = Log(database, chain, Signers(signer_of(own)), (chosen.id, origin), world.clock)
        yield Sources(log, chain, supply), own
    finally:
        await database.close()
