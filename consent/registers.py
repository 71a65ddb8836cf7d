"""The second half of the door: the registers that staff, recipients and the command line keep."""

from collections.abc import Sequence
from typing import Protocol

from audit.contract import Receipt
from consent.activity import ActivityVersion, Application, Case, Recipient, Reporter
from consent.appointments.contract import Appointments
from consent.delivery.contract import Delivery
from consent.drafts.contract import Drafts
from consent.emergencies.contract import Emergencies
from consent.events.contract import Announcements
from consent.frontdesk.contract import FrontDesk
from consent.mandates.contract import Mandates
from consent.parties.contract import Parties
from consent.published import Published
from consent.rights.contract import Rights
from consent.safety.contract import Safety
from kernel.caller import Caller
from kernel.message import Message, Short, Text


class SealingKey(Message):
    """What answers to an application are encrypted to: a public JWK as text, with `kid` and its one `alg`."""

    kid: Short
    jwk: Text


class Registers(Protocol):
    """Each act has a line first. What permits is pending, logged, then effective."""

    @property
    def drafts(self) -> Drafts:
        """Versions to come: one person proposes, another publishes."""
        ...

    @property
    def parties(self) -> Parties:
        """Recipients and applications that change: one person proposes, another admits."""
        ...

    @property
    def rights(self) -> Rights:
        """What residents ask, and object to."""
        ...

    @property
    def mandates(self) -> Mandates:
        """Who acts for somebody else."""
        ...

    @property
    def frontdesk(self) -> FrontDesk:
        """Who helps a resident at the town hall."""
        ...

    @property
    def delivery(self) -> Delivery:
        """The receipt, brought to the resident."""
        ...

    @property
    def appointments(self) -> Appointments:
        """Who was appointed to: one person writes it down, another confirms."""
        ...

    @property
    def safety(self) -> Safety:
        """Whose address nobody may learn."""
        ...

    @property
    def announcements(self) -> Announcements:
        """What recipients hear of other rooms."""
        ...

    @property
    def emergencies(self) -> Emergencies:
        """Uses in an emergency, and their review."""
        ...

    async def publish(self, caller: Caller, version: ActivityVersion) -> ActivityVersion:
        """For setting up, by a room (the command line): its line says that nobody else looked. A new version with its
        number; sources and inputs copied from the catalogue. The same content again is the same version. Ends the one
        before it (moves its fence). Raises CannotPublish; NoAccess for a person."""
        ...

    async def activities(self, caller: Caller) -> list[ActivityVersion]:
        """The versions in force."""
        ...

    async def history(self, caller: Caller, slug: str) -> list[Published]:
        """All versions of an activity that ever took effect, the oldest first. Raises NoSuchThing."""
        ...

    async def recipients(self, caller: Caller) -> list[Recipient]:
        """All that were ever admitted, without their applications: an old line names one too."""
        ...

    async def reporter(self, caller: Caller, users: Sequence[str]) -> Reporter:
        """The calling application as it is registered now, to report uses of its own, and pseudonyms of its employees.
        Raises NoSuchThing for one that is not admitted (any more), or may not report."""
        ...

    async def sealing_key(self, caller: Caller) -> SealingKey:
        """Of the calling application, as it is registered now. Raises NoSuchThing: it has none, or is not admitted
        (any more)."""
        ...

    async def reporters(self, caller: Caller) -> list[Recipient]:
        """Recipients with their applications that may report, without keys; suspended ones too, for they reported."""
        ...

    async def admit(self, caller: Caller, recipient: Recipient) -> Receipt:
        """A recipient; the same one again changes nothing."""
        ...

    async def add_client(self, caller: Caller, recipient: str, application: Application) -> Receipt:
        """An application's first key takes effect at once. Raises NoSuchThing."""
        ...

    async def suspend(self, caller: Caller, recipient: str) -> Receipt:
        """Moves the recipient's fence: effective at the next line."""
        ...

    async def open_case(self, caller: Caller, case: Case) -> Receipt:
        """Idempotent per recipient and reference; another resident under the same reference is BadInput."""
        ...

    async def open_cases(self, caller: Caller, cases: Sequence[Case]) -> list[Receipt]:
        """The same for at most 500 at once, in order. What one of them meets is raised, whatever the others became:
        the whole call may be repeated."""
        ...

    async def close_case(self, caller: Caller, recipient: str, reference: str) -> Receipt:
        """Moves the case's fence."""
        ...
