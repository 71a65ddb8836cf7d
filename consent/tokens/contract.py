"""What the token endpoint must know of an application; the register's rows answer it."""

from typing import Protocol

from consent.activity import Application, Recipient
from kernel.message import Message

STANDING = "/intern/v1/consent/standing"
Known = tuple[Application, Recipient]


class Stands(Message):
    """Whether a token may still come in."""

    holds: bool


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
