"""The door of safe addresses. Part of `consent.contract`.

Role: `burgerzaken`. One person sets the flag, two end it.
"""

from collections.abc import Sequence
from typing import Annotated, Literal, Protocol

from pydantic import Field

from consent.appointments.contract import REGISTRAR as REGISTRAR  # noqa: PLC0414 - the same employees
from consent.decision import ResidentRef
from kernel.caller import Caller
from kernel.message import Message

PREFIX = "/intern/v1/consent/safety"
MOST = 500  # residents in one question
# Who asked for it; never where somebody is, or from whom they hide: the resident may have to show the line to that one.
Reason = Literal["verzoek", "hulpverlening", "ambtshalve"]
Why = Literal["verzoek", "voorbij", "fout"]
Became = Literal["wacht", "beeindigd"]


class Safety(Protocol):
    """Each act has a line first, in the resident's series. The first two raise NoAccess for who may not, LogUnavailable
    and OutcomeUnknown."""

    async def protect(self, caller: Caller, resident: ResidentRef, reason: Reason) -> None:
        """From its line on. The answer is the same where it was so already; what was about to end goes on. Raises
        BadInput: a stand-in."""
        ...

    async def end(self, caller: Caller, resident: ResidentRef, why: Why) -> Became:
        """`wacht`: a second person must say the same within 14 days. Whoever said so already learns that it waits, and
        who finds none NoSuchThing, after a line each; raises NotNow where something else came between."""
        ...

    async def hidden(self, caller: Caller, residents: Sequence[ResidentRef]) -> list[bool]:
        """For rooms: whether nobody may learn where these are, in order, as the log says now. In doubt they are. Raises
        LogUnavailable, RegisterUnavailable."""
        ...


class Protecting(Message):
    """Whom, and who asked."""

    resident: ResidentRef
    reason: Reason


class Ending(Message):
    """Of whom, and why."""

    resident: ResidentRef
    why: Why


class Result(Message):
    """What it came to."""

    became: Became


class About(Message):
    """Of whom it is asked."""

    residents: Annotated[tuple[ResidentRef, ...], Field(max_length=MOST)]


class Hidden(Message):
    """In the order of the question."""

    hidden: tuple[bool, ...]
