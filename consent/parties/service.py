"""Changes of recipients and applications, and stopping them. Owns `changes`.

A crash between a line and its row leaves a line that says what somebody was about to do; they do it again. One after
something was admitted leaves its change: to admit that again changes nothing, and takes it away.
"""

from collections.abc import Callable, Mapping, Sequence

from audit.contract import Audit, Entry, Receipt, record_one
from consent.clients import RegisteredClients
from consent.contract import NoSuchThing, NotNow
from consent.facts import works_still
from consent.following import Following, stopped
from consent.lines import application_of, event, recipient_of, restriction, version_of
from consent.owning import OWNER, is_officer, suspenders, suspends
from consent.parties.admitting import CHANGED, Admitting, demand_fits, revision_of
from consent.parties.contract import Change, PartyState, Proposal, Step, System, SystemKey
from consent.parties.narrowing import ENDS_KEY, KeyEnd, end_told
from consent.parties.rules import faults, kids
from consent.rows import Register, Row, Rows
from consent.tables import activities, applications, changes, recipients
from consent.tokens.tables import key_uses
from consent.words import fault, no_numbers
from kernel.caller import Caller
from kernel.clock import Clock, millis
from kernel.crypto import sha256
from kernel.errors import BadInput, NoAccess
from kernel.ids import derived_id, random_id

KEEPER = "beheer"
MACHINES = ("mens", "automatisch")
CONCEPT, PROPOSED = "concept", "voorgesteld"
MAY = "Schorsen kan een eigenaar bij {}, de FG, of een toepassing die het register bijhoudt."
MOST = 100  # changes that wait in one municipality


class PartyKeeping:
    """Satisfies Parties."""

    def __init__(self, register: Register, audit: Audit, clients: RegisteredClients, clock: Clock,
                 forget: Callable[[], None]) -> None:  # fmt: skip
        self._register, self._audit, self._clients, self._clock = register, audit, clients, clock
        self._forget = forget  # what was known of who may come in
        self._admitting, self._following = Admitting(register, audit), Following(register, audit, clock)

    async def all(self, caller: Caller) -> list[Proposal]:
        """See Parties.all."""
        await self.demand_keeper(caller)
        async with self._register.reading(caller.tenant) as rows:
            return [await _seen(rows, caller, row) for row in await rows.find(changes, most=MOST)]

    async def registered(self, caller: Caller) -> list[PartyState]:
        """See Parties.registered."""
        if not is_officer(caller):  # who may suspend each of them may see them
            await self.demand_keeper(caller)
        async with self._register.reading(caller.tenant) as rows:
            parties = await rows.find(recipients)
            systems, uses = await rows.find(applications), await rows.find(key_uses)
        seen = {(row["client_id"], row["kid"]): row["at"] for row in uses}
        known = {party["slug"]: party for party in parties}
        return [_state(slug, known, [one for one in systems if one["recipient"] == slug], seen) for slug in known]

    async def save(self, caller: Caller, change: Change) -> Proposal:
        """See Parties.save."""
        await self.demand_keeper(caller, alone=False)
        _demand(change)
        self._demand_listed(change)
        document = change.model_dump_json(exclude_defaults=True)
        async with self._register.reading(caller.tenant) as rows:
            against = revision_of(await demand_fits(rows, change))
            others = await rows.find(changes, most=MOST)
        # NOT promised: that two who save at one moment both stay within it
        if len(others) >= MOST and all(row["name"] != change.name for row in others):
            raise NotNow(f"Er wachten al {MOST} wijzigingen.")
        await self._line(caller, change, {"stap": CONCEPT, "vingerafdruk": _digest(document)})
        new = {"document": document, "status": CONCEPT, "proposer": "", "entry": "", "changed_at": self._now(),
               "position": against}  # fmt: skip
        async with self._register.writing(caller.tenant) as rows:
            await rows.add(changes, {"name": change.name, "fence": "", **new})
            there = await rows.one(changes, lock=True, name=change.name)
            if there is None:
                raise NoSuchThing()
            return await _seen(rows, caller, await rows.put(changes, there, **new))

    async def step(self, caller: Caller, name: str, step: Step, digest: str) -> Proposal:
        """See Parties.step."""
        _owner(caller)
        async with self._register.reading(caller.tenant) as rows:
            row, actor = await rows.one(changes, name=name), rows.keys.actor(caller)
            if row is None:
                raise NoSuchThing()
            _demand_turn(row, digest, step)
            before = await _seen(rows, caller, row)
        if step == "toelaten":
            if not actor or actor == row["proposer"]:
                raise NoAccess("Wie het voorstelde, laat het niet toe: vraag een ander.")
            told = {"voorgesteldDoor": row["proposer"], "vingerafdruk": digest}
            await self._admitting.admit(caller, name, before.change, told)
            self._forget()
        else:
            await self._line(caller, before.change, {"stap": step, "vingerafdruk": digest})
        return await self._taken(caller, before, step, actor)

    async def _taken(self, caller: Caller, before: Proposal, step: Step, actor: str) -> Proposal:
        async with self._register.writing(caller.tenant) as rows:
            there = await rows.one(changes, lock=True, name=before.name)
            if step != "voorstellen":
                if there is not None and _digest(there["document"]) == before.digest:  # a newer one stays
                    await rows.remove(changes, there)
                return before
            if there is None:
                raise NotNow(CHANGED)
            _demand_turn(there, before.digest, step)
            return await _seen(rows, caller, await rows.put(changes, there, status=PROPOSED, proposer=actor))

    async def suspend(self, caller: Caller, client_id: str) -> Receipt:
        """See Parties.suspend."""
        await self._demand_stop_of(caller, client_id)
        async with self._register.writing(caller.tenant) as rows:
            row, actor = await _fenced(rows, client_id), rows.keys.actor(caller)
        event_id = derived_id(
            f"{client_id}/{row['own_epoch']}/{row['entry']}", f"schorsing{actor or caller.application}"
        )
        said = event("ontvanger-geschorst", event_id, "systeem", recipient=row["recipient"], application=client_id,
                     actor=actor, details={"door": caller.application})  # fmt: skip
        receipt = await record_one(self._audit, caller, restriction(said, row["own_fence"]))
        async with self._register.writing(caller.tenant) as rows:
            there = await _locked(rows, client_id)
            await stopped(rows, there, receipt.epochs[row["own_fence"]], str(receipt.position))
        self._forget()
        return receipt

    async def end_key(self, caller: Caller, client_id: str, kid: str, at: int) -> Receipt:
        """See Parties.end_key."""
        await self._demand_stop_of(caller, client_id)
        end = max(at, self._now())
        async with self._register.writing(caller.tenant) as rows:
            row, actor = await _fenced(rows, client_id), rows.keys.actor(caller)
            _demand_ends(row, kid, end)
        details = {**end_told(KeyEnd(kid, end)), "door": caller.application}
        said = event(ENDS_KEY, random_id(), "systeem", recipient=row["recipient"], application=client_id,
                     actor=actor, details=details)  # fmt: skip
        receipt = await record_one(self._audit, caller, restriction(said, row["own_fence"]))
        # a crash here leaves the line without its row: nothing is released to it, whoever follows writes the row
        await self._following.follow(caller.tenant)
        self._forget()
        return receipt

    async def demand_keeper(self, caller: Caller, *, alone: bool = True) -> None:
        """alone: who sets up, at the command line, may too. Raises NoAccess."""
        if caller.kind in MACHINES:
            if not await self._clients.has_role(caller, KEEPER):
                raise NoAccess("Deze toepassing mag het register niet bijhouden.")
        elif not (alone and caller.kind == "kamer"):
            _owner(caller)

    async def demand_stop(self, caller: Caller, recipient: str) -> None:
        """That this caller may suspend it, or what is its. Raises NoAccess, which says who may."""
        if caller.kind != "medewerker":
            return await self.demand_keeper(caller)
        if is_officer(caller):
            return None
        _owner(caller)
        async with self._register.reading(caller.tenant) as rows:  # what was forged keeps nobody from stopping
            found = await rows.sound(activities, activities.c.status == "gepubliceerd")
        versions = [version_of(row) for row in found]
        if not suspends(caller, recipient, versions):
            raise NoAccess(MAY.format(", ".join(sorted(suspenders(recipient, versions)))))

    async def _demand_stop_of(self, caller: Caller, client_id: str) -> None:
        """The same of an application: of the recipient that it is registered for."""
        if not is_officer(caller):
            await self.demand_keeper(caller)
        async with self._register.reading(caller.tenant) as rows:
            row = await rows.one(applications, client_id=client_id)
        if row is None:
            raise NoSuchThing()
        await self.demand_stop(caller, row["recipient"])

    def _demand_listed(self, change: Change) -> None:
        url = change.application.jwks_url if change.application else ""
        if url and not (self._clients.fetched and self._clients.fetched.may_ask(url)):
            raise fault("/toepassing/jwksUri", "adres", "Dit adres staat niet op de lijst van wie Regie beheert.")

    async def _line(self, caller: Caller, change: Change, told: Mapping[str, str]) -> None:
        actor = (await self._register.keys_of(caller.tenant)).actor(caller)
        about = {"recipient": change.of or (change.recipient.slug if change.recipient else "")}
        about |= {"application": change.application.client_id} if change.application else {}
        details = {**told, "door": caller.application, "doorSleutel": caller.key}
        said = event("ontvanger-concept", random_id(), "systeem", actor=actor, details=details, **about)
        await record_one(self._audit, caller, Entry(event=said))

    def _now(self) -> int:
        return millis(self._clock())


def _digest(document: str) -> str:
    return sha256(document.encode()).hex()


def _demand(change: Change) -> None:
    no_numbers({"/naam": change.name, **_names(change)})
    found = list(faults(change.application)) if change.application else []
    if found:
        told = [{"veld": f"/toepassing{place}", "code": code, "detail": detail} for place, code, detail in found]
        raise BadInput("De vraag klopt niet.", fouten=told)


def _names(change: Change) -> dict[str, str]:
    """What lines and pages will call them."""
    if change.recipient:
        return {"/ontvanger/naam/nl": change.recipient.name.nl, "/ontvanger/naam/en": change.recipient.name.en}
    return {"/toepassing/naam": change.application.name} if change.application else {}


def _demand_turn(row: Row, digest: str, step: Step) -> None:
    if _digest(row["document"]) != digest:
        raise NotNow(CHANGED)
    if step == "toelaten" and row["status"] != PROPOSED:
        raise NotNow("Deze wijziging is nog niet voorgesteld.")
    if step == "voorstellen" and row["status"] != CONCEPT:
        raise NotNow("Deze wijziging is al voorgesteld.")


def _owner(caller: Caller) -> None:
    if caller.kind != "medewerker" or OWNER not in caller.roles:
        raise NoAccess("Dit is voor wie het register bijhoudt.")


async def _locked(rows: Rows, client_id: str) -> Row:
    found = await rows.one(applications, lock=True, client_id=client_id)
    if found is None:
        raise NoSuchThing()
    return found


async def _fenced(rows: Rows, client_id: str) -> Row:
    """With its own fence in it, also where it is from before there were: who follows the log must find it, whatever
    becomes of us."""
    row = await _locked(rows, client_id)
    if row["own_fence"] is not None:
        return row
    return await rows.put(applications, row, own_fence=rows.keys.application(client_id), own_epoch=0)


async def _seen(rows: Rows, caller: Caller, row: Row) -> Proposal:
    change, actor = Change.model_validate_json(row["document"]), rows.keys.actor(caller)
    slug = change.name.partition("/")[2]
    if change.application:
        there = await rows.one(applications, client_id=slug)
    else:
        there = await rows.one(recipients, slug=slug)
    return Proposal(name=row["name"], change=change, digest=_digest(row["document"]), stage=row["status"],
                    changed_at=row["changed_at"], own=bool(actor) and actor == row["proposer"],
                    replaces=there is not None)  # fmt: skip


def _demand_ends(row: Row, kid: str, end: int) -> None:
    """Raises NoSuchThing; NotNow where it ends earlier already."""
    application = application_of(row)
    if kid not in kids(application):
        raise NoSuchThing()
    if dict(application.key_ends).get(kid, end) < end:
        raise NotNow("Deze sleutel eindigt al eerder.")


def _state(slug: str, known: Mapping[str, Row], systems: Sequence[Row], seen: Mapping[tuple[str, str], int]
           ) -> PartyState:  # fmt: skip
    return PartyState(recipient=recipient_of(known[slug]), status=known[slug]["status"],
                      systems=tuple(_system(row, known, seen) for row in systems))  # fmt: skip


def _system(row: Row, known: Mapping[str, Row], seen: Mapping[tuple[str, str], int]) -> System:
    application = application_of(row)
    ends, client = dict(application.key_ends), application.client_id
    works = not application.processor or works_still(row, known.get(application.processor))
    old = row["status"] == "toegelaten" and not (row["epoch"] == known[row["recipient"]]["epoch"] and works)
    return System(
        application=application,
        status="opnieuw" if old else row["status"],
        keys=tuple(
            SystemKey(kid=kid, ends=ends.get(kid, 0), seen=seen.get((client, kid), 0))
            for kid in kids(application) or sorted(kid for name, kid in seen if name == client)
        ),
    )
