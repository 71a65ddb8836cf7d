"""HTTP out: what a neighbour asks of this room, when it lives elsewhere."""

from dataclasses import dataclass
from typing import Annotated

from connectors.authority.api import PREFIX, Children
from connectors.contract import AuthorityUse, Child
from kernel.caller import Caller
from kernel.http.client import RoomLine
from kernel.message import Message, wire
from vault.contract import Bsn


class _Revealed(Message):
    """The one body in which a number leaves this process: a Bsn prints itself as ***, on the wire too."""

    bsn: str
    activity: Annotated[AuthorityUse, wire("verwerkingsactiviteit")]

    def __repr__(self) -> str:
        return "***"

    def __str__(self) -> str:
        return "***"


@dataclass(frozen=True)
class AuthorityClient:
    """Satisfies Authority."""

    line: RoomLine

    async def over(self, caller: Caller, bsn: Bsn, activity: AuthorityUse = "regie-namens") -> list[Child]:
        """See Authority.over."""
        body = _Revealed(bsn=bsn.reveal(), activity=activity)
        return list((await self.line.ask(f"{PREFIX}/authority", caller, body, Children)).children)
