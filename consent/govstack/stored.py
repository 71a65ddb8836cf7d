"""What is kept here: a line first, then the row. A crash in between leaves a line that says what somebody was about to
do; they do it again. The same content again changes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from audit.contract import Audit, Entry, record_one
from consent.contract import NoSuchThing, ResidentRef
from consent.govstack.mapping import digest, kept_revision
from consent.govstack.messages import Revision, Standard
from consent.govstack.tables import objects
from consent.lines import event
from consent.requesting import Enrol
from consent.rows import Register, Row
from consent.words import fault, no_numbers
from kernel.caller import Caller
from kernel.clock import Clock, millis
from kernel.ids import random_id

Kind = Literal["Policy", "DataAgreement", "Individual"]
_NAMES: dict[Kind, str] = {
    "Policy": "Beleidstekst vastgelegd",
    "DataAgreement": "Overeenkomst vastgelegd",
    "Individual": "Verwijzing naar een inwoner vastgelegd",
}
REFERRED = "verwijzing"  # how a `zoeking` says that a reference to its resident was kept
HERE, GONE = "geldt", "gewist"
PAGE_MAX, DEEP_MAX = 100, 4_900  # of one answer; how far a list can be paged (consent.rows.READ_MAX)
T = TypeVar("T")


@dataclass(frozen=True)
class Page:
    """Which part of a list."""

    offset: int = 0
    limit: int = 20

    def of(self, listed: list[T]) -> list[T]:
        """That part."""
        return listed[self.offset : self.offset + self.limit]


@dataclass(frozen=True)
class New:
    """What is to be kept. owner: see consent.govstack.tables. resident: only of an individual, and only when told."""

    kind: Kind
    id: str
    content: Standard
    owner: str = ""
    resident: ResidentRef | None = None

    @property
    def document(self) -> str:
        """As it is stored."""
        return self.content.model_dump_json(exclude_none=True)

    def same_as(self, row: Row) -> bool:
        """Whether that is what stands there."""
        told = self.resident is None or self.resident.id == row["resident"]
        return bool(told and row["status"] == HERE and row["document"] == self.document)


class Objects:
    """Owns the table `govstack`."""

    def __init__(self, register: Register, audit: Audit, clock: Clock) -> None:
        self._register, self._audit, self._clock = register, audit, clock

    async def listed(self, tenant: str, kind: Kind, page: Page, owner: str = "") -> list[Row]:
        """By owner and id; everybody's, and those of `owner`."""
        c = objects.c
        async with self._register.reading(tenant) as rows:
            where = (c.kind == kind, c.owner.in_({"", owner}), c.status == HERE)
            return page.of(await rows.find(objects, *where, most=page.offset + page.limit))

    async def one(self, tenant: str, kind: Kind, name: str, owner: str = "") -> Row:
        """Raises NoSuchThing."""
        found = await self.perhaps(tenant, kind, name, owner)
        if found is None or found["status"] != HERE:
            raise NoSuchThing()
        return found

    async def perhaps(self, tenant: str, kind: Kind, name: str, owner: str = "") -> Row | None:
        """Also one that is gone. The recipient's own goes before everybody's."""
        async with self._register.reading(tenant) as rows:
            own = await rows.one(objects, kind=kind, owner=owner, id=name) if owner else None
            return own or await rows.one(objects, kind=kind, owner="", id=name)

    async def individuals_of(self, tenant: str, owner: str, residents: set[str]) -> dict[str, Row]:
        """By resident; a recipient's own goes before everybody's."""
        c = objects.c
        async with self._register.reading(tenant) as rows:
            where = (c.kind == "Individual", c.owner.in_({"", owner}), c.status == HERE, c.resident.in_(residents))
            found = await rows.find(objects, *where)
        return {row["resident"]: row for row in sorted(found, key=lambda row: (row["owner"], row["id"]))}

    async def keep(self, caller: Caller, new: New, enrol: Enrol | None = None) -> Row:
        """A new object, or a new revision of one. enrol: for somebody who is not known yet, once the line is there.
        Raises BadInput, LogUnavailable."""
        no_numbers({f"/{place}": text for place, text in _texts(new.content.model_dump(mode="json"), "")})
        there = await self._exactly(caller.tenant, new)
        if there and new.same_as(there):
            return there
        if there:
            _not_moved(there, new)
        await self._line(caller, new, new.document)
        if enrol:
            new = replace(new, resident=await enrol())
        if new.resident:
            await self._referred(caller, new.resident)
        changes = {"document": new.document, "status": HERE} | self._signed(caller)
        if new.resident:
            of = new.resident
            changes |= {"resident": of.id, "subject": of.subject, "resident_fence": of.fence}
        nobody = {"resident": "", "subject": "", "resident_fence": "", "fence": ""}
        key = {"kind": new.kind, "owner": new.owner, "id": new.id}
        async with self._register.writing(caller.tenant) as rows:
            added = await rows.add(objects, key | nobody | changes)
            row = await rows.one(objects, lock=True, **key)
            if row is None:
                raise NoSuchThing()
            _not_moved(row, new)
            return row if added else await rows.put(objects, row, **changes)

    async def end(self, caller: Caller, kind: Kind, name: str) -> Row:
        """It is no longer answered; its revisions stay. Raises NoSuchThing."""
        there = await self.one(caller.tenant, kind, name)
        await self._line(caller, New(kind, name, Standard()), GONE)
        async with self._register.writing(caller.tenant) as rows:
            row = await rows.one(objects, lock=True, kind=kind, owner="", id=name)
            if row is None or row["revision"] != there["revision"]:
                raise NoSuchThing()
            return await rows.put(objects, row, status=GONE, **self._signed(caller))

    async def revision(self, tenant: str, row: Row, wanted: str = "") -> tuple[Row, Revision]:
        """The row as it was at a revision, "" for now, with that revision. Raises NoSuchThing."""
        name, _, number = wanted.rpartition(".")
        if wanted and (name != row["id"] or not number.isdecimal() or not 0 < int(number[:9]) <= row["revision"] + 1):
            raise NoSuchThing()
        at = int(number) - 1 if wanted else row["revision"]
        key = {part: row[part] for part in ("kind", "owner", "id")}
        async with self._register.reading(tenant) as rows:
            then = await rows.as_it_was(objects, str(at), key)
            before = await rows.as_it_was(objects, str(at - 1), key) if at else None
        if then is None:
            raise NoSuchThing()
        return then, kept_revision(row["kind"], then, before)

    async def _exactly(self, tenant: str, new: New) -> Row | None:
        async with self._register.reading(tenant) as rows:
            return await rows.one(objects, kind=new.kind, owner=new.owner, id=new.id)

    def _signed(self, caller: Caller) -> dict[str, str | int]:
        return {"changed_at": millis(self._clock()), "author": caller.application}

    async def _referred(self, caller: Caller, resident: ResidentRef) -> None:
        """In the resident's own series, before the row: somebody keeps a reference to them."""
        who = {"application": caller.application, "recipient": caller.organisation, "key": caller.key}
        said = event("zoeking", random_id(), resident.subject, details={"stap": REFERRED}, **who)
        await record_one(self._audit, caller, Entry(event=said))

    async def _line(self, caller: Caller, new: New, document: str) -> None:
        """Of nobody's series: it names no resident, and permits nothing."""
        told = {"stap": f"govstack-{new.kind}", "id": new.id, "vingerafdruk": digest(document)}
        who = {"application": caller.application, "recipient": caller.organisation, "key": caller.key}
        said = event("activiteit-concept", random_id(), "systeem", details=told, **who)
        await record_one(self._audit, caller, Entry(event=said.model_copy(update={"name": _NAMES[new.kind]})))


def _texts(said: object, place: str) -> Iterator[tuple[str, str]]:
    """All that is kept, but ids: those were looked at where they came in, and ours hold digits by chance."""
    if isinstance(said, str):
        yield place, said
    elif isinstance(said, dict):
        for name, one in said.items():
            if name != "id":
                yield from _texts(one, f"{place}/{name}".lstrip("/"))
    elif isinstance(said, list | tuple):
        for number, one in enumerate(said):
            yield from _texts(one, f"{place}/{number}")


def _not_moved(there: Row, new: New) -> None:
    """Raises BadInput: a reference never comes to mean somebody else."""
    if there["resident"] and new.resident and there["resident"] != new.resident.id:
        raise fault("/individual/id", "bestaat-anders", "Dit is al de verwijzing naar iemand anders.")
