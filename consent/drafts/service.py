"""Drafts and their steps. Owns `drafts`; what comes into force is written by `consent.registering`.

A crash between a line and its row leaves a line that says what somebody was about to do; they do it again. A crash
after a version came into force leaves its draft: publishing that again changes nothing, and takes it away.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from audit.contract import Audit, Entry, Receipt, record_one
from consent import tables
from consent.activity import ActivityVersion, Recipient
from consent.article30 import for_officer
from consent.clients import RegisteredClients
from consent.contract import NoSuchThing, NotNow, RegisterUnavailable
from consent.difference import difference, needs_new_consent
from consent.drafts.contract import KEEPER, OFFICER, OWNER, Draft, Step, Wrong
from consent.lines import event, version_of
from consent.published import Changed, Published
from consent.publishing import of_owners
from consent.registering import Registering
from consent.rows import Register, Row
from consent.stopping import Stopping
from consent.words import no_numbers
from kernel.caller import Caller
from kernel.clock import Clock, millis
from kernel.crypto import sha256
from kernel.errors import NoAccess
from kernel.ids import random_id

CONCEPT, PROPOSED = "concept", "voorgesteld"
MACHINES = ("mens", "automatisch")
MOST = 100  # drafts of one municipality


def digest_of(document: str) -> str:
    """SHA-256 of the document as it is stored."""
    return sha256(document.encode()).hex()


class Drafting:
    """Satisfies Drafts."""

    def __init__(self, register: Register, audit: Audit, clients: RegisteredClients, registering: Registering,
                 clock: Clock) -> None:  # fmt: skip
        self._register, self._audit, self._clock = register, audit, clock
        self._clients, self._registering = clients, registering
        self._stopping = Stopping(register, audit, registering.following)

    async def all(self, caller: Caller) -> list[Draft]:
        """See Drafts.all."""
        _staff(caller, OWNER, OFFICER)
        async with self._register.reading(caller.tenant) as rows:
            found, actor = await rows.find(tables.drafts), rows.keys.actor(caller)
        return await self._all_seen(caller, found, actor)

    async def one(self, caller: Caller, slug: str) -> Draft:
        """See Drafts.one."""
        _staff(caller, OWNER, OFFICER)
        row, actor = await self._row(caller, slug)
        return await self._seen(caller, row, actor)

    async def save(self, caller: Caller, version: ActivityVersion) -> Draft:
        """See Drafts.save."""
        await self._may_write(caller)
        no_numbers({"/slug": version.slug})
        bare = version.model_copy(update={"number": 0, "consents_since": 0})
        document = bare.model_dump_json(exclude_defaults=True)
        async with self._register.reading(caller.tenant) as rows:
            actor, others = rows.keys.actor(caller), await rows.find(tables.drafts, most=MOST)
        # NOT promised: that two who save at one moment both stay within it
        if len(others) >= MOST and all(row["slug"] != bare.slug for row in others):
            raise NotNow(f"Er zijn al {MOST} concepten. Publiceer er een, of gooi er een weg.")
        await self._line(caller, bare.slug, actor, {"stap": CONCEPT, "vingerafdruk": digest_of(document)})
        new = {"document": document, "status": CONCEPT, "proposer": "", "officer": "",
               "changed_at": millis(self._clock())}  # fmt: skip
        async with self._register.writing(caller.tenant) as rows:
            await rows.add(tables.drafts, {"slug": bare.slug, "fence": "", **new})
            there = await rows.one(tables.drafts, lock=True, slug=bare.slug)
            if there is None:
                raise NoSuchThing()
            row = await rows.put(tables.drafts, there, **new)
        return await self._seen(caller, row, actor)

    async def step(self, caller: Caller, slug: str, step: Step, digest: str) -> Draft:
        """See Drafts.step."""
        _staff(caller, OFFICER if step == "akkoord" else OWNER)
        row, actor = await self._row(caller, slug)
        _now(row, digest, step)
        if (step, row["proposer"]) == ("akkoord", actor) or (step, row["officer"]) == ("voorstellen", actor):
            raise NoAccess("Wie het voorstelt, geeft niet zelf akkoord.")
        if step == "publiceren":
            return await self._publish(caller, row, actor)
        await self._line(caller, slug, actor, {"stap": step, "vingerafdruk": digest})
        if step == "weggooien":
            return await self._gone(caller, row, actor)
        changes = {"officer": actor} if step == "akkoord" else {"status": PROPOSED, "proposer": actor}
        async with self._register.writing(caller.tenant) as rows:
            there = await rows.one(tables.drafts, lock=True, slug=slug)
            if there is None:
                raise NotNow(CHANGED)
            _now(there, digest, step)
            row = await rows.put(tables.drafts, there, **changes)
        return await self._seen(caller, row, actor)

    async def end(self, caller: Caller, slug: str, reason: str) -> Receipt:
        """See Drafts.end."""
        await self._may_write(caller, OWNER, OFFICER)
        no_numbers({"/reden": reason}, prose=True)
        await self._stopping.demand(caller, slug)
        with suppress(RegisterUnavailable):  # a forged row keeps nobody from stopping, and is not published either
            last = (await self._registering.newest(caller.tenant, {slug})).get(slug)
            if last and not last.ended:  # first: after a crash in between nobody begins it again alone
                await self._back(caller.tenant, slug)
        return await self._stopping.end(caller, slug, reason)

    async def stopped(self, caller: Caller) -> list[Published]:
        """See Drafts.stopped."""
        return await self._stopping.stopped(caller.tenant)

    async def promised(self, caller: Caller) -> list[Published]:
        """See Drafts.promised."""
        return await self._registering.promised(caller.tenant)

    async def _back(self, tenant: str, slug: str) -> None:
        """What was proposed or agreed before a stop was about something that went on."""
        async with self._register.writing(tenant) as rows:
            if there := await rows.one(tables.drafts, lock=True, slug=slug):
                await rows.put(tables.drafts, there, status=CONCEPT, proposer="", officer="")

    async def _publish(self, caller: Caller, row: Row, actor: str) -> Draft:
        if not actor or actor in (row["proposer"], row["officer"]):
            raise NoAccess("Wie het voorstelde of akkoord gaf, publiceert het niet: vraag een ander.")
        before = await self._seen(caller, row, actor)
        told = {"voorgesteldDoor": row["proposer"], "vingerafdruk": before.digest}
        told |= {"akkoordVan": row["officer"]} if row["officer"] else {}
        await self._registering.put_in_force(caller, before.version, told, agreed=before.agreed)
        # a crash here leaves the draft of a version that is in force: see above
        return await self._gone(caller, row, actor)

    async def _gone(self, caller: Caller, row: Row, actor: str) -> Draft:
        seen = await self._seen(caller, row, actor)
        async with self._register.writing(caller.tenant) as rows:
            there = await rows.one(tables.drafts, lock=True, slug=row["slug"])
            if there is not None and there["document"] == row["document"]:  # a newer one stays
                await rows.remove(tables.drafts, there)
        return seen

    async def _line(self, caller: Caller, slug: str, actor: str, told: Mapping[str, str]) -> None:
        who = {"application": caller.application, "recipient": caller.organisation, "key": caller.key}
        said = event(
            "activiteit-concept", random_id(), "systeem", activity=slug, actor=actor, details=dict(told), **who
        )
        await record_one(self._audit, caller, Entry(event=said))

    async def _row(self, caller: Caller, slug: str) -> tuple[Row, str]:
        async with self._register.reading(caller.tenant) as rows:
            row, actor = await rows.one(tables.drafts, slug=slug), rows.keys.actor(caller)
        if row is None:
            raise NoSuchThing()
        return row, actor

    async def _may_write(self, caller: Caller, *roles: str) -> None:
        if caller.kind not in MACHINES:
            _staff(caller, *(roles or (OWNER,)))
            return
        if not await self._clients.has_role(caller, KEEPER):
            raise NoAccess("Deze toepassing mag het register niet bijhouden.")

    async def _seen(self, caller: Caller, row: Row, actor: str) -> Draft:
        (seen,) = await self._all_seen(caller, (row,), actor)
        return seen

    async def _all_seen(self, caller: Caller, found: Sequence[Row], actor: str) -> list[Draft]:
        """What they are weighed against is read once, however many there are."""
        admitted = await self._registering.admitted(caller.tenant)
        last = await self._registering.newest(caller.tenant, {row["slug"] for row in found})
        return [self._shown(row, actor, admitted, last.get(row["slug"])) for row in found]

    def _shown(self, row: Row, actor: str, admitted: Sequence[Recipient], last: Published | None) -> Draft:
        version, there = version_of(row), last.version if last and not last.ended else None
        wrong = [*self._registering.faults(version, admitted), *of_owners(version, last.version if last else None)]
        completed = self._registering.completed(version, there.number + 1 if there else 1)
        changes = difference(there, completed) if there else ()
        return Draft(
            version=version,
            digest=digest_of(row["document"]),
            stage=row["status"],
            changed_at=row["changed_at"],
            own=bool(actor) and actor == row["proposer"],
            for_officer=for_officer(version),
            agreed=bool(row["officer"]),
            wrong=tuple(Wrong(place=place, code=code, detail=detail) for place, code, detail in wrong),
            changes=tuple(map(Changed.of, changes)),
            against=there.number if there else 0,
            asks_anew=bool(there) and there is not None and needs_new_consent(there, completed),
            again=last is not None and last.ended,
        )


CHANGED = "Dit concept is intussen veranderd. Lees het opnieuw."


def _now(row: Row, digest: str, step: Step) -> None:
    if digest_of(row["document"]) != digest:
        raise NotNow(CHANGED)
    if step == "publiceren" and row["status"] != PROPOSED:
        raise NotNow("Dit concept is nog niet voorgesteld.")
    if step == "voorstellen" and row["status"] != CONCEPT:
        raise NotNow("Dit concept is al voorgesteld.")


def _staff(caller: Caller, *roles: str) -> None:
    if caller.kind != "medewerker" or not set(roles) & set(caller.roles):
        raise NoAccess("Dit is voor de eigenaar van het doel.")
