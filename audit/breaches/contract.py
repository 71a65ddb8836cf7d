"""The door for pages about a breach: numbers in versions, and the people sealed for a key.

Problem
├── NoAccess        403  not the FG, nor an auditor
├── BadInput        400  a window that cannot be, a key that is none, a part that the file does not have
├── NotFound        404  no such file
├── JustDecided     409  somebody else wrote in this file at the same moment: look again
└── LogUnavailable  503  nothing was shown; a line may say that somebody asked
"""

from typing import Annotated, Protocol

from pydantic import Field

from audit.breach import (
    BEFORE,
    WINDOW,
    Decision,
    ElementCount,
    Leak,
    Page,
    Part,
    Tally,
    Told,
    Version,
    Window,
    decided,
    kinds_of_data,
)
from audit.breach_answers import Export, read_key
from audit.contract import Reason
from kernel.caller import Caller
from kernel.message import Message, Short

__all__ = [
    "BEFORE", "WINDOW", "Decision", "ElementCount", "Export", "Leak", "Part", "PeopleWanted", "PortalBreaches", "Tally",
    "Told", "Version", "Window", "decided", "kinds_of_data", "read_key",
]  # fmt: skip


class PeopleWanted(Message):
    """The people of one part of a file, after a cursor, sealed. key: X25519, 32 bytes in base64."""

    file_id: Short
    part: Part = WINDOW
    after: Annotated[str, Field(max_length=60)] = ""
    key: Annotated[str, Field(max_length=64)]
    reason: Reason

    @property
    def page(self) -> Page:
        """For the log."""
        return Page(self.after, self.part)


class PortalBreaches(Protocol):
    """For the FG in person. Each verb raises NoAccess, LogUnavailable."""

    async def report(self, caller: Caller, window: Window, reason: Reason, file_id: str = "") -> Version:
        """A new file, or the next version of one; its own line first. Raises BadInput, NotFound."""
        ...

    async def versions(self, caller: Caller, file_id: str) -> tuple[Version, ...]:
        """Oldest first. Raises NotFound."""
        ...

    async def newest(self, caller: Caller) -> tuple[Version, ...]:
        """The newest version of each of the last files, newest first."""
        ...

    async def decide(self, caller: Caller, file_id: str, reason: Reason, said: Decision) -> Version:
        """Whether residents read of it beside their lines, and whether the AP was told: a line, then the next version
        of the file. The same again changes nothing. Raises BadInput (another version is newest), NotFound; NoAccess for
        anybody but the FG in person."""
        ...

    async def leaks(self, caller: Caller, subject: str) -> tuple[Leak, ...]:
        """For a resident about their own lines: breaches of which the FG decided that they read it, the last one told
        first. Raises NoAccess for staff, applications, and who acts for somebody."""
        ...

    async def export(self, caller: Caller, wanted: PeopleWanted) -> Export:
        """A line for each person first, and who hides is marked. Raises BadInput, NotFound."""
        ...
