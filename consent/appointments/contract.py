"""The door of who was appointed by a court or a will. Times in ms. Part of `consent.contract`.

Role: `burgerzaken` writes down, confirms, looks up and ends. Two persons are needed for the first two, one for the
others.
"""

from typing import Annotated, Literal, Protocol

from pydantic import Field

from consent.activity import Matter as Matter  # noqa: PLC0414 - found here by whoever writes one down
from consent.decision import ResidentRef
from consent.mandates.contract import Name
from consent.mandates.rules import Appointment as Appointment  # noqa: PLC0414 - as above
from kernel.caller import Caller
from kernel.message import Message, Millis, Sentence, Short

REGISTRAR = "burgerzaken"
PREFIX = "/intern/v1/consent/appointments"
Reason = Literal["stuk", "vraag", "klacht", "controle"]  # why somebody looks up who was appointed
Why = Literal["beeindigd", "vervangen", "overleden", "fout"]
Typed = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Papers(Message):
    """What the document says. issuer: court or notary. reference: its number. issued_on: its day, "2026-03-01". until:
    the last moment, by the document or by when it must be looked at again."""

    relation: Appointment
    resident: ResidentRef
    representative: ResidentRef
    matters: Annotated[tuple[Matter, ...], Field(min_length=1, max_length=2)]
    issuer: Typed
    reference: Typed
    issued_on: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    until: Millis


class Recorded(Message):
    """The same, with names. name: what the representative reads of the resident; label: the other way round."""

    papers: Papers
    name: Name
    label: Name


class Waiting(Message):
    """Written down and not confirmed. own: by whoever reads this, who cannot confirm it."""

    id: Short
    relation: Appointment
    recorded_at: int
    own: bool


class Appointed(Message):
    """Who was appointed for a resident, as the document says it. label: the name of who acts. confirmed_at: since when.
    until: the last moment."""

    relation: Appointment
    matters: tuple[Matter, ...]
    label: Short
    source: Sentence
    confirmed_at: int
    until: int


class Appointments(Protocol):
    """Each act has a line first, in the resident's series. Everything raises NoAccess for who may not, LogUnavailable
    and OutcomeUnknown."""

    async def record(self, caller: Caller, recorded: Recorded) -> Waiting:
        """It permits nothing before it is confirmed, within 14 days. Raises BadInput; NotNow above 100 that wait."""
        ...

    async def waiting(self, caller: Caller) -> list[Waiting]:
        """Oldest first. Of whom they are is not said."""
        ...

    async def confirm(self, caller: Caller, appointment_id: str, papers: Papers) -> None:
        """Effective with its line. Raises NoSuchThing; NoAccess for who wrote it down; NotNow where the papers differ;
        Overtaken."""
        ...

    async def search(self, caller: Caller, resident: ResidentRef, reason: Reason) -> list[Appointed]:
        """Of this resident, those that count now, newest first; a line that the resident sees comes first. What waits
        for a second person is not told: they read it in the document. Nor whom a resident chose. Who is unknown has
        none."""
        ...

    async def end(self, caller: Caller, resident: ResidentRef, reference: str, why: Why) -> int:
        """All that rest on the document with this number, waiting or in force; how many. At once, and for good. Raises
        NoSuchThing: none."""
        ...


class All(Message):
    """Oldest first."""

    waiting: tuple[Waiting, ...]


class Confirmed(Message):
    """Which one, and what its second person read in the document."""

    id: Short
    papers: Papers


class Searching(Message):
    """Of whom, and why."""

    resident: ResidentRef
    reason: Reason


class Listed(Message):
    """Newest first."""

    found: tuple[Appointed, ...]


class Ending(Message):
    """The document of which it ends, by its number."""

    resident: ResidentRef
    reference: Typed
    why: Why


class Ended(Message):
    """How many."""

    count: int
