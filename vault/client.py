"""HTTP out: the vault, when it lives elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from audit.contract import Permit, Receipt
from kernel.caller import Caller
from kernel.errors import NeighbourUnavailable, Problem
from kernel.http.client import RoomLine
from kernel.message import Message
from vault.api import (
    PREFIX,
    AllKept,
    Called,
    Found,
    Keeping,
    Known,
    Looked,
    Looking,
    Names,
    Of,
    Permits,
    Receipts,
    Refs,
    Removing,
    Replacing,
    SealedNumbers,
    Subjects,
    Verdicts,
    Yes,
)
from vault.contract import Bsn, Deposit, Kept, ResidentRef, Value, Values


class _Revealed(Message):
    """The one body in which a number leaves this process: a Bsn prints itself as ***, on the wire too."""

    bsns: tuple[str, ...]

    def __repr__(self) -> str:
        return "***"

    def __str__(self) -> str:
        return "***"


class _One(Message):
    """As above, of one."""

    bsn: str

    def __repr__(self) -> str:
        return "***"

    def __str__(self) -> str:
        return "***"


@dataclass(frozen=True)
class VaultClient:
    """Satisfies Vault."""

    line: RoomLine

    async def identify(self, caller: Caller, bsns: Sequence[Bsn]) -> list[ResidentRef]:
        """See Vault.identify."""
        return await self._refs("identify", caller, bsns)

    async def enrol(self, caller: Caller, bsns: Sequence[Bsn]) -> list[ResidentRef]:
        """See Vault.enrol."""
        return await self._refs("enrol", caller, bsns)

    async def arrive(self, caller: Caller, bsn: Bsn) -> ResidentRef:
        """See Vault.arrive."""
        return await self.line.ask(f"{PREFIX}/arrive", caller, _One(bsn=bsn.reveal()), ResidentRef)

    async def hold_number(self, caller: Caller, resident: ResidentRef) -> None:
        """See Vault.hold_number."""
        await self.line.ask(f"{PREFIX}/hold-number", caller, Of(resident=resident), Yes)

    async def recognise(self, caller: Caller, names: Sequence[str]) -> list[ResidentRef]:
        """See Vault.recognise."""
        answer = await self.line.ask(f"{PREFIX}/recognise", caller, Called(names=tuple(names)), Refs)
        return list(_as_many(answer.residents, names))

    async def name(self, caller: Caller, residents: Sequence[ResidentRef]) -> list[str]:
        """See Vault.name."""
        answer = await self.line.ask(f"{PREFIX}/name", caller, Known(residents=tuple(residents)), Names)
        return list(_as_many(answer.names, residents))

    async def behind(self, caller: Caller, subjects: Sequence[str]) -> list[ResidentRef | None]:
        """See Vault.behind."""
        answer = await self.line.ask(f"{PREFIX}/behind", caller, Subjects(subjects=tuple(subjects)), Found)
        return list(_as_many(answer.residents, subjects))

    async def numbers(self, caller: Caller, permits: Sequence[Permit]) -> list[Bsn | Problem]:
        """See Vault.numbers."""
        answer = await self.line.ask(f"{PREFIX}/numbers", caller, Permits(permits=tuple(permits)), SealedNumbers)
        return [one.read() for one in _as_many(answer.numbers, permits)]

    async def opened(self, caller: Caller, resident: ResidentRef) -> bool:
        """See Vault.opened."""
        return (await self.line.ask(f"{PREFIX}/opened", caller, Of(resident=resident), Yes)).yes

    async def open_vault(self, caller: Caller, resident: ResidentRef) -> Receipt:
        """See Vault.open_vault."""
        return await self.line.ask(f"{PREFIX}/open-vault", caller, Of(resident=resident), Receipt)

    async def erase(self, caller: Caller, resident: ResidentRef) -> Receipt:
        """See Vault.erase."""
        return await self.line.ask(f"{PREFIX}/erase", caller, Of(resident=resident), Receipt)

    async def keep(self, caller: Caller, resident: ResidentRef, deposits: Sequence[Deposit]) -> list[Receipt]:
        """See Vault.keep."""
        body = Keeping(resident=resident, deposits=tuple(deposits))
        return list((await self.line.ask(f"{PREFIX}/keep", caller, body, Receipts)).receipts)

    async def replace(self, caller: Caller, resident: ResidentRef, deposit: Deposit, was: str | None = None) -> Receipt:
        """See Vault.replace."""
        body = Replacing(resident=resident, deposit=deposit, was=was)
        return await self.line.ask(f"{PREFIX}/replace", caller, body, Receipt)

    async def remove(self, caller: Caller, resident: ResidentRef, element: str, was: str | None = None) -> Receipt:
        """See Vault.remove."""
        body = Removing(resident=resident, element=element, was=was)
        return await self.line.ask(f"{PREFIX}/remove", caller, body, Receipt)

    async def kept(self, caller: Caller, resident: ResidentRef) -> list[Kept]:
        """See Vault.kept."""
        return list((await self.line.ask(f"{PREFIX}/kept", caller, Of(resident=resident), AllKept)).kept)

    async def look(
        self, caller: Caller, resident: ResidentRef, elements: Sequence[str], *, whole: bool = False
    ) -> list[Value]:
        """See Vault.look."""
        body = Looking(resident=resident, elements=tuple(elements), whole=whole)
        answer = await self.line.ask(f"{PREFIX}/look", caller, body, Looked)
        return list(_as_many(answer.values, elements))

    async def fetch(self, caller: Caller, permits: Sequence[Permit]) -> list[Values | Problem]:
        """See Vault.fetch."""
        answer = await self.line.ask(f"{PREFIX}/fetch", caller, Permits(permits=tuple(permits)), Verdicts)
        return [verdict.read() for verdict in _as_many(answer.verdicts, permits)]

    async def _refs(self, verb: str, caller: Caller, bsns: Sequence[Bsn]) -> list[ResidentRef]:
        body = _Revealed(bsns=tuple(bsn.reveal() for bsn in bsns))
        answer = await self.line.ask(f"{PREFIX}/{verb}", caller, body, Refs)
        return list(_as_many(answer.residents, bsns))


def _as_many(answers: Sequence[Any], asked: Sequence[Any]) -> Sequence[Any]:
    if len(answers) != len(asked):
        raise NeighbourUnavailable("Onderdelen van Regie verstaan elkaar niet.", onderdeel="vault")
    return answers
