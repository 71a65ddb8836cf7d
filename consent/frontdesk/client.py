"""HTTP out: the desk of the town hall, when the register lives elsewhere."""

from dataclasses import dataclass

from consent import wire
from consent.contract import Choice, Chosen, ConsentDetail, ConsentReceipt, ConsentView
from consent.frontdesk.bodies import AboutOne, ChoseAt, FiledAt, InOne, MetAt, Tallied
from consent.frontdesk.contract import PREFIX, Conversation, DeskRequest, Meeting, Opening, Tally
from consent.rights.contract import RightsRequest
from kernel.caller import Caller
from kernel.http.client import RoomLine


@dataclass(frozen=True)
class FrontDeskClient:
    """Satisfies FrontDesk."""

    line: RoomLine

    async def begin(self, caller: Caller, opening: Opening) -> Conversation:
        """See FrontDesk.begin."""
        return await self.line.ask(f"{PREFIX}/begin", caller, opening, Conversation)

    async def meet(self, caller: Caller, conversation_id: str, met: Meeting) -> Conversation:
        """See FrontDesk.meet."""
        body = MetAt(conversation=conversation_id, met=met)
        return await self.line.ask(f"{PREFIX}/meet", caller, body, Conversation)

    async def conversation(self, caller: Caller, conversation_id: str) -> Conversation:
        """See FrontDesk.conversation."""
        return await self.line.ask(f"{PREFIX}/conversation", caller, InOne(conversation=conversation_id), Conversation)

    async def end(self, caller: Caller, conversation_id: str) -> None:
        """See FrontDesk.end."""
        await self.line.ask(f"{PREFIX}/end", caller, InOne(conversation=conversation_id), wire.Nothing)

    async def choices(self, caller: Caller, conversation_id: str) -> list[ConsentView]:
        """See FrontDesk.choices."""
        body = InOne(conversation=conversation_id)
        return list((await self.line.ask(f"{PREFIX}/choices", caller, body, wire.Views)).consents)

    async def choice(self, caller: Caller, conversation_id: str, consent_id: str) -> ConsentDetail:
        """See FrontDesk.choice."""
        body = AboutOne(conversation=conversation_id, id=consent_id)
        return await self.line.ask(f"{PREFIX}/choice", caller, body, ConsentDetail)

    async def choose(self, caller: Caller, conversation_id: str, consent_id: str, choice: Choice) -> Chosen:
        """See FrontDesk.choose."""
        body = ChoseAt(conversation=conversation_id, id=consent_id, choice=choice)
        return await self.line.ask(f"{PREFIX}/choose", caller, body, Chosen)

    async def receipt(self, caller: Caller, conversation_id: str, consent_id: str) -> ConsentReceipt:
        """See FrontDesk.receipt."""
        body = AboutOne(conversation=conversation_id, id=consent_id)
        return await self.line.ask(f"{PREFIX}/receipt", caller, body, ConsentReceipt)

    async def file(self, caller: Caller, conversation_id: str, asked: DeskRequest) -> RightsRequest:
        """See FrontDesk.file."""
        body = FiledAt(conversation=conversation_id, asked=asked)
        return await self.line.ask(f"{PREFIX}/file", caller, body, RightsRequest)

    async def tallies(self, caller: Caller) -> list[Tally]:
        """See FrontDesk.tallies."""
        return list((await self.line.ask(f"{PREFIX}/tallies", caller, wire.Nothing(), Tallied)).tallies)
