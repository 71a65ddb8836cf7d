"""What the token endpoint must know of an application; the register's rows answer it."""

from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from consent.activity import Application, Recipient
from kernel.message import Message

STANDING = "/intern/v1/consent/standing"
Known = tuple[Application, Recipient]


class Stands(Message):
    """Whether a token may still come in."""

    holds: bool


class Look(Protocol):
    """What the register says in one transaction. Raises RegisterUnavailable."""

    async def clients(self, client_ids: Collection[str]) -> Mapping[str, Known]:
        """Those of them that are admitted, as `Clients.client_of`; without the keys that they publish themselves."""
        ...

    async def activities(self) -> Callable[[Application, str], frozenset[str]]:
        """As `Clients.activities_of`, for any application and its recipient."""
        ...


class Clients(Protocol):
    """Where applications are found. Raises RegisterUnavailable."""

    async def client_of(
        self, tenant: str, client_id: str, kid: str | None = None
    ) -> tuple[Application, Recipient] | None:
        """None: unknown, not effective yet, or suspended. Only the keys that count now. kid: of the key that is shown,
        so that keys which the client publishes itself are fetched; None fetches nothing."""
        ...

    async def activities_of(self, tenant: str, recipient: str, system: Application) -> frozenset[str]:
        """Those in force in which the recipient takes part, and that this application of it may ask for."""
        ...

    async def looking(self, tenant: str) -> Callable[[AsyncConnection], Look]:
        """For who has a transaction of the register in a worker thread, and asks all in it."""
        ...

    async def published(self, application: Application, kid: str) -> str:
        """The JWK set that it publishes itself, fetched anew when it is old or lacks this key; "" for none."""
        ...
