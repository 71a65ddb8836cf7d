"""HTTP out: messages to residents, when the register lives elsewhere."""

from dataclasses import dataclass

from consent import wire
from consent.delivery.api import Chosen
from consent.delivery.contract import PREFIX, Reached
from kernel.caller import Caller
from kernel.hidden import Hidden
from kernel.http.client import RoomLine
from kernel.message import Message


class _Revealed(Message):
    """The one body in which the number leaves this process."""

    number: str

    def __repr__(self) -> str:
        return "***"

    def __str__(self) -> str:
        return "***"


@dataclass(frozen=True)
class DeliveryClient:
    """Satisfies Delivery."""

    line: RoomLine

    async def reached(self, caller: Caller) -> Reached:
        """See Delivery.reached."""
        return await self.line.ask(f"{PREFIX}/reached", caller, wire.Nothing(), Reached)

    async def known(self, caller: Caller, number: Hidden) -> Reached:
        """See Delivery.known."""
        return await self.line.ask(f"{PREFIX}/known", caller, _Revealed(number=number.reveal()), Reached)

    async def choose(self, caller: Caller, *, on: bool) -> Reached:
        """See Delivery.choose."""
        return await self.line.ask(f"{PREFIX}/choose", caller, Chosen(on=on), Reached)
