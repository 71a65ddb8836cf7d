"""HTTP out: who was appointed, when the register lives elsewhere."""

from dataclasses import dataclass

from consent import wire
from consent.appointments.contract import (
    PREFIX,
    All,
    Appointed,
    Confirmed,
    Ended,
    Ending,
    Listed,
    Papers,
    Reason,
    Recorded,
    Searching,
    Waiting,
    Why,
)
from consent.contract import ResidentRef
from kernel.caller import Caller
from kernel.http.client import RoomLine


@dataclass(frozen=True)
class AppointmentsClient:
    """Satisfies Appointments."""

    line: RoomLine

    async def record(self, caller: Caller, recorded: Recorded) -> Waiting:
        """See Appointments.record."""
        return await self.line.ask(f"{PREFIX}/record", caller, recorded, Waiting)

    async def waiting(self, caller: Caller) -> list[Waiting]:
        """See Appointments.waiting."""
        return list((await self.line.ask(f"{PREFIX}/waiting", caller, wire.Nothing(), All)).waiting)

    async def confirm(self, caller: Caller, appointment_id: str, papers: Papers) -> None:
        """See Appointments.confirm."""
        await self.line.ask(f"{PREFIX}/confirm", caller, Confirmed(id=appointment_id, papers=papers), wire.Nothing)

    async def search(self, caller: Caller, resident: ResidentRef, reason: Reason) -> list[Appointed]:
        """See Appointments.search."""
        body = Searching(resident=resident, reason=reason)
        return list((await self.line.ask(f"{PREFIX}/search", caller, body, Listed)).found)

    async def end(self, caller: Caller, resident: ResidentRef, reference: str, why: Why) -> int:
        """See Appointments.end."""
        body = Ending(resident=resident, reference=reference, why=why)
        return (await self.line.ask(f"{PREFIX}/end", caller, body, Ended)).count
