"""The door for other rooms that have something for recipients to read."""

from collections.abc import Sequence
from typing import Annotated, Final, Protocol

from pydantic import Field

from kernel.caller import Caller
from kernel.message import Hex16, Message, Short

PREFIX: Final = "/intern/v1/consent/announcements"


class Announcement(Message):
    """id: of what is there to be read, by this recipient alone."""

    id: Hex16
    recipient: Short


class Announced(Message):
    """For several recipients."""

    told: Annotated[tuple[Announcement, ...], Field(max_length=1_000)]


class Announcements(Protocol):
    """What recipients hear of other rooms. Raises RegisterUnavailable."""

    async def corrected(self, caller: Caller, told: Sequence[Announcement]) -> None:
        """What they were given was corrected since: an event each, once, however often it is said. For rooms: raises
        NoAccess for anybody else."""
        ...
