"""The work: keys of Managers, and which application a grant is of. Asked at each request; nothing is remembered but
the keys that a Manager publishes."""

from collections.abc import Mapping, Sequence

from consent import tables
from consent.activity import Application, Recipient
from consent.clients import Fetched, RegisteredClients
from consent.fsc.rules import Claims, Refused, held, keys_of, named
from consent.fsc.settings import Group
from consent.lines import application_of
from consent.rows import Register, Row
from consent.tokens.server import is_broad, narrow_of, roots_of
from kernel.caller import Caller
from kernel.clock import Clock
from kernel.fsc import INVALID, NO_SERVICE, Found, Presented
from kernel.logs import logger

_log = logger("consent.fsc")


class FscTokens:
    """groups: by tenant; elsewhere nobody comes in this way. Satisfies `kernel.fsc.Ask` with `whose`. fetched: of the
    Managers whose keys are at an address."""

    def __init__(self, register: Register, clients: RegisteredClients, groups: Mapping[str, Group], fetched: Fetched,
                 clock: Clock) -> None:  # fmt: skip
        self._register, self._clients, self._groups = register, clients, groups
        self._fetched, self._clock = fetched, clock

    async def whose(self, shown: Presented) -> Found:
        """Raises RegisterUnavailable."""
        group = self._groups.get(shown.tenant)
        if group is None:
            return Found(code=INVALID)
        try:
            return Found(caller=await self._whose(group, shown))
        except Refused as refused:
            # why, for who runs this; whoever asked hears the code
            _log.info("fsc_refused", tenant=shown.tenant, code=refused.code)
            return Found(code=refused.code)

    async def _whose(self, group: Group, shown: Presented) -> Caller:
        claims = held(shown.token, keys_of(await self._keys(group, shown.token)), group, shown.certificate,
                      self._clock().timestamp())  # fmt: skip
        # 6 for the service that this root is
        name = shown.root.strip("/").partition("/")[0]
        if group.services.get(claims.svc) != name:
            raise Refused(NO_SERVICE)
        # 7 of one application that is admitted, for whoever connects
        application, recipient = await self._registered(shown.tenant, claims)
        # 8 which may come in here, for no more than with a token of its own
        scope = await self._scope(shown.tenant, name, application, recipient)
        return Caller(
            tenant=shown.tenant,
            organisation=recipient.slug,
            application=application.client_id,
            kind=application.kind,
            scope=scope,
            key=f"fsc:{shown.certificate}",
        )

    async def _keys(self, group: Group, token: str) -> str:
        found = group.jwks or await self._fetched.of(group.jwks_url, named(token))
        if not found:
            raise Refused
        return found

    async def _registered(self, tenant: str, claims: Claims) -> tuple[Application, Recipient]:
        async with self._register.reading(tenant) as rows:
            recipients = await rows.find(tables.recipients, tables.recipients.c.oin.in_(sorted(claims.peers)))
            slugs = [row["slug"] for row in recipients]
            c = tables.applications.c
            found = await rows.find(tables.applications, c.recipient.in_(slugs), c.status == "toegelaten")
        systems = [application_of(row) for row in found]
        mine = [one.client_id for one in systems if claims.gth in one.grants]
        if len(mine) != 1:  # two that claim one grant: neither is it
            raise Refused
        known = await self._clients.client_of(tenant, mine[0])
        if known is None or claims.gth not in known[0].grants or not fits(claims, known, recipients):
            raise Refused
        return known

    async def _scope(self, tenant: str, root: str, application: Application, recipient: Recipient) -> tuple[str, ...]:
        roles = roots_of("", application).get(f"/{root}/v1", frozenset())
        activities = frozenset[str]()
        if is_broad(roles):
            activities = await self._clients.activities_of(tenant, recipient.slug, application)
        if not (scope := narrow_of(roles) | activities):  # never one that is narrowed to nothing: that would be all
            raise Refused
        return tuple(sorted(scope))


def fits(claims: Claims, known: tuple[Application, Recipient], recipients: Sequence[Row]) -> bool:
    """Whether it is the recipient who connects by itself, or with it the processor whose system this is registered
    to be: nobody else acts for it."""
    application, recipient = known
    whole = {recipient.oin, *(row["oin"] for row in recipients if row["slug"] == application.processor)}
    return claims.peers == {recipient.oin} or (len(whole) > 1 and claims.peers == whole)
