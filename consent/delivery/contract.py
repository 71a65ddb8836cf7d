"""The door of messages to residents. Part of `consent.contract`."""

from typing import Literal, Protocol

from kernel.caller import Caller
from kernel.hidden import Hidden
from kernel.message import Message

PREFIX = "/intern/v1/consent/delivery"


class Reached(Message):
    """state: `geen` where the municipality has no message service; `aan`, and messages are sent; `wacht` until their
    number is known; `uit` as they chose. withheld: none is sent while their data is secret. away: it is off because
    they did not log in for long."""

    state: Literal["geen", "aan", "wacht", "uit"] = "geen"
    withheld: bool = False
    away: bool = False


class Delivery(Protocol):
    """Of the resident who calls: everything raises NoAccess for anybody else, and RegisterUnavailable."""

    async def reached(self, caller: Caller) -> Reached:
        """How it stands."""
        ...

    async def known(self, caller: Caller, number: Hidden) -> Reached:
        """At login. From now on they get messages, if they turned them on before it."""
        ...

    async def choose(self, caller: Caller, *, on: bool) -> Reached:
        """Off: at once, also when the log is away; what waits is not sent any more, their number goes, and its line
        follows. Nobody is sent a message about it. On: from their next login on."""
        ...
