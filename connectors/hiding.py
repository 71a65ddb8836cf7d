"""Who of the people around a resident may not be found, as Regie itself knows it: beside what the register says.

Asked at the moment of a release, of those whom its elements would name. Without an answer nothing is told of anybody.
"""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from consent.contract import Registers, ResidentRef
from kernel.caller import Caller
from vault.contract import Bsn, Vault

Hiding = Callable[[Caller, Collection[str]], Awaitable[frozenset[str]]]
"""Which of these numbers are of somebody who may not be found."""


async def all_hidden(_: Caller, numbers: Collection[str]) -> frozenset[str]:
    """A Hiding where nobody can be asked: nothing is told of anybody."""
    return frozenset(numbers)


@dataclass(frozen=True)
class Known:
    """A Hiding, of the residents whom the vault knows; nobody set a flag for another."""

    vault: Vault
    registers: Registers

    async def __call__(self, caller: Caller, numbers: Collection[str]) -> frozenset[str]:
        """Raises VaultUnavailable, RegisterUnavailable, LogUnavailable."""
        named = {number: bsn for number in numbers if (bsn := _bsn(number)) is not None}
        if not named:
            return frozenset(numbers)
        found = await self.vault.identify(caller, tuple(named.values()))
        refs = [ResidentRef.model_validate(one.model_dump()) for one in found]
        hidden = await self.registers.safety.hidden(caller, refs)
        open_ones = {number for number, hides in zip(named, hidden, strict=True) if not hides}
        return frozenset(numbers) - open_ones


def _bsn(number: str) -> Bsn | None:
    """None for what is no number: of whom it is nobody knows."""
    try:
        return Bsn(number)
    except ValueError:
        return None
