"""Who a client is: what the token endpoint reads, and who may report. MAC-checked, so a swapped key or recipient gives
no token."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence, Set
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from consent import prepared, tables
from consent.activity import ActivityVersion, Application, Recipient, Reporter
from consent.contract import NoSuchThing
from consent.facts import may_ask, works_still
from consent.jwks import sealing_key
from consent.lines import application_of, recipient_of
from consent.partaking import Partaking
from consent.parties.rules import live
from consent.registers import SealingKey
from consent.rows import Register, Row, Rows, refusing
from kernel.caller import Caller
from kernel.clock import Clock, millis
from kernel.gather import Gatherer

REPORTS = "melden"  # the role
Known = tuple[Application, Recipient]


class Fetched(Protocol):
    """Keys that applications publish themselves: JWK sets as text, "" for none that is known or believed."""

    def may_ask(self, url: str) -> bool:
        """Whether its host is listed."""

    def known(self, url: str) -> str:
        """As it was fetched last; asks nobody."""

    async def of(self, url: str, kid: str) -> str:
        """Asked for anew when it is old or lacks this kid ("" is any)."""


class RegisteredClients:
    """Satisfies tokens.settling.Lookups; changes nothing. A row that is not ours is RegisterUnavailable, not None.
    fetched: set where the room is put together; without it keys that are published elsewhere count nowhere."""

    def __init__(self, register: Register, clock: Clock) -> None:
        self._register, self._clock = register, clock
        self._partaking, self._gathered = Partaking(register), Gatherer(self._admitted)
        self.fetched: Fetched | None = None

    async def client_of(
        self, tenant: str, client_id: str, kid: str | None = None
    ) -> tuple[Application, Recipient] | None:
        """See Clients.client_of."""
        (known,) = await self._gathered.ask(tenant, [client_id])
        if known is None:
            return None
        application, recipient = known
        return application.model_copy(update={"jwks": await self._keys(application, kid)}), recipient

    async def by_number(self, caller: Caller) -> bool:
        """Whether the caller's organisation may use a BSN; nobody may who is not registered."""
        async with self._register.reading(caller.tenant) as rows:
            party = await rows.one(tables.recipients, slug=caller.organisation)
        return party is not None and recipient_of(party).by_bsn

    async def _admitted(self, tenant: str, client_ids: Sequence[str]) -> list[tuple[Application, Recipient] | None]:
        """Those who ask at one moment share three statements; a forged row among them is found by who asked for it."""

        admitted = await self._register.seen(tenant, lambda rows: _admitted(rows, client_ids))
        return [admitted.get(client_id) for client_id in client_ids]

    async def looking(self, tenant: str) -> Callable[[AsyncConnection], "Look"]:
        """See Lookups.looking."""
        opened = await self._register.keys_of(tenant)
        return lambda connection: Look(Rows(connection, opened), self._partaking, millis(self._clock()))

    async def published(self, application: Application, kid: str) -> str:
        """See Lookups.published."""
        return await self._keys(application, kid)

    async def _keys(self, application: Application, kid: str | None) -> str:
        url, fetched = application.jwks_url, self.fetched
        if not url:
            return live(application, millis(self._clock()))
        if fetched is None:
            return ""
        return fetched.known(url) if kid is None else await fetched.of(url, kid)

    async def activities_of(self, tenant: str, recipient: str, system: Application) -> frozenset[str]:
        """See Clients.activities_of."""
        return _slugs(await self._partaking.of(tenant, recipient), system, recipient)

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


class Look:
    """Satisfies consent.tokens.settling.Look."""

    def __init__(self, rows: Rows, partaking: Partaking, at: int) -> None:
        self._rows, self._partaking, self._at = rows, partaking, at

    async def clients(self, client_ids: Collection[str]) -> dict[str, Known]:
        """See Look.clients."""
        with refusing():
            admitted = await _admitted(self._rows, client_ids)
        return {
            client_id: (application.model_copy(update={"jwks": self._live(application)}), recipient)
            for client_id, (application, recipient) in admitted.items()
        }

    async def activities(self) -> Callable[[Application, str], frozenset[str]]:
        """See Look.activities."""
        with refusing():
            of = await self._partaking.seen(self._rows)
        return lambda system, recipient: _slugs(of.get(recipient, ()), system, recipient)

    def _live(self, application: Application) -> str:
        return "" if application.jwks_url else live(application, self._at)


def _slugs(theirs: Sequence[ActivityVersion], system: Application, recipient: str) -> frozenset[str]:
    return frozenset(one.slug for one in theirs if may_ask(system, one, recipient))


async def _admitted(rows: Rows, client_ids: Collection[str]) -> dict[str, Known]:
    found = await rows.asked(tables.applications, prepared.CLIENTS, clients=sorted(set(client_ids)))
    parties = await parties_of(rows, found)
    return {row["client_id"]: known for row in found if (known := effective(row, parties))}


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
