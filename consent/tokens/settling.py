"""All that a token needs of the database, in one transaction in one worker thread, for those who ask at one moment: who
the client is now, what it may ask for, and its assertion, which counts once.

    read: clients, parties, activities ──▶ check and sign ──▶ keep the assertions ──▶ COMMIT ──▶ answers go out

Who comes while others wait for the disk, and is next, is checked and signed for at once, on what was read last; that
counts where the transaction reads the same, and is made anew where it does not. It saves no work: it does it while
nobody else does any.

A crash before the COMMIT leaves nothing; one after it, assertions that are used up and tokens that nobody has.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from consent.activity import Application
from consent.tokens.assertion import Proven, Unproven
from consent.tokens.contract import Clients, Known
from consent.tokens.server import Answer, Here, answer_to, is_broad, roots_of
from consent.tokens.signing import SigningKey
from consent.tokens.spending import Spending
from kernel.gather import Gatherer

MOST = 32  # at once: while they are checked nobody else writes to SQLite
_REFUSED = Answer(400, {"error": "invalid_client"})


@dataclass(frozen=True)
class Asked:
    """One form, read. shown: its assertion, None for one that cannot be read; name, kid: whom and which key it names,
    "" for none. now: when it came, in seconds since 1970. holder: see Here. keys: an address and the JWK set that was
    fetched there for this question. ahead: what was made while others waited."""

    form: Mapping[str, str]
    shown: Unproven | None
    name: str
    kid: str
    now: float
    holder: Mapping[str, str]
    keys: tuple[str, str] = ("", "")
    ahead: "Ahead | None" = None


class Rests(NamedTuple):
    """All of the database and the keys that an answer to a form rests on."""

    key: SigningKey
    known: Known | None
    activities: frozenset[str]


class Ahead(NamedTuple):
    """An answer that was made beforehand. It goes nowhere unless what it rests on is read once more."""

    on: Rests
    made: tuple[Answer, Proven | None]


@dataclass(frozen=True)
class Elsewhere:
    """This client publishes its keys itself, and they were not fetched for this question."""

    application: Application


class Look(Protocol):
    """What the register says in one transaction. Raises RegisterUnavailable."""

    async def clients(self, client_ids: Collection[str]) -> Mapping[str, Known]:
        """Those of them that are admitted, as `Clients.client_of`; without the keys that they publish themselves."""
        ...

    async def activities(self) -> Callable[[Application, str], frozenset[str]]:
        """As `Clients.activities_of`, for any application and its recipient."""
        ...


class Lookups(Clients, Protocol):
    """Clients, for who has a transaction of their own."""

    async def looking(self, tenant: str) -> Callable[[AsyncConnection], Look]:
        """For who has a transaction of the register in a worker thread, and asks all in it."""
        ...

    async def published(self, application: Application, kid: str) -> str:
        """The JWK set that it publishes itself, fetched anew when it is old or lacks this key; "" for none."""
        ...


Made = tuple[Answer | Elsewhere, Proven | None]
"""An answer, and what has to be kept before it goes out."""


class Settling:
    """keys: of a tenant, to sign with. Raises RegisterUnavailable, and what `consent.tokens.spending.unavailable`
    knows."""

    def __init__(
        self,
        issuers: Mapping[str, str],
        spending: Spending,
        keys: Callable[[str], Awaitable[SigningKey]],
        clients: Lookups,
    ) -> None:
        self._issuers, self._spending, self._keys, self._clients = issuers, spending, keys, clients
        self._gathered = Gatherer(self._settled, MOST)
        self._last: dict[tuple[str, str], Rests] = {}  # by tenant and client: as many as are admitted

    async def answer(self, tenant: str, asked: Asked) -> Answer:
        """A token or a refusal, settled. Who names nobody is refused without a look."""
        if not asked.name:
            return self._answer(tenant, asked, Rests(await self._keys(tenant), None, frozenset()))[0]
        last = self._last.get((tenant, asked.name))
        if last and self._gathered.is_next(tenant):
            asked = replace(asked, ahead=Ahead(last, self._answer(tenant, asked, last)))
        (found,) = await self._gathered.ask(tenant, [asked])
        if isinstance(found, Elsewhere):
            fetched = await self._clients.published(found.application, asked.kid)
            again = replace(asked, keys=(found.application.jwks_url or "", fetched))
            (found,) = await self._gathered.ask(tenant, [again])
        return _REFUSED if isinstance(found, Elsewhere) else found  # moved meanwhile: what was fetched is not its own

    async def _settled(self, tenant: str, batch: Sequence[Asked]) -> list[Answer | Elsewhere]:
        """Where it is doubtful whether the COMMIT came through, each is asked again alone, and counts as used when it
        did."""
        key, looking = await self._keys(tenant), await self._clients.looking(tenant)

        async def work(connection: AsyncConnection) -> tuple[list[Answer | Elsewhere], Callable[[], None]]:
            made = await self._made(tenant, key, looking(connection), batch)
            proofs = [proof for _, proof in made if proof]
            firsts, remember = await self._spending.within(connection, tenant, proofs)
            first = iter(firsts)
            return [answer if proof is None or next(first) else _REFUSED for answer, proof in made], remember

        answers, remember = await self._spending.database.written(tenant, work)
        remember()
        return answers

    async def _made(self, tenant: str, key: SigningKey, look: Look, batch: Sequence[Asked]) -> list[Made]:
        issuer = self._issuers[tenant]
        clients = await look.clients({asked.name for asked in batch})
        may = await self._activities(issuer, look, clients, batch)

        def made(asked: Asked) -> Made:
            known = clients.get(asked.name)
            if known and known[0].jwks_url:
                if known[0].jwks_url != asked.keys[0]:
                    return Elsewhere(known[0]), None
                known = known[0].model_copy(update={"jwks": asked.keys[1]}), known[1]
            on = Rests(key, known, may.get(asked.name, frozenset()))
            if asked.ahead and asked.ahead.on == on:
                return asked.ahead.made
            if known:
                self._last[tenant, asked.name] = on
            else:
                self._last.pop((tenant, asked.name), None)
            return self._answer(tenant, asked, on)

        return [made(asked) for asked in batch]

    def _answer(self, tenant: str, asked: Asked, on: Rests) -> tuple[Answer, Proven | None]:
        here = Here(
            tenant, self._issuers[tenant], on.key, asked.now, asked.holder, asked.shown, on.known, on.activities
        )
        return answer_to(asked.form, here)

    async def _activities(
        self, issuer: str, look: Look, clients: Mapping[str, Known], batch: Sequence[Asked]
    ) -> dict[str, frozenset[str]]:
        """What may stand in their tokens, by client. Not looked at where no activity does: who may stop others gets in
        while the row of an activity is not ours."""
        broad = {
            asked.name
            for asked in batch
            if (known := clients.get(asked.name))
            and is_broad(roots_of(issuer, known[0]).get(asked.form.get("resource", ""), frozenset()))
        }
        if not broad:
            return {}
        may = await look.activities()
        return {name: may(clients[name][0], clients[name][1].slug) for name in broad}
