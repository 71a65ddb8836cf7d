"""HTTP out: what a neighbour asks of this room, when it lives elsewhere."""

from dataclasses import dataclass

from connectors.authority.api import PREFIX, Children
from connectors.contract import Child
from kernel.caller import Caller
from kernel.http.client import RoomLine
from kernel.message import Message
from vault.contract import Bsn


class _Revealed(Message):
    """The one body in which a number leaves this process: a Bsn prints itself as ***, on the wire too."""

    bsn: str

    def __repr__(self) -> str:
        return "***"

    def __str__(self) -> str:
        return "***"


@dataclass(frozen=True)
class AuthorityClient:
    """Satisfies Authority."""

    line: RoomLine

    async def over(self, caller: Caller, bsn: Bsn) -> list[Child]:
        """See Authority.over."""
        body = _Revealed(bsn=bsn.reveal())
        return list((await self.line.ask(f"{PREFIX}/authority", caller, body, Children)).children)
