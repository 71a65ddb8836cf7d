"""The register: one object behind its two doors, Consent and Registers. Each noun has its own module."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from audit.contract import Audit, Event, Position, Receipt
from consent.activity import ActivityVersion, Application, Case, CatalogueElement, Recipient, Reporter
from consent.appointments.service import Appointing
from consent.asking import Asking
from consent.authzen.stored import Table
from consent.casework import Casework
from consent.choosing import Choosing
from consent.clients import RegisteredClients
from consent.contract import (
    Choice,
    Chosen,
    ConsentDetail,
    ConsentReceipt,
    ConsentRequest,
    ConsentView,
    Flag,
    Question,
    RegisterUnavailable,
    ResidentQuestion,
    ResidentRef,
    Sealed,
    Search,
    Under,
)
from consent.deciding import Deciding
from consent.delivery.contract import Delivery
from consent.drafts.service import Drafting
from consent.emergencies.service import Reviewing
from consent.events.announcing import Announcing
from consent.explained import EnrolAt, Told
from consent.explaining import Explaining
from consent.flagging import Flagging
from consent.following import Following
from consent.forgetting import Forgetting
from consent.frontdesk.attending import attended
from consent.frontdesk.service import Helping
from consent.keys import MACHINES
from consent.mandates.service import Mandating
from consent.parties.overdue import OverdueEnds
from consent.parties.service import PartyKeeping
from consent.permits import Permits
from consent.published import Published
from consent.receipts.service import Receipts
from consent.registering import Registering
from consent.registers import SealingKey
from consent.replaying import Replayed, Replaying
from consent.requesting import Enrol, Requesting
from consent.rights.service import Claiming
from consent.rows import Register
from consent.safety.service import Safeguarding
from consent.suspending import Suspending
from kernel.caller import Caller
from kernel.clock import Clock, millis
from kernel.fsc import Ask
from kernel.sql import Database
from kernel.standing import Standing


class Tokens(Protocol):
    """What assembly needs of the token endpoint: keys for the other roots' gates, and their rotation."""

    async def public_key(self, tenant: str, kid: str) -> Mapping[str, Any] | None:
        """A kernel.http.bearer.KeySource."""

    async def rotate(self, tenant: str) -> str:
        """A new signing key; its kid."""

    @property
    def standing(self) -> Standing:
        """Whose tokens may still come in; of this process."""


class ConsentService:
    """Satisfies Consent and Registers. Holds nothing that changes: rows do, and each noun owns its own."""

    def __init__(self, register: Register, audit: Audit, catalogue: tuple[CatalogueElement, ...], clock: Clock) -> None:
        known = {element.name: element for element in catalogue}
        self._register, self._clock = register, clock
        self.following = Following(register, audit, clock)
        around = (register, audit, self.following, clock)
        self._permits, self._flagging = Permits(register, audit, clock), Flagging(register, audit, clock)
        self._deciding, self.safety = Deciding(*around), Safeguarding(*around)
        self._explaining, self._asking = Explaining(self._deciding, audit), Asking(register, audit, clock)
        self.requesting, self.clients = Requesting(register, audit, clock), RegisteredClients(register, clock)
        self._choosing = Choosing(register, audit, self.following, known, clock)
        self.registering = Registering(register, audit, self.following, known, clock)
        self.drafts = Drafting(register, audit, self.clients, self.registering, clock)
        self.rights, self.appointments = Claiming(*around), Appointing(*around)
        self.mandates = Mandating(register, audit, self._choosing, self.rights, clock)
        self.frontdesk = Helping(register, audit, self.following, self._choosing, clock)
        self.frontdesk.rights = self.rights
        self.emergencies, self.announcements = Reviewing(register, audit), Announcing(register)
        self.parties = PartyKeeping(register, audit, self.clients, clock, self._forget)
        self.forgetting, self._overdue = Forgetting(register, clock), OverdueEnds(register, audit)
        self._casework, self._suspending = Casework(*around), Suspending(*around)
        self.tokens: Tokens | None = None  # set where the room is put together
        self.fsc: Ask | None = None  # the same
        self.mail: Delivery | None = None  # the same
        self.receipts: Receipts | None = None  # as above

    @property
    def register(self) -> Register:
        """For what works beside the doors."""
        return self._register

    @property
    def database(self) -> Database:
        """Of this room; whoever put it together closes it."""
        return self._register.database

    async def readable(self, tenant: str) -> None:
        """Raises RegisterUnavailable when keys or tables cannot be read."""
        await self.following.known(tenant)

    async def public_seal_key(self, tenant: str) -> bytes:
        """The public half of the decision seal, 32 bytes: Trust.registers of a permit. Raises RegisterUnavailable."""
        return (await self._register.keys_of(tenant)).signer.public

    async def rewrap(self, tenant: str) -> int:
        """All keys of the room under the newest KEK; how many changed."""
        return await self._register.rewrap(tenant)

    async def suspend_all(self, tenant: str, mark: str, since: Position | None = None) -> int:
        """After lines of the log were lost: see Suspending.suspend_all."""
        return await self._suspending.suspend_all(tenant, mark, since)

    async def finish(self, tenant: str) -> None:
        """Rows follow the log, then what crashes left pending is finished or dropped. Raises LogUnavailable,
        RegisterUnavailable: again in two seconds."""
        if await self._overdue.sweep(tenant):
            self._forget()
        await self.following.follow(tenant)
        await self._permits.sweep(tenant)
        await self._flagging.sweep(tenant)
        await self.safety.sweep(tenant)
        await self.rights.sweep(tenant)
        await self.forgetting.sweep(tenant)

    async def decide(self, caller: Caller, questions: Sequence[Question]) -> list[Sealed]:
        """See Consent.decide."""
        return await self._deciding.decide(caller, questions) if questions else []

    async def under(self, caller: Caller, fences: Sequence[str]) -> list[Under]:
        """See Consent.under."""
        return await self.requesting.under(caller.tenant, fences)

    async def explain(self, caller: Caller, asked: Sequence[Question], enrol: EnrolAt | None = None) -> list[Told]:
        """See Explaining.explain."""
        return await self._explaining.explain(caller, asked, enrol)

    async def replay(self, tenant: str, event: Event) -> Replayed:
        """See Replaying.replay."""
        return await Replaying(self._register).replay(tenant, event)

    async def load_policies(self, tenant: str, text: str) -> int:
        """See consent.authzen.stored.Table.load."""
        return await Table(self._register, tenant).load(text)

    async def sealing_key(self, caller: Caller) -> SealingKey:
        """See Registers.sealing_key."""
        return await self.clients.sealing_key(caller)

    async def flag(self, caller: Caller, resident: ResidentRef, flags: Sequence[Flag]) -> Position:
        """See Consent.flag."""
        return await self._flagging.flag(caller, resident, frozenset(flags))

    async def request(self, caller: Caller, wanted: ConsentRequest, enrol: Enrol | None = None) -> ConsentView:
        """See Consent.request; enrol as in Requesting.request."""
        return await self.requesting.request(caller, wanted, enrol)

    async def requested(self, caller: Caller, consent_id: str) -> ConsentView:
        """See Consent.requested."""
        return await self.requesting.requested(caller, consent_id)

    async def given_by(self, caller: Caller, consent_id: str) -> ResidentRef | None:
        """See Consent.given_by."""
        return await self.requesting.given_by(caller, consent_id)

    async def take_up(self, caller: Caller, consent_id: str, resident: ResidentRef) -> None:
        """See Consent.take_up."""
        await self.requesting.take_up(caller, consent_id, resident)

    async def may_name_by_number(self, caller: Caller) -> bool:
        """Whether the caller's organisation may use a BSN."""
        return await self.clients.by_number(caller)

    async def found(self, caller: Caller, search: Search) -> list[ConsentView]:
        """See Consent.found."""
        return await self.requesting.found(caller, search)

    async def receipt(self, caller: Caller, consent_id: str) -> ConsentReceipt:
        """See Consent.receipt."""
        if self.receipts is None:
            raise RegisterUnavailable()
        mine = caller.kind not in MACHINES
        await attended(self._register, caller, millis(self._clock()))
        detail = (
            await self._choosing.choice(caller, consent_id) if mine else await self._choosing.theirs(caller, consent_id)
        )
        return await self.receipts.of(caller, detail, with_content=mine)

    @property
    def delivery(self) -> Delivery:
        """See Registers.delivery."""
        if self.mail is None:
            raise RegisterUnavailable()
        return self.mail

    async def choices(self, caller: Caller) -> list[ConsentView]:
        """See Consent.choices."""
        return await self._choosing.choices(caller)

    async def choice(self, caller: Caller, consent_id: str) -> ConsentDetail:
        """See Consent.choice."""
        await attended(self._register, caller, millis(self._clock()))
        return await self._choosing.choice(caller, consent_id)

    async def choose(self, caller: Caller, consent_id: str, choice: Choice) -> Chosen:
        """See Consent.choose."""
        await attended(self._register, caller, millis(self._clock()))
        return await self._choosing.choose(caller, consent_id, choice)

    async def anew(self, caller: Caller, consent_id: str) -> ConsentView:
        """See Consent.anew."""
        return await self.requesting.anew(caller, consent_id)

    async def ask(self, caller: Caller, resident: ResidentRef, line: Position, text: str) -> ResidentQuestion:
        """See Consent.ask."""
        return await self._asking.ask(caller, resident, line, text)

    async def asked(self, caller: Caller) -> list[ResidentQuestion]:
        """See Consent.asked."""
        return await self._asking.asked(caller)

    async def answer(self, caller: Caller, question_id: str, text: str) -> ResidentQuestion:
        """See Consent.answer."""
        return await self._asking.answer(caller, question_id, text)

    async def publish(self, caller: Caller, version: ActivityVersion) -> ActivityVersion:
        """See Registers.publish."""
        return await self.registering.publish(caller, version)

    async def history(self, caller: Caller, slug: str) -> list[Published]:
        """See Registers.history."""
        return await self.registering.history(caller, slug)

    async def activities(self, caller: Caller) -> list[ActivityVersion]:
        """See Registers.activities."""
        return await self.registering.activities(caller)

    async def recipients(self, caller: Caller) -> list[Recipient]:
        """See Registers.recipients."""
        return await self.registering.recipients(caller)

    async def reporter(self, caller: Caller, users: Sequence[str]) -> Reporter:
        """See Registers.reporter."""
        return await self.clients.reporter(caller, users)

    async def reporters(self, caller: Caller) -> list[Recipient]:
        """See Registers.reporters."""
        return await self.clients.reporters(caller)

    async def admit(self, caller: Caller, recipient: Recipient) -> Receipt:
        """See Registers.admit."""
        return await self.registering.admit(caller, recipient)

    async def add_client(self, caller: Caller, recipient: str, application: Application) -> Receipt:
        """See Registers.add_client."""
        return await self.registering.add_client(caller, recipient, application)

    async def suspend(self, caller: Caller, recipient: str) -> Receipt:
        """See Registers.suspend."""
        await self.parties.demand_stop(caller, recipient)
        try:
            return await self.registering.suspend(caller, recipient)
        finally:
            self._forget()

    def _forget(self) -> None:
        """Tokens of who was stopped do not come in any more, from the next request."""
        if self.tokens:
            self.tokens.standing.forget()

    async def open_case(self, caller: Caller, case: Case, enrol: Enrol | None = None) -> Receipt:
        """See Registers.open_case; enrol as in Casework.open_case."""
        return await self._casework.open_case(caller, case, enrol)

    async def open_cases(self, caller: Caller, cases: Sequence[Case]) -> list[Receipt]:
        """See Registers.open_cases."""
        return await self._casework.open_cases(caller, cases) if cases else []

    async def close_case(self, caller: Caller, recipient: str, reference: str) -> Receipt:
        """See Registers.close_case."""
        return await self._casework.close_case(caller, recipient, reference)
