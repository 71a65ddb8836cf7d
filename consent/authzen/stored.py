"""The plain table of policies, kept per tenant: only in the one that the settings name, which has no register."""

from consent import tables
from consent.authzen.messages import Evaluation, Verdict
from consent.authzen.policies import Policies, decide, read
from consent.authzen.tables import policies
from consent.rows import Register


class NotHere(Exception):
    """This tenant answers from its register."""


class Table:
    """Owns `policies`. tenant: "" when no tenant answers so."""

    def __init__(self, register: Register, tenant: str) -> None:
        self._register, self.tenant = register, tenant

    async def load(self, text: str) -> int:
        """The number of rows; the old table is gone. Raises NoPolicies, NotHere, RegisterUnavailable."""
        found = read(text)
        if not self.tenant:
            raise NotHere("REGIE_CONSENT_AUTHZEN_TENANT is leeg")
        async with self._register.writing(self.tenant) as rows:
            if await rows.find(tables.recipients, most=1) or await rows.find(tables.activities, most=1):
                raise NotHere(f"{self.tenant} heeft een register")
            document = found.model_dump_json()
            if not await rows.add(policies, {"document": document}):
                row = await rows.one(policies, lock=True)
                if row:
                    await rows.put(policies, row, document=document)
        return len(found.policies)

    async def answer(self, asked: list[Evaluation]) -> list[Verdict]:
        """In order; no where nothing was loaded."""
        async with self._register.reading(self.tenant) as rows:
            row = await rows.one(policies)
        known = Policies.model_validate_json(row["document"]).policies if row else ()
        return [Verdict(decision=decide(known, one)) for one in asked]
