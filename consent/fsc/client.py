"""HTTP out: whose token it is, for rooms that live elsewhere."""

from consent.fsc.api import WHOSE
from kernel.caller import room_of
from kernel.fsc import Found, Presented
from kernel.http.client import RoomLine


class FscClient:
    """A `kernel.fsc.Ask`. room: who asks."""

    def __init__(self, line: RoomLine, room: str) -> None:
        self._line, self._room = line, room

    async def __call__(self, shown: Presented) -> Found:
        """Raises NeighbourUnavailable, RegisterUnavailable."""
        return await self._line.ask(WHOSE, room_of(shown.tenant, self._room), shown, Found)
