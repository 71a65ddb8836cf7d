"""HTTP out: whether a token may still come in, for rooms that live elsewhere."""

from consent.tokens.contract import STANDING, Stands
from kernel.caller import room_of
from kernel.http.client import RoomLine
from kernel.standing import Holder


class StandingClient:
    """A `kernel.standing.Ask`. room: who asks."""

    def __init__(self, line: RoomLine, room: str) -> None:
        self._line, self._room = line, room

    async def __call__(self, who: Holder) -> bool:
        """Raises NeighbourUnavailable, RegisterUnavailable."""
        return (await self._line.ask(STANDING, room_of(who.tenant, self._room), who, Stands)).holds
