"""Who a client is: what the token endpoint reads, and who may report. MAC-checked, so a swapped key or recipient gives
no token."""

import json
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import replace
from typing import Protocol

from consent import prepared, tables
from consent.activity import ActivityVersion, Application, Recipient, Reporter
from consent.contract import NoSuchThing
from consent.facts import may_ask, works_still
from consent.jwks import sealing_key
from consent.lines import application_of, recipient_of
from consent.partaking import Partaking
from consent.parties.rules import live
from consent.registers import SealingKey
from consent.rows import Register, Row, Rows
from consent.tokens.contract import Asking
from kernel.caller import Caller
from kernel.clock import Clock, millis
from kernel.gather import Gatherer

REPORTS = "melden"  # the role


class Fetched(Protocol):
    """Keys that applications publish themselves: JWK sets as text, "" for none that is known or believed."""

    def may_ask(self, url: str) -> bool:
        """Whether its host is listed."""

    def known(self, url: str) -> str:
        """As it was fetched last; asks nobody."""

    async def of(self, url: str, kid: str) -> str:
        """Asked for anew when it is old or lacks this kid ("" is any)."""


class RegisteredClients:
    """Satisfies tokens.contract.Clients; changes nothing. A row that is not ours is RegisterUnavailable, not None.
    fetched: set where the room is put together; without it keys that are published elsewhere count nowhere."""

    def __init__(self, register: Register, clock: Clock) -> None:
        self._register, self._clock = register, clock
        self._partaking, self._gathered = Partaking(register), Gatherer(self._admitted)
        self._asking = Gatherer(self._looked)
        self.fetched: Fetched | None = None

    async def client_of(
        self, tenant: str, client_id: str, kid: str | None = None
    ) -> tuple[Application, Recipient] | None:
        """See Clients.client_of."""
        (known,) = await self._gathered.ask(tenant, [client_id])
        if known is None:
            return None
        application, recipient = known
        return await self._with_keys(application, kid), recipient

    async def asking(
        self, tenant: str, client_id: str, kid: str, wants: Callable[[Application], bool]
    ) -> Asking | None:
        """See Clients.asking."""
        (known,) = await self._asking.ask(tenant, [(client_id, wants)])
        return known and replace(known, application=await self._with_keys(known.application, kid))

    async def by_number(self, caller: Caller) -> bool:
        """Whether the caller's organisation may use a BSN; nobody may who is not registered."""
        async with self._register.reading(caller.tenant) as rows:
            party = await rows.one(tables.recipients, slug=caller.organisation)
        return party is not None and recipient_of(party).by_bsn

    async def _admitted(self, tenant: str, client_ids: Sequence[str]) -> list[tuple[Application, Recipient] | None]:
        """Those who ask at one moment share three statements; a forged row among them is found by who asked for it."""

        admitted = await self._register.seen(tenant, lambda rows: _admitted(rows, client_ids))
        return [admitted.get(client_id) for client_id in client_ids]

    async def _looked(
        self, tenant: str, asked: Sequence[tuple[str, Callable[[Application], bool]]]
    ) -> list[Asking | None]:
        """What is asked of a client for one of them does for all: it is as good a moment."""

        async def look(rows: Rows) -> dict[str, Asking]:
            admitted = await _admitted(rows, [client_id for client_id, _ in asked])
            wanting = {one for one, wants in asked if one in admitted and wants(admitted[one][0])}
            of = await self._partaking.seen(rows) if wanting else {}
            theirs = {one: _slugs(of.get(admitted[one][1].slug, ()), *admitted[one]) for one in wanting}
            return {one: Asking(*known, theirs.get(one, frozenset())) for one, known in admitted.items()}

        found = await self._register.seen(tenant, look)
        return [found.get(client_id) for client_id, _ in asked]

    async def _with_keys(self, application: Application, kid: str | None) -> Application:
        counting = await self._keys(application, kid)
        return application if counting == application.jwks else application.model_copy(update={"jwks": counting})

    async def _keys(self, application: Application, kid: str | None) -> str:
        url, fetched = application.jwks_url, self.fetched
        if not url:
            return live(application, millis(self._clock()))
        if fetched is None:
            return ""
        return fetched.known(url) if kid is None else await fetched.of(url, kid)

    async def activities_of(self, tenant: str, recipient: str, system: Application) -> frozenset[str]:
        """See Clients.activities_of."""
        theirs = await self._partaking.of(tenant, recipient)
        return frozenset(one.slug for one in theirs if may_ask(system, one, recipient))

    async def has_role(self, caller: Caller, role: str) -> bool:
        """Whether the calling application has it now, whatever its token says: a suspension counts at once."""
        known = await self.client_of(caller.tenant, caller.application)
        return known is not None and known[1].slug == caller.organisation and role in known[0].roles

    async def sealing_key(self, caller: Caller) -> SealingKey:
        """See Registers.sealing_key."""
        known = await self.client_of(caller.tenant, caller.application, "")
        mine = known[0].jwks if known and known[1].slug == caller.organisation else ""
        found = sealing_key(mine) if mine else None
        if found is None:
            raise NoSuchThing("Deze toepassing heeft geen sleutel om aan te versleutelen.")
        return SealingKey(kid=found["kid"], jwk=json.dumps(found, sort_keys=True))

    async def reporter(self, caller: Caller, users: Sequence[str]) -> Reporter:
        """See Registers.reporter."""
        known = await self.client_of(caller.tenant, caller.application)
        if known is None or known[1].slug != caller.organisation or REPORTS not in known[0].roles:
            raise NoSuchThing("Deze toepassing mag hier niets melden.")
        keys = await self._register.keys_of(caller.tenant)
        actors = tuple(keys.actor(caller.model_copy(update={"user": user})) for user in users)
        return Reporter(recipient=_with(known[1], [known[0]]), actors=actors)

    async def reporters(self, caller: Caller) -> list[Recipient]:
        """See Registers.reporters."""
        async with self._register.reading(caller.tenant) as rows:
            parties = {row["slug"]: recipient_of(row) for row in await rows.find(tables.recipients)}
            found = await rows.find(tables.applications, tables.applications.c.effective_at > 0)
        theirs: dict[str, list[Application]] = {}
        for row in found:
            application = application_of(row)
            if REPORTS in application.roles:
                theirs.setdefault(row["recipient"], []).append(application)
        return [_with(parties[slug], applications) for slug, applications in sorted(theirs.items())]


async def _admitted(rows: Rows, client_ids: Sequence[str]) -> dict[str, tuple[Application, Recipient]]:
    found = await rows.asked(tables.applications, prepared.CLIENTS, clients=sorted(set(client_ids)))
    parties = await parties_of(rows, found)
    return {row["client_id"]: known for row in found if (known := effective(row, parties))}


def _slugs(theirs: Sequence[ActivityVersion], system: Application, recipient: Recipient) -> frozenset[str]:
    return frozenset(one.slug for one in theirs if may_ask(system, one, recipient.slug))


async def parties_of(rows: Rows, systems: Sequence[Row]) -> dict[str, Row]:
    """By name: the recipients of these applications, and who works for them with one."""
    own = await _parties(rows, {row["recipient"] for row in systems})
    return own | await _parties(rows, {application_of(row).processor for row in systems} - {None})


async def _parties(rows: Rows, slugs: Set[str | None]) -> dict[str, Row]:
    """No statement for none."""
    found = await rows.asked(tables.recipients, prepared.PARTIES, slugs=sorted(filter(None, slugs))) if slugs else []
    return {row["slug"]: row for row in found}


def effective(row: Row | None, parties: Mapping[str, Row]) -> tuple[Application, Recipient] | None:
    """None for one that is unknown or stopped, and for one with keys from before a suspension."""
    party = parties.get(row["recipient"]) if row else None
    if row is None or party is None or (row["status"], party["status"]) != ("toegelaten", "toegelaten"):
        return None
    application = application_of(row)
    stopped = application.processor and not works_still(row, parties.get(application.processor))
    return None if stopped or row["epoch"] != party["epoch"] else (application, recipient_of(party))


def _with(recipient: Recipient, applications: Sequence[Application]) -> Recipient:
    bare = tuple(one.model_copy(update={"jwks": ""}) for one in applications)
    return recipient.model_copy(update={"applications": bare})
