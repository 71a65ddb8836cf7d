"""Who a client is: what the token endpoint reads. MAC-checked, so a swapped key or recipient gives no token."""

from consent import tables
from consent.activity import Application, Recipient
from consent.lines import recipient_of, version_of
from consent.rows import Register


class RegisteredClients:
    """Satisfies tokens.contract.Clients; changes nothing. A row that is not ours is RegisterUnavailable, not None."""

    def __init__(self, register: Register) -> None:
        self._register = register

    async def client_of(self, tenant: str, client_id: str) -> tuple[Application, Recipient] | None:
        """See Clients.client_of."""
        async with self._register.reading(tenant) as rows:
            row = await rows.one(tables.applications, client_id=client_id)
            party = await rows.one(tables.recipients, slug=row["recipient"]) if row else None
        if row is None or party is None or (row["status"], party["status"]) != ("toegelaten", "toegelaten"):
            return None
        return Application.model_validate_json(row["document"]), recipient_of(party)

    async def activities_of(self, tenant: str, recipient: str) -> frozenset[str]:
        """See Clients.activities_of."""
        async with self._register.reading(tenant) as rows:
            found = await rows.find(tables.activities, tables.activities.c.status == "gepubliceerd")
        versions = [version_of(row) for row in found]
        return frozenset(one.slug for one in versions if any(party.recipient == recipient for party in one.parties))
