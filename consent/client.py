"""HTTP out: the register, when it lives elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass

from audit.contract import Position, Receipt
from consent import wire
from consent.activity import ActivityVersion, Application, Case, Recipient, Reporter
from consent.appointments.client import AppointmentsClient
from consent.contract import (
    Choice,
    Chosen,
    ConsentDetail,
    ConsentReceipt,
    ConsentRequest,
    ConsentView,
    Flag,
    Question,
    ResidentQuestion,
    ResidentRef,
    Sealed,
    Search,
    Under,
)
from consent.delivery.client import DeliveryClient
from consent.drafts.client import DraftsClient
from consent.emergencies.client import EmergenciesClient
from consent.events.client import AnnouncementsClient
from consent.frontdesk.client import FrontDeskClient
from consent.mandates.client import MandatesClient
from consent.parties.client import PartiesClient
from consent.published import Published
from consent.registers import SealingKey
from consent.rights.client import RightsClient
from consent.safety.client import SafetyClient
from consent.wire import PREFIX
from kernel.caller import Caller
from kernel.errors import NeighbourUnavailable
from kernel.http.client import RoomLine


@dataclass(frozen=True)
class ConsentClient:
    """Satisfies Consent and Registers."""

    line: RoomLine

    @property
    def parties(self) -> PartiesClient:
        """See Registers.parties."""
        return PartiesClient(self.line)

    @property
    def drafts(self) -> DraftsClient:
        """See Registers.drafts."""
        return DraftsClient(self.line)

    @property
    def rights(self) -> RightsClient:
        """See Registers.rights."""
        return RightsClient(self.line)

    @property
    def mandates(self) -> MandatesClient:
        """See Registers.mandates."""
        return MandatesClient(self.line)

    @property
    def delivery(self) -> DeliveryClient:
        """See Registers.delivery."""
        return DeliveryClient(self.line)

    @property
    def frontdesk(self) -> FrontDeskClient:
        """See Registers.frontdesk."""
        return FrontDeskClient(self.line)

    @property
    def appointments(self) -> AppointmentsClient:
        """See Registers.appointments."""
        return AppointmentsClient(self.line)

    @property
    def safety(self) -> SafetyClient:
        """See Registers.safety."""
        return SafetyClient(self.line)

    @property
    def announcements(self) -> AnnouncementsClient:
        """See Registers.announcements."""
        return AnnouncementsClient(self.line)

    @property
    def emergencies(self) -> EmergenciesClient:
        """See Registers.emergencies."""
        return EmergenciesClient(self.line)

    async def decide(self, caller: Caller, questions: Sequence[Question]) -> list[Sealed]:
        """See Consent.decide."""
        decided: list[Sealed] = []
        for begin in range(0, len(questions), wire.MOST):  # a snapshot each: over a wire not more fits in one
            part = tuple(questions[begin : begin + wire.MOST])
            answer = await self.line.ask(f"{PREFIX}/decide", caller, wire.Questions(questions=part), wire.Decisions)
            if len(answer.decisions) != len(part):
                raise NeighbourUnavailable("Onderdelen van Regie verstaan elkaar niet.", onderdeel="consent")
            decided += answer.decisions
        return decided

    async def sealing_key(self, caller: Caller) -> SealingKey:
        """See Registers.sealing_key."""
        return await self.line.ask(f"{PREFIX}/sealing-key", caller, wire.Nothing(), SealingKey)

    async def under(self, caller: Caller, fences: Sequence[str]) -> list[Under]:
        """See Consent.under."""
        body = wire.Fences(fences=tuple(fences))
        return list((await self.line.ask(f"{PREFIX}/under", caller, body, wire.Unders)).under)

    async def flag(self, caller: Caller, resident: ResidentRef, flags: Sequence[Flag]) -> Position:
        """See Consent.flag."""
        body = wire.Flagged(resident=resident, flags=tuple(flags))
        return await self.line.ask(f"{PREFIX}/flag", caller, body, Position)

    async def request(self, caller: Caller, wanted: ConsentRequest) -> ConsentView:
        """See Consent.request."""
        return await self.line.ask(f"{PREFIX}/request", caller, wanted, ConsentView)

    async def requested(self, caller: Caller, consent_id: str) -> ConsentView:
        """See Consent.requested."""
        return await self.line.ask(f"{PREFIX}/requested", caller, wire.One(id=consent_id), ConsentView)

    async def found(self, caller: Caller, search: Search) -> list[ConsentView]:
        """See Consent.found."""
        return list((await self.line.ask(f"{PREFIX}/found", caller, search, wire.Views)).consents)

    async def receipt(self, caller: Caller, consent_id: str) -> ConsentReceipt:
        """See Consent.receipt."""
        return await self.line.ask(f"{PREFIX}/receipt", caller, wire.One(id=consent_id), ConsentReceipt)

    async def choices(self, caller: Caller) -> list[ConsentView]:
        """See Consent.choices."""
        return list((await self.line.ask(f"{PREFIX}/choices", caller, wire.Nothing(), wire.Views)).consents)

    async def choice(self, caller: Caller, consent_id: str) -> ConsentDetail:
        """See Consent.choice."""
        return await self.line.ask(f"{PREFIX}/choice", caller, wire.One(id=consent_id), ConsentDetail)

    async def given_by(self, caller: Caller, consent_id: str) -> ResidentRef | None:
        """See Consent.given_by."""
        return (await self.line.ask(f"{PREFIX}/given-by", caller, wire.One(id=consent_id), wire.Perhaps)).resident

    async def take_up(self, caller: Caller, consent_id: str, resident: ResidentRef) -> None:
        """See Consent.take_up."""
        await self.line.ask(f"{PREFIX}/take-up", caller, wire.TakenUp(id=consent_id, resident=resident), wire.Nothing)

    async def choose(self, caller: Caller, consent_id: str, choice: Choice) -> Chosen:
        """See Consent.choose."""
        return await self.line.ask(f"{PREFIX}/choose", caller, wire.Chose(id=consent_id, choice=choice), Chosen)

    async def anew(self, caller: Caller, consent_id: str) -> ConsentView:
        """See Consent.anew."""
        return await self.line.ask(f"{PREFIX}/anew", caller, wire.One(id=consent_id), ConsentView)

    async def ask(self, caller: Caller, resident: ResidentRef, line: Position, text: str) -> ResidentQuestion:
        """See Consent.ask."""
        body = wire.Asked(resident=resident, line=line, text=text)
        return await self.line.ask(f"{PREFIX}/ask", caller, body, ResidentQuestion)

    async def asked(self, caller: Caller) -> list[ResidentQuestion]:
        """See Consent.asked."""
        return list((await self.line.ask(f"{PREFIX}/asked", caller, wire.Nothing(), wire.Open)).questions)

    async def answer(self, caller: Caller, question_id: str, text: str) -> ResidentQuestion:
        """See Consent.answer."""
        body = wire.Answered(id=question_id, text=text)
        return await self.line.ask(f"{PREFIX}/answer", caller, body, ResidentQuestion)

    async def publish(self, caller: Caller, version: ActivityVersion) -> ActivityVersion:
        """See Registers.publish."""
        return await self.line.ask(f"{PREFIX}/publish", caller, version, ActivityVersion)

    async def activities(self, caller: Caller) -> list[ActivityVersion]:
        """See Registers.activities."""
        return list((await self.line.ask(f"{PREFIX}/activities", caller, wire.Nothing(), wire.Versions)).versions)

    async def history(self, caller: Caller, slug: str) -> list[Published]:
        """See Registers.history."""
        return list((await self.line.ask(f"{PREFIX}/history", caller, wire.One(id=slug), wire.Past)).versions)

    async def recipients(self, caller: Caller) -> list[Recipient]:
        """See Registers.recipients."""
        return list((await self.line.ask(f"{PREFIX}/recipients", caller, wire.Nothing(), wire.Parties)).recipients)

    async def reporter(self, caller: Caller, users: Sequence[str]) -> Reporter:
        """See Registers.reporter."""
        return await self.line.ask(f"{PREFIX}/reporter", caller, wire.Users(users=tuple(users)), Reporter)

    async def reporters(self, caller: Caller) -> list[Recipient]:
        """See Registers.reporters."""
        return list((await self.line.ask(f"{PREFIX}/reporters", caller, wire.Nothing(), wire.Parties)).recipients)

    async def admit(self, caller: Caller, recipient: Recipient) -> Receipt:
        """See Registers.admit."""
        return await self.line.ask(f"{PREFIX}/admit", caller, recipient, Receipt)

    async def add_client(self, caller: Caller, recipient: str, application: Application) -> Receipt:
        """See Registers.add_client."""
        body = wire.NewClient(recipient=recipient, application=application)
        return await self.line.ask(f"{PREFIX}/add-client", caller, body, Receipt)

    async def suspend(self, caller: Caller, recipient: str) -> Receipt:
        """See Registers.suspend."""
        return await self.line.ask(f"{PREFIX}/suspend", caller, wire.One(id=recipient), Receipt)

    async def open_case(self, caller: Caller, case: Case) -> Receipt:
        """See Registers.open_case."""
        return await self.line.ask(f"{PREFIX}/open-case", caller, case, Receipt)

    async def open_cases(self, caller: Caller, cases: Sequence[Case]) -> list[Receipt]:
        """See Registers.open_cases."""
        body = wire.NewCases(cases=tuple(cases))
        return list((await self.line.ask(f"{PREFIX}/open-cases", caller, body, wire.Opened)).receipts)

    async def close_case(self, caller: Caller, recipient: str, reference: str) -> Receipt:
        """See Registers.close_case."""
        body = wire.OneCase(recipient=recipient, reference=reference)
        return await self.line.ask(f"{PREFIX}/close-case", caller, body, Receipt)
