"""The vault, as one source among others."""

from dataclasses import dataclass

from audit.contract import Permit
from connectors.contract import NOTHING, Known
from kernel.caller import Caller
from kernel.errors import Problem
from vault.contract import Bsn, Values, Vault


@dataclass(frozen=True)
class VaultSource:
    """Satisfies Source. The vault checks the permit itself, and asks the log besides."""

    vault: Vault

    async def fetch(self, caller: Caller, permit: Permit, bsn: Bsn, known: Known = NOTHING) -> Values:
        """See Source.fetch. The number is not passed on: the vault knows the resident from the permit."""
        (verdict,) = await self.vault.fetch(caller, (permit,))
        if isinstance(verdict, Problem):
            raise verdict
        return verdict
