"""Who a client is: what the token endpoint reads. MAC-checked, so a swapped key or recipient gives no token."""

from consent import tables
from consent.activity import Application
from consent.lines import recipient_of, version_of
from consent.rows import Register
from consent.tokens.contract import Client


class RegisteredClients:
    """Satisfies tokens.contract.Clients; changes nothing."""

    def __init__(self, register: Register) -> None:
        self._register = register

    async def client_of(self, tenant: str, client_id: str) -> Client | None:
        """See Clients.client_of. A row that is not ours is RegisterUnavailable, not None."""
        async with self._register.reading(tenant) as rows:
            row = await rows.one(tables.applications, client_id=client_id)
            party = await rows.one(tables.recipients, slug=row["recipient"]) if row else None
            if not row or not party or (row["status"], party["status"]) != ("toegelaten", "toegelaten"):
                return None
            found = await rows.find(tables.activities, tables.activities.c.status == "gepubliceerd")
        recipient, versions = recipient_of(party), [version_of(one) for one in found]
        mine = {one.slug for one in versions if any(party.recipient == recipient.slug for party in one.parties)}
        application = Application.model_validate_json(row["document"])
        return Client(
            recipient=recipient.slug, oin=recipient.oin, application=application, activities=tuple(sorted(mine))
        )
